"""Every data set is the same for the same seed, on every machine, and is what it says it is."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import data

TWO_CLASSES = (data.xor, data.circle, data.spiral, data.gauss)
LANDSCAPES = (data.plane, data.hills)


@pytest.mark.parametrize(
    ("draw", "settings", "first", "sum_of_inputs", "sum_of_targets"),
    [
        (data.points_by_line, {}, [254.784675, 107.914686, 16.38941], 206762.535307, 147),
        (data.points_by_line, {"scaled": True}, [0.636962, 0.269787, 0.040974], 516.906338, 147),
        (data.noisy_line, {}, [-2.0, -1.98, -1.96], 0.0, 404.389093),
        (
            data.noisy_line,
            {"spacing": "normal", "count": 1000},
            [0.12573, -0.132105, 0.640423],
            -48.028277,
            1847.892275,
        ),
        (data.quadratic_cloud, {}, [-2.0, -1.980769, -1.961538], 0.0, -764.025328),
        (data.xor, {"noise": 0.2}, [1.669617, -2.602133, -4.890265], 148.191827, 184),
        (data.circle, {"noise": 0.2}, [-1.236888, 1.002925, -0.464505], 5.781174, 200),
        (data.spiral, {"noise": 0.2}, [0.054785, -0.092085, -0.182237], 5.519673, 200),
        (data.gauss, {"noise": 0.2}, [2.173307, 1.817906, 2.882762], -28.894514, 200),
        (data.plane, {"noise": 0.2}, [1.64354, -2.762559, -5.508318], 165.590192, 16.287558),
        (data.hills, {"noise": 0.2}, [1.64354, -2.762559, -5.508318], 165.590192, 1.000808),
    ],
)
def test_the_points_of_seed_zero(draw, settings, first, sum_of_inputs, sum_of_targets):
    inputs, targets = draw(**settings)
    np.testing.assert_allclose(inputs.ravel()[:3], first, atol=1e-6)
    assert inputs.sum() == pytest.approx(sum_of_inputs, abs=1e-6)
    assert targets.sum() == pytest.approx(sum_of_targets, abs=1e-6)
    assert inputs.dtype == np.float64
    again, other = draw(**settings, seed=0), draw(**settings, seed=1)
    np.testing.assert_array_equal(inputs, again[0])
    np.testing.assert_array_equal(targets, again[1])
    assert not np.array_equal(other[0], inputs) or not np.array_equal(other[1], targets)


@given(count=st.integers(1, 200), seed=st.integers(0, 1000))
def test_labels_say_which_side_of_the_line(count, seed):
    inputs, targets = data.points_by_line(count, slope=0.5, intercept=20, size=100, seed=seed)
    assert inputs.shape == (count, 2)
    assert targets.shape == (count,)
    assert targets.dtype == np.int64
    assert (inputs >= 0).all()
    assert (inputs < 100).all()
    np.testing.assert_array_equal(targets, inputs[:, 1] > 0.5 * inputs[:, 0] + 20)
    scaled, same = data.points_by_line(count, slope=0.5, intercept=20, size=100, scaled=True, seed=seed)
    np.testing.assert_array_equal(scaled, inputs / 100)
    np.testing.assert_array_equal(same, targets)


def test_the_line_of_the_course():
    inputs, targets = data.points_by_line()
    np.testing.assert_array_equal(targets, inputs[:, 1] > 1.2 * inputs[:, 0] + 50)
    nearest = np.abs(inputs[:, 1] - 1.2 * inputs[:, 0] - 50).min()
    assert nearest < 1


@pytest.mark.parametrize("draw", [data.circle, data.spiral, data.gauss])
def test_of_an_odd_number_the_second_class_has_one_more(draw):
    assert draw(7)[1].tolist() == [1, 1, 1, 0, 0, 0, 0]


def test_noise_moves_where_a_label_is_decided():
    # The points stay; their labels are those of points that lie elsewhere, drawn after them.
    for draw, reach in ((data.circle, 5), (data.xor, 5)):
        inputs, labels = draw(50, noise=0.6, seed=4)
        rng = np.random.default_rng(4)
        if draw is data.circle:
            rng.uniform(size=50 + 50 + 50)
        else:
            rng.uniform(size=100)
        x, y = (inputs + reach * 0.6 * rng.uniform(-1, 1, (50, 2))).T
        inside = np.hypot(x, y) < 3 if draw is data.circle else (x > 0) == (y > 0)
        np.testing.assert_array_equal(labels, inside)


def test_always_answering_zero_is_right_two_times_out_of_three():
    shares = [1 - data.points_by_line(seed=seed)[1].mean() for seed in range(50)]
    assert np.mean(shares) == pytest.approx(0.68, abs=0.005)


def test_a_tiny_picture_is_fine_but_not_an_empty_one():
    assert data.points_by_line(count=3, size=0.5)[0].max() < 0.5


@given(count=st.integers(2, 100), slope=st.floats(-5, 5), intercept=st.floats(-5, 5))
def test_lines_and_parabolas_without_noise_are_exact(count, slope, intercept):
    for spacing in ("even", "normal"):
        inputs, targets = data.noisy_line(count, slope, intercept, noise=0, spacing=spacing)
        np.testing.assert_allclose(targets, slope * inputs + intercept)
    inputs, targets = data.quadratic_cloud(count, noise=0)
    assert (inputs[0], inputs[-1], len(inputs)) == (-2, 2, count)
    np.testing.assert_allclose(targets, np.polyval([1, 2, -5], inputs))


def test_noise_has_the_spread_asked_for():
    inputs, targets = data.noisy_line(20_000, noise=3.0)
    assert (inputs[0], inputs[-1]) == (-2, 2)
    assert np.std(targets - 3 * inputs - 2) == pytest.approx(3, rel=0.02)
    inputs, targets = data.quadratic_cloud(20_000, noise=0.5)
    assert np.std(targets - inputs**2 - 2 * inputs + 5) == pytest.approx(0.5, rel=0.02)
    assert np.std(data.noisy_line(20_000, spacing="normal")[0]) == pytest.approx(1, rel=0.02)


def test_the_xor_table():
    inputs, targets = data.xor_table()
    assert inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert targets.tolist() == [0, 1, 1, 0]
    assert (inputs.dtype, targets.dtype) == (np.float64, np.int64)


@given(count=st.integers(2, 300), seed=st.integers(0, 1000))
def test_xor(count, seed):
    inputs, targets = data.xor(count, seed=seed)
    np.testing.assert_array_equal(targets, inputs[:, 0] * inputs[:, 1] > 0)
    assert np.abs(inputs).min() >= 0.3
    assert np.abs(inputs).max() <= 5.3


@given(count=st.integers(2, 300), seed=st.integers(0, 1000))
def test_circle(count, seed):
    inputs, targets = data.circle(count, seed=seed)
    radius = np.hypot(*inputs.T)
    assert targets.tolist() == [1] * (count // 2) + [0] * (count - count // 2)
    assert radius[targets == 1].max() <= 2.5
    assert radius[targets == 0].min() >= 3.5
    assert radius.max() <= 5


@given(count=st.integers(2, 300))
def test_spiral(count):
    inputs, targets = data.spiral(count)
    assert targets.tolist() == [1] * (count // 2) + [0] * (count - count // 2)
    for arm, turn in ((1, 0.0), (0, np.pi)):
        x, y = inputs[targets == arm].T
        along = np.arange(len(x)) / len(x)
        np.testing.assert_allclose(np.hypot(x, y), 5 * along, atol=1e-12)
        np.testing.assert_allclose(x, 5 * along * np.sin(3.5 * np.pi * along + turn), atol=1e-12)
        np.testing.assert_allclose(y, 5 * along * np.cos(3.5 * np.pi * along + turn), atol=1e-12)


def test_gauss():
    inputs, targets = data.gauss(20_000)
    assert targets.tolist() == [1] * 10_000 + [0] * 10_000
    for label, centre in ((1, 2.0), (0, -2.0)):
        np.testing.assert_allclose(inputs[targets == label].mean(axis=0), centre, atol=0.03)
        np.testing.assert_allclose(inputs[targets == label].var(axis=0), 0.5, rtol=0.05)
    wide, _ = data.gauss(20_000, noise=0.5)
    np.testing.assert_allclose(wide[:10_000].var(axis=0), 4.0, rtol=0.05)


def test_angles_of_the_circle_go_all_the_way_round():
    inputs, _ = data.circle(2000)
    quarters = np.digitize(np.arctan2(*inputs.T), [-np.pi / 2, 0, np.pi / 2])
    assert np.bincount(quarters).min() > 400


@given(count=st.integers(1, 200), seed=st.integers(0, 1000))
def test_plane(count, seed):
    inputs, heights = data.plane(count, seed=seed)
    assert inputs.shape == (count, 2)
    assert np.abs(inputs).max() <= 6
    np.testing.assert_allclose(heights, np.clip((inputs[:, 0] + inputs[:, 1]) / 10, -1, 1))


@given(count=st.integers(1, 200), seed=st.integers(0, 1000))
def test_hills(count, seed):
    inputs, heights = data.hills(count, seed=seed)
    assert np.abs(inputs).max() <= 6
    for (x, y), height in zip(inputs, heights, strict=True):
        column = min((-4, 0, 4), key=lambda centre: abs(x - centre))
        distance = np.hypot(x - column, abs(y) - 2.5)
        sign = (-1 if column == 0 else 1) * (1 if y > 0 else -1)
        assert height == pytest.approx(sign * max(0, 1 - distance / 2))


@pytest.mark.parametrize("draw", [*TWO_CLASSES, *LANDSCAPES])
def test_noise_strays_further_the_more_there_is(draw):
    # The spiral and the clouds move their points, the others decide their answers elsewhere.
    still, answers = draw(2000, noise=0)
    little, few = draw(2000, noise=0.1)
    much, many = draw(2000, noise=0.8)
    assert np.abs(much - still).mean() + np.abs(many - answers).mean() > (
        np.abs(little - still).mean() + np.abs(few - answers).mean()
    )
    assert answers.dtype == (np.int64 if draw in TWO_CLASSES else np.float64)


@pytest.mark.parametrize(
    ("draw", "reach"), [(data.xor, 5), (data.circle, 5), (data.plane, 6), (data.hills, 6)]
)
def test_noise_never_strays_further_than_its_share_of_the_reach(draw, reach):
    inputs, answers = draw(4000, noise=0.3)
    _, still = draw(4000, noise=0)
    farthest = 0.3 * reach * np.sqrt(2)
    if draw is data.xor:
        changed = np.abs(inputs).min(axis=1)[answers != still]
        assert changed.max() <= 0.3 * reach
    elif draw is data.circle:
        changed = np.abs(np.hypot(*inputs.T) - 3)[answers != still]
        assert changed.max() <= farthest
    else:
        slope = np.sqrt(2) / 10 if draw is data.plane else 0.5
        assert np.abs(answers - still).max() <= farthest * slope
    assert np.abs(answers - still).max() > 0


@pytest.mark.parametrize("draw", [*TWO_CLASSES, *LANDSCAPES])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "`count` is 0; it must be a whole number, 1 or more."),
        ({"noise": 1.0}, "`noise` is 1.0; it must be a number from 0 up to, but not, 1."),
        ({"noise": -0.1}, "`noise` is -0.1; it must be a number from 0 up to, but not, 1."),
    ],
)
def test_bad_settings(draw, settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw(**settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.points_by_line(0), "`count` is 0"),
        (lambda: data.points_by_line(size=0), "`size` is 0"),
        (lambda: data.noisy_line(0), "`count` is 0"),
        (lambda: data.noisy_line(noise=-1), "`noise` is -1; it must be a number from 0 up to, but not, inf."),
        (lambda: data.noisy_line(noise=np.nan), "`noise` is nan"),
        (lambda: data.noisy_line(spacing="odd"), "`spacing` is 'odd'; it must be one of 'even', 'normal'."),
        (lambda: data.quadratic_cloud(0), "`count` is 0"),
        (lambda: data.quadratic_cloud(noise=-1), "`noise` is -1"),
    ],
)
def test_bad_settings_of_lines(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
