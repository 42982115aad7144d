"""Exports proved by the tools themselves: nbgrader and otter-grader grade what we write for them."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.workshop.grading.conftest import RIGHT, SmallClass

WRONG = "def double(x):\n    return x**2"
BIN = Path(sys.executable).parent


def run(folder: Path, *command: str) -> str:
    # nbgrader calls alembic by its name.
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def answered(path: Path, answers: dict[str, str], target: Path) -> None:
    """Fill answers into the cells of a released notebook and save it elsewhere."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for start, answer in answers.items():
            if cell.cell_type == "code" and start in cell.source and "judge" not in cell.source:
                cell.source = answer
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


@pytest.fixture
def code_only(small_class: SmallClass) -> SmallClass:
    """An assignment of code questions, which both tools can mark."""
    text = small_class.assignment.read_text().replace("  test.essay:\n", "")
    small_class.assignment.write_text(text)
    return small_class


def test_nbgrader_grades_what_we_export(code_only: SmallClass) -> None:
    course = code_only.folder / "course"
    said = code_only.run("export", "nbgrader", *code_only.options(), "--to", str(course))
    assert "Not sandboxed" in said
    run(course, str(BIN / "nbgrader"), "generate_assignment", "hw1")
    released = course / "release" / "hw1" / "hw1.ipynb"
    text = released.read_text()
    assert "judge" not in text, "the released notebook holds hidden tests"
    assert "2 * x" not in text, "the released notebook holds a solution"
    for student, first in (("ada", RIGHT[0]), ("bob", WRONG)):
        answers = {"# YOUR CODE HERE": first}
        target = course / "submitted" / student / "hw1" / "hw1.ipynb"
        notebook = nbformat.read(released, as_version=4)
        stubs = [cell for cell in notebook.cells if "YOUR CODE HERE" in cell.source]
        assert len(stubs) == 2
        for cell, answer in zip(stubs, (answers["# YOUR CODE HERE"], RIGHT[1]), strict=True):
            cell.source = answer
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    run(course, str(BIN / "nbgrader"), "autograde", "hw1")
    with sqlite3.connect(course / "gradebook.db") as database:
        rows = database.execute(
            "select submitted_assignment.student_id, sum(grade.auto_score) from grade"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id"
            " group by 1"
        ).fetchall()
    assert dict(rows) == {"ada": 6.0, "bob": 4.0}


def test_otter_grades_what_we_export(code_only: SmallClass) -> None:
    course = code_only.folder / "course"
    said = code_only.run("export", "otter", *code_only.options(), "--to", str(course))
    assert "Not sandboxed" in said
    assert "2 * x" not in (course / "hw1.ipynb").read_text()
    otter = str(BIN / "otter")
    run(
        course,
        otter,
        "generate",
        "-t",
        "tests",
        "-o",
        "autograder.zip",
        "--no-requirements",
        "--no-environment",
    )
    scores = {}
    for student, first in (("ada", RIGHT[0]), ("bob", WRONG)):
        folder = course / student
        answered(course / "hw1.ipynb", {"def double": first, "def largest": RIGHT[1]}, folder / "hw1.ipynb")
        shutil.copy(course / "autograder.zip", folder)
        run(folder, otter, "run", "hw1.ipynb", "-a", "autograder.zip", "--no-logo")
        results = json.loads((folder / "results.json").read_text())
        scores[student] = sum(test["score"] for test in results["tests"] if "score" in test)
    assert scores == {"ada": 6.0, "bob": 4.0}
