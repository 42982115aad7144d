"""Broadcasting: adding arrays of different shapes."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import traitlets

from course_lib.figures.base import Figure
from course_lib.figures.picture import Picture


class BroadcastShapes(Figure):
    """Two arrays of small shapes, stretched to fit each other and added, or the reason why they cannot be.

    Parameters
    ----------
    left, right : sequence of int
        The shapes: one or two sizes from 1 to 4.
    """

    title: ClassVar[str] = "Adding arrays of different shapes"

    left = traitlets.List(traitlets.Int(min=1, max=4), minlen=1, maxlen=2).tag(sync=True)
    right = traitlets.List(traitlets.Int(min=1, max=4), minlen=1, maxlen=2).tag(sync=True)

    def __init__(self, left: Sequence[int] = (3, 1), right: Sequence[int] = (4,), **kwargs: Any) -> None:
        super().__init__(left=list(left), right=list(right), **kwargs)

    def arrays(self) -> tuple[Any, Any]:
        """Return the two arrays that the figure adds."""
        left, right = (np.arange(np.prod(shape)).reshape(shape) for shape in (self.left, self.right))
        return 10 * left, right

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        left, right = self.arrays()
        try:
            total = left + right
        except ValueError:
            axes = range(1, min(left.ndim, right.ndim) + 1)
            # The axis that the figure names is the first from the left that does not fit.
            clash = max(
                axis
                for axis in axes
                if 1 not in (sizes := {left.shape[-axis], right.shape[-axis]}) and len(sizes) > 1
            )
            return {"shape": None, "clash": -clash, "values": None}
        return {"shape": list(total.shape), "clash": None, "values": np.atleast_2d(total).tolist()}

    @property
    def description(self) -> str:
        """What the figure shows now."""
        sizes = f"Adding arrays of the shapes {tuple(self.left)} and {tuple(self.right)}"
        outcome = self.computed()
        if outcome["shape"] is None:
            return f"{sizes}: they do not fit, and there is no sum."
        return f"{sizes}: both are stretched to {tuple(outcome['shape'])} and added."

    def static_svg(self) -> str:
        """Return both arrays and their sum."""
        picture = Picture(self.description, 640, 200)
        left, right = self.arrays()
        outcome = self.computed()
        total = np.array(outcome["values"]) if outcome["values"] else None
        for x, title, array, name in (
            (30, "a", left, "one"),
            (240, "b", right, "zero"),
            (450, "a + b", total, "mark"),
        ):
            picture.text(x + 76, 22, title, anchor="middle", bold=True)
            if array is None:
                picture.text(x + 76, 100, "no sum", anchor="middle", fill="zero", bold=True)
                continue
            for (row, column), value in np.ndenumerate(np.atleast_2d(array)):
                picture.rect(
                    x + 38 * column, 34 + 38 * row, 36, 36, fill=f"{name}-wash", stroke=name, radius=4
                )
                picture.text(x + 38 * column + 18, 57 + 38 * row, str(value), anchor="middle")
        picture.text(211, 110, "+", anchor="middle", bold=True)
        picture.text(421, 110, "=", anchor="middle", bold=True)
        return str(picture)
