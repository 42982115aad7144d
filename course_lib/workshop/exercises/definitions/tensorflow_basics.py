"""TensorFlow basics: shapes, the tape, functions that trace once, and slopes of your own."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Defined, Given, Tensor
from course_lib.tf.quiet import tf
from course_lib.workshop.exercises.definition import call, exercise, free_text


@exercise(
    "tensorflow_basics.stretched_shape",
    points=2,
    title="What shape comes out?",
    section="tensorflow_basics.md#shapes-stretch",
    prompt="""
    TensorFlow and NumPy stretch shapes by the same rule, and most silent bugs come from it. Lay the two shapes
    on top of each other, flush on the *right*, and fill the shorter one with ones on its left. Two sizes fit
    if they are equal, or if one of them is `1`; the other one wins. Write the rule down as a function.
    """,
    forbidden=["numpy.broadcast_shapes", "numpy.broadcast", "tensorflow.broadcast_static_shape"],
    hints=[
        "`(1,) * 3` makes `(1, 1, 1)`: fill the shorter shape with it.",
        "Then go through both shapes side by side. Three things can happen to a pair of sizes.",
        "A size of zero is a size like any other: zero and one give zero.",
    ],
)
def stretched_shape(first, second):
    """Return the shape of first + second, a tuple, or None if they do not fit. Both are tuples of sizes."""
    length = max(len(first), len(second))
    first = (1,) * (length - len(first)) + first
    second = (1,) * (length - len(second)) + second
    shape = ()
    for one, other in zip(first, second):
        if one != other and 1 not in (one, other):
            return None
        shape = (*shape, other if one == 1 else one)
    return shape


@stretched_shape.cases
def _(rng):
    yield (3,), (3,)
    yield (3, 1), (3,)
    yield (2, 3), (3,)
    yield (2, 3), (2,)
    yield (), (4,)
    yield (1,), (0,)
    yield (4, 1, 5), (6, 1)
    yield (5,), (3, 5)
    yield (7, 2), (1, 3)
    yield (3,), (2,)
    size = int(rng.integers(2, 9))
    yield (size, 1), (size + 1,)


@stretched_shape.mistake("Shapes are lined up on the right, and filled with ones on the left.")
def _(first, second):
    length = max(len(first), len(second))
    return stretched_shape.solution(
        first + (1,) * (length - len(first)), second + (1,) * (length - len(second))
    )


@stretched_shape.mistake("A size of 1 is stretched to the other size. Here only equal sizes fit.")
def _(first, second):
    shape = stretched_shape.solution(first, second)
    length = max(len(first), len(second))
    wide = (1,) * (length - len(first)) + first, (1,) * (length - len(second)) + second
    return shape if wide[0][-len(second) :] == wide[1][-len(second) :] and len(first) >= len(second) else None


@stretched_shape.mistake(
    "Sizes that differ do not fit, unless one of them is 1: then there is no shape at all."
)
def _(first, second):
    length = max(len(first), len(second))
    first = (1,) * (length - len(first)) + first
    second = (1,) * (length - len(second)) + second
    return tuple(max(pair) for pair in zip(first, second))


@exercise(
    "tensorflow_basics.mend_the_tape",
    points=2,
    title="A slope of None",
    section="tensorflow_basics.md#zero-is-not-none",
    prompt="""
    This function should return the slope of a loss by the weights, and returns `None`:

    ```python
    def slope_of_loss(weights, inputs, targets):
        weights = tf.constant(weights)
        with tf.GradientTape() as tape:
            predictions = np.tanh(inputs @ weights.numpy())
            loss = np.mean((predictions - targets) ** 2)
        return tape.gradient(loss, weights)
    ```

    Mend it, and leave the work to the tape. It records what TensorFlow computes, with what it has been told to watch.
    """,
    packages=["tensorflow"],
    demands=["uses GradientTape"],
    seconds=5.0,
    hints=[
        "Find every place at which the computation leaves TensorFlow. There are two.",
        "A tape watches variables by itself. A constant has to be named: `tape.watch(...)`.",
        "`tf.linalg.matvec(matrix, vector)` multiplies a matrix by a vector. Mind the factor two: write the loss "
        "and let the tape do the rest.",
    ],
)
def slope_of_loss(weights, inputs, targets):
    """Return the slope by the weights, shape (features,), of the mean squared error of tanh(inputs @ weights).

    The arguments are NumPy arrays, float64: shapes (features,), (n, features) and (n,).
    """
    weights = tf.Variable(weights)
    with tf.GradientTape() as tape:
        predictions = tf.tanh(tf.linalg.matvec(inputs, weights))
        loss = tf.reduce_mean((predictions - targets) ** 2)
    return tape.gradient(loss, weights)


@slope_of_loss.cases
def _(rng):
    yield np.array([0.5]), np.array([[1.0]]), np.array([0.0])
    for features in (1, 2):
        yield (
            rng.normal(size=features).round(1),
            rng.normal(size=(3, features)).round(1),
            rng.normal(size=3).round(1),
        )


def _tanh_slope(weights, inputs, targets, inner=True):
    predictions = np.tanh(inputs @ weights)
    errors = 2 * (predictions - targets) / len(targets)
    return inputs.T @ (errors * (1 - predictions**2) if inner else errors)


@slope_of_loss.mistake("Still None: the tape has seen nothing, or not what it should watch.")
def _(weights, inputs, targets):
    return 0 * weights + np.nan


@slope_of_loss.mistake("The slope of tanh is missing. Let the tape see tanh as well.")
def _(weights, inputs, targets):
    return _tanh_slope(weights, inputs, targets, inner=False)


@slope_of_loss.mistake("That is the slope of the *sum* of the squared errors.")
def _(weights, inputs, targets):
    return _tanh_slope(weights, inputs, targets) * len(targets)


@slope_of_loss.mistake("That is the slope of the *absolute* error. The loss is the mean of the squares.")
def _(weights, inputs, targets):
    predictions = np.tanh(inputs @ weights)
    return inputs.T @ (np.sign(predictions - targets) * (1 - predictions**2)) / len(targets)


@slope_of_loss.mistake("A column of predictions has met a row of targets: each is compared with every one.")
def _(weights, inputs, targets):
    return _tanh_slope(weights, inputs, np.full(len(targets), np.mean(targets)))


@slope_of_loss.mistake("The slope points downhill. Nobody has asked for a step yet.")
def _(weights, inputs, targets):
    return -_tanh_slope(weights, inputs, targets)


@exercise(
    "tensorflow_basics.squared_distances",
    points=2,
    title="All pairs, no loop",
    section="tensorflow_basics.md#shapes-stretch",
    prompt="""
    You have some points and some centres, and want the squared distance of every point to every centre: the
    heart of many methods. No loop is needed. Let one more axis appear, and the shapes stretch.
    """,
    packages=["tensorflow"],
    seconds=5.0,
    hints=[
        "`points[:, tf.newaxis, :]` has shape `(n, 1, features)`. Which shape should the centres get?",
        "One axis has to go in the end: the features, by adding up.",
    ],
)
def squared_distances(points, centres):
    """Return the squared distances, shape (n, m), of tensors of shape (n, features) and (m, features)."""
    return tf.reduce_sum((points[:, tf.newaxis, :] - centres) ** 2, axis=-1)


@squared_distances.cases
def _(rng):
    yield Tensor(np.array([[0.0, 0.0]])), Tensor(np.array([[3.0, 4.0], [1.0, 0.0]]))
    yield Tensor(np.array([[1.0], [2.0]])), Tensor(np.array([[4.0]]))
    yield Tensor(rng.normal(size=(3, 3)).round(1)), Tensor(rng.normal(size=(3, 3)).round(1))
    yield Tensor(rng.normal(size=(2, 3)).round(1)), Tensor(rng.normal(size=(4, 3)).round(1))


@squared_distances.mistake("These are distances. The *squares* are asked for: no root.")
def _(points, centres):
    return tf.sqrt(squared_distances.solution(points, centres))


@squared_distances.mistake("Rows and columns have changed places: a row for each point.")
def _(points, centres):
    return tf.transpose(squared_distances.solution(points, centres))


@squared_distances.mistake("That is a mean over the features. A squared distance is their sum.")
def _(points, centres):
    return tf.reduce_mean((points[:, tf.newaxis, :] - centres) ** 2, axis=-1)


@squared_distances.mistake("These are sums of differences. Square each difference before you add them up.")
def _(points, centres):
    return tf.reduce_sum(points[:, tf.newaxis, :] - centres, axis=-1)


@squared_distances.mistake("These are sums of absolute differences. A squared distance adds up squares.")
def _(points, centres):
    return tf.reduce_sum(tf.abs(points[:, tf.newaxis, :] - centres), axis=-1)


@squared_distances.mistake("Multiplied out, the product of point and centre comes twice: 2 times a times b.")
def _(points, centres):
    return squared_distances.solution(points, centres) + points @ tf.transpose(centres)


@squared_distances.mistake(
    "Only the largest difference of each pair is squared. A squared distance adds up all."
)
def _(points, centres):
    return tf.reduce_max((points[:, tf.newaxis, :] - centres) ** 2, axis=-1)


@squared_distances.mistake("The differences are added up before they are squared: they cancel.")
def _(points, centres):
    return tf.reduce_sum(points[:, tf.newaxis, :] - centres, axis=-1) ** 2


def cubed(x):
    return x**3


def waves(x):
    return tf.sin(2 * x) + x


def steep(x):
    return tf.exp(x) * x


@exercise(
    "tensorflow_basics.curvature",
    points=2,
    title="The slope of the slope",
    section="tensorflow_basics.md#many-gradients-at-once",
    prompt="""
    A tape can watch another tape at work. Use two of them to find, for any function, its value at a place, its
    slope there, and its *curvature*: the slope of the slope. All three in float64: a second slope in float32
    is right to a few digits only.
    """,
    packages=["tensorflow"],
    demands=["uses GradientTape"],
    comparison=Comparison("close", float64=True),
    given=[cubed, waves, steep],
    seconds=5.0,
    hints=[
        "The inner tape computes the slope. Where must this happen, so that the outer tape sees it?",
        "Both tapes are open while the function is called. `inner.gradient(...)` stands inside the outer one.",
    ],
)
def value_slope_curvature(function, x):
    """Return (value, slope, curvature) of the function at x, three numbers. x is a Python number."""
    place = tf.Variable(x, dtype=tf.float64)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value = function(place)
        slope = inner.gradient(value, place)
    return value, slope, outer.gradient(slope, place)


@value_slope_curvature.cases
def _(rng):
    yield Given("cubed"), 2.0
    for name in ("cubed", "waves", "steep"):
        yield Given(name), round(rng.uniform(-2, 2), 1)


def _exact(function, x):
    with tf.GradientTape(persistent=True) as outer:
        place = tf.Variable(x, dtype=tf.float64)
        with tf.GradientTape() as inner:
            value = function(place)
        slope = inner.gradient(value, place)
    return value, slope, outer.gradient(slope, place)


@value_slope_curvature.mistake(
    "Value and slope are right. The third should be the slope of the slope, not its square."
)
def _(function, x):
    value, slope, _ = _exact(function, x)
    return value, slope, slope**2


@value_slope_curvature.mistake(
    "Value and slope are right. The outer tape has not seen how the slope was made."
)
def _(function, x):
    value, slope, _ = _exact(function, x)
    return value, slope, None


@value_slope_curvature.mistake(
    "The third is the slope once more: ask the outer tape for the slope *of the slope*."
)
def _(function, x):
    value, slope, _ = _exact(function, x)
    return value, slope, slope


@value_slope_curvature.mistake(
    "Right to a few digits only, as float32 is. Make the variable float64 at once: `tf.cast` of a Python "
    "number begins with a float32.",
    recognise=Comparison("close", rtol=1e-4, atol=1e-4),
)
def _(function, x):
    return tuple(np.float32(number) for number in _exact(function, x))


@exercise(
    "tensorflow_basics.trace_once",
    points=3,
    title="Traced once, used often",
    section="tensorflow_basics.md#graphs",
    prompt="""
    The first call of a `tf.function` *traces* your Python code into a graph, which is slow. Later calls use the
    graph, as long as it fits. This one is traced again for every new length, and for every new Python number:

    ```python
    def make_scaled_sum():
        @tf.function
        def scaled_sum(values, factor):
            return tf.reduce_sum(values) * factor
        return scaled_sum
    ```

    Make one that is traced only once, for vectors of float64 of *any* length and any factor of float64. The
    check calls it with several and then asks it how often it was traced.
    """,
    packages=["tensorflow"],
    comparison=Comparison("close", float64=True),
    seconds=5.0,
    hints=[
        "`tf.function` takes an `input_signature`: a list with a `tf.TensorSpec` for each argument.",
        "In a `TensorSpec` a size of `None` stands for any. What shape does a single number have?",
    ],
)
def make_scaled_sum():
    """Return a tf.function of (values, factor): the sum of the values times the factor, traced once."""
    any_length = tf.TensorSpec([None], tf.float64)
    any_number = tf.TensorSpec([], tf.float64)

    @tf.function(input_signature=[any_length, any_number])
    def scaled_sum(values, factor):
        return tf.reduce_sum(values) * factor

    return scaled_sum


@make_scaled_sum.cases
def _(rng):
    yield [
        call("make_scaled_sum"),
        call("0.__call__", np.array([1.0, 2.0]), 2.0),
        call("0.__call__", np.array([1.0, 2.0, 3.0]), 2.0),
        call("0.__call__", np.array([4.0]), 3.0),
        call("0.experimental_get_tracing_count"),
    ]
    yield [
        call("make_scaled_sum"),
        call("0.__call__", rng.normal(size=3).round(1), 0.5),
        call("0.__call__", rng.normal(size=3).round(1), -1.5),
        call("0.experimental_get_tracing_count"),
    ]


@make_scaled_sum.mistake("The results are right. It was traced anew for each length and each Python number.")
def _():
    return tf.function(lambda values, factor: tf.reduce_sum(values) * factor)


@make_scaled_sum.mistake("A plain function is never traced at all. Put `tf.function` around it.")
def _():
    return lambda values, factor: tf.reduce_sum(values) * factor


@make_scaled_sum.mistake("The vector's length was fixed: `None` stands for any.")
def _():
    return tf.function(
        lambda values, factor: tf.reduce_sum(values) * factor,
        input_signature=[tf.TensorSpec([2], tf.float64), tf.TensorSpec([], tf.float64)],
    )


def slope_at(function, x):
    x = tf.Variable(x, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(function(x))
    return tape.gradient(y, x)


@exercise(
    "tensorflow_basics.straight_through",
    points=4,
    title="A slope that is a useful lie",
    section="tensorflow_basics.md#the-tape",
    prompt="""
    A step has a slope of zero almost everywhere, so no gradient passes through it, and nothing before it can
    learn. People who want steps in their networks *lie*: forwards it is a step, backwards they pretend it was
    the identity, wherever the input lies between `-1` and `1`, and let nothing through elsewhere. It works
    surprisingly well.

    Build such a step: `1` where the input is above zero, `0` elsewhere, with a slope of `1` for inputs from
    `-1` to `1`, both included, and `0` elsewhere. It has to work inside longer formulas too. The check looks at
    its values and asks the tape, through the given `slope_at`, for its slopes.
    """,
    packages=["tensorflow"],
    given=[slope_at],
    seconds=5.0,
    hints=[
        "`@tf.custom_gradient` stands above a function that returns two things: the result, and a function "
        "that turns the slope from behind into the slope for what came in.",
        "The inner function receives one slope for each entry. What does the chain rule do with it?",
        "Both answers should have the dtype of the input: `tf.cast(condition, x.dtype)`.",
    ],
)
def honest_step(x):
    """Return 1 where x is above zero and 0 elsewhere, with the slope that the text describes.

    x is a float64 tensor or variable of any shape.
    """

    @tf.custom_gradient
    def step(value):
        def backward(slope):
            return slope * tf.cast(tf.abs(value) <= 1, value.dtype)

        return tf.cast(value > 0, value.dtype), backward

    return step(tf.convert_to_tensor(x))


@honest_step.also
def twice_the_square(x):
    """Return 2 * honest_step(x - 0.5) * x, to see the lie inside a formula."""
    return 2 * honest_step(x - 0.5) * x


@honest_step.cases
def _(rng):
    yield [call("honest_step", Tensor(np.array([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])))]
    yield [call("given.slope_at", Defined("honest_step"), np.array([0.5]))]
    yield [call("given.slope_at", Defined("honest_step"), np.array([-2.0, -1.0, -0.5, 0.0, 1.0, 1.5]))]
    yield [call("twice_the_square", Tensor(np.array([2.0, 0.2, -0.2, -1.0])))]
    yield [call("given.slope_at", Defined("twice_the_square"), np.array([2.0, 1.2, -0.2, -1.0, 0.5]))]
    yield [call("given.slope_at", Defined("honest_step"), rng.normal(size=(2, 2)).round(1))]


def _lying_step(x, result, passes):
    @tf.custom_gradient
    def step(value):
        return tf.cast(result(value), value.dtype), lambda slope: passes(slope, value)

    return step(tf.convert_to_tensor(x))


def _inside(slope, value):
    return slope * tf.cast(tf.abs(value) <= 1, value.dtype)


@honest_step.mistake("The slope from behind is thrown away: the chain rule multiplies by it.")
def _(x):
    return _lying_step(x, lambda value: value > 0, lambda slope, value: _inside(tf.ones_like(slope), value))


@honest_step.mistake("The slope passes everywhere. Outside of -1 to 1 nothing should come through.")
def _(x):
    return _lying_step(x, lambda value: value > 0, lambda slope, value: slope)


@honest_step.mistake(
    "A step's true slope is zero, and this one is honest backwards as well. It should pretend."
)
def _(x):
    return _lying_step(x, lambda value: value > 0, lambda slope, value: 0 * slope)


@honest_step.mistake("At an input of exactly zero the step is 0.")
def _(x):
    return _lying_step(x, lambda value: value >= 0, _inside)


@honest_step.mistake("At exactly -1 and 1 the slope still comes through.")
def _(x):
    return _lying_step(
        x, lambda value: value > 0, lambda slope, value: slope * tf.cast(tf.abs(value) < 1, value.dtype)
    )


@honest_step.mistake("It is no step forwards: the values between are passed on as well.")
def _(x):
    return _lying_step(x, lambda value: tf.clip_by_value(value, 0, 1), _inside)


printed_once = free_text(
    "tensorflow_basics.printed_once",
    title="The print that fell silent",
    section="tensorflow_basics.md#graphs",
    prompt="""
    A friend has written a `tf.function` with a `print("step", step)` in it, calls it a thousand times with
    tensors, and sees a single line: `step Tensor("step:0", shape=(), dtype=int64)`. In the same function a
    Python list `losses.append(loss)` holds one element afterwards. Explain both, and say what to write instead
    of each.
    """,
    rubric=[
        ("tracing", 1, "Says that Python code runs while tracing only, once for each new signature."),
        ("symbolic", 1, "Says that what was printed and appended are symbols of the graph, not numbers."),
        ("instead", 1, "Names `tf.print`, and returning the loss (or a TensorArray, or a variable)."),
    ],
    model_answer="""
    Calling the function the first time traces it: the Python code runs once and records TensorFlow's operations
    in a graph. The thousand calls run the graph, in which neither print nor append has left a trace. While
    tracing there are no numbers yet, so what was printed is a symbol of the graph, and the list holds one such
    symbol too. Write tf.print, which becomes an operation of the graph, and return the loss from the function,
    so that the loop outside can collect real numbers.
    """,
    hints=[
        "Who executes Python's `print`, and who executes the graph?",
        "When was the line printed: in the first call, or in all of them?",
    ],
)
