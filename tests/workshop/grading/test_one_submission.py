# ruff: noqa: E501 - cells of hostile and odd code read best on one line each
"""Whatever a submission, its file or its archive does, nobody else loses a mark or a minute by it."""

import contextlib
import dataclasses
import json
import math
import os
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from course_lib.exercises.compare.differences import agree, difference
from course_lib.exercises.compare.properties import (
    any_of,
    balanced_shards,
    decides_alike,
    falls_short,
    network_decides_alike,
    ranked_oppositely,
    same_members,
    separates,
)
from course_lib.exercises.pages import case_lines
from course_lib.exercises.plain_values import Opaque
from course_lib.exercises.questions import Question, named, names
from course_lib.exercises.running import Call, Returned, Run
from course_lib.exercises.verdicts import RIGHT as RIGHT_OUTCOME
from course_lib.exercises.verdicts import Judgement, judge
from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.grading import batch
from course_lib.workshop.grading.intake.archives import (
    MOST_MEMBERS,
    UnsafeError,
    files_in,
    notebooks_inside,
)
from course_lib.workshop.grading.intake.collect import Submission
from course_lib.workshop.grading.intake.notebook import UnreadableError, parse_submission
from course_lib.workshop.grading.marks.feedback import feedback_html
from course_lib.workshop.grading.marks.standing import standing_of
from course_lib.workshop.grading.sandbox.client import Conversation, FloodError, TooLongError
from course_lib.workshop.grading.sandbox.protocol import ForgedError, from_line, run_from_json
from course_lib.workshop.grading.sandbox.walls import Limits, Wall
from course_lib.workshop.grading.scoring import assessment
from course_lib.workshop.grading.scoring.assessment import _judge
from course_lib.workshop.grading.scoring.session import Patience, Session
from course_lib.workshop.grading.scoring.similarity import similar_pairs
from course_lib.workshop.grading.storage import memory
from course_lib.workshop.grading.storage.files import LONGEST_NAME, safe_name, write_atomically
from course_lib.workshop.grading.storage.records import (
    FORMAT,
    Outcome,
    QuestionRecord,
    Record,
    Records,
    Status,
    Trouble,
)
from tests.workshop.grading.conftest import RIGHT, Grader, SmallClass, notebook_of
from tests.workshop.grading.questions import double_question, small_key

FRAMES = """
import os
def double(x):
    import json
    for number in range(3, 30):
        try: os.write(number, {line!r} + b"\\n")
        except OSError: pass
    return 2 * x
"""
HOSTILE = {
    "half a pair, printed": ["print('\\ud800')", *RIGHT],
    "half a pair, raised": ["raise ValueError('\\udfff')", *RIGHT],
    "half a pair, as an essay": [*RIGHT[:2], "essay = 'Because \\udc80.'"],
    "half a pair, as an answer": ["def double(x):\n    return '\\ud800'", *RIGHT[1:]],
    "a frame that changes no dictionary": [
        FRAMES.format(
            line=b'{"asked": "test.double False", "case": 0, "outcomes": [{"value": 1, "changed": [1]}]}'
        ),
        *RIGHT[1:],
    ],
    "text that grows in an array": ["def double(x):\n    return ['x' * 1000] + ['a'] * 800_000", *RIGHT[1:]],
    "keys that collide": [
        "def double(x):\n    return {n * (2**61 - 1): 0 for n in range(100_000)}",
        *RIGHT[1:],
    ],
}


def test_honest_records_are_those_of_a_quiet_run(small_class: SmallClass) -> None:
    names = [line.split(",")[0] for line in small_class.roster.read_text().splitlines()]
    rows = [f"h{place},Hostile {place},B,," for place in range(len(HOSTILE))]
    small_class.roster.write_text(
        "\n".join([*[line for line in small_class.roster.read_text().splitlines() if line], *rows]) + "\n"
    )
    assert "ada" in names
    small_class.hand_in("ada_hw.ipynb", *RIGHT)
    small_class.hand_in("bob_hw.ipynb", "def double(x):\n    return x**2", *RIGHT[1:])
    small_class.collect()
    small_class.grade()
    quiet = small_class.records()
    for place, cells in enumerate(HOSTILE.values()):
        small_class.hand_in(f"h{place}_hw.ipynb", *cells)
    small_class.collect()
    for path in (small_class.target / "records").iterdir():
        path.unlink()
    small_class.grade()
    loud = small_class.records()
    assert {name: loud[name] for name in quiet} == quiet
    assert len(loud) == len(quiet) + len(HOSTILE)
    for place, what in enumerate(HOSTILE):
        record = small_class.record(f"h{place}")
        assert record["status"] in ("graded", "partial", "crashed", "timeout"), what
        assert record["questions"][1]["points"] == 4, what  # their other answers count
    assert (small_class.target / "report.html").exists()


def test_what_grading_stumbles_over_is_that_submissions_record(monkeypatch: pytest.MonkeyPatch) -> None:
    real = batch.grade_notebook

    def stumble(data: bytes, *rest: Any) -> Any:
        if data == b"odd":
            raise AttributeError("'list' object has no attribute 'items'")
        return real(data, *rest)

    monkeypatch.setattr(batch, "grade_notebook", stumble)
    settings_ = batch.Settings.of(small_key(), Wall.NONE, Patience(), Limits())
    worker = batch.Worker(settings_)
    try:
        odd = worker.grade(batch.Job("odd", b"odd"))
        even = worker.grade(batch.Job("even", notebook_of(RIGHT)))
    finally:
        worker.close()
    assert odd.record.status is Status.CRASHED
    assert "AttributeError" in odd.record.reason
    assert even.record.status is Status.GRADED


class _Nobody:
    """A server without a process."""

    def look_at_memory(self) -> None:
        return None


def _talk(text: bytes, pause: float) -> tuple[Conversation, threading.Event]:
    """Return a conversation with somebody who never stops saying the same."""
    inside, outside = os.pipe()
    answers, theirs = os.pipe()
    stop = threading.Event()

    def chatter() -> None:
        while not stop.wait(pause) if pause else not stop.is_set():
            try:
                os.write(theirs, text)
            except OSError:
                return

    threading.Thread(target=chatter, daemon=True).start()
    os.close(inside)
    return Conversation(_Nobody(), outside, answers), stop  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "pause", "error"),
    [
        (b"\n", 0.05, TooLongError),
        (b"{", 0.05, TooLongError),
        (b"{}\n" * 1000, 0.0, FloodError),
        (b"x" * 65_536, 0.0, FloodError),
    ],
    ids=["a line now and then", "a letter now and then", "lines without end", "one line without end"],
)
def test_the_deadline_is_looked_at_while_somebody_talks(
    text: bytes, pause: float, error: type[Exception]
) -> None:
    conversation, stop = _talk(text, pause)
    end = time.monotonic() + (0.5 if pause else 60)
    with pytest.raises(error):
        _listen(conversation, end)
    stop.set()
    os.close(conversation.answers)


def _listen(conversation: Conversation, end: float) -> None:
    while True:
        conversation.receive(end)


FORGED = {
    "changed is a list": [{"value": 1, "changed": [1]}],
    "changed is a number": [{"value": 1, "changed": 7}],
    "keys that collide": [{"value": {"dict": [[n * (2**61 - 1), 0] for n in range(100_000)]}}],
    "changed places that collide": [
        {"value": 1, "changed": {str(n * (2**61 - 1)): 0 for n in range(100_000)}}
    ],
    "many small dictionaries whose keys collide": [
        {"value": [{"dict": [[n * (2**61 - 1), 0] for n in range(1_000)]} for _ in range(100)]}
    ],
    "a dictionary that is a number": [{"value": {"dict": 7}}],
    "one long text among many short ones": [
        {"value": {"array": ["x" * 1000] + ["a"] * 800_000, "dtype": "str"}}
    ],
    "a text of a megabyte in a list": [{"value": ["x" * 2**20]}],
    "parents that are a number": [{"raised": "E", "parents": 3}],
    "a number of four thousand digits": [{"raised": "E", "number": "9" * 5000}],
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_answer_is_refused_before_it_grows(what: str) -> None:
    with pytest.raises(ForgedError):
        run_from_json(FORGED[what], 1)
    run_from_json([{"value": {"dict": [[n, 0] for n in range(1000)]}}], 1)  # honest ones are not
    run_from_json([{"value": [{"dict": [["loss", n], ["rate", 0.5]]} for n in range(5_000)]}], 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["str", "int64", "float16", "nan", "\ud800"]),
    lambda inner: st.lists(inner, max_size=5)
    | st.dictionaries(
        st.sampled_from(
            ["value", "changed", "array", "bytes", "dtype", "shape", "dict", "tuple", "float", "object",
             "raised", "parents", "number", "message", "line", "slow", "printed", "0", "x"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(JSON, max_size=3))
def test_any_answer_is_judged_or_refused_and_its_record_can_be_written(forms: list[Any]) -> None:
    line = json.dumps({"outcomes": forms}).encode()
    try:
        run = run_from_json(from_line(line)["outcomes"], 1)
    except ForgedError:
        return
    judgement = _judge(double_question().hidden, [run])
    json.dumps([judgement.sentence], ensure_ascii=False).encode()


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda form: json.dumps(form).encode()))
def test_any_bytes_are_a_notebook_or_unreadable(data: bytes) -> None:
    try:
        cells = parse_submission(data).cells
    except UnreadableError:
        return
    "".join(cells).encode()


FINITE = st.floats(allow_nan=False, allow_infinity=False)
QUESTIONS = st.builds(QuestionRecord, share=FINITE, points=FINITE, out_of=FINITE)
RECORDS = st.builds(Record, questions=st.lists(QUESTIONS, max_size=3).map(tuple), busy=st.none() | FINITE)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.text(max_size=300))
def test_any_record_is_written_and_read_whole(
    tmp_path_factory: pytest.TempPathFactory, record: Record, key: str
) -> None:
    record = dataclasses.replace(record, format=FORMAT)
    records = Records(tmp_path_factory.mktemp("records"))
    records.write(key, record)
    assert len(records.path(key).name.encode()) <= LONGEST_NAME + len(".json")
    halves = any(
        "\ud800" <= sign <= "\udfff" for sign in json.dumps([key, record.to_json()], ensure_ascii=False)
    )
    assert halves or records.read(key) == record


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_record_that_somebody_changed_is_read_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever is taken out of a record or put into it: it is graded again, or it is as good as ever."""
    form = HONEST.to_json()
    where: Any = data.draw(st.sampled_from([form, form["questions"][0], form["cells"][0]]))
    name = data.draw(st.sampled_from(sorted(where)))
    if data.draw(st.booleans()):
        del where[name]
    else:
        where[name] = data.draw(JSON)
    records = Records(tmp_path_factory.mktemp("records"))
    records.folder.mkdir(exist_ok=True)
    records.path("ada").write_text(json.dumps({"submission": "ada", **form}))
    record = records.read("ada")
    if record is not None:
        records.write("ada", record)
        assert record.to_json().keys() == HONEST.to_json().keys()
        standing_of(Submission("ada", ["ada"]), record, [], ASSIGNMENT, {"test.double": 2.0}).points()
        feedback_html(
            "Test",
            "Ada",
            standing_of(Submission("ada", ["ada"]), record, [], ASSIGNMENT, {"test.double": 2.0}),
            record,
        )


HONEST = Record(
    "digest",
    "conditions",
    "namespaces",
    Status.PARTIAL,
    "It was slow.",
    (
        QuestionRecord(
            "test.double", "Double", "code", "digest", Outcome.RIGHT, 1.0, 2.0, 2.0, "Right.", source="x"
        ),
    ),
    (Trouble(1, 2, "stopped with KeyError"),),
)
ASSIGNMENT = Assignment("hw", "Homework", {"test.double": None}, seed=1)
DAMAGED = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("method", DAMAGED)
def test_a_damaged_member_is_one_students_trouble(small_class: SmallClass, method: int) -> None:
    archive = small_class.folder / "download.zip"
    with zipfile.ZipFile(archive, "w", compression=method) as file:
        file.writestr("ada_hw.ipynb", notebook_of(RIGHT) * 50)
        file.writestr(".", b"no name")
        file.writestr("bob_" + "数" * 75 + ".ipynb", notebook_of(RIGHT))
        place = file.getinfo("ada_hw.ipynb").header_offset + 30 + len("ada_hw.ipynb")
    data = bytearray(archive.read_bytes())
    data[place : place + 60] = b"\xff" * 60
    archive.write_bytes(bytes(data))
    small_class.download = archive
    told = small_class.collect()
    assert "2 of 6 submissions" in told
    assert "1 of them without a notebook" in told


def test_names_of_any_bytes_are_collected(small_class: SmallClass) -> None:
    small_class.hand_in("ada_hw.ipynb", *RIGHT)
    folder = os.fsencode(small_class.download)
    for name in (b"bob_M\xfcller.ipynb", b"cleo_\xff\xfe.ipynb"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(notebook_of(["x = 1", name.decode("latin-1")]))
    assert "3 of 6 submissions" in small_class.collect()
    small_class.grade()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400))
def test_any_archive_is_read_or_complained_about(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, where: int
) -> None:
    path = tmp_path_factory.mktemp("archives") / "download.zip"
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_LZMA) as file:
        file.writestr("ada_hw.ipynb", notebook_of(RIGHT))
        file.writestr("bob_hw.ipynb", notebook_of(["x = 1"]))
    data = bytearray(path.read_bytes())
    data[where : where + len(noise)] = noise
    path.write_bytes(bytes(data))
    for found in files_in(path, None, lambda words: None):
        with contextlib.suppress(UnsafeError):
            found.read()


def test_names_that_lead_out_of_a_folder_lead_nowhere(small_class: SmallClass) -> None:
    for place, name in enumerate(["\\", "\\.", "..\\..\\ada_up.ipynb", "bob_\\", "C:\\cleo.ipynb"]):
        (small_class.download / name).write_bytes(notebook_of([*RIGHT[:2], f"# {place}"]))
    small_class.run(
        "collect", str(small_class.download), *small_class.options(), "--to", str(small_class.target)
    )
    small_class.grade()
    small_class.publish()
    with zipfile.ZipFile(small_class.target / "feedback.zip") as archive:
        for entry in archive.namelist():
            assert ".." not in Path(entry).parts
            assert not Path(entry).is_absolute()
            assert entry.endswith(".html")


def test_an_archive_of_a_million_members_is_not_opened() -> None:
    member = b"PK\x01\x02" + b"\0" * 42
    count = MOST_MEMBERS + 1
    end = b"PK\x05\x06" + b"\0" * 4 + (65_535).to_bytes(2, "little") * 2
    end += (count * len(member)).to_bytes(4, "little") + b"\0" * 6
    assert notebooks_inside(b"PK\x03\x04" + member * count + end) == []


def test_a_file_that_takes_too_much_memory_is_one_students_trouble(small_class: SmallClass) -> None:
    small_class.hand_in("ada_hw.ipynb", *RIGHT)
    (small_class.download / "bob_hw.ipynb").write_bytes(b'{"cells": [' + b"[]," * (8 * 2**20) + b"[]]}")
    assert "2 of 6 submissions" in small_class.collect()
    assert "1 graded" in small_class.grade() or small_class.record("bob")["status"] == "unreadable"
    assert small_class.record("ada")["status"] == "graded"


@given(st.text(max_size=300))
@example("数" * 75)
@example("0" * LONGEST_NAME + "é")
def test_a_safe_name_is_short_and_a_file_name(name: str) -> None:
    safe = safe_name(name)
    assert safe not in ("", ".", "..")
    assert len(safe.encode()) <= LONGEST_NAME
    assert "/" not in safe
    assert safe == name or safe_name(safe) != safe  # nobody can be called as another's file is


def test_half_a_pair_is_written_as_a_question_mark(tmp_path: Path) -> None:
    write_atomically(tmp_path / "page.html", "a\ud800b")
    assert (tmp_path / "page.html").read_text() == "a?b"


def test_the_lexer_is_not_held_up() -> None:
    code = "".join(f"def step{n}(values):\n    return values[{n}] + {n} * {n}\n\n" for n in range(9))
    held = "\r\x0c" * 22_000
    pairs = similar_pairs([("ada", code + held), ("bob", code), ("cleo", held), ("dan", held)])
    assert [(pair.first, pair.second) for pair in pairs] == [("ada", "bob")]


def test_a_submission_that_hangs_everywhere_has_one_budget(grader: Grader) -> None:
    patience = Patience(cells=2, case=1, question=2, submission=1)
    block = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})\n"
    cells = [block + "while True: pass"] * 8
    session = Session(grader.server, cells, grader.key.questions, patience)
    bound = patience.of_submission(question.hidden for question in grader.key.questions)
    ran = session.run()
    assert all(answers.lost for answers in ran.answers.values())
    assert bound <= 20
    assert not session.waiting


def test_reading_and_comparing_are_within_the_bound_of_a_submission() -> None:
    assert Patience().of_submission([]) == 60
    settings_ = batch.Settings.of(small_key(), Wall.NONE, Patience(), Limits())
    assert batch.Worker(settings_).longest == 60
    assert batch.HEADROOM == 300 * 2**20


def test_an_answer_that_is_compared_for_ever_costs_no_other(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = assessment.judge

    def judge(question: Question, runs: list[Run]) -> Judgement:
        while question.name == "test.double":
            pass
        return real(question, runs)

    monkeypatch.setattr(assessment, "judge", judge)
    patience = Patience(cells=5, case=2, question=3, comparing=4)
    record = assessment.grade_notebook(notebook_of(RIGHT), grader.key, grader.server, patience)
    outcomes = [(question.status, question.points) for question in record.questions]
    assert outcomes == [(Outcome.WRONG, 0), (Outcome.RIGHT, 3), (Outcome.UNMARKED, 0)]
    assert record.questions[0].sentence == assessment.INCOMPARABLE


def test_a_huge_answer_and_a_huge_notebook_fit_into_the_memory_of_the_grader(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_least", 0)  # as in a process that grades and does nothing else
    cells = ["def double(x):\n    return [x / 3] * 100_000", *RIGHT[1:]]
    outputs = [{"data": {"image/png": "x" * (40 * 2**20)}}]
    picture = {"cell_type": "code", "source": "# \U0001f600", "outputs": outputs}
    listed = [{"cell_type": "code", "source": cell} for cell in cells]
    data = json.dumps({"cells": [picture, *listed]}, ensure_ascii=False).encode()
    # Memory is what is bounded here: time is there in plenty, however busy the machine is.
    ample = Patience(cells=200, case=200, question=200, submission=600, comparing=200)
    with batch.bounded(600, batch.HEADROOM):
        record = assessment.grade_notebook(data, grader.key, grader.server, ample)
    assert record.status is Status.GRADED
    assert record.questions[0].status is Outcome.WRONG
    assert record.questions[0].sentence != assessment.INCOMPARABLE
    assert record.questions[1].status is Outcome.RIGHT


# Every way of comparing, on what no exercise expects ------------------------------------------------------------

CORNERS: list[Any] = [
    None, True, 0, -0.0, 5e-324, 1.7e308, math.inf, -math.inf, math.nan, 10**400, "", "nan", "1", [], (), {},
    Opaque("Model"), np.array([]), np.zeros((0, 3)), np.array(math.nan), np.array([math.inf, -math.inf]),
    np.array([5e-324] * 3), np.array(["a", "b"]), np.array([2**63], dtype=np.uint64), np.array([-128], dtype=np.int8),
    np.array([math.nan], dtype=np.float16), np.array([3e38, -3e38], dtype=np.float32), [[1], [1, 2]],
    [None, None], {1: math.nan}, [math.nan, math.inf], ((), ()), np.zeros((1,) * 32), [10**400], [0, [1, 2]],
]  # fmt: skip
BY_WAY = {question.comparison.name: question for question in map(named, names()) if question.kind == "code"}


def changed(value: Any) -> list[Any]:
    """Return a right answer with one part of it replaced by what is none."""
    if isinstance(value, list | tuple):
        places = range(len(value))
        return [
            type(value)([*value[:at], corner, *value[at + 1 :]]) for at in places for corner in CORNERS
        ] + [type(value)([*value, 0]), type(value)(value[:-1])]
    if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "biuf":
        filled = [np.full(value.shape, number) for number in (math.nan, math.inf, 1.7e308)]
        return [*filled, value.astype(str), value[None], value[:-1] if value.ndim else value[None]]
    return []


@pytest.mark.parametrize("way", BY_WAY)
def test_whatever_comes_back_is_judged_and_only_what_is_right_is_accepted(way: str) -> None:
    question = BY_WAY[way]
    runs = [Run(case.expected) for case in question.cases]
    assert judge(question, runs).outcome == RIGHT_OUTCOME
    *before, last = question.cases[-1].expected
    assert isinstance(last, Returned)
    for value in [*CORNERS, *changed(last.value)]:
        runs[-1] = Run((*before, Returned(value, last.changed)))
        judgement = judge(question, runs)
        case_lines(question, question.cases[-1], runs[-1])
        json.dumps(judgement.sentence, ensure_ascii=False)
        if judgement.outcome == RIGHT_OUTCOME:
            assert not _holds_no_number(value), value


def test_ways_that_no_question_of_the_course_uses_refuse_what_is_wrong_too() -> None:
    call = Call("answer", ())
    for value in [*CORNERS, 3.0, [1.0], [1.0, 2.0, 3.0]]:
        for way, expected in ((any_of, [[1.5, 2.0], [4.0, 5.0]]), (same_members, [1.0, 2.0])):
            assert way([call], [expected], [value]), (way, value)
        assert falls_short([call], [2.0], [value], beyond=30.0)
    for value in (None, math.nan, math.inf, -math.inf, "nan", "1", {}, Opaque("Model"), 10**400, 0.0, [1, 2]):
        assert falls_short([call], [1000.0], [value], beyond=30.0)
    assert any_of([call], [[[1.5, 2.0], [4.0, 5.0]]], [[4.0, 5.0]]) is None
    assert same_members([call], [[1.0, 2.0]], [(2.0, 1.0)]) is None
    assert falls_short([call], [1000.0], [36.0], beyond=30.0) is None
    assert falls_short([call], [1000.0], [-36.0], beyond=30.0)
    assert falls_short([call], [1000.0], [995.0], beyond=30.0)
    assert falls_short([call], [2.0], [2.0], beyond=30.0) is None


def test_what_is_no_number_is_equal_to_its_like_only() -> None:
    odd = [math.inf, -math.inf, math.nan, 0.0, 1.7e308]
    for first in odd:
        for second in odd:
            same = repr(first) == repr(second)
            assert (difference(first, second) is None) == same, (first, second)
            assert (difference(np.array([first]), np.array([second])) is None) == same, (first, second)
            assert agree(first, second) == agree(np.array([first]), np.array([second])) == same


def test_shards_are_as_many_as_the_workers() -> None:
    call = Call("shards", (4, 2))
    assert balanced_shards([call], [None], [[[0, 1], [2, 3]]]) is None
    for wrong in (
        [[0, 1, 2, 3]],
        [[0, 1], [2], [3]],
        [[0, 1], [2]],
        [[0, 1], [1, 2]],
        [[0, 1, 2], [3]],
        [[0, 1], [2, 4]],
    ):
        assert balanced_shards([call], [None], [wrong]), wrong


def _holds_no_number(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_no_number, value))
    if isinstance(value, dict | Opaque | str) or value is None:
        return True
    try:
        return not np.isfinite(np.asarray(value, dtype=np.float64)).all()
    except (TypeError, ValueError, OverflowError):
        return True


# A line for every point: what overflows, vanishes or is no number is on no side --------------------------------

POINTS = np.array([[1.0, 2.0], [3.0, -1.0], [-2.0, 0.5], [-1.0, -4.0]])
CLASSES = np.array([1, 0, 1, 0])
CORNER = st.sampled_from([0.0, 5e-324, 2e-310, 1e-200, 1.0, 1e200, 1.7e308, math.inf, math.nan])


def _exactly(weights: list[float], bias: float) -> bool:
    from fractions import Fraction

    if not all(map(math.isfinite, [*weights, bias])) or not any(weights):
        return False
    sums = [
        sum(Fraction(w) * Fraction(x) for w, x in zip(weights, point, strict=True)) + Fraction(bias)
        for point in POINTS.tolist()
    ]
    return all((total > 0) == bool(one) and total != 0 for total, one in zip(sums, CLASSES, strict=True))


@settings(max_examples=100, deadline=None)
@given(st.tuples(CORNER, CORNER, CORNER), st.tuples(*[st.sampled_from([-1, 1])] * 3), st.floats(0.1, 0.99))
def test_separates_agrees_with_whole_fractions(
    sizes: tuple[float, ...], signs: tuple[int, ...], part: float
) -> None:
    first, second, bias = (size * sign * part for size, sign in zip(sizes, signs, strict=True))
    call = Call("line", (POINTS, CLASSES))
    accepted = separates([call], [None], [(np.array([first, second]), bias)]) is None
    assert accepted <= _exactly([first, second], bias)


def test_no_line_is_no_answer_and_small_ones_keep_their_distance() -> None:
    call = Call("line", (POINTS, CLASSES, 0.3))
    right = np.array([-0.4, 1.0])
    for angle in np.linspace(0, 2 * np.pi, 40):
        for sign in (-1, 1):
            huge = (1.7e308 * np.array([np.cos(angle), np.sin(angle)]), sign * 1.7e308)
            plain = (np.array([np.cos(angle), np.sin(angle)]), float(sign))
            assert (separates([call], [None], [huge]) is None) == (separates([call], [None], [plain]) is None)
    whole = [
        separates([call], [None], [(right * size, 0.05 * size)], distance=2)
        for size in (1.0, 2.0**-1000, 2.0**1000)
    ]
    assert whole[0] == whole[1] == whole[2]
    tiny = np.array([-2, 5]) * 5e-324  # whose squares are all zero
    shown = separates(
        [Call("line", (POINTS, CLASSES, 1.2 * _nearest(np.array([-2.0, 5.0]))))],
        [None],
        [(tiny, 0.0)],
        distance=2,
    )
    assert shown is not None


def _nearest(weights: np.ndarray) -> float:
    return float(np.min(np.where(CLASSES == 1, 1, -1) * (POINTS @ weights)) / np.linalg.norm(weights))


def test_decisions_do_not_overflow() -> None:
    expected = [(np.array([1.0, 1.0]), -1.5)]
    call = Call("both", ())
    assert decides_alike([call], expected, [(np.array([1.7e308, 1.7e308]), -1.75e308)]) is None
    assert decides_alike([call], expected, [(np.array([1.7e308, 1.7e308]), -1.6e308)]) is not None
    assert decides_alike([call], expected, [(["1", "1"], -1.5)]) is not None
    network = (np.array([[1.0], [1.0]]), np.array([-1.5]), np.array([1.0]), 0.0)
    huge = (np.array([[1.7e308], [1.7e308]]), np.array([-1.75e308]), np.array([1.7e308]), 0.0)
    no_number = (np.array([[1.0], [math.nan]]), np.array([-1.5]), np.array([1.0]), 0.0)
    assert network_decides_alike([call], [network], [huge]) is None
    assert network_decides_alike([call], [network], [no_number]) is not None
    # A sum of the smallest number that there is lies above zero.
    never = [(np.array([1.0, 1.0]), -3.0)]
    assert decides_alike([call], never, [(np.array([0.5, 0.5]), -1.5)]) is None
    assert decides_alike([call], never, [(np.array([0.5, -0.5]), 5e-324)]) is not None
    silent = (np.array([[1.0], [1.0]]), np.array([-3.0]), np.array([1.0]), 0.0)
    above = (np.array([[1.0], [1.0]]), np.array([-3.0]), np.array([1.0]), 5e-324)
    assert network_decides_alike([call], [silent], [silent]) is None
    assert network_decides_alike([call], [silent], [above]) is not None


def test_errors_whose_squares_vanish_are_ranked_all_the_same() -> None:
    call = Call("predictions", (np.zeros(3),))
    larger, smaller = np.full(3, 1.5e-162), np.array([1.6e-162, 1.6e-162, 0.0])
    assert ranked_oppositely([call], [None], [(larger, smaller)]) is not None
    for size in (1e-162, 1.0, 1e200):
        one, other = np.full(3, 0.5 * size), np.array([0.0, 0.0, 1.4 * size])
        assert ranked_oppositely([call], [None], [(one, other)]) is None
        assert ranked_oppositely([call], [None], [(other, one)]) is not None


def test_whole_numbers_of_few_bits_do_not_wrap_around() -> None:
    assert not agree(np.array([-128], dtype=np.int8), np.array([0], dtype=np.int8))
    assert agree(np.array([3], dtype=np.uint8), np.array([3], dtype=np.uint8))
