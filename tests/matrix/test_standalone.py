"""Every notebook runs alone in Colab's versions, from its first cell, and prints what is stored."""

import os
from pathlib import Path

import nbformat
import pytest

from tests.matrix.environments import ROOT, Environment, current_python
from tests.matrix.standalone import Proof, differences, execute, kernel_environment, notebooks, run_alone


@pytest.fixture(scope="module")
def colab() -> Environment:
    """Return this test process's own copy of a Colab-like environment."""
    environment = Environment("colab", current_python(), os.environ.get("PYTEST_XDIST_WORKER", ""))
    environment.build()
    return environment


@pytest.mark.slow
@pytest.mark.parametrize("notebook", notebooks(), ids=lambda path: str(path.relative_to(ROOT / "chapters")))
def test_a_notebook_runs_alone_in_colab_s_versions(notebook: Path, colab: Environment) -> None:
    proof = run_alone(notebook, colab)
    assert differences(notebook, proof) == []


def run_code(source: str, environment: Environment, folder: Path) -> nbformat.NotebookNode:
    """Run one cell in the walled-in kernel and return the cell."""
    home = folder / "home"
    home.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    execute(Proof(notebook), environment, folder, kernel_environment(home))
    return notebook.cells[0]


@pytest.mark.parametrize(
    "source",
    [
        "import urllib.request\nurllib.request.urlopen('https://example.org', timeout=5)",
        "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=5)",
        "import sys, subprocess as s\ns.run([sys.executable, '-m', 'pip', 'install', 'cowsay'], check=True)",
        "import subprocess\nsubprocess.run(['git', 'ls-remote', 'https://example.org/a.git'], check=True)",
    ],
)  # fmt: skip
def test_the_network_is_refused(source: str, colab: Environment, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"refuses the network|CalledProcessError"):
        run_code(source, colab, tmp_path)


def test_a_changed_output_is_noticed(colab: Environment, tmp_path: Path) -> None:
    cell = run_code("print(6 * 7)", colab, tmp_path)
    run = nbformat.v4.new_notebook(cells=[cell])
    stored = tmp_path / "stored.ipynb"
    proof = Proof(run, packages_changed={"course_lib": "absent -> 0.1.0"})
    nbformat.write(run, stored)
    assert differences(stored, proof) == []
    stored.write_text(stored.read_text().replace("42", "43"))
    assert differences(stored, proof) == ["cell 1: stored '43\\n', came '42\\n'"]


def test_a_changed_package_is_noticed(tmp_path: Path) -> None:
    empty = nbformat.v4.new_notebook()
    nbformat.write(empty, tmp_path / "empty.ipynb")
    changed = {"course_lib": "absent -> 0.1.0", "numpy": "2.1.3 -> 2.4.6"}
    proof = Proof(empty, packages_changed=changed)
    assert differences(tmp_path / "empty.ipynb", proof) == ["the environment changed: numpy 2.1.3 -> 2.4.6"]
