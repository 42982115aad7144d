"""The scripts and the style sheet of the live figures, as text.

An anywidget module has no address of its own, so it cannot import a neighbour. Our files import each other as
any ES modules do, for people and for their tools; here they are joined into one module without imports.
Nothing here imports ipywidgets: building the book needs the text alone.
"""

import html
import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

IMPORT = re.compile(r'^import \{[^}]*\} from "(\./[^"]+)";\n', re.MULTILINE)
# A line that is a comment, and none before code.
_COMMENT = re.compile(r"\s*(//|\* |\*/\s*$|/\*\*.*\*/\s*$|/\*\*[^/]*$)")
EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def _read(name: str) -> str:
    return (files("course_lib.figures") / name).read_text(encoding="utf-8")


def imported_by(source: str, folder: str = "") -> list[str]:
    """Return the files that a script imports, in the order of its import lines.

    Parameters
    ----------
    source : str
        The script.
    folder : str
        The folder in which it stands.
    """
    return [posixpath.normpath(posixpath.join(folder, found)) for found in IMPORT.findall(source)]


def _joined(name: str, done: set[str]) -> str:
    """Return a file behind all that it imports, each file once."""
    done.add(name)
    source = _read(name)
    before = [
        _joined(needed, done) for needed in imported_by(source, posixpath.dirname(name)) if needed not in done
    ]
    return "\n".join([*before, EXPORT.sub("", IMPORT.sub("", source)).replace("// @ts-check\n", "", 1)])


def module_source(name: str) -> str:
    """Return a figure's whole ES module: the figure's own file behind all that it imports.

    Parameters
    ----------
    name : str
        The figure's class name, such as ``"ConcertDecision"``; its file is ``concert_decision.js``.

    Returns
    -------
    str
        JavaScript without imports, whose default export has a ``render`` function.

    Raises
    ------
    KeyError
        If there is no figure of this name.
    """
    file = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() + ".js"
    if not (files("course_lib.figures") / file).is_file():
        raise KeyError(f"There is no figure {name!r}: {file} is not in course_lib/figures.")
    return _joined(file, set())


def stylesheet() -> str:
    """Return the CSS of all figures."""
    return _read("figures.css")


def host_source() -> str:
    """Return the script that starts the figures of a static page."""
    return _read("js/host.js")


@cache
def colours() -> dict[str, str]:
    """Return the light theme's colours by name, as the style sheet has them."""
    light = stylesheet().split("}", 1)[0]
    return dict(re.findall(r"--figure-([\w-]+): (#\w{6});", light))


def figure_markup(name: str, state: Mapping[str, object], picture: str) -> str:
    """Return the place of one figure in a static page.

    Parameters
    ----------
    name : str
        The figure's class name.
    state : mapping
        Its traits; those that a page has no use for (``_...``, ``layout``) are left out.
    picture : str
        HTML that stands there until the figure starts, and if it never does.

    Returns
    -------
    str
        A ``div`` that `host_source` starts.
    """
    shown = {
        key: value for key, value in state.items() if not key.startswith("_") and key not in _WIDGET_TRAITS
    }
    text = html.escape(json.dumps(shown, separators=(",", ":")))
    return f'<div class="course-figure" data-figure="{name}" data-state="{text}">{picture}</div>'


_WIDGET_TRAITS = ("layout", "tabbable", "tooltip")


def _without_comments(name: str) -> str:
    """Return a figure's module without the lines that are comments: a page loads what runs."""
    lines = module_source(name).splitlines(keepends=True)
    return "".join(line for line in lines if not _COMMENT.match(line))


def page_scripts(names: Iterable[str]) -> str:
    """Return the script elements that a page with these figures ends with."""
    modules = [
        f'<script type="text/plain" data-figure-module="{name}">\n{_without_comments(name)}</script>\n'
        for name in sorted(set(names))
    ]
    return "".join(modules) + f"<script>\n{host_source()}</script>\n"
