"""Try whether a forked process can use what its server imported, before any student depends on it."""

import time

from course_lib.workshop.grading.sandbox.client import (
    FloodError,
    GoneError,
    MemoryUsedUpError,
    TooLongError,
    WarmServer,
)
from course_lib.workshop.grading.sandbox.walls import Limits, Wall

SECONDS = 60
TRIALS = {
    "tensorflow": """
import numpy as np
import tensorflow as tf

product = tf.matmul(tf.ones((40, 40)), tf.ones((40, 40)))
assert float(product[0, 0]) == 40.0
model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
print("done")
""",
}
DEFAULT_TRIAL = """
import numpy as np

assert (np.ones((40, 40)) @ np.ones((40, 40)))[0, 0] == 40
print("done")
"""


def works_after_fork(server: WarmServer, trial: str = "") -> bool:
    """Fork once and let the process use the server's libraries.

    TensorFlow works in a forked process only while its parent has run no operation: a single one starts its
    pools of threads, of which a forked process has none, and it waits for them for ever. So a server with
    more than its one thread is refused at once, and any other trouble shows itself in the trial.

    Returns
    -------
    bool
        Whether the process came to its end with the right results.
    """
    if server.threads > 1:
        return False
    trial = trial or next((TRIALS[name] for name in server.packages if name in TRIALS), DEFAULT_TRIAL)
    program = {"cells": [trial], "only_definitions": [], "seconds": SECONDS, "questions": []}
    conversation = server.fork()
    end = time.monotonic() + SECONDS
    done = False
    try:
        conversation.send(program, 10)
        while "ran" not in (message := conversation.receive(end)):
            pass
        done = message["ran"]["printed"] == "done\n"
    except (GoneError, TooLongError, FloodError, MemoryUsedUpError):
        pass
    conversation.close(kill=not done)
    return done


def checked_server(wall: Wall, packages: tuple[str, ...], limits: Limits | None = None) -> WarmServer:
    """Start a server whose forked processes can use what it imported.

    Where they cannot, the server that is returned imports none of the packages: each submission then does
    so itself, which is slow and right.
    """
    server = WarmServer(wall, packages, limits)
    try:
        if works_after_fork(server):
            return server
    except BaseException:
        server.close()
        raise
    server.close()
    return WarmServer(wall, (), limits)
