"""What is wrong with prose is found, and what is right is left alone."""

from pathlib import Path

import pytest

from course_lib.workshop.book.proofs import glossary, prose
from course_lib.workshop.book.proofs.glossary import Term
from tests.workshop.book.small_book import write_small_book


@pytest.mark.parametrize(
    ("markdown", "kind"),
    [
        ("See {ref}`there`.", "a role"),
        ("```{note}\nText.\n```", "the directive `{note}`"),
        (":::{note}\nText.\n:::", "a directive"),
        ("(target)=\n# Title", "a target"),
        ("% a comment", "a MyST comment"),
        ("Use {{ name }} here.", "a substitution"),
        ("A footnote[^1].", "a footnote"),
        (r"We get \begin{align} x &= 1 \end{align}", "math without dollars"),
        ("It costs $5 or so.", "an unpaired dollar sign"),
        ("This is **bold.", "an unclosed emphasis"),
        ("A [broken link](there", "a broken link"),
        ("![picture](a.png){width=50%}", "attributes in braces"),
        ("| a | b |\n| c | d |", "a broken table"),
        ("Text <!-- comment", "a broken comment"),
    ],
)
def test_what_a_learner_would_see_in_colab(markdown: str, kind: str) -> None:
    found = prose.leftovers(markdown, "page")
    assert any(kind in str(problem) for problem in found), found


@pytest.mark.parametrize(
    "markdown",
    [
        "# Title\n\nText with `{code}`, $x_{1}$ and **bold**.",
        "$$\n\\begin{aligned} x &= 1 \\end{aligned}\n$$",
        "| a | b |\n|---|---|\n| c | d |",
        "> [!NOTE]\n> An alert.",
        "<details><summary>Why?</summary>\n\nBecause.\n\n</details>",
        "True. <!-- claim: x == {1} -->",
        "```python\n{ref}`x` % y\n:::\n```",
        "It costs \\$5.",
        "Use `__init__` and snake_case_names.",
        "[link](a.md#b) and ![A picture.](c.png)",
    ],
)
def test_plain_markdown_passes(markdown: str) -> None:
    assert prose.leftovers(markdown, "page") == []


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        ("True.\n<!-- claim: x -->", "starts a line"),
        ("True. <!-- claim: x -- y -->", "two hyphens"),
        ("True. <!-- clam: x -->", "means nothing"),
        ("True. <!-- todo -->", "means nothing"),
    ],
)
def test_broken_comments(markdown: str, message: str) -> None:
    (problem,) = prose.broken_comments(markdown, "page")
    assert message in str(problem)


def test_an_unproved_number_is_named_with_its_sentence() -> None:
    (problem,) = prose.unbound_numbers("First. It takes 12 passes.", "chapters/page.md, cell 3")
    assert str(problem).startswith("chapters/page.md, cell 3: nothing proves 12 in “It takes 12 passes.”")


def test_dead_links(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A title, with `code`\n")
    alive = "[a](there.md) [b](there.md#a-title-with-code) [site](https://example.org/gone.md)"
    markdown = alive + " [c](gone.md) [d](there.md#gone) [e](#here) [f](../x.md)"
    found = [str(problem) for problem in prose.dead_links(markdown, "page", tmp_path, tmp_path)]
    assert [line.split("the link ")[1].split(" leads")[0] for line in found] == [
        "gone.md", "there.md#gone", "#here", "../x.md",
    ]  # fmt: skip


def test_relative_links_are_dead_in_a_notebook() -> None:
    (problem,) = prose.relative_links(["[a](https://example.org) [b](glossary.md)"], "x.ipynb")
    assert "glossary.md is dead in Colab" in str(problem)


class TestGlossary:
    """A term is introduced by a link, in the chapter that the glossary names, before it is used."""

    TERMS = (Term("Bias", "second", ("bias",), False), Term("Step", "second", ("step",), True))

    def _problems(self, tmp_path: Path, first: str, second: str) -> list[str]:
        chapters = write_small_book(
            tmp_path, root="# Root\n\nIt names a bias.", first="# A\n\n" + first, second="# B\n\n" + second
        )
        found = glossary.misplaced_terms(chapters, self.TERMS, ["root", "first", "second"])
        return [str(problem) for problem in found]

    LINKS = "A [bias](glossary.md#bias), a [step](glossary.md#step)."
    GOOD = f"You will learn what a bias is.\n\n## Go\n\n{LINKS} Biases."

    def test_a_good_order_passes(self, tmp_path: Path) -> None:
        assert (
            self._problems(
                tmp_path, "Step by step, unbiased. A `bias`. [A bias](second.md) comes later.", self.GOOD
            )
            == []
        )

    def test_an_early_use_fails(self, tmp_path: Path) -> None:
        (problem,) = self._problems(tmp_path, "It has two biases already.", self.GOOD)
        assert "chapters/first.md:14: uses “Bias”, which second introduces: “It has two biases" in problem

    def test_an_early_link_of_an_everyday_word_fails(self, tmp_path: Path) -> None:
        (problem,) = self._problems(tmp_path, "A [step](glossary.md#step).", self.GOOD)
        assert "uses “Step”" in problem

    def test_a_use_before_the_link_fails(self, tmp_path: Path) -> None:
        text = "## Go\n\nThe bias is here.\n\nA [bias](glossary.md#bias), a [step](glossary.md#step)."
        (problem,) = self._problems(tmp_path, "Text.", text)
        assert "uses “Bias” before it links it" in problem

    @pytest.mark.parametrize(
        "early",
        [
            "It is $b + \\partial$.",
            "$$\nx \\leftarrow \\partial b\n$$",
            "```{code-cell}\naxes.semilogy(x)\n```",
            "```{code-cell}\nprint(max([1], key=lambda x: -x))\n```",
        ],
    )
    def test_a_sign_before_its_entry_fails(self, tmp_path: Path, early: str) -> None:
        signs = glossary.Term("Bias", "second", ("bias",), False, ("\\partial", "semilogy", "ast.Lambda"))
        for first, second in (("Text.", f"## Go\n\n{early}\n\n{self.LINKS}"), (early, self.GOOD)):
            chapters = write_small_book(
                tmp_path, root="# Root\n", first="# A\n\n" + first, second="# B\n\n" + second
            )
            (problem,) = glossary.misplaced_terms(chapters, [signs], ["root", "first", "second"])
            assert "before it introduces “Bias”" in str(problem)

    def test_a_sign_beside_its_entry_or_in_a_longer_word_passes(self, tmp_path: Path) -> None:
        signs = glossary.Term("Bias", "second", ("bias",), False, ("\\par",))
        good = f"## Go\n\n{self.LINKS} It is $\\par b$.\n\n$$\n\\par\n$$"
        chapters = write_small_book(
            tmp_path, root="# Root\n", first="# A\n\n$\\partial$", second="# B\n\n" + good
        )
        assert glossary.misplaced_terms(chapters, [signs], ["root", "first", "second"]) == []

    def test_a_missing_link_fails(self, tmp_path: Path) -> None:
        (problem,) = self._problems(tmp_path, "Text.", "## Go\n\nA [step](glossary.md#step).")
        assert "introduces “Bias” by the glossary and never links it" in problem

    @pytest.mark.parametrize(
        ("says", "code", "what"),
        [
            ("Its biases.", "", "“Bias”"),
            ("Give back $\\partial$.", "", "`\\partial`"),
            ("Use `tf.pad`.", "", "`pad`"),
            ("Good.", "def f(x):\n    return tf.pad(x)", "`pad`"),
            ("Good.", "model.run(x, validation_data=y)", "`validation_data`"),
            ("A hint: `model.trainable = False`.", "", "`trainable`"),
            ("A step, unbiased: `tf.reduce_sum`, `x.copy()`, `tf.nowhere`.", "x.reshape(2, axis=1)", None),
        ],
    )
    def test_an_exercise_runs_ahead(self, says: str, code: str, what: str | None, tmp_path: Path) -> None:
        terms = (*self.TERMS, Term("D", "second", ("d",), True, ("\\partial",)))
        shown = "```{code-cell}\ntf.pad(x.copy()).fit(1, validation_data=2)\n```\n\nIt is `layer.trainable`."
        chapters = write_small_book(
            tmp_path, root="# Root\n", first="# A\n\nIt is `tf.reduce_sum`.", second=f"# B\n\n{shown}"
        )
        order = ["root", "first", "second"]
        for home, expected in (("first", what), ("second", None), ("of_a_teacher", None)):
            task = glossary.Task("one", home, says, code)
            found = [str(one) for one in glossary.ahead_of_their_chapter([task], chapters, terms, order)]
            assert len(found) == (expected is not None), found
            assert not found or f"uses {expected}, which second is the first to show" in found[0]

    def test_an_entry_without_a_chapter_fails(self, tmp_path: Path) -> None:
        file = tmp_path / "glossary.md"
        file.write_text(
            "# Glossary\n\n## Bias\n\nA number.\n\n## Step\n\nIt.\n\n"
            "Introduced in [B](second.md). <!-- also: stride --> <!-- everyday word -->\n"
        )
        terms, problems = glossary.read_glossary(file)
        assert terms == [Term("Step", "second", ("step", "stride"), True)]
        assert "the entry “Bias” names no chapter" in str(problems[0])
