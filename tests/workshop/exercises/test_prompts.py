"""A prompt says what it demands and what it forbids: nobody is refused for what no page has said."""

import re
from pathlib import Path

import pytest

from course_lib.workshop.book.proofs import glossary
from course_lib.workshop.exercises.definition import load_exercises

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "chapters" / "exercises"
ALL = load_exercises()
EXERCISES = {name: one for name, one in ALL.items() if one.kind == "code"}


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


def test_half_of_what_the_second_half_asks_for_is_tensorflow() -> None:
    """Counted from the definitions: what needs TensorFlow, and names it or its tensors in the answer."""
    order = glossary.reading_order(ROOT)
    second_half = order[order.index("tensorflow_basics") :]
    asked: dict[str, list[bool]] = {}
    for exercise in ALL.values():
        answer = re.search(r"\b(?:tf|keras|tape|tensors)\b", exercise.solution_source)
        asked.setdefault(exercise.chapter, []).append(
            "tensorflow" in exercise.packages and answer is not None
        )
    shares = {name: sum(asked[name]) / len(asked[name]) for name in second_half if name in asked}
    assert len(shares) == 8
    assert {name: share for name, share in shares.items() if share < 0.5} == {}
