"""Formulas are rendered while the book is built; what the renderer refuses is reported.

An invalid formula renders as red text and says nothing; here it becomes a warning that names the page.
"""

import re
import time
from html import unescape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger
from sphinxcontrib.katex import KaTeXServer

LOGGER = getLogger(__name__)
_ERROR = re.compile(r'<span class="katex-error" title="(?P<reason>[^"]*)"')


def find_formula_errors(html: str) -> list[str]:
    """Return what KaTeX says about each formula of a page that it could not read."""
    return [unescape(match["reason"]) for match in _ERROR.finditer(html)]


def _start_renderer(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    # On a busy machine KaTeX's server is connected to between creating its socket and listening on it.
    for patience in (0.1, 0.3, 1.0, 3.0):
        try:
            KaTeXServer.get()
            return
        except ConnectionRefusedError:
            time.sleep(patience)
    KaTeXServer.get()


def _look_for_errors(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    for reason in find_formula_errors(context.get("body", "")):
        LOGGER.warning("a formula cannot be rendered: %s", reason, location=pagename)


def setup(app: Sphinx) -> None:
    """Register the start of the renderer and the check."""
    app.connect("doctree-resolved", _start_renderer)
    app.connect("html-page-context", _look_for_errors)
