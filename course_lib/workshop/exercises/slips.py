"""What the usual slips lead to, found by making them: a sentence for a mistake that nobody listed.

A solution is changed in one small place, or is given its arguments in a usual wrong way (one of them left
out, without its sign, transposed, two of them in each other's place). What comes out in the public cases is
kept as a fingerprint with a sentence. A learner whose answers have the same fingerprint has made that slip,
or one that cannot be told from it in any of the cases.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from course_lib.exercises.compare.differences import difference
from course_lib.exercises.compare.fingerprints import fingerprint, streams
from course_lib.exercises.explaining import Answered, answered, digits_of
from course_lib.exercises.plain_values import Opaque, Tensor
from course_lib.exercises.questions import Question
from course_lib.exercises.running import Call, Returned, Run, perform
from course_lib.exercises.trials import exchanges, with_argument
from course_lib.exercises.verdicts import parameter_names
from course_lib.workshop.exercises.definition import Exercise, run_source
from course_lib.workshop.exercises.mutants import mutants

VAGUE = ("a number has the other sign", "True and False have changed places")  # a number of the solution's
SECONDS = {False: 1.0, True: 5.0}  # for one case of a slip, without and with TensorFlow
ENOUGH = 12.0  # bits that an answer tells; what tells less is met by chance
MOST_PAIRS = 3  # of cases that show that an argument matters
MOST_CAUSES = 2  # a mistake of more possible causes is told by none of them
NO_SLIPS: dict[str, object] = {
    "slips": {},
    "telling": {},
}  # in a stored question: nothing that `with_slips` adds


def with_slips(exercise: Exercise, question: Question) -> Question:
    """Return a question that also knows the usual slips of its exercise, as `(words, fingerprints)`."""
    if exercise.kind != "code" or question.comparison.name != "close":
        return question  # where many answers are right, a slip's values are none of a learner's
    causes: dict[int, list[str]] = {}
    for words, make in _slips(exercise, question):
        for mark in _marks_of(question, make):
            causes.setdefault(mark, []).append(words)
    slips: dict[str, list[int]] = {}
    for mark, several in causes.items():
        named = [one for one in several if "`" in one or " belongs" in one]
        told = list(dict.fromkeys(named or several))
        if len({tuple(sorted(re.findall("`(.*?)`", one))) for one in told}) == 1:
            told = told[:1]  # the same argument in other words
        if len(told) <= MOST_CAUSES:
            slips.setdefault(", or when ".join(told), []).append(mark)
    return replace(
        question,
        slips=tuple((words, tuple(marks)) for words, marks in slips.items()),
        telling=tuple(_telling_arguments(exercise, question)),
    )


def _marks_of(question: Question, make: Callable[[], list[Run]]) -> list[int]:
    """Return the fingerprints of what a slip leads to, if it leads to the same a second time."""
    digits = digits_of(question)
    marks = list(_telling_marks(answered(question, [run.outcomes for run in make()]) or (), digits))
    if marks:
        again = set(_telling_marks(answered(question, [run.outcomes for run in make()]) or (), digits))
        marks = [mark for mark in marks if mark in again]
    return marks


def _telling_arguments(
    exercise: Exercise, question: Question
) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    """Yield each parameter with pairs of cases that show that the solution heeds it."""
    names, solution = question.parameters(), exercise.namespace()
    for name, pairs in exchanges(question).items():
        found: list[tuple[int, int]] = []
        for first, second in pairs:
            if len(found) == MOST_PAIRS or first in [one for one, _ in found]:
                continue
            (step,), (other,) = question.cases[first].calls, question.cases[second].calls
            place = names[step.target].index(name)
            changed = with_argument(step, place, (other.arguments or ())[place])
            run = perform([changed], solution, question.given, SECONDS[bool(exercise.packages)])
            right, seen = question.cases[first].expected[0], run.outcomes[-1]
            if (
                isinstance(right, Returned)
                and isinstance(seen, Returned)
                and difference(right.value, seen.value)
            ):
                found.append((first, second))
        if len(found) > 1:
            yield name, tuple(found)


def _telling_marks(found: Sequence[Answered], digits: int) -> Iterator[int]:
    """Yield the fingerprints of what a slip leads to, where that is wrong and no chance."""
    expected = streams([(one.name, one.expected) for one in found])
    for key, values in streams([(one.name, one.got) for one in found]).items():
        if key not in expected:
            continue
        steps = [one.step for one in found if key[0] in ("", one.name)]
        told = sum(
            _bits(got, _choices(step))
            for want, got, step in zip(expected[key], values, steps, strict=True)
            if difference(want, got)
        )
        is_constant = len(values) > 1 and not any(difference(values[0], value) for value in values)
        if told >= ENOUGH and not is_constant:
            yield fingerprint(key, values, digits)


def _choices(step: Call) -> set[float]:
    """Return the numbers in a call's arguments: an answer that is one of them is a choice, no result."""
    arrays = [
        item for item in step.arguments or () if isinstance(item, np.ndarray) and item.dtype.kind in "iuf"
    ]
    return {float(number) for item in arrays for number in item.ravel()[:1000]}


def _bits(value: Any, choices: set[float]) -> float:
    """Return roughly how much a value tells: how improbable it is that two slips lead to it."""
    match value:
        case None | bool() | Opaque():
            return 0.0 if not isinstance(value, bool) else 1.0
        case str():
            return 2.0
        case dict():
            return sum(_bits(item, choices) for item in value.values())
        case list() if len(value) > 1 and all(type(n) is int and n == k for k, n in enumerate(value)):
            return 1.0  # "all of them" is said for many reasons
        case list() | tuple():
            return sum(_bits(item, choices) for item in value)
        case np.ndarray() if value.ndim:
            return sum(_bits(item, choices) for item in value.ravel()[:100].tolist())
    number = float(value)
    if not np.isfinite(number):
        return 0.0
    if number in choices:
        return float(np.log2(len(choices) + 1))
    return min(float(np.log2(abs(number) + 2)), ENOUGH) if number == int(number) else ENOUGH


def _slips(exercise: Exercise, question: Question) -> Iterator[tuple[str, Callable[[], list[Run]]]]:
    """Yield the words of each slip, and what runs the cases with it."""
    same = [case.calls for case in question.cases]
    for words, names in _changed_solutions(exercise):
        yield words, partial(_runs, exercise, question, same, names)
    names = exercise.namespace()
    for words, changed in _changed_arguments(question):
        yield words, partial(_runs, exercise, question, changed, names)


def _runs(
    exercise: Exercise, question: Question, cases: Sequence[Sequence[Call]], names: Mapping[str, Any]
) -> list[Run]:
    """Run the cases up to the first that does not come back."""
    runs = []
    for calls, case in zip(cases, question.cases, strict=True):
        runs.append(perform(calls, names, question.given, SECONDS[bool(exercise.packages)]))
        if len(runs[-1].outcomes) < len(case.expected):
            break
    return runs + [Run(())] * (len(question.cases) - len(runs))


def _changed_solutions(exercise: Exercise) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, mutant in enumerate(mutants(exercise.solution_source, mixed_up=True)):
        names = exercise.namespace()
        try:
            run_source(mutant.source, f"<slip {number} of {exercise.name}>", names)
        except Exception:
            continue
        if mutant.words not in VAGUE:
            yield mutant.words, names


# Arguments taken wrongly ------------------------------------------------------------------------------


def _number(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def changed(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        return change(value)

    return changed


def _array(change: Callable[[Any], Any], dimensions: int = 0) -> Callable[[Any], Any]:
    def changed(value: Any) -> Any:
        if isinstance(value, Tensor):
            return Tensor(changed(value.array))
        if (
            not isinstance(value, np.ndarray)
            or value.ndim < max(dimensions, 1)
            or value.dtype.kind not in "biuf"
        ):
            raise TypeError
        return np.asarray(change(value))

    return changed


def _list(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def changed(value: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError
        return change(value)

    return changed


def _without_column(value: Any, place: int) -> Any:
    changed = value.copy()
    changed[:, place] = 0
    return changed


def _rest(share: float) -> float:
    if not 0 < share < 1:
        raise ValueError
    return 1 - share


_TAKEN_WRONGLY: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("{} plays no part: it counts as 0", _number(lambda value: value * 0)),
    ("{} plays no part: it counts as 1", _number(lambda value: value * 0 + 1)),
    ("{} has the other sign", _number(lambda value: -value)),
    ("{} is taken without its sign", _number(abs)),
    ("{} is one too large", _number(lambda value: value + 1)),
    ("{} is one too small", _number(lambda value: value - 1)),
    ("{} counts twice", _number(lambda value: 2 * value)),
    ("{} counts half", _number(lambda value: value / 2)),
    ("{} and the rest, one minus it, are in each other's place", _number(_rest)),
    ("{} is squared", _number(lambda value: value**2)),
    ("the root of {} is taken", _number(lambda value: value**0.5 if value >= 0 else 1 / 0)),
    ("{} divides instead of multiplying, or the other way round", _number(lambda value: 1 / value)),
    ("{} plays no part: it counts as zeros", _array(np.zeros_like)),
    ("{} plays no part: it counts as ones", _array(np.ones_like)),
    ("{} has the other sign", _array(lambda value: -value)),
    ("{} is taken without its signs", _array(np.abs)),
    ("{} is transposed", _array(np.transpose, 2)),
    ("{} is read backwards", _array(lambda value: value[::-1])),
    ("{} is sorted first", _array(lambda value: np.sort(value, axis=0))),
    ("the first entry or row of {} is left out", _array(lambda value: value[1:])),
    ("the last entry or row of {} is left out", _array(lambda value: value[:-1])),
    ("the first column of {} is left out", _array(lambda value: value[:, 1:], 2)),
    ("the last column of {} is left out", _array(lambda value: value[:, :-1], 2)),
    ("the columns of {} are in each other's place", _array(lambda value: value[:, ::-1], 2)),
    ("the first column of {} plays no part", _array(lambda value: _without_column(value, 0), 2)),
    ("the last column of {} plays no part", _array(lambda value: _without_column(value, -1), 2)),
    ("only the first entry or row of {} is used", _array(lambda value: value[:1])),
    ("the entries of {} are squared", _array(np.square)),
    ("{} is cut to whole numbers", _array(np.trunc)),
    ("{} is taken flat, without its rows", _array(np.ravel, 2)),
    ("{} is read backwards", _list(lambda value: value[::-1])),
    ("{} is sorted first", _list(sorted)),
    ("the first item of {} is left out", _list(lambda value: value[1:])),
    ("the last item of {} is left out", _list(lambda value: value[:-1])),
    ("only the first item of {} is used", _list(lambda value: value[:1])),
)  # fmt: skip


def _changed_arguments(question: Question) -> Iterator[tuple[str, list[list[Call]]]]:
    """Yield the words and the calls of all cases, with one argument changed or two of them swapped."""
    cases = [list(case.calls) for case in question.cases]
    targets = {step.target: len(step.arguments) for case in cases for step in case if step.arguments}
    for target, count in targets.items():
        names = parameter_names(question, target, count)
        for place in range(count):
            if not names[place]:
                continue
            for words, change in _TAKEN_WRONGLY:
                changed = _with_argument(cases, target, place, change)
                if changed is not None:
                    yield words.format(f"`{names[place]}`"), changed
        for first in range(count):
            for second in range(first + 1, count):
                if names[first] and (changed := _with_swapped(cases, target, first, second)):
                    yield f"`{names[first]}` and `{names[second]}` are in each other's place", changed


def _with_argument(
    cases: list[list[Call]], target: str, place: int, change: Callable[[Any], Any]
) -> list[list[Call]] | None:
    """Return the cases with one argument changed wherever it can be, None where that is nowhere."""
    found, done = [], False
    for case in cases:
        steps = []
        for step in case:
            if step.target == target and step.arguments is not None and len(step.arguments) > place:
                arguments = list(step.arguments)
                try:
                    with np.errstate(all="ignore"):
                        arguments[place] = change(arguments[place])
                except (TypeError, ValueError, IndexError, ZeroDivisionError):
                    steps.append(step)
                    continue
                done = True
                step = Call(target, tuple(arguments))
            steps.append(step)
        found.append(steps)
    return found if done else None


def _with_swapped(cases: list[list[Call]], target: str, first: int, second: int) -> list[list[Call]] | None:
    found = []
    for case in cases:
        steps = []
        for step in case:
            if step.target == target and step.arguments is not None and len(step.arguments) > second:
                arguments = list(step.arguments)
                if type(arguments[first]) is not type(arguments[second]):
                    return None
                arguments[first], arguments[second] = arguments[second], arguments[first]
                step = Call(target, tuple(arguments))
            steps.append(step)
        found.append(steps)
    return found
