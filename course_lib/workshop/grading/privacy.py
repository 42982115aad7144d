"""What a class's folder holds of people: give it to them, forget one, tell it without names, forget all."""

import html
import io
import json
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from course_lib.workshop.grading.classroom import PUBLISHED, STATE, Classroom
from course_lib.workshop.grading.intake.collect import MANIFEST, Collection, Submission, key_of
from course_lib.workshop.grading.intake.roster import BARE, Roster, Student, in_two_letters
from course_lib.workshop.grading.marks.history import COLUMNS as LOGGED
from course_lib.workshop.grading.marks.history import FILE as LOG
from course_lib.workshop.grading.marks.history import History
from course_lib.workshop.grading.marks.sheets import code_of
from course_lib.workshop.grading.marks.standing import COLUMNS, write_hand_marks
from course_lib.workshop.grading.marks.standing import FILE as MARKS
from course_lib.workshop.grading.oral import FOLDER as ORAL
from course_lib.workshop.grading.oral import sheet_path
from course_lib.workshop.grading.storage.files import LOCK, safe_name, write_atomically, write_new
from course_lib.workshop.grading.storage.tables import TableError, read_table, to_csv

SHEETS = "to-mark"
# Written anew by `course grade`, `course publish` and `course gradebook`, and naming everybody.
DERIVED = ("gradebook.csv", "feedback.zip", "report.html", "changes.csv", "filled-*")
OURS = (
    *DERIVED,
    MANIFEST,
    MARKS,
    LOG,
    PUBLISHED,
    LOCK,
    STATE,
    "key.json",
    "submissions",
    "records",
    "feedback",
    SHEETS,
    ORAL,
    "keys",
)
SHORTEST_NUMBER = 5  # a shorter number stands for anything, and not for a student
ANSWERS = ("student", "question", "status", "points", "out_of", "mistake", "late_minutes", "answer")


def identifiers(student: Student) -> list[str]:
    """Return everything that stands for a student: the name in every order, id, e-mail, login and number."""
    local = student.email.partition("@")[0]  # a word alone, as in ada@x.example, stands for anything
    others = (student.id, student.email, local if re.search(r"[\W\d_]", local) else "", student.login)
    return [
        one.lower()
        for one in (*_orders(student.name), *others, student.participant)
        if one.strip() and not (one.isdigit() and len(one) < SHORTEST_NUMBER)
    ]


def _orders(name: str) -> list[str]:
    """Return a name as tables and people write it: either name first, with a comma or without."""
    last, comma, first = (part.strip() for part in name.partition(","))
    words = [*first.split(), *last.split()] if comma else name.split()
    cuts = {1, len(words) - 1, len(first.split()) if comma else 1} - {0, len(words)}
    parts = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in sorted(cuts)]
    turned = [f"{behind}{sign}{before}" for before, behind in parts for sign in (", ", " ")]
    return list(dict.fromkeys([name, " ".join(words), *turned]))


def _spellings(identifier: str) -> set[str]:
    """Return how text, JSON, a web page, an address and the names of files write it, on every system."""
    bare = unicodedata.normalize("NFKD", identifier.translate(BARE))
    bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    letters = {unicodedata.normalize(form, identifier) for form in ("NFC", "NFD")}
    letters |= {bare, in_two_letters(identifier)}
    in_files = {re.sub(r"[^\w.-]+", sign, one) for one in letters for sign in ("_", "-", "")}
    written = {
        way for one in letters for way in (json.dumps(one)[1:-1], html.escape(one), quote(one).lower())
    }
    return {*letters, *written, *in_files} - {""}


def finder(students: Iterable[Student]) -> Callable[[str], "re.Pattern[str] | None"]:
    """Return a function that returns, for a text, the pattern of those identifiers that stand in it."""
    all_spellings = {way for student in students for one in identifiers(student) for way in _spellings(one)}

    def pattern(text: str) -> "re.Pattern[str] | None":
        folded = text.lower()
        # Thousands of alternatives at every letter would take minutes; a text holds a few of them.
        present = sorted((one for one in all_spellings if one in folded), key=len, reverse=True)
        if not present:
            return None
        words = "|".join(map(re.escape, present))
        return re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)

    return pattern


def remains(folder: Path, students: Iterable[Student]) -> list[Path]:
    """Return the files of a folder, packed ones too, whose text or name still names a student."""
    pattern = finder(students)
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for text in [f"{path.relative_to(folder)}\n{_text(path)}"]
        if (found := pattern(text)) and found.search(text)
    ]


def _text(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = [name.encode() + archive.read(name) for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError):
        parts = [path.read_bytes()]
    return b"\n".join(parts).decode(errors="replace")


def the_student(collection: Collection, called: str) -> Student:
    """Return the one student whom an id, an e-mail address or a name fits.

    Raises
    ------
    TableError
        If it is nobody, or several.
    """
    roster = Roster(collection.students)
    found = [roster.by_id[called]] if called in roster.by_id else roster.called(called)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(student.id for student in found)
        raise TableError(f"{len(found)} students are called {called!r}: {ids}. Give the id.")
    near = roster.near(called)
    raise TableError(f"Nobody in this class is called {called!r}." + (f" Is it {near}?" if near else ""))


# One student --------------------------------------------------------------------------------------------


def export_student(classroom: Classroom, student: Student, target: Path) -> list[str]:
    """Pack all that the folder holds of a student; return the names of what was packed."""
    submission = classroom.submissions[key_of(student)]
    marks = classroom.hand_marks().get(submission.key, [])
    standing = next(one for one, _ in classroom.standings() if one.submission == submission.key)
    about = {
        "student": {**asdict(student), "due": student.due.isoformat() if student.due else ""},
        "submission": asdict(submission),
        "mark": standing.points() if standing.counts else None,
        "published": classroom.published.get(submission.key),
    }
    parts = {"about.json": json.dumps(about, indent=1, ensure_ascii=False).encode()}
    if marks:
        parts[MARKS] = to_csv(COLUMNS, [asdict(mark) for mark in marks]).encode()
    logged = [asdict(one) for one in History(classroom.folder).entries() if one.submission == submission.key]
    if logged:
        parts["history.csv"] = to_csv(LOGGED, logged).encode()
    for path in _files_of(classroom, submission):
        parts[path.relative_to(classroom.folder).as_posix()] = path.read_bytes()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    write_new({target: content.getvalue()})
    return list(parts)


def _files_of(classroom: Classroom, submission: Submission) -> Iterator[Path]:
    pages = [classroom.feedback_path(submission.key, suffix) for suffix in (".html", ".md")]
    pages.append(sheet_path(classroom, submission.key))
    pages.append(classroom.folder / "keys" / f"{safe_name(submission.key)}.json")
    versions = [classroom.folder / version.file for version in submission.versions]
    records = [classroom.records.path(submission.key)]
    records += [classroom.records.path(f"{submission.key}~{one.digest[:10]}") for one in submission.versions]
    yield from (path for path in (*versions, *records, *pages) if path.exists())


def forget(classroom: Classroom, student: Student) -> None:
    """Take a student out of the folder; what a group handed in stays the others', without this name.

    What names everybody, as the report and the gradebook, is removed and is written anew when asked for.
    """
    collection, submission = classroom.collection, classroom.submissions[key_of(student)]
    marks = [mark for marks in classroom.hand_marks().values() for mark in marks]
    published = dict(classroom.published)
    for path in [one for kind in DERIVED for one in classroom.folder.glob(kind)]:
        path.unlink()
    if submission.members == [student.id]:
        for path in _files_of(classroom, submission):
            path.unlink()
        shutil.rmtree(classroom.folder / "submissions" / safe_name(submission.key), ignore_errors=True)
        collection.submissions.remove(submission)
        marks = [mark for mark in marks if mark.submission != submission.key]
        published.pop(submission.key, None)
        _forget_in_sheets(classroom, submission.key)
        History(classroom.folder).forget(submission.key)
    else:
        _leave_group(classroom, submission, student)
    if (classroom.folder / MARKS).exists():
        write_hand_marks(classroom.folder, marks)
    if (classroom.folder / PUBLISHED).exists():
        write_atomically(classroom.folder / PUBLISHED, json.dumps(published, indent=1))
    collection.students.remove(student)
    pattern = finder([student])
    collection.notices = [one for one in collection.notices if not ((p := pattern(one)) and p.search(one))]
    collection.write(classroom.folder)


def _leave_group(classroom: Classroom, submission: Submission, student: Student) -> None:
    submission.members.remove(student.id)
    for suffix in (".html", ".md"):
        classroom.feedback_path(submission.key, suffix).unlink(missing_ok=True)
    sheet_path(classroom, submission.key).unlink(missing_ok=True)
    for version in (one for one in submission.versions if one.by == student.id):
        before = classroom.folder / version.file
        after = before.with_name(f"{version.digest[:10]}-{safe_name(submission.key)}{before.suffix}")
        if before.exists():
            before.replace(after)
        version.file = after.relative_to(classroom.folder).as_posix()
        version.original = version.download_name = f"{submission.key}{before.suffix}"
        version.by, version.participant = submission.members[0], ""


def _forget_in_sheets(classroom: Classroom, key: str) -> None:
    seed = classroom.assignment.seed
    codes = {code_of(key, question.name, seed) for question in classroom.key.questions}
    for path in sorted((classroom.folder / SHEETS).glob("*.csv")):
        header, rows = read_table(path)
        kept = [row for row in rows if row.get("code") not in codes]
        if len(kept) < len(rows):
            write_atomically(path, to_csv(header, kept))


# All of them --------------------------------------------------------------------------------------------


def anonymous_answers(classroom: Classroom) -> str:
    """Return a table of all answers and marks, in which codes stand for people, in their answers too."""
    pattern = finder(classroom.collection.students)
    seed = classroom.assignment.seed
    order = sorted(classroom.submissions, key=lambda key: code_of(key, "", seed))
    codes = {key: f"student-{number:04}" for number, key in enumerate(order, 1)}
    rows: list[dict[str, object]] = []
    for standing, record in classroom.standings():
        told = {one.name: one for one in record.questions} if record else {}
        for mark in standing.questions:
            question = told.get(mark.name)
            answer = question.source if question else ""
            names = pattern(answer)
            rows.append(
                {
                    "student": codes[standing.submission],
                    "question": mark.name,
                    "status": mark.status,
                    "points": mark.points,
                    "out_of": mark.out_of,
                    "mistake": question.mistake if question else "",
                    "late_minutes": round(standing.late_minutes),
                    "answer": names.sub("[somebody]", answer) if names else answer,
                }
            )
    return to_csv(ANSWERS, sorted(rows, key=lambda row: str(row["student"])))


def last_day(collection: Collection) -> datetime | None:
    """Return when the last work was due or handed in, the later of both; None where nothing says."""
    moments = [datetime.fromisoformat(due)] if (due := collection.remembered.get("due")) else []
    moments += [student.due for student in collection.students if student.due]
    moments += [
        moment for item in collection.submissions for one in item.versions if (moment := one.moment())
    ]
    return max((moment.astimezone() for moment in moments), default=None)


def purge(folder: Path) -> None:
    """Remove everything that the tools have written into a class's folder; other files stay as they are."""
    for path in [one for kind in OURS for one in folder.glob(kind)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
