"""Pin everything that pyproject.toml names: write requirements.txt (run by `make lock`)."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
HEAD = """\
# For authors and instructors: every package that a clone needs, pinned. `make test` installs this file.
# Learners need none of it: the first cell of a notebook brings what is missing (README.md, "Install").
# Written by `make lock` from pyproject.toml, whose ranges and reasons are the source.

"""


def name_of(requirement: str) -> str:
    """Return the normalised name of the package in a requirement line."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def reasons(pyproject: str) -> dict[str, str]:
    """Return the reason that pyproject.toml gives for each direct dependency."""
    lines = re.findall(r'^ {4}"([^"]+)",\s+# (.+)$', pyproject, flags=re.MULTILINE)
    found: dict[str, str] = {}
    for requirement, reason in lines:
        found.setdefault(name_of(requirement), reason)
    return found


def resolve() -> list[str]:
    """Let uv find one set of versions for every Python and system, starting from the present pins."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "requirements.txt"
        if REQUIREMENTS.exists() and "--upgrade" not in sys.argv:
            shutil.copy(REQUIREMENTS, pins)
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--all-extras"]
        command += ["--fork-strategy", "fewest"]
        command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--output-file", str(pins)]
        subprocess.run([*command, "pyproject.toml"], cwd=ROOT, check=True)
        return pins.read_text().splitlines()


def main() -> None:
    """Write the direct dependencies with their reasons, then what they bring along."""
    why = reasons((ROOT / "pyproject.toml").read_text())
    pins = resolve()
    direct = [f"{pin}  # {why[name_of(pin)]}" for pin in pins if name_of(pin) in why]
    brought = [pin for pin in pins if name_of(pin) not in why]
    text = HEAD + "\n".join(direct) + "\n\n# What these bring along.\n" + "\n".join(brought) + "\n"
    REQUIREMENTS.write_text(text)
    print(f"requirements.txt: {len(direct)} direct dependencies, {len(brought)} that they bring along")


if __name__ == "__main__":
    main()
