"""An exercise that each student has another draw of: hand-outs, marks and pages speak of one's own."""

import json
import re
from html import unescape

import pytest

from course_lib.workshop.exercises.definition import ExerciseError, load_exercises
from course_lib.workshop.exercises.soundness import flaws
from tests.workshop.grading.conftest import ASSIGNMENT, RIGHT, SmallClass

DRAWN = '''

from course_lib.workshop.exercises.definition import each_student


@each_student
def fare(rng):
    start, mile = int(rng.integers(2, 40)), int(rng.integers(2, 40))

    @exercise("test.fare", points=2, title="A taxi", prompt=f"It costs {start} to get in, and {mile} a mile.")
    def fare(miles):
        """Return the fare, a number."""
        return start + mile * miles

    @fare.cases
    def _(rng):
        yield (0.0,)
        yield (float(rng.integers(2, 50)),)

    @fare.mistake(f"Getting in costs {start}, whatever follows.")
    def _(miles):
        return mile * miles

    return fare
'''
PROMPT = re.compile(r"It costs (\d+) to get in, and (\d+) a mile\.")


@pytest.fixture
def drawn(small_class: SmallClass) -> SmallClass:
    own = small_class.exercises / "own.py"
    own.write_text(own.read_text() + DRAWN)
    small_class.assignment.write_text(
        ASSIGNMENT.replace("  test.essay:\n", "  test.fare:\n") + "model_answers: true\n"
    )
    return small_class


def release(small: SmallClass, *more: str, succeed: bool = True) -> str:
    private, out = ("--exercises", str(small.exercises)), ("--to", str(small.folder / "out"))
    return small.run("release", str(small.assignment), *private, *out, "--draft", *more, succeed=succeed)


def test_each_student_has_an_own_exercise_from_hand_out_to_page(drawn: SmallClass) -> None:
    assert "give the class with --roster" in release(drawn, succeed=False)
    release(drawn, "--roster", str(drawn.roster))
    told: dict[str, tuple[int, int]] = {}
    for path in sorted((drawn.folder / "out").glob("*/hw1.ipynb")):
        cells = ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]
        start, mile = map(int, PROMPT.search("\n".join(cells)).groups())  # type: ignore[union-attr]
        told[path.parent.name] = (start, mile)
    assert set(told) == {"ada", "bob", "cleo", "dan", "eve", "group-reds"}
    assert len(set(told.values())) > 3
    for name, key in (("ada", "ada"), ("bob", "bob"), ("cleo", "cleo"), ("fay", "group-reds")):
        start, mile = told["ada" if name == "cleo" else key]  # Cleo copied from Ada
        body = f"{mile} * miles" if name == "bob" else f"{start} + {mile} * miles"
        drawn.hand_in(f"{name}_hw.ipynb", *RIGHT[:2], f"def fare(miles):\n    return {body}")
    drawn.collect()
    drawn.grade("--no-similarity")
    marks = {}
    for key in ("ada", "bob", "cleo", "group-reds"):
        question = {one["name"]: one for one in drawn.record(key)["questions"]}["test.fare"]
        marks[key] = question["status"], question["mistake"]
    assert marks["ada"] == marks["group-reds"] == ("right", "")
    assert marks["bob"] == ("wrong", f"Getting in costs {told['bob'][0]}, whatever follows.")
    assert marks["cleo"][0] == "wrong"
    before = drawn.records()
    assert "0 graded" in drawn.grade("--no-similarity")
    assert drawn.records() == before
    drawn.publish()
    page = unescape((drawn.target / "feedback" / "bob.html").read_text())
    assert f"Getting in costs {told['bob'][0]}" in page
    drawn.run("oral", str(drawn.target))
    options = drawn.options()
    notebook = str(drawn.download / "ada_hw.ipynb")
    assert "takes --student" in drawn.run("try", notebook, *options, succeed=False)
    assert "right" in drawn.run("try", notebook, *options, "--student", "ada").partition("A taxi")[2]


def test_soundness_is_proved_over_many_draws(drawn: SmallClass) -> None:
    fare = load_exercises(drawn.exercises, ())["test.fare"]
    assert flaws(fare) == []
    text = (drawn.exercises / "own.py").read_text()
    # Where getting in costs less than 20, the mistake is none: the exercise is sound for some students only.
    (drawn.exercises / "own.py").write_text(
        text.replace("return mile * miles", "return mile * miles + start * (start < 20)")
    )
    found = flaws(load_exercises(drawn.exercises, ())["test.fare"])
    assert found
    assert all(re.match(r"draw \d+: test\.fare", flaw) for flaw in found)
    assert 0 < len({flaw.partition(":")[0] for flaw in found}) < 12


def test_a_draw_that_is_another_exercise_is_refused(drawn: SmallClass) -> None:
    own = drawn.exercises / "own.py"
    own.write_text(own.read_text().replace('"test.fare", points=2', '"test.fare", points=mile'))
    with pytest.raises(ExerciseError, match="is worth the same"):
        flaws(load_exercises(drawn.exercises, ())["test.fare"])
