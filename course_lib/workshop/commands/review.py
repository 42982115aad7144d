"""`course review`: the page on which people mark."""

from pathlib import Path

import click

from course_lib.workshop.commands.grading import (
    assignment_option,
    exercises_option,
    say,
    say_next,
    the_class,
    whoever_this_is,
)
from course_lib.workshop.commands.paths import FOLDER


@click.command()
@click.argument("folder", type=FOLDER)
@click.argument("assistants", nargs=-1)
@assignment_option
@exercises_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; a free one otherwise.")
def review_command(
    folder: Path, assistants: tuple[str, ...], assignment_path: Path | None, private: Path | None, port: int
) -> None:
    """Mark free texts and answer regrade requests in a page of this machine.

    FOLDER is what `course grade` graded. Each of the ASSISTANTS gets an address of their own, for as long as
    the command runs; without any, you get one. Marks go into marks.csv, and who gave them, when and why into
    a log.
    """
    from course_lib.workshop.grading.review.desk import Desk
    from course_lib.workshop.grading.review.server import serve

    classroom = the_class(folder, assignment_path, private)
    if twice := [who for who in assistants if assistants.count(who) > 1]:
        raise click.UsageError(f"{twice[0]!r} is named twice; the log should tell your assistants apart.")
    desk = Desk(classroom)
    waiting = sum(question["waiting"] for question in desk.overview()["questions"])
    say(f"{waiting} different free texts wait. Each mark is kept at once; Ctrl-C ends the page.")
    try:
        serve(desk, assistants or (whoever_this_is(),), port, lambda line: click.echo(line))
    except KeyboardInterrupt:
        say_next("publish", folder, "--dry-run")
