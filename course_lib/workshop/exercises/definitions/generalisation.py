"""Generalisation: honest splits, honest choices, and how much a score can be trusted."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Generator, Result, Tensor
from course_lib.tf.quiet import tf
from course_lib.workshop.exercises.definition import call, exercise, free_text


def _on_arrays(variant):
    """Let a mistake compute with NumPy where the exercise hands out tensors."""

    def with_tensors(*tensors):
        return variant(*(tensor.numpy() for tensor in tensors))

    with_tensors.__wrapped__ = variant
    return with_tensors


@exercise(
    "generalisation.seen_before",
    points=1,
    title="Have we met?",
    section="generalisation.md#too-good-to-be-true",
    prompt="""
    A test example that also stands in the training set tests nothing but memory. Before you trust any score,
    look for such doubles: rows of the test inputs that are equal, in every column, to some row of the
    training inputs. Both are tensors. No loop is needed, if one more axis appears.
    """,
    packages=["tensorflow"],
    seconds=5.0,
    hints=[
        "`test[:, None] == train` compares every test row with every training row, column by column.",
        "A row is a double if *any* training row equals it in *all* columns: `tf.reduce_any`, `tf.reduce_all`.",
        "`tf.where` lists the places at which something is true, each as a row of a matrix.",
    ],
)
def seen_before(train, test):
    """Return the positions of the test rows that stand in the training inputs too, in rising order: a row.

    The tensors have shapes (n, features) and (m, features). Positions count from 0; each is listed once.
    """
    equal = tf.reduce_all(test[:, None] == train, axis=2)
    return tf.where(tf.reduce_any(equal, axis=1))[:, 0]


@seen_before.cases
def _(rng):
    yield Tensor(np.array([[1.0, 2.0]])), Tensor(np.array([[1.0, 2.0], [2.0, 1.0], [7.0, 2.0]]))
    yield Tensor(np.array([[1.0, 2.0], [3.0, 4.0]])), Tensor(np.array([[1.0, 4.0], [3.0, 4.0], [3.0, 4.0]]))
    yield Tensor(np.array([[1.0], [2.0], [3.0]])), Tensor(np.array([[2.0], [5.0]]))
    train = rng.integers(0, 3, size=(4, 2)).astype(float)
    test = np.concatenate([rng.integers(0, 3, size=(3, 2)), train[:1]]).astype(float)
    yield Tensor(train), Tensor(test)


@seen_before.mistake("One equal column is not enough. The whole row has to be equal.")
@_on_arrays
def _(train, test):
    return [place for place, row in enumerate(test) if np.any(train == row)]


@seen_before.mistake("Each test row is compared with the training row at the same place only.")
@_on_arrays
def _(train, test):
    return [place for place, row in enumerate(test) if place < len(train) and np.all(train[place] == row)]


@seen_before.mistake("Each number occurs somewhere in its column, but not all in the *same* training row.")
@_on_arrays
def _(train, test):
    return [place for place, row in enumerate(test) if np.all(np.any(train == row, axis=0))]


@seen_before.mistake(
    "This says True or False for each test row. The positions of the true ones are asked for."
)
@_on_arrays
def _(train, test):
    return [bool(np.any(np.all(train == row, axis=1))) for row in test]


@seen_before.mistake("Those are the rows themselves. Their positions are asked for.")
@_on_arrays
def _(train, test):
    return [row for row in test if np.any(np.all(train == row, axis=1))]


@seen_before.mistake("Those are the positions in the training inputs. The test rows are asked for.")
@_on_arrays
def _(train, test):
    return seen_before.solution(test, train)


@seen_before.mistake("Those are the rows that are new. The doubles are asked for.")
@_on_arrays
def _(train, test):
    return [place for place in range(len(test)) if place not in seen_before.solution(train, test).numpy()]


@seen_before.mistake("That is how many doubles there are. Their positions are asked for.")
@_on_arrays
def _(train, test):
    return len(seen_before.solution(train, test))


@seen_before.mistake("Rows with the same sum can differ. Compare column by column.")
@_on_arrays
def _(train, test):
    return np.flatnonzero(np.isin(test.sum(axis=1), train.sum(axis=1))).tolist()


@seen_before.mistake("The first column alone does not make a double. The whole row has to be equal.")
@_on_arrays
def _(train, test):
    return [place for place, row in enumerate(test) if row[0] in train[:, 0]]


@seen_before.mistake("Positions count from 0.")
@_on_arrays
def _(train, test):
    return seen_before.solution(train, test) + 1


@exercise(
    "generalisation.recall_per_class",
    points=2,
    title="Who is overlooked?",
    section="generalisation.md#when-accuracy-is-not-enough",
    prompt="""
    An accuracy of `0.97` can hide a digit that the model never recognises. The *recall* of a class is the
    share of its examples that were recognised. A confusion matrix has a row for each true class and a column
    for each answer. Find every class's recall, and the class with the lowest one: the first of them, where
    several are equally low.

    A class without any example has no recall: write `np.nan`, and do not let it win.
    """,
    hints=[
        "The examples of a class stand in its row. The recognised ones stand on the diagonal.",
        "`np.nanargmin` looks past nan. `np.diag` is the diagonal.",
    ],
)
def recall_per_class(confusion):
    """Return (recalls, worst): an array of shape (classes,), and the position of the lowest recall.

    The confusion matrix has shape (classes, classes): entry [i, j] counts the examples of class i that
    were called j.
    """
    totals = np.sum(confusion, axis=1)
    recalls = np.full(len(confusion), np.nan)
    recalls[totals > 0] = np.diag(confusion)[totals > 0] / totals[totals > 0]
    return recalls, np.nanargmin(recalls)


@recall_per_class.cases
def _(rng):
    yield (np.array([[3, 1], [0, 2]]),)
    yield (np.array([[1, 3], [0, 6]]),)
    yield (np.array([[4, 0, 1], [0, 0, 0], [2, 0, 2]]),)
    yield (np.array([[0, 1], [0, 3]]),)
    yield (np.array([[1, 0], [1, 3]]),)
    for _ in range(2):
        yield (rng.integers(0, 9, size=(3, 3)) + np.diag([1, 2, 3]),)


def _quiet_divide(top, bottom):
    with np.errstate(all="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


@recall_per_class.mistake("That is the *precision*: of all that were called so, how many were. Look at rows.")
def _(confusion):
    recalls = _quiet_divide(np.diag(confusion), np.sum(confusion, axis=0))
    return recalls, np.nanargmin(recalls)


@recall_per_class.mistake("Divided by all examples. A class's recall is a share of *its own* examples.")
def _(confusion):
    recalls = np.where(np.sum(confusion, axis=1) > 0, np.diag(confusion) / np.sum(confusion), np.nan)
    return recalls, np.nanargmin(recalls)


@recall_per_class.mistake("The recalls are right. The class with the lowest one is asked for.")
def _(confusion):
    recalls, _ = recall_per_class.solution(confusion)
    return recalls, np.nanargmax(recalls)


@recall_per_class.mistake("A class without examples has no recall, not a recall of zero.")
def _(confusion):
    recalls = np.nan_to_num(recall_per_class.solution(confusion)[0])
    return recalls, np.argmin(recalls)


@recall_per_class.mistake("Those are the shares that were overlooked.")
def _(confusion):
    recalls, worst = recall_per_class.solution(confusion)
    return 1 - recalls, worst


@recall_per_class.mistake("nan wins here: `np.argmin` takes it for the lowest. It should be passed over.")
def _(confusion):
    recalls, _ = recall_per_class.solution(confusion)
    return recalls, np.argmin(recalls)


@recall_per_class.mistake("A class without examples has no recall, not a recall of one.")
def _(confusion):
    recalls, worst = recall_per_class.solution(confusion)
    return np.nan_to_num(recalls, nan=1.0), worst


@recall_per_class.mistake(
    "That is the F1 score, in which the precision takes part. Recall looks at rows only."
)
def _(confusion):
    totals = np.sum(confusion, axis=1)
    scores = _quiet_divide(2 * np.diag(confusion), (totals + np.sum(confusion, axis=0)) * (totals > 0))
    return scores, np.nanargmin(scores)


@recall_per_class.mistake(
    "The recalls are right. *Which* class has the lowest one is asked for, not how low it is."
)
def _(confusion):
    recalls, _ = recall_per_class.solution(confusion)
    return recalls, np.nanmin(recalls)


@exercise(
    "generalisation.fair_split",
    points=3,
    title="A split that is fair to the rare",
    section="generalisation.md#put-the-examination-away",
    prompt="""
    One example in fifty is of the rare class. Split at random, and the test part may hold none of them. Split
    each class by itself instead: of every class the same share goes to the test part, rounded to the nearest
    whole number with Python's `round`, and *which* of its examples go there is drawn at random.
    """,
    comparison=Comparison("stratified"),
    forbidden=["sklearn.model_selection"],
    hints=[
        "`np.flatnonzero(labels == label)` gives the positions of a class.",
        "`rng.permutation(places)` shuffles them. The first few go to the test part.",
    ],
)
def fair_split(labels, share, rng):
    """Return (train, test): two lists that together hold every position exactly once.

    The labels have shape (n,), the share of the test part is between 0 and 1, and rng is a NumPy random
    generator.
    """
    train, test = [], []
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        count = round(share * len(places))
        test = test + places[:count].tolist()
        train = train + places[count:].tolist()
    return train, test


@fair_split.cases
def _(rng):
    seed = int(rng.integers(1000))
    yield np.array([0, 0, 1, 1]), 0.5, Generator(seed)
    yield np.array([0, 0, 0, 0, 1, 1]), 0.3, Generator(seed)
    yield np.repeat([0, 1], [16, 40]), 0.25, Generator(seed + 1)
    labels = rng.permutation(np.repeat([0, 1, 2], [30, 12, 25]))
    yield [call("fair_split", labels, 0.4, Generator(one)) for one in (seed, seed + 2, seed + 2)]


@fair_split.mistake("The two parts have changed places.", recognise=Comparison("stratified", swapped=True))
def _(labels, share, rng):
    return fair_split.solution(labels, share, rng)[::-1]


@fair_split.mistake(
    "The shares are right. *Which* examples of a class go to the test part is to be drawn, with the `rng` passed in.",
    recognise=Comparison("stratified", at_random=False),
)
def _(labels, share, rng):
    train, test = [], []
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        count = round(share * len(places))
        test, train = test + places[:count].tolist(), train + places[count:].tolist()
    return train, test


@exercise(
    "generalisation.honest_choice",
    points=2,
    title="Choose first, then look",
    section="generalisation.md#why-the-test-set-stays-in-the-drawer",
    prompt="""
    You have trained the same network with several strengths of weight decay, each on several splits. For each
    you know the error on the validation part and, locked in a drawer, the error on the test part. Choose the
    decay with the lowest mean validation error; where two are equal, take the *stronger* one, which gives the
    simpler model. Then open the drawer, and report the mean test error of the one that you chose.
    All three are tensors, as a training loop with the tape would leave them.
    """,
    packages=["tensorflow"],
    seconds=5.0,
    hints=[
        "Rows are decays, columns are splits: which axis goes away in `tf.reduce_mean`?",
        "The decays come in rising order. Of equal ones, which does `tf.argmin` find? How can it find the other?",
        "The test errors must not take part in the choice.",
    ],
    equivalent={
        "means = tf.reduce_mean(validation_errors, axis=1) -> means = tf.reduce_sum(validation_errors, axis=1)": (
            "every decay was tried on the same number of splits"
        ),
    },
)
def honest_choice(decays, validation_errors, test_errors):
    """Return (decay, test error): the chosen decay, and its mean test error.

    The decays have shape (n,), in rising order; both tables have shape (n, splits).
    """
    means = tf.reduce_mean(validation_errors, axis=1)
    best = tf.where(means == tf.reduce_min(means))[-1, 0]
    return decays[best], tf.reduce_mean(test_errors[best])


@honest_choice.cases
def _(rng):
    decays = np.array([0.0, 0.1, 1.0])
    for validation, test in (
        ([[3, 3], [1, 3], [2, 4]], [[2, 2], [3, 5], [1, 1]]),
        ([[2], [2]], [[1], [4]]),
        ([[1], [3], [5]], [[6], [3.5], [3]]),
        ([[1, 9], [4, 4], [5, 5]], [[0, 1], [2, 3], [4, 6]]),
        ([[1, 2], [3, 5], [2, 2]], [[9, 8], [1, 2], [7, 7]]),
        (rng.integers(1, 9, size=(3, 3)), rng.integers(1, 9, size=(3, 3))),
    ):
        tables = Tensor(np.array(validation, dtype=float)), Tensor(np.array(test, dtype=float))
        yield Tensor(decays[: len(validation)]), *tables


@honest_choice.mistake("The choice was made with the test errors. Then the test no longer tests.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    means = np.mean(test_errors, axis=1)
    best = np.flatnonzero(means == np.min(means))[-1]
    return decays[best], means[best]


@honest_choice.mistake("Of two that are equally good take the stronger decay.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    best = np.argmin(np.mean(validation_errors, axis=1))
    return decays[best], np.mean(test_errors[best])


@honest_choice.mistake("The choice is right. The error to report is that on the *test* part.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    means = np.mean(validation_errors, axis=1)
    best = np.flatnonzero(means == np.min(means))[-1]
    return decays[best], means[best]


@honest_choice.mistake("A single lucky split decides here. Take the mean over all splits of a decay.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    best = np.flatnonzero(np.min(validation_errors, axis=1) == np.min(validation_errors))[-1]
    return decays[best], np.mean(test_errors[best])


@honest_choice.mistake("That is the *position* of the chosen decay. The decay itself is asked for.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    decay, error = honest_choice.solution(decays, validation_errors, test_errors)
    return int(np.flatnonzero(decays == decay)[0]), error


@honest_choice.mistake("This takes the decay with the *highest* error.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    return honest_choice.solution(decays, -validation_errors, test_errors)


@honest_choice.mistake("The choice is right. Report the mean over the splits of the chosen decay only.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    return honest_choice.solution(decays, validation_errors, test_errors)[0], np.mean(test_errors)


@honest_choice.mistake("The choice is right. Report the *mean* over its splits, not the luckiest of them.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    decay, _ = honest_choice.solution(decays, validation_errors, test_errors)
    return decay, np.min(test_errors[decays == decay])


@honest_choice.mistake("The drawer was opened too early: the test errors take part in the choice.")
@_on_arrays
def _(decays, validation_errors, test_errors):
    both = np.concatenate([validation_errors, test_errors], axis=1)
    return honest_choice.solution(decays, both, test_errors)


@exercise(
    "generalisation.how_sure",
    points=3,
    title="Is 0.97 better than 0.96?",
    section="generalisation.md#the-examination",
    prompt="""
    A score on a test set is a measurement, and a measurement has an error. With $n$ test examples, an accuracy
    of $p$ and $u = 1.96^2 / n$, *Wilson's interval* is

    $$\\frac{p + u / 2 \\pm \\sqrt{u \\, p (1 - p) + u^2 / 4}}{1 + u}$$

    It holds the true accuracy in about nineteen of twenty such tests. Compute it. And plan ahead: without the
    small corrections by $u$, the interval reaches to each side by $\\sqrt{u \\, p (1 - p)}$. How many test
    examples do you need at least, so that this is at most `half_width`?

    Then answer the title's question for a test set of five hundred. (If both networks saw the same pictures, a
    comparison picture by picture says more than two intervals.)
    """,
    hints=[
        "Work out u first. It stands in three places.",
        "Solve the reach for n. Nobody can test half an example: which way do you round?",
    ],
)
def interval(right, total):
    """Return (low, high), Wilson's interval when `right` of `total` answers were right."""
    share, u = right / total, 1.96**2 / total
    reach = np.sqrt(u * share * (1 - share) + u**2 / 4)
    return (share + u / 2 - reach) / (1 + u), (share + u / 2 + reach) / (1 + u)


@interval.also
def examples_needed(share, half_width):
    """Return the smallest number of test examples whose reach, without corrections, is at most half_width."""
    return int(np.ceil(1.96**2 * share * (1 - share) / half_width**2))


@interval.cases
def _(rng):
    for right, total in ((8, 10), (1, 10), (9, 10), (10, 10), (485, 500)):
        yield [call("interval", right, total)]
    yield [call("interval", int(rng.integers(30, 60)), 90)]
    for share, half_width in (
        (0.5, 0.1),
        (0.5, 0.1225),
        (0.5, 0.49),
        (0.97, 0.005),
        (round(rng.uniform(0.6, 0.9), 2), 0.03),
    ):
        yield [call("examples_needed", share, half_width)]


@interval.mistake(
    "That is the plain interval around the accuracy. After ten right answers of ten it has no width, "
    "although ten answers prove little."
)
def _(right, total):
    share = right / total
    reach = 1.96 * np.sqrt(share * (1 - share) / total)
    return max(0.0, share - reach), min(1.0, share + reach)


@interval.mistake(
    "That is the plain interval around the accuracy. With few answers it is too short, and can leave 0 to 1."
)
def _(right, total):
    share = right / total
    reach = 1.96 * np.sqrt(share * (1 - share) / total)
    return share - reach, share + reach


@interval.mistake("The reach is the root of the sum under it, not the sum.")
def _(right, total):
    share, u = right / total, 1.96**2 / total
    reach = u * share * (1 - share) + u**2 / 4
    return (share + u / 2 - reach) / (1 + u), (share + u / 2 + reach) / (1 + u)


@interval.mistake("The 1.96 is squared in u.")
def _(right, total):
    share, u = right / total, 1.96 / total
    reach = np.sqrt(u * share * (1 - share) + u**2 / 4)
    return (share + u / 2 - reach) / (1 + u), (share + u / 2 + reach) / (1 + u)


@interval.mistake("Everything above the line is divided by 1 + u.")
def _(right, total):
    share, u = right / total, 1.96**2 / total
    reach = np.sqrt(u * share * (1 - share) + u**2 / 4)
    return share + u / 2 - reach, share + u / 2 + reach


@interval.mistake("The middle is moved towards one half: u / 2 is added to the accuracy.")
def _(right, total):
    share, u = right / total, 1.96**2 / total
    reach = np.sqrt(u * share * (1 - share) + u**2 / 4)
    return (share - reach) / (1 + u), (share + reach) / (1 + u)


@interval.mistake(
    "`interval` is right. With a number rounded down the reach is still a little too long.",
    of="examples_needed",
)
def _(share, half_width):
    return int(1.96**2 * share * (1 - share) / half_width**2)


@interval.mistake(
    "`interval` is right. Both the 1.96 and the half width are squared when you solve for n.",
    of="examples_needed",
)
def _(share, half_width):
    return int(np.ceil(1.96 * share * (1 - share) / half_width))


@interval.mistake(
    "`interval` is right. Where the number is whole already, one more is one too many: the *smallest* is asked for.",
    of="examples_needed",
)
def _(share, half_width):
    return int(1.96**2 * share * (1 - share) / half_width**2) + 1


@interval.mistake(
    "`interval` is right. Nobody can test half an example: round up to a whole number.", of="examples_needed"
)
def _(share, half_width):
    return 1.96**2 * share * (1 - share) / half_width**2


@interval.mistake(
    "`interval` is right. Rounding to the nearest can leave the reach a little too long.",
    of="examples_needed",
)
def _(share, half_width):
    return round(1.96**2 * share * (1 - share) / half_width**2)


@interval.mistake(
    "`interval` is right. `half_width` is what the interval reaches to *each* side; it is not halved again.",
    of="examples_needed",
)
def _(share, half_width):
    return int(np.ceil(1.96**2 * share * (1 - share) / (half_width / 2) ** 2))


@interval.mistake(
    "`interval` is right. The share is known here: it need not be the worst one.", of="examples_needed"
)
def _(share, half_width):
    return int(np.ceil(1.96**2 * 0.25 / half_width**2))


@interval.mistake("In the last term under the root the square of u is divided by 4.")
def _(right, total):
    share, u = right / total, 1.96**2 / total
    reach = np.sqrt(u * share * (1 - share) + u**2)
    return (share + u / 2 - reach) / (1 + u), (share + u / 2 + reach) / (1 + u)


@interval.mistake("The number is 1.96 here, not 2.")
def _(right, total):
    share, u = right / total, 2**2 / total
    reach = np.sqrt(u * share * (1 - share) + u**2 / 4)
    return (share + u / 2 - reach) / (1 + u), (share + u / 2 + reach) / (1 + u)


@interval.mistake("Those are the middle and the reach. The two ends are asked for.")
def _(right, total):
    low, high = interval.solution(right, total)
    return (low + high) / 2, (high - low) / 2


def fresh_weights(count):
    return tf.Variable(tf.zeros(count, tf.float64))


def train_on(weights, change):
    weights.assign_add(tf.fill(weights.shape, tf.constant(change, tf.float64)))
    return weights


@exercise(
    "generalisation.best_so_far",
    points=3,
    title="Stop, and go back to the best",
    section="generalisation.md#second-remedy-stop-in-time",
    prompt="""
    After every epoch a training loop shows you the validation loss and the weights. Remember the weights that
    had the lowest loss so far, and say when to stop: when the loss has not been lower than the best for
    `patience` epochs in a row. An equal loss is no improvement. Every loss is a finite
    number, and `patience` is 1 or more. Before the first epoch there are no best weights: `None`.

    The weights are a `tf.Variable`, and the loop goes on changing *the same one* after it has shown it to you.
    So do not trust it to stay as it was.
    """,
    packages=["tensorflow"],
    seconds=5.0,
    given=[fresh_weights, train_on],
    equivalent={
        "self.waited = 0 -> pass": "at the start: the first loss is an improvement and sets it to 0",
        "self.waited = 0 -> self.waited = 1": "at the start: the first loss is an improvement and sets it to 0",
    },
    hints=[
        "Three things to remember: the best loss, a *copy* of its weights, and for how long you have waited.",
        "`tf.identity(variable)` is a tensor with the numbers that the variable has now.",
        "A better loss sets the waiting back to zero.",
    ],
)
class BestSoFar:
    """Watches the validation loss, keeps the best weights, and says when to stop."""

    def __init__(self, patience):
        """Remember how many epochs without improvement are too many."""
        self.patience = patience
        self.loss = np.inf
        self.weights = None
        self.waited = 0

    def watch(self, loss, weights):
        """Look at one epoch, and return True if training should stop now, otherwise False."""
        if loss < self.loss:
            self.loss = loss
            self.weights = tf.identity(weights)
            self.waited = 0
        else:
            self.waited = self.waited + 1
        return self.waited >= self.patience

    def best(self):
        """Return the weights that had the lowest loss, None if there is no such epoch yet."""
        return self.weights


def _epochs(patience, losses):
    steps = [call("BestSoFar", patience), call("given.fresh_weights", 2)]
    for number, loss in enumerate(losses, start=1):
        steps += [call("given.train_on", Result(1), float(number)), call("0.watch", loss, Result(1))]
    return [*steps, call("0.best")]


@BestSoFar.cases
def _(rng):
    yield [call("BestSoFar", 3), call("0.best")]
    yield _epochs(1, [3.0])
    yield _epochs(2, [3.0, 4.0])
    yield _epochs(2, [3.0, 3.0, 3.0])
    yield _epochs(2, [5.0, 6.0, 4.0, 4.5, 4.2])
    yield _epochs(3, rng.uniform(1, 9, size=7).round(1).tolist())
    yield _epochs(2, [9.0, 8.0, 8.5, 7.0, 7.5, 7.2])


@BestSoFar.mistake(
    "The stopping is right. These are the *last* weights: the variable that was kept has been changed since."
)
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        if loss < self.loss:
            self.loss, self.weights, self.waited = loss, weights, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


@BestSoFar.mistake("The waiting is not set back when the loss improves.")
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        if loss < self.loss:
            self.loss, self.weights = loss, tf.identity(weights)
        else:
            self.waited += 1
        return self.waited >= self.patience


@BestSoFar.mistake("An equal loss is no improvement.")
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        if loss <= self.loss:
            self.loss, self.weights, self.waited = loss, tf.identity(weights), 0
        else:
            self.waited += 1
        return self.waited >= self.patience


@BestSoFar.mistake("Each loss is compared with the one before it. Compare it with the *best* so far.")
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        better = loss < self.loss
        self.loss = loss
        if better:
            self.weights, self.waited = tf.identity(weights), 0
        else:
            self.waited += 1
        return self.waited >= self.patience


@BestSoFar.mistake("It waits one epoch too long: after `patience` epochs without improvement it is time.")
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        super().watch(loss, weights)
        return self.waited > self.patience


@BestSoFar.mistake("This remembers the *highest* loss. A better loss is a lower one.")
class _(BestSoFar.solution):
    def __init__(self, patience):
        super().__init__(patience)
        self.loss = -np.inf

    def watch(self, loss, weights):
        if loss > self.loss:
            self.loss, self.weights, self.waited = loss, tf.identity(weights), 0
        else:
            self.waited += 1
        return self.waited >= self.patience


@BestSoFar.mistake("True means stop. Here it means go on.")
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        return not super().watch(loss, weights)


@BestSoFar.mistake("`best` gives the lowest loss. The *weights* of that epoch are asked for.")
class _(BestSoFar.solution):
    def best(self):
        return self.loss


@BestSoFar.mistake("`watch` should say True or False in every epoch: stop now, or not.")
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        super().watch(loss, weights)


@BestSoFar.mistake("A loss that is lower by ever so little is an improvement.")
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        if loss < self.loss - 1.25:
            self.loss, self.weights, self.waited = loss, tf.identity(weights), 0
        else:
            self.waited += 1
        return self.waited >= self.patience


@BestSoFar.mistake("It stops one epoch too early: an epoch that improves waits for nothing.")
class _(BestSoFar.solution):
    def watch(self, loss, weights):
        super().watch(loss, weights)
        return self.waited + 1 >= self.patience


@exercise(
    "generalisation.winners_luck",
    points=4,
    title="The luck of the winner",
    section="generalisation.md#why-the-test-set-stays-in-the-drawer",
    prompt="""
    A hundred models flip coins. Each is right in about half the cases, and the best of them in far more. If you
    choose by that score *and report it*, you report luck. Show it: choose the model with the most right answers
    on the validation examples, and report three numbers: its accuracy there, its accuracy on the test
    examples, and how much of the first was luck, their difference. Of equally good models the first wins.

    Then make a hundred coin-flippers with `tf.random.uniform((100, 50), maxval=2, dtype=tf.int64)` and look at
    the third number.
    """,
    packages=["tensorflow"],
    seconds=5.0,
    hints=[
        "`answers == targets` compares every row with the targets at once, and gives True and False.",
        "True and False have no mean in TensorFlow: `tf.cast(..., tf.float64)` makes ones and zeros of them.",
        "Which axis are the examples?",
    ],
)
def winners_luck(validation_answers, validation_targets, test_answers, test_targets):
    """Return (validation accuracy, test accuracy, luck) of the model that wins on the validation examples.

    The answers have shape (models, examples), the targets (examples,): tensors of whole numbers, the classes.
    Accuracies are shares from 0 to 1, and luck is negative where the winner does better on the test examples.
    """
    validation = tf.reduce_mean(tf.cast(validation_answers == validation_targets, tf.float64), axis=1)
    test = tf.reduce_mean(tf.cast(test_answers == test_targets, tf.float64), axis=1)
    winner = tf.argmax(validation)
    return validation[winner], test[winner], validation[winner] - test[winner]


@winners_luck.cases
def _(rng):
    for parts in (
        ([[1, 0], [1, 1]], [1, 1], [[1, 1], [0, 1]], [1, 1]),
        ([[1, 0], [0, 1]], [1, 1], [[1, 0, 0], [1, 1, 0]], [1, 1, 1]),
        ([[1, 1, 0], [0, 1, 0]], [0, 0, 0], [[1, 0], [0, 0]], [0, 0]),
        *([rng.integers(0, 2, size=size) for size in ((models, 4), 4, (models, 5), 5)] for models in (3, 5)),
    ):
        yield tuple(Tensor(np.array(part)) for part in parts)


@winners_luck.mistake("Each part has its own winner here. The winner of the validation is the one to test.")
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    validation = np.max(np.mean(validation_answers == validation_targets, axis=1))
    test = np.max(np.mean(test_answers == test_targets, axis=1))
    return validation, test, validation - test


@winners_luck.mistake("The winner was chosen on the test examples.")
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    validation = np.mean(validation_answers == validation_targets, axis=1)
    test = np.mean(test_answers == test_targets, axis=1)
    winner = np.argmax(test)
    return validation[winner], test[winner], validation[winner] - test[winner]


@winners_luck.mistake("Those are the means of all models, not of the winner.")
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    validation, test = (
        np.mean(validation_answers == validation_targets),
        np.mean(test_answers == test_targets),
    )
    return validation, test, validation - test


@winners_luck.mistake("Of equally good models the first one wins.")
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    return winners_luck.solution(
        validation_answers[::-1], validation_targets, test_answers[::-1], test_targets
    )


@winners_luck.mistake("The difference has its sign turned: luck is what was lost on the way to the test.")
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    validation, test, luck = winners_luck.solution(
        validation_answers, validation_targets, test_answers, test_targets
    )
    return validation, test, -luck


@winners_luck.mistake("Luck can be negative: a winner may do better on the test examples. Keep its sign.")
@_on_arrays
def _(*arguments):
    validation, test, luck = winners_luck.solution(*arguments)
    return validation, test, abs(luck)


@winners_luck.mistake(
    "That is the mean of the answers. An accuracy is the share of answers that equal the target."
)
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    validation, test = np.mean(validation_answers, axis=1), np.mean(test_answers, axis=1)
    winner = np.argmax(validation)
    return validation[winner], test[winner], validation[winner] - test[winner]


@winners_luck.mistake(
    "Those are numbers of right answers. Accuracies are shares: the two parts differ in size."
)
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    validation = np.sum(validation_answers == validation_targets, axis=1)
    winner = np.argmax(validation)
    test = np.sum(test_answers[winner] == test_targets)
    return validation[winner], test, validation[winner] - test


@winners_luck.mistake("That is the model with the *fewest* right answers.")
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    validation = np.mean(validation_answers == validation_targets, axis=1)
    winner = np.argmin(validation)
    test = np.mean(test_answers[winner] == test_targets)
    return validation[winner], test, validation[winner] - test


@winners_luck.mistake(
    "The luck is what is lost on the way to the test examples, not the lead over the other models."
)
@_on_arrays
def _(validation_answers, validation_targets, test_answers, test_targets):
    validation, test, _ = winners_luck.solution(
        validation_answers, validation_targets, test_answers, test_targets
    )
    return validation, test, validation - np.mean(validation_answers == validation_targets)


@winners_luck.mistake("Those are shares of *wrong* answers. An accuracy is the share of right ones.")
@_on_arrays
def _(*arguments):
    validation, test, luck = winners_luck.solution(*arguments)
    return 1 - validation, 1 - test, luck


find_the_leak = free_text(
    "generalisation.find_the_leak",
    title="Three leaks",
    section="generalisation.md#too-good-to-be-true",
    prompt="""
    A colleague recognises an illness in X-ray pictures and reports an accuracy of `0.99`. This is how it was
    done. *All pictures were scaled with the mean and standard deviation of the whole collection. Every picture
    was also mirrored, which doubled the collection. Of these pictures one in five, drawn at random, became the
    test set. Most patients have several pictures. The network was trained twenty times with different
    settings, and the best score on the test set is reported.*

    Name every way in which the test set has leaked. Say for each how to do it instead, and which one you
    believe to matter most.
    """,
    rubric=[
        ("scaling", 1, "Scaling used the test pictures: measure on the training part only."),
        ("mirror", 1, "Mirrored copies fall on both sides: split first, then mirror the training part."),
        ("patients", 1, "Pictures of one patient fall on both sides: split by patient."),
        ("choice", 1, "The test set chose the settings: use a validation set, and test once."),
        ("weight", 1, "Names the doubles or the patients as the largest, with a reason."),
    ],
    model_answer="""
    Mean and standard deviation were measured on test pictures too: measure them on the training part. Mirrored
    copies of training pictures stand in the test set: split first, mirror afterwards, training pictures only.
    Pictures of the same patient stand on both sides, so that the network can recognise the patient: split
    by patient. The settings were chosen by the test score: choose on a validation part, and open the test set
    once. The doubles and the patients matter most, because they let memory pass for knowledge; the scaling
    changes two numbers a little.
    """,
    hints=[
        "For each step of the story ask: did it look at test pictures, or put something of them into training?",
        "What do a picture and its mirrored copy have in common? And two pictures of one patient?",
    ],
)
