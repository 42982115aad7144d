"""Why a convolution: count, slide with steps and a rim, share a blame, hand filters to Keras, and choose."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Tensor
from course_lib.tf.quiet import tf
from course_lib.workshop.exercises.definition import exercise, free_text


@exercise(
    "convolution.sharing_saves",
    points=2,
    title="What sharing saves",
    section="convolution.md#it-is-a-dense-layer-with-most-of-it-forbidden",
    prompt="""
    Filters of `size` by `size` pixels slide over a picture with some channels, one pixel at a time and with no
    rim, and look through all channels at once. A dense layer could give the same number of sums, one for each
    filter at each place, from the same picture. Count the weights and biases of both.
    """,
    hints=[
        "A filter has one weight for each pixel that it covers, in each channel, and one bias.",
        "Along an axis of `n` pixels a filter of `size` fits in at `n - size + 1` places.",
        "A dense layer has a weight from each number of the picture to each of its sums, and a bias for each sum.",
    ],
)
def sharing_saves(rows, columns, channels, filters, size):
    """Return two whole numbers: the weights and biases of the convolution, and those of the dense layer.

    All five are whole numbers above zero, and the filter fits into the picture.
    """
    sums = (rows - size + 1) * (columns - size + 1) * filters
    convolution = size * size * channels * filters + filters
    dense = rows * columns * channels * sums + sums
    return convolution, dense


@sharing_saves.cases
def _(rng):
    yield 8, 8, 1, 1, 3
    yield 2, 3, 1, 4, 1
    for channels in (2, 3):
        rows, columns = (int(number) for number in rng.integers(4, 12, size=2))
        yield rows, columns, channels, int(rng.integers(2, 9)), int(rng.integers(2, 4))


@sharing_saves.mistake("The biases are missing, on both sides.")
def _(rows, columns, channels, filters, size):
    sums = (rows - size + 1) * (columns - size + 1) * filters
    return size * size * channels * filters, rows * columns * channels * sums


@sharing_saves.mistake("A filter looks through all channels at once: it has weights for each of them.")
def _(rows, columns, channels, filters, size):
    _, dense = sharing_saves.solution(rows, columns, channels, filters, size)
    return size * size * filters + filters, dense


@sharing_saves.mistake("One bias for all filters? Each has its own.")
def _(rows, columns, channels, filters, size):
    convolution, dense = sharing_saves.solution(rows, columns, channels, filters, size)
    return convolution - filters + 1, dense


@sharing_saves.mistake(
    "The filter does not fit in at every pixel: at the right and at the bottom it would hang over."
)
def _(rows, columns, channels, filters, size):
    convolution, _ = sharing_saves.solution(rows, columns, channels, filters, size)
    sums = rows * columns * filters
    return convolution, rows * columns * channels * sums + sums


@sharing_saves.mistake("The dense layer has a bias for each of its sums, not one for each filter.")
def _(rows, columns, channels, filters, size):
    convolution, dense = sharing_saves.solution(rows, columns, channels, filters, size)
    return convolution, dense - (rows - size + 1) * (columns - size + 1) * filters + filters


@sharing_saves.mistake("Two numbers are right, in the wrong order: the convolution comes first.")
def _(rows, columns, channels, filters, size):
    return sharing_saves.solution(rows, columns, channels, filters, size)[::-1]


@exercise(
    "convolution.slide",
    points=2,
    title="Longer steps, and a rim",
    section="convolution.md#nine-numbers-everywhere",
    prompt="""
    Real layers slide in two more ways. With a *stride* of two the filter moves two pixels at a time, in both
    directions, so that the picture of sums is about half as large. And a *rim* of empty pixels, laid around the
    picture beforehand, lets the filter reach its edge. Write the slide with both, on tensors.
    """,
    packages=["tensorflow"],
    seconds=5.0,
    forbidden=["tensorflow.nn.conv2d", "tensorflow.nn.convolution", "tensorflow.keras.layers.Conv2D"],
    hints=[
        "`tf.pad(picture, [[rim, rim], [rim, rim]])` lays zeros around all four sides.",
        "A tensor has no entries to assign to: collect the sums in lists, and `tf.stack` them.",
        "Along an axis of `n` pixels a filter of `k` fits in at `(n - k) // stride + 1` places.",
    ],
)
def slide(picture, weights, stride, rim):
    """Return the sums, with a row for each place downwards and a column for each place across.

    The picture, a tensor, has shape (rows, columns), the weights (height, width). The first place is the upper
    left corner of the picture with its rim. Only places at which the filter fits in count.
    """
    framed = tf.pad(picture, [[rim, rim], [rim, rim]])
    height, width = weights.shape
    return tf.stack(
        [
            [
                tf.reduce_sum(framed[r : r + height, c : c + width] * weights)
                for c in range(0, framed.shape[1] - width + 1, stride)
            ]
            for r in range(0, framed.shape[0] - height + 1, stride)
        ]
    )


@slide.cases
def _(rng):
    whole = np.arange(1.0, 10.0).reshape(3, 3)
    for picture, weights, stride, rim in (
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 10.0]]), 1, 0),
        (whole, np.array([[1.0]]), 2, 0),
        (np.array([[5.0]]), whole, 1, 1),
        (rng.normal(size=(4, 5)).round(1) + 0.05, rng.normal(size=(2, 3)).round(1) + 0.05, 1, 1),
        (rng.normal(size=(6, 5)).round(1) + 0.05, rng.normal(size=(3, 2)).round(1) + 0.05, 2, 0),
        (rng.normal(size=(5, 4)).round(1) + 0.05, rng.normal(size=(2, 2)).round(1) + 0.05, 3, 1),
    ):
        yield Tensor(picture), Tensor(weights), stride, rim


@slide.mistake("The rim is missing: lay zeros around the picture before anything slides.")
def _(picture, weights, stride, rim):
    return slide.solution(picture, weights, stride, 0)


@slide.mistake("These are all places. With a stride of two only every second row and column is asked.")
def _(picture, weights, stride, rim):
    return slide.solution(picture, weights, 1, rim)


@slide.mistake("That is the mathematician's convolution, with the filter upside down. Lay it on as it is.")
def _(picture, weights, stride, rim):
    return slide.solution(picture, weights[::-1, ::-1], stride, rim)


@slide.mistake("The rim lies around the sums. It belongs around the picture.")
def _(picture, weights, stride, rim):
    return np.pad(slide.solution(picture, weights, stride, 0), rim)


@slide.mistake("The last place is missing: the filter fits in once more at the end.")
def _(picture, weights, stride, rim):
    framed = np.pad(picture, rim)
    rows, columns = np.array(framed.shape) - tuple(weights.shape)
    whole = slide.solution(picture, weights, stride, rim)
    return whole[: len(range(0, rows, stride)), : len(range(0, columns, stride))]


@slide.mistake("That is the mean of the products. Their sum is asked for.")
def _(picture, weights, stride, rim):
    return slide.solution(picture, weights, stride, rim) / np.size(weights)


@slide.mistake("The stride goes downwards only. Across, the filter moves by as much.")
def _(picture, weights, stride, rim):
    return slide.solution(picture, weights, 1, rim)[::stride]


@exercise(
    "convolution.filters_answer",
    points=3,
    title="Filters from a letter",
    section="convolution.md#more-than-one",
    prompt="""
    A friend sends you filters as one would draw them, one after the other: an array of shape
    `(filters, height, width)`, and a bias for each. Let Keras' own `Conv2D` slide them over pictures, with a ReLU
    behind, and return the largest answer of each filter to each picture, wherever in the picture it stands.
    Compute in float64.
    """,
    packages=["tensorflow"],
    demands=["uses Conv2D"],
    seconds=5.0,
    comparison=Comparison("close", float64=True),
    hints=[
        "Keras wants its axes in the order height, width, channels in, filters out: the filters come last.",
        "`np.moveaxis` or `np.transpose` brings an axis to its place; `[:, :, None]` makes one of length one.",
        'A layer has weights to set once it was built or called. `Conv2D(..., dtype="float64")` keeps the digits.',
        "The largest over all places is `GlobalMaxPooling2D`, or a maximum over two axes.",
    ],
)
def filters_answer(pictures, filters, biases):
    """Return the largest answers, shape (pictures, filters).

    The pictures have shape (pictures, rows, columns), float64, and one channel.
    """
    count, height, width = filters.shape
    layer = tf.keras.layers.Conv2D(count, (height, width), activation="relu", dtype="float64")
    layer.build((None, *pictures.shape[1:], 1))
    layer.set_weights([filters.transpose(1, 2, 0)[:, :, None, :], biases])
    answers = tf.keras.layers.GlobalMaxPooling2D(dtype="float64")(layer(pictures[..., None]))
    return answers.numpy()


@filters_answer.cases
def _(rng):
    yield np.array([[[1.0, 2.0], [3.0, 5.0]]]), np.array([[[1.0, 1.0]]]), np.array([0.5])
    yield np.array([[[1.0, 2.0], [3.0, 5.0]]]), np.array([[[-1.0, -1.0]]]), np.array([0.5])
    for count in (2, 3):
        yield (
            rng.normal(size=(3, 5, 4)).round(1) + 0.05,
            rng.normal(size=(count, 2, 3)).round(1) + 0.05,
            rng.normal(size=count).round(1) + 0.25,
        )
    yield (
        rng.normal(size=(2, 4, 4)).round(1) + 0.05,
        rng.normal(size=(3, 3, 3)).round(1) - 0.6,
        np.array([-0.5, 0.1, 0.2]),
    )


def _answers(pictures, filters, biases, best=np.max, relu=True, where=(2, 3)):
    windows = np.lib.stride_tricks.sliding_window_view(pictures, filters.shape[1:], axis=(1, 2))
    sums = np.einsum("prcij,fij->pfrc", windows, filters) + biases[:, None, None]
    return best(np.maximum(sums, 0) if relu else sums, axis=where)


@filters_answer.mistake("The ReLU is missing: no answer is below zero.")
def _(pictures, filters, biases):
    return _answers(pictures, filters, biases, relu=False)


@filters_answer.mistake("The biases are still at the zero with which Keras starts them.")
def _(pictures, filters, biases):
    return _answers(pictures, filters, 0 * biases)


@filters_answer.mistake(
    "The filters were *reshaped* into Keras' order, which mixes their numbers. An axis has to move: `np.moveaxis`."
)
def _(pictures, filters, biases):
    count, height, width = filters.shape
    mixed = np.moveaxis(filters.reshape(height, width, count), -1, 0)
    return _answers(pictures, mixed, biases)


@filters_answer.mistake("That is the mean over the places. Whether something stands anywhere is its largest.")
def _(pictures, filters, biases):
    return _answers(pictures, filters, biases, best=np.mean)


@filters_answer.mistake("One number for each filter. Each picture has its own largest answers.")
def _(pictures, filters, biases):
    return _answers(pictures, filters, biases).max(axis=0)


@filters_answer.mistake("Rows are filters and columns are pictures here. The other way round is asked for.")
def _(pictures, filters, biases):
    return _answers(pictures, filters, biases).T


@filters_answer.mistake(
    "Right to a few digits only, as float32 is. Ask the layer for float64.",
    recognise=Comparison("close", rtol=1e-5, atol=1e-5),
)
def _(pictures, filters, biases):
    return _answers(pictures, filters, biases).astype(np.float32)


@filters_answer.mistake(
    'The filters hang over the edge, as with `padding="same"`. Only places at which they fit in count.'
)
def _(pictures, filters, biases):
    height, width = filters.shape[1:]
    rim = [((height - 1) // 2, height // 2), ((width - 1) // 2, width // 2)]
    return _answers(np.pad(pictures, [(0, 0), *rim]), filters, biases)


@exercise(
    "convolution.shared_slope",
    points=2,
    title="Blamed at every place",
    section="convolution.md#what-a-shared-weight-is-blamed-for",
    prompt="""
    A filter reads a row of numbers, three at a time, and its sums should come as near as possible to some wanted
    sums. Find the slope of the mean squared error by each of the three weights. There is one weight for many
    places, and this is what a tape is good at: let it do the sharing of the blame.
    """,
    packages=["tensorflow"],
    demands=["uses GradientTape"],
    seconds=5.0,
    comparison=Comparison("close", float64=True),
    hints=[
        "A `tf.Variable` of shape (3,), float64, is watched by itself.",
        "For each place, `row[i : i + 3]` times the weights, added up. `tf.stack` makes one tensor of the sums.",
        "Without a loop: `row[:-2] * w[0] + row[1:-1] * w[1] + row[2:] * w[2]`.",
    ],
)
def shared_slope(row, weights, wanted):
    """Return the slope by the three weights, shape (3,).

    The row has shape (n,), the weights (3,), the wanted sums (n - 2,), all of them NumPy arrays, float64.
    """
    w = tf.Variable(weights)
    with tf.GradientTape() as tape:
        sums = row[:-2] * w[0] + row[1:-1] * w[1] + row[2:] * w[2]
        loss = tf.reduce_mean((sums - wanted) ** 2)
    return tape.gradient(loss, w)


@shared_slope.cases
def _(rng):
    yield np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0])
    yield np.array([1.0, 0.0, 2.0, 5.0]), np.array([1.0, 1.0, -1.0]), np.array([1.0, 2.0])
    for size in (5, 6):
        yield (
            rng.normal(size=size).round(1) + 0.05,
            rng.normal(size=3).round(1) + 0.05,
            rng.normal(size=size - 2).round(1) + 0.05,
        )


def _blames(row, weights, wanted, flip=False):
    windows = np.lib.stride_tricks.sliding_window_view(row, 3)
    windows = windows[:, ::-1] if flip else windows
    return 2 * (windows @ weights - wanted)[:, None] * windows


@shared_slope.mistake("That is the slope of the *sum* of the squared errors. Their mean is asked for.")
def _(row, weights, wanted):
    return _blames(row, weights, wanted).sum(axis=0)


@shared_slope.mistake(
    "The weights are laid on back to front here. The first belongs to the first of the three."
)
def _(row, weights, wanted):
    return _blames(row, weights, wanted, flip=True).mean(axis=0)


@shared_slope.mistake("The blame of one place only. A shared weight is blamed at all of them.")
def _(row, weights, wanted):
    return _blames(row, weights, wanted)[0] / len(wanted)


@shared_slope.mistake("That points downhill. The slope is asked for, not a step.")
def _(row, weights, wanted):
    return -_blames(row, weights, wanted).mean(axis=0)


@shared_slope.mistake("One row of blames for each place. They add up to one number for each weight.")
def _(row, weights, wanted):
    return _blames(row, weights, wanted) / len(wanted)


what_to_keep = free_text(
    "convolution.what_to_keep",
    title="Whether, how many, where",
    section="convolution.md#whether-not-where",
    prompt="""
    There is one camera in a garden, and there are three questions. *Is there* a blackbird in the picture? *How
    many* are there? *In which corner* does it sit? For each of the three, say whether filters that slide over the
    picture are a good beginning, and what should follow them: the largest answer over the whole picture, another
    way to boil the places down, or all the places as they are. Give the reason each time.
    """,
    rubric=[
        ("filters", 1, "Says that sliding filters fit all three: a blackbird looks the same everywhere."),
        ("whether", 1, "Whether: the largest answer is enough, because it forgets only where."),
        (
            "how_many",
            1,
            "How many: the largest forgets the number; sums over places, or the places, keep it.",
        ),
        ("where", 1, "Where: no pooling over the whole picture, because the place is the answer."),
    ],
    model_answer="""
    Filters fit all three, since a blackbird looks the same in every corner, and what one learns in one place
    should count in the others. Whether there is one: keep the largest answer of each filter, which is large
    wherever the bird sits. How many: the largest is the same for one bird and for five, so add the answers up
    over all places, or count the places with a large one. Where: the place is the answer, so nothing may be
    pooled over the whole picture; keep the map of answers, or boil down each corner on its own.
    """,
    hints=[
        "Push the bird to another place: should the answer change?",
        "Put a second bird beside the first: which of the three answers should change, and does the largest?",
    ],
)
