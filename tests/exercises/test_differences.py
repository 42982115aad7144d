# ruff: noqa: E501 - one line each, so that they can be read as a table
"""What tells an answer from the expected value: each row up to the last digit that still counts, with its words."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from course_lib.exercises.compare.differences import agree, close, difference, holds_text, numbers, parts
from course_lib.exercises.plain_values import Opaque, plain
from course_lib.exercises.running import call
from tests.exercises.test_plain_values import VALUES

NOTHING = "The value is None. A function gives None where it ends without a `return`, and so do `print` and `list.sort`."
BRACKETS = "A function came back, not its value. Are the brackets of a call missing?"
NEAR = (
    ": little, and more than rounding explains. Is something computed in float32, cut to a few digits, or has a "
    "tiny number been added?"
)
# fmt: off
ROWS: list[tuple[Any, Any, str | None]] = [
    (1.0, 1.0, None),
    (1, True, None),
    (True, 1.0, None),
    (0.0, 1e-10, None),
    (0.0, 1.1e-10, "The value is not the expected one."),
    (1.0, 1.0 + 1.009e-8, None),
    (1.0, 1.0 + 1.02e-8, "The value is off by 1e-08" + NEAR),
    (1.0, 1.0 - 1.02e-8, "The value is off by 1e-08" + NEAR),
    (100.0, 100.0 + 1.005e-6, "The value is off by 1e-06" + NEAR),
    (100.0, 100.0 + 1.05e-6, "The value is off by 1e-06" + NEAR),
    (-100.0, -100.0 + 1.005e-6, "The value is off by 1e-06" + NEAR),
    (2.0, 2.0 + 1.9e-5, "The value is off by 2e-05" + NEAR),
    (2.0, 2.0 + 2.1e-5, "The value is not the expected one."),
    (2, 2.0 + 1e-6, "The value is off by 1e-06" + NEAR),
    (2, 3, "The value is not the expected one."),
    (2.5, 3, "The value is not the expected one."),
    (2.0, -2.0, "The value is right but for its sign."),
    (-2.0, 2.0, "The value is right but for its sign."),
    (0.0, 0.5, "The value is not the expected one."),
    (2.0, 0.0, "The value is not the expected one."),
    (2.0, 7.0, "The value is not the expected one."),
    (2.0, math.nan, "The value is nan: not a number."),
    (2.0, math.inf, "The value is inf: beyond all numbers."),
    (2.0, -math.inf, "The value is -inf: beyond all numbers."),
    (math.inf, -math.inf, "The value is right but for its sign."),
    (math.inf, math.inf, None),
    (math.inf, 2.0, "The value is not the expected one."),
    (math.nan, math.nan, None),
    (math.nan, 2.0, "The value is not the expected one."),
    (math.nan, math.inf, "The value is not the expected one."),
    (10**400, 10**400, None),
    (10**400, 10**400 + 1, "The value is not the expected one."),
    (10**400, math.inf, "The value is inf: beyond all numbers."),
    (2.0, 10**400, "The value is not the expected one."),
    (2.0, None, NOTHING),
    (2.0, "2.0", "A text came back where a number is expected."),
    (2.0, [2.0], "A list of 1 came back where a number is expected."),
    (2.0, (), "A tuple of 0 came back where a number is expected."),
    (2.0, {}, "A dictionary came back where a number is expected."),
    (2.0, np.array(2.0), None),
    (2.0, np.array(3.0), "The value is not the expected one."),
    (2.0, np.array("2.0"), "A text came back where a number is expected."),
    (2.0, np.array([2.0]), "An array of shape (1,) came back where a number is expected."),
    (2.0, np.array(2.0000001, dtype=np.float32), None),
    (2.0, np.array(2.00001, dtype=np.float32), None),
    (2.0, np.array(2.001, dtype=np.float32), "The value is not the expected one."),
    (0.0, np.array(4e-7, dtype=np.float32), None),
    (0.0, np.array(6e-7, dtype=np.float32), "The value is not the expected one."),
    (2.0, Opaque("function"), BRACKETS),
    (2.0, Opaque("method"), BRACKETS),
    (2.0, Opaque("builtin_function_or_method"), BRACKETS),
    (2.0, Opaque("Model"), "An object of class Model came back where plain values are expected."),
    (Opaque("Model"), Opaque("Other"), None),
    (Opaque("Model"), 2.0, "A number came back where an object of class Model is expected."),
    (Opaque("Model"), None, NOTHING),
    (None, None, None),
    (None, 2.0, "Here the answer is None, and yours is a number."),
    (None, 2, "Here the answer is None, and yours is a number."),
    (None, True, "Here the answer is None, and yours is True or False."),
    (None, "text", "Here the answer is None, and yours is a text."),
    (None, [1], "Here the answer is None, and yours is a list of 1."),
    (None, (1, 2), "Here the answer is None, and yours is a tuple of 2."),
    (None, {}, "Here the answer is None, and yours is a dictionary."),
    (None, np.array(1.0), "Here the answer is None, and yours is a number."),
    (None, np.ones((2, 3)), "Here the answer is None, and yours is an array of shape (2, 3)."),
    (None, Opaque("Model"), "Here the answer is None, and yours is an object of class Model."),
    ("zero", "zero", None),
    ("zero", " zero ", "The text is right but for the blanks at its beginning or end."),
    ("zero", "Zero", "The value is not the expected one."),
    ("zero", None, NOTHING),
    ("zero", 0, "A number came back where a text is expected."),
    ("zero", ["zero"], "A list of 1 came back where a text is expected."),
    ("zero", Opaque("function"), BRACKETS),
    ("1", 1, "A number came back where a text is expected."),
    ({"a": 1}, {"a": 1}, None),
    ({"a": 1}, {"a": 1.0}, None),
    ({"a": 1}, {}, "The key 'a' is missing."),
    ({"a": 1, "b": 2}, {"a": 1}, "The key 'b' is missing."),
    ({"a": 1}, {"a": 1, "c": 2}, "The key 'c' is not expected."),
    ({"a": 1, "b": 2.5}, {"a": 1, "b": 3}, "At the key 'b': the value is not the expected one."),
    ({"a": 1}, {"a": None}, "At the key 'a': the value is None. A function gives None where it ends without a `return`, and so do `print` and `list.sort`."),
    ({"a": 1}, None, NOTHING),
    ({"a": 1}, [1], "A list of 1 came back where a dictionary is expected."),
    ({"a": 1}, Opaque("Model"), "An object of class Model came back where plain values are expected."),
    ([1, 2], [1, 2], None),
    ([1, 2], (1, 2), None),
    ([1, 2], np.array([1, 2]), None),
    ([1, 2], [1, 3], "Number 2 of the 2 values: the value is not the expected one."),
    ([1, 2], [2, 1], "The two values are right, and have changed places."),
    ([1, 2], [2, 2], "Number 1 of the 2 values: the value is not the expected one."),
    ([1, 2], [1, 1], "Number 2 of the 2 values: the value is not the expected one."),
    ([1, 2, 3], [3, 2, 1], "Number 1 of the 3 values: the value is not the expected one."),
    ([1, 2, 3], [1, 2], "The number of values is 2, and 3 is expected."),
    ([1], [2], "Inside it: the value is not the expected one."),
    ([1], [None], "Inside it: the value is None. Here a number is expected."),
    ([1, 2.5], [1, None], "Number 2 of the 2 values: the value is None. Here a number is expected."),
    ([[1], 2], [None, 2], "Number 1 of the 2 values: the value is None. Here a list of 1 is expected."),
    ([1, 2], None, NOTHING),
    ([1, 2], 3, "A number came back where a list of 2 is expected."),
    ([1, 2], "ab", "A text came back where a list of 2 is expected."),
    ([1, 2], {}, "A dictionary came back where a list of 2 is expected."),
    ([1, 2], np.array(1), "A number came back where a list of 2 is expected."),
    ([1, 2], Opaque("function"), BRACKETS),
    ((1.0, 2.0), [1.0, 2.0], None),
    ((np.ones(2), 2.0), (np.ones(2), 2.0), None),
    ((np.ones(2), 2.0), np.array([1.0, 2.0]), "One array of shape (2,) came back where 2 values are expected: return them one after the other, with commas between them."),
    ((np.ones(2), np.zeros(2)), np.array([[1.0, 1.0], [0.0, 0.0]]), None),
    ((np.ones(2), np.zeros(2)), np.array([[1.0, 1.0], [0.0, 1.0]]), "Number 2 of the 2 values: 1 of 2 values is not the expected one."),
    ((np.ones(2), 2.0), (2.0, np.ones(2)), "The two values are right, and have changed places."),
    ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]]), None),
    ([[1, 2], [3, 4]], np.array([[1, 2], [3, 5]]), "Number 2 of the 2 values: number 2 of the 2 values: the value is not the expected one."),
    (np.ones(2), np.ones(2), None),
    (np.ones(2), [1, 1], None),
    (np.ones(2), (1.0, True), None),
    (np.ones(2), [1.0, 2.0], "1 of 2 values is not the expected one."),
    (np.ones(2), np.ones(3), "The shape is (3,), and (2,) is expected."),
    (np.ones(2), np.ones((2, 1)), "The shape is (2, 1), and (2,) is expected."),
    (np.ones(2), 1.0, "A single number came back where an array of shape (2,) is expected."),
    (np.ones(2), True, "A single number came back where an array of shape (2,) is expected."),
    (np.ones(2), None, NOTHING),
    (np.ones(2), "ab", "A text came back where an array of shape (2,) is expected."),
    (np.ones(2), {}, "A dictionary came back where an array of shape (2,) is expected."),
    (np.ones(2), Opaque("Model"), "An object of class Model came back where plain values are expected."),
    (np.ones(2), ["1", "1"], "Text came back where numbers are expected."),
    (np.ones(2), [np.array(["a"])], "Text came back where numbers are expected."),
    (np.ones(2), [[1], [1, 2]], "The rows of the answer differ in length, so that it is no array."),
    (np.ones(2), [10**400, 1], "The values are not the expected ones."),
    (np.ones(2), [1.0, None], "The values are not the expected ones."),
    (np.ones(2), [np.float32(1), np.float32(1.0000001)], None),
    (np.ones(2), np.array([1.0000002, 1], dtype=np.float32), None),
    (np.ones(2), np.array([1.00001, 1], dtype=np.float32), "1 of 2 values is not the expected one."),
    (np.ones(2), np.array([1.01, 1], dtype=np.float16), None),
    (np.ones(2), np.array([1.06, 1], dtype=np.float16), "1 of 2 values is not the expected one."),
    (np.ones(2), np.array(["1", "1"]), "The values are not the expected ones."),
    (np.array(1.0), 1.0, None),
    (np.array(1.0), 2.0, "The values are not the expected ones."),
    (np.array(1.0), np.array(1.0), None),
    (np.array(1.0), np.ones(1), "The shape is (1,), and () is expected."),
    (np.array(1.0), None, NOTHING),
    (np.array(["a", "b"]), np.array(["a", "b"]), None),
    (np.array(["a", "b"]), ["a", "b"], None),
    (np.array(["a", "b"]), ["a", "c"], "The values are not the expected ones."),
    (np.array(["a", "b"]), ["a"], "The number of values is not the expected one."),
    (np.array(["a", "b"]), [np.array(["a", "b"])], "The shape is (1, 2), and (2,) is expected."),
    (np.array(["a", "b"]), np.array([1.0, 2.0]), "The values are not the expected ones."),
    (np.array([1, 2, 3]), np.array([1, 2, 4]), "1 of 3 values is not the expected one."),
    (np.array([1, 2, 3]), np.array([1, 3, 4]), "2 of 3 values are not the expected ones."),
    (np.array([1, 2, 3]), np.array([4, 5, 7]), "The values are not the expected ones."),
    (np.array([1.0]), np.array([2.0]), "The values are not the expected ones."),
    (np.array([0.0, 1.0]), np.array([1e-10, 1.0]), None),
    (np.array([0.0, 1.0]), np.array([1.2e-10, 1.0]), "The values are off by 1e-10" + NEAR),
    (np.array([1.0, 2.0]), np.array([1.0, 2.0 + 2.009e-8]), None),
    (np.array([1.0, 2.0]), np.array([1.0, 2.0 + 2.2e-8]), "The values are off by 2e-08" + NEAR),
    (np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1.99e-5]), "The values are off by 2e-05" + NEAR),
    (np.array([1.0, 2.0]), np.array([1.0, 2.0 + 2.1e-5]), "1 of 2 values is not the expected one."),
    (np.array([1, 2]), np.array([1.0, 2.0 + 1e-5]), "The values are off by 1e-05" + NEAR),
    (np.array([True, False]), np.array([1.0, 1e-7]), "1 of 2 values is not the expected one."),
    (np.array([1.0, 2.0]), np.array([1.0, math.nan]), "The answer contains nan: not a number."),
    (np.array([1.0, math.nan]), np.array([1.0, math.nan]), None),
    (np.array([1.0, math.nan]), np.array([2.0, math.nan]), "1 of 2 values is not the expected one."),
    (np.array([1.0, math.nan]), np.array([math.nan, 1.0]), "The values are not the expected ones."),
    (np.array([1.0, math.inf]), np.array([1.0, math.inf]), None),
    (np.array([1.0, 2.0]), np.array([1.0, math.inf]), "The answer contains inf: a number beyond all numbers."),
    (np.array([1.0, math.inf]), np.array([math.inf, 1.0]), "The values are not the expected ones."),
    (np.array([1.0, 2.0]), np.array([math.nan, math.inf]), "The answer contains nan: not a number."),
    (np.array([1.0, 2.0]), np.array([-1.0, -2.0]), "The values are right but for their sign."),
    (np.array([1.0, 2.0]), np.array([3.0, 6.0]), "Here every value is 3 times the expected one."),
    (np.array([1.0, 2.0]), np.array([0.25, 0.5]), "Here every value is 0.25 times the expected one."),
    (np.array([1.0, 2.0]), np.array([-3.0, -6.0]), "Here every value is -3 times the expected one."),
    (np.array([0.0, 2.0]), np.array([1e-9, 6.0]), "The values are not the expected ones."),
    (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 4.0], [6.0, 8.0]]), "Here every value is 2 times the expected one."),
    (np.array([1.0, 2.0, 3.0]), np.array([3.0, 6.0, 9.1]), "The values are not the expected ones."),
    (np.array([1.0, 2.0]), np.array([0.0, 0.0]), "The values are not the expected ones."),
    (np.array([0.0, 0.0]), np.array([1.0, 2.0]), "The values are not the expected ones."),
    (np.array([1.0]), np.array([3.0]), "The values are not the expected ones."),
    (np.array([1.7e308, 1.7e308]), np.array([1.0, 1.0]), "The values are not the expected ones."),
    (np.array([1, 2], dtype=np.int8), np.array([3, 6], dtype=np.int8), "Here every value is 3 times the expected one."),
    (np.array([True, False]), np.array([False, True]), "The values are not the expected ones."),
    (np.array([True, False]), np.array([1, 0]), None),
    (np.array([0.0, 1.0]), np.array([1e-5, 1.0]), "The values are off by 1e-05" + NEAR),
    (np.array([2.0, 4.0]), np.array([-1.0, -2.0]), "Here every value is -0.5 times the expected one."),
    (np.array([1.0, math.inf]), np.array([2.0, math.inf]), "1 of 2 values is not the expected one."),
    (1.0, np.array(1 + 44 * 2**-23, dtype=np.float32), None),
    (1.0, np.array(1 + 45 * 2**-23, dtype=np.float32), "The value is off by 5e-06" + NEAR),
    ([0.1, 0.2], np.array([0.1, 0.2], dtype=np.float32), None),
    ([np.array([0.1]), np.array([0.2])], np.array([[0.1], [0.2]], dtype=np.float32), None),
    (np.array([[1.0, 2.0]]), np.array([[5.0, 2.0]]), "1 of 2 values is not the expected one."),
]
# fmt: on


@pytest.mark.parametrize(("expected", "got", "sentence"), ROWS, ids=map(str, range(len(ROWS))))
def test_what_tells_two_values_apart(expected: Any, got: Any, sentence: str | None) -> None:
    with np.errstate(all="raise", under="ignore"):  # what overflows is meant to, and NumPy says nothing of it
        assert difference(expected, got) == sentence
    assert agree(expected, got) is (sentence is None)


@given(VALUES, VALUES)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_to_agree_is_not_to_differ(one: Any, other: Any) -> None:
    first, second = plain(one), plain(other)
    assert agree(first, second) is (difference(first, second) is None)
    assert agree(first, first)


def test_whole_numbers_of_few_bits_do_not_wrap_around_where_they_are_compared() -> None:
    for first, second, same in ((-128, 0, False), (127, -128, False), (5, 5, True)):
        assert agree(np.array([first], dtype=np.int8), np.array([second], dtype=np.int8)) is same
    assert not agree(np.array([1.0, 2.0]), np.array([1.0]))


@pytest.mark.parametrize(("off", "fine"), [(0.9e-3, True), (1.2e-3, False)])
def test_a_tolerance_is_the_one_that_is_asked_for(off: float, fine: bool) -> None:
    for expected in (0.0, np.array([0.0, 5.0])):
        assert (difference(expected, expected + off, rtol=0, atol=1e-3) is None) is fine
        assert (difference([expected], [expected + off], rtol=0, atol=1e-3) is None) is fine
        assert (difference({"k": expected}, {"k": expected + off}, rtol=0, atol=1e-3) is None) is fine
        assert (close([call("f")], [expected], [expected + off], rtol=0, atol=1e-3) is None) is fine
    for one in (1000.0, np.array([1000.0])):
        assert (difference(one, one * (1 + off), rtol=1e-3) is None) is fine
        assert (difference([one], [one * (1 + off)], rtol=1e-3) is None) is fine
        assert (close([call("f")], [one], [one * (1 + off)], rtol=1e-3) is None) is fine
    assert (difference(np.array([1.0]), [np.array(1 + off, dtype=np.float32)], rtol=1e-3) is None) is fine
    assert (difference(np.array([0.0]), [np.array(off, dtype=np.float32)], rtol=0, atol=1e-3) is None) is fine
    for rtol, atol, first, second in ((1e-3, 0, 1.0, 2.0), (0, 1e-3, 0.0, 0.5)):
        swapped = [second + second * off, first + first * off] if rtol else [second + off, first + off]
        assert ("changed places" in str(difference([first, second], swapped, rtol, atol))) is fine
        for place in (0, 1):
            half = [second, first]
            half[place] = swapped[place]
            assert ("changed places" in str(difference([first, second], half, rtol, atol))) is fine
    # A tolerance of nothing is meant: then the rounding of a short number is none either.
    assert difference(1.0, np.array(1.0000001, dtype=np.float32), rtol=0, atol=0)
    assert difference(1.0, np.array(1.0005, dtype=np.float32), rtol=1e-3) is None


def test_what_is_ignored_may_be_anything_and_what_follows_may_not() -> None:
    calls = [call("make"), call("0.use")]
    assert close(calls, [1, 2], [7, 2], ignore=["make"]) is None
    assert close(calls, [1, 2], [7, 3], ignore=["make"]) == "The value is not the expected one."
    assert close(calls, [1, 2], [7, 2]) == "The value is not the expected one."
    with pytest.raises(ValueError, match="shorter"):
        close(calls, [1, 2], [1])


def test_float64_is_asked_for_in_every_part() -> None:
    short = np.array([1.0, 2.0], dtype=np.float32)
    words = "A number of the answer is float32 or shorter, and float64 is asked for."
    for answer in (short, (0, short), [[short]], short.astype(np.float16)):
        assert close([call("f")], [answer], [answer], float64=True) == words
        assert close([call("f")], [answer], [answer]) is None
    for answer in (short.astype(np.float64), 1.0, np.array([1, 2], dtype=np.int32)):
        assert close([call("f")], [answer], [answer], float64=True) is None


@pytest.mark.parametrize(
    ("answer", "fine"),
    [
        ((np.array([2.0, 4.0]), 6.0), True),
        (([0.5, 1], 1.5), True),
        ((np.array([1e300, 2e300]), 3e300), True),  # whose length overflows
        ((np.array([1e-300, 2e-300]), 3e-300), True),  # whose squares vanish
        ((np.array([2e300, 4e300]), 6.1e300), False),
        ((np.array([math.nan, 4.0]), 6.0), False),
        ((np.array([-1.0, -2.0]), -3.0), False),
        ((np.array([2.0, 4.0]), 6.00001), False),
        ((np.array([2.0, 4.0]), 6.0000005), True),
        (([], []), False),
        ((np.array([0.0, 0.0]), 0.0), False),
        ((np.array([math.inf, 4.0]), 6.0), False),
        ((np.array([2.0, 4.0, 6.0]),), False),
        ((np.array([[2.0, 4.0]]), 6.0), False),
        ((["2", "4"], "6"), False),
        ((10**400, 6.0), False),
        (([2, [4]], 6.0), False),
        (7.0, False),
        (None, False),
    ],
)
def test_with_scale_a_multiple_is_as_good(answer: Any, fine: bool) -> None:
    with np.errstate(all="raise", under="ignore"):
        for size in (1.0, 1e300):
            expected = (size * np.array([1.0, 2.0]), size * 3.0)
            assert (close([call("f")], [expected], [answer], scale=True) is None) is fine
    expected = (np.array([1.0, 2.0]), 3.0)
    assert close([call("f")], [expected], [answer]) is not None


def test_text_is_found_anywhere_and_is_no_number() -> None:
    for value in ("1", ["1"], [0, ("1", 2)], np.array(["1"]), [np.array(["1"])], [[], ["1"]]):
        assert holds_text(value)
        with pytest.raises(TypeError, match=r"^text where numbers are expected$"):
            numbers(value)
    for value in (1, [1, (2, 3)], np.array([1.0]), [], None):
        assert not holds_text(value)
    assert numbers([1, True]).dtype == np.float64
    assert parts([1, (2, [3, []]), "ab"]) == [1, 2, 3, "ab"]


@pytest.mark.parametrize("expected", [2.5, np.array([1.0, 2.0]), np.eye(3)])
@pytest.mark.parametrize("beside", [7.0, np.array([3.0, 4.0, 5.0, 6.0]), None, "loss"])
@pytest.mark.parametrize("place", [1, 2])
def test_one_of_several_values_is_told_to_be_right(expected: Any, beside: Any, place: int) -> None:
    got = (expected, beside) if place == 1 else (beside, expected)
    told = difference(expected, got) or ""
    texts = isinstance(beside, str) and isinstance(expected, np.ndarray)
    assert (
        told == "Text came back where numbers are expected." if texts else f"Number {place} of them" in told
    )
    assert "is right by itself" not in (difference(expected, (beside, beside)) or "")
