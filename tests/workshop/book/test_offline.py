"""The book reads with no network: nothing in its files names a place from which a browser would load."""

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from course_lib.workshop.book.site.build import BuiltBook

# What makes a browser fetch: a script's or picture's source, a style sheet's link, an import, a url().
LOADS = [
    re.compile(r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\b(?:src|srcset)=[\"'](?:https?:)?//"),
    re.compile(r"<link\b(?=[^>]*rel=[\"'](?:stylesheet|preload|modulepreload|icon|preconnect|dns-prefetch))"
               r"[^>]*\bhref=[\"'](?:https?:)?//"),
    re.compile(r"@import\s+(?:url\()?[\"']?(?:https?:)?//"),
    re.compile(r"url\(\s*[\"']?(?:https?:)?//"),
    re.compile(r"\bimport\s*\(\s*[\"'](?:https?:)?//"),
    re.compile(r"\bimport\b[^;\n]{0,80}\bfrom\s*[\"'](?:https?:)?//"),
    re.compile(r"\bfetch\s*\(\s*[\"'`](?:https?:)?//"),
    re.compile(r"importScripts\s*\(\s*[\"'](?:https?:)?//"),
]  # fmt: skip
CONTENT_NETWORKS = ["cdn.jsdelivr", "unpkg.com", "cdnjs.", "googleapis", "gstatic"]
FOREIGN = [*CONTENT_NETWORKS, "require.js", "requirejs", "html-manager", "mathjax", "thebe"]


def loads_from_elsewhere(text: str) -> list[str]:
    """Return the places of a file at which a browser would ask the network."""
    return [match[0] for pattern in LOADS for match in pattern.finditer(text)]


def pages_scripts_and_styles(book: BuiltBook) -> list[Path]:
    found = [path for path in book.folder.rglob("*") if path.suffix in {".html", ".js", ".css"}]
    assert found
    return found


@pytest.mark.parametrize("which", ["example_book", "book"])
def test_no_file_loads_from_elsewhere(which: str, request: pytest.FixtureRequest) -> None:
    book = request.getfixturevalue(which)
    found = {
        path.relative_to(book.folder).as_posix(): places
        for path in pages_scripts_and_styles(book)
        if (places := loads_from_elsewhere(path.read_text(encoding="utf-8")))
    }
    assert not found


@pytest.mark.parametrize("which", ["example_book", "book"])
def test_no_page_names_a_foreign_script(which: str, request: pytest.FixtureRequest) -> None:
    book = request.getfixturevalue(which)
    for path in book.folder.rglob("*.html"):
        heads = re.findall(r"<(?:script|link)\b[^>]*>", path.read_text(encoding="utf-8"))
        for tag in heads:
            assert not [word for word in FOREIGN if word in tag.lower()], f"{path.name}: {tag}"


def test_no_page_lets_the_browser_ask_for_an_icon_that_is_not_there(example_book: BuiltBook) -> None:
    pages = {*example_book.folder.glob("*.html"), *example_book.folder.glob("chapters/**/*.html")}
    assert example_book.folder / "index.html" in pages
    for path in pages:
        icons = re.findall(r'<link rel="icon" href="([^"]+)"', path.read_text(encoding="utf-8"))
        assert [(path.parent / icon).is_file() for icon in icons] == [True], path.name


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example.org/a.js"></script>',
        '<script defer src="//cdn.example.org/a.js"></script>',
        '<link rel="stylesheet" href="https://example.org/a.css">',
        "@import url(https://example.org/a.css);",
        "src: url('https://example.org/a.woff2')",
        'const a = await import("https://example.org/a.js")',
        'import { a } from "https://example.org/a.js"',
        "fetch('https://example.org/a.json')",
        '<img alt="a" src="https://example.org/a.png">',
    ],
)
def test_a_load_from_elsewhere_would_be_seen(text: str) -> None:
    assert loads_from_elsewhere(text)


def test_links_are_no_loads() -> None:
    assert not loads_from_elsewhere(
        '<a href="https://example.org">a</a> <link rel="canonical" href="https://x.org">'
    )


def search(page: Page, words: str) -> list[str]:
    page.locator("input[type=search]").first.wait_for(state="attached")
    page.goto(f"{page.url.rsplit('/chapters/', 1)[0]}/search.html?q={words}")
    page.wait_for_selector("#search-results li")
    return page.locator("#search-results li a").all_inner_texts()


def test_search_works_from_a_file(example_book: BuiltBook, open_page: Callable[..., Page]) -> None:
    page = open_page(example_book.folder / "chapters/plain.html")
    assert "A plain chapter" in search(page, "perceptron")


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(example_book: BuiltBook) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(example_book.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def lost(request: Request) -> bool:
    """Whether a request failed; one that was dropped because the reader went on to another page did not."""
    return request.failure != "net::ERR_ABORTED"


def test_a_served_book_works_alike(served: str, chromium: Browser) -> None:
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url) if lost(request) else None)
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    page.on("request", lambda asked: None if asked.url.startswith((served, "blob:", "data:")) else
            complaints.append(asked.url))  # fmt: skip
    page.goto(f"{served}/index.html")
    page.wait_for_url("**/chapters/index.html")
    page.goto(f"{served}/chapters/lively.html")
    page.wait_for_selector(".course-figure[data-started=yes]")
    assert "A plain chapter" in search(page, "perceptron")
    page.close()
    assert not complaints
