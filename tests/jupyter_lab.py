"""A JupyterLab of its own for a test, and what a person does in it."""

import os
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as TooLong

# An answer to perceptron.two_forms.
RIGHT = (
    "def to_bias(weights, threshold):\n    return weights, -threshold\n\n\n"
    "def to_threshold(weights, bias):\n    return weights, -bias\n"
)


@contextmanager
def serving(command: Sequence[str], folder: Path, **variables: str) -> Iterator[str]:
    """Start a JupyterLab with a command that hands its options on; its own files go into a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    options = ["--no-browser", "--allow-root", f"--port={port}", "--port-retries=0"]
    options += ["--IdentityProvider.token=", "--ServerApp.password="]
    options += ["--ServerApp.disable_check_xsrf=True"]  # kernels are ended from here
    said = folder / "server.log"
    with said.open("w") as log:
        process = subprocess.Popen(
            [*command, *options], env=os.environ | home | variables, stdout=log, stderr=log
        )
        address = f"http://127.0.0.1:{port}"
        for _ in range(1200):
            assert process.poll() is None, said.read_text()
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield address
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:  # a page that a failed test left open
            process.kill()


def run_next_cell(page: Page) -> None:
    page.keyboard.press("Shift+Enter")


def accept_questions(page: Page) -> list[str]:
    """Accept what JupyterLab asks, and return its words: on a busy machine no kernel starts at first."""
    asked = []
    dialog = page.locator("dialog.jp-Dialog").first
    if dialog.count():
        asked.append(dialog.inner_text())
        dialog.locator(".jp-mod-accept").click()
    return asked


def until_it_runs(page: Page, press: Callable[[], None], sign: Locator, seconds: int) -> None:
    """Press as a person does: once more if nothing happened, for a page that still loads may miss it."""
    asked = []
    for _ in range(6):
        ready = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        try:
            ready.or_(page.locator("dialog.jp-Dialog")).first.wait_for(timeout=90_000)
            asked += accept_questions(page)
            press()
            return sign.wait_for(timeout=seconds * 1000)
        except TooLong:
            continue
    raise AssertionError(f"nothing ran: {asked} {page.locator('.jp-Notebook').first.inner_text()[-500:]}")


def run_cell(page: Page, cell: Locator) -> None:
    """Click into a cell and run it; wait until it has begun."""

    def press() -> None:
        cell.locator(".cm-content").click(timeout=20_000)
        run_next_cell(page)

    cell.locator(".cm-content").wait_for(timeout=90_000)
    until_it_runs(page, press, cell.get_by_text(re.compile(r"^\[[*\d]+\]:$")).first, 15)


def run_first_cell(page: Page) -> None:
    """Run the first cell of code; where its code is folded, as the set-up's is, unfold it before."""
    first = page.locator(".jp-CodeCell").nth(0)
    first.wait_for(timeout=90_000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=90_000)
    page.locator(".jp-Spinner").wait_for(state="hidden", timeout=90_000)
    folded = first.locator(".jp-Placeholder-content")
    if folded.count():
        folded.click()
    run_cell(page, first)


def wait_for_words(page: Page, cell: int, words: str) -> str:
    outputs = page.locator(".jp-CodeCell").nth(cell).locator(".jp-Cell-outputArea")
    outputs.get_by_text(re.compile(words)).first.wait_for(timeout=90_000)
    return outputs.inner_text()
