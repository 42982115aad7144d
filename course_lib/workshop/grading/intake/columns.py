"""What the columns of a class's tables are called, in rosters and in the platforms' exports."""

from collections.abc import Sequence
from difflib import get_close_matches

ALIASES = {
    key: tuple(names.split(", "))
    for key, names in {
        "id": "sis user id, sis_user_id, id number, student id, student_id, sid, id, username, number",
        "name": "name, student, student name, full name, fullname, display name, vollständiger name",
        "first": "first name, first_name, first, given name, vorname",
        "last": "surname, last name, last_name, last, family name, nachname",
        "section": "section, class, sections",
        "group": "group, team, group name, gruppe",
        "due": "due, deadline, own due date, due date",
        "email": "email, email address, e-mail, mail, e-mail-adresse",
        "login": "github_username, github, login, sis login id, canvas id, user id, login id, username, "
        "anmeldename",
        "extra_time": "extra_time, extra time, extra time (%), zeitzugabe",
        "slip_days": "slip_days, slip days, slip days left",
        "identifier": "identifier, kennung, identifikator",
        "status": "status",
        "grade": "grade, bewertung",
        "most": "maximum grade, bestwertung",
        "comment": "feedback comments, feedback als kommentar",
        "may_change": "grade can be changed, bewertung kann geändert werden",
        "time": "last modified (submission), zuletzt geändert (abgabe), submission time, submitted at, time",
    }.items()
}
OF_MOODLE = ALIASES["time"][:2]  # when its worksheet says that somebody handed in
OF_A_STUDENT = ["id", "name", "first", "last", "section", "group", "due", "email", "login"]
OF_A_STUDENT += ["extra_time", "slip_days"]


def places(header: Sequence[str]) -> dict[str, int]:
    """Return for each thing that is known in which column it stands.

    Canvas's gradebook calls its own number of a student `ID`, and the school's `SIS User ID`; Moodle's
    worksheet may call its number of a participant `ID` in other languages than English.
    """
    plain = [name.strip().casefold() for name in header]
    found = {
        key: plain.index(next(alias for alias in aliases if alias in plain))
        for key, aliases in ALIASES.items()
        if any(alias in plain for alias in aliases)
    }
    canvas = "id" in plain and {"sis user id", "sis login id"} & set(plain)
    if "identifier" not in found and "id" in plain and (canvas or {"grade", "most"} <= found.keys()):
        found["identifier"] = plain.index("id")
    if "github_username" in plain and "id" not in found and "identifier" in found:
        found["id"] = found.pop("identifier")  # GitHub Classroom's own roster
    if found.get("id") == found.get("identifier"):
        found.pop("id", None)
    return found


def slips(header: Sequence[str]) -> dict[str, str]:
    """Return the columns of a roster that are probably meant for another name, with that name.

    >>> slips(["id", "name", "deu", "points"])
    {'deu': 'due'}
    """
    known = [alias for key in OF_A_STUDENT for alias in ALIASES[key]]
    there = places(header)
    found = {}
    for name in header:
        plain = name.strip().casefold()
        if plain in (alias for aliases in ALIASES.values() for alias in aliases):
            continue
        near = get_close_matches(plain, known, n=1, cutoff=0.66 if len(plain) < 5 else 0.8)
        if near and not any(near[0] in ALIASES[key] for key in there):
            found[name] = near[0]
    return found


def number_in(identifier: str) -> str:
    """Return the number of a platform's identifier, which Moodle writes as `Participant 77001`."""
    return "".join(sign for sign in identifier if sign.isdigit())


def is_no_student(line: Sequence[str]) -> bool:
    """Tell whether a line is empty, or one of Canvas's own: possible points, the test student, policies."""
    first = line[0].strip() if line else ""
    empty = not any(field.strip() for field in line)
    return (
        empty or first.startswith("Points Possible") or first == "Student, Test" or "Manual Posting" in line
    )
