"""Time a step of the course's trainer beside a loop that is tuned by hand, and beside plain Python.

Run it as a script. The tuned loop reuses its buffers and keeps every intermediate in place; it makes the same
steps, and it is what the trainer would look like if it were not written to be read.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from course_lib.arguments import FloatArray
from course_lib.data import noisy_line
from course_lib.descent import Trainer
from course_lib.engines import train_scalar

STEPS = 5_000


def tuned(inputs: FloatArray, targets: FloatArray, learning_rate: float, steps: int) -> tuple[float, float]:
    """Take the same steps with as little work as NumPy allows."""
    weight, bias, size = 5.0, 0.0, 2 * learning_rate / len(inputs)
    residuals, ones = np.empty_like(inputs), np.ones_like(inputs)
    multiply, add, subtract = np.multiply, np.add, np.subtract
    for _ in range(steps):
        multiply(inputs, weight, out=residuals)
        add(residuals, bias, out=residuals)
        subtract(targets, residuals, out=residuals)
        weight += size * residuals.dot(inputs)
        bias += size * residuals.dot(ones)
    return float(weight), float(bias)


def microseconds_a_step(work: Callable[[], object], steps: int, repeats: int = 7) -> float:
    """Return the median time of one step."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) / steps * 1e6


def compare(count: int, inputs: FloatArray, targets: FloatArray) -> None:
    """Print one line of the table."""
    trainer = Trainer(inputs, targets, weight=5.0)
    trainer.train(STEPS)
    assert np.allclose(tuned(inputs, targets, 0.1, STEPS), (trainer.weight, trainer.bias), rtol=1e-9)
    columns = inputs[:, np.newaxis], targets[:, np.newaxis]
    by_hand = microseconds_a_step(lambda: tuned(inputs, targets, 0.1, STEPS), STEPS)
    ours = microseconds_a_step(lambda: trainer.train(STEPS), STEPS)
    plain = microseconds_a_step(lambda: train_scalar([[[5.0]], [0.0]], *columns, 0.1, 20), 20)
    print(f"{count:6}  {by_hand:5.2f}  {ours:7.2f}  {plain:12.0f}  {ours / by_hand:15.2f}")


def main() -> None:
    """Print microseconds a step for both guides' data."""
    print("points  tuned  trainer  plain Python  trainer / tuned (wanted: at most 3)")
    compare(201, *noisy_line())
    compare(1000, *noisy_line(1000, spacing="normal"))


if __name__ == "__main__":
    main()
