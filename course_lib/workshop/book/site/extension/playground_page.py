"""The playground on a page of its own, all of it in one view, and the chapters' links to its presets."""

import posixpath
from collections.abc import Iterator
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from course_lib.figures import sources
from course_lib.workshop.book.site.extension.later_pages import LATER_PAGES

PAGE = "playground"
# What to try behind each chapter: the preset's name in the address, and in words.
TRY = {
    "index": ("four-lines-make-a-ring", "all of it, on a page of its own"),
    "before_you_start": ("four-lines-make-a-ring", "a first network to play with"),
    "perceptron": ("one-unit-is-not-enough", "one unit, and a pattern that it cannot learn"),
    "pattern_recognition": ("one-unit-is-enough", "two clouds of points, and one line between them"),
    "cost_functions": ("too-fast-not-a-number", "what happens when the steps are too long"),
    "neural_networks": ("a-hidden-layer-finds-the-feature", "a hidden layer that finds what one unit cannot"),
    "tensorflow_basics": (
        "a-hidden-layer-finds-the-feature",
        "a small network, to take away as raw TensorFlow",
    ),
    "training_loops": ("slower-towards-the-end", "a learning rate that falls while the network learns"),
    "optimizers": ("the-spiral-from-bare-coordinates", "Adam on a spiral; choose plain steps and compare"),
    "keras_in_practice": (
        "overfitting-held-back-by-a-penalty",
        "a penalty on weights, to take away as Keras code",
    ),
    "scaling_up": (
        "hills-numbers-instead-of-classes",
        "1,200 points, in batches of the size that you choose",
    ),
    "your_own_data": ("four-lines-make-a-ring", "your own points, drawn or from a file"),
    "generalisation": ("overfitting", "a network that learns the noise by heart"),
    "debugging_training": ("gradients-that-vanish", "six layers, of which the first hardly learn"),
}


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    figure = sources.figure_markup("Playground", {}, "<p>The playground needs scripts.</p>")
    body = figure + sources.page_scripts(["Playground"])
    yield PAGE, {"title": "Playground", "body": body}, "playground.html"


def _add_link(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    folder, _, name = pagename.rpartition("/")
    if doctree is None or folder != "chapters" or name not in TRY:
        return
    preset, words = TRY[name]
    address = posixpath.relpath(f"{PAGE}.html", folder)
    context["body"] += (
        f'<p class="playground-link">Try this in the <a href="{address}#playground&amp;preset={preset}">'
        f"playground</a>: {escape(words)}.</p>\n"
    )


def setup(app: Sphinx) -> None:
    """Register the page and the links."""
    app.connect(LATER_PAGES, _pages)
    app.connect("html-page-context", _add_link, priority=400)
