"""The glossary's A to Z: at its top each letter that an entry begins with leads to the first such entry."""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from course_lib.workshop.book.proofs.glossary import GLOSSARY


def letters(document: nodes.document) -> dict[str, str]:
    """Return the id of the first entry for each letter, in the entries' order."""
    found: dict[str, str] = {}
    for section in document.findall(nodes.section):
        if isinstance(section.parent, nodes.section):
            found.setdefault(section[0].astext()[0].upper(), section["ids"][0])
    return found


def _add_letters(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None or pagename.rpartition("/")[2] != GLOSSARY.removesuffix(".md"):
        return
    links = "".join(f'<a href="#{escape(place)}">{letter}</a> ' for letter, place in letters(doctree).items())
    row = f'<nav class="letters" aria-label="Entries by letter">{links}</nav>\n'
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{row}", 1)


def setup(app: Sphinx) -> None:
    """Register the row of letters."""
    app.connect("html-page-context", _add_letters)
