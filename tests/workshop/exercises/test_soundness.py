"""Every exercise is sound: solution right, stub worth nothing, mistakes named, mutants caught."""

import numpy as np
import pytest

from course_lib.exercises.compare.ways import Comparison
from course_lib.workshop.exercises.definition import CHAPTERS, exercise, load_exercises
from course_lib.workshop.exercises.soundness import flaws, mutants

EXERCISES = load_exercises()


@pytest.mark.parametrize("name", EXERCISES)
def test_sound(name: str) -> None:
    found = flaws(EXERCISES[name])
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", [name for name, one in EXERCISES.items() if one.kind == "code"])
def test_hidden_cases_differ_by_seed(name: str) -> None:
    # What is graded must not be a table that somebody has seen.
    drawn = [str([[step.to_json() for step in calls] for calls in EXERCISES[name].hidden_calls(seed)])
             for seed in range(8)]  # fmt: skip
    assert len(set(drawn)) >= 5  # a network for one to eight inputs cannot differ more often


def test_every_chapter_has_five_or_more() -> None:
    counts = {chapter: sum(one.chapter == chapter for one in EXERCISES.values()) for chapter in CHAPTERS}
    assert {chapter: count for chapter, count in counts.items() if count < 5} == {}


def test_every_exercise_has_hints_and_code_exercises_have_known_mistakes() -> None:
    for name, one in EXERCISES.items():
        assert one.hints, f"{name} has no hint"
        assert one.prompt, f"{name} has no prompt"
        if one.kind == "code":
            assert len(one.mistakes) >= 2, f"{name} knows fewer than two mistakes"


def test_names_that_learners_define_are_unique() -> None:
    # An answer is found by its name, so no two exercises may ask for the same one.
    defined = [name for one in EXERCISES.values() for name in one.defines]
    assert sorted(defined) == sorted(set(defined))


def test_no_sentence_or_hint_holds_the_answer() -> None:
    # A hint may name a tool. What a solution returns must not be told.
    for name, one in EXERCISES.items():
        if one.kind != "code":
            continue
        told = "\n".join([*one.hints, *(mistake.sentence for mistake in one.mistakes)]).replace(" ", "")
        for line in one.solution_source.splitlines():
            answer = line.strip().removeprefix("return ").replace(" ", "")
            if line.strip().startswith("return ") and len(answer) >= 16:
                assert answer not in told, f"{name} tells {line.strip()}"


# The proofs themselves can fail: an exercise with each flaw is told so.


def _exercise(cases=None):
    @exercise("trial.mean_of_squares", points=1, title="t", prompt="p")
    def mean_of_squares(values):
        """Return the mean of the squares."""
        return np.mean(values**2)

    def usual(rng):
        yield (np.array([2.0]),)
        yield (rng.normal(size=3).round(1),)

    mean_of_squares.cases(cases or usual)
    return mean_of_squares


def test_a_sound_exercise_has_no_flaws() -> None:
    assert flaws(_exercise()) == []


def test_a_surviving_mutant_names_itself() -> None:
    def only_one_value(rng):
        yield (np.array([2.0]),)

    found = flaws(_exercise(only_one_value))
    assert any("return np.mean(values ** 2) -> return np.sum(values ** 2)" in flaw for flaw in found)


def test_a_property_that_hangs_on_chance_is_a_flaw() -> None:
    @exercise("trial.a_line", points=1, title="t", prompt="p", comparison=Comparison("separates"))
    def a_line(points, targets):
        """Return (weights, bias) that separate the points."""
        return np.array([1.0]), 0.0

    @a_line.cases
    def _(rng):
        yield np.array([[-1.0], [0.05 + rng.random()]]) - 0.1, np.array([0, 1])

    assert any("the solution is wrong: 1 of 2 points are on the wrong side" in flaw for flaw in flaws(a_line))


def test_a_mistake_that_is_right_is_a_flaw() -> None:
    one = _exercise()

    @one.mistake("This is not wrong at all.")
    def _(values):
        return sum(value * value for value in values) / len(values)

    assert any("counts as right" in flaw for flaw in flaws(one))


def test_two_mistakes_that_look_alike_are_a_flaw() -> None:
    one = _exercise()

    @one.mistake("First.")
    def _(values):
        return np.sum(values**2)

    @one.mistake("Second.")
    def _(values):
        return sum(value * value for value in values)

    assert any("'Second.' is answered by 'First.'" in flaw for flaw in flaws(one))


def test_a_solution_that_fails_its_own_comparison_is_a_flaw() -> None:
    state = {"calls": 0}

    @exercise("trial.restless", points=1, title="t", prompt="p")
    def restless(value):
        """Return something else each time."""
        state["calls"] += 1
        return value + state["calls"]

    @restless.cases
    def _(rng):
        yield (1.0,)

    assert any("the solution is wrong" in flaw for flaw in flaws(restless))


def test_a_listed_equivalent_mutant_that_is_caught_is_a_flaw() -> None:
    one = _exercise()
    one.equivalent = {"return np.mean(values ** 2) -> return np.sum(values ** 2)": "it is not"}
    assert any("is caught or does not exist" in flaw for flaw in flaws(one))


def test_mutants_change_one_thing_each() -> None:
    source = "def f(x, y):\n    if x > 0:\n        x = x + y\n    return x, y"
    described = {mutant.description for mutant in mutants(source)}
    assert described == {
        "if x > 0: -> if x >= 0:",
        "if x > 0: -> if x < 0:",
        "if x > 0: -> if not x > 0:",
        "if x > 0: -> if x > 1:",
        "x = x + y -> x = x - y",
        "x = x + y -> x = x",
        "x = x + y -> pass",
        "if x > 0:; x = x + y -> pass",
        "return (x, y) -> return (y, x)",
    }
