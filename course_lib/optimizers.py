"""Optimisers: rules that turn a gradient into a step, and schedules for how long the steps are.

Each rule is a few lines of NumPy in its ``step``. Given the same settings, starts and gradients, the numbers
are those of the rule's namesake in Keras.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray

Parameters = list[FloatArray]


class Optimizer(Protocol):
    """A rule that turns parameters and their gradients into better parameters."""

    def step(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        """Return the parameters after one step; those passed in stay as they are.

        Parameters
        ----------
        parameters, gradients : list of ndarray of float64
            The numbers to improve, and the cost's derivative with respect to each of them.

        Returns
        -------
        list of ndarray of float64
            The new parameters.
        """


class GradientDescent:
    """Step against the gradient.

    Parameters
    ----------
    learning_rate : float
        How far.

    Raises
    ------
    ValueError
        If the rate is not above zero.

    Examples
    --------
    >>> GradientDescent(0.5).step([np.array([3.0])], [np.array([2.0])])
    [array([2.])]
    """

    def __init__(self, learning_rate: float = 0.1) -> None:
        self.learning_rate = arguments.positive("learning_rate", learning_rate)

    def step(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        """Return ``parameter - learning_rate * gradient`` for each parameter.

        Parameters
        ----------
        parameters, gradients : list of ndarray of float64
            The numbers to improve, and the cost's derivative with respect to each of them.

        Returns
        -------
        list of ndarray of float64
            The new parameters.
        """
        return [
            parameter - self.learning_rate * gradient
            for parameter, gradient in zip(parameters, gradients, strict=True)
        ]


class Momentum:
    """Roll like a heavy ball: keep most of the last step's velocity and add the new slope.

    Parameters
    ----------
    learning_rate : float
        How much each gradient adds to the velocity.
    momentum : float
        The share of the velocity that is kept, from 0 to below 1.

    Attributes
    ----------
    velocities : list of ndarray of float64
        What each parameter moved by in the last step; empty before the first one.

    Raises
    ------
    ValueError
        If the rate is not above zero, or the momentum is out of its bounds.

    References
    ----------
    B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR Computational
    Mathematics and Mathematical Physics 4(5), 1964.

    Examples
    --------
    >>> rule = Momentum(learning_rate=0.1, momentum=0.5)
    >>> parameters, slope = [np.array(1.0)], [np.array(1.0)]
    >>> for _ in range(2):
    ...     parameters = rule.step(parameters, slope)
    >>> round(float(parameters[0]), 6)
    0.75
    """

    def __init__(self, learning_rate: float = 0.1, momentum: float = 0.9) -> None:
        self.learning_rate = arguments.positive("learning_rate", learning_rate)
        self.momentum = arguments.between("momentum", momentum, 0, 1)
        self.velocities: Parameters = []

    def step(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        """Return ``parameter + velocity`` for each parameter, with velocities brought up to date.

        Parameters
        ----------
        parameters, gradients : list of ndarray of float64
            The numbers to improve, and the cost's derivative with respect to each of them.

        Returns
        -------
        list of ndarray of float64
            The new parameters.
        """
        self.velocities = [
            self.momentum * velocity - self.learning_rate * gradient
            for velocity, gradient in zip(self.velocities or _zeros(gradients), gradients, strict=True)
        ]
        return [parameter + velocity for parameter, velocity in zip(parameters, self.velocities, strict=True)]


class Nesterov:
    """Roll like a heavy ball that looks ahead: take the velocity's next part together with the gradient's.

    Nesterov's rule asks for the gradient at the place where the velocity alone would lead. Written in terms
    of that place, as here and in Keras, the gradient is asked for where the parameters are.

    Parameters
    ----------
    learning_rate : float
        How much each gradient adds to the velocity.
    momentum : float
        The share of the velocity that is kept, from 0 to below 1.

    Attributes
    ----------
    velocities : list of ndarray of float64
        The velocity of each parameter; empty before the first step.

    Raises
    ------
    ValueError
        If the rate is not above zero, or the momentum is out of its bounds.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013, section 2.

    Examples
    --------
    >>> rule = Nesterov(learning_rate=0.1, momentum=0.5)
    >>> parameters, slope = [np.array(1.0)], [np.array(1.0)]
    >>> for _ in range(2):
    ...     parameters = rule.step(parameters, slope)
    >>> round(float(parameters[0]), 6)
    0.675
    """

    def __init__(self, learning_rate: float = 0.1, momentum: float = 0.9) -> None:
        self.learning_rate = arguments.positive("learning_rate", learning_rate)
        self.momentum = arguments.between("momentum", momentum, 0, 1)
        self.velocities: Parameters = []

    def step(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        """Return ``parameter + momentum * velocity - learning_rate * gradient``, with the new velocity.

        Parameters
        ----------
        parameters, gradients : list of ndarray of float64
            The numbers to improve, and the cost's derivative with respect to each of them.

        Returns
        -------
        list of ndarray of float64
            The new parameters.
        """
        self.velocities = [
            self.momentum * velocity - self.learning_rate * gradient
            for velocity, gradient in zip(self.velocities or _zeros(gradients), gradients, strict=True)
        ]
        return [
            parameter + self.momentum * velocity - self.learning_rate * gradient
            for parameter, velocity, gradient in zip(parameters, self.velocities, gradients, strict=True)
        ]


class RMSprop:
    """Divide each gradient by the size that it has had of late, so that all parameters move about equally.

    Parameters
    ----------
    learning_rate : float
        About how far each parameter moves in a step, once the average has filled.
    decay : float
        How much of the past the running average of squares keeps, from 0 to below 1.
    epsilon : float
        Added to the average, so that the division stays finite where gradients vanish.

    Attributes
    ----------
    squares : list of ndarray of float64
        The running averages of the squared gradients; empty before the first step.

    Raises
    ------
    ValueError
        If the rate or epsilon is not above zero, or the decay is out of its bounds.

    References
    ----------
    T. Tieleman and G. Hinton, "Lecture 6.5: rmsprop", COURSERA: Neural Networks for Machine Learning, 2012.

    Examples
    --------
    The average starts at zero, so the first step is long: the rate over the root of one tenth.

    >>> new, = RMSprop(0.1).step([np.array([1.0, 1.0])], [np.array([1.0, -1000.0])])
    >>> new.round(4)
    array([0.6838, 1.3162])
    """

    def __init__(self, learning_rate: float = 0.001, decay: float = 0.9, epsilon: float = 1e-7) -> None:
        self.learning_rate = arguments.positive("learning_rate", learning_rate)
        self.decay = arguments.between("decay", decay, 0, 1)
        self.epsilon = arguments.positive("epsilon", epsilon)
        self.squares: Parameters = []

    def step(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        """Return the parameters after one step, with the running averages brought up to date.

        Parameters
        ----------
        parameters, gradients : list of ndarray of float64
            The numbers to improve, and the cost's derivative with respect to each of them.

        Returns
        -------
        list of ndarray of float64
            The new parameters.
        """
        squares = [gradient**2 for gradient in gradients]
        self.squares = _averaged(self.squares or _zeros(gradients), squares, self.decay)
        return [
            parameter - self.learning_rate * gradient / np.sqrt(square + self.epsilon)
            for parameter, gradient, square in zip(parameters, gradients, self.squares, strict=True)
        ]


class Adam:
    """Give each parameter a step size of its own, from the recent mean and size of its gradient.

    Parameters
    ----------
    learning_rate : float
        About how far each parameter moves in a step.
    mean_decay, square_decay : float
        How much of the past each running average keeps, from 0 to below 1; beta1 and beta2 in the paper.
    epsilon : float
        Keeps the division finite where gradients vanish.

    Attributes
    ----------
    steps : int
        The steps so far.
    means, squares : list of ndarray of float64
        The running averages of the gradients and of their squares; empty before the first step.

    Raises
    ------
    ValueError
        If the rate or epsilon is not above zero, or a decay is out of its bounds.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.

    Examples
    --------
    The first step has the length of the rate, however large the gradient.

    >>> new, = Adam(0.1).step([np.array([1.0, 1.0])], [np.array([0.001, -1000.0])])
    >>> new.round(4)
    array([0.9, 1.1])
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        mean_decay: float = 0.9,
        square_decay: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        self.learning_rate = arguments.positive("learning_rate", learning_rate)
        self.mean_decay = arguments.between("mean_decay", mean_decay, 0, 1)
        self.square_decay = arguments.between("square_decay", square_decay, 0, 1)
        self.epsilon = arguments.positive("epsilon", epsilon)
        self.steps = 0
        self.means: Parameters = []
        self.squares: Parameters = []

    def step(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        """Return the parameters after one step, with the running averages brought up to date.

        Parameters
        ----------
        parameters, gradients : list of ndarray of float64
            The numbers to improve, and the cost's derivative with respect to each of them.

        Returns
        -------
        list of ndarray of float64
            The new parameters.
        """
        self.steps += 1
        self.means = _averaged(self.means or _zeros(gradients), gradients, self.mean_decay)
        squares = [gradient**2 for gradient in gradients]
        self.squares = _averaged(self.squares or _zeros(gradients), squares, self.square_decay)
        # The averages start at zero; dividing by these lifts them to where they would be without a start.
        mean_share, square_share = 1 - self.mean_decay**self.steps, 1 - self.square_decay**self.steps
        return [
            parameter
            - self.learning_rate * mean / mean_share / (np.sqrt(square / square_share) + self.epsilon)
            for parameter, mean, square in zip(parameters, self.means, self.squares, strict=True)
        ]


class AdamW(Adam):
    """Adam, and each step shrinks every parameter a little: weight decay that the averages do not see.

    Parameters
    ----------
    learning_rate : float
        About how far each parameter moves in a step.
    weight_decay : float
        A step takes ``learning_rate * weight_decay`` of each parameter away.
    mean_decay, square_decay, epsilon : float
        As for `Adam`.

    Attributes
    ----------
    steps, means, squares
        As for `Adam`.

    Raises
    ------
    ValueError
        As for `Adam`, or if the weight decay is negative.

    References
    ----------
    I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2.

    Examples
    --------
    Where the slope is zero, Adam stands still and AdamW shrinks.

    >>> flat = [np.array(2.0)], [np.array(0.0)]
    >>> Adam(0.1).step(*flat), AdamW(0.1, weight_decay=0.5).step(*flat)
    ([np.float64(2.0)], [np.float64(1.9)])
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        weight_decay: float = 0.004,
        mean_decay: float = 0.9,
        square_decay: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(learning_rate, mean_decay, square_decay, epsilon)
        self.weight_decay = arguments.between("weight_decay", weight_decay, 0, np.inf)

    def step(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        """Shrink the parameters, then step as Adam does.

        Parameters
        ----------
        parameters, gradients : list of ndarray of float64
            The numbers to improve, and the cost's derivative with respect to each of them.

        Returns
        -------
        list of ndarray of float64
            The new parameters.
        """
        kept = 1 - self.learning_rate * self.weight_decay
        return super().step([kept * parameter for parameter in parameters], gradients)


def _zeros(arrays: Parameters) -> Parameters:
    return [np.zeros(np.shape(array)) for array in arrays]


def _averaged(averages: Parameters, arrays: Parameters, decay: float) -> Parameters:
    return [decay * old + (1 - decay) * new for old, new in zip(averages, arrays, strict=True)]


def stepped(step: int, rate: float, every: int, factor: float = 0.1) -> float:
    """Return a learning rate that is cut by the same factor each time a number of steps has passed.

    Parameters
    ----------
    step : int
        Which step, counted from 0.
    rate : float
        The rate of the first steps.
    every : int
        After how many steps it is cut.
    factor : float
        What is left of it after a cut, between 0 and 1.

    Returns
    -------
    float
        The rate of this step.

    Raises
    ------
    ValueError
        If the step is negative, or the rate, the count or the factor is not above zero.

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 8.3.1.

    Examples
    --------
    >>> [round(stepped(step, rate=0.5, every=2), 6) for step in range(5)]
    [0.5, 0.5, 0.05, 0.05, 0.005]
    """
    step = arguments.whole("step", step, minimum=0)
    rate, factor = arguments.positive("rate", rate), arguments.positive("factor", factor)
    return rate * factor ** (step // arguments.whole("every", every))


def cosine(step: int, total: int, peak: float, warmup: int = 0) -> float:
    """Return a learning rate that rises in equal portions and then falls along half a cosine to zero.

    Parameters
    ----------
    step : int
        Which step, counted from 0. From `total` on the rate is zero.
    total : int
        When the fall is complete.
    peak : float
        The largest rate.
    warmup : int
        How many steps the rise takes; the first of them already gets one portion.

    Returns
    -------
    float
        The rate of this step.

    Raises
    ------
    ValueError
        If the step is negative, the peak is not above zero, or the rise would take all steps.

    References
    ----------
    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, eq. 5;
    the rise: P. Goyal and others, "Accurate, large minibatch SGD", 2017, section 2.2.

    Examples
    --------
    >>> [round(cosine(step, total=6, peak=1.0, warmup=2), 3) for step in range(7)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0]
    """
    step, warmup = arguments.whole("step", step, minimum=0), arguments.whole("warmup", warmup, minimum=0)
    total, peak = arguments.whole("total", total), arguments.positive("peak", peak)
    if warmup >= total:
        raise ValueError(
            f"`warmup` is {warmup} and `total` is {total}; the rise must end before the fall does."
        )
    if step < warmup:
        return peak * ((step + 1) / warmup)
    behind = min(1.0, (step - warmup) / (total - warmup))
    return float(peak / 2 * (1 + np.cos(np.pi * behind)))


def walk(
    rule: Optimizer, gradient: Callable[[FloatArray], ArrayLike], start: ArrayLike, steps: int
) -> FloatArray:
    """Let a rule walk down from a start, and return where it stood.

    Parameters
    ----------
    rule : Optimizer
        The rule. What it remembers from an earlier walk it still knows: use a fresh one.
    gradient : function
        Takes a place of shape (n,) and returns the gradient there, in the same shape.
    start : array_like, shape (n,)
        Where to begin.
    steps : int
        How many steps.

    Returns
    -------
    ndarray of float64, shape (steps + 1, n)
        Every place, the start first.

    Raises
    ------
    ValueError
        If the start is no vector of finite numbers, or the number of steps is not above zero.

    Examples
    --------
    >>> walk(GradientDescent(0.25), lambda place: 2 * place, [4.0, 8.0], steps=2).tolist()
    [[4.0, 8.0], [2.0, 4.0], [1.0, 2.0]]
    """
    place = arguments.vector("start", start)
    places = [place]
    for _ in range(arguments.whole("steps", steps)):
        (place,) = rule.step([place], [np.asarray(gradient(place))])
        places.append(place)
    return np.array(places)
