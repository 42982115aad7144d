"""One file a submission: what was graded, with what, and what came of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_lib.workshop.grading.storage.files import safe_name, write_atomically

Record = dict[str, Any]


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
        """Return a submission's record; None where there is none or it is damaged."""
        try:
            record = json.loads(self.path(key).read_bytes())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and record.get("submission") == key else None

    def write(self, key: str, record: Record) -> None:
        """Write a submission's record in one step."""
        text = json.dumps({"submission": key, **record}, indent=1, ensure_ascii=False, sort_keys=False)
        write_atomically(self.path(key), text + "\n", mode=0o600)

    def each(self, keys: list[str]) -> Iterator[tuple[str, Record | None]]:
        """Return the records one after the other: never more than one is held in memory."""
        for key in keys:
            yield key, self.read(key)
