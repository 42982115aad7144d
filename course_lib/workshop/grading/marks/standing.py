"""Marks: what was computed, what people gave, the penalty, and what is published.

People's marks live in one table, `marks.csv`, which no grading ever writes over: submission, question,
points, keys (of the rubric), comment, by. A submission is named by its key, a student's id or a student's
name; a question by its name or its title. A row without a question is added to the final mark; the question
`penalty` replaces the penalty; `excused` takes the submission out of the marks.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.grading.intake.collect import Submission, Version
from course_lib.workshop.grading.intake.deadline import late_days, late_minutes
from course_lib.workshop.grading.intake.roster import plain_name
from course_lib.workshop.grading.storage.files import write_atomically
from course_lib.workshop.grading.storage.records import Outcome, QuestionRecord, Record, Status
from course_lib.workshop.grading.storage.tables import TableError, as_written, read_table, to_csv

FILE = "marks.csv"
COLUMNS = ("submission", "question", "points", "keys", "comment", "by")
PENALTY = "penalty"
EXCUSED = "excused"
WHOLE = ("", PENALTY, EXCUSED)  # what is said of a submission and of none of its questions
NOT_GRADED = "It is not graded yet."
NOTHING_FOUND = "It holds no answer that could be marked."
JUDGED = (Outcome.RIGHT, Outcome.WRONG, Outcome.MARKED)  # all others leave open what was answered


@dataclass(frozen=True)
class HandMark:
    """A mark that a person gave."""

    submission: str
    question: str
    points: float | None
    keys: str = ""
    comment: str = ""
    by: str = ""


@dataclass(frozen=True)
class QuestionMark:
    """One question's mark as it is published."""

    name: str
    points: float
    out_of: float
    status: Outcome
    by_hand: HandMark | None = None


@dataclass(frozen=True)
class Standing:
    """A submission's mark: raw, penalty and final, apart.

    Attributes
    ----------
    questions
        Each question's mark.
    penalty
        What lateness costs, in points.
    adjustment
        What a person added or took off at the end.
    status, reason
        How grading ended.
    comments
        What people wrote about the submission as a whole.
    """

    submission: str
    questions: tuple[QuestionMark, ...]
    penalty: float = 0.0
    adjustment: float = 0.0
    status: Status = Status.MISSING
    reason: str = ""
    comments: tuple[str, ...] = ()
    late_minutes: float = 0.0
    waiting: tuple[str, ...] = field(default=())
    slip_days: int = 0  # used, so that they cost nothing
    decided: bool = False  # whether a person gave points here, or students know this mark already

    @property
    def raw(self) -> float:
        """The points of all questions."""
        return sum(question.points for question in self.questions)

    @property
    def out_of(self) -> float:
        """What could be reached."""
        return sum(question.out_of for question in self.questions)

    @property
    def final(self) -> float:
        """The mark that counts."""
        return round(max(0.0, self.raw - self.penalty + self.adjustment), 6)

    @property
    def unearned(self) -> bool:
        """Whether it is a zero for which no answer was judged: nothing that was asked for could be read.

        A wrong file, another assignment's notebook and quotation marks of a word processor look like this.
        """
        graded = self.status not in (Status.MISSING, Status.EXCUSED)
        return graded and not self.decided and all(one.status not in JUDGED for one in self.questions)

    @property
    def counts(self) -> bool:
        """Whether there is a mark to give back: an answer was judged, or a person decided on the mark."""
        if self.status is Status.EXCUSED:
            return any(one.by_hand for one in self.questions)
        return self.decided or (self.status is not Status.MISSING and not self.unearned)

    def points(self) -> dict[str, float]:
        """Return what is compared from one publication to the next."""
        by_question = {question.name: round(question.points, 6) for question in self.questions}
        return {**by_question, "raw": round(self.raw, 6), "final": self.final}


@dataclass(frozen=True)
class Known:
    """What a row of `marks.csv` may name.

    Attributes
    ----------
    submissions
        For each key, id and plain name the submission's key; a name that two have is not there.
    questions
        For each question's name and plain title its name.
    out_of
        What each question is worth.
    """

    submissions: Mapping[str, str]
    questions: Mapping[str, str]
    out_of: Mapping[str, float]


def read_hand_marks(folder: Path, known: Known | None = None) -> dict[str, list[HandMark]]:
    """Read people's marks, by submission.

    Parameters
    ----------
    folder
        The class's folder.
    known
        The class and its questions; None takes every name as it is.

    Raises
    ------
    TableError
        If a row cannot be understood, names what is not there, gives more than a question is worth, or gives
        a second mark for the same thing; with its line.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    header, rows = read_table(path)
    if missing := {"submission", "question", "points"} - set(header):
        raise TableError(f"{path} has no column {', '.join(sorted(missing))}.")
    marks: dict[str, list[HandMark]] = {}
    lines: dict[tuple[str, str], int] = {}
    for line, row in enumerate(rows, start=2):
        fields = {name: as_written(row.get(name, "")).strip() for name in COLUMNS}
        where = f"{path}, line {line}"
        points = _points(fields["points"], where)
        submission, question = fields["submission"], fields["question"]
        if known is not None:
            submission = _called(submission, known.submissions, "submission or student", where)
            question = _question_called(question, points, known, where)
        if question and (submission, question) in lines:
            raise TableError(
                f"{where}: {question} of {submission} was marked in line {lines[submission, question]} "
                "already. Keep one of the two."
            )
        lines[submission, question] = line
        mark = HandMark(submission, question, points, *(fields[name] for name in COLUMNS[3:]))
        marks.setdefault(submission, []).append(mark)
    return marks


def _called(name: str, known: Mapping[str, str], what: str, where: str) -> str:
    """Return what a name stands for."""
    if name in known or plain_name(name) in known:
        return known.get(name) or known[plain_name(name)]
    near = get_close_matches(plain_name(name), known, n=1)
    raise TableError(
        f"{where}: there is no {what} {name!r}." + (f" Do you mean {known[near[0]]!r}?" if near else "")
    )


def _question_called(question: str, points: float | None, known: Known, where: str) -> str:
    """Return which question a row marks; complain about points that it cannot have."""
    if question in ("", EXCUSED):
        return question
    if question == PENALTY:
        worth = sum(known.out_of.values())
    else:
        question = _called(question, known.questions, "question", where)
        worth = known.out_of[question]
    if points is not None and not 0 <= points <= worth:
        raise TableError(f"{where}: {points:g} points for {question} are not from 0 to {worth:g}.")
    return question


def _points(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        points = float(text.replace(",", "."))
    except ValueError as error:
        raise TableError(f"{where}: {text!r} is no number of points.") from error
    if not math.isfinite(points):
        raise TableError(f"{where}: {text!r} is no number of points.")
    return points


def write_hand_marks(folder: Path, marks: Iterable[HandMark]) -> None:
    """Write people's marks in one step."""
    rows = [
        {
            "submission": mark.submission,
            "question": mark.question,
            "points": "" if mark.points is None else mark.points,
            "keys": mark.keys,
            "comment": mark.comment,
            "by": mark.by,
        }
        for mark in marks
    ]
    write_atomically(folder / FILE, to_csv(COLUMNS, rows))


def penalty_share(
    assignment: Assignment, time: datetime | None, due: datetime | None, slip_days: int = 0
) -> float:
    """Return which share of the mark lateness costs, from 0 to 1; some days may cost nothing."""
    days = late_days(time, due, assignment.grace_minutes) - slip_days
    return min(1.0, max(0, days) * assignment.penalty_per_day)


def standing_of(
    submission: Submission,
    record: Record | None,
    hand_marks: Sequence[HandMark],
    assignment: Assignment,
    out_of: Mapping[str, float],
    due: datetime | None = None,
    slip_days: int = 0,
) -> Standing:
    """Combine the computed marks, people's marks and the penalty.

    Parameters
    ----------
    submission
        What was handed in.
    record
        Its record, None if nothing was graded.
    hand_marks
        People's marks of this submission.
    assignment
        Says what lateness costs.
    out_of
        For each question's name what it is worth.
    due
        When this submission was due.
    slip_days
        How many days late cost nothing, as many as are left.
    """
    by_question = {mark.question: mark for mark in hand_marks if mark.question}
    computed = {question.name: question for question in record.questions} if record else {}
    questions = tuple(
        _question_mark(name, computed.get(name), by_question.get(name), worth)
        for name, worth in out_of.items()
    )
    chosen = submission.chosen
    time = chosen.moment() if chosen else None
    raw = sum(question.points for question in questions)
    penalty, used = round(raw * penalty_share(assignment, time, due, slip_days), 6), 0
    if PENALTY in by_question and by_question[PENALTY].points is not None:
        penalty = by_question[PENALTY].points or 0.0
    elif assignment.penalty_per_day and record is not None:
        used = min(slip_days, late_days(time, due, assignment.grace_minutes))
    whole = [mark for mark in hand_marks if not mark.question]
    standing = Standing(
        submission.key,
        questions,
        penalty,
        sum(mark.points or 0.0 for mark in whole),
        Status.EXCUSED if EXCUSED in by_question else record.status if record else Status.MISSING,
        _reason(chosen, record),
        tuple(
            mark.comment for mark in hand_marks if mark.comment and mark.question in ("", PENALTY, EXCUSED)
        ),
        late_minutes(time, due),
        tuple(question.name for question in questions if question.status is Outcome.UNMARKED),
        used,
        any(mark.points is not None and mark.question != PENALTY for mark in hand_marks),
    )
    return replace(standing, reason=standing.reason or (NOTHING_FOUND if standing.unearned else ""))


def of_attempts(attempt: str, standings: Sequence[Standing]) -> tuple[Standing, int]:
    """Return what counts of several attempts, the last of them first, and which of them is shown.

    Of an average, each question's points and the penalty are the mean; free texts and comments are the last
    attempt's.
    """
    if attempt == "last" or len(standings) == 1:
        return standings[0], 0
    if ungraded := [at for at, one in enumerate(standings) if one.reason == NOT_GRADED]:
        return standings[ungraded[0]], ungraded[0]
    words = f"You handed in {len(standings)} attempts; the {attempt} counts."
    if attempt == "best":
        place = max(range(len(standings)), key=lambda at: (standings[at].final, -at))
        return replace(standings[place], comments=(*standings[place].comments, words)), place
    last, count = standings[0], len(standings)
    questions = tuple(
        replace(one, points=round(sum(each.questions[at].points for each in standings) / count, 6))
        for at, one in enumerate(last.questions)
    )
    penalty = round(sum(each.penalty for each in standings) / count, 6)
    return replace(last, questions=questions, penalty=penalty, comments=(*last.comments, words)), 0


def _reason(chosen: Version | None, record: Record | None) -> str:
    """Say why a submission is not simply graded; collecting may know more about a file than its bytes say."""
    if record is None:
        return "Nothing was handed in." if chosen is None else NOT_GRADED
    if record.status is Status.UNREADABLE and chosen is not None and chosen.problem:
        return chosen.problem
    return record.reason


def _question_mark(
    name: str, computed: QuestionRecord | None, by_hand: HandMark | None, worth: float
) -> QuestionMark:
    points = computed.points if computed else 0.0
    status = computed.status if computed else Outcome.MISSING
    if by_hand is not None and by_hand.points is not None:
        points = by_hand.points
        status = Outcome.MARKED if status is Outcome.UNMARKED else status
    return QuestionMark(name, points, worth, status, by_hand)


@dataclass(frozen=True)
class Change:
    """A mark that differs from the one that was published."""

    submission: str
    what: str
    before: float
    after: float

    @property
    def lowered(self) -> bool:
        """Whether somebody loses by it."""
        return self.after < self.before


def changes(published: Mapping[str, Mapping[str, float]], standings: Iterable[Standing]) -> list[Change]:
    """Return every published mark that would change, the final marks included."""
    found = []
    for standing in standings:
        before = published.get(standing.submission)
        if before is None:
            continue
        for what, after in standing.points().items():
            if what in before and abs(before[what] - after) > 1e-9:
                found.append(Change(standing.submission, what, before[what], after))
    return found
