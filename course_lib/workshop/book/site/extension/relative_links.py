"""Notebooks name web addresses, so that their links work in Colab; within the book they become its pages."""

import json
import posixpath
from pathlib import Path
from weakref import WeakKeyDictionary

from sphinx.application import Sphinx

from course_lib.workshop.book.addresses import Addresses, find_root, read_addresses, rewrite_links
from course_lib.workshop.book.chapters import library_code

_ADDRESSES: WeakKeyDictionary[Sphinx, Addresses] = WeakKeyDictionary()


def addresses_of(app: Sphinx) -> Addresses:
    """Return the addresses that the book's `_config.yml` names."""
    if app not in _ADDRESSES:
        _ADDRESSES[app] = read_addresses(find_root(Path(app.config.course_root or app.srcdir)))
    return _ADDRESSES[app]


def _make_links_relative(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix != ".ipynb":
        return
    addresses, folder = addresses_of(app), posixpath.dirname(docname)
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = library_code.in_text("".join(cell["source"]))  # the book shows it in its own way
            cell["source"] = rewrite_links(
                text, lambda target: _to_page(app, folder, addresses.relative(target, folder))
            )
    source[0] = json.dumps(notebook)


def _to_page(app: Sphinx, folder: str, target: str) -> str:
    """Return a link to a chapter's text as one to its notebook, which is what the book renders."""
    path, hash_sign, fragment = target.partition("#")
    notebook = posixpath.splitext(path)[0] + ".ipynb"
    if path.endswith(".md") and (Path(app.srcdir) / folder / notebook).is_file():
        return notebook + hash_sign + fragment
    return target


def setup(app: Sphinx) -> None:
    """Rewrite each notebook's links before it is parsed."""
    app.add_config_value("course_root", "", "", [str])
    app.connect("source-read", _make_links_relative)
