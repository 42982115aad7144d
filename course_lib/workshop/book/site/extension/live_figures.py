"""Live figures: a place with a still picture and the stored state; once a page, the scripts for it."""

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from course_lib.figures import sources

# A page is rendered anew when one of these changes.
FIGURE_FILES = sorted(
    path for path in Path(sources.__file__).parent.rglob("*") if path.suffix in {".js", ".css", ".py"}
)


class live_figure(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes so
    """The place of one figure, with its stored state."""


def still_picture(picture: str, words: str) -> str:
    """Return the HTML that stands in a figure's place while it loads, in print, and with scripts off."""
    start = picture.find("<svg")
    if start < 0:
        return f'<p class="course-figure-words">{escape(words)}</p>'
    return f'<div role="img" aria-label="{escape(words)}">{picture[start:].strip()}</div>'


def _visit(translator: HTML5Translator, node: live_figure) -> None:
    picture = still_picture(node["picture"], node["words"])
    translator.body.append(sources.figure_markup(node["name"], node["state"], picture) + "\n")
    raise nodes.SkipNode


def _write_stylesheet(app: Sphinx) -> None:
    path = Path(app.outdir) / "_static" / "figures.css"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != sources.stylesheet():
        path.write_text(sources.stylesheet(), encoding="utf-8")


def _add_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    names = {node["name"] for node in doctree.findall(live_figure)} if doctree else set()
    if names:
        app.add_css_file("figures.css", priority=850)
        context["body"] += sources.page_scripts(names)


def setup(app: Sphinx) -> None:
    """Register the node and the page's scripts."""
    app.add_node(live_figure, html=(_visit, None))
    app.connect("builder-inited", _write_stylesheet)
    app.connect("html-page-context", _add_scripts)
