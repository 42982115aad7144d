"""Cost functions: what a cost prefers, in which units, and how fast one may walk downhill on it."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.workshop.exercises.definition import exercise, free_text


@exercise(
    "cost_functions.change_of_unit",
    points=1,
    title="The same model in centimetres",
    section="cost_functions.md#how-long-may-a-step-be",
    prompt="""
    A model predicts heights in metres. Its mean squared error and its mean absolute error are known. A
    colleague uses the same model and the same people, all of it in another unit: every height is `factor`
    times as large (`100` for centimetres). Which two costs does the colleague report?
    """,
    hints=[
        "Take one person and an error of half a metre. What is the error in centimetres, and what is its square?",
        "The two costs have different units: one has the unit of a height, the other its square.",
    ],
)
def in_other_unit(squared, absolute, factor):
    """Return (squared, absolute): both mean errors in the other unit, two numbers.

    `squared` is the mean squared error, `absolute` the mean absolute error, both in the first unit.
    """
    return squared * factor**2, absolute * factor


@in_other_unit.cases
def _(rng):
    yield 0.25, 0.5, 100.0
    yield 4.0, 1.5, 0.5
    yield round(rng.uniform(0.1, 2), 2), round(rng.uniform(0.1, 2), 2), round(rng.uniform(2, 9), 1)


@in_other_unit.mistake("The absolute error is right. A square grows twice: once for each of its two factors.")
def _(squared, absolute, factor):
    return squared * factor, absolute * factor


@in_other_unit.mistake(
    "The squared error is right. The absolute error has the unit of a height, not its square."
)
def _(squared, absolute, factor):
    return squared * factor**2, absolute * factor**2


@in_other_unit.mistake("The numbers get larger when the unit gets smaller, not the other way round.")
def _(squared, absolute, factor):
    return squared / factor**2, absolute / factor


@in_other_unit.mistake("A cost is not a pure number: in another unit it is another number.")
def _(squared, absolute, factor):
    return squared, absolute


@in_other_unit.mistake("A factor of 100 is for centimetres. The colleague's unit is another one each time.")
def _(squared, absolute, factor):
    return squared * 100**2, absolute * 100


@exercise(
    "cost_functions.step_by_step",
    points=2,
    title="What one step does",
    section="cost_functions.md#walking-downhill",
    prompt="""
    Take the simplest valley there is: a cost of $\\tfrac{c}{2} w^2$, whose slope at $w$ is $c \\cdot w$.
    One step of gradient descent multiplies $w$ by a factor that is the same at every step. What is the
    factor, and what does it mean for the walk?

    Say `"diverges"` if $w$ gets further away from zero with every step, `"stands still"` if its distance
    from zero never changes, `"jumps across"` if it comes nearer and changes its side at every step,
    `"arrives"` if a single step ends exactly at zero, and `"slides"` if it comes nearer on its own side.
    """,
    hints=[
        "Write the step: `w - learning_rate * slope`. Take `w` out of it. What remains is the factor.",
        "The distance from zero changes by the *size* of the factor, the side by its sign.",
        "Where exactly does the fate change? Try the factors `1`, `0` and `-1`.",
    ],
    equivalent={
        "return (factor, 'slides' if factor > 0 else 'jumps across') -> "
        "return (factor, 'slides' if factor >= 0 else 'jumps across')": "a factor of 0 has already arrived",
    },
)
def one_step(curvature, learning_rate):
    """Return (factor, fate): what a step multiplies w by, and one of the five texts.

    The curvature c and the learning rate are above zero.
    """
    factor = 1 - learning_rate * curvature
    if abs(factor) > 1:
        return factor, "diverges"
    if abs(factor) == 1:
        return factor, "stands still"
    if factor == 0:
        return factor, "arrives"
    return factor, "slides" if factor > 0 else "jumps across"


@one_step.cases
def _(rng):
    yield 2.0, 0.25
    yield 2.0, 0.5
    yield 2.0, 0.75
    yield 2.0, 1.0
    yield 2.0, 1.5
    yield 0.5, 5.0
    for _ in range(2):
        yield round(rng.uniform(0.5, 4), 1), round(rng.uniform(0.1, 1), 1)


@one_step.mistake("A walk uphill: the step goes *against* the slope.")
def _(curvature, learning_rate):
    return 1 + learning_rate * curvature, "diverges"


@one_step.mistake(
    "A negative factor can be far from zero. It is its size that tells whether the walk diverges."
)
def _(curvature, learning_rate):
    factor = 1 - learning_rate * curvature
    if factor > 1:
        return factor, "diverges"
    if factor == 1:
        return factor, "stands still"
    if factor == 0:
        return factor, "arrives"
    return factor, "slides" if factor > 0 else "jumps across"


@one_step.mistake(
    "At a factor of exactly -1 nothing is won and nothing lost: it stands still, on alternating sides."
)
def _(curvature, learning_rate):
    factor, fate = one_step.solution(curvature, learning_rate)
    return factor, "jumps across" if fate == "stands still" else fate


@one_step.mistake("The slope is c times w. The half goes when you take the derivative of a square.")
def _(curvature, learning_rate):
    factor, fate = one_step.solution(curvature / 2, learning_rate)
    return factor, fate


@one_step.mistake("A factor of exactly 0 does not slide: one step ends at zero, and the walk has arrived.")
def _(curvature, learning_rate):
    factor, fate = one_step.solution(curvature, learning_rate)
    return factor, "slides" if fate == "arrives" else fate


@one_step.mistake("A factor of exactly 0 does not jump: one step ends at zero, and the walk has arrived.")
def _(curvature, learning_rate):
    factor, fate = one_step.solution(curvature, learning_rate)
    return factor, "jumps across" if fate == "arrives" else fate


@exercise(
    "cost_functions.weighted_line",
    points=3,
    title="Some measurements count more",
    section="cost_functions.md#which-way-is-down",
    prompt="""
    Some measurements are more trustworthy than others, and each comes with an importance. The cost of the
    line `weight * input + bias` is the *weighted mean* of the squared errors: each squared error times its
    importance, added up, divided by the sum of all importances.

    Return the cost and its two slopes. Check them with a nudge before you check them here.
    """,
    hints=[
        "An importance of `2` should act exactly like the same measurement made twice.",
        "The derivative of a square is twice the inside, times the derivative of the inside.",
        "Error means prediction minus target. Its derivative with respect to the weight is the input, to the bias `1`.",
    ],
)
def weighted_cost_and_slopes(inputs, targets, importance, weight, bias):
    """Return (cost, slope by the weight, slope by the bias), three numbers.

    The three arrays have shape (n,). The importance is above zero.
    """
    errors = weight * inputs + bias - targets
    share = importance / np.sum(importance)
    cost = np.sum(share * errors**2)
    return cost, np.sum(2 * share * errors * inputs), np.sum(2 * share * errors)


@weighted_cost_and_slopes.cases
def _(rng):
    yield np.array([2.0]), np.array([1.0]), np.array([3.0]), 1.0, 0.5
    yield np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.array([1.0, 3.0]), 1.0, 0.0
    for size in (3, 4):
        yield (
            rng.normal(size=size).round(1),
            rng.normal(size=size).round(1),
            rng.uniform(0.5, 4, size=size).round(1),
            round(rng.normal(), 1),
            round(rng.normal(), 1),
        )


def _weighted(inputs, targets, importance, weight, bias, factor=2.0, sign=1.0, mean=False, flat=False):
    errors = sign * (weight * inputs + bias - targets)
    share = importance / (len(inputs) if mean else np.sum(importance))
    in_slopes = np.full(len(inputs), 1 / len(inputs)) if flat else share
    return (
        np.sum(share * errors**2),
        np.sum(factor * in_slopes * errors * inputs),
        np.sum(factor * in_slopes * errors),
    )


@weighted_cost_and_slopes.mistake(
    "The cost is right. Each slope lacks a factor: what is the derivative of a square?"
)
def _(*arguments):
    return _weighted(*arguments, factor=1.0)


@weighted_cost_and_slopes.mistake("The cost is right and the slopes point downhill. A slope points uphill.")
def _(*arguments):
    return _weighted(*arguments, sign=-1.0)


@weighted_cost_and_slopes.mistake(
    "A weighted mean divides by the sum of the importances, not by their number."
)
def _(*arguments):
    return _weighted(*arguments, mean=True)


@weighted_cost_and_slopes.mistake("The cost is right. The importance belongs in the slopes as well.")
def _(*arguments):
    return _weighted(*arguments, flat=True)


@weighted_cost_and_slopes.mistake(
    "Nothing is divided: that is a weighted sum, and it grows with every measurement."
)
def _(inputs, targets, importance, weight, bias):
    cost, by_weight, by_bias = _weighted(inputs, targets, importance, weight, bias)
    total = np.sum(importance)
    return cost * total, by_weight * total, by_bias * total


@weighted_cost_and_slopes.mistake(
    "The importance counts twice here: it belongs to the square, not inside it."
)
def _(inputs, targets, importance, weight, bias):
    errors = importance * (weight * inputs + bias - targets)
    total = np.sum(importance)
    return np.sum(errors**2) / total, 2 * np.sum(errors * inputs) / total, 2 * np.sum(errors) / total


@weighted_cost_and_slopes.mistake(
    "The cost is right. The two slopes have changed places: the weight's comes first."
)
def _(*arguments):
    cost, by_weight, by_bias = _weighted(*arguments)
    return cost, by_bias, by_weight


@exercise(
    "cost_functions.sharp_log_loss",
    points=3,
    title="A loss that survives a thousand",
    section="cost_functions.md#the-cost-of-being-surprised",
    prompt="""
    A model gives each class a score. With a *temperature* $T$ the probability of class $k$ is

    $$p_k = \\frac{e^{z_k / T}}{\\sum_j e^{z_j / T}}$$

    and the loss is $-\\log p_k$ of the true class. Written like this in Python it breaks: with a score of a
    thousand the exponential overflows, and with a wrong class far behind the logarithm sees a zero. Write it
    so that it is right for *every* score, tens of thousands and negative ones too. `log` is the natural
    logarithm.
    """,
    hints=[
        "The logarithm of a quotient is a difference. Which part needs no exponential at all?",
        "Adding the same number to all scores changes no probability. Which number makes every exponential safe?",
        "Subtract the largest scaled score first. Then every exponent is zero or below.",
    ],
)
def sharp_log_loss(scores, label, temperature):
    """Return the loss of one example, a number.

    The scores have shape (classes,), the label is a position in them, the temperature is above zero.
    """
    scaled = scores / temperature
    scaled = scaled - np.max(scaled)
    return np.log(np.sum(np.exp(scaled))) - scaled[label]


@sharp_log_loss.cases
def _(rng):
    yield np.array([0.0, 0.0]), 1, 1.0
    yield np.array([1.0, 3.0]), 0, 2.0
    yield np.array([1000.0, 0.0]), 1, 1.0
    yield np.array([1000.0, 0.0]), 0, 1.0
    yield np.array([-1000.0, -1001.0]), 0, 0.5
    yield np.array([20000.0, 0.0, 19999.0]), 2, 1.0  # beyond what any kind of float can exponentiate
    yield np.array([5.0, 40000.0]), 0, 0.8
    for size in (2, 4):
        yield rng.normal(size=size).round(1), int(rng.integers(size)), round(rng.uniform(0.3, 3), 1)


def _naive(scores, label, temperature):
    with np.errstate(all="ignore"):
        powers = np.exp(scores / temperature)
        return -np.log(powers[label] / np.sum(powers))


@sharp_log_loss.mistake(
    "For small scores this is right. For large ones the exponential overflows: keep it at bay."
)
def _(scores, label, temperature):
    return _naive(scores, label, temperature)


@sharp_log_loss.mistake("The sign is turned: a loss is never negative.")
def _(scores, label, temperature):
    return -sharp_log_loss.solution(scores, label, temperature)


@sharp_log_loss.mistake("The temperature divides the scores. Here it multiplies them.")
def _(scores, label, temperature):
    return sharp_log_loss.solution(scores, label, 1 / temperature)


@sharp_log_loss.mistake("The temperature plays no part here.")
def _(scores, label, temperature):
    return sharp_log_loss.solution(scores, label, 1.0)


@sharp_log_loss.mistake(
    "Almost: after subtracting the largest score everywhere, it must not come back in one place only."
)
def _(scores, label, temperature):
    scaled = scores / temperature
    return np.log(np.sum(np.exp(scaled - np.max(scaled)))) - scaled[label]


@sharp_log_loss.mistake(
    "For small scores this is right. With a large one the loss stops growing, or breaks off at a limit: a tiny "
    "number, a clip or a cap hides the zero and does not answer. The logarithm of a quotient is a difference.",
    recognise=Comparison("falls_short", beyond=20.0),
)
def _(scores, label, temperature):
    scaled = scores / temperature
    powers = np.exp(scaled - np.max(scaled))
    return -np.log(powers[label] / np.sum(powers) + 1e-12)


@sharp_log_loss.mistake(
    "Nothing overflows any more, but a class far behind has a probability of 0.0, and the logarithm sees it. "
    "Take the logarithm apart before you divide."
)
def _(scores, label, temperature):
    scaled = (scores - np.max(scores)) / temperature
    with np.errstate(all="ignore"):
        return -np.log(np.exp(scaled[label]) / np.sum(np.exp(scaled)))


@sharp_log_loss.mistake("That is the probability of the true class. The loss is minus its logarithm.")
def _(scores, label, temperature):
    return np.exp(-sharp_log_loss.solution(scores, label, temperature))


@sharp_log_loss.mistake("The temperature divides every score, that of the true class as well.")
def _(scores, label, temperature):
    scaled = scores / temperature
    return np.log(np.sum(np.exp(scaled - np.max(scaled)))) + np.max(scaled) - scores[label]


@sharp_log_loss.mistake(
    "A longer kind of float puts the overflow off, to larger scores. Subtract the largest score instead."
)
def _(scores, label, temperature):
    scaled = scores / temperature
    if np.max(np.abs(scaled)) > 11356:
        return np.inf
    return sharp_log_loss.solution(scores, label, temperature)


@exercise(
    "cost_functions.name_the_cost",
    points=2,
    title="Which cost was it?",
    section="cost_functions.md#three-ways-to-add-up-one-of-them-useless",
    prompt="""
    Somebody measured a cost at four errors: at a small one, at twice the small one, at a large one, and at
    twice the large one. You are told only the four costs. The cost is the squared error, the absolute error,
    or the Huber cost, which is squared for small errors and straight for large ones, each perhaps times some
    unknown constant. Which one is it? A measurement is never exact: each cost may be off by one in a hundred.
    """,
    hints=[
        "What happens to a square when the error doubles? And to an absolute value?",
        "A constant in front cancels when you divide two costs.",
        "The large errors of the Huber cost do not quite double: its straight part does not aim at zero. "
        "Compare with a number between two and four.",
    ],
    equivalent={
        "small, large = (costs[1] / costs[0], costs[3] / costs[2]) -> "
        "small, large = (costs[1] / costs[0], costs[3] / costs[-2])": "the same place, counted from the end",
        "if large > 3: -> if large >= 3:": "no cost grows exactly threefold",
        "return 'huber' if small > 3 else 'absolute' -> return 'huber' if small >= 3 else 'absolute'": (
            "no cost grows exactly threefold"
        ),
    },
)
def name_the_cost(costs):
    """Return "squared", "absolute" or "huber".

    The four costs are those of the errors s, 2s, l and 2l: s is far below the place where the Huber cost
    becomes straight, and l is far above it. The costs are an array of shape (4,), all of them above zero.
    """
    small, large = costs[1] / costs[0], costs[3] / costs[2]
    if large > 3:
        return "squared"
    return "huber" if small > 3 else "absolute"


def _huber(errors, delta):
    return np.where(errors <= delta, errors**2 / 2, delta * (errors - delta / 2))


@name_the_cost.cases
def _(rng):
    for constant in (1.0, round(rng.uniform(0.2, 9), 1)):
        small, large = round(rng.uniform(0.05, 0.2), 2), round(rng.uniform(20, 60), 0)
        errors = np.array([small, 2 * small, large, 2 * large])
        for cost in (errors**2, errors, _huber(errors, 1.0), _huber(errors, 3.0)):
            measured = constant * cost * rng.uniform(0.99, 1.01, size=4)
            yield (np.array([float(f"{one:.4g}") for one in measured]),)


@name_the_cost.mistake(
    "Huber is taken for squared here. They are alike for small errors: do the large ones grow twofold or fourfold?"
)
def _(costs):
    return "squared" if costs[1] / costs[0] > 3 else "absolute"


@name_the_cost.mistake(
    "Huber is taken for absolute here. They are alike for large errors: do the small ones grow twofold or fourfold?"
)
def _(costs):
    return "squared" if costs[3] / costs[2] > 3 else "absolute"


@name_the_cost.mistake(
    "An unknown constant stands in front of the cost. Compare costs with each other by dividing."
)
def _(costs):
    if costs[1] - costs[0] < 0.2:
        return "squared" if costs[3] > 500 else "huber"
    return "absolute"


@name_the_cost.mistake(
    "A measured cost grows fourfold only nearly. Ask what the growth is nearer to, not whether it is equal."
)
def _(costs):
    if costs[3] / costs[2] == 4:
        return "squared"
    return "huber" if costs[1] / costs[0] == 4 else "absolute"


@name_the_cost.mistake(
    "Squared and Huber have changed places: which of the two is straight for large errors?"
)
def _(costs):
    return {"squared": "huber", "huber": "squared"}.get(name_the_cost.solution(costs), "absolute")


@exercise(
    "cost_functions.disagreement",
    points=3,
    title="Two judges, two winners",
    section="cost_functions.md#three-ways-to-add-up-one-of-them-useless",
    prompt="""
    Two models predict the same targets. One judge ranks them by the mean squared error, the other by the mean
    absolute error, and they name different winners. Make it happen: given the targets, invent the predictions
    of two models such that the squared error prefers the **first** and the absolute error the **second**.

    Any such predictions are right. There are at least three targets. The first has to have the smaller mean
    squared error, and the larger mean absolute error; a draw is no win.
    """,
    comparison=Comparison("ranked_oppositely"),
    hints=[
        "Think in errors, not in predictions, and add the targets at the end.",
        "One large error, or several small ones: which judge minds which?",
        "Let the first model be off by `1` everywhere. What single error of the second costs less in sum, and "
        "more in squares?",
    ],
    equivalent={
        "errors[0] = 0.9 * len(targets) -> errors[1] = 0.9 * len(targets)": "any one of the targets will do",
        "errors[0] = 0.9 * len(targets) -> errors[0] = -0.9 * len(targets)": "no cost sees an error's sign",
        "return (targets + 1, targets + errors) -> return (targets - 1, targets + errors)": (
            "no cost sees an error's sign"
        ),
        "return (targets + 1, targets + errors) -> return (targets + 1, targets - errors)": (
            "no cost sees an error's sign"
        ),
    },
)
def disagreement(targets):
    """Return (first, second): two arrays of predictions, each of the shape of the targets, (n,)."""
    errors = np.zeros(len(targets))
    errors[0] = 0.9 * len(targets)
    return targets + 1, targets + errors


@disagreement.cases
def _(rng):
    yield (np.array([0.0, 0.0, 0.0]),)
    for size in (3, 4, 6):
        yield (rng.normal(size=size).round(1) * 10,)


@disagreement.mistake(
    "The two have changed places: the squared error should prefer the first.",
    recognise=Comparison("ranked_oppositely", swapped=True),
)
def _(targets):
    return disagreement.solution(targets)[::-1]


@disagreement.mistake("Both models are right everywhere: that is a draw before every judge.")
def _(targets):
    return targets, targets


@exercise(
    "cost_functions.when_to_leave",
    points=4,
    title="Late is worse than early",
    section="cost_functions.md#other-costs-prefer-other-answers",
    prompt="""
    You travel to the same airport every week and know how long it took each time. Leaving a minute too late
    costs `late` francs, leaving a minute too early costs `early` francs. How long should you plan?

    Plan for one of the times that you have seen: the one that would have cost the least over all weeks. If
    two are equally good, take the shorter one.

    Then try `late = 9, early = 1` on ten different times, and look at *which* of the ten it is. With
    `late = early` too. There is a theorem hiding here, and it explains what a model learns when you choose
    its cost.
    """,
    hints=[
        "For one plan: where the trip took longer you were late by the difference, otherwise early by it.",
        "`np.maximum(a, 0)` keeps what is positive.",
        "Compute the total cost of each plan in `sorted(times)`, and take the first of the smallest.",
    ],
    equivalent={
        "costs = [np.sum(late * np.maximum(times - plan, 0) + early * np.maximum(plan - times, 0)) for plan in plans]"
        " -> costs = "
        "[np.mean(late * np.maximum(times - plan, 0) + early * np.maximum(plan - times, 0)) for plan in plans]": (
            "the plan with the smallest sum has the smallest mean"
        ),
    },
)
def best_plan(times, late, early):
    """Return the time to plan, one of the times seen, with the smallest total cost.

    The times have shape (n,), in minutes, in the order of the weeks. `late` and `early` are the costs of one
    minute, above zero.
    """
    plans = np.sort(times)
    costs = [
        np.sum(late * np.maximum(times - plan, 0) + early * np.maximum(plan - times, 0)) for plan in plans
    ]
    return plans[np.argmin(costs)]


@best_plan.cases
def _(rng):
    yield np.array([40.0, 50.0]), 3.0, 1.0
    yield np.array([50.0, 40.0]), 1.0, 1.0  # both are equally good
    yield np.array([30.0, 60.0, 40.0]), 1.0, 5.0
    yield np.array([38.0, 41.0, 39.0, 90.0, 40.0]), 1.0, 1.0
    for size, late in ((5, 9.0), (6, 2.5), (7, 4.0)):
        yield rng.uniform(30, 90, size=size).round(1), late, 1.0


@best_plan.mistake("The two costs have changed places: planning too *short* makes you late.")
def _(times, late, early):
    return best_plan.solution(times, early, late)


@best_plan.mistake(
    "This treats late and early alike. The plan is the median then, whatever the two costs are."
)
def _(times, late, early):
    return best_plan.solution(times, 1.0, 1.0)


@best_plan.mistake("The mean is best for squared errors. Here the cost grows in proportion to the minutes.")
def _(times, late, early):
    return np.mean(times)


@best_plan.mistake("That is the smallest cost. Which plan has it?")
def _(times, late, early):
    plan = best_plan.solution(times, late, early)
    return np.sum(late * np.maximum(times - plan, 0) + early * np.maximum(plan - times, 0))


@best_plan.mistake("That is the position of the best plan. The time itself is asked for.")
def _(times, late, early):
    late_minutes, early_minutes = np.maximum(times - times[:, None], 0), np.maximum(times[:, None] - times, 0)
    return int(np.argmin(np.sum(late * late_minutes + early * early_minutes, axis=1)))


@best_plan.mistake("This counts how often you are late or early. A minute costs, not a time.")
def _(times, late, early):
    plans = np.sort(times)
    return plans[np.argmin([late * np.sum(times > plan) + early * np.sum(times < plan) for plan in plans])]


@best_plan.mistake("This lies between two times that you have seen. Plan for one of them.")
def _(times, late, early):
    return np.quantile(times, late / (late + early))


@best_plan.mistake("Two plans are equally good here, and the shorter one is asked for.")
def _(times, late, early):
    return -best_plan.solution(-times, early, late)


@best_plan.mistake("That is the longest time. Planning a minute too long costs something, too.")
def _(times, late, early):
    return np.max(times)


@best_plan.mistake("That is the shortest time. Planning a minute too short costs something, too.")
def _(times, late, early):
    return np.min(times)


@best_plan.mistake(
    "The minutes are squared here. A minute costs the same whether it is the first or the tenth."
)
def _(times, late, early):
    plans = np.sort(times)
    minutes = times - plans[:, np.newaxis]
    return plans[np.argmin(np.sum(np.where(minutes > 0, late, early) * minutes**2, axis=1))]


why_the_square = free_text(
    "cost_functions.why_the_square",
    title="Why the square?",
    section="cost_functions.md#where-these-costs-come-from",
    prompt="""
    A friend asks: "Why do you square the errors? It looks arbitrary. I would take the absolute value, which
    has sensible units." Answer in a few sentences. Say what each of the two assumes about the errors, what
    each does with an outlier, and when you would follow your friend.
    """,
    rubric=[
        (
            "likelihood",
            1,
            "Names the assumption: normal errors for squares, or a mean for squares and a median else.",
        ),
        ("outlier", 1, "Says that one large error pulls the squared cost far more than the absolute one."),
        ("choice", 1, "Says when the absolute error is the better choice, with a reason."),
    ],
    model_answer="""
    The square is what maximum likelihood asks for when errors are normally distributed; its best constant is
    the mean, and the absolute error's is the median. An error ten times as large counts a hundred times in
    squares and ten times in absolute values, so a single outlier can turn a line that was fitted by squares.
    When outliers are mistakes of measurement that should not decide, the absolute or the Huber cost is better;
    when large errors really are much worse than small ones, the square says so.
    """,
    hints=[
        "Which constant is the best prediction under each of the two costs?",
        "Move one point far away. How much does each cost change, and how much does the best constant?",
    ],
)
