"""Every page of the book in a real browser: offline, on a phone, in the dark, by keyboard and printed."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops
from playwright.sync_api import ElementHandle, Page

from course_lib.workshop.book.site.build import BuiltBook, toc_entries
from course_lib.workshop.exercises.definition import load_exercises

OpenPage = Callable[..., Page]
# Without `preload`, axe would read the style sheets of a page that was opened from a file, and may not.
AUDIT = {"preload": False, "resultTypes": ["violations"]}
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Rules on colours: most of an audit's time, and the same answer wherever text looks the same.
COLOURS = ["color-contrast", "link-in-text-block"]
# Rules whose answer a width can change; what a page is built of is the same in every look.
LAYOUT = ["target-size", "scrollable-region-focusable"]
# Marks two visible places of each look that text has: its letters and all that lies behind them.
MARK_LOOKS = """() => {
  const [grounds, seen] = [new Map(), new Map()];
  const NOTHING = "rgba(0, 0, 0, 0) none 1 none normal false";
  const BEHIND = ["backgroundColor", "backgroundImage", "opacity", "filter", "mixBlendMode"];
  const LETTERS = ["color", "fontSize", "fontWeight", "textDecorationLine", "textShadow", "fill"];
  const hasText = (e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  function ground(e) {
    if (!e) return "";
    if (!grounds.has(e)) {
      const style = getComputedStyle(e);
      const floats = /absolute|fixed|sticky/.test(style.position);
      const own = [...BEHIND.map((name) => style[name]), floats].join(" ");
      grounds.set(e, ground(e.parentElement) + (own === NOTHING ? "" : own));
    }
    return grounds.get(e);
  }
  for (const e of document.querySelectorAll("body *")) {
    e.removeAttribute("data-look");
    if (!hasText(e) && !e.matches("input, select, textarea")) continue;
    if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const [style, around] = [getComputedStyle(e), getComputedStyle(e.parentElement)];
    const letters = LETTERS.map((name) => style[name]);
    const look = [e.matches("a"), ...letters, around.color, around.fontWeight, ground(e)].join();
    seen.set(look, (seen.get(look) ?? 0) + 1);
    if (seen.get(look) <= 2) e.setAttribute("data-look", "");
  }
}"""

# One page of each kind.
KINDS = ["index", "perceptron", "glossary", "exercises/perceptron"]
ALL_RULES_IN_BOTH_WIDTHS = [f"chapters/{name}.html" for name in KINDS] + ["playground.html"]

FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']"
# The parts of a page that can be reached by keyboard and look the same when they are.
UNSEEN_FOCUS = f"""() => [...document.querySelectorAll({FOCUSABLE!r})].filter((part) => {{
  if (part.disabled || part.tabIndex < 0) return false;
  if (!part.checkVisibility({{ visibilityProperty: true }})) return false;
  part.focus({{ preventScroll: true }});
  const {{ outlineStyle, outlineWidth }} = getComputedStyle(part);
  return document.activeElement === part && (outlineStyle === "none" || !parseFloat(outlineWidth));
}}).map((part) => part.outerHTML.slice(0, 120))"""


# What of a page that is printed does not fit the sheet or stands pale on it.
FAULTS = """() => {
  const faults = [], wide = document.documentElement.clientWidth + 1;
  const visible = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const light = (c) => { const [r, g, b, a = 1] = c.match(/[\\d.]+/g).map(Number);
    return a < 0.5 ? null : (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255; };
  const fault = (what, e) => faults.push(`${what}: ${e.tagName} ${e.textContent.slice(0, 40)}`);
  const parts = ":is(article, main) :is(p, pre, h1, h2, h3, li, td, th, summary, img, svg)";
  for (const e of document.querySelectorAll(parts)) {
    if (e.closest(".hover-cards, .katex, [hidden], .figure-hidden, .visually-hidden")) continue;
    if (!visible(e)) {
      if (e.matches("pre") && !e.closest(".library-documentation")) fault("unseen", e);
      continue;
    }
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (box.width && box.right > wide) fault("cut", e);
    if (e.matches("p, pre, li, td") && light(style.color) > 0.55 && !e.closest("svg"))
      fault("pale", e);
    const ground = light(style.backgroundColor);
    if (ground !== null && ground < 0.7) fault("dark", e);
  }
  return faults;
}"""


def pages_of(book: BuiltBook) -> list[Path]:
    return sorted((book.folder / "chapters").rglob("*.html"))


def violations(page: Page, structure: bool = True, layout: bool = True) -> list[str]:
    """Return what axe finds in a page, as readable lines.

    Its colours are judged always, what it is built of and how it is laid out where that is asked for.
    """
    without = [*COLOURS, *(() if layout else LAYOUT)]
    standards = {"runOnly": STANDARDS, "rules": {rule: {"enabled": False} for rule in without}}
    page.evaluate(MARK_LOOKS)
    runs = [
        (None, standards if structure else {"runOnly": LAYOUT}),
        ({"include": [["[data-look]"]]}, {"runOnly": COLOURS}),
    ]
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for context, options in runs
        for rule in Axe().run(page, context=context, options=AUDIT | options).response["violations"]
        for node in rule["nodes"]
    ]


def faults_on_paper(page: Page) -> list[str]:
    """Return what does not fit the sheet or stands pale on it where a page is printed from the dark theme."""
    turn(page, 1280, "dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 986})  # what A4 leaves within its margins
    faults: list[str] = page.evaluate(FAULTS)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    return faults


def turn(page: Page, width: int, scheme: str) -> None:
    """Give a page another width and theme, as a reader's window and system do."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    theme = "document.documentElement.dataset.theme"
    if page.evaluate(theme) not in (scheme, None):  # the playground asks for a theme when it loads
        page.reload()
        settle(page)
    assert page.evaluate(theme) in (scheme, None)  # the page 404 leaves it to the style sheet


def settle(page: Page) -> None:
    """Wait until scripts and fonts are there, the figures have started, and nothing moves."""
    page.wait_for_load_state("load")
    page.evaluate("dispatchEvent(new Event('scroll'))")  # a reader's first deed starts the far figures too
    page.evaluate("document.fonts.ready")
    page.wait_for_function(
        "![...document.querySelectorAll('[data-figure]')].some(f => f.dataset.started !== 'yes')"
    )


class TestEveryPage:
    """Of the real book. Each page must load nothing from elsewhere and print nothing to the console."""

    @pytest.mark.parametrize("third", [0, 1, 2])  # all of them in one test would take it too long
    def test_it_reads_offline_fits_passes_the_audit_and_prints(
        self, book: BuiltBook, open_page: OpenPage, third: int
    ) -> None:
        complaints = []
        for path in [*pages_of(book), book.folder / "playground.html"][third::3]:
            page = open_page(path)
            settle(page)
            name = path.relative_to(book.folder).as_posix()
            is_one_of_a_kind = name in ALL_RULES_IN_BOTH_WIDTHS
            found = violations(page, layout=is_one_of_a_kind)
            turn(page, 390, "dark")
            found += violations(page, structure=is_one_of_a_kind)
            for width in (390, 1280):
                turn(page, width, "dark")
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    found.append(f"wider than {width} pixels")
            found += [f"printed: {fault}" for fault in faults_on_paper(page)]
            complaints += [f"{name}: {line}" for line in found]
            page.close()
        assert not complaints, "\n".join(complaints)

    def test_every_keyboard_focus_is_seen(self, book: BuiltBook, open_page: OpenPage) -> None:
        names = ["index", "perceptron", "neural_networks", "glossary", "exercises/perceptron"]
        names = [*(f"chapters/{name}" for name in names), "playground", "search", "review", "404"]
        for path in [book.folder / f"{name}.html" for name in names]:
            page = open_page(path)
            settle(page)
            assert page.evaluate(UNSEEN_FOCUS) == [], path.name
            page.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_focus_changes_pixels_of_each_kind_of_control(
        self, book: BuiltBook, open_page: OpenPage, scheme: str
    ) -> None:
        page = open_page(book.folder / "chapters/perceptron.html", scheme=scheme)
        settle(page)
        kinds: dict[str, ElementHandle] = {}
        for part in page.query_selector_all(FOCUSABLE):
            if part.is_visible() and part.is_enabled():
                kinds.setdefault(part.evaluate("e => `${e.tagName} ${e.className} ${e.type}`"), part)
        assert len(kinds) > 8
        for kind, part in kinds.items():
            page.evaluate("document.activeElement.blur()")
            part.scroll_into_view_if_needed()
            box = part.bounding_box()
            assert box is not None
            left, top = max(0, box["x"] - 6), max(0, box["y"] - 6)
            clip = {"x": left, "y": top, "width": box["width"] + 12, "height": box["height"] + 12}
            pictures = [page.screenshot(clip=clip, animations="disabled")]
            part.evaluate("e => e.focus({ preventScroll: true })")
            pictures.append(page.screenshot(clip=clip, animations="disabled"))
            before, after = (Image.open(BytesIO(one)).convert("L") for one in pictures)
            changed = ImageChops.difference(before, after).point(lambda step: 255 * (step > 40))
            assert changed.histogram()[255] > 60, kind

    def test_a_figure_has_one_voice_and_its_maps_room_on_a_phone(
        self, book: BuiltBook, open_page: OpenPage
    ) -> None:
        page = open_page(book.folder / "chapters/neural_networks.html", 390)
        settle(page)
        figure = page.locator("[data-figure=HiddenUnits]")
        figure.locator("input[type=range]").first.focus()
        page.keyboard.press("ArrowRight")
        outputs = figure.locator("output")
        assert {output.get_attribute("aria-live") for output in outputs.all()} == {"off"}
        assert figure.locator("[aria-live=polite]").count() == 1
        boxes = [canvas.bounding_box() for canvas in figure.locator(".hidden-maps canvas").all()]
        for one in boxes:
            for other in boxes:
                apart = [abs(one[axis] - other[axis]) >= one["width"] - 1 for axis in ("x", "y")]
                assert one is other or any(apart)

    def test_no_picture_is_a_white_panel_in_the_dark(self, book: BuiltBook, open_page: OpenPage) -> None:
        page = open_page(book.folder / "chapters/neural_networks.html", scheme="dark")
        settle(page)
        picture = page.locator("article figure img:not(.keeps-colours):visible").first
        picture.scroll_into_view_if_needed()
        page.wait_for_function("(picture) => picture.complete", arg=picture.element_handle())
        shown = Image.open(BytesIO(picture.screenshot())).convert("L")
        light = sum(shown.histogram()[160:]) / (shown.width * shown.height)
        assert 0.001 < light < 0.2  # lines and letters, and no paper

    def test_every_link_within_the_book_leads_somewhere(self, book: BuiltBook) -> None:
        from bs4 import BeautifulSoup

        pages = {
            path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in pages_of(book)
        }
        dead = []
        for path, soup in pages.items():
            for link in soup.select("article a[href]"):
                target, _, identifier = str(link["href"]).partition("#")
                if "://" in target or target.startswith("mailto:"):
                    continue
                leads_to = (path.parent / target).resolve() if target else path
                if identifier.startswith("playground&"):  # settings for the figure that stands there
                    if 'data-figure="Playground"' not in leads_to.read_text(encoding="utf-8"):
                        dead.append(f"{path.name}: {link['href']}")
                    continue
                there = leads_to in pages and (not identifier or pages[leads_to].find(id=identifier))
                if not there and not (not identifier and leads_to.is_file()):
                    dead.append(f"{path.name}: {link['href']}")
        assert not dead

    def test_where_a_wrong_answer_sends_a_student_is_a_section(self, book: BuiltBook) -> None:
        for exercise in load_exercises().values():
            text, _, label = exercise.section.partition("#")
            page = (book.folder / "chapters" / text).with_suffix(".html").read_text(encoding="utf-8")
            assert label, exercise.name
            assert f'<section id="{label}">' in page, exercise.section

    def test_every_picture_says_what_it_shows(self, book: BuiltBook) -> None:
        from bs4 import BeautifulSoup

        silent = []
        for path in pages_of(book):
            soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
            silent += [f"{path.name}: {image['src']}" for image in soup.select("article img:not([alt])")]
            # The panels of one picture share the words of the frame around them.
            named = {*soup.select('article [role="img"][aria-label]:not([aria-label=""]) img')}
            silent += [
                f"{path.name}: {image['src']}"
                for image in soup.select('article img[alt=""]')
                if image not in named
            ]
        assert not silent

    def test_every_alert_of_the_texts_is_a_box(self, book: BuiltBook) -> None:
        root = Path(__file__).resolve().parents[3]
        alert = re.compile(r"^> \[!(\w+)\]$", re.MULTILINE)
        for page in pages_of(book):
            text = (root / page.relative_to(book.folder)).with_suffix(".md")
            if text.is_file():
                written = [word.lower() for word in alert.findall(text.read_text(encoding="utf-8"))]
                shown = re.findall(r'<div class="admonition (\w+)">', page.read_text(encoding="utf-8"))
                assert shown == written, page.name

    def test_every_chapter_of_the_contents_has_a_page(self, book: BuiltBook) -> None:
        import yaml

        root = Path(__file__).resolve().parents[3]
        contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
        for entry in toc_entries(contents):
            assert (book.folder / entry).with_suffix(".html").is_file(), entry


class TestExamplePages:
    @pytest.mark.parametrize("name", ["plain", "lively"])
    def test_they_pass_the_audit(self, example_book: BuiltBook, open_page: OpenPage, name: str) -> None:
        page = open_page(example_book.folder / f"chapters/{name}.html")
        settle(page)
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                turn(page, width, scheme)
                assert violations(page) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_the_audit_can_fail(self, example_book: BuiltBook, open_page: OpenPage) -> None:
        page = open_page(example_book.folder / "chapters/plain.html")
        page.evaluate("document.querySelector('article a.image-reference img').removeAttribute('alt')")
        assert any(line.startswith("image-alt") for line in violations(page))
        # One place among hundreds that look alike.
        pale = "[...document.querySelectorAll('article section > p')].at(-1).style.color = '#bbb'"
        page.evaluate(pale)
        complaints = violations(page, structure=False)
        assert {line.partition(":")[0] for line in complaints} == {"color-contrast"}

    def test_a_card_shows_on_focus_and_goes_on_escape(
        self, example_book: BuiltBook, open_page: OpenPage
    ) -> None:
        page = open_page(example_book.folder / "chapters/plain.html")
        card = page.locator("#hover-card-shown")
        assert not card.is_visible()
        link = page.locator("article a", has_text="perceptron").first
        link.focus()
        assert card.is_visible()
        assert "adds up its weighted inputs" in card.inner_text()
        assert link.get_attribute("aria-describedby") == "hover-card-shown"
        page.keyboard.press("Escape")
        assert not card.is_visible()
        assert link.get_attribute("aria-describedby") is None

    def test_a_card_shows_under_the_pointer_within_the_window(
        self, example_book: BuiltBook, open_page: OpenPage
    ) -> None:
        page = open_page(example_book.folder / "chapters/plain.html", 390)
        page.locator("article a", has_text="Rosenblatt").first.hover()
        card = page.locator("#hover-card-shown")
        card.wait_for(state="visible")
        box = card.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390

    def test_panels_stand_below_each_other_on_a_phone(
        self, example_book: BuiltBook, open_page: OpenPage
    ) -> None:
        path = example_book.folder / "chapters/plain.html"
        desk, phone = open_page(path, 1280), open_page(path, 390)
        parts = "figure > a.image-reference", "figure > .picture-panels"
        shown = [[page.locator(part).is_visible() for part in parts] for page in (desk, phone)]
        assert shown == [[True, False], [False, True]]
        words = phone.locator(".picture-panels [role=img]").get_attribute("aria-label")
        assert str(words).startswith("A line falls")
        first, second = phone.locator(".picture-panels [role=img] > img").all()
        sizes = [panel.bounding_box() for panel in (first, second)]
        assert sizes[1]["y"] >= sizes[0]["y"] + sizes[0]["height"]
        assert [size["width"] for size in sizes] == pytest.approx([160, 240], abs=1)
        assert [size["height"] for size in sizes] == pytest.approx([250, 250], abs=2)

    def test_an_answer_unfolds_by_keyboard(self, example_book: BuiltBook, open_page: OpenPage) -> None:
        page = open_page(example_book.folder / "chapters/plain.html")
        page.locator("details.answer summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details.answer .answer-body").first.is_visible()

    def test_answers_are_unfolded_in_print(self, example_book: BuiltBook, open_page: OpenPage) -> None:
        page = open_page(example_book.folder / "chapters/plain.html")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("article details:not([open])").count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("article details[open]").count() == 0

    def test_formulas_have_their_fonts(self, example_book: BuiltBook, open_page: OpenPage) -> None:
        page = open_page(example_book.folder / "chapters/plain.html")
        page.evaluate("document.fonts.ready")
        loaded = page.evaluate(
            "[...document.fonts].filter(font => font.status === 'loaded').map(font => font.family)"
        )
        families = {name.strip('"') for name in loaded}
        assert {"KaTeX_Main", "KaTeX_Math", "Source Serif 4", "Inter", "JetBrains Mono"} <= families

    def test_the_figure_answers(self, example_book: BuiltBook, open_page: OpenPage) -> None:
        page = open_page(example_book.folder / "chapters/lively.html")
        page.wait_for_selector(".course-figure[data-started=yes]")
        figure = page.locator("[data-figure]")
        before = figure.inner_text()
        slider = figure.locator("input[type=range]").first
        slider.focus()
        for _ in range(10):
            page.keyboard.press("ArrowLeft")
        assert figure.inner_text() != before

    def test_without_scripts_a_picture_stands_there_and_all_can_be_read(
        self, example_book: BuiltBook, open_page: OpenPage
    ) -> None:
        page = open_page(example_book.folder / "chapters/lively.html", java_script_enabled=False)
        assert page.locator(".course-figure [role=img] svg").is_visible()
        page = open_page(example_book.folder / "chapters/plain.html", java_script_enabled=False)
        assert page.locator("details.answer summary").first.is_visible()
        assert page.locator(".katex-display").first.is_visible()

    @pytest.mark.parametrize("width", [1280, 390])
    def test_without_scripts_nothing_is_offered_that_does_nothing(
        self, example_book: BuiltBook, open_page: OpenPage, width: int
    ) -> None:
        page = open_page(example_book.folder / "chapters/plain.html", width, java_script_enabled=False)
        controls = page.locator(":is(button, input, select, textarea):enabled").all()
        assert [control.inner_html() for control in controls if control.is_visible()] == []
        menu = page.locator(".course-more")
        assert menu.get_by_role("link").first.is_hidden()
        menu.locator("summary").click()
        assert menu.get_by_role("link", name="Download the notebook").is_visible()
        # It covers the text: the page has a theme, and its colours with it.
        colour = menu.locator("ul").evaluate("e => getComputedStyle(e).backgroundColor")
        assert colour == "rgb(255, 255, 255)"
        contents = page.locator("#pst-primary-sidebar").get_by_role("link", name="A lively chapter")
        assert contents.first.is_visible()
        page.get_by_role("link", name="Contents", exact=True).click()
        assert page.evaluate("location.hash") == "#pst-primary-sidebar"

    def test_the_menu_closes_as_menus_do(self, example_book: BuiltBook, open_page: OpenPage) -> None:
        page = open_page(example_book.folder / "chapters/plain.html")
        settle(page)
        menu, link = page.locator(".course-more"), page.get_by_role("link", name="View the source")
        menu.locator("summary").press("Enter")
        assert link.is_visible()
        link.press("Escape")
        assert link.is_hidden()
        assert menu.locator("summary").evaluate("e => e === document.activeElement")
        menu.locator("summary").click()
        page.get_by_role("heading", name="A plain chapter").click()
        assert link.is_hidden()

    def test_a_finger_reaches_what_a_pointer_finds_by_hovering(
        self, example_book: BuiltBook, open_page: OpenPage
    ) -> None:
        page = open_page(example_book.folder / "chapters/plain.html", 390, has_touch=True, is_mobile=True)
        settle(page)
        for what in ("a.headerlink", "button.copybtn"):
            part = page.locator(what).first
            look = part.evaluate("e => [getComputedStyle(e).visibility, getComputedStyle(e).opacity]")
            assert look == ["visible", "1"], what
            box = part.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 24, what

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_the_reader_can_choose_the_theme(
        self, example_book: BuiltBook, open_page: OpenPage, scheme: str
    ) -> None:
        page = open_page(example_book.folder / "chapters/plain.html", scheme=scheme)
        seen = set()
        for number in range(3):
            page.locator(".theme-switch-button").first.click()
            menu = page.locator(".theme-change-button:visible")  # newer themes ask which
            if menu.count():
                menu.nth(number).click()
            seen.add(page.evaluate("document.documentElement.dataset.theme"))
        assert seen == {"light", "dark"}
