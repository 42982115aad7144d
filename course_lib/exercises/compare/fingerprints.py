"""Know again what a slip leads to, without keeping its values: a short number for all that came back.

A question carries, for each usual slip, only such fingerprints. They tell a learner which slip it was, and
nobody can read the answer from them.
"""

import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.exercises.plain_values import Opaque

DIGITS = 8  # significant digits that have to agree
FLOAT32 = 1e-6  # the tolerance of what TensorFlow computes, where an exercise names none
NOISE = 2e-6  # how far two machines' sums of float32 may be apart: processors add in different orders


def streams(returned: Sequence[tuple[str, Any]]) -> dict[tuple[str, int], list[Any]]:
    """Return what came back in all cases: all of it, that of each function, and part by part.

    Parameters
    ----------
    returned
        What each call returned, with the name of what was called, over all cases.

    Returns
    -------
    dict
        Lists of values under (name, part). The part is 0 for whole answers, and the name is empty for those
        of all functions together.
    """
    found: dict[tuple[str, int], list[Any]] = {}
    for name, value in returned:
        found.setdefault((name, 0), []).append(value)
    for (name, _), values in list(found.items()):
        count = len(values[0]) if isinstance(values[0], list | tuple) else 0
        if 2 <= count <= 4 and all(isinstance(one, list | tuple) and len(one) == count for one in values):
            for part in range(count):
                found[name, part + 1] = [one[part] for one in values]
    if len({name for name, _ in returned}) > 1:
        found["", 0] = [value for _, value in returned]
    return found


def fingerprint(stream: tuple[str, int], values: Any, digits: int = DIGITS, factor: float = 1.0) -> int:
    """Return a number that is equal for equal answers, whatever they are held in.

    Parameters
    ----------
    stream
        Which answers these are, as `streams` names them.
    values
        The answers.
    digits
        The significant digits in which equal answers agree.
    factor
        Every number is multiplied by it first.
    """
    name, part = stream
    return zlib.crc32(f"{name}.{part}:{_form(values, digits, factor)}".encode())


def fingerprints_nearby(stream: tuple[str, int], values: Any, digits: int) -> set[int]:
    """Return the fingerprints of some answers as other machines may have computed them.

    One number may stand so near to where it is rounded up that another machine rounds it down.
    """
    factors = (1.0,) if digits == DIGITS else (1.0, 1.0 - NOISE, 1.0 + NOISE)
    return {fingerprint(stream, values, digits, factor) for factor in factors}


def digits_within(rtol: float) -> int:
    """Return how many significant digits are the same wherever answers agree within a relative tolerance."""
    return min(DIGITS, max(4, round(-math.log10(rtol)) - 1))


def _form(value: Any, digits: int, factor: float) -> str:
    def form(item: Any) -> str:
        return _form(item, digits, factor)

    match value:
        case None | str():
            return repr(value)
        case Opaque():
            return "object"
        case dict():
            return "{" + ",".join(sorted(f"{form(key)}:{form(item)}" for key, item in value.items())) + "}"
        case list() | tuple():
            return "[" + ",".join(map(form, value)) + "]"
        case np.ndarray() if value.ndim:
            return "[" + ",".join(map(form, value)) + "]"
        case np.ndarray() | np.generic():
            return form(value.item())
    try:
        number = float(value) * factor
    except OverflowError:
        return str(value)
    return "0" if abs(number) < 0.1 ** (digits + 1) else f"{number:.{digits}g}"
