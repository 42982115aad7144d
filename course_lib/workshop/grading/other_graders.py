"""Assignments for nbgrader, otter-grader and Classroom 50, for institutions that are bound to them.

Neither puts a wall around a student's code: it can read the hidden cases and change marks. The exports say
so.
"""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import nbformat
from nbformat import NotebookNode

from course_lib.workshop.exercises.definition import Exercise
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, KeyQuestion
from course_lib.workshop.grading.storage.files import write_new

NOT_SANDBOXED = (
    "Not sandboxed: {tool} runs students' code beside the hidden cases and the marks, with your rights on "
    "your machine. `course grade` does not. Use this export where {tool} is required, in a container."
)
SECONDS = 60  # for all cases of a question


def judging_code(question: KeyQuestion, names: str) -> str:
    """Return Python that leaves in `judgement` what a question's hidden cases say about some names.

    Parameters
    ----------
    question
        The question.
    names
        The expression for the student's names, such as ``globals()``.
    """
    data = json.dumps(question.hidden.to_json(), separators=(",", ":")).replace("'", "\\u0027")
    return (
        "import json\n\n"
        "from course_lib.exercises.checking import examine\n"
        "from course_lib.exercises.questions import Question\n\n"
        f"question = Question.from_json(json.loads(r'''{data}''') | {{'seconds': {SECONDS}}})\n"
        f"judgement = examine(question, {names}).judgement\n"
    )


def student_cells(exercise: Exercise, points: float) -> tuple[list[NotebookNode], NotebookNode]:
    """Return the cells before an answer, and the answer's cell with the stub."""
    heading = f"## {exercise.title} ({points:g} points)\n\n{exercise.task}"
    before = [nbformat.v4.new_markdown_cell(heading)]
    if exercise.given_source:
        before.append(nbformat.v4.new_code_cell(exercise.given_source))
    return before, nbformat.v4.new_code_cell(exercise.stub)


def import_source(key: AnswerKey) -> str:
    """Return the imports that the exercises need."""
    lines = ["import numpy as np"]
    if "tensorflow" in key.packages:
        lines.append("import tensorflow as tf")
    return "\n".join(lines)


def _notebook(cells: Sequence[NotebookNode]) -> NotebookNode:
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=list(cells))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel})
    notebook.nbformat_minor = 5
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
    return notebook


# nbgrader --------------------------------------------------------------------------------------------


def write_nbgrader(folder: Path, name: str, exercises: Sequence[Exercise], key: AnswerKey) -> list[Path]:
    """Write an nbgrader course with one assignment, from which `nbgrader generate_assignment` goes on."""
    cells = [
        nbformat.v4.new_markdown_cell(f"# {key.title}"),
        nbformat.v4.new_code_cell(import_source(key)),
    ]
    for exercise, question in zip(exercises, key.questions, strict=True):
        cells += _nbgrader_cells(exercise, question)
    for cell in cells[:2]:
        cell.metadata["nbgrader"] = _nbgrader_metadata(f"head-{cell.cell_type}", locked=True)
    paths = {
        folder / "source" / name / f"{name}.ipynb": nbformat.writes(_notebook(cells)),
        folder / "nbgrader_config.py": (
            f"# {NOT_SANDBOXED.format(tool='nbgrader')}\n"
            "c = get_config()\n"
            f'c.CourseDirectory.course_id = "{name}"\n'
            "c.ExecutePreprocessor.timeout = 120\n"
        ),
        folder / "README.md": f"# {key.title}, for nbgrader\n\n{NOT_SANDBOXED.format(tool='nbgrader')}\n",
    }
    write_new(paths)
    return list(paths)


def _nbgrader_cells(exercise: Exercise, question: KeyQuestion) -> list[NotebookNode]:
    before, answer = student_cells(exercise, question.points)
    identity = question.name.replace(".", "-")
    for place, cell in enumerate(before):
        cell.metadata["nbgrader"] = _nbgrader_metadata(f"{identity}-text-{place}", locked=True)
    if exercise.kind == "text":
        answer.metadata["nbgrader"] = _nbgrader_metadata(
            identity, solution=True, grade=True, points=question.points
        )
        answer.source = f"### BEGIN SOLUTION\n{exercise.defines[0]} = ...\n### END SOLUTION"
        return [*before, answer]
    answer.source = f"### BEGIN SOLUTION\n{exercise.solution_source}\n### END SOLUTION"
    answer.metadata["nbgrader"] = _nbgrader_metadata(identity, solution=True)
    # A number as the cell's result is nbgrader's way to give a part of the points.
    test = nbformat.v4.new_code_cell(
        "### BEGIN HIDDEN TESTS\n"
        + judging_code(question, "globals()")
        + "assert judgement.share > 0, judgement.sentence\n"
        f"judgement.share * {question.points:g}\n"
        "### END HIDDEN TESTS"
    )
    test.metadata["nbgrader"] = _nbgrader_metadata(
        f"{identity}-test", grade=True, locked=True, points=question.points
    )
    return [*before, answer, test]


def _nbgrader_metadata(
    identity: str, grade: bool = False, solution: bool = False, locked: bool = False, points: float = 0.0
) -> dict[str, Any]:
    metadata = {
        "schema_version": 3,
        "grade_id": identity,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
    }
    return {**metadata, "points": points} if grade else metadata


# otter-grader ----------------------------------------------------------------------------------------


def write_otter(folder: Path, name: str, exercises: Sequence[Exercise], key: AnswerKey) -> list[Path]:
    """Write an otter-grader assignment: `otter generate -t tests` makes the autograder of it."""
    cells = [
        nbformat.v4.new_markdown_cell(f"# {key.title}"),
        nbformat.v4.new_code_cell(import_source(key)),
    ]
    paths: dict[Path, str] = {}
    for exercise, question in zip(exercises, key.questions, strict=True):
        before, answer = student_cells(exercise, question.points)
        cells += [*before, answer]
        if exercise.kind == "code":
            identity = question.name.replace(".", "_")
            paths[folder / "tests" / f"{identity}.py"] = _otter_test(identity, question)
    paths[folder / f"{name}.ipynb"] = nbformat.writes(_notebook(cells))
    paths[folder / "README.md"] = (
        f"# {key.title}, for otter-grader\n\n{NOT_SANDBOXED.format(tool='otter-grader')}\n\n"
        "Free texts are not part of it.\n\n"
        "    otter generate -t tests -o autograder.zip --no-requirements --no-environment\n"
        f"    otter run {name}.ipynb -a autograder.zip\n"
    )
    write_new(paths)
    return list(paths)


def _otter_test(identity: str, question: KeyQuestion) -> str:
    body = judging_code(question, "env")
    indented = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    return (
        f"# {NOT_SANDBOXED.format(tool='otter-grader')}\n"
        "from otter.test_files import test_case\n\n"
        "OK_FORMAT = False\n"
        f'name = "{identity}"\n'
        f"points = {question.points:g}\n\n\n"
        "@test_case(points=None, hidden=True)\n"
        "def test_hidden_cases(env):\n"
        f"{indented}"
        "    assert judgement.share == 1.0, judgement.sentence\n"
    )


# Classroom 50 ----------------------------------------------------------------------------------------


def write_classroom50(folder: Path, key: AnswerKey, wheel: str) -> list[Path]:
    """Write the `autograder.py` of an assignment in Classroom 50: it shows students the public checks.

    Whatever Classroom 50 runs, students can read; so no hidden case is in it, and free texts are left out.
    """
    questions = [
        [question.public.to_json(), round(question.points)]
        for question in key.questions
        if question.public.kind == "code"
    ]
    template = files("course_lib.workshop.grading") / "classroom50_autograder.txt"
    text = Template(template.read_text(encoding="utf-8")).substitute(
        wheel=json.dumps(wheel),
        questions=json.dumps(questions, separators=(",", ":")).replace("'", "\\u0027"),
    )
    path = folder / "autograder.py"
    write_new({path: text})
    return [path]
