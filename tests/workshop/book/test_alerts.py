"""An alert reads well in a notebook too, and comes back from it as it was written."""

from hypothesis import example, given
from hypothesis import strategies as st

from course_lib.workshop.book.chapters.alerts import ALERTS, in_notebook, in_text

LINES = st.sampled_from(
    [
        *(f"> [!{word}]" for word in ALERTS),
        "> words",
        "text",
        "",
        "```",
        "  > [!TIP]",
        "> [!TIP]  ",
        "> [!TIP] x",
    ]
)


def test_the_word_stands_in_bold_on_its_own_line() -> None:
    assert in_notebook("Before.\n\n> [!TIP]\n> Do it.") == "Before.\n\n> **Tip**  \n> Do it."


def test_shown_code_stays() -> None:
    source = "```md\n> [!TIP]\n```"
    assert in_notebook(source) == source


@given(st.lists(LINES, max_size=8).map("\n".join))
@example("> [!NOTE]")
def test_the_way_back_gives_the_text(source: str) -> None:
    assert in_text(in_notebook(source)) == source
