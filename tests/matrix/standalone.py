"""Run one notebook alone: in an empty folder, without a network, on the wheel made from this checkout.

All notebooks begin with the same cell. It is proved once in an environment, by installing the course with it;
each notebook is then run as it is stored, and its first cell finds the course there.
"""

import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.chapters.first_cell import first_cell_source
from course_lib.workshop.book.chapters.outputs import WIDGET_VIEW, normal_outputs, without_copies
from course_lib.workshop.book.proofs.pictures import PICTURE_TYPES, picture_difference
from tests.matrix.environments import ROOT, Environment, uv

OFFLINE = Path(__file__).with_name("offline")
CELL_SECONDS = 300


@dataclass
class Proof:
    """What happened when a notebook ran alone."""

    notebook: nbformat.NotebookNode
    seconds_to_ready: float = 0.0
    packages_changed: dict[str, str] = field(default_factory=dict)


def kernel_environment(home: Path) -> dict[str, str]:
    """Return the environment of a kernel that reaches nothing but this machine.

    Python refuses every connection that leaves the machine; pip finds no index.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return kept | {
        "COLAB_RELEASE_TAG": "the proof",
        "HOME": str(home),
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_TERMINAL_PROMPT": "0",
        "PIP_NO_INDEX": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONPATH": str(OFFLINE),
        "PYTEST_CURRENT_TEST": "standalone",
    }


def build_wheel(to: Path) -> Path:
    """Put the wheel of this checkout into a folder, and return its path."""
    to.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(_wheel(), to))


@cache
def _wheel() -> Path:
    folder = tempfile.TemporaryDirectory()
    _kept.append(folder)
    uv(["build", "--quiet", "--wheel", "--no-build-isolation", "--out-dir", folder.name, str(ROOT)])
    return next(Path(folder.name).glob("*.whl"))


_kept: list[tempfile.TemporaryDirectory[str]] = []  # removed when this process ends


def install_course(environment: Environment) -> Proof:
    """Take the course out of an environment, and let the cell that all notebooks begin with bring it back."""
    environment.build()
    uv(["pip", "uninstall", "--quiet", "--python", str(environment.executable), "course_lib"])
    with tempfile.TemporaryDirectory() as folder:
        addresses = read_addresses(ROOT)
        local = first_cell_source(addresses).replace(addresses.wheel, str(build_wheel(Path(folder))))
        cells = [nbformat.v4.new_code_cell(source) for source in (local, "import course_lib.exercises")]
        return _run(nbformat.v4.new_notebook(cells=cells), environment)


def run_alone(notebook: Path, environment: Environment) -> Proof:
    """Run a notebook as it is stored, in an environment into which its first cell has brought the course."""
    return _run(nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4), environment)


def _run(content: nbformat.NotebookNode, environment: Environment) -> Proof:
    before = environment.packages()
    with tempfile.TemporaryDirectory() as folder:
        home, work = Path(folder, "home"), Path(folder, "work")
        work.mkdir()
        home.mkdir()
        proof = Proof(content)
        execute(proof, environment, work, kernel_environment(home))
    after = environment.packages()
    proof.packages_changed = {
        name: f"{before.get(name, 'absent')} -> {after.get(name, 'absent')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
    return proof


def execute(proof: Proof, environment: Environment, work: Path, variables: dict[str, str]) -> None:
    """Execute the notebook in the environment's own kernel; time its first code cell."""
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[str(environment.executable), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="proof",
        language="python",
    )
    started: dict[int, float] = {}

    def on_start(cell: nbformat.NotebookNode, cell_index: int) -> None:
        started[cell_index] = time.perf_counter()

    client = NotebookClient(
        proof.notebook,
        km=manager,
        timeout=CELL_SECONDS,
        on_cell_execute=on_start,
        shutdown_kernel="immediate",
    )
    # nbclient leaves a kernel alive whose manager it was given, with all of TensorFlow, until the tests end.
    client.execute(cwd=str(work), env=variables, cleanup_kc=True)
    code_cells = [index for index in sorted(started) if proof.notebook.cells[index].cell_type == "code"]
    if len(code_cells) > 1:
        proof.seconds_to_ready = started[code_cells[1]] - started[code_cells[0]]


def notebooks() -> list[Path]:
    """Return every chapter's and exercise's notebook."""
    return sorted((ROOT / "chapters").rglob("*.ipynb"))


def needs_tensorflow(notebook: Path) -> bool:
    """Return whether a notebook's own code loads TensorFlow."""
    cells = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return "import tensorflow" in code or "course_lib.tf" in code


def differences(notebook: Path, proof: Proof) -> list[str]:
    """Return how a run differs from the stored notebook; an empty list is the proof."""
    stored = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4)
    found = [f"the environment changed: {name} {change}" for name, change in proof.packages_changed.items()]
    if stored.cells[0].source != first_cell_source(read_addresses(ROOT)):
        found.append("its first cell is not the one that the course was installed with")
    return found + output_differences(stored, proof)


def output_differences(stored: nbformat.NotebookNode, proof: Proof) -> list[str]:
    """Return how what a run printed and drew differs from what a notebook stores."""
    found = []
    for number, (before, now) in enumerate(zip(stored.cells, proof.notebook.cells, strict=True), start=1):
        if before.cell_type != "code" or "nbval-ignore-output" in before.metadata.get("tags", []):
            continue
        before_outputs, now_outputs = (
            without_copies(normal_outputs(cell.outputs, ROOT)) for cell in (before, now)
        )
        if len(before_outputs) != len(now_outputs):
            found.append(f"cell {number}: {len(before_outputs)} outputs are stored, {len(now_outputs)} came")
            continue
        for stored_output, output in zip(before_outputs, now_outputs, strict=True):
            trouble = output_difference(stored_output, output)
            found += [f"cell {number}: {trouble}"] if trouble else []
    return found


def output_difference(stored: nbformat.NotebookNode, output: nbformat.NotebookNode) -> str | None:
    """Return how one output differs: text to the letter, pictures as pictures; None where it does not."""
    if stored.output_type == "error":
        same = (stored.ename, stored.evalue) == (output.get("ename"), output.get("evalue"))
        return None if same else f"stored {stored.ename}: {stored.evalue}; came {output.get('evalue')}"
    if stored.output_type == "stream":
        return (
            None
            if stored.text == output.get("text")
            else f"stored {stored.text!r}, came {output.get('text')!r}"
        )
    data = output.get("data", {})
    described = [one.get("metadata", {}).get("course", {}) for one in (stored, output)]
    letters = [box for description in described for box in description.get("letters", [])]
    for kind, value in stored.data.items():
        if kind not in data:
            trouble = f"no {kind} came"
        elif kind in PICTURE_TYPES:
            trouble = picture_difference(value, data[kind], by_bytes=False, letters=letters)
        elif kind == WIDGET_VIEW:
            trouble = None
        else:
            same = value == data.get(kind)
            trouble = (
                None if same else f"stored {kind} {str(value)[:300]!r}, came {str(data.get(kind))[:300]!r}"
            )
        if trouble:
            return trouble
    return None
