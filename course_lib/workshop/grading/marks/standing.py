"""Marks: what was computed, what people gave, the penalty, and what is published.

People's marks live in one table, `marks.csv`, which no grading ever writes over: submission, question,
points, keys (of the rubric), comment, by. A row without a question is added to the final mark; the question
`penalty` replaces the penalty.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.grading.intake.collect import Submission, Version
from course_lib.workshop.grading.storage.files import write_atomically
from course_lib.workshop.grading.storage.tables import TableError, read_table, to_csv

FILE = "marks.csv"
COLUMNS = ("submission", "question", "points", "keys", "comment", "by")
PENALTY = "penalty"
DAY = 24 * 60


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
    status: str
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
    status: str = "missing"
    reason: str = ""
    comments: tuple[str, ...] = ()
    late_minutes: float = 0.0
    waiting: tuple[str, ...] = field(default=())

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

    def points(self) -> dict[str, float]:
        """Return what is compared from one publication to the next."""
        by_question = {question.name: round(question.points, 6) for question in self.questions}
        return {**by_question, "raw": round(self.raw, 6), "final": self.final}


def read_hand_marks(folder: Path) -> dict[str, list[HandMark]]:
    """Read people's marks, by submission.

    Raises
    ------
    TableError
        If a row cannot be understood, with its line.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    header, rows = read_table(path)
    if missing := {"submission", "question", "points"} - set(header):
        raise TableError(f"{path} has no column {', '.join(sorted(missing))}.")
    marks: dict[str, list[HandMark]] = {}
    for line, row in enumerate(rows, start=2):
        fields = {name: row.get(name, "").strip().removeprefix("'") for name in COLUMNS}
        points = _points(fields["points"], path, line)
        mark = HandMark(
            fields["submission"], fields["question"], points, *(fields[name] for name in COLUMNS[3:])
        )
        marks.setdefault(mark.submission, []).append(mark)
    return marks


def _points(text: str, path: Path, line: int) -> float | None:
    if not text:
        return None
    try:
        points = float(text.replace(",", "."))
    except ValueError as error:
        raise TableError(f"{path}, line {line}: {text!r} is no number of points.") from error
    if not math.isfinite(points):
        raise TableError(f"{path}, line {line}: {text!r} is no number of points.")
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
    write_atomically(folder / FILE, to_csv(COLUMNS, rows), mode=0o600)


def penalty_share(assignment: Assignment, late_minutes: float) -> float:
    """Return which share of the mark lateness costs, from 0 to 1."""
    if late_minutes <= assignment.grace_minutes:
        return 0.0
    days = math.ceil((late_minutes - assignment.grace_minutes) / DAY)
    return min(1.0, days * assignment.penalty_per_day)


def standing_of(
    submission: Submission,
    record: Mapping[str, Any] | None,
    hand_marks: Sequence[HandMark],
    assignment: Assignment,
    out_of: Mapping[str, float],
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
    """
    by_question = {mark.question: mark for mark in hand_marks if mark.question}
    computed = {question["name"]: question for question in record["questions"]} if record else {}
    questions = tuple(
        _question_mark(name, computed.get(name), by_question.get(name), worth)
        for name, worth in out_of.items()
    )
    chosen = submission.chosen
    late = chosen.late_minutes if chosen else 0.0
    raw = sum(question.points for question in questions)
    penalty = round(raw * penalty_share(assignment, late), 6)
    if PENALTY in by_question and by_question[PENALTY].points is not None:
        penalty = by_question[PENALTY].points or 0.0
    whole = [mark for mark in hand_marks if not mark.question]
    return Standing(
        submission.key,
        questions,
        penalty,
        sum(mark.points or 0.0 for mark in whole),
        record["status"] if record else "missing",
        _reason(chosen, record),
        tuple(mark.comment for mark in hand_marks if mark.comment and mark.question in ("", PENALTY)),
        late,
        tuple(question.name for question in questions if question.status == "to be marked"),
    )


def _reason(chosen: Version | None, record: Mapping[str, Any] | None) -> str:
    """Say why a submission is not simply graded; collecting may know more about a file than its bytes say."""
    if record is None:
        return "Nothing was handed in." if chosen is None else "It is not graded yet."
    if record["status"] == "unreadable" and chosen is not None and chosen.problem:
        return chosen.problem
    return str(record["reason"])


def _question_mark(
    name: str, computed: Mapping[str, Any] | None, by_hand: HandMark | None, worth: float
) -> QuestionMark:
    points = computed["points"] if computed else 0.0
    status = computed["status"] if computed else "missing"
    if by_hand is not None and by_hand.points is not None:
        points = by_hand.points
        status = "marked" if status == "to be marked" else status
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
