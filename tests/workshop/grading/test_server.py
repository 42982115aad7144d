"""The warm server, its trial after the fork, its limits, and what happens where there is no sandbox."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.workshop.grading import batch
from course_lib.workshop.grading.intake.collect import MANIFEST
from course_lib.workshop.grading.sandbox import client, fork_check, walls
from course_lib.workshop.grading.sandbox.client import ServerError, WarmServer, learners_copy
from course_lib.workshop.grading.sandbox.fork_check import works_after_fork
from course_lib.workshop.grading.sandbox.walls import Limits, NoWallError, Wall, strongest_wall
from course_lib.workshop.grading.scoring.assessment import crashed_record
from course_lib.workshop.grading.scoring.session import Patience, Session
from course_lib.workshop.grading.storage.records import Record
from tests.workshop.grading.conftest import RIGHT, SmallClass
from tests.workshop.grading.questions import double_question, small_key

HONEST = "def double(x):\n    return 2 * x"


def answered(server: WarmServer, *cells: str) -> bool:
    ran = Session(server, [HONEST, *cells], [double_question()], Patience(cells=60)).run()
    return len(ran.answers["test.double"].hidden) == 3 and not ran.troubles


def test_the_canary_sings(server: WarmServer) -> None:
    assert works_after_fork(server)


def test_a_canary_that_hangs_or_dies_is_noticed(server: WarmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_check, "SECONDS", 2)
    for trial in ("while True: pass", "import os; os._exit(0)", "1/0", "print('half done')"):
        assert not works_after_fork(server, trial)


TENSORFLOW = "import tensorflow as tf\nassert float(tf.matmul(tf.ones((9, 9)), tf.ones((9, 9)))[0, 0]) == 9"


@pytest.mark.parametrize("wall", [Wall.NAMESPACES, Wall.LANDLOCK])
def test_tensorflow_works_in_a_forked_process(wall: Wall) -> None:
    with WarmServer(wall, ("tensorflow",)) as server:
        assert server.threads == 1, "importing TensorFlow has started threads, which no fork would have"
        assert works_after_fork(server)
        assert answered(server, TENSORFLOW)
        assert answered(server, TENSORFLOW)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that runs one operation of TensorFlow when it is imported."""

    def with_it(folder: Path) -> Path:
        learners_copy(folder)
        (folder / "hasty.py").write_text("import tensorflow as tf\n\nnine = tf.matmul([[3.0]], [[3.0]])\n")
        return folder

    monkeypatch.setattr(client, "learners_copy", with_it)
    return "hasty"


def test_a_server_that_ran_an_operation_grades_no_one(hasty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with WarmServer(Wall.NAMESPACES, (hasty,)) as server:
        assert not server.missing
        assert server.threads > 1
        assert not works_after_fork(server)
        # The control: without that look at the threads, its processes would wait for ever.
        monkeypatch.setattr(server, "threads", 1)
        monkeypatch.setattr(fork_check, "SECONDS", 10)
        assert not works_after_fork(server, fork_check.TRIALS["tensorflow"])
        monkeypatch.undo()
        opened = [server]
        start = lambda *settings: opened.pop() if opened else WarmServer(*settings)  # noqa: E731
        monkeypatch.setattr(fork_check, "WarmServer", start)
        with fork_check.checked_server(Wall.NAMESPACES, (hasty,)) as other:
            assert (other.packages, other.threads) == ((), 1)
            assert answered(other, TENSORFLOW)


def test_what_is_not_installed_is_named() -> None:
    with WarmServer(Wall.NAMESPACES, ("no_such_package",)) as server:
        assert "no_such_package" in server.missing[0]
        assert answered(server)


def test_a_server_that_is_killed_says_so() -> None:
    with WarmServer(Wall.NAMESPACES) as server:
        server.process.kill()
        server.process.wait()
        with pytest.raises(ServerError):
            answered(server)


def test_a_server_ends_with_its_grader() -> None:
    code = (
        "import os\nfrom course_lib.workshop.grading.sandbox.client import WarmServer\n"
        "from course_lib.workshop.grading.sandbox.walls import Wall\n"
        "from course_lib.workshop.grading.sandbox.control_group import descendants\n"
        "s = WarmServer(Wall.NAMESPACES); c = s.fork()\n"
        "print(s.process.pid, *descendants(s.process.pid), flush=True); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    processes = [int(word) for word in run.stdout.split()]
    assert len(processes) >= 2
    assert all(_ends(process) for process in processes)


def _ends(process: int) -> bool:
    import time

    for _ in range(100):
        if not Path(f"/proc/{process}").exists():
            return True
        if "State:\tZ" in Path(f"/proc/{process}/status").read_text():
            return True
        time.sleep(0.1)
    return False


def test_the_learners_copy_is_what_the_wheel_holds(tmp_path: Path) -> None:
    copy = learners_copy(tmp_path / "learner")
    names = {path.relative_to(copy).as_posix() for path in copy.rglob("*.py")}
    assert "course_lib/exercises/running.py" in names
    assert not [name for name in names if "definitions" in name]


def test_a_limit_on_memory_is_the_submissions_own(server: WarmServer) -> None:
    assert answered(server, "import numpy as np\nx = np.ones(200 * 2**20 // 8)")


# Machines without a sandbox -----------------------------------------------------------------------


def test_a_machine_without_walls_refuses_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "_try_in_child", lambda action: "Operation not permitted")
    monkeypatch.setattr(walls.linux_calls, "landlock_version", lambda: 0)
    with pytest.raises(NoWallError, match="course container grade") as caught:
        strongest_wall()
    assert "--trust-code" in str(caught.value)


def test_a_python_that_only_root_may_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    (closed / "lib").mkdir(parents=True)
    closed.chmod(0o700)
    found = Path(walls.closed_to_others(["/usr/lib", str(closed / "lib")]))
    assert closed.is_relative_to(found)
    assert not found.stat().st_mode & 0o001
    assert not walls.closed_to_others(["/usr/lib"])
    monkeypatch.setattr(walls, "_try_in_child", lambda action: "Operation not permitted")
    monkeypatch.setattr(walls.linux_calls, "landlock_version", lambda: 5)
    monkeypatch.setattr(walls.os, "geteuid", lambda: 0)
    monkeypatch.setattr(walls, "closed_to_others", lambda paths: "/root")
    with pytest.raises(NoWallError, match="chmod o\\+x /root"):
        strongest_wall()
    monkeypatch.setattr(walls, "closed_to_others", lambda paths: "")
    assert strongest_wall() == (Wall.LANDLOCK, "namespaces are refused here (Operation not permitted)")


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_refuse_too(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(walls.sys, "platform", system)
    with pytest.raises(NoWallError, match="Nothing was run"):
        strongest_wall()


def test_grading_without_walls_grades_nothing(
    small_class: SmallClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_class.hand_in("ada_hw.ipynb", *RIGHT)
    small_class.collect()
    monkeypatch.setattr(walls.sys, "platform", "darwin")
    said = small_class.run("grade", str(small_class.target), *small_class.options(), succeed=False)
    assert "Nothing was run" in said
    assert not (small_class.target / "records").exists()
    assert (small_class.target / MANIFEST).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user to try this")
def test_where_namespaces_are_refused_landlock_is_taken() -> None:
    code = "tests.workshop.grading.say_wall"
    command = [sys.executable, "-m", "tests.workshop.grading.as_user", "--refuse-namespaces", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "landlock: namespaces are refused here (Operation not permitted)", run.stderr


def test_a_submission_that_ends_its_server_costs_its_own_mark_only(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = crashed_record(b"fine", small_key(), Wall.NAMESPACES, Patience(), "")

    def grade(data: bytes, *more: object) -> Record:
        if data == b"deadly":
            raise ServerError("gone")
        return fine

    monkeypatch.setattr(batch, "grade_notebook", grade)
    settings = batch.Settings.of(small_key(), Wall.NAMESPACES, Patience(), Limits())
    worker = batch.Worker(settings)
    record = worker.grade(batch.Job("eve", b"deadly")).record
    assert record.status == "crashed"
    assert "Look at it by hand" in record.reason
    assert [question.status for question in record.questions] == ["crashed"] * 3
    assert worker.grade(batch.Job("ada", b"fine")).record == fine
    worker.close()
    monkeypatch.setattr(batch, "checked_server", broken)
    with pytest.raises(ServerError):  # the machine's own trouble is nobody's mark
        worker.grade(batch.Job("ada", b"fine"))


def broken(*arguments: object) -> WarmServer:
    raise ServerError("no sandbox today")


def test_a_wall_that_cannot_be_closed_is_no_submissions_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with WarmServer(Wall.NAMESPACES, limits=Limits(file_bytes=-1)) as server, pytest.raises(ServerError):
        answered(server)
