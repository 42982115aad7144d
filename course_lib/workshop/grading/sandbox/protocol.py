"""How the grader and a student's process talk: one line of JSON a message, plain values, no pickle.

Values have the form of `course_lib.exercises.plain_values`. What comes out of a student's process is
untrusted: its size, depth and types are checked here before anything is made of it.
"""

import gc
import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from course_lib.exercises.running import Outcome, Raised, Returned, Run, TooSlow, outcome_from_json

MOST_BYTES = 24 * 2**20  # of one message
MOST_NODES = 1_100_000  # of one message: a little more than the numbers that one answer may hold
DEEPEST = 90
DTYPES = frozenset(
    {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "str"}
    | {"float16", "float32", "float64"}
)
ESCAPED_HALF = re.compile(rb"\\u[dD][89a-fA-F]")  # of a character pair, as JSON may write it
# Of one dictionary. Keys can be chosen so that the next costs as many steps as there are: many smaller ones
# may cost as much together as this one alone.
MOST_KEYS = 2_000
MOST_TEXT = 200_000  # characters of one text
ONLY_ARGUMENTS = frozenset({"tensor", "variable", "generator", "given", "result"})


class ForgedError(ValueError):
    """A message that follows no protocol, or is larger than any honest one."""


def to_line(message: dict[str, Any]) -> bytes:
    """Write one message as one line of bytes."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> dict[str, Any]:
    """Read one message from untrusted bytes.

    Raises
    ------
    ForgedError
        If the line is no JSON object, or one that is too deep.

    Notes
    -----
    A lone half of a character pair can be written in JSON and in no file: it is replaced here, once for all.
    """
    gc.disable()  # many small lists are no garbage, and looking for some among them takes seconds
    try:
        message = json.loads(line.decode("utf-8", errors="replace"))
        if ESCAPED_HALF.search(line):
            text = json.dumps(message, ensure_ascii=False)
            message = json.loads(text.encode("utf-8", errors="replace"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise ForgedError(f"not JSON: {type(error).__name__}") from error
    finally:
        gc.enable()
    if not isinstance(message, dict):
        raise ForgedError("a message is a JSON object")
    return message


def run_from_json(forms: Any, calls: int) -> Run:
    """Read what happened in one case from an untrusted message.

    Parameters
    ----------
    forms : object
        The outcomes as JSON.
    calls : int
        How many calls the case has: there can be no more outcomes.

    Raises
    ------
    ForgedError
        If it is not what an honest process would send.
    """
    if not isinstance(forms, list) or not 1 <= len(forms) <= calls:
        raise ForgedError("a case has an outcome for each of its calls")
    _check_shape(forms)
    try:
        outcomes = tuple(_shortened(outcome_from_json(form)) for form in forms)
    except Exception as error:  # whatever reading stumbles over: it was made to stumble
        raise ForgedError(f"no outcome: {type(error).__name__}") from error
    _check_order(outcomes, calls)
    return Run(outcomes)


def _check_order(outcomes: Sequence[Outcome], calls: int) -> None:
    """Refuse outcomes after one that did not return, and a case that stops short without one."""
    if not all(isinstance(outcome, Returned) for outcome in outcomes[:-1]):
        raise ForgedError("a case ends at the first call that does not return")
    if isinstance(outcomes[-1], Returned) and len(outcomes) < calls:
        raise ForgedError("a case ends only where a call does not return")


def _shortened(outcome: Outcome) -> Outcome:
    """Return an outcome whose texts are no longer than an honest process sends them."""
    if isinstance(outcome, Raised):
        return replace(
            outcome,
            kind=outcome.kind[:80],
            message=outcome.message[:1_000],
            line=outcome.line[:300],
            parents=tuple(parent[:80] for parent in outcome.parents[:20]),
        )
    if isinstance(outcome, TooSlow):
        return replace(outcome, line=outcome.line[:300])
    return outcome


def _check_shape(form: Any) -> None:
    """Walk through a message level by level and refuse what could grow when it is decoded."""
    level, seen, steps = [form], 0, 0
    for _ in range(DEEPEST + 1):
        deeper: list[Any] = []
        for item in level:
            if type(item) is dict:
                steps += _check_object(item)
            elif any(type(part) is str and len(part) > MOST_TEXT for part in item):
                raise ForgedError("a text that is longer than any answer's")
            inside = item.values() if type(item) is dict else item
            seen += len(inside)
            if seen > MOST_NODES or steps > MOST_KEYS**2:
                raise ForgedError("too many values")
            deeper += [part for part in inside if type(part) in (dict, list)]
        if not deeper:
            return
        level = deeper
    raise ForgedError("nested too deep")


def _check_object(item: dict[str, Any]) -> int:
    """Refuse an object that no honest process writes; return how many steps it may take to make its keys."""
    if len(item) > MOST_KEYS:
        raise ForgedError("an object of more keys than any answer has")
    if ONLY_ARGUMENTS & item.keys():
        raise ForgedError("an argument's marker is no answer")
    dtype = item.get("dtype", "float64")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ForgedError("no dtype of numbers, booleans or text")
    if dtype == "str" and "array" in item:
        _check_texts(item["array"])
    pairs = item.get("dict", [])
    if not isinstance(pairs, list) or len(pairs) > MOST_KEYS:
        raise ForgedError("a dictionary of more keys than any answer has")
    shape = item.get("shape", [])
    honest = isinstance(shape, list) and len(shape) <= 32 and all(type(size) is int for size in shape)
    if not honest or any(size < 0 for size in shape) or math.prod(shape) > MOST_NODES:
        raise ForgedError("no shape of an array")
    return len(item) ** 2 + len(pairs) ** 2


def _check_texts(content: Any) -> None:
    """Refuse an array of texts that would grow: each of them takes as much room as the longest."""
    longest, count, level = 0, 0, [content]
    while level:
        item = level.pop()
        if isinstance(item, list):
            level += item
        else:
            longest, count = max(longest, len(str(item))), count + 1
    if longest * count > MOST_BYTES // 4:
        raise ForgedError("texts that take more room than any answer")


def texts(content: Any, most: int = 100, length: int = 500) -> list[str]:
    """Return the texts of an untrusted list, as many and as long as honest ones are."""
    if not isinstance(content, list):
        return []
    return [item[:length] for item in content[:most] if isinstance(item, str)]


def number(content: Any) -> int:
    """Return an untrusted whole number, 0 if it is none."""
    return content if type(content) is int and 0 <= content < 10**9 else 0
