"""Say what is wrong from the values alone: one table of changes, each tried on what was expected.

A change explains an answer when it turns the expected value into the given one in *every* case. What no
change explains is not explained: a false sentence is worse than none.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.exercises.compare.differences import difference, kind_problem

Value = Any


def _plain_number(value: Value) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value


def _numbers(value: Value) -> Any:
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError
    return array if array.ndim else array.item()


def _vector(value: Value) -> Any:
    if not isinstance(value, np.ndarray | list | tuple) or np.ndim(value) == 0:
        raise TypeError
    return np.asarray(value)


def _table(value: Value) -> Any:
    if np.ndim(value) != 2:
        raise TypeError
    return np.asarray(value)


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


# Each change says of "the answer" what it is, compared with the expected one.
CHANGES: tuple[tuple[str, Callable[[Value], Value]], ...] = (
    ("one too large: is something counted from 1, or once too often", lambda e: _plain_number(e) + 1),
    ("one too small: is something counted once too little", lambda e: _plain_number(e) - 1),
    ("right but for its sign", lambda e: -_numbers(e)),
    ("right but without its sign", lambda e: np.abs(_numbers(e))),
    ("a hundred times as large: a percentage where a share is expected", lambda e: 100 * _numbers(e)),
    ("a hundredth as large: a share where a percentage is expected", lambda e: _numbers(e) / 100),
    ("the logarithm of what is expected", lambda e: np.log(_numbers(e))),
    ("the exponential of what is expected", lambda e: np.exp(_numbers(e))),
    ("the square of what is expected", lambda e: np.square(_numbers(e))),
    ("the square root of what is expected", lambda e: np.sqrt(_numbers(e))),
    ("one divided by what is expected", lambda e: 1 / _numbers(e)),
    ("one minus what is expected", lambda e: 1 - _numbers(e)),
    ("a logarithm to base 2, where the natural one is expected", lambda e: _numbers(e) / np.log(2)),
    ("a logarithm to base 10, where the natural one is expected", lambda e: _numbers(e) / np.log(10)),
    ("in degrees, where radians are expected", lambda e: np.degrees(_numbers(e))),
    ("in radians, where degrees are expected", lambda e: np.radians(_numbers(e))),
    ("twice as large", lambda e: 2 * _numbers(e)),
    ("half as large", lambda e: _numbers(e) / 2),
    *((f"rounded to {n} decimals", lambda e, n=n: np.round(_numbers(e), n)) for n in (6, 5, 4, 3, 2, 1)),
    ("rounded to whole numbers", lambda e: np.round(_numbers(e))),
    ("rounded down", lambda e: np.floor(_numbers(e))),
    ("rounded up", lambda e: np.ceil(_numbers(e))),
    ("cut off at 0", lambda e: np.maximum(_numbers(e), 0)),
    ("cut off at 1", lambda e: np.minimum(_numbers(e), 1)),
    ("transposed: rows and columns have changed places", lambda e: _table(e).T),
    ("in the opposite order", lambda e: _vector(e)[::-1]),
    ("sorted", lambda e: np.sort(_vector(e), axis=0)),
    ("right, in the shape of a column", lambda e: _vector(e)[:, None]),
    ("right, in the shape of a single row", lambda e: _vector(e)[None]),
    ("right, with all rows in a single one", lambda e: _table(e).ravel()),
    ("right, inside one more pair of brackets", lambda e: np.asarray([_plain_number(e)])),
    ("the sum of what is expected", lambda e: np.sum(_vector(e))),
    ("the mean of what is expected", lambda e: np.mean(_vector(e))),
    ("the largest value of what is expected", lambda e: np.max(_vector(e))),
    ("the running sum of what is expected", lambda e: np.cumsum(_vector(e))),
    ("only the first part of what is expected", lambda e: _vector(e)[0]),
    ("right, and the last entry or row is missing", lambda e: _vector(e)[:-1]),
    ("right, and the first entry or row is missing", lambda e: _vector(e)[1:]),
    ("right above the diagonal, with zeros below", lambda e: np.triu(_table(e))),
    ("right, and divided by its sum: shares", lambda e: _numbers(_vector(e)) / np.sum(_vector(e))),
    ("the opposite: True and False have changed places", lambda e: not _bool(e)),
    ("right but for capital letters", lambda e: _text(e).capitalize()),
    ("right but for capital letters", lambda e: _text(e).upper()),
    ("right but for underscores, where blanks are expected", lambda e: _text(e).replace(" ", "_")),
    ("right but for hyphens, where blanks are expected", lambda e: _text(e).replace(" ", "-")),
)


def _dimensions(value: Value) -> int:
    return value.ndim if isinstance(value, np.ndarray) else int(isinstance(value, list))


def _bool(value: Value) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def explained(
    expected: Sequence[Value], got: Sequence[Value], arguments: Sequence[Mapping[str, Value]]
) -> str | None:
    """Return what the answers of all cases are, compared with the expected ones, or None.

    Parameters
    ----------
    expected, got
        The values of all cases, in order.
    arguments
        For each case the values of the arguments by their names.
    """
    if kind_problem(expected[0], got[0]) and not isinstance(got[0], np.ndarray | list | tuple | int | float):
        return None  # nothing, a text, an object: that is said of the smallest case
    if len(got) > 2 and not any(difference(got[0], value) for value in got):
        return "the same in every case, whatever comes in"
    for words, change in CHANGES:
        if _fits(change, expected, got):
            return words
    for name in arguments[0] if arguments else ():
        values = [case.get(name) for case in arguments]
        if not any(difference(value, have) for value, have in zip(values, got, strict=True)):
            return f"`{name}` as it came in"
        if found := _by_argument(name, values, expected, got):
            return found
    return _where(expected, got, arguments)


def _fits(change: Callable[[Value], Value], expected: Sequence[Value], got: Sequence[Value]) -> bool:
    """Return whether a change turns every expected value into the given one, and some of them visibly."""
    visible = 0
    for want, have in zip(expected, got, strict=True):
        try:
            with np.errstate(all="ignore"):
                changed = change(want)
        except (TypeError, ValueError, IndexError, ZeroDivisionError):
            return False
        changed = changed.item() if isinstance(changed, np.generic) else changed
        if difference(changed, have):
            return False
        visible += difference(want, have) is not None
    return visible > min(1, len(got) - 1)


def _by_argument(
    name: str, values: Sequence[Value], expected: Sequence[Value], got: Sequence[Value]
) -> str | None:
    """Return whether the answers are off by a factor that is an argument, or its number of entries."""
    sizes = [len(value) if _dimensions(value) else None for value in values]
    tried = [(f"`{name}`", values), (f"the number of entries or rows of `{name}`", sizes)]
    for what, factors in tried:
        if any(isinstance(one, bool) or not isinstance(one, int | float) for one in factors):
            continue
        if len(set(factors)) < 2:
            continue
        pairs = list(zip(expected, factors, strict=True))
        for words, change in (
            (f"right, and {what} times as large", lambda pair: _numbers(pair[0]) * pair[1]),
            (f"right, and divided by {what}", lambda pair: _numbers(pair[0]) / pair[1]),
            (f"larger by {what}", lambda pair: _numbers(pair[0]) + pair[1]),
            (f"smaller by {what}", lambda pair: _numbers(pair[0]) - pair[1]),
        ):
            if _fits_pairs(change, pairs, got):
                return words
    return None


def _fits_pairs(change: Callable[[Any], Value], pairs: Sequence[Any], got: Sequence[Value]) -> bool:
    visible = 0
    for pair, have in zip(pairs, got, strict=True):
        try:
            changed = change(pair)
        except (TypeError, ValueError, ZeroDivisionError):
            return False
        if difference(changed, have):
            return False
        visible += difference(pair[0], have) is not None
    return visible > 1


_CONDITIONS: tuple[tuple[str, Callable[[Value], bool]], ...] = (
    ("{} is negative", lambda value: isinstance(value, int | float) and value < 0),
    ("{} is zero", lambda value: isinstance(value, int | float) and value == 0),
    ("{} is positive", lambda value: isinstance(value, int | float) and value > 0),
    ("{} has a single entry or row", lambda value: _dimensions(value) > 0 and len(value) == 1),
    ("{} has more than one entry or row", lambda value: _dimensions(value) > 0 and len(value) > 1),
)


def _where(
    expected: Sequence[Value], got: Sequence[Value], arguments: Sequence[Mapping[str, Value]]
) -> str | None:
    """Return the one condition on an argument that tells the wrong cases from the right ones."""
    wrong = [difference(want, have) is not None for want, have in zip(expected, got, strict=True)]
    if sum(wrong) < 2 or len(wrong) - sum(wrong) < 2 or not arguments:
        return None
    found = []
    for name in arguments[0]:
        for words, holds in _CONDITIONS:
            try:
                seen = [holds(case[name]) for case in arguments]
            except (TypeError, ValueError, KeyError):
                continue
            if seen == wrong:
                found.append(words.format(f"`{name}`"))
    return f"wrong exactly where {found[0]}, and right elsewhere" if len(found) == 1 else None
