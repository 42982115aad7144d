"""Formulas are rendered while the book is built; what the renderer refuses is reported.

An invalid formula, or an unknown command in one, renders as red text and says nothing; here it becomes a
warning that names the page. `course doctor` finds it sooner, with its line.
"""

import atexit
import os
import re
import socket
import subprocess
import tempfile
import time
from html import unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger
from sphinxcontrib import katex
from sphinxcontrib.katex import KaTeXServer

LOGGER = getLogger(__name__)
_ERROR = re.compile(
    r'<span class="katex-error" title="(?P<reason>[^"]*)"'
    r'|<mstyle mathcolor="#cc0000"><mtext>(?P<command>\\[^<]+)</mtext>'
)


def find_formula_errors(html: str) -> list[str]:
    """Return what KaTeX says about each formula of a page that it could not read."""
    return [
        unescape(match["reason"] or f"{match['command']} is no command") for match in _ERROR.finditer(html)
    ]


def _start_renderer(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if KaTeXServer.katex_server is None and os.name == "posix":
        KaTeXServer.katex_server = start_server()


def start_server(patience: float = 60) -> KaTeXServer:
    """Start KaTeX's server and connect to it as soon as it listens.

    KaTeX's own start connects once the socket's file is there. A busy machine may not listen yet at that
    moment; the connection is then refused, and a process stays behind that nobody ends.

    Raises
    ------
    KaTeXError
        If the server does not listen within so many seconds.
    """
    folder = Path(tempfile.mkdtemp(prefix="katex"))
    path = folder / "katex.sock"
    process = subprocess.Popen(
        KaTeXServer.build_command(socket=path),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server = KaTeXServer(folder, process, connection)
    atexit.register(server.terminate)
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.connect(str(path))
            return server
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline or process.poll() is not None:
                raise KaTeXServer.timeout_error(patience) from None
            time.sleep(0.01)


def _look_for_errors(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    for reason in find_formula_errors(context.get("body", "")):
        LOGGER.warning("a formula cannot be rendered: %s", reason, location=pagename)


def setup(app: Sphinx) -> None:
    """Register the start of the renderer and the check."""
    katex.RENDER_TIMEOUT = 60.0
    app.connect("doctree-resolved", _start_renderer)
    app.connect("html-page-context", _look_for_errors)
