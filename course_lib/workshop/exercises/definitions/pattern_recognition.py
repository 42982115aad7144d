"""Pattern recognition: baselines, lines, scales, margins, and the order of the examples."""

from itertools import permutations

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.workshop.exercises.definition import call, exercise, free_text


@exercise(
    "pattern_recognition.slope_and_intercept",
    points=1,
    title="From weights to a line that you can draw",
    section="pattern_recognition.md#five-hundred-points-and-a-line",
    prompt="""
    A perceptron with two inputs has learned its weights and bias. You want to draw the line where its sum is
    zero, as $y = \\text{slope} \\cdot x + \\text{intercept}$. The first input is $x$, the second is $y$.
    The first weight may be zero: then the line is level.
    """,
    hints=[
        "Write the sum as an equation: `weights[0] * x + weights[1] * y + bias = 0`.",
        "Solve it for `y`. Everything that is not `y` goes to the other side, and its sign turns.",
    ],
)
def slope_and_intercept(weights, bias):
    """Return (slope, intercept) of the line on which weights @ (x, y) + bias is zero.

    The weights have shape (2,), and weights[1] is not zero.
    """
    return -weights[0] / weights[1], -bias / weights[1]


@slope_and_intercept.cases
def _(rng):
    yield np.array([1.0, 2.0]), 4.0
    yield np.array([0.0, -1.0]), 0.5
    for _ in range(2):
        yield (rng.normal(size=2) + 3).round(1), round(rng.normal(), 1)


@slope_and_intercept.mistake("Both signs are turned. What happens to a term that crosses the equals sign?")
def _(weights, bias):
    return weights[0] / weights[1], bias / weights[1]


@slope_and_intercept.mistake("The slope is right. The bias crosses the equals sign as well.")
def _(weights, bias):
    return -weights[0] / weights[1], bias / weights[1]


@slope_and_intercept.mistake("The two weights have changed places: y is the second input.")
def _(weights, bias):
    first, second = weights
    return (-second / first, -bias / first) if first else (np.inf, np.inf)


@slope_and_intercept.mistake("The slope is right. The intercept has to be divided too.")
def _(weights, bias):
    return -weights[0] / weights[1], -bias


@slope_and_intercept.mistake("The slope is right. The bias is divided by the weight of y, as the slope is.")
def _(weights, bias):
    return -weights[0] / weights[1], (-bias / weights[0] if weights[0] else 0.0)


@slope_and_intercept.mistake(
    "That is the slope *across* the line, the way the weights point. The line runs along."
)
def _(weights, bias):
    return (weights[1] / weights[0] if weights[0] else np.inf), -bias / weights[1]


@slope_and_intercept.mistake(
    "The slope is right. The intercept is the height at x = 0, not the distance of the line from the origin."
)
def _(weights, bias):
    return -weights[0] / weights[1], -bias / np.linalg.norm(weights)


@exercise(
    "pattern_recognition.baseline",
    points=2,
    title="What a machine scores that has learned nothing",
    section="pattern_recognition.md#knowing-nothing-scores-seven-tenths",
    prompt="""
    "My perceptron is right in 68 of 100 cases!" Is that learning? Compare it with the laziest machine there
    is: it looks at the training targets once, sees which class is more frequent, and gives that answer for
    ever. In a tie it says `0`.
    """,
    hints=[
        "The lazy machine learns from the training targets. It is *judged* on the test targets.",
        "The mean of zeros and ones is the share of ones.",
    ],
)
def baseline_accuracy(train_targets, test_targets):
    """Return the share of test targets that the lazy machine gets right, from 0 to 1.

    Both arrays have one axis, at least one entry, and hold whole numbers, zeros and ones.
    """
    answer = 1 if np.mean(train_targets) > 0.5 else 0
    return np.mean(test_targets == answer)


@baseline_accuracy.cases
def _(rng):
    yield np.array([1, 1, 0]), np.array([1, 0, 0, 0])
    yield np.array([0, 1]), np.array([1, 1, 0])  # a tie
    yield np.array([1, 0, 1, 0]), np.array([1, 1, 0])  # another tie
    yield np.array([0, 0, 1]), np.array([1, 1, 1])
    yield np.array([1, 0, 1, 1]), np.array([1, 1])
    for size in (5, 7):
        yield rng.integers(0, 2, size=size), rng.integers(0, 2, size=size + 1)


@baseline_accuracy.mistake(
    "The answer was chosen by looking at the test targets. That is cheating, kindly meant."
)
def _(train_targets, test_targets):
    return baseline_accuracy.solution(test_targets, test_targets)


@baseline_accuracy.mistake(
    "That is how well it does on the targets that it has seen. Judge it on the others."
)
def _(train_targets, test_targets):
    return baseline_accuracy.solution(train_targets, train_targets)


@baseline_accuracy.mistake("In a tie the lazy machine says 0.")
def _(train_targets, test_targets):
    return np.mean(test_targets == (1 if np.mean(train_targets) >= 0.5 else 0))


@baseline_accuracy.mistake("That is the number of right answers. What share of all is it?")
def _(train_targets, test_targets):
    return len(test_targets) * baseline_accuracy.solution(train_targets, test_targets)


@baseline_accuracy.mistake("That is the share that it gets wrong.")
def _(train_targets, test_targets):
    return 1 - baseline_accuracy.solution(train_targets, test_targets)


@baseline_accuracy.mistake("This always says 1. The lazy machine looks at the training targets first.")
def _(train_targets, test_targets):
    return np.mean(test_targets == 1)


@baseline_accuracy.mistake("This always says 0. The lazy machine looks at the training targets first.")
def _(train_targets, test_targets):
    return np.mean(test_targets == 0)


@baseline_accuracy.mistake(
    "That is the answer of the lazy machine. For which share of the test targets is it right?"
)
def _(train_targets, test_targets):
    return 1 if np.mean(train_targets) > 0.5 else 0


@baseline_accuracy.mistake(
    "That is the share of ones among the training targets. Which answer follows from it?"
)
def _(train_targets, test_targets):
    return np.mean(train_targets)


@baseline_accuracy.mistake("The share is one of the *test* targets: divide by how many of those there are.")
def _(train_targets, test_targets):
    return len(test_targets) * baseline_accuracy(train_targets, test_targets) / len(train_targets)


@baseline_accuracy.mistake("In a tie the lazy machine says 0, whichever class comes first.")
def _(train_targets, test_targets):
    tie = np.mean(train_targets) == 0.5
    return (
        np.mean(test_targets == train_targets[0]) if tie else baseline_accuracy(train_targets, test_targets)
    )


@exercise(
    "pattern_recognition.scaler",
    points=3,
    title="One ruler for all",
    section="pattern_recognition.md#real-tumours",
    prompt="""
    Height in metres, income in francs: the perceptron sees only numbers, and the large ones shout. A scaler
    gives every feature the same voice. It measures mean and standard deviation of each column of the
    *training* inputs, once, and uses these same numbers on everything that comes later.

    The standard deviation is NumPy's, which divides by the number of rows. A column that never changes has a
    standard deviation of zero. Leave its scale at `1`. The tables that come in stay as they are.

    And a second task: weights that were learned on scaled inputs are of no use to somebody who has raw ones.
    `unscale` turns them into weights and a bias that decide alike on the *raw* inputs.
    """,
    hints=[
        "`fit` keeps two arrays, one number for each column: name the axis that disappears.",
        "`transform` subtracts the mean and divides by the scale that `fit` has kept. It measures nothing.",
        "For `unscale` write the sum out: `weights @ ((raw - mean) / scale) + bias`. Collect what belongs to "
        "`raw`. The rest is the new bias.",
    ],
)
class Scaler:
    """Measures the training inputs, and scales whatever comes later in the same way."""

    def fit(self, inputs):
        """Measure mean and standard deviation of each column, shape (n, features), and return self."""
        self.mean = np.mean(inputs, axis=0)
        self.scale = np.std(inputs, axis=0)
        self.scale[self.scale == 0] = 1.0
        return self

    def transform(self, inputs):
        """Return inputs of shape (m, features), scaled as the training inputs are."""
        return (inputs - self.mean) / self.scale

    def unscale(self, weights, bias):
        """Return (weights, bias) that give the same sums on raw inputs as these give on scaled ones."""
        raw_weights = weights / self.scale
        return raw_weights, bias - raw_weights @ self.mean


@Scaler.cases
def _(rng):
    train = np.array([[1.0, 10.0], [3.0, 10.0]])
    yield [call("Scaler"), call("0.fit", train), call("0.transform", train)]
    yield [call("Scaler"), call("0.fit", train), call("0.transform", np.array([[5.0, 11.0]]))]
    yield [call("Scaler"), call("0.fit", train), call("0.unscale", np.array([1.0, 2.0]), 0.5)]
    for features in (1, 3):
        train = (rng.normal(size=(4, features)) * 10 + 5).round(1)
        new = (rng.normal(size=(2, features)) * 10).round(1)
        yield [
            call("Scaler"),
            call("0.fit", train),
            call("0.transform", new),
            call("0.transform", train),
            call("0.unscale", rng.normal(size=features).round(1), round(rng.normal(), 1)),
        ]


@Scaler.mistake("`transform` measures again. New inputs have to be scaled by what `fit` has measured.")
class _(Scaler.solution):
    def transform(self, inputs):
        self.fit(inputs)
        return (inputs - self.mean) / self.scale


@Scaler.mistake("One mean for the whole table: each column needs its own.")
class _(Scaler.solution):
    def fit(self, inputs):
        self.mean = np.mean(inputs)
        self.scale = np.std(inputs)
        return self

    def unscale(self, weights, bias):
        raw_weights = weights / self.scale
        return raw_weights, bias - np.sum(raw_weights * self.mean)


@Scaler.mistake("A column that never changes is divided by zero. Leave its scale at 1.")
class _(Scaler.solution):
    def fit(self, inputs):
        self.mean = np.mean(inputs, axis=0)
        self.scale = np.std(inputs, axis=0)
        return self


@Scaler.mistake("A tiny number under the fraction makes a small change huge. Leave such a scale at 1.")
class _(Scaler.solution):
    def fit(self, inputs):
        self.mean = np.mean(inputs, axis=0)
        self.scale = np.std(inputs, axis=0) + 1e-8
        return self


@Scaler.mistake("This standard deviation divides by n - 1. NumPy's own, without `ddof`, divides by n.")
class _(Scaler.solution):
    def fit(self, inputs):
        super().fit(inputs)
        self.scale = np.std(inputs, axis=0, ddof=1)
        self.scale[self.scale == 0] = 1.0
        return self


@Scaler.mistake("Scaling is right. In `unscale` the bias must change too: the means were subtracted.")
class _(Scaler.solution):
    def unscale(self, weights, bias):
        return weights / self.scale, bias


@Scaler.mistake(
    "Scaling is right. `unscale` goes the wrong way: a sum with scaled inputs *divides* each raw one."
)
class _(Scaler.solution):
    def unscale(self, weights, bias):
        raw_weights = weights * self.scale
        return raw_weights, bias - raw_weights @ self.mean


@Scaler.mistake(
    "Scaling is right. In `unscale` the means count with the raw weights, not with the scaled ones."
)
class _(Scaler.solution):
    def unscale(self, weights, bias):
        return weights / self.scale, bias - weights @ self.mean


@Scaler.mistake("The values are divided by the scale without subtracting the mean first.")
class _(Scaler.solution):
    def transform(self, inputs):
        return inputs / self.scale


@Scaler.mistake("This stretches from the smallest to the largest value. Use mean and standard deviation.")
class _(Scaler.solution):
    def fit(self, inputs):
        self.mean = np.min(inputs, axis=0)
        self.scale = np.max(inputs, axis=0) - self.mean
        self.scale[self.scale == 0] = 1.0
        return self


@Scaler.mistake("That is one mean for each *row*. The axis that you name is the one that goes away.")
class _(Scaler.solution):
    def fit(self, inputs):
        self.mean = np.mean(inputs, axis=1)
        self.scale = np.std(inputs, axis=1)
        self.scale[self.scale == 0] = 1.0
        return self


@Scaler.mistake(
    "Putting zeros where nan or inf came out hides a division by zero: another value in such a column is lost."
)
class _(Scaler.solution):
    def fit(self, inputs):
        self.mean = np.mean(inputs, axis=0)
        self.scale = np.std(inputs, axis=0)
        return self

    def transform(self, inputs):
        with np.errstate(all="ignore"):
            return np.nan_to_num((inputs - self.mean) / self.scale)

    def unscale(self, weights, bias):
        with np.errstate(all="ignore"):
            return super().unscale(weights, bias)


@Scaler.mistake(
    "Scaling is right. In `unscale` the means were *subtracted* from the inputs: which sign do they get?"
)
class _(Scaler.solution):
    def unscale(self, weights, bias):
        raw_weights = weights / self.scale
        return raw_weights, bias + raw_weights @ self.mean


@Scaler.mistake(
    "Scaling is right. `unscale` gets weights, not inputs: turning the scaling around is not asked for."
)
class _(Scaler.solution):
    def unscale(self, weights, bias):
        return weights * self.scale + self.mean, bias


@Scaler.mistake("Scaling is right. `unscale` gives its weights and bias back as they came in.")
class _(Scaler.solution):
    def unscale(self, weights, bias):
        return weights, bias


@exercise(
    "pattern_recognition.order_matters",
    points=3,
    title="The order of the lessons",
    section="pattern_recognition.md#mistakes-do-not-fall-steadily",
    prompt="""
    Show a perceptron the same few examples once each, and count its mistakes. Show them in another order, to
    a fresh perceptron, and the count may differ. What are the fewest and the most mistakes that any order
    leads to?

    The perceptron starts with zeros, says `1` when `weights @ inputs + bias > 0`, and after a mistake adds
    `error * inputs` to the weights and `error` to the bias, where the error is the target minus the answer. A
    mistake is counted when it is made, with the weights of that moment. Every order is one pass.
    """,
    hints=[
        "`itertools.permutations(range(n))` lists every order of `n` examples.",
        "Write a helper that counts the mistakes for one order. It needs fresh weights each time.",
    ],
)
def fewest_and_most(inputs, targets):
    """Return (fewest, most) mistakes in one pass, over all orders of the examples.

    The inputs have shape (n, features), the targets hold n zeros and ones. n is 6 at most.
    """
    counts = []
    for order in permutations(range(len(inputs))):
        weights, bias, mistakes = np.zeros(inputs.shape[1]), 0.0, 0
        for place in order:
            error = targets[place] - (weights @ inputs[place] + bias > 0)
            weights = weights + error * inputs[place]
            bias = bias + error
            mistakes = mistakes + abs(error)
        counts.append(mistakes)
    return min(counts), max(counts)


@fewest_and_most.cases
def _(rng):
    yield np.array([[1.0], [2.0]]), np.array([1, 1])
    yield np.array([[1.0], [-1.0]]), np.array([1, 0])
    yield np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 1])
    yield (
        np.array([[-1.0], [-2.0], [0.0], [2.0]]),
        np.array([0, 1, 1, 1]),
    )  # neither end comes by turning in a circle
    for size, features in ((3, 1), (4, 2), (4, 3)):
        yield rng.integers(-3, 4, size=(size, features)).astype(float), rng.integers(0, 2, size=size)


def _counted(inputs, targets, fresh=True, with_bias=True, equal_fires=False):
    counts = []
    weights, bias = np.zeros(inputs.shape[1]), 0.0
    for order in permutations(range(len(inputs))):
        if fresh:
            weights, bias = np.zeros(inputs.shape[1]), 0.0
        mistakes = 0
        for place in order:
            total = weights @ inputs[place] + bias
            error = targets[place] - (total >= 0 if equal_fires else total > 0)
            weights = weights + error * inputs[place]
            bias = bias + error * with_bias
            mistakes += abs(error)
        counts.append(mistakes)
    return min(counts), max(counts)


@fewest_and_most.mistake(
    "The second order starts with what the first one has learned. Every order needs fresh zeros."
)
def _(inputs, targets):
    return _counted(inputs, targets, fresh=False)


@fewest_and_most.mistake("The bias learns too.")
def _(inputs, targets):
    return _counted(inputs, targets, with_bias=False)


@fewest_and_most.mistake("A sum of exactly zero is a no, and the very first sum always is zero.")
def _(inputs, targets):
    return _counted(inputs, targets, equal_fires=True)


@fewest_and_most.mistake("The two are in the other order: fewest first.")
def _(inputs, targets):
    return fewest_and_most.solution(inputs, targets)[::-1]


@fewest_and_most.mistake("That is the count in the order of the file only. Try every order.")
def _(inputs, targets):
    weights, bias, mistakes = np.zeros(inputs.shape[1]), 0.0, 0
    for row, target in zip(inputs, targets, strict=True):
        error = target - (weights @ row + bias > 0)
        weights, bias, mistakes = weights + error * row, bias + error, mistakes + abs(error)
    return mistakes, mistakes


@fewest_and_most.mistake(
    "A mistake counts when it is made, during the pass. Afterwards the weights are others."
)
def _(inputs, targets):
    counts = []
    for order in permutations(range(len(inputs))):
        weights, bias = np.zeros(inputs.shape[1]), 0.0
        for place in order:
            error = targets[place] - (weights @ inputs[place] + bias > 0)
            weights, bias = weights + error * inputs[place], bias + error
        counts.append(np.sum((inputs @ weights + bias > 0) != targets))
    return min(counts), max(counts)


@fewest_and_most.mistake("Nothing is learned here: the weights and the bias stay at zero.")
def _(inputs, targets):
    return np.sum(targets), np.sum(targets)


@fewest_and_most.mistake("The weights learn the wrong way round: the error is the target minus the answer.")
def _(inputs, targets):
    counts = []
    for order in permutations(range(len(inputs))):
        weights, bias, mistakes = np.zeros(inputs.shape[1]), 0.0, 0
        for place in order:
            error = (weights @ inputs[place] + bias > 0) - targets[place]
            weights, bias, mistakes = weights + error * inputs[place], bias + error, mistakes + abs(error)
        counts.append(mistakes)
    return min(counts), max(counts)


@fewest_and_most.mistake("This learns from right answers as well. Only a mistake changes something.")
def _(inputs, targets):
    counts = []
    for order in permutations(range(len(inputs))):
        weights, bias, mistakes = np.zeros(inputs.shape[1]), 0.0, 0
        for place in order:
            direction = 2 * targets[place] - 1
            mistakes += (weights @ inputs[place] + bias > 0) != targets[place]
            weights, bias = weights + direction * inputs[place], bias + direction
        counts.append(mistakes)
    return min(counts), max(counts)


@fewest_and_most.mistake("Each order is shown once: one pass, and not more.")
def _(inputs, targets):
    counts = []
    for order in permutations(range(len(inputs))):
        weights, bias, mistakes = np.zeros(inputs.shape[1]), 0.0, 0
        for place in 5 * order:
            error = targets[place] - (weights @ inputs[place] + bias > 0)
            weights, bias, mistakes = weights + error * inputs[place], bias + error, mistakes + abs(error)
        counts.append(mistakes)
    return min(counts), max(counts)


@fewest_and_most.mistake("Only some of the orders are tried. How many orders of n examples are there?")
def _(inputs, targets):
    counts = []
    for first in range(len(inputs)):
        weights, bias, mistakes = np.zeros(inputs.shape[1]), 0.0, 0
        for place in np.roll(np.arange(len(inputs)), first):
            error = targets[place] - (weights @ inputs[place] + bias > 0)
            weights, bias, mistakes = weights + error * inputs[place], bias + error, mistakes + abs(error)
        counts.append(mistakes)
    return min(counts), max(counts)


@exercise(
    "pattern_recognition.wide_street",
    points=4,
    title="A street, not a line",
    section="pattern_recognition.md#why-training-must-end",
    prompt="""
    A line that only just separates two classes is right today and wrong tomorrow. Find one with room on both
    sides: every point on its side, and at least `distance` away from the line.

    Many lines are right, and the check accepts each. It draws points for which a street of twice that
    width exists, so there is one to be found.

    How far a point is from a line does not change when all weights and the bias are multiplied by ten. The
    distance is the sum divided by the length of the weights.
    """,
    comparison=Comparison("separates", distance=2),
    hints=[
        "Go round and round through the points, and learn from each that is wrong *or too near*.",
        "The distance of a point is `direction * (weights @ point + bias) / length`, with a direction of `1` or "
        "`-1`, and `np.linalg.norm(weights)` as length. At the start the length is zero: multiply instead.",
        "Stop after the first pass in which nothing was learned.",
    ],
    seconds=2.0,
    equivalent={
        "weights, bias = (np.zeros(inputs.shape[1]), 0.0) -> weights, bias = (np.zeros(inputs.shape[1]), 1.0)": (
            "another start is as good"
        ),
        "weights, bias = (np.zeros(inputs.shape[1]), 0.0) -> weights, bias = (np.ones(inputs.shape[1]), 0.0)": (
            "another start is as good"
        ),
    },
)
def wide_street(inputs, targets, distance):
    """Return (weights, bias): every point is on its side, at least `distance` from the line.

    The inputs have shape (n, 2), the targets hold zeros and ones. The sum is above zero for class 1.
    """
    weights, bias = np.zeros(inputs.shape[1]), 0.0
    learned = True
    while learned:
        learned = False
        for point, target in zip(inputs, targets):
            direction = 1 if target == 1 else -1
            too_near = distance * np.linalg.norm(weights)
            if direction * (weights @ point + bias) <= too_near:
                weights = weights + direction * point
                bias = bias + direction
                learned = True
    return weights, bias


def _street(rng, size, distance):
    angle = rng.uniform(0, 2 * np.pi)
    normal, along = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    middle = rng.uniform(-1, 1, size=2)
    targets = np.arange(size) % 2
    away = rng.uniform(2 * distance, 2 * distance + 1.5, size=size)
    away[: size // 2] = 2 * distance  # houses along the street
    away = np.where(targets == 1, 1, -1) * away
    points = middle + away[:, np.newaxis] * normal + rng.uniform(-2, 2, size=(size, 1)) * along
    return points.round(3), targets, distance


@wide_street.cases
def _(rng):
    yield np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([1, 0]), 0.4
    yield np.array([[3.0, 0.0], [1.0, 0.0]]), np.array([0, 1]), 0.4
    yield np.array([[20.0, 0.0], [0.0, 20.0], [21.0, 21.0]]), np.array([0, 0, 1]), 4.0
    yield np.array([[0.1, 0.3], [0.3, 0.1], [-0.2, -0.2]]), np.array([0, 0, 1]), 0.1
    for size, distance in ((6, 0.2), (8, 0.8), (10, 0.5), (8, 0.4), (12, 1.0)):
        yield _street(rng, size, distance)


@wide_street.mistake(
    "Every point is on its side, but some are too near: also learn from those that are right too narrowly.",
    recognise=Comparison("separates"),
)
def _(inputs, targets, distance):
    return wide_street.solution(inputs, targets, 0.0)


@wide_street.mistake(
    "The line is fine, and the classes are on each other's side. Which one has a sum above zero?",
    recognise=Comparison("separates", swapped=True),
)
def _(inputs, targets, distance):
    weights, bias = wide_street.solution(inputs, targets, distance)
    return -weights, -bias


what_is_068 = free_text(
    "pattern_recognition.what_is_068",
    title="Sixty-eight of a hundred",
    section="pattern_recognition.md#knowing-nothing-scores-seven-tenths",
    prompt="""
    A friend trains a perceptron on 500 points, of which 340 belong to class `1`. After one hundred passes it
    is right in 68 of 100 cases, after two hundred passes in 66, after three hundred in 68. "It has
    learned something, it has stopped getting better, and the drop shows a bug," says your friend.

    Are these three conclusions right? Say for each why or why not, and what you would do next.
    """,
    rubric=[
        ("baseline", 1, "Says that always answering 1 scores the same, so that this shows no learning."),
        ("not_monotone", 1, "Says that a perceptron's errors go up and down; a drop is no sign of a bug."),
        (
            "next_step",
            2,
            "Proposes a step that can tell more: plot the points, scale the inputs, start from zero, keep the "
            "best weights, or test whether any line separates them.",
        ),
    ],
    model_answer="""
    It has not been shown to learn: 340 of 500 is 0.68, exactly what always answering 1 scores. Whether it
    has stopped getting better cannot be told from three numbers, because a perceptron's count of errors goes
    up and down until the very pass in which it is zero; for the same reason the drop is no sign of a bug.
    Next: plot the points. If a line could separate them, look at the scale of the inputs and start from zero.
    If none can, keep the best weights on the way, and compare with the baseline on fresh points.
    """,
    hints=[
        "How well does a machine do that always says `1`?",
        "Does every update of a perceptron lower the number of errors on all points?",
    ],
)
