"""`course ...`: one front door for authors and instructors."""

from importlib import import_module

import click

# Where each command lives. A command's module is imported when the command is used, so that
# `course grade` never waits for Sphinx and `course book` never waits for the grader.
COMMANDS = {
    "notebooks": "course_lib.book.commands",
    "take-back": "course_lib.book.commands",
    "book": "course_lib.book.commands",
    "preview": "course_lib.book.commands",
    "serve": "course_lib.book.commands",
    "set-urls": "course_lib.book.commands",
    "new": "course_lib.exercises.commands",
    "release": "course_lib.exercises.commands",
    "collect": "course_lib.grading.commands",
    "grade": "course_lib.grading.commands",
    "try": "course_lib.grading.commands",
    "export": "course_lib.grading.commands",
}


class LazyGroup(click.Group):
    """A group of commands that imports each command's module only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order in which a course uses them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module behind a command and return the command, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(COMMANDS[cmd_name])
        command = getattr(module, cmd_name.replace("-", "_") + "_command")
        assert isinstance(command, click.Command)
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="course_lib")
def main() -> None:
    """Write, build, release and grade the course."""
