import asyncio
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import traitlets

from course_lib.figures import Playground
from course_lib.figures.playground_run import Run
from tests.figures.conftest import OpenFigure, assert_close, call, in_python, set_traits, settle, trait


def presets(page):
    return call(page, "presets")


def default_settings(**changes):
    figure = Playground()
    from course_lib.figures.playground import SETTINGS

    return {name: getattr(figure, name) for name in SETTINGS} | changes


CASES = [
    default_settings(),
    default_settings(
        kind="xor", noise=25, activations=["relu", "sigmoid"], loss="cross_entropy", batch_size=7
    ),
    default_settings(kind="gauss", noise=50, hidden=[], activations=[], loss="cross_entropy", train_share=10),
    default_settings(
        kind="spiral", noise=10, optimiser="adam", learning_rate=0.01, schedule="cosine", period=4
    ),
    default_settings(
        kind="plane", optimiser="momentum", momentum=0.5, penalty="l2", schedule="halving", period=2
    ),
    default_settings(
        kind="hills", penalty="l1", schedule="inverse", initialiser="small", batch_size=0, seed=3
    ),
    default_settings(
        features=["x1", "x1_squared", "x2_squared", "product", "sin_x1", "sin_x2"], initialiser="he"
    ),
    default_settings(
        kind="own", own=[[1, 2, 1], [-1, 0.5, -1], [3, -3, 1]], train_share=70, initialiser="large"
    ),
    default_settings(kind="own", own=[], initialiser="zeros"),
]


def test_the_page_trains_as_python_does(open_figure: OpenFigure) -> None:
    """Data, first weights, every loss and the last weights agree, for each kind, rule, loss, schedule and penalty."""
    page = open_figure(Playground())
    for settings in CASES:
        outcome = call(page, "trainingCurve", settings, 5)
        run = Run(settings)
        assert outcome["trainCount"] == run.train_count
        assert_close(
            np.reshape(outcome["points"], (-1, 3)), run.points, where=f"points of {settings['kind']}"
        )
        assert_close(outcome["start"], run.flat(run.parameters), where="first weights")
        for _ in range(5 if run.train_count else 0):
            run.train_epoch()
        for page_says, python_says in zip(outcome["history"], run.history, strict=True):
            assert [v is None for v in page_says] == [v is None for v in python_says]
            numbers = [(a, b) for a, b in zip(page_says, python_says, strict=True) if b is not None]
            assert_close(*(list(side) for side in zip(*numbers, strict=True)) if numbers else ([], []))
        assert_close(outcome["parameters"], run.flat(run.parameters), where=f"weights of {settings['kind']}")
        assert_close(outcome["memory"], run.memory() or [0.0] * len(outcome["memory"]), where="memory")


def run_program(code: str, path: Path) -> np.ndarray:
    """Run an exported program as a person would and return the history that it prints and keeps."""
    path.write_text(code + "\nnp.save(__file__ + '.npy', np.array(history))\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=540, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("training loss") == len(np.load(f"{path}.npy")) - 1
    return np.load(f"{path}.npy")


def agree(shown: list[list[float | None]], history: np.ndarray) -> None:
    """Hold a program's losses against the page's, up to the epoch at which numbers fail."""
    for page_says, program_says in zip(shown[1:3], history.T, strict=True):
        wanted = np.array(page_says, dtype=np.float64)
        usable = np.isfinite(wanted)
        assert not np.isfinite(program_says[: len(wanted)][~usable]).any() or np.isnan(wanted).all()
        scale = np.maximum(1, np.abs(wanted[usable]))
        difference = np.abs(program_says[: len(wanted)][usable] - wanted[usable]) / scale
        assert difference.size == 0 or difference.max() < 1e-6


def test_exported_course_lib_code_repeats_every_preset(open_figure: OpenFigure, tmp_path: Path) -> None:
    page = open_figure(Playground())
    for i, preset in enumerate(presets(page)):
        shown = call(page, "trainingCurve", preset["settings"], 100)["history"]
        history = run_program(
            call(page, "codeOf", preset["settings"], "course_lib", 100), tmp_path / f"{i}.py"
        )
        agree(shown, history)


ONE_PROCESS = """
import contextlib, io, json, sys
import numpy as np
for path in json.loads(sys.argv[1]):
    space = {"__name__": "exported"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(open(path, encoding="utf-8").read(), path, "exec"), space)
    np.save(path + ".npy", np.array(space["history"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["tensorflow", "keras"])
def test_exported_tensorflow_code_repeats_every_preset(
    open_figure: OpenFigure, tmp_path: Path, engine: str
) -> None:
    """Each program stands alone; here one process runs them one after the other, to load TensorFlow once."""
    import json

    page = open_figure(Playground())
    paths, curves = [], []
    for i, preset in enumerate(presets(page)):
        curves.append(call(page, "trainingCurve", preset["settings"], 100)["history"])
        paths.append(tmp_path / f"{i}.py")
        paths[-1].write_text(call(page, "codeOf", preset["settings"], engine, 100), encoding="utf-8")
    command = [sys.executable, "-c", ONE_PROCESS, json.dumps([str(path) for path in paths])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=590, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for path, shown in zip(paths, curves, strict=True):
        agree(shown, np.load(f"{path}.npy"))
