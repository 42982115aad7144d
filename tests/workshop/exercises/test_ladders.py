"""Rungs before the blank page: whoever climbs them arrives, and nothing but a listed solution is in them."""

import json
import re

import pytest

from course_lib.exercises import questions
from course_lib.exercises.checking import examine
from course_lib.exercises.verdicts import RIGHT
from course_lib.workshop.exercises import ladders
from course_lib.workshop.exercises.definition import CHAPTERS, load_exercises
from course_lib.workshop.exercises.soundness import typed_in

EXERCISES = load_exercises()
MADE = json.loads(ladders.FILE.read_text(encoding="utf-8"))


def outcome(name: str, source: str) -> str:
    """Return what `check` makes of a source that was typed in; of one that is no Python, its error."""
    try:
        return examine(questions.named(name), typed_in(EXERCISES[name], source)).judgement.outcome
    except SyntaxError as error:
        return type(error).__name__


def test_they_are_in_step_with_the_definitions() -> None:
    mend = "Write them with `course release`."
    assert ladders.FILE.read_text(encoding="utf-8") == ladders.ladders_text(EXERCISES), mend


def test_there_are_a_dozen_and_none_is_the_last_of_its_set() -> None:
    assert len(ladders.LADDERS) >= 12
    last = {[name for name in EXERCISES if name.startswith(f"{chapter}.")][-1] for chapter in CHAPTERS}
    assert last.isdisjoint(ladders.LADDERS)
    assert not [name for name in ladders.LADDERS if EXERCISES[name].packages]


@pytest.mark.parametrize("name", ladders.LADDERS)
def test_the_lines_in_order_are_right_and_as_they_are_shown_are_not(name: str) -> None:
    made, solution = MADE[name], EXERCISES[name].solution_source
    _, *lines = ladders.logical_lines(solution)
    assert sorted(made["lines"]) == sorted(lines)
    assert outcome(name, "\n".join([made["head"], *lines])) == RIGHT
    assert outcome(name, "\n".join([made["head"], *made["lines"]])) != RIGHT


@pytest.mark.parametrize("name", ladders.LADDERS)
def test_the_gaps_filled_are_right_and_each_of_them_matters(name: str) -> None:
    parts = MADE[name]["gaps"]
    assert 3 <= len(parts) <= ladders.MOST_GAPS + 1
    solution = ladders.imports_of(EXERCISES[name]) + EXERCISES[name].solution_source
    assert re.fullmatch(r"(\S+)".join(map(re.escape, parts)), solution), "filled, it is the solution"
    assert outcome(name, "0".join(parts)) != RIGHT


def test_several_orders_may_be_right() -> None:
    made = MADE["neural_networks.bump"]
    up, down, last = sorted(made["lines"], key=lambda line: ("return" in line, "down =" in line))
    for order in ((up, down, last), (down, up, last)):
        assert outcome("neural_networks.bump", "\n".join([made["head"], *order])) == RIGHT


def test_one_that_is_not_defined_is_named() -> None:
    with pytest.raises(ladders.ExerciseError, match=r"lists 'before_you_start\.read_traceback'"):
        ladders.ladders_text({name: EXERCISES[name] for name in ladders.LADDERS[1:]})
