"""Loss curves of one small network under different learning rates."""

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.cost import mean_squared_error, mean_squared_error_gradient
from course_lib.data import quadratic_cloud
from course_lib.figures.base import Figure
from course_lib.figures.chance import epoch_order, glorot_uniform
from course_lib.figures.picture import Axes, Picture

FAULTS = ("none", "zeros", "unscaled", "shuffled", "uphill")


class LossCurves(Figure):
    """A network of one hidden ReLU layer, trained on all points at once with several learning rates.

    Parameters
    ----------
    inputs, targets : array_like, shape (examples,), optional
        The points; 60 of `course_lib.data.quadratic_cloud` if absent.
    rates : array_like
        Up to six learning rates, one curve each.
    epochs : int
        How long each network is trained.
    hidden : int
        How many hidden units.
    fault : {'none', 'zeros', 'unscaled', 'shuffled', 'uphill'}
        What is wrong.
    seed : int
        The same seed draws the same start weights.

    Raises
    ------
    ValueError
        If there are not as many targets as inputs, or there are more than six rates.
    """

    title: ClassVar[str] = "Loss curves under different learning rates"

    inputs = traitlets.List(traitlets.Float()).tag(sync=True)
    targets = traitlets.List(traitlets.Float()).tag(sync=True)
    rates = traitlets.List(traitlets.Float()).tag(sync=True)
    epochs = traitlets.Int(100, min=1).tag(sync=True)
    hidden = traitlets.Int(16, min=1).tag(sync=True)
    fault = traitlets.Enum(FAULTS, "none").tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        rates: ArrayLike = (0.001, 0.01, 0.05, 0.2),
        epochs: int = 100,
        hidden: int = 16,
        fault: str = "none",
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        if inputs is None or targets is None:
            inputs, targets = quadratic_cloud(count=60, seed=0)
        inputs, targets = arguments.vector("inputs", inputs), arguments.vector("targets", targets)
        arguments.as_many("inputs", inputs, "targets", targets)
        rates = arguments.vector("rates", rates)
        if len(rates) > 6:
            raise ValueError(f"`rates` has {len(rates)} numbers; more than 6 curves cannot be told apart.")
        super().__init__(
            inputs=inputs.tolist(),
            targets=targets.tolist(),
            rates=rates.tolist(),
            epochs=int(epochs),
            hidden=int(hidden),
            fault=fault,
            seed=int(seed),
            **kwargs,
        )

    def _curve(self, rate: float) -> list[float]:
        inputs, targets = np.asarray(self.inputs)[:, None], np.asarray(self.targets)
        if self.fault == "unscaled":
            inputs = 100 * inputs
        if self.fault == "shuffled":
            targets = targets[epoch_order(self.seed, 0, len(targets))]
        step = -rate if self.fault == "uphill" else rate
        flat = np.asarray(glorot_uniform([1, self.hidden, 1], self.seed)) * (self.fault != "zeros")
        into, biases, out = (
            flat[: self.hidden],
            flat[self.hidden : 2 * self.hidden],
            flat[2 * self.hidden : -1],
        )
        last = 0.0
        losses: list[float] = []
        for _ in range(self.epochs + 1):
            said = np.maximum(inputs * into + biases, 0)
            predictions = said @ out + last
            losses.append(mean_squared_error(predictions, targets))
            if not losses[-1] < 1e30:
                break
            errors = mean_squared_error_gradient(predictions, targets)
            hidden_errors = np.outer(errors, out) * (said > 0)
            out, last = out - step * errors @ said, last - step * errors.sum()
            into = into - step * (hidden_errors * inputs).sum(axis=0)
            biases = biases - step * hidden_errors.sum(axis=0)
        return losses

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        return {"curves": [self._curve(rate) for rate in self.rates]}

    @property
    def description(self) -> str:
        """What the figure shows now."""
        ends = [
            f"{losses[-1]:.3g} with rate {rate:g}" if losses[-1] < 1e30 else f"no number with rate {rate:g}"
            for losses, rate in zip(self.computed()["curves"], self.rates, strict=True)
        ]
        return f"Loss curves of one network after {self.epochs} epochs: {', '.join(ends)}."

    def static_svg(self) -> str:
        """Return the curves on a logarithmic scale."""
        picture = Picture(self.description, 640, 360)
        curves = [np.log10(np.clip(losses, 1e-4, 1e8)) for losses in self.computed()["curves"]]
        start = curves[0][0]
        low, high = min(curve.min() for curve in curves) - 0.1, start + 1.3
        box = (64.0, 16.0, 570.0, 312.0)
        axes = Axes(picture, (0, self.epochs), (low, high), "epoch", "loss", (0, self.epochs), (), box)
        for power in range(int(np.ceil(low)), int(np.floor(high)) + 1):
            picture.line(axes.left, axes.y(power), axes.right, axes.y(power), stroke="line", width=1)
            picture.text(axes.left - 7, axes.y(power) + 4, f"{10.0**power:g}", anchor="end", fill="soft")
        dashes = (None, "8 4", "3 3", "12 4 3 4", "1 4", "16 6")
        for curve, rate, name, dash in zip(
            curves, self.rates, ("one", "zero", "mark", "good", "ink", "soft"), dashes, strict=False
        ):
            heights = np.minimum(curve, high)
            picture.path(
                [(axes.x(i), axes.y(h)) for i, h in enumerate(heights)], stroke=name, width=2.5, dash=dash
            )
            end = axes.x(len(curve) - 1), axes.y(heights[-1])
            picture.text(end[0] + 5, max(end[1], 20) + 4, f"{rate:g}", fill=name, bold=True)
        return str(picture)
