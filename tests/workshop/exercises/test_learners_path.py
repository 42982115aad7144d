"""Every exercise along a learner's own path: the released data, a notebook, a kernel."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course_lib.exercises import questions
from course_lib.exercises.checking import examine
from course_lib.exercises.pages import report_page
from course_lib.exercises.verdicts import BLANK, RIGHT
from course_lib.workshop.exercises.definition import CHAPTERS, load_exercises
from course_lib.workshop.exercises.soundness import attempt, typed_in

ROOT = Path(__file__).parents[3]
EXERCISES = {name: one for name, one in load_exercises().items() if one.kind == "code"}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_committed_question_knows_solution_stub_and_mistakes(name: str) -> None:
    exercise, question = EXERCISES[name], questions.named(name)
    right = examine(question, typed_in(exercise, exercise.solution_source))
    assert right.judgement.outcome == RIGHT, report_page(right).text
    assert examine(question, typed_in(exercise, exercise.stub)).judgement.outcome == BLANK
    for mistake in exercise.mistakes:
        seen = attempt(question, exercise.namespace(**{mistake.of: mistake.variant}))
        assert seen.sentence == mistake.sentence


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_solutions_are_right_in_a_kernel(chapter: str, tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "chapters" / "exercises" / f"{chapter}.ipynb", as_version=4)
    stubs = {one.stub: one for one in EXERCISES.values() if one.chapter == chapter}
    imports = "from itertools import combinations, pairwise, permutations, product\n"
    for cell in notebook.cells:
        if cell.source in stubs:
            cell.source = imports + stubs.pop(cell.source).solution_source
    assert not stubs
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(tmp_path))
    for cell in notebook.cells:
        if cell.cell_type != "code" or not cell.source.startswith(("check(", "progress(")):
            continue
        (output,) = cell.outputs
        said = output["data"]["text/plain"]
        if cell.source.startswith("check(") and any(f'"{name}"' in cell.source for name in EXERCISES):
            assert said.startswith("✓ Right"), said
        assert "Not right yet" not in said
        assert "Not checked" not in said
