"""The preview: what changed is brought up to date, nothing else, and an author's mistake does not end it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from course_lib.workshop.book.chapters import notebooks
from course_lib.workshop.book.site import preview
from course_lib.workshop.book.site.build import BuiltBook
from course_lib.workshop.book.site.preview import Preview, PreviewServer
from tests.workshop.book.small_book import code, write_notebook_unexecuted, write_small_book

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def previewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> Iterator[Preview]:
    """A preview of two chapters; Sphinx is left out, which has tests of its own."""

    def build(root: Path, output: Path, shown: Callable[[], object], **_: Any) -> BuiltBook:
        shown()
        return BuiltBook(output, output / "index.html", ("page",))

    monkeypatch.setattr(preview, "build_book", build)
    for chapter in write_small_book(
        tmp_path, one=code("x = 1") + "# One\n\nFirst.\n", two=code("y = 2") + "# Two\n"
    ):
        write_notebook_unexecuted(chapter)
    shown = Preview(tmp_path, lines.append)
    yield shown
    shown.stop()


def _edit(previewed: Preview, old: str, new: str) -> Path:
    text = previewed.root / "chapters" / "one.md"
    text.write_text(text.read_text().replace(old, new))
    return text


def test_prose_is_shown_without_executing(previewed: Preview, lines: list[str]) -> None:
    previewed.rebuild([_edit(previewed, "First.", "Changed.")])
    assert "Changed." in (previewed.root / "chapters" / "one.ipynb").read_text()
    assert not any("execut" in line for line in lines)


def test_the_page_does_not_wait_for_the_list_of_what_is_wrong(
    previewed: Preview, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def look(chapters: object) -> list[object]:
        order.append("list")
        return []

    monkeypatch.setattr(preview, "problems_of", look)
    previewed.rebuild([_edit(previewed, "First.", "Changed.")], lambda: order.append("page"))
    assert order == ["page", "list"]


def test_code_is_executed_twice_the_second_time_in_the_kernel_that_waited(
    previewed: Preview, lines: list[str]
) -> None:
    previewed.rebuild([_edit(previewed, "x = 1", "print(11)")])
    assert any(line.startswith("executed one;") for line in lines)
    previewed.rebuild([_edit(previewed, "print(11)", "print(12)")])
    assert '"12\\n"' in (previewed.root / "chapters" / "one.ipynb").read_text()
    notebooks.check(notebooks.find_chapters(root=previewed.root))


def test_a_mistake_is_told_and_the_preview_goes_on(previewed: Preview, lines: list[str]) -> None:
    before = (previewed.root / "chapters" / "one.ipynb").read_bytes()
    previewed.rebuild([_edit(previewed, "x = 1", "1 / 0")])
    assert any("note: chapters/one.md:13: `1 / 0` raised ZeroDivisionError" in line for line in lines)
    assert (previewed.root / "chapters" / "one.ipynb").read_bytes() == before
    previewed.rebuild([_edit(previewed, "1 / 0", "x = 1")])
    notebooks.check(notebooks.find_chapters(root=previewed.root))


@pytest.mark.browser
def test_what_is_wrong_stands_in_the_page(previewed: Preview, chromium: "Browser") -> None:
    """A cell that raises, a sentence without a proof, and that both are mended: in the page as it stands."""
    html = previewed.output / "html" / "chapters"
    html.mkdir(parents=True)
    (html / "one.html").write_text("<!DOCTYPE html><title>One</title><p>First.", encoding="utf-8")
    port = preview._free_port(None)
    app = preview.preview_app(PreviewServer(previewed), f"127.0.0.1:{port}", None)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{port}/chapters/one.html")
        listed = page.locator("#preview-problems li")
        previewed.rebuild([_edit(previewed, "x = 1", "1 / 0")])
        listed.get_by_text("chapters/one.md:13").first.wait_for()
        assert any("`1 / 0` raised ZeroDivisionError" in text for text in listed.all_inner_texts())
        previewed.rebuild([_edit(previewed, "1 / 0", "x = 1")])
        previewed.rebuild([_edit(previewed, "First.", "There are 12 of them.")])
        listed.get_by_text("nothing proves 12").wait_for()
        assert not any("raised" in text for text in listed.all_inner_texts())
        previewed.rebuild([_edit(previewed, "There are 12 of them.", "First.")])
        page.locator("#preview-problems").wait_for(state="detached")
    finally:
        server.should_exit = True
        thread.join()


def test_a_build_that_fails_is_told(
    previewed: Preview, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> BuiltBook:
        raise ValueError("an extension's mistake")

    monkeypatch.setattr(preview, "build_book", fail)
    previewed.rebuild([_edit(previewed, "First.", "Changed.")])
    assert "note: the build: stopped: ValueError: an extension's mistake" in lines
