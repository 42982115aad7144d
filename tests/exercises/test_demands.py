"""What a prompt demands of the code itself is looked for, wherever a person may have put it."""

import linecache
import re
from dataclasses import replace
from typing import Any

import pytest

from course_lib.exercises.demands import Refusal, refusal, with_refusal
from course_lib.exercises.questions import Question, named, names
from course_lib.exercises.verdicts import OUTCOMES, RIGHT, WRONG, Judgement

GATES = named("perceptron.xor_from_gates")
LOOP = replace(named("training_loops.tape_loop"), defines=("answer",))
CURVED = replace(named("optimizers.curvature_along"), defines=("answer",))


def typed(source: str, **known: Any) -> dict[str, Any]:
    """Return the names of a notebook in which a cell was run."""
    place = f"<cell {hash(source)}>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    namespace: dict[str, Any] = {"__name__": "__main__", **known}
    exec(compile(source, place, "exec"), namespace)
    return namespace


def told_of(question: Question, namespace: dict[str, Any]) -> str:
    return refusal(question.forbidden, question.demands, question.defines, namespace).sentence


@pytest.mark.parametrize(
    ("question", "source"),
    [
        (LOOP, "def answer():\n    import tensorflow as tf\n    return tf.GradientTape()"),
        (LOOP, "def answer():\n    from tensorflow import GradientTape as Tape\n    return Tape()"),
        (LOOP, "def helper():\n    import tensorflow as tf\n    return tf.GradientTape()\n"
               "def answer():\n    return helper()"),
        (LOOP, "class Loop:\n    def tape(self):\n        import tensorflow\n"
               "        return tensorflow.GradientTape()\ndef answer():\n    return Loop().tape()"),
        (CURVED, "def answer(outer):\n    import tensorflow as tf\n    with tf.GradientTape() as outer:\n"
                 "        return outer.gradient(1, 2)"),
        (GATES, "def xor_from(gate, a, b):\n    '''Only calls.'''\n    c = gate(a, b)\n"
                "    return gate(gate(a, c), gate(b, c))"),
        (GATES, "def xor_from(gate, a, b):\n    def no(x):\n        return gate(x, x)\n"
                "    c = gate(a, b)\n    return no(gate(gate(no(a), no(b)), c))"),
        (GATES, "xor_from = lambda g, a, b: g(g(a, g(a, b)), g(b, g(a, b)))"),
        (GATES, "def xor_from(g, a, b):\n    return (lambda c: g(g(a, c), g(c, b)))(g(a, b))"),
        (GATES, "def xor_from(g, a, b):\n    with_a = lambda f: lambda c: f(f(a, c), f(c, b))\n"
                "    return with_a(g)(g(a, b))"),
    ],
)  # fmt: skip
def test_a_demand_that_is_met_is_seen_however_it_is_met(question: Question, source: str) -> None:
    assert told_of(question, typed(source)) == ""


@pytest.mark.parametrize(
    ("question", "source", "told"),
    [
        (LOOP, "def answer():\n    return 'GradientTape'  # GradientTape", "with `GradientTape`"),
        (CURVED, "def answer():\n    import tensorflow as tf\n    with tf.GradientTape() as tape:\n"
                 "        return tape.jacobian(1, 2)", "without `jacobian`"),
        (GATES, "def xor_from(gate, a, b):\n    return gate(a, b) if a != b else a", "an `if`"),
        (GATES, "def xor_from(gate, a, b):\n    return [gate(a, a), b][a == b]", "an entry taken"),
        (GATES, "import operator\ndef xor_from(g, a, b):\n    return operator.xor(a, b)", "`operator.xor`"),
        (GATES, "def helper(a, b):\n    return a ^ b\ndef xor_from(gate, a, b):\n    return helper(a, b)",
         "an operator between"),
        (GATES, "def xor_from(gate, a, b):\n    return str(gate(a, b))", "your code calls `str`"),
    ],
)  # fmt: skip
def test_a_demand_that_is_not_met_is_named(question: Question, source: str, told: str) -> None:
    assert told in told_of(question, typed(source))


def test_nobody_is_called_wrong_whose_source_cannot_be_had() -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("def answer(): return 5", namespace)
    assert told_of(LOOP, namespace) == ""


def test_one_of_two_answers_without_a_source_is_enough_to_call_nobody_wrong() -> None:
    namespace = typed("def answer():\n    return 5")
    exec("def other(): return 5", namespace)
    assert refusal((), ("uses numpy",), ("answer",), namespace).sentence
    assert refusal((), ("uses numpy",), ("answer", "other"), namespace) == Refusal()


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("outright", [True, False])
def test_what_is_refused_is_never_right_and_what_is_not_stays_as_it_is(outcome: str, outright: bool) -> None:
    judgement = Judgement(outcome, "As it was.", share=1.0)
    assert with_refusal(judgement, Refusal("", outright)) is judgement
    told = with_refusal(judgement, Refusal("This uses `x`.", outright))
    if outright or outcome == RIGHT:
        said = "This uses `x`." if outright else "The values are right. But this uses `x`."
        assert (told.outcome, told.sentence, told.share, told.mistake) == (WRONG, said, 0.0, None)
    else:
        assert told is judgement


def test_demands_are_of_a_known_kind() -> None:
    for name in names():
        for demand in named(name).demands:
            assert re.fullmatch(r"only calls|(uses|without) \w+", demand), name
