"""Binder's and Codespaces' machines are light: what their files ask for is what a learner needs, and fits."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.matrix.environments import ROOT, current_python, interpreter, uv

AUTHORS = {
    "pytest",
    "mypy",
    "sphinx",
    "jupyter-book",
    "nbgrader",
    "otter-grader",
    "scikit-learn",
    "playwright",
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment from nothing."""
    folder = tmp_path_factory.mktemp("place") / "v"
    uv(["venv", "--quiet", "--python", interpreter(current_python()), str(folder)])
    return folder / "bin" / "python"


def _would_install(python: Path, *arguments: str) -> set[str]:
    """Return the names of the packages that an installer would bring, asked in the clone."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--python", str(python), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^ \+ ([\w.-]+)", done.stderr, re.MULTILINE))


def _is_a_learner_s(names: set[str]) -> bool:
    return {"course-lib", "numpy", "matplotlib", "anywidget", "tensorflow"} <= names and not names & AUTHORS


def test_binder(empty: Path) -> None:
    names = _would_install(empty, "--requirement", ".binder/requirements.txt")
    assert _is_a_learner_s(names)
    assert "jupyterlab" in names
    assert (ROOT / ".binder" / "runtime.txt").read_text().strip() in (
        "python-3.11",
        "python-3.12",
        "python-3.13",
    )


def test_codespaces(empty: Path) -> None:
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    settings = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    command = shlex.split(settings["postCreateCommand"])
    assert command[:3] == ["pip", "install", "--quiet"]
    names = _would_install(empty, *command[3:])
    assert _is_a_learner_s(names)
    assert "ipykernel" in names
    assert settings["image"].endswith((":3.11", ":3.12", ":3.13"))
