"""Binder's and Codespaces' machines, made from nothing by what their files ask for: light, and they work."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.matrix.environments import ROOT, current_python
from tests.matrix.first_verdict import ANSWER
from tests.matrix.learners import environment, first_cell, run_cells

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
MOST_MEGABYTES = 2_500  # TensorFlow alone is 1,900; an author's environment is 3,500


def binder() -> list[str]:
    """Return what Binder hands to pip."""
    assert (ROOT / ".binder" / "runtime.txt").read_text().strip() in {f"python-3.{n}" for n in (11, 12, 13)}
    return ["--requirement", ".binder/requirements.txt"]


def codespaces() -> list[str]:
    """Return what Codespaces hands to pip."""
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    settings = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    assert settings["image"].endswith((":3.11", ":3.12", ":3.13"))
    command = shlex.split(settings["postCreateCommand"])
    assert command[:3] == ["pip", "install", "--quiet"]
    return command[3:]


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "notebooks_run_in"), [(binder, "jupyterlab"), (codespaces, "ipykernel")])
def test_a_machine_from_nothing_is_light_and_gives_a_verdict(
    asked: Callable[[], list[str]], notebooks_run_in: str, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("course_lib", ".binder"):
        shutil.copytree(ROOT / name, clone / name, ignore=ignore)
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    python = environment(tmp_path / "v", current_python())
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), *asked()]
    subprocess.run(install, cwd=clone, check=True)

    listed = [sys.executable, "-m", "uv", "pip", "list", "--format=json", "--python", str(python)]
    said = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
    names = {package["name"] for package in json.loads(said)}
    assert {"course-lib", "tensorflow", "anywidget", notebooks_run_in} <= names
    assert not names & AUTHORS
    size = sum(path.lstat().st_size for path in (tmp_path / "v").rglob("*")) / 1e6
    first, verdict = run_cells(python, clone, first_cell("https://example.invalid/not.published"), ANSWER)
    print(
        f"{asked.__name__}: {len(names)} packages, {size:.0f} MB, first verdict {first[1] + verdict[1]:.1f} s"
    )
    assert "right" in verdict[0].lower()
    assert size < MOST_MEGABYTES
