"""Canvas through its API: fetch what was handed in, with its times, and give published marks back.

What is fetched is written in the shapes of Canvas's own downloads, so that `course collect` reads it as it
reads those. A mark is sent where Canvas has another one, and a comment where it has not got it: sending
again, after whatever went wrong, sends nothing twice.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from course_lib.workshop.grading.intake.archives import TOO_LARGE
from course_lib.workshop.grading.intake.notebook import MOST_BYTES
from course_lib.workshop.grading.storage.files import write_atomically
from course_lib.workshop.grading.storage.tables import to_csv
from course_lib.workshop.refusal import RefusalError

SECONDS = 60.0  # that Canvas may be silent
WAITS = (1.0, 4.0, 15.0)  # seconds before asking again
ROSTER = ("Student", "ID", "SIS User ID", "SIS Login ID", "email", "due")

Answer = TypeVar("Answer")


class CanvasError(RefusalError):
    """Canvas refuses or does not answer; says what to do."""


@dataclass(frozen=True)
class Place:
    """Where an assignment is: the school's address of Canvas, and the numbers of course and assignment."""

    address: str
    course: int
    assignment: int


@dataclass(frozen=True)
class Mark:
    """A mark that is to be sent, and why it is not, if it is not."""

    user: int
    name: str
    before: float | None
    after: float
    comment: str
    left: str = ""


class Canvas:
    """One assignment in Canvas.

    Parameters
    ----------
    place
        Where it is.
    token
        An access token of the teacher's: Account, Settings, New Access Token.
    waits
        Seconds to wait before each further try.
    """

    def __init__(self, place: Place, token: str, waits: tuple[float, ...] = WAITS):
        from canvasapi import Canvas as Service
        from canvasapi.requester import Requester

        self.place = place
        self.waits = waits
        service = Service(place.address, token)
        self.requester: Any = Requester(place.address.rstrip("/"), token.strip())
        for requester in (self.requester, service._Canvas__requester):
            requester._session.request = partial(requester._session.request, timeout=SECONDS)
        self.course: Any = self._patiently(lambda: service.get_course(place.course))
        self.assignment: Any = self._patiently(lambda: self.course.get_assignment(place.assignment))

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Ask, and ask again where Canvas is busy or the line is broken.

        Raises
        ------
        CanvasError
            If Canvas refuses, or does not answer after all tries.
        """
        import requests
        from canvasapi import exceptions

        for wait in (*self.waits, None):
            try:
                return ask()
            except (requests.RequestException, exceptions.RateLimitExceeded) as error:
                trouble: Exception = error
            except exceptions.InvalidAccessToken as error:
                raise CanvasError(
                    "Canvas does not take this token. Make a new one: Account, Settings."
                ) from error
            except exceptions.Unauthorized as error:
                raise CanvasError(f"Canvas does not let this token do that: {error}.") from error
            except exceptions.ResourceDoesNotExist as error:
                raise CanvasError(
                    f"Canvas at {self.place.address} has no course {self.place.course} with an assignment "
                    f"{self.place.assignment}; the numbers stand in the assignment's address."
                ) from error
            except exceptions.CanvasException as error:
                # Its servers' trouble, and its way of saying "not so fast" with the number 403.
                if not re.search(r"status code 5|Rate Limit", str(error)):
                    raise CanvasError(f"Canvas refuses: {error}.") from error
                trouble = error
            if wait is not None:
                time.sleep(wait)
        raise CanvasError(f"Canvas does not answer: {trouble}. Give the same command again.") from trouble

    # Fetching -----------------------------------------------------------------------------------------

    def fetch(self, folder: Path, progress: Callable[[], object] = lambda: None) -> tuple[int, list[str]]:
        """Write everybody's files, the class and the times into a folder.

        Returns
        -------
        int
            How many files there are.
        list of str
            What was left alone, and why.
        """
        people = self._patiently(lambda: list(self.course.get_users(enrollment_type=["student"])))
        handed_in = self._patiently(lambda: list(self.assignment.get_submissions()))
        due_at = getattr(self.assignment, "due_at", None)
        due_of = {one.user_id: _of(one, "cached_due_date") for one in handed_in}
        roster = [
            {
                "Student": one.sortable_name,
                "ID": one.id,
                "SIS User ID": _of(one, "sis_user_id"),
                "SIS Login ID": _of(one, "login_id"),
                "email": _of(one, "email"),
                "due": due_of.get(one.id, "") if due_of.get(one.id, "") != due_at else "",
            }
            for one in people
        ]
        write_atomically(folder / "roster.csv", to_csv(ROSTER, roster))
        names = {one.id: one.sortable_name for one in people}
        times = [
            {"identifier": one.user_id, "time": one.submitted_at}
            for one in handed_in
            if one.user_id in names and _of(one, "submitted_at")
        ]
        write_atomically(folder / "times.csv", to_csv(("identifier", "time"), times))
        count, left = 0, []
        for one in handed_in:
            for file in _of(one, "attachments") or []:
                if one.user_id not in names:
                    left.append(
                        f"{_of(file, 'filename')} is of {one.user_id}, who is no student of the course."
                    )
                    continue
                called = "".join(sign for sign in names[one.user_id].casefold() if sign.isalnum())
                own = str(_of(file, "filename")).replace("/", "_").replace("\\", "_")
                name = f"{called}_{one.user_id}_{_of(file, 'id')}_{own}"
                if why := self._download(file, folder / "files" / name):
                    left.append(f"{name}: {why}.")
                    continue
                count += 1
                progress()
        return count, left

    def _download(self, file: Any, path: Path) -> str:
        """Write one file; return why not, if not."""
        if int(_of(file, "size") or 0) > MOST_BYTES:
            return TOO_LARGE
        address = str(_of(file, "url"))
        if urlsplit(address).netloc != urlsplit(self.place.address).netloc:  # the token is for Canvas alone
            return f"it lies at {urlsplit(address).netloc}, outside Canvas; fetch it by hand"
        response = self._patiently(lambda: self.requester.request("GET", _url=address))
        write_atomically(path, response.content)
        return ""

    # Giving back --------------------------------------------------------------------------------------

    def marks(
        self, published: Mapping[int, tuple[str, float, str]], out_of: float, scale: bool
    ) -> list[Mark]:
        """Return what would be sent.

        Parameters
        ----------
        published
            For each user's number in Canvas a name, the final mark and a comment.
        out_of
            What the assignment is out of here.
        scale
            Convert the marks to the points that Canvas has.

        Raises
        ------
        CanvasError
            If Canvas has another number of points and nothing was said of it.
        """
        most = float(getattr(self.assignment, "points_possible", None) or 0)
        if abs(most - out_of) > 1e-9 and not scale:
            raise CanvasError(
                f"In Canvas the assignment is out of {most:g} points, and here out of {out_of:g}. Change "
                "Canvas's points, or convert the marks with --scale."
            )
        factor = most / out_of if out_of else 1.0
        there = {one.user_id: one for one in self._submissions()}
        found = []
        for user, (name, mark, comment) in published.items():
            after, one = round(mark * factor, 6), there.get(user)
            if one is None:
                found.append(
                    Mark(user, name, None, after, "", "Canvas does not ask this student for the work")
                )
                continue
            before, left = _of(one, "score"), ""
            comment = "" if comment in _comments(one) else comment
            if _of(one, "excused"):
                left = "excused in Canvas; that stays"
            elif before is not None and abs(before - after) < 1e-9 and not comment:
                left = "Canvas has it already"
            found.append(Mark(user, name, before, after, comment, left))
        return found

    def _submissions(self) -> list[Any]:
        return self._patiently(lambda: list(self.assignment.get_submissions(include=["submission_comments"])))

    def send(self, marks: list[Mark]) -> Iterator[Mark]:
        """Send the marks one by one, and yield each that is there; none is sent twice, whatever breaks."""
        for mark in marks:
            if not mark.left:
                self._patiently(partial(self._send, mark))
                yield mark

    def _send(self, mark: Mark) -> None:
        # The last try may have arrived although its answer did not: look before sending a comment.
        one = self.assignment.get_submission(mark.user, include=["submission_comments"])
        told = {"submission": {"posted_grade": f"{mark.after:g}"}}
        if mark.comment and mark.comment not in _comments(one):
            told["comment"] = {"text_comment": mark.comment}
        score = _of(one, "score")
        if "comment" in told or score is None or abs(score - mark.after) > 1e-9:
            one.edit(**told)


def _of(thing: Any, name: str) -> Any:
    """Return a field of what Canvas sent, an empty text where it has none."""
    value = thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)
    return "" if value is None and name != "score" else value


def _comments(submission: Any) -> set[str]:
    return {str(_of(one, "comment")).strip() for one in _of(submission, "submission_comments") or []}
