"""The preview: what changed is brought up to date, nothing else, and an author's mistake does not end it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course_lib.workshop.book.chapters import notebooks
from course_lib.workshop.book.site import preview
from course_lib.workshop.book.site.build import BuiltBook
from course_lib.workshop.book.site.preview import Preview
from tests.workshop.book.small_book import code, write_notebook_unexecuted, write_small_book


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def previewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> Iterator[Preview]:
    """A preview of two chapters; Sphinx is left out, which has tests of its own."""

    def build(root: Path, output: Path, **_: Any) -> BuiltBook:
        return BuiltBook(output, output / "index.html", ("page",))

    monkeypatch.setattr(preview, "build_book", build)
    for chapter in write_small_book(tmp_path, one=code("x = 1") + "First.\n", two=code("y = 2")):
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


def test_a_build_that_fails_is_told(
    previewed: Preview, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> BuiltBook:
        raise ValueError("an extension's mistake")

    monkeypatch.setattr(preview, "build_book", fail)
    previewed.rebuild([_edit(previewed, "First.", "Changed.")])
    assert "note: the build stopped: ValueError: an extension's mistake" in lines
