"""What a search engine and a message with a link show of a page: title, first words, picture."""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from course_lib.workshop.book.site.extension.relative_links import addresses_of

LONGEST = 200


def first_words(doctree: nodes.document) -> str:
    """Return the start of a page's first paragraph that is long enough to say something."""
    for paragraph in doctree.findall(nodes.paragraph):
        words = " ".join(paragraph.astext().split())
        if len(words) < 40 or isinstance(paragraph.parent, nodes.list_item):
            continue
        return words if len(words) <= LONGEST else words[:LONGEST].rsplit(" ", 1)[0] + " …"
    return ""


def _add_metadata(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None or pagename not in app.env.titles:
        return
    addresses = addresses_of(app)
    title, words = app.env.titles[pagename].astext(), first_words(doctree)
    facts = {
        "og:type": "article",
        "og:site_name": app.config.project,
        "og:title": title,
        "og:description": words,
        "og:url": f"{addresses.book}/{pagename}.html",
        "og:image": f"{addresses.book}/_static/card.png",
        "og:image:alt": f"{app.config.project}: the book's cover",
    }
    tags = [f'<meta property="{name}" content="{escape(value)}" />' for name, value in facts.items() if value]
    tags.append('<meta name="twitter:card" content="summary_large_image" />')
    if words:
        tags.append(f'<meta name="description" content="{escape(words)}" />')
    context["metatags"] = context.get("metatags", "") + "\n" + "\n".join(tags) + "\n"


def setup(app: Sphinx) -> None:
    """Register the metadata."""
    app.connect("html-page-context", _add_metadata)
