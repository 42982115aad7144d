"""A notebook shows the library's code below each link to it that stands alone; the text never holds it."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from course_lib.workshop.book.chapters import library_code
from tests.matrix.environments import ROOT

LINK = "[course_lib.perceptron.predict](https://example.invalid/blob/main/course_lib/perceptron.py)"
CHAPTERS = sorted(path for path in (ROOT / "chapters").glob("*.md") if "\n[course_lib." in path.read_text())


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_way_there_and_back(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = library_code.in_notebook(text)
    assert shown.count("code</summary>") == len(re.findall(r"^\[course_lib\.", text, re.MULTILINE)) > 0
    assert library_code.in_text(shown) == text
    for code in re.findall(r"code</summary>\n\n```python\n(.*?)\n```\n", shown, re.DOTALL):
        ast.parse(code)


@pytest.mark.parametrize(
    "text",
    [
        f"See {LINK}.",
        "[course_lib.perceptron.nothing](../course_lib/perceptron.py)",
        "[course_lib.nowhere.at_all](../course_lib/nowhere.py)",
        "[the file](../course_lib/perceptron.py)",
    ],
)
def test_other_links_stay_as_they_are(text: str) -> None:
    assert library_code.in_notebook(text) == text


def test_two_links_one_below_the_other_and_code_with_a_fence_of_its_own() -> None:
    text = f"{LINK}\n\n{LINK}\n\n```python\nx = 1\n```"
    assert library_code.in_text(library_code.in_notebook(text)) == text
    assert library_code.in_notebook(text).count("def predict(") == 2


def test_the_notebooks_hold_what_the_library_holds() -> None:
    shown = 0
    for path in CHAPTERS:
        for cell in nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells:
            if cell.cell_type == "markdown":
                assert library_code.in_notebook(library_code.in_text(cell.source)) == cell.source
                shown += cell.source.count("code</summary>")
    assert shown > 25
