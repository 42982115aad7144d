"""The whole book as one PDF: tagged for screen readers, with bookmarks, printed by Chrome or Chromium.

The pages become one long one first, because a merge of many PDFs would lose their tags.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bs4 import Tag

from course_lib.workshop.book.addresses import Addresses
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.site.editions.leaves import Leaf, inside

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
MINUTES = 10
_STYLES = """
.leaf, .overview { break-before: page; }
.cover { padding-top: 60mm; text-align: center; }
.cover p { margin: 0.5em 0; }
.cover .title { font: 640 30pt var(--course-serif); margin-bottom: 1em; }
.overview li { list-style: none; }
.overview li.depth-2 { margin-left: 1.5em; }
.overview .title { font: 620 22pt var(--course-serif); }
.bd-article .leaf > section > :is(h1, h2, h3):first-child { font-size: 22pt; margin: 0 0 1em; }
.bd-article .leaf > section > section > :is(h2, h3, h4):first-child { font-size: 15pt; }
.bd-article .leaf > section > section > section > :is(h3, h4, h5):first-child { font-size: 12.5pt; }
.bd-article h1.part { break-before: page; font-size: 26pt; padding-top: 70mm; text-align: center; }
/* On one line: a bookmark would lose the space at which a heading breaks. */
.bd-article .leaf > section > h1:first-child { font-size: 17pt; white-space: nowrap; }
.frame { break-inside: avoid; text-align: center; margin: 1.4rem 0; }
.library-documentation { display: none; }
"""


def write_pdf(
    folder: Path, book: Sequence[Leaf], addresses: Addresses, about: dict[str, str], to: Path
) -> None:
    """Print the whole book.

    Parameters
    ----------
    folder
        The folder of the HTML pages, with their style sheets and pictures.
    book
        The pages. They are changed on the way.
    addresses
        The book's addresses.
    about
        `title`, `author`, `rights` (HTML) and `date`.
    to
        The PDF.

    Raises
    ------
    BookError
        If there is no browser, or it cannot print.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    page = folder / "the-whole-book.html"
    page.write_text(one_page(folder, book, addresses, about), encoding="utf-8")
    try:
        print_page(page, to)
    finally:
        page.unlink()


def one_page(folder: Path, book: Sequence[Leaf], addresses: Addresses, about: dict[str, str]) -> str:
    """Return one HTML page with a cover, the contents and every page of the book."""
    first = (folder / f"{book[0].name}.html").read_text(encoding="utf-8")
    up = "../" * book[0].name.count("/")
    links = re.findall(r"<link [^>]*stylesheet[^>]*>", first)
    fonts = re.findall(r'<noscript id="course-fonts">(.*?)</noscript>', first, re.DOTALL)
    head = "\n".join([*links, *fonts]).replace(f'"{up}_static', '"_static')
    named = {f"{leaf.name}.html": leaf for leaf in book}
    known = {(f"{leaf.name}.html", str(tag["id"])) for leaf in book for tag in leaf.article.select("[id]")}
    for leaf in book:
        _join(leaf, named, known, addresses)
    contents = "\n".join(
        f'<li class="depth-{leaf.depth}"><a href="#{mark(leaf.name)}">{escape(leaf.title)}</a></li>'
        for leaf in book
    )
    texts = "\n".join(_leaf(leaf) for leaf in book)
    cover = f'<p class="title">{escape(about["title"])}</p><p>{escape(about["author"])}</p>'
    cover += f"<p>Version {escape(addresses.version)}, {about['date']}</p>"
    cover += f"<p>{escape(addresses.book)}</p>{about['rights']}"
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-printing="">
<head><meta charset="utf-8"><title>{escape(about["title"])}</title>
<meta name="author" content="{escape(about["author"])}">
{head}
<style>{_STYLES}</style></head>
<body><main class="bd-main"><div class="bd-content"><div class="bd-article-container">
<article class="bd-article">
<div class="cover">{cover}</div>
<nav class="overview"><p class="title">Contents</p><ul>{contents}</ul></nav>
{texts}
</article></div></div></main></body></html>
"""


def mark(name: str, fragment: str = "") -> str:
    """Return the id that a place of a page has in the long one."""
    return f"{name.replace('/', '-')}--{fragment}" if fragment else name.replace("/", "-")


def _leaf(leaf: Leaf) -> str:
    part = f'<h1 class="part">{escape(leaf.part)}</h1>\n' if leaf.part else ""
    # What a drawing shows, the frame around it says.
    text = leaf.html().replace("<svg", '<svg role="presentation"')
    return f'{part}<div class="leaf" id="{mark(leaf.name)}">{text}</div>'


def _join(leaf: Leaf, named: dict[str, Leaf], known: set[tuple[str, str]], addresses: Addresses) -> None:
    """Let a page's ids, links, pictures and headings hold within the long page."""

    def lead(link: str) -> str:
        target = inside(link, leaf.name)
        if target is None:
            return link
        path, fragment = target
        if path not in named:
            return f"{addresses.book}/{path}" + (f"#{fragment}" if fragment else "")
        return "#" + mark(named[path].name, fragment if (path, fragment) in known else "")

    leaf.redirect(lead)
    for tag in leaf.article.select("[id]"):
        tag["id"] = mark(leaf.name, str(tag["id"]))
    up = "../" * leaf.name.count("/")
    for picture in leaf.article.select("img[src]"):
        picture["src"] = str(picture["src"]).removeprefix(up)
    for formula in leaf.article.select("span.katex"):
        spoken = formula.select_one("math[aria-label]")
        if spoken:  # a PDF knows no MathML: the formula is a figure with words
            formula["role"], formula["aria-label"] = "img", spoken["aria-label"]
            for part in formula.select(".katex-mathml"):
                part.decompose()
            for part in formula.select("[aria-hidden]"):
                del part["aria-hidden"]
    for frame in leaf.article.select("figure"):  # the picture in it has the words, and is the figure
        frame.name, frame["class"] = "div", "frame"
    for folded in leaf.article.select("details"):
        folded["open"] = ""
    for heading in leaf.article.select("h1, h2, h3, h4, h5, h6"):
        _lower(heading, leaf.depth)


def _lower(heading: Tag, levels: int) -> None:
    heading.name = f"h{min(6, int(heading.name[1]) + levels)}"


def find_browser() -> str:
    """Return the path of a Chrome or Chromium.

    Raises
    ------
    BookError
        If there is none.
    """
    found = os.environ.get("COURSE_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise BookError(
            Problem(
                "this machine",
                "has no Chrome or Chromium, which prints the PDF.",
                "Install one, or name it in the environment variable COURSE_BROWSER.",
            )
        )
    return found


def print_page(page: Path, to: Path) -> None:
    """Let a browser without a window print a page.

    Raises
    ------
    BookError
        If it prints nothing within ten minutes.
    """
    with tempfile.TemporaryDirectory() as profile:
        made = Path(profile) / "book.pdf"
        command = [find_browser(), "--headless", "--disable-gpu", "--no-first-run"]
        command += [f"--user-data-dir={profile}"]
        # Chromium's own walls refuse to start for the administrator of a container.
        command += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command += ["--disable-background-networking", "--no-pdf-header-footer", "--export-tagged-pdf"]
        command += ["--generate-pdf-document-outline", f"--print-to-pdf={made}", page.as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=MINUTES * 60, check=False)
        except subprocess.TimeoutExpired:
            made.unlink(missing_ok=True)
        if not made.is_file():
            raise BookError(
                Problem(command[0], "printed no PDF.", "Name another browser: COURSE_BROWSER=...")
            )
        shutil.copyfile(made, to)
