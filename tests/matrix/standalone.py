"""Run one notebook alone: in an empty folder, without a network, the wheel made from this checkout."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.chapters.outputs import WIDGET_VIEW, normal_outputs, without_copies
from course_lib.workshop.book.proofs.pictures import PICTURE_TYPES, picture_difference
from tests.matrix.environments import ROOT, Environment

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
    """Build the wheel of the checkout as it stands now into a folder, and return its path."""
    command = [sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--no-build-isolation"]
    subprocess.run([*command, "--out-dir", str(to), str(ROOT)], check=True, capture_output=True)
    return next(to.glob("*.whl"))


def run_alone(notebook: Path, environment: Environment) -> Proof:
    """Run a copy of a notebook from its first cell, in an environment that lacks `course_lib`."""
    environment.build()
    subprocess.run(
        [environment.executable, "-m", "pip", "uninstall", "--quiet", "--yes", "course_lib"],
        check=True, capture_output=True,
    )  # fmt: skip
    before = environment.packages()
    with tempfile.TemporaryDirectory() as folder:
        home, work = Path(folder, "home"), Path(folder, "work")
        work.mkdir()
        home.mkdir()
        content = nbformat.reads(notebook.read_text(), as_version=4)
        published = read_addresses(ROOT).wheel
        content.cells[0].source = content.cells[0].source.replace(published, str(build_wheel(home)))
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
        proof.notebook, km=manager, timeout=CELL_SECONDS, on_cell_execute=on_start, allow_errors=False
    )
    client.execute(cwd=str(work), env=variables)
    code_cells = [index for index in sorted(started) if proof.notebook.cells[index].cell_type == "code"]
    if len(code_cells) > 1:
        proof.seconds_to_ready = started[code_cells[1]] - started[code_cells[0]]


def notebooks() -> list[Path]:
    """Return every chapter's and exercise's notebook."""
    return sorted((ROOT / "chapters").rglob("*.ipynb"))


def differences(notebook: Path, proof: Proof) -> list[str]:
    """Return how a run differs from the stored notebook; an empty list is the proof."""
    stored = nbformat.reads(notebook.read_text(), as_version=4)
    found = [f"the environment changed: {name} {change}" for name, change in proof.packages_changed.items()
             if name.lower().replace("-", "_") != "course_lib"]  # fmt: skip
    if not any(name.lower().replace("-", "_") == "course_lib" for name in proof.packages_changed):
        found.append("the first cell installed no course_lib")
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
