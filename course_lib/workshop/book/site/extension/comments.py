"""Claims, given numbers and formulas' names are HTML comments for the tests; a page holds none of them."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger

LOGGER = getLogger(__name__)


class RemoveComments(SphinxTransform):
    """Delete HTML comments, and warn about one that swallowed the text behind it."""

    default_priority = 400

    def apply(self) -> None:
        """Delete every raw node that is a comment."""
        for node in list(self.document.findall(nodes.raw)):
            text = node.astext().strip()
            if not text.startswith("<!--"):
                continue
            if not text.endswith("-->") or "-->" in text[:-3]:
                LOGGER.warning(
                    "text after a comment at a line's start is not shown: %s", text[:80], location=node
                )
            node.parent.remove(node)


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(RemoveComments)
