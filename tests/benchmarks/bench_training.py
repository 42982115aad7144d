"""How much faster is a training loop inside a TensorFlow graph than the guides' loop in Python?

Prints microseconds a step and ratios, all from one run on one machine. The peer is the loop of the guide
"Basic training loops", written as there: a Python loop and a tape in each step.
"""

import time

import numpy as np

from course_lib import data
from course_lib.tf import training
from course_lib.tf.models import KerasLinearModel, LinearModel
from course_lib.tf.quiet import tf

RATE = 0.1


def microseconds(run, steps, repeats=3):
    """Time the best of several runs, after one that compiles what there is to compile."""
    run(steps)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run(steps)
        times.append(time.perf_counter() - start)
    return min(times) / steps * 1e6


def guide_loop(inputs, targets):
    inputs, targets = tf.constant(inputs), tf.constant(targets)
    weight, bias = tf.Variable(5.0, dtype=tf.float64), tf.Variable(0.0, dtype=tf.float64)

    def loss():
        return tf.reduce_mean(tf.square(targets - (weight * inputs + bias)))

    def run(steps):
        for _ in range(steps):
            with tf.GradientTape() as tape:
                current = loss()
            by_weight, by_bias = tape.gradient(current, [weight, bias])
            weight.assign_sub(RATE * by_weight)
            bias.assign_sub(RATE * by_bias)

    return run


def compiled_step(inputs, targets):
    model, rate = LinearModel(), tf.constant(RATE, tf.float64)
    inputs, targets = tf.constant(inputs), tf.constant(targets)

    def run(steps):
        for _ in range(steps):
            training.compiled_train_step(model, inputs, targets, rate)

    return run


def in_graph(xla):
    def prepare(inputs, targets):
        model = LinearModel()
        return lambda steps: training.train_in_graph(model, inputs, targets, RATE, steps, xla=xla)

    return prepare


def keras_fit(inputs, targets):
    with training.float64():
        model = KerasLinearModel()
        model.compile(optimizer=tf.keras.optimizers.SGD(RATE), loss="mse")

    def run(steps):
        with training.float64():
            model.fit(inputs, targets, epochs=steps, batch_size=len(inputs), verbose=0)

    return run


def numpy_loop(inputs, targets):
    def run(steps):
        weight, bias = 5.0, 0.0
        for _ in range(steps):
            residuals = targets - (weight * inputs + bias)
            step = 2 * RATE / len(residuals)
            weight, bias = weight + step * (residuals @ inputs), bias + step * residuals.sum()

    return run


WAYS = (
    ("the guide's eager loop", guide_loop, 300),
    ("tf.function around the step", compiled_step, 1000),
    ("the loop in a plain graph", in_graph(xla=False), 20_000),
    ("the loop compiled by XLA", in_graph(xla=True), 50_000),
    ("Keras fit", keras_fit, 20),
    ("NumPy", numpy_loop, 10_000),
)


def main():
    print(f"TensorFlow {tf.__version__}, Keras {tf.keras.__version__}, NumPy {np.__version__}")
    for count in (201, 1000):
        points = data.noisy_line(count)
        found = {name: microseconds(prepare(*points), steps) for name, prepare, steps in WAYS}
        slowest = found["the guide's eager loop"]
        print(f"\n{count} points".ljust(34) + "microseconds a step   times as fast as the guide's loop")
        for name, each in found.items():
            print(f"  {name:<30} {each:>18,.1f} {slowest / each:>28,.1f}")


if __name__ == "__main__":
    main()
