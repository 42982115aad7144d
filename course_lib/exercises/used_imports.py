"""Find the imported names that a piece of code uses: an import must not answer an exercise."""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from types import FunctionType, ModuleType
from typing import Any


def used_names(source: str, aliases: Mapping[str, str] | None = None) -> set[str]:
    """Return the dotted names of what some code imports, or uses through an import.

    Parameters
    ----------
    source
        Python source.
    aliases
        What names that were imported elsewhere stand for, `{"np": "numpy"}`.

    Returns
    -------
    set of str
        Full names such as `"course_lib.perceptron.predict"`, whichever way they were imported.

    Raises
    ------
    SyntaxError
        If the source is no Python.
    """
    tree = ast.parse(source)
    known = dict(aliases or {})
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                known[name.asname or name.name.partition(".")[0]] = (
                    name.name if name.asname else name.name.partition(".")[0]
                )
                used.add(name.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                known[name.asname or name.name] = f"{node.module}.{name.name}"
                used.add(node.module if name.name == "*" else f"{node.module}.{name.name}")
        elif isinstance(node, ast.Call) and _is_import_call(node):
            used.add(str(node.args[0].value))  # type: ignore[attr-defined]  # _is_import_call saw a constant
    for node in ast.walk(tree):
        if dotted := _dotted(node, known):
            used.add(dotted)
    return used


def _is_import_call(node: ast.Call) -> bool:
    function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return (
        function in ("import_module", "__import__")
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    )


def _dotted(node: ast.AST, known: Mapping[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name) and node.id in known:
        return ".".join([known[node.id], *reversed(parts)])
    return ""


# What a notebook's own first cells use: it checks, shows figures that do not run, and keeps a log quiet.
SET_UP = ("course_lib.exercises", "course_lib.figures.at_rest", "course_lib.tf.quiet")


def answering(used: Iterable[str], forbidden: Iterable[str]) -> list[str]:
    """Return those of some dotted names that lie within the forbidden ones.

    What the cells that come with every notebook use is never among them.
    """

    def is_within(name: str, roots: Iterable[str]) -> bool:
        return any((name + ".").startswith(root + ".") for root in roots)

    return sorted(
        name
        for name in used
        if name != "course_lib" and is_within(name, forbidden) and not is_within(name, SET_UP)
    )


def names_and_sources(things: Iterable[Any], namespace: Mapping[str, Any]) -> tuple[set[str], list[str]]:
    """Return the dotted names that some objects and the helpers behind them use, and all their sources.

    Parameters
    ----------
    things
        The functions and classes that the learner wrote, or took from somewhere.
    namespace
        The learner's names, in which the helpers are found.
    """
    used: set[str] = set()
    sources: list[str] = []
    waiting, seen = list(things), set()
    aliases = {name: root for name, item in namespace.items() if (root := _origin(item, namespace))}
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if origin := _origin(current, namespace):
            used.add(origin)
        elif isinstance(current, type):
            # By its parts: the source of a whole class cannot be had in a notebook.
            waiting += [*current.__mro__[1:-1], *vars(current).values()]
        elif text := source(current):
            sources.append(text)
            used |= used_names(text, aliases)
            named = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
            waiting += [namespace[name] for name in named if name in namespace]
    return used, sources


def source(thing: Any) -> str:
    """Return an object's source, or nothing where it cannot be had."""
    thing = getattr(thing, "python_function", thing)  # what tf.function wraps
    try:
        text = textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))
        ast.parse(text)
    except (OSError, TypeError, SyntaxError, ValueError):
        return ""
    return text


def _origin(thing: Any, namespace: Mapping[str, Any]) -> str:
    """Return the full name of a module, or of what a module defines; nothing for the learner's own."""
    if isinstance(thing, ModuleType):
        return thing.__name__
    module = getattr(thing, "__module__", None)
    if not isinstance(module, str) or (not isinstance(thing, type | FunctionType) and not callable(thing)):
        return ""
    if module in ("__main__", "builtins", namespace.get("__name__")):
        return ""
    if isinstance(thing, FunctionType) and thing.__globals__ is namespace:
        return ""
    return f"{module}.{getattr(thing, '__qualname__', type(thing).__qualname__)}"
