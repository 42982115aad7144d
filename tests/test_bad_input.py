"""Every public function refuses every bad argument in a `ValueError` that names the argument.

The table holds one good call of each function and says of what kind each argument is; the test then spoils
one argument at a time, in every way that its kind can be wrong.
"""

import inspect

import numpy as np
import pytest

from course_lib import cost, data, descent, engines, evaluation, network, optimizers, perceptron

ROWS, ROW, TRUTHS, LABELS = [[0.0, 1.0], [2.0, 3.0], [1.0, 0.5]], [0.5, -1.0], [1.0, 2.0, 4.0], [0, 1, 1]
LINE = [[[1.0], [2.0]], [0.5]]
COLUMN = [[1.0], [2.0], [4.0]]


def spoilt_array(good):
    """Return the array without numbers, with one that is none, in other words, and with an axis too many."""
    array = np.asarray(good, dtype=np.float64)
    for wrong in (np.nan, np.inf, -np.inf):
        spoilt = array.copy()
        spoilt.flat[-1] = wrong
        yield spoilt
    yield from (
        [],
        np.zeros((0, *array.shape[1:])),
        "words",
        None,
        [[1.0], [2.0, 3.0]],
        array[np.newaxis, np.newaxis],
    )


def spoilt_labels(good):
    """Return what spoils any array, and labels outside the set."""
    yield from spoilt_array(good)
    yield from ([*good[:-1], wrong] for wrong in (-1, 0.5, 7))


SPOILT = {
    "array": spoilt_array,
    "any shape": lambda good: [[], [np.nan], [1.0, -np.inf], "words", [[1.0], [2.0, 3.0]]],
    "labels": spoilt_labels,
    "number": lambda good: [np.nan, np.inf, "much", None],
    "above zero": lambda good: [0, -0.5, np.nan, np.inf, "fast", None],
    "not negative": lambda good: [-0.5, np.nan, np.inf, "much", None],
    "share": lambda good: [-0.5, 1, np.nan, "much", None],
    "whole": lambda good: [0, -3, 1.5, "many", None],
    "whole from zero": lambda good: [-3, 1.5, "many", None],
    "optional array": lambda good: [wrong for wrong in spoilt_array(good) if wrong is not None],
    "optional whole": lambda good: [0, -3, 1.5, "many"],
    "word": lambda good: ["other", None],
}

# The function or class, a good call of it, and the kind of each argument to spoil.
A, X, L, N = "array", "any shape", "labels", "number"
P, Z, S, W, W0, M = "above zero", "not negative", "share", "whole", "whole from zero", "word"
OA, OW = "optional array", "optional whole"
CALLS = [
    (perceptron.weighted_sum, {"inputs": (ROWS, A), "weights": (ROW, A), "bias": (0.5, N)}),
    (perceptron.predict, {"inputs": (ROWS, A), "weights": (ROW, A), "bias": (0.5, N)}),
    (
        perceptron.update,
        {
            "weights": (ROW, A),
            "bias": (0.5, N),
            "inputs": (ROW, A),
            "target": (1, N),
            "learning_rate": (1, P),
        },
    ),
    (perceptron.step, {"total": (ROW, X)}),
    (perceptron.random_weights, {"features": (2, W)}),
    (perceptron.margin, {"inputs": (ROWS, A), "targets": (LABELS, L), "weights": (ROW, A), "bias": (0.5, N)}),
    (
        perceptron.mistake_bound,
        {"inputs": (ROWS, A), "targets": ([0, 0, 0], L), "weights": ([-1.0, -1.0], A), "bias": (0.5, N)},
    ),
    *[
        (
            lambda inputs, targets, start_weights, start_bias, kind=kind, **settings: kind(**settings).fit(
                inputs, targets, start_weights, start_bias
            ),
            {
                "inputs": (ROWS, A),
                "targets": (LABELS, L),
                "start_weights": (ROW, OA),
                "start_bias": (0.5, N),
                "learning_rate": (1.0, P),
                "epochs": (3, W),
            },
        )
        for kind in (perceptron.Perceptron, perceptron.PocketPerceptron)
    ],
    (
        data.points_by_line,
        {"count": (9, W), "slope": (1.2, N), "intercept": (50.0, N), "size": (400.0, P)},
    ),
    (
        data.noisy_line,
        {
            "count": (9, W),
            "slope": (3.0, N),
            "intercept": (2.0, N),
            "noise": (1.0, Z),
            "spacing": ("even", M),
        },
    ),
    (data.quadratic_cloud, {"count": (9, W), "noise": (1.0, Z)}),
    (data.xor, {"count": (9, W), "noise": (0.1, S)}),
    *[
        (function, {"predictions": (TRUTHS, A), "targets": (TRUTHS, A)})
        for function in (
            cost.mean_squared_error,
            cost.mean_squared_error_gradient,
            cost.mean_absolute_error,
            cost.mean_absolute_error_gradient,
            evaluation.accuracy,
        )
    ],
    (cost.huber, {"predictions": (TRUTHS, A), "targets": (TRUTHS, A), "delta": (1.0, P)}),
    (cost.huber_gradient, {"predictions": (TRUTHS, A), "targets": (TRUTHS, A), "delta": (1.0, P)}),
    (cost.binary_cross_entropy, {"logits": (TRUTHS, A), "targets": (LABELS, A)}),
    (cost.binary_cross_entropy_gradient, {"logits": (TRUTHS, A), "targets": (LABELS, A)}),
    (cost.sigmoid, {"logits": (ROW, X)}),
    (cost.softmax, {"logits": (ROW, X)}),
    (cost.numerical_gradient, {"point": (ROW, X), "nudge": (1e-5, P), "function": (np.sum, None)}),
    (
        cost.check_gradient,
        {"point": (ROW, X), "nudge": (1e-5, P), "function": (np.sum, None), "gradient": (np.ones_like, None)},
    ),
    (cost.softmax_cross_entropy, {"logits": (ROWS, A), "labels": (LABELS, L)}),
    (cost.softmax_cross_entropy_gradient, {"logits": (ROWS, A), "labels": (LABELS, L)}),
    (cost.one_hot, {"labels": (LABELS, L), "classes": (2, W)}),
    (
        evaluation.confusion_matrix,
        {"predictions": (LABELS, L), "targets": (LABELS, L), "classes": (2, W)},
    ),
    (
        descent.line_gradient,
        {"inputs": (TRUTHS, A), "targets": (TRUTHS, A), "weight": (5.0, N), "bias": (0.0, N)},
    ),
    (descent.least_squares, {"inputs": (ROWS, A), "targets": (TRUTHS, A)}),
    (descent.largest_learning_rate, {"inputs": (ROWS, A)}),
    (
        descent.Trainer,
        {
            "inputs": (TRUTHS, A),
            "targets": (TRUTHS, A),
            "learning_rate": (0.1, P),
            "weight": (5.0, N),
            "bias": (0.0, N),
        },
    ),
    (descent.GradientDescent, {"learning_rate": (0.1, P)}),
    (descent.Momentum, {"learning_rate": (0.1, P), "momentum": (0.9, S)}),
    (
        descent.Adam,
        {"learning_rate": (0.1, P), "mean_decay": (0.9, S), "square_decay": (0.9, S), "epsilon": (1e-8, P)},
    ),
    (optimizers.Nesterov, {"learning_rate": (0.1, P), "momentum": (0.9, S)}),
    (optimizers.RMSprop, {"learning_rate": (0.1, P), "decay": (0.9, S), "epsilon": (1e-7, P)}),
    (
        optimizers.AdamW,
        {
            "learning_rate": (0.1, P),
            "weight_decay": (0.1, Z),
            "mean_decay": (0.9, S),
            "square_decay": (0.9, S),
            "epsilon": (1e-8, P),
        },
    ),
    (optimizers.stepped, {"rate": (0.1, P), "every": (2, W), "factor": (0.5, P), "step": (3, W0)}),
    (optimizers.cosine, {"total": (9, W), "peak": (0.1, P), "step": (3, W0), "warmup": (2, W0)}),
    (
        lambda **settings: optimizers.walk(optimizers.GradientDescent(), lambda place: place, **settings),
        {"start": (TRUTHS, A), "steps": (2, W)},
    ),
    (descent.EarlyStopping, {"patience": (5, W), "tolerance": (0.1, Z)}),
    (lambda inputs: perceptron.Perceptron().fit(ROWS, LABELS).predict(inputs), {"inputs": (ROWS, A)}),
    *[
        (
            lambda inputs, targets, **settings: network.Network([2], **settings).fit(inputs, targets),
            {
                "inputs": (ROWS, A),
                "targets": (targets, kind),
                "activation": ("tanh", M),
                "cost": (cost_name, M),
                "initialiser": ("he", M),
                "epochs": (2, W),
                "batch_size": (2, OW),
                "weight_decay": (0.1, Z),
                "patience": (2, OW),
            },
        )
        for cost_name, targets, kind in (
            ("mean_squared_error", TRUTHS, A),
            ("binary_cross_entropy", LABELS, A),  # probabilities will do
            ("softmax_cross_entropy", LABELS, A),  # the largest label says how many classes there are
        )
    ],
    (lambda inputs: network.Network([2]).fit(ROWS, TRUTHS).predict(inputs), {"inputs": (ROWS, A)}),
    (network.forward, {"layers": ([LINE], None), "inputs": (ROWS, A), "activation": ("tanh", M)}),
    *[
        (
            engine,
            {
                "start": (LINE, None),
                "inputs": (ROWS, A),
                "targets": (COLUMN, A),
                "learning_rate": (0.1, P),
                "steps": (2, W),
            },
        )
        for engine in (engines.train_scalar, engines.train_numpy, engines.trace, engines.checked_run)
    ],
]

CASES = [
    (call, {name: value for name, (value, _) in good.items()}, name, wrong)
    for call, good in CALLS
    for name, (value, kind) in good.items()
    if kind
    for wrong in SPOILT[kind](value)
]


@pytest.mark.parametrize(("call", "good"), CALLS)
def test_the_good_calls_are_good(call, good):
    call(**{name: value for name, (value, _) in good.items()})


@pytest.mark.parametrize(("call", "good", "name", "wrong"), CASES)
@pytest.mark.filterwarnings("error")
def test_a_bad_argument_is_named(call, good, name, wrong):
    with pytest.raises(ValueError, match=f"`{name}[`\\[]"):
        call(**{**good, name: wrong})


# What takes no numbers of the caller's, or only what another function here made; `rule` and `line_slopes` are
# `update` and `line_gradient` without their checks.
EXEMPT = {
    "rule",
    "line_slopes",
    "xor_table",
    "split",
    "start_weights",
    "initial_layers",
    "flat",
    "paired",
    "backward",
}


@pytest.mark.parametrize("module", [cost, data, descent, engines, evaluation, network, perceptron])
def test_no_public_function_is_left_out(module):
    tested = {getattr(call, "__name__", "") for call, _ in CALLS}
    public = {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    assert public - tested - EXEMPT == set()
