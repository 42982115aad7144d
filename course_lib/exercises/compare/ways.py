"""The ways in which an answer is held against what was expected.

A comparison takes the calls of one case, what was expected of each call and what came back, all of it
plain values, and returns None when the answer is right, or a sentence that says what is wrong with it.
Exercises choose one by name, `Comparison("close", rtol=1e-6)`. To have another one in the course, write a
function in `course_lib/exercises/compare/properties.py` and list it here. An instructor's own exercise brings
its comparison along, as source: see `own_comparison` of the definitions.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from course_lib.exercises.compare import properties
from course_lib.exercises.compare.differences import close

COMPARISONS: dict[str, Callable[..., str | None]] = {
    "close": close,
    "any_of": properties.any_of,
    "balanced_shards": properties.balanced_shards,
    "decides_alike": properties.decides_alike,
    "falls_short": properties.falls_short,
    "network_decides_alike": properties.network_decides_alike,
    "ranked_oppositely": properties.ranked_oppositely,
    "same_members": properties.same_members,
    "separates": properties.separates,
    "shuffled_stream": properties.shuffled_stream,
    "stratified": properties.stratified,
}
# Those that hold an answer against another one, so that they also tell whether it is a known mistake's.
# The others ask for a property, and a mistake that is none of its own is known by its values.
BY_LIKENESS = {"close", "decides_alike", "network_decides_alike", "same_members"}

OWN = "own"  # an instructor's, whose source is among the options


@cache
def _function(source: str, name: str) -> Callable[..., str | None]:
    """Return the function that a source defines; it knows `np` and `close`."""
    names: dict[str, Any] = {"np": np, "close": close}
    exec(compile(source, f"<comparison {name}>", "exec"), names)
    function: Callable[..., str | None] = names[name]
    return function


def _own(
    calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any], source: str, function: str
) -> str | None:
    """Let an instructor's function compare; an answer that makes it fail is compared by tolerance."""
    try:
        return _function(source, function)(calls, expected, got)
    except Exception as error:
        plain = close(calls, expected, got)
        return plain and f"Your answer has not the form that is asked for ({error}). {plain}"


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
        if name not in COMPARISONS and name != OWN:
            raise ValueError(f"There is no comparison {name!r}; there are {', '.join(COMPARISONS)}.")
        self.name = name
        self.options = options

    def __call__(self, calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any]) -> str | None:
        """Return None if the answer is right, otherwise a sentence that says what is wrong."""
        compare = _own if self.name == OWN else COMPARISONS[self.name]
        return compare(calls, expected, got, **self.options)

    def to_json(self) -> list[Any]:
        """Return the comparison as JSON."""
        return [self.name, self.options]

    @staticmethod
    def from_json(form: list[Any]) -> "Comparison":
        """Return the comparison that `to_json` wrote."""
        name, options = form
        return Comparison(name, **options)
