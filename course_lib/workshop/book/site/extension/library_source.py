"""Links to `course_lib` show the code itself: `[course_lib.perceptron.predict](../course_lib/perceptron.py)`.

On a line of its own such a link becomes a folding block with the real definition, whose docstrings are cut to
their first lines and stand whole in a fold of their own; elsewhere it leads to the file at the repository.
The code is read, never imported, so that building the book needs no TensorFlow.
"""

import posixpath
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger
from sphinx.writers.html5 import HTML5Translator

from course_lib.workshop.book.chapters.library_code import REPOSITORY, find_definition, fold_docstrings
from course_lib.workshop.book.site.extension.relative_links import addresses_of

LOGGER = getLogger(__name__)
_DOTTED = re.compile(r"course_lib(\.\w+)+")


class library_source(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes so
    """A folding block with a definition of the library."""


class library_documentation(nodes.General, nodes.Element):  # noqa: N801
    """A fold within it, with what the docstrings say."""


class ShowLibrarySource(SphinxTransform):
    """Replace links to files of the repository."""

    default_priority = 430

    def apply(self) -> None:
        """Replace each link: by the code where it stands alone, by an address elsewhere."""
        kinds = (addnodes.download_reference, addnodes.pending_xref, nodes.reference)
        # A download reference is a reference too; each link is replaced once.
        for link in dict.fromkeys(node for kind in kinds for node in self.document.findall(kind)):
            path = self.path_of(link)
            if path is not None:
                self.replace(link, path)

    def path_of(self, link: nodes.Element) -> str | None:
        """Return the path of the file of the repository that a link leads to, or None."""
        target = str(link.get("reftarget") or link.get("refuri") or "")
        if not target or "://" in target or target.startswith(("#", "mailto:")):
            return None
        folder = posixpath.dirname(self.env.docname)
        path = posixpath.normpath(posixpath.join(folder, target.partition("#")[0]))
        if path.startswith("..") or not (REPOSITORY / path).is_file():
            return None
        return path

    def replace(self, link: nodes.Element, path: str) -> None:
        """Replace one link to a file."""
        addresses = addresses_of(self.app)
        name = link.astext()
        stands_alone = isinstance(link.parent, nodes.paragraph) and len(link.parent.children) == 1
        if not (stands_alone and path.endswith(".py") and _DOTTED.fullmatch(name)):
            address = nodes.reference("", "", *link.children, refuri=addresses.source(path))
            link.replace_self(address)
            return
        self.env.note_dependency(str(REPOSITORY / path))
        definition = find_definition(REPOSITORY / path, name)
        if definition is None:
            LOGGER.warning("%s does not define %s", path, name, location=link)
            link.parent.remove(link)
            return
        text, documentation = fold_docstrings(definition.text)
        parts: list[nodes.Element] = [nodes.literal_block(text, text, language="python")]
        if documentation:
            whole = nodes.literal_block(documentation, documentation, language="text")
            parts.append(library_documentation("", whole))
        address = f"{addresses.source(path)}#L{definition.first_line}-L{definition.last_line}"
        link.parent.replace_self(library_source("", *parts, name=name, address=address))


def _visit(translator: HTML5Translator, node: library_source) -> None:
    name = translator.encode(node["name"])
    address = translator.attval(node["address"])
    translator.body.append(
        f'<details class="library-source"><summary>The library\'s code: <code>{name}</code></summary>\n'
        f'<p class="library-source-link"><a class="reference external" href="{address}">'
        "Open it at the repository</a></p>\n"
    )


def _depart(translator: HTML5Translator, node: nodes.Element) -> None:
    translator.body.append("</details>\n")


def _visit_documentation(translator: HTML5Translator, node: library_documentation) -> None:
    translator.body.append(
        '<details class="library-documentation"><summary>What it takes, returns and refuses</summary>\n'
    )


def setup(app: Sphinx) -> None:
    """Register the nodes and the transform."""
    app.add_node(library_source, html=(_visit, _depart))
    app.add_node(library_documentation, html=(_visit_documentation, _depart))
    app.add_transform(ShowLibrarySource)
