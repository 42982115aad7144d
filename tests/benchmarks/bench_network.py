"""Time an epoch of a 2-64-64-1 network in NumPy beside Keras' ``fit`` on the CPU.

Run it as a script. Both train on the same 500 points in batches of 32, in double precision.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from course_lib.data import xor
from course_lib.descent import GradientDescent
from course_lib.network import Network, initial_layers
from course_lib.tf.quiet import tf

EPOCHS = 10


def milliseconds_an_epoch(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the median time of one epoch."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) / EPOCHS * 1e3


def keras_network(inputs: np.ndarray, targets: np.ndarray) -> Callable[[], object]:
    """Build and compile the same network in Keras; return a function that trains it."""
    model = tf.keras.Sequential(
        [
            tf.keras.Input((2,)),
            tf.keras.layers.Dense(64, "tanh"),
            tf.keras.layers.Dense(64, "tanh"),
            tf.keras.layers.Dense(1),
        ]
    )
    model.compile(tf.keras.optimizers.SGD(0.01), "mse")
    fit = model.fit
    fit(inputs, targets, epochs=2, batch_size=32, verbose=0)
    return lambda: fit(inputs, targets, epochs=EPOCHS, batch_size=32, verbose=0)


def main() -> None:
    """Print milliseconds an epoch."""
    tf.keras.backend.set_floatx("float64")
    inputs, labels = xor(500)
    targets = labels[:, np.newaxis].astype(float)
    network = Network([64, 64], optimizer=GradientDescent(0.01), epochs=EPOCHS, batch_size=32)
    start = initial_layers([2, 64, 64, 1])
    ours = milliseconds_an_epoch(lambda: network.fit(inputs, targets, start=start))
    keras = milliseconds_an_epoch(keras_network(inputs, targets))
    print("NumPy, ms an epoch  Keras fit, ms an epoch  NumPy / Keras (wanted: at most 1)")
    print(f"{ours:18.2f}  {keras:22.2f}  {ours / keras:13.2f}")


if __name__ == "__main__":
    main()
