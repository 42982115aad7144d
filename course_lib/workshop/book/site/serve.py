"""`course serve`: read the built book on this machine."""

import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from course_lib.workshop.book.problems import BookError, Problem


def serve_book(root: Path, port: int) -> None:
    """Serve the built pages until the reader stops it.

    Parameters
    ----------
    root
        The book's folder.
    port
        The port on this machine.

    Raises
    ------
    BookError
        If the book was not built, or the port is taken.
    """
    pages = root / "_build" / "html"
    if not (pages / "index.html").is_file():
        raise BookError(Problem(str(pages), "holds no book.", "Build it first: `make book`."))
    handler = functools.partial(_QuietHandler, directory=str(pages))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise BookError(Problem(f"port {port}", "is taken.", "Choose another with `--port`.")) from error
    click.echo(f"The book is at http://127.0.0.1:{server.server_port}/ - stop it with Ctrl-C.")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo()


class _QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""
