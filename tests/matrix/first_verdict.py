"""From the first cell to a verdict, place by place: `python -m tests.matrix.first_verdict [WORD ...]`.

Prints a table: Python, installer, what is there, where it runs, and the seconds until `check` has said
something, or the one sentence that a learner reads instead. With words, only the rows that hold one of them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from tests.matrix.environments import COLAB_CONSTRAINTS, COLAB_PACKAGES, LIGHT_PACKAGES, ROOT
from tests.matrix.learners import environment, first_cell, no_line, run_cells, served_wheel
from tests.matrix.moved import versions

ANSWER = """\
from course_lib.exercises import check
def to_bias(weights, threshold):
    return weights, -threshold
def to_threshold(weights, bias):
    return weights, -bias
check(to_bias)"""
NOWHERE = "http://198.51.100.1/owner/course"
UNPUBLISHED = "https://example.invalid/not.published/course"
COLAB = ("--constraint", str(COLAB_CONSTRAINTS), *COLAB_PACKAGES)
# Kaggle's image is Colab's with its own requirements on top (github.com/Kaggle/docker-python, August 2026).
PINS = versions(COLAB_CONSTRAINTS.read_text(encoding="utf-8")) | {"ipywidgets": "8.1.5"}
KAGGLE = tuple(f"{name}=={PINS[name]}" if name in PINS else name for name in COLAB_PACKAGES)
KERNEL = ("ipykernel", "nbconvert", "pip")


@dataclass(frozen=True)
class Place:
    """One place where a learner sits."""

    python: str
    installer: str  # pip, uv or none
    there: str
    where: str
    packages: tuple[str, ...] = ("ipython",)
    variables: dict[str, str] = field(default_factory=dict)
    before: str = ""  # a cell above the first one
    repository: str = ""
    branch: str = "main"
    prepare: Callable[[Path], object] = lambda folder: None
    folder: str = "work"


def _file_in_the_way(folder: Path) -> None:
    (folder / "course_lib.py").write_text("", encoding="utf-8")


def _clone(folder: Path) -> None:
    shutil.copytree(ROOT / "course_lib", folder / "course_lib")


def _read_only(folder: Path) -> None:
    folder.chmod(0o555)


PLACES = [
    Place("3.10", "pip", "IPython", "ipython"),
    *(Place(python, installer, "IPython", "ipython")
      for python in ("3.11", "3.12", "3.13") for installer in ("pip", "uv")),
    Place("3.12", "none", "IPython", "ipython"),
    Place("3.12", "pip", "all that the first half needs", "ipython", (*LIGHT_PACKAGES, "ipython")),
    Place("3.12", "pip", "NumPy 1.26, matplotlib 3.9", "ipython",
          ("ipython", "numpy==1.26.4", "matplotlib==3.9.*")),
    Place("3.13", "pip", "the newest NumPy", "ipython", ("ipython", "numpy")),
    Place("3.13", "pip", "Colab's packages", "Colab's variables", COLAB, {"COLAB_RELEASE_TAG": "release"}),
    Place("3.12", "pip", "Kaggle's packages", "Kaggle's variables", KAGGLE,
          {"COLAB_RELEASE_TAG": "release", "KAGGLE_KERNEL_RUN_TYPE": "Interactive"}),
    Place("3.13", "pip", "Colab's packages, KERAS_BACKEND=jax", "ipython", COLAB, {"KERAS_BACKEND": "jax"}),
    Place("3.13", "pip", "Colab's packages, TF_USE_LEGACY_KERAS=1", "ipython", COLAB,
          {"TF_USE_LEGACY_KERAS": "1"}),
    Place("3.11", "pip", "a kernel", "nbconvert --execute", KERNEL),
    Place("3.13", "pip", "a kernel", "nbconvert --execute", KERNEL),
    Place("3.12", "pip", "a kernel and papermill", "papermill", (*KERNEL, "papermill")),
    Place("3.12", "pip", "IPython", "no line", repository=NOWHERE, variables=no_line()),
    Place("3.12", "uv", "IPython", "no line", repository=NOWHERE,
          variables={**no_line(), "UV_HTTP_RETRIES": "0"}),
    Place("3.12", "pip", "IPython", "a release that is none", branch="v9.9"),
    Place("3.12", "pip", "IPython", "an unpublished copy", repository=UNPUBLISHED),
    Place("3.12", "pip", "course_lib.py beside the notebook", "ipython", prepare=_file_in_the_way),
    Place("3.12", "pip", "IPython", "the clone's root", prepare=_clone),
    Place("3.12", "pip", "IPython", "a folder with blanks and ümlauts", folder="my wörk folder"),
    Place("3.12", "pip", "IPython", "a read-only folder", prepare=_read_only),
    Place("3.12", "pip", "IPython", "a home that is not there", variables={"HOME": "/nonexistent"}),
    Place("3.12", "pip", "IPython", "the C locale", variables={"LC_ALL": "C", "LANG": "C"}),
    Place("3.12", "pip", "IPython", "PYTHONOPTIMIZE=2", variables={"PYTHONOPTIMIZE": "2"}),
    Place("3.12", "pip", "IPython", "warnings as errors", variables={"PYTHONWARNINGS": "error"}),
    Place("3.12", "pip", "IPython", "PIP_USER=1", variables={"PIP_USER": "1"}),
    Place("3.12", "pip", "IPython", "`check = 3` above", before="check = 3"),
    Place("3.12", "pip", "NumPy, loaded half", "ipython", ("ipython", "numpy"),
          before="import sys, types\nsys.modules['numpy._core'] = types.ModuleType('numpy._core')"),
]  # fmt: skip


def try_place(place: Place, site: str, temporary: Path) -> str:
    """Return the seconds to the first verdict in a place, or the sentence that stands there instead."""
    python = environment(temporary / "v", place.python, *place.packages, seed=place.installer == "pip")
    folder = temporary / place.folder
    folder.mkdir()
    (folder / "home").mkdir()
    cells = [first_cell(place.repository or site, place.branch), ANSWER]
    if place.before:
        cells.insert(0, place.before)
    tools = {"pip": python.parent, "uv": Path(sys.executable).parent, "none": Path("/nowhere")}
    variables = {"PATH": f"{tools[place.installer]}:/usr/bin:/bin", **place.variables}
    if place.installer == "none":
        variables["PATH"] = "/nowhere"
    place.prepare(folder)
    if place.where.startswith(("nbconvert", "papermill")):
        return _executed(place.where, python, folder, cells, variables)
    shown = run_cells(python, folder, *cells, **variables)
    folder.chmod(0o755)
    if "right" in shown[-1][0].lower():
        return f"{sum(seconds for _, seconds in shown):.1f} s"
    first = shown[-2][0]
    return (first or shown[-1][0]).replace(str(temporary), "FOLDER").splitlines()[-1]


def _executed(tool: str, python: Path, folder: Path, cells: list[str], variables: dict[str, str]) -> str:
    """Execute a notebook with a tool of the command line."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    sources = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=sources, metadata=kernel), folder / "notebook.ipynb")
    command = {
        "nbconvert": ["-m", "nbconvert", "--to", "notebook", "--execute", "--output=done", "notebook.ipynb"],
        "papermill": ["-m", "papermill", "--no-progress-bar", "notebook.ipynb", "done.ipynb"],
    }[tool.split()[0]]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    started = time.perf_counter()
    result = subprocess.run(
        [str(python), *command], cwd=folder, env={**kept, "HOME": str(folder / "home"), **variables},
        capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    if result.returncode:
        return result.stderr.strip().splitlines()[-1]
    verdict = json.dumps(nbformat.read(folder / "done.ipynb", as_version=4).cells[-1].outputs)
    return f"{seconds:.1f} s, the start of the kernel too" if "right" in verdict.lower() else verdict[:200]


def main(words: list[str]) -> int:
    """Print the table, row by row; return how many places ended in anything but a verdict or one sentence."""
    failed = 0
    print("| Python | installer | what is there | where | seconds to the first verdict, or what is said |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, served_wheel(Path(folder, "site")) as site:
        for number, place in enumerate(PLACES):
            row = f"| {place.python} | {place.installer} | {place.there} | {place.where} |"
            if words and not any(word in row for word in words):
                continue
            temporary = Path(folder, str(number))
            temporary.mkdir()
            said = try_place(place, site, temporary)
            failed += not re.match(r"[\d.]+ s|[A-Z].*[.]$", said)
            print(f"{row} {said} |", flush=True)
            shutil.rmtree(temporary, ignore_errors=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
