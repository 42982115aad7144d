"""What a learner uses to work on the exercises: `check`, `hint`, `progress`, and `load`."""

from course_lib.exercises.checking import check, hint, progress
from course_lib.exercises.lost_names import watch
from course_lib.exercises.questions import load

__all__ = ["check", "hint", "load", "progress"]

watch()
