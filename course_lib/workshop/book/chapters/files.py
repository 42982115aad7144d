"""Files that people write: read in one place, written in one place, and never lost in between.

Whatever an editor stores is read alike: with a byte-order mark or without, with the line ends of Windows or of
Unix. A file is replaced whole or not at all, only if the disk still holds what was read, and whoever overwrites
what a person wrote keeps a copy of it first.
"""

import errno
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from course_lib.workshop.dry_run import is_dry
from course_lib.workshop.book.problems import BookError, Problem

KEPT = ".kept"  # the folder of copies, beside _config.yml; git does not look at it
_MERGE_MARKS = ("<<<<<<< ", "||||||| ", ">>>>>>> ")
_BARE_MARKS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
# The signs that end a line in some programs only, and those that are not seen: without a width, or turning the
# direction of what follows, so that code reads otherwise than it runs. Joiners stay; emojis need them.
_UNSEEN = re.compile(
    "[\x01-\x08\x0b-\x1f\x7f\x85\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


@dataclass(frozen=True)
class TextFile:
    """A text as it was found.

    Parameters
    ----------
    text
        What it says, with a line feed at the end of each line and without a byte-order mark.
    data
        Its bytes.
    """

    text: str
    data: bytes

    def encode(self, text: str) -> bytes:
        """Return another text's bytes, with the line ends that this file has."""
        return (text.replace("\n", "\r\n") if b"\r\n" in self.data else text).encode("utf-8")


def read_text_file(path: Path, shown: str) -> TextFile:
    """Read a text that a person wrote.

    Parameters
    ----------
    path
        The file.
    shown
        How to name it in a message.

    Raises
    ------
    BookError
        If it cannot be read or is not UTF-8, naming the line where it is not.
    """
    data = read_bytes(path, shown)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BookError(
            Problem(f"{shown}:{line}", f"holds bytes that are not UTF-8 ({error.reason}).",
                    "Save the file with the encoding UTF-8.")
        ) from error  # fmt: skip
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BookError(
            Problem(f"{shown}:{line}", "holds a zero byte, as UTF-16 or a damaged file does.",
                    "Save the file with the encoding UTF-8.")
        )  # fmt: skip
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    refuse_control_characters(text, shown)
    return TextFile(text, data)


def refuse_control_characters(text: str, shown: str) -> None:
    """Refuse a text with a sign that no page shows, such as one that some programs take for the end of a line.

    Raises
    ------
    BookError
        If there is one, naming its line.
    """
    if odd := _UNSEEN.search(text):
        line = text[: odd.start()].count("\n") + 1
        what = f"holds a control character, U+{ord(odd[0]):04X}, which no page can show."
        raise BookError(Problem(f"{shown}:{line}", what, "Delete it."))


def read_bytes(path: Path, shown: str) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    BookError
        If it is not there or may not be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BookError(Problem(shown, "does not exist.", "Check the name.")) from error
    except OSError as error:
        raise BookError(
            Problem(shown, f"cannot be read ({error.strerror}).", "Check its permissions.")
        ) from error


def project_files(root: Path, untracked: bool = False) -> list[Path]:
    """Return the project's files: those that git knows, or in a download without git, all that are its own.

    Parameters
    ----------
    root
        The project's folder.
    untracked
        Whether files count that git does not know yet.
    """
    command = ["git", "ls-files", "-z", "--cached"]
    try:
        command += ["--others", "--exclude-standard"] if untracked else []
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True).stdout
    except FileNotFoundError:  # there is no git
        listed = ""
    # A download that lies in somebody's repository is none of that repository's files: git lists nothing.
    names = [root / name for name in listed.split("\0") if name]
    built = {"_build", "node_modules", "dist", "build", "__pycache__"}
    names = names or [
        path
        for path in root.rglob("*")
        if not any(
            part in built or part.endswith(".egg-info") or (part.startswith(".") and part not in (".ci", ".github"))
            for part in path.relative_to(root).parts[:-1]
        )
    ]
    return [path for path in sorted(set(names)) if path.is_file()]


def digest(*parts: str | bytes) -> str:
    """Return a short digest of texts, in which no two lists of parts look the same."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(f"{len(data)}:".encode())
        hasher.update(data)
    return hasher.hexdigest()[:16]


def merge_markers(text: str, shown: str) -> list[Problem]:
    """Return a problem for each mark that a merge left in a text."""
    return [
        Problem(f"{shown}:{number}", f"is a mark of a merge conflict, `{line.split()[0]}`.",
                "Keep one side, or both, and delete the marks.")
        for number, line in enumerate(text.split("\n"), start=1)
        if line.startswith(_MERGE_MARKS) or line in _BARE_MARKS
    ]  # fmt: skip


def write_whole(
    path: Path, content: str | bytes, expected: bytes | None = None, shown: str | None = None
) -> bool:
    """Write a file so that a reader sees the old or the new content, and return whether it changed.

    Parameters
    ----------
    path
        The file.
    content
        What it shall hold.
    expected
        What it was found to hold, nothing if it did not exist. If it holds something else by now, somebody
        saved it meanwhile, and that stays. None writes in any case.
    shown
        How to name it in a message.

    Raises
    ------
    BookError
        If the file was saved meanwhile, or the folder is not writable, or the disk is full. The old content
        stands then.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    shown = shown or str(path)
    found = path.read_bytes() if path.is_file() else None
    if found == data:
        return False
    if is_dry(path):
        return True
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _not_written(shown, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        now = path.read_bytes() if path.is_file() else None
        if expected is not None and now is not None and now != expected:
            raise BookError(
                Problem(shown, "was saved by another program meanwhile; that stands, and nothing was written.",
                        "Run the same command again.")
            )  # fmt: skip
        # A link stays a link: what it leads to is replaced.
        Path(temporary).replace(path.resolve() if path.is_symlink() else path)
    except OSError as error:
        raise _not_written(shown, error) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return True


def _not_written(shown: str, error: OSError) -> BookError:
    fixes = {
        errno.ENOSPC: "Free some space on the disk, then run the same command again.",
        errno.EDQUOT: "Free some space on the disk, then run the same command again.",
        errno.EISDIR: "A folder has its name: rename that.",
    }
    fix = fixes.get(error.errno or 0, "Check that you may write into its folder.")
    return BookError(Problem(shown, f"could not be written ({error.strerror or error}).", fix))


def keep_copy(path: Path, root: Path) -> Path:
    """Copy a file that is about to be overwritten, and return the copy's path.

    The copy's name holds a digest of its content, so that no copy overwrites another one.

    Raises
    ------
    BookError
        If no copy could be made; then nothing may be overwritten.
    """
    data = path.read_bytes()
    try:
        inside = path.absolute().relative_to(root.absolute())
    except ValueError:
        inside = Path(path.name)
    name = f"{path.stem}.{hashlib.sha256(data).hexdigest()[:8]}{path.suffix}"
    copy = root / KEPT / inside.parent / name
    try:
        if not is_dry(copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    except OSError as error:
        raise _not_written(str(copy), error) from error
    return copy
