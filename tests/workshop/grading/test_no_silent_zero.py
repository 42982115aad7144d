"""Ways in which a whole class got no marks without a word: platforms' files, commands as given."""

import csv
import io
import json
import os
import re
import shutil
import unicodedata
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.grading.intake import deadline
from course_lib.workshop.grading.intake.collect import Collection, Collector, names_defined
from course_lib.workshop.grading.intake.columns import number_in, places, slips
from course_lib.workshop.grading.intake.roster import Roster, Student, read_roster
from course_lib.workshop.grading.intake.times import read_times
from course_lib.workshop.grading.storage.tables import TableError, read_table
from tests.workshop.grading.conftest import RIGHT, SmallClass, notebook_of

ZONE = ZoneInfo("Europe/Zurich")
DUE = datetime(2026, 10, 12, 23, 59, tzinfo=ZONE)
ASSIGNMENT = Assignment("hw1", "Homework 1", {}, 1, due=DUE, penalty_per_day=1.0)


def put(path: Path, number: int, when: datetime = DUE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook_of([f"x = {number}"]))
    os.utime(path, (when.timestamp(), when.timestamp()))


def gathered(tmp_path: Path, roster: Roster | None = None) -> Collection:
    return Collector(tmp_path / "class", ASSIGNMENT, roster).collect([tmp_path / "in"])


# File times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["s{0}.ipynb", "s{0}/hw1.ipynb", "s{0} - hw1.ipynb", "s_{0}_{0}_hw1.ipynb"], ids=repr
)
def test_copied_after_the_date_makes_nobody_late(tmp_path: Path, name: str) -> None:
    for number in range(55):
        put(tmp_path / "in" / name.format(number), number, DUE + timedelta(days=5, seconds=number))
    collection = gathered(tmp_path)
    assert len(collection.submissions) == 55
    assert collection.late(0) == {}
    assert any("does not say when a file was handed in" in line for line in collection.notices)


def test_times_around_the_date_are_those_of_handing_in(tmp_path: Path) -> None:
    for number in range(40):
        put(tmp_path / "in" / f"s{number}.ipynb", number, DUE + timedelta(minutes=number - 30))
    assert list(gathered(tmp_path).late(0).values()) == [float(minutes) for minutes in range(9, 0, -1)]


def test_more_than_a_third_late_stops_and_writes_nothing(
    small_class: SmallClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "TOMORROW", timedelta(days=5_000))  # as if the year were over
    for number, name in enumerate(("ada", "bob", "cleo", "dan", "eve")):
        path = small_class.hand_in(f"{name}_hw.ipynb", *RIGHT, str(number))
        when = datetime(2030, 10, 10 + 5 * (number > 1), 12, tzinfo=ZONE).timestamp()
        os.utime(path, (when, when))
    said = small_class.collect(succeed=False)
    assert re.search(r"Dan Dare: [\d,]+ minutes late", said)
    assert re.search("(?s)Nothing was written down.*--late count", said)
    assert not (small_class.target / "collected.json").exists()
    assert "Nobody is taken for late" in small_class.collect("--late", "ignore")


def test_the_platforms_table_says_when(tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path / "in" / f"Kim {number}_7{number}_assignsubmission_file_hw.ipynb", number)
    table = tmp_path / "worksheet.csv"
    table.write_text(
        "Kennung,Vollständiger Name,Zuletzt geändert (Abgabe)\n"
        '"Teilnehmer/in70",Kim 0,"Montag, 12. Oktober 2026, 23:58"\n'
        '"Teilnehmer/in71",Kim 1,"Dienstag, 13. Oktober 2026, 01:59"\n'
        '"Teilnehmer/in72",Kim 2,-\n'
    )
    times = read_times(table, None, ZONE)
    assert times == {"70": DUE - timedelta(minutes=1), "71": DUE + timedelta(hours=2)}
    collection = Collector(tmp_path / "class", ASSIGNMENT, None, times=times).collect([tmp_path / "in"])
    assert collection.late(0) == {"Kim 1": 120.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-12 23:59", DUE),
        ("2026-10-12T21:59:00Z", DUE),
        ("Monday, 12 October 2026, 11:59 PM", DUE),
        ("12.10.2026 23:59", DUE),
        ("Montag, 12. Oktober 2026, 23:59", DUE),
    ],
)
def test_times_as_platforms_write_them(tmp_path: Path, text: str, expected: datetime) -> None:
    (tmp_path / "times.csv").write_text(f'id;time\nada;"{text}"\n')
    assert read_times(tmp_path / "times.csv", None, ZONE) == {"ada": expected}


def test_gradescopes_own_file(tmp_path: Path) -> None:
    (tmp_path / "submission_metadata.yml").write_text(
        "submission_1:\n  :submitters:\n  - :name: Ada Lovelace\n    :sid: '17'\n    :email: a@x.example\n"
        "  :created_at: 2026-10-12 21:59:00.000000000 Z\n"
    )
    roster = Roster([Student("17", "Ada Lovelace")])
    assert read_times(tmp_path / "submission_metadata.yml", roster, ZONE) == {"17": DUE}


def test_moodles_worksheet_is_the_roster_and_the_times_at_once(small_class: SmallClass) -> None:
    text = small_class.assignment.read_text().replace("2030-10-12", "2025-10-12")
    small_class.assignment.write_text(text)
    small_class.roster.write_text(
        "Identifier,Full name,Status,Grade,Last modified (submission)\n"
        'Participant 1,Ada Lovelace,x,,"Sunday, 12 October 2025, 11:00 PM"\n'
        'Participant 2,Bob B,x,,"Monday, 13 October 2025, 11:59 PM"\n'
        "Participant 3,Cleo C,x,,-\n"
    )
    for name in ("Ada Lovelace_1", "Bob B_2"):
        small_class.hand_in(f"{name}_assignsubmission_file/hw1.ipynb", *RIGHT, f"# {name}")
    said = small_class.collect("--late", "count")
    assert "Bob B: 1,440 minutes late" in said
    assert "Ada Lovelace: " not in said


@pytest.mark.parametrize(
    "status",
    [
        "Submitted for grading - Extension granted until: Wednesday, 14 October 2026, 11:59 PM",
        "Zur Bewertung abgegeben - Erweiterung der Abgabe möglich bis: Mittwoch, 14. Oktober 2026, 23:59",
    ],
)
def test_more_time_in_moodle_is_the_student_s(tmp_path: Path, status: str) -> None:
    (tmp_path / "worksheet.csv").write_text(
        f'Identifier,Full name,Status,Grade\nParticipant 7,Ada Lovelace,"{status}",\nParticipant 8,Bob B,x,\n'
    )
    roster = read_roster(tmp_path / "worksheet.csv", ZONE)
    assert [one.due for one in roster.students] == [datetime(2026, 10, 14, 23, 59, tzinfo=ZONE), None]
    (tmp_path / "worksheet.csv").write_text(
        "Identifier,Full name,Status,Grade\nParticipant 7,Ada,Extension granted until: soon,\n"
    )
    with pytest.raises(TableError, match="line 2"):
        read_roster(tmp_path / "worksheet.csv", ZONE)


@pytest.mark.parametrize("table", ["id,when\nada,2026-10-12\n", "id,time\nada,soon\n", "id,time\nzoe,\n"])
def test_a_table_without_times_is_refused(tmp_path: Path, table: str) -> None:
    (tmp_path / "times.csv").write_text(table)
    with pytest.raises(TableError):
        read_times(tmp_path / "times.csv", None, ZONE)


# A second collect ---------------------------------------------------------------------------------


def test_collecting_again_adds_and_loses_nobody(small_class: SmallClass) -> None:
    small_class.usual()
    small_class.collect()
    small_class.grade()
    small_class.publish()
    shutil.rmtree(small_class.download)
    small_class.download.mkdir()
    small_class.hand_in("eve_hw.ipynb", *RIGHT)
    said = small_class.run("collect", str(small_class.download), "--to", str(small_class.target))
    assert "6 of 6 submissions" in said
    assert "1 graded" in small_class.grade()
    assert "1 new marks, 4 known ones" in small_class.publish()
    assert "5 files were there already" not in said


def test_replacing_is_said(small_class: SmallClass) -> None:
    small_class.usual()
    small_class.collect()
    for path in small_class.download.glob("*"):
        if not path.name.startswith("ada"):
            path.unlink()
    assert "1 files were there already" in small_class.collect()
    assert "1 of 6 submissions" in small_class.collect("--replace")


@pytest.mark.parametrize("source", ["nosuch", "empty"])
def test_a_source_without_files_fails_and_changes_nothing(small_class: SmallClass, source: str) -> None:
    (small_class.folder / "empty").mkdir()
    arguments = ["collect", str(small_class.folder / source), *small_class.options()]
    fresh = small_class.run(*arguments, "--to", str(small_class.folder / "fresh"), succeed=False)
    assert "does not exist" in fresh or "Nothing of anybody was found" in fresh
    assert not (small_class.folder / "fresh" / "collected.json").exists()


def test_the_folder_remembers_its_assignment(small_class: SmallClass) -> None:
    small_class.usual()
    small_class.collect()
    other = small_class.folder / "hw2.yml"
    other.write_text(small_class.assignment.read_text().replace("Homework 1", "Homework 2"))
    for command in (["grade"], ["publish"], ["marks", "split"]):
        target = [str(small_class.target)] + (["kim"] if command[0] == "marks" else [])
        said = small_class.run(*command, *target, "--assignment", str(other), succeed=False)
        assert "was collected for 'Homework 1'" in said
    assert "5 graded" in small_class.run("grade", str(small_class.target), "--workers", "1", "--seconds", "1")


# Who is who ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Kim Lee_7{0}_assignsubmission_file_hw.ipynb", "leekim_7{0}_99{0}_hw.ipynb"], ids=repr
)
def test_two_people_of_one_name_are_two(tmp_path: Path, name: str) -> None:
    for number in range(2):
        put(tmp_path / "in" / name.format(number), number)
    assert [len(item.versions) for item in gathered(tmp_path).submissions] == [1, 1]
    known = Roster([Student(f"s{number}", "Kim Lee", participant=f"7{number}") for number in range(2)])
    shutil.rmtree(tmp_path / "class")
    assert {item.key: len(item.versions) for item in gathered(tmp_path, known).submissions} == {
        "s0": 1,
        "s1": 1,
    }
    shutil.rmtree(tmp_path / "class")
    without = gathered(tmp_path, Roster([Student("s0", "Kim Lee"), Student("s1", "Kim Lee")]))
    assert sum("2 in the roster are called" in line and "(s0, s1)" in line for line in without.notices) == 2
    shutil.rmtree(tmp_path / "class")
    alone = gathered(tmp_path, Roster([Student("s0", "Kim Lee")]))
    assert [len(item.versions) for item in alone.submissions] == [1], "two people's files were one person's"
    assert any("two people called Kim Lee" in line for line in alone.notices)


def test_the_worksheet_and_the_gradebook_are_rosters(tmp_path: Path) -> None:
    moodle = tmp_path / "moodle.csv"
    moodle.write_text(
        "﻿Identifier,Full name,ID number,Grade\nParticipant 70,Kim Lee,s0,\nParticipant 71,Kim Lee,s1,\n"
    )
    assert {one.participant: one.id for one in read_roster(moodle).students} == {"70": "s0", "71": "s1"}
    canvas = tmp_path / "canvas.csv"
    canvas.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (3)\n    Points Possible,,,,,10\n"
        '"Lee, Kim",70,s0,kim,A,\n"Student, Test",99,,x,A,\n'
    )
    (kim,) = read_roster(canvas).students
    assert (kim.id, kim.participant, kim.login) == ("s0", "70", "kim")


@pytest.mark.parametrize(
    ("column", "meant"), [("deu", "due"), ("sectoin", "section"), ("emial", "email"), ("grup", "group")]
)
def test_a_slip_in_a_roster_is_named(tmp_path: Path, column: str, meant: str) -> None:
    (tmp_path / "roster.csv").write_text(f"id,name,{column}\nada,Ada,x\n")
    with pytest.raises(TableError, match=f"Did you mean '{meant}'"):
        read_roster(tmp_path / "roster.csv")


@given(
    st.lists(
        st.sampled_from(["id", "name", "due", "points", "note", "tutor", "credits", "pronouns"]), unique=True
    )
)
def test_other_columns_are_no_slips(header: list[str]) -> None:
    assert slips(header) == {}
    assert set(places(header)) == {"id", "name", "due"} & set(header)


def test_moodles_numbers_are_read_in_any_language() -> None:
    assert {number_in(text) for text in ("Participant 70", "Teilnehmer/in70", "70")} == {"70"}


# Which file counts --------------------------------------------------------------------------------


def test_the_notebook_with_the_answers_counts(small_class: SmallClass) -> None:
    work = small_class.hand_in("ada/hw1.ipynb", *RIGHT)
    scratch = small_class.hand_in("ada/scratch.ipynb", "print(1)", "double = None")
    os.utime(work, (1e9, 1e9))
    os.utime(scratch, (1.1e9, 1.1e9))
    assert "hw1.ipynb counts; kept beside it: scratch.ipynb" in small_class.collect()
    said = small_class.collect("--choose", "ada=scratch.ipynb")
    assert "scratch.ipynb counts" in said
    assert "scratch.ipynb counts" in small_class.collect(), "the choice was forgotten"
    assert "there are:" in small_class.collect("--choose", "ada=other.ipynb", succeed=False)


def test_a_clone_is_read_without_its_history(small_class: SmallClass) -> None:
    for number in range(60):
        put(small_class.download / "ada" / ".git" / "objects" / f"{number:02}" / "x", number)
        put(small_class.download / "ada" / "node_modules" / f"{number}.js", number)
    for number in range(40):
        (small_class.download / "ada" / f"notes{number}.txt").write_text(f"note {number}")
    small_class.hand_in("ada/zz_hw1.ipynb", *RIGHT)
    assert "zz_hw1.ipynb counts" in small_class.collect()


def test_names_are_found_however_they_are_defined() -> None:
    cells = [
        "def one(x):\n    inside = 3",
        "class Two:\n    pass",
        "three = 3",
        "async def four(): pass",
        "x.y = 1",
    ]
    assert {"one", "Two", "three", "four"} <= names_defined(notebook_of(cells))
    assert not {"inside", "y"} & names_defined(notebook_of(cells))


def packed(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


HAND_OUT = ["def double(x):\n    ...", "def largest(values):\n    ...", "essay = ..."]
FULL, EARLIER, SIDE = map(notebook_of, (RIGHT, [HAND_OUT[0], *RIGHT[1:]], ["x = 1"]))
OLD_STATE = ".ipynb_checkpoints/hw-checkpoint.ipynb"
# What is handed in under which name, by whom, and which notebook of it counts.
# ruff: noqa: E501 the table reads in rows
NAMED: dict[str, tuple[dict[str, bytes], str]] = {
    "Zo\u00eb N\u00fa\u00f1ez": ({unicodedata.normalize("NFD", "Zo\u00eb N\u00fa\u00f1ez") + "/hw.ipynb": FULL}, "hw.ipynb"),
    "Juergen Gross": ({"J\u00fcrgen Gro\u00df - hw.ipynb": FULL}, "J\u00fcrgen Gro\u00df - hw.ipynb"),
    "\u0141ukasz \u017b\u00f3\u0142ty": ({"Lukasz Zolty - hw.ipynb": FULL}, "Lukasz Zolty - hw.ipynb"),
    "I\u015f\u0131k \u00c7\u0131nar": ({"Isik Cinar - hw.ipynb": FULL}, "Isik Cinar - hw.ipynb"),
    "S\u00f8ren Kj\u00e6r": ({"Soren Kjaer - hw.ipynb": FULL}, "Soren Kjaer - hw.ipynb"),
    "Text Suffix": ({"Text Suffix/hw.ipynb.txt": FULL}, "hw.ipynb.txt"),
    "Json Suffix": ({"Json Suffix/hw.json": FULL}, "hw.json"),
    "Large Letters": ({"Large Letters/HW.IPYNB": FULL}, "HW.IPYNB"),
    "Second Folder": ({"Second Folder/a/b/hw.ipynb": FULL}, "hw.ipynb"),
    "Of Colab": ({"Of Colab - Copy of Copy of hw.ipynb": FULL}, "Of Colab - Copy of Copy of hw.ipynb"),
    "Packed One": ({"Packed One/hw.zip": packed(**{"hw/hw.ipynb": FULL, OLD_STATE: SIDE})}, "hw.ipynb"),
    "Packed Two": ({"Packed Two/hw.zip": packed(**{"z.ipynb": SIDE, "hw.ipynb": FULL})}, "hw.ipynb"),
    "Packed Twice": ({"Packed Twice/hw.zip": packed(**{"hw.zip": packed(**{"hw.ipynb": FULL})})}, "hw.ipynb"),
    "Canvas Resubmits": ({"resubmits_900_9_hw.ipynb": EARLIER, "resubmits_900_10_hw-1.ipynb": FULL}, "hw-1.ipynb"),
    "Browser Resubmits": ({"Browser Resubmits/hw.ipynb": EARLIER, "Browser Resubmits/hw (1).ipynb": FULL}, "hw (1).ipynb"),
    "Tenth Attempt": ({"Tenth Attempt/hw-9.ipynb": EARLIER, "Tenth Attempt/hw-10.ipynb": FULL}, "hw-10.ipynb"),
}  # fmt: skip


def test_whatever_a_file_is_called_it_is_its_student_s_and_the_right_one_counts(
    small_class: SmallClass,
) -> None:
    lines = ["id,name,login"]
    for who, (files, _) in NAMED.items():
        lines.append(f"{len(lines)},{who},{'900' if 'Canvas' in who else ''}")
        for name, data in files.items():
            path = small_class.download / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (1.7e9, 1.7e9))
    small_class.roster.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = small_class.collect()
    assert "nobody in the roster" not in said
    form = json.loads((small_class.target / "collected.json").read_text())
    names = {student["id"]: student["name"] for student in form["students"]}
    counts = {names[item["key"]]: item["versions"] for item in form["submissions"]}
    assert {who: versions[0]["original"] for who, versions in counts.items() if versions} == {
        who: expected for who, (_, expected) in NAMED.items()
    }


def test_answers_in_two_notebooks_are_named(small_class: SmallClass) -> None:
    small_class.hand_in("ada/part1.ipynb", RIGHT[0])
    small_class.hand_in("ada/part2.ipynb", *RIGHT[1:])
    assert "part1.ipynb defines double, and part2.ipynb, which counts, does not" in small_class.collect()


def test_what_is_nobodys_and_what_bears_another_name_is_counted(small_class: SmallClass) -> None:
    small_class.roster.write_text('Student,ID,SIS Login ID\n"Lovelace, Ada",101,ada\n"Dare, Dan",104,dan\n')
    small_class.hand_in("redgroup_101_500_hw.ipynb", *RIGHT)
    small_class.hand_in("daredan_104_501_hw.ipynb", *RIGHT, "# dan")
    small_class.hand_in("anon_12345_502_hw.ipynb", *RIGHT, "# hidden")
    small_class.hand_in("o_neilx_107_503_hw.ipynb", *RIGHT, "# x")
    said = small_class.collect()
    assert "1 files bear another name than the student with their number: redgroup (Lovelace, Ada)" in said
    assert "2 files are nobody's in the roster" in said
    assert "anon_12345" in said


def test_a_folder_without_a_notebook_is_no_class(small_class: SmallClass) -> None:
    (small_class.download / "thesis.pdf").write_bytes(b"%PDF-1.7")
    target = str(small_class.target)
    words = ["collect", str(small_class.download), *small_class.options(), "--to", target]
    assert "No notebook was found" in small_class.run(*words, succeed=False)
    assert not (small_class.target / "collected.json").exists()


# Marks that go back -------------------------------------------------------------------------------


def export(small: SmallClass, possible: str = "9", **fields: str) -> Path:
    names = {"ada": "Lovelace, Ada", "bob": "Builder, Bob", "eve": "Evil, Eve"}
    path = small.folder / "canvas.csv"
    lines = [
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (4)",
        f"  Points Possible,,,,,{possible}",
    ]
    for number, (key, name) in enumerate(names.items()):
        lines.append(f'"{name}",{number},{key},{key}@x,A,{fields.get(key, "")}')
    path.write_text("\n".join(lines) + "\n")
    return path


def marks_in(path: Path) -> dict[str, str]:
    rows = list(csv.reader(io.StringIO(path.read_text())))
    return {row[2]: row[5] for row in rows[2:]}


def test_only_published_marks_go_back(graded_class: SmallClass) -> None:
    table = export(graded_class)
    command = ["gradebook", str(graded_class.target), str(table)]
    assert "No marks are published yet" in graded_class.run(*command, succeed=False)
    graded_class.publish()
    said = graded_class.run(*command, "--dry-run")
    assert "Would fill in 2 marks" in said
    assert not list(graded_class.target.glob("filled-*"))
    assert "Evil, Eve: no published mark" in graded_class.run(*command)
    assert marks_in(graded_class.target / "filled-canvas.csv") == {"ada": "6", "bob": "4", "eve": ""}
    own = graded_class.exercises / "own.py"
    own.write_text(own.read_text().replace("return 2 * x", "return x**2", 1))
    graded_class.grade()
    graded_class.run(*command)
    assert marks_in(graded_class.target / "filled-canvas.csv") == {"ada": "6", "bob": "4", "eve": ""}


def test_a_zero_that_no_answer_earned_is_named_and_blank(small_class: SmallClass) -> None:
    """A hand-out as it was, another assignment, a word processor's quotes: an instructor decides."""
    small_class.hand_in("ada.ipynb", *HAND_OUT)
    small_class.hand_in("bob.ipynb", "def triple(x):\n    return 3 * x")
    small_class.hand_in("cleo.ipynb", f"{RIGHT[0]}\nessay = \u201cBecause.\u201d")
    small_class.hand_in("dan.ipynb", "def double(x):\n    return x + 1")
    (small_class.download / "eve.ipynb").write_bytes(b"")
    small_class.collect()
    small_class.grade()
    said = small_class.publish()
    for who in ("Ada Lovelace", "Bob, the =Builder", "Cl\u00e9o O'Neil"):
        assert f"{who}: no mark. It holds no answer that could be marked." in said
    assert "Eve Evil: no mark. The file is empty." in said
    finals = finals_of(small_class)
    assert finals == {"ada": "", "bob": "", "cleo": "", "dan": "0", "eve": "", "fay": "", "gus": ""}
    page = (small_class.target / "feedback" / "ada.html").read_text()
    assert "No mark yet." in page
    assert "<strong>0 of" not in page
    assert "0 of 2 points" not in page
    assert "Worth 2 points." in page
    assert "0 of 2 points" in (small_class.target / "feedback" / "dan.html").read_text()
    # One by hand, the others by a word; what students know is not asked about again.
    (small_class.target / "marks.csv").write_text("submission,question,points\nbob,test.double,1\n")
    assert "Published: 4 new marks" in small_class.publish("--zeros")
    assert finals_of(small_class) == finals | {"ada": "0", "bob": "1", "cleo": "0", "eve": "0"}
    assert "no mark" not in small_class.publish()
    assert finals_of(small_class)["ada"] == "0"
    assert "There is no submission 'nosuch'" in small_class.run(
        "grade", str(small_class.target), "--again", "nosuch", succeed=False
    )


def finals_of(small: SmallClass) -> dict[str, str]:
    _, rows = read_table(small.target / "gradebook.csv")
    return {row["id"]: row["final"] for row in rows}


def test_nothing_ungraded_is_published(small_class: SmallClass) -> None:
    small_class.usual()
    small_class.collect()
    assert "5 submissions are not graded yet" in small_class.publish(succeed=False)
    assert not (small_class.target / "gradebook.csv").exists()


def test_what_the_platform_decided_stays(graded_class: SmallClass) -> None:
    graded_class.publish()
    said = graded_class.run("gradebook", str(graded_class.target), str(export(graded_class, ada="EX")))
    assert "Lovelace, Ada: excused on the platform" in said
    assert marks_in(graded_class.target / "filled-canvas.csv") == {"ada": "EX", "bob": "4", "eve": ""}
    said = graded_class.run(
        "gradebook", str(graded_class.target), str(export(graded_class, possible="90")), succeed=False
    )
    assert "out of 90 points and this assignment out of 9" in said
    graded_class.run(
        "gradebook", str(graded_class.target), str(export(graded_class, possible="90")), "--scale"
    )
    assert marks_in(graded_class.target / "filled-canvas.csv") == {"ada": "60", "bob": "40", "eve": ""}


def test_a_number_of_the_platform_is_nobodys_id(graded_class: SmallClass) -> None:
    graded_class.publish()
    table = export(graded_class)
    table.write_text(table.read_text().replace(",0,ada,ada@x,", ",bob,ada,ada@x,"))
    graded_class.run("gradebook", str(graded_class.target), str(table))
    assert marks_in(graded_class.target / "filled-canvas.csv")["ada"] == "6"
    table.write_text(table.read_text().replace(",bob,ada,ada@x,", ",0,x17,x17@x,"))
    said = graded_class.run("gradebook", str(graded_class.target), str(table))
    assert "Lovelace, Ada: not in this class" in said, "a namesake got her mark"


def test_a_german_worksheet(graded_class: SmallClass) -> None:
    graded_class.publish()
    table = graded_class.folder / "worksheet.csv"
    table.write_text(
        "ID,Vollständiger Name,E-Mail-Adresse,Bewertung,Bestwertung,Bewertung kann geändert werden,"
        "Feedback als Kommentar\n"
        'Teilnehmer/in1,Ada Lovelace,,,"9,00",Ja,\nTeilnehmer/in2,"Bob, the =Builder",,,"9,00",Ja,Gut!\n'
        'Teilnehmer/in3,Cléo,,,"9,00",Nein,\n'
    )
    graded_class.run("gradebook", str(graded_class.target), str(table))
    rows = list(csv.reader(io.StringIO((graded_class.target / "filled-worksheet.csv").read_text())))
    assert [row[3] for row in rows[1:]] == ["6", "4", ""]
    assert rows[1][6].startswith("6 of 9 points")
    assert rows[2][6] == "Gut!", "a comment that was there was written over"


# People's marks -----------------------------------------------------------------------------------


def test_a_row_may_name_people_and_questions_by_what_they_are_called(graded_class: SmallClass) -> None:
    (graded_class.target / "marks.csv").write_text(
        "submission,question,points\nAda Lovelace,Say why,2\ngus,test.essay,1\nbob,excused,\n"
    )
    graded_class.publish()
    assert finals_of(graded_class) == {
        "ada": "8", "bob": "", "cleo": "2", "dan": "", "eve": "", "fay": "7", "gus": "7"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("adda,test.essay,2", "line 2: there is no submission or student 'adda'. Do you mean 'ada'"),
        ("ada,test.esay,2", "there is no question 'test.esay'. Do you mean 'test.essay'"),
        ("ada,test.essay,200", "200 points for test.essay are not from 0 to 3"),
        ("ada,test.essay,-1", "-1 points for test.essay are not from 0 to 3"),
        ("ada,test.essay,2\nAda Lovelace,Say why,1", "line 3: test.essay of ada was marked in line 2"),
        ("ada,penalty,100", "are not from 0 to 9"),
    ],
)
def test_a_row_that_would_do_nothing_or_too_much_is_refused(
    graded_class: SmallClass, rows: str, words: str
) -> None:
    (graded_class.target / "marks.csv").write_text(f"submission,question,points\n{rows}\n")
    assert words in graded_class.publish(succeed=False)


def test_filled_sheets_are_never_written_over(graded_class: SmallClass) -> None:
    command = ["marks", "split", str(graded_class.target), "kim"]
    graded_class.run(*command)
    (sheet,) = (graded_class.target / "to-mark").glob("*.csv")
    assert sheet.read_bytes().startswith("﻿code".encode()), "Excel would read umlauts wrongly"
    header, rows = read_table(sheet)
    assert all(row["code"].isalpha() for row in rows), "a spreadsheet may take a code for a number"
    filled = sheet.read_text().replace("Because.,", "Because.,x", 1)
    sheet.write_text(filled)
    assert "somebody wrote into it already" in graded_class.run(*command)
    assert sheet.read_text() == filled
    sheet.write_bytes(b"PK\x03\x04 a workbook")
    assert "somebody wrote into it already" in graded_class.run(*command)
    said = graded_class.run("marks", "merge", str(graded_class.target), str(sheet), succeed=False)
    assert "is a spreadsheet's own file" in said
    sheet.write_text(filled.replace(header[2], "cause"))
    said = graded_class.run("marks", "merge", str(graded_class.target), str(sheet), succeed=False)
    assert "has no column" in said
