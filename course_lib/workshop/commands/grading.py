"""`course collect`, `course grade`, `course try` and what belongs to them."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from course_lib.workshop.exercises.assignment import Assignment, AssignmentError, read_assignment
from course_lib.workshop.exercises.definition import Exercise, ExerciseError
from course_lib.workshop.grading.batch import Settings, grade_all
from course_lib.workshop.grading.classroom import Classroom
from course_lib.workshop.grading.intake.collect import MANIFEST, Collector
from course_lib.workshop.grading.intake.roster import read_roster
from course_lib.workshop.grading.marks.gradebook import fill_in
from course_lib.workshop.grading.marks.sheets import answers_of, merge_sheets, write_sheets
from course_lib.workshop.grading.marks.standing import FILE as FILE_OF_MARKS
from course_lib.workshop.grading.marks.standing import Change, Standing, read_hand_marks, write_hand_marks
from course_lib.workshop.grading.sandbox.client import ServerError
from course_lib.workshop.grading.sandbox.walls import Limits, NoWallError, Wall, strongest_wall
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, draw_key, load_chosen
from course_lib.workshop.grading.scoring.session import Patience
from course_lib.workshop.grading.storage.files import write_atomically
from course_lib.workshop.grading.storage.tables import TableError

PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
EXPECTED = (AssignmentError, ExerciseError, TableError, NoWallError, ServerError)

assignment_option = click.option(
    "--assignment", "assignment_path", type=FILE, required=True, help="The assignment file."
)
exercises_option = click.option(
    "--exercises", "private", type=FOLDER, help="The folder of your own exercises."
)
trust_option = click.option(
    "--trust-code", is_flag=True, help="Run without a sandbox. Only for code that you wrote yourself."
)


def clear_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show what an instructor can put right as one message, without a traceback."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except EXPECTED as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise click.ClickException(
                f"The disk refuses: {error.strerror or error}{where}. What was kept before stays; make room "
                "or allow writing, and give the same command again."
            ) from error

    return run


@click.command()
@click.argument("sources", nargs=-1, required=True, type=PATH)
@assignment_option
@click.option("--roster", type=FILE, help="The class: a CSV with id, name, section, group, due.")
@click.option("--to", "target", type=FOLDER, required=True, help="The class's folder, made if needed.")
@clear_errors
def collect_command(
    sources: tuple[Path, ...], assignment_path: Path, roster: Path | None, target: Path
) -> None:
    """Sort a class's downloaded notebooks into submissions.

    SOURCES are folders, zip archives and bulk downloads of Canvas, Moodle or Google Classroom.
    """
    assignment = read_assignment(assignment_path)
    zone = assignment.due.tzinfo if assignment.due else None
    students = read_roster(roster, zone) if roster else None
    with tqdm(unit=" files", desc="collecting", disable=None) as bar:
        collection = Collector(target, assignment, students).collect(sources, bar.update)
    for notice in collection.notices:
        click.echo(notice)
    chosen = [submission.chosen for submission in collection.submissions if submission.chosen]
    broken = sum(bool(version.problem) for version in chosen)
    without = f", {broken} of them without a notebook that can be read" if broken else ""
    click.echo(f"{len(chosen)} of {len(collection.submissions)} submissions are in {target}{without}.")
    click.echo(f"Next: course grade {target} --assignment {assignment_path}")


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
@click.option("--publish", is_flag=True, help="Publish although marks that students know change.")
@click.option("--similarity/--no-similarity", default=True, help="Look for pairs of similar code.")
@trust_option
@clear_errors
def grade_command(
    folder: Path,
    assignment_path: Path,
    private: Path | None,
    workers: int,
    scheduler: str,
    seconds: float,
    cell_seconds: float,
    memory: int,
    publish: bool,
    similarity: bool,
    trust_code: bool,
) -> None:
    """Grade collected submissions in a sandbox.

    FOLDER is what `course collect` wrote. What is graded already is not graded again; after Ctrl-C the same
    command goes on.
    """
    if not (folder / MANIFEST).exists():
        raise click.ClickException(
            f"{folder} holds no submissions. Run `course collect ... --to {folder}` first."
        )
    wall = the_wall(trust_code)
    classroom = Classroom(folder, read_assignment(assignment_path), private)
    patience = Patience(cell_seconds, seconds, 4 * seconds)
    limits = Limits(memory=memory * 2**20)
    times = run_jobs(classroom, wall, patience, limits, workers, scheduler)
    changed = classroom.changes()
    may_publish = publish or not changed
    if may_publish:
        classroom.publish()
    page = classroom.report(times, [] if publish else changed, similarity)
    say_changes(changed, may_publish, folder)
    say_waiting((standing for standing, _ in classroom.standings()), folder)
    click.echo(f"The report: {page}")


@click.command()
@click.argument("notebook", type=FILE)
@click.option(
    "--assignment",
    "assignment_path",
    type=FILE,
    help="The assignment file; without it, the course's exercises that the notebook checks.",
)
@exercises_option
@click.option("--to", "page", type=PATH, help="Write the student's page there, as HTML.")
@trust_option
@clear_errors
def try_command(
    notebook: Path, assignment_path: Path | None, private: Path | None, page: Path | None, trust_code: bool
) -> None:
    """Explain the mark of one notebook.

    Grades NOTEBOOK as `course grade` would, writes nothing into the class, and says what each question's mark
    comes from: for you, with the hidden case that decided.
    """
    from course_lib.workshop.grading.explain import explain, practice_of

    data = notebook.read_bytes()
    assignment = read_assignment(assignment_path) if assignment_path else practice_of(data)
    _, key = drawn(assignment, private)
    words, html = explain(data, key, the_wall(trust_code), assignment)
    click.echo(words)
    if page:
        page.write_text(html, encoding="utf-8")


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("export", type=FILE)
@assignment_option
@exercises_option
@click.option("--column", default="", help="The column's name, where the title does not find it.")
@click.option("--to", "target", type=PATH, help="Where to write it; otherwise into FOLDER.")
@clear_errors
def gradebook_command(
    folder: Path,
    export: Path,
    assignment_path: Path,
    private: Path | None,
    column: str,
    target: Path | None,
) -> None:
    """Fill the marks into the table that Canvas or Moodle exported.

    EXPORT is that table; it is left as it is, and a filled copy is written.
    """
    classroom = Classroom(folder, read_assignment(assignment_path), private)
    standings = {standing.submission: standing for standing, _ in classroom.standings()}
    title = classroom.assignment.title
    table = fill_in(export, title, classroom.collection, standings, comment_on, column)
    path = target or folder / f"filled-{export.name}"
    write_atomically(path, table.text, mode=0o600)
    for name in table.not_found:
        click.echo(f"{name}: not in this class; the row stays as it was.")
    click.echo(f"{table.filled} marks are in {path}.")
    say_waiting(standings.values(), folder)


def say_waiting(standings: Iterable[Standing], folder: Path) -> None:
    """Tell how many free texts wait for a person, so that nobody takes these marks for the final ones."""
    count = sum(len(standing.waiting) for standing in standings)
    if count:
        click.echo(f"{count} free texts wait for a person: see `course marks split --help`.")


def comment_on(standing: Standing) -> str:
    """Return the comment that goes into a platform's table."""
    waiting = " Not all answers are marked yet." if standing.waiting else ""
    late = f" {standing.penalty:g} points were taken off for lateness." if standing.penalty else ""
    trouble = f" {standing.reason}" if standing.status not in ("graded", "partial") else ""
    return f"{standing.final:g} of {standing.out_of:g} points.{waiting}{late}{trouble} See the feedback page."


@click.group()
def marks_command() -> None:
    """Split free texts between assistants, and merge their marks."""


@marks_command.command("split")
@click.argument("folder", type=FOLDER)
@click.argument("assistants", nargs=-1, required=True)
@assignment_option
@exercises_option
@clear_errors
def split_marks(
    folder: Path, assistants: tuple[str, ...], assignment_path: Path, private: Path | None
) -> None:
    """Write a sheet for each of the ASSISTANTS and each question that a person marks."""
    classroom = Classroom(folder, read_assignment(assignment_path), private)
    if bad := [name for name in assistants if not name.isalnum()]:
        raise click.UsageError(f"An assistant's name is one word of letters and digits, not {bad[0]!r}.")
    answers = answers_of(classroom.records.each(list(classroom.submissions)))
    seed = classroom.assignment.seed
    for path in write_sheets(folder / "to-mark", classroom.key, answers, assistants, seed):
        click.echo(str(path))


@marks_command.command("merge")
@click.argument("folder", type=FOLDER)
@click.argument("sheets", nargs=-1, required=True, type=FILE)
@assignment_option
@exercises_option
@clear_errors
def merge_marks(folder: Path, sheets: tuple[Path, ...], assignment_path: Path, private: Path | None) -> None:
    """Take the marks of filled-in SHEETS into the class's marks.csv."""
    classroom = Classroom(folder, read_assignment(assignment_path), private)
    known = [mark for marks in read_hand_marks(folder).values() for mark in marks]
    seed = classroom.assignment.seed
    marks, problems = merge_sheets(sheets, classroom.key, list(classroom.submissions), seed, known)
    write_hand_marks(folder, marks)
    for problem in problems:
        click.echo(problem)
    click.echo(
        f"{len(marks)} marks are in {folder / FILE_OF_MARKS}. `course grade --publish` gives them back."
    )


@click.group()
def export_command() -> None:
    """Write an assignment for nbgrader or otter-grader, neither of which has a sandbox."""


def export_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that both exports take."""
    to = click.option("--to", "target", type=FOLDER, required=True, help="The folder to write into.")
    return assignment_option(exercises_option(to(clear_errors(command))))


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


def say_export(
    write: Callable[..., list[Path]], tool: str, path: Path, private: Path | None, target: Path
) -> None:
    """Write an export and say what it lacks."""
    from course_lib.workshop.grading.other_graders import NOT_SANDBOXED

    assignment = read_assignment(path)
    exercises, key = drawn(assignment, private)
    for written in write(target, assignment.name, exercises, key):
        click.echo(str(written))
    click.echo(NOT_SANDBOXED.format(tool=tool), err=True)


def drawn(assignment: Assignment, private: Path | None) -> tuple[list[Exercise], AnswerKey]:
    """Return an assignment's exercises and its answer key, drawn anew."""
    exercises = assignment.chosen(load_chosen(assignment.points, private))
    points = {exercise.name: float(assignment.points_of(exercise)) for exercise in exercises}
    return exercises, draw_key(assignment.title, exercises, assignment.seed, points)


def the_wall(trust_code: bool) -> Wall:
    """Return the strongest wall of this machine, or none where the instructor spelled that out."""
    if trust_code:
        click.echo(
            "Without a sandbox, as you asked: the submissions' code can do whatever you can.", err=True
        )
        return Wall.NONE
    wall, reason = strongest_wall()
    if reason:
        click.echo(f"Sandboxed with {wall}: {reason}.", err=True)
    return wall


def run_jobs(
    classroom: Classroom, wall: Wall, patience: Patience, limits: Limits, workers: int, scheduler: str
) -> dict[str, float]:
    """Grade what is left, with a progress bar; return how long each submission took."""
    settings = Settings.of(classroom.key, wall, patience, limits)
    handed_in = sum(item.chosen is not None for item in classroom.collection.submissions)
    times: dict[str, float] = {}
    started = time.monotonic()
    jobs = classroom.jobs(patience, wall)
    try:
        with tqdm(total=handed_in, unit=" submissions", desc="grading", disable=None) as bar:
            for done in grade_all(settings, jobs, workers, scheduler):
                classroom.keep(done)
                times[done.submission] = done.seconds
                bar.update()
    except KeyboardInterrupt:
        click.echo(f"\nStopped. {len(times)} were graded now; the same command goes on from here.", err=True)
        sys.exit(130)
    taken = time.monotonic() - started
    rate = f", {len(times) / taken:.1f} a second" if times else ""
    already = handed_in - len(times)
    click.echo(f"{len(times)} graded in {taken:.1f} s{rate}; {already} were graded already.")
    return times


def say_changes(changed: list[Change], published: bool, folder: Path) -> None:
    """Tell which published marks change, the lowered ones by name."""
    if not changed:
        click.echo(f"Feedback and gradebook are in {folder}.")
        return
    for change in changed:
        click.echo(
            f"{change.submission}: {change.what} {'falls' if change.lowered else 'rises'} "
            f"from {change.before:g} to {change.after:g}"
        )
    if published:
        click.echo(f"These changes are published. They are listed in {folder / 'changes.csv'}.")
    else:
        click.echo(
            "Nothing was published, because students know these marks. The list is in "
            f"{folder / 'changes.csv'}. Publish it with --publish, or give a mark by hand in marks.csv."
        )
