"""Several devices and several processes against NumPy on one; and what happens when a worker fails."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import data, engines
from course_lib.tf import distributed, distributed_worker


def run_python(program, timeout=200):
    """TensorFlow's devices are fixed once it has started, so what needs several runs in its own process."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def problem(sizes, examples, seed=0):
    rng = np.random.default_rng(seed)
    start = engines.start_weights(*sizes, seed=seed)
    return start, rng.normal(size=(examples, sizes[0])), rng.normal(size=(examples, sizes[-1]))


def assert_equal_runs(run, reference, tolerance=1e-10):
    assert len(run) == len(reference)
    for ours, theirs in zip(run, reference, strict=True):
        for one, two in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, two, rtol=0, atol=tolerance)


@pytest.fixture(scope="module")
def three_devices():
    """What one process with three devices says: starting TensorFlow is what takes time here."""
    answer = run_python(
        """
        import json
        from course_lib.tf.distributed import make_logical_devices, strategy_for, train_with_strategy
        from tests.tf.test_distributed import problem
        strategy = strategy_for(make_logical_devices(3))
        runs = [train_with_strategy(strategy, *problem(sizes, 8), 0.1, 5) for sizes in ((1, 1), (2, 3, 2))]
        errors = []
        for call, argument in ((make_logical_devices, 2), (strategy_for, ["CPU:7"]), (strategy_for, [])):
            try:
                call(argument)
            except (RuntimeError, ValueError) as error:
                errors.append(f"{type(error).__name__} {error}")
        runs = [[[array.tolist() for array in step] for step in run] for run in runs]
        print(json.dumps({"runs": runs, "again": make_logical_devices(3), "errors": errors}))
        """
    )
    return json.loads(answer)


@pytest.mark.parametrize(("number", "sizes"), [(0, (1, 1)), (1, (2, 3, 2))])
def test_three_devices_agree_with_numpy(three_devices, number, sizes):
    reference = engines.train_numpy(*problem(sizes, 8), 0.1, 5)
    assert_equal_runs(three_devices["runs"][number], reference)
    assert np.abs(reference[-1][0] - reference[0][0]).max() > 1e-3


def test_started_with_other_devices_is_a_clear_error(three_devices):
    assert three_devices["again"] == ["CPU:0", "CPU:1", "CPU:2"]
    devices = "CPU:0, CPU:1, CPU:2"
    assert three_devices["errors"] == [
        "RuntimeError TensorFlow has already started with 3 device(s) and cannot change to 2. Restart the "
        "kernel and call `make_logical_devices` before anything else.",
        f"ValueError `devices` is ['CPU:7']; there are {devices}.",
        f"ValueError `devices` is []; there are {devices}.",
    ]


def workers_alive():
    found = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    mine = str(os.getpid())
    return [line for line in found.splitlines() if "distributed_worker" in line and line.split()[1] == mine]


def test_two_processes_agree_with_numpy():
    inputs, targets = data.noisy_line()
    run = [[[5.0]], [0.0]], inputs.reshape(-1, 1), targets.reshape(-1, 1), 0.1, 10
    assert_equal_runs(distributed.train_in_processes(*run, workers=2), engines.train_numpy(*run))
    assert workers_alive() == []


def test_a_worker_that_fails_is_quoted_and_none_is_left(monkeypatch):
    start_worker = distributed._start_worker

    def with_a_missing_task(folder, number, addresses):
        if number == 1:
            distributed._task(folder, number).unlink()
        return start_worker(folder, number, addresses)

    monkeypatch.setattr(distributed, "_start_worker", with_a_missing_task)
    with pytest.raises(
        RuntimeError, match=r"(?s)Worker \d ended with code.*(FileNotFoundError|No such file)"
    ):
        distributed.train_in_processes(*problem((1, 1), 4), 0.1, 2, workers=2)
    assert workers_alive() == []


def test_a_run_whose_worker_is_killed_goes_on_from_its_checkpoint(tmp_path):
    """A real process, ended by the system in the middle of the training; then the same call once more."""
    run, more = (*problem((2, 3, 1), 9), 0.1), 4000
    killed = []

    def kill_one():
        checkpoint = tmp_path / "checkpoint.npz"
        while not (checkpoint.exists() and steps_kept(checkpoint) > 20):
            time.sleep(0.02)
        pid = workers_of(os.getpid())[-1]
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    watcher = threading.Thread(target=kill_one, daemon=True)
    watcher.start()
    with pytest.raises(RuntimeError, match=r"Worker \d ended with code"):
        distributed.train_in_processes(*run, more, keep=tmp_path)
    watcher.join(timeout=60)
    assert len(killed) == 1
    assert workers_alive() == []
    done = steps_kept(tmp_path / "checkpoint.npz")
    assert 20 < done < more
    resumed = distributed.train_in_processes(*run, done + 30, keep=tmp_path)
    assert len(resumed) == 31
    unbroken = engines.train_numpy(*run, done + 30)
    assert_equal_runs(resumed, unbroken[done:], tolerance=1e-9)
    # What is finished starts no process any more.
    assert_equal_runs(distributed.train_in_processes(*run, 5, keep=tmp_path), unbroken[-1:], tolerance=1e-9)


def steps_kept(checkpoint):
    with np.load(checkpoint) as stored:
        return int(stored["arr_0"])


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    distributed_worker.keep(tmp_path / "checkpoint.npz", 3, [np.zeros((2, 2)), np.zeros(2)])
    with pytest.raises(ValueError, match=r"it is of another run\. Use an empty folder"):
        distributed.train_in_processes(*problem((1, 1), 4), 0.1, 2, keep=tmp_path)


def test_a_time_out_says_what_to_do_and_leaves_none():
    with pytest.raises(TimeoutError, match=r"within 0\.5 seconds\. Allow more with `timeout`"):
        distributed.train_in_processes(*problem((1, 1), 4), 0.1, 2, workers=2, timeout=0.5)
    assert workers_alive() == []


def test_workers_stop_when_the_parent_is_killed():
    program = (
        "from tests.tf.test_distributed import problem\n"
        "from course_lib.tf.distributed import train_in_processes\n"
        "train_in_processes(*problem((1, 1), 4), 0.1, 2_000_000)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])

    workers = []
    while len(workers) < 2 and parent.poll() is None:
        time.sleep(0.1)
        workers = workers_of(parent.pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert len(workers) == 2
    deadline = time.monotonic() + 60
    while (alive := [pid for pid in workers if is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive == []


def workers_of(parent):
    """Read from `/proc`, because a small machine need not have `ps`."""
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if (status := status_of(folder.name)) and int(status[1]) == parent and is_worker(folder)
    ]


def is_worker(folder):
    try:
        return b"distributed_worker" in (folder / "cmdline").read_bytes()
    except OSError:
        return False


def is_running(pid):
    status = status_of(pid)
    return bool(status) and status[0] != "Z"


def status_of(pid):
    """The fields of a process's status from its state letter on; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


@given(rows=st.integers(1, 40), parts=st.integers(1, 40))
def test_shards_hold_every_row_once(rows, parts):
    if parts > rows:
        with pytest.raises(ValueError, match="`parts` is"):
            distributed.shards(np.arange(rows), parts)
        return
    shards = distributed.shards(np.arange(rows), parts)
    assert np.concatenate(shards).tolist() == list(range(rows))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


@given(seed=st.integers(0, 1000), counts=st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_the_mean_of_unequal_shards_is_the_mean_of_all(seed, counts):
    examples = [np.random.default_rng(seed).normal(size=(count, 3)) for count in counts]
    means = [shard.mean(axis=0) for shard in examples]
    found = distributed.all_reduce_mean(means, counts)
    np.testing.assert_allclose(found, np.concatenate(examples).mean(axis=0), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: distributed.all_reduce_mean([[1.0]], [1, 2]), "`counts` has 2 entries for 1 gradients"),
        (lambda: distributed.all_reduce_mean([[1.0], [1.0, 2.0]], [1, 2]), r"`gradients\[1\]` has shape"),
        (lambda: distributed.all_reduce_mean([[1.0]], [0]), r"`counts\[0\]` is 0"),
        (lambda: distributed.all_reduce_mean([], []), "`counts` has 0 entries for 0 gradients"),
        (lambda: distributed.shards([1.0, np.nan], 1), "^`array` holds nan"),
        (lambda: distributed.shards([1.0], 0), "^`parts` is 0"),
        (lambda: distributed.make_logical_devices(0), "`count` is 0"),
        (lambda: distributed.train_in_processes(*problem((1, 1), 2), 0.1, 1, workers=3), "at most 2 parts"),
        (lambda: distributed.train_in_processes(*problem((1, 1), 2), 0.1, 1, timeout=0), "`timeout` is 0"),
        (lambda: distributed.train_in_processes(*problem((1, 1), 2), -0.1, 1), "`learning_rate` is -0.1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
