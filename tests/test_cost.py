"""Costs agree with scikit-learn and SciPy, gradients with finite differences, and nothing overflows."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special
from sklearn import metrics

from course_lib import cost

numbers = st.floats(-50, 50)
some = st.integers(1, 8)


@st.composite
def pairs(draw, elements=numbers):
    """Draw predictions and targets of equal shape, with one axis or two."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=2)))
    return draw(arrays(np.float64, shape, elements=elements)), draw(
        arrays(np.float64, shape, elements=elements)
    )


@st.composite
def logits_and_labels(draw, elements=numbers):
    """Draw a table of logits and one label for each row."""
    examples, classes = draw(some), draw(st.integers(1, 5))
    logits = draw(arrays(np.float64, (examples, classes), elements=elements))
    return logits, draw(arrays(np.int64, examples, elements=st.integers(0, classes - 1)))


def all_shapes_alike(gradient, point):
    assert gradient.shape == point.shape
    assert gradient.dtype == np.float64


@given(pair=pairs())
def test_regression_costs_agree_with_independent_ones(pair):
    predictions, targets = pair
    flat = targets.ravel(), predictions.ravel()
    assert cost.mean_squared_error(*pair) == pytest.approx(metrics.mean_squared_error(*flat))
    assert cost.mean_absolute_error(*pair) == pytest.approx(metrics.mean_absolute_error(*flat))
    for delta in (0.5, 1.0, 7.0):
        expected = np.mean(special.huber(delta, predictions - targets))
        assert cost.huber(*pair, delta=delta) == pytest.approx(expected)
    assert cost.huber(*pair) == cost.huber(*pair, delta=1.0)
    assert {type(cost.mean_squared_error(*pair)), type(cost.huber(*pair))} == {float}


@given(pair=pairs())
def test_regression_gradients_agree_with_finite_differences(pair):
    predictions, targets = pair
    residuals = np.abs(predictions - targets)
    assume(np.min(residuals) > 1e-3)
    assume(np.min(np.abs(residuals - 2.5)) > 1e-3)
    for value, gradient in (
        (cost.mean_squared_error, cost.mean_squared_error_gradient),
        (cost.mean_absolute_error, cost.mean_absolute_error_gradient),
        (lambda p, t: cost.huber(p, t, 2.5), lambda p, t: cost.huber_gradient(p, t, 2.5)),
    ):
        all_shapes_alike(gradient(predictions, targets), predictions)
        error = cost.check_gradient(
            lambda point, value=value: value(point, targets),
            lambda point, gradient=gradient: gradient(point, targets),
            predictions,
        )
        assert error < 1e-7


def test_corners_have_a_slope_between_those_on_their_sides():
    assert cost.mean_absolute_error_gradient([3.0], [3.0]).tolist() == [0.0]
    assert cost.huber_gradient([1.0, 5.0], [0.0, 0.0]).tolist() == [0.5, 0.5]
    assert cost.huber_gradient([5.0, -5.0], [0.0, 0.0], delta=4).tolist() == [2.0, -2.0]


@given(logits=arrays(np.float64, some, elements=st.floats(-800, 800)))
def test_sigmoid_agrees_with_scipy(logits):
    np.testing.assert_allclose(cost.sigmoid(logits), special.expit(logits), rtol=1e-14, atol=1e-300)


@given(logits=arrays(np.float64, st.tuples(some, some), elements=st.floats(-800, 800)))
def test_softmax_agrees_with_scipy_and_adds_up_to_one(logits):
    probabilities = cost.softmax(logits)
    np.testing.assert_allclose(probabilities, special.softmax(logits, axis=1), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(cost.softmax(logits[0]), probabilities[0])


@given(pair=pairs(), data=st.data())
def test_binary_cross_entropy(pair, data):
    logits, targets = pair[0] / 5, data.draw(arrays(np.float64, pair[0].shape, elements=st.floats(0, 1)))
    probabilities = special.expit(logits)
    plain = -np.mean(targets * np.log(probabilities) + (1 - targets) * np.log(1 - probabilities))
    assert cost.binary_cross_entropy(logits, targets) == pytest.approx(plain)
    assert type(cost.binary_cross_entropy(logits, targets)) is float
    all_shapes_alike(cost.binary_cross_entropy_gradient(logits, targets), logits)
    error = cost.check_gradient(
        lambda point: cost.binary_cross_entropy(point, targets),
        lambda point: cost.binary_cross_entropy_gradient(point, targets),
        logits,
    )
    assert error < 1e-7


@given(pair=logits_and_labels(elements=st.floats(-10, 10)))
def test_softmax_cross_entropy(pair):
    logits, labels = pair
    plain = -np.mean(special.log_softmax(logits, axis=1)[np.arange(len(labels)), labels])
    assert cost.softmax_cross_entropy(logits, labels) == pytest.approx(plain, abs=1e-12)
    assert type(cost.softmax_cross_entropy(logits, labels)) is float
    all_shapes_alike(cost.softmax_cross_entropy_gradient(logits, labels), logits)
    error = cost.check_gradient(
        lambda point: cost.softmax_cross_entropy(point, labels),
        lambda point: cost.softmax_cross_entropy_gradient(point, labels),
        logits,
    )
    assert error < 1e-7


@given(logit=st.floats(-50, 50), target=st.integers(0, 1))
def test_two_classes_are_softmax_with_two_logits(logit, target):
    assert cost.binary_cross_entropy([logit], [target]) == pytest.approx(
        cost.softmax_cross_entropy([[0.0, logit]], [target]), rel=1e-9, abs=1e-15
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e3, 1e15, 1e300])
def test_extremes_are_exact(size):
    assert cost.sigmoid([-size, size]).tolist() == [0.0, 1.0]
    assert cost.binary_cross_entropy([size, -size], [0, 0]) == size / 2
    assert cost.binary_cross_entropy([size], [1]) == 0.0
    assert cost.binary_cross_entropy_gradient([size, -size], [0, 0]).tolist() == [0.5, 0.0]
    assert cost.softmax([size, 0.0]).tolist() == [1.0, 0.0]
    assert cost.softmax_cross_entropy([[size, 0.0]], [1]) == size
    assert cost.softmax_cross_entropy([[-size, 0.0]], [1]) == 0.0
    assert cost.softmax_cross_entropy_gradient([[size, 0.0]], [1]).tolist() == [[1.0, -1.0]]
    assert cost.huber([size], [0.0]) == size - 0.5


def test_a_huge_logit_in_one_row_leaves_the_others_alone():
    together = cost.softmax_cross_entropy([[1e4, 0.0], [0.0, 1.0]], [0, 0])
    alone = cost.softmax_cross_entropy([[0.0, 1.0]], [0])
    assert together == pytest.approx(alone / 2)
    np.testing.assert_allclose(
        cost.softmax_cross_entropy_gradient([[1e4, 0.0], [0.0, 1.0]], [0, 0])[1],
        cost.softmax_cross_entropy_gradient([[0.0, 1.0]], [0])[0] / 2,
    )


def test_small_surprises_are_not_lost():
    # 1 + exp(-40) is 1 in floating point; log1p keeps what would be lost.
    assert cost.binary_cross_entropy([40.0], [1]) == pytest.approx(np.exp(-40), rel=1e-12, abs=0)


@given(labels=st.lists(st.integers(0, 6), min_size=1))
def test_one_hot(labels):
    rows = cost.one_hot(labels, 7)
    assert rows.shape == (len(labels), 7)
    assert rows.argmax(axis=1).tolist() == labels
    assert rows.sum(axis=1).tolist() == [1.0] * len(labels)


@given(point=arrays(np.float64, (2, 3), elements=st.floats(-3, 3)))
def test_numerical_gradient_of_a_known_function(point):
    measured = cost.numerical_gradient(lambda p: float(np.sum(np.sin(p) * [[1, 2, 3], [4, 5, 6]])), point)
    np.testing.assert_allclose(measured, np.cos(point) * [[1, 2, 3], [4, 5, 6]], atol=1e-8)


def test_the_nudge_is_as_large_as_asked_for_and_goes_both_ways():
    seen = []

    def remember(point):
        seen.append(point.tolist())
        return 0.0

    cost.numerical_gradient(remember, [1.0, 2.0], nudge=0.25)
    assert seen == [[1.25, 2.0], [0.75, 2.0], [1.0, 2.25], [1.0, 1.75]]
    assert cost.numerical_gradient(lambda p: p**3, 1.0, nudge=0.5) == pytest.approx(3.25)
    seen.clear()
    cost.check_gradient(remember, lambda point: point * 0, [1.0], nudge=0.5)
    assert seen == [[1.5], [0.5]]
    seen.clear()
    cost.numerical_gradient(remember, [0.0])
    cost.check_gradient(remember, lambda point: point * 0, [0.0])
    assert seen == [[1e-5], [-1e-5]] * 2


def test_check_gradient_measures_the_relative_difference():
    def check(derived, slope):
        return cost.check_gradient(
            lambda p: slope * float(p[0]), lambda p: np.array([derived]), [0.0], nudge=0.5
        )

    assert check(100.0, 50.0) == pytest.approx(0.5)
    assert check(50.0, 100.0) == pytest.approx(0.5)
    assert check(0.5, 0.25) == pytest.approx(0.25)
    assert check(-3.0, -3.0) == 0.0
    assert check(-4.0, 4.0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cost.mean_squared_error([1, 2], [[1], [2]]), "`targets` has shape (2, 1) and `predictions`"),
        (lambda: cost.mean_squared_error_gradient([1], [1, 2]), "`targets` has shape (2,) and `predictions`"),
        (lambda: cost.mean_absolute_error([np.nan], [1]), "`predictions` holds nan"),
        (lambda: cost.mean_absolute_error_gradient([1], [np.inf]), "`targets` holds inf"),
        (lambda: cost.huber([], []), "`predictions` is empty"),
        (lambda: cost.huber([1], [1], delta=0), "`delta` is 0"),
        (lambda: cost.huber_gradient([1], [1], delta=-1), "`delta` is -1"),
        (lambda: cost.huber_gradient([1], [[1]]), "`targets` has shape"),
        (lambda: cost.sigmoid([np.nan]), "`logits` holds nan"),
        (
            lambda: cost.binary_cross_entropy([1, 2], [0, 1.5]),
            "`targets` run from 0 to 1.5; each must be from 0 to 1.",
        ),
        (lambda: cost.binary_cross_entropy([1], [-1]), "`targets` run from -1 to -1; each must be"),
        (lambda: cost.binary_cross_entropy([1], [[1]]), "`targets` has shape (1, 1) and `logits`"),
        (lambda: cost.binary_cross_entropy_gradient([1], [2]), "`targets` run from 2 to 2"),
        (lambda: cost.softmax(1.0), "`logits` is a single number; softmax needs one number for each class."),
        (lambda: cost.softmax([np.inf]), "`logits` holds inf"),
        (lambda: cost.one_hot([0, 3], 3), "`labels` holds 3 at position 1; labels must be whole numbers"),
        (lambda: cost.one_hot([0], 0), "`classes` is 0"),
        (lambda: cost.softmax_cross_entropy([[1, 2]], [2]), "`labels` holds 2 at position 0"),
        (lambda: cost.softmax_cross_entropy([[1, 2]], [0, 1]), "`logits` has 1 examples and `labels` has 2"),
        (lambda: cost.softmax_cross_entropy([1, 2], [0]), "`logits` has shape (2,)"),
        (lambda: cost.softmax_cross_entropy_gradient([[1, 2]], [[0]]), "`labels` has shape (1, 1)"),
        (lambda: cost.numerical_gradient(np.sum, [1.0], nudge=0), "`nudge` is 0"),
        (lambda: cost.numerical_gradient(np.sum, []), "`point` is empty"),
        (lambda: cost.check_gradient(np.sum, lambda p: p, []), "`point` is empty"),
        (
            lambda: cost.check_gradient(np.sum, lambda p: p[:1], [1.0, 2.0]),
            "`gradient` has shape (1,) and `measured` has shape (2,)",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
