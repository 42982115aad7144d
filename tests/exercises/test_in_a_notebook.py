"""The checks in a real kernel, in a notebook that was edited, reordered, copied and saved from Colab."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
RIGHT = """
def to_bias(weights, threshold):
    return weights, -threshold

def to_threshold(weights, bias):
    return weights, -bias
"""
WRONG = RIGHT.replace("weights, -threshold", "weights, threshold")


def practice() -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "chapters" / "exercises" / "perceptron.ipynb", as_version=4)


def executed(notebook: nbformat.NotebookNode) -> list[tuple[str, str, str]]:
    """Run a notebook; return each code cell's source with its output as text and as HTML."""
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(ROOT))
    return [
        (
            cell.source,
            "".join(
                output.get("data", {}).get("text/plain", output.get("text", "")) for output in cell.outputs
            ),
            "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs),
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def as_colab_saves(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what Colab drops, and add what it adds."""
    cells: list[dict[str, Any]] = []
    for number, cell in enumerate(notebook.cells):
        form = {key: cell[key] for key in ("cell_type", "source")}
        form["metadata"] = {"id": f"Ab{number}", "executionInfo": {"user": {"displayName": "Somebody"}}}
        if cell.cell_type == "code":
            form |= {"outputs": [], "execution_count": None}
        cells.append(form)
    return nbformat.from_dict(
        {"cells": cells, "metadata": {"colab": {"provenance": []}}, "nbformat": 4, "nbformat_minor": 0}
    )


@pytest.fixture(scope="module")
def cells() -> list[tuple[str, str, str]]:
    """Run one notebook that went through a lot."""
    notebook = as_colab_saves(practice())
    code = nbformat.v4.new_code_cell
    stub = next(place for place, cell in enumerate(notebook.cells) if cell.source.startswith("def to_bias"))
    # The stub is answered wrongly and checked, copied with another answer, and the check is copied too.
    notebook.cells[stub].source = WRONG
    more = [
        "check(to_bias)  # 1",
        RIGHT,
        "check('two_forms')  # 2",
        "to_bias = 5",
        "check('perceptron.two_forms')  # 3",
    ]
    more += [
        "def fewest_flips(weights, bias, answers):\n    while True:\n        pass",
        "check(fewest_flips)  # 4",
    ]
    more += ["def smallest_nudge(weights, bias, inputs):\n    return weihgts", "check(smallest_nudge)  # 5"]
    more += [
        "from course_lib.perceptron import predict\ndef xor_from(gate, a, b): return predict([a, b], [1, 1])"
    ]
    more += [
        "check(xor_from)  # 6",
        "hint('sentence')  # 7",
        "why_not_xor = 'a line cannot'",
        "check('why_not_xor')  # 8",
    ]
    notebook.cells[stub + 1 : stub + 2] = [code(source) for source in more]
    # The last cells come first: progress before anything is answered.
    imports = next(place for place, cell in enumerate(notebook.cells) if "import check" in cell.source)
    notebook.cells.insert(imports + 1, notebook.cells.pop())
    for cell in notebook.cells:
        cell.pop("id", None)
    return executed(notebook)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, ["✗", "Wrong", "what does a high bias do?", "to_bias(weights=", "expected", "got"]),
        (2, ["✓", "Right"]),
        (3, ["no function"]),
        (4, ["⏱", "Too slow", "it was in line"]),
        (5, ["⚠", "Raised", "NameError", "in line 2: return weihgts"]),
        (6, ["course_lib.perceptron.predict", "answers the exercise for you"]),
        (7, ["Hint 1 of 2"]),
        (8, ["◐", "3 words written"]),
    ],
)
def test_what_a_cell_answers(cells: list[tuple[str, str, str]], number: int, words: list[str]) -> None:
    ((text, html),) = [(text, html) for source, text, html in cells if source.endswith(f"# {number}")]
    for word in words:
        assert word in text
    assert html.startswith("<div")


def test_progress_at_the_top_sees_nothing_yet(cells: list[tuple[str, str, str]]) -> None:
    ((text, html),) = [(text, html) for source, text, html in cells if source.startswith("progress(")]
    assert "0 of 19 points" in text
    assert "<table>" in html


def test_the_practice_notebooks_run_as_they_are_and_call_nothing_attempted() -> None:
    for path in sorted((ROOT / "chapters" / "exercises").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        checks = [cell for cell in notebook.cells if cell.source.startswith("check(")]
        assert len(checks) >= 4, path.name  # as many as the shortest set has
        for cell in checks:
            (output,) = cell.outputs
            assert "○" in output["data"]["text/plain"], f"{path.name}: {cell.source}"
