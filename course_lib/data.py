"""The data sets of the course, each drawn from a seed: the same points on every machine."""

from typing import Literal

import numpy as np

from course_lib import arguments
from course_lib.arguments import FloatArray, IntArray

# A set to learn from: the inputs, one row an example, and for each the right answer.
LabelledPoints = tuple[FloatArray, IntArray]
MeasuredPoints = tuple[FloatArray, FloatArray]


def points_by_line(
    count: int = 500,
    slope: float = 1.2,
    intercept: float = 50.0,
    size: float = 400.0,
    scaled: bool = False,
    seed: int = 0,
) -> LabelledPoints:
    """Scatter points over a square picture and label those above a line with 1, the others with 0.

    Parameters
    ----------
    count : int
        How many points.
    slope, intercept : float
        The line, in pixels.
    size : float
        The picture's width and height, in pixels.
    scaled : bool
        Divide the coordinates by the size, so that they run from 0 to 1. The labels stay the same.
    seed : int
        The same seed draws the same points.

    Returns
    -------
    inputs : ndarray of float64, shape (count, 2)
        The coordinates x and y.
    targets : ndarray of int64, shape (count,)
        The labels.

    Raises
    ------
    ValueError
        If there is no point, the size is not above zero, or the slope or intercept is no finite number.

    Examples
    --------
    >>> inputs, targets = points_by_line()
    >>> inputs.shape, int(targets.sum())
    ((500, 2), 147)
    """
    rng = np.random.default_rng(seed)
    size = arguments.positive("size", size)
    slope, intercept = arguments.number("slope", slope), arguments.number("intercept", intercept)
    inputs = rng.uniform(0, size, (arguments.whole("count", count), 2))
    targets = (inputs[:, 1] > slope * inputs[:, 0] + intercept).astype(np.int64)
    return (inputs / size if scaled else inputs), targets


def noisy_line(
    count: int = 201,
    slope: float = 3.0,
    intercept: float = 2.0,
    noise: float = 1.0,
    spacing: Literal["even", "normal"] = "even",
    seed: int = 0,
) -> MeasuredPoints:
    """Measure a line with noise.

    Parameters
    ----------
    count : int
        How many points.
    slope, intercept : float
        The line.
    noise : float
        The standard deviation of what is added to each measurement; 0 for none.
    spacing : {'even', 'normal'}
        Where the line is measured: evenly from -2 to 2, or at points from the standard normal distribution.
    seed : int
        The same seed draws the same points.

    Returns
    -------
    inputs : ndarray of float64, shape (count,)
        Where the line was measured.
    targets : ndarray of float64, shape (count,)
        What was measured.

    Raises
    ------
    ValueError
        If there is no point, the noise is negative, or the spacing is unknown.

    References
    ----------
    The TensorFlow guides "Basic training loops" (201 points, even) and "Custom training: basics"
    (1,000 points, normal).

    Examples
    --------
    >>> inputs, targets = noisy_line(count=3, noise=0)
    >>> targets
    array([-4.,  2.,  8.])
    """
    rng = np.random.default_rng(seed)
    count = arguments.whole("count", count)
    arguments.one_of("spacing", spacing, ("even", "normal"))
    slope, intercept = arguments.number("slope", slope), arguments.number("intercept", intercept)
    inputs = np.linspace(-2, 2, count) if spacing == "even" else rng.normal(size=count)
    return inputs, slope * inputs + intercept + _noise(noise) * rng.normal(size=count)


def quadratic_cloud(count: int = 209, noise: float = 1.0, seed: int = 0) -> MeasuredPoints:
    """Measure the parabola x**2 + 2*x - 5 with noise, evenly from -2 to 2.

    Parameters
    ----------
    count : int
        How many points.
    noise : float
        The standard deviation of what is added to each measurement; 0 for none.
    seed : int
        The same seed draws the same points.

    Returns
    -------
    inputs : ndarray of float64, shape (count,)
        Where the parabola was measured.
    targets : ndarray of float64, shape (count,)
        What was measured.

    Raises
    ------
    ValueError
        If there is no point, or the noise is negative.

    References
    ----------
    The TensorFlow guide "TensorFlow basics".

    Examples
    --------
    >>> quadratic_cloud(count=3, noise=0)[1]
    array([-5., -5.,  3.])
    """
    rng = np.random.default_rng(seed)
    inputs = np.linspace(-2, 2, arguments.whole("count", count))
    return inputs, inputs**2 + 2 * inputs - 5 + _noise(noise) * rng.normal(size=count)


def xor_table() -> LabelledPoints:
    """Return the four rows of "one or the other, but not both".

    Returns
    -------
    inputs : ndarray of float64, shape (4, 2)
        The four pairs of 0 and 1.
    targets : ndarray of int64, shape (4,)
        1 where the two differ.

    Examples
    --------
    >>> xor_table()[1]
    array([0, 1, 1, 0])
    """
    inputs = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return inputs, np.array([0, 1, 1, 0], dtype=np.int64)


def xor(count: int = 400, noise: float = 0.0, seed: int = 0) -> LabelledPoints:
    """Scatter points over four squares, and label those with coordinates of equal sign with 1.

    Parameters
    ----------
    count : int
        How many points.
    noise : float
        From 0 to below 1: how far points stray from where their label was decided.
    seed : int
        The same seed draws the same points.

    Returns
    -------
    inputs : ndarray of float64, shape (count, 2)
        Coordinates from -5 to 5, with a gap along both axes.
    targets : ndarray of int64, shape (count,)
        The labels.

    Raises
    ------
    ValueError
        If there is no point, or the noise is not from 0 to below 1.

    References
    ----------
    The data set "Exclusive or" of the TensorFlow Playground.

    Examples
    --------
    >>> inputs, targets = xor(100)
    >>> bool(np.all(targets == (inputs[:, 0] * inputs[:, 1] > 0)))
    True
    """
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(-5, 5, (arguments.whole("count", count), 2))
    inputs += np.where(inputs > 0, 0.3, -0.3)
    strayed = inputs + 5 * _share(noise) * rng.uniform(-1, 1, inputs.shape)
    return inputs, (strayed[:, 0] * strayed[:, 1] > 0).astype(np.int64)


def _noise(value: float) -> float:
    return arguments.between("noise", value, 0, np.inf)


def _share(value: float) -> float:
    return arguments.between("noise", value, 0, 1)
