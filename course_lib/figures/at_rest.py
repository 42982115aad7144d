"""What a saved notebook shows of `interact` where its sliders are gone: a sentence in place of their code.

The first cell of every notebook calls `watch`.
"""

import re
import sys
from typing import Any

from course_lib.figures.sources import still_picture

RUN_THIS_CELL = "Run this cell, and you can move things."
_INTERACTIVE = ("ipywidgets.widgets.interaction", "interactive")


def watch() -> None:
    """Have `interact` leave its sentence in the notebook; where no notebook runs, do nothing."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or not hasattr(shell, "kernel"):
        return
    formatter = shell.display_formatter
    formatter.ipython_display_formatter.for_type_by_name(*_INTERACTIVE, _style_before)
    # what is shown of it where the notebook is not trusted
    formatter.formatters["text/plain"].for_type_by_name(*_INTERACTIVE, _say)


def _style_before(sliders: Any) -> None:
    """Store the style that a figure's still picture brings: it words what Jupyter says of lost widgets."""
    if hasattr(sliders, "_ipython_display_"):  # ipywidgets 7, Colab's: that is how it shows itself
        sliders._ipython_display_()
        return
    from IPython.display import display

    style = re.findall(r"(?s)<style>.*</style>", still_picture("", ""))[0]
    hidden = ".jp-OutputArea-child:has(.course-widgets-at-rest) { display: none; }</style>"
    html = f'<div class="course-widgets-at-rest">{style.replace("</style>", hidden)}</div>'
    data = {"text/html": html, "text/plain": ""}
    display(data, raw=True, metadata={"course": {"still": True}})  # type: ignore[no-untyped-call]
    raise NotImplementedError  # IPython goes on to the sliders themselves


def _say(sliders: Any, printer: Any, cycle: bool) -> None:
    printer.text(RUN_THIS_CELL)
