"""A chapter is a pair: the text `NAME.md`, which an author edits, and the notebook `NAME.ipynb`.

The notebook holds the cells of the text, one first cell that sets the course up, links that are absolute
(Colab opens no `.md`), and what running it printed and drew. Its metadata remembers two things: `text`, a
digest of the text that it was made from, and `made_from`, a digest of all that its outputs depend on. With
the first, an edit made in the notebook is told from an edit made in the text, on any machine; with the
second, only what changed is executed again. No file times are used: a fresh clone has none worth having.
"""

import copy
import difflib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from jupytext.myst import notebook_to_myst
from nbformat import NotebookNode

from course_lib.workshop.book.addresses import Addresses, rewrite_links
from course_lib.workshop.book.chapters import alerts, first_cell, library_code
from course_lib.workshop.book.chapters.files import (
    digest,
    merge_markers,
    read_bytes,
    read_text_file,
    refuse_control_characters,
    write_whole,
)
from course_lib.workshop.book.chapters.structure import (
    lines_with_ends,
    pieces,
    split_front_matter,
    structure_problems,
)
from course_lib.workshop.book.problems import BookError, Problem

FORMAT = "md:myst"
KERNEL_SPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT_METADATA = ("tags", "mystnb", "slideshow", "name", "editable", "deletable", "format", "raw_mimetype")
# What an editor or a service stores in a cell; whatever else stands there, its author wrote.
EDITORS_METADATA = re.compile(
    r"(?:id|cellView|collapsed|scrolled|trusted|execution|executionInfo|outputId|colab|colab_type|background_save|"
    r"base_uri|height|width|resources|referenced_widgets|jupyter|hidden|heading_collapsed|run_control|ExecuteTime|"
    r"papermill|vscode|pycharm|datalore|dotnet_interactive|polyglot_notebook|is_executing|toc-hr-collapsed|"
    r"code_folding|init_cell|nteract|inputHidden|outputHidden|outputExpanded|ein\..*|jp-.*|_.*|deepnote.*|"
    r"application/.*|language|languageId|kernel|cell_id|lines_to_next_cell|ExecutionTime|tab|nbgrader|otter|"
    r"ai_.*|source_hidden|outputs_hidden)$"
)
# The same of a whole notebook.
EDITORS_NOTEBOOK_METADATA = re.compile(
    r"(?:course|kernelspec|language_info|widgets|colab|accelerator|gpuClass|jupytext|vscode|toc.*|celltoolbar|"
    r"varInspector|papermill|kaggle|nbconvert.*|orig_nbformat|interpreter|deepnote.*|hide_input|latex_envs|"
    r"anaconda-cloud|name|authorship_tag|signature|trusted|jupyter|execution|pycharm|polyglot.*|application/.*|"
    r"creator|last_modified.*|ai_.*|ein\..*|_.*)$"
)
OWN_METADATA = "course"
HIDDEN = {"hide-input", "remove-input"}  # tags of code that the book folds
GENERATED = "chapters/exercises"  # the folder of texts that `course release` makes from definitions
DEFINITIONS = "course_lib/workshop/exercises/definitions"


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
        root = self.addresses.root
        for inside, outside in ((path.absolute(), root.absolute()), (path.resolve(), root.resolve())):
            if inside.is_relative_to(outside):
                return inside.relative_to(outside).as_posix()
        return str(path)

    @property
    def folder(self) -> str:
        """The chapter's folder, relative to the book's."""
        return self.shown(self.text.parent)

    @property
    def is_generated(self) -> bool:
        """Whether `course release` makes the text, so that an edit of it belongs somewhere else."""
        return self.folder == GENERATED

    @property
    def write_command(self) -> str:
        """The command that writes the notebook."""
        return "course release" if self.is_generated else f"course notebooks {self.name}"

    @property
    def force_command(self) -> str:
        """The command that writes the notebook whatever stands there; a copy is kept."""
        return "course release --force" if self.is_generated else f"course notebooks --force {self.name}"


def is_notebook_text(path: Path, shown: str | None = None) -> bool:
    """Return whether a Markdown file is meant as the text of a notebook.

    It is if its front matter names a kernel or jupytext, if it holds a code cell, or if there is a notebook of
    its name: so that a front matter that broke does not make a chapter vanish.
    """
    text = read_text_file(path, shown or str(path)).text
    front_matter, _ = split_front_matter(text)
    if "kernelspec" in front_matter or "jupytext" in front_matter:
        return True
    return path.with_suffix(".ipynb").is_file() or re.search(r"^`{3,}\{code-cell\}", text, re.MULTILINE) is not None


def read_text(chapter: Chapter) -> NotebookNode:
    """Read a chapter's text as a notebook without outputs.

    Returns
    -------
    NotebookNode
        Its cells; `lines` in its own metadata holds the line of the text in which each cell's source begins.

    Raises
    ------
    BookError
        If the file is missing or not UTF-8, or if its front matter or its fences are broken; each problem
        names its line.
    """
    shown = chapter.shown(chapter.text)
    if not chapter.text.is_file():
        raise BookError(Problem(shown, "does not exist.", "Check the name; chapters are `chapters/NAME.md`."))
    return parse_text(read_text_file(chapter.text, shown).text, shown)


def parse_text(source: str, shown: str) -> NotebookNode:
    """Return the cells of a chapter's text; see `read_text`."""
    return copy.deepcopy(_parsed(source, shown))


@lru_cache(maxsize=64)
def _parsed(source: str, shown: str) -> NotebookNode:
    refuse_control_characters(source, shown)
    if problems := structure_problems(source, shown):
        raise BookError(*problems)
    try:
        notebook: NotebookNode = jupytext.reads(source, fmt=FORMAT)
        places = pieces(source)
        json.dumps(notebook)  # what a front matter or a cell's options hold, a notebook must hold too
    except Exception as error:  # jupytext raises whatever its parsers raise
        said = " ".join(str(error).split()).partition(" Failed validating")[0]
        line = re.search(r"at line (\d+)", said) or _line_of_tags(source)
        raise BookError(
            Problem(f"{shown}:{line[1] if line else 1}", f"cannot be read as a MyST notebook: {said}.",
                    "Compare its first lines and its {code-cell} fences with another chapter's.")
        ) from error  # fmt: skip
    assert len(places) == len(notebook.cells), f"{shown}: its cells were counted in two ways"
    notebook.metadata[OWN_METADATA] = {"lines": [place.first + 1 for place in places]}
    return notebook


def _line_of_tags(source: str) -> re.Match[str] | None:
    """Return the line of tags that are no list, which jupytext cannot say, as a match of its number."""
    number = next((n for n, line in enumerate(source.split("\n"), 1) if _TAGS_TO_MEND.match(line)), 0)
    return re.match(r"(\d+)", str(number)) if number else None


def text_lines(notebook: NotebookNode) -> list[int]:
    """Return the line of the text in which each cell of `read_text` begins, counted from 1."""
    return list(notebook.metadata[OWN_METADATA]["lines"])


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

    Parameters
    ----------
    path
        The file.
    shown
        How to name it in a message.
    name
        The chapter that it is the notebook of; empty if it comes from elsewhere.

    Raises
    ------
    BookError
        If the file is no notebook.
    """
    text = read_bytes(path, shown).decode("utf-8-sig", errors="replace")
    write = f"Write it anew: `course notebooks --force {name}` (a copy is kept)."
    if not name:
        write = "Save it as a notebook, in Jupyter or in Colab."
    if path.absolute().parent.name == "exercises":
        write = "Write it anew: `course release --force` (a copy is kept)."
    try:
        if not isinstance(json.loads(text), dict):
            raise ValueError("its JSON is no object")
        notebook: NotebookNode = nbformat.reads(text, as_version=4)
        if not all(isinstance(cell.source, str) for cell in notebook.cells):
            raise ValueError("a cell has no source")
    except Exception as error:  # nbformat raises whatever its schemas and converters raise
        marks = merge_markers(text, shown)
        if marks:
            what, fix = "holds the marks of a merge conflict.", f"Merge the text. {write}"
        else:
            what, fix = f"is no notebook ({' '.join(str(error).split())[:120]}).", write
        raise BookError(Problem(shown, what, fix)) from error
    return notebook


def text_cells(notebook: NotebookNode) -> list[Cell]:
    """Return the cells of a chapter's text, ready to be compared."""
    return [comparable(cell) for cell in notebook.cells]


def notebook_cells(notebook: NotebookNode, chapter: Chapter) -> list[Cell]:
    """Return the cells of a notebook as they would stand in the text: no first cell, relative links."""
    return [comparable(cell) for cell in as_in_text(notebook, chapter)]


def as_in_text(notebook: NotebookNode, chapter: Chapter) -> list[NotebookNode]:
    """Return a notebook's cells as they would stand in the text.

    That is with links relative to the chapter's folder, without what an editor stored, and without the first
    cell; code that somebody wrote above or below the first cell's own stands in a cell of its own.
    """
    cells = []
    for cell in _without_empty_end(notebook.cells):
        source = cell.source.replace("\r\n", "\n")
        if first_cell.is_first_cell(cell):
            added = first_cell.additions(cell, chapter.addresses)
            cells += [NotebookNode(cell_type="code", source=one, metadata={}) for one in added]
            continue
        if cell.cell_type == "markdown":
            source = library_code.in_text(source)
            source = rewrite_links(source, lambda target: chapter.addresses.relative(target, chapter.folder))
            source = alerts.in_text(source)
        kept = {
            key: value for key, value in cell.metadata.items()
            if value != [] and not re.match(EDITORS_METADATA, key)
        }  # fmt: skip
        if cell.get("attachments"):  # pasted pictures, which no text can hold
            kept["attachments"] = sorted(cell.attachments)
        cells.append(NotebookNode(cell_type=cell.cell_type, source=source, metadata=kept))
    return cells


def _without_empty_end(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return cells without the empty ones that an editor left at the end."""
    end = len(cells)
    while end and not cells[end - 1].source.strip():
        end -= 1
    return cells[:end]


def comparable(cell: NotebookNode) -> Cell:
    """Return what counts of one cell: its kind, its source and its metadata.

    Blanks at a line's end count, because two of them break a line of Markdown; blank lines around the source
    and empty lists of tags do not, because a text cannot hold them.
    """
    metadata = {key: value for key, value in cell.get("metadata", {}).items() if value != []}
    source = cell.source.strip("\n")
    if cell.cell_type == "markdown":
        source = source.rstrip()
    return Cell(cell.cell_type, source, json.dumps(metadata, sort_keys=True))


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
            f"cell {number} ({text.title}) has other tags: {text.metadata} in the text, {notebook.metadata} in "
            "the notebook"
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
            source = library_code.in_notebook(alerts.in_notebook(source))
        made = NotebookNode(
            cell_type=cell.cell_type, metadata=NotebookNode(cell.metadata), source=source
        )
        if cell.cell_type == "code":
            made.update(outputs=[], execution_count=None)
            if HIDDEN & set(cell.metadata.get("tags") or []):
                made.metadata["jupyter"] = {"source_hidden": True}  # as in the book, where a click shows it
        cells.append(made)
    _set_ids(cells)
    own = {"made_from": made_from, "text": cells_digest(text_cells(text))}
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells)
    notebook.nbformat_minor = 5
    notebook.metadata = NotebookNode(
        {
            OWN_METADATA: own,
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


def as_text(cells: list[NotebookNode], chapter: Chapter, source: str | None = None) -> str:
    """Return cells as a chapter's text; cells that the text has already stay as they are written there.

    Parameters
    ----------
    cells
        The cells.
    chapter
        The chapter.
    source
        The text as it was; by default what its file holds.

    Raises
    ------
    BookError
        If the text would not give the same cells back, for example because a Markdown cell shows a code cell.
    """
    shown = chapter.shown(chapter.text)
    for number, cell in enumerate(cells, start=1):
        refuse_control_characters(cell.source, f"{chapter.shown(chapter.notebook)}, cell {number}")
    source = read_text_file(chapter.text, shown).text if source is None else source
    old = parse_text(source, shown)
    places, lines = pieces(source), lines_with_ends(source)
    lexer = old.metadata.get("jupytext", {}).get("default_lexer") or _lexer(source)
    matcher = difflib.SequenceMatcher(None, text_cells(old), [comparable(cell) for cell in cells], autojunk=False)
    written_before: dict[int, int] = {}  # of each new cell that the text has already, its place there
    for left, right, size in matcher.get_matching_blocks():
        written_before.update({right + offset: left + offset for offset in range(size)})
    made = []
    for number, cell in enumerate(cells):
        before, last = written_before.get(number), written_before.get(number - 1)
        if number:
            follows = before is not None and last is not None and before == last + 1
            made += lines[places[last].end : places[before].start] if follows else [_gap(cells[number - 1], cell)]  # type: ignore[index]
        elif places:
            made += lines[: places[0].start]
        made += lines[places[before].start : places[before].end] if before is not None else [_render(cell, lexer)]
    end = lines[places[-1].end :] if places and written_before.get(len(cells) - 1) == len(places) - 1 else []
    text = "".join([*made, *end])
    text = text if text.endswith("\n") else text + "\n"
    _refuse_other_cells(cells, text, shown)
    return text


def _lexer(source: str) -> str:
    found = re.search(r"^`{3,}\{code-cell\}[ \t]+(\S+)", source, re.MULTILINE)
    return found[1] if found else ""


def _gap(before: NotebookNode, after: NotebookNode) -> str:
    """Return what stands between two cells of which one is new."""
    both = before.cell_type == after.cell_type == "markdown"
    return "\n+++\n\n" if both and not after.metadata else "\n"


def _render(cell: NotebookNode, lexer: str) -> str:
    make: dict[str, Callable[..., NotebookNode]] = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "raw": nbformat.v4.new_raw_cell,
    }
    notebook = nbformat.v4.new_notebook(cells=[make[cell.cell_type](cell.source, metadata=cell.metadata)])
    return str(notebook_to_myst(notebook, default_lexer=lexer or None)).strip("\n") + "\n"


def _refuse_other_cells(cells: list[NotebookNode], text: str, shown: str) -> None:
    """Refuse a text that gives other cells back than those that it was made from."""
    wanted = [comparable(cell) for cell in cells if cell.source.strip()]
    try:
        given = text_cells(parse_text(text, shown))
    except BookError:
        given = []
    if given == wanted:
        return
    for number, cell in enumerate(wanted, start=1):
        alone = parse_alone(cell)
        if alone != [cell]:
            break
    else:
        number, cell = 1, Cell("cells", "", "")
    fix = "Change that cell in the notebook, then take it back again."
    if "+++" in cell.source:
        what, fix = "holds a line `+++`, which splits a cell in a text.", "Indent that line by four blanks, or leave it out."
    elif CODE_FENCE.search(cell.source):
        what = "shows a code cell's fence, which would become a cell that runs."
        fix = "Put a fence of four ticks, ````, around what it shows."
    else:
        what = "cannot stand in a text as it is: read again it is another cell."
    raise BookError(Problem(shown, f"cell {number} of the notebook ({cell.title}) {what}", f"{fix} Nothing was written."))


_TAGS_TO_MEND = re.compile(r":?tags:\s*(?:[^\[\s]|\[.*\b([\w-]+)\b,.*\b\1\b)")  # no list, or a tag twice
CODE_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})\{(?:code|raw)-cell\}", re.MULTILINE)


def parse_alone(cell: Cell) -> list[Cell]:
    """Return the cells that one cell becomes when it is written as text and read again."""
    node = NotebookNode(cell_type=cell.kind, source=cell.source, metadata=json.loads(cell.metadata))
    front = f"---\nkernelspec: {json.dumps(KERNEL_SPEC)}\n---\n\n"
    try:
        return text_cells(parse_text(front + _render(node, "ipython3"), ""))
    except BookError:
        return []


def write_notebook(
    notebook: NotebookNode, path: Path, expected: bytes | None = None, shown: str | None = None
) -> bool:
    """Write a notebook, whole or not at all, and return whether that changed the file.

    Raises
    ------
    BookError
        If the file no longer holds what was read, `expected`, or cannot be written.
    """
    return write_whole(path, content(notebook), expected=expected, shown=shown)


def content(notebook: NotebookNode) -> str:
    """Return the text of a notebook's file."""
    return str(nbformat.writes(notebook, version=nbformat.NO_CONVERT)).rstrip("\n") + "\n"
