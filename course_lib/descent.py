"""Gradient descent: fit a line, then any model, by walking downhill on the cost."""

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray

# The rules have a module of their own; who fits a model finds the three common ones here too.
from course_lib.optimizers import Adam as Adam
from course_lib.optimizers import GradientDescent as GradientDescent
from course_lib.optimizers import Momentum as Momentum
from course_lib.optimizers import Optimizer as Optimizer
from course_lib.optimizers import Parameters as Parameters


def line_gradient(inputs: ArrayLike, targets: ArrayLike, weight: float, bias: float) -> tuple[float, float]:
    """Differentiate a line's mean squared error with respect to its weight and its bias.

    Parameters
    ----------
    inputs, targets : array_like, shape (examples,)
        The points.
    weight, bias : float
        The line.

    Returns
    -------
    by_weight, by_bias : float
        ``-2 * mean(x * residual)`` and ``-2 * mean(residual)``, where a residual is what was measured minus
        what the line says.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is missing.

    Examples
    --------
    >>> line_gradient([1.0, 2.0], [5.0, 8.0], weight=5.0, bias=0.0)
    (4.0, 2.0)
    """
    inputs, targets = arguments.same_shape(inputs=inputs, targets=targets)
    weight, bias = arguments.number("weight", weight), arguments.number("bias", bias)
    return line_slopes(inputs.ravel(), targets.ravel(), weight, bias)


def line_slopes(inputs: FloatArray, targets: FloatArray, weight: float, bias: float) -> tuple[float, float]:
    """Do what `line_gradient` does once its arguments are checked; `Trainer` calls it in every step.

    Parameters
    ----------
    inputs, targets : ndarray of float64, shape (examples,)
        The points.
    weight, bias : float
        The line.

    Returns
    -------
    by_weight, by_bias : float
        The two slopes.

    Examples
    --------
    >>> line_slopes(np.array([1.0, 2.0]), np.array([5.0, 8.0]), weight=5.0, bias=0.0)
    (4.0, 2.0)
    """
    residuals = targets - (weight * inputs + bias)
    count = len(residuals)
    return -2 * float(inputs @ residuals) / count, -2 * float(residuals.sum()) / count


class Trainer:
    """Fit a line to points, one step of gradient descent at a time.

    Parameters
    ----------
    inputs, targets : array_like, shape (examples,)
        The points.
    learning_rate : float
        How far to move along the gradient in each step.
    weight, bias : float
        Where to start.
    keep_history : bool
        Remember weight, bias and cost at the start and after every step.

    Attributes
    ----------
    weight, bias : float
        The line so far.
    history : list of tuple of float
        ``(weight, bias, cost)``, the start first; empty without ``keep_history``.

    Raises
    ------
    ValueError
        If the shapes differ, a number is missing, or the rate is not above zero.

    Examples
    --------
    >>> trainer = Trainer([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], learning_rate=0.2)
    >>> trainer.train(200)
    >>> round(trainer.weight, 3), round(trainer.bias, 3)
    (2.0, 1.0)
    """

    def __init__(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        learning_rate: float = 0.1,
        weight: float = 0.0,
        bias: float = 0.0,
        keep_history: bool = False,
    ) -> None:
        inputs, targets = arguments.same_shape(inputs=inputs, targets=targets)
        self.inputs, self.targets = inputs.ravel(), targets.ravel()
        self.learning_rate = arguments.positive("learning_rate", learning_rate)
        self.weight, self.bias = arguments.number("weight", weight), arguments.number("bias", bias)
        self.keep_history = keep_history
        self.history = [(self.weight, self.bias, self.cost)] if keep_history else []

    @property
    def cost(self) -> float:
        """The mean squared error of the line so far."""
        residuals = self.targets - (self.weight * self.inputs + self.bias)
        return float(residuals @ residuals) / len(residuals)

    def train(self, steps: int) -> None:
        """Take many steps.

        Parameters
        ----------
        steps : int
            How many.

        Raises
        ------
        ValueError
            If the number of steps is not above zero.
        """
        for _ in range(arguments.whole("steps", steps)):
            self.update()

    def update(self) -> None:
        """Take one step: move weight and bias against the gradient, both by what the same residuals say."""
        by_weight, by_bias = line_slopes(self.inputs, self.targets, self.weight, self.bias)
        self.weight -= self.learning_rate * by_weight
        self.bias -= self.learning_rate * by_bias
        if self.keep_history:
            self.history.append((self.weight, self.bias, self.cost))


def least_squares(inputs: ArrayLike, targets: ArrayLike) -> tuple[FloatArray, float]:
    """Solve for the weights and bias with the lowest mean squared error, without any descent.

    Parameters
    ----------
    inputs : array_like, shape (examples,) or (examples, features)
        The examples.
    targets : array_like, shape (examples,)
        What is true.

    Returns
    -------
    weights : ndarray of float64, shape (features,)
        The best weights; the shortest ones if several are best.
    bias : float
        The best bias.

    Raises
    ------
    ValueError
        If shapes do not fit, or a number is missing.

    References
    ----------
    G. Strang, "Introduction to Linear Algebra", 5th edition, Wellesley-Cambridge 2016, section 4.3.

    Examples
    --------
    >>> weights, bias = least_squares([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    >>> weights.round(6), round(bias, 6)
    (array([2.]), 1.0)
    """
    inputs, targets = _table(inputs), arguments.vector("targets", targets)
    arguments.as_many("inputs", inputs, "targets", targets)
    # With centred data the bias drops out of the problem.
    centre, height = inputs.mean(axis=0), targets.mean()
    weights = np.linalg.lstsq(inputs - centre, targets - height, rcond=None)[0]
    return weights, float(height - centre @ weights)


def largest_learning_rate(inputs: ArrayLike) -> float:
    """Return the rate from which on gradient descent on a linear model's squared error cannot converge.

    The cost is a bowl. Its curvature in the steepest direction is the largest eigenvalue of the matrix of
    second derivatives; a step of 2 over that lands as high on the other side as it started.

    Parameters
    ----------
    inputs : array_like, shape (examples,) or (examples, features)
        The examples. What is to be predicted does not matter.

    Returns
    -------
    float
        The rate. Choose a smaller one.

    Raises
    ------
    ValueError
        If a number is missing.

    References
    ----------
    Y. Nesterov, "Lectures on Convex Optimization", 2nd edition, Springer 2018, section 2.1.5.

    Examples
    --------
    >>> round(largest_learning_rate(np.linspace(-2, 2, 201)), 3)
    0.743
    """
    inputs = _table(inputs)
    with_one = np.column_stack([inputs, np.ones(len(inputs))])
    second_derivatives = 2 * with_one.T @ with_one / len(inputs)
    return float(2 / np.linalg.eigvalsh(second_derivatives).max())


def _table(inputs: ArrayLike) -> FloatArray:
    array = arguments.numbers("inputs", inputs)
    return arguments.matrix("inputs", array.reshape(-1, 1) if array.ndim == 1 else array)


class EarlyStopping:
    """Watch a cost and say when it has not improved for too long, remembering the best parameters.

    Parameters
    ----------
    patience : int
        How many epochs in a row may pass without an improvement.
    tolerance : float
        By how much the cost must fall below the best so far to count as an improvement.

    Attributes
    ----------
    best_cost : float
        The lowest cost so far.
    best_parameters : list of ndarray of float64
        The parameters that had it.

    Raises
    ------
    ValueError
        If the patience is not above zero, or the tolerance is negative.

    References
    ----------
    L. Prechelt, "Early stopping - but when?", in "Neural Networks: Tricks of the Trade", Springer 1998.

    Examples
    --------
    >>> stopping = EarlyStopping(patience=2)
    >>> [stopping.ran_out(cost, [np.zeros(1)]) for cost in (3.0, 2.0, 2.5, 2.0)]
    [False, False, False, True]
    """

    def __init__(self, patience: int, tolerance: float = 0.0) -> None:
        self.patience = arguments.whole("patience", patience)
        self.tolerance = arguments.between("tolerance", tolerance, 0, np.inf)
        self.best_cost = np.inf
        self.best_parameters: Parameters = []
        self._waited = 0

    def ran_out(self, cost: float, parameters: Parameters) -> bool:
        """Take note of one epoch.

        Parameters
        ----------
        cost : float
            The cost after the epoch.
        parameters : list of ndarray of float64
            The parameters after the epoch.

        Returns
        -------
        bool
            Whether to stop now.
        """
        if not self.best_parameters or cost < self.best_cost - self.tolerance:
            # A first cost of NaN would stay the best for ever: no number is below it.
            self.best_cost = np.inf if np.isnan(cost) else cost
            self.best_parameters = parameters
            self._waited = 0
        else:
            self._waited += 1
        return self._waited >= self.patience
