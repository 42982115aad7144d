"""Each printed derivative is a derivative: symbolically, numerically, by TensorFlow, and by the library."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from numpy.typing import NDArray
from sympy import Expr, Indexed, Symbol

from course_lib import cost, descent, network
from course_lib.optimizers import Adam, AdamW, Momentum, Nesterov, RMSprop
from course_lib.workshop.book.proofs import formulas
from course_lib.workshop.book.proofs.formulas import FORMULAS, UPDATES, Formula, formula_problems, plain

POINTS = 4  # how many examples the sums run over
WHICH = 2  # the example that stands for "each"
DRAWS = 20
Values = dict[Symbol, float]


def _concrete(expression: Expr) -> Expr:
    """Return an expression with its sums written out over a few examples, in plain symbols."""
    expression = plain(expression).subs({formulas.N: POINTS}).doit()
    expression = expression.subs({formulas.i: WHICH})
    for indexed in expression.atoms(Indexed):
        expression = expression.subs(indexed, _symbol(indexed))
    return expression


def _symbol(indexed: Indexed) -> Symbol:
    name = {r"\hat{y}": "guess"}.get(str(indexed.base.label), str(indexed.base.label))
    return Symbol(f"{name}_{indexed.indices[0]}", real=True)


def _variable(formula: Formula) -> Symbol:
    concrete = _concrete(formula.variable)
    assert isinstance(concrete, Symbol)
    return concrete


def _draws(*expressions: Expr) -> list[Values]:
    rng, shares = np.random.default_rng(0), (formulas.y, formulas.p)
    symbols = sorted(set().union(*(one.free_symbols for one in expressions)), key=str)
    return [
        {one: float(rng.uniform(0.05, 0.95) if one in shares else rng.normal()) for one in symbols}
        for _ in range(DRAWS)
    ]


def _with_definitions(formula: Formula, values: Values) -> Values:
    """Return values with those of the symbols that are computed from others, such as h."""
    computed = {
        one: float(definition.subs(values))
        for one, definition in formula.definitions.items()
        if one not in values or one != _variable(formula)
    }
    return {**values, **computed}


def _cases(formula: Formula) -> list[tuple[Values, float]]:
    """Return random points, and what the printed right side says there."""
    function, right = _concrete(formula.function), _concrete(formula.right)
    draws = _draws(function, *(_concrete(one) for one in formula.definitions.values()))
    for free in right.free_symbols - set(formula.definitions) - function.free_symbols:
        for number, draw in enumerate(draws):
            draw.setdefault(free, 0.1 + number)
    return [(draw, float(right.subs(_with_definitions(formula, draw)))) for draw in draws]


@pytest.fixture(params=FORMULAS)
def formula(request: pytest.FixtureRequest) -> Formula:
    return FORMULAS[request.param]


def test_symbolic(formula: Formula) -> None:
    right = _concrete(formula.right)
    defined = {one: what for one, what in formula.definitions.items() if one != _variable(formula)}
    difference = sympy.diff(_concrete(formula.function), _variable(formula)) - right.subs(defined)
    assert sympy.simplify(difference) == 0


def test_finite_difference(formula: Formula) -> None:
    function, variable, step = _concrete(formula.function), _variable(formula), 1e-5
    for values, printed in _cases(formula):
        higher = function.subs({**values, variable: values[variable] + step})
        lower = function.subs({**values, variable: values[variable] - step})
        assert float(higher - lower) / (2 * step) == pytest.approx(printed, rel=1e-6, abs=1e-7)


def test_gradient_tape(formula: Formula) -> None:
    from course_lib.tf.quiet import tf

    function, variable = _concrete(formula.function), _variable(formula)
    for values, printed in _cases(formula):
        symbols = list(values)
        compute = sympy.lambdify(symbols, function, modules="tensorflow")
        tensors = {one: tf.constant(value, tf.float64) for one, value in values.items()}
        with tf.GradientTape() as tape:
            tape.watch(tensors[variable])
            result = compute(*(tensors[one] for one in symbols))
        assert float(tape.gradient(result, tensors[variable])) == pytest.approx(printed, rel=1e-9, abs=1e-12)


def _numbers(values: Values, name: str) -> NDArray[np.float64]:
    return np.array([values[Symbol(f"{name}_{number}", real=True)] for number in range(1, POINTS + 1)])


def _line(values: Values) -> tuple[float, float]:
    return descent.line_gradient(
        _numbers(values, "x"), _numbers(values, "y"), values[formulas.w], values[formulas.b]
    )


def _two_units(values: Values) -> list[NDArray[np.float64]]:
    """Return the library's gradient for one input, one hidden unit and one output: v, c, w, b."""
    layers = [
        (np.array([[values[formulas.v]]]), np.array([values[formulas.c]])),
        (np.array([[values[formulas.w]]]), np.array([values[formulas.b]])),
    ]
    outputs = network.forward(layers, [[values[formulas.x]]])
    slopes = cost.mean_squared_error_gradient(outputs[-1], [[values[formulas.y]]])
    return network.flat(network.backward(layers, outputs, slopes))


def _slope(name: str) -> Callable[[Values], float]:
    activation = network.ACTIVATIONS[name]
    return lambda values: float(activation.slope(activation.function(np.array(values[formulas.z]))))


def _decay(values: Values) -> float:
    """Return what weight decay adds to the library's gradient of a network with one weight."""
    by_strength = []
    for strength in (0.0, values[formulas.decay]):
        model = network.Network([], weight_decay=strength)
        model.layers_ = [(np.array([[values[formulas.w]]]), np.array([0.5]))]
        by_strength.append(model.gradient([[2.0]], [1.0])[0][0].item())
    return float(by_strength[1] - by_strength[0])


# The library's own gradient for each formula that it computes; the others stand in a chapter alone.
LIBRARY: dict[str, Callable[[Values], Any]] = {
    "mse_by_weight": lambda values: _line(values)[0],
    "mse_by_bias": lambda values: _line(values)[1],
    "mse_by_prediction": lambda values: cost.mean_squared_error_gradient(
        _numbers(values, "guess"), _numbers(values, "y")
    )[WHICH - 1],
    "weight_decay_slope": _decay,
    "sigmoid_slope": _slope("sigmoid"),
    "tanh_slope": _slope("tanh"),
    "cross_entropy_by_logit": lambda values: cost.binary_cross_entropy_gradient(
        [values[formulas.z]], [values[formulas.y]]
    )[0],
    "error_by_output": lambda values: cost.mean_squared_error_gradient(
        [values[formulas.o]], [values[formulas.y]]
    )[0],
    "error_by_outer_weight": lambda values: _two_units(values)[2].item(),
    "error_by_inner_weight": lambda values: _two_units(values)[0].item(),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_library(name: str) -> None:
    for values, printed in _cases(FORMULAS[name]):
        assert float(LIBRARY[name](values)) == pytest.approx(printed, rel=1e-9, abs=1e-12)


def _page(latex: str, names: str) -> str:
    return f"Text.\n\n$$\n{latex}\n$$\n\nThe slope. <!-- formula: {names} -->\n"


@pytest.mark.parametrize("name", FORMULAS)
def test_printed_as_it_should_be(name: str) -> None:
    assert formula_problems(_page(FORMULAS[name].latex, name), "page") == []


def test_every_flipped_sign_fails(formula: Formula) -> None:
    name = next(key for key, value in FORMULAS.items() if value is formula)
    latex = formula.latex
    flipped = [
        latex[: match.start()] + {"+": "-", "-": "+"}[match[0]] + latex[match.end() :]
        for match in re.finditer(r"[+-]", latex)
    ]
    flipped.append(latex.replace("= - ", "= ") if "= - " in latex else latex.replace("= ", "= -"))
    for text in flipped:
        (problem,) = formula_problems(_page(text, name), "chapters/page.md, cell 3")
        assert str(problem).startswith("chapters/page.md, cell 3: nothing proves the derivative")


def test_rows_of_an_aligned_formula_in_another_spacing() -> None:
    latex = r"""\begin{aligned}
    \frac{\partial E}{\partial w} &= -\frac{2}{N}\sum_{i=1}^N x_i\,\bigl(y_i - (w x_i + b)\bigr) \\[4pt]
    \frac{\partial E}{\partial b} &= -\frac{2}{N}\sum_{i=1}^N \bigl(y_i - (w x_i + b)\bigr).
    \end{aligned}"""
    assert formula_problems(_page(latex, "mse_by_weight, mse_by_bias"), "page") == []
    (problem,) = formula_problems(_page(latex, "mse_by_weight"), "page")
    assert r"\partial b" in str(problem)


def test_an_unnamed_derivative_fails() -> None:
    (problem,) = formula_problems("$$\n\\frac{dE}{dw} = 2 w\n$$\n", "page")
    assert "no formula is named" in str(problem)


@pytest.mark.parametrize(
    "latex",
    [r"E = \frac{1}{N} \sum (y - o)^2", r"w \leftarrow w - \eta \frac{\partial E}{\partial w}", "x' > 0"],
)
def test_what_is_no_derivative_needs_no_name(latex: str) -> None:
    assert formula_problems(f"$$\n{latex}\n$$\n", "page") == []


def test_names_that_mean_nothing_fail() -> None:
    assert "there is no formula" in str(formula_problems(_page("f'(x) = 2 x", "cube_slope"), "page")[0])
    assert "does not print it" in str(formula_problems(_page("a = b", "square_slope"), "page")[0])
    assert "before any formula" in str(formula_problems("Text. <!-- formula: square_slope -->", "page")[0])


RULES = {
    "momentum": (Momentum(0.1, 0.7), "velocity, momentum_step", {"eta": 0.1, "mu": 0.7}),
    "nesterov": (Nesterov(0.1, 0.7), "velocity, nesterov_step", {"eta": 0.1, "mu": 0.7}),
    "rmsprop": (
        RMSprop(0.1, 0.8, 1e-3),
        "rmsprop_square, rmsprop_step",
        {"eta": 0.1, "rho": 0.8, "epsilon": 1e-3},
    ),
    "adam": (
        Adam(0.1, 0.7, 0.9, 1e-3),
        "adam_mean, adam_square, adam_mean_lifted, adam_square_lifted, adam_step",
        {"eta": 0.1, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3},
    ),
    "adamw": (
        AdamW(0.1, 0.3, 0.7, 0.9, 1e-3),
        "adamw_decay, adam_mean, adam_square, adam_mean_lifted, adam_square_lifted, adam_step",
        {"eta": 0.1, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3, "lambda": 0.3},
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_the_lines_of_a_rule_are_what_its_class_does(name: str) -> None:
    rule, lines, settings = RULES[name]
    values = {"w": 1.5, "v": 0.0, "m": 0.0, "s": 0.0, **settings}
    place = [np.array(1.5)]
    for step, slope in enumerate(np.random.default_rng(0).normal(size=5), start=1):
        values |= {"g": float(slope), "t": step}
        for line in lines.split(", "):
            update = UPDATES[line]
            right = plain(update.right).subs(
                {one: values[one.name] for one in update.right.free_symbols if one.name in values}
            )
            values[update.of.name] = float(right)
        place = rule.step(place, [np.array(slope)])
        assert float(place[0]) == pytest.approx(values["w"], rel=1e-12)


@pytest.mark.parametrize("name", UPDATES)
def test_a_line_of_a_rule_is_printed_as_it_should_be(name: str) -> None:
    latex = UPDATES[name].latex
    assert formula_problems(_page(latex, name), "page") == []
    for match in re.finditer(r"[-+]", latex):
        flipped = latex[: match.start()] + {"+": "-", "-": "+"}[match[0]] + latex[match.end() :]
        assert "nothing proves" in str(formula_problems(_page(flipped, name), "page")[0])
    assert "does not print it" in str(formula_problems(_page("a = b", name), "page")[0])
