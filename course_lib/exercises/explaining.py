"""Find out what is wrong in all cases together: from the values, and from the fingerprints of usual slips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.exercises.compare import explanations, places
from course_lib.exercises.compare.differences import RTOL
from course_lib.exercises.compare.fingerprints import FLOAT32, digits_within, fingerprints_nearby, streams
from course_lib.exercises.compare.transformations import Sample
from course_lib.exercises.plain_values import Opaque
from course_lib.exercises.questions import Question
from course_lib.exercises.running import Call, Outcome, Raised, Returned, Run


@dataclass(frozen=True, eq=False)
class Answered:
    """One call of a case that came back where one was expected to."""

    name: str
    step: Call
    expected: Any
    got: Any


def answered(question: Question, outcomes: Sequence[Sequence[Outcome]]) -> list[Answered] | None:
    """Return the calls of all cases with what came back, None where an outcome is of another kind."""
    found = []
    ignored = question.comparison.options.get("ignore", ())
    for case, made in zip(question.cases, outcomes, strict=False):
        if len(made) < len(case.expected):
            return None
        for step, wanted, got in zip(case.calls, case.expected, made, strict=True):
            if isinstance(wanted, Raised):
                if not isinstance(got, Raised) or not got.is_a(wanted.kind):
                    return None
                continue
            if not isinstance(wanted, Returned) or not isinstance(got, Returned):
                return None
            if wanted.changed.keys() != got.changed.keys():
                return None
            if step.target not in ignored and not isinstance(wanted.value, Opaque):
                name = step.target.rpartition(".")[2]
                found.append(Answered(name, step, wanted.value, got.value))
    return found


def explanation(question: Question, runs: Sequence[Run]) -> str | None:
    """Return what is wrong in all cases together in a sentence, None where nothing is sure."""
    if question.comparison.name != "close" or len(runs) < len(question.cases):
        return None
    found = answered(question, [run.outcomes for run in runs])
    if not found:
        return None
    samples = _samples(question, found)
    wrong = {key: some for key, some in samples.items() if not all(one.is_right for one in some)}
    for way in (explanations.plainly, explanations.changed, None, explanations.lost, places.somewhere):
        for key, some in wrong.items():
            told = way(some) if way else _slip(question, key, some)
            if told:
                return f"{_what(key, samples)} is {told}.{_others(key, samples)}"
    return None


def share_that_is_right(question: Question, runs: Sequence[Run], right: Sequence[bool]) -> str:
    """Return which part of the answers is right, or in how many cases; an empty text where there is none."""
    found = (
        answered(question, [run.outcomes for run in runs]) if question.comparison.name == "close" else None
    )
    if found and len(runs) >= len(question.cases):
        samples = _samples(question, found)
        wrong = {name for (name, _), some in samples.items() if not all(one.is_right for one in some)}
        if not wrong and question.comparison.options.get("float64"):
            return ""  # their digits are wrong, which no value shows
        if right_ones := sorted(_own_names(question) & {name for name, _ in samples} - wrong):
            named = " and ".join(f"`{name}`" for name in right_ones)
            return f"What {named} {'gives' if len(right_ones) == 1 else 'give'} is right everywhere."
        for key, some in samples.items():
            if key[1] and not all(one.is_right for one in some) and (words := _others(key, samples)):
                return words.strip()
    count = sum(right)
    if not count:
        return ""
    return f"{count} of {len(question.cases)} cases {'is' if count == 1 else 'are'} right."


def _own_names(question: Question) -> set[str]:
    """Return the names of the functions and methods that the learner has written."""
    names = set(question.defines)
    for case in question.cases:
        for step in case.calls:
            first, _, method = step.target.partition(".")
            if first.isdigit() and case.calls[int(first)].target in question.defines:
                names.add(method)
    return {name for name in names if not name.startswith("__")}


def _samples(question: Question, found: Sequence[Answered]) -> dict[tuple[str, int], list[Sample]]:
    """Return the answers, whole and in parts, each with what was expected and the arguments."""
    expected = streams([(one.name, one.expected) for one in found])
    got = streams([(one.name, _listed(one.expected, one.got)) for one in found])
    names = question.parameters()
    samples = {}
    for key in [key for key in expected if key in got]:
        made = [one for one in found if key[0] in ("", one.name)]
        samples[key] = [
            Sample(want, have, _arguments(names, one.step), _beside(one.expected, key[1]))
            for want, have, one in zip(expected[key], got[key], made, strict=True)
        ]
    return samples


def _arguments(names: dict[str, list[str]], step: Call) -> dict[str, Any]:
    return dict(zip(names.get(step.target, ()), step.arguments or (), strict=False))


def _beside(answer: Any, part: int) -> dict[str, Any]:
    """Return the other parts of an expected answer."""
    if not part:
        return {}
    return {f"answer number {place}": one for place, one in enumerate(answer, 1) if place != part}


def _listed(expected: Any, got: Any) -> Any:
    """Return an answer of several values as a list, also where it came as one array."""
    is_several = isinstance(expected, list | tuple) and all(
        isinstance(one, bool | int | float) for one in expected
    )
    is_several = is_several and isinstance(got, np.ndarray) and got.ndim == 1
    return got.tolist() if is_several else got


def _slip(question: Question, key: tuple[str, int], samples: Sequence[Sample]) -> str | None:
    seen = fingerprints_nearby(key, [one.got for one in samples], digits_of(question))
    told = (words for words, marks in question.slips if not seen.isdisjoint(marks))
    return next((f"what comes out when {words}" for words in told), None)


def digits_of(question: Question) -> int:
    """Return the significant digits in which the answers of different machines agree."""
    usual = FLOAT32 if "tensorflow" in question.packages else RTOL
    return digits_within(question.comparison.options.get("rtol", usual))


def _what(key: tuple[str, int], samples: dict[tuple[str, int], list[Sample]]) -> str:
    name, part = key
    several = len({name for name, _ in samples if name}) > 1
    if part:
        count = sum(other == name and bool(place) for other, place in samples)
        return f"Number {part} of the {count} answers" + (f" of `{name}`" if several else "")
    if name == "__call__":
        return "What your function gives when it is called"
    return f"What `{name}` returns" if several and name else "Your answer"


def _others(key: tuple[str, int], samples: dict[tuple[str, int], list[Sample]]) -> str:
    """Return a sentence on the other parts of an answer where they are all right or all wrong."""
    name, part = key
    parts = {
        place: all(one.is_right for one in some)
        for (other, place), some in samples.items()
        if other == name and place
    }
    right = [place for place, is_right in parts.items() if is_right]
    if not part or not right:
        return ""
    wrong = [str(place) for place, is_right in parts.items() if not is_right and place != part]
    if wrong:
        return f" Number {' and '.join(map(str, right))} is right everywhere."
    return " The other one is right." if len(parts) == 2 else " The others are right."
