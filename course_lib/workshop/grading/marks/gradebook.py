"""Marks as tables: our own, and the learning platform's own export with our marks filled in."""

import csv
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from course_lib.workshop.grading.intake.collect import Collection, Submission
from course_lib.workshop.grading.intake.columns import is_no_student, number_in, places
from course_lib.workshop.grading.intake.roster import Roster, Student, plain_name
from course_lib.workshop.grading.marks.standing import Standing
from course_lib.workshop.grading.storage.files import write_atomically
from course_lib.workshop.grading.storage.tables import (
    BYTE_ORDER_MARK,
    TableError,
    decoded,
    safe_field,
    to_csv,
)


def gradebook_csv(
    collection: Collection, standings: Mapping[str, Standing], titles: Mapping[str, str]
) -> str:
    """Return the gradebook: a row for each student, raw mark, penalty and final mark apart.

    Parameters
    ----------
    collection
        The class.
    standings
        Marks by submission.
    titles
        For each question's name its title.
    """
    columns = ["id", "name", "section", "group", "status", "reason", *titles.values()]
    columns += [
        "raw",
        "penalty",
        "adjustment",
        "final",
        "out of",
        "late minutes",
        "slip days used",
        "slip days left",
    ]
    submission_of = {member: item.key for item in collection.submissions for member in item.members}
    rows = []
    for student in sorted(collection.students, key=lambda student: (student.section, student.name)):
        standing = standings[submission_of[student.id]]
        points = {titles[question.name]: question.points for question in standing.questions}
        sums = {
            "raw": standing.raw,
            "penalty": standing.penalty,
            "adjustment": standing.adjustment,
            "final": standing.final,
        }
        rows.append(
            {
                "id": student.id,
                "name": student.name,
                "section": student.section,
                "group": student.group,
                "status": standing.status,
                "reason": standing.reason or waiting_words(standing, titles),
                **(points | sums if standing.counts else {}),
                "out of": standing.out_of,
                "late minutes": round(standing.late_minutes),
                "slip days used": standing.slip_days,
                "slip days left": student.slip_days - standing.slip_days,
            }
        )
    return to_csv(columns, rows)


def waiting_words(standing: Standing, titles: Mapping[str, str]) -> str:
    """Say which answers wait for a person, so that nobody takes the mark for the final one."""
    waiting = ", ".join(titles[name] for name in standing.waiting)
    return f"A person has not marked yet: {waiting}." if waiting else ""


@dataclass(frozen=True)
class Filled:
    """A platform's table with marks in it.

    Attributes
    ----------
    text
        The table.
    filled
        How many marks it was given.
    left
        For each row that was left as it was, whose it is and why.
    """

    text: str
    filled: int
    left: tuple[str, ...]


def fill_in(
    export: Path,
    title: str,
    collection: Collection,
    published: Mapping[str, float],
    out_of: float,
    comments: Mapping[str, str],
    column: str = "",
    scale: bool = False,
) -> Filled:
    """Fill published marks into the table that Canvas or Moodle exported; everything else stays as it was.

    Parameters
    ----------
    export
        The platform's file: Canvas's gradebook, Moodle's grading worksheet, or Moodle's grades.
    title
        The assignment's title, by which its column is found.
    collection
        The class.
    published
        The final marks that students know, by submission; who has none is left blank.
    out_of
        What could be reached.
    comments
        For each submission what goes into a column of feedback comments, where there is one without words.
    column
        The column's name, where the title does not find it.
    scale
        Convert the marks where the platform's column has another number of points.

    Raises
    ------
    TableError
        If the column cannot be told, or has another number of points and is not to be converted.
    """
    text = decoded(export.read_bytes())
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise TableError(f"{export} is no table: {error}. Export it again.") from error
    if not lines or not lines[0]:
        raise TableError(f"{export} is empty, or its first line is.")
    table = _Export(export, [name.strip() for name in lines[0]], lines[1:], collection)
    place = table.mark_column(title, column)
    submission_of = {member: item.key for item in collection.submissions for member in item.members}
    filled, left = 0, []
    for line in table.rows:
        most = table.possible(line, place)
        factor = most / out_of if scale and most and out_of else 1.0
        if most is not None and abs(most - out_of) > 1e-9 and not scale:
            raise TableError(
                f"{export}: the platform's column is out of {most:g} points and this assignment out of "
                f"{out_of:g}. Change the platform's points, or convert the marks with --scale."
            )
        student = table.student_of(line)
        submission = submission_of.get(student.id, "") if student else ""
        if why := table.why_not(line, place, submission, published):
            left.append(f"{table.name_in(line)}: {why}")
            continue
        line[place] = f"{round(published[submission] * factor, 6):g}"
        where = table.places.get("comment")
        if where is not None and not line[where].strip():
            line[where] = str(safe_field(comments.get(submission, "")))
        filled += 1
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK if export.read_bytes().startswith(BYTE_ORDER_MARK.encode()) else "")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    return Filled(out.getvalue(), filled, tuple(left))


def by_number(collection: Collection) -> dict[str, str]:
    """Return for each number that the platform has for somebody the id, of the roster and of files' names."""
    numbers = {
        version.participant: version.by
        for item in collection.submissions
        for version in item.versions
        if version.participant
    }
    return numbers | {one.participant: one.id for one in collection.students if one.participant}


class _Export:
    """A platform's table: which column is what, and whose a row is."""

    def __init__(self, path: Path, header: list[str], lines: list[list[str]], collection: Collection):
        self.path = path
        self.header = header
        self.places = places(header)
        for line in lines:
            line += [""] * (len(header) - len(line))
        self.rows = [line for line in lines if not is_no_student(line)]
        self.possible_points = next(
            (line for line in lines if line[0].strip().startswith("Points Possible")), []
        )
        self.roster = Roster(collection.students)
        self.by_participant = by_number(collection)
        ids = [place for key in ("id", "login", "email") if (place := self.places.get(key)) is not None]
        # Columns of numbers that are also the class's: who has another one there is another person.
        self.telling = [place for place in ids if any(self._by_id(line[place]) for line in self.rows)]

    def _by_id(self, field: str) -> Student | None:
        known = plain_name(field)
        found = [student for student in self.roster.called(field) if known != plain_name(student.name)]
        return found[0] if known and len(found) == 1 else None

    def mark_column(self, title: str, column: str) -> int:
        """Return which column holds this assignment's marks."""
        if column:
            if column not in self.header:
                raise TableError(f"{self.path} has no column {column!r}; it has {', '.join(self.header)}.")
            return self.header.index(column)
        if {"grade", "identifier"} <= self.places.keys():  # Moodle's grading worksheet
            return self.places["grade"]
        wanted = plain_name(title)
        found = [at for at, name in enumerate(self.header) if plain_name(_bare_title(name)) == wanted]
        if len(found) != 1:
            raise TableError(
                f"{self.path}: {'several columns' if found else 'no column'} called {title!r}. "
                f"Name it with --column; there are {', '.join(self.header)}."
            )
        return found[0]

    def possible(self, line: Sequence[str], place: int) -> float | None:
        """Return how many points the platform's column has, as far as it says so."""
        where = self.places.get("most")
        text = (
            line[where] if where is not None else self.possible_points[place] if self.possible_points else ""
        )
        try:
            points = float(text.strip().replace(",", "."))
        except ValueError:
            return None
        return points if math.isfinite(points) and points >= 0 else None

    def student_of(self, line: Sequence[str]) -> Student | None:
        """Return whose a row is: by the platform's number, by a number of the school's, else by the name."""
        where = self.places.get("identifier")
        known = self.by_participant.get(number_in(line[where])) if where is not None else None
        if known is not None:
            return self.roster.by_id.get(known)
        numbers = [line[place] for place in self.telling if line[place].strip()]
        if numbers:
            return next((found for number in numbers if (found := self._by_id(number))), None)
        name = self.name_in(line)
        alone = sum(plain_name(self.name_in(row)) == plain_name(name) for row in self.rows) == 1
        return self.roster.find(name) if alone else None

    def why_not(
        self, line: Sequence[str], place: int, submission: str, published: Mapping[str, float]
    ) -> str:
        """Say why a row is left as it was, if it is."""
        if not submission:
            return "not in this class; the row stays as it was."
        if line[place].strip().casefold() in ("ex", "excused"):
            return "excused on the platform; that stays."
        may = self.places.get("may_change")
        if may is not None and line[may].strip().casefold() in ("no", "nein"):
            return "the platform does not let this mark be changed."
        return "" if submission in published else "no published mark; left as it was."

    def name_in(self, line: Sequence[str]) -> str:
        """Return the name in a row."""
        if (where := self.places.get("name")) is not None:
            return line[where]
        parts = [line[self.places[key]] for key in ("first", "last") if key in self.places]
        return " ".join(parts) or line[0]


def _bare_title(name: str) -> str:
    """Return an assignment's title without Canvas's number, `(12345)`, and Moodle's words around it."""
    name = re.sub(r"\s*\((\d+|Real|Points|Percentage|Punkte|Prozentsatz)\)\s*$", "", name)
    return re.sub(r"^(Assignment|Aufgabe):\s*", "", name)


def feedback_zip(
    path: Path, submissions: Iterable[Submission], pages: Callable[[str], Path], suffix: str = ".html"
) -> int:
    """Write all feedback into one zip, each page under the name of the file that it answers.

    Learning platforms hand a file back to whoever's file had this name; only the ending differs.

    Returns
    -------
    int
        How many pages it holds.
    """
    count = 0
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for submission in submissions:
            chosen, page = submission.chosen, pages(submission.key)
            if chosen is None or not page.exists():
                continue
            name = _inside(chosen.download_name) or PurePosixPath(page.name)
            entry = zipfile.ZipInfo(name.with_suffix(suffix).as_posix(), (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, page.read_bytes())
            count += 1
    write_atomically(path, content.getvalue())
    return count


def _inside(name: str) -> PurePosixPath | None:
    """Return a file's path without whatever leads out of a folder; None where nothing is left of it."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return PurePosixPath(*parts) if parts else None
