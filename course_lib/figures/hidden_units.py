"""A two-layer network whose hidden units can be seen."""

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.cost import binary_cross_entropy, binary_cross_entropy_gradient, sigmoid
from course_lib.data import xor
from course_lib.figures.base import Figure
from course_lib.figures.chance import glorot_uniform
from course_lib.figures.picture import Axes, Picture


class HiddenUnits(Figure):
    """A network with one hidden layer: what each hidden unit says, and what the output makes of it.

    Parameters
    ----------
    inputs : array_like, shape (examples, 2), optional
        The points; 100 of `course_lib.data.xor` if absent.
    targets : array_like, shape (examples,), optional
        Their classes, 0 or 1.
    hidden : int
        How many hidden units.
    activation : {'tanh', 'relu', 'sigmoid', 'linear'}
        Their activation.
    learning_rate : float
        The size of each step.
    epochs : int
        How long it has been trained at the start, on all points at once.
    seed : int
        The same seed draws the same start weights.

    Raises
    ------
    ValueError
        If there are no points, shapes do not fit, or a target is not 0 or 1.
    """

    title: ClassVar[str] = "What the hidden units see"

    inputs: Any = traitlets.List().tag(sync=True)
    targets = traitlets.List(traitlets.Int()).tag(sync=True)
    hidden = traitlets.Int(4, min=1).tag(sync=True)
    activation = traitlets.Enum(["tanh", "relu", "sigmoid", "linear"], "tanh").tag(sync=True)
    parameters = traitlets.List(traitlets.Float()).tag(sync=True)
    learning_rate = traitlets.Float(0.3).tag(sync=True)
    epoch = traitlets.Int(0).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        hidden: int = 4,
        activation: str = "tanh",
        learning_rate: float = 0.3,
        epochs: int = 0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if inputs is None or targets is None:
            inputs, targets = xor(count=100, seed=0)
        points, classes = arguments.matrix("inputs", inputs), arguments.labels("targets", targets)
        arguments.as_many("inputs", points, "targets", classes)
        start = {"parameters": glorot_uniform([2, hidden, 1], seed)}
        super().__init__(
            inputs=points.tolist(),
            targets=classes.tolist(),
            hidden=int(hidden),
            activation=activation,
            learning_rate=float(learning_rate),
            seed=int(seed),
            **(start | kwargs),
        )
        if epochs:
            self.train(epochs)

    def _split(self) -> tuple[Any, Any, Any, float]:
        flat, units = np.asarray(self.parameters), self.hidden
        return (
            flat[: 2 * units].reshape(units, 2),
            flat[2 * units : 3 * units],
            flat[3 * units : -1],
            flat[-1],
        )

    def _activate(self, totals: Any) -> tuple[Any, Any]:
        if self.activation == "tanh":
            return np.tanh(totals), 1 - np.tanh(totals) ** 2
        if self.activation == "relu":
            return np.maximum(totals, 0), (totals > 0).astype(float)
        if self.activation == "sigmoid":
            return sigmoid(totals), sigmoid(totals) * (1 - sigmoid(totals))
        return totals, np.ones_like(totals)

    def logits(self, points: ArrayLike) -> Any:
        """Return what the network says about points of shape (examples, 2): above zero means class 1."""
        into, biases, out, last = self._split()
        return self._activate(np.asarray(points) @ into.T + biases)[0] @ out + last

    def train(self, epochs: int = 1) -> None:
        """Train on all points at once, one step of gradient descent an epoch."""
        points, targets = np.asarray(self.inputs), np.asarray(self.targets)
        into, biases, out, last = (np.array(part) for part in self._split())
        for _ in range(epochs):
            said, slopes = self._activate(points @ into.T + biases)
            errors = binary_cross_entropy_gradient(said @ out + last, targets)
            hidden_errors = np.outer(errors, out) * slopes
            out -= self.learning_rate * errors @ said
            last -= self.learning_rate * errors.sum()
            into -= self.learning_rate * hidden_errors.T @ points
            biases -= self.learning_rate * hidden_errors.sum(axis=0)
        with self.hold_sync():
            self.parameters = [*into.ravel().tolist(), *biases.tolist(), *out.tolist(), float(last)]
            self.epoch += epochs

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        logits = self.logits(self.inputs)
        right = int(np.sum((logits > 0) == np.asarray(self.targets)))
        return {"logits": logits, "loss": binary_cross_entropy(logits, self.targets), "right": right}

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        right = f"{outcome['right']} of {len(self.inputs)} points are right"
        return (
            f"A network with {self.hidden} hidden {self.activation} units after {self.epoch} epochs: "
            f"its loss is {outcome['loss']:.3g}, and {right}."
        )

    def static_svg(self) -> str:
        """Return the plane in the colour of the network's answer, and the points."""
        picture = Picture(self.description, 420, 400)
        reach = float(np.abs(self.inputs).max()) * 1.1
        ends = (-reach, reach)
        axes = Axes(picture, ends, ends, "x₁", "x₂", (-4, 0, 4), (-4, 0, 4))
        cells = 24
        middles = -reach + 2 * reach * (np.arange(cells) + 0.5) / cells
        wide, tall = (axes.right - axes.left) / cells, (axes.bottom - axes.top) / cells
        for y in middles:
            answers = self.logits(np.stack([middles, np.full(cells, y)], axis=1)) > 0
            # Neighbours of one colour are one rectangle.
            starts = [0, *(np.flatnonzero(np.diff(answers)) + 1).tolist(), cells]
            for begin, end in pairwise(starts):
                left = axes.left + begin * wide
                fill = "one-wash" if answers[begin] else "zero-wash"
                picture.rect(left, axes.y(y) - tall / 2, (end - begin) * wide, tall, fill=fill)
        for (x, y), target in zip(self.inputs, self.targets, strict=True):
            picture.point(axes.x(x), axes.y(y), target, 4)
        return str(picture)
