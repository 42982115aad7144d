"""What a learner uses to work on the exercises: `check`, `hint`, `progress`, and `load`."""

from course_lib.exercises.bank import load
from course_lib.exercises.checking import check, hint, progress

__all__ = ["check", "hint", "load", "progress"]
