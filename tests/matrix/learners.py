"""What a learner sits at, made for a test: a site with the wheel, an environment, a shell that runs cells."""

import functools
import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_lib.workshop.book.addresses import Addresses
from course_lib.workshop.book.chapters.first_cell import first_cell_source
from tests.matrix.environments import ROOT, interpreter
from tests.matrix.standalone import build_wheel

VERSION = "0.1.0"

# The cells run in IPython as a notebook's do, without the start of a kernel; each says what came of it.
_RUNNER = """
import sys, time
sys.path.insert(0, "")
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in sys.argv[1:]:
    print("==== cell")
    started = time.perf_counter()
    shell.run_cell(open(cell, encoding="utf-8").read(), store_history=True)
    print(f"==== {time.perf_counter() - started:.2f} s")
"""


@contextmanager
def served_wheel(folder: Path) -> Iterator[str]:
    """Serve the wheel of this checkout as a release of a repository; give the repository's address."""
    build_wheel(folder / "owner" / "course" / "releases" / "download" / "main-wheel")
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/owner/course"
    server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


def first_cell(repository: str, branch: str = "main") -> str:
    """Return the first cell of a notebook of this repository."""
    return first_cell_source(Addresses(ROOT, repository, branch, "https://example.invalid/book", VERSION))


def environment(folder: Path, python: str, *packages: str, seed: bool = True) -> Path:
    """Make an environment with some packages, and pip where it is seeded; return its Python."""
    uv = [sys.executable, "-m", "uv"]
    options = ["--seed"] if seed else []
    subprocess.run(
        [*uv, "venv", "--quiet", *options, "--python", interpreter(python), str(folder)], check=True
    )
    executable = folder / "bin" / "python"
    if packages:
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(executable), *packages], check=True)
    return executable


def run_cells(python: Path, folder: Path, *cells: str, **variables: str) -> list[tuple[str, float]]:
    """Run cells in a fresh IPython that starts in a folder; return what each showed, and its seconds."""
    folder.mkdir(exist_ok=True)
    names = []
    for number, source in enumerate(cells):
        path = folder / f"cell_{number}.txt"
        path.write_text(source, encoding="utf-8")
        names.append(path.name)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    home = folder / "home"
    home.mkdir(exist_ok=True)
    result = subprocess.run(
        [str(python), "-c", _RUNNER, *names],
        cwd=folder, env={**kept, "HOME": str(home), "NO_COLOR": "1", "FORCE_COLOR": "1", **variables},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert "==== cell" in result.stdout, result.stderr
    return [
        (shown.strip(), float(seconds))
        for shown, seconds in re.findall(r"==== cell\n(.*?)==== ([\d.]+) s\n", result.stdout, re.DOTALL)
    ]


def no_line(port: int = 9) -> dict[str, str]:
    """Return the variables of a machine whose proxy answers nobody."""
    proxy = f"http://127.0.0.1:{port}"
    return dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy) | {"no_proxy": ""}
