"""Try whether a forked process can use what its server imported, before any student depends on it."""

import time

from course_lib.grading.warm import FloodError, GoneError, MemoryUsedUpError, TooLongError, WarmServer

SECONDS = 60
SONGS = {
    "tensorflow": """
import numpy as np
import tensorflow as tf

product = tf.matmul(tf.ones((40, 40)), tf.ones((40, 40)))
assert float(product[0, 0]) == 40.0
model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
print("sings")
""",
}
DEFAULT_SONG = """
import numpy as np

assert (np.ones((40, 40)) @ np.ones((40, 40)))[0, 0] == 40
print("sings")
"""


def sings(server: WarmServer, song: str = "") -> bool:
    """Fork once and let the process use the server's libraries.

    TensorFlow works in a forked process only while its parent has run no operation: after a single one the
    child hangs. This shows it, whatever the version.

    Returns
    -------
    bool
        Whether the process came to its end with the right results.
    """
    song = song or next((SONGS[name] for name in server.packages if name in SONGS), DEFAULT_SONG)
    program = {"cells": [song], "only_definitions": [], "seconds": SECONDS, "questions": []}
    conversation = server.fork()
    end = time.monotonic() + SECONDS
    done = False
    try:
        conversation.send(program, 10)
        while "ran" not in (message := conversation.receive(end)):
            pass
        done = message["ran"]["printed"] == "sings\n"
    except (GoneError, TooLongError, FloodError, MemoryUsedUpError):
        pass
    conversation.close(kill=not done)
    return done
