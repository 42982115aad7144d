"""What an answer returns on the cases, as a short text: answers that return the same have the same one."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.exercises.running import Outcome, Raised, Returned, Run

DIGITS = 6  # of a number; what differs behind them is how it was computed
MOST_VALUES = 20_000  # of an array


def behaviour_of(runs: Sequence[Run]) -> str:
    """Return what stands for the outcomes of some cases; numbers count as equal when they nearly are."""
    told = [[_outcome(outcome) for outcome in run.outcomes] for run in runs]
    return hashlib.sha256(repr(told).encode("utf-8", errors="replace")).hexdigest()[:16]


def _outcome(outcome: Outcome) -> Any:
    match outcome:
        case Returned(value=value, changed=changed):
            return "returned", _value(value), {place: _value(one) for place, one in changed.items()}
        case Raised(kind=kind):
            return "raised", kind
        case _:
            return "slow"


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, [_value(one) for one in value.ravel()[:MOST_VALUES].tolist()]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.number) and not isinstance(value, np.complexfloating):
        try:
            return f"{float(value) + 0.0:.{DIGITS}g}"
        except OverflowError:
            return str(value)
    if isinstance(value, list | tuple):
        return [_value(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _value(one) for key, one in value.items()}
    return repr(value)[:1_000]
