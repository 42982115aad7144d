"""The author's commands: write notebooks, take edits back, preview, build and serve."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from course_lib.book.problems import BookError


def _clear_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show a `BookError` as its lines, without a traceback."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except BookError as error:
            for problem in error.problems:
                click.echo(f"error: {problem}", err=True)
            sys.exit(1)

    return wrapped


@click.command()
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Change nothing; say which cells of a pair differ.")
@click.option("--force", is_flag=True, help="Execute even what did not change; drop edits made in notebooks.")
@click.option("--jobs", type=click.IntRange(1), help="How many chapters run at the same time.")
@_clear_errors
def notebooks_command(names: tuple[str, ...], check: bool, force: bool, jobs: int | None) -> None:
    """Execute the chapters that changed and write their notebooks.

    NAMES are chapters, such as `perceptron`; without any, all chapters are looked at.
    """
    from course_lib.book import notebooks, prose

    chapters = notebooks.find_chapters(names)
    if check:
        notebooks.check(chapters)
        click.echo(f"{len(chapters)} pairs are in step.")
    else:
        notebooks.write(chapters, force=force, jobs=jobs, say=click.echo)
    problems = [problem for chapter in chapters for problem in prose.prose_problems(chapter)]
    if check and problems:
        raise BookError(*problems)
    for problem in problems:
        click.echo(f"note: {problem}", err=True)
    click.echo(prose.summary(chapters))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--chapter", "name", help="The chapter's name, if the file's name does not tell it.")
@click.option("--force", is_flag=True, help="Let the notebook win where both sides changed.")
@_clear_errors
def take_back_command(file: Path, name: str | None, force: bool) -> None:
    """Take an edit made in a notebook back into the chapter's text.

    FILE is the edited notebook, as Jupyter or Colab saved it. Names, times and outputs stay behind.
    """
    from course_lib.book.take_back import take_back

    take_back(file, name, force, say=click.echo)
