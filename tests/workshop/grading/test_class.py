"""A class from its download to its gradebook: what is graded, kept, listed and published."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser

from course_lib.workshop.grading.intake import deadline
from course_lib.workshop.grading.storage.files import write_atomically
from course_lib.workshop.grading.storage.records import Records
from tests.workshop.grading.conftest import RIGHT, SmallClass


@pytest.fixture
def graded(graded_class: SmallClass) -> SmallClass:
    graded_class.publish()
    return graded_class


def gradebook(small: SmallClass) -> pd.DataFrame:
    """Read the gradebook as a spreadsheet would; who has no mark has none there."""
    numbers = ["raw", "penalty", "adjustment", "final"]
    blank = {name: [""] for name in numbers}
    table = pd.read_csv(small.target / "gradebook.csv", keep_default_na=False, na_values=blank)
    return table.set_index("id")


def test_every_status_says_what_happened(graded: SmallClass) -> None:
    book = gradebook(graded)
    assert dict(book["status"]) == {
        "ada": "graded", "bob": "graded", "cleo": "partial", "dan": "unreadable", "eve": "missing",
        "fay": "graded", "gus": "graded",
    }  # fmt: skip
    marked = {"ada": 6, "bob": 4, "cleo": 2, "fay": 6, "gus": 6}
    assert dict(book["raw"].dropna()) == marked, (
        "where nothing could be marked there is no mark, and not the mark 0"
    )
    assert "link to Colab" in book.loc["dan", "reason"]
    assert "Nothing was handed in" in book.loc["eve", "reason"]
    assert "The largest: Your code did not come back in time" in book.loc["cleo", "reason"]


def test_a_mistake_is_named_with_a_public_example(graded: SmallClass) -> None:
    page = (graded.target / "feedback" / "bob.html").read_text()
    assert "You squared the number" in page
    assert "The smallest case that shows it" in page
    assert "return x**2" in page


def test_a_second_run_grades_nothing_and_changes_nothing(graded: SmallClass) -> None:
    files = {path: path.read_bytes() for path in graded.target.rglob("*") if path.is_file()}
    files.pop(graded.target / "report.html")  # names the slowest submissions of its own run
    files.pop(graded.target / ".graded")  # says when these files were written
    said = graded.grade()
    assert "0 graded" in said
    graded.publish()
    assert {path: path.read_bytes() for path in files} == files


def test_with_nothing_to_do_no_record_is_read(graded: SmallClass, monkeypatch: pytest.MonkeyPatch) -> None:
    graded.grade()
    with monkeypatch.context() as patched:
        patched.setattr(Records, "read", lambda *_: pytest.fail("a record was read"))
        said = graded.grade()
    assert "nothing has changed since" in said
    assert "free texts wait for a person" in said
    # A row by hand, a page that is gone, another option: each is something to do.
    for change in (
        lambda: (graded.target / "marks.csv").write_text("submission,question,points\nada,penalty,0\n"),
        lambda: (graded.target / "report.html").unlink(),
        lambda: (graded.target / "records" / "ada.json").write_text("{}"),
    ):
        change()
        assert "nothing has changed since" not in graded.grade()
    assert "nothing has changed since" not in graded.grade("--no-similarity")


def test_the_same_class_gives_the_same_records(
    graded: SmallClass, tmp_path_factory: pytest.TempPathFactory
) -> None:
    again = SmallClass(tmp_path_factory.mktemp("again"))
    again.usual()
    again.collect()
    again.grade("--workers", "2")
    assert again.records() == graded.records()


def test_a_cluster_gives_the_same_records(graded: SmallClass) -> None:
    from distributed import LocalCluster

    before = graded.records()
    for name in before:
        (graded.target / "records" / name).unlink()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        graded.grade("--scheduler", cluster.scheduler_address)
    assert graded.records() == before


def test_a_damaged_record_is_graded_again(graded: SmallClass) -> None:
    before = graded.records()
    (graded.target / "records" / "ada.json").write_text('{"half')
    (graded.target / "records" / "bob.json").unlink()
    assert "2 graded" in graded.grade()
    assert graded.records() == before


def test_a_corrected_exercise_is_graded_again_alone_and_listed(graded: SmallClass) -> None:
    before = graded.records()
    own = graded.exercises / "own.py"
    own.write_text(own.read_text().replace('yield [call("largest", -abs(rng.normal(size=3)))]', ""))
    own.write_text(own.read_text().replace("return 2 * x", "return x**2", 1))
    graded.grade()
    said = graded.publish(succeed=False)
    assert "Nothing was published" in said
    assert "ada: test.double falls from 2 to 0" in said
    assert "bob: final rises from 4 to 6" in said
    listed = (graded.target / "changes.csv").read_text()
    assert "ada,test.double,2,0" in listed
    assert gradebook(graded).loc["ada", "final"] == 6, "a lowered mark was published silently"
    assert "published marks" in (graded.target / "report.html").read_text().lower()
    assert graded.records() != before
    assert "Would publish: 0 new marks" in graded.publish("--changed", "--dry-run")
    assert gradebook(graded).loc["ada", "final"] == 6, "a dry run wrote something"
    assert "Published: 0 new marks, 4 known ones" in graded.publish("--changed")
    assert gradebook(graded).loc["ada", "final"] == 4
    assert "falls" not in graded.grade()


def test_only_the_changed_question_runs_again(graded: SmallClass, monkeypatch: pytest.MonkeyPatch) -> None:
    import course_lib.workshop.grading.scoring.assessment as assess

    asked: list[list[str]] = []
    session = assess.Session

    class Spy(session):  # type: ignore[valid-type, misc]
        def run(self):  # type: ignore[no-untyped-def]
            asked.append([question.name for question in self.questions])
            return super().run()

    from course_lib.workshop.exercises.assignment import read_assignment
    from course_lib.workshop.grading.batch import Settings, grade_job
    from course_lib.workshop.grading.classroom import Classroom
    from course_lib.workshop.grading.sandbox.walls import Limits, Wall
    from course_lib.workshop.grading.scoring.session import Patience

    monkeypatch.setattr(assess, "Session", Spy)
    own = graded.exercises / "own.py"
    own.write_text(own.read_text().replace("size=4", "size=5"))
    room = Classroom(graded.target, read_assignment(graded.assignment), graded.exercises)
    patience = Patience(20, 1, 4)
    settings = Settings.of(room.key, Wall.NAMESPACES, patience, Limits())
    jobs = [job for job in room.jobs(patience, Wall.NAMESPACES) if job.submission == "ada"]
    grade_job(settings, jobs[0])
    assert asked == [["test.largest"]]


def test_marks_by_hand_survive_everything(graded: SmallClass) -> None:
    (graded.target / "marks.csv").write_text(
        "submission,question,points,keys,comment,by\n"
        "ada,test.essay,2.5,cause,Well said.,kim\n"
        "cleo,test.largest,4,,You were ill.,\n"
        "bob,,1,,For your question in class.,\n"
    )
    assert "rises" in graded.publish("--changed")
    book = gradebook(graded)
    assert dict(book["final"])["ada"] == 8.5
    assert dict(book["final"])["cleo"] == 6
    assert (book.loc["bob", "raw"], book.loc["bob", "adjustment"], book.loc["bob", "final"]) == (4, 1, 5)
    for path in (graded.target / "records").iterdir():
        path.unlink()
    graded.grade()
    graded.publish()
    assert gradebook(graded)["final"].equals(book["final"])
    page = (graded.target / "feedback" / "ada.html").read_text()
    assert "Well said." in page


def test_answers_that_wait_for_a_person_are_counted(graded: SmallClass) -> None:
    assert "2 free texts wait for a person" in graded.grade()
    book = gradebook(graded)
    assert book.loc["ada", "reason"] == "A person has not marked yet: Say why."
    assert "Worth 3 points." in (graded.target / "feedback" / "ada.html").read_text()
    report = (graded.target / "report.html").read_text()
    assert "not all marked" in report
    assert "Dan Dare (dan)" in report
    (graded.target / "marks.csv").write_text(
        "submission,question,points,keys\nada,test.essay,2,cause\nbob,test.essay,0,\n"
    )
    assert "wait for a person" not in graded.publish("--changed")
    assert gradebook(graded).loc["ada", "reason"] == ""
    page = (graded.target / "feedback" / "ada.html").read_text()
    assert "<li>2 for: names a cause</li>" in page
    assert "A person marks this answer" not in page


def test_a_file_too_large_is_unreadable_and_not_missing(small_class: SmallClass) -> None:
    with (small_class.download / "ada_hw.ipynb").open("wb") as file:
        file.truncate(60 * 2**20)
    assert "Ada Lovelace: ada_hw.ipynb: The file cannot be read: it is larger" in small_class.collect()
    small_class.grade()
    small_class.publish()
    assert dict(gradebook(small_class)["status"])["ada"] == "unreadable"
    assert "clear the outputs" in gradebook(small_class).loc["ada", "reason"]


def test_a_bad_mark_by_hand_is_named(graded: SmallClass) -> None:
    (graded.target / "marks.csv").write_text("submission,question,points\nada,test.essay,many\n")
    said = graded.run("grade", str(graded.target), *graded.options(), succeed=False)
    assert "line 2" in said
    assert "'many'" in said


def test_lateness_is_taken_off_apart(small_class: SmallClass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "TOMORROW", timedelta(days=5_000))  # as if the year were over
    late = {
        "ada_hw.ipynb": "2030-10-12 23:50",
        "bob_hw.ipynb": "2030-10-13 00:10",
        "cleo_hw.ipynb": "2030-10-13 00:20",
        "dan_hw.ipynb": "2030-10-14 12:00",
        "eve_hw.ipynb": "2030-10-30 12:00",
    }
    for name, when in late.items():
        path = small_class.hand_in(name, *RIGHT[:2])
        moment = pd.Timestamp(when, tz="Europe/Zurich").timestamp()
        os.utime(path, (moment, moment))
    small_class.collect("--late", "count")
    small_class.grade()
    small_class.publish()
    book = gradebook(small_class)
    # In time; before the student's own due date; a day; two days; so late that nothing is left.
    assert dict(book["final"])["ada"] == 6
    assert dict(book["final"])["bob"] == 6
    assert (book.loc["cleo", "raw"], book.loc["cleo", "penalty"], book.loc["cleo", "final"]) == (6, 1.5, 4.5)
    assert dict(book["final"])["dan"] == 3
    assert (book.loc["eve", "raw"], book.loc["eve", "final"]) == (6, 0)


def test_a_grader_that_is_killed_goes_on_where_it_was(small_class: SmallClass) -> None:
    for name in ("ada", "bob", "cleo", "dan", "eve"):
        small_class.hand_in(f"{name}_hw.ipynb", *RIGHT, "import time\ntime.sleep(1)")
    small_class.collect()
    course = [sys.executable, "-c", "from course_lib.workshop.cli import main; main()"]
    command = [*course, "grade", str(small_class.target), *small_class.options(), "--workers", "1"]
    scratch = small_class.folder / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    for how in (signal.SIGKILL, signal.SIGINT):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
        )
        _wait_for_more_records(small_class, process)
        process.send_signal(how)
        _, words = process.communicate(timeout=60)
        if how is signal.SIGINT:
            assert process.returncode == 130
            assert "the same command goes on" in words
    done = small_class.records()
    assert 2 <= len(done) < 5
    assert all(json.loads(text)["status"] == "graded" for text in done.values())
    assert f"{5 - len(done)} graded" in small_class.grade("--seconds", "5")
    assert len(small_class.records()) == 5
    assert done.items() <= small_class.records().items(), "a record was written twice"
    assert not list((small_class.target / "records").glob(".*")), "half a record was left"
    assert not _servers_of(process.pid)
    assert not list(scratch.glob("course-grade-*")), "a server left its folder"


def _wait_for_more_records(small: SmallClass, process: "subprocess.Popen[str]") -> None:
    folder = small.target / "records"
    before = len(list(folder.glob("*.json"))) if folder.exists() else 0
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        if folder.exists() and len(list(folder.glob("*.json"))) > before:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was graded in time")


def _servers_of(process: int) -> list[str]:
    time.sleep(1)
    found = []
    for name in os.listdir("/proc"):
        try:
            status = Path(f"/proc/{name}/status").read_text()
        except OSError:
            continue
        if f"PPid:\t{process}\n" in status:
            found.append(name)
    return found


def test_a_worker_that_dies_costs_nothing(small_class: SmallClass, monkeypatch: pytest.MonkeyPatch) -> None:
    from course_lib.workshop.exercises.assignment import read_assignment
    from course_lib.workshop.grading import batch
    from course_lib.workshop.grading.classroom import Classroom
    from course_lib.workshop.grading.sandbox.walls import Limits, Wall
    from course_lib.workshop.grading.scoring.session import Patience

    small_class.hand_in("ada_hw.ipynb", *RIGHT)
    small_class.hand_in("bob_hw.ipynb", *RIGHT[:1])
    small_class.collect()
    monkeypatch.setattr(batch, "_grade_in_process", _die_once)
    _died.unlink(missing_ok=True)
    room = Classroom(small_class.target, read_assignment(small_class.assignment), small_class.exercises)
    patience = Patience(20, 1, 4)
    settings = batch.Settings.of(room.key, Wall.NAMESPACES, patience, Limits())
    for done in batch.grade_all(settings, room.jobs(patience, Wall.NAMESPACES), 1):
        room.keep(done)
    assert _died.exists()
    points = {
        name: [one["points"] for one in json.loads(text)["questions"]]
        for name, text in small_class.records().items()
    }
    assert points == {"ada.json": [2, 4, 0], "bob.json": [2, 0, 0]}
    _died.unlink()


_died = Path("/tmp") / f"course-test-died-{os.getpid()}"


def _die_once(job):  # type: ignore[no-untyped-def]
    from course_lib.workshop.grading import batch

    mark = Path("/tmp") / f"course-test-died-{os.getppid()}"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    assert batch._settings_of_process is not None
    return batch.grade_job(batch._settings_of_process, job)


def test_workers_that_cannot_start_are_no_student_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from course_lib.workshop.grading import batch
    from course_lib.workshop.grading.sandbox.client import ServerError

    monkeypatch.setattr(batch, "_prepare_process", _end_at_once)
    settings = batch.Settings("{}", "none", {}, {})
    with pytest.raises(ServerError, match="end as soon as they start"):
        list(batch.grade_all(settings, [batch.Job("ada", b""), batch.Job("bob", b"")], 1))


def _end_at_once(settings: object) -> None:
    os._exit(1)


def test_a_file_is_old_or_new_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "record.json"
    write_atomically(path, "old")
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_students_must_not_see_is_closed(graded: SmallClass) -> None:
    for name in ("key.json", "collected.json", "published.json", "gradebook.csv", "report.html"):
        assert not (graded.target / name).stat().st_mode & 0o077, name
    for path in (graded.target / "records").iterdir():
        assert not path.stat().st_mode & 0o077


def test_nothing_of_others_and_no_hidden_case_is_in_feedback(graded: SmallClass) -> None:
    hidden = json.loads((graded.target / "key.json").read_text())["questions"][0]["hidden"]["cases"]
    numbers = [str(abs(case["calls"][0][1][0]))[:8] for case in hidden]
    names = {"ada": "Lovelace", "bob": "Builder", "cleo": "Cléo", "group-reds": "Fay"}
    for who in names:
        for suffix in (".html", ".md"):
            page = (graded.target / "feedback" / f"{who}{suffix}").read_text()
            assert not [number for number in numbers if number in page]
            assert not [name for other, name in names.items() if other != who and name in page]
            assert names[who] in page


def test_feedback_goes_back_under_the_original_names(graded: SmallClass) -> None:
    with zipfile.ZipFile(graded.target / "feedback.zip") as archive:
        assert sorted(archive.namelist()) == [
            f"{name}_hw.html" for name in ("ada", "bob", "cleo", "dan", "fay")
        ]


def test_try_explains_one_mark(graded: SmallClass) -> None:
    said = graded.run("try", str(graded.download / "bob_hw.ipynb"), *graded.options())
    assert "4 of 9 points" in said
    assert "You squared the number" in said
    assert "Hidden case" in said
    assert "double(x=" in said
    page = graded.target / "feedback" / "bob.html"
    before = page.read_bytes()
    bob = ["try", str(graded.download / "bob_hw.ipynb"), *graded.options(), "--to", str(page)]
    assert "is there already, and nothing is written over" in graded.run(*bob, succeed=False)
    assert page.read_bytes() == before


def test_try_explains_the_mark_of_its_own_run(small_class: SmallClass) -> None:
    """An answer that depends on chance is run once: the points and the cases that decide agree.

    The coin is tossed once a run, so that a second run would differ from the first every other time.
    """
    read = r"\(test.double\): .*\n  The student reads: All \d+ cases are right\."
    all_right = rf"{read}\n  All 3 hidden cases are right\."
    chance = "import os\ncoin = os.urandom(1)[0] > 127\ndef double(x):\n    return 2 * x + coin"
    path = small_class.hand_in("ada.ipynb", chance, *RIGHT[1:])
    for _ in range(5):
        told = small_class.run("try", str(path), *small_class.options())
        right = re.search(r"\(test.double\): 2 of 2", told) is not None
        assert right == (re.search(all_right, told) is not None), told


def test_try_finds_the_exercises_that_a_notebook_checks(small_class: SmallClass) -> None:
    path = small_class.hand_in("mine.ipynb", *RIGHT, 'check("test.double")', "check( 'test.largest')")
    said = small_class.run("try", str(path), "--exercises", str(small_class.exercises))
    assert "5 of 5 points" in said
    path = small_class.hand_in("other.ipynb", *RIGHT)
    said = small_class.run("try", str(path), succeed=False)
    assert "checks no exercise" in said


def test_without_a_sandbox_every_report_says_so(small_class: SmallClass) -> None:
    small_class.hand_in("ada_hw.ipynb", *RIGHT)
    small_class.collect()
    small_class.grade("--trust-code")
    small_class.publish()
    assert "without a sandbox" in (small_class.target / "report.html").read_text()
    assert "without a sandbox" in (small_class.target / "feedback" / "ada.html").read_text()
    assert json.loads(small_class.records()["ada.json"])["wall"] == "none"
    assert "1 graded" in small_class.grade(), "a record without a sandbox was taken for one with"


def test_a_gradebook_is_safe_to_open(graded: SmallClass) -> None:
    text = (graded.target / "gradebook.csv").read_text()
    fields = [field for row in csv.reader(io.StringIO(text)) for field in row]
    assert not [field for field in fields if field.startswith(("=", "+", "@", "\t"))]
    assert "Bob, the =Builder" in fields


# Nothing of theirs runs ---------------------------------------------------------------------------

EVIL = """</code></pre><script>document.title="pwned"</script><img src=x onerror="document.title='pwned'">
<svg onload="document.title='pwned'"><a href="javascript:document.title='pwned'">x</a>"""


def test_no_script_of_theirs_runs_in_a_page(small_class: SmallClass, chromium: Browser) -> None:
    code = f'print("""{EVIL}""")\ndef double(x):\n    """{EVIL}"""\n    raise ValueError("""{EVIL}""")'
    small_class.hand_in("eve_hw0.ipynb", "an earlier version, so that the report names her")
    small_class.hand_in("eve_hw.ipynb", code, f'essay = """{EVIL}"""', f'raise ValueError("""{EVIL}""")')
    small_class.roster.write_text(
        small_class.roster.read_text().replace("Eve Evil", "<script>document.title='pwned'</script>")
    )
    small_class.collect()
    small_class.grade()
    small_class.publish()
    for path in (small_class.target / "feedback" / "eve.html", small_class.target / "report.html"):
        page = chromium.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_timeout(200)
        assert page.title().startswith("Homework 1")
        assert "pwned" in page.content()
        assert page.locator("script, img, svg, a:not([href^='feedback/'])").count() == 0
        assert asked == [path.as_uri()]
        page.close()


def test_pages_are_accessible(graded: SmallClass, chromium: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page = chromium.new_context(color_scheme=scheme, bypass_csp=True).new_page()  # type: ignore[arg-type]
        for path in ("feedback/bob.html", "feedback/cleo.html", "report.html"):
            page.goto((graded.target / path).as_uri())
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()
        page.close()
