"""What a class's folder holds of people: given to them, forgotten, told without names, removed in the end."""

import csv
import io
import json
import os
import stat
import unicodedata
import zipfile
from pathlib import Path

import pytest

from course_lib.workshop.grading.intake.roster import Student
from course_lib.workshop.grading.privacy import finder
from tests.workshop.grading.conftest import RIGHT, SmallClass

ADA = (b"Ada Lovelace", b"Lovelace, Ada", b"ada_hw", b'"ada"', b"ada.html", b"ada,")
PEOPLE = ("ada", "Ada Lovelace", "Builder", "cleo", "O'Neil", "Dan Dare", "Eve Evil", "Fay One", "Gus Two")


def bytes_below(folder: Path) -> bytes:
    """Return all names and contents of a folder, unpacked."""
    parts = []
    for path in sorted(folder.rglob("*")):
        parts.append(str(path.relative_to(folder)).encode())
        if path.is_file():
            data = path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    data = b"".join(name.encode() + archive.read(name) for name in archive.namelist())
            parts.append(data)
    return b"\n".join(parts)


@pytest.fixture
def whole(graded_class: SmallClass) -> SmallClass:
    """A class in which every kind of file is there: marks by hand, sheets, pages, tables."""
    (graded_class.target / "marks.csv").write_text(
        "submission,question,points,keys,comment,by\nAda Lovelace,test.essay,2,,Good,\nbob,,-1,,Talked,\n"
    )
    graded_class.run("marks", "split", str(graded_class.target), "tom")
    graded_class.publish()
    export = graded_class.folder / "canvas.csv"
    export.write_text(
        "Student,ID,SIS User ID,Section,Homework 1 (12)\n    Points Possible,,,,9\n"
        '"Lovelace, Ada",1,ada,A,\n"Dare, Dan",2,dan,B,\n'
    )
    graded_class.run("gradebook", str(graded_class.target), str(export))
    return graded_class


def test_a_forgotten_student_is_nowhere_and_the_others_stay(whole: SmallClass) -> None:
    before = whole.records()
    (sheet,) = (whole.target / "to-mark").iterdir()
    answers = sheet.read_text().count("Because.")
    assert all(one in bytes_below(whole.target) for one in ADA)
    said = whole.run("forget", str(whole.target), "Ada Lovelace", "--dry-run")
    assert "Would forget Ada Lovelace (ada)" in said
    assert ADA[0] in bytes_below(whole.target)
    said = whole.run("forget", str(whole.target), "ada")
    assert "Still named" not in said
    left = bytes_below(whole.target)
    assert [one for one in ADA if one in left] == []
    assert sheet.read_text().count("Because.") == answers - 1, "the anonymous answer stayed"
    del before["ada.json"]
    assert whole.records() == before
    assert "0 graded" in whole.grade()
    whole.publish()
    marks = list(csv.DictReader(io.StringIO((whole.target / "gradebook.csv").read_text("utf-8-sig"))))
    assert {row["id"]: row["adjustment"] for row in marks if row["id"] in ("ada", "bob")} == {"bob": "-1"}
    assert ADA[0] not in bytes_below(whole.target)


def test_who_leaves_a_group_takes_the_name_along_and_leaves_the_work(whole: SmallClass) -> None:
    said = whole.run("forget", str(whole.target), "fay")
    assert "Still named" not in said
    left = bytes_below(whole.target)
    assert b"Fay" not in left
    assert b"fay_hw" not in left
    assert "0 graded" in whole.grade()
    whole.publish()
    page = (whole.target / "feedback" / "group-reds.html").read_text()
    assert "Gus Two" in page
    assert "Fay" not in page
    assert "Nothing was handed in" not in page


def test_a_classmates_notebook_that_names_the_student_is_said(small_class: SmallClass) -> None:
    small_class.hand_in("ada_hw.ipynb", *RIGHT)
    small_class.hand_in("bob_hw.ipynb", "# with Ada Lovelace\n" + RIGHT[0], *RIGHT[1:])
    small_class.collect()
    said = small_class.run("forget", str(small_class.target), "ada")
    assert "Still named in work of others" in said
    assert f"submissions{os.sep}bob{os.sep}" in said


def test_nobody_is_forgotten_by_a_slip(whole: SmallClass) -> None:
    before = bytes_below(whole.target)
    assert "Is it Ada Lovelace?" in whole.run("forget", str(whole.target), "Ada Lovelase", succeed=False)
    assert "Nobody in this class" in whole.run("forget", str(whole.target), "zoe", succeed=False)
    assert "holds no submissions" in whole.run("forget", str(whole.folder / "nosuch"), "ada", succeed=False)
    assert bytes_below(whole.target) == before


def test_students_get_all_that_is_theirs_and_nothing_of_others(whole: SmallClass) -> None:
    target = whole.folder / "ada.zip"
    whole.run("export-student", str(whole.target), "Lovelace, Ada", "--to", str(target))
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
        text = b"\n".join(archive.read(name) for name in names).decode()
        about = json.loads(archive.read("about.json"))
    assert about["student"]["name"] == "Ada Lovelace"
    assert about["published"]["final"] == 8
    kinds = {Path(name).parts[0] for name in names}
    assert kinds == {"about.json", "marks.csv", "history.csv", "submissions", "records", "feedback"}
    assert "Good" in text
    assert [one for one in ("Builder", "Cleo", "Dan Dare", "Talked") if one in text] == []
    first = target.read_bytes()
    whole.run("export-student", str(whole.target), "ada", "--to", str(target))
    assert target.read_bytes() == first, "the same folder gives the same bytes"


def test_the_table_without_names_has_every_answer_and_no_name(whole: SmallClass) -> None:
    whole.hand_in("eve_hw.ipynb", *RIGHT[:2], 'essay = "As Ada Lovelace and Cléo O\'Neil said."')
    whole.collect()
    whole.grade()
    target = whole.folder / "answers.csv"
    whole.run("anonymise", str(whole.target), "--to", str(target))
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert len(rows) == 6 * 3
    assert len({row["student"] for row in rows}) == 6
    text = target.read_text()
    assert [one for one in PEOPLE if one in text] == []
    assert "As [somebody] and [somebody] said." in text


def test_a_class_that_is_over_goes_and_a_running_one_stays(whole: SmallClass) -> None:
    mine = whole.target / "seating.txt"
    mine.write_text("First row: Ada Lovelace")
    folder, before = str(whole.target), bytes_below(whole.target)
    assert "kept; its last day is 2030-12-01" in whole.run("purge", folder, "--before", "2030-11-30")
    assert "would remove 7 students'" in whole.run("purge", folder, "--before", "2031-01-01", "--dry-run")
    assert bytes_below(whole.target) == before
    said = whole.run("purge", folder, str(whole.folder), "--before", "2031-01-01")
    assert "7 students' work and marks are removed" in said
    assert "other files here name students: seating.txt" in said
    assert "holds no class" in said
    mine.unlink()
    left = bytes_below(whole.target).decode()
    assert [one for one in PEOPLE if one in left] == []


def test_all_about_students_is_for_the_instructor_alone(whole: SmallClass) -> None:
    old = os.umask(0o002)
    try:
        whole.run("anonymise", str(whole.target), "--to", str(whole.folder / "new" / "deep" / "answers.csv"))
    finally:
        os.umask(old)
    open_to_others = [
        str(path.relative_to(whole.folder))
        for room in (whole.target, whole.folder / "new")
        for path in (room, *room.rglob("*"))
        if path.name not in (".in-use", "marks.csv") and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


JOSE = Student("s77881", "Núñez Müller, José", email="jose.nunez@x.example", login="jnunez")


@pytest.mark.parametrize(
    "written",
    [
        "Núñez Müller, José", "José Núñez Müller", "Núñez Müller José", "jose nunez muller",
        "José Núñez Mueller", unicodedata.normalize("NFD", "José Núñez Müller"),
        json.dumps("José Núñez Müller"), "Jos%C3%A9%20N%C3%BA%C3%B1ez%20M%C3%BCller",
        "José_Núñez_Müller.ipynb", "nunezmullerjose_123_456_hw.ipynb", "JOSÉ NÚÑEZ MÜLLER", "jose.nunez",
        "s77881", "by JNUNEZ.",
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_written(written: str) -> None:
    pattern = finder([JOSE])(f"x = 1  # {written}\n")
    assert pattern is not None
    assert pattern.search(f"x = 1  # {written}\n")
    assert finder([JOSE])("joseph counts numbers") is None
