"""Build the environments of the version matrix, each in a folder of its own."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLAB_CONSTRAINTS = Path(__file__).with_name("colab-constraints.txt")
FOLDER = ROOT / ".course" / "matrix"

# What a Colab runtime brings that this course touches, and nothing that it does not bring.
COLAB_PACKAGES = [
    "numpy", "matplotlib", "ipywidgets", "anywidget", "tensorflow", "keras", "scikit-learn", "pandas",
    "ipykernel", "ipython", "pip", "setuptools", "wheel",
]  # fmt: skip
LIGHT_PACKAGES = ["numpy", "matplotlib", "ipywidgets", "anywidget", "ipykernel"]
KINDS = ("colab", "lowest", "newest")


@dataclass(frozen=True)
class Environment:
    """One cell of the matrix: a kind of versions on one Python."""

    kind: str
    python: str

    @property
    def folder(self) -> Path:
        """Return the folder that holds the environment."""
        return FOLDER / f"{self.kind}-{self.python}"

    @property
    def executable(self) -> Path:
        """Return the environment's Python."""
        return self.folder / "bin" / "python"

    def requirements(self) -> list[str]:
        """Return the arguments that tell uv what to install."""
        if self.kind == "colab":
            return ["--constraint", str(COLAB_CONSTRAINTS), *COLAB_PACKAGES]
        if self.kind == "newest":
            return ["--constraint", str(ROOT / "requirements.txt"), *COLAB_PACKAGES]
        if self.kind == "light":  # what the first half needs, in Colab's versions
            return ["--constraint", str(COLAB_CONSTRAINTS), *LIGHT_PACKAGES, "pip"]
        core = ["--resolution", "lowest-direct", "--requirements", str(ROOT / "pyproject.toml")]
        return [
            *core,
            "--extra",
            "tensorflow",
            "scikit-learn>=1.6",
            "pandas>=2.2",
            "ipykernel>=6.17",
            "pip>=24",
        ]

    def build(self) -> None:
        """Build the environment, unless it is there as it should be; tests beside each other share it."""
        with self._locked():
            self._build()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name(f"{self.folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _build(self) -> None:
        wanted = hashlib.sha256(" ".join(self.requirements()).encode())
        for source in (COLAB_CONSTRAINTS, ROOT / "requirements.txt", ROOT / "pyproject.toml"):
            wanted.update(source.read_bytes())
        stamp = self.folder / "built-from"
        if stamp.exists() and stamp.read_text() == wanted.hexdigest():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        uv(["venv", "--quiet", "--python", interpreter(self.python), str(self.folder)])
        uv(["pip", "install", "--quiet", "--python", str(self.executable), *self.requirements()])
        stamp.write_text(wanted.hexdigest())

    def packages(self) -> dict[str, str]:
        """Return the version of every package that is installed now."""
        library = self.folder / "lib" / f"python{self.python}" / "site-packages"
        return {found.name: found.version for found in distributions(path=[str(library)])}


def exists(kind: str, python: str) -> bool:
    """Tell whether there is such a cell: the lowest NumPy that we admit was never made for Python 3.13."""
    return (kind, python) != ("lowest", "3.13")


def uv(arguments: list[str]) -> str:
    """Run uv and return what it prints; what it complains of becomes the error."""
    answer = subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True)
    if answer.returncode:
        raise RuntimeError(f"uv {arguments[0]} failed:\n{answer.stderr}")
    return answer.stdout


def interpreter(version: str) -> str:
    """Return the path of a Python of this version on this machine, pyenv's included."""
    if version == current_python():
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [f"python{version}", *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return path
    raise RuntimeError(f"Python {version} is not on this machine: install it, or choose another one")


def current_python() -> str:
    """Return the version of the Python that runs this, as `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
