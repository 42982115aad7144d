"""The probes find what goes wrong in trainings with TensorFlow and Keras, made to go wrong on purpose."""

import functools
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from course_lib import data, diagnosis
from course_lib.tf import training
from course_lib.tf.models import CurveModel, KerasLinearModel, LinearModel


def test_numpy_probes_do_not_import_tensorflow():
    program = "import sys, course_lib.diagnosis; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5])
def test_no_rate_is_named_where_a_network_explodes(rate):
    """Its loss grows ever faster, so a bowl's arithmetic would name a rate that is absurdly small."""
    cloud = data.quadratic_cloud()
    with np.errstate(all="ignore"):
        losses = training.train(CurveModel(), *cloud, rate, 12).losses
    before_nan = losses[: int(np.argmin(np.isfinite([*losses, np.nan])))]
    for steps in range(3, len(before_nan) + 1):
        finding = diagnosis.diverging(before_nan[:steps], rate)
        if finding is not None and before_nan[steps - 1] > 1.2 * before_nan[steps - 2]:
            assert "below about" not in finding.advice
            assert "Halve it until the loss falls" in finding.advice
    assert diagnosis.diverging(before_nan, rate) is not None


def test_the_nan_of_the_guides_students_comes_from_a_stale_model():
    cloud = data.quadratic_cloud()
    model = CurveModel()
    with np.errstate(all="ignore"):
        training.train(model, *cloud, 0.5, 40)  # an earlier run of the cell, at a rate that destroys
        again = training.train(model, *cloud, 0.001, 3)
    fresh = training.train(CurveModel(), *cloud, 0.001, 3)
    assert "before any update" in str(diagnosis.first_non_finite(loss=again.losses))
    assert "not even numbers" in str(diagnosis.stale_state(again.weights[0], fresh.weights[0]))
    assert diagnosis.first_non_finite(loss=fresh.losses) is None
    assert (
        diagnosis.stale_state(fresh.weights[0], training.train(CurveModel(), *cloud, 0.1, 1).weights[0])
        is None
    )


class Untracked(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(5.0, dtype=tf.float64)
        self.inner = [KerasLinearModel()]
        self.hidden_state = {"b": tf.Variable(0.0)}

    def call(self, inputs):
        return self.inner[0](inputs) * self.w


def test_untracked_variables_are_named():
    finding = diagnosis.untracked_variables(Untracked())
    assert finding is not None
    assert "w, hidden_state['b'] but lists 2" in finding.evidence


@pytest.mark.parametrize("model", [LinearModel, KerasLinearModel, CurveModel])
def test_tracked_variables_are_not_reported(model):
    assert diagnosis.untracked_variables(model()) is None


def number(start=5.0):
    return tf.Variable(start)


class HelperObject:
    def __init__(self):
        self.scale = number()


class SlottedHelper:
    __slots__ = ("scale",)

    def __init__(self):
        self.scale = number()


class SickLayer(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.scale = number()

    def call(self, inputs):
        return inputs * self.scale


class Holding(tf.keras.Model):
    """A model that holds something, in a public or a private attribute."""

    def __init__(self, thing, name="held"):
        super().__init__()
        setattr(self, name, thing)
        self.dense = tf.keras.layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)


class HoldingModule(tf.Module):
    def __init__(self, thing):
        super().__init__()
        self.held = thing


def functional(operation):
    inputs = tf.keras.Input((1,))
    return tf.keras.Model(inputs, operation(tf.keras.layers.Dense(1)(inputs)))


def with_lambda():
    scale = number()
    return tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Lambda(lambda x: x * scale)])


GLOBAL_SCALE = tf.Variable(5.0)


class FromOutside(tf.keras.Model):
    def call(self, inputs):
        return inputs * GLOBAL_SCALE


def built_layer():
    layer = tf.keras.layers.Dense(1)
    layer.build((None, 1))
    return layer


SICK = {
    "a private attribute": (lambda: Holding(number(), "_w"), "_w"),
    "a helper object": (lambda: Holding(HelperObject()), "held.scale"),
    "a helper object with slots": (lambda: Holding(SlottedHelper()), "held.scale"),
    "a list of helpers": (lambda: Holding([HelperObject()]), "held[0].scale"),
    "a namespace": (lambda: Holding(SimpleNamespace(scale=number())), "held.scale"),
    "a partial": (lambda: Holding(functools.partial(tf.multiply, number())), "held[1]"),
    "a bound method": (lambda: Holding(HelperObject().__init__), "held.scale"),
    "a layer as attribute": (lambda: Holding(SickLayer()), "held.scale"),
    "a layer inside Sequential": (
        lambda: tf.keras.Sequential([tf.keras.Input((1,)), SickLayer()]),
        "layers[0].scale",
    ),
    "a layer inside Sequential inside a model": (
        lambda: Holding(tf.keras.Sequential([SickLayer()])),
        "held.layers[0].scale",
    ),
    "a functional model's product": (lambda: functional(lambda x: x * number()), "an argument of"),
    "a functional model's layer": (lambda: functional(SickLayer()), "scale"),
    "a Lambda layer": (with_lambda, "scale"),
    "a variable of the notebook": (FromOutside, "GLOBAL_SCALE"),
    "a Keras layer in a tf.Module": (lambda: HoldingModule(built_layer()), "kernel"),
    "a Keras variable in a tf.Module": (lambda: HoldingModule(tf.keras.Variable(1.0)), "held"),
    "a helper in a tf.Module": (lambda: HoldingModule(HelperObject()), "held.scale"),
}


@pytest.mark.parametrize("kind", SICK)
def test_a_variable_is_found_wherever_a_model_hides_it(kind):
    make, where = SICK[kind]
    finding = diagnosis.untracked_variables(make())
    assert finding is not None
    assert where in finding.evidence
    assert "_self_" not in finding.evidence  # TensorFlow's name for what the reader called otherwise
    assert ("tf.Module" in finding.advice) == ("tf.Module" in kind)


def compiled_and_fitted():
    model = tf.keras.Sequential(
        [
            tf.keras.Input((1,)),
            tf.keras.layers.Dense(4, "relu"),
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.Dropout(0.5),
            tf.keras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)
    return model


def frozen():
    model = compiled_and_fitted()
    model.layers[0].trainable = False
    return model


def shared_layer():
    layer, inputs = tf.keras.layers.Dense(1), tf.keras.Input((1,))
    return tf.keras.Model(inputs, layer(layer(inputs)) + 1.0)


SOUND = {
    "fitted": compiled_and_fitted,
    "frozen": frozen,
    "functional": lambda: functional(lambda x: 2 * x),
    "shared": shared_layer,
    "not built": lambda: Holding(tf.keras.layers.Dense(2)),
    "Sequential in a model": lambda: Holding(compiled_and_fitted()),
    "a counter": lambda: Holding(tf.Variable(0)),
    "a constant": lambda: Holding(tf.constant(5.0)),
    "what is not to be trained": lambda: Holding(tf.Variable(5.0, trainable=False)),
    "Keras' own variable": lambda: Holding(tf.keras.Variable(5.0)),
    "embedding and recurrent": lambda: tf.keras.Sequential(
        [tf.keras.Input((3,)), tf.keras.layers.Embedding(5, 2), tf.keras.layers.GRU(2)]
    ),
    "modules in a module": lambda: HoldingModule([LinearModel(), {"more": LinearModel()}]),
    "a variable in a module": lambda: HoldingModule(number()),
    "a compiled function": lambda: Holding(tf.function(lambda x: 2 * x)),
}


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_model_is_not_reported_however_it_is_built(kind):
    assert diagnosis.untracked_variables(SOUND[kind]()) is None


def test_a_readers_first_classifier_is_told_about_from_logits():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 2)).astype("float32")
    labels = (inputs.sum(axis=1) > 0).astype("float32")[:, None]
    tf.keras.utils.set_random_seed(1)
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
    plain = float(tf.keras.losses.BinaryCrossentropy()(labels, model(inputs)))
    told = diagnosis.surprising_start(plain, classes=2)
    assert plain > 1.5 * np.log(2)
    assert "from_logits=True" in str(told)
    mended = float(tf.keras.losses.BinaryCrossentropy(from_logits=True)(labels, model(inputs)))
    assert mended < plain


def test_what_is_not_meant_to_learn_is_not_reported():
    model = LinearModel()
    model.step_counter = tf.Variable(0, trainable=False)
    assert diagnosis.untracked_variables(model) is None


def test_the_guides_keras_model_stands_still():
    class GuideModel(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(5.0)

        def call(self, inputs):
            return self.w * inputs

    model = GuideModel()
    model.compile(optimizer="sgd", loss="mse")
    inputs = np.linspace(-2, 2, 20, dtype=np.float32)
    losses = model.fit(inputs, 3 * inputs, epochs=4, batch_size=20, verbose=0).history["loss"]
    assert "nothing is trained" in str(diagnosis.standing_still(losses))
    sound = training.train(LinearModel(), *data.noisy_line(), 0.1, 12)
    assert diagnosis.standing_still(sound.losses) is None
    assert diagnosis.unmoved(sound.weights[0], sound.weights[-1]) is None


def test_a_large_step_kills_relu_units():
    model = CurveModel(16)
    inputs, targets = data.quadratic_cloud()

    def dead():
        finding = diagnosis.dead_units(model.hidden(inputs.reshape(-1, 1)).numpy())
        return int(finding.evidence.split()[0]) if finding else 0

    before = dead()
    training.train(model, inputs, targets, 0.2, 3)
    assert dead() >= before + 5
