"""A mark and the learner's own `check` never contradict each other, whichever grader gives the mark."""

import json
import os
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from course_lib.exercises.checking import is_installed
from course_lib.exercises.questions import named
from course_lib.workshop.exercises.definition import load_exercises
from course_lib.workshop.exercises.ladders import imports_of
from course_lib.workshop.grading.other_graders import judging_code, write_classroom50
from course_lib.workshop.grading.sandbox.client import WarmServer
from course_lib.workshop.grading.sandbox.walls import strongest_wall
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, draw_key
from course_lib.workshop.grading.scoring.assessment import grade_notebook
from course_lib.workshop.grading.scoring.session import Patience
from course_lib.workshop.grading.storage.records import Outcome
from tests.exercises.collection import Answer, collected, judged, namespace_of
from tests.workshop.grading.conftest import notebook_of

EXERCISES = load_exercises()
LIGHT = [one for one in EXERCISES.values() if one.kind == "code" and not one.packages]
HASTE = Patience(cells=5, case=1, question=1)
REFUSED = ("But the exercise wants", "This uses `")
IMPORTED = """
from course_lib.perceptron import Perceptron as Known
def {name}(*arguments):
    return Known(*arguments)
"""


WRONG_ONES = 3  # of each exercise: a mark is never full where `check` does not call right, by construction


def key_of(name: str) -> AnswerKey:
    """Draw a key that waits a second for a case: some wrong answers never come back."""
    (question,) = draw_key("Test", [EXERCISES[name]], 5).questions
    hurried = {form: replace(getattr(question, form), seconds=0.2) for form in ("hidden", "public")}
    return AnswerKey("Test", (replace(question, **hurried),))


def answers_of(name: str) -> list[Answer]:
    """Return collected answers to an exercise, its solution, and one that an import gives."""
    exercise = EXERCISES[name]
    solution = imports_of(exercise) + exercise.solution_source
    imported = "\n".join(IMPORTED.format(name=defined) for defined in exercise.defines)
    listed = [one for one in collected(exercise.chapter) if one.exercise == name]
    wrong = [one for one in listed if not one.right]
    return [
        *(one for one in listed if one.right and "tensorflow" not in one.code),
        *wrong[:: len(wrong) // WRONG_ONES],
        Answer(name, True, "model", "the solution", "", solution),
        Answer(name, False, "model", "imported", "", imported),
    ]


@pytest.mark.parametrize("name", [one.name for one in LIGHT])
def test_the_mark_and_the_check_never_contradict_each_other(name: str, server: WarmServer) -> None:
    key, given = key_of(name), named(name).given
    for answer in answers_of(name):
        notebook = notebook_of(["import numpy as np", given, answer.code])
        (told,) = grade_notebook(notebook, key, server, HASTE).questions
        checked = judged(answer)
        assert (told.status == Outcome.RIGHT) == (checked.outcome == "right") == answer.right, str(answer)
        assert (told.points == told.out_of) == answer.right, str(answer)
        if any(word in checked.sentence for word in REFUSED):
            assert (told.sentence, told.points) == (checked.sentence, 0), str(answer)


# With TensorFlow each answer takes a second: some exercises of several chapters, an answer of each kind.
HEAVY = [one for one in EXERCISES.values() if one.packages][::7]


@pytest.mark.skipif(not is_installed("tensorflow"), reason="TensorFlow is not installed here")
def test_nor_do_they_where_tensorflow_is_needed() -> None:
    with WarmServer(strongest_wall()[0], ("tensorflow",)) as server:
        for exercise in HEAVY:
            key, given = draw_key("Test", [exercise], 5), named(exercise.name).given
            listed = [one for one in collected(exercise.chapter) if one.exercise == exercise.name]
            for right in (True, False):
                answer = next(one for one in listed if one.right == right)
                notebook = notebook_of(["import numpy as np, tensorflow as tf", given, answer.code])
                (told,) = grade_notebook(notebook, key, server).questions
                verdicts = {told.status == Outcome.RIGHT, told.points == told.out_of}
                assert verdicts == {judged(answer).outcome == "right"} == {right}, str(answer)


def test_other_graders_refuse_what_the_check_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "perceptron.xor_from_gates"
    key = key_of(name)
    monkeypatch.chdir(tmp_path)
    (autograder,) = write_classroom50(tmp_path, key, "course_lib.whl")
    for answer in answers_of(name):
        names: dict[str, Any] = {"student": namespace_of(answer)}
        exec(judging_code(key.questions[0], "student"), names)
        assert (names["judgement"].outcome == "right") == answer.right, str(answer)
        (tmp_path / "answer.ipynb").write_bytes(notebook_of(["import numpy as np", answer.code]))
        runpy.run_path(os.fspath(autograder))
        (said,) = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["tests"]
        assert said["passed"] == answer.right, str(answer)
