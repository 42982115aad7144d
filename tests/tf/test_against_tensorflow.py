"""The NumPy gradients agree with TensorFlow's tape, its costs and Keras' optimizers, at random points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import cost
from course_lib.autodiff import Value
from course_lib.data import noisy_line
from course_lib.descent import Adam, GradientDescent, Momentum, Trainer, least_squares, line_gradient
from course_lib.network import ACTIVATIONS, Network, flat, initial_layers
from course_lib.tf.quiet import tf

TAPE_ACTIVATIONS = {"linear": tf.identity, "sigmoid": tf.sigmoid, "tanh": tf.tanh, "relu": tf.nn.relu}


def tape_gradient(function, *points):
    tensors = [tf.constant(point, dtype=tf.float64) for point in points]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    return float(value), [gradient.numpy() for gradient in tape.gradient(value, tensors)]


def arrays_from(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [3 * rng.normal(size=shape) for shape in shapes]


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), examples=st.integers(1, 6), classes=st.integers(2, 5))
def test_costs_and_their_gradients(seed, examples, classes):
    predictions, targets = arrays_from(seed, (examples, classes), (examples, classes))
    labels = np.random.default_rng(seed).integers(0, classes, examples)
    shares = cost.sigmoid(targets)
    for ours, our_gradient, answers, theirs in (
        (
            cost.mean_squared_error,
            cost.mean_squared_error_gradient,
            targets,
            lambda p: tf.reduce_mean(tf.square(p - targets)),
        ),
        (
            cost.mean_absolute_error,
            cost.mean_absolute_error_gradient,
            targets,
            lambda p: tf.reduce_mean(tf.abs(p - targets)),
        ),
        (
            cost.huber,
            cost.huber_gradient,
            targets,
            lambda p: tf.keras.losses.Huber(dtype="float64")(targets, p),
        ),
        (
            cost.binary_cross_entropy,
            cost.binary_cross_entropy_gradient,
            shares,
            lambda p: tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(shares, p)),
        ),
        (
            cost.softmax_cross_entropy,
            cost.softmax_cross_entropy_gradient,
            labels,
            lambda p: tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, p)),
        ),
    ):
        value, (gradient,) = tape_gradient(theirs, predictions)
        assert ours(predictions, answers) == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(our_gradient(predictions, answers), gradient, rtol=1e-10, atol=1e-12)


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_the_gradient_of_a_line(seed):
    inputs, targets, (weight, bias) = arrays_from(seed, 12, 12, 2)
    _, gradients = tape_gradient(
        lambda w, b: tf.reduce_mean(tf.square(w * inputs + b - targets)), weight, bias
    )
    np.testing.assert_allclose(line_gradient(inputs, targets, weight, bias), gradients, rtol=1e-10)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("hidden", [[], [3], [4, 2]])
def test_backpropagation(activation, hidden):
    inputs, targets = arrays_from(1, (7, 2), (7, 2))
    network = Network(hidden, activation)
    network.layers_ = initial_layers([2, *hidden, 2], "he", seed=4)

    def loss(*parameters):
        values = tf.constant(inputs)
        for weights, biases in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            values = TAPE_ACTIVATIONS[activation](values @ weights + biases)
        return tf.reduce_mean(tf.square(values @ parameters[-2] + parameters[-1] - targets))

    _, gradients = tape_gradient(loss, *flat(network.layers_))
    for ours, theirs in zip(flat(network.gradient(inputs, targets)), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


@settings(max_examples=10)
@given(first=st.floats(-2, 2), second=st.floats(0.5, 2))
def test_scalar_autodiff(first, second):
    def calculate(a, b, exp, log, tanh, sigmoid, relu):
        return tanh(a * b) / b + exp(a - b) * sigmoid(a) - log(b * b + 1) + relu(a) ** 2 + (-a) ** 3

    x, y = Value(first), Value(second)
    result = calculate(x, y, Value.exp, Value.log, Value.tanh, Value.sigmoid, Value.relu)
    result.backward()
    value, gradients = tape_gradient(
        lambda a, b: calculate(a, b, tf.exp, tf.math.log, tf.tanh, tf.sigmoid, tf.nn.relu), first, second
    )
    assert result.data == pytest.approx(value, rel=1e-12)
    assert [x.gradient, y.gradient] == pytest.approx(gradients, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (GradientDescent(0.03), lambda: tf.keras.optimizers.SGD(0.03)),
        (Momentum(0.03, 0.7), lambda: tf.keras.optimizers.SGD(0.03, momentum=0.7)),
        # Keras adds epsilon at another place than the paper; where it is tiny the two are the same.
        (Adam(0.03, 0.8, 0.95, 1e-30), lambda: tf.keras.optimizers.Adam(0.03, 0.8, 0.95, 1e-30)),
    ],
    ids=["plain", "momentum", "adam"],
)
def test_update_rules_step_as_those_of_keras(ours, theirs):
    place, *slopes = arrays_from(3, *[(3, 2)] * 9)
    variable, optimizer = tf.Variable(place), theirs()
    parameters = [place]
    for slope in slopes:
        parameters = ours.step(parameters, [slope])
        optimizer.apply_gradients([(tf.constant(slope), variable)])
        # Keras keeps its rates in single precision.
        np.testing.assert_allclose(parameters[0], variable.numpy(), rtol=1e-5, atol=1e-6)


# Loss after 0, 1, 2, 5 and 10 steps, w and b after ten, and least squares, on the points that TensorFlow
# itself draws for the seed 0, as the two guides do.
@pytest.mark.parametrize(
    ("guide", "losses", "line", "best"),
    [
        (
            "Basic training loops",
            [10.11312, 6.29030, 4.10577, 1.68940, 1.10930],
            [3.1025, 1.7307],
            [3.01652, 1.93884, 1.05599],
        ),
        (
            "Custom training: basics",
            [9.29818, 6.25490, 4.34020, 1.89839, 1.16455],
            [3.1688, 1.7618],
            [2.98697, 1.97790, 1.08284],
        ),
    ],
)
def test_the_guides_published_losses(guide, losses, line, best):
    tf.random.set_seed(0)
    if guide == "Basic training loops":
        inputs = tf.cast(tf.linspace(-2, 2, 201), tf.float32)
        targets = inputs * 3.0 + 2.0 + tf.random.normal(shape=[201])
    else:
        inputs, noise = tf.random.normal(shape=[1000]), tf.random.normal(shape=[1000])
        targets = inputs * 3.0 + 2.0 + noise
    inputs, targets = inputs.numpy().astype(np.float64), targets.numpy().astype(np.float64)
    trainer = Trainer(inputs, targets, weight=5.0, keep_history=True)
    trainer.train(10)
    # Half a unit of the last digit, and what float32, in which the guides compute, adds to it.
    assert [trainer.history[step][2] for step in (0, 1, 2, 5, 10)] == pytest.approx(losses, abs=5.1e-6)
    assert [trainer.weight, trainer.bias] == pytest.approx(line, abs=6e-5)
    weights, bias = least_squares(inputs, targets)
    loss = cost.mean_squared_error(weights[0] * inputs + bias, targets)
    assert [weights[0], bias, loss] == pytest.approx(best, abs=6e-6)


def test_the_points_of_the_guides_lie_where_ours_do():
    evenly, _ = noisy_line()
    np.testing.assert_allclose(tf.linspace(-2.0, 2.0, 201).numpy(), evenly, atol=1e-6)
