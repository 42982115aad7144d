"""Train one model on several devices, or in several processes, and get the numbers of one device."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray
from course_lib.engines import Weights, checked_run
from course_lib.tf.models import TensorFlowNetwork
from course_lib.tf.quiet import tf


def shards(array: ArrayLike, parts: int) -> list[FloatArray]:
    """Cut rows into consecutive parts that differ by at most one row and share none.

    Parameters
    ----------
    array : array_like, shape (examples, ...)
        What to cut.
    parts : int
        How many parts; no more than there are examples.

    Returns
    -------
    list of ndarray of float64
        The parts, in order.

    Raises
    ------
    ValueError
        If there would be a part without an example.

    Examples
    --------
    >>> [part.tolist() for part in shards([1, 2, 3, 4, 5], parts=2)]
    [[1.0, 2.0, 3.0], [4.0, 5.0]]
    """
    rows = np.atleast_1d(arguments.numbers("array", array))
    if arguments.whole("parts", parts) > len(rows):
        raise ValueError(f"`parts` is {parts}; {len(rows)} examples make at most {len(rows)} parts.")
    return np.array_split(rows, parts)


def all_reduce_mean(gradients: Sequence[ArrayLike], counts: Sequence[int]) -> FloatArray:
    """Combine the mean gradients of several devices into the mean gradient of all examples.

    Parameters
    ----------
    gradients : sequence of array_like, equal shapes
        The mean gradient on each device.
    counts : sequence of int
        How many examples each device saw. The plain average of the gradients is right only if all are equal.

    Returns
    -------
    ndarray of float64
        What every device applies.

    Raises
    ------
    ValueError
        If there is not one count above zero for each gradient, or the shapes differ.

    Examples
    --------
    >>> all_reduce_mean([[1.0], [4.0]], counts=[2, 1])
    array([2.])
    """
    if not len(gradients) == len(counts) > 0:
        raise ValueError(f"`counts` has {len(counts)} entries for {len(gradients)} gradients; one for each.")
    sizes = [arguments.whole(f"counts[{number}]", count) for number, count in enumerate(counts)]
    named = {f"gradients[{number}]": gradient for number, gradient in enumerate(gradients)}
    stacked = np.stack(arguments.same_shape(**named))
    return np.asarray(np.tensordot(sizes, stacked, axes=1) / sum(sizes))


def make_logical_devices(count: int) -> list[str]:
    """Divide this machine's processor into several devices, to try out what needs several.

    They share the same cores, so nothing gets faster: the numbers are the lesson.

    Parameters
    ----------
    count : int
        How many devices.

    Returns
    -------
    list of str
        Their names, for `strategy_for`.

    Raises
    ------
    ValueError
        If the count is not above zero.
    RuntimeError
        If TensorFlow has already started with another number: it cannot change that any more.

    Examples
    --------
    >>> make_logical_devices(1)
    ['CPU:0']
    """
    count = arguments.whole("count", count)
    processor = tf.config.list_physical_devices("CPU")[0]
    with suppress(RuntimeError):  # raised if TensorFlow has started, perhaps with what is wanted
        tf.config.set_logical_device_configuration(
            processor, [tf.config.LogicalDeviceConfiguration()] * count
        )
    found = len(tf.config.list_logical_devices("CPU"))
    if found != count:
        raise RuntimeError(
            f"TensorFlow has already started with {found} device(s) and cannot change to {count}. Restart "
            "the kernel and call `make_logical_devices` before anything else."
        )
    return [f"CPU:{number}" for number in range(count)]


def strategy_for(devices: Sequence[str]) -> Any:
    """Make the strategy that keeps one copy of a model on each device.

    Parameters
    ----------
    devices : sequence of str
        Names such as `make_logical_devices` returns.

    Returns
    -------
    tf.distribute.MirroredStrategy
        The strategy.

    Raises
    ------
    ValueError
        If a device does not exist, or none is named.

    Examples
    --------
    >>> strategy_for(["CPU:0"]).num_replicas_in_sync
    1
    """
    known = [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices()]
    unknown = [device for device in devices if device not in known]
    if unknown or not devices:
        raise ValueError(f"`devices` is {list(devices)}; there are {', '.join(known)}.")
    return tf.distribute.MirroredStrategy(list(devices))


def copies(strategy: Any, make_model: Callable[[], Any]) -> Any:
    """Make a model with one copy of its variables on each device.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
        Where.
    make_model : function
        Makes the model, such as the class ``LinearModel``.

    Returns
    -------
    tf.Module or keras.Model
        The model; assigning to a variable inside ``strategy.run`` changes the copy of that device.

    Examples
    --------
    >>> from course_lib.tf.models import LinearModel
    >>> model = copies(strategy_for(["CPU:0"]), LinearModel)
    >>> len(model.weight.values)
    1
    """

    def equal_copies(make: Callable[..., Any], **settings: Any) -> Any:
        # Every copy gets the same update, so reading the first one is reading all.
        return make(**{**settings, "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA})

    with strategy.scope(), tf.variable_creator_scope(equal_copies):
        return make_model()


def spread(strategy: Any, shares: Sequence[ArrayLike]) -> Any:
    """Put one share of the data on each device.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
        Where.
    shares : sequence of array_like
        One share for each device of the whole cluster, as `shards` makes them.

    Returns
    -------
    tf.distribute.DistributedValues
        What ``strategy.run`` hands to each device.

    Raises
    ------
    ValueError
        If there is not one share for each device.

    Examples
    --------
    >>> spread(strategy_for(["CPU:0"]), shards([1, 2, 3], parts=1)).values[0].numpy()
    array([1., 2., 3.])
    """
    if len(shares) != strategy.num_replicas_in_sync:
        raise ValueError(
            f"`shares` has {len(shares)} entries; there must be one for each of the "
            f"{strategy.num_replicas_in_sync} devices."
        )
    return strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(shares[context.replica_id_in_sync_group], dtype=tf.float64)
    )


def replica_step(
    model: Any, inputs: tf.Tensor, targets: tf.Tensor, learning_rate: float, examples: int
) -> tf.Tensor:
    """Make one device's part of a step: its own gradient, the sum over all devices, the update.

    Call it through ``strategy.run``. Compare `course_lib.tf.training.train_step`: what is new is that the
    loss is divided by the number of *all* examples and that the gradients are summed.

    Parameters
    ----------
    model : tf.Module or keras.Model
        From `copies`.
    inputs, targets : tf.Tensor
        This device's share.
    learning_rate : float
        How far to go against the gradient.
    examples : int
        The number of examples on all devices.

    Returns
    -------
    tf.Tensor, shape ()
        This device's part of the loss before the step; the parts add up to the loss.

    Examples
    --------
    See `train_with_strategy`.
    """
    with tf.GradientTape() as tape:
        predictions = model(inputs)
        # One example may have several outputs; the mean runs over all of them.
        outputs = examples * (tf.size(predictions) // tf.shape(predictions)[0])
        share = tf.reduce_sum(tf.square(predictions - targets)) / tf.cast(outputs, tf.float64)
    variables = model.trainable_variables
    gradients = tape.gradient(share, variables)
    gradients = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(learning_rate * gradient)
    return share


def train_with_strategy(
    strategy: Any,
    start: Sequence[ArrayLike],
    inputs: ArrayLike,
    targets: ArrayLike,
    learning_rate: float,
    steps: int,
) -> list[Weights]:
    """Train the network of `course_lib.engines` on every device of a strategy.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
        From `strategy_for`, or a ``MultiWorkerMirroredStrategy``.
    start, inputs, targets, learning_rate, steps
        As for `course_lib.engines.train_scalar`.

    Returns
    -------
    list of list of ndarray of float64
        The weights at the start and after each step, ``steps + 1`` entries.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is missing, the rate or the steps are not above zero, or there are
        more devices than examples.

    Examples
    --------
    >>> strategy = strategy_for(["CPU:0"])
    >>> run = train_with_strategy(strategy, [[[5.0]], [0.0]], inputs=[[1.0], [2.0], [3.0]],
    ...                           targets=[[5.0], [8.0], [11.0]], learning_rate=0.1, steps=1)
    >>> [array.round(6).tolist() for array in run[1]]
    [[[3.933333]], [-0.4]]
    """
    start, inputs, targets = checked_run(start, inputs, targets, learning_rate, steps)
    devices = strategy.num_replicas_in_sync
    shares = spread(strategy, shards(inputs, devices)), spread(strategy, shards(targets, devices))
    return [start, *train_on_shares(strategy, start, *shares, learning_rate, steps, len(inputs))]


def train_on_shares(
    strategy: Any,
    start: Weights,
    inputs: Any,
    targets: Any,
    learning_rate: float,
    steps: int,
    examples: int,
) -> Iterator[Weights]:
    """Train the network of `course_lib.engines` where each device has its share of the data already.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
        Where.
    start : list of ndarray of float64
        The weights to start from.
    inputs, targets : tf.Tensor or tf.distribute.DistributedValues
        The shares: from `spread`, or in a worker process its own.
    learning_rate : float
        How far to go against the gradient.
    steps : int
        How many steps.
    examples : int
        The number of examples on all devices.

    Yields
    ------
    list of ndarray of float64
        The weights after each step.

    Examples
    --------
    See `train_with_strategy`.
    """
    model = copies(strategy, lambda: TensorFlowNetwork(start))
    step = tf.function(
        lambda: strategy.run(replica_step, args=(model, inputs, targets, learning_rate, examples))
    )
    for _ in range(steps):
        step()
        yield [variable.numpy() for variable in model.weights]


def train_in_processes(
    start: Sequence[ArrayLike],
    inputs: ArrayLike,
    targets: ArrayLike,
    learning_rate: float,
    steps: int,
    workers: int = 2,
    timeout: float = 300.0,
    keep: str | Path | None = None,
) -> list[Weights]:
    """Train the network of `course_lib.engines` in several processes that talk over the network.

    Each worker is a Python process of its own on this machine, with its own share of the data, as it would
    be on a machine of its own. They meet at free ports of the loopback address.

    Parameters
    ----------
    start, inputs, targets, learning_rate, steps
        As for `course_lib.engines.train_scalar`.
    workers : int
        How many processes; no more than there are examples.
    timeout : float
        How many seconds all of it may take. Most of it is the start of TensorFlow, once in each worker.
    keep : str or Path, optional
        A folder for a checkpoint, written after each step. When a worker fails, the others cannot go on
        without it, and all of them end. Call the function again with the same folder: the run goes on with
        the step after the last one that was kept.

    Returns
    -------
    list of list of ndarray of float64
        The weights at the start and after each step, ``steps + 1`` entries; equal in all workers. Of a run
        that goes on: those that were kept, and after each step that was left.

    Raises
    ------
    ValueError
        As for `train_with_strategy`; or if the checkpoint is of weights of other shapes.
    RuntimeError
        If a worker fails; the message holds what it printed.
    TimeoutError
        If the time is up. In every case no worker is left running.

    Examples
    --------
    >>> run = train_in_processes([[[5.0]], [0.0]], inputs=[[1.0], [2.0]], targets=[[5.0], [8.0]],
    ...                          learning_rate=0.1, steps=1)
    >>> [array.round(6).tolist() for array in run[1]]
    [[[4.6]], [-0.2]]
    """
    start, inputs, targets = checked_run(start, inputs, targets, learning_rate, steps)
    timeout = arguments.positive("timeout", timeout)
    input_shares, target_shares = shards(inputs, workers), shards(targets, workers)
    checkpoint = Path(keep) / "checkpoint.npz" if keep is not None else None
    done, start = _kept(checkpoint, start)
    if done >= steps:
        return [start]
    with tempfile.TemporaryDirectory() as folder:
        for number, shares in enumerate(zip(input_shares, target_shares, strict=True)):
            np.savez(
                _task(folder, number), *start, inputs=shares[0], targets=shares[1],
                learning_rate=learning_rate, steps=steps, examples=len(inputs), done=done,
                checkpoint=str(checkpoint.absolute()) if checkpoint and number == 0 else "",
            )  # fmt: skip
        _run_workers(folder, workers, timeout)
        runs = [_read_arrays(_answer(folder, number)) for number in range(workers)]
    if any(not np.array_equal(one, two) for run in runs for one, two in zip(run, runs[0], strict=True)):
        raise RuntimeError("The workers ended with different weights; they did not train together.")
    size = len(start)
    return [start, *(runs[0][begin : begin + size] for begin in range(0, len(runs[0]), size))]


def _kept(checkpoint: Path | None, start: Weights) -> tuple[int, Weights]:
    """Return how many steps were made before, and the weights after them."""
    if checkpoint is None or not checkpoint.exists():
        if checkpoint is not None:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
        return 0, start
    done, *weights = _read_arrays(checkpoint)
    if [array.shape for array in weights] != [array.shape for array in start]:
        raise ValueError(
            f"{checkpoint} holds weights of the shapes {[array.shape for array in weights]}, and this run "
            f"has {[array.shape for array in start]}: it is of another run. Use an empty folder."
        )
    return int(done), weights


def _task(folder: str | Path, number: int) -> Path:
    return Path(folder) / f"task_{number}.npz"


def _answer(folder: str | Path, number: int) -> Path:
    return Path(folder) / f"answer_{number}.npz"


def _read_arrays(path: Path) -> Weights:
    with np.load(path) as stored:
        return [stored[f"arr_{number}"] for number in range(len(stored.files))]


def _run_workers(folder: str, workers: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(workers)]
    processes: list[subprocess.Popen[bytes]] = []
    with _ended(processes):
        for number in range(workers):
            processes.append(_start_worker(folder, number, addresses))
        while any(process.poll() is None for process in processes):
            _raise_if_one_failed(processes, folder)
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"The {workers} workers did not finish within {timeout:g} seconds. Allow more with "
                    "`timeout`, or use fewer `workers`."
                )
            time.sleep(0.05)
        _raise_if_one_failed(processes, folder)


def _start_worker(folder: str, number: int, addresses: list[str]) -> "subprocess.Popen[bytes]":
    task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": number}}
    with open(Path(folder) / f"log_{number}.txt", "wb") as log:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "course_lib.tf.distributed_worker",
                _task(folder, number),
                _answer(folder, number),
            ],
            env={**os.environ, "TF_CONFIG": json.dumps(task), "CUDA_VISIBLE_DEVICES": "-1"},
            stdin=subprocess.PIPE,  # it ends when we do: a worker whose standard input closes stops itself
            stdout=log,
            stderr=log,
        )


def _raise_if_one_failed(processes: list["subprocess.Popen[bytes]"], folder: str) -> None:
    for number, process in enumerate(processes):
        if process.poll():
            log = (Path(folder) / f"log_{number}.txt").read_text(errors="replace")
            raise RuntimeError(
                f"Worker {number} ended with code {process.returncode}. It printed:\n{log[-2000:]}"
            )


@contextmanager
def _ended(processes: list["subprocess.Popen[bytes]"]) -> Iterator[None]:
    """End every process on the way out, whatever happened."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
            if process.stdin:
                process.stdin.close()


def _free_ports(count: int) -> list[int]:
    """Return ports that the system gives to nobody else for the next minute."""
    with_all_open = [socket.socket() for _ in range(count)]
    try:
        return [_reserve(listener) for listener in with_all_open]
    finally:
        for listener in with_all_open:
            listener.close()


def _reserve(listener: socket.socket) -> int:
    # A port with a just closed connection is not handed out again, yet a server may ask for it by number.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    with socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        connection.close()
    return int(listener.getsockname()[1])
