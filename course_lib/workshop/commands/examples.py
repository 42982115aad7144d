"""What every command has: an example in its help, its exit codes, `--json` and `--dry-run`."""

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import wraps
from typing import Any

import click

from course_lib.workshop.dry_run import dry_run as nothing_written
from course_lib.workshop.grading.storage.files import printable
from course_lib.workshop.refusal import RefusalError, disk_words

EXAMPLES = {
    "notebooks": "course notebooks perceptron",
    "take-back": "course take-back ~/Downloads/perceptron.ipynb",
    "doctor": "course doctor perceptron",
    "book": "course book",
    "preview": "course preview",
    "serve": "course serve --port 8000",
    "offline": "course offline --to course-offline.zip --python 3.12 --platform windows",
    "editions": "course editions pdf epub",
    "set-urls": "course set-urls https://github.com/OWNER/COURSE https://OWNER.github.io/COURSE",
    "new chapter": "course new chapter convolution --after neural_networks",
    "new exercise": "course new exercise perceptron.three_votes",
    "new mistake": "course new mistake homework_1 perceptron.two_forms 1",
    "new figure": "course new figure two_slopes",
    "rename": "course rename chapter perceptron first_neuron",
    "remove": "course remove exercise perceptron.three_votes",
    "release": "course release homework_1.yml --to hand-out",
    "collect": "course collect class.zip --assignment homework_1.yml --roster canvas.csv --to homework_1",
    "grade": "course grade homework_1 --workers 4",
    "try": "course try ada/homework_1.ipynb --assignment homework_1.yml",
    "marks split": "course marks split homework_1 ada grace",
    "marks merge": "course marks merge homework_1 homework_1/to-mark/perceptron.why_not_xor-ada.csv",
    "review": "course review homework_1 ada grace",
    "marks log": "course marks log homework_1 ada",
    "oral": "course oral homework_1",
    "publish": "course publish homework_1 --dry-run",
    "gradebook": "course gradebook homework_1 canvas.csv --dry-run",
    "canvas fetch": "course canvas fetch --address https://school.instructure.com --course 12 --number 345 "
    "--to download",
    "canvas post": "course canvas post homework_1 --address https://school.instructure.com --course 12 "
    "--number 345 --dry-run",
    "container": "course container grade homework_1 --workers 4",
    "export nbgrader": "course export nbgrader --assignment homework_1.yml --to nbgrader-course",
    "export classroom50": "course export classroom50 --assignment homework_1.yml --to autograders/homework_1",
    "export otter": "course export otter --assignment homework_1.yml --to otter-course",
    "forget": "course forget homework_1 ada --dry-run",
    "export-student": "course export-student homework_1 ada --to ada.zip",
    "anonymise": "course anonymise homework_1 --to answers.csv",
    "purge": "course purge homework_1 homework_2 --before 2031-01-01 --dry-run",
}


# These only look, or show a page on which a person decides; the container hands its words on.
LOOKING = ("doctor", "preview", "serve", "review", "marks log", "container")
WAITING = ("preview", "serve", "review", "container")  # until they are stopped: there is no end to report
EXIT_CODES = (
    "Exit codes:\n  0 done; 1 refused or failed, with the reason; 2 wrong arguments; 130 stopped by Ctrl-C."
)


def complete(name: str, command: click.Command) -> None:
    """Give a command, or each command of a group, what every command has.

    That is an example and the exit codes in its help, `--json`, and `--dry-run` where it writes.
    """
    if isinstance(command, click.Group):
        for part, one in command.commands.items():
            complete(f"{name} {part}", one)
        return
    if command.epilog or command.callback is None:
        return  # it was completed before
    command.epilog = f"\b\n{EXIT_CODES}\n\n\b\nExample:\n  {EXAMPLES[name]}"
    own = {option.name for option in command.params}
    if "dry_run" not in own and name not in LOOKING:
        words = "Say which files would be written, and write nothing."
        command.params.append(click.Option(["--dry-run", "dry_run"], is_flag=True, help=words))
    if "as_json" not in own and name not in WAITING:
        words = "Print one JSON object: what was said, what comes next, what came of it."
        command.params.append(click.Option(["--json", "as_json_object"], is_flag=True, help=words))
    command.callback = _framed(name, command.callback, "dry_run" in own)


class Refused(click.ClickException):
    """What a person can put right, shown without a traceback."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(map(printable, lines)))

    def show(self, file: Any = None) -> None:
        """Print each line as an error of its own."""
        for line in self.message.splitlines():
            click.echo(f"error: {line}", err=True)


def tell(**values: Any) -> None:
    """Note what came of a command, for `--json`."""
    click.get_current_context().meta.setdefault(__name__, {}).update(values)


def _framed(name: str, run: Callable[..., Any], knows_dry: bool) -> Callable[..., Any]:
    """Wrap a command: in a dry run nothing is written, and with `--json` what it says is an object."""

    @wraps(run)
    def clear(**options: Any) -> None:
        try:
            run(**options)
        except RefusalError as error:
            raise Refused(error.lines()) from error
        except OSError as error:
            raise Refused([disk_words(error)]) from error

    @wraps(run)
    def dry(dry_run: bool = False, **options: Any) -> None:
        if knows_dry:
            options["dry_run"] = dry_run
        if not dry_run:
            clear(**options)
            return
        with nothing_written() as paths:
            clear(**options)
        if not knows_dry:
            tell(would_write=[str(path) for path in paths])
            more = f" and {len(paths) - 10} more" if len(paths) > 10 else ""
            click.echo(f"A dry run: nothing was written. {len(paths)} files would be written or removed:")
            click.echo(", ".join(map(str, paths[:10])) + more)

    @wraps(run)
    def framed(as_json_object: bool = False, **options: Any) -> None:
        if not as_json_object:
            dry(**options)
            return
        said, code, why = io.StringIO(), 0, ""
        with redirect_stdout(said):
            try:
                dry(**options)
            except click.UsageError:
                raise
            except click.ClickException as error:
                code, why = error.exit_code, error.format_message()
            except SystemExit as stopped:
                code = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
        lines = said.getvalue().splitlines()
        form = {
            "command": name,
            "exit_code": code,
            "error": why,
            "lines": lines,
            "next": [line.partition("Next: ")[2] for line in lines if "Next: " in line],
            **click.get_current_context().meta.get(__name__, {}),
        }
        click.echo(json.dumps(form, indent=1, default=str))
        sys.exit(code)

    return framed
