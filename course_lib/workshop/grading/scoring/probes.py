"""Questions about a student's own code: what a line of it gives for an input, answered by running it.

For each question the function is copied, with a `return` at the line that is asked about; the copies go into
one more cell of the notebook, and the sandbox runs them like any other answer.
"""

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from course_lib.exercises.running import Call

ELSEWHERE = "This line was not reached."
LONGEST_CALL = 160  # letters of a call that one can have in mind
TOO_HARD = (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal, ast.AsyncFor, ast.AsyncWith)


@dataclass(frozen=True)
class Probe:
    """One question, not answered yet.

    Attributes
    ----------
    line
        The line of the answer that is asked about, from 1.
    words
        The question.
    call
        The call that it is about, by the function's own name.
    source
        A copy of the function that returns what is asked, under the name of `copied`.
    """

    line: int
    words: str
    call: Call
    source: str

    def copied(self, number: int) -> tuple[str, Call]:
        """Return the copy under a name of its own, and the call of it."""
        name = f"oral_question_{number}"
        return self.source.replace("ORAL_COPY", name, 1), Call(name, self.call.arguments)


def probes_of(source: str, calls: Sequence[tuple[Call, str]]) -> list[Probe]:
    """Return the questions that can be asked about an answer.

    Parameters
    ----------
    source
        The code of an answer; its lines are counted from its beginning.
    calls
        Calls of its functions, each as one would write it.
    """
    try:
        functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    except (SyntaxError, ValueError, RecursionError):
        return []
    found = []
    for call, shown in calls:
        function = functions.get(call.target)
        if (
            function is None
            or len(shown) > LONGEST_CALL
            or any(isinstance(n, TOO_HARD) for n in ast.walk(function))
        ):
            continue
        for place, node in enumerate(_own_statements(function)):
            if words := _words(node):
                said = f"{shown} is called. {words}"
                found.append(Probe(node.lineno, said, call, ast.unparse(_asking(function, place))))
    return found


def _own_statements(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return a function's statements, without those of functions and classes within it."""

    def below(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
        for node in body:
            yield node
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for name in ("body", "orelse", "finalbody"):
                    yield from below(getattr(node, name, []))

    return list(below(function.body))


def _words(node: ast.stmt) -> str:
    """Return what can be asked about a statement; nothing where the answer can be read off it."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if not isinstance(value, ast.Constant):
            return f"What does {name} hold when line {node.lineno} has run for the first time?"
        case ast.AugAssign(target=ast.Name(id=name)):
            return f"What does {name} hold when line {node.lineno} has run for the first time?"
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            return f"What does line {node.lineno} return?"
        case ast.If() | ast.While():
            return f"Is the condition in line {node.lineno} true when it is looked at for the first time?"
        case ast.For(target=ast.Name(id=name)):
            return f"What does {name} hold in the first round of line {node.lineno}?"
    return ""


def _asking(function: ast.FunctionDef, place: int) -> ast.FunctionDef:
    """Return a copy of a function that returns what is asked about one of its statements."""
    made = copy.deepcopy(function)
    made.name, made.decorator_list = "ORAL_COPY", []
    asked = _own_statements(made)[place]
    for node in _own_statements(made):
        if isinstance(node, ast.Return) and node is not asked:
            node.value = ast.Constant(ELSEWHERE)
    match asked:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AugAssign(target=ast.Name(id=name)):
            _insert(made, asked, ast.Return(ast.Name(name, ast.Load())), behind=True)
        case ast.If(test=test) | ast.While(test=test):
            truth = ast.Call(ast.Name("bool", ast.Load()), [copy.deepcopy(test)], [])
            _insert(made, asked, ast.Return(truth), behind=False)
        case ast.For(target=ast.Name(id=name), body=body):
            body.insert(0, ast.Return(ast.Name(name, ast.Load())))
    made.body.append(ast.Return(ast.Constant(ELSEWHERE)))
    return ast.fix_missing_locations(made)


def _insert(function: ast.FunctionDef, node: ast.stmt, new: ast.stmt, behind: bool) -> None:
    for one in [function, *_own_statements(function)]:
        for name in ("body", "orelse", "finalbody"):
            body = getattr(one, name, None)
            if isinstance(body, list) and node in body:
                body.insert(body.index(node) + behind, new)
                return
