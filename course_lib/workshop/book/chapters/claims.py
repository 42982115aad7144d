"""Claims: each result that prose states is bound to a check that runs with the notebook.

An author writes, after a sentence's closing punctuation and on the same line::

    After 12 passes no error is left. <!-- claim: len(passes) == 12 and errors == 0 -->
    You leave for more than 1.5. <!-- given: 1.5, the story -->

A *claim* is a Python expression. It is evaluated in the notebook's kernel after the code cell above the
sentence, and it has to be true. A *given* names numbers that no code produced, and where they come from:
``<!-- given: 0.7 and 0.3, the table above -->``. Several comments may follow one sentence.

Each number in a sentence has to stand in one of the sentence's claims or givens: `12` is bound by a claim
that holds the literal 12, `85 %` by 85 or 0.85, `12,000` by 12000. No binding is needed in headings,
tables, code, math and links, for numbers in names (`x1`, `2D`, `float64`), for years (`in 1958`, `(1969)`,
`Rosenblatt 1958`), and for whatever is written as a word.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

_COMMENT = re.compile(r"<!--\s*(claim|given):\s*(.*?)\s*-->", re.DOTALL)
_ANY_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_OPAQUE = "\ufffc"  # stands for code, math, a link's text or a picture
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)*_]*(?=\s|$)")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|cf|vs|etc|Fig|Eq|No|Dr|St|approx)\.$")
_UNITS = r"(?:x|s|ms|k|px|MB|GB|kB|KB|th|st|nd|rd|%)"
_NUMBER = re.compile(
    rf"(?<![\w.,])[-−–+]?\d+(?:,\d{{3}})*(?:\.\d+)?(?:[eE][-−]?\d+)?(?={_UNITS}?(?![\w{_OPAQUE}]|[.,]\d))"
)
_YEAR = re.compile(
    r"(?:\b(?:in|since|until|of|from|by|In|Since)\s+|\(|[A-Z][\w.’']+,?\s+(?:\()?|\band\s+)(1[5-9]\d\d|20\d\d)(?=[\s.,;:)]|$)"
)


@dataclass(frozen=True)
class Claim:
    """One claim: its expression, the sentence that it proves, and that sentence's line in the cell, from 0."""

    expression: str
    sentence: str
    line: int = 0


@dataclass
class Sentence:
    """A sentence of prose, with what is bound to it.

    Parameters
    ----------
    text
        The sentence; what is code, math, a link or a picture stands in it as one odd character.
    shown
        The sentence as an author finds it in the text.
    line
        Its line in the Markdown, counted from 0.
    claims, givens
        What stands in its comments.
    """

    text: str
    shown: str
    line: int = 0
    claims: list[str] = field(default_factory=list)
    givens: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> list[str]:
        """The numbers of the sentence that have to be bound."""
        text = _YEAR.sub(lambda match: match[0].replace(match[1], ""), self.text)
        return [match[0].lstrip("+") for match in _NUMBER.finditer(text)]

    @property
    def unbound(self) -> list[str]:
        """The numbers of the sentence that no claim and no given holds."""
        known = [abs(number) for claim in self.claims for number in _literals(claim)]
        known += [abs(_value(match[0])) for given in self.givens for match in _NUMBER.finditer(given)]
        return [number for number in self.numbers if not _is_among(number, known)]


def claims(markdown: str) -> list[Claim]:
    """Return the claims of a Markdown cell, in order."""
    return [Claim(claim, one.shown, one.line) for one in sentences(markdown) for claim in one.claims]


def sentences(markdown: str) -> list[Sentence]:
    """Return the sentences of a Markdown cell's prose: no headings, no tables, no code, no math."""
    tokens = _parser().parse(_ANY_COMMENT.sub(_in_one_line, markdown))
    found: list[Sentence] = []
    for token in _prose(tokens):
        found += _split(*_flatten(token), token.map[0] if token.map else 0)
    return found


def _in_one_line(comment: re.Match[str]) -> str:
    return " ".join(comment[0].split())


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_labels=False)


def _prose(tokens: list[Token]) -> Iterator[Token]:
    """Yield the inline tokens that are prose."""
    outside = 0
    for token in tokens:
        if token.type in ("heading_open", "table_open"):
            outside += 1
        elif token.type in ("heading_close", "table_close"):
            outside -= 1
        elif token.type == "inline" and not outside:
            yield token
        elif token.type == "html_block" and token.content.lstrip().startswith("<!--"):
            # A comment at a line's start ends the paragraph. It belongs to nothing, and is refused elsewhere.
            continue


def _flatten(token: Token) -> tuple[str, list[str], list[tuple[int, str]]]:
    """Return a paragraph's text, what each of its characters is for the author, and where comments stand."""
    text, shown, depth = "", [], 0
    comments: list[tuple[int, str]] = []
    for child in token.children or []:
        if child.type == "link_open":
            depth += 1
            text += _OPAQUE
            shown.append("")
        elif child.type == "link_close":
            depth -= 1
        elif child.type == "html_inline":
            if child.content.startswith("<!--"):
                comments.append((len(text), child.content))
        elif depth:
            shown[-1] += child.content
        elif child.type == "text":
            text += child.content
            shown += child.content
        elif child.type in ("softbreak", "hardbreak"):
            text += "\n"
            shown.append(" ")
        elif child.type in ("code_inline", "math_inline", "math_inline_double", "image"):
            text += _OPAQUE
            shown.append(
                {"code_inline": f"`{child.content}`", "image": "(picture)"}.get(
                    child.type, f"${child.content}$"
                )
            )
    return text, shown, comments


def _split(text: str, shown: list[str], comments: list[tuple[int, str]], line: int = 0) -> list[Sentence]:
    """Split a paragraph at the ends of its sentences, and give each its comments."""
    ends = [
        match.end() for match in _SENTENCE_END.finditer(text) if not _ABBREVIATION.search(text[: match.end()])
    ]
    if not ends or text[ends[-1] :].strip():
        ends.append(len(text))
    starts = [0, *ends[:-1]]
    found = [
        Sentence(" ".join(text[start:end].split()), " ".join("".join(shown[start:end]).split()),
                 line + text[: start + len(text[start:end]) - len(text[start:end].lstrip())].count("\n"))
        for start, end in zip(starts, ends, strict=True)
    ]
    for place, comment in comments:
        # A comment belongs to the sentence that it follows, or stands in.
        after = [number for number, end in enumerate(ends) if end <= place and not text[end:place].strip()]
        inside = [number for number, end in enumerate(ends) if place < end]
        _bind(found[(after[-1:] or inside[:1] or [len(found) - 1])[0]], comment)
    return [one for one in found if one.text or one.claims or one.givens]


def _bind(sentence: Sentence, comment: str) -> None:
    match = _COMMENT.match(comment)
    if match is not None:
        bound = sentence.claims if match[1] == "claim" else sentence.givens
        bound.append(" ".join(match[2].split()))


def _literals(expression: str) -> list[float]:
    """Return the numbers that stand in a Python expression, in its strings too."""
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError:
        return []
    numbers: list[float] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            numbers.append(float(node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            numbers += [_value(match[0]) for match in _NUMBER.finditer(node.value)]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.Mult | ast.Div | ast.Sub):
            value = _constant(node)
            numbers += [] if value is None else [value]
    return numbers


def _constant(node: ast.expr) -> float | None:
    """Return the value of arithmetic on literals, such as `10**-6` or `1 - 0.68`."""
    if not all(
        isinstance(part, ast.BinOp | ast.UnaryOp | ast.Constant | ast.operator | ast.unaryop)
        for part in ast.walk(node)
    ):
        return None
    try:
        return float(eval(compile(ast.Expression(node), "claim", "eval"), {"__builtins__": {}}))
    except (ArithmeticError, TypeError, ValueError):
        return None


def _value(number: str) -> float:
    return float(number.replace(",", "").replace("−", "-").replace("–", "-").lstrip("+"))


def _is_among(number: str, known: list[float]) -> bool:
    value = abs(_value(number))
    return any(
        abs(value - one) <= 1e-12 + 1e-9 * value or abs(value - 100 * one) <= 1e-9 * value for one in known
    )


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
