"""Optimisers against their formulas, against each other, and against the bounds that theory gives them."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.optimizers import (
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSprop,
    cosine,
    stepped,
    walk,
)

RULES = [GradientDescent(0.1), Momentum(0.05), Nesterov(0.05), RMSprop(0.01), Adam(0.05), AdamW(0.05, 0.0)]
NAMES = [type(rule).__name__ for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_every_rule_comes_to_the_bottom_of_a_bowl(rule):
    places = walk(copy.deepcopy(rule), lambda place: np.array([1.0, 8.0]) * place, [1.0, -2.0], 500)
    # RMSprop's steps keep the length of the rate: it ends within one of them.
    assert np.abs(places[-1]).max() < 0.011
    assert places.shape == (501, 2)


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_no_rule_changes_what_it_was_given(rule):
    place, slope = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for _ in range(2):
        copy.deepcopy(rule).step([place], [slope])
    assert (place.tolist(), slope.tolist()) == ([1.0, 2.0], [3.0, 4.0])


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_each_parameter_needs_a_gradient(rule):
    one, two = [np.array(1.0)], [np.array(1.0), np.array(2.0)]
    for parameters, gradients in ((two, one), (one, two)):
        with pytest.raises(ValueError, match="zip"):
            copy.deepcopy(rule).step(parameters, gradients)


@given(momentum=st.floats(0, 0.95), curvature=st.floats(0.1, 10))
def test_the_largest_rate_of_each_momentum_on_a_parabola(momentum, curvature):
    def last(rule):
        return abs(walk(rule, lambda place: curvature * place, [1.0], 2000)[-1, 0])

    heavy = (2 + 2 * momentum) / curvature
    ahead = heavy / (1 + 2 * momentum)
    assert last(Momentum(0.97 * heavy, momentum)) < 1 < last(Momentum(1.03 * heavy, momentum))
    assert last(Nesterov(0.97 * ahead, momentum)) < 1 < last(Nesterov(1.03 * ahead, momentum))


def test_without_momentum_all_three_are_plain_descent():
    def gradient(place):
        return 3 * place + 1

    plain = walk(GradientDescent(0.1), gradient, [1.0, 2.0], 9)
    for rule in (Momentum(0.1, 0.0), Nesterov(0.1, 0.0)):
        np.testing.assert_array_equal(walk(rule, gradient, [1.0, 2.0], 9), plain)


def test_nesterov_asks_for_the_slope_where_the_velocity_leads():
    # The rule as Nesterov's readers know it, with the place before the look ahead, from the same start.
    def gradient(place):
        return np.sin(3 * place) + place

    place, velocity = np.array([1.0]), np.zeros(1)
    looks = [place]
    for _ in range(20):
        velocity = 0.8 * velocity - 0.1 * gradient(place + 0.8 * velocity)
        place = place + velocity
        looks.append(place + 0.8 * velocity)
    np.testing.assert_allclose(walk(Nesterov(0.1, 0.8), gradient, [1.0], 20), looks, atol=1e-12)


def test_weight_decay_shrinks_alike_whatever_the_slope_was():
    # In the loss, Adam divides the decay by the size of the gradient; beside it, nothing is divided.
    slope = [np.array([0.001, 1000.0])]
    place = [np.array([2.0, 2.0])]
    lost = Adam(0.1).step(place, slope)[0] - AdamW(0.1, 0.5).step(place, slope)[0]
    np.testing.assert_allclose(lost, 0.1 * 0.5 * 2.0)


@given(
    step=st.integers(0, 50),
    warmup=st.integers(0, 9),
    more=st.integers(1, 30),
    peak=st.floats(1e-6, 10),
    every=st.integers(1, 9),
)
def test_schedules_stay_between_nothing_and_their_peak(step, warmup, more, peak, every):
    total = warmup + more
    rates = [cosine(one, total, peak, warmup) for one in range(total + 2)]
    assert all(0 <= rate <= peak * (1 + 1e-12) for rate in rates)
    assert rates[warmup] == pytest.approx(peak)
    assert rates[total:] == pytest.approx([0, 0], abs=1e-12)
    assert np.all(np.diff(rates[:warmup]) > 0)
    assert np.all(np.diff(rates[warmup:]) <= 1e-12)
    assert stepped(step, peak, every, 0.5) == pytest.approx(peak / 2 ** (step // every))


def test_a_rise_without_a_fall_is_refused():
    with pytest.raises(ValueError, match="`warmup` is 5 and `total` is 5"):
        cosine(0, 5, 1.0, 5)
