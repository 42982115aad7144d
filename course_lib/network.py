"""The multi-layer perceptron: layers of weighted sums, and the backward pass that teaches all of them."""

import copy
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments, cost
from course_lib.arguments import FloatArray, IntArray
from course_lib.descent import EarlyStopping, GradientDescent, Optimizer, Parameters

# One (weights, biases) pair for each layer: weights of shape (from, to), biases of shape (to,).
Layers = list[tuple[FloatArray, FloatArray]]
_Examples = tuple[FloatArray, FloatArray | IntArray]


class Activation(NamedTuple):
    """What a hidden unit does to its weighted sum.

    Attributes
    ----------
    function : callable
        Takes the sums, returns the values.
    slope : callable
        Takes the *values*, returns the function's derivative there: all four can be told from the values.
    """

    function: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]


ACTIVATIONS = {
    "linear": Activation(lambda sums: sums, np.ones_like),
    # The sigmoid is a tanh, shifted and scaled; this form never overflows.
    "sigmoid": Activation(lambda sums: (1 + np.tanh(sums / 2)) / 2, lambda values: values * (1 - values)),
    "tanh": Activation(np.tanh, lambda values: 1 - values**2),
    "relu": Activation(lambda sums: np.maximum(sums, 0), lambda values: (values > 0).astype(np.float64)),
}


class Cost(NamedTuple):
    """What a network is trained to make small.

    Attributes
    ----------
    value, gradient : callable
        Take the network's outputs and the targets; return the cost, and its derivative with respect to each
        output.
    answer : callable
        Takes the outputs, returns what the network answers: numbers, or labels.
    """

    value: Callable[[ArrayLike, ArrayLike], float]
    gradient: Callable[[ArrayLike, ArrayLike], FloatArray]
    answer: Callable[[FloatArray], FloatArray | IntArray]


COSTS = {
    "mean_squared_error": Cost(
        cost.mean_squared_error, cost.mean_squared_error_gradient, lambda outputs: outputs
    ),
    "binary_cross_entropy": Cost(
        cost.binary_cross_entropy,
        cost.binary_cross_entropy_gradient,
        lambda outputs: (outputs > 0).astype(np.int64),
    ),
    "softmax_cross_entropy": Cost(
        cost.softmax_cross_entropy,
        cost.softmax_cross_entropy_gradient,
        lambda outputs: outputs.argmax(axis=1),
    ),
}

# How far the first weights of a layer spread, from how many values come in and how many go out.
INITIALISERS: dict[str, Callable[[int, int], float]] = {
    "glorot": lambda width, units: np.sqrt(2 / (width + units)),
    "he": lambda width, units: np.sqrt(2 / width),
    "zeros": lambda width, units: 0.0,
}


def initial_layers(sizes: Sequence[int], initialiser: str = "glorot", seed: int = 0) -> Layers:
    """Draw a network's first weights from a normal distribution; biases start at 0.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, of units in each hidden layer, and of outputs.
    initialiser : {'glorot', 'he', 'zeros'}
        The spread: 'glorot' keeps values and gradients in size through tanh layers, 'he' through ReLU layers;
        'zeros' shows why neither may be left out.
    seed : int
        The same seed draws the same weights.

    Returns
    -------
    list of tuple of ndarray of float64
        For each layer its weights, shape (from, to), and its biases, shape (to,).

    Raises
    ------
    ValueError
        If there are fewer than two sizes, one is not above zero, or the initialiser is unknown.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010. K. He and others, "Delving deep into rectifiers", ICCV 2015.

    Examples
    --------
    >>> [(weights.shape, biases.shape) for weights, biases in initial_layers([2, 3, 1])]
    [((2, 3), (3,)), ((3, 1), (1,))]
    """
    if len(sizes) < 2:
        raise ValueError(f"`sizes` is {sizes!r}; it needs the number of inputs and of outputs at least.")
    spread = INITIALISERS[arguments.one_of("initialiser", initialiser, INITIALISERS)]
    rng = np.random.default_rng(seed)
    return [
        (spread(width, units) * rng.normal(size=(width, units)), np.zeros(units))
        for width, units in pairwise(arguments.whole("sizes", size) for size in sizes)
    ]


def flat(layers: Layers) -> Parameters:
    """Line up the arrays of all layers, as an optimizer takes them and as Keras' ``get_weights`` gives them.

    Parameters
    ----------
    layers : list of tuple of ndarray of float64
        A (weights, biases) pair for each layer.

    Returns
    -------
    list of ndarray of float64
        Weights, biases, weights, biases, ...; the arrays themselves, no copies.

    Examples
    --------
    >>> [array.shape for array in flat(initial_layers([2, 3, 1]))]
    [(2, 3), (3,), (3, 1), (1,)]
    """
    return [array for layer in layers for array in layer]


def paired(arrays: Parameters) -> Layers:
    """Put the arrays that `flat` lined up back into pairs.

    Parameters
    ----------
    arrays : list of ndarray of float64
        Weights, biases, weights, biases, ...

    Returns
    -------
    list of tuple of ndarray of float64
        A (weights, biases) pair for each layer.

    Examples
    --------
    >>> len(paired(flat(initial_layers([2, 3, 1]))))
    2
    """
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def forward(layers: Layers, inputs: ArrayLike, activation: str = "tanh") -> list[FloatArray]:
    """Compute the values of every layer, from the inputs to the outputs.

    Parameters
    ----------
    layers : list of tuple of ndarray of float64
        A (weights, biases) pair for each layer.
    inputs : array_like, shape (examples, features)
        The examples.
    activation : {'linear', 'sigmoid', 'tanh', 'relu'}
        What hidden units do to their sums. The last layer's sums are the outputs as they are.

    Returns
    -------
    list of ndarray of float64
        The inputs, the values of each hidden layer, and the outputs; each of shape (examples, units).

    Raises
    ------
    ValueError
        If shapes do not fit, a number is missing, or the activation is unknown.

    Examples
    --------
    >>> values = forward(initial_layers([2, 3, 1]), [[0.0, 1.0]])
    >>> [each.shape for each in values]
    [(1, 2), (1, 3), (1, 1)]
    """
    values = [arguments.matrix("inputs", inputs)]
    squeeze = ACTIVATIONS[arguments.one_of("activation", activation, ACTIVATIONS)].function
    features, taken = values[0].shape[1], len(layers[0][0])
    if features != taken:
        raise ValueError(f"`inputs` has {features} features; the network takes {taken}.")
    for weights, biases in layers[:-1]:
        values.append(squeeze(values[-1] @ weights + biases))
    weights, biases = layers[-1]
    values.append(values[-1] @ weights + biases)
    return values


def backward(
    layers: Layers, values: list[FloatArray], slopes: FloatArray, activation: str = "tanh"
) -> Layers:
    """Carry the cost's slopes from the outputs back to every weight and bias: backpropagation.

    Parameters
    ----------
    layers : list of tuple of ndarray of float64
        A (weights, biases) pair for each layer.
    values : list of ndarray of float64
        What `forward` returned for them.
    slopes : ndarray of float64, shape (examples, outputs)
        The cost's derivative with respect to each output.
    activation : {'linear', 'sigmoid', 'tanh', 'relu'}
        What hidden units do to their sums.

    Returns
    -------
    list of tuple of ndarray of float64
        The cost's derivative with respect to each weight and each bias, in pairs of the layers' shapes.

    References
    ----------
    D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by back-propagating errors",
    Nature 323, 1986.

    Examples
    --------
    >>> layers = initial_layers([2, 3, 1])
    >>> values = forward(layers, [[0.0, 1.0]])
    >>> [by_weights.shape for by_weights, by_biases in backward(layers, values, np.array([[1.0]]))]
    [(2, 3), (3, 1)]
    """
    slope_of = ACTIVATIONS[activation].slope
    gradients: Layers = []
    for number in reversed(range(len(layers))):
        # Every example adds its share to a weight's slope: the value that went in, times the sum's slope.
        gradients.insert(0, (values[number].T @ slopes, slopes.sum(axis=0)))
        if number > 0:
            # A value feeds every unit of this layer, and what comes back from all of them adds up.
            weights, _ = layers[number]
            slopes = slopes @ weights.T * slope_of(values[number])
    return gradients


@dataclass(eq=False)
class Network:
    """A multi-layer perceptron, trained by backpropagation.

    Parameters
    ----------
    hidden : sequence of int
        The number of units in each hidden layer; empty for none.
    activation : {'linear', 'sigmoid', 'tanh', 'relu'}
        What hidden units do to their sums.
    cost : {'mean_squared_error', 'binary_cross_entropy', 'softmax_cross_entropy'}
        What to make small: for numbers, for labels 0 and 1, for labels 0, 1, 2, ...
    initialiser : {'glorot', 'he', 'zeros'}
        How the first weights are drawn, see `initial_layers`.
    optimizer : Optimizer, optional
        The rule for one step; `GradientDescent` with rate 0.1 if not given. Each fit uses a fresh copy.
    epochs : int
        The most passes over the data.
    batch_size : int, optional
        How many examples each step looks at; all of them if not given.
    weight_decay : float
        Adds half of this times the sum of the squared weights to what is made small. Biases stay free, and
        the costs that are reported leave it out.
    patience : int, optional
        Stop when the cost (on held-out data, if there is any) has not improved for so many epochs, and keep
        the best parameters.
    seed : int
        Draws the first weights and shuffles the batches.
    keep_history : bool
        Keep the cost of every epoch.

    Attributes
    ----------
    layers_ : list of tuple of ndarray of float64
        For each layer the learned weights, shape (from, to), and biases, shape (to,).
    epochs_ : int
        The passes that were completed.
    costs_, validation_costs_ : list of float
        The cost at the start and after each epoch. Empty without ``keep_history``.
    stopped_ : {'epochs', 'patience', 'diverged'}
        Why the training ended.

    Examples
    --------
    >>> inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> network = Network(hidden=[4], cost="binary_cross_entropy", optimizer=GradientDescent(1.0), epochs=500)
    >>> network.fit(inputs, targets).predict(inputs)
    array([0, 1, 1, 0])
    """

    hidden: Sequence[int] = (8,)
    activation: str = "tanh"
    cost: str = "mean_squared_error"
    initialiser: str = "glorot"
    optimizer: Optimizer | None = None
    epochs: int = 100
    batch_size: int | None = None
    weight_decay: float = 0.0
    patience: int | None = None
    seed: int = 0
    keep_history: bool = False

    layers_: Layers = field(init=False, repr=False)
    epochs_: int = field(init=False, repr=False)
    costs_: list[float] = field(init=False, repr=False)
    validation_costs_: list[float] = field(init=False, repr=False)
    stopped_: Literal["epochs", "patience", "diverged"] = field(init=False, repr=False)

    def fit(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        start: Layers | None = None,
    ) -> Self:
        """Learn from examples.

        Parameters
        ----------
        inputs : array_like, shape (examples, features)
            The examples.
        targets : array_like, shape (examples,) or (examples, outputs)
            What is true: numbers or labels, as the cost asks.
        validation : tuple of array_like, optional
            Inputs and targets that are only watched.
        start : list of tuple of array_like, optional
            The first (weights, biases) of each layer; drawn by the initialiser if not given.

        Returns
        -------
        Network
            The network itself.

        Raises
        ------
        ValueError
            If shapes do not fit, a number is missing, labels do not count from 0, or a setting is out of its
            bounds.

        Warns
        -----
        RuntimeWarning
            If the training diverged. The last finite weights are kept.
        """
        seen = self._checked("", inputs, targets)
        watched = None if validation is None else self._checked("validation ", *validation)
        examples, epochs = len(seen[0]), arguments.whole("epochs", self.epochs)
        size = examples if self.batch_size is None else arguments.whole("batch_size", self.batch_size)
        arguments.between("weight_decay", self.weight_decay, 0, np.inf)
        stopping = None if self.patience is None else EarlyStopping(self.patience)
        optimizer = copy.deepcopy(self.optimizer or GradientDescent())
        rng = np.random.default_rng(self.seed)
        self.layers_ = self._first_layers(*seen, start)
        self.epochs_, self.stopped_, self.costs_, self.validation_costs_ = 0, "epochs", [], []
        with np.errstate(over="ignore", invalid="ignore"):
            self._note_costs(seen, watched)
            for _ in range(epochs):
                # All examples at once need no shuffling.
                order = np.arange(examples) if self.batch_size is None else rng.permutation(examples)
                for first in range(0, examples, size):
                    rows = order[first : first + size]
                    gradients = self._gradients(seen[0][rows], seen[1][rows])
                    layers = paired(optimizer.step(flat(self.layers_), flat(gradients)))
                    if not all(np.isfinite(array).all() for array in flat(layers)):
                        return self._diverged()
                    self.layers_ = layers
                self.epochs_ += 1
                self._note_costs(seen, watched)
                if stopping and stopping.ran_out(self._cost(*(watched or seen)), flat(self.layers_)):
                    self.stopped_ = "patience"
                    break
        if stopping:
            self.layers_ = paired(stopping.best_parameters)
        return self

    def outputs(self, inputs: ArrayLike) -> FloatArray:
        """Compute the last layer's values: predictions, or logits for the two cross-entropies.

        Parameters
        ----------
        inputs : array_like, shape (examples, features)
            The examples.

        Returns
        -------
        ndarray of float64, shape (examples, outputs)
            The values. `cost.sigmoid` or `cost.softmax` makes probabilities of logits.

        Raises
        ------
        ValueError
            If the number of features differs from that of the training data.
        """
        return forward(self.layers_, inputs, self.activation)[-1]

    def predict(self, inputs: ArrayLike) -> FloatArray | IntArray:
        """Answer: numbers for the squared error, labels for the cross-entropies.

        Parameters
        ----------
        inputs : array_like, shape (examples, features)
            The examples.

        Returns
        -------
        ndarray of float64 or int64, shape (examples,) or (examples, outputs)
            One answer for each example; with several outputs of numbers, one row of them.

        Raises
        ------
        ValueError
            If the number of features differs from that of the training data.
        """
        answers = COSTS[self.cost].answer(self.outputs(inputs))
        return answers[:, 0] if answers.ndim == 2 and answers.shape[1] == 1 else answers

    def gradient(self, inputs: ArrayLike, targets: ArrayLike) -> Layers:
        """Differentiate what is made small with respect to each weight and bias, as learned so far.

        Parameters
        ----------
        inputs : array_like, shape (examples, features)
            The examples.
        targets : array_like, shape (examples,) or (examples, outputs)
            What is true.

        Returns
        -------
        list of tuple of ndarray of float64
            One derivative for each weight and each bias, in pairs of the shapes of `layers_`.

        Raises
        ------
        ValueError
            If shapes do not fit, or a number is missing.
        """
        return self._gradients(*self._checked("", inputs, targets))

    def _gradients(self, inputs: FloatArray, targets: FloatArray | IntArray) -> Layers:
        values = forward(self.layers_, inputs, self.activation)
        outputs = values[-1]
        if np.isfinite(outputs).all():
            slopes = COSTS[self.cost].gradient(outputs, targets)
        else:
            slopes = np.full(outputs.shape, np.nan)
        by_cost = backward(self.layers_, values, slopes, self.activation)
        return [
            (by_weights + self.weight_decay * weights, by_biases)
            for (by_weights, by_biases), (weights, _) in zip(by_cost, self.layers_, strict=True)
        ]

    def _cost(self, inputs: FloatArray, targets: FloatArray | IntArray) -> float:
        outputs = forward(self.layers_, inputs, self.activation)[-1]
        return COSTS[self.cost].value(outputs, targets) if np.isfinite(outputs).all() else np.inf

    def _note_costs(self, seen: _Examples, watched: _Examples | None) -> None:
        if self.keep_history:
            self.costs_.append(self._cost(*seen))
            if watched:
                self.validation_costs_.append(self._cost(*watched))

    def _diverged(self) -> Self:
        self.stopped_ = "diverged"
        warnings.warn(
            f"Training diverged in epoch {self.epochs_ + 1}: the numbers grew beyond all bounds. "
            "Try a learning rate a tenth as large, or scale the inputs.",
            RuntimeWarning,
            stacklevel=3,
        )
        return self

    def _checked(self, which: str, inputs: ArrayLike, targets: ArrayLike) -> _Examples:
        arguments.one_of("cost", self.cost, COSTS)
        checked, array = arguments.matrix(f"{which}inputs", inputs), arguments.numbers("targets", targets)
        wanted: FloatArray | IntArray
        if self.cost == "softmax_cross_entropy":
            wanted = arguments.labels("targets", array, classes=int(max(array.max(), 0)) + 1)
        else:
            wanted = array.reshape(-1, 1) if array.ndim == 1 else arguments.matrix("targets", array)
        arguments.as_many(f"{which}inputs", checked, f"{which}targets", wanted)
        return checked, wanted

    def _first_layers(
        self, inputs: FloatArray, targets: FloatArray | IntArray, start: Layers | None
    ) -> Layers:
        outputs = int(targets.max()) + 1 if targets.ndim == 1 else targets.shape[1]
        if start is not None and targets.ndim == 1:
            outputs = max(outputs, np.shape(start[-1][1])[-1])  # it may know classes that are not met here
        elif targets.ndim == 1:
            arguments.counting_from_zero("targets", targets)
        first = initial_layers([inputs.shape[1], *self.hidden, outputs], self.initialiser, self.seed)
        return first if start is None else paired(arguments.layers_like("start", start, first))
