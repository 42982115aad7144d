"""Run one case in a learner's namespace and bring back plain values.

This is the only module that calls a learner's code. `check` uses it inside the learner's own kernel; the
grader uses it inside its sandbox. It knows no expected value.
"""

import contextlib
import copy
import ctypes
import dis
import inspect
import io
import linecache
import logging
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any

import numpy as np

from course_lib import compatibility
from course_lib.exercises import settings
from course_lib.exercises.compare.differences import difference
from course_lib.exercises.plain_values import (
    Defined,
    Generator,
    Given,
    NotPlainError,
    Result,
    Tensor,
    Variable,
    from_json,
    plain,
    to_json,
)

ROUNDING = 1e-12  # an argument that was nudged there and back again is the old one
PRINTED = 1_000  # characters of a learner's own prints that are kept
PATIENCE = 5.0  # how many seconds of waiting count as one of work, for a learner


@dataclass(frozen=True, eq=False)
class Call:
    """One thing to do in a case. Two calls are equal when they do the same, arrays included.

    Attributes
    ----------
    target
        A name that the learner defines (`"update"`), a method of what an earlier call of the case
        returned (`"0.update"`: of the first call's result), an attribute of it (`"0.weights"`), or a
        function of the given code (`"given.probe"`).
    arguments
        Plain values and the markers of `course_lib.exercises.plain_values`; None to read an attribute.
    """

    target: str
    arguments: tuple[Any, ...] | None = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # arguments may be lists

    def to_json(self) -> list[Any]:
        """Return the call as JSON."""
        return [self.target, None if self.arguments is None else [to_json(item) for item in self.arguments]]

    @staticmethod
    def from_json(form: list[Any]) -> "Call":
        """Return the call that `to_json` wrote."""
        target, arguments = form
        return Call(str(target), None if arguments is None else tuple(from_json(item) for item in arguments))


def call(target: str, *arguments: Any) -> Call:
    """Return a call of a function, a class or `"INDEX.method"`, as a case of an exercise lists it."""
    return Call(target, arguments)


def read(target: str) -> Call:
    """Return the reading of an attribute, `"INDEX.attribute"`, as a case of an exercise lists it."""
    return Call(target, None)


@dataclass(frozen=True, eq=False)
class Returned:
    """A call that came back: its plain value, and the arguments that it changed, by their position."""

    value: Any
    changed: Mapping[int, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Raised:
    """A call that raised: the error's class, its message, the learner's own line, and the class's parents."""

    kind: str
    message: str = ""
    line: str = ""
    number: int = 0
    parents: tuple[str, ...] = ()

    def is_a(self, kind: str) -> bool:
        """Return whether `except KIND` would have caught it."""
        return kind == self.kind or kind in self.parents


@dataclass(frozen=True)
class TooSlow:
    """A call that did not come back in time, and the learner's own line that was running."""

    line: str = ""
    number: int = 0


Outcome = Returned | Raised | TooSlow


@dataclass(frozen=True, eq=False)
class Run:
    """What happened in one case: an outcome for each call up to the first that did not return."""

    outcomes: tuple[Outcome, ...]
    printed: str = ""
    warned: str = ""  # what NumPy said first of a division by zero or the like, and the line


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON."""
    match outcome:
        case Returned(value=value, changed=changed):
            form: dict[str, Any] = {"value": to_json(value)}
            if changed:
                form["changed"] = {str(place): to_json(item) for place, item in changed.items()}
            return form
        case Raised(kind=kind, message=message, line=line, number=number, parents=parents):
            said = {"message": message, "line": line, "number": number, "parents": list(parents)}
            return {"raised": kind, **{key: value for key, value in said.items() if value}}
        case TooSlow(line=line, number=number):
            return {"slow": True, "line": line, "number": number}


def outcome_from_json(form: dict[str, Any]) -> Outcome:
    """Return the outcome that `outcome_to_json` wrote. Raise `ValueError` where the JSON is none."""
    if not isinstance(form, dict):
        raise ValueError(f"This JSON is no outcome: {str(form)[:80]}")
    if "raised" in form:
        return Raised(
            str(form["raised"]),
            str(form.get("message", "")),
            str(form.get("line", "")),
            int(form.get("number", 0)),
            tuple(str(parent) for parent in form.get("parents", ())),
        )
    if "slow" in form:
        return TooSlow(str(form.get("line", "")), int(form.get("number", 0)))
    if "value" not in form:
        raise ValueError(f"This JSON is no outcome: {str(form)[:80]}")
    changed = {int(place): from_json(item) for place, item in form.get("changed", {}).items()}
    return Returned(from_json(form["value"]), changed)


def perform(
    calls: Sequence[Call],
    namespace: Mapping[str, Any],
    given: str = "",
    seconds: float = 0.8,
    patience: float = 1.0,
) -> Run:
    """Run the calls of one case and return what happened.

    Parameters
    ----------
    calls
        The calls, one after the other. The case ends at the first that raises or takes too long.
    namespace
        The learner's names.
    given
        The source of the code given with the exercise, for arguments of class `Given`.
    seconds, patience
        The time for all calls together, as a `stopwatch` counts it.

    Returns
    -------
    Run
        One outcome for each call that was made, and the beginning of what was printed.
    """
    printed = _Beginning()
    outcomes: list[Outcome] = []
    results: list[Any] = []
    spent = stopwatch(patience)
    helpers = _given_names(given) if given else {}
    with (
        contextlib.redirect_stdout(printed),
        warnings.catch_warnings(record=True) as noted,
        _without_tracing_advice(),
        settings.calling(),
    ):
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", RuntimeWarning)  # each line once
        for step in calls:
            outcome = _one(step, namespace, helpers, results, max(seconds - spent(), 0.001), patience)
            outcomes.append(outcome)
            if not isinstance(outcome, Returned):
                break
    return Run(tuple(outcomes), printed.getvalue(), _first_warning(noted))


def _first_warning(noted: Sequence[warnings.WarningMessage]) -> str:
    for one in noted:
        line = linecache.getline(one.filename, one.lineno).strip()
        if "encountered in" in str(one.message) and line:
            return f"{one.message}, in the line `{line}`"
    return ""


@contextlib.contextmanager
def _without_tracing_advice() -> Iterator[None]:
    """Hide TensorFlow's warning that a function is traced again and again.

    Here every case begins with a fresh one, and so a right answer would be warned of at the third check.
    """

    def is_other(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    log = logging.getLogger("tensorflow")
    log.addFilter(is_other)
    try:
        yield
    finally:
        log.removeFilter(is_other)


def _one(
    step: Call,
    namespace: Mapping[str, Any],
    helpers: dict[str, Any],
    results: list[Any],
    seconds: float,
    patience: float,
) -> Outcome:
    changed: dict[int, Any] = {}
    try:
        with time_limit(seconds, patience):
            found = _find(step.target, namespace, helpers, results)
            if step.arguments is None:
                result, value = found, plain(found)
            else:
                arguments = [_argument(item, namespace, helpers, results) for item in step.arguments]
                before = [_state(item) for item in arguments]
                with settings.calling():  # before we use a tool, what it laid in its place is gone
                    result = found(*arguments)
                value = plain(result)
                for place, (item, old) in enumerate(zip(arguments, before, strict=True)):
                    new = _state(item)
                    if old is not None and difference(old, new, ROUNDING, ROUNDING):
                        changed[place] = new
    except TooSlowError as error:
        return TooSlow(*learners_line(error.__traceback__, namespace))
    except KeyboardInterrupt:
        raise  # somebody has pressed stop
    except BaseException as error:
        line, number = learners_line(error.__traceback__, namespace)
        if isinstance(error, NotPlainError):
            return Raised("NotPlainError", str(error))
        parents = tuple(parent.__name__ for parent in type(error).__mro__[1:-2])
        return Raised(type(error).__name__, _message(error), line, number, parents)
    # A generator is used up by now; a later call gets its values.
    results.append(value if isinstance(result, Iterator) else result)
    return Returned(value, changed)


def _message(error: BaseException) -> str:
    try:
        return str(error)[:PRINTED]
    except Exception:
        return ""


def _find(target: str, namespace: Mapping[str, Any], helpers: dict[str, Any], results: list[Any]) -> Any:
    first, _, rest = target.partition(".")
    if not rest:
        return namespace[first]
    if first == "given":
        return helpers[rest]
    return getattr(results[int(first)], rest)


def _argument(item: Any, namespace: Mapping[str, Any], helpers: dict[str, Any], results: list[Any]) -> Any:
    match item:
        case Tensor(array=array):
            import tensorflow as tf

            return tf.constant(array)
        case Variable(array=array):
            import tensorflow as tf

            return tf.Variable(array)
        case Generator(seed=seed):
            return np.random.default_rng(seed)
        case Given(name=name):
            return helpers[name]
        case Defined(name=name):
            return namespace[name]
        case Result(index=index):
            return results[index]
        case list():
            return [_argument(part, namespace, helpers, results) for part in item]
        case tuple():
            return tuple(_argument(part, namespace, helpers, results) for part in item)
        case dict():
            return {key: _argument(part, namespace, helpers, results) for key, part in item.items()}
    return copy.deepcopy(item)


def _state(argument: Any) -> Any:
    """Return a copy of what an argument holds, or None where there is nothing that could change."""
    if isinstance(argument, np.ndarray | list | dict):
        return plain(argument)
    if isinstance(argument, tuple):
        return plain(argument)
    if type(argument).__module__.startswith("tensorflow") and hasattr(argument, "assign"):
        return plain(argument)
    return None


def _given_names(given: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "given"}
    exec(compile(given, "<given>", "exec"), names)
    return names


class _Beginning(io.StringIO):
    """Keeps the beginning of what is written and drops the rest."""

    def write(self, text: str) -> int:
        super().write(text[: max(PRINTED - self.tell(), 0)])
        return len(text)


# Which line of whose --------------------------------------------------------------------------------


def learners_line(traceback: TracebackType | None, namespace: Mapping[str, Any]) -> tuple[str, int]:
    """Return the deepest line of a traceback that the learner wrote, and its number in the cell."""
    own = {id(namespace)} | {
        id(item.__globals__) for item in list(namespace.values()) if isinstance(item, FunctionType)
    }
    found = ("", 0)
    while traceback is not None:
        frame = traceback.tb_frame
        if id(frame.f_globals) in own and frame.f_globals is not globals():
            number = traceback.tb_lineno or 0  # None between two lines, where a clock may ring
            line = linecache.getline(frame.f_code.co_filename, number, frame.f_globals)
            found = (line.strip(), number)
        traceback = traceback.tb_next
    return found


# Not attempted ---------------------------------------------------------------------------------------


_SILENT = {"RESUME", "NOP", "COPY_FREE_VARS", "MAKE_CELL", "RETURN_VALUE"}


def is_blank(thing: Any) -> bool:
    """Return whether a function, or every method of a class, is still the stub: no code but `...`."""
    if inspect.isclass(thing):
        methods = [method for _, method in blank_or_not(thing)]
        return bool(methods) and all(methods)
    thing = inspect.unwrap(thing) if callable(thing) else thing
    thing = getattr(thing, "python_function", thing)  # what tf.function wraps
    code = getattr(thing, "__code__", None)
    return isinstance(code, CodeType) and _is_blank_code(code)


def blank_or_not(thing: type) -> list[tuple[str, bool]]:
    """Return the names of a class's own methods, each with whether it is still the stub."""
    return [(name, is_blank(member)) for name, member in vars(thing).items() if inspect.isfunction(member)]


def _is_blank_code(code: CodeType) -> bool:
    if code.co_names == ("NotImplementedError",):
        return True
    loud = [step for step in dis.get_instructions(code) if step.opname not in _SILENT]
    return len(loud) == 1 and loud[0].opname in ("LOAD_CONST", "RETURN_CONST") and loud[0].argval is None


# Time ------------------------------------------------------------------------------------------------


class TooSlowError(BaseException):
    """The learner's code did not come back in time. No `Exception`, so that few handlers catch it."""


def stopwatch(patience: float = 1.0) -> Callable[[], float]:
    """Return what tells the seconds since now.

    With more patience they are those of the processor, so that a busy machine calls nobody slow; and so many
    seconds of waiting count as one, so that code which sleeps ends too.
    """
    worked, began = time.process_time(), time.monotonic()

    def spent() -> float:
        waited = time.monotonic() - began
        return min(waited, max(time.process_time() - worked, waited / patience))

    return spent


def time_limit(seconds: float, patience: float = 1.0) -> contextlib.AbstractContextManager[object]:
    """Raise `TooSlowError` inside the block when it takes longer than some seconds of a `stopwatch`.

    In the main thread of a system with signals even a sleeping call is interrupted; elsewhere (Windows,
    a thread) Python code is, at its next instruction; in a browser, where neither is had, at its next loop
    or call.
    """
    if sys.platform == "emscripten":
        return compatibility.limit_by_monitoring(seconds, TooSlowError)
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and hasattr(signal, "setitimer"):
        return _SignalLimit(seconds, patience)
    return _with_thread(seconds, patience)


class _SignalLimit:
    """An alarm clock that rings in the block, and never while it is itself set or put away.

    It is a class and no generator: between the end of a generator's `__enter__` and the block the clock could
    ring outside of both, and would then ring for ever.
    """

    def __init__(self, seconds: float, patience: float) -> None:
        self.seconds, self.patience = seconds, patience

    def __enter__(self) -> None:
        self.started, self.spent = time.monotonic(), stopwatch(self.patience)
        self.handler = signal.signal(signal.SIGALRM, self.ring)
        self.delay, self.interval = signal.setitimer(signal.ITIMER_REAL, self.seconds, 0.1)

    def ring(self, number: int, frame: FrameType | None) -> None:
        """Raise where the block is running. Elsewhere wait: the clock rings again, or is being put away."""
        own = (_SignalLimit.__enter__.__code__, _SignalLimit.__exit__.__code__)
        while frame is not None:
            if frame.f_code in own:
                return
            frame = frame.f_back
        if self.spent() >= self.seconds:
            raise TooSlowError

    def __exit__(self, *error: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.handler)
        if self.delay:  # somebody else's clock was running, a test runner's for example: give it back
            left = max(self.delay - (time.monotonic() - self.started), 0.01)
            signal.setitimer(signal.ITIMER_REAL, left, self.interval)


@contextlib.contextmanager
def _with_thread(seconds: float, patience: float) -> Iterator[None]:
    done, spent = threading.Event(), stopwatch(patience)
    target = ctypes.c_ulong(threading.get_ident())
    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            if spent() >= seconds:
                interrupt(target, ctypes.py_object(TooSlowError))
            wait = 0.1

    watcher = threading.Thread(target=watch, daemon=True)
    try:
        watcher.start()  # with little time it may ring before this has come back
        yield
    finally:
        _until_done(done.set)
        # One that was sent arrives here at the latest. To take it back with None would leave Python 3.11
        # looking for it for ever: a debugger then hangs at the next call.
        _until_done(watcher.join)


def _until_done(action: Callable[[], object]) -> None:
    """Finish an action although the clock may ring in the middle of it."""
    while True:
        try:
            action()
            return
        except TooSlowError:
            continue
