"""One run, four engines: the same training in plain Python and in NumPy, step by step, to compare and print.

Every engine has the same signature: ``engine(start, inputs, targets, learning_rate, steps)`` returns the list
of all weights, ``steps + 1`` entries, the start first. The two engines in TensorFlow and Keras live in
`course_lib.tf.training`.

Weights are a flat list, layer by layer, as Keras' ``get_weights`` gives them: a matrix of shape (from, to)
and a vector of biases of shape (to,). Hidden layers use tanh, the last layer nothing, and the cost is the
mean squared error over the whole data at every step. A line is the network without a hidden layer.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray

Weights = list[FloatArray]

# A layer in plain Python: weights[source][unit] and biases[unit].
_Row = list[float]
_Layer = tuple[list[_Row], _Row]


def start_weights(*sizes: int, seed: int = 0) -> Weights:
    """Draw the weights of a network from an even distribution between -1 and 1; biases start at 0.

    Parameters
    ----------
    *sizes : int
        The number of inputs, of units in each hidden layer, and of outputs; 1 and 1 is a line.
    seed : int
        The same seed draws the same weights.

    Returns
    -------
    list of ndarray of float64
        For each layer a matrix of shape (from, to) and a vector of shape (to,).

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is not above zero.

    Examples
    --------
    >>> [array.shape for array in start_weights(2, 3, 1)]
    [(2, 3), (3,), (3, 1), (1,)]
    """
    if len(sizes) < 2:
        raise ValueError(f"`sizes` is {sizes}; a network has at least a number of inputs and one of outputs.")
    rng = np.random.default_rng(seed)
    weights: Weights = []
    for width, units in pairwise(sizes):
        shape = arguments.whole("sizes", width), arguments.whole("sizes", units)
        weights += [rng.uniform(-1, 1, shape), np.zeros(units)]
    return weights


def train_scalar(
    start: Sequence[ArrayLike], inputs: ArrayLike, targets: ArrayLike, learning_rate: float, steps: int
) -> list[Weights]:
    """Train with plain Python numbers, one multiplication at a time.

    Parameters
    ----------
    start : sequence of array_like
        The weights to start from, layer by layer: (from, to), (to,), ...
    inputs : array_like, shape (examples, features)
        The examples.
    targets : array_like, shape (examples, outputs)
        What is true.
    learning_rate : float
        The size of each step.
    steps : int
        How many steps.

    Returns
    -------
    list of list of ndarray of float64
        The weights at the start and after each step, ``steps + 1`` entries.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is missing, or the rate or the steps are not above zero.

    Examples
    --------
    >>> run = train_scalar([[[5.0]], [0.0]], inputs=[[1.0], [2.0]], targets=[[5.0], [8.0]],
    ...                    learning_rate=0.1, steps=1)
    >>> [array.round(6).tolist() for array in run[1]]
    [[[4.6]], [-0.2]]
    """
    start, inputs, targets = checked_run(start, inputs, targets, learning_rate, steps)
    layers, examples, answers = _plain(start), inputs.tolist(), targets.tolist()
    run = [start]
    for _ in range(steps):
        gradient = _zeros_like(layers)
        for example, answer in zip(examples, answers, strict=True):
            values = _forward(layers, example)
            _add(gradient, values, _backward(layers, values, answer, targets.size))
        layers = _stepped(layers, gradient, learning_rate)
        run.append(_as_arrays(layers))
    return run


def _forward(layers: list[_Layer], example: _Row) -> list[_Row]:
    """Return the values of every layer, the inputs first."""
    values = [example]
    for number, (weights, biases) in enumerate(layers, start=1):
        sums = [
            bias + sum(value * weights[source][unit] for source, value in enumerate(values[-1]))
            for unit, bias in enumerate(biases)
        ]
        values.append(sums if number == len(layers) else [math.tanh(total) for total in sums])
    return values


def _backward(layers: list[_Layer], values: list[_Row], answer: _Row, count: int) -> list[_Row]:
    """Return the cost's derivative with respect to each unit's sum, layer by layer."""
    slopes = [[2 * (value - wanted) / count for value, wanted in zip(values[-1], answer, strict=True)]]
    for (weights, _), layer in zip(layers[:0:-1], values[-2:0:-1], strict=True):
        # The chain rule: back through the weights, then through tanh, whose slope is 1 - tanh**2.
        back = [sum(w * slope for w, slope in zip(row, slopes[0], strict=True)) for row in weights]
        slopes.insert(0, [(1 - value**2) * slope for value, slope in zip(layer, back, strict=True)])
    return slopes


def _add(gradient: list[_Layer], values: list[_Row], slopes: list[_Row]) -> None:
    """Add one example's share: a weight's slope is the value it multiplies times the slope of the sum."""
    for (weight_gradient, bias_gradient), layer, row in zip(gradient, values, slopes, strict=False):
        for unit, slope in enumerate(row):
            bias_gradient[unit] += slope
            for source, value in enumerate(layer):
                weight_gradient[source][unit] += value * slope


def _stepped(layers: list[_Layer], gradient: list[_Layer], learning_rate: float) -> list[_Layer]:
    def less(old: _Row, slopes: _Row) -> _Row:
        return [value - learning_rate * slope for value, slope in zip(old, slopes, strict=True)]

    return [
        ([less(*rows) for rows in zip(weights, weight_gradient, strict=True)], less(biases, bias_gradient))
        for (weights, biases), (weight_gradient, bias_gradient) in zip(layers, gradient, strict=True)
    ]


def _zeros_like(layers: list[_Layer]) -> list[_Layer]:
    return [([[0.0] * len(biases) for _ in weights], [0.0] * len(biases)) for weights, biases in layers]


def _plain(weights: Weights) -> list[_Layer]:
    return [(matrix.tolist(), biases.tolist()) for matrix, biases in _pairs(weights)]


def _as_arrays(layers: list[_Layer]) -> Weights:
    return [np.array(part) for layer in layers for part in layer]


def train_numpy(
    start: Sequence[ArrayLike], inputs: ArrayLike, targets: ArrayLike, learning_rate: float, steps: int
) -> list[Weights]:
    """Train with NumPy, all examples at once.

    Parameters
    ----------
    start : sequence of array_like
        The weights to start from, layer by layer: (from, to), (to,), ...
    inputs : array_like, shape (examples, features)
        The examples.
    targets : array_like, shape (examples, outputs)
        What is true.
    learning_rate : float
        The size of each step.
    steps : int
        How many steps.

    Returns
    -------
    list of list of ndarray of float64
        The weights at the start and after each step, ``steps + 1`` entries.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is missing, or the rate or the steps are not above zero.

    Examples
    --------
    >>> run = train_numpy([[[5.0]], [0.0]], inputs=[[1.0], [2.0]], targets=[[5.0], [8.0]],
    ...                   learning_rate=0.1, steps=1)
    >>> [array.round(6).tolist() for array in run[1]]
    [[[4.6]], [-0.2]]
    """
    weights, inputs, targets = checked_run(start, inputs, targets, learning_rate, steps)
    run = [weights]
    for _ in range(steps):
        layers = [inputs]
        for matrix, biases in _pairs(weights)[:-1]:
            layers.append(np.tanh(layers[-1] @ matrix + biases))
        outputs = layers[-1] @ weights[-2] + weights[-1]
        slopes = 2 * (outputs - targets) / targets.size
        gradient: Weights = []
        for (matrix, _), values in zip(_pairs(weights)[::-1], layers[::-1], strict=True):
            gradient = [values.T @ slopes, slopes.sum(axis=0), *gradient]
            slopes = slopes @ matrix.T * (1 - values**2)
        weights = [old - learning_rate * slope for old, slope in zip(weights, gradient, strict=True)]
        run.append(weights)
    return run


def _pairs(weights: Weights) -> list[tuple[FloatArray, FloatArray]]:
    return list(zip(weights[::2], weights[1::2], strict=True))


def checked_run(
    start: Sequence[ArrayLike], inputs: ArrayLike, targets: ArrayLike, learning_rate: float, steps: int
) -> tuple[Weights, FloatArray, FloatArray]:
    """Check what an engine is given, so that all engines refuse the same things in the same words.

    Parameters
    ----------
    start, inputs, targets, learning_rate, steps
        As for `train_scalar`.

    Returns
    -------
    start : list of ndarray of float64
        The weights.
    inputs : ndarray of float64, shape (examples, features)
        The examples.
    targets : ndarray of float64, shape (examples, outputs)
        What is true.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is missing, or the rate or the steps are not above zero.

    Examples
    --------
    >>> start, inputs, targets = checked_run([[[5.0]], [0.0]], [[1.0]], [[8.0]], 0.1, 1)
    """
    arguments.positive("learning_rate", learning_rate)
    arguments.whole("steps", steps)
    inputs, targets = arguments.matrix("inputs", inputs), arguments.matrix("targets", targets)
    arguments.as_many("inputs", inputs, "targets", targets)
    weights = [arguments.numbers(f"start[{number}]", array) for number, array in enumerate(start)]
    if not weights or len(weights) % 2:
        raise ValueError(f"`start` has {len(weights)} arrays; each layer needs two, weights and biases.")
    width = inputs.shape[1]
    for number, (matrix, biases) in enumerate(_pairs(weights)):
        if matrix.ndim != 2 or biases.shape != matrix.shape[1:] or matrix.shape[0] != width:
            raise ValueError(
                f"`start[{2 * number}]` has shape {matrix.shape} and `start[{2 * number + 1}]` has shape "
                f"{biases.shape}; they must be ({width}, units) and (units,)."
            )
        width = matrix.shape[1]
    if width != targets.shape[1]:
        raise ValueError(
            f"`targets` has {targets.shape[1]} columns; the last layer of `start` has {width} units."
        )
    return weights, inputs, targets


def trace(
    start: Sequence[ArrayLike],
    inputs: ArrayLike,
    targets: ArrayLike,
    learning_rate: float,
    steps: int = 1,
    digits: int = 4,
) -> str:
    """Write down every multiplication of a training run, to print and to follow with a pencil.

    Parameters
    ----------
    start, inputs, targets, learning_rate, steps
        As for `train_scalar`. Keep the data small: every example takes a line for each unit.
    digits : int
        The significant digits of the numbers shown; all of them are used in the arithmetic.

    Returns
    -------
    str
        The trace, one line a calculation.

    Raises
    ------
    ValueError
        As for `train_scalar`.

    Examples
    --------
    >>> print(trace([[[5.0]], [0.0]], inputs=[[1.0], [2.0]], targets=[[5.0], [8.0]], learning_rate=0.1))
    step 1
      example 1: inputs 1; target 5
        output 1 = 1*5 + 0 = 5
        residual 1 = 5 - 5 = 0
        slope of output 1 = 2*0/2 = 0
      example 2: inputs 2; target 8
        output 1 = 2*5 + 0 = 10
        residual 1 = 10 - 8 = 2
        slope of output 1 = 2*2/2 = 2
      cost = (0^2 + 2^2)/2 = 2
      weight from input 1 to output 1
        slope = 1*0 + 2*2 = 4
        new value = 5 - 0.1*4 = 4.6
      bias of output 1
        slope = 0 + 2 = 2
        new value = 0 - 0.1*2 = -0.2
    """
    digits = arguments.whole("digits", digits)
    weights, inputs, targets = checked_run(start, inputs, targets, learning_rate, steps)
    run = train_scalar(weights, inputs, targets, learning_rate, steps)
    writer = _Writer(inputs.tolist(), targets.tolist(), learning_rate, digits)
    return "\n".join(
        line
        for step, (before, after) in enumerate(pairwise(run), start=1)
        for line in (f"step {step}", *writer.write_step(_plain(before), _plain(after)))
    )


class _Writer:
    """Writes one step of `train_scalar` in words."""

    def __init__(self, examples: list[_Row], answers: list[_Row], learning_rate: float, digits: int) -> None:
        self.examples = examples
        self.answers = answers
        self.learning_rate = learning_rate
        self.digits = digits
        self.count = len(answers) * len(answers[0])

    def write_step(self, before: list[_Layer], after: list[_Layer]) -> Iterator[str]:
        values = [_forward(before, example) for example in self.examples]
        slopes = [_backward(before, *both, self.count) for both in zip(values, self.answers, strict=True)]
        for row, example in enumerate(self.examples):
            inputs, targets = (
                ", ".join(map(self.short, numbers)) for numbers in (example, self.answers[row])
            )
            yield f"  example {row + 1}: inputs {inputs}; target {targets}"
            yield from self.write_forward(before, values[row])
            yield from self.write_backward(before, values[row], slopes[row], self.answers[row])
        yield self.write_cost([layers[-1] for layers in values])
        for number in range(len(before)):
            yield from self.write_updates(number, before, after, values, slopes)

    def write_forward(self, layers: list[_Layer], values: list[_Row]) -> Iterator[str]:
        for number, (weights, biases) in enumerate(layers):
            for unit, bias in enumerate(biases):
                column = [row[unit] for row in weights]
                total = f"{self.products(values[number], column)} + {self.factor(bias)}"
                if number < len(layers) - 1:
                    total = f"tanh({total})"
                name, result = _unit_name(number + 1, len(layers), unit), values[number + 1][unit]
                yield f"    {name} = {total} = {self.short(result)}"

    def write_backward(
        self, layers: list[_Layer], values: list[_Row], slopes: list[_Row], answer: _Row
    ) -> Iterator[str]:
        for unit, (value, wanted) in enumerate(zip(values[-1], answer, strict=True)):
            residual = self.short(value - wanted)
            yield f"    residual {unit + 1} = {self.short(value)} - {self.factor(wanted)} = {residual}"
            slope = f"2*{self.factor(value - wanted)}/{self.count} = {self.short(slopes[-1][unit])}"
            yield f"    slope of output {unit + 1} = {slope}"
        for number in range(len(layers) - 1, 0, -1):
            for unit, value in enumerate(values[number]):
                back = self.products(layers[number][0][unit], slopes[number])
                slope = f"(1 - {self.factor(value)}^2)*({back}) = {self.short(slopes[number - 1][unit])}"
                yield f"    slope of {_unit_name(number, len(layers), unit)} = {slope}"

    def write_cost(self, outputs: list[_Row]) -> str:
        residuals = [
            value - wanted
            for output, answer in zip(outputs, self.answers, strict=True)
            for value, wanted in zip(output, answer, strict=True)
        ]
        squares = " + ".join(f"{self.factor(residual)}^2" for residual in residuals)
        cost = sum(residual**2 for residual in residuals) / self.count
        return f"  cost = ({squares})/{self.count} = {self.short(cost)}"

    def write_updates(
        self,
        number: int,
        before: list[_Layer],
        after: list[_Layer],
        values: list[list[_Row]],
        slopes: list[list[_Row]],
    ) -> Iterator[str]:
        (weights, biases), (new_weights, new_biases) = before[number], after[number]
        for unit, bias in enumerate(biases):
            at_unit = [example[number][unit] for example in slopes]
            name = _unit_name(number + 1, len(before), unit)
            for source, row in enumerate(weights):
                there = [example[number][source] for example in values]
                slope = sum(value * slope for value, slope in zip(there, at_unit, strict=True))
                yield f"  weight from {_unit_name(number, len(before), source)} to {name}"
                yield f"    slope = {self.products(there, at_unit)} = {self.short(slope)}"
                yield self.write_change(row[unit], slope, new_weights[source][unit])
            yield f"  bias of {name}"
            yield f"    slope = {' + '.join(map(self.factor, at_unit))} = {self.short(sum(at_unit))}"
            yield self.write_change(bias, sum(at_unit), new_biases[unit])

    def write_change(self, old: float, slope: float, new: float) -> str:
        step = f"{self.short(self.learning_rate)}*{self.factor(slope)}"
        return f"    new value = {self.short(old)} - {step} = {self.short(new)}"

    def products(self, left: _Row, right: _Row) -> str:
        return " + ".join(f"{self.factor(a)}*{self.factor(b)}" for a, b in zip(left, right, strict=True))

    def factor(self, number: float) -> str:
        text = self.short(number)
        return f"({text})" if text.startswith("-") else text

    def short(self, number: float) -> str:
        # What rounding leaves over where the exact answer is 0 differs between machines.
        return f"{number:.{self.digits}g}" if abs(number) > 1e-12 else "0"


def _unit_name(layer: int, last: int, unit: int) -> str:
    if layer == 0:
        return f"input {unit + 1}"
    return f"output {unit + 1}" if layer == last else f"hidden {layer}.{unit + 1}"
