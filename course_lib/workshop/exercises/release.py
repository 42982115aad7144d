"""Write what learners get: the data behind `check`, the practice notebooks, and assignments."""

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

import course_lib
from course_lib.workshop.book.addresses import Addresses, rewrite_links
from course_lib.workshop.book.chapters import first_cell, pairs
from course_lib.workshop.book.chapters.files import digest, keep_copy, read_text_file, write_whole
from course_lib.workshop.book.chapters.pairs import write_notebook
from course_lib.workshop.book.chapters.structure import split_front_matter
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.dry_run import is_dry
from course_lib.workshop.exercises import definitions, ladders
from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.exercises.definition import CHAPTERS, Exercise, load_exercises, source_of
from course_lib.workshop.exercises.shipped import data_files, is_in_step, questions_text, stored_questions
from course_lib.workshop.exercises.slips import with_slips

DATA = Path(course_lib.__file__).parent / "exercises" / "data"

# The first digest tells an edit made by hand from a set that has to be written anew. The second is of the
# file of definitions: whether that changed since is seen without importing it, and so without TensorFlow.
MADE_BY = "# Made by `course release` from the definition of its exercises; edit it there."
FRONT_MATTER = """---
{made_by}
# digest: {digest}
# definitions: {definitions}
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
    "What your code is given stays as it is: it changes no argument in place, unless a text asks for that. "
    "And you write it yourself: what `course_lib` has ready is not allowed in an answer. "
    'Stuck? `hint("{name}")` gives one hint at a time. You may add cells, copy them and move them: your '
    "answer is found by its name."
)
NAME = "**Your name:** double-click on this line and write it here."
QUIET_TENSORFLOW = "import course_lib.tf.quiet  # keeps TensorFlow's log lines out of the notebook"


# The data behind check -----------------------------------------------------------------------------------


def changed_exercises(exercises: Iterable[Exercise], folder: Path = DATA) -> list[Exercise]:
    """Return the exercises whose definition is not what the data files were written from."""
    stored = stored_questions(folder)
    return [one for one in exercises if not is_in_step(one.public_question(), stored.get(one.name))]


def write_data(exercises: Iterable[Exercise], folder: Path = DATA) -> list[Path]:
    """Write the data files, drop those of chapters that are gone, and return the paths that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = data_files(exercises, stored_questions(folder))
    gone = [path for path in folder.glob("*.json") if path.name not in wanted]
    for path in gone:
        if not is_dry(path):
            path.unlink()
    return gone + [folder / name for name, text in wanted.items() if write_whole(folder / name, text)]


def write_ladders(exercises: Mapping[str, Exercise]) -> list[Path]:
    """Write what the book's pages carry of the exercises that have rungs; return the path if it changed."""
    return [ladders.FILE] if write_whole(ladders.FILE, ladders.ladders_text(exercises)) else []


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
    cells = [markdown(f"## {number}. {exercise.title} ({points} {unit})\n\n{exercise.task}")]
    if exercise.given:
        cells.append(code("\n\n\n".join(source_of(item) for item in exercise.given)))
    if exercise.kind == "text" and with_solution:
        rubric = "\n".join(f"- {item.sentence} ({item.points})" for item in exercise.rubric)
        return [*cells, markdown(f"**An answer.** {exercise.model_answer}\n\n**Marked for**\n\n{rubric}")]
    cells.append(code(_with_imports(exercise) if with_solution else exercise.stub))
    return [*cells, code(f'check("{exercise.name}")')]


def _with_imports(exercise: Exercise) -> str:
    """Return an exercise's solution below the imports of its definition's file that it uses."""
    used = {one.id for one in ast.walk(ast.parse(exercise.solution_source)) if isinstance(one, ast.Name)}
    lines = []
    for statement in ast.parse(inspect.getsource(sys.modules[exercise.solution.__module__])).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names = [one for one in statement.names if (one.asname or one.name) in used - {"np", "tf"}]
            if names:
                statement.names = names
                lines.append(ast.unparse(statement))
    return "\n".join([*lines, *["", ""] * bool(lines), exercise.solution_source])


def import_cell(exercises: Sequence[Exercise]) -> NotebookCell:
    """Return the cell that imports what the exercises need."""
    lines = ["import numpy as np", "", "from course_lib.exercises import check, hint, progress"]
    if any("tensorflow" in exercise.packages for exercise in exercises):
        lines[2:2] = [
            "try:",
            f"    {QUIET_TENSORFLOW}",
            "    import tensorflow as tf",
            "except ModuleNotFoundError:",
            "    tf = None  # the exercises that need it say how to install it",
            "",
        ]
    if others := sorted({name for one in exercises for name in one.packages} - {"tensorflow"}):
        lines[1:1] = [f"import {name}" for name in others]
        lines.insert(0, f"%pip install --quiet {' '.join(others)}")
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


def text_of(cells: Iterable[NotebookCell], chapter: str = "") -> str:
    """Return cells as the text of a MyST notebook, made from the definitions of a chapter."""
    parts = []
    previous = ""
    for cell in cells:
        if cell.kind == "code":
            parts.append(f"```{{code-cell}} ipython3\n{cell.source}\n```\n")
        else:
            parts.append(("+++\n\n" if previous == "markdown" else "") + cell.source + "\n")
        previous = cell.kind
    body = "\n".join(parts)
    made_from = _definitions_digest(chapter)
    return FRONT_MATTER.format(made_by=MADE_BY, digest=digest(body), definitions=made_from) + "\n" + body


def _definitions_digest(chapter: str) -> str:
    path = Path(definitions.__path__[0]) / f"{chapter}.py"
    return digest(path.read_bytes()) if path.is_file() else "none"


def old_texts(folder: Path) -> Iterator[Problem]:
    """Yield each set whose definitions changed since it was made; nothing of them is imported."""
    for path in sorted(folder.glob("*.md")):
        shown = f"{pairs.GENERATED}/{path.name}"
        found = re.search(r"^# definitions: (\w+)$", read_text_file(path, shown).text, re.MULTILINE)
        if found and found[1] != _definitions_digest(path.stem):
            where = f"{pairs.DEFINITIONS}/{path.stem}.py:1"
            what = f"was changed since {shown} was made from it."
            yield Problem(where, what, "Write the set with `course release`.")


def is_edited(text: str, notebook: Path) -> bool:
    """Return whether somebody changed the text of a set since it was made.

    Parameters
    ----------
    text
        The text, as it stands on the disk.
    notebook
        The set's notebook, which remembers the text where the text itself does not.
    """
    found = re.search(r"^# digest: ([0-9a-f]+)$", text, re.MULTILINE)
    if found and digest(split_front_matter(text)[1].removeprefix("\n")) == found[1]:
        return False
    if not notebook.is_file():
        return True
    # Two branches' changes, merged by git: the notebook that came along knows the text.
    own = nbformat.read(notebook, as_version=4).metadata.get(pairs.OWN_METADATA, {})
    cells = pairs.text_cells(pairs.parse_text(text, notebook.name))
    return bool(pairs.cells_digest(cells) != own.get("text"))


def practice_texts(exercises: Mapping[str, Exercise], chapters_folder: Path) -> dict[Path, str]:
    """Return the path and the text of each chapter's set, in the order of the chapters."""
    return {
        chapters_folder / "exercises" / f"{chapter}.md": text_of(
            practice_cells(chapter, [one for one in exercises.values() if one.chapter == chapter]), chapter
        )
        for chapter in sorted({one.chapter for one in exercises.values()}, key=_chapter_order)
    }


def edited_texts(wanted: Mapping[Path, str], folder: Path) -> dict[Path, Problem]:
    """Return the texts of sets that somebody changed by hand, each with what is wrong and what to do."""
    problems = {}
    for path in sorted(folder.glob("*.md")):
        shown = f"{pairs.GENERATED}/{path.name}"
        text = read_text_file(path, shown).text
        if text == wanted.get(path) or not is_edited(text, path.with_suffix(".ipynb")):
            continue
        lines, made = text.splitlines(), wanted.get(path, "").splitlines()
        line = next((n for n, pair in enumerate(zip(lines, made, strict=False), 1) if pair[0] != pair[1]
                     and not pair[0].startswith("# d")), min(len(lines), len(made)) + 1)  # fmt: skip
        problems[path] = Problem(
            f"{shown}:{line}", "was edited by hand, and it is made from the exercises' definitions.",
            f"Make the change in {pairs.DEFINITIONS}/{path.stem}.py, then run `course release --force`, "
            "which keeps a copy of this file.",
        )  # fmt: skip
    return problems


def write_practice(
    exercises: Mapping[str, Exercise],
    chapters_folder: Path,
    force: bool = False,
    say: Callable[[str], object] = print,
) -> list[Path]:
    """Write the text of each chapter's set, drop those that are gone, and return all texts in order.

    Raises
    ------
    BookError
        If a text was edited by hand and `force` is not given; nothing is written then.
    """
    folder = chapters_folder / "exercises"
    folder.mkdir(exist_ok=True)
    wanted = practice_texts(exercises, chapters_folder)
    edited = edited_texts(wanted, folder)
    if edited and not force:
        raise BookError(*edited.values())
    for path in edited:
        copy = keep_copy(path, chapters_folder.parent)
        say(f"{pairs.GENERATED}/{path.name}: a copy of what was edited is {copy}")
    for path, text in wanted.items():
        write_whole(path, text, shown=f"{pairs.GENERATED}/{path.name}")
    for path in folder.glob("*.md"):
        if path not in wanted:
            if not is_dry(path):
                path.unlink()
                path.with_suffix(".ipynb").unlink(missing_ok=True)
            say(f"{pairs.GENERATED}/{path.stem}: removed, no exercise is defined for it")
    return list(wanted)


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
    public = load_exercises(chapters={exercise.chapter for exercise in chosen})
    private = [exercise for exercise in chosen if exercise.name not in public]
    if assignment.release:
        addresses = replace(addresses, branch=assignment.release)
    front = [markdown(_front_page(assignment, chosen, with_solutions)), markdown(NAME)]
    cells = [markdown(HOW_IT_WORKS.format(name=chosen[0].name)), import_cell(chosen)]
    if private:
        cells.append(code(_private_source(private), folded=True))
    for number, exercise in enumerate(chosen, start=1):
        cells += exercise_cells(exercise, number, assignment.points_of(exercise), with_solutions)
    points = {exercise.name: assignment.points_of(exercise) for exercise in chosen}
    cells += [markdown("## Before you hand in"), code(f"progress({json.dumps(points, indent=4)})")]
    return _notebook(cells, addresses, assignment.first_cell, front)


def _front_page(assignment: Assignment, chosen: Sequence[Exercise], with_solutions: bool) -> str:
    total = sum(assignment.points_of(exercise) for exercise in chosen)
    lines = [f"# {assignment.title}{': solutions' if with_solutions else ''}", f"{total} points."]
    if assignment.due:
        zone = str(assignment.due.tzinfo)
        lines[-1] += f" Due on {assignment.due:%A, %d %B %Y, at %H:%M} ({zone})."
        lines[-1] += _late_words(assignment)
    return "\n\n".join(lines)


def _late_words(assignment: Assignment) -> str:
    """Say what lateness costs."""
    if not assignment.penalty_per_day:
        return " Handing in later takes no points off."
    minutes, cost = f"{assignment.grace_minutes:g}", f"{100 * assignment.penalty_per_day:g} %"
    return (
        f" Up to {minutes} minute{'' if minutes == '1' else 's'} later costs nothing; after that, each day "
        f"or part of one costs {cost} of your points. A day ends at the time of day of the deadline."
    )


def _private_source(exercises: Iterable[Exercise]) -> str:
    """Return the cell that makes an instructor's own exercises known to `check`: public cases only."""
    forms = questions_text(with_slips(exercise, exercise.public_question()) for exercise in exercises)
    safe = forms.replace("'", "\\u0027")
    return (
        "# @title The checks of this assignment (run this too)\n"
        "from course_lib.exercises import load\n\n"
        f"load(r'''{safe}''')"
    )


def _notebook(
    cells: Iterable[NotebookCell],
    addresses: Addresses,
    own_first: str = "",
    front: Iterable[NotebookCell] = (),
) -> nbformat.NotebookNode:
    source, metadata = own_first or first_cell.first_cell_source(addresses), first_cell.METADATA
    first = nbformat.v4.new_code_cell(source, metadata=nbformat.from_dict({} if own_first else metadata))
    made = [nbformat.v4.new_markdown_cell(cell.source) for cell in front]
    made.append(first)
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
    """Write an assignment's notebook, and where asked its solutions in a folder apart; return the paths."""
    paths = [folder / f"{assignment.name}.ipynb"]
    if not is_dry(paths[0]):
        folder.mkdir(parents=True, exist_ok=True)
    write_notebook(assignment_notebook(assignment, exercises, addresses), paths[0])
    if with_solutions:  # apart from the hand-out, whose folder goes to students as it is
        apart = folder.with_name(f"{folder.resolve().name}-solutions")
        paths.append(apart / f"{assignment.name}_solutions.ipynb")
        if not is_dry(paths[1]):
            apart.mkdir(parents=True, exist_ok=True)
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
    told = "\n".join([exercise.task, exercise.given_source, *exercise.hints])
    tree = ast.parse(exercise.solution_source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]  # the learner is told the docstring
    source = ast.unparse(tree)
    lines = [line.strip() for line in source.splitlines()]
    lines = [line for line in lines if line not in known and line not in told.replace('"', "'")]
    lines = [line for line in lines if not re.fullmatch(r"self\.(\w+) = \1", line)]
    longest = max((len(line) for line in lines), default=0)
    return [line for line in lines if len(line) >= min(32, longest)]
