"""A class with attackers in it, on a machine that fails: the honest ones notice nothing.

Killed again and again, on a disk that is full once, beside a third of the collection of attacks: whoever is
honest has the records, marks and pages of a quiet run. `COURSE_CHAOS=100` makes it a class of that size,
killed ten times.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workshop.grading.conftest import RIGHT, SmallClass
from tests.workshop.grading.test_forging import FORGERIES
from tests.workshop.grading.test_one_submission import HOSTILE

SIZE = int(os.environ.get("COURSE_CHAOS", "24"))
KILLS = 10 if SIZE >= 100 else 3
QUICK = (
    "half a pair, printed",
    "a frame that changes no dictionary",
    "keys that collide",
    "a crash in C",
    "a flood of messages",
    "a function that ends the process",
    "an error with a huge message",
)
ANSWERS = (
    RIGHT[0],
    "def double(x):\n    return x**2",
    "double = lambda x: 2 * x",
    "import numpyy\ndef double(x):\n    return 2 * x",
)
COURSE = (sys.executable, "-c", "from course_lib.workshop.cli import main; main()")


def attacks() -> list[list[str]]:
    """Return the cells of the attackers: the quickest ones, or of a large class all."""
    every = {**HOSTILE, **{name: [code, *RIGHT[1:]] for name, code in FORGERIES.items()}}
    names = QUICK if SIZE < 100 else tuple(every)
    return [every[name] for name in names][: 3 * SIZE // 10]


def a_class(folder: Path, with_attackers: bool) -> SmallClass:
    """Return a collected class of honest students, and attackers among them."""
    folder.mkdir()
    small = SmallClass(folder)
    hostile = attacks()
    honest = [f"h{place:03}" for place in range(SIZE - len(hostile))]
    bad = [f"a{place:03}" for place in range(len(hostile))]
    small.roster.write_text("id,name\n" + "".join(f"{name},Student {name}\n" for name in honest + bad))
    for place, name in enumerate(honest):
        small.hand_in(f"{name}_hw.ipynb", ANSWERS[place % len(ANSWERS)], *RIGHT[1:])
    for name, cells in zip(bad, hostile, strict=True) if with_attackers else ():
        small.hand_in(f"{name}_hw.ipynb", *cells)
    small.collect()
    return small


def of_the_honest(small: SmallClass) -> dict[str, bytes]:
    """Return the bytes of all records and pages of honest students, and their rows of marks."""
    pages = [*(small.target / "feedback").glob("h*"), *(small.target / "records").glob("h*")]
    rows = (small.target / "gradebook.csv").read_bytes().splitlines()
    marks = {row.partition(b",")[0].decode(): row for row in rows if row.startswith(b"h")}
    return marks | {path.name: path.read_bytes() for path in pages}


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Let a folder be a disk of its own, where this user may mount one; tell whether it is."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(folder)]
    mounted = shutil.which("mount") is not None and subprocess.run(command, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill a disk until nothing goes on it."""
    path = folder / "full"
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    return path


def count(small: SmallClass) -> int:
    folder = small.target / "records"
    return len(list(folder.glob("*.json"))) if folder.exists() else 0


@pytest.mark.slow
def test_the_honest_notice_nothing(tmp_path: Path) -> None:
    quiet = a_class(tmp_path / "quiet", with_attackers=False)
    quiet.grade("--workers", "2", "--no-similarity")
    quiet.publish()
    with small_disk(tmp_path / "disk") as is_own:
        loud = a_class(tmp_path / "disk" / "loud", with_attackers=True)
        grade = [*COURSE, "grade", str(loud.target), *loud.options(), "--seconds", "1", "--workers", "2"]
        for _ in range(KILLS):
            before, end = count(loud), time.monotonic() + 120
            process = subprocess.Popen(grade, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while count(loud) == before and process.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait()
        if is_own:
            filler = fill(tmp_path / "disk")
            left = count(loud)
            told = subprocess.run(grade, capture_output=True, text=True, check=False)
            assert left == count(loud)
            assert told.returncode == 1, told.stderr
            assert "No space left on device" in told.stderr
            assert "Traceback" not in told.stderr
            filler.unlink()
        told = subprocess.run(grade, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        loud.publish()
        assert count(loud) == SIZE
        expected, found = of_the_honest(quiet), of_the_honest(loud)
        assert len(expected) >= 4 * (SIZE - len(attacks()))
        assert found == expected
        assert not list((loud.target / "records").glob(".*"))
        shutil.rmtree(loud.folder)
