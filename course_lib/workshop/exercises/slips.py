"""What the usual slips lead to, found by making them: a sentence for a mistake that nobody listed.

A solution is changed in one small place, or is given its arguments in a usual wrong way (one of them left
out, without its sign, transposed, two of them in each other's place). What comes out in the public cases is
kept as a fingerprint with a sentence. A learner whose answers have the same fingerprint has made that slip,
or one that cannot be told from it in any of the cases.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from course_lib.exercises.compare.fingerprints import fingerprint, streams
from course_lib.exercises.plain_values import Tensor
from course_lib.exercises.questions import Question
from course_lib.exercises.running import Call, Raised, Returned, Run, perform
from course_lib.exercises.verdicts import parameter_names
from course_lib.workshop.exercises.definition import Exercise
from course_lib.workshop.exercises.mutants import mutants

VAGUE = ("a number has the other sign", "True and False have changed places")  # a number of the solution's
LATER = ("a step is left out", "something is off by one", "a condition is turned around")
SECONDS = {False: 1.0, True: 5.0}  # for one case of a slip, without and with TensorFlow


def with_slips(exercise: Exercise, question: Question) -> Question:
    """Return a question that also knows the usual slips of its exercise, as `(words, fingerprints)`."""
    if exercise.kind != "code" or question.comparison.name != "close":
        return question  # where many answers are right, a slip's values are none of a learner's
    expected = [case.expected for case in question.cases]
    known = set(_fingerprints(expected).values())
    found: dict[str, list[int]] = {}
    for words, runs in _slips(exercise, question):
        if not _same_kind(expected, [run.outcomes for run in runs]):
            continue
        for one in _fingerprints([run.outcomes for run in runs]).values():
            if one not in known:
                known.add(one)
                found.setdefault(words, []).append(one)
    return replace(question, slips=tuple((words, tuple(marks)) for words, marks in found.items()))


def _fingerprints(outcomes: Sequence[Sequence[Any]]) -> dict[str, int]:
    values = [[one.value for one in case if isinstance(one, Returned)] for case in outcomes]
    return {name: fingerprint(name, stream) for name, stream in streams(values).items()}


def _same_kind(expected: Sequence[Sequence[Any]], found: Sequence[Sequence[Any]]) -> bool:
    """Return whether a slip ran through: it raised nothing and changed nothing that the solution does not."""
    return all(
        len(left) == len(right) and all(map(_alike, left, right))
        for left, right in zip(expected, found, strict=True)
    )


def _alike(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, Raised):
        return isinstance(got, Raised) and got.is_a(wanted.kind)
    return isinstance(got, Returned) and got.changed.keys() == wanted.changed.keys()


def _slips(exercise: Exercise, question: Question) -> Iterator[tuple[str, list[Run]]]:
    """Yield the words of each slip and what it leads to, the most telling ones first."""
    later = []
    for words, names in _changed_solutions(exercise):
        if words in VAGUE:
            continue
        if words in LATER:
            later.append((words, names))
            continue
        yield words, _runs(exercise, question, [case.calls for case in question.cases], names)
    names = exercise.namespace()
    for words, changed in _changed_arguments(question):
        yield words, _runs(exercise, question, changed, names)
    for words, names in later:
        yield words, _runs(exercise, question, [case.calls for case in question.cases], names)


def _runs(
    exercise: Exercise, question: Question, cases: Sequence[Sequence[Call]], names: Mapping[str, Any]
) -> list[Run]:
    runs = []
    for calls, case in zip(cases, question.cases, strict=True):
        runs.append(perform(calls, names, question.given, SECONDS[bool(exercise.packages)]))
        if not _same_kind([case.expected], [runs[-1].outcomes]):
            break
    return runs + [Run(())] * (len(question.cases) - len(runs))


def _changed_solutions(exercise: Exercise) -> Iterator[tuple[str, dict[str, Any]]]:
    for mutant in mutants(exercise.solution_source, mixed_up=True):
        names = exercise.namespace()
        try:
            exec(compile(mutant.source, "<slip>", "exec"), names)
        except Exception:
            continue
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


_TAKEN_WRONGLY: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("{} plays no part: it counts as 0", _number(lambda value: value * 0)),
    ("{} plays no part: it counts as 1", _number(lambda value: value * 0 + 1)),
    ("{} has the other sign", _number(lambda value: -value)),
    ("{} is taken without its sign", _number(abs)),
    ("{} is one too large", _number(lambda value: value + 1)),
    ("{} is one too small", _number(lambda value: value - 1)),
    ("{} counts twice", _number(lambda value: 2 * value)),
    ("{} counts half", _number(lambda value: value / 2)),
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
