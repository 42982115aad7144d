"""Where the book lives: its folder, its repository and its pages on the web.

`_config.yml` is the only place that names the repository, the branch or tag, and the book's address.
"""

import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from course_lib.workshop.book.problems import BookError, Problem

PICTURES = {".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp"}
SETTINGS = (
    "title", "author", "copyright", "logo", "exclude_patterns", "only_build_toc_files", "execute", "parse",
    "html", "latex", "launch_buttons", "repository", "sphinx", "description", "bibtex_bibfiles",
)  # fmt: skip
COLAB = "https://colab.research.google.com/github"

# Fenced code, inline code and displayed math hold no links; the first alternatives step over them.
_LINK = re.compile(
    r"(?P<skip>^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)[`~]*\s*?$|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)|\$\$.*?\$\$)"
    r"|(?P<open>\]\(\s*<?|^\[[^\]\n]+\]:\s+|\b(?:href|src)=[\"'])(?P<target>(?<==')[^\s']+|[^\s)>\"]+)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Addresses:
    """The addresses of one book.

    Parameters
    ----------
    root
        The folder that holds `_config.yml`.
    repository
        The repository's page, without a slash at its end.
    branch
        The branch or tag that links and the first cell name.
    book
        The address of the built book, without a slash at its end.
    version
        The version of `course_lib` that belongs to the book.
    """

    root: Path
    repository: str
    branch: str
    book: str
    version: str

    @property
    def slug(self) -> str:
        """The repository's owner and name, as in `owner/name`."""
        return urlsplit(self.repository).path.strip("/")

    def page(self, path: str) -> str:
        """Return the address of the built page of a text or notebook, such as `chapters/index.md`."""
        return f"{self.book}/{posixpath.splitext(path)[0]}.html"

    def source(self, path: str) -> str:
        """Return the address of a file on the repository's site."""
        return f"{self.repository}/blob/{self.branch}/{path}"

    def raw(self, path: str) -> str:
        """Return the address of a file's bytes, for pictures."""
        return f"https://raw.githubusercontent.com/{self.slug}/{self.branch}/{path}"

    def colab(self, path: str) -> str:
        """Return the address that opens a notebook in Colab."""
        return f"{COLAB}/{self.slug}/blob/{self.branch}/{path}"

    def kaggle(self, path: str) -> str:
        """Return the address that opens a copy of a notebook in Kaggle."""
        return f"https://www.kaggle.com/kernels/welcome?src={self.source(path)}"

    @property
    def codespaces(self) -> str:
        """The address that opens the repository in GitHub Codespaces, or goes on where it was left."""
        return f"https://codespaces.new/{self.slug}/tree/{self.branch}?quickstart=1"

    @property
    def release(self) -> str:
        """The release that holds the wheel: a version's tag itself, or a branch's own, kept by a workflow."""
        return self.branch if re.match(r"v\d", self.branch) else f"{self.branch.replace('/', '-')}-wheel"

    @property
    def wheel(self) -> str:
        """The address of the wheel that first cells install."""
        return (
            f"{self.repository}/releases/download/{self.release}/course_lib-{self.version}-py3-none-any.whl"
        )

    @property
    def is_published(self) -> bool:
        """Whether `course set-urls` has run: until then the host ends in .invalid, which nobody can own."""
        return not str(urlsplit(self.repository).hostname).endswith(".invalid")

    def absolute(self, target: str, folder: str = "chapters") -> str:
        """Return the web address of a link that is relative to a folder of the book.

        A text leads to its page, a notebook to Colab, a picture to its bytes, and any other file to the
        repository's site. Links that already name a site, and links within a page, stay as they are.
        """
        if not _is_relative(target):
            return target
        path, hash_sign, fragment = target.partition("#")
        inside = posixpath.normpath(posixpath.join(folder, path))
        if inside.startswith(".."):
            return target
        suffix = posixpath.splitext(inside)[1].lower()
        if suffix == ".md" and inside.startswith("chapters/"):
            address = self.page(inside)
        elif suffix == ".ipynb":
            address = self.colab(inside)
        elif suffix in PICTURES:
            address = self.raw(inside)
        else:
            address = self.source(inside)
        return address + hash_sign + fragment

    def relative(self, target: str, folder: str = "chapters") -> str:
        """Return the link that `absolute` turned into an address; the way back."""
        path, hash_sign, fragment = target.partition("#")
        for prefix in (self.colab(""), self.raw(""), self.source("")):
            if path.startswith(prefix):
                inside = path.removeprefix(prefix)
                break
        else:
            if not (path.startswith(self.page("").removesuffix(".html")) and path.endswith(".html")):
                return target
            inside = path.removeprefix(f"{self.book}/").removesuffix(".html") + ".md"
        return posixpath.relpath(inside, folder) + hash_sign + fragment


def _is_relative(target: str) -> bool:
    return not (urlsplit(target).scheme or target.startswith(("#", "/")))


def rewrite_links(markdown: str, rewrite: Callable[[str], str]) -> str:
    """Return the Markdown with each link's and picture's target rewritten; code and math stay untouched."""

    def one(match: re.Match[str]) -> str:
        if match["skip"] is not None:
            return match[0]
        return match["open"] + rewrite(match["target"])

    return _LINK.sub(one, markdown)


def links(markdown: str) -> list[str]:
    """Return the targets of all links and pictures of a Markdown text, in order."""
    return [match["target"] for match in _LINK.finditer(markdown) if match["skip"] is None]


def _stand_twice(node: Any) -> Iterator[Any]:
    """Yield each key of a YAML node that stands there already, and would silently replace the first."""
    seen = set()
    for child in node.value if isinstance(node, yaml.CollectionNode) else ():
        key, value = child if isinstance(child, tuple) else (None, child)
        if key is not None and key.value in seen:
            yield key
        seen.add(key.value if key is not None else None)
        yield from _stand_twice(value)


def parse_yaml(text: str, shown: str, named: str = "") -> Any:
    """Return what a text in YAML says.

    Parameters
    ----------
    text
        The text.
    shown
        How to name its file.
    named
        What of the file it is, by default all of it.

    Raises
    ------
    BookError
        If it is no YAML, or holds a key twice; the problem names the line.
    """
    try:
        document = yaml.safe_load(text)
        twice = next(_stand_twice(yaml.compose(text, Loader=yaml.SafeLoader)), None)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "cannot be read"
        where = f"{shown}:{mark.line + 1 if mark else 1}"
        raise BookError(Problem(where, f"{named} is no valid YAML: {what}.".strip(), "Mend it.")) from error
    if twice is not None:
        where = f"{shown}:{twice.start_mark.line + 1}"
        raise BookError(
            Problem(where, f"{named} holds `{twice.value}` twice.".strip(), "Leave one of the two.")
        )
    return document


def key_lines(text: str) -> dict[tuple[str | int, ...], int]:
    """Return the line of each key and item of a text in YAML, by the keys and numbers that lead to it.

    Parameters
    ----------
    text
        The text, which is valid YAML.
    """
    found: dict[tuple[str | int, ...], int] = {}

    def walk(node: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            children = [(key.value, key, value) for key, value in node.value]
        else:
            items = node.value if isinstance(node, yaml.SequenceNode) else ()
            children = [(number, item, item) for number, item in enumerate(items)]
        for name, named, value in children:
            found[(*path, name)] = named.start_mark.line + 1
            walk(value, (*path, name))

    walk(yaml.compose(text, Loader=yaml.SafeLoader), ())
    return found


def find_root(start: Path | None = None) -> Path:
    """Return the book's folder: the nearest one, from `start` upwards, that holds `_config.yml`.

    Raises
    ------
    BookError
        If there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "_config.yml").is_file():
            return folder
    raise BookError(
        Problem(str(start), "neither this folder nor one above it holds `_config.yml`.",
                "Change into a clone of the book first.")
    )  # fmt: skip


def read_addresses(root: Path) -> Addresses:
    """Read the addresses of the book in a folder from its `_config.yml`.

    Raises
    ------
    BookError
        If `_config.yml` is not valid YAML or lacks an address.
    """
    text = (root / "_config.yml").read_text(encoding="utf-8", errors="replace")
    config = parse_yaml(text, "_config.yml") or {}
    if not isinstance(config, dict):
        raise BookError(Problem("_config.yml:1", "holds no settings.", "Compare it with the course's own."))
    for key in ("repository", "html", "execute", "parse", "sphinx", "launch_buttons", "latex"):
        if not isinstance(config.get(key) or {}, dict):
            line = key_lines(text)[(key,)]
            raise BookError(
                Problem(f"_config.yml:{line}", f"`{key}` holds no settings.", f"Write them below `{key}:`.")
            )

    def place(key: str) -> str:
        lines, names = text.split("\n"), re.compile(rf"\s*{re.escape(key)}:")
        return f"_config.yml:{next((n for n, one in enumerate(lines, 1) if names.match(one)), 1)}"

    for key in config:
        if key not in SETTINGS:
            raise BookError(
                Problem(place(str(key)), f"nobody knows `{key}`.", f"Known are: {', '.join(SETTINGS)}.")
            )
    repository, html = config.get("repository") or {}, config.get("html") or {}
    wanted = {"repository.url": repository.get("url"), "html.baseurl": html.get("baseurl")}
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        raise BookError(
            Problem("_config.yml:1", f"lacks {' and '.join(missing)}.",
                    "Set both with `course set-urls REPOSITORY BOOK`.")
        )  # fmt: skip
    for name, value in wanted.items():
        if not re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/[^\s/]+)*/?", str(value)):
            raise BookError(
                Problem(place(name.partition(".")[2]), f"{name} is no web address: {value}.",
                        "Every link would name it. Set it with `course set-urls REPOSITORY BOOK`.")
            )  # fmt: skip
    branch = repository.get("branch") or "main"
    if not isinstance(branch, str) or not re.fullmatch(r"[\w./-]+", branch):
        what = "is read as a number" if isinstance(branch, int | float) else "is no name of a branch or a tag"
        raise BookError(
            Problem(
                place("branch"), f"repository.branch {what}: {branch}.", "Write its name, in quotation marks."
            )
        )
    return Addresses(
        root=root,
        repository=str(wanted["repository.url"]).rstrip("/"),
        branch=branch,
        book=str(wanted["html.baseurl"]).rstrip("/"),
        version=_read_version(root),
    )


def _read_version(root: Path) -> str:
    try:
        with (root / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])
    except (OSError, ValueError, KeyError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise BookError(
            Problem(f"pyproject.toml:{line[1] if line else 1}", f"tells no version ({error}).", "Mend it.")
        ) from error
