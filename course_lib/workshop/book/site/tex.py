"""Each formula of a chapter is set by the program that the book uses, so that none stands red on a page."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import sphinxcontrib.katex
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from course_lib.workshop.book.chapters.files import read_text_file
from course_lib.workshop.book.problems import BookError, Place, Problem, further_down

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


def tex_problems(texts: Mapping[str, Path]) -> Iterator[Problem]:
    """Yield each formula of Markdown files that KaTeX cannot set, at its line.

    Parameters
    ----------
    texts
        The files, chapters' texts or pages without code, by the names to call them by. What cannot be read is
        left out: others say so.
    """
    found: list[tuple[str, str, bool]] = []
    for shown, path in texts.items():
        with suppress(BookError):
            found += formulas(read_text_file(path, shown).text, Place(shown, 1))
    said = complaints([(tex, displayed) for _, tex, displayed in found])
    said = [why or _swallowed(tex) for why, (_, tex, _) in zip(said, found, strict=True)]
    for (place, tex, _), why in zip(found, said, strict=True):
        if why:
            reason = why.removeprefix("KaTeX parse error: ").split(" at position")[0]
            yield Problem(
                place, f"the formula `{' '.join(tex.split())[:60]}` cannot be set: {reason}.", "Mend its TeX."
            )


def _swallowed(tex: str) -> str:
    """Return what to say of a formula that is not set to its end, or that only KaTeX sets."""
    if nested := re.match(
        r"\s*\$*\s*\\begin\{(align|alignat|equation|gather|multline|flalign|eqnarray)\*?\}", tex
    ):
        return f"`{nested[1]}` opens a display of its own; between $$ stands `aligned`, `gathered` or none"
    return "a `%` hides the rest of its line" if re.search(r"(?<!\\)%.*\S", tex) else ""


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
        if token.type.startswith("math_block"):
            yield further_down(where, line), token.content, True
        elif token.type == "amsmath":  # without dollars it opens its own display, as it shall
            yield further_down(where, line), f"{{}}{token.content}", True
        for child in token.children or []:
            if child.type in ("softbreak", "hardbreak"):
                line += 1
            elif child.type.startswith("math_inline"):
                yield further_down(where, line), child.content, child.type.endswith("double")
                line += child.content.count("\n")


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
