"""The ways in which an answer is held against what was expected.

A comparison takes the calls of one case, what was expected of each call and what came back, all of it
plain values, and returns None when the answer is right, or a sentence that says what is wrong with it.
Exercises choose one by name, `Comparison("close", rtol=1e-6)`; add a function to `COMPARISONS` to have
another one.
"""

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from course_lib.exercises.values import Opaque

RTOL = 1e-8  # finer than float32 can tell apart, far coarser than a different order of float64 sums
ATOL = 1e-10


class Comparison:
    """A named comparison with its options.

    Parameters
    ----------
    name
        A key of `COMPARISONS`.
    options
        Keyword arguments for the function, JSON values.
    """

    def __init__(self, name: str, **options: Any) -> None:
        if name not in COMPARISONS:
            raise ValueError(f"There is no comparison {name!r}; there are {', '.join(COMPARISONS)}.")
        self.name = name
        self.options = options

    def __call__(self, calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any]) -> str | None:
        """Return None if the answer is right, otherwise a sentence that says what is wrong."""
        return COMPARISONS[self.name](calls, expected, got, **self.options)

    def to_json(self) -> list[Any]:
        """Return the comparison as JSON."""
        return [self.name, self.options]

    @staticmethod
    def from_json(form: list[Any]) -> "Comparison":
        """Return the comparison that `to_json` wrote."""
        name, options = form
        return Comparison(name, **options)


def close(
    calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any], rtol: float = RTOL, atol: float = ATOL
) -> str | None:
    """Accept values that agree within a tolerance and have the same shape. The usual comparison."""
    for want, have in zip(expected, got, strict=True):
        if problem := difference(want, have, rtol, atol):
            return problem
    return None


def difference(expected: Any, got: Any, rtol: float = RTOL, atol: float = ATOL) -> str | None:
    """Return what tells two plain values apart in one sentence, or None if nothing does.

    Lists, tuples and arrays of equal content count as equal, and so do True and 1: the mathematics is
    the answer, not the container. Shapes must agree.
    """
    if isinstance(expected, Opaque) and isinstance(got, Opaque):
        return None  # what the object does is what counts, not what its class is called
    if isinstance(expected, np.ndarray):
        return _array_difference(expected, got, rtol, atol)
    if isinstance(expected, list | tuple):
        return _sequence_difference(expected, got, rtol, atol)
    if isinstance(expected, dict):
        return _dict_difference(expected, got, rtol, atol)
    if isinstance(expected, bool | int | float):
        return _number_difference(expected, got, rtol, atol)
    if expected is None and got is not None:
        return "Here the answer is None, and yours is something else."
    if type(expected) is type(got) and expected == got:
        return None
    return _kind_problem(expected, got) or "The value is not the expected one."


def _kind_problem(expected: Any, got: Any) -> str | None:
    if got is None and expected is not None:
        return "Nothing came back (None). Does every way through your code end with a `return`?"
    if isinstance(got, Opaque):
        if got.kind in ("function", "method", "builtin_function_or_method"):
            return "A function came back, not its value. Are the brackets of a call missing?"
        return f"An object of class {got.kind} came back where plain values are expected."
    if type(expected) is not type(got):
        return f"{_kind(got)} came back where {_kind(expected)} is expected."
    return None


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "a number"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    names = {bool: "True or False", int: "a number", float: "a number", str: "a text", dict: "a dictionary"}
    return names.get(type(value), "None")


def _number_difference(expected: float, got: Any, rtol: float, atol: float) -> str | None:
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got.item()
    if not isinstance(got, bool | int | float):
        problem = _kind_problem(expected, got) or f"{_kind(got)} came back where a number is expected."
        return problem[0].upper() + problem[1:]
    if _numbers_agree(expected, got, rtol, atol):
        return None
    if math.isnan(got):
        return "The value is nan: not a number."
    return "The value is not the expected one."


def _numbers_agree(expected: float, got: float, rtol: float, atol: float) -> bool:
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    if math.isinf(expected) or math.isinf(got):
        return expected == got
    try:
        return abs(expected - got) <= atol + rtol * abs(expected)
    except OverflowError:
        return False


def _array_difference(expected: np.ndarray, got: Any, rtol: float, atol: float) -> str | None:
    if isinstance(got, list | tuple | bool | int | float):
        try:
            got = np.asarray(got)
        except (ValueError, OverflowError):
            return "The rows of the answer differ in length, so that it is no array."
    if not isinstance(got, np.ndarray):
        problem = _kind_problem(expected, got) or "An array is expected."
        return problem[0].upper() + problem[1:]
    if expected.shape != got.shape:
        return f"The shape is {got.shape}, and {expected.shape} is expected."
    if expected.dtype.kind == "U" or got.dtype.kind not in "biuf":
        return None if np.array_equal(expected, got) else "The values are not the expected ones."
    right = np.isclose(
        got.astype(np.float64), expected.astype(np.float64), rtol=rtol, atol=atol, equal_nan=True
    )
    if right.all():
        return None
    if np.isnan(got.astype(np.float64)).any() and not np.isnan(expected.astype(np.float64)).any():
        return "The answer contains nan: not a number."
    wrong = int(right.size - right.sum())
    if right.size == 1 or wrong == right.size:
        return "The values are not the expected ones."
    ending = "is not the expected one" if wrong == 1 else "are not the expected ones"
    return f"{wrong} of {right.size} values {ending}."


def _sequence_difference(expected: Any, got: Any, rtol: float, atol: float) -> str | None:
    if isinstance(got, np.ndarray) and got.ndim:
        got = list(got)
    if not isinstance(got, list | tuple):
        problem = _kind_problem(expected, got) or "Several values are expected."
        return problem[0].upper() + problem[1:]
    if len(expected) != len(got):
        return f"{len(got)} values came back, and {len(expected)} are expected."
    for place, (want, have) in enumerate(zip(expected, got, strict=True), start=1):
        if trouble := difference(want, have, rtol, atol):
            return f"Number {place} of the {len(expected)} values: {trouble[0].lower()}{trouble[1:]}"
    return None


def _dict_difference(expected: dict[Any, Any], got: Any, rtol: float, atol: float) -> str | None:
    if not isinstance(got, dict):
        return _kind_problem(expected, got)
    if missing := [key for key in expected if key not in got]:
        return f"The key {missing[0]!r} is missing."
    if extra := [key for key in got if key not in expected]:
        return f"The key {extra[0]!r} is not expected."
    for key, want in expected.items():
        if problem := difference(want, got[key], rtol, atol):
            return f"At the key {key!r}: {problem[0].lower()}{problem[1:]}"
    return None


def separates(
    calls: Sequence[Any],
    expected: Sequence[Any],
    got: Sequence[Any],
    inputs: int = 0,
    targets: int = 1,
    margin: float = 1e-9,
) -> str | None:
    """Accept any (weights, bias) with which `inputs @ weights + bias > 0` exactly where the target is 1.

    Parameters
    ----------
    inputs, targets
        Which arguments of the last call hold the points, shape (n, features), and their classes 0 and 1.
    margin
        How far from zero each score must be, so that rounding cannot decide.
    """
    points = np.asarray(calls[-1].arguments[inputs], dtype=np.float64)
    classes = np.asarray(calls[-1].arguments[targets])
    line = _weights_and_bias(got[-1], points.shape[1])
    if isinstance(line, str):
        return line
    scores = points @ line[0] + line[1]
    wrong = np.where(classes == 1, scores <= margin, scores > -margin if margin else scores > 0)
    if not wrong.any():
        return None
    first = int(np.flatnonzero(wrong)[0])
    return (
        f"{int(wrong.sum())} of {len(points)} points are on the wrong side, for example "
        f"{np.array2string(points[first], separator=', ')} of class {int(classes[first])}."
    )


def decides_alike(calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any]) -> str | None:
    """Accept any (weights, bias) that decide like the expected ones on every input of zeros and ones."""
    weights, bias = expected[-1]
    line = _weights_and_bias(got[-1], len(weights))
    if isinstance(line, str):
        return line
    for bits in product((0, 1), repeat=len(weights)):
        want = float(np.dot(bits, weights) + bias) > 0
        score = float(np.dot(bits, line[0]) + line[1])
        if (score > 0) != want:
            return (
                f"For the answers {list(bits)} your sum is {score:.6g}, so that the decision is "
                f"{int(score > 0)}; it should be {int(want)}."
            )
    return None


def _weights_and_bias(answer: Any, features: int) -> tuple[np.ndarray, float] | str:
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return _kind_problem((), answer) or "Return two things: the weights and the bias."
    try:
        weights, bias = np.asarray(answer[0], dtype=np.float64), np.asarray(answer[1], dtype=np.float64)
    except (TypeError, ValueError):
        return "The weights and the bias have to be numbers."
    if weights.shape != (features,) or bias.shape != ():
        return f"Return {features} weights, shape ({features},), and one number as bias."
    if not (np.isfinite(weights).all() and np.isfinite(bias)):
        return "A weight or the bias is not a finite number."
    return weights, float(bias)


def same_members(calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any]) -> str | None:
    """Accept lists that hold the same members in any order."""
    for want, have in zip(expected, got, strict=True):
        if not isinstance(have, list | tuple | np.ndarray):
            return _kind_problem(want, have) or "Several values are expected."
        members = sorted(np.asarray(want).tolist())
        try:
            found = sorted(np.asarray(have).tolist())
        except (TypeError, ValueError):
            return "The members cannot be compared with each other."
        if members != found:
            return f"The members should be {members}, in any order."
    return None


def any_of(
    calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any], rtol: float = RTOL, atol: float = ATOL
) -> str | None:
    """Accept an answer that agrees with one of several. Each expected value is a list of right answers."""
    for accepted, have in zip(expected, got, strict=True):
        problems = [difference(want, have, rtol, atol) for want in accepted]
        if all(problems):
            return problems[0]
    return None


COMPARISONS: dict[str, Callable[..., str | None]] = {
    "close": close,
    "separates": separates,
    "decides_alike": decides_alike,
    "same_members": same_members,
    "any_of": any_of,
}
