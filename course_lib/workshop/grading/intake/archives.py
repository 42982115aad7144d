"""Look into folders and zip archives without being led astray or blown up by what is in them."""

import io
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path, PurePosixPath

from course_lib.workshop.exercises.assignment import FIRST_YEAR, LAST_YEAR
from course_lib.workshop.grading.intake.notebook import MOST_BYTES
from course_lib.workshop.grading.storage.files import plain_text

MOST_MEMBERS = 50_000
MEMBER = b"PK\x01\x02"  # stands before each of an archive's members in its list of them
TOO_LARGE = f"it is larger than {MOST_BYTES >> 20} MiB; clear the outputs, save, and hand in again"
MOST_RATIO = 200  # a zip bomb grows a thousandfold; notebooks rarely tenfold
SMALL = 2**20  # what is smaller than this may have any ratio
IGNORED = ("__MACOSX", "__pycache__", "node_modules", "site-packages", "Thumbs.db", "desktop.ini")


class UnsafeError(ValueError):
    """A file of an archive or folder that is better left alone, with the reason."""


@dataclass(frozen=True)
class Found:
    """A file in a download: where it was, when it was changed, and a way to read it.

    Attributes
    ----------
    path
        Its path inside the folder or archive, with slashes.
    time
        When it was changed last, as far as the download tells.
    read
        Returns its bytes; raises `UnsafeError` where that would be too many.
    """

    path: str
    time: datetime | None
    read: Callable[[], bytes]

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return PurePosixPath(self.path).name


def files_in(source: Path, zone: tzinfo | None, complain: Callable[[str], None]) -> Iterator[Found]:
    """Return all files of a folder, a zip archive or a single file, apart from unsafe ones.

    Parameters
    ----------
    source
        What was downloaded.
    zone
        The time zone of an archive's times, which name none.
    complain
        Called with a sentence about each file that is left alone.
    """
    if source.is_dir():
        yield from _in_folder(source, zone, complain)
    elif zipfile.is_zipfile(source):
        try:
            with zipfile.ZipFile(source) as archive:
                yield from _in_archive(archive, source.name, zone, complain)
        except Exception as error:  # a damaged archive makes its reader raise whatever it likes
            complain(f"{source.name} is damaged ({error}). Download it again.")
    elif source.exists():
        yield _of_file(source, source.name)
    else:
        complain(f"{source} is not there.")


def _in_folder(folder: Path, zone: tzinfo | None, complain: Callable[[str], None]) -> Iterator[Found]:
    for path in sorted(folder.rglob("*")):
        relative = plain_text(path.relative_to(folder).as_posix())
        if _ignored(relative):
            continue
        if path.is_symlink():
            complain(f"{relative} is a link to another place and is left alone.")
        elif path.is_file() and path.stat().st_nlink > 1:
            complain(f"{relative} is a second name of another file and is left alone.")
        elif path.is_file():
            yield _of_file(path, relative)


def _of_file(path: Path, relative: str) -> Found:
    def read() -> bytes:
        if path.stat().st_size > MOST_BYTES:
            raise UnsafeError(TOO_LARGE)
        return path.read_bytes()

    try:
        time: datetime | None = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    except (OSError, OverflowError, ValueError):
        time = None  # gone by now, or from a year that no calendar has
    if time is not None and not FIRST_YEAR <= time.year <= LAST_YEAR:
        time = None
    return Found(relative, time, read)


def _in_archive(
    archive: zipfile.ZipFile, name: str, zone: tzinfo | None, complain: Callable[[str], None]
) -> Iterator[Found]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        complain(f"{name} holds {len(members):,} files, which is no class's download; it is left alone.")
        return
    for member in members:
        if member.is_dir() or _ignored(member.filename):
            continue
        try:
            _refuse_unsafe(member)
        except UnsafeError as error:
            complain(f"{name}: {member.filename!r} is left alone: {error}.")
            continue
        yield Found(plain_text(member.filename), _time_of(member, zone), _reader(archive, member))


def _refuse_unsafe(member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if not path.name or "\0" in member.filename:
        raise UnsafeError("it has no name")
    if path.is_absolute() or ".." in path.parts or ":" in member.filename[:3]:
        raise UnsafeError("its name leads out of the folder")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnsafeError("it is a link to another place")
    if member.flag_bits & 1:
        raise UnsafeError("it is locked with a password")


def _reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        # What the archive says about sizes may be a lie, so the bytes themselves are counted.
        try:
            with archive.open(member) as file:
                data = file.read(MOST_BYTES + 1)
        except Exception as error:  # each way of packing has errors of its own
            raise UnsafeError(f"it is damaged ({error})") from error
        if len(data) > MOST_BYTES:
            raise UnsafeError(TOO_LARGE)
        if len(data) > SMALL and len(data) > MOST_RATIO * max(member.compress_size, 1):
            raise UnsafeError("it grows more when unpacked than any notebook does")
        return data

    return read


def _time_of(member: zipfile.ZipInfo, zone: tzinfo | None) -> datetime | None:
    try:
        time = datetime(*member.date_time)
    except (ValueError, TypeError):
        return None
    if time.year <= 1980:
        return None
    return time.replace(tzinfo=zone) if zone else time.astimezone()


def _ignored(path: str) -> bool:
    """Tell whether a path is a program's and not a person's: its caches, its settings, its history."""
    parts = PurePosixPath(path).parts
    return any(part in IGNORED or (part.startswith(".") and not part.startswith("..")) for part in parts)


def notebooks_inside(data: bytes, packed: int = 2) -> list[tuple[str, bytes]]:
    """Return the notebooks of a zip archive that a student handed in, also where it was packed once more."""
    if data.count(MEMBER) > MOST_MEMBERS:
        return []
    found: list[tuple[str, bytes]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                name = PurePosixPath(member.filename).name
                suffix = PurePosixPath(name).suffix.lower()
                if suffix not in (".ipynb", ".zip") or _ignored(member.filename):
                    continue
                _refuse_unsafe(member)
                inside = _reader(archive, member)()
                if suffix == ".ipynb":
                    found.append((name, inside))
                elif packed > 1:
                    found += notebooks_inside(inside, packed - 1)
    except Exception:  # a damaged archive makes its reader raise whatever it likes
        return []
    return found
