"""Sentences for mistakes that nobody listed: told from values, and from the fingerprints of usual slips."""

import numpy as np
import pytest

from course_lib.exercises import questions
from course_lib.exercises.checking import examine
from course_lib.exercises.compare.errors import meaning
from course_lib.exercises.compare.explanations import CHANGES, explained
from course_lib.exercises.verdicts import RIGHT, WRONG

RNG = np.random.default_rng(0)
NUMBERS = [float(RNG.normal()) + 3 for _ in range(4)]
TABLES = [RNG.normal(size=(3, 2)) + 3 for _ in range(4)]


def said(name: str, source: str) -> tuple[str, str]:
    names = {"np": np, "__name__": "__main__"}
    exec(source, names)
    judgement = examine(questions.named(name), names).judgement
    return judgement.outcome, judgement.sentence


@pytest.mark.parametrize("words", dict(CHANGES))
def test_a_change_of_the_expected_values_is_named_or_one_that_cannot_be_told_from_it(words: str) -> None:
    change = dict(CHANGES)[words]
    for expected in (NUMBERS, TABLES, [True, False, False], ["one two", "no", "yes sir"], [3, 5, 9]):
        try:
            got = [change(value) for value in expected]
        except (TypeError, ValueError, IndexError):
            continue
        got = [value.item() if isinstance(value, np.generic) else value for value in got]
        told = explained(expected, got, [{} for _ in expected])
        assert told is None or told == words or explained(expected, got, []) == told


def test_what_no_change_explains_is_not_explained() -> None:
    for _ in range(200):
        expected = [RNG.normal(size=3) for _ in range(3)]
        got = [RNG.normal(size=3) for _ in range(3)]
        assert explained(expected, got, [{"x": RNG.normal(size=3)} for _ in range(3)]) is None


@pytest.mark.parametrize(
    ("factor", "words"),
    [(lambda n: n, "times as large"), (lambda n: 1 / n, "divided by the number of entries")],
)
def test_a_sum_for_a_mean_is_told_by_the_number_of_entries(factor, words: str) -> None:
    arguments = [{"x": np.ones(size)} for size in (2, 3, 5)]
    got = [want * factor(size) for want, size in zip(NUMBERS[:3], (2, 3, 5), strict=True)]
    told = explained(NUMBERS[:3], got, arguments)
    assert told is not None
    assert words in told


@pytest.mark.parametrize(
    ("name", "source", "sentence"),
    [
        (
            "before_you_start.daily_means",
            "def daily_means(t): m = np.median(t, axis=1); return m, np.argmax(m)",
            "a median stands where a mean belongs",
        ),
        (
            "before_you_start.daily_means",
            "def daily_means(t): m = np.mean(t, axis=1); return m, np.argmax(m) + 1",
            "Number 2 of the 2 answers is one too large",
        ),
        (
            "pattern_recognition.baseline",
            "def baseline_accuracy(a, b): return 100 * np.mean(b == (np.mean(a) > 0.5))",
            "a percentage where a share is expected",
        ),
        ("before_you_start.log_of_product", "def log_of_product(p): return np.log10(p).sum()", "base-ten"),
        (
            "cost_functions.step_by_step",
            "def one_step(c, r):\n f = 1 - r * c\n return f, 'Diverges' if abs(f) > 1 else 'x'",
            "",
        ),
        (
            "perceptron.fewest_flips",
            "def fewest_flips(w, b, a): return None if a[0] else 1",
            "not in this case",
        ),
    ],
)
def test_unlisted_mistakes_get_a_sentence(name: str, source: str, sentence: str) -> None:
    outcome, told = said(name, source)
    assert outcome == WRONG
    assert sentence in told


def test_fingerprints_hold_no_value_and_call_nothing_right_wrong() -> None:
    for name in ("before_you_start.daily_means", "generalisation.how_sure"):
        assert all(isinstance(mark, int) for _, marks in questions.named(name).slips for mark in marks)
    right = "def daily_means(t): m = [sum(r) / len(r) for r in t]; return m, m.index(max(m))"
    assert said("before_you_start.daily_means", right) == (RIGHT, "")


@pytest.mark.parametrize(
    ("kind", "message", "word"),
    [
        ("ValueError", "math domain error", "logarithm"),
        ("TypeError", "unsupported operand type(s) for ^: 'float' and 'int'", "`**`"),
        ("TypeError", "unsupported operand type(s) for *: 'float' and 'NoneType'", "tape"),
        ("AttributeError", "'EagerTensor' object has no attribute 'assign_sub'", "variable"),
        ("RuntimeError", "A non-persistent GradientTape can only be used to compute one set", "one call"),
        ("StrangeError", "never seen", ""),
    ],
)
def test_errors_are_explained_where_something_general_can_be_said(kind: str, message: str, word: str) -> None:
    told = meaning(kind, message)
    assert word in told
    assert bool(told) == bool(word)
