"""The playground: a network to build, train, look into and take away."""

import asyncio
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.figures.base import Figure
from course_lib.figures.picture import Axes, Picture
from course_lib.figures.playground_run import (
    FEATURES,
    INITIALISERS,
    KINDS,
    PLAYGROUND_ACTIVATIONS,
    SCHEDULES,
    PlaygroundRun,
    features_of,
)

REACH = 6
STRUCTURE = (
    "kind", "noise", "train_share", "seed", "own", "features", "hidden", "activations", "loss", "optimiser",
    "momentum", "initialiser",
)  # fmt: skip
SETTINGS = (
    *STRUCTURE, "learning_rate", "schedule", "period", "penalty", "penalty_rate", "batch_size", "stop_at",
    "stop_loss", "stop_accuracy", "dropout", "frozen",
)  # fmt: skip
HIDEABLE = (
    *(name for name in SETTINGS if name not in ("own", "features", "hidden", "activations", "frozen")),
    "features", "layers", "editor", "preset", "play", "step", "reset", "view", "show_test", "discretise",
    "log_loss", "speed", "data", "network", "training", "own", "export",
)  # fmt: skip


class Playground(Figure):
    """A small network that the reader builds, trains and looks into, in the page or from Python.

    Everything about it is a trait: set one and the page follows, read one and it is what the page shows.
    It trains in the page, by its buttons, and in Python, by `train`; each goes on where the other stopped,
    with the same points, the same weights and the same order of batches.

    Parameters
    ----------
    data : {'circle', 'xor', 'gauss', 'spiral', 'plane', 'hills'} or pair of array_like
        A kind of data, or your own: points of shape (count, 2) and targets of shape (count,). Targets 0 and
        1, or -1 and 1, are classes; others are numbers to approximate. Points beyond -6 to 6 are not seen.
        They are shuffled by the seed before a share of them is taken for training.
    layers : sequence of int
        Units of each hidden layer.
    activation : str or sequence of str
        'tanh', 'relu', 'sigmoid', 'linear', 'sine' or 'step' (1 above zero, else 0; its slope is zero, so
        nothing before it learns), for all hidden layers or one for each.
    features : sequence of str
        What the network looks at: 'x1', 'x2', 'x1_squared', 'x2_squared', 'product', 'sin_x1', 'sin_x2'.
    **settings
        Any other trait, such as ``learning_rate=0.1``, ``optimiser="adam"``, ``loss="cross_entropy"``,
        ``penalty="l2"``, ``schedule="cosine"``, ``batch_size=5``, ``noise=20``, ``stop_at=100``, ``seed=1``,
        ``dropout=0.2`` (a share of the hidden units' values), ``frozen=[0, 1]`` (places in ``parameters``);
        ``hide=["data", "noise"]`` hides controls: groups ('data', 'network', 'training', 'own', 'export'), or
        single ones by their trait's name, 'preset', 'play', 'step', 'reset', 'layers', 'editor', 'view'.

    Raises
    ------
    ValueError
        If points and targets do not fit, a layer has no unit, or there is not one activation a layer.
    TypeError
        If there is no setting of a given name.

    References
    ----------
    D. Smilkov and others, "Direct-manipulation visualization of deep networks", 2016, whose playground
    this one grew from.
    """

    title: ClassVar[str] = "Playground"

    kind = traitlets.Enum([*KINDS, "own"], "circle").tag(sync=True)
    noise = traitlets.Float(0.0, min=0, max=50).tag(sync=True)
    train_share = traitlets.Float(50.0, min=1, max=100).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=10**9).tag(sync=True)
    own: Any = traitlets.List().tag(sync=True)
    features = traitlets.List(traitlets.Enum(list(FEATURES)), ["x1", "x2"], minlen=1).tag(sync=True)
    hidden = traitlets.List(traitlets.Int(), [4, 2]).tag(sync=True)
    activations = traitlets.List(traitlets.Enum(list(PLAYGROUND_ACTIVATIONS)), ["tanh", "tanh"]).tag(
        sync=True
    )
    loss = traitlets.Enum(["squared", "cross_entropy"], "squared").tag(sync=True)
    optimiser = traitlets.Enum(["sgd", "momentum", "adam"], "sgd").tag(sync=True)
    momentum = traitlets.Float(0.9, min=0, max=1).tag(sync=True)
    learning_rate = traitlets.Float(0.03, min=0).tag(sync=True)
    schedule = traitlets.Enum(list(SCHEDULES), "constant").tag(sync=True)
    period = traitlets.Int(100, min=1).tag(sync=True)
    penalty = traitlets.Enum(["none", "l1", "l2"], "none").tag(sync=True)
    penalty_rate = traitlets.Float(0.001, min=0).tag(sync=True)
    batch_size = traitlets.Int(10, min=0).tag(sync=True)
    initialiser = traitlets.Enum(list(INITIALISERS), "glorot").tag(sync=True)
    stop_at = traitlets.Int(0, min=0).tag(sync=True)
    stop_loss = traitlets.Float(0.0, min=0).tag(sync=True)
    stop_accuracy = traitlets.Float(0.0, min=0, max=100).tag(sync=True)
    dropout = traitlets.Float(0.0, min=0, max=0.9).tag(sync=True)
    frozen: Any = traitlets.List(traitlets.Int(min=0)).tag(sync=True)
    show_test = traitlets.Bool(False).tag(sync=True)
    discretise = traitlets.Bool(False).tag(sync=True)
    log_loss = traitlets.Bool(False).tag(sync=True)
    speed = traitlets.Enum(["rising", "full", "ten", "one"], "rising").tag(sync=True)
    hide = traitlets.List(traitlets.Unicode()).tag(sync=True)

    epoch = traitlets.Int(0).tag(sync=True)
    parameters: Any = traitlets.List().tag(sync=True)
    memory: Any = traitlets.List().tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)
    history: Any = traitlets.List().tag(sync=True)

    def __init__(
        self,
        data: str | tuple[ArrayLike, ArrayLike] = "circle",
        layers: Sequence[int] = (4, 2),
        activation: str | Sequence[str] = "tanh",
        features: Sequence[str] = ("x1", "x2"),
        **settings: Any,
    ) -> None:
        units = _units(layers)
        names = [activation] * len(units) if isinstance(activation, str) else list(activation)
        if len(names) != len(units):
            raise ValueError(f"{len(units)} layers have {len(names)} activations; each layer needs one.")
        first: dict[str, Any] = {"kind": data} if isinstance(data, str) else _own_data(data)
        first |= {
            "features": [features] if isinstance(features, str) else list(features),
            "hidden": units,
            "activations": names,
        }
        plain = {k: value.item() if isinstance(value, np.generic) else value for k, value in settings.items()}
        frozen = plain.pop("frozen", [])
        super().__init__(**(first | plain))
        self.frozen = frozen  # now that the layers are known: other layers free what was frozen

    @traitlets.validate("hidden")
    def _check_layers(self, proposal: Any) -> Any:
        if any(units < 1 for units in proposal["value"]):
            raise traitlets.TraitError(f"Layers of {proposal['value']} units: each needs one at least.")
        return proposal["value"]

    @traitlets.validate("own")
    def _check_points(self, proposal: Any) -> Any:
        rows = arguments.matrix("own", proposal["value"]) if proposal["value"] else np.empty((0, 3))
        if rows.shape[1] != 3:
            raise traitlets.TraitError(
                f"Points of your own are rows of x1, x2 and target; these have {rows.shape[1]} numbers."
            )
        return proposal["value"]

    @traitlets.validate(
        *("noise", "train_share", "momentum", "learning_rate", "penalty_rate", "stop_loss", "stop_accuracy"),
        "dropout",
    )
    def _check_number(self, proposal: Any) -> Any:
        if not math.isfinite(proposal["value"]):
            raise traitlets.TraitError(f"`{proposal['trait'].name}` must be a finite number.")
        return proposal["value"]

    @traitlets.validate("hide")
    def _check_names(self, proposal: Any) -> Any:
        for name in proposal["value"]:
            if name not in HIDEABLE:
                raise traitlets.TraitError(f"There is no control {name!r} to hide. There are: {HIDEABLE}.")
        return proposal["value"]

    def _run(self) -> PlaygroundRun:
        run = PlaygroundRun({name: getattr(self, name) for name in SETTINGS})
        if len(self.parameters) == sum((a + 1) * b for a, b in pairwise(run.sizes)):
            run.parameters = run.shaped(self.parameters)
            run.epoch, run.steps, run.history = self.epoch, self.steps, [list(kept) for kept in self.history]
            run.remember(self.memory)
        return run

    def _keep(self, run: PlaygroundRun) -> None:
        with self.hold_sync():
            self.epoch, self.steps = run.epoch, run.steps
            self.parameters = run.flat(run.parameters)
            self.memory = run.memory()
            self.history = [list(kept) for kept in run.history]

    @traitlets.observe(*STRUCTURE)
    def _start_again(self, change: Any) -> None:
        # A changed structure starts anew, here as in the page; a page sends new weights with it.
        if len(self.activations) != len(self.hidden):
            missing = ["tanh"] * (len(self.hidden) - len(self.activations))
            self.activations = [*self.activations[: len(self.hidden)], *missing]
        elif not self._property_lock:
            if change.name in ("hidden", "features"):
                self.frozen = []
            self.reset()

    def reset(self) -> None:
        """Go back to epoch 0, with the first weights."""
        with self.hold_sync():
            self.epoch, self.steps = 0, 0
            self.parameters, self.memory, self.history = [], [], []

    async def train(self, epochs: int = 1) -> None:
        """Train in Python, and let the page follow while it runs: ``await playground.train(100)``.

        Parameters
        ----------
        epochs : int
            How many; it ends early when the loss is no number any more.

        Raises
        ------
        ValueError
            If that is no whole number from 0 on.
        """
        epochs = arguments.whole("epochs", epochs, minimum=0)
        run = self._run()
        loop = asyncio.get_running_loop()
        shown = loop.time()
        for _ in range(epochs):
            if run.failed or run.train_count == 0:
                break
            run.train_epoch()
            if loop.time() - shown > 0.25:
                self._keep(run)
                await asyncio.sleep(0)
                shown = loop.time()
        self._keep(run)
        await asyncio.sleep(0)

    @property
    def weights(self) -> list[Any]:
        """The network's numbers: for each layer a matrix of shape (from, to) and biases of shape (to,).

        They are copies: to change the network, set all of them anew.
        """
        return self._run().parameters

    @weights.setter
    def weights(self, arrays: Sequence[ArrayLike]) -> None:
        run = self._run()
        given = [arguments.numbers(f"weights[{i}]", array) for i, array in enumerate(arrays)]
        shapes = [array.shape for array in given]
        wanted = [array.shape for array in run.parameters]
        if shapes != wanted:
            raise ValueError(f"The weights have the shapes {shapes}; this network needs {wanted}.")
        run.parameters = [array.copy() for array in given]
        self._keep(run)

    @property
    def data(self) -> tuple[Any, Any]:
        """All points, shape (count, 2), and their targets, shape (count,); those for training come first."""
        points = self._run().points
        return points[:, :2], points[:, 2]

    @property
    def losses(self) -> tuple[Any, Any]:
        """The training and the test losses of each epoch, the start first."""
        train, test = self._run().history[1:3]
        return np.array(train, dtype=np.float64), np.array(test, dtype=np.float64)

    def predict(self, points: ArrayLike) -> Any:
        """Return the network's outputs for points of shape (count, 2).

        Raises
        ------
        ValueError
            If the points do not have two numbers each.
        """
        return self._run().forward(features_of(self.features, _points("points", points)))[-1][:, 0]

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        train, test = self._run().losses()
        return {"train": train, "test": test}

    @property
    def description(self) -> str:
        """What the figure shows now."""
        run = self._run()
        train, _ = run.losses()
        loss = "not a number" if train is None else f"{train:.3g}"
        return (
            f"A playground with a network of {'-'.join(map(str, run.sizes))} units and {len(run.points)} "
            f"points ({self.kind}): after {self.epoch} epochs the training loss is {loss}."
        )

    def static_svg(self) -> str:
        """Return what the network says over the plane, the points, and its layers."""
        run = self._run()
        picture = Picture(self.description, 640, 360)
        ends, ticks = (-REACH, REACH), (-5, 0, 5)
        axes = Axes(picture, ends, ends, "x₁", "x₂", ticks, ticks, (340, 16, 630, 306))
        cells = 20
        middles = -REACH + 2 * REACH * (np.arange(cells) + 0.5) / cells
        side = 290 / cells
        for y in middles:
            answers = self.predict(np.stack([middles, np.full(cells, y)], axis=1)) > 0
            starts = [0, *(np.flatnonzero(np.diff(answers)) + 1).tolist(), cells]
            for begin, end in pairwise(starts):
                fill = "one-wash" if answers[begin] else "zero-wash"
                picture.rect(340 + begin * side, axes.y(y) - side / 2, (end - begin) * side, side, fill=fill)
        for x, y, target in run.points[: min(run.train_count, 120)]:
            if max(abs(x), abs(y)) <= REACH:
                picture.point(axes.x(x), axes.y(y), target > 0, 3.5)
        self._draw_layers(picture, run)
        return str(picture)

    def _draw_layers(self, picture: Picture, run: PlaygroundRun) -> None:
        columns = len(run.sizes)

        def place(layer: int, unit: int) -> tuple[float, float]:
            gap = min(46.0, 300 / max(run.sizes))
            return 24 + 250 * layer / (columns - 1), 165 + gap * (unit - (run.sizes[layer] - 1) / 2)

        for layer, weights in enumerate(run.parameters[::2]):
            for (i, j), weight in np.ndenumerate(weights):
                start, end = place(layer, i), place(layer + 1, j)
                width = 0.4 + min(7.0, 2.2 * abs(weight)) if np.isfinite(weight) else 0.4
                picture.line(*start, *end, stroke="one" if weight > 0 else "zero", width=width)
        for layer, units in enumerate(run.sizes):
            for unit in range(units):
                picture.circle(*place(layer, unit), 8, fill="panel", stroke="ink")


def _units(layers: Sequence[int]) -> list[int]:
    if not np.iterable(layers) or isinstance(layers, str):
        raise ValueError(f"`layers` is {layers!r}; it must be a list with the units of each, such as [4, 2].")
    return [int(arguments.whole(f"layers[{i}]", units)) for i, units in enumerate(layers)]


def _points(name: str, points: ArrayLike) -> Any:
    inputs = arguments.matrix(name, points)
    if inputs.shape[1] != 2:
        raise ValueError(f"Points of a plane have two numbers each; {name} has {inputs.shape[1]} columns.")
    return inputs


def _own_data(data: Any) -> dict[str, Any]:
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise ValueError("`data` must be the name of a kind, or a pair: (points, targets).")
    inputs, wanted = _points("data[0]", data[0]), arguments.vector("data[1]", data[1])
    arguments.as_many("data[0]", inputs, "data[1]", wanted)
    if set(wanted.tolist()) <= {0.0, 1.0}:
        wanted = 2 * wanted - 1
    return {"kind": "own", "own": np.column_stack([inputs, wanted]).tolist()}
