"""What can be wrong with a chapter's code before it runs: syntax, tags, and what differs from run to run."""

import ast
import difflib
import re
from collections.abc import Iterator

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from course_lib.workshop.book.chapters import pairs
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import Place, Problem, further_down

TAGS = (
    "hide-cell", "hide-input", "hide-output", "remove-cell", "remove-input", "remove-output", "scroll-output",
    "full-width", "margin", "raises-exception", "nbval-ignore-output", "nbval-raises-exception",
    "nbval-check-output", "keep_output",
)  # fmt: skip
_REFUSED_TAGS = ("skip", "nbval-skip", "skip-execution")
_UNSTABLE = ("nbval-ignore-output", "remove-output")
_LEGACY = r"\bnp\.random\.(?!seed|default_rng|Generator|RandomState|SeedSequence|PCG64)\w+\("


def code_problems(chapter: Chapter) -> Iterator[Problem]:
    """Yield what is wrong with the code cells of a chapter's text, each at its line."""
    text = pairs.read_text(chapter)
    code = [
        (cell, Place(chapter.shown(chapter.text), line))
        for line, cell in zip(pairs.text_lines(text), text.cells, strict=True)
        if cell.cell_type == "code"
    ]
    whole = "\n".join(cell.source for cell, _ in code)
    seeded = {
        "np.random": "np.random.seed(" in whole,
        "tf.random": re.search(r"\bset_(?:random_)?seed\(", whole) is not None,
        "random": re.search(r"(?<![\w.])random\.seed\(", whole) is not None,
    }
    for cell, place in code:
        yield from _refused_marks(cell, place)
        tags = cell.metadata.get("tags") or []
        yield from tag_problems(tags, place)
        if "raises-exception" not in tags:
            yield from syntax_problems(cell.source, place)
        if not set(tags) & set(_UNSTABLE):
            yield from unstable_code(cell.source, place, seeded)


def _refused_marks(cell: NotebookNode, place: str) -> Iterator[Problem]:
    """Yield what looks like tags and is none, or does in a comment what tags do."""
    for name in cell.metadata:
        near = difflib.get_close_matches(name, pairs.KEPT_METADATA, n=1, cutoff=0.75)
        if name not in pairs.KEPT_METADATA and near:
            yield Problem(place, f"nobody knows the option `{name}`.", f"Did you mean `{near[0]}`?")
    for number, line in enumerate(cell.source.split("\n")):
        if re.match(r"\s*#\s*(?:NBVAL_|PYTEST_VALIDATE)", line):
            what = "is a comment that changes how the cell is proved."
            yield Problem(further_down(place, number), what, "Say it with a tag of the cell.")


def tag_problems(tags: list[str], where: str) -> Iterator[Problem]:
    """Yield each tag that the book, nbval and the runner do not know, or that leaves a cell unproved."""
    if not isinstance(tags, list):
        yield Problem(where, f"the tags `{tags}` are no list.", "Write `:tags: [one, two]`.")
        return
    for tag in tags:
        if tag in _REFUSED_TAGS:
            yield Problem(where, f"the tag `{tag}` leaves the cell out of the proof.", "Leave the tag out.")
        elif tag not in TAGS:
            near = difflib.get_close_matches(str(tag), TAGS, n=1)
            fix = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(TAGS)}."
            yield Problem(where, f"nobody knows the tag `{tag}`.", fix)


def syntax_problems(source: str, where: str) -> Iterator[Problem]:
    """Yield the syntax error of a cell, if it has one; magic commands are no error."""
    if source.lstrip().startswith("%%"):
        return
    try:
        ast.parse(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except SyntaxError as error:
        line = min(error.lineno or 1, source.count("\n") + 1)
        yield Problem(further_down(where, line - 1), f"is no Python: {error.msg}.", "Mend the cell.")


def unstable_code(source: str, where: str, seeded: dict[str, bool]) -> Iterator[Problem]:
    """Yield each line that prints or draws something else on every run."""
    signs = {
        r"^\s*%%?(?:time|timeit|prun)\b": ("measures time", True),
        r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}": ("may print half a character, which no file can hold and", True),
        r"\btqdm\b": ("shows a progress bar", True),
        r"\b(?:default_rng|RandomState)\(\s*(?:None\s*)?\)": ("draws random numbers without a seed", True),
        _LEGACY: ("draws random numbers without a seed", not seeded["np.random"]),
        r"\btf\.random\.(?:normal|uniform|truncated_normal|shuffle|categorical|gamma|poisson)\(": (
            "draws random numbers without a seed", not seeded["tf.random"]
        ),
        r"^(?:import random|from random import)\b": (
            "draws random numbers without a seed", not seeded["random"]
        ),
        r"\bprint\(.*\b(?:time\.(?:time|perf_counter|monotonic|process_time)|perf_counter|datetime\.(?:now|today|utcnow)"
        r"|date\.today)\(": ("prints what the clock says", True),
        r"(?<![\w.])input\(": ("waits for somebody to type", True),
        r"^\s*!": ("asks this machine's shell", True),
        r"(?<![\w.])random\.(?:random|randint|choice|shuffle|sample|uniform|gauss)\(": (
            "draws random numbers without a seed", not seeded["random"]
        ),
    }  # fmt: skip
    for number, line in enumerate(source.split("\n")):
        for sign, (what, counts) in signs.items():
            if counts and re.search(sign, line.partition("#")[0]):
                yield Problem(
                    further_down(where, number), f"{what}, which is another on every run.",
                    "Give a seed, leave it out, or tag the cell `remove-output` or `nbval-ignore-output`.",
                )  # fmt: skip
                break
