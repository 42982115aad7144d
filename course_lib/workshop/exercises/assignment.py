"""The assignment file: which exercises, how many points, until when, and the seed of the hidden cases.

::

    title: "Homework 1: decisions"
    exercises:
      perceptron.two_forms:          # nothing behind the colon: the exercise's own points
      perceptron.careful_learner: 4
      my_class.doorman: 3            # of your own folder, `--exercises FOLDER`
    due: 2026-10-12 23:59
    time_zone: Europe/Zurich
    grace_minutes: 15                # handed in this late costs nothing; 1 where nothing is said
    penalty_per_day: 0.1             # of the points, for each day or part of one; 1 accepts nothing late
    handed_out: 2026-10-05 08:00     # only where the roster gives somebody more time, in per cent
    attempt: best                    # of several notebooks: last (where nothing is said), best or average
    seed: 4711                       # draws the hidden cases: keep this file to yourself
    release: v0.1.0                  # the tag of the course that the notebook installs
    model_answers: true              # students' pages show them, to everybody who handed in
    partial_credit: true             # points for each group of cases that is right; or a list of exercises
    first_cell: set_up.py            # a file of yours instead of the cell that installs the course

Only `title`, `exercises` and `seed` are needed. The file's own name is the assignment's name.
"""

from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from course_lib.workshop.exercises.definition import Exercise
from course_lib.workshop.refusal import RefusalError

FIRST_YEAR, LAST_YEAR = 1970, 9000  # beyond them other zones' calendars and sums of days have no date
A_YEAR = 365 * 24 * 60  # minutes
KEYS = (
    "title",
    "exercises",
    "due",
    "time_zone",
    "grace_minutes",
    "penalty_per_day",
    "seed",
    "release",
    "first_cell",
    "handed_out",
    "attempt",
    "model_answers",
    "partial_credit",
)
ATTEMPTS = ("last", "best", "average")


class AssignmentError(RefusalError):
    """An assignment file that cannot be used, with what to do about it."""


@dataclass(frozen=True)
class Assignment:
    """What an assignment file says.

    Attributes
    ----------
    name
        The file's name without its suffix.
    title
        What students read.
    points
        For each exercise's name its points, None for the exercise's own.
    due
        When it is due, with its time zone; None for no date.
    grace_minutes
        How late costs nothing.
    penalty_per_day
        The share of the points that each day or part of a day after that costs, from 0 to 1.
    seed
        Draws the hidden cases.
    release
        The tag or branch of the course that the notebook installs; empty for that of `_config.yml`.
    handed_out
        When it was handed out; None for no date.
    attempt
        Which of several attempts counts, one of `ATTEMPTS`.
    first_cell
        The source of the notebook's first cell; empty for the one that installs the course.
    model_answers
        Whether students' pages show a model answer.
    partial
        The exercises that give points for each group of cases that is right.
    """

    name: str
    title: str
    points: dict[str, int | None]
    seed: int
    due: datetime | None = None
    grace_minutes: float = 1.0
    penalty_per_day: float = 0.0
    release: str = ""
    first_cell: str = ""
    handed_out: datetime | None = None
    attempt: str = "last"
    model_answers: bool = False
    partial: frozenset[str] = frozenset()

    def due_with(self, extra_time: float) -> datetime | None:
        """Return when it is due for somebody who has more time, by so many per cent."""
        if self.due is None or self.handed_out is None or not extra_time:
            return self.due
        return self.due + (self.due - self.handed_out) * (extra_time / 100)

    def points_of(self, exercise: Exercise) -> int:
        """Return what an exercise is worth in this assignment."""
        own = self.points[exercise.name]
        return exercise.points if own is None else own

    def chosen(self, exercises: dict[str, Exercise]) -> list[Exercise]:
        """Return the assignment's exercises.

        Raises
        ------
        AssignmentError
            If one is not among those given.
        """
        missing = [name for name in self.points if name not in exercises]
        if missing:
            near = get_close_matches(missing[0], exercises, n=1)
            raise AssignmentError(
                f"{self.name}: there is no exercise {missing[0]!r}."
                + (f" Do you mean {near[0]!r}?" if near else "")
                + " Your own ones are found with --exercises FOLDER."
            )
        return [exercises[name] for name in self.points]


def read_assignment(path: Path) -> Assignment:
    """Read an assignment file.

    Raises
    ------
    AssignmentError
        If the file is missing, is no YAML, or says something that cannot be understood.
    """
    try:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise AssignmentError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(form, dict):
        raise AssignmentError(f"{path} should say `title: ...`, `exercises: ...` and `seed: ...`.")
    for key in form:
        if key not in KEYS:
            near = get_close_matches(str(key), KEYS, n=1)
            known = f"Do you mean {near[0]!r}?" if near else f"Known are {', '.join(KEYS)}."
            raise AssignmentError(f"{path}: {key!r} is not known. {known}")
    for key in ("title", "exercises", "seed"):
        if form.get(key) is None:
            raise AssignmentError(f"{path}: `{key}` is missing.")
    return Assignment(
        name=path.stem,
        title=str(form["title"]),
        points=_points(form["exercises"], path),
        seed=_whole(form["seed"], "seed", path),
        due=_due(form.get("due"), form.get("time_zone"), path),
        grace_minutes=_number(form.get("grace_minutes", 1), "grace_minutes", path, most=A_YEAR),
        penalty_per_day=_number(form.get("penalty_per_day", 0), "penalty_per_day", path, most=1),
        release=str(form.get("release") or ""),
        first_cell=_text_beside(form.get("first_cell"), path),
        handed_out=_due(form.get("handed_out"), form.get("time_zone"), path, "handed_out"),
        attempt=_one_of(form.get("attempt", "last"), ATTEMPTS, "attempt", path),
        model_answers=_yes_or_no(form.get("model_answers", False), "model_answers", path),
        partial=_partial(form.get("partial_credit", False), form["exercises"], path),
    )


EXERCISES = "exercises"


def exercises_beside(path: Path) -> Path | None:
    """Return the folder of an instructor's own exercises beside an assignment file, if there is one."""
    folder = path.parent / EXERCISES
    return folder if any(folder.glob("*.py")) else None


def _text_beside(name: Any, path: Path) -> str:
    if not name:
        return ""
    try:
        return (path.parent / str(name)).read_text(encoding="utf-8").strip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path}: `first_cell` names {name}, which cannot be read: {error}.") from error


def _points(exercises: Any, path: Path) -> dict[str, int | None]:
    if isinstance(exercises, list) and all(isinstance(name, str) for name in exercises):
        exercises = dict.fromkeys(exercises)
    if not isinstance(exercises, dict) or not exercises:
        raise AssignmentError(f"{path}: `exercises` should list names, each with its points or nothing.")
    return {
        str(name): None if points is None else _whole(points, f"exercises, {name}", path)
        for name, points in exercises.items()
    }


def _yes_or_no(value: Any, key: str, path: Path) -> bool:
    if not isinstance(value, bool):
        raise AssignmentError(f"{path}: `{key}` is {value!r}; it should be true or false.")
    return value


def _partial(value: Any, exercises: Any, path: Path) -> frozenset[str]:
    """Return the exercises with partial credit: all, none, or those that are listed."""
    names = frozenset(str(name) for name in exercises)
    if isinstance(value, bool):
        return names if value else frozenset()
    if not isinstance(value, list) or not all(name in names for name in value):
        raise AssignmentError(
            f"{path}: `partial_credit` is {value!r}; it should be true, or list exercises of this assignment."
        )
    return frozenset(value)


def _whole(value: Any, key: str, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AssignmentError(f"{path}: `{key}` is {value!r}; it should be a whole number, 0 or more.")
    return value


def _number(value: Any, key: str, path: Path, most: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise AssignmentError(f"{path}: `{key}` is {value!r}; it should be a number from 0 to {most}.")
    return float(value)


def _one_of(value: Any, known: tuple[str, ...], key: str, path: Path) -> str:
    if value not in known:
        raise AssignmentError(f"{path}: `{key}` is {value!r}; it should be one of {', '.join(known)}.")
    return str(value)


def _due(due: Any, zone: Any, path: Path, key: str = "due") -> datetime | None:
    if due is None:
        return None
    if isinstance(due, str):
        try:
            day = due.strip() if len(due.strip()) <= len("2026-10-12") else ""
            due = date.fromisoformat(day) if day else datetime.fromisoformat(due)
        except ValueError as error:
            raise AssignmentError(f"{path}: `{key}` is {due!r}; write it as 2026-10-12 23:59.") from error
    if not isinstance(due, datetime):
        raise AssignmentError(f"{path}: `{key}` is {due}; say the time too, as in {due} 23:59.")
    if not FIRST_YEAR <= due.year <= LAST_YEAR:
        raise AssignmentError(f"{path}: `{key}` is {due}; no class is that long ago or ahead.")
    if due.tzinfo is not None:
        return due
    if not zone:
        raise AssignmentError(f"{path}: `time_zone` is missing, for example `time_zone: Europe/Zurich`.")
    try:
        return due.replace(tzinfo=ZoneInfo(str(zone)))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise AssignmentError(f"{path}: {zone!r} is no time zone; write it as in Europe/Zurich.") from error
