"""Write files so that a reader sees the old or the new one, never half of one."""

import contextlib
import hashlib
import os
import re
import socket
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from course_lib.workshop.dry_run import is_dry
from course_lib.workshop.refusal import RefusalError

LONGEST_NAME = 80  # bytes of a name, its digest included: file systems take 255, and a suffix comes behind
DIGEST = 6  # its letters
WITH_DIGEST = re.compile(f"-[0-9a-f]{{{DIGEST}}}$")


LOCK = ".in-use"


class InUseError(RefusalError, OSError):
    """Somebody else is at work in a folder; says who."""


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let nobody else write into a class's folder meanwhile; the end of a process, however it ends, frees it.

    Raises
    ------
    InUseError
        If another process is at work there.
    """
    try:
        import fcntl
    except ImportError:  # a system without such locks
        yield
        return
    if not folder.exists():
        yield
        return
    before = {path.name for path in folder.iterdir()}
    with open(folder / LOCK, "a+", encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = " ".join(file.read().split()) or "another process"
            raise InUseError(
                f"{folder} is in use by {who}. Wait until it has ended, or end it; what it has kept stays."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        try:
            yield
        finally:
            # A folder that held no class, and holds none now, was named by mistake: nothing stays there.
            if LOCK not in before and {path.name for path in folder.iterdir()} <= {*before, LOCK}:
                (folder / LOCK).unlink(missing_ok=True)


def printable(text: str) -> str:
    """Return a text that a terminal only shows: control signs are written out, whoever put them there."""
    return "".join(
        sign if sign in "\n\t" or not unicodedata.category(sign).startswith("C") else f"\\x{ord(sign):02x}"
        for sign in text
    )


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file beside its place, then move it there; new files and folders are for their owner alone.

    A process that is killed in between leaves the old file as it was. What no file can hold, a lone half of a
    character pair, becomes a question mark.
    """
    if is_dry(path):
        return
    make_private_folder(path.parent)
    data = content.encode("utf-8", errors="replace") if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def write_new(files: Mapping[Path, str | bytes]) -> None:
    """Write files where somebody wants them, or none of them: what lies there with other content is theirs.

    Raises
    ------
    RefusalError
        If something else lies where one of them would go.
    """
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        if path.exists() and (not path.is_file() or path.read_bytes() != data):
            what = f"{path} is there already, and nothing is written over."
            raise RefusalError(f"{what} Name another place, or remove it first.")
    for path, content in files.items():
        write_atomically(path, content)


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def safe_name(name: str) -> str:
    """Return a name that is a plain file name on every system, and different for different names.

    Who calls a file as another's safe name gets a digest too: nobody writes over anybody's record.
    """
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._") or "file"
    if plain == name and len(plain.encode()) <= LONGEST_NAME and not WITH_DIGEST.search(name):
        return plain
    digest = hashlib.sha256(name.encode("utf-8", errors="backslashreplace")).hexdigest()[:DIGEST]
    room = LONGEST_NAME - len(f"-{digest}")
    return f"{plain.encode()[:room].decode(errors='ignore')}-{digest}"


def plain_text(text: str) -> str:
    """Return a text that every file and terminal takes: bytes that were no UTF-8 are read as Windows' own."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raw = text.encode("utf-8", errors="surrogateescape" if _was_bytes(text) else "replace")
        return raw.decode("cp1252", errors="replace")
    return text


def _was_bytes(text: str) -> bool:
    return all(not "\ud800" <= sign <= "\udfff" or "\udc80" <= sign <= "\udcff" for sign in text)
