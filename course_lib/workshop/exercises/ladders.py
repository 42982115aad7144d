"""Rungs before the blank page: a solution's lines to put in order, and the solution with gaps to fill in.

The book's pages carry these lines, shuffled, and of no other exercise: whoever lists one here gives its
solution away to those who look for it. Listed is what teaches when its lines are seen, and no exercise that
ends a chapter's set.
"""

import ast
import builtins
import inspect
import io
import json
import random
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

from course_lib.workshop.book import site
from course_lib.workshop.exercises.definition import Exercise, ExerciseError

LADDERS = (
    "before_you_start.read_traceback",
    "perceptron.sentence",
    "perceptron.fewest_flips",
    "pattern_recognition.scaler",
    "cost_functions.step_by_step",
    "cost_functions.weighted_line",
    "cost_functions.sharp_log_loss",
    "neural_networks.bump",
    "neural_networks.slope_through_layers",
    "training_loops.count_steps",
    "training_loops.endless_batches",
    "generalisation.recall_per_class",
    "generalisation.fair_split",
    "keras_in_practice.drop",
    "keras_in_practice.running_mean",
    "optimizers.adam_steps",
)
FILE = Path(site.__path__[0]) / "live" / "ladders.json"
MOST_GAPS = 5
_OPERATOR = re.compile(r"\*\*|//|[-+*/%@]|[<>=!]=|[<>]")


def ladders_text(exercises: Mapping[str, Exercise]) -> str:
    """Return what the pages carry of the listed exercises, as JSON.

    Raises
    ------
    ExerciseError
        If one is listed that is not defined.
    """
    if gone := set(LADDERS) - exercises.keys():
        raise ExerciseError(f"ladders.py lists {min(gone)!r}, and no exercise has this name.")
    return json.dumps({name: ladder(exercises[name]) for name in LADDERS}, indent=1) + "\n"


def ladder(exercise: Exercise) -> dict[str, object]:
    """Return the first lines, the other lines shuffled, and the text between the gaps.

    The same solution gives the same shuffle and the same gaps.
    """
    source, imports = exercise.solution_source, imports_of(exercise)
    head, *lines = logical_lines(source)
    chance = random.Random(exercise.name)
    shuffled = list(lines)
    while shuffled == lines:
        chance.shuffle(shuffled)
    first, *others = with_gaps(source, chance)
    return {"head": imports + head, "lines": shuffled, "gaps": [imports + first, *others]}


def imports_of(exercise: Exercise) -> str:
    """Return what a solution imports beside NumPy, which the notebook has, with empty lines behind it."""
    used = {node.id for node in ast.walk(ast.parse(exercise.solution_source)) if isinstance(node, ast.Name)}
    module = ast.parse(Path(inspect.getfile(exercise.solution)).read_text(encoding="utf-8"))
    lines = [
        f"from {node.module} import {alias.name}\n"
        for node in module.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in used
    ]
    return "".join([*lines, "\n\n"] if lines else [])


def logical_lines(source: str) -> list[str]:
    """Return the lines of a source, one that goes on over several as one, a docstring with its head."""
    physical = source.splitlines()
    lines: list[str] = []
    first, begins = 0, True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
            continue
        if begins:
            first, begins = token.start[0], False
            is_docstring = token.type == tokenize.STRING
        if token.type == tokenize.NEWLINE:
            text = "\n".join(physical[first - 1 : token.start[0]])
            if is_docstring:
                lines[-1] += "\n" + text
            else:
                lines.append(text)
            begins = True
    return lines


def with_gaps(source: str, chance: random.Random) -> list[str]:
    """Return a source cut where something is left out: a name, a number or an operator, one a line."""
    by_line: dict[int, list[tuple[int, int]]] = {}
    for line, start, end in sorted(set(_places(ast.parse(source)))):
        operator = _OPERATOR.search(source.splitlines()[line - 1], start, end)
        by_line.setdefault(line, []).append(operator.span() if operator else (start, end))
    chosen = sorted(chance.sample(sorted(by_line), min(MOST_GAPS, len(by_line))))
    rows = source.splitlines(keepends=True)
    parts, begun = [""], 0
    for line in chosen:
        start, end = chance.choice(by_line[line])
        parts[-1] += "".join(rows[begun : line - 1]) + rows[line - 1][:start]
        rows[line - 1] = rows[line - 1][end:]
        parts.append("")
        begun = line - 1
    parts[-1] += "".join(rows[begun:])
    return parts


def _places(tree: ast.AST) -> Iterator[tuple[int, int, int]]:
    """Yield line, start and end of what may be left out, or of the stretch that holds an operator."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Load()) if node.id not in ("np", "self", *dir(builtins)):
                yield node.lineno, node.col_offset, node.end_col_offset or 0
            case ast.Constant(value=int() | float()):
                yield node.lineno, node.col_offset, node.end_col_offset or 0
            case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]):
                if left.end_lineno == right.lineno:
                    yield right.lineno, left.end_col_offset or 0, right.col_offset
