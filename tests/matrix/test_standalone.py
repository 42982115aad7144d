"""Every notebook runs alone in Colab's versions, from its first cell, and prints what is stored."""

from pathlib import Path

import nbformat
import pytest

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.chapters.first_cell import first_cell_source
from tests.matrix.environments import ROOT, Environment, current_python
from tests.matrix.learners import VERSION
from tests.matrix.standalone import (
    Proof,
    differences,
    execute,
    install_course,
    kernel_environment,
    notebooks,
    run_alone,
)
from tests.matrix.test_light import CHAPTERS as PROVED_WITHOUT_TENSORFLOW


@pytest.fixture(scope="module")
def colab() -> Environment:
    """Colab's packages, the course put in by the notebooks' first cell, which changes nothing else."""
    environment = Environment("colab", current_python())
    assert install_course(environment).packages_changed == {"course_lib": f"absent -> {VERSION}"}
    return environment


@pytest.mark.slow
@pytest.mark.parametrize(
    "notebook",
    [path for path in notebooks() if path not in PROVED_WITHOUT_TENSORFLOW],
    ids=lambda path: str(path.relative_to(ROOT / "chapters")),
)
def test_a_notebook_runs_alone_in_colab_s_versions(notebook: Path, colab: Environment) -> None:
    assert differences(notebook, run_alone(notebook, colab)) == []


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


def test_what_changed_is_noticed(colab: Environment, tmp_path: Path) -> None:
    first = nbformat.v4.new_code_cell(first_cell_source(read_addresses(ROOT)))
    run = nbformat.v4.new_notebook(cells=[first, run_code("print(6 * 7)", colab, tmp_path)])
    stored = tmp_path / "stored.ipynb"
    nbformat.write(run, stored)
    assert differences(stored, Proof(run)) == []
    changed = Proof(run, packages_changed={"numpy": "2.1.3 -> 2.4.6"})
    assert differences(stored, changed) == ["the environment changed: numpy 2.1.3 -> 2.4.6"]
    stored.write_text(stored.read_text().replace("42", "43"))
    assert differences(stored, Proof(run)) == ["cell 2: stored '43\\n', came '42\\n'"]
    stored.write_text(stored.read_text().replace("43", "42").replace("find_spec", "find_specs"))
    (trouble,) = differences(stored, Proof(run))
    assert trouble == "its first cell is not the one that the course was installed with"
