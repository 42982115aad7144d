"""What an author or an instructor can put right: one message, and never a traceback."""

import errno

_ROOM = "Free some space on the disk, then run the same command again."
_RIGHTS = "Check its permissions."
# What a machine may refuse wherever a command reads or writes, and what to do then.
_MENDS = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EROFS: "Work in a folder that may be written into.",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EISDIR: "It is a folder: name a file.",
    errno.ENOTDIR: "A file stands where a folder should: check the name.",
    errno.EEXIST: "A file stands where a folder should: check the name.",
}


class RefusalError(Exception):
    """Raised where a command cannot go on; its text says what is wrong, and what to do."""

    def lines(self) -> list[str]:
        """Return what is wrong, one line for each thing."""
        return [str(self)]


def disk_words(error: OSError) -> str:
    """Return what to say where the machine refuses a file.

    >>> disk_words(OSError(errno.EACCES, "Permission denied", "marks.csv"))
    'marks.csv: Permission denied. What was kept before stays. Check its permissions.'
    """
    mend = _MENDS.get(error.errno or 0, "Check the name.")
    what = f"{error.filename or 'A file'}: {error.strerror or error}."
    return f"{what} What was kept before stays. {mend}"
