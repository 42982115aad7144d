"""The multi-layer perceptron: layers of weighted sums, and the backward pass that teaches all of them."""

import copy
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments, cost
from course_lib.arguments import FloatArray, IntArray
from course_lib.descent import GradientDescent, Optimizer, Parameters, Patience, train


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
        Take the network's outputs and the targets; return the cost, and its derivative by each output.
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


def initial_parameters(sizes: Sequence[int], initialiser: str = "glorot", seed: int = 0) -> Parameters:
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
    list of ndarray of float64
        For each layer a matrix of shape (from, to) and a vector of shape (to,).

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
    >>> [array.shape for array in initial_parameters([2, 3, 1])]
    [(2, 3), (3,), (3, 1), (1,)]
    """
    if len(sizes) < 2:
        raise ValueError(f"`sizes` is {sizes!r}; it needs the number of inputs and of outputs at least.")
    spread = INITIALISERS[arguments.one_of("initialiser", initialiser, INITIALISERS)]
    rng = np.random.default_rng(seed)
    parameters: Parameters = []
    for width, units in pairwise(arguments.whole("sizes", size) for size in sizes):
        parameters += [spread(width, units) * rng.normal(size=(width, units)), np.zeros(units)]
    return parameters


def forward(parameters: Parameters, inputs: ArrayLike, activation: str = "tanh") -> list[FloatArray]:
    """Compute the values of every layer, from the inputs to the outputs.

    Parameters
    ----------
    parameters : list of ndarray of float64
        Weights and biases, layer by layer.
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
    >>> layers = forward(initial_parameters([2, 3, 1]), [[0.0, 1.0]])
    >>> [layer.shape for layer in layers]
    [(1, 2), (1, 3), (1, 1)]
    """
    inputs = arguments.matrix("inputs", inputs)
    if inputs.shape[1] != len(parameters[0]):
        raise ValueError(f"`inputs` has {inputs.shape[1]} features; the network takes {len(parameters[0])}.")
    squeeze = ACTIVATIONS[arguments.one_of("activation", activation, ACTIVATIONS)].function
    layers = [inputs]
    for weights, biases in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        layers.append(squeeze(layers[-1] @ weights + biases))
    layers.append(layers[-1] @ parameters[-2] + parameters[-1])
    return layers


def backward(
    parameters: Parameters, layers: list[FloatArray], slopes: FloatArray, activation: str = "tanh"
) -> Parameters:
    """Carry the cost's derivatives from the outputs back to every weight and bias: backpropagation.

    Parameters
    ----------
    parameters : list of ndarray of float64
        Weights and biases, layer by layer.
    layers : list of ndarray of float64
        What `forward` returned for them.
    slopes : ndarray of float64, shape (examples, outputs)
        The cost's derivative by each output.
    activation : {'linear', 'sigmoid', 'tanh', 'relu'}
        What hidden units do to their sums.

    Returns
    -------
    list of ndarray of float64
        The cost's derivative by each parameter, in the parameters' order and shapes.

    References
    ----------
    D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by back-propagating errors",
    Nature 323, 1986.

    Examples
    --------
    >>> parameters = initial_parameters([2, 3, 1])
    >>> layers = forward(parameters, [[0.0, 1.0]])
    >>> [array.shape for array in backward(parameters, layers, np.array([[1.0]]))]
    [(2, 3), (3,), (3, 1), (1,)]
    """
    slope_of = ACTIVATIONS[activation].slope
    gradients: Parameters = []
    for number in range(len(layers) - 2, -1, -1):
        gradients = [layers[number].T @ slopes, slopes.sum(axis=0), *gradients]
        if number > 0:
            slopes = slopes @ parameters[2 * number].T * slope_of(layers[number])
    return gradients


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
        How the first weights are drawn, see `initial_parameters`.
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
    parameters_ : list of ndarray of float64
        The learned weights and biases, layer by layer: (from, to), (to,), ...
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

    parameters_: Parameters
    epochs_: int
    costs_: list[float]
    validation_costs_: list[float]
    stopped_: Literal["epochs", "patience", "diverged"]

    def __init__(
        self,
        hidden: Sequence[int] = (8,),
        activation: str = "tanh",
        cost: str = "mean_squared_error",
        initialiser: str = "glorot",
        optimizer: Optimizer | None = None,
        epochs: int = 100,
        batch_size: int | None = None,
        weight_decay: float = 0.0,
        patience: int | None = None,
        seed: int = 0,
        keep_history: bool = False,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.cost = cost
        self.initialiser = initialiser
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.patience = patience
        self.seed = seed
        self.keep_history = keep_history

    def fit(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        start: Parameters | None = None,
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
        start : list of array_like, optional
            The first parameters; drawn by the initialiser if not given.

        Returns
        -------
        Network
            The network itself.

        Raises
        ------
        ValueError
            If shapes do not fit, a number is missing, or a setting is out of its bounds.

        Warns
        -----
        RuntimeWarning
            If the training diverged.
        """
        inputs, targets = arguments.matrix("inputs", inputs), self._as_targets(targets)
        arguments.as_many("inputs", inputs, "targets", targets)
        outputs = int(targets.max()) + 1 if targets.ndim == 1 else targets.shape[1]
        first = initial_parameters([inputs.shape[1], *self.hidden, outputs], self.initialiser, self.seed)
        self.parameters_ = first if start is None else _fitting(start, first)
        arguments.between("weight_decay", self.weight_decay, 0, np.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            run = train(
                self.parameters_,
                lambda parameters, rows: self._gradient(parameters, inputs[rows], targets[rows]),
                lambda parameters: self._cost(parameters, inputs, targets),
                len(inputs),
                GradientDescent() if self.optimizer is None else copy.deepcopy(self.optimizer),
                self.epochs,
                self.batch_size,
                None if self.patience is None else Patience(arguments.whole("patience", self.patience)),
                None if validation is None else self._validation_cost(*validation),
                self.seed,
                self.keep_history,
            )
        self.parameters_, self.epochs_, self.costs_, self.validation_costs_, self.stopped_ = run
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
        return forward(self.parameters_, inputs, self.activation)[-1]

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

    def gradient(self, inputs: ArrayLike, targets: ArrayLike) -> Parameters:
        """Differentiate what is made small by each parameter, at the parameters learned so far.

        Parameters
        ----------
        inputs : array_like, shape (examples, features)
            The examples.
        targets : array_like, shape (examples,) or (examples, outputs)
            What is true.

        Returns
        -------
        list of ndarray of float64
            One derivative for each parameter, in `parameters_`'s order and shapes.

        Raises
        ------
        ValueError
            If shapes do not fit, or a number is missing.
        """
        return self._gradient(self.parameters_, arguments.matrix("inputs", inputs), self._as_targets(targets))

    def _as_targets(self, targets: ArrayLike) -> FloatArray | IntArray:
        arguments.one_of("cost", self.cost, COSTS)
        array = arguments.numbers("targets", targets)
        if self.cost == "softmax_cross_entropy":
            return arguments.labels("targets", array, classes=int(max(array.max(), 0)) + 1)
        return array.reshape(-1, 1) if array.ndim == 1 else arguments.matrix("targets", array)

    def _cost(self, parameters: Parameters, inputs: FloatArray, targets: FloatArray | IntArray) -> float:
        outputs = forward(parameters, inputs, self.activation)[-1]
        return COSTS[self.cost].value(outputs, targets) if np.isfinite(outputs).all() else np.inf

    def _validation_cost(self, inputs: ArrayLike, targets: ArrayLike) -> Callable[[Parameters], float]:
        checked, wanted = arguments.matrix("validation inputs", inputs), self._as_targets(targets)
        arguments.as_many("validation inputs", checked, "validation targets", wanted)
        return lambda parameters: self._cost(parameters, checked, wanted)

    def _gradient(
        self, parameters: Parameters, inputs: FloatArray, targets: FloatArray | IntArray
    ) -> Parameters:
        layers = forward(parameters, inputs, self.activation)
        if not np.isfinite(layers[-1]).all():
            raise FloatingPointError("The network's outputs grew beyond all bounds.")
        slopes = COSTS[self.cost].gradient(layers[-1], targets)
        gradients = backward(parameters, layers, slopes, self.activation)
        if self.weight_decay:
            gradients[::2] = [
                gradient + self.weight_decay * weights
                for gradient, weights in zip(gradients[::2], parameters[::2], strict=True)
            ]
        return gradients


def _fitting(start: Parameters, first: Parameters) -> Parameters:
    arrays = [arguments.numbers(f"start[{number}]", array) for number, array in enumerate(start)]
    shapes, wanted = [array.shape for array in arrays], [array.shape for array in first]
    if shapes != wanted:
        raise ValueError(f"`start` has shapes {shapes}; this network needs {wanted}.")
    return arrays
