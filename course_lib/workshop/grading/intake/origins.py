"""Whose a file of a download is: what platforms write into names of files, and into tables beside them."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from itertools import takewhile
from pathlib import Path, PurePosixPath

from course_lib.workshop.grading.intake.archives import files_in
from course_lib.workshop.grading.intake.roster import Roster
from course_lib.workshop.grading.intake.times import GRADESCOPE, Person, submissions_of_gradescope

# How platforms name the files of a bulk download.
# Its file names begin with a name, `LATE` and a number; of an anonymous assignment, with `anon_` and a code.
CANVAS = re.compile(
    r"^(?:(?P<hidden>LATE_)?(?P<anonymous>anon_[^_]+)|(?P<name>[^_]+|[^A-Z]+?)_(?P<late>LATE_)?(?P<user>\d+))"
    r"_(?:\d+_(?P<original>.+)|(?P<page>(?:text|link)\.html))$"
)
MOODLE = re.compile(
    r"^(?P<name>.+)_(?P<participant>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?/?(?P<original>.*)$"
)
CLASSROOM = re.compile(r"^(?P<name>.+?) - (?P<original>.+?)$")
BLACKBOARD = re.compile(r"^(?P<name>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<original>.+)|\.txt)$")


@dataclass(frozen=True)
class Origin:
    """What a file's name tells: who handed it in, its own name, and the platform's marks."""

    hints: tuple[str, ...]
    original: str
    platform: str = ""
    participant: str = ""
    marked_late: bool = False
    name: str = ""
    time: datetime | None = None  # when the platform took it, where it says so
    group: str = ""  # what stands before the first hyphen: Moodle puts a group's name there
    behind: str = ""

    @property
    def called(self) -> str:
        """Who handed it in, in words."""
        return (self.name or next((hint for hint in self.hints if hint.strip()), "unknown")).strip()


def origin_of(path: str, zone: tzinfo | None = None) -> Origin:
    """Read from a file's path in a download who handed it in; a time in it is one of a zone."""
    parts = PurePosixPath(path.replace("\\", "/")).parts or (path,)
    for part, rest in ((parts[-1], ""), (parts[0], "/".join(parts[1:])), ("/".join(parts), "")):
        if found := MOODLE.match(part):
            original = PurePosixPath(rest or found["original"] or part).name
            name = found["name"].rpartition("/")[2]
            group, _, behind = name.partition("-")
            return Origin((name,), original, "moodle", found["participant"], group=group, behind=behind)
    if found := CANVAS.match(parts[-1]):
        user, name = found["user"] or found["anonymous"], found["name"] or found["anonymous"]
        late = bool(found["late"] or found["hidden"])
        return Origin((user, name), found["original"] or found["page"], "canvas", user, late, name)
    if found := BLACKBOARD.match(parts[-1]):
        time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S")
        time = time.replace(tzinfo=zone) if zone else time.astimezone()
        # Beside the files lies a text without a name of its own: Blackboard's receipt, which nobody wrote.
        # The assignment's name and the login stand before it, and both may hold a `_`: the longest first.
        words = found["name"].split("_")
        logins = tuple("_".join(words[start:]) for start in range(1, len(words)))
        return Origin(logins, found["original"] or "", "blackboard", name=words[-1], time=time)
    if len(parts) > 1:
        return Origin((parts[-2], parts[0]), parts[-1])
    stem = PurePosixPath(parts[-1]).stem
    if found := CLASSROOM.match(stem):
        return Origin((found["name"], stem), parts[-1], "classroom")
    words = stem.split("_")
    beginnings = tuple("_".join(words[:end]) for end in range(len(words), 0, -1))  # the longest first
    return Origin((*beginnings, re.sub(r"\s*\(\d+\)$", "", stem)), parts[-1])


Telling = Callable[[str], list[Origin]]


def what_the_platform_tells(source: Path, zone: tzinfo | None, roster: Roster | None) -> Telling:
    """Return what says whose a file of a download is where its name alone does not tell.

    Gradescope's export has a table of its submissions in it; a folder of cloned repositories is named after
    its owners, and knows when each file was committed; one folder of Google Drive holds the work of many.
    """
    inside: dict[PurePosixPath, list[str]] = {}
    for found in files_in(source, zone, lambda words: None):
        if found.name == GRADESCOPE:
            table = submissions_of_gradescope(found.read(), found.path, zone)
            return partial(_by_the_table, table, _tells(table, roster))
        path = PurePosixPath(found.path)
        inside.setdefault(path.parent, []).append(path.name)
    works = {
        match["name"] for names in inside.values() for name in names if (match := BLACKBOARD.match(name))
    }
    if len(works) > 1:
        columns = zip(*(work.split("_") for work in works), strict=False)
        begin = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
        return partial(_by_the_assignment, begin or None, zone)
    clones = {path.parent.relative_to(source): path.parent for path in source.rglob(".git")}
    if clones:
        return partial(_by_the_clone, clones, _prefix_of([path.name for path in clones], roster))
    folders = {folder: names for folder, names in inside.items() if folder.name}
    shared = {folder for folder, names in folders.items() if _of_many(folder, names, roster)}
    if roster is None and len(inside) == 1:  # a class in one folder: each file is somebody's
        shared = {folder for folder, names in folders.items() if len(names) > 1}
    return partial(_by_the_shared_folder, shared)


def _of_many(folder: PurePosixPath, names: Sequence[str], roster: Roster | None) -> bool:
    """Tell whether a folder, of Google Drive or of a zip, holds the work of many and not of one."""
    if roster is not None:
        students = {one.id for name in names if (one := roster.find(*origin_of(name).hints))}
        return len(students) > 1 and not roster.called(folder.name)
    found = {match["name"] for name in names if (match := CLASSROOM.match(PurePosixPath(name).stem))}
    return len(found) > 1


def _tells(table: Mapping[str, Sequence[Person]], roster: Roster | None) -> bool:
    """Whether Gradescope's ids are the class's: who has another one there is another person."""
    ids = {person.id for people in table.values() for person in people} - {""}
    return roster is not None and any(roster.called(one) for one in ids)


def _by_the_table(table: Mapping[str, Sequence[Person]], ids_tell: bool, path: str) -> list[Origin]:
    parts = PurePosixPath(path).parts
    if parts[-1] == GRADESCOPE:
        return [Origin((), "")]
    people = next((table[part] for part in parts if part in table), [])
    return [
        Origin(
            (one.id,) if ids_tell and one.id else (one.id, one.email, one.name),
            parts[-1], "gradescope", one.id, name=one.name, time=one.time,
        )
        for one in people
    ]  # fmt: skip


def _by_the_shared_folder(shared: set[PurePosixPath], path: str) -> list[Origin]:
    return [origin_of(PurePosixPath(path).name)] if PurePosixPath(path).parent in shared else []


def _by_the_assignment(shared: int | None, zone: tzinfo | None, path: str) -> list[Origin]:
    """Say whose a file of Blackboard's is where all begin with the assignment's words."""
    origin = origin_of(path, zone)
    return [replace(origin, hints=origin.hints[:shared])] if origin.platform == "blackboard" else []


def _by_the_clone(clones: Mapping[Path, Path], prefix: str, path: str) -> list[Origin]:
    """Say whose repository a file lies in; `gh` and Classroom 50 call it `homework-1-login`."""
    home = next((parent for parent in Path(path).parents if parent in clones and parent.name), None)
    if home is None:
        return []
    inside = Path(path).relative_to(home)
    hints = (home.name.removeprefix(prefix), home.name)
    return [Origin(hints, inside.name, "git", time=_committed(clones[home], inside))]


def _prefix_of(names: Sequence[str], roster: Roster | None) -> str:
    """Return what all repositories are called before their owners' logins: what leaves most of the class."""
    first = names[0] if len(names) > 1 else ""
    starts = [first[:end] for end, sign in enumerate(first, start=1) if sign == "-"]
    starts = ["", *(start for start in starts if all(name.startswith(start) for name in names))]
    if roster is None:
        return starts[-1]
    return max(starts, key=lambda start: sum(roster.find(name[len(start) :]) is not None for name in names))


def _committed(clone: Path, file: Path) -> datetime | None:
    """Return when a notebook was committed last; a file's own time is that of cloning.

    The repository's settings are a stranger's and could name programs to run. So an empty one of ours looks
    at its objects, and its settings are never read.
    """
    if file.suffix != ".ipynb":
        return None
    with tempfile.TemporaryDirectory() as empty:
        clean = {**os.environ, "GIT_DIR": empty, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        objects = {**clean, "GIT_OBJECT_DIRECTORY": str((clone / ".git" / "objects").resolve())}
        ask = ["git", "log", "-1", "--format=%cI", _head(clone / ".git"), "--", file.as_posix()]
        try:
            subprocess.run(["git", "init", "--quiet", "--bare"], env=clean, check=True, timeout=30)
            told = subprocess.run(ask, env=objects, capture_output=True, text=True, check=True, timeout=30)
            return datetime.fromisoformat(told.stdout.strip())
        except (OSError, subprocess.SubprocessError, ValueError):
            return None


def _head(folder: Path) -> str:
    """Return the commit that a repository's folder stands at; an empty text where that cannot be told."""
    try:
        head = (folder / "HEAD").read_text().strip()
        if head.startswith("ref: refs/"):
            name = head.removeprefix("ref: ")
            packed = folder / "packed-refs"
            own = folder / name
            lines = packed.read_text().splitlines() if packed.exists() and not own.exists() else []
            found = [line.split()[0] for line in lines if line.endswith(f" {name}")]
            head = found[0] if found else own.read_text().strip()
        return head if re.fullmatch(r"[0-9a-f]{40,64}", head) else ""
    except (OSError, ValueError):
        return ""
