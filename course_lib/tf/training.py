"""Train with TensorFlow: one step, the same step compiled, the whole loop in one graph, and Keras."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray
from course_lib.engines import Weights, checked_run
from course_lib.tf.models import TensorFlowNetwork
from course_lib.tf.quiet import hide_standard_error, tf, traced_for_each_model

# Anything that predicts when called and lists its `trainable_variables`: a tf.Module or a Keras model.
Model = Any
# Anything that compares predictions with targets and returns one number: a function here, or a loss of Keras.
Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def mean_squared_error(predictions: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Average the squared residuals.

    Parameters
    ----------
    predictions, targets : tf.Tensor
        What the model says and what is true, in equal shapes.

    Returns
    -------
    tf.Tensor, shape ()
        The loss, in the squared units of the targets.

    Raises
    ------
    ValueError
        If the shapes differ. Without this check (n,) and (n, 1) would stretch into a table of n times n.

    Examples
    --------
    >>> mean_squared_error(tf.constant([1.0, 2.0]), tf.constant([1.0, 4.0])).numpy().item()
    2.0
    """
    if not predictions.shape.is_compatible_with(targets.shape):
        raise ValueError(
            f"`predictions` have shape {tuple(predictions.shape)} and `targets` have shape "
            f"{tuple(targets.shape)}; they must be equal. `tf.reshape(targets, predictions.shape)` works if "
            "both hold as many numbers."
        )
    return tf.reduce_mean(tf.square(predictions - targets))


def train_step(
    model: Model,
    inputs: tf.Tensor,
    targets: tf.Tensor,
    learning_rate: float,
    loss: Loss = mean_squared_error,
) -> tf.Tensor:
    """Make one step of gradient descent.

    Parameters
    ----------
    model : tf.Module or keras.Model
        What is trained; its variables change.
    inputs, targets : tf.Tensor
        The examples and what is true.
    learning_rate : float
        How far to go against the gradient.
    loss : function
        Takes predictions and targets and returns one number.

    Returns
    -------
    tf.Tensor, shape ()
        The loss *before* the step.

    Raises
    ------
    ValueError
        If predictions and targets differ in shape.

    Examples
    --------
    >>> from course_lib.tf.models import LinearModel
    >>> model, inputs, targets = LinearModel(), np.array([1.0, 2.0]), np.array([5.0, 8.0])
    >>> train_step(model, inputs, targets, learning_rate=0.1).numpy().item()
    2.0
    >>> round(model.weight.numpy().item(), 6)
    4.6
    """
    with tf.GradientTape() as tape:
        cost = loss(model(inputs), targets)
    variables = model.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(cost, variables), strict=True):
        variable.assign_sub(learning_rate * gradient)
    return cost


def train_step_with(
    optimizer: Any,
    model: Model,
    inputs: tf.Tensor,
    targets: tf.Tensor,
    loss: Loss = mean_squared_error,
) -> tf.Tensor:
    """Make one step and leave the update to an optimizer.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Knows what to do with a gradient; each model needs an optimizer of its own.
    model : tf.Module or keras.Model
        What is trained; its variables change.
    inputs, targets : tf.Tensor
        The examples and what is true.
    loss : function
        Takes predictions and targets and returns one number.

    Returns
    -------
    tf.Tensor, shape ()
        The loss *before* the step.

    Raises
    ------
    ValueError
        If predictions and targets differ in shape.

    Examples
    --------
    >>> from course_lib.tf.models import LinearModel
    >>> model, inputs, targets = LinearModel(), np.array([1.0, 2.0]), np.array([5.0, 8.0])
    >>> train_step_with(tf.keras.optimizers.SGD(0.1), model, inputs, targets).numpy().item()
    2.0
    """
    with tf.GradientTape() as tape:
        cost = loss(model(inputs), targets)
    variables = model.trainable_variables
    optimizer.apply(tape.gradient(cost, variables), variables)
    return cost


# The same step as a graph: Python runs it once for each new kind of argument, TensorFlow ever after.
compiled_train_step = traced_for_each_model(train_step)


@dataclass
class History:
    """What a training run looked like, one entry a step, the start first.

    Attributes
    ----------
    losses : list of float
        The loss after each step, ``steps + 1`` entries.
    weights : list of list of ndarray
        The model's trainable variables after each step, likewise.

    Examples
    --------
    >>> History().losses
    []
    """

    losses: list[float] = field(default_factory=list)
    weights: list[list[FloatArray]] = field(default_factory=list)

    def record(self, model: Model, loss: tf.Tensor) -> None:
        """Write down where the model stands.

        Parameters
        ----------
        model : tf.Module or keras.Model
            What is trained.
        loss : tf.Tensor, shape ()
            Its loss.
        """
        self.losses.append(float(loss))
        self.weights.append([variable.numpy() for variable in model.trainable_variables])


def train(
    model: Model,
    inputs: ArrayLike,
    targets: ArrayLike,
    learning_rate: float,
    steps: int,
    step: Callable[..., tf.Tensor] = train_step,
    loss: Loss = mean_squared_error,
) -> History:
    """Repeat a training step on all the data and keep a history.

    Parameters
    ----------
    model : tf.Module or keras.Model
        What is trained; its variables change.
    inputs, targets : array_like, one row an example
        The data.
    learning_rate : float
        How far to go against the gradient.
    steps : int
        How many steps.
    step : function
        `train_step` or `compiled_train_step`.
    loss : function
        Takes predictions and targets and returns one number.

    Returns
    -------
    History
        Losses and weights. It belongs to this call: a second call starts a new one.

    Raises
    ------
    ValueError
        If the data are empty or not finite, predictions and targets differ in shape, or the rate or the
        steps are not above zero.

    Examples
    --------
    >>> from course_lib.data import noisy_line
    >>> from course_lib.tf.models import LinearModel
    >>> [round(loss, 5) for loss in train(LinearModel(), *noisy_line(), learning_rate=0.1, steps=2).losses]
    [10.64626, 6.54106, 4.19476]
    """
    inputs, targets, learning_rate, steps = _checked(inputs, targets, learning_rate, steps)
    history = History()
    history.record(model, loss(model(inputs), targets))
    for _ in range(steps):
        step(model, inputs, targets, learning_rate, loss)
        history.record(model, loss(model(inputs), targets))
    return history


def _checked(
    inputs: ArrayLike, targets: ArrayLike, learning_rate: float, steps: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, int]:
    inputs, targets = arguments.numbers("inputs", inputs), arguments.numbers("targets", targets)
    arguments.as_many("inputs", np.atleast_1d(inputs), "targets", np.atleast_1d(targets))
    rate = arguments.positive("learning_rate", learning_rate)
    return (
        tf.constant(inputs),
        tf.constant(targets),
        # A tensor, because tf.function traces again for each new Python number.
        tf.constant(rate, dtype=tf.float64),
        arguments.whole("steps", steps),
    )


def train_in_graph(
    model: Model,
    inputs: ArrayLike,
    targets: ArrayLike,
    learning_rate: float,
    steps: int,
    xla: bool = True,
    loss: Loss = mean_squared_error,
) -> float:
    """Train with the whole loop inside one graph: Python is called once, not once a step.

    Parameters
    ----------
    model : tf.Module or keras.Model
        What is trained; its variables change.
    inputs, targets : array_like, one row an example
        The data.
    learning_rate : float
        How far to go against the gradient.
    steps : int
        How many steps.
    xla : bool
        Whether XLA, TensorFlow's compiler, turns the graph into machine code. It takes about a second,
        once for each model, and makes each step several times faster.
    loss : function
        Takes predictions and targets and returns one number.

    Returns
    -------
    float
        The loss after the last step. No history is kept, so memory does not grow with the steps.

    Raises
    ------
    ValueError
        As for `train`.

    Examples
    --------
    >>> from course_lib.data import noisy_line
    >>> from course_lib.tf.models import LinearModel
    >>> round(train_in_graph(LinearModel(), *noisy_line(), learning_rate=0.1, steps=10), 5)
    0.97499
    """
    inputs, targets, learning_rate, steps = _checked(inputs, targets, learning_rate, steps)
    loop = _loop_as_machine_code if xla else _loop_as_graph
    with hide_standard_error():  # XLA announces its first compilation
        return float(loop(model, inputs, targets, learning_rate, tf.constant(steps), loss))


def _loop(
    model: Model,
    inputs: tf.Tensor,
    targets: tf.Tensor,
    learning_rate: tf.Tensor,
    steps: tf.Tensor,
    loss: Loss,
) -> tf.Tensor:
    for _ in tf.range(steps):
        train_step(model, inputs, targets, learning_rate, loss)
    return loss(model(inputs), targets)


_loop_as_graph = traced_for_each_model(_loop)
_loop_as_machine_code = traced_for_each_model(_loop, jit_compile=True)


def cross_entropy(scores: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Average the cross-entropy of a classifier that answers with scores, one for each class.

    The softmax is part of it: the model returns scores (logits), not probabilities.

    Parameters
    ----------
    scores : tf.Tensor, shape (examples, classes)
        What the model says.
    labels : tf.Tensor of whole numbers, shape (examples,)
        The number of the right class.

    Returns
    -------
    tf.Tensor, shape ()
        The loss, in nats: the natural logarithm's unit.

    Raises
    ------
    ValueError
        If the scores are no table or there is not one label for each row.

    Examples
    --------
    >>> round(float(cross_entropy(tf.constant([[0.0, 0.0]]), tf.constant([1]))), 4)
    0.6931
    """
    if len(scores.shape) != 2 or not labels.shape.is_compatible_with(scores.shape[:1]):
        raise ValueError(
            f"`scores` have shape {tuple(scores.shape)} and `labels` have shape {tuple(labels.shape)}; a "
            "classifier needs a table of scores, one column for each class, and one label for each row."
        )
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores))


def share_right(scores: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Return the accuracy of a classifier that answers with scores: a metric for `train_in_epochs`.

    Parameters
    ----------
    scores : tf.Tensor, shape (examples, classes)
        What the model says; the largest score is its answer.
    labels : tf.Tensor of whole numbers, shape (examples,)
        The number of the right class.

    Returns
    -------
    tf.Tensor, shape ()
        The share of rows whose largest score stands at the label.

    Examples
    --------
    >>> share_right(tf.constant([[0.0, 1.0], [3.0, 2.0]]), tf.constant([1, 1])).numpy().item()
    0.5
    """
    right = tf.argmax(scores, axis=1) == tf.cast(labels, tf.int64)
    return tf.reduce_mean(tf.cast(right, scores.dtype))


def train_in_epochs(
    model: Model,
    batches: Iterable[tuple[tf.Tensor, tf.Tensor]],
    optimizer: Any,
    loss: Loss = mean_squared_error,
    metrics: Mapping[str, Loss] | None = None,
    epochs: int = 1,
    after_step: Callable[[], Any] | None = None,
) -> dict[str, list[float]]:
    """Train on batches, epoch after epoch: what ``fit`` does, written out.

    Parameters
    ----------
    model : tf.Module or keras.Model
        What is trained; its variables change.
    batches : iterable of pairs of tf.Tensor
        Inputs and targets of each batch, such as a batched ``tf.data.Dataset``; gone through once an epoch.
    optimizer : keras.optimizers.Optimizer
        Knows what to do with a gradient.
    loss : function
        Takes predictions and targets and returns one number.
    metrics : mapping of functions, optional
        What else to report, by name; each takes predictions and targets and returns one number.
    epochs : int
        How often to go through all batches.
    after_step : function, optional
        Called after each step, without arguments.

    Returns
    -------
    dict of list of float
        Under ``"loss"`` and each metric's name one number for each epoch: the mean over the batches, each
        measured before its own update and weighted by its size. These are the numbers that ``fit`` reports.

    Raises
    ------
    ValueError
        If the number of epochs is not above zero, or there is no batch.

    Examples
    --------
    >>> from course_lib.tf.models import LinearModel
    >>> batches = [(np.array([1.0, 2.0]), np.array([5.0, 8.0]))]
    >>> train_in_epochs(LinearModel(), batches, tf.keras.optimizers.SGD(0.1), epochs=1)
    {'loss': [2.0]}
    """
    measures = {"loss": loss, **(metrics or {})}
    history: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(arguments.whole("epochs", epochs)):
        sums, examples = dict.fromkeys(measures, 0.0), 0
        for inputs, targets in batches:
            with tf.GradientTape() as tape:
                predictions = model(inputs, training=True) if _knows_training(model) else model(inputs)
                # What regularisers ask for stands in `losses`, where a Keras model has it; `fit` adds it too.
                cost = loss(predictions, targets) + sum(getattr(model, "losses", ()))
            variables = model.trainable_variables
            optimizer.apply(tape.gradient(cost, variables), variables)
            for name, measure in measures.items():
                value = cost if name == "loss" else measure(predictions, targets)
                sums[name] += float(value) * len(inputs)
            examples += len(inputs)
            if after_step is not None:
                after_step()
        if not examples:
            raise ValueError("`batches` holds no batch. A generator can be gone through only once.")
        for name in measures:
            history[name].append(sums[name] / examples)
    return history


def _knows_training(model: Model) -> bool:
    return isinstance(model, tf.keras.Model)


def train_tensorflow(
    start: Sequence[ArrayLike], inputs: ArrayLike, targets: ArrayLike, learning_rate: float, steps: int
) -> list[Weights]:
    """Train the network of `course_lib.engines` with TensorFlow: the third engine.

    Parameters
    ----------
    start, inputs, targets, learning_rate, steps
        As for `course_lib.engines.train_scalar`.

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
    >>> run = train_tensorflow([[[5.0]], [0.0]], inputs=[[1.0], [2.0]], targets=[[5.0], [8.0]],
    ...                        learning_rate=0.1, steps=1)
    >>> [array.round(6).tolist() for array in run[1]]
    [[[4.6]], [-0.2]]
    """
    weights, inputs, targets = checked_run(start, inputs, targets, learning_rate, steps)
    return train(TensorFlowNetwork(weights), inputs, targets, learning_rate, steps).weights


def train_keras(
    start: Sequence[ArrayLike], inputs: ArrayLike, targets: ArrayLike, learning_rate: float, steps: int
) -> list[Weights]:
    """Train the network of `course_lib.engines` with Keras' own ``compile`` and ``fit``: the fourth engine.

    Parameters
    ----------
    start, inputs, targets, learning_rate, steps
        As for `course_lib.engines.train_scalar`.

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
    >>> run = train_keras([[[5.0]], [0.0]], inputs=[[1.0], [2.0]], targets=[[5.0], [8.0]],
    ...                   learning_rate=0.1, steps=1)
    >>> [array.round(6).tolist() for array in run[1]]
    [[[4.6]], [-0.2]]
    """
    weights, inputs, targets = checked_run(start, inputs, targets, learning_rate, steps)
    with float64():
        model = keras_network(weights)
        model.compile(optimizer=tf.keras.optimizers.SGD(float(learning_rate)), loss="mse")
        run = [model.get_weights()]
        keep = tf.keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: run.append(model.get_weights()))
        # One batch holds all the data, so an epoch is a step.
        model.fit(inputs, targets, len(inputs), epochs=steps, shuffle=False, verbose=0, callbacks=[keep])
    return run


def keras_network(start: Sequence[ArrayLike]) -> Any:
    """Make the network of `course_lib.engines` from Keras layers.

    Parameters
    ----------
    start : sequence of array_like
        The weights, layer by layer: (from, to), (to,), ...

    Returns
    -------
    keras.Sequential
        Dense layers in float64: tanh in the hidden ones, nothing in the last.

    Raises
    ------
    ValueError
        If an array is no matrix or vector of finite numbers.

    Examples
    --------
    >>> keras_network([[[5.0]], [0.0]]).count_params()
    2
    """
    arrays = [arguments.numbers(f"start[{number}]", array) for number, array in enumerate(start)]
    biases = arrays[1::2]
    layers = [
        tf.keras.layers.Dense(len(bias), "tanh" if number < len(biases) else None, dtype="float64")
        for number, bias in enumerate(biases, start=1)
    ]
    network = tf.keras.Sequential([tf.keras.Input(shape=(len(arrays[0]),), dtype="float64"), *layers])
    network.set_weights(arrays)
    return network


@contextmanager
def float64() -> Iterator[None]:
    """Let Keras compute in float64 for a while; without it, losses and learning rates are float32.

    Examples
    --------
    >>> with float64():
    ...     print(tf.keras.backend.floatx())
    float64
    """
    floatx, policy = tf.keras.config.floatx(), tf.keras.config.dtype_policy()
    tf.keras.config.set_floatx("float64")
    # Keras asks for floatx once, at its first layer, and keeps a policy from then on.
    tf.keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        tf.keras.config.set_floatx(floatx)
        tf.keras.config.set_dtype_policy(policy)
