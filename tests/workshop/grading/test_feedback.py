"""Students' pages teach: what the rubric says, what was missed, where to read. And marks for a part."""

import json
from html import unescape
from pathlib import Path

import pytest

from course_lib.workshop.exercises.assignment import AssignmentError, read_assignment
from course_lib.workshop.exercises.definition import load_exercises
from tests.workshop.grading.conftest import ASSIGNMENT, RIGHT, SmallClass

HALF = "def largest(values):\n    return max(values) if len(values) > 3 else 0.0"  # right in one group of two


@pytest.fixture
def teaching(small_class: SmallClass) -> SmallClass:
    own = small_class.exercises / "own.py"
    text = own.read_text()
    title = 'title="The largest"'
    assert title in text
    own.write_text(text.replace(title, f'{title}, section="perceptron.md#the-rule"'))
    small_class.hand_in("ada_hw.ipynb", RIGHT[0], HALF, RIGHT[2])
    small_class.hand_in("bob_hw.ipynb", "def double(x):\n    return x**2", *RIGHT[1:])
    return small_class


def page(small: SmallClass, key: str, suffix: str = ".html") -> str:
    return unescape((small.target / "feedback" / f"{key}{suffix}").read_text())


def test_a_page_says_what_was_missed_and_where_to_read(teaching: SmallClass) -> None:
    teaching.collect()
    teaching.grade("--no-similarity")
    (teaching.target / "marks.csv").write_text(
        "submission,question,points,keys,comment,by\nada,test.essay,2,cause,Good,ben\nbob,test.essay,0,,,ben\n"
    )
    teaching.publish()
    ada, bob = page(teaching, "ada"), page(teaching, "bob")
    assert "<li>2 for: names a cause</li><li>Missed: gives an example</li>" in ada
    assert "<li>Missed: names a cause</li><li>Missed: gives an example</li>" in bob
    assert "- Missed: gives an example" in page(teaching, "ada", ".md")
    assert '/chapters/perceptron.html#the-rule">Where the course explains it</a>' in ada
    assert "Where the course explains it" not in bob, "what he has wrong has no section"
    assert "A model answer" not in ada + bob
    assert "values.max()" not in ada + bob


def test_a_model_answer_is_shown_where_the_instructor_allows(teaching: SmallClass) -> None:
    teaching.assignment.write_text(ASSIGNMENT + "model_answers: true\n")
    teaching.collect()
    teaching.grade("--no-similarity")
    teaching.publish()
    ada = page(teaching, "ada")
    assert ada.count("A model answer") == 2, "of the essay, which nobody has marked, there is none yet"
    assert "return values.max()" in ada
    eve = page(teaching, "eve")
    assert "A model answer" not in eve, "she handed in nothing"


def test_groups_of_cases_earn_points_without_touching_the_definition(teaching: SmallClass) -> None:
    before = (teaching.exercises / "own.py").read_bytes()
    teaching.collect()
    teaching.grade("--no-similarity")
    share = {one["name"]: one["share"] for one in teaching.record("ada")["questions"]}
    assert share == {"test.double": 1.0, "test.largest": 0.0, "test.essay": 0.0}
    for value in ("true", "[test.largest]"):
        teaching.assignment.write_text(f"{ASSIGNMENT}partial_credit: {value}\n")
        teaching.grade("--no-similarity")
        largest = {one["name"]: one for one in teaching.record("ada")["questions"]}["test.largest"]
        assert (largest["share"], largest["points"], largest["status"]) == (0.5, 2.0, "wrong")
        double = {one["name"]: one for one in teaching.record("bob")["questions"]}["test.double"]
        assert (double["share"], double["status"]) == (0.0, "wrong"), "none of its groups is right"
    assert (teaching.exercises / "own.py").read_bytes() == before


def test_the_groups_are_those_of_the_generator(teaching: SmallClass) -> None:
    largest = load_exercises(teaching.exercises, ())["test.largest"]
    calls, groups = largest.hidden_calls(17), largest.hidden_groups(17)
    sizes = {4: 0, 3: 1}
    assert len(groups) == 6
    assert list(groups) == [sizes[call[0].arguments[0].size] for call in calls]  # type: ignore[index]


@pytest.mark.parametrize("line", ["partial_credit: [test.nosuch]", "partial_credit: 3", "model_answers: 1"])
def test_what_an_assignment_cannot_mean_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "hw.yml"
    path.write_text(f"{ASSIGNMENT}{line}\n")
    with pytest.raises(AssignmentError, match=line.partition(":")[0]):
        read_assignment(path)


def test_a_hand_out_begins_with_its_title_dates_and_a_place_for_the_name(small_class: SmallClass) -> None:
    out = small_class.folder / "out"
    private = ("--exercises", str(small_class.exercises))
    small_class.run("release", str(small_class.assignment), *private, "--to", str(out), "--draft")
    cells = json.loads((out / "hw1.ipynb").read_text())["cells"]
    title, name, set_up = ("".join(cell["source"]) for cell in cells[:3])
    assert title.startswith("# Homework 1")
    for words in ("Due on Saturday, 12 October 2030, at 23:59 (Europe/Zurich)", "Up to 15 minutes later",
                  "costs 25 % of your points"):  # fmt: skip
        assert words in title
    assert "Your name" in name
    assert [cell["cell_type"] for cell in cells[:3]] == ["markdown", "markdown", "code"]
    assert "install" in set_up
