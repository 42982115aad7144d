"""The scripts and the style sheet of the live figures, as text.

An anywidget module has no address of its own, so it cannot import a neighbour. Our files import each other as
any ES modules do, for people and for their tools; here they are joined into one module without imports.
Nothing here imports ipywidgets: building the book needs the text alone.
"""

import html
import json
import posixpath
import re
from base64 import b64encode
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


def _collect(name: str, parts: dict[str, str]) -> dict[str, str]:
    """Add a file behind all that it imports, each file once, without its import lines."""
    source = _read(name)
    for needed in imported_by(source, posixpath.dirname(name)):
        if needed not in parts:
            _collect(needed, parts)
    parts[name] = EXPORT.sub("", IMPORT.sub("", source)).replace("// @ts-check\n", "", 1)
    return parts


def _parts(name: str) -> dict[str, str]:
    """Return the files of a figure in the order in which they are joined, its own last."""
    file = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() + ".js"
    if not (files("course_lib.figures") / file).is_file():
        raise KeyError(f"There is no figure {name!r}: {file} is not in course_lib/figures.")
    return _collect(file, {})


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
    return "\n".join(_parts(name).values())


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


# Jupyter keeps no widgets in a file that it saves. Where one was, it writes "Error displaying widget: model
# not found", in an element that holds nothing else.
_STILL_PICTURE = """\
<div class="course-still-picture"><style>
.jp-OutputArea-child:has(.course-still-picture):has(+ .jp-OutputArea-child .course-figure) {{
  display: none; }}
.jp-OutputArea-output.jupyter-widgets:not(:has(*)) {{ font-size: 0; min-height: 0; }}
.jp-OutputArea-output.jupyter-widgets:not(:has(*))::after {{
  content: "Run this cell, and you can move things."; font-size: var(--jp-ui-font-size1, 13px); }}
</style><img alt="{words}" style="max-width: 100%" src="data:image/svg+xml;base64,{picture}"></div>"""


def still_picture(svg: str, words: str) -> str:
    """Return the HTML of a still picture that a notebook keeps beside a figure.

    Parameters
    ----------
    svg : str
        The picture.
    words : str
        Its alternative text.
    """
    return _STILL_PICTURE.format(words=html.escape(words), picture=b64encode(svg.encode()).decode())


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


def _without_comments(source: str) -> str:
    """Return a script without the lines that are comments: a page loads what runs."""
    return "".join(line for line in source.splitlines(keepends=True) if not _COMMENT.match(line))


def page_scripts(names: Iterable[str]) -> str:
    """Return the script elements that a page with these figures ends with: each file stands there once."""
    shared: dict[str, str] = {}
    modules = []
    for name in sorted(set(names)):
        *before, own = _parts(name).items()
        shared |= before
        needed = " ".join(file for file, _ in before)
        modules.append(_plain_script(f'data-figure-module="{name}" data-parts="{needed}"', own[1]))
    parts = [_plain_script(f'data-figure-part="{file}"', source) for file, source in shared.items()]
    return "".join([*parts, *modules]) + f"<script>\n{host_source()}</script>\n"


def _plain_script(attributes: str, source: str) -> str:
    """Return a script that the browser does not run by itself."""
    return f'<script type="text/plain" {attributes}>\n{_without_comments(source)}</script>\n'
