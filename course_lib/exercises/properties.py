"""Properties by which one of many answers is right: any line that separates, any network that decides alike.

Each takes the calls of a case, what was expected of each and what came back, and returns None or a sentence
that says what is wrong.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from course_lib.exercises.differences import ATOL, RTOL, difference, kind_problem


def separates(
    calls: Sequence[Any],
    expected: Sequence[Any],
    got: Sequence[Any],
    inputs: int = 0,
    targets: int = 1,
    margin: float = 1e-9,
) -> str | None:
    """Accept any (weights, bias) with which `inputs @ weights + bias > 0` exactly where the target is 1.

    Parameters
    ----------
    inputs, targets
        Which arguments of the last call hold the points, shape (n, features), and their classes 0 and 1.
    margin
        How far from zero each score must be, so that rounding cannot decide.
    """
    points = np.asarray(calls[-1].arguments[inputs], dtype=np.float64)
    classes = np.asarray(calls[-1].arguments[targets])
    line = _weights_and_bias(got[-1], points.shape[1])
    if isinstance(line, str):
        return line
    scores = points @ line[0] + line[1]
    wrong = np.where(classes == 1, scores <= margin, scores > -margin if margin else scores > 0)
    if not wrong.any():
        return None
    first = int(np.flatnonzero(wrong)[0])
    return (
        f"{int(wrong.sum())} of {len(points)} points are on the wrong side, for example "
        f"{np.array2string(points[first], separator=', ')} of class {int(classes[first])}."
    )


def decides_alike(calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any]) -> str | None:
    """Accept any (weights, bias) that decide like the expected ones on every input of zeros and ones."""
    weights, bias = expected[-1]
    line = _weights_and_bias(got[-1], len(weights))
    if isinstance(line, str):
        return line
    for bits in product((0, 1), repeat=len(weights)):
        want = float(np.dot(bits, weights) + bias) > 0
        score = float(np.dot(bits, line[0]) + line[1])
        if (score > 0) != want:
            return (
                f"For the answers {list(bits)} your sum is {score:.6g}, so that the decision is "
                f"{int(score > 0)}; it should be {int(want)}."
            )
    return None


def _weights_and_bias(answer: Any, features: int) -> tuple[np.ndarray, float] | str:
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return kind_problem((), answer) or "Return two things: the weights and the bias."
    try:
        weights, bias = np.asarray(answer[0], dtype=np.float64), np.asarray(answer[1], dtype=np.float64)
    except (TypeError, ValueError):
        return "The weights and the bias have to be numbers."
    if weights.shape != (features,) or bias.shape != ():
        return f"Return {features} weights, shape ({features},), and one number as bias."
    if not (np.isfinite(weights).all() and np.isfinite(bias)):
        return "A weight or the bias is not a finite number."
    return weights, float(bias)


def same_members(calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any]) -> str | None:
    """Accept lists that hold the same members in any order."""
    for want, have in zip(expected, got, strict=True):
        if not isinstance(have, list | tuple | np.ndarray):
            return kind_problem(want, have) or "Several values are expected."
        members = sorted(np.asarray(want).tolist())
        try:
            found = sorted(np.asarray(have).tolist())
        except (TypeError, ValueError):
            return "The members cannot be compared with each other."
        if members != found:
            return f"The members should be {members}, in any order."
    return None


def any_of(
    calls: Sequence[Any], expected: Sequence[Any], got: Sequence[Any], rtol: float = RTOL, atol: float = ATOL
) -> str | None:
    """Accept an answer that agrees with one of several. Each expected value is a list of right answers."""
    for accepted, have in zip(expected, got, strict=True):
        problems = [difference(want, have, rtol, atol) for want in accepted]
        if all(problems):
            return problems[0]
    return None
