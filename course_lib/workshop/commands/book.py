"""The author's commands: write notebooks, take edits back, preview, build and serve."""

import sys
import time
from pathlib import Path

import click

from course_lib.workshop.book.problems import BookError
from course_lib.workshop.commands.paths import FOLDER, PATH
from course_lib.workshop.dry_run import is_dry


@click.command()
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Change nothing; say which cells of a pair differ.")
@click.option("--force", is_flag=True, help="Execute even what did not change; drop edits made in notebooks.")
@click.option("--jobs", type=click.IntRange(1), help="How many chapters run at the same time.")
def notebooks_command(names: tuple[str, ...], check: bool, force: bool, jobs: int | None) -> None:
    """Execute the chapters that changed and write their notebooks.

    NAMES are chapters, such as `perceptron`; without any, all chapters are looked at.
    """
    from course_lib.workshop.book.chapters import notebooks
    from course_lib.workshop.book.proofs import prose

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
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Write the list as JSON, for an editor.")
def doctor_command(names: tuple[str, ...], as_json: bool) -> None:
    """List everything that is wrong, as `file:line: what, and what to do`.

    NAMES are chapters, such as `perceptron`; without any, the whole book is looked at. Nothing is executed.
    """
    from course_lib.workshop import doctor
    from course_lib.workshop.book.chapters import notebooks

    found = doctor.book_problems(chapters=notebooks.find_chapters(names) if names else None)
    if as_json:
        click.echo(doctor.as_json(found))
    else:
        for problem in found:
            click.echo(str(problem))
        click.echo(f"{len(found)} problems." if found else "Nothing is wrong.", err=True)
    sys.exit(bool(found))


@click.command()
@click.argument("file", type=PATH)
@click.option("--chapter", "name", help="The chapter's name, if the file's name does not tell it.")
@click.option("--force", is_flag=True, help="Let the notebook win where both sides changed.")
def take_back_command(file: Path, name: str | None, force: bool) -> None:
    """Take an edit made in a notebook back into the chapter's text.

    FILE is the edited notebook, as Jupyter or Colab saved it. Names, times and outputs stay behind.
    """
    from course_lib.workshop.book.chapters.take_back import take_back

    take_back(file, name, force, say=click.echo)


@click.command()
@click.option("--live/--no-live", default=True, help="Let exercises be answered in their pages.")
def book_command(live: bool) -> None:
    """Build the HTML book from the notebooks, and say where it is."""
    from course_lib.workshop import doctor
    from course_lib.workshop.book.addresses import find_root
    from course_lib.workshop.book.site.build import build_book

    started = time.perf_counter()
    root = find_root()
    if problems := doctor.publishing_problems(root):
        raise BookError(*problems)
    if is_dry(root / "_build" / "html"):
        return
    book = build_book(root, live=live)
    chapters = sum(page.startswith("chapters/") for page in book.pages_written)
    rendered = f"{chapters} pages rendered" if chapters else "nothing had changed"
    click.echo(f"The book is at {book.first_page} ({rendered}, {time.perf_counter() - started:.1f} s).")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port.")
def serve_command(port: int) -> None:
    """Serve the built book on this machine."""
    from course_lib.workshop.book.addresses import find_root
    from course_lib.workshop.book.site.serve import serve_book

    serve_book(find_root(), port)


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="The port on this machine; by default a free one."
)
@click.option("--browser/--no-browser", default=True, help="Open the first page.")
def preview_command(port: int | None, browser: bool) -> None:
    """Watch the chapters and refresh the browser when one changes."""
    from course_lib.workshop import doctor
    from course_lib.workshop.book.addresses import find_root
    from course_lib.workshop.book.site.preview import serve_preview

    root = find_root()
    serve_preview(root, port, browser, look=lambda: doctor.book_problems(root, definitions=False))


@click.command()
@click.option("--to", type=PATH, help="The archive; by default in dist/.")
@click.option(
    "--python", "pythons", multiple=True, help="A Python to bring packages for, 3.13; else all three."
)
@click.option("--platform", "platforms", multiple=True, help="linux, macos or windows; else all three.")
def offline_command(to: Path | None, pythons: tuple[str, ...], platforms: tuple[str, ...]) -> None:
    """Pack the book, the notebooks and their packages for a place without a network.

    The archive holds what the first half needs, and JupyterLab; `python3 start.py` in it opens the notebooks.
    """
    from course_lib.workshop.book.addresses import find_root, read_addresses
    from course_lib.workshop.book.site import offline_archive

    root = find_root()
    if unknown := set(platforms) - set(offline_archive.PLATFORMS):
        raise click.UsageError(f"{min(unknown)} is no platform: {', '.join(offline_archive.PLATFORMS)}.")
    to = to or root / "dist" / f"neural-networks-course-{read_addresses(root).version}-offline.zip"
    if is_dry(to):
        return
    offline_archive.build_archive(
        root, to, pythons or offline_archive.PYTHONS, platforms or offline_archive.PLATFORMS, say=click.echo
    )
    click.echo(f"The archive is {to} ({to.stat().st_size / 1e6:.0f} MB).")


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice(["pdf", "epub", "zip", "anki"]))
@click.option("--to", type=FOLDER, help="The folder to write into; by default dist/.")
def editions_command(kinds: tuple[str, ...], to: Path | None) -> None:
    """Write the whole book as one PDF, one EPUB and one archive of its pages.

    KINDS are some of pdf, epub, zip and anki; without any, the first three are written. The PDF needs Chrome
    or Chromium; anki, a deck of the book's questions, needs `pip install genanki`.
    """
    from course_lib.workshop.book.addresses import find_root
    from course_lib.workshop.book.site import editions

    root = find_root()

    def say(path: Path) -> None:
        click.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")

    editions.write_editions(root, to or root / "dist", kinds or editions.KINDS, say=say)


@click.command()
@click.argument("repository", required=False)
@click.argument("book", required=False)
@click.option("--branch", help="The branch or tag that links and first cells name.")
def set_urls_command(repository: str | None, book: str | None, branch: str | None) -> None:
    """Set the repository's and the book's address, in a fork.

    REPOSITORY is its page, such as https://github.com/owner/name; BOOK is where the book is published.
    """
    from course_lib.workshop.book.site.set_urls import set_urls

    if not set_urls(repository, book, branch, say=click.echo):
        click.echo("Nothing to change.")
