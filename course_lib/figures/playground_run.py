"""The playground's training run in Python: the same points, weights and steps as in the page."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from course_lib import cost, descent
from course_lib.figures.chance import epoch_order, random_generator
from course_lib.network import ACTIVATIONS

KINDS = {
    "circle": "classification",
    "xor": "classification",
    "gauss": "classification",
    "spiral": "classification",
    "plane": "regression",
    "hills": "regression",
}
LONGEST_HISTORY = 600

_PEAKS = ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1))


def _normal(random: Callable[[], float]) -> float:
    radius = math.sqrt(-2 * math.log(1 - random()))
    return radius * math.cos(2 * math.pi * random())


def _strayed(random: Callable[[], float], x: float, y: float, reach: float) -> tuple[float, float]:
    return x + reach * (2 * random() - 1), y + reach * (2 * random() - 1)


def _circle(random: Callable[[], float], i: int, noise: float, count: int) -> list[float]:
    radius = 2.5 * random() if i % 2 == 0 else 3.5 + 1.5 * random()
    angle = 2 * math.pi * random()
    x, y = radius * math.sin(angle), radius * math.cos(angle)
    nx, ny = _strayed(random, x, y, 5 * noise)
    return [x, y, 1 if nx * nx + ny * ny < 6.25 else -1]


def _xor(random: Callable[[], float], i: int, noise: float, count: int) -> list[float]:
    x, y = (
        value + (0.3 if value > 0 else -0.3) for value in (5 * (2 * random() - 1), 5 * (2 * random() - 1))
    )
    nx, ny = _strayed(random, x, y, 5 * noise)
    return [x, y, 1 if nx * ny >= 0 else -1]


def _gauss(random: Callable[[], float], i: int, noise: float, count: int) -> list[float]:
    target = 1 if i % 2 == 0 else -1
    spread = math.sqrt(0.5 + 7 * noise)
    return [2 * target + spread * _normal(random), 2 * target + spread * _normal(random), target]


def _spiral(random: Callable[[], float], i: int, noise: float, count: int) -> list[float]:
    share = (i // 2) / -(-count // 2)
    angle = 1.75 * share * 2 * math.pi + (0 if i % 2 == 0 else math.pi)
    x, y = _strayed(random, 5 * share * math.sin(angle), 5 * share * math.cos(angle), 2 * noise)
    return [x, y, 1 if i % 2 == 0 else -1]


def _plane(random: Callable[[], float], i: int, noise: float, count: int) -> list[float]:
    x, y = 6 * (2 * random() - 1), 6 * (2 * random() - 1)
    nx, ny = _strayed(random, x, y, 6 * noise)
    return [x, y, max(-1.0, min(1.0, (nx + ny) / 10))]


def _hills(random: Callable[[], float], i: int, noise: float, count: int) -> list[float]:
    x, y = 6 * (2 * random() - 1), 6 * (2 * random() - 1)
    nx, ny = _strayed(random, x, y, 6 * noise)
    heights = [sign * max(0.0, 1 - math.hypot(nx - cx, ny - cy) / 2) for cx, cy, sign in _PEAKS]
    return [x, y, max(heights, key=abs)]


_DRAW = {"circle": _circle, "xor": _xor, "gauss": _gauss, "spiral": _spiral, "plane": _plane, "hills": _hills}


def draw_points(kind: str, noise: float, seed: int) -> Any:
    """Draw the points of a kind.

    Parameters
    ----------
    kind : {'circle', 'xor', 'gauss', 'spiral', 'plane', 'hills'}
        The shapes of the TensorFlow Playground.
    noise : float
        From 0 to 50.
    seed : int
        The same seed draws the same points, here and in the page.

    Returns
    -------
    ndarray of float64, shape (count, 3)
        x1, x2 and the target.
    """
    count = 1200 if KINDS[kind] == "regression" else 500
    random = random_generator(seed * 104729 + 7)
    points = [_DRAW[kind](random, i, noise / 100, count) for i in range(count)]
    return np.array(points, dtype=np.float64)[epoch_order(seed, -1, count)]


FEATURES: dict[str, Callable[[Any, Any], Any]] = {
    "x1": lambda x, y: x,
    "x2": lambda x, y: y,
    "x1_squared": lambda x, y: x * x,
    "x2_squared": lambda x, y: y * y,
    "product": lambda x, y: x * y,
    "sin_x1": lambda x, y: np.sin(x),
    "sin_x2": lambda x, y: np.sin(y),
}


def features_of(names: Sequence[str], points: Any) -> Any:
    """Return what the network looks at, shape (count, features), for points of shape (count, 2 or more)."""
    return np.stack([FEATURES[name](points[:, 0], points[:, 1]) for name in names], axis=1)


SCHEDULES: dict[str, Callable[[float, int, int], float]] = {
    "constant": lambda rate, epoch, period: rate,
    "halving": lambda rate, epoch, period: rate * 0.5 ** (epoch // period),
    "inverse": lambda rate, epoch, period: rate / (1 + epoch / period),
    "cosine": lambda rate, epoch, period: (
        rate * 0.5 * (1 + math.cos(math.pi * epoch / period)) if epoch < period else 0.0
    ),
}

# The value that the initialiser draws for one weight, from the generator, the inputs and the units.
INITIALISERS: dict[str, Callable[[Callable[[], float], int, int], float]] = {
    "glorot": lambda random, inputs, units: (2 * random() - 1) * math.sqrt(6 / (inputs + units)),
    "he": lambda random, inputs, units: _normal(random) * math.sqrt(2 / inputs),
    "small": lambda random, inputs, units: (2 * random() - 1) * 0.01,
    "large": lambda random, inputs, units: _normal(random) * 3,
    "zeros": lambda random, inputs, units: 0.0,
}


class Activation(NamedTuple):
    """A layer's activation: its values at the sums, and its slopes there."""

    function: Callable[[Any], Any]
    slope: Callable[[Any], Any]


def _of_the_course(name: str) -> Activation:
    function, slope = ACTIVATIONS[name]
    return Activation(function, lambda sums: slope(function(sums)))


# The course's own, and two whose slopes their values do not tell.
PLAYGROUND_ACTIVATIONS = {name: _of_the_course(name) for name in ("tanh", "relu", "sigmoid", "linear")} | {
    "sine": Activation(np.sin, np.cos),
    "step": Activation(lambda sums: np.where(sums > 0, 1.0, 0.0), np.zeros_like),
}


class PlaygroundRun:
    """One training run: points, network, optimiser, and the losses on the way.

    Parameters
    ----------
    settings : dict
        The settings of a `Playground`, by their names.

    Attributes
    ----------
    points : ndarray of float64, shape (count, 3)
        x1, x2 and the target; the first `train_count` are for training.
    parameters : list of ndarray of float64
        Layer by layer a matrix of shape (from, to) and a vector of shape (to,).
    epoch : int
        The epochs that are completed.
    history : list of lists
        Epochs, and at each of them training loss, test loss and penalty.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        kind, own = settings["kind"], settings["own"]
        self.points = (
            np.array(own, dtype=np.float64).reshape(-1, 3)[epoch_order(settings["seed"], -1, len(own))]
            if kind == "own"
            else draw_points(kind, settings["noise"], settings["seed"])
        )
        targets = self.points[:, 2]
        self.task = KINDS.get(kind) or ("classification" if np.all(np.abs(targets) == 1) else "regression")
        self.loss = "squared" if self.task == "regression" else settings["loss"]
        count = len(self.points)
        # Half a point is rounded up, as in the page.
        share = math.floor(count * settings["train_share"] / 100 + 0.5)
        self.train_count = 0 if count == 0 else max(1, min(count, share))
        self.inputs = features_of(settings["features"], self.points)
        self.targets = ((targets > 0) if self.loss == "cross_entropy" else targets).astype(float)[:, None]
        output = "tanh" if self.task == "classification" and self.loss == "squared" else "linear"
        self.sizes = [len(settings["features"]), *settings["hidden"], 1]
        self.activations = [*settings["activations"], output]
        self.parameters = self._first_parameters()
        self.optimiser = self._new_optimiser()
        self.steps = self.epoch = 0
        self.history: list[list[Any]] = [[], [], [], []]
        self._stride = 1
        frozen = np.zeros(sum((inputs + 1) * units for inputs, units in pairwise(self.sizes)))
        frozen[[place for place in settings["frozen"] if place < len(frozen)]] = 1
        self.frozen = [array == 1 for array in self.shaped(frozen.tolist())]
        self.note()

    def _first_parameters(self) -> list[Any]:
        random = random_generator(self.settings["seed"] * 7919 + 17)
        draw = INITIALISERS[self.settings["initialiser"]]
        parameters: list[Any] = []
        for inputs, units in pairwise(self.sizes):
            rows = [[draw(random, inputs, units) for _ in range(inputs)] for _ in range(units)]
            parameters += [np.array(rows).reshape(units, inputs).T, np.zeros(units)]
        return parameters

    def _new_optimiser(self) -> Any:
        if self.settings["optimiser"] == "adam":
            return descent.Adam(1.0, epsilon=1e-12)
        if self.settings["optimiser"] == "momentum":
            return descent.Momentum(1.0, self.settings["momentum"])
        return descent.GradientDescent(1.0)

    def forward(self, inputs: Any, masks: Sequence[Any] = ()) -> list[Any]:
        """Return the inputs and what each layer makes of them; masks say what is dropped, layer by layer."""
        values = [inputs]
        for layer, name in enumerate(self.activations):
            weights, biases = self.parameters[2 * layer : 2 * layer + 2]
            mask = masks[layer] if layer < len(masks) else 1.0
            values.append(PLAYGROUND_ACTIVATIONS[name].function(values[-1] @ weights + biases) * mask)
        return values

    def gradients(self, inputs: Any, targets: Any, masks: Sequence[Any] = ()) -> list[Any]:
        """Return the derivative of loss and penalty by each parameter; none by those that are frozen."""
        values = self.forward(inputs, masks)
        squared = self.loss == "squared"
        slope = cost.mean_squared_error_gradient if squared else cost.binary_cross_entropy_gradient
        errors = slope(values[-1], targets)
        found: list[Any] = []
        for layer in reversed(range(len(self.activations))):
            weights, biases = self.parameters[2 * layer : 2 * layer + 2]
            slope_of = PLAYGROUND_ACTIVATIONS[self.activations[layer]].slope
            errors = errors * (masks[layer] if layer < len(masks) else 1.0)
            errors = errors * slope_of(values[layer] @ weights + biases)
            found = [values[layer].T @ errors + self._penalty_slope(weights), errors.sum(axis=0), *found]
            errors = errors @ weights.T
        return [np.where(held, 0.0, slopes) for held, slopes in zip(self.frozen, found, strict=True)]

    def _masks(self, random: Callable[[], float], count: int) -> list[Any]:
        """Draw which units a batch drops; the values of the others grow, so that the mean stays."""
        share = self.settings["dropout"]
        if share == 0:
            return []
        return [
            np.array(
                [[0.0 if random() < share else 1 / (1 - share) for _ in range(units)] for _ in range(count)]
            )
            for units in self.settings["hidden"]
        ]

    def _penalty_slope(self, weights: Any) -> Any:
        rate = self.settings["penalty_rate"]
        return {"none": 0.0, "l1": rate * np.sign(weights), "l2": rate * 2 * weights}[
            self.settings["penalty"]
        ]

    def penalty(self) -> float:
        """Return what the penalty adds to the loss."""
        matrices = self.parameters[::2]
        total = {
            "none": 0.0,
            "l1": sum(float(np.abs(weights).sum()) for weights in matrices),
            "l2": sum(float(np.vdot(weights, weights)) for weights in matrices),
        }[self.settings["penalty"]]
        return float(self.settings["penalty_rate"] * total)

    def losses(self) -> tuple[float | None, float | None]:
        """Return the loss of the training and of the test points; None where it is no number."""
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = self.forward(self.inputs)[-1]
        measure = cost.mean_squared_error if self.loss == "squared" else cost.binary_cross_entropy
        found: list[float | None] = []
        for part in (slice(self.train_count), slice(self.train_count, None)):
            usable = len(outputs[part]) and np.isfinite(outputs[part]).all()
            with np.errstate(over="ignore"):
                value = measure(outputs[part], self.targets[part]) if usable else math.inf
            found.append(value if math.isfinite(value) else None)
        return found[0], found[1]

    @property
    def failed(self) -> bool:
        """Whether the training loss is no number any more."""
        return self.train_count > 0 and self.history[1][-1] is None

    def note(self) -> None:
        """Write the losses of this epoch down; of a long run only every second, fourth, ... epoch."""
        train, test = self.losses()
        for kept, value in zip(self.history, (self.epoch, train, test, self.penalty()), strict=True):
            kept.append(value)
        if len(self.history[0]) > LONGEST_HISTORY:
            self._stride *= 2
            wanted = [epoch % self._stride == 0 for epoch in self.history[0]]
            self.history = [
                [value for value, want in zip(kept, wanted, strict=True) if want] for kept in self.history
            ]

    def train_epoch(self) -> None:
        """Visit each training point once."""
        order = epoch_order(self.settings["seed"], self.epoch, self.train_count)
        random = random_generator(self.settings["seed"] * 999983 + self.epoch + 500009)
        size = self.settings["batch_size"] or self.train_count
        schedule = SCHEDULES[self.settings["schedule"]]
        self.optimiser.learning_rate = schedule(
            self.settings["learning_rate"], self.epoch, self.settings["period"]
        )
        with np.errstate(over="ignore", invalid="ignore"):
            for begin in range(0, self.train_count, size):
                rows = order[begin : begin + size]
                masks = self._masks(random, len(rows))
                if not np.isfinite(self.forward(self.inputs[rows], masks)[-1]).all():
                    self.parameters = [np.full_like(array, np.nan) for array in self.parameters]
                    break
                gradients = self.gradients(self.inputs[rows], self.targets[rows], masks)
                stepped = self.optimiser.step(self.parameters, gradients)
                # Nor does an older momentum move what is frozen.
                self.parameters = [
                    np.where(held, old, new)
                    for held, old, new in zip(self.frozen, self.parameters, stepped, strict=True)
                ]
                self.steps += 1
        self.epoch += 1
        if self.epoch % self._stride == 0:
            self.note()

    def memory(self) -> list[float | None]:
        """Return what the optimiser remembers, as the page keeps it."""
        zeros = [np.zeros_like(array) for array in self.parameters]
        rule = self.optimiser
        if isinstance(rule, descent.Adam):
            return self.flat(rule.means or zeros) + self.flat(rule.squares or zeros)
        if isinstance(rule, descent.Momentum):
            return self.flat(rule.velocities or zeros) + self.flat(zeros)
        return []

    def remember(self, memory: Sequence[float | None]) -> None:
        """Give the optimiser its memory back."""
        half = len(memory) // 2
        rule = self.optimiser
        if half and isinstance(rule, descent.Adam):
            rule.steps = self.steps
            rule.means, rule.squares = self.shaped(memory[:half]), self.shaped(memory[half:])
        if half and isinstance(rule, descent.Momentum):
            rule.velocities = self.shaped(memory[:half])

    def flat(self, arrays: Sequence[Any]) -> list[float | None]:
        """Return arrays as the page keeps them: layer by layer, weights one row a unit, then biases.

        What is no number becomes None, as a page sends it.
        """
        values = (float(value) for array in arrays for value in np.asarray(array).T.ravel())
        return [value if math.isfinite(value) else None for value in values]

    def shaped(self, flat: Sequence[float | None]) -> list[Any]:
        """Return numbers that the page keeps as arrays, layer by layer."""
        rest, arrays = np.asarray(flat, dtype=np.float64), []
        for inputs, units in pairwise(self.sizes):
            weights, biases, rest = np.split(rest, [inputs * units, (inputs + 1) * units])
            arrays += [weights.reshape(units, inputs).T.copy(), biases.copy()]
        return arrays
