"""What an instructor decides: more time, slip days, which attempt counts; and who changed a mark."""

import csv
import io
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.workshop.grading.conftest import RIGHT, SmallClass

ROSTER = """id,name,extra_time,slip_days
ada,Ada Lovelace,25 %,
bob,Bob Builder,,2
cleo,Cleo Neil,,
"""
DUE = "due: 2025-10-12 23:59"
HALF = [RIGHT[0], "def largest(values):\n    return 0", RIGHT[2]]


@pytest.fixture
def policy_class(small_class: SmallClass) -> SmallClass:
    text = small_class.assignment.read_text().replace("due: 2030-10-12 23:59", DUE)
    small_class.assignment.write_text(text + "handed_out: 2025-10-04 23:59\n")
    small_class.roster.write_text(ROSTER)
    return small_class


def hand_in(small: SmallClass, who: str, when: str, *cells: str) -> None:
    path = small.hand_in(f"{who}/hw-{when[8:10]}.ipynb", *cells)
    moment = datetime.fromisoformat(f"{when}+02:00").timestamp()
    os.utime(path, (moment, moment))


def marks(small: SmallClass) -> dict[str, dict[str, str]]:
    text = (small.target / "gradebook.csv").read_text("utf-8-sig")
    return {row["id"]: row for row in csv.DictReader(io.StringIO(text))}


def run(small: SmallClass, *more: str) -> dict[str, dict[str, str]]:
    small.collect("--late", "count", *more)
    small.grade()
    small.publish()
    return marks(small)


def test_more_time_by_a_percentage_and_slip_days(policy_class: SmallClass) -> None:
    # 25 % of eight days are two: Ada is in time, and half a day more is late.
    hand_in(policy_class, "ada", "2025-10-14 23:58", *RIGHT)
    hand_in(policy_class, "bob", "2025-10-15 12:00", *RIGHT)  # three days late, of which two cost nothing
    hand_in(policy_class, "cleo", "2025-10-13 12:00", *RIGHT)
    found = run(policy_class)
    assert {who: row["penalty"] for who, row in found.items()} == {"ada": "0", "bob": "1.5", "cleo": "1.5"}
    assert {who: row["slip days used"] for who, row in found.items()} == {"ada": "0", "bob": "2", "cleo": "0"}
    assert found["bob"]["slip days left"] == "0"
    # The next assignment begins with what is left.
    first = policy_class.folder / "first"
    policy_class.target.rename(first)
    again = run(policy_class, "--after", str(first))
    assert again["bob"]["penalty"] == "4.5"


def test_more_time_of_no_time_is_asked_about(policy_class: SmallClass) -> None:
    text = policy_class.assignment.read_text()
    policy_class.assignment.write_text(text.replace("handed_out: 2025-10-04 23:59\n", ""))
    hand_in(policy_class, "ada", "2025-10-14 23:58", *RIGHT)
    assert "Write `handed_out` into the assignment file" in policy_class.collect(succeed=False)


@pytest.mark.parametrize("column", ["extra_time", "slip_days"])
@pytest.mark.parametrize("entry", ["much", "-1", "99999"])
def test_a_number_that_cannot_be_is_named_with_its_line(
    policy_class: SmallClass, column: str, entry: str
) -> None:
    policy_class.roster.write_text(f"id,name,{column}\nada,Ada,\nbob,Bob,{entry}\n")
    assert f"line 3: '{entry}' should be a number" in policy_class.collect(succeed=False)


@pytest.mark.parametrize(("attempt", "final"), [("last", 6), ("best", 6), ("average", (2 + 6 + 4.5) / 3)])
def test_which_attempt_counts(policy_class: SmallClass, attempt: str, final: float) -> None:
    policy_class.assignment.write_text(policy_class.assignment.read_text() + f"attempt: {attempt}\n")
    policy_class.roster.write_text("id,name\nada,Ada\nbob,Bob\n")
    hand_in(policy_class, "ada", "2025-10-11 12:00", *HALF)  # two points, in time
    hand_in(policy_class, "ada", "2025-10-12 12:00", *RIGHT)  # all six that a machine gives, the last in time
    hand_in(policy_class, "ada", "2025-10-13 12:00", *RIGHT, "# more")  # the same a day late, less a quarter
    hand_in(policy_class, "bob", "2025-10-10 12:00", *RIGHT)
    found = run(policy_class)
    assert float(found["ada"]["final"]) == pytest.approx(final, abs=1e-5)
    page = (policy_class.target / "feedback" / "ada.html").read_text()
    assert ("3 attempts" in page) == (attempt != "last")
    assert "0 graded" in policy_class.grade()
    assert float(found["bob"]["final"]) == 6


def test_an_attempt_that_is_not_graded_yet_is_not_published(policy_class: SmallClass) -> None:
    policy_class.assignment.write_text(policy_class.assignment.read_text() + "attempt: best\n")
    hand_in(policy_class, "ada", "2025-10-11 12:00", *HALF)
    hand_in(policy_class, "ada", "2025-10-10 12:00", *RIGHT)
    policy_class.collect()
    policy_class.grade()
    (extra,) = [path for path in (policy_class.target / "records").iterdir() if path.stem != "ada"]
    extra.unlink()
    assert "not graded yet" in policy_class.publish(succeed=False)
    policy_class.grade()
    policy_class.publish()
    assert float(marks(policy_class)["ada"]["final"]) == 6
    # All of it is the student's, and goes with the student.
    policy_class.run("forget", str(policy_class.target), "ada")
    assert list((policy_class.target / "records").iterdir()) == []


def test_the_log_tells_who_changed_a_mark_and_when(policy_class: SmallClass) -> None:
    hand_in(policy_class, "ada", "2025-10-11 12:00", *RIGHT)
    run(policy_class)
    path = policy_class.target / "marks.csv"
    path.write_text("submission,question,points,comment,by\nada,test.essay,2,Well said,ben\n")
    policy_class.publish("--changed")
    policy_class.publish()
    path.write_text("submission,question,points,comment,by\nada,test.essay,3,Better than I thought,chloe\n")
    policy_class.publish("--changed")
    form: dict[str, Any] = json.loads(
        policy_class.run("marks", "log", str(policy_class.target), "ada", "--json")
    )
    told = [(one["kind"], one["by"], one["points"]) for one in form["log"] if one["question"] == "test.essay"]
    assert [one for one in told if one[0] == "mark"] == [("mark", "ben", 2), ("mark", "chloe", 3)]
    finals = [one for one in form["log"] if one["question"] == "final"]
    assert [(one["points"], one["reason"]) for one in finals] == [(8, "it was 6"), (9, "it was 8")]
    assert all(datetime.fromisoformat(one["at"]) for one in form["log"])


def test_a_dry_run_leaves_the_folder_as_it_is(policy_class: SmallClass, tmp_path: Path) -> None:
    hand_in(policy_class, "ada", "2025-10-11 12:00", *RIGHT)
    assert "nothing was written" in policy_class.collect("--dry-run")
    assert not policy_class.target.exists()
    run(policy_class)
    sheet = policy_class.target / "to-mark" / "test.essay-ben.csv"
    policy_class.run("marks", "split", str(policy_class.target), "ben", "--dry-run")
    assert not sheet.exists()
    policy_class.run("marks", "split", str(policy_class.target), "ben")
    rows = sheet.read_text("utf-8-sig").splitlines()
    sheet.write_text("\n".join([rows[0], rows[1].rstrip(",") + ",x,,,good"]) + "\n")
    before = {path: path.read_bytes() for path in policy_class.target.rglob("*") if path.is_file()}
    target = str(policy_class.target)
    for line in (
        ["marks", "merge", target, str(sheet)],
        ["grade", target],
        ["publish", target],
        ["forget", target, "ada"],
        ["export-student", target, "ada", "--to", str(tmp_path / "ada.zip")],
        ["anonymise", target, "--to", str(tmp_path / "answers.csv")],
        ["purge", target, "--before", "2040-01-01"],
    ):
        policy_class.run(*line, "--dry-run")
        after = {path: path.read_bytes() for path in policy_class.target.rglob("*") if path.is_file()}
        after = {path: data for path, data in after.items() if path.name != ".in-use"}
        assert after == {path: data for path, data in before.items() if path.name != ".in-use"}, line
    assert not (tmp_path / "ada.zip").exists()
    assert not (tmp_path / "answers.csv").exists()
