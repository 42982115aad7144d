"""An exercise's section, `## 2. A title (3 points)`, becomes a card with its points beside the title."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_TITLE = re.compile(r"^\d+\. .*?(?P<points> \((?P<words>\d+ points?)\))$", re.DOTALL)


class MarkExercises(SphinxTransform):
    """Give each exercise's section a class, and take its points out of the brackets."""

    default_priority = 440

    def apply(self) -> None:
        """Mark the sections of an exercise notebook; other pages have no such titles."""
        for section in self.document.findall(nodes.section):
            title = section.next_node(nodes.title)
            match = _TITLE.match(title.astext()) if title else None
            last = title.children[-1] if match else None
            if match is None or not isinstance(last, nodes.Text):
                continue
            section["classes"].append("exercise")
            title.replace(last, nodes.Text(last.astext().removesuffix(match["points"]) + " "))
            title += nodes.inline("", match["words"], classes=["exercise-points"])


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(MarkExercises)
