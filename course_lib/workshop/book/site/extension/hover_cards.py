"""A link to a glossary entry or a reference brings the entry along, to show where the reader is.

`book.js` shows the entry on hover and on focus; without scripts the link leads to the entry as any link does.
"""

import posixpath
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector

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


# A preview builds again and again in one process, and most often the glossary has not changed.
_MADE: dict[tuple[Path, int, str], str] = {}


def _card(app: Sphinx, docname: str, identifier: str) -> str:
    page = Path(app.doctreedir, f"{docname}.doctree")
    key = (page, page.stat().st_mtime_ns, identifier)
    if key not in _MADE:
        _MADE[key] = _made_card(app, docname, identifier)
    return _MADE[key]


def _made_card(app: Sphinx, docname: str, identifier: str) -> str:
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
    sources: dict[str, nodes.document] = vars(app).setdefault("course_card_sources", {})
    if docname not in sources:
        sources[docname] = app.env.get_doctree(docname)
    return sources[docname]


class CardRenewal(EnvironmentCollector):
    """Renders those pages anew that link to an entry which changed: its card stands there."""

    def get_outdated_docs(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> list[str]:
        """Note which pages with entries are read in this build, or gone."""
        self._to_compare = sorted(filter(is_card_source, added | changed | removed))
        return []

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Note which entries a page links to."""
        links = doctree.findall(addnodes.pending_xref)
        targets = {(str(link.get("reftarget")), str(link.get("reftargetid"))) for link in links}
        _links(app.env)[app.env.docname] = targets

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page that is read again or gone."""
        _links(env).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        """Take over what another process noted."""
        _links(env).update({docname: _links(other)[docname] for docname in docnames})

    def get_updated_docs(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """Return the pages whose cards say something else than in the last build."""
        changed = set()
        for docname in self._to_compare:
            before = _entries(env).get(docname, {})
            now = _entry_texts(_source(app, docname)) if docname in env.all_docs else {}
            _entries(env)[docname] = now
            changed |= {(docname, entry) for entry in before | now if before.get(entry) != now.get(entry)}
        return sorted(docname for docname, links in _links(env).items() if links & changed)


def _links(env: BuildEnvironment) -> dict[str, set[tuple[str, str]]]:
    """Return the entries that each page links to; Sphinx keeps them from build to build."""
    links: dict[str, set[tuple[str, str]]] = vars(env).setdefault("course_entry_links", {})
    return links


def _entries(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Return what the cards of each page with entries said; Sphinx keeps it from build to build."""
    entries: dict[str, dict[str, str]] = vars(env).setdefault("course_entries", {})
    return entries


def _entry_texts(document: nodes.document) -> dict[str, str]:
    """Return what each entry's card says, by the entry's id."""
    identifiers = [identifier for node in document.findall(nodes.Element) for identifier in node["ids"]]
    return {
        identifier: "".join(node.pformat() for node in entry_body(document, identifier))
        for identifier in identifiers
    }


def setup(app: Sphinx) -> None:
    """Register the cards."""
    app.add_env_collector(CardRenewal)
    app.connect("html-page-context", _add_cards)
