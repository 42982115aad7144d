"""The offline archive where there is no network: `python -m tests.matrix.without_network ARCHIVE`.

It is unpacked into a folder with a blank, its book opened from the file and an exercise answered in the page;
then `start.py` is run, and in its JupyterLab the first cell, a wrong answer and a right one. All of that in a
network namespace that has nothing but this machine itself.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.conftest import browser
from tests.jupyter_lab import RIGHT, run_cell, run_first_cell, serving, wait_for_words

ALONE = ["unshare", "--map-root-user", "--net"]
LONG = 120_000


def can_be_alone() -> bool:
    """Return whether this machine lets a test have a network of its own."""
    try:
        return subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0
    except OSError:
        return False


def unpack(archive: Path, to: Path) -> Path:
    """Unpack as a person's program does, with the files' rights; return the course's folder."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(to)
        for item in packed.infolist():
            (to / item.filename).chmod(item.external_attr >> 16)
    (folder,) = to.iterdir()
    return folder


def read_the_book(chromium: Browser, folder: Path) -> str:
    """Open the book from its file, move a figure, answer an exercise in the page; return what is said."""
    page = chromium.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("requestfailed", lambda request: trouble.append(f"{request.url}: {request.failure}"))
    page.goto((folder / "book" / "index.html").as_uri())
    page.wait_for_url("**/chapters/index.html")
    page.wait_for_load_state()
    page.goto((folder / "book" / "chapters" / "perceptron.html").as_uri())
    slider = page.get_by_role("slider", name="Threshold").first
    slider.press("End")
    expect(page.get_by_text("you stay at home").first).to_be_visible()
    page.goto((folder / "book" / "chapters" / "exercises" / "perceptron.html").as_uri())
    page.locator("[data-exercise='perceptron.two_forms'] button").click()
    box = page.locator(".live-exercise").first
    expect(box.locator(".live-state")).to_have_text("Python is ready.", timeout=LONG)
    box.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(RIGHT)
    box.get_by_role("button", name="Check", exact=True).click()
    expect(box.locator(".live-verdict")).to_contain_text("✓ Right", timeout=LONG)
    said = box.locator(".live-verdict").inner_text().splitlines()[0]
    page.close()
    trouble = [one for one in trouble if "ERR_ABORTED" not in one]  # the first page leads to the next
    assert not trouble, trouble
    return said


def answer_in_jupyterlab(chromium: Browser, address: str) -> str:
    """Open the exercises, run the first cell, answer wrongly and rightly; return the last verdict."""
    page = chromium.new_page(viewport={"width": 1280, "height": 2000})
    page.goto(f"{address}/lab/tree/exercises/perceptron.ipynb")
    cells = page.locator(".jp-CodeCell")
    run_first_cell(page)
    run_cell(page, cells.nth(1))  # the imports
    places = range(cells.count())
    stub = next(place for place in places if "def to_bias" in cells.nth(place).inner_text())
    for answer, words in ((RIGHT.replace("-threshold", "threshold"), "Wrong"), (RIGHT, "Right")):
        cells.nth(stub).locator(".cm-content").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(answer)
        run_cell(page, cells.nth(stub))
        run_cell(page, cells.nth(stub + 1))
        said = wait_for_words(page, stub + 1, f"{words}: A threshold")
    page.close()
    return said.splitlines()[0]


def try_it(archive: Path, python: str = sys.executable) -> None:
    """Go the whole way, and print what came of each step with its seconds."""
    assert [name for _, name in socket.if_nameindex()] == ["lo"], "there is a network here"
    with socket.socket() as link:  # wake the machine's own loop; no other program is needed for that
        fcntl.ioctl(link, 0x8914, struct.pack("16sh", b"lo", 0x1))  # SIOCSIFFLAGS, IFF_UP
    with tempfile.TemporaryDirectory() as temporary, browser() as chromium:
        started = time.perf_counter()
        folder = unpack(archive, Path(temporary, "a stick with ümlauts"))
        print(f"unpacked: {time.perf_counter() - started:.1f} s")
        started = time.perf_counter()
        print(f"the book: {read_the_book(chromium, folder)} {time.perf_counter() - started:.1f} s")
        started = time.perf_counter()
        home = Path(temporary, "my course")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP"))}
        start = [python, str(folder / "start.py"), str(home)]
        subprocess.run([*start, "--set-up-only"], check=True, env=kept | {"HOME": temporary})
        print(f"set up: {time.perf_counter() - started:.1f} s")
        started = time.perf_counter()
        with serving(start, Path(temporary), HOME=temporary) as address:
            said = answer_in_jupyterlab(chromium, address)
        print(f"JupyterLab: {said} {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    if "--alone" not in sys.argv:
        sys.exit(
            subprocess.run(
                [*ALONE, sys.executable, "-m", "tests.matrix.without_network", *sys.argv[1:], "--alone"]
            ).returncode
        )
    try_it(Path(sys.argv[1]))
