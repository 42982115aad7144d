"""Probes for a training run that does not work: each looks for one cause and says in words what it found.

A probe returns a `Finding`, or None if what it looks for is not there. They work on NumPy arrays, lists and
numbers; `untracked_variables` looks at a TensorFlow model without needing TensorFlow itself.
"""

import dis
import functools
import math
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray
from course_lib.descent import largest_learning_rate


@dataclass(frozen=True)
class Finding:
    """What a probe found.

    Attributes
    ----------
    problem : str
        The cause in a few words.
    evidence : str
        What was measured.
    advice : str
        What to do about it.

    Examples
    --------
    >>> print(Finding("It is dark", "The lamp is off.", "Switch it on."))
    It is dark. The lamp is off. Switch it on.
    """

    problem: str
    evidence: str
    advice: str

    def __str__(self) -> str:
        """Return everything as one paragraph."""
        return f"{self.problem}. {self.evidence} {self.advice}"

    def _repr_markdown_(self) -> str:
        """Return it as a notebook shows it: on lines that fit the page."""
        return f"> **{self.problem}.** {self.evidence} {self.advice}"


def report(*findings: Finding | None) -> str:
    """Put what several probes found into one text, one line each.

    Parameters
    ----------
    *findings : Finding or None
        What the probes returned.

    Returns
    -------
    str
        The findings, or that there are none.

    Examples
    --------
    >>> print(report(dead_units([[0.5, 1.0]]), stretched_labels([1.0, 2.0], [3.0, 4.0])))
    2 probes found nothing wrong.
    """
    found = [f"- {finding}" for finding in findings if finding is not None]
    return "\n".join(found) or f"{len(findings)} probes found nothing wrong."


def first_non_finite(**series: ArrayLike) -> Finding | None:
    """Find the step at which the first NaN or infinity appears, and in which series.

    Parameters
    ----------
    **series : array_like, shape (steps, ...)
        What was recorded, by name, such as ``loss`` and ``weights``; the start is step 0.

    Returns
    -------
    Finding or None
        The step and the name. A first NaN at step 0 stands there before any update was made.

    Raises
    ------
    ValueError
        If no series is given, or one is empty.

    Examples
    --------
    >>> print(first_non_finite(loss=[4.0, 90.0, float("nan")]))
    Not a number. `loss` is nan for the first time at step 2; the step before it was 90. Look at what \
happens between these two steps.
    """
    if not series:
        raise ValueError("Name at least one series, such as `loss=losses`.")
    first: tuple[int, str, FloatArray] | None = None
    for name, values in series.items():
        array = _series(name, values)
        bad = ~np.isfinite(array.reshape(len(array), -1)).all(axis=1)
        if bad.any() and (first is None or int(np.argmax(bad)) < first[0]):
            first = int(np.argmax(bad)), name, array
    if first is None:
        return None
    step, name, array = first
    value = next(number for number in array[step].ravel() if not np.isfinite(number))
    if step == 0:
        return Finding(
            "Not a number from the start",
            f"`{name}` is {value:g} at step 0, before any update.",
            "So no learning rate of this run is to blame: the data or the weights were broken before it "
            "began. Make a fresh model, restart and run all.",
        )
    before = np.abs(array[step - 1]).max()
    return Finding(
        "Not a number",
        f"`{name}` is {value:g} for the first time at step {step}; the step before it was {before:.4g}.",
        "Look at what happens between these two steps.",
    )


def diverging(losses: ArrayLike, learning_rate: float, largest_rate: float | None = None) -> Finding | None:
    """Tell whether a loss grows without end, and what to do about the learning rate.

    Parameters
    ----------
    losses : array_like, shape (steps,)
        The loss after each step, the start first.
    learning_rate : float
        The rate of this run.
    largest_rate : float, optional
        The largest stable rate, if you know it: `course_lib.descent.largest_learning_rate` for a linear
        model, ``2 / sharpness(...)`` at the start of the run for any other. Without it, a rate is named only
        if the loss grows as on a bowl, where each step multiplies it by ``(1 - learning_rate *
        sharpness)**2``. A network's loss grows faster with each step, and then says nothing about a rate
        that would do.

    Returns
    -------
    Finding or None
        The growth, and a rate that would do or how to find one.

    Raises
    ------
    ValueError
        If there are fewer than three losses, or a rate is not above zero.

    Examples
    --------
    >>> print(diverging([1.0, 4.0, 16.0, 64.0], learning_rate=0.3))
    Diverging. The loss grew from 1 to 64 in 3 steps, in the last one 4 times. At this rate 0.3 each step \
overshoots the valley; below about 0.2 it would not: start with 0.1.
    >>> print(diverging([1.0, 4.0, 99.0, 9e5], learning_rate=0.3))
    Diverging. The loss grew from 1 to 9e+05 in 3 steps, in the last one 9.09e+03 times. At this rate 0.3 \
each step overshoots the valley. Halve it until the loss falls, or measure where the run starts: rates below \
`2 / sharpness(...)` are safe there.
    """
    array = _series("losses", losses)
    rate = arguments.positive("learning_rate", learning_rate)
    if largest_rate is not None:
        largest_rate = arguments.positive("largest_rate", largest_rate)
    if array.ndim != 1 or len(array) < 3:
        raise ValueError(
            f"`losses` has shape {array.shape}; it takes a list of three or more to see a trend."
        )
    finite = array[: len(array) if np.isfinite(array).all() else int(np.argmin(np.isfinite(array)))]
    if len(finite) < 3 or finite[-1] <= finite[0] or finite[-1] <= finite[-2]:
        return None
    growth = float(finite[-1] / finite[-2]) if finite[-2] else float("inf")
    if largest_rate is None and _grows_as_on_a_bowl(finite):
        largest_rate = 2 * rate / (1 + np.sqrt(growth))
    return Finding(
        "Diverging",
        f"The loss grew from {finite[0]:.4g} to {finite[-1]:.4g} in {len(finite) - 1} steps, in the last one "
        f"{growth:.3g} times.",
        _smaller_rate(rate, largest_rate),
    )


def _grows_as_on_a_bowl(losses: FloatArray) -> bool:
    """Tell whether the last three steps multiplied a loss by the same factor, to a tenth."""
    if len(losses) < 4 or not (losses[-4:] > 0).all():
        return False
    growths = losses[-3:] / losses[-4:-1]
    return bool(growths.min() > 1 and growths.max() < 1.1 * growths.min())


def _smaller_rate(rate: float, largest: float | None) -> str:
    if largest is None:
        return (
            f"At this rate {rate:g} each step overshoots the valley. Halve it until the loss falls, or "
            "measure where the run starts: rates below `2 / sharpness(...)` are safe there."
        )
    if rate < largest:
        return (
            f"The rate {rate:g} is below {largest:.2g}, the largest stable one, so that bound does not hold "
            "where the run is now: measure the sharpness there, or halve the rate."
        )
    return (
        f"At this rate {rate:g} each step overshoots the valley; below about {largest:.2g} it would not: "
        f"start with {largest / 2:.2g}."
    )


def sharpness(
    gradient: Callable[[FloatArray], ArrayLike], parameters: ArrayLike, steps: int = 50, seed: int = 0
) -> float:
    """Measure how sharply the cost curves at a point: the largest curvature in any direction.

    Gradient descent near this point is stable for learning rates below ``2 / sharpness``. The method is power
    iteration: a nudge along a direction changes the gradient most where the cost curves most, so the change
    is the next direction to look at.

    Parameters
    ----------
    gradient : function
        Takes parameters of shape (n,) and returns the gradient there, in the same shape.
    parameters : array_like, shape (n,)
        Where.
    steps : int
        How often to turn towards the sharpest direction.
    seed : int
        Draws the first direction.

    Returns
    -------
    float
        The curvature of largest size; negative on top of a hill.

    Raises
    ------
    ValueError
        If the parameters are no vector of finite numbers, or the gradient has another shape.

    References
    ----------
    Mises, R. von and Pollaczek-Geiringer, H. (1929). Praktische Verfahren der Gleichungsauflösung.

    Examples
    --------
    >>> round(sharpness(lambda p: np.array([2 * p[0], 30 * p[1]]), [1.0, 1.0]), 4)
    30.0
    """
    point = arguments.vector("parameters", parameters)
    direction = np.random.default_rng(seed).normal(size=len(point))
    nudge = 1e-4 * max(1.0, float(np.linalg.norm(point)))
    curvature = 0.0
    for _ in range(arguments.whole("steps", steps)):
        length = float(np.linalg.norm(direction))
        if length == 0:
            return 0.0
        direction = direction / length
        ahead, behind = (np.asarray(gradient(point + side * nudge * direction)) for side in (1, -1))
        if ahead.shape != point.shape:
            raise ValueError(
                f"`gradient` returned shape {ahead.shape} for parameters of shape {point.shape}; "
                "they must be equal."
            )
        change = (ahead - behind) / (2 * nudge)
        curvature = float(direction @ change)
        direction = change
    return curvature


def standing_still(losses: ArrayLike) -> Finding | None:
    """Tell whether the loss has not changed, which an optimiser with something left to learn does not do.

    Changes below a millionth do not count: a sum in float32 differs that much with the order of its terms.
    A loss of zero throughout is no finding: there is nothing left to learn.

    Parameters
    ----------
    losses : array_like, shape (steps,)
        The loss after each step, from the start on.

    Returns
    -------
    Finding or None
        The loss that stands still.

    Raises
    ------
    ValueError
        If there are fewer than two losses.

    Examples
    --------
    >>> print(standing_still([10.11312, 10.11312, 10.11312]))
    Standing still. The loss is 10.1131 in all 3 entries, to six digits. Either nothing is trained: print \
`model.trainable_variables`, and compare the weights before and after with `unmoved`. Or the run began where \
nothing is left to learn: then the gradient is near zero there.
    """
    array = _series("losses", losses)
    if len(array) < 2:
        raise ValueError(f"`losses` has {len(array)} entry; it takes two or more to see whether they differ.")
    if not np.isfinite(array).all() or not np.allclose(array, array[0], rtol=1e-6, atol=0):
        return None
    if not array.any():
        return None
    return Finding(
        "Standing still",
        f"The loss is {array[0]:.6g} in all {len(array)} entries, to six digits.",
        "Either nothing is trained: print `model.trainable_variables`, and compare the weights before and "
        "after with `unmoved`. Or the run began where nothing is left to learn: then the gradient is near "
        "zero there.",
    )


def unmoved(
    before: Sequence[ArrayLike], after: Sequence[ArrayLike], names: Sequence[str] = ()
) -> Finding | None:
    """Find the weights that a training run left exactly where they were.

    Parameters
    ----------
    before, after : sequence of array_like
        The weights before and after, in the same order.
    names : sequence of str
        What to call them; numbers otherwise.

    Returns
    -------
    Finding or None
        The weights that did not move.

    Raises
    ------
    ValueError
        If the two do not match in number or shape.

    Examples
    --------
    >>> print(unmoved([[1.0], [2.0]], [[1.0], [2.5]], names=["kernel", "bias"]))
    Weights that do not learn. kernel did not change at all, of 2 arrays. Their gradient is zero or None: \
are they used by the loss, trainable, and behind no dead unit?
    """
    if len(before) != len(after) or (names and len(names) != len(before)):
        raise ValueError(f"`before` has {len(before)} arrays, `after` {len(after)}; there must be as many.")
    still = []
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if np.shape(old) != np.shape(new):
            raise ValueError(
                f"`after[{number}]` has shape {np.shape(new)}, `before[{number}]` {np.shape(old)}."
            )
        if np.array_equal(old, new):
            still.append(names[number] if names else f"array {number}")
    if not still:
        return None
    return Finding(
        "Weights that do not learn",
        f"{', '.join(still)} did not change at all, of {len(before)} arrays.",
        "Their gradient is zero or None: are they used by the loss, trainable, and behind no dead unit?",
    )


def untracked_variables(model: Any) -> Finding | None:
    """Find variables that a model computes with but does not list among those to train.

    A plain ``tf.Variable`` in a Keras 3 model is the usual case: ``fit`` never changes it, ``save`` loses
    it, and there is no error. A Keras layer in a ``tf.Module`` is the reverse of it. Looked through are the
    attributes, the layers, containers, helper objects, and what a function that the model calls takes from
    outside. Whole numbers, such as counters, are not meant to learn and not reported.

    Parameters
    ----------
    model : tf.Module or keras.Model
        The model.

    Returns
    -------
    Finding or None
        Where such variables are.

    Raises
    ------
    ValueError
        If this is no model: it has no ``trainable_variables``.

    Examples
    --------
    >>> from course_lib.tf.models import KerasLinearModel
    >>> untracked_variables(KerasLinearModel())
    """
    if not hasattr(model, "trainable_variables"):
        raise ValueError(f"`model` is a {type(model).__name__}; a model has `trainable_variables`.")
    tracked = {_identity(variable) for variable in model.trainable_variables}
    lost = [name for name, variable in _variables("", model, set()) if _identity(variable) not in tracked]
    if not lost:
        return None
    advice = (
        "Make each of them with `self.add_weight(shape=..., initializer=...)`, in the model or in a layer "
        "that is an attribute of it."
        if hasattr(model, "add_weight")
        else "A `tf.Module` lists the `tf.Variable`s of its own attributes and of modules in them, and "
        "nothing of Keras' layers or of other objects: with layers in it, make it a `keras.Model`."
    )
    return Finding(
        "Untracked variables",
        f"The model computes with {', '.join(lost)} but lists {len(tracked)} variable(s) to train.",
        advice,
    )


def _identity(variable: Any) -> int:
    """Tell variables apart; Keras' own is a wrapper around TensorFlow's, and the two are one."""
    return id(getattr(variable, "_value", variable))


# What belongs to these holds no variable of the reader's own, but for layers and models.
_LIBRARIES = sys.stdlib_module_names | {"keras", "tensorflow", "numpy", "ml_dtypes", "wrapt"}
# A compiled model's optimiser, loss and metrics, and Keras' and TensorFlow's own account of what they track.
_BOOKKEEPING = re.compile(
    r"_?(optimizer|loss|metrics|tracker)$|_compile|_loss_tracker|_parent_path|_(non_)?trainable_variables$|_self_"
)


def _variables(name: str, value: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Walk through all that a model can reach: attributes, layers, containers, helpers and functions."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if hasattr(value, "assign") and hasattr(value, "numpy"):
        if getattr(value, "trainable", True) and not _is_whole(value):
            yield name, value
        return
    for place, item in _parts(name, value):
        yield from _variables(place, item, seen)


def _is_whole(variable: Any) -> bool:
    dtype = getattr(variable, "dtype", "float64")
    return str(getattr(dtype, "name", dtype)).startswith(("int", "uint", "bool", "string"))


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """List what a value holds, each part with its name."""
    if isinstance(value, dict):
        yield from ((f"{name}[{key!r}]", item) for key, item in value.items())
    elif isinstance(value, list | tuple | set | frozenset | deque):
        yield from ((f"{name}[{number}]", item) for number, item in enumerate(value))
    elif isinstance(value, functools.partial):
        yield from _parts(name, [value.func, *value.args, *value.keywords.values()])
    elif isinstance(value, MethodType):
        yield from ((name, part) for part in (value.__self__, value.__func__))
    elif isinstance(value, FunctionType):
        yield from _taken_from_outside(value)
    elif hasattr(value, "python_function"):  # a function as a graph
        yield name, value.python_function
    elif hasattr(value, "trainable_variables"):
        yield from _attributes(name, value)
        for method in ("call", "__call__"):
            yield name, getattr(type(value), method, None)
        yield from _arguments_of_operations(name, value)
    elif isinstance(value, SimpleNamespace) or type(value).__module__.split(".")[0] not in _LIBRARIES:
        yield from _attributes(name, value)


def _attributes(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, type | ModuleType):
        return
    slots = [slot for base in type(value).__mro__ for slot in np.atleast_1d(getattr(base, "__slots__", []))]
    held = {**{slot: getattr(value, slot, None) for slot in slots}, **getattr(value, "__dict__", {})}
    layers = getattr(value, "layers", None)
    if isinstance(layers, list):  # before the private lists, for the sake of the name
        held.setdefault("layers", layers)
    for key in sorted(held, key=lambda key: str(key).startswith("_")):
        if not _BOOKKEEPING.match(str(key)):
            yield f"{name}.{key}" if name else str(key), held[key]


def _taken_from_outside(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """List what a function of the reader's own takes from the cells around it."""
    if str(function.__module__).split(".")[0] in _LIBRARIES:
        return
    for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield variable, cell.cell_contents
        except ValueError:  # a cell that nothing was put into
            continue
    codes = [function.__code__]
    for code in codes:
        codes.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))
        for line in dis.get_instructions(code):
            if line.opname == "LOAD_GLOBAL" and line.argval in function.__globals__:
                yield line.argval, function.__globals__[line.argval]


def _arguments_of_operations(name: str, model: Any) -> Iterator[tuple[str, Any]]:
    """List what a functional model's operations were given besides the layers' outputs."""
    for operation in getattr(model, "operations", None) or []:
        for node in getattr(operation, "_inbound_nodes", []):
            given = getattr(node, "arguments", None)
            for argument in [*getattr(given, "args", ()), *getattr(given, "kwargs", {}).values()]:
                what = f"an argument of {operation.name!r}"
                yield f"{what} in {name}" if name else what, argument


def dead_units(activations: ArrayLike) -> Finding | None:
    """Find ReLU units that answer zero to every example, so that no gradient passes through them.

    Parameters
    ----------
    activations : array_like, shape (examples, units)
        What a hidden layer answers to all the data.

    Returns
    -------
    Finding or None
        How many units are dead, and which.

    Raises
    ------
    ValueError
        If this is no table of finite numbers.

    Examples
    --------
    >>> print(dead_units([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    Dead units. 2 of 3 hidden units answer 0 to all 2 examples: numbers 0, 2. They cannot come back by \
themselves. Start again with a smaller learning rate, scaled inputs, or another initialiser.
    """
    table = arguments.matrix("activations", activations)
    dead = np.flatnonzero((table == 0).all(axis=0))
    if not len(dead):
        return None
    shown = ", ".join(map(str, dead[:8])) + (" and others" if len(dead) > 8 else "")
    return Finding(
        "Dead units",
        f"{len(dead)} of {table.shape[1]} hidden units answer 0 to all {len(table)} examples: "
        f"numbers {shown}.",
        "They cannot come back by themselves. Start again with a smaller learning rate, scaled inputs, or "
        "another initialiser.",
    )


def stretched_labels(predictions: ArrayLike, targets: ArrayLike) -> Finding | None:
    """Tell whether predictions and targets would be stretched against each other into a larger table.

    Parameters
    ----------
    predictions, targets : array_like
        What goes into the loss; only the shapes matter.

    Returns
    -------
    Finding or None
        The two shapes and the shape of their difference.

    Examples
    --------
    >>> print(stretched_labels([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0]))
    Stretched labels. Predictions have shape (3, 1) and targets (3,), so their difference has shape (3, 3): \
every prediction is compared with every target. Make the shapes equal, with \
`targets.reshape(predictions.shape)`.
    """
    left, right = np.shape(predictions), np.shape(targets)
    try:
        together = np.broadcast_shapes(left, right)
    except ValueError:
        return Finding(
            "Shapes that do not fit",
            f"Predictions have shape {left} and targets {right}, which do not fit together at all.",
            _equal_shapes(left, right),
        )
    if math.prod(together) == math.prod(left) == math.prod(right):
        return None  # nothing is repeated
    consequence = (
        f"their difference has shape {together}: every prediction is compared with every target."
        if together not in (left, right)
        else f"the smaller one is repeated to {together}."
    )
    return Finding(
        "Stretched labels",
        f"Predictions have shape {left} and targets {right}, so {consequence}",
        _equal_shapes(left, right),
    )


def _equal_shapes(predictions: tuple[int, ...], targets: tuple[int, ...]) -> str:
    """Advise what can be done about two shapes that differ."""
    if math.prod(predictions) == math.prod(targets):
        return "Make the shapes equal, with `targets.reshape(predictions.shape)`."
    if predictions[:1] != targets[:1]:
        return (
            "They are not of the same examples: the first number of each shape counts them. Compare the "
            "model's answers to these inputs with these targets."
        )
    return (
        f"No reshape helps: an example has {math.prod(predictions[1:])} prediction(s) and "
        f"{math.prod(targets[1:])} target(s). If the targets are class numbers, take a loss that expects "
        "them, such as `SparseCategoricalCrossentropy`; otherwise give the last layer one unit for each "
        "target."
    )


def unscaled_inputs(inputs: ArrayLike, limit: float = 10.0) -> Finding | None:
    """Find features whose size differs so much from 1 that gradient descent suffers.

    The bias is a feature that is always 1. Where another one is 100 times larger, the valley of the cost is
    10,000 times steeper along one axis than along the other: the steep one sets the largest rate, and the
    flat one then needs thousands of steps.

    Parameters
    ----------
    inputs : array_like, shape (examples,) or (examples, features)
        The inputs.
    limit : float
        How many times larger or smaller than 1 the typical size of a feature may be.

    Returns
    -------
    Finding or None
        The worst feature, and the largest stable learning rate for a linear model with mean squared error.

    Raises
    ------
    ValueError
        If the inputs are empty or not finite, or the limit is not above zero.

    Examples
    --------
    >>> print(unscaled_inputs([[0.1, 100.0], [0.3, 400.0]]))
    Unscaled inputs. Feature 1 runs from 100 to 400, where about -1 to 1 is wanted; a linear model would \
need a learning rate below 1.2e-05. Subtract each feature's mean and divide by its standard deviation, both \
taken from the training data only.
    """
    table = np.atleast_1d(arguments.numbers("inputs", inputs))
    table = table.reshape(len(table), -1)
    limit = arguments.positive("limit", limit)
    size = np.sqrt(np.mean(table**2, axis=0))
    size[size == 0] = 1  # a feature that is 0 throughout, such as a picture's black corner, does no harm
    factor = np.maximum(size, 1 / size)
    worst = int(np.argmax(factor))
    if factor[worst] <= limit:
        return None
    column = table[:, worst]
    return Finding(
        "Unscaled inputs",
        f"Feature {worst} runs from {column.min():.4g} to {column.max():.4g}, where about -1 to 1 is wanted; "
        f"a linear model would need a learning rate below {largest_learning_rate(table):.2g}.",
        "Subtract each feature's mean and divide by its standard deviation, both taken from the training "
        "data only.",
    )


def stale_state(weights: Sequence[ArrayLike], fresh: Sequence[ArrayLike]) -> Finding | None:
    """Tell whether a run is about to start from weights that an earlier run has changed.

    Parameters
    ----------
    weights : sequence of array_like
        The weights of the model that is to be trained.
    fresh : sequence of array_like
        The weights of a new model, made in the same way with the same seed.

    Returns
    -------
    Finding or None
        How far the weights are from a fresh start.

    Raises
    ------
    ValueError
        If the two do not match in number or shape.

    Examples
    --------
    >>> print(stale_state([[3.1]], [[5.0]]))
    Stale state. 1 of 1 weight arrays differ from those of a fresh model, by up to 1.9. This model has been \
trained before: make a new one in the cell that trains it, or restart and run all.
    """
    if len(weights) != len(fresh):
        raise ValueError(
            f"`weights` has {len(weights)} arrays and `fresh` {len(fresh)}; there must be as many."
        )
    for number, (one, two) in enumerate(zip(weights, fresh, strict=True)):
        if np.shape(one) != np.shape(two):
            raise ValueError(
                f"`weights[{number}]` has shape {np.shape(one)}, `fresh[{number}]` {np.shape(two)}."
            )
    distances = [float(np.abs(np.subtract(one, two)).max()) for one, two in zip(weights, fresh, strict=True)]
    changed = [distance for distance in distances if distance != 0]  # NaN differs from 0, too
    if not changed:
        return None
    how_far = (
        f"by up to {max(changed):.4g}" if np.isfinite(changed).all() else "and some are not even numbers"
    )
    return Finding(
        "Stale state",
        f"{len(changed)} of {len(weights)} weight arrays differ from those of a fresh model, {how_far}.",
        "This model has been trained before: make a new one in the cell that trains it, or restart and run "
        "all.",
    )


def cells_run_again(cells: Sequence[str]) -> Finding | None:
    """Find notebook cells that ran more than once since the kernel started.

    Parameters
    ----------
    cells : sequence of str
        The source of every cell that ran, in the order of running. In a notebook it is called ``In``.

    Returns
    -------
    Finding or None
        The first line of each such cell.

    Examples
    --------
    >>> print(cells_run_again(["model = Line()", "train(model)", "train(model)"]))
    Cells run again. `train(model)` ran 2 times. What is in memory is not what the page shows from top to \
bottom: restart and run all.
    """
    counts: dict[str, int] = {}
    for cell in cells:
        source = cell.strip()
        if source:
            counts[source] = counts.get(source, 0) + 1
    again = [f"`{source.splitlines()[0]}` ran {count} times" for source, count in counts.items() if count > 1]
    if not again:
        return None
    return Finding(
        "Cells run again",
        "; ".join(again) + ".",
        "What is in memory is not what the page shows from top to bottom: restart and run all.",
    )


def expected_initial_loss(classes: int) -> float:
    """Return the cross-entropy of a classifier that knows nothing yet: it gives every class the same chance.

    Parameters
    ----------
    classes : int
        How many classes there are.

    Returns
    -------
    float
        The natural logarithm of the number of classes.

    Raises
    ------
    ValueError
        If there are fewer than two classes.

    Examples
    --------
    >>> round(expected_initial_loss(10), 4)
    2.3026
    """
    return float(np.log(arguments.whole("classes", classes, minimum=2)))


def surprising_start(loss: float, classes: int) -> Finding | None:
    """Tell whether a classifier's loss before training is far from what knowing nothing costs.

    Parameters
    ----------
    loss : float
        The mean cross-entropy before the first update.
    classes : int
        How many classes there are.

    Returns
    -------
    Finding or None
        The loss and what was expected: more than half or less than half of it is surprising.

    Raises
    ------
    ValueError
        If there are fewer than two classes.

    Examples
    --------
    >>> print(surprising_start(14.2, classes=10))
    Surprising start. The first loss is 14.2; a model of 10 classes that knows nothing has 2.303. Look at a \
few answers. If they are not between 0 and 1, the loss takes the last layer's sums for probabilities: give \
it `from_logits=True`, or the layer a softmax or sigmoid. If they are, and near 0 and 1, the model is sure \
and wrong: the first weights or the inputs are too large.
    """
    expected = expected_initial_loss(classes)
    if 0.5 * expected <= loss <= 1.5 * expected:
        return None
    if not np.isfinite(loss):
        advice = (
            "No learning rate has acted yet: look for missing values in the inputs and targets, for a "
            "logarithm of zero in the loss, and for weights that an earlier run has broken."
        )
    elif loss < 0:
        advice = (
            "A cross-entropy is never below zero: the targets are no shares from 0 to 1, or the answers no "
            "probabilities. Print both."
        )
    elif loss < expected:
        advice = "It knows the answer already: is the target among the inputs, or the model not fresh?"
    else:
        advice = (
            "Look at a few answers. If they are not between 0 and 1, the loss takes the last layer's sums "
            "for probabilities: give it `from_logits=True`, or the layer a softmax or sigmoid. If they are, "
            "and near 0 and 1, the model is sure and wrong: the first weights or the inputs are too large."
        )
    return Finding(
        "Surprising start",
        f"The first loss is {loss:.4g}; a model of {classes} classes that knows nothing has {expected:.4g}.",
        advice,
    )


def cannot_overfit(losses: ArrayLike, share: float = 0.01) -> Finding | None:
    """Tell whether a model failed to learn a handful of examples by heart, which any sound one can.

    Parameters
    ----------
    losses : array_like, shape (steps,)
        The loss after each of many steps on the same few examples.
    share : float
        The share of the first loss that must be reached.

    Returns
    -------
    Finding or None
        How far the loss fell.

    Raises
    ------
    ValueError
        If there are no losses, or the share is not above zero.

    Examples
    --------
    >>> print(cannot_overfit([2.3, 2.29, 2.28]))
    Cannot overfit. On the same few examples the loss fell from 2.3 to 2.28 in 2 steps and not below 0.023. \
Before you blame the data: check labels, shapes, gradients and the learning rate.
    """
    array = _series("losses", losses)
    goal = arguments.positive("share", share) * float(array[0])
    if array[-1] <= goal:
        return None
    return Finding(
        "Cannot overfit",
        f"On the same few examples the loss fell from {array[0]:.4g} to {array[-1]:.4g} in "
        f"{len(array) - 1} steps and not below {goal:.2g}.",
        "Before you blame the data: check labels, shapes, gradients and the learning rate.",
    )


def _series(name: str, values: ArrayLike) -> FloatArray:
    """Return a record as floats; unlike other arguments it may hold NaN, which is what is looked for."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(
            f"`{name}` has shape {array.shape}; it must hold one entry a step, and at least one."
        )
    return array
