"""Writes a small book that holds one of everything the extension knows, to build and to look at."""

import base64
import io
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.workshop.book.chapters.alerts import in_notebook

matplotlib.use("agg")

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"

TOC = """\
format: jb-book
root: chapters/index.ipynb
parts:
  - caption: Chapters
    chapters:
      - file: chapters/plain.ipynb
      - file: chapters/lively.ipynb
  - caption: At hand
    chapters:
      - file: chapters/glossary.md
      - file: chapters/references.md
"""

INDEX = r"""# An example book

This book holds one of everything. Begin with [the plain chapter](plain.md).
"""

PLAIN = r"""# A plain chapter

You will read about the [perceptron](glossary.md#perceptron), which
[Rosenblatt](references.md#rosenblatt-1958) described.
It adds up $w \cdot x$ and compares. <!-- claim: 1 + 1 == 2 -->
The weights are four. <!-- given: four, the story -->

## A formula

$$
\begin{aligned}
\frac{\partial E}{\partial m} &= -\frac{2}{N} \sum_{i=1}^{N} x_i \left(y_i - m x_i - b\right) \\
\frac{\partial E}{\partial b} &= -\frac{2}{N} \sum_{i=1}^{N} \left(y_i - m x_i - b\right)
\end{aligned}
$$

<!-- formula: line_gradient -->

| question | your answer | worth |
|---|---|---|
| Is the artist good? | yes | 0.7 |
| Is the weather good? | no | 0.6 |

## Alerts

> [!NOTE]
> A note with `code` and $x^2$.

> [!TIP]
> A tip.
>
> It has a second paragraph.

> [!IMPORTANT]
> Something important.

> [!WARNING]
> A warning about a [perceptron](glossary.md#perceptron).

> A quotation stays a quotation.

## The library's code

[course_lib.arguments](../course_lib/arguments.py)

The names stand in [one small file](../course_lib/arguments.py).

## 1. Add up $a$ and `b` (2 points)

Do it by hand.

## Questions

<details><summary>Why is $b$ needed, and what does <code>fit</code> do?</summary>

Because a line need not pass through the **origin**. See `fit`.

$$
w \cdot x + b > 0
$$

</details>

<details><summary>A second question?</summary>

A second answer.

</details>
"""

GLOSSARY = r"""# Glossary

## Perceptron

A unit that adds up its weighted inputs, $\sum_i w_i x_i$, and says yes
when the sum passes a threshold. See also [weight](#weight).

A second paragraph, which a card leaves out.

## Weight

How much an input counts.
"""

REFERENCES = r"""# References

## Rosenblatt 1958

Frank Rosenblatt. *The perceptron: a probabilistic model for information storage.* Psychological Review, 1958.

> [!CAUTION]
> A page without code is read from its text.
"""

CODE = r"""def long_name(first_argument, second_argument):
    # > [!NOTE]
    return '> [!TIP]\n<!-- claim: True -->'"""


def picture() -> str:
    """Return a small PNG, as a notebook stores it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 2.5))
    axes = figure.subplots()
    axes.plot([0, 1, 2], [1, 0, 1], marker="o")
    axes.set(xlabel="step", ylabel="loss")
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100, metadata={"Software": None})
    return base64.b64encode(stream.getvalue()).decode()


def display(data: dict[str, Any], **metadata: Any) -> Any:
    """Return a stored output."""
    return new_output("display_data", data=data, metadata=metadata)


def interact_state() -> dict[str, Any]:
    """Return the state that `interact` leaves: three controls, and what the function printed."""
    parts = [f"IPY_MODEL_{name}" for name in ("slider", "check", "pick", "out")]
    rate = {"description": "rate", "min": 0.0, "max": 1.0, "step": 0.1, "value": 0.3, "readout_format": ".2f"}
    printed = {"output_type": "stream", "name": "stdout", "text": "the loss is 0.25\n"}
    models = {
        "box": ("VBoxModel", {"children": parts}),
        "slider": ("FloatSliderModel", rate),
        "check": ("CheckboxModel", {"description": "shuffle", "value": True}),
        "pick": ("DropdownModel", {"description": "loss", "index": 1, "_options_labels": ["mse", "mae"]}),
        "out": ("OutputModel", {"outputs": [printed]}),
    }
    return {
        key: {"model_name": name, "model_module": "@jupyter-widgets/controls", "state": state}
        for key, (name, state) in models.items()
    }


def figure_state() -> tuple[dict[str, Any], Any]:
    """Return the state and the output of a real live figure."""
    from course_lib.figures import ConcertDecision

    figure = ConcertDecision()
    state = {
        **figure.public_state(),
        "_figure": "ConcertDecision",
        "_model_name": "AnyModel",
        "layout": "IPY_MODEL_l",
    }
    bundle = {
        WIDGET_VIEW: {"model_id": "figure", "version_major": 2, "version_minor": 0},
        "image/svg+xml": figure.static_svg(),
        "text/plain": figure.description,
    }
    return {"figure": {"model_name": "AnyModel", "model_module": "anywidget", "state": state}}, display(
        bundle
    )


def notebook(*cells: Any, widgets: dict[str, Any] | None = None) -> Any:
    """Return a notebook of these cells."""
    metadata: dict[str, Any] = dict(KERNEL)
    if widgets:
        metadata["widgets"] = {WIDGET_STATE: {"state": widgets, "version_major": 2, "version_minor": 0}}
    made = new_notebook(cells=list(cells), metadata=metadata)
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number}"
    return made


def plain_chapter() -> Any:
    """Return a chapter without scripts."""
    setup = new_code_cell(
        "install('the course')", metadata={"tags": ["setup", "remove-cell"]}, execution_count=1
    )
    code = new_code_cell(
        CODE,
        execution_count=2,
        outputs=[new_output("stream", name="stdout", text="> [!NOTE]\n<!-- hello -->\n")],
    )
    drawing = new_code_cell(
        "show(figure)",
        execution_count=3,
        outputs=[
            display(
                # As plots.show stores it: the HTML is what Jupyter shows, the book shows the picture.
                {
                    "image/png": picture(),
                    "text/plain": "<Figure>",
                    "text/html": "<figure>for Jupyter</figure>",
                },
                course={
                    "alt": "A line falls from 1 to 0, then rises to 1.",
                    "caption": "The loss falls, then rises; $\\eta$ is too large.",
                    "cuts": [0.4],
                },
                **{"image/png": {"width": 400}},
            )
        ],
    )
    text, rest = PLAIN.split("## A formula")
    return notebook(
        new_markdown_cell(text), setup, new_markdown_cell(in_notebook("## A formula" + rest)), code, drawing
    )


def lively_chapter() -> Any:
    """Return a chapter with a live figure and with ipywidgets' controls."""
    widgets, output = figure_state()
    view = {
        WIDGET_VIEW: {"model_id": "box", "version_major": 2, "version_minor": 0},
        "text/plain": "interact",
    }
    return notebook(
        new_markdown_cell("# A lively chapter\n\nMove the sliders of this page and see what is decided."),
        new_code_cell("ConcertDecision()", execution_count=1, outputs=[output]),
        new_markdown_cell("## Your own function"),
        new_code_cell("interact(loss, rate=0.3)", execution_count=2, outputs=[display(view)]),
        widgets={**widgets, **interact_state()},
    )


def write_example_book(folder: Path) -> Path:
    """Write the example book into a folder and return the folder."""
    chapters = folder / "chapters"
    chapters.mkdir(parents=True, exist_ok=True)
    (folder / "_toc.yml").write_text(TOC, encoding="utf-8")
    (chapters / "glossary.md").write_text(GLOSSARY, encoding="utf-8")
    (chapters / "references.md").write_text(REFERENCES, encoding="utf-8")
    notebooks = {
        "index": notebook(new_markdown_cell(INDEX)),
        "plain": plain_chapter(),
        "lively": lively_chapter(),
    }
    for name, made in notebooks.items():
        nbformat.write(made, chapters / f"{name}.ipynb")
    return folder
