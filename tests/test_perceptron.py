"""The perceptron makes exactly the textbook's updates, and separates whatever a line can separate."""

import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import Perceptron as ReferencePerceptron

from course_lib.data import points_by_line, xor_table
from course_lib.perceptron import (
    Perceptron,
    PocketPerceptron,
    margin,
    mistake_bound,
    predict,
    random_weights,
    rule,
    step,
    update,
    weighted_sum,
)

CONCERT = [0.7, 0.6, 0.5, 0.3]


a_few, a_dozen = st.integers(1, 4), st.integers(1, 12)


@st.composite
def labelled_points(draw, features=a_few, examples=a_dozen):
    """Draw small whole-number inputs, whose weighted sums are exact, and labels that may follow no line."""
    shape = draw(examples), draw(features)
    inputs = draw(arrays(np.float64, shape, elements=st.integers(-4, 4).map(float)))
    targets = draw(arrays(np.int64, shape[0], elements=st.integers(0, 1)))
    return inputs, targets


def point_by_point(inputs, targets, weights, bias, rate, epochs, fit_bias=True, orders=None):
    """Follow Rosenblatt's rule with plain numbers: an independent account of what must happen."""
    history, mistakes = [], []
    for epoch in range(epochs):
        mistakes.append(0)
        for row in range(len(inputs)) if orders is None else orders[epoch]:
            answer = int(sum(x * w for x, w in zip(inputs[row], weights, strict=True)) + bias > 0)
            error = int(targets[row]) - answer
            if error:
                weights = [w + rate * error * x for w, x in zip(weights, inputs[row], strict=True)]
                bias = bias + rate * error if fit_bias else bias
                history.append((epoch, row, error, list(weights), bias))
                mistakes[-1] += 1
        if not mistakes[-1]:
            break
    return history, mistakes, weights, bias


def test_the_concert():
    assert round(float(weighted_sum([1, 0, 1, 0], CONCERT)), 12) == 1.2
    assert int(predict([1, 0, 1, 0], CONCERT, bias=-1.5)) == 0
    with_five = [1, 0, 1, 0, 1], [*CONCERT, 0.4]
    assert round(float(weighted_sum(*with_five)), 12) == 1.6
    assert int(predict(*with_five, bias=-1.5)) == 1


def test_a_sum_equal_to_the_threshold_is_a_no():
    assert step([-1e-300, 0.0, 1e-300]).tolist() == [0, 0, 1]
    assert step(0.0).dtype == np.int64
    assert step(np.zeros((2, 3))).shape == (2, 3)
    assert predict([[1.0, 1.0]], [0.75, 0.75], bias=-1.5).tolist() == [0]


def test_without_a_bias_the_sum_alone_decides():
    assert predict([[0.5], [-0.5]], [1.0]).tolist() == [1, 0]
    assert step(["-1", "1"]).tolist() == [0, 1]


def test_many_examples_are_answered_one_by_one():
    inputs = np.arange(6.0).reshape(3, 2)
    assert weighted_sum(inputs, [1, -1], 0.5).tolist() == [-0.5, -0.5, -0.5]
    assert weighted_sum(inputs, [1, 1]).tolist() == [1, 5, 9]
    assert predict(inputs, [1, 1], -4).tolist() == [0, 1, 1]
    assert predict(inputs, [1, 1]).dtype == np.int64


@given(points=labelled_points(examples=st.just(1)), rate=st.sampled_from([0.5, 1.0, 2.0]))
def test_update_follows_the_rule_and_leaves_its_arguments(points, rate):
    (inputs,), (target,) = points
    weights = np.ones(len(inputs))
    new_weights, new_bias = update(weights, 0.5, inputs, target, rate)
    error = target - predict(inputs, weights, 0.5)
    np.testing.assert_array_equal(new_weights, weights + rate * error * inputs)
    assert new_bias == 0.5 + rate * error
    assert weights.tolist() == [1.0] * len(inputs)


def test_update_has_a_rate_of_one():
    weights, bias = update([0.0], 0.0, [3.0], 1)
    assert weights.tolist() == [3.0]
    assert bias == 1.0


@given(
    points=labelled_points(),
    rate=st.sampled_from([0.25, 1.0, 2.0]),
    start_bias=st.integers(-3, 3),
    fit_bias=st.booleans(),
    epochs=st.integers(1, 6),
)
def test_fit_makes_exactly_the_textbook_updates(points, rate, start_bias, fit_bias, epochs):
    inputs, targets = points
    start = np.arange(inputs.shape[1]) - 1.0
    perceptron = Perceptron(rate, epochs, fit_bias, keep_history=True)
    assert perceptron.fit(inputs, targets, start, start_bias) is perceptron
    history, mistakes, weights, bias = point_by_point(
        inputs, targets, start, float(start_bias), rate, epochs, fit_bias
    )
    assert [(*change[:3], change.weights.tolist(), change.bias) for change in perceptron.history_] == history
    assert perceptron.corrections_ == mistakes
    assert perceptron.updates_ == sum(mistakes)
    assert perceptron.epochs_ == len(mistakes)
    assert perceptron.converged_ == (mistakes[-1] == 0)
    assert perceptron.weights_.tolist() == list(weights)
    assert perceptron.bias_ == bias


@given(points=labelled_points(), seed=st.integers(0, 100))
def test_a_seed_shuffles_every_pass(points, seed):
    inputs, targets = points
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(inputs)) for _ in range(4)]
    perceptron = Perceptron(epochs=4, seed=seed, keep_history=True).fit(inputs, targets)
    history, mistakes, *_ = point_by_point(
        inputs, targets, np.zeros(inputs.shape[1]), 0.0, 1.0, 4, orders=orders
    )
    assert [(*change[:3], change.weights.tolist(), change.bias) for change in perceptron.history_] == history
    assert perceptron.corrections_ == mistakes


@given(points=labelled_points(), epochs=st.integers(1, 6), seed=st.none() | st.integers(0, 9))
def test_mistakes_are_the_wrong_answers_after_each_pass(points, epochs, seed):
    inputs, targets = points
    perceptron = Perceptron(epochs=epochs, seed=seed, keep_history=True).fit(inputs, targets)
    # One pass more each time: its last weights are what is answered with.
    after = [Perceptron(epochs=passes + 1, seed=seed).fit(inputs, targets) for passes in range(epochs)]
    wrong = [int(np.sum(shorter.predict(inputs) != targets)) for shorter in after]
    assert perceptron.mistakes_ == wrong[: perceptron.epochs_]
    assert perceptron.converged_ == (perceptron.corrections_[-1] == 0)
    if perceptron.converged_:
        assert perceptron.mistakes_[-1] == 0


def test_corrections_during_a_pass_are_not_mistakes_after_it():
    # xor: every evening is corrected in its turn, and the weights that are left still answer two of the four.
    xor = Perceptron(epochs=100, keep_history=True).fit(*xor_table())
    assert xor.corrections_[-1] == 4
    assert xor.mistakes_[-1] == 2


@given(points=labelled_points(examples=st.just(1)), rate=st.sampled_from([0.5, 1.0, 2.0]))
def test_update_is_the_rule_with_its_arguments_checked(points, rate):
    (inputs,), (target,) = points
    weights = np.ones(len(inputs))
    checked, bare = update(weights, 0.5, inputs, target, rate), rule(weights, 0.5, inputs, int(target), rate)
    assert (checked[0].tolist(), checked[1]) == (bare[0].tolist(), bare[1])


@given(points=labelled_points(), weights=arrays(np.float64, 4, elements=st.floats(-2, 2)))
def test_whatever_a_line_separates_is_learned_within_the_bound(points, weights):
    inputs, _ = points
    weights = weights[: inputs.shape[1]]
    sums = inputs @ weights + 0.5
    assume(np.abs(sums).min() > 0.3)
    targets = (sums > 0).astype(int)
    bound = mistake_bound(inputs, targets, weights, 0.5)
    perceptron = Perceptron(epochs=int(bound) + 1).fit(inputs, targets)
    assert perceptron.converged_
    assert perceptron.updates_ <= bound
    assert perceptron.predict(inputs).tolist() == targets.tolist()


@pytest.mark.parametrize("seed", range(10))
def test_equal_coefficients_with_scikit_learn(seed):
    # The two differ where a sum is exactly zero, which no real-valued start ever meets.
    inputs, targets = points_by_line(count=120, scaled=True, seed=seed)
    start = random_weights(2, seed)
    ours = Perceptron(0.5, epochs=200).fit(inputs, targets, start, 0.1)
    theirs = ReferencePerceptron(eta0=0.5, max_iter=ours.epochs_, tol=None, shuffle=False)
    theirs.fit(inputs, targets, coef_init=start[np.newaxis], intercept_init=[0.1])
    np.testing.assert_allclose(ours.weights_, theirs.coef_[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.bias_, theirs.intercept_[0], rtol=1e-10, atol=1e-12)


def test_from_zero_the_rate_changes_no_answer():
    inputs, targets = points_by_line(scaled=True, seed=3)
    small, large = (Perceptron(rate).fit(inputs, targets) for rate in (2.0**-17, 1.0))
    assert small.epochs_ == large.epochs_
    np.testing.assert_allclose(small.weights_ * 2.0**17, large.weights_, rtol=1e-12)


@given(points=labelled_points(), power=st.integers(-20, 20))
def test_a_power_of_two_as_rate_changes_no_answer(points, power):
    one, scaled = (Perceptron(rate, 6, keep_history=True).fit(*points) for rate in (1.0, 2.0**power))
    assert one.corrections_ == scaled.corrections_
    assert (one.weights_ * 2.0**power).tolist() == scaled.weights_.tolist()


def test_another_rate_rounds_and_where_a_sum_should_be_zero_rounding_decides():
    inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [1, 1, 1, 0]
    one, tenth = (Perceptron(rate).fit(inputs, targets) for rate in (1.0, 0.1))
    assert one.converged_
    assert tenth.converged_
    assert (one.epochs_, tenth.epochs_) == (6, 4)


def test_xor_is_never_learned():
    inputs, targets = xor_table()
    perceptron = Perceptron(epochs=100).fit(inputs, targets)
    assert not perceptron.converged_
    assert perceptron.epochs_ == 100


def test_the_pocket_keeps_the_best_weights_met():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(60, 2))
    targets = (inputs[:, 0] + 0.8 * rng.normal(size=60) > 0).astype(int)
    pocket = PocketPerceptron(epochs=6, seed=1, keep_history=True).fit(inputs, targets)
    met = [(0.0, 0.0, 0.0), *((*change.weights, change.bias) for change in pocket.history_)]
    errors = [int(np.sum(predict(inputs, weights[:2], weights[2]) != targets)) for weights in met]
    assert pocket.errors_ == min(errors) == int(np.sum(pocket.predict(inputs) != targets))
    assert (*pocket.weights_, pocket.bias_) == met[int(np.argmin(errors))]
    assert errors[-1] > min(errors)


def test_the_pocket_keeps_a_start_that_nothing_beats():
    # Always answering 1 is right twice out of three times, and no line does better here.
    pocket = PocketPerceptron(epochs=3).fit([[1.0], [2.0], [3.0]], [1, 0, 1], [0.25], start_bias=0.1)
    assert (pocket.errors_, pocket.weights_.tolist(), pocket.bias_) == (1, [0.25], 0.1)


def test_a_pocket_without_updates_keeps_the_start():
    pocket = PocketPerceptron().fit([[1.0], [-1.0]], [1, 0], start_weights=[1.0])
    assert (pocket.errors_, pocket.weights_.tolist(), pocket.updates_) == (0, [1.0], 0)


def test_a_second_fit_forgets_the_first():
    perceptron = Perceptron(keep_history=True)
    first = perceptron.fit([[1.0], [-1.0]], [1, 0]).history_
    again = perceptron.fit([[1.0], [-1.0]], [1, 0])
    assert len(again.history_) == len(first) == again.updates_
    pocket = PocketPerceptron(epochs=20).fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
    assert pocket.fit([[1.0], [-1.0]], [1, 0]).errors_ == 0


def test_history_is_kept_only_when_asked_for():
    perceptron = Perceptron().fit([[1.0], [-1.0]], [1, 0])
    assert not hasattr(perceptron, "history_")
    assert not hasattr(perceptron, "mistakes_")
    assert not hasattr(perceptron, "corrections_")


def test_defaults():
    assert vars(Perceptron()) == {
        "learning_rate": 1.0,
        "epochs": 1000,
        "fit_bias": True,
        "seed": None,
        "keep_history": False,
    }


def test_memory_does_not_grow_with_the_epochs():
    inputs, targets = xor_table()

    def peak(epochs):
        tracemalloc.start()
        Perceptron(epochs=epochs).fit(inputs, targets)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(2000) < 2 * peak(20)


def test_random_weights():
    weights = random_weights(1000, seed=5)
    assert weights.shape == (1000,)
    assert -1 <= weights.min() < -0.9
    assert 0.9 < weights.max() < 1
    np.testing.assert_array_equal(weights, random_weights(1000, seed=5))
    assert not np.array_equal(weights, random_weights(1000, seed=6))
    np.testing.assert_array_equal(random_weights(3), random_weights(3, seed=0))


@given(points=labelled_points(features=st.just(2)), shift=st.floats(-3, 3))
def test_margin_is_the_distance_of_the_nearest_point(points, shift):
    inputs, _ = points
    weights = np.array([3.0, 4.0])
    targets = predict(inputs, weights, shift)
    distances = np.abs(inputs @ weights + shift) / 5
    assert margin(inputs, targets, weights, shift) == pytest.approx(distances.min())
    assert margin(inputs, 1 - targets, weights, shift) == pytest.approx(-distances.max())


def test_margin_without_a_bias():
    assert margin([[2.0]], [1], [4.0]) == 2.0
    assert mistake_bound([[2.0]], [1], [4.0]) == pytest.approx(5 / 4)
    # The longest example counts, and not all of them together.
    assert mistake_bound([[2.0], [1.0], [-3.0]], [1, 1, 0], [4.0]) == pytest.approx(10 / 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: weighted_sum([1, 2, 3], [1, 2]),
            "`inputs` has shape (3,) and `weights` has shape (2,); "
            "each example needs exactly one input for each of the 2 weights.",
        ),
        (lambda: weighted_sum(np.zeros((1, 1, 2)), [1, 2]), "`inputs` has shape (1, 1, 2) and"),
        (lambda: weighted_sum(1.0, [1]), "`inputs` has shape () and"),
        (lambda: weighted_sum([np.nan], [1]), "`inputs` holds nan"),
        (lambda: weighted_sum([1], [np.nan]), "`weights` holds nan"),
        (lambda: update([1], 0, [np.nan], 1), "`inputs` holds nan"),
        (lambda: update([[1]], 0, [1], 1), "`weights` has shape (1, 1)"),
        (lambda: update([1], 0, [1], 2), "`target` holds 2"),
        (lambda: update([1], 0, [1], 1, 0), "`learning_rate` is 0; it must be a number above zero"),
        (lambda: Perceptron(learning_rate=-1).fit([[1]], [1]), "`learning_rate` is -1"),
        (lambda: Perceptron(epochs=0).fit([[1]], [1]), "`epochs` is 0"),
        (lambda: Perceptron().fit([1], [1]), "`inputs` has shape (1,)"),
        (lambda: Perceptron().fit([[1]], [-1]), "`targets` holds -1"),
        (lambda: Perceptron().fit([[1], [2]], [1]), "`inputs` has 2 examples and `targets` has 1"),
        (
            lambda: Perceptron().fit([[1]], [1], start_weights=[1, 2]),
            "`start_weights` has 2 numbers; `inputs` has 1 features.",
        ),
        (lambda: Perceptron().fit([[1]], [1], start_weights=[[1]]), "`start_weights` has shape (1, 1)"),
        (lambda: Perceptron().fit([[1]], [1], start_bias=np.nan), "`start_bias` is nan"),
        (lambda: random_weights(0), "`features` is 0"),
        (
            lambda: margin([[1]], [1], [0]),
            "`weights` are all zero; they draw no line to measure a distance from.",
        ),
        (lambda: margin([[1], [2]], [1], [1]), "`inputs` has 2 examples and `targets` has 1"),
        (lambda: margin([[1]], [3], [1]), "`targets` holds 3"),
        (lambda: margin([1], [1], [1]), "`inputs` has shape (1,)"),
        (lambda: margin([[1]], [1], [[1]]), "`weights` has shape (1, 1)"),
        (
            lambda: mistake_bound([[1.0]], [0], [1.0]),
            "`weights` and `bias` do not separate the examples: the margin is -1.",
        ),
        (lambda: mistake_bound([1], [1], [1]), "`inputs` has shape (1,)"),
        (lambda: mistake_bound([[1]], [1], [[1]]), "`weights` has shape (1, 1)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()


def test_a_point_on_the_line_is_not_separated():
    with pytest.raises(ValueError, match="do not separate"):
        mistake_bound([[1.0], [0.0]], [1, 0], [1.0])
