"""The report for a staff meeting: its numbers against pandas, and the mistakes that nobody has named yet."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.exercises.running import Raised, Returned, Run
from course_lib.workshop.exercises.definition import ExerciseError, load_exercises
from course_lib.workshop.exercises.new_mistake import written
from course_lib.workshop.grading.marks.report import Tally
from course_lib.workshop.grading.marks.standing import QuestionMark, Standing
from course_lib.workshop.grading.marks.statistics import Spread, discrimination, spread
from course_lib.workshop.grading.marks.unexplained import clusters_of
from course_lib.workshop.grading.scoring.behaviour import behaviour_of
from course_lib.workshop.grading.storage.records import Outcome, Records, Status
from tests.workshop.grading.conftest import EXERCISES, RIGHT, SmallClass

WORTH = (2.0, 4.0, 3.0)
CLASSES = st.lists(
    st.tuples(*(st.integers(0, int(4 * worth)).map(lambda quarters: quarters / 4) for worth in WORTH)),
    min_size=2,
    max_size=40,
)


def standing(number: int, points: tuple[float, ...]) -> Standing:
    marks = [QuestionMark(f"q.{place}", one, WORTH[place], Outcome.WRONG) for place, one in enumerate(points)]
    return Standing(f"s{number}", tuple(marks), status=Status.GRADED)


@given(CLASSES)
def test_difficulty_and_discrimination_are_those_of_pandas(rows: list[tuple[float, ...]]) -> None:
    tally = Tally()
    for number, row in enumerate(rows):
        tally.add(standing(number, row), None)
    tally.add(Standing("gone", (), status=Status.MISSING), None)
    table = pd.DataFrame(rows)
    for place, worth in enumerate(WORTH):
        shares, rest = tally.question(f"q.{place}")
        assert np.mean(shares) == pytest.approx(table[place].mean() / worth)
        others = table.drop(columns=place).sum(axis="columns")
        expected = table[place].corr(others) if table[place].nunique() > 1 < others.nunique() else None
        assert discrimination(shares, rest) == (
            None if expected is None else pytest.approx(expected, abs=1e-6)
        )


@given(st.lists(st.floats(0, 100), min_size=2))
def test_a_spread_is_that_of_pandas(marks: list[float]) -> None:
    lies = spread(marks)
    assert lies
    told = pd.Series(marks).describe()
    expected = [told[name] for name in ("count", "mean", "std", "25%", "50%", "75%")]
    assert [lies.count, lies.mean, lies.deviation, lies.lower, lies.median, lies.upper] == pytest.approx(
        expected
    )


def test_nobody_has_no_spread_and_one_has_none_either() -> None:
    assert spread([]) is None
    assert spread([3.0]) == Spread(1, 3.0, 0.0, 3.0, 3.0, 3.0)


def test_the_same_values_are_the_same_behaviour() -> None:
    def of(*outcomes: object) -> str:
        return behaviour_of([Run((one if isinstance(one, Raised) else Returned(one),)) for one in outcomes])

    assert of(0.1 + 0.2, 2) == of(0.3, 2.0) == of(np.float64(0.3), np.int64(2))
    assert of(np.array([1.0, 2.0])) == of(np.array([1.0, 2.0 + 1e-12]))
    assert of(-0.0) == of(0.0)
    different = [of(1.0), of(True), of("1"), of(None), of([1.0]), of(np.array([1.0])), of(np.array([[1.0]])),
                 of(Raised("KeyError")), of(Raised("TypeError")), of({"a": 1}), of(1j), of(float("nan")),
                 of(10**400)]  # fmt: skip
    assert len(set(different)) == len(different)


ADDED = ("def double(x):\n    return x + 1", "def double(x):\n    y = 1\n    return y + x",
         "def double(value):\n    one = 1.0\n    return value + one")  # fmt: skip
LEFT = "def double(x):\n    import os\n    return x"
ALONE = "def double(x):\n    return helper(x)"


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> SmallClass:
    small = SmallClass(tmp_path_factory.mktemp("meeting"))
    people = ["ada", "bob", "cleo", "dan", "fay"]
    for name, code in zip(people, (*ADDED, LEFT, LEFT + " "), strict=True):
        small.hand_in(f"{name}_hw.ipynb", code, RIGHT[1], RIGHT[2])
    small.collect()
    small.grade()
    return small


def test_unexplained_answers_stand_together_the_largest_first(meeting: SmallClass) -> None:
    records = Records(meeting.target / "records")
    clusters = clusters_of(records.each(["ada", "bob", "cleo", "dan", "eve", "group-reds"]))
    assert [(one.question, one.number, set(one.submissions)) for one in clusters] == [
        ("test.double", 1, {"ada", "bob", "cleo"}),
        ("test.double", 2, {"dan", "group-reds"}),
    ]
    report = (meeting.target / "report.html").read_text()
    first, second = report.index("1: 3 submissions"), report.index("2: 2 submissions")
    assert first < second
    assert "course new mistake FOLDER test.double 1" in report
    assert '<a href="feedback/ada.html">Ada Lovelace (ada)</a>' in report
    assert "1 missing" in report
    assert "Of 5 marks, out of 9," in report, "Eve handed in nothing, which is no mark"
    assert "<td>A</td><td>2</td>" in report, "Ada and Bob are section A"
    assert "<td>B</td><td>4</td>" in report, "Cleo, Dan, and each of the two who work together"


def test_a_cluster_becomes_a_known_mistake(meeting: SmallClass, tmp_path: Path) -> None:
    own = meeting.exercises / "own.py"
    before = own.read_text()
    command = ("new", "mistake", str(meeting.target), "test.double")
    assert "return x + 1" in meeting.run(*command, "1", "--dry-run")
    assert own.read_text() == before
    said = meeting.run(*command, "1", "--sentence", 'You added "one". Twice is not one more.')
    assert "for 3 submissions" in said
    assert f"course release --check test.double --exercises {meeting.exercises}" in said
    text = own.read_text()
    assert (
        '@double.mistake("You added \\"one\\". Twice is not one more.")\ndef _(x):\n    return x + 1\n'
        in text
    )
    assert text.index("x + 1") < text.index('@exercise("test.largest"')
    meeting.grade("--no-similarity")
    for key in ("ada", "bob", "cleo"):
        told = {one["name"]: one for one in meeting.record(key)["questions"]}["test.double"]
        assert told["mistake"] == 'You added "one". Twice is not one more.'
    assert "There are no such unexplained answers" in meeting.run(*command, "2", succeed=False)
    refused = meeting.run(*command, "1", succeed=False)
    assert "os, which may reach beyond the exercise" in refused
    assert "by hand" in refused


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (ALONE, "uses helper, which stands elsewhere"),
        ("def double(x):\n    return eval('x')", "eval, which may reach"),
        ("def double(x):\n    return x.__class__.__base__", "__base__, which may reach"),
        ("def double(x):\n    return np.load('x')", "load, which may reach"),
        ("def other(x):\n    return x", "defines other"),
        ("def double(x", "no Python"),
    ],
)
def test_what_cannot_be_a_variant_is_refused_in_words(tmp_path: Path, source: str, reason: str) -> None:
    (tmp_path / "own.py").write_text(EXERCISES)
    double = load_exercises(tmp_path, ())["test.double"]
    with pytest.raises(ExerciseError, match=f"{reason}.* by hand"):
        written(double, [source])
    _, _, variant = written(double, [source, "def double(x):\n    return 3 * x"])
    assert variant.endswith("def _(x):\n    return 3 * x"), "the first that can stand alone"
