"""Live figures and the playground: one Python class and one ES module each, both found by their names."""

from importlib import import_module
from pathlib import Path
from typing import Any


def _class_name(module: str) -> str:
    return "".join(part.capitalize() for part in module.split("_"))


# Each figure's module. It is imported when the figure is first used, so that `sources` needs no ipywidgets.
_FIGURES = {_class_name(path.stem): path.stem for path in sorted(Path(__file__).parent.glob("*.js"))}

__all__ = [*_FIGURES]


def __getattr__(name: str) -> Any:
    if name not in _FIGURES:
        raise AttributeError(f"course_lib.figures has no {name!r}. Its figures: {', '.join(_FIGURES)}.")
    return getattr(import_module(f"course_lib.figures.{_FIGURES[name]}"), name)
