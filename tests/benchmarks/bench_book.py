"""How long the book renders, beside a plain `jupyter-book build` that executes, and how heavy pages are.

Run it as a script. Everything is built into a temporary folder.
"""

import functools
import gzip
import http.server
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.conftest import ARGUMENTS  # noqa: E402

OURS = "from pathlib import Path; from course_lib.workshop.book.site.build import build_book; build_book(Path({root!r}), Path({output!r}))"  # noqa: E501
PLAIN_CONFIG = {
    "title": "The same chapters",
    "only_build_toc_files": True,
    "execute": {"execute_notebooks": "force", "timeout": 600},
}


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def run(*command: str) -> None:
    """Run a command and show what it said only if it fails."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stdout[-2000:] + result.stderr[-2000:])


def write_plain_book(folder: Path) -> None:
    """Write the same chapters as a plain Jupyter Book that runs their texts."""
    shutil.copytree(ROOT / "chapters", folder / "chapters", ignore=shutil.ignore_patterns("*.ipynb"))
    (folder / "_config.yml").write_text(yaml.safe_dump(PLAIN_CONFIG), encoding="utf-8")
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8").replace(".ipynb", ".md")
    (folder / "_toc.yml").write_text(contents, encoding="utf-8")


def measure_building(folder: Path) -> Path:
    """Print the times of both ways to build, and return the folder of our pages."""
    ours = folder / "ours"
    build = functools.partial(run, sys.executable, "-c", OURS.format(root=str(ROOT), output=str(ours)))
    clean, again = seconds(build), seconds(build)
    print(f"this book: rendered in {clean:.1f} s; with no change {again:.1f} s")
    write_plain_book(folder / "plain")
    command = (str(Path(sys.executable).with_name("jupyter-book")), "build", "--quiet", str(folder / "plain"))
    plain, plain_again = seconds(lambda: run(*command)), seconds(lambda: run(*command))
    print(f"plain jupyter-book build that executes: {plain:.1f} s; with no change {plain_again:.1f} s")
    print(
        f"ratio, rendered: {plain / clean:.1f} times faster; with no change: {plain_again / again:.1f} times"
    )
    return ours / "html"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def measure_page(browser: Browser, address: str, name: str) -> None:
    """Print what a first visit to a page loads, and when its first figure has answered a key."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    bodies: list[bytes] = []
    page.on("requestfinished", lambda request: bodies.append(request.response().body()))  # type: ignore[union-attr]
    started = time.perf_counter()
    page.goto(f"{address}/{name}")
    has_figure = page.locator("[data-figure]").count() > 0
    line = ""
    if has_figure:
        page.wait_for_selector("[data-figure][data-started=yes]")
        ready = time.perf_counter() - started
        control = page.locator("[data-figure] :is(input, button):visible").first
        control.focus()
        page.keyboard.press("Space")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        line = f"; figure ready after {ready:.2f} s, answered after {time.perf_counter() - started:.2f} s"
    page.wait_for_load_state("networkidle")
    total, packed = sum(map(len, bodies)), sum(len(gzip.compress(body)) for body in bodies)
    print(f"{name}: {len(bodies)} files, {total / 1e6:.2f} MB, {packed / 1e6:.2f} MB compressed{line}")
    page.close()


def main() -> None:
    """Measure building, then reading."""
    with tempfile.TemporaryDirectory() as temporary:
        pages = measure_building(Path(temporary))
        with served(pages) as address, sync_playwright() as playwright:
            program = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))))
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            for name in ("glossary", "perceptron", "neural_networks", "generalisation"):
                measure_page(browser, address, f"chapters/{name}.html")
            browser.close()


if __name__ == "__main__":
    main()
