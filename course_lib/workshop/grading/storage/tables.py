"""Read the tables that people and learning platforms write, and write ones that are safe to open."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from course_lib.workshop.refusal import RefusalError

BYTE_ORDER_MARK = "\ufeff"  # by which Excel knows a CSV for UTF-8
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how .xlsx and .ods, and how .xls begin
WIDE = "\uff1d\uff0b\uff0d\uff20"  # the same signs as East Asian keyboards write them
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", *WIDE)
# What begins a field for a spreadsheet that separates by another sign than the one that was written. A blank
# after + or - is a list's dash.
_FORMULA = rf"([=@{WIDE}]|[+-](?=\S))"
INNER_FORMULA = re.compile(r"""([;\t\r\n][\s"']*)""" + _FORMULA)
MADE_SAFE = re.compile(r"""([;\t\r\n][\s"']*)'""" + _FORMULA)
NUMBER = re.compile(r" *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)? *", re.IGNORECASE)
csv.field_size_limit(2**31 - 1)  # 128 kB by default, which one long comment in an export exceeds


class TableError(RefusalError, ValueError):
    """A table that cannot be read, with what to do about it."""


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Read a CSV file as spreadsheets and platforms write it.

    Parameters
    ----------
    path
        The file: UTF-8 with or without a mark, UTF-16 or Windows' own encoding; commas, semicolons or tabs.

    Returns
    -------
    header : list of str
        The columns' names, as they are.
    rows : list of dict
        Each row by column; lines without any content are left out.

    Raises
    ------
    TableError
        If there is no such file or it is no table.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}.") from error
    if data.startswith(WORKBOOKS):
        raise TableError(
            f"{path} is a spreadsheet's own file. Save it there as CSV (in Excel: CSV UTF-8), and give that."
        )
    text = decoded(data)
    if not text.strip():
        raise TableError(f"{path} is empty.")
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise TableError(f"{path} is no table: {error}. Save it as CSV from your spreadsheet.") from error
    header = [name.strip() for name in lines[0]]
    rows = [
        dict(zip(header, [*line, *[""] * len(header)], strict=False))
        for line in lines[1:]
        if any(field.strip() for field in line)
    ]
    return header, rows


def decoded(data: bytes) -> str:
    """Decode a text file, whichever program saved it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    first = text.lstrip().splitlines()[0]
    return max(",;\t", key=first.count)


def to_csv(header: Sequence[str], rows: Iterable[Mapping[str, object]], delimiter: str = ",") -> str:
    """Write a table, every field quoted where it needs to be and none that a spreadsheet would compute.

    A text that starts like a formula gets an apostrophe in front, which spreadsheets hide. Numbers stay
    numbers.
    """
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([safe_field(name) for name in header])
    for row in rows:
        writer.writerow([safe_field(row.get(name, "")) for name in header])
    return text.getvalue()


def safe_field(value: object) -> object:
    """Return a field that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else value
    text = INNER_FORMULA.sub(r"\1'\2", str(value).replace("\0", ""))
    return f"'{text}" if _needs_a_sign(text) else text


def _needs_a_sign(text: str) -> bool:
    """Tell whether a text begins like a formula, or like one that was made safe already."""
    return text.lstrip(" '").startswith(FORMULA_STARTS) and not NUMBER.fullmatch(text)


def as_written(text: str) -> str:
    """Return what a field said before `safe_field` made it safe; what a person wrote stays as it is."""
    text = MADE_SAFE.sub(r"\1\2", text)
    return text[1:] if text.startswith("'") and _needs_a_sign(text[1:]) else text
