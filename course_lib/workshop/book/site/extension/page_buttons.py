"""The buttons above a chapter: run it in Colab or elsewhere, download, edit or print it."""

import posixpath
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from course_lib.workshop.book.site.extension.relative_links import addresses_of


def _add_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    context["course_buttons"] = None
    if doctree is None or pagename not in app.env.all_docs:
        return
    addresses, path = addresses_of(app), Path(app.env.doc2path(pagename))
    is_notebook = path.suffix == ".ipynb"
    text = f"{pagename}.md"
    context["course_buttons"] = {
        "colab": addresses.colab(f"{pagename}.ipynb") if is_notebook else None,
        "kaggle": addresses.kaggle(f"{pagename}.ipynb"),
        "codespaces": addresses.codespaces,
        "notebook": context["pathto"](f"_sources/{context.get('sourcename')}", 1) if is_notebook else None,
        "notebook_name": posixpath.basename(path.name),
        "source": addresses.source(text),
        "edit": addresses.source(text).replace("/blob/", "/edit/", 1),
        "repository": addresses.repository,
    }


def setup(app: Sphinx) -> None:
    """Register the buttons' addresses; `article-header-buttons.html` draws them."""
    app.connect("html-page-context", _add_buttons, priority=600)
