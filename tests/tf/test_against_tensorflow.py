"""The NumPy gradients agree with TensorFlow's tape, its costs and Keras' optimizers, at random points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import cost
from course_lib.autodiff import Value
from course_lib.data import noisy_line, quadratic_cloud
from course_lib.descent import Trainer, least_squares, line_gradient
from course_lib.network import ACTIVATIONS, Network, flat, initial_layers
from course_lib.optimizers import Adam, AdamW, GradientDescent, Momentum, Nesterov, RMSprop, cosine, stepped
from course_lib.tf import training
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


KERAS = tf.keras.optimizers
# Two things keep engines apart that are no differences of the rules. Keras adds Adam's epsilon at another
# place than the paper: where it is tiny the two are the same. And Keras rounds its factors (not its rate) to
# single precision even when it computes in double: halves, quarters and eighths survive that.
PAIRS = {
    "plain": (GradientDescent(0.03), lambda: KERAS.SGD(0.03)),
    "momentum": (Momentum(0.03, 0.75), lambda: KERAS.SGD(0.03, momentum=0.75)),
    "nesterov": (Nesterov(0.03, 0.75), lambda: KERAS.SGD(0.03, momentum=0.75, nesterov=True)),
    "rmsprop": (RMSprop(0.03, 0.875), lambda: KERAS.RMSprop(0.03, rho=0.875)),
    "adam": (Adam(0.03, 0.75, 0.9375, 1e-30), lambda: KERAS.Adam(0.03, 0.75, 0.9375, 1e-30)),
    "adamw": (
        AdamW(0.03, 0.125, 0.75, 0.9375, 1e-30),
        lambda: KERAS.AdamW(0.03, weight_decay=0.125, beta_1=0.75, beta_2=0.9375, epsilon=1e-30),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_update_rules_step_as_those_of_keras(name):
    ours, theirs = PAIRS[name]
    inputs, targets = quadratic_cloud()
    design, goal = np.stack([inputs**2, inputs, np.ones_like(inputs)], axis=1), targets
    weights = [np.array([0.5, -1.0, 0.0])]
    with training.float64():
        variable, optimizer = tf.keras.Variable(weights[0], dtype="float64"), theirs()
        for _ in range(100):
            slope = 2 * design.T @ (design @ weights[0] - goal) / len(goal)
            weights = ours.step(weights, [slope])
            slope = 2 * design.T @ (design @ variable.numpy() - goal) / len(goal)
            optimizer.apply_gradients([(tf.constant(slope), variable)])
            np.testing.assert_allclose(weights[0], variable.numpy(), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("total", "warmup", "peak"), [(20, 0, 0.3), (30, 5, 1.0)])
def test_schedules_are_those_of_keras(total, warmup, peak):
    with training.float64():
        cut = KERAS.schedules.ExponentialDecay(peak, 4, 0.5, staircase=True)
        settings = {"warmup_target": peak, "warmup_steps": warmup} if warmup else {}
        wave = KERAS.schedules.CosineDecay(0.0 if warmup else peak, total - warmup, **settings)
        for step in range(total):
            assert stepped(step, peak, 4, 0.5) == pytest.approx(float(cut(step)), abs=1e-6)
            # Keras' first step of a warm-up has a rate of zero; ours gets one portion already.
            theirs = float(wave(step + 1 if step < warmup else step))
            assert cosine(step, total, peak, warmup) == pytest.approx(theirs, abs=1e-6)


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
