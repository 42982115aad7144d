"""Tables that leave the house: gradebooks, sheets for assistants, the platforms' own exports."""

import contextlib
import csv
import io
import warnings
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.workshop.grading.intake.collect import Collection, Submission, Version
from course_lib.workshop.grading.intake.deadline import is_to_come, late_days
from course_lib.workshop.grading.intake.roster import Roster, Student, read_roster
from course_lib.workshop.grading.intake.times import read_times
from course_lib.workshop.grading.marks.gradebook import fill_in
from course_lib.workshop.grading.marks.sheets import Answer, code_of, merge_sheets, write_sheets
from course_lib.workshop.grading.marks.standing import (
    HandMark,
    read_hand_marks,
    write_hand_marks,
)
from course_lib.workshop.grading.scoring import similarity
from course_lib.workshop.grading.scoring.similarity import Group, Pair, groups_of, similar_pairs
from course_lib.workshop.grading.storage.tables import TableError, read_table, to_csv
from tests.workshop.grading.questions import small_key

STUDENTS = [
    Student("u1", "Jane Doe", email="jane@x.example", login="1001"),
    Student("u2", "Bob, Robert", login="1002"),
    Student("u3", "Zoë O'Neil", login="1003"),
]


def a_class() -> tuple[Collection, dict[str, float]]:
    def version(student: Student) -> Version:
        return Version("f", "f", "f", "", 0.0, "d", participant=f"77{student.login}", by=student.id)

    submissions = [Submission(student.id, [student.id], [version(student)]) for student in STUDENTS]
    return Collection(submissions, STUDENTS, []), {"u1": 9.0, "u2": 7.25, "u3": 0.0}


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (4711),Homework 10 (4712),Final Score\r\n"
    "    Points Possible,,,,,10,10,(read only)\r\n"
    '"Doe, Jane",1001,u1,jane,"A, B",,5,\r\n'
    '"Bob, Robert",1002,u2,bob,A,3,,\r\n'
    '"Nobody, New",1099,u99,new,A,,,\r\n'
    '"Student, Test",,,,A,,,\r\n'
)
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\r\n"
    "Participant 771001,Jane Doe,jane@x.example,Submitted,,10.00,\r\n"
    "Participant 771003,Somebody Else,z@x.example,Submitted,,10.00,\r\n"
)
GRADES = (
    "First name,Surname,ID number,Email address,Assignment: Homework 1 (Real),Course total (Real)\r\n"
    "Jane,Doe,,,-,-\r\nZoë,O'Neil,u3,,-,-\r\n"
)


def filled(tmp_path: Path, text: str, **more: Any) -> tuple[list[list[str]], tuple[str, ...]]:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8", newline="")
    collection, published = a_class()
    comments = dict.fromkeys(published, "Well, done")
    table = fill_in(path, "Homework 1", collection, published, 10, comments, **more)
    assert path.read_bytes() == text.encode()
    return list(csv.reader(io.StringIO(table.text, newline=""))), table.left


def test_the_gradebook_of_canvas(tmp_path: Path) -> None:
    rows, unknown = filled(tmp_path, CANVAS)
    before = list(csv.reader(io.StringIO(CANVAS, newline="")))
    assert [row[5] for row in rows] == ["Homework 1 (4711)", "10", "9", "7.25", "", ""]
    assert [row[:5] + row[6:] for row in rows] == [row[:5] + row[6:] for row in before]
    assert unknown == ("Nobody, New: not in this class; the row stays as it was.",)


def test_the_worksheet_of_moodle(tmp_path: Path) -> None:
    rows, unknown = filled(tmp_path, WORKSHEET)
    assert [(row[4], row[6]) for row in rows[1:]] == [("9", "Well, done"), ("0", "Well, done")]
    assert not unknown


def test_the_grades_of_moodle(tmp_path: Path) -> None:
    rows, _ = filled(tmp_path, GRADES)
    assert [row[4] for row in rows[1:]] == ["9", "0"]


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no column called 'Homework 1'"):
        filled(tmp_path, CANVAS.replace("Homework 1 ", "Essay "))
    rows, _ = filled(tmp_path, CANVAS, column="Homework 10 (4712)")
    assert rows[2][6] == "9"


@pytest.mark.parametrize("most", ["nan", "inf", "-5", "1e999", "(read only)"])
@pytest.mark.parametrize("scale", [False, True])
def test_points_that_are_none_scale_nothing(tmp_path: Path, most: str, scale: bool) -> None:
    rows, _ = filled(tmp_path, WORKSHEET.replace("10.00", most), scale=scale)
    assert [row[4] for row in rows[1:]] == ["9", "0"]


def test_no_comment_is_a_formula_for_a_platform_either(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(WORKSHEET)
    collection, published = a_class()
    table = fill_in(path, "", collection, published, 10, dict.fromkeys(published, "=1+1;=2"))
    assert "'=1+1;'=2" in table.text


TIMES = "id,name,time\nu1,Jane Doe,2026-10-12 23:59\nu2,Bob,12 October 2026 5:00 PM\n"
ROSTER = "id,name,section,group,due,email\nu1,Jane Doe,A,,2026-10-14,\nu2,Bob,A,reds,2026-10-14 12:00,\n"
MARKS = "submission,question,points,keys,comment,by\nu1,,1,,x,y\nu2,penalty,2,,,\n"
GRADESCOPE = ":one:\n  :created_at: 2026-10-12 10:00\n  :submitters:\n  - :name: Jane Doe\n    :sid: u1\n"
BITS = [
    "\n", "\r", "\r\n", ",", ";", "\t", '"', "'", "\0", "\ufeff", "=1", "nan", "inf", "-5", "1e999", "-",
    "2026-10-14", "0001-01-01", "9999-12-31 23:59", "24:00", "Points Possible", "Grade", "ID", "id", "name",
    "time", "Maximum Grade", "u1", "é", "9" * 500, "[", "{", "&a [*a]", "!!python/tuple [1]",
    "12.13.2026", "+99:99",
]  # fmt: skip
EDITS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 40), st.sampled_from(["", *BITS])), min_size=1, max_size=6
)


def edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    for place, count, put in edits:
        start = place % (len(text) + 1)
        text = text[:start] + put + text[start + count :]
    return text


@settings(max_examples=60, deadline=None)
@given(EDITS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]), st.sampled_from([None, UTC]))
def test_any_table_of_a_platform_is_read_or_complained_about(
    tmp_path_factory: pytest.TempPathFactory,
    edits: list[tuple[int, int, str]],
    encoding: str,
    zone: tzinfo | None,
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    collection, published = a_class()
    roster = Roster(collection.students)
    now = datetime.now(UTC)

    def fill(path: Path) -> None:
        for scale in (False, True):
            fill_in(path, "Homework 1", collection, published, 10, dict.fromkeys(published, "x"), scale=scale)

    def tell(path: Path) -> None:
        for known in (roster, None):
            for time in read_times(path, known, zone).values():
                is_to_come(time)
                late_days(time, now, 1)

    def list_students(path: Path) -> None:
        for student in read_roster(path, zone).students:
            late_days(now, student.due, 1)

    tables = [(CANVAS, fill), (WORKSHEET, fill), (GRADES, fill), (TIMES, tell), (GRADESCOPE, tell)]
    for text, read in [*tables, (ROSTER, list_students), (MARKS, lambda path: read_hand_marks(path.parent))]:
        path = folder / ("marks.csv" if text is MARKS else "table.yml" if text is GRADESCOPE else "table.csv")
        path.write_bytes(edited(text, edits).encode(encoding, errors="replace"))
        with contextlib.suppress(TableError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a zone that the reader of dates does not know
            read(path)


TEXTS = st.text(max_size=30).filter(lambda text: "\r" not in text and "\0" not in text)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_no_field_is_a_formula_and_none_is_lost(rows: list[tuple[str, str]]) -> None:
    text = to_csv(("a", "b"), [{"a": one, "b": other} for one, other in rows])
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1:]
    assert len(read) == len(rows)
    for line, row in zip(read, rows, strict=True):
        for field, original in zip(line, row, strict=True):
            assert field in (original, f"'{original}")
            if field.lstrip(" ").startswith(("=", "@")):
                raise AssertionError(field)


@pytest.mark.parametrize(
    "evil",
    [
        '=HYPERLINK("http://x")',
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\r=1",
        "\uff1d1",
        "\uff20A1",
        "\uff0b1",
    ],
)
def test_formulas_are_shown_not_computed(evil: str) -> None:
    (row,) = pd.read_csv(io.StringIO(to_csv(("a",), [{"a": evil}])), keep_default_na=False)["a"]
    assert row.startswith("'")


def test_numbers_stay_numbers() -> None:
    text = to_csv(("a", "b", "c"), [{"a": -1.5, "b": 3, "c": "-2"}])
    assert text.splitlines()[1] == "-1.5,3,-2"


def test_marks_by_hand_come_back_as_they_were(tmp_path: Path) -> None:
    marks = [
        HandMark("u1", "test.essay", 2.5, "cause", 'He said "yes",\nthen no', "kim"),
        HandMark("u1", "", -1.0, "", "=late", "kim"),
        HandMark("u2", "penalty", 0.0, "", "ill", "kim"),
    ]
    write_hand_marks(tmp_path, marks)
    read = [mark for listed in read_hand_marks(tmp_path).values() for mark in listed]
    assert read == marks


# Free texts ---------------------------------------------------------------------------------------


def test_free_texts_are_split_anonymous_and_merged(tmp_path: Path) -> None:
    key = small_key()
    students = [f"student{number}" for number in range(10)]
    answers = [Answer(name, "test.essay", f"=cmd of nobody {place}") for place, name in enumerate(students)]
    sheets, _ = write_sheets(tmp_path, key, answers, ["kim", "lee"], 5)
    assert [path.name for path in sheets] == ["test.essay-kim.csv", "test.essay-lee.csv"]
    given: dict[str, float] = {}
    for sheet in sheets:
        text = sheet.read_text()
        assert "student" not in text
        header, rows = read_table(sheet)
        assert len(rows) == 5
        assert all(row["answer"].startswith("'=") for row in rows)
        for place, row in enumerate(rows):
            row[header[2]] = "x" if place % 2 else "1,5"
            row["comment"] = "good" if place else ""
            given[row["code"]] = 2 if place % 2 else 1.5
        sheet.write_text(to_csv(header, rows))
    marks, problems = merge_sheets(sheets, key, students, 5, [])
    assert not problems
    assert {code_of(mark.submission, mark.question, 5): mark.points for mark in marks} == given
    assert {mark.by for mark in marks} == {"kim", "lee"}
    assert all(mark.keys == "cause" for mark in marks)
    again, problems = merge_sheets(sheets, key, students, 5, marks)
    assert again == marks
    assert not problems


def test_two_marks_for_one_answer_are_named_and_the_first_stays(tmp_path: Path) -> None:
    key = small_key()
    (sheet,), _ = write_sheets(tmp_path, key, [Answer("s", "test.essay", "text")], ["kim"], 5)
    sheet.write_text(sheet.read_text().replace("text,,,,", "text,,x,,"))
    known = [HandMark("s", "test.essay", 3.0, "cause example", "", "lee"), HandMark("s", "", 1.0)]
    marks, problems = merge_sheets([sheet], key, ["s"], 5, known)
    assert marks == known
    assert "marked already, with 3.0 points by lee" in problems[0]


@pytest.mark.parametrize("entry", ["many", "9", "-1", "nan"])
def test_a_mark_that_cannot_be_is_named_with_its_line(tmp_path: Path, entry: str) -> None:
    key = small_key()
    (sheet,), _ = write_sheets(tmp_path, key, [Answer("s", "test.essay", "text")], ["kim"], 5)
    sheet.write_text(sheet.read_text().replace("text,,,,", f"text,{entry},,,"))
    with pytest.raises(TableError, match="line 2"):
        merge_sheets([sheet], key, ["s"], 5, [])


def test_a_comment_alone_is_no_zero(tmp_path: Path) -> None:
    key = small_key()
    (sheet,), _ = write_sheets(tmp_path, key, [Answer("s", "test.essay", "text")], ["kim"], 5)
    sheet.write_text(sheet.read_text().replace("text,,,,", "text,,,,ask Lee"))
    (mark,), problems = merge_sheets([sheet], key, ["s"], 5, [])
    assert (mark.points, mark.comment) == (None, "ask Lee")
    assert "line 2" in problems[0]
    assert "it waits" in problems[0]


# Similar code -------------------------------------------------------------------------------------

STUB = "def train(inputs, targets):\n    weights = np.zeros(inputs.shape[1])\n    return weights\n"


def solution(number: int) -> str:
    """Return code that nobody else has."""
    lines = [
        f"    step_{number}_{line} = compute_{(number * 31 + line * 17) % 97}({line * number})"
        for line in range(9)
    ]
    orders = lines[number % 5 :] + lines[: number % 5]
    ways = ["for", "while", "with", "if", "try"]
    return STUB + f"def helper_{number}():\n    # {ways[number % 5]}\n" + "\n".join(orders) + "\n"


COPIED = """
def clever(points, rate):
    total = sum(rate ** index * point for index, point in enumerate(points) if point > 0)
    while total > 1 and points:
        total, points = total / 2, points[1:]
    return {"total": total, "left": len(points), "odd": [p for p in points if p % 2]}
def unusual(text):
    return "".join(sorted(set(text.lower()) - set("aeiou"), key=lambda letter: -ord(letter)))[::2]
"""


def test_a_copy_with_new_names_is_found() -> None:
    renamed = COPIED.replace("total", "amount").replace("points", "values").replace("clever", "smart")
    sources = [("a", STUB + COPIED), ("b", STUB + renamed), ("c", STUB + "x = 1\n" * 3)]
    (pair,) = similar_pairs(sources, [STUB])
    assert {pair.first, pair.second} == {"a", "b"}
    assert pair.share > 0.9


def test_hundreds_of_copies_are_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "COMMON_SHARE", 1.0)  # as if the class were ten times as large
    renamed = COPIED.replace("total", "amount").replace("points", "values")
    copies = [(f"copy{number:04}", STUB + (COPIED, renamed)[number % 2]) for number in range(600)]
    groups = groups_of(similar_pairs([*copies, *((f"own{n}", solution(n)) for n in range(9))], [STUB]))
    assert [len(group.members) for group in groups] == [600]


def test_pairs_that_share_a_member_are_one_group() -> None:
    pairs = [Pair("a", "b", 0.9, 60), Pair("d", "e", 1.0, 60), Pair("b", "c", 0.7, 60)]
    assert groups_of(pairs) == [Group(("a", "b", "c"), 0.7), Group(("d", "e"), 1.0)]


def test_what_was_given_and_what_all_wrote_is_no_evidence() -> None:
    assert not similar_pairs([("a", STUB * 9), ("b", STUB * 9)], [STUB * 9])
    assert not similar_pairs([(f"s{number}", STUB + COPIED) for number in range(30)], [STUB])
