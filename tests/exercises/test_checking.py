"""What a learner sees: one of six outcomes, within a second, whatever the notebook went through."""

import contextlib
import linecache
import logging
import signal
import subprocess
import sys
import textwrap
import threading
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from course_lib.exercises import checking, questions
from course_lib.exercises.checking import examine
from course_lib.exercises.pages import progress_page, report_page
from course_lib.exercises.running import Returned, TooSlowError, is_blank, perform, time_limit
from course_lib.exercises.verdicts import BLANK, OUTCOMES, RAISED, RIGHT, SLOW, SO_FAR, WRITTEN, WRONG
from course_lib.workshop.exercises.definition import call, exercise, load_exercises, read


@exercise("trial.scale", points=2, title="Scale", prompt="p", hints=["one", "two"])
def scale(values, factor):
    """Return the values times the factor."""
    return values * factor


@scale.cases
def _(rng):
    yield np.array([1.0, 2.0]), 3.0
    yield rng.normal(size=3).round(2), 0.5


@scale.mistake("Times, not plus.")
def _(values, factor):
    return values + factor


@exercise("trial.counter", points=3, title="Counter", prompt="p")
class Counter:
    """Counts."""

    def __init__(self, start):
        """Begin somewhere."""
        self.total = start

    def add(self, number):
        """Add, and return the total."""
        self.total += number
        return self.total

    def reset(self):
        """Go back to zero."""
        self.total = 0


@Counter.cases
def _(rng):
    yield [call("Counter", 4), read("0.total")]
    yield [call("Counter", 1), call("0.add", 2), call("0.add", 3), read("0.total")]
    yield [call("Counter", 1), call("0.reset"), call("0.add", 3)]


SCALE = scale.public_question()
COUNTER = Counter.public_question()


def names(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"np": np, "__name__": "__main__"}
    source = textwrap.dedent(source)
    # As IPython does, so that a traceback finds the line.
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    exec(compile(source, "<cell>", "exec"), namespace)
    return namespace


def outcome(question: questions.Question, source: str) -> tuple[str, str]:
    judgement = examine(question, names(source)).judgement
    return judgement.outcome, judgement.sentence


def test_right() -> None:
    assert outcome(SCALE, "def scale(values, factor): return factor * values")[0] == RIGHT


@pytest.mark.parametrize(
    "body", ["...", "pass", "'doc'\n    ...", "raise NotImplementedError", "return", "return None"]
)
def test_a_stub_in_any_form_is_not_attempted(body: str) -> None:
    assert outcome(SCALE, f"def scale(values, factor):\n    {body}")[0] == BLANK


@pytest.mark.parametrize(
    "body", ["return 'text'", "return 0", "return ...", "return values", "'doc'\n    return 'text'"]
)
def test_a_short_answer_is_an_attempt(body: str) -> None:
    assert outcome(SCALE, f"def scale(values, factor):\n    {body}")[0] == WRONG


def test_missing_is_not_attempted_and_says_so() -> None:
    assert outcome(SCALE, "") == (BLANK, "I see no `scale` yet. Has the cell been run?")


def test_wrong_shows_the_smallest_case_and_names_the_mistake() -> None:
    report = examine(SCALE, names("def scale(values, factor): return values + factor"))
    page = report_page(report)
    assert report.judgement.outcome == WRONG
    assert "Times, not plus." in page.text
    assert "scale(values=np.array([1.0, 2.0]), factor=3.0)" in page.text
    assert "expected  np.array([3.0, 6.0])" in page.text
    assert "got       np.array([4.0, 5.0])" in page.text
    assert "Times, not plus." in page.html


def test_raised_shows_the_learners_own_line() -> None:
    source = "def helper(v):\n    return v.no_such\ndef scale(values, factor):\n    return helper(values)"
    report = examine(SCALE, names(source))
    assert report.judgement.outcome == RAISED
    assert "AttributeError" in report_page(report).text
    assert "in line 2: return v.no_such" in report_page(report).text


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n        try: x = 1\n        except: pass",
        "import time; time.sleep(3600)",
        "return (x for x in iter(int, 1))",
    ],
)
def test_too_slow_comes_back_in_time(body: str) -> None:
    # None of these comes back by itself.
    assert outcome(SCALE, f"def scale(values, factor):\n    {body}")[0] in (SLOW, RAISED)


def test_a_busy_machine_calls_nobody_slow() -> None:
    # One that gives the learner a part of the processor only lets the time go by: so does sleep.
    waits = "def scale(values, factor):\n    import time; time.sleep(0.4)\n    return values * factor"
    assert outcome(replace(SCALE, seconds=0.5), waits)[0] == RIGHT


def test_a_clock_that_rings_at_once_is_put_away_all_the_same() -> None:
    # On a busy machine it may ring while it is being set, or while it is put away.
    handler = signal.getsignal(signal.SIGALRM)
    for number in range(5000):
        with contextlib.suppress(TooSlowError), time_limit(1e-6 * (1 + number % 40)):
            sum(range(number % 300))
        assert signal.getsignal(signal.SIGALRM) is handler
        assert signal.getitimer(signal.ITIMER_REAL)[1] == 0  # a clock of ours rings again and again


def test_too_slow_in_a_thread_too() -> None:
    # Where there are no signals, as on Windows, a second thread rings.
    seen: list[str] = []

    def loop() -> None:
        try:
            with time_limit(0.2):
                while True:
                    pass
        except TooSlowError:
            seen.append("rang")

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    thread.join(30)
    assert seen == ["rang"]


THREADS_AND_A_DEBUGGER = """
import contextlib, sys, threading
from course_lib.exercises.running import TooSlowError, time_limit

def work():
    for number in range(300):
        with contextlib.suppress(TooSlowError), time_limit((number % 5) / 2000):
            sum(range(100 * (number % 50)))

thread = threading.Thread(target=work)
thread.start()
thread.join()
sys.settrace(lambda *event: None)
eval("1 + 1")
sys.settrace(None)
print("no clock is left")
"""


def test_clocks_in_a_thread_leave_nothing_that_a_debugger_waits_for() -> None:
    command = [sys.executable, "-c", THREADS_AND_A_DEBUGGER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("no clock is left\n", "")


def test_right_so_far_says_what_is_left() -> None:
    source = """
    class Counter:
        def __init__(self, start): self.total = start
        def add(self, number): ...
        def reset(self): ...
    """
    assert outcome(COUNTER, source) == (
        SO_FAR,
        "What you have written is right. Left: `Counter.add`, `Counter.reset`.",
    )


def test_what_is_left_may_stand_there_under_a_nearly_right_name() -> None:
    source = """
    def to_bais(weights, threshold): return weights, -threshold
    def to_threshold(weights, bias): return weights, -bias
    """
    kind, sentence = outcome(questions.named("perceptron.two_forms"), source)
    assert kind == SO_FAR
    assert "Left: `to_bias`. You defined `to_bais`: is it meant to be `to_bias`?" in sentence


def test_a_wrong_part_is_wrong_although_more_is_left() -> None:
    source = """
    class Counter:
        def __init__(self, start): self.total = 0
        def add(self, number): ...
        def reset(self): ...
    """
    assert outcome(COUNTER, source)[0] == WRONG


def test_a_class_with_state_is_right() -> None:
    source = """
    class Counter:
        def __init__(self, start): self.total = start
        def add(self, number):
            self.total = self.total + number
            return self.total
        def reset(self): self.total = 0
    """
    assert outcome(COUNTER, source)[0] == RIGHT


def test_changed_arguments_are_noticed() -> None:
    sentence = outcome(SCALE, "def scale(values, factor):\n    values *= factor\n    return values")[1]
    assert "changed its argument `values` in place" in sentence


def test_other_parameters_are_named() -> None:
    sentence = outcome(SCALE, "def scale(values): return values")[1]
    assert "`scale(values, factor)`" in sentence
    assert "`scale(values)`" in sentence


def test_a_function_that_was_overwritten_is_named() -> None:
    assert "no function" in outcome(SCALE, "scale = 5")[1]


def test_nothing_came_back() -> None:
    sentence = outcome(SCALE, "def scale(values, factor):\n    x = values * factor")[1]
    assert "return" in sentence


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("(values * factor).reshape(-1, 1)", "shape"),
        ("values * np.nan", "nan"),
        ("[1, [2]]", "rows"),
        ("print", "brackets"),
        ("object()", "object"),
        ("None if factor else 0", "The value is None"),
        ("{}", "dictionary"),
    ],
)
def test_what_is_wrong_is_said(answer: str, word: str) -> None:
    assert word in outcome(SCALE, f"def scale(values, factor): return {answer}")[1]


def test_lists_and_tuples_count_as_arrays() -> None:
    assert outcome(SCALE, "def scale(values, factor): return [v * factor for v in values]")[0] == RIGHT


@pytest.mark.parametrize(
    "source",
    [
        "from course_lib.perceptron import predict\ndef scale(values, factor):\n    return predict(values)",
        "import course_lib.perceptron as p\ndef scale(values, factor): return p.predict(values)",
        "def scale(values, factor):\n    from course_lib import cost\n    return cost.mean(values)",
        "import course_lib.cost as c\ndef h(v): return c.mean(v)\ndef scale(values, factor): return h(v)",
        "def scale(values, factor):\n    return __import__('course_lib.cost')",
        "from course_lib.perceptron import predict as scale",
    ],
)
def test_an_import_that_answers_is_named(source: str, tmp_path: Any) -> None:
    path = tmp_path / "cell.py"
    path.write_text(source)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, str(path), "exec"), namespace)
    judgement = examine(SCALE, namespace).judgement
    assert judgement.outcome == WRONG
    assert "course_lib" in judgement.sentence


def test_other_imports_are_welcome() -> None:
    assert (
        outcome(SCALE, "import math\ndef scale(values, factor): return values * math.floor(factor * 2) / 2")[
            0
        ]
        == RIGHT
    )


def test_prints_are_kept_apart_and_bounded() -> None:
    source = "def scale(values, factor):\n    for _ in range(10_000): print('noise')\n    return values"
    page = report_page(examine(SCALE, names(source)))
    assert "Your code printed:" in page.text
    assert len(page.text) < 3_000


def test_tensorflows_advice_on_tracing_is_kept_back_while_checking(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("tensorflow")

    def answer() -> int:
        log.warning("5 out of the last 5 calls to %s triggered tf.function retracing.", "step")
        log.warning("something else")
        return 1

    (outcome,) = perform([call("answer")], {"answer": answer}).outcomes
    assert isinstance(outcome, Returned)
    assert [record.getMessage() for record in caplog.records] == ["something else"]
    answer()
    assert len(caplog.records) == 3


def test_exit_does_not_end_the_notebook() -> None:
    assert outcome(SCALE, "def scale(values, factor): exit()")[0] == RAISED


def test_html_shows_no_markup_of_the_learner() -> None:
    source = "def scale(values, factor): return '<script>alert(1)</script>'"
    assert "<script>" not in report_page(examine(SCALE, names(source))).html


def test_free_text_waits_for_a_person() -> None:
    question = load_exercises()["perceptron.why_not_xor"].public_question()
    assert examine(question, {}).judgement.outcome == BLANK
    assert examine(question, {"why_not_xor": "\nWrite your answer here.\n"}).judgement.outcome == BLANK
    report = examine(question, {"why_not_xor": "two words"})
    assert report.judgement.outcome == WRITTEN, "nobody has read it yet, so it is not called right"
    assert "2 words" in report.judgement.sentence
    assert "marks 3 more" in progress_page([report]).text


def test_hints_come_one_by_one(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(questions._loaded, "trial.scale", SCALE)
    monkeypatch.setattr(checking, "_hints_given", {})
    again = "That was the last one; here they are again. Hint 1 of 2: one"
    for expected in ("Hint 1 of 2: one", "Hint 2 of 2: two", again, "Hint 2 of 2: two", again):
        checking.hint("trial.scale")
        assert capsys.readouterr().out.strip() == expected


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("perceptron",),
        ("nowhere",),
        (5,),
        (None,),
        (["perceptron.two_forms", "cost_functions.change_of_unit"],),
        ({"perceptron.two_forms": "two"},),
        ({"nowhere": 2},),
        (lambda weights: weights,),
        (np.zeros(3),),
    ],
)
def test_progress_never_raises(capsys: pytest.CaptureFixture[str], asked: tuple[Any, ...]) -> None:
    checking.progress(*asked)
    assert capsys.readouterr().out.strip()


class Refusing:
    """Raises whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    "asked", [[None], [5], [""], [[]], [{}], [("a",)], [np.zeros(2)], [len], [Refusing()]]
)
def test_check_and_hint_answer_whatever_they_are_asked(
    capsys: pytest.CaptureFixture[str], asked: list[Any]
) -> None:
    for function in (checking.check, checking.hint, checking.progress):
        function(*asked)
        assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    "answer",
    [
        "class Odd(BaseException): pass\ndef F(*given): raise Odd('x')",
        "def F(*given): raise GeneratorExit",
        "def F(*given): quit()",
        "def F(*given):\n    made = []\n    made.append(made)\n    return made",
        "def F(*given):\n    import sys\n    sys.stdout = None\n    return 1",
        "def F(*given):\n    while True: yield 1",
        "class O:\n    def __array__(self, *given, **named): raise ValueError\n"
        "    def __len__(self): raise ValueError\n    def __repr__(self): raise ValueError\n"
        "    def __eq__(self, other): raise ValueError\n    __hash__ = None\n"
        "def F(*given): return O()",
        "class O:\n    def __getattr__(self, name): raise RuntimeError(name)\n"
        "    def __call__(self, *given): return self\nF = O()",
        "class M(type):\n    def __getattribute__(self, name): raise RuntimeError(name)\n"
        "class F(metaclass=M): pass",
        "F = np.add",
        "from unittest.mock import MagicMock\nF = MagicMock()",
        "np.seterr(all='raise')\ndef F(*given): return np.full(3, 1e308)",
        "import warnings\nwarnings.simplefilter('error')\ndef F(*given): return np.full(3, 1e308) * 10",
    ],
)
@pytest.mark.parametrize("name", ["before_you_start.log_of_product", "perceptron.careful_learner"])
def test_nothing_that_somebody_writes_makes_them_raise(
    capsys: pytest.CaptureFixture[str], name: str, answer: str
) -> None:
    with np.errstate(), warnings.catch_warnings():
        filled = names("from course_lib.exercises import check, progress\n" + answer)
        filled |= dict.fromkeys(questions.named(name).defines, filled["F"])
        exec(f"check({name!r})\nprogress({name!r})", filled)
    title = questions.named(name).title
    assert capsys.readouterr().out.count(title) >= 2


def test_a_failing_trial_or_explanation_leaves_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: Any) -> str:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("course_lib.exercises.verdicts.explanation", failing)
    monkeypatch.setattr("course_lib.exercises.trials.told", failing)
    wrong = {"np": np, "log_of_product": lambda probabilities: 0.5}
    judgement = examine(questions.named("before_you_start.log_of_product"), wrong).judgement
    assert judgement.outcome == "wrong"
    assert judgement.sentence.startswith("The value is not the expected one.")


def test_progress_says_what_is_left_and_how_to_hand_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(questions._loaded, "trial.scale", SCALE)
    names('from course_lib.exercises import progress\nprogress({"trial.scale": 7})')
    out = capsys.readouterr().out
    assert "7 points" in out
    assert "Unanswered: Scale." in out
    assert ".ipynb" in out


def test_an_unknown_name_is_answered_by_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    checking.check("perceptron.two_froms")
    assert "perceptron.two_forms" in capsys.readouterr().out


@pytest.mark.parametrize("how", ["'perceptron.two_forms'", "'two_forms'", "to_bias", "'to_bias'"])
def test_every_way_to_name_an_exercise(how: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = f"""
    from course_lib.exercises import check
    def to_bias(weights, threshold): return weights, -threshold
    def to_threshold(weights, bias): return weights, -bias
    check({how})
    """
    names(source)
    assert capsys.readouterr().out.startswith(
        "✓ Right: A threshold is a bias in disguise\nAll 8 cases are right."
    )


def test_a_blank_function_is_known_in_every_form() -> None:
    assert is_blank(lambda: None)
    assert not is_blank(lambda: 5)
    assert not is_blank(print)


def test_the_outcomes_are_six_and_a_text_s_own() -> None:
    assert len({*OUTCOMES} - {WRITTEN}) == 6


def test_check_needs_numpy_only() -> None:
    code = "import sys, course_lib.exercises; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for heavy in ("matplotlib", "IPython", "tensorflow", "yaml", "click", "nbformat", "sklearn"):
        assert f"'{heavy}'" not in done.stdout


def test_a_failing_check_is_never_shown_as_the_learners(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(question: Any, runs: Any) -> Any:
        raise ValueError("The truth value of an array is ambiguous.")

    monkeypatch.setattr(checking, "judge", broken)
    names(
        "from course_lib.exercises import check, progress\n"
        "def to_bias(weights, threshold): return weights, -threshold\n"
        "def to_threshold(weights, bias): return weights, -bias\n"
        "check('perceptron.two_forms')\nprogress('perceptron')"
    )
    out = capsys.readouterr().out
    assert out.startswith("? Not checked: A threshold is a bias in disguise\nThe check itself has failed")
    assert "says nothing about your answer" in out
    assert "perceptron.two_forms, course_lib " in out
    assert "Unanswered:" in out  # progress goes on with the others
    assert "Not right yet" not in out


@pytest.mark.parametrize(
    "answer",
    ["10 ** 100_000", "{frozenset([1]): 2}", "np.array([object()])", "np.zeros(2, 'c16')", "[[1], [2, 3]]"],
)
def test_whatever_comes_back_is_judged(answer: str) -> None:
    report = examine(SCALE, names(f"def scale(values, factor): return {answer}"))
    assert report.judgement.outcome in (WRONG, RAISED)
    assert report_page(report).text


@pytest.mark.parametrize(
    "answer",
    [
        "np.asarray(values, np.longdouble) * factor",
        "np.float32(values * factor)",
        "np.float16(values * factor)",
        "tuple(values * factor)",
        "[np.array(v * factor) for v in values]",
        "[np.float32(v * factor) for v in values]",
        "[Fraction(v) * Fraction(factor) for v in values]",
        "[Decimal(v) * Decimal(factor) for v in values]",
        "(v * factor for v in values)",
        "pd.Series(values * factor)",
        "tf.constant(values * factor)",
        "tf.constant(values * factor, tf.float32)",
        "(values.__imul__(factor), values.copy(), values.__itruediv__(factor))[1]",
    ],
)
def test_numbers_count_however_they_are_held(answer: str) -> None:
    imports = "from fractions import Fraction\nfrom decimal import Decimal\n"
    imports += "import pandas as pd\n" * ("pd." in answer) + "import tensorflow as tf\n" * ("tf." in answer)
    source = f"{imports}def scale(values, factor): return {answer}"
    assert outcome(SCALE, source) == (RIGHT, "")


def test_a_subclass_of_the_expected_error_is_that_error() -> None:
    question = questions.named("debugging_training.shape_guard")
    source = """
    class ShapeError(ValueError): pass
    def guarded_error(predictions, targets):
        if predictions.shape != targets.shape: raise ShapeError(predictions.shape)
        return np.mean((predictions - targets) ** 2)
    """
    assert outcome(question, source)[0] == RIGHT
