"""The data behind `check`, as a learner's computer reads it: public cases only, and no solution."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from course_lib.exercises.questions import Question
from course_lib.workshop.exercises.definition import Exercise
from course_lib.workshop.exercises.slips import with_slips

DIGITS = 12  # significant digits of a committed number: far below any tolerance


def data_files(exercises: Iterable[Exercise]) -> dict[str, str]:
    """Return the name and text of each data file: one a chapter, and the index of names."""
    chapters: dict[str, list[Exercise]] = {}
    for exercise in exercises:
        chapters.setdefault(exercise.chapter, []).append(exercise)
    files = {
        f"{chapter}.json": questions_text(with_slips(one, one.public_question()) for one in listed)
        for chapter, listed in chapters.items()
    }
    index = {exercise.name: exercise.defines for listed in chapters.values() for exercise in listed}
    return {**files, "index.json": json.dumps(index, indent=0, ensure_ascii=False) + "\n"}


def questions_text(questions: Iterable[Question]) -> str:
    """Return questions as JSON text: a line for each exercise's description, case and mistake."""
    return "[\n" + ",\n".join(_question_text(question) for question in questions) + "\n]\n"


def _question_text(question: Question) -> str:
    form = rounded(question.to_json())
    lines = []
    for key, value in form.items():
        if key in ("cases", "mistakes") and value:
            inside = ",\n  ".join(_compact(item) for item in value)
            lines.append(f' "{key}": [\n  {inside}\n ]')
        else:
            lines.append(f' "{key}": {_compact(value)}')
    return "{\n" + ",\n".join(lines) + "\n}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rounded(form: Any) -> Any:
    """Return JSON with every number at `DIGITS` significant digits, so that all machines write the same."""
    if isinstance(form, float):
        return float(np.format_float_scientific(form, precision=DIGITS - 1)) if np.isfinite(form) else form
    if isinstance(form, list):
        return [rounded(item) for item in form]
    if isinstance(form, dict):
        return {key: rounded(item) for key, item in form.items()}
    return form


def as_shipped(question: Question) -> Question:
    """Return a question as a learner's computer has it: written as JSON, and read again."""
    (form,) = json.loads(questions_text([question]))
    return Question.from_json(form)
