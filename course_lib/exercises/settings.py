"""Judge an answer in the settings of a fresh process, and leave none of what it changes to the next one.

A learner's code may set how NumPy prints or warns, seed a generator, choose Keras' number format, or put
another function in the place of `np.mean`. In a notebook all answers share one process: without care, a right
answer would be right or wrong by what stands in another cell. Keras, for one, sees a sigmoid before a loss
that expects scores only as long as model and loss have one number format.
"""

import builtins
import decimal
import locale
import math
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

PRINTING: dict[str, Any] = {
    "precision": 8,
    "threshold": 1000,
    "edgeitems": 3,
    "linewidth": 75,
    "suppress": False,
    "nanstr": "nan",
    "infstr": "inf",
    "formatter": None,
    "sign": "-",
    "floatmode": "maxprec",
    "legacy": False,
}
# Modules whose functions are put back: what an answer lays in their place would be in everybody's.
PATCHABLE: tuple[ModuleType, ...] = (builtins, math, random, np, np.linalg)


class Setting(NamedTuple):
    """Something that a process shares: how it is read and written, and its value in a fresh process."""

    read: Callable[[], Any]
    write: Callable[[Any], object]
    fresh: Any


@contextmanager
def judging() -> Iterator[None]:
    """Judge an answer in the settings of a fresh process; what it changes of them is undone at the end."""
    settings = [*_of_python(), *_of_tensorflow(), *_of_keras()]
    before = [one.read() for one in settings]
    chance = random.getstate()
    with ExitStack() as stack:
        for one, old in zip(settings, before, strict=True):
            stack.callback(_set, one, old)
            _set(one, one.fresh)
        stack.callback(random.setstate, chance)
        random.seed()
        stack.enter_context(calling())  # left first: whoever puts the settings back needs Python's functions
        yield


@contextmanager
def calling() -> Iterator[None]:
    """Call an answer; what it does to those settings that our own code hangs on too is undone at once."""
    with (
        np.errstate(all="warn", under="ignore"),
        np.printoptions(**PRINTING),
        decimal.localcontext(decimal.Context(prec=28, Emin=-999999, Emax=999999)),
    ):
        before = [(module, vars(module).copy()) for module in PATCHABLE]
        try:
            yield
        finally:
            for module, names in before:
                _put_back(module, names)


def _set(setting: Setting, value: Any) -> None:
    if setting.read() != value:  # some of them cost much to write
        setting.write(value)


def _put_back(module: ModuleType, names: dict[str, Any]) -> None:
    now = vars(module)
    for name, value in names.items():
        if now.get(name) is not value:
            setattr(module, name, value)


def _of_python() -> list[Setting]:
    chance: Any = np.random
    return [
        Setting(sys.getrecursionlimit, sys.setrecursionlimit, sys.getrecursionlimit()),
        Setting(lambda: locale.setlocale(locale.LC_ALL), _set_locale, locale.setlocale(locale.LC_ALL)),
        Setting(chance.get_bit_generator, chance.set_bit_generator, np.random.MT19937()),
    ]


def _set_locale(value: str) -> None:
    with suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, value)


def _of_tensorflow() -> list[Setting]:
    """Return the settings of TensorFlow; of a TensorFlow that nobody has imported, nothing is set."""
    names = ("eager.polymorphic_function.eager_function_run", "eager.context", "framework.config")
    eager, context, config = (sys.modules.get(f"tensorflow.python.{name}") for name in names)
    if eager is None or context is None or config is None:
        return []
    return [
        Setting(eager.functions_run_eagerly, eager.run_functions_eagerly, False),
        Setting(config.is_op_determinism_enabled, lambda on: _set_determinism(config, on), False),
        Setting(context.global_seed, context.set_global_seed, None),
    ]


def _set_determinism(config: ModuleType, on: bool) -> None:
    if on:
        config.enable_op_determinism()
    else:
        config.disable_op_determinism()


def _of_keras() -> list[Setting]:
    """Return the settings of Keras, whose trackers hold its precision, its seeds and how layers are named."""
    config = sys.modules.get("keras.src.backend.config")
    state = sys.modules.get("keras.src.backend.common.global_state")
    if config is None or state is None:
        return []
    trackers = [name for name in vars(state) if name.startswith("GLOBAL_") and name.endswith("_TRACKER")]
    return [
        Setting(config.floatx, config.set_floatx, "float32"),
        Setting(config.epsilon, config.set_epsilon, 1e-7),
        Setting(config.image_data_format, config.set_image_data_format, "channels_last"),
        *(_tracker(state, name) for name in trackers),
    ]


def _tracker(state: ModuleType, name: str) -> Setting:
    return Setting(lambda: getattr(state, name), lambda value: setattr(state, name, value), threading.local())
