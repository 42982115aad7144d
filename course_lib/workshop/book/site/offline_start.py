"""Start the course without a network: `python start.py`, from a USB stick or a school's folder.

It makes a folder of your own with the notebooks and an environment in it, from the packages that lie beside
this file, and opens JupyterLab there. Nothing is fetched, and nothing is written where this file is. Run
it again to go on: your notebooks stay as you left them.
"""

from __future__ import annotations  # so that an older Python gets as far as to be told

import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = Path.home() / "neural-networks-course"


def pythons() -> list[str]:
    """Return the versions of Python that the packages beside this file are for, as `3.13`."""
    return (HERE / "wheels" / "pythons.txt").read_text(encoding="utf-8").split()


def set_up(folder: Path) -> Path:
    """Bring notebooks and environment, where they are missing; return the environment's Python."""
    environment = folder / "environment"
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    for source in sorted((HERE / "notebooks").rglob("*")):
        target = folder / source.relative_to(HERE / "notebooks")
        if source.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    done = environment / "done.txt"
    wanted = (HERE / "wheels" / "course.txt").read_text(encoding="utf-8")
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        print("Setting up, once; this takes about a minute ...", flush=True)
        venv.create(environment, clear=True, with_pip=True)
        command = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--disable-pip-version-check",
        ]
        result = subprocess.run([*command, "--find-links", str(HERE / "wheels"), *wanted.split()])
        if result.returncode:
            sys.exit("The packages beside this file do not fit this machine; what pip said stands above.")
        done.write_text(wanted, encoding="utf-8")
    return python


def main() -> None:
    """Set up and open JupyterLab; `--set-up-only` leaves out the second, another folder can be named."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if here not in pythons():
        sys.exit(
            f"This is Python {here}, and the packages here are for {', '.join(pythons())}. Install one of "
            "these from python.org, then run this file with it."
        )
    names = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    folder = Path(names[0]).resolve() if names else FOLDER
    python = set_up(folder)
    print(f"The notebooks are in {folder}.", flush=True)
    if "--set-up-only" not in sys.argv:
        sys.exit(subprocess.run([str(python), "-m", "jupyterlab"], cwd=str(folder)).returncode)


if __name__ == "__main__":
    main()
