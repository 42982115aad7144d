"""`course canvas`: fetch from Canvas and give marks back, through its API."""

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from course_lib.workshop.commands.examples import tell
from course_lib.workshop.commands.grading import (
    alone,
    assignment_option,
    comment_on,
    exercises_option,
    say,
    say_next,
    the_class,
)
from course_lib.workshop.commands.paths import FOLDER
from course_lib.workshop.grading.canvas import Canvas, CanvasError, Place
from course_lib.workshop.grading.intake.collect import key_of
from course_lib.workshop.grading.marks.gradebook import by_number

TOKEN = "CANVAS_TOKEN"


@click.group()
def canvas_command() -> None:
    """Fetch submissions from Canvas, and send published marks back.

    The access token is read from the environment, CANVAS_TOKEN: no command line and no file of ours holds it.
    """


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where in Canvas an assignment is, and say what Canvas refuses."""
    for words in (
        click.option("--address", required=True, help="The school's Canvas: https://school.instructure.com."),
        click.option("--course", type=int, required=True, help="The course's number in Canvas."),
        click.option("--number", type=int, required=True, help="The assignment's number in Canvas."),
    ):
        command = words(command)
    return command


def opened(address: str, course: int, number: int) -> Canvas:
    """Return the assignment in Canvas.

    Raises
    ------
    CanvasError
        If there is no token, the address is none, or Canvas refuses.
    """
    token = os.environ.get(TOKEN, "")
    if not token:
        raise CanvasError(
            f"Put an access token into the environment first: {TOKEN}. Canvas: Account, Settings."
        )
    if not address.startswith(("https://", "http://127.0.0.1:")):
        raise CanvasError(
            f"{address!r} is no address of Canvas; it is written as https://school.instructure.com."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return Canvas(Place(address, course, number), token)


@canvas_command.command("fetch")
@place_options
@click.option("--to", "target", type=FOLDER, required=True, help="The folder to write the download into.")
def fetch(address: str, course: int, number: int, target: Path) -> None:
    """Download everybody's files, the class and the times of handing in.

    Own due dates of students are in the class's table, and the times in another: `course collect` takes both.
    """
    canvas = opened(address, course, number)
    with tqdm(unit=" files", desc="fetching", disable=None) as bar:
        count, left = canvas.fetch(target, bar.update)
    for words in left:
        say(words)
    tell(files=count, left=left)
    say(f"{count} files, roster.csv and times.csv are in {target}.")
    tables = ["--roster", target / "roster.csv", "--times", target / "times.csv"]
    say_next("collect", target / "files", *tables, "--assignment", "homework.yml", "--to", "homework")


@canvas_command.command("post")
@click.argument("folder", type=FOLDER)
@place_options
@assignment_option
@exercises_option
@click.option("--scale", is_flag=True, help="Convert the marks to the points that Canvas has.")
@click.option("--yes", is_flag=True, help="Send without asking.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@alone
def post(
    folder: Path,
    address: str,
    course: int,
    number: int,
    assignment_path: Path | None,
    private: Path | None,
    scale: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Send the published marks of the class's FOLDER and a comment with each, and nothing twice.

    Who is excused in Canvas stays so; who has no published mark gets none. Given again after a broken line,
    the command sends what is missing.
    """
    classroom = the_class(folder, assignment_path, private)
    if not classroom.published:
        raise click.ClickException(f"No marks are published yet. Run course publish {folder} first.")
    standings = {standing.submission: standing for standing, _ in classroom.standings()}
    numbers = {student: number for number, student in by_number(classroom.collection).items()}
    published, unknown = {}, []
    for student in classroom.collection.students:
        told = classroom.published.get(key_of(student))
        if told is None:
            continue
        if student.id not in numbers:
            unknown.append(f"{student.name}: no number of Canvas is known; give its gradebook as --roster.")
            continue
        standing = standings[key_of(student)]
        comment = comment_on(standing) if standing.final == told["final"] else ""
        published[int(numbers[student.id])] = (student.name, told["final"], comment)
    canvas = opened(address, course, number)
    marks = canvas.marks(published, sum(classroom.out_of.values()), scale)
    for words in (*unknown, *(f"{mark.name}: {mark.left}." for mark in marks if mark.left)):
        say(words)
    ready = [mark for mark in marks if not mark.left]
    for mark in ready:
        before = "no mark" if mark.before is None else f"{mark.before:g}"
        say(f"{mark.name}: {before} becomes {mark.after:g}")
    tell(to_send=[vars(mark) for mark in ready], left=[vars(mark) for mark in marks if mark.left])
    if dry_run or not ready:
        say(f"Would send {len(ready)} marks. Nothing was sent.")
        return
    asked = f"Send {len(ready)} marks to {address}?"
    if not yes and not (sys.stdin.isatty() and click.confirm(asked)):
        raise click.ClickException(
            "Nothing was sent. Look at the list, then give the same command with --yes."
        )
    sent = 0
    with tqdm(canvas.send(ready), total=len(ready), unit=" marks", desc="sending", disable=None) as bar:
        for _ in bar:
            sent += 1
    tell(sent=sent)
    say(f"Sent {sent} marks.")
