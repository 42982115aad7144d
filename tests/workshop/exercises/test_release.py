"""What learners get is in step with the definitions, complete, and holds no answer."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from course_lib.exercises import questions
from course_lib.exercises.running import outcome_from_json, outcome_to_json, perform
from course_lib.exercises.used_imports import answering, used_names
from course_lib.exercises.verdicts import judge
from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.chapters import notebooks, pairs
from course_lib.workshop.cli import main
from course_lib.workshop.exercises import release, shipped
from course_lib.workshop.exercises.assignment import AssignmentError, read_assignment
from course_lib.workshop.exercises.definition import Exercise, load_exercises
from course_lib.workshop.exercises.slips import with_slips

ROOT = Path(__file__).parents[3]
EXERCISES = load_exercises()
ADDRESSES = read_addresses(ROOT)
MEND = "Write it with `course release`."


STORED = shipped.stored_questions(release.DATA)
TENSORFLOW = [one for one in EXERCISES.values() if "tensorflow" in one.packages and STORED[one.name]["slips"]]


def test_the_committed_data_is_in_step_with_the_definitions() -> None:
    wanted = shipped.data_files(EXERCISES.values(), STORED)
    assert {path.name for path in release.DATA.glob("*.json")} == set(wanted), MEND
    for name, text in wanted.items():
        assert (release.DATA / name).read_text(encoding="utf-8") == text, f"{name} is out of step. {MEND}"


def test_data_that_differs_is_noticed() -> None:
    (one, *_) = (one for one in EXERCISES.values() if one.kind == "code")
    question, stored = one.public_question(), STORED[one.name]
    assert shipped.is_in_step(question, json.loads(json.dumps(stored)))
    assert not shipped.is_in_step(question, None)
    assert not shipped.is_in_step(question, {**stored, "title": "Another"})
    assert not shipped.is_in_step(question, {**stored, "cases": stored["cases"][1:]})
    changed = json.loads(re.sub(r"(\d\.\d*[1-8])(?=[],])", r"\g<1>9", json.dumps(stored["cases"])))
    assert changed != stored["cases"]
    assert not shipped.is_in_step(question, {**stored, "cases": changed})


def test_the_stored_slips_are_what_the_definitions_lead_to() -> None:
    # All of NumPy's; TensorFlow's take minutes: the digest in their data says what they were made from.
    for one in EXERCISES.values():
        if one.kind == "code" and not one.packages:
            assert fresh_slips(one) == STORED[one.name]["slips"], f"{one.name}: {MEND}"


@pytest.mark.parametrize("one", TENSORFLOW[::8], ids=lambda one: one.name)
def test_another_processor_finds_the_stored_slips_too(one: Exercise) -> None:
    found, stored = (
        {(words, mark) for words, marks in slips.items() for mark in marks}
        for slips in (fresh_slips(one), STORED[one.name]["slips"])
    )
    assert len(found & stored) >= 0.8 * max(len(found), len(stored)), f"{one.name}: {MEND}"


def fresh_slips(one: Exercise) -> Any:
    return with_slips(one, one.public_question()).to_json()["slips"]


@pytest.mark.parametrize("chapter", sorted({one.chapter for one in EXERCISES.values()}))
def test_the_practice_notebook_is_in_step(chapter: str) -> None:
    chapters = ROOT / "chapters"
    listed = [one for one in EXERCISES.values() if one.chapter == chapter]
    cells = release.practice_cells(chapter, listed)
    assert (chapters / "exercises" / f"{chapter}.md").read_text(encoding="utf-8") == release.text_of(
        cells, chapter
    ), MEND


@pytest.mark.parametrize(
    "path", sorted((ROOT / "chapters" / "exercises").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_what_a_notebook_comes_with_answers_no_question(path: Path) -> None:
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    used = set[str]().union(*map(used_names, cells))
    assert any(name.startswith("course_lib.") for name in used)
    assert answering(used, ["course_lib"]) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "chapters" / "exercises").glob("*.md")), ids=lambda path: path.stem
)
def test_the_pair_is_in_step(path: Path) -> None:
    notebooks.check([pairs.Chapter(path, ADDRESSES)])


def test_a_question_survives_json() -> None:
    for one in EXERCISES.values():
        form = one.public_question().to_json()
        again = questions.Question.from_json(json.loads(json.dumps(form)))
        assert again.to_json() == form


def test_outcomes_survive_json() -> None:
    for one in EXERCISES.values():
        for case in one.public_question().cases:
            run = perform(case.calls, one.namespace(), one.given_source, 60)
            for outcome in run.outcomes:
                form = outcome_to_json(outcome)
                assert outcome_to_json(outcome_from_json(json.loads(json.dumps(form)))) == form


# No answer reaches a learner -------------------------------------------------------------------------


def told(text: str) -> list[str]:
    """Return the telling lines of solutions that a text holds, whatever its spaces and quotes."""
    squeezed = _squeezed(text)
    return [
        f"{one.name}: {line}"
        for one in EXERCISES.values()
        for line in release.solution_lines(one)
        if _squeezed(line) in squeezed
    ]


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\"'\\n]", "", text)


def test_the_search_finds_what_it_is_for() -> None:
    one = EXERCISES["perceptron.smallest_nudge"]
    assert told(json.dumps(one.solution_source))
    assert told("x" + EXERCISES["perceptron.why_not_xor"].model_answer)
    assert not told(one.stub)


def test_each_exercise_has_lines_to_search_for() -> None:
    without = [name for name, one in EXERCISES.items() if not release.solution_lines(one)]
    assert without == []


def test_the_wheel_holds_no_definition_and_no_solution(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "course_lib/exercises/data/index.json" in names
    assert not [name for name in names if "workshop" in name or "definitions" in name]
    inside = [name for name in names if not name.endswith((".js", ".css", ".png", ".gz", ".npz"))]
    assert told("\n".join(wheel.read(name).decode() for name in inside)) == []


def test_a_learners_install_stays_small(wheel: zipfile.ZipFile) -> None:
    learners = [one for one in wheel.infolist() if one.filename.startswith("course_lib/exercises/")]
    # 94 exercises with more than 550 mistakes told apart: below 8 KB each, a fifth of that when packed.
    assert sum(one.file_size for one in learners) < 94 * 8_000
    assert sum(one.compress_size for one in wheel.infolist()) < 1_000_000


def test_no_notebook_holds_a_solution() -> None:
    for path in sorted((ROOT / "chapters" / "exercises").iterdir()):
        assert told(path.read_text(encoding="utf-8")) == [], path.name


def test_no_data_holds_a_hidden_case() -> None:
    # Hidden cases come from another seed: the random ones among them differ from the public ones.
    one = EXERCISES["perceptron.smallest_nudge"]
    public = [json.dumps(case.calls[0].to_json()) for case in one.public_question().cases]
    hidden = [json.dumps(case.calls[0].to_json()) for case in one.hidden_question(1).cases]
    assert len(set(hidden) - set(public)) >= 6
    assert set(hidden) != {json.dumps(case.calls[0].to_json()) for case in one.hidden_question(2).cases}


# An assignment ---------------------------------------------------------------------------------------

PRIVATE = '''
import numpy as np

from course_lib.workshop.exercises.definition import exercise


@exercise("my_class.doorman", points=3, title="The doorman's rule", prompt="Who's in?", hints=["?"])
def doorman(ages, limit):
    """Return how many of the ages reach the limit."""
    return int(np.sum(ages >= limit))


@doorman.cases
def _(rng):
    yield np.array([18, 17, 19]), 18
    yield rng.integers(15, 25, size=5), 20


@doorman.mistake("Whoever's age is exactly the limit may come in.")
def _(ages, limit):
    return int(np.sum(ages > limit))


@doorman.mistake("Those are the people outside.")
def _(ages, limit):
    return int(np.sum(ages < limit))
'''
ASSIGNMENT = """
title: "Homework 1: decisions"
exercises:
  perceptron.two_forms: 5
  my_class.doorman:
  perceptron.why_not_xor:
due: 2026-10-12 23:59
time_zone: Europe/Zurich
seed: 4711
release: v0.1.0
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "my_class.py").write_text(PRIVATE)
    (tmp_path / "homework_1.yml").write_text(ASSIGNMENT)
    return tmp_path


def course(*arguments: str) -> Any:
    # The commands find the book from the present folder, as a person in a clone does.
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        return CliRunner().invoke(main, arguments)
    finally:
        os.chdir(before)


def released(room: Path, *more: str) -> nbformat.NotebookNode:
    done = course(
        "release",
        str(room / "homework_1.yml"),
        "--exercises",
        str(room / "mine"),
        "--to",
        str(room / "out"),
        *more,
    )
    assert done.exit_code == 0, done.output
    return nbformat.read(room / "out" / "homework_1.ipynb", as_version=4)


def run_cells(notebook: nbformat.NotebookNode, answers: dict[str, str]) -> str:
    """Run a notebook's cells after the first in one process, with stubs replaced; return what it prints."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"][1:]
    for name, answer in answers.items():
        sources = [answer if name in source else source for source in sources]
    done = subprocess.run([sys.executable, "-c", "\n".join(sources)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_assignment_with_a_private_exercise_works_like_ours(room: Path) -> None:
    notebook = released(room)
    out = run_cells(notebook, {})
    assert "Unanswered: A threshold is a bias in disguise; The doorman's rule; Why no single" in out
    assert "0 of 11 points" in out
    assert "Hand in that .ipynb file" in out
    right = "def doorman(ages, limit):\n    return sum(age >= limit for age in ages)"
    assert "✓ Right: The doorman's rule" in run_cells(notebook, {"def doorman": right})
    wrong = "def doorman(ages, limit):\n    return sum(age > limit for age in ages)"
    assert "Whoever's age is exactly the limit may come in." in run_cells(notebook, {"def doorman": wrong})


def test_an_assignment_tells_its_date_points_and_release_and_keeps_its_secrets(room: Path) -> None:
    notebook = released(room)
    text = nbformat.writes(notebook)
    assert "Due on Monday, 12 October 2026, at 23:59 (Europe/Zurich)" in text
    assert "A threshold is a bias in disguise (5 points)" in text
    title, name, set_up = (cell.source for cell in notebook.cells[:3])
    assert title.startswith("# Homework 1")
    assert "Your name:" in name
    assert "/releases/download/v0.1.0/course_lib-0.1.0-py3-none-any.whl" in set_up
    assert "4711" not in text
    assert "np.sum(ages >= limit)" not in text
    assert told(text) == []


def test_the_same_assignment_gives_the_same_bytes(room: Path) -> None:
    first = nbformat.writes(released(room))
    assert nbformat.writes(released(room)) == first


def test_solutions_are_published_only_when_asked_for(room: Path) -> None:
    released(room)
    assert not (room / "out-solutions").exists()
    released(room, "--solutions")
    # Not beside the hand-out, whose folder goes to students as it is.
    assert [path.name for path in (room / "out").iterdir()] == ["homework_1.ipynb"]
    solutions = (room / "out-solutions" / "homework_1_solutions.ipynb").read_text()
    assert "np.sum(ages >= limit)" in solutions
    assert "An answer." in solutions


def test_an_unsound_private_exercise_is_refused_and_a_draft_is_not(room: Path) -> None:
    (room / "mine" / "my_class.py").write_text(PRIVATE.replace("yield np.array([18, 17, 19]), 18", ""))
    arguments = [
        "release",
        str(room / "homework_1.yml"),
        "--exercises",
        str(room / "mine"),
        "--to",
        str(room),
    ]
    refused = course(*arguments)
    assert refused.exit_code == 1
    assert "Not sound yet" in refused.output
    assert course(*arguments, "--draft").exit_code == 0


def test_a_private_exercise_does_not_join_the_course(room: Path) -> None:
    done = course("release", "--exercises", str(room / "mine"))
    assert done.exit_code == 1
    assert "Private exercises go into an assignment" in done.output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("seed: 4711", ""), "`seed` is missing"),
        (("seed: 4711", "seed: many"), "whole number"),
        (("due:", "duo:"), "Do you mean 'due'?"),
        (("time_zone: Europe/Zurich", ""), "`time_zone` is missing"),
        (("Europe/Zurich", "Europe/Zuerich"), "no time zone"),
        (("2026-10-12 23:59", "2026-10-12"), "say the time too"),
        (("2026-10-12 23:59", '"2026-10-12"'), "say the time too"),
        (("2026-10-12 23:59", "0001-01-01 00:00"), "no class is that long ago"),
        (("2026-10-12 23:59", "9999-12-31 23:59"), "no class is that long ago"),
        (("two_forms: 5", "two_forms: five"), "whole number"),
        (("title:", "title: ["), "no YAML"),
        (("seed: 4711", "seed: 1\npenalty_per_day: 2"), "from 0 to 1"),
    ],
)
def test_a_bad_assignment_file_is_explained(room: Path, change: tuple[str, str], words: str) -> None:
    path = room / "homework_1.yml"
    path.write_text(ASSIGNMENT.replace(*change))
    with pytest.raises(AssignmentError, match=re.escape(words)):
        read_assignment(path)


def test_an_unknown_exercise_is_answered_by_the_nearest(room: Path) -> None:
    path = room / "homework_1.yml"
    path.write_text(ASSIGNMENT.replace("two_forms", "two_froms"))
    with pytest.raises(AssignmentError, match=re.escape("Do you mean 'perceptron.two_forms'?")):
        read_assignment(path).chosen(EXERCISES)


# A new exercise --------------------------------------------------------------------------------------


def test_the_template_is_sound_as_it_stands(tmp_path: Path) -> None:
    for name in ("lab.first", "lab.second"):
        assert course("new", "exercise", name, "--exercises", str(tmp_path)).exit_code == 0
    assert list(load_exercises(tmp_path, chapters=())) == ["lab.first", "lab.second"]
    done = course("release", "--check", "--exercises", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert "2 exercises are sound." in done.output


def test_a_name_that_is_taken_or_no_name_is_refused(tmp_path: Path) -> None:
    course("new", "exercise", "lab.first", "--exercises", str(tmp_path))
    assert "already holds" in course("new", "exercise", "lab.first", "--exercises", str(tmp_path)).output
    assert "chapter.name" in course("new", "exercise", "Nonsense", "--exercises", str(tmp_path)).output


def test_every_solution_runs_in_the_notebook_that_it_stands_in() -> None:
    for exercise in EXERCISES.values():
        if exercise.kind == "text" or exercise.packages:
            continue
        names: dict[str, Any] = {"__name__": "learner"}
        exec(release.import_cell([exercise]).source, names)
        names["check"] = lambda name: None
        for cell in release.exercise_cells(exercise, 1, 1, with_solution=True):
            if cell.kind == "code":
                exec(cell.source, names)
        question = questions.named(exercise.name)
        runs = [perform(case.calls, names, question.given, 30) for case in question.cases]
        assert judge(question, runs).share == 1, exercise.name
