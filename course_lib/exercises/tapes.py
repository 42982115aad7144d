"""Say why a gradient tape answers None, from the source of the code that asks it."""

import ast
from collections.abc import Iterator, Sequence

_CONSTANTS = ("constant", "convert_to_tensor", "cast")
_OUTSIDE = ("np", "numpy", "math")


def why_none(source: str, whole: Sequence[str] = ()) -> str:
    """Return a sentence on what a tape in some code cannot have seen, an empty text where nothing is found.

    Parameters
    ----------
    source
        The learner's functions.
    whole
        Those of their parameters that are whole numbers.
    """
    tree = ast.parse(source)
    for block, tape in _tapes(tree):
        for asked in _calls(tree, tape, "gradient"):
            if len(asked.args) < 2:
                continue
            sources = _names(asked.args[1])
            if found := (
                _by_others(block)
                or _outside(tree, block, asked.args[0])
                or _whole_numbers(tree, sources, whole)
                or _overwritten(tree, sources)
                or _not_watched(tree, block, tape, sources)
                or _unused(tree, block, sources)
            ):
                return found
    if not any(_tapes(tree)):
        if foreign := _foreign(tree):
            return f"`{foreign}` is not TensorFlow's, and a tape cannot follow it."
        if any(isinstance(node, ast.Compare) for node in ast.walk(tree)):
            return "A comparison has no slope, and neither has what is made of it alone: the tape gives None."
    return ""


def _tapes(tree: ast.AST) -> Iterator[tuple[ast.With, str]]:
    for node in ast.walk(tree):
        for item in node.items if isinstance(node, ast.With) else ():
            made, name = item.context_expr, item.optional_vars
            is_tape = isinstance(made, ast.Call) and _last_name(made.func) == "GradientTape"
            if is_tape and isinstance(name, ast.Name):
                yield node, name.id  # type: ignore[misc]  # only a With has items


def _calls(tree: ast.AST, name: str, method: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{name}.{method}":
            yield node


def _names(node: ast.AST) -> list[str]:
    return [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _assigned(tree: ast.AST, name: str) -> Iterator[ast.Assign | ast.AugAssign]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(_gets(target, name) for target in targets):
                yield node


def _gets(target: ast.AST, name: str) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return any(_gets(one, name) for one in target.elts)
    return isinstance(target, ast.Name) and target.id == name


def _values(statement: ast.Assign | ast.AugAssign, name: str) -> ast.expr:
    """Return what a name is given, also where several names are given values at once."""
    for target in statement.targets if isinstance(statement, ast.Assign) else ():
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            for one, value in zip(target.elts, statement.value.elts, strict=False):
                if _gets(one, name):
                    return value
    return statement.value


def _foreign(node: ast.AST) -> str:
    """Return the first call in a piece of code that TensorFlow cannot follow."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Attribute):
            root = call.func
            while isinstance(root.value, ast.Attribute):
                root = root.value
            if isinstance(root.value, ast.Name) and root.value.id in _OUTSIDE:
                return ast.unparse(call.func)
            if call.func.attr in ("numpy", "item", "tolist"):
                return f"{ast.unparse(call.func)}()"
        elif isinstance(call.func, ast.Name) and call.func.id == "float" and call.args:
            return "float"
    return ""


def _by_others(block: ast.With) -> str:
    if foreign := next(filter(None, map(_foreign, block.body)), ""):
        return f"Inside the tape stands `{foreign}`. A tape can follow TensorFlow's functions only."
    return ""


def _outside(tree: ast.AST, block: ast.With, target: ast.expr) -> str:
    if not isinstance(target, ast.Name):
        return ""
    inside = {id(node) for node in ast.walk(block)}
    made = list(_assigned(tree, target.id))
    if made and not any(id(node) in inside for node in made):
        return (
            f"`{target.id}` is computed outside of the `with` block. The tape records only what is computed "
            "inside."
        )
    return ""


def _whole_numbers(tree: ast.AST, sources: list[str], whole: Sequence[str]) -> str:
    for name in sources:
        for statement in _assigned(tree, name):
            value = _values(statement, name)
            if not isinstance(value, ast.Call) or _last_name(value.func) != "Variable" or not value.args:
                continue
            first = value.args[0]
            is_whole = isinstance(first, ast.Constant) and type(first.value) is int
            is_whole |= isinstance(first, ast.Call) and _last_name(first.func) in ("int", "round", "len")
            if (is_whole or getattr(first, "id", "") in whole) and not value.keywords:
                start = f"{first.value!r}.0" if isinstance(first, ast.Constant) else "a float"
                return (
                    f"`{name}` starts with a whole number, and such a variable has no slope: start with "
                    f"{start}, or name the dtype."
                )
    return ""


def _overwritten(tree: ast.AST, sources: list[str]) -> str:
    for name in sources:
        statements = list(_assigned(tree, name))
        if len(statements) > 1 and any(name in _names(_values(one, name)) for one in statements[1:]):
            return (
                f"`{name}` is given a new value with `=`, and from then on it is a plain tensor, which no "
                "tape watches. A variable is changed with `assign` or `assign_sub`."
            )
    return ""


def _not_watched(tree: ast.AST, block: ast.With, tape: str, sources: list[str]) -> str:
    watched = [name for call in _calls(tree, tape, "watch") for name in _names(call)]
    parameters = [one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)]
    inside = {id(node) for node in ast.walk(block)}
    for name in sources:
        made = [_values(one, name) for one in _assigned(tree, name)]
        last = made[-1] if made else None
        constant = isinstance(last, ast.Call) and _last_name(last.func) in _CONSTANTS
        constant |= isinstance(last, ast.BinOp) and id(last) not in inside
        if name not in watched and (constant or (not made and name in parameters)):
            return (
                f"`{name}` is no variable, and a tape watches only variables by itself: make one of it, or "
                "tell the tape to watch it."
            )
    return ""


def _unused(tree: ast.AST, block: ast.With, sources: list[str]) -> str:
    """Say so where nothing in a block, nor a function of the learner's that it calls, can use the sources."""
    own = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    used = {name for statement in block.body for name in _names(statement)}
    is_called = any(isinstance(one, ast.Lambda) for one in ast.walk(tree)) or own & used
    if len(sources) != 1 or is_called or sources[0] in used:
        return ""
    return (
        f"Nothing inside the tape uses `{sources[0]}`: what was made of it before the `with` is not recorded."
    )
