"""`course oral`: questions to each student about the code that they handed in."""

from pathlib import Path

import click
from tqdm import tqdm

from course_lib.workshop.commands.grading import (
    alone,
    assignment_option,
    exercises_option,
    say,
    the_class,
    the_wall,
    trust_option,
)
from course_lib.workshop.commands.paths import FOLDER


@click.command()
@click.argument("folder", type=FOLDER)
@assignment_option
@exercises_option
@trust_option
@alone
def oral_command(folder: Path, assignment_path: Path | None, private: Path | None, trust_code: bool) -> None:
    """Write questions to each student about the code that they handed in.

    FOLDER is what `course grade` graded. Each sheet asks what a line of the student's own code gives for an
    input; the answers come from running it, twice. No two sheets ask the same.
    """
    from course_lib.workshop.grading.oral import LEAST, write_sheets
    from course_lib.workshop.grading.sandbox.fork_check import checked_server

    classroom = the_class(folder, assignment_path, private)
    if not classroom.handed_in:
        raise click.ClickException(f"Nobody's work is in {folder} yet.")
    written = 0
    with checked_server(the_wall(trust_code), classroom.key.packages) as server:
        for key, path, count in tqdm(write_sheets(classroom, server), unit=" sheets", disable=None):
            written += path is not None
            if path is None:
                say(f"{key}: the code gives {count} questions, fewer than {LEAST}; there is no sheet.")
    say(f"{written} sheets are in {folder / 'oral'}, with the answers: they are for you, not for students.")
