"""One warm server for all tests of grading, and a small class to grade."""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from course_lib.workshop.grading.sandbox.client import WarmServer
from course_lib.workshop.grading.sandbox.walls import Limits, Wall, strongest_wall
from course_lib.workshop.grading.scoring.assessment import grade_notebook
from course_lib.workshop.grading.scoring.session import Patience
from tests.workshop.grading.questions import small_key

PATIENCE = Patience(cells=5, case=2, question=3)


def notebook_of(cells: Sequence[str], **more: Any) -> bytes:
    """Return a notebook's bytes."""
    listed = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": listed, "nbformat": 4, "nbformat_minor": 0, "metadata": {}, **more}).encode()


@pytest.fixture(scope="session")
def server() -> Iterator[WarmServer]:
    wall, reason = strongest_wall()
    assert wall is Wall.NAMESPACES, f"The tests of grading need namespaces: {reason}"
    with WarmServer(wall, limits=Limits(memory=600 * 2**20)) as server:
        yield server


class Grader:
    """Grades notebooks with the small key and tells one question's outcome."""

    def __init__(self, server: WarmServer):
        self.server = server
        self.key = small_key()

    def record(self, *cells: str) -> dict[str, Any]:
        record = grade_notebook(notebook_of(cells), self.key, self.server, PATIENCE)
        form: dict[str, Any] = json.loads(json.dumps(record.to_json()))
        return form

    def questions(self, *cells: str) -> dict[str, dict[str, Any]]:
        return {question["name"].partition(".")[2]: question for question in self.record(*cells)["questions"]}

    def double(self, *cells: str) -> dict[str, Any]:
        return self.questions(*cells)["double"]


@pytest.fixture(scope="session")
def grader(server: WarmServer) -> Grader:
    return Grader(server)


ROSTER = """id,name,section,group,due
ada,Ada Lovelace,A,,
bob,"Bob, the =Builder",A,,2030-12-01 12:00
cleo,Cléo O'Neil,B,,
dan,Dan Dare,B,,
eve,Eve Evil,B,,
fay,Fay One,B,reds,
gus,Gus Two,B,reds,
"""
ASSIGNMENT = """title: Homework 1
exercises:
  test.double:
  test.largest: 4
  test.essay:
due: 2030-10-12 23:59
time_zone: Europe/Zurich
grace_minutes: 15
penalty_per_day: 0.25
seed: 17
"""
EXERCISES = '''"""The class's own exercises."""

from course_lib.workshop.exercises.definition import call, exercise, free_text


@exercise("test.double", points=2, title="Double a number", seconds=0.2)
def double(x):
    """Return x twice."""
    return 2 * x


@double.cases
def _(rng):
    yield [call("double", float(rng.normal()))]


@double.mistake("You squared the number. Twice four is eight.")
def _(x):
    return x**2


@exercise("test.largest", points=3, title="The largest", seconds=0.2)
def largest(values):
    """Return the largest value of an array."""
    return values.max()


@largest.cases
def _(rng):
    yield [call("largest", rng.normal(size=4))]
    yield [call("largest", -abs(rng.normal(size=3)))]


essay = free_text(
    "test.essay",
    title="Say why",
    prompt="Why?",
    rubric=[("cause", 2, "names a cause"), ("example", 1, "gives an example")],
    model_answer="Because.",
)
'''
RIGHT = (
    "def double(x):\n    return 2 * x",
    "def largest(values):\n    return max(values)",
    'essay = "Because."',
)


class SmallClass:
    """A folder with an assignment, a roster, exercises and a download."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.download = folder / "download"
        self.target = folder / "class"
        self.exercises = folder / "private"
        self.assignment = folder / "hw1.yml"
        self.roster = folder / "roster.csv"
        if self.download.exists():
            return
        self.download.mkdir()
        self.assignment.write_text(ASSIGNMENT)
        self.roster.write_text(ROSTER)
        self.exercises.mkdir()
        (self.exercises / "own.py").write_text(EXERCISES)

    def hand_in(self, name: str, *cells: str) -> Path:
        path = self.download / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook_of(cells))
        return path

    def usual(self) -> None:
        """Hand in something of everything."""
        self.hand_in("ada_hw.ipynb", *RIGHT)
        self.hand_in("bob_hw.ipynb", "def double(x):\n    return x**2", *RIGHT[1:])
        self.hand_in("cleo_hw.ipynb", RIGHT[0], "def largest(values):\n    while True:\n        pass")
        self.hand_in("fay_hw.ipynb", *RIGHT[:2])
        (self.download / "dan_hw.ipynb").write_text("https://colab.research.google.com/drive/1abc")

    def run(self, *arguments: str, succeed: bool = True) -> str:
        """Run a command of `course` in this process and return what it said."""
        from click.testing import CliRunner

        from course_lib.workshop.cli import main

        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert (result.exit_code == 0) == succeed, result.output
        return result.output

    def collect(self, *more: str, succeed: bool = True) -> str:
        return self.run(
            "collect", str(self.download), "--assignment", str(self.assignment),
            "--exercises", str(self.exercises), "--roster", str(self.roster), "--to", str(self.target),
            *more, succeed=succeed,
        )  # fmt: skip

    def options(self) -> list[str]:
        return ["--assignment", str(self.assignment), "--exercises", str(self.exercises)]

    def grade(self, *more: str) -> str:
        arguments = ["--seconds", "1", "--workers", "1", *more]
        return self.run("grade", str(self.target), *self.options(), *arguments)

    def publish(self, *more: str, succeed: bool = True) -> str:
        return self.run("publish", str(self.target), *more, succeed=succeed)

    def record(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.target / "records" / f"{key}.json").read_text())
        return found

    def records(self) -> dict[str, bytes]:
        """Return all records, without how busy the machine was."""
        paths = (self.target / "records").iterdir()
        return {path.name: re.sub(rb',\n "busy": .*', b"", path.read_bytes()) for path in paths}


@pytest.fixture
def small_class(tmp_path: Path) -> SmallClass:
    return SmallClass(tmp_path)


@pytest.fixture(scope="session")
def once_graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grade the usual class once; each test works on a copy."""
    small = SmallClass(tmp_path_factory.mktemp("graded"))
    small.usual()
    small.collect()
    small.grade()
    return small.folder


@pytest.fixture
def graded_class(once_graded: Path, tmp_path: Path) -> SmallClass:
    shutil.copytree(once_graded, tmp_path, dirs_exist_ok=True)
    return SmallClass(tmp_path)
