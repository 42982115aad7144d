"""Say where answers are wrong: at which entries, for which answers, under which condition."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from course_lib.exercises.compare.differences import agree
from course_lib.exercises.compare.transformations import (
    CHANGES,
    LOSSES,
    Sample,
    Value,
    as_numbers,
    first_fitting,
    is_number,
    vector,
)
from course_lib.exercises.plain_values import brief

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
    told = first_fitting(CHANGES, wrong)
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
        pairs = [(as_numbers(vector(one.expected)), as_numbers(vector(one.got))) for one in samples]
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
            want, have = vector(one.expected), vector(one.got)
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
    strangers = [one.got for one in wrong if isinstance(one.got, str) and one.got not in texts]
    if strangers and 1 < len(texts) < len(samples) / 2:
        return f"in one case {brief(strangers[0])}, which no case expects: take the texts as they are given"
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


def _has(value: Value, test: Callable[[Any], Any]) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and bool(np.any(test(value)))


_CONDITIONS: tuple[tuple[str, Callable[[Value], bool]], ...] = (
    ("{} is negative", lambda value: is_number(value) and value < 0),
    ("{} is zero", lambda value: is_number(value) and value == 0),
    ("{} is positive", lambda value: is_number(value) and value > 0),
    ("{} is larger than 1", lambda value: is_number(value) and value > 1),
    ("{} is 1", lambda value: is_number(value) and value == 1),
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
    told = first_fitting((*CHANGES, *LOSSES), bad, least=2)
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
        if all(is_number(one) and is_number(other) for one, other in pairs):
            for words, relation in _RELATIONS:
                if first < second or "divide" in words:
                    yield (
                        words.format(f"`{first}`", f"`{second}`"),
                        [relation(one, other) for one, other in pairs],  # type: ignore[arg-type]
                    )
