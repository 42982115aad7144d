"""Neural networks: what layers can do, what they cannot, and how slopes travel through them."""

from itertools import pairwise

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Given
from course_lib.workshop.exercises.definition import exercise, free_text


@exercise(
    "neural_networks.count_parameters",
    points=1,
    title="How many numbers does it learn?",
    section="neural_networks.md#layers-and-what-they-are-called",
    prompt="""
    A network is described by its layers' sizes, from the inputs to the outputs: `[784, 32, 10]` has as many
    inputs as a picture has pixels, one hidden layer, and ten outputs. Every unit of a layer is connected to
    every unit of the layer before it. How many weights, and how many biases, does such a network learn?
    """,
    hints=[
        "Each connection has a weight. How many connections run between two neighbouring layers?",
        "Inputs compute nothing: they have no bias.",
    ],
)
def count_parameters(sizes):
    """Return (weights, biases), two whole numbers. The sizes are a list of two numbers or more."""
    weights = sum(before * after for before, after in pairwise(sizes))
    return weights, sum(sizes[1:])


@count_parameters.cases
def _(rng):
    yield ([2, 1],)
    yield ([3, 4, 2],)
    yield ([784, 32, 10],)
    yield (rng.integers(1, 20, size=4).tolist(),)


@count_parameters.mistake("The weights are right. Input units compute nothing and have no bias.")
def _(sizes):
    return count_parameters.solution(sizes)[0], sum(sizes)


@count_parameters.mistake(
    "The weights are right. Each unit of a hidden or output layer has a bias, not each layer."
)
def _(sizes):
    return count_parameters.solution(sizes)[0], len(sizes) - 1


@count_parameters.mistake(
    "Between two layers the numbers of units multiply: everyone is connected to everyone."
)
def _(sizes):
    return sum(before + after for before, after in pairwise(sizes)), sum(sizes[1:])


@count_parameters.mistake("The biases are counted among the weights here. Keep the two apart.")
def _(sizes):
    weights, biases = count_parameters.solution(sizes)
    return weights + biases, biases


@count_parameters.mistake("The output units have biases as well.")
def _(sizes):
    return count_parameters.solution(sizes)[0], sum(sizes[1:-1])


@count_parameters.mistake(
    "Only neighbouring layers are connected: multiply the sizes two by two, and add up."
)
def _(sizes):
    return int(np.prod(sizes)), sum(sizes[1:])


@count_parameters.mistake("A layer is connected to the next one only, not to all that follow.")
def _(sizes):
    pairs = [(one, other) for place, one in enumerate(sizes) for other in sizes[place + 1 :]]
    return sum(one * other for one, other in pairs), sum(sizes[1:])


@count_parameters.mistake("The weights are right. Hidden units have biases as well.")
def _(sizes):
    return count_parameters.solution(sizes)[0], sizes[-1]


@exercise(
    "neural_networks.collapse",
    points=2,
    title="A deep network that is not deep",
    section="neural_networks.md#without-a-bend-layers-are-wasted",
    prompt="""
    A network without activations passes its inputs through one layer after the other, each of which computes
    `inputs @ weights + bias`. However many layers it has, a single layer does exactly the same. Find it.
    """,
    hints=[
        "Write two layers as one formula and multiply it out. Which matrix stands behind the inputs?",
        "The first bias goes through the second layer as well.",
        "Keep a running pair `(weights, bias)` and absorb one layer after the other.",
    ],
)
def collapse(layers):
    """Return (weights, bias) of the one layer that does what all layers do.

    The layers are a list of (weights, bias) pairs, shapes (inputs, units) and (units,), first layer first.
    There is at least one, and the arrays stay as they are.
    """
    weights, bias = layers[0]
    for next_weights, next_bias in layers[1:]:
        weights = weights @ next_weights
        bias = bias @ next_weights + next_bias
    return weights, bias


def _layers(rng, *sizes):
    return [
        (
            rng.integers(-3, 4, size=(before, after)).astype(float),
            rng.integers(-3, 4, size=after).astype(float),
        )
        for before, after in pairwise(sizes)
    ]


@collapse.cases
def _(rng):
    yield ([(np.array([[2.0]]), np.array([1.0])), (np.array([[3.0]]), np.array([-1.0]))],)
    yield (_layers(rng, 2, 2),)
    yield (_layers(rng, 2, 3, 1),)
    yield (_layers(rng, 2, 2, 2, 2),)


@collapse.mistake("The weights are right. Each bias has to pass through all later layers.")
def _(layers):
    weights, _ = collapse.solution(layers)
    last = layers[-1][1]
    return weights, last


@collapse.mistake(
    "The weights are right. The biases are not added up as they are: later weights change them."
)
def _(layers):
    weights, _ = collapse.solution(layers)
    return weights, sum(bias for _, bias in layers)


@collapse.mistake(
    "The matrices are multiplied in the wrong order: a row passes through the first layer first."
)
def _(layers):
    weights, bias = layers[0]
    for next_weights, next_bias in layers[1:]:
        weights = next_weights @ weights
        bias = bias @ next_weights + next_bias
    return weights, bias


@collapse.mistake("Matrices are multiplied with @. A star multiplies place by place.")
def _(layers):
    weights, bias = layers[0]
    for next_weights, next_bias in layers[1:]:
        weights = weights * next_weights
        bias = bias * next_weights + next_bias
    return weights, bias


@collapse.mistake("The weights are right. The bias of the first layer is lost.")
def _(layers):
    weights, _ = collapse.solution(layers)
    return weights, collapse.solution([(layers[0][0], 0 * layers[0][1]), *layers[1:]])[1]


@exercise(
    "neural_networks.shuffle_units",
    points=2,
    title="Same network, other weights",
    section="neural_networks.md#a-whole-layer-at-once",
    prompt="""
    The units of a hidden layer stand in a row, but their order means nothing. Put them into another order,
    and rewire the network so that it computes exactly what it did before. This is why two trained networks
    with the same answers can look entirely different, and why one cannot average their weights.

    Hidden unit number `i` of the new network is number `order[i]` of the old one.
    """,
    hints=[
        "A hidden unit owns a column of the first weights and an entry of the bias. And what of the second weights?",
        "Indexing with a list picks and orders: `bias[order]`, `weights[:, order]`, `weights[order]`.",
    ],
)
def shuffle_units(hidden_weights, hidden_bias, output_weights, order):
    """Return (hidden_weights, hidden_bias, output_weights) with the hidden units in the new order.

    Shapes: (inputs, units), (units,), (units, outputs). The order is a list of the positions 0 to units - 1.
    """
    return hidden_weights[:, order], hidden_bias[order], output_weights[order]


@shuffle_units.cases
def _(rng):
    square = np.array([[1.0, 2.0], [3.0, 4.0]])
    yield square, np.array([5.0, 6.0]), square + 6, [1, 0]
    for inputs, units, outputs in ((3, 3, 3), (2, 4, 1)):
        order = [1, 2, 0] if units == 3 else rng.permutation(units).tolist()
        yield (
            rng.integers(-9, 9, size=(inputs, units)).astype(float),
            rng.integers(-9, 9, size=units).astype(float),
            rng.integers(-9, 9, size=(units, outputs)).astype(float),
            order,
        )


@shuffle_units.mistake("Each hidden unit owns a *column* of the first weights. Rows belong to the inputs.")
def _(hidden_weights, hidden_bias, output_weights, order):
    return hidden_weights[order[: len(hidden_weights)]], hidden_bias[order], output_weights[order]


@shuffle_units.mistake("The bias stayed where it was: the units have left it behind.")
def _(hidden_weights, hidden_bias, output_weights, order):
    return hidden_weights[:, order], hidden_bias, output_weights[order]


@shuffle_units.mistake(
    "The hidden layer is right. The outputs still listen to the old places: rewire them as well."
)
def _(hidden_weights, hidden_bias, output_weights, order):
    return hidden_weights[:, order], hidden_bias[order], output_weights


@shuffle_units.mistake(
    "A hidden unit feeds a *row* of the output weights. Their columns belong to the outputs."
)
def _(hidden_weights, hidden_bias, output_weights, order):
    return hidden_weights[:, order], hidden_bias[order], output_weights[:, order]


@shuffle_units.mistake("This is the opposite order: old unit i went to place order[i].")
def _(hidden_weights, hidden_bias, output_weights, order):
    back = np.argsort(order)
    return hidden_weights[:, back], hidden_bias[back], output_weights[back]


@shuffle_units.mistake(
    "The hidden layer is right. The output weights are in the opposite order: rows go where their units went."
)
def _(hidden_weights, hidden_bias, output_weights, order):
    return hidden_weights[:, order], hidden_bias[order], output_weights[np.argsort(order)]


@shuffle_units.mistake("The units stand in the reverse of the old order. Which one is `order[0]`?")
def _(hidden_weights, hidden_bias, output_weights, order):
    return hidden_weights[:, ::-1], hidden_bias[::-1], output_weights[::-1]


@shuffle_units.mistake("The positions in `order` count from 0, as Python's own do.")
def _(hidden_weights, hidden_bias, output_weights, order):
    order = np.array(order) - 1
    return hidden_weights[:, order], hidden_bias[order], output_weights[order]


@exercise(
    "neural_networks.bump",
    points=2,
    title="A bump from three hinges",
    section="neural_networks.md#as-many-bumps-as-you-like",
    prompt="""
    A hidden ReLU unit `max(0, x - hinge)` is zero up to its hinge and then rises with slope `1`. Add three of
    them, each times an output weight, and you can build a tent: zero up to `left`, rising straight to `height`
    at `peak`, falling straight to zero at `right`, and zero ever after. Tents next to each other draw any
    curve, which is why one hidden layer can approximate every continuous function.

    The hinges are at `left`, `peak` and `right`, in this order, no two at one place. Find the three output
    weights.
    """,
    hints=[
        "Before the first hinge the slope is zero. Each output weight *changes* the slope from its hinge on.",
        "Which slope does the tent have on its left side? On its right side? After it?",
        "The last hinge has to bring the slope back to zero. So what do the three weights add up to?",
    ],
)
def bump_weights(left, peak, right, height):
    """Return the three output weights, for the hinges at left, peak and right, an array of shape (3,)."""
    up = height / (peak - left)
    down = height / (right - peak)
    return np.array([up, -up - down, down])


@bump_weights.cases
def _(rng):
    yield 0.0, 1.0, 3.0, 2.0
    yield -2.0, 0.0, 1.0, -1.0
    for _ in range(2):
        left = round(rng.normal(), 1)
        yield (
            left,
            left + round(rng.uniform(0.5, 2), 1),
            left + round(rng.uniform(2.5, 5), 1),
            round(rng.normal(), 1),
        )


@bump_weights.mistake(
    "After the peak the tent goes on: the second weight has to stop the rise *and* start the fall."
)
def _(left, peak, right, height):
    up, _, down = bump_weights.solution(left, peak, right, height)
    return np.array([up, -down, down])


@bump_weights.mistake("After its right end the tent falls on for ever. What brings the slope back to zero?")
def _(left, peak, right, height):
    up, middle, _ = bump_weights.solution(left, peak, right, height)
    return np.array([up, middle, 0.0])


@bump_weights.mistake(
    "These are the slopes of the three pieces. A weight is the *change* of the slope at its hinge."
)
def _(left, peak, right, height):
    up, _, down = bump_weights.solution(left, peak, right, height)
    return np.array([up, -down, 0.0])


@bump_weights.mistake(
    "The tent is not symmetric: its two sides have different widths, and so different slopes."
)
def _(left, peak, right, height):
    up = height / (peak - left)
    return np.array([up, -2 * up, up])


@bump_weights.mistake(
    "Left and right weights are right. At the peak the slope has to get *smaller*: by how much?"
)
def _(left, peak, right, height):
    up, middle, down = bump_weights.solution(left, peak, right, height)
    return np.array([up, -middle, down])


@bump_weights.mistake("That is how high the tent is at its three hinges. A weight changes the *slope* there.")
def _(left, peak, right, height):
    return np.array([0.0, height, 0.0])


@bump_weights.mistake("A slope is the height divided by the width, not the width divided by the height.")
def _(left, peak, right, height):
    up, down = (peak - left) / height, (right - peak) / height
    return np.array([up, -up - down, down])


@bump_weights.mistake("The widths are counted from zero here. Each side of the tent begins at its own hinge.")
def _(left, peak, right, height):
    up, down = (height / peak if peak else 0.0), height / right
    return np.array([up, -up - down, down])


@bump_weights.mistake(
    "This takes the whole width of the tent for both sides. Each side has a width of its own."
)
def _(left, peak, right, height):
    up = height / (right - left)
    return np.array([up, -2 * up, up])


@exercise(
    "neural_networks.slope_through_layers",
    points=3,
    title="How much of the slope arrives?",
    section="neural_networks.md#deep-is-harder",
    prompt="""
    A chain of single units: each takes the output of the one before, multiplies it by its weight, and applies
    an activation. How much does the last output change when the first input changes a little? Compute it for
    `"sigmoid"`, $\\sigma(z) = 1 / (1 + e^{-z})$, with slope $\\sigma(z) (1 - \\sigma(z))$, and for `"relu"`,
    with slope `1` above zero and `0` below. (No sum in the check is exactly zero.)

    Compute the slope by the chain rule, by a nudge, or in any other way that is right to six digits.

    Then try ten weights of `1` with both, and you have seen why deep networks once refused to learn.
    """,
    comparison=Comparison("close", rtol=1e-6, atol=1e-9),
    equivalent={
        "slope = slope * weight * (total > 0) -> slope = slope * weight * (total >= 0)": (
            "no sum is exactly zero, and after a unit that is silent the slope is zero already"
        ),
    },
    hints=[
        "Go forward through the chain. At each unit the chain rule gives one more factor.",
        "The factor of one unit is its weight times the slope of its activation, *at the sum of that unit*.",
    ],
)
def slope_through(weights, activation, start):
    """Return (output, slope): the last output, and its derivative with respect to the start.

    The weights are an array of shape (depth,), the activation is "sigmoid" or "relu".
    """
    output, slope = start, 1.0
    for weight in weights:
        total = weight * output
        if activation == "sigmoid":
            output = 1 / (1 + np.exp(-total))
            slope = slope * weight * output * (1 - output)
        else:
            output = max(total, 0.0)
            slope = slope * weight * (total > 0)
    return output, slope


@slope_through.cases
def _(rng):
    yield np.array([2.0]), "sigmoid", 0.5
    yield np.array([2.0]), "relu", 0.5
    yield np.array([0.5, 3.0]), "relu", -1.0
    yield np.array([1.5, 0.5]), "sigmoid", -1.0
    yield np.array([1.0, -2.0]), "relu", 1.0
    for depth in (2, 3):
        weights = (rng.uniform(0.5, 2, size=depth) * rng.choice([-1, 1], size=depth)).round(1)
        yield weights, "sigmoid", round(rng.normal(), 1)
        yield np.abs(weights), "relu", round(rng.uniform(0.2, 2), 1)


def _through(weights, activation, start, local=None, join=None, with_weight=True):
    output, slope = start, 1.0
    for weight in weights:
        total = weight * output
        if activation == "sigmoid":
            after = 1 / (1 + np.exp(-total))
            own = local(total, output) if local else after * (1 - after)
        else:
            after = max(total, 0.0)
            own = float(total > 0)
        slope = slope * own * (weight if with_weight else 1)
        output = after
    return output, slope


@slope_through.mistake("The output is right. Each unit's weight is a factor of the slope as well.")
def _(weights, activation, start):
    return _through(weights, activation, start, with_weight=False)


@slope_through.mistake(
    "The output is right. The sigmoid's slope belongs to its own output, not to what came in."
)
def _(weights, activation, start):
    return _through(weights, activation, start, local=lambda total, before: before * (1 - before))


@slope_through.mistake(
    "The output is right. The sigmoid's slope is s * (1 - s) with s the sigmoid *of* the sum."
)
def _(weights, activation, start):
    return _through(weights, activation, start, local=lambda total, before: total * (1 - total))


@slope_through.mistake("The factors of a chain are multiplied, not added.")
def _(weights, activation, start):
    output, slope = start, 0.0
    for weight in weights:
        output, factor = _through([weight], activation, output)
        slope += factor
    return output, slope


@slope_through.mistake(
    "The output is right. Each factor belongs to the sum of its own unit, not to the start value."
)
def _(weights, activation, start):
    output, _ = slope_through.solution(weights, activation, start)
    if activation == "sigmoid":
        sigmoid = 1 / (1 + np.exp(-start))
        return output, np.prod(weights) * (sigmoid * (1 - sigmoid)) ** len(weights)
    return output, np.prod(weights) * (start > 0)


@slope_through.mistake(
    "The output is right. That is the factor of the last unit alone; all of them are multiplied."
)
def _(weights, activation, start):
    before, _ = slope_through.solution(weights[:-1], activation, start)
    return slope_through.solution(weights[-1:], activation, before)


@slope_through.mistake("The ReLU lets nothing through below zero. Yours leaks.")
def _(weights, activation, start):
    if activation == "sigmoid":
        return slope_through.solution(weights, activation, start)
    output, slope = start, 1.0
    for weight in weights:
        leak = 1.0 if weight * output > 0 else 0.01
        output, slope = leak * weight * output, slope * leak * weight
    return output, slope


@slope_through.mistake("This is tanh. The sigmoid goes from 0 to 1, and so does its curve through one half.")
def _(weights, activation, start):
    if activation != "sigmoid":
        return slope_through.solution(weights, activation, start)
    output, slope = start, 1.0
    for weight in weights:
        output = np.tanh(weight * output)
        slope = slope * weight * (1 - output**2)
    return output, slope


@slope_through.mistake("The output is right. A product that begins with 0 stays 0: begin with 1.")
def _(weights, activation, start):
    return slope_through.solution(weights, activation, start)[0], 0.0


@exercise(
    "neural_networks.ways_part",
    points=2,
    title="Where ways part",
    section="neural_networks.md#where-ways-part-slopes-add",
    prompt="""
    A hidden unit with value `hidden` feeds several others. Unit number $i$ of them multiplies it by
    `outgoing[i]` and bends the product with $\\tanh$, whose slope is $1 - \\tanh^2$. The output adds up what they
    say, each times `last[i]`, and the error is $(\\text{output} - \\text{target})^2$.

    How steeply does the error react to `hidden`?
    """,
    hints=[
        "How many ways lead from the hidden value to the error?",
        "Along one way, slopes multiply. Write down all factors of one way first.",
        "For tiny moves the ways do not disturb each other. What becomes of their slopes?",
    ],
)
def slope_where_ways_part(hidden, outgoing, last, target):
    """Return the derivative of the error with respect to the hidden value, a number.

    The hidden value and the target are numbers, outgoing and last are arrays of shape (units,).
    """
    values = np.tanh(outgoing * hidden)
    by_output = 2 * (values @ last - target)
    return float(np.sum(by_output * last * (1 - values**2) * outgoing))


@slope_where_ways_part.cases
def _(rng):
    yield 0.5, np.array([1.0, -1.0]), np.array([2.0, 0.5]), 0.5
    yield 1.0, np.array([0.5]), np.array([1.5]), 0.0
    for units in (2, 3):
        yield (
            round(rng.uniform(0.2, 1.5), 1),
            (rng.uniform(0.3, 1.5, size=units) * rng.choice([-1, 1], size=units)).round(1),
            (rng.uniform(0.3, 2, size=units) * rng.choice([-1, 1], size=units)).round(1),
            round(rng.normal(), 1),
        )


def _ways(hidden, outgoing, last, target):
    values = np.tanh(outgoing * hidden)
    return 2 * (values @ last - target) * last * (1 - values**2) * outgoing


@slope_where_ways_part.mistake(
    "This is the slope along the last way only. Each way has written over those before it."
)
def _(hidden, outgoing, last, target):
    return float(_ways(hidden, outgoing, last, target)[-1])


@slope_where_ways_part.mistake(
    "This is the slope along the first way only. The error hears of the others too."
)
def _(hidden, outgoing, last, target):
    return float(_ways(hidden, outgoing, last, target)[0])


@slope_where_ways_part.mistake(
    "This is the mean over the ways. Does the output take the mean of what the units say?"
)
def _(hidden, outgoing, last, target):
    return float(np.mean(_ways(hidden, outgoing, last, target)))


@slope_where_ways_part.mistake("Along one way slopes multiply. Do they between ways?")
def _(hidden, outgoing, last, target):
    return float(np.prod(_ways(hidden, outgoing, last, target)))


@slope_where_ways_part.mistake(
    "The bend is missing: on its way through each unit the slope is multiplied by that of the tanh."
)
def _(hidden, outgoing, last, target):
    values = np.tanh(outgoing * hidden)
    return float(np.sum(2 * (values @ last - target) * last * outgoing))


@slope_where_ways_part.mistake(
    "This is how the error reacts to the units' sums. One more factor leads from there to the hidden value."
)
def _(hidden, outgoing, last, target):
    values = np.tanh(outgoing * hidden)
    return float(np.sum(2 * (values @ last - target) * last * (1 - values**2)))


@slope_where_ways_part.mistake("The error is a square. What is the slope of a square?")
def _(hidden, outgoing, last, target):
    return float(np.sum(_ways(hidden, outgoing, last, target))) / 2


@slope_where_ways_part.mistake(
    "The sign is turned around. If the output grows beyond the target, does the error grow?"
)
def _(hidden, outgoing, last, target):
    return -float(np.sum(_ways(hidden, outgoing, last, target)))


@slope_where_ways_part.mistake("That is the error itself. How steeply does it react to the hidden value?")
def _(hidden, outgoing, last, target):
    return (np.tanh(outgoing * hidden) @ last - target) ** 2


@slope_where_ways_part.mistake(
    "The slope of tanh is not that of the sigmoid: it is 1 minus the square of the tanh."
)
def _(hidden, outgoing, last, target):
    values = np.tanh(outgoing * hidden)
    return float(np.sum(2 * (values @ last - target) * last * values * (1 - values) * outgoing))


@slope_where_ways_part.mistake("In the slope of tanh stands the square of the *tanh*, not that of the sum.")
def _(hidden, outgoing, last, target):
    sums = outgoing * hidden
    return float(np.sum(2 * (np.tanh(sums) @ last - target) * last * (1 - sums**2) * outgoing))


def cubic(x):
    return x[0] ** 3 - 2 * x[0] * x[1]


def ring(x):
    return np.sum(x**2) ** 2 / 4


def mixed(x):
    return np.sin(x[0]) * x[1] + x[1] * x[2]


@exercise(
    "neural_networks.find_the_bug",
    points=3,
    title="Somebody's gradient is wrong",
    section="neural_networks.md#whose-fault-is-it",
    prompt="""
    Backpropagation code with a flipped sign or a forgotten term still runs, and still learns a little. The
    cure is to distrust it. You get a function, a point, and the gradient that somebody claims to have computed
    there. Nudge each coordinate in turn, and return the positions at which the claim is wrong.

    Call an entry wrong when it differs from your own estimate by more than `0.001`. Positions count from 0, and
    where nothing is wrong the list is empty.
    """,
    given=[cubic, ring, mixed],
    hints=[
        "Copy the point before you nudge it. A nudge of `1e-5` to both sides is far more exact than `0.001`.",
        "Nudge one coordinate at a time, and leave the others where they are.",
    ],
    equivalent={
        "if abs(estimate - claimed[place]) > 0.001: -> if abs(estimate - claimed[place]) >= 0.001:": (
            "no claim is off by exactly that much"
        ),
    },
)
def wrong_entries(function, point, claimed):
    """Return the list of positions, in rising order, at which the claimed gradient is wrong.

    The point and the claim have shape (n,); the function takes such an array and returns a number.
    """
    wrong = []
    for place in range(len(point)):
        step = np.zeros(len(point))
        step[place] = 1e-5
        estimate = (function(point + step) - function(point - step)) / 2e-5
        if abs(estimate - claimed[place]) > 0.001:
            wrong.append(place)
    return wrong


def _true_gradient(name, x):
    if name == "cubic":
        return np.array([3 * x[0] ** 2 - 2 * x[1], -2 * x[0]])
    if name == "ring":
        return np.sum(x**2) * x
    return np.array([np.cos(x[0]) * x[1], np.sin(x[0]) + x[2], x[1]])


@wrong_entries.cases
def _(rng):
    yield Given("cubic"), np.array([1.0, 2.0]), np.array([-1.0, -2.0])
    yield Given("cubic"), np.array([0.0, 1.0]), np.array([-2.0, 0.0])
    yield (
        Given("cubic"),
        np.array([2.0, 1.0]),
        np.array([20.0, -4.0]),
    )  # one of them is twice what it should be
    yield (
        Given("mixed"),
        np.array([0.5, 80.0, -60.0]),
        np.array([80 * np.cos(0.5) + 0.5, np.sin(0.5) - 60, 80.0]),
    )
    for name, size in (("cubic", 2), ("ring", 3), ("mixed", 3), ("ring", 2)):
        point = (rng.uniform(0.5, 2, size=size) * rng.choice([-1, 1], size=size)).round(1)
        claimed = _true_gradient(name, point)
        bugs = rng.choice(size, size=int(rng.integers(1, size + 1)), replace=False)
        claimed[bugs] = -claimed[bugs] if name == "ring" else claimed[bugs] + 0.05
        if name == "cubic":
            claimed[1] = _true_gradient(name, point)[1] + 0.002  # a small bug is a bug too
        yield Given(name), point, claimed


@wrong_entries.mistake("A flipped sign is wrong as well: compare the entries, not their sizes.")
def _(function, point, claimed):
    return [
        place for place in range(len(point))
        if abs(abs(_nudged(function, point, place)) - abs(claimed[place])) > 0.001
    ]  # fmt: skip


@wrong_entries.mistake("All coordinates are nudged at once. Then the changes mix: one at a time.")
def _(function, point, claimed):
    together = (function(point + 1e-5) - function(point - 1e-5)) / 2e-5
    return [place for place in range(len(point)) if abs(together - claimed[place]) > 0.001]


@wrong_entries.mistake("Two nudges apart are *twice* the nudge apart. Your estimates are too large.")
def _(function, point, claimed):
    return [
        place for place in range(len(point))
        if abs(2 * _nudged(function, point, place) - claimed[place]) > 0.001
    ]  # fmt: skip


@wrong_entries.mistake("Those are the entries that are right.")
def _(function, point, claimed):
    return [
        place for place in range(len(point)) if place not in wrong_entries.solution(function, point, claimed)
    ]


@wrong_entries.mistake("The nudge is so large that a right entry looks wrong, or a wrong one right.")
def _(function, point, claimed):
    return [
        place for place in range(len(point))
        if abs(_nudged(function, point, place, 0.3) - claimed[place]) > 0.001
    ]  # fmt: skip


@wrong_entries.mistake("The nudge is so large that a right entry looks wrong, or a wrong one right.")
def _(function, point, claimed):
    return [
        place for place in range(len(point))
        if abs(_nudged(function, point, place, 0.5) - claimed[place]) > 0.001
    ]  # fmt: skip


@wrong_entries.mistake("A small bug is a bug too: an entry is wrong from a difference of 0.001 on.")
def _(function, point, claimed):
    return [
        place for place in range(len(point)) if abs(_nudged(function, point, place) - claimed[place]) > 0.01
    ]


@wrong_entries.mistake("The differences are measured as shares of the entries. The 0.001 is meant as it is.")
def _(function, point, claimed):
    estimates = [_nudged(function, point, place) for place in range(len(point))]
    return [
        place for place, estimate in enumerate(estimates)
        if abs(estimate - claimed[place]) > 0.05 * max(abs(estimate), abs(claimed[place]))
    ]  # fmt: skip


@wrong_entries.mistake("An estimate is never exact to the last digit. Allow a difference of 0.001.")
def _(function, point, claimed):
    return [place for place in range(len(point)) if _nudged(function, point, place) != claimed[place]]


def _nudged(function, point, place, size=1e-5):
    step = np.zeros(len(point))
    step[place] = size
    return (function(point + step) - function(point - step)) / (2 * size)


@exercise(
    "neural_networks.parity",
    points=4,
    title="Odd or even, with a single hidden layer",
    section="neural_networks.md#three-perceptrons-can-do-it",
    prompt="""
    XOR is true when an *odd* number of its two inputs is one. Build a network of threshold units that answers
    the same question for any number of inputs: is the number of ones odd? One hidden layer is enough, with as
    many units as there are inputs.

    A threshold unit says `1` when its sum is above zero, otherwise `0`. Any weights, and any
    number of hidden units, that decide correctly for every input count as right. The check tries one to eight
    inputs.
    """,
    comparison=Comparison("network_decides_alike"),
    hints=[
        "Let every hidden unit add up all inputs. What can a unit tell you, depending on its bias?",
        "Let unit `k` fire when at least `k` inputs are one. With three ones, which units fire?",
        "The output should go up at the first one, down at the second, up at the third ...",
    ],
    equivalent={
        "signs = (-1.0) ** np.arange(inputs) -> signs = (-2.0) ** np.arange(inputs)": (
            "the sums 1, -1, 3, -5, ... change their sign in the same places"
        ),
    },
)
def parity_network(inputs):
    """Return (hidden weights, hidden biases, output weights, output bias) for this number of inputs.

    Shapes: (inputs, units), (units,), (units,), and one number.
    """
    weights = np.ones((inputs, inputs))
    biases = 0.5 - np.arange(1, inputs + 1)
    signs = (-1.0) ** np.arange(inputs)
    return weights, biases, signs, -0.5


@parity_network.cases
def _(rng):
    for inputs in (1, 2, 3, 4, 5, int(rng.integers(6, 9))):
        yield (inputs,)


@parity_network.mistake(
    "This is true when *any* input is one. With two ones the answer should go back to no."
)
def _(inputs):
    return np.ones((inputs, 1)), np.array([-0.5]), np.array([1.0]), -0.5


@parity_network.mistake("This is right for two inputs. With three ones the answer has to go up again.")
def _(inputs):
    return np.ones((inputs, 2)), np.array([-0.5, -1.5]), np.array([1.0, -1.0]), -0.5


@parity_network.mistake("This says whether the number of ones is *even*.")
def _(inputs):
    weights, biases, signs, _ = parity_network.solution(inputs)
    return weights, biases, -signs, 0.5


why_not_zero = free_text(
    "neural_networks.why_not_zero",
    title="Why not start with zeros?",
    section="neural_networks.md#why-not-start-from-zero",
    prompt="""
    A perceptron may start with zero weights. A network with a hidden layer of tanh units must not. Explain
    what would happen in the first steps of training if all weights and biases were zero, and what would happen
    if they were all equal to `0.5`. Why do small random numbers cure both?
    """,
    rubric=[
        (
            "zeros",
            1,
            "With zeros the hidden outputs and the slopes back to them are zero: only the output bias moves.",
        ),
        (
            "equal",
            1,
            "With equal weights all hidden units get the same slopes and stay copies of each other.",
        ),
        ("random", 1, "Random numbers make the units different, so that each gets a slope of its own."),
    ],
    model_answer="""
    With zeros every hidden unit outputs tanh(0) = 0, so the output weights get a slope of zero; and because
    the output weights are zero, no slope comes back to the hidden layer: only the output bias moves. With all
    weights at 0.5 slopes flow, but every hidden unit receives the same sum and the same slope, so that they stay
    identical for ever, and the layer is worth a single unit. Random numbers break this symmetry: each unit
    starts with its own sum, gets its own slope, and can learn something of its own.
    """,
    hints=[
        "Write down the slope of the cost by one output weight. Which factor is zero?",
        "Take two hidden units with the same weights. What could ever make them differ?",
    ],
)
