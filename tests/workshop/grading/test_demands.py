"""What a prompt demands of the code counts for the mark as it counts for the learner's own `check`."""

from course_lib.workshop.exercises.definition import load_exercises
from course_lib.workshop.grading.other_graders import judging_code
from course_lib.workshop.grading.sandbox.client import WarmServer
from course_lib.workshop.grading.scoring.answer_key import draw_key
from course_lib.workshop.grading.scoring.assessment import grade_notebook
from course_lib.workshop.grading.storage.records import Outcome
from tests.exercises.collection import collected, judged, namespace_of
from tests.workshop.grading.conftest import PATIENCE, notebook_of

NAME = "perceptron.xor_from_gates"
KEY = draw_key("Test", [load_exercises()[NAME]], 5)
ANSWERS = [answer for answer in collected("perceptron") if answer.exercise == NAME]
REFUSED = "But the exercise wants"


def test_the_mark_and_the_check_never_contradict_each_other(server: WarmServer) -> None:
    refused = 0
    for answer in ANSWERS:
        notebook = notebook_of(["import numpy as np", answer.code])
        (told,) = grade_notebook(notebook, KEY, server, PATIENCE).questions
        checked = judged(answer)
        assert (told.status == Outcome.RIGHT) == (checked.outcome == "right") == answer.right, str(answer)
        assert told.points == (told.out_of if answer.right else 0), str(answer)
        if REFUSED in checked.sentence:
            assert told.sentence == checked.sentence
            refused += 1
    assert refused


def test_other_graders_hear_of_a_demand_too() -> None:
    for answer in ANSWERS:
        names = {"student": namespace_of(answer)}
        exec(judging_code(KEY.questions[0], "student"), names)
        assert (names["judgement"].outcome == "right") == answer.right, str(answer)  # type: ignore[attr-defined]
