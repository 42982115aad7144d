# ruff: noqa: E501 - tables, one line each
"""What is made of what happened: each kind of outcome beside each kind of expectation, with its words."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from course_lib.exercises import verdicts
from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Opaque
from course_lib.exercises.questions import Case, KnownMistake, Question
from course_lib.exercises.running import Call, Outcome, Raised, Returned, Run, TooSlow, call, read
from course_lib.exercises.verdicts import judge, known_mistake, parameter_name, parameter_names, problem

NO_PATH = (
    "The value is None. A tape gives None where no way leads, inside the tape and by TensorFlow's functions "
    "alone, from what it watches to what it is asked about. A function that ends without a `return` gives None as "
    "well."
)
LOOP = "It did not come back in time. Is there a loop that never ends?"


def asks(
    *expected: Outcome,
    calls: tuple[Call, ...] | None = None,
    comparison: Comparison | None = None,
    **more: Any,
) -> Question:
    """Return a question of one case whose calls are expected to end so."""
    steps = calls or tuple(call("f", place, 7) for place in range(len(expected)))
    return Question(
        "test.f", "F", 1, ("f",), ("f(first, second)",), comparison=comparison or Comparison("close"),
        cases=(Case(steps, expected),), **more,
    )  # fmt: skip


def said(question: Question, *outcomes: Outcome) -> str | None:
    return problem(question, question.cases[0], Run(outcomes))


OTHER = "The value is not the expected one."
INDEX, VALUE = Raised("IndexError"), Raised("ValueError", "no", "x = 1", 3, ("Exception",))
ROWS: list[tuple[tuple[Outcome, ...], tuple[Outcome, ...], str | None]] = [
    ((Returned(1),), (Returned(1),), None),
    ((Returned(1),), (Returned(2),), OTHER),
    ((Returned(1),), (TooSlow(),), LOOP),
    ((VALUE,), (TooSlow(),), LOOP),
    ((VALUE,), (VALUE,), None),
    ((Raised("Exception"),), (VALUE,), None),
    ((VALUE,), (Raised("Exception"),), "A ValueError should be raised here; yours is an Exception."),
    ((INDEX,), (VALUE,), "An IndexError should be raised here; yours is a ValueError."),
    ((INDEX,), (Returned(1),), "An IndexError should be raised here, and none was."),
    ((VALUE,), (Returned(1),), "A ValueError should be raised here, and none was."),
    ((Returned(1),), (VALUE,), "ValueError: no."),
    ((Returned(1),), (Raised("Odd", "why?"),), "Odd: why?"),
    ((Returned(1),), (Raised("Odd", "Why!"),), "Odd: Why!"),
    ((Returned(1),), (Raised("Odd", "So."),), "Odd: So."),
    ((Returned(1),), (Raised("Odd"),), "Odd."),
    ((Returned(1), Returned(2)), (Returned(1),), "It did not come back in time."),
    ((Returned(1), Returned(2)), (Returned(1), Returned(2)), None),
    ((Returned(1), Returned(2)), (Returned(1), Returned(3)), OTHER),
    ((VALUE, Returned(2)), (VALUE, Returned(3)), OTHER),
    ((VALUE, Returned(2)), (VALUE, Returned(2)), None),
    ((Returned(1, {0: 5}),), (Returned(1, {0: 5.0}),), None),
    (
        (Returned(1),),
        (Returned(1, {1: 5}),),
        "Your code changed its argument `second` in place. Whoever called it still needs the old one.",
    ),
    (
        (Returned(1),),
        (Returned(1, {2: 5}),),
        "Your code changed its argument in place. Whoever called it still needs the old one.",
    ),
    (
        (Returned(1, {0: 5}),),
        (Returned(1),),
        "The argument `first` should be changed in place, and it was not.",
    ),
    (
        (Returned(1, {0: 5}),),
        (Returned(1, {0: 6}),),
        "The argument `first` was changed in place to another value than expected.",
    ),
    (
        (Returned(1, {1: 5}),),
        (Returned(1, {0: 6}),),
        "Your code changed its argument `first` in place. Whoever called it still needs the old one.",
    ),
    (
        (Returned(1),),
        (Returned(None),),
        "The value is None. A function gives None where it ends without a `return`, and so do `print` and `list.sort`.",
    ),
]


@pytest.mark.parametrize(("expected", "got", "sentence"), ROWS, ids=map(str, range(len(ROWS))))
def test_what_is_wrong_with_a_case(
    expected: tuple[Outcome, ...], got: tuple[Outcome, ...], sentence: str | None
) -> None:
    question = asks(*expected)
    assert said(question, *got) == sentence
    judgement = judge(question, [Run(got)])
    if sentence is None:
        assert (judgement.outcome, judgement.sentence, judgement.share) == ("right", "", 1.0)
        assert (judgement.case, judgement.right, judgement.is_general) == (None, (True,), False)
        return
    assert judgement.share == 0
    assert (judgement.case, judgement.right, judgement.mistake) == (0, (False,), None)
    last = got[-1]
    wanted = expected[len(got) - 1]
    if isinstance(last, TooSlow):
        assert judgement.outcome == "too slow"
    elif isinstance(last, Raised) and not isinstance(wanted, Raised):
        assert judgement.outcome == "raised"
    else:
        assert judgement.outcome == "wrong"
    assert judgement.sentence


def test_none_is_explained_by_what_it_is_here() -> None:
    assert said(asks(Returned(1), packages=("tensorflow",)), Returned(None)) == NO_PATH
    answer = "The value is None. That is an answer of this exercise, but not in this case."
    question = asks(Returned(1), packages=("tensorflow",))
    for value in (None, [1, None], (None, 2)):
        other = Case((call("f", 1),), (Returned(value),))
        assert said(replace(question, cases=(*question.cases, other)), Returned(None)) == answer
    for value in (1, [1, [None]], "None"):
        other = Case((call("f", 1),), (Returned(value),))
        assert said(replace(question, cases=(*question.cases, other)), Returned(None)) == NO_PATH


@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        (
            call("0.fit", 1),
            Raised("TypeError", "x is not callable"),
            "The exercise calls the method `fit`. In your object, `fit` is a value.",
        ),
        (
            call("0.fit", 1),
            Raised("AttributeError", "no fit"),
            "The exercise calls the method `fit`, which your class does not have.",
        ),
        (
            read("0.weights"),
            Raised("AttributeError", "no"),
            "The exercise reads `weights` of your object: keep it under this name.",
        ),
        (
            call("0.__call__", 1),
            Raised("AttributeError", "no"),
            "The exercise calls what came back, and that is no function.",
        ),
        (call("0.fit", 1), Raised("AttributeError", "no fit", "self.fit()", 3), None),
        (call("fit", 1), Raised("AttributeError", "no fit"), None),
        (call("0.fit", 1), Raised("KeyError", "x is not callable"), None),
        (call("0.fit", 1), Raised("TypeError", "other"), None),
    ],
)
def test_what_the_exercise_asks_an_object_for(step: Call, error: Raised, words: str | None) -> None:
    question = asks(Returned(Opaque("Model")), Returned(1), calls=(call("Model"), step))
    told = said(question, Returned(Opaque("Model")), error)
    assert told is not None
    assert told.startswith(f"{error.kind}: {error.message}.")
    assert ("The exercise" in told) is (words is not None)
    assert told.endswith(words or "")


def test_parameters_by_their_names() -> None:
    question = asks(Returned(1))
    assert parameter_names(question, "f", 3) == ["first", "second", ""]
    assert parameter_names(question, "g", 2) == ["", ""]
    assert [parameter_name(question, "f", place) for place in range(3)] == [" `first`", " `second`", ""]


def test_a_tolerance_holds_for_arguments_and_mistakes_too() -> None:
    for options, fine in (({}, False), ({"rtol": 1e-3}, True), ({"atol": 1e-2}, True)):
        question = asks(Returned(1, {0: 5.0}), comparison=Comparison("close", **options))
        assert (said(question, Returned(1, {0: 5.001})) is None) is fine
        mistake = KnownMistake("So.", ((Returned(7.0, {0: 5.0}),),))
        made = replace(question, mistakes=(mistake,))
        for got in (Returned(7.001, {0: 5.0}), Returned(7.0, {0: 5.001})):
            assert (known_mistake(made, [Run((got,))]) is mistake) is fine


# Several cases ---------------------------------------------------------------------------------------------------


def three(**more: Any) -> Question:
    cases = tuple(Case((call("f", place, 7),), (Returned(place),)) for place in (1, 2, 3))
    return replace(asks(Returned(0)), cases=cases, **more)


def runs(*values: Any) -> list[Run]:
    return [Run((value if isinstance(value, Raised | TooSlow) else Returned(value),)) for value in values]


def test_what_was_not_reached_is_not_right() -> None:
    question = three()
    assert judge(question, runs(1, 2, 3)).share == 1
    early = judge(question, runs(1, 2))
    assert (early.outcome, early.sentence, early.share) == ("too slow", "There was no time for all cases.", 0)
    assert (early.right, early.case) == ((True, True), None)
    assert judge(question, []).outcome == "too slow"
    empty = judge(question, [Run(())])
    assert (empty.outcome, empty.case, empty.share) == ("too slow", 0, 0)
    second = judge(question, runs(1, 7, 9))
    assert (second.outcome, second.case, second.right) == ("wrong", 1, (True, False, False))
    stops = judge(question, runs(1, Raised("KeyError", "k"), 9))
    assert (stops.outcome, stops.case) == ("raised", 1)


def test_a_known_mistake_explains_every_case_and_is_worth_what_it_is_worth() -> None:
    first = KnownMistake("Other.", ((Returned(4),), (Returned(5),), (Returned(9),)))
    half = KnownMistake("Off by three.", ((Returned(4),), None, (Returned(6),)), worth=0.25)
    question = three(mistakes=(first, half))
    told = judge(question, runs(4, 2, 6))
    assert (told.outcome, told.sentence, told.share, told.case) == ("wrong", "Off by three.", 0.25, 0)
    assert told.mistake is half
    assert told.right == (False, True, False)
    assert not told.is_general
    assert judge(question, runs(4, 5, 9)).mistake is first
    assert judge(question, runs(4, 2, 7)).mistake is None
    assert judge(question, runs(4, 7, 6)).mistake is None
    error = Raised("KeyError", "k", parents=("LookupError",))
    for wanted, fits in (
        (error, True),
        (Raised("LookupError"), True),
        (Raised("ValueError"), False),
        (TooSlow(), False),
        (Returned(4), False),
    ):
        raises = three(mistakes=(KnownMistake("Stops.", ((wanted,), None, None)),))
        assert (judge(raises, runs(error, 2, 3)).sentence == "Stops.") is fits
    slow = three(mistakes=(KnownMistake("Loops.", ((TooSlow(),), None, None)),))
    assert judge(slow, runs(TooSlow("while", 3), 2, 3)).sentence == "Loops."
    assert judge(slow, runs(4, 2, 3)).mistake is None
    changes = three(mistakes=(KnownMistake("Changes.", ((Returned(4, {0: 1}),), None, None)),))
    assert judge(changes, [Run((Returned(4, {0: 1}),)), *runs(2, 3)]).sentence == "Changes."
    for other in (Returned(4), Returned(4, {1: 1}), Returned(4, {0: 2}), Returned(5, {0: 1})):
        assert judge(changes, [Run((other,)), *runs(2, 3)]).mistake is None


def test_a_mistake_may_be_a_property() -> None:
    mistake = KnownMistake("In another order.", (None,), Comparison("same_members"))
    question = replace(asks(Returned([1, 2])), mistakes=(mistake,))
    assert judge(question, runs([2, 1])).mistake is mistake
    assert judge(question, runs([2, 3])).mistake is None
    assert judge(question, [Run((Raised("KeyError"),))]).mistake is None
    members = asks(Returned([1, 2]), comparison=Comparison("same_members"))
    alike = replace(members, mistakes=(KnownMistake("Twice.", ((Returned([2, 4]),),)),))
    assert judge(alike, runs([4, 2])).sentence == "Twice."
    assert judge(alike, [Run((Raised("KeyError"),))]).mistake is None
    shards = asks(Returned([[0], [1]]), comparison=Comparison("balanced_shards"), calls=(call("f", 2, 2),))
    known = replace(shards, mistakes=(KnownMistake("Twice.", ((Returned([[0], [0]]),),)),))
    assert judge(known, runs([[0], [0]])).sentence == "Twice."
    assert judge(known, runs([[1], [1]])).mistake is None


def test_what_is_ignored_is_ignored_in_mistakes_too() -> None:
    calls = (call("make"), call("f", 1, 7))
    question = asks(Returned(1), Returned(2), calls=calls, comparison=Comparison("close", ignore=["make"]))
    made = replace(question, mistakes=(KnownMistake("So.", ((Returned(1), Returned(5)),)),))
    assert judge(made, [Run((Returned(9), Returned(5)))]).sentence == "So."
    assert judge(made, [Run((Returned(9), Returned(6)))]).mistake is None
    assert judge(made, [Run((Returned(9),))]).mistake is None


def test_the_cause_is_told_first_and_else_the_smallest_case(monkeypatch: pytest.MonkeyPatch) -> None:
    question = three()
    monkeypatch.setattr(verdicts, "explanation", lambda *rest: "All of it is odd.")
    told = judge(question, runs(1, 9, 4))
    assert (told.sentence, told.is_general) == ("All of it is odd.", False)
    monkeypatch.setattr(verdicts, "explanation", lambda *rest: None)
    monkeypatch.setattr(verdicts, "share_that_is_right", lambda question, runs, right: f"Right: {right}.")
    told = judge(question, runs(1, 9, 4))
    assert (told.sentence, told.is_general) == (f"{OTHER} Right: [True, False, False].", True)

    def fails(*rest: Any) -> str:
        np.float64(1) / np.float64(0)  # which would be an error here, were warnings not left aside
        raise ZeroDivisionError

    monkeypatch.setattr(verdicts, "explanation", fails)
    assert judge(question, runs(1, 9, 4)).is_general
    asked: list[int] = []
    monkeypatch.setattr(verdicts, "explanation", lambda *rest: asked.append(1) or "Told.")
    for count, told_of in ((verdicts.MOST_EXPLAINED - 2, True), (verdicts.MOST_EXPLAINED - 1, False)):
        assert (judge(question, runs(1, [5] * count, 4)).sentence == "Told.") is told_of
    assert judge(question, runs(1, Raised("KeyError"), 4)).sentence == "Told."
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("expected", "got", "warned", "told"),
    [
        (1.0, np.nan, "divided by zero in line 3", True),
        (np.ones(2), np.array([1.0, np.inf]), "divided by zero in line 3", True),
        ([1.0, 2.0], [1.0, np.nan], "divided by zero in line 3", True),
        (1.0, 2.0, "divided by zero in line 3", False),
        (np.inf, np.nan, "divided by zero in line 3", False),
        ("a", "b", "divided by zero in line 3", False),
        (1.0, np.nan, "", False),
        (1.0, Raised("KeyError", "k"), "divided by zero in line 3", False),
        (Raised("KeyError"), np.nan, "divided by zero in line 3", False),
    ],
)
def test_what_numpy_said_is_told_where_it_made_no_number(
    expected: Any, got: Any, warned: str, told: bool
) -> None:
    outcomes = [one if isinstance(one, Raised) else Returned(one) for one in (expected, got)]
    sentence = judge(asks(outcomes[0]), [Run((outcomes[1],), warned=warned)]).sentence
    assert sentence.endswith(f" NumPy said while your code ran: {warned}.") is told
