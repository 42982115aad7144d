"""A link to a glossary entry or a reference brings the entry along, to show where the reader is.

`book.js` shows the entry on hover and on focus; without scripts the link leads to the entry as any link does.
"""

import posixpath
from html import escape
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

SOURCES = ("glossary", "references")


def entry_body(document: nodes.document, identifier: str) -> list[nodes.Element]:
    """Return the first paragraph or formula of the entry with an id: what fits on a card."""
    for node in document.findall(nodes.Element):
        if identifier not in node.get("ids", ()):
            continue
        if not isinstance(node, nodes.section):
            return [node.deepcopy()]
        body = [child for child in node.children if isinstance(child, nodes.paragraph | nodes.math_block)]
        return [child.deepcopy() for child in body[:1]]
    return []


def is_card_source(docname: str) -> bool:
    """Tell whether links to a page's entries get cards."""
    return posixpath.basename(docname) in SOURCES


def _target(app: Sphinx, pagename: str, refuri: str) -> tuple[str, str] | None:
    """Return the page and the id that a link of a page leads to, if that page has cards."""
    path, _, identifier = refuri.partition("#")
    if not identifier or "://" in path:
        return None
    docname = posixpath.normpath(posixpath.join(posixpath.dirname(pagename), path.removesuffix(".html")))
    return (docname, identifier) if path and docname in app.env.all_docs and is_card_source(docname) else None


def _add_cards(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None or is_card_source(pagename):
        return
    links = (str(node.get("refuri", "")) for node in doctree.findall(nodes.reference))
    targets = dict.fromkeys(filter(None, (_target(app, pagename, link) for link in links)))
    cards = [card for target in targets if (card := _card(app, *target))]
    if cards:
        context["body"] += '<div class="hover-cards" hidden>\n' + "".join(cards) + "</div>\n"


def _card(app: Sphinx, docname: str, identifier: str) -> str:
    body = entry_body(_source(app, docname), identifier)
    if not body:
        return ""
    for node in body:
        links = [*node.findall(nodes.reference), *node.findall(addnodes.pending_xref)]
        for link in links:  # a card holds words; its own link leads on
            link.replace_self(nodes.inline("", "", *link.children))
        del node["ids"][:]
    html = "".join(app.builder.render_partial(node)["fragment"] for node in body)  # type: ignore[attr-defined]
    key = escape(f"{posixpath.basename(docname)}.html#{identifier}")
    return f'<div class="hover-card" data-entry="{key}">{html}</div>\n'


def _source(app: Sphinx, docname: str) -> nodes.document:
    """Return the page with the entries; it is read once a build."""
    sources: dict[str, nodes.document] = app.course_card_sources  # type: ignore[attr-defined]
    if docname not in sources:
        sources[docname] = app.env.get_doctree(docname)
    return sources[docname]


def _renew_cards(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Render every page anew when an entry changed: its card may stand there."""
    changed: set[str] = getattr(app, "course_changed_docs", set())
    return sorted(env.all_docs) if any(map(is_card_source, changed)) else []


def _note_changes(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    app.course_changed_docs = added | changed | removed  # type: ignore[attr-defined]
    app.course_card_sources = {}  # type: ignore[attr-defined]
    return []


def setup(app: Sphinx) -> None:
    """Register the cards."""
    app.connect("env-get-outdated", _note_changes)
    app.connect("env-updated", _renew_cards)
    app.connect("html-page-context", _add_cards)
