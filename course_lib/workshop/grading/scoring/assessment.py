"""Turn what came of a submission into its record: a mark, a status and words for each question.

Everything here runs outside the sandbox, on plain values. What a hidden case holds never enters a record's
words: those come from the public cases, from the author's own sentences, or from a fixed list.
"""

import builtins
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from course_lib.exercises.checking import PLACEHOLDER
from course_lib.exercises.pages import case_lines
from course_lib.exercises.questions import Question
from course_lib.exercises.running import Raised, Returned, Run, TooSlowError, time_limit
from course_lib.exercises.verdicts import RAISED, RIGHT, SLOW, WRONG, Judgement, judge
from course_lib.workshop.grading.intake.notebook import UnreadableError, parse_submission
from course_lib.workshop.grading.sandbox.client import WarmServer
from course_lib.workshop.grading.sandbox.walls import Wall
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, KeyQuestion, short_digest
from course_lib.workshop.grading.scoring.session import Answers, Patience, Ran, Session

FORMAT = 1
COMPARE_SECONDS = 10.0  # for one question's answers: a thousandth of that is usual
GRADED, PARTIAL, CRASHED, TIMEOUT, UNREADABLE, MISSING = (
    "graded",
    "partial",
    "crashed",
    "timeout",
    "unreadable",
    "missing",
)

# What one question may end as, beside "crashed" and "timeout".
CORRECT, INCORRECT, BLANK, ABSENT, UNMARKED = "right", "wrong", "not attempted", "not found", "to be marked"
ERRORS = frozenset(name for name, item in vars(builtins).items() if isinstance(item, type))
ERRORS |= {"InvalidArgumentError", "LinAlgError", "AxisError", "NotPlainError"}

Record = dict[str, Any]


def notebook_digest(data: bytes) -> str:
    """Return a short text that stands for a notebook's bytes."""
    return hashlib.sha256(data).hexdigest()


def conditions(key: AnswerKey, patience: Patience, wall: Wall) -> str:
    """Return a short text that changes when the way of grading does, the questions aside."""
    times = [float(time) for time in (patience.cells, patience.case, patience.question)]
    return short_digest([FORMAT, key.packages, times, wall.value])


def grade_notebook(
    data: bytes,
    key: AnswerKey,
    server: WarmServer,
    patience: Patience | None = None,
    earlier: Mapping[str, Any] | None = None,
) -> Record:
    """Grade one notebook.

    Parameters
    ----------
    data
        The notebook's bytes.
    key
        The assignment's answer key.
    server
        A warm server.
    patience
        How long things may take.
    earlier
        This notebook's record of an earlier run: what still holds of it is taken over.

    Returns
    -------
    dict
        The record, plain JSON; the same input gives the same record.
    """
    patience = patience or Patience()
    record = _beginning(data, key, server.wall, patience)
    try:
        submission = parse_submission(data)
    except UnreadableError as error:
        questions = [_unreached(question) for question in key.questions]
        return {**record, "status": UNREADABLE, "reason": str(error), "questions": questions, "cells": []}
    kept = still_valid(record, earlier, key)
    changed = [question for question in key.questions if question.name not in kept]
    ran = Session(server, submission.cells, changed, patience).run()
    fresh = {question.name: _assess(question, ran.answers[question.name]) for question in changed}
    questions = [fresh.get(question.name) or kept[question.name] for question in key.questions]
    status, reason = _status(questions)
    return {
        **record,
        "status": status,
        "reason": reason,
        "questions": questions,
        "cells": _troubles(ran),
        "printed": ran.printed,
    }


def crashed_record(data: bytes, key: AnswerKey, wall: Wall, patience: Patience, reason: str) -> Record:
    """Return the record of a notebook that cannot be graded because it ends what grades it."""
    questions = [_entry(question, CRASHED, reason) for question in key.questions]
    record = _beginning(data, key, wall, patience)
    return {**record, "status": CRASHED, "reason": reason, "questions": questions, "cells": []}


def _beginning(data: bytes, key: AnswerKey, wall: Wall, patience: Patience) -> Record:
    return {
        "format": FORMAT,
        "notebook": notebook_digest(data),
        "conditions": conditions(key, patience, wall),
        "wall": wall.value,
    }


def still_valid(
    record: Record, earlier: Mapping[str, Any] | None, key: AnswerKey
) -> dict[str, dict[str, Any]]:
    """Return those questions of an earlier record that a new run would answer in the same way."""
    same = ("format", "notebook", "conditions")
    if not earlier or any(earlier.get(name) != record[name] for name in same):
        return {}
    digests = {question.name: question.digest for question in key.questions}
    points = {question.name: question.points for question in key.questions}
    return {
        question["name"]: {**question, "out_of": points[question["name"]]}
        | {"points": question["share"] * points[question["name"]]}
        for question in earlier["questions"]
        if digests.get(question["name"]) == question["digest"]
    }


def is_current(record: Mapping[str, Any] | None, digest: str, key: AnswerKey, basis: str) -> bool:
    """Tell whether a record is what grading this notebook again would write."""
    if not record or record.get("format") != FORMAT:
        return False
    if record["notebook"] != digest or record["conditions"] != basis:
        return False
    told = [(question["name"], question["digest"], question["out_of"]) for question in record["questions"]]
    return told == [(question.name, question.digest, question.points) for question in key.questions]


def _entry(question: KeyQuestion, status: str, sentence: str, share: float = 0.0) -> dict[str, Any]:
    return {
        "name": question.name,
        "title": question.hidden.title,
        "kind": question.hidden.kind,
        "digest": question.digest,
        "status": status,
        "share": share,
        "points": share * question.points,
        "out_of": question.points,
        "sentence": sentence,
        "mistake": "",
        "example": [],
        "cases": len(question.hidden.cases),
        "right": 0,
        "source": "",
        "imports": [],
    }


def _unreached(question: KeyQuestion) -> dict[str, Any]:
    return _entry(question, ABSENT, "There was no notebook to look into.")


def _assess(question: KeyQuestion, answers: Answers) -> dict[str, Any]:
    """Return what a record says about one question."""
    if question.hidden.kind == "text":
        return _assess_text(question, answers)
    entry = _judged(question, answers)
    entry["source"], entry["imports"] = answers.source, answers.imports
    return entry


def _judged(question: KeyQuestion, answers: Answers) -> dict[str, Any]:
    names = " and ".join(f"`{name}`" for name in question.hidden.defines)
    if answers.lost:
        return _entry(
            question,
            answers.lost_kind,
            f"While your answer to this question ran, the process {answers.lost}.",
        )
    if answers.state == "missing":
        return _entry(question, ABSENT, f"The notebook defines no {names}. Was a cell deleted or renamed?")
    if answers.state == "blank":
        return _entry(question, BLANK, "The answer is still empty.")
    hidden, public = _judge(question.hidden, answers.hidden), _judge(question.public, answers.public)
    status = {RIGHT: CORRECT, SLOW: TIMEOUT}.get(hidden.outcome, INCORRECT)
    entry = _entry(question, status, _sentence(question, answers, hidden, public), hidden.share)
    entry["right"] = sum(hidden.right)
    if hidden.mistake:
        entry["mistake"] = hidden.mistake.sentence
    if hidden.outcome != RIGHT and public.case is not None:
        entry["example"] = _example(question.public, public.case, answers.public)
    return entry


def _judge(question: Question, runs: Sequence[Run]) -> Judgement:
    """Judge; an answer so strange that the comparison stumbles over it, or takes for ever, is a wrong one."""
    try:
        with time_limit(COMPARE_SECONDS):
            return judge(question, runs)
    except (Exception, TooSlowError):
        place = min(len(runs), 1) - 1
        right = (False,) * len(question.cases)
        return Judgement(WRONG, "What came back cannot be compared.", case=max(place, 0), right=right)


def _sentence(question: KeyQuestion, answers: Answers, hidden: Judgement, public: Judgement) -> str:
    """Return the words for the student, in which no hidden case may show."""
    cases = len(question.hidden.cases)
    if hidden.outcome == RIGHT:
        return f"All {cases} cases are right."
    if hidden.mistake:
        return hidden.mistake.sentence
    if hidden.outcome == SLOW:
        return "Your code did not come back in time. Is there a loop that never ends?"
    if public.outcome != RIGHT:
        return public.sentence
    wrong = cases - sum(hidden.right)
    if hidden.outcome == RAISED:
        error = _error(answers.hidden)
        return f"Your code passes the examples. On {wrong} of {cases} other cases it stops with {error}."
    return (
        f"Your code passes the examples and answers {wrong} of {cases} other cases differently from what is "
        "expected. Which inputs do the examples leave out?"
    )


def _error(runs: Sequence[Run]) -> str:
    """Name the first error of the hidden cases, by its class and line only.

    A class that the student defined could carry a hidden input in its name, so it is not named.
    """
    for run in runs:
        last = run.outcomes[-1] if run.outcomes else None
        if isinstance(last, Raised):
            where = f" (line {last.number} of its cell)" if 0 < last.number < 10_000 else ""
            return (f"a {last.kind}" if last.kind in ERRORS else "an error") + where
    return "an error"


def _example(question: Question, place: int, runs: Sequence[Run]) -> list[str]:
    """Return the lines that show a failing public case."""
    if place >= len(runs) or not runs[place].outcomes:
        return []
    try:
        with time_limit(COMPARE_SECONDS):
            lines = case_lines(question, question.cases[place], runs[place])
    except (Exception, TooSlowError):
        return []
    return [line[:1_000] for text in lines for line in text.splitlines()][:40]


def _assess_text(question: KeyQuestion, answers: Answers) -> dict[str, Any]:
    """Keep a free text for a person to mark."""
    outcome = answers.hidden[0].outcomes[0] if answers.hidden else None
    text = outcome.value if isinstance(outcome, Returned) and isinstance(outcome.value, str) else ""
    if not text.strip() or text.strip() == PLACEHOLDER:
        return _entry(question, BLANK, "The answer is still empty.")
    entry = _entry(question, UNMARKED, "A person marks this answer.")
    entry["source"] = text.strip()[:20_000]
    return entry


def _status(questions: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Say how the submission as a whole ended, and why it is not simply graded."""
    lost = [question for question in questions if question["status"] in (CRASHED, TIMEOUT)]
    if not lost:
        return GRADED, ""
    reason = " ".join(f"{question['title']}: {question['sentence']}" for question in lost)
    if len(lost) < len(questions):
        return PARTIAL, reason
    return (TIMEOUT if all(question["status"] == TIMEOUT for question in lost) else CRASHED), reason


def _troubles(ran: Ran) -> list[dict[str, Any]]:
    """Return what went wrong in which cell, in words that follow "Cell 3"."""
    broken = [
        {"cell": cell, "line": 0, "words": f"was left out except for what it defines: the process {words}"}
        for cell, words in ran.broken_cells.items()
    ]
    stopped = [
        {
            "cell": trouble["cell"],
            "line": trouble["line"],
            "words": f"stopped with {trouble['kind']}: {trouble['message']}".rstrip(": "),
        }
        for trouble in ran.troubles
    ]
    return sorted(broken + stopped, key=lambda trouble: trouble["cell"])
