"""The scripts and the style sheet of the live figures, as text.

An anywidget module has no address of its own, so it cannot import a neighbour. A figure's module is
therefore the toolkit and the figure's own files, joined. Nothing here imports ipywidgets: building
the book needs the text alone.
"""

import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

# Each figure's own files, in the order in which they are joined behind the toolkit.
MODULES = {
    "ConcertDecision": ("concert_decision.js",),
    "DecisionLine": ("decision_line.js",),
    "LineGuess": ("line_cost.js", "line_guess.js"),
    "DescentBowl": ("line_cost.js", "descent_bowl.js"),
    "ActivationPair": ("activation_pair.js",),
    "BackpropGraph": ("backprop_graph.js",),
    "DividedBlame": ("heat_map.js", "divided_blame.js"),
    "HeldFormula": ("held_formula.js",),
    "HiddenUnits": ("network_engine.js", "heat_map.js", "hidden_units.js"),
    "LossCurves": ("network_engine.js", "loss_curves.js"),
    "PolynomialFit": ("polynomial_fit.js",),
    "DrawDigit": ("network_engine.js", "draw_digit.js"),
    "BroadcastShapes": ("broadcast_shapes.js",),
    "RavineRace": ("ravine_race.js",),
    "ShardedGradients": ("sharded_gradients.js",),
    "Playground": (
        "network_engine.js",
        "heat_map.js",
        "playground_data.js",
        "playground_trainer.js",
        "playground_presets.js",
        "playground_export.js",
        "playground.js",
    ),
}


@cache
def _read(name: str) -> str:
    return (files("course_lib.figures") / name).read_text(encoding="utf-8")


def module_source(name: str) -> str:
    """Return a figure's whole ES module: the toolkit and the figure's own files, joined.

    Parameters
    ----------
    name : str
        The figure's class name, such as ``"ConcertDecision"``.

    Returns
    -------
    str
        JavaScript without imports, whose default export has a ``render`` function.

    Raises
    ------
    KeyError
        If there is no figure of this name.
    """
    if name not in MODULES:
        raise KeyError(f"There is no figure {name!r}. There are: {', '.join(sorted(MODULES))}.")
    return "\n".join(_read(part) for part in ("toolkit.js", *MODULES[name]))


def stylesheet() -> str:
    """Return the CSS of all figures."""
    return _read("figures.css")


def host_source() -> str:
    """Return the script that starts the figures of a static page."""
    return _read("host.js")


@cache
def colours() -> dict[str, str]:
    """Return the light theme's colours by name, as the style sheet has them."""
    light = stylesheet().split("}", 1)[0]
    return dict(re.findall(r"--figure-([\w-]+): (#\w{6});", light))


def figure_markup(name: str, state: Mapping[str, object], picture: str) -> str:
    """Return the place of one figure in a static page.

    Parameters
    ----------
    name : str
        The figure's class name.
    state : mapping
        Its traits; those that a page has no use for (``_...``, ``layout``) are left out.
    picture : str
        HTML that stands there until the figure starts, and if it never does.

    Returns
    -------
    str
        A ``div`` that `host_source` starts.
    """
    shown = {
        key: value for key, value in state.items() if not key.startswith("_") and key not in _WIDGET_TRAITS
    }
    text = html.escape(json.dumps(shown, separators=(",", ":")))
    return f'<div class="course-figure" data-figure="{name}" data-state="{text}">{picture}</div>'


_WIDGET_TRAITS = ("layout", "tabbable", "tooltip")


def page_scripts(names: Iterable[str]) -> str:
    """Return the script elements that a page with these figures ends with."""
    modules = [
        f'<script type="text/plain" data-figure-module="{name}">\n{module_source(name)}</script>\n'
        for name in sorted(set(names))
    ]
    return "".join(modules) + f"<script>\n{host_source()}</script>\n"
