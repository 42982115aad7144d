"""Plain values survive JSON, whatever a function returned; differences are found and said."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_lib.exercises.compare.differences import difference
from course_lib.exercises.plain_values import (
    Defined,
    Generator,
    Given,
    NotPlainError,
    Opaque,
    Result,
    Tensor,
    Variable,
    brief,
    from_json,
    plain,
    to_json,
)

ARRAYS = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def through_json(value: object) -> object:
    return from_json(json.loads(json.dumps(to_json(value))))


def same(first: object, second: object) -> bool:
    if isinstance(first, np.ndarray):
        return (
            isinstance(second, np.ndarray)
            and first.dtype == second.dtype
            and np.array_equal(first, second, equal_nan=first.dtype.kind == "f")
        )
    if isinstance(first, float) and isinstance(second, float):
        return first == second or (math.isnan(first) and math.isnan(second))
    if isinstance(first, list | tuple):
        return type(first) is type(second) and len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    return type(first) is type(second) and first == second


@given(VALUES)
def test_a_plain_value_survives_json(value: object) -> None:
    assert same(through_json(plain(value)), plain(value))


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value: object) -> None:
    assert difference(plain(value), plain(value)) is None


@given(ARRAYS.filter(lambda array: array.size > 0 and array.ndim > 0), st.data())
def test_one_changed_entry_is_noticed(array: np.ndarray, data: st.DataObject) -> None:
    array = np.nan_to_num(array.astype(np.float64), posinf=1, neginf=1).clip(-1e6, 1e6)
    other = array.copy()
    place = data.draw(st.integers(0, array.size - 1))
    other.ravel()[place] += 1
    assert difference(array, np.asarray(other)) is not None


def test_long_arrays_travel_as_bytes() -> None:
    array = np.random.default_rng(0).normal(size=(40, 50))
    assert "bytes" in to_json(array)
    assert same(through_json(array), array)


@pytest.mark.parametrize("marker", [Generator(3), Given("f"), Defined("g"), Result(2), Opaque("X")])
def test_markers_survive_json(marker: object) -> None:
    assert through_json(marker) == marker


@pytest.mark.parametrize("kind", [Tensor, Variable])
def test_tensors_survive_json(kind: type) -> None:
    assert same(through_json(kind(np.eye(2))).array, np.eye(2))


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"array": [[1], [2, 3]]},
        {"bytes": "?", "shape": [1]},
        {"bytes": "AAAA", "shape": [5]},
        {"list": 1},
        {"result": "x"},
        {"array": [1], "dtype": "O"},
        {"a": 1, "b": 2},
    ],
)
def test_json_of_another_form_is_refused(form: object) -> None:
    with pytest.raises(ValueError, match=r"is no|cannot reshape|buffer size|inhomogeneous|base64"):
        from_json(form)


def test_what_yields_becomes_a_list_and_what_is_no_data_its_class() -> None:
    assert plain(value for value in (1, 2)) == [1, 2]
    assert plain(range(3)) == [0, 1, 2]
    assert plain(zip([1], [2], strict=True)) == [(1, 2)]
    assert plain(object()) == Opaque("object")
    assert plain({3, 1}) == [1, 3]


def test_too_much_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    for value in (endless, np.zeros(2_000_000), "x" * 2_000_000, iter(int, 1)):
        with pytest.raises(NotPlainError):
            plain(value)


def test_numbers_are_written_as_a_person_would() -> None:
    assert brief((np.array([1.0, 1 / 3]), 2.0, None, "x")) == "(np.array([1.0, 0.333333]), 2.0, None, 'x')"


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ([0, 2], np.array([0, 2])),
        ([], np.array([])),
        ([True, False], np.array([True, False])),
        ((0.5, 3), np.array([0.5, 3])),
        ([[0, 1], [2, 3]], np.array([[0, 1], [2, 3]])),
        ((np.ones(2), np.zeros(2)), np.array([[1.0, 1.0], [0.0, 0.0]])),
    ],
)
def test_an_array_is_as_good_as_a_list(expected: object, got: object) -> None:
    assert difference(plain(expected), plain(got)) is None


@pytest.mark.parametrize(
    ("expected", "got", "sentence"),
    [
        (np.ones(2), 3.0, "A single number came back where an array of shape (2,) is expected."),
        ((np.ones(1), 2.0), np.array([1.0, 2.0]), "One array of shape (2,) came back where 2 values"),
        ([0], [True, False], "The number of values is 2, and 1 is expected."),
        ([0], [[0]], "Inside it: a list of 1 came back where a number is expected."),
        ([0, 1], [0, "1"], "Number 2 of the 2 values: a text came back where a number is expected."),
        ("zero", " zero", "The text is right but for the blanks"),
        ("zero", "one", "The value is not the expected one."),
        (0.5, -0.5, "The value is right but for its sign."),
        (np.array([1.0, -2.0]), np.array([-1.0, 2.0]), "The values are right but for their sign."),
        (
            np.array([1.0, 0.0, 3.0]),
            np.array([2.0, 0.0, 6.0]),
            "Here every value is 2 times the expected one.",
        ),
        (np.array([1.0, 2.0]), np.array([0.0, 0.0]), "The values are not the expected ones."),
        (np.array([0.0, 0.0]), np.array([1.0, 1.0]), "The values are not the expected ones."),
        (np.array([2.0]), np.array([4.0]), "The values are not the expected ones."),
        ((0.5, 2), (2, 0.5), "The two values are right, and have changed places."),
        ((0.5, 2), (2, 3), "Number 1 of the 2 values: the value is not the expected one."),
        (0.5, 0.5000001, "The value is off by 1e-07: little, and more than rounding explains."),
        (np.array([1.0, 2.0]), np.array([1.0, 2.00001]), "The values are off by 1e-05: little,"),
        (0.5, 0.50001, "The value is not the expected one."),
        (200_000, 200_001, "The value is not the expected one."),
        (0.0, 1e-9, "The value is not the expected one."),
        (10**400, 1.0, "The value is not the expected one."),
        (math.inf, 1.0, "The value is not the expected one."),
        (np.array([1.0, math.inf]), np.array([1.0, 2.0]), "1 of 2 values is"),
    ],
)
def test_a_difference_is_said_in_words(expected: object, got: object, sentence: str) -> None:
    assert str(difference(plain(expected), plain(got))).startswith(sentence)
