"""Marks as tables: our own, and the learning platform's own export with our marks filled in."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from course_lib.workshop.grading.intake.collect import Collection, Submission
from course_lib.workshop.grading.intake.roster import Roster, Student, plain_name
from course_lib.workshop.grading.marks.standing import Standing
from course_lib.workshop.grading.storage.tables import TableError, decoded, to_csv


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
    columns += ["raw", "penalty", "adjustment", "final", "out of", "late minutes"]
    submission_of = {member: item.key for item in collection.submissions for member in item.members}
    rows = []
    for student in sorted(collection.students, key=lambda student: (student.section, student.name)):
        standing = standings[submission_of[student.id]]
        points = {titles[question.name]: question.points for question in standing.questions}
        rows.append(
            {
                "id": student.id,
                "name": student.name,
                "section": student.section,
                "group": student.group,
                "status": standing.status,
                "reason": standing.reason or waiting_words(standing, titles),
                **points,
                "raw": standing.raw,
                "penalty": standing.penalty,
                "adjustment": standing.adjustment,
                "final": standing.final,
                "out of": standing.out_of,
                "late minutes": round(standing.late_minutes),
            }
        )
    return to_csv(columns, rows)


def waiting_words(standing: Standing, titles: Mapping[str, str]) -> str:
    """Say which answers wait for a person, so that nobody takes the mark for the final one."""
    waiting = ", ".join(titles[name] for name in standing.waiting)
    return f"A person has not marked yet: {waiting}." if waiting else ""


@dataclass(frozen=True)
class Filled:
    """A platform's table with marks in it, and whom it left out."""

    text: str
    filled: int
    not_found: tuple[str, ...]


def fill_in(
    export: Path,
    title: str,
    collection: Collection,
    standings: Mapping[str, Standing],
    comment: Callable[[Standing], str] = lambda standing: "",
    column: str = "",
) -> Filled:
    """Fill marks into the table that Canvas or Moodle exported; everything else stays as it was.

    Parameters
    ----------
    export
        The platform's file: Canvas's gradebook, Moodle's grading worksheet, or Moodle's grades.
    title
        The assignment's title, by which its column is found.
    collection, standings
        The class and its marks.
    comment
        Returns what goes into a column of feedback comments, if the table has one.
    column
        The column's name, where the title does not find it.

    Raises
    ------
    TableError
        If the column cannot be told.
    """
    text = decoded(export.read_bytes())
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    if not lines:
        raise TableError(f"{export} is empty.")
    header = [name.strip() for name in lines[0]]
    place = _mark_column(header, title, column, export)
    comments = header.index("Feedback comments") if "Feedback comments" in header else None
    find = _finder(header, collection)
    marks = {member: standings[item.key] for item in collection.submissions for member in item.members}
    filled, unknown = 0, []
    for line in lines[1:]:
        if _is_no_student(line, header):
            continue
        line += [""] * (len(header) - len(line))
        student = find(line)
        if student is None or student.id not in marks:
            unknown.append(_name_in(line, header))
            continue
        standing = marks[student.id]
        line[place] = f"{standing.final:g}"
        if comments is not None:
            line[comments] = comment(standing)
        filled += 1
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    return Filled(out.getvalue(), filled, tuple(unknown))


def _mark_column(header: Sequence[str], title: str, column: str, export: Path) -> int:
    """Return which column holds this assignment's marks."""
    if column:
        if column not in header:
            raise TableError(f"{export} has no column {column!r}; it has {', '.join(header)}.")
        return header.index(column)
    if "Grade" in header and "Identifier" in header:  # Moodle's grading worksheet
        return header.index("Grade")
    wanted = plain_name(title)
    found = [place for place, name in enumerate(header) if plain_name(_bare_title(name)) == wanted]
    if len(found) != 1:
        raise TableError(
            f"{export}: {'several columns' if found else 'no column'} called {title!r}. "
            f"Name it with --column; there are {', '.join(header)}."
        )
    return found[0]


def _bare_title(name: str) -> str:
    """Return an assignment's title without Canvas's number, `(12345)`, and Moodle's words around it."""
    name = re.sub(r"\s*\((\d+|Real|Points|Percentage)\)\s*$", "", name)
    return re.sub(r"^Assignment:\s*", "", name)


def _is_no_student(line: Sequence[str], header: Sequence[str]) -> bool:
    """Tell whether a line is empty or Canvas's line of possible points."""
    first = line[0].strip() if line else ""
    second = line[1].strip() if len(line) > 1 else ""
    possible = first.startswith("Points Possible") or (first == "Student, Test" and not second)
    return not any(field.strip() for field in line) or possible or "Manual Posting" in line


def _finder(header: Sequence[str], collection: Collection) -> Callable[[Sequence[str]], Student | None]:
    """Return a function that finds the student of a line by any of its columns that tell."""
    roster = Roster(collection.students)
    by_participant = {
        version.participant: version.by
        for item in collection.submissions
        for version in item.versions
        if version.participant
    }
    telling = ("SIS User ID", "SIS Login ID", "ID number", "ID", "Email address", "Full name", "Student")
    places = [header.index(name) for name in telling if name in header]
    names = [header.index(name) for name in ("First name", "Surname", "Last name") if name in header]

    def find(line: Sequence[str]) -> Student | None:
        if "Identifier" in header:
            number = line[header.index("Identifier")].rpartition(" ")[2]
            if number in by_participant:
                return roster.by_id.get(by_participant[number])
        if "ID" in header and (canvas := by_participant.get(line[header.index("ID")].strip())):
            return roster.by_id.get(canvas)
        whole = " ".join(line[place] for place in names)
        return roster.find(*(line[place] for place in places), whole)

    return find


def _name_in(line: Sequence[str], header: Sequence[str]) -> str:
    for name in ("Full name", "Student", "First name"):
        if name in header:
            return line[header.index(name)]
    return line[0]


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
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for submission in submissions:
            chosen, page = submission.chosen, pages(submission.key)
            if chosen is None or not page.exists():
                continue
            name = PurePosixPath(chosen.download_name.replace("\\", "/"))
            entry = zipfile.ZipInfo(name.with_suffix(suffix).as_posix(), (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, page.read_bytes())
            count += 1
    return count
