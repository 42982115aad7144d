"""Who is in the class: the roster, a CSV with a row for each student.

Columns, of which only `id` or `name` is needed: `id`, `name`, `section`, `group`, `due` (this student's own,
as 2026-10-12 23:59), `extra_time` (in per cent), `slip_days` (how many are left), `email` and `login`.
Canvas's gradebook and Moodle's grading worksheet are rosters too, and the best ones: they hold the numbers
that the platform writes into the names of files. Other columns are kept out of the way.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from difflib import get_close_matches
from pathlib import Path

from course_lib.workshop.grading.intake.columns import is_no_student, number_in, places, slips
from course_lib.workshop.grading.intake.deadline import read_due, read_moment
from course_lib.workshop.grading.storage.tables import TableError, read_table

# In Moodle's worksheet, English and German.
EXTENSION = re.compile(r"(?:Extension granted until|Erweiterung der Abgabe möglich bis): *(.+)")

OF_EXCEL = re.compile(r'^="(.*)"$')  # a text that looks like a number, as a spreadsheet exports it
ROUNDED = re.compile(r"\d+(?:[.,]\d+)?E\+?\d+|\d+\.0", re.IGNORECASE)


@dataclass(frozen=True)
class Student:
    """One row of the roster."""

    id: str
    name: str
    section: str = ""
    group: str = ""
    due: datetime | None = None
    email: str = ""
    login: str = ""
    participant: str = ""  # the platform's own number
    extra_time: float = 0.0  # per cent of the time that everybody has
    slip_days: int = 0  # days late that cost nothing, as many as are left


class Roster:
    """All students, found by whatever a file's name tells about them."""

    def __init__(self, students: Iterable[Student]):
        self.students = list(students)
        self.by_id = {student.id: student for student in self.students}
        self.by_participant = {
            student.participant: student for student in self.students if student.participant
        }
        self._known: dict[str, list[Student]] = {}
        for student in self.students:
            for key in _keys(student):
                known = self._known.setdefault(key, [])
                if student not in known:
                    known.append(student)

    def find(self, *hints: str) -> Student | None:
        """Return the one student whom a hint names: an id, a login, an e-mail address or a name.

        The first hint that names anybody decides; one that fits two students names nobody.
        """
        return next((found[0] for hint in hints if len(found := self.called(hint)) == 1), None)

    def called(self, hint: str) -> list[Student]:
        """Return everybody whom an id, a login, an e-mail address or a name fits."""
        if not hint.strip():
            return []
        return self._known.get(plain_name(hint)) or self._known.get(plain_name(in_two_letters(hint)), [])

    def near(self, hint: str) -> str:
        """Return the name that comes closest to one that nobody has, or nothing."""
        close = get_close_matches(plain_name(hint), self._known, n=1, cutoff=0.7)
        return self._known[close[0]][0].name if close else ""


# Letters that no accent makes of another, as people write them where they are not to be had.
BARE = str.maketrans(dict(zip("łøđðıħŧ", "loddiht", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"})
TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})


def plain_name(text: str) -> str:
    """Return a name or id without case, accents, blanks and signs, as platforms write it in file names."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(BARE))
    return re.sub(r"[\W_]+", "", decomposed)


def in_two_letters(text: str) -> str:
    """Return a name as those write it who have no umlauts: Jürgen is Juergen."""
    return unicodedata.normalize("NFC", text.casefold()).translate(TWO_LETTERS)


def _keys(student: Student) -> set[str]:
    """Return everything by which a student may be called."""
    words = student.name.replace(",", " ").split()
    orders = {student.name, " ".join(reversed(words))}
    if words:
        orders |= {" ".join([words[-1], *words[:-1]]), " ".join([*words[1:], words[0]])}
    if "," in student.name:
        last, _, first = student.name.partition(",")
        orders |= {f"{first} {last}", f"{last} {first}"}
    local = student.email.partition("@")[0]
    keys = {student.id, student.login, student.email, local, *orders}
    keys |= {in_two_letters(key) for key in keys}
    return {plain for key in keys if (plain := plain_name(key))}


def read_roster(path: Path, zone: tzinfo | None = None) -> Roster:
    """Read a roster.

    Parameters
    ----------
    path
        A CSV file.
    zone
        The time zone of own due dates that name none.

    Raises
    ------
    TableError
        If it is no table, names nobody, or names somebody twice.
    """
    header, rows = read_table(path)
    if wrong := slips(header):
        name, meant = next(iter(wrong.items()))
        raise TableError(f"{path} has a column {name!r}. Did you mean {meant!r}? Rename it; if not, too.")
    if twice := next((name for name in header if name.strip() and header.count(name) > 1), None):
        raise TableError(f"{path} has two columns {twice!r}. Which one counts? Rename the other.")
    columns = {key: header[place] for key, place in places(header).items()}
    if not {"id", "name", "first", "last"} & columns.keys():
        raise TableError(f"{path} has no column `id` or `name`; it has {', '.join(header)}.")
    students = [
        _student({key: row[name].strip() for key, name in columns.items()}, path, line, zone)
        for line, row in enumerate(rows, start=2)
        if not is_no_student(list(row.values()))
    ]
    seen: dict[str, int] = {}
    for line, student in enumerate(students, start=2):
        if student.id in seen:
            raise TableError(
                f"{path}, line {line}: the id {student.id} was in line {seen[student.id]} already."
            )
        seen[student.id] = line
    if not students:
        raise TableError(f"{path} holds a header and no students.")
    return Roster(students)


def with_slip_days(roster: Roster, gradebook: Path) -> Roster:
    """Return a roster with the slip days that the gradebook of the assignment before has left.

    Raises
    ------
    TableError
        If there is no such gradebook, or it does not say so.
    """
    if not gradebook.exists():
        raise TableError(f"{gradebook} is not there: publish the assignment before, or give its folder.")
    left = {student.id: student.slip_days for student in read_roster(gradebook).students}
    return Roster([replace(one, slip_days=left.get(one.id, one.slip_days)) for one in roster.students])


def _student(fields: dict[str, str], path: Path, line: int, zone: tzinfo | None) -> Student:
    name = " ".join((fields.get("name") or f"{fields.get('first', '')} {fields.get('last', '')}").split())
    participant = number_in(fields.get("identifier", ""))
    identity = OF_EXCEL.sub(r"\1", fields.get("id", "")) or participant or plain_name(name)
    if ROUNDED.fullmatch(identity):
        raise TableError(
            f"{path}, line {line}: the id {identity} is no id, but a number that a spreadsheet made of one. "
            "Export the table anew, and do not save it in the spreadsheet."
        )
    if not identity:
        raise TableError(f"{path}, line {line}: there is neither an id nor a name.")
    return Student(
        identity,
        name or identity,
        fields.get("section", ""),
        fields.get("group", ""),
        _due(fields.get("due", ""), path, line, zone) or _extension(fields, path, line, zone),
        fields.get("email", ""),
        fields.get("login", ""),
        participant,
        _number(fields.get("extra_time", "").rstrip(" %"), 1000, path, line),
        int(_number(fields.get("slip_days", ""), 365, path, line)),
    )


def _number(text: str, most: int, path: Path, line: int) -> float:
    try:
        number = float(text.replace(",", ".") or 0)
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise TableError(f"{path}, line {line}: {text!r} should be a number from 0 to {most}.")
    return number


def _extension(fields: dict[str, str], path: Path, line: int, zone: tzinfo | None) -> datetime | None:
    """Return until when Moodle's worksheet says that somebody has more time."""
    status = fields.get("status", "")
    found = EXTENSION.search(status)
    try:
        return read_moment(found[1], zone) if found else None
    except ValueError as error:
        raise TableError(f"{path}, line {line}: {status!r} does not say until when.") from error


def _due(text: str, path: Path, line: int, zone: tzinfo | None) -> datetime | None:
    if not text:
        return None
    try:
        return read_due(text, zone)
    except ValueError as error:
        raise TableError(
            f"{path}, line {line}: {text!r} is no date; write it as 2026-10-12 23:59."
        ) from error
