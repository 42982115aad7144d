"""Who changed a mark, when and why: a log in SQLite beside `marks.csv`, to which lines are only added.

`marks.csv` says which marks hold; the log says how they came about. Both are written under the log's lock, so
that two assistants, or two machines that share the folder, never write over each other's marks.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from course_lib.workshop.dry_run import is_dry
from course_lib.workshop.grading.marks.standing import HandMark
from course_lib.workshop.grading.storage.files import make_private_folder

FILE = "marks.sqlite"
PATIENCE = 30.0  # seconds that one assistant waits for another
MARK, REQUEST, ANSWER, PUBLISHED = "mark", "request", "answer", "published anew"
FOR_EVER = [
    f"CREATE TRIGGER IF NOT EXISTS no_{what} BEFORE {what} ON log "
    "BEGIN SELECT RAISE(ABORT, 'lines are only added to this log'); END"
    for what in ("UPDATE", "DELETE")
]


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes
    ----------
    kind
        A mark, a student's request to look again, or the answer to one.
    submission, question, points, keys, comment, by
        As in a mark; of a request, the comment is what the student wrote.
    reason
        Why a mark was changed, for the staff.
    about
        The number of the request that an answer is about, otherwise 0.
    at
        When, in UTC.
    number
        The place in the log, from 1.
    """

    kind: str
    submission: str
    question: str
    points: float | None = None
    keys: str = ""
    comment: str = ""
    by: str = ""
    reason: str = ""
    about: int = 0
    at: str = ""
    number: int = 0


COLUMNS = tuple(field.name for field in fields(Entry) if field.name != "number")


def of_mark(mark: HandMark, reason: str = "") -> Entry:
    """Return the line that tells of a mark."""
    told = (mark.submission, mark.question, mark.points, mark.keys, mark.comment, mark.by)
    return Entry(MARK, *told, reason=reason)


class History:
    """The log of a class's folder.

    Parameters
    ----------
    folder
        The class's folder; the log is made when the first line is written.
    """

    def __init__(self, folder: Path):
        self.path = folder / FILE

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Keep others from changing marks meanwhile; what is added counts once the block has ended."""
        where = ":memory:" if is_dry(self.path) else self.path
        if where == self.path and not self.path.exists():
            make_private_folder(self.path.parent)
            self.path.touch(mode=0o600)
        with closing(sqlite3.connect(where, timeout=PATIENCE, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            try:
                columns = ", ".join(COLUMNS)
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY AUTOINCREMENT, {columns})"
                )
                for trigger in FOR_EVER:
                    connection.execute(trigger)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @staticmethod
    def add(connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
        """Add lines, with the present time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        signs = ", ".join("?" * len(COLUMNS))
        rows = [(*astuple(entry)[:-2], now) for entry in entries]
        connection.executemany(f"INSERT INTO log ({', '.join(COLUMNS)}) VALUES ({signs})", rows)

    def entries(self) -> list[Entry]:
        """Return all lines, the oldest first."""
        if not self.path.exists() or not self.path.stat().st_size:
            return []
        with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as connection:
            rows = connection.execute(f"SELECT {', '.join(COLUMNS)}, number FROM log ORDER BY number")
            return [Entry(*row) for row in rows]

    def open_requests(self) -> list[Entry]:
        """Return the requests that nobody has answered yet."""
        entries = self.entries()
        answered = {entry.about for entry in entries if entry.kind == ANSWER}
        return [entry for entry in entries if entry.kind == REQUEST and entry.number not in answered]

    def forget(self, submission: str) -> None:
        """Take a submission out, to the last byte: the one reason for which lines of the log are removed."""
        if not self.path.exists():
            return
        with self.changing() as connection:
            connection.execute("DROP TRIGGER no_DELETE")
            connection.execute("DELETE FROM log WHERE submission = ?", (submission,))
        with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as connection:
            connection.execute("VACUUM")
