"""A stand-in for Canvas on this machine: its pages, its shapes, and its bad days."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

COURSE = {"id": 12, "name": "Machine learning", "workflow_state": "available"}
USERS = [
    {"id": number, "sortable_name": name, "sis_user_id": own, "login_id": own, "email": f"{own}@x.example"}
    for number, name, own in (
        (101, "Lovelace, Ada", "ada"),
        (102, "Builder, Bob", "bob"),
        (103, "Lee, Kim", "kim1"),
        (104, "Lee, Kim", "kim2"),
        (105, "Cused, Exa", "exa"),
    )
]


class StandIn:
    """What Canvas holds, what was asked of it, and how it fails."""

    def __init__(self, files: dict[int, bytes], times: dict[int, str], due: str):
        self.files = files
        self.due = due
        self.assignment = {
            "id": 345, "name": "Homework 1", "points_possible": 9.0, "due_at": due, "course_id": 12,
            "grading_type": "points", "submission_types": ["online_upload"],
        }  # fmt: skip
        self.submissions = {
            user["id"]: {
                "id": 9000 + user["id"], "user_id": user["id"], "assignment_id": 345, "score": None,
                "submitted_at": times.get(user["id"]), "excused": user["id"] == 105, "late": False,
                "cached_due_date": due, "workflow_state": "submitted", "submission_comments": [],
            }
            for user in USERS
        }  # fmt: skip
        self.puts: list[int] = []
        self.break_after: set[int] = set()  # users whose mark arrives and whose answer does not
        self.busy: dict[str, int] = {}  # for a method how many times it is answered with 503
        self.address = ""

    def submission(self, user: int) -> dict[str, Any]:
        data = dict(self.submissions[user])
        if user in self.files:
            data["attachments"] = [
                {"id": 7000 + user, "filename": "hw1.ipynb", "display_name": "hw1.ipynb",
                 "size": len(self.files[user]),
                 "url": f"{self.address}/files/{7000 + user}/download?download_frd=1&verifier=abc"}
            ]  # fmt: skip
        return data


def handler_for(state: StandIn, token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def answer(self, form: Any, code: int = 200, link: str = "") -> None:
            data = form if isinstance(form, bytes) else json.dumps(form).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            if code == 401:
                self.send_header("WWW-Authenticate", 'Bearer realm="canvas-lms"')
            if link:
                self.send_header("Link", f'<{state.address}{link}>; rel="next"')
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def refused(self) -> bool:
            if self.headers.get("Authorization") != f"Bearer {token}":
                self.answer({"errors": [{"message": "Invalid access token."}]}, 401)
                return True
            if state.busy.get(self.command, 0) > 0:
                state.busy[self.command] -= 1
                # Too fast, and before that its servers' own trouble.
                fast = (b"403 Forbidden (Rate Limit Exceeded)", 403)
                self.answer(*(fast if state.busy[self.command] == 0 else (b"busy", 503)))
                return True
            return False

        def do_GET(self) -> None:
            if self.refused():
                return
            parts = urlsplit(self.path)
            asked = parse_qs(parts.query)
            place = parts.path.removeprefix("/api/v1/courses/12")
            if place == "":
                self.answer(COURSE)
            elif place == "/search_users":
                # Two pages, as Canvas cuts long lists.
                page = int(asked.get("page", ["1"])[0])
                more = "/api/v1/courses/12/search_users?page=2" if page == 1 else ""
                self.answer(USERS[:3] if page == 1 else USERS[3:], link=more)
            elif place == "/assignments/345":
                self.answer(state.assignment)
            elif place == "/assignments/345/submissions":
                self.answer([state.submission(user) for user in state.submissions])
            elif place.startswith("/assignments/345/submissions/"):
                self.answer(state.submission(int(place.rpartition("/")[2])))
            elif parts.path.startswith("/files/"):
                self.answer(state.files[int(parts.path.split("/")[2]) - 7000])
            else:
                self.answer({"errors": [{"message": "The specified resource does not exist."}]}, 404)

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.refused():
                return
            user = int(urlsplit(self.path).path.rpartition("/")[2])
            told = parse_qs(body.decode())
            state.puts.append(user)
            one = state.submissions[user]
            if "submission[posted_grade]" in told:
                one["score"] = float(told["submission[posted_grade]"][0])
            for text in told.get("comment[text_comment]", []):
                one["submission_comments"].append({"id": 1, "comment": text, "author_name": "Teacher"})
            if user in state.break_after:
                state.break_after.discard(user)
                self.connection.close()  # it has arrived, and nobody is told
                return
            self.answer(state.submission(user))

    return Handler


@contextmanager
def canvas_at(state: StandIn, token: str) -> Iterator[StandIn]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(state, token))
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
