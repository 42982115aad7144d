"""A table of one's own: from a CSV file or an address to numbers that a classifier can learn from."""

import csv
import gzip
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from course_lib.arguments import FloatArray, IntArray

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "None", "?")
PENGUINS = Path(__file__).parent / "measured" / "penguins.csv.gz"


@dataclass(frozen=True)
class Table:
    """What was read: the rows that are complete, and what was left out.

    Attributes
    ----------
    inputs : ndarray of float64, shape (rows, columns)
        The numbers.
    targets : ndarray of int64, shape (rows,)
        For each row the position of its class in `classes`.
    columns : list of str
        The names of the columns of `inputs`.
    classes : list of str
        The names of the classes, sorted.
    left_out : int
        How many rows had a gap.
    """

    inputs: FloatArray
    targets: IntArray
    columns: list[str]
    classes: list[str]
    left_out: int


def read_table(source: str | Path, target: str, columns: list[str] | None = None, least: int = 10) -> Table:
    """Read a table with a row of names, and take one column as the class to predict.

    Parameters
    ----------
    source : str or Path
        A file ending in ``.csv`` or ``.csv.gz``, or an address that begins with ``http``.
    target : str
        The column that holds the class.
    columns : list of str, optional
        The columns to learn from; all that hold numbers only, if absent.
    least : int
        How many complete rows each class needs.

    Returns
    -------
    Table
        Complete rows; those with a gap in a column that is used are left out and counted.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a column is missing, holds text, or is empty; if there is only one class, or a class is too small.

    Examples
    --------
    >>> table = read_table(PENGUINS, target="species")
    >>> table.classes, table.inputs.shape, table.left_out
    (['Adelie', 'Chinstrap', 'Gentoo'], (342, 5), 2)
    """
    header, rows = _rows(source)
    for name in [target, *(columns or [])]:
        if name not in header:
            raise ValueError(f"There is no column `{name}`. The table has: {', '.join(header)}.")
    cells = {name: [row[header.index(name)].strip() for row in rows] for name in header}
    if columns is None:
        columns = [name for name in header if name != target and _text_in(cells[name]) is None]
        columns = [name for name in columns if set(cells[name]) - set(MISSING)]
    for name in columns:
        word = _text_in(cells[name])
        if word is not None:
            raise ValueError(
                f"Column `{name}` holds text, such as {word!r}, and a network takes numbers. Leave it out of "
                "`columns`, or replace each word by a number or by columns of 0 and 1."
            )
    if not columns:
        raise ValueError("No column holds numbers only, so there is nothing to learn from.")
    used = [cells[name] for name in [*columns, target]]
    whole = [row for row in zip(*used, strict=True) if not set(row) & set(MISSING)]
    counts = Counter(row[-1] for row in whole)
    if len(counts) < 2:
        raise ValueError(
            f"Column `{target}` holds {len(counts)} class in {len(whole)} complete rows; two are needed. "
            "Is it the right column, and which column has a gap in every row?"
        )
    name, fewest = min(counts.items(), key=lambda item: item[1])
    if fewest < least:
        raise ValueError(
            f"Class {name!r} of `{target}` has {fewest} complete rows; {least} are needed to split them. "
            "If the column holds numbers that mean an amount, it is no class."
        )
    classes = sorted(counts)
    return Table(
        inputs=np.array([[float(cell) for cell in row[:-1]] for row in whole]),
        targets=np.array([classes.index(row[-1]) for row in whole]),
        columns=columns,
        classes=classes,
        left_out=len(rows) - len(whole),
    )


def _rows(source: str | Path) -> tuple[list[str], list[list[str]]]:
    if str(source).startswith(("http://", "https://")):
        with urlopen(str(source), timeout=30) as answer:
            data = answer.read()
    else:
        if not Path(source).exists():
            raise FileNotFoundError(
                f"There is no file {str(source)!r}. In Colab, upload it first (folder, arrow)."
            )
        data = Path(source).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    mark = max(",;\t", key=lambda one: lines[0].count(one)) if lines else ","
    rows = [row for row in csv.reader(lines, delimiter=mark) if row]
    if len(rows) < 2:
        raise ValueError("The table has no rows below its names.")
    header = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise ValueError(f"Row {number} has {len(row)} cells and the row of names {len(header)}.")
    return header, rows[1:]


def _text_in(cells: list[str]) -> str | None:
    for cell in cells:
        if cell not in MISSING:
            try:
                if not np.isfinite(float(cell)):
                    return cell
            except ValueError:
                return cell
    return None
