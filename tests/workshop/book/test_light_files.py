"""A page loads no more than it shows, and nothing on it moves while it loads."""

import gzip
import io
import random
import string
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser, Page

from course_lib.workshop.book.site.build import BuiltBook
from course_lib.workshop.book.site.extension import light_files
from course_lib.workshop.book.site.web_packages import install_web_packages

KILOBYTES_OF_A_PAGE = 350
LARGEST_SHIFT = 0.01
NOTE_SHIFTS = """
    window.shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shift += entry.value; }))
      .observe({ type: "layout-shift", buffered: true });
"""


class CompressingHandler(SimpleHTTPRequestHandler):
    """Serves as a web host does: text compressed."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in {".html", ".css", ".js", ".svg"}:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def address(book: BuiltBook) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(CompressingHandler, directory=str(book.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


WIDTHS = (1280, 390)


def test_every_page_is_light_and_stands_still(book: BuiltBook, address: str, chromium: Browser) -> None:
    complaints = []
    beside = [book.folder / f"{name}.html" for name in ("404", "playground", "search")]
    for path in [*sorted((book.folder / "chapters").rglob("*.html")), *beside]:
        name = path.relative_to(book.folder).as_posix()
        found = loaded(chromium, f"{address}/{name}", WIDTHS)
        for width, (kilobytes, shift) in zip(WIDTHS, found, strict=True):
            # On a busy machine a font may come late. What a page itself moves, it moves each time.
            for _ in range(3):
                if shift > LARGEST_SHIFT:
                    shift = min(
                        shift, *(moved for _, moved in loaded(chromium, f"{address}/{name}", [width]))
                    )
            if kilobytes > KILOBYTES_OF_A_PAGE:
                complaints.append(f"{name} loads {kilobytes:.0f} kilobytes at {width}")
            if shift > LARGEST_SHIFT:
                complaints.append(f"{name} moves by {shift:.3f} while it loads at {width}")
    assert not complaints


def loaded(chromium: Browser, url: str, widths: Sequence[int]) -> list[tuple[float, float]]:
    """Load a page in all widths at once; return for each its compressed kilobytes, and how much it moved."""
    pages = []
    for width in widths:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        context.add_init_script(NOTE_SHIFTS)
        page = context.new_page()
        pages.append((page, count_bytes(page)))
        page.goto(url, wait_until="commit")
    found = []
    for page, received in pages:
        page.wait_for_load_state("networkidle")
        found.append((sum(received) / 1024, float(page.evaluate("shift"))))
        page.context.close()
    return found


def count_bytes(page: Page) -> list[float]:
    """Return a list that receives the number of compressed bytes of each file that a page loads."""
    received: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    return received


class TestFiles:
    def test_every_file_is_named_by_another(self, book: BuiltBook) -> None:
        pages = [
            path.read_text(encoding="utf-8")
            for path in book.folder.rglob("*.html")
            if "_static" not in path.parts
        ]
        assert list(light_files.unnamed_files(book.folder / "_static", pages)) == []
        assert not list(book.folder.rglob("*.map"))
        assert not list((book.folder / "_images").glob("*.png"))

    def test_what_is_named_stays(self, tmp_path: Path) -> None:
        files = {
            "a.css": "url(b.woff2)",
            "b.woff2": "",
            "c.js": "'a.css'",
            "d.png": "",
            "LICENSE": "",
            "e.js": "",
        }
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        unnamed = [path.name for path in light_files.unnamed_files(tmp_path, ['<script src="c.js">'])]
        assert unnamed == ["d.png", "e.js"]


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["RGB", "RGBA", "L", "P"]), st.integers(0, 99))
def test_a_picture_keeps_its_pixels(width: int, height: int, mode: str, seed: int) -> None:
    chance = random.Random(seed)
    channels = {"RGB": 3, "RGBA": 4, "L": 1, "P": 1}[mode]
    picture = Image.frombytes(mode, (width, height), chance.randbytes(width * height * channels))
    if mode == "P":
        picture.putpalette(chance.randbytes(768))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    with Image.open(io.BytesIO(light_files.as_webp(stream.getvalue()))) as again:
        assert again.convert("RGBA").tobytes() == picture.convert("RGBA").tobytes()


def test_a_font_keeps_the_characters_that_are_shown() -> None:
    path = install_web_packages() / "vendor/fonts/inter.woff2"
    font = path.read_bytes()
    few, most = (light_files.with_fewer_characters(font, set(text)) for text in ("Naïve", string.printable))
    assert few[:4] == most[:4] == b"wOF2"
    assert len(few) < len(most) / 2 < len(font) / 2


def test_a_style_sheet_keeps_the_rules_that_can_apply() -> None:
    install_web_packages()
    words = "\n".join(light_files.words_that_select('<p class="note">other</p><script>add("shown")</script>'))
    css = (
        b'.note{color:red}.other{color:red}.shown{color:red}@media print{p{color:red}}[class~="note"]{top:0}'
    )
    kept = light_files.without_unused_rules(css, words.encode()).decode()
    assert ".other" not in kept
    assert all(rule in kept for rule in (".note{", ".shown{", "@media print{p{", "[class~="))


def test_a_page_waits_for_one_style_sheet(tmp_path: Path) -> None:
    (tmp_path / "theme").mkdir()
    (tmp_path / "theme" / "a.css").write_text(
        '@charset "UTF-8";@import "../b.css";.a{src:url(fonts/a.woff2), url("data:font/x")}'
    )
    (tmp_path / "b.css").write_text(".b{src:url('b.png')}")
    head = "<link href=\"../_static/theme/a.css?v=1\" rel='stylesheet'/><script></script>"
    page = head + '<link rel="stylesheet" href="../_static/b.css">text'
    made = light_files.with_one_sheet(page, tmp_path)
    (sheet,) = tmp_path.glob("styles-*.css")
    assert made == f'<link rel="stylesheet" href="../_static/{sheet.name}" />\n<script></script>text'
    b = ".b{src:url(b.png)}"
    assert sheet.read_text() == f'{b}.a{{src:url(theme/fonts/a.woff2), url("data:font/x")}}\n{b}'
    assert light_files.with_one_sheet(made, tmp_path) == made


def test_pictures_keep_their_place_free(tmp_path: Path) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    body = '<img alt="A" src="../_images/a.png" /> <img alt="B" src="../_images/b.svg"> <img src="logo.svg">'
    assert light_files.with_sized_pictures(body, {"a.png": tmp_path / "a.png"}) == (
        '<img decoding="async" width="30" height="20" alt="A" src="../_images/a.webp" /> '
        '<img decoding="async" loading="lazy" alt="B" src="../_images/b.svg"> <img src="logo.svg">'
    )
