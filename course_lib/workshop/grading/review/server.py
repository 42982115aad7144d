"""Serve the review page on this machine, to those who have its address.

The server is tornado's, which dask.distributed brings along. It listens on 127.0.0.1 alone, each assistant
has an address with a token that nobody can guess, and the page asks for nothing outside it.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from course_lib.workshop.grading.review.desk import Desk, RefusedError
from course_lib.workshop.grading.storage.tables import TableError

HERE = Path(__file__).parent
HOST = "127.0.0.1"
MOST_BYTES = 2**20  # of a request
PAGES = {"": ("page.html", "text/html"), "page.js": ("page.js", "text/javascript")}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Handler(RequestHandler):
    """Answers whoever has a token, and nobody else."""

    def initialize(self, desk: Desk, tokens: Mapping[str, str]) -> None:
        """Take what all requests share."""
        self.desk, self.tokens = desk, tokens

    def set_default_headers(self) -> None:
        """Keep the page to itself."""
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse other names for this machine, by which a foreign page could reach it, and other tokens."""
        if self.request.host_name not in (HOST, "localhost"):
            raise HTTPError(403)
        given = self.path_args[0].encode()
        who = [name for token, name in self.tokens.items() if secrets.compare_digest(token.encode(), given)]
        if not who:
            raise HTTPError(403)
        self.assistant = who[0]

    def get(self, _token: str, what: str) -> None:
        """Return the page, its script, or what it shows."""
        if what in PAGES:
            name, kind = PAGES[what]
            self.set_header("Content-Type", f"{kind}; charset=utf-8")
            self.finish((HERE / name).read_bytes())
        elif what == "overview":
            self._say(lambda: {**self.desk.overview(), "assistant": self.assistant, **self._place()})
        elif what == "piles":
            self._say(lambda: {"piles": self.desk.piles(self.get_query_argument("question", ""))})
        else:
            raise HTTPError(404)

    def post(self, _token: str, what: str) -> None:
        """Change something."""
        ways: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
            "mark": self.desk.mark,
            "ask": self.desk.ask,
            "answer": self.desk.answer,
        }
        if what not in ways:
            raise HTTPError(404)
        try:
            form = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise HTTPError(400) from error
        if not isinstance(form, dict):
            raise HTTPError(400)
        self._say(lambda: ways[what](form, self.assistant))

    def _place(self) -> dict[str, int]:
        """Return which of how many assistants this is: each begins at another place."""
        people = list(self.tokens.values())
        return {"place": people.index(self.assistant), "assistants": len(people)}

    def _say(self, result: Callable[[], dict[str, Any]]) -> None:
        try:
            self.finish(result())
        except (RefusedError, TableError) as error:
            self.set_status(409)
            self.finish({"refused": str(error)})


def application(desk: Desk, tokens: Mapping[str, str]) -> Application:
    """Return what answers the requests.

    Parameters
    ----------
    desk
        The class's answers.
    tokens
        For each token who has it.
    """
    return Application(
        [(r"/([^/]+)/(.*)", Handler, {"desk": desk, "tokens": tokens})], log_function=lambda handler: None
    )


def serve(desk: Desk, assistants: Sequence[str], port: int, say: Callable[[str], None]) -> None:
    """Serve the page until somebody presses Ctrl-C.

    Parameters
    ----------
    desk
        The class's answers.
    assistants
        Who reviews; each gets an address.
    port
        The port; 0 for a free one.
    say
        Is given the addresses, one after the other.

    Raises
    ------
    OSError
        If the port is taken.
    """
    tokens = {secrets.token_urlsafe(24): who for who in assistants}

    async def run() -> None:
        server = HTTPServer(application(desk, tokens), max_buffer_size=MOST_BYTES)
        sockets = bind_sockets(port, HOST)
        server.add_sockets(sockets)
        number = sockets[0].getsockname()[1]
        for token, who in tokens.items():
            say(f"{who}: http://{HOST}:{number}/{token}/")
        await asyncio.Event().wait()

    asyncio.run(run())
