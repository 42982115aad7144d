"""What the extension makes of each construct, read from the built pages of the example book."""

import ast
import atexit
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.chapters.library_code import (
    REPOSITORY,
    find_definition,
    fold_docstrings,
)
from course_lib.workshop.book.site.build import BuiltBook
from course_lib.workshop.book.site.extension.formulas import find_formula_errors, start_server
from course_lib.workshop.book.site.extension.inline_text import parse_inline
from course_lib.workshop.book.site.extension.live_figures import still_picture
from course_lib.workshop.book.site.extension.widgets_at_rest import control_html


def page(book: BuiltBook, name: str) -> BeautifulSoup:
    text = (book.folder / "chapters" / f"{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


@pytest.fixture(scope="module")
def plain(example_book: BuiltBook) -> BeautifulSoup:
    return page(example_book, "plain")


@pytest.fixture(scope="module")
def lively(example_book: BuiltBook) -> BeautifulSoup:
    return page(example_book, "lively")


def styles_of(soup: BeautifulSoup, book: BuiltBook) -> str:
    (link,) = soup.select('link[href$=".css"]')
    return (book.folder / "chapters" / str(link["href"])).read_text(encoding="utf-8")


def article(soup: BeautifulSoup) -> Tag:
    found = soup.find("article")
    assert isinstance(found, Tag)
    return found


class TestAlerts:
    @pytest.mark.parametrize("kind", ["note", "tip", "important", "warning"])
    def test_an_alert_becomes_an_admonition(self, plain: BeautifulSoup, kind: str) -> None:
        (found,) = plain.select(f"div.admonition.{kind}")
        assert found.select_one(".admonition-title").get_text().lower() == kind
        assert "[!" not in found.get_text()

    def test_the_text_s_own_form_is_one_too(self, example_book: BuiltBook) -> None:
        (found,) = page(example_book, "references").select("div.admonition.caution")
        assert found.select_one("p:not(.admonition-title)").get_text() == (
            "A page without code is read from its text."
        )

    def test_all_its_paragraphs_stay(self, plain: BeautifulSoup) -> None:
        words = [p.get_text() for p in plain.select("div.admonition.tip > p:not(.admonition-title)")]
        assert words == ["A tip.", "It has a second paragraph."]

    def test_a_quotation_stays_one(self, plain: BeautifulSoup) -> None:
        quotes = [quote.get_text().strip() for quote in plain.select("blockquote")]
        assert quotes == ["A quotation stays a quotation."]

    def test_code_and_outputs_that_look_like_one_are_left_alone(self, plain: BeautifulSoup) -> None:
        assert "'> [!TIP]\\n<!-- claim: True -->'" in plain.select_one("div.cell_input").get_text()
        assert "> [!NOTE]\n<!-- hello -->" in plain.select_one("div.cell_output").get_text()


class TestComments:
    def test_no_comment_of_a_chapter_reaches_its_page(self, plain: BeautifulSoup) -> None:
        text = article(plain).decode()
        for word in ("claim: 1 + 1", "given: four", "formula: line_gradient"):
            assert word not in text

    def test_the_sentences_around_them_stay(self, plain: BeautifulSoup) -> None:
        assert "and compares." in article(plain).get_text()
        assert "The weights are four." in article(plain).get_text()


class TestAnswers:
    def test_question_and_answer_are_rendered_as_text_is(self, plain: BeautifulSoup) -> None:
        first, second = plain.select("details.answer")
        assert first.summary.select_one(".katex")
        assert first.summary.code.get_text() == "fit"
        assert first.select_one(".answer-body strong").get_text() == "origin"
        assert first.select_one(".answer-body .katex-display")
        assert second.summary.get_text() == "A second question?"

    def test_they_are_folded(self, plain: BeautifulSoup) -> None:
        assert not plain.select("details[open]")

    @pytest.mark.parametrize(
        ("text", "kinds"),
        [
            ("Why?", ["Text"]),
            ("Is $x < 1$ so?", ["Text", "math", "Text"]),
            ("`a` and <code>b</code>", ["literal", "Text", "literal"]),
            ("It costs 5 $ or 6 $ more", ["Text"]),
            ("<!-- given: $5$ and `6` -->", []),
        ],
    )
    def test_short_texts(self, text: str, kinds: list[str]) -> None:
        assert [type(node).__name__ for node in parse_inline(text)] == kinds


class TestLibrarySource:
    def test_a_line_of_its_own_shows_the_code(self, plain: BeautifulSoup) -> None:
        (block,) = plain.select("details.library-source")
        source = (REPOSITORY / "course_lib/arguments.py").read_text(encoding="utf-8")
        code, documentation = fold_docstrings(source.rstrip())
        assert block.pre.get_text().strip() == code.strip()
        (fold,) = block.select("details.library-documentation")
        assert fold.pre.get_text().strip() == documentation.strip()
        assert block.a["href"].startswith(read_addresses(REPOSITORY).source("course_lib/arguments.py"))
        assert f"/course_lib/arguments.py#L1-L{len(source.splitlines())}" in block.a["href"]

    @pytest.mark.parametrize(
        "name", ["arguments", "network", "autodiff", "perceptron", "tf/training", "tf/models"]
    )
    def test_docstrings_fold_and_code_stays(self, name: str) -> None:
        """Without docstrings both are the same program, and no line of any docstring is lost."""
        source = (REPOSITORY / f"course_lib/{name}.py").read_text(encoding="utf-8")
        code, documentation = fold_docstrings(source)
        programs = []
        for text in (source, code):
            tree = ast.parse(text)
            for node in ast.walk(tree):
                if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                    said = (ast.get_docstring(node) or "").splitlines()
                    assert said[0] in code
                    assert all(line.strip() in documentation for line in said[1:])
                    node.body[0] = ast.Pass()
            programs.append(ast.dump(tree))
        assert programs[0] == programs[1]
        assert all(
            "\n" not in (ast.get_docstring(node) or "")
            for node in ast.walk(ast.parse(code))
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        )

    def test_a_short_docstring_stays_where_it_is(self) -> None:
        text = 'def double(x):\n    """Double it."""\n    return 2 * x'
        assert fold_docstrings(text) == (text, "")

    def test_a_link_in_a_sentence_stays_a_link(self, plain: BeautifulSoup) -> None:
        link = plain.find("a", string="one small file")
        assert link["href"].endswith("/course_lib/arguments.py")
        assert link["href"].startswith("https://")

    @pytest.mark.parametrize(
        "name", ["course_lib.workshop.cli.LazyGroup", "course_lib.workshop.cli.LazyGroup.get_command"]
    )
    def test_a_definition_is_the_real_one(self, name: str) -> None:
        path = REPOSITORY / "course_lib/workshop/cli.py"
        found = find_definition(path, name)
        assert found is not None
        (parsed,) = ast.parse(found.text).body
        assert parsed.name == name.rsplit(".", 1)[1]  # type: ignore[attr-defined]
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[found.first_line - 1].strip() == found.text.splitlines()[0]

    def test_decorators_belong_to_it(self) -> None:
        found = find_definition(REPOSITORY / "course_lib/workshop/cli.py", "course_lib.workshop.cli.main")
        assert found is not None
        assert found.text.startswith("@click.command")

    def test_a_constant_can_be_shown(self) -> None:
        found = find_definition(REPOSITORY / "course_lib/workshop/cli.py", "course_lib.workshop.cli.COMMANDS")
        assert found is not None
        assert found.text.startswith("COMMANDS = {")

    def test_what_is_not_there_is_not_found(self) -> None:
        assert (
            find_definition(REPOSITORY / "course_lib/workshop/cli.py", "course_lib.workshop.cli.nothing")
            is None
        )
        assert find_definition(REPOSITORY / "course_lib/workshop/cli.py", "course_lib.data.xor") is None


class TestExerciseCards:
    def test_an_exercise_is_a_card_with_its_points(self, plain: BeautifulSoup) -> None:
        (card,) = plain.select("section.exercise")
        assert card.h2.select_one(".exercise-points").get_text() == "2 points"
        assert "(2 points)" not in card.get_text()
        assert card.h2.select_one(".katex")
        assert "Do it by hand." in card.get_text()


class TestHoverCards:
    def test_each_linked_entry_comes_along_once(self, plain: BeautifulSoup) -> None:
        entries = [card["data-entry"] for card in plain.select(".hover-cards .hover-card")]
        assert entries == ["glossary.html#perceptron", "references.html#rosenblatt-1958"]

    def test_a_card_holds_the_first_paragraph_with_its_formulas(self, plain: BeautifulSoup) -> None:
        card = plain.select_one('[data-entry="glossary.html#perceptron"]')
        assert card.get_text().startswith("A unit that adds up")
        assert card.select_one(".katex")
        assert "second paragraph" not in card.get_text()
        assert not card.select("a")

    def test_its_link_works_without_scripts(self, plain: BeautifulSoup, example_book: BuiltBook) -> None:
        link = plain.find("a", string="perceptron")
        assert link["href"] == "glossary.html#perceptron"
        assert page(example_book, "glossary").find(id="perceptron")


class TestSpokenFormulas:
    def test_a_formula_says_itself(self, plain: BeautifulSoup) -> None:
        said = [str(formula.get("alttext")) for formula in plain.select("math")]
        assert said == [str(formula.get("aria-label")) for formula in plain.select("math")]
        assert "w times x" in said
        assert any("the fraction with numerator" in words for words in said)

    def test_no_page_of_the_book_has_a_silent_one(self, book: BuiltBook) -> None:
        for page in sorted(book.folder.glob("chapters/**/*.html")):
            text = page.read_text(encoding="utf-8")
            assert text.count("<math ") == len(re.findall(r'<math alttext="[^"]+" aria-label="[^"]+"', text))


class TestPictures:
    def test_alternative_text_and_caption(self, plain: BeautifulSoup) -> None:
        figure = plain.select_one("div.cell_output figure")
        words = "A line falls from 1 to 0, then rises to 1."
        assert figure.select('img:not([alt=""])')[-1]["alt"] == words
        assert [panels["aria-label"] for panels in figure.select('.picture-panels [role="img"]')] == [words]
        assert figure.figcaption.get_text().strip().startswith("The loss falls, then rises;")
        assert figure.figcaption.select_one(".katex")


class TestLiveFigures:
    def test_the_place_holds_state_and_a_still_picture(self, lively: BeautifulSoup) -> None:
        (place,) = lively.select("div.course-figure")
        assert place["data-figure"] == "ConcertDecision"
        assert '"threshold":1.5' in place["data-state"]
        assert place.select_one('[role="img"] svg')
        assert place.select_one('[role="img"]')["aria-label"].strip()

    def test_its_module_comes_once_and_no_other_page_has_one(
        self, lively: BeautifulSoup, plain: BeautifulSoup, example_book: BuiltBook
    ) -> None:
        assert len(lively.select("script[data-figure-module]")) == 1
        assert not plain.select("script[data-figure-module]")
        assert ".figure-frame" not in styles_of(plain, example_book)

    def test_no_script_holds_it_up(self, lively: BeautifulSoup, example_book: BuiltBook) -> None:
        waited_for = [script["src"] for script in lively.select("script[src]:not([defer])")]
        assert [Path(source).name.partition(".js")[0] for source in waited_for] == ["documentation_options"]
        search = (example_book.folder / "search.html").read_text(encoding="utf-8")
        assert "search.js" in search
        assert "searchtools.js" not in search
        assert not lively.select("script[src*=searchindex]")
        assert ".figure-frame" in styles_of(lively, example_book)

    def test_without_a_picture_there_are_words(self) -> None:
        assert still_picture("", "Three & four") == '<p class="course-figure-words">Three &amp; four</p>'


class TestWidgetsAtRest:
    def test_controls_are_native_labelled_and_disabled(self, lively: BeautifulSoup) -> None:
        rows = lively.select(".widget-controls label.widget-row")
        assert [row.select_one(".widget-label").get_text() for row in rows] == ["rate", "shuffle", "loss"]
        assert all(row.find(["input", "select"]).has_attr("disabled") for row in rows)
        assert rows[0].input["value"] == "0.3"
        assert rows[0].select_one(".widget-readout").get_text() == "0.30"
        assert rows[1].input.has_attr("checked")
        assert rows[2].select_one("option[selected]").get_text() == "mae"

    def test_what_the_function_printed_is_shown(self, lively: BeautifulSoup) -> None:
        assert "the loss is 0.25" in lively.select_one(".widget-at-rest").get_text()

    def test_no_widget_state_is_left_for_a_manager(self, lively: BeautifulSoup) -> None:
        assert "vnd.jupyter.widget" not in lively.decode()

    @pytest.mark.parametrize(
        ("kind", "state", "wanted"),
        [
            ("Label", {"value": "<b>"}, "&lt;b&gt;"),
            ("Button", {"description": "Go"}, "disabled>Go</button>"),
            ("Text", {"description": "name", "value": 'a"b'}, 'value="a&quot;b"'),
            ("FloatLogSlider", {"value": 0.01, "min": -4, "max": 0, "step": 0.1, "base": 10}, 'value="-2"'),
            ("IntSlider", {"description": "n", "value": 3, "readout_format": "d"}, ">3</span>"),
        ],
    )
    def test_kinds(self, kind: str, state: dict[str, object], wanted: str) -> None:
        assert wanted in control_html({"model_name": f"{kind}Model", "state": state})


class TestButtons:
    def test_they_name_the_files_of_the_chapter(self, plain: BeautifulSoup) -> None:
        bar = plain.select_one(".article-header-buttons")
        links = {" ".join(a.get_text().split()): a["href"] for a in bar.select("a")}
        colab = bar.select_one("a.course-colab")["href"]
        assert colab.startswith("https://colab.research.google.com/github/")
        assert colab.endswith("/chapters/plain.ipynb")
        assert links["Run in Kaggle"].startswith("https://www.kaggle.com/kernels/welcome?src=https://")
        assert links["Run in Kaggle"].endswith("/chapters/plain.ipynb")
        assert links["Run in Codespaces"].startswith("https://codespaces.new/")
        assert links["Download the notebook"].endswith("_sources/chapters/plain.ipynb")
        assert links["View the source"].endswith("/chapters/plain.md")
        assert "/blob/" in links["View the source"]
        assert links["Suggest an edit"] == links["View the source"].replace("/blob/", "/edit/")

    def test_the_notebook_to_download_is_there(self, example_book: BuiltBook, example_source: Path) -> None:
        downloaded = example_book.folder / "_sources/chapters/plain.ipynb"
        assert downloaded.read_bytes() == (example_source / "chapters/plain.ipynb").read_bytes()

    def test_the_set_up_cell_is_hidden(self, plain: BeautifulSoup) -> None:
        assert "install('the course')" not in plain.decode()


class TestMetadata:
    def test_a_message_with_a_link_shows_title_and_first_words(self, plain: BeautifulSoup) -> None:
        def content(name: str) -> str:
            return str(plain.find("meta", property=name)["content"])

        assert content("og:title") == "A plain chapter"
        assert content("og:description").startswith("You will read about the perceptron")
        assert content("og:url").endswith("/chapters/plain.html")


def test_the_renderer_of_formulas_starts_and_ends() -> None:
    server = start_server()
    assert "katex" in server.render({"latex": "x^2", "katex_options": {}}, 60)["html"]
    server.terminate()
    atexit.unregister(server.terminate)
    assert server.process.wait(10) is not None


def test_a_formula_that_cannot_be_read_is_found() -> None:
    html = '<span class="katex-error" title="ParseError: KaTeX parse error: Expected &#39;}&#39;" style="">'
    assert find_formula_errors(html) == ["ParseError: KaTeX parse error: Expected '}'"]
    assert find_formula_errors('<span class="katex">x</span>') == []
