"""Write files so that a reader sees the old or the new one, never half of one."""

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

LONGEST_NAME = 80  # bytes of a name, its digest included: file systems take 255, and a suffix comes behind
DIGEST = 6  # its letters
WITH_DIGEST = re.compile(f"-[0-9a-f]{{{DIGEST}}}$")


def write_atomically(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write a file beside its place, then move it there.

    A process that is killed in between leaves the old file as it was. What no file can hold, a lone half of a
    character pair, becomes a question mark.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8", errors="replace") if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


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
