"""Check the answers of the collection as a learner's `check` does."""

import ast
import linecache
import re
from typing import Any

from course_lib.exercises.checking import examine
from course_lib.exercises.questions import named
from course_lib.exercises.verdicts import Judgement
from course_lib.workshop.exercises.answers import Answer

GENERAL = re.compile(
    r"(number \d+ of the \d+ values: |at the key .*: |inside it: )*"
    r"(the (value is not the expected one|values are not the expected ones)"
    r"|\d+ of \d+ values? (is not the expected one|are not the expected ones))\."
    r"( \d+ of \d+ cases (is|are) right\.| The other(s are| one is) right\.| Number .* right everywhere\.)?$",
    re.IGNORECASE,
)


def judged(answer: Answer) -> Judgement:
    """Check an answer by the data that learners get."""
    return examine(named(answer.exercise), namespace_of(answer)).judgement


def namespace_of(answer: Answer) -> dict[str, Any]:
    """Run the cell of an answer in a notebook's namespace, and return that."""
    question = named(answer.exercise)
    place = f"<{answer}>"
    linecache.cache[place] = (len(answer.code), None, answer.code.splitlines(keepends=True), place)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("import numpy as np", namespace)
    if "tensorflow" in question.packages:
        exec("import tensorflow as tf", namespace)
    if question.given:
        exec(compile(question.given, f"<given with {answer.exercise}>", "exec"), namespace)
    exec(compile(ast.parse(answer.code, place), place, "exec"), namespace)
    return namespace
