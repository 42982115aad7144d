"""Grade many submissions at once, on this machine's processors or on a cluster; stop and go on at will."""

import atexit
import contextlib
import faulthandler
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from multiprocessing.util import Finalize
from typing import Any

from course_lib.exercises.running import TooSlowError
from course_lib.workshop.grading.sandbox.client import ServerError, WarmServer
from course_lib.workshop.grading.sandbox.control_group import processor_waits
from course_lib.workshop.grading.sandbox.fork_check import checked_server
from course_lib.workshop.grading.sandbox.walls import Limits, Wall
from course_lib.workshop.grading.scoring.answer_key import AnswerKey
from course_lib.workshop.grading.scoring.assessment import crashed_record, grade_notebook
from course_lib.workshop.grading.scoring.session import Patience
from course_lib.workshop.grading.storage.memory import memory_bounded
from course_lib.workshop.grading.storage.records import Record

SPAWN = multiprocessing.get_context("spawn")
KILLER = "The grader's own process ended each time this submission was graded. Look at it by hand."
STUMBLED = "Grading it failed with {}. That is a fault of the grader, not an answer: look at it by hand."
HEADROOM = 300 * 2**20  # bytes that reading and comparing one submission may add
# What took too long is repeated alone if it had a processor for less than this part of its time, while
# somebody waited for one for more than that part of it.
STARVED = 0.8
CROWDED = 0.1
AHEAD = 3  # jobs a worker that wait for it, so that none of them runs dry


@dataclass(frozen=True)
class Settings:
    """How a class is graded, as plain values that travel to every worker.

    Attributes
    ----------
    key
        The answer key as JSON text.
    wall
        What stands between a student's code and the machine.
    patience, limits
        How long things may take and how much they may use.
    """

    key: str
    wall: str
    patience: dict[str, float]
    limits: dict[str, int]

    @staticmethod
    def of(key: AnswerKey, wall: Wall, patience: Patience, limits: Limits) -> "Settings":
        """Return the settings of an answer key."""
        return Settings(json.dumps(key.to_json()), wall.value, asdict(patience), asdict(limits))


@dataclass(frozen=True)
class Job:
    """One submission to grade, the seconds of its time that are spent already, and its own key if any."""

    submission: str
    notebook: bytes
    earlier: Record | None = None
    spent: float = 0.0
    key: str = ""


@dataclass(frozen=True)
class Done:
    """A submission that was graded, how long that took, and whether others had the processor meanwhile."""

    submission: str
    record: Record
    seconds: float
    starved: bool = False

    @property
    def points(self) -> float:
        """The points of all questions."""
        return sum(question.points for question in self.record.questions)


class Worker:
    """What one process of the grader holds: the answer key and a warm server, from job to job."""

    def __init__(self, settings: Settings):
        self.key = AnswerKey.from_json(json.loads(settings.key))
        self.wall = Wall(settings.wall)
        self.patience = Patience(**settings.patience)
        self.limits = Limits(**settings.limits)
        self.server: WarmServer | None = None
        self.packages = self.key.packages
        self.longest = self.patience.of_submission(one.hidden for one in self.key.questions)
        self.lock = threading.Lock()  # a cluster's worker may have several threads

    def grade(self, job: Job) -> Done:
        """Grade one submission; a server that fails is replaced once.

        Raises
        ------
        ServerError
            If the machine, and not this submission, is the cause.
        """
        spent, key = job.spent, self._key_of(job)
        with self.lock:
            for _ in range(2):
                server = self._warm_server()
                started, waits = time.monotonic(), processor_waits()
                server.processor_seconds = 0.0
                patience = replace(self.patience, spent=spent)
                try:
                    with bounded(max(self.longest - spent, self.patience.comparing), HEADROOM):
                        record = grade_notebook(job.notebook, key, server, patience, job.earlier)
                except ServerError:
                    spent += time.monotonic() - started
                    self.close()
                except (Exception, TooSlowError) as error:
                    # Whatever goes wrong while one submission is graded is that submission's trouble.
                    words = f"{type(error).__name__}: {str(error)[:200]}".rstrip(": ")
                    return self.give_up(job, STUMBLED.format(words))
                else:
                    seconds = time.monotonic() - started
                    starved = (
                        record.busy is not None
                        and server.processor_seconds < STARVED * seconds
                        and processor_waits() - waits >= CROWDED * seconds
                    )
                    return Done(job.submission, record, seconds, starved)
            self._warm_server()
            return self.give_up(job)

    def _key_of(self, job: Job) -> AnswerKey:
        return AnswerKey.from_json(json.loads(job.key)) if job.key else self.key

    def give_up(self, job: Job, reason: str = KILLER) -> Done:
        """Record that a submission cannot be graded, and why."""
        record = crashed_record(job.notebook, self._key_of(job), self.wall, self.patience, reason)
        return Done(job.submission, record, 0.0)

    def _warm_server(self) -> WarmServer:
        if self.server is None:
            # A library that cannot be forked once it is imported shows itself here, not in a student's mark.
            self.server = checked_server(self.wall, self.packages, self.limits)
            self.packages = self.server.packages
        return self.server

    def close(self) -> None:
        """End the server."""
        if self.server is not None:
            self.server.close()
            self.server = None


@contextlib.contextmanager
def bounded(seconds: float, memory: int) -> Iterator[None]:
    """Bound what one submission can cost the grader's own process.

    Memory beyond the bound raises `MemoryError`. A process that is still at it when the time is over ends, in
    whatever C code it may be: the clock is faulthandler's, which waits for no lock of Python's. The batch
    then records the submission as crashed.
    """
    with memory_bounded(memory), open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def better(done: Done, before: Done | None) -> Done:
    """Return the one of two runs of a submission that has more points: a second run costs nobody any."""
    return before if before is not None and before.points > done.points else done


_worker: Worker | None = None
_worker_settings: Settings | None = None


def grade_job(settings: Settings, job: Job) -> Done:
    """Grade one submission in this process, with a server that stays warm for the next one."""
    global _worker, _worker_settings
    if _worker is None or _worker_settings != settings:
        if _worker is not None:
            _worker.close()
        _worker, _worker_settings = Worker(settings), settings
    return _worker.grade(job)


@atexit.register
def close_worker() -> None:
    """End this process's server, if it has one."""
    if _worker is not None:
        _worker.close()


_settings_of_process: Settings | None = None


def _prepare_process(settings: Settings) -> None:
    """Set up a worker process: it leaves Ctrl-C to its parent, and ends when its parent does."""
    global _settings_of_process
    _settings_of_process = settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    Finalize(None, close_worker, exitpriority=1)


def _grade_in_process(job: Job) -> Done:
    assert _settings_of_process is not None
    return grade_job(_settings_of_process, job)


def grade_all(settings: Settings, jobs: Iterable[Job], workers: int, scheduler: str = "") -> Iterator[Done]:
    """Grade on a cluster if one is named, otherwise here; hand each result on as soon as it is there."""
    return grade_on_cluster(settings, jobs, scheduler) if scheduler else grade_here(settings, jobs, workers)


def grade_here(settings: Settings, jobs: Iterable[Job], workers: int, last: bool = False) -> Iterator[Done]:
    """Grade on this machine, with as many processes at a time.

    A worker that dies is replaced, and what it had under way is graded one by one; a submission that kills
    its worker then too is recorded as crashed. What took too long and had no processor of its own is graded
    again when all else is done, alone, in what is left of its time: a neighbour's load costs nobody a mark.
    """
    waiting = iter(jobs)
    held: dict[Future[Done], Job] = {}
    again: dict[str, Done] = {}
    alone: list[Job] = []
    ended = False
    while not ended:
        pool = ProcessPoolExecutor(workers, SPAWN, _prepare_process, (settings,))
        suspects: list[Job] = []
        try:
            for job, done in _stream(pool, waiting, held, workers):
                if done.starved and not last:
                    again[job.submission] = done
                    alone.append(replace(job, spent=done.seconds))
                else:
                    yield done
            ended = True
        except BrokenProcessPool:
            suspects = list(held.values())
            held.clear()
        except BaseException:  # Ctrl-C, or whoever asked wants no more: what is under way is not waited for
            for process in list((pool._processes or {}).values()):
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        for job in suspects:
            yield _grade_alone(settings, job)
    if alone:
        for done in grade_here(settings, alone, 1, last=True):
            yield better(done, again[done.submission])


def _grade_alone(settings: Settings, job: Job) -> Done:
    """Grade in a process of its own what was under way when a worker died: one of these was the cause.

    Raises
    ------
    ServerError
        If no such process can be started: then the machine is the cause, and no submission.
    """
    with ProcessPoolExecutor(1, SPAWN, _prepare_process, (settings,)) as pool:
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise ServerError(
                "The grader's own processes end as soon as they start, whatever they grade. Is memory short, "
                "or does a script call the grader without `if __name__ == '__main__':`?"
            ) from error
        try:
            return pool.submit(_grade_in_process, job).result()
        except BrokenProcessPool:
            return Worker(settings).give_up(job)


def _stream(
    pool: Executor, waiting: Iterator[Job], held: dict[Future[Done], Job], workers: int
) -> Iterator[tuple[Job, Done]]:
    """Keep the pool busy without reading all notebooks into memory at once."""
    exhausted = False
    while held or not exhausted:
        while not exhausted and len(held) < workers * AHEAD:
            job = next(waiting, None)
            if job is None:
                exhausted = True
            else:
                try:
                    future = pool.submit(_grade_in_process, job)
                except BrokenProcessPool:
                    held[Future()] = job
                    raise
                held[future] = job
        finished, _ = wait(held, return_when=FIRST_COMPLETED) if held else (set(), set())
        for future in finished:
            done = future.result()
            yield held.pop(future), done


def grade_on_cluster(settings: Settings, jobs: Iterable[Job], address: str) -> Iterator[Done]:
    """Grade on a dask.distributed cluster: the same function, its scheduler, its workers, its retries."""
    from distributed import Client, as_completed

    try:
        cluster = Client(address, timeout="5s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ServerError(
            f"No scheduler answers at {address!r} ({error}). It is written as tcp://host:8786."
        ) from error
    with cluster as client:
        shared = client.scatter(settings, broadcast=True)
        ahead = AHEAD * max(1, len(client.scheduler_info()["workers"]))
        waiting = iter(jobs)
        futures = as_completed()  # type: ignore[no-untyped-call]
        jobs_of: dict[str, Job] = {}
        again: list[tuple[Job, Done | None]] = []

        def submit(job: Job) -> Any:
            future = client.submit(grade_job, shared, job, pure=False, retries=2)
            jobs_of[future.key] = job
            return future

        def finished() -> Iterator[Done]:
            future = next(futures)
            job = jobs_of.pop(future.key)
            done = _done_on_cluster(future)
            if done is None or done.starved:
                again.append((job, done))  # alone: who was beside one that ends its worker has ended nothing
            else:
                yield done

        for job in waiting:
            futures.add(submit(job))  # type: ignore[no-untyped-call]
            if len(jobs_of) >= ahead:
                yield from finished()
        while jobs_of:
            yield from finished()
        for job, before in again:
            job = replace(job, spent=before.seconds if before else 0.0)
            yield better(_done_on_cluster(submit(job)) or Worker(settings).give_up(job), before)


def _done_on_cluster(future: Any) -> Done | None:
    """Return what came of a future, None where worker after worker ended while they had it."""
    from distributed import KilledWorker

    try:
        done: Done = future.result()
    except KilledWorker:
        return None
    return done
