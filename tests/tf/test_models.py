"""The models compute what their formulas say, start where they are told to, and can be trained whole."""

import re

import numpy as np
import pytest
import tensorflow as tf

from course_lib.engines import start_weights
from course_lib.tf.models import CurveModel, KerasLinearModel, LinearModel, TensorFlowNetwork

POINTS = np.linspace(-2, 2, 5)


@pytest.mark.parametrize("make", [LinearModel, KerasLinearModel])
def test_a_line_starts_where_the_guides_start_or_where_it_is_told_to(make):
    np.testing.assert_array_equal(make()(POINTS), 5.0 * POINTS)
    line = make(-1.5, 0.25)
    np.testing.assert_array_equal(line(POINTS), -1.5 * POINTS + 0.25)
    assert (float(line.weight), float(line.bias)) == (-1.5, 0.25)
    assert line(POINTS).dtype == tf.float64
    names = [variable.name.split(":")[0] for variable in line.trainable_variables]
    assert sorted(names) == ["bias", "weight"]
    assert {variable.dtype for variable in line.trainable_variables} in ({tf.float64}, {"float64"})


def test_a_network_is_its_formula():
    start = start_weights(2, 3, 4, 1, seed=5)
    start[1::2] = [biases + 0.1 for biases in start[1::2]]
    inputs = np.random.default_rng(0).normal(size=(6, 2))
    values = inputs
    for weights, biases in zip(start[:-2:2], start[1:-2:2], strict=True):
        values = np.tanh(values @ weights + biases)
    network = TensorFlowNetwork(start)
    np.testing.assert_allclose(network(inputs), values @ start[-2] + start[-1], rtol=1e-14)
    np.testing.assert_array_equal(network(inputs.tolist()), network(inputs))
    for variable, array in zip(network.trainable_variables, start, strict=True):
        assert variable.dtype == tf.float64
        np.testing.assert_array_equal(variable, array)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ([], "`start` has 0 arrays; each layer needs two, weights and biases."),
        ([[[1.0]]], "`start` has 1 arrays; each layer needs two, weights and biases."),
        ([[[1.0]], [np.nan]], "`start[1]` holds nan at position (0,); every entry must be a finite number."),
        ([[[1.0]], "words"], "`start[1]` must be numbers in rows of equal length"),
    ],
)
def test_a_start_that_makes_no_network_is_named(start, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        TensorFlowNetwork(start)


def test_a_curve_is_its_formula():
    model = CurveModel(7, seed=3)
    weights, biases, last, offset = model.get_weights()
    assert [array.shape for array in (weights, biases, last, offset)] == [(1, 7), (7,), (7, 1), (1,)]
    assert {array.dtype.name for array in (weights, biases, last, offset)} == {"float64"}
    expected = np.maximum(POINTS[:, np.newaxis] @ weights + biases, 0) @ last + offset
    np.testing.assert_allclose(model(POINTS), expected[:, 0], rtol=1e-12)
    assert model(POINTS).dtype == tf.float64


def test_a_curve_starts_as_that_of_the_guide():
    hidden, biases, last, offset = CurveModel(4000).get_weights()
    for drawn in (hidden.ravel(), biases):
        assert abs(drawn.mean()) < 0.05
        assert drawn.std() == pytest.approx(1, abs=0.05)
    assert np.abs(np.corrcoef(hidden.ravel(), biases)[0, 1]) < 0.05
    # Glorot's bound is the square root of 6 over all that goes in and out.
    bound = np.sqrt(6 / 4001)
    assert 0.99 * bound < np.abs(last).max() <= bound
    assert offset.tolist() == [0.0]
    assert CurveModel().count_params() == 3 * 64 + 1


def test_no_two_draws_are_the_same():
    models = [CurveModel(4, seed=seed) for seed in range(3)]
    drawn = {tuple(array.ravel()[:4]) for model in models for array in model.get_weights()[:3]}
    assert len(drawn) == 9
    assert [array.tolist() for array in CurveModel(4).get_weights()] == [
        array.tolist() for array in CurveModel(4, seed=0).get_weights()
    ]


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (KerasLinearModel(2, -3, name="mine"), {"weight": 2.0, "bias": -3.0, "name": "mine"}),
        (CurveModel(5, seed=4, name="mine"), {"units": 5, "seed": 4, "name": "mine"}),
    ],
)
def test_a_model_is_made_again_from_its_settings(model, settings):
    config = model.get_config()
    assert {name: config[name] for name in settings} == settings
    again = type(model).from_config(config)
    assert again.name == "mine"
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_models_are_known_to_keras_by_name():
    for kind in (KerasLinearModel, CurveModel):
        assert tf.keras.utils.get_registered_object(f"course_lib>{kind.__name__}") is kind


def test_units_are_a_whole_number():
    with pytest.raises(ValueError, match=r"^`units` is 0; it must be a whole number, 1 or more\.$"):
        CurveModel(0)
