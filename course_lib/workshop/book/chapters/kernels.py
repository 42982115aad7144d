"""The kernel that a chapter runs in: the same on every machine, whoever starts it."""

import ast
import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

_PREFIX = "course-kernel-"
CELL_TIMEOUT = 120.0  # seconds; a chapter's slowest cell takes a tenth of it

# Evaluated in a chapter's kernel after its last cell. A chapter without widgets never imports ipywidgets.
WIDGET_STATE = (
    "__import__('json').dumps(__import__('sys').modules['ipywidgets'].Widget.get_manager_state()['state'])"
    " if 'ipywidgets' in __import__('sys').modules else '{}'"
)


# The threads that code of the chapter started and that still run.
THREADS = (
    "[one.name for one in __import__('threading').enumerate()"
    " if not one.daemon and one is not __import__('threading').main_thread()]"
)


@cache
def _clean_folder() -> Path:
    """Return an empty folder for what IPython and matplotlib would read from a person's home."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    atexit.register(remove_clean_folder)
    (folder / "matplotlibrc").write_text("", encoding="utf-8")
    if not _has_a_home():
        os.environ["IPYTHONDIR"] = str(folder)  # else whoever starts a kernel complains too
    return folder


def _has_a_home() -> bool:
    """Return whether libraries can keep something in this person's home, as matplotlib does its fonts."""
    try:
        tempfile.TemporaryFile(dir=Path.home()).close()
    except (OSError, RuntimeError):
        return False
    return True


def _sweep() -> None:
    """Delete the folders of processes that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        try:
            if owner.isdigit() and folder.stat().st_uid == os.getuid():
                os.kill(int(owner), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # somebody else's, or gone by now


def kernel_environment() -> dict[str, str]:
    """Return the environment variables of a chapter's kernel.

    A person's own start-up files, styles and languages stay out, and so does what C++ prints: ipykernel
    stores it unless `PYTEST_CURRENT_TEST` is set, and under nbval it is.
    """
    folder = _clean_folder()
    return {
        **os.environ,
        **({} if _has_a_home() else {"HOME": str(folder)}),
        "IPYTHONDIR": str(folder),
        "MATPLOTLIBRC": str(folder / "matplotlibrc"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        "PYTEST_CURRENT_TEST": "a chapter",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "COLUMNS": "80",
    }


def remove_clean_folder() -> None:
    """Delete the folder that `kernel_environment` made."""
    if _clean_folder.cache_info().currsize:
        shutil.rmtree(_clean_folder(), ignore_errors=True)
        _clean_folder.cache_clear()


def expression_value(answer: dict[str, Any]) -> tuple[bool, str]:
    """Return whether an expression that a kernel was asked for had a value, and the value or the error."""
    if answer.get("status") == "ok":
        return True, str(answer["data"].get("text/plain", ""))
    return False, f"{answer.get('ename')}: {answer.get('evalue')}"


def text_value(answer: dict[str, Any]) -> str:
    """Return the string that an expression's value was.

    Raises
    ------
    ValueError
        If the expression raised an error.
    """
    worked, value = expression_value(answer)
    if not worked:
        raise ValueError(value)
    return str(ast.literal_eval(value))
