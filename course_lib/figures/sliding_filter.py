"""A filter of nine numbers, slid over a digit: what it answers at each place, and what a push changes."""

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.figures.base import Figure, plain_list
from course_lib.figures.picture import Picture
from course_lib.real_data import digits

SIDE = 8  # of a picture
PLACES = 6  # of a filter in a row of it
MOST = 2  # pixels that a digit is pushed by
LEFT_EDGE = (-1, 0, 1) * 3


class SlidingFilter(Figure):
    """Three rows of three numbers slide over a picture of a digit; at each place nine products are added up.

    The digit can be pushed by a pixel or two, to see that the sums move along with it.

    Parameters
    ----------
    weights : array_like, shape (3, 3) or (9,)
        The nine numbers.
    row, column : int
        The place of the filter's upper left corner, from 0 to 5.
    across, down : int
        By how many pixels the digit is pushed to the right and down, from -2 to 2.
    pictures : array_like, shape (pictures, 64) or (pictures, 8, 8), optional
        Pictures to choose from, whole numbers from 0 to 16; the first ten handwritten digits if absent.
    digit : int
        Which of them is shown, from 0 on.

    Raises
    ------
    ValueError
        If `weights` has not nine finite numbers, a picture has not 64, or there is no such picture.
    """

    title: ClassVar[str] = "Nine numbers slide over a digit"

    weights = traitlets.List(traitlets.Float(), minlen=9, maxlen=9).tag(sync=True)
    row = traitlets.Int(2, min=0, max=PLACES - 1).tag(sync=True)
    column = traitlets.Int(1, min=0, max=PLACES - 1).tag(sync=True)
    across = traitlets.Int(0, min=-MOST, max=MOST).tag(sync=True)
    down = traitlets.Int(0, min=-MOST, max=MOST).tag(sync=True)
    pictures: Any = traitlets.List().tag(sync=True)
    digit = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        weights: ArrayLike = LEFT_EDGE,
        row: int = 2,
        column: int = 1,
        across: int = 0,
        down: int = 0,
        pictures: ArrayLike | None = None,
        digit: int = 0,
        **kwargs: Any,
    ) -> None:
        numbers = arguments.vector("weights", np.asarray(weights, float).ravel())
        if len(numbers) != SIDE + 1:
            raise ValueError(f"`weights` has {len(numbers)} numbers; three rows of three are nine.")
        shown = np.round(16 * digits()[0][:10]) if pictures is None else np.asarray(pictures)
        if shown.size == 0 or shown.size % SIDE**2:
            raise ValueError(f"`pictures` has shape {shown.shape}; each picture needs 64 numbers.")
        shown = shown.reshape(-1, SIDE**2)
        if not 0 <= digit < len(shown):
            raise ValueError(f"`digit` is {digit}; there are {len(shown)} pictures, counted from 0.")
        super().__init__(
            weights=numbers.tolist(),
            row=int(row),
            column=int(column),
            across=int(across),
            down=int(down),
            pictures=[plain_list(picture, int) for picture in shown],
            digit=int(digit),
            **kwargs,
        )

    def seen(self) -> Any:
        """Return the digit as it was pushed, shape (8, 8); what comes in from the rim is empty."""
        framed = np.pad(np.reshape(self.pictures[self.digit], (SIDE, SIDE)), MOST)
        top, left = MOST - self.down, MOST - self.across
        return framed[top : top + SIDE, left : left + SIDE]

    def _sums(self, picture: Any) -> Any:
        windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3))
        return np.einsum("rcij,ij->rc", windows, np.reshape(self.weights, (3, 3)))

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        seen = self.seen()
        window = seen[self.row : self.row + 3, self.column : self.column + 3]
        sums = self._sums(seen)
        unmoved = self._sums(np.reshape(self.pictures[self.digit], (SIDE, SIDE)))
        return {
            "seen": seen.ravel().tolist(),
            "products": (window.ravel() * self.weights).tolist(),
            "sums": sums.ravel().tolist(),
            "here": float(sums[self.row, self.column]),
            "largest": float(sums.max()),
            "largest_unmoved": float(unmoved.max()),
        }

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        return (
            f"A filter of three by three numbers over a picture of eight by eight pixels: with its corner in "
            f"row {self.row} and column {self.column} its nine products add up to {outcome['here']:g}; the "
            f"largest of the 36 sums is {outcome['largest']:g}."
        )

    def static_svg(self) -> str:
        """Return the digit with the filter over it, and the 36 sums."""
        outcome = self.computed()
        picture = Picture(self.description, 640, 316)
        side = 33
        for k, ink in enumerate(outcome["seen"]):
            x, y = 20 + side * (k % SIDE), 36 + side * (k // SIDE)
            picture.rect(x, y, side, side, stroke="line")
            picture.rect(x, y, side, side, fill="ink", opacity=0.85 * ink / 16)
        x, y = 20 + side * self.column, 36 + side * self.row
        picture.rect(x, y, 3 * side, 3 * side, stroke="zero")
        picture.rect(x + 1, y + 1, 3 * side - 2, 3 * side - 2, stroke="zero")
        most = max(1e-9, *(abs(value) for value in outcome["sums"]))
        for k, value in enumerate(outcome["sums"]):
            x, y = 380 + side * (k % PLACES), 69 + side * (k // PLACES)
            picture.rect(x, y, side, side, stroke="line")
            name = "one" if value > 0 else "zero"
            picture.rect(x, y, side, side, fill=name, opacity=0.7 * abs(value) / most)
        x, y = 380 + side * self.column, 69 + side * self.row
        picture.rect(x, y, side, side, stroke="ink")
        picture.text(20 + 4 * side, 24, "the digit, and the filter", anchor="middle", bold=True)
        picture.text(380 + 3 * side, 56, "36 sums", anchor="middle", bold=True)
        return str(picture)
