"""The playground's own page: all in one view, a bar that stays on a phone, and links to its presets."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page

from course_lib.workshop.book.site.build import BuiltBook
from course_lib.workshop.book.site.extension.playground_page import TRY
from tests.workshop.book.test_pages import settle, turn, violations

OpenPage = Callable[..., Page]
IN_VIEW = """(places) => places.every((place) => {
    const { top, left, right, bottom } = document.querySelector(place).getBoundingClientRect();
    return top >= 0 && left >= 0 && right <= innerWidth && bottom <= innerHeight;
})"""


def test_picture_map_and_controls_share_one_view(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "playground.html")
    page.wait_for_selector("[data-started=yes]")
    places = [".play-network", ".play-map", ".play-chart", ".play-top", ".play-controls"]
    assert page.evaluate(IN_VIEW, places)
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        1280,
        900,
    ]


def test_map_and_play_stay_on_a_phone(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "playground.html", 390, "dark")
    page.wait_for_selector("[data-started=yes]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("scrollTo(0, 1200)")
    page.wait_for_function("scrollY > 1000")
    assert page.evaluate(IN_VIEW, [".play-map", ".play-top button.primary"])


@pytest.mark.parametrize("name", ["playground", "404"])
def test_pages_beside_the_chapters_pass_the_audit(book: BuiltBook, open_page: OpenPage, name: str) -> None:
    page = open_page(book.folder / f"{name}.html")
    settle(page)
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            turn(page, width, scheme)
            page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
            assert violations(page) == []


@pytest.mark.parametrize("chapter", TRY)
def test_a_chapter_leads_to_a_preset(book: BuiltBook, open_page: OpenPage, chapter: str) -> None:
    text = (book.folder / f"chapters/{chapter}.html").read_text(encoding="utf-8")
    (link,) = BeautifulSoup(text, "html.parser").select(".playground-link a")
    page = open_page(book.folder / "playground.html")
    settle(page)  # what a reload cuts off while it loads would be missed
    page.goto(f"{page.url}#{link['href'].partition('#')[2]}")
    page.reload()
    settle(page)
    assert page.locator(".play-reason").inner_text().strip()
