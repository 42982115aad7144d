"""What is saved comes back equal, and what would be lost is refused."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from course_lib import data, saving, training
from course_lib.tensorflow_models import CurveModel, KerasLinearModel, LinearModel, Network


def trained(model):
    training.train_in_graph(model, *data.quadratic_cloud(20), learning_rate=0.01, steps=20, xla=False)
    return model


KINDS = {"line": LinearModel, "Keras line": KerasLinearModel, "Keras curve": lambda: CurveModel(8)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_restores_every_number(kind, tmp_path):
    model, fresh = trained(KINDS[kind]()), KINDS[kind]()
    inputs = np.linspace(-2, 2, 7)
    assert not np.array_equal(model(inputs), fresh(inputs))
    saving.restore_checkpoint(fresh, saving.save_checkpoint(model, tmp_path / "run"))
    assert np.array_equal(model(inputs), fresh(inputs))


def test_a_resumed_run_equals_an_unbroken_one(tmp_path):
    line = data.noisy_line()
    unbroken, first, second = LinearModel(), LinearModel(), LinearModel()
    training.train(unbroken, *line, 0.1, 10)
    training.train(first, *line, 0.1, 4)
    saving.restore_checkpoint(second, saving.save_checkpoint(first, tmp_path / "run"))
    training.train(second, *line, 0.1, 6)
    assert second.weight.numpy() == unbroken.weight.numpy()


@pytest.mark.parametrize(
    "other", [KerasLinearModel, lambda: Network([[[1.0]], [0.0]]), lambda: CurveModel(8)]
)
def test_a_checkpoint_of_another_model_is_refused_and_changes_nothing(other, tmp_path):
    path = saving.save_checkpoint(CurveModel(4), tmp_path / "run")
    model = other()
    before = [variable.numpy() for variable in model.variables]
    with pytest.raises(ValueError, match="another model"):
        saving.restore_checkpoint(model, path)
    for variable, value in zip(model.variables, before, strict=True):
        assert np.array_equal(variable.numpy(), value)


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no checkpoint at .*nowhere"):
        saving.restore_checkpoint(LinearModel(), tmp_path / "nowhere")


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_model_answers_without_its_code(kind, tmp_path):
    model = trained(KINDS[kind]())
    saving.export_saved_model(model, tmp_path / "model", example=np.zeros(3))
    program = (
        "import tensorflow as tf\n"
        f"model = tf.saved_model.load({str(tmp_path / 'model')!r})\n"
        "print(model.predict(tf.constant([0.5, 1.5], tf.float64)).numpy().tolist())\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=120, cwd=tmp_path
    ).stdout
    assert answer.strip() == str(model(np.array([0.5, 1.5])).numpy().tolist())


@pytest.mark.parametrize("kind", ["Keras line", "Keras curve"])
def test_a_keras_file_brings_the_model_back(kind, tmp_path):
    model = trained(KINDS[kind]())
    saving.save_keras_file(model, tmp_path / "model.keras")
    again = tf.keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(again(np.linspace(-2, 2, 5)), model(np.linspace(-2, 2, 5)))


def test_a_model_whose_variables_keras_cannot_see_is_refused(tmp_path):
    class GuideModel(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(7.0)

        def call(self, inputs):
            return self.w * inputs

    for save in (saving.save_keras_file, saving.save_checkpoint):
        with pytest.raises(ValueError, match="add_weight"):
            save(GuideModel(), tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())


def test_a_keras_name_needs_its_ending(tmp_path):
    with pytest.raises(ValueError, match=r"\.keras"):
        saving.save_keras_file(KerasLinearModel(), tmp_path / "my_model")
