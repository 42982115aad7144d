"""The network at the end of Generalisation reads strangers: ten digits, drawn in ten ways, in the built page.

Nothing here was seen in training: that takes its strokes from `course_lib.handwriting`; these are arcs and
lines of their own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from course_lib.workshop.book.site.build import BuiltBook
from tests.workshop.book.test_pages import settle

OpenPage = Callable[..., Page]


def arc(x: float, y: float, wide: float, high: float, start: float, end: float, count: int = 16) -> list[Any]:
    """Return places on an ellipse, from one angle to another, both in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(start, end, count))
    return [(x + wide * np.cos(angle), y + high * np.sin(angle)) for angle in angles]


# Strokes in a square of side 1, from the top left.
DIGITS: list[list[list[Any]]] = [
    [arc(0.5, 0.5, 0.3, 0.45, -90, 270, 24)],
    [[(0.35, 0.2), (0.55, 0.05), (0.55, 0.95)]],
    [[*arc(0.5, 0.28, 0.27, 0.24, -170, 40), (0.25, 0.93), (0.8, 0.93)]],
    [arc(0.47, 0.27, 0.25, 0.22, -150, 90) + arc(0.47, 0.72, 0.29, 0.23, -90, 150)],
    [[(0.55, 0.05), (0.2, 0.62), (0.85, 0.62)], [(0.65, 0.35), (0.65, 0.97)]],
    [[(0.75, 0.07), (0.32, 0.07), (0.28, 0.45), *arc(0.47, 0.66, 0.28, 0.27, -120, 150)]],
    [[(0.65, 0.06), *arc(0.62, 0.6, 0.37, 0.5, -120, -180, 8), *arc(0.5, 0.7, 0.25, 0.24, 180, -180, 20)]],
    [[(0.2, 0.08), (0.8, 0.08), (0.42, 0.95)]],
    [arc(0.5, 0.28, 0.22, 0.21, 90, -270, 20) + arc(0.5, 0.72, 0.26, 0.24, -90, 270, 20)],
    [[*arc(0.48, 0.3, 0.24, 0.23, 0, -360, 20), (0.72, 0.3), (0.66, 0.65), (0.55, 0.95)]],
]
# How the square of a digit lies in the square to draw in: its middle, its width and height, and its slant.
WAYS: dict[str, tuple[float, float, float, float, float]] = {
    "large": (0.5, 0.5, 0.85, 0.85, 0),
    "small, in the middle": (0.5, 0.5, 0.35, 0.35, 0),
    "small, top left": (0.22, 0.22, 0.35, 0.35, 0),
    "off to the right": (0.7, 0.5, 0.55, 0.55, 0),
    "at the bottom": (0.5, 0.7, 0.55, 0.55, 0),
    "slanted": (0.5, 0.5, 0.55, 0.75, -0.3),
    "leaning back": (0.5, 0.5, 0.55, 0.75, 0.15),
    "thick": (0.5, 0.5, 0.7, 0.7, 0),
    "fast": (0.5, 0.5, 0.75, 0.75, 0),
    "with a shaking hand": (0.5, 0.5, 0.75, 0.75, 0),
}


def strokes_of(digit: int, way: str, rng: np.random.Generator) -> list[np.ndarray]:
    x, y, wide, high, slant = WAYS[way]
    strokes = []
    for stroke in DIGITS[digit]:
        places = np.array(stroke) - 0.5
        if way == "fast" and len(places) > 8:  # few places on the way: round parts become corners
            places = places[np.unique([*range(0, len(places), 3), len(places) - 1])]
        if way == "with a shaking hand":
            places = places + rng.normal(0, 0.015, places.shape)
        moved = np.stack([x + wide * places[:, 0] + slant * places[:, 1], y + high * places[:, 1]], axis=1)
        strokes += [moved + shift for shift in (-0.03, 0, 0.03)] if way == "thick" else [moved]
    return strokes


def draw(page: Page, strokes: list[np.ndarray]) -> str:
    """Draw with the mouse in an empty square; return what the figure says."""
    page.get_by_role("button", name="Clear").click()
    box = page.locator(".digit-pad").bounding_box()
    assert box is not None
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.locator('[data-figure="DrawDigit"] .figure-result').inner_text()


@pytest.fixture
def pad(book: BuiltBook, open_page: OpenPage) -> Page:
    page = open_page(book.folder / "chapters/generalisation.html")
    settle(page)
    page.locator(".digit-pad").scroll_into_view_if_needed()
    return page


def test_it_begins_with_an_empty_square_and_centres(pad: Page) -> None:
    assert "Draw a digit" in pad.locator('[data-figure="DrawDigit"] .figure-result').inner_text()
    assert pad.get_by_label("Centre and stretch").is_checked()
    assert pad.locator(".digit-pad").evaluate("e => getComputedStyle(e).cursor") == "default"


@pytest.mark.parametrize("way", WAYS)
def test_nine_of_ten_digits_are_read(pad: Page, way: str) -> None:
    rng = np.random.default_rng(0)
    said = {digit: draw(pad, strokes_of(digit, way, rng)) for digit in range(10)}
    wrong = {digit: words for digit, words in said.items() if f" {digit} and is" not in words}
    assert len(wrong) <= 1, wrong


def test_what_is_no_digit_is_not_known(pad: Page) -> None:
    letters: dict[str, list[list[Any]]] = {
        "M": [[(0.1, 1), (0.1, 0), (0.5, 0.6), (0.9, 0), (0.9, 1)]],
        "H": [[(0.2, 0), (0.2, 1)], [(0.8, 0), (0.8, 1)], [(0.2, 0.5), (0.8, 0.5)]],
        "+": [[(0.5, 0), (0.5, 1)], [(0, 0.5), (1, 0.5)]],
        "X": [[(0.1, 0), (0.9, 1)], [(0.9, 0), (0.1, 1)]],
        "W": [[(0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)]],
    }
    said = {name: draw(pad, [0.2 + 0.6 * np.array(s) for s in strokes]) for name, strokes in letters.items()}
    assert sum("I do not know" in words for words in said.values()) >= 4, said
