"""Training loops: steps and epochs, batches, momentum, and starting again."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Generator, Result, Tensor
from course_lib.tf.quiet import tf
from course_lib.workshop.exercises.definition import call, exercise, free_text


@exercise(
    "training_loops.count_steps",
    points=1,
    title="How many steps is that?",
    section="training_loops.md#steps-batches-epochs",
    prompt="""
    An *epoch* shows every example once. A *step* shows one batch and changes the weights once. When the
    batch size does not divide the number of examples, the rest makes a smaller batch, unless it is dropped.
    How many steps does a training make?
    """,
    hints=[
        "`divmod(a, b)` returns how often `b` fits into `a`, and the rest.",
        "The rest comes once in every epoch, not once at the end.",
    ],
)
def count_steps(examples, batch_size, epochs, drop_rest):
    """Return the number of steps, a whole number. `drop_rest` is True or False."""
    full, rest = divmod(examples, batch_size)
    per_epoch = full if drop_rest or rest == 0 else full + 1
    return epochs * per_epoch


@count_steps.cases
def _(rng):
    yield 10, 5, 3, False
    yield 10, 4, 3, False
    yield 10, 4, 3, True
    yield 10, 5, 2, True
    yield 3, 8, 2, False
    yield 3, 8, 2, True
    yield 9, 4, 4, False
    yield 7, 4, 2, False
    yield int(rng.integers(50, 900)), int(rng.integers(7, 40)), int(rng.integers(2, 9)), bool(rng.integers(2))


@count_steps.mistake("The rest of each epoch is lost here. It makes a smaller batch, unless it is dropped.")
def _(examples, batch_size, epochs, drop_rest):
    return epochs * (examples // batch_size)


@count_steps.mistake(
    "The examples of all epochs are poured together here. Each epoch ends with its own rest."
)
def _(examples, batch_size, epochs, drop_rest):
    total = examples * epochs
    return total // batch_size if drop_rest else -(-total // batch_size)


@count_steps.mistake("`drop_rest` makes no difference here.")
def _(examples, batch_size, epochs, drop_rest):
    return epochs * -(-examples // batch_size)


@count_steps.mistake("That is the number of steps in one epoch.")
def _(examples, batch_size, epochs, drop_rest):
    return count_steps.solution(examples, batch_size, 1, drop_rest)


@count_steps.mistake(
    "Where the batch size divides the examples, there is no further batch: it would be empty."
)
def _(examples, batch_size, epochs, drop_rest):
    return epochs * (examples // batch_size + (0 if drop_rest else 1))


@count_steps.mistake("There is no fraction of a step: the rest makes one whole, smaller batch.")
def _(examples, batch_size, epochs, drop_rest):
    return epochs * (examples // batch_size if drop_rest else examples / batch_size)


@count_steps.mistake("`drop_rest` works the wrong way round: True drops the smaller batch.")
def _(examples, batch_size, epochs, drop_rest):
    return count_steps.solution(examples, batch_size, epochs, not drop_rest)


@count_steps.mistake("The rest makes a smaller batch in *every* epoch, not once at the end.")
def _(examples, batch_size, epochs, drop_rest):
    full, rest = divmod(examples, batch_size)
    return epochs * full + (rest > 0 and not drop_rest)


@count_steps.mistake(
    "Where the only batch would be a smaller one, and it is dropped, there is no step at all."
)
def _(examples, batch_size, epochs, drop_rest):
    return max(epochs, count_steps.solution(examples, batch_size, epochs, drop_rest))


@count_steps.mistake("That counts the examples that are shown. A step shows a whole batch.")
def _(examples, batch_size, epochs, drop_rest):
    return epochs * (examples - examples % batch_size if drop_rest else examples)


@count_steps.mistake("Rounding to the nearest loses a small rest. However small, it makes a batch.")
def _(examples, batch_size, epochs, drop_rest):
    return epochs * (examples // batch_size if drop_rest else round(examples / batch_size))


@exercise(
    "training_loops.endless_batches",
    points=3,
    title="A stream that loses nobody",
    section="training_loops.md#steps-batches-epochs",
    prompt="""
    Dropping the rest of every epoch loses examples, and keeping it gives batches of odd sizes. There is a
    third way: an endless stream. Shuffle all positions and hand them out batch by batch. When fewer are left
    than a batch needs, shuffle all positions anew and go on, so that a batch may hold the end of one pass and
    the beginning of the next. Every batch is full, and in every pass each example comes exactly once.
    """,
    comparison=Comparison("shuffled_stream"),
    hints=[
        "Keep a list of the positions that are waiting.",
        "`rng.permutation(n).tolist()` is a fresh shuffle of the positions 0 to n - 1.",
        "Before each batch: while too few are waiting, append a fresh shuffle behind them.",
    ],
    equivalent={
        "while len(waiting) < batch_size: -> while len(waiting) <= batch_size:": (
            "the next pass is shuffled a little earlier"
        ),
    },
)
def endless_batches(examples, batch_size, steps, rng):
    """Return a list of `steps` batches, each a list of `batch_size` positions.

    `rng` is a NumPy random generator, as np.random.default_rng(0) makes one.
    """
    waiting, batches = [], []
    for _ in range(steps):
        while len(waiting) < batch_size:
            waiting = waiting + rng.permutation(examples).tolist()
        batches.append(waiting[:batch_size])
        waiting = waiting[batch_size:]
    return batches


@endless_batches.cases
def _(rng):
    seed = int(rng.integers(1000))
    yield 2, 1, 4, Generator(seed)
    yield 6, 4, 6, Generator(seed)
    yield 7, 3, 7, Generator(seed + 1)
    yield 3, 7, 3, Generator(seed + 2)
    yield [call("endless_batches", 12, 8, 6, Generator(one)) for one in (seed, seed + 3, seed + 3)]


@endless_batches.mistake("The positions that were left over are thrown away when the next pass is shuffled.")
def _(examples, batch_size, steps, rng):
    waiting, batches = [], []
    for _ in range(steps):
        if len(waiting) < batch_size:
            waiting = rng.permutation(examples).tolist()
        batches.append(waiting[:batch_size])
        waiting = waiting[batch_size:]
    return batches


@endless_batches.mistake("The batches are drawn with repetition: some examples come often, some never.")
def _(examples, batch_size, steps, rng):
    return rng.integers(0, examples, size=(steps, batch_size)).tolist()


@endless_batches.mistake("It is shuffled once, and every pass has the same order.")
def _(examples, batch_size, steps, rng):
    stream = np.tile(rng.permutation(examples), steps * batch_size)
    return stream[: steps * batch_size].reshape(steps, batch_size).tolist()


@exercise(
    "training_loops.small_pieces",
    points=2,
    title="A big batch in small pieces",
    section="training_loops.md#steps-batches-epochs",
    prompt="""
    A batch does not fit into memory. You cut it into pieces, ask a tape for the gradient of the *mean* loss of
    each piece, and want the gradient of the mean loss of the whole batch: exactly the same one, although the
    pieces differ in size.
    """,
    packages=["tensorflow"],
    seconds=5.0,
    hints=[
        "A mean of means is right only when all pieces have the same size.",
        "Turn each mean back into a sum. How many examples are behind it?",
    ],
)
def whole_gradient(gradients, sizes):
    """Return the gradient of the whole batch, of the shape of each piece's gradient.

    The gradients are a list of tensors of one shape, the sizes a list of how many examples each piece has.
    """
    total = sum(size * gradient for gradient, size in zip(gradients, sizes))
    return total / sum(sizes)


@whole_gradient.cases
def _(rng):
    yield [Tensor(np.array([1.0])), Tensor(np.array([4.0]))], [1, 2]
    yield [Tensor(np.array([2.0, -1.0]))], [3]
    yield [Tensor(rng.normal(size=2).round(1)) for _ in range(3)], [4, 4, 1]
    yield [Tensor(rng.normal(size=(2, 2)).round(1)) for _ in range(2)], [3, 5]


@whole_gradient.mistake("A mean of means: the small piece counts as much as the large one.")
def _(gradients, sizes):
    return sum(gradients) / len(gradients)


@whole_gradient.mistake("That is a sum of means. It grows with the number of pieces.")
def _(gradients, sizes):
    return sum(gradients) + 0.0


@whole_gradient.mistake("That is the gradient of the *sum* of all losses. Divide by the number of examples.")
def _(gradients, sizes):
    return sum(size * gradient for gradient, size in zip(gradients, sizes))


@whole_gradient.mistake("This gives the small pieces the large weights. Divide by a size and it counts less.")
def _(gradients, sizes):
    return sum(gradient / size for gradient, size in zip(gradients, sizes))


@whole_gradient.mistake("You divided by the number of pieces. How many examples are there?")
def _(gradients, sizes):
    return sum(size * gradient for gradient, size in zip(gradients, sizes)) / len(sizes)


@whole_gradient.mistake("Divide by the number of all examples, not by the largest size.")
def _(gradients, sizes):
    return sum(size * gradient for gradient, size in zip(gradients, sizes)) / max(sizes)


@whole_gradient.mistake("Every piece counts with its own size.")
def _(gradients, sizes):
    return sum(sizes[-1] * gradient for gradient in gradients) / sum(sizes)


@whole_gradient.mistake("Those are the parts of the answer, one for each piece. Add them up.")
def _(gradients, sizes):
    return [size * gradient / sum(sizes) for gradient, size in zip(gradients, sizes)]


@exercise(
    "training_loops.clip_together",
    points=2,
    title="One long arrow, cut short",
    section="training_loops.md#how-large-may-a-step-be",
    prompt="""
    A single wild batch can throw the weights far away. *Clipping* bounds the step: all gradients of a model
    together are one long arrow, and when the arrow is longer than a limit, it is shortened to the limit. Its
    direction stays. The length is the root of the sum of the squares of all entries of all gradients.
    """,
    packages=["tensorflow"],
    comparison=Comparison("close"),  # a tiny number below the fraction shows in the seventh digit
    seconds=5.0,
    forbidden=["tensorflow.clip_by_global_norm", "keras.utils", "tensorflow.linalg.global_norm"],
    hints=[
        "One length for all gradients together, and one factor for all of them.",
        "An arrow that is short enough stays as it is.",
    ],
    equivalent={
        "if length <= limit: -> if length < limit:": "an arrow of exactly that length is scaled by one",
    },
)
def clip_together(gradients, limit):
    """Return the list of gradients, shortened together to the limit where they are longer.

    The gradients are a list of tensors of any shapes, as a tape returns them; the limit is above zero.
    """
    length = tf.sqrt(sum(tf.reduce_sum(gradient**2) for gradient in gradients))
    if length <= limit:
        return gradients
    return [gradient * limit / length for gradient in gradients]


@clip_together.cases
def _(rng):
    for gradients, limit in (
        ([[3.0], [4.0]], 1.0),
        ([[3.0], [4.0]], 5.0),
        ([[0.3, 0.4]], 1.0),
        ([[0.5], [6.0, 0.0]], 2.0),
        ([rng.normal(size=(2, 2)).round(1), (rng.normal(size=2) * 9).round(1)], 1.5),
    ):
        yield [Tensor(np.array(gradient)) for gradient in gradients], limit


@clip_together.mistake(
    "Each gradient is shortened by itself. That turns the arrow: they need one common factor."
)
def _(gradients, limit):
    return [gradient * min(1.0, limit / np.linalg.norm(gradient)) for gradient in gradients]


@clip_together.mistake("Short arrows are stretched to the limit. Leave them as they are.")
def _(gradients, limit):
    length = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    return [gradient * limit / length for gradient in gradients]


@clip_together.mistake("Every entry is cut at the limit by itself. That turns the arrow.")
def _(gradients, limit):
    return [np.clip(gradient, -limit, limit) for gradient in gradients]


@clip_together.mistake("The length is the *root* of the sum of squares.")
def _(gradients, limit):
    length = sum(np.sum(gradient**2) for gradient in gradients)
    return gradients if length <= limit else [gradient * limit / length for gradient in gradients]


@clip_together.mistake(
    "Lengths do not add up like this: add the *squares* of all entries, and take one root."
)
def _(gradients, limit):
    length = sum(np.linalg.norm(gradient) for gradient in gradients)
    return gradients if length <= limit else [gradient * limit / length for gradient in gradients]


@clip_together.mistake("That measures the largest entry. The length counts all of them, squared.")
def _(gradients, limit):
    length = max(np.max(np.abs(gradient)) for gradient in gradients)
    return gradients if length <= limit else [gradient * limit / length for gradient in gradients]


@clip_together.mistake(
    "That adds up the sizes of the entries. The length is the root of the sum of their *squares*."
)
def _(gradients, limit):
    length = sum(np.sum(np.abs(gradient)) for gradient in gradients)
    return gradients if length <= limit else [gradient * limit / length for gradient in gradients]


@clip_together.mistake("That is the root of the *mean* of the squares. A length takes their sum.")
def _(gradients, limit):
    length = np.sqrt(np.mean(np.concatenate([np.ravel(gradient) for gradient in gradients]) ** 2))
    return [gradient * min(1.0, limit / length) for gradient in gradients]


@clip_together.mistake("All arrows come out with a length of 1. The limit is another number.")
def _(gradients, limit):
    length = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    return gradients if length <= limit else [gradient / length for gradient in gradients]


@exercise(
    "training_loops.resume",
    points=4,
    title="As if nothing had happened",
    section="training_loops.md#optimisers",
    prompt="""
    A training of three days is interrupted on the second. What must have been saved so that it goes on *as
    if nothing had happened*, to the last digit? Write a walker that descends with momentum,

    $$v \\leftarrow \\text{momentum} \\cdot v - \\text{rate} \\cdot \\text{gradient}, \\qquad w \\leftarrow w + v$$

    that can save itself at any time, and a function that makes a new walker of what was saved. The velocity
    $v$ starts at zero. The walker that saved itself may walk on, and that must change nothing in what was
    saved.
    """,
    comparison=Comparison("close", ignore=["0.save"]),
    hints=[
        "What does the next step depend on? All of that belongs in the saved state, and nothing else.",
        "The state can be a dictionary. Put copies of the arrays into it.",
        "`resumed` makes a Walker in the usual way, and then sets what the usual way does not know.",
    ],
)
class Walker:
    """Walks downhill with momentum, and can save itself."""

    def __init__(self, weights, rate, momentum):
        """Start at these weights, an array, with a velocity of zero."""
        self.weights = weights.copy()
        self.rate = rate
        self.momentum = momentum
        self.velocity = np.zeros(len(weights))

    def step(self, gradient):
        """Take one step against the gradient, and return the new weights, an array of their own."""
        self.velocity *= self.momentum
        self.velocity -= self.rate * gradient
        self.weights += self.velocity
        return self.weights.copy()

    def save(self):
        """Return all that is needed to go on, in any form you like."""
        return {
            "weights": self.weights.copy(),
            "velocity": self.velocity.copy(),
            "rate": self.rate,
            "momentum": self.momentum,
        }


@Walker.also
def resumed(state):
    """Return a Walker that goes on where the one that saved this state stood."""
    walker = Walker(state["weights"], state["rate"], state["momentum"])
    walker.velocity = state["velocity"].copy()
    return walker


@Walker.cases
def _(rng):
    yield [call("Walker", np.array([1.0]), 0.5, 0.9), call("0.step", np.array([2.0]))]
    yield [
        call("Walker", np.array([1.0]), 0.5, 0.9),
        call("0.step", np.array([2.0])),
        call("0.step", np.array([-1.0])),
        call("1.copy"),  # what the first step returned is still what it was
    ]
    for size in (1, 2):
        start, rate, momentum = rng.normal(size=size).round(1), round(rng.uniform(0.1, 1), 1), 0.5
        gradients = rng.normal(size=(5, size)).round(1)
        yield [
            call("Walker", start, rate, momentum),
            call("0.step", gradients[0]),
            call("0.step", gradients[1]),
            call("0.save"),
            call("0.step", gradients[2]),  # the first one walks on
            call("resumed", Result(3)),
            call("5.step", gradients[2]),
            call("5.step", gradients[3]),
            call("resumed", Result(3)),  # and the state can be used again
            call("8.step", gradients[4]),
        ]


@Walker.mistake(
    "The step is right. The walker that goes on has lost its velocity: it starts from rest.", of="resumed"
)
def _(state):
    return Walker(state["weights"], state["rate"], state["momentum"])


@Walker.mistake("What was saved changes when the walker walks on. Save copies of the arrays.")
class _(Walker.solution):
    def save(self):
        return {
            "weights": self.weights,
            "velocity": self.velocity,
            "rate": self.rate,
            "momentum": self.momentum,
        }


@Walker.mistake("What `step` returned is changed by the next step. Return an array of its own, a copy.")
class _(Walker.solution):
    def step(self, gradient):
        super().step(gradient)
        return self.weights


@Walker.mistake("The step goes uphill.")
class _(Walker.solution):
    def step(self, gradient):
        self.velocity = self.momentum * self.velocity + self.rate * gradient
        self.weights = self.weights + self.velocity
        return self.weights.copy()


@Walker.mistake("The weights move by the old velocity. First the velocity changes, then the weights.")
class _(Walker.solution):
    def step(self, gradient):
        self.weights = self.weights + self.velocity
        self.velocity = self.momentum * self.velocity - self.rate * gradient
        return self.weights.copy()


@Walker.mistake("There is no momentum in these steps: the old velocity plays no part.")
class _(Walker.solution):
    def step(self, gradient):
        self.weights = self.weights - self.rate * gradient
        return self.weights.copy()


@Walker.mistake("The gradient counts with the rate alone: no `1 - momentum` stands in the formula.")
class _(Walker.solution):
    def step(self, gradient):
        self.velocity = self.momentum * self.velocity - (1 - self.momentum) * self.rate * gradient
        self.weights = self.weights + self.velocity
        return self.weights.copy()


@Walker.mistake("The momentum multiplies the old velocity only, not the gradient.")
class _(Walker.solution):
    def step(self, gradient):
        self.velocity = self.momentum * (self.velocity - self.rate * gradient)
        self.weights = self.weights + self.velocity
        return self.weights.copy()


@Walker.mistake(
    "The new walker and the saved state share an array, and its steps change both. Copy when you go on, too.",
    of="resumed",
)
def _(state):
    walker = Walker(state["weights"], state["rate"], state["momentum"])
    walker.velocity = state["velocity"]
    return walker


@Walker.mistake(
    "The new walker and the saved state share an array, and its steps change both. Copy when you go on, too.",
    of="resumed",
)
def _(state):
    walker = Walker(state["weights"], state["rate"], state["momentum"])
    walker.weights = state["weights"]
    walker.velocity = state["velocity"].copy()
    return walker


@exercise(
    "training_loops.tape_loop",
    points=3,
    title="A loop of your own",
    section="training_loops.md#the-loop",
    prompt="""
    Write the whole loop: fit the line `weight * input + bias` to the targets with TensorFlow's
    `GradientTape`. Start with a weight of `5` and a bias of `0`, use the mean squared error, change both
    variables at each step against their slope times the learning rate, and record the loss of each step as
    it was *before* the step changed anything. This is the order in which Keras reports it too. Compute in
    float64, as the inputs are, and change the variables yourself: Keras' optimisers round a rate to float32.
    """,
    packages=["tensorflow"],
    demands=["uses GradientTape"],
    seconds=5.0,
    comparison=Comparison("close", float64=True),
    hints=[
        "`tf.Variable(5.0, dtype=tf.float64)` makes a variable that agrees with NumPy's numbers.",
        "Inside `with tf.GradientTape() as tape:` compute predictions and loss. Outside ask for the slopes.",
        "Ask for both slopes before you change either variable: `tape.gradient(loss, [weight, bias])`.",
    ],
)
def tape_loop(inputs, targets, learning_rate, steps):
    """Return (weight, bias, losses): two numbers, and a list with the loss of each step before its change.

    The inputs and targets have shape (n,), float64.
    """
    weight, bias = tf.Variable(5.0, dtype=tf.float64), tf.Variable(0.0, dtype=tf.float64)
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((weight * inputs + bias - targets) ** 2)
        by_weight, by_bias = tape.gradient(loss, [weight, bias])
        weight.assign_sub(learning_rate * by_weight)
        bias.assign_sub(learning_rate * by_bias)
        losses.append(float(loss))
    return float(weight), float(bias), losses


@tape_loop.cases
def _(rng):
    yield np.array([1.0]), np.array([2.0]), 0.1, 1
    yield np.array([1.0, -1.0]), np.array([2.0, 0.0]), 0.25, 0
    for size, steps in ((3, 2), (4, 3)):
        yield rng.normal(size=size).round(1), rng.normal(size=size).round(1), 0.1, steps


def _numpy_loop(
    inputs, targets, rate, steps, start=5.0, report="before", sign=-1, total=False, one_by_one=False
):
    weight, bias, losses = start, 0.0, []

    def error():
        return weight * inputs + bias - targets

    for _ in range(steps):
        scale = len(inputs) if total else 1
        losses.append(scale * np.mean(error() ** 2))
        by_weight, by_bias = 2 * scale * np.mean(error() * inputs), 2 * scale * np.mean(error())
        weight = weight + sign * rate * by_weight
        if one_by_one:
            by_bias = 2 * np.mean(error())
        bias = bias + sign * rate * by_bias
        if report == "after":
            losses[-1] = np.mean(error() ** 2)
    return weight, bias, losses


@tape_loop.mistake("Weight and bias are right. The losses are those *after* each step; record them before.")
def _(*arguments):
    return _numpy_loop(*arguments, report="after")


@tape_loop.mistake("The loss grows: the step goes *against* the slope.")
def _(*arguments):
    return _numpy_loop(*arguments, sign=1)


@tape_loop.mistake("That is the sum of the squared errors. Their mean is asked for.")
def _(*arguments):
    return _numpy_loop(*arguments, total=True)


@tape_loop.mistake(
    "The bias is changed with a slope computed after the weight had moved. Take both slopes first."
)
def _(*arguments):
    return _numpy_loop(*arguments, one_by_one=True)


@tape_loop.mistake("The weight starts at 5.")
def _(*arguments):
    return _numpy_loop(*arguments, start=0.0)


@exercise(
    "training_loops.batch_size_behind",
    points=4,
    title="The batch size behind a table of losses",
    section="training_loops.md#steps-batches-epochs",
    prompt="""
    A colleague has left the company, and a table of losses is all that remains of a good run. The data are
    there, the rate is known, the examples came in their order, and the line `weight * input + bias` started with a
    weight of 1 and a bias of 1. Only the batch size is not written anywhere.

    First write the run with TensorFlow: `reported_losses` trains with a tape on one batch after another, the rest
    of each epoch being a smaller batch, and returns what Keras' `fit` would have printed after each epoch. That
    is the mean over the batches of their mean squared errors, each measured *before* its update and weighted by
    the size of its batch. Then `batch_size_behind` returns the candidate whose run is nearest to the table.
    """,
    packages=["tensorflow"],
    demands=["uses GradientTape"],
    seconds=10.0,
    comparison=Comparison("close", float64=True),
    hints=[
        "`range(0, len(inputs), batch_size)` gives the first row of each batch.",
        "Adding up each batch's loss times its size, and dividing by all examples in the end, weights by size.",
        "How far a run is from the table: the sum of the absolute differences. Which candidate has the smallest?",
    ],
)
def reported_losses(inputs, targets, rate, batch_size, epochs):
    """Return the list of losses, one number for each epoch.

    The inputs and targets have shape (n,), float64.
    """
    weight, bias = tf.Variable(1.0, dtype=tf.float64), tf.Variable(1.0, dtype=tf.float64)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for first in range(0, len(inputs), batch_size):
            x, y = inputs[first : first + batch_size], targets[first : first + batch_size]
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((weight * x + bias - y) ** 2)
            by_weight, by_bias = tape.gradient(loss, [weight, bias])
            weight.assign_sub(rate * by_weight)
            bias.assign_sub(rate * by_bias)
            total += float(loss) * len(x)
        losses.append(total / len(inputs))
    return losses


@reported_losses.also
def batch_size_behind(inputs, targets, rate, table, candidates):
    """Return the batch size among the candidates, a list of whole numbers, whose losses are nearest to the table."""

    def distance(batch_size):
        losses = reported_losses(inputs, targets, rate, batch_size, len(table))
        return sum(abs(loss - other) for loss, other in zip(losses, table))

    return min(candidates, key=distance)


@reported_losses.cases
def _(rng):
    yield [call("reported_losses", np.array([1.0, 2.0]), np.array([2.0, 0.0]), 0.1, 1, 1)]
    yield [call("reported_losses", np.array([1.0, -1.0, 2.0]), np.array([2.0, 0.0, 1.0]), 0.1, 2, 2)]
    inputs, targets = rng.normal(size=5).round(1), rng.normal(size=5).round(1) + 1
    for batch_size in (2, 3, 9):
        yield [call("reported_losses", inputs, targets, 0.05, batch_size, 2)]
    for size, epochs in zip(rng.permutation([1, 2, 4])[:2], (2, 1)):
        table = [round(loss, 3) for loss in _printed(inputs, targets, 0.05, int(size), epochs)]
        yield [call("batch_size_behind", inputs, targets, 0.05, table, [4, 1, 2])]


def _printed(
    inputs, targets, rate, batch_size, epochs, by_size=True, when="before", rest=True, fresh=False, start=1.0
):
    weight, bias, losses = start, start, []
    for _ in range(epochs):
        if fresh:
            weight, bias = 1.0, 1.0
        parts, sizes = [], []
        for first in range(0, len(inputs), batch_size):
            x, y = inputs[first : first + batch_size], targets[first : first + batch_size]
            if not rest and len(x) < batch_size and first:
                continue
            error = weight * x + bias - y
            before = np.mean(error**2)
            weight, bias = weight - 2 * rate * np.mean(error * x), bias - 2 * rate * np.mean(error)
            after = np.mean((weight * x + bias - y) ** 2)
            parts.append(before if when == "before" else after)
            sizes.append(len(x))
        losses.append(float(np.average(parts, weights=sizes if by_size else None)))
        if when == "end":
            losses[-1] = float(np.mean((weight * inputs + bias - targets) ** 2))
    return losses


@reported_losses.mistake("Each batch counts the same here, also the small one at the end. Weight by size.")
def _(*arguments):
    return _printed(*arguments, by_size=False)


@reported_losses.mistake(
    "These are the losses of each batch *after* its update. `fit` prints those from before."
)
def _(*arguments):
    return _printed(*arguments, when="after")


@reported_losses.mistake(
    "That is the loss over all examples at the end of each epoch, which is what `evaluate` says."
)
def _(*arguments):
    return _printed(*arguments, when="end")


@reported_losses.mistake("The weight and the bias start at 1 here, not at zero.")
def _(*arguments):
    return _printed(*arguments, start=0.0)


@reported_losses.mistake("There is one step an epoch here. After each *batch* the variables change.")
def _(inputs, targets, rate, batch_size, epochs):
    return _printed(inputs, targets, rate, len(inputs), epochs)


@reported_losses.mistake("The rest of each epoch is dropped. It is a batch too, a smaller one.")
def _(*arguments):
    return _printed(*arguments, rest=False)


@reported_losses.mistake(
    "Each epoch starts at the beginning again. The variables are made once, before all epochs."
)
def _(*arguments):
    return _printed(*arguments, fresh=True)


@reported_losses.mistake(
    "`reported_losses` is right. The *largest* distance was chosen in the other function.",
    of="batch_size_behind",
)
def _(inputs, targets, rate, table, candidates):
    def distance(size):
        return np.abs(np.array(_printed(inputs, targets, rate, size, len(table))) - table).sum()

    return max(candidates, key=distance)


must_it_fall = free_text(
    "training_loops.must_it_fall",
    title="Must the loss fall at every step?",
    section="training_loops.md#steps-batches-epochs",
    prompt="""
    Your training prints the loss of each *step*, and it goes up at about every third step. Your friend says:
    "The learning rate is too high. The loss must fall every time." Is your friend right? Say what the printed
    number measures, what you would plot instead, and how you would find out whether the rate really is too
    high.
    """,
    rubric=[
        (
            "measures",
            1,
            "Says that the loss of a step is that of one batch, so that it differs from batch to batch.",
        ),
        ("plot", 1, "Proposes the mean over an epoch, a moving average, or the loss on all examples."),
        ("test", 1, "Proposes a test: the same with a smaller rate, or with the whole data as one batch."),
    ],
    model_answer="""
    The printed number is the loss of one batch, before the step. The next step shows another batch, which may
    be harder, so the number can rise although the weights got better. Plot the mean over each epoch, or the loss
    on all training examples. To find out about the rate, train again from the same start with a tenth of it, or
    with all examples in one batch: if the loss on all of them still rises at some steps, and stops doing so
    with the smaller rate, the rate was too high.
    """,
    hints=[
        "Do two steps that follow each other look at the same examples?",
        "How would the curve look if every batch held all examples?",
    ],
)
