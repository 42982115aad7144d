"""`course collect`, `course grade`, `course try` and what belongs to them."""

import getpass
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from course_lib.workshop.book.addresses import find_root, read_addresses
from course_lib.workshop.commands.examples import tell
from course_lib.workshop.commands.paths import EXISTING_FOLDER, FILE, FOLDER, PATH, SOURCE
from course_lib.workshop.exercises import definitions
from course_lib.workshop.exercises.assignment import (
    Assignment,
    AssignmentError,
    exercises_beside,
    read_assignment,
)
from course_lib.workshop.exercises.definition import Exercise
from course_lib.workshop.grading.batch import Settings, grade_all
from course_lib.workshop.grading.classroom import STATE, Classroom
from course_lib.workshop.grading.intake.collect import (
    MANIFEST,
    Collection,
    Collector,
    key_of,
    read_collection,
)
from course_lib.workshop.grading.intake.roster import read_roster, with_slip_days
from course_lib.workshop.grading.intake.times import read_times, tells_times
from course_lib.workshop.grading.marks.gradebook import fill_in
from course_lib.workshop.grading.marks.history import PUBLISHED, Entry, History, of_mark
from course_lib.workshop.grading.marks.sheets import answers_of, merge_sheets, write_sheets
from course_lib.workshop.grading.marks.standing import FILE as FILE_OF_MARKS
from course_lib.workshop.grading.marks.standing import NOT_GRADED, Change, Standing, write_hand_marks
from course_lib.workshop.grading.sandbox.walls import Limits, NoWallError, Wall, strongest_wall
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, draw_key, load_chosen, names_asked_for
from course_lib.workshop.grading.scoring.session import Patience
from course_lib.workshop.grading.storage.files import alone_in, printable, write_atomically, write_new
from course_lib.workshop.grading.storage.records import Status

assignment_option = click.option(
    "--assignment", "assignment_path", type=FILE, help="The assignment file; a class's folder remembers it."
)
exercises_option = click.option(
    "--exercises",
    "private",
    type=EXISTING_FOLDER,
    envvar="COURSE_EXERCISES",
    help="The folder of your own exercises; else `exercises` beside the assignment file.",
)
trust_option = click.option(
    "--trust-code", is_flag=True, help="Run without a sandbox. Only for code that you wrote yourself."
)


def say(text: str, err: bool = False) -> None:
    """Print a line; a student's text in it can do nothing to the terminal."""
    click.echo(printable(text), err=err)


def say_next(command: str, *words: object) -> None:
    """Print the command that comes next, so that it can be pasted."""
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    say(f"Next: {join(['course', command, *map(str, words)])}")


def alone(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let one command at a time write into a class's folder."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        with alone_in(options.get("folder") or options["target"]):
            return command(*arguments, **options)

    return run


class Choice(click.ParamType[tuple[str, str]]):
    """`STUDENT=FILE`."""

    name = "STUDENT=FILE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        """Split it in two."""
        student, equals, file = str(value).partition("=")
        if not (student and equals and file):
            self.fail(f"{value!r} should read STUDENT=FILE, as in ada=homework_1.ipynb", param, ctx)
        return student, file


@click.command()
@click.argument("sources", nargs=-1, required=True, type=SOURCE)
@assignment_option
@exercises_option
@click.option(
    "--roster",
    type=FILE,
    help="The class: Canvas's gradebook, Moodle's worksheet, or a CSV with id, name, section, group, due.",
)
@click.option("--to", "target", type=FOLDER, required=True, help="The class's folder, made if needed.")
@click.option("--times", type=FILE, help="When each student handed in: Moodle's worksheet or your own CSV.")
@click.option(
    "--late",
    type=click.Choice(["ask", "count", "ignore"]),
    default="ask",
    show_default=True,
    help="Whether late files count as late where more than a third of them are.",
)
@click.option("--choose", "choices", type=Choice(), multiple=True, help="Which of a student's files counts.")
@click.option(
    "--after", type=EXISTING_FOLDER, help="The folder of the assignment before: its slip days are left."
)
@click.option("--replace", is_flag=True, help="Forget what was collected before instead of adding to it.")
@alone
def collect_command(
    sources: tuple[Path, ...],
    assignment_path: Path | None,
    private: Path | None,
    roster: Path | None,
    target: Path,
    times: Path | None,
    late: str,
    choices: tuple[tuple[str, str], ...],
    after: Path | None,
    replace: bool,
) -> None:
    """Sort a class's downloaded notebooks into submissions.

    SOURCES are folders, zip archives and bulk downloads of Canvas, Moodle or Google Classroom. Given again,
    the command adds what is new.
    """
    known = {} if replace else remembered_in(target)
    path = the_assignment(assignment_path, known, target)
    private = private or own_exercises(known, target) or exercises_beside(path)
    assignment = read_assignment(path)
    zone = assignment.due.tzinfo if assignment.due else None
    students = read_roster(roster, zone) if roster else None
    if after is not None:
        if students is None:
            raise click.UsageError("--after says what of the roster's slip days is left: give --roster, too.")
        students = with_slip_days(students, after / "gradebook.csv")
    wanted = names_asked_for(assignment.points, private)
    if times is None and roster is not None and tells_times(roster):
        times = roster  # Moodle's worksheet is both
    moments = read_times(times, students, zone) if times else None
    collector = Collector(target, assignment, students, wanted, moments, replace)
    with tqdm(unit=" files", desc="collecting", disable=None) as bar:
        collection = collector.gather(sources, bar.update, choices)
    for notice in collection.notices:
        say(notice)
    chosen = [submission.chosen for submission in collection.submissions if submission.chosen]
    if not chosen:
        raise click.ClickException(
            f"Nothing of anybody was found in {', '.join(map(str, sources))}. Nothing was written down."
        )
    if students is None and "title" not in known and all(version.problem for version in chosen):
        raise click.ClickException(
            f"No notebook was found in {', '.join(map(str, sources))}. Nothing was written down."
        )
    say_late(collection, assignment, late)
    collection.remembered["assignment"] = seen_from(target, path)
    collection.remembered["exercises"] = seen_from(target, private) if private else ""
    collection.write(target)
    broken = sum(bool(version.problem) for version in chosen)
    without = f", {broken} of them without a notebook that can be read" if broken else ""
    late_ones = collection.late(assignment.grace_minutes)
    tell(submissions=len(collection.submissions), handed_in=len(chosen), unreadable=broken, late=late_ones)
    tell(notices=collection.notices)
    say(f"{len(chosen)} of {len(collection.submissions)} submissions are in {target}{without}.")
    say_next("grade", target)


def say_late(collection: Collection, assignment: Assignment, late: str) -> None:
    """Name who is late; stop where so many are that the times are probably not those of handing in."""
    who = collection.late(assignment.grace_minutes)
    handed_in = sum(item.chosen is not None for item in collection.submissions)
    for name, minutes in who.items():
        say(f"{name}: {minutes:,.0f} minutes late.")
    if late == "ignore":
        for item in collection.submissions:
            for version in item.versions:
                version.doubt()
        say("Nobody is taken for late, as you asked.")
    elif late == "ask" and len(who) * 3 > handed_in and handed_in > 2:
        question = (
            f"{len(who)} of {handed_in} are late. Copying files gives them a new time: are these the times "
            "of handing in?"
        )
        if not sys.stdin.isatty() or not click.confirm(question):
            raise click.ClickException(
                f"{len(who)} of {handed_in} would be late by their files' times. Nothing was written down. "
                "Give the same command again with --late count if that is so, with --late ignore if not, or "
                "with --times and the platform's table."
            )


def remembered_in(folder: Path) -> dict[str, str]:
    """Return with which assignment a class's folder was collected."""
    return read_collection(folder).remembered if (folder / MANIFEST).exists() else {}


def seen_from(folder: Path, path: Path) -> str:
    """Return the way from a folder to a file: both may be moved together."""
    try:
        return os.path.relpath(path.resolve(), folder.resolve())
    except ValueError:  # another drive
        return str(path.resolve())


def own_exercises(known: Mapping[str, str], folder: Path) -> Path | None:
    """Return the folder of the instructor's exercises that a class's folder remembers."""
    return folder / known["exercises"] if known.get("exercises") else None


def the_assignment(given: Path | None, known: Mapping[str, str], folder: Path) -> Path:
    """Return the assignment file: the given one if it is the folder's, or the one that the folder remembers.

    Raises
    ------
    AssignmentError
        If none is known, or the folder was collected for another one.
    """
    before = known.get("assignment", "")
    if given is None:
        if not before:
            raise AssignmentError("Say which assignment this is: --assignment FILE.")
        return folder / before
    title = read_assignment(given).title
    if before and given.resolve() != (folder / before).resolve() and title != known["title"]:
        raise AssignmentError(
            f"{folder} was collected for {known['title']!r}, and {given} is {title!r}. "
            "Each assignment has a folder of its own."
        )
    return given


def the_class(folder: Path, given: Path | None, private: Path | None) -> Classroom:
    """Open a class's folder with the assignment and exercises that it remembers.

    Raises
    ------
    AssignmentError
        If nothing was collected into it, or something for another assignment.
    """
    if not (folder / MANIFEST).exists():
        raise AssignmentError(f"{folder} holds no submissions. Run `course collect ... --to {folder}` first.")
    known = remembered_in(folder)
    private = private or own_exercises(known, folder)
    return Classroom(folder, read_assignment(the_assignment(given, known, folder)), private)


@click.command(context_settings={"show_default": True})
@click.argument("folder", type=FOLDER)
@assignment_option
@exercises_option
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    help="Processes at a time.",
)
@click.option(
    "--scheduler",
    default="",
    show_default=False,
    help="The address of a dask.distributed scheduler to grade on.",
)
@click.option("--seconds", type=click.FloatRange(0.1), default=5.0, help="Seconds for one case.")
@click.option(
    "--cell-seconds",
    type=click.FloatRange(0.1),
    default=20.0,
    help="Seconds for all cells.",
)
@click.option(
    "--memory",
    type=click.IntRange(64),
    default=2048,
    help="MiB that one submission may use.",
)
@click.option(
    "--again",
    multiple=True,
    show_default=False,
    help="Grade this submission again, or all that ended like this: timeout, crashed, partial.",
)
@click.option("--similarity/--no-similarity", default=True, help="Look for pairs of similar code.")
@click.option("--dry-run", is_flag=True, help="Say how many would be graded, and run nothing.")
@trust_option
@alone
def grade_command(
    folder: Path,
    assignment_path: Path | None,
    private: Path | None,
    workers: int,
    scheduler: str,
    seconds: float,
    cell_seconds: float,
    memory: int,
    again: tuple[str, ...],
    similarity: bool,
    dry_run: bool,
    trust_code: bool,
) -> None:
    """Grade collected submissions in a sandbox.

    FOLDER is what `course collect` wrote. What is graded already is not graded again; after Ctrl-C the same
    command goes on.
    """
    classroom = the_class(folder, assignment_path, private)
    if classroom.due_was_moved:
        say(
            "The due date was moved since collecting. Penalties follow it; collect again, too: of a "
            "student with several versions, another may be the last in time."
        )
    if again:
        say(f"{classroom.forget(again)} are graded again.")
    wall = the_wall(trust_code)
    patience = Patience(cell_seconds, seconds, 4 * seconds)
    limits = Limits(memory=memory * 2**20)
    if dry_run:
        left = [job.submission for job in classroom.jobs(patience, wall)]
        tell(would_grade=left)
        say(f"Would grade {len(left)} submissions; {classroom.handed_in - len(left)} are graded already.")
        return
    asked = (patience, wall, similarity)
    if (waiting := classroom.was_done(classroom.state(*asked))) is not None:
        say(f"0 graded; {classroom.handed_in} were graded already, and nothing has changed since.")
        say_count(waiting)
        say(f"The report: {classroom.folder / 'report.html'}")
        say_next("publish", folder, "--dry-run")
        return
    before = classroom.state(*asked, made_here=False)
    times = run_jobs(classroom, wall, patience, limits, workers, scheduler)
    changed = classroom.changes()
    page = classroom.report(times, changed, similarity)
    say_changes(changed)
    waiting = sum(len(standing.waiting) for standing, _ in classroom.standings())
    say_count(waiting)
    # Of changes each grading reminds; and what was saved meanwhile may not be in the report.
    if not changed and before == classroom.state(*asked, made_here=False):
        write_atomically(folder / STATE, f"{classroom.state(*asked)} {waiting}")
    tell(graded=len(times), changed=[vars(one) for one in changed], report=page)
    say(f"The report: {page}")
    say("No student sees anything of this yet.")
    say_next("publish", folder, "--dry-run")


@click.command()
@click.argument("folder", type=FOLDER)
@assignment_option
@exercises_option
@click.option("--changed", is_flag=True, help="Publish also where marks that students know change.")
@click.option("--zeros", is_flag=True, help="Publish 0 also where no answer could be read or found.")
@click.option("--dry-run", is_flag=True, help="Say what would be published, and write nothing.")
@alone
def publish_command(
    folder: Path,
    assignment_path: Path | None,
    private: Path | None,
    changed: bool,
    zeros: bool,
    dry_run: bool,
) -> None:
    """Give the marks back: write the students' pages and the gradebook.

    FOLDER is what `course grade` graded. Marks that students know already change only with --changed. A file
    in which no answer could be read or found is named and has no mark, until you give one in marks.csv or
    publish those zeros with --zeros.
    """
    classroom = the_class(folder, assignment_path, private)
    changes = classroom.changes()
    say_changes(changes)
    standings = [standing for standing, _ in classroom.standings(zeros)]
    ungraded = [one.submission for one in standings if one.reason == NOT_GRADED]
    if ungraded:
        raise click.ClickException(
            f"{len(ungraded)} submissions are not graded yet ({', '.join(ungraded[:5])}"
            f"{', ...' if len(ungraded) > 5 else ''}). Run course grade {folder} first."
        )
    counting = [one for one in standings if one.counts]
    fresh = sum(one.submission not in classroom.published for one in counting)
    without = len(standings) - len(counting)
    unearned = {one.submission: one.reason for one in standings if one.unearned}
    for submission, reason in unearned.items():
        say(f"{classroom.names[submission]}: no mark. {reason}")
    if unearned:
        say(f"{len(unearned)} zeros stay blank. Give these marks in marks.csv, or publish them with --zeros.")
    summary = f"{fresh} new marks, {len(counting) - fresh} known ones; {without} without anything to mark."
    if changes and not changed and not dry_run:
        raise click.ClickException(
            f"Nothing was published: students know {len(changes)} of these numbers otherwise. The list "
            f"is in {folder / 'changes.csv'}. Publish it with --changed, or give a mark in marks.csv."
        )
    say_waiting(standings, folder)
    if dry_run:
        say(f"Would publish: {summary} Nothing was written.")
        say_next("publish", folder)
        return
    log_publication(classroom, changes)
    classroom.publish(zeros)
    tell(
        new=fresh,
        known=len(counting) - fresh,
        without=without,
        unearned=unearned,
        changed=[vars(one) for one in changes],
    )
    say(f"Published: {summary} The pages are in {folder / 'feedback'}, the marks in gradebook.csv.")


def log_publication(classroom: Classroom, changed: list[Change]) -> None:
    """Note in the log which marks of marks.csv it did not know, and which published marks change."""
    history, who = History(classroom.folder), whoever_this_is()
    known = {(one.submission, one.question, one.points, one.comment) for one in history.entries()}
    marks = [mark for marks in classroom.hand_marks().values() for mark in marks]
    fresh = [one for one in marks if (one.submission, one.question, one.points, one.comment) not in known]
    entries = [of_mark(replace(one, by=one.by or who), "written into marks.csv") for one in fresh]
    entries += [
        Entry(PUBLISHED, one.submission, one.what, one.after, by=who, reason=f"it was {one.before:g}")
        for one in changed
    ]
    with history.changing() as connection:
        history.add(connection, entries)


def whoever_this_is() -> str:
    """Return the name of whoever is logged in on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without names
        return "somebody"


@click.command()
@click.argument("notebook", type=FILE)
@click.option(
    "--assignment",
    "assignment_path",
    type=FILE,
    help="The assignment file; without it, the course's exercises that the notebook checks.",
)
@exercises_option
@click.option("--student", default="", help="Whose it is, where an exercise is drawn for each: the id.")
@click.option("--to", "page", type=PATH, help="Write the student's page there, as HTML.")
@trust_option
def try_command(
    notebook: Path,
    assignment_path: Path | None,
    private: Path | None,
    student: str,
    page: Path | None,
    trust_code: bool,
) -> None:
    """Explain the mark of one notebook.

    Grades NOTEBOOK as `course grade` would, writes nothing into the class, and says what each question's mark
    comes from: for you, with the hidden case that decided.
    """
    from course_lib.workshop.grading.explain import explain, practice_of

    data = notebook.read_bytes()
    assignment = read_assignment(assignment_path) if assignment_path else practice_of(data)
    if private is None and assignment_path:
        private = exercises_beside(assignment_path)
    _, key = drawn(assignment, private, student)
    words, html = explain(data, key, the_wall(trust_code), assignment)
    say(words)
    if page:
        write_new({page: html})


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("export", type=FILE)
@assignment_option
@exercises_option
@click.option("--column", default="", help="The column's name, where the title does not find it.")
@click.option("--scale", is_flag=True, help="Convert the marks to the points of the platform's column.")
@click.option("--to", "target", type=PATH, help="Where to write it; otherwise into FOLDER.")
@click.option("--dry-run", is_flag=True, help="Say what would be filled in, and write nothing.")
def gradebook_command(
    folder: Path,
    export: Path,
    assignment_path: Path | None,
    private: Path | None,
    column: str,
    scale: bool,
    target: Path | None,
    dry_run: bool,
) -> None:
    """Fill the published marks into the table that Canvas or Moodle exported.

    EXPORT is that table; it is left as it is, and a filled copy is written. Who has no published mark is left
    blank.
    """
    classroom = the_class(folder, assignment_path, private)
    if not classroom.published:
        raise click.ClickException(f"No marks are published yet. Run course publish {folder} first.")
    published = {submission: points["final"] for submission, points in classroom.published.items()}
    standings = [standing for standing, _ in classroom.standings()]
    comments = {
        standing.submission: comment_on(standing)
        for standing in standings
        if standing.final == published.get(standing.submission)
    }
    out_of = sum(classroom.out_of.values())
    title = classroom.assignment.title
    table = fill_in(export, title, classroom.collection, published, out_of, comments, column, scale)
    for words in table.left:
        say(words)
    say_waiting(standings, folder)
    if dry_run:
        say(f"Would fill in {table.filled} marks; {len(table.left)} rows stay. Nothing was written.")
        return
    tell(filled=table.filled, left=table.left)
    path = target or folder / f"filled-{export.name}"
    if target:
        write_new({target: table.text})
    else:
        write_atomically(path, table.text)
    say(f"{table.filled} marks are in {path}; {len(table.left)} rows stay as they were.")


def say_waiting(standings: Iterable[Standing], folder: Path) -> None:
    """Tell how many free texts wait for a person, so that nobody takes these marks for the final ones."""
    say_count(sum(len(standing.waiting) for standing in standings))


def say_count(count: int) -> None:
    """Tell how many free texts wait, if any do."""
    if count:
        say(f"{count} free texts wait for a person: see `course marks split --help`.")


def comment_on(standing: Standing) -> str:
    """Return the comment that goes into a platform's table."""
    waiting = " Not all answers are marked yet." if standing.waiting else ""
    late = f" {standing.penalty:g} points were taken off for lateness." if standing.penalty else ""
    trouble = f" {standing.reason}" if standing.status not in (Status.GRADED, Status.PARTIAL) else ""
    return f"{standing.final:g} of {standing.out_of:g} points.{waiting}{late}{trouble} See the feedback page."


@click.group()
def marks_command() -> None:
    """Split free texts between assistants, and merge their marks."""


@marks_command.command("split")
@click.argument("folder", type=FOLDER)
@click.argument("assistants", nargs=-1, required=True)
@assignment_option
@exercises_option
def split_marks(
    folder: Path, assistants: tuple[str, ...], assignment_path: Path | None, private: Path | None
) -> None:
    """Write a sheet for each of the ASSISTANTS and each question that a person marks."""
    classroom = the_class(folder, assignment_path, private)
    if bad := [name for name in assistants if not name.isalnum()]:
        raise click.UsageError(f"An assistant's name is one word of letters and digits, not {bad[0]!r}.")
    answers = answers_of(classroom.records.each(list(classroom.submissions)))
    seed = classroom.assignment.seed
    written, left = write_sheets(folder / "to-mark", classroom.key, answers, assistants, seed)
    for path in written:
        say(str(path))
    for path in left:
        say(f"{path}: somebody wrote into it already; it stays as it is.")
    if not answers:
        say("No free text waits for a person.")


@marks_command.command("merge")
@click.argument("folder", type=FOLDER)
@click.argument("sheets", nargs=-1, required=True, type=FILE)
@assignment_option
@exercises_option
@alone
def merge_marks(
    folder: Path, sheets: tuple[Path, ...], assignment_path: Path | None, private: Path | None
) -> None:
    """Take the marks of filled-in SHEETS into the class's marks.csv."""
    classroom = the_class(folder, assignment_path, private)
    seed, history = classroom.assignment.seed, History(folder)
    with history.changing() as connection:
        known = [mark for marks in classroom.hand_marks().values() for mark in marks]
        marks, problems = merge_sheets(sheets, classroom.key, list(classroom.submissions), seed, known)
        write_hand_marks(folder, marks)
        history.add(connection, [of_mark(mark, "from a sheet") for mark in marks if mark not in known])
    for problem in problems:
        say(problem)
    say(f"{len(marks)} marks are in {folder / FILE_OF_MARKS}.")
    say_next("publish", folder, "--dry-run")


@marks_command.command("log")
@click.argument("folder", type=FOLDER)
@click.argument("student", default="")
def log_of_marks(folder: Path, student: str) -> None:
    """Show who gave or changed which mark of the class's FOLDER, when and why; of one STUDENT, or of all."""
    from course_lib.workshop.grading.privacy import the_student

    collection = the_class(folder, None, None).collection
    key = key_of(the_student(collection, student)) if student else ""
    entries = [one for one in History(folder).entries() if not key or one.submission == key]
    tell(log=[vars(one) for one in entries])
    for one in entries:
        points = "" if one.points is None else f" {one.points:g} points"
        say(f"{one.at} {one.by}: {one.kind}{points}, {one.submission} {one.question}. {one.reason}".strip())
    if not entries:
        say("Nobody has given or changed a mark by hand yet.")


@click.group()
def export_command() -> None:
    """Write an assignment for nbgrader, otter-grader or Classroom 50, none of which has a sandbox."""


def export_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that both exports take."""
    to = click.option("--to", "target", type=FOLDER, required=True, help="The folder to write into.")
    assignment = click.option(
        "--assignment", "assignment_path", type=FILE, required=True, help="The assignment file."
    )
    return assignment(exercises_option(to(command)))


@export_command.command("nbgrader")
@export_options
def export_nbgrader(assignment_path: Path, private: Path | None, target: Path) -> None:
    """Write a course folder for nbgrader 0.9."""
    from course_lib.workshop.grading import other_graders

    say_export(other_graders.write_nbgrader, "nbgrader", assignment_path, private, target)


@export_command.command("otter")
@export_options
def export_otter(assignment_path: Path, private: Path | None, target: Path) -> None:
    """Write an assignment for otter-grader 7."""
    from course_lib.workshop.grading import other_graders

    say_export(other_graders.write_otter, "otter-grader", assignment_path, private, target)


@export_command.command("classroom50")
@export_options
def export_classroom50(assignment_path: Path, private: Path | None, target: Path) -> None:
    """Write an assignment's autograder.py for Classroom 50: students see the public checks."""
    from course_lib.workshop.grading.other_graders import write_classroom50

    assignment = read_assignment(assignment_path)
    _, key = drawn(assignment, private or exercises_beside(assignment_path))
    addresses = read_addresses(find_root(Path(definitions.__path__[0])))
    for written in write_classroom50(target, key, addresses.wheel):
        say(str(written))
    say("It holds the public checks only. The marks come from `course collect` and `course grade`.")


def say_export(
    write: Callable[..., list[Path]], tool: str, path: Path, private: Path | None, target: Path
) -> None:
    """Write an export and say what it lacks."""
    from course_lib.workshop.grading.other_graders import NOT_SANDBOXED

    assignment = read_assignment(path)
    exercises, key = drawn(assignment, private or exercises_beside(path))
    for written in write(target, assignment.name, exercises, key):
        say(str(written))
    say(NOT_SANDBOXED.format(tool=tool), err=True)


def drawn(
    assignment: Assignment, private: Path | None, student: str = ""
) -> tuple[list[Exercise], AnswerKey]:
    """Return an assignment's exercises and its answer key, drawn anew."""
    exercises = assignment.chosen(load_chosen(assignment.points, private))
    own = [exercise.name for exercise in exercises if exercise.drawn_by]
    if own and not student:
        raise AssignmentError(f"{own[0]} is another one for each student: `course try` takes --student ID.")
    exercises = [exercise.of_student(assignment.seed, student) for exercise in exercises]
    points = {exercise.name: float(assignment.points_of(exercise)) for exercise in exercises}
    return exercises, draw_key(assignment.title, exercises, assignment.seed, points, assignment.partial)


def the_wall(trust_code: bool) -> Wall:
    """Return the strongest wall of this machine, or none where the instructor spelled that out."""
    if trust_code:
        say("Without a sandbox, as you asked: the submissions' code can do whatever you can.", err=True)
        return Wall.NONE
    try:
        wall, reason = strongest_wall()
    except NoWallError as error:
        raise click.ClickException(str(error)) from error
    if reason:
        say(f"Sandboxed with {wall}: {reason}.", err=True)
    return wall


def run_jobs(
    classroom: Classroom, wall: Wall, patience: Patience, limits: Limits, workers: int, scheduler: str
) -> dict[str, float]:
    """Grade what is left, with a progress bar; return how long each submission took."""
    settings = Settings.of(classroom.key, wall, patience, limits)
    handed_in = classroom.handed_in
    times: dict[str, float] = {}
    started = time.monotonic()
    jobs = classroom.jobs(patience, wall)
    try:
        with tqdm(total=handed_in, unit=" submissions", desc="grading", disable=None) as bar:
            for done in grade_all(settings, jobs, workers, scheduler):
                classroom.keep(done)
                whose = done.submission if done.submission in classroom.names else done.submission[:-11]
                times[whose] = times.get(whose, 0.0) + done.seconds
                bar.update()
    except KeyboardInterrupt:
        say(f"\nStopped. {len(times)} were graded now; the same command goes on from here.", err=True)
        sys.exit(130)
    taken = time.monotonic() - started
    rate = f", {len(times) / taken:.1f} a second" if times else ""
    already = handed_in - len(times)
    say(f"{len(times)} graded in {taken:.1f} s{rate}; {already} were graded already.")
    return times


def say_changes(changed: list[Change]) -> None:
    """Tell which published marks change."""
    for change in changed:
        say(
            f"{change.submission}: {change.what} {'falls' if change.lowered else 'rises'} "
            f"from {change.before:g} to {change.after:g}"
        )
