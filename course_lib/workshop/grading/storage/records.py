"""One file a submission: what was graded, with what, and what came of it.

The record's form is here and nowhere else: written by `Record.to_json`, read and checked by
`Record.from_json`.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from course_lib.workshop.grading.storage.files import safe_name, write_atomically
from course_lib.workshop.grading.storage.forms import from_form

FORMAT = 3


class Status(StrEnum):
    """How a submission as a whole ended."""

    GRADED = "graded"
    PARTIAL = "partial"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    EXCUSED = "excused"  # by a person


class Outcome(StrEnum):
    """How one question ended."""

    RIGHT = "right"
    WRONG = "wrong"
    BLANK = "not attempted"
    ABSENT = "not found"
    UNMARKED = "to be marked"
    MARKED = "marked"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    MISSING = "missing"


@dataclass(frozen=True)
class Trouble:
    """What went wrong in a cell, in words that follow "Cell 3"; line 0 where there is none to name."""

    cell: int
    line: int
    words: str


@dataclass(frozen=True)
class QuestionRecord:
    """What a record says about one question.

    Attributes
    ----------
    name, title, kind
        Of the question.
    digest
        Stands for everything that decides this mark.
    status
        How it ended.
    share, points, out_of
        The share from 0 to 1, and what it is worth here.
    sentence
        The student's sentence.
    mistake
        The sentence of the usual mistake that was recognised.
    example
        The lines that show a public case that fails.
    cases, right
        How many hidden cases there are, and how many are right.
    source
        The answer as it was written.
    imports
        What it imports that answers the question.
    returns
        Stands for what a wrong answer that no known mistake explains returned on the hidden cases: equal for
        answers that returned the same, empty for all others.
    """

    name: str
    title: str
    kind: str
    digest: str
    status: Outcome
    share: float
    points: float
    out_of: float
    sentence: str
    mistake: str = ""
    example: tuple[str, ...] = ()
    cases: int = 0
    right: int = 0
    source: str = ""
    imports: tuple[str, ...] = ()
    returns: str = ""


@dataclass(frozen=True)
class Record:
    """What came of a submission.

    Attributes
    ----------
    notebook, conditions, wall
        Stand for what was graded and with what.
    status, reason
        How it ended, and why it is not simply graded.
    questions
        Each question's mark and words.
    cells
        What went wrong in which cell.
    printed
        The beginning of what the notebook printed.
    busy
        Where something took too long: how many processes each processor of this machine had to serve at the
        end of it; None where nothing did.
    """

    notebook: str
    conditions: str
    wall: str
    status: Status
    reason: str
    questions: tuple[QuestionRecord, ...]
    cells: tuple[Trouble, ...] = ()
    printed: str = ""
    busy: float | None = None
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return asdict(self)

    @staticmethod
    def from_json(form: Any) -> "Record":
        """Return the record that `to_json` wrote. Raise `ValueError` where the JSON is none."""
        record: Record = from_form(Record, form)
        if record.format != FORMAT:
            raise ValueError(f"a record of format {record.format}")
        return record


class Records:
    """The records of a class, in a folder of their own.

    Parameters
    ----------
    folder
        The folder; it is made when the first record is written.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, key: str) -> Path:
        """Return where a submission's record is."""
        return self.folder / f"{safe_name(key)}.json"

    def read(self, key: str) -> Record | None:
        """Return a submission's record; None where there is none or it is damaged: it is graded again."""
        try:
            form = json.loads(self.path(key).read_bytes())
            return Record.from_json(form) if form.get("submission") == key else None
        except (OSError, ValueError, AttributeError, RecursionError):
            return None

    def write(self, key: str, record: Record) -> None:
        """Write a submission's record in one step."""
        form = {"submission": key, "format": record.format, **record.to_json()}
        write_atomically(self.path(key), json.dumps(form, indent=1, ensure_ascii=False) + "\n")

    def each(self, keys: list[str]) -> Iterator[tuple[str, Record | None]]:
        """Return the records one after the other: never more than one is held in memory."""
        for key in keys:
            yield key, self.read(key)
