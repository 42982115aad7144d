"""`course set-urls`: give a fork, or a published tag, its own addresses, everywhere at once."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from course_lib.workshop.book.addresses import Addresses, find_root, read_addresses
from course_lib.workshop.book.chapters import notebooks, pairs
from course_lib.workshop.book.chapters.files import project_files, write_whole
from course_lib.workshop.book.problems import BookError, Problem


def set_urls(
    repository: str | None = None,
    book: str | None = None,
    branch: str | None = None,
    root: Path | None = None,
    say: Callable[[str], object] = print,
) -> list[Path]:
    """Set the addresses in `_config.yml`, and wherever a file of the book was made from them.

    Parameters
    ----------
    repository
        The repository's page, such as `https://github.com/owner/name`; None leaves it as it is.
    book
        The built book's address; None leaves it as it is.
    branch
        The branch or tag that links and the first cell name; None leaves it as it is.
    root
        The book's folder; by default the one around the present folder.
    say
        Called with a line for each file that changed.

    Returns
    -------
    list of Path
        The files that changed. No notebook is executed: only links and first cells differ.

    Raises
    ------
    BookError
        If an address is not one.
    """
    root = root or find_root()
    old = read_addresses(root)
    new = replace(
        old,
        repository=_checked("REPOSITORY", repository or old.repository, needs_path=True),
        book=_checked("BOOK", book or old.book),
        branch=_checked_branch(branch or old.branch),
    )
    changed = []
    for file in filter(_is_text, project_files(root, untracked=True)):
        text = file.read_text(encoding="utf-8")
        renewed = _replace(text, old, new)
        if file == root / "_config.yml":
            renewed = _set_branch(renewed, new.branch)
        if write_whole(file, renewed):
            changed.append(file)
    # A cell's id depends on what it holds, so the notebooks are composed anew around their outputs.
    practice = [pairs.Chapter(text, new) for text in sorted((root / "chapters/exercises").glob("*.md"))]
    for chapter in [*notebooks.find_chapters(root=root), *practice]:
        if (
            chapter.notebook.is_file()
            and notebooks.compose_again(chapter)
            and chapter.notebook not in changed
        ):
            changed.append(chapter.notebook)
    for file in changed:
        say(f"{file.relative_to(root).as_posix()}: addresses set")
    return changed


def _checked(name: str, address: str, needs_path: bool = False) -> str:
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"\s", address.strip()):
        raise BookError(
            Problem(name, f"{address!r} is no address of a web page.", "It begins with https://.")
        )
    if needs_path and len(parts.path.strip("/").split("/")) < 2:
        raise BookError(
            Problem(name, f"{address!r} names no repository.", "Write https://github.com/owner/name.")
        )
    return address.strip().rstrip("/").removesuffix(".git")


def _checked_branch(branch: str) -> str:
    if not re.fullmatch(r"[\w./-]+", branch) or branch.startswith(("-", "/", ".")):
        raise BookError(Problem("--branch", f"{branch!r} is no branch or tag.", "Write it as git shows it."))
    return branch


def _is_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _replace(text: str, old: Addresses, new: Addresses) -> str:
    """Replace every old address in one pass, the longest first, so that no new one is replaced again."""
    twins = {
        old.source("").removesuffix("/"): new.source("").removesuffix("/"),
        old.raw("").removesuffix("/"): new.raw("").removesuffix("/"),
        old.colab("").removesuffix("/"): new.colab("").removesuffix("/"),
        old.wheel: new.wheel,
        old.book: new.book,
        old.repository: new.repository,
        f"github/{old.slug}": f"github/{new.slug}",
    }
    pattern = "|".join(re.escape(one) for one in sorted(twins, key=len, reverse=True))
    return re.sub(rf"(?:{pattern})(?![\w-])", lambda match: twins[match[0]], text)


def _set_branch(config: str, branch: str) -> str:
    """Set the branch in `_config.yml`, and keep its comments."""
    line = re.compile(r"^(repository:\s*\n(?:[ \t]+.*\n|\s*#.*\n)*?[ \t]+branch:[ \t]*)[^\s#]+", re.MULTILINE)
    if line.search(config):
        return line.sub(lambda match: match[1] + branch, config, count=1)
    return re.sub(r"^(repository:\s*\n)", rf"\1  branch: {branch}\n", config, count=1, flags=re.MULTILINE)
