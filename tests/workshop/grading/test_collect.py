"""Downloads of every kind, held against a roster; archives that want to lead us astray."""

import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.grading.intake.collect import (
    Collection,
    Collector,
    read_collection,
)
from course_lib.workshop.grading.intake.origins import origin_of
from course_lib.workshop.grading.intake.roster import Roster, Student, read_roster
from course_lib.workshop.grading.storage.files import safe_name
from course_lib.workshop.grading.storage.tables import TableError
from tests.workshop.grading.conftest import notebook_of

ZONE = ZoneInfo("Europe/Zurich")
DUE = datetime(2026, 10, 12, 23, 59, tzinfo=ZONE)
NOTE = notebook_of(["x = 1"])
OTHER = notebook_of(["x = 2"])
CLASS = Roster(
    [
        Student("s1", "Jane Doe", email="jane.doe@uni.example", login="1001"),
        Student("s2", "Müller, Jörg", login="1002"),
        Student("s3", "Anna-Lena de la Cruz", login="1003"),
        Student("s4", "Zoë O'Neil", login="1004", due=datetime(2026, 10, 20, 12, 0, tzinfo=ZONE)),
        Student("s5", "Red One", login="1005", group="red"),
        Student("s6", "Red Two", login="1006", group="red"),
    ]
)


def assignment(**more: object) -> Assignment:
    return Assignment("hw1", "Homework 1", {}, 1, due=DUE, **more)  # type: ignore[arg-type]


def collect(target: Path, *sources: Path, roster: Roster | None = CLASS) -> Collection:
    collection = Collector(target, assignment(), roster).collect(sources)
    assert read_collection(target) == collection
    return collection


def chosen(collection: Collection) -> dict[str, str]:
    return {item.key: item.chosen.original for item in collection.submissions if item.chosen}


def zipped(path: Path, files: dict[str, bytes], when: tuple[int, ...] = (2026, 10, 10, 12, 0, 0)) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, when)  # type: ignore[arg-type]
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    return path


def test_the_download_of_canvas(tmp_path: Path) -> None:
    files = {
        "doejane_1001_500_hw1.ipynb": NOTE,
        "mullerjorg_LATE_1002_501_My homework-2.ipynb": NOTE,
        "delacruzannalena_1003_502_hw1.ipynb": NOTE,
    }
    collection = collect(tmp_path / "c", zipped(tmp_path / "submissions.zip", files))
    assert chosen(collection) == {"s1": "hw1.ipynb", "s2": "My homework-2.ipynb", "s3": "hw1.ipynb"}
    late = {item.key: item.chosen.marked_late for item in collection.submissions if item.chosen}
    assert late == {"s1": False, "s2": True, "s3": False}


@pytest.mark.parametrize("separator", ["/", ""])
def test_the_download_of_moodle(tmp_path: Path, separator: str) -> None:
    files = {
        f"Jane Doe_77001_assignsubmission_file_{separator}hw1.ipynb": NOTE,
        f"Jörg Müller_77002_assignsubmission_file_{separator}Hausaufgabe 1.ipynb": NOTE,
        f"Red-Red One_77005_assignsubmission_file_{separator}hw1.ipynb": NOTE,
    }
    collection = collect(tmp_path / "c", zipped(tmp_path / "moodle.zip", files))
    assert chosen(collection) == {"s1": "hw1.ipynb", "s2": "Hausaufgabe 1.ipynb", "group-red": "hw1.ipynb"}
    assert collection.submissions[1].chosen.participant == "77001"  # type: ignore[union-attr]


def test_the_download_of_classroom(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    for name in (
        "Jane Doe - hw1.ipynb",
        "Anna-Lena de la Cruz - hw1.ipynb",
        "Zoe O'Neil - Copy of hw1.ipynb",
    ):
        (folder / name).write_bytes(NOTE)
    found = collect(tmp_path / "c", folder)
    assert sorted(chosen(found)) == ["s1", "s3", "s4"]


def test_plain_folders_and_files(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    for name in ("s1.ipynb", "s2_hw1.ipynb", "s3/final.ipynb", "jane/.ipynb_checkpoints/x.ipynb"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(NOTE)
    assert sorted(chosen(collect(tmp_path / "c", folder))) == ["s1", "s2", "s3"]


def test_without_a_roster_the_files_name_the_class(tmp_path: Path) -> None:
    files = {"doejane_1001_500_hw1.ipynb": NOTE, "Li Wei_7_assignsubmission_file_/a.ipynb": OTHER}
    collection = collect(tmp_path / "c", zipped(tmp_path / "x.zip", files), roster=None)
    assert {student.id: student.name for student in collection.students} == {"1001": "doejane", "7": "Li Wei"}


def put(folder: Path, name: str, data: bytes, when: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    moment = datetime.fromisoformat(when).replace(tzinfo=ZONE).timestamp()
    os.utime(folder / name, (moment, moment))


def test_the_latest_in_time_counts_and_the_others_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for number, when in enumerate(("2026-10-01 10:00", "2026-10-12 23:00", "2026-10-15 09:00")):
        for student in ("s1", "s4"):
            put(folder, f"{student}_v{number}.ipynb", notebook_of([f"x = {number}"]), when)
    collection = collect(tmp_path / "c", folder)
    # s4 has an own due date, so that the last version is in time.
    assert chosen(collection) == {"s1": "s1_v1.ipynb", "s4": "s4_v2.ipynb"}
    assert [len(item.versions) for item in collection.submissions if item.versions] == [3, 3]
    for item in collection.submissions:
        for version in item.versions:
            assert (tmp_path / "c" / version.file).exists()


def test_what_is_only_late_counts_as_late(tmp_path: Path) -> None:
    put(tmp_path / "in", "s1.ipynb", NOTE, "2026-10-13 01:59")
    (item,) = [item for item in collect(tmp_path / "c", tmp_path / "in").submissions if item.versions]
    assert item.versions[0].late_minutes == 120


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        (
            "Canvas",
            ("doejane_1001_500_a.ipynb", "mullerjorg_LATE_1002_501_a.ipynb", "redone_1005_502_a.ipynb"),
        ),
        ("Moodle", tuple(f"{name}_7_assignsubmission_file_/a.ipynb" for name in ("Jane Doe", "Jörg Müller"))),
    ],
)
def test_the_time_of_the_download_makes_nobody_late(
    tmp_path: Path, platform: str, names: tuple[str, ...]
) -> None:
    archive = zipped(tmp_path / "x.zip", dict.fromkeys(names, NOTE), when=(2026, 10, 25, 9, 0, 0))
    collector = Collector(tmp_path / "c", assignment(penalty_per_day=0.1), CLASS)
    collection = collector.collect([archive])
    versions = [version for item in collection.submissions for version in item.versions]
    assert [version.late_minutes for version in versions] == [0.0] * len(names)
    assert sum(f"This download from {platform} does not say when" in line for line in collection.notices) == 1
    marked = [line for line in collection.notices if "Canvas marks a.ipynb as late" in line]
    assert [line.partition(":")[0] for line in marked] == (["Müller, Jörg"] if platform == "Canvas" else [])
    # Downloaded before it was due, nobody can be late; of two downloads the later one has the newest files.
    early = zipped(tmp_path / "y.zip", dict.fromkeys(names, OTHER), when=(2026, 10, 5, 9, 0, 0))
    both = Collector(tmp_path / "e", assignment(penalty_per_day=0.1), CLASS).collect([archive, early])
    unmarked = [item for item in both.submissions if item.versions and not item.versions[0].marked_late]
    assert unmarked
    assert all(item.chosen.time.startswith("2026-10-25") for item in unmarked)
    # Where lateness costs nothing, there is nothing to say about it.
    harmless = Collector(tmp_path / "d", assignment(), CLASS).collect([archive]).notices
    assert not [line for line in harmless if "late" in line]


def test_times_that_differ_are_believed(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, day in (("doejane_1001_500_a.ipynb", 5), ("redone_1005_502_a.ipynb", 25)):
        (folder / name).write_bytes(NOTE)
        moment = datetime(2026, 10, day, 9, tzinfo=UTC).timestamp()
        os.utime(folder / name, (moment, moment))
    collection = Collector(tmp_path / "c", assignment(penalty_per_day=0.1), CLASS).collect([folder])
    late = {item.key for item in collection.submissions if item.chosen and item.chosen.late_minutes > 0}
    assert late == {"group-red"}


def test_of_a_groups_files_it_is_said_whose_counts(tmp_path: Path) -> None:
    files = {"redone_1005_502_a.ipynb": NOTE, "redtwo_1006_503_a.ipynb": OTHER}
    notices = collect(tmp_path / "c", zipped(tmp_path / "x.zip", files)).notices
    words = "Red One and Red Two: a.ipynb of Red Two counts; kept beside it: a.ipynb of Red One."
    assert any(line.startswith(words) for line in notices)


def test_a_notebook_counts_before_anything_else(tmp_path: Path) -> None:
    put(tmp_path / "in", "s1_a.ipynb", NOTE, "2026-10-01 10:00")
    put(tmp_path / "in", "s1_b.pdf", b"%PDF-1.4", "2026-10-02 10:00")
    put(tmp_path / "in", "s2_link.txt", b"https://colab.research.google.com/drive/1", "2026-10-02 10:00")
    put(tmp_path / "in", "s3_code.py", b"import numpy\n", "2026-10-02 10:00")
    collection = collect(tmp_path / "c", tmp_path / "in")
    assert chosen(collection)["s1"] == "s1_a.ipynb"
    told = "\n".join(collection.notices)
    assert "s2_link.txt: This is a link to Colab" in told
    assert "s3_code.py: This is Python code" in told
    assert "Zoë O'Neil: nothing was handed in" in told
    assert "Red One and Red Two: nothing was handed in" in told


def test_what_is_no_notebook_is_named_whatever_it_is_called(tmp_path: Path) -> None:
    contents = {"s1": b"", "s2": NOTE[:-9], "s3": b'{"a": 1}', "s4": b"[]"}
    for name, data in contents.items():
        put(tmp_path / "in", f"{name}.ipynb", data, "2026-10-01 10:00")
    put(tmp_path / "in", "nobody_LATE_77_78_hw1.ipynb", OTHER, "2026-10-01 10:00")
    told = "\n".join(collect(tmp_path / "c", tmp_path / "in").notices)
    assert "Jane Doe: s1.ipynb: The file is empty" in told
    assert "Müller, Jörg: s2.ipynb: The notebook is damaged" in told
    assert "Anna-Lena de la Cruz: s3.ipynb: The file is JSON, and no notebook" in told
    assert "Zoë O'Neil: s4.ipynb: The file is JSON, and no notebook" in told
    assert "nobody in the roster is called 'nobody'" in told


def test_strangers_and_twins_are_named(tmp_path: Path) -> None:
    put(tmp_path / "in", "jane deo.ipynb", NOTE, "2026-10-01 10:00")
    put(tmp_path / "in", "s1.ipynb", NOTE, "2026-10-01 10:00")
    put(tmp_path / "in", "s1_again.ipynb", NOTE, "2026-10-01 10:00")
    told = "\n".join(collect(tmp_path / "c", tmp_path / "in").notices)
    assert "nobody in the roster is called 'jane deo'. Is it Jane Doe?" in told
    assert "s1_again.ipynb of Jane Doe is the same as another file" in told


def test_a_name_that_two_have_names_nobody(tmp_path: Path) -> None:
    roster = Roster([Student("a", "Kim Lee"), Student("b", "Lee Kim")])
    put(tmp_path / "in", "Kim Lee - hw.ipynb", NOTE, "2026-10-01 10:00")
    assert not chosen(collect(tmp_path / "c", tmp_path / "in", roster=roster))


def test_a_zip_that_a_student_handed_in_is_opened(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"my work/hw1.ipynb": NOTE}).read_bytes()
    outer = zipped(tmp_path / "outer.zip", {"doejane_1001_500_hw1.zip": inner})
    assert chosen(collect(tmp_path / "c", outer)) == {"s1": "hw1.ipynb"}


# Archives that want more than to be read ----------------------------------------------------------


def everything_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    names = [
        "../s1.ipynb", "../../s1.ipynb", "/tmp/s1.ipynb", "s1/../../../s1.ipynb", "..\\..\\s1.ipynb",
        "C:\\s1.ipynb", "s1_" + "a" * 300 + ".ipynb", "s1_\u202e.ipynb", "s1_;rm -rf.ipynb", "s1_\x00.ipynb",
    ]  # fmt: skip
    archive = zipped(tmp_path / "x.zip", {name: notebook_of([name]) for name in names})
    before = everything_below(tmp_path)
    collection = collect(tmp_path / "c", archive)
    new = everything_below(tmp_path) - before
    assert all(path == "c" or path.startswith("c/") for path in new)
    assert not Path("/tmp/s1.ipynb").exists()
    assert sum("its name leads out of the folder" in notice for notice in collection.notices) == 6


def test_a_bomb_does_not_go_off(tmp_path: Path) -> None:
    bomb = zipped(
        tmp_path / "x.zip", {"s1.ipynb": bytes(200 * 2**20), "s2.ipynb": bytes(30 * 2**20), "s3.ipynb": NOTE}
    )
    assert bomb.stat().st_size < 2**20
    collection = collect(tmp_path / "c", bomb)
    files = {item.key: item.chosen for item in collection.submissions if item.chosen}
    assert sorted(files) == ["s1", "s2", "s3"], "who handed something in is not missing"
    assert "larger than 50 MiB; clear the outputs" in files["s1"].problem
    assert "grows more when unpacked" in files["s2"].problem
    assert not files["s3"].problem
    assert sum("cannot be read" in notice for notice in collection.notices) == 2
    assert sum(path.stat().st_size for path in (tmp_path / "c").rglob("*")) < 2**20


def test_links_are_left_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "s1.ipynb").symlink_to(secret)
    os.link(secret, folder / "s2.ipynb")
    (folder / "s3").symlink_to("/etc")
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as file:
        link = zipfile.ZipInfo("s4.ipynb")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, str(secret))
    collection = collect(tmp_path / "c", folder, archive)
    assert not chosen(collection)
    assert sum("left alone" in notice for notice in collection.notices) == 4


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.binary(max_size=300), cut=st.integers(0, 400))
def test_a_damaged_archive_is_survived(
    data: bytes, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    whole = zipped(folder / "whole.zip", {"s1.ipynb": NOTE, "s2.ipynb": OTHER}).read_bytes()
    (folder / "x.zip").write_bytes(whole[:cut] + data + whole[cut + len(data) // 2 :])
    collect(folder / "c", folder / "x.zip")


# Names and rosters --------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(min_size=1, max_size=120), st.text(min_size=1, max_size=120))
def test_safe_names_are_plain_and_never_the_same(one: str, other: str) -> None:
    for name in (one, other):
        assert "/" not in safe_name(name)
        assert safe_name(name) not in (".", "..", "")
        assert len(safe_name(name).encode()) < 400
    assert (safe_name(one) == safe_name(other)) == (one == other)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=100).filter(
        lambda text: text.strip("/\\ .")
    )
)
def test_any_path_has_an_origin(path: str) -> None:
    assert origin_of(path).hints


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "no column `id` or `name`"),
        ("id,name\n", "no students"),
        ("id,name\n1,A\n1,B\n", "line 3: the id 1 was in line 2"),
        ("id,name,due\n1,A,tomorrow\n", "line 2: 'tomorrow' is no date"),
        ("id,id,name\n1,2,A\n", "two columns 'id'"),
        ("id,name\n1.00E+05,A\n", "line 2: the id 1.00E.05 is no id"),
        ("id,name\n1001.0,A\n", "line 2: the id 1001.0 is no id"),
        ("id,name\n,\n ,  ,\n,x\n", ""),
        ('id,name\n="007","x"\n', ""),
    ],
)
def test_a_roster_that_cannot_be_read_says_where(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text)
    if words:
        with pytest.raises(TableError, match=words):
            read_roster(path)
    else:
        assert [student.name for student in read_roster(path).students] == ["x"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rosters_of_every_spreadsheet(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "roster.csv"
    lines = [["Surname", "First name", "ID number", "Email address"], ["Müller", "Jörg", "7", "j@x.example"]]
    path.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    (student,) = read_roster(path, ZONE).students
    assert (student.id, student.name, student.email) == ("7", "Jörg Müller", "j@x.example")


NEAR = Roster(
    [
        Student("ada", "Ada Lovelace"),
        Student("l", "Lee Li"),
        Student("ada_l", "Adam Lund"),
        Student("jp", "Luc Picard", group="red"),
        Student("jane", "Jane Roe"),
        Student("jd", "Jane Doe"),
    ]
)
TIME = "attempt_2026-10-01-10-00-00_hw.ipynb"


@pytest.mark.parametrize(
    ("files", "owners"),
    [
        ([f"HW_1_ada_l_{TIME}", f"HW_1_l_{TIME}"], ["ada_l", "l"]),
        ([f"gradebook_CS_1_HW_1_ada_l_{TIME}"], ["ada_l"]),
        ([f"HW1_gone_l_{TIME}", f"HW1_ada_{TIME}"], ["ada"]),
        (["Jean-Luc Picard_1_assignsubmission_file_hw.ipynb"], []),
        (["Team 2-Luc Picard_1_assignsubmission_file_hw.ipynb"], ["group-red"]),
        (["Red-Luc Picard_1_assignsubmission_file_hw.ipynb"], ["group-red"]),
        (["Jean-Luc Picard - hw.ipynb"], []),
        (["jane_doe_hw.ipynb"], ["jd"]),
        (["ada_l_hw.ipynb"], ["ada_l"]),
        (["ada/jane/hw.ipynb"], []),
        (["ada/week 1/hw.ipynb"], ["ada"]),
    ],
    ids=repr,
)
def test_no_name_is_taken_for_one_that_is_only_a_part_of_it(
    files: list[str], owners: list[str], tmp_path: Path
) -> None:
    there = {name: notebook_of([f"x = {number}"]) for number, name in enumerate(files)}
    collection = collect(tmp_path / "c", zipped(tmp_path / "in.zip", there), roster=NEAR)
    assert sorted(chosen(collection)) == sorted(owners)
    assert len(owners) == len(files) or any("nobody" in one for one in collection.notices)


def test_a_blackboard_gradebook_is_a_roster_by_its_logins(tmp_path: Path) -> None:
    table = tmp_path / "gc.csv"
    table.write_text('"Last Name","First Name","Username","Student ID"\n"Lovelace","Ada","ada_l","4711"\n')
    found = read_roster(table).find("ada_l")
    assert found is not None
    assert found.id == "4711"
