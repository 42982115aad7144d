"""GitHub's alerts (`> [!TIP]`), which notebooks do not know: there the word stands in bold on its own line."""

import re
from collections.abc import Callable

ALERTS = ("NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION")
_WORDS = "|".join(ALERTS)
# Fenced code may show one; the first alternative steps over it.
_FENCE = r"(?P<skip>^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)[`~]*[ \t]*$)"
_IN_TEXT = re.compile(rf"{_FENCE}|^(?P<quote>[ \t]*>[ \t]*)\[!(?P<word>{_WORDS})\]$", re.MULTILINE | re.DOTALL)
# Two blanks at the end break the line; nobody writes this by hand, so the way back is certain.
_IN_NOTEBOOK = re.compile(
    rf"{_FENCE}|^(?P<quote>[ \t]*>[ \t]*)\*\*(?P<word>{_WORDS.title()})\*\*  $", re.MULTILINE | re.DOTALL
)


def in_notebook(markdown: str) -> str:
    """Return a text's Markdown as a notebook shows it: `> [!TIP]` becomes a bold word with a line break."""
    return _replaced(_IN_TEXT, markdown, lambda word: f"**{word.title()}**  ")


def in_text(markdown: str) -> str:
    """Return a notebook's Markdown as it stands in the text; the way back of `in_notebook`."""
    return _replaced(_IN_NOTEBOOK, markdown, lambda word: f"[!{word.upper()}]")


def _replaced(pattern: re.Pattern[str], markdown: str, write: Callable[[str], str]) -> str:
    def one(match: re.Match[str]) -> str:
        return match[0] if match["skip"] is not None else match["quote"] + write(match["word"])

    return pattern.sub(one, markdown)
