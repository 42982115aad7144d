"""Draw a digit in the page; a network trained in Python reads it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib.cost import sigmoid, softmax
from course_lib.figures.base import Figure
from course_lib.figures.picture import Picture
from course_lib.handwriting import SIDE, paint

# A digit that is less probable than this is not called: the network does not know.
SURE = 0.6
# The order in which the 16 points of a block are inked, so that every count looks even (Bayer's matrix).
_BAYER = (0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5)
_ACTIVATIONS: dict[str, Any] = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
}


class DrawDigit(Figure):
    """A square to draw in, what a network sees of it, and which digit it reads.

    The drawing has 32 x 32 points. Like the digits of scikit-learn it is cut into 8 x 8 blocks, and the ink
    in each is counted: 64 numbers from 0 to 16. Before that, what a pen drew is moved to the middle,
    stretched and drawn again with a pen as wide as those digits have it (`course_lib.handwriting.paint`).

    Where no digit is as probable as 60 %, or the network says that this is none, the figure does not know.

    Parameters
    ----------
    layers : sequence of pairs of array_like, optional
        For each layer its weights, shape (inputs, units), as in Keras and `course_lib.network`, and its
        biases, shape (units,). The first layer has 64 inputs and the last 10 units, whose softmax is shown,
        or 11: the eleventh stands for whatever is no digit.
    activations : sequence of {'linear', 'relu', 'tanh', 'sigmoid'}, optional
        One for each layer; ReLU for all but the last, which is linear, if absent.
    scale : float
        What the 64 numbers are divided by before the network sees them.
    examples : array_like, shape (images, 64) or (images, 8, 8), optional
        Images that the reader can show the network.
    drawing : array_like, shape (64,) or (8, 8), optional
        The image to begin with; an empty square if absent.

    Raises
    ------
    ValueError
        If layers do not fit one another, 64 inputs or 10 or 11 outputs, or an activation is unknown.
    """

    title: ClassVar[str] = "Draw a digit"

    bitmap = traitlets.List(traitlets.Int(min=0, max=1), minlen=SIDE**2, maxlen=SIDE**2).tag(sync=True)
    strokes: Any = traitlets.List().tag(sync=True)
    centred = traitlets.Bool(True).tag(sync=True)
    sizes = traitlets.List(traitlets.Int()).tag(sync=True)
    activations = traitlets.List(traitlets.Unicode()).tag(sync=True)
    parameters = traitlets.List(traitlets.Float()).tag(sync=True)
    scale = traitlets.Float(16.0).tag(sync=True)
    examples: Any = traitlets.List().tag(sync=True)

    def __init__(
        self,
        layers: Sequence[tuple[ArrayLike, ArrayLike]] = (),
        activations: Sequence[str] | None = None,
        scale: float = 16.0,
        examples: ArrayLike = (),
        drawing: ArrayLike | None = None,
        **kwargs: Any,
    ) -> None:
        pairs = [(np.asarray(weights, float), np.asarray(biases, float)) for weights, biases in layers]
        if activations is None:
            activations = ["relu"] * (len(pairs) - 1) + ["linear"] * bool(pairs)
        sizes = [64, *(len(biases) for _, biases in pairs)]
        _check_layers(pairs, sizes, activations)
        # The page keeps a layer's weights one row a unit. Six digits are more than eyes need.
        parameters = [part.T.ravel() if part.ndim == 2 else part for pair in pairs for part in pair]
        flat = np.concatenate(parameters) if parameters else np.zeros(0)
        start = {"bitmap": from_counts(drawing if drawing is not None else np.zeros(64))}
        super().__init__(
            sizes=sizes,
            activations=list(activations),
            parameters=[float(f"{value:.6g}") for value in flat],
            scale=float(scale),
            examples=np.asarray(examples, int).reshape(-1, 64).tolist(),
            **(start | {"centred": drawing is None} | kwargs),
        )

    def image(self) -> Any:
        """Return the 64 counts of ink that the network sees."""
        if self.centred and self.strokes:
            return paint(self.strokes)
        drawing = np.asarray(self.bitmap).reshape(SIDE, SIDE)
        return count_ink(centre(drawing) if self.centred else drawing)

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows; the answer is None where the network does not know."""
        image = self.image()
        if not self.parameters:
            return {"image": image, "probabilities": [], "answer": None}
        values, flat = image / self.scale, np.asarray(self.parameters)
        for (width, units), name in zip(pairwise(self.sizes), self.activations, strict=True):
            weights, biases, flat = np.split(flat, [width * units, (width + 1) * units])
            values = _ACTIVATIONS[name](weights.reshape(units, width) @ values + biases)
        chances = softmax(values)
        best = int(chances.argmax())
        known = best < 10 and chances[best] >= SURE
        return {"image": image, "probabilities": chances, "answer": best if known else None}

    @property
    def description(self) -> str:
        """What the figure shows now."""
        if not self.parameters:
            return "A square to draw a digit in; no network is loaded that could read it."
        if not any(self.bitmap):
            return "A square to draw a digit in, and a trained network that reads it."
        outcome = self.computed()
        if outcome["answer"] is None:
            return "A drawing of which the network does not know which digit it is."
        sure = round(100 * outcome["probabilities"][outcome["answer"]])
        article = "an" if outcome["answer"] == 8 else "a"
        return f"A drawn digit: the network reads {article} {outcome['answer']} and is {sure} % sure."

    def static_svg(self) -> str:
        """Return the drawing and the probabilities."""
        picture = Picture(self.description, 560, 260)
        outcome = self.computed()
        picture.rect(20, 20, 220, 220, fill="paper", stroke="soft")
        for row, line in enumerate(np.asarray(self.bitmap).reshape(SIDE, SIDE)):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], line, [0]])))
            for begin, end in edges.reshape(-1, 2):
                picture.rect(20 + begin * 6.875, 20 + row * 6.875, (end - begin) * 6.875, 7, fill="ink")
        for digit in range(10):
            share = outcome["probabilities"][digit] if len(outcome["probabilities"]) else 0.0
            picture.text(284, 35 + 22 * digit, str(digit), anchor="middle")
            fill = "one" if digit == outcome["answer"] else "soft"
            picture.rect(300, 24 + 22 * digit, 1 + 239 * share, 14, fill=fill, radius=2)
        return str(picture)


def centre(drawing: Any) -> Any:
    """Move the ink of a 32 x 32 drawing to the middle and stretch it to the full size."""
    rows, columns = np.nonzero(drawing)
    if len(rows) == 0:
        return drawing
    top, left = rows.min(), columns.min()
    height, width = rows.max() - top + 1, columns.max() - left + 1
    size = max(height, width)
    down, right = ((SIDE - length * SIDE / size) // 2 for length in (height, width))
    places = np.arange(SIDE)
    r = top + np.floor((places - down + 0.5) * size / SIDE).astype(int)
    c = left + np.floor((places - right + 0.5) * size / SIDE).astype(int)
    inside = np.outer((r >= top) & (r < top + height), (c >= left) & (c < left + width))
    stretched = np.asarray(drawing)[np.ix_(r.clip(0, SIDE - 1), c.clip(0, SIDE - 1))]
    return np.where(inside, stretched, 0)


def count_ink(drawing: Any) -> Any:
    """Count the ink in each 4 x 4 block of a 32 x 32 drawing: 64 numbers from 0 to 16."""
    return np.asarray(drawing).reshape(8, 4, 8, 4).sum(axis=(1, 3)).ravel()


def from_counts(image: ArrayLike) -> list[int]:
    """Return a 32 x 32 drawing, flat, whose ink counts are those of an 8 x 8 image."""
    counts = np.asarray(image, int).reshape(8, 1, 8, 1)
    order = np.array(_BAYER).reshape(1, 4, 1, 4)
    return [int(ink) for ink in (order < counts).reshape(-1)]


def _check_layers(pairs: Any, sizes: list[int], activations: Sequence[str]) -> None:
    for i, (weights, biases) in enumerate(pairs):
        if weights.shape != (sizes[i], sizes[i + 1]) or biases.ndim != 1:
            raise ValueError(
                f"Layer {i + 1} has weights of shape {weights.shape} and biases of shape {biases.shape}; "
                f"it needs ({sizes[i]}, units) and (units,)."
            )
    if pairs and sizes[-1] not in (10, 11):
        raise ValueError(
            f"The last layer has {sizes[-1]} units; ten digits need 10, and 11 with one for what is no digit."
        )
    if len(activations) != len(pairs) or set(activations) - set(_ACTIVATIONS):
        raise ValueError(
            f"`activations` is {list(activations)}; each of the {len(pairs)} layers needs one of "
            f"{', '.join(_ACTIVATIONS)}."
        )
