"""Run one submission: ask for every case, survive whatever its code does, and bring back plain values.

All cases that a student may see are asked before any hidden one, and hidden inputs are sent only after
those answers are there: so nothing that feedback shows can carry a hidden input out.
"""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_lib.exercises.demands import Refusal
from course_lib.exercises.questions import Question
from course_lib.exercises.running import Run, TooSlow
from course_lib.exercises.used_imports import answering
from course_lib.workshop.grading.sandbox.client import (
    Conversation,
    FloodError,
    GoneError,
    MemoryUsedUpError,
    ServerError,
    TooLongError,
    WarmServer,
)
from course_lib.workshop.grading.sandbox.protocol import ForgedError, number, run_from_json, texts
from course_lib.workshop.grading.scoring.answer_key import KeyQuestion

SLACK = 2.0  # seconds between the limit inside the student's process and the one outside
ASKED = "While your answer to this question ran, the process"
TOO_LONG = "did not come back in time"
STATUS_WORDS = {
    0: "ended itself",
    71: "ran out of memory",
    73: "wrote more than it may",
    -9: "was killed, most likely for using too much memory",
    -11: "crashed inside a library",
    -24: "used up its processor time",
}


@dataclass(frozen=True)
class Patience:
    """How long things may take, in seconds.

    Attributes
    ----------
    cells
        All cells of a notebook together.
    case
        One case of a question, or five times what the exercise itself allows if that is longer.
    question
        All cases of a question together.
    submission
        Everything that one submission may cost, however often it has to be started anew: what runs, and in
        the end reading and comparing what it sent.
    comparing
        What is kept of that for reading and comparing. A thousandth is usual.
    spent
        What an earlier run of the same submission has cost of it.
    """

    cells: float = 20.0
    case: float = 5.0
    question: float = 20.0
    submission: float = 60.0
    comparing: float = 6.0
    spent: float = 0.0

    def of_case(self, question: Question) -> float:
        """Return the limit of one case of a question."""
        return max(self.case, 5 * question.seconds)

    def of_question(self, question: Question) -> float:
        """Return the limit of all cases of a question."""
        return max(self.question, 2 * self.of_case(question))

    def of_submission(self, questions: Iterable[Question]) -> float:
        """Return what is left of a submission's time, which its cells and slowest question fit into."""
        slowest = max((self.of_question(question) for question in questions), default=0.0)
        whole = max(self.submission, self.cells + slowest + 2 * SLACK + self.comparing)
        return whole - self.spent


@dataclass
class Answers:
    """What came of one question: a run for each case that was reached."""

    public: list[Run] = field(default_factory=list)
    hidden: list[Run] = field(default_factory=list)
    state: str = "missing"
    lost: str = ""
    lost_kind: str = ""
    source: str = ""
    imports: list[str] = field(default_factory=list)
    refused: Refusal = field(default_factory=Refusal)  # as the process says


@dataclass
class Ran:
    """What came of a submission."""

    answers: dict[str, Answers]
    cells: list[str]
    troubles: list[dict[str, Any]] = field(default_factory=list)
    printed: str = ""
    broken_cells: dict[int, str] = field(default_factory=dict)
    forks: int = 0
    busy: float | None = None

    def took_too_long(self) -> bool:
        """Tell whether a cell or an answer did not come to its end in time."""
        cells = any(trouble["kind"] == "TooSlow" for trouble in self.troubles)
        runs = [run for told in self.answers.values() for run in (*told.public, *told.hidden)]
        return (
            cells
            or any(told.lost_kind == "timeout" for told in self.answers.values())
            or any(isinstance(outcome, TooSlow) for run in runs for outcome in run.outcomes)
            or any(words == TOO_LONG for words in self.broken_cells.values())
        )

    def cell(self, number: int) -> str:
        """Return a cell's code by its number from 1; nothing where there is no such cell."""
        return self.cells[number - 1] if 0 < number <= len(self.cells) else ""


@dataclass(frozen=True)
class _Task:
    """One question's public or hidden cases."""

    question: KeyQuestion
    hidden: bool

    @property
    def form(self) -> Question:
        return self.question.hidden if self.hidden else self.question.public


class Session:
    """One submission's way through the sandbox.

    Parameters
    ----------
    server
        A warm server.
    cells
        The notebook's code cells.
    questions
        What to ask.
    patience
        How long things may take.
    """

    def __init__(
        self,
        server: WarmServer,
        cells: Sequence[str],
        questions: Sequence[KeyQuestion],
        patience: Patience | None = None,
    ):
        self.server = server
        self.cells = list(cells)
        self.questions = list(questions)
        self.patience = patience or Patience()
        self.ran = Ran({question.name: Answers() for question in questions}, self.cells)
        self.only_definitions: set[int] = set()
        self.waiting = [_Task(question, hidden) for hidden in (False, True) for question in questions]
        self.cell = 0
        self.task: _Task | None = None
        self.looked = False
        self.end = 0.0

    def run(self) -> Ran:
        """Ask everything; fork again where the process hangs or dies, without what made it so.

        Raises
        ------
        ServerError
            If the server or its walls fail: the machine's trouble, no submission's.
        """
        most = 4 + 2 * len(self.questions) + min(len(self.cells), 6)
        whole = self.patience.of_submission(one.hidden for one in self.questions)
        self.end = time.monotonic() + whole - self.patience.comparing
        while self.waiting and self.ran.forks < most and time.monotonic() < self.end:
            self.ran.forks += 1
            self.cell, self.task = 0, None
            conversation = self.server.fork()
            try:
                self._converse(conversation)
            except (GoneError, TooLongError, FloodError, ForgedError, MemoryUsedUpError) as error:
                status = conversation.close(kill=not isinstance(error, GoneError))
                if not self._learn_from(error, status):
                    break
            except BaseException:
                conversation.close(kill=True)
                raise
            else:
                conversation.close(kill=True)  # all is said: whatever it still wants to do is over
        lost = ("crashed", "ended too often to go on")
        if time.monotonic() >= self.end:
            lost = ("timeout", "was ended: the notebook's other parts had used up all of its time")
        for task in list(self.waiting):
            self._lose(task.question, *lost)
        if self.ran.took_too_long():
            load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
            self.ran.busy = round(load / (os.cpu_count() or 1), 1)
        return self.ran

    def _converse(self, conversation: Conversation) -> None:
        program = {
            "cells": self.cells,
            "only_definitions": sorted(self.only_definitions),
            "seconds": self.patience.cells,
            "questions": [_description(question.hidden) for question in self.questions],
        }
        conversation.send(program, self._left(20))
        self._read_look(conversation.receive(self._until(30)))
        end = self._until(self.patience.cells)
        while "ran" not in (message := conversation.receive(end)):
            self.cell = number(message.get("cell")) or self.cell
        self._read_state(message["ran"])
        while self.waiting:
            self.task = self.waiting[0]
            self._ask(conversation, self.task)
            self.waiting.pop(0)

    def _until(self, seconds: float) -> float:
        """Return when that long is over, or the submission's whole time if that is sooner."""
        return min(time.monotonic() + seconds + SLACK, self.end)

    def _left(self, seconds: float) -> float:
        """Return that long, or what is left of the submission's whole time if that is less."""
        return min(seconds, self.end - time.monotonic())

    def _ask(self, conversation: Conversation, task: _Task) -> None:
        """Ask the cases of one question and keep what comes back, case by case."""
        answers = self.ran.answers[task.question.name]
        runs = answers.hidden if task.hidden else answers.public
        runs.clear()
        if task.question.hidden.kind == "text":
            cases = [[[task.question.hidden.defines[0], None]]] if task.hidden else []
        else:
            cases = task.question.calls[task.hidden]
        if answers.state != "there" or not cases:
            return
        asked = f"{task.question.name} {task.hidden}"
        seconds = self.patience.of_case(task.form)
        request = {"asked": asked, "given": task.form.given, "seconds": seconds, "cases": cases}
        end = self._until(self.patience.of_question(task.form))
        conversation.send(request, self._left(SLACK + seconds))
        while True:
            # What a student's code writes in between is ignored unless it answers the pending case.
            message = conversation.receive(end)
            if message.get("asked") != asked:
                continue
            if "done" in message:
                told = texts(message.get("imported"), 1_000, 100)
                used = answering(told, task.question.hidden.forbidden)
                answers.imports = sorted({*answers.imports, *used})[:20]
                return
            if message.get("case") == len(runs) < len(cases):
                runs.append(run_from_json(message.get("outcomes"), len(cases[len(runs)])))

    def _read_look(self, message: dict[str, Any]) -> None:
        """Keep what was seen before the student's code ran; only the first process is asked."""
        if "walls" in message:
            raise ServerError(f"The sandbox could not be closed: {message['walls']}")
        look = message.get("static")
        if not isinstance(look, dict):
            raise ForgedError("no look at the notebook")
        if self.looked:
            return
        self.looked = True
        for question in self.questions:
            answers = self.ran.answers[question.name]
            answers.imports = texts(look["imports"].get(question.name), 20, 100)
            parts = [look["sources"].get(name) for name in question.hidden.defines]
            answers.source = "\n\n\n".join(part for part in parts if part)[:50_000]

    def _read_state(self, state: Any) -> None:
        """Keep what the process says about its cells. It may lie: nothing here decides a mark."""
        state = state if isinstance(state, dict) else {}
        troubles = state.get("troubles")
        troubles = troubles if isinstance(troubles, list) else []
        self.ran.troubles = [_trouble(item) for item in troubles[:100] if isinstance(item, dict)]
        self.ran.printed = "".join(texts([state.get("printed")], length=2_000))
        told, refused = state.get("answers"), state.get("refused")
        for question in self.questions:
            said = told.get(question.name) if isinstance(told, dict) else None
            answers = self.ran.answers[question.name]
            answers.state = said if said in ("missing", "blank") else "there"
            why = refused.get(question.name) if isinstance(refused, dict) else None
            if isinstance(why, list) and len(why) == 2:
                answers.refused = Refusal("".join(texts(why[:1], length=300)), why[1] is True)

    def _learn_from(self, error: Exception, status: int) -> bool:
        """Decide what to leave out next time; tell whether there is a next time."""
        # An exit status of its own choice would carry eight bits of a hidden input into the student's page.
        kind, words = _reason(error, status, told=self.task is None or not self.task.hidden)
        if self.task is not None:
            self._lose(self.task.question, kind, words)
            return True
        if not self.cell or self.cell in self.only_definitions:
            for question in self.questions:
                self._lose(question, kind, words, "The notebook's cells cannot be run: the process")
            return False
        self.ran.broken_cells[self.cell] = words
        self.only_definitions.add(self.cell)
        return True

    def _lose(self, question: KeyQuestion, kind: str, words: str, when: str = ASKED) -> None:
        answers = self.ran.answers[question.name]
        answers.lost, answers.lost_kind = f"{when} {words}.", kind
        self.waiting = [task for task in self.waiting if task.question is not question]


def _description(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "defines": list(question.defines),
        "forbidden": list(question.forbidden),
        "demands": list(question.demands),
        "kind": question.kind,
    }


def _trouble(item: dict[str, Any]) -> dict[str, Any]:
    kind, message = ("".join(texts([item.get(key)], length=300)) for key in ("kind", "message"))
    return {
        "cell": number(item.get("cell")),
        "line": number(item.get("line")),
        "kind": kind[:80],
        "message": message,
    }


def _reason(error: Exception, status: int, told: bool) -> tuple[str, str]:
    """Say in words why a process is gone; the words follow "the process". Untold, a status is not named."""
    if isinstance(error, TooLongError):
        return "timeout", TOO_LONG
    if isinstance(error, MemoryUsedUpError):
        return "crashed", "used too much memory"
    if isinstance(error, FloodError):
        return "crashed", "sent back more than any answer holds"
    if isinstance(error, ForgedError):
        return "crashed", "sent back something that is no answer"
    other = f"ended with signal {-status}" if status < 0 else f"ended itself with code {status}"
    other = other if told else "ended"
    return "crashed", STATUS_WORDS.get(status, other)
