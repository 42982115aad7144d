"""The built pages without what only a browser's page can do: what a PDF and an EPUB are made of."""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup, Tag

from course_lib.workshop.book.site.build import toc_entries

# Drawings are XML already, and the parser would take their names for HTML's, which know no capitals.
_DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_KEPT_DRAWING = re.compile(r'<i data-drawing="(\d+)"></i>')
_ONLY_ON_A_SCREEN = (
    "script, style, noscript, button, a.headerlink, .live-offer, .hover-cards, .picture-panels, "
    ".playground-link, .library-source-link, .library-documentation, .widget-note"
)
_OF_A_FIGURE_OR_PICTURE = ("data-figure", "data-state", "loading", "decoding")


@dataclass(frozen=True)
class Leaf:
    """One page of the book.

    Parameters
    ----------
    name
        Its name in the contents, as `chapters/perceptron`.
    title
        Its heading.
    part
        The caption of the part that it begins, empty for any other page.
    depth
        0 for the first page, 1 for a chapter, 2 for what belongs to one.
    article
        Its text, with a place for each drawing.
    drawings
        The drawings, SVG.
    """

    name: str
    title: str
    part: str
    depth: int
    article: Tag
    drawings: tuple[str, ...]

    def html(self) -> str:
        """Return the text as HTML that is XML too, the drawings in their places."""
        return _KEPT_DRAWING.sub(lambda place: self.drawings[int(place[1])], self.article.decode_contents())

    def redirect(self, lead: Callable[[str], str]) -> None:
        """Give each link the address that `lead` returns for the one it has."""
        for link in self.article.select("a[href]"):
            link["href"] = lead(str(link["href"]))


def leaves(folder: Path, toc: Path) -> Iterator[Leaf]:
    """Yield the pages of a built book in reading order.

    Parameters
    ----------
    folder
        The folder of the HTML pages.
    toc
        The table of contents.
    """
    for name, part, depth in pages_of(yaml.safe_load(toc.read_text(encoding="utf-8"))):
        drawings: list[str] = []

        def keep(drawing: re.Match[str], kept: list[str] = drawings) -> str:
            kept.append(drawing[0])
            return f'<i data-drawing="{len(kept) - 1}"></i>'

        text = (folder / f"{name}.html").read_text(encoding="utf-8")
        article = BeautifulSoup(_DRAWING.sub(keep, text), "html.parser").select_one("article")
        assert article, name
        _take_to_paper(article)
        heading = article.select_one("h1")
        title = heading.get_text() if heading else name
        yield Leaf(name, title, part, depth, article, tuple(drawings))


def pages_of(contents: Any) -> Iterator[tuple[str, str, int]]:
    """Yield each page of a table of contents, the caption of the part that it begins, and its depth."""
    yield posixpath.splitext(contents["root"])[0], "", 0
    for part in contents.get("parts", [contents]):
        caption = str(part.get("caption", ""))
        for chapter in part["chapters"]:
            for depth, entry in enumerate(toc_entries(chapter)):
                yield posixpath.splitext(entry)[0], caption, min(depth, 1) + 1
                caption = ""


def _take_to_paper(article: Tag) -> None:
    for tag in article.select(_ONLY_ON_A_SCREEN):
        tag.decompose()
    for name in _OF_A_FIGURE_OR_PICTURE:
        for tag in article.select(f"[{name}]"):
            del tag[name]
    for control in article.select("input"):
        if control.get("type") == "checkbox":
            control.insert_after(": yes" if control.has_attr("checked") else ": no")
        elif control.get("type") == "range":
            control.insert_after(": ")
        control.decompose()
    for summary in article.select(".hide > summary"):
        summary.string = "The code"
    for label in article.select("label"):
        label.name = "p"
    for chosen in article.select("select"):
        chosen.replace_with(f": {chosen.get_text()}")
    for frame in article.select("[tabindex]"):
        del frame["tabindex"]


def inside(link: str, page: str) -> tuple[str, str] | None:
    """Return the page and the fragment that a page's link leads to, or None where it leaves the book."""
    if "://" in link or link.startswith("mailto:"):
        return None
    path, _, fragment = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else f"{page}.html"
    return target, fragment
