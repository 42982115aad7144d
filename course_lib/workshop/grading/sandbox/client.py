"""The grader's end of a warm server: start it, hand it descriptors, talk with the process it forks."""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import deque
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import IO, Any

import course_lib
from course_lib.workshop.grading.sandbox.control_group import ControlGroup, descendants, resident_bytes
from course_lib.workshop.grading.sandbox.protocol import MOST_BYTES, ForgedError, from_line, to_line
from course_lib.workshop.grading.sandbox.walls import WORK_FOLDER, Limits, Wall, visible_paths
from course_lib.workshop.refusal import RefusalError

SANDBOX = Path("course_lib", "workshop", "grading", "sandbox")
PREFIX = "course-grade-"  # of a grader's temporary folder
OWNER = "owner"  # the file in it that its grader holds locked
START_SECONDS = 180
LOOK_SECONDS = 0.2  # how often the memory of a process that keeps silent is looked at
MOST_BYTES_IN_ALL = 96 * 2**20  # that one process may send
MOST_MESSAGES = 50_000  # likewise: cells and cases are far fewer
IMPORTS = (
    "numpy",
    "matplotlib.pyplot",
    "ipywidgets",
    "course_lib.exercises",
    "course_lib.exercises.running",
)
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


class ServerError(RefusalError, RuntimeError):
    """The server or its walls failed: the machine's trouble, no submission's."""


class GoneError(Exception):
    """The student's process ended in the middle of a conversation."""


class TooLongError(Exception):
    """The student's process did not answer in time."""


class FloodError(Exception):
    """The student's process sent more than any honest one."""


class MemoryUsedUpError(Exception):
    """The student's processes hold more memory than they may."""


def learners_copy(folder: Path) -> Path:
    """Copy the course's package as a learner installs it, and the sandbox's own modules.

    Returns
    -------
    Path
        The folder to import ``course_lib`` from.
    """
    package = Path(course_lib.__file__).parent
    hidden = shutil.ignore_patterns("workshop", "__pycache__", "tests")
    shutil.copytree(package, folder / "course_lib", ignore=hidden)
    # Of the workshop, only what runs the student's code: this folder and the packages it stands in.
    inside = Path(__file__).parent
    shutil.copytree(inside, folder / SANDBOX, ignore=hidden)
    for room in inside.relative_to(package).parents[:-1]:
        shutil.copy(package / room / "__init__.py", folder / "course_lib" / room)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@cache
def compiled_filters(wall: Wall) -> str:
    """Return the system-call filter for a kind of wall, as hexadecimal text."""
    if wall is Wall.NONE:
        return ""
    from course_lib.workshop.grading.sandbox.system_calls import compiled_filter

    return compiled_filter(signals_allowed=wall is Wall.NAMESPACES).hex()


def _hold(folder: Path) -> IO[bytes]:
    """Lock a folder for as long as this process lives, or the file that is returned is open."""
    file = open(folder / "owner.new", "wb")  # noqa: SIM115 - open as long as the server runs
    with contextlib.suppress(ImportError):  # a system without such locks
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
        os.rename(file.name, folder / OWNER)  # seen by others when it is locked, and not before
    return file


def sweep_abandoned() -> None:
    """Remove the temporary folders of graders that were killed: nobody holds their locks any more."""
    try:
        import fcntl
    except ImportError:
        return
    for owner in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{OWNER}"):
        with contextlib.suppress(OSError):
            descriptor = os.open(owner, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(owner.parent, ignore_errors=True)
            finally:
                os.close(descriptor)


class WarmServer:
    """A server process, ready to fork.

    Parameters
    ----------
    wall : Wall
        What stands between a student's code and the machine.
    packages : tuple of str
        What to import beside the learner's package, for example ``("tensorflow",)``.
    limits : Limits
        What one submission may use up.

    Raises
    ------
    ServerError
        If it does not start.
    """

    def __init__(self, wall: Wall, packages: tuple[str, ...] = (), limits: Limits | None = None):
        self.wall = wall
        self.packages = packages
        self.limits = limits or Limits()
        self.missing: list[str] = []
        self.processor_seconds = 0.0  # that the processes of the present submission used
        self.threads = 1
        sweep_abandoned()
        self.folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        self.owner = _hold(Path(self.folder.name))
        self.group: ControlGroup | None = None
        self._start()

    def __enter__(self) -> "WarmServer":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _start(self) -> None:
        place = Path(self.folder.name)
        place.chmod(0o755)
        learner = learners_copy(place / "learner")
        staging = place / "root"
        staging.mkdir()
        work = str(place / "work")
        os.mkdir(work, 0o700)
        if self.wall is Wall.NAMESPACES:
            work = WORK_FOLDER
        site_packages = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
        settings = {
            "wall": self.wall,
            "slot": os.getpid(),
            "limits": asdict(self.limits),
            "learner": str(learner),
            "packages": site_packages,
            "visible": visible_paths([str(learner), *site_packages]),
            "staging": str(staging),
            "work": work,
            "folder": str(place),
            "filter": compiled_filters(self.wall),
            "imports": [*IMPORTS, *self.packages],
        }
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = learner / SANDBOX / "server.py"
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server runs
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-s", "-S", "-P", str(script), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self.errors,
            stderr=self.errors,
            env={**ENVIRONMENT, "HOME": work, "TMPDIR": work, "MPLCONFIGDIR": work},
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        self.control.send(json.dumps(settings).encode())
        self.control.settimeout(START_SECONDS)
        ready = self._told()
        self.missing = ready["missing"]
        self.threads = ready["threads"]
        if self.wall is not Wall.NONE:
            self.group = ControlGroup.around(self.process.pid, self.limits)

    def _told(self) -> dict[str, Any]:
        """Return the next message of the server."""
        try:
            message = self.control.recv(2**16)
        except OSError as error:
            raise ServerError(f"The grading server does not answer ({error}).{self._last_words()}") from error
        if not message:
            raise ServerError(f"The grading server ended.{self._last_words()}")
        return dict(json.loads(message))

    def _last_words(self) -> str:
        self.errors.seek(0)
        words = self.errors.read().decode(errors="replace").strip()
        return f" Its last words: {words[-2000:]}" if words else ""

    def fork(self) -> "Conversation":
        """Fork a process for one submission."""
        their_requests, requests = os.pipe()
        answers, their_answers = os.pipe()
        try:
            self.control.settimeout(START_SECONDS)
            socket.send_fds(self.control, [b'{"do":"fork"}'], [their_requests, their_answers])
        except OSError as error:
            for descriptor in (requests, answers):
                os.close(descriptor)
            raise ServerError(f"The grading server is gone ({error}).{self._last_words()}") from error
        finally:
            os.close(their_requests)
            os.close(their_answers)
        return Conversation(self, requests, answers)

    def ended(self, kill: bool) -> int:
        """Return the exit status of the forked process, below zero the signal that ended it."""
        if kill:
            with contextlib.suppress(OSError):
                self.control.send(b'{"do":"kill"}')
        self.control.settimeout(30)
        while "ended" not in (message := self._told()):
            pass
        self.processor_seconds += message.get("processor", 0.0)
        return int(message["ended"])

    def look_at_memory(self) -> None:
        """Where no control group does it, see that a submission's processes together stay in their limit.

        Raises
        ------
        MemoryUsedUpError
            If they do not.
        """
        if self.group or self.wall is Wall.NONE:
            return
        server = self.process.pid
        if self.wall is Wall.NAMESPACES:
            server = next(iter(descendants(server)), server)
        own = resident_bytes(server)
        taken = sum(max(0, resident_bytes(process) - own) for process in descendants(server))
        if taken > self.limits.memory:
            raise MemoryUsedUpError

    def close(self) -> None:
        """End the server and everything that it started."""
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.errors.close()
        if self.group:
            self.group.remove()
        self.folder.cleanup()
        self.owner.close()


class Conversation:
    """Messages to and from one student's process, each with a time limit."""

    def __init__(self, server: WarmServer, requests: int, answers: int):
        self.server = server
        self.requests = requests
        self.answers = answers
        self.lines: deque[bytes] = deque()
        self.rest: list[bytes] = []  # the pieces of a line that has not ended yet
        self.unfinished = 0
        self.received = 0
        self.messages = 0
        os.set_blocking(requests, False)
        os.set_blocking(answers, False)

    def send(self, message: dict[str, Any], seconds: float) -> None:
        """Send a message.

        Raises
        ------
        GoneError, TooLongError
            If the process has ended, or does not take the message in time.
        """
        line = memoryview(to_line(message))
        end = time.monotonic() + seconds
        while line:
            left = end - time.monotonic()
            if left <= 0 or not select.select([], [self.requests], [], left)[1]:
                raise TooLongError
            try:
                line = line[os.write(self.requests, line) :]
            except BlockingIOError:
                time.sleep(0.001)
            except BrokenPipeError as error:
                raise GoneError from error

    def receive(self, end: float) -> dict[str, Any]:
        """Return the next well-formed message.

        Parameters
        ----------
        end : float
            The moment of `time.monotonic` until which to wait.

        Raises
        ------
        GoneError, TooLongError, FloodError, MemoryUsedUpError
            If the process has ended, does not answer in time, sends too much or holds too much.
        """
        while True:
            # Looked at for each line, not in silence only: whoever keeps talking has no more time.
            if time.monotonic() > end:
                raise TooLongError
            if not self.lines:
                self._read_more(end)
                continue
            self.messages += 1
            if self.messages > MOST_MESSAGES:
                raise FloodError
            with contextlib.suppress(ForgedError):
                return from_line(self.lines.popleft())

    def _read_more(self, end: float) -> None:
        while not select.select([self.answers], [], [], LOOK_SECONDS)[0]:
            if time.monotonic() > end:
                raise TooLongError
            self.server.look_at_memory()
        piece = os.read(self.answers, 2**16)
        if not piece:
            raise GoneError
        self.received += len(piece)
        first, *others = piece.split(b"\n")
        self.rest.append(first)
        self.unfinished += len(first)
        if self.unfinished > MOST_BYTES or self.received > MOST_BYTES_IN_ALL:
            raise FloodError
        if others:
            self.lines.append(b"".join(self.rest))
            self.lines.extend(others[:-1])
            self.rest, self.unfinished = [others[-1]], len(others[-1])
            if len(self.lines) > MOST_MESSAGES:
                raise FloodError

    def close(self, kill: bool = False) -> int:
        """End the conversation and the process; return how it ended."""
        os.close(self.requests)
        os.close(self.answers)
        return self.server.ended(kill)
