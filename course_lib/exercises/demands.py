"""Look in the learner's code for what a prompt demands of the code itself, and no value can show.

An import must not answer an exercise, and a prompt may demand more. A demand is a text: `"uses GradientTape"`
(the name is used, wherever it was imported from), `"without jacobian"` (no such name is used), or
`"only calls"` (the code calls its arguments and its own functions, and does nothing else). Code whose source
cannot be had meets every demand: nobody is called wrong on suspicion.

`check` and the grader ask here both, so that they never contradict each other.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from course_lib.exercises import used_imports
from course_lib.exercises.verdicts import RIGHT, WRONG, Judgement

# What "only calls" leaves no room for, and what it is called.
_MORE_THAN_CALLS: tuple[tuple[type[ast.AST], str], ...] = (
    (ast.If, "an `if`"),
    (ast.IfExp, "an `if`"),
    (ast.Match, "a `match`"),
    (ast.While, "a `while`"),
    (ast.Try, "a `try`"),
    (ast.Compare, "a comparison"),
    (ast.BoolOp, "an `and` or `or`"),
    (ast.UnaryOp, "a `not` or a sign"),
    (ast.BinOp, "an operator between two values"),
    (ast.AugAssign, "an operator between two values"),
    (ast.Subscript, "an entry taken with [ ]"),
)


class Refusal(NamedTuple):
    """Why code is refused whatever its values are, an empty text where it is not.

    Attributes
    ----------
    sentence
        What the code uses and must not, or the other way round.
    outright
        Whether it uses something that it must not, which is the first thing to say also of wrong values.
    """

    sentence: str = ""
    outright: bool = False


def with_refusal(judgement: Judgement, refused: Refusal) -> Judgement:
    """Return the judgement on values that were found in another way than the prompt demands."""
    told = refused.sentence
    if not told or not (refused.outright or judgement.outcome == RIGHT):
        return judgement
    sentence = told if refused.outright else f"The values are right. But {told[0].lower()}{told[1:]}"
    return replace(judgement, outcome=WRONG, sentence=sentence, share=0.0, mistake=None)


def refusal(
    forbidden: Sequence[str], demands: Sequence[str], defines: Sequence[str], namespace: Mapping[str, Any]
) -> Refusal:
    """Return why some code is refused, whatever its values are.

    Parameters
    ----------
    forbidden, demands, defines
        The dotted names that answer the exercise, what it demands, and the names of what the learner writes.
    namespace
        The learner's names, in which the answer and the helpers behind it are found.
    """
    things = [namespace[name] for name in defines if name in namespace]
    names, sources = used_imports.names_and_sources(things, namespace)
    if answers := used_imports.answering(names, forbidden):
        told = f"This uses `{answers[0]}`, which answers the exercise for you. Write it yourself."
        return Refusal(told, outright=True)
    if not demands or not all(map(_has_source, things)):
        return Refusal()
    trees = [ast.parse(source) for source in sources]
    # First what must not be there at all.
    for demand in sorted(demands, key=lambda one: not one.startswith("without ")):
        kind, _, name = demand.partition(" ")
        if kind == "only":
            told = _more_than_calls(trees)
        else:
            is_used = name in _words(names, trees) or (kind == "without" and name in _texts(trees))
            told = ""
            if kind == "uses" and not is_used:
                told = f"it to be written with `{name}`, and your code does not use that"
            elif kind == "without" and is_used:
                told = f"it to be done without `{name}`, and your code uses that"
        if told:
            return Refusal(f"The exercise wants {told}.", outright=kind == "without")
    return Refusal()


def _has_source(thing: Any) -> bool:
    parts = [part for part in vars(thing).values() if callable(part)] if isinstance(thing, type) else [thing]
    return all(map(used_imports.source, parts))


def _words(names: set[str], trees: list[ast.Module]) -> set[str]:
    """Return every word of the dotted names that are used, and every attribute that is asked for."""
    asked = {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return asked.union(*(name.split(".") for name in names))


def _texts(trees: list[ast.Module]) -> set[str]:
    """Return every text in the code: Keras' layers and losses are called by their names, too."""
    constants = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def _more_than_calls(trees: list[ast.Module]) -> str:
    own = {
        name
        for tree in trees
        for node in ast.walk(tree)
        for name in (
            [node.name] if isinstance(node, ast.FunctionDef) else
            [node.arg] if isinstance(node, ast.arg) else
            [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else
            []
        )
    }  # fmt: skip
    for node in (node for tree in trees for node in ast.walk(tree)):
        for kind, words in _MORE_THAN_CALLS:
            if isinstance(node, kind):
                return f"nothing but calls of what is handed to you, and in your code stands {words}"
        # What a call gives and a lambda called on the spot are looked at when the walk comes to them.
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Call | ast.Lambda)
            or (isinstance(node.func, ast.Name) and node.func.id in own)
        ):
            return f"only what is handed to you to be called, and your code calls `{ast.unparse(node.func)}`"
    return ""
