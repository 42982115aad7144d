"""`check`, `hint` and `progress`: what a learner calls."""

import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from course_lib import __version__
from course_lib.exercises import demands, lost_names, settings, trials
from course_lib.exercises.pages import Page, progress_page, report_page, sentence_page
from course_lib.exercises.plain_values import Defined
from course_lib.exercises.questions import Question, UnknownExerciseError, chosen, named, names
from course_lib.exercises.running import (
    PATIENCE,
    Call,
    Run,
    TooSlow,
    blank_or_not,
    is_blank,
    perform,
    stopwatch,
)
from course_lib.exercises.verdicts import (
    BLANK,
    RIGHT,
    SO_FAR,
    UNCHECKED,
    WRITTEN,
    WRONG,
    Judgement,
    Report,
    judge,
)

PLACEHOLDER = "Write your answer here."
_hints_given: dict[str, int] = {}


def check(exercise: Any = None) -> None:
    """Say how far an exercise is, and what is wrong with it where something is.

    Parameters
    ----------
    exercise
        Your function or class, or the exercise's name: `check(update)` or `check("perceptron.update")`.
    """
    namespace = sys._getframe(1).f_globals
    question = _asked_for_or_told(exercise)
    if question is None:
        return
    if not isinstance(exercise, str) and exercise.__name__ in question.defines:
        namespace = {**namespace, exercise.__name__: exercise}
    _show(page_of(examined(question, namespace)))


def hint(exercise: Any = None) -> None:
    """Give the next hint. Call it again for the one after it.

    Parameters
    ----------
    exercise
        Your function or class, or the exercise's name.
    """
    question = _asked_for_or_told(exercise)
    if question is not None:
        _show(hinted(question))


def hinted(question: Question) -> Page:
    """Return what `hint` shows: the next hint, and the first one again after the last."""
    step = _hints_given.get(question.name, 0)
    if not question.hints:
        return sentence_page("There is no hint for this one. check(...) says what it sees.")
    place = step % len(question.hints)
    again = "That was the last one; here they are again. " if step and not place else ""
    _hints_given[question.name] = step + 1
    return sentence_page(f"{again}Hint {place + 1} of {len(question.hints)}: {question.hints[place]}")


def progress(*exercises: str | Mapping[str, int]) -> None:
    """Show at a glance how far a set is, what is unanswered, and how to hand in.

    Parameters
    ----------
    exercises
        The name of a chapter, or names of exercises, or names with their points in an assignment.
        Without any: the chapters of the exercises that this notebook has functions for.
    """
    namespace = sys._getframe(1).f_globals
    try:
        questions = _chosen_with_points(exercises or _chapters_here(namespace))
        page = progress_page([examined(question, namespace) for question in questions])
    except UnknownExerciseError as error:
        page = sentence_page(str(error.args[0]))
    except Exception as error:
        page = sentence_page(_own_failure("progress", error))
    _show(page)


def _chapters_here(namespace: Mapping[str, Any]) -> list[str]:
    own = lost_names.learners_own(namespace)
    chapters = {
        question.chapter: None for question in map(named, names()) if set(question.defines) & set(own)
    }
    if not chapters:
        raise UnknownExerciseError(
            'I see no exercise in this notebook yet. Name what to count: progress("perceptron").'
        )
    return list(chapters)


def _chosen_with_points(exercises: Iterable[Any]) -> list[Question]:
    questions: list[Question] = []
    for item in exercises:
        if isinstance(item, str):
            questions += chosen([item])
        elif isinstance(item, Mapping):
            questions += [replace(named(name), points=points) for name, points in item.items()]
        elif isinstance(item, list | tuple | set):
            questions += _chosen_with_points(item)
        else:
            questions.append(_asked_for(item))
    return questions


def _asked_for_or_told(exercise: Any) -> Question | None:
    """Return the exercise that is asked for; where there is none, say so and return None."""
    try:
        return _asked_for(exercise)
    except UnknownExerciseError as error:
        _show(sentence_page(str(error.args[0])))
    except Exception as error:
        _show(sentence_page(_own_failure("the exercise's name", error)))
    return None


def _asked_for(exercise: Any) -> Question:
    if isinstance(exercise, str):
        return named(exercise)
    name = getattr(exercise, "__name__", None)
    if name is None:
        raise UnknownExerciseError(
            'Give check the name of an exercise in quotes, check("perceptron.update").'
        )
    return named(name)


def page_of(report: Report) -> Page:
    """Return what `check` shows of a report, also where writing it fails."""
    try:
        with settings.calling():
            return report_page(report)
    except Exception as error:
        return sentence_page(_own_failure(report.question.name, error))


def examined(question: Question, namespace: Mapping[str, Any]) -> Report:
    """Return the report on one exercise, also where the check itself fails: that is never the learner's."""
    try:
        return examine(question, namespace)
    except Exception as error:
        return Report(question, Judgement(UNCHECKED, _own_failure(question.name, error)))


def _own_failure(name: str, error: Exception) -> str:
    kind = f"{type(error).__name__}: {error}"[:200]
    return (
        "The check itself has failed here, and this says nothing about your answer, which stays as it is. "
        f"Please tell your instructor, or whoever publishes the course, these words: "
        f"{name}, course_lib {__version__}, NumPy {np.__version__}, {kind}"
    )


def examine(question: Question, namespace: Mapping[str, Any]) -> Report:
    """Return the report on one exercise as it stands in a namespace."""
    with settings.judging():
        return _examine(question, namespace)


def _examine(question: Question, namespace: Mapping[str, Any]) -> Report:
    if question.kind == "text":
        return _examine_text(question, namespace)
    if absent := [name for name in question.packages if not is_installed(name)]:
        return Report(question, Judgement(UNCHECKED, _how_to_install(absent)))
    missing = [name for name in question.defines if name not in namespace]
    blank = [name for name in question.defines if name in namespace and is_blank(namespace[name])]
    if len(missing) + len(blank) == len(question.defines):
        sentence = (
            f"I see no {' and no '.join(f'`{name}`' for name in missing)} yet. "
            f"{lost_names.misspelt(missing, namespace) or 'Has the cell been run?'}"
            if missing
            else "Nothing is written here yet: put your code in place of `...`, run the cell, check again."
        )
        return Report(question, Judgement(BLANK, sentence))
    if found := _not_callable(question, namespace):
        return Report(question, Judgement(WRONG, found))
    refused = demands.refusal(question.forbidden, question.demands, question.defines, namespace)
    if refused.outright:
        return Report(question, Judgement(WRONG, refused.sentence))
    left = [*missing, *blank, *_blank_methods(question, namespace)]
    cases = [place for place, case in enumerate(question.cases) if not _touches(case.calls, left)]
    if found := _unfitting_call(question, namespace, cases):
        return Report(question, Judgement(WRONG, found))
    if not left:
        runs = _run(question, namespace, range(len(question.cases)))
        judgement = demands.with_refusal(_judged(question, runs, namespace), refused)
        return Report(question, judgement, tuple(runs))
    return _examine_part(question, namespace, cases, left)


def _judged(question: Question, runs: Sequence[Run], namespace: Mapping[str, Any]) -> Judgement:
    """Judge what happened; what only the learner's own names and code can tell is told from them."""
    judgement = judge(question, runs)
    if judgement.mistake is not None or judgement.case is None:
        return judgement
    try:
        found = trials.told(question, runs, judgement, namespace)
    except Exception:  # a trial that fails must not take the verdict with it
        found = ""
    return replace(judgement, sentence=found) if found else judgement


def is_installed(package: str) -> bool:
    """Return whether a package can be imported here; it is not imported for that."""
    if package in sys.modules:
        return sys.modules[package] is not None
    return find_spec(package) is not None


def _how_to_install(packages: Sequence[str]) -> str:
    names = " ".join(packages)
    return (
        f"This exercise needs {names}, which is not installed here. Install it with `pip install {names}` "
        "(in Colab it is there already), then restart the kernel. The other exercises do not need it."
    )


def _examine_text(question: Question, namespace: Mapping[str, Any]) -> Report:
    text = namespace.get(question.defines[0])
    words = len(text.split()) if isinstance(text, str) else 0
    if not isinstance(text, str) or not text.strip() or text.strip() == PLACEHOLDER:
        sentence = f"Write your answer between the quotes of `{question.defines[0]}` and run the cell."
        return Report(question, Judgement(BLANK, sentence))
    sentence = f"{words} {'word' if words == 1 else 'words'} written. A person reads and marks them."
    return Report(question, Judgement(WRITTEN, sentence), left=())


def _examine_part(
    question: Question, namespace: Mapping[str, Any], cases: list[int], left: list[str]
) -> Report:
    """Judge the cases that need nothing that is still to be written."""
    runs = _run(question, namespace, cases)
    part = _with_cases(question, cases)
    judgement = _judged(part, runs, namespace)
    missing = [name for name in left if name not in namespace and "." not in name]
    slip = lost_names.misspelt(missing, namespace)
    if judgement.outcome == RIGHT and cases:
        sentence = f"What you have written is right. Left: {', '.join(f'`{name}`' for name in left)}. {slip}"
        judgement = Judgement(SO_FAR, sentence.rstrip(), right=judgement.right)
    elif judgement.outcome == RIGHT:
        names = ", ".join(f"`{name}`" for name in left)
        sentence = f"Still to be written before there is something to check: {names}. {slip}"
        judgement = Judgement(BLANK, sentence.rstrip())
    return Report(part, judgement, tuple(runs), tuple(left))


def _with_cases(question: Question, cases: list[int]) -> Question:
    mistakes = tuple(
        replace(mistake, outcomes=tuple(mistake.outcomes[place] for place in cases))
        for mistake in question.mistakes
    )
    return replace(question, cases=tuple(question.cases[place] for place in cases), mistakes=mistakes)


def _run(question: Question, namespace: Mapping[str, Any], cases: Any) -> list[Run]:
    """Run cases until the time is used up. One that takes too long is run last."""
    spent = stopwatch(PATIENCE)
    runs = []
    for place in cases:
        left = max(question.seconds - spent(), 0.001)
        run = perform(question.cases[place].calls, namespace, question.given, left, PATIENCE)
        runs.append(run)
        if run.outcomes and isinstance(run.outcomes[-1], TooSlow):
            break
    return runs


def _not_callable(question: Question, namespace: Mapping[str, Any]) -> str:
    for name in question.defines:
        if name in namespace and not callable(namespace[name]):
            kind = type(namespace[name]).__name__
            return f"`{name}` is now a {kind}, no function. Run the cell that defines it again."
    return ""


def _blank_methods(question: Question, namespace: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}.{method}"
        for name in question.defines
        if inspect.isclass(namespace.get(name)) and not is_blank(namespace[name])
        for method, blank in blank_or_not(namespace[name])
        if blank
    ]


def _touches(calls: tuple[Call, ...], left: list[str]) -> bool:
    """Return whether a case needs something that is still to be written."""
    made: list[str] = []
    for step in calls:
        if any(isinstance(item, Defined) and item.name in left for item in step.arguments or ()):
            return True
        first, _, method = step.target.partition(".")
        if first == "given":
            made.append(step.target)
            continue
        name = f"{made[int(first)]}.{method}" if method else first
        needed = {name} if method else {name, f"{name}.__init__"}
        if needed & set(left):
            return True
        made.append(name)
    return False


def _unfitting_call(question: Question, namespace: Mapping[str, Any], cases: list[int]) -> str:
    """Return a sentence when the learner's function cannot take the arguments of the first case."""
    for place in cases[:1]:
        for step in question.cases[place].calls:
            if "." in step.target or step.arguments is None:
                continue
            try:
                signature = inspect.signature(namespace[step.target])
            except (TypeError, ValueError):
                continue
            try:
                signature.bind(*step.arguments)
            except TypeError:
                wanted = next(
                    (line for line in question.signatures if line.startswith(step.target + "(")), step.target
                )
                return (
                    f"The exercise calls `{wanted}`, and yours is `{step.target}{signature}`: "
                    "the arguments do not fit."
                )
    return ""


def _show(page: Page) -> None:
    """Show a page where it can be seen best: as HTML in a notebook, as text in a terminal."""
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        from IPython.display import publish_display_data

        publish_display_data(  # type: ignore[no-untyped-call]
            {"text/plain": page.text, "text/html": page.html}
        )
    else:
        print(page.text)
