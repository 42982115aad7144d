"""The button on what can run in the page: an exercise, or a chapter that needs NumPy and no TensorFlow.

The button stands in front of the cell that an answer replaces, hidden until the page's script finds it, and
below a chapter's title, where showing it late would move all that a reader sees. What cannot run in a page
says so there and leads to Colab. Where a book is built without Python for its pages, all of it is left out.
What a press loads is packed by `live_files.py`.
"""

import json
import re
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

from course_lib.exercises.questions import UnknownExerciseError, named
from course_lib.workshop.book.site.extension.relative_links import addresses_of

CHECK = re.compile(r'check\("([\w.]+)"\)')
TENSORFLOW = re.compile(r"^\s*(?:import|from)\s+(?:tensorflow|course_lib\.tf)\b", re.MULTILINE)
WIDGET = "application/vnd.jupyter.widget-view+json"
FOLDER = "_live"


class live_offer(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes so
    """The place where an exercise can be answered."""


def can_run_in_a_page(name: str) -> bool:
    """Return whether an exercise is one of the course's own and needs no TensorFlow."""
    try:
        return not named(name).packages
    except UnknownExerciseError:
        return False


def chapter_cells(form: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the code cells that a chapter's page shows, in their order; none of a notebook of exercises.

    Each has its code, what it printed, and whether it is live. A live figure is no cell to edit, since it
    moves without Python, and nor are controls, which are moved, and call what the cell defines.
    """
    cells = []
    for cell in form["cells"]:
        code, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
        if cell["cell_type"] != "code" or "remove-cell" in tags:
            continue
        if CHECK.fullmatch(code.strip()) or "remove-input" in tags:
            return []
        printed = "".join("".join(output.get("text", "")) for output in cell["outputs"])
        printed += "".join(
            "".join(output["data"].get("text/plain", ""))
            for output in cell["outputs"]
            if output["output_type"] == "execute_result"
        )
        is_widget = any(WIDGET in output.get("data", {}) for output in cell["outputs"])
        cells.append({"code": code, "printed": printed, "live": not is_widget})
    return cells


def needs_tensorflow(cells: list[dict[str, Any]]) -> bool:
    """Return whether one of the cells imports TensorFlow, or what the course builds on it."""
    return any(TENSORFLOW.search(cell["code"]) for cell in cells)


class OfferToRun(SphinxTransform):
    """Put a place below the title of each chapter that has code."""

    default_priority = 442

    def apply(self) -> None:
        """Read the chapter's notebook; other pages have none."""
        path = Path(self.env.doc2path(self.env.docname))
        title = self.document.next_node(nodes.title)
        if path.suffix != ".ipynb" or title is None:
            return
        cells = chapter_cells(json.loads(path.read_text(encoding="utf-8")))
        if cells:
            offer = live_offer(chapter=path.stem, tensorflow=needs_tensorflow(cells))
            title.parent.insert(title.parent.index(title) + 1, offer)


class OfferToAnswer(SphinxTransform):
    """Put a place in front of the last code cell before each `check("...")`."""

    default_priority = 441

    def apply(self) -> None:
        """Find the cells of an exercise notebook; other pages have no such checks."""
        for section in self.document.findall(nodes.section):
            cells = [
                child
                for child in section.children
                if "cell" in getattr(child, "attributes", {}).get("classes", [])
            ]
            for answer, check in pairwise(cells):
                source = check.next_node(nodes.literal_block)
                match = CHECK.fullmatch(source.astext().strip()) if source else None
                if match:
                    place = section.index(answer)
                    section.insert(place, live_offer(name=match[1], page=Path(self.env.docname).name))


def _visit(translator: HTML5Translator, node: live_offer) -> None:
    megabytes = dict(json.loads(translator.config.course_live or "{}"))
    page = translator.builder.current_docname
    folder = "../" * page.count("/") + FOLDER + "/"
    colab = escape(addresses_of(translator.builder.app).colab(f"{page}.ipynb"))
    if not megabytes:
        pass
    elif node["tensorflow"] if "chapter" in node else not can_run_in_a_page(node["name"]):
        what = "This chapter" if "chapter" in node else "It"
        translator.body.append(
            f'<p class="live-offer">{what} needs TensorFlow, which does not run in a page: '
            f'<a href="{colab}">open it in Colab</a>.</p>\n'
        )
    elif "chapter" in node:
        translator.body.append(
            f'<p class="live-offer" data-live="{folder}" data-chapter="{escape(node["chapter"])}">'
            '<button type="button" class="live-button live-first">Make this page live</button> '
            f"<span>Loads Python into this page, {sum(megabytes.values())} MB, once; then its code can be "
            "changed and run, and the controls made with <code>interact</code> move. Figures move without it."
            "</span></p>\n"
        )
    else:
        translator.body.append(
            f'<p class="live-offer" data-live="{folder}" data-exercise="{escape(node["name"])}" '
            f'data-notebook="{escape(node["page"])}" '
            'hidden><button type="button" class="live-button live-first">Answer here</button> '
            f"<span>Loads Python into this page, {megabytes['python']} MB, once.</span></p>\n"
        )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the node, its transforms, and how many megabytes presses load, empty where none can be."""
    app.add_config_value("course_live", "", "html", [str])
    app.add_node(live_offer, html=(_visit, None))
    app.add_transform(OfferToAnswer)
    app.add_transform(OfferToRun)
    return {}
