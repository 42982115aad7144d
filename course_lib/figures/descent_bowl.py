"""Gradient descent on the cost bowl of a line."""

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.cost import mean_squared_error, mean_squared_error_gradient
from course_lib.data import noisy_line
from course_lib.figures.base import Figure
from course_lib.figures.chance import epoch_order
from course_lib.figures.picture import Axes, Picture


class DescentBowl(Figure):
    """Gradient descent seen from above the cost bowl, with learning rate, momentum and batch size to move.

    Parameters
    ----------
    inputs, targets : array_like, shape (examples,), optional
        The points that the line is fitted to; 40 of `course_lib.data.noisy_line` if absent.
    learning_rate : float
        How far each step goes.
    momentum : float
        The share of the step before that is kept, from 0 to less than 1.
    batch_size : int
        How many points each step looks at; 0 for all.
    start : pair of float
        Slope and intercept before the first step.
    steps : int
        How many steps are shown.
    seed : int
        Decides the order of the points where not all are looked at.

    Raises
    ------
    ValueError
        If there are not as many targets as inputs.
    """

    title: ClassVar[str] = "Gradient descent on the cost bowl"

    inputs = traitlets.List(traitlets.Float()).tag(sync=True)
    targets = traitlets.List(traitlets.Float()).tag(sync=True)
    learning_rate = traitlets.Float(0.1, min=0).tag(sync=True)
    momentum = traitlets.Float(0.0, min=0, max=1).tag(sync=True)
    batch_size = traitlets.Int(0, min=0).tag(sync=True)
    start = traitlets.List(traitlets.Float(), minlen=2, maxlen=2).tag(sync=True)
    steps = traitlets.Int(0, min=0, max=200).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        learning_rate: float = 0.1,
        momentum: float = 0.0,
        batch_size: int = 0,
        start: ArrayLike = (5.0, 0.0),
        steps: int = 10,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if inputs is None or targets is None:
            inputs, targets = noisy_line(count=40, seed=0)
        inputs, targets = arguments.vector("inputs", inputs), arguments.vector("targets", targets)
        arguments.as_many("inputs", inputs, "targets", targets)
        super().__init__(
            inputs=inputs.tolist(),
            targets=targets.tolist(),
            learning_rate=float(learning_rate),
            momentum=float(momentum),
            batch_size=int(batch_size),
            start=arguments.vector("start", start).tolist(),
            steps=int(steps),
            seed=int(seed),
            **kwargs,
        )

    def _order(self, step: int, size: int) -> np.ndarray[Any, Any]:
        count = len(self.inputs)
        turn = step % -(-count // size)
        order = range(count) if size == count else epoch_order(self.seed, step // -(-count // size), count)
        return np.asarray(order)[turn * size : (turn + 1) * size]

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        inputs, targets = np.asarray(self.inputs), np.asarray(self.targets)
        size = min(self.batch_size, len(inputs)) or len(inputs)
        place, velocity = np.asarray(self.start), np.zeros(2)
        places = [place]
        for step in range(self.steps):
            batch = self._order(step, size)
            errors = mean_squared_error_gradient(place[0] * inputs[batch] + place[1], targets[batch])
            velocity = self.momentum * velocity - self.learning_rate * np.array(
                [errors @ inputs[batch], errors.sum()]
            )
            place = place + velocity
            places.append(place)
            if not np.abs(place).sum() < 1e12:
                break
        design = np.stack([inputs, np.ones_like(inputs)], axis=1)
        best, *_ = np.linalg.lstsq(design, targets, rcond=None)
        sharpest = np.linalg.eigvalsh(2 * design.T @ design / len(inputs))[-1]
        least = mean_squared_error(design @ best, targets)
        return {
            "places": np.array(places),
            "costs": np.array([mean_squared_error(design @ place, targets) for place in places]),
            "bound": 2 * (1 + self.momentum) / sharpest,
            "best": {"slope": best[0], "intercept": best[1], "cost": least},
        }

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        fate = "above the bound" if self.learning_rate > outcome["bound"] else "below the bound"
        return (
            f"Gradient descent on the cost bowl of a line: {len(outcome['places']) - 1} steps with learning "
            f"rate {self.learning_rate:g}, {fate} of {outcome['bound']:.3g}, take the cost from "
            f"{outcome['costs'][0]:.3g} to {outcome['costs'][-1]:.3g}."
        )

    def static_svg(self) -> str:
        """Return the bowl from above and the steps on it."""
        outcome = self.computed()
        picture = Picture(self.description, 520, 400)
        best = np.array([outcome["best"]["slope"], outcome["best"]["intercept"]])
        reach = 1.25 * np.maximum(np.abs(np.asarray(self.start) - best), 0.5)
        low, high = best - reach, best + reach
        axes = Axes(
            picture,
            (low[0], high[0]),
            (low[1], high[1]),
            "slope",
            "intercept",
            x_ticks=[float(f"{v:.2g}") for v in (low[0], best[0], high[0])],
            y_ticks=[float(f"{v:.2g}") for v in (low[1], best[1], high[1])],
        )
        inputs = np.asarray(self.inputs)
        half = np.array([[np.mean(inputs**2), np.mean(inputs)], [np.mean(inputs), 1.0]])
        turn = np.linspace(0, 2 * np.pi, 60)
        ring = np.linalg.solve(np.linalg.cholesky(half).T, np.array([np.cos(turn), np.sin(turn)]))
        highest = outcome["costs"][0] - outcome["best"]["cost"] or 1.0
        for i in range(8):
            places = best[:, None] + np.sqrt(highest / 2**i) * ring
            inside = [
                (min(max(axes.x(x), axes.left), axes.right), min(max(axes.y(y), axes.top), axes.bottom))
                for x, y in places.T
            ]
            picture.path(inside, stroke="mark", width=1)
        steps = [(axes.x(x), axes.y(y)) for x, y in outcome["places"]]
        seen = [(x, y) for x, y in steps if axes.left <= x <= axes.right and axes.top <= y <= axes.bottom]
        picture.path(seen, stroke="zero")
        for x, y in seen[1:]:
            picture.circle(x, y, 3, fill="zero")
        picture.rect(steps[0][0] - 5, steps[0][1] - 5, 10, 10, fill="paper", stroke="ink")
        picture.line(
            axes.x(best[0]) - 6, axes.y(best[1]), axes.x(best[0]) + 6, axes.y(best[1]), stroke="good", width=3
        )
        picture.line(
            axes.x(best[0]), axes.y(best[1]) - 6, axes.x(best[0]), axes.y(best[1]) + 6, stroke="good", width=3
        )
        return str(picture)
