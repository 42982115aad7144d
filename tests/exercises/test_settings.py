"""What one answer changes in the whole process reaches neither the next judgement nor the notebook."""

import decimal
import linecache
import locale
import sys
from typing import Any

import numpy as np
import pytest

from course_lib.exercises import settings
from course_lib.exercises.checking import examined, is_installed, page_of
from course_lib.exercises.questions import named
from tests.exercises.collection import collected, judged

MEAN = "    return table.mean(axis=1), table.mean(axis=1).argmax()\n"
# What a process shares: how an answer may change it, and how it is read.
SHARED: dict[str, tuple[str, str]] = {
    "errors": ("np.seterr(all='raise')", "np.geterr()"),
    "printing": ("np.set_printoptions(precision=1, formatter={'float': lambda x: '?'})",
                 "str(np.pi * np.ones(1))"),
    "old printing": ("np.set_printoptions(legacy='1.13')", "repr(np.float64(2))"),
    "chance of NumPy": ("np.random.seed(0)", "np.random.get_state()[1].tolist()"),
    "chance": ("import random; random.seed(0)", "__import__('random').getstate()"),
    "a function of NumPy": ("np.isfinite = np.abs = np.asarray = None", "(np.isfinite, np.abs, np.asarray)"),
    "a function of Python": ("import builtins; builtins.zip = builtins.sorted = builtins.str = None",
                             "(zip, sorted, str)"),
    "warnings": ("import warnings; warnings.simplefilter('error')", "__import__('warnings').filters[:3]"),
    "precision": ("import decimal; decimal.getcontext().prec = 2", "__import__('decimal').getcontext().prec"),
    "depth": ("import sys; sys.setrecursionlimit(60_000)", "__import__('sys').getrecursionlimit()"),
    "language": ("import locale; locale.setlocale(locale.LC_ALL, 'C.UTF-8')",
                 "__import__('locale').setlocale(__import__('locale').LC_ALL)"),
}  # fmt: skip
SHARED_BY_TENSORFLOW: dict[str, tuple[str, str]] = {
    "format": ("tf.keras.backend.set_floatx('float64')", "tf.keras.backend.floatx()"),
    "policy": ("tf.keras.mixed_precision.set_global_policy('mixed_float16')",
               "tf.keras.mixed_precision.global_policy().name"),
    "epsilon": ("tf.keras.backend.set_epsilon(0.1)", "tf.keras.backend.epsilon()"),
    "channels": ("tf.keras.backend.set_image_data_format('channels_first')",
                 "tf.keras.backend.image_data_format()"),
    "eagerness": ("tf.config.run_functions_eagerly(True)", "tf.config.functions_run_eagerly()"),
    "determinism": ("tf.config.experimental.enable_op_determinism()", "DETERMINISM()"),
    "chance of TensorFlow": ("tf.random.set_seed(1)", "SEED()"),
    "chance of Keras": ("tf.keras.utils.set_random_seed(1)", "SEED()"),
    "names": ("[tf.keras.layers.Dense(1) for _ in range(3)]", "tf.keras.layers.Dense(1).name"),
    "everything": ("tf.keras.backend.clear_session(free_memory=False)",
                   "tf.keras.mixed_precision.global_policy().name"),
}  # fmt: skip
HALF = "def log_of_product(probabilities):\n    return np.sum(np.log(probabilities)) / 2\n"


def notebook_with(source: str) -> dict[str, Any]:
    place = f"<cell {hash(source)}>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    names: dict[str, Any] = {"__name__": "__main__", "np": np}
    exec(compile(source, place, "exec"), names)
    return names


@pytest.mark.parametrize("way", SHARED)
def test_what_an_answer_changes_is_changed_for_that_call_only(way: str) -> None:
    change, read = SHARED[way]
    names = notebook_with(f"def daily_means(table):\n    {change}\n{MEAN}{HALF}")
    before = eval(read, names)
    first = examined(named("before_you_start.daily_means"), names)
    assert first.judgement.outcome == "right", first.judgement.sentence
    assert eval(read, names) == before
    wrong = page_of(examined(named("before_you_start.log_of_product"), names))
    assert "half as large" in wrong.text, wrong.text


@pytest.mark.parametrize(
    "way", ["errors", "printing", "old printing", "precision", "chance of NumPy", "chance"]
)
def test_what_a_cell_has_set_stays_there_and_changes_no_judgement(way: str) -> None:
    change, read = SHARED[way]
    plain = page_of(examined(named("before_you_start.log_of_product"), notebook_with(HALF))).text
    with settings.judging():  # so that the test leaves nothing behind either
        names = notebook_with(f"import warnings\n{change}\n{HALF}")
        after = eval(read, names)
        assert page_of(examined(named("before_you_start.log_of_product"), names)).text == plain
        assert eval(read, names) == after


def test_chance_is_another_one_in_every_judgement() -> None:
    names = notebook_with("np.random.seed(0)\ndef log_of_product(p):\n    return np.random.random()")
    told = [examined(named("before_you_start.log_of_product"), names).judgement.sentence for _ in range(2)]
    assert told[0] == told[1]
    assert "another answer when it is made again" in told[0]


def test_what_is_interrupted_midway_is_undone_too() -> None:
    def state() -> tuple[Any, ...]:
        return (
            np.geterr(),
            sys.getrecursionlimit(),
            locale.setlocale(locale.LC_ALL),
            decimal.getcontext().prec,
        )

    def interrupted() -> None:
        with settings.judging():
            # Python's own functions last: what is imported meanwhile needs them.
            for change in sorted((change for change, _ in SHARED.values()), key=lambda one: "None" in one):
                exec(change)
            raise KeyboardInterrupt

    before = state()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert state() == before


@pytest.mark.skipif(not is_installed("tensorflow"), reason="TensorFlow is not installed here")
def test_no_answer_decides_what_keras_computes_for_the_next() -> None:
    import tensorflow as tf
    from tensorflow.python.eager import context
    from tensorflow.python.framework import config

    (answer,) = [one for one in collected("debugging_training") if "both cures" in one.label]
    tf.keras.layers.Dense(1)  # what is imported late is not to be imported in an answer's time
    for way, (change, read) in SHARED_BY_TENSORFLOW.items():
        names = {
            "tf": tf,
            "np": np,
            "SEED": context.global_seed,
            "DETERMINISM": config.is_op_determinism_enabled,
        }
        with settings.judging():
            before = eval(read, names)
            if way == "names":
                before = "dense_1"  # the reading makes a layer itself
            exec(f"def daily_means(table):\n    {change}\n{MEAN}", names)
            assert examined(named("before_you_start.daily_means"), names).judgement.outcome == "right"
            assert eval(read, names) == before, way
            exec(change, names)  # and now in a cell, for the whole notebook
            changed = eval(read, names)
            assert judged(answer).outcome == "right", way
            assert way == "names" or eval(read, names) == changed, way
