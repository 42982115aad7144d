"""Each formula of a chapter is set by the program that the book uses, so that none stands red on a page."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import sphinxcontrib.katex
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from course_lib.workshop.book.chapters import pairs
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import Place, Problem, further_down

_KATEX = Path(sphinxcontrib.katex.__file__).parent / "katex.min.js"
_SCRIPT = """
const katex = require(process.argv[1]);
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const said = formulas.map(([tex, display]) => {
  try { katex.renderToString(tex, {displayMode: display, strict: "ignore"}); return ""; }
  catch (error) { return String(error.message); }
});
console.log(JSON.stringify(said));
"""


def tex_problems(chapter: Chapter) -> Iterator[Problem]:
    """Yield each formula of a chapter's text that KaTeX cannot set, at its line."""
    text = pairs.read_text(chapter)
    found = [
        one
        for line, cell in zip(pairs.text_lines(text), text.cells, strict=True)
        if cell.cell_type == "markdown"
        for one in formulas(cell.source, Place(chapter.shown(chapter.text), line))
    ]
    for (place, tex, _), why in zip(
        found, complaints([(tex, shown) for _, tex, shown in found]), strict=True
    ):
        if why:
            reason = why.removeprefix("KaTeX parse error: ").split(" at position")[0]
            yield Problem(
                place, f"the formula `{' '.join(tex.split())[:60]}` cannot be set: {reason}.", "Mend its TeX."
            )


def formulas(markdown: str, where: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the place of each formula of a Markdown text, its TeX, and whether it is displayed."""
    parser = (
        MarkdownIt("commonmark")
        .enable("table")
        .use(dollarmath_plugin, allow_labels=False)
        .use(amsmath_plugin)
    )
    for token in parser.parse(markdown):
        line = token.map[0] if token.map else 0
        if token.type.startswith("math_block") or token.type == "amsmath":
            yield further_down(where, line), token.content, True
        for child in token.children or []:
            if child.type.startswith("math_inline"):
                yield further_down(where, line), child.content, child.type.endswith("double")


def complaints(tex: list[tuple[str, bool]]) -> list[str]:
    """Return what KaTeX says against each formula, nothing where it is well."""
    from course_lib.workshop.book.site.web_packages import node_program

    if not tex:
        return []
    result = subprocess.run(
        [str(node_program()), "-e", _SCRIPT, str(_KATEX)],
        input=json.dumps(tex), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [str(one) for one in json.loads(result.stdout)]
