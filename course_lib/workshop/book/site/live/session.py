"""A learner's session in the page: cells run in one namespace, and the library's own `check` judges them.

It runs in the browser's Python, beside the learner's package and never within it.
"""

import ast
import base64
import contextlib
import io
import json
import linecache
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from course_lib.exercises import checking, lost_names
from course_lib.exercises.questions import named
from course_lib.exercises.running import TooSlowError, learners_line, time_limit

MOST_PRINTED = 50_000  # characters of one cell
SECONDS = 10.0  # for one cell


class Session:
    """The names of one page, and what is done with them.

    Parameters
    ----------
    tell
        Called with each piece of text that the learner's code prints.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        self.tell = tell
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}

    def run(self, name: str, code: str, seconds: float = SECONDS) -> str:
        """Run a cell; return as JSON the error that ended it, if one did, and the pictures that it drew."""
        place = f"<{name}>"
        linecache.cache[place] = (len(code), None, code.splitlines(keepends=True), place)
        printed = Printed(self.tell)
        error = ""
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                with time_limit(seconds):
                    self._run(ast.parse(code, place), place)
            except TooSlowError as slow:
                line, number = learners_line(slow.__traceback__, self.names)
                where = f" It was in line {number}: {line}" if line else ""
                error = f"Stopped after {seconds:g} seconds. Is there a loop that never ends?{where}"
            except BaseException as raised:
                error = self._told(raised, place)
        printed.end()
        return json.dumps({"error": error, "pictures": _pictures()})

    def check(self, name: str) -> str:
        """Return as JSON what `check` shows, and how far the exercise is in the words of `progress`."""
        report = checking.examined(named(name), self.names)
        page = checking.page_of(report)
        return json.dumps({"text": page.text, "html": page.html, "outcome": report.judgement.outcome})

    def hint(self, name: str) -> str:
        """Return as JSON what `hint` shows."""
        page = checking.hinted(named(name))
        return json.dumps({"text": page.text, "html": page.html})

    def _run(self, tree: ast.Module, place: str) -> None:
        """Run statements, and show what the last one is worth, as a notebook does."""
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, place, "exec"), self.names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), place, "eval"), self.names)
            if value is not None:
                sys.stdout.write(f"{value!r}\n")

    def _told(self, error: BaseException, place: str) -> str:
        """Return an error with the learner's own lines only, and what it comes of where that is known."""
        whole = traceback.TracebackException.from_exception(error, limit=-20)
        steps = [step for step in whole.stack if step.filename.startswith("<") and step.line]
        lines = [f"Line {step.lineno}: {step.line}" for step in steps[-5:]]
        lines += "".join(whole.format_exception_only()).replace(f'File "{place}", line', "Line").splitlines()
        line, _ = learners_line(error.__traceback__, self.names)
        with contextlib.suppress(Exception):  # what explains an error must not hide it
            lines.append(_missing_package(error) or lost_names.in_a_cell(error, line, self.names))
        return "\n".join(filter(None, lines))


class Printed(io.TextIOBase):
    """Passes on the beginning of what is printed, in pieces, and counts the rest."""

    def __init__(self, send: Callable[[str], object]) -> None:
        self.send = send
        self.left, self.dropped = MOST_PRINTED, 0
        self.waiting = ""
        self.told_at = time.monotonic()

    def writable(self) -> bool:
        """Say yes, as a file does."""
        return True

    def write(self, text: str) -> int:
        """Take a text; it is told when there is enough of it, or some time has passed."""
        kept = text[: self.left]
        self.left -= len(kept)
        self.dropped += len(text) - len(kept)
        if kept:
            self.waiting += kept
            if len(self.waiting) > 4_000 or time.monotonic() - self.told_at > 0.1:
                self.flush()
        return len(text)

    def flush(self) -> None:
        """Tell what is waiting."""
        if self.waiting:
            self.send(self.waiting)
        self.waiting, self.told_at = "", time.monotonic()

    def end(self) -> None:
        """Tell the rest, and how much is not shown."""
        if self.dropped:
            self.waiting += f"\n... and {self.dropped:,} more characters, which are not shown."
        self.flush()


def _missing_package(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return (
            f"The page's Python has NumPy, matplotlib and the course's own package, and no `{error.name}`. "
            "Open this page in Colab to use it."
        )
    return ""


def _pictures() -> list[dict[str, str]]:
    """Return what matplotlib has drawn as PNG, and put it away."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    import matplotlib.pyplot as plt

    pictures = []
    for number in plt.get_fignums():
        figure, stream = plt.figure(number), io.BytesIO()
        figure.savefig(stream, format="png", dpi=100, bbox_inches="tight")
        titles = ", ".join(filter(None, (axes.get_title() for axes in figure.axes)))
        pictures.append({"png": base64.b64encode(stream.getvalue()).decode(), "title": titles})
    plt.close("all")
    return pictures
