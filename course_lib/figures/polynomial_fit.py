"""A polynomial of growing degree, its own points and new ones."""

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.cost import mean_squared_error
from course_lib.data import quadratic_cloud
from course_lib.figures.base import Figure
from course_lib.figures.picture import Axes, Picture


class PolynomialFit(Figure):
    """Polynomials fitted to a few points, and their errors on these and on new points, degree by degree.

    Parameters
    ----------
    inputs, targets : array_like, shape (examples,), optional
        The points to fit to; 14 of `course_lib.data.quadratic_cloud` if absent.
    test_inputs, test_targets : array_like, shape (new examples,), optional
        New points from the same source; 60 of them, from another seed, if absent.
    degree : int
        The degree that is shown.
    highest : int
        The highest degree to choose, less than the number of different inputs.

    Raises
    ------
    ValueError
        If shapes do not fit, or the highest degree is too high for the points.
    """

    title: ClassVar[str] = "Learning by heart"

    inputs = traitlets.List(traitlets.Float()).tag(sync=True)
    targets = traitlets.List(traitlets.Float()).tag(sync=True)
    test_inputs = traitlets.List(traitlets.Float()).tag(sync=True)
    test_targets = traitlets.List(traitlets.Float()).tag(sync=True)
    degree = traitlets.Int(1, min=0).tag(sync=True)
    highest = traitlets.Int(11, min=1).tag(sync=True)
    show_test = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
        test_inputs: ArrayLike | None = None,
        test_targets: ArrayLike | None = None,
        degree: int = 1,
        highest: int = 11,
        **kwargs: Any,
    ) -> None:
        if inputs is None or targets is None:
            inputs, targets = quadratic_cloud(count=14, seed=0)
        if test_inputs is None or test_targets is None:
            test_inputs, test_targets = quadratic_cloud(count=60, seed=1)
        given = {
            "inputs": inputs,
            "targets": targets,
            "test_inputs": test_inputs,
            "test_targets": test_targets,
        }
        arrays = {name: arguments.vector(name, values) for name, values in given.items()}
        arguments.as_many("inputs", arrays["inputs"], "targets", arrays["targets"])
        arguments.as_many("test_inputs", arrays["test_inputs"], "test_targets", arrays["test_targets"])
        different = len(set(arrays["inputs"].tolist()))
        if not degree <= highest < different:
            raise ValueError(
                f"`degree` is {degree} and `highest` {highest}; {different} different inputs decide degrees "
                f"from 0 to {different - 1}, and `degree` is at most `highest`."
            )
        start = {name: values.tolist() for name, values in arrays.items()}
        super().__init__(**(start | {"degree": int(degree), "highest": int(highest)} | kwargs))

    def _curve(self, degree: int, places: ArrayLike) -> Any:
        # Chebyshev's polynomials on [-1, 1] keep the least squares well-conditioned.
        low, high = min(self.inputs), max(self.inputs)

        def scaled(x: Any) -> Any:
            return (2 * np.asarray(x) - low - high) / (high - low)

        table = chebyshev.chebvander(scaled(self.inputs), degree)
        coefficients, *_ = np.linalg.lstsq(table, np.asarray(self.targets), rcond=None)
        return chebyshev.chebval(scaled(places), coefficients)

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        degrees = range(self.highest + 1)
        return {
            "train": [mean_squared_error(self._curve(k, self.inputs), self.targets) for k in degrees],
            "test": [
                mean_squared_error(self._curve(k, self.test_inputs), self.test_targets) for k in degrees
            ],
            "predictions": self._curve(self.degree, self.test_inputs),
        }

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        return (
            f"A polynomial of degree {self.degree}: its error is {outcome['train'][self.degree]:.3g} on the "
            f"{len(self.inputs)} points it was fitted to and {outcome['test'][self.degree]:.3g} on new ones."
        )

    def static_svg(self) -> str:
        """Return the points and the curve, and the errors of all degrees."""
        picture = Picture(self.description, 680, 320)
        outcome = self.computed()
        low, high = min(self.inputs), max(self.inputs)
        bottom, top = min(self.targets), max(self.targets)
        air = 0.15 * (top - bottom or 1)
        heights = (bottom - air, top + air)
        left = Axes(picture, (low, high), heights, "x", "y", (low, high), (), (56, 16, 330, 272))
        xs = np.linspace(low, high, 121)
        ys = np.clip(self._curve(self.degree, xs), *heights)
        picture.path([(left.x(x), left.y(y)) for x, y in zip(xs, ys, strict=True)], width=2.5)
        for x, y in zip(self.inputs, self.targets, strict=True):
            picture.point(left.x(x), left.y(y), 1, 5)
        errors = {name: np.log10(np.clip(outcome[name], 1e-4, 1e4)) for name in ("train", "test")}
        ends = (min(map(np.min, errors.values())) - 0.1, max(map(np.max, errors.values())) + 0.1)
        box = (410.0, 16.0, 670.0, 272.0)
        right = Axes(picture, (0, self.highest), ends, "degree", "error", (0, self.highest), (), box)
        for power in range(int(np.ceil(ends[0])), int(np.floor(ends[1])) + 1):
            picture.text(right.left - 7, right.y(power) + 4, f"{10.0**power:g}", anchor="end", fill="soft")
        for name, colour, dash in (("train", "one", None), ("test", "zero", "7 4")):
            places = [(right.x(k), right.y(value)) for k, value in enumerate(errors[name])]
            picture.path(places, stroke=colour, width=2.5, dash=dash)
        picture.line(right.x(self.degree), 16, right.x(self.degree), 272, stroke="mark", dash="5 3")
        return str(picture)
