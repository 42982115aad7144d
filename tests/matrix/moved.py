"""Tell whether Colab's package list has moved: `python -m tests.matrix.moved pip-freeze.txt`.

It needs Python alone, prints a line for each package that the course touches and whose version is another one
than in `colab-constraints.txt`, and exits with their number.
"""

import re
import sys
from pathlib import Path

KNOWN = Path(__file__).with_name("colab-constraints.txt")
TOUCHED = ("numpy", "matplotlib", "ipywidgets", "anywidget", "tensorflow", "keras", "ipykernel", "ipython")


def versions(text: str) -> dict[str, str]:
    """Return the version of each package of a list as `pip freeze` writes it."""
    return {name.lower(): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def moved(known: str, now: str) -> list[str]:
    """Return a line for each package that moved."""
    before, after = versions(known), versions(now)
    return [
        f"- {name}: {before.get(name, 'none')} is proved, Colab has {after.get(name, 'none')}"
        for name in TOUCHED
        if before.get(name) != after.get(name)
    ]


def main() -> int:
    """Print the lines, and what to do about them."""
    lines = moved(KNOWN.read_text(encoding="utf-8"), Path(sys.argv[1]).read_text(encoding="utf-8"))
    if lines:
        lines += ["", "Run the workflow `matrix`, then copy the list to tests/matrix/colab-constraints.txt."]
    print("\n".join(lines or ["Colab has the versions that are proved."]))
    return min(len(lines), 100)


if __name__ == "__main__":
    sys.exit(main())
