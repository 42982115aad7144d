"""How a chapter's text is made: front matter, cells and what lies between them, each with its lines.

jupytext turns a text into cells and tells nothing about where they stood. The same tokens are read here, so
that a message can name the line that the author typed, and so that a cell that nobody changed stays in the
text as it was written, to the blank line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jupytext.myst import get_parser, read_fenced_cell
from markdown_it.token import Token

from course_lib.workshop.book.addresses import parse_yaml
from course_lib.workshop.book.chapters.files import merge_markers
from course_lib.workshop.book.problems import BookError, Problem

CODE, RAW = "{code-cell}", "{raw-cell}"
_PYTHON = ("", "ipython3", "ipython", "python", "python3")
# What a front matter may hold, all of it jupytext's own.
_FRONT_MATTER = {
    "": ("jupytext", "kernelspec", "language_info"),
    "kernelspec": ("display_name", "language", "name", "path"),
    "jupytext": (
        "text_representation", "formats", "notebook_metadata_filter", "cell_metadata_filter", "default_lexer",
        "encoding", "main_language", "root_level_metadata_filter", "split_at_heading",
    ),
}  # fmt: skip
_ALMOST_A_CELL = re.compile(r"\s*\{?\s*code[-_ ]?cel+s?\s*\}?", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """Where one cell stands in a text; lines are counted from 0, ends are not included.

    Parameters
    ----------
    kind
        `markdown`, `code` or `raw`.
    start, end
        Its lines, with fences or the line `+++ {...}` that carries its metadata.
    first
        The first line of its source.
    """

    kind: str
    start: int
    end: int
    first: int


def lines_with_ends(text: str) -> list[str]:
    """Return a text's lines with their ends; no other sign but a line feed ends a line, as in Markdown."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def split_front_matter(text: str) -> tuple[str, str]:
    """Return a Markdown text's front matter, with its two rulers, and the rest."""
    lines = lines_with_ends(text)
    if not lines or lines[0].strip() != "---":
        return "", text
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return "".join(lines[: number + 1]), "".join(lines[number + 1 :])
    return "", text


def pieces(text: str) -> list[Piece]:
    """Return the places of a text's cells, in the order in which jupytext reads them."""
    lines = text.split("\n")
    found: list[Piece] = []
    start, breaks = 0, None

    def flush(end: int) -> None:
        first, last = start, end
        while first < last and not lines[first].strip():
            first += 1
        while last > first and not lines[last - 1].strip():
            last -= 1
        if first < last:
            found.append(Piece("markdown", first if breaks is None else breaks, last, first))

    for token in _top_tokens(text):
        assert token.map is not None
        if token.type == "front_matter":
            start = token.map[1]
        elif token.type == "fence" and token.info.startswith((CODE, RAW)):
            flush(token.map[0])
            _, body = read_fenced_cell(token, len(found), "Code")
            end = token.map[1]
            closed = 1 if _is_closed(token, lines) else 0
            kind = "code" if token.info.startswith(CODE) else "raw"
            found.append(Piece(kind, token.map[0], end, end - closed - len(body)))
            start, breaks = end, None
        elif token.type == "myst_block_break":
            flush(token.map[0])
            start, breaks = token.map[1], token.map[0] if token.content else None
    flush(len(lines))
    return found


def _top_tokens(text: str) -> list[Token]:
    """Return the tokens of a text that stand in no list, quotation or other block."""
    depth, found = 0, []
    for token in get_parser().parse(text + "\n"):
        depth += token.nesting
        if depth == 0 and token.nesting == 0 and token.map is not None:
            found.append(token)
    return found


def _is_closed(token: Token, lines: Sequence[str]) -> bool:
    assert token.map is not None
    last = lines[min(token.map[1], len(lines)) - 1].strip() if token.map[1] - token.map[0] > 1 else ""
    return len(last) >= len(token.markup) and set(last) == {token.markup[0]}


def structure_problems(text: str, shown: str) -> list[Problem]:
    """Return what is wrong with how a chapter's text is built, each with its line.

    Parameters
    ----------
    text
        The text, with line feeds.
    shown
        How to name its file.
    """
    problems = merge_markers(text, shown)
    if problems:
        return problems
    front_matter, _ = split_front_matter(text)
    lines = text.split("\n")
    if not front_matter:
        what = "opens a front matter that is never closed." if lines and lines[0].strip() == "---" else (
            "has no front matter that names its kernel."
        )  # fmt: skip
        return [Problem(f"{shown}:1", what, "Begin the file as another chapter does: `---`, jupytext, kernelspec, `---`.")]
    try:
        metadata = parse_yaml(front_matter.strip().strip("-"), shown, "the front matter")
    except BookError as error:
        return list(error.problems)
    if not isinstance(metadata, dict) or not isinstance(metadata.get("kernelspec"), dict):
        return [Problem(f"{shown}:1", "the front matter names no kernel (`kernelspec`).",
                        "Copy the front matter of another chapter.")]  # fmt: skip
    if unknown := list(_idle_keys(metadata)):
        return [
            Problem(
                f"{shown}:{next((n for n, one in enumerate(lines, 1) if re.match(rf' *{re.escape(key)}:', one)), 1)}",
                f"the front matter holds `{key}`, which reaches no page.",
                "Leave it out: a title is the line `# Title`, settings of the book stand in `_config.yml`.",
            )
            for key in unknown
        ]
    layout = (metadata.get("jupytext") or {}).get("text_representation") or {}
    if layout.get("format_name", "myst") != "myst":
        line = next((n for n, one in enumerate(lines, 1) if "format_name:" in one), 1)
        return [Problem(f"{shown}:{line}", f"says that its format is `{layout['format_name']}`, and chapters are MyST.",
                        "Write `format_name: myst`.")]  # fmt: skip
    if (name := metadata["kernelspec"].get("name")) not in (None, "python3"):
        line = next((n for n, one in enumerate(lines, 1) if one.strip() == f"name: {name}"), 1)
        return [Problem(f"{shown}:{line}", f"asks for the kernel `{name}`, and chapters run in Python's.",
                        "Write `name: python3`.")]  # fmt: skip
    return fence_problems(text, shown)


def _idle_keys(metadata: dict[str, Any]) -> Iterator[str]:
    """Yield what a front matter holds and no page shows: pages are made of the notebook, which has none."""
    for key, known in _FRONT_MATTER.items():
        inside = metadata if not key else metadata.get(key)
        if isinstance(inside, dict):
            yield from (str(one) for one in inside if one not in known)


def fence_problems(text: str, shown: str) -> list[Problem]:
    """Return each fence that is not closed where it should be, or that almost is a code cell."""
    lines = text.split("\n")
    problems = []
    for token in _top_tokens(text):
        if token.map is not None and token.type == "code_block" and CODE in token.content:
            problems.append(Problem(f"{shown}:{token.map[0] + 1}", "shows a code cell, for its fence is indented.",
                                    "Begin its fences at the start of a line."))  # fmt: skip
        if token.type != "fence" or token.map is None:
            continue
        language = token.info.removeprefix(CODE).strip()
        if token.info.startswith(CODE) and language not in _PYTHON:
            problems.append(Problem(f"{shown}:{token.map[0] + 1}", f"asks for `{language}`; cells run in Python.",
                                    "Write ```{code-cell} ipython3."))  # fmt: skip
        where, name = f"{shown}:{token.map[0] + 1}", token.info.strip() or "a fence"
        inner = re.compile(rf"^ {{0,3}}{re.escape(token.markup)}[^{re.escape(token.markup[0])}\s]")
        opened = next(
            (number for number in range(token.map[0] + 1, min(token.map[1], len(lines))) if inner.match(lines[number])),
            None,
        )
        if opened is not None:
            problems.append(
                Problem(where, f"`{name}` is not closed before line {opened + 1} opens another.",
                        f"Close it with a line `{token.markup}`, or give it more ticks if it shows the other.")
            )  # fmt: skip
        elif not _is_closed(token, lines):
            problems.append(Problem(where, f"`{name}` is never closed.", f"Close it with a line `{token.markup}`."))
        elif _ALMOST_A_CELL.match(token.info) and not token.info.startswith(CODE):
            problems.append(Problem(where, f"`{token.info.strip()}` is no code cell, only almost.",
                                    "Write ```{code-cell} ipython3."))  # fmt: skip
    return problems
