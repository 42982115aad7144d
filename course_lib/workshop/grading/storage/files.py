"""Write files so that a reader sees the old or the new one, never half of one."""

import hashlib
import os
import re
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write a file beside its place, then move it there.

    A process that is killed in between leaves the old file as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def safe_name(name: str) -> str:
    """Return a name that is a plain file name on every system, and different for different names."""
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._")[:80] or "file"
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
