"""Import TensorFlow without the log lines that its C++ half prints.

Import this module, or any module of the course that uses TensorFlow, before ``tensorflow`` itself. What
TensorFlow logs while it loads differs from machine to machine and says nothing about your program.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["hide_standard_error", "tf", "traced_for_each_model"]


@contextmanager
def hide_standard_error() -> Iterator[None]:
    """Keep back what is written to file descriptor 2, and print it after all if an error is raised.

    Python's ``contextlib.redirect_stderr`` does not reach C++, which writes to the file descriptor itself.

    Examples
    --------
    >>> with hide_standard_error():
    ...     _ = os.write(2, b"a line that nobody sees")
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            hidden.seek(0)
            sys.stderr.write(hidden.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _ask_for_keras_on_tensorflow() -> None:
    """Set what Keras reads once, when it is imported: some machines have it run on JAX or PyTorch, or be old.

    Raises
    ------
    ImportError
        If it was imported before, and so.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    legacy = os.environ.pop("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")
    config = getattr(sys.modules.get("keras"), "config", None)
    engine = config.backend() if config else "tensorflow"
    if engine != "tensorflow" or (legacy and "tf_keras" in sys.modules):
        what = f"Keras was loaded here on {engine}" if engine != "tensorflow" else "Keras 2 was loaded here"
        raise ImportError(
            f"{what}, before the course was, and the course needs Keras 3 on TensorFlow. Restart the kernel "
            "and run the notebook from its first cell."
        )


_ask_for_keras_on_tensorflow()
# 3: errors only. TensorFlow reads this once, when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with hide_standard_error():
    import tensorflow as tf

    _ = tf.keras.backend  # Keras loads on first use and logs a second time

# Its Python half says at each save where it wrote to; warnings stay.
tf.get_logger().setLevel("WARNING")

_expected: list[str] = []


def _is_unexpected(record: logging.LogRecord) -> bool:
    """Return whether a log line is to be shown: not if it advises against traces that are meant."""
    words = record.getMessage()
    return "triggered tf.function retracing" not in words or not any(name in words for name in _expected)


tf.get_logger().addFilter(_is_unexpected)


def traced_for_each_model(function: Callable[..., Any], **options: Any) -> Any:
    """Compile a function that takes a model, without the warning that each new model traces it anew.

    TensorFlow warns of a function that is traced again and again, and is right to: of your own functions it
    still does. A training step that is given one model after another has to be traced for each of them.

    Parameters
    ----------
    function : function
        What ``tf.function`` compiles.
    **options
        What ``tf.function`` takes.

    Returns
    -------
    tf.types.experimental.PolymorphicFunction
        The compiled function.

    Examples
    --------
    >>> double = traced_for_each_model(lambda model: 2 * model.weight)
    """
    _expected.append(repr(function))
    return tf.function(function, **options)
