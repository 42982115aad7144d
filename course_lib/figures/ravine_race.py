"""Six optimisers in one ravine, and the sharpness on their way."""

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.figures.base import Figure
from course_lib.figures.picture import Axes, Picture
from course_lib.optimizers import Adam, AdamW, GradientDescent, Momentum, Nesterov, Optimizer, RMSprop

RULES = ("plain", "momentum", "Nesterov", "RMSprop", "Adam", "AdamW")
COLOURS = ("zero", "one", "mark", "good", "ink", "soft")
DASHES = (None, "8 4", "3 3", "12 4 3 4", "1 4", "16 6")
GOAL = 2.0
SLOPE = 0.2  # how strongly the ravine's floor falls towards the goal
DECAY = 0.1  # AdamW's
FAR = 1e6


class RavineRace(Figure):
    """Optimisers race down a ravine that the reader can bend: their paths, their costs, and the sharpness.

    The cost is ``steepness / 2 * (y - bend * x**2)**2 + (x - 2)**2 / 10``: a floor along a parabola, walls on
    both sides of it, and the lowest point where x is 2.

    Parameters
    ----------
    bend : float
        How strongly the ravine is bent; 0 for a straight one.
    steepness : float
        How steep its walls are.
    rate : float
        The learning rate of plain descent, momentum and Nesterov's momentum.
    adaptive_rate : float
        The learning rate of RMSprop, Adam and AdamW.
    momentum : float
        The share of the velocity that is kept, from 0 to less than 1.
    steps : int
        How many steps are shown.
    start : pair of float
        Where all of them begin.
    shown : list of str
        Which of them take part.

    Raises
    ------
    ValueError
        If the start is no pair of numbers.
    """

    title: ClassVar[str] = "Optimisers in one ravine"

    bend = traitlets.Float(0.4).tag(sync=True)
    steepness = traitlets.Float(4.0, min=0.01).tag(sync=True)
    rate = traitlets.Float(0.1, min=1e-6).tag(sync=True)
    adaptive_rate = traitlets.Float(0.1, min=1e-6).tag(sync=True)
    momentum = traitlets.Float(0.9, min=0, max=1).tag(sync=True)
    steps = traitlets.Int(60, min=0, max=400).tag(sync=True)
    start = traitlets.List(traitlets.Float(), minlen=2, maxlen=2).tag(sync=True)
    shown = traitlets.List(traitlets.Enum(RULES)).tag(sync=True)

    def __init__(
        self,
        bend: float = 0.4,
        steepness: float = 4.0,
        rate: float = 0.1,
        adaptive_rate: float = 0.1,
        momentum: float = 0.9,
        steps: int = 60,
        start: ArrayLike = (-1.0, 1.2),
        shown: tuple[str, ...] | list[str] = RULES,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            bend=float(bend),
            steepness=float(steepness),
            rate=float(rate),
            adaptive_rate=float(adaptive_rate),
            momentum=float(momentum),
            steps=int(steps),
            start=arguments.vector("start", start).tolist(),
            shown=list(shown),
            **kwargs,
        )

    def _rules(self) -> dict[str, Optimizer]:
        all_of_them: dict[str, Optimizer] = {
            "plain": GradientDescent(self.rate),
            "momentum": Momentum(self.rate, self.momentum),
            "Nesterov": Nesterov(self.rate, self.momentum),
            "RMSprop": RMSprop(self.adaptive_rate),
            "Adam": Adam(self.adaptive_rate),
            "AdamW": AdamW(self.adaptive_rate, DECAY),
        }
        return {name: all_of_them[name] for name in RULES if name in self.shown}

    def _gradient(self, place: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        x, y = place
        above = y - self.bend * x * x
        return np.array(
            [
                -2 * self.bend * x * self.steepness * above + SLOPE * (x - GOAL),
                self.steepness * above,
            ]
        )

    def _cost(self, place: np.ndarray[Any, Any]) -> float:
        x, y = place
        above = y - self.bend * x * x
        return float(self.steepness / 2 * above * above + SLOPE / 2 * (x - GOAL) * (x - GOAL))

    def _sharpness(self, place: np.ndarray[Any, Any]) -> float:
        x, y = place
        above = y - self.bend * x * x
        one = self.steepness * (4 * self.bend * self.bend * x * x - 2 * self.bend * above) + SLOPE
        across = -2 * self.bend * x * self.steepness
        middle, apart = (one + self.steepness) / 2, (one - self.steepness) / 2
        return float(middle + np.sqrt(apart * apart + across * across))

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        paths = {}
        for name, rule in self._rules().items():
            place = np.asarray(self.start)
            places = [place]
            for _ in range(self.steps):
                (place,) = rule.step([place], [self._gradient(place)])
                if not np.abs(place).sum() < FAR:
                    break
                places.append(place)
            paths[name] = np.array(places)
        return {
            "paths": [places.tolist() for places in paths.values()],
            "costs": [[self._cost(place) for place in places] for places in paths.values()],
            "sharpness": [[self._sharpness(place) for place in places] for places in paths.values()],
            "bound": 2 / self.rate,
        }

    @property
    def description(self) -> str:
        """What the figure shows now."""
        outcome = self.computed()
        ends = [
            f"{name} {costs[-1]:.3g}" if len(costs) > self.steps else f"{name} leaves at step {len(costs)}"
            for name, costs in zip(self._rules(), outcome["costs"], strict=True)
        ]
        return (
            f"Optimisers in a ravine of bend {self.bend:g} and steepness {self.steepness:g}, from a cost of "
            f"{self._cost(np.asarray(self.start)):.3g}; after {self.steps} steps: {', '.join(ends)}."
        )

    def static_svg(self) -> str:
        """Return the ravine from above and the paths in it."""
        outcome = self.computed()
        picture = Picture(self.description, 560, 400)
        box = (56.0, 16.0, 450.0, 352.0)
        axes = Axes(picture, (-2, 3), (-1, 3.5), "x", "y", (-2, -1, 0, 1, 2, 3), (-1, 0, 1, 2, 3), box)

        def inside(places: Any) -> list[tuple[float, float]]:
            kept = [(axes.x(x), axes.y(y)) for x, y in places]
            return [(min(max(x, axes.left), axes.right), min(max(y, axes.top), axes.bottom)) for x, y in kept]

        for level in (0.05, 0.2, 0.6, 1.5, 3.5):
            reach = np.sqrt(2 * level / SLOPE)
            x = GOAL + reach * np.cos(np.linspace(0, 2 * np.pi, 121))
            wall = reach * np.sin(np.linspace(0, 2 * np.pi, 121)) * np.sqrt(SLOPE / self.steepness)
            picture.path(inside(zip(x, self.bend * x * x + wall, strict=True)), stroke="line", width=1.5)
        for name, places in zip(self._rules(), outcome["paths"], strict=True):
            number = RULES.index(name)
            picture.path(inside(places), stroke=COLOURS[number], width=2, dash=DASHES[number])
            end = inside(places[-1:])[0]
            picture.circle(*end, 4, fill=COLOURS[number])
            picture.line(
                462, 40 + 22 * number, 486, 40 + 22 * number, stroke=COLOURS[number], dash=DASHES[number]
            )
            picture.text(491, 44 + 22 * number, name, fill=COLOURS[number])
        begin = inside([self.start])[0]
        picture.rect(begin[0] - 5, begin[1] - 5, 10, 10, fill="paper", stroke="ink")
        goal = inside([(GOAL, self.bend * GOAL * GOAL)])[0]
        picture.line(goal[0] - 6, goal[1], goal[0] + 6, goal[1], stroke="good", width=3)
        picture.line(goal[0], goal[1] - 6, goal[0], goal[1] + 6, stroke="good", width=3)
        return str(picture)
