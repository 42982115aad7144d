"""Exercises are answered in the built page, opened from its file, without a network."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from course_lib.exercises.questions import named, names
from course_lib.workshop.book.site.build import BuiltBook
from course_lib.workshop.exercises import ladders
from course_lib.workshop.exercises.definition import load_exercises
from tests.workshop.book.test_light_files import address  # noqa: F401 - a fixture
from tests.workshop.book.test_pages import turn, violations

NAME = "perceptron.two_forms"
RIGHT = (
    "def to_bias(weights, threshold):\n    return weights, -threshold\n\n\n"
    "def to_threshold(weights, bias):\n    return weights, -bias\n"
)
WRONG = RIGHT.replace("-threshold", "threshold")
READY = 60_000  # milliseconds: a busy machine starts Python slowly
# Spoil what the browser has kept: pieces by what their names hold, or the memory of a start.
DAMAGE = """async ([words, isWhole]) => {
  const cache = await caches.open("course-live");
  for (const request of await cache.keys()) {
    const name = request.url.split("/").pop();
    if (!words.some((word) => (name.includes("-") ? word === "memory" : name.includes(word)))) continue;
    const kept = await cache.match(request);
    const [bytes, headers] = [new Uint8Array(await kept.arrayBuffer()), new Headers(kept.headers)];
    bytes.fill(0, 9);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    if (isWhole) headers.set("X-Digest", digest.join(" "));
    await cache.put(request, new Response(bytes, { headers }));
  }
}"""
HAS_MEMORY = """async () => {
  const keys = await (await caches.open("course-live")).keys();
  return keys.some(({ url }) => url.split("/").pop().includes("-"));
}"""
DRAWS = "import random\nimport matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nprint(random.random())\n"
KEPT = f"localStorage.getItem('neural-networks-course/answer/{NAME}')"


def exercise_page(book: BuiltBook, chapter: str = "perceptron") -> Path:
    return book.folder / "chapters" / "exercises" / f"{chapter}.html"


def press(page: Page, name: str = NAME) -> Locator:
    """Press "Answer here", wait for Python, and return the exercise."""
    page.locator(f"[data-exercise='{name}'] button").click()
    box = page.locator(".live-exercise", has=page.get_by_role("group", name=named(name).title))
    expect(box.locator(".live-state")).to_have_text("Python is ready.", timeout=READY)
    return box


def write(box: Locator, code: str) -> None:
    """Replace what stands in the editor, as somebody who pastes does."""
    box.locator(".cm-content").click()
    box.page.keyboard.press("Control+A")
    box.page.keyboard.insert_text(code)


def button(box: Locator, words: str) -> Locator:
    return box.get_by_role("button", name=words, exact=True)


def verdict(box: Locator, words: str) -> None:
    expect(box.locator(".live-verdict")).to_contain_text(words, timeout=READY)


def test_every_exercise_without_tensorflow_is_offered(book: BuiltBook) -> None:
    text = "".join(path.read_text() for path in exercise_page(book).parent.glob("*.html"))
    offered = {name for name in names() if f'data-exercise="{name}"' in text}
    assert offered == {name for name in names() if not named(name).packages}
    assert text.count("It needs TensorFlow, which does not run in a page") == len(names()) - len(offered)


def test_an_answer_from_the_press_to_the_handed_in_notebook(
    book: BuiltBook, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(exercise_page(book))
    assert not page.evaluate("'courseLive' in window")
    page.locator(f"[data-exercise='{NAME}'] button").focus()
    page.keyboard.press("Enter")
    box = page.locator(".live-exercise").first
    expect(box.locator(".live-state")).to_have_text("Python is ready.", timeout=READY)
    expect(page.get_by_text(f'check("{NAME}")')).to_be_hidden()
    expect(box.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(WRONG)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(button(box, "Run")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    verdict(box, "The bias has the threshold's sign.")
    for width, scheme in ((1280, "light"), (390, "dark")):
        turn(page, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []
    write(box, WRONG + "print('seen')\n1 / 0\n")
    button(box, "Run").click()
    verdict(box, "Line 8: 1 / 0\nZeroDivisionError: division by zero")
    expect(box.locator(".live-printed")).to_have_text("seen\n")
    button(box, "Hint").click()
    verdict(box, "Hint 1 of 2:")
    write(box, RIGHT)
    button(box, "Check").click()
    verdict(box, "✓ Right: A threshold is a bias in disguise")
    expect(page.locator(".live-glance li").first).to_contain_text("right")

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as notebook").click()
    waiting.value.save_as(tmp_path / "perceptron.ipynb")
    committed = json.loads(Path("chapters/exercises/perceptron.ipynb").read_text(encoding="utf-8"))
    handed_in = json.loads((tmp_path / "perceptron.ipynb").read_text(encoding="utf-8"))
    assert [cell["id"] for cell in handed_in["cells"]] == [cell["id"] for cell in committed["cells"]]
    assert [cell["source"] for cell in handed_in["cells"]].count(RIGHT) == 1

    page.goto((book.folder / "chapters" / "index.html").as_uri())
    expect(page.locator("a[href='exercises/perceptron.html']").first).to_contain_text("(1 right)")
    page.goto(exercise_page(book).as_uri())
    expect(page.locator(f"[data-exercise='{NAME}']")).to_contain_text("Your answer in this browser: right.")
    page.reload()  # the answer survives; a reset is undone; a notebook is read back
    page.locator(f"[data-exercise='{NAME}'] button").click()
    box = page.locator(".live-exercise").first
    expect(box.locator(".cm-content")).to_contain_text("return weights, -threshold")
    button(box, "Reset").click()
    expect(box.locator(".cm-content")).to_contain_text("...")
    page.locator("input[type=file]").set_input_files(tmp_path / "perceptron.ipynb")
    expect(page.locator(".live-panel .live-state")).to_contain_text("from perceptron.ipynb")
    assert json.loads(page.evaluate(KEPT))["answer"] == RIGHT
    page.locator("input[type=file]").set_input_files(__file__)
    expect(page.locator(".live-panel .live-state")).to_contain_text("is no notebook")


def test_a_ladder_leads_from_shuffled_lines_over_gaps_to_the_blank_page(
    book: BuiltBook, open_page: Callable[..., Page]
) -> None:
    name, right = "neural_networks.bump", ["up = ", "down = ", "return "]
    page = open_page(exercise_page(book, "neural_networks"), width=390, has_touch=True)
    box = press(page, name)
    button(box, "Order the lines").click()
    lines = box.locator(".live-lines li")
    button(box, "Check").click()
    verdict(box, "What is not right yet is their order.")
    for place, words in enumerate(right):  # with the keyboard alone
        line = lines.filter(has_text=words)
        line.get_by_role("button", name="Move up").focus()
        while words not in lines.nth(place).inner_text():
            page.keyboard.press("Enter")
            expect(line.get_by_role("button", name="Move up")).to_be_focused()
    expect(box.locator(".live-state")).to_contain_text("of 3: ")
    button(box, "Check").click()
    verdict(box, "✓ Right")
    expect(box.locator(".live-state")).to_contain_text("The next one: Fill the gaps")
    first, second = (lines.nth(place).locator(".live-grip").bounding_box() for place in (0, 1))
    assert first
    assert second
    page.mouse.move(first["x"] + 5, first["y"] + 5)  # another order that is right, with the pointer
    page.mouse.down()
    page.mouse.move(first["x"] + 5, second["y"] + second["height"], steps=5)
    page.mouse.up()
    expect(lines.first).to_contain_text("down = ")
    button(box, "Check").click()
    verdict(box, "✓ Right")
    expect(page.locator(".live-glance li").nth(3)).to_contain_text(
        "not checked yet; the lines in order: right"
    )

    button(box, "Fill the gaps").click()
    button(box, "Check").click()
    expect(box.locator(".live-state")).to_contain_text("Nothing is written here yet: Gap 1 of")
    gaps = box.locator(".live-gaps input")
    expect(gaps.first).to_be_focused()
    solution = load_exercises(chapters={"neural_networks"})[name].solution_source
    parts = json.loads(ladders.FILE.read_text(encoding="utf-8"))[name]["gaps"]
    match = re.fullmatch(r"(\S+)".join(map(re.escape, parts)), solution)
    assert match
    for place, words in enumerate(match.groups()):
        gaps.nth(place).fill("1" if place == 0 else words)
    button(box, "Check").click()
    verdict(box, "What is not right yet stands in one of them.")
    gaps.first.fill(match[1])
    button(box, "Check").click()
    verdict(box, "✓ Right")
    page.reload()  # the rung and the work on it are kept like an answer
    page.locator(f"[data-exercise='{name}'] button").click()
    expect(button(box, "Fill the gaps")).to_have_attribute("aria-pressed", "true")
    expect(gaps.first).to_have_value(match[1])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    button(box, "Order the lines").click()
    expect(lines.first).to_contain_text("down = ")
    assert violations(page) == []
    button(box, "The blank page").click()
    expect(box.locator(".cm-content")).to_contain_text("...")


def test_whatever_the_code_does_it_can_be_stopped_and_the_answer_is_kept(
    book: BuiltBook, open_page: Callable[..., Page]
) -> None:
    page = open_page(exercise_page(book))
    box = press(page)
    write(box, RIGHT.replace("return weights, -bias", "while True:\n        pass"))
    button(box, "Check").click()
    verdict(box, "It did not come back in time. Is there a loop that never ends?")
    stuck = "sum(iter(int, 1))  # within C, where no clock is looked at\n"
    write(box, stuck)
    button(box, "Run").click()
    page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    button(box, "Stop").click()
    expect(box.locator(".live-state")).to_contain_text("Stopped. Your answer is kept")
    assert json.loads(page.evaluate(KEPT))["answer"] == stuck
    write(box, "class A:\n    def __getattr__(self, name):\n        return getattr(self, name)\n\nA().b\n")
    button(box, "Run").click()
    said = box.locator(".live-state").or_(box.locator(".live-error"))
    expect(said.filter(has_text="more deeply").or_(said.filter(has_text="Recursion"))).to_be_visible(
        timeout=READY
    )
    write(box, RIGHT)
    button(box, "Check").click()
    verdict(box, "✓ Right")


def test_what_a_browser_keeps_may_be_damaged_or_nothing(
    book: BuiltBook, open_page: Callable[..., Page]
) -> None:
    page = open_page(exercise_page(book))
    page.evaluate(f"localStorage.setItem('neural-networks-course/answer/{NAME}', '{{not JSON')")
    page.locator(f"[data-exercise='{NAME}'] button").click()
    page.locator(".cm-editor").first.wait_for()
    kept = "localStorage.getItem('neural-networks-course/unreadable/perceptron.two_forms')"
    assert page.evaluate(kept) == "{not JSON"
    full = "() => { throw new DOMException('full', 'QuotaExceededError'); }"
    page.evaluate(f"void (Storage.prototype.setItem = {full})")
    box = page.locator(".live-exercise").first
    write(box, RIGHT)
    expect(box.locator(".live-state")).to_contain_text("This browser keeps nothing for this page")


def test_over_http_python_is_fetched_at_the_press_and_once(
    book: BuiltBook,
    address: str,  # noqa: F811
    chromium: Browser,
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/chapters/exercises/perceptron.html", wait_until="networkidle")
    assert not [url for url in asked if "_live" in url]
    page.locator(f"[data-exercise='{NAME}'] button").click()
    box = page.locator(".live-exercise").first
    expect(box.locator("progress")).to_be_visible()
    button(box, "Stop").click()
    expect(box.locator(".live-state")).to_contain_text("Press")
    button(box, "Check").click()
    verdict(box, "Nothing is written here yet: put your code in place of ..., then press Check.")
    first = drawn_chance(box)
    page.wait_for_function(HAS_MEMORY, timeout=READY)
    asked.clear()
    other = context.new_page()  # a second tab: what is loaded is there, and an answer is in both
    other.on("request", lambda request: asked.append(request.url))
    other.goto(page.url)
    there = press(other)
    assert drawn_chance(there) != first  # memory that is restored has no chance of its own
    assert loaded_parts(asked) == set()
    write(there, RIGHT)
    expect(box.locator(".cm-content")).to_contain_text("return weights, -threshold")
    expect(box.locator(".live-state")).to_contain_text("Another tab has changed this answer")
    page.close()

    # What is damaged is loaded anew, that and nothing else, and nobody notices.
    manifest = other.evaluate("courseLive.manifest")
    pictures = max(manifest["pictures"].values(), key=lambda piece: piece["size"])
    for pieces, has_memory in ([manifest["python"]["python_stdlib.zip"], pictures], False), ([], True):
        parts = {part for piece in pieces for part in piece["parts"]}
        words = [part.removeprefix("parts/").removesuffix(".js") for part in parts]
        other.evaluate(DAMAGE, [words + ["memory"] * has_memory, False])
        asked.clear()
        other.reload()
        drawn_chance(press(other))
        assert loaded_parts(asked) == parts

    # Memory that came whole and does not start, a disk that is full, a cache that goes away in the middle.
    other.evaluate(DAMAGE, [["memory"], True])
    full = "Cache.prototype.put = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))"
    other.add_init_script(full)
    other.reload()
    other.locator(f"[data-exercise='{NAME}'] button").click()
    write(there, RIGHT)
    other.evaluate("caches.delete('course-live')")
    expect(there.locator(".live-state")).to_have_text("Python is ready.", timeout=READY)
    button(there, "Check").click()
    verdict(there, "✓ Right")
    context.close()


def drawn_chance(box: Locator) -> str:
    """Run code that draws, and return the chance number that it prints."""
    write(box, DRAWS)
    button(box, "Run").click()
    expect(box.locator(".live-pictures img")).to_be_visible(timeout=READY)
    return box.locator(".live-printed").inner_text()


def loaded_parts(asked: list[str]) -> set[str]:
    return {f"parts/{url.rpartition('/')[2]}" for url in asked if "/parts/" in url}


def cell_of(page: Page, code: str) -> Locator:
    """Return the cell of a live chapter whose editor holds a text."""
    return page.locator("article .cell", has=page.locator(".cm-content", has_text=code))


def test_a_chapter_is_made_live(book: BuiltBook, open_page: Callable[..., Page]) -> None:
    page = open_page(book.folder / "chapters" / "perceptron.html")
    assert not page.evaluate("'courseLive' in window")
    page.get_by_role("button", name="Make this page live").click()
    panel = page.locator(".live-panel")
    expect(panel.locator(".live-state")).to_have_text("Python is ready.", timeout=2 * READY)
    cells = page.locator("article .cell")
    figures = cells.filter(has=page.locator(".course-figure")).count()
    controls = cells.filter(has=page.locator(".widget-at-rest")).count()
    assert controls == 1
    assert page.locator(".cm-editor").count() == cells.count() - figures - controls
    total = cell_of(page, "total = weighted_sum(answers, weights)")
    button(total, "Run").click()  # what stands above runs first
    expect(total.locator(".live-state")).to_have_text("It ran, and printed what stands here.", timeout=READY)
    expect(total.locator(".live-now")).to_be_hidden()
    first = cells.nth(1)
    write(first, "answers = np.array([1, 1, 1, 0])\nweights = np.array([0.7, 0.6, 0.5, 0.3])\nprint(1 / 0)")
    button(total, "Run").click()
    expect(total.locator(".live-state")).to_contain_text("Cell 2 ended with an error")
    expect(first.locator(".live-error")).to_contain_text("Line 3: print(1 / 0)\nZeroDivisionError")
    write(first, "answers = np.array([1, 1, 1, 0])\nweights = np.array([0.7, 0.6, 0.5, 0.3])")
    button(total, "Run").click()
    expect(total.locator(".live-now")).to_contain_text("1.8")
    expect(total.locator(".live-pair")).to_contain_text("Before, in the book")
    expect(total.locator(".cell_output")).to_contain_text("1.2")
    expect(first.locator(".live-now")).to_contain_text("(nothing)")
    drawn = cells.nth(6)
    drawn.locator("summary").click()
    button(drawn, "Run").click()
    picture = drawn.locator(".live-now img")
    expect(picture).to_have_attribute("alt", re.compile("Bars that fall"), timeout=READY)
    for width, scheme in ((1280, "light"), (390, "dark")):
        turn(page, width, scheme)
        # As the book's pictures do, what is drawn now follows the theme.
        turned = picture.evaluate("e => getComputedStyle(e).filter")
        assert (turned == "none") == (scheme == "light")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []
    page.reload()
    page.get_by_role("button", name="Make this page live").click()
    expect(cell_of(page, "answers = np.array([1, 1, 1, 0])")).to_be_visible()
    page.get_by_role("button", name="All as in the book").click()
    expect(cell_of(page, "answers = np.array([1, 0, 1, 0])")).to_be_visible()


def test_controls_call_the_pages_own_python(book: BuiltBook, open_page: Callable[..., Page]) -> None:
    page = open_page(book.folder / "chapters" / "pattern_recognition.html", width=390)
    controls = page.locator(".widget-controls")
    expect(controls.locator("input:enabled")).to_have_count(0)
    stored = page.locator(".widget-at-rest .output").inner_text().strip()
    page.get_by_role("button", name="Make this page live").click()
    shown = page.locator(".widget-at-rest .live-printed")
    slope = controls.get_by_label("slope")
    expect(slope).to_be_enabled()
    slope.press("ArrowRight")  # before Python is there: what stands above runs first
    expect(shown).to_have_text(re.compile(r"\d+ of 500 points are wrong"), timeout=2 * READY)
    expect(controls.locator(".widget-readout").first).to_have_text("0.10")
    assert shown.inner_text().strip() != stored
    slope.press("ArrowLeft")
    expect(shown).to_have_text(stored)
    assert violations(page) == []


def test_what_cannot_run_in_a_page_says_so_before_a_press(
    book: BuiltBook, open_page: Callable[..., Page]
) -> None:
    page = open_page(book.folder / "chapters" / "tensorflow_basics.html")
    offer = page.locator(".live-offer")
    expect(offer).to_contain_text("needs TensorFlow, which does not run in a page")
    expect(offer.get_by_role("link")).to_have_attribute(
        "href", re.compile("colab.*/chapters/tensorflow_basics.ipynb")
    )
    page.goto((book.folder / "chapters" / "perceptron.html").as_uri())
    expect(page.locator(".live-offer")).to_contain_text("controls made with interact move")
    expect(page.locator(".widget-at-rest")).to_contain_text("on a page that was made live")
