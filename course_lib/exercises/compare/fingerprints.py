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


def digits_within(rtol: float) -> int:
    """Return how many digits have to agree where values may differ by a share of themselves.

    Beyond what a comparison asks for, digits are those of the machine: float32 has seven, and the last of
    them depends on the order in which a processor adds up.
    """
    return max(min(DIGITS, round(-math.log10(rtol))), 2) if rtol > 0 else DIGITS


def fingerprint(stream: tuple[str, int], values: Any, digits: int = DIGITS) -> int:
    """Return a number that is equal for equal answers, whatever they are held in."""
    name, part = stream
    return zlib.crc32(f"{name}.{part}:{_form(values, digits)}".encode())


def _form(value: Any, digits: int) -> str:
    match value:
        case None | str():
            return repr(value)
        case Opaque():
            return "object"
        case dict():
            return (
                "{"
                + ",".join(
                    sorted(f"{_form(key, digits)}:{_form(item, digits)}" for key, item in value.items())
                )
                + "}"
            )
        case list() | tuple():
            return "[" + ",".join(_form(item, digits) for item in value) + "]"
        case np.ndarray() if value.ndim:
            return "[" + ",".join(_form(item, digits) for item in value) + "]"
        case np.ndarray():
            return _form(value.item(), digits)
        case np.generic():
            return _form(value.item(), digits)
    try:
        number = float(value)
    except OverflowError:
        return str(value)
    return "0" if abs(number) < 1e-9 else f"{number:.{digits}g}"
