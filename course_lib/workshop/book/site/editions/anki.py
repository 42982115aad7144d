"""The book's questions as a deck for Anki, under lasting names, so that a new edition renews the old one.

It needs the package genanki, which nothing else here does: whoever writes a deck installs it.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from course_lib.workshop.book.problems import BookError, Problem

# Any numbers will do, as long as they stay: Anki knows its models and decks by them.
_MODEL, _DECK = 1_607_392_319, 2_059_400_110
_SCREEN = "script, button, .katex-html, a.headerlink"


def questions(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield each question of a built book: its name, its chapter, and question and answer as Anki's HTML."""
    page = BeautifulSoup((folder / "review.html").read_text(encoding="utf-8"), "html.parser")
    for card in page.select(".review-card"):
        details, chapter = card.select_one("details"), card.select_one(".review-from")
        assert details
        assert chapter
        _with_tex(details)
        question, answer = details.select_one("summary"), details.select_one(".answer-body")
        assert question
        assert answer
        yield (
            str(details["data-question"]),
            chapter.get_text().strip(),
            question.decode_contents().strip(),
            answer.decode_contents().strip(),
        )


def _with_tex(part: Tag) -> None:
    """Write formulas as Anki's MathJax reads them."""
    for formula in part.select("span.katex"):
        tex = formula.select_one("annotation")
        assert tex
        left, right = ("\\[", "\\]") if formula.find_parent(class_="katex-display") else ("\\(", "\\)")
        formula.replace_with(f"{left}{tex.get_text()}{right}")
    for leftover in part.select(_SCREEN):
        leftover.decompose()


def write_deck(folder: Path, title: str, to: Path) -> None:
    """Write the deck.

    Parameters
    ----------
    folder
        The folder of the HTML pages.
    title
        The book's title.
    to
        The deck, an `.apkg`.

    Raises
    ------
    BookError
        If genanki is not installed.
    """
    try:
        genanki = import_module("genanki")
    except ModuleNotFoundError as error:
        raise BookError(
            Problem("genanki", "is not installed here; it writes decks for Anki.", "pip install genanki")
        ) from error
    fields = [{"name": name} for name in ("Question", "Answer", "Chapter")]
    shown = '<div class="chapter">{{Chapter}}</div>{{Question}}'
    card = {"name": "Question", "qfmt": shown, "afmt": f'{shown}<hr id="answer">{{{{Answer}}}}'}
    look = ".card { font: 20px Georgia, serif; } .chapter { font-size: 14px; color: #5a626e; }"
    model = genanki.Model(_MODEL, "Question of a book", fields=fields, templates=[card], css=look)
    deck = genanki.Deck(_DECK, title)
    for name, chapter, question, answer in questions(folder):
        tag = re.sub(r"\W+", "-", chapter.lower())
        note = genanki.Note(model=model, fields=[question, answer, chapter], guid=name, tags=[tag])
        deck.add_note(note)
    to.parent.mkdir(parents=True, exist_ok=True)
    genanki.Package(deck).write_to_file(to)
