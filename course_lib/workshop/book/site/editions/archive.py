"""Archives of the same bytes from the same files, and one with the book's pages, for any browser."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from course_lib.workshop.book.addresses import Addresses

# Packed already: a second time would only cost.
_PACKED = {".png", ".webp", ".woff2", ".whl", ".zip"}
_FIRST = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>The book</title>
<meta http-equiv="refresh" content="0; url=book/index.html"></head>
<body><p><a href="book/index.html">The book</a></p></body></html>
"""
_READ_ME = """\
The book, whole and without a network.

Unpack the archive, then open "Read the book.html". Figures move, the search finds, and exercises can be
answered.
"""


def write_zip(to: Path, files: Mapping[str, bytes]) -> None:
    """Write files into an archive, in their order.

    Parameters
    ----------
    to
        The archive.
    files
        Each file's bytes by its name in the archive.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(to, "w") as archive:
        for name, content in files.items():
            packed = name == "mimetype" or Path(name).suffix in _PACKED
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, content, zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED)


def write_archive(folder: Path, addresses: Addresses, to: Path) -> None:
    """Write a built book into an archive that is unpacked and opened by a double click.

    Parameters
    ----------
    folder
        The folder of the HTML pages.
    addresses
        The book's addresses.
    to
        The archive.
    """
    top = f"neural-networks-course-{addresses.version}"
    pages = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {f"{top}/book/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in pages}
    beside = {"READ ME.txt": _READ_ME, "Read the book.html": _FIRST}
    write_zip(to, {f"{top}/{name}": text.encode() for name, text in beside.items()} | files)
