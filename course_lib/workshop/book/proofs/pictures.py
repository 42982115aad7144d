"""Comparing two pictures: by their bytes, or as pictures where the drawing library's version differs."""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PICTURE_TYPES = ("image/png", "image/jpeg")
# Two versions of matplotlib draw the same letters in other shapes and widths, and all else the same but for
# a shade at the edges. So blocks of 8 x 8 pixels that hold letters in either picture are left out, and no
# other block may differ by more than this part of the range from black to white: between versions none
# differed by 0.1, and a point that moves by its own width changes its blocks by 0.25 and more.
BLOCK = 8
TOLERANCE = 0.15


def drawn_by_the_lock(lock_file: Path) -> bool:
    """Return whether the installed matplotlib is the one that the lock file names."""
    if not lock_file.is_file():
        return False
    found = re.search(r"^matplotlib==(\S+)", lock_file.read_text(encoding="utf-8"), re.MULTILINE)
    try:
        return found is not None and version("matplotlib") == found[1]
    except PackageNotFoundError:
        return False


def picture_difference(
    stored: str, drawn: str, by_bytes: bool, letters: Iterable[Sequence[int]] = ()
) -> str | None:
    """Return how two pictures differ, or None if they are the same.

    Parameters
    ----------
    stored, drawn
        The pictures, in base64 as notebooks hold them.
    by_bytes
        Whether their bytes have to be equal; if not, they are decoded and compared block by block.
    letters
        Where letters stand in either picture: left, top, right and bottom edges in pixels, as
        `course_lib.plots.show` stores them. What is inside is not compared block by block.
    """
    if by_bytes:
        equal = base64.b64decode(stored) == base64.b64decode(drawn)
        return None if equal else "the picture's bytes differ" + _where(stored, drawn)
    left, right = _decode(stored), _decode(drawn)
    if abs(left.shape[0] - right.shape[0]) > BLOCK or abs(left.shape[1] - right.shape[1]) > BLOCK:
        return f"the picture's size is {_size(left)} where {_size(right)} was drawn"
    difference = _block_difference(left, right)
    for x0, y0, x1, y1 in letters:
        top, left_edge = max(0, y0 // BLOCK - 1), max(0, x0 // BLOCK - 1)
        difference[top : y1 // BLOCK + 2, left_edge : x1 // BLOCK + 2] = 0
    if difference.max() <= TOLERANCE:
        return None
    row, column = np.unravel_index(difference.argmax(), difference.shape)
    return (
        f"the picture differs by {difference.max():.2f} (allowed: {TOLERANCE}) "
        f"near column {column * BLOCK}, row {row * BLOCK}"
    )


def _where(stored: str, drawn: str) -> str:
    try:
        left, right = _decode(stored), _decode(drawn)
    except Exception:
        return "; the stored one is no picture"
    if left.shape != right.shape:
        return f": stored {_size(left)}, drawn {_size(right)}"
    changed = np.argwhere(np.abs(left - right).max(axis=2) > 0)
    if len(changed) == 0:
        return ", though every pixel is the same"
    row, column = changed[0]
    return f": {len(changed)} pixels, the first at column {column}, row {row}"


def _decode(picture: str) -> NDArray[np.float64]:
    from matplotlib.image import imread  # only when there is something to compare: it takes a second

    pixels = np.asarray(imread(io.BytesIO(base64.b64decode(picture))), dtype=np.float64)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.max() > 1:
        pixels = pixels / 255
    if pixels.shape[2] == 4:  # laid on white paper
        pixels = pixels[:, :, :3] * pixels[:, :, 3:] + 1 - pixels[:, :, 3:]
    return pixels


def _block_difference(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = min(left.shape[0], right.shape[0]) // BLOCK
    columns = min(left.shape[1], right.shape[1]) // BLOCK

    def blocks(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        cut = pixels[: rows * BLOCK, : columns * BLOCK]
        return np.asarray(cut.reshape(rows, BLOCK, columns, BLOCK, 3).mean(axis=(1, 3)))

    return np.asarray(np.abs(blocks(left) - blocks(right)).max(axis=2))


def _size(pixels: NDArray[np.float64]) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]} pixels"
