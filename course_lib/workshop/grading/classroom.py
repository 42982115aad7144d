"""A class's folder: what `course collect` puts there and what `course grade` makes of it.

::

    collected.json   who handed in what            submissions/   the files themselves
    key.json         the answer key, private       records/       one file a submission
    marks.csv        people's marks and comments   published.json the marks that students know
    gradebook.csv  feedback/  feedback.zip  report.html  changes.csv
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tqdm import tqdm

import course_lib.exercises
import course_lib.workshop
import course_lib.workshop.exercises
from course_lib.workshop.book.addresses import find_root, read_addresses
from course_lib.workshop.dry_run import is_dry
from course_lib.workshop.exercises import definitions
from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.exercises.definition import Exercise
from course_lib.workshop.grading.batch import Done, Job
from course_lib.workshop.grading.intake.collect import (
    Collection,
    Submission,
    Version,
    key_of,
    last_due,
    read_collection,
)
from course_lib.workshop.grading.intake.roster import Student, plain_name
from course_lib.workshop.grading.marks.feedback import Guide, feedback_html, feedback_markdown, page_of
from course_lib.workshop.grading.marks.gradebook import feedback_zip, gradebook_csv
from course_lib.workshop.grading.marks.report import MOST_GROUPS, Similar, Tally, report_html
from course_lib.workshop.grading.marks.standing import (
    Change,
    HandMark,
    Known,
    Standing,
    changes,
    of_attempts,
    read_hand_marks,
    standing_of,
)
from course_lib.workshop.grading.sandbox.walls import Wall
from course_lib.workshop.grading.scoring.answer_key import (
    AnswerKey,
    basis_of,
    draw_key,
    keep_key,
    kept_key,
    load_chosen,
    short_digest,
)
from course_lib.workshop.grading.scoring.assessment import conditions, is_current, unreadable_record
from course_lib.workshop.grading.scoring.session import Patience
from course_lib.workshop.grading.scoring.similarity import Group, groups_of, similar_pairs
from course_lib.workshop.grading.storage.files import LOCK, safe_name, write_atomically
from course_lib.workshop.grading.storage.forms import from_form
from course_lib.workshop.grading.storage.records import Record, Records, Status
from course_lib.workshop.grading.storage.tables import TableError, to_csv

PUBLISHED = "published.json"
STATE = ".graded"  # in which state of the folder the last grading ended
EXERCISES = (course_lib.exercises, course_lib.workshop.exercises)


@dataclass
class Classroom:
    """One class's folder with one assignment.

    Attributes
    ----------
    folder
        The folder.
    assignment
        What the assignment file says.
    private
        The folder of the instructor's own exercises, if there is one.
    """

    folder: Path
    assignment: Assignment
    private: Path | None = None

    def __post_init__(self) -> None:
        self.records = Records(self.folder / "records")

    @cached_property
    def collection(self) -> Collection:
        """The class as it was collected."""
        return read_collection(self.folder)

    @cached_property
    def submissions(self) -> dict[str, Submission]:
        """The submissions by their keys."""
        return {item.key: item for item in self.collection.submissions}

    @cached_property
    def students(self) -> dict[str, Student]:
        """The students by their ids."""
        return {student.id: student for student in self.collection.students}

    @property
    def handed_in(self) -> int:
        """How many notebooks are to be graded: one a submission, or all attempts."""
        return sum(len(self.attempts(item)) for item in self.collection.submissions)

    @property
    def due_was_moved(self) -> bool:
        """Whether the assignment is due at another time than when the class was collected."""
        now = self.assignment.due.isoformat() if self.assignment.due else ""
        return self.collection.remembered.get("due", now) != now

    @cached_property
    def names(self) -> dict[str, str]:
        """Who handed each submission in: the student's name, or the group's names."""
        return {
            key: ", ".join(self.students[member].name for member in submission.members)
            for key, submission in self.submissions.items()
        }

    @cached_property
    def key(self) -> AnswerKey:
        """The answer key: the kept one while nothing that decides it has changed."""
        path = self.folder / "key.json"
        key = kept_key(path, self._basis)
        if key is None:
            points = {one.name: float(self.assignment.points_of(one)) for one in self.exercises}
            key = draw_key(
                self.assignment.title, self.exercises, self.assignment.seed, points, self.assignment.partial
            )
            keep_key(key, path, self._basis)
        return key

    @cached_property
    def _basis(self) -> str:
        """What stands for everything that the answer keys depend on."""
        folders = [Path(room.__path__[0]) for room in EXERCISES]
        folders += [self.private] if self.private else []
        form = [
            self.assignment.title,
            self.assignment.points,
            self.assignment.seed,
            sorted(self.assignment.partial),
        ]
        return basis_of(form, folders)

    @cached_property
    def exercises(self) -> list[Exercise]:
        """The assignment's exercises, as they are defined now."""
        return self.assignment.chosen(load_chosen(self.assignment.points, self.private))

    def key_of(self, submission: str) -> AnswerKey:
        """Return the answer key of one submission: the class's, with what is drawn for it alone."""
        if not any(question.drawn for question in self.key.questions):
            return self.key
        path = self.folder / "keys" / f"{safe_name(submission)}.json"
        basis = short_digest([self._basis, submission])
        key = kept_key(path, basis)
        if key is None:
            seed, title = self.assignment.seed, self.assignment.title
            own = [one.of_student(seed, submission) for one in self.exercises]
            key = draw_key(title, own, seed, self.out_of, self.assignment.partial)
            keep_key(key, path, basis)
        return key

    def guides(self, submission: str) -> dict[str, Guide]:
        """Return what a student's page says of each question beside the answer to it."""
        addresses = read_addresses(find_root(Path(definitions.__path__[0])))
        shown = self.assignment.model_answers
        return {
            one.name: Guide(one.rubric, one.model if shown else "", page_of(addresses, one.section))
            for one in self.key_of(submission).questions
        }

    @property
    def out_of(self) -> dict[str, float]:
        """What each question is worth."""
        return {question.name: question.points for question in self.key.questions}

    def jobs(self, patience: Patience, wall: Wall) -> Iterator[Job]:
        """Return what is left to grade: every submission whose record does not hold any more."""
        basis = conditions(self.key, patience, wall)  # the packages, which all draws have alike
        for submission in self.collection.submissions:
            asked = self.key_of(submission.key)
            own = json.dumps(asked.to_json()) if asked is not self.key else ""
            for key, version in self.attempts(submission).items():
                record = self.records.read(key)
                if is_current(record, version.digest, asked, basis):
                    continue
                try:
                    notebook = (self.folder / version.file).read_bytes()
                except OSError as error:
                    words = f"Its file cannot be read ({error.strerror}): {version.file}. Collect it again."
                    self.records.write(key, unreadable_record(b"", asked, wall, patience, words))
                    continue
                yield Job(key, notebook, record, key=own)

    def attempts(self, submission: Submission) -> dict[str, Version]:
        """Return the notebooks that are graded, each under its record's key: the last one alone, or all."""
        chosen = submission.chosen
        if chosen is None:
            return {}
        others = [one for one in submission.versions[1:] if not one.problem and not chosen.preferred]
        others = others if self.assignment.attempt != "last" else []
        return {submission.key: chosen} | {f"{submission.key}~{one.digest[:10]}": one for one in others}

    def forget(self, wanted: Iterable[str]) -> int:
        """Forget the records of some submissions or of a status, to grade them again; return how many."""
        wanted, count = set(wanted), 0
        if unknown := wanted - set(self.submissions) - set(Status):
            known = ", ".join(Status)
            raise TableError(f"There is no submission {min(unknown)!r}, nor do any end so: {known}.")
        for submission in self.collection.submissions:
            for key in self.attempts(submission):
                record = self.records.read(key)
                if submission.key in wanted or (record and record.status in wanted):
                    count += 1
                    if not is_dry(self.records.path(key)):
                        self.records.path(key).unlink(missing_ok=True)
        return count

    def keep(self, done: Done) -> None:
        """Write down what came of a submission."""
        self.records.write(done.submission, done.record)

    def standings(self, zeros: bool = False) -> Iterator[tuple[Standing, Record | None]]:
        """Return the marks of all submissions, one after the other.

        With `zeros`, those for which no answer was judged count too; so do zeros that students know.
        """
        hand_marks = self.hand_marks()
        submissions = self.collection.submissions
        for submission in tqdm(submissions, "marks", unit=" submissions", disable=None, leave=False, delay=1):
            marks = hand_marks.get(submission.key, [])
            attempts = self.attempts(submission)
            records = [self.records.read(key) for key in attempts] or [None]
            alone = [replace(submission, versions=[one]) for one in attempts.values()] or [submission]
            found = [self._standing(*both, marks) for both in zip(alone, records, strict=True)]
            standing, shown = of_attempts(self.assignment.attempt, found)
            if standing.unearned:
                known = self.published.get(submission.key, {}).get("final") == 0
                standing = replace(standing, decided=zeros or known)
            yield standing, records[shown]

    @cached_property
    def people(self) -> dict[str, str]:
        """The key of a submission for everything that names it: itself, and its students' ids and names."""
        names: dict[str, set[str]] = {}
        for student in self.collection.students:
            names.setdefault(plain_name(student.name), set()).add(key_of(student))
        people = {name: keys.pop() for name, keys in names.items() if len(keys) == 1}
        people |= {student.id: key_of(student) for student in self.collection.students}
        return people | {key: key for key in self.submissions}

    def hand_marks(self) -> dict[str, list[HandMark]]:
        """Return people's marks by submission, whatever of the class they name."""
        titles = {plain_name(question.hidden.title): question.name for question in self.key.questions}
        questions = titles | {question.name: question.name for question in self.key.questions}
        return read_hand_marks(self.folder, Known(self.people, questions, self.out_of))

    def _standing(self, submission: Submission, record: Record | None, marks: list[HandMark]) -> Standing:
        members = [self.students[member] for member in submission.members]
        # Asked anew each time: a deadline that was moved holds at once, without collecting again.
        due = last_due(members, self.assignment)
        slip_days = min((student.slip_days for student in members), default=0)
        return standing_of(submission, record, marks, self.assignment, self.out_of, due, slip_days)

    # Publishing ---------------------------------------------------------------------------------------

    @cached_property
    def published(self) -> dict[str, dict[str, float]]:
        """The marks that students know."""
        try:
            form = json.loads((self.folder / PUBLISHED).read_bytes())
            marks: dict[str, dict[str, float]] = from_form(dict[str, dict[str, float]], form)
            if incomplete := [key for key, told in marks.items() if "final" not in told]:
                raise ValueError(f"{incomplete[0]} has no final mark")
            return {key: {what: float(mark) for what, mark in told.items()} for key, told in marks.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError, OverflowError) as error:
            raise TableError(
                f"{self.folder / PUBLISHED} is damaged ({error}), and it says which marks students know. Put "
                "it back from a copy. If there is none, remove it: then no change of a mark is noticed."
            ) from error

    def changes(self) -> list[Change]:
        """Return the published marks that would change; write them down where there are any."""
        found = changes(self.published, (standing for standing, _ in self.standings()))
        path = self.folder / "changes.csv"
        if not found:
            if not is_dry(path):
                path.unlink(missing_ok=True)
            return []
        rows = [
            {"submission": one.submission, "what": one.what, "before": one.before, "after": one.after}
            for one in found
        ]
        write_atomically(path, to_csv(("submission", "what", "before", "after"), rows))
        return found

    def publish(self, zeros: bool = False) -> int:
        """Write feedback, the gradebook and what is published now; return how many marks there are.

        `zeros` publishes a 0 also where no answer was judged.
        """
        marks, standings = {}, {}
        for standing, record in self.standings(zeros):
            self._write_feedback(standing, record)
            standings[standing.submission] = standing
            if standing.counts:
                marks[standing.submission] = standing.points()
        titles = {question.name: question.hidden.title for question in self.key.questions}
        table = gradebook_csv(self.collection, standings, titles)
        write_atomically(self.folder / "gradebook.csv", table)
        feedback_zip(self.folder / "feedback.zip", self.collection.submissions, self.feedback_path)
        write_atomically(self.folder / PUBLISHED, json.dumps(marks, indent=1))
        self.published = marks
        return len(marks)

    def feedback_path(self, submission: str, suffix: str = ".html") -> Path:
        """Return where a submission's feedback is."""
        return self.folder / "feedback" / f"{safe_name(submission)}{suffix}"

    def _write_feedback(self, standing: Standing, record: Record | None) -> None:
        who = self.names[standing.submission]
        title = self.assignment.title
        pages = {
            ".html": feedback_html(title, who, standing, record, self.guides(standing.submission)),
            ".md": feedback_markdown(title, who, standing, record, self.guides(standing.submission)),
        }
        for suffix, text in pages.items():
            path = self.feedback_path(standing.submission, suffix)
            content = text.encode("utf-8", errors="replace")
            if not path.exists() or path.read_bytes() != content:
                write_atomically(path, content)

    # Nothing to do ------------------------------------------------------------------------------------

    def state(self, *options: object, made_here: bool = True) -> str:
        """Return what grading and its report depend on, as a short text; it takes no time to tell.

        Those are the options, the assignment, the answer key, our own code, the submissions, and all files of
        the folder that are not made from the others; where asked, without what grading itself writes.
        """
        assert self.key  # drawn anew and kept, where its definitions have changed
        made = {LOCK, STATE, "gradebook.csv", "feedback.zip", "changes.csv"}
        made |= set() if made_here else {"report.html"}
        files = sorted(path for path in self.folder.iterdir() if path.is_file() and path.name not in made)
        files += sorted((self.folder / "submissions").rglob("*"))
        files += sorted(self.records.folder.glob("*")) if made_here else []
        files += sorted(Path(course_lib.workshop.__path__[0]).rglob("*.py"))
        seen = [(path.parent.name, path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files]
        return short_digest(repr([options, self.assignment, seen]))

    def was_done(self, state: str) -> int | None:
        """Return how many answers wait for a person if the last grading ended in this state, else None."""
        path = self.folder / STATE
        if not path.exists() or not (self.folder / "report.html").exists():
            return None
        before, _, waiting = path.read_text(encoding="utf-8", errors="replace").partition(" ")
        return int(waiting) if before == state and waiting.isdigit() else None

    # Reporting ----------------------------------------------------------------------------------------

    def similar(self) -> list[Similar]:
        """Return groups of similar submissions, the largest first."""
        stubs = [question.stub for question in self.key.questions]
        groups = groups_of(similar_pairs(self._sources(), stubs))[:MOST_GROUPS]
        return [Similar(group, self._two_codes(group)) for group in groups]

    def _two_codes(self, group: Group) -> tuple[str, str]:
        first, second = (code for _, code in self._sources(group.members[:2]))
        return first, second

    def _sources(self, keys: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        keys = keys or [key for key, submission in self.submissions.items() if submission.chosen]
        for key, record in self.records.each(list(keys)):
            questions = record.questions if record else ()
            yield key, "\n\n".join(one.source for one in questions if one.kind == "code")

    def report(self, seconds: Mapping[str, float], changed: list[Change], similarity: bool = True) -> Path:
        """Write the instructor's page."""
        tally = Tally()
        for standing, record in self.standings():
            members = self.submissions[standing.submission].members
            tally.add(standing, record, [self.students[member].section for member in members])
        text = report_html(
            self.assignment.title,
            self.key.points,
            tally,
            seconds,
            self.similar() if similarity else [],
            changed,
            self.collection.notices,
            self.names,
            {key: self.feedback_path(key).relative_to(self.folder).as_posix() for key in self.submissions},
        )
        path = self.folder / "report.html"
        write_atomically(path, text)
        return path
