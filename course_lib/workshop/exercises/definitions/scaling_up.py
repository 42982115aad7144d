"""Scaling up: what several workers win, what they have to tell each other, and how averages go wrong."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.workshop.exercises.definition import exercise


@exercise(
    "scaling_up.speedup",
    points=1,
    title="Two workers, half the time?",
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


@exercise(
    "scaling_up.fair_shares",
    points=2,
    title="Everybody gets some, nobody gets the same",
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
    prompt="""
    Each worker has seen some examples and reports their number, their mean and their variance (the mean of the
    squared distances from its own mean). The workers had different numbers of examples. Find the mean and the
    variance of *all* examples, exactly, without seeing any of them.
    """,
    hints=[
        "A mean of means is right only with equal numbers. Weigh each by its count.",
        "Two workers with a variance of zero and different means: is the variance of all zero?",
        "The mean of the squares is the variance plus the square of the mean. Squares can be averaged.",
    ],
)
def join_reports(counts, means, variances):
    """Return (mean, variance) of all examples, two numbers. The three arrays have shape (workers,)."""
    shares = counts / np.sum(counts)
    mean = np.sum(shares * means)
    return mean, np.sum(shares * (variances + (means - mean) ** 2))


@join_reports.cases
def _(rng):
    yield np.array([1, 1]), np.array([0.0, 2.0]), np.array([0.0, 0.0])
    yield np.array([1, 3]), np.array([2.0, 6.0]), np.array([0.0, 2.0])
    yield np.array([5]), np.array([1.5]), np.array([2.0])
    yield rng.integers(1, 20, size=3), rng.normal(size=3).round(1), rng.uniform(0, 3, size=3).round(1)


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


@exercise(
    "scaling_up.bytes_on_the_wire",
    points=2,
    title="The price of agreeing",
    prompt="""
    After each step all workers need the mean of all gradients. Two ways: every worker sends its whole gradient
    to every other one. Or they stand in a *ring*: the gradient is cut into as many pieces as there are
    workers, and in each of `2 * (workers - 1)` rounds every worker sends one piece to its neighbour. How many
    bytes does *one* worker send at each step, either way?
    """,
    hints=[
        "The first way: how many others are there, and how large is a whole gradient?",
        "The ring: how large is a piece, and how many does a worker send?",
        "Try a hundred workers. Which of the two grows with their number?",
    ],
)
def bytes_sent(parameters, workers, bytes_each):
    """Return (everyone, ring): bytes that one worker sends at each step, the two ways.

    `parameters` is a multiple of `workers`; `bytes_each` is the size of one number.
    """
    whole = parameters * bytes_each
    return (workers - 1) * whole, 2 * (workers - 1) * whole / workers


@bytes_sent.cases
def _(rng):
    yield 8, 2, 4
    yield 12, 3, 8
    yield 10, 1, 4
    workers = int(rng.integers(4, 20))
    yield workers * int(rng.integers(100, 900)), workers, 4


@bytes_sent.mistake("A worker does not send to itself: it has workers - 1 others.")
def _(parameters, workers, bytes_each):
    whole = parameters * bytes_each
    return workers * whole, 2 * whole


@bytes_sent.mistake("That is what all workers send together. One worker's share is asked for.")
def _(parameters, workers, bytes_each):
    everyone, ring = bytes_sent.solution(parameters, workers, bytes_each)
    return everyone * workers, ring * workers


@bytes_sent.mistake("The ring goes around twice: once to add up, once to tell everyone the result.")
def _(parameters, workers, bytes_each):
    everyone, ring = bytes_sent.solution(parameters, workers, bytes_each)
    return everyone, ring / 2


@bytes_sent.mistake("In each round of the ring a worker sends one piece, not the whole gradient.")
def _(parameters, workers, bytes_each):
    everyone, ring = bytes_sent.solution(parameters, workers, bytes_each)
    return everyone, ring * workers


@exercise(
    "scaling_up.ring",
    points=4,
    title="A sum without a chief",
    prompt="""
    Play the ring. There are $n$ workers in a circle, and each holds $n$ numbers. In the end every worker
    should hold the $n$ *sums* over all workers, and nobody ever sends more than one number at a time.

    **Adding up**, rounds $t = 0, 1, \\dots, n - 2$: every worker $i$ sends its number at position $(i - t) \\bmod n$
    to worker $i + 1$ (the last one to the first), which *adds* it to its own number at that position.

    **Passing on**, rounds $t = 0, 1, \\dots, n - 2$: every worker $i$ sends its number at position
    $(i + 1 - t) \\bmod n$ to worker $i + 1$, which *replaces* its own by it.

    All workers of a round send before anyone receives. Return the table after each round, and look at how the
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


@ring.mistake("All tables in the list are one and the same, as it was at the end. Append copies.")
def _(numbers):
    return _ring(numbers, keep_copies=False)


@ring.mistake("In the second half numbers are still added. A finished sum *replaces* what was there.")
def _(numbers):
    return _ring(numbers, add_in_second=True)


@ring.mistake("Half the way: each sum is now with one worker. The others have to be told.")
def _(numbers):
    return _ring(numbers, second=False)
