# ruff: noqa: E501 - tables, one line each
"""Reading what strangers wrote: a message up to its last permitted byte, a record, people's marks."""

import dataclasses
import gc
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from course_lib.exercises.running import Raised, Returned, TooSlow, outcome_to_json
from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.grading.intake.collect import Submission, Version
from course_lib.workshop.grading.marks import standing
from course_lib.workshop.grading.marks.standing import (
    Change,
    HandMark,
    Known,
    QuestionMark,
    Standing,
    changes,
    penalty_share,
    read_hand_marks,
    standing_of,
    write_hand_marks,
)
from course_lib.workshop.grading.sandbox import protocol
from course_lib.workshop.grading.sandbox.protocol import (
    ForgedError,
    from_line,
    number,
    run_from_json,
    texts,
    to_line,
)
from course_lib.workshop.grading.storage.forms import from_form
from course_lib.workshop.grading.storage.records import (
    Outcome,
    QuestionRecord,
    Record,
    Records,
    Status,
    Trouble,
)
from course_lib.workshop.grading.storage.tables import TableError

# Messages -------------------------------------------------------------------------------------------------------


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def refused(forms: Any, calls: int = 1) -> str:
    """Return why an answer is refused, an empty text where it is not."""
    try:
        run_from_json(forms, calls)
    except ForgedError as error:
        return str(error)
    return ""


FORGED: list[tuple[Any, str]] = [
    (None, "a case has an outcome for each of its calls"),
    ([], "a case has an outcome for each of its calls"),
    ({"value": 1}, "a case has an outcome for each of its calls"),
    ([{"value": 1}] * 3, "a case has an outcome for each of its calls"),
    ([{"value": 1}], "a case ends only where a call does not return"),
    ([{"raised": "E"}, {"value": 1}], "a case ends at the first call that does not return"),
    ([{"slow": True}, {"slow": True}], "a case ends at the first call that does not return"),
    ([{"value": 1}, {}], "no outcome: ValueError"),
    ([{"value": 1}, 3], "no outcome: ValueError"),
    ([{"value": 1}, {"raised": "E", "parents": 3}], "no outcome: TypeError"),
    ([{"value": 1}, {"value": deep(90)}], "nested too deep"),
    ([{"value": 1}, {"value": "x" * 200_001}], ""),
    ([{"value": 1}, {"value": ["x" * 200_001]}], "a text that is longer than any answer's"),
    ([{"value": 1}, {"value": {"tensor": {"array": [1]}}}], "an argument's marker is no answer"),
    ([{"value": 1}, {"value": {"given": "os"}}], "an argument's marker is no answer"),
    ([{"value": 1}, {"value": [{"result": 0}]}], "an argument's marker is no answer"),
    ([{"value": 1}, {"value": {"generator": 0}}], "an argument's marker is no answer"),
    ([{"value": 1}, {"value": {"variable": {"array": [1]}}}], "an argument's marker is no answer"),
    ([{"value": 1}, {"value": {"array": [1], "dtype": "object"}}], "no dtype of numbers, booleans or text"),
    ([{"value": 1}, {"value": {"array": [1], "dtype": "<U9"}}], "no dtype of numbers, booleans or text"),
    ([{"value": 1}, {"value": {"array": [1], "dtype": []}}], "no dtype of numbers, booleans or text"),
    ([{"value": 1}, {"value": {"dict": 3}}], "a dictionary of more keys than any answer has"),
    ([{"value": 1}, {"value": {"dict": [[n, 0] for n in range(2_001)]}}], "a dictionary of more keys than any answer has"),
    ([{"value": 1}, {str(n): 0 for n in range(2_001)}], "an object of more keys than any answer has"),
    ([{"value": 1}, {"value": {"bytes": "", "shape": 3}}], "no shape of an array"),
    ([{"value": 1}, {"value": {"bytes": "", "shape": [0] * 33}}], "no shape of an array"),
    ([{"value": 1}, {"value": {"bytes": "", "shape": [True]}}], "no shape of an array"),
    ([{"value": 1}, {"value": {"bytes": "", "shape": ["0"]}}], "no shape of an array"),
    ([{"value": 1}, {"value": {"bytes": "", "shape": [-1, 0]}}], "no shape of an array"),
    ([{"value": 1}, {"value": {"bytes": "", "shape": [1_100_001]}}], "no shape of an array"),
    ([{"value": 1}, {"value": [0] * 1_100_000}], "too many values"),
    ([{"value": 1}, {"value": {"array": ["x" * 1_000] + ["a"] * 7_000, "dtype": "str"}}], "texts that take more room than any answer"),
    ([{"value": 1}, {"value": {"array": [["x" * 1_000], ["a"] * 7_000], "dtype": "str"}}], "texts that take more room than any answer"),
]  # fmt: skip


@pytest.mark.parametrize(("forms", "words"), FORGED, ids=map(str, range(len(FORGED))))
def test_why_an_answer_is_refused(forms: Any, words: str) -> None:
    assert refused(forms, 2) == words


FITTING: list[Any] = [
    deep(89),
    {"dict": [[n, 0] for n in range(1_400)]},
    {"tuple": [{"dict": [[n, 0] for n in range(600)]}] * 10},
    {"bytes": "", "shape": [0] * 32},
    ["x" * 200_000],
    [0] * 1_000_000,
    {"array": ["x" * 1_000] + ["a"] * 6_200, "dtype": "str"},
    {"array": [1.5], "dtype": "float32"},
    {"array": [True], "dtype": "bool"},
]


@pytest.mark.parametrize("place", range(len(FITTING)))
def test_what_just_fits_is_read(place: int) -> None:
    assert refused([{"value": FITTING[place]}]) == ""


def test_steps_of_colliding_keys_are_counted_together() -> None:
    def many(count: int, keys: int) -> list[Any]:
        return [{"value": [{"dict": [[n, 0] for n in range(keys)]} for _ in range(count)]}]

    assert refused(many(15, 500)) == ""
    assert refused(many(17, 500)) == "too many values"
    assert refused([{"value": [{str(n): 0 for n in range(1_500)} for _ in range(2)]}]) == "too many values"


@pytest.mark.parametrize(
    "outcome",
    [
        Raised("ShapesDiffer", "(2,) and (3,)", "raise ShapesDiffer(p, t)", 7, ("ValueError", "Exception")),
        TooSlow("while True:", 3),
        Returned((1.5, None, "a", [True]), {0: [2], 3: {"k": 1}}),
    ],
)
def test_what_an_honest_process_sends_arrives_whole(outcome: Raised | TooSlow | Returned) -> None:
    (read,) = run_from_json(json.loads(json.dumps([outcome_to_json(outcome)])), 1).outcomes
    assert outcome_to_json(read) == outcome_to_json(outcome)


def test_texts_are_cut_to_what_an_honest_process_sends() -> None:
    long: dict[str, Any] = {"raised": "K" * 90, "message": "m" * 1_100, "line": "l" * 400, "number": 7}
    long["parents"] = ["P" * 90] * 30
    cut = Raised("K" * 80, "m" * 1_000, "l" * 300, 7, ("P" * 80,) * 20)
    assert run_from_json([long], 1).outcomes == (cut,)
    assert run_from_json([{"slow": True, "line": "l" * 400, "number": 7}], 1).outcomes == (
        TooSlow("l" * 300, 7),
    )
    (returned,) = run_from_json([{"value": [1.5], "changed": {"1": [2]}}], 1).outcomes
    assert isinstance(returned, Returned)
    assert (returned.value, returned.changed) == ([1.5], {1: [2]})
    assert len(run_from_json([{"value": 1}, {"raised": "E"}], 3).outcomes) == 2
    assert len(run_from_json([{"value": 1}, {"value": 2}], 2).outcomes) == 2


def test_a_line_is_a_message_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert to_line({"a": [1, "é"]}) == b'{"a":[1,"\\u00e9"]}\n'
    for line, words in (
        (b"[]", "a message is a JSON object"),
        (b"{", "not JSON: JSONDecodeError"),
        (b"[" * 200_000, "not JSON: RecursionError"),
        (b"9" * 5_000, "not JSON: ValueError"),
    ):
        with pytest.raises(ForgedError, match=f"^{words}$"):
            from_line(line)
        assert gc.isenabled()
    assert from_line(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}
    assert from_line(b'{"a": "\\uD800x", "\\udfff": "\xff"}') == {"a": "?x", "?": "\ufffd"}
    seen: list[bool] = []
    real = json.loads
    monkeypatch.setattr(protocol.json, "loads", lambda text: (seen.append(gc.isenabled()), real(text))[1])
    from_line(b"{}")
    assert seen == [False]  # collecting garbage is off while it is read


def test_texts_and_numbers_of_a_stranger() -> None:
    assert texts(["a", 3, "b" * 9, "c"], 3, 4) == ["a", "bbbb"]
    assert texts(("a",)) == []
    assert len(texts(["x" * 600] * 200)) == 100
    assert {len(text) for text in texts(["x" * 600] * 200)} == {500}
    assert [number(one) for one in (0, 5, 10**9 - 1, 10**9, -1, True, 1.0, "1", None)] == [
        0,
        5,
        10**9 - 1,
        0,
        0,
        0,
        0,
        0,
        0,
    ]


# Forms ----------------------------------------------------------------------------------------------------------


class Colour(StrEnum):
    RED = "red"


@dataclass
class Part:
    name: str
    size: float | None


@dataclass
class Whole:
    parts: list[Part]
    both: tuple[int, ...]
    sizes: dict[str, float]
    colour: Colour
    when: datetime
    fine: bool


WHOLE = {
    "parts": [{"name": "a", "size": None}, {"name": "b", "size": 2}],
    "both": [1, 2],
    "sizes": {"k": 1.5},
    "colour": "red",
    "when": "2026-10-14T23:59:00+00:00",
    "fine": True,
}


def test_a_form_becomes_what_it_was_and_nothing_else() -> None:
    whole = from_form(Whole, {**WHOLE, "more": 3})
    when = datetime(2026, 10, 14, 23, 59, tzinfo=UTC)
    assert whole == Whole([Part("a", None), Part("b", 2)], (1, 2), {"k": 1.5}, Colour.RED, when, True)
    assert type(whole.both) is tuple
    assert type(whole.colour) is Colour


@pytest.mark.parametrize(
    ("name", "odd", "words"),
    [
        ("parts", 3, "no list: 3"),
        ("parts", {"a": 1}, "no list: {'a': 1}"),
        ("parts", [3], f"no {Part}: 3"),
        ("parts", [{"name": "a"}], "size is missing"),
        ("parts", [{"name": 3, "size": 1.0}], "no str: 3"),
        ("parts", [{"name": "a", "size": "big"}], "no float: big"),
        ("parts", [{"name": "a", "size": True}], "no float: True"),
        ("parts", [{"name": "a", "size": float("inf")}], "no float: inf"),
        ("both", "12", "no list: 12"),
        ("both", [1.5], "no int: 1.5"),
        ("both", [True], "no int: True"),
        ("sizes", [["k", 1.5]], "no object: [['k', 1.5]]"),
        ("sizes", {"k": None}, "no float: None"),
        ("colour", "blue", "'blue' is not a valid Colour"),
        ("when", 3, "no date: 3"),
        ("when", "soon", "Invalid isoformat string: 'soon'"),
        ("fine", 1, "no bool: 1"),
        ("fine", "x" * 200, "no bool: " + "x" * 80),
        ("parts", "x" * 200, "no list: " + "x" * 80),
        ("sizes", "x" * 200, "no object: " + "x" * 80),
        ("when", ["x" * 200], "no date: ['" + "x" * 78),
        ("parts", ["x" * 200], f"no {Part}: " + "x" * 80),
    ],
)
def test_a_form_that_is_another_is_told(name: str, odd: Any, words: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its words are looked at
        from_form(Whole, {**WHOLE, name: odd})
    assert str(caught.value) == words
    with pytest.raises(ValueError, match=f"^{name} is missing$"):
        from_form(Whole, {key: value for key, value in WHOLE.items() if key != name})


# Records --------------------------------------------------------------------------------------------------------

ANSWER = QuestionRecord("test.a", "A", "code", "d", Outcome.RIGHT, 1.0, 2.0, 2.0, "Right.", imports=("os",))
ESSAY = QuestionRecord("test.b", "B", "text", "d", Outcome.UNMARKED, 0.0, 0.0, 3.0, "For a person.")
RECORD = Record("n", "c", "none", Status.GRADED, "", (ANSWER, ESSAY), (Trouble(1, 2, "x"),), "é", 1.5)


def test_a_record_is_written_for_its_owner_and_read_by_its_key(tmp_path: Path) -> None:
    records = Records(tmp_path / "records")
    assert records.read("ada") is None
    records.write("ada", RECORD)
    path = tmp_path / "records" / "ada.json"
    assert records.path("ada") == path
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text(encoding="utf-8")
    assert (
        text
        == json.dumps({"submission": "ada", "format": 2, **RECORD.to_json()}, indent=1, ensure_ascii=False)
        + "\n"
    )
    assert records.read("ada") == RECORD
    path.rename(tmp_path / "records" / "bob.json")
    assert records.read("bob") is None  # it is somebody else's
    records.write("ada", RECORD)
    assert list(records.each(["ada", "bob", "cleo"])) == [("ada", RECORD), ("bob", None), ("cleo", None)]
    for text in ("", "[]", "{}", "[" * 100_000, '{"submission": "bob"}', "\udcff"):
        records.path("bob").write_text(text, errors="surrogateescape")
        assert records.read("bob") is None
    with pytest.raises(ValueError, match=r"^a record of format 1$"):
        Record.from_json({**RECORD.to_json(), "format": 1})


# People's marks -------------------------------------------------------------------------------------------------

DUE = datetime(2026, 10, 14, 23, 59, tzinfo=UTC)
HOMEWORK = Assignment(
    "hw", "Homework", {"test.a": None, "test.b": None}, seed=1, grace_minutes=15, penalty_per_day=0.25
)
WORTH = {"test.a": 2.0, "test.b": 3.0}
KNOWN = Known(
    {"k1": "k1", "ada": "k1", "adalovelace": "k1"},
    {"test.a": "test.a", "saywhy": "test.b", "test.b": "test.b"},
    WORTH,
)


def table(folder: Path, *rows: str, header: str = "submission,question,points,keys,comment,by") -> Path:
    (folder / "marks.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


def test_marks_are_read_by_name(tmp_path: Path) -> None:
    assert read_hand_marks(tmp_path) == {}
    table(
        tmp_path,
        "Ada Lovelace,Say why,2.5,cause, Good. ,me",
        "ada,test.a,,,Look.,",
        'k1,,"0,5",,,',
        "k1,penalty,5,,,",
        "k1,excused,,,,",
        "k1,,1,,,",
    )
    assert read_hand_marks(tmp_path, KNOWN) == {
        "k1": [
            HandMark("k1", "test.b", 2.5, "cause", "Good.", "me"),
            HandMark("k1", "test.a", None, "", "Look.", ""),
            HandMark("k1", "", 0.5),
            HandMark("k1", "penalty", 5.0),
            HandMark("k1", "excused", None),
            HandMark("k1", "", 1.0),
        ]
    }
    assert list(read_hand_marks(tmp_path)) == ["Ada Lovelace", "ada", "k1"]
    table(tmp_path, "k1,test.a,0", "k1,test.b,3", header="submission,question,points")
    assert [mark.points for mark in read_hand_marks(tmp_path, KNOWN)["k1"]] == [0, 3]
    table(tmp_path, "k1,test.a,1", header="submission,question,points")
    assert read_hand_marks(tmp_path) == {"k1": [HandMark("k1", "test.a", 1.0)]}
    assert read_hand_marks(tmp_path, KNOWN)["k1"][0].comment == ""


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("k1,test.a,x", "line 2: 'x' is no number of points."),
        ("k1,test.a,inf", "line 2: 'inf' is no number of points."),
        ("k1,test.a,nan", "line 2: 'nan' is no number of points."),
        ("k1,test.a,2.5", "line 2: 2.5 points for test.a are not from 0 to 2."),
        ("k1,test.a,-1", "line 2: -1 points for test.a are not from 0 to 2."),
        ("k1,penalty,5.5", "line 2: 5.5 points for penalty are not from 0 to 5."),
        ("k1,test.c,1", "line 2: there is no question 'test.c'. Do you mean 'test.b'?"),
        ("k1,zzzzzzzz,1", "line 2: there is no question 'zzzzzzzz'."),
        ("adda,test.a,1", "line 2: there is no submission or student 'adda'. Do you mean 'k1'?"),
        (
            "k1,test.a,1\nada,test.a,2",
            "line 3: test.a of k1 was marked in line 2 already. Keep one of the two.",
        ),
    ],
)
def test_a_row_that_cannot_be_meant_is_told(tmp_path: Path, row: str, words: str) -> None:
    table(tmp_path, row, header="submission,question,points")
    with pytest.raises(TableError) as caught:
        read_hand_marks(tmp_path, KNOWN)
    assert str(caught.value) == f"{tmp_path / 'marks.csv'}, {words}"


def test_a_table_without_its_columns_is_told(tmp_path: Path) -> None:
    table(tmp_path, "k1", header="submission")
    with pytest.raises(TableError) as caught:
        read_hand_marks(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'marks.csv'} has no column points, question."


def test_marks_come_back_as_they_were_written(tmp_path: Path) -> None:
    marks = [HandMark("k1", "test.a", 1.5, "c", "=So", "me"), HandMark("k2", "", None)]
    write_hand_marks(tmp_path, marks)
    assert (tmp_path / "marks.csv").stat().st_mode & 0o777 == 0o600
    assert read_hand_marks(tmp_path) == {"k1": marks[:1], "k2": marks[1:]}
    header = (tmp_path / "marks.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "submission,question,points,keys,comment,by"


def handed_in(time: datetime | None = DUE, problem: str = "") -> Submission:
    submission = Submission("k1", ["ada"])
    if time is not None:
        version = Version("file", "file", "file", time.isoformat(), 0.0, "digest")
        submission.versions.append(dataclasses.replace(version, problem=problem))
    return submission


def test_a_mark_is_what_was_computed_what_people_gave_and_the_penalty() -> None:
    late = DUE + timedelta(days=1, hours=1)
    by_hand = [
        HandMark("k1", "test.b", 2.5, comment="Good."),
        HandMark("k1", "", 0.25, comment="Well."),
        HandMark("k1", "", -0.5),
        HandMark("k1", "test.a", None, comment="Look."),
        HandMark("k1", "", None),
    ]
    told = standing_of(handed_in(late), RECORD, by_hand, HOMEWORK, WORTH, DUE)
    assert told.submission == "k1"
    assert told.questions == (
        QuestionMark("test.a", 2.0, 2.0, Outcome.RIGHT, by_hand[3]),
        QuestionMark("test.b", 2.5, 3.0, Outcome.MARKED, by_hand[0]),
    )
    assert (told.raw, told.out_of, told.penalty, told.adjustment) == (4.5, 5.0, 2.25, -0.25)
    assert told.final == 2.0
    assert (told.status, told.reason, told.comments) == (Status.GRADED, "", ("Well.",))
    assert told.late_minutes == 25 * 60
    assert told.waiting == ()
    assert told.counts
    assert told.points() == {"test.a": 2.0, "test.b": 2.5, "raw": 4.5, "final": 2.0}
    given = standing_of(
        handed_in(late), RECORD, [HandMark("k1", "penalty", 1.0, comment="Ill.")], HOMEWORK, WORTH, DUE
    )
    assert (given.penalty, given.raw, given.final, given.comments) == (1.0, 2.0, 1.0, ("Ill.",))
    assert given.waiting == ("test.b",)
    kept = standing_of(handed_in(late), RECORD, [HandMark("k1", "penalty", None)], HOMEWORK, WORTH, DUE)
    assert kept.penalty == 1.0
    none = standing_of(handed_in(late), RECORD, [HandMark("k1", "penalty", 0.0)], HOMEWORK, WORTH, DUE)
    assert none.penalty == 0.0
    excused = standing_of(
        handed_in(), RECORD, [HandMark("k1", "excused", None, comment="Moved.")], HOMEWORK, WORTH, DUE
    )
    assert (excused.status, excused.comments, excused.penalty) == (Status.EXCUSED, ("Moved.",), 0.0)
    assert not excused.counts


def test_where_there_is_no_record_it_is_said_why() -> None:
    nobody = standing_of(handed_in(None), None, [], HOMEWORK, WORTH, DUE)
    assert (nobody.status, nobody.reason, nobody.counts) == (Status.MISSING, "Nothing was handed in.", False)
    assert [(mark.points, mark.status) for mark in nobody.questions] == [(0.0, Outcome.MISSING)] * 2
    assert nobody.late_minutes == 0
    waiting = standing_of(handed_in(), None, [], HOMEWORK, WORTH, DUE)
    assert waiting.reason == "It is not graded yet."
    spoken = standing_of(handed_in(None), None, [HandMark("k1", "test.a", 1.0)], HOMEWORK, WORTH, DUE)
    assert (spoken.counts, spoken.raw) == (True, 1.0)
    unreadable = dataclasses.replace(RECORD, status=Status.UNREADABLE, reason="No notebook.")
    assert (
        standing_of(handed_in(problem="Too large."), unreadable, [], HOMEWORK, WORTH).reason == "Too large."
    )
    assert standing_of(handed_in(), unreadable, [], HOMEWORK, WORTH).reason == "No notebook."
    slow = dataclasses.replace(RECORD, status=Status.PARTIAL, reason="Slow.")
    assert standing_of(handed_in(problem="Too large."), slow, [], HOMEWORK, WORTH).reason == "Slow."


def test_a_mark_is_never_below_nothing_and_rounded_once() -> None:
    marks = (QuestionMark("a", 1 / 3, 1.0, Outcome.WRONG), QuestionMark("b", 0.1, 1.0, Outcome.WRONG))
    told = Standing("k", marks, penalty=0.2)
    assert told.final == round(1 / 3 + 0.1 - 0.2, 6)
    assert told.points() == {"a": 0.333333, "b": 0.1, "raw": 0.433333, "final": 0.233333}
    assert Standing("k", marks, penalty=5.0).final == 0.0
    assert Standing("k", marks, adjustment=1.0).final == 1.433333
    assert not Standing("k", marks).counts
    assert Standing("k", marks, status=Status.CRASHED).counts
    for days, share in ((0, 0.0), (0.5, 0.25), (1.5, 0.5), (9, 1.0)):
        assert penalty_share(HOMEWORK, DUE + timedelta(days=days), DUE) == share
    assert penalty_share(HOMEWORK, DUE + timedelta(minutes=15), DUE) == 0
    assert penalty_share(HOMEWORK, None, DUE) == 0
    third = standing_of(
        handed_in(DUE + timedelta(hours=1)),
        RECORD,
        [],
        dataclasses.replace(HOMEWORK, penalty_per_day=1 / 3),
        WORTH,
        DUE,
    )
    assert third.penalty == 0.666667


def test_what_would_change_of_what_was_published() -> None:
    marks = (QuestionMark("a", 1.0, 2.0, Outcome.RIGHT), QuestionMark("b", 0.5, 2.0, Outcome.RIGHT))
    one = Standing("k1", marks, status=Status.GRADED)
    before = {"a": 2.0, "raw": 1.0, "final": 1.5 + 1e-10}
    found = changes({"k1": before, "k3": {"a": 0.0}}, [Standing("k2", marks), one])
    assert found == [Change("k1", "a", 2.0, 1.0), Change("k1", "raw", 1.0, 1.5)]
    assert [change.lowered for change in found] == [True, False]
    assert not Change("k1", "a", 1.0, 1.0).lowered
    assert standing.WHOLE == ("", "penalty", "excused")
