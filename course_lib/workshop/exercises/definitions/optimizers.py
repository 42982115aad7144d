"""Optimisers: steps of Nesterov and Adam by hand, a schedule, and rules that Keras' variables obey."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Given
from course_lib.tf.quiet import tf
from course_lib.workshop.exercises.definition import exercise, free_text


def bowl(place):
    return place**2


def wave(place):
    return place**2 / 2 - tf.cos(3 * place) / 3


@exercise(
    "optimizers.look_ahead",
    points=2,
    title="A ball that looks ahead",
    section="optimizers.md#nesterov-s-momentum",
    prompt="""
    Nesterov's momentum, as its inventor thought of it: the velocity $v$ is about to carry you from the place
    $w$ to $w + \\mu v$. Ask for the slope *there*. Then

    $$v \\leftarrow \\mu v - \\eta g, \\qquad w \\leftarrow w + v.$$

    You get the loss as a function of a tensor, and a tape finds its slope at any place. The velocity starts at
    zero. Compute in float64.
    """,
    packages=["tensorflow"],
    demands=["uses GradientTape"],
    comparison=Comparison("close", float64=True),
    seconds=5.0,
    given=[bowl, wave],
    hints=[
        "Three lines in a loop: the slope at the place ahead, the velocity, the place.",
        "Keep the place where you are. Only the question is asked somewhere else.",
        "A tape has to be told of a place that is no variable: `tape.watch(ahead)`.",
    ],
)
def look_ahead(loss, start, rate, momentum, steps):
    """Return the list of places, the start first, `steps + 1` numbers.

    `loss` is a function of one number, a tensor; the start, the rate and the momentum are Python numbers.
    """
    place, velocity = tf.constant(start, tf.float64), 0.0
    places = [place]
    for _ in range(steps):
        ahead = place + momentum * velocity
        with tf.GradientTape() as tape:
            tape.watch(ahead)
            value = loss(ahead)
        velocity = momentum * velocity - rate * tape.gradient(value, ahead)
        place = place + velocity
        places.append(place)
    return places


@look_ahead.cases
def _(rng):
    yield Given("bowl"), 1.0, 0.1, 0.5, 2
    yield Given("bowl"), 4.0, 0.25, 0.0, 1
    for name in ("bowl", "wave", "wave"):
        yield Given(name), round(rng.uniform(1, 3), 1), 0.1, float(rng.choice([0.5, 0.8, 0.9])), 4


def _slope(loss, place):
    place = tf.Variable(place, dtype=tf.float64)
    with tf.GradientTape() as tape:
        value = loss(place)
    return tape.gradient(value, place)


@look_ahead.mistake(
    "The slope is asked for at the place where you are. Nesterov asks where the velocity leads."
)
def _(loss, start, rate, momentum, steps):
    place, velocity, places = start, 0.0, [start]
    for _ in range(steps):
        velocity = momentum * velocity - rate * _slope(loss, place)
        place = place + velocity
        places.append(place)
    return places


@look_ahead.mistake("You look ahead by the whole velocity. Only the share that is kept will carry you there.")
def _(loss, start, rate, momentum, steps):
    place, velocity, places = start, 0.0, [start]
    for _ in range(steps):
        velocity = momentum * velocity - rate * _slope(loss, place + velocity)
        place = place + velocity
        places.append(place)
    return places


@look_ahead.mistake(
    "That is the list of the places ahead, which programs keep as the weight. Here the place itself is asked for."
)
def _(loss, start, rate, momentum, steps):
    place, velocity, places = start, 0.0, [start]
    for _ in range(steps):
        velocity = momentum * velocity - rate * _slope(loss, place + momentum * velocity)
        place = place + velocity
        places.append(place + momentum * velocity)
    return places


@look_ahead.mistake("The walk goes uphill.")
def _(loss, start, rate, momentum, steps):
    return look_ahead.solution(loss, start, -rate, momentum, steps)


@look_ahead.mistake("The start is missing: the list has one place more than there are steps.")
def _(*arguments):
    return look_ahead.solution(*arguments)[1:]


@exercise(
    "optimizers.adam_steps",
    points=3,
    title="Adam with a pencil",
    section="optimizers.md#adam",
    prompt="""
    A weight sees these gradients, one a step. By how much does Adam change it in each step? Leave the tiny
    $\\epsilon$ out: no average of squares is zero here. Both averages start at zero and are lifted.
    """,
    forbidden=["keras.optimizers"],
    hints=[
        "Two running averages, of the gradients and of their squares, each with its own share of the past.",
        "After `t` steps an average that keeps `b` is divided by `1 - b**t`. Count the steps from 1.",
    ],
)
def adam_steps(gradients, rate, mean_share, square_share):
    """Return the list of changes, one for each gradient: what is added to the weight.

    The gradients are a list of numbers other than 0; the shares say what each average keeps of its past.
    """
    mean, square, changes = 0.0, 0.0, []
    for number, gradient in enumerate(gradients, start=1):
        mean = mean_share * mean + (1 - mean_share) * gradient
        square = square_share * square + (1 - square_share) * gradient**2
        lifted = mean / (1 - mean_share**number)
        size = np.sqrt(square / (1 - square_share**number))
        changes.append(-rate * lifted / size)
    return changes


@adam_steps.cases
def _(rng):
    yield [2.0], 0.1, 0.9, 0.999
    yield [-3.0, 4.0], 0.5, 0.5, 0.75
    yield [1.0, 1.0, 1.0], 0.1, 0.9, 0.999
    for count in (3, 4):
        gradients = (rng.uniform(0.5, 3, size=count) * rng.choice([-1, 1], size=count)).round(1)
        yield gradients.tolist(), round(rng.uniform(0.1, 1), 1), 0.5, 0.75


def _adam(
    gradients, rate, mean_share, square_share, lift=True, root=True, sign=-1.0, count_from=1, past=True
):
    mean, square, changes = 0.0, 0.0, []
    for number, gradient in enumerate(gradients, start=count_from):
        mean = mean_share * mean + (1 - mean_share) * gradient
        square = square_share * square + (1 - square_share) * gradient**2
        above = (mean if past else gradient) / ((1 - mean_share**number) if lift and past else 1)
        below = square / ((1 - square_share**number) if lift else 1)
        changes.append(float(sign * rate * above / (np.sqrt(below) if root else below)))
    return changes


@adam_steps.mistake(
    "The averages are not lifted: at first they are far too small, the one more than the other."
)
def _(*arguments):
    return _adam(*arguments, lift=False)


@adam_steps.mistake(
    "You divide by the average square itself. Take its root: a gradient's size, not its square."
)
def _(*arguments):
    return _adam(*arguments, root=False)


@adam_steps.mistake(
    "That is what is subtracted. The change that is *added* to the weight goes against the gradient."
)
def _(*arguments):
    return _adam(*arguments, sign=1.0)


@adam_steps.mistake(
    "Above the line stands the newest gradient alone. Adam takes the running average of them."
)
def _(*arguments):
    return _adam(*arguments, past=False)


@adam_steps.mistake("The steps are counted from 2 here: in the first one, the average is divided by `1 - b`.")
def _(*arguments):
    return _adam(*arguments, count_from=2)


@adam_steps.mistake("The two shares have changed places.")
def _(gradients, rate, mean_share, square_share):
    return _adam(gradients, rate, square_share, mean_share)


@exercise(
    "optimizers.warm_up",
    points=2,
    title="Start gently, end gently",
    section="optimizers.md#schedules",
    prompt="""
    Many trainings begin with small steps, because the first gradients are wild, and end with small steps, to
    settle. Write such a schedule. During the `warmup` first steps the rate rises in equal portions: the first
    step already gets one portion, the last of them the whole `peak`. From then on it falls along half a
    cosine: $\\tfrac{\\text{peak}}{2} (1 + \\cos(\\pi t))$, where $t$ is the share of the remaining steps that
    lie behind, from zero at step `warmup` to one at step `total`.
    """,
    hints=[
        "Steps are counted from 0. With four steps of warm-up they get a quarter, two quarters, three, all.",
        "At step `warmup` none of the remaining `total - warmup` steps lies behind.",
    ],
)
def rate_at(step, warmup, total, peak):
    """Return the learning rate of one step, a number.

    Steps are counted from 0 to total; `warmup` is smaller than `total`, and may be 0.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    behind = (step - warmup) / (total - warmup)
    return peak / 2 * (1 + np.cos(np.pi * behind))


@rate_at.cases
def _(rng):
    for step in (0, 3, 4, 5, 9, 12):
        yield step, 4, 12, 0.5
    yield 0, 0, 10, 1.0
    yield 1, 2, 2 + int(rng.integers(3, 9)), 2.0
    yield int(rng.integers(5, 20)), 5, 20, round(rng.uniform(0.1, 2), 1)


@rate_at.mistake(
    "The very first step gets a rate of zero here, and learns nothing: it should get one portion."
)
def _(step, warmup, total, peak):
    return peak * step / warmup if step < warmup else rate_at.solution(step, warmup, total, peak)


@rate_at.mistake("The fall begins at step `warmup`, not at step 0: count the steps since then.")
def _(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 2 * (1 + np.cos(np.pi * step / total))


@rate_at.mistake(
    "The rise is right. The fall has to be complete at step `total`: how many steps remain for it?"
)
def _(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 2 * (1 + np.cos(np.pi * (step - warmup) / total))


@rate_at.mistake("The rise is right. The fall is a straight line here, not half a cosine.")
def _(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 - (step - warmup) / (total - warmup))


@rate_at.mistake("NumPy's cosine takes radians: half a turn is pi, not 180.")
def _(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 2 * (1 + np.cos(180 * (step - warmup) / (total - warmup)))


@rate_at.mistake(
    "At step `warmup` the fall begins, with the whole peak: there are `warmup` portions, not one more."
)
def _(step, warmup, total, peak):
    return peak * (step + 1) / (warmup + 1) if step <= warmup else rate_at.solution(step, warmup, total, peak)


@rate_at.mistake(
    "The rise is right. That is a whole turn of the cosine, which comes back up; half of one falls."
)
def _(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 2 * (1 + np.cos(2 * np.pi * (step - warmup) / (total - warmup)))


@rate_at.mistake(
    "The rise is right. A cosine alone falls below zero: see the formula for what stands around it."
)
def _(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * np.cos(np.pi * (step - warmup) / (total - warmup))


@rate_at.mistake("The rise is right. The fall begins at 1 and not at the peak.")
def _(step, warmup, total, peak):
    rate = rate_at.solution(step, warmup, total, peak)
    return rate if step < warmup else rate / peak


@rate_at.mistake(
    "The rise is right. After it the rate stays where it is: it should fall along half a cosine."
)
def _(step, warmup, total, peak):
    return peak * (step + 1) / warmup if step < warmup else peak


@exercise(
    "optimizers.decoupled",
    points=3,
    title="The W in AdamW",
    section="optimizers.md#adamw-and-where-a-decay-belongs",
    prompt="""
    Make AdamW out of Keras' Adam. You get the gradients of each step. In every step the variable first
    shrinks by the share `rate * decay`; then a `tf.keras.optimizers.Adam(rate)` makes its step with the
    gradient of that step. The gradients stay as they are.
    """,
    packages=["tensorflow"],
    demands=["uses Adam"],
    seconds=5.0,
    comparison=Comparison("close", rtol=1e-5, atol=1e-5),
    forbidden=["tensorflow.keras.optimizers.AdamW", "keras.optimizers.AdamW"],
    hints=[
        "`tf.Variable(start)` makes the variable, and `variable.assign(...)` gives it a new value.",
        "One optimiser for all steps: it remembers. `optimizer.apply([gradient], [variable])` makes its step.",
    ],
)
def decoupled(start, gradients, rate, decay):
    """Return the weights after each step: an array with a row for every row of `gradients`.

    The start has shape (n,), the gradients shape (steps, n), float64.
    """
    variable = tf.Variable(start)
    optimizer = tf.keras.optimizers.Adam(rate)
    rows = []
    for gradient in gradients:
        variable.assign((1 - rate * decay) * variable)
        optimizer.apply([tf.constant(gradient)], [variable])
        rows.append(variable.numpy())
    return np.array(rows)


@decoupled.cases
def _(rng):
    yield np.array([2.0]), np.array([[1.0]]), 0.1, 0.5
    yield np.array([2.0, -3.0]), np.array([[4.0, 0.5], [-1.0, 0.5]]), 0.1, 0.0
    for steps in (2, 3):
        yield rng.normal(size=2).round(1), (rng.normal(size=(steps, 2)) + 0.05).round(1), 0.1, 2.0


def _adam_rows(start, gradients, rate, decay, shrink, inside=0.0, forget=False):
    place, rows = start, []
    mean = square = np.zeros(len(start))
    for number, gradient in enumerate(gradients, start=1):
        gradient = gradient + inside * decay * place
        number, mean, square = (1, 0 * mean, 0 * square) if forget else (number, mean, square)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        size = np.sqrt(square) + 1e-7 * np.sqrt(1 - 0.999**number)
        step = rate * mean / (1 - 0.9**number) / size * np.sqrt(1 - 0.999**number)
        place = shrink(place, rate, decay) - step
        rows.append(place)
    return np.array(rows)


@decoupled.mistake(
    "The pull went into the gradient, and Adam divides it away. Shrink the variable beside the step."
)
def _(start, gradients, rate, decay):
    return _adam_rows(start, gradients, rate, decay, lambda place, *_: place, inside=1.0)


@decoupled.mistake("The variable does not shrink at all.")
def _(start, gradients, rate, decay):
    return _adam_rows(start, gradients, rate, decay, lambda place, *_: place)


@decoupled.mistake("The variable shrinks by the decay alone. Its share is the rate times the decay.")
def _(start, gradients, rate, decay):
    return _adam_rows(start, gradients, rate, decay, lambda place, _, decay: (1 - decay) * place)


@decoupled.mistake("The variable shrinks after Adam's step. It shrinks first, and the step comes after.")
def _(start, gradients, rate, decay):
    rows = []
    for number in range(1, len(gradients) + 1):
        before = _adam_rows(np.zeros(len(start)), gradients[:number], rate, 0.0, lambda place, *_: place)
        step = before[-1] - (before[-2] if number > 1 else 0)
        rows.append(((rows[-1] if rows else start) + step) * (1 - rate * decay))
    return np.array(rows)


@decoupled.mistake("Each step has a new optimiser, which remembers nothing of the steps before.")
def _(start, gradients, rate, decay):
    return _adam_rows(
        start, gradients, rate, decay, lambda place, rate, decay: (1 - rate * decay) * place, forget=True
    )


@exercise(
    "optimizers.scheduled",
    points=3,
    title="A rate for every step",
    section="optimizers.md#schedules",
    prompt="""
    Fit `weight * input` to the targets with TensorFlow: a variable that starts at `0`, a `GradientTape` for the
    mean squared error, and Keras' `SGD` with momentum. But each step has a learning rate of its own, from a list. Keras' optimiser
    has an attribute `learning_rate` that you may set between steps.
    """,
    packages=["tensorflow"],
    demands=["uses SGD", "uses GradientTape"],
    seconds=5.0,
    comparison=Comparison("close", rtol=1e-4, atol=1e-5),
    hints=[
        "One variable and one optimiser, made before the loop.",
        "In the loop: set the rate, record the loss on a tape, apply the gradient, keep the weight.",
    ],
    equivalent={
        "optimizer = tf.keras.optimizers.SGD(0.1, momentum=momentum) -> optimizer = tf.keras.optimizers.SGD(1.1, momentum=momentum)": "the rate is set before the first step",
        "optimizer = tf.keras.optimizers.SGD(0.1, momentum=momentum) -> optimizer = tf.keras.optimizers.SGD(-0.1, momentum=momentum)": "the rate is set before the first step",
    },
)
def scheduled(inputs, targets, rates, momentum):
    """Return the list of weights after each step, one number for each rate.

    The inputs and targets have shape (n,), float64; the rates are a list of numbers.
    """
    weight = tf.Variable(0.0, dtype=tf.float64)
    optimizer = tf.keras.optimizers.SGD(0.1, momentum=momentum)
    weights = []
    for rate in rates:
        optimizer.learning_rate = rate
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((weight * inputs - targets) ** 2)
        optimizer.apply(tape.gradient(loss, [weight]), [weight])
        weights.append(float(weight))
    return weights


@scheduled.cases
def _(rng):
    yield np.array([1.0]), np.array([2.0]), [0.25], 0.5
    yield np.array([1.0, -1.0]), np.array([2.0, 0.0]), [0.25, 0.5, 0.125], 0.5
    for steps in (2, 4):
        rates = rng.uniform(0.05, 0.4, size=steps).round(2).tolist()
        yield rng.normal(size=3).round(1), rng.normal(size=3).round(1) + 0.5, rates, 0.75


def _ball(inputs, targets, rates, momentum, total=False, keep=True, pushed=True, ahead=False):
    weight, velocity, weights = 0.0, 0.0, []
    for rate in rates:
        gradient = 2 * np.mean((weight * inputs - targets) * inputs) * (len(inputs) if total else 1)
        if pushed:
            velocity = (momentum * velocity if keep else 0.0) - rate * gradient
            weight += momentum * velocity - rate * gradient if ahead else velocity
        else:
            velocity = momentum * velocity - gradient
            weight += rate * velocity
        weights.append(float(weight))
    return weights


@scheduled.mistake("That is Nesterov's momentum. The plain one is asked for.")
def _(*arguments):
    return _ball(*arguments, ahead=True)


@scheduled.mistake("Those are the losses before each step. The weights after it are asked for.")
def _(inputs, targets, rates, momentum):
    weights = [0.0, *_ball(inputs, targets, rates, momentum)[:-1]]
    return [float(np.mean((weight * inputs - targets) ** 2)) for weight in weights]


@scheduled.mistake("All steps have the first rate.")
def _(inputs, targets, rates, momentum):
    return _ball(inputs, targets, [rates[0]] * len(rates), momentum)


@scheduled.mistake("There is no momentum in these steps, or each step has an optimiser of its own.")
def _(*arguments):
    return _ball(*arguments, keep=False)


@scheduled.mistake("That is the gradient of the summed squared error. Their mean is asked for.")
def _(*arguments):
    return _ball(*arguments, total=True)


@scheduled.mistake("The rate multiplies the velocity. In Keras it multiplies each gradient as it comes in.")
def _(*arguments):
    return _ball(*arguments, pushed=False)


def valley(place):
    return 2.0 * place[1] ** 2 + 0.1 * (place[0] - 2.0) ** 2


def bent(place):
    return (place[1] - place[0] ** 2) ** 2 + 0.5 * tf.sin(place[0])


@exercise(
    "optimizers.curvature_along",
    points=4,
    title="How sharp is it in this direction?",
    section="optimizers.md#sharpness-and-a-loss-that-goes-up",
    prompt="""
    Two over the sharpness is the largest safe rate, and the sharpness is a curvature. Measure one, without the
    table of all second derivatives (so without `jacobian` or `hessian`), which for a real network would not fit
    into any memory: the curvature of a function at a place, along a direction of length one. It is the slope along the direction, of the slope along
    the direction. Use two tapes, one inside the other: they give it exactly.
    """,
    packages=["tensorflow"],
    demands=["uses GradientTape", "without jacobian", "without hessian"],
    given=[valley, bent],
    seconds=5.0,
    comparison=Comparison("close"),  # a nudge is right to six digits
    hints=[
        "The inner tape gives the gradient. Its sum of products with the direction is the slope along it.",
        "This slope must be computed inside the outer tape. The outer gradient, again times the direction, is it.",
    ],
)
def curvature_along(function, place, direction):
    """Return the curvature along the direction, a number.

    `function` takes a tensor of shape (n,) and returns a tensor without axes. The place and the direction
    have shape (n,), float64; the direction has length 1.
    """
    place = tf.Variable(place)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value = function(place)
        slope = tf.reduce_sum(inner.gradient(value, place) * direction)
    return float(tf.reduce_sum(outer.gradient(slope, place) * direction))


@curvature_along.cases
def _(rng):
    yield Given("valley"), np.array([1.0, 1.0]), np.array([0.0, 1.0])
    yield Given("valley"), np.array([-1.0, 2.0]), np.array([1.0, 0.0])
    yield Given("valley"), rng.normal(size=2).round(1), np.array([0.6, 0.8])
    for direction in ([0.6, -0.8], [0.8, 0.6]):
        yield Given("bent"), rng.uniform(0.5, 2, size=2).round(1), np.array(direction)


def _tapes(function, place, direction):
    place = tf.Variable(place)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value = function(place)
        slopes = inner.gradient(value, place)
        slope = tf.reduce_sum(slopes * direction)
    return slopes, slope, outer.gradient(slope, place)


@curvature_along.mistake("That is the slope along the direction. Differentiate it once more.")
def _(*arguments):
    return float(_tapes(*arguments)[1])


@curvature_along.mistake(
    "That is the slope along the direction, squared. The slope *of the slope* is asked for."
)
def _(*arguments):
    return float(_tapes(*arguments)[1]) ** 2


@curvature_along.mistake(
    "That is how the whole gradient changes along the direction. Multiply once more by it."
)
def _(*arguments):
    return _tapes(*arguments)[2].numpy()


@curvature_along.mistake("The last product with the direction is missing: these are summed as they are.")
def _(*arguments):
    return float(tf.reduce_sum(_tapes(*arguments)[2]))


@curvature_along.mistake(
    "This comes from a nudge and is right to a few digits only. Two tapes give it exactly.",
    recognise=Comparison("close", rtol=1e-3, atol=1e-3),
)
def _(function, place, direction):
    ahead, here, behind = (
        float(function(tf.constant(place + side * 1e-3 * direction))) for side in (1.0, 0.0, -1.0)
    )
    return (ahead - 2 * here + behind) / 1e-6


fell_and_rose = free_text(
    "optimizers.fell_and_rose",
    title="A letter from a worried friend",
    section="optimizers.md#sharpness-and-a-loss-that-goes-up",
    prompt="""
    A friend trains a small network with plain gradient descent, with all examples in every step and a rate of
    0.1. The loss falls smoothly for a thousand steps. Then it begins to tremble: it rises at every second step,
    and still it is lower after each hundred steps than before. "Something broke," your friend writes. "And I
    have not changed anything!" Answer in a few sentences: what has happened, how could your friend prove it with
    one measurement, and what would you change?
    """,
    rubric=[
        (
            "sharper",
            1,
            "Says that the cost has become sharper during training, up to about two over the rate.",
        ),
        (
            "measure",
            1,
            "Proposes to measure the sharpness along the run and to compare it with 2 / 0.1 = 20.",
        ),
        (
            "judge",
            1,
            "Says that the falling trend is what counts, so nothing has to change; a smaller rate stops it.",
        ),
    ],
    model_answer="""
    Nothing broke. While it learns, the network comes to places where its cost curves more and more sharply. At
    some point the sharpness reaches two over the rate, here 20, and from then on plain steps swing from one wall
    of the valley to the other; the swinging itself keeps the run from getting sharper still. To prove it, compute
    the largest curvature every hundred steps: it will climb to about 20 and stay there. As long as the loss falls
    over some dozens of steps I would change nothing. With a rate of 0.05 the trembling stops, until the sharpness
    has reached 40.
    """,
    hints=[
        "What is the largest safe rate at a place, and which property of the place decides it?",
        "That property need not stay what it was at the start.",
    ],
)
