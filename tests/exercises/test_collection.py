"""Answers as people write them get the verdict and the sentence that they deserve, by the learners' data."""

import warnings
from collections import Counter

import pytest

from course_lib.exercises.checking import is_installed
from course_lib.exercises.questions import chosen, named, names
from tests.exercises.collection import GENERAL, KINDS, Answer, collected, judged

ANSWERS = list(collected())
CHAPTERS = sorted({name.partition(".")[0] for name in names()})


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_an_answer_gets_the_verdict_and_the_sentence_that_it_deserves(answer: Answer) -> None:
    needed = [*named(answer.exercise).packages, *(["tensorflow"] if "tensorflow" in answer.code else [])]
    if missing := [name for name in needed if not is_installed(name)]:
        pytest.skip(f"{missing[0]} is not installed here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judgement = judged(answer)
    assert (judgement.outcome == "right") == answer.right, judgement.sentence
    if answer.sentence == "*":
        assert GENERAL.fullmatch(judgement.sentence)
    elif not answer.right:
        assert answer.sentence.lower() in judgement.sentence.lower()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_exercise_has_wrong_and_right_answers_of_all_kinds(chapter: str) -> None:
    for question in chosen([chapter]):
        if question.kind == "text":
            continue
        answers = [answer for answer in ANSWERS if answer.exercise == question.name]
        wrong = [answer for answer in answers if not answer.right]
        assert len(wrong) >= 6, question.name
        assert len(answers) - len(wrong) >= 3, question.name
        assert {answer.kind for answer in wrong} == set(KINDS), question.name
        assert all(answer.sentence for answer in wrong), question.name
        labels = Counter(answer.label for answer in answers)
        assert max(labels.values()) == 1, question.name


def test_nearly_every_wrong_answer_is_told_more_than_that_it_is_wrong() -> None:
    wrong = [answer for answer in ANSWERS if not answer.right]
    told = sum(answer.sentence != "*" for answer in wrong) / len(wrong)
    print(f"{len(wrong)} wrong answers, {told:.1%} with a sentence of their own")
    assert told >= 0.85
