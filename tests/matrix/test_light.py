"""The first half of the course in Colab's versions, without TensorFlow and without scikit-learn.

A chapter that needs neither is proved alone here, and nowhere else a second time.
"""

from pathlib import Path

import nbformat
import pytest

from course_lib.workshop.exercises.definition import Exercise, load_exercises
from tests.matrix.environments import Environment, current_python
from tests.matrix.learners import VERSION
from tests.matrix.standalone import (
    Proof,
    differences,
    execute,
    install_course,
    kernel_environment,
    needs_tensorflow,
    notebooks,
    run_alone,
)

EXERCISES = load_exercises()


CHAPTERS = [path for path in notebooks() if path.parent.name == "chapters" and not needs_tensorflow(path)]
SETS = [path for path in notebooks() if path.parent.name == "exercises"]


@pytest.fixture(scope="module")
def light() -> Environment:
    """What the first half needs, the course put in by the notebooks' first cell."""
    environment = Environment("light", current_python())
    changed = install_course(environment).packages_changed
    assert changed == {"course_lib": f"absent -> {VERSION}"}
    names = {name.lower() for name in environment.packages()}
    assert not names & {"tensorflow", "keras", "scikit-learn", "scipy", "pandas"}
    return environment


def _run(notebook: nbformat.NotebookNode, environment: Environment, folder: Path) -> Proof:
    variables = kernel_environment(folder)
    del variables["COLAB_RELEASE_TAG"]  # a laptop
    proof = Proof(notebook)
    execute(proof, environment, folder, variables)
    return proof


def test_the_first_half_is_there() -> None:
    names = {path.stem for path in CHAPTERS}
    first_half = "before_you_start perceptron pattern_recognition cost_functions neural_networks"
    assert names >= {"index", "generalisation", *first_half.split()}


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_prints_what_is_stored(path: Path, light: Environment) -> None:
    assert differences(path, run_alone(path, light)) == []


def _answered(path: Path) -> tuple[nbformat.NotebookNode, dict[str, int]]:
    """Return a set of exercises with an answer to each, a hint after each check, and where the checks are."""
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    cells, places = [], {}
    by_stub = {item.stub: item for item in EXERCISES.values() if item.chapter == path.stem}
    for cell in notebook.cells:
        exercise = by_stub.get(cell.source)
        if exercise and exercise.kind == "text":
            cell.source = f"{exercise.defines[0]} = 'An answer in words.'"
        elif exercise:
            # what answers import of Python's own, by the cell that a learner would write for it
            cells.append(nbformat.v4.new_code_cell("from itertools import *\nimport math"))
            cell.source = exercise.solution_source
        if cell.source.startswith('check("'):
            places[cell.source.split('"')[1]] = len(cells)
            cells += [cell, nbformat.v4.new_code_cell(cell.source.replace("check(", "hint("))]
        else:
            cells.append(cell)
    notebook.cells = cells
    return notebook, places


def _shown(cell: nbformat.NotebookNode) -> str:
    return "\n".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def _expected(exercise: Exercise) -> str:
    if exercise.packages:
        return "This exercise needs tensorflow, which is not installed here. Install it with `pip install"
    return "words written" if exercise.kind == "text" else "right. Grading tries others"


@pytest.mark.slow
@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_every_exercise_that_needs_no_tensorflow_is_answered_checked_hinted_and_counted(
    path: Path, light: Environment, tmp_path: Path
) -> None:
    notebook, places = _answered(path)
    cells = _run(notebook, light, tmp_path).notebook.cells
    assert list(places) == [name for name in EXERCISES if name.partition(".")[0] == path.stem]
    for name, place in places.items():
        assert _expected(EXERCISES[name]) in _shown(cells[place]), name
        assert "Hint 1 of" in _shown(cells[place + 1]) or not EXERCISES[name].hints, name
    right = sum(
        EXERCISES[name].points
        for name in places
        if EXERCISES[name].kind == "code" and not EXERCISES[name].packages
    )
    counted = [_shown(cell) for cell in cells if cell.source.startswith("progress(")]
    assert f"{right} of " in counted[0]
