"""Pack what a page loads on a press, so that it works from a web host and from a file alike.

A page opened from a file may not fetch, but it may run a script: every piece travels inside of scripts, as
text, compressed and cut into parts whose names are digests of their content. What did not change is written
by no later build again.
"""

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.site import web_packages
from course_lib.workshop.book.site.extension.light_files import cached
from course_lib.workshop.book.site.extension.live_pages import (
    CHECK,
    FOLDER,
    can_run_in_a_page,
    chapter_cells,
    needs_tensorflow,
)
from course_lib.workshop.book.site.extension.outputs import NAMES_BRIGHTNESS
from course_lib.workshop.book.site.live_pieces import find_pieces

__all__ = ["FOLDER", "megabytes", "pack", "write"]

LIVE = Path(__file__).parent / "live"
PART = 1_000_000  # characters: so long that progress is seen, and a cancelled load ends soon


def pack(root: Path, source: Path) -> dict[str, str]:
    """Return the scripts by their paths, none without exercises or where Python cannot be had.

    Parameters
    ----------
    root
        The folder that holds `course_lib` and `pyproject.toml`.
    source
        The folder that holds the chapters.
    """
    scripts: dict[str, str] = {}
    for path in sorted((source / "chapters" / "exercises").glob("*.ipynb")):
        if found := exercises_in(path):
            scripts[f"notebooks/{path.stem}.js"] = f"courseLive.notebook({json.dumps(found)});"
    for path in sorted((source / "chapters").glob("*.ipynb")):
        cells = chapter_cells(json.loads(path.read_text(encoding="utf-8")))
        if cells and not needs_tensorflow(cells):
            form = {"name": path.stem, "cells": cells}
            scripts[f"chapters/{path.stem}.js"] = f"courseLive.notebook({json.dumps(form)});"
    if not scripts:
        return {}
    web_packages.install_web_packages()
    groups = find_pieces()
    built = course_wheel(root) if groups else None
    if groups is None or built is None:
        print(
            "Python for the pages cannot be had here: exercises lead to Colab.", file=sys.stderr, flush=True
        )
        return {}
    wheel, data = built
    groups["python"] |= {wheel: data, "session.py": (LIVE / "session.py").read_bytes()}
    groups["python"]["worker.js"] = (LIVE / "worker.js").read_bytes()
    manifest: dict[str, Any] = {}
    for group, files in groups.items():
        manifest[group] = {name: _packed(name, content, scripts) for name, content in files.items()}
    style = json.dumps((LIVE / "live.css").read_text(encoding="utf-8"))
    brightness = json.dumps(NAMES_BRIGHTNESS.pattern)
    start = (
        f"globalThis.courseLive={{manifest:{json.dumps(manifest)},style:{style},brightness:{brightness}}};"
    )
    scripts["live.js"] = f"{start}\n{bundled('page.js')}"
    scripts["LICENSES.txt"] = licences()
    return scripts


def megabytes(scripts: dict[str, str]) -> dict[str, int]:
    """Return how much each group of pieces is, the scripts with the first, in whole megabytes, rounded up."""
    manifest, _ = json.JSONDecoder().raw_decode(scripts["live.js"].partition("{manifest:")[2])
    loaded = {
        group: [part for file in files.values() for part in file["parts"]]
        for group, files in manifest.items()
    }
    loaded["python"].append("live.js")
    return {
        group: -(-sum(len(scripts[one]) for one in parts) // 1_000_000) for group, parts in loaded.items()
    }


def _packed(name: str, content: bytes, scripts: dict[str, str]) -> dict[str, Any]:
    """Add the parts of a file to the scripts, and return what the page has to know of it."""
    small = cached(".gz", partial(gzip.compress, content, 9, mtime=0), content)
    is_smaller = len(small) < 0.95 * len(content)
    text = base64.b64encode(small if is_smaller else content).decode()
    parts = []
    for start in range(0, len(text), PART):
        piece = text[start : start + PART]
        path = f"parts/{hashlib.sha256(piece.encode()).hexdigest()[:16]}.js"
        scripts[path] = f'courseLive.part("{path}","{piece}");'
        parts.append(path)
    return {"parts": parts, "gzip": is_smaller, "size": len(text)}


def exercises_in(path: Path) -> dict[str, Any] | None:
    """Return a notebook without its outputs and where its exercises are, None if it has none."""
    form = json.loads(path.read_text(encoding="utf-8"))
    ladders = json.loads((LIVE / "ladders.json").read_text(encoding="utf-8"))
    exercises: list[dict[str, Any]] = []
    imports, title = "", ""
    block: list[int] = []
    for place, cell in enumerate(form["cells"]):
        text = cell["source"] = "".join(cell["source"])
        if cell["cell_type"] != "code":
            heading = re.match(r"## \d+\. (.*?)(?: \(\d+ points?\))?$", text, re.MULTILINE)
            title, block = (heading[1], []) if heading else (title, block)
            continue
        cell["outputs"], cell["execution_count"] = [], None
        match = CHECK.fullmatch(text.strip())
        if match and block and can_run_in_a_page(match[1]):
            given = [form["cells"][other]["source"] for other in block[:-1]]
            answer = block[-1]
            stub = form["cells"][answer]["source"]
            one = {"name": match[1], "title": title, "given": given, "stub": stub, "cell": answer}
            exercises.append(one | ({"ladder": ladders[match[1]]} if match[1] in ladders else {}))
        elif (
            not title
            and "course_lib.exercises" in text
            and "remove-cell" not in cell["metadata"].get("tags", [])
        ):
            imports = text
        block = [] if match else [*block, place]
    if not exercises:
        return None
    return {"name": path.stem, "imports": imports, "exercises": exercises, "notebook": form}


def course_wheel(root: Path) -> tuple[str, bytes] | None:
    """Return the name and the bytes of the learner's wheel, as it is built from a checkout, None on failure.

    pip builds it, from a copy: with the setuptools that is installed, or else with one that it fetches.
    """
    sources = [root / name for name in ("pyproject.toml", "README.md", "LICENSE")]
    sources += [
        path
        for path in (root / "course_lib").rglob("*")
        if path.is_file() and not {"workshop", "__pycache__"} & set(path.relative_to(root).parts)
    ]
    state = [f"{path.relative_to(root)}\0".encode() + path.read_bytes() for path in sorted(sources)]
    try:
        return f"course_lib-{read_addresses(root).version}-py3-none-any.whl", cached(
            ".whl", partial(_built_wheel, root, sources), *state
        )
    except subprocess.CalledProcessError:
        return None


def _built_wheel(root: Path, sources: list[Path]) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        for path in sources:
            copy = Path(name) / "source" / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        options = ["--no-build-isolation"] if _has_setuptools() else []
        subprocess.run(
            [*command, *options, "--wheel-dir", name, f"{name}/source"],
            env=os.environ | {"SOURCE_DATE_EPOCH": "315532800"},  # the same bytes at any time
            check=True,
            capture_output=True,
        )
        (wheel,) = Path(name).glob("course_lib-*.whl")
        return wheel.read_bytes()


def _has_setuptools() -> bool:
    try:
        return int(version("setuptools").split(".")[0]) >= 75
    except PackageNotFoundError:
        return False


def bundled(entry: str) -> str:
    """Return one of our modules, with all that it imports, as one script that a page can run from a file."""
    node_modules = web_packages.CACHE / "node_modules"
    sources = [path.read_bytes() for path in sorted(LIVE.glob("*.js"))]
    lock = (Path(__file__).parent / "package-lock.json").read_bytes()
    options = ["--bundle", "--minify", "--format=iife", "--target=es2022", "--legal-comments=eof"]

    def bundle() -> bytes:
        done = subprocess.run(
            [web_packages.node_program(), node_modules / "esbuild/bin/esbuild", LIVE / entry, *options],
            env=os.environ | {"NODE_PATH": str(node_modules)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        if done.returncode:
            said = " ".join(done.stderr.decode().split())[:400]
            raise BookError(Problem(f"live/{entry}", f"could not be bundled: {said}", ""))
        return done.stdout

    return cached(".js", bundle, lock, repr(options).encode(), *sources).decode()


def licences() -> str:
    """Return the licences of what others made: the editor's and Pyodide's; packages carry theirs."""
    modules = web_packages.CACHE / "node_modules"
    texts = ["Pyodide, MPL-2.0: https://github.com/pyodide/pyodide"]
    for pattern in ("codemirror", "@codemirror/*", "@lezer/*", "style-mod", "w3c-keyname", "crelt"):
        for folder in sorted(modules.glob(pattern)):
            found = folder / "LICENSE"
            if found.is_file():
                name = folder.relative_to(modules).as_posix()
                texts.append(f"{name}\n\n{found.read_text(encoding='utf-8')}")
    return "\n\n----\n\n".join(texts)


def write(scripts: dict[str, str], folder: Path) -> list[str]:
    """Write scripts below a folder and remove others; return the paths of those that were not there yet."""
    written = []
    for path, text in scripts.items():
        file = folder / path
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(path)
    for file in folder.rglob("*.js"):
        if file.relative_to(folder).as_posix() not in scripts:
            file.unlink()
    return written
