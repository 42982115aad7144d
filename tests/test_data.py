"""Every data set is the same for the same seed, on every machine, and is what it says it is."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import data


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


def test_noise_moves_where_a_label_is_decided():
    # The points stay; their labels are those of points that lie elsewhere, drawn after them.
    inputs, labels = data.xor(50, noise=0.6, seed=4)
    rng = np.random.default_rng(4)
    rng.uniform(size=100)
    x, y = (inputs + 5 * 0.6 * rng.uniform(-1, 1, (50, 2))).T
    np.testing.assert_array_equal(labels, (x > 0) == (y > 0))


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


def test_noise_strays_further_the_more_there_is_and_never_further_than_its_share():
    inputs, still = data.xor(4000, noise=0)
    little, some, much = (data.xor(4000, noise=noise)[1] for noise in (0.1, 0.3, 0.8))
    assert 0 < np.sum(little != still) < np.sum(some != still) < np.sum(much != still)
    assert np.abs(inputs).min(axis=1)[some != still].max() <= 0.3 * 5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "`count` is 0; it must be a whole number, 1 or more."),
        ({"noise": 1.0}, "`noise` is 1.0; it must be a number from 0 up to, but not, 1."),
        ({"noise": -0.1}, "`noise` is -0.1; it must be a number from 0 up to, but not, 1."),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        data.xor(**settings)


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
