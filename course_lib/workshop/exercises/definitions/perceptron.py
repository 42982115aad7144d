"""The perceptron: weights and bias as decisions."""

from itertools import combinations

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Given
from course_lib.workshop.exercises.definition import call, exercise, free_text


@exercise(
    "perceptron.two_forms",
    points=1,
    title="A threshold is a bias in disguise",
    section="perceptron.md#a-threshold-is-a-bias-turned-around",
    prompt="""
    A concert perceptron says yes when `weights @ answers > threshold`. Another one says yes when
    `weights @ answers + bias > 0`. They can be the same machine. Write both translations.

    Decide alike means: the same decision for any answers whatever, so also where the threshold is negative.
    Many pairs of numbers do that; any of them is right.
    """,
    comparison=Comparison("close", scale=True),
    hints=[
        "Put the two conditions one above the other. What gets a zero on the right of the first?",
        "Subtracting the threshold on both sides gives the second form. Which number is now the bias?",
    ],
)
def to_bias(weights, threshold):
    """Return (weights, bias) of the perceptron with a bias that decides alike.

    The weights have shape (features,), the threshold is a number.
    """
    return weights, -threshold


@to_bias.also
def to_threshold(weights, bias):
    """Return (weights, threshold) of the perceptron with a threshold that decides alike.

    The weights have shape (features,), the bias is a number.
    """
    return weights, -bias


@to_bias.cases
def _(rng):
    for features in (1, 3):
        weights = rng.normal(size=features).round(1)
        threshold = round(rng.uniform(0.5, 2), 1)
        yield [call("to_bias", weights, threshold)]
        yield [call("to_bias", weights, -threshold)]
        yield [call("to_threshold", weights, threshold)]
        yield [call("to_threshold", weights, -threshold)]


@to_bias.mistake(
    "The bias has the threshold's sign. A high threshold makes a yes harder; what does a high bias do?"
)
def _(weights, threshold):
    return weights, threshold


@to_bias.mistake(
    "`to_bias` is right. In `to_threshold` the sign is off: a machine with a large bias says yes easily.",
    of="to_threshold",
)
def _(weights, bias):
    return weights, bias


@to_bias.mistake("The weights have the other sign. Only one side of the inequality has to move.")
def _(weights, threshold):
    return -weights, -threshold


@exercise(
    "perceptron.sentence",
    points=2,
    title="Weights that mean a sentence",
    section="perceptron.md#your-weights-are-not-mine",
    prompt="""
    "I go if my friend comes and the artist *or* the food is good." Some answers are **required**, all of
    them, and of the **alternatives** at least one has to be a yes. Everything else does not matter.

    Find weights and a bias that decide so, for any number of answers. `required` and `alternatives` are
    lists of positions, both with at least one position in them, and they share none. Many weights are
    right; the check tries every evening.
    """,
    comparison=Comparison("decides_alike"),
    hints=[
        "Give every alternative the weight `1`. What must a required answer weigh so that all alternatives "
        "together cannot replace it?",
        "The weakest yes is: everything required and one alternative. The strongest no is: one required "
        "answer missing, all the rest there. The bias has to fall between the two.",
    ],
    equivalent={
        "heavy = len(alternatives) + 1 -> heavy = len(alternatives) + 2": "any heavier weight decides alike",
        "heavy = len(alternatives) + 1 -> heavy = len(alternatives)": "the half in the bias decides the tie",
        "return (weights, -(len(required) * heavy + 0.5)) -> return (weights, -(len(required) * heavy))": (
            "a tie is a no"
        ),
    },
)
def weights_for_sentence(features, required, alternatives):
    """Return (weights, bias) that say yes if all of `required` and any of `alternatives` are 1.

    The weights have shape (features,), the bias is a number, and the answers are zeros and ones. The
    perceptron says yes when weights @ answers + bias > 0, so a sum of zero is a no.
    """
    heavy = len(alternatives) + 1
    weights = np.zeros(features)
    weights[required] = heavy
    weights[alternatives] = 1
    return weights, -(len(required) * heavy + 0.5)


@weights_for_sentence.cases
def _(rng):
    yield 2, [0], [1]
    yield 3, [2], [0, 1]
    for features in (4, 5, 6):
        places = rng.permutation(features)
        split = int(rng.integers(1, features - 1))
        end = int(rng.integers(split + 1, features + 1))
        yield features, places[:split].tolist(), places[split:end].tolist()
    yield 6, [1, 3], [0, 2, 5]
    yield 5, [0, 1, 2], [3]


@weights_for_sentence.mistake(
    "Enough alternatives together replace a required answer. How heavy must a required one be?"
)
def _(features, required, alternatives):
    weights = np.zeros(features)
    weights[required] = 1
    weights[alternatives] = 1
    return weights, -(len(required) + 0.5)


@weights_for_sentence.mistake("This asks for *all* alternatives. One of them is enough.")
def _(features, required, alternatives):
    weights = np.zeros(features)
    weights[required] = 1
    weights[alternatives] = 1
    return weights, -(len(required) + len(alternatives) - 0.5)


@weights_for_sentence.mistake("The required answers alone are a yes here. The alternatives must count too.")
def _(features, required, alternatives):
    weights = np.zeros(features)
    weights[required] = 1
    return weights, -(len(required) - 0.5)


@weights_for_sentence.mistake("Any single yes is enough here. What should a missing friend do?")
def _(features, required, alternatives):
    weights = np.zeros(features)
    weights[required] = 1
    weights[alternatives] = 1
    return weights, -0.5


@exercise(
    "perceptron.fewest_flips",
    points=2,
    title="How firm is a decision?",
    section="perceptron.md#all-sixteen-evenings",
    prompt="""
    Some evenings are decided narrowly: one other answer, and you would stay at home. Others are firm.
    The answers are zeros and ones. How many of them have to be flipped, at least, to turn the decision
    around?
    """,
    hints=[
        "`itertools.combinations(range(n), k)` lists every choice of `k` positions. Begin with one flip.",
        "For each choice: copy the answers, flip those chosen, decide again, compare.",
        "Equal to zero is a no. So from a yes, reaching zero is enough.",
    ],
    equivalent={
        "for count in range(1, len(answers) + 1): -> for count in range(1, len(answers) + 2):": (
            "nobody can choose more answers than there are"
        ),
    },
)
def fewest_flips(weights, bias, answers):
    """Return the smallest number of flipped answers that changes the decision, None if none does.

    The decision is yes when weights @ answers + bias > 0. The answers are an array of zeros and ones.
    """
    yes = weights @ answers + bias > 0
    for count in range(1, len(answers) + 1):
        for chosen in combinations(range(len(answers)), count):
            flipped = answers.copy()
            flipped[list(chosen)] = 1 - flipped[list(chosen)]
            if (weights @ flipped + bias > 0) != yes:
                return count
    return None


@fewest_flips.cases
def _(rng):
    yield np.array([3.0, 1.0]), -1.0, np.array([0, 0])
    yield np.array([1.0, 1.0]), -1.0, np.array([1, 1])  # down to a tie, which is a no
    yield np.array([1.0, 1.0]), -1.0, np.array([0, 0])  # up to a tie is still a no
    yield np.array([1.0, 2.0]), 5.0, np.array([1, 0])  # always yes
    yield np.array([1.0, 1.0]), -2.0, np.array([1, 1])  # a tie, and no flip lifts it
    yield np.array([-1.0, -1.0]), 1.5, np.array([0, 0])  # a yes by the bias alone
    yield np.array([-4.0, 1.0, 1.0]), 0.5, np.array([1, 0, 0])  # a no that a taken-back yes turns
    yield np.array([1.0, 1.0, 1.0]), -2.0, np.array([0, 0, 0])
    yield np.array([2.0, -3.0, 2.0]), -3.0, np.array([1, 1, 1])
    yield np.array([1.0, 2.0, 1.0]), -2.5, np.array([0, 0, 0])  # two of three
    for size in (3, 4, 5):
        weights = rng.integers(-4, 5, size=size).astype(float)
        yield weights, float(rng.integers(-3, 4)), rng.integers(0, 2, size=size)


def _flips(weights, bias, answers, say_yes, flip):
    yes = say_yes(weights @ answers + bias)
    for count in range(1, len(answers) + 1):
        for chosen in combinations(range(len(answers)), count):
            flipped = answers.copy()
            flipped[list(chosen)] = flip(flipped[list(chosen)])
            if say_yes(weights @ flipped + bias) != yes:
                return count
    return None


@fewest_flips.mistake("A sum of exactly zero counts as yes here. Equal is a no.")
def _(weights, bias, answers):
    return _flips(weights, bias, answers, lambda total: total >= 0, lambda part: 1 - part)


@fewest_flips.mistake("Only yes answers are taken back here. A no can also become a yes.")
def _(weights, bias, answers):
    return _flips(weights, bias, answers, lambda total: total > 0, lambda part: 0 * part)


@fewest_flips.mistake("Only no answers are turned here. A yes can also be taken back.")
def _(weights, bias, answers):
    return _flips(weights, bias, answers, lambda total: total > 0, lambda part: 0 * part + 1)


@fewest_flips.mistake("The bias is missing from the decision.")
def _(weights, bias, answers):
    return _flips(weights, 0.0, answers, lambda total: total > 0, lambda part: 1 - part)


@fewest_flips.mistake("This flips the largest weights first. A large weight can push the sum the wrong way.")
def _(weights, bias, answers):
    yes = weights @ answers + bias > 0
    flipped = answers.copy()
    for count, place in enumerate(np.argsort(-np.abs(weights), kind="stable"), start=1):
        flipped[place] = 1 - flipped[place]
        if (weights @ flipped + bias > 0) != yes:
            return count
    return None


@fewest_flips.mistake("One flip at a time is tried here. Several together can do what no single one can.")
def _(weights, bias, answers):
    return 1 if fewest_flips.solution(weights, bias, answers) == 1 else None


@fewest_flips.mistake("Where no number of flips helps, return None.")
def _(weights, bias, answers):
    count = fewest_flips.solution(weights, bias, answers)
    return 0 if count is None else count


@fewest_flips.mistake(
    "This flips the answers from the first to the last. Any choice of them may be the smallest."
)
def _(weights, bias, answers):
    yes = weights @ answers + bias > 0
    flipped = answers.copy()
    for place in range(len(answers)):
        flipped[place] = 1 - flipped[place]
        if (weights @ flipped + bias > 0) != yes:
            return place + 1
    return None


@fewest_flips.mistake("That is the largest number of flips that turns the decision. Begin with one flip.")
def _(weights, bias, answers):
    yes = weights @ answers + bias > 0
    for count in range(len(answers), 0, -1):
        for chosen in combinations(range(len(answers)), count):
            flipped = answers.copy()
            flipped[list(chosen)] = 1 - flipped[list(chosen)]
            if (weights @ flipped + bias > 0) != yes:
                return count
    return None


@fewest_flips.mistake(
    "This counts which single flips turn the decision. How many are needed at the same time?"
)
def _(weights, bias, answers):
    yes = weights @ answers + bias > 0
    flips = np.abs(answers - np.eye(len(answers)))
    return int(np.sum((flips @ weights + bias > 0) != yes)) or None


@fewest_flips.mistake("All answers flipped together are a choice as well: the loop ends one too early.")
def _(weights, bias, answers):
    count = fewest_flips.solution(weights, bias, answers)
    return None if count == len(answers) else count


def nand(a, b):
    return 1 - a * b


def spoken_nand(a, b):
    return "no" if a == "yes" and b == "yes" else "yes"


@exercise(
    "perceptron.xor_from_gates",
    points=2,
    title="One brick is enough",
    section="perceptron.md#a-decision-is-a-line",
    prompt="""
    No single perceptron computes XOR. But NAND *is* a perceptron, and NANDs can be wired. Build XOR, true
    when exactly one of the two is true, from nothing but the gate that is handed to you.

    The check hands you NAND gates that speak different languages: one of zeros and ones, one of "yes" and
    "no". And it hands the first one whole columns of a table at once, as arrays. So call the gate and nothing
    else: no arithmetic, no `if`, no comparison.
    """,
    given=[nand, spoken_nand],
    demands=["only calls"],
    hints=[
        "Write the table of `gate(a, b)`. It is wrong for XOR in one row only. Which?",
        "Let `middle` be the gate of both inputs. What is the gate of `a` and `middle`? And of `b` and it?",
        "Four gates are enough.",
    ],
)
def xor_from(gate, a, b):
    """Return a XOR b, using only calls of gate(x, y), a NAND, in the language of the gate."""
    middle = gate(a, b)
    return gate(gate(a, middle), gate(middle, b))


@xor_from.cases
def _(rng):
    for gate, (no, yes) in (
        ("nand", (0, 1)),
        ("spoken_nand", ("no", "yes")),
    ):
        for a in (no, yes):
            for b in (no, yes):
                yield Given(gate), a, b
    yield Given("nand"), rng.integers(0, 2, size=6), rng.integers(0, 2, size=6)


@xor_from.mistake("This is OR. It is right in three rows; what should two yeses give?")
def _(gate, a, b):
    return gate(gate(a, a), gate(b, b))


@xor_from.mistake("This is the opposite of XOR, true when both are equal. One more gate turns it around.")
def _(gate, a, b):
    different = xor_from.solution(gate, a, b)
    return gate(different, different)


@xor_from.mistake("This is AND.")
def _(gate, a, b):
    return gate(gate(a, b), gate(a, b))


@xor_from.mistake("Arithmetic understands zeros and ones only. The gate is all that you need.")
def _(gate, a, b):
    return (a + b) % 2


@xor_from.mistake("This is NAND, the gate itself. It is right in three rows; what should two noes give?")
def _(gate, a, b):
    return gate(a, b)


@xor_from.mistake("This is NOR, true when neither is. Exactly one of the two should be.")
def _(gate, a, b):
    either = gate(gate(a, a), gate(b, b))
    return gate(either, either)


@xor_from.mistake("XOR asks both inputs, and here `b` alone decides.")
def _(gate, a, b):
    return b


@xor_from.mistake("XOR asks both inputs, and here `a` alone decides.")
def _(gate, a, b):
    return a


@xor_from.mistake("Whether `a` and `b` differ is asked of Python here. Only the gate may be asked.")
def _(gate, a, b):
    if a != b:
        return gate(gate(a, a), a)
    never = gate(a, gate(a, a))
    return gate(never, never)


@exercise(
    "perceptron.careful_learner",
    points=3,
    title="A learner that wants to be sure",
    section="perceptron.md#a-friend-whose-reasons-you-do-not-know",
    prompt="""
    Rosenblatt's perceptron stops learning from an example as soon as the answer is right, however
    narrowly. A *careful* perceptron goes on until the answer is right by a distance.

    Give each class a direction: `+1` when the target is `1`, and `-1` when it is `0`. Multiply the score by
    that direction. The careful perceptron learns from an example whenever this product is not larger than its
    `margin`: it adds `learning_rate * direction * inputs` to the weights and `learning_rate * direction`
    to the bias. Both start from zero. `inputs` is an array of shape `(features,)`. What the object calls its
    attributes is up to you: the check looks at what `score` and `learn` return.
    """,
    equivalent={
        "self.weights = self.weights + self.learning_rate * direction * inputs -> "
        "self.weights = self.weights + self.learning_rate / direction * inputs": "the direction is 1 or -1",
        "self.bias = self.bias + self.learning_rate * direction -> "
        "self.bias = self.bias + self.learning_rate / direction": "the direction is 1 or -1",
    },
    hints=[
        "`__init__` has four things to remember. The weights start as `features` zeros.",
        "With direction -1 a score of -3 becomes 3: right, and by a distance of 3.",
        "In `learn`: direction, product, a single `if`, two changes, and say whether you changed anything.",
    ],
)
class CarefulPerceptron:
    """A perceptron that learns until every answer is right by a margin."""

    def __init__(self, features, learning_rate, margin):
        """Start with weights and a bias of zero."""
        self.weights = np.zeros(features)
        self.bias = 0.0
        self.learning_rate = learning_rate
        self.margin = margin

    def score(self, inputs):
        """Return the weighted sum of the inputs plus the bias."""
        return inputs @ self.weights + self.bias

    def learn(self, inputs, target):
        """Learn from one example, and return True if that changed the weights, otherwise False."""
        direction = 1 if target == 1 else -1
        if direction * self.score(inputs) > self.margin:
            return False
        self.weights = self.weights + self.learning_rate * direction * inputs
        self.bias = self.bias + self.learning_rate * direction
        return True


@CarefulPerceptron.cases
def _(rng):
    yield [call("CarefulPerceptron", 2, 0.5, 1.0), call("0.score", np.array([1.0, -2.0]))]
    # A score that is exactly the margin: "not larger" means that this is still a lesson.
    yield [
        call("CarefulPerceptron", 1, 1.0, 2.0),
        call("0.learn", np.array([1.0]), 1),
        call("0.learn", np.array([1.0]), 1),
        call("0.score", np.array([0.0])),
        call("0.score", np.array([1.0])),
    ]
    for features, margin in ((1, 0.0), (2, 0.5), (3, 2.0)):
        steps = [call("CarefulPerceptron", features, round(rng.uniform(0.2, 1.5), 1), margin)]
        for target in (1, 0, 1, 1, 0, 0):
            inputs = (rng.normal(size=features) + target).round(1)
            steps += [call("0.learn", inputs, target), call("0.score", inputs)]
        yield [
            *steps,
            *(call("0.score", inputs) for inputs in np.eye(features)),
            call("0.score", np.zeros(features)),
        ]


@CarefulPerceptron.mistake(
    "The scores lack a bias that learns: it is the weight of an input that is always 1, and learns as the others do."
)
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        direction = 1 if target == 1 else -1
        if direction * self.score(inputs) > self.margin:
            return False
        self.weights = self.weights + self.learning_rate * direction * inputs
        return True


@CarefulPerceptron.mistake(
    "An answer that is right by exactly the margin is not *larger* than the margin. What happens then?"
)
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        direction = 1 if target == 1 else -1
        if direction * self.score(inputs) >= self.margin:
            return False
        self.weights = self.weights + self.learning_rate * direction * inputs
        self.bias = self.bias + self.learning_rate * direction
        return True


@CarefulPerceptron.mistake("This learns from mistakes only. The careful one also learns from narrow escapes.")
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        direction = 1 if target == 1 else -1
        if direction * self.score(inputs) > 0:
            return False
        self.weights = self.weights + self.learning_rate * direction * inputs
        self.bias = self.bias + self.learning_rate * direction
        return True


@CarefulPerceptron.mistake("A target of 0 is no direction. What should the weights do when the target is 0?")
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        if target * self.score(inputs) > self.margin:
            return False
        self.weights = self.weights + self.learning_rate * target * inputs
        self.bias = self.bias + self.learning_rate * target
        return True


@CarefulPerceptron.mistake("The steps have size 1 here. Where does the learning rate come in?")
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        direction = 1 if target == 1 else -1
        if direction * self.score(inputs) > self.margin:
            return False
        self.weights = self.weights + direction * inputs
        self.bias = self.bias + direction
        return True


@CarefulPerceptron.mistake("The learning is right. `learn` should also say whether it changed something.")
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        super().learn(inputs, target)


@CarefulPerceptron.mistake(
    "The margin is asked for on one side only: with target 0 the score has to be *below* minus the margin."
)
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        error = target - (self.score(inputs) > self.margin)
        self.weights = self.weights + self.learning_rate * error * inputs
        self.bias = self.bias + self.learning_rate * error
        return bool(error != 0)


@CarefulPerceptron.mistake(
    "A score that is far away on the *wrong* side is a lesson, too: its size alone does not tell."
)
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        direction = 1 if target == 1 else -1
        if abs(self.score(inputs)) > self.margin:
            return False
        self.weights = self.weights + self.learning_rate * direction * inputs
        self.bias = self.bias + self.learning_rate * direction
        return True


@CarefulPerceptron.mistake(
    "The learning is right. `learn` should say True where it changed something, not where not."
)
class _(CarefulPerceptron.solution):
    def learn(self, inputs, target):
        return not super().learn(inputs, target)


@exercise(
    "perceptron.read_the_log",
    points=3,
    title="A log of training, read backwards",
    section="perceptron.md#four-mistakes-by-hand",
    prompt="""
    Somebody trained a perceptron with Rosenblatt's rule and kept only the log: the weights, with the bias
    as the last column, before the first example and after each one. The examples are lost. Or are they?

    After each example the rule added `learning_rate * error * inputs` to the weights and
    `learning_rate * error` to the bias, where the error is the target minus the decision.
    Recover for each step the error, and the inputs wherever the log tells them.
    """,
    hints=[
        "`np.diff(log, axis=0)` is what each step changed.",
        "The bias is the weight of an input that is always `1`. What did its column change by?",
        "Where the error is zero nothing changed, whatever the inputs were: those rows stay `nan`.",
    ],
    equivalent={
        "inputs[learned] = changes[learned, :-1] / errors[learned, np.newaxis] -> "
        "inputs[learned] = changes[learned, :-1] * errors[learned, np.newaxis]": "the error is 1 or -1 there",
    },
)
def read_log(log, learning_rate):
    """Return (errors, inputs): arrays of shape (steps,) and (steps, features).

    The log has shape (steps + 1, features + 1). An error is -1, 0 or 1. A row of inputs that cannot be
    known is all np.nan.
    """
    changes = np.diff(log, axis=0) / learning_rate
    errors = np.round(changes[:, -1])
    inputs = np.full((len(changes), log.shape[1] - 1), np.nan)
    learned = errors != 0
    inputs[learned] = changes[learned, :-1] / errors[learned, np.newaxis]
    return errors, inputs


def _log(rng, features, errors, learning_rate):
    rows = [rng.normal(size=features + 1).round(1)]
    for error in errors:
        inputs = np.append(rng.integers(-3, 4, size=features), 1)
        rows.append(rows[-1] + learning_rate * error * inputs)
    return np.array(rows)


@read_log.cases
def _(rng):
    yield np.array([[0.0, 0.0], [2.0, 1.0]]), 1.0
    yield np.array([[1.0, 1.0, 0.0], [1.0, 1.0, -0.5], [1.0, 1.0, -0.5]]), 0.5  # a lesson from zeros
    for features, errors, rate in ((1, (-1, 0, 1), 0.5), (2, (1, 0, -1, -1), 0.25), (3, (0, 1, -1), 2.0)):
        yield _log(rng, features, errors, rate), rate


@read_log.mistake("The error's sign is still in the inputs: after an error of -1 the rule *subtracted* them.")
def _(log, learning_rate):
    errors, inputs = read_log.solution(log, learning_rate)
    return errors, inputs * errors[:, np.newaxis]


@read_log.mistake("The learning rate scaled every step. Take it out again.")
def _(log, learning_rate):
    changes = np.diff(log, axis=0)
    errors = changes[:, -1]
    inputs = np.full((len(changes), log.shape[1] - 1), np.nan)
    learned = errors != 0
    inputs[learned] = changes[learned, :-1]
    return errors, inputs


@read_log.mistake("A step that changed no weight but the bias was a lesson too: its inputs were zeros.")
def _(log, learning_rate):
    errors, inputs = read_log.solution(log, learning_rate)
    silent = (np.diff(log, axis=0)[:, :-1] == 0).all(axis=1)
    inputs[silent] = np.nan
    return np.where(silent, 0, errors), inputs


@read_log.mistake("Where nothing changed the inputs are not zeros but unknown: np.nan.")
def _(log, learning_rate):
    errors, inputs = read_log.solution(log, learning_rate)
    return errors, np.nan_to_num(inputs)


@read_log.mistake(
    "The error is read from a weight here. Its change has the input in it as well: which column is the bias?"
)
def _(log, learning_rate):
    changes = np.diff(log, axis=0) / learning_rate
    errors = np.sign(changes[:, 0])
    with np.errstate(all="ignore"):
        return errors, changes[:, :-1] / errors[:, np.newaxis]


@read_log.mistake("The last column is the bias. It tells the error and is no input.")
def _(log, learning_rate):
    changes = np.diff(log, axis=0) / learning_rate
    with np.errstate(all="ignore"):
        return np.round(changes[:, -1]), changes / np.round(changes[:, -1:])


@exercise(
    "perceptron.smallest_nudge",
    points=3,
    title="The smallest change of mind",
    section="perceptron.md#the-weights-are-an-arrow",
    prompt="""
    One evening you decided wrongly, and you want weights for which that evening lies exactly *on* the line,
    with a sum of zero. Many changes of the weights and the bias do that. Find the smallest one: the one
    with the least sum of squares over all weights *and* the bias.

    Compare it with Rosenblatt's rule when you have it. He knew what he was doing.
    """,
    hints=[
        "Write the bias as one more weight, of an input that is always `1`. Now one arrow changes.",
        "To change a sum `w @ x` by a given amount with the shortest step, go along `x`. How far?",
        "A step of `t * x` changes the sum by `t` times the sum of squares of `x`, the `1` included.",
    ],
)
def smallest_nudge(weights, bias, inputs):
    """Return the new (weights, bias), nearest to the old ones, with weights @ inputs + bias equal to zero.

    The weights and the inputs have shape (features,). The arrays that come in stay as they are.
    """
    step = (weights @ inputs + bias) / (inputs @ inputs + 1)
    return weights - step * inputs, bias - step


@smallest_nudge.cases
def _(rng):
    yield np.array([1.0]), 1.0, np.array([2.0])
    yield np.array([1.0, -1.0]), 0.5, np.array([0.0, 0.0])
    for features in (1, 2, 4):
        yield rng.normal(size=features).round(1), round(rng.normal(), 1), rng.normal(size=features).round(1)


@smallest_nudge.mistake("The sum gets twice as large instead of zero. Which way does the step go?")
def _(weights, bias, inputs):
    step = (weights @ inputs + bias) / (inputs @ inputs + 1)
    return weights + step * inputs, bias + step


@smallest_nudge.mistake("This leaves the bias alone. Moving it too makes the whole change smaller.")
def _(weights, bias, inputs):
    square = inputs @ inputs
    return weights - (weights @ inputs + bias) / (square or 1) * inputs, bias


@smallest_nudge.mistake("This moves the bias alone. Sharing the change with the weights makes it smaller.")
def _(weights, bias, inputs):
    return weights, bias - (weights @ inputs + bias)


@smallest_nudge.mistake("The bias has an input too, a constant 1. It belongs in the sum of squares.")
def _(weights, bias, inputs):
    step = (weights @ inputs + bias) / (inputs @ inputs or 1)
    return weights - step * inputs, bias - step


@smallest_nudge.mistake("Divide by the sum of squares, not by its root: check the new sum with numbers.")
def _(weights, bias, inputs):
    step = (weights @ inputs + bias) / np.sqrt(inputs @ inputs + 1)
    return weights - step * inputs, bias - step


@smallest_nudge.mistake("This is Rosenblatt's step. Its direction is right; how far is it to a sum of zero?")
def _(weights, bias, inputs):
    error = -1 if weights @ inputs + bias > 0 else 1
    return weights + error * inputs, bias + error


@smallest_nudge.mistake("The bias is missing from the sum that should become zero.")
def _(weights, bias, inputs):
    step = (weights @ inputs) / (inputs @ inputs + 1)
    return weights - step * inputs, bias - step


@smallest_nudge.mistake("This is half of the way: the sum is halved and not zero.")
def _(weights, bias, inputs):
    step = (weights @ inputs + bias) / (inputs @ inputs + 1) / 2
    return weights - step * inputs, bias - step


@smallest_nudge.mistake("Divide by the sum of the squared inputs and of the 1, not by how many there are.")
def _(weights, bias, inputs):
    step = (weights @ inputs + bias) / (len(inputs) + 1)
    return weights - step * inputs, bias - step


@smallest_nudge.mistake("That is the change alone. The weights and the bias after it are asked for.")
def _(weights, bias, inputs):
    step = (weights @ inputs + bias) / (inputs @ inputs + 1)
    return -step * inputs, -step


why_not_xor = free_text(
    "perceptron.why_not_xor",
    title="Why no single perceptron computes XOR",
    section="perceptron.md#what-no-perceptron-can-learn",
    prompt="""
    XOR says `1` when exactly one of its two inputs is `1`. Show that no weights $w_1$, $w_2$ and no bias $b$
    let one perceptron compute it. Write the four conditions, and lead them to a contradiction. Then say
    in one sentence what the contradiction means in a picture of the four points.
    """,
    rubric=[
        ("conditions", 1, "Writes all four inequalities, each with the right direction."),
        ("contradiction", 1, "Combines them to a contradiction that holds for all weights."),
        (
            "picture",
            1,
            "Says that no straight line has (0,1) and (1,0) on one side and the others on the other.",
        ),
    ],
    model_answer="""
    The four cases demand $b \\le 0$, $w_1 + b > 0$, $w_2 + b > 0$ and $w_1 + w_2 + b \\le 0$. Adding the two
    in the middle gives $w_1 + w_2 + 2b > 0$, so $w_1 + w_2 + b > -b \\ge 0$, which the last one forbids.
    In the picture: no straight line has the two opposite corners (0, 1) and (1, 0) on one side and the
    other two corners on the other.
    """,
    hints=[
        "For each of the four inputs, write what `w1 * x1 + w2 * x2 + b` has to be: above zero or not.",
        "Add the two conditions that say yes. Compare with the sum of the two that say no.",
    ],
)
