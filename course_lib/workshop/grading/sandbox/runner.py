"""What runs inside a student's process: its cells, then the calls that the grader asks for.

Nothing here is trusted by the grader. It knows no expected value and no mark; the most that a student's
code can do to it is to spoil its own answers.
"""

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from course_lib.exercises import demands, settings
from course_lib.exercises.plain_values import to_json
from course_lib.exercises.running import Call, is_blank, outcome_to_json, perform
from course_lib.exercises.used_imports import answering, used_names
from course_lib.workshop.grading.sandbox.cells import Notebook, as_python, sources_of
from course_lib.workshop.grading.sandbox.protocol import from_line, to_line

REHEARSAL = """
import numpy as np


def rehearse(numbers):
    total = np.zeros(2)
    for number in numbers:
        total = total + number
    if total.any():
        raise ValueError(f"{total}")
    return total
"""


def rehearse() -> None:
    """Run a small notebook with nothing of a student's in it, in the process that will fork.

    What Python prepares at a code's first runs is then there already, and shared, in every forked process.
    """
    name = "rehearse"
    question = {
        "name": name,
        "defines": [name],
        "forbidden": ["course_lib.perceptron"],
        "demands": ["uses numpy"],
        "kind": "code",
    }
    program = {"cells": [REHEARSAL], "only_definitions": [], "seconds": 10.0, "questions": [question]}
    cases = [[[name, [to_json(np.full((2, 2), number))]]] for number in (0.0, 1.0)] * 8
    request = {"asked": name, "given": "", "seconds": 10.0, "cases": cases}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.redirect_stdout(sys.stdout), contextlib.redirect_stderr(sys.stderr):
        serve_student(io.BytesIO(to_line(program) + to_line(request)), nowhere, watching=False)
    os.close(nowhere)


def serve_student(requests: BinaryIO, answers: int, watching: bool = True) -> None:
    """Read a program, run its cells, then answer requests until there are no more.

    Parameters
    ----------
    requests : binary file
        Lines of JSON from the grader.
    answers : int
        Descriptor that takes the answers.
    watching : bool
        Whether to note what the cells import, which goes on until the process ends.
    """
    process = os.getpid()

    def send(*messages: dict[str, Any]) -> None:
        if os.getpid() != process:
            os._exit(0)  # a fork that student code forgot to end has nothing to say
        lines = b"".join(map(to_line, messages))
        while lines:
            lines = lines[os.write(answers, lines) :]

    program = from_line(requests.readline())
    # Looked at before any of the student's code has run, so that this message is what it seems.
    send({"static": _look(program)})
    notebook = Notebook(program["seconds"])
    if watching:
        notebook.watch_imports()
    for place, cell in enumerate(program["cells"], start=1):
        send({"cell": place})
        notebook.run(place, cell, place in program["only_definitions"])
    send({"ran": _what_happened(notebook, program["questions"])})
    for line in requests:
        with settings.judging():
            _answer(from_line(line), notebook, send)


def _look(program: dict[str, Any]) -> dict[str, Any]:
    """Read the notebook without running it."""
    cells = [as_python(cell) for cell in program["cells"]]
    names = [name for question in program["questions"] for name in question["defines"]]
    used: set[str] = set()
    for cell in cells:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            used |= used_names(cell)
    imports = {question["name"]: answering(used, question["forbidden"]) for question in program["questions"]}
    return {"sources": sources_of(names, cells), "imports": imports}


def _what_happened(notebook: Notebook, questions: list[dict[str, Any]]) -> dict[str, Any]:
    """Tell what went wrong in the cells, which answers are there, and how they must not be written."""
    state, refused = {}, {}
    for question in questions:
        missing = [name for name in question["defines"] if name not in notebook.namespace]
        things = [notebook.namespace.get(name) for name in question["defines"]]
        blank = question["kind"] == "code" and any(is_blank(thing) for thing in things)
        state[question["name"]] = "missing" if missing else "blank" if blank else "there"
        with contextlib.suppress(Exception):  # what a student's objects do when they are looked at
            refused[question["name"]] = demands.refusal(
                question["forbidden"], question["demands"], question["defines"], notebook.namespace
            )
    return {
        "refused": refused,
        "troubles": [trouble.to_json() for trouble in notebook.troubles[:100]],
        "answers": state,
        "printed": notebook.printed.kept,
    }


def _answer(request: dict[str, Any], notebook: Notebook, send: Callable[..., None]) -> None:
    """Run the cases of one question and send what happened in each, all at once: each message costs time."""
    messages: list[dict[str, Any]] = []
    for place, forms in enumerate(request["cases"]):
        calls = [Call.from_json(form) for form in forms]
        run = perform(calls, notebook.namespace, request["given"], request["seconds"])
        outcomes = [outcome_to_json(outcome) for outcome in run.outcomes]
        messages.append({"asked": request["asked"], "case": place, "outcomes": outcomes})
        if outcomes and "slow" in outcomes[-1]:
            break
    send(*messages, {"asked": request["asked"], "done": True, "imported": sorted(notebook.imported)[:1_000]})


def run_and_leave(requests: int, answers: int) -> None:
    """Serve one student and end the process at once, whatever its code left behind."""
    code = 0
    try:
        with open(requests, "rb", closefd=False) as file:
            serve_student(file, answers)
    except MemoryError:
        code = 71
    except BaseException:
        code = 70
    finally:
        sys.stdout = sys.stderr = None
        os._exit(code)
