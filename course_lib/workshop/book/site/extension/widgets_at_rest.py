"""ipywidgets' controls as they stood when the notebook ran: native, labelled, and at rest.

They call Python: the page shows the state that was stored, until `live/chapter.js` makes it live.
"""

from collections.abc import Callable
from html import escape
from math import log
from typing import Any

from docutils import nodes

Models = dict[str, Any]
_NOTE = "These controls call Python. They move in Colab, in Jupyter, and on a page that was made live."


def widget_at_rest(
    model_id: str, models: Models, render_output: Callable[[dict[str, Any]], list[nodes.Element]]
) -> nodes.container:
    """Return a widget and all that it holds as a page shows it.

    Parameters
    ----------
    model_id
        The widget to show.
    models
        The notebook's stored widgets by their ids.
    render_output
        Turns an output that a widget captured into nodes.
    """
    controls, outputs = [], []
    for model in _leaves(model_id, models):
        if model["model_name"] == "OutputModel":
            outputs += [
                node for output in model["state"].get("outputs", []) for node in render_output(output)
            ]
        else:
            controls.append(control_html(model))
    markup = "\n".join(filter(None, controls))
    note = f'<p class="widget-note">{_NOTE}</p>'
    frame = (
        f'<div class="widget-controls" role="group" aria-label="Controls at rest">\n{markup}\n{note}</div>'
    )
    return nodes.container("", nodes.raw("", frame, format="html"), *outputs, classes=["widget-at-rest"])


def _leaves(model_id: str, models: Models) -> list[dict[str, Any]]:
    model = models[model_id]
    children = model["state"].get("children")
    if children is None:
        return [model]
    return [leaf for child in children for leaf in _leaves(child.removeprefix("IPY_MODEL_"), models)]


def control_html(model: dict[str, Any]) -> str:
    """Return one control as a native one, or an empty text for what shows nothing."""
    state, kind = model["state"], model["model_name"].removesuffix("Model")
    label = escape(str(state.get("description", "")).rstrip(":"))
    if kind in {"IntSlider", "FloatSlider", "FloatLogSlider"}:
        return _row(label, _slider(state, kind, label), escape(_readout(state)))
    if kind in {"Checkbox", "ToggleButton"}:
        checked = " checked" if state.get("value") else ""
        return _row(label, f'<input type="checkbox" name="{label}" disabled{checked}>')
    if kind in {"Dropdown", "Select", "SelectionSlider", "RadioButtons", "ToggleButtons"}:
        index, labels = state.get("index"), state.get("_options_labels", [])
        options = "".join(
            f"<option{' selected' if place == index else ''}>{escape(str(option))}</option>"
            for place, option in enumerate(labels)
        )
        return _row(label, f'<select name="{label}" disabled>{options}</select>')
    if kind == "Button":
        return f'<p class="widget-row"><button type="button" disabled>{label}</button></p>'
    if kind == "Label":
        return f'<p class="widget-row">{escape(str(state.get("value", "")))}</p>'
    if "value" in state:
        return _row(label, f'<input type="text" disabled value="{escape(str(state["value"]))}">')
    return ""


def _slider(state: dict[str, Any], kind: str, name: str) -> str:
    low, high, step, value = (
        float(state.get(name, default))
        for name, default in (("min", 0), ("max", 100), ("step", 1), ("value", 0))
    )
    if kind == "FloatLogSlider":
        value = log(value, float(state.get("base", 10)))
    ends = f'min="{low:g}" max="{high:g}" step="{step:g}"'
    return f'<input type="range" name="{name}" disabled {ends} value="{value:.12g}">'


def _readout(state: dict[str, Any]) -> str:
    value, form = state.get("value", 0), str(state.get("readout_format", ""))
    try:
        return format(value, form)
    except (ValueError, TypeError):
        return f"{value:g}"


def _row(label: str, control: str, readout: str = "") -> str:
    shown = f'<span class="widget-readout">{readout}</span>' if readout else ""
    return f'<label class="widget-row"><span class="widget-label">{label}</span>{control}{shown}</label>'
