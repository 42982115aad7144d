"""The collection of answers as people write them, read, and checked as a learner's `check` does.

A file for each chapter holds answers. Each begins with a line that says what it is, who would write it so (a
beginner, an expert in a hurry, a language model) and what is done in it:

    === perceptron.two_forms
    --- wrong beginner: one divided by it
    => one divided by
    def to_bias(weights, threshold):
        ...
    --- right expert: with lambdas
    ...

The line with `=>` is a part of the sentence that the answer deserves, `*` where only the general word is
true: then nothing more can be told from the values.
"""

import ast
import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.exercises.checking import examine
from course_lib.exercises.questions import named
from course_lib.exercises.verdicts import Judgement

FOLDER = Path(__file__).parent / "answers"
KINDS = ("beginner", "expert", "model")
_HEADER = re.compile(r"--- (wrong|right) (\w+): (.+)")
GENERAL = re.compile(
    r"(number \d+ of the \d+ values: |at the key .*: |inside it: )*"
    r"(the (value is not the expected one|values are not the expected ones)"
    r"|\d+ of \d+ values? (is not the expected one|are not the expected ones))\."
    r"( \d+ of \d+ cases (is|are) right\.| The other(s are| one is) right\."
    r"| (Number|What) .* right everywhere\.)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer:
    """One answer of the collection."""

    exercise: str
    right: bool
    kind: str
    label: str
    sentence: str
    code: str

    def __str__(self) -> str:
        return f"{self.exercise}: {self.label}"


def collected(chapter: str = "*") -> Iterator[Answer]:
    """Read the answers to the exercises of one chapter, or of all.

    Raises
    ------
    ValueError
        If a line that should begin an answer does not.
    """
    for path in sorted(FOLDER.glob(f"{chapter}.txt")):
        for block in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _, rest = block.partition("\n")
            for entry in re.split(r"^(?=--- )", rest, flags=re.MULTILINE)[1:]:
                header, _, code = entry.partition("\n")
                match = _HEADER.fullmatch(header)
                if not match or match.group(2) not in KINDS:
                    raise ValueError(f"{path.name}: {header!r} is no beginning of an answer")
                sentence = ""
                if code.startswith("=>"):
                    sentence, _, code = code.partition("\n")
                verdict, kind, label = match.groups()
                yield Answer(name.strip(), verdict == "right", kind, label, sentence[2:].strip(), code)


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
