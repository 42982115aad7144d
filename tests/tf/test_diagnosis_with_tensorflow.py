"""The probes find what goes wrong in trainings with TensorFlow and Keras, made to go wrong on purpose."""

import subprocess
import sys

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
    assert "Nothing is trained" in str(diagnosis.standing_still(losses))
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
