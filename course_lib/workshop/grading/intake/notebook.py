"""Read a submitted notebook, however it was saved; say in words what is wrong with what is none."""

import gc
import json
import re
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 50 * 2**20
MOST_CELLS = 5_000
MOST_SOURCE = 4 * 2**20  # characters of code in all


class UnreadableError(ValueError):
    """A file that is no notebook, or none that can be read; says what it is and what to do."""


@dataclass(frozen=True)
class NotebookCode:
    """The code cells of a notebook, in their order."""

    cells: tuple[str, ...]


def parse_submission(data: bytes) -> NotebookCode:
    """Take the code cells out of a notebook's bytes, from any version and with any mistake in the rest.

    Only what grading needs is looked at: ids, outputs, metadata and widget states may be missing, double or
    wrong, as Colab and copied cells leave them.

    Raises
    ------
    UnreadableError
        If there are no cells to be found, with what the file seems to be.
    """
    if not data.strip():
        raise UnreadableError("The file is empty. Save the notebook, look at it, and hand in again.")
    gc.disable()  # many small lists are no garbage, and looking for some among them takes seconds
    try:
        content = json.loads(_as_text(data))
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(what_it_is(data)) from error
    finally:
        gc.enable()
    if not isinstance(content, dict):
        raise UnreadableError("The file is JSON, and no notebook. Hand in the .ipynb file itself.")
    cells = [cell for cell in _cells_of(content) if isinstance(cell, dict)]
    sources = [_source_of(cell) for cell in cells if cell.get("cell_type") == "code"]
    if not cells:
        raise UnreadableError("The notebook has no cells.")
    if len(sources) > MOST_CELLS or sum(map(len, sources)) > MOST_SOURCE:
        raise UnreadableError(
            f"The notebook holds more than {MOST_CELLS:,} cells or {MOST_SOURCE >> 20} MiB of code."
        )
    return NotebookCode(tuple(sources))


def _as_text(data: bytes) -> str:
    """Decode a file as editors save them: UTF-8 with or without a mark, or UTF-16."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def _cells_of(content: dict[str, Any]) -> list[Any]:
    """Return the cells, also of the format before 2015, which kept them in worksheets."""
    cells = content.get("cells")
    if isinstance(cells, list):
        return cells
    found: list[Any] = []
    worksheets = content.get("worksheets")
    for sheet in worksheets if isinstance(worksheets, list) else []:
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list):
            found += sheet["cells"]
    if cells is None and worksheets is None:
        raise UnreadableError("The file is JSON, and no notebook: it has no cells. Hand in the .ipynb file.")
    return found


def _source_of(cell: dict[str, Any]) -> str:
    """Return a cell's code, which may be a text or a list of lines, or was called input once."""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    # A lone half of a character pair can be written in JSON and in nothing else.
    return source.encode("utf-8", errors="replace").decode()


def what_it_is(data: bytes) -> str:
    """Say what a file that is no notebook seems to be, and what to do."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    text = start.decode("utf-8", errors="replace")
    ask = "What counts is the .ipynb file: in Colab, File, Download, Download .ipynb."
    if start.startswith(b"%pdf"):
        return f"This is a PDF. {ask}"
    if start.startswith((b"<!doctype", b"<html")):
        return f"This is a web page. {ask}"
    if not start.startswith(b"{") and re.search(r"(colab\.research|drive)\.google\.com", text):
        return f"This is a link to Colab, and no notebook. {ask}"
    if start.startswith(b"pk\x03\x04"):
        return "This is a zip archive or an office document. Unpack it, and hand in the .ipynb file itself."
    if start.startswith(b"{"):
        return "The notebook is damaged: it starts as one and breaks off or is no JSON. Hand it in again."
    if any(line.startswith(("import ", "from ", "def ", "class ", "#")) for line in text.splitlines()):
        return f"This is Python code, and no notebook. {ask}"
    return f"This is no notebook. {ask}"
