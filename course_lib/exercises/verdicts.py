"""Hold what happened against what was expected, and say what it means. Runs no learner's code."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.exercises.compare.differences import ATOL, RTOL, WHY_NONE, difference, parts
from course_lib.exercises.compare.errors import meaning
from course_lib.exercises.compare.ways import BY_LIKENESS
from course_lib.exercises.explaining import explanation, share_that_is_right
from course_lib.exercises.questions import Case, KnownMistake, Question
from course_lib.exercises.running import Call, Outcome, Raised, Returned, Run, TooSlow

NOT_FINITE = (
    "What is no finite number mostly comes of a large exponential, a logarithm of 0 or a division by 0."
)
RIGHT = "right"
NO_PATH = (
    "A tape gives None where no way leads, inside the tape and by TensorFlow's functions alone, from what it "
    "watches to what it is asked about. A function that ends without a `return` gives None as well."
)
SO_FAR = "right so far"
WRITTEN = "written"  # a free text, which a person marks
BLANK = "not attempted"
WRONG = "wrong"
RAISED = "raised"
SLOW = "too slow"
OUTCOMES = (RIGHT, SO_FAR, WRITTEN, BLANK, WRONG, RAISED, SLOW)
MOST_EXPLAINED = 20_000  # values of all cases together, an array counted as one
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
    is_general
        Whether the sentence tells of the smallest case only, no cause having been found.
    """

    outcome: str
    sentence: str = ""
    share: float = 0.0
    case: int | None = None
    mistake: KnownMistake | None = None
    right: tuple[bool, ...] = ()
    is_general: bool = False


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
    if mistake:
        return Judgement(outcome, mistake.sentence, mistake.worth, first, mistake, right)
    told = _cause(question, runs)
    sentence = (told or _of_the_smallest(question, runs, problems)) + _operation(expected, last, runs[first])
    return Judgement(outcome, sentence, 0.0, first, None, right, is_general=not told)


def _cause(question: Question, runs: Sequence[Run]) -> str:
    """Return what is wrong in all cases, an empty text where nothing is found.

    Of an answer that holds very many values, nothing is looked for: it would take minutes.
    """
    values = [outcome.value for run in runs for outcome in run.outcomes if isinstance(outcome, Returned)]
    if len(parts(values)) > MOST_EXPLAINED:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return explanation(question, runs) or ""
    except Exception:  # an explanation that fails must not take the verdict with it
        return ""


def _of_the_smallest(question: Question, runs: Sequence[Run], problems: Sequence[str | None]) -> str:
    """Return what is wrong with the first case that is not right, and which of the answers are."""
    trouble = next(one for one in problems if one)
    share = share_that_is_right(question, runs, [one is None for one in problems])
    return f"{trouble} {share}".strip()


def _operation(expected: Outcome, last: Outcome, run: Run) -> str:
    """Return which operation has made a value that is no finite number, where NumPy said so."""
    if not isinstance(last, Returned) or not isinstance(expected, Returned):
        return ""
    if last.value is None or _is_finite(last.value) or not _is_finite(expected.value):
        return ""
    if run.warned:
        return f" NumPy said while your code ran: {run.warned}."
    return f" {NOT_FINITE}"


def _is_finite(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    try:
        return bool(np.isfinite(value).all())
    except TypeError:
        return True


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
                return f"{with_article(wanted, 'A')} should be raised here; yours is {with_article(kind)}."
            case _, Raised(kind=kind, message=message, line=line):
                said = f"{kind}: {message}" if message else kind
                said += "" if said.endswith((".", "!", "?")) else "."
                means = _asked_in_vain(case.calls[place], kind, message, line) or meaning(kind, message, line)
                return f"{said} {means}".strip()
            case Raised(kind=wanted), Returned():
                return f"{with_article(wanted, 'A')} should be raised here, and none was."
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
    if trouble and WHY_NONE in trouble:
        if _none_is_an_answer(question):
            return trouble.replace(WHY_NONE, "That is an answer of this exercise, but not in this case.")
        if "tensorflow" in question.packages:
            return trouble.replace(WHY_NONE, NO_PATH)
    return trouble


def with_article(kind: str, article: str = "a") -> str:
    """Return the name of an error's class with "a" or "an" before it."""
    return f"{article}{'n' if kind.startswith(tuple('AEIOU')) else ''} {kind}"


def _asked_in_vain(step: Call, kind: str, message: str, line: str) -> str:
    """Return a sentence where the exercise asks an object for something that it does not have."""
    if line or not step.target[0].isdigit():
        return ""
    name = step.target.rpartition(".")[2]
    if kind == "TypeError" and "not callable" in message:
        return f"The exercise calls the method `{name}`. In your object, `{name}` is a value."
    if kind != "AttributeError":
        return ""
    if name.startswith("__"):
        return "The exercise calls what came back, and that is no function."
    if step.arguments is None:
        return f"The exercise reads `{name}` of your object: keep it under this name."
    return f"The exercise calls the method `{name}`, which your class does not have."


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
