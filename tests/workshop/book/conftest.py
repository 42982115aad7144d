"""The example book and the real one, each built once, and a way to open their pages as a reader would."""

import fcntl
import os
import pickle
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from course_lib.workshop.book.site.build import BuiltBook, build_book
from tests.workshop.book.example_book import write_example_book

ROOT = Path(__file__).resolve().parents[3]


BUILD = """
import sys
from pathlib import Path
from course_lib.workshop.book.site.build import build_book
root, output, source = map(Path, sys.argv[1:])
book = build_book(root, output, source=source)
print(*[book.folder, book.first_page, *book.pages_written], sep=chr(10))
"""


def built(output: Path, source: Path) -> BuiltBook:
    """Build a book: here, or with the packages of the Python that COURSE_BOOK_PYTHON names."""
    python = os.environ.get("COURSE_BOOK_PYTHON")
    if not python:
        return build_book(ROOT, output, source=source)
    command = [python, "-c", BUILD, str(ROOT), str(output), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder, first_page, *written = done.stdout.splitlines()
    return BuiltBook(Path(folder), Path(first_page), tuple(written))


Made = TypeVar("Made")


class Once(Protocol):
    def __call__(self, name: str, make: Callable[[Path], Made]) -> Made: ...


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """A function that makes something in a folder, once for all processes that run these tests.

    The first that needs it makes it while the others wait; what was returned is handed to all. Who would
    change it makes one of their own.
    """
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent

    def made(name: str, make: Callable[[Path], Made]) -> Made:
        folder, answer = common / f"shared-{name}", common / f"shared-{name}.pickle"
        with (common / f"shared-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not answer.exists():
                folder.mkdir()
                answer.write_bytes(pickle.dumps(make(folder)))
        found: Made = pickle.loads(answer.read_bytes())
        return found

    return made


@pytest.fixture(scope="session")
def example_source(once: Once) -> Path:
    """The chapters of the example book."""
    return once("example", write_example_book)


@pytest.fixture(scope="session")
def example_book(example_source: Path, once: Once) -> BuiltBook:
    """The example book, built."""
    return once("built-example", lambda folder: built(folder, example_source))


@pytest.fixture(scope="session")
def book(once: Once) -> BuiltBook:
    """The real book, built."""
    return once("built-book", lambda folder: built(folder, ROOT))


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A function that opens a page from its file, with no network, and lets nothing pass unnoticed."""
    contexts, complaints = [], []

    def open_it(path: Path, width: int = 1280, scheme: str = "light", **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note_message(path, message))
        page.on("pageerror", lambda error: complaints.append(f"{path.name}: {error}"))
        if options.get("java_script_enabled", True):  # else scripts that are there are not loaded
            page.on("requestfailed", lambda request: note_failure(path, request))
        page.on("request", lambda request: note_request(path, request.url))
        page.goto(path.as_uri())
        return page

    def note_message(path: Path, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{path.name}: {message.text}")

    def note_failure(path: Path, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left or loaded anew in the middle
            complaints.append(f"{path.name} lacks {request.url}: {request.failure}")

    def note_request(path: Path, url: str) -> None:
        if not url.startswith(("file:", "blob:", "data:")):
            complaints.append(f"{path.name} asks the network for {url}")

    yield open_it
    for context in contexts:
        context.close()
    assert not complaints
