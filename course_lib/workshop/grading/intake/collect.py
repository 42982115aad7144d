"""Turn a class's download into one submission for each student or group."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.grading.intake.archives import Found, UnsafeError, files_in, notebook_inside
from course_lib.workshop.grading.intake.notebook import UnreadableError, parse_submission
from course_lib.workshop.grading.intake.roster import Roster, Student, plain_name
from course_lib.workshop.grading.storage.files import safe_name, write_atomically

MANIFEST = "collected.json"
MOST_FILES = 30  # of one student

# How platforms name the files of a bulk download.
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<file>\d+)_(?P<original>.+)$")
MOODLE = re.compile(
    r"^(?P<name>.+)_(?P<participant>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?/?(?P<original>.*)$"
)
CLASSROOM = re.compile(r"^(?P<name>.+?) - (?P<original>.+?)$")

# Their bulk downloads give every file the time of the download, so nobody can be called late by it: Canvas,
# lib/content_zipper.rb, and Moodle, files/classes/local/archive_writer/zip_writer.php, pass no other.
STAMPING = {"canvas": "Canvas", "moodle": "Moodle"}
LONGEST_DOWNLOAD = timedelta(hours=1)


@dataclass(frozen=True)
class Origin:
    """What a file's name tells: who handed it in, its own name, and the platform's marks."""

    hints: tuple[str, ...]
    original: str
    platform: str = ""
    participant: str = ""
    marked_late: bool = False


@dataclass
class Version:
    """One file that was handed in."""

    file: str
    original: str
    download_name: str
    time: str
    late_minutes: float
    digest: str
    participant: str = ""
    by: str = ""
    marked_late: bool = False
    problem: str = ""


@dataclass
class Submission:
    """What one student or one group handed in; the first version counts, the others are kept."""

    key: str
    members: list[str]
    versions: list[Version] = field(default_factory=list)

    @property
    def chosen(self) -> Version | None:
        """The version that is graded."""
        return self.versions[0] if self.versions else None


@dataclass
class Collection:
    """All submissions of a class, its students, and what was noticed on the way."""

    submissions: list[Submission]
    students: list[Student]
    notices: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return the collection as JSON."""
        students = [
            {**asdict(student), "due": student.due.isoformat() if student.due else ""}
            for student in self.students
        ]
        return {
            "students": students,
            "submissions": [asdict(submission) for submission in self.submissions],
            "notices": self.notices,
        }

    @staticmethod
    def from_json(form: dict[str, Any]) -> "Collection":
        """Return the collection that `to_json` wrote."""
        students = [
            Student(**{**item, "due": datetime.fromisoformat(item["due"]) if item["due"] else None})
            for item in form["students"]
        ]
        submissions = [
            Submission(item["key"], item["members"], [Version(**version) for version in item["versions"]])
            for item in form["submissions"]
        ]
        return Collection(submissions, students, form["notices"])


def origin_of(path: str) -> Origin:
    """Read from a file's path in a download who handed it in."""
    parts = PurePosixPath(path.replace("\\", "/")).parts or (path,)
    for part, rest in ((parts[-1], ""), (parts[0], "/".join(parts[1:])), ("/".join(parts), "")):
        if found := MOODLE.match(part):
            original = PurePosixPath(rest or found["original"] or part).name
            name = found["name"].rpartition("/")[2]
            return Origin((name, name.partition("-")[2]), original, "moodle", found["participant"])
    if found := CANVAS.match(parts[-1]):
        hints = (found["user"], found["name"])
        return Origin(hints, found["original"], "canvas", found["user"], bool(found["late"]))
    if len(parts) > 1:
        return Origin((parts[-2], parts[0]), parts[-1])
    stem = PurePosixPath(parts[-1]).stem
    if found := CLASSROOM.match(stem):
        return Origin((found["name"], stem), parts[-1], "classroom")
    return Origin((stem, stem.partition("_")[0], re.sub(r"\s*\(\d+\)$", "", stem)), parts[-1])


class Collector:
    """Reads downloads and keeps what was handed in.

    Parameters
    ----------
    target
        The class's folder; files go below its `submissions`.
    assignment
        Says when the work was due.
    roster
        The class; None takes everybody whom the files name.
    """

    def __init__(self, target: Path, assignment: Assignment, roster: Roster | None):
        self.target = target
        self.assignment = assignment
        self.roster = roster
        self.notices: list[str] = []
        self.stamping: set[str] = set()  # platforms whose times were not believed
        self.submissions: dict[str, Submission] = {}
        self.students: dict[str, Student] = dict(roster.by_id) if roster else {}
        self.groups: dict[str, list[Student]] = {}
        for student in self.students.values():
            self.groups.setdefault(key_of(student), []).append(student)

    def collect(self, sources: Iterable[Path], progress: Callable[[], object] = lambda: None) -> Collection:
        """Sort all files of some downloads and write down what was found."""
        zone = self.assignment.due.tzinfo if self.assignment.due else None
        for source in sources:
            download: list[tuple[Origin, Version]] = []
            for found in files_in(source, zone, self.notices.append):
                try:
                    origin = origin_of(found.path)
                    version = self._take(found, origin)
                except OSError:
                    raise  # the class's own folder cannot be written: that is everybody's trouble
                except Exception as error:  # one file's trouble is nobody else's
                    self.notices.append(
                        f"{found.path} is left alone: {type(error).__name__}: {error}. Look at it by hand."
                    )
                    continue
                if version is not None and origin.platform in STAMPING:
                    download.append((origin, version))
                progress()
            self._forget_stamps(download)
        for key, members in self.groups.items():
            names = [student.id for student in members]
            submission = self.submissions.setdefault(key, Submission(key, names))
            submission.members = names
            self._order(submission)
        ordered = sorted(self.submissions.values(), key=lambda submission: submission.key)
        collection = Collection(ordered, list(self.students.values()), self._all_notices(ordered))
        write_atomically(self.target / MANIFEST, json.dumps(collection.to_json(), indent=1), mode=0o600)
        return collection

    def _take(self, found: Found, origin: Origin) -> Version | None:
        """Copy one file to its submission, unless nobody handed it in or it is there already."""
        student = self._student(origin, found)
        if student is None:
            return None
        submission = self.submissions.setdefault(key_of(student), Submission(key_of(student), []))
        if len(submission.versions) >= MOST_FILES:
            self.notices.append(f"{found.path}: {student.name} has more than {MOST_FILES} files.")
            return None
        name, data, problem = _read(found, origin.original)
        digest = hashlib.sha256(data).hexdigest()
        if any(version.digest == digest for version in submission.versions):
            self.notices.append(f"{found.path} of {student.name} is the same as another file.")
            return None
        return self._keep(submission, student, found, origin, data, name, problem, digest)

    def _keep(
        self,
        submission: Submission,
        student: Student,
        found: Found,
        origin: Origin,
        data: bytes,
        name: str,
        problem: str,
        digest: str,
    ) -> Version:
        folder = Path("submissions") / safe_name(submission.key)
        path = folder / f"{digest[:10]}-{safe_name(name)}"
        write_atomically(self.target / path, data)
        version = Version(
            path.as_posix(),
            name,
            found.path,
            found.time.isoformat() if found.time else "",
            self._late(student, found.time),
            digest,
            origin.participant,
            student.id,
            origin.marked_late,
            problem,
        )
        submission.versions.append(version)
        return version

    def _forget_stamps(self, download: Sequence[tuple[Origin, Version]]) -> None:
        """Take nobody for late if all files of a download have one time: that of the download."""
        times = [datetime.fromisoformat(version.time) for _, version in download if version.time]
        if not times or max(times) - min(times) > LONGEST_DOWNLOAD:
            return
        for origin, version in download:
            if version.late_minutes > 0:
                self.stamping.add(STAMPING[origin.platform])
                version.late_minutes = 0.0

    def _student(self, origin: Origin, found: Found) -> Student | None:
        """Return who handed a file in; complain if nobody can be told."""
        if self.roster is not None:
            student = self.roster.find(*origin.hints)
            if student is None:
                called = origin.hints[1] if origin.platform == "canvas" else origin.hints[0]
                near = self.roster.near(called)
                guess = f" Is it {near}?" if near else ""
                self.notices.append(f"{found.path}: nobody in the roster is called {called!r}.{guess}")
            return student
        name = next((hint for hint in origin.hints if hint.strip()), "unknown").strip()
        name = origin.hints[1] if origin.platform == "canvas" else name
        student = Student(plain_name(name) or "unknown", name)
        self.students.setdefault(student.id, student)
        self.groups.setdefault(student.id, [student])
        return student

    def _due(self, student: Student) -> datetime | None:
        """Return when a student's work was due; a group has until its last member's date."""
        own = [member.due or self.assignment.due for member in self.groups.get(key_of(student), [student])]
        return max((due for due in own if due), default=None)

    def _late(self, student: Student, time: datetime | None) -> float:
        due = self._due(student)
        if due is None or time is None:
            return 0.0
        return max(0.0, (time - due) / timedelta(minutes=1))

    def _order(self, submission: Submission) -> None:
        """Put the version that counts first: a notebook, in time if there is one, the latest of those."""
        grace = self.assignment.grace_minutes

        def rank(version: Version) -> tuple[bool, bool, str, str]:
            in_time = version.late_minutes <= grace and not version.marked_late
            return (not version.problem, in_time, version.time, version.download_name)

        submission.versions.sort(key=rank, reverse=True)

    def _all_notices(self, submissions: Sequence[Submission]) -> list[str]:
        """Return what there is to say, the files' notices first."""
        notices = list(self.notices)
        names = {student.id: student.name for student in self.students.values()}
        penalty = self.assignment.due is not None and self.assignment.penalty_per_day > 0
        if penalty and self.stamping:
            notices.append(
                f"This download from {' or '.join(sorted(self.stamping))} does not say when a file was "
                "handed in, so nobody is taken for late by it. Whoever was: write the penalty into marks.csv."
            )
        for submission in submissions:
            who = " and ".join(names[member] for member in submission.members)
            chosen = submission.chosen
            if chosen is None:
                notices.append(f"{who}: nothing was handed in.")
            elif chosen.problem:
                notices.append(f"{who}: {chosen.original}: {chosen.problem}")
            elif len(submission.versions) > 1:
                first, *others = (
                    version.original + (f" of {names[version.by]}" if len(submission.members) > 1 else "")
                    for version in submission.versions
                )
                notices.append(f"{who}: {first} counts; kept beside it: {', '.join(others)}.")
            if penalty and chosen is not None and chosen.marked_late:
                notices.append(f"{who}: Canvas marks {chosen.original} as late and does not say by how much.")
        return notices


def _read(found: Found, name: str) -> tuple[str, bytes, str]:
    """Return a file's name, its bytes, and what is wrong with it in words; nothing if it is a notebook.

    Of a file that is better left alone, no bytes are kept.
    """
    try:
        data = found.read()
    except (UnsafeError, OSError) as error:
        return name, b"", f"The file cannot be read: {error}."
    if data[:4] == b"PK\x03\x04" and (inside := notebook_inside(data)):
        name, data = inside
    try:
        parse_submission(data)
    except UnreadableError as error:
        return name, data, str(error)
    return name, data, ""


def key_of(student: Student) -> str:
    """Return what a submission is called: the student's id, or the group's name."""
    return f"group-{student.group}" if student.group else student.id


def read_collection(folder: Path) -> Collection:
    """Read what `course collect` wrote."""
    return Collection.from_json(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
