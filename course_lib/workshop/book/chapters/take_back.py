"""`course take-back`: an edit made in a notebook, by Jupyter or Colab, goes back into the chapter's text."""

import difflib
import re
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from course_lib.workshop.book.chapters import first_cell, pairs
from course_lib.workshop.book.chapters.notebooks import find_chapters
from course_lib.workshop.book.chapters.pairs import Chapter
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
    notebook = pairs.read_notebook_file(file, str(file), chapter.name)
    _refuse_attachments(notebook, file)
    text = pairs.read_text(chapter)
    cells = _with_lost_tags(pairs.as_in_text(notebook, chapter), text, notebook)
    in_text = pairs.text_cells(text)
    in_notebook = [pairs.comparable(cell) for cell in cells]
    remembered = notebook.metadata.get(pairs.OWN_METADATA, {}).get("text")
    _warn_about_first_cell(notebook, chapter, say)
    if pairs.cells_digest(in_notebook) == pairs.cells_digest(in_text):
        say(f"{chapter.shown(chapter.text)} holds all of it already.")
        return False
    if pairs.cells_digest(in_notebook) == remembered and not force:
        say(f"{file} was not edited; {chapter.shown(chapter.text)} is newer and stays as it is.")
        return False
    if pairs.cells_digest(in_text) != remembered and not force:
        why = (
            "changed too since this notebook was made from it"
            if remembered
            else "is not what the notebook holds, which does not remember the text it was made from"
        )
        raise BookError(
            Problem(chapter.shown(chapter.text), f"{why}.",
                    "Nothing was written. Merge by hand, or let the notebook win with `--force`. "
                    "Both sides:\n" + pairs.show_both(in_text, in_notebook, chapter))
        )  # fmt: skip
    for line in pairs.differences(in_text, in_notebook):
        say(f"{chapter.shown(chapter.text)}: {line}")
    pairs.write_whole(chapter.text, pairs.as_text(cells, chapter))
    say(f"Taken back. Now execute it: `course notebooks {chapter.name}`.")
    return True


def _chapter_of(file: Path, name: str | None, root: Path | None) -> Chapter:
    if not file.is_file():
        raise BookError(Problem(str(file), "does not exist.", "Give the path of the edited notebook."))
    if file.suffix != ".ipynb":
        raise BookError(Problem(str(file), "is no notebook.", "In Colab: File > Download > Download .ipynb."))
    # What a browser or Colab makes of a name: "Copy of perceptron.ipynb", "perceptron (1).ipynb".
    stem = re.sub(r"^(Copy of )+|( ?\(\d+\))+$", "", file.stem)
    try:
        return find_chapters([name or stem], root)[0]
    except BookError as error:
        (problem,) = error.problems
        if name or problem.where == str(Path.cwd()):
            raise
        raise BookError(
            Problem(str(file), f"is no chapter's notebook by its name. {problem.fix}",
                    "Say which it is: `course take-back FILE --chapter NAME`.")
        ) from error  # fmt: skip


def _refuse_attachments(notebook: NotebookNode, file: Path) -> None:
    problems = [
        Problem(f"{file}, cell {number}", f"holds the picture {', '.join(cell['attachments'])}.",
                "A text cannot: save it in chapters/images and link it there.")
        for number, cell in enumerate(notebook.cells) if cell.get("attachments")
    ]  # fmt: skip
    if problems:
        raise BookError(*problems)


def _with_lost_tags(
    cells: list[NotebookNode], text: NotebookNode, notebook: NotebookNode
) -> list[NotebookNode]:
    """Give cells their tags again if the editor dropped those of the whole notebook, as Colab may."""
    if any(cell.metadata.get("tags") for cell in cells) or "colab" not in notebook.metadata:
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
                if before.cell_type == after.cell_type and before.metadata.get("tags"):
                    after.metadata["tags"] = before.metadata["tags"]
    return cells


def _warn_about_first_cell(notebook: NotebookNode, chapter: Chapter, say: Callable[[str], object]) -> None:
    written = first_cell.first_cell_source(chapter.addresses)
    for cell in notebook.cells:
        if first_cell.is_first_cell(cell) and _without_addresses(cell.source) != _without_addresses(written):
            say(
                "note: the first cell differs from the one that every notebook gets, and is not taken back. "
                "If you added code to it, put that into a cell of its own."
            )


def _without_addresses(source: str) -> str:
    return re.sub(r"^set_up_course\(.*\)$", "", source, flags=re.MULTILINE).strip()
