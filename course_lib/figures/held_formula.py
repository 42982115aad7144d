"""A formula whose numbers can be held: whatever is moved, picture, sentence and code line follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import traitlets

from course_lib import arguments, cost, descent, network
from course_lib.figures.base import Figure
from course_lib.figures.picture import Picture
from course_lib.perceptron import margin, predict, weighted_sum

Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Held:
    """One formula: what it says, what may be held, and what it comes to.

    In the texts ``{w}`` is the number ``w``, which can be held, and ``[z]`` the result ``z``. Quantities
    whose names begin with the same letter have one colour and one mark.

    Attributes
    ----------
    title, formula, words, code : str
        What stands above, the formula, the sentence below it, and the line of code.
    values : dict of str to float
        The numbers to begin with.
    ranges : dict of str to tuple
        For each number the lowest and the highest, and the size of one step.
    results : callable
        Takes the numbers by name, returns the results by name, computed by the course's own functions.
    """

    title: str
    formula: str
    words: str
    code: str
    values: dict[str, float]
    ranges: dict[str, tuple[float, float, float]]
    results: Callable[[Numbers], dict[str, float]]


def _weighted_sum(v: Numbers) -> dict[str, float]:
    inputs, weights = [v["x1"], v["x2"]], [v["w1"], v["w2"]]
    total = float(weighted_sum(inputs, weights, v["b"]))
    return {"z": total, "answer": int(predict(inputs, weights, v["b"]))}


def _distance(v: Numbers) -> dict[str, float]:
    return {"d": margin([[v["x1"], v["x2"]]], [1], [v["w1"], v["w2"]], v["b"])}


def _squared_error(v: Numbers) -> dict[str, float]:
    inputs, targets = np.array([1.0, 3.0]), np.array([2.0, 4.0])
    by_weight, by_bias = descent.line_gradient(inputs, targets, v["w"], v["b"])
    error = cost.mean_squared_error(v["w"] * inputs + v["b"], targets)
    return {"E": error, "slope_w": float(by_weight), "slope_b": float(by_bias)}


def _step(v: Numbers) -> dict[str, float]:
    slope = 2 * v["c"] * (v["w"] - 3)
    (after,) = descent.GradientDescent(v["r"]).step([np.array([v["w"]])], [np.array([slope])])
    return {"slope": slope, "after": float(after[0])}


def _sigmoid(v: Numbers) -> dict[str, float]:
    chance = float(cost.sigmoid(v["w"] * v["x"] + v["b"]))
    return {"p": chance, "slope": chance * (1 - chance)}


def _surprise(v: Numbers) -> dict[str, float]:
    slope = float(cost.binary_cross_entropy_gradient([v["z"]], [1])[0])
    surprise = cost.binary_cross_entropy([v["z"]], [1])
    return {"p": float(cost.sigmoid(v["z"])), "E": surprise, "slope": slope}


def _chain(v: Numbers) -> dict[str, float]:
    none = np.zeros(1)
    layers = [(np.array([[v["v"]]]), none), (np.array([[v["w"]]]), none)]
    values = network.forward(layers, [[v["x"]]])
    wrong = values[-1] - v["y"]
    (by_v, _), (by_w, _) = network.backward(layers, values, 2 * wrong)
    return {"E": float(wrong[0, 0] ** 2), "slope_w": float(by_w[0, 0]), "slope_v": float(by_v[0, 0])}


FORMULAS = {
    "weighted_sum": Held(
        "A weighted sum, in your hand",
        "{w1} · {x1} + {w2} · {x2} + {b} = [z]",
        "The weights {w1} and {w2}, times the inputs {x1} and {x2}, and the bias {b} come to [z], "
        "so the answer is [answer].",
        "weighted_sum([{x1}, {x2}], [{w1}, {w2}], {b})  # [z]",
        {"w1": 1.0, "x1": 1.5, "w2": -0.5, "x2": 1.0, "b": -0.5},
        dict.fromkeys(("w1", "x1", "w2", "x2", "b"), (-3, 3, 0.1)),
        _weighted_sum,
    ),
    "distance": Held(
        "How far from the line, in your hand",
        "({w1} · {x1} + {w2} · {x2} + {b}) / √({w1}² + {w2}²) = [d]",
        "The point ({x1}, {x2}) lies [d] from the line with the weights {w1} and {w2} and the bias {b}; "
        "below zero, it lies on the side of the noes.",
        "margin([[{x1}, {x2}]], [1], [{w1}, {w2}], {b})  # [d]",
        {"w1": 1.0, "w2": 1.0, "x1": 1.5, "x2": 1.0, "b": -1.0},
        {
            "w1": (0.1, 3, 0.1),
            "w2": (-3, 3, 0.1),
            "x1": (-3, 3, 0.1),
            "x2": (-3, 3, 0.1),
            "b": (-3, 3, 0.1),
        },
        _distance,
    ),
    "squared_error": Held(
        "A squared error of two sticks, in your hand",
        "½ ( ({w} · 1 + {b} − 2)² + ({w} · 3 + {b} − 4)² ) = [E]",
        "With the weight {w} and the bias {b} the line costs [E]. A little more weight changes that by "
        "[slope_w] for each unit, a little more bias by [slope_b].",
        "line_gradient([1, 3], [2, 4], {w}, {b})  # ([slope_w], [slope_b])",
        {"w": 0.5, "b": 0.0},
        {"w": (-1, 3, 0.05), "b": (-2, 4, 0.05)},
        _squared_error,
    ),
    "step": Held(
        "A step downhill, in your hand",
        "{w} − {r} · 2 · {c} · ({w} − 3) = [after]",
        "At the weight {w} the slope of a bowl with the bend {c} is [slope]. A step with the rate {r} "
        "leads to [after].",
        "w = {w} - {r} * [slope]  # [after]",
        {"w": 0.0, "r": 0.3, "c": 1.0},
        {"w": (-2, 8, 0.1), "r": (0, 1.5, 0.05), "c": (0.2, 2, 0.1)},
        _step,
    ),
    "sigmoid": Held(
        "A neuron that says maybe, in your hand",
        "1 / (1 + e<sup>−({w} · {x} + {b})</sup>) = [p]",
        "For the input {x}, the weight {w} and the bias {b} the neuron says [p], and its slope there "
        "is [slope].",
        "sigmoid({w} * {x} + {b})  # [p]",
        {"w": 1.0, "x": 1.0, "b": 0.0},
        {"w": (-4, 4, 0.1), "x": (-6, 6, 0.1), "b": (-6, 6, 0.1)},
        _sigmoid,
    ),
    "surprise": Held(
        "The cost of being surprised, in your hand",
        "− log σ({z}) = [E]",
        "A neuron with the logit {z} gives a yes the probability [p]. If yes is the truth, it costs [E], and "
        "the slope is [slope].",
        "binary_cross_entropy([{z}], [1])  # [E]",
        {"z": -1.0},
        {"z": (-6, 6, 0.1)},
        _surprise,
    ),
    "chain": Held(
        "The error of a chain, in your hand",
        "({w} · tanh({v} · {x}) − {y})² = [E]",
        "With the inner weight {v} and the outer weight {w}, for the input {x} and the target {y}, the "
        "error is [E]. Its slope is [slope_v] along the inner weight and [slope_w] along the outer one.",
        "by_v = 2 * (o - y) * {w} * (1 - h**2) * {x}  # [slope_v]",
        {"v": 0.8, "w": 1.5, "x": 1.0, "y": 0.5},
        {"v": (-3, 3, 0.1), "w": (-3, 3, 0.1), "x": (-2, 2, 0.1), "y": (-2, 2, 0.1)},
        _chain,
    ),
}


class HeldFormula(Figure):
    """A formula with numbers that can be dragged, typed or stepped by keys.

    Parameters
    ----------
    formula : {'weighted_sum', 'distance', 'squared_error', 'step', 'sigmoid', 'surprise', 'chain'}
        Which one.
    **numbers : float
        Other numbers to begin with, by name.

    Raises
    ------
    ValueError
        If there is no such formula, or it has no number of this name.
    """

    title: ClassVar[str] = "A formula that you can hold"

    formula = traitlets.Unicode().tag(sync=True)
    values = traitlets.Dict(value_trait=traitlets.Float()).tag(sync=True)
    texts = traitlets.Dict(value_trait=traitlets.Unicode()).tag(sync=True)
    ranges = traitlets.Dict(value_trait=traitlets.List(traitlets.Float())).tag(sync=True)

    def __init__(self, formula: str = "weighted_sum", **numbers: Any) -> None:
        held = FORMULAS[arguments.one_of("formula", formula, FORMULAS)]
        widget: dict[str, Any] = {
            name: numbers.pop(name) for name in ("values", "model_id") if name in numbers
        }
        for name in numbers:
            arguments.one_of("number", name, held.values)
        settings: dict[str, Any] = {
            "formula": formula,
            "values": {**held.values, **{name: float(value) for name, value in numbers.items()}},
            "texts": {
                "title": held.title,
                "formula": held.formula,
                "words": held.words,
                "code": held.code,
            },
            "ranges": {name: [float(end) for end in ends] for name, ends in held.ranges.items()},
        }
        super().__init__(**(settings | widget))

    def computed(self) -> dict[str, Any]:
        """Compute what the formula's numbers come to."""
        return {**FORMULAS[self.formula].results(dict(self.values))}

    def _filled(self, text: str) -> str:
        for name, value in self.values.items():
            text = text.replace(f"{{{name}}}", f"{value:g}".replace("-", "−"))
        for name, value in self.computed().items():
            text = text.replace(f"[{name}]", f"{value:.3g}".replace("-", "−"))
        return text.replace("<sup>", "^").replace("</sup>", "")

    @property
    def description(self) -> str:
        """What the figure shows now."""
        return self._filled(FORMULAS[self.formula].words)

    def static_svg(self) -> str:
        """Return the formula with its numbers, and the line of code."""
        held = FORMULAS[self.formula]
        picture = Picture(self.description, 640, 130)
        picture.text(320, 34, held.title, anchor="middle", bold=True)
        picture.text(320, 72, self._filled(held.formula), anchor="middle", size=18)
        picture.text(320, 106, self._filled(held.code), anchor="middle", fill="soft")
        return str(picture)
