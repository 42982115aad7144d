"""The data behind `check`, as a learner's computer reads it: public cases only, and no solution."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from course_lib.exercises import explaining
from course_lib.exercises.compare import fingerprints
from course_lib.exercises.questions import Question
from course_lib.workshop.book.chapters.files import digest
from course_lib.workshop.exercises import definitions, mutants, slips
from course_lib.workshop.exercises.definition import Exercise
from course_lib.workshop.exercises.slips import NO_SLIPS, with_slips

DIGITS = 12  # significant digits of a committed number: far below any tolerance
MADE_FROM = "made_from"  # in a stored question: the digest of what its slips were made from
MAKERS: tuple[ModuleType, ...] = (slips, mutants, fingerprints, explaining)


def data_files(exercises: Iterable[Exercise], stored: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the name and text of each data file: one a chapter, and the index of names.

    Parameters
    ----------
    exercises
        All exercises of the chapters whose files are wanted.
    stored
        The stored questions, as `stored_questions` reads them. One that is in step stays as it is: another
        processor would round its float32 numbers in another way, and its slips take long to find.
    """
    chapters: dict[str, list[Exercise]] = {}
    for exercise in exercises:
        chapters.setdefault(exercise.chapter, []).append(exercise)
    files = {
        f"{chapter}.json": _forms_text(_form(one, (stored or {}).get(one.name)) for one in listed)
        for chapter, listed in chapters.items()
    }
    index = {exercise.name: exercise.defines for listed in chapters.values() for exercise in listed}
    return {**files, "index.json": json.dumps(index, indent=0, ensure_ascii=False) + "\n"}


def stored_questions(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the questions of the data files in a folder, as JSON, by name."""
    stored: dict[str, dict[str, Any]] = {}
    for path in folder.glob("*.json"):
        try:
            listed = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # written anew; until then, nothing of it counts as proved
        if isinstance(listed, list):
            stored |= {question["name"]: question for question in listed if "name" in question}
    return stored


def is_in_step(question: Question, stored: Mapping[str, Any] | None) -> bool:
    """Return whether a stored question says what the definition says, its slips left aside."""
    if stored is None:
        return False
    options = question.comparison.options
    rtol, atol = max(options.get("rtol", 0.0), 1e-9), max(options.get("atol", 0.0), 1e-11)
    made = {**rounded(question.to_json()), **NO_SLIPS, MADE_FROM: None}
    return _agree(made, {**stored, **NO_SLIPS, MADE_FROM: None}, rtol, atol)


def made_from(chapter: str) -> str:
    """Return a digest of all that the slips of a chapter's exercises are made from."""
    files = [str(module.__file__) for module in MAKERS] + [f"{definitions.__path__[0]}/{chapter}.py"]
    return digest(*(Path(file).read_bytes() for file in files))


def questions_text(questions: Iterable[Question]) -> str:
    """Return questions as JSON text: a line for each exercise's description, case and mistake."""
    return _forms_text(rounded(question.to_json()) for question in questions)


def _form(exercise: Exercise, stored: dict[str, Any] | None) -> dict[str, Any]:
    question, source = exercise.public_question(), made_from(exercise.chapter)
    if stored and stored.get(MADE_FROM) == source and is_in_step(question, stored):
        return stored
    form: dict[str, Any] = rounded(with_slips(exercise, question).to_json())
    return {**form, MADE_FROM: source}


def _agree(made: Any, stored: Any, rtol: float, atol: float) -> bool:
    """Return whether two JSON values are equal, their numbers within tolerances."""
    if isinstance(made, float) and isinstance(stored, int | float):
        return bool(np.isclose(made, stored, rtol, atol, equal_nan=True))
    if isinstance(made, list):
        return (
            isinstance(stored, list)
            and len(made) == len(stored)
            and all(_agree(one, other, rtol, atol) for one, other in zip(made, stored, strict=True))
        )
    if isinstance(made, dict):
        return (
            isinstance(stored, dict)
            and made.keys() == stored.keys()
            and all(_agree(made[key], stored[key], rtol, atol) for key in made)
        )
    return bool(made == stored)


def _forms_text(forms: Iterable[Mapping[str, Any]]) -> str:
    return "[\n" + ",\n".join(map(_form_text, forms)) + "\n]\n"


def _form_text(form: Mapping[str, Any]) -> str:
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
