"""A chapter is a pair: the text `NAME.md`, which an author edits, and the notebook `NAME.ipynb`.

The notebook holds the cells of the text, one first cell that sets the course up, links that are absolute
(Colab opens no `.md`), and what running it printed and drew. Its metadata remembers two things: `text`, a
digest of the text that it was made from, and `made_from`, a digest of all that its outputs depend on. With
the first, an edit made in the notebook is told from an edit made in the text, on any machine; with the
second, only what changed is executed again. No file times are used: a fresh clone has none worth having.
"""

import difflib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode

from course_lib.workshop.book.chapters import first_cell
from course_lib.workshop.book.addresses import Addresses, rewrite_links
from course_lib.workshop.book.problems import BookError, Problem

FORMAT = "md:myst"
KERNEL_SPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
# What an author writes into a cell's metadata; everything else belongs to an editor or to Colab.
KEPT_METADATA = ("tags", "mystnb")
OWN_METADATA = "course"


@dataclass(frozen=True)
class Cell:
    """What counts when the cells of a text and of a notebook are compared."""

    kind: str
    source: str
    metadata: str

    @property
    def title(self) -> str:
        """The cell's kind and first line, to find it by."""
        first_line = self.source.strip().split("\n", 1)[0]
        return f"{self.kind}, `{first_line[:60]}`"


@dataclass(frozen=True)
class Chapter:
    """The two files of a chapter.

    Parameters
    ----------
    text
        The path of `NAME.md`.
    addresses
        The addresses of the book that the chapter belongs to.
    """

    text: Path
    addresses: Addresses

    @property
    def notebook(self) -> Path:
        """The path of `NAME.ipynb`."""
        return self.text.with_suffix(".ipynb")

    @property
    def name(self) -> str:
        """The file name without its suffix."""
        return self.text.stem

    def shown(self, path: Path) -> str:
        """Return a path as a person names it: relative to the book's folder."""
        try:
            return path.resolve().relative_to(self.addresses.root.resolve()).as_posix()
        except ValueError:
            return str(path)

    @property
    def folder(self) -> str:
        """The chapter's folder, relative to the book's."""
        return self.text.parent.resolve().relative_to(self.addresses.root.resolve()).as_posix()


def is_notebook_text(path: Path) -> bool:
    """Return whether a Markdown file is the text of a notebook: its front matter names a kernel."""
    front_matter, _ = split_front_matter(path.read_text(encoding="utf-8"))
    return "kernelspec" in front_matter


def split_front_matter(text: str) -> tuple[str, str]:
    """Return a Markdown text's front matter, with its two rulers, and the rest."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].strip() != "---":
        return "", text
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return "".join(lines[: number + 1]), "".join(lines[number + 1 :])
    return "", text


def read_text(chapter: Chapter) -> NotebookNode:
    """Read a chapter's text as a notebook without outputs.

    Raises
    ------
    BookError
        If the file is missing, or its front matter is no valid YAML.
    """
    shown = chapter.shown(chapter.text)
    if not chapter.text.is_file():
        raise BookError(Problem(shown, "does not exist.", "Check the name; chapters are `chapters/NAME.md`."))
    source = chapter.text.read_text(encoding="utf-8")
    front_matter, _ = split_front_matter(source)
    try:
        yaml.safe_load(front_matter.replace("---", ""))
        notebook: NotebookNode = jupytext.reads(source, fmt=FORMAT)
    except Exception as error:  # jupytext raises whatever its parsers raise
        raise BookError(
            Problem(shown, f"cannot be read as a MyST notebook: {' '.join(str(error).split())}.",
                    "Compare its first lines and its {code-cell} fences with another chapter's.")
        ) from error  # fmt: skip
    return notebook


def read_notebook(chapter: Chapter) -> NotebookNode | None:
    """Read a chapter's notebook, or return None if there is none yet.

    Raises
    ------
    BookError
        If the file is no notebook, for example because it holds the marks of a merge conflict.
    """
    if not chapter.notebook.is_file():
        return None
    return read_notebook_file(chapter.notebook, chapter.shown(chapter.notebook), chapter.name)


def read_notebook_file(path: Path, shown: str, name: str) -> NotebookNode:
    """Read a notebook file of any origin.

    Raises
    ------
    BookError
        If the file is no notebook.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        json.loads(text)
        notebook: NotebookNode = nbformat.reads(text, as_version=4)
        if not all(isinstance(cell.source, str) for cell in notebook.cells):
            raise ValueError("a cell has no source")
    except Exception as error:  # nbformat raises whatever its schemas and converters raise
        if "\n<<<<<<< " in text or text.startswith("<<<<<<< "):
            what = "holds the marks of a merge conflict."
            fix = f"Merge the text, then write the notebook anew: `course notebooks --force {name}`."
        else:
            what = f"is no notebook ({' '.join(str(error).split())[:120]})."
            fix = f"Write it anew: `course notebooks --force {name}`."
        raise BookError(Problem(shown, what, fix)) from error
    return notebook


def text_cells(notebook: NotebookNode) -> list[Cell]:
    """Return the cells of a chapter's text, ready to be compared."""
    return [comparable(cell) for cell in notebook.cells]


def notebook_cells(notebook: NotebookNode, chapter: Chapter) -> list[Cell]:
    """Return the cells of a notebook as they would stand in the text: no first cell, relative links."""
    return [comparable(cell) for cell in as_in_text(notebook, chapter)]


def as_in_text(notebook: NotebookNode, chapter: Chapter) -> list[NotebookNode]:
    """Return a notebook's cells without the first cell and with links relative to the chapter's folder."""
    cells = []
    for cell in _without_empty_end(notebook.cells):
        if first_cell.is_first_cell(cell):
            continue
        source = cell.source.replace("\r\n", "\n")
        if cell.cell_type == "markdown":
            source = rewrite_links(source, lambda target: chapter.addresses.relative(target, chapter.folder))
        cells.append(
            NotebookNode(cell_type=cell.cell_type, source=source, metadata=_kept_metadata(cell.metadata))
        )
    return cells


def _without_empty_end(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return cells without the empty ones that an editor left at the end."""
    end = len(cells)
    while end and not cells[end - 1].source.strip():
        end -= 1
    return cells[:end]


def comparable(cell: NotebookNode) -> Cell:
    """Return what counts of one cell: not the blanks at its lines' ends, and not an editor's metadata."""
    metadata = json.dumps(_kept_metadata(cell.get("metadata", {})), sort_keys=True)
    lines = (line.rstrip() for line in cell.source.strip("\n").split("\n"))
    return Cell(cell.cell_type, "\n".join(lines), metadata)


def _kept_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    return {key: metadata[key] for key in KEPT_METADATA if metadata.get(key)}


def digest(*parts: str | bytes) -> str:
    """Return a short digest of texts, in which no two lists of parts look the same."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(f"{len(data)}:".encode())
        hasher.update(data)
    return hasher.hexdigest()[:16]


def cells_digest(cells: list[Cell]) -> str:
    """Return the digest that tells whether a text or a notebook was edited since they were paired."""
    return digest(*(part for cell in cells for part in (cell.kind, cell.source, cell.metadata)))


def differences(text: list[Cell], notebook: list[Cell]) -> list[str]:
    """Return one line for each cell that differs between a chapter's text and its notebook."""
    lines = []
    matcher = difflib.SequenceMatcher(None, text, notebook, autojunk=False)
    for operation, left, left_end, right, right_end in matcher.get_opcodes():
        if operation == "equal":
            continue
        common = min(left_end - left, right_end - right)
        for offset in range(common):
            lines.append(_difference(left + offset + 1, text[left + offset], notebook[right + offset]))
        for index in range(left + common, left_end):
            lines.append(f"cell {index + 1} ({text[index].title}) stands only in the text")
        for index in range(right + common, right_end):
            lines.append(f"cell {index + 1} ({notebook[index].title}) stands only in the notebook")
    return lines


def _difference(number: int, text: Cell, notebook: Cell) -> str:
    if text.kind != notebook.kind:
        return f"cell {number} is {text.kind} in the text and {notebook.kind} in the notebook ({text.title})"
    if text.source == notebook.source:
        return (
            f"cell {number} ({text.title}) has other tags: {text.metadata} in the text, {notebook.metadata}"
        )
    pairs = zip(text.source.split("\n"), notebook.source.split("\n"), strict=False)
    for line_number, (left, right) in enumerate(pairs, start=1):
        if left != right:
            return f"cell {number} ({text.title}), line {line_number}: text `{left}`, notebook `{right}`"
    return f"cell {number} ({text.title}) is longer on one side"


def show_both(text: list[Cell], notebook: list[Cell], chapter: Chapter) -> str:
    """Return the two sides of a chapter as one unified diff."""

    def lines(cells: list[Cell]) -> list[str]:
        return [line for cell in cells for line in (f"[{cell.kind}]", *cell.source.split("\n"), "")]

    return "\n".join(
        difflib.unified_diff(
            lines(text),
            lines(notebook),
            chapter.shown(chapter.text),
            chapter.shown(chapter.notebook),
            lineterm="",
        )
    )


def make_notebook(text: NotebookNode, chapter: Chapter, made_from: str) -> NotebookNode:
    """Return the notebook of a chapter's text, not yet executed."""
    setup = nbformat.v4.new_code_cell(
        first_cell.first_cell_source(chapter.addresses), metadata=NotebookNode(first_cell.METADATA)
    )
    cells = [setup]
    for cell in text.cells:
        source = cell.source
        if cell.cell_type == "markdown":
            source = rewrite_links(source, lambda target: chapter.addresses.absolute(target, chapter.folder))
        made = NotebookNode(
            cell_type=cell.cell_type, metadata=NotebookNode(_kept_metadata(cell.metadata)), source=source
        )
        if cell.cell_type == "code":
            made.update(outputs=[], execution_count=None)
        cells.append(made)
    _set_ids(cells)
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells)
    notebook.nbformat_minor = 5
    notebook.metadata = NotebookNode(
        {
            OWN_METADATA: {"made_from": made_from, "text": cells_digest(text_cells(text))},
            "kernelspec": KERNEL_SPEC,
            "language_info": {"name": "python"},
        }
    )
    return notebook


def _set_ids(cells: list[NotebookNode]) -> None:
    """Give each cell an id that depends on what it holds, so that the same text gives the same ids."""
    seen: dict[str, int] = {}
    for cell in cells:
        name = digest(cell.cell_type, cell.source)
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"


def as_text(cells: list[NotebookNode], chapter: Chapter) -> str:
    """Return cells as a chapter's text, under the front matter that it has."""
    front_matter, _ = split_front_matter(chapter.text.read_text(encoding="utf-8"))
    make: dict[str, Callable[..., NotebookNode]] = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "raw": nbformat.v4.new_raw_cell,
    }
    made = [make[cell.cell_type](cell.source, metadata=cell.metadata) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=made, metadata=read_text(chapter).metadata)
    return front_matter + split_front_matter(jupytext.writes(notebook, fmt=FORMAT))[1]


def write_notebook(notebook: NotebookNode, path: Path) -> bool:
    """Write a notebook, whole or not at all, and return whether that changed the file."""
    return write_whole(path, content(notebook))


def content(notebook: NotebookNode) -> str:
    """Return the text of a notebook's file."""
    return str(nbformat.writes(notebook, version=nbformat.NO_CONVERT)).rstrip("\n") + "\n"


def write_whole(path: Path, text: str) -> bool:
    """Write a text file so that a reader sees the old or the new content, and return whether it changed."""
    data = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return False
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True
