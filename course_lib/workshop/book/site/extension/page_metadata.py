"""What a search engine and a message with a link show of a page: title, first words, picture."""

import json
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


def structured_data(app: Sphinx, pagename: str, title: str, words: str) -> dict[str, Any]:
    """Return what a page is, in the words of schema.org: a free chapter of a course's book."""
    addresses = addresses_of(app)
    book = {
        "@type": "Book",
        "name": app.config.project,
        "url": f"{addresses.book}/",
        "author": {"@type": "Organization", "name": app.config.author},
        "inLanguage": "en",
        "version": addresses.version,
    }
    return {
        "@context": "https://schema.org",
        "@type": ["Chapter", "LearningResource"],
        "name": title,
        "description": words,
        "url": f"{addresses.book}/{pagename}.html",
        "isPartOf": book,
        "isAccessibleForFree": True,
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }


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
    # Sphinx leaves a script's text as it is: what could end it is written as JSON knows it.
    data = json.dumps(structured_data(app, pagename, title, words), ensure_ascii=False).replace(
        "<", "\\u003c"
    )
    tags.append(f'<script type="application/ld+json">{data}</script>')
    context["metatags"] = context.get("metatags", "") + "\n" + "\n".join(tags) + "\n"


def setup(app: Sphinx) -> None:
    """Register the metadata."""
    app.connect("html-page-context", _add_metadata)
