"""`course ...`: one front door for authors and instructors."""

from importlib import import_module
from typing import Any

import click

from course_lib.workshop.commands.examples import complete

# Each command's module and what the command does. The module is imported only when the command is
# used, so that `course grade` never waits for Sphinx and `course --help` waits for nobody.
COMMANDS = {
    "notebooks": (
        "course_lib.workshop.commands.book",
        "Execute the chapters that changed and write their notebooks.",
    ),
    "take-back": (
        "course_lib.workshop.commands.book",
        "Take an edit of a notebook back into the chapter's text.",
    ),
    "doctor": ("course_lib.workshop.commands.book", "List everything that is wrong, with file and line."),
    "book": ("course_lib.workshop.commands.book", "Build the HTML book."),
    "preview": (
        "course_lib.workshop.commands.book",
        "Watch the chapters and refresh the browser when one changes.",
    ),
    "serve": ("course_lib.workshop.commands.book", "Serve the built book on this machine."),
    "offline": (
        "course_lib.workshop.commands.book",
        "Pack the book, the notebooks and their packages for a place without a network.",
    ),
    "editions": (
        "course_lib.workshop.commands.book",
        "Write the whole book as one PDF, one EPUB and one archive of its pages.",
    ),
    "set-urls": (
        "course_lib.workshop.commands.book",
        "Set the repository's and the book's address, in a fork.",
    ),
    "new": ("course_lib.workshop.commands.exercises", "Start a chapter, an exercise or a figure."),
    "rename": (
        "course_lib.workshop.commands.names",
        "Rename a chapter, an exercise or a figure, with all that names it.",
    ),
    "remove": (
        "course_lib.workshop.commands.names",
        "Remove one, keep a copy, and list what still names it.",
    ),
    "release": (
        "course_lib.workshop.commands.exercises",
        "Write learners' exercise notebooks or an assignment.",
    ),
    "collect": (
        "course_lib.workshop.commands.grading",
        "Sort a class's downloaded notebooks into submissions.",
    ),
    "grade": ("course_lib.workshop.commands.grading", "Grade collected submissions in a sandbox."),
    "try": ("course_lib.workshop.commands.grading", "Explain the mark of one notebook."),
    "marks": (
        "course_lib.workshop.commands.grading",
        "Split free texts between assistants and merge their marks.",
    ),
    "review": (
        "course_lib.workshop.commands.review",
        "Mark free texts and answer regrade requests in a page of this machine.",
    ),
    "oral": (
        "course_lib.workshop.commands.oral",
        "Write questions to each student about the code that they handed in.",
    ),
    "publish": (
        "course_lib.workshop.commands.grading",
        "Give the marks back: write the students' pages and the gradebook.",
    ),
    "gradebook": (
        "course_lib.workshop.commands.grading",
        "Fill marks into the table that Canvas or Moodle exported.",
    ),
    "canvas": (
        "course_lib.workshop.commands.canvas",
        "Fetch submissions from Canvas, and send published marks back.",
    ),
    "container": (
        "course_lib.workshop.commands.container",
        "Run a command in a Linux container, which has a sandbox.",
    ),
    "export": (
        "course_lib.workshop.commands.grading",
        "Write an assignment for nbgrader, otter-grader or Classroom 50.",
    ),
    "forget": (
        "course_lib.workshop.commands.privacy",
        "Remove all that a class's folder holds of a student.",
    ),
    "export-student": (
        "course_lib.workshop.commands.privacy",
        "Pack all that a class's folder holds of a student.",
    ),
    "anonymise": (
        "course_lib.workshop.commands.privacy",
        "Write a class's answers and marks without names.",
    ),
    "purge": ("course_lib.workshop.commands.privacy", "Remove classes that are over."),
}


def missing(error: ModuleNotFoundError, command: str) -> Exception:
    """Say what a command needs that is not installed here; what is missing of our own is a fault."""
    if error.name is None or error.name.startswith("course_lib"):
        return error
    return click.ClickException(
        f"`course {command}` needs the package {error.name}, which is not installed here. "
        "In the clone, `make teach` sets up what instructors need, and `make test` everything."
    )


class LazyGroup(click.Group):
    """A group of commands that imports each command's module only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order in which a course uses them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module behind a command and return the command, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module_name, _ = COMMANDS[cmd_name]
        try:
            module = import_module(module_name)
        except ModuleNotFoundError as error:
            raise missing(error, cmd_name) from error
        command = getattr(module, cmd_name.replace("-", "_") + "_command")
        assert isinstance(command, click.Command)
        complete(cmd_name, command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a stop and a missing package are one sentence."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nStopped. What was kept before stays.", err=True)
            raise SystemExit(130) from None
        except ModuleNotFoundError as error:
            raise missing(error, ctx.invoked_subcommand or "") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="course_lib")
def main() -> None:
    """Write, build, release and grade the course."""


if __name__ == "__main__":
    main()
