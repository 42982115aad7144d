"""GitHub's alerts (`> [!TIP]`) become admonitions.

A transform of the document tree: rewriting the source would also change code cells and stored outputs.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

ALERTS: dict[str, type[nodes.Admonition]] = {
    "NOTE": nodes.note,
    "TIP": nodes.tip,
    "IMPORTANT": nodes.important,
    "WARNING": nodes.warning,
    "CAUTION": nodes.caution,
}
_MARKER = re.compile(r"\[!(" + "|".join(ALERTS) + r")\]\s*")


class AlertsToAdmonitions(SphinxTransform):
    """Turn each block quote that begins with `[!NOTE]` or the like into an admonition."""

    default_priority = 410

    def apply(self) -> None:
        """Replace the block quotes."""
        for quote in list(self.document.findall(nodes.block_quote)):
            marker = self.take_marker(quote)
            if marker:
                admonition = ALERTS[marker]("", *quote.children)
                admonition.source, admonition.line = quote.source, quote.line
                quote.replace_self(admonition)

    @staticmethod
    def take_marker(quote: nodes.block_quote) -> str | None:
        """Remove the marker from a block quote and return its word, or None if it has none."""
        paragraph = quote.children[0] if quote.children else None
        if not isinstance(paragraph, nodes.paragraph) or not paragraph.children:
            return None
        first = paragraph.children[0]
        match = _MARKER.match(first.astext()) if isinstance(first, nodes.Text) else None
        if match is None:
            return None
        paragraph.replace(first, nodes.Text(first.astext()[match.end() :]))
        while paragraph.children and not paragraph.children[0].astext().strip():
            del paragraph[0]  # the marker's line break; a picture has alternative text
        if not paragraph.children:
            quote.remove(paragraph)
        return match[1]


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(AlertsToAdmonitions)
