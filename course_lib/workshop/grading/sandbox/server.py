"""A warm server: imports what notebooks need once, then forks one walled-in process a submission.

Started as a script by `course_lib.workshop.grading.sandbox.client`, without site-packages' start-up code. It
is handed file descriptors only and never sees a submission's text, an expected value or a mark.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

REQUESTS, ANSWERS = 3, 4
WROTE_TOO_MUCH = 73
LOOK_SECONDS = 0.05  # how often the work folder is looked at where no mount bounds it


def main() -> None:
    """Enter the namespaces, become process 1 there and serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(control.recv(2**20))
    sys.path[:0] = [settings["learner"]]
    sys.path += settings["packages"]
    from course_lib.workshop.grading.sandbox import walls

    if settings["wall"] == "namespaces":
        walls.enter_namespaces()
        parent, name = os.path.split(settings["folder"])
        outside = os.open(parent, os.O_RDONLY)
        inner = os.fork()
        if inner:
            control.close()
            os.waitpid(inner, 0)
            # Who started us removes the folder too, unless it was killed. By now we share the inner process's
            # tree of files, in which the folder has no name.
            shutil.rmtree(name, ignore_errors=True, dir_fd=outside)
            os._exit(0)
        os.close(outside)
    with contextlib.suppress(ConnectionError):
        Server(control, settings).serve()
    if settings["wall"] != "namespaces":
        shutil.rmtree(settings["folder"], ignore_errors=True)
    os._exit(0)


class Server:
    """The process that imports, forks and waits."""

    def __init__(self, control: socket.socket, settings: dict):  # type: ignore[type-arg]
        from course_lib.workshop.grading.sandbox import linux_calls
        from course_lib.workshop.grading.sandbox.walls import Limits, Wall, enter_private_root

        self.control = control
        self.wall = Wall(settings["wall"])
        self.slot = settings["slot"]
        self.limits = Limits(**settings["limits"])
        self.visible = settings["visible"]
        self.work = settings["work"]
        self.calls = bytes.fromhex(settings["filter"])
        self.child = 0
        self.wrote_too_much = False
        self.processor_seconds = 0.0  # that the last process used
        # Opened while /proc is still to be seen.
        self.statistics = os.open("/proc/self/statm", os.O_RDONLY) if self.wall is not Wall.NONE else -1
        self.threads = os.open("/proc/self/task", os.O_RDONLY) if os.path.exists("/proc/self/task") else -1
        if self.wall is Wall.NAMESPACES:
            linux_calls.prctl(linux_calls.PR_SET_PDEATHSIG, signal.SIGKILL)
            self.own_processes = os.open("/proc/self/ns/pid", os.O_RDONLY)
            enter_private_root(self.visible, settings["staging"])
        elif self.wall is Wall.LANDLOCK:
            linux_calls.prctl(linux_calls.PR_SET_CHILD_SUBREAPER, 1)
        self.warm_up(settings["imports"])

    def warm_up(self, imports: list[str]) -> None:
        """Import everything once and keep its memory shared between the processes to come.

        Tells the grader how many threads there are by then: only the one that forks lives on in a forked
        process, so a library that has started others may wait for them there for ever.
        """
        import gc
        import importlib

        started = time.monotonic()
        missing = []
        for name in [*imports, "course_lib.workshop.grading.sandbox.runner"]:
            try:
                importlib.import_module(name)
            except ImportError as error:
                missing.append(f"{name}: {error}")
        from course_lib.workshop.grading.sandbox.runner import rehearse

        rehearse()
        gc.collect()
        gc.freeze()
        self.clear()
        threads = len(os.listdir(self.threads)) if self.threads >= 0 else 1
        self.tell(ready=True, seconds=time.monotonic() - started, missing=missing, threads=threads)

    def tell(self, **message: object) -> None:
        """Send a message to the grader."""
        self.control.send(json.dumps(message).encode())

    def serve(self) -> None:
        """Fork when asked, kill when asked, and tell how each process ended."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self.control, 4096, 2)
            if not message:
                self.stop_child()
                return
            if json.loads(message)["do"] == "fork":
                status = self.serve_one(descriptors)
                self.tell(ended=status, processor=self.processor_seconds)

    def serve_one(self, descriptors: list[int]) -> int:
        """Fork one process, wait for its end, and leave nothing of it behind."""
        from course_lib.workshop.grading.sandbox import linux_calls
        from course_lib.workshop.grading.sandbox.walls import Wall

        if self.wall is Wall.NAMESPACES:
            linux_calls.setns(self.own_processes, linux_calls.CLONE_NEWPID)
            linux_calls.unshare(linux_calls.CLONE_NEWPID)
        memory = self.memory()
        others = _tasks_of_user() if self.wall is Wall.LANDLOCK else 0
        self.child = os.fork()
        if self.child == 0:
            self.become_student(descriptors, memory, others)
        for descriptor in descriptors:
            os.close(descriptor)
        return self.wait()

    def become_student(self, descriptors: list[int], memory: int, others: int) -> None:
        """Close every door and run the student's code. Does not return."""
        from course_lib.workshop.grading.sandbox.runner import run_and_leave
        from course_lib.workshop.grading.sandbox.walls import Wall, confine

        try:
            os.setsid()  # first of all: a session apart cannot be signalled through the grader's
            _keep_only(descriptors)
            if self.wall is Wall.NONE:
                os.chdir(self.work)
            else:
                limits = replace(self.limits, processes=self.limits.processes + others)
                confine(self.wall, self.slot, limits, memory, self.visible, self.work, self.calls)
        except BaseException as error:
            os.write(ANSWERS, json.dumps({"walls": f"{type(error).__name__}: {error}"}).encode() + b"\n")
            os._exit(72)
        run_and_leave(REQUESTS, ANSWERS)

    def wait(self) -> int:
        """Wait until the process ends or the grader wants it to."""
        self.wrote_too_much = False
        status = self.wait_with_handle() if hasattr(os, "pidfd_open") else self.wait_by_asking()
        self.child = 0
        self.sweep()
        self.clear()
        return WROTE_TOO_MUCH if self.wrote_too_much else os.waitstatus_to_exitcode(status)

    def wait_with_handle(self) -> int:
        """Wait on Linux, where a process's end can be waited for together with a message."""
        from course_lib.workshop.grading.sandbox.walls import Wall

        handle = os.pidfd_open(self.child)
        pause = LOOK_SECONDS if self.wall is Wall.LANDLOCK else None
        try:
            watched: list[int | socket.socket] = [handle, self.control]
            while handle not in (ready := select.select(watched, [], [], pause)[0]):
                self.obey(ready)
                self.look_at_folder()
        finally:
            os.close(handle)
        _, status, used = os.wait4(self.child, 0)
        self.processor_seconds = used.ru_utime + used.ru_stime
        return status

    def wait_by_asking(self) -> int:
        """Wait elsewhere, where only trusted code is run."""
        while True:
            ended, status = os.waitpid(self.child, os.WNOHANG)
            if ended:
                return status
            self.obey(select.select([self.control], [], [], 0.005)[0])

    def obey(self, ready: Sequence[object]) -> None:
        """Kill the process when the grader asks for it or is gone."""
        if self.control in ready:
            message = self.control.recv(4096)
            self.stop_child()
            if not message:
                os.waitpid(self.child, 0)
                self.sweep()
                self.clear()
                raise ConnectionError("the grader is gone")

    def stop_child(self) -> None:
        """Kill the process; in its namespace, everything that it started dies with it."""
        if self.child:
            os.kill(self.child, signal.SIGKILL)

    def sweep(self) -> None:
        """Where no namespace does it, kill what the process left running: it is our child by now."""
        from course_lib.workshop.grading.sandbox.walls import Wall

        if self.wall is not Wall.LANDLOCK:
            return
        while family := _family(os.getpid()):
            stopped: set[int] = set()
            # What is stopped forks no more: stop all of a fork bomb first, then kill it.
            while young := [process for process in family if process not in stopped]:
                _signal(young, signal.SIGSTOP)
                stopped.update(young)
                family = _family(os.getpid())
            _signal(family, signal.SIGKILL)
            time.sleep(0.005)
            _reap(os.WNOHANG)
        _reap()

    def look_at_folder(self) -> None:
        """Where no mount bounds what is written, end the process that writes too much."""
        from course_lib.workshop.grading.sandbox.walls import Wall
        from course_lib.workshop.grading.sandbox.work_folder import is_overfull

        if self.wall is not Wall.LANDLOCK or self.wrote_too_much:
            return
        if is_overfull(self.work, _family(os.getpid()), self.limits.file_bytes, self.limits.files):
            self.wrote_too_much = True
            self.stop_child()

    def clear(self) -> None:
        """Leave nothing in the work folder for the next process; a namespace's own folder went with it."""
        from course_lib.workshop.grading.sandbox.walls import Wall
        from course_lib.workshop.grading.sandbox.work_folder import empty

        if self.wall is not Wall.NAMESPACES:
            empty(self.work)

    def memory(self) -> int:
        """Return this process's address space in bytes."""
        if self.statistics < 0:
            return 0
        pages = int(os.pread(self.statistics, 100, 0).split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")


def _family(root: int) -> list[int]:
    """Return all processes that come from the given one, apart from those that have ended."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state not in "ZX":
                parents[int(name)] = int(parent)
    family = {root}
    while more := {process for process, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(family - {root})


def _signal(processes: list[int], number: int) -> None:
    """Send a signal to processes, some of which may have ended by now."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def _reap(options: int = 0) -> None:
    """Take note of the ends of children, as long as there are any."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _tasks_of_user() -> int:
    """Count the threads of this user: without a namespace, the limit on processes counts them all."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}").st_uid == os.getuid():
                    count += len(os.listdir(f"/proc/{name}/task"))
            except OSError:
                continue
    return count


def _keep_only(descriptors: list[int]) -> None:
    """Close every descriptor but the two that lead to the grader."""
    first, second = (os.dup2(descriptor, 60 + place) for place, descriptor in enumerate(descriptors))
    os.dup2(first, REQUESTS)
    os.dup2(second, ANSWERS)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(ANSWERS + 1, os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    main()
