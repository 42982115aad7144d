"""Set up the private environment in .venv: `set_up.py book` to build the book, `teach` to grade, `test`."""

from __future__ import annotations  # so that an older Python gets as far as to be told

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
COMMANDS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = COMMANDS / ("python.exe" if os.name == "nt" else "python")
WORKSHOP = ("--editable", "./course_lib/workshop")
EXTRAS = {"book": "book", "teach": "grading,canvas"}
OLDEST, NEWEST = (3, 11), (3, 13)
GIGABYTES_NEEDED = {"book": 1.5, "teach": 1.0, "test": 5.0}
NO_NETWORK = ("Max retries exceeded", "NewConnectionError", "ProxyError", "Retrying")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def fail(message: str) -> None:
    """Stop with one clear line."""
    sys.exit(f"Set-up stopped: {message}")


def stamp_of(purpose: str) -> str:
    """Return what the environment depends on, as a short text: it is set up anew when this changes."""
    digest = hashlib.sha256(sys.version.encode())
    digest.update((ROOT / "requirements.txt").read_bytes())
    digest.update((ROOT / "pyproject.toml").read_bytes())
    digest.update(str(ROOT).encode())
    return f"{purpose} {digest.hexdigest()}"


def is_ready(purpose: str, stamp_file: Path) -> bool:
    """Tell whether the environment is there and was set up for this purpose or for a larger one."""
    if not PYTHON.exists() or not stamp_file.exists():
        return False
    return not {stamp_of(purpose), stamp_of("test")}.isdisjoint(stamp_file.read_text().splitlines())


def check_python() -> None:
    """Stop early on a Python that the course does not know."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        fail(
            f"{sys.executable} is Python {sys.version.split()[0]}; the course needs 3.11, 3.12 or 3.13. "
            "Name one: make PYTHON=/path/to/python3.12"
        )


def check_disk(purpose: str) -> None:
    """Stop early when the disk would fill up."""
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < GIGABYTES_NEEDED[purpose]:
        fail(f"{GIGABYTES_NEEDED[purpose]} GB of disk are needed here, {free:.1f} GB are free.")


def create_environment() -> None:
    """Create .venv with the Python that runs this script, and replace one of another Python."""
    config = ENVIRONMENT / "pyvenv.cfg"
    version = ".".join(map(str, sys.version_info[:3]))
    keep = PYTHON.exists() and config.exists() and f"version = {version}\n" in config.read_text()
    if keep:
        return
    try:
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
    except (subprocess.CalledProcessError, OSError) as error:
        fail(f"Python's own venv module failed ({error}). On Debian and Ubuntu: apt install python3-venv.")


def install(*what: str) -> None:
    """Install packages with pip, show how far it is, and turn its failures into one line."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    lines = []
    with subprocess.Popen(
        [*command, *what], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout
        for line in pip.stdout:
            lines.append(line)
            show_progress(lines)
    if pip.returncode == 0:
        return
    trouble = "".join(lines)
    print(trouble, file=sys.stderr)
    if "No space left on device" in trouble:
        fail("the disk is full. Free some space and run the same command again.")
    if any(sign in trouble for sign in NO_NETWORK):
        fail("no network: the package index did not answer. Connect and run the same command again.")
    fail("pip could not install the packages; what it said stands above.")


def show_progress(lines: list[str]) -> None:
    """Say how many packages pip has found so far, on one line that is written over."""
    if not sys.stdout.isatty():
        return
    found = sum(line.startswith("Collecting") for line in lines)
    if lines[-1].startswith("Collecting"):
        print(f"\r  {found} packages found ...", end="", flush=True)
    if lines[-1].startswith("Installing"):
        print(f"\r  {found} packages found, installing ...", flush=True)


def install_packages(purpose: str) -> None:
    """Install what the purpose needs, at the versions that requirements.txt pins."""
    if purpose in EXTRAS:
        install("--constraint", "requirements.txt", "--editable", f".[{EXTRAS[purpose]}]", *WORKSHOP)
    else:
        install("--requirement", "requirements.txt")
        install("--no-deps", "--editable", ".", *WORKSHOP)


def find_browser() -> str | None:
    """Return the path of a Chrome or Chromium on this machine, if there is one."""
    named = os.environ.get("COURSE_BROWSER")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


def install_browser() -> None:
    """Find a browser for the tests of the pages, or install Debian's where that is allowed."""
    if find_browser():
        return
    as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if shutil.which("apt-get") and (not as_root or shutil.which("sudo")):
        print("No Chrome or Chromium here: installing Debian's ...", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
            subprocess.run([*as_root, "apt-get", *step], env=environment, stdout=subprocess.DEVNULL)
    if not find_browser():
        fail(
            "the tests open the book's pages in Chrome or Chromium, and none was found. "
            "Install one, or name it: COURSE_BROWSER=/path/to/chrome make test"
        )


def link_command() -> None:
    """Let `course` be found from every folder: a link to it where a user's own commands lie."""
    own, command = Path.home() / ".local" / "bin" / "course", COMMANDS / "course"
    if os.name == "nt":  # where links are for administrators
        print(f"For `course` in every folder, add this one to your PATH: {COMMANDS}")
        return
    if own.exists() and not own.is_symlink():
        print(f"{own} is another program and stays; this clone's command is {command}.")
        return
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
        own.unlink(missing_ok=True)
        own.symlink_to(command)
    except OSError as error:
        print(f"No link at {own} ({error.strerror}); the command is {command}.")
        return
    if str(own.parent) not in os.environ.get("PATH", "").split(os.pathsep):
        print(f'For `course` in every folder, add to your shell profile: export PATH="{own.parent}:$PATH"')


def main() -> None:
    """Set the environment up for the purpose named on the command line."""
    purpose = sys.argv[1]
    check_python()
    if purpose == "test":
        install_browser()
    stamp_file = ENVIRONMENT / "set-up-for"
    if is_ready(purpose, stamp_file):
        if purpose == "teach":
            link_command()
        return
    check_disk(purpose)
    print(f"Setting up .venv with Python {sys.version.split()[0]} (a few minutes, once) ...", flush=True)
    create_environment()
    before = stamp_file.read_text().splitlines() if stamp_file.exists() else []
    stamp_file.unlink(missing_ok=True)
    install_packages(purpose)
    digest = stamp_of("")
    there = [line for line in before if line.endswith(digest)]  # what else the same packages were set up for
    stamp_file.write_text("\n".join([*there, stamp_of(purpose)]))
    if purpose == "teach":
        link_command()


if __name__ == "__main__":
    main()
