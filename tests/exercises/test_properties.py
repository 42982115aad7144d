# ruff: noqa: E501 - one line each, so that they can be read as a table
"""Answers that have a property and answers that nearly have it, with the words for each."""

import math
from typing import Any

import numpy as np
import pytest

from course_lib.exercises.compare.ways import COMPARISONS, Comparison
from course_lib.exercises.plain_values import Generator, Opaque
from course_lib.exercises.running import Call, call

NOTHING = "The value is None. A function gives None where it ends without a `return`, and so do `print` and `list.sort`."
BRACKETS = "A function came back, not its value. Are the brackets of a call missing?"
NEAR = (
    ": little, and more than rounding explains. Is something computed in float32, cut to a few digits, or has a "
    "tiny number been added?"
)
POINTS = np.array([[0.0, 0.0], [2.0, 0.0]])
SIDES = (POINTS, np.array([0, 1]), 1.0)
BOTH = (np.array([1.0, 1.0]), -1.5)
XOR = (np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([-0.5, -1.5]), np.array([1.0, -1.0]), -0.5)
TARGETS = (np.array([0.0, 0.0]),)
HALF = (np.array([0, 0, 1, 1, 1]), 0.5)
# fmt: off
ROWS: list[tuple[str, dict[str, Any], tuple[Any, ...], Any, Any, str | None]] = [
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), -1.0), None),
    ("separates", {}, SIDES, None, [[2, 0], -2], None),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), -2.0), "1 of 2 points are on the wrong side or on the line, for example np.array([2.0, 0.0]) of class 1."),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), -1.5), None),
    ("separates", {}, SIDES, None, (np.array([-1.0, 0.0]), 1.0), "2 of 2 points are on the wrong side or on the line, for example np.array([0.0, 0.0]) of class 0."),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), -2e-9), None),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), -0.5e-9), "1 of 2 points are on the wrong side or on the line, for example np.array([0.0, 0.0]) of class 0."),
    ("separates", {}, SIDES, None, (np.array([0.0, 0.0]), -1.0), "All weights are zero: that is no line."),
    ("separates", {}, SIDES, None, (np.array([math.nan, 0.0]), -1.0), "A weight or the bias is not a finite number."),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), math.inf), "A weight or the bias is not a finite number."),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0, 0.0]), -1.0), "Return 2 weights, shape (2,), and one number as bias."),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), [-1.0]), "Return 2 weights, shape (2,), and one number as bias."),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), "-1.0"), "The weights and the bias have to be numbers."),
    ("separates", {}, SIDES, None, ([1.0, [0.0]], -1.0), "The weights and the bias have to be numbers."),
    ("separates", {}, SIDES, None, ([10**400, 0], -1.0), "The weights and the bias have to be numbers."),
    ("separates", {}, SIDES, None, (np.array([1.0, 0.0]), -1.0, 0.0), "Return two things: the weights and the bias."),
    ("separates", {}, SIDES, None, np.array([1.0, 0.0]), "Return two things: the weights and the bias."),
    ("separates", {}, SIDES, None, None, NOTHING),
    ("separates", {}, SIDES, None, Opaque("Perceptron"), "An object of class Perceptron came back where plain values are expected."),
    ("separates", {}, SIDES, None, Opaque("function"), BRACKETS),
    ("separates", {}, SIDES, None, (np.array([3e-324, 0.0]), -1.7e308), "1 of 2 points are on the wrong side or on the line, for example np.array([2.0, 0.0]) of class 1."),
    ("separates", {"distance": 2}, SIDES, None, (np.array([3.0, 0.0]), -3.0), None),
    ("separates", {"distance": 2}, SIDES, None, (np.array([3.0, 0.0]), -2.5), "Every point is on its side, but np.array([0.0, 0.0]) is only 0.833333 away from the line, and 1 is asked for."),
    ("separates", {"distance": 2}, SIDES, None, (np.array([3.0, 0.0]), -3.5), "Every point is on its side, but np.array([2.0, 0.0]) is only 0.833333 away from the line, and 1 is asked for."),
    ("separates", {"distance": 2}, SIDES, None, (np.array([1.0, 0.0]), -1.0 + 0.9e-9), None),
    ("separates", {"distance": 2}, SIDES, None, (np.array([1.0, 0.0]), -1.0 + 1.1e-9), "Every point is on its side, but np.array([0.0, 0.0]) is only 1 away from the line, and 1 is asked for."),
    ("separates", {"distance": 2}, SIDES, None, (np.array([-3.0, 0.0]), 3.0), "2 of 2 points are on the wrong side or on the line, for example np.array([0.0, 0.0]) of class 0."),
    ("separates", {"distance": 2, "swapped": True}, SIDES, None, (np.array([-3.0, 0.0]), 3.0), None),
    ("separates", {"distance": 2, "swapped": True}, SIDES, None, (np.array([3.0, 0.0]), -3.0), "2 of 2 points are on the wrong side or on the line, for example np.array([0.0, 0.0]) of class 0."),
    ("separates", {"inputs": 1, "targets": 0, "distance": 3}, (np.array([0, 1]), POINTS, None, 0.5), None, (np.array([1.0, 0.0]), -1.5), None),
    ("separates", {"inputs": 1, "targets": 0, "distance": 3}, (np.array([0, 1]), POINTS, None, 0.5), None, (np.array([1.0, 0.0]), -1.75), "Every point is on its side, but np.array([2.0, 0.0]) is only 0.25 away from the line, and 0.5 is asked for."),
    ("decides_alike", {}, (), BOTH, BOTH, None),
    ("decides_alike", {}, (), BOTH, ([3, 3], -5), None),
    ("decides_alike", {}, (), BOTH, (np.array([1.0, 1.0]), -2.0), "For the answers [1, 1] your sum is 0, so that the decision is 0; it should be 1."),
    ("decides_alike", {}, (), BOTH, (np.array([1.0, 1.0]), -1.0), None),
    ("decides_alike", {}, (), BOTH, (np.array([1.0, 1.0]), -0.5), "For the answers [0, 1] your sum is 0.5, so that the decision is 1; it should be 0."),
    ("decides_alike", {}, (), BOTH, (np.array([1.0, 0.25]), -0.5), "For the answers [1, 0] your sum is 0.5, so that the decision is 1; it should be 0."),
    ("decides_alike", {}, (), BOTH, (np.array([1.0, 1.0]), 0.5), "For the answers [0, 0] your sum is 0.5, so that the decision is 1; it should be 0."),
    ("decides_alike", {}, (), BOTH, (np.array([1.7e308, 1.7e308]), 1e308), "For the answers [0, 0] your sum is 1e+308, so that the decision is 1; it should be 0."),
    ("decides_alike", {}, (), BOTH, (np.array([1.7e308, 1.7e308]), -1.75e308), None),
    ("decides_alike", {}, (), BOTH, (np.array([5e-324, 5e-324]), -5e-324), None),
    ("decides_alike", {}, (), (np.array([1.0, -1.0]), 0.0), (np.array([1.0, -1.0]), 0.0), None),
    ("decides_alike", {}, (), BOTH, (np.array([1.0]), -1.5), "Return 2 weights, shape (2,), and one number as bias."),
    ("decides_alike", {}, (), BOTH, None, NOTHING),
    ("network_decides_alike", {}, (), XOR, XOR, None),
    ("network_decides_alike", {}, (), XOR, [[[2, 2], [2, 2]], [-1, -3], [2, -2], -1], None),
    ("network_decides_alike", {}, (), XOR, [[[1], [1]], [-0.5], [1], -0.5], "For the inputs [1, 1] your network says 1; it should say 0."),
    ("network_decides_alike", {}, (), XOR, (XOR[0], XOR[1], np.array([1.0, -1.0]), -1.0), "For the inputs [0, 1] your network says 0; it should say 1."),
    ("network_decides_alike", {}, (), XOR, (XOR[0], XOR[1], np.array([1.0, -1.0]), 0.0), None),
    ("network_decides_alike", {}, (), XOR, (XOR[0], np.array([0.0, -1.0]), XOR[2], -0.5), None),
    ("network_decides_alike", {}, (), XOR, (XOR[0], np.array([-0.5, -0.5]), XOR[2], -0.5), "For the inputs [0, 1] your network says 0; it should say 1."),
    ("network_decides_alike", {}, (), XOR, (XOR[0] * 1e308, XOR[1] * 1e308, XOR[2] * 1e308, -0.5e308), None),
    ("network_decides_alike", {}, (), XOR, XOR[:3], "Return four things: weights, biases, output weights, output bias."),
    ("network_decides_alike", {}, (), XOR, None, NOTHING),
    ("network_decides_alike", {}, (), XOR, Opaque("Network"), "An object of class Network came back where plain values are expected."),
    ("network_decides_alike", {}, (), XOR, (XOR[0], XOR[1], XOR[2], "0"), "Weights and biases have to be numbers."),
    ("network_decides_alike", {}, (), XOR, ([[1], [1, 2]], XOR[1], XOR[2], 0), "Weights and biases have to be numbers."),
    ("network_decides_alike", {}, (), XOR, (XOR[0], XOR[1], XOR[2], 10**400), "Weights and biases have to be numbers."),
    ("network_decides_alike", {}, (), XOR, (np.ones(2), XOR[1], XOR[2], -0.5), "The hidden weights should have shape (2, units); yours have (2,)."),
    ("network_decides_alike", {}, (), XOR, (np.ones((3, 2)), XOR[1], XOR[2], -0.5), "The hidden weights should have shape (2, units); yours have (3, 2)."),
    ("network_decides_alike", {}, (), XOR, (np.ones((2, 3)), XOR[1], XOR[2], -0.5), "With 3 hidden units the biases and the output weights should have shape (3,), and the output bias is one number; yours have (2,), (2,), ()."),
    ("network_decides_alike", {}, (), XOR, (XOR[0], XOR[1], np.ones(3), -0.5), "With 2 hidden units the biases and the output weights should have shape (2,), and the output bias is one number; yours have (2,), (3,), ()."),
    ("network_decides_alike", {}, (), XOR, (XOR[0], XOR[1], XOR[2], [-0.5]), "With 2 hidden units the biases and the output weights should have shape (2,), and the output bias is one number; yours have (2,), (2,), (1,)."),
    ("network_decides_alike", {}, (), XOR, (XOR[0], XOR[1], XOR[2], math.nan), "A weight or a bias is not a finite number."),
    ("same_members", {}, (), [1, 2, 2], [2, 1, 2], None),
    ("same_members", {}, (), [1, 2, 2], (2, 2, 1), None),
    ("same_members", {}, (), [1, 2, 2], np.array([2.0, 2.0, 1.0]), None),
    ("same_members", {}, (), [2, 1, 2], [2, 1], "The members should be [1, 2, 2], in any order."),
    ("same_members", {}, (), [1, 2, 2], [1, 1, 2], "The members should be [1, 2, 2], in any order."),
    ("same_members", {}, (), [1, 2], ["1", "2"], "Text came back where numbers are expected."),
    ("same_members", {}, (), ["b", "a"], ["a", "b"], None),
    ("same_members", {}, (), ["b", "a"], ["a", "c"], "The members should be ['a', 'b'], in any order."),
    ("same_members", {}, (), [1, 2], [[1], [1, 2]], "The members cannot be compared with each other."),
    ("same_members", {}, (), [1, 2], [1, None], "The members cannot be compared with each other."),
    ("same_members", {}, (), [1, 2], 3, "A number came back where a list of 2 is expected."),
    ("same_members", {}, (), [1, 2], None, NOTHING),
    ("same_members", {}, (), [1, 2], {1: 2}, "A dictionary came back where a list of 2 is expected."),
    ("any_of", {}, (), [1.0, 2.0], 2.0, None),
    ("any_of", {}, (), [1.0, 2.0], 1.0, None),
    ("any_of", {}, (), [1.0, -2.0], 2.0, "The value is not the expected one."),
    ("any_of", {}, (), [1.0, 2.0], -1.0, "The value is right but for its sign."),
    ("any_of", {}, (), [1.0, 2.0], 1.0 + 1e-7, "The value is off by 1e-07" + NEAR),
    ("any_of", {"rtol": 1e-6}, (), [1.0, 2.0], 1.0 + 1e-7, None),
    ("any_of", {"atol": 1e-6}, (), [1.0, 2.0], 1.0 + 1e-7, None),
    ("falls_short", {"beyond": 30.0}, (), 2.0, 2.0, None),
    ("falls_short", {"beyond": 30.0}, (), 2.0, 2.0025, None),
    ("falls_short", {"beyond": 30.0}, (), 2.0, 2.0035, "The small ones are not right either."),
    ("falls_short", {"beyond": 30.0}, (), 0.0, 0.0009, None),
    ("falls_short", {"beyond": 30.0}, (), 0.0, 0.0011, "The small ones are not right either."),
    ("falls_short", {"beyond": 30.0}, (), 30.0, 20.0, "The small ones are not right either."),
    ("falls_short", {"beyond": 30.0}, (), 30.5, 20.0, None),
    ("falls_short", {"beyond": 30.0}, (), -1000.0, -36.0, None),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, 36.0, None),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, 989.0, None),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, 990.0, "A large one does not fall short."),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, 1000.0, "A large one does not fall short."),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, -36.0, "A large one does not fall short."),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, 0.0, "A large one does not fall short."),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, 0.5, None),
    ("falls_short", {"beyond": 30.0}, (), -1000.0, -math.inf, "A large one does not fall short."),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, "36", "No number came back."),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, [1, 2], "No number came back."),
    ("falls_short", {"beyond": 30.0}, (), 1000.0, 10**400, "No number came back."),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], [0, 1.5]), None),
    ("ranked_oppositely", {}, TARGETS, None, ([0, 1.5], [1, 1]), "Squared errors 1.125 and 1: the first should be smaller. Absolute errors 0.75 and 1: the first should be larger."),
    ("ranked_oppositely", {"swapped": True}, TARGETS, None, ([0, 1.5], [1, 1]), None),
    ("ranked_oppositely", {"swapped": True}, TARGETS, None, ([1, 1], [0, 1.5]), "Squared errors 1.125 and 1: the first should be smaller. Absolute errors 0.75 and 1: the first should be larger."),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], [0, 2]), "Squared errors 1 and 2: the first should be smaller. Absolute errors 1 and 1: the first should be larger."),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], [0, 2 - 1e-10]), "Squared errors 1 and 2: the first should be smaller. Absolute errors 1 and 1: the first should be larger."),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], [0, 2**0.5]), "Squared errors 1 and 1: the first should be smaller. Absolute errors 1 and 0.707107: the first should be larger."),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], [1, 1]), "Squared errors 1 and 1: the first should be smaller. Absolute errors 1 and 1: the first should be larger."),
    ("ranked_oppositely", {}, (np.array([5.0, 7.0]),), None, ([6, 8], [5, 8.5]), None),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], [0, 1.5], []), "Return two arrays of predictions."),
    ("ranked_oppositely", {}, TARGETS, None, None, NOTHING),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], ["0", "1"]), "Predictions have to be numbers."),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], [0, [1]]), "Predictions have to be numbers."),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1, 1], [0, 1.5]), "Each of the two needs one prediction for each of the 2 targets."),
    ("ranked_oppositely", {}, TARGETS, None, ([1, 1], [0, 1.5, 0]), "Each of the two needs one prediction for each of the 2 targets."),
    ("ranked_oppositely", {}, TARGETS, None, ([1e200, 1e200], [0, 1.5e200]), None),
    ("ranked_oppositely", {}, TARGETS, None, ([0, 1.5e200], [1e200, 1e200]), "Squared errors inf and inf: the first should be smaller. Absolute errors 7.5e+199 and 1e+200: the first should be larger."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[1, 0], [2, 2], [0, 1]], None),
    ("shuffled_stream", {}, (3, 2, 3), None, np.array([[1, 0], [2, 2], [0, 1]]), None),
    ("shuffled_stream", {}, (3, 2, 3), None, ((), (), ()), "Batch 1 holds 0 positions; every batch should hold 2."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[1, 0], [1, 2], [0, 2]], "In pass 1 a position comes twice before every other one has come once."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[1, 0], [2, 0], [0, 1]], "In pass 2 a position comes twice before every other one has come once."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[1, 0], [2, 1]], "2 batches came back, and 3 are asked for."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[1, 0], [2], [0, 1]], "Batch 2 holds 1 positions; every batch should hold 2."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[1, 0], [3, 1], [0, 2]], "Pass 1 holds a position that is none of 0 to 2."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[1, 0], [2, -1], [0, 2]], "Pass 2 holds a position that is none of 0 to 2."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[1.0, 0.0], [2.0, 1.0], [0.0, 2.0]], "Positions are whole numbers."),
    ("shuffled_stream", {}, (3, 2, 3), None, [["1", "0"], ["2", "1"], ["0", "2"]], "Positions are whole numbers."),
    ("shuffled_stream", {}, (3, 2, 3), None, [1, 0, 2], "Single values came back where lists of positions are expected."),
    ("shuffled_stream", {}, (3, 2, 3), None, [[[1], [0, 2]], [1]], "Each part should be a list of positions."),
    ("shuffled_stream", {}, (3, 2, 3), None, 7, "Several lists of positions are expected."),
    ("shuffled_stream", {}, (3, 2, 3), None, None, NOTHING),
    ("shuffled_stream", {}, (3, 2, 3), None, Opaque("function"), BRACKETS),
    ("shuffled_stream", {}, (9, 9, 1), None, [[0, 1, 2, 3, 4, 5, 6, 7, 8]], None),
    ("shuffled_stream", {}, (10, 10, 1), None, [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]], "A pass is in the order of the file. Shuffle it."),
    ("shuffled_stream", {}, (10, 10, 2), None, [[1, 0, 2, 3, 4, 5, 6, 7, 8, 9]] * 2, "Two passes have the same order. Shuffle anew for each."),
    ("shuffled_stream", {}, (10, 10, 2), None, [[1, 0, 2, 3, 4, 5, 6, 7, 8, 9], [0, 1, 2, 3, 4, 5, 6, 7, 9, 8]], None),
    ("shuffled_stream", {}, (10, 5, 3), None, [[1, 0, 2, 3, 4], [5, 6, 7, 8, 9], [0, 1, 2, 3, 4]], None),
    ("stratified", {}, HALF, None, ([0, 2, 4], [1, 3]), "Of the 3 examples of class 1, 1 are in the test part, not 2."),
    ("stratified", {}, HALF, None, ([1, 3], [0, 2, 4]), None),
    ("stratified", {}, HALF, None, ([0, 2], [1, 3, 4]), None),
    ("stratified", {"swapped": True}, HALF, None, ([1, 3, 4], [0, 2]), None),
    ("stratified", {"swapped": True}, HALF, None, ([0, 2, 4], [1, 3]), None),
    ("stratified", {}, HALF, None, ([2, 3, 4], [0, 1]), "Of the 2 examples of class 0, 2 are in the test part, not 1."),
    ("stratified", {}, HALF, None, ([0, 2], [1, 3]), "Together the two parts should hold every position exactly once."),
    ("stratified", {}, HALF, None, ([0, 2, 3], [1, 3]), "Together the two parts should hold every position exactly once."),
    ("stratified", {}, HALF, None, ([0, 2, 4], [1, 3], []), "Return two things: the positions to train on and those to test on."),
    ("stratified", {}, HALF, None, 3, "Several lists of positions are expected."),
    ("balanced_shards", {}, (5, 2), None, [[0, 2, 4], [1, 3]], None),
    ("balanced_shards", {}, (5, 2), None, [[0, 2, 4, 1], [3]], "The sizes are [4, 1]: everybody waits for the largest."),
    ("balanced_shards", {}, (5, 2), None, [[0, 1, 2, 3, 4]], "1 shards came back for 2 workers."),
    ("balanced_shards", {}, (5, 2), None, [[0, 1, 2], [2, 3]], "A position is in two shards: one worker's example is trained on twice."),
    ("balanced_shards", {}, (5, 2), None, [[0, 1, 2], [3, 5]], "Position 5 is none of the examples, which are 0 to 4."),
    ("balanced_shards", {}, (5, 2), None, [[0, 1, 2], [7, 6]], "Position 6 is none of the examples, which are 0 to 4."),
    ("balanced_shards", {}, (5, 2), None, [[2, 1], [3]], "2 of the 5 examples are in no shard, for example number 0."),
    ("balanced_shards", {}, (5, 2), None, None, NOTHING),
]
# fmt: on


@pytest.mark.parametrize(
    ("way", "options", "arguments", "expected", "got", "sentence"), ROWS, ids=map(str, range(len(ROWS)))
)
def test_what_a_property_accepts(
    way: str,
    options: dict[str, Any],
    arguments: tuple[Any, ...],
    expected: Any,
    got: Any,
    sentence: str | None,
) -> None:
    comparison = Comparison.from_json(Comparison(way, **options).to_json())
    with np.errstate(all="raise"):  # what overflows is meant to, and nothing is said of it
        assert comparison([Call("f", arguments)], [expected], [got]) == sentence


def test_the_last_call_decides_and_every_value_of_the_others() -> None:
    line, points = (np.array([1.0, 0.0]), -1.0), (POINTS, np.array([0, 1]))
    turned = (POINTS, np.array([1, 0]))
    separates = Comparison("separates")
    assert separates([Call("f", turned), Call("f", points)], [None, None], [None, line]) is None
    assert separates([Call("f", points), Call("f", turned)], [None, None], [line, line])
    calls = [call("f"), call("f")]
    for way, expected, wrong in (
        ("same_members", [1, 2], [1, 3]),
        ("any_of", [1.0, 2.0], 3.0),
        ("falls_short", 1.0, 2.0),
    ):
        options = {"beyond": 30.0} if way == "falls_short" else {}
        right = 1.0 if way != "same_members" else [2, 1]
        compare = Comparison(way, **options)
        assert compare(calls, [expected, expected], [right, right]) is None
        assert compare(calls, [expected, expected], [right, wrong])
        assert compare(calls, [expected, expected], [wrong, right])


@pytest.mark.parametrize("way", ["shuffled_stream", "stratified"])
def test_a_generator_decides(way: str) -> None:
    begin: tuple[Any, ...] = (3, 3, 2) if way == "shuffled_stream" else (np.array([0, 1, 1]), 0.5)
    one, other = ([[0, 1, 2], [2, 1, 0]], [[1, 0, 2], [2, 1, 0]])
    if way == "stratified":
        one, other = [[1, 2], [0]], [[2, 1], [0]]  # type: ignore[assignment]

    def said(seeds: list[int], got: list[Any]) -> str | None:
        return Comparison(way)([call("f", *begin, Generator(seed)) for seed in seeds], got, got)

    deaf = "Two different generators lead to the same answer. Draw with the `rng` that is passed in."
    moody = "The same generator leads to another answer each time. Draw with the `rng` passed in."
    assert said([1, 1], [one, other]) == moody
    assert said([1, 2], [one, one]) == deaf
    assert said([1, 2, 1], [one, other, other]) == moody
    assert said([2, 1], [other, one]) in (None, said([1], [one]))


def test_a_split_that_nobody_drew() -> None:
    # 2.7 million ways to draw 12 of 24 are too many for chance; 185,000 ways to draw 10 of 20 are not.
    words = "The test part takes the first or the last examples of class {}. Draw them at random."
    for count, told in ((24, True), (20, False)):
        labels, half = np.repeat([3, 5], count), count // 2
        mixed = [*range(1, count, 2)]
        for ends, label in (
            ([*range(half)], 3),
            ([*range(half, count)], 3),
            ([*range(count, count + half)], 5),
            ([*range(count + half, 2 * count)], 5),
        ):
            test = ends + [place + (count if label == 3 else 0) for place in mixed]
            rest = [place for place in range(2 * count) if place not in test]
            said = Comparison("stratified")([call("f", labels, 0.5)], [None], [(rest, test)])
            assert said == (words.format(label) if told else None)
            anyway = Comparison("stratified", at_random=False)
            assert anyway([call("f", labels, 0.5)], [None], [(rest, test)]) is None


def test_a_comparison_is_one_of_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match="There is no comparison 'closest'; there are " + ", ".join(COMPARISONS) + r"\."
    ):
        Comparison("closest")
    assert Comparison.from_json(["close", {"rtol": 0.5}]).options == {"rtol": 0.5}
    assert Comparison("close", rtol=0.5).to_json() == ["close", {"rtol": 0.5}]
