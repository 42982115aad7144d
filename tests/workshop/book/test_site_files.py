"""What a well-kept site has beside its pages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.site.build import BuiltBook

ROOT = Path(__file__).resolve().parents[3]


def test_the_sitemap_names_every_page_of_the_book(book: BuiltBook) -> None:
    address = re.escape(read_addresses(ROOT).book)
    listed = re.findall(rf"<loc>{address}/(.*?)</loc>", (book.folder / "sitemap.xml").read_text("utf-8"))
    pages = {path.relative_to(book.folder).as_posix() for path in book.folder.rglob("*.html")}
    assert len(listed) == len(set(listed))
    assert {page for page in pages if page.startswith("chapters/")} | {"playground.html"} == set(listed)
    assert f'<link rel="canonical" href="{read_addresses(ROOT).book}/playground.html">' in (
        book.folder / "playground.html"
    ).read_text("utf-8")
    assert "sitemap.xml" in (book.folder / "robots.txt").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lost_reader_finds_back(book: BuiltBook, open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(book.folder / "404.html", 390, scheme)
    address = read_addresses(ROOT).book
    links = page.locator("main a").evaluate_all("links => links.map((link) => link.href)")
    assert all(link.startswith(f"{address}/") for link in links)
    assert all((book.folder / link.removeprefix(f"{address}/")).is_file() for link in links)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_page_has_an_icon_for_a_home_screen_and_names_its_version(book: BuiltBook) -> None:
    version = read_addresses(ROOT).version
    for path in sorted((book.folder / "chapters").rglob("*.html")):
        text = path.read_text("utf-8")
        (icon,) = re.findall(r'<link rel="apple-touch-icon" href="([^"]+)"', text)
        with Image.open(path.parent / icon) as picture:
            assert picture.size == (180, 180)
        assert f"Version {version}." in text, path.name
