"""The figures in a real JupyterLab with a live kernel.

Set COURSE_JUPYTER_PYTHON to another environment's Python to try them with its versions, such as Colab's
ipywidgets 7.7.1 and anywidget 0.9.21.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from tests.jupyter_lab import (
    RIGHT,
    run_cell,
    run_first_cell,
    run_next_cell,
    serving,
    until_it_runs,
    wait_for_words,
)

CHAPTERS = Path(__file__).parents[2] / "chapters"
CELLS = [
    "from course_lib.figures import ConcertDecision, Playground\nfigure = ConcertDecision()\nfigure",
    "play = Playground(layers=[3], seed=1)\nplay",
    "figure.threshold = 1.1\nawait play.train(30)\nprint('trained', play.epoch, len(play.losses[0]))",
    "print('threshold', figure.threshold, 'decision', figure.decision, 'epoch', play.epoch)",
    "from course_lib.plots import *\nshow(new_figure()[0], alt='Empty axes.', caption='Nothing yet.')",
]
NEXT_DAY = [
    CELLS[0],
    "from ipywidgets import interact\n_ = interact(lambda x: print('twice', x), x=2)",
    CELLS[4],
]
SLIDERS = ["from course_lib.figures import at_rest\nat_rest.watch()  # as the first cell does", NEXT_DAY[1]]
DARK = "lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A JupyterLab of its own, in an empty folder with some notebooks."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for name, sources in (("figures", CELLS), ("next_day", NEXT_DAY), ("sliders", SLIDERS)):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / f"{name}.ipynb")
    for name in ("index.ipynb", "exercises/perceptron.ipynb"):
        shutil.copy(CHAPTERS / name, tmp_path)
    python = os.environ.get("COURSE_JUPYTER_PYTHON", sys.executable)
    home = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    trust = [python, "-m", "jupyter", "trust", str(tmp_path / "index.ipynb")]
    subprocess.run(trust, env=os.environ | home, check=True, stdout=subprocess.DEVNULL)
    command = [python, "-m", "jupyterlab", f"--ServerApp.root_dir={tmp_path}"]
    with serving(command, tmp_path) as address:
        yield address


@pytest.mark.slow
def test_figures_answer_in_the_page_and_in_python(chromium: Browser, server: str) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 2600})
    page.goto(f"{server}/lab/tree/figures.ipynb")
    first = page.locator(".jp-CodeCell").nth(0)
    run_first_cell(page)
    first.get_by_role("slider", name="Threshold").wait_for(timeout=90_000)
    assert "you stay at home" in first.inner_text()
    run_next_cell(page)
    page.locator(".play-unit").first.wait_for(timeout=60_000)
    run_next_cell(page)
    assert "trained 30 31" in wait_for_words(page, 2, "trained")
    # Python set the threshold and trained the network: the page shows both.
    first.get_by_text("you go out").first.wait_for(timeout=30_000)
    page.locator(".play-readout", has_text="Epoch 30").wait_for(timeout=30_000)
    # The reader moves a slider and trains one more epoch: Python has both.
    first.get_by_role("slider", name="Threshold").press("End")
    page.locator(".jp-CodeCell").nth(1).get_by_role("button", name="One epoch").click()
    page.locator(".play-readout", has_text="Epoch 31").wait_for(timeout=30_000)
    page.locator(".jp-CodeCell").nth(3).locator(".cm-content").click()
    run_next_cell(page)
    assert "threshold 3.0 decision 0 epoch 31" in wait_for_words(page, 3, "threshold")
    # Jupyter gives a picture its words, and keys on a figure's controls stay there.
    run_next_cell(page)
    page.locator("figure", has_text="Nothing yet.").get_by_role("img", name="Empty axes.").wait_for(
        timeout=60_000
    )
    slider = first.get_by_role("slider", name="Threshold")
    for key in ("ArrowLeft", "ArrowDown", "d", "d"):
        slider.press(key)
    first.get_by_role("button").first.press("d")
    first.get_by_role("button").first.press("d")
    assert float(slider.input_value()) < 2.95
    assert page.locator(".jp-CodeCell").count() == len(CELLS) + 1, "the empty one that running the last adds"
    assert "jp-mod-active" in str(page.locator(".jp-CodeCell").nth(0).get_attribute("class"))
    page.close()


@pytest.mark.slow
def test_a_chapter_that_was_opened_and_not_run_shows_its_still_pictures(
    chromium: Browser, server: str
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 6000})
    page.goto(f"{server}/lab/tree/index.ipynb")
    still = page.get_by_text("Run this cell, and you can move things.")
    still.first.wait_for(timeout=90_000)
    assert still.first.locator("xpath=preceding-sibling::*[name()='svg']").count() == 1
    for trouble in ("Click to show", "model not found", "[!"):
        assert page.get_by_text(trouble).count() == 0, trouble
    page.close()


def _end_the_day(page: Page, server: str) -> None:
    """Save the notebook, close the page, and end all kernels."""
    page.keyboard.press("Control+s")
    page.get_by_text("Saving completed").wait_for(timeout=30_000)
    page.close()
    with urllib.request.urlopen(f"{server}/api/kernels") as answer:
        kernels = json.load(answer)
    for kernel in kernels:
        urllib.request.urlopen(
            urllib.request.Request(f"{server}/api/kernels/{kernel['id']}", method="DELETE")
        )


@pytest.mark.slow
def test_a_saved_notebook_shows_its_pictures_on_the_next_day(
    chromium: Browser, server: str, tmp_path: Path
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 3000})
    page.goto(f"{server}/lab/tree/next_day.ipynb")
    cells = page.locator(".jp-CodeCell")
    run_first_cell(page)
    for _ in NEXT_DAY[1:]:
        run_next_cell(page)
    cells.nth(0).get_by_role("slider", name="Threshold").wait_for(timeout=90_000)
    cells.nth(1).get_by_text("twice 2").wait_for(timeout=60_000)
    page.get_by_role("img", name="Empty axes.").wait_for(timeout=60_000)
    picture = page.locator(".course-still-picture img")
    assert picture.count() == 1
    assert not picture.is_visible(), "while the figure lives"
    _end_the_day(page, server)

    path = tmp_path / "next_day.ipynb"
    saved = path.read_text(encoding="utf-8")
    for name, text in (("next_day", saved), ("sent_by_somebody", saved.replace("twice", "2 x"))):
        trusted = name == "next_day"
        (tmp_path / f"{name}.ipynb").write_text(text, encoding="utf-8")
        page = chromium.new_page(viewport={"width": 1280, "height": 3000})
        page.goto(f"{server}/lab/tree/{name}.ipynb")
        picture = page.locator(".course-still-picture img")
        picture.wait_for(timeout=90_000)
        assert str(picture.get_attribute("alt")).startswith("The concert decision: 1 × 0.7")
        assert picture.evaluate("image => image.naturalWidth") > 300
        if trusted:
            page.get_by_text("model not found").first.wait_for(timeout=60_000)
            for words in page.get_by_text("model not found").all():
                assert words.evaluate("place => getComputedStyle(place).fontSize") == "0px"
                said = words.evaluate("place => getComputedStyle(place, '::after').content")
                assert said == '"Run this cell, and you can move things."'
        assert page.get_by_text("Click to show").count() == 0
        page.get_by_role("img", name="Empty axes.").wait_for()
        page.close()


@pytest.mark.slow
def test_every_stored_picture_has_its_words(chromium: Browser, server: str) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 6000})
    page.goto(f"{server}/lab/tree/index.ipynb")
    page.get_by_text("Run this cell, and you can move things.").first.wait_for(timeout=90_000)
    pictures = page.locator(".jp-OutputArea-output img")
    assert pictures.count()
    for picture in pictures.all():
        assert picture.get_attribute("alt"), str(picture.get_attribute("src"))[:40]
    page.close()


@pytest.mark.slow
def test_run_all_on_untouched_exercises_goes_on_to_the_end_and_says_what_is_open(
    chromium: Browser, server: str
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{server}/lab/tree/perceptron.ipynb")

    def run_all() -> None:
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    last = page.get_by_text(re.compile("^Unanswered: A threshold is a bias in disguise")).first
    until_it_runs(page, run_all, last, 60)
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    page.close()


@pytest.mark.slow
def test_interact_is_moved_and_leaves_a_sentence_for_the_next_day(
    chromium: Browser, server: str, tmp_path: Path
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 1500})
    page.goto(f"{server}/lab/tree/sliders.ipynb")
    cell = page.locator(".jp-CodeCell").nth(1)
    run_first_cell(page)
    run_next_cell(page)
    cell.get_by_text("twice 2").wait_for(timeout=60_000)
    cell.get_by_role("slider").press("ArrowRight")
    cell.get_by_text("twice 3").wait_for(timeout=30_000)
    assert cell.get_by_text("Run this cell").count() == 0
    _end_the_day(page, server)

    saved = (tmp_path / "sliders.ipynb").read_text(encoding="utf-8")
    assert "interactive(children" not in saved
    (tmp_path / "sent_by_somebody.ipynb").write_text(saved.replace("twice", "2 x"), encoding="utf-8")
    for name in ("sliders", "sent_by_somebody"):
        page = chromium.new_page(viewport={"width": 1280, "height": 1500})
        page.goto(f"{server}/lab/tree/{name}.ipynb")
        if name == "sliders":
            words = page.get_by_text("model not found").first
            words.wait_for(timeout=60_000)
            assert words.evaluate("place => getComputedStyle(place).fontSize") == "0px"
        else:
            page.get_by_text("Run this cell, and you can move things.").first.wait_for(timeout=60_000)
        page.close()


def _answer(page: Page, stub: int, code: str, words: str) -> None:
    """Write an answer over what stands in a cell, run it and the check below it, and wait for words."""
    cells = page.locator(".jp-CodeCell")
    cells.nth(stub).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)
    run_cell(page, cells.nth(stub))
    run_cell(page, cells.nth(stub + 1))
    wait_for_words(page, stub + 1, words)


def _audit(place: Locator) -> list[str]:
    """Return what axe finds in one place of a page."""
    place.evaluate("place => place.setAttribute('data-looked-at', '')")
    found = Axe().run(place.page, context="[data-looked-at]", options={"resultTypes": ["violations"]})
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:160]}" for rule in found.response["violations"]]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_hour_with_the_exercises(chromium: Browser, server: str, tmp_path: Path, scheme: str) -> None:
    if scheme == "dark":
        (tmp_path / "config" / DARK).parent.mkdir(parents=True)
        (tmp_path / "config" / DARK).write_text('{"theme": "JupyterLab Dark"}', encoding="utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 2000})
    page.goto(f"{server}/lab/tree/perceptron.ipynb")
    cells = page.locator(".jp-CodeCell")
    run_first_cell(page)
    run_cell(page, cells.nth(1))
    sources = [cell.inner_text() for cell in cells.all()[:6]]
    stub = next(place for place, source in enumerate(sources) if "def to_bias" in source)
    assert str(page.locator("body").get_attribute("data-jp-theme-light")) == str(scheme == "light").lower()
    # out of order: the check before the answer
    run_cell(page, cells.nth(stub + 1))
    wait_for_words(page, stub + 1, "Has the cell been run?")
    wrong = RIGHT.replace("-threshold", "threshold")
    _answer(page, stub, wrong, "Wrong: A threshold is a bias in disguise")
    assert _audit(cells.nth(stub + 1).locator(".jp-OutputArea-output").first) == []
    _answer(page, stub, RIGHT, "Right: A threshold is a bias in disguise")
    # a restart in the middle: what the kernel has lost is said, and the way back leads to the same verdict
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Restart Kernel…$")).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)
    run_first_cell(page)
    run_cell(page, cells.nth(stub + 1))
    wait_for_words(page, stub + 1, "`check` is not known here")
    for place in (1, stub, stub + 1):
        run_cell(page, cells.nth(place))
    wait_for_words(page, stub + 1, "Right: A threshold is a bias in disguise")
    page.close()
