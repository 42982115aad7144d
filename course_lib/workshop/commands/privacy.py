"""`course forget`, `course export-student`, `course anonymise` and `course purge`: the rights of students."""

from datetime import datetime
from pathlib import Path

import click

from course_lib.workshop.commands.grading import (
    alone,
    assignment_option,
    exercises_option,
    say,
    say_next,
    the_class,
)
from course_lib.workshop.commands.paths import FOLDER, PATH
from course_lib.workshop.grading.intake.collect import MANIFEST, read_collection
from course_lib.workshop.grading.privacy import (
    anonymous_answers,
    export_student,
    forget,
    identifiers,
    last_day,
    purge,
    remains,
    the_student,
)
from course_lib.workshop.grading.storage.files import alone_in, write_new

ELSEWHERE = "Downloads, rosters and tables outside this folder are yours to remove."


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("student")
@assignment_option
@exercises_option
@click.option("--dry-run", is_flag=True, help="Say who would be forgotten, and remove nothing.")
@alone
def forget_command(
    folder: Path, student: str, assignment_path: Path | None, private: Path | None, dry_run: bool
) -> None:
    """Remove all that the class's FOLDER holds of a STUDENT, named by id, e-mail address or name.

    A group's work stays the others'. Files that name the student all the same, such as a classmate's
    notebook, are listed.
    """
    classroom = the_class(folder, assignment_path, private)
    one = the_student(classroom.collection, student)
    if dry_run:
        say(f"Would forget {one.name} ({one.id}). Named in: {listed(remains(folder, [one]), folder)}.")
        return
    forget(classroom, one)
    say(f"{one.name} ({one.id}) is forgotten. {ELSEWHERE}")
    if left := remains(folder, [one]):
        say(f"Still named in work of others or files of yours: {listed(left, folder)}. Look at them by hand.")
    say("The report and the gradebook without this student come with the next grading.")
    say_next("grade", folder)


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("student")
@assignment_option
@exercises_option
@click.option("--to", "target", type=PATH, required=True, help="The zip archive to write.")
@alone
def export_student_command(
    folder: Path, student: str, assignment_path: Path | None, private: Path | None, target: Path
) -> None:
    """Pack all that the class's FOLDER holds of a STUDENT: files, record, marks, comments and pages."""
    classroom = the_class(folder, assignment_path, private)
    one = the_student(classroom.collection, student)
    names = export_student(classroom, one, target)
    say(f"{len(names)} files of {one.name} ({one.id}) are in {target}.")


@click.command()
@click.argument("folder", type=FOLDER)
@assignment_option
@exercises_option
@click.option("--to", "target", type=PATH, required=True, help="The CSV to write.")
@alone
def anonymise_command(folder: Path, assignment_path: Path | None, private: Path | None, target: Path) -> None:
    """Write a table of all answers and marks of the class's FOLDER without names, for research or colleagues.

    Codes stand for people, and `[somebody]` where an answer names anybody of the class. What else an answer
    tells about who wrote it, nobody can find for you: read before you pass it on.
    """
    classroom = the_class(folder, assignment_path, private)
    write_new({target: anonymous_answers(classroom)})
    say(f"{len(classroom.submissions)} submissions are in {target}, without names.")


@click.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    required=True,
    help="Only classes whose last work was due and handed in before this day.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
def purge_command(folders: tuple[Path, ...], before: datetime, dry_run: bool) -> None:
    """Remove everything that the tools have written into the classes' FOLDERS: notebooks, marks and pages."""
    for folder in folders:
        if not (folder / MANIFEST).exists():
            say(f"{folder}: holds no class; left alone.")
            continue
        with alone_in(folder):
            collection = read_collection(folder)
            day = last_day(collection)
            if day is None or day >= before.astimezone():
                when = f"its last day is {day:%Y-%m-%d}" if day else "no file says when its last day was"
                say(f"{folder}: kept; {when}.")
                continue
            count = len(collection.students)
            if dry_run:
                say(f"{folder}: would remove {count} students' work and marks of {day:%Y-%m-%d}.")
                continue
            purge(folder)
        known = [one for one in collection.students if identifiers(one)]
        say(f"{folder}: {count} students' work and marks are removed. {ELSEWHERE}")
        if left := remains(folder, known):
            say(f"{folder}: other files here name students: {listed(left, folder)}.")


def listed(paths: list[Path], folder: Path) -> str:
    """Return the names of some files, the first ten of many."""
    names = [str(path.relative_to(folder)) for path in paths]
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "") or "no file"
