"""A chapter's two files: compared by what they hold, with edits on either side told apart."""

import errno
import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.workshop.book.addresses import links, read_addresses, rewrite_links
from course_lib.workshop.book.chapters import execution, notebooks, pairs
from course_lib.workshop.book.chapters.files import write_whole
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import BookError
from tests.workshop.book.small_book import HEADER, code, write_notebook_unexecuted, write_small_book

TEXT = (
    "# Bias\n\nSee [bias](glossary.md#bias).\n\n"
    + code("x = 1")
    + "The end.\n\n"
    + code("x + 1", tags="hide-input")
)
BOOK = "https://someone.github.io/small-book/chapters/"
REPOSITORY = "https://github.com/someone/small-book"


@pytest.fixture
def chapter(tmp_path: Path) -> Chapter:
    (chapter,) = write_small_book(tmp_path, bias=TEXT)
    write_notebook_unexecuted(chapter)
    return chapter


def _edit_text(chapter: Chapter, old: str, new: str) -> None:
    text = chapter.text.read_text()
    assert old in text
    chapter.text.write_text(text.replace(old, new))


def _edit_notebook(chapter: Chapter, old: str, new: str) -> None:
    notebook = nbformat.read(chapter.notebook, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, chapter.notebook)


def _message(error: pytest.ExceptionInfo[BookError]) -> str:
    return str(error.value)


def test_a_fresh_pair_is_in_step(chapter: Chapter) -> None:
    notebooks.check([chapter])
    assert execution.plan(chapter).reason == ""


def test_the_notebook_has_a_first_cell_absolute_links_and_tags(chapter: Chapter) -> None:
    notebook = nbformat.read(chapter.notebook, as_version=4)
    assert (
        "https://github.com/someone/small-book/releases/download/v1.0/course_lib-" in notebook.cells[0].source
    )
    assert f"[bias]({BOOK}glossary.html#bias)" in notebook.cells[1].source
    folded = {"jupyter": {"source_hidden": True}}  # what the book folds, Jupyter folds too
    assert notebook.cells[4].metadata == {"tags": ["hide-input"], **folded}
    nbformat.validate(notebook)


def test_check_names_the_cell_and_the_line_that_differ(chapter: Chapter) -> None:
    _edit_text(chapter, "x = 1", "x = 2")
    with pytest.raises(BookError) as error:
        notebooks.check([chapter])
    assert "chapters/bias.ipynb: cell 2 (code, `x = 2`), line 1: text `x = 2`, notebook `x = 1`" in _message(
        error
    )
    assert "course notebooks bias" in _message(error)


def test_check_names_cells_that_stand_on_one_side_only(chapter: Chapter) -> None:
    _edit_text(chapter, "The end.", code("y = 3") + "The end.")
    with pytest.raises(BookError, match=r"cell 3 \(code, `y = 3`\) stands only in the text"):
        notebooks.check([chapter])


def test_check_sees_other_tags(chapter: Chapter) -> None:
    _edit_text(chapter, "hide-input", "hide-output")
    with pytest.raises(BookError, match="has other tags"):
        notebooks.check([chapter])


def test_check_names_a_missing_notebook(chapter: Chapter) -> None:
    chapter.notebook.unlink()
    with pytest.raises(
        BookError, match=r"chapters/bias.ipynb: does not exist. Write it with `course notebooks bias`"
    ):
        notebooks.check([chapter])


def test_file_times_do_not_matter(chapter: Chapter) -> None:
    import os

    os.utime(chapter.text, (2**31, 2**31))
    notebooks.check([chapter])
    os.utime(chapter.text, (0, 0))
    notebooks.check([chapter])


def test_an_edited_notebook_is_not_overwritten(chapter: Chapter) -> None:
    _edit_notebook(chapter, "The end.", "The real end.")
    before = chapter.notebook.read_bytes()
    with pytest.raises(BookError) as error:
        notebooks.write([chapter], say=lambda line: None)
    assert "chapters/bias.ipynb: was edited and its text was not" in _message(error)
    assert "course take-back chapters/bias.ipynb" in _message(error)
    assert chapter.notebook.read_bytes() == before


def test_when_both_sides_changed_it_stops_and_shows_both(chapter: Chapter) -> None:
    _edit_notebook(chapter, "The end.", "The notebook's end.")
    _edit_text(chapter, "The end.", "The text's end.")
    files = chapter.notebook.read_bytes(), chapter.text.read_bytes()
    with pytest.raises(BookError) as error:
        notebooks.write([chapter], say=lambda line: None)
    assert "-The text's end." in _message(error)
    assert "+The notebook's end." in _message(error)
    assert (chapter.notebook.read_bytes(), chapter.text.read_bytes()) == files


def test_the_same_edit_on_both_sides_is_no_conflict(chapter: Chapter) -> None:
    _edit_notebook(chapter, "The end.", "An end.")
    _edit_text(chapter, "The end.", "An end.")
    assert execution.plan(chapter).reason == ""


def test_an_edit_of_prose_needs_no_execution(chapter: Chapter) -> None:
    _edit_text(chapter, "The end.", "An end.")
    lines: list[str] = []
    notebooks.write([chapter], say=lines.append)
    assert lines == ["chapters/bias.ipynb: text taken over, no code changed"]
    notebooks.check([chapter])


@pytest.mark.parametrize(
    ("old", "new"),
    [("x = 1", "x = 2"), ("hide-input", "raises-exception"), ("The end.", "An end. <!-- claim: x == 1 -->")],
)
def test_an_edit_of_code_tags_or_claims_needs_execution(chapter: Chapter, old: str, new: str) -> None:
    _edit_text(chapter, old, new)
    assert execution.plan(chapter).reason == "changed"


def test_a_merge_conflict_in_the_notebook_says_what_to_do(chapter: Chapter) -> None:
    chapter.notebook.write_text("{\n<<<<<<< HEAD\n}\n=======\n}\n>>>>>>> branch\n")
    with pytest.raises(BookError, match=r"marks of a merge conflict. .*`course notebooks --force bias`"):
        notebooks.check([chapter])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"nbformat": 4, "cells": [{}]}', "\x00"])
def test_a_broken_notebook_says_what_to_do(chapter: Chapter, content: str) -> None:
    chapter.notebook.write_text(content)
    with pytest.raises(BookError, match=r"chapters/bias.ipynb: is no notebook"):
        notebooks.check([chapter])


def test_a_broken_front_matter_says_what_to_do(tmp_path: Path) -> None:
    (chapter,) = write_small_book(tmp_path, broken="text")
    chapter.text.write_text(HEADER.replace("name: python3", "name: [python3") + "text")
    with pytest.raises(BookError, match=r"chapters/broken.md:\d+: the front matter is no valid YAML"):
        pairs.read_text(chapter)


def test_an_unknown_chapter_names_those_that_there_are(chapter: Chapter) -> None:
    with pytest.raises(BookError, match=r"chapters/baias.md: is no chapter. The chapters are: bias"):
        notebooks.find_chapters(["baias"], root=chapter.addresses.root)


def test_ids_are_the_same_each_time_and_unique(tmp_path: Path) -> None:
    (chapter,) = write_small_book(tmp_path, twice=code("x = 1") + "Text.\n\n" + code("x = 1"))
    write_notebook_unexecuted(chapter)
    before = chapter.notebook.read_bytes()
    write_notebook_unexecuted(chapter)
    assert chapter.notebook.read_bytes() == before
    ids = [cell["id"] for cell in json.loads(before)["cells"]]
    assert len(set(ids)) == len(ids)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file.txt"
    file.write_text("old")
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(full))
    with pytest.raises(BookError, match=r"file.txt: could not be written \(No space left.*Free some space"):
        write_whole(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


class TestAddresses:
    """Links: relative in a text, absolute in a notebook, and back."""

    TARGETS = (
        ("glossary.md#bias", f"{BOOK}glossary.html#bias"),
        ("perceptron.md", f"{BOOK}perceptron.html"),
        (
            "images/net.svg",
            "https://raw.githubusercontent.com/someone/small-book/v1.0/chapters/images/net.svg",
        ),
        ("../course_lib/cost.py", f"{REPOSITORY}/blob/v1.0/course_lib/cost.py"),
        (
            "exercises/perceptron.ipynb",
            "https://colab.research.google.com/github/someone/small-book/blob/v1.0/chapters/exercises/perceptron.ipynb",
        ),
        ("https://example.org/a.md", "https://example.org/a.md"),
        ("#here", "#here"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    )

    @pytest.mark.parametrize(("relative", "absolute"), TARGETS)
    def test_there_and_back(self, chapter: Chapter, relative: str, absolute: str) -> None:
        assert chapter.addresses.absolute(relative) == absolute
        assert chapter.addresses.relative(absolute) == relative

    def test_code_and_math_hold_no_links(self) -> None:
        text = (
            '`[a](b)` $$[a](b)$$ [a](b) ![c](d.png)\n\n```\n[a](b)\n```\n\n[f]: g.md\n\n<img src="e.png">\n'
        )
        assert links(text) == ["b", "d.png", "g.md", "e.png"]
        expected = text.replace("](b) !", "](B) !")
        for name in ("d.png", "g.md", "e.png"):
            expected = expected.replace(name, name.upper())
        assert rewrite_links(text, str.upper) == expected

    @settings(derandomize=True, max_examples=200)
    @given(
        st.lists(st.sampled_from(["a", "..", "b-c", "glossary"]), max_size=3),
        st.sampled_from(["x.md", "x.ipynb", "x.png", "x.py", "folder"]),
        st.sampled_from(["", "#part"]),
    )
    def test_every_link_comes_back_to_the_same_file(
        self, folders: list[str], name: str, fragment: str
    ) -> None:
        import posixpath

        addresses = pairs.Addresses(Path("/"), REPOSITORY, "main", BOOK.removesuffix("/chapters/"), "1")
        target = "/".join([*folders, name]) + fragment
        back = addresses.relative(addresses.absolute(target))
        assert posixpath.normpath("chapters/" + back) == posixpath.normpath("chapters/" + target)

    def test_missing_addresses_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "_config.yml").write_text("title: x\n")
        with pytest.raises(
            BookError, match=r"_config.yml:1: lacks repository.url and html.baseurl. Set both with `course"
        ):
            read_addresses(tmp_path)
