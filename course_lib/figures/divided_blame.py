"""Backpropagation through a small network whose ways part: blame is divided and added, with every number."""

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray
from course_lib.figures.base import Figure
from course_lib.figures.picture import Picture
from course_lib.network import Layers, backward, forward

SIZES = (2, 2, 2, 1)
NAMES = (("x₁", "x₂"), ("h₁", "h₂"), ("q₁", "q₂"), ("o",))
STEPS = 7
# From here fifty passes at a rate of 0.1 are enough for xor.
START = (-0.8, -1.3, -0.2, 0.4, 1.1, 0.1, -0.6, -0.8, 0.7, 1.6, 0.3, -1.2, -1.0, 1.6, 0.2)


class DividedBlame(Figure):
    """A network of 2, 2, 2 and 1: forward, then back, a layer a step; and its answer over the plane.

    Parameters
    ----------
    points : array_like, shape (examples, 2)
        The examples.
    targets : array_like, shape (examples,)
        What should come out for each: minus one or one.
    parameters : array_like, shape (15,)
        Layer by layer the weights, a row for each value that comes in, and the biases.
    example : int
        Which example goes through.
    stage : int
        How many steps are shown: 3 forward, then 4 back.
    learning_rate : float
        How far the button for learning goes.

    Raises
    ------
    ValueError
        If the numbers of points, targets or parameters do not fit.
    """

    title: ClassVar[str] = "Blame, divided and added"

    points = traitlets.List(traitlets.List(traitlets.Float(), minlen=2, maxlen=2), minlen=1).tag(sync=True)
    targets = traitlets.List(traitlets.Float(), minlen=1).tag(sync=True)
    parameters = traitlets.List(traitlets.Float(), minlen=15, maxlen=15).tag(sync=True)
    example = traitlets.Int(0, min=0).tag(sync=True)
    stage = traitlets.Int(0, min=0, max=STEPS).tag(sync=True)
    learning_rate = traitlets.Float(0.1).tag(sync=True)

    def __init__(
        self,
        points: ArrayLike = ((1, -1), (1, 1), (-1, 1), (-1, -1)),
        targets: ArrayLike = (1, -1, 1, -1),
        parameters: ArrayLike = START,
        example: int = 0,
        stage: int = 0,
        learning_rate: float = 0.1,
        **kwargs: Any,
    ) -> None:
        points, targets = arguments.matrix("points", points), arguments.vector("targets", targets)
        arguments.as_many("points", points, "targets", targets)
        if points.shape[1] != 2 or not example < len(points):
            raise ValueError(
                f"`points` has shape {points.shape}; example {example} needs a row of two numbers."
            )
        parameters = arguments.vector("parameters", parameters)
        if parameters.shape != (len(START),):
            raise ValueError(f"`parameters` has shape {parameters.shape}; this network has {len(START)}.")
        super().__init__(
            points=points.tolist(),
            targets=targets.tolist(),
            parameters=parameters.tolist(),
            example=int(example),
            stage=int(stage),
            learning_rate=float(learning_rate),
            **kwargs,
        )

    def layers(self) -> Layers:
        """Return the parameters as (weights, biases) of each layer."""
        flat, layers = np.asarray(self.parameters), []
        for width, units in pairwise(SIZES):
            weights, biases, flat = np.split(flat, [width * units, width * units + units])
            layers.append((weights.reshape(width, units), biases))
        return layers

    def _slopes(self) -> tuple[list[FloatArray], Layers]:
        values = forward(self.layers(), [self.points[self.example]])
        wrong = values[-1] - self.targets[self.example]
        return values, backward(self.layers(), values, 2 * wrong)

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        values, gradients = self._slopes()
        # With a single example the slope of a bias is that of its sum.
        blames = [by_biases for _, by_biases in gradients]
        ways = [weights * blame for (weights, _), blame in zip(self.layers()[1:], blames[1:], strict=True)]
        return {
            "values": [each[0].tolist() for each in values],
            "ways": [way.tolist() for way in ways],
            "blames": [blame.tolist() for blame in blames],
            "gradients": [float(slope) for pair in gradients for array in pair for slope in array.ravel()],
            "error": float((values[-1][0, 0] - self.targets[self.example]) ** 2),
        }

    def learn(self) -> None:
        """Take one step against the slopes of the present example, and go on to the next."""
        slopes = np.asarray(self.computed()["gradients"])
        with self.hold_sync():
            self.parameters = (np.asarray(self.parameters) - self.learning_rate * slopes).tolist()
            self.example = (self.example + 1) % len(self.points)

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        return (
            "A network with two inputs, two hidden layers of two neurons and one output, stepped forward and "
            f"back: it answers {outcome['values'][3][0]:.3g} where {self.targets[self.example]:.3g} is "
            f"wanted; {self.stage} of {STEPS} steps are shown."
        )

    def static_svg(self) -> str:
        """Return the network with its weights, its values, and its blame once that is reached."""
        outcome = self.computed()
        picture = Picture(self.description, 640, 270)

        def place(k: int, i: int) -> tuple[float, float]:
            return 60 + 170 * k, 135 if SIZES[k] == 1 else 65 + 140 * i

        for k, (weights, _) in enumerate(self.layers()):
            for (i, j), weight in np.ndenumerate(weights):
                picture.line(
                    *place(k, i),
                    *place(k + 1, j),
                    stroke="one" if weight > 0 else "zero",
                    width=min(9, 0.8 + 2.4 * abs(weight)),
                    dash=None if weight > 0 else "7 4",
                )
        for k, names in enumerate(NAMES):
            for i, name in enumerate(names):
                x, y = place(k, i)
                picture.circle(x, y, 25, fill="panel", stroke="soft", width=1.2)
                picture.text(x, y - 31, name, anchor="middle", bold=True)
                if k <= self.stage:
                    picture.text(x, y + 5, f"{outcome['values'][k][i]:.2g}", anchor="middle")
                if k > 0 and self.stage - 3 >= 4 - k:
                    picture.text(
                        x, y + 42, f"∂ {outcome['blames'][k - 1][i]:.2g}", anchor="middle", fill="mark"
                    )
        return str(picture)
