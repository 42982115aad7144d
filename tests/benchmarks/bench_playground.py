"""How fast the playground trains as a person sees it, and how fast it answers meanwhile.

Run it as a script: ``python tests/benchmarks/bench_playground.py``. With the folder of a built TensorFlow
Playground behind it (``dist`` of its public repository), both pages are measured in turn in one browser, with
their drawing on. Without it, ours is held against what the other reaches on an idle machine, where it does
one epoch a frame: 58 epochs a second with its default network, 21 with 7 inputs and three layers of 8.
"""

import gzip
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

import course_lib.figures
from course_lib.figures import ConcertDecision, Playground, sources

SEVEN = ["x1", "x2", "x1_squared", "x2_squared", "product", "sin_x1", "sin_x2"]
OUR_LARGE = f"hidden=8,8,8&features={','.join(SEVEN)}&"
CASES = (
    ("default, 2-4-2-1", Playground(), 58, 25),
    ("7 inputs, 8-8-8", Playground(layers=[8, 8, 8], features=SEVEN), 21, 15),
)

# Notes each event's time from the reader's hand to the next paint: its answer is drawn in the frame that
# follows, before any further training, so that this paint shows it. Faster ones than 16 ms are not told.
OBSERVE = """() => {
    window.waits = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (['pointerdown', 'click', 'keydown'].includes(entry.name)) window.waits.push(entry.duration);
        }
    }).observe({ type: 'event', durationThreshold: 16, buffered: true });
}"""


def epoch(page: Page) -> int:
    """Read the epoch that the page shows."""
    return int(page.locator(".play-readout").inner_text().split(" ")[1])


# The number of epochs that TensorFlow Playground shows, and its address for each of our cases.
THEIR_EPOCH = "Number(document.querySelector('#iter-number').textContent.replaceAll(',', ''))"
THEIR_SETTINGS = (
    "",
    "#networkShape=8,8,8&x=true&y=true&xTimesY=true&xSquared=true&ySquared=true&sinX=true&sinY=true",
)


def beside(browser: Browser, folder: Path, ours: Path, settings: str) -> list[tuple[float, float]]:
    """Return the epochs a second of TensorFlow Playground and of ours, three times, in turn."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    # Its page asks elsewhere for letters and for statistics.
    context.route(re.compile("^http"), lambda route: route.abort())
    found = []
    for _ in range(3):
        page = context.new_page()
        page.goto((folder / "index.html").as_uri() + settings)
        page.locator("#play-pause-button").click()
        page.wait_for_timeout(1500)
        theirs = epochs_a_second(page, 4, THEIR_EPOCH)
        page.close()
        page = context.new_page()
        page.goto(f"{ours.as_uri()}#playground&{settings[1:] and OUR_LARGE}speed=full")
        page.get_by_role("button", name="Play").click()
        page.wait_for_timeout(1500)
        found.append((theirs, epochs_a_second(page, 4)))
        page.close()
    context.close()
    return found


def processor_seconds(session: CDPSession) -> float:
    """Return how long the page's main thread has had a processor."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


OUR_EPOCH = "Number(document.querySelector('.play-readout').textContent.split(' ')[1])"


def epochs_a_second(page: Page, seconds: float, epoch: str = OUR_EPOCH) -> float:
    """Count the epochs between two looks at the page."""
    script = f"() => [performance.now(), {epoch}]"
    begin, first = page.evaluate(script)
    page.wait_for_timeout(1000 * seconds)
    end, last = page.evaluate(script)
    return float(1000 * (last - first) / (end - begin))


def waits_for_clicks(page: Page) -> list[float]:
    """Click on things while it trains; return the milliseconds until each click's result is painted."""
    page.evaluate(OBSERVE)
    for _ in range(10):
        page.get_by_label("Show decisions only").click()
        page.get_by_role("button", name="layer 1, unit 1").click()
        page.get_by_label("Learning rate", exact=True).press("ArrowLeft")
        page.get_by_label("Learning rate", exact=True).press("ArrowRight")
        page.wait_for_timeout(200)
    waits: list[float] = page.evaluate("window.waits")
    return waits


def first_answer(page: Page, address: str) -> float:
    """Return the milliseconds from opening a page to the picture that answers a key."""
    page.goto(address, wait_until="commit")
    page.wait_for_selector(".course-figure[data-started=yes]")
    page.locator("input[type=checkbox]").first.press("Space")
    painted = "requestAnimationFrame(() => setTimeout(() => done(performance.now())))"
    return float(page.evaluate(f"new Promise((done) => {painted})"))


def kilobytes(name: str) -> float:
    """Return the compressed size of all that a figure adds to a page."""
    figure: Any = getattr(course_lib.figures, name)()
    markup = sources.figure_markup(name, figure.public_state(), figure.static_svg())
    return len(gzip.compress((sources.stylesheet() + markup + sources.page_scripts([name])).encode())) / 1000


def main() -> None:
    """Print what was measured, and its ratio to TensorFlow Playground."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.exit("This benchmark needs Chrome or Chromium.")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, figure, peer, goal in CASES:
            place = Path(folder) / "playground.html"
            place.write_text(figure.to_html(), encoding="utf-8")
            page = browser.new_page(viewport={"width": 1280, "height": 1600})
            page.goto(place.as_uri())
            page.wait_for_selector(".course-figure[data-started=yes]")
            page.get_by_role("button", name="Play").click()
            page.wait_for_timeout(6000)  # it starts slowly, so that the first epochs can be seen
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            began, first = processor_seconds(session), epoch(page)
            speeds = [epochs_a_second(page, 2) for _ in range(3)]
            thread_speed = (epoch(page) - first) / (processor_seconds(session) - began)
            waits = sorted(waits_for_clicks(page))
            speed = sorted(speeds)[1]
            print(
                f"{name}: {speed:.0f} epochs a second, {thread_speed:.0f} a second of processor time: "
                f"{speed / peer:.0f} and {thread_speed / peer:.0f} times TensorFlow Playground's {peer} "
                f"(goal {goal}); {len(waits)} clicks and keys answered in {waits[len(waits) // 2]:.0f} ms "
                f"(median), {waits[-1]:.0f} ms (longest)"
            )
            page.close()
        if sys.argv[1:]:
            place = Path(folder) / "beside.html"
            place.write_text(Playground().to_html(), encoding="utf-8")
            for (name, *_), settings in zip(CASES, THEIR_SETTINGS, strict=True):
                for theirs, ours in beside(browser, Path(sys.argv[1]).resolve(), place, settings):
                    print(f"{name}, side by side: {ours:.0f} against {theirs:.0f}: {ours / theirs:.0f} times")
        for figure in (ConcertDecision(), Playground()):
            place = Path(folder) / "figure.html"
            place.write_text(figure.to_html(), encoding="utf-8")
            times = []
            for _ in range(5):
                page = browser.new_page()
                times.append(first_answer(page, place.as_uri()))
                page.close()
            print(f"{type(figure).__name__}: first answer after {sorted(times)[2]:.0f} ms (median of 5)")
        browser.close()
    sizes = {name: kilobytes(name) for name in course_lib.figures.__all__}
    print("compressed kilobytes:", ", ".join(f"{name} {size:.1f}" for name, size in sizes.items()))


if __name__ == "__main__":
    main()
