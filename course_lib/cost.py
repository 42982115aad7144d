"""Costs: one number that says how wrong a model is, and its gradient, which says how to do better."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray


def mean_squared_error(predictions: ArrayLike, targets: ArrayLike) -> float:
    """Average the squared residuals.

    Parameters
    ----------
    predictions, targets : array_like
        What the model says and what is true, in equal shapes.

    Returns
    -------
    float
        The cost, in the squared units of the targets.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, or a number is missing.

    Examples
    --------
    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    predictions, targets = arguments.same_shape(predictions=predictions, targets=targets)
    return float(np.mean((predictions - targets) ** 2))


def mean_squared_error_gradient(predictions: ArrayLike, targets: ArrayLike) -> FloatArray:
    """Differentiate the mean squared error with respect to each prediction.

    Parameters
    ----------
    predictions, targets : array_like
        What the model says and what is true, in equal shapes.

    Returns
    -------
    ndarray of float64
        One derivative for each prediction.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, or a number is missing.

    Examples
    --------
    >>> mean_squared_error_gradient([1.0, 2.0], [1.0, 4.0])
    array([ 0., -2.])
    """
    predictions, targets = arguments.same_shape(predictions=predictions, targets=targets)
    return 2 * (predictions - targets) / predictions.size


def mean_absolute_error(predictions: ArrayLike, targets: ArrayLike) -> float:
    """Average the residuals' sizes.

    Parameters
    ----------
    predictions, targets : array_like
        What the model says and what is true, in equal shapes.

    Returns
    -------
    float
        The cost, in the units of the targets.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, or a number is missing.

    Examples
    --------
    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    predictions, targets = arguments.same_shape(predictions=predictions, targets=targets)
    return float(np.mean(np.abs(predictions - targets)))


def mean_absolute_error_gradient(predictions: ArrayLike, targets: ArrayLike) -> FloatArray:
    """Differentiate the mean absolute error with respect to each prediction.

    Parameters
    ----------
    predictions, targets : array_like
        What the model says and what is true, in equal shapes.

    Returns
    -------
    ndarray of float64
        One derivative for each prediction. Where a prediction is exactly right the cost has a corner; 0 lies
        between the slopes on its two sides and stands for them.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, or a number is missing.

    Examples
    --------
    >>> mean_absolute_error_gradient([1.0, 2.0], [1.0, 4.0])
    array([ 0. , -0.5])
    """
    predictions, targets = arguments.same_shape(predictions=predictions, targets=targets)
    return np.sign(predictions - targets) / predictions.size


def huber(predictions: ArrayLike, targets: ArrayLike, delta: float = 1.0) -> float:
    """Average a cost that squares small residuals and lets large ones grow in a straight line.

    Parameters
    ----------
    predictions, targets : array_like
        What the model says and what is true, in equal shapes.
    delta : float
        The size from which a residual counts as large.

    Returns
    -------
    float
        The cost: half the square up to ``delta``, ``delta * (size - delta / 2)`` beyond.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, a number is missing, or delta is not above zero.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35(1), 1964.

    Examples
    --------
    >>> huber([0.0, 0.0], [0.5, 3.0])
    1.3125
    """
    predictions, targets = arguments.same_shape(predictions=predictions, targets=targets)
    delta = arguments.positive("delta", delta)
    size = np.abs(predictions - targets)
    small = np.minimum(size, delta)
    # For a small residual this is size**2 / 2, for a large one delta * (size - delta / 2).
    return float(np.mean(small * (size - small / 2)))


def huber_gradient(predictions: ArrayLike, targets: ArrayLike, delta: float = 1.0) -> FloatArray:
    """Differentiate the Huber cost with respect to each prediction.

    Parameters
    ----------
    predictions, targets : array_like
        What the model says and what is true, in equal shapes.
    delta : float
        The size from which a residual counts as large.

    Returns
    -------
    ndarray of float64
        One derivative for each prediction: the residual, but never larger than ``delta``.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, a number is missing, or delta is not above zero.

    Examples
    --------
    >>> huber_gradient([0.0, 0.0], [0.5, 3.0])
    array([-0.25, -0.5 ])
    """
    predictions, targets = arguments.same_shape(predictions=predictions, targets=targets)
    delta = arguments.positive("delta", delta)
    return np.clip(predictions - targets, -delta, delta) / predictions.size


def sigmoid(logits: ArrayLike) -> FloatArray:
    """Squeeze any number into a probability between 0 and 1.

    Parameters
    ----------
    logits : array_like
        Numbers of any size and shape.

    Returns
    -------
    float64 or ndarray of float64
        ``1 / (1 + exp(-logits))``, in the same shape.

    Raises
    ------
    ValueError
        If the array is empty or a number is missing.

    Examples
    --------
    >>> sigmoid([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    """
    logits = arguments.numbers("logits", logits)
    # exp of a negative number never overflows, so each side of zero gets the form that needs no other.
    small = np.exp(-np.abs(logits))
    probabilities: FloatArray = np.where(logits >= 0, 1, small) / (1 + small)
    return probabilities


def binary_cross_entropy(logits: ArrayLike, targets: ArrayLike) -> float:
    """Average the surprise at the true answers, for two classes.

    Parameters
    ----------
    logits : array_like
        What the model says before the sigmoid: above zero means class 1.
    targets : array_like
        What is true, in the same shape: 0, 1, or a probability between them.

    Returns
    -------
    float
        The cost ``-log(probability of the true class)`` in nats, averaged.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, a number is missing, or a target is not from 0 to 1.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 4.3.2.

    Examples
    --------
    >>> round(binary_cross_entropy([0.0], [1]), 6)
    0.693147
    >>> binary_cross_entropy([1000.0], [0])
    1000.0
    """
    logits, targets = _logits_and_probabilities(logits, targets)
    # log(1 + exp(z)) - target * z, written so that exp never overflows and no tiny surprise is rounded away.
    surprise = (np.maximum(logits, 0) - targets * logits) + np.log1p(np.exp(-np.abs(logits)))
    return float(np.mean(surprise))


def binary_cross_entropy_gradient(logits: ArrayLike, targets: ArrayLike) -> FloatArray:
    """Differentiate the binary cross-entropy with respect to each logit.

    Parameters
    ----------
    logits : array_like
        What the model says before the sigmoid.
    targets : array_like
        What is true, in the same shape: 0, 1, or a probability between them.

    Returns
    -------
    ndarray of float64
        One derivative for each logit: probability minus target, over their number.

    Raises
    ------
    ValueError
        If the shapes differ, an array is empty, a number is missing, or a target is not from 0 to 1.

    Examples
    --------
    >>> binary_cross_entropy_gradient([0.0, 0.0], [1, 0])
    array([-0.25,  0.25])
    """
    logits, targets = _logits_and_probabilities(logits, targets)
    return (sigmoid(logits) - targets) / logits.size


def _logits_and_probabilities(logits: ArrayLike, targets: ArrayLike) -> tuple[FloatArray, FloatArray]:
    logits, targets = arguments.same_shape(logits=logits, targets=targets)
    if targets.min() < 0 or targets.max() > 1:
        raise ValueError(
            f"`targets` run from {targets.min():g} to {targets.max():g}; each must be from 0 to 1."
        )
    return logits, targets


def softmax(logits: ArrayLike) -> FloatArray:
    """Turn each row of numbers into probabilities that add up to 1.

    Parameters
    ----------
    logits : array_like, shape (classes,) or (examples, classes)
        One number for each class.

    Returns
    -------
    ndarray of float64
        The probabilities, in the same shape.

    Raises
    ------
    ValueError
        If the array is empty, a single number, or a number is missing.

    Examples
    --------
    >>> softmax([1.0, 2.0, 3.0]).round(4)
    array([0.09  , 0.2447, 0.6652])
    """
    logits = arguments.numbers("logits", logits)
    if logits.ndim == 0:
        raise ValueError("`logits` is a single number; softmax needs one number for each class.")
    # The largest logit becomes 0: the answer stays the same and exp cannot overflow.
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: FloatArray = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


def one_hot(labels: ArrayLike, classes: int) -> FloatArray:
    """Write each label as a row of zeros with a single 1 in the label's place.

    Parameters
    ----------
    labels : array_like, shape (examples,)
        Whole numbers from 0 to ``classes - 1``.
    classes : int
        How many classes there are.

    Returns
    -------
    ndarray of float64, shape (examples, classes)
        The rows.

    Raises
    ------
    ValueError
        If a label is no such number.

    Examples
    --------
    >>> one_hot([2, 0], classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    classes = arguments.whole("classes", classes)
    return np.eye(classes)[arguments.labels("labels", labels, classes)]


def softmax_cross_entropy(logits: ArrayLike, labels: ArrayLike) -> float:
    """Average the surprise at the true answers, for any number of classes.

    Parameters
    ----------
    logits : array_like, shape (examples, classes)
        What the model says before the softmax.
    labels : array_like, shape (examples,)
        The true classes, whole numbers from 0.

    Returns
    -------
    float
        The cost ``-log(probability of the true class)`` in nats, averaged over the examples.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is missing, or a label is no class.

    References
    ----------
    C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 4.3.4.

    Examples
    --------
    >>> round(softmax_cross_entropy([[0.0, 0.0], [0.0, 0.0]], [0, 1]), 6)
    0.693147
    """
    logits, truth = _logits_and_truth(logits, labels)
    shifted = logits - logits.max(axis=1, keepdims=True)
    surprise = np.log(np.exp(shifted).sum(axis=1)) - (truth * shifted).sum(axis=1)
    return float(np.mean(surprise))


def softmax_cross_entropy_gradient(logits: ArrayLike, labels: ArrayLike) -> FloatArray:
    """Differentiate the softmax cross-entropy with respect to each logit.

    Parameters
    ----------
    logits : array_like, shape (examples, classes)
        What the model says before the softmax.
    labels : array_like, shape (examples,)
        The true classes, whole numbers from 0.

    Returns
    -------
    ndarray of float64, shape (examples, classes)
        One derivative for each logit: probability minus truth, over the number of examples.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is missing, or a label is no class.

    Examples
    --------
    >>> softmax_cross_entropy_gradient([[0.0, 0.0]], [1])
    array([[ 0.5, -0.5]])
    """
    logits, truth = _logits_and_truth(logits, labels)
    return (softmax(logits) - truth) / len(logits)


def _logits_and_truth(logits: ArrayLike, labels: ArrayLike) -> tuple[FloatArray, FloatArray]:
    logits = arguments.matrix("logits", logits)
    truth = one_hot(labels, logits.shape[1])
    arguments.as_many("logits", logits, "labels", truth)
    return logits, truth


def numerical_gradient(
    function: Callable[[FloatArray], float], point: ArrayLike, nudge: float = 1e-5
) -> FloatArray:
    """Estimate a gradient without any calculus: nudge each number a little and see what changes.

    Parameters
    ----------
    function : callable
        Takes an array in the shape of ``point``, returns one number.
    point : array_like
        Where to measure.
    nudge : float
        How far to move, to either side. Smaller is not better: below about 1e-8 rounding takes over.

    Returns
    -------
    ndarray of float64
        One slope for each number of the point, in the same shape.

    Raises
    ------
    ValueError
        If the point is empty, a number is missing, or the nudge is not above zero.

    References
    ----------
    W. H. Press and others, "Numerical Recipes", 3rd edition, Cambridge 2007, section 5.7
    (central differences and the best nudge).

    Examples
    --------
    >>> numerical_gradient(lambda point: point[0] ** 2 + 3 * point[1], [1.0, 5.0]).round(6)
    array([2., 3.])
    """
    point = arguments.numbers("point", point)
    nudge = arguments.positive("nudge", nudge)
    gradient = np.zeros(point.shape)
    for place in np.ndindex(point.shape):
        ahead, behind = point.copy(), point.copy()
        ahead[place] += nudge
        behind[place] -= nudge
        gradient[place] = (function(ahead) - function(behind)) / (2 * nudge)
    return gradient


def check_gradient(
    function: Callable[[FloatArray], float],
    gradient: Callable[[FloatArray], FloatArray],
    point: ArrayLike,
    nudge: float = 1e-5,
) -> float:
    """Compare a gradient that somebody derived with one that is measured.

    Parameters
    ----------
    function : callable
        Takes an array in the shape of ``point``, returns one number.
    gradient : callable
        Takes such an array, returns the derivatives in the same shape.
    point : array_like
        Where to compare.
    nudge : float
        As for `numerical_gradient`.

    Returns
    -------
    float
        The largest difference, relative to the largest slope or to 1. About 1e-9 when the gradient is right.
        Above 1e-4 look for a mistake, or for a corner of the function near the point.

    Raises
    ------
    ValueError
        If the gradient's shape differs from the point's, or as for `numerical_gradient`.

    Examples
    --------
    >>> check_gradient(lambda x: float(x @ x), lambda x: 2 * x, [1.0, 2.0]) < 1e-8
    True
    >>> check_gradient(lambda x: float(x @ x), lambda x: x, [1.0, 2.0]) > 1e-4
    True
    """
    point = arguments.numbers("point", point)
    measured = numerical_gradient(function, point, nudge)
    measured, derived = arguments.same_shape(measured=measured, gradient=gradient(point))
    size = max(1.0, float(np.abs(measured).max()), float(np.abs(derived).max()))
    return float(np.abs(measured - derived).max()) / size
