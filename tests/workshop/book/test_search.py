"""The search: by section, as one types, from a file; and the place that introduces a thing comes first."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from course_lib.workshop.book.site.build import BuiltBook

OpenPage = Callable[..., Page]

# What people type, and where a reader of the book would send them. Written by reading the chapters.
FIRST_ANSWERS = {
    "gradient descent": "cost_functions.html#walking-downhill",
    "Gradient  Descent": "cost_functions.html#walking-downhill",
    "xor": "perceptron.html#what-no-perceptron-can-learn",
    "overfitting": "generalisation.html#learning-by-heart",
    "overfit": "generalisation.html#learning-by-heart",
    "tf.function": "tensorflow_basics.html#graphs",
    "retracing": "tensorflow_basics.html#graphs",
    "crossentropy": "cost_functions.html#the-cost-of-being-surprised",
    "cross-entropy": "cost_functions.html#the-cost-of-being-surprised",
    "local minimum": "cost_functions.html#one-slice-of-the-cost",
    "logistic regression": "cost_functions.html#from-a-step-to-a-slope",
    "sigmoid": "cost_functions.html#from-a-step-to-a-slope",
    "softmax": "cost_functions.html#more-than-two-answers",
    "normalise": "pattern_recognition.html#why-scale-matters",
    "normalize": "pattern_recognition.html#why-scale-matters",
    "rmse": "cost_functions.html#three-ways-to-add-up-one-of-them-useless",
    "η": "perceptron.html#a-friend-whose-reasons-you-do-not-know",
    "and": "perceptron.html#a-decision-is-a-line",
    "or": "perceptron.html#a-decision-is-a-line",
    "not": "perceptron.html#a-decision-is-a-line",
    "0.97": "exercises/generalisation.html#is-0-97-better-than-0-96-3-points",
    "backprop": "neural_networks.html#whose-fault-is-it",
    "chain rule": "neural_networks.html#whose-fault-is-it",
    "universal approximation": "neural_networks.html#as-many-bumps-as-you-like",
    "vanishing gradient": "debugging_training.html#gradients-that-fade",
    "dead units": "debugging_training.html#units-that-went-to-sleep",
    "GradientTape": "tensorflow_basics.html#the-tape",
    "SavedModel": "tensorflow_basics.html#saving-and-proving-it",
    "momentum": "training_loops.html#optimisers",
    "early stopping": "generalisation.html#second-remedy-stop-in-time",
    "confusion matrix": "generalisation.html#which-mistakes",
    "data leakage": "generalisation.html#too-good-to-be-true",
    "draw a digit": "generalisation.html#draw-a-digit",
    "iris": "pattern_recognition.html#real-flowers",
    "matmul": "before_you_start.html#matrix-product",
    "traceback": "before_you_start.html#reading-a-traceback",
    "broadcasting": "before_you_start.html#broadcasting",
    "Perceptron.fit": "perceptron.html#four-mistakes-by-hand",
}
# One slip each: a letter left out, doubled, exchanged, or two that changed places.
SLIPS = {
    "perceptrn": "perceptron.html",
    "sigmiod": "cost_functions.html#from-a-step-to-a-slope",
    "overfiting": "generalisation.html#learning-by-heart",
    "bradcasting": "before_you_start.html#broadcasting",
}


def ask(page: Page, words: str) -> list[str]:
    """Type into the field of the search page, and return the places found, first things first."""
    page.fill(".bd-search-container input", "")
    page.wait_for_function("!document.querySelector('#search-results li')")
    page.fill(".bd-search-container input", words)
    page.wait_for_function(
        "document.querySelector('.bd-search-container .search-summary').textContent !== ''"
    )
    links = page.locator("#search-results li a").evaluate_all("links => links.map((link) => link.href)")
    return [link.partition("/chapters/")[2] for link in links]


def test_the_right_place_comes_first(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "search.html")
    asked = FIRST_ANSWERS | SLIPS
    assert len(asked) >= 40
    found = {words: (ask(page, words) or [""])[0] for words in asked}
    assert found == asked


def test_every_term_finds_its_introduction_before_its_entry(book: BuiltBook, open_page: OpenPage) -> None:
    from bs4 import BeautifulSoup

    glossary = BeautifulSoup((book.folder / "chapters/glossary.html").read_text("utf-8"), "html.parser")
    page = open_page(book.folder / "search.html")
    for entry in glossary.select("article section section"):
        (line,) = [p for p in entry.select("p") if p.get_text().startswith("Introduced ")]
        name = entry.h2.get_text().rstrip("#")
        first = ask(page, name)[0].partition("#")[0]
        assert first == line.a["href"].partition("#")[0], name


def test_nothing_found_is_said(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "search.html")
    assert ask(page, "qqqqzzzz") == []
    assert "Nothing found" in page.inner_text(".bd-search-container .search-summary")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_field_of_a_page_answers_as_one_types(book: BuiltBook, open_page: OpenPage, width: int) -> None:
    page = open_page(book.folder / "chapters/scaling_up.html", width)
    assert page.evaluate("typeof MiniSearch") == "undefined"  # a page that is only read loads no search
    page.keyboard.press("Control+k")
    page.keyboard.type("chain rul")
    page.wait_for_selector("#pst-search-dialog li")
    first = page.locator("#pst-search-dialog li").first
    assert "Neural networks" in first.locator(".search-place").inner_text()
    assert "chain" in first.locator("mark").first.inner_text().lower()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/neural_networks.html#whose-fault-is-it")


def test_a_place_on_the_same_page_closes_the_dialog(book: BuiltBook, open_page: OpenPage) -> None:
    page = open_page(book.folder / "chapters/perceptron.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("xor")
    page.wait_for_selector("#pst-search-dialog li")
    page.locator("#pst-search-dialog li a").first.click()
    page.wait_for_function("!document.querySelector('#pst-search-dialog').open")
    assert page.url.endswith("#what-no-perceptron-can-learn")
