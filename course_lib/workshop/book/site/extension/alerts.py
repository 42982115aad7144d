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
        for empty in [node for node in paragraph if isinstance(node, nodes.Text) and not node.astext()]:
            paragraph.remove(empty)  # the parser puts one on either side of bold words
        first = paragraph.children[0] if paragraph.children else nodes.Text("")
        if word := AlertsToAdmonitions._bold_word(paragraph):
            del paragraph[0]
            while paragraph.children and isinstance(paragraph[0], nodes.raw):
                del paragraph[0]  # the line break, once for each kind of book
            if paragraph.children and isinstance(paragraph[0], nodes.Text):
                paragraph.replace(paragraph[0], nodes.Text(paragraph[0].astext().lstrip()))
            if not paragraph.children:
                quote.remove(paragraph)
            return word
        match = _MARKER.match(first.astext()) if isinstance(first, nodes.Text) else None
        if match is None:
            return None
        paragraph.replace(first, nodes.Text(first.astext()[match.end() :]))
        while paragraph.children and not paragraph.children[0].astext().strip():
            del paragraph[0]  # the marker's line break; a picture has alternative text
        if not paragraph.children:
            quote.remove(paragraph)
        return match[1]

    @staticmethod
    def _bold_word(paragraph: nodes.paragraph) -> str | None:
        """Return the word of an alert as a notebook has it: in bold, with a line break behind it."""
        first = paragraph.children[0] if paragraph.children else nodes.Text("")
        word = first.astext().upper() if isinstance(first, nodes.strong) else ""
        follows = paragraph.children[1:2]
        is_broken = not follows or (isinstance(follows[0], nodes.raw) and "<br" in follows[0].astext())
        return word if word in ALERTS and first.astext() == word.title() and is_broken else None


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(AlertsToAdmonitions)
