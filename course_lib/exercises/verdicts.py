"""Hold what happened against what was expected, and say what it means. Runs no learner's code."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.exercises.compare.differences import ATOL, RTOL, WHY_NONE, difference
from course_lib.exercises.compare.errors import meaning
from course_lib.exercises.compare.explanations import explained
from course_lib.exercises.compare.fingerprints import fingerprint, streams
from course_lib.exercises.compare.ways import BY_LIKENESS
from course_lib.exercises.questions import Case, KnownMistake, Question
from course_lib.exercises.running import Outcome, Raised, Returned, Run, TooSlow

RIGHT = "right"
SO_FAR = "right so far"
WRITTEN = "written"  # a free text, which a person marks
BLANK = "not attempted"
WRONG = "wrong"
RAISED = "raised"
SLOW = "too slow"
OUTCOMES = (RIGHT, SO_FAR, WRITTEN, BLANK, WRONG, RAISED, SLOW)
UNCHECKED = "not checked"  # the check itself failed, which says nothing about the answer


@dataclass(frozen=True, eq=False)
class Judgement:
    """What came of an attempt.

    Attributes
    ----------
    outcome
        One of `OUTCOMES`, or `UNCHECKED`.
    sentence
        What is wrong, or what is left, in a sentence.
    share
        The share of the points: 1 when every case is right, a known mistake's worth, otherwise 0.
    case
        The position of the first case that is not right, None if all are.
    mistake
        The known mistake that was made, None if it is none of them.
    right
        For each case whether it is right.
    """

    outcome: str
    sentence: str = ""
    share: float = 0.0
    case: int | None = None
    mistake: KnownMistake | None = None
    right: tuple[bool, ...] = ()


@dataclass(frozen=True, eq=False)
class Report:
    """A judgement with what is needed to show it.

    Attributes
    ----------
    question
        The exercise.
    judgement
        What came of it.
    runs
        What happened in each case that was run.
    left
        What is still to be written, in the learner's names.
    """

    question: Question
    judgement: Judgement
    runs: tuple[Run, ...] = ()
    left: tuple[str, ...] = ()


def judge(question: Question, runs: Sequence[Run]) -> Judgement:
    """Judge an attempt by what happened in each of the question's cases.

    Parameters
    ----------
    question
        The question, public or with hidden cases.
    runs
        What happened in each case, in order. Fewer runs than cases: the rest was not reached.
    """
    problems = [problem(question, case, run) for case, run in zip(question.cases, runs, strict=False)]
    right = tuple(trouble is None for trouble in problems)
    if all(right) and len(runs) >= len(question.cases):
        return Judgement(RIGHT, share=1.0, right=right)
    if all(right):
        return Judgement(SLOW, "There was no time for all cases.", right=right)
    first = right.index(False)
    last = runs[first].outcomes[-1] if runs[first].outcomes else TooSlow()
    mistake = known_mistake(question, runs)
    expected = question.cases[first].expected[len(runs[first].outcomes) - 1]
    if isinstance(last, TooSlow):
        outcome = SLOW
    elif isinstance(last, Raised) and not isinstance(expected, Raised):
        outcome = RAISED
    else:
        outcome = WRONG
    return Judgement(
        outcome,
        mistake.sentence if mistake else explanation(question, runs) or problems[first] or "",
        mistake.worth if mistake else 0.0,
        first,
        mistake,
        right,
    )


def problem(question: Question, case: Case, run: Run) -> str | None:
    """Return what is wrong with one case in a sentence, or None if it is right."""
    for place, outcome in enumerate(run.outcomes):
        expected = case.expected[place]
        match expected, outcome:
            case _, TooSlow():
                return "It did not come back in time. Is there a loop that never ends?"
            case Raised(kind=wanted), Raised() if outcome.is_a(wanted):
                pass
            case Raised(kind=wanted), Raised(kind=kind):
                return f"A {wanted} should be raised here; yours is a {kind}."
            case _, Raised(kind=kind, message=message):
                said = f"{kind}: {message}" if message else kind
                return (
                    f"{said}{'' if said.endswith(('.', '!', '?')) else '.'} {meaning(kind, message)}".strip()
                )
            case Raised(kind=wanted), Returned():
                return f"A {wanted} should be raised here, and none was."
            case Returned(), Returned():
                if trouble := _changed_differently(question, case, place, expected, outcome):
                    return trouble
    if len(run.outcomes) < len(case.expected):
        return "It did not come back in time."
    # Where an error was expected, an error came: what is left to compare are the calls that returned.
    pairs = [
        (step, wanted.value, outcome.value)
        for step, wanted, outcome in zip(case.calls, case.expected, run.outcomes, strict=True)
        if isinstance(wanted, Returned) and isinstance(outcome, Returned)
    ]
    if not pairs:
        return None
    steps, wanted_values, values = zip(*pairs, strict=True)
    trouble = question.comparison(steps, wanted_values, values)
    if trouble and WHY_NONE in trouble and _none_is_an_answer(question):
        return trouble.replace(WHY_NONE, "That is an answer of this exercise, but not in this case.")
    return trouble


def _none_is_an_answer(question: Question) -> bool:
    return any(
        value is None or (isinstance(value, list | tuple) and any(part is None for part in value))
        for case in question.cases
        for value in _values(case.expected)
    )


def _changed_differently(
    question: Question, case: Case, place: int, expected: Returned, outcome: Returned
) -> str | None:
    rtol, atol = _tolerance(question)
    for position in sorted({*expected.changed, *outcome.changed}):
        name = parameter_name(question, case.calls[place].target, position)
        if position not in expected.changed:
            return (
                f"Your code changed its argument{name} in place. Whoever called it still needs the old one."
            )
        if position not in outcome.changed:
            return f"The argument{name} should be changed in place, and it was not."
        if difference(expected.changed[position], outcome.changed[position], rtol, atol):
            return f"The argument{name} was changed in place to another value than expected."
    return None


def parameter_name(question: Question, target: str, position: int) -> str:
    """Return an argument's name with a space before it and quotes, or nothing if it is not known."""
    name = parameter_names(question, target, position + 1)[position]
    return f" `{name}`" if name else ""


def parameter_names(question: Question, target: str, count: int) -> list[str]:
    """Return the names of the first parameters of a call's target, empty texts where they are not known."""
    names = question.parameters().get(target, [])
    return (names + [""] * count)[:count]


def known_mistake(question: Question, runs: Sequence[Run]) -> KnownMistake | None:
    """Return the known mistake that explains every case, None if there is none."""
    for mistake in question.mistakes:
        if all(
            _is_this_mistake(question, mistake, place, case, run)
            for place, (case, run) in enumerate(zip(question.cases, runs, strict=False))
        ):
            return mistake
    return None


def explanation(question: Question, runs: Sequence[Run]) -> str | None:
    """Return what is wrong in all cases together, told from values and usual slips, None if nothing fits."""
    if question.comparison.name != "close" or len(runs) < len(question.cases):
        return None
    pairs = [
        pair
        for case, run in zip(question.cases, runs, strict=True)
        for pair in itertools.zip_longest(case.expected, run.outcomes)
    ]
    if not all(_both_returned(*pair) for pair in pairs):
        return None
    expected = streams([_values(case.expected) for case in question.cases])
    found = streams([_values(run.outcomes) for run in runs])
    if found.keys() != expected.keys():
        expected, found = {"": expected[""]}, {"": found[""]}
    for part, values in found.items():
        if not difference(expected[part], values):
            continue
        mark = fingerprint(part, values)
        where = f"Number {part} of the {len(found) - 1} answers" if part else "Your answer"
        for words, marks in question.slips:
            if mark in marks:
                return f"{where} is what comes out when {words}."
        if single := _one_by_one(question, expected[part], values, bool(part)):
            wanted, got, arguments = single
            if told := explained(wanted, got, arguments):
                return f"{where} is {told}."
    return None


def _both_returned(wanted: Outcome | None, got: Outcome | None) -> bool:
    if isinstance(wanted, Raised):
        return isinstance(got, Raised) and got.is_a(wanted.kind)
    if not isinstance(wanted, Returned) or not isinstance(got, Returned):
        return False
    return wanted.changed.keys() == got.changed.keys()


def _one_by_one(
    question: Question, expected: Sequence[Any], found: Sequence[Any], is_part: bool
) -> tuple[list[Any], list[Any], list[dict[str, Any]]] | None:
    """Return the values of all cases with their arguments, where every case is one call of one function."""
    steps = [case.calls[-1] for case in question.cases]
    if len({step.target for step in steps}) > 1 or any(len(case.calls) > 1 for case in question.cases):
        return None
    if not is_part:
        if any(len(one) != 1 for one in (*expected, *found)):
            return None  # a case that raises
        expected, found = [one[0] for one in expected], [one[0] for one in found]
    arguments = []
    for step in steps:
        values = step.arguments or ()
        names = parameter_names(question, step.target, len(values))
        arguments.append({name: value for name, value in zip(names, values, strict=True) if name})
    return list(expected), list(found), arguments


def _values(outcomes: Sequence[Outcome]) -> list[Any]:
    return [outcome.value for outcome in outcomes if isinstance(outcome, Returned)]


def _is_this_mistake(question: Question, mistake: KnownMistake, place: int, case: Case, run: Run) -> bool:
    if mistake.recognise is not None:
        expected = [outcome.value for outcome in case.expected if isinstance(outcome, Returned)]
        got = [outcome.value for outcome in run.outcomes if isinstance(outcome, Returned)]
        return len(expected) == len(got) and mistake.recognise(case.calls, expected, got) is None
    outcomes = mistake.outcomes[place]
    if outcomes is None:
        return problem(question, case, run) is None
    if question.comparison.name in BY_LIKENESS - {"close"} and all(
        isinstance(outcome, Returned) for outcome in (*outcomes, *run.outcomes)
    ):
        return problem(question, Case(case.calls, outcomes), run) is None
    ignored = question.comparison.options.get("ignore", ())
    return len(outcomes) == len(run.outcomes) and all(
        step.target in ignored or _same(question, outcome, got)
        for step, outcome, got in zip(case.calls, outcomes, run.outcomes, strict=False)
    )


def _same(question: Question, first: Outcome, second: Outcome) -> bool:
    match first, second:
        case TooSlow(), TooSlow():
            return True
        case Raised(kind=one), Raised():
            return second.is_a(one)
        case Returned(value=one, changed=changed), Returned(value=other, changed=also):
            rtol, atol = _tolerance(question)
            return changed.keys() == also.keys() and not any(
                difference(left, right, rtol, atol)
                for left, right in [(one, other), *((changed[place], also[place]) for place in changed)]
            )
    return False


def _tolerance(question: Question) -> tuple[float, float]:
    options = question.comparison.options
    return options.get("rtol", RTOL), options.get("atol", ATOL)
