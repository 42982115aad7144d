"""Backpropagation agrees with finite differences, the scalar autodiff and, for one layer, least squares."""

import copy
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.neural_network import MLPRegressor

from course_lib import cost, data
from course_lib.autodiff import Value
from course_lib.descent import Adam, GradientDescent
from course_lib.network import (
    ACTIVATIONS,
    COSTS,
    INITIALISERS,
    Network,
    backward,
    flat,
    forward,
    initial_layers,
    paired,
)

CORNERS = data.xor_table()


@st.composite
def networks(draw):
    """Draw a small network with parameters, inputs and targets that fit its cost."""
    sizes = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(2, 4)))]
    name = draw(st.sampled_from(sorted(COSTS)))
    if name == "softmax_cross_entropy":
        sizes[-1] += 1
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    layers = paired(
        [array + 0.3 * rng.normal(size=array.shape) for array in flat(initial_layers(sizes, "he"))]
    )
    inputs = rng.normal(size=(draw(st.integers(1, 4)), sizes[0]))
    targets = {
        "mean_squared_error": rng.normal(size=(len(inputs), sizes[-1])),
        "binary_cross_entropy": rng.uniform(size=(len(inputs), sizes[-1])),
        "softmax_cross_entropy": np.r_[sizes[-1] - 1, rng.integers(0, sizes[-1], len(inputs) - 1)],
    }[name]
    network = Network(sizes[1:-1], draw(st.sampled_from(sorted(ACTIVATIONS))), name)
    network.layers_ = layers
    return network, inputs, targets


def with_parameter(parameters, number, array):
    return [*parameters[:number], array, *parameters[number + 1 :]]


@given(case=networks(), decay=st.sampled_from([0.0, 0.7]))
def test_every_gradient_agrees_with_finite_differences(case, decay):
    network, inputs, targets = case
    network.weight_decay = decay
    parameters = flat(network.layers_)
    hidden = forward(network.layers_, inputs, network.activation)[1:-1]
    assume(network.activation != "relu" or all(not len(h) or (np.abs(h) > 1e-3).all() for h in hidden))

    def value(arrays):
        outputs = forward(paired(arrays), inputs, network.activation)[-1]
        penalty = decay / 2 * sum(np.sum(weights**2) for weights in arrays[::2])
        return COSTS[network.cost].value(outputs, targets) + penalty

    gradients = flat(network.gradient(inputs, targets))
    assert [array.shape for array in gradients] == [array.shape for array in parameters]
    for number, array in enumerate(parameters):
        measured = cost.numerical_gradient(
            lambda point, number=number: value(with_parameter(parameters, number, point)), array
        )
        np.testing.assert_allclose(gradients[number], measured, atol=1e-6)


@given(case=networks())
def test_forward_agrees_with_scalar_autodiff(case):
    network, inputs, _ = case
    values = [[Value(number) for number in row] for row in inputs]
    for number, (weights, biases) in enumerate(network.layers_, start=1):
        squeeze = "linear" if number == len(network.layers_) else network.activation
        values = [
            [
                activated(sum((x * w for x, w in zip(row, column, strict=True)), Value(bias)), squeeze)
                for column, bias in zip(weights.T, biases, strict=True)
            ]
            for row in values
        ]
    expected = [[value.data for value in row] for row in values]
    np.testing.assert_allclose(forward(network.layers_, inputs, network.activation)[-1], expected)


def activated(value, name):
    return value if name == "linear" else getattr(value, name)()


def test_slopes_of_the_activations():
    sums = np.linspace(-4, 4, 41) + 0.03
    for activation in ACTIVATIONS.values():
        nudge = 1e-6
        measured = (activation.function(sums + nudge) - activation.function(sums - nudge)) / (2 * nudge)
        np.testing.assert_allclose(activation.slope(activation.function(sums)), measured, atol=1e-8)
    np.testing.assert_allclose(ACTIVATIONS["sigmoid"].function(sums), cost.sigmoid(sums), rtol=1e-12)
    assert ACTIVATIONS["relu"].slope(np.array([0.0])).tolist() == [0.0]
    assert ACTIVATIONS["relu"].function(np.array([-2.0, 0.5])).tolist() == [0.0, 0.5]
    assert sorted(ACTIVATIONS) == ["linear", "relu", "sigmoid", "tanh"]


def test_layers_are_all_returned():
    layers = forward(initial_layers([2, 3, 4, 1]), np.zeros((5, 2)))
    assert [layer.shape for layer in layers] == [(5, 2), (5, 3), (5, 4), (5, 1)]
    by_default = forward(initial_layers([2, 3, 1]), [[1.0, 2.0]])[1]
    np.testing.assert_array_equal(by_default, forward(initial_layers([2, 3, 1]), [[1.0, 2.0]], "tanh")[1])
    slopes = backward(
        initial_layers([2, 3, 1]), [np.ones((1, 2)), by_default, np.ones((1, 1))], np.ones((1, 1))
    )
    np.testing.assert_allclose(slopes[0][1], (initial_layers([2, 3, 1])[1][0].T * (1 - by_default**2))[0])


@pytest.mark.parametrize(
    ("name", "spread"), [("glorot", np.sqrt(2 / 300)), ("he", np.sqrt(2 / 200)), ("zeros", 0.0)]
)
def test_initial_layers(name, spread):
    ((weights, biases),) = initial_layers([200, 100], name, seed=3)
    assert weights.shape == (200, 100)
    assert weights.std() == pytest.approx(spread, rel=0.02)
    assert abs(weights.mean()) <= 0.02 * spread
    assert biases.tolist() == [0.0] * 100
    np.testing.assert_array_equal(weights, initial_layers([200, 100], name, seed=3)[0][0])
    assert sorted(INITIALISERS) == ["glorot", "he", "zeros"]
    assert not np.array_equal(initial_layers([2, 2])[0][0], initial_layers([2, 2], seed=1)[0][0])
    np.testing.assert_array_equal(initial_layers([2, 2])[0][0], initial_layers([2, 2], "glorot", 0)[0][0])


def test_layers_start_with_different_weights():
    (first, _), (second, _) = initial_layers([3, 3, 3])
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("hidden", [[4], [4, 3]])
def test_xor_is_learned(hidden):
    network = Network(hidden, cost="binary_cross_entropy", optimizer=GradientDescent(1.0), epochs=500)
    assert network.fit(*CORNERS) is network
    answers = network.predict(CORNERS[0])
    assert answers.tolist() == [0, 1, 1, 0]
    assert answers.dtype == np.int64
    assert network.outputs(CORNERS[0]).shape == (4, 1)
    np.testing.assert_array_equal(network.outputs(CORNERS[0])[:, 0] > 0, answers)


def test_from_zero_all_hidden_units_stay_alike():
    network = Network([3], initialiser="zeros", optimizer=GradientDescent(0.5), epochs=50).fit(*CORNERS)
    assert not network.layers_[0][0].any()
    assert network.predict(CORNERS[0]) == pytest.approx([0.5] * 4)


def test_hidden_layers_without_activation_are_one_layer():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(20, 3))
    network = Network([5, 4], activation="linear", epochs=20).fit(inputs, rng.normal(size=(20, 2)))
    (first, a), (second, b), (third, c) = network.layers_
    np.testing.assert_allclose(
        network.outputs(inputs), inputs @ first @ second @ third + (a @ second + b) @ third + c
    )


def test_three_classes():
    rng = np.random.default_rng(1)
    labels = np.arange(90) % 3
    inputs = rng.normal(size=(90, 2)) * 0.4 + np.array([[0, 2], [2, -1], [-2, -1]])[labels]
    network = Network([6], "relu", "softmax_cross_entropy", "he", GradientDescent(0.3), 200).fit(
        inputs, labels
    )
    assert network.outputs(inputs).shape == (90, 3)
    answers = network.predict(inputs)
    assert answers.shape == (90,)
    assert np.mean(answers == labels) > 0.97
    np.testing.assert_array_equal(answers, network.outputs(inputs).argmax(axis=1))


def test_several_numbers_at_once():
    inputs = np.linspace(-1, 1, 30)[:, np.newaxis]
    both = np.hstack([inputs, -2 * inputs + 1])
    network = Network([], optimizer=GradientDescent(0.3), epochs=200).fit(inputs, both)
    assert network.predict(inputs).shape == (30, 2)
    np.testing.assert_allclose(network.predict(inputs), both, atol=1e-6)
    assert Network([], epochs=1).fit(inputs, both[:, 0]).predict(inputs).shape == (30,)


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic"])
def test_gradients_agree_with_scikit_learn(activation):
    # scikit-learn halves the squared error and divides its penalty by the number of examples.
    rng = np.random.default_rng(2)
    inputs, targets = rng.normal(size=(12, 3)), rng.normal(size=12)
    theirs = MLPRegressor(
        hidden_layer_sizes=(4, 2),
        activation=activation,
        solver="sgd",
        learning_rate_init=0.02,
        momentum=0.0,
        alpha=0.0,
        nesterovs_momentum=False,
        max_iter=1,
        batch_size=12,
        shuffle=False,
        random_state=0,
    )
    theirs.partial_fit(inputs, targets)
    start = [
        (weights.copy(), biases.copy())
        for weights, biases in zip(theirs.coefs_, theirs.intercepts_, strict=True)
    ]
    for _ in range(5):
        theirs.partial_fit(inputs, targets)
    ours = Network(
        [4, 2], activation.replace("logistic", "sigmoid"), optimizer=GradientDescent(0.01), epochs=5
    ).fit(inputs, targets, start=start)
    for number, (weights, biases) in enumerate(ours.layers_):
        np.testing.assert_allclose(weights, theirs.coefs_[number], rtol=1e-7)
        np.testing.assert_allclose(biases, theirs.intercepts_[number], rtol=1e-7)


def test_costs_of_every_epoch():
    inputs, targets = data.quadratic_cloud(30)
    held_out = data.quadratic_cloud(20, seed=1)
    network = Network([4], epochs=3, keep_history=True)
    network.fit(inputs[:, np.newaxis], targets, validation=(held_out[0][:, np.newaxis], held_out[1]))
    assert len(network.costs_) == len(network.validation_costs_) == 4
    predictions = network.predict(inputs[:, np.newaxis])
    assert network.costs_[-1] == cost.mean_squared_error(predictions, targets)
    predictions = network.predict(held_out[0][:, np.newaxis])
    assert network.validation_costs_[-1] == cost.mean_squared_error(predictions, held_out[1])
    assert (network.epochs_, network.stopped_) == (3, "epochs")
    quiet = Network([4], epochs=3).fit(inputs[:, np.newaxis], targets)
    assert (quiet.costs_, quiet.validation_costs_) == ([], [])
    for ours, theirs in zip(flat(quiet.layers_), flat(network.layers_), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_reported_costs_are_those_of_the_activation():
    network = Network([4], "relu", initialiser="he", epochs=2, seed=3, keep_history=True)
    network.fit(*CORNERS)
    assert network.costs_[-1] == cost.mean_squared_error(network.predict(CORNERS[0]), CORNERS[1])


def test_patience_keeps_the_best_on_held_out_data():
    rng = np.random.default_rng(4)
    inputs, targets = rng.normal(size=(12, 4)), rng.normal(size=12)
    held_out = rng.normal(size=(40, 4)), rng.normal(size=40)
    network = Network([20], optimizer=Adam(0.02), epochs=400, patience=5, keep_history=True)
    network.fit(inputs, targets, validation=held_out)
    assert network.stopped_ == "patience"
    assert network.epochs_ < 400
    best = min(network.validation_costs_[1:])
    assert cost.mean_squared_error(network.predict(held_out[0]), held_out[1]) == best
    assert network.validation_costs_.index(best) == network.epochs_ - 5
    alone = Network([20], optimizer=Adam(0.02), epochs=60, patience=5).fit(inputs, targets)
    assert alone.stopped_ == "epochs"


def test_weight_decay_shrinks_weights_and_leaves_biases_free():
    inputs = np.linspace(-1, 1, 40)[:, np.newaxis]
    targets = 3 * inputs[:, 0] + 5
    loose, tight = (
        Network([], optimizer=GradientDescent(0.2), epochs=2000, weight_decay=decay, keep_history=True).fit(
            inputs, targets
        )
        for decay in (0.0, 0.5)
    )
    mean_square = float(np.mean(inputs**2))
    assert loose.layers_[0][0][0, 0] == pytest.approx(3)
    assert tight.layers_[0][0][0, 0] == pytest.approx(3 * mean_square / (mean_square + 0.25))
    assert tight.layers_[0][1][0] == pytest.approx(5)
    assert tight.costs_[-1] == cost.mean_squared_error(tight.predict(inputs), targets)


def test_batches_and_seeds():
    inputs, targets = data.quadratic_cloud(50)
    settings = {"hidden": [3], "epochs": 3, "optimizer": GradientDescent(0.01)}

    def last(**more):
        return Network(**settings, **more).fit(inputs[:, np.newaxis], targets).layers_[-1][1][0]

    assert last(batch_size=8, seed=1) == last(batch_size=8, seed=1)
    assert last() == last(seed=0) != last(seed=1)
    assert (
        len({last(), last(batch_size=8), last(batch_size=8, seed=1), last(seed=1), last(batch_size=50)}) >= 4
    )
    start = initial_layers([1, 3, 1], seed=9)
    kept = copy.deepcopy(start)
    network = Network(**settings, batch_size=8, seed=1).fit(inputs[:, np.newaxis], targets, start=start)
    other = Network(**settings, batch_size=8, seed=2).fit(inputs[:, np.newaxis], targets, start=start)
    assert network.layers_[-1][1][0] != other.layers_[-1][1][0]
    for array, copied in zip(flat(start), flat(kept), strict=True):
        np.testing.assert_array_equal(array, copied)


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=8),
    hidden=st.lists(st.integers(1, 3), max_size=2),
)
def test_labels_count_from_zero(labels, hidden):
    network = Network(hidden, cost="softmax_cross_entropy", epochs=1)
    inputs = np.ones((len(labels), 2))
    if min(labels) > 0:
        with pytest.raises(
            ValueError, match=f"labels from {min(labels)} to {max(labels)}; labels count from 0"
        ):
            network.fit(inputs, labels)
        # A network that is given says how many classes there are; then the lowest may be met later.
        network.fit(inputs, labels, start=initial_layers([2, *hidden, 6]))
        assert network.outputs(inputs).shape == (len(labels), 6)
        labels = np.unique(labels, return_inverse=True)[1]
    # One between the others may be missing, as in a small sample of ten digits.
    assert network.fit(inputs, labels).outputs(inputs).shape == (len(labels), max(labels) + 1)


def test_labels_that_count_from_one_are_named():
    with pytest.raises(
        ValueError, match=r"^`targets` holds labels from 1 to 2; labels count from 0\. Number"
    ):
        Network(cost="softmax_cross_entropy").fit(np.eye(4), [1, 2, 2, 1])


def test_flat_and_paired_undo_each_other():
    layers = initial_layers([3, 4, 2])
    for (weights, biases), (again, too) in zip(layers, paired(flat(layers)), strict=True):
        assert weights is again
        assert biases is too


def test_mini_batches_reach_the_neighbourhood_of_the_best():
    inputs, targets = data.noisy_line(noise=0.1)
    network = Network([], optimizer=GradientDescent(0.02), epochs=60, batch_size=16, seed=3)
    ((weights, biases),) = network.fit(inputs[:, np.newaxis], targets).layers_
    np.testing.assert_allclose([weights[0, 0], biases[0]], [3, 2], atol=0.05)


@pytest.mark.parametrize("size", [1, 3, 6, 7, 9])
def test_batches_are_dealt_as_the_seed_says_and_lose_nothing(size):
    inputs, targets = np.arange(7.0)[:, np.newaxis], np.arange(7.0)
    network = Network([], optimizer=GradientDescent(0.001), epochs=2, batch_size=size, seed=5).fit(
        inputs, targets
    )
    rng, expected = np.random.default_rng(5), initial_layers([1, 1], seed=5)
    dealt = [np.array_split(rng.permutation(7), range(size, 7, size)) for _ in range(2)]
    assert dealt[0][0].tolist() != dealt[1][0].tolist()
    for rows in (rows for epoch in dealt for rows in epoch):
        values = forward(expected, inputs[rows])
        slopes = cost.mean_squared_error_gradient(values[-1], targets[rows, np.newaxis])
        expected = paired(
            GradientDescent(0.001).step(flat(expected), flat(backward(expected, values, slopes)))
        )
    for ours, theirs in zip(flat(network.layers_), flat(expected), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_last_batch_counts_its_own_examples():
    # With one example left over, its gradient is averaged over one and not over the batch size.
    start = [(np.zeros((1, 1)), np.zeros(1))]
    network = Network([], optimizer=GradientDescent(0.1), epochs=1, batch_size=2)
    network.fit([[1.0], [1.0], [1.0]], [1.0, 1.0, 1.0], start=start)
    assert network.layers_[0][1][0] == pytest.approx(0.2 + 0.2 * (1 - 0.4))


def test_memory_does_not_grow_with_the_epochs():
    def peak(epochs):
        tracemalloc.start()
        Network([3], epochs=epochs, patience=epochs).fit(*CORNERS)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(5)
    assert peak(1000) < 2 * peak(10)


class Counting(GradientDescent):
    def __init__(self):
        super().__init__()
        self.calls = []

    def step(self, parameters, gradients):
        self.calls.append(1)
        return super().step(parameters, gradients)


def test_a_fit_leaves_the_optimizer_as_it_was():
    rule = Adam(0.05)
    network = Network([3], optimizer=rule, epochs=4)
    first = network.fit(*CORNERS).outputs(CORNERS[0])
    np.testing.assert_array_equal(network.fit(*CORNERS).outputs(CORNERS[0]), first)
    assert vars(rule) == vars(Adam(0.05))
    counting = Counting()
    Network([3], optimizer=counting, epochs=4).fit(*CORNERS)
    assert counting.calls == []
    plain = Network([3], epochs=4).fit(*CORNERS).outputs(CORNERS[0])
    same = Network([3], optimizer=GradientDescent(0.1), epochs=4).fit(*CORNERS).outputs(CORNERS[0])
    np.testing.assert_array_equal(plain, same)


@pytest.mark.parametrize(
    ("activation", "name"),
    [*((name, "mean_squared_error") for name in sorted(ACTIVATIONS)), ("linear", "binary_cross_entropy")],
)
def test_divergence_is_reported(activation, name):
    network = Network(
        [3, 3], activation, name, optimizer=GradientDescent(1e160), epochs=50, keep_history=True
    )
    inputs = CORNERS[0] + 1e150
    with pytest.warns(RuntimeWarning, match="diverged"):
        network.fit(inputs, CORNERS[1])
    assert network.stopped_ == "diverged"
    assert network.epochs_ == len(network.costs_) - 1
    assert all(np.isfinite(array).all() for array in flat(network.layers_))


@pytest.mark.filterwarnings("error")
def test_divergence_is_the_only_warning():
    network = Network([3], "relu", optimizer=GradientDescent(1e155), epochs=30, keep_history=True)
    with pytest.warns(RuntimeWarning, match="diverged") as caught:
        network.fit(CORNERS[0] * 1e100, CORNERS[1])
    assert len(caught) == 1


def test_the_warning_points_at_the_caller():
    with pytest.warns(RuntimeWarning) as caught:
        Network([3], optimizer=GradientDescent(1e200), epochs=20).fit(*CORNERS)
    assert caught[0].filename == __file__


def test_defaults():
    assert vars(Network()) == {
        "hidden": (8,),
        "activation": "tanh",
        "cost": "mean_squared_error",
        "initialiser": "glorot",
        "optimizer": None,
        "epochs": 100,
        "batch_size": None,
        "weight_decay": 0.0,
        "patience": None,
        "seed": 0,
        "keep_history": False,
    }


def fitted():
    return Network([2], epochs=1).fit(*CORNERS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: initial_layers([3]),
            "`sizes` is [3]; it needs the number of inputs and of outputs at least.",
        ),
        (lambda: initial_layers([3, 0]), "`sizes` is 0"),
        (
            lambda: initial_layers([3, 1], "best"),
            "`initialiser` is 'best'; it must be one of 'glorot', 'he', 'zeros'.",
        ),
        (
            lambda: forward(initial_layers([3, 1]), [[1, 2]]),
            "`inputs` has 2 features; the network takes 3.",
        ),
        (lambda: forward(initial_layers([3, 1]), [1, 2, 3]), "`inputs` has shape (3,)"),
        (
            lambda: forward(initial_layers([1, 1]), [[1]], "step"),
            "`activation` is 'step'; it must be one of 'linear', 'sigmoid', 'tanh', 'relu'.",
        ),
        (lambda: Network([0]).fit(*CORNERS), "`sizes` is 0"),
        (lambda: Network(activation="step").fit(*CORNERS), "`activation` is 'step'"),
        (lambda: Network(initialiser="best").fit(*CORNERS), "`initialiser` is 'best'"),
        (
            lambda: Network(cost="error").fit(*CORNERS),
            "`cost` is 'error'; it must be one of "
            "'mean_squared_error', 'binary_cross_entropy', 'softmax_cross_entropy'.",
        ),
        (lambda: Network(epochs=0).fit(*CORNERS), "`epochs` is 0"),
        (lambda: Network(batch_size=0).fit(*CORNERS), "`batch_size` is 0"),
        (lambda: Network(patience=0).fit(*CORNERS), "`patience` is 0"),
        (
            lambda: Network(weight_decay=-1).fit(*CORNERS),
            "`weight_decay` is -1; it must be a number from 0 up to, but not, inf.",
        ),
        (lambda: Network().fit([1, 2], [1, 2]), "`inputs` has shape (2,)"),
        (lambda: Network().fit([[1], [2]], [1]), "`inputs` has 2 examples and `targets` has 1"),
        (lambda: Network().fit([[1]], [np.nan]), "`targets` holds nan"),
        (lambda: Network().fit([[1]], [[[1]]]), "`targets` has shape (1, 1, 1)"),
        (
            lambda: Network(cost="binary_cross_entropy").fit([[1], [2]], [-1, 1]),
            "`targets` run from -1 to 1; each must be from 0 to 1.",
        ),
        (
            lambda: Network(cost="softmax_cross_entropy").fit([[1], [2]], [0.5, 1]),
            "`targets` holds 0.5 at position 0; labels must be whole numbers from 0 to 1.",
        ),
        (lambda: Network(cost="softmax_cross_entropy").fit([[1], [2]], [-1, -2]), "`targets` holds -1"),
        (lambda: Network(cost="softmax_cross_entropy").fit([[1]], [[1]]), "`targets` has shape (1, 1)"),
        (
            lambda: Network([2]).fit(*CORNERS, start=initial_layers([2, 1])),
            "`start` has layers of shapes [[(2, 1), (1,)]]; this network needs "
            "[[(2, 2), (2,)], [(2, 1), (1,)]].",
        ),
        (lambda: Network([]).fit(*CORNERS, start=[([[np.nan], [0]], [0])]), "`start[0][0]` holds nan"),
        (lambda: Network().fit(*CORNERS, validation=([1], [1])), "`validation inputs` has shape (1,)"),
        (
            lambda: Network().fit(*CORNERS, validation=([[1, 2]], [1, 2])),
            "`validation inputs` has 1 examples and `validation targets` has 2",
        ),
        (lambda: fitted().predict([[1]]), "`inputs` has 1 features; the network takes 2."),
        (lambda: fitted().outputs([1]), "`inputs` has shape (1,)"),
        (lambda: fitted().gradient([1], [1]), "`inputs` has shape (1,)"),
        (lambda: fitted().gradient([[1, 2]], [np.nan]), "`targets` holds nan"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
