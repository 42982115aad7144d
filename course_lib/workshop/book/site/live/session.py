"""A learner's session in the page: cells run in one namespace, and the library's own `check` judges them.

It runs in the browser's Python, beside the learner's package and never within it.
"""

import ast
import base64
import contextlib
import io
import json
import linecache
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from html import escape
from types import ModuleType
from typing import Any

import course_lib
from course_lib.exercises import checking, lost_names
from course_lib.exercises.questions import named
from course_lib.exercises.running import TooSlowError, learners_line, time_limit

MOST_PRINTED = 50_000  # characters of one cell
SECONDS = 10.0  # for one cell
# What the library says of a notebook's cells, as it is said beside an editor with buttons.
IN_A_PAGE = {
    ", run the cell, check again": ", then press Check",
    " and run the cell again": " and press Check again",
    " and run the cell": ", then press Check",
    "Has the cell been run?": "Is it defined in the editor, under this name?",
    "Run the cell that defines it again.": "Define it as a function again.",
    ": run the cell that defines it again": ": the next press brings it back, unless your code replaces it",
    ": run the cell that defines it. If that cell is gone, copy it from a fresh notebook": (
        ": the next press brings it back, unless your code removes it"
    ),
    "run the cell with the imports, or": "write",
    "If a cell defines it, run that cell.": "Define it before it is used.",
    "a cell has given": "your code has given",
    "If a cell above defines": "If code above defines",
    ", run that one; after a restart, all of them": ", it has to run first",
}
TOO_MUCH = "That asks for more memory than a page has. Is an array larger than you meant it to be?"

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it would tell each reader of its cache


class Session:
    """The names of one page, and what is done with them.

    Parameters
    ----------
    tell
        Called with each piece of text that the learner's code prints.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        self.tell = tell
        self.shown: list[str] = []
        self.cell = ""
        self.controls: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {}  # of a cell's `interact`
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}

    def run(self, name: str, code: str, seconds: float = SECONDS) -> str:
        """Run a cell; return as JSON the error that ended it, if one did, and what it drew and displayed.

        Without a limit of seconds it runs several times as fast, because nothing watches its steps. Where the
        code is `%move` and what the cell's controls say, as JSON, the function that they control is called.
        """
        if code.startswith("%move "):
            return self._end_of(lambda: self._move(name, code.removeprefix("%move ")), f"<{name}>", seconds)
        self.cell, place = name, f"<{name}>"
        linecache.cache[place] = (len(code), None, code.splitlines(keepends=True), place)
        return self._end_of(lambda: self._run(ast.parse(code, place), place), place, seconds)

    def _move(self, name: str, values: str) -> None:
        function, kinds = self.controls[name]
        _show(function(**{key: chosen(kinds[key], value) for key, value in json.loads(values).items()}))

    def _interact(self, function: Callable[..., Any], **kinds: Any) -> Callable[..., Any]:
        self.controls[self.cell] = function, kinds
        return function

    def _end_of(self, action: Callable[[], object], place: str, seconds: float) -> str:
        printed = Printed(self.tell)
        error = ""
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                with time_limit(seconds) if seconds else contextlib.nullcontext():
                    action()
            except TooSlowError as slow:
                line, number = learners_line(slow.__traceback__, self.names)
                where = f" It was in line {number}: {line}" if line else ""
                error = f"Stopped after {seconds:g} seconds. Is there a loop that never ends?{where}"
            except BaseException as raised:
                error = self._told(raised, place)
        printed.end()
        shown, self.shown[:] = self.shown[:], []
        return json.dumps({"error": error, "pictures": _pictures(), "shown": shown})

    def chapter(self) -> str:
        """Forget all names, and let a chapter's cells find what a notebook has; return empty JSON."""
        install_stand_ins(self.shown.append, self._interact)
        self.names = {"__name__": "__main__", "__builtins__": __builtins__}
        return "{}"

    def check(self, name: str) -> str:
        """Return as JSON what `check` shows, and how far the exercise is in the words of `progress`."""
        report = checking.examined(named(name), self.names)
        page = checking.page_of(report)
        text, html = in_a_page(page.text), in_a_page(page.html)
        if _is_too_much(text):
            text, html = f"{text}\n{TOO_MUCH}", f"{html}<p>{TOO_MUCH}</p>"
        return json.dumps({"text": text, "html": html, "outcome": report.judgement.outcome})

    def hint(self, name: str) -> str:
        """Return as JSON what `hint` shows."""
        page = checking.hinted(named(name))
        return json.dumps({"text": in_a_page(page.text), "html": in_a_page(page.html)})

    def _run(self, tree: ast.Module, place: str) -> None:
        """Run statements, and show what the last one is worth, as a notebook does."""
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, place, "exec"), self.names)
        if isinstance(last, ast.Expr):
            _show(eval(compile(ast.Expression(last.value), place, "eval"), self.names))

    def _told(self, error: BaseException, place: str) -> str:
        """Return an error with the learner's own lines only, and what it comes of where that is known."""
        whole = traceback.TracebackException.from_exception(error, limit=-20)
        steps = [step for step in whole.stack if step.filename.startswith("<") and step.line]
        lines = [f"Line {step.lineno}: {step.line}" for step in steps[-5:]]
        lines += "".join(whole.format_exception_only()).replace(f'File "{place}", line', "Line").splitlines()
        line, _ = learners_line(error.__traceback__, self.names)
        with contextlib.suppress(Exception):  # what explains an error must not hide it
            lost = lost_names.in_a_cell(error, line, self.names)
            lines.append(TOO_MUCH if _is_too_much("\n".join(lines)) else _missing_package(error) or lost)
        return in_a_page("\n".join(filter(None, lines)))


def _show(value: Any) -> None:
    """Print what a cell or a function is worth, as a notebook shows it."""
    if value is not None and not isinstance(value, Nothing):
        sys.stdout.write(f"{value!r}\n")


def chosen(kind: Any, said: Any) -> Any:
    """Return what a control says in the kind that `interact` was given: numbers' ends, a list, a truth."""
    if isinstance(kind, list):
        return next(option for option in kind if str(option) == said)
    if isinstance(kind, tuple):
        return int(said) if all(isinstance(end, int) for end in kind) else float(said)
    return type(kind)(said)


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


def in_a_page(words: str) -> str:
    """Return what the library says with the words of a page."""
    for cell, page in IN_A_PAGE.items():
        words = words.replace(cell, page)
    return words


def _is_too_much(words: str) -> bool:
    return bool(re.search(r"MemoryError|array is too big", words))


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


class Nothing:
    """Takes whatever a figure or a control would take, and shows nothing."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments: Any, **settings: Any) -> "Nothing":
        """Stand for what a call of it would return."""
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class HTML:
    """HTML that is displayed as it is."""

    def __init__(self, data: str = "") -> None:
        self.data = data

    def _repr_html_(self) -> str:
        return self.data


def install_stand_ins(show: Callable[[str], object], interact: Callable[..., object]) -> None:
    """Let chapters import what a notebook has; HTML that they display goes to `show`.

    The live figures are in the page already: what a cell makes of them here is nothing. So are controls: the
    `interact` that is given learns which function they call.
    """

    def display(*things: Any, raw: bool = False, **settings: Any) -> None:
        for thing in things:
            if raw and "text/html" in thing:
                show(thing["text/html"])
            elif hasattr(thing, "_repr_html_"):
                show(thing._repr_html_())
            else:
                show(f"<pre>{escape(thing.get('text/plain', '') if raw else repr(thing))}</pre>")

    figures = _module("course_lib.figures", __getattr__=lambda name: Nothing)
    course_lib.figures = figures  # type: ignore[attr-defined]
    _module("ipywidgets", interact=interact, __getattr__=lambda name: Nothing())
    shell: dict[str, Any] = {"get_ipython": lambda: None, "__path__": []}
    _module("IPython", display=_module("IPython.display", display=display, HTML=HTML), **shell)
    _module("IPython.core", __path__=[])
    _module("IPython.core.getipython", get_ipython=lambda: True)


def _module(name: str, **names: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module
    return module
