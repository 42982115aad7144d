"""What running a chapter printed and drew, in a form that is the same on every run and every machine."""

import hashlib
import json
import re
import sys
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from PIL import Image

from course_lib.figures.at_rest import RUN_THIS_CELL

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
MODEL_REFERENCE = "IPY_MODEL_"
# Kept in no stored state: the page has the scripts once, and the rest is where a person's window stood.
_SCRIPTS = ("_esm", "_css", "_anywidget_id", "_dom_classes")

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
State = dict[str, dict[str, Any]]


def normal_outputs(outputs: Iterable[NotebookNode], root: Path) -> list[NotebookNode]:
    """Return a cell's outputs with streams joined and tracebacks without this machine's folders.

    A figure's still picture before it is left out: a stored figure brings its own (`add_still_pictures`).
    """
    normal: list[NotebookNode] = []
    for output in outputs:
        output = NotebookNode(output)
        output.pop("transient", None)
        described = output.get("metadata", {}).get("course", {})
        if described.get("still"):
            continue
        if output.output_type == "error":
            output.traceback = [_anonymous("\n".join(output.traceback), root)]
            output.evalue = _anonymous(output.evalue, root)
        if described.get("alt") and "text/html" in output.data:
            output.data["text/html"] = _smaller(output.data["text/html"], output.data["image/png"])
        if WIDGET_VIEW in output.get("data", {}) and "image/svg+xml" not in output.data:
            # What an untrusted notebook shows of `interact`; else `interactive(children=(...`.
            output.data["text/plain"] = RUN_THIS_CELL
        last = normal[-1] if normal else None
        if (
            output.output_type == "stream"
            and last is not None
            and last.output_type == "stream"
            and last.name == output.name
        ):
            last.text += output.text
        else:
            normal.append(output)
    return normal


def _smaller(html: str, png: str) -> str:
    """Return the HTML of a picture of `plots.show` with the same pixels in WebP, a third of the bytes."""
    png = png.strip()
    webp = BytesIO()
    Image.open(BytesIO(b64decode(png))).save(webp, "webp", lossless=True)
    return html.replace(f"image/png;base64,{png}", f"image/webp;base64,{b64encode(webp.getvalue()).decode()}")


def without_copies(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Return outputs without the HTML of pictures, which holds picture and words once more, for Jupyter."""
    return [
        NotebookNode({**output, "data": NotebookNode(
            {kind: value for kind, value in output.data.items() if kind != "text/html"}
        )}) if output.get("metadata", {}).get("course", {}).get("alt") else output
        for output in outputs
    ]  # fmt: skip


def _anonymous(text: str, root: Path) -> str:
    text = _COLOUR.sub("", text)
    text = text.replace(f"{root}/", "")
    text = re.sub(rf"{re.escape(sys.prefix)}/\S*?site-packages/", "", text)
    text = re.sub(r"/\S*?/lib/python3\.\d+/", "", text)
    return _ADDRESS.sub("0x...", text)


def unstable_text(outputs: Iterable[NotebookNode], root: Path) -> str | None:
    """Return what makes a cell's outputs differ between two runs or machines, or None if nothing does."""
    folders = [str(one) for one in (root, Path.home(), Path(tempfile.gettempdir())) if len(one.parts) > 1]
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            first_line = output.text.strip().split("\n")[0]
            return f"writes to stderr, `{first_line[:120]}`"
        if output.output_type == "error":
            continue
        for text in _texts(output):
            if match := _ADDRESS.search(text):
                return f"prints a memory address, `{match[0]}`"
            if any(re.search(rf"(?<![\w/]){re.escape(one)}(?![\w-])", text) for one in folders):
                return "prints a folder of this machine"
    return None


def unwritable_text(outputs: Iterable[NotebookNode]) -> str | None:
    """Return what makes a cell's outputs impossible to store, or None if they can be."""
    for output in outputs:
        for text in _texts(output):
            if "surrogates not allowed" in text:  # what the kernel says of it
                return "prints half a character, which no file can hold"
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                return f"prints half a character, {text[error.start]!r}, which no file can hold"
    return None


def _texts(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        yield output.text
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/") and isinstance(value, str):
            yield value


def referenced_models(outputs: Iterable[NotebookNode]) -> list[str]:
    """Return the ids of the widgets that outputs show, in order."""
    shown = (output.get("data", {}).get(WIDGET_VIEW) for output in outputs)
    return [view["model_id"] for view in shown if view]


def normal_state(state: State, shown: Iterable[str], name: str) -> tuple[State, dict[str, str]]:
    """Return the widget state that a notebook stores, and its new id for each old one.

    Only what the shown widgets need is kept. Ids are numbered in the order in which a reader meets the
    widgets, so they are the same on every run; scripts and style sheets are left out.

    Parameters
    ----------
    state
        The kernel's widgets by id, as `Widget.get_manager_state` gives them.
    shown
        The ids of the widgets in outputs, in order.
    name
        The notebook's name, which makes the ids of two notebooks differ.
    """
    new_ids: dict[str, str] = {}
    waiting = list(shown)
    while waiting:
        model = waiting.pop(0)
        if model in new_ids or model not in state:
            continue
        new_ids[model] = hashlib.sha256(f"{name}/{len(new_ids)}".encode()).hexdigest()[:32]
        waiting += _references(state[model]["state"])
    normal: State = {}
    for old, new in new_ids.items():
        entry = {key: value for key, value in state[old].items() if key != "buffers"}
        kept = {key: value for key, value in entry["state"].items() if not _is_needless(key, value, entry)}
        entry["state"] = json.loads(
            re.sub(
                MODEL_REFERENCE + r"(\w+)",
                lambda match: MODEL_REFERENCE + new_ids.get(match[1], match[1]),
                json.dumps(kept),
            )
        )
        scripts = {("_esm",), ("_css",)}
        buffers = [one for one in state[old].get("buffers", []) if tuple(one["path"]) not in scripts]
        normal[new] = {**entry, **({"buffers": buffers} if buffers else {})}
    return normal, new_ids


# What stands for a figure's script in a stored notebook: opened and not yet run, it shows the still picture.
STILL_PICTURE = """\
export default {{ render({{ el }}) {{
  el.innerHTML = {picture};
  el.append(Object.assign(document.createElement("p"), {{ textContent: "RUN_THIS_CELL" }}));
}} }};
""".replace("RUN_THIS_CELL", RUN_THIS_CELL)


def add_still_pictures(state: State, new_ids: dict[str, str], outputs: Iterable[NotebookNode]) -> None:
    """Give each live figure of a stored state a script that shows its still picture, in place.

    Its own script stands once in each page of the book; without any, Jupyter would show an error in its place
    until the cell is run.
    """
    for output in outputs:
        data = output.get("data", {})
        model = data.get(WIDGET_VIEW, {}).get("model_id")
        entry = state.get(new_ids.get(model, model), {})
        if "image/svg+xml" in data and entry.get("model_module") == "anywidget":
            entry["state"]["_esm"] = STILL_PICTURE.format(picture=json.dumps(data["image/svg+xml"]))


def _is_needless(key: str, value: Any, entry: dict[str, Any]) -> bool:
    """Return whether a trait is a script, or a default that every front end knows."""
    if key in _SCRIPTS:
        return True
    is_plain_widget = entry["model_module"].startswith("@jupyter-widgets/")
    return value is None and (is_plain_widget or key in ("_view_count", "tabbable", "tooltip"))


def _references(value: Any) -> list[str]:
    text = json.dumps(value, sort_keys=True)
    return re.findall(MODEL_REFERENCE + r"(\w+)", text)


def rename_models(outputs: Iterable[NotebookNode], new_ids: dict[str, str]) -> None:
    """Give the widgets that outputs show their new ids, in place."""
    for output in outputs:
        view = output.get("data", {}).get(WIDGET_VIEW)
        if view and view["model_id"] in new_ids:
            view["model_id"] = new_ids[view["model_id"]]


def widgets_metadata(state: State) -> NotebookNode:
    """Return the notebook metadata that holds widget state."""
    return NotebookNode({WIDGET_STATE: {"state": state, "version_major": 2, "version_minor": 0}})


def without_colours(text: str) -> str:
    """Return a text without the codes that colour it in a terminal."""
    return _COLOUR.sub("", text)


def figures_only(state: State) -> State:
    """Return the live figures' own traits, without what the versions of widget libraries put beside them."""
    return {
        model: {**entry, "model_module_version": "", "state": _own_traits(entry["state"])}
        for model, entry in state.items()
        if entry["model_module"] == "anywidget"
    }


def _own_traits(state: dict[str, Any]) -> dict[str, Any]:
    common = ("layout", "tabbable", "tooltip", "comm")
    return {
        key: value
        for key, value in state.items()
        if key == "_figure" or not (key.startswith("_") or key in common)
    }


def state_difference(stored: State, run: State) -> str | None:
    """Return how the stored widget state differs from the one that running gave, or None."""
    for model in [*run, *(model for model in stored if model not in run)]:
        if model not in stored:
            return f"the state of the widget {_widget_name(run[model])} is not stored"
        if model not in run:
            return f"the state of a widget {_widget_name(stored[model])} is stored that no cell shows"
        if stored[model] == run[model]:
            continue
        before, now = stored[model]["state"], run[model]["state"]
        for trait in sorted({*before, *now}):
            if before.get(trait) != now.get(trait):
                return (
                    f"the widget {_widget_name(run[model])} has the stored {trait} {before.get(trait)!r}, "
                    f"and running gave {now.get(trait)!r}"
                )
        return f"the stored widget {_widget_name(stored[model])} has another model than the one that ran"
    return None


def _widget_name(entry: dict[str, Any]) -> str:
    return str(entry["state"].get("_figure") or entry["model_name"])
