"""Stands in for Google's client `colab`: it takes the same commands and runs the notebook in a kernel here.

Like the client it knows sessions by name, goes on after a cell's error, saves `NAME_output.ipynb`, and keeps
its sessions in a file, here that of the variable COLAB_SESSIONS.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def main() -> None:
    """Do what the command says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["new", "exec", "stop"])
    parser.add_argument("--session", required=True)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--timeout", type=float, default=30.0)
    asked = parser.parse_args()
    store = Path(os.environ["COLAB_SESSIONS"])
    sessions = json.loads(store.read_text()) if store.exists() else []
    if asked.command == "new":
        if "COLAB_IS_FULL" in os.environ:
            sys.exit("[colab] Error: no machine is free.")
        sessions.append(asked.session)
    elif asked.session not in sessions:
        sys.exit(f"[colab] Error: there is no session {asked.session}.")
    elif asked.command == "stop":
        sessions.remove(asked.session)
    else:
        notebook = nbformat.read(asked.file, as_version=4)
        client = NotebookClient(
            notebook, timeout=int(asked.timeout), allow_errors=True, kernel_name="python3"
        )
        client.execute(env={**os.environ, "COLAB_RELEASE_TAG": "a stand-in"})
        nbformat.write(notebook, asked.file.with_name(f"{asked.file.stem}_output.ipynb"))
    store.write_text(json.dumps(sessions))


if __name__ == "__main__":
    main()
