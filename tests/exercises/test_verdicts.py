"""Judging never stumbles over an answer, however strange, and never takes a strange one for right."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.exercises.compare.ways import COMPARISONS, Comparison
from course_lib.exercises.pages import case_lines
from course_lib.exercises.plain_values import Generator
from course_lib.exercises.running import Call, Raised, Returned, Run, TooSlow, call
from course_lib.exercises.verdicts import OUTCOMES, RIGHT, judge
from course_lib.workshop.exercises.definition import CHAPTERS, load_exercises
from tests.exercises.test_plain_values import VALUES

WITH_TENSORFLOW = {"tensorflow_basics", "training_loops"}
EXERCISES = load_exercises(chapters=set(CHAPTERS) - WITH_TENSORFLOW).values()
QUESTIONS = [one.public_question() for one in EXERCISES if one.kind == "code"]
# What is hard to compare: numbers that fit nowhere, ragged lists, text among numbers.
HUGE = 10**400
STRANGE = st.sampled_from(
    [
        *(HUGE, -HUGE, [HUGE], [[HUGE]], (np.zeros(2), HUGE), float("nan"), float("inf")),
        *([[1], [2, 3]], ["a", 1], {"a": 1}, np.array(["x"]), [], (), True, "", "yes"),
        *(np.zeros((0, 3)), np.zeros((2, 0)), np.array(5.0)),
        (np.zeros((2, 2)), np.zeros(2), np.zeros(2), np.zeros(1)),
    ]
)
ANSWERS = STRANGE | VALUES | st.lists(STRANGE, max_size=4) | st.tuples(STRANGE, STRANGE)


@given(st.data())
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_answer_is_judged(data: st.DataObject) -> None:
    question = data.draw(st.sampled_from(QUESTIONS))
    runs = []
    for case in question.cases:
        outcomes: list[Any] = [Returned(data.draw(ANSWERS)) for _ in case.calls]
        if data.draw(st.integers(0, 9)) == 0:
            outcomes[-1] = data.draw(st.sampled_from([Raised("ValueError", "so"), TooSlow()]))
        runs.append(Run(tuple(outcomes)))
    judgement = judge(question, runs)
    assert judgement.outcome in OUTCOMES
    if judgement.outcome != RIGHT:
        assert judgement.case is not None
        assert case_lines(question, question.cases[judgement.case], runs[judgement.case])


@given(st.sampled_from(sorted(COMPARISONS)), st.data())
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_comparison_takes_any_answer(name: str, data: st.DataObject) -> None:
    using = [question for question in QUESTIONS if question.comparison.name == name]
    if not using:
        return
    question = data.draw(st.sampled_from(using))
    case = data.draw(st.sampled_from(question.cases))
    expected = [outcome.value for outcome in case.expected if isinstance(outcome, Returned)]
    got = [data.draw(ANSWERS) for _ in expected]
    if len(expected) == len(case.calls):
        problem = question.comparison(case.calls, expected, got)
        assert problem is None or problem.strip()


def test_runs_that_are_missing_are_never_right() -> None:
    for question in QUESTIONS:
        right = [Run(case.expected) for case in question.cases]
        assert judge(question, right).outcome == RIGHT
        assert judge(question, right).share == 1
        assert judge(question, right[:-1]).outcome != RIGHT
        assert judge(question, []).share == 0


def test_a_lie_about_a_single_value_is_seen() -> None:
    for question in QUESTIONS:
        if question.comparison.name != "close" or question.comparison.options:
            continue
        runs = [Run(case.expected) for case in question.cases]
        last = runs[-1].outcomes[-1]
        if isinstance(last, Returned) and isinstance(last.value, float):
            runs[-1] = Run((*runs[-1].outcomes[:-1], Returned(last.value + 1e-6 * max(1.0, abs(last.value)))))
            assert judge(question, runs).outcome != RIGHT, question.name


# Each property against answers that nearly have it ------------------------------------------------------

POINTS, CLASSES = np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([0, 1])


def accepts(name: str, arguments: tuple[Any, ...], answer: Any, expected: Any = None, **options: Any) -> bool:
    return Comparison(name, **options)([Call("f", arguments)], [expected], [answer]) is None


@pytest.mark.parametrize(
    ("answer", "fine"),
    [
        ((np.array([1.0, 0.0]), -1.0), True),
        (([10.0, 1.0], -9.0), True),
        ((np.array([1.0, 0.0]), -2.0), False),  # on the line is not above it
        ((np.array([1.0, 0.0]), 0.0), False),
        ((np.array([-1.0, 0.0]), 1.0), False),
        ((np.zeros(2), 0.0), False),
        ((np.array([[1.0, 0.0]]), -1.0), False),
        ((np.array([np.nan, 0.0]), -1.0), False),
        (np.array([1.0, 0.0]), False),
        (None, False),
    ],
)
def test_separating_lines(answer: Any, fine: bool) -> None:
    assert accepts("separates", (POINTS, CLASSES, 0.9), answer) is fine


def test_a_street_has_a_width() -> None:
    middle = (np.array([3.0, 0.0]), -3.0)
    assert accepts("separates", (POINTS, CLASSES, 1.0), middle, distance=2)
    assert not accepts("separates", (POINTS, CLASSES, 1.01), middle, distance=2)
    assert accepts("separates", (POINTS, CLASSES, 0.0), (np.array([-1.0, 0.0]), 1.0), swapped=True)


@pytest.mark.parametrize(
    ("batches", "fine"),
    [
        ([[1, 0], [2, 2], [0, 1]], True),
        ([[1, 0], [2, 1], [0, 2]], True),
        ([[1, 0], [1, 2], [0, 2]], False),  # one comes twice before another has come
        ([[1, 0], [2, 1]], False),
        ([[1, 0], [2], [0, 1]], False),
        ([[1, 0], [3, 1], [0, 2]], False),
        ([[1.0, 0.0], [2.0, 1.0], [0.0, 2.0]], False),
    ],
)
def test_streams(batches: Any, fine: bool) -> None:
    assert accepts("shuffled_stream", (3, 2, 3), batches) is fine


def test_a_stream_in_the_order_of_the_file_is_not_shuffled() -> None:
    in_order, one, other = list(range(12)), [*range(1, 12), 0], [*range(2, 12), 1, 0]
    assert not accepts("shuffled_stream", (12, 12, 2), [in_order, one])
    assert not accepts("shuffled_stream", (12, 12, 2), [one, one])
    assert accepts("shuffled_stream", (12, 12, 2), [one, other])


def test_bad_luck_is_no_mistake() -> None:
    # Of six examples, every 720th pass is in the order of the file, and some two are soon alike.
    assert accepts("shuffled_stream", (6, 6, 2), [[0, 1, 2, 3, 4, 5]] * 2)
    labels = np.zeros(12, dtype=int)
    assert accepts("stratified", (labels, 0.25, None), (list(range(3, 12)), [0, 1, 2]))
    labels = np.zeros(40, dtype=int)
    assert not accepts("stratified", (labels, 0.25, None), (list(range(10, 40)), list(range(10))))


def test_the_generator_that_is_passed_in_decides() -> None:
    one, other = [[3, 1, 0], [2, 5, 4]], [[0, 1, 3], [5, 4, 2]]

    def said(streams: Any, *seeds: int) -> str | None:
        calls = [call("f", 6, 3, 2, Generator(seed)) for seed in seeds]
        return Comparison("shuffled_stream")(calls, streams, streams)

    assert said([other, one, one], 1, 2, 2) is None
    assert "Two different generators lead to the same answer" in str(said([one, one, one], 1, 2, 2))
    assert "another answer each time" in str(said([other, other, one], 1, 2, 2))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([3, 2], "Single values came back where lists"),
        ([[1, 2, 3], [4, 5]], "Position 5 is none of the examples, which are 0 to 4."),
        ([[1, 2], [4, 3]], "1 of the 5 examples are in no shard, for example number 0."),
    ],
)
def test_shards_are_told_what_is_wrong(answer: Any, words: str) -> None:
    calls = [call("f", 5, 2)]
    assert words in str(Comparison("balanced_shards")(calls, [None], [answer]))


@pytest.mark.parametrize(
    ("shards", "fine"),
    [
        ([[0, 2, 4], [1, 3]], True),
        ([[0, 1, 2, 3], [4]], False),
        ([[0, 1], [2, 3]], False),
        ([[0, 1, 2], [2, 3, 4]], False),
        ([[0, 1, 2, 3, 4]], False),
    ],
)
def test_shards(shards: Any, fine: bool) -> None:
    assert accepts("balanced_shards", (5, 2), shards) is fine


@pytest.mark.parametrize(
    ("split", "fine"),
    [
        (([0, 2, 5], [1, 3, 4]), True),
        (([1, 3, 4], [0, 2, 5]), True),
        (([0, 2, 3], [1, 4, 5]), False),  # two of class 2, none of class 1
        (([0, 2], [1, 3, 4]), False),
        (([0, 2, 4, 5], [1, 3]), False),
        (([0, 1, 2, 3, 4, 5],), False),
    ],
)
def test_stratified_splits(split: Any, fine: bool) -> None:
    labels = np.array([0, 0, 1, 1, 2, 2])
    assert accepts("stratified", (labels, 0.5, None), split) is fine


def test_rankings() -> None:
    targets = np.zeros(3)
    ones, spike = np.ones(3), np.array([2.7, 0.0, 0.0])
    assert accepts("ranked_oppositely", (targets,), (ones, spike))
    assert not accepts("ranked_oppositely", (targets,), (spike, ones))
    assert accepts("ranked_oppositely", (targets,), (spike, ones), swapped=True)
    assert not accepts("ranked_oppositely", (targets,), (ones, ones))
    assert not accepts("ranked_oppositely", (targets,), (ones * np.nan, spike))
