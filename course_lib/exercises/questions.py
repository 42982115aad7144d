"""What a learner's computer knows of an exercise: its public cases, and no solution.

A `Question` is what `course release` writes as JSON into `course_lib/exercises/data/`, one file for each
chapter, or into one cell of an assignment's notebook. The grader builds the same kind of question, with
hidden cases, from the exercise's definition.
"""

import ast
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.running import Call, Outcome, outcome_from_json, outcome_to_json


@dataclass(frozen=True, eq=False)
class Case:
    """Some calls, and what is expected of each."""

    calls: tuple[Call, ...]
    expected: tuple[Outcome, ...]


@dataclass(frozen=True, eq=False)
class KnownMistake:
    """A mistake that people make.

    Attributes
    ----------
    sentence
        What to say to the learner.
    outcomes
        For each case what the mistake leads to, None where that is the expected answer.
    recognise
        A comparison by which an answer is this mistake; None to compare with `outcomes`.
    worth
        The share of the points that it still earns.
    """

    sentence: str
    outcomes: tuple[tuple[Outcome, ...] | None, ...]
    recognise: Comparison | None = None
    worth: float = 0.0


@dataclass(frozen=True, eq=False)
class Question:
    """An exercise as the learner's computer knows it.

    Attributes
    ----------
    name
        `"chapter.name"`.
    title
        A short heading.
    points
        What it is worth.
    defines
        The names of the functions, classes or, for a text, the variable that the learner writes.
    signatures
        The first line of each function or class, `"update(weights, bias)"`.
    kind
        `"code"`, or `"text"` for a free text that a person marks.
    comparison
        How answers are compared.
    cases
        From the smallest to the largest.
    mistakes
        The known mistakes.
    slips
        Usual slips: the words of each, and the fingerprints of what it leads to in all cases.
    telling
        For each parameter pairs of cases: the first one's answer changes with the second one's argument.
    hints
        From a nudge to a plan.
    forbidden
        Imports that would answer the exercise, as dotted names.
    demands
        What the prompt demands of the code itself, for `course_lib.exercises.demands`.
    given
        The source of the code given with the exercise.
    seconds
        The time for all cases together.
    packages
        What answers need besides NumPy, `("tensorflow",)`.
    """

    name: str
    title: str
    points: int
    defines: tuple[str, ...]
    signatures: tuple[str, ...] = ()
    kind: str = "code"
    comparison: Comparison = Comparison("close")  # noqa: RUF009 - it is never changed
    cases: tuple[Case, ...] = ()
    mistakes: tuple[KnownMistake, ...] = ()
    slips: tuple[tuple[str, tuple[int, ...]], ...] = ()
    telling: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()
    hints: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ("course_lib",)
    given: str = ""
    seconds: float = 0.8
    packages: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()

    @property
    def chapter(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    def parameters(self) -> dict[str, list[str]]:
        """Return the names of the parameters of each function or class that is asked for."""
        lines = "\n".join(f"def {line}: ..." for line in self.signatures)
        found = [one for one in ast.parse(lines).body if isinstance(one, ast.FunctionDef)]
        return {one.name: [parameter.arg for parameter in one.args.args] for one in found}

    def to_json(self) -> dict[str, Any]:
        """Return the question as JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "points": self.points,
            "defines": list(self.defines),
            "signatures": list(self.signatures),
            "kind": self.kind,
            "comparison": self.comparison.to_json(),
            "hints": list(self.hints),
            "forbidden": list(self.forbidden),
            "given": self.given,
            "seconds": self.seconds,
            **({"packages": list(self.packages)} if self.packages else {}),
            **({"demands": list(self.demands)} if self.demands else {}),
            "cases": [
                {
                    "calls": [step.to_json() for step in case.calls],
                    "expected": [outcome_to_json(outcome) for outcome in case.expected],
                }
                for case in self.cases
            ],
            "mistakes": [
                {
                    "sentence": mistake.sentence,
                    "worth": mistake.worth,
                    "recognise": mistake.recognise and mistake.recognise.to_json(),
                    "outcomes": [
                        None if outcomes is None else _deviations(outcomes, case.expected)
                        for outcomes, case in zip(mistake.outcomes, self.cases, strict=True)
                    ],
                }
                for mistake in self.mistakes
            ],
            "slips": {words: list(marks) for words, marks in self.slips},
            "telling": {name: [list(pair) for pair in pairs] for name, pairs in self.telling},
        }

    @staticmethod
    def from_json(form: dict[str, Any]) -> "Question":
        """Return the question that `to_json` wrote."""
        return Question(
            name=form["name"],
            title=form["title"],
            points=form["points"],
            defines=tuple(form["defines"]),
            signatures=tuple(form["signatures"]),
            kind=form["kind"],
            comparison=Comparison.from_json(form["comparison"]),
            hints=tuple(form["hints"]),
            forbidden=tuple(form["forbidden"]),
            given=form["given"],
            seconds=form["seconds"],
            packages=tuple(form.get("packages", ())),
            demands=tuple(form.get("demands", ())),
            cases=tuple(
                Case(
                    tuple(Call.from_json(step) for step in case["calls"]),
                    tuple(outcome_from_json(outcome) for outcome in case["expected"]),
                )
                for case in form["cases"]
            ),
            mistakes=tuple(
                KnownMistake(
                    mistake["sentence"],
                    tuple(
                        None if outcomes is None else _with_deviations(outcomes, case["expected"])
                        for outcomes, case in zip(mistake["outcomes"], form["cases"], strict=True)
                    ),
                    mistake["recognise"] and Comparison.from_json(mistake["recognise"]),
                    mistake["worth"],
                )
                for mistake in form["mistakes"]
            ),
            slips=tuple((words, tuple(marks)) for words, marks in form.get("slips", {}).items()),
            telling=tuple(
                (name, tuple((first, second) for first, second in pairs))
                for name, pairs in form.get("telling", {}).items()
            ),
        )


def _deviations(outcomes: Sequence[Outcome], expected: Sequence[Outcome]) -> list[Any]:
    """Return what a mistake does at each step, as JSON: `None` where it does what is right."""
    right = [outcome_to_json(outcome) for outcome in expected]
    made = [outcome_to_json(outcome) for outcome in outcomes]
    return [None if place < len(right) and one == right[place] else one for place, one in enumerate(made)]


def _with_deviations(forms: Sequence[Any], expected: Sequence[Any]) -> tuple[Outcome, ...]:
    """Return what `_deviations` wrote, with the right outcomes (as JSON) back in their places."""
    return tuple(
        outcome_from_json(expected[place] if form is None else form) for place, form in enumerate(forms)
    )


class UnknownExerciseError(LookupError):
    """No exercise has this name."""


_loaded: dict[str, Question] = {}


@cache
def _shipped(chapter: str) -> dict[str, Question]:
    """Return the questions of one chapter that came with the package, in their order."""
    source = files("course_lib.exercises") / "data" / f"{chapter}.json"
    forms = json.loads(source.read_text(encoding="utf-8"))
    return {form["name"]: Question.from_json(form) for form in forms}


@cache
def _index() -> dict[str, tuple[str, ...]]:
    """Return for each exercise's name the names that a learner defines for it: what lookups need."""
    source = files("course_lib.exercises") / "data" / "index.json"
    return {name: tuple(defines) for name, defines in json.loads(source.read_text(encoding="utf-8")).items()}


def load(source: str) -> str:
    """Take an assignment's own exercises from its notebook.

    Parameters
    ----------
    source
        The JSON that `course release --exercises FOLDER` wrote into the notebook's cell.

    Returns
    -------
    str
        A line that says what can be checked now.
    """
    questions = [Question.from_json(form) for form in json.loads(source)]
    _loaded.update({question.name: question for question in questions})
    return f"Ready to check: {', '.join(question.name for question in questions)}."


def names() -> list[str]:
    """Return the names of all exercises that are known here."""
    return [*_index(), *(name for name in _loaded if name not in _index())]


def defined_by(name: str) -> tuple[str, ...]:
    """Return the names that a learner defines for one of the course's exercises; none for others."""
    return _index().get(name, ())


def named(name: str) -> Question:
    """Return the question of this name: in full, or its last part, or the name of its function.

    Raises
    ------
    UnknownExerciseError
        If there is none, with the names that come close.
    """
    if name in _loaded:
        return _loaded[name]
    if name in _index():
        return _shipped(name.partition(".")[0])[name]
    for question in reversed(_loaded.values()):
        if name in (question.name.partition(".")[2], *question.defines):
            return question
    for full, defines in _index().items():
        if name in (full.partition(".")[2], *defines):
            return _shipped(full.partition(".")[0])[full]
    raise UnknownExerciseError(
        f"There is no exercise {name!r} here. "
        + (_meant(name) or "An assignment's own exercises are known after its first cells have run.")
    )


def _meant(name: str) -> str:
    """Return a question about what comes close to a name: an exercise, a chapter or a learner's function."""
    full = names()
    last_parts = [one.partition(".")[2] for one in full]
    for known in (full, [one.partition(".")[0] for one in full], last_parts):
        if near := get_close_matches(name, known, n=1, cutoff=0.7):
            return f"Do you mean {near[0]!r}?"
    functions = [item for defines in _index().values() for item in defines]
    if near := get_close_matches(name, functions, n=1, cutoff=0.7):
        return f"Do you mean `{near[0]}`? Then give your function this name."
    return ""


def chosen(names_or_chapters: Iterable[str]) -> list[Question]:
    """Return questions by their names, and all of a chapter by the chapter's name."""
    questions: list[Question] = []
    for name in names_or_chapters:
        chapter = [named(full) for full in names() if full.partition(".")[0] == name]
        questions.extend(chapter or [named(name)])
    return questions
