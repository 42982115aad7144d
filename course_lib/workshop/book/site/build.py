"""Builds the HTML book from the committed notebooks. Nothing is executed, and every warning is an error."""

import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils
from tqdm import tqdm

from course_lib.workshop.book.addresses import parse_yaml
from course_lib.workshop.book.chapters import notebooks
from course_lib.workshop.book.chapters.files import digest, read_text_file
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.site import live_files
from course_lib.workshop.book.site.settings import sphinx_settings

_LINES_OF_A_CELL = 10_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WARNING = re.compile(
    r"^(?:(?P<where>[^:\n]+)(?::(?P<line>\d+))?: )?(?:WARNING|ERROR|CRITICAL): (?P<what>.*)"
)


@dataclass(frozen=True)
class BuiltBook:
    """What a build made.

    Parameters
    ----------
    folder
        The folder of the HTML pages.
    first_page
        The page to open.
    pages_written
        The names of the contents' pages that were rendered in this build; the others had not changed. Pages
        beside them, such as the search, are rendered each time and not counted.
    """

    folder: Path
    first_page: Path
    pages_written: tuple[str, ...]


def build_book(
    root: Path,
    output: Path | None = None,
    *,
    source: Path | None = None,
    check_pairs: bool = True,
    live: bool = True,
    tell: Callable[[Problem], object] | None = None,
    shown: Callable[[], object] | None = None,
) -> BuiltBook:
    """Build the HTML book.

    Parameters
    ----------
    root
        The folder that holds `_config.yml`.
    output
        The folder to build into: the pages go to its folder `html`. By default `_build` in `root`.
    source
        The folder that holds `_toc.yml` and the chapters. By default `root`.
    check_pairs
        Whether to refuse chapters whose notebook is not what their text gives.
    live
        Whether exercises can be answered in their pages. Where Python for the pages cannot be had, the book
        is built all the same, and its pages lead to Colab.
    tell
        Called with each warning, which then does not stop the build: a preview shows what there is.
    shown
        For a preview: called as soon as the pages can be looked at, before the search and the review page are
        brought up to date. Style sheets and fonts are then left as large as they are.

    Returns
    -------
    BuiltBook
        Where the pages are, and which were rendered.

    Raises
    ------
    BookError
        If the table of contents names a missing file, a pair is out of step, or the build warns of anything.
    """
    source = (source or root).resolve()
    output = (output or root / "_build").resolve()
    toc = source / "_toc.yml"
    problems = list(find_toc_problems(toc))
    if problems and tell is None:
        raise BookError(*problems)
    if check_pairs and source == root.resolve():
        notebooks.check(notebooks.find_chapters(root=root))
    _check_installation()
    scripts = live_files.pack(root, source) if live else {}
    warnings, written = io.StringIO(), []
    memory = output / ".doctrees" / "course.json"
    contents = digest(toc.read_bytes() if toc.is_file() else b"")
    bar = tqdm(desc="building", unit=" steps", disable=None, leave=False)
    try:
        with bar, patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=source,
                confdir=None,
                outdir=output / "html",
                doctreedir=output / ".doctrees",
                buildername="html",
                confoverrides={
                    **sphinx_settings(root, toc),
                    "course_live": json.dumps(live_files.megabytes(scripts)) if scripts else "",
                    "course_light": shown is None,
                },
                status=None,
                warning=warnings,
            )
            app.connect("html-page-context", lambda app, page, *_: written.append(page))
            app.connect("env-get-outdated", lambda _, env, *__: _read_again(memory, contents, env.found_docs))
            if shown is not None:
                app.connect("build-finished", lambda _, error: error or shown(), priority=940)
            for step in ("doctree-read", "html-page-context"):
                app.connect(step, lambda *_: bar.update() and None)
            app.build()
            first, pages = f"{app.config.root_doc}.html", app.env.found_docs
    except SphinxError as error:
        _forget(output)
        raise BookError(Problem("the build", f"stopped: {error}.", "")) from error
    problems = list(dict.fromkeys(read_warnings(warnings.getvalue(), source)))
    if tell is not None:
        for problem in problems:
            tell(problem)
    warned = {re.split(r"[.,:]", problem.where)[0] for problem in problems}
    if not warned <= pages:
        _forget(output)
    else:
        memory.write_text(json.dumps({"contents": contents, "warned": sorted(warned)}), encoding="utf-8")
    if problems and tell is None:
        raise BookError(*problems)
    _remove_pages(output / "html", pages)
    live_files.write(scripts, output / "html" / live_files.FOLDER)
    return BuiltBook(
        output / "html", output / "html" / first, tuple(page for page in written if page in pages)
    )


def _check_installation() -> None:
    if not entry_points(group="myst_nb.renderers", name="course"):
        raise BookError(
            Problem(
                "course_lib",
                "was installed here before the book had its own renderer.",
                "Install it again: pip install --no-deps --editable .",
            )
        )


def find_toc_problems(toc: Path) -> Iterator[Problem]:
    """Yield what is wrong with a table of contents: unreadable, or naming files that do not exist."""
    if not toc.is_file():
        yield Problem(str(toc), "does not exist.", "It lists the book's pages in order.")
        return
    try:
        text = read_text_file(toc, "_toc.yml").text
        contents = parse_yaml(text, "_toc.yml")
    except BookError as error:
        yield from error.problems
        return
    if not isinstance(contents, dict) or "root" not in contents:
        yield Problem("_toc.yml:1", "names no first page.", "Write `root: chapters/index.ipynb`.")
        return
    entries = list(toc_entries(contents))

    def place(entry: str) -> str:
        names = re.compile(rf"\b(?:root|file):\s*[\"']?{re.escape(entry)}[\"']?\s*(?:#.*)?$")
        lines = [n for n, line in enumerate(text.split("\n"), 1) if names.search(line)]
        return f"_toc.yml:{lines[-1] if lines else 1}"

    for entry in entries:
        if not entry:
            yield Problem(place(""), "names no file.", "Write its name, or remove the line.")
        elif not (toc.parent / entry).is_file():
            yield Problem(
                place(entry), f"names {entry}, which does not exist.", _how_to_mend(toc.parent / entry)
            )
    for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
        yield Problem(place(entry), f"names {entry} twice.", "Remove one of the two.")


def toc_entries(contents: Any) -> Iterator[str]:
    """Yield every file that a table of contents names, in order."""
    if isinstance(contents, dict):
        for key in ("root", "file"):
            if key in contents:
                yield str(contents[key] or "")
        for key in ("parts", "chapters", "sections", "subtrees", "entries"):
            yield from toc_entries(contents.get(key))
    elif isinstance(contents, list):
        for item in contents:
            yield from toc_entries(item)


def _how_to_mend(entry: Path) -> str:
    if entry.suffix == ".ipynb" and entry.with_suffix(".md").is_file():
        return "Its text is there: make the notebook with `course notebooks`."
    if not entry.suffix:
        return "Name the file with its suffix, `.ipynb` for a notebook and `.md` for a page."
    return "Correct the name or remove the line."


def read_warnings(text: str, source: Path) -> Iterator[Problem]:
    """Yield each warning that Sphinx printed, with the file that it is about."""
    for line in _COLOUR.sub("", text).splitlines():
        if not line.strip():
            continue
        match = _WARNING.match(line)
        if match is None:
            yield Problem("the build", f"warns: {line.strip()}.", "")
            continue
        where = (match["where"] or "the build").replace(f"{source}/", "")
        yield Problem(where + _place(where, int(match["line"] or 0)), match["what"], "")


def _place(where: str, line: int) -> str:
    if not line:
        return ""
    if where.endswith(".ipynb") and line >= _LINES_OF_A_CELL:  # how myst-nb counts the lines of notebooks
        return f", cell {line // _LINES_OF_A_CELL}, line {max(1, line % _LINES_OF_A_CELL - 1)}"
    return f", line {line}"


def _read_again(memory: Path, contents: str, pages: set[str]) -> list[str]:
    """Return the pages to read although they did not change.

    A page that warned would pass unseen in the next build, and titles and order in `_toc.yml` stand on every
    page.
    """
    remembered = json.loads(memory.read_text(encoding="utf-8")) if memory.is_file() else {}
    if remembered.get("contents") != contents:
        return sorted(pages)
    return list(remembered["warned"])


def _remove_pages(folder: Path, pages: set[str]) -> None:
    """Delete the pages of chapters that the contents no longer name."""
    for path in (folder / "chapters").rglob("*.html"):
        if path.relative_to(folder).with_suffix("").as_posix() not in pages:
            path.unlink()


def _forget(output: Path) -> None:
    """Drop what Sphinx remembers, where it is not known which page warned."""
    shutil.rmtree(output / ".doctrees", ignore_errors=True)
