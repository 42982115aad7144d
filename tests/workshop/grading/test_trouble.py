"""Disks that are full, files that are damaged or gone, two graders at once, terminals and spreadsheets."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.workshop.exercises.assignment import read_assignment
from course_lib.workshop.grading import batch
from course_lib.workshop.grading.classroom import PUBLISHED, Classroom
from course_lib.workshop.grading.intake.collect import MANIFEST
from course_lib.workshop.grading.marks.standing import HandMark, read_hand_marks, write_hand_marks
from course_lib.workshop.grading.sandbox import control_group
from course_lib.workshop.grading.sandbox.client import OWNER, PREFIX, _hold, sweep_abandoned
from course_lib.workshop.grading.sandbox.walls import Limits, Wall
from course_lib.workshop.grading.scoring.assessment import crashed_record
from course_lib.workshop.grading.scoring.session import Patience
from course_lib.workshop.grading.storage.files import alone_in, printable
from course_lib.workshop.grading.storage.tables import TableError, as_written, read_table, safe_field, to_csv
from tests.workshop.grading.conftest import RIGHT, Grader, SmallClass
from tests.workshop.grading.questions import small_key


def test_a_second_grader_is_told_who_is_at_work(graded_class: SmallClass) -> None:
    with alone_in(graded_class.target):
        for arguments in (["grade", *graded_class.options()], ["publish"]):
            told = graded_class.run(arguments[0], str(graded_class.target), *arguments[1:], succeed=False)
            assert f"in use by process {os.getpid()} on" in told
        assert "in use by process" in graded_class.collect(succeed=False)
    assert "graded already" in graded_class.grade()


def test_a_killed_grader_holds_no_folder(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from course_lib.workshop.grading.storage.files import "
        "alone_in\nwith alone_in(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    with alone_in(tmp_path):
        pass


def test_what_a_killed_grader_left_is_swept_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    alive, dead, other = (tmp_path / f"{PREFIX}{name}" for name in ("alive", "dead", "other"))
    for folder in (alive, dead, other):
        (folder / "learner").mkdir(parents=True)
    held = _hold(alive)
    _hold(dead).close()
    sweep_abandoned()
    assert alive.exists()
    assert (alive / OWNER).exists()
    assert other.exists()
    assert not dead.exists()
    held.close()


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"students": []}', '{"submissions": 3}'])
def test_a_damaged_file_of_the_class_is_named(graded_class: SmallClass, damage: str) -> None:
    (graded_class.target / "key.json").write_text(damage)
    graded_class.publish()  # a key is drawn anew
    published = graded_class.target / "published.json"
    kept = published.read_text()
    if damage not in ("", "{}"):
        published.write_text(damage)
        if damage not in ("{}",):
            told = graded_class.run("publish", str(graded_class.target), succeed=False)
            assert "published.json is damaged" in told
    published.write_text(kept)
    (graded_class.target / MANIFEST).write_text(damage)
    told = graded_class.run("grade", str(graded_class.target), *graded_class.options(), succeed=False)
    assert "collected.json is damaged" in told
    assert "Traceback" not in told


ODD = st.sampled_from(
    [None, True, 0, -1.5, 10**400, "", "x", "2026-10-12", "ada", [], [[]], {}, {"final": "x"}]
)


def places_in(form: Any) -> list[tuple[Any, Any]]:
    """Return every place in some JSON that something can be taken out of."""
    inside = list(form.items()) if isinstance(form, dict) else list(enumerate(form))
    deeper = [place for _, item in inside if isinstance(item, dict | list) for place in places_in(item)]
    return [(form, key) for key, _ in inside] + deeper


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_whatever_is_missing_in_a_file_of_the_class_it_is_named_or_does_not_matter(
    once_graded: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """One value is taken out of a file, or another put there: no command ends with a traceback."""
    folder = tmp_path_factory.mktemp("damaged")
    small = SmallClass(once_graded)
    assignment = read_assignment(small.assignment)
    for name in (MANIFEST, "key.json"):
        shutil.copy(small.target / name, folder)
    os.symlink(small.target / "records", folder / "records")
    points = {"test.double": 2.0, "raw": 2.0, "final": 2.0}
    (folder / PUBLISHED).write_text(json.dumps({"ada": points, "bob": points}))
    path = folder / data.draw(st.sampled_from([MANIFEST, "key.json", PUBLISHED]))
    form = json.loads(path.read_text())
    inside, key = data.draw(st.sampled_from(places_in(form)))
    if data.draw(st.booleans()):
        del inside[key]
    else:
        inside[key] = data.draw(ODD)
    path.write_text(json.dumps(form))
    room = Classroom(folder, assignment, small.exercises)
    with contextlib.suppress(TableError):
        room.publish()
        room.changes()
        room.report({}, [], similarity=False)
        [marks["final"] for marks in room.published.values()]


def test_a_damaged_page_is_written_anew(graded_class: SmallClass) -> None:
    graded_class.publish()
    page = next((graded_class.target / "feedback").glob("ada*.html"))
    whole = page.read_bytes()
    page.write_bytes(b"\xff\xfe half a page")
    graded_class.publish()
    assert page.read_bytes() == whole


def test_a_submission_whose_file_is_gone_is_named_and_the_others_are_graded(small_class: SmallClass) -> None:
    small_class.hand_in("ada_hw.ipynb", *RIGHT)
    small_class.hand_in("bob_hw.ipynb", *RIGHT)
    small_class.collect()
    (gone,) = (small_class.target / "submissions" / "ada").iterdir()
    kept = gone.read_bytes()
    gone.unlink()
    assert "1 graded" in small_class.grade()
    assert small_class.record("ada")["status"] == "unreadable"
    assert "Collect it again" in small_class.record("ada")["reason"]
    gone.write_bytes(kept)
    assert "1 graded" in small_class.grade()
    assert small_class.record("ada")["status"] == "graded"


def test_a_disk_that_refuses_is_named_and_what_was_kept_stays(
    graded_class: SmallClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = graded_class.records()
    (graded_class.target / "records" / "ada.json").unlink()

    def full(path: Path, *rest: object, **options: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("course_lib.workshop.grading.storage.records.write_atomically", full)
        told = graded_class.run(
            "grade", str(graded_class.target), *graded_class.options(), "--workers", "1", succeed=False
        )
    assert "No space left on device" in told
    assert "run the same command again" in told
    assert graded_class.records().items() <= before.items()
    graded_class.grade()
    assert graded_class.records() == before


def test_a_field_of_any_length_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f'id,comment\nada,"{"x" * 300_000}"\n')
    assert len(read_table(path)[1][0]["comment"]) == 300_000


def test_some_can_be_graded_again(graded_class: SmallClass) -> None:
    assert "1 are graded again" in graded_class.grade("--again", "ada")
    count = sum(json.loads(text)["status"] == "partial" for text in graded_class.records().values())
    assert f"{count} are graded again" in graded_class.grade("--again", "partial")


WITHOUT_TENSORFLOW = (
    "import sys; sys.modules.update(tensorflow=None, keras=None); "
    "from course_lib.workshop.cli import main; main()"
)


def test_numpy_exercises_are_released_where_there_is_no_tensorflow(small_class: SmallClass) -> None:
    def release(*names: str) -> subprocess.CompletedProcess[str]:
        listed = "".join(f"  {name}:\n" for name in names)
        small_class.assignment.write_text(f"title: Homework 1\nseed: 17\nexercises:\n{listed}")
        target = ["--exercises", str(small_class.exercises), "--to", str(small_class.folder / "out")]
        command = [sys.executable, "-c", WITHOUT_TENSORFLOW, "release", str(small_class.assignment), *target]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = release("test.double", "perceptron.two_forms")
    assert done.returncode == 0, done.stderr
    assert (small_class.folder / "out" / "hw1.ipynb").exists()
    done = release("test.double", "tensorflow_basics.shapes_of_a_batch")
    assert done.returncode == 1
    assert "need tensorflow, which is not installed here" in done.stderr
    assert "Traceback" not in done.stderr


ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m"


def test_no_sign_of_a_submission_reaches_the_terminal(small_class: SmallClass) -> None:
    path = small_class.hand_in(
        "ada.ipynb",
        f"raise ValueError({ESCAPES!r})",
        f"def double(x):\n    raise KeyError({ESCAPES!r} + str(x))",
    )
    told = small_class.run("try", str(path), *small_class.options())
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", told)
    assert "\\x1b[2J" in told


@given(st.text())
def test_what_is_printed_controls_nothing(text: str) -> None:
    shown = printable(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    shown.encode()


@pytest.mark.parametrize("sign", [";", "\t", "\n", "\r"])
@pytest.mark.parametrize("formula", ["=12", "@SUM(A1)", "-2+3", '"=1+1"', " =1", "\uff1d12"])
def test_no_formula_in_a_spreadsheet_that_separates_otherwise(sign: str, formula: str) -> None:
    text = to_csv(("a", "b"), [{"a": f"x{sign}{formula}", "b": 1}])
    for line in text.splitlines()[1:]:
        for field in line.split(sign):
            assert not field.strip(' "').startswith(("=", "@", "-2", "\uff1d"))


@given(st.text(alphabet="ab;\t\n\"=@+- '1\uff1d\uff0d", max_size=12))
def test_a_comment_comes_back_as_it_was_written(text: str) -> None:
    assert as_written(str(safe_field(text))) == text


@given(st.lists(st.text(alphabet="ab;\t\n\"=@+-'", max_size=9), min_size=1, max_size=3))
def test_comments_are_the_same_however_often_they_are_merged(
    tmp_path_factory: pytest.TempPathFactory, comments: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("marks")
    marks = [HandMark("ada", "", 1.0, "", comment.strip(), "bob") for comment in comments]
    for _ in range(2):
        write_hand_marks(folder, marks)
        assert read_hand_marks(folder) == {"ada": marks}


HIDDEN_IMPORTS = [
    "from importlib import import_module\nimport_module('course' + '_lib.perceptron')\n{}",
    "exec('import course' + '_lib.perceptron')\n{}",
    "def double(x):\n    __import__('course' + '_lib.perceptron')\n    return 2 * x",
    "import importlib\nname = 'lib'\nlearner = importlib.import_module(f'course_{{name}}.perceptron')\n{}",
    "import runpy\nlearner = runpy.run_module('course' + '_lib.perceptron')\n{}",
    "import importlib.util as util\nspec = util.find_spec('course' + '_lib.perceptron')\n"
    "learner = util.module_from_spec(spec)\nspec.loader.exec_module(learner)\n{}",
]


@pytest.mark.parametrize("cell", HIDDEN_IMPORTS)
def test_an_import_is_seen_however_it_is_spelt(grader: Grader, cell: str) -> None:
    question = grader.key.questions[0]
    object.__setattr__(question.hidden, "forbidden", ("course_lib.perceptron",))
    try:
        assert grader.double(cell.format(RIGHT[0]))["imports"] == ["course_lib.perceptron"]
        assert grader.double(f"import course_lib.plots\n{RIGHT[0]}")["imports"] == []
    finally:
        object.__setattr__(question.hidden, "forbidden", ())


def test_printing_is_not_blamed_on_a_loop(grader: Grader) -> None:
    cell = "import numpy as np\ndef double(x):\n    for _ in range(10**7):\n        print(np.ones((30, 30)))"
    assert "printing" in grader.double(cell)["sentence"]


# Under load -----------------------------------------------------------------------------------------


def test_what_was_starved_is_graded_again_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_grade_in_process", _starve_once)
    settings = batch.Settings.of(small_key(), Wall.NONE, Patience(), Limits())
    jobs = [batch.Job(str(tmp_path / name), b"") for name in ("ada", "bob", "cleo")]
    done = list(batch.grade_here(settings, jobs, 2))
    assert sorted(Path(one.submission).name for one in done) == ["ada", "bob", "cleo"]
    assert Path(done[-1].submission).name == "bob"  # at the end, and once
    assert done[-1].seconds == 2  # of the second time


def test_a_second_run_has_what_the_first_left_and_costs_no_points(monkeypatch: pytest.MonkeyPatch) -> None:
    key = small_key()
    settings = batch.Settings.of(key, Wall.NONE, Patience(), Limits())
    record = replace(crashed_record(b"", key, Wall.NONE, Patience(), ""), busy=1.0)
    given: list[tuple[float, float]] = []

    def grade(data: bytes, key: Any, server: Any, patience: Patience, earlier: Any) -> Any:
        given.append((patience.of_submission([]), patience.spent))
        if patience.spent:
            return record
        clock[0] += 45
        return replace(record, questions=(replace(record.questions[0], points=2.0), *record.questions[1:]))

    clock, bounds = [100.0], []
    monkeypatch.setattr(batch.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(batch, "processor_waits", lambda: clock[0])
    monkeypatch.setattr(batch, "grade_notebook", grade)
    monkeypatch.setattr(batch, "checked_server", lambda *rest: _Server())
    bounded = batch.bounded

    def noted(seconds: float, memory: int) -> Any:
        bounds.append(seconds)
        return bounded(seconds, memory)

    monkeypatch.setattr(batch, "bounded", noted)
    worker = batch.Worker(settings)

    def stream(pool: Any, waiting: Any, held: Any, workers: int) -> Any:
        for job in waiting:
            yield job, worker.grade(job)

    monkeypatch.setattr(batch, "_stream", stream)
    (done,) = batch.grade_here(settings, [batch.Job("ada", b"")], 1)
    assert given == [(60, 0), (15, 45)]
    assert bounds == [60, 15]
    assert done.points == 2  # of the first run, which was the better one
    assert batch.better(done, None) is done
    assert batch.better(done, replace(done)) is done


def _starve_once(job: batch.Job) -> batch.Done:
    times = Path(job.submission)
    count = len(times.read_text()) if times.exists() else 0
    times.write_text("x" * (count + 1))
    record = crashed_record(b"", small_key(), Wall.NONE, Patience(), "")
    return batch.Done(job.submission, record, float(count + 1), times.name == "bob" and count == 0)


class _Cluster:
    """A cluster on which some submissions end their workers so many times; it counts what it is given."""

    def __init__(self, kills: dict[str, int]):
        self.kills = kills
        self.held: list[Any] = []

    def __enter__(self) -> "_Cluster":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def scatter(self, settings: batch.Settings, broadcast: bool) -> batch.Settings:
        return settings

    def scheduler_info(self) -> dict[str, Any]:
        return {"workers": {}}

    def submit(self, grade: Any, settings: batch.Settings, job: batch.Job, **options: Any) -> Any:
        self.kills[job.submission] = left = self.kills.get(job.submission, 0) - 1
        return _Future(f"{job.submission} {left}", job, left >= 0)

    def add(self, future: Any) -> None:
        self.held.append(future)

    def __next__(self) -> Any:
        return self.held.pop(0)


@dataclass
class _Future:
    key: str
    job: batch.Job
    killed: bool

    def result(self) -> batch.Done:
        from distributed import KilledWorker

        if self.killed:
            raise KilledWorker(self.key, None, 4)  # type: ignore[no-untyped-call]
        record = crashed_record(b"", small_key(), Wall.NONE, Patience(), "graded")
        return batch.Done(self.job.submission, record, 1.0)


def test_who_was_beside_one_that_ends_its_worker_is_graded_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = _Cluster({"bob": 1, "eve": 9})
    monkeypatch.setattr("distributed.Client", lambda address, timeout: cluster)
    monkeypatch.setattr("distributed.as_completed", lambda: cluster)
    settings = batch.Settings.of(small_key(), Wall.NONE, Patience(), Limits())
    jobs = [batch.Job(name, b"") for name in ("ada", "bob", "eve", "fay")]
    done = {one.submission: one.record.reason for one in batch.grade_on_cluster(settings, jobs, "")}
    assert done == {"ada": "graded", "bob": "graded", "fay": "graded", "eve": batch.KILLER}


class _Server:
    """A server whose processes used no processor at all."""

    packages = ()
    processor_seconds = 0.0


@pytest.mark.parametrize("crowded", [True, False])
def test_who_sleeps_on_a_machine_that_is_free_is_not_graded_again(
    monkeypatch: pytest.MonkeyPatch, crowded: bool
) -> None:
    record = replace(crashed_record(b"", small_key(), Wall.NONE, Patience(), ""), busy=1.0)
    monkeypatch.setattr(batch, "grade_notebook", lambda *rest: record)
    monkeypatch.setattr(batch, "checked_server", lambda *rest: _Server())
    monkeypatch.setattr(batch, "processor_waits", time.monotonic if crowded else lambda: 0.0)
    worker = batch.Worker(batch.Settings.of(small_key(), Wall.NONE, Patience(), Limits()))
    assert worker.grade(batch.Job("ada", b"")).starved == crowded


def test_a_kernel_that_does_not_tell_who_waits_is_taken_for_a_busy_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in (None, "", "some avg10=0.00 total=\n", "some total=x\n"):
        if text is not None:
            (tmp_path / "cpu").write_text(text)
        monkeypatch.setattr(control_group, "PRESSURE", tmp_path / "cpu")
        before = time.monotonic()
        assert before <= control_group.processor_waits() <= time.monotonic()
    (tmp_path / "cpu").write_text("some avg10=33.16 avg60=9.31 avg300=8.73 total=2500000\nfull total=7\n")
    assert control_group.processor_waits() == 2.5


def test_a_record_says_how_busy_the_machine_was_where_something_took_too_long(grader: Grader) -> None:
    slow = grader.record("def double(x):\n    while True:\n        pass", *RIGHT[1:])
    assert slow["busy"] >= 0
    assert grader.record(*RIGHT)["busy"] is None
    assert grader.server.processor_seconds > 0
