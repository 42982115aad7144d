"""Pages that are none of the contents': an author who looks at a preview does not wait for them."""

from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx

LATER_PAGES = "later-pages"  # handlers yield what those of Sphinx's own "html-collect-pages" yield


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    for pages in app.emit(LATER_PAGES):
        yield from pages


def _with_the_others(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    if app.config.course_light:
        yield from _pages(app)


def _when_the_others_are_seen(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html" and not app.config.course_light:
        for name, context, template in _pages(app):
            app.builder.handle_page(name, context, template)  # type: ignore[attr-defined]


def setup(app: Sphinx) -> None:
    """Register the event, and the two moments at which the pages can be written."""
    app.add_event(LATER_PAGES)
    app.connect("html-collect-pages", _with_the_others)
    app.connect("build-finished", _when_the_others_are_seen, priority=945)
