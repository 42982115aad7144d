"""The answer key: what grading needs to know of an assignment, drawn once and kept by the instructor.

Drawing the cases runs the solutions (and imports TensorFlow where they need it). The key is plain JSON, so
that every worker and every later run reads it within milliseconds.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from course_lib.exercises.questions import Question, defined_by
from course_lib.workshop.exercises.definition import Exercise, load_exercises
from course_lib.workshop.grading.storage.files import write_atomically

FORMAT = 2


@dataclass(frozen=True, eq=False)
class KeyQuestion:
    """One question of an assignment.

    Attributes
    ----------
    hidden, public
        The question with hidden cases, and with those that students may see.
    points
        What it is worth in this assignment.
    packages
        What a notebook needs beside NumPy to answer it.
    rubric
        For a free text: key, points and sentence of each thing that it is marked for.
    stub
        What students started from.
    groups
        Where groups of cases earn points: for each hidden case the number of its group. Otherwise empty.
    model
        A model answer.
    section
        Where the course explains it, as a page of the chapters or an address.
    drawn
        Whether each student has another draw of it.
    """

    hidden: Question
    public: Question
    points: float
    packages: tuple[str, ...] = ()
    rubric: tuple[tuple[str, float, str], ...] = ()
    stub: str = ""
    groups: tuple[int, ...] = ()
    model: str = ""
    section: str = ""
    drawn: bool = False

    @property
    def name(self) -> str:
        """The exercise's name."""
        return self.hidden.name

    @cached_property
    def digest(self) -> str:
        """A short text that changes when anything that decides a mark changes."""
        groups = [list(self.groups)] if self.groups else []
        return short_digest([self.hidden.to_json(), self.public.to_json(), *groups])

    @cached_property
    def calls(self) -> dict[bool, list[list[Any]]]:
        """The calls of each case as JSON: of the hidden cases under True, of the public ones under False."""
        forms = {True: self.hidden, False: self.public}
        return {
            hidden: [[call.to_json() for call in case.calls] for case in form.cases]
            for hidden, form in forms.items()
        }

    def to_json(self) -> dict[str, Any]:
        """Return the question as JSON."""
        return {
            "hidden": self.hidden.to_json(),
            "public": self.public.to_json(),
            "points": self.points,
            "packages": list(self.packages),
            "rubric": [list(item) for item in self.rubric],
            "stub": self.stub,
            "groups": list(self.groups),
            "model": self.model,
            "section": self.section,
            "drawn": self.drawn,
        }

    @staticmethod
    def from_json(form: dict[str, Any]) -> "KeyQuestion":
        """Return the question that `to_json` wrote."""
        return KeyQuestion(
            Question.from_json(form["hidden"]),
            Question.from_json(form["public"]),
            form["points"],
            tuple(form["packages"]),
            tuple((name, points, sentence) for name, points, sentence in form["rubric"]),
            form["stub"],
            tuple(form["groups"]),
            form["model"],
            form["section"],
            form["drawn"],
        )


@dataclass(frozen=True, eq=False)
class AnswerKey:
    """All questions of an assignment."""

    title: str
    questions: tuple[KeyQuestion, ...]

    @property
    def packages(self) -> tuple[str, ...]:
        """What must be imported for all questions together."""
        return tuple(sorted({package for question in self.questions for package in question.packages}))

    @property
    def points(self) -> float:
        """What all questions are worth together."""
        return sum(question.points for question in self.questions)

    def to_json(self) -> dict[str, Any]:
        """Return the key as JSON."""
        return {
            "format": FORMAT,
            "title": self.title,
            "questions": [question.to_json() for question in self.questions],
        }

    @staticmethod
    def from_json(form: dict[str, Any]) -> "AnswerKey":
        """Return the key that `to_json` wrote."""
        return AnswerKey(
            form["title"], tuple(KeyQuestion.from_json(question) for question in form["questions"])
        )


def load_chosen(names: Iterable[str], private: Path | None = None) -> dict[str, Exercise]:
    """Load the instructor's own exercises and those of the chapters that some names come from.

    A chapter's definitions may import TensorFlow, which takes longer than grading a class does.

    Raises
    ------
    ExerciseError
        If a file cannot be read, a name is used twice, or a chapter needs what is not installed.
    """
    return load_exercises(private, {name.partition(".")[0] for name in names})


def names_asked_for(names: Iterable[str], private: Path | None = None) -> frozenset[str]:
    """Return what the learners' code is to define for some exercises, without importing the course's."""
    own = load_exercises(private, ()) if private else {}
    return frozenset(
        defined for name in names for defined in (own[name].defines if name in own else defined_by(name))
    )


def draw_key(
    title: str,
    exercises: Sequence[Exercise],
    seed: int,
    points: dict[str, float] | None = None,
    partial: Collection[str] = (),
) -> AnswerKey:
    """Draw the hidden cases of an assignment and what is expected of them.

    Parameters
    ----------
    title
        The assignment's title.
    exercises
        Its exercises, in order.
    seed
        Draws the hidden cases; the same seed gives the same key.
    points
        What each is worth here, by name; the exercise's own points where nothing is said.
    partial
        The names of those in which each group of cases earns points.
    """
    points = points or {}
    questions = tuple(
        KeyQuestion(
            exercise.hidden_question(seed),
            exercise.public_question(),
            points.get(exercise.name, exercise.points),
            exercise.packages,
            tuple((item.key, item.points, item.sentence) for item in exercise.rubric),
            exercise.stub,
            exercise.hidden_groups(seed) if exercise.name in partial else (),
            exercise.model_answer or exercise.solution_source,
            exercise.section,
            exercise.drawn_by is not None,
        )
        for exercise in exercises
    )
    return AnswerKey(title, questions)


def keep_key(key: AnswerKey, path: Path, basis: str) -> None:
    """Write a key to a file that only its owner can read."""
    form = key.to_json()
    write_atomically(path, json.dumps({"basis": basis, "digest": short_digest(form), **form}))


def kept_key(path: Path, basis: str) -> AnswerKey | None:
    """Return the key that was kept, or None if there is none or it was drawn from something else."""
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
        told, digest = form.pop("basis", ""), form.pop("digest", "")
        if told != basis or form.get("format") != FORMAT or digest != short_digest(form):
            return None
        return AnswerKey.from_json(form)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # a damaged one is drawn anew


def basis_of(definition: Any, folders: Iterable[Path]) -> str:
    """Return what a key depends on, as a short text: the assignment, all definitions, the libraries."""
    digest = hashlib.sha256(json.dumps(definition, sort_keys=True, default=str).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    for package in ("numpy", "tensorflow"):
        digest.update(_version(package).encode())
    return digest.hexdigest()


def short_digest(form: Any) -> str:
    """Return a short text that stands for some JSON."""
    text = json.dumps(form, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
