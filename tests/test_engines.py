"""Plain Python and NumPy take the same steps to ten digits, and the trace shows the arithmetic of each."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import cost, engines
from course_lib.data import noisy_line
from course_lib.descent import GradientDescent, Trainer
from course_lib.network import Network, flat, paired

LINE = [[[5.0]], [0.0]]


@st.composite
def runs(draw):
    """Draw a start, inputs and targets that fit each other."""
    sizes = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(2, 4)))]
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    examples = draw(st.integers(1, 5))
    start = engines.start_weights(*sizes, seed=draw(st.integers(0, 99)))
    start[1] = start[1] + 0.1
    return start, rng.normal(size=(examples, sizes[0])), rng.normal(size=(examples, sizes[-1]))


@given(run=runs(), rate=st.sampled_from([0.01, 0.1]), steps=st.integers(1, 6))
def test_both_engines_take_the_same_steps(run, rate, steps):
    scalar = engines.train_scalar(*run, rate, steps)
    numpy = engines.train_numpy(*run, rate, steps)
    assert len(scalar) == len(numpy) == steps + 1
    for ours, theirs in zip(scalar, numpy, strict=True):
        for array, other, first in zip(ours, theirs, run[0], strict=True):
            assert array.shape == other.shape == first.shape
            np.testing.assert_allclose(array, other, rtol=1e-10, atol=1e-10)
    for array, first in zip(scalar[0], run[0], strict=True):
        np.testing.assert_array_equal(array, first)


@given(run=runs())
def test_the_network_class_takes_the_same_steps(run):
    start, inputs, targets = run
    hidden = [len(biases) for biases in start[1:-2:2]]
    network = Network(hidden, optimizer=GradientDescent(0.05), epochs=4).fit(
        inputs, targets, start=paired(start)
    )
    for array, other in zip(flat(network.layers_), engines.train_numpy(*run, 0.05, 4)[-1], strict=True):
        np.testing.assert_allclose(array, other, rtol=1e-10, atol=1e-10)


def test_the_line_of_the_guides():
    inputs, targets = noisy_line()
    trainer = Trainer(inputs, targets, weight=5.0, keep_history=True)
    trainer.train(10)
    columns = LINE, inputs[:, np.newaxis], targets[:, np.newaxis], 0.1, 10
    for run in (engines.train_scalar(*columns), engines.train_numpy(*columns)):
        for (weight, bias, _), weights in zip(trainer.history, run, strict=True):
            assert [weights[0][0, 0], weights[1][0]] == pytest.approx([weight, bias], rel=1e-10)
        assert cost.mean_squared_error(inputs * run[10][0][0, 0] + run[10][1][0], targets) == pytest.approx(
            0.97499, abs=5e-6
        )


def test_start_weights():
    start = engines.start_weights(200, 100, 3, seed=2)
    assert [array.shape for array in start] == [(200, 100), (100,), (100, 3), (3,)]
    assert -1 <= start[0].min() < -0.99
    assert 0.99 < start[0].max() < 1
    assert not start[1].any()
    assert not start[3].any()
    np.testing.assert_array_equal(engines.start_weights(2, 1)[0], engines.start_weights(2, 1, seed=0)[0])
    assert not np.array_equal(engines.start_weights(2, 1)[0], engines.start_weights(2, 1, seed=1)[0])


def value_of(expression):
    """Work out one written calculation."""
    python = expression.replace("^", "**")
    return eval(python, {"__builtins__": {}}, {"tanh": np.tanh})


@given(run=runs(), steps=st.integers(1, 2))
def test_every_calculation_in_the_trace_is_right(run, steps):
    text = engines.trace(*run, 0.1, steps, digits=12)
    checked = 0
    for line in text.splitlines():
        # "name = calculation = result"
        if line.count(" = ") == 2:
            calculation, result = line.split(" = ")[1:]
            assert value_of(calculation) == pytest.approx(float(result), rel=1e-9, abs=1e-9), line
            checked += 1
    examples, outputs = run[2].shape
    weights = sum(array.size for array in run[0])
    units = sum(len(array) for array in run[0][1::2])
    assert checked == steps * (examples * (2 * units + outputs) + 1 + 2 * weights)


@given(run=runs())
def test_the_trace_ends_where_the_run_ends(run):
    last = engines.trace(*run, 0.1, 2, digits=12).split("step 2")[1]
    written = [float(number) for number in re.findall(r"new value = .* = (\S+)$", last, flags=re.M)]
    after = engines.train_scalar(*run, 0.1, 2)[-1]
    expected = [
        number
        for weights, biases in zip(after[::2], after[1::2], strict=True)
        for unit, bias in enumerate(biases)
        for number in (*weights[:, unit], bias)
    ]
    assert written == pytest.approx(expected, rel=1e-9, abs=1e-11)


def test_the_trace_of_a_small_network():
    start = [[[0.5, -0.25]], [0.0, 0.125], [[1.0], [2.0]], [0.5]]
    assert engines.trace(start, [[0.5]], [[1.0]], 0.5, digits=3).splitlines() == [
        "step 1",
        "  example 1: inputs 0.5; target 1",
        "    hidden 1.1 = tanh(0.5*0.5 + 0) = 0.245",
        "    hidden 1.2 = tanh(0.5*(-0.25) + 0.125) = 0",
        "    output 1 = 0.245*1 + 0*2 + 0.5 = 0.745",
        "    residual 1 = 0.745 - 1 = -0.255",
        "    slope of output 1 = 2*(-0.255)/1 = -0.51",
        "    slope of hidden 1.1 = (1 - 0.245^2)*(1*(-0.51)) = -0.48",
        "    slope of hidden 1.2 = (1 - 0^2)*(2*(-0.51)) = -1.02",
        "  cost = ((-0.255)^2)/1 = 0.0651",
        "  weight from input 1 to hidden 1.1",
        "    slope = 0.5*(-0.48) = -0.24",
        "    new value = 0.5 - 0.5*(-0.24) = 0.62",
        "  bias of hidden 1.1",
        "    slope = (-0.48) = -0.48",
        "    new value = 0 - 0.5*(-0.48) = 0.24",
        "  weight from input 1 to hidden 1.2",
        "    slope = 0.5*(-1.02) = -0.51",
        "    new value = -0.25 - 0.5*(-0.51) = 0.00508",
        "  bias of hidden 1.2",
        "    slope = (-1.02) = -1.02",
        "    new value = 0.125 - 0.5*(-1.02) = 0.635",
        "  weight from hidden 1.1 to output 1",
        "    slope = 0.245*(-0.51) = -0.125",
        "    new value = 1 - 0.5*(-0.125) = 1.06",
        "  weight from hidden 1.2 to output 1",
        "    slope = 0*(-0.51) = 0",
        "    new value = 2 - 0.5*0 = 2",
        "  bias of output 1",
        "    slope = (-0.51) = -0.51",
        "    new value = 0.5 - 0.5*(-0.51) = 0.755",
    ]


def test_the_trace_names_every_unit():
    start = engines.start_weights(2, 2, 2, 1)
    text = engines.trace(start, [[1.0, -1.0]], [[0.5]], 0.1)
    assert "example 1: inputs 1, -1; target 0.5" in text
    for name in (
        "weight from input 2 to hidden 1.1",
        "weight from hidden 1.2 to hidden 2.1",
        "weight from hidden 2.2 to output 1",
        "slope of hidden 2.2 =",
        "slope of hidden 1.1 =",
        "bias of hidden 2.1",
        "bias of output 1",
    ):
        assert name in text
    assert "output 2" not in text


def test_what_rounding_leaves_over_is_written_as_nothing():
    # 0.1 + 0.2 - 0.3 is 5.6e-17 in floating point.
    text = engines.trace([[[0.1], [0.2]], [0.0]], [[1.0, 1.0]], [[0.3]], 0.1)
    assert "residual 1 = 0.3 - 0.3 = 0\n" in text


def test_the_trace_shows_four_digits_of_one_step():
    text = engines.trace(LINE, [[1 / 3]], [[1.0]], 0.1)
    assert "1.667" in text
    assert "step 2" not in text
    assert "0.6667" in text


@pytest.mark.parametrize(
    "call", [engines.train_scalar, engines.train_numpy, engines.trace, engines.checked_run]
)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LINE, [1.0], [[1.0]], 0.1, 1), "`inputs` has shape (1,)"),
        ((LINE, [[1.0]], [1.0], 0.1, 1), "`targets` has shape (1,)"),
        ((LINE, [[1.0], [2.0]], [[1.0]], 0.1, 1), "`inputs` has 2 examples and `targets` has 1"),
        ((LINE, [[1.0]], [[1.0]], 0, 1), "`learning_rate` is 0"),
        ((LINE, [[1.0]], [[1.0]], 0.1, 0), "`steps` is 0"),
        (([], [[1.0]], [[1.0]], 0.1, 1), "`start` has 0 arrays; each layer needs two, weights and biases."),
        (([[[1.0]]], [[1.0]], [[1.0]], 0.1, 1), "`start` has 1 arrays; each layer needs two"),
        (([[[1.0]], [np.nan]], [[1.0]], [[1.0]], 0.1, 1), "`start[1]` holds nan"),
        (
            (LINE, [[1.0, 2.0]], [[1.0]], 0.1, 1),
            "`start[0]` has shape (1, 1) and `start[1]` has shape (1,); "
            "they must be (2, units) and (units,).",
        ),
        (([[[1.0]], [1.0, 2.0]], [[1.0]], [[1.0]], 0.1, 1), "`start[0]` has shape (1, 1) and `start[1]` has"),
        (([[1.0], [1.0]], [[1.0]], [[1.0]], 0.1, 1), "`start[0]` has shape (1,) and"),
        (
            ([[[1.0, 2.0]], [0.0, 0.0], [[1.0]], [0.0]], [[1.0]], [[1.0]], 0.1, 1),
            "`start[2]` has shape (1, 1) and `start[3]` has shape (1,); "
            "they must be (2, units) and (units,).",
        ),
        (
            (LINE, [[1.0]], [[1.0, 2.0]], 0.1, 1),
            "`targets` has 2 columns; the last layer of `start` has 1 units.",
        ),
    ],
)
def test_all_engines_refuse_the_same_things(call, arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call(*arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: engines.start_weights(3),
            "`sizes` is (3,); a network has at least a number of inputs and one",
        ),
        (lambda: engines.start_weights(3, 0), "`sizes` is 0"),
        (lambda: engines.start_weights(0, 3), "`sizes` is 0"),
        (lambda: engines.trace(LINE, [[1.0]], [[1.0]], 0.1, digits=0), "`digits` is 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
