"""Say what is wrong from the values alone: tables of changes, each tried on what was expected.

A change explains an answer when it turns the expected value into the given one in *every* case, or, with
words for it, in exactly the wrong ones. What no change explains is not explained: a false sentence is worse
than none.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def _plain_number(value: Value) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value


def _array(value: Value) -> Any:
    """Return an array of numbers, True and False or texts; raise `TypeError` where rows differ in length."""
    try:
        return np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise TypeError from error


def _numbers(value: Value) -> Any:
    array = _array(value)
    if array.dtype.kind not in "iuf" or not array.size:
        raise TypeError
    return array.astype(np.float64) if array.ndim else float(array)


def _vector(value: Value) -> Any:
    """Return a list or an array; a tuple holds several answers, which are no entries of one."""
    if not isinstance(value, np.ndarray | list) or not (array := _array(value)).ndim:
        raise TypeError
    return array


def _table(value: Value) -> Any:
    if (array := _array(value)).ndim != 2:
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


def _items(value: Value) -> list[Any]:
    """Return whole numbers or texts of a list: positions, names, members."""
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.ndim == 1 and value.dtype.kind in "iu" else None
    if not isinstance(value, list | tuple) or not all(type(item) in (int, str) for item in value):
        raise TypeError
    return list(value)


def _truths(value: Value) -> Any:
    array = _array(value)
    if array.ndim != 1 or array.dtype.kind != "b":
        raise TypeError
    return array


# Each change says of "the answer" what it is, compared with the expected one. --------------------------
CHANGES: tuple[tuple[str, Change], ...] = (
    ("one too large: is something counted from 1, or once too often", lambda e: _whole_number(e) + 1),
    ("one too small: is something counted once too little", lambda e: _whole_number(e) - 1),
    ("right but for its sign", lambda e: -_numbers(e)),
    ("a hundred times as large: a percentage where a share is expected", lambda e: 100 * _numbers(e)),
    ("a hundredth as large: a share where a percentage is expected", lambda e: _numbers(e) / 100),
    ("the logarithm of what is expected", lambda e: np.log(_numbers(e))),
    ("the exponential of what is expected", lambda e: np.exp(_numbers(e))),
    ("the exponential of minus what is expected", lambda e: np.exp(-_numbers(e))),
    ("the square of what is expected", lambda e: np.square(_numbers(e))),
    ("the square root of what is expected", lambda e: np.sqrt(_numbers(e))),
    ("one divided by what is expected", lambda e: 1 / _numbers(e)),
    ("one minus what is expected", lambda e: 1 - _numbers(e)),
    ("a logarithm to base 2, where the natural one is expected", lambda e: _numbers(e) / np.log(2)),
    ("a logarithm to base 10, where the natural one is expected", lambda e: _numbers(e) / np.log(10)),
    ("a natural logarithm, where that to base 2 is expected", lambda e: _numbers(e) * np.log(2)),
    ("a natural logarithm, where that to base 10 is expected", lambda e: _numbers(e) * np.log(10)),
    ("in degrees, where radians are expected", lambda e: np.degrees(_numbers(e))),
    ("in radians, where degrees are expected", lambda e: np.radians(_numbers(e))),
    ("twice as large", lambda e: 2 * _numbers(e)),
    ("half as large", lambda e: _numbers(e) / 2),
    ("transposed: rows and columns have changed places", lambda e: _table(e).T),
    ("in the opposite order", lambda e: _vector(e)[::-1]),
    (
        "right, but its values have changed places: they are in the opposite order",
        lambda e: _several(e)[::-1],
    ),
    ("right, with its columns in the opposite order", lambda e: _table(e)[:, ::-1]),
    ("right, in the shape of a column", lambda e: _vector(e)[:, None]),
    ("right, in the shape of a single row", lambda e: _vector(e)[None]),
    ("right, with all rows in a single one", lambda e: _table(e).ravel()),
    ("right, inside one more pair of brackets", lambda e: np.asarray([_plain_number(e)])),
    ("the opposite: True and False have changed places", lambda e: not _bool(e)),
    ("right but for capital letters", lambda e: _text(e).capitalize()),
    ("right but for capital letters", lambda e: _text(e).upper()),
    ("right but for capital letters", lambda e: _text(e).title()),
    ("right but for underscores, where blanks are expected", lambda e: _text(e).replace(" ", "_")),
    ("right but for hyphens, where blanks are expected", lambda e: _text(e).replace(" ", "-")),
    (
        "its last entry or row over and over: is the same changing object kept each time, and no copy of it",
        lambda e: np.broadcast_to(_vector(e)[-1], _vector(e).shape),
    ),
    ("counted from 1: each position is one too large", lambda e: [item + 1 for item in _items(e)]),
)
# These fit more easily by chance, or leave the cause open: the fingerprints of slips are asked before.
LOSSES: tuple[tuple[str, Change], ...] = (
    ("only the first part of what is expected", lambda e: _vector(e)[0]),
    ("only the last part of what is expected", lambda e: _vector(e)[-1]),
    ("only the first of the values that are expected", lambda e: _several(e)[0]),
    ("only the last of the values that are expected", lambda e: _several(e)[-1]),
    ("right, and the last entry or row is missing", lambda e: _vector(e)[:-1]),
    ("right, and the first entry or row is missing", lambda e: _vector(e)[1:]),
    ("right but without its sign", lambda e: np.abs(_numbers(e))),
    *((f"rounded to {n} decimals", lambda e, n=n: np.round(_numbers(e), n)) for n in (6, 5, 4, 3, 2)),
    ("rounded to one decimal", lambda e: np.round(_numbers(e), 1)),
    ("rounded to whole numbers", lambda e: np.round(_numbers(e))),
    ("rounded down", lambda e: np.floor(_numbers(e))),
    ("rounded up", lambda e: np.ceil(_numbers(e))),
    ("cut to whole numbers", lambda e: np.trunc(_numbers(e))),
    ("cut off at 0", lambda e: np.maximum(_numbers(e), 0)),
    ("cut off at 1", lambda e: np.minimum(_numbers(e), 1)),
    ("cut off at 0 and 1", lambda e: np.clip(_numbers(e), 0, 1)),
    ("sorted", lambda e: np.sort(_vector(e), axis=0)),
    ("right, with each row sorted", lambda e: np.sort(_table(e), axis=1)),
    ("right, and moved on by one place", lambda e: np.roll(_vector(e), 1, axis=0)),
    ("right, and moved back by one place", lambda e: np.roll(_vector(e), -1, axis=0)),
    ("the sum of what is expected", lambda e: np.sum(_vector(e))),
    ("the sums of the columns of what is expected", lambda e: np.sum(_table(e), axis=0)),
    ("the sums of the rows of what is expected", lambda e: np.sum(_table(e), axis=1)),
    ("the mean of what is expected", lambda e: np.mean(_vector(e))),
    ("the largest value of what is expected", lambda e: np.max(_vector(e))),
    ("the smallest value of what is expected", lambda e: np.min(_vector(e))),
    ("the running sum of what is expected", lambda e: np.cumsum(_vector(e))),
    ("how many there are, where they themselves are expected", lambda e: len(_items(e))),
    ("right above the diagonal, with zeros below", lambda e: np.triu(_table(e))),
    ("right below the diagonal, with zeros above", lambda e: np.tril(_table(e))),
    ("right, and divided by its sum: shares", lambda e: _numbers(_vector(e)) / np.sum(_vector(e))),
    ("right, and divided by its length as an arrow", lambda e: _numbers(e) / np.linalg.norm(_vector(e))),
)  # fmt: skip
# The other way round: what would have to be done with the answer to make it right.
MISSING: tuple[tuple[str, Change], ...] = (
    ("not yet added up: the sum of its entries is right", lambda g: np.sum(_numbers(_vector(g)))),
    ("not yet averaged: the mean of its entries is right", lambda g: np.mean(_numbers(_vector(g)))),
    ("not yet added up: the sums of its rows are right", lambda g: np.sum(_numbers(_table(g)), axis=1)),
    ("not yet added up: the sums of its columns are right", lambda g: np.sum(_numbers(_table(g)), axis=0)),
    ("not yet averaged: the means of its rows are right", lambda g: np.mean(_numbers(_table(g)), axis=1)),
    ("not yet averaged: the means of its columns are right", lambda g: np.mean(_numbers(_table(g)), axis=0)),
    ("not yet added up along its last axis", lambda g: np.sum(_deep(g), axis=-1)),
    ("the diagonal and more besides: only its diagonal is expected", lambda g: np.diag(_table(g))),
    ("True or False for each, where the positions of the true ones are expected",
     lambda g: np.flatnonzero(_truths(g)).tolist()),
    ("True or False for each, where it is expected how many are true", lambda g: int(_truths(g).sum())),
    ("right, with one entry or row too many at the end", lambda g: _vector(g)[:-1]),
    ("right, with one entry or row too many at the beginning", lambda g: _vector(g)[1:]),
    ("right, with one column too many at the end", lambda g: _table(g)[:, :-1]),
    ("right, with one column too many at the beginning", lambda g: _table(g)[:, 1:]),
    ("a row or list of which only the last entry is expected", lambda g: _vector(g)[-1]),
    ("a row or list of which only the first entry is expected", lambda g: _vector(g)[0]),
    ("a list of which only the length is expected", lambda g: len(_items(g))),
)  # fmt: skip


def _deep(value: Value) -> Any:
    if _array(value).ndim < 3:
        raise TypeError
    return _numbers(value)


# What is plain to see ---------------------------------------------------------------------------------


def plainly(samples: Sequence[Sample]) -> str | None:
    """Return what the answers are without any computation: constant, zero, or what came in."""
    got = [one.got for one in samples]
    if all(one.got is None for one in samples):
        return None  # said of the smallest case
    if len(got) > 2 and all(agree(got[0], value) for value in got):
        if all(agree(samples[0].expected, one.expected) for one in samples):
            return None
        if "nan" in brief(got[0]):
            return None  # what made it is told of the smallest case
        return f"the same in every case, whatever comes in: {brief(got[0], 60)}"
    if len(got) > 1 and all(_is_zero(value) for value in got):
        return "zero in every case"
    for name in samples[0].arguments:
        values = [one.arguments.get(name) for one in samples]
        if len({brief(value) for value in values}) < 2 or any(
            not agree(value, one.got) for value, one in zip(values, samples, strict=True)
        ):
            continue
        return f"`{name}` as it came in"
    return None


def _is_zero(value: Value) -> bool:
    try:
        return not np.any(_numbers(value))
    except TypeError:
        return False


# What the answers are, compared with the expected ones ------------------------------------------------


def changed(samples: Sequence[Sample]) -> str | None:
    """Return the change of `CHANGES` that explains the answers of all cases."""
    return _first_fitting(CHANGES, samples)


def lost(samples: Sequence[Sample]) -> str | None:
    """Return what else the answers of all cases are, compared with the expected ones."""
    if _texts_only(samples):
        return None
    return (
        _first_fitting(LOSSES, samples, least=2)
        or _members(samples)
        or _first_fitting(MISSING, [Sample(one.got, one.expected) for one in samples])
        or _stretched_table(samples)
        or _one_place_on(samples)
        or _positions(samples)
        or _whole_or_not(samples)
        or _made_of_arguments(samples)
        or _constantly_off(samples)
        or _by_an_argument(samples)
        or _a_tiny_number(samples)
        or _with_the_other_sign(samples)
    )


def _texts_only(samples: Sequence[Sample]) -> bool:
    return all(isinstance(one.got, str) for one in samples)


def _first_fitting(
    table: Sequence[tuple[str, Change]], samples: Sequence[Sample], least: int = 0
) -> str | None:
    return next((words for words, change in table if _fits(change, samples, least)), None)


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


def _one_place_on(samples: Sequence[Sample]) -> str | None:
    """Say so where the entries of lists come one place too late or too early, with others at the free end."""
    try:
        pairs = [(_vector(one.expected), _vector(one.got)) for one in samples]
    except TypeError:
        return None
    if any(want.shape != have.shape for want, have in pairs):
        return None
    pairs = [(want, have) for want, have in pairs if len(want) > 1]
    if len(pairs) < 2:
        return None
    if all(agree(want[:-1], have[1:]) and not agree(want[1:], have[1:]) for want, have in pairs):
        return "one place late: what is expected at a place stands at the next one"
    if all(agree(want[1:], have[:-1]) and not agree(want[:-1], have[:-1]) for want, have in pairs):
        return "one place early: what is expected at a place stands at the one before"
    return None


def _positions(samples: Sequence[Sample]) -> str | None:
    """Say so where a position was given for what stands there, or the other way round."""
    first = samples[0]
    for name in (*first.arguments, *first.beside):
        rows: list[Any] = [{**one.arguments, **one.beside}.get(name) for one in samples]
        where = f"`{name}`" if name in first.arguments else name
        if not all(isinstance(row, list) or _is_array(row) for row in rows):
            continue
        lists = [np.asarray(row).ravel().tolist() if _is_array(row) else row for row in rows]
        pairs = list(zip(samples, lists, strict=True))
        if len({brief(one.got) for one in samples}) < 2:
            continue
        if all(_entry_at(row, one.expected, one.got) for one, row in pairs):
            return f"what stands in {where} at the right position: the position itself is expected"
        if all(_entry_at(row, one.got, one.expected) for one, row in pairs):
            return f"the position of what is expected in {where}: what stands there is expected"
    return None


def _entry_at(row: list[Any], position: Value, entry: Value) -> bool:
    is_position = type(position) is int and 0 <= position < len(row)
    return is_position and agree(row[position], entry)


def _whole_or_not(samples: Sequence[Sample]) -> str | None:
    """Say so where fractions came for whole numbers, or whole numbers only for fractions."""
    try:
        pairs = [(_numbers(one.expected), _numbers(one.got)) for one in samples]
    except TypeError:
        return None
    wants, haves = (np.concatenate([np.ravel(pair[place]) for pair in pairs]) for place in (0, 1))
    if not (np.isfinite(wants).all() and np.isfinite(haves).all()):
        return None
    fractions = [int(np.sum(values != np.round(values))) for values in (wants, haves)]
    if all(type(one.expected) is int for one in samples) and fractions[1] > 1:
        return "not a whole number in every case, and a whole number is expected"
    if fractions[0] > 2 and not fractions[1] and haves.any():
        return (
            "made of whole numbers only, where fractions are expected: is there a `//`, an `int`, or an "
            "array of whole numbers"
        )
    return None


_STATISTICS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("the sum of {}", np.sum), ("the mean of {}", np.mean), ("the median of {}", np.median),
    ("the largest of {}", np.max), ("the smallest of {}", np.min), ("the product of {}", np.prod),
    ("the number of entries of {}", np.size), ("the first entry of {}", lambda x: np.ravel(x)[0]),
    ("the last entry of {}", lambda x: np.ravel(x)[-1]), ("the standard deviation of {}", np.std),
    ("the variance of {}", np.var), ("the length of {} as an arrow", np.linalg.norm),
    ("the sum of the squares of {}", lambda x: np.sum(np.square(x))),
    ("the position of the largest in {}", np.argmax), ("the position of the smallest in {}", np.argmin),
    ("the means of the columns of {}", lambda x: np.mean(_table(x), axis=0)),
    ("the means of the rows of {}", lambda x: np.mean(_table(x), axis=1)),
    ("the sums of the columns of {}", lambda x: np.sum(_table(x), axis=0)),
    ("the sums of the rows of {}", lambda x: np.sum(_table(x), axis=1)),
)  # fmt: skip
_AFTERWARDS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("{}", lambda x: x),
    ("the logarithm of {}", np.log),
    ("the root of {}", np.sqrt),
    ("the square of {}", np.square),
)
_BOTH: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("{} times {}", lambda one, other: one * other),
    ("{} divided by {}", lambda one, other: one / other),
    ("the sum of {} and {}", lambda one, other: one + other),
    ("{} minus {}", lambda one, other: one - other),
)


def _made_of_arguments(samples: Sequence[Sample]) -> str | None:
    """Return from which of the arguments the answers of all cases are made, and how."""
    if len({brief(one.got) for one in samples}) < 3:
        return None
    names = list(samples[0].arguments)
    for name in names:
        values: list[tuple[Any, ...]] = [(one.arguments.get(name),) for one in samples]
        if all(_is_array(one) and one.dtype.kind in "iuf" and one.size for (one,) in values):
            for (words, make), (after, then) in itertools.product(_STATISTICS, _AFTERWARDS):
                if _are_made(samples, values, lambda one, make=make, then=then: then(make(one))):
                    return after.format(words.format(f"`{name}`"))
    for first, second in itertools.permutations(names, 2):
        pairs = [(one.arguments.get(first), one.arguments.get(second)) for one in samples]
        if all(_is_number(one) and _is_number(other) for one, other in pairs):
            for words, both in _BOTH:
                if _are_made(samples, pairs, both):
                    return words.format(f"`{first}`", f"`{second}`")
    return None


def _are_made(samples: Sequence[Sample], values: Sequence[tuple[Any, ...]], make: Callable[..., Any]) -> bool:
    for one, parts in zip(samples, values, strict=True):
        try:
            with np.errstate(all="ignore"):
                made = make(*parts)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            return False
        if not agree(made.item() if isinstance(made, np.generic) else made, one.got):
            return False
    return True


def _stretched_table(samples: Sequence[Sample]) -> str | None:
    """Say so where an array of n entries was expected and a table of n times n came in every case."""
    shapes = [
        (one.expected.shape, one.got.shape)
        for one in samples
        if _is_array(one.expected) and _is_array(one.got)
    ]
    if len(shapes) < len(samples) or any(len(want) != 1 or have != (*want, *want) for want, have in shapes):
        return None
    if max(want[0] for want, _ in shapes) < 2:
        return None
    return (
        "a table with a row and a column for each entry: something of shape (n, 1) has met something of "
        "shape (n,), and both were stretched"
    )


def _is_array(value: Value) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def _members(samples: Sequence[Sample]) -> str | None:
    """Say how lists of positions or names differ from the expected ones, taken as sets."""
    try:
        pairs = [(_items(one.expected), _items(one.got)) for one in samples]
    except TypeError:
        return None
    if all(sorted(want, key=str) == sorted(have, key=str) for want, have in pairs):
        return "right but for its order"
    if all(set(want) == set(have) for want, have in pairs):
        return "right, but something is in it more than once"
    wrong = [(want, have) for want, have in pairs if want != have]
    if all(len(set(have)) == len(have) for _, have in pairs):
        if all(set(have) < set(want) for want, have in wrong):
            return "a part of what is expected: what is in it belongs there, and something is missing"
        if all(set(want) < set(have) for want, have in wrong):
            return "all of what is expected, and something more that does not belong there"
    return None


_CONSTANTS = (
    ("pi", math.pi), ("the square root of 2", math.sqrt(2)), ("e", math.e),
    ("ln 2", math.log(2)), ("ln 10", math.log(10)),
)  # fmt: skip


def _constantly_off(samples: Sequence[Sample]) -> str | None:
    """Say so where all answers are the same number of times, or the same amount, what is expected."""
    try:
        pairs = [(_numbers(one.expected), _numbers(one.got)) for one in samples]
        wants = np.concatenate([np.ravel(want) for want, _ in pairs])
        haves = np.concatenate([np.ravel(have) for _, have in pairs])
    except TypeError:
        return None
    if any(np.shape(want) != np.shape(have) for want, have in pairs) or not (
        np.isfinite(wants).all() and np.isfinite(haves).all()
    ):
        return None
    if len(set(np.round(wants, 9).tolist())) < 3:
        return None
    if np.all((wants == 0) == (haves == 0)) and haves.any():
        factors = haves[wants != 0] / wants[wants != 0]
        is_told = len(factors) > 2 and abs(abs(factors[0]) - 1) > 1e-3  # else a near miss
        if is_told and np.allclose(factors, factors[0], rtol=1e-8, atol=0):
            return f"{_number(float(factors[0]))} times as large as expected in every case"
    offsets = haves - wants
    scale = float(np.max(np.abs(wants)))
    if np.allclose(offsets, offsets[0], rtol=1e-8, atol=1e-12 * scale) and abs(offsets[0]) > 1e-6 * scale:
        size = "large" if offsets[0] > 0 else "small"
        return f"too {size} by {_number(abs(float(offsets[0])))} in every case"
    return None


def _number(number: float) -> str:
    for words, constant in _CONSTANTS:
        for value, form in ((constant, words), (1 / constant, f"one divided by {words}")):
            if math.isclose(number, value, rel_tol=1e-8):
                return f"{number:.4g} ({form})"
    return f"{number:.4g}"


def _factors(samples: Sequence[Sample]) -> Iterator[tuple[str, list[float]]]:
    """Yield what a cost, a mean or a unit may have been multiplied with: arguments and their sizes."""
    for name in samples[0].arguments:
        values = [one.arguments.get(name) for one in samples]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            numbers = [float(value) for value in values]  # type: ignore[arg-type]
            yield f"`{name}`", numbers
            yield f"the square of `{name}`", [number**2 for number in numbers]
            if all(0 < number < 1 for number in numbers):
                yield f"one minus `{name}`", [1 - number for number in numbers]
            if all(number >= 0 for number in numbers):
                yield f"the root of `{name}`", [math.sqrt(number) for number in numbers]
        shapes: list[tuple[int, ...]] = [
            value.shape if isinstance(value, np.ndarray) else (len(value),) if isinstance(value, list) else ()
            for value in values
        ]
        if not all(shapes):
            continue
        sizes = [float(shape[0]) for shape in shapes]
        yield f"the number of entries or rows of `{name}`", sizes
        if all(size > 1 for size in sizes):
            several = [size / (size - 1) for size in sizes]
            yield f"n / (n - 1), with n the number of entries or rows of `{name}`", several
            yield (
                f"the root of n / (n - 1), with n the number of entries or rows of `{name}`",
                [math.sqrt(one) for one in several],
            )
        if all(len(shape) == 2 for shape in shapes):
            yield f"the number of columns of `{name}`", [float(shape[1]) for shape in shapes]
        if all(isinstance(value, np.ndarray) and value.dtype.kind in "iuf" for value in values):
            sums = [float(np.sum(value)) for value in values]  # type: ignore[arg-type]
            yield f"the sum of `{name}`", sums
            if all(one > 1 for one in sums):
                yield f"n / (n - 1), with n the sum of `{name}`", [one / (one - 1) for one in sums]


def _by_an_argument(samples: Sequence[Sample]) -> str | None:
    """Return whether the answers are off by a factor or amount that is an argument, or a size of one."""
    for what, factors in _factors(samples):
        if len(set(factors)) < 2 or not all(map(math.isfinite, factors)):
            continue
        pairs = [
            Sample((one.expected, factor), one.got) for one, factor in zip(samples, factors, strict=True)
        ]
        for words, change in (
            (f"right, and multiplied by {what}", lambda pair: _numbers(pair[0]) * pair[1]),
            (f"right, and divided by {what}", lambda pair: _numbers(pair[0]) / pair[1]),
            (f"too large by {what}", lambda pair: _numbers(pair[0]) + pair[1]),
            (f"too small by {what}", lambda pair: _numbers(pair[0]) - pair[1]),
            (f"too large by half of {what}", lambda pair: _numbers(pair[0]) + pair[1] / 2),
            (f"too small by half of {what}", lambda pair: _numbers(pair[0]) - pair[1] / 2),
            (f"right, and divided by twice {what}", lambda pair: _numbers(pair[0]) / pair[1] / 2),
            (f"right, and multiplied by twice {what}", lambda pair: _numbers(pair[0]) * pair[1] * 2),
        ):
            if _fits_pairs(change, pairs):
                return words
    return None


def _fits_pairs(change: Change, pairs: Sequence[Sample]) -> bool:
    visible = 0
    for pair in pairs:
        try:
            value = change(pair.expected)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            return False
        if not agree(value, pair.got):
            return False
        visible += not agree(pair.expected[0], pair.got)
    return visible > 1


def _a_tiny_number(samples: Sequence[Sample]) -> str | None:
    """Recognise a logarithm that cannot get beyond that of a tiny number: one added, or clipped to."""
    try:
        pairs = [(_plain_number(one.expected), _plain_number(one.got)) for one in samples]
    except TypeError:
        return None
    for sign in (1, -1):
        # As logarithms of what should be near zero: the furthest answer shows the tiny number's.
        wants, haves = ([sign * pair[place] for pair in pairs] for place in (0, 1))
        lowest = min(haves)
        power = lowest / math.log(10)
        if not -400 < power < -2.5 or min(wants) > lowest - 1:
            continue
        if not (
            math.isclose(power, round(power), abs_tol=1e-6) or sum(haves.count(one) for one in {lowest}) > 1
        ):
            continue
        clipped = [max(want, lowest) for want in wants]
        added = [float(np.logaddexp(want, lowest)) for want in wants]
        if not any(
            all(
                math.isclose(one, have, rel_tol=1e-6, abs_tol=1e-9)
                for one, have in zip(made, haves, strict=True)
            )
            for made in (clipped, added)
        ):
            continue
        return (
            f"never beyond {sign * lowest:.6g}, which is {'minus ' if sign < 0 else ''}the logarithm of "
            f"{_power_of_ten(power)}: a tiny number was added or the value clipped before the logarithm, and "
            "what lies beyond is lost"
        )
    return None


def _power_of_ten(power: float) -> str:
    whole = round(power)
    if math.isclose(power, whole, abs_tol=1e-6):
        return f"1e{whole}"
    exponent = math.floor(power)
    return f"{10 ** (power - exponent):.4g}e{exponent}"


def _with_the_other_sign(samples: Sequence[Sample]) -> str | None:
    """Return a change that explains the answers with their sign turned, when it is wrong as well."""
    try:
        turned = [Sample(one.expected, -_numbers(one.got), one.arguments) for one in samples]
    except TypeError:
        return None
    told = (
        _first_fitting(CHANGES, turned)
        or _constantly_off([one for one in turned if one])
        or _by_an_argument(turned)
    )
    return f"of the other sign, and but for that it is {told}" if told else None


# Where the wrong ones are ------------------------------------------------------------------------------


def somewhere(samples: Sequence[Sample]) -> str | None:
    """Return where the answers are wrong, or what they are in exactly the wrong cases."""
    return (
        _entries(samples)
        or _beginning(samples)
        or _confusion(samples)
        or _where(samples)
        or _in_the_wrong_ones(samples)
    )


def _in_the_wrong_ones(samples: Sequence[Sample]) -> str | None:
    """Return the change that explains all wrong answers, some others being right."""
    wrong = [one for one in samples if not one.is_right]
    count = len(samples) - len(wrong)
    if not count or len(wrong) < 2 or (len(wrong) < 3 and isinstance(wrong[0].expected, int)):
        return None
    told = _first_fitting(CHANGES, wrong)
    return told and f"right in {count} of {len(samples)} cases, and in the others {told}"


_PLACES: tuple[tuple[str, int, Callable[[Any], Any]], ...] = (
    ("the first entry", 1, lambda e: np.arange(len(e)) == 0),
    ("the last entry", 1, lambda e: np.arange(len(e)) == len(e) - 1),
    ("the diagonal", 2, lambda e: np.eye(*e.shape, dtype=bool)),
    ("the first row", 2, lambda e: np.indices(e.shape)[0] == 0),
    ("the last row", 2, lambda e: np.indices(e.shape)[0] == len(e) - 1),
    ("the first column", 2, lambda e: np.indices(e.shape)[1] == 0),
    ("the last column", 2, lambda e: np.indices(e.shape)[1] == e.shape[1] - 1),
    ("the entries below the diagonal", 2, lambda e: np.tril(np.ones(e.shape), -1) > 0),
    ("the entries above the diagonal", 2, lambda e: np.triu(np.ones(e.shape), 1) > 0),
    ("the entries that should be zero", 0, lambda e: e == 0),
    ("the entries that should be nan", 0, np.isnan),
    ("the entries that should be negative", 0, lambda e: e < 0),
    ("the entries that should be positive", 0, lambda e: e > 0),
)


def _entries(samples: Sequence[Sample]) -> str | None:
    """Return the one place in arrays at which entries are wrong, all others being right."""
    try:
        pairs = [(_numbers(_vector(one.expected)), _numbers(_vector(one.got))) for one in samples]
    except (TypeError, ValueError):
        return None
    if any(want.shape != have.shape for want, have in pairs):
        return None
    masks = [~np.isclose(have, want, rtol=1e-8, atol=1e-10, equal_nan=True) for want, have in pairs]
    wrong = sum(int(mask.sum()) for mask in masks)
    if wrong < 2 or (sum(mask.size for mask in masks) < 2 * wrong and len(masks) < 3):
        return None
    values = np.concatenate([have[mask] for (_, have), mask in zip(pairs, masks, strict=True)])
    same = f", where it is {_entry(values[0])}" if np.allclose(values, values[0], equal_nan=True) else ""
    for words, dimensions, place in _PLACES:
        if any(dimensions and want.ndim != dimensions for want, _ in pairs):
            continue
        places = [place(want) for want, _ in pairs]
        # At the place something is wrong in every case that has it, and something elsewhere is right.
        if all(not (mask & ~where).any() for mask, where in zip(masks, places, strict=True)) and all(
            mask.any() for mask, where in zip(masks, places, strict=True) if where.any()
        ):
            rest = [(want, ~where) for (want, _), where in zip(pairs, places, strict=True)]
            if not any(where.any() for _, where in rest):
                continue
            if "zero" not in words and not any(want[where].any() for want, where in rest):
                continue  # everything is wrong that is not zero
            return f"right but for {words}{same}"
    return None


def _beginning(samples: Sequence[Sample]) -> str | None:
    """Say so where lists begin right in all cases, and go on wrongly."""
    lengths = []
    for one in samples:
        try:
            want, have = _vector(one.expected), _vector(one.got)
        except TypeError:
            return None
        if want.shape != have.shape or not len(want):
            return None
        right = [agree(first, second) for first, second in zip(want, have, strict=True)]
        if not all(right):
            lengths.append((right.index(False), len(want)))
            if any(right[right.index(False) :]):
                return None
    if len(lengths) < 2 or len({begins for begins, _ in lengths}) > 1 or not lengths[0][0]:
        return None
    count = lengths[0][0]
    place = "the first entry or row" if count == 1 else f"the first {count} entries or rows"
    return f"right in {place}, and wrong from the next one on"


def _entry(value: Any) -> str:
    return brief(float(value)).removesuffix(".0")


def _confusion(samples: Sequence[Sample]) -> str | None:
    """Say so where exactly one of several possible answers is wrong, and always in the same way."""
    kinds = (str, bool, int, type(None))
    if not all(type(one.expected) in kinds and type(one.got) in (*kinds, float) for one in samples):
        return None
    wrong = [one for one in samples if not one.is_right]
    right = [one for one in samples if one.is_right]
    texts = {one.expected for one in samples if isinstance(one.expected, str)}
    for one in wrong:
        if isinstance(one.got, str) and texts and one.got not in texts:
            plain = _letters(one.got)
            for text in sorted(texts):
                if plain == _letters(text):
                    return f"in one case {one.got!r}, which is written {text!r} here"
    if len({brief(one.expected) for one in wrong}) > 1 or len(right) < 2:
        return None
    wanted, said = wrong[0].expected, {brief(one.got) for one in wrong}
    if type(wanted) is int and wanted and len(wrong) < 2:
        return None  # one number among many says nothing of a kind
    if any(one.expected == wanted and type(one.expected) is type(wanted) for one in right) or len(said) > 1:
        return None
    return f"right but for one kind of case: where {brief(wanted)} is expected it is {said.pop()}"


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _dimensions(value: Value) -> int:
    return value.ndim if isinstance(value, np.ndarray) else int(isinstance(value, list))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has(value: Value, test: Callable[[Any], Any]) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and bool(np.any(test(value)))


_CONDITIONS: tuple[tuple[str, Callable[[Value], bool]], ...] = (
    ("{} is negative", lambda value: _is_number(value) and value < 0),
    ("{} is zero", lambda value: _is_number(value) and value == 0),
    ("{} is positive", lambda value: _is_number(value) and value > 0),
    ("{} is larger than 1", lambda value: _is_number(value) and value > 1),
    ("{} is 1", lambda value: _is_number(value) and value == 1),
    ("{} is odd", lambda value: type(value) is int and value % 2 == 1),
    ("{} is even", lambda value: type(value) is int and value % 2 == 0),
    ("{} is True", lambda value: value is True),
    ("{} is False", lambda value: value is False),
    ("{} is empty", lambda value: _dimensions(value) > 0 and len(value) == 0),
    ("{} has a single entry or row", lambda value: _dimensions(value) > 0 and len(value) == 1),
    ("{} has more than one entry or row", lambda value: _dimensions(value) > 0 and len(value) > 1),
    ("{} has more than two entries or rows", lambda value: _dimensions(value) > 0 and len(value) > 2),
    ("there is a zero in {}", lambda value: _has(value, lambda array: array == 0)),
    ("there is a negative number in {}", lambda value: _has(value, lambda array: array < 0)),
    ("there is a nan in {}", lambda value: _has(value, np.isnan)),
    ("there is an infinite number in {}", lambda value: _has(value, np.isinf)),
    ("a number comes twice in {}", lambda value: _has(value, _twice)),
)  # fmt: skip
_RELATIONS: tuple[tuple[str, Callable[[float, float], bool]], ...] = (
    ("{} is smaller than {}", lambda one, other: one < other),
    ("{} is equal to {}", lambda one, other: one == other),
    ("{} is larger than {}", lambda one, other: one > other),
    ("{} does not divide {}", lambda one, other: bool(one and other % one)),
)


def _are_mixed(values: Sequence[Value]) -> bool:
    """Return whether there are several odd and several even numbers, so that being odd may be the reason."""
    numbers = {value for value in values if type(value) is int}
    odd = sum(number % 2 for number in numbers)
    return min(odd, len(numbers) - odd) > 1


def _twice(array: Any) -> bool:
    return bool(array.ndim == 1 and len(np.unique(array)) < array.size)


def _where(samples: Sequence[Sample]) -> str | None:
    """Return the one condition on the arguments that tells the wrong cases from the right ones."""
    wrong = [not one.is_right for one in samples]
    if min(sum(wrong), len(wrong) - sum(wrong)) < 2 or len(wrong) < 5:
        return None
    found = [words for words, seen in _conditions(samples) if seen == wrong]
    bad = [one for one in samples if not one.is_right]
    told = _first_fitting((*CHANGES, *LOSSES), bad, least=2)
    if len(found) == 1:
        return f"wrong exactly where {found[0]}, and right elsewhere" + (
            f": there it is {told}" if told else ""
        )
    return None


def _conditions(samples: Sequence[Sample]) -> Iterator[tuple[str, list[bool]]]:
    names = list(samples[0].arguments)
    for name in names:
        values = [one.arguments.get(name) for one in samples]
        for words, holds in _CONDITIONS:
            if words.endswith(("odd", "even")) and not _are_mixed(values):
                continue
            yield words.format(f"`{name}`"), [holds(value) for value in values]
        for text in sorted({value for value in values if isinstance(value, str) and len(value) < 20}):
            yield f"`{name}` is {text!r}", [value == text for value in values]
    for first, second in itertools.permutations(names, 2):
        pairs = [(one.arguments.get(first), one.arguments.get(second)) for one in samples]
        if all(_is_number(one) and _is_number(other) for one, other in pairs):
            for words, relation in _RELATIONS:
                if first < second or "divide" in words:
                    yield (
                        words.format(f"`{first}`", f"`{second}`"),
                        [relation(one, other) for one, other in pairs],  # type: ignore[arg-type]
                    )
