"""Scaling up: what several workers win, what they have to tell each other, and how averages go wrong."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Tensor, Variable
from course_lib.tf.quiet import tf
from course_lib.workshop.exercises.definition import exercise


@exercise(
    "scaling_up.speedup",
    points=1,
    title="Two workers, half the time?",
    section="scaling_up.md#what-you-gain",
    prompt="""
    Only a part of each training step can be shared among workers. The rest, such as reading the data, one of
    them does alone while the others wait. If a share `parallel` of the time with one worker can be divided,
    how many times as fast are several workers? And how fast can it get, with as many workers as you like?
    """,
    hints=[
        "Let a step take one second on one worker. How long does each of its two parts take with more workers?",
        "With very many workers one of the two parts vanishes.",
    ],
)
def speedup(parallel, workers):
    """Return (speedup, limit): how many times as fast, and the bound for any number of workers.

    `parallel` is at least 0 and below 1, `workers` is 1 or more.
    """
    alone = 1 - parallel
    return 1 / (alone + parallel / workers), 1 / alone


@speedup.cases
def _(rng):
    yield 0.5, 2
    yield 0.0, 8
    yield 0.9, 1
    yield round(rng.uniform(0.1, 0.95), 2), int(rng.integers(2, 30))


@speedup.mistake("Workers share the parallel part only. The rest takes as long as before.")
def _(parallel, workers):
    return float(workers), 1 / (1 - parallel)


@speedup.mistake("The two parts have changed places: the *parallel* one gets shorter.")
def _(parallel, workers):
    return 1 / (parallel + (1 - parallel) / workers), 1 / parallel if parallel else np.inf


@speedup.mistake("That is the time, as a share of the old one. How many times as fast is it?")
def _(parallel, workers):
    return 1 - parallel + parallel / workers, 1 - parallel


@speedup.mistake(
    "The speedup is right. The limit is reached when only the part that nobody can share is left."
)
def _(parallel, workers):
    return speedup.solution(parallel, workers)[0], np.inf


@speedup.mistake("The parts of a step are *times*, which add up. How many times as fast comes from dividing.")
def _(parallel, workers):
    return 1 - parallel + parallel * workers, 1 / (1 - parallel)


@speedup.mistake("The speedup is right. The limit does not depend on the number of workers.")
def _(parallel, workers):
    return speedup.solution(parallel, workers)[0], float(workers)


@speedup.mistake(
    "The speedup is right. With very many workers the *parallel* part vanishes: which part is left?"
)
def _(parallel, workers):
    return speedup.solution(parallel, workers)[0], 1 / parallel if parallel else 1.0


@speedup.mistake("That is the share of the time that is saved. How many times as fast is it?")
def _(parallel, workers):
    return 1 - (1 - parallel + parallel / workers), parallel


@exercise(
    "scaling_up.fair_shares",
    points=2,
    title="Everybody gets some, nobody gets the same",
    section="scaling_up.md#who-reads-what",
    prompt="""
    Divide the examples among the workers. Every example goes to exactly one worker, and no worker gets more
    than one example more than another, because everybody waits for the slowest. Any such division is right.
    """,
    comparison=Comparison("balanced_shards"),
    forbidden=["numpy.array_split"],
    hints=[
        "Deal the examples like cards: which ones does worker `0` get, which ones worker `1`?",
        "`range(start, stop, step)` counts in steps.",
    ],
)
def fair_shares(examples, workers):
    """Return a list with one list of positions for each worker. Some lists may be empty."""
    return [list(range(worker, examples, workers)) for worker in range(workers)]


@fair_shares.cases
def _(rng):
    yield 4, 2
    yield 5, 2
    yield 7, 3
    yield 2, 3
    yield 11, 4
    yield int(rng.integers(20, 40)), int(rng.integers(3, 9))


@fair_shares.mistake("The rest is lost: with seven examples and three workers one example goes to nobody.")
def _(examples, workers):
    size = examples // workers
    return [list(range(worker * size, (worker + 1) * size)) for worker in range(workers)]


@fair_shares.mistake("The last worker gets the whole rest, and all others wait for it.")
def _(examples, workers):
    size = examples // workers
    shares = [list(range(worker * size, (worker + 1) * size)) for worker in range(workers)]
    shares[-1] += list(range(workers * size, examples))
    return shares


@fair_shares.mistake("Those are the sizes of the shares. Which examples does each worker get?")
def _(examples, workers):
    return [examples // workers + (worker < examples % workers) for worker in range(workers)]


@fair_shares.mistake("Every worker gets all examples. That is the work of one, done several times.")
def _(examples, workers):
    return [list(range(examples)) for _ in range(workers)]


@exercise(
    "scaling_up.join_reports",
    points=3,
    title="Many reports, one truth",
    section="scaling_up.md#an-average-of-averages",
    prompt="""
    Each worker has seen some examples and reports their number, their mean and their variance (the mean of the
    squared distances from its own mean). The workers had different numbers of examples. Find the mean and the
    variance of *all* examples, exactly, without seeing any of them. The reports come as tensors: what
    a strategy gathers from its replicas.
    """,
    packages=["tensorflow"],
    seconds=5.0,
    hints=[
        "A mean of means is right only with equal numbers. Weigh each by its count.",
        "Two workers with a variance of zero and different means: is the variance of all zero?",
        "The mean of the squares is the variance plus the square of the mean. Squares can be averaged.",
    ],
)
def join_reports(counts, means, variances):
    """Return (mean, variance) of all examples, two numbers. The three tensors, float64, have shape (workers,)."""
    shares = counts / tf.reduce_sum(counts)
    mean = tf.reduce_sum(shares * means)
    return mean, tf.reduce_sum(shares * (variances + (means - mean) ** 2))


@join_reports.cases
def _(rng):
    for reports in (
        ([1, 1], [0, 2], [0, 0]),
        ([1, 3], [2, 6], [0, 2]),
        ([5], [1.5], [2]),
        (rng.integers(1, 20, size=3), rng.normal(size=3).round(1), rng.uniform(0, 3, size=3).round(1)),
    ):
        yield tuple(Tensor(np.array(report, dtype=float)) for report in reports)


@join_reports.mistake("A mean of means: the worker with few examples counts as much as the one with many.")
def _(counts, means, variances):
    mean = np.mean(means)
    return mean, np.mean(variances + (means - mean) ** 2)


@join_reports.mistake("The mean is right. Variances alone do not know how far the workers' means are apart.")
def _(counts, means, variances):
    shares = counts / np.sum(counts)
    return np.sum(shares * means), np.sum(shares * variances)


@join_reports.mistake("The mean is right. The spread of the means has to be squared before it is added.")
def _(counts, means, variances):
    shares = counts / np.sum(counts)
    mean = np.sum(shares * means)
    return mean, np.sum(shares * (variances + np.abs(means - mean)))


@join_reports.mistake(
    "The mean is right. That second number is the standard deviation: its square is asked for."
)
def _(counts, means, variances):
    mean, variance = join_reports.solution(counts, means, variances)
    return mean, np.sqrt(variance)


@join_reports.mistake("Those are sums. Divide by the number of all examples.")
def _(counts, means, variances):
    mean, variance = join_reports.solution(counts, means, variances)
    return mean * np.sum(counts), variance * np.sum(counts)


@join_reports.mistake(
    "The mean is right. The spread of the means has to be weighed with the counts, as the mean is."
)
def _(counts, means, variances):
    shares = counts / np.sum(counts)
    mean = np.sum(shares * means)
    return mean, np.sum(shares * variances) + np.mean((means - mean) ** 2)


@join_reports.mistake(
    "The mean is right. That is the variance *between* the workers; each has one of its own, too."
)
def _(counts, means, variances):
    shares = counts / np.sum(counts)
    mean = np.sum(shares * means)
    return mean, np.sum(shares * (means - mean) ** 2)


@join_reports.mistake(
    "The mean is right. The second is the mean of the squares: the square of the mean goes off it."
)
def _(counts, means, variances):
    mean, variance = join_reports.solution(counts, means, variances)
    return mean, variance + mean**2


@join_reports.mistake("The mean is right. The second divides by n - 1; the variance here is a mean, over n.")
def _(counts, means, variances):
    mean, variance = join_reports.solution(counts, means, variances)
    total = np.sum(counts)
    return mean, variance * total / max(total - 1, 1)


@join_reports.mistake("The mean is right. Each worker's variance counts with its count, not with one less.")
def _(counts, means, variances):
    mean, variance = join_reports.solution(counts, means, variances)
    return mean, variance - np.sum(variances) / np.sum(counts)


@join_reports.mistake("The mean is right. In the variance the counts are forgotten.")
def _(counts, means, variances):
    mean, _ = join_reports.solution(counts, means, variances)
    return mean, np.mean(variances + (means - mean) ** 2)


@exercise(
    "scaling_up.one_gradient",
    points=3,
    title="Several tapes, one gradient",
    section="scaling_up.md#a-gradient-is-an-average-too",
    prompt="""
    A line's predictions are $inputs \\cdot weight + bias$. Each worker has a part of the batch and a tape of its
    own, and the parts differ in size. Put together the gradient of the mean squared error of the *whole* batch,
    without ever laying the parts side by side: each worker divides its sum of squares by the number of examples
    on all workers, and the gradients are added up.
    """,
    packages=["tensorflow"],
    demands=["uses GradientTape"],
    comparison=Comparison("close", float64=True),
    forbidden=["tensorflow.concat", "numpy.concatenate"],
    seconds=5.0,
    hints=[
        "First count all examples. Only then can a worker know by what to divide.",
        "For each part: a tape, the sum of the squared errors divided by the count of all, a gradient.",
        "A list of two variables gets a list of two slopes. Add the workers' lists place by place.",
    ],
)
def one_gradient(weight, bias, parts):
    """Return the slopes by the weight and by the bias, two numbers.

    Weight and bias are `tf.Variable`, float64; the parts are a list of pairs of tensors (inputs, targets), both of
    shape (examples,).
    """
    count = sum(len(inputs) for inputs, _ in parts)
    total = [0.0, 0.0]
    for inputs, targets in parts:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((inputs * weight + bias - targets) ** 2) / count
        slopes = tape.gradient(loss, [weight, bias])
        total = [one + other for one, other in zip(total, slopes)]
    return total


@one_gradient.cases
def _(rng):
    for start, sizes in ((1.0, (1, 2)), (0.5, (3,)), (round(rng.uniform(-2, 2), 1) + 0.05, (2, 1, 3))):
        parts = [(rng.normal(size=size).round(1) + 0.05, rng.normal(size=size).round(1)) for size in sizes]
        yield (
            Variable(np.array(start)),
            Variable(np.array(0.25)),
            [tuple(Tensor(array) for array in part) for part in parts],
        )


def _parts_slopes(weight, bias, parts, divide):
    """Return one worker's two slopes in each row, its sums divided by what a function of its size says."""
    rows = []
    for inputs, targets in parts:
        errors = 2 * (float(weight) * inputs.numpy() + float(bias) - targets.numpy())
        rows.append(
            [np.sum(errors * inputs.numpy()) / divide(len(errors)), np.sum(errors) / divide(len(errors))]
        )
    return np.array(rows)


def _count(parts):
    return sum(len(inputs) for inputs, _ in parts)


@one_gradient.mistake("A mean of means: a worker with few examples counts as much as one with many.")
def _(weight, bias, parts):
    return _parts_slopes(weight, bias, parts, lambda size: size).mean(axis=0)


@one_gradient.mistake("Each worker's gradient is one of its own mean here, and then they are added up.")
def _(weight, bias, parts):
    return _parts_slopes(weight, bias, parts, lambda size: size).sum(axis=0)


@one_gradient.mistake(
    "That is the gradient of the *sum* of all squares. Divide by the number of all examples."
)
def _(weight, bias, parts):
    return _parts_slopes(weight, bias, parts, lambda size: 1).sum(axis=0)


@one_gradient.mistake("Divided by the number of workers. How many examples do they have together?")
def _(weight, bias, parts):
    return _parts_slopes(weight, bias, parts, lambda size: len(parts)).sum(axis=0)


@one_gradient.mistake("That is the last worker's part. Those of the others are lost.")
def _(weight, bias, parts):
    return _parts_slopes(weight, bias, parts, lambda size: _count(parts))[-1]


@one_gradient.mistake("The slopes are right, in the wrong order: the weight's comes first.")
def _(weight, bias, parts):
    return one_gradient.solution(weight, bias, parts)[::-1]


@one_gradient.mistake("The signs are turned: this points downhill, and nobody has asked for a step yet.")
def _(weight, bias, parts):
    return [-slope for slope in one_gradient.solution(weight, bias, parts)]


@one_gradient.mistake("Those are the workers' parts, one by one. They have to be added up.")
def _(weight, bias, parts):
    return _parts_slopes(weight, bias, parts, lambda size: _count(parts))


@exercise(
    "scaling_up.bytes_on_the_wire",
    points=2,
    title="The price of agreeing",
    section="scaling_up.md#what-you-gain",
    prompt="""
    After each step all workers need the mean of all gradients, and a gradient is as large as the model's
    variables together. Two ways: every worker sends its whole gradient
    to every other one. Or they stand in a *ring*: the gradient is cut into as many pieces as there are
    workers, and in each of `2 * (workers - 1)` rounds every worker sends one piece to its neighbour. How many
    bytes does *one* worker send at each step, either way?
    """,
    packages=["tensorflow"],
    seconds=5.0,
    hints=[
        "`tf.size(variable)` counts its numbers, and `variable.dtype.size` the bytes of one of them.",
        "The first way: how many others are there, and how large is a whole gradient?",
        "The ring: how large is a piece, and how many does a worker send?",
        "Try a hundred workers. Which of the two grows with their number?",
    ],
)
def bytes_sent(variables, workers):
    """Return (everyone, ring): bytes that one worker sends at each step, the two ways.

    The variables are a list of `tf.Variable`, all of one dtype; the workers divide the number of all numbers in
    them.
    """
    whole = sum(int(tf.size(variable)) for variable in variables) * variables[0].dtype.size
    return (workers - 1) * whole, 2 * (workers - 1) * whole / workers


@bytes_sent.cases
def _(rng):
    yield [Variable(np.zeros((2, 4), np.float32))], 2
    yield [Variable(np.zeros((3, 3))), Variable(np.zeros(3))], 3
    yield [Variable(np.zeros((2, 3), np.float32)), Variable(np.zeros(4, np.float32))], 1
    workers = int(rng.integers(4, 9))
    yield [Variable(np.zeros((workers, int(rng.integers(2, 9)))))], workers


@bytes_sent.mistake("A worker does not send to itself: it has workers - 1 others.")
def _(variables, workers):
    whole = bytes_sent.solution(variables, 2)[0]
    return workers * whole, 2 * whole


@bytes_sent.mistake("That is what all workers send together. One worker's share is asked for.")
def _(variables, workers):
    everyone, ring = bytes_sent.solution(variables, workers)
    return everyone * workers, ring * workers


@bytes_sent.mistake("The ring goes around twice: once to add up, once to tell everyone the result.")
def _(variables, workers):
    everyone, ring = bytes_sent.solution(variables, workers)
    return everyone, ring / 2


@bytes_sent.mistake("In each round of the ring a worker sends one piece, not the whole gradient.")
def _(variables, workers):
    everyone, ring = bytes_sent.solution(variables, workers)
    return everyone, ring * workers


@bytes_sent.mistake("Those are numbers. How many *bytes* does each of them take?")
def _(variables, workers):
    everyone, ring = bytes_sent.solution(variables, workers)
    return everyone / variables[0].dtype.size, ring / variables[0].dtype.size


@bytes_sent.mistake("Those are bits. Bytes are asked for, and `dtype.size` counts them.")
def _(variables, workers):
    everyone, ring = bytes_sent.solution(variables, workers)
    return 8 * everyone, 8 * ring


@bytes_sent.mistake("The first is right. That is one round of the ring: how many rounds are there?")
def _(variables, workers):
    return bytes_sent.solution(variables, workers)[0], bytes_sent.solution(variables, 2)[0] / workers


@bytes_sent.mistake(
    "The first is right. The ring has 2 * (workers - 1) rounds: one worker less than twice around."
)
def _(variables, workers):
    return bytes_sent.solution(variables, workers)[0], 2 * bytes_sent.solution(variables, 2)[0]


@bytes_sent.mistake("The ring is right. The first way sends *whole* gradients, not pieces.")
def _(variables, workers):
    everyone, ring = bytes_sent.solution(variables, workers)
    return everyone / workers, ring


@bytes_sent.mistake("The ring is right. In the first way a worker sends to each other one once.")
def _(variables, workers):
    everyone, ring = bytes_sent.solution(variables, workers)
    return 2 * everyone, ring


@exercise(
    "scaling_up.ring",
    points=4,
    title="A sum without a chief",
    section="scaling_up.md#several-processes",
    prompt="""
    Play the ring. There are $n$ workers in a circle, and each holds $n$ numbers. In the end every worker
    should hold the $n$ *sums* over all workers, and nobody ever sends more than one number at a time.

    **Adding up**, rounds $t = 0, 1, \\dots, n - 2$: every worker $i$ sends its number at position $(i - t) \\bmod n$
    to worker $i + 1$ (the last one to the first), which *adds* it to its own number at that position.

    **Passing on**, rounds $t = 0, 1, \\dots, n - 2$: every worker $i$ sends its number at position
    $(i + 1 - t) \\bmod n$ to worker $i + 1$, which *replaces* its own by it.

    A worker never sends what it receives in the same round, so it does not matter who goes first. Return the
    table after each round, the start not included, and look at how the
    sums travel.
    """,
    hints=[
        "Work on a copy. In each round first note what everybody sends, then let everybody receive.",
        "`(i + 1) % n` is the neighbour. Python's `%` also turns negative positions into valid ones.",
        "Append a *copy* of the table after each round: there are `2 * (n - 1)` rounds.",
    ],
)
def ring(numbers):
    """Return the list of tables after each of the 2 * (n - 1) rounds, each of shape (n, n).

    Row i of the numbers, shape (n, n), is what worker i holds at the start.
    """
    table, count = numbers.copy(), len(numbers)
    tables = []
    for shift, adding in ((0, True), (1, False)):
        for time in range(count - 1):
            sent = [table[worker, (worker + shift - time) % count] for worker in range(count)]
            for worker in range(count):
                receiver, place = (worker + 1) % count, (worker + shift - time) % count
                table[receiver, place] = sent[worker] + (table[receiver, place] if adding else 0)
            tables.append(table.copy())
    return tables


@ring.cases
def _(rng):
    yield (np.array([[1.0, 2.0], [3.0, 4.0]]),)
    yield (np.array([[5.0]]),)
    yield (rng.integers(0, 9, size=(3, 3)).astype(float),)
    yield (rng.integers(0, 9, size=(4, 4)).astype(float),)


def _ring(numbers, keep_copies=True, add_in_second=False, second=True):
    table, count = numbers.copy(), len(numbers)
    tables = []
    for shift, adding in ((0, True), (1, add_in_second))[: 1 + second]:
        for time in range(count - 1):
            sent = [table[worker, (worker + shift - time) % count] for worker in range(count)]
            for worker in range(count):
                receiver, place = (worker + 1) % count, (worker + shift - time) % count
                table[receiver, place] = sent[worker] + (table[receiver, place] if adding else 0)
            tables.append(table.copy() if keep_copies else table)
    return tables


@ring.mistake(
    "All tables in the list are alike, as it is at the end. Keep a *copy* of the table after each round."
)
def _(numbers):
    return _ring(numbers, keep_copies=False)


@ring.mistake("In the second half numbers are still added. A finished sum *replaces* what was there.")
def _(numbers):
    return _ring(numbers, add_in_second=True)


@ring.mistake("Half the way: each sum is now with one worker. The others have to be told.")
def _(numbers):
    return _ring(numbers, second=False)


def _other_ring(numbers, shifts=(0, 1), towards=1, adding=(True, False), forwards=-1):
    table, count = numbers.copy(), len(numbers)
    tables = []
    for shift, adds in zip(shifts, adding):
        for time in range(count - 1):
            places = [(worker + shift + forwards * time) % count for worker in range(count)]
            sent = [table[worker, places[worker]] for worker in range(count)]
            for worker in range(count):
                receiver = (worker + towards) % count
                table[receiver, places[worker]] = sent[worker] + (
                    table[receiver, places[worker]] if adds else 0
                )
            tables.append(table.copy())
    return tables


@ring.mistake("That is the end alone. The table after *each* round is asked for, in a list.")
def _(numbers):
    return np.tile(numbers.sum(axis=0), (len(numbers), 1))


@ring.mistake("The numbers travel the wrong way round: worker i sends to worker i + 1.")
def _(numbers):
    return _other_ring(numbers, towards=-1)


@ring.mistake("The table before the first round stands in the list as well. It begins after the first round.")
def _(numbers):
    return [numbers, *_other_ring(numbers)]


@ring.mistake("In the first half numbers are replaced. There they are *added* to what the receiver has.")
def _(numbers):
    return _other_ring(numbers, adding=(False, False))


@ring.mistake("The second half begins at another place: worker i passes on position i + 1 first.")
def _(numbers):
    return _other_ring(numbers, shifts=(0, 0))


@ring.mistake("From round to round the position goes *down* by one: i - t, not i + t.")
def _(numbers):
    return _other_ring(numbers, forwards=1)
