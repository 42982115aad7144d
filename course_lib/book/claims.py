"""Claims: each result that prose states is bound to a check that runs with the notebook.

An author writes, after a sentence's closing punctuation and on the same line::

    After 12 passes no error is left. <!-- claim: len(passes) == 12 and errors == 0 -->
    You leave for more than 1.5. <!-- given: 1.5, the story -->

A *claim* is a Python expression. It is evaluated in the notebook's kernel after the code cell above the
sentence, and it has to be true. A *given* names a number that no code produced, and where it comes from.
"""

import ast
import re
from dataclasses import dataclass

_COMMENT = re.compile(r"<!--\s*(claim|given):\s*(.*?)\s*-->", re.DOTALL)


@dataclass(frozen=True)
class Claim:
    """One claim: its expression, and the sentence that it proves."""

    expression: str
    sentence: str


def claims(markdown: str) -> list[Claim]:
    """Return the claims of a Markdown cell, in order."""
    found = []
    for match in _COMMENT.finditer(markdown):
        if match[1] == "claim":
            before = _COMMENT.sub("", markdown[: match.start()]).split("\n\n")[-1]
            sentence = re.split(r"(?<=[.!?:])\s+(?=\S)", before.strip())[-1].strip()
            found.append(Claim(" ".join(match[2].split()), sentence))
    return found


def truth_expressions(claim: Claim) -> dict[str, str]:
    """Return what to ask a kernel: whether the claim holds, and the values that explain it if not."""
    asked = {"holds": f"bool({claim.expression})"}
    try:
        tree = ast.parse(claim.expression, mode="eval").body
    except SyntaxError:
        return asked
    comparisons = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    for number, node in enumerate(comparisons):
        asked[f"side_{number}"] = ast.unparse(node.left)
    return asked


def explain(claim: Claim, answers: dict[str, tuple[bool, str]]) -> str | None:
    """Return why a claim does not hold, or None if it does.

    Parameters
    ----------
    claim
        The claim.
    answers
        For each of `truth_expressions`, whether it had a value, and the value or the error.
    """
    worked, value = answers["holds"]
    if worked and value == "True":
        return None
    head = f"the claim `{claim.expression}` of the sentence “{claim.sentence}”"
    if not worked:
        return f"{head} cannot be evaluated: {value}."
    asked = truth_expressions(claim)
    sides = [
        f"`{asked[name]}` is {side}"
        for name, (known, side) in answers.items()
        if name != "holds" and known and asked[name] != side
    ]
    return f"{head} does not hold" + (f": {', '.join(sides)}." if sides else ".")
