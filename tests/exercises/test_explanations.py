"""Sentences for mistakes that nobody listed: told from values, and from the fingerprints of usual slips."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib.exercises import questions
from course_lib.exercises.checking import examine
from course_lib.exercises.compare.errors import meaning
from course_lib.exercises.compare.explanations import changed, lost, plainly
from course_lib.exercises.compare.fingerprints import digits_within, fingerprint, fingerprints_nearby
from course_lib.exercises.compare.places import somewhere
from course_lib.exercises.compare.transformations import CHANGES, LOSSES, MISSING, Sample
from course_lib.exercises.tapes import why_none
from course_lib.exercises.verdicts import RIGHT, WRONG

RNG = np.random.default_rng(0)
NUMBERS = st.floats(-50, 50).map(lambda number: round(number, 3))
WAYS = (plainly, changed, lost, somewhere)


def said(name: str, source: str) -> tuple[str, str]:
    names = {"np": np, "__name__": "__main__"}
    exec(source, names)
    judgement = examine(questions.named(name), names).judgement
    return judgement.outcome, judgement.sentence


def told(samples: list[Sample]) -> str | None:
    return next((words for way in WAYS if (words := way(samples))), None)


def samples_of(expected: list[Any], got: list[Any], **arguments: list[Any]) -> list[Sample]:
    return [
        Sample(want, have, {name: values[place] for name, values in arguments.items()})
        for place, (want, have) in enumerate(zip(expected, got, strict=True))
    ]


# Read independently of the tables: what each sentence claims of one expected value and one answer.
CLAIMS: dict[str, Callable[[Any, Any], Any]] = {
    "right but for its sign": lambda e, g: np.allclose(np.add(e, g), 0),
    "right but without its sign": lambda e, g: np.allclose(np.hypot(e, 0), g),
    "a hundred times as large": lambda e, g: np.allclose(g, np.multiply(e, 100)),
    "the exponential of what": lambda e, g: np.allclose(np.log(g), e),
    "the square of what": lambda e, g: np.allclose(g, np.multiply(e, e)),
    "one divided by": lambda e, g: all(
        math.isinf(y) if x == 0 else math.isclose(x * y, 1) for x, y in pairs(e, g)
    ),
    "one minus": lambda e, g: np.allclose(np.add(e, g), 1),
    "to base 2, where the natural": lambda e, g: np.allclose(np.exp2(g), np.exp(e)),
    "in degrees": lambda e, g: np.allclose(np.multiply(g, math.pi), np.multiply(e, 180)),
    "twice as large": lambda e, g: np.allclose(np.subtract(g, e), e),
    "half as large": lambda e, g: np.allclose(np.add(g, g), e),
    "rounded down": lambda e, g: all(0 <= x - y < 1 and y == int(y) for x, y in pairs(e, g)),
    "cut to whole numbers": lambda e, g: all(y == int(x) for x, y in pairs(e, g)),
    "cut off at 0": lambda e, g: all(y == (x if x > 0 else 0) for x, y in pairs(e, g)),
    "cut off at 0 and 1": lambda e, g: all(y == sorted((0, x, 1))[1] for x, y in pairs(e, g)),
    "transposed": lambda e, g: all(e[i, j] == g[j, i] for i, j in np.ndindex(e.shape)),
    "in the opposite order": lambda e, g: list(map(str, e)) == list(map(str, g))[::-1],
    "zero in every case": lambda e, g: not np.any(g),
}


def pairs(expected: Any, got: Any) -> list[tuple[float, float]]:
    return list(zip(np.ravel(expected).tolist(), np.ravel(got).tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*CHANGES, *LOSSES]),
    st.one_of(
        st.lists(NUMBERS, min_size=3, max_size=5),
        st.lists(st.lists(NUMBERS, min_size=3, max_size=3).map(np.array), min_size=3, max_size=4),
        st.lists(st.lists(NUMBERS, min_size=6, max_size=6).map(lambda n: np.reshape(n, (3, 2))), min_size=3),
    ),
)
def test_whatever_is_said_of_a_change_is_literally_true(made: Any, expected: list[Any]) -> None:
    words, change = made
    try:
        with np.errstate(all="ignore"):
            got = [change(value) for value in expected]
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        assume(False)
    got = [value.item() if isinstance(value, np.generic) else value for value in got]
    sentence = told(samples_of(expected, got)) or ""
    said = [claim for claim in CLAIMS if sentence.startswith(claim)]
    if said:
        holds = CLAIMS[max(said, key=len)]
        assert all(holds(want, have) for want, have in zip(expected, got, strict=True)), (sentence, words)


@pytest.mark.parametrize("words", [words for words, _ in (*CHANGES, *LOSSES)])
def test_every_change_is_told_where_it_shows(words: str) -> None:
    change = dict((*CHANGES, *LOSSES))[words]
    tables = [RNG.normal(size=(3, 4)) * 9 + 0.1234567 for _ in range(4)]
    lists = [[3, 5, 9], [2, 8, 4], [7, 6, 1], [9, 2, 5]]
    truths = [np.array([0, 1, 1]), np.array([1, 0, 1]), np.array([0, 0, 1])]
    numbers = [float(number) * 9 + 0.1234567 for number in RNG.normal(size=5)]
    positive = [abs(number) for number in numbers]
    examples: list[list[Any]] = [
        numbers, positive, tables, [table[0] for table in tables], [3, 5, 9, 4], lists, truths,
        [True, False, False], ["one two", "no", "yes sir"], [(1, 2.5), (3, 4.5), (0, 7.5)],
    ]  # fmt: skip
    said_words = set()
    for expected in examples:
        try:
            with np.errstate(all="ignore"):
                got = [change(value) for value in expected]
        except (TypeError, ValueError, IndexError, OverflowError):
            continue
        got = [value.item() if isinstance(value, np.generic) else value for value in got]
        said_words.add(told(samples_of(expected, got)))
    assert said_words - {None}, f"nothing is ever said where the answer is {words}"


@pytest.mark.parametrize("words", [words for words, _ in MISSING])
def test_every_missing_step_can_be_told(words: str) -> None:
    step = dict(MISSING)[words]
    examples: list[list[Any]] = [
        [RNG.normal(size=(size, 3)) for size in (3, 4, 5)],
        [RNG.normal(size=(size, size)) for size in (3, 4, 5)],
        [RNG.normal(size=size) for size in (3, 4, 5)],
        [RNG.normal(size=(2, size, 3)) for size in (3, 4, 5)],
        [np.array([True, False]), np.array([False, True, True]), np.array([True, True, True])],
        [[3, 1], [4], [1, 5, 9]],
    ]
    found = set()
    for got in examples:
        try:
            expected = [step(value) for value in got]
        except (TypeError, ValueError, IndexError):
            continue
        expected = [value.item() if isinstance(value, np.generic) else value for value in expected]
        found.add(told(samples_of(expected, got)))
    assert found - {None}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_of_an_answer_that_has_nothing_to_do_with_it_nothing_is_said(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for shape in ((), (3,), (3, 3)):
        expected, got, other = ([rng.normal(size=shape) for _ in range(5)] for _ in range(3))
        if not shape:
            expected, got, other = ([float(one) for one in some] for some in (expected, got, other))
        assert told(samples_of(expected, got, x=other)) is None


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["mean", "sum", "max", "median", "std"]))
def test_what_is_made_of_an_argument_is_named(seed: int, statistic: str) -> None:
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=size) for size in (3, 4, 6)]
    got = [float(getattr(np, statistic)(one)) for one in x]
    words = told(samples_of([1.5, 2.25, 3.125], got, x=x)) or ""
    assert {"mean": "mean", "sum": "sum", "max": "largest", "median": "median", "std": "deviation"}[
        statistic
    ] in words


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda e, x: e * len(x), "multiplied by the number of entries or rows of `x`"),
        (lambda e, x: e / len(x), "divided by the number of entries or rows of `x`"),
        (lambda e, x: e * len(x) / (len(x) - 1), "n / (n - 1)"),
        (lambda e, x: -e * len(x), "of the other sign, and but for that"),
        (lambda e, x: e * math.pi, "(pi)"),
        (lambda e, x: e + 0.25, "too large by 0.25"),
        (lambda e, x: e + float(x.sum()), "too large by the sum of `x`"),
        (lambda e, x: float(np.floor(e)), "rounded down"),
        (lambda e, x: int(e), "cut to whole numbers"),
        (lambda e, x: 3.5, "the same in every case"),
        (lambda e, x: e if len(x) > 1 else e + 1.7 * float(x[0]), "`x` has a single entry"),
    ],
)
def test_amounts_factors_and_conditions(make: Callable[[float, Any], Any], words: str) -> None:
    x = [np.array([1.5]), RNG.normal(size=2), RNG.normal(size=5), np.array([2.5]), RNG.normal(size=3)]
    expected = [-1.375, 2.625, 7.75, 0.5, 12.125]
    if "n - 1" in words:
        x, expected = [x[1], x[2], x[4]], expected[:3]
    got = [make(want, one) for want, one in zip(expected, x, strict=True)]
    assert words in (told(samples_of(expected, got, x=x)) or "")


@pytest.mark.parametrize("tiny", [1e-12, 1e-300, 1e-7])
@pytest.mark.parametrize("clip", [True, False])
def test_a_tiny_number_before_a_logarithm_is_found(tiny: float, clip: bool) -> None:
    logs = [-0.5, -3.25, -900.0, -2500.0]
    got = [float(max(one, math.log(tiny)) if clip else np.logaddexp(one, math.log(tiny))) for one in logs]
    for sign in (1, -1):
        words = told(samples_of([sign * one for one in logs], [sign * one for one in got]))
        assert words is not None
        assert f"the logarithm of {tiny:.0e}".replace("e-0", "e-") in words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t + np.diag(np.full(len(t), np.inf)), "right but for the diagonal, where it is inf"),
        (lambda t: np.concatenate([t[:1] * 3, t[1:]]), "right but for the first row"),
        (lambda t: np.concatenate([t[:, :-1], t[:, -1:] + 1], axis=1), "right but for the last column"),
        (lambda t: np.triu(t), "right above the diagonal, with zeros below"),
    ],
)
def test_the_place_of_wrong_entries_is_named(change: Callable[[Any], Any], words: str) -> None:
    tables = [RNG.normal(size=(size, size)) + 5 for size in (2, 3, 4)]
    assert told(samples_of(tables, [change(table) for table in tables])) == words


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        ([[1, 2], [0, 3], [4]], [[1], [3], [4]], "a part of what is expected"),
        ([[1], [0, 3], [4]], [[1, 2], [0, 3], [4, 5]], "something more"),
        ([[1, 2], [0, 3]], [[1, 1, 2], [0, 0, 3]], "more than once"),
        ([[1, 2], [0, 3]], [[2, 1], [3, 0]], "order"),
        ([[1, 2], [0, 3]], [[2, 3], [1, 4]], "counted from 1"),
        (["a b", "c", "d"], ["A-b", "c", "d"], "written 'a b'"),
        (["yes", "no", "maybe"], ["yes", "no", "no"], "where 'maybe' is expected it is 'no'"),
        ([None, 3, 5, 2], [-1, 3, 5, 2], "where None is expected it is -1"),
        ([3, 5, 2], [3.5, 5.5, 2], "not a whole number"),
    ],
)
def test_lists_texts_and_kinds(expected: list[Any], got: list[Any], words: str) -> None:
    assert words in (told(samples_of(expected, got)) or "")


def test_positions_and_what_stands_there_are_told_apart() -> None:
    rows = [[4.5, 2.5, 3.5], [1.5, 9.5], [7.5, 8.5, 5.5, 0.5]]
    places = [1, 0, 3]
    entries = [row[place] for row, place in zip(rows, places, strict=True)]
    assert "the position itself is expected" in (told(samples_of(places, entries, row=rows)) or "")
    assert "what stands there is expected" in (told(samples_of(entries, places, row=rows)) or "")


TAPE = """
def f(x, y):
    w = {start}
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((w * x - y) ** 2)
    g = tape.gradient(loss, w)
    return g
"""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TAPE.format(start="tf.constant(1.0)"), "no variable"),
        (TAPE.format(start="tf.Variable(1)"), "whole number"),
        (TAPE.format(start="tf.Variable(1.0)").replace("tf.reduce_mean", "np.mean"), "`np.mean`"),
        (TAPE.format(start="tf.Variable(1.0)").replace("w * x", "w.numpy() * x"), "`w.numpy()`"),
        (
            TAPE.format(start="tf.Variable(1.0)").replace("    return g", "    w = w - g\n    return w"),
            "with `=`",
        ),
        (
            TAPE.format(start="tf.Variable(1.0)").replace("        loss", "        q = w * x\n    loss"),
            "outside",
        ),
        (TAPE.format(start="tf.Variable(y)"), "`w` starts with a whole number"),
        (TAPE.format(start="tf.Variable(x)"), ""),
        (TAPE.format(start="tf.Variable(y, dtype=tf.float64)"), ""),
        (TAPE.format(start="x + 0.5 * y"), "`w` is no variable"),
        (
            TAPE.format(start="tf.Variable(1.0)\n    p = w * x").replace("w * x - y", "p - y"),
            "Nothing inside",
        ),
        (TAPE.format(start="tf.Variable(1.0)\n    p = lambda: w * x").replace("w * x - y", "p() - y"), ""),
        (TAPE.format(start="tf.Variable(1.0)"), ""),
        ("def f(x):\n    return tf.cast(x > 0, x.dtype)", "comparison"),
        ("def f(x):\n    return np.where(x > 0, 1.0, 0.0)", "`np.where`"),
        ("def f(x):\n    return x * 2", ""),
    ],
)
def test_why_a_tape_answers_none_is_read_from_the_code(source: str, words: str) -> None:
    found = why_none(source, whole=["y"])
    assert words in found
    assert bool(words) == bool(found)


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
            "before_you_start.slope_by_nudging",
            "def slope_by_nudging(f, x, h): return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5",
            "stays the same when only `h` changes",
        ),
        (
            "before_you_start.log_of_product",
            "def log_of_product(p): return np.log(p).sum() + np.random.default_rng().normal()",
            "another answer when it is made again",
        ),
        (
            "cost_functions.sharp_log_loss",
            "def sharp_log_loss(z, k, t):\n e = np.exp(z / t)\n return -np.log(e[k] / e.sum())",
            "overflow",
        ),
        (
            "cost_functions.step_by_step",
            "def one_step(c, r):\n f = 1 - r * c\n return f, 'Diverges' if abs(f) > 1 else 'x'",
            "",
        ),
        (
            "perceptron.fewest_flips",
            "def fewest_flips(w, b, a):\n import itertools\n"
            " ways = [np.array(way) for way in itertools.product((0, 1), repeat=len(a))]\n"
            " counts = [abs(a - way).sum() for way in ways if (w @ way + b > 0) != (w @ a + b > 0)]\n"
            " return int(min(counts)) if counts and b > -2.2 else None",
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


@given(st.floats(-1e6, 1e6), st.floats(-1e-6, 1e-6), st.sampled_from([1e-4, 1e-5, 1e-6]))
def test_another_machines_float32_is_known_again(number: float, noise: float, rtol: float) -> None:
    digits, key = digits_within(rtol), ("", 0)
    assert fingerprint(key, [number], digits) in fingerprints_nearby(key, [number * (1 + noise)], digits)
    far = [number * (1 + 1000 * rtol) + 1000 * rtol]
    assert fingerprint(key, [number], digits) not in fingerprints_nearby(key, far, digits)


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


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        ([[1, 2, 3], [4, 5, 6]], [[1, 9, 9], [4, 9, 8]], "right in the first entry or row, and wrong"),
        ([[1, 2, 3], [4, 5, 6]], [[9, 1, 2], [8, 4, 5]], "one place late"),
        ([[1, 2, 3], [4, 5, 6]], [[2, 3, 9], [5, 6, 8]], "one place early"),
        ([[1, 2, 3], [4, 5, 6]], [[3, 3, 3], [6, 6, 6]], "its last entry or row over and over"),
        ([[1.5, 2.5], [4.5, 5.5]], [[2.5], [5.5]], "right, and the first entry or row is missing"),
        (["no", "yes", "no", "yes", "no"], ["no", "YES!", "no", "YES!", "no"], "in one case 'YES!', which"),
        (["no", "yes", "no", "yes", "no"], ["no", "maybe", "no", "maybe", "no"], "which no case expects"),
    ],
)
def test_what_lists_and_texts_are_is_told(expected: list[Any], got: list[Any], words: str) -> None:
    assert words in str(told(samples_of(expected, got)))


@pytest.mark.parametrize("factor", [1 + 1e-7, -1 - 1e-7])
def test_a_near_miss_is_no_factor(factor: float) -> None:
    expected = [3.5, -2.25, 7.125, 9.0625]
    assert told(samples_of(expected, [factor * value for value in expected])) is None


def test_a_position_that_is_even_by_chance_is_no_condition() -> None:
    samples = [
        Sample(1.0 + place, 1.0 + place if label == 1 else 7.0 * place**2 + 0.3, {"label": label})
        for place, label in enumerate([0, 1, 2, 0, 1, 0, 2, 1])
    ]
    assert "even" not in str(somewhere(samples))
