"""On a phone the panels of a wide picture stand below each other, so that their letters stay legible.

The page shows one and the same file twice: whole, and cut between its panels. The style sheet displays the
one that the screen has room for.
"""

import posixpath
import struct
from binascii import a2b_base64
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


class picture_panels(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes so
    """The panels of the picture that follows."""


def with_panels(image: nodes.image, png: str, words: dict[str, Any]) -> list[nodes.Element]:
    """Return a picture, after its panels if its stored words say where it can be cut."""
    if not words.get("cuts"):
        return [image]
    # A PNG names its width and height in these bytes.
    width, height = struct.unpack(">II", a2b_base64(png[:64])[16:24])
    size = words["width"], words["width"] * height / width
    return [picture_panels("", edges=[0, *words["cuts"], 1], size=size), image]


def panels_markup(source: str, alt: str, edges: list[float], size: tuple[float, float]) -> str:
    """Return the HTML of a picture, so many pixels wide and high, cut at the given shares of its width."""
    link = escape(source)
    width, height = size
    panels = ""
    for left, right in pairwise(edges):
        share = right - left
        style = (
            f"width: {share * width:.0f}px; aspect-ratio: {share * width:.1f} / {height:.1f}; "
            f"object-position: {100 * left / (1 - share):.2f}% 0"
        )
        panels += f'<img src="{link}" alt="" loading="lazy" style="{style}">'
    picture = f'<span role="img" aria-label="{escape(alt)}">{panels}</span>'
    return f'<a class="picture-panels" href="{link}">{picture}</a>'


def _visit(translator: HTML5Translator, node: picture_panels) -> None:
    # By now Sphinx may have put a link around the picture.
    after = node.parent[node.parent.index(node) + 1]
    image = next(after.findall(nodes.image))
    builder = translator.builder
    source = posixpath.join(builder.imgpath, quote(builder.images[image["uri"]]))
    translator.body.append(panels_markup(source, image["alt"], node["edges"], node["size"]) + "\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node."""
    app.add_node(picture_panels, html=(_visit, None))
