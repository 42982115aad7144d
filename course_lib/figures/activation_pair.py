"""An activation and its gradient, side by side."""

from typing import Any, ClassVar

import numpy as np
import traitlets

from course_lib.cost import sigmoid
from course_lib.figures.base import Figure
from course_lib.figures.picture import Axes, Picture

NAMES = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid", "linear": "linear"}


class ActivationPair(Figure):
    """An activation and its gradient at one weighted sum, and what several layers leave of a gradient.

    Parameters
    ----------
    activation : {'relu', 'tanh', 'sigmoid', 'linear'}
        The function.
    total : float
        The weighted sum at which it is looked at.
    layers : int
        Through how many layers the gradient goes.
    """

    title: ClassVar[str] = "An activation and its gradient"

    activation = traitlets.Enum(list(NAMES), "sigmoid").tag(sync=True)
    total = traitlets.Float(1.0).tag(sync=True)
    layers = traitlets.Int(1, min=1).tag(sync=True)

    def __init__(
        self, activation: str = "sigmoid", total: float = 1.0, layers: int = 4, **kwargs: Any
    ) -> None:
        super().__init__(activation=activation, total=float(total), layers=int(layers), **kwargs)

    def _value_and_gradient(self, total: Any) -> tuple[Any, Any]:
        total = np.asarray(total, dtype=np.float64)
        if self.activation == "relu":
            return np.maximum(total, 0), (total > 0).astype(np.float64)
        if self.activation == "tanh":
            return np.tanh(total), 1 - np.tanh(total) ** 2
        if self.activation == "sigmoid":
            return sigmoid(total), sigmoid(total) * (1 - sigmoid(total))
        return total, np.ones_like(total)

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        value, gradient = self._value_and_gradient(self.total)
        return {"value": float(value), "gradient": float(gradient), "product": float(gradient) ** self.layers}

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        return (
            f"{NAMES[self.activation]} and its gradient side by side: at a weighted sum of {self.total:.3g} "
            f"the output is {outcome['value']:.3g} and the gradient {outcome['gradient']:.3g}; "
            f"through {self.layers} layers it is multiplied by {outcome['product']:.3g}."
        )

    def static_svg(self) -> str:
        """Return both curves with the present place marked."""
        picture = Picture(self.description, 680, 270)
        sums = np.linspace(-5, 5, 201)
        values, gradients = self._value_and_gradient(sums)
        outcome = self.computed()
        bound = 1.5 if self.activation in ("sigmoid", "tanh") else 5.0
        left = Axes(
            picture,
            (-5, 5),
            (-bound, bound),
            "weighted sum",
            "output",
            (-5, 0, 5),
            (-1, 0, 1),
            (56, 16, 330, 222),
        )
        right = Axes(
            picture,
            (-5, 5),
            (-0.2, 1.2),
            "weighted sum",
            "gradient",
            (-5, 0, 5),
            (0, 0.5, 1),
            (396, 16, 670, 222),
        )
        picture.path(
            [(left.x(z), left.y(v)) for z, v in zip(sums, values, strict=True)], stroke="one", width=3
        )
        picture.path(
            [(right.x(z), right.y(v)) for z, v in zip(sums, gradients, strict=True)], stroke="zero", width=3
        )
        picture.circle(left.x(self.total), left.y(outcome["value"]), 6, fill="one")
        picture.circle(right.x(self.total), right.y(outcome["gradient"]), 6, fill="zero")
        return str(picture)
