"""The private memory: questions ask first, what was missed comes back, and nothing leaves the browser."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from course_lib.workshop.book.site.build import BuiltBook
from tests.workshop.book.test_light_files import address  # noqa: F401 - a fixture
from tests.workshop.book.test_pages import settle, violations

OpenPage = Callable[..., Page]
KEPT = "Object.keys(localStorage).filter((key) => key.includes('/question/'))"
# What the reference, the Python package `fsrs` 6.3.2 without fuzzing, makes of judgements at these times.
REFERENCE = Path(__file__).with_name("fsrs_reference.json")


def first_question(page: Page) -> Locator:
    question = page.locator("details[data-question]").first
    question.locator("summary").click()
    return question


def answered(page: Page, judgement: str) -> Locator:
    question = first_question(page)
    question.get_by_role("textbox").fill("a guess of mine")
    question.get_by_role("button", name="Show the answer").click()
    question.get_by_role("button", name=judgement, exact=True).click()
    expect(question.locator(".question-state")).to_contain_text("It comes back")
    return question


def test_a_question_shows_its_answer_only_after_a_prediction(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "chapters/perceptron.html")
    question = first_question(page)
    assert not question.locator(".question-answer").is_visible()
    assert not question.get_by_role("button", name="Right", exact=True).is_visible()
    question.get_by_role("textbox").fill("a guess of mine")
    assert violations(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert question.locator(".question-answer").is_visible()
    assert "a guess of mine" in question.locator(".question-said").inner_text()
    assert violations(page) == []


def test_what_was_missed_comes_back_and_can_be_taken_along(
    book: BuiltBook, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(book.folder / "chapters/perceptron.html")
    words = answered(page, "I missed it").locator("summary").inner_text()
    page.goto((book.folder / "review.html").as_uri())
    state = page.locator(".review-state")
    expect(state).to_contain_text("Nothing is due. The next question comes back later today.")
    make_due = 'localStorage[key] = localStorage[key].replace(/"due":"20../, \'"due":"2000\'.slice(0, 11))'
    page.evaluate(f"for (const key of {KEPT}) {make_due}")
    page.reload()
    expect(state).to_have_text("1 due, of 1 that you have answered.")
    card = page.locator(".review-card:not([hidden])")
    assert card.locator("summary").inner_text() == words
    assert violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to a file").click()
    download.value.save_as(tmp_path / "progress.json")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget everything").click()
    expect(state).to_contain_text("You have judged no question yet")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('neural-'))") == []
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    page.locator(".memory-file").set_input_files(tmp_path / "other.json")
    expect(page.locator(".memory-state")).to_contain_text("holds no progress of this book")
    page.locator(".memory-file").set_input_files(tmp_path / "progress.json")
    expect(state).to_have_text("1 due, of 1 that you have answered.")
    card.get_by_role("button", name="Show the answer").click()
    card.get_by_role("button", name="Right at once").click()
    page.get_by_role("button", name="Next question").click()
    expect(state).to_contain_text("Nothing is due.")


def test_reading_goes_on_where_it_stopped(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "chapters/perceptron.html")
    settle(page)
    page.evaluate("document.querySelector('#four-mistakes-by-hand').scrollIntoView({ behavior: 'instant' })")
    page.wait_for_function("localStorage['neural-networks-course/place']?.includes('four-mistakes-by-hand')")
    page.goto((book.folder / "chapters/index.html").as_uri())
    page.get_by_role("link", name="The perceptron, Four mistakes, by hand").click()
    page.wait_for_url("**/perceptron.html#four-mistakes-by-hand")


def test_every_question_of_the_chapters_can_come_back(book: BuiltBook) -> None:
    name = re.compile(r'data-question="(\w+)"')
    asked = [
        found
        for page in book.folder.glob("chapters/*.html")
        for found in name.findall(page.read_text("utf-8"))
    ]
    assert len(asked) > 80
    assert sorted(asked) == sorted(set(name.findall((book.folder / "review.html").read_text("utf-8"))))


def test_the_scheduler_says_what_its_reference_says(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "review.html")
    sequences = json.loads(REFERENCE.read_text(encoding="utf-8"))
    made = page.evaluate(
        """async (sequences) => {
          const FSRS = await courseMemory.scheduler();
          return sequences.map((steps) => {
            let card;
            return steps.map(({ at, grade }) => {
              // As the browser keeps it.
              card = JSON.parse(JSON.stringify(courseMemory.schedule(FSRS, card, new Date(at), grade)));
              return { ...card, due: new Date(card.due).getTime() };
            });
          });
        }""",
        sequences,
    )
    for steps, cards in zip(sequences, made, strict=True):
        for step, card in zip(steps, cards, strict=True):
            assert card["stability"] == pytest.approx(step["stability"], rel=1e-4), step
            assert card["difficulty"] == pytest.approx(step["difficulty"], rel=1e-4), step
            # The first steps are minutes, of which the two round some differently.
            due = datetime.fromisoformat(step["due"]).timestamp() * 1000
            assert abs(card["due"] - due) < 5 * 60_000, step


def test_a_served_book_is_read_without_a_network_after_one_visit(
    book: BuiltBook,
    address: str,  # noqa: F811 - a fixture
    chromium: Browser,
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{address}/chapters/index.html")
    manifest = page.evaluate("document.querySelector('link[rel=manifest]').href")
    facts = page.evaluate("async (url) => (await fetch(url)).json()", manifest)
    assert facts["display"] == "standalone"
    assert (book.folder / facts["start_url"]).is_file()
    assert all((book.folder / icon["src"]).is_file() for icon in facts["icons"])
    page.wait_for_function("navigator.serviceWorker.controller !== null", timeout=60_000)
    context.set_offline(True)
    page.goto(f"{address}/chapters/optimizers.html")
    settle(page)
    assert page.locator("article h1").inner_text().startswith("Optimisers")
    page.goto(f"{address}/review.html?from=home")
    assert page.locator(".review-state").inner_text()
    context.close()


def test_a_finger_reaches_cards_permalinks_and_wrapped_code(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "chapters/perceptron.html", 390, has_touch=True, is_mobile=True)
    settle(page)
    here = page.url
    link = page.locator("a.has-hover-card").first
    link.tap()
    expect(page.locator("#hover-card-shown")).to_contain_text("Tap the word again")
    assert page.url == here
    link.tap()
    page.wait_for_url("**/glossary.html#perceptron")
    page.go_back()
    settle(page)
    assert page.locator("a.headerlink").first.is_visible()
    assert (
        float(page.evaluate("parseFloat(getComputedStyle(document.querySelector('article pre')).fontSize)"))
        >= 13
    )
    wide = "[...document.querySelectorAll('article pre')].filter((e) => e.scrollWidth > e.clientWidth).length"
    assert page.evaluate(wide) > 0
    page.locator(".course-more summary").tap()
    page.get_by_role("button", name="Wrap long lines of code").tap()
    assert page.evaluate(wide) == 0
    page.reload()
    assert page.evaluate(wide) == 0


def test_the_glossary_has_an_a_to_z(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "chapters/glossary.html")
    letters = page.locator(".letters a")
    entries = page.locator("#glossary > section > h2").all_inner_texts()
    assert letters.all_inner_texts() == sorted({entry[0].upper() for entry in entries})
    letters.last.click()
    last = page.evaluate("document.querySelector(location.hash).querySelector('h2').textContent")
    assert last[0].upper() == letters.last.inner_text()


def test_previous_and_next_stand_at_the_top_too(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "chapters/cost_functions.html", 390)
    page.get_by_role("link", name="Next: ", exact=False).first.click()
    page.wait_for_url("**/exercises/cost_functions.html")
    page.locator(".course-previous").click()
    page.wait_for_url("**/chapters/cost_functions.html")


def test_pages_say_what_they_are_as_data(book: BuiltBook) -> None:
    for path in sorted(book.folder.glob("chapters/**/*.html")):
        (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', path.read_text("utf-8"))
        facts = json.loads(text)
        assert facts["@context"] == "https://schema.org"
        assert facts["url"].endswith(path.relative_to(book.folder).as_posix())
        assert facts["name"]
        assert facts["isPartOf"]["version"]
