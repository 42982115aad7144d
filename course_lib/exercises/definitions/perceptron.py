"""The perceptron: weights and bias as decisions."""

import numpy as np

from course_lib.exercises.definition import call, exercise, free_text, read


@exercise(
    "perceptron.two_forms",
    points=1,
    title="A threshold is a bias in disguise",
    prompt="""
    A concert perceptron says yes when `weights @ answers > threshold`. Another one says yes when
    `weights @ answers + bias > 0`. They can be the same machine. Write both translations.
    """,
    hints=[
        "Put the two conditions one above the other. What gets a zero on the right of the first?",
        "Subtracting the threshold on both sides gives the second form. Which number is now the bias?",
    ],
)
def to_bias(weights, threshold):
    """Return (weights, bias) of the perceptron with a bias that decides alike."""
    return weights, -threshold


@to_bias.also
def to_threshold(weights, bias):
    """Return (weights, threshold) of the perceptron with a threshold that decides alike."""
    return weights, -bias


@to_bias.cases
def _(rng):
    for features in (1, 3):
        weights = rng.normal(size=features).round(1)
        threshold = round(rng.uniform(0.5, 2), 1)
        yield [call("to_bias", weights, threshold)]
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


@to_bias.mistake("The weights should stay as they are. Only one side of the inequality has to move.")
def _(weights, threshold):
    return -weights, -threshold


@exercise(
    "perceptron.careful_learner",
    points=3,
    title="A learner that wants to be sure",
    prompt="""
    Rosenblatt's perceptron stops learning from an example as soon as the answer is right, however
    narrowly. A *careful* perceptron goes on until the answer is right by a distance.

    Give each class a direction: +1 when the target is 1, and -1 when it is 0. Multiply the score by that
    direction. The careful perceptron learns from an example whenever this product is not larger than its
    `margin`: it adds `learning_rate * direction * inputs` to the weights and `learning_rate * direction`
    to the bias.
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
    yield [call("CarefulPerceptron", 2, 0.5, 1.0), read("0.weights"), read("0.bias")]
    # A score that is exactly the margin: "not larger" means that this is still a lesson.
    yield [
        call("CarefulPerceptron", 1, 1.0, 2.0),
        call("0.learn", np.array([1.0]), 1),
        call("0.learn", np.array([1.0]), 1),
        read("0.weights"),
        read("0.bias"),
    ]
    for features, margin in ((1, 0.0), (2, 0.5), (3, 2.0)):
        steps = [call("CarefulPerceptron", features, round(rng.uniform(0.2, 1.5), 1), margin)]
        for target in (1, 0, 1, 1, 0, 0):
            inputs = (rng.normal(size=features) + target).round(1)
            steps += [call("0.learn", inputs, target), call("0.score", inputs)]
        yield [*steps, read("0.weights"), read("0.bias")]


@CarefulPerceptron.mistake("The bias learns too: it is the weight of an input that is always 1.")
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


why_not_xor = free_text(
    "perceptron.why_not_xor",
    title="Why no single perceptron computes XOR",
    prompt="""
    XOR says 1 when exactly one of its two inputs is 1. Show that no weights $w_1$, $w_2$ and no bias $b$
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
