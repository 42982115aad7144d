"""`course container`: any other command in a Linux container, for machines without a sandbox of their own."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.resources import files
from pathlib import Path

import click

from course_lib.workshop.book.addresses import find_root
from course_lib.workshop.exercises import definitions

ENGINES = ("docker", "podman")
# The walls inside need namespaces and mounts of their own, which containers are refused otherwise.
ALLOWED = ["--cap-add", "SYS_ADMIN"]
ALLOWED += [word for what in ("seccomp=unconfined", "apparmor=unconfined", "label=disable")
            for word in ("--security-opt", what)]  # fmt: skip
CACHE = "course-cache"  # a volume: what one run has prepared, the next one finds


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--engine", type=click.Choice(ENGINES), help="Docker or Podman; else the one that is here.")
@click.option("--tensorflow", is_flag=True, help="With TensorFlow, for assignments that need it.")
def container_command(words: tuple[str, ...], engine: str | None, tensorflow: bool) -> None:
    """Run a command of the course in a Linux container, which has the sandbox that this machine lacks.

    WORDS are the command and its arguments. It sees this folder and what is below it. The first run builds
    the image, in a few minutes.
    """
    engine = engine or next(filter(shutil.which, ENGINES), None)
    if engine is None or not shutil.which(engine):
        raise click.ClickException(
            "Neither docker nor podman is here. Install one: Docker Desktop, or Podman (podman.io)."
        )
    if far := [word for word in words if _leads_out(word)]:
        raise click.ClickException(
            f"{far[0]} lies outside this folder, and the container sees this folder only. Change into one "
            "that holds everything, and name it from there."
        )
    clone = find_root(Path(definitions.__path__[0]))
    image = _image(engine, clone, tensorflow)
    terminal = ["-it"] if sys.stdin.isatty() and sys.stdout.isatty() else ["-i"]
    seen = ["-v", f"{Path.cwd()}:/class", "-v", f"{clone}:/course:ro", "-v", f"{CACHE}:/root/.cache"]
    command = [engine, "run", "--rm", *terminal, *ALLOWED, *seen, image, *words]
    sys.exit(subprocess.run(command, check=False).returncode)


def _leads_out(word: str) -> bool:
    """Tell whether an argument is the path of something outside this folder, or of an option, `--to=...`."""
    path = Path(word.partition("=")[2] if word.startswith("--") and "=" in word else word).expanduser()
    is_path = path.is_absolute() or ".." in path.parts
    return is_path and not Path(os.path.abspath(path)).is_relative_to(Path.cwd())


def _image(engine: str, clone: Path, tensorflow: bool) -> str:
    """Return the name of the image, built where what it is built from has changed."""
    project = tomllib.loads((clone / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["grading"], *(extras["tensorflow"] if tensorflow else [])]
    parts = {
        "Containerfile": (files("course_lib.workshop.commands") / "Containerfile").read_text(
            encoding="utf-8"
        ),
        "wanted.txt": "\n".join(wanted) + "\n",
        "pins.txt": (clone / "requirements.txt").read_text(encoding="utf-8"),
    }
    name = f"course-grading:{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"
    known = subprocess.run([engine, "image", "inspect", name], capture_output=True, check=False)
    if known.returncode != 0:
        click.echo("Building the container (a few minutes, once) ...", err=True)
        with tempfile.TemporaryDirectory() as folder:
            for part, text in parts.items():
                Path(folder, part).write_text(text, encoding="utf-8")
            build = [engine, "build", "-q", "-t", name, "-f", str(Path(folder, "Containerfile")), folder]
            if subprocess.run(build, stdout=subprocess.DEVNULL, check=False).returncode != 0:
                raise click.ClickException(f"{engine} could not build the container; what it said is above.")
    return name
