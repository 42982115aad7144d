"""The folder that a student's process may write into, where no mount of its own can be had for it."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from itertools import chain, islice

BLOCK = 512  # bytes that `st_blocks` counts in


def is_overfull(folder: str, processes: Iterable[int], most_bytes: int, most_files: int) -> bool:
    """Tell whether more is written than may be.

    Parameters
    ----------
    folder : str
        The folder, in which the processes may be at work.
    processes : iterable of int
        Whose open files count too: one that was unlinked has no name and takes up room all the same.
    most_bytes, most_files : int
        How much may be there.
    """
    try:
        sizes = list(islice(chain(_named(folder), _nameless(processes)), most_files + 1))
    except OSError:
        return True  # a folder that is closed, or deeper than any path reaches: nobody honest makes one
    return len(sizes) > most_files or sum(sizes) > most_bytes


def _named(folder: str) -> Iterator[int]:
    """Return the sizes of all that a folder holds, itself aside."""
    waiting = [folder]
    while waiting:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    yield entry.stat(follow_symlinks=False).st_blocks * BLOCK
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)


def _nameless(processes: Iterable[int]) -> Iterator[int]:
    """Return the sizes of the files that processes hold open and that have no name any more."""
    for process in processes:
        # Root in a container may not look. The limits on descriptors and on a file's size remain.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            for name in os.listdir(f"/proc/{process}/fd"):
                with contextlib.suppress(FileNotFoundError):
                    told = os.stat(f"/proc/{process}/fd/{name}")
                    if stat.S_ISREG(told.st_mode) and told.st_nlink == 0:
                        yield told.st_blocks * BLOCK


def empty(folder: str) -> None:
    """Remove all that a folder holds, however deep and however closed; nobody may be at work in it.

    Each inner folder is unpacked into the outermost one, so that no path grows too long.
    """
    os.chmod(folder, 0o700)
    while names := os.listdir(folder):
        for name in names:
            path = os.path.join(folder, name)
            if not _opened(path):
                os.unlink(path)
                continue
            for inner in os.listdir(path):
                _opened(os.path.join(path, inner))
                os.rename(os.path.join(path, inner), os.path.join(folder, secrets.token_hex(16)))
            os.rmdir(path)


def _opened(path: str) -> bool:
    """Open a folder that was closed; tell whether it is one."""
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        return False
    os.chmod(path, 0o700)
    return True
