"""Run a notebook's cells the way a notebook would, without a notebook: inside a student's process only."""

import ast
import builtins
import contextlib
import importlib
import io
import linecache
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from course_lib.exercises.running import TooSlowError, learners_line, time_limit

PRINTED = 2_000  # characters that are kept, of all cells together
COLAB_MODULES = ("colab", "colab.auth", "colab.drive", "colab.files", "colab.output", "colab.userdata")
BODY_RUNS = {"time", "timeit", "capture", "prun"}  # cell magics whose body is ordinary Python
DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)

_transformer = TransformerManager()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Trouble:
    """What went wrong in a cell: its number from 1, the error's class and message, the line in the cell."""

    cell: int
    kind: str
    message: str
    line: int

    def to_json(self) -> dict[str, Any]:
        """Return the trouble as JSON."""
        return {"cell": self.cell, "kind": self.kind, "message": self.message[:500], "line": self.line}


def as_python(source: str) -> str:
    """Return a cell with its magics and shell lines turned into calls of ``get_ipython()``."""
    if not any(mark in source for mark in "%!?"):
        return source
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    try:
        return str(_transformer.transform_cell(source))
    except Exception:
        return source


def definitions(tree: ast.Module) -> ast.Module:
    """Return what a cell defines and imports, without what it does."""
    kept: list[ast.stmt] = [
        node
        for node in tree.body
        if isinstance(node, DEFINING)
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
    ]
    return ast.Module(kept, type_ignores=[])


class Beginning(io.TextIOBase):
    """Keeps the beginning of what is printed and drops the rest, however much it is."""

    def __init__(self) -> None:
        self.kept = ""

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Keep the text if there is room for it."""
        if len(self.kept) < PRINTED:
            self.kept += text[: PRINTED - len(self.kept)]
        return len(text)


class Quiet:
    """Stands for what a notebook's front end offers: every attribute and every call does nothing."""

    def __getattr__(self, name: str) -> "Quiet":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments: Any, **keywords: Any) -> "Quiet":
        """Do nothing."""
        return self

    def __iter__(self) -> Any:
        return iter(())

    def __enter__(self) -> "Quiet":
        return self

    def __exit__(self, *error: Any) -> None:
        return None


class QuietShell(Quiet):
    """Stands for IPython: ignores magics and shell lines, and runs the body of those like ``%%time``."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run the statement of ``%time``, ignore all others."""
        if name in BODY_RUNS:
            exec(as_python(line), self.namespace)

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """Run the body of ``%%time`` and the like, ignore all others."""
        if name in BODY_RUNS:
            exec(as_python(cell), self.namespace)


class Notebook:
    """A namespace and the cells that fill it.

    Parameters
    ----------
    seconds
        The time for all cells together; a cell that is still running then is stopped.
    """

    def __init__(self, seconds: float):
        self.module = types.ModuleType("__main__")
        self.namespace = self.module.__dict__
        self.seconds_left = seconds
        self.troubles: list[Trouble] = []
        self.printed = Beginning()
        self._prepare()

    def _prepare(self) -> None:
        """Offer what a notebook's kernel offers beyond Python."""
        sys.modules["__main__"] = self.module
        shell = QuietShell(self.namespace)
        builtins.input = lambda prompt="": ""
        builtins.get_ipython = lambda: shell  # type: ignore[attr-defined]
        builtins.display = lambda *things, **options: None  # type: ignore[attr-defined]
        for name in COLAB_MODULES:
            sys.modules[f"google.{name}"] = _QuietModule(f"google.{name}")
        _google().colab = sys.modules["google.colab"]  # type: ignore[attr-defined]
        _silence_checks()
        sys.stdout = sys.stderr = self.printed

    def run(self, number: int, source: str, only_definitions: bool = False) -> None:
        """Run one cell; whatever goes wrong is noted, and what the cell defines counts all the same."""
        name = f"<cell {number}>"
        text = as_python(source)
        lines = [line + "\n" for line in text.splitlines()]
        linecache.cache[name] = (len(text), None, lines, name)
        try:
            tree = ast.parse(text, name)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", 0) or 0
            self.troubles.append(Trouble(number, type(error).__name__, _first_words(error), line))
            return
        if only_definitions:
            tree = definitions(tree)
        if not self._execute(number, tree, name) and not only_definitions:
            known = len(self.troubles)
            self._execute(number, definitions(tree), name)
            del self.troubles[known:]

    def _execute(self, number: int, tree: ast.Module, name: str) -> bool:
        """Execute some of a cell's statements; tell whether they came to their end."""
        import time

        started = time.monotonic()
        try:
            with time_limit(max(self.seconds_left, 0.1)):
                exec(compile(tree, name, "exec", dont_inherit=True), self.namespace)
            return True
        except TooSlowError as error:
            _, line = learners_line(error.__traceback__, self.namespace)
            self.troubles.append(Trouble(number, "TooSlow", "It did not come to its end in time.", line))
        except BaseException as error:
            _, line = learners_line(error.__traceback__, self.namespace)
            self.troubles.append(Trouble(number, type(error).__name__, _first_words(error), line))
        finally:
            self.seconds_left -= time.monotonic() - started
        return False


def _google() -> types.ModuleType:
    """Return the package that Colab's module belongs to: the real one, where TensorFlow has brought it."""
    with contextlib.suppress(ImportError):
        return importlib.import_module("google")
    sys.modules["google"] = types.ModuleType("google")
    sys.modules["google"].__path__ = []
    return sys.modules["google"]


class _QuietModule(types.ModuleType):
    """A module of Colab's whose every attribute does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":
            return []
        if name.startswith("__"):
            raise AttributeError(name)
        return Quiet()


def _silence_checks() -> None:
    """Let the checks that learners run for themselves do nothing: the grader runs its own."""
    import course_lib.exercises as exercises

    for name in ("check", "hint", "progress"):
        setattr(exercises, name, Quiet())


def _first_words(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except Exception:
        return ""


def sources_of(names: Iterable[str], cells: Iterable[str]) -> dict[str, str]:
    """Return the source of the last definition of each name, found without running anything.

    The cells are plain Python, as `as_python` returns it.
    """
    wanted = set(names)
    found: dict[str, str] = {}
    for text in cells:
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        lines = io.StringIO(text, newline=None).readlines()  # split where Python splits, and only there
        for node in body:
            if isinstance(node, DEFINING[:3]) and node.name in wanted:
                found[node.name] = "".join(lines[node.lineno - 1 : node.end_lineno]).rstrip()
    return found
