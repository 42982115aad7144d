"""Free texts marked by people: one sheet an assistant, by question, anonymous; merged afterwards.

A sheet is a CSV with a row for each answer: a code in place of the name, the answer, a column for each thing
that the rubric gives points for (write `x`, or a number of points), `points` to overrule their sum, and
`comment`.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.workshop.grading.marks.standing import HandMark
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, KeyQuestion
from course_lib.workshop.grading.storage.files import write_atomically
from course_lib.workshop.grading.storage.records import Outcome, Record
from course_lib.workshop.grading.storage.tables import TableError, as_written, read_table, to_csv

YES = {"x", "✓", "y", "yes"}


@dataclass(frozen=True)
class Answer:
    """One free text."""

    submission: str
    question: str
    text: str


def answers_of(records: Iterable[tuple[str, Record | None]]) -> list[Answer]:
    """Return the free texts that wait for a person."""
    return [
        Answer(submission, question.name, question.source)
        for submission, record in records
        if record
        for question in record.questions
        if question.status is Outcome.UNMARKED
    ]


def code_of(submission: str, question: str, seed: int) -> str:
    """Return what stands for a submission in a sheet, different for each question.

    It is made of letters alone: a spreadsheet takes `12345e6789` for a number and writes another one.
    """
    digest = hashlib.sha256(f"{seed} {question} {submission}".encode()).digest()
    return "".join(chr(ord("a") + byte % 26) for byte in digest[:10])


def write_sheets(
    folder: Path, key: AnswerKey, answers: Sequence[Answer], assistants: Sequence[str], seed: int
) -> tuple[list[Path], list[Path]]:
    """Write a sheet for each assistant and question; one in which somebody wrote already is left alone.

    Parameters
    ----------
    folder
        Where the sheets go.
    key
        The answer key, with the rubrics.
    answers
        What is to be marked.
    assistants
        Their names; each question's answers are split evenly between them.
    seed
        The assignment's seed, from which the codes and the order come.

    Returns
    -------
    written, left : list of Path
        The sheets that were written, and those that were there with marks in them.
    """
    written, left = [], []
    for question in key.questions:
        mine = [answer for answer in answers if answer.question == question.name]
        mine.sort(key=lambda answer: code_of(answer.submission, answer.question, seed))
        for place, assistant in enumerate(assistants):
            rows = [_row(answer, seed) for answer in mine[place :: len(assistants)]]
            if rows:
                path = folder / f"{question.name}-{assistant}.csv"
                columns = ["code", "answer", *_rubric_columns(question), "points", "comment"]
                if _is_filled(path):
                    left.append(path)
                    continue
                write_atomically(path, to_csv(columns, rows))
                written.append(path)
    return written, left


def _is_filled(sheet: Path) -> bool:
    """Tell whether somebody wrote into a sheet, or made something of it that is no sheet any more."""
    if not sheet.exists():
        return False
    try:
        _, rows = read_table(sheet)
    except TableError:
        return True
    return any(text.strip() for row in rows for name, text in row.items() if name not in ("code", "answer"))


def _row(answer: Answer, seed: int) -> dict[str, object]:
    return {"code": code_of(answer.submission, answer.question, seed), "answer": answer.text}


def _rubric_columns(question: KeyQuestion) -> dict[str, tuple[str, float]]:
    """Return for each column of the rubric its key and points."""
    return {f"{key} ({points:g}): {sentence}": (key, points) for key, points, sentence in question.rubric}


def merge_sheets(
    sheets: Sequence[Path], key: AnswerKey, submissions: Sequence[str], seed: int, known: Sequence[HandMark]
) -> tuple[list[HandMark], list[str]]:
    """Return all marks with those of the sheets, and what cannot be merged.

    A mark that is there already is kept where a sheet says something else about it.

    Raises
    ------
    TableError
        If a sheet cannot be read or is of no question of this assignment.
    """
    marks = {(mark.submission, mark.question): mark for mark in known if mark.question}
    whole = [mark for mark in known if not mark.question]
    problems: list[str] = []
    for sheet in sheets:
        question = _question_of(sheet, key)
        names = {code_of(submission, question.name, seed): submission for submission in submissions}
        header, rows = read_table(sheet)
        expected = ["code", *_rubric_columns(question), "points", "comment"]
        if missing := [name for name in expected if name not in header]:
            raise TableError(
                f"{sheet.name} has no column {missing[0]!r} any more; it has {', '.join(header)}. Name the "
                "columns as `course marks split` did."
            )
        for line, row in enumerate(rows, start=2):
            mark = _mark_of(row, question, names, sheet, line)
            if mark is None:
                continue
            who = f"{sheet.name}, line {line}: code {row.get('code', '')}"
            if mark.points is None:
                problems.append(f"{who} has a comment and no points; it waits.")
            place = (mark.submission, mark.question)
            before = marks.get(place)
            if before is not None and before.points is not None and _content(before) != _content(mark):
                problems.append(
                    f"{who} is marked already, with {before.points} points by {before.by or 'somebody'}; "
                    "that stays."
                )
                continue
            marks[place] = mark
    return [*marks.values(), *whole], problems


def _content(mark: HandMark) -> tuple[float | None, str, str]:
    return mark.points, mark.keys, mark.comment


def _question_of(sheet: Path, key: AnswerKey) -> KeyQuestion:
    of_it = [question for question in key.questions if sheet.name.startswith(f"{question.name}-")]
    if of_it:
        return max(of_it, key=lambda question: len(question.name))
    raise TableError(f"{sheet.name} is no sheet of this assignment: its name should start with a question's.")


def _mark_of(
    row: Mapping[str, str], question: KeyQuestion, names: Mapping[str, str], sheet: Path, line: int
) -> HandMark | None:
    """Read one row of a sheet; a row in which nothing was written gives no mark."""
    code = as_written(row.get("code", "")).strip()
    columns = _rubric_columns(question)
    entries = {key: row.get(column, "").strip() for column, (key, _) in columns.items()}
    overruled, comment = row.get("points", "").strip(), as_written(row.get("comment", "")).strip()
    if not any(entries.values()) and not overruled and not comment:
        return None
    if code not in names:
        raise TableError(f"{sheet.name}, line {line}: the code {code!r} belongs to no submission.")
    worth = dict(columns.values())
    given = {key: _points(entry, worth[key], sheet, line) for key, entry in entries.items()}
    points = _points(overruled, question.points, sheet, line) if overruled else sum(given.values())
    marked = bool(overruled or any(entries.values()))
    keys = " ".join(key for key, earned in given.items() if earned)
    return HandMark(
        names[code], question.name, points if marked else None, keys, comment, sheet.stem.rpartition("-")[2]
    )


def _points(entry: str, worth: float, sheet: Path, line: int) -> float:
    if not entry or entry.lower() in ("no", "n", "-", "'-"):
        return 0.0
    if entry.lower() in YES:
        return worth
    try:
        points = float(entry.replace(",", "."))
    except ValueError as error:
        raise TableError(f"{sheet.name}, line {line}: write x or points, not {entry!r}.") from error
    if not 0 <= points <= worth or not math.isfinite(points):
        raise TableError(f"{sheet.name}, line {line}: {entry} points are not from 0 to {worth:g}.")
    return points
