"""`--dry-run`: say what would be written, and write nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_would: list[Path] | None = None


@contextmanager
def dry_run() -> Iterator[list[Path]]:
    """Let every function of the workshop that writes or removes files note their paths, and do nothing."""
    global _would
    noted: list[Path] = []
    _would = noted
    try:
        yield noted
    finally:
        _would = None


def is_dry(path: Path) -> bool:
    """Tell whether a file must be left alone now; then its path is noted."""
    if _would is None:
        return False
    if path not in _would:
        _would.append(path)
    return True
