"""When students handed in, as the platform's own table says it: files tell when they were copied."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

import yaml

from course_lib.workshop.grading.intake.columns import OF_MOODLE, is_no_student, number_in, places
from course_lib.workshop.grading.intake.deadline import read_moment
from course_lib.workshop.grading.intake.roster import Roster, plain_name
from course_lib.workshop.grading.storage.tables import TableError, read_table


def read_times(path: Path, roster: Roster | None, zone: tzinfo | None) -> dict[str, datetime]:
    """Read when each student handed in.

    Parameters
    ----------
    path
        A CSV with a student's id, name, e-mail address or number and a time, such as Moodle's grading
        worksheet; or Gradescope's `submission_metadata.yml`.
    roster
        The class; None takes the platform's numbers, or the names, for the students' ids.
    zone
        The time zone of times that name none.

    Returns
    -------
    dict of str to datetime
        For each student's id the time.

    Raises
    ------
    TableError
        If there is no column of times, or one of them cannot be read.
    """
    if path.suffix in (".yml", ".yaml"):
        table = submissions_of_gradescope(path.read_bytes(), str(path), zone)
        people = [person for submission in table.values() for person in submission]
        times = {_identity(roster, [one.id, one.email, one.name], ""): one.time for one in people}
    else:
        times = {}
        for line, hints, number, text in _of_a_table(path):
            if (student := _identity(roster, hints, number)) and text.strip().strip("-"):
                times[student] = _time(text, f"{path}, line {line}", zone)
    times.pop("", None)
    if not times:
        raise TableError(f"{path} says of nobody in this class when they handed in.")
    return times


def tells_times(roster: Path) -> bool:
    """Whether a roster is Moodle's worksheet, which says of somebody at least when they handed in."""
    header, rows = read_table(roster)
    named = [name for name in header if name.strip().casefold() in OF_MOODLE]
    return any(row[name].strip().strip("-") for name in named for row in rows)


Row = tuple[int, list[str], str, str]
GRADESCOPE = "submission_metadata.yml"


@dataclass(frozen=True)
class Person:
    """One of those who handed a submission in, and when that was."""

    time: datetime
    id: str
    email: str
    name: str


def _of_a_table(path: Path) -> list[Row]:
    header, rows = read_table(path)
    there = places(header)
    if "time" not in there:
        raise TableError(
            f"{path} has no column with the time of handing in; call it `time`. It has {', '.join(header)}."
        )
    columns = {key: header[place] for key, place in there.items()}
    found = []
    for line, row in enumerate(rows, start=2):
        if is_no_student(list(row.values())):
            continue
        fields = {key: row[name] for key, name in columns.items()}
        whole = fields.get("name") or f"{fields.get('first', '')} {fields.get('last', '')}"
        hints = [fields.get("id", ""), fields.get("login", ""), fields.get("email", ""), whole]
        found.append((line, hints, number_in(fields.get("identifier", "")), fields["time"]))
    return found


def submissions_of_gradescope(data: bytes, where: str, zone: tzinfo | None) -> dict[str, list[Person]]:
    """Return the people of each submission in Gradescope's own table, which writes Ruby's symbols.

    Raises
    ------
    TableError
        If it is no such table.
    """
    try:
        return {
            str(folder): [
                Person(
                    _time(str(one[":created_at"]), f"{where}, {folder}", zone),
                    *(str(person.get(key) or "") for key in (":sid", ":email", ":name")),
                )
                for person in one[":submitters"]
            ]
            for folder, one in yaml.safe_load(data).items()
        }
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
        raise TableError(f"{where} is no table of Gradescope's submissions ({error!r}).") from error


def _identity(roster: Roster | None, hints: list[str], number: str) -> str:
    """Return the id of the student whom a row names, or nothing."""
    if roster is None:
        return number or next((plain_name(hint) for hint in hints if hint.strip()), "")
    known = roster.by_participant.get(number) or roster.find(*hints)
    return known.id if known else ""


def _time(text: str, where: str, zone: tzinfo | None) -> datetime:
    try:
        return read_moment(text, zone)
    except ValueError as error:
        raise TableError(f"{where}: {text[:80]!r} is no time; write it as 2026-10-12 23:59.") from error
