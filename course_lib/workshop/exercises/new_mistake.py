"""Make a known mistake of a student's answer: its variant, below the exercise that it answers."""

import ast
import builtins
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path

from course_lib.workshop.exercises.definition import Exercise, ExerciseError

SENTENCE = "TODO: what helps whoever made this mistake, and does not give the answer away."
# From now on the instructor's own machine runs it, without a sandbox.
MODULES = {"numpy", "math", "tensorflow", "itertools", "functools", "collections"}
BANNED = {"exec", "eval", "compile", "open", "input", "getattr", "setattr", "delattr", "globals", "locals",
          "vars", "breakpoint", "exit", "quit"}  # fmt: skip
READS_OR_WRITES = {"load", "loads", "save", "savez", "savetxt", "loadtxt", "fromfile", "tofile", "memmap",
                   "genfromtxt", "fromregex", "io", "ctypeslib", "f2py", "testing", "system"}  # fmt: skip
GIVEN = {"np", "tf"}
Definition = ast.FunctionDef | ast.ClassDef


def written(exercise: Exercise, sources: Sequence[str], sentence: str = "") -> tuple[Path, str, str]:
    """Return the file of an exercise's definition with one more mistake in it.

    Parameters
    ----------
    exercise
        The exercise.
    sources
        Answers that are wrong in the same way; the first that can stand alone becomes the variant.
    sentence
        What students will read.

    Returns
    -------
    path : Path
        The file.
    text : str
        What it is to hold.
    variant : str
        What is new in it.

    Raises
    ------
    ExerciseError
        If none of the answers can stand alone, with the reason for the first.
    """
    path = Path(inspect.getsourcefile(exercise.solution) or "")
    text = path.read_text(encoding="utf-8")
    name, last = _place(text, exercise, path)
    reasons = []
    for source in sources:
        try:
            part, variant = _variant(source, exercise)
        except ExerciseError as error:
            reasons.append(str(error))
            continue
        of = f", of={part!r}" if part != exercise.defines[0] else ""
        quoted = (sentence or SENTENCE).replace("\\", "\\\\").replace('"', '\\"')
        new = f'@{name}.mistake("{quoted}"{of})\n{variant}'
        lines = text.splitlines()
        lines[last:last] = ["", "", *new.splitlines()]
        return path, "\n".join(lines) + "\n", new
    raise ExerciseError(f"{reasons[0] if reasons else 'There is no code.'} Write this mistake by hand.")


def _place(text: str, exercise: Exercise, path: Path) -> tuple[str, int]:
    """Return the exercise's name in its file, and the last line that belongs to it."""
    body = ast.parse(text).body
    for node in body:
        if isinstance(node, Definition) and any(_makes(one, exercise.name) for one in node.decorator_list):
            belonging = [
                node,
                *(one for one in body if isinstance(one, Definition) and _is_of(one, node.name)),
            ]
            return node.name, max(one.end_lineno or 0 for one in belonging)
    raise ExerciseError(f"{path} makes {exercise.name} in a way that this command cannot follow.")


def _makes(decorator: ast.expr, name: str) -> bool:
    first = decorator.args[0] if isinstance(decorator, ast.Call) and decorator.args else None
    return isinstance(first, ast.Constant) and first.value == name


def _is_of(node: Definition, name: str) -> bool:
    """Tell whether a definition is decorated with something of an exercise, as `@double.cases` is."""
    return any(
        isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == name
        for decorator in node.decorator_list
        for one in ast.walk(decorator)
    )


def _variant(source: str, exercise: Exercise) -> tuple[str, str]:
    """Return which of the exercise's names an answer replaces, and its source under the name `_`."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ExerciseError("The answer is no Python that can be read.") from error
    defined = {node.name: node for node in body if isinstance(node, Definition)}
    parts = [name for name in exercise.defines if name in defined]
    if len(parts) != 1 or len(defined) != 1:
        raise ExerciseError(
            f"The answer defines {', '.join(defined) or 'nothing'}, and a variant is one of them."
        )
    node = defined[parts[0]]
    _refuse_what_reaches_out(node)
    if missing := sorted(_unknown(node, exercise)):
        raise ExerciseError(f"The answer uses {', '.join(missing)}, which stands elsewhere in the notebook.")
    node.decorator_list = []
    node.name = "_"
    return parts[0], ast.unparse(node)


def _refuse_what_reaches_out(node: Definition) -> None:
    for one in ast.walk(node):
        modules = _imported(one)
        names = (
            {one.id} if isinstance(one, ast.Name) else {one.attr} if isinstance(one, ast.Attribute) else set()
        )
        bad = [name for name in modules if name.partition(".")[0] not in MODULES]
        bad += [name for name in names if name in BANNED | READS_OR_WRITES or _is_hidden(name)]
        if bad:
            raise ExerciseError(f"The answer uses {bad[0]}, which may reach beyond the exercise.")


def _is_hidden(name: str) -> bool:
    return name.startswith("__") and name not in ("__init__", "__call__", "__len__", "__name__")


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or "."


def _unknown(node: Definition, exercise: Exercise) -> set[str]:
    """Return the names that an answer uses and nothing in it, in Python or in the exercise defines."""
    used: set[str] = set()
    known = {*vars(builtins), *GIVEN, *exercise.defines}
    known |= {getattr(item, "__name__", "") for item in exercise.given}
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            (used if isinstance(one.ctx, ast.Load) else known).add(one.id)
        elif isinstance(one, ast.arg):
            known.add(one.arg)
        elif isinstance(one, Definition):
            known.add(one.name)
        elif isinstance(one, ast.alias):
            known.add((one.asname or one.name).partition(".")[0])
        elif isinstance(one, ast.ExceptHandler) and one.name:
            known.add(one.name)
    return used - known
