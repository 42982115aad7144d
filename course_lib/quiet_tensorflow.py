"""Import TensorFlow without the log lines that its C++ half prints.

Import this module, or any module of the course that uses TensorFlow, before ``tensorflow`` itself. What
TensorFlow logs while it loads differs from machine to machine and says nothing about your program.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["hide_standard_error", "tf"]


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


# 3: errors only. TensorFlow reads this once, when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with hide_standard_error():
    import tensorflow as tf

    _ = tf.keras.backend  # Keras loads on first use and logs a second time

# Its Python half says at each save where it wrote to; warnings stay.
tf.get_logger().setLevel("WARNING")
