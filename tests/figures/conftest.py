"""Open figures in the system's Chromium, as a reader would: from a file, with no network."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from course_lib.figures.base import Figure

OpenFigure = Callable[..., Page]


@pytest.fixture
def open_figure(chromium: Browser, tmp_path: Path) -> Iterator[OpenFigure]:
    """A function that opens a figure's page from a file and waits until it has started.

    Every page must stay free of console messages and of requests to anywhere.
    """
    contexts = []
    complaints: list[str] = []

    def open_page(figure: Figure, width: int = 1280, height: int = 900, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()

        def note(message: ConsoleMessage) -> None:
            complaints.append(message.text)

        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "blob:", "data:"))
                else complaints.append(f"asked the network for {request.url}")
            ),
        )
        place = tmp_path / f"{len(contexts)}.html"
        place.write_text(figure.to_html(), encoding="utf-8")
        page.goto(place.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector(".course-figure[data-started=yes]", timeout=10_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def trait(page: Page, name: str) -> Any:
    """Read a trait of the page's figure."""
    return page.evaluate("name => document.querySelector('.course-figure').model.get(name)", name)


def set_traits(page: Page, **values: Any) -> None:
    """Change traits, as Python would."""
    page.evaluate(
        """values => {
            const { model } = document.querySelector('.course-figure');
            for (const [name, value] of Object.entries(values)) model.set(name, value);
        }""",
        values,
    )
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page has drawn what was asked for."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def call(page: Page, name: str, *arguments: Any) -> Any:
    """Call a function that the figure's module exports; numbers come back to the last bit.

    Infinity and not-a-number survive the journey as text.
    """
    text = page.evaluate(
        """async ([name, values]) => {
            const script = document.querySelector('script[data-figure-module]');
            const blob = new Blob([script.textContent], { type: 'text/javascript' });
            window.figureModule ??= await import(URL.createObjectURL(blob));
            const result = window.figureModule.default[name](...values);
            return JSON.stringify(result, (_, v) =>
                typeof v === 'number' && !Number.isFinite(v) ? `number ${v}`
                : ArrayBuffer.isView(v) ? Array.from(v) : v);
        }""",
        [name, list(arguments)],
    )
    return json.loads(text, object_hook=_numbers) if text else None


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    special = {"number NaN": float("nan"), "number Infinity": float("inf"), "number -Infinity": -float("inf")}
    return {
        key: special.get(value, value) if isinstance(value, str) else value for key, value in values.items()
    }
