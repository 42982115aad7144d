"""The whole course in one archive that needs no network: the book, the notebooks, and their packages."""

import json
import os
import posixpath
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import nbformat

from course_lib.workshop.book.addresses import PICTURES, Addresses, read_addresses, rewrite_links
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.site.build import build_book

PYTHONS = ("3.11", "3.12", "3.13")
# For each platform: what uv calls it, and the tags of wheels that run there.
PLATFORMS = {
    "linux": (
        "x86_64-manylinux_2_28",
        [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)] + ["manylinux2014_x86_64"],
    ),
    "macos": ("aarch64-apple-darwin", [f"macosx_{major}_0_arm64" for major in range(14, 10, -1)]),
    "windows": ("x86_64-pc-windows-msvc", ["win_amd64"]),
}
# Beside the course itself; pip, for what a learner wants to add later.
TOOLS = ("jupyterlab", "pip")
READ_ME = """\
The course, whole and without a network.

To read it, open book/index.html in a browser.
To run it, with Python {pythons} on this machine: open a terminal in this folder and type

    py start.py          (Windows)
    python3 start.py     (macOS, on Apple's own processors, and Linux)

It makes a folder `neural-networks-course` in your home folder, with your copies of the notebooks, and opens
JupyterLab there. The chapters that use TensorFlow need a network once, for `pip install tensorflow`.
"""


def build_archive(
    root: Path,
    to: Path,
    pythons: Sequence[str] = PYTHONS,
    platforms: Iterable[str] = PLATFORMS,
    book: Path | None = None,
    say: Callable[[str], object] = print,
) -> Path:
    """Write the archive.

    Parameters
    ----------
    root
        The folder that holds `_config.yml`.
    to
        The archive, a `.zip`.
    pythons
        The versions of Python that its packages are for.
    platforms
        Names of `PLATFORMS`.
    book
        The folder of the built book; by default it is built.
    say
        Called with a line for each step.

    Returns
    -------
    Path
        The archive.

    Raises
    ------
    BookError
        If the book cannot be built, or a package cannot be fetched.
    """
    addresses = read_addresses(root)
    if book is None:  # first of all: what an author has to mend is said before minutes of fetching
        say("the book")
        book = build_book(root).folder
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / f"neural-networks-course-{addresses.version}"
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        say("the wheel of the course")
        build_wheel(root, wheels)
        pins = dict.fromkeys(pin for python in pythons for name in platforms
                             for pin in fetch_wheels(root, wheels, python, name, say))  # fmt: skip
        say(f"{len(pins)} packages")
        wanted = [f"course_lib=={addresses.version}", *TOOLS]
        (wheels / "course.txt").write_text("\n".join([*wanted, ""]), encoding="utf-8")
        (wheels / "pythons.txt").write_text("\n".join([*pythons, ""]), encoding="utf-8")
        say("the notebooks")
        write_notebooks(addresses, folder / "notebooks")
        shutil.copytree(book, folder / "book")
        shutil.copyfile(Path(__file__).with_name("offline_start.py"), folder / "start.py")
        read_me = READ_ME.format(pythons=", ".join(pythons[:-1]) + " or " * (len(pythons) > 1) + pythons[-1])
        (folder / "READ ME.txt").write_text(read_me, encoding="utf-8")
        to.parent.mkdir(parents=True, exist_ok=True)
        _zip(folder, to)
    return to


def build_wheel(root: Path, to: Path) -> Path:
    """Build the wheel of `course_lib` as it stands in a checkout, from a copy, and return its path."""
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "source"
        ignore = shutil.ignore_patterns("__pycache__", "workshop", "*.egg-info")
        shutil.copytree(root / "course_lib", source / "course_lib", ignore=ignore)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(root / name, source / name)
        _uv("build", "--quiet", "--wheel", "--no-build-isolation", "--out-dir", str(to), str(source))
    (made,) = to.glob("course_lib-*.whl")
    return made


def fetch_wheels(root: Path, to: Path, python: str, platform: str, say: Callable[[str], object]) -> list[str]:
    """Fetch what the first half and JupyterLab need on one platform; return their pins, `numpy==2.4.6`."""
    triple, tags = PLATFORMS[platform]
    say(f"packages for Python {python} on {platform}")
    # uv knows what another platform needs; pip reads such conditions as if they were asked here.
    options = ["--python-version", python, "--python-platform", triple, "--no-header", "--no-annotate"]
    options += ["--constraint", str(root / "requirements.txt"), "--quiet"]
    pins = _uv("pip", "compile", *options, "-", given="\n".join([*_dependencies(root), *TOOLS])).split()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--dest", str(to), "--only-binary", ":all:", "--python-version", python]
    command += [part for tag in tags for part in ("--platform", tag)]
    result = subprocess.run([*command, *pins], capture_output=True, text=True)
    if result.returncode:
        said = result.stderr.strip().splitlines()[-1]
        where = f"Python {python} on {platform}"
        raise BookError(Problem(where, f"lacks a package: {said}", "Check that you are online."))
    return pins


def _dependencies(root: Path) -> list[str]:
    with (root / "pyproject.toml").open("rb") as file:
        return list(tomllib.load(file)["project"]["dependencies"])


def _uv(*arguments: str, given: str | None = None) -> str:
    command = [sys.executable, "-m", "uv", *arguments]
    result = subprocess.run(command, input=given, capture_output=True, text=True)
    if result.returncode:
        said = " ".join(result.stderr.split())[:400]
        raise BookError(Problem("uv", f"stopped: {said}", "Check that you are online."))
    return result.stdout


def write_notebooks(addresses: Addresses, to: Path) -> None:
    """Write the notebooks, their pages and pictures, with links that lead from one to the other."""
    chapters = addresses.root / "chapters"
    kept = [path for path in chapters.rglob("*") if path.suffix in {".ipynb", *PICTURES}]
    kept += [path for path in chapters.glob("*.md") if not path.with_suffix(".ipynb").exists()]
    for path in kept:
        name = path.relative_to(chapters)
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".ipynb":
            shutil.copyfile(path, target)
            continue
        notebook = nbformat.read(path, as_version=4)
        folder = path.parent.relative_to(addresses.root).as_posix()
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = rewrite_links(cell.source, partial(_beside, folder=folder, addresses=addresses))
        target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _beside(link: str, folder: str, addresses: Addresses) -> str:
    """Return a link's target among the notebooks where it is one of them, else the link."""
    path, hash_sign, fragment = addresses.relative(link, folder).partition("#")
    inside = posixpath.normpath(posixpath.join(folder, path))
    if posixpath.isabs(path) or "://" in path or not inside.startswith("chapters/"):
        return link
    notebook = posixpath.splitext(path)[0] + ".ipynb"
    if (addresses.root / folder / notebook).is_file():
        return notebook + hash_sign + fragment
    return path + hash_sign + fragment if (addresses.root / inside).is_file() else link


def _zip(folder: Path, to: Path) -> None:
    """Write a folder into an archive: the same bytes for the same files; wheels are packed already."""
    with zipfile.ZipFile(to, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = os.path.relpath(path, folder.parent)
                how = zipfile.ZIP_STORED if path.suffix in {".whl", ".png"} else zipfile.ZIP_DEFLATED
                info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
                info.external_attr = 0o644 << 16  # else only who unpacks it could read it
                archive.writestr(info, path.read_bytes(), how)
