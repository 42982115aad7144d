"""An invalid formula renders as red text and says nothing; here it becomes a warning that names the page."""

import re
from html import unescape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger

LOGGER = getLogger(__name__)
_ERROR = re.compile(r'<span class="katex-error" title="(?P<reason>[^"]*)"')


def find_formula_errors(html: str) -> list[str]:
    """Return what KaTeX says about each formula of a page that it could not read."""
    return [unescape(match["reason"]) for match in _ERROR.finditer(html)]


def _look_for_errors(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    for reason in find_formula_errors(context.get("body", "")):
        LOGGER.warning("a formula cannot be rendered: %s", reason, location=pagename)


def setup(app: Sphinx) -> None:
    """Register the check."""
    app.connect("html-page-context", _look_for_errors)
