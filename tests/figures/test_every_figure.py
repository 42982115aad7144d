"""What every figure owes its readers, whoever they are and wherever they read."""

import gzip
import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

import course_lib.figures
from course_lib.figures import sources
from tests.figures.conftest import OpenFigure, assert_close, call, in_python, settle, state_of
from tests.figures.examples import example

NAMES = sorted(course_lib.figures.__all__)


def test_every_figure_has_a_module_and_a_class() -> None:
    assert all(sources.module_source(name) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_its_still_picture_and_words_are_the_same_on_every_run(name: str) -> None:
    bundle, _ = example(name)._repr_mimebundle_()
    again, _ = example(name)._repr_mimebundle_()
    assert bundle["image/svg+xml"] == again["image/svg+xml"]
    assert bundle["text/plain"] == again["text/plain"] == repr(example(name))
    root = ElementTree.fromstring(bundle["image/svg+xml"])
    assert root.get("aria-label") == example(name).description
    assert len(example(name).description) > 40
    assert "application/vnd.jupyter.widget-view+json" in bundle
    json.dumps(example(name).public_state())


@pytest.mark.parametrize("name", NAMES)
def test_its_module_can_stand_in_a_page(name: str) -> None:
    source = sources.module_source(name)
    assert not re.search(r"\bimport\(|\bfetch\(|https?://(?!www\.w3\.org/2000/svg)", source)
    assert not re.search(r"^import\b.*['\"];?$", source, re.MULTILINE)
    assert "</script" not in source.lower()
    assert "<!--" not in source


@pytest.mark.parametrize("name", NAMES)
def test_it_adds_less_than_100_kilobytes_to_a_page(name: str) -> None:
    figure = example(name)
    markup = sources.figure_markup(name, figure.public_state(), figure.static_svg())
    page = sources.stylesheet() + markup + sources.page_scripts([name])
    assert len(gzip.compress(page.encode())) < 100_000


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    open_figure: OpenFigure, name: str, scheme: str, width: int
) -> None:
    page = open_figure(example(name), width=width, color_scheme=scheme)
    if scheme == "dark":
        page.add_style_tag(content="body { background: #121212; color: #eee }")
    settle(page)
    rules = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        "rules": {"page-has-heading-one": {"enabled": False}},
    }
    results = Axe().run(page, options=rules)
    assert not results.response["violations"], results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.evaluate(
        """[...document.querySelectorAll('.figure-stage svg text')].filter(text => {
            const box = text.getBoundingClientRect();
            const frame = text.ownerSVGElement.getBoundingClientRect();
            const across = box.left < frame.left - 1 || box.right > frame.right + 1;
            return box.width && (across || box.top < frame.top - 2 || box.bottom > frame.bottom + 2);
        }).map(text => text.textContent)"""
    )
    assert cut == []


@pytest.mark.parametrize("name", NAMES)
def test_without_scripts_the_picture_stands_in_its_place(open_figure: OpenFigure, name: str) -> None:
    figure = example(name)
    page = open_figure(figure, java_script_enabled=False)
    picture = page.get_by_role("img", name=figure.description)
    assert picture.is_visible()
    assert picture.bounding_box()["height"] > 80


def test_a_figure_that_fails_leaves_its_picture(open_figure: OpenFigure, chromium, tmp_path) -> None:
    figure = example("ConcertDecision")
    text = figure.to_html().replace(
        '<script type="text/plain" data-figure-module="ConcertDecision"', "<script type='text/plain'"
    )
    (tmp_path / "broken.html").write_text(text, encoding="utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "broken.html").as_uri())
    page.wait_for_selector(".course-figure[data-started=failed] svg")
    page.close()


# Controls that change how the pointer works, and no trait. (New start weights leave nothing to start again;
# test_in_the_hand.py presses that button after training.)
TOOLS = {"Erase instead of draw"}
CONTROLS = ":is(input[type=range], input[type=number], input[type=checkbox], select, button)"


def name_of(control) -> str:
    return control.evaluate("e => e.labels?.[0]?.textContent ?? e.textContent")


def use_by_keyboard(page, control) -> None:
    kind = control.evaluate("e => e.type")
    control.focus()
    if kind == "range":
        at_end = control.evaluate("e => Number(e.value) >= Number(e.max)")
        page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
    elif kind == "number":
        page.keyboard.press("ArrowUp")
    elif kind == "select-one":
        at_end = control.evaluate("e => e.selectedIndex === e.options.length - 1")
        page.keyboard.press("ArrowUp" if at_end else "ArrowDown")
    else:
        page.keyboard.press("Space" if kind == "checkbox" else "Enter")


def use_by_pointer(page, control) -> None:
    kind = control.evaluate("e => e.type")
    control.scroll_into_view_if_needed()
    if kind == "range":
        box = control.bounding_box()
        share = control.evaluate("e => (e.value - e.min) / (e.max - e.min)")
        page.mouse.click(
            box["x"] + box["width"] * (0.3 if share > 0.5 else 0.7), box["y"] + box["height"] / 2
        )
    elif kind == "number":
        box = control.bounding_box()
        page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
    elif kind == "select-one":
        count = control.evaluate("e => e.options.length")
        control.select_option(index=(control.evaluate("e => e.selectedIndex") + 1) % count)
    else:
        control.click()


@pytest.mark.parametrize("use", [use_by_keyboard, use_by_pointer])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "Playground"])
def test_each_control_does_what_python_would(open_figure: OpenFigure, name: str, use) -> None:
    page = open_figure(example(name), height=1400)
    controls = page.locator(CONTROLS)
    assert controls.count() > 0
    waiting = list(range(controls.count()))
    while waiting:
        # A button that is of no use yet comes later.
        i = next((i for i in waiting if controls.nth(i).is_enabled()), None)
        assert i is not None, f"{[name_of(controls.nth(i)) for i in waiting]} were never of use"
        waiting.remove(i)
        control = controls.nth(i)
        label = name_of(control)
        before = state_of(page, example(name))
        use(page, control)
        if name_of(control) == "Pause":
            page.wait_for_timeout(250)
            use(page, control)
        settle(page)
        after = state_of(page, example(name))
        if (name, label) != ("HiddenUnits", "Start again") and label not in TOOLS:
            assert after != before, f"{label} changed nothing"
        assert_close(
            call(page, "compute", after), in_python(page, example(name)).computed(), where=f"after {label}"
        )


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_dragged_numbers_stay_numbers(open_figure: OpenFigure, name: str) -> None:
    """The pointer goes wild over all that can be seen, also beyond its edges."""
    page = open_figure(example(name), width=390, height=1400)
    rng = np.random.default_rng(0)
    for _ in range(6):
        pictures = page.locator(".figure-stage :is(svg, canvas)")
        boxes = [pictures.nth(i).bounding_box() for i in range(min(pictures.count(), 4))]
        for box in filter(None, boxes):
            places = [
                (box["x"] + box["width"] * x, box["y"] + box["height"] * y)
                for x, y in rng.uniform(-0.2, 1.2, (4, 2))
            ]
            page.mouse.move(*places[0])
            page.mouse.down()
            for place in places[1:]:
                page.mouse.move(*place, steps=3)
            page.mouse.up()
        settle(page)
    words = page.locator(".figure-frame").inner_text() + json.dumps(
        state_of(page, example(name)), allow_nan=False
    )
    assert not re.search(r"NaN|undefined|Infinity|not a number", words)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"ConcertDecision has no setting `treshold`[.] Do you mean `threshold`[?]"
    ):
        course_lib.figures.ConcertDecision(treshold=1.0)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Playground"])
def test_the_page_says_what_python_says(open_figure: OpenFigure, name: str) -> None:
    """The first thing that a page shows is what the still picture in its place had shown."""
    figure = example(name)
    page = open_figure(figure)
    assert state_of(page, figure) == json.loads(json.dumps(figure.public_state()))
    assert_close(call(page, "compute", state_of(page, figure)), figure.computed())
