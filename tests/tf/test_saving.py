"""What is saved comes back equal, and what would be lost is refused."""

import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from course_lib import data
from course_lib.tf import saving, training
from course_lib.tf.models import CurveModel, KerasLinearModel, LinearModel, TensorFlowNetwork


def trained(model):
    training.train_in_graph(model, *data.quadratic_cloud(20), learning_rate=0.01, steps=20, xla=False)
    return model


NO_VARIABLES = (
    "`model` has no variables to save. A Keras model makes them when it is first called. It does not list a "
    "tf.Variable: use `add_weight`. And a tf.Module does not list those of a Keras layer: use a keras.Model."
)
KINDS = {"line": LinearModel, "Keras line": KerasLinearModel, "Keras curve": lambda: CurveModel(8)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_restores_every_number(kind, tmp_path):
    model, fresh = trained(KINDS[kind]()), KINDS[kind]()
    inputs = np.linspace(-2, 2, 7)
    assert not np.array_equal(model(inputs), fresh(inputs))
    path = saving.save_checkpoint(model, tmp_path / "run")
    assert path.startswith(str(tmp_path / "run"))
    saving.restore_checkpoint(fresh, path)
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
    "other", [KerasLinearModel, lambda: TensorFlowNetwork([[[1.0]], [0.0]]), lambda: CurveModel(8)]
)
def test_a_checkpoint_of_another_model_is_refused_and_changes_nothing(other, tmp_path):
    path = saving.save_checkpoint(CurveModel(4), tmp_path / "run")
    model = other()
    before = [variable.numpy() for variable in model.variables]
    with pytest.raises(ValueError, match="another model"):
        saving.restore_checkpoint(model, path)
    for variable, value in zip(model.variables, before, strict=True):
        assert np.array_equal(variable.numpy(), value)


OPTIMIZERS = {
    "plain": lambda: tf.keras.optimizers.SGD(0.01),
    "momentum": lambda: tf.keras.optimizers.SGD(0.01, momentum=0.9),
    "Adam": lambda: tf.keras.optimizers.Adam(0.01),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_a_run_with_a_fresh_optimizer_goes_on_as_if_it_had_not_stopped(kind, rule, tmp_path):
    cloud = [tf.constant(values) for values in data.quadratic_cloud(20)]
    unbroken, first, second = KINDS[kind](), KINDS[kind](), KINDS[kind]()
    rules = [OPTIMIZERS[rule]() for _ in range(3)]
    for _ in range(6):
        training.train_step_with(rules[0], unbroken, *cloud)
    for _ in range(3):
        training.train_step_with(rules[1], first, *cloud)
    path = saving.save_checkpoint(first, tmp_path / "run", rules[1])
    saving.restore_checkpoint(second, path, rules[2])
    for _ in range(3):
        training.train_step_with(rules[2], second, *cloud)
    inputs = np.linspace(-2, 2, 7)
    assert np.array_equal(second(inputs), unbroken(inputs))
    # The model alone can be had from such a file too, and another model or rule is refused.
    alone = KINDS[kind]()
    saving.restore_checkpoint(alone, path)
    assert np.array_equal(alone(inputs), first(inputs))
    with pytest.raises(ValueError, match="another model"):
        saving.restore_checkpoint(WithMore(1.0), path)
    if rule != "Adam":
        with pytest.raises(ValueError, match="another optimizer"):
            saving.restore_checkpoint(alone, path, OPTIMIZERS["Adam"]())
        assert np.array_equal(alone(inputs), first(inputs))


def test_a_file_without_an_optimizer_is_refused_where_one_is_wanted(tmp_path):
    path = saving.save_checkpoint(LinearModel(), tmp_path / "run")
    with pytest.raises(ValueError, match="it holds no optimizer"):
        saving.restore_checkpoint(LinearModel(), path, OPTIMIZERS["Adam"]())


class WithMore(LinearModel):
    """A line with one number more, of the same shape as the others."""

    def __init__(self, extra):
        super().__init__(7.0, 8.0)
        self.extra = tf.Variable(extra, dtype=tf.float64)


@pytest.mark.parametrize(
    "saved", [WithMore(9.0), tf.train.Checkpoint(step=tf.Variable(1.0, dtype=tf.float64))]
)
def test_a_checkpoint_that_fits_in_part_changes_nothing(saved, tmp_path):
    # TensorFlow alone would take over what fits and say nothing.
    if isinstance(saved, WithMore):
        path = saving.save_checkpoint(saved, tmp_path / "run")
        held = ", ".join(f"model/{name}/.ATTRIBUTES/VARIABLE_VALUE" for name in ("bias", "extra", "weight"))
    else:
        path, held = saved.save(str(tmp_path / "run")), "no model"
    model = LinearModel(2.0, 3.0)
    message = f"The checkpoint {path!r} is of another model: it holds {held}. The model was left as it was."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        saving.restore_checkpoint(model, path)
    assert (model.weight.numpy(), model.bias.numpy()) == (2.0, 3.0)


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


def test_an_exported_model_takes_any_number_of_examples_of_one_shape(tmp_path):
    model = TensorFlowNetwork([[[1.0], [2.0]], [0.5]])
    saving.export_saved_model(
        model, tmp_path / "model", example=[[0, 1], [1, 0], [1, 1]]
    )  # whole numbers, too
    loaded = tf.saved_model.load(tmp_path / "model")
    assert loaded.predict.input_signature[0] == tf.TensorSpec([None, 2], tf.float64)
    assert loaded.predict([[0.5, 0.5]]).numpy().tolist() == [[2.0]]


class Forgetful(tf.Module):
    """A model that answers otherwise each time Python runs it."""

    def __init__(self):
        super().__init__()
        self.weight, self.calls = tf.Variable(1.0, dtype=tf.float64), 0

    def __call__(self, inputs):
        self.calls += 1
        return self.weight * inputs + self.calls


@tf.keras.utils.register_keras_serializable(package="tests")
class KeptForItself(KerasLinearModel):
    """A Keras model that keeps its numbers for itself."""

    def save_own_variables(self, store):
        pass

    def load_own_variables(self, store):
        pass


def test_what_comes_back_otherwise_is_refused(tmp_path):
    for save, model, path in (
        (lambda *both: saving.export_saved_model(*both, example=[1.0]), Forgetful(), tmp_path / "model"),
        (saving.save_keras_file, trained(KeptForItself()), tmp_path / "model.keras"),
    ):
        message = f"What was written to {str(path)!r} comes back with other numbers."
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            save(model, path)


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
        with pytest.raises(ValueError, match=f"^{re.escape(NO_VARIABLES)}$"):
            save(GuideModel(), tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())


def test_a_keras_name_needs_its_ending(tmp_path):
    path = tmp_path / "my_model"
    message = f"`path` is {str(path)!r}; Keras 3 saves a model to a name that ends in '.keras'."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        saving.save_keras_file(KerasLinearModel(), path)
