"""Turn what came of a submission into its record: a mark, a status and words for each question.

Everything here runs outside the sandbox, on plain values. What a hidden case holds never enters a record's
words: those come from the public cases, from the author's own sentences, or from a fixed list.
"""

import builtins
import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from course_lib.exercises.checking import PLACEHOLDER
from course_lib.exercises.demands import with_refusal
from course_lib.exercises.pages import case_lines
from course_lib.exercises.questions import Question
from course_lib.exercises.running import Raised, Returned, Run, TooSlow, TooSlowError, time_limit
from course_lib.exercises.verdicts import RAISED, RIGHT, SLOW, WRONG, Judgement, judge, with_article
from course_lib.workshop.grading.intake.notebook import UnreadableError, parse_submission
from course_lib.workshop.grading.sandbox.client import WarmServer
from course_lib.workshop.grading.sandbox.walls import Wall
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, KeyQuestion, short_digest
from course_lib.workshop.grading.scoring.behaviour import behaviour_of
from course_lib.workshop.grading.scoring.session import SLACK, Answers, Patience, Ran, Session
from course_lib.workshop.grading.storage.records import (
    FORMAT,
    Outcome,
    QuestionRecord,
    Record,
    Status,
    Trouble,
)

MOST_WORDS = 2_000  # characters of a sentence, which may name what a submission made up
INCOMPARABLE = "What came back cannot be compared."
ALONE = (
    "Only the notebook itself is graded, with the packages of the course: a file beside it is not there. "
    "A cell that starts with `%%writefile NAME` makes one."
)
ERRORS = frozenset(name for name, item in vars(builtins).items() if isinstance(item, type))
ERRORS |= {"InvalidArgumentError", "LinAlgError", "AxisError", "NotPlainError"}


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
    earlier: Record | None = None,
) -> Record:
    """Grade one notebook: run it, then score what came back.

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
    Record
        The same input gives the same record.
    """
    patience = patience or Patience()
    try:
        cells = parse_submission(data).cells
    except UnreadableError as error:
        return unreadable_record(data, key, server.wall, patience, str(error))
    kept = still_valid(data, server.wall, patience, earlier, key)
    changed = [question for question in key.questions if question.name not in kept]
    ran = Session(server, cells, changed, patience).run()
    return record_of(data, key, server.wall, patience, ran, kept)


def record_of(
    data: bytes,
    key: AnswerKey,
    wall: Wall,
    patience: Patience,
    ran: Ran,
    kept: Mapping[str, QuestionRecord] | None = None,
) -> Record:
    """Score what came of a run; questions that were not asked are among those kept."""
    told = dict(kept or {})
    asked = [question for question in key.questions if question.name not in told]
    end = time.monotonic() + patience.comparing - SLACK
    for place, question in enumerate(asked):
        # An even share of what is left: answers that are made to take long cost none of the others.
        seconds = (end - time.monotonic()) / (len(asked) - place)
        told[question.name] = _assess(question, ran.answers[question.name], ran, seconds)
    questions = tuple(told[question.name] for question in key.questions)
    status, reason = _status(questions)
    record = _record(data, key, wall, patience, status, reason, questions)
    return replace(record, cells=_troubles(ran), printed=ran.printed, busy=ran.busy)


def unreadable_record(data: bytes, key: AnswerKey, wall: Wall, patience: Patience, reason: str) -> Record:
    """Return the record of a file that is no notebook."""
    words = "There was no notebook to look into."
    questions = tuple(_entry(question, Outcome.ABSENT, words) for question in key.questions)
    return _record(data, key, wall, patience, Status.UNREADABLE, reason, questions)


def crashed_record(data: bytes, key: AnswerKey, wall: Wall, patience: Patience, reason: str) -> Record:
    """Return the record of a notebook that cannot be graded because it ends what grades it."""
    questions = tuple(_entry(question, Outcome.CRASHED, reason) for question in key.questions)
    return _record(data, key, wall, patience, Status.CRASHED, reason, questions)


def _record(
    data: bytes,
    key: AnswerKey,
    wall: Wall,
    patience: Patience,
    status: Status,
    reason: str,
    questions: tuple[QuestionRecord, ...],
) -> Record:
    basis = conditions(key, patience, wall)
    return Record(notebook_digest(data), basis, wall.value, status, reason, questions)


def still_valid(
    data: bytes, wall: Wall, patience: Patience, earlier: Record | None, key: AnswerKey
) -> dict[str, QuestionRecord]:
    """Return those questions of an earlier record that a new run would answer in the same way."""
    same = (notebook_digest(data), conditions(key, patience, wall))
    if earlier is None or (earlier.notebook, earlier.conditions) != same:
        return {}
    now = {question.name: question for question in key.questions}
    return {
        told.name: replace(told, points=told.share * asked.points, out_of=asked.points)
        for told in earlier.questions
        if (asked := now.get(told.name)) is not None and asked.digest == told.digest
    }


def is_current(record: Record | None, digest: str, key: AnswerKey, basis: str) -> bool:
    """Tell whether a record is what grading this notebook again would write."""
    if record is None or record.notebook != digest or record.conditions != basis:
        return False
    told = [(question.name, question.digest, question.out_of) for question in record.questions]
    return told == [(question.name, question.digest, question.points) for question in key.questions]


def _entry(question: KeyQuestion, status: Outcome, sentence: str, share: float = 0.0) -> QuestionRecord:
    form = question.hidden
    points = share * question.points
    return QuestionRecord(
        question.name,
        form.title,
        form.kind,
        question.digest,
        status,
        share,
        points,
        question.points,
        sentence[:MOST_WORDS],
        cases=len(form.cases),
    )


def _assess(question: KeyQuestion, answers: Answers, ran: Ran, seconds: float) -> QuestionRecord:
    """Return what a record says about one question; one that takes longer to compare is wrong."""
    if question.hidden.kind == "text":
        return _assess_text(question, answers)
    try:
        with time_limit(max(seconds, 0.1)):
            entry = _judged(question, answers, ran)
    except TooSlowError:
        entry = _entry(question, Outcome.WRONG, INCOMPARABLE)
    return replace(entry, source=answers.source, imports=tuple(answers.imports))


def _judged(question: KeyQuestion, answers: Answers, ran: Ran) -> QuestionRecord:
    if answers.lost:
        return _entry(question, Outcome(answers.lost_kind), answers.lost)
    if answers.state == "missing":
        return _entry(question, Outcome.ABSENT, _missing_words(question, ran))
    if answers.state == "blank":
        return _entry(question, Outcome.BLANK, "The answer is still empty.")
    hidden, public = _judge(question.hidden, answers.hidden), _judge(question.public, answers.public)
    judged = public if hidden.outcome == RIGHT else hidden  # full marks are for what `check` calls right
    if (refused := with_refusal(judged, answers.refused)) is not judged:
        entry = _entry(question, Outcome.WRONG, refused.sentence)
        return replace(entry, right=sum(hidden.right))
    status = {RIGHT: Outcome.RIGHT, SLOW: Outcome.TIMEOUT}.get(judged.outcome, Outcome.WRONG)
    sentence = _sentence(question, answers, judged, public)
    if _misses_a_name([*answers.public, *answers.hidden]):
        sentence = f"{sentence} {_first_trouble(ran)}".rstrip()
    example = _example(question.public, public.case, answers.public) if judged.outcome != RIGHT else ()
    share = judged.share if judged is public else max(judged.share, _share_of_groups(question, hidden.right))
    return replace(
        _entry(question, status, sentence, share),
        right=sum(hidden.right),
        mistake=judged.mistake.sentence if judged.mistake else "",
        example=example,
        returns=behaviour_of(answers.hidden) if status is Outcome.WRONG and not judged.mistake else "",
    )


def _share_of_groups(question: KeyQuestion, right: Sequence[bool]) -> float:
    """Return which share of the groups of cases is right, where groups earn points."""
    whole: dict[int, bool] = {}
    for place, group in enumerate(question.groups):
        whole[group] = whole.get(group, True) and place < len(right) and right[place]
    return sum(whole.values()) / len(whole) if whole else 0.0


def _missing_words(question: KeyQuestion, ran: Ran) -> str:
    """Say why an answer is not there: the cell that speaks of it and failed, if there is one."""
    names = question.hidden.defines
    called = " and ".join(f"`{name}`" for name in names)
    told = f"The notebook defines no {called}."
    blamed = [
        trouble
        for trouble in _troubles(ran)
        if any(re.search(rf"\b{name}\b", ran.cell(trouble.cell)) for name in names)
    ]
    if blamed:
        return f"{told} Cell {blamed[0].cell} {_ended(blamed[0].words)}"
    return f"{told} Was a cell deleted or renamed? {_first_trouble(ran)}".rstrip()


def _first_trouble(ran: Ran) -> str:
    """Return the first thing that went wrong in a cell as a sentence, or nothing."""
    return next((f"Cell {trouble.cell} {_ended(trouble.words)}" for trouble in _troubles(ran)), "")


def _ended(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _misses_a_name(runs: Sequence[Run]) -> bool:
    """Tell whether an answer stops for want of a name, which a cell that failed may have been to define."""
    outcomes = [outcome for run in runs for outcome in run.outcomes]
    return any(isinstance(outcome, Raised) and outcome.kind == "NameError" for outcome in outcomes)


def _judge(question: Question, runs: Sequence[Run]) -> Judgement:
    """Judge; an answer so strange that the comparison stumbles over it is a wrong one."""
    try:
        return judge(question, runs)
    except Exception:
        return Judgement(WRONG, INCOMPARABLE, case=0, right=(False,) * len(question.cases))


def _sentence(question: KeyQuestion, answers: Answers, hidden: Judgement, public: Judgement) -> str:
    """Return the words for the student, in which no hidden case may show."""
    cases = len(question.hidden.cases)
    if hidden.outcome == RIGHT:
        return f"All {cases} cases are right."
    if hidden.mistake:
        return hidden.mistake.sentence
    if hidden.outcome == SLOW and _was_printing([*answers.public, *answers.hidden]):
        return "Your code did not come back in time: it was printing. Take the print out of your answer."
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


def _was_printing(runs: Sequence[Run]) -> bool:
    """Tell whether it was a line that prints which ran when the time was over."""
    outcomes = [outcome for run in runs for outcome in run.outcomes]
    return any(isinstance(outcome, TooSlow) and "print(" in outcome.line for outcome in outcomes)


def _error(runs: Sequence[Run]) -> str:
    """Name the first error of the hidden cases, by its class only.

    A student's code chooses the line on which it stops, and could spell a hidden input with it, as it could
    with the name of a class that the student defined.
    """
    for run in runs:
        last = run.outcomes[-1] if run.outcomes else None
        if isinstance(last, Raised):
            return with_article(last.kind) if last.kind in ERRORS else "an error"
    return "an error"


def _example(question: Question, place: int | None, runs: Sequence[Run]) -> tuple[str, ...]:
    """Return the lines that show a failing public case."""
    if place is None or place >= len(runs) or not runs[place].outcomes:
        return ()
    try:
        lines = case_lines(question, question.cases[place], runs[place])
    except Exception:
        return ()
    return tuple([line[:1_000] for text in lines for line in text.splitlines()][:40])


def _assess_text(question: KeyQuestion, answers: Answers) -> QuestionRecord:
    """Keep a free text for a person to mark."""
    outcome = answers.hidden[0].outcomes[0] if answers.hidden else None
    text = outcome.value if isinstance(outcome, Returned) and isinstance(outcome.value, str) else ""
    if not text.strip() or text.strip() == PLACEHOLDER:
        return _entry(question, Outcome.BLANK, "The answer is still empty.")
    entry = _entry(question, Outcome.UNMARKED, "A person marks this answer.")
    return replace(entry, source=text.strip()[:20_000])


def _status(questions: Sequence[QuestionRecord]) -> tuple[Status, str]:
    """Say how the submission as a whole ended, and why it is not simply graded."""
    lost = [question for question in questions if question.status in (Outcome.CRASHED, Outcome.TIMEOUT)]
    if not lost:
        return Status.GRADED, ""
    reason = " ".join(f"{question.title}: {question.sentence}" for question in lost)
    if len(lost) < len(questions):
        return Status.PARTIAL, reason
    slow = all(question.status is Outcome.TIMEOUT for question in lost)
    return (Status.TIMEOUT if slow else Status.CRASHED), reason


def _troubles(ran: Ran) -> tuple[Trouble, ...]:
    """Return what went wrong in which cell, in words that follow "Cell 3"."""
    broken = [
        Trouble(cell, 0, f"was left out except for what it defines: the process {words}")
        for cell, words in ran.broken_cells.items()
    ]
    stopped = [
        Trouble(trouble["cell"], trouble["line"], _stopped_words(trouble["kind"], trouble["message"]))
        for trouble in ran.troubles
    ]
    return tuple(sorted(broken + stopped, key=lambda trouble: trouble.cell))


def _stopped_words(kind: str, message: str) -> str:
    words = f"stopped with {kind}: {message}".rstrip(": ")
    if kind in ("ModuleNotFoundError", "FileNotFoundError"):
        return f"{_ended(words)} {ALONE}"
    return words
