"""An edit made in a notebook goes back into the text; a person's name and Colab's metadata do not."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_lib.workshop.book.chapters import notebooks
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.chapters.take_back import take_back
from course_lib.workshop.book.problems import BookError
from tests.workshop.book.small_book import HEADER, code, write_notebook_unexecuted, write_small_book

TEXT = (
    "# Bias\n\nSee [bias](glossary.md#bias) and ![it](images/bias.png).\n\n"
    + code("x = 1")
    + "The end. <!-- claim: x == 1 -->\n\n"
    + code("x + 1", tags="hide-input")
)


@pytest.fixture
def chapter(tmp_path: Path) -> Chapter:
    (chapter,) = write_small_book(tmp_path / "book", bias=TEXT)
    write_notebook_unexecuted(chapter)
    return chapter


def _as_colab_saves(notebook: Any, drop_tags: bool = False) -> Any:
    """Return a notebook with what Colab does to one: its habits, as far as they are known, one by one."""
    notebook = json.loads(json.dumps(notebook))
    notebook["nbformat_minor"] = 0
    notebook["metadata"]["colab"] = {"provenance": [], "toc_visible": True, "name": "bias.ipynb"}
    notebook["metadata"].pop("language_info", None)
    notebook["metadata"]["accelerator"] = "GPU"
    for state in notebook["metadata"].get("widgets", {}).values():
        state.pop("state", None)
    for number, cell in enumerate(notebook["cells"]):
        identifier = cell.pop("id", f"cell{number}")
        cell["metadata"]["id"] = identifier
        if drop_tags:
            cell["metadata"].pop("tags", None)
        if cell["cell_type"] == "code":
            cell["metadata"]["outputId"] = "5e0c9d5e-71a4"
            cell["metadata"]["colab"] = {"base_uri": "https://localhost:8080/", "height": 35}
            cell["metadata"]["executionInfo"] = {
                "status": "ok", "timestamp": 1732160000000, "user_tz": -60, "elapsed": 12,
                "user": {"displayName": "Ada Example", "userId": "01234567890123456789"},
            }  # fmt: skip
            cell["execution_count"] = None
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["stray\n"]}]
        cell["source"] = (
            cell["source"].splitlines(keepends=True) if isinstance(cell["source"], str) else cell["source"]
        )
    notebook["cells"].append(
        {
            "cell_type": "code",
            "source": [],
            "metadata": {"id": "empty"},
            "execution_count": None,
            "outputs": [],
        }
    )
    return notebook


def _edited(chapter: Chapter, file: Path, old: str, new: str, **colab: Any) -> Path:
    notebook = json.loads(chapter.notebook.read_text())
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace(old, new)
    file.write_text(json.dumps(_as_colab_saves(notebook, **colab)))
    return file


def _take_back(file: Path, chapter: Chapter, **options: Any) -> list[str]:
    lines: list[str] = []
    take_back(file, root=chapter.addresses.root, say=lines.append, **options)
    return lines


@pytest.mark.parametrize(
    "name", ["bias.ipynb", "Copy of bias.ipynb", "bias (1).ipynb", "Copy of Copy of bias (2).ipynb"]
)
def test_an_edit_in_colab_comes_back_alone(chapter: Chapter, tmp_path: Path, name: str) -> None:
    file = _edited(chapter, tmp_path / name, "The end.", "The real end, [see](https://example.org).")
    lines = _take_back(file, chapter)
    assert chapter.text.read_text() == (HEADER + TEXT).replace(
        "The end.", "The real end, [see](https://example.org)."
    )
    assert any("cell 3 (markdown" in line for line in lines)
    assert any("course notebooks bias" in line for line in lines)


def test_no_name_and_nothing_of_colab_comes_along(chapter: Chapter, tmp_path: Path) -> None:
    _take_back(_edited(chapter, tmp_path / "bias.ipynb", "x = 1", "x = 5"), chapter)
    text = chapter.text.read_text()
    for foreign in (
        "Ada",
        "0123456789",
        "colab",
        "executionInfo",
        "outputId",
        "timestamp",
        "stray",
        "set_up_course",
        "https",
    ):
        assert foreign not in text
    assert "x = 5" in text


def test_after_it_the_pair_can_be_written(chapter: Chapter, tmp_path: Path) -> None:
    _take_back(_edited(chapter, tmp_path / "bias.ipynb", "The end.", "An end."), chapter)
    notebooks.write([chapter], say=lambda line: None)
    notebooks.check([chapter])


def test_an_edit_in_the_pair_itself_comes_back(chapter: Chapter) -> None:
    _edited(chapter, chapter.notebook, "x + 1", "x + 2")
    with pytest.raises(BookError, match="take-back"):
        notebooks.write([chapter], say=lambda line: None)
    _take_back(chapter.notebook, chapter)
    assert "x + 2" in chapter.text.read_text()


def test_tags_that_colab_dropped_are_kept(chapter: Chapter, tmp_path: Path) -> None:
    _take_back(_edited(chapter, tmp_path / "bias.ipynb", "x + 1", "x + 2", drop_tags=True), chapter)
    assert ":tags: [hide-input]\n\nx + 2" in chapter.text.read_text()


def test_an_unedited_notebook_changes_nothing(chapter: Chapter, tmp_path: Path) -> None:
    before = chapter.text.read_bytes()
    lines = _take_back(_edited(chapter, tmp_path / "bias.ipynb", "nothing", "nothing"), chapter)
    assert lines == ["chapters/bias.md holds all of it already."]
    assert chapter.text.read_bytes() == before


def test_an_older_unedited_notebook_does_not_undo_the_text(chapter: Chapter, tmp_path: Path) -> None:
    file = _edited(chapter, tmp_path / "bias.ipynb", "nothing", "nothing")
    chapter.text.write_text(chapter.text.read_text().replace("The end.", "A newer end."))
    before = chapter.text.read_bytes()
    (line,) = _take_back(file, chapter)
    assert "is newer and stays as it is" in line
    assert chapter.text.read_bytes() == before


def test_when_both_sides_changed_it_stops_and_shows_both(chapter: Chapter, tmp_path: Path) -> None:
    file = _edited(chapter, tmp_path / "bias.ipynb", "The end.", "Colab's end.")
    chapter.text.write_text(chapter.text.read_text().replace("The end.", "The text's end."))
    before = chapter.text.read_bytes()
    with pytest.raises(BookError) as error:
        _take_back(file, chapter)
    assert "-The text's end." in str(error.value)
    assert "+Colab's end." in str(error.value)
    assert chapter.text.read_bytes() == before
    _take_back(file, chapter, force=True)
    assert "Colab's end." in chapter.text.read_text()


def test_a_notebook_that_forgot_its_text_is_not_trusted(chapter: Chapter, tmp_path: Path) -> None:
    file = _edited(chapter, tmp_path / "bias.ipynb", "The end.", "An end.")
    notebook = json.loads(file.read_text())
    del notebook["metadata"]["course"]
    file.write_text(json.dumps(notebook))
    with pytest.raises(BookError, match="does not remember the text it was made from"):
        _take_back(file, chapter)


def test_code_added_to_the_first_cell_becomes_a_cell_of_its_own(chapter: Chapter, tmp_path: Path) -> None:
    file = _edited(chapter, tmp_path / "bias.ipynb", "del set_up_course", "del set_up_course\nseed = 3")
    assert any("a cell of its own" in line for line in _take_back(file, chapter))
    assert code("seed = 3") in chapter.text.read_text()
    notebooks.write([chapter], say=lambda line: None)
    notebooks.check([chapter])


def test_a_first_cell_that_was_changed_inside_is_not_overwritten_silently(chapter: Chapter) -> None:
    _edited(
        chapter, chapter.notebook, "importlib.invalidate_caches()", "importlib.invalidate_caches(); x = 1"
    )
    before = chapter.notebook.read_bytes()
    with pytest.raises(BookError, match=r"its first cell was changed"):
        notebooks.write([chapter], say=lambda line: None)
    assert chapter.notebook.read_bytes() == before
    assert any("changed inside" in line for line in _take_back(chapter.notebook, chapter))


def test_a_pasted_picture_is_refused_with_the_way_out(chapter: Chapter, tmp_path: Path) -> None:
    file = _edited(chapter, tmp_path / "bias.ipynb", "The end.", "The end.")
    notebook = json.loads(file.read_text())
    notebook["cells"][1]["attachments"] = {"image.png": {"image/png": "aGVsbG8="}}
    file.write_text(json.dumps(notebook))
    with pytest.raises(BookError, match=r"cell 1: holds the picture image.png. .*chapters/images"):
        _take_back(file, chapter)


def test_a_name_that_tells_nothing(chapter: Chapter, tmp_path: Path) -> None:
    file = _edited(chapter, tmp_path / "Untitled7.ipynb", "The end.", "An end.")
    with pytest.raises(BookError, match="--chapter NAME"):
        _take_back(file, chapter)
    _take_back(file, chapter, name="bias")
    assert "An end." in chapter.text.read_text()


@pytest.mark.parametrize("name", ["none.ipynb", "bias.txt"])
def test_a_file_that_is_no_notebook(chapter: Chapter, tmp_path: Path, name: str) -> None:
    (tmp_path / "bias.txt").write_text("text")
    with pytest.raises(BookError, match=r"does not exist|is no notebook"):
        _take_back(tmp_path / name, chapter)


def test_cells_in_a_new_order_with_new_ones_between(chapter: Chapter, tmp_path: Path) -> None:
    file = _edited(chapter, tmp_path / "bias.ipynb", "nothing", "nothing")
    notebook = json.loads(file.read_text())
    cells = notebook["cells"]
    notebook["cells"] = [cells[0], cells[2], nbformat.v4.new_code_cell("y = 9"), cells[1], cells[4]]
    file.write_text(json.dumps(notebook))
    _take_back(file, chapter)
    text = chapter.text.read_text()
    assert text.index("x = 1") < text.index("y = 9") < text.index("# Bias") < text.index("x + 1")
    assert "The end." not in text
