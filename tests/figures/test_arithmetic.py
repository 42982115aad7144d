"""Each module's arithmetic against course_lib's, on random numbers, in the browser."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import traitlets

import course_lib.figures
from course_lib.data import points_by_line
from course_lib.figures import (
    ActivationPair,
    BackpropGraph,
    BroadcastShapes,
    ConcertDecision,
    DecisionLine,
    DescentBowl,
    DividedBlame,
    DrawDigit,
    HeldFormula,
    HiddenUnits,
    LineGuess,
    LossCurves,
    PolynomialFit,
    RavineRace,
    ShardedGradients,
    SlidingFilter,
)
from course_lib.figures.base import Figure
from course_lib.figures.chance import epoch_order, glorot_uniform
from course_lib.figures.draw_digit import centre, count_ink, from_counts
from course_lib.figures.held_formula import FORMULAS
from course_lib.figures.ravine_race import RULES
from course_lib.network import forward
from course_lib.perceptron import Perceptron
from tests.figures.conftest import OpenFigure, assert_close, call, settle, state_of

Draw = Callable[[np.random.Generator], Figure]
ACTIVATIONS = ["tanh", "relu", "sigmoid", "linear"]


def concert(rng: np.random.Generator) -> Figure:
    count = int(rng.integers(1, 9))
    return ConcertDecision(rng.integers(2, size=count), rng.normal(size=count), rng.normal())


def decision_line(rng: np.random.Generator) -> Figure:
    count = int(rng.integers(1, 30))
    points = rng.normal(scale=10.0 ** rng.integers(-2, 4), size=(count, 2))
    return DecisionLine(points, rng.integers(2, size=count), rng.normal(size=2), rng.normal())


def line_guess(rng: np.random.Generator) -> Figure:
    count = int(rng.integers(2, 40))
    return LineGuess(rng.normal(size=count), rng.normal(size=count), rng.normal(), rng.normal())


def descent_bowl(rng: np.random.Generator) -> Figure:
    count = int(rng.integers(3, 40))
    return DescentBowl(
        rng.normal(size=count),
        rng.normal(size=count),
        learning_rate=rng.uniform(0.001, 0.4),
        momentum=rng.uniform(0, 0.9),
        batch_size=int(rng.integers(0, count + 3)),
        start=rng.normal(size=2),
        steps=int(rng.integers(0, 30)),
        seed=int(rng.integers(1000)),
    )


def activation_pair(rng: np.random.Generator) -> Figure:
    return ActivationPair(str(rng.choice(ACTIVATIONS)), rng.normal(scale=3), int(rng.integers(1, 20)))


def backprop_graph(rng: np.random.Generator) -> Figure:
    return BackpropGraph(rng.normal(size=2), rng.normal(size=2), rng.normal(), rng.normal())


def divided_blame(rng: np.random.Generator) -> Figure:
    count = int(rng.integers(1, 6))
    return DividedBlame(
        rng.normal(size=(count, 2)), rng.normal(size=count), rng.normal(size=15), int(rng.integers(count))
    )


def held_formula(rng: np.random.Generator) -> Figure:
    formula = str(rng.choice(list(FORMULAS)))
    ranges = FORMULAS[formula].ranges
    return HeldFormula(formula, **{name: rng.uniform(low, high) for name, (low, high, _) in ranges.items()})


def hidden_units(rng: np.random.Generator) -> Figure:
    count, hidden = int(rng.integers(1, 40)), int(rng.integers(1, 9))
    points, classes = rng.normal(scale=3, size=(count, 2)), rng.integers(2, size=count)
    return HiddenUnits(points, classes, hidden, str(rng.choice(ACTIVATIONS)), seed=int(rng.integers(1000)))


def loss_curves(rng: np.random.Generator) -> Figure:
    faults = ["none", "zeros", "shuffled", "uphill"]
    rates = rng.uniform(0.0001, 0.05, size=3)
    return LossCurves(
        rng.normal(size=20),
        rng.normal(size=20),
        rates,
        5,
        6,
        str(rng.choice(faults)),
        int(rng.integers(1000)),
    )


def broadcast_shapes(rng: np.random.Generator) -> Figure:
    left, right = (rng.integers(1, 4, size=int(rng.integers(1, 3))).tolist() for _ in range(2))
    return BroadcastShapes(left, right)


def sharded_gradients(rng: np.random.Generator) -> Figure:
    count = int(rng.integers(1, 40))
    workers, weighted = int(rng.integers(1, 9)), bool(rng.integers(2))
    return ShardedGradients(rng.normal(size=count), rng.normal(size=count), workers, rng.normal(), weighted)


def ravine_race(rng: np.random.Generator) -> Figure:
    # Above the bound rounding grows with every step until no two engines agree: not yet in thirty.
    return RavineRace(
        bend=rng.uniform(0, 0.8),
        steepness=rng.uniform(0.5, 8),
        rate=rng.uniform(0.001, 0.1),
        adaptive_rate=rng.uniform(0.001, 0.1),
        momentum=rng.uniform(0, 0.9),
        steps=int(rng.integers(0, 30)),
        start=rng.uniform(-1.5, 1.5, size=2),
        shown=[name for name in RULES if rng.integers(2)],
    )


def sliding_filter(rng: np.random.Generator) -> Figure:
    count = int(rng.integers(1, 5))
    return SlidingFilter(
        rng.normal(size=9),
        *rng.integers(6, size=2),
        *rng.integers(-2, 3, size=2),
        rng.integers(17, size=(count, 8, 8)),
        int(rng.integers(count)),
    )


def polynomial_fit(rng: np.random.Generator) -> Figure:
    count = int(rng.integers(9, 20))
    inputs, new_inputs = np.sort(rng.uniform(-1, 1, size=count)), rng.uniform(-1, 1, size=30)
    inputs += np.linspace(-1, 1, count)  # apart from each other
    degree, highest = sorted(rng.integers(1, 6, size=2).tolist())
    return PolynomialFit(inputs, rng.normal(size=count), new_inputs, rng.normal(size=30), degree, highest)


def draw_digit(rng: np.random.Generator) -> Figure:
    units = int(rng.integers(10, 12))
    last = rng.normal(size=(7, units)), rng.normal(size=units)
    layers = [(rng.normal(size=(64, 7)), rng.normal(size=7)), last]
    kinds = [str(kind) for kind in rng.choice(ACTIVATIONS, size=2)]
    figure = DrawDigit(layers, kinds, drawing=rng.integers(17, size=64))
    figure.centred = bool(rng.integers(2))
    if rng.integers(2):
        strokes = [rng.uniform(0, 31, (rng.integers(1, 6), 2)).round(2) for _ in range(rng.integers(1, 4))]
        figure.strokes = [stroke.tolist() for stroke in strokes]
    return figure


DRAWN: dict[str, Draw] = {
    "ConcertDecision": concert, "DecisionLine": decision_line, "LineGuess": line_guess,
    "DescentBowl": descent_bowl, "ActivationPair": activation_pair, "BackpropGraph": backprop_graph,
    "DividedBlame": divided_blame, "HeldFormula": held_formula, "HiddenUnits": hidden_units,
    "LossCurves": loss_curves, "BroadcastShapes": broadcast_shapes, "ShardedGradients": sharded_gradients,
    "RavineRace": ravine_race, "PolynomialFit": polynomial_fit, "DrawDigit": draw_digit,
    "SlidingFilter": sliding_filter,
}  # fmt: skip


def by_its_bounds(name: str) -> Draw:
    """Return how a figure is drawn that stands in no list: each number somewhere between its bounds."""

    def draw(rng: np.random.Generator) -> Figure:
        figure: Figure = getattr(course_lib.figures, name)()
        for trait_name in figure.public_state():
            trait = figure.traits()[trait_name]
            if isinstance(trait, (traitlets.Int, traitlets.Float)):
                low, high = max(trait.min or 0, -1e3), min(1e3 if trait.max is None else trait.max, 1e3)
                value = rng.uniform(low, high)
                setattr(figure, trait_name, int(value) if isinstance(trait, traitlets.Int) else value)
        return figure

    return draw


@pytest.mark.parametrize("name", [name for name in course_lib.figures.__all__ if name != "Playground"])
def test_the_page_computes_what_python_computes(open_figure: OpenFigure, name: str) -> None:
    draw = DRAWN.get(name) or by_its_bounds(name)
    rng = np.random.default_rng(0)
    page = open_figure(draw(rng))
    for _ in range(60):
        figure = draw(rng)
        assert_close(call(page, "compute", figure.public_state()), figure.computed(), where=repr(figure))


def test_rosenblatts_rule_point_by_point(open_figure: OpenFigure) -> None:
    figure = DecisionLine()
    page = open_figure(figure)
    for _ in range(60):
        change = call(page, "lookAtNext", figure.public_state())
        figure.look_at_next()
        assert_close(change, {name: getattr(figure, name) for name in change})


def test_mistake_by_mistake_it_learns_like_the_perceptron(open_figure: OpenFigure) -> None:
    figure = DecisionLine(*points_by_line(150, scaled=True), weights=(0, 0), bias=0, learning_rate=1)
    learned = Perceptron(learning_rate=1, keep_history=True).fit(figure.inputs, figure.targets)
    page = open_figure(figure)
    state = figure.public_state()
    for step in learned.history_:
        state |= call(page, "goToMistake", state)
        assert_close([*state["weights"], state["bias"]], [*step.weights, step.bias])
    assert len(learned.history_) == state["updates"] > 10
    assert call(page, "goToMistake", state)["updates"] == state["updates"]


def test_the_hidden_units_train_as_in_python(open_figure: OpenFigure) -> None:
    for activation in ACTIVATIONS:
        figure = HiddenUnits(activation=activation, hidden=3, seed=5)
        page = open_figure(figure)
        assert call(page, "startParameters", figure.public_state()) == figure.parameters
        trained = call(page, "train", figure.public_state(), 10)
        figure.train(10)
        assert_close(trained, figure.parameters)
        assert figure.epoch == 10


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_held_formula_says_what_it_holds(open_figure: OpenFigure, formula: str) -> None:
    """Wherever a number stands it is the same one; a typed number arrives everywhere."""
    figure = HeldFormula(formula)
    page = open_figure(figure)
    fields = page.locator("input.held")
    written = re.findall(r"{(\w+)}", FORMULAS[formula].formula)
    assert [float(fields.nth(i).input_value()) for i in range(fields.count())] == [
        figure.values[name] for name in written
    ]
    first = written[0]
    fields.nth(0).fill("0.4")
    settle(page)
    moved = HeldFormula(formula, **(figure.values | {first: 0.4}))
    held = [fields.nth(i).input_value() for i, name in enumerate(written) if name == first]
    assert set(held) == {"0.4"}
    words = page.locator(".figure-result").inner_text()
    assert "0.4" in words
    assert not re.search("infinity|undefined|NaN|[{}]", words)
    assert_close(call(page, "compute", state_of(page, figure)), moved.computed())


def test_a_held_line_stands_square_to_its_weights(open_figure: OpenFigure) -> None:
    """In pixels too: both axes have one scale, on a phone as well."""
    for width in (390, 1280):
        page = open_figure(HeldFormula("weighted_sum", w1=1.3, w2=0.7), width=width)
        (boundary, arrow) = page.evaluate(
            """[...document.querySelectorAll('.figure-stage g line')].slice(0, 2).map(
                line => ['x', 'y'].map(axis => line.getAttribute(axis + 2) - line.getAttribute(axis + 1)))"""
        )
        assert abs(np.dot(boundary, arrow)) < 1e-9 * np.linalg.norm(boundary) * np.linalg.norm(arrow)


def test_blame_teaches_as_in_python(open_figure: OpenFigure) -> None:
    figure = DividedBlame()
    page = open_figure(figure)
    state = figure.public_state()
    for _ in range(200):
        state |= call(page, "learn", state)
        figure.learn()
    assert_close(state["parameters"], figure.parameters)
    outputs = [forward(figure.layers(), [point])[-1][0, 0] for point in figure.points]
    assert np.sign(outputs).tolist() == figure.targets  # from where it starts it learns xor


def test_digits_are_prepared_alike(open_figure: OpenFigure) -> None:
    page = open_figure(DrawDigit())
    rng = np.random.default_rng(1)
    for _ in range(30):
        drawing = np.zeros((32, 32), int)
        height, width = rng.integers(1, 33, size=2)
        top, left = rng.integers(0, 33 - height), rng.integers(0, 33 - width)
        drawing[top : top + height, left : left + width] = rng.integers(2, size=(height, width))
        assert call(page, "centre", drawing.ravel().tolist()) == centre(drawing).ravel().tolist()
        assert call(page, "countInk", drawing.ravel().tolist()) == count_ink(drawing).tolist()
        counts = rng.integers(17, size=64)
        assert call(page, "fromCounts", counts.tolist()) == from_counts(counts)
        assert count_ink(np.array(from_counts(counts))).tolist() == counts.tolist()


def test_chance_is_the_same_in_both(open_figure: OpenFigure) -> None:
    page = open_figure(DescentBowl())
    for seed in (0, 1, 17, 99999):
        for epoch in (0, 1, 250):
            assert call(page, "epochOrder", seed, epoch, 101) == epoch_order(seed, epoch, 101)
    assert sorted(epoch_order(3, 4, 50)) == list(range(50))
    drawn = np.array(glorot_uniform([40, 50, 1], 0)[:2000])
    limit = np.sqrt(6 / 90)
    assert np.abs(drawn).max() < limit
    assert drawn.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
