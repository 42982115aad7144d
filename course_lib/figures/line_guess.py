"""A line to guess, its residuals, and its place on the cost bowl."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.cost import mean_squared_error
from course_lib.figures.base import Figure
from course_lib.figures.picture import Axes, Picture

# Hours that eight people learned and the marks they got: invented, and small enough to check by hand.
HOURS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
MARKS = (31.0, 45.0, 38.0, 56.0, 52.0, 71.0, 66.0, 80.0)


class LineGuess(Figure):
    """Guess the line first, then see its residuals, the cost bowl and the best line.

    Parameters
    ----------
    inputs, targets : array_like, shape (examples,), optional
        The points; eight students' hours of study and the marks they led to if absent.
    slope, intercept : float
        Where the line starts.
    labels : pair of str
        What inputs and targets are.

    Raises
    ------
    ValueError
        If there are not as many targets as inputs, or fewer than two points.
    """

    title: ClassVar[str] = "Guess the line, then see its cost"

    inputs = traitlets.List(traitlets.Float()).tag(sync=True)
    targets = traitlets.List(traitlets.Float()).tag(sync=True)
    slope = traitlets.Float(0.0).tag(sync=True)
    intercept = traitlets.Float(0.0).tag(sync=True)
    guess = traitlets.List(traitlets.Float()).tag(sync=True)
    squares = traitlets.Bool(False).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        inputs: ArrayLike = HOURS,
        targets: ArrayLike = MARKS,
        slope: float = 0.0,
        intercept: float = 50.0,
        labels: Sequence[str] = ("hours", "mark"),
        **kwargs: Any,
    ) -> None:
        inputs, targets = arguments.vector("inputs", inputs), arguments.vector("targets", targets)
        arguments.as_many("inputs", inputs, "targets", targets)
        if len(inputs) < 2:
            raise ValueError("A line needs at least two points.")
        super().__init__(
            inputs=inputs.tolist(),
            targets=targets.tolist(),
            slope=float(slope),
            intercept=float(intercept),
            labels=list(labels),
            **kwargs,
        )

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        predictions = self.slope * np.asarray(self.inputs) + self.intercept
        slope, intercept = np.polyfit(self.inputs, self.targets, 1)
        best = mean_squared_error(slope * np.asarray(self.inputs) + intercept, self.targets)
        return {
            "predictions": predictions,
            "residuals": predictions - self.targets,
            "cost": mean_squared_error(predictions, self.targets),
            "best": {"slope": float(slope), "intercept": float(intercept), "cost": best},
        }

    @property
    def description(self) -> str:
        """What the figure shows now."""
        x, y = self.labels
        formula = f"{y} = {self.slope:.3g} × {x} + {self.intercept:.3g}"
        line = f"{len(self.inputs)} points and a line to guess: {formula}"
        if not self.guess:
            return f"{line}. Its residuals, its cost and the best line show after the guess."
        outcome = self.computed()
        cost, least = outcome["cost"], outcome["best"]["cost"]
        return f"{line}. Its mean squared error is {cost:.3g}; the best line has {least:.3g}."

    def static_svg(self) -> str:
        """Return the points and the line; the residuals too, once there is a guess."""
        picture = Picture(self.description, 520, 360)
        low_x, high_x = min(self.inputs), max(self.inputs)
        low_y, high_y = min(self.targets), max(self.targets)
        air_x, air_y = 0.06 * (high_x - low_x or 1), 0.12 * (high_y - low_y or 1)
        x_label, y_label = self.labels
        axes = Axes(
            picture,
            (low_x - air_x, high_x + air_x),
            (low_y - air_y, high_y + air_y),
            x_label,
            y_label,
            x_ticks=[low_x, (low_x + high_x) / 2, high_x],
            y_ticks=[low_y, (low_y + high_y) / 2, high_y],
        )

        def height(x: float) -> float:
            return min(max(axes.y(self.slope * x + self.intercept), axes.top), axes.bottom)

        for x, y in zip(self.inputs, self.targets, strict=True):
            if self.guess:
                picture.line(axes.x(x), axes.y(y), axes.x(x), height(x), stroke="zero", width=2.5)
        ends = (low_x - air_x, high_x + air_x)
        picture.path([(axes.x(x), height(x)) for x in np.linspace(*ends, 60)], width=3)
        for x, y in zip(self.inputs, self.targets, strict=True):
            picture.point(axes.x(x), axes.y(y), 1, 5)
        return str(picture)
