"""Write what learners get: the data behind `check`, the practice notebooks, and assignments."""

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

import course_lib
from course_lib.workshop.book.addresses import Addresses, rewrite_links
from course_lib.workshop.book.chapters import first_cell
from course_lib.workshop.book.chapters.pairs import write_notebook, write_whole
from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.exercises.definition import CHAPTERS, Exercise, load_exercises, source_of
from course_lib.workshop.exercises.shipped import data_files, questions_text

DATA = Path(course_lib.__file__).parent / "exercises" / "data"

FRONT_MATTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""

HOW_IT_WORKS = (
    "Replace the three dots `...` by your code, run the cell, then run the cell with `check` below it. It "
    "says what it sees, names the mistake where it knows it, and shows the smallest case that goes wrong. "
    'Stuck? `hint("{name}")` gives one hint at a time. You may add cells, copy them and move them: your '
    "answer is found by its name."
)
QUIET_TENSORFLOW = "import course_lib.tf.quiet  # keeps TensorFlow's log lines out of the notebook"


# The data behind check -----------------------------------------------------------------------------------


def write_data(exercises: Iterable[Exercise], folder: Path = DATA) -> list[Path]:
    """Write the data files, drop those of chapters that are gone, and return the paths that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = data_files(exercises)
    gone = [path for path in folder.glob("*.json") if path.name not in wanted]
    for path in gone:
        path.unlink()
    return gone + [folder / name for name, text in wanted.items() if write_whole(folder / name, text)]


# Cells --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NotebookCell:
    """A cell of a notebook that is to be written."""

    kind: str
    source: str
    folded: bool = False


def markdown(source: str) -> NotebookCell:
    """Return a cell of text."""
    return NotebookCell("markdown", source)


def code(source: str, folded: bool = False) -> NotebookCell:
    """Return a cell of code, folded where nobody needs to read it."""
    return NotebookCell("code", source, folded)


def exercise_cells(
    exercise: Exercise, number: int, points: int, with_solution: bool = False
) -> list[NotebookCell]:
    """Return the cells of one exercise: its text, what is given, the stub or the solution, the check."""
    unit = "point" if points == 1 else "points"
    cells = [markdown(f"## {number}. {exercise.title} ({points} {unit})\n\n{exercise.prompt}")]
    if exercise.given:
        cells.append(code("\n\n\n".join(source_of(item) for item in exercise.given)))
    if exercise.kind == "text" and with_solution:
        rubric = "\n".join(f"- {item.sentence} ({item.points})" for item in exercise.rubric)
        return [*cells, markdown(f"**An answer.** {exercise.model_answer}\n\n**Marked for**\n\n{rubric}")]
    cells.append(code(exercise.solution_source if with_solution else exercise.stub))
    return [*cells, code(f'check("{exercise.name}")')]


def import_cell(exercises: Sequence[Exercise]) -> NotebookCell:
    """Return the cell that imports what the exercises need."""
    lines = ["import numpy as np", "", "from course_lib.exercises import check, hint, progress"]
    if any("tensorflow" in exercise.packages for exercise in exercises):
        lines[1:1] = ["", QUIET_TENSORFLOW, "import tensorflow as tf"]
    return code("\n".join(lines))


# The course's own sets ----------------------------------------------------------------------------------


def chapter_title(chapter: str) -> str:
    """Return a chapter's name in words."""
    return chapter.replace("_", " ").replace("tensorflow", "TensorFlow")


def practice_cells(chapter: str, exercises: Sequence[Exercise]) -> list[NotebookCell]:
    """Return the cells of a chapter's set."""
    introduction = (
        f"# Exercises: {chapter_title(chapter)}\n\n"
        f"These belong to [the chapter of this name](../{chapter}.md). They begin with a warm-up and end "
        "with something to remember.\n\n" + HOW_IT_WORKS.format(name=exercises[0].name)
    )
    cells = [markdown(introduction), import_cell(exercises)]
    for number, exercise in enumerate(exercises, start=1):
        cells += exercise_cells(exercise, number, exercise.points)
    return [*cells, markdown("## How far are you?"), code(f'progress("{chapter}")')]


def text_of(cells: Iterable[NotebookCell]) -> str:
    """Return cells as the text of a MyST notebook."""
    parts = [FRONT_MATTER]
    previous = ""
    for cell in cells:
        if cell.kind == "code":
            parts.append(f"```{{code-cell}} ipython3\n{cell.source}\n```\n")
        else:
            parts.append(("+++\n\n" if previous == "markdown" else "") + cell.source + "\n")
        previous = cell.kind
    return "\n".join(parts)


def write_practice(exercises: Mapping[str, Exercise], chapters_folder: Path) -> list[Path]:
    """Write the text of each chapter's set, drop those that are gone, and return all texts in order."""
    folder = chapters_folder / "exercises"
    folder.mkdir(exist_ok=True)
    texts = []
    for chapter in sorted({one.chapter for one in exercises.values()}, key=_chapter_order):
        listed = [one for one in exercises.values() if one.chapter == chapter]
        cells = practice_cells(chapter, listed)
        path = folder / f"{chapter}.md"
        write_whole(path, text_of(cells))
        texts.append(path)
    for path in folder.glob("*.md"):
        if path not in texts:
            path.unlink()
            path.with_suffix(".ipynb").unlink(missing_ok=True)
    return texts


def _chapter_order(chapter: str) -> int:
    return CHAPTERS.index(chapter) if chapter in CHAPTERS else len(CHAPTERS)


# Assignments --------------------------------------------------------------------------------------------


def assignment_notebook(
    assignment: Assignment,
    exercises: Mapping[str, Exercise],
    addresses: Addresses,
    with_solutions: bool = False,
) -> nbformat.NotebookNode:
    """Return the notebook of an assignment, not executed.

    Parameters
    ----------
    assignment
        What the assignment file says.
    exercises
        All exercises by name, private ones included.
    addresses
        The addresses of the course.
    with_solutions
        Whether the solutions stand in place of the stubs.
    """
    chosen = assignment.chosen(dict(exercises))
    public = load_exercises()
    private = [exercise for exercise in chosen if exercise.name not in public]
    if assignment.release:
        addresses = replace(addresses, branch=assignment.release)
    cells = [markdown(_front_page(assignment, chosen, with_solutions)), import_cell(chosen)]
    if private:
        cells.append(code(_private_source(private), folded=True))
    for number, exercise in enumerate(chosen, start=1):
        cells += exercise_cells(exercise, number, assignment.points_of(exercise), with_solutions)
    points = {exercise.name: assignment.points_of(exercise) for exercise in chosen}
    cells += [markdown("## Before you hand in"), code(f"progress({json.dumps(points, indent=4)})")]
    return _notebook(cells, addresses)


def _front_page(assignment: Assignment, chosen: Sequence[Exercise], with_solutions: bool) -> str:
    total = sum(assignment.points_of(exercise) for exercise in chosen)
    lines = [f"# {assignment.title}{': solutions' if with_solutions else ''}", f"{total} points."]
    if assignment.due:
        zone = str(assignment.due.tzinfo)
        lines[-1] += f" Due on {assignment.due:%A, %d %B %Y, at %H:%M} ({zone})."
    return "\n\n".join([*lines, HOW_IT_WORKS.format(name=chosen[0].name)])


def _private_source(exercises: Iterable[Exercise]) -> str:
    """Return the cell that makes an instructor's own exercises known to `check`: public cases only."""
    forms = questions_text(exercise.public_question() for exercise in exercises)
    safe = forms.replace("'", "\\u0027")
    return (
        "# @title The checks of this assignment (run this too)\n"
        "from course_lib.exercises import load\n\n"
        f"load(r'''{safe}''')"
    )


def _notebook(cells: Iterable[NotebookCell], addresses: Addresses) -> nbformat.NotebookNode:
    made = [
        nbformat.v4.new_code_cell(
            first_cell.first_cell_source(addresses), metadata=nbformat.from_dict(first_cell.METADATA)
        )
    ]
    for cell in cells:
        if cell.kind == "code":
            metadata = {"cellView": "form", "jupyter": {"source_hidden": True}} if cell.folded else {}
            made.append(nbformat.v4.new_code_cell(cell.source, metadata=nbformat.from_dict(metadata)))
        else:
            source = rewrite_links(
                cell.source, lambda target: addresses.absolute(target, "chapters/exercises")
            )
            made.append(nbformat.v4.new_markdown_cell(source))
    for number, cell in enumerate(made):
        cell.id = f"cell-{number}"  # the same assignment gives the same bytes
    notebook = nbformat.v4.new_notebook(cells=made)
    notebook.nbformat_minor = 5
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    assert isinstance(notebook, nbformat.NotebookNode)
    return notebook


def write_assignment(
    assignment: Assignment,
    exercises: Mapping[str, Exercise],
    addresses: Addresses,
    folder: Path,
    with_solutions: bool = False,
) -> list[Path]:
    """Write an assignment's notebook, and where asked its solutions beside it; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{assignment.name}.ipynb"]
    write_notebook(assignment_notebook(assignment, exercises, addresses), paths[0])
    if with_solutions:
        paths.append(folder / f"{assignment.name}_solutions.ipynb")
        write_notebook(assignment_notebook(assignment, exercises, addresses, True), paths[1])
    return paths


def solution_lines(exercise: Exercise) -> list[str]:
    """Return the telling lines of a solution: what no learner's file may hold.

    A line tells when it is long enough to be no idiom (or the longest there is) and stands neither in the
    stub nor in what the learner is told or given.
    """
    if exercise.kind == "text":
        return [line.strip() for line in exercise.model_answer.splitlines() if len(line.strip()) > 30]
    known = {line.strip() for line in ast.unparse(ast.parse(exercise.stub)).splitlines()}
    told = "\n".join([exercise.prompt, exercise.given_source, *exercise.hints])
    tree = ast.parse(exercise.solution_source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]  # the learner is told the docstring
    source = ast.unparse(tree)
    lines = [line.strip() for line in source.splitlines()]
    lines = [line for line in lines if line not in known and line not in told]
    lines = [line for line in lines if not re.fullmatch(r"self\.(\w+) = \1", line)]
    longest = max((len(line) for line in lines), default=0)
    return [line for line in lines if len(line) >= min(32, longest)]
