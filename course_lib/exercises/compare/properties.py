"""Properties by which one of many answers is right: any line that separates, any network that decides alike.

Each takes the calls of a case, what was expected of each and what came back, and returns None or a sentence
that says what is wrong.
"""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from course_lib.exercises.compare.differences import ATOL, RTOL, difference, holds_text, kind_problem, numbers
from course_lib.exercises.plain_values import Opaque, brief

# Where there are so many ways to draw, a right answer is not the suspicious one by bad luck.
TOO_MANY_FOR_CHANCE = 10**6
LARGEST_SUMMED = 1_000  # powers of two: of such numbers, eight million can be added up

Calls = Sequence[Any]
Values = Sequence[Any]


def separates(
    calls: Calls,
    expected: Values,
    got: Values,
    inputs: int = 0,
    targets: int = 1,
    distance: int | None = None,
    swapped: bool = False,
) -> str | None:
    """Accept any (weights, bias) with which `inputs @ weights + bias > 0` exactly where the target is 1.

    Parameters
    ----------
    inputs, targets
        Which arguments of the last call hold the points, shape (n, features), and their classes 0 and 1.
    distance
        Which argument says how far from the line each point must be; None if any distance will do.
    swapped
        Accept the lines that have every class on the other's side.
    """
    arguments = calls[-1].arguments
    points, classes = np.asarray(arguments[inputs], dtype=np.float64), np.asarray(arguments[targets])
    line = _weights_and_bias(got[-1], points.shape[1])
    if isinstance(line, str):
        return line
    if not line[0].any():
        return "All weights are zero: that is no line."
    exponent = _exponent(line[0])
    weights = np.ldexp(line[0], -exponent)
    length = float(np.linalg.norm(weights))  # of numbers that neither overflow nor vanish when squared
    directions = np.where((classes == 1) != swapped, 1, -1)
    with np.errstate(over="ignore"):  # a bias beside which the weights vanish: infinitely far, which is true
        distances = directions * (points @ weights + np.ldexp(line[1], -exponent)) / length
    if wrong := _wrong_side(distances, points, classes):
        return wrong
    if distance is None:
        return None
    wanted = float(arguments[distance])
    nearest = int(np.argmin(distances))
    if distances[nearest] >= wanted * (1 - 1e-9):
        return None
    return (
        f"Every point is on its side, but {brief(points[nearest])} is only {distances[nearest]:.6g} away "
        f"from the line, and {wanted:.6g} is asked for."
    )


def _wrong_side(distances: Any, points: Any, classes: Any) -> str | None:
    wrong = np.flatnonzero(~(distances > 1e-9))  # so that rounding cannot decide, and nan is on no side
    if not wrong.size:
        return None
    first = int(wrong[0])
    return (
        f"{wrong.size} of {len(points)} points are on the wrong side or on the line, for example "
        f"{brief(points[first])} of class {int(classes[first])}."
    )


def decides_alike(calls: Calls, expected: Values, got: Values) -> str | None:
    """Accept any (weights, bias) that decide like the expected ones on every input of zeros and ones."""
    weights, bias = expected[-1]
    line = _weights_and_bias(got[-1], len(weights))
    if isinstance(line, str):
        return line
    exponent = _excess(np.append(*line))
    own, own_bias = np.ldexp(line[0], -exponent), np.ldexp(line[1], -exponent)
    for bits in product((0, 1), repeat=len(weights)):
        want = float(np.dot(bits, weights) + bias) > 0
        score = float(np.dot(bits, own) + own_bias)  # has the sign of their sum, and cannot overflow
        if (score > 0) != want:
            return (
                f"For the answers {list(bits)} your sum is {np.ldexp(score, exponent):.6g}, so that the "
                f"decision is {int(score > 0)}; it should be {int(want)}."
            )
    return None


def _exponent(values: np.ndarray) -> int:
    """Return the power of two that is next to the largest value; dividing by it loses no digit."""
    return int(np.frexp(np.abs(values).max(initial=0.0))[1])


def _excess(values: np.ndarray) -> int:
    """Return by how many powers of two the values are too large for a sum of them to be sure of its sign.

    Mostly none: small values keep all of their digits, down to the smallest that there are.
    """
    return max(0, _exponent(values) - LARGEST_SUMMED)


def _other_kind(answer: Any, wanted: str) -> str:
    """Return what is said of an answer that is nothing or no data, and otherwise what is wanted."""
    return (kind_problem((), answer) if answer is None or isinstance(answer, Opaque) else None) or wanted


def _weights_and_bias(answer: Any, features: int) -> tuple[np.ndarray, float] | str:
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return _other_kind(answer, "Return two things: the weights and the bias.")
    try:
        weights, bias = numbers(answer[0]), numbers(answer[1])
    except (TypeError, ValueError, OverflowError):
        return "The weights and the bias have to be numbers."
    if weights.shape != (features,) or bias.shape != ():
        return f"Return {features} weights, shape ({features},), and one number as bias."
    if not (np.isfinite(weights).all() and np.isfinite(bias)):
        return "A weight or the bias is not a finite number."
    return weights, float(bias)


def same_members(calls: Calls, expected: Values, got: Values) -> str | None:
    """Accept lists that hold the same members in any order."""
    for want, have in zip(expected, got, strict=True):
        if not isinstance(have, list | tuple | np.ndarray):
            return kind_problem(want, have)
        members = sorted(np.asarray(want).tolist())
        if holds_text(have) and not holds_text(members):
            return "Text came back where numbers are expected."
        try:
            found = sorted(np.asarray(have).tolist())
        except (TypeError, ValueError, OverflowError):
            return "The members cannot be compared with each other."
        if members != found:
            return f"The members should be {members}, in any order."
    return None


def any_of(calls: Calls, expected: Values, got: Values, rtol: float = RTOL, atol: float = ATOL) -> str | None:
    """Accept an answer that agrees with one of several. Each expected value is a list of right answers."""
    for accepted, have in zip(expected, got, strict=True):
        problems = [difference(want, have, rtol, atol) for want in accepted]
        if all(problems):
            return problems[0]
    return None


def falls_short(calls: Calls, expected: Values, got: Values, beyond: float) -> str | None:
    """Accept numbers that are right while they are small, and finite and too small where they are larger.

    So is what comes of a tiny number added against log(0), or of a clip, whichever number it was. `beyond` is
    the size from which on an answer falls short.
    """
    for want, have in zip(expected, got, strict=True):
        try:
            want, have = float(numbers(want)), float(numbers(have))
        except (TypeError, ValueError, OverflowError):
            return "No number came back."
        if abs(want) <= beyond:
            if difference(want, have, rtol=1e-3, atol=1e-3):
                return "The small ones are not right either."
        elif not (math.isfinite(have) and want * have > 0 and abs(have) < 0.99 * abs(want)):
            return "A large one does not fall short."
    return None


def network_decides_alike(calls: Calls, expected: Values, got: Values) -> str | None:
    """Accept any two-layer network of threshold units that decides like the expected one on zeros and ones.

    A network is (weights, biases) of the hidden units, shapes (inputs, units) and (units,), and (weights,
    bias) of the output unit, shape (units,) and one number, four things in all.
    """
    weights, _, _, _ = expected[-1]
    network = _network(got[-1], len(weights))
    if isinstance(network, str):
        return network
    for bits in product((0, 1), repeat=len(weights)):
        want, have = _decision(expected[-1], bits), _decision(network, bits)
        if want != have:
            return f"For the inputs {list(bits)} your network says {have}; it should say {want}."
    return None


def _network(answer: Any, inputs: int) -> tuple[Any, ...] | str:
    if not isinstance(answer, list | tuple) or len(answer) != 4:
        return _other_kind(answer, "Return four things: weights, biases, output weights, output bias.")
    try:
        parts = [numbers(part) for part in answer]
    except (TypeError, ValueError, OverflowError):
        return "Weights and biases have to be numbers."
    hidden, biases, outputs, bias = parts
    if hidden.ndim != 2 or len(hidden) != inputs:
        return f"The hidden weights should have shape ({inputs}, units); yours have {hidden.shape}."
    units = hidden.shape[1]
    if biases.shape != (units,) or outputs.shape != (units,) or bias.shape != ():
        return (
            f"With {units} hidden units the biases and the output weights should have shape ({units},), "
            f"and the output bias is one number; yours have {biases.shape}, {outputs.shape}, {bias.shape}."
        )
    if not all(np.isfinite(part).all() for part in parts):
        return "A weight or a bias is not a finite number."
    return hidden, biases, outputs, bias


def _decision(network: Any, bits: tuple[int, ...]) -> int:
    hidden, biases, outputs, bias = network
    scale, output_scale = (-_excess(np.append(*pair)) for pair in ((hidden, biases), (outputs, bias)))
    sums = np.asarray(bits) @ np.ldexp(hidden, scale) + np.ldexp(biases, scale)
    return int((sums > 0) @ np.ldexp(outputs, output_scale) + np.ldexp(bias, output_scale) > 0)


def ranked_oppositely(calls: Calls, expected: Values, got: Values, swapped: bool = False) -> str | None:
    """Accept two lists of predictions of which the squared error prefers the first, the absolute the second.

    The targets are the first argument of the last call. `swapped` accepts the opposite.
    """
    targets = np.asarray(calls[-1].arguments[0], dtype=np.float64)
    if not isinstance(got[-1], list | tuple) or len(got[-1]) != 2:
        return _other_kind(got[-1], "Return two arrays of predictions.")
    try:
        first, second = (numbers(part) for part in got[-1])
    except (TypeError, ValueError, OverflowError):
        return "Predictions have to be numbers."
    if first.shape != targets.shape or second.shape != targets.shape:
        return f"Each of the two needs one prediction for each of the {len(targets)} targets."
    if swapped:
        first, second = second, first
    exponent = _exponent(np.append(first - targets, second - targets))
    # No square of these vanishes beside the others.
    errors = [np.ldexp(part - targets, -exponent) for part in (first, second)]
    squared = [float(np.mean(part**2)) for part in errors]
    absolute = [float(np.mean(np.abs(part))) for part in errors]
    if squared[0] < squared[1] * (1 - 1e-9) and absolute[0] > absolute[1] * (1 + 1e-9):
        return None
    with np.errstate(over="ignore"):
        squared = np.ldexp(squared, 2 * exponent).tolist()
        absolute = np.ldexp(absolute, exponent).tolist()
    return (
        f"Squared errors {squared[0]:.6g} and {squared[1]:.6g}: the first should be smaller. "
        f"Absolute errors {absolute[0]:.6g} and {absolute[1]:.6g}: the first should be larger."
    )


def _index_lists(answer: Any) -> list[list[int]] | str:
    if not isinstance(answer, list | tuple | np.ndarray):
        return _other_kind(answer, "Several lists of positions are expected.")
    if holds_text(answer):
        return "Positions are whole numbers."
    try:
        lists = [np.asarray(part) for part in answer]
    except (TypeError, ValueError, OverflowError):
        return "Each part should be a list of positions."
    if any(part.ndim == 0 for part in lists):
        return "Single values came back where lists of positions are expected."
    if any(part.size and part.dtype.kind not in "iu" for part in lists):
        return "Positions are whole numbers."
    return [[int(position) for position in part.ravel()] for part in lists]


def _deaf_to_the_generator(calls: Calls, got: Values) -> str | None:
    """Say so where equal generators draw otherwise, or another generator draws the same."""
    for call, value in zip(calls[:-1], got[:-1], strict=True):
        same_answer = difference(value, got[-1]) is None
        same_arguments = call == calls[-1]
        if same_answer and not same_arguments:
            return "Two different generators lead to the same answer. Draw with the `rng` that is passed in."
        if same_arguments and not same_answer:
            return "The same generator leads to another answer each time. Draw with the `rng` passed in."
    return None


def shuffled_stream(calls: Calls, expected: Values, got: Values) -> str | None:
    """Accept batches of one endless shuffled stream: each example once in every pass, also across batches.

    The arguments of the last call are the number of examples, the batch size and the number of batches. Calls
    before it show that the generator decides.
    """
    if deaf := _deaf_to_the_generator(calls, got):
        return deaf
    examples, size, count = calls[-1].arguments[:3]
    batches = _index_lists(got[-1])
    if isinstance(batches, str):
        return batches
    if len(batches) != count:
        return f"{len(batches)} batches came back, and {count} are asked for."
    for number, batch in enumerate(batches, start=1):
        if len(batch) != size:
            return f"Batch {number} holds {len(batch)} positions; every batch should hold {size}."
    stream = [position for batch in batches for position in batch]
    passes = [stream[start : start + examples] for start in range(0, len(stream), examples)]
    for number, one in enumerate(passes, start=1):
        if any(not 0 <= position < examples for position in one):
            return f"Pass {number} holds a position that is none of 0 to {examples - 1}."
        if len(set(one)) != len(one):
            return f"In pass {number} a position comes twice before every other one has come once."
    if math.factorial(examples) < TOO_MANY_FOR_CHANCE:
        return None
    whole = [one for one in passes if len(one) == examples]
    if any(one == sorted(one) for one in whole):
        return "A pass is in the order of the file. Shuffle it."
    if len({tuple(one) for one in whole}) < len(whole):
        return "Two passes have the same order. Shuffle anew for each."
    return None


def stratified(
    calls: Calls, expected: Values, got: Values, swapped: bool = False, at_random: bool = True
) -> str | None:
    """Accept a split into (train, test) positions with the right share of every class in the test part.

    The arguments of the last call are the labels and the share of the test part, and each class's count is
    rounded to the nearest whole number. `swapped` accepts (test, train); without `at_random` the order of
    the file will do. Calls before the last one show that the generator decides.
    """
    labels, share = np.asarray(calls[-1].arguments[0]), calls[-1].arguments[1]
    if at_random and (deaf := _deaf_to_the_generator(calls, got)):
        return deaf
    parts = _index_lists(got[-1])
    if isinstance(parts, str):
        return parts
    if len(parts) != 2:
        return "Return two things: the positions to train on and those to test on."
    train, test = reversed(parts) if swapped else parts
    if sorted(train + test) != list(range(len(labels))):
        return "Together the two parts should hold every position exactly once."
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        wanted, have = round(share * len(places)), int(np.isin(test, places).sum())
        if wanted != have:
            return (
                f"Of the {len(places)} examples of class {label}, {have} are in the test part, not {wanted}."
            )
        ends = ({*places[:wanted].tolist()}, {*places[-wanted:].tolist()})
        by_chance = math.comb(len(places), wanted) < TOO_MANY_FOR_CHANCE
        if at_random and not by_chance and any(end <= set(test) for end in ends):
            return (
                f"The test part takes the first or the last examples of class {label}. Draw them at random."
            )
    return None


def balanced_shards(calls: Calls, expected: Values, got: Values) -> str | None:
    """Accept shards that hold each position once and whose sizes differ by one at most.

    The arguments of the last call are the number of examples and of workers.
    """
    examples, workers = calls[-1].arguments[:2]
    shards = _index_lists(got[-1])
    if isinstance(shards, str):
        return shards
    if len(shards) != workers:
        return f"{len(shards)} shards came back for {workers} workers."
    positions = sorted(position for shard in shards for position in shard)
    if len(set(positions)) < len(positions):
        return "A position is in two shards: one worker's example is trained on twice."
    if strangers := set(positions) - set(range(examples)):
        return f"Position {min(strangers)} is none of the examples, which are 0 to {examples - 1}."
    if lost := set(range(examples)) - set(positions):
        return f"{len(lost)} of the {examples} examples are in no shard, for example number {min(lost)}."
    sizes = [len(shard) for shard in shards]
    if max(sizes) - min(sizes) > 1:
        return f"The sizes are {sizes}: everybody waits for the largest."
    return None
