"""Start the course without a network: `python3 start.py`, from a USB stick or a school's folder.

It makes a folder of your own with the notebooks and an environment in it, from the packages that lie beside
this file, and opens JupyterLab there. Nothing is fetched, and nothing is written where this file is. Run
it again to go on: your notebooks stay as you left them.

    python3 start.py               in your home folder
    python3 start.py FOLDER        in another one

What begins with two hyphens is handed on to JupyterLab, such as --no-browser; --set-up-only opens nothing.
"""

from __future__ import annotations  # so that an older Python gets as far as to be told

import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = Path.home() / "neural-networks-course"
WINDOWS = sys.platform == "win32"


def pythons() -> list[str]:
    """Return the versions of Python that the packages beside this file are for, as `3.13`."""
    return (HERE / "wheels" / "pythons.txt").read_text(encoding="utf-8").split()


def set_up(folder: Path) -> Path:
    """Bring notebooks and environment, where they are missing; return the environment's Python."""
    environment = folder / "environment"
    python = environment / ("Scripts/python.exe" if WINDOWS else "bin/python")
    for source in sorted((HERE / "notebooks").rglob("*")):
        target = folder / source.relative_to(HERE / "notebooks")
        if source.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(target.name + ".part")  # never half a notebook
            shutil.copyfile(source, part)
            part.replace(target)
    done = environment / "done.txt"
    wanted = (HERE / "wheels" / "course.txt").read_text(encoding="utf-8")
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        print("Setting up, once; this takes a minute or two ...", flush=True)
        # pip runs from its own wheel: some systems' Python comes without one for new environments.
        venv.create(environment, clear=True, with_pip=False, symlinks=not WINDOWS)
        (pip,) = (HERE / "wheels").glob("pip-*.whl")
        options = ["--quiet", "--no-index", "--no-cache-dir", "--disable-pip-version-check"]
        command = [str(python), str(pip / "pip"), "install", *options, "--find-links", str(HERE / "wheels")]
        if subprocess.run([*command, *wanted.split()]).returncode:
            sys.exit("The packages beside this file do not fit this machine; what pip said stands above.")
        done.write_text(wanted, encoding="utf-8")
    return python


def open_jupyterlab(command: list[str], folder: Path) -> None:
    """Become JupyterLab, so that Ctrl-C is its own and it asks before it ends."""
    if WINDOWS:  # where no program becomes another
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(subprocess.run(command, cwd=str(folder)).returncode)
    os.chdir(folder)
    os.execv(command[0], command)


def main() -> None:
    """Set up and open JupyterLab."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if here not in pythons():
        sys.exit(
            f"This is Python {here}, and the packages here are for {', '.join(pythons())}. Install one of "
            "these from python.org, then run this file with it."
        )
    options = [argument for argument in sys.argv[1:] if argument.startswith("--")]
    names = [argument for argument in sys.argv[1:] if argument not in options]
    folder = Path(names[0]).resolve() if names else FOLDER
    try:
        python = set_up(folder)
    except OSError as error:
        sys.exit(
            f"The course cannot be set up in {folder}: {error.strerror}. Name a folder of your own that has "
            f"half a gigabyte free: {Path(sys.argv[0]).name} FOLDER."
        )
    print(f"The notebooks are in {folder}.", flush=True)
    if "--set-up-only" not in options:
        open_jupyterlab([str(python), "-m", "jupyterlab", *options], folder)


if __name__ == "__main__":
    main()
