"""The button on an exercise that can be answered in the page; what it loads is packed by `live_files.py`.

The button stands in front of the cell that an answer replaces, and is hidden until the page's script finds
it. Where a book is built without Python for its pages, it is left out.
"""

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

CHECK = re.compile(r'check\("([\w.]+)"\)')
FOLDER = "_live"


class live_offer(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes so
    """The place where an exercise can be answered."""


def can_run_in_a_page(name: str) -> bool:
    """Return whether an exercise is one of the course's own and needs no TensorFlow."""
    try:
        return not named(name).packages
    except UnknownExerciseError:
        return False


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
    megabytes = translator.config.course_live
    name = escape(node["name"])
    if megabytes and can_run_in_a_page(node["name"]):
        folder = "../" * translator.builder.current_docname.count("/") + FOLDER + "/"
        translator.body.append(
            f'<p class="live-offer" data-live="{folder}" data-exercise="{name}" '
            f'data-notebook="{escape(node["page"])}" '
            'hidden><button type="button" class="live-button live-first">Answer here</button> '
            f"<span>Loads Python into this page, {megabytes} MB, once.</span></p>\n"
        )
    elif megabytes:
        translator.body.append(
            '<p class="live-offer">It needs TensorFlow, which runs in Colab and not in a page.</p>\n'
        )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the node, its transform, and how many megabytes a press loads, empty where nothing can be."""
    app.add_config_value("course_live", "", "html", [str])
    app.add_node(live_offer, html=(_visit, None))
    app.add_transform(OfferToAnswer)
    return {}
