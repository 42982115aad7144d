"""How good is a trained model, really? Splitting data, counting right answers, finding the mix-ups."""

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import IntArray


def split(examples: int, *shares: float, seed: int | None = 0) -> list[IntArray]:
    """Divide the rows of a data set into parts that have no row in common.

    Parameters
    ----------
    examples : int
        How many rows the data set has.
    *shares : float
        How much of it each part but the last gets, as a share between 0 and 1; the last gets what is left.
    seed : int, optional
        The rows are shuffled first, and the same seed shuffles alike; None keeps them in order.

    Returns
    -------
    list of ndarray of int64
        The row numbers of each part.

    Raises
    ------
    ValueError
        If there is no row, a share is not between 0 and 1, or a part would be empty.

    Examples
    --------
    >>> [len(part) for part in split(100, 0.6, 0.2)]
    [60, 20, 20]
    >>> split(5, 0.6, seed=None)
    [array([0, 1, 2]), array([3, 4])]
    """
    rows = np.arange(arguments.whole("examples", examples))
    if seed is not None:
        rows = np.random.default_rng(seed).permutation(examples)
    so_far = np.cumsum([arguments.number("shares", share) for share in shares])
    ends = [round(examples * share) for share in so_far]
    sizes = np.diff([0, *ends, examples])
    if sizes.min() < 1:
        raise ValueError(
            f"`shares` are {shares}, which leaves a part of the {examples} rows empty; "
            "give shares above 0 that add up to less than 1."
        )
    return np.split(rows, ends)


def accuracy(predictions: ArrayLike, targets: ArrayLike) -> float:
    """Return the share of right answers.

    Parameters
    ----------
    predictions, targets : array_like, shape (examples,)
        What the model answered, and the right answers.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, or a number is missing.

    Examples
    --------
    >>> accuracy([0, 1, 1, 1], [0, 1, 0, 1])
    0.75
    """
    predictions, targets = arguments.same_shape(predictions=predictions, targets=targets)
    return float(np.mean(predictions == targets))


def confusion_matrix(predictions: ArrayLike, targets: ArrayLike, classes: int) -> IntArray:
    """Count which class was taken for which.

    Parameters
    ----------
    predictions, targets : array_like, shape (examples,)
        What the model answered, and the right answers, as class numbers from 0.
    classes : int
        How many classes there are.

    Returns
    -------
    ndarray of int64, shape (classes, classes)
        Row: the right answer. Column: what the model said. Right answers stand on the diagonal.

    Raises
    ------
    ValueError
        If the shapes differ, or a class is not among 0 to ``classes - 1``.

    Examples
    --------
    >>> confusion_matrix([0, 1, 1, 1], [0, 1, 0, 1], classes=2)
    array([[1, 1],
           [0, 2]])
    """
    predictions, targets = arguments.same_shape(predictions=predictions, targets=targets)
    classes = arguments.whole("classes", classes)
    for name, values in (("predictions", predictions), ("targets", targets)):
        if not np.isin(values, np.arange(classes)).all():
            raise ValueError(f"`{name}` holds something that is no class number from 0 to {classes - 1}.")
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (targets.astype(int), predictions.astype(int)), 1)
    return counts
