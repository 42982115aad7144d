"""A prompt says what it demands and what it forbids: nobody is refused for what no page has said."""

from pathlib import Path

import pytest

from course_lib.workshop.exercises.definition import load_exercises

PAGES = Path(__file__).parents[3] / "chapters" / "exercises"
EXERCISES = {name: one for name, one in load_exercises().items() if one.kind == "code"}


@pytest.mark.parametrize("name", [name for name, one in EXERCISES.items() if len(one.forbidden) > 1])
def test_what_is_forbidden_stands_in_the_page(name: str) -> None:
    page = (PAGES / f"{EXERCISES[name].chapter}.md").read_text(encoding="utf-8")
    for forbidden in EXERCISES[name].forbidden[1:]:
        assert forbidden.rpartition(".")[2] in EXERCISES[name].task.rpartition("Not allowed")[2]
    assert EXERCISES[name].task in page
    assert "what `course_lib` has ready is not allowed" in page


@pytest.mark.parametrize("name", [name for name, one in EXERCISES.items() if one.demands])
def test_what_is_demanded_stands_in_the_prompt(name: str) -> None:
    task = EXERCISES[name].task + EXERCISES[name].stub
    for demand in EXERCISES[name].demands:
        kind, _, word = demand.partition(" ")
        if kind == "uses":
            said = word.lower().removeprefix("gradient")
            assert said in task.lower(), f"{name} does not say {word}"
        elif kind == "without":
            assert f"`{word}`" in task, f"{name} does not say {word}"
