"""Questions that are remembered, and the page that brings them back: `memory.js` makes both live."""

import hashlib
from collections.abc import Iterator
from html import escape
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from course_lib.workshop.book.site.extension.answers import answer
from course_lib.workshop.book.site.extension.later_pages import LATER_PAGES
from course_lib.workshop.book.site.extension.search_sections import reading_order

PAGE = "review"
_FRAME = """\
<h1>Review</h1>
<p>Questions that you answered at the end of a chapter come back here: soon if you missed them, later and
later if you knew. What this page knows stays in this browser and is sent nowhere.</p>
<noscript><p>The review needs scripts.</p></noscript>
<div class="review"><p class="review-state" role="status"></p>
{cards}
<h2>Your progress</h2>
<p>Answers to exercises, answers to questions, and the place where you stopped.</p>
<p><button type="button" class="live-button memory-save">Save to a file</button>
<button type="button" class="live-button memory-load">Load from a file</button>
<button type="button" class="live-button memory-forget">Forget everything</button>
<input class="memory-file" type="file" accept="application/json" aria-label="A file with progress" hidden></p>
<p class="memory-state" role="status"></p>
</div>
"""


class NameQuestions(SphinxTransform):
    """Give each question of a section that is called so a name, by which a browser remembers it."""

    default_priority = 425

    def apply(self) -> None:
        """Name every question."""
        for node in self.document.findall(answer):
            section = node.parent
            if isinstance(section, nodes.section) and section[0].astext().lower().endswith("questions"):
                text = f"{self.env.docname} {node[0].astext()}"
                node["question"] = hashlib.sha256(text.encode()).hexdigest()[:12]
                self.env.metadata[self.env.docname]["questions"] = True


def questions_of(app: Sphinx) -> list[tuple[str, str, str, answer]]:
    """Return each question with its page, the page's title and the id of its section, in reading order."""
    return [
        (docname, app.env.titles[docname].astext(), node.parent["ids"][0], node)
        for docname in reading_order(app)
        if "questions" in app.env.metadata[docname]
        for node in app.env.get_doctree(docname).findall(answer)
        if node.get("question")
    ]


def question_html(app: Sphinx, node: answer) -> str:
    """Return a question as HTML that can stand on another page: its links are words."""
    copy = node.deepcopy()
    for link in [*copy.findall(nodes.reference), *copy.findall(addnodes.pending_xref)]:
        link.replace_self(nodes.inline("", "", *link.children))
    return str(app.builder.render_partial(copy)["fragment"])  # type: ignore[attr-defined]


def _card(app: Sphinx, docname: str, title: str, section: str, node: answer) -> str:
    link = f'<a href="{escape(docname)}.html#{escape(section)}">{escape(title)}</a>'
    question = question_html(app, node)
    return f'<div class="review-card" hidden><p class="review-from">{link}</p>\n{question}</div>'


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    cards = "\n".join(_card(app, *question) for question in questions_of(app))
    if cards:
        yield PAGE, {"title": "Review", "body": _FRAME.format(cards=cards)}, "page.html"


def _name_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    context["review_page"] = PAGE if any("questions" in one for one in app.env.metadata.values()) else ""


def setup(app: Sphinx) -> None:
    """Register the names and the page."""
    app.add_transform(NameQuestions)
    app.connect(LATER_PAGES, _pages)
    app.connect("html-page-context", _name_page)
    app.add_js_file("memory.js", priority=105, loading_method="defer")
