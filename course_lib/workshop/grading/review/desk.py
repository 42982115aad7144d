"""What the review page shows and changes, as plain values; the server passes it on."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from course_lib.workshop.grading.classroom import Classroom
from course_lib.workshop.grading.intake.roster import plain_name
from course_lib.workshop.grading.marks.history import ANSWER, REQUEST, Entry, History, of_mark
from course_lib.workshop.grading.marks.sheets import code_of
from course_lib.workshop.grading.marks.standing import HandMark, write_hand_marks
from course_lib.workshop.grading.review.piles import LOOKED_AT, Pile, grouped, piles_of
from course_lib.workshop.grading.scoring.answer_key import KeyQuestion
from course_lib.workshop.grading.storage.records import QuestionRecord

LONGEST = 5_000  # letters of a comment


class RefusedError(ValueError):
    """Something that cannot be marked so, with what to do about it."""


class Desk:
    """One class's answers, laid out for marking.

    Parameters
    ----------
    classroom
        The class.
    """

    def __init__(self, classroom: Classroom):
        self.classroom = classroom
        self.history = History(classroom.folder)
        self.questions = {question.name: question for question in classroom.key.questions}

    # What there is to see -----------------------------------------------------------------------------

    def overview(self) -> dict[str, Any]:
        """Return the questions with how many piles there are and wait, and the open requests."""
        told = self._told(self.questions)
        listed = []
        for name, question in self.questions.items():
            piles = self._piles(question, told[name])
            rubric = [
                {"key": key, "points": points, "sentence": text} for key, points, text in question.rubric
            ]
            listed.append(
                {
                    "name": name,
                    "title": question.hidden.title,
                    "kind": question.hidden.kind,
                    "points": question.points,
                    "rubric": rubric,
                    "piles": len(piles),
                    "waiting": sum(pile.waits for pile in piles),
                }
            )
        requests = [self._request(entry) for entry in self.history.open_requests()]
        return {"title": self.classroom.assignment.title, "questions": listed, "requests": requests}

    def piles(self, name: str) -> list[dict[str, Any]]:
        """Return the piles of one question."""
        question = self._question(name)
        entries = [entry for entry in self.history.entries() if entry.question == name]
        found = grouped(self._piles(question, self._told([name])[name]))
        sizes: dict[int, int] = {}
        for pile in found:
            sizes[pile.group] = sizes.get(pile.group, 0) + 1
        return [{**self._shown(pile, entries), "similar": sizes[pile.group] - 1} for pile in found]

    def _question(self, name: object) -> KeyQuestion:
        if not isinstance(name, str) or name not in self.questions:
            raise RefusedError(f"There is no question {name!r} in this assignment.")
        return self.questions[name]

    def _told(self, names: Iterable[str]) -> dict[str, list[tuple[str, QuestionRecord]]]:
        """Return for each question what grading said, by submission."""
        told: dict[str, list[tuple[str, QuestionRecord]]] = {name: [] for name in names}
        keys = [key for key, item in self.classroom.submissions.items() if item.chosen]
        for key, record in self.classroom.records.each(keys):
            for question in record.questions if record else ():
                if question.name in told:
                    told[question.name].append((key, question))
        return told

    def _piles(self, question: KeyQuestion, told: list[tuple[str, QuestionRecord]]) -> list[Pile]:
        marks = self._marks()
        answers = [
            (key, one, marks.get((key, question.name)))
            for key, one in told
            if one.status in LOOKED_AT and one.source
        ]
        return piles_of(answers, self.classroom.assignment.seed)

    def _marks(self) -> dict[tuple[str, str], HandMark]:
        return {
            (mark.submission, mark.question): mark
            for marks in self.classroom.hand_marks().values()
            for mark in marks
        }

    def _shown(self, pile: Pile, entries: list[Entry]) -> dict[str, Any]:
        told, mark = pile.told, pile.mark
        return {
            "code": pile.code,
            "count": len(pile.submissions),
            "group": pile.group,
            "waits": pile.waits,
            "seen": pile.seen,
            "text": told.source,
            "status": told.status,
            "computed": told.points,
            "sentence": told.sentence if told.kind == "code" else "",
            "example": "\n".join(told.example),
            "mark": mark and {**asdict(mark), "keys": mark.keys.split(), "submission": ""},
            "history": [self._line(entry) for entry in entries if entry.submission == pile.submissions[0]],
        }

    def _line(self, entry: Entry) -> dict[str, Any]:
        shown = asdict(entry)
        del shown["submission"]
        return shown

    def _request(self, entry: Entry) -> dict[str, Any]:
        """Return a request with the answer that it is about, and without the name of who asks."""
        record = self.classroom.records.read(entry.submission)
        told = next((one for one in record.questions if one.name == entry.question), None) if record else None
        mark = self._marks().get((entry.submission, entry.question))
        points = mark.points if mark and mark.points is not None else told.points if told else 0.0
        entries = [
            one
            for one in self.history.entries()
            if (one.submission, one.question) == (entry.submission, entry.question)
        ]
        return {
            "number": entry.number,
            "question": entry.question,
            "code": code_of(entry.submission, entry.question, self.classroom.assignment.seed),
            "asks": entry.comment,
            "at": entry.at,
            "points": points,
            "out_of": self.questions[entry.question].points if entry.question in self.questions else 0.0,
            "text": told.source if told else "",
            "sentence": told.sentence if told else "",
            "example": "\n".join(told.example) if told else "",
            "history": [self._line(one) for one in entries if one.number != entry.number],
        }

    # What people change -------------------------------------------------------------------------------

    def mark(self, form: dict[str, Any], by: str) -> dict[str, Any]:
        """Give a pile a mark; return the pile as it is now.

        Raises
        ------
        RefusedError
            If the mark cannot be, a change has no reason, or somebody else was quicker.
        """
        question = self._question(form.get("question"))
        reason, comment = _text(form, "reason"), _text(form, "comment")
        keys, points = _keys_and_points(form, question)
        seed = self.classroom.assignment.seed
        with self.history.changing() as connection:
            names = {code_of(key, question.name, seed): key for key in self.classroom.submissions}
            pile = self._the_pile(question, names.get(str(form.get("code")), ""))
            if pile is None or pile.seen != form.get("seen"):
                who = f" by {pile.mark.by}" if pile and pile.mark and pile.mark.by else ""
                raise RefusedError(f"This answer was marked{who} meanwhile. Nothing was changed; look again.")
            if not pile.waits and not reason:
                raise RefusedError("There is a mark already. Say for the record why it changes.")
            marks = [HandMark(key, question.name, points, keys, comment, by) for key in pile.submissions]
            self._keep(marks)
            self.history.add(connection, [of_mark(mark, reason) for mark in marks])
        again = self._the_pile(question, pile.submissions[0])
        assert again is not None
        return self._shown(again, [one for one in self.history.entries() if one.question == question.name])

    def _the_pile(self, question: KeyQuestion, submission: str) -> Pile | None:
        piles = self._piles(question, self._told([question.name])[question.name])
        return next((pile for pile in piles if submission in pile.submissions), None)

    def _keep(self, new: list[HandMark]) -> None:
        """Put marks into `marks.csv`, in place of those that they change."""
        places = {(mark.submission, mark.question) for mark in new}
        known = [mark for marks in self.classroom.hand_marks().values() for mark in marks]
        kept = [mark for mark in known if (mark.submission, mark.question) not in places]
        write_hand_marks(self.classroom.folder, [*kept, *new])

    def ask(self, form: dict[str, Any], by: str) -> dict[str, Any]:
        """Write down that a student asks to have an answer looked at again."""
        question = self._question(form.get("question"))
        student, words = _text(form, "student"), _text(form, "asks")
        key = self.classroom.people.get(student) or self.classroom.people.get(plain_name(student))
        if not key:
            raise RefusedError(f"There is no student {student!r} in this class. Give the id.")
        if not words:
            raise RefusedError("Write down what the student asks.")
        with self.history.changing() as connection:
            self.history.add(connection, [Entry(REQUEST, key, question.name, comment=words, by=by)])
        return self.overview()

    def answer(self, form: dict[str, Any], by: str) -> dict[str, Any]:
        """Answer a request: the mark stays or changes, and the student reads why."""
        reply = _text(form, "reply")
        if not reply:
            raise RefusedError("Write what the student is to read.")
        with self.history.changing() as connection:
            waiting = {one.number: one for one in self.history.open_requests()}
            entry = waiting.get(form.get("number", 0))
            if entry is None:
                raise RefusedError("This request was answered meanwhile. Nothing was changed.")
            question = self._question(entry.question)
            points = None if form.get("points") in (None, "") else _points(form["points"], question.points)
            before = self._marks().get((entry.submission, entry.question))
            said = f"{before.comment} {reply}".strip() if before else reply
            mark = HandMark(
                entry.submission,
                entry.question,
                before.points if before and points is None else points,
                before.keys if before and points is None else "",
                said,
                by,
            )
            self._keep([mark])
            told = of_mark(mark, reply)
            self.history.add(connection, [Entry(**{**asdict(told), "kind": ANSWER, "about": entry.number})])
        return self.overview()


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST:
        raise RefusedError(f"The {name} should be a text of at most {LONGEST:,} letters.")
    return value.strip()


def _points(value: object, worth: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= worth:
        raise RefusedError(f"Points are from 0 to {worth:g}.")
    return float(value)


def _keys_and_points(form: dict[str, Any], question: KeyQuestion) -> tuple[str, float]:
    """Return the chosen lines of the rubric, and the points: their sum, or what was written instead."""
    chosen = form.get("keys") or []
    worth = {key: points for key, points, _ in question.rubric}
    if not isinstance(chosen, list) or not all(key in worth for key in chosen):
        raise RefusedError("The rubric has no such line.")
    points = form.get("points")
    if points is None and not chosen:
        raise RefusedError("Choose what the answer says, or 0 where it says nothing of it.")
    given = sum(worth[key] for key in set(chosen)) if points is None else points
    return " ".join(key for key in worth if key in chosen), _points(given, question.points)
