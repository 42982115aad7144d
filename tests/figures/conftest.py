"""Open figures in the system's Chromium, as a reader would: from a file, with no network."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
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
            const parts = script.dataset.parts.split(' ').filter(Boolean)
                .map(file => document.querySelector(`script[data-figure-part="${file}"]`).textContent);
            const blob = new Blob([[...parts, script.textContent].join('\\n')], { type: 'text/javascript' });
            window.figureModule ??= await import(URL.createObjectURL(blob));
            const result = window.figureModule.default[name](...values);
            return JSON.stringify(result, (_, v) =>
                typeof v === 'number' && !Number.isFinite(v) ? `number ${v}`
                : ArrayBuffer.isView(v) ? Array.from(v) : v);
        }""",
        [name, list(arguments)],
    )
    return _numbers(json.loads(text)) if text else None


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, str) and value.startswith("number "):
        return float(value.removeprefix("number ").replace("Infinity", "inf"))
    return value


def assert_close(page_says: Any, python_says: Any, tolerance: float = 1e-12, where: str = "") -> None:
    """Hold what the page computed against what Python computed, number by number."""
    if isinstance(python_says, dict):
        assert set(page_says) == set(python_says), where
        for key, value in python_says.items():
            assert_close(page_says[key], value, tolerance, f"{where}.{key}")
    elif python_says is None or isinstance(python_says, str):
        assert page_says == python_says, where
    elif isinstance(python_says, list) and any(isinstance(item, (list, dict)) for item in python_says):
        assert len(page_says) == len(python_says), where
        for i, (left, right) in enumerate(zip(page_says, python_says, strict=True)):
            assert_close(left, right, tolerance, f"{where}[{i}]")
    else:
        left, right = np.asarray(page_says, float), np.asarray(python_says, float)
        assert left.shape == right.shape, where
        scale = np.maximum(1, np.abs(right))
        np.testing.assert_allclose(left / scale, right / scale, rtol=0, atol=tolerance, err_msg=where)


def state_of(page: Page, figure: Figure) -> dict[str, Any]:
    """Read all traits that the page's figure has."""
    names = list(figure.public_state())
    return {name: trait(page, name) for name in names}


def in_python(page: Page, figure: Figure) -> Figure:
    """Return a figure in Python with the state that the page's figure has."""
    figure.set_state(state_of(page, figure))
    return figure
