"""A decision line that follows the weights, and Rosenblatt's rule stepped point by point."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.data import points_by_line
from course_lib.figures.base import Figure
from course_lib.figures.picture import Axes, Picture
from course_lib.perceptron import predict, update, weighted_sum


class DecisionLine(Figure):
    """Points of two classes, a perceptron's line between them, and the rule that moves it.

    Parameters
    ----------
    inputs : array_like, shape (examples, 2), optional
        The points; 24 of `course_lib.data.points_by_line` if absent.
    targets : array_like, shape (examples,), optional
        Their classes, 0 or 1.
    weights : array_like, shape (2,)
        Where the perceptron starts.
    bias : float
        Its bias at the start.
    learning_rate : float
        How large each step of the rule is.
    labels : pair of str
        What the two inputs are.

    Raises
    ------
    ValueError
        If there are no points, shapes do not fit, or a target is not 0 or 1.
    """

    title: ClassVar[str] = "A line that decides, and a rule that moves it"

    inputs: Any = traitlets.List().tag(sync=True)
    targets = traitlets.List(traitlets.Int()).tag(sync=True)
    weights = traitlets.List(traitlets.Float(), minlen=2, maxlen=2).tag(sync=True)
    bias = traitlets.Float(0.0).tag(sync=True)
    learning_rate = traitlets.Float(1.0).tag(sync=True)
    next_example = traitlets.Int(0).tag(sync=True)
    epoch = traitlets.Int(0).tag(sync=True)
    updates = traitlets.Int(0).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        weights: ArrayLike = (1.0, 0.4),
        bias: float = -0.7,
        learning_rate: float = 0.3,
        labels: Sequence[str] = ("x₁", "x₂"),
        **kwargs: Any,
    ) -> None:
        if inputs is None:
            inputs, targets = points_by_line(count=24, scaled=True, seed=4)
        points = arguments.matrix("inputs", inputs)
        if points.shape[1] != 2 or targets is None:
            raise ValueError(f"`inputs` needs two columns, and each row a target; got {points.shape}.")
        classes = arguments.labels("targets", targets)
        arguments.as_many("inputs", points, "targets", classes)
        super().__init__(
            inputs=points.tolist(),
            targets=classes.tolist(),
            weights=arguments.vector("weights", weights).tolist(),
            bias=float(bias),
            learning_rate=float(learning_rate),
            labels=list(labels),
            **kwargs,
        )

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        answers = predict(self.inputs, self.weights, self.bias)
        return {
            "sums": weighted_sum(self.inputs, self.weights, self.bias),
            "answers": answers,
            "right": int(np.sum(answers == self.targets)),
        }

    def look_at_next(self) -> None:
        """Look at the next point and, after a mistake, move the weights by Rosenblatt's rule."""
        i = self.next_example
        wrong = int(predict(self.inputs[i], self.weights, self.bias)) != self.targets[i]
        weights, bias = update(self.weights, self.bias, self.inputs[i], self.targets[i], self.learning_rate)
        last = i + 1 == len(self.inputs)
        with self.hold_sync():
            self.weights, self.bias = weights.tolist(), float(bias)
            self.next_example = 0 if last else i + 1
            self.epoch += last
            self.updates += wrong

    @property
    def description(self) -> str:
        """What the figure shows now."""
        right = self.computed()["right"]
        return (
            f"{len(self.inputs)} points of two classes and a perceptron's line: "
            f"{right} points are on the right side after {self.updates} updates."
        )

    def static_svg(self) -> str:
        """Return the points and the line."""
        picture = Picture(self.description, 480, 440)
        points = np.asarray(self.inputs)
        x_label, y_label = self.labels
        low, high = points.min(axis=0), points.max(axis=0)
        air = 0.06 * np.maximum(high - low, 1e-9)
        (x0, y0), (x1, y1) = low - air, high + air
        axes = Axes(
            picture,
            (x0, x1),
            (y0, y1),
            x_label,
            y_label,
            x_ticks=_ends(low[0], high[0]),
            y_ticks=_ends(low[1], high[1]),
        )
        w1, w2 = self.weights
        heights = np.linspace(y0, y1, 400) if abs(w1) * (x1 - x0) > abs(w2) * (y1 - y0) else None
        if w1 or w2:
            xs = np.linspace(x0, x1, 400) if heights is None else -(self.bias + w2 * heights) / w1
            ys = -(self.bias + w1 * xs) / w2 if heights is None else heights
            seen = (xs >= x0) & (xs <= x1) & (ys >= y0) & (ys <= y1)
            ends = [(axes.x(x), axes.y(y)) for x, y in zip(xs[seen], ys[seen], strict=True)]
            picture.path([ends[0], ends[-1]] if ends else [], width=3)
        for (x, y), target in zip(self.inputs, self.targets, strict=True):
            picture.point(axes.x(x), axes.y(y), target, 5.5 if len(points) <= 60 else 3)
        return str(picture)


def _ends(low: float, high: float) -> list[float]:
    return [float(f"{value:.2g}") for value in (low, (low + high) / 2, high)]
