"""The perceptron: one artificial neuron that decides, and Rosenblatt's rule, by which it learns."""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import BoolArray, FloatArray, IntArray


def weighted_sum(inputs: ArrayLike, weights: ArrayLike, bias: float = 0.0) -> FloatArray:
    """Multiply each input by its weight, add up, and add the bias.

    Parameters
    ----------
    inputs : array_like, shape (features,) or (examples, features)
        One example or a table of them.
    weights : array_like, shape (features,)
        How much each input counts.
    bias : float
        Added to every sum. It is the negative of the threshold.

    Returns
    -------
    float64 or ndarray of float64, shape (examples,)
        One sum for each example.

    Raises
    ------
    ValueError
        If there are not as many weights as features, or a number is missing.

    Examples
    --------
    >>> float(weighted_sum([1, 0, 1, 0], [0.7, 0.6, 0.5, 0.3]))
    1.2
    """
    inputs, weights = arguments.numbers("inputs", inputs), arguments.vector("weights", weights)
    if inputs.ndim not in (1, 2) or inputs.shape[-1] != len(weights):
        raise ValueError(
            f"`inputs` has shape {inputs.shape} and `weights` has shape {weights.shape}; "
            f"each example needs exactly one input for each of the {len(weights)} weights."
        )
    total: FloatArray = inputs @ weights + arguments.number("bias", bias)
    return total


def step(total: ArrayLike) -> IntArray:
    """Answer 1 where the sum is above zero, and 0 elsewhere; a sum of exactly zero is a 0.

    Parameters
    ----------
    total : array_like
        Weighted sums, of any shape.

    Returns
    -------
    int64 or ndarray of int64
        The answers, in the same shape.

    Raises
    ------
    ValueError
        If there is no sum, or one is no finite number.

    Examples
    --------
    >>> step([-0.3, 0.0, 0.3])
    array([0, 0, 1])
    """
    return np.heaviside(arguments.numbers("total", total), 0.0).astype(np.int64)


def predict(inputs: ArrayLike, weights: ArrayLike, bias: float = 0.0) -> IntArray:
    """Decide: 1 if the weighted sum is above zero, else 0.

    Parameters
    ----------
    inputs : array_like, shape (features,) or (examples, features)
        One example or a table of them.
    weights : array_like, shape (features,)
        How much each input counts.
    bias : float
        The negative of the threshold.

    Returns
    -------
    int64 or ndarray of int64, shape (examples,)
        One answer for each example.

    Raises
    ------
    ValueError
        If there are not as many weights as features, or a number is missing.

    References
    ----------
    F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the
    brain", Psychological Review 65(6), 1958.

    Examples
    --------
    The concert: with a threshold of 1.5 the answer to a sum of 1.2 is no.

    >>> int(predict([1, 0, 1, 0], [0.7, 0.6, 0.5, 0.3], bias=-1.5))
    0
    """
    return step(weighted_sum(inputs, weights, bias))


def update(
    weights: ArrayLike, bias: float, inputs: ArrayLike, target: int, learning_rate: float = 1.0
) -> tuple[FloatArray, float]:
    """Take one step of Rosenblatt's learning rule: after a right answer nothing changes.

    Parameters
    ----------
    weights : array_like, shape (features,)
        The weights before the step; they are left as they are.
    bias : float
        The bias before the step.
    inputs : array_like, shape (features,)
        One example.
    target : {0, 1}
        The right answer for that example.
    learning_rate : float
        How large the step is.

    Returns
    -------
    weights : ndarray of float64, shape (features,)
        The weights after the step.
    bias : float
        The bias after the step.

    Raises
    ------
    ValueError
        If shapes do not fit, the target is not 0 or 1, or the rate is not above zero.

    References
    ----------
    F. Rosenblatt, "Principles of Neurodynamics", Spartan Books, 1962.

    Examples
    --------
    >>> update([0.0, 0.0], 0.0, inputs=[2.0, 1.0], target=1)
    (array([2., 1.]), 1.0)
    """
    weights, inputs = arguments.vector("weights", weights), arguments.vector("inputs", inputs)
    if len(weights) != len(inputs):
        raise ValueError(f"`inputs` has {len(inputs)} numbers and `weights` has {len(weights)}; pair them.")
    learning_rate, bias = arguments.positive("learning_rate", learning_rate), arguments.number("bias", bias)
    return rule(weights, bias, inputs, int(arguments.labels("target", [target])[0]), learning_rate)


def rule(
    weights: FloatArray, bias: float, inputs: FloatArray, target: int, learning_rate: float
) -> tuple[FloatArray, float]:
    """Rosenblatt's rule itself: `update` checks its arguments first, `Perceptron.fit` calls it in its loops.

    Parameters
    ----------
    weights : ndarray of float64, shape (features,)
        The weights before the step; they are left as they are.
    bias : float
        The bias before the step.
    inputs : ndarray of float64, shape (features,)
        One example.
    target : {0, 1}
        The right answer for that example.
    learning_rate : float
        How large the step is.

    Returns
    -------
    weights : ndarray of float64, shape (features,)
        The weights after the step.
    bias : float
        The bias after the step.

    Examples
    --------
    >>> rule(np.array([0.0, 1.0]), 1.0, inputs=np.array([0.0, 0.0]), target=0, learning_rate=1.0)
    (array([0., 1.]), 0.0)
    """
    answer = 1 if inputs @ weights + bias > 0 else 0
    error = target - answer
    return weights + learning_rate * error * inputs, bias + learning_rate * error


class Update(NamedTuple):
    """One step of learning: which example was answered wrongly, and what that changed.

    Attributes
    ----------
    epoch : int
        The pass over the data, counted from 0.
    example : int
        The row of the example.
    error : int
        Target minus answer: 1 or -1.
    weights : ndarray of float64, shape (features,)
        The weights after the step.
    bias : float
        The bias after the step.
    """

    epoch: int
    example: int
    error: int
    weights: FloatArray
    bias: float


class Perceptron:
    """A perceptron that learns with Rosenblatt's rule, one example after the other.

    Parameters
    ----------
    learning_rate : float
        How large each step is. From a start at zero it stretches the weights and, in exact arithmetic,
        changes no answer. Floats round, unless the rate is a power of two: where a sum should be exactly
        zero, rounding then decides the answer, and on some data the run takes another course.
    epochs : int
        The most passes over the data. A pass without a correction ends the training early.
    fit_bias : bool
        Learn a bias. Without one the line must go through the origin.
    seed : int, optional
        Visit the examples in a new random order in every pass. Without it every pass takes them as they come.
    keep_history : bool
        Remember every update; memory then grows with their number.

    Attributes
    ----------
    weights_ : ndarray of float64, shape (features,)
        The learned weights.
    bias_ : float
        The learned bias.
    epochs_ : int
        The passes made, the last one without a correction included.
    updates_ : int
        How often the weights changed: the corrections of all passes together.
    converged_ : bool
        Whether the last pass was without a correction: every example is answered correctly.
    corrections_ : list of int
        How often the weights changed *during* each pass. Only with ``keep_history``.
    mistakes_ : list of int
        How many of all examples the weights at the *end* of each pass answer wrongly. These are other numbers
        than the corrections: a correction changes the answers to examples that were met before it, and to
        those still to come. Only with ``keep_history``.
    history_ : list of Update
        Every update, in order. Only with ``keep_history``.

    References
    ----------
    F. Rosenblatt, "Principles of Neurodynamics", Spartan Books, 1962.

    Examples
    --------
    >>> perceptron = Perceptron().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    >>> perceptron.predict([[0, 1], [1, 1]])
    array([0, 1])
    >>> perceptron.converged_
    True
    """

    weights_: FloatArray
    bias_: float
    epochs_: int
    updates_: int
    converged_: bool
    corrections_: list[int]
    mistakes_: list[int]
    history_: list[Update]

    def __init__(
        self,
        learning_rate: float = 1.0,
        epochs: int = 1000,
        fit_bias: bool = True,
        seed: int | None = None,
        keep_history: bool = False,
    ) -> None:
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.fit_bias = fit_bias
        self.seed = seed
        self.keep_history = keep_history

    def fit(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        start_weights: ArrayLike | None = None,
        start_bias: float = 0.0,
    ) -> Self:
        """Learn from examples until a whole pass needs no correction.

        Parameters
        ----------
        inputs : array_like, shape (examples, features)
            The examples.
        targets : array_like, shape (examples,)
            The right answers, 0 or 1.
        start_weights : array_like, shape (features,), optional
            Where to start; zeros if not given. `random_weights` draws others.
        start_bias : float
            The bias to start from.

        Returns
        -------
        Perceptron
            The perceptron itself, so that ``Perceptron().fit(...)`` can be kept in a variable.

        Raises
        ------
        ValueError
            If shapes do not fit, numbers are missing, targets are not 0 or 1, or a setting is not above zero.
        """
        inputs, targets = arguments.matrix("inputs", inputs), arguments.labels("targets", targets)
        arguments.as_many("inputs", inputs, "targets", targets)
        arguments.positive("learning_rate", self.learning_rate)
        epochs = arguments.whole("epochs", self.epochs)
        self._start(inputs, targets, start_weights, start_bias)
        rng = np.random.default_rng(self.seed)
        order = np.arange(len(inputs))
        for epoch in range(epochs):
            corrections = 0
            if self.seed is not None:
                order = rng.permutation(len(inputs))
            for row in self._answered_wrongly(inputs[order], targets[order] == 1, order):
                weights, bias = rule(
                    self.weights_, self.bias_, inputs[row], int(targets[row]), self.learning_rate
                )
                self.weights_, self.bias_ = weights, bias if self.fit_bias else self.bias_
                corrections += 1
                self._after_correction(epoch, row, inputs, targets)
            self._after_pass(epoch, corrections, inputs, targets)
            if self.converged_:
                break
        return self

    def predict(self, inputs: ArrayLike) -> IntArray:
        """Decide for each example, with the learned weights.

        Parameters
        ----------
        inputs : array_like, shape (features,) or (examples, features)
            One example or a table of them.

        Returns
        -------
        int64 or ndarray of int64, shape (examples,)
            One answer for each example.

        Raises
        ------
        ValueError
            If the number of features differs from that of the training data.
        """
        return predict(inputs, self.weights_, self.bias_)

    def _start(self, inputs: FloatArray, targets: IntArray, weights: ArrayLike | None, bias: float) -> None:
        features = inputs.shape[1]
        self.weights_ = np.zeros(features) if weights is None else arguments.vector("start_weights", weights)
        if len(self.weights_) != features:
            raise ValueError(
                f"`start_weights` has {len(self.weights_)} numbers; `inputs` has {features} features."
            )
        self.bias_ = arguments.number("start_bias", bias)
        self.updates_ = 0
        if self.keep_history:
            self.corrections_, self.mistakes_, self.history_ = [], [], []

    def _answered_wrongly(self, inputs: FloatArray, wanted: BoolArray, order: IntArray) -> Iterator[int]:
        """Go through a pass and yield the row of each example that is answered wrongly when its turn comes.

        Visiting every example would do the same. But weights change only at a mistake, so that one product
        answers for all examples that are left, and the first wrong one among them is the next mistake.
        """
        done = 0
        while done < len(inputs):
            wrong = (inputs[done:].dot(self.weights_) + self.bias_ > 0) != wanted[done:]
            first = int(wrong.argmax())
            if not wrong[first]:
                return
            yield int(order[done + first])
            done += first + 1

    def _after_correction(self, epoch: int, row: int, inputs: FloatArray, targets: IntArray) -> None:
        if self.keep_history:
            error = 1 if targets[row] else -1
            self.history_.append(Update(epoch, row, error, self.weights_, self.bias_))

    def _after_pass(self, epoch: int, corrections: int, inputs: FloatArray, targets: IntArray) -> None:
        self.epochs_, self.updates_ = epoch + 1, self.updates_ + corrections
        self.converged_ = corrections == 0
        if self.keep_history:
            self.corrections_.append(corrections)
            self.mistakes_.append(int(np.sum(predict(inputs, self.weights_, self.bias_) != targets)))


class PocketPerceptron(Perceptron):
    """A perceptron that keeps the best weights it has met, for data that no line separates.

    The weights of a perceptron on such data never come to rest, and the last ones are good or bad by chance.
    This one remembers, "in its pocket", those with the fewest mistakes on the whole training data.

    Parameters
    ----------
    learning_rate, epochs, fit_bias, seed, keep_history
        As for `Perceptron`.

    Attributes
    ----------
    errors_ : int
        How many training examples the kept weights answer wrongly.

    See Also
    --------
    Perceptron : The other attributes.

    References
    ----------
    S. I. Gallant, "Perceptron-based learning algorithms", IEEE Transactions on Neural Networks 1(2), 1990
    (the pocket algorithm with ratchet; pass a ``seed`` to visit the examples at random, as the paper does).

    Examples
    --------
    >>> pocket = PocketPerceptron(epochs=20).fit([[0], [1], [2], [3]], [0, 1, 0, 1])
    >>> pocket.errors_
    1
    """

    errors_: int
    _pocket: tuple[int, FloatArray, float] | None

    def fit(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        start_weights: ArrayLike | None = None,
        start_bias: float = 0.0,
    ) -> Self:
        """Learn from examples, then put back the best weights met on the way.

        Parameters
        ----------
        inputs : array_like, shape (examples, features)
            The examples.
        targets : array_like, shape (examples,)
            The right answers, 0 or 1.
        start_weights : array_like, shape (features,), optional
            Where to start; zeros if not given.
        start_bias : float
            The bias to start from.

        Returns
        -------
        PocketPerceptron
            The perceptron itself.

        Raises
        ------
        ValueError
            As for `Perceptron.fit`.
        """
        super().fit(inputs, targets, start_weights, start_bias)
        assert self._pocket is not None, "the start at least was put into the pocket"
        self.errors_, self.weights_, self.bias_ = self._pocket
        return self

    def _start(self, inputs: FloatArray, targets: IntArray, weights: ArrayLike | None, bias: float) -> None:
        super()._start(inputs, targets, weights, bias)
        self._pocket = None
        self._keep_if_better(inputs, targets)

    def _after_correction(self, epoch: int, row: int, inputs: FloatArray, targets: IntArray) -> None:
        super()._after_correction(epoch, row, inputs, targets)
        self._keep_if_better(inputs, targets)

    def _keep_if_better(self, inputs: FloatArray, targets: IntArray) -> None:
        errors = int(np.sum(predict(inputs, self.weights_, self.bias_) != targets))
        if self._pocket is None or errors < self._pocket[0]:
            self._pocket = errors, self.weights_, self.bias_


def random_weights(features: int, seed: int = 0) -> FloatArray:
    """Draw one start weight for each feature, evenly between -1 and 1.

    Parameters
    ----------
    features : int
        How many weights.
    seed : int
        The same seed draws the same weights.

    Returns
    -------
    ndarray of float64, shape (features,)
        The weights.

    Raises
    ------
    ValueError
        If there is no feature.

    Examples
    --------
    >>> random_weights(2).round(3)
    array([ 0.274, -0.46 ])
    """
    return np.random.default_rng(seed).uniform(-1, 1, arguments.whole("features", features))


def margin(inputs: ArrayLike, targets: ArrayLike, weights: ArrayLike, bias: float = 0.0) -> float:
    """Measure how far the nearest example lies from the line, negative if one is on the wrong side.

    Parameters
    ----------
    inputs : array_like, shape (examples, features)
        The examples.
    targets : array_like, shape (examples,)
        The right answers, 0 or 1.
    weights : array_like, shape (features,)
        The weights, not all of them zero.
    bias : float
        The bias.

    Returns
    -------
    float
        The distance, in the units of the inputs.

    Raises
    ------
    ValueError
        If shapes do not fit, targets are not 0 or 1, or all weights are zero.

    Examples
    --------
    >>> margin([[0.0, 1.0], [0.0, 4.0]], [0, 1], weights=[0.0, 1.0], bias=-2.0)
    1.0
    """
    targets = arguments.labels("targets", targets)
    sums = weighted_sum(arguments.matrix("inputs", inputs), weights, bias)
    arguments.as_many("inputs", sums, "targets", targets)
    length = float(np.linalg.norm(arguments.vector("weights", weights)))
    if length == 0:
        raise ValueError("`weights` are all zero; they draw no line to measure a distance from.")
    return float(np.min(sums * (2 * targets - 1))) / length


def mistake_bound(inputs: ArrayLike, targets: ArrayLike, weights: ArrayLike, bias: float = 0.0) -> float:
    """Return the most updates that a perceptron started from zero can need on these examples.

    Parameters
    ----------
    inputs : array_like, shape (examples, features)
        The examples.
    targets : array_like, shape (examples,)
        The right answers, 0 or 1.
    weights : array_like, shape (features,)
        Weights that separate the examples; any will do, and a wider margin gives a tighter bound.
    bias : float
        The bias that goes with them.

    Returns
    -------
    float
        The bound (R / margin) squared, both taken in the space with one more input that is always 1, because
        the bias learns as the weight of that input.

    Raises
    ------
    ValueError
        If the weights do not separate the examples, or as for `margin`.

    References
    ----------
    A. B. J. Novikoff, "On convergence proofs on perceptrons", Symposium on the Mathematical Theory of
    Automata, 1962.

    Examples
    --------
    >>> round(mistake_bound([[0.0, 1.0], [0.0, 4.0]], [0, 1], weights=[0.0, 1.0], bias=-2.5), 1)
    54.8
    """
    inputs, bias = arguments.matrix("inputs", inputs), arguments.number("bias", bias)
    with_one = np.column_stack([inputs, np.ones(len(inputs))])
    gap = margin(with_one, targets, [*arguments.vector("weights", weights), bias])
    if gap <= 0:
        raise ValueError(f"`weights` and `bias` do not separate the examples: the margin is {gap:.3g}.")
    return float(np.max(np.sum(with_one**2, axis=1)) / gap**2)
