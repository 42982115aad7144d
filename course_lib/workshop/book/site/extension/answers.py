"""Folded answers: `<details><summary>Question</summary>`, the answer in Markdown, `</details>`."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger
from sphinx.writers.html5 import HTML5Translator

from course_lib.workshop.book.site.extension.inline_text import parse_inline

LOGGER = getLogger(__name__)
_OPEN = re.compile(r"\s*<details>\s*<summary>(?P<question>.*?)</summary>(?P<rest>.*)", re.DOTALL)


class answer(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes so
    """A folded answer; its first child is the question."""


class question(nodes.General, nodes.TextElement):  # noqa: N801
    """The line that stays visible while the answer is folded."""


class FoldAnswers(SphinxTransform):
    """Gather what stands between `<details>` and `</details>` into one node."""

    default_priority = 420

    def apply(self) -> None:
        """Fold every answer, the inner ones of nested ones first."""
        closings = [
            node for node in self.document.findall(nodes.raw) if node.astext().strip() == "</details>"
        ]
        for closing in closings:
            siblings = closing.parent.children
            end = siblings.index(closing)
            start = next((i for i in range(end - 1, -1, -1) if self.opens(siblings[i])), None)
            if start is None:
                LOGGER.warning(
                    "`</details>` without `<details>` before it in the same section", location=closing
                )
                continue
            folded = self.fold(siblings[start], siblings[start + 1 : end])
            parent = closing.parent
            parent[start : end + 1] = [folded]
        for node in self.document.findall(nodes.raw):
            if self.opens(node):
                LOGGER.warning("`<details>` is never closed in its section", location=node)

    @staticmethod
    def opens(node: nodes.Node) -> bool:
        """Tell whether a node is the raw start of an answer."""
        return isinstance(node, nodes.raw) and _OPEN.match(node.astext()) is not None

    @staticmethod
    def fold(opening: nodes.Node, body: list[nodes.Node]) -> answer:
        """Return the node of one answer."""
        match = _OPEN.match(opening.astext())
        assert match is not None
        folded = answer("", question("", "", *parse_inline(match["question"])), *body)
        if match["rest"].strip():
            folded.insert(1, nodes.raw("", match["rest"], format="html"))
        return folded


def _visit_answer(translator: HTML5Translator, node: answer) -> None:
    name = f' data-question="{node["question"]}"' if node.get("question") else ""
    translator.body.append(f'<details class="answer"{name}>\n')


def _depart_answer(translator: HTML5Translator, node: answer) -> None:
    translator.body.append("</div></details>\n")


def _visit_question(translator: HTML5Translator, node: question) -> None:
    translator.body.append("<summary>")


def _depart_question(translator: HTML5Translator, node: question) -> None:
    translator.body.append('</summary><div class="answer-body">\n')


def setup(app: Sphinx) -> None:
    """Register the nodes and the transform."""
    app.add_node(answer, html=(_visit_answer, _depart_answer))
    app.add_node(question, html=(_visit_question, _depart_question))
    app.add_transform(FoldAnswers)
