"""`course take-back`: an edit made in a notebook, by Jupyter or Colab, goes back into the chapter's text."""

import difflib
import re
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from course_lib.workshop.book.addresses import find_root, read_addresses
from course_lib.workshop.book.chapters import first_cell, pairs
from course_lib.workshop.book.chapters.files import keep_copy, read_text_file, write_whole
from course_lib.workshop.book.chapters.notebooks import chapter_texts, find_chapters
from course_lib.workshop.book.chapters.pairs import Cell, Chapter
from course_lib.workshop.book.problems import BookError, Problem


def take_back(
    file: Path,
    name: str | None = None,
    force: bool = False,
    root: Path | None = None,
    say: Callable[[str], object] = print,
) -> bool:
    """Write the cells of an edited notebook into its chapter's text.

    Only cells and their tags come along. What else an editor stored, a person's name, times, outputs and
    Colab's own metadata, stays behind; `course notebooks` then executes the chapter anew.

    Parameters
    ----------
    file
        The edited notebook: the pair itself, or a copy from anywhere.
    name
        The chapter's name, if the file's name does not tell it.
    force
        Whether the notebook wins where both sides changed.
    root
        The book's folder; by default the one around the present folder.
    say
        Called with each line for the author.

    Returns
    -------
    bool
        Whether the text changed.

    Raises
    ------
    BookError
        If the file is no notebook of a chapter, or if both sides changed since they were paired; then
        nothing is written.
    """
    chapter = _chapter_of(file, name, root)
    shown = chapter.shown(chapter.text)
    is_its_own = file.resolve() == chapter.notebook.resolve()
    notebook = pairs.read_notebook_file(file, str(file), chapter.name if is_its_own else "")
    _refuse_attachments(notebook, file)
    source = read_text_file(chapter.text, shown)
    text = pairs.read_text(chapter)
    cells = _with_lost_metadata(pairs.as_in_text(notebook, chapter), text, notebook)
    in_text = pairs.text_cells(text)
    in_notebook = [pairs.comparable(cell) for cell in cells]
    _refuse_another_chapter(in_notebook, chapter, file, name)
    remembered = notebook.metadata.get(pairs.OWN_METADATA, {}).get("text")
    _tell_about_first_cell(notebook, chapter, say)
    if pairs.cells_digest(in_notebook) == pairs.cells_digest(in_text):
        say(f"{shown} holds all of it already.")
        return False
    if pairs.cells_digest(in_notebook) == remembered and not force:
        say(f"{file} was not edited; {shown} is newer and stays as it is.")
        return False
    both_changed = pairs.cells_digest(in_text) != remembered
    if both_changed and not force:
        why = (
            "changed too since this notebook was made from it"
            if remembered
            else "is not what the notebook holds, which does not remember the text it was made from"
        )
        raise BookError(
            Problem(shown, f"{why}.",
                    "Nothing was written. Merge by hand, or let the notebook win with `--force`, which keeps a "
                    "copy of the text. Both sides:\n" + pairs.show_both(in_text, in_notebook, chapter))
        )  # fmt: skip
    written = source.encode(pairs.as_text(cells, chapter))
    lines = pairs.differences(in_text, in_notebook)
    for line in lines:
        say(f"{shown}: {line}")
    if both_changed or any(line.endswith("stands only in the text") for line in lines):
        copy = keep_copy(chapter.text, chapter.addresses.root)
        say(f"{shown}: a copy of the text as it was is {chapter.shown(copy)}")
    write_whole(chapter.text, written, expected=source.data, shown=shown)
    say(f"Taken back. Now execute it: `course notebooks {chapter.name}`.")
    return True


def first_text(file: Path, chapter: Chapter, template: str) -> str:
    """Return the first text of a chapter that was written in Jupyter alone.

    Parameters
    ----------
    file
        The notebook.
    chapter
        The chapter that it becomes, whose text is not there yet.
    template
        A text whose head the new one gets.

    Raises
    ------
    BookError
        If the file is no notebook, or a cell of it cannot stand in a text.
    """
    notebook = pairs.read_notebook_file(file, str(file), "")
    _refuse_attachments(notebook, file)
    return pairs.as_text(pairs.as_in_text(notebook, chapter), chapter, template)


def _chapter_of(file: Path, name: str | None, root: Path | None) -> Chapter:
    if not file.is_file():
        raise BookError(Problem(str(file), "does not exist.", "Give the path of the edited notebook."))
    if file.suffix != ".ipynb":
        raise BookError(Problem(str(file), "is no notebook.", "In Colab: File > Download > Download .ipynb."))
    root = (root or find_root()).absolute()
    if file.resolve().parent == (root / pairs.GENERATED).resolve():
        _refuse_generated(file, Chapter(root / pairs.GENERATED / f"{file.stem}.md", read_addresses(root)))
    # What a browser or Colab makes of a name: "Copy of perceptron.ipynb", "perceptron (1).ipynb".
    stem = re.sub(r"^(Copy of )+|( ?\(\d+\))+$", "", file.stem)
    try:
        return find_chapters([name or stem], root)[0]
    except BookError as error:
        if name or len(error.problems) != 1 or "is no chapter." not in str(error):
            raise
        raise BookError(
            Problem(str(file), f"is no chapter's notebook by its name. {error.problems[0].fix}",
                    "Say which it is: `course take-back FILE --chapter NAME`.")
        ) from error  # fmt: skip


def _refuse_generated(file: Path, chapter: Chapter) -> None:
    raise BookError(
        Problem(str(file), f"is made from the exercises' definitions, as {chapter.shown(chapter.text)} is; no "
                "chapter's text holds it.",
                f"Make the change in {pairs.DEFINITIONS}/{chapter.name}.py, then run `course release --force`, "
                "which keeps a copy of an edited file.")
    )  # fmt: skip


def _refuse_another_chapter(cells: list[Cell], chapter: Chapter, file: Path, name: str | None) -> None:
    """Refuse a notebook that another text of the book is closer to: two of them may have one stem.

    A copy downloaded from Colab has lost its folder, and `perceptron.ipynb` is a chapter and a set of
    exercises. Not even `--force` writes one over the other.
    """
    own = _shared(cells, chapter)
    if 2 * own >= len(cells):
        return
    root = chapter.addresses.root
    for path in [*chapter_texts(root), *sorted((root / pairs.GENERATED).glob("*.md"))]:
        other = Chapter(path, chapter.addresses)
        if path == chapter.text or not pairs.is_notebook_text(path) or _shared(cells, other) <= own:
            continue
        if other.is_generated:
            _refuse_generated(file, other)
        if name is None:
            raise BookError(
                Problem(str(file), f"looks like {other.shown(other.notebook)}, not like "
                        f"{chapter.shown(chapter.notebook)}.",
                        "Say which it is: `course take-back FILE --chapter NAME`. Nothing was written.")
            )  # fmt: skip


def _shared(cells: list[Cell], chapter: Chapter) -> int:
    """Return how many of some cells, the shortest left out, stand in a chapter's text too."""
    try:
        known = {cell.source for cell in pairs.text_cells(pairs.read_text(chapter))}
    except BookError:
        return 0
    return sum(cell.source in known for cell in cells)


def _refuse_attachments(notebook: NotebookNode, file: Path) -> None:
    problems = [
        Problem(f"{file}, cell {number}", f"holds the picture {', '.join(cell['attachments'])}.",
                "A text cannot: save it in chapters/images and link it there.")
        for number, cell in enumerate(notebook.cells) if cell.get("attachments")
    ]  # fmt: skip
    if problems:
        raise BookError(*problems)


def _with_lost_metadata(
    cells: list[NotebookNode], text: NotebookNode, notebook: NotebookNode
) -> list[NotebookNode]:
    """Give cells their metadata again if the editor dropped that of the whole notebook, as Colab may."""
    if any(cell.metadata for cell in cells) or "colab" not in notebook.metadata:
        return cells
    matcher = difflib.SequenceMatcher(
        None,
        [(cell.cell_type, cell.source.strip()) for cell in text.cells],
        [(cell.cell_type, cell.source.strip()) for cell in cells],
        autojunk=False,
    )
    for operation, left, left_end, right, right_end in matcher.get_opcodes():
        if operation == "equal" or (operation == "replace" and left_end - left == right_end - right):
            for before, after in zip(text.cells[left:left_end], cells[right:right_end], strict=True):
                if before.cell_type == after.cell_type:
                    after.metadata = before.metadata
    return cells


def _tell_about_first_cell(notebook: NotebookNode, chapter: Chapter, say: Callable[[str], object]) -> None:
    for cell in notebook.cells:
        if not first_cell.is_first_cell(cell):
            continue
        if first_cell.is_changed_inside(cell, chapter.addresses):
            say(
                "note: the first cell, which every notebook gets, was changed inside; that is not taken back. "
                "Put what you need into a cell of its own."
            )
        elif first_cell.additions(cell, chapter.addresses):
            say("note: what was added to the first cell is taken back as a cell of its own.")
