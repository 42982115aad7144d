"""Run a notebook's cells the way a notebook would, without a notebook: inside a student's process only."""

import ast
import asyncio
import builtins
import codeop
import contextlib
import importlib
import inspect
import io
import linecache
import os
import re
import sys
import time
import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from course_lib.exercises.running import TooSlowError, learners_line, time_limit

PRINTED = 2_000  # characters that are kept, of all cells together
COLAB_MODULES = ("colab", "colab.auth", "colab.drive", "colab.files", "colab.output", "colab.userdata")
BODY_RUNS = {"time", "timeit", "capture", "prun"}  # cell magics whose body is ordinary Python
WRITING = {"writefile", "file"}  # cell magics whose body is a file
CELL_MAGIC = re.compile(rf"\s*%%({'|'.join(sorted(BODY_RUNS))})\b.*")
PLACE = re.compile(r" \(/[^)]*\)$")  # where this machine keeps a package: nobody's business
DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
# Which variable of a function of `importlib` or `runpy` holds the module, or its name.
NAMED_BY = {"_find_and_load": "name", "exec_module": "module", "run_module": "mod_name"}

_transformer = TransformerManager()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class StoppedCell:
    """What went wrong in a cell: its number from 1, the error's class and message, the line in the cell."""

    cell: int
    kind: str
    message: str
    line: int

    def to_json(self) -> dict[str, Any]:
        """Return the trouble as JSON."""
        return {"cell": self.cell, "kind": self.kind, "message": self.message[:500], "line": self.line}


def as_python(source: str) -> str:
    """Return a cell with its magics and shell lines turned into calls of ``get_ipython()``.

    Of a magic like ``%%time``, the body stays as it is, in its own lines.
    """
    if not any(mark in source for mark in "%!?"):
        return source
    source = CELL_MAGIC.sub("", source, count=1) if CELL_MAGIC.match(source) else source
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    try:
        return str(_transformer.transform_cell(source))
    except Exception:
        return source


def definitions(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Return what a cell defines and imports, without what it does."""
    return [
        node
        for node in statements
        if isinstance(node, DEFINING)
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.Lambda))
    ]


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
    """Stands for IPython: ignores magics and shell lines, but runs and writes what is Python's."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run the statement of ``%time`` and the file of ``%run``, ignore all others."""
        if name in BODY_RUNS:
            exec(as_python(line), self.namespace)
        elif name == "run":
            with open(line.split()[0]) as file:
                exec(compile(as_python(file.read()), line, "exec"), self.namespace)

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """Write the file of ``%%writefile``, ignore all others."""
        if name in WRITING and line.strip():
            *options, path = line.split()
            with open(path.strip("\"'"), "a" if "-a" in options or "--append" in options else "w") as file:
                file.write(cell)
            importlib.invalidate_caches()


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
        self.troubles: list[StoppedCell] = []
        self.printed = Beginning()
        self.imported: set[str] = set()
        self.compile = codeop.Compile()  # remembers `from __future__ import ...`, as a kernel does
        self.compile.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._prepare()

    def _prepare(self) -> None:
        """Offer what a notebook's kernel offers beyond Python."""
        sys.modules["__main__"] = self.module
        sys.path.insert(0, os.getcwd())  # a module that a cell wrote
        shell = QuietShell(self.namespace)
        builtins.input = lambda prompt="": ""
        builtins.get_ipython = lambda: shell  # type: ignore[attr-defined]
        builtins.display = lambda *things, **options: None  # type: ignore[attr-defined]
        for name in COLAB_MODULES:
            sys.modules[f"google.{name}"] = _QuietModule(f"google.{name}")
        _google().colab = sys.modules["google.colab"]  # type: ignore[attr-defined]
        _silence_checks()
        sys.stdout = sys.stderr = self.printed

    def watch_imports(self) -> None:
        """Note what the cells import from now on, however they spell its name."""

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "import":  # of a statement or `__import__`
                self._note_import(str(arguments[0]))
            elif event == "exec":  # of a module's code, by `import_module`
                self._note_import("")

        sys.addaudithook(watch)

    def _note_import(self, name: str) -> None:
        """Note a module if a cell's code imports it, and no other module on the way."""
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None and any(one in frame.f_code.co_filename for one in ("importlib", "runpy")):
            found = frame.f_locals.get(NAMED_BY.get(frame.f_code.co_name, ""), name)
            name = str(getattr(found, "__name__", found))
            frame = frame.f_back
        if name and frame is not None and frame.f_code.co_filename.startswith(("<cell ", "<string>")):
            self.imported.add(name)

    def run(self, number: int, source: str, only_definitions: bool = False) -> None:
        """Run one cell, statement by statement.

        What fails is left out and the first failure noted: what stands below it counts all the same. After a
        statement that takes too long or that ends the notebook, only what the cell defines is taken.
        """
        name = f"<cell {number}>"
        text = as_python(source)
        lines = [line + "\n" for line in text.splitlines()]
        linecache.cache[name] = (len(text), None, lines, name)
        try:
            statements = ast.parse(text, name).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", 0) or 0
            self.troubles.append(StoppedCell(number, type(error).__name__, _first_words(error), line))
            return
        troubles: list[StoppedCell] = []
        if only_definitions:
            statements = definitions(statements)
        while statements:
            statement, *statements = statements
            started = time.monotonic()
            try:
                with time_limit(max(self.seconds_left, 0.1)):
                    self._execute(statement, name)
            except Exception as error:
                troubles.append(self._trouble(number, error))
            except BaseException as error:
                troubles.append(self._trouble(number, error))
                statements = definitions(statements)
            finally:
                self.seconds_left -= time.monotonic() - started
        if not only_definitions:
            self.troubles += troubles[:1]

    def _execute(self, statement: ast.stmt, name: str) -> None:
        """Execute one statement, and wait for what it awaits."""
        code = self.compile(ast.Module([statement], type_ignores=[]), name, "exec")  # type: ignore[arg-type]
        waiting = eval(code, self.namespace)
        if inspect.iscoroutine(waiting):
            asyncio.run(waiting)

    def _trouble(self, number: int, error: BaseException) -> StoppedCell:
        _, line = learners_line(error.__traceback__, self.namespace)
        if isinstance(error, TooSlowError):
            return StoppedCell(number, "TooSlow", "It did not come to its end in time.", line)
        line = line or getattr(error, "lineno", 0) or 0
        return StoppedCell(number, type(error).__name__, _first_words(error), line)


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
        words = str(error)
        return (PLACE.sub("", words) if isinstance(error, ImportError) else words)[:500]
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
