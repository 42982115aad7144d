"""Keras as people use it: a model from its weights, a loss from scores, dropout, and running averages."""

import itertools

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.tf.quiet import tf
from course_lib.workshop.exercises.definition import exercise


@exercise(
    "keras_in_practice.drop",
    points=2,
    title="Put some of them to sleep",
    section="keras_in_practice.md#dropout",
    prompt="""
    Write dropout's forward pass. `draws` holds a random number from 0 to below 1 for each unit: a unit sleeps
    where its number is below `share`. In training, what is left is scaled so that the mean stays where it was.
    In use, nothing sleeps and nothing is scaled.
    """,
    hints=[
        "A comparison gives an array of True and False, and multiplying by it keeps or drops.",
        "If a quarter sleeps, three quarters are left. What do you divide by?",
    ],
)
def drop(hidden, draws, share, training):
    """Return the units after dropout, an array of the shape of `hidden`.

    The draws have this shape too, the share is at least 0 and below 1, and `training` is True or False.
    """
    if not training:
        return hidden
    awake = draws >= share
    return hidden * awake / (1 - share)


@drop.cases
def _(rng):
    yield np.array([1.0, 2.0]), np.array([0.1, 0.9]), 0.5, True
    yield np.array([1.0, 2.0]), np.array([0.1, 0.9]), 0.5, False
    for training in (True, False):
        hidden = rng.normal(size=(2, 4)).round(1) + 0.05
        yield hidden, np.array([[0.03, 0.91, 0.25, 0.6], rng.uniform(size=4).round(3)]), 0.25, training
    yield rng.normal(size=6).round(1) + 0.05, rng.permutation([0.02, 0.3, 0.45, 0.6, 0.75, 0.99]), 0.75, True


@drop.mistake("The right ones sleep. What is left has to be scaled up, or the mean falls.")
def _(hidden, draws, share, training):
    return hidden * (draws >= share) if training else hidden


@drop.mistake("In use nothing sleeps: `training` makes no difference here.")
def _(hidden, draws, share, training):
    return drop.solution(hidden, draws, share, True)


@drop.mistake("These are awake where they should sleep. A unit sleeps where its draw is *below* the share.")
def _(hidden, draws, share, training):
    return hidden * (draws < share) / (1 - share) if training else hidden


@drop.mistake("A draw that is exactly the share is not below it: this unit stays awake.")
def _(hidden, draws, share, training):
    return hidden * (draws > share) / (1 - share) if training else hidden


@drop.mistake("You divide by the share that sleeps. Divide by the share that is left.")
def _(hidden, draws, share, training):
    return hidden * (draws >= share) / share if training else hidden


@exercise(
    "keras_in_practice.running_mean",
    points=2,
    title="What batch normalisation remembers",
    section="keras_in_practice.md#batch-normalisation",
    prompt="""
    In training, batch normalisation subtracts the mean of each batch. For later use it keeps a running average
    of those means: it starts at zero, and each batch moves it, `momentum` of the old and the rest of the new.
    Follow it through some batches.
    """,
    hints=[
        "The mean of a batch, column by column, is `batch.mean(axis=0)`.",
        "If `momentum` is what is kept, how much of the new mean comes in?",
    ],
)
def running_mean(batches, momentum):
    """Return the running average after the last batch, shape (columns,).

    The batches are a list of arrays of shape (examples, columns); the number of examples may differ.
    """
    average = np.zeros(batches[0].shape[1])
    for batch in batches:
        average = momentum * average + (1 - momentum) * batch.mean(axis=0)
    return average


@running_mean.cases
def _(rng):
    yield [np.array([[1.0], [3.0]])], 0.5
    yield [np.array([[1.0, 0.0], [3.0, 2.0]]), np.array([[4.0, -1.0]])], 0.75
    for count in (2, 3):
        yield [rng.normal(size=(int(rng.integers(1, 4)), 2)).round(1) + 1 for _ in range(count)], 0.9


@running_mean.mistake("Old and new have changed places: `momentum` says how much of the old average stays.")
def _(batches, momentum):
    return running_mean.solution(batches, 1 - momentum)


@running_mean.mistake("It starts at the first batch's mean. In Keras it starts at zero.")
def _(batches, momentum):
    average = batches[0].mean(axis=0)
    for batch in batches[1:]:
        average = momentum * average + (1 - momentum) * batch.mean(axis=0)
    return average


@running_mean.mistake("That lifts the average, as Adam does. Batch normalisation leaves it as it is.")
def _(batches, momentum):
    return running_mean.solution(batches, momentum) / (1 - momentum ** len(batches))


@running_mean.mistake("Each *row* moves the average here. Each batch does, by the mean of its rows.")
def _(batches, momentum):
    return running_mean.solution([row[None] for batch in batches for row in batch], momentum)


@running_mean.mistake("That is one mean over all columns. Each column has its own.")
def _(batches, momentum):
    return np.full(
        batches[0].shape[1], running_mean.solution([batch.reshape(-1, 1) for batch in batches], momentum)[0]
    )


@exercise(
    "keras_in_practice.answers_of",
    points=3,
    title="A model from its weights",
    section="keras_in_practice.md#one-layer-twice",
    prompt="""
    Somebody sends you the weights of a network and no code: a list of arrays, a matrix and a row of biases for
    each layer in turn, as `get_weights` returns them. Hidden layers have the activation `tanh`; the last one has
    none. Build the model from Keras' own `Dense` layers, give it the weights, and return what it answers.
    Compute in float64.
    """,
    packages=["tensorflow"],
    demands=["uses Dense"],
    seconds=5.0,
    comparison=Comparison("close", float64=True),
    hints=[
        "`weights[::2]` are the matrices. The number of columns of each is the number of units of its layer.",
        '`tf.keras.layers.Dense(units, activation="tanh", dtype="float64")`; the last with `activation=None`.',
        "Build the model with `tf.keras.Input((inputs,))` as its first entry, so that it has weights to set.",
    ],
)
def answers_of(weights, inputs):
    """Return the answers, a NumPy array of shape (examples, outputs). The inputs have shape (examples, inputs)."""
    matrices = weights[::2]
    layers = [tf.keras.Input((matrices[0].shape[0],), dtype="float64")]
    for number, matrix in enumerate(matrices):
        activation = None if number == len(matrices) - 1 else "tanh"
        layers.append(tf.keras.layers.Dense(matrix.shape[1], activation=activation, dtype="float64"))
    model = tf.keras.Sequential(layers)
    model.set_weights(weights)
    return model(tf.constant(inputs)).numpy()


@answers_of.cases
def _(rng):
    yield [np.array([[2.0]]), np.array([1.0])], np.array([[3.0]])
    for sizes in ((2, 3, 1), (1, 2, 2, 2), (3, 2)):
        weights = []
        for before, after in itertools.pairwise(sizes):
            weights += [
                rng.normal(size=(before, after)).round(1) + 0.05,
                rng.normal(size=after).round(1) + 0.5,
            ]
        yield weights, rng.normal(size=(2, sizes[0])).round(1) + 0.05


def _through(weights, inputs, hidden=np.tanh, last=lambda z: z, biases=True):
    values = inputs
    for number in range(0, len(weights), 2):
        values = values @ weights[number] + (weights[number + 1] if biases else 0)
        values = (last if number == len(weights) - 2 else hidden)(values)
    return values


@answers_of.mistake("The last layer has no activation: it answers with scores.")
def _(weights, inputs):
    return _through(weights, inputs, last=np.tanh)


@answers_of.mistake("The hidden layers have no activation here, so that together they are only one layer.")
def _(weights, inputs):
    return _through(weights, inputs, hidden=lambda z: z)


@answers_of.mistake("The biases are missing, or still at the zero with which Keras starts them.")
def _(weights, inputs):
    return _through(weights, inputs, biases=False)


@exercise(
    "keras_in_practice.loss_from_scores",
    points=3,
    title="Why the loss wants scores",
    section="keras_in_practice.md#scores-not-probabilities",
    prompt="""
    Write the cross-entropy of a classifier from its *scores*, with TensorFlow, as the mean over the examples. One
    score may be a thousand: `exp(1000)` is infinite, and a softmax written down as you learned it returns `nan`.
    Subtracting the largest score of a row from the whole row changes no probability, and saves the day.
    """,
    packages=["tensorflow"],
    demands=["uses tensorflow"],
    seconds=5.0,
    comparison=Comparison("close", rtol=1e-7, atol=1e-7),
    forbidden=[
        "tensorflow.nn.sparse_softmax_cross_entropy_with_logits",
        "tensorflow.nn.softmax_cross_entropy_with_logits",
        "tensorflow.nn.log_softmax",
        "tensorflow.reduce_logsumexp",
        "keras.losses",
        "tensorflow.keras.losses",
    ],
    hints=[
        "The loss of a row is the logarithm of the sum of exponentials, minus the score of the right class.",
        "`tf.gather(scores, labels, batch_dims=1)` takes from each row the score at its label.",
    ],
)
def loss_from_scores(scores, labels):
    """Return the mean cross-entropy, a number, in nats.

    The scores have shape (examples, classes), float64; the labels are whole numbers of shape (examples,).
    """
    scores = scores - tf.reduce_max(scores, axis=1, keepdims=True)
    sums = tf.math.log(tf.reduce_sum(tf.exp(scores), axis=1))
    return float(tf.reduce_mean(sums - tf.gather(scores, labels, batch_dims=1)))


@loss_from_scores.cases
def _(rng):
    yield np.array([[0.0, 0.0]]), np.array([1])
    yield np.array([[1000.0, 0.0]]), np.array([0])
    yield np.array([[0.0, 1000.0, -1000.0], [1.0, 2.0, 3.0]]), np.array([0, 2])
    for classes in (2, 4):
        yield rng.normal(size=(3, classes)).round(1), rng.integers(0, classes, size=3)


def _losses(scores, labels, shift=True):
    scores = scores - scores.max(axis=1, keepdims=True) if shift else scores
    with np.errstate(all="ignore"):
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        right = np.log(shares[np.arange(len(labels)), labels])
    return -right


@loss_from_scores.mistake(
    "Right for small scores. With a score of a thousand an exponential is infinite: shift each row."
)
def _(scores, labels):
    return float(np.mean(_losses(scores, labels, shift=False)))


@loss_from_scores.mistake(
    "For small losses this is right. A large one stops at a limit: a tiny number or a clip hides the zero and "
    "does not answer. The logarithm of a quotient is a difference.",
    recognise=Comparison("falls_short", beyond=20.0),
)
def _(scores, labels):
    scores = scores - scores.max(axis=1, keepdims=True)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return float(np.mean(-np.log(shares[np.arange(len(labels)), labels] + 1e-12)))


@loss_from_scores.mistake(
    "The score of the right class comes from the old scores, the sum from the shifted ones."
)
def _(scores, labels):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - scores[np.arange(len(labels)), labels]))


@loss_from_scores.mistake("That is the sum over the examples. Their mean is asked for.")
def _(scores, labels):
    scores = scores - scores.max(axis=1, keepdims=True)
    sums = np.log(np.exp(scores).sum(axis=1))
    return float(np.sum(sums - scores[np.arange(len(labels)), labels]))


@loss_from_scores.mistake("The sign is flipped: a loss is zero at its best, and never below.")
def _(*arguments):
    return -loss_from_scores.solution(*arguments)


@exercise(
    "keras_in_practice.head_only",
    points=2,
    title="Train the new layer only",
    section="keras_in_practice.md#what-sleeps-and-what-shifts",
    prompt="""
    Networks are often built on what others have trained. Build a model of a hidden `Dense` layer with ReLU and a
    `Dense` layer with one unit for each class behind it. Take the hidden layer as one that was trained for
    another task: training is to change the layer for the classes and to leave the hidden one as it is. Tell
    Keras so, and return how many numbers it would train and how many it would leave alone.
    """,
    packages=["tensorflow"],
    demands=["uses Dense"],
    seconds=5.0,
    hints=[
        "`model.layers[0].trainable = False` freezes a layer.",
        "`model.trainable_weights` and `model.non_trainable_weights` are lists of *arrays*; count what is in them.",
    ],
)
def head_only(inputs, units, classes):
    """Return two whole numbers: how many numbers are trained, and how many are left alone.

    All three are whole numbers above zero: how many inputs, hidden units and classes there are.
    """
    old = tf.keras.layers.Dense(units, activation="relu")
    model = tf.keras.Sequential([tf.keras.Input((inputs,)), old, tf.keras.layers.Dense(classes)])
    old.trainable = False
    trained = sum(int(np.prod(one.shape)) for one in model.trainable_weights)
    return trained, sum(int(np.prod(one.shape)) for one in model.non_trainable_weights)


@head_only.cases
def _(rng):
    yield 3, 2, 4
    for classes in (3, 5):
        inputs, units = (int(number) for number in rng.integers(6, 12, size=2))
        yield inputs, units, classes


@head_only.mistake("Nothing is frozen: training would change the hidden layer too.")
def _(inputs, units, classes):
    return sum(head_only.solution(inputs, units, classes)), 0


@head_only.mistake("All is frozen, the layer for the classes too, so that training changes nothing.")
def _(inputs, units, classes):
    return 0, sum(head_only.solution(inputs, units, classes))


@head_only.mistake("The layer for the classes is frozen, and the hidden one is trained.")
def _(inputs, units, classes):
    return head_only.solution(inputs, units, classes)[::-1]


@head_only.mistake("These are arrays: a matrix and biases each. Count the numbers in them.")
def _(inputs, units, classes):
    return 2, 2


@head_only.mistake("The biases are missing. They are numbers that are trained, or left alone, as well.")
def _(inputs, units, classes):
    return units * classes, inputs * units
