"""Run notebooks in real Colab and compare: `python -m tests.matrix.real_colab [NOTEBOOK ...]`.

For whoever keeps the project. It drives Google's own command-line client (`uv tool install google-colab-cli`,
Linux and macOS), which signs in with a Google account in the browser once. Each notebook gets a fresh CPU
machine, as a learner's does, and gives it back; Colab's free machines do, within their daily limits. The
notebooks install the published wheel, so publish first. Name another client in COURSE_COLAB.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat

from course_lib.workshop.book.addresses import read_addresses
from tests.matrix.environments import ROOT
from tests.matrix.standalone import CELL_SECONDS, Proof, notebooks, output_differences


class ColabError(Exception):
    """The client could not do what was asked of it; its own words are the message."""


def run_in_colab(notebook: Path, client: Sequence[str], folder: Path) -> Proof:
    """Run a copy of a notebook on a fresh machine of Colab, and return it with its outputs there.

    Raises
    ------
    ColabError
        If there is no machine, or the client stopped before the notebook's end.
    """
    copy = folder / notebook.name
    shutil.copyfile(notebook, copy)
    session = f"course-{notebook.parent.name}-{notebook.stem}".replace("_", "-")
    _client(client, "new", "--session", session)
    try:
        _client(client, "exec", "--session", session, "--file", str(copy), "--timeout", str(CELL_SECONDS))
    finally:
        _client(client, "stop", "--session", session)
    done = copy.with_name(f"{copy.stem}_output.ipynb")  # where the client writes it
    if not done.is_file():
        raise ColabError(f"The client wrote no {done.name}.")
    return Proof(nbformat.read(done, as_version=4))


def _client(client: Sequence[str], *arguments: str) -> None:
    try:
        done = subprocess.run([*client, *arguments], capture_output=True, text=True)
    except OSError as error:
        raise ColabError(
            f"There is no program {client[0]}. Install it: uv tool install google-colab-cli"
        ) from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise ColabError(f"colab {arguments[0]} stopped and said: {said}")


def main(names: Sequence[str]) -> int:
    """Run the notebooks, print a line for each, and return how many differ from what is stored."""
    if not read_addresses(ROOT).is_published:
        print("Nothing is published yet, so Colab has nothing to install: `course set-urls` first.")
        return 1
    client = os.environ.get("COURSE_COLAB", "colab").split()
    chosen = [Path(name).resolve() for name in names] or notebooks()
    failed = 0
    for number, notebook in enumerate(chosen, start=1):
        stored = nbformat.read(notebook, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            try:
                trouble = output_differences(stored, run_in_colab(notebook, client, Path(folder)))
            except ColabError as error:
                trouble = [str(error)]
        failed += bool(trouble)
        print(f"[{number}/{len(chosen)}] {'FAILED' if trouble else 'proved'} {notebook.name}", flush=True)
        for line in trouble:
            print("    " + line)
    print(f"{len(chosen) - failed} of {len(chosen)} notebooks print in Colab what is stored.")
    return min(failed, 100)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
