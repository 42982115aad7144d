"""Wrong arguments are refused in words that name the argument, what it was, and what it may be."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from course_lib import arguments

finite = st.floats(-1e6, 1e6)
RAGGED = "`x` must be numbers in rows of equal length, not list: "


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (arguments.numbers, [], "`x` is empty (shape (0,)); it needs at least one number."),
        (arguments.numbers, np.zeros((0, 2)), "`x` is empty (shape (0, 2)); it needs at least one number."),
        (
            arguments.numbers,
            [1, np.nan],
            "`x` holds nan at position (1,); every entry must be a finite number.",
        ),
        (
            arguments.numbers,
            [[1, 2], [-np.inf, np.nan]],
            "`x` holds -inf at position (1, 0); every entry must be a finite number.",
        ),
        (arguments.numbers, np.nan, "`x` holds nan; every entry must be a finite number."),
        (
            arguments.numbers,
            "five",
            "`x` must be numbers in rows of equal length, not str: "
            "could not convert string to float: 'five'.",
        ),
        (
            arguments.vector,
            [[1, 2]],
            "`x` has shape (1, 2); it must have one axis. `x.ravel()` flattens it.",
        ),
        (arguments.vector, 3, "`x` has shape (); it must have one axis. `x.ravel()` flattens it."),
        (
            arguments.matrix,
            [1, 2],
            "`x` has shape (2,); it must have two axes, (examples, features). "
            "Use `x.reshape(-1, 1)` for one feature, `x.reshape(1, -1)` for one example.",
        ),
        (
            arguments.labels,
            [1, -1],
            "`x` holds -1 at position 1; labels must be whole numbers from 0 to 1.",
        ),
        (
            arguments.labels,
            [0.5],
            "`x` holds 0.5 at position 0; labels must be whole numbers from 0 to 1.",
        ),
        (arguments.labels, [0, 2], "`x` holds 2 at position 1; labels must be whole numbers from 0 to 1."),
        (arguments.positive, 0, "`x` is 0; it must be a number above zero."),
        (arguments.positive, -0.1, "`x` is -0.1; it must be a number above zero."),
        (arguments.positive, np.nan, "`x` is nan; it must be a number above zero."),
        (arguments.positive, np.inf, "`x` is inf; it must be a number above zero."),
        (arguments.positive, "fast", "`x` is 'fast'; it must be a number above zero."),
        (arguments.positive, None, "`x` is None; it must be a number above zero."),
        (arguments.number, np.nan, "`x` is nan; it must be a finite number."),
        (arguments.number, -np.inf, "`x` is -inf; it must be a finite number."),
        (arguments.number, "much", "`x` is 'much'; it must be a finite number."),
        (arguments.number, None, "`x` is None; it must be a finite number."),
        (arguments.whole, 0, "`x` is 0; it must be a whole number, 1 or more."),
        (arguments.whole, 2.0, "`x` is 2.0; it must be a whole number, 1 or more."),
        (arguments.whole, True, "`x` is True; it must be a whole number, 1 or more."),
    ],
)
def test_messages(check, value, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$") as caught:
        check("x", value)
    assert caught.value.__suppress_context__ == (caught.value.__context__ is not None)


def test_ragged_rows():
    with pytest.raises(ValueError, match=f"^{re.escape(RAGGED)}.*inhomogeneous.*$"):
        arguments.numbers("x", [[1, 2], [3]])


def test_between():
    wanted = re.escape("it must be a number from 0 up to, but not, 1.")
    for value in (-0.1, 1, np.nan, None, "much"):
        with pytest.raises(ValueError, match=f"^`x` is {re.escape(repr(value))}; {wanted}$"):
            arguments.between("x", value, 0, 1)
    assert arguments.between("x", 0, 0, 1) == 0.0
    assert arguments.between("x", 0.999, 0, 1) == 0.999
    assert isinstance(arguments.between("x", 0, 0, 1), float)


def test_whole_numbers_of_numpy_pass():
    assert arguments.whole("x", np.int64(3)) == 3
    assert arguments.whole("x", 1) == 1
    assert arguments.whole("x", 0, minimum=0) == 0
    assert type(arguments.whole("x", np.int64(3))) is int
    with pytest.raises(ValueError, match="2 or more"):
        arguments.whole("x", 1, minimum=2)


def test_one_of():
    assert arguments.one_of("x", "a", ("a", "b")) == "a"
    with pytest.raises(ValueError, match=r"^`x` is 'c'; it must be one of 'a', 'b'\.$"):
        arguments.one_of("x", "c", {"a": 1, "b": 2})


def test_as_many():
    arguments.as_many("a", np.zeros((3, 1)), "b", np.zeros(3))
    message = "`a` has 2 examples and `b` has 3; each example needs exactly one target."
    with pytest.raises(ValueError, match=f"^{message}$"):
        arguments.as_many("a", np.zeros((2, 3)), "b", np.zeros(3))


def test_same_shape_refuses_what_numpy_would_stretch():
    message = re.escape(
        "`b` has shape (3, 1) and `a` has shape (3,); they must be equal. "
        "`b.reshape(a.shape)` works if both hold as many numbers."
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        arguments.same_shape(a=[1, 2, 3], b=[[1], [2], [3]])
    with pytest.raises(ValueError, match="`c` holds nan"):
        arguments.same_shape(a=[1], c=[np.nan])
    with pytest.raises(ValueError, match="`c` has shape"):
        arguments.same_shape(a=[1], b=[2], c=[1, 2])


@given(array=arrays(np.float64, array_shapes(), elements=finite))
def test_good_numbers_pass_unchanged(array):
    checked = arguments.numbers("x", array.tolist())
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, array)
    left, right = arguments.same_shape(left=array, right=array + 1)
    np.testing.assert_array_equal(right - 1, (array + 1) - 1)
    np.testing.assert_array_equal(left, array)


@given(labels=st.lists(st.integers(0, 4), min_size=1))
def test_good_labels_become_whole_numbers(labels):
    checked = arguments.labels("x", np.array(labels, dtype=np.float64), classes=5)
    assert checked.dtype == np.int64
    assert checked.tolist() == labels


def test_axes_that_fit_pass():
    np.testing.assert_array_equal(arguments.vector("x", [1, 2]), [1.0, 2.0])
    np.testing.assert_array_equal(arguments.matrix("x", [[1, 2]]), [[1.0, 2.0]])
    assert arguments.positive("x", np.float32(0.5)) == 0.5
    assert arguments.number("x", np.int64(-2)) == -2.0
    assert isinstance(arguments.number("x", -2), float)
