"""Tell two plain values apart, and say in one sentence how they differ."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.exercises.plain_values import Opaque

RTOL = 1e-8  # finer than float32 can tell apart, far coarser than a different order of float64 sums
ATOL = 1e-10
WHY_NONE = "A function gives None where it ends without a `return`, and so do `print` and `list.sort`."


def close(
    calls: Sequence[Any],
    expected: Sequence[Any],
    got: Sequence[Any],
    rtol: float = RTOL,
    atol: float = ATOL,
    ignore: Sequence[str] = (),
    float64: bool = False,
    scale: bool = False,
) -> str | None:
    """Accept values that agree within a tolerance and have the same shape. The usual comparison.

    What the calls of the targets in `ignore` return may be anything: it is used by a later call. Values that
    come in float32 or shorter may differ by their own rounding, except where `float64` is asked for. With
    `scale` an answer may be multiplied, in all its parts, by any number above zero.
    """
    for step, want, have in zip(calls, expected, got, strict=True):
        if step.target in ignore:
            continue
        if float64 and any(_is_short(part) for part in parts(have)):
            return "A number of the answer is float32 or shorter, and float64 is asked for."
        if (problem := difference(want, have, rtol, atol)) and not (scale and _multiple(want, have)):
            return problem
    return None


def _multiple(expected: Any, got: Any) -> bool:
    """Return whether a tuple of numbers and arrays is the expected one times a number above zero."""
    try:
        shapes = [[np.shape(part) for part in value] for value in (expected, got)]
        want, have = (np.concatenate([numbers(part).ravel() for part in value]) for value in (expected, got))
    except (TypeError, ValueError, OverflowError):
        return False
    largest = [float(np.abs(part).max(initial=0.0)) for part in (want, have)]
    if shapes[0] != shapes[1] or not all(0 < size < math.inf for size in largest):
        return False
    want, have = want / largest[0], have / largest[1]  # so that no square overflows or vanishes
    return bool(np.allclose(want / np.linalg.norm(want), have / np.linalg.norm(have), rtol=RTOL, atol=1e-7))


def difference(expected: Any, got: Any, rtol: float = RTOL, atol: float = ATOL) -> str | None:
    """Return what tells two plain values apart in one sentence, or None if nothing does.

    Lists, tuples and arrays of equal content count as equal, and so do True and 1: the mathematics is
    the answer, not the container. Shapes must agree.
    """
    if rtol and _is_short(got):
        rounding = float(np.finfo(got.dtype).eps)
        rtol, atol = max(rtol, 40 * rounding), max(atol, 4 * rounding)
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
        return f"Here the answer is None, and yours is {_kind(got)}."
    if type(expected) is type(got) and expected == got:
        return None
    if isinstance(expected, str) and isinstance(got, str) and expected.strip() == got.strip():
        return "The text is right but for the blanks at its beginning or end."
    return kind_problem(expected, got) or "The value is not the expected one."


def agree(expected: Any, got: Any) -> bool:
    """Return whether nothing tells two plain values apart: `difference`, without its sentence and faster."""
    if type(expected) in (int, float) and type(got) in (int, float):
        return _numbers_agree(expected, got, RTOL, ATOL)
    if isinstance(expected, np.ndarray) and isinstance(got, np.ndarray) and not _is_short(got):
        if expected.shape != got.shape:
            return False
        are_numbers = expected.dtype.kind in "iuf" and got.dtype.kind in "iuf"
        if are_numbers and np.isfinite(expected).all() and np.isfinite(got).all():
            off = np.subtract(expected, got, dtype=np.float64)  # whole numbers of few bits wrap around
            return bool((np.abs(off) <= ATOL + RTOL * np.abs(expected)).all())
    return difference(expected, got) is None


def parts(value: Any) -> list[Any]:
    """Return what a value consists of, lists and tuples taken apart."""
    if isinstance(value, list | tuple):
        return [part for item in value for part in parts(item)]
    return [value]


def holds_text(value: Any) -> bool:
    """Return whether there is a text anywhere in a value: NumPy would read it as a number, or let it grow."""
    return isinstance(value, str) or any(isinstance(part, str) or _is_text(part) for part in parts(value))


def _size(value: Any) -> int:
    return sum(part.size if isinstance(part, np.ndarray) else 1 for part in parts(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "U"


def numbers(value: Any) -> np.ndarray:
    """Return numbers as an array of float64.

    Raises
    ------
    TypeError, ValueError, OverflowError
        If there is anything but numbers in it, or its rows differ in length.
    """
    if holds_text(value):
        raise TypeError("text where numbers are expected")
    return np.asarray(value, dtype=np.float64)


def _is_short(value: Any) -> bool:
    """Return whether a value is a floating-point number, or an array of them, shorter than float64."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.dtype.itemsize < 8


def kind_problem(expected: Any, got: Any) -> str | None:
    """Return a sentence when what came back is another kind of thing than what is expected."""
    if got is None and expected is not None:
        return f"The value is None. {WHY_NONE}"
    if isinstance(got, Opaque):
        if got.kind in ("function", "method", "builtin_function_or_method"):
            return "A function came back, not its value. Are the brackets of a call missing?"
        return f"An object of class {got.kind} came back where plain values are expected."
    if type(expected) is not type(got):
        kind = _kind(got)
        return f"{kind[0].upper()}{kind[1:]} came back where {_kind(expected)} is expected."
    return None


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "a number"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Opaque):
        return f"an object of class {value.kind}"
    names = {bool: "True or False", str: "a text", dict: "a dictionary"}
    return names.get(type(value), "a number")


def _one_of_several(expected: Any, got: Any, rtol: float, atol: float) -> str | None:
    """Say so where several values came back, and one of them is what is expected."""
    if not isinstance(got, list | tuple) or not 1 < len(got) < 10:
        return None
    right = [place for place, one in enumerate(got, 1) if not difference(expected, one, rtol, atol)]
    if len(right) != 1:
        return None
    came = f"{kind_problem(expected, got)}"
    return f"{came} Number {right[0]} of them is right by itself."


def _number_difference(expected: float, got: Any, rtol: float, atol: float) -> str | None:
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got.item()
    if not isinstance(got, bool | int | float):
        return _one_of_several(expected, got, rtol, atol) or kind_problem(expected, got)
    if _numbers_agree(expected, got, rtol, atol):
        return None
    if isinstance(got, float) and not math.isfinite(got) and abs(expected) < math.inf:
        return (
            "The value is nan: not a number."
            if math.isnan(got)
            else f"The value is {got}: beyond all numbers."
        )
    if got and _numbers_agree(expected, -got, rtol, atol):
        return "The value is right but for its sign."
    return _near_miss("value is", expected, got) or "The value is not the expected one."


def _numbers_agree(expected: float, got: float, rtol: float, atol: float) -> bool:
    try:
        expected, got = float(expected), float(got)
    except OverflowError:  # a whole number that no float can hold
        return expected == got
    if math.isnan(expected) and math.isnan(got):
        return True
    if math.isinf(expected) or math.isinf(got):
        return expected == got
    return abs(expected - got) <= atol + rtol * abs(expected)


def _array_difference(expected: np.ndarray, got: Any, rtol: float, atol: float) -> str | None:
    if isinstance(got, list | tuple | bool | int | float):
        if expected.dtype.kind != "U" and holds_text(got):
            return "Text came back where numbers are expected."
        if expected.dtype.kind == "U" and _size(got) != expected.size:
            return "The number of values is not the expected one."
        try:
            array = np.asarray(got)
        except (ValueError, OverflowError):
            return (
                _one_of_several(expected, got, rtol, atol)
                or "The rows of the answer differ in length, so that it is no array."
            )
        got = array
        if _is_short(got):
            return difference(expected, got, rtol, atol)
    if not isinstance(got, np.ndarray):
        return kind_problem(expected, got)
    if expected.ndim and not got.ndim:
        return f"A single number came back where an array of shape {expected.shape} is expected."
    if expected.shape != got.shape:
        return f"The shape is {got.shape}, and {expected.shape} is expected."
    if np.array_equal(expected, got):
        return None  # most answers are right to the last bit, and this takes a tenth of the time of `isclose`
    if expected.dtype.kind == "U" or got.dtype.kind not in "biuf":
        return "The values are not the expected ones."
    want, have = expected.astype(np.float64), got.astype(np.float64)
    right = np.isclose(have, want, rtol=rtol, atol=atol, equal_nan=True)
    if right.all():
        return None
    if np.isnan(have).any() and not np.isnan(want).any():
        return "The answer contains nan: not a number."
    if np.isinf(have).any() and not np.isinf(want).any():
        return "The answer contains inf: a number beyond all numbers."
    if near := _near_miss("values are", expected, got) or _stretched(want.ravel(), have.ravel()):
        return near
    wrong = int(right.size - right.sum())
    if right.size == 1 or wrong == right.size:
        return "The values are not the expected ones."
    ending = "is not the expected one" if wrong == 1 else "are not the expected ones"
    return f"{wrong} of {right.size} values {ending}."


def _near_miss(what: str, expected: Any, got: Any) -> str | None:
    """Say how far off an answer is that looks right when it is printed."""
    expected, got = np.asarray(expected), np.asarray(got)
    if got.dtype.kind != "f" or expected.dtype.kind not in "iuf":
        return None  # whole numbers are right or wrong
    if not (np.isfinite(got).all() and np.isfinite(expected).all()):
        return None
    off = float(np.abs(got - expected).max())
    if off > 1e-5 * float(np.abs(expected).max()):
        return None
    return (
        f"The {what} off by {off:.1g}: little, and more than rounding explains. Is something computed in "
        "float32, cut to a few digits, or has a tiny number been added?"
    )


def _stretched(expected: np.ndarray, got: np.ndarray) -> str | None:
    """Say so where every value is the expected one times the same number."""
    if expected.size < 2:
        return None
    with np.errstate(all="ignore"):  # what is no finite number fits no factor
        factor = float(np.divide(got @ expected, expected @ expected))
        if not factor or not np.allclose(got, factor * expected, rtol=1e-9, atol=0):
            return None
    if math.isclose(factor, -1):
        return "The values are right but for their sign."
    return f"Here every value is {factor:.4g} times the expected one."


def _sequence_difference(expected: Any, got: Any, rtol: float, atol: float) -> str | None:
    if isinstance(got, np.ndarray) and got.ndim:
        if any(isinstance(part, np.ndarray) for part in expected) and got.ndim == 1:
            return (
                f"One array of shape {got.shape} came back where {len(expected)} values are expected: "
                "return them one after the other, with commas between them."
            )
        got = got.tolist()
    if not isinstance(got, list | tuple):
        return kind_problem(expected, got)
    if len(expected) != len(got):
        return f"The number of values is {len(got)}, and {len(expected)} is expected."
    for place, (want, have) in enumerate(zip(expected, got, strict=True), start=1):
        if trouble := difference(want, have, rtol, atol):
            if _have_changed_places(expected, got, rtol, atol):
                return "The two values are right, and have changed places."
            trouble = trouble.replace(WHY_NONE, f"Here {_kind(want)} is expected.")
            where = "Inside it" if len(expected) == 1 else f"Number {place} of the {len(expected)} values"
            return f"{where}: {trouble[0].lower()}{trouble[1:]}"
    return None


def _have_changed_places(expected: Any, got: Any, rtol: float, atol: float) -> bool:
    return len(expected) == 2 and not (
        difference(expected[0], got[1], rtol, atol) or difference(expected[1], got[0], rtol, atol)
    )


def _dict_difference(expected: dict[Any, Any], got: Any, rtol: float, atol: float) -> str | None:
    if not isinstance(got, dict):
        return kind_problem(expected, got)
    if missing := [key for key in expected if key not in got]:
        return f"The key {missing[0]!r} is missing."
    if extra := [key for key in got if key not in expected]:
        return f"The key {extra[0]!r} is not expected."
    for key, want in expected.items():
        if problem := difference(want, got[key], rtol, atol):
            return f"At the key {key!r}: {problem[0].lower()}{problem[1:]}"
    return None
