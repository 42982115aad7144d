"""Live figures and the playground: one Python class and one ES module each."""

from importlib import import_module
from typing import Any

# Each figure's module. It is imported when the figure is first used, so that `sources` needs no ipywidgets.
_FIGURES = {
    "ConcertDecision": "concert_decision",
    "DecisionLine": "decision_line",
    "LineGuess": "line_guess",
    "DescentBowl": "descent_bowl",
    "ActivationPair": "activation_pair",
    "BackpropGraph": "backprop_graph",
    "DividedBlame": "divided_blame",
    "HeldFormula": "held_formula",
    "HiddenUnits": "hidden_units",
    "LossCurves": "loss_curves",
    "PolynomialFit": "polynomial_fit",
    "DrawDigit": "draw_digit",
    "BroadcastShapes": "broadcast_shapes",
    "Playground": "playground",
    "RavineRace": "ravine_race",
    "ShardedGradients": "sharded_gradients",
}

__all__ = [
    "ActivationPair",
    "BackpropGraph",
    "BroadcastShapes",
    "ConcertDecision",
    "DecisionLine",
    "DescentBowl",
    "DividedBlame",
    "DrawDigit",
    "HeldFormula",
    "HiddenUnits",
    "LineGuess",
    "LossCurves",
    "Playground",
    "PolynomialFit",
    "RavineRace",
    "ShardedGradients",
]


def __getattr__(name: str) -> Any:
    if name not in _FIGURES:
        raise AttributeError(f"course_lib.figures has no {name!r}. Its figures: {', '.join(_FIGURES)}.")
    return getattr(import_module(f"course_lib.figures.{_FIGURES[name]}"), name)
