"""Canvas through its API, against a stand-in: what is fetched is graded, and what is sent arrives once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from course_lib.workshop.cli import main
from course_lib.workshop.grading import canvas as through_the_api
from tests.workshop.grading.canvas_stand_in import StandIn, canvas_at
from tests.workshop.grading.conftest import RIGHT, SmallClass, notebook_of

TOKEN = "7~a-token-of-nobody"
DUE = "2025-10-12T21:59:00Z"
TIMES = {101: "2025-10-12T21:50:00Z", 103: "2025-10-13T21:00:00Z", 104: "2025-10-12T10:00:00Z"}


@pytest.fixture
def canvas(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    files = {
        101: notebook_of(RIGHT),
        103: notebook_of([*RIGHT, "# mine"]),
        104: notebook_of(["def double(x):\n    return x**2", *RIGHT[1:]]),
    }
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    monkeypatch.setattr(through_the_api.Canvas.__init__, "__defaults__", ((0.0, 0.0, 0.0),))
    with canvas_at(StandIn(files, TIMES, DUE), TOKEN) as state:
        yield state


def place(canvas: StandIn) -> list[str]:
    return ["--address", canvas.address, "--course", "12", "--number", "345"]


def graded(small: SmallClass, canvas: StandIn) -> str:
    """Fetch, collect, grade and publish; return what collecting said."""
    text = small.assignment.read_text().replace("2030-10-12 23:59", "2025-10-12 23:59")
    small.assignment.write_text(text)
    small.run("canvas", "fetch", *place(canvas), "--to", str(small.download))
    tables = [f"--{name}={small.download / name}.csv" for name in ("roster", "times")]
    said = small.run(
        "collect",
        str(small.download / "files"),
        *small.options(),
        *tables,
        "--late",
        "count",
        "--to",
        str(small.target),
    )
    small.grade()
    (small.target / "marks.csv").write_text(
        "submission,question,points\nada,essay,3\n".replace("essay", "test.essay")
    )
    small.publish()
    return said


def test_what_is_fetched_is_collected_with_its_times(small_class: SmallClass, canvas: StandIn) -> None:
    canvas.busy["GET"] = 2
    said = graded(small_class, canvas)
    assert "Lee, Kim: 1,381 minutes late" in said
    assert "Cused, Exa: nothing was handed in" in said
    form = json.loads((small_class.target / "collected.json").read_text())
    late = {
        item["key"]: item["versions"][0]["late_minutes"] for item in form["submissions"] if item["versions"]
    }
    assert late == {"ada": 0, "kim1": 1381, "kim2": 0}
    marks = json.loads((small_class.target / "published.json").read_text())
    assert {key: told["final"] for key, told in marks.items()} == {"ada": 9, "kim1": 4.5, "kim2": 4}


def test_an_own_due_date_in_canvas_is_the_student_s(small_class: SmallClass, canvas: StandIn) -> None:
    canvas.submissions[103]["cached_due_date"] = "2025-10-14T21:59:00Z"
    assert "minutes late" not in graded(small_class, canvas)


def test_marks_are_shown_then_sent_and_each_once(small_class: SmallClass, canvas: StandIn) -> None:
    graded(small_class, canvas)
    post = ["canvas", "post", str(small_class.target), *place(canvas)]
    shown = small_class.run(*post, "--dry-run")
    assert "Lovelace, Ada: no mark becomes 9" in shown
    assert "Would send 3 marks. Nothing was sent." in shown
    assert "Nothing was sent" in small_class.run(*post, succeed=False)
    assert canvas.puts == []
    canvas.break_after = {103}  # it arrives, and the line breaks before the answer
    canvas.busy["PUT"] = 1
    assert "Sent 3 marks." in small_class.run(*post, "--yes")
    scores = {user: one["score"] for user, one in canvas.submissions.items()}
    assert scores == {101: 9, 102: None, 103: 4.5, 104: 4, 105: None}
    comments = {user: len(one["submission_comments"]) for user, one in canvas.submissions.items()}
    assert comments == {101: 1, 102: 0, 103: 1, 104: 1, 105: 0}
    before = list(canvas.puts)
    assert "Would send 0 marks" in small_class.run(*post, "--yes")
    assert canvas.puts == before


def test_excused_in_canvas_stays_and_other_points_are_asked_about(
    small_class: SmallClass, canvas: StandIn
) -> None:
    graded(small_class, canvas)
    canvas.submissions[101]["excused"] = True
    post = ["canvas", "post", str(small_class.target), *place(canvas), "--yes"]
    canvas.assignment["points_possible"] = 90
    assert "out of 90 points, and here out of 9" in small_class.run(*post, succeed=False)
    assert "Lovelace, Ada: excused in Canvas" in small_class.run(*post, "--scale")
    assert canvas.submissions[101]["score"] is None
    assert canvas.submissions[104]["score"] == 40


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"CANVAS_TOKEN": ""}, "Put an access token into the environment"),
        ({"CANVAS_TOKEN": "another"}, "does not take this token"),
        ({"--number": "1"}, "has no course 12 with an assignment 1"),
        ({"--address": "school"}, "is no address of Canvas"),
        ({"--address": "http://127.0.0.1:9"}, "does not answer"),
    ],
)
def test_what_canvas_refuses_is_one_sentence(
    small_class: SmallClass,
    canvas: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    words: str,
) -> None:
    line = dict(zip(place(canvas)[::2], place(canvas)[1::2], strict=True))
    for name, value in change.items():
        if name == "CANVAS_TOKEN":
            monkeypatch.setenv(name, value)
        else:
            line[name] = value
    told = CliRunner().invoke(
        main,
        [
            "canvas",
            "fetch",
            *(word for pair in line.items() for word in pair),
            "--to",
            str(small_class.folder / "x"),
        ],
    )
    assert told.exit_code == 1
    assert words in told.output
    assert not Path(small_class.folder / "x").exists()
