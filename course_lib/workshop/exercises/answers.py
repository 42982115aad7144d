"""Read the collection of answers as people write them, which lies in the clone beside the tests.

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

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "tests" / "exercises" / "answers"
KINDS = ("beginner", "expert", "model")
_HEADER = re.compile(r"--- (wrong|right) (\w+): (.+)")


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


def collected(chapter: str = "*", folder: Path = FOLDER) -> Iterator[Answer]:
    """Read the answers to the exercises of one chapter, or of all.

    Raises
    ------
    ValueError
        If a line that should begin an answer does not.
    """
    for path in sorted(folder.glob(f"{chapter}.txt")):
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
