"""One worker process of `course_lib.tf.distributed.train_in_processes`: reads a task, trains, answers."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np


def work(task: Path, answer: Path) -> None:
    """Train on this worker's share of the data, in step with the other workers.

    Parameters
    ----------
    task : Path
        What ``train_in_processes`` wrote: start, share of the data, learning rate, steps, checkpoint.
    answer : Path
        Where to write the weights after each step.
    """
    with np.load(task) as stored:
        start = [stored[name] for name in stored.files if name.startswith("arr_")]
        shares = [stored[name] for name in ("inputs", "targets")]
        rate, steps, examples, done = (
            stored[name].item() for name in ("learning_rate", "steps", "examples", "done")
        )
        checkpoint = stored["checkpoint"].item()  # only one worker has its path: the weights are equal
    # Here and not above, because TensorFlow takes seconds to start: a worker without a task, or whose parent
    # is gone, ends before.
    from course_lib.tf.distributed import train_on_shares
    from course_lib.tf.quiet import tf

    # The strategy must exist before TensorFlow does anything else.
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    inputs, targets = (tf.constant(share) for share in shares)
    weights: list[Any] = []
    for step in train_on_shares(strategy, start, inputs, targets, rate, steps - done, examples):
        weights += step
        done += 1
        if checkpoint:
            keep(Path(checkpoint), done, step)
    np.savez(answer, *weights)


def keep(checkpoint: Path, done: int, weights: list[Any]) -> None:
    """Write a checkpoint, whole or not at all: whoever is killed while writing leaves the last one.

    Parameters
    ----------
    checkpoint : Path
        The file.
    done : int
        How many steps have been made.
    weights : list of ndarray
        The weights after them.
    """
    new = checkpoint.with_suffix(".new.npz")
    np.savez(new, done, *weights)
    new.replace(checkpoint)


def stop_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""

    def wait() -> None:
        sys.stdin.read()  # returns when the parent's end of the pipe closes
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    stop_with_parent()
    work(Path(sys.argv[1]), Path(sys.argv[2]))
