"""Turn a class's download into one submission for each student or group."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.grading.intake.archives import Found, UnsafeError, files_in, notebooks_inside
from course_lib.workshop.grading.intake.deadline import is_to_come, late_minutes
from course_lib.workshop.grading.intake.notebook import UnreadableError, parse_submission
from course_lib.workshop.grading.intake.origins import Origin, origin_of, what_the_platform_tells
from course_lib.workshop.grading.intake.roster import Roster, Student, plain_name
from course_lib.workshop.grading.storage.files import safe_name, write_atomically
from course_lib.workshop.grading.storage.forms import from_form
from course_lib.workshop.grading.storage.memory import memory_bounded
from course_lib.workshop.grading.storage.tables import TableError

MANIFEST = "collected.json"
GROUP = re.compile(r"\d|\b(?:group|team|gruppe|groupe|grupo)\b", re.IGNORECASE)  # what no first name holds
MOST_FILES = 30  # of one student
HEADROOM = 600 * 2**20  # bytes that reading one file may take: some notebooks are large and packed

DEFINED = re.compile(r"^(?:(?:async +)?def +|class +|(?=\w+ *(?::[^=\n]*)?=[^=]))(\w+)", re.MULTILINE)

# Their bulk downloads give every file the time of the download, so nobody can be called late by it: Canvas,
# lib/content_zipper.rb, and Moodle, files/classes/local/archive_writer/zip_writer.php, pass no other. Copying
# files does the same.
STAMPING = {"canvas": "Canvas", "moodle": "Moodle", "git": "a repository without a history"}
LONGEST_DOWNLOAD = timedelta(hours=1)


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
    answers: int = 0  # how many of the asked-for names it defines
    preferred: bool = False  # whether the instructor chose it
    believed: bool = True  # whether its time says when it was handed in

    def moment(self) -> datetime | None:
        """When it was handed in; None where nobody can tell."""
        return datetime.fromisoformat(self.time) if self.time and self.believed else None

    def doubt(self) -> None:
        """Take nobody for late by this file's time."""
        self.believed, self.late_minutes = False, 0.0


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
    """All submissions of a class, its students, and what was noticed on the way.

    Attributes
    ----------
    remembered
        The assignment with which it was collected: its `title`, its `assignment` file and, where there is
        one, the folder of the instructor's own `exercises`.
    """

    submissions: list[Submission]
    students: list[Student]
    notices: list[str]
    remembered: dict[str, str] = field(default_factory=dict)

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
            "remembered": self.remembered,
        }

    @staticmethod
    def from_json(form: dict[str, Any]) -> "Collection":
        """Return the collection that `to_json` wrote. Raise `ValueError` where the JSON is none."""
        none = {"extra_time": 0.0, "slip_days": 0}  # said by no release before
        students = [{**none, **item, "due": item["due"] or None} for item in form["students"]]
        submissions = [
            {**item, "versions": [_version(version) for version in item["versions"]]}
            for item in form["submissions"]
        ]
        whole = {"remembered": {}, **form, "students": students, "submissions": submissions}
        collection: Collection = from_form(Collection, whole)
        members = {member for item in collection.submissions for member in item.members}
        if strangers := members ^ {student.id for student in collection.students}:
            raise ValueError(f"{min(strangers)} is a student without a submission, or the other way round")
        if len({item.key for item in collection.submissions}) < len(collection.submissions):
            raise ValueError("two submissions have the same key")
        return collection

    def late(self, grace_minutes: float) -> dict[str, float]:
        """Return who is late by more than the grace, with the minutes, the latest first."""
        names = {student.id: student.name for student in self.students}
        late = {
            " and ".join(names[member] for member in submission.members): chosen.late_minutes
            for submission in self.submissions
            if (chosen := submission.chosen) and chosen.late_minutes > grace_minutes
        }
        return dict(sorted(late.items(), key=lambda item: -item[1]))

    def write(self, folder: Path) -> None:
        """Write down who handed in what."""
        write_atomically(folder / MANIFEST, json.dumps(self.to_json(), indent=1))


def _version(form: dict[str, Any]) -> dict[str, Any]:
    """Return a version as it was written down, also by releases that did not say whether they believed it."""
    return {"believed": form["late_minutes"] > 0, **form}


class Collector:
    """Reads downloads and keeps what was handed in, beside what was collected before.

    Parameters
    ----------
    target
        The class's folder; files go below its `submissions`.
    assignment
        Says when the work was due.
    roster
        The class; None takes those who are in the folder already, and everybody whom the files name.
    wanted
        The names that the assignment asks for: of several notebooks, one that defines them counts.
    times
        When students handed in, by their ids, where a platform's table says so.
    replace
        Forget what was collected before.
    """

    def __init__(
        self,
        target: Path,
        assignment: Assignment,
        roster: Roster | None,
        wanted: frozenset[str] = frozenset(),
        times: Mapping[str, datetime] | None = None,
        replace: bool = False,
    ):
        self.target = target
        self.assignment = assignment
        self.wanted = wanted
        self.times = times or {}
        if roster is not None and assignment.due is not None and assignment.handed_out is None:
            longer = [one.name for one in roster.students if one.extra_time and one.due is None]
            if longer:
                raise TableError(
                    f"{longer[0]} has more time by a percentage. Of which time? Write `handed_out` into the "
                    "assignment file, or give the student a date of their own in the column `due`."
                )
        self.notices: list[str] = []
        self.stamped: set[str] = set()  # where times that were not believed came from
        self.strays = 0  # files that are nobody's
        self.misnamed: list[str] = []  # files with a student's number and another's name
        self.defined: dict[str, set[str]] = {}  # which of the names asked for a notebook has, by its digest
        self.known = 0  # files that were there already
        fresh = replace or not (target / MANIFEST).exists()
        before = Collection([], [], []) if fresh else read_collection(target)
        self.submissions = {submission.key: submission for submission in before.submissions}
        self.old_files = {version.digest for item in before.submissions for version in item.versions}
        if roster is None and before.remembered.get("roster"):
            roster = Roster(before.students)
        self.roster = roster
        self.students = {student.id: student for student in before.students}
        self._welcome(roster)
        self.groups: dict[str, list[Student]] = {}
        for student in self.students.values():
            self.groups.setdefault(key_of(student), []).append(student)

    def _welcome(self, roster: Roster | None) -> None:
        """Take the roster's students for the class; who left it keeps what is in the folder."""
        if roster is None:
            return
        for student in list(self.students.values()):
            if student.id not in roster.by_id:
                handed_in = self.submissions.get(key_of(student))
                if handed_in and handed_in.versions:
                    self.notices.append(f"{student.name} handed in before and is not in this roster; kept.")
                else:
                    del self.students[student.id]
                    self.submissions.pop(key_of(student), None)
        self.students.update(roster.by_id)

    def collect(self, sources: Iterable[Path], progress: Callable[[], object] = lambda: None) -> Collection:
        """Sort all files of some downloads and write down what was found."""
        collection = self.gather(sources, progress)
        collection.write(self.target)
        return collection

    def gather(
        self,
        sources: Iterable[Path],
        progress: Callable[[], object] = lambda: None,
        choices: Sequence[tuple[str, str]] = (),
    ) -> Collection:
        """Sort all files of some downloads; what was found is written down by `Collection.write`.

        `choices` are students with the files that are to count.
        """
        zone = self.assignment.due.tzinfo if self.assignment.due else None
        for source in sources:
            download: list[tuple[Origin, Version]] = []
            told = what_the_platform_tells(source, zone, self.roster)
            for found in files_in(source, zone, self.notices.append):
                try:
                    for origin in told(found.path) or [origin_of(found.path, zone)]:
                        for version in self._take(found, origin) if origin.original else ():
                            if version.by not in self.times and origin.time is None:
                                download.append((origin, version))
                except OSError:
                    raise  # the class's own folder cannot be written: that is everybody's trouble
                except Exception as error:  # one file's trouble is nobody else's
                    self.notices.append(
                        f"{found.path} is left alone: {type(error).__name__}: {error}. Look at it by hand."
                    )
                progress()
            self._forget_stamps(download, source)
        for student, file in choices:
            self.choose(student, file)
        for key, members in self.groups.items():
            names = [student.id for student in members]
            submission = self.submissions.setdefault(key, Submission(key, names))
            submission.members = names
            self._order(submission)
            self._take_time(submission)
        ordered = sorted(self.submissions.values(), key=lambda submission: submission.key)
        due = self.assignment.due.isoformat() if self.assignment.due else ""
        remembered = {"title": self.assignment.title, "due": due, "roster": "yes" if self.roster else ""}
        return Collection(ordered, list(self.students.values()), self._all_notices(ordered), remembered)

    def _take(self, found: Found, origin: Origin) -> list[Version]:
        """Copy one file, or the notebooks in it, to its submission, unless nobody handed it in."""
        student = self._student(origin, found)
        if student is None:
            self.strays += 1
            return []
        submission = self.submissions.setdefault(key_of(student), Submission(key_of(student), []))
        if self._is_another(submission, student, origin):
            self.notices.append(
                f"{found.path}: the platform knows two people called {student.name}, and the class one. "
                "Give the platform's own table as the roster; it has their numbers."
            )
            return []
        with memory_bounded(HEADROOM):
            parts = _read(found, origin.original)
        kept = (self._keep(submission, student, found, origin, *part) for part in parts)
        return [version for version in kept if version is not None]

    @staticmethod
    def _is_another(submission: Submission, student: Student, origin: Origin) -> bool:
        """Tell whether a file with a student's name is that of another person with the same name."""
        numbers = {one.participant for one in submission.versions if one.by == student.id and one.participant}
        return bool(origin.participant and numbers) and origin.participant not in numbers

    def _keep(
        self,
        submission: Submission,
        student: Student,
        found: Found,
        origin: Origin,
        name: str,
        data: bytes,
        problem: str,
    ) -> Version | None:
        """Copy a file to its submission, unless it is there already or there are too many."""
        if sum(bool(version.problem) == bool(problem) for version in submission.versions) >= MOST_FILES:
            what = "files that are no notebooks" if problem else "notebooks"
            self.notices.append(f"{found.path}: {student.name} has more than {MOST_FILES} {what}.")
            return None
        digest = hashlib.sha256(data).hexdigest()
        if any(version.digest == digest for version in submission.versions):
            if digest in self.old_files:
                self.known += 1
            elif found.path not in (version.download_name for version in submission.versions):
                self.notices.append(f"{found.path} of {student.name} is the same as another file.")
            return None
        self.defined[digest] = set() if problem else names_defined(data) & self.wanted
        folder = Path("submissions") / safe_name(submission.key)
        path = folder / f"{digest[:10]}-{safe_name(name)}"
        write_atomically(self.target / path, data)
        time = self.times.get(student.id, origin.time or found.time)
        if time is not None and is_to_come(time):
            self.notices.append(f"{found.path}: its time, {time:%Y-%m-%d}, is still to come; not believed.")
            time = None
        version = Version(
            path.as_posix(),
            name,
            found.path,
            time.isoformat() if time else "",
            self._late(student, time),
            digest,
            origin.participant,
            student.id,
            origin.marked_late,
            problem,
            len(self.defined[digest]),
        )
        submission.versions.append(version)
        return version

    def _forget_stamps(self, download: Sequence[tuple[Origin, Version]], source: Path) -> None:
        """Take nobody for late if all files of a download have one time: that of downloading or copying."""
        times = [datetime.fromisoformat(version.time) for _, version in download if version.time]
        if not times or max(times) - min(times) > LONGEST_DOWNLOAD:
            return
        for origin, version in download:
            if origin.platform in STAMPING and version.time:  # then names alone tell which came later
                version.time = max(times).isoformat()
        platforms = {STAMPING.get(origin.platform, "") for origin, _ in download}
        alone = len({version.by for _, version in download}) == 1
        due = self.assignment.due
        if "" in platforms and (alone or due is None or min(times) <= due):
            return
        for origin, version in download:
            if version.late_minutes > 0:
                self.stamped.add(STAMPING.get(origin.platform, source.name))
                version.doubt()

    def _student(self, origin: Origin, found: Found) -> Student | None:
        """Return who handed a file in; complain if nobody can be told."""
        if self.roster is not None:
            return self._of_the_roster(self.roster, origin, found)
        name = origin.called
        identity = origin.participant or plain_name(name) or "unknown"
        student = self.students.setdefault(identity, Student(identity, name, participant=origin.participant))
        self.groups.setdefault(student.id, [student])
        return student

    def _of_the_roster(self, roster: Roster, origin: Origin, found: Found) -> Student | None:
        """Return whose file it is: the platform's number decides where the roster has such numbers."""
        if origin.participant and roster.by_participant:
            student = roster.by_participant.get(origin.participant)
            if student is not None and origin.name and student not in roster.called(origin.name):
                self.misnamed.append(f"{origin.name} ({student.name})")
        else:
            student = roster.find(*origin.hints) or _member(roster, origin)
        folders = {} if origin.platform else dict.fromkeys(PurePosixPath(found.path).parts[:-1])
        owners = {one.id: one.name for folder in folders if (one := roster.find(folder))}
        if len(owners) > 1:
            names = " and ".join(owners.values())
            self.notices.append(f"{found.path} lies in folders of {names}, so it is nobody's. Move it.")
            return None
        if student is None:
            self.notices.append(f"{found.path}: {_why_nobody(roster, origin.called, origin.participant)}")
        return student

    def _late(self, student: Student, time: datetime | None) -> float:
        group = self.groups.get(key_of(student), [student])
        return late_minutes(time, last_due(group, self.assignment))

    def _order(self, submission: Submission) -> None:
        """Put the version that counts first.

        That is the one that the instructor chose; else a notebook with answers in it, in time if there is
        one, the latest of those. One with half as many answers as another is a try on the side.
        """
        grace = self.assignment.grace_minutes
        most = max((version.answers for version in submission.versions), default=0)

        def rank(version: Version) -> tuple[bool, bool, bool, bool, str, list[int | str]]:
            in_time = version.late_minutes <= grace and not version.marked_late
            answered = 2 * version.answers >= most
            return (
                version.preferred,
                not version.problem,
                answered,
                in_time,
                version.time,
                attempt_order(version.download_name),
            )

        submission.versions.sort(key=rank, reverse=True)

    def _take_time(self, submission: Submission) -> None:
        """Believe the platform's table about the file that counts, also where the file was there before."""
        chosen = submission.chosen
        if chosen is not None and chosen.by in self.times and not is_to_come(self.times[chosen.by]):
            chosen.time, chosen.believed = self.times[chosen.by].isoformat(), True
            chosen.late_minutes = self._late(self.students[chosen.by], self.times[chosen.by])

    def choose(self, student: str, file: str) -> None:
        """Let one of a student's files count, by the end of its name, before what was collected is written.

        Raises
        ------
        TableError
            If there is no such student or file.
        """
        found = [one for one in self.submissions.values() if student in (one.key, *one.members)]
        if not found:
            raise TableError(
                f"--choose: there is no submission of {student!r}; say the id of a student or group."
            )
        versions = found[0].versions
        fitting = [one for one in versions if file in (one.original, one.download_name, Path(one.file).name)]
        if len(fitting) != 1:
            names = ", ".join(one.download_name for one in versions) or "none"
            raise TableError(
                f"--choose: {file!r} names {len(fitting)} files of {student}; there are: {names}."
            )
        for version in versions:
            version.preferred = version is fitting[0]

    def _all_notices(self, submissions: Sequence[Submission]) -> list[str]:
        """Return what there is to say, the files' notices first."""
        notices = list(self.notices)
        names = {student.id: student.name for student in self.students.values()}
        if self.known:
            notices.append(f"{self.known} files were there already.")
        penalty = self.assignment.due is not None and self.assignment.penalty_per_day > 0
        if penalty and self.stamped:
            notices.append(
                f"This download from {' or '.join(sorted(self.stamped))} does not say when a file was "
                "handed in, so nobody is taken for late by it. Give the platform's table of times with "
                "--times, or write the penalty of whoever was late into marks.csv."
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
                notices += self._elsewhere(who, submission)
                attempt = self.assignment.attempt
                notices.append(
                    f"{who}: {len(others) + 1} attempts; the {attempt} counts."
                    if attempt != "last"
                    else f"{who}: {first} counts; kept beside it: {', '.join(others)}. "
                    f"If another should count: --choose {submission.key}=FILE."
                )
            if penalty and chosen is not None and chosen.marked_late:
                notices.append(f"{who}: Canvas marks {chosen.original} as late and does not say by how much.")
        if self.misnamed:
            notices.append(
                f"{len(self.misnamed)} files bear another name than the student with their number: "
                f"{', '.join(self.misnamed[:3])}. If these are names of groups, give the roster a column "
                "`group`; if not, this is another class's roster."
            )
        if self.strays and self.roster is not None:
            notices.append(f"{self.strays} files are nobody's in the roster; they are named above.")
        return notices

    def _elsewhere(self, who: str, submission: Submission) -> Iterator[str]:
        """Say of answers that stand in another notebook than the one that counts."""
        first, *others = submission.versions
        for other in others:
            more = self.defined.get(other.digest, set()) - self.defined.get(first.digest, set())
            if more and first.digest in self.defined and self.assignment.attempt == "last":
                names = ", ".join(sorted(more))
                counts = f"{first.original}, which counts, does not"
                yield f"{who}: {other.original} defines {names}, and {counts}."


def _read(found: Found, name: str) -> list[tuple[str, bytes, str]]:
    """Return a file's name, its bytes, and what is wrong with it in words; nothing if it is a notebook.

    Of an archive, that of each notebook in it. Of a file that is better left alone, no bytes are kept.
    """
    try:
        data = found.read()
        inside = notebooks_inside(data)[:MOST_FILES] if data[:4] == b"PK\x03\x04" else []
    except (UnsafeError, OSError) as error:
        return [(name, b"", f"The file cannot be read: {error}.")]
    except MemoryError:
        return [(name, b"", "The file cannot be read: it takes more memory than any notebook.")]
    return [(called, part, _what_is_wrong(part)) for called, part in inside or [(name, data)]]


def _what_is_wrong(data: bytes) -> str:
    try:
        parse_submission(data)
    except UnreadableError as error:
        return str(error)
    return ""


def attempt_order(name: str) -> list[int | str]:
    """Return what puts the names of attempts in order, as platforms and browsers count them.

    >>> sorted(["hw (1).ipynb", "hw.ipynb", "hw (10).ipynb", "hw (9).ipynb"], key=attempt_order)
    ['hw.ipynb', 'hw (1).ipynb', 'hw (9).ipynb', 'hw (10).ipynb']
    """
    parts = re.split(r"(\d+)", str(PurePosixPath(name).with_suffix("")))
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def _member(roster: Roster, origin: Origin) -> Student | None:
    """Return whom Moodle names behind a group; Jean-Luc is no Luc, unless Jean is a group."""
    student = roster.find(origin.behind)
    if student is None or GROUP.search(origin.group):
        return student
    own = {plain_name(student.group), plain_name(student.section)} - {""}
    return student if plain_name(origin.group) in own else None


def _why_nobody(roster: Roster, called: str, participant: str) -> str:
    """Say why nobody in the roster is whom a file names."""
    namesakes = roster.called(called)
    if len(namesakes) > 1:
        ids = ", ".join(student.id for student in namesakes)
        return (
            f"{len(namesakes)} in the roster are called {called!r} ({ids}), and the file does not say which. "
            "Give the platform's own table as the roster; it has the numbers that stand in the files' names."
        )
    if participant and roster.by_participant:
        return f"nobody in the roster has the number {participant} of {called!r}."
    near = roster.near(called)
    return f"nobody in the roster is called {called!r}." + (f" Is it {near}?" if near else "")


def names_defined(notebook: bytes) -> set[str]:
    """Return the functions, classes and names that a notebook's cells define, whether or not they run."""
    cells = parse_submission(notebook).cells
    return {name for cell in cells for name in DEFINED.findall(cell)}


def last_due(students: Iterable[Student], assignment: Assignment) -> datetime | None:
    """Return when a group's work is due, one student's too: at its last member's own date."""
    own = [student.due or assignment.due_with(student.extra_time) for student in students]
    return max((one for one in own if one), default=None)


def key_of(student: Student) -> str:
    """Return what a submission is called: the student's id, or the group's name."""
    return f"group-{student.group}" if student.group else student.id


def read_collection(folder: Path) -> Collection:
    """Read what `course collect` wrote.

    Raises
    ------
    TableError
        If the file is damaged.
    """
    path = folder / MANIFEST
    try:
        return Collection.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise TableError(
            f"{path} is damaged ({type(error).__name__}: {error}). Collect the downloads again with "
            "--replace; records and people's marks stay as they are."
        ) from error
