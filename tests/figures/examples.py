"""One figure of each kind, with everything in it that a chapter would pass."""

from functools import cache
from typing import Any

import numpy as np

import course_lib.figures
from course_lib.figures.base import Figure


@cache
def digits() -> tuple[Any, Any]:
    """Return two layers that read scikit-learn's digits, trained on the spot, and ten images to read."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import RidgeClassifier

    data = load_digits()
    inputs = data.data / 16
    hidden = np.random.default_rng(0).normal(0, 0.5, (64, 24))
    values = np.tanh(inputs @ hidden)
    model = RidgeClassifier().fit(values[:1500], data.target[:1500])
    layers = [(hidden, np.zeros(24)), (6 * model.coef_.T, 6 * model.intercept_)]
    return layers, data.data[1500:1510]


def example(name: str) -> Figure:
    """Return a figure as a chapter would show it."""
    if name == "DrawDigit":
        layers, images = digits()
        return course_lib.figures.DrawDigit(layers, ["tanh", "linear"], examples=images, drawing=images[0])
    if name == "LossCurves":
        # Large rates make training chaotic: rounding grows until no two engines agree. Not yet in 15 epochs.
        return course_lib.figures.LossCurves(epochs=15)
    if name == "BackpropGraph":
        return course_lib.figures.BackpropGraph(stage=10)
    if name == "DividedBlame":
        return course_lib.figures.DividedBlame(stage=7)
    figure: Figure = getattr(course_lib.figures, name)()
    return figure
