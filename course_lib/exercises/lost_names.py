"""Names that went astray in a notebook: overwritten, misspelt, or in a cell that was not run."""

import ast
import builtins
import inspect
import re
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from types import FunctionType, ModuleType
from typing import Any

from course_lib.exercises.questions import Question, UnknownExerciseError, named
from course_lib.exercises.running import is_blank, learners_line

# What the notebooks import, under the names that they use.
IMPORTS = {
    "np": "import numpy as np",
    "tf": "import tensorflow as tf",
    "plt": "import matplotlib.pyplot as plt",
    "math": "import math",
    "itertools": "import itertools",
}
CHECKERS = ("check", "hint", "progress")
CHECKERS_IMPORT = "from course_lib.exercises import check, hint, progress"


def explained(
    kind: str, message: str, line: str, namespace: Mapping[str, Any], question: Question | None = None
) -> str:
    """Return a sentence on an error that came of a name gone astray, an empty text for any other error.

    Parameters
    ----------
    kind, message
        The error's class and what it says.
    line
        The learner's own line that raised it.
    namespace
        The learner's names.
    question
        The exercise, if it was raised in one.
    """
    words = dict.fromkeys(re.findall(r"(?<![\w.])[^\W\d]\w*", line))
    given = _given_names(question)
    if kind == "NameError" and (match := re.search(r"name '(\w+)' is not defined", message)):
        return _missing(match[1], namespace, given, question)
    if kind == "AttributeError":
        for name in words:
            if name in IMPORTS and name in namespace and _is_overwritten(name, message, line, namespace):
                library = IMPORTS[name].split()[1]
                if namespace[name] is None and find_spec(library.split(".")[0]) is None:
                    return f"`{name}` is {library}, which is not installed here: `pip install {library}`."
                return (
                    f"`{name}` is now {_a_kind(namespace[name])}: a cell has given this name to something "
                    f"else. Choose another name there, and run `{IMPORTS[name]}` again."
                )
    called = re.search(r"'([\w.]+)' object is not callable", message)
    if kind == "TypeError" and called:
        for name in words:
            value = namespace.get(name)
            if (
                name not in namespace
                or type(value).__name__ != called[1].split(".")[-1]
                or not _is_called(name, line)
            ):
                continue
            is_now = f"`{name}` is now {_a_kind(value)}: a cell has given this name to something else."
            if name in CHECKERS:
                return f"{is_now} Choose another name there, and run `{CHECKERS_IMPORT}` again."
            if name in given:
                return f"{is_now} It came with the exercise: run the cell that defines it again."
            if callable(getattr(builtins, name, None)):
                return f"{is_now} Choose another name there; `del {name}` gives Python's own back."
    return ""


def misspelt(missing: Iterable[str], namespace: Mapping[str, Any]) -> str:
    """Return a sentence on a function of the learner's own whose name is nearly a missing one."""
    own = [
        name
        for name, value in namespace.items()
        if inspect.isroutine(value) or inspect.isclass(value)
        if getattr(value, "__module__", None) == namespace.get("__name__") and not is_blank(value)
    ]
    for name in missing:
        if near := get_close_matches(name, own, n=1, cutoff=0.8):
            return (
                f"You defined `{near[0]}`: is it meant to be `{name}`? Then rename it and run the cell again."
            )
    return ""


def _missing(name: str, namespace: Mapping[str, Any], given: Iterable[str], question: Question | None) -> str:
    if name in given:
        return (
            f"`{name}` comes with the exercise: run the cell that defines it. If that cell is gone, copy it "
            "from a fresh notebook."
        )
    if name in IMPORTS:
        return f"`{name}` is not known here: run the cell with the imports, or `{IMPORTS[name]}`."
    if name in CHECKERS:
        return f"`{name}` is not known here: run the cell with the imports, or `{CHECKERS_IMPORT}`."
    if question is None:
        return ""
    parameters = [item for names in question.parameters().values() for item in names]
    return _nearly(name, [*parameters, *namespace]) or (
        f"`{name}` has no value here. If a cell defines it, run that cell. In a class, what belongs to the "
        "object is reached with `self.`."
    )


def _nearly(name: str, known: Iterable[str]) -> str:
    """Return a sentence on a known name, or one of Python's own, that a missing one nearly is."""
    pythons = [
        item for item, value in vars(builtins).items() if inspect.isbuiltin(value) or inspect.isclass(value)
    ]
    own = [item for item in known if not item.startswith("_")]
    near = get_close_matches(name, [*own, *pythons], n=1, cutoff=0.8)
    return f"`{name}` is not known here. Do you mean `{near[0]}`?" if near else ""


def _given_names(question: Question | None) -> list[str]:
    if question is None or not question.given:
        return []
    return [
        item.name
        for item in ast.parse(question.given).body
        if isinstance(item, ast.FunctionDef | ast.ClassDef)
    ]


def _is_overwritten(name: str, message: str, line: str, namespace: Mapping[str, Any]) -> bool:
    """Return whether an error tells of an attribute that an imported module's name has lost."""
    missing = re.search(r"has no attribute '(\w+)'", message)
    used = missing and re.search(rf"(?<![\w.]){name}\.{missing[1]}\b", line)
    return bool(used) and not isinstance(namespace[name], ModuleType)


def _is_called(name: str, line: str) -> bool:
    return re.search(rf"(?<![\w.]){name}\s*\(", line) is not None


def _a_kind(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return f"the number {value}" if not isinstance(value, bool) else f"{value}"
    kind = {"ndarray": "array"}.get(type(value).__name__, type(value).__name__)
    return "None" if value is None else f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


# In the notebook's own cells -------------------------------------------------------------------------


def watch() -> None:
    """Have a sentence stand below a cell of the notebook that ends in an error of this kind."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    for old in [
        one for one in shell.events.callbacks["post_run_cell"] if one.__name__ == _after_cell.__name__
    ]:
        shell.events.unregister("post_run_cell", old)  # of this module, loaded once more
    shell.events.register("post_run_cell", _after_cell)


def _after_cell(result: Any) -> None:
    error = result.error_in_exec
    if not isinstance(error, NameError | TypeError | AttributeError):
        return
    namespace = sys.modules["IPython"].get_ipython().user_ns
    line, _ = learners_line(error.__traceback__, namespace)
    if sentence := in_a_cell(error, line, namespace):
        print(sentence)


def in_a_cell(error: BaseException, line: str, namespace: Mapping[str, Any]) -> str:
    """Return a sentence on an error that ended a cell and came of a name gone astray, or an empty text.

    Parameters
    ----------
    error
        What was raised.
    line
        The learner's own line that raised it.
    namespace
        The notebook's names.
    """
    message = str(error)
    if sentence := explained(type(error).__name__, message, line, namespace):
        return sentence
    match = re.search(r"name '(\w+)' is not defined", message)
    asked = match and re.search(rf"\b({'|'.join(CHECKERS)})\(\s*{match[1]}\b", line)
    called = re.search(rf"\b({'|'.join(CHECKERS)})\(\s*(\w+)\(", line)
    if called and isinstance(error, TypeError) and message.startswith(f"{called[2]}()"):
        return f"Give {called[1]} the function itself, and do not call it: {called[1]}({called[2]})."
    if not match:
        return ""
    if not asked:
        lost = _nearly(match[1], namespace) or f"`{match[1]}` is not known here."
        return f"{lost} If a cell above defines `{match[1]}`, run that one; after a restart, all of them."
    name = match[1]
    try:
        question = named(name)
    except UnknownExerciseError as unknown:
        return str(unknown.args[0])
    if name in question.defines:
        return f"I see no `{name}` yet. {misspelt([name], namespace) or 'Has the cell been run?'}"
    return f'Give {asked[1]} the name in quotes, {asked[1]}("{question.name}").'


def learners_own(namespace: Mapping[str, Any]) -> list[str]:
    """Return the names of functions and classes that the notebook's own cells define."""
    return [
        name
        for name, value in namespace.items()
        if isinstance(value, FunctionType | type) and value.__module__ == namespace.get("__name__")
    ]
