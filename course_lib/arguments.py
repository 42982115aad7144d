"""Check what a caller passed in, and say what was wrong, where, and what to do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def numbers(name: str, value: ArrayLike) -> FloatArray:
    """Return the argument as a float64 array that is neither empty nor holds NaN or infinity.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : array_like
        What the caller passed.

    Returns
    -------
    ndarray of float64
        The same numbers, in the same shape.

    Raises
    ------
    ValueError
        If the value is no rectangular array of numbers, is empty, or is not finite.

    Examples
    --------
    >>> numbers("inputs", [1, 2])
    array([1., 2.])
    """
    array = _as_floats(name, value)
    if array.size == 0:
        raise ValueError(f"`{name}` is empty (shape {array.shape}); it needs at least one number.")
    if not np.isfinite(array).all():
        position = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        place = f" at position {position}" if position else ""
        raise ValueError(f"`{name}` holds {array[position]}{place}; every entry must be a finite number.")
    return array


def _as_floats(name: str, value: ArrayLike) -> FloatArray:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be numbers in rows of equal length, not {type(value).__name__}: {error}."
        ) from None


def vector(name: str, value: ArrayLike) -> FloatArray:
    """Return the argument as a vector: one axis, at least one finite number.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : array_like, shape (n,)
        What the caller passed.

    Returns
    -------
    ndarray of float64, shape (n,)
        The same numbers.

    Raises
    ------
    ValueError
        If the value is anything else.

    Examples
    --------
    >>> vector("weights", (0.5, 2))
    array([0.5, 2. ])
    """
    array = numbers(name, value)
    if array.ndim != 1:
        raise ValueError(
            f"`{name}` has shape {array.shape}; it must have one axis. `{name}.ravel()` flattens it."
        )
    return array


def matrix(name: str, value: ArrayLike) -> FloatArray:
    """Return the argument as a table: one row an example, one column a feature.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : array_like, shape (examples, features)
        What the caller passed.

    Returns
    -------
    ndarray of float64, shape (examples, features)
        The same numbers.

    Raises
    ------
    ValueError
        If the value is anything else.

    Examples
    --------
    >>> matrix("inputs", [[1, 2], [3, 4]]).shape
    (2, 2)
    """
    array = numbers(name, value)
    if array.ndim != 2:
        raise ValueError(
            f"`{name}` has shape {array.shape}; it must have two axes, (examples, features). "
            f"Use `{name}.reshape(-1, 1)` for one feature, `{name}.reshape(1, -1)` for one example."
        )
    return array


def same_shape(**arrays: ArrayLike) -> tuple[FloatArray, ...]:
    """Return the arguments as float64 arrays that all have the same shape.

    NumPy would stretch a shape (n,) against a shape (n, 1) into an n-by-n table without a word, and the
    mean of that table is a plausible, wrong number. So shapes must be equal here.

    Parameters
    ----------
    **arrays : array_like
        The arguments by name.

    Returns
    -------
    tuple of ndarray of float64
        The arrays, in the order given.

    Raises
    ------
    ValueError
        If a shape differs from the first one, or an array is empty or not finite.

    Examples
    --------
    >>> predictions, targets = same_shape(predictions=[1, 2], targets=[3, 4])
    """
    checked = {name: numbers(name, value) for name, value in arrays.items()}
    first, *others = checked
    for name in others:
        if checked[name].shape != checked[first].shape:
            raise ValueError(
                f"`{name}` has shape {checked[name].shape} and `{first}` has shape {checked[first].shape}; "
                f"they must be equal. `{name}.reshape({first}.shape)` works if both hold as many numbers."
            )
    return tuple(checked.values())


def as_many(first: str, left: FloatArray, second: str, right: FloatArray | IntArray) -> None:
    """Check that two arrays have as many rows as each other.

    Parameters
    ----------
    first : str
        The name of one argument, for the error message.
    left : ndarray
        That argument.
    second : str
        The name of the other argument.
    right : ndarray
        The other argument.

    Raises
    ------
    ValueError
        If the lengths of the first axes differ.

    Examples
    --------
    >>> as_many("inputs", np.zeros((3, 2)), "targets", np.zeros(3))
    """
    if len(left) != len(right):
        raise ValueError(
            f"`{first}` has {len(left)} examples and `{second}` has {len(right)}; "
            "each example needs exactly one target."
        )


def labels(name: str, value: ArrayLike, classes: int = 2) -> IntArray:
    """Return the argument as class labels 0, 1, ..., classes - 1.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : array_like, shape (n,)
        What the caller passed.
    classes : int
        How many classes there are.

    Returns
    -------
    ndarray of int64, shape (n,)
        The labels.

    Raises
    ------
    ValueError
        If an entry is no such label; labels -1 and 1 are the usual cause.

    Examples
    --------
    >>> labels("targets", [0.0, 1.0, 1.0])
    array([0, 1, 1])
    """
    array = vector(name, value)
    wrong = ~np.isin(array, np.arange(classes))
    if wrong.any():
        position = int(np.argmax(wrong))
        raise ValueError(
            f"`{name}` holds {array[position]:g} at position {position}; "
            f"labels must be whole numbers from 0 to {classes - 1}."
        )
    return array.astype(np.int64)


def counting_from_zero(name: str, labels: FloatArray | IntArray) -> None:
    """Check that class labels begin with 0; a class between others may be missing, as in small samples.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    labels : ndarray, shape (n,)
        The labels.

    Raises
    ------
    ValueError
        If the smallest label is not 0.

    Examples
    --------
    >>> counting_from_zero("targets", np.array([2, 0]))
    """
    if labels.min() > 0:
        raise ValueError(
            f"`{name}` holds labels from {labels.min()} to {labels.max()}; labels count from 0. Number the "
            f"classes with `np.unique({name}, return_inverse=True)[1]`, or give `start`, which says how many "
            "classes there are."
        )


def layers_like(
    name: str, value: Sequence[tuple[ArrayLike, ArrayLike]], like: Sequence[tuple[FloatArray, FloatArray]]
) -> list[FloatArray]:
    """Return the arrays of (weights, biases) pairs that have the shapes of others.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : sequence of tuple of array_like
        What the caller passed.
    like : sequence of tuple of ndarray
        Pairs of the right shapes.

    Returns
    -------
    list of ndarray of float64
        Weights, biases, weights, biases, ...

    Raises
    ------
    ValueError
        If a shape differs, or an array holds anything but finite numbers.

    Examples
    --------
    >>> zeros = [(np.zeros((2, 1)), np.zeros(1))]
    >>> [array.shape for array in layers_like("start", [([[1], [2]], [3])], zeros)]
    [(2, 1), (1,)]
    """
    layers = [
        [numbers(f"{name}[{number}][{part}]", array) for part, array in enumerate(layer)]
        for number, layer in enumerate(value)
    ]
    shapes = [[array.shape for array in layer] for layer in layers]
    wanted = [[array.shape for array in layer] for layer in like]
    if shapes != wanted:
        raise ValueError(f"`{name}` has layers of shapes {shapes}; this network needs {wanted}.")
    return [array for layer in layers for array in layer]


def number(name: str, value: float) -> float:
    """Return the argument as a finite float.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : float
        What the caller passed.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    ValueError
        If the value is infinite, NaN, or no number.

    Examples
    --------
    >>> number("bias", -2)
    -2.0
    """
    checked = _as_number(name, value, "a finite number")
    if not np.isfinite(checked):
        raise ValueError(f"`{name}` is {value!r}; it must be a finite number.")
    return checked


def positive(name: str, value: float) -> float:
    """Return the argument as a float above zero.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : float
        What the caller passed.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    ValueError
        If the value is zero, negative, infinite, NaN, or no number.

    Examples
    --------
    >>> positive("learning_rate", 1)
    1.0
    """
    number = _as_number(name, value, "a number above zero")
    if not 0 < number < np.inf:
        raise ValueError(f"`{name}` is {value!r}; it must be a number above zero.")
    return number


def between(name: str, value: float, low: float, high: float) -> float:
    """Return the argument as a float with ``low <= value < high``.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : float
        What the caller passed.
    low, high : float
        The bounds; the lower one is allowed, the upper one is not.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    ValueError
        If the value is out of bounds or no number.

    Examples
    --------
    >>> between("momentum", 0.9, 0, 1)
    0.9
    """
    wanted = f"a number from {low:g} up to, but not, {high:g}"
    number = _as_number(name, value, wanted)
    if not low <= number < high:
        raise ValueError(f"`{name}` is {value!r}; it must be {wanted}.")
    return number


def _as_number(name: str, value: float, wanted: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"`{name}` is {value!r}; it must be {wanted}.") from None


def whole(name: str, value: int, minimum: int = 1) -> int:
    """Return the argument as a whole number of at least ``minimum``.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : int
        What the caller passed.
    minimum : int
        The smallest number allowed.

    Returns
    -------
    int
        The same number.

    Raises
    ------
    ValueError
        If the value is smaller, or not whole.

    Examples
    --------
    >>> whole("epochs", 10)
    10
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < minimum:
        raise ValueError(f"`{name}` is {value!r}; it must be a whole number, {minimum} or more.")
    return int(value)


def one_of(name: str, value: str, allowed: dict[str, Any] | tuple[str, ...]) -> str:
    """Return the argument if it is one of the allowed words.

    Parameters
    ----------
    name : str
        The argument's name, for the error message.
    value : str
        What the caller passed.
    allowed : dict or tuple of str
        The allowed words.

    Returns
    -------
    str
        The same word.

    Raises
    ------
    ValueError
        If it is another word; the message lists those that are allowed.

    Examples
    --------
    >>> one_of("activation", "tanh", ("relu", "tanh"))
    'tanh'
    """
    if value not in tuple(allowed):
        raise ValueError(f"`{name}` is {value!r}; it must be one of {', '.join(map(repr, allowed))}.")
    return value
