"""Short texts outside Markdown (a folded question, a caption): formulas and code in them, nothing else."""

import re
from html import unescape

from docutils import nodes

_PART = re.compile(r"\$(?P<math>[^$\s](?:[^$]*[^$\s])?)\$|<code>(?P<code>.*?)</code>|`(?P<ticks>[^`]+)`")
_TAG = re.compile(r"</?(?:b|strong|i|em)>|\s*<!--.*?-->", re.DOTALL)  # a comment is for no reader


def parse_inline(text: str) -> list[nodes.Node]:
    """Return a short text as nodes: `$...$` as formulas, backticks and `<code>` as code."""
    found: list[nodes.Node] = []
    end = 0
    text = _TAG.sub("", text.strip())
    for match in _PART.finditer(text):
        found.append(nodes.Text(unescape(text[end : match.start()])))
        if match["math"]:
            found.append(nodes.math(match["math"], match["math"]))
        else:
            code = unescape(match["code"] or match["ticks"])
            found.append(nodes.literal(code, code))
        end = match.end()
    found.append(nodes.Text(unescape(text[end:])))
    return [node for node in found if node.astext()]
