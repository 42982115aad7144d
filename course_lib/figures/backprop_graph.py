"""Backpropagation through a small graph, with every number shown."""

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.cost import mean_squared_error, mean_squared_error_gradient
from course_lib.figures.base import Figure
from course_lib.figures.picture import Picture
from course_lib.perceptron import weighted_sum

# Each box of the graph: its name, and its place counted in columns and rows.
BOXES = (
    ("x₁", 0, 0), ("w₁", 0, 1), ("x₂", 0, 2), ("w₂", 0, 3), ("b", 0, 4),
    ("p₁", 1, 0.5), ("p₂", 1, 2.5), ("z", 2, 2), ("a", 3, 2), ("E", 4, 2),
)  # fmt: skip
ARROWS = ((0, 5), (1, 5), (2, 6), (3, 6), (5, 7), (6, 7), (4, 7), (7, 8), (8, 9))


class BackpropGraph(Figure):
    """One unit with two inputs, tanh and a squared error: forward and backward, one operation at a time.

    Parameters
    ----------
    inputs, weights : array_like, shape (2,)
        What goes in, and what it is multiplied by.
    bias : float
        Added to the sum.
    target : float
        What should come out.
    stage : int
        How many steps are shown: 5 forward, then 5 backward.
    learning_rate : float
        How far the button for learning goes.
    """

    title: ClassVar[str] = "Backpropagation, one operation at a time"

    inputs = traitlets.List(traitlets.Float(), minlen=2, maxlen=2).tag(sync=True)
    weights = traitlets.List(traitlets.Float(), minlen=2, maxlen=2).tag(sync=True)
    bias = traitlets.Float(0.0).tag(sync=True)
    target = traitlets.Float(0.0).tag(sync=True)
    stage = traitlets.Int(0, min=0, max=10).tag(sync=True)
    learning_rate = traitlets.Float(0.1).tag(sync=True)

    def __init__(
        self,
        inputs: ArrayLike = (1.0, -2.0),
        weights: ArrayLike = (0.5, 0.3),
        bias: float = 0.4,
        target: float = 1.0,
        stage: int = 0,
        learning_rate: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            inputs=arguments.vector("inputs", inputs).tolist(),
            weights=arguments.vector("weights", weights).tolist(),
            bias=float(bias),
            target=float(target),
            stage=int(stage),
            learning_rate=float(learning_rate),
            **kwargs,
        )

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        inputs, weights = np.asarray(self.inputs), np.asarray(self.weights)
        (x1, x2), (w1, w2) = inputs, weights
        total = float(weighted_sum(inputs, weights, self.bias))
        answer = float(np.tanh(total))
        error = mean_squared_error([answer], [self.target])
        by_answer = float(mean_squared_error_gradient([answer], [self.target])[0])
        by_total = by_answer * (1 - answer**2)
        by_inputs, by_weights = by_total * weights, by_total * inputs
        return {
            "values": [
                x1, w1, x2, w2, self.bias, *(inputs * weights), total, answer, error,
            ],
            "gradients": [
                by_inputs[0], by_weights[0], by_inputs[1], by_weights[1],
                by_total, by_total, by_total, by_total, by_answer, 1.0,
            ],
        }  # fmt: skip

    def learn(self) -> None:
        """Take one step of gradient descent on weights and bias."""
        gradients = self.computed()["gradients"]
        w1, w2 = self.weights
        with self.hold_sync():
            self.weights = [w1 - self.learning_rate * gradients[1], w2 - self.learning_rate * gradients[3]]
            self.bias -= self.learning_rate * gradients[4]

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        error, answer = outcome["values"][9], outcome["values"][8]
        return (
            f"A graph of one unit with two inputs, stepped forward and backward: it answers {answer:.3g} "
            f"where {self.target:.3g} is wanted, an error of {error:.3g}; {self.stage} of 10 steps are shown."
        )

    def static_svg(self) -> str:
        """Return the graph with all its values, and its gradients once they are reached."""
        outcome = self.computed()
        picture = Picture(self.description, 640, 350)

        def place(k: int) -> tuple[float, float]:
            _, column, row = BOXES[k]
            return 20 + 128 * column, 14 + 68 * row

        for start, end in ARROWS:
            (x1, y1), (x2, y2) = place(start), place(end)
            picture.line(x1 + 84, y1 + 25, x2, y2 + 25, stroke="soft", width=1.8)
        for k, (name, _, _) in enumerate(BOXES):
            x, y = place(k)
            picture.rect(x, y, 84, 50, fill="panel", stroke="soft", radius=8)
            picture.text(x + 42, y + 15, name, anchor="middle", bold=True)
            if k < 5 or k - 5 < self.stage:
                picture.text(x + 42, y + 31, f"{outcome['values'][k]:.3g}", anchor="middle", fill="one")
            if self.stage == 10:
                picture.text(x + 42, y + 46, f"∂ {outcome['gradients'][k]:.3g}", anchor="middle", fill="zero")
        return str(picture)
