"""Descent reproduces the guides' published losses, reaches least squares, and says when it diverges."""

import copy
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LinearRegression

from course_lib import cost
from course_lib.data import noisy_line
from course_lib.descent import (
    Adam,
    EarlyStopping,
    GradientDescent,
    Momentum,
    Trainer,
    largest_learning_rate,
    least_squares,
    line_gradient,
)
from course_lib.network import Network

numbers = st.floats(-5, 5)


a_few = st.integers(1, 3)


@st.composite
def points(draw, features=a_few):
    """Draw a table of examples, wider spread than a point, and what is to be predicted."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    shape = draw(st.integers(5, 30)), draw(features)
    return rng.normal(size=shape), rng.normal(size=shape[0])


# Loss after 0, 1, 2, 5 and 10 steps, then w and b, from the start w = 5, b = 0 at a rate of 0.1; then least
# squares: w, b and the loss.
PUBLISHED = [
    (
        {},
        [10.64626, 6.54106, 4.19476, 1.59864, 0.97499],
        [3.0352, 1.7959],
        [2.94610, 2.01189, 0.91764],
    ),
    (
        {"count": 1000, "spacing": "normal"},
        [8.98704, 6.05810, 4.20927, 1.84000, 1.12265],
        [3.2679, 1.8056],
        [3.06157, 1.99493, 1.04233],
    ),
]


@pytest.mark.parametrize(("settings", "losses", "line", "best"), PUBLISHED)
def test_published_losses(settings, losses, line, best):
    inputs, targets = noisy_line(**settings)
    trainer = Trainer(inputs, targets, weight=5.0, keep_history=True)
    trainer.train(10)
    assert [round(trainer.history[step][2], 5) for step in (0, 1, 2, 5, 10)] == losses
    assert [round(trainer.weight, 4), round(trainer.bias, 4)] == line
    weights, bias = least_squares(inputs, targets)
    loss = cost.mean_squared_error(weights[0] * inputs + bias, targets)
    assert [round(float(weights[0]), 5), round(bias, 5), round(loss, 5)] == best
    assert 1.05 * loss < trainer.cost < 1.10 * loss
    trainer.train(190)
    assert trainer.cost == pytest.approx(loss, rel=1e-9)

    start = [(np.array([[5.0]]), np.zeros(1))]
    model = Network([], epochs=10, keep_history=True).fit(inputs[:, np.newaxis], targets, start=start)
    assert [round(model.costs_[step], 5) for step in (0, 1, 2, 5, 10)] == losses


@given(
    pair=points(features=st.just(1)),
    line=st.tuples(numbers, numbers),
)
def test_the_gradient_of_a_line(pair, line):
    inputs, targets = pair[0][:, 0], pair[1]
    error = cost.check_gradient(
        lambda p: cost.mean_squared_error(p[0] * inputs + p[1], targets),
        lambda p: np.array(line_gradient(inputs, targets, p[0], p[1])),
        line,
    )
    assert error < 1e-7
    assert {type(slope) for slope in line_gradient(inputs, targets, *line)} == {float}
    trainer = Trainer(inputs, targets, 0.01, *line)
    trainer.update()
    by_weight, by_bias = line_gradient(inputs, targets, *line)
    assert trainer.weight == pytest.approx(line[0] - 0.01 * by_weight, abs=1e-12)
    assert trainer.bias == pytest.approx(line[1] - 0.01 * by_bias, abs=1e-12)


def test_the_trainer_keeps_a_history_only_when_asked():
    trainer = Trainer([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    assert (trainer.learning_rate, trainer.weight, trainer.bias, trainer.history) == (0.1, 0.0, 0.0, [])
    assert trainer.cost == pytest.approx(35 / 3)
    trainer.train(3)
    assert trainer.history == []
    trainer = Trainer([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], bias=1.0, keep_history=True)
    trainer.train(3)
    assert len(trainer.history) == 4
    assert trainer.history[0] == (0.0, 1.0, 20 / 3)
    assert trainer.history[-1] == (trainer.weight, trainer.bias, trainer.cost)
    assert type(trainer.weight) is type(trainer.bias) is type(trainer.cost) is float


@given(pair=points())
def test_least_squares_agrees_with_scikit_learn(pair):
    weights, bias = least_squares(*pair)
    reference = LinearRegression().fit(*pair)
    np.testing.assert_allclose(weights, reference.coef_, atol=1e-9)
    assert bias == pytest.approx(reference.intercept_, abs=1e-9)
    assert type(bias) is float


def test_least_squares_of_a_single_feature():
    weights, bias = least_squares([0, 1, 2], [1, 3, 5])
    np.testing.assert_allclose(weights, [2.0])
    assert bias == pytest.approx(1.0)


@pytest.mark.parametrize(
    "optimizer", [GradientDescent(0.1), Momentum(0.02, 0.8), Adam(0.05)], ids=["plain", "momentum", "adam"]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_rule_reaches_least_squares(optimizer, seed):
    rng = np.random.default_rng(seed)
    inputs, targets = rng.normal(size=(40, 2)), rng.normal(size=40)
    network = Network([], initialiser="zeros", optimizer=optimizer, epochs=3000).fit(inputs, targets)
    ((found, found_bias),) = network.layers_
    weights, bias = least_squares(inputs, targets)
    np.testing.assert_allclose([*found[:, 0], *found_bias], [*weights, bias], atol=1e-4)


@given(pair=points())
def test_descent_converges_below_the_largest_rate_and_not_above(pair):
    inputs, targets = pair
    limit = largest_learning_rate(inputs)
    best = cost.mean_squared_error(inputs @ least_squares(*pair)[0] + least_squares(*pair)[1], targets)

    def last_costs(rate):
        model = Network(
            [], "linear", initialiser="zeros", optimizer=GradientDescent(rate), epochs=200, keep_history=True
        )
        return np.array(model.fit(inputs, targets).costs_) - best

    below, above = last_costs(0.98 * limit), last_costs(1.02 * limit)
    assert below[-1] < below[0]
    assert np.all(np.diff(below) <= 1e-12)
    assert above[-1] > above[-2] > above[-10]


def test_the_largest_rates_of_the_course():
    assert round(largest_learning_rate(np.linspace(-2, 2, 201)), 3) == 0.743
    assert largest_learning_rate(np.linspace(0, 400, 500)) == pytest.approx(1.9e-5, rel=0.05)
    assert type(largest_learning_rate([1.0, 2.0])) is float


def test_plain_descent_and_momentum_step_as_written():
    start, slope = [np.array([1.0, 2.0]), np.array(3.0)], [np.array([10.0, -10.0]), np.array(1.0)]
    moved = GradientDescent(0.5).step(start, slope)
    assert [array.tolist() for array in moved] == [[-4.0, 7.0], 2.5]
    rule = Momentum(0.5, momentum=0.25)
    once = rule.step(start, slope)
    twice = rule.step(once, slope)
    assert [array.tolist() for array in once] == [[-4.0, 7.0], 2.5]
    assert [array.tolist() for array in twice] == [[-4 - 6.25, 7 + 6.25], 2.5 - 0.625]
    assert start[0].tolist() == [1.0, 2.0]
    assert (GradientDescent().learning_rate, Momentum().learning_rate, Momentum().momentum) == (0.1, 0.1, 0.9)


@given(slopes=arrays(np.float64, 6, elements=st.floats(-100, 100)))
def test_adam_follows_the_paper(slopes):
    rule, place = Adam(0.1, 0.8, 0.95, epsilon=1e-3), [np.array(2.0)]
    mean = square = 0.0
    expected = 2.0
    for number, slope in enumerate(slopes, start=1):
        place = rule.step(place, [np.array(slope)])
        mean = 0.8 * mean + 0.2 * slope
        square = 0.95 * square + 0.05 * slope**2
        unbiased = mean / (1 - 0.8**number), square / (1 - 0.95**number)
        expected -= 0.1 * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-3)
        assert place[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("rule", [GradientDescent(0.1), Momentum(0.1), Adam(0.1)])
def test_each_parameter_needs_a_gradient(rule):
    one, two = [np.array(1.0)], [np.array(1.0), np.array(2.0)]
    with pytest.raises(ValueError, match="zip"):
        copy.deepcopy(rule).step(two, one)
    with pytest.raises(ValueError, match="zip"):
        copy.deepcopy(rule).step(one, two)
    started = copy.deepcopy(rule)
    started.step(two, two)
    with pytest.raises(ValueError, match="zip"):
        started.step(two, one)


def test_defaults_of_adam():
    rule = Adam()
    assert (rule.learning_rate, rule.mean_decay, rule.square_decay, rule.epsilon) == (0.001, 0.9, 0.999, 1e-8)


def test_patience_counts_epochs_without_an_improvement():
    patience = EarlyStopping(patience=2, tolerance=0.5)
    costs = [5.0, 4.75, 4.25, 4.0, 4.0, 3.75]
    said = [patience.ran_out(value, [np.array(value)]) for value in costs]
    assert said == [False, False, False, False, True, True]
    assert patience.best_cost == 4.25
    assert patience.best_parameters[0] == 4.25
    assert EarlyStopping(1).tolerance == 0.0
    assert EarlyStopping(1).best_cost == np.inf
    assert EarlyStopping(1).best_parameters == []


def test_an_infinite_first_cost_is_still_the_best_so_far():
    patience = EarlyStopping(patience=1)
    assert not patience.ran_out(np.inf, [np.array(1.0)])
    assert patience.ran_out(np.inf, [np.array(2.0)])
    assert patience.best_parameters[0] == 1.0


def test_memory_does_not_grow_with_the_epochs():
    inputs, targets = noisy_line()

    def peak(epochs):
        tracemalloc.start()
        Trainer(inputs, targets).train(epochs)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(5)
    assert peak(1000) < 2 * peak(10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: line_gradient([1, 2], [1], 0, 0), "`targets` has shape (1,) and `inputs` has shape (2,)"),
        (lambda: Trainer([1, np.nan], [1, 2]), "`inputs` holds nan at position (1,)"),
        (lambda: Trainer([1], [[1]]), "`targets` has shape (1, 1) and `inputs` has shape (1,)"),
        (lambda: Trainer([], []), "`inputs` is empty"),
        (lambda: Trainer([1], [1], learning_rate=0), "`learning_rate` is 0"),
        (lambda: Trainer([1], [1], weight=np.inf), "`weight` is inf"),
        (lambda: Trainer([1], [1], bias=[1.0, 2.0]), "`bias` is [1.0, 2.0]; it must be a finite number."),
        (lambda: Trainer([1], [1], bias=np.nan), "`bias` is nan"),
        (lambda: Trainer([1], [1]).train(0), "`steps` is 0"),
        (lambda: least_squares([1, 2], [1]), "`inputs` has 2 examples and `targets` has 1"),
        (lambda: least_squares([1, 2], [[1], [2]]), "`targets` has shape (2, 1)"),
        (lambda: least_squares(np.zeros((1, 1, 1)), [1]), "`inputs` has shape (1, 1, 1)"),
        (lambda: largest_learning_rate([np.nan]), "`inputs` holds nan"),
        (lambda: GradientDescent(0), "`learning_rate` is 0"),
        (lambda: Momentum(0), "`learning_rate` is 0"),
        (lambda: Momentum(momentum=1), "`momentum` is 1; it must be a number from 0 up to, but not, 1."),
        (lambda: Momentum(momentum=-0.1), "`momentum` is -0.1"),
        (lambda: Adam(0), "`learning_rate` is 0"),
        (lambda: Adam(mean_decay=1), "`mean_decay` is 1; it must be a number from 0 up to, but not, 1."),
        (lambda: Adam(mean_decay=-1), "`mean_decay` is -1"),
        (lambda: Adam(square_decay=1), "`square_decay` is 1; it must be a number from 0 up to, but not, 1."),
        (lambda: Adam(square_decay=-1), "`square_decay` is -1"),
        (lambda: Adam(epsilon=0), "`epsilon` is 0"),
        (lambda: EarlyStopping(0), "`patience` is 0"),
        (lambda: EarlyStopping(1, -1), "`tolerance` is -1; it must be a number from 0 up to, but not, inf."),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()


def test_early_stopping_forgets_a_first_cost_that_is_no_number():
    patience = EarlyStopping(patience=2)
    ends = [patience.ran_out(cost, [np.array(cost)]) for cost in (np.nan, 3.0, 2.0, np.nan, 2.5)]
    assert ends == [False, False, False, False, True]
    assert patience.best_cost == 2.0
    assert EarlyStopping(patience=1).ran_out(np.nan, [np.zeros(1)]) is False
