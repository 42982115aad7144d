"""Several workers, one gradient."""

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.cost import mean_squared_error_gradient
from course_lib.data import noisy_line
from course_lib.figures.base import Figure
from course_lib.figures.picture import Picture


class ShardedGradients(Figure):
    """One batch shared among workers: each one's gradient, their average, the gradient of the whole.

    Parameters
    ----------
    inputs, targets : array_like, shape (examples,), optional
        The points; 22 of a noisy line through the origin if absent.
    workers : int
        Among how many workers they are shared.
    slope : float
        The line whose error is differentiated; it goes through the origin.
    weighted : bool
        Whether a worker counts by its points.
    learning_rate : float
        How far the button for a step goes.

    Raises
    ------
    ValueError
        If there are not as many targets as inputs.
    """

    title: ClassVar[str] = "Many workers, one gradient"

    inputs = traitlets.List(traitlets.Float()).tag(sync=True)
    targets = traitlets.List(traitlets.Float()).tag(sync=True)
    workers = traitlets.Int(4, min=1).tag(sync=True)
    slope = traitlets.Float(0.0).tag(sync=True)
    weighted = traitlets.Bool(False).tag(sync=True)
    learning_rate = traitlets.Float(0.1).tag(sync=True)

    def __init__(
        self,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        workers: int = 4,
        slope: float = 0.5,
        weighted: bool = False,
        learning_rate: float = 0.1,
        **kwargs: Any,
    ) -> None:
        if inputs is None or targets is None:
            inputs, targets = noisy_line(count=22, intercept=0.0, noise=1.5, seed=1)
        inputs, targets = arguments.vector("inputs", inputs), arguments.vector("targets", targets)
        arguments.as_many("inputs", inputs, "targets", targets)
        super().__init__(
            inputs=inputs.tolist(),
            targets=targets.tolist(),
            workers=int(workers),
            slope=float(slope),
            weighted=bool(weighted),
            learning_rate=float(learning_rate),
            **kwargs,
        )

    def _gradient(self, inputs: Any, targets: Any) -> float:
        return float(mean_squared_error_gradient(self.slope * inputs, targets) @ inputs)

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        inputs, targets = np.asarray(self.inputs), np.asarray(self.targets)
        size = -(-len(inputs) // self.workers)
        cuts = range(size, len(inputs), size)
        shards = list(zip(np.split(inputs, cuts), np.split(targets, cuts), strict=True))
        gradients = [self._gradient(*shard) for shard in shards]
        counts = [len(shard[0]) for shard in shards]
        return {
            "counts": counts,
            "gradients": gradients,
            "averaged": float(np.average(gradients, weights=counts if self.weighted else None)),
            "whole": self._gradient(inputs, targets),
        }

    def step(self) -> None:
        """Let all workers take one step down the averaged gradient."""
        self.slope -= self.learning_rate * self.computed()["averaged"]

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        return (
            f"{len(self.inputs)} points shared among {len(outcome['counts'])} workers: the average of their "
            f"gradients is {outcome['averaged']:.4g}, the gradient of the whole batch {outcome['whole']:.4g}."
        )

    def static_svg(self) -> str:
        """Return one bar for each worker's gradient, one for their average and one for the whole."""
        outcome = self.computed()
        rows = [
            (f"worker {i + 1} ({count})", gradient, name)
            for i, (count, gradient, name) in enumerate(
                zip(
                    outcome["counts"], outcome["gradients"], ("one", "zero", "mark", "good") * 8, strict=False
                )
            )
        ]
        rows += [("average", outcome["averaged"], "ink"), ("whole batch", outcome["whole"], "ink")]
        picture = Picture(self.description, 640, 30 * len(rows) + 40)
        reach = max(abs(value) for _, value, _ in rows) or 1.0
        middle = 350
        for i, (name, value, fill) in enumerate(rows):
            y = 12 + 30 * i
            length = 200 * value / reach
            picture.text(130, y + 16, name, anchor="end", bold=fill == "ink")
            picture.rect(min(middle, middle + length), y, abs(length), 22, fill=fill, radius=3)
            picture.text(630, y + 16, f"{value:.3g}", anchor="end")
        picture.line(middle, 8, middle, 30 * len(rows) + 12, stroke="soft", width=1)
        picture.text(middle, 30 * len(rows) + 30, "gradient 0", anchor="middle", fill="soft")
        return str(picture)
