"""Say of what the answers of all cases are made: other values of the exercise, and how far off they are."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from course_lib.exercises.compare.differences import agree
from course_lib.exercises.compare.transformations import (
    CHANGES,
    Change,
    Sample,
    Value,
    as_numbers,
    first_fitting,
    is_array,
    is_number,
    items,
    plain_number,
    table,
    vector,
)
from course_lib.exercises.plain_values import brief


def one_place_on(samples: Sequence[Sample]) -> str | None:
    """Say so where the entries of lists come one place too late or too early, with others at the free end."""
    try:
        pairs = [(vector(one.expected), vector(one.got)) for one in samples]
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


def positions(samples: Sequence[Sample]) -> str | None:
    """Say so where a position was given for what stands there, or the other way round."""
    first = samples[0]
    for name in (*first.arguments, *first.beside):
        rows: list[Any] = [{**one.arguments, **one.beside}.get(name) for one in samples]
        where = f"`{name}`" if name in first.arguments else name
        if not all(isinstance(row, list) or is_array(row) for row in rows):
            continue
        lists = [np.asarray(row).ravel().tolist() if is_array(row) else row for row in rows]
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


def whole_or_not(samples: Sequence[Sample]) -> str | None:
    """Say so where fractions came for whole numbers, or whole numbers only for fractions."""
    try:
        pairs = [(as_numbers(one.expected), as_numbers(one.got)) for one in samples]
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
    ("the means of the columns of {}", lambda x: np.mean(table(x), axis=0)),
    ("the means of the rows of {}", lambda x: np.mean(table(x), axis=1)),
    ("the sums of the columns of {}", lambda x: np.sum(table(x), axis=0)),
    ("the sums of the rows of {}", lambda x: np.sum(table(x), axis=1)),
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


def made_of_arguments(samples: Sequence[Sample]) -> str | None:
    """Return from which of the arguments the answers of all cases are made, and how."""
    if len({brief(one.got) for one in samples}) < 3:
        return None
    names = list(samples[0].arguments)
    for name in names:
        values: list[tuple[Any, ...]] = [(one.arguments.get(name),) for one in samples]
        if all(is_array(one) and one.dtype.kind in "iuf" and one.size for (one,) in values):
            for (words, make), (after, then) in itertools.product(_STATISTICS, _AFTERWARDS):
                if _are_made(samples, values, lambda one, make=make, then=then: then(make(one))):
                    return after.format(words.format(f"`{name}`"))
    for first, second in itertools.permutations(names, 2):
        pairs = [(one.arguments.get(first), one.arguments.get(second)) for one in samples]
        if all(is_number(one) and is_number(other) for one, other in pairs):
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


def stretched_table(samples: Sequence[Sample]) -> str | None:
    """Say so where an array of n entries was expected and a table of n times n came in every case."""
    shapes = [
        (one.expected.shape, one.got.shape) for one in samples if is_array(one.expected) and is_array(one.got)
    ]
    if len(shapes) < len(samples) or any(len(want) != 1 or have != (*want, *want) for want, have in shapes):
        return None
    if max(want[0] for want, _ in shapes) < 2:
        return None
    return (
        "a table with a row and a column for each entry: something of shape (n, 1) has met something of "
        "shape (n,), and both were stretched"
    )


def members(samples: Sequence[Sample]) -> str | None:
    """Say how lists of positions or names differ from the expected ones, taken as sets."""
    try:
        pairs = [(items(one.expected), items(one.got)) for one in samples]
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


def constantly_off(samples: Sequence[Sample]) -> str | None:
    """Say so where all answers are the same number of times, or the same amount, what is expected."""
    try:
        pairs = [(as_numbers(one.expected), as_numbers(one.got)) for one in samples]
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


def by_an_argument(samples: Sequence[Sample]) -> str | None:
    """Return whether the answers are off by a factor or amount that is an argument, or a size of one."""
    for what, factors in _factors(samples):
        if len(set(factors)) < 2 or not all(map(math.isfinite, factors)):
            continue
        pairs = [
            Sample((one.expected, factor), one.got) for one, factor in zip(samples, factors, strict=True)
        ]
        for words, change in (
            (f"right, and multiplied by {what}", lambda pair: as_numbers(pair[0]) * pair[1]),
            (f"right, and divided by {what}", lambda pair: as_numbers(pair[0]) / pair[1]),
            (f"too large by {what}", lambda pair: as_numbers(pair[0]) + pair[1]),
            (f"too small by {what}", lambda pair: as_numbers(pair[0]) - pair[1]),
            (f"too large by half of {what}", lambda pair: as_numbers(pair[0]) + pair[1] / 2),
            (f"too small by half of {what}", lambda pair: as_numbers(pair[0]) - pair[1] / 2),
            (f"right, and divided by twice {what}", lambda pair: as_numbers(pair[0]) / pair[1] / 2),
            (f"right, and multiplied by twice {what}", lambda pair: as_numbers(pair[0]) * pair[1] * 2),
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


def a_tiny_number(samples: Sequence[Sample]) -> str | None:
    """Recognise a logarithm that cannot get beyond that of a tiny number: one added, or clipped to."""
    try:
        pairs = [(plain_number(one.expected), plain_number(one.got)) for one in samples]
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


def with_the_other_sign(samples: Sequence[Sample]) -> str | None:
    """Return a change that explains the answers with their sign turned, when it is wrong as well."""
    try:
        turned = [Sample(one.expected, -as_numbers(one.got), one.arguments) for one in samples]
    except TypeError:
        return None
    told = (
        first_fitting(CHANGES, turned)
        or constantly_off([one for one in turned if one])
        or by_an_argument(turned)
    )
    return f"of the other sign, and but for that it is {told}" if told else None
