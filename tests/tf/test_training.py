"""TensorFlow's training against NumPy, the guides' published numbers, and closed-form least squares."""

import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from course_lib import data, engines
from course_lib.tf import training
from course_lib.tf.models import CurveModel, KerasLinearModel, LinearModel, TensorFlowNetwork

# The loss after k steps from w = 5, b = 0 at rate 0.1, as the guides' own code prints it.
STEPS = (0, 1, 2, 5, 10)
PUBLISHED = {
    ("even", "tensorflow"): (10.11312, 6.29030, 4.10577, 1.68940, 1.10930),
    ("even", "numpy"): (10.64626, 6.54106, 4.19476, 1.59864, 0.97499),
    ("normal", "tensorflow"): (9.29818, 6.25490, 4.34020, 1.89839, 1.16455),
    ("normal", "numpy"): (8.98704, 6.05810, 4.20927, 1.84000, 1.12265),
}
# The guides compute in float32. One of their losses, 6.29030, is 6.2902949804 in float64: half a unit of the
# last digit away, and a hair. All others agree to every digit.
HALF_A_UNIT = 5.1e-6


def guide_data(spacing, generator):
    count = 201 if spacing == "even" else 1000
    if generator == "numpy":
        return data.noisy_line(count, spacing=spacing, seed=0)
    tf.random.set_seed(0)
    if spacing == "even":
        inputs = tf.cast(tf.linspace(-2, 2, count), tf.float32)
    else:
        inputs = tf.random.normal([count])
    return tuple(np.float64(part) for part in (inputs, inputs * 3.0 + 2.0 + tf.random.normal([count])))


@pytest.fixture
def float64():
    with training.float64():
        yield


@pytest.fixture
def line():
    return data.noisy_line()


@pytest.mark.parametrize(("spacing", "generator"), PUBLISHED)
@pytest.mark.parametrize("model", [LinearModel, KerasLinearModel])
def test_published_losses(spacing, generator, model):
    history = training.train(model(), *guide_data(spacing, generator), learning_rate=0.1, steps=10)
    losses = [history.losses[step] for step in STEPS]
    assert losses == pytest.approx(PUBLISHED[spacing, generator], abs=HALF_A_UNIT)


class SinglePrecisionLine(tf.Module):
    """The model of the guides as they have it, in float32."""

    def __init__(self):
        super().__init__()
        self.w, self.b = tf.Variable(5.0), tf.Variable(0.0)

    def __call__(self, inputs):
        return self.w * inputs + self.b


@pytest.mark.parametrize(("spacing", "generator"), PUBLISHED)
def test_in_single_precision_the_published_losses_come_back_to_the_last_digit(spacing, generator):
    model = SinglePrecisionLine()
    inputs, targets = (tf.constant(part, tf.float32) for part in guide_data(spacing, generator))
    # `train_step` returns the loss before each step, so the eleventh call tells of the tenth step.
    losses = [float(training.train_step(model, inputs, targets, 0.1)) for _ in range(11)]
    assert [round(losses[step], 5) for step in STEPS] == list(PUBLISHED[spacing, generator])


@pytest.mark.parametrize(("spacing", "generator"), PUBLISHED)
def test_many_steps_reach_least_squares(spacing, generator):
    inputs, targets = guide_data(spacing, generator)
    model = LinearModel()
    training.train_in_graph(model, inputs, targets, learning_rate=0.1, steps=500)
    slope, intercept = np.polyfit(inputs, targets, 1)
    assert [model.weight.numpy(), model.bias.numpy()] == pytest.approx([slope, intercept], abs=1e-9)


ways = {
    "compiled step": lambda *run: training.train(*run, step=training.compiled_train_step).losses[-1],
    "graph": lambda *run: training.train_in_graph(*run, xla=False),
    "xla": lambda *run: training.train_in_graph(*run, xla=True),
}


@pytest.mark.parametrize("way", ways)
@pytest.mark.parametrize("model", [LinearModel, KerasLinearModel, lambda: CurveModel(8)])
def test_every_way_to_loop_gives_the_same(way, model, line):
    eager, other = model(), model()
    loss = training.train(eager, *line, 0.05, 7).losses[-1]
    assert ways[way](other, *line, 0.05, 7) == pytest.approx(loss, rel=1e-12)
    for one, two in zip(eager.trainable_variables, other.trainable_variables, strict=True):
        assert one.numpy() == pytest.approx(two.numpy(), rel=1e-10, abs=1e-12)


def test_xla_compiles_the_loop_only_when_asked_to(line):
    loops = {True: training._loop_as_machine_code, False: training._loop_as_graph}
    for xla, loop in loops.items():
        before = {name: other.experimental_get_tracing_count() for name, other in loops.items()}
        training.train_in_graph(LinearModel(), *line, 0.1, 1, xla=xla)
        assert loop.experimental_get_tracing_count() == before[xla] + 1
        assert loops[not xla].experimental_get_tracing_count() == before[not xla]


def test_the_compiled_step_is_traced_once_for_any_rate_and_number_of_steps(line):
    model = LinearModel()
    training.train_in_graph(model, *line, 0.1, 1)
    traces = training._loop_as_machine_code.experimental_get_tracing_count()
    training.train_in_graph(model, *line, 0.2, 5)
    assert training._loop_as_machine_code.experimental_get_tracing_count() == traces


@pytest.mark.parametrize("sizes", [(1, 1), (2, 3, 1), (3, 4, 2, 2)])
@pytest.mark.parametrize("engine", [training.train_tensorflow, training.train_keras, engines.train_scalar])
def test_one_run_four_engines(engine, sizes):
    rng = np.random.default_rng(1)
    start = engines.start_weights(*sizes, seed=2)
    inputs, targets = rng.normal(size=(9, sizes[0])), rng.normal(size=(9, sizes[-1]))
    run = engine(start, inputs, targets, 0.1, 12)
    reference = engines.train_numpy(start, inputs, targets, 0.1, 12)
    assert len(run) == len(reference) == 13
    for ours, theirs in zip(run, reference, strict=True):
        for one, two in zip(ours, theirs, strict=True):
            assert one.dtype == np.float64
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-10)
    assert np.abs(run[-1][0] - run[0][0]).max() > 1e-3  # a run that stands still would agree, too


def test_keras_takes_all_examples_in_one_batch_and_prints_nothing(capsys):
    # Left to itself, Keras would take 32 at a time and draw a bar.
    inputs, targets = (part[:, np.newaxis] for part in data.noisy_line(count=40))
    run = training.train_keras([[[5.0]], [0.0]], inputs, targets, 0.1, 2)
    reference = engines.train_numpy([[[5.0]], [0.0]], inputs, targets, 0.1, 2)
    for ours, theirs in zip(run[-1], reference[-1], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)
    assert capsys.readouterr().out == ""


@given(
    weight=st.floats(-5, 5),
    bias=st.floats(-5, 5),
    seed=st.integers(0, 1000),
)
def test_the_tape_agrees_with_the_formula_and_a_finite_difference(weight, bias, seed):
    inputs, targets = data.noisy_line(count=20, seed=seed)
    model = LinearModel(weight, bias)
    with tf.GradientTape() as tape:
        loss = training.mean_squared_error(model(inputs), tf.constant(targets))
    found = [part.numpy() for part in tape.gradient(loss, [model.weight, model.bias])]
    residuals = targets - weight * inputs - bias
    assert found == pytest.approx([-2 * np.mean(inputs * residuals), -2 * np.mean(residuals)], abs=1e-9)

    def cost(weight, bias):
        return np.mean((targets - weight * inputs - bias) ** 2)

    nudge = 1e-5
    difference = [
        (cost(weight + nudge, bias) - cost(weight - nudge, bias)) / (2 * nudge),
        (cost(weight, bias + nudge) - cost(weight, bias - nudge)) / (2 * nudge),
    ]
    assert found == pytest.approx(difference, abs=1e-4)


def test_an_optimizer_makes_the_same_step(line, float64):
    ours, theirs = LinearModel(), LinearModel()
    optimizer = tf.keras.optimizers.SGD(0.1)
    for _ in range(5):
        before = training.train_step(ours, *line, 0.1)
        assert float(training.train_step_with(optimizer, theirs, *line)) == pytest.approx(float(before))
    assert ours.weight.numpy() == pytest.approx(theirs.weight.numpy(), abs=1e-12)


def test_fit_trains_the_keras_line_and_reports_the_loss_before_each_update(line, float64):
    model = KerasLinearModel()
    model.compile(optimizer=tf.keras.optimizers.SGD(0.1), loss="mse")
    reported = model.fit(*line, epochs=10, batch_size=1000, verbose=0).history["loss"]
    by_hand = training.train(LinearModel(), *line, 0.1, 10).losses
    assert reported == pytest.approx(by_hand[:-1], rel=1e-10)


def test_the_guide_keras_model_does_not_learn_and_ours_does(line, float64):
    class GuideModel(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(5.0, dtype=tf.float64)

        def call(self, inputs):
            return self.w * inputs

    assert GuideModel().trainable_variables == []
    assert len(KerasLinearModel().trainable_variables) == 2


def test_the_curve_is_learned_and_never_diverges_at_the_published_rate():
    for seed in range(3):
        losses = training.train(CurveModel(seed=seed), *data.quadratic_cloud(), 0.001, 100).losses
        assert losses[-1] < losses[0] / 3
    model = CurveModel()
    assert 0.5 < training.train_in_graph(model, *data.quadratic_cloud(), 0.001, 1000) < 1.5


def test_the_same_seed_makes_the_same_curve_model():
    same, again, other = CurveModel(4, seed=1), CurveModel(4, seed=1), CurveModel(4, seed=2)
    assert same(np.ones(1)).numpy() == again(np.ones(1)).numpy() != other(np.ones(1)).numpy()
    drawn = [
        variable.numpy().ravel()[:4].tolist()
        for variable in same.trainable_variables
        if variable.shape[0] == 4
    ]
    assert drawn[0] != drawn[1]


def test_a_second_run_starts_a_new_history(line):
    model = LinearModel()
    assert len(training.train(model, *line, 0.1, 3).losses) == 4
    assert len(training.train(model, *line, 0.1, 2).losses) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": []}, "`inputs` is empty"),
        ({"targets": [1.0, np.nan, 2.0]}, "`targets` holds nan at position"),
        ({"targets": [1.0]}, "`inputs` has 3 examples and `targets` has 1"),
        ({"targets": [[1.0], [2.0], [3.0]]}, r"shape \(3,\) and `targets` have shape \(3, 1\)"),
        ({"learning_rate": 0.0}, "`learning_rate` is 0.0"),
        ({"learning_rate": -1.0}, "`learning_rate` is -1.0"),
        ({"steps": 0}, "`steps` is 0"),
    ],
)
@pytest.mark.parametrize("way", [training.train, training.train_in_graph])
def test_bad_input_is_named_and_changes_nothing(way, change, message):
    good = {"inputs": [1.0, 2.0, 3.0], "targets": [2.0, 4.0, 6.0], "learning_rate": 0.1, "steps": 2}
    model = LinearModel()
    with pytest.raises(ValueError, match=message):
        way(model, **{**good, **change})
    assert model.weight.numpy() == 5.0


def test_shapes_that_would_stretch_are_refused_with_a_way_out():
    message = (
        "`predictions` have shape (2,) and `targets` have shape (2, 1); they must be equal. "
        "`tf.reshape(targets, predictions.shape)` works if both hold as many numbers."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        training.mean_squared_error(tf.zeros(2), tf.zeros((2, 1)))


@pytest.mark.parametrize("engine", [training.train_tensorflow, training.train_keras])
def test_engines_refuse_what_does_not_fit(engine):
    with pytest.raises(ValueError, match="2 columns"):
        engine([[[5.0]], [0.0]], [[1.0]], [[1.0, 2.0]], 0.1, 1)


def test_models_name_what_they_cannot_use():
    with pytest.raises(ValueError, match="`start` has 1 arrays"):
        TensorFlowNetwork([[[1.0]]])
    with pytest.raises(ValueError, match="`units` is 0"):
        CurveModel(0)


FIRST_LAYER_INSIDE = """
import keras
from course_lib.tf import training

training.train_keras([[[5.0]], [0.0]], [[1.0]], [[2.0]], 0.1, 1)
print(keras.config.floatx(), keras.config.dtype_policy().name, keras.layers.Dense(1).compute_dtype)
"""


def test_float64_ends_with_its_block_even_for_the_process_first_layer():
    done = subprocess.run(
        [sys.executable, "-c", FIRST_LAYER_INSIDE], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["float32"] * 3


def test_float64_gives_back_the_policy_it_found():
    before = tf.keras.config.dtype_policy()
    tf.keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        with training.float64():
            assert tf.keras.layers.Dense(1).compute_dtype == "float64"
        assert tf.keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        tf.keras.config.set_dtype_policy(before)


def test_an_error_in_the_block_ends_float64_too():
    before = tf.keras.config.floatx(), tf.keras.config.dtype_policy()
    with pytest.raises(ValueError, match="2 columns"), training.float64():
        training.train_keras([[[5.0]], [0.0]], [[1.0]], [[1.0, 2.0]], 0.1, 1)
    assert (tf.keras.config.floatx(), tf.keras.config.dtype_policy()) == before


@pytest.fixture
def float32_policy():
    # Keras keeps the policy that was in force when it made its first layer.
    before = tf.keras.config.dtype_policy()
    tf.keras.config.set_dtype_policy("float32")
    yield
    tf.keras.config.set_dtype_policy(before)


def test_the_keras_network_computes_in_float64_whatever_the_setting(float32_policy):
    network = training.keras_network([[[5.0, 1.0]], [0.0, 0.1], [[1.0], [2.0]], [0.3]])
    assert tf.keras.backend.floatx() == "float32"
    assert {weights.dtype.name for weights in network.get_weights()} == {"float64"}
    assert network(np.array([[1 / 3]])).dtype == tf.float64
    assert [layer.activation.__name__ for layer in network.layers] == ["tanh", "linear"]


def test_float64_is_put_back_after_an_error():
    before = tf.keras.backend.floatx()
    with pytest.raises(RuntimeError), training.float64():
        raise RuntimeError
    assert tf.keras.backend.floatx() == before


def classifier(form):
    """Return the same two layers in one of Keras' three forms, or as a plain tf.Module."""
    small = tf.keras.regularizers.L2(0.05)
    layers = (
        tf.keras.layers.Dense(5, "tanh", kernel_regularizer=small, dtype="float64"),
        tf.keras.layers.Dense(3, dtype="float64"),
    )
    if form == "sequential":
        model = tf.keras.Sequential([tf.keras.Input((4,), dtype="float64"), *layers])
    elif form == "functional":
        pixels = tf.keras.Input((4,), dtype="float64")
        model = tf.keras.Model(pixels, layers[1](layers[0](pixels)))
    else:

        class Subclass(tf.keras.Model):
            def __init__(self):
                super().__init__(dtype="float64")
                self.first, self.last = layers

            def call(self, inputs):
                return self.last(self.first(inputs))

        model = Subclass()
        model(np.zeros((1, 4)))
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("form", ["sequential", "functional", "subclass"])
@pytest.mark.parametrize("rule", ["SGD", "Adam"])
def test_the_loop_is_fit_step_by_step(form, rule):
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(37, 4)), rng.integers(0, 3, 37)
    batches = tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(8)  # the last one has five
    with training.float64():
        ours, theirs, kept = classifier(form), classifier(form), ([], [])
        report = training.train_in_epochs(
            ours,
            batches,
            getattr(tf.keras.optimizers, rule)(0.1),
            training.cross_entropy,
            {"accuracy": training.share_right},
            epochs=3,
            after_step=lambda: kept[0].append(ours.get_weights()),
        )
        theirs.compile(
            getattr(tf.keras.optimizers, rule)(0.1),
            tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        keep = tf.keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda *_, **__: kept[1].append(theirs.get_weights())
        )
        run = theirs.fit(inputs, labels, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[keep])
    assert len(kept[0]) == len(kept[1]) == 15
    for one, other in zip(*kept, strict=True):
        for mine, keras_own in zip(one, other, strict=True):
            np.testing.assert_allclose(mine, keras_own, atol=1e-12)
    for name, values in report.items():
        np.testing.assert_allclose(values, run.history[name], rtol=1e-9)


def test_the_loop_lets_units_sleep_in_training_alone():
    model = tf.keras.Sequential([tf.keras.Input((50,)), tf.keras.layers.Dropout(0.5)])
    seen = []
    batches = [(tf.ones((4, 50)), tf.ones((4, 50)))]

    def loss(predictions, targets):
        seen.append(float(tf.reduce_mean(tf.cast(predictions == 0, tf.float32))))
        return tf.reduce_mean(predictions)

    training.train_in_epochs(model, batches, tf.keras.optimizers.SGD(0.1), loss)
    assert 0.2 < seen[0] < 0.8
    assert float(tf.reduce_min(model(tf.ones((4, 50))))) == 1


def test_a_loop_without_batches_says_so():
    with pytest.raises(ValueError, match="holds no batch"):
        training.train_in_epochs(LinearModel(), [], tf.keras.optimizers.SGD(0.1))


@pytest.mark.parametrize("way", [training.train, training.train_in_graph])
def test_every_way_to_train_takes_another_loss(way):
    def absolute(predictions, targets):
        return tf.reduce_mean(tf.abs(predictions - targets))

    inputs, targets = np.array([1.0, 2.0]), np.array([0.0, 0.0])
    model = LinearModel(weight=5.0)
    way(model, inputs, targets, 0.1, 1, loss=absolute)
    assert model.weight.numpy() == pytest.approx(5 - 0.1 * 1.5)
    assert model.bias.numpy() == pytest.approx(-0.1)


@pytest.mark.parametrize(("scores", "labels"), [((3, 2), (3, 1)), ((3, 2), (4,)), ((3,), (3,))])
def test_cross_entropy_refuses_other_shapes(scores, labels):
    with pytest.raises(ValueError, match="one label for each row"):
        training.cross_entropy(tf.zeros(scores), tf.zeros(labels, tf.int64))
