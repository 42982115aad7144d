"""The checker of claims, attacked: a wrong claim fails, an unproved number is found, nothing else is."""

import asyncio
from pathlib import Path

import pytest

from course_lib.workshop.book.chapters import execution, notebooks
from course_lib.workshop.book.chapters.claims import Claim, claims, explain, sentences, truth_expressions
from course_lib.workshop.book.problems import BookError
from tests.workshop.book.small_book import code, write_small_book


def _unbound(markdown: str) -> list[str]:
    return [number for sentence in sentences(markdown) for number in sentence.unbound]


@pytest.mark.parametrize(
    "markdown",
    [
        "You get 1.2. <!-- claim: total == 1.2 -->",
        "You get 1.2. <!-- given: 1.2, the story -->",
        "From 1.5 to 2.5. <!-- claim: low == 1.5 --> <!-- given: 2.5, the table -->",
        "All 12,000 are right. <!-- claim: right == 12000 -->",
        "That is 85 % of them. <!-- claim: share == 0.85 -->",
        "Both agree to 1e-6. <!-- claim: difference < 1e-6 -->",
        "Both agree to 1e-6. <!-- claim: difference < 10**-6 -->",
        "A bias of −1.5. <!-- claim: bias == -1.5 -->",
        'It prints 209 points. <!-- claim: printed == "209 points" -->',
        "It takes **12** passes. <!-- claim: passes == 12 -->",
        "It takes 12 passes <!-- claim: passes == 12 --> on this data.",
        "Eight steps, *then 3 more*. <!-- claim: more == 3 -->",
        "# Section 2\n\nText.",
        "| a | 2 |\n|---|---|\n| b | 3 |",
        "Code `x[2]`, math $x^2 + 4$ and [link 5](a.md).",
        "$$\nx = 3\n$$",
        "```\n5\n```",
        "The names x1, w_2, float64, L2, 2D and TF2 hold no number.",
        "Rosenblatt 1958 was first, in 1958 (1958), and Minsky and Papert 1969 answered in 1969.",
        "1. First.\n2. Second.",
        "Seven dwarfs.",
        "![Three of 4 dots](dots.png)",
    ],
)
def test_what_is_bound_or_needs_no_binding(markdown: str) -> None:
    assert _unbound(markdown) == []


@pytest.mark.parametrize(
    ("markdown", "numbers"),
    [
        ("You get 1.2.", ["1.2"]),
        ("You get 1.3. <!-- claim: total == 1.2 -->", ["1.3"]),
        ("You get 1.2. Then 7. <!-- claim: x == 7 -->", ["1.2"]),
        ("You get 1.2. <!-- claim: x == 1.2 --> Then 7.", ["7"]),
        ("After 12 passes all 500 are right. <!-- claim: passes == 12 -->", ["500"]),
        ("> [!NOTE]\n> It takes 5 steps.", ["5"]),
        ("- It takes 5 steps.", ["5"]),
        ("It takes 2000 steps.", ["2000"]),
        ("It takes 5x as long, 30 ms or 3k steps.", ["5", "30", "3"]),
        ("A rate of 1e-5 is small.", ["1e-5"]),
        ("<details><summary>Why?</summary>\n\nBecause 9 is odd.\n\n</details>", ["9"]),
    ],
)
def test_what_is_not_bound(markdown: str, numbers: list[str]) -> None:
    assert _unbound(markdown) == numbers


def test_a_claim_knows_its_sentence() -> None:
    text = "It begins. The sum `s` is $s = 1.2$, that is 1.2. <!-- claim: s == 1.2 --> It ends."
    assert claims(text) == [Claim("s == 1.2", "The sum `s` is $s = 1.2$, that is 1.2.")]


def test_a_long_claim_may_span_lines() -> None:
    assert claims("It is 3. <!-- claim:\n   x ==\n   3 -->")[0].expression == "x == 3"


def test_comments_in_code_are_no_claims() -> None:
    assert claims("```\n<!-- claim: x -->\n```\n\n`<!-- claim: y -->`") == []


def test_a_failed_claim_shows_both_sides() -> None:
    claim = Claim("len(passes) == 12 and errors == 0", "After 12 passes no error is left.")
    asked = truth_expressions(claim)
    answers = {name: (True, {"holds": "False", "side_0": "14", "side_1": "0"}[name]) for name in asked}
    message = explain(claim, answers)
    assert message is not None
    assert "`len(passes)` is 14" in message
    assert "After 12 passes no error is left." in message


PROVED = code("passes = list(range(12))") + "After 12 passes it stops. <!-- claim: len(passes) == 12 -->\n\n"


def _run(folder: Path, text: str) -> None:
    (chapter,) = write_small_book(folder, chapter=text)
    notebooks.write([chapter], say=lambda line: None)


def test_a_true_claim_lets_the_chapter_be_written(tmp_path: Path) -> None:
    _run(tmp_path, PROVED)
    assert (tmp_path / "chapters" / "chapter.ipynb").is_file()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("== 12", "== 13", "`len(passes)` is 12"),
        ("len(passes)", "len(missing)", "cannot be evaluated: NameError"),
        ("len(passes) ==", "len(passes) = ", "cannot be evaluated: SyntaxError"),
    ],
)
def test_a_corrupted_claim_stops_the_execution(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(BookError) as error:
        _run(tmp_path, PROVED.replace(old, new))
    assert "chapters/chapter.md:16: the claim" in str(error.value)
    assert message in str(error.value)
    assert "After 12 passes it stops." in str(error.value)
    assert not (tmp_path / "chapters" / "chapter.ipynb").exists()


def test_a_claim_is_checked_where_it_stands_and_not_later(tmp_path: Path) -> None:
    _run(
        tmp_path,
        PROVED + code("passes.append(12)") + "Now it is one more. <!-- claim: len(passes) == 13 -->\n\n",
    )


def test_claims_leave_no_trace_in_the_notebook(tmp_path: Path) -> None:
    (chapter,) = write_small_book(tmp_path, chapter=PROVED + code("print(len(passes))", "'done'"))
    plan = execution.plan(chapter)
    asyncio.run(execution.run_notebook(plan.notebook, chapter))
    counts = [cell.execution_count for cell in plan.notebook.cells if cell.cell_type == "code"]
    assert counts == [1, 2, 3]
    assert plan.notebook.cells[-1].outputs[0].text == "12\n"
