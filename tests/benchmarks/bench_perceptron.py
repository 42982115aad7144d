"""Time the perceptron to its separating line beside scikit-learn's, on the chapter's 500 scaled points.

Run it as a script, with the number of data sets if 50 are too many. Both start from the same weights and make
the same updates; ours visits every point in the order of the textbook, by scanning to the next mistake. Ours
is told to stop when all are right; scikit-learn, whose own test for that is another, is told the passes.
Both are timed by the processor time of one thread, so that other programs do not count.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import Perceptron as ReferencePerceptron

from course_lib.data import points_by_line
from course_lib.perceptron import Perceptron, random_weights


def seconds(work: Callable[[], object], repeats: int = 7) -> float:
    """Return the median processor time that the work takes."""
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return statistics.median(times)


def compare(seed: int) -> tuple[int, int, float, float]:
    """Fit one data set both ways; return epochs, updates and both times."""
    inputs, targets = points_by_line(scaled=True, seed=seed)
    start = random_weights(2, seed)
    ours = Perceptron(epochs=10_000)

    def fit_ours() -> None:
        ours.fit(inputs, targets, start, 0.1)

    fit_ours()
    theirs = ReferencePerceptron(max_iter=ours.epochs_, tol=None, shuffle=False)

    def fit_theirs() -> None:
        # A copy, because scikit-learn trains the array that it is given.
        theirs.fit(inputs, targets, coef_init=start[np.newaxis].copy(), intercept_init=[0.1])

    fit_theirs()
    assert ours.converged_
    assert np.allclose(theirs.coef_[0], ours.weights_, rtol=1e-9)
    return ours.epochs_, ours.updates_, seconds(fit_ours), seconds(fit_theirs)


def main() -> None:
    """Print one line for each data set, and the spread of the ratios."""
    print("seed  epochs  updates  ours, ms  scikit-learn, ms  ratio")
    ratios = []
    for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 50):
        epochs, updates, ours, theirs = compare(seed)
        ratios.append(ours / theirs)
        print(
            f"{seed:4}  {epochs:6}  {updates:7}  {ours * 1e3:8.2f}  {theirs * 1e3:16.2f}  {ratios[-1]:5.2f}"
        )
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"ratio: smallest {low:.2f}, median {middle:.2f}, largest {high:.2f} (wanted: at most 5)")


if __name__ == "__main__":
    main()
