"""A course of linear algebra, from an empty folder to marks: nothing of it is in this repository."""

import contextlib
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from course_lib.exercises.running import call, perform
from course_lib.exercises.verdicts import judge
from course_lib.workshop.cli import main
from course_lib.workshop.exercises.definition import Comparison, load_exercises
from tests.workshop.grading.conftest import notebook_of

EXERCISES = '''"""Linear algebra."""

import numpy as np

from course_lib.workshop.exercises.definition import exercise, own_comparison


@exercise("vectors.length", points=2, title="How long is a vector?")
def length(vector):
    """Return the length of a vector, a number."""
    return np.sqrt(np.sum(vector**2))


@length.cases
def _(rng):
    yield (np.array([3.0, 4.0]),)
    yield (rng.normal(size=3).round(2),)


@length.mistake("You forgot the root.")
def _(vector):
    return np.sum(vector**2)


@exercise("vectors.shadow", points=3, title="A shadow on a line")
def shadow(vector, line):
    """Return the projection of a vector onto the line through the origin that has a direction."""
    return line * (vector @ line) / (line @ line)


@shadow.cases
def _(rng):
    yield np.array([1.0, 2.0]), np.array([2.0, 0.0])
    yield rng.normal(size=3).round(2), rng.normal(size=3).round(2)


def up_to_sign(calls, expected, got):
    """Accept an eigenvector of length one or its opposite."""
    if close(calls, expected, got) is None or close(calls, [-np.asarray(expected[0])], got) is None:
        return None
    return "Of length one, and stretched by the matrix and not turned: this vector is not."


@exercise(
    "vectors.axis",
    points=5,
    title="The axis that is stretched most",
    comparison=own_comparison(up_to_sign),
    forbidden=["numpy.linalg.svd"],
)
def axis(matrix):
    """Return an eigenvector of length one of the largest eigenvalue of a symmetric matrix."""
    return np.linalg.eigh(matrix)[1][:, -1]


@axis.cases
def _(rng):
    yield (np.diag([1.0, 3.0]),)
    yield (np.array([[2.0, 1.0], [1.0, 2.0]]),)
    half = rng.normal(size=(3, 3)).round(2)
    yield (half + half.T,)


@axis.mistake("That is the axis that is stretched least.")
def _(matrix):
    return np.linalg.eigh(matrix)[1][:, 0]
'''
ASSIGNMENT = """title: Vectors
exercises: [vectors.length, vectors.shadow, vectors.axis]
due: 2030-10-12 23:59
time_zone: Europe/Zurich
seed: 7
first_cell: set_up.py
"""
SET_UP = "# The machines of our school have all that is needed.\nprint('Linear algebra, first week')"
RIGHT = [
    "def length(vector):\n    return np.linalg.norm(vector)",
    "def shadow(vector, line):\n    unit = line / np.linalg.norm(line)\n    return unit * (unit @ vector)",
    "def axis(matrix):\n    values, all = np.linalg.eig(matrix)\n    return -all[:, np.argmax(values)]",
]
WRONG = [
    "def length(vector):\n    return vector @ vector",
    RIGHT[1],
    "def axis(matrix):\n    return np.linalg.eigh(matrix)[1][:, 0]",
]


def course(*words: str) -> str:
    told = CliRunner().invoke(main, words, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


def answered(handout: Path, answers: list[str]) -> list[str]:
    """Return the hand-out's cells of code with answers in place of the stubs."""
    cells = [cell for cell in json.loads(handout.read_text())["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    for answer in answers:
        head = answer.splitlines()[0]
        (place,) = [at for at, source in enumerate(sources) if source.startswith(head)]
        sources[place] = answer
    return sources


def test_linear_algebra_from_an_empty_folder_to_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Next: course release vectors.length --check" in course("new", "exercise", "vectors.length")
    Path("exercises", "vectors.py").write_text(EXERCISES)
    assert "vectors.length, vectors.shadow, vectors.axis: sound" in course("release", "vectors", "--check")
    Path("week_1.yml").write_text(ASSIGNMENT)
    Path("set_up.py").write_text(SET_UP)
    course("release", "week_1.yml", "--to", "handout")
    handout = Path("handout", "week_1.ipynb")
    assert "neural" not in handout.read_text().lower()
    cells = answered(handout, RIGHT)
    assert SET_UP in cells
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        for cell in cells:
            exec(cell, names)
    assert "10 of 10" in said.getvalue()
    for name, answers in (("ada", RIGHT), ("bob", WRONG)):
        Path("in", name).mkdir(parents=True)
        Path("in", name, "week_1.ipynb").write_bytes(notebook_of(answered(handout, answers)))
    course("collect", "in", "--assignment", "week_1.yml", "--to", "week_1")
    course("grade", "week_1", "--workers", "1")
    course("publish", "week_1")
    rows = list(csv.DictReader(io.StringIO(Path("week_1", "gradebook.csv").read_text("utf-8-sig"))))
    assert {row["name"]: row["final"] for row in rows} == {"ada": "10", "bob": "3"}
    page = Path("week_1", "feedback", "bob.html").read_text()
    assert "You forgot the root." in page
    assert "stretched least" in page


def test_an_answer_that_an_own_comparison_cannot_look_at_is_wrong_and_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "vectors.py").write_text(EXERCISES)
    question = load_exercises(tmp_path, ())["vectors.axis"].hidden_question(3)
    again = type(question).from_json(json.loads(json.dumps(question.to_json())))
    for answer in ("None", "'up'", "[[1]]", "float('nan')", "[1, 2, 3, 4, 5]"):
        names = {"axis": eval(f"lambda matrix: {answer}")}
        assert judge(again, [perform(case.calls, names, "", 1) for case in again.cases]).share == 0
    turned = Comparison.from_json(again.comparison.to_json())
    step = [call("axis", 0)]
    assert turned(step, [[0.6, 0.8]], [[-0.6, -0.8]]) is None
    assert "stretched" in (turned(step, [[0.6, 0.8]], [[0.8, 0.6]]) or "")
