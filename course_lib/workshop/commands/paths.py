"""Files and folders as commands take them: read alike, and refused alike, wherever they are named."""

import os
from pathlib import Path
from typing import Any

import click


class NamedPath(click.Path):
    """A path that somebody named: not an empty one, and one that can be written down."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what no file can be called, before anything looks for it."""
        name = os.fspath(value)
        if not name.strip():
            self.fail("A name is empty.", param, ctx)
        if not name.isascii() and os.fsencode(name) != name.encode(errors="replace"):
            self.fail(f"The name {name!a} holds bytes that are no letters. Rename it.", param, ctx)
        try:
            os.lstat(name)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:  # too long, through a file, in a circle
            what = error.strerror if isinstance(error, OSError) else str(error)
            self.fail(f"{name[:80]!r}: {what}. Check the name.", param, ctx)
        return super().convert(value, param, ctx)


PATH = NamedPath(path_type=Path)
FOLDER = NamedPath(path_type=Path, file_okay=False)
FILE = NamedPath(path_type=Path, dir_okay=False, exists=True)
SOURCE = NamedPath(path_type=Path, exists=True)
EXISTING_FOLDER = NamedPath(path_type=Path, file_okay=False, exists=True)
