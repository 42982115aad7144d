# ruff: noqa: E501 - tables, one line each
"""Plain values survive JSON, whatever a function returned; differences are found and said."""

import json
import math
from decimal import Decimal
from fractions import Fraction

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


# fmt: off
WRITTEN: list[tuple[object, str]] = [
    (None, 'None'),
    (True, 'True'),
    (-3, '-3'),
    (1.0, '1.0'),
    (999999.0, '999999.0'),
    (1e6, '1e+06'),
    (-1234567.5, '-1.23457e+06'),
    (0.1234567, '0.123457'),
    (math.nan, 'nan'),
    (math.inf, 'inf'),
    ("it's", '"it\'s"'),
    (np.float64(0.5), '0.5'),
    (np.array(0.5), '0.5'),
    (np.array(7), '7'),
    (np.array([True, False]), 'np.array([True, False])'),
    (np.array(["a", "b"]), "np.array(['a', 'b'])"),
    (np.array([1, 20, 300]), 'np.array([  1,  20, 300])'),
    (np.array([1.0, 1 / 3, 1e-9, 2e7, -1.5]), 'np.array([1.0, 0.333333, 1e-09, 2e+07, -1.5])'),
    (np.array([math.nan, math.inf]), 'np.array([nan, inf])'),
    (np.array([[1.0, 2.0], [3.0, 4.5]]), 'np.array([[1.0, 2.0], [3.0, 4.5]])'),
    (np.arange(40), 'np.array([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39])'),
    (np.arange(50), 'np.array([ 0,  1,  2, ..., 47, 48, 49])'),
    (np.arange(60.0).reshape(30, 2), 'np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], ..., [54.0, 55.0], [56.0, 57.0], [58.0, 59.0]])'),
    (np.zeros((0, 3)), 'np.array([], shape (0, 3))'),
    ([1.0, "a", (2,), ()], "[1.0, 'a', (2,), ()]"),
    ((1, 2.5), '(1, 2.5)'),
    ({"a": 1 / 3, 2: [None]}, "{'a': 0.333333, 2: [None]}"),
    (Opaque("Model"), 'an object of class Model'),
    ([Opaque("Model")], '[an object of class Model]'),
    (Tensor(np.array([1.0, 2.0])), 'tf.constant([1.0, 2.0])'),
    (Variable(np.array([1.0])), 'tf.Variable([1.0])'),
    (Generator(3), 'np.random.default_rng(3)'),
    (Given("probe"), 'probe'),
    (Defined("update"), 'update'),
    (Result(0), '<what call 1 returned>'),
    ((Result(1), Given("probe"), Defined("f"), Generator(4), Tensor(np.ones(1))), '(<what call 2 returned>, probe, f, np.random.default_rng(4), tf.constant([1.0]))'),
    ((np.array([1.0, 1 / 3]), 2.0, None, "x"), "(np.array([1.0, 0.333333]), 2.0, None, 'x')"),
]
# fmt: on


@pytest.mark.parametrize(("value", "text"), WRITTEN, ids=map(str, range(len(WRITTEN))))
def test_values_are_written_as_a_person_would(value: object, text: str) -> None:
    assert brief(value) == text


def test_what_is_written_has_an_end() -> None:
    assert brief("x" * 398) == repr("x" * 398)
    assert brief("x" * 399) == "'" + "x" * 395 + " ..."
    assert brief([0.5] * 200, 40) == "[" + "0.5, " * 7 + " ..."


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (np.float32(0.5), 0.5),
        (np.array([1.0, 2.5]), {"array": [1.0, 2.5]}),
        (np.array([1, 2]), {"array": [1, 2], "dtype": "int64"}),
        (np.array([True]), {"array": [True], "dtype": "bool"}),
        (np.array(["a", "bc"]), {"array": ["a", "bc"], "dtype": "str"}),
        (np.array([1.5], dtype=np.float32), {"array": [1.5], "dtype": "float32"}),
        (np.zeros((0, 3)), {"array": [], "shape": [0, 3]}),
        (
            np.array([[1.0, np.nan], [np.inf, -np.inf]]),
            {"array": [1.0, "nan", "inf", "-inf"], "shape": [2, 2]},
        ),
        (np.ones(1_000), {"array": [1.0] * 1_000}),
        (np.ones(1_001, dtype=np.int8), {"bytes": "AQEB" * 333 + "AQE=", "shape": [1_001], "dtype": "int8"}),
        (np.zeros((7, 143)), {"bytes": "AAAA" * 2_669 + "AA==", "shape": [7, 143]}),
        (np.array(["a"] * 1_001), {"array": ["a"] * 1_001, "dtype": "str"}),
        (math.inf, {"float": "inf"}),
        ((1, [2.5]), {"tuple": [1, [2.5]]}),
        ({1: (2,)}, {"dict": [[1, {"tuple": [2]}]]}),
        (Opaque("A"), {"object": "A"}),
        (Tensor(np.ones(1)), {"tensor": {"array": [1.0]}}),
        (Variable(np.ones(1)), {"variable": {"array": [1.0]}}),
        (Generator(3), {"generator": 3}),
        (Given("f"), {"given": "f"}),
        (Defined("f"), {"defined": "f"}),
        (Result(2), {"result": 2}),
    ],
)
def test_what_is_written_as_json(value: object, form: object) -> None:
    assert to_json(value) == form
    assert to_json(from_json(form)) == form


def test_what_is_no_plain_value_is_told() -> None:
    with pytest.raises(TypeError, match=r"^b'x' is a bytes, which is no plain value\.$"):
        to_json(b"x")
    for form in ({"a": 1}, {"tuple": 3}, {"dict": [1]}, {"x" * 200: 1}, {"result": "x"}, 3 + 4j):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - its words are looked at
            from_json(form)
        assert str(caught.value) == f"This JSON is no value: {str(form)[:80]}"
    for dtype in ("O", "complex128", "datetime64[s]"):
        with pytest.raises(ValueError, match=r"is no value|is no dtype"):
            from_json({"array": [], "dtype": dtype})


class _Tensor:
    """What another library's array is to NumPy."""

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.array([1.0, 2.0])


class _Numpy:
    """What TensorFlow's tensors are."""

    def numpy(self) -> object:
        return [np.float64(1.5)]


_Numpy.__module__ = "tensorflow.python.ops"


def test_whatever_comes_back_is_made_plain() -> None:
    for value, expected in (
        (_Tensor(), np.array([1.0, 2.0])),
        (_Numpy(), [1.5]),
        (np.longdouble(1.5), 1.5),
        (np.array([1.5], dtype=np.longdouble), np.array([1.5])),
        (np.float32(1.5), np.array(1.5, dtype=np.float32)),
        (np.int8(3), 3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.complex128(1), Opaque("complex128")),
        (np.array([1j]), Opaque("array of complex128")),
        (np.array([None, 1], dtype=object), [None, 1]),
        (np.array(None, dtype=object), Opaque("object")),
        (Decimal("1.5"), 1.5),
        (Fraction(3, 2), 1.5),
        (frozenset({2, 1}), [1, 2]),
        ({"b": (1, {2})}, {"b": (1, [2])}),
        (_Tensor, Opaque("type")),
        (len, Opaque("builtin_function_or_method")),
        (iter([1, range(2)]), [1, [0, 1]]),
    ):
        assert same(plain(value), expected), value
    array = np.ones(2)
    copied = plain(array)
    array[0] = 5
    assert copied[0] == 1  # what is changed later was not the answer


def test_how_much_an_answer_may_hold() -> None:
    def nested(depth: int) -> object:
        value: object = 1
        for _ in range(depth):
            value = [value]
        return value

    values = "The answer holds more than 1,000,000 values."
    for value, words in (
        (nested(20), ""),
        (nested(21), "The answer is nested more than 20 levels deep."),
        ("x" * 1_000_000, ""),
        ("x" * 1_000_001, "The answer is a text of more than 1,000,000 characters."),
        (10**3_990, ""),
        (10**4_010, "The answer is a whole number of more than 4,000 digits."),
        (np.zeros(1_000_001), values),
        (np.zeros(1_000_000), ""),
        ([0] * 1_000_001, values),
        (dict.fromkeys(range(1_000_001)), values),
        (range(1_000_001), values),
    ):
        try:
            plain(value)
            told = ""
        except NotPlainError as error:
            told = str(error)
        assert told == words


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
