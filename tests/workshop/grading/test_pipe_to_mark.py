# ruff: noqa: E501 - tables and sentences, one line each
"""From the pipe to the mark, without a process: a puppet says what students' processes say, word by word."""

import json
import os
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from course_lib.exercises.running import Raised, Returned, Run, TooSlow, TooSlowError, outcome_to_json
from course_lib.workshop.grading.sandbox.client import (
    FloodError,
    GoneError,
    MemoryUsedUpError,
    ServerError,
    TooLongError,
)
from course_lib.workshop.grading.sandbox.protocol import ForgedError
from course_lib.workshop.grading.sandbox.walls import Wall
from course_lib.workshop.grading.scoring import answer_key, assessment, session
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, short_digest
from course_lib.workshop.grading.scoring.assessment import (
    conditions,
    crashed_record,
    grade_notebook,
    is_current,
    notebook_digest,
    still_valid,
    unreadable_record,
)
from course_lib.workshop.grading.scoring.session import Answers, Patience, Ran, Session
from course_lib.workshop.grading.storage.records import Outcome, Record, Status, Trouble
from tests.workshop.grading.conftest import EXERCISES, notebook_of
from tests.workshop.grading.questions import double_exercise, small_key

KEY = small_key()
DOUBLE, LARGEST, ESSAY = KEY.questions
CELLS = ["x = 1", "def double(x):\n    return 2 * x", "import nothing"]
SOURCES = {
    "double": "def double(x): ...",
    "largest": "def largest(values): ...",
    "essay": "essay = 'Because.'",
}


def right(name: str, hidden: bool) -> list[list[Any]]:
    """Return what an honest process sends back of a question, case by case."""
    question = next(one for one in KEY.questions if one.name == name)
    if question.hidden.kind == "text":
        return [[{"value": "Because."}]] if hidden else []
    form = question.hidden if hidden else question.public
    return [[outcome_to_json(outcome) for outcome in case.expected] for case in form.cases]


def case(name: str, place: int, *outcomes: Any, hidden: bool = True) -> list[Any]:
    """Return the right answers of a question with another one in one case; an error ends the process there."""
    answers: list[Any] = right(name, hidden)
    answers[place] = outcomes[0] if isinstance(outcomes[0], Exception) else list(outcomes)
    return answers


class Puppet:
    """A process that answers as it is told; where an error stands, it raises it."""

    def __init__(self, server: "Servant", answers: dict[str, Any]):
        self.server = server
        self.answers = answers
        self.told: list[Any] = []

    def send(self, message: dict[str, Any], seconds: float) -> None:
        self.server.sent.append(message)
        self.server.seconds.append(seconds)
        if "cells" in message:
            look = self.answers.get(
                "look", {"static": {"imports": {"test.double": ["os"]}, "sources": SOURCES}}
            )
            state = {"answers": dict.fromkeys(["test.double", "test.largest", "test.essay"], "there")}
            self.told += [look, *self.answers.get("cells", []), {"ran": self.answers.get("ran", state)}]
            return
        name, _, hidden = message["asked"].partition(" ")
        cases = self.answers.get(message["asked"], right(name, hidden == "True"))
        for place, outcomes in enumerate(cases):
            answer = {"asked": message["asked"], "case": place, "outcomes": outcomes}
            self.told.append(outcomes if isinstance(outcomes, Exception) else answer)
        imported = self.answers.get("imported", [])
        self.told.append({"asked": message["asked"], "done": True, "imported": imported})

    def receive(self, end: float) -> dict[str, Any]:
        self.server.ends.append(end - time.monotonic())
        message = self.told.pop(0)
        if isinstance(message, BaseException):
            raise message
        return message  # type: ignore[no-any-return]

    def close(self, kill: bool = False) -> int:
        self.server.closed.append(kill)
        return int(self.answers.get("status", 0))


class Servant:
    """A server whose processes are puppets, one after the other; the last one stays."""

    wall = Wall.NONE

    def __init__(self, *lives: dict[str, Any]):
        self.lives = list(lives) or [{}]
        self.sent: list[dict[str, Any]] = []
        self.seconds: list[float] = []
        self.ends: list[float] = []
        self.closed: list[bool] = []

    def fork(self) -> Puppet:
        return Puppet(self, self.lives.pop(0) if len(self.lives) > 1 else self.lives[0])


def ran(
    *lives: dict[str, Any], cells: list[str] = CELLS, patience: Patience | None = None
) -> tuple[Ran, Servant]:
    servant = Servant(*lives)
    return Session(servant, cells, KEY.questions, patience).run(), servant  # type: ignore[arg-type]


def graded(*lives: dict[str, Any], cells: list[str] = CELLS, **more: Any) -> Record:
    return grade_notebook(notebook_of(cells), KEY, Servant(*lives), **more)  # type: ignore[arg-type]


def double(*lives: dict[str, Any]) -> tuple[str, float, str]:
    question = graded(*lives).questions[0]
    return question.status, question.share, question.sentence


def entry(name: str, status: str, share: float, sentence: str, **more: Any) -> dict[str, Any]:
    """Return one question of a record as JSON, with what is usual where nothing is said."""
    question = next(one for one in KEY.questions if one.name == name)
    usual = {
        "name": name, "title": question.hidden.title, "kind": question.hidden.kind, "digest": question.digest,
        "status": status, "share": share, "points": share * question.points, "out_of": question.points,
        "sentence": sentence, "mistake": "", "example": (), "cases": len(question.hidden.cases), "right": 0,
        "source": SOURCES[name.partition(".")[2]], "imports": (), "returns": "",
    }  # fmt: skip
    return {**usual, **more}


# A whole record ------------------------------------------------------------------------------------------------


def test_a_right_notebook() -> None:
    data = notebook_of(CELLS)
    cases = len(DOUBLE.hidden.cases), len(LARGEST.hidden.cases)
    assert graded().to_json() == {
        "notebook": notebook_digest(data),
        "conditions": conditions(KEY, Patience(), Wall.NONE),
        "wall": "none",
        "status": "graded",
        "reason": "",
        "questions": (
            entry(
                "test.double",
                "right",
                1.0,
                f"All {cases[0]} cases are right.",
                right=cases[0],
                imports=("os",),
            ),
            entry("test.largest", "right", 1.0, f"All {cases[1]} cases are right.", right=cases[1]),
            entry("test.essay", "to be marked", 0.0, "A person marks this answer.", source="Because."),
        ),
        "cells": (),
        "printed": "",
        "busy": None,
        "format": 3,
    }


def test_what_is_asked_and_in_which_order() -> None:
    result, servant = ran()
    program, *requests = servant.sent
    assert program == {
        "cells": CELLS,
        "only_definitions": [],
        "seconds": 20.0,
        "questions": [
            {
                "name": "test.double",
                "defines": ["double"],
                "forbidden": ["course_lib"],
                "demands": [],
                "kind": "code",
            },
            {
                "name": "test.largest",
                "defines": ["largest"],
                "forbidden": ["course_lib"],
                "demands": [],
                "kind": "code",
            },
            {
                "name": "test.essay",
                "defines": ["essay"],
                "forbidden": ["course_lib"],
                "demands": [],
                "kind": "text",
            },
        ],
    }
    # What students may see is asked before any hidden input is sent.
    asked = [
        "test.double False",
        "test.largest False",
        "test.double True",
        "test.largest True",
        "test.essay True",
    ]
    assert [one["asked"] for one in requests] == asked
    assert requests[2] == {
        "asked": "test.double True",
        "given": "",
        "seconds": 5.0,
        "cases": [[call.to_json() for call in one.calls] for one in DOUBLE.hidden.cases],
    }
    assert requests[0]["cases"] == [[call.to_json() for call in one.calls] for one in DOUBLE.public.cases]
    assert requests[4]["cases"] == [[["essay", None]]]
    assert servant.seconds == [20, *[7.0] * 5]
    assert [round(end) for end in servant.ends[:3]] == [32, 22, 22]
    assert servant.closed == [True]
    assert (result.forks, result.busy, result.troubles, result.printed) == (1, None, [], "")
    assert not result.took_too_long()
    assert [result.cell(place) for place in (-1, 0, 1, 3, 4)] == ["", "", "x = 1", "import nothing", ""]
    assert {name: answers.state for name, answers in result.answers.items()} == dict.fromkeys(
        ["test.double", "test.largest", "test.essay"], "there"
    )


def test_what_a_process_says_in_between_is_no_answer() -> None:
    noise = [{}, {"asked": "test.double False", "case": 0, "outcomes": [{"value": 7.0}]}, {"done": True}]
    answers: list[Any] = right("test.double", True)

    class Noisy(Puppet):
        def send(self, message: dict[str, Any], seconds: float) -> None:
            super().send(message, seconds)
            if message.get("asked") == "test.double True":
                last = {"asked": "test.double True", "case": len(answers) + 1, "outcomes": [{"value": 7.0}]}
                more = {"asked": "test.double True", "case": len(answers), "outcomes": [{"value": 7.0}]}
                self.told = [*noise, last, *self.told[:-1], more, self.told[-1]]

    servant = Servant()
    servant.fork = lambda: Noisy(servant, {})  # type: ignore[method-assign]
    record = grade_notebook(notebook_of(CELLS), KEY, servant)  # type: ignore[arg-type]
    assert record.questions[0].status is Outcome.RIGHT
    assert record.questions[0].right == len(answers)


# Each way in which an answer can fail ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "kind", "words"),
    [
        (TooLongError(), 0, "timeout", "did not come back in time"),
        (MemoryUsedUpError(), 0, "crashed", "used too much memory"),
        (FloodError(), 0, "crashed", "sent back more than any answer holds"),
        (ForgedError(), 0, "crashed", "sent back something that is no answer"),
        (GoneError(), 0, "crashed", "ended itself"),
        (GoneError(), 71, "crashed", "ran out of memory"),
        (GoneError(), 73, "crashed", "wrote more than it may"),
        (GoneError(), -9, "crashed", "was killed, most likely for using too much memory"),
        (GoneError(), -11, "crashed", "crashed inside a library"),
        (GoneError(), -24, "crashed", "used up its processor time"),
        (GoneError(), 42, "crashed", "ended itself with code 42"),
        (GoneError(), -6, "crashed", "ended with signal 6"),
    ],
)
def test_a_lost_answer_costs_its_own_question_only(
    error: Exception, status: int, kind: str, words: str
) -> None:
    for hidden in (False, True):
        life = {f"test.double {hidden}": case("test.double", 0, error, hidden=hidden), "status": status}
        record = graded(life, {})
        told = "ended" if hidden and status in (42, -6) else words  # nothing of its own choice gets out
        sentence = f"While your answer to this question ran, the process {told}."
        assert (record.questions[0].status, record.questions[0].share, record.questions[0].sentence) == (
            kind, 0.0, sentence,
        )  # fmt: skip
        assert record.status is Status.PARTIAL
        assert record.reason == f"Double a number: {sentence}"
        assert [question.points for question in record.questions] == [0, 3, 0]
        assert record.questions[0].source == SOURCES["double"]
        assert (record.busy is None) is (kind != "timeout")


def test_a_process_that_ended_is_not_killed_and_every_other_is() -> None:
    for error, kills in ((GoneError(), [False, True]), (TooLongError(), [True, True])):
        result, servant = ran({"test.double True": [error]}, {})
        assert servant.closed == kills
        assert result.forks == 2


def test_a_cell_that_ends_the_process_is_left_out_next_time() -> None:
    result, servant = ran({"cells": [{"cell": 2}, {"cell": "x"}, TooLongError()]}, {})
    assert servant.sent[1]["only_definitions"] == [2]
    assert result.broken_cells == {2: "did not come back in time"}
    assert result.took_too_long()
    record = graded(
        {"cells": [{"cell": 2}, TooLongError()]}, {"cells": [{"cell": 1}, GoneError()], "status": 71}, {}
    )
    left_out = "was left out except for what it defines: the process "
    assert record.cells == (
        Trouble(1, 0, f"{left_out}ran out of memory"),
        Trouble(2, 0, f"{left_out}did not come back in time"),
    )
    assert record.status is Status.GRADED


@pytest.mark.parametrize("cells", [[GoneError()], [{"cell": 2}, GoneError()]])
def test_cells_that_end_it_all_the_same_lose_everything(cells: list[Any]) -> None:
    life = {"cells": cells, "status": 9}
    record = graded(life)
    words = "The notebook's cells cannot be run: the process ended itself with code 9."
    assert [question.status for question in record.questions] == ["crashed", "crashed", "not attempted"]
    assert record.questions[1].sentence == words
    assert record.status is Status.PARTIAL  # the essay is for a person
    result, servant = ran(life)
    assert result.forks == len(servant.closed) == (1 if len(cells) == 1 else 2)
    assert all(answers.lost == words for answers in result.answers.values())


def test_a_notebook_is_started_so_often_and_no_more() -> None:
    lives = [{"cells": [{"cell": place}, GoneError()]} for place in range(1, 30)]
    result, _ = ran(*lives, cells=[""] * 40)
    assert result.forks == 4 + 2 * 3 + 6
    assert {answers.lost for answers in result.answers.values()} == {
        f"{session.ASKED} ended too often to go on."
    }
    assert {answers.lost_kind for answers in result.answers.values()} == {"crashed"}
    result, _ = ran(*lives[:3], {"cells": [{"cell": 99}, GoneError()]}, cells=["", ""])
    assert result.forks == 5


def test_the_time_of_a_submission_is_shared_by_all_of_its_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(session.time, "monotonic", lambda: clock[0])
    patience = Patience(cells=1, case=1, question=1, submission=30, comparing=6)

    class Slow(Puppet):
        def receive(self, end: float) -> dict[str, Any]:
            if "asked" in self.server.sent[-1]:
                self.server.ends.append(end)
                clock[0] += 20
                raise TooLongError
            return super().receive(end)

    servant = Servant()
    servant.fork = lambda: Slow(servant, {})  # type: ignore[method-assign]
    result = Session(servant, CELLS, KEY.questions, patience).run()  # type: ignore[arg-type]
    assert result.forks == 2
    words = "was ended: the notebook's other parts had used up all of its time"
    assert [answers.lost for answers in result.answers.values()] == [
        f"{session.ASKED} {how}." for how in (session.TOO_LONG, session.TOO_LONG, words)
    ]
    assert result.answers["test.essay"].lost_kind == "timeout"
    assert max(end for end in servant.ends if end > 90) <= 124
    assert patience.of_submission([]) == 30
    assert Patience().of_submission([DOUBLE.hidden]) == 60
    slow = replace(DOUBLE.hidden, seconds=30.0)
    assert (Patience().of_case(DOUBLE.hidden), Patience().of_case(slow)) == (5, 150)
    assert (Patience().of_question(DOUBLE.hidden), Patience().of_question(slow)) == (20, 300)
    assert Patience().of_submission([DOUBLE.hidden, slow]) == 20 + 300 + 4 + 6


def test_a_wall_that_is_open_is_the_machines_trouble_and_no_look_is_a_forgery() -> None:
    with pytest.raises(ServerError, match=r"^The sandbox could not be closed: no room$"):
        ran({"look": {"walls": "no room"}})
    result, _ = ran({"look": {}})
    assert all("sent back something that is no answer" in one.lost for one in result.answers.values())
    servant = Servant({"cells": [KeyboardInterrupt()]})
    with pytest.raises(KeyboardInterrupt):
        Session(servant, CELLS, KEY.questions).run()  # type: ignore[arg-type]
    assert servant.closed == [True]


def test_the_first_look_counts() -> None:
    def static(name: str) -> dict[str, Any]:
        return {"static": {"imports": {"test.double": [name]}, "sources": {"double": name * 60_000}}}

    result, _ = ran({"look": static("a"), "test.double False": [GoneError()]}, {"look": static("b")})
    assert result.answers["test.double"].imports == ["a"]
    assert result.answers["test.double"].source == "a" * 50_000
    assert result.answers["test.largest"].source == ""
    result, _ = ran({"imported": ["course_lib.perceptron", "os", 3]})
    assert result.answers["test.double"].imports == ["course_lib.perceptron", "os"]
    many = [f"m{place}" for place in range(900)]
    result, _ = ran({"imported": [*many, "course_lib.perceptron", "course_lib." + "x" * 200]})
    assert result.answers["test.double"].imports == ["course_lib.perceptron", "course_lib." + "x" * 89, "os"]


def test_what_is_said_of_the_cells() -> None:
    state: dict[str, Any] = {
        "answers": {"test.double": "missing", "test.largest": "blank", "test.essay": "odd"},
        "troubles": [
            {"cell": 3, "line": 1, "kind": "ModuleNotFoundError", "message": "No module named 'nothing'"},
            {"cell": 1, "line": 2, "kind": "K" * 90, "message": "m" * 400},
            {"cell": -1, "line": "x", "kind": 3, "message": None},
            "odd",
        ],
        "printed": "p" * 3_000,
    }
    result, _ = ran({"ran": state})
    assert result.printed == graded({"ran": state}).printed == "p" * 2_000
    assert [answers.state for answers in result.answers.values()] == ["missing", "blank", "there"]
    assert result.troubles == [
        {"cell": 3, "line": 1, "kind": "ModuleNotFoundError", "message": "No module named 'nothing'"},
        {"cell": 1, "line": 2, "kind": "K" * 80, "message": "m" * 300},
        {"cell": 0, "line": 0, "kind": "", "message": ""},
    ]
    for odd in (
        None,
        [],
        "x",
        {"troubles": 3, "answers": []},
        {"troubles": [3], "answers": {"test.double": []}},
    ):
        result, _ = ran({"ran": odd})
        assert {answers.state for answers in result.answers.values()} == {"there"}
        assert result.troubles == []
    result, _ = ran({"ran": {"troubles": [{"cell": 1}] * 200}})
    assert len(result.troubles) == 100
    result, _ = ran({"ran": {"troubles": [{"cell": 1, "kind": "TooSlow"}]}})
    assert result.took_too_long()
    assert result.busy is not None
    assert result.busy == round(result.busy, 1)


@pytest.mark.parametrize("outright", [True, False])
def test_what_is_refused_is_worth_nothing_and_nothing_else_is_refused(outright: bool) -> None:
    def told(refused: Any, **more: Any) -> tuple[str, float, str]:
        servant = Servant({"ran": {"refused": refused}, **more})
        question = grade_notebook(notebook_of(CELLS), KEY, servant).questions[0]  # type: ignore[arg-type]
        return question.status, question.share, question.sentence

    words = "u" * 400
    said = "u" * 300 if outright else f"The values are right. But {'u' * 300}"
    assert told({"test.double": [words, outright]}) == ("wrong", 0.0, said)
    honest = ("right", 1.0, f"All {len(DOUBLE.hidden.cases)} cases are right.")
    nothing = (None, [], *({"test.double": one} for one in (words, 3, [], ["", True], [words], [3, True])))
    for refused in (*nothing, {"test.largest": [words, outright]}):
        assert told(refused) == honest
    assert (told({"test.double": [words, outright]}, **wrong(1))[2] == said) == outright


def test_how_busy_the_machine_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (3.3, 9, 9))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    slow = [[{"slow": True}]]
    assert ran({"test.double True": slow})[0].busy == 1.6
    assert ran({"test.double False": slow})[0].busy == 1.6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert ran({"test.double True": slow})[0].busy == 3.3


ALONE = (
    "Only the notebook itself is graded, with the packages of the course: a file beside it is not there. "
    "A cell that starts with `%%writefile NAME` makes one."
)


@pytest.mark.parametrize(
    ("troubles", "sentence"),
    [
        ([], "Was a cell deleted or renamed?"),
        ([(1, "KeyError", "'a'")], "Was a cell deleted or renamed? Cell 1 stopped with KeyError: 'a'."),
        ([(1, "KeyError", "'a'"), (2, "ValueError", "why?")], "Cell 2 stopped with ValueError: why?"),
        ([(2, "Stopped", "")], "Cell 2 stopped with Stopped."),
        ([(2, "Stopped", "No!")], "Cell 2 stopped with Stopped: No!"),
        ([(2, "Stopped", "Done.")], "Cell 2 stopped with Stopped: Done."),
        ([(2, "FileNotFoundError", "x")], f"Cell 2 stopped with FileNotFoundError: x. {ALONE}"),
        ([(2, "ModuleNotFoundError", "x.")], f"Cell 2 stopped with ModuleNotFoundError: x. {ALONE}"),
    ],
)
def test_an_answer_that_is_not_there(troubles: list[tuple[int, str, str]], sentence: str) -> None:
    told = [{"cell": cell, "line": 4, "kind": kind, "message": message} for cell, kind, message in troubles]
    record = graded({"ran": {"answers": {"test.double": "missing"}, "troubles": told}})
    assert record.questions[0].status is Outcome.ABSENT
    assert record.questions[0].sentence == f"The notebook defines no `double`. {sentence}"
    assert [(trouble.cell, trouble.line) for trouble in record.cells] == [(cell, 4) for cell, *_ in troubles]
    blank = graded({"ran": {"answers": {"test.double": "blank"}}}).questions[0]
    assert (blank.status, blank.sentence) == (Outcome.BLANK, "The answer is still empty.")


def wrong(place: int, hidden: bool = True) -> dict[str, Any]:
    return {f"test.double {hidden}": case("test.double", place, {"value": 0.25}, hidden=hidden)}


def test_the_words_of_a_wrong_answer_come_from_what_may_be_seen() -> None:
    cases = len(DOUBLE.hidden.cases)
    passes = "Your code passes the examples"
    expected = (
        f"{passes} and answers 1 of {cases} other cases differently from what is expected. Which inputs do the "
        "examples leave out?"
    )
    assert double(wrong(1)) == ("wrong", 0.0, expected)
    assert graded(wrong(1)).questions[0].right == cases - 1
    assert graded(wrong(1)).questions[0].example == ()
    both = graded({**wrong(0), **wrong(0, False)}).questions[0]
    assert both.sentence != expected
    assert both.example[0] == "The smallest case that shows it:"
    hidden_only = graded(wrong(0, False)).questions[0]
    assert (hidden_only.status, hidden_only.share) == (Outcome.WRONG, 0.0)
    assert (hidden_only.sentence, hidden_only.example) == (both.sentence, both.example)

    def stopped(kind: str, number: int) -> str:
        raised = outcome_to_json(Raised(kind, "secret", "", number))
        answers = [[raised] for _ in range(cases)]
        answers[0] = right("test.double", True)[0]
        return double({"test.double True": answers})[2]

    for kind, number, told in (
        ("ValueError", 3, "a ValueError"),
        ("LinAlgError", 9_999, "a LinAlgError"),
        ("AxisError", 0, "an AxisError"),
        ("NotPlainError", -1, "a NotPlainError"),
        ("InvalidArgumentError", 10_000, "an InvalidArgumentError"),
        ("Secret7", 1, "an error"),
    ):
        assert (
            stopped(kind, number) == f"{passes}. On {cases - 1} of {cases} other cases it stops with {told}."
        )


def test_an_answer_that_is_too_slow() -> None:
    cases = right("test.double", True)
    loop = "Your code did not come back in time. Is there a loop that never ends?"
    printing = "Your code did not come back in time: it was printing. Take the print out of your answer."
    for line, words in (("while True:", loop), ("print(x)", printing), ("", loop)):
        slow = {"test.double True": [*cases[:1], [outcome_to_json(TooSlow(line, 3))]]}
        assert double(slow) == ("timeout", 0.0, words)
    assert double({"test.double True": cases[:-1]}) == ("timeout", 0.0, loop)
    seen = {
        "test.double False": [[outcome_to_json(TooSlow("print(x)"))]],
        "test.double True": [[{"slow": True}]],
    }
    assert double(seen)[2] == printing
    record = graded({"test.double True": [[{"slow": True}]], "test.largest True": [[{"slow": True}]]})
    assert record.status is Status.PARTIAL
    assert record.reason == f"Double a number: {loop} The largest: {loop}"


def test_a_submission_of_which_nothing_is_left() -> None:
    key = AnswerKey("Two", (DOUBLE, LARGEST))

    def status(first: str, second: str) -> Status:
        states = {"timeout": TooLongError(), "crashed": GoneError()}
        lives = [{"test.double False": [states[first]], "test.largest False": [states[second]]}] * 2
        return grade_notebook(notebook_of(CELLS), key, Servant(*lives)).status  # type: ignore[arg-type]

    assert status("timeout", "timeout") is Status.TIMEOUT
    assert status("timeout", "crashed") is Status.CRASHED
    assert status("crashed", "crashed") is Status.CRASHED


def test_a_usual_mistake_and_a_name_that_a_cell_was_to_define() -> None:
    square = [[{"value": one.calls[0].arguments[0] ** 2}] for one in DOUBLE.hidden.cases]
    told = graded({"test.double True": square}).questions[0]
    assert (told.status, told.mistake) == (Outcome.WRONG, "You squared the number. Twice four is eight.")
    assert told.sentence == told.mistake
    missing = outcome_to_json(Raised("NameError", "name 'k' is not defined", "", 2))
    life = {
        "ran": {"troubles": [{"cell": 3, "line": 1, "kind": "KeyError", "message": "'k'"}]},
        "test.double True": [[missing] for _ in square],
    }
    count = f"{len(square)} of {len(square)}"
    assert double(life)[2] == (
        f"Your code passes the examples. On {count} other cases it stops with a NameError. "
        "Cell 3 stopped with KeyError: 'k'."
    )
    del life["ran"]
    assert double(life)[2].endswith("a NameError.")


@pytest.mark.parametrize(
    ("value", "status", "source"),
    [
        ("  Because.  ", "to be marked", "Because."),
        ("b" * 30_000, "to be marked", "b" * 20_000),
        ("  ", "not attempted", ""),
        (" Write your answer here. ", "not attempted", ""),
        (None, "not attempted", ""),
        (7, "not attempted", ""),
    ],
)
def test_a_free_text_is_kept_for_a_person(value: Any, status: str, source: str) -> None:
    told = graded({"test.essay True": [[{"value": value}]]}).questions[2]
    sentence = "A person marks this answer." if source else "The answer is still empty."
    assert (told.status, told.source, told.sentence, told.points) == (status, source, sentence, 0)
    lost = graded({"test.essay True": [[{"raised": "NameError"}]]}).questions[2]
    assert (lost.status, lost.source) == (Outcome.BLANK, "")


def test_what_a_comparison_stumbles_over_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*rest: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(assessment, "judge", stumble)
    told = graded().questions[0]
    assert (told.status, told.share, told.sentence) == ("wrong", 0.0, "What came back cannot be compared.")
    assert told.right == 0
    assert told.example[0] == "The smallest case that shows it:"
    monkeypatch.setattr(assessment, "case_lines", stumble)
    assert graded().questions[0].example == ()


def test_sentences_and_examples_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessment, "case_lines", lambda *rest: ["x" * 2_000, "\n".join("abc" * 30)])
    told = graded({**wrong(0), **wrong(0, False)}).questions[0]
    assert told.example == ("x" * 1_000, *("abc" * 30)[:39])
    record = crashed_record(b"", KEY, Wall.NONE, Patience(), "y" * 5_000)
    assert {question.sentence for question in record.questions} == {"y" * 2_000}
    assert record.status is Status.CRASHED
    assert record.reason == "y" * 5_000
    assert all(question.status is Outcome.CRASHED for question in record.questions)


def test_a_file_that_is_no_notebook() -> None:
    record = grade_notebook(b"PK", KEY, Servant())  # type: ignore[arg-type]
    assert record.status is Status.UNREADABLE
    assert record.reason
    assert record == unreadable_record(b"PK", KEY, Wall.NONE, Patience(), record.reason)
    for question in record.questions:
        assert (question.status, question.sentence) == (Outcome.ABSENT, "There was no notebook to look into.")


def test_the_time_to_compare_is_shared_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    class Limit:
        def __init__(self, seconds: float):
            seen.append(seconds)

        def __enter__(self) -> None:
            return None

        def __exit__(self, *error: object) -> None:
            return None

    monkeypatch.setattr(assessment.time, "monotonic", lambda: 5.0)
    monkeypatch.setattr(assessment, "time_limit", Limit)
    result, _ = ran()
    assessment.record_of(b"", KEY, Wall.NONE, Patience(), result)
    assert seen == [4 / 3, 2.0]
    assessment.record_of(b"", KEY, Wall.NONE, Patience(comparing=1), result)
    assert seen[2:] == [0.1, 0.1]


def test_what_takes_too_long_to_compare_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*rest: Any) -> None:
        raise TooSlowError

    monkeypatch.setattr(assessment, "judge", slow)
    expected = entry("test.double", "wrong", 0.0, "What came back cannot be compared.", imports=("os",))
    assert graded().to_json()["questions"][0] == expected


def test_every_name_of_an_answer_is_missed() -> None:
    two = replace(DOUBLE, hidden=replace(DOUBLE.hidden, defines=("double", "halve")))
    words = assessment._missing_words(two, Ran({}, ["def halve(x):\n    pass"]))
    assert words == "The notebook defines no `double` and `halve`. Was a cell deleted or renamed?"


# What still holds of an earlier run -----------------------------------------------------------------------------


def test_only_what_changed_is_asked_again() -> None:
    data, first = notebook_of(CELLS), graded(wrong(1))
    worth = AnswerKey(
        "Test",
        (replace(DOUBLE, points=8.0), replace(LARGEST, hidden=replace(LARGEST.hidden, title="x")), ESSAY),
    )
    kept = still_valid(data, Wall.NONE, Patience(), first, worth)
    assert list(kept) == ["test.double", "test.essay"]
    assert kept["test.double"].out_of == 8
    right_before = still_valid(data, Wall.NONE, Patience(), graded(), worth)["test.double"]
    assert (right_before.points, right_before.out_of, right_before.share) == (8.0, 8.0, 1.0)
    for changed in (
        still_valid(b"", Wall.NONE, Patience(), first, KEY),
        still_valid(data, Wall.LANDLOCK, Patience(), first, KEY),
        still_valid(data, Wall.NONE, Patience(cells=1), first, KEY),
        still_valid(data, Wall.NONE, Patience(), None, KEY),
    ):
        assert changed == {}
    servant = Servant()
    again = grade_notebook(data, KEY, servant, earlier=first)  # type: ignore[arg-type]
    assert again == first
    assert servant.sent == []
    less = AnswerKey("Test", (DOUBLE, LARGEST))
    assert [one.name for one in grade_notebook(data, less, servant, earlier=first).questions] == [  # type: ignore[arg-type]
        "test.double",
        "test.largest",
    ]


def test_what_a_record_depends_on() -> None:
    basis = conditions(KEY, Patience(), Wall.NONE)
    assert basis == short_digest([3, (), [20.0, 5.0, 20.0], "none"])
    for other in (Patience(cells=21), Patience(case=6), Patience(question=21)):
        assert conditions(KEY, other, Wall.NONE) != basis
    assert conditions(KEY, Patience(submission=90, comparing=9), Wall.NONE) == basis
    assert conditions(KEY, Patience(cells=20), Wall.LANDLOCK) != basis
    record, digest = graded(), notebook_digest(notebook_of(CELLS))
    assert is_current(record, digest, KEY, basis)
    assert not is_current(None, digest, KEY, basis)
    assert not is_current(record, "other", KEY, basis)
    assert not is_current(record, digest, KEY, "other")
    assert not is_current(record, digest, AnswerKey("Test", KEY.questions[:2]), basis)
    worth = AnswerKey("Test", (replace(DOUBLE, points=8.0), LARGEST, ESSAY))
    assert not is_current(record, digest, worth, basis)
    assert notebook_digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_took_too_long_is_said_by_any_part() -> None:
    assert not Ran({"a": Answers()}, []).took_too_long()
    assert Ran({"a": Answers(lost="x", lost_kind="timeout")}, []).took_too_long()
    assert not Ran({"a": Answers(lost="x", lost_kind="crashed")}, []).took_too_long()
    slow, fine = Run((Returned(1), TooSlow())), Run((Returned(1),))
    assert Ran({"a": Answers(public=[fine, slow])}, []).took_too_long()
    assert Ran({"a": Answers(hidden=[fine, slow])}, []).took_too_long()
    assert not Ran(
        {"a": Answers(public=[fine], hidden=[fine])}, [], broken_cells={1: "was killed"}
    ).took_too_long()
    assert Ran({}, [], broken_cells={1: session.TOO_LONG}).took_too_long()
    assert not Ran({}, [], [{"kind": "KeyError"}]).took_too_long()


# The key ------------------------------------------------------------------------------------------------------


def test_a_key_comes_back_as_it_was_and_a_damaged_one_is_drawn_anew(tmp_path: Path) -> None:
    from course_lib.workshop.grading.scoring.answer_key import keep_key, kept_key

    path = tmp_path / "folder" / "key.json"
    keep_key(KEY, path, "basis")
    assert path.stat().st_mode & 0o777 == 0o600
    kept = kept_key(path, "basis")
    assert kept is not None
    assert kept.to_json() == KEY.to_json()
    assert (kept.title, kept.points, kept.packages) == ("Test", 8, ())
    assert [one.digest for one in kept.questions] == [one.digest for one in KEY.questions]
    assert kept.questions[2].rubric == (("cause", 2, "names a cause"), ("example", 1, "gives an example"))
    assert kept.questions[0].stub == DOUBLE.stub != ""
    assert kept_key(path, "other") is None
    assert kept_key(tmp_path / "none", "basis") is None
    whole = json.loads(path.read_text())
    for name in whole:
        path.write_text(json.dumps({key: value for key, value in whole.items() if key != name}))
        assert kept_key(path, "basis") is None, name
    for text in ("", "[]", "{", json.dumps({**whole, "format": 1}), json.dumps({**whole, "title": "x"})):
        path.write_text(text)
        assert kept_key(path, "basis") is None
    packages = [replace(DOUBLE, packages=("b", "a")), replace(LARGEST, packages=("b",))]
    assert AnswerKey("x", tuple(packages)).packages == ("a", "b")
    for part in ({"title": "x"}, {"points": 5}):
        changed = replace(DOUBLE, hidden=replace(DOUBLE.hidden, **part))  # type: ignore[arg-type]
        assert changed.digest != DOUBLE.digest
        changed = replace(DOUBLE, public=replace(DOUBLE.public, **part))  # type: ignore[arg-type]
        assert changed.digest != DOUBLE.digest
    assert len(short_digest({})) == 24
    assert short_digest({"b": 1, "a": 2}) == short_digest({"a": 2, "b": 1}) != short_digest({"a": 2})


def test_what_a_key_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "own.py").write_text("x = 1")
    (tmp_path / "notes.txt").write_text("x")
    versions = {"numpy": "2", "tensorflow": "3"}
    monkeypatch.setattr(answer_key, "version", versions.__getitem__)
    basis = answer_key.basis_of({"b": 1, "a": Path("x")}, [tmp_path])
    assert len(basis) == 64
    assert answer_key.basis_of({"a": "x", "b": 1}, [tmp_path]) == basis
    assert answer_key.basis_of({"a": "x", "b": 2}, [tmp_path]) != basis
    assert answer_key.basis_of({"a": "x", "b": 1}, []) != basis
    for package in ("numpy", "tensorflow"):
        other = {**versions, package: "4"}
        monkeypatch.setattr(answer_key, "version", other.__getitem__)
        assert answer_key.basis_of({"b": 1, "a": "x"}, [tmp_path]) != basis
    monkeypatch.setattr(answer_key, "version", versions.__getitem__)
    (tmp_path / "notes.txt").write_text("y")
    assert answer_key.basis_of({"b": 1, "a": "x"}, [tmp_path]) == basis
    (tmp_path / "deep" / "own.py").write_text("x = 2")
    assert answer_key.basis_of({"b": 1, "a": "x"}, [tmp_path]) != basis

    def missing(package: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(answer_key, "version", missing)
    assert len(answer_key.basis_of({}, [])) == 64


def test_exercises_are_loaded_from_the_chapters_that_are_named(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(EXERCISES)
    name = "before_you_start.daily_means"
    chosen = answer_key.load_chosen([name, "test.double"], tmp_path)
    assert {one.partition(".")[0] for one in chosen} == {"before_you_start", "test"}
    assert set(answer_key.load_chosen([name])) == {one for one in chosen if not one.startswith("test.")}
    assert answer_key.names_asked_for([name, "test.double"], tmp_path) == {"daily_means", "double"}
    assert answer_key.names_asked_for([name]) == {"daily_means"}


def test_points_are_those_of_the_assignment_or_of_the_exercise() -> None:
    key = answer_key.draw_key("T", [double_exercise()], 3, {"test.double": 7})
    assert (key.title, key.points) == ("T", 7)
    assert answer_key.draw_key("T", [double_exercise()], 3).points == 2
    assert answer_key.draw_key("T", [double_exercise()], 3, {"other": 7}).points == 2
    again, other = (answer_key.draw_key("T", [double_exercise()], seed).to_json() for seed in (3, 4))
    assert again == {**key.to_json(), "questions": [{**key.to_json()["questions"][0], "points": 2}]}
    assert again != other
