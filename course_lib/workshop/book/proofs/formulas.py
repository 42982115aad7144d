r"""The book's derivatives: each printed one is held against an expression that a computer differentiates.

How to print a derivative in a chapter: find it with ``python -m course_lib.workshop.book.proofs.formulas``,
which lists each formula's name and its LaTeX, paste the LaTeX, and name it in a comment behind the closing
``$$``::

    $$
    \begin{aligned}
    \frac{\partial E}{\partial w} &= - \frac{2}{N} \sum_{i=1}^{N} x_i \left(y_i - (w x_i + b)\right) \\
    \frac{\partial E}{\partial b} &= - \frac{2}{N} \sum_{i=1}^{N} \left(y_i - (w x_i + b)\right)
    \end{aligned}
    $$

    The slope of the bowl. <!-- formula: mse_by_weight, mse_by_bias -->

Every row whose left side is a derivative (it holds ``\partial``, ``\nabla``, ``\frac{d`` or a prime, as in
``f'(x)``) has to be one of the named formulas, to the letter but for blanks, ``&``, ``\cdot``, the size of
brackets and a full stop or comma at the end. The comment may stand in the sentence after the formula; alone
on a line it is fine too. To print another derivative, add it to `FORMULAS`: write the right side as it shall
look (SymPy keeps the order of terms and factors), and the tests prove that it is the derivative of the
function: symbolically, by finite differences, by TensorFlow, and against the library's own gradient.

The lines of an optimiser's rule (`UPDATES`) are printed and named in the same way; the tests hold them
against the library's classes.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import sympy
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sympy import Add, Expr, Function, Idx, IndexedBase, Mul, Pow, Sum, Symbol, exp, log, tanh
from sympy.printing.latex import LatexPrinter

from course_lib.workshop.book.problems import Problem, further_down


@dataclass(frozen=True)
class Formula:
    """A derivative as it is printed, and the function that it is the derivative of.

    Parameters
    ----------
    left
        The LaTeX before the equals sign.
    right
        The right side, unevaluated, so that it is printed as it is written here.
    function
        What is differentiated.
    variable
        By what it is differentiated.
    definitions
        What the symbols of `right` and `function` stand for that are computed from others.
    """

    left: str
    right: Expr
    function: Expr
    variable: Expr
    definitions: dict[Symbol, Expr] = field(default_factory=dict)

    @property
    def latex(self) -> str:
        """The whole formula, as a chapter prints it."""
        return f"{self.left} = {to_latex(self.right)}"


class _Printer(LatexPrinter):  # type: ignore[misc]
    """Prints terms and factors in the order in which they are written, and short indices."""

    def _print_Indexed(self, expression: Any) -> str:  # noqa: N802 SymPy's name
        indices = ",".join(self._print(index) for index in expression.indices)
        return f"{self._print(expression.base)}_{indices if len(indices) == 1 else '{' + indices + '}'}"

    def _print_IndexedBase(self, expression: Any) -> str:  # noqa: N802
        return str(self._print(expression.label))

    def _print_Group(self, expression: Any) -> str:  # noqa: N802
        return f"({self._print(expression.args[0])})"

    def _print_tanh(self, expression: Any, exp: Any = None) -> str:
        return f"\\tanh{'' if exp is None else f'^{exp}'}({self._print(expression.args[0])})"

    def _print_sigma(self, expression: Any, exp: Any = None) -> str:
        return f"\\sigma({self._print(expression.args[0])})"


class Group(Function):  # type: ignore[misc]
    """A bracket that arithmetic does not need and a reader does."""


class sigma(Function):  # type: ignore[misc]  # noqa: N801 the name it is printed with
    """The sigmoid, printed by its letter."""


def to_latex(expression: Expr) -> str:
    """Return an expression's LaTeX, in the order in which it is written."""
    return str(_Printer({"order": "none", "mul_symbol": None}).doprint(expression))


def plain(expression: Expr) -> Expr:
    """Return an expression with brackets dissolved and the sigmoid written out."""
    expression = expression.replace(Group, lambda inside: inside)
    return expression.replace(sigma, lambda z: 1 / (1 + exp(-z)))


def _sum(*terms: Any) -> Expr:
    return Add(*terms, evaluate=False)


def _product(*factors: Any) -> Expr:
    return Mul(*factors, evaluate=False)


def _power(base: Any, exponent: Any) -> Expr:
    return Pow(base, exponent, evaluate=False)


w, b, v, c, x, z, h, o, y = sympy.symbols("w b v c x z h o y", real=True)
p = Symbol("p", positive=True)
decay = Symbol("lambda", real=True)
N = Symbol("N", integer=True, positive=True)
i, j = Idx("i"), Idx("j")
x_of, y_of, guess_of = IndexedBase("x"), IndexedBase("y"), IndexedBase(r"\hat{y}")

_LINE = w * x_of[i] + b
_RESIDUAL = _sum(y_of[i], _product(-1, Group(_sum(w * x_of[i], b))))
_LINE_COST = Sum((y_of[i] - _LINE) ** 2, (i, 1, N)) / N
_GUESS_COST = Sum((guess_of[j] - y_of[j]) ** 2, (j, 1, N)) / N
_CROSS_ENTROPY = -(y * log(sigma(z)) + (1 - y) * log(1 - sigma(z)))
_HIDDEN = {h: tanh(v * x + c), o: w * tanh(v * x + c) + b}
_MINUS_TWO_OVER_N = _product(-1, _product(2, Pow(N, -1)))

FORMULAS: dict[str, Formula] = {
    "mse_by_weight": Formula(
        r"\frac{\partial E}{\partial w}",
        _product(_MINUS_TWO_OVER_N, Sum(_product(x_of[i], _RESIDUAL), (i, 1, N))),
        _LINE_COST,
        w,
    ),
    "mse_by_bias": Formula(
        r"\frac{\partial E}{\partial b}",
        _product(_MINUS_TWO_OVER_N, Sum(_RESIDUAL, (i, 1, N))),
        _LINE_COST,
        b,
    ),
    "mse_by_prediction": Formula(
        r"\frac{\partial E}{\partial \hat{y}_i}",
        _product(_product(2, Pow(N, -1)), _sum(guess_of[i], _product(-1, y_of[i]))),
        _GUESS_COST,
        guess_of[i],
    ),
    "weight_decay_slope": Formula(
        r"\frac{\partial}{\partial w} \frac{\lambda}{2} w^2", decay * w, decay * w**2 / 2, w
    ),
    "parabola_slope": Formula(r"f'(x)", _sum(2 * x, 2), x**2 + 2 * x - 5, x),
    "square_slope": Formula(r"f'(x)", 2 * x, x**2, x),
    "sigmoid_slope": Formula(
        r"\sigma'(z)", _product(sigma(z), _sum(1, _product(-1, sigma(z)))), sigma(z), z
    ),
    "tanh_slope": Formula(
        r"\tanh'(z)", _sum(1, _product(-1, _power(tanh(z), 2))), tanh(z), z
    ),
    "cross_entropy_by_logit": Formula(
        r"\frac{\partial E}{\partial z}", _sum(sigma(z), _product(-1, y)), _CROSS_ENTROPY, z
    ),
    "cross_entropy_by_probability": Formula(
        r"\frac{\partial E}{\partial p}",
        _sum(_product(-1, _product(y, Pow(p, -1))),
             _product(_sum(1, _product(-1, y)), Pow(_sum(1, _product(-1, p)), -1, evaluate=False))),
        -(y * log(p) + (1 - y) * log(1 - p)),
        p,
    ),
    "error_by_output": Formula(
        r"\frac{\partial E}{\partial o}", _product(2, _sum(o, _product(-1, y))), (o - y) ** 2, o
    ),
    "error_by_outer_weight": Formula(
        r"\frac{\partial E}{\partial w}",
        _product(2, _sum(o, _product(-1, y)), h),
        (w * tanh(v * x + c) + b - y) ** 2,
        w,
        _HIDDEN,
    ),
    "error_by_hidden": Formula(
        r"\frac{\partial E}{\partial h}",
        _product(2, _sum(o, _product(-1, y)), w),
        (w * h + b - y) ** 2,
        h,
        {o: w * h + b},
    ),
    "error_by_inner_weight": Formula(
        r"\frac{\partial E}{\partial v}",
        _product(2, _sum(o, _product(-1, y)), w, _sum(1, _product(-1, _power(h, 2))), x),
        (w * tanh(v * x + c) + b - y) ** 2,
        v,
        _HIDDEN,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Update:
    """One line of an optimiser's rule: what it replaces, and by what.

    Parameters
    ----------
    of
        The symbol that gets a new value.
    right
        Its new value, from the old one, unevaluated.
    """

    of: Symbol
    right: Expr

    @property
    def latex(self) -> str:
        """The whole line, as a chapter prints it."""
        return f"{to_latex(self.of)} \\leftarrow {to_latex(self.right)}"


g, m, s, t = sympy.symbols("g m s t", real=True)
eta, mu, rho, epsilon, beta_1, beta_2 = sympy.symbols("eta mu rho epsilon beta_1 beta_2", positive=True)


def _minus(expression: Expr) -> Expr:
    return _product(-1, expression)


def _over(above: Expr, below: Expr) -> Expr:
    return _product(above, Pow(below, -1, evaluate=False))


def _mixed(share: Expr, old: Expr, new: Expr) -> Expr:
    return _sum(_product(share, old), _product(_sum(1, _minus(share)), new))


_SHRUNK = _product(Group(_sum(1, _minus(_product(eta, decay)))), w)
m_lifted, s_lifted = sympy.symbols(r"\hat{m} \hat{s}", real=True)

# Each optimiser's lines in the order of a step; g is the gradient, t counts the steps from 1.
UPDATES: dict[str, Update] = {
    "velocity": Update(v, _sum(_product(mu, v), _minus(_product(eta, g)))),
    "momentum_step": Update(w, _sum(w, v)),
    "nesterov_step": Update(w, _sum(w, _product(mu, v), _minus(_product(eta, g)))),
    "rmsprop_square": Update(s, _mixed(rho, s, g**2)),
    "rmsprop_step": Update(w, _sum(w, _minus(_product(eta, _over(g, sympy.sqrt(_sum(s, epsilon))))))),
    "adam_mean": Update(m, _mixed(beta_1, m, g)),
    "adam_square": Update(s, _mixed(beta_2, s, g**2)),
    "adam_mean_lifted": Update(m_lifted, _over(m, _sum(1, _minus(beta_1**t)))),
    "adam_square_lifted": Update(s_lifted, _over(s, _sum(1, _minus(beta_2**t)))),
    "adam_step": Update(
        w, _sum(w, _minus(_product(eta, _over(m_lifted, _sum(sympy.sqrt(s_lifted), epsilon)))))
    ),
    "adamw_decay": Update(w, _SHRUNK),
}

_DERIVATIVE = re.compile(r"\\partial|\\nabla|\\frac\{(?:\\mathrm\{)?d[ }\\]?|\w'\(|\}'\(|\\(?:tanh|sigma)'")
_COMMENT = re.compile(r"<!--\s*formula:\s*(.*?)\s*-->")
_IGNORED = re.compile(r"\\(?:left|right|[bB]igg?[lr]?|cdot|displaystyle|q?quad)(?![a-z])|\\[,;:! ]|&|\s+")


def normal_form(latex: str) -> str:
    """Return LaTeX without what only changes how it looks: blanks, ``&``, sizes of brackets, end marks."""
    text = latex.replace(r"\dfrac", r"\frac").replace(r"\tfrac", r"\frac")
    text = re.sub(r"\\(begin|end)\{(aligned|align\*?|split|gathered)\}", "", text)
    text = _IGNORED.sub("", text)
    text = re.sub(r"([_^])\{(\w)\}", r"\1\2", text)
    return text.rstrip(".,;")


def rows(latex: str) -> list[str]:
    """Return the rows of a displayed formula."""
    return [row for row in re.split(r"\\\\(?:\[[^\]]*\])?", latex) if row.strip()]


def is_derivative(row: str) -> bool:
    """Return whether a row says what a derivative is equal to."""
    left, equals, _ = row.replace(r"\leftarrow", "").partition("=")
    return bool(equals) and r"\leftarrow" not in row and _DERIVATIVE.search(left) is not None


def formula_problems(markdown: str, where: str) -> list[Problem]:
    """Return what is wrong with the derivatives that a Markdown cell displays.

    Parameters
    ----------
    markdown
        The cell.
    where
        How to name the cell in a message.
    """
    tokens = MarkdownIt("commonmark").use(dollarmath_plugin, allow_labels=False).parse(markdown)
    problems: list[Problem] = []
    displayed: list[tuple[str, list[str], str]] = []
    for token in tokens:
        if token.type.startswith("math_block"):
            displayed.append((token.content, [], further_down(where, token.map[0] if token.map else 0)))
        elif token.type in ("inline", "html_block"):
            names = [name for found in _COMMENT.findall(token.content) for name in re.split(r",\s*", found)]
            if names and not displayed:
                problems.append(Problem(where, f"names the formula {names[0]} before any formula.",
                                        "The comment stands behind the closing $$."))  # fmt: skip
            elif names:
                displayed[-1][1].extend(names)
    for latex, names, place in displayed:
        problems += _problems_of_one(latex, names, place)
    return problems


def _problems_of_one(latex: str, names: list[str], where: str) -> list[Problem]:
    every: dict[str, Formula | Update] = {**FORMULAS, **UPDATES}
    unknown = [name for name in names if name not in every]
    if unknown:
        return [Problem(where, f"there is no formula {unknown[0]}.", f"There are: {', '.join(every)}.")]
    known = {normal_form(every[name].latex): name for name in names}
    # Where one line of a rule is named, every line of it is proved.
    lines_too = any(name in UPDATES for name in names)
    shown = [row for row in rows(latex) if is_derivative(row) or (lines_too and r"\leftarrow" in row)]
    unproved = [row for row in shown if normal_form(row) not in known]
    if unproved:
        expected = "; ".join(every[name].latex for name in names) or "no formula is named"
        kind = "derivative" if is_derivative(unproved[0]) else "update"
        return [
            Problem(where, f"nothing proves the {kind} `{' '.join(unproved[0].split())}`: {expected}.",
                    "Print it as this module, run by `python -m`, does, and name it behind the $$.")
        ]  # fmt: skip
    printed = {normal_form(row) for row in shown}
    return [
        Problem(where, f"names the formula {name} and does not print it.", "Remove the name.")
        for text, name in known.items()
        if text not in printed
    ]


if __name__ == "__main__":
    for name, formula in FORMULAS.items():
        print(f"{name}\n    {formula.latex}")
    for name, update in UPDATES.items():
        print(f"{name}\n    {update.latex}")
