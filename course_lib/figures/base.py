"""What every live figure shares: its script, its still picture and its words."""

import difflib
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets

from course_lib.figures.sources import figure_markup, module_source, page_scripts, still_picture, stylesheet


class Figure(anywidget.AnyWidget):
    """A figure that lives in a static page and, as the same class, in a notebook with a kernel.

    Its logic stands in an ES module, its values are traits: Python can read, set, observe and link them.
    A subclass has a script of its name in snake case beside it, and writes `description` and `static_svg`.
    """

    title: ClassVar[str] = ""
    _figure = traitlets.Unicode().tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        # traitlets would drop a misspelt name without a word.
        for name in kwargs:
            if not self.has_trait(name) and name != "model_id":
                known = sorted(name for name in self.traits(sync=True) if not name.startswith("_"))
                near = difflib.get_close_matches(name, known, 1)
                hint = f"Do you mean `{near[0]}`?" if near else f"It has: {', '.join(known)}."
                raise TypeError(f"{type(self).__name__} has no setting `{name}`. {hint}")
        super().__init__(**kwargs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give each figure its module and the common style sheet."""
        super().__init_subclass__(**kwargs)
        # traitlets derives a class anew when it adds traits to an instance: that one has both already.
        if "_esm" not in cls.__dict__:
            cls._esm = module_source(cls.__name__)
            cls._css = stylesheet()

    @traitlets.default("_figure")
    def _default_figure(self) -> str:
        return type(self).__name__

    def computed(self) -> dict[str, Any]:
        """Compute from the present traits what the figure shows, with the course's own functions.

        The module's ``compute`` function does the same in the page; tests hold one against the other.
        """
        raise NotImplementedError

    @property
    def description(self) -> str:
        """What the figure shows now, in a sentence: its alternative text."""
        raise NotImplementedError

    def static_svg(self) -> str:
        """Return a still picture of the figure's present state, as SVG text."""
        raise NotImplementedError

    def public_state(self) -> dict[str, Any]:
        """Return the traits that a page needs, as plain values."""
        hidden = set(anywidget.AnyWidget().keys) | {"_figure", "_esm", "_css"}
        return {name: value for name, value in self.get_state().items() if name not in hidden}

    def to_html(self) -> str:
        """Return a whole page with this figure alone, which works from a file, with no network."""
        return (
            '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{self.title}</title>\n<style>\nbody {{ font-family: system-ui, sans-serif }}\n"
            f"{stylesheet()}</style></head>\n<body>\n<main>\n"
            f"{figure_markup(type(self).__name__, self.public_state(), self.static_svg())}\n</main>\n"
            f"{page_scripts([type(self).__name__])}</body>\n</html>\n"
        )

    def _ipython_display_(self) -> None:
        """Show the still picture before the figure: a saved notebook has it still where the figure is gone.

        The figure itself hides it (`hideStillPicture` in the toolkit).
        """
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        if hasattr(get_ipython(), "kernel"):  # a terminal shows the words alone
            data = {"text/html": still_picture(self.static_svg(), self.description), "text/plain": ""}
            display(data, raw=True, metadata={"course": {"still": True}})  # type: ignore[no-untyped-call]
        raise NotImplementedError  # IPython goes on to `_repr_mimebundle_`

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if bundle is not None else ({}, {})
        return {**data, "image/svg+xml": self.static_svg(), "text/plain": self.description}, metadata

    def __repr__(self) -> str:
        """Return the alternative text: the same on every run."""
        return self.description


def plain_list(values: Iterable[Any], kind: Callable[[Any], Any]) -> list[Any]:
    """Return numbers, from a list or a NumPy array, as a list of Python numbers that a trait accepts."""
    return [kind(value) for value in np.asarray(values).ravel()]
