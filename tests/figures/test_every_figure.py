"""What every figure owes its readers, whoever they are and wherever they read."""

import gzip
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe

import course_lib.figures
from course_lib.figures import sources
from course_lib.figures.base import Figure
from tests.figures.conftest import OpenFigure, settle

NAMES = sorted(course_lib.figures.__all__)


def make(name: str) -> Figure:
    return getattr(course_lib.figures, name)()


def test_every_figure_has_a_module_and_a_class() -> None:
    assert set(sources.MODULES) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_its_still_picture_and_words_are_the_same_on_every_run(name: str) -> None:
    bundle, _ = make(name)._repr_mimebundle_()
    again, _ = make(name)._repr_mimebundle_()
    assert bundle["image/svg+xml"] == again["image/svg+xml"]
    assert bundle["text/plain"] == again["text/plain"] == repr(make(name))
    root = ElementTree.fromstring(bundle["image/svg+xml"])
    assert root.get("aria-label") == make(name).description
    assert len(make(name).description) > 40
    assert "application/vnd.jupyter.widget-view+json" in bundle
    json.dumps(make(name).public_state())


@pytest.mark.parametrize("name", NAMES)
def test_its_module_can_stand_in_a_page(name: str) -> None:
    source = sources.module_source(name)
    assert not re.search(
        r"^\s*import\b|\bimport\(|\bfetch\(|https?://(?!www\.w3\.org/2000/svg)", source, re.MULTILINE
    )
    assert "</script" not in source.lower()
    assert "<!--" not in source


@pytest.mark.parametrize("name", NAMES)
def test_it_adds_less_than_100_kilobytes_to_a_page(name: str) -> None:
    figure = make(name)
    markup = sources.figure_markup(name, figure.public_state(), figure.static_svg())
    page = sources.stylesheet() + markup + sources.page_scripts([name])
    assert len(gzip.compress(page.encode())) < 100_000


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    open_figure: OpenFigure, name: str, scheme: str, width: int
) -> None:
    page = open_figure(make(name), width=width, color_scheme=scheme)
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
    figure = make(name)
    page = open_figure(figure, java_script_enabled=False)
    picture = page.get_by_role("img", name=figure.description)
    assert picture.is_visible()
    assert picture.bounding_box()["height"] > 80


def test_a_figure_that_fails_leaves_its_picture(open_figure: OpenFigure, chromium, tmp_path) -> None:
    figure = make("ConcertDecision")
    text = figure.to_html().replace(
        '<script type="text/plain" data-figure-module="ConcertDecision">', "<script type='text/plain'>"
    )
    (tmp_path / "broken.html").write_text(text, encoding="utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "broken.html").as_uri())
    page.wait_for_selector(".course-figure[data-started=failed] svg")
    page.close()
