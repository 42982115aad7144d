"""TensorFlow's warnings reach the reader, but for the one about traces that are meant."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from course_lib import data
from course_lib.tf import training
from course_lib.tf.models import LinearModel
from course_lib.tf.quiet import tf, traced_for_each_model


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What TensorFlow's Python half logs meanwhile."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    keeper = Keeper()
    tf.get_logger().addHandler(keeper)
    yield lines
    tf.get_logger().removeHandler(keeper)


def test_many_models_in_one_compiled_step_are_no_reason_to_warn(warnings: list[str]) -> None:
    for _ in range(8):
        training.train(LinearModel(), *data.noisy_line(), 0.1, 1, step=training.compiled_train_step)
        training.train_in_graph(LinearModel(), *data.noisy_line(), 0.1, 1, xla=False)
    assert warnings == []


def test_a_function_of_the_reader_is_still_warned_about(warnings: list[str]) -> None:
    @tf.function
    def step(number: int) -> int:
        return number

    for number in range(8):
        step(number)
    assert any("triggered tf.function retracing" in line for line in warnings)


def test_only_the_function_that_was_named_is_kept_quiet(warnings: list[str]) -> None:
    def step(number: int) -> int:
        return number

    meant = traced_for_each_model(step)
    for number in range(8):
        meant(number)
    assert warnings == []
    tf.get_logger().warning("triggered tf.function retracing, says another function")
    assert len(warnings) == 1


def _in_a_new_python(code: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_keras_runs_on_tensorflow_whatever_the_machine_asks_for() -> None:
    code = "from course_lib.tf.quiet import tf; print(tf.keras.backend.backend(), tf.keras.__version__)"
    said = _in_a_new_python(code, KERAS_BACKEND="jax", TF_USE_LEGACY_KERAS="1")
    assert said.startswith("tensorflow 3.")


def test_keras_that_was_loaded_on_another_engine_before_is_told() -> None:
    code = (
        "import sys, types; keras = sys.modules['keras'] = types.ModuleType('keras')\n"
        "keras.config = types.SimpleNamespace(backend=lambda: 'jax')\nimport course_lib.tf.quiet"
    )
    assert _in_a_new_python(code) == (
        "ImportError: Keras was loaded here on jax, before the course was, and the course needs Keras 3 on "
        "TensorFlow. Restart the kernel and run the notebook from its first cell."
    )
