"""Tell a mistake from the learner's own names and code, and by calling the code once more."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from course_lib.exercises import lost_names, tapes, used_imports
from course_lib.exercises.compare.differences import difference
from course_lib.exercises.plain_values import Generator, Opaque, brief
from course_lib.exercises.questions import Question
from course_lib.exercises.running import PATIENCE, Call, Outcome, Raised, Returned, Run, perform
from course_lib.exercises.verdicts import RAISED, WRONG, Judgement

SECONDS = 0.1  # for each call that is made once more
NO_PATH = ("NoneType", "'_id'", "received None", "None values not supported")


def told(question: Question, runs: Sequence[Run], judgement: Judgement, namespace: Mapping[str, Any]) -> str:
    """Return a sentence that says more than the values of the cases do, an empty text where there is none.

    Parameters
    ----------
    question, runs, judgement
        The exercise, what happened in each case, and the judgement on it, which is not right.
    namespace
        The learner's names.
    """
    run = runs[judgement.case or 0]
    last = run.outcomes[-1]
    if judgement.outcome == RAISED and isinstance(last, Raised):
        if last.line.startswith("raise"):
            return ""
        return lost_names.explained(last.kind, last.message, last.line, namespace, question) or (
            _why_none(question, namespace) if any(word in last.message for word in NO_PATH) else ""
        )
    if judgement.outcome != WRONG or not isinstance(last, Returned):
        return ""
    if last.value is None and run.printed:
        return "Your code prints and gives nothing back: whoever calls it gets only what `return` gives."
    if last.value is None and (found := _why_none(question, namespace)):
        return found
    if question.comparison.name != "close":
        return ""
    if found := _never_the_same(question, run, judgement.case or 0, namespace):
        return found
    expected = question.cases[judgement.case or 0].expected[len(run.outcomes) - 1]
    is_other = isinstance(last.value, Opaque) or (
        isinstance(expected, Returned) and _is_single(expected.value) != _is_single(last.value)
    )
    if not judgement.is_general or is_other:
        return ""  # one value where several are expected, or the other way round, is the first thing to say
    return _deaf(question, namespace)


def _is_single(value: Any) -> bool:
    return not isinstance(value, list | tuple | dict) and not getattr(value, "shape", ())


def _why_none(question: Question, namespace: Mapping[str, Any]) -> str:
    if "tensorflow" not in question.packages:
        return ""
    sources = [used_imports.source(namespace[name]) for name in question.defines if name in namespace]
    if found := tapes.why_none("\n".join(sources), _whole_numbers(question)):
        return f"A slope is None: the tape has not seen how the one came of the other. {found}"
    return ""


def _whole_numbers(question: Question) -> list[str]:
    """Return the parameters that are whole numbers in every case."""
    names = question.parameters()
    kinds: dict[str, set[type]] = {}
    for step in itertools.chain.from_iterable(case.calls for case in question.cases):
        for name, value in zip(names.get(step.target, ()), step.arguments or (), strict=False):
            kinds.setdefault(name, set()).add(type(value))
    return [name for name, found in kinds.items() if found == {int}]


def _never_the_same(question: Question, run: Run, place: int, namespace: Mapping[str, Any]) -> str:
    """Say so where the same calls, made once more, lead to something else."""
    calls = question.cases[place].calls
    again = perform(calls, namespace, question.given, question.seconds / 4, PATIENCE)
    for first, second in zip(run.outcomes, again.outcomes, strict=False):
        if not isinstance(first, Returned) or not isinstance(second, Returned):
            break
        if not difference(first.value, second.value):
            continue
        if any(isinstance(item, Generator) for step in calls for item in step.arguments or ()):
            why = "Something is drawn without the generator that is passed in, or kept from call to call."
        else:
            why = (
                "Is something drawn at random, or kept from one call to the next, in a variable outside of "
                "the function or in a default argument?"
            )
        return f"The same call gives another answer when it is made again. {why}"
    return ""


def _deaf(question: Question, namespace: Mapping[str, Any]) -> str:
    """Say so where an argument that matters changes nothing in the learner's answers."""
    names = question.parameters()
    for name, pairs in question.telling:
        shown = []
        for first, second in pairs:
            (step,), (other,) = question.cases[first].calls, question.cases[second].calls
            place = names[step.target].index(name)
            changed = with_argument(step, place, (other.arguments or ())[place])
            runs = [perform([one], namespace, question.given, SECONDS, PATIENCE) for one in (step, changed)]
            values = [one.outcomes[-1] for one in runs]
            if not _same_number(*values):
                break
            shown.append([brief((one.arguments or ())[place], 40) for one in (step, changed)])
        else:
            if shown:
                one, two = shown[0]
                return f"Your answer stays the same when only `{name}` changes: for {one} and for {two}."
    return ""


def _same_number(one: Outcome, other: Outcome) -> bool:
    """Return whether two calls came back with the same; nan tells nothing."""
    if not isinstance(one, Returned) or not isinstance(other, Returned) or "nan" in brief(one.value):
        return False
    return difference(one.value, other.value) is None


def with_argument(step: Call, place: int, value: Any) -> Call:
    """Return a call with one argument replaced."""
    arguments = list(step.arguments or ())
    arguments[place] = value
    return replace(step, arguments=tuple(arguments))


def exchanges(question: Question) -> dict[str, list[tuple[int, int]]]:
    """Return for each parameter the pairs of cases of which the first can take the second one's argument."""
    found: dict[str, list[tuple[int, int]]] = {}
    names = question.parameters()
    for first, second in itertools.permutations(range(len(question.cases)), 2):
        calls = question.cases[first].calls + question.cases[second].calls
        if len(calls) != 2 or calls[0].target != calls[1].target or calls[0].target not in names:
            continue
        for place, name in enumerate(names[calls[0].target]):
            one, other = ((step.arguments or ())[place : place + 1] for step in calls)
            if one and other and _is_exchangeable(one[0], other[0]):
                found.setdefault(name, []).append((first, second))
    return found


def _is_exchangeable(one: Any, other: Any) -> bool:
    return type(one) is type(other) and _shape(one) == _shape(other) and brief(one) != brief(other)


def _shape(value: Any) -> Any:
    return getattr(value, "shape", len(value) if isinstance(value, list | tuple) else None)
