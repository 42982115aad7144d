"""Downloads of each platform in its own shape, by the real command: whose a file is, and when it came."""

import json
import os
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.workshop.grading.conftest import RIGHT, SmallClass, notebook_of

# A due date that is over, so that something can be late: the times of these files are after it.
DUE = "2025-10-12 23:59"
WRONG = "def double(x):\n    return x**2"


@pytest.fixture
def past_class(small_class: SmallClass) -> SmallClass:
    small_class.assignment.write_text(small_class.assignment.read_text().replace("2030-10-12 23:59", DUE))
    return small_class


def collected(small: SmallClass) -> dict[str, dict[str, Any]]:
    """Return for each key the version that counts."""
    form = json.loads((small.target / "collected.json").read_text())
    return {item["key"]: item["versions"][0] for item in form["submissions"] if item["versions"]}


def test_blackboards_names_tell_who_and_when(past_class: SmallClass) -> None:
    for who, when in (("ada", "2025-10-12-23-58-02"), ("cleo", "2025-10-13-09-59-00")):
        past_class.hand_in(f"Homework 1_{who}_attempt_{when}_hw1.ipynb", *RIGHT)
        receipt = past_class.download / f"Homework 1_{who}_attempt_{when}.txt"
        receipt.write_text(f"Name: {who}\nAssignment: Homework 1\nDate Submitted: today\n")
    said = past_class.collect("--late", "count")
    assert "Cléo O'Neil: 600 minutes late" in said
    assert "Ada" not in said
    assert {key: version["original"] for key, version in collected(past_class).items()} == {
        "ada": "hw1.ipynb", "cleo": "hw1.ipynb",
    }  # fmt: skip


METADATA = """---
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: ada
    :email: ada@x.example
  :created_at: 2025-10-12 21:50:00.123456000 Z
  :score: 0.0
submission_2:
  :submitters:
  - :name: Fay One
    :sid: fay
    :email: fay@x.example
  - :name: Cléo O'Neil
    :sid: cleo
    :email: cleo@x.example
  :created_at: 2025-10-13 07:59:00.000000000 Z
submission_3:
  :submitters:
  - :name: Dan Dare
    :sid: '4711'
    :email: dan@elsewhere.example
  :created_at: 2025-10-12 20:00:00.000000000 Z
"""


def test_gradescopes_export_is_read_with_its_table(past_class: SmallClass) -> None:
    export = past_class.download / "assignment_99_export"
    for number in (1, 2, 3):
        past_class.hand_in(f"assignment_99_export/submission_{number}/hw1.ipynb", *RIGHT, f"# {number}")
    (export / "submission_metadata.yml").write_text(METADATA)
    said = past_class.collect("--late", "count")
    found = collected(past_class)
    # Everybody who handed a submission in has it, and another Dan Dare than the class's has nobody's.
    assert set(found) == {"ada", "cleo", "group-reds"}
    assert found["cleo"]["digest"] == found["group-reds"]["digest"]
    assert found["ada"]["late_minutes"] == 0
    assert found["cleo"]["late_minutes"] == 600
    assert "nobody in the roster is called 'Dan Dare'" in said or "4711" in said
    assert "Dan Dare: nothing was handed in" in said


@pytest.mark.parametrize("with_roster", [True, False])
def test_one_folder_of_google_drive_holds_the_work_of_many(
    small_class: SmallClass, with_roster: bool
) -> None:
    names = ("Ada Lovelace - hw1", "Dan Dare - Copy of hw1", "Cléo O'Neil - hw1")
    for name in names:
        small_class.hand_in(f"Homework 1/{name}.ipynb", *RIGHT, f"# {name}")
    # A folder of one's own, with versions: one student.
    small_class.hand_in("bob/hw1 - first.ipynb", *RIGHT, "# 1")
    small_class.hand_in("bob/hw1 - second.ipynb", *RIGHT, "# 2")
    if not with_roster:
        target = str(small_class.target)
        small_class.run("collect", str(small_class.download), *small_class.options(), "--to", target)
        assert set(collected(small_class)) == {"adalovelace", "dandare", "cleooneil", "bob"}
    else:
        small_class.collect()
        assert set(collected(small_class)) == {"ada", "dan", "cleo", "bob"}


@pytest.mark.parametrize("with_roster", [True, False])
def test_a_class_in_one_folder_of_an_archive_is_no_single_student(
    small_class: SmallClass, with_roster: bool
) -> None:
    with zipfile.ZipFile(small_class.folder / "submissions.zip", "w") as archive:
        for who in ("ada", "bob", "dan"):
            archive.writestr(f"submissions/{who}.ipynb", notebook_of([*RIGHT, f"# {who}"]))
    target, source = str(small_class.target), str(small_class.folder / "submissions.zip")
    more = ["--roster", str(small_class.roster)] if with_roster else []
    small_class.run("collect", source, *small_class.options(), "--to", target, *more)
    assert set(collected(small_class)) == {"ada", "bob", "dan"}


def test_what_canvas_calls_a_text_or_a_link_is_the_same_student_s(small_class: SmallClass) -> None:
    small_class.hand_in("lovelaceada_LATE_101_500_hw1.ipynb", *RIGHT)
    (small_class.download / "lovelaceada_LATE_101_link.html").write_text("<html>a link</html>")
    (small_class.download / "daredan_104_text.html").write_text("<html>I have done it</html>")
    target = str(small_class.target)
    said = small_class.run("collect", str(small_class.download), *small_class.options(), "--to", target)
    assert {key: one["original"] for key, one in collected(small_class).items()} == {
        "101": "hw1.ipynb", "104": "text.html",
    }  # fmt: skip
    assert "daredan: text.html: This is a web page" in said


def commit(folder: Path, when: str) -> None:
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Homework"]):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@x.example", *words], cwd=folder, check=True,
            env={**os.environ, "GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when},
        )  # fmt: skip


def test_repositories_are_read_by_login_and_commit(past_class: SmallClass, tmp_path: Path) -> None:
    past_class.roster.write_text(
        "identifier,github_username,github_id,name\n1-a,ada-x,7,Ada\n2-b,bob,8,Bob\n"
    )
    ran = tmp_path / "ran"
    for login, when in (("ada-x", "2025-10-12T23:00:00+02:00"), ("bob", "2025-10-13T09:59:00+02:00")):
        past_class.hand_in(f"homework-1-{login}/hw1.ipynb", *RIGHT)
        (past_class.download / f"homework-1-{login}" / "README.md").write_text("Homework\n")
        commit(past_class.download / f"homework-1-{login}", when)
        # A repository's own settings may name programs; none of them is run.
        with (past_class.download / f"homework-1-{login}" / ".git" / "config").open("a") as settings:
            settings.write(f"[log]\n\tshowSignature = true\n[gpg]\n\tprogram = touch {ran}\n")
            settings.write(f"[core]\n\tfsmonitor = touch {ran}\n\tpager = touch {ran}\n")
    said = past_class.collect("--late", "count")
    assert "Bob: 600 minutes late" in said
    found = collected(past_class)
    assert {key: version["original"] for key, version in found.items()} == {
        "1-a": "hw1.ipynb",
        "2-b": "hw1.ipynb",
    }
    assert datetime.fromisoformat(found["1-a"]["time"]) == datetime.fromisoformat("2025-10-12T23:00:00+02:00")
    assert not ran.exists()


def test_a_clone_without_its_history_makes_nobody_late(past_class: SmallClass) -> None:
    past_class.hand_in("homework-1-ada/hw1.ipynb", *RIGHT)
    (past_class.download / "homework-1-ada" / ".git").mkdir()
    past_class.hand_in("homework-1-bob/hw1.ipynb", *RIGHT)
    (past_class.download / "homework-1-bob" / ".git").mkdir()
    assert "minutes late" not in past_class.collect()
    assert set(collected(past_class)) == {"ada", "bob"}


def test_classroom_50_reads_what_the_autograder_writes(small_class: SmallClass, tmp_path: Path) -> None:
    small_class.run("export", "classroom50", *small_class.options(), "--to", str(tmp_path / "autograder"))
    text = (tmp_path / "autograder" / "autograder.py").read_text()
    repository = tmp_path / "homework-1-ada"
    repository.mkdir()
    (repository / "hw1.ipynb").write_bytes(notebook_of(["%pip install x", "1 / 0", WRONG, RIGHT[1]]))
    (repository / "scratch.ipynb").write_bytes(notebook_of(["x = 1"]))
    told = {
        "CLASSROOM": "ml", "ASSIGNMENT": "homework-1", "USERNAME": "ada",
        "SUBMISSION_TAG": "submit/2026-a1b2c3d", "COMMIT_URL": "https://github.example/c", "RELEASE_URL": "https://github.example/r",
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", text], cwd=repository, check=True, env={**os.environ, **told}, timeout=120
    )
    result = json.loads((repository / "result.json").read_text())
    assert set(result) == {
        "schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release",
        "review", "datetime", "score", "max-score", "tests",
    }  # fmt: skip
    assert (result["schema"], result["assignment_type"]) == ("classroom50/result/v1", "individual")
    assert (result["owner"], result["review"]) == ("ada", "https://github.example/c")
    assert datetime.strptime(result["datetime"], "%Y-%m-%dT%H:%M:%SZ")
    assert [(one["passed"], one["score"], one["max-score"]) for one in result["tests"]] == [
        (False, 0, 2), (True, 4, 4),
    ]  # fmt: skip
    assert "You squared the number." in result["tests"][0]["output"]
    assert (result["score"], result["max-score"]) == (4, 6)
