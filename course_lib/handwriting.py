"""Digits as a pen writes them: strokes, what a network sees of them, and copies that differ as hands do.

A picture has 8 x 8 squares, as those of `course_lib.real_data.digits`; it holds how much ink is in each.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray
from course_lib.data import LabelledPoints

SIDE = 32  # places along each side on which a pen draws; 4 x 4 of them are one square of a picture
PEN = 2.4  # the radius of the pen, in places: digits of this size on forms were written so

# Some ways of writing each digit. A stroke is a row of places on a grid of 10 x 10, column before row, from
# the top left; a comma lifts the pen, and a hyphen before a place makes a corner there.
_WAYS = (
    ("50 20 14 26 49 79 86 74 60", "40 24 27 49 67 73 60 40", "60 21 14 37 69 86 74 50 30"),
    ("-50 -59", "-32 -60 -59", "-60 -49", "-23 -50 -59,-39 -79", "-55 -45 -59", "-40 -69"),
    (
        *("13 30 61 63 46 -19 -89", "12 40 71 63 37 -29 48 89", "22 50 82 65 27 19 38 28 48 89"),
        "-11 60 73 -19 -89",
    ),
    (
        *("11 40 71 64 -34 75 87 59 18", "-10 -70 -44 75 87 59 19", "11 50 72 54 66 78 49 18"),
        "21 51 62 54 -43 64 87 69 29",
    ),
    (
        *("-40 -16 -86,-63 -69", "-60 -15 -85,-60 -69", "-10 -15 -85,-70 -79", "-20 25 45 -75,-71 -79"),
        *("-69 -60 -16 -86", "-30 -16 -96,-54 -59"),
    ),
    (
        *("-70 -20 -14 53 86 69 29", "-20 -24 54 86 69 18,-20 -80", "-81 -31 -24 64 77 59 19"),
        "-70 -30 -24 -54 77 59 29",
    ),
    (
        *("60 33 16 28 59 77 55 26", "50 24 27 59 86 65 36 27", "70 31 15 29 69 86 55 17"),
        "40 25 38 69 77 45 26",
    ),
    ("-10 -80 -49", "-11 -81 -39", "-10 -80 -49,-25 -75", "-12 -10 -80 -54 -49", "-10 -80 55 -39,-35 -85"),
    (
        *("71 40 22 44 66 59 28 35 64 72 50", "50 22 44 77 59 17 44 72 50", "50 22 53 81 50,54 17 59 87 54"),
        *("70 30 33 66 78 39 27 64 70", "51 23 55 72 51,55 28 49 77 55"),
    ),
    (
        *("72 40 13 35 63 -71 -69", "71 41 23 45 73 71 67 49", "62 30 14 45 72 -60 -59"),
        *("71 31 13 44 74 71 68 49 28", "50 22 45 74 50,-73 -79", "71 40 14 54 -71 -59"),
    ),
)


def paint(strokes: Sequence[ArrayLike], pen: float = PEN) -> FloatArray:
    """Draw strokes as large as the square allows, in its middle, with a pen of one width, and count the ink.

    However large, wherever and with however thick a pen somebody drew, a network sees the same.

    Parameters
    ----------
    strokes : sequence of array_like, shape (points, 2)
        Column and row of the places through which each stroke leads.
    pen : float
        The radius of the pen, in 32nds of a picture's side.

    Returns
    -------
    ndarray of float64, shape (64,)
        The ink in each of 8 x 8 squares, from 0 to 16.

    Raises
    ------
    ValueError
        If a place does not have two finite coordinates.

    Examples
    --------
    >>> picture = paint([[[3, 2], [3, 9]]])
    >>> (picture.reshape(8, 8) > 0).any(axis=0).tolist()
    [False, False, False, True, True, False, False, False]
    """
    lines = [arguments.matrix(f"strokes[{i}]", stroke) for i, stroke in enumerate(strokes)]
    for i, line in enumerate(lines):
        if line.shape[1] != 2:
            raise ValueError(f"`strokes[{i}]` has {line.shape[1]} columns; a place has a column and a row.")
    if not lines:
        return np.zeros(64)
    lowest = np.min([line.min(axis=0) for line in lines], axis=0)
    highest = np.max([line.max(axis=0) for line in lines], axis=0)
    middle, size = (lowest + highest) / 2, float(np.max(highest - lowest))
    # The pen touches the sides, not the middle of a place: rounding decides nothing there.
    stretch = (SIDE - 2 * pen) / size if size > 0 else 1.0
    fitted = [(line - middle) * stretch + (SIDE - 1) / 2 for line in lines]
    pairs = [np.stack([line, np.roll(line, -1, axis=0)], 1)[: max(1, len(line) - 1)] for line in fitted]
    (x, y), (x2, y2) = np.concatenate(pairs).transpose(1, 2, 0)[..., None, None]
    dx, dy = x2 - x, y2 - y
    length = dx * dx + dy * dy
    columns = np.arange(SIDE)
    rows = columns[:, None]
    # The nearest place of each line, as a share of its length; a line may be a point.
    along = np.clip(((columns - x) * dx + (rows - y) * dy) / np.where(length > 0, length, 1), 0, 1)
    off, down = columns - x - along * dx, rows - y - along * dy
    inked = (off * off + down * down <= pen * pen).any(axis=0)
    counts: FloatArray = inked.reshape(8, 4, 8, 4).sum(axis=(1, 3), dtype=np.float64).ravel()
    return counts


def drawn_digits(count: int, seed: int = 0) -> LabelledPoints:
    """Write digits with a pen, each in one of a few ways, none like another.

    The places of a way are moved a little, joined by smooth curves, and the whole is turned, slanted and made
    narrower or wider; pens differ in width.

    Parameters
    ----------
    count : int
        How many; each digit comes equally often.
    seed : int
        The same seed writes the same digits.

    Returns
    -------
    inputs : ndarray of float64, shape (count, 64)
        Pictures as `course_lib.real_data.digits` has them: ink from 0 to 1.
    targets : ndarray of int64, shape (count,)
        The digits.

    Raises
    ------
    ValueError
        If the count is no whole number from 0 on.

    References
    ----------
    E. Catmull and R. Rom, "A class of local interpolating splines", Computer Aided Geometric Design, 1974:
    the curves through the places.

    Examples
    --------
    >>> pictures, names = drawn_digits(20)
    >>> pictures.shape, names.tolist()[:12]
    ((20, 64), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    """
    count = arguments.whole("count", count, minimum=0)
    rng = np.random.default_rng(seed)
    names = np.arange(count) % 10
    pictures = [paint(_write(int(name), rng), rng.uniform(1.8, 3.2)) / 16 for name in names]
    return np.array(pictures).reshape(-1, 64), names


def scribbles(count: int, seed: int = 0) -> FloatArray:
    """Draw one to three strokes anywhere: pictures that are no digits, but for a rare chance.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        The same seed draws the same ones.

    Returns
    -------
    ndarray of float64, shape (count, 64)
        Pictures, ink from 0 to 1.

    Raises
    ------
    ValueError
        If the count is no whole number from 0 on.

    Examples
    --------
    >>> scribbles(5).shape
    (5, 64)
    """
    count = arguments.whole("count", count, minimum=0)
    rng = np.random.default_rng(seed)
    pictures = [paint(_scribble(rng), rng.uniform(1.8, 3.2)) / 16 for _ in range(count)]
    return np.array(pictures).reshape(-1, 64)


def varied(pictures: ArrayLike, seed: int = 0) -> FloatArray:
    """Copy pictures, each moved, turned, slanted, stretched and written with another pen, a little.

    Parameters
    ----------
    pictures : array_like, shape (count, 64)
        Ink from 0 to 1 in each of 8 x 8 squares.
    seed : int
        The same seed makes the same copies.

    Returns
    -------
    ndarray of float64, shape (count, 64)
        One copy of each.

    Raises
    ------
    ValueError
        If a picture does not have 64 numbers.

    Examples
    --------
    >>> varied(np.zeros((3, 64))).sum().item()
    0.0
    """
    inputs = arguments.matrix("pictures", pictures)
    if inputs.shape[1] != 64:
        raise ValueError(
            f"A picture has 8 times 8 squares, 64 numbers; `pictures` has {inputs.shape[1]} columns."
        )
    count, rng = len(inputs), np.random.default_rng(seed)
    turn, slant = rng.uniform(-0.25, 0.25, count), rng.uniform(-0.35, 0.35, count)
    wide, high = np.exp(rng.uniform(-0.25, 0.25, count)), np.exp(rng.uniform(-0.12, 0.12, count))
    right, down = rng.uniform(-0.6, 0.6, (2, count))
    # Where each square of the copy looks in the picture.
    y, x = (places[None] for places in np.mgrid[:8, :8] - 3.5)
    x = x * _each(wide) + _each(slant) * y
    y = y * _each(high)
    looks_x = _each(np.cos(turn)) * x - _each(np.sin(turn)) * y + _each(right) + 3.5
    looks_y = _each(np.sin(turn)) * x + _each(np.cos(turn)) * y + _each(down) + 3.5
    copies = _between_squares(inputs.reshape(-1, 8, 8), looks_x, looks_y)
    written: FloatArray = _with_other_pens(copies, rng.uniform(-0.4, 0.4, count)).reshape(-1, 64)
    return written


def _each(values: Any) -> Any:
    """Return one number a picture so that it meets all squares of its picture."""
    return values[:, None, None]


def _between_squares(pictures: Any, x: Any, y: Any) -> Any:
    """Return the ink at places between squares, from the four around each; outside there is none."""
    larger = np.pad(pictures, [(0, 0), (1, 1), (1, 1)])
    x, y = (x + 1).clip(0, 8.999), (y + 1).clip(0, 8.999)
    column, row = x.astype(int), y.astype(int)
    right, down = x - column, y - row
    which = _each(np.arange(len(pictures)))
    above = (1 - right) * larger[which, row, column] + right * larger[which, row, column + 1]
    below = (1 - right) * larger[which, row + 1, column] + right * larger[which, row + 1, column + 1]
    return (1 - down) * above + down * below


def _with_other_pens(pictures: Any, change: Any) -> Any:
    """Thicken each picture whose change is above zero; make the edges of the others fainter."""
    larger = np.pad(pictures, [(0, 0), (1, 1), (1, 1)])
    sides = (larger[:, 1:-1, :-2], larger[:, 1:-1, 2:], larger[:, :-2, 1:-1], larger[:, 2:, 1:-1])
    most = np.maximum.reduce([pictures, *sides])
    thicker = pictures + _each(change) * (most - pictures)
    thinner = pictures * (1 + _each(change) * (1 - pictures))
    return np.where(_each(change) > 0, thicker, thinner)


def _write(digit: int, rng: Any) -> list[Any]:
    """Return the strokes of a digit in one of its ways."""
    ways = _WAYS[digit]
    turn, slant, narrow = rng.uniform(-0.2, 0.2), rng.uniform(-0.35, 0.45), np.exp(rng.uniform(-0.55, 0.3))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    change = turned @ np.array([[1, slant], [0, 1]]) @ np.diag([narrow, 1])
    strokes = []
    for part in ways[rng.integers(len(ways))].split(","):
        places = part.split()
        points = np.array([[float(place[-2]), float(place[-1])] for place in places])
        points += rng.normal(0, 0.45, points.shape)
        strokes.append(_curve(points, [place[0] == "-" for place in places]) @ change.T)
    return strokes


def _scribble(rng: Any) -> list[Any]:
    strokes = []
    for _ in range(rng.integers(1, 4)):
        count = int(rng.integers(2, 6))
        points = rng.uniform(0, 9, (count, 2))
        if rng.random() < 0.5:  # upright and level lines, as letters and signs have
            points = np.round(points / 4.5) * 4.5 + rng.normal(0, 0.3, points.shape)
        strokes.append(_curve(points, list(rng.random(count) < 0.6)))
    return strokes


def _curve(points: Any, corners: Sequence[bool]) -> Any:
    """Return places along the smooth curve through the points, which breaks at corners."""
    last = len(points) - 1
    along = np.linspace(0, 1, 5)[1:, None]
    parts = [points[:1]]
    for i in range(last):
        start, end = points[i], points[i + 1]
        leaves = end - start if i == 0 or corners[i] else (end - points[i - 1]) / 2
        arrives = end - start if i + 1 == last or corners[i + 1] else (points[i + 2] - start) / 2
        parts.append(
            (2 * along**3 - 3 * along**2 + 1) * start
            + (along**3 - 2 * along**2 + along) * leaves
            + (3 * along**2 - 2 * along**3) * end
            + (along**3 - along**2) * arrives
        )
    return np.concatenate(parts)
