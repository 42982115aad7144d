"""Small changes of a piece of code: what a tired person might have typed, each with its words."""

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# One operator of Python for another, and what to say of it.
_OPERATORS: dict[type[ast.AST], tuple[tuple[type[ast.AST], str], ...]] = {
    ast.Add: ((ast.Sub, "there is a minus for a plus, or a plus for a minus"),),
    ast.Sub: ((ast.Add, "there is a minus for a plus, or a plus for a minus"),),
    ast.Mult: ((ast.Div, "something divides that should multiply, or multiplies that should divide"),),
    ast.Div: ((ast.Mult, "something divides that should multiply, or multiplies that should divide"),),
    ast.FloorDiv: ((ast.Div, "a division keeps its fraction that should drop it"),),
    ast.Mod: ((ast.FloorDiv, "a quotient is taken where a remainder is needed"),),
    ast.Pow: ((ast.Mult, "a product stands where a power belongs"),),
    ast.MatMult: ((ast.Mult, "a matrix product is taken place by place, with `*` for `@`"),),
    ast.Lt: (
        (ast.LtE, "a comparison also counts equality that should not"),
        (ast.Gt, "a comparison looks the wrong way"),
    ),
    ast.LtE: (
        (ast.Lt, "a comparison leaves out equality that should count"),
        (ast.GtE, "a comparison looks the wrong way"),
    ),
    ast.Gt: (
        (ast.GtE, "a comparison also counts equality that should not"),
        (ast.Lt, "a comparison looks the wrong way"),
    ),
    ast.GtE: (
        (ast.Gt, "a comparison leaves out equality that should count"),
        (ast.LtE, "a comparison looks the wrong way"),
    ),
    ast.Eq: ((ast.NotEq, "equal and different have changed places in a comparison"),),
    ast.NotEq: ((ast.Eq, "equal and different have changed places in a comparison"),),
    ast.And: ((ast.Or, "one of two conditions is enough where both are needed"),),
    ast.Or: ((ast.And, "both of two conditions are needed where one is enough"),),
    ast.Is: ((ast.IsNot, "a condition is turned around"),),
    ast.IsNot: ((ast.Is, "a condition is turned around"),),
    ast.In: ((ast.NotIn, "a condition is turned around"),),
    ast.NotIn: ((ast.In, "a condition is turned around"),),
}
_NAMES = {
    "mean": "sum",
    "sum": "mean",
    "max": "min",
    "min": "max",
    "argmax": "argmin",
    "argmin": "argmax",
    "maximum": "minimum",
    "minimum": "maximum",
    "exp": "log",
    "log": "exp",
    "zeros": "ones",
    "ones": "zeros",
    "floor": "ceil",
    "ceil": "floor",
    "any": "all",
    "all": "any",
    "assign_sub": "assign_add",
    "assign_add": "assign_sub",
    "reduce_mean": "reduce_sum",
    "reduce_sum": "reduce_mean",
}
# More that people mix up. They explain answers only: no case has to tell each of them from the solution.
_MIXED_UP = {
    "mean": ("median", "max", "min"),
    "reduce_mean": ("reduce_max",),
    "std": ("var",),
    "log": ("log2", "log10", "log1p"),
    "argmax": ("max", "min"),
    "argmin": ("min", "max"),
    "ceil": ("round", "floor"),
    "sum": ("prod", "max"),
    "prod": ("sum",),
    "cos": ("sin",),
    "norm": ("sum",),
}
_WORDS = {
    "sum": "a sum",
    "reduce_sum": "a sum",
    "mean": "a mean",
    "reduce_mean": "a mean",
    "median": "a median",
    "max": "the largest value",
    "reduce_max": "the largest value",
    "min": "the smallest value",
    "argmax": "the position of the largest value",
    "argmin": "the position of the smallest value",
    "maximum": "the larger of two",
    "minimum": "the smaller of two",
    "exp": "an exponential",
    "log": "a natural logarithm",
    "log2": "a logarithm to base 2",
    "log10": "a logarithm to base 10",
    "log1p": "the logarithm of one more",
    "zeros": "zeros",
    "ones": "ones",
    "floor": "rounding down",
    "ceil": "rounding up",
    "round": "rounding to the nearest",
    "any": "`any`",
    "all": "`all`",
    "assign_sub": "subtracting",
    "assign_add": "adding",
    "std": "a standard deviation",
    "var": "a variance",
    "prod": "a product",
    "sin": "a sine",
    "cos": "a cosine",
    "norm": "a length",
    "sqrt": "a square root",
    "abs": "an absolute value",
    "int": "cutting to a whole number",
}


@dataclass(frozen=True)
class Mutant:
    """A small change of a solution.

    Attributes
    ----------
    description
        The changed statement before and after, `"x > 0 -> x >= 0"`; where the same is done in a second place,
        `"x > 0 -> x >= 0 (2)"`.
    source
        The whole changed source.
    words
        The change in words that name no line of the solution.
    """

    description: str
    source: str
    words: str


@dataclass(frozen=True)
class _Edit:
    """A change of one node of a syntax tree, in place, and its words."""

    apply: Callable[[Any], None]
    words: str


def mutants(source: str, mixed_up: bool = False) -> Iterator[Mutant]:
    """Yield every small change of a piece of code: one operator, number, name, condition or statement.

    Parameters
    ----------
    source
        Python source.
    mixed_up
        Whether to yield also what people mix up (a median for a mean), which need not be wrong everywhere.
    """
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    places: Counter[str] = Counter()
    parameters = frozenset(node.arg for node in ast.walk(tree) if isinstance(node, ast.arg))
    given = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "axis"]
    axes = {id(part) for value in given for part in ast.walk(value)}  # -1 and 1 differ by no forgotten minus
    for place, node in enumerate(ast.walk(tree)):
        for edit in [*_edits(node, parameters), *(_mixed_up(node, parameters) if mixed_up else ())]:
            changed = copy.deepcopy(tree)
            target = next(item for index, item in enumerate(ast.walk(changed)) if index == place)
            edit.apply(target)
            ast.fix_missing_locations(changed)
            text = ast.unparse(changed)
            if text not in seen:
                seen.add(text)
                description = _difference(ast.unparse(tree), text)
                places[description] += 1
                again = f" ({places[description]})" if places[description] > 1 else ""
                words = "another axis is taken" if id(node) in axes else edit.words
                yield Mutant(description + again, text, words)


def _difference(before: str, after: str) -> str:
    """Return the lines that differ, `"old -> new"`, or `"old -> gone"`."""
    old, new = before.splitlines(), after.splitlines()
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    left = "; ".join(line.strip() for line in old)
    right = "; ".join(line.strip() for line in new)
    return f"{left} -> {right or 'gone'}"


def _edits(node: ast.AST, parameters: frozenset[str]) -> Iterator[_Edit]:
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op):
            for other, words in _OPERATORS.get(type(op), ()):
                yield _setting("op", other(), words)
            if isinstance(node, ast.BinOp) and isinstance(op, ast.Add | ast.Sub | ast.Mult | ast.Div):
                yield _becoming(lambda target: target.left, _missing(op, node.right, parameters))
        case ast.Compare(ops=[op]):
            for other, words in _OPERATORS.get(type(op), ()):
                yield _setting("ops", [other()], words)
        case ast.BoolOp(op=op):
            for other, words in _OPERATORS[type(op)]:
                yield _setting("op", other(), words)
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert() as op):
            words = "a minus sign is missing" if isinstance(op, ast.USub) else "a `not` is missing"
            yield _becoming(lambda target: target.operand, words)
        case ast.Constant(value=bool() as value):
            yield _setting("value", not value, "True and False have changed places")
        case ast.Constant(value=int() | float() as value):
            yield _setting("value", value + 1, "something is off by one")
            if value not in (0, 1):
                yield _setting("value", -value, "a number has the other sign")
        case ast.Attribute(attr=name) if name in _NAMES:
            yield _setting("attr", _NAMES[name], _instead(_NAMES[name], name))
        case ast.Name(id=name, ctx=ast.Load()) if name in ("min", "max", "any", "all"):
            yield _setting("id", _NAMES[name], _instead(_NAMES[name], name))
        case ast.Call(func=ast.Attribute(attr="copy"), args=[]):
            yield _becoming(lambda target: target.func.value, "an array is kept or changed without a copy")
        case ast.If() | ast.While() | ast.IfExp():
            yield _Edit(_negate, "a condition is turned around")
        case ast.Break():
            yield _becoming(lambda target: ast.Continue(), "a loop goes on that should end")
        case ast.Continue():
            yield _becoming(lambda target: ast.Pass(), "a loop does more in a round than it should")
        case ast.Return(value=ast.Tuple(elts=elements)) if len(elements) == 2:
            yield _Edit(_swap, "the two answers have changed places")
    if isinstance(node, ast.Call):
        for index, keyword in enumerate(node.keywords):
            if keyword.arg in ("axis", "keepdims", "ddof", "initial"):
                yield _Edit(_without_keyword(index), f"no `{keyword.arg}` is given where one is needed")
    for block in ("body", "orelse"):
        statements = getattr(node, block, None)
        if isinstance(statements, list):
            for index, statement in enumerate(statements):
                if _may_go(statement):
                    words = "a special case is left out" if isinstance(statement, ast.If) else ""
                    yield _Edit(_without(block, index), words or "a step is left out")


def _mixed_up(node: ast.AST, parameters: frozenset[str]) -> Iterator[_Edit]:
    match node:
        case ast.Attribute(attr=name) if name in _MIXED_UP:
            for other in _MIXED_UP[name]:
                yield _setting("attr", other, _instead(other, name))
        case ast.BinOp(op=ast.Pow()):
            yield _becoming(lambda target: target.left, "a power is missing")
            yield _setting("right", ast.Constant(3), "a power has another exponent")
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() as op, left=dropped):
            yield _becoming(lambda target: target.right, _missing(op, dropped, parameters))
        case ast.Attribute(attr="pi"):
            yield _becoming(lambda target: ast.Constant(180), "an angle is in degrees, and not in radians")
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            yield _setting("value", value - 1, "something is off by one")
    match node:
        case ast.Call(func=ast.Attribute(attr=word) | ast.Name(id=word), args=[_, *_]) if word in _WORDS:
            yield _becoming(lambda target: target.args[0], f"{_WORDS[word]} is missing")
        case ast.BinOp(op=ast.Div()):
            yield _setting("op", ast.FloorDiv(), "a division drops its fraction")
    if isinstance(node, ast.BinOp):
        for loosen in (_first_brackets, _second_brackets, _all_brackets):
            yield _Edit(loosen, "brackets are missing")
    if isinstance(node, ast.Call):
        for index, keyword in enumerate(node.keywords):
            if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
                axis = 0 if keyword.value.value == 1 else 1
                yield _Edit(_with_keyword(index, axis), "the other axis is taken")
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("std", "var"):
        yield _Edit(_with_ddof, "the spread is divided by n - 1 and not by n")


def _missing(op: ast.operator, dropped: ast.expr, parameters: frozenset[str]) -> str:
    """Return what is missing in words: by its name where the exercise gives it one, or by its number."""
    what = ""
    if isinstance(dropped, ast.Name) and dropped.id in parameters - {"self"}:
        what = f"`{dropped.id}`"
    elif isinstance(dropped, ast.Constant) and isinstance(dropped.value, int | float):
        what = str(dropped.value)
    if isinstance(op, ast.Add | ast.Sub):
        return (
            f"{what} is missing from a sum or difference"
            if what
            else "a term of a sum or difference is missing"
        )
    if isinstance(op, ast.Mult):
        return f"the factor {what} is missing" if what else "a factor is missing"
    return f"the division by {what} is missing" if what else "a division is missing"


def _instead(other: str, name: str) -> str:
    return f"{_WORDS[other]} stands where {_WORDS[name]} belongs"


def _may_go(statement: ast.stmt) -> bool:
    """Return whether dropping a statement is a mutant; without a definition or return nothing would run."""
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    kept = (ast.FunctionDef, ast.ClassDef, ast.Return, ast.Import, ast.ImportFrom, ast.Pass)
    return not is_text and not isinstance(statement, kept)


def _first_brackets(target: ast.BinOp) -> None:
    """Turn (a - b) / c into a - b / c, and the same with other signs."""
    match target:
        case ast.BinOp(
            left=ast.BinOp(left=first, op=ast.Add() | ast.Sub() as sign, right=second),
            op=ast.Mult() | ast.Div() as op,
            right=third,
        ):
            target.left, target.op, target.right = first, sign, ast.BinOp(second, op, third)


def _second_brackets(target: ast.BinOp) -> None:
    """Turn a / (b * c) into a / b * c, and a * (b - c) into a * b - c."""
    match target:
        case ast.BinOp(
            left=first, op=ast.Div(), right=ast.BinOp(left=second, op=ast.Mult() as op, right=third)
        ):
            target.left, target.op, target.right = ast.BinOp(first, ast.Div(), second), op, third
        case ast.BinOp(
            left=first,
            op=ast.Mult() | ast.Div() as op,
            right=ast.BinOp(left=second, op=ast.Add() | ast.Sub() as sign, right=third),
        ):
            target.left, target.op, target.right = ast.BinOp(first, op, second), sign, third


def _all_brackets(target: ast.BinOp) -> None:
    """Turn (a - b) / (c * d) into a - b / c * d."""
    _first_brackets(target)
    if isinstance(target.right, ast.BinOp):
        _second_brackets(target.right)


def _setting(attribute: str, value: Any, words: str) -> _Edit:
    return _Edit(lambda target: setattr(target, attribute, value), words)


def _becoming(other: Callable[[Any], ast.AST], words: str) -> _Edit:
    def change(target: Any) -> None:
        replacement = other(target)
        target.__class__ = replacement.__class__
        target.__dict__ = dict(replacement.__dict__)

    return _Edit(change, words)


def _negate(target: Any) -> None:
    target.test = ast.UnaryOp(op=ast.Not(), operand=target.test)


def _swap(target: Any) -> None:
    target.value.elts.reverse()


def _without_keyword(index: int) -> Callable[[Any], None]:
    return lambda target: target.keywords.pop(index)


def _with_keyword(index: int, value: int) -> Callable[[Any], None]:
    return lambda target: setattr(target.keywords[index], "value", ast.Constant(value))


def _with_ddof(target: Any) -> None:
    target.keywords.append(ast.keyword("ddof", ast.Constant(1)))


def _without(block: str, index: int) -> Callable[[Any], None]:
    def change(target: Any) -> None:
        getattr(target, block)[index] = ast.Pass()

    return change
