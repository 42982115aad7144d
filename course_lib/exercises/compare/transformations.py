"""One table of changes: what each makes of the expected value, and the words for an answer that is that.

A change explains an answer when it turns the expected value into the given one in *every* case, or, with
words for it, in exactly the wrong ones. Changes raise `TypeError` on values that they do not fit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from course_lib.exercises.compare.differences import agree
from course_lib.exercises.plain_values import brief

Value = Any
Change = Callable[[Value], Value]


@dataclass(frozen=True, eq=False)
class Sample:
    """One answer.

    Attributes
    ----------
    expected, got
        What was expected, and what came.
    arguments
        The values of the arguments by their names.
    beside
        What else was expected in the same answer, by words for it.
    """

    expected: Value
    got: Value
    arguments: Mapping[str, Value] = field(default_factory=dict)
    beside: Mapping[str, Value] = field(default_factory=dict)

    @cached_property
    def is_right(self) -> bool:
        """Whether what came is what was expected."""
        return agree(self.expected, self.got)


# What a change may be tried on. Each of these raises `TypeError` on anything else. ---------------------


def _whole_number(value: Value) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def plain_number(value: Value) -> Any:
    """Return a single number that is no True or False."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value


def as_array(value: Value) -> Any:
    """Return an array of numbers, True and False or texts; raise `TypeError` where rows differ in length."""
    try:
        return np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise TypeError from error


def as_numbers(value: Value) -> Any:
    """Return a number as float, or an array of float64 with at least one entry."""
    array = as_array(value)
    if array.dtype.kind not in "iuf" or not array.size:
        raise TypeError
    return array.astype(np.float64) if array.ndim else float(array)


def vector(value: Value) -> Any:
    """Return a list or an array; a tuple holds several answers, which are no entries of one."""
    if not isinstance(value, np.ndarray | list) or not (array := as_array(value)).ndim:
        raise TypeError
    return array


def table(value: Value) -> Any:
    """Return an array of rows and columns."""
    if (array := as_array(value)).ndim != 2:
        raise TypeError
    return array


def _several(value: Value) -> tuple[Any, ...]:
    if not isinstance(value, tuple) or len(value) < 2:
        raise TypeError
    return value


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _bool(value: Value) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def items(value: Value) -> list[Any]:
    """Return whole numbers or texts of a list: positions, names, members."""
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.ndim == 1 and value.dtype.kind in "iu" else None
    if not isinstance(value, list | tuple) or not all(type(item) in (int, str) for item in value):
        raise TypeError
    return list(value)


def _truths(value: Value) -> Any:
    array = as_array(value)
    if array.ndim != 1 or array.dtype.kind != "b":
        raise TypeError
    return array


def _deep(value: Value) -> Any:
    if as_array(value).ndim < 3:
        raise TypeError
    return as_numbers(value)


def is_array(value: Value) -> bool:
    """Return whether a value is an array with at least one axis."""
    return isinstance(value, np.ndarray) and value.ndim > 0


def is_number(value: Value) -> bool:
    """Return whether a value is a single number that is no True or False."""
    return isinstance(value, int | float) and not isinstance(value, bool)


# Each change says of "the answer" what it is, compared with the expected one. --------------------------
CHANGES: tuple[tuple[str, Change], ...] = (
    ("one too large: is something counted from 1, or once too often", lambda e: _whole_number(e) + 1),
    ("one too small: is something counted once too little", lambda e: _whole_number(e) - 1),
    ("right but for its sign", lambda e: -as_numbers(e)),
    ("a hundred times as large: a percentage where a share is expected", lambda e: 100 * as_numbers(e)),
    ("a hundredth as large: a share where a percentage is expected", lambda e: as_numbers(e) / 100),
    ("the logarithm of what is expected", lambda e: np.log(as_numbers(e))),
    ("the exponential of what is expected", lambda e: np.exp(as_numbers(e))),
    ("the exponential of minus what is expected", lambda e: np.exp(-as_numbers(e))),
    ("the square of what is expected", lambda e: np.square(as_numbers(e))),
    ("the square root of what is expected", lambda e: np.sqrt(as_numbers(e))),
    ("one divided by what is expected", lambda e: 1 / as_numbers(e)),
    ("one minus what is expected", lambda e: 1 - as_numbers(e)),
    ("a logarithm to base 2, where the natural one is expected", lambda e: as_numbers(e) / np.log(2)),
    ("a logarithm to base 10, where the natural one is expected", lambda e: as_numbers(e) / np.log(10)),
    ("a natural logarithm, where that to base 2 is expected", lambda e: as_numbers(e) * np.log(2)),
    ("a natural logarithm, where that to base 10 is expected", lambda e: as_numbers(e) * np.log(10)),
    ("in degrees, where radians are expected", lambda e: np.degrees(as_numbers(e))),
    ("in radians, where degrees are expected", lambda e: np.radians(as_numbers(e))),
    ("twice as large", lambda e: 2 * as_numbers(e)),
    ("half as large", lambda e: as_numbers(e) / 2),
    ("transposed: rows and columns have changed places", lambda e: table(e).T),
    ("in the opposite order", lambda e: vector(e)[::-1]),
    (
        "right, but its values have changed places: they are in the opposite order",
        lambda e: _several(e)[::-1],
    ),
    ("right, with its columns in the opposite order", lambda e: table(e)[:, ::-1]),
    ("right, in the shape of a column", lambda e: vector(e)[:, None]),
    ("right, in the shape of a single row", lambda e: vector(e)[None]),
    ("right, with all rows in a single one", lambda e: table(e).ravel()),
    ("right, inside one more pair of brackets", lambda e: np.asarray([plain_number(e)])),
    ("the opposite: True and False have changed places", lambda e: not _bool(e)),
    ("right but for capital letters", lambda e: _text(e).capitalize()),
    ("right but for capital letters", lambda e: _text(e).upper()),
    ("right but for capital letters", lambda e: _text(e).title()),
    ("right but for underscores, where blanks are expected", lambda e: _text(e).replace(" ", "_")),
    ("right but for hyphens, where blanks are expected", lambda e: _text(e).replace(" ", "-")),
    (
        "its last entry or row over and over: is the same changing object kept each time, and no copy of it",
        lambda e: np.broadcast_to(vector(e)[-1], vector(e).shape),
    ),
    ("counted from 1: each position is one too large", lambda e: [item + 1 for item in items(e)]),
)
# These fit more easily by chance, or leave the cause open: the fingerprints of slips are asked before.
LOSSES: tuple[tuple[str, Change], ...] = (
    ("only the first part of what is expected", lambda e: vector(e)[0]),
    ("only the last part of what is expected", lambda e: vector(e)[-1]),
    ("only the first of the values that are expected", lambda e: _several(e)[0]),
    ("only the last of the values that are expected", lambda e: _several(e)[-1]),
    ("right, and the last entry or row is missing", lambda e: vector(e)[:-1]),
    ("right, and the first entry or row is missing", lambda e: vector(e)[1:]),
    ("right but without its sign", lambda e: np.abs(as_numbers(e))),
    *((f"rounded to {n} decimals", lambda e, n=n: np.round(as_numbers(e), n)) for n in (6, 5, 4, 3, 2)),
    ("rounded to one decimal", lambda e: np.round(as_numbers(e), 1)),
    ("rounded to whole numbers", lambda e: np.round(as_numbers(e))),
    ("rounded down", lambda e: np.floor(as_numbers(e))),
    ("rounded up", lambda e: np.ceil(as_numbers(e))),
    ("cut to whole numbers", lambda e: np.trunc(as_numbers(e))),
    ("cut off at 0", lambda e: np.maximum(as_numbers(e), 0)),
    ("cut off at 1", lambda e: np.minimum(as_numbers(e), 1)),
    ("cut off at 0 and 1", lambda e: np.clip(as_numbers(e), 0, 1)),
    ("sorted", lambda e: np.sort(vector(e), axis=0)),
    ("right, with each row sorted", lambda e: np.sort(table(e), axis=1)),
    ("right, and moved on by one place", lambda e: np.roll(vector(e), 1, axis=0)),
    ("right, and moved back by one place", lambda e: np.roll(vector(e), -1, axis=0)),
    ("the sum of what is expected", lambda e: np.sum(vector(e))),
    ("the sums of the columns of what is expected", lambda e: np.sum(table(e), axis=0)),
    ("the sums of the rows of what is expected", lambda e: np.sum(table(e), axis=1)),
    ("the mean of what is expected", lambda e: np.mean(vector(e))),
    ("the largest value of what is expected", lambda e: np.max(vector(e))),
    ("the smallest value of what is expected", lambda e: np.min(vector(e))),
    ("the running sum of what is expected", lambda e: np.cumsum(vector(e))),
    ("how many there are, where they themselves are expected", lambda e: len(items(e))),
    ("right above the diagonal, with zeros below", lambda e: np.triu(table(e))),
    ("right below the diagonal, with zeros above", lambda e: np.tril(table(e))),
    ("right, and divided by its sum: shares", lambda e: as_numbers(vector(e)) / np.sum(vector(e))),
    ("right, and divided by its length as an arrow", lambda e: as_numbers(e) / np.linalg.norm(vector(e))),
)  # fmt: skip
# The other way round: what would have to be done with the answer to make it right.
MISSING: tuple[tuple[str, Change], ...] = (
    ("not yet added up: the sum of its entries is right", lambda g: np.sum(as_numbers(vector(g)))),
    ("not yet averaged: the mean of its entries is right", lambda g: np.mean(as_numbers(vector(g)))),
    ("not yet added up: the sums of its rows are right", lambda g: np.sum(as_numbers(table(g)), axis=1)),
    ("not yet added up: the sums of its columns are right", lambda g: np.sum(as_numbers(table(g)), axis=0)),
    ("not yet averaged: the means of its rows are right", lambda g: np.mean(as_numbers(table(g)), axis=1)),
    ("not yet averaged: the means of its columns are right", lambda g: np.mean(as_numbers(table(g)), axis=0)),
    ("not yet added up along its last axis", lambda g: np.sum(_deep(g), axis=-1)),
    ("the diagonal and more besides: only its diagonal is expected", lambda g: np.diag(table(g))),
    ("True or False for each, where the positions of the true ones are expected",
     lambda g: np.flatnonzero(_truths(g)).tolist()),
    ("True or False for each, where it is expected how many are true", lambda g: int(_truths(g).sum())),
    ("right, with one entry or row too many at the end", lambda g: vector(g)[:-1]),
    ("right, with one entry or row too many at the beginning", lambda g: vector(g)[1:]),
    ("right, with one column too many at the end", lambda g: table(g)[:, :-1]),
    ("right, with one column too many at the beginning", lambda g: table(g)[:, 1:]),
    ("a row or list of which only the last entry is expected", lambda g: vector(g)[-1]),
    ("a row or list of which only the first entry is expected", lambda g: vector(g)[0]),
    ("a list of which only the length is expected", lambda g: len(items(g))),
)  # fmt: skip


def first_fitting(
    changes: Sequence[tuple[str, Change]], samples: Sequence[Sample], least: int = 0
) -> str | None:
    """Return the words of the first change that explains all samples."""
    return next((words for words, change in changes if _fits(change, samples, least)), None)


def _fits(change: Change, samples: Sequence[Sample], least: int = 0) -> bool:
    """Return whether a change turns every expected value into the given one, and some of them visibly.

    Where there is more than one case, one visible change is chance: a change must show twice, in different
    answers. `least` asks for that many different answers besides.
    """
    seen = []
    for one in samples:
        try:
            with np.errstate(all="ignore"):
                value = change(one.expected)
        except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
            return False
        value = value.item() if isinstance(value, np.generic) else value
        if not agree(value, one.got):
            return False
        if not one.is_right:
            seen.append(brief(one.got) if least else brief(one.expected))
    return len(seen) > min(1, len(samples) - 1) and len(set(seen)) >= min(2, len(samples))
