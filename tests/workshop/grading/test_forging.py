# ruff: noqa: E501 - cells of hostile and odd code read best on one line each
"""What a submission may send back: no forged result, patched library or strange value gains a mark."""

import gc
import json
import subprocess
import sys

import numpy as np
import pytest

from course_lib.exercises.running import Raised, Returned, TooSlow, outcome_to_json
from course_lib.exercises.verdicts import RIGHT, judge
from course_lib.workshop.grading.sandbox.protocol import (
    DEEPEST,
    ForgedError,
    from_line,
    number,
    run_from_json,
    texts,
    to_line,
)
from tests.workshop.grading.conftest import Grader
from tests.workshop.grading.questions import double_question

HONEST = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return x + 0.5"

FORGERIES = {
    "answers on every descriptor, before they are asked": WRONG
    + """
import json, os
for phase in ("True", "False"):
    for case in range(20):
        line = json.dumps({"asked": "test.double " + phase, "case": case, "outcomes": [{"value": 1.0}]})
        for number in range(3, 30):
            try: os.write(number, line.encode() + b"\\n")
            except OSError: pass
        for number in range(3, 30):
            try: os.write(number, json.dumps({"asked": "test.double " + phase, "done": True}).encode() + b"\\n")
            except OSError: pass
""",
    "marks on every descriptor": WRONG
    + """
import os
for number in range(3, 30):
    for line in (b'{"points": 99, "share": 1.0, "status": "right"}\\n', b'{"ended": 0}\\n', b'{"ready": true}\\n'):
        try: os.write(number, line)
        except OSError: pass
""",
    "NumPy that finds everything equal": WRONG
    + """
import numpy as np
np.isclose = np.allclose = np.array_equal = lambda *a, **k: np.True_
np.testing.assert_allclose = lambda *a, **k: None
""",
    "builtins that find everything equal": WRONG
    + "\nimport builtins\nbuiltins.abs = lambda x: 0\nbuiltins.all = lambda x: True\nbuiltins.any = lambda x: False",
    "the judge itself replaced": WRONG
    + """
import course_lib.exercises.compare.ways as comparing, course_lib.exercises.verdicts as judging
comparing.difference = lambda *a, **k: None
judging.judge = lambda *a, **k: judging.Judgement("right", share=1.0)
import course_lib.exercises.running as performing
performing.perform = lambda calls, *a, **k: performing.Run((performing.Returned(True),) * len(calls))
""",
    "the runner's own encoder replaced": WRONG
    + """
import course_lib.workshop.grading.sandbox.runner as runner
runner.outcome_to_json = lambda outcome: {"value": {"object": "float"}}
""",
    "a value that equals everything": """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __le__(self, other): return True
    def __float__(self): return 0.0
def double(x):
    return Yes()
""",
    "a float that lies": """
class Float(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
def double(x):
    return Float(7)
""",
    "a lazy array": """
import numpy as np
class Lazy:
    def __array__(self, *a, **k): return np.array(1.0)
    def numpy(self): return np.array(1.0)
    __class__ = float
def double(x):
    return Lazy()
""",
    "an array with lying methods": """
import numpy as np
class Array(np.ndarray):
    def __array_ufunc__(self, *a, **k): return np.True_
    def __array_function__(self, *a, **k): return np.True_
def double(x):
    return np.zeros(()).view(Array)
""",
    "a thread that answers later": WRONG
    + """
import threading, time, os, json
def later():
    for _ in range(200):
        time.sleep(0.002)
        for phase in ("True", "False"):
            line = json.dumps({"asked": "test.double " + phase, "case": 0, "outcomes": [{"value": 1.0}]})
            try: os.write(4, line.encode() + b"\\n")
            except OSError: return
threading.Thread(target=later, daemon=True).start()
""",
    "an exit hook": WRONG
    + """
import atexit, os
@atexit.register
def hook(): os.write(4, b'{"asked": "test.double True", "case": 0, "outcomes": [{"value": 1.0}]}\\n')
raise SystemExit(0)
""",
    "a trace that changes what is returned": WRONG
    + "\nimport sys\nsys.setprofile(lambda frame, event, arg: None)\nsys.settrace(lambda f, e, a: None)",
    "a value that is no number at all": "def double(x):\n    return [[{'tensor': 1}], {1, 2}, object(), {'array': [1]}]",
    "a value that contains itself": "def double(x):\n    a = []\n    a.append(a)\n    return a",
    "a huge value": "import numpy as np\ndef double(x):\n    return np.zeros(4_000_000)",
    "a huge text": "def double(x):\n    return 'x' * 30_000_000",
    "a deep value": "def double(x):\n    a = 1\n    for _ in range(5000): a = [a]\n    return a",
    "an endless iterator": "import itertools\ndef double(x):\n    return itertools.count()",
    "a huge number": "def double(x):\n    return 10 ** 100_000",
    "a number that is none": "def double(x):\n    return float('nan')",
    "an error with a huge message": "def double(x):\n    raise ValueError('x' * 30_000_000)",
    "an error whose text fails": "class E(Exception):\n    def __str__(self): raise E\ndef double(x):\n    raise E",
    "a name that is no function": "double = 7",
    "a function that ends the process": "import os\ndef double(x):\n    os._exit(0)",
    "a function that kills the process": "import os\ndef double(x):\n    os.kill(os.getpid(), 9); os.abort()",
    "a function that never ends": "def double(x):\n    while True:\n        try:\n            pass\n        except BaseException:\n            pass",
    "a function that cannot be interrupted": "def double(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException:\n            pass",
    "a crash in C": "import ctypes\ndef double(x):\n    ctypes.string_at(0)",
    "an endless recursion": "import sys\nsys.setrecursionlimit(10**9)\ndef double(x):\n    return double(x)",
    "a flood on the pipe": "import os\ndef double(x):\n    while True: os.write(4, b'{' * 65536)",
    "a flood of messages": "import os\ndef double(x):\n    while True: os.write(4, b'{}\\n' * 20000)",
    "the pipes closed": "import os\ndef double(x):\n    os.close(3); os.close(4)\n    return x",
    "a forked second self": "import os\ndef double(x):\n    os.fork()\n    return x + 0.5",
    "a signal handler": WRONG + "\nimport signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)",
    "a deleted builtin": WRONG + "\nimport builtins\ndel builtins.isinstance, builtins.len, builtins.type",
    "a replaced json": WRONG + "\nimport json\njson.dumps = lambda *a, **k: '{\"value\": 1.0}'\njson.loads = lambda s: {}",
}  # fmt: skip


# A kind of trick, and beside it an honest answer that uses the same thing for something: the control.
TRICKS = {
    "an array of a class of its own": (
        "import numpy as np\nclass Yes(np.ndarray):\n    def __eq__(self, other): return np.True_\n"
        "    def __array__(self, *a, **k): return np.array(0.0)\n    def __array_ufunc__(self, *a, **k): return True\n"
        "def double(x):\n    return np.zeros(()).view(Yes)",
        "import numpy as np\nclass Own(np.ndarray):\n    pass\ndef double(x):\n    return np.array(2 * x).view(Own)",
    ),
    "a number of another library": (
        "from decimal import Decimal\ndef double(x):\n    return Decimal('1e999999999')",
        "from fractions import Fraction\ndef double(x):\n    return float(Fraction(x) * 2)",
    ),
    "an array stretched beyond all memory": (
        "import numpy as np\ndef double(x):\n    return np.broadcast_to(np.float64(x), (10**6, 10**6))",
        "import numpy as np\ndef double(x):\n    return np.broadcast_to(np.float64(x), (10**6, 10**6))[0, :2].sum()",
    ),
    "something that is done at the end": (
        WRONG + "\nimport os, weakref\nclass T: pass\nt = T()\n"
        "weakref.finalize(t, lambda: os.write(4, b'{\"asked\": \"test.double True\", \"done\": true}\\n'))",
        HONEST + "\nimport weakref\nclass T: pass\nt = T()\nweakref.finalize(t, print, 'gone')\ndel t",
    ),
    "a profile": (
        "import sys\ndef double(x):\n    sys.setprofile(lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))\n    return x",
        "import sys\ndef double(x):\n    sys.setprofile(lambda *a: None)\n    x = 2 * x\n    sys.setprofile(None)\n    return x",
    ),
    "a hook for errors": (
        "import os, sys\nsys.excepthook = sys.unraisablehook = lambda *a: os._exit(0)\n"
        "def double(x):\n    raise SystemExit(0)",
        HONEST + "\nimport sys\nsys.excepthook = lambda *a: None\n1 / 0",
    ),
    "builtins of its own": (
        WRONG + "\n__builtins__ = {'print': print}",
        "import builtins\nbuiltins.twice = lambda x: 2 * x\ndef double(x):\n    return twice(x)",
    ),
    "a clock of its own": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.setitimer = lambda *a: (0, 0)\n"
        "def double(x):\n    while True: pass",
        "import signal\ndef double(x):\n    signal.setitimer(signal.ITIMER_REAL, 0)\n    return 2 * x",
    ),
    "a mapping without an end": (
        "class D(dict):\n    def items(self):\n        while True: yield 1, 2\n    def __len__(self): return 10**9\n"
        "def double(x):\n    return D()",
        "class D(dict):\n    def __missing__(self, key): return 2 * key\ndef double(x):\n    return D()[x]",
    ),
    "an error whose class lies": (
        "class M(type):\n    @property\n    def __name__(cls): raise SystemExit\nclass E(Exception, metaclass=M): pass\n"
        "def double(x):\n    raise E",
        "class E(Exception): pass\ndef double(x):\n    try:\n        raise E\n    except E:\n        return 2 * x",
    ),
    "what all answers share": (
        WRONG + "\nimport locale, os, random\nimport numpy as np\nos.environ.clear()\nnp.seterr(all='raise')\n"
        "np.set_printoptions(formatter={'all': lambda x: '1'})\nnp.isfinite = np.abs = None",
        "import os, random, sys\nimport numpy as np\nclass Deaf:\n    def write(self, text): raise RuntimeError\n"
        "def double(x):\n    np.seterr(all='raise'); random.seed(0); np.set_printoptions(precision=1)\n"
        "    os.chdir('/'); os.environ.clear(); sys.stdout = Deaf()\n    return 2 * x",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [*FORGERIES, *TRICKS])
def test_no_forgery_gains_a_mark(grader: Grader, name: str) -> None:
    record = grader.record(FORGERIES[name] if name in FORGERIES else TRICKS[name][0])
    double, largest, _ = record["questions"]
    assert double["points"] == 0, double
    assert double["status"] in ("wrong", "crashed", "timeout", "not found", "not attempted")
    assert double["sentence"]
    assert len(json.dumps(record)) < 60_000
    assert largest["points"] == 0
    assert grader.double(HONEST)["points"] == 2, "the next submission suffers"


def test_whoever_uses_the_same_honestly_has_all_marks(grader: Grader) -> None:
    for name, (_, honest) in TRICKS.items():
        double = grader.double(honest)
        assert double["points"] == 2, f"{name}: {double}"


@pytest.mark.parametrize(
    "cheat",
    [
        "np.isclose = lambda *a, **k: np.ones(np.shape(a[0]), bool)",
        "import course_lib.exercises.compare.ways as c; c.COMPARISONS['close'] = lambda *a, **k: None",
    ],
)
def test_the_control_a_judge_in_the_same_process_is_fooled(cheat: str) -> None:
    code = f"""
import numpy as np
from course_lib.exercises.verdicts import judge
from course_lib.exercises.running import Run, Returned
from tests.workshop.grading.questions import double_question
question = double_question().hidden
{cheat}
runs = [Run((Returned(np.array([7.0])),)) for case in question.cases]
from dataclasses import replace
cases = tuple(replace(case, expected=(Returned(np.array([1.0])),)) for case in question.cases)
print(judge(replace(question, cases=cases, mistakes=()), runs).outcome)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == RIGHT, run.stderr


def test_the_control_a_value_that_equals_everything_fools_a_comparison() -> None:
    class Yes:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    assert Yes() == 3.5


def test_a_crash_costs_its_own_question_only(grader: Grader) -> None:
    for bad in ("import os; os._exit(3)", "while True: pass", "import ctypes; ctypes.string_at(0)"):
        cells = [f"def double(x):\n    {bad}", "def largest(values):\n    return max(values)"]
        record = grader.record(*cells)
        double, largest, _ = record["questions"]
        assert double["status"] in ("crashed", "timeout")
        assert double["points"] == 0
        assert largest["points"] == 3
        assert record["status"] == "partial"
        assert "Double a number" in record["reason"]


def test_a_process_that_will_not_end_is_ended(grader: Grader) -> None:
    clinging = "import os, time\nos._exit = lambda code: time.sleep(60)"
    record = grader.record(HONEST, clinging, "def largest(values):\n    return max(values)")
    assert [question["points"] for question in record["questions"]] == [2, 3, 0]
    assert record["status"] == "graded"


def test_a_cell_that_ends_the_process_costs_nothing(grader: Grader) -> None:
    for bad in ("import os\nos._exit(0)", "while True: pass", "exit()", "raise KeyboardInterrupt", "1/0"):
        record = grader.record(HONEST, bad, "def largest(values):\n    return max(values)")
        assert [question["points"] for question in record["questions"]] == [2, 3, 0], bad
        assert record["cells"][0]["cell"] == 2
        assert record["status"] == "graded"


def test_what_a_stopped_cell_defines_counts(grader: Grader) -> None:
    for bad in ("1/0", "import os; os._exit(1)", "while True: pass"):
        assert grader.double(f"{bad}\ndef double(x):\n    return 2 * x")["points"] == 2


# Hidden cases stay hidden -------------------------------------------------------------------------


def hidden_inputs(grader: Grader) -> list[str]:
    cases = [*grader.key.questions[0].hidden.cases, *grader.key.questions[1].hidden.cases]
    numbers = [np.ravel(call.arguments[0]) for case in cases for call in case.calls if call.arguments]
    return [f"{abs(number):.5f}"[2:7] for array in numbers for number in array]


SPIES = {
    "an error's message": "def double(x):\n    raise ValueError(repr(x))",
    "an error's class": "def double(x):\n    raise type('Error_' + repr(x).replace('.', '_'), (Exception,), {})()",
    "a print": "def double(x):\n    print(x); return 0.0",
    "a file": "def double(x):\n    open('seen', 'a').write(repr(x)); return 0.0\n"
    "import os\nprint(open('seen').read() if os.path.exists('seen') else '')",
    "a memory from question to question": "seen = []\ndef double(x):\n    seen.append(x); return 2 * x\n"
    "def largest(values):\n    return seen",
    "a memory from hidden to public": "seen = []\ndef double(x):\n    seen.append(float(x)); return str(seen)",
    "a message of its own": "import os, json\ndef double(x):\n"
    "    os.write(4, json.dumps({'ran': {'printed': repr(x), 'troubles': [{'cell': 1, 'kind': repr(x)}]}}).encode() + b'\\n')\n"
    "    os.write(4, json.dumps({'static': {'sources': {'double': repr(x)}}}).encode() + b'\\n')\n    return 0.0",
    "a source that changes": "import linecache\ndef double(x):\n"
    "    linecache.cache['<cell 1>'] = (1, None, [repr(x)] * 9, '<cell 1>'); raise ValueError",
}  # fmt: skip


@pytest.mark.parametrize("name", SPIES)
def test_no_hidden_input_reaches_a_record(grader: Grader, name: str) -> None:
    record = json.dumps(grader.record(SPIES[name], "def largest(values):\n    raise KeyError(str(values))"))
    assert not [number for number in hidden_inputs(grader) if number in record]


def test_an_exit_status_tells_nothing_of_a_hidden_input(grader: Grader) -> None:
    public = [case.calls[0].arguments[0] for case in grader.key.questions[0].public.cases]  # type: ignore[index]
    told = {
        word: grader.double(
            f"import os\ndef double(x):\n    if x {word} {public}: os._exit(7)\n    return 2 * x"
        )
        for word in ("in", "not in")
    }
    assert told["in"]["sentence"].endswith("ended itself with code 7.")
    assert told["not in"]["sentence"].endswith("the process ended.")


def test_the_control_hidden_inputs_would_be_recognised(grader: Grader) -> None:
    case = grader.key.questions[0].hidden.cases[0]
    assert hidden_inputs(grader)[0] in repr(case.calls[0].arguments)


# The protocol -------------------------------------------------------------------------------------

FORGED = [
    [],
    [{}],
    [{"value": {"array": [1], "dtype": "object"}}],
    [{"value": {"array": ["a"], "dtype": "U999999999"}}],
    [{"value": {"bytes": "AAAA", "shape": [10**12]}}],
    [{"value": {"array": [], "shape": [2**40, 0]}}],
    [{"value": {"array": [1], "shape": [-1]}}],
    [{"value": {"tensor": {"array": [1]}}}],
    [{"value": {"given": "os"}}],
    [{"value": {"dict": [[[1], 2]]}}],
    [{"value": {"dict": 3}}],
    [{"value": {"unknown": 1}}],
    [{"value": {"a": 1, "b": 2}}],
    [{"raised": "E", "number": "x"}],
    [{"raised": "E"}, {"value": 1}],
    [{"value": 1}],
    [{"value": 1}, {"value": 2}, {"value": 3}],
    "text",
    None,
    [[{"value": 1}]],
]


@pytest.mark.parametrize("forms", FORGED, ids=lambda forms: json.dumps(forms)[:60])
def test_what_no_honest_process_sends_is_refused(forms: object) -> None:
    with pytest.raises(ForgedError):
        run_from_json(forms, 2)


def test_deep_and_long_messages_are_refused() -> None:
    deep: object = 1
    for _ in range(2 * DEEPEST):
        deep = [deep]
    with pytest.raises(ForgedError):
        run_from_json([{"value": deep}], 1)
    with pytest.raises(ForgedError):
        from_line(b"[" * 200_000)
    with pytest.raises(ForgedError):
        from_line(b"9" * 5_000)
    with pytest.raises(ForgedError):
        run_from_json([{"value": [0] * 1_200_000}], 1)


def test_a_message_is_read_as_it_was_written_and_nothing_else_is_one() -> None:
    message = {"asked": "é", "case": 3, "outcomes": [{"value": [1.5, None]}]}
    assert from_line(to_line(message)) == message
    for line in (b"[]", b"3", b"null", b"{", b"\xff", b""):
        with pytest.raises(ForgedError):
            from_line(line)
    assert gc.isenabled()
    assert texts(None) == texts("ab") == texts({}) == texts([3, None]) == []
    assert texts(["a" * 9, 3, "b"], 2, 4) == ["aaaa"]
    assert [number(odd) for odd in (True, -1, 10**9, "3", 1.5, None, 7)] == [0, 0, 0, 0, 0, 0, 7]


def test_honest_outcomes_come_back_as_they_were() -> None:
    outcomes = [Returned(np.array([1.5, np.nan])), Returned((1, [2.0, "x"], {"k": None}), {0: [1]})]
    run = run_from_json([outcome_to_json(outcome) for outcome in outcomes], 2)
    assert [outcome_to_json(outcome) for outcome in run.outcomes] == [
        outcome_to_json(outcome) for outcome in outcomes
    ]
    for last in (Raised("ValueError", "no", "x = 1", 3), TooSlow("while True", 2)):
        assert run_from_json([outcome_to_json(last)], 2).outcomes == (last,)


def test_the_judge_runs_outside() -> None:
    question = double_question().hidden
    runs = [run_from_json([{"value": case.expected[0].value}], 1) for case in question.cases]  # type: ignore[union-attr]
    assert judge(question, runs).outcome == RIGHT
