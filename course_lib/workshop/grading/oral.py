"""Sheets for two minutes at the board: questions about a student's own code, with answers from running it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.exercises.pages import call_line
from course_lib.exercises.plain_values import brief
from course_lib.exercises.questions import Case, Question
from course_lib.exercises.running import Call, Returned
from course_lib.workshop.exercises.definition import Exercise
from course_lib.workshop.grading.classroom import Classroom
from course_lib.workshop.grading.intake.notebook import UnreadableError, parse_submission
from course_lib.workshop.grading.marks.feedback import page
from course_lib.workshop.grading.sandbox.client import WarmServer
from course_lib.workshop.grading.scoring.answer_key import KeyQuestion
from course_lib.workshop.grading.scoring.probes import ELSEWHERE, Probe, probes_of
from course_lib.workshop.grading.scoring.session import Session
from course_lib.workshop.grading.storage.files import safe_name, write_atomically
from course_lib.workshop.grading.storage.records import QuestionRecord

LEAST = 3
ASKED = 4  # questions of a sheet, where the code has as many
TRIED = 24  # that are run to find them
LONGEST = 90  # letters of an answer
FOLDER = "oral"


@dataclass(frozen=True)
class Asked:
    """A question about a student's code, and its answer."""

    question: str
    line: int
    words: str
    answer: str


def sheet_of(
    submission: str, cells: Sequence[str], told: Sequence[QuestionRecord], exercises: Sequence[Exercise],
    server: WarmServer, seed: int, taken: set[frozenset[str]],
) -> list[Asked]:  # fmt: skip
    """Return a submission's questions, another set than those taken; fewer where its code gives no more.

    Every answer was computed twice, in two runs: what differs, as a random number does, is not asked.
    """
    by_name = {exercise.name: exercise for exercise in exercises}
    rng = random.Random(f"{seed} {submission}")
    found: list[tuple[str, Probe]] = []
    for question in told:
        exercise = by_name.get(question.name)
        if exercise is not None and question.kind == "code" and question.source:
            calls = list(_calls(exercise, rng.randrange(2**31)))
            found += [(question.name, probe) for probe in probes_of(question.source, calls)]
    rng.shuffle(found)
    tried = _spread_out(found)[:TRIED]
    first, second = (_answers([probe for _, probe in tried], cells, server) for _ in range(2))
    asked = [
        Asked(name, probe.line, probe.words, answer)
        for (name, probe), answer, again in zip(tried, first, second, strict=True)
        if answer and answer == again
    ]
    for start in range(max(1, len(asked) - ASKED + 1)):
        chosen = asked[start : start + ASKED]
        words = frozenset(one.words for one in chosen)
        if words not in taken:
            taken.add(words)
            return chosen
    return []


def _calls(exercise: Exercise, seed: int) -> Iterator[tuple[Call, str]]:
    """Return calls of an exercise's functions that are drawn for one student."""
    question = exercise.public_question()
    for case in exercise.hidden_calls(seed):
        if len(case) == 1 and case[0].target in question.defines and case[0].arguments is not None:
            # What is shown is what is asked about: nothing left out, nothing rounded for show only.
            call = Call(case[0].target, tuple(_short(one) for one in case[0].arguments))
            shown = call_line(question, call, ())
            if "..." not in shown:
                yield call, shown


def _short(value: Any) -> Any:
    """Return a value whose numbers have three digits, as one can have them in mind."""
    if isinstance(value, float):
        return float(f"{value:.3g}")
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.array([float(f"{one:.3g}") for one in value.ravel()], value.dtype).reshape(value.shape)
    if isinstance(value, list | tuple):
        return type(value)(_short(one) for one in value)
    return value


def _spread_out(found: list[tuple[str, Probe]]) -> list[tuple[str, Probe]]:
    """Return questions in an order in which each line comes once before any comes again."""
    count: dict[tuple[str, int], int] = {}
    order = []
    for name, probe in found:
        place = (name, probe.line)
        order.append((count.get(place, 0), name, probe))
        count[place] = count.get(place, 0) + 1
    order.sort(key=lambda one: one[0])
    return [(name, probe) for _, name, probe in order]


def _answers(probes: Sequence[Probe], cells: Sequence[str], server: WarmServer) -> list[str]:
    """Run the questions; an empty text stands where there is no answer that one can say."""
    copies = [probe.copied(number) for number, probe in enumerate(probes)]
    if not copies:
        return []
    names = tuple(call.target for _, call in copies)
    question = Question("oral.questions", "", 0, names, cases=tuple(Case((call,), ()) for _, call in copies))
    nothing = Question("oral.questions", "", 0, names)
    cell = "\n\n\n".join(source for source, _ in copies)
    ran = Session(server, [*cells, cell], [KeyQuestion(question, nothing, 0.0)]).run()
    runs = ran.answers["oral.questions"].hidden
    told = [run.outcomes[0] if run.outcomes else None for run in runs]
    answers = [_shown(one.value) if isinstance(one, Returned) else "" for one in told]
    return answers + [""] * (len(probes) - len(answers))


def _shown(value: object) -> str:
    text = brief(value)
    return "" if value == ELSEWHERE or len(text) > LONGEST or "\n" in text or "..." in text else text


def sheet_html(title: str, who: str, told: Sequence[QuestionRecord], asked: Sequence[Asked]) -> str:
    """Return a sheet as a page: the code with its lines counted, the questions, the answers folded."""
    parts = ["<main>", f"<h1>{escape(title)}: questions about your own code</h1>", f"<p>{escape(who)}</p>"]
    for one in told:
        mine = [question for question in asked if question.question == one.name]
        if mine:
            lines = [f"{number:3}  {line}" for number, line in enumerate(one.source.splitlines(), 1)]
            parts.append(f"<h2>{escape(one.title)}</h2><pre>{escape(chr(10).join(lines))}</pre><ol>")
            parts += [
                f"<li>{escape(question.words)}<details><summary>Answer</summary><pre>"
                f"{escape(question.answer)}</pre></details></li>"
                for question in mine
            ]
            parts.append("</ol>")
    return page(f"{title}: questions", "\n".join([*parts, "</main>"]))


def sheet_path(classroom: Classroom, key: str) -> Path:
    """Return where a submission's sheet is."""
    return classroom.folder / FOLDER / f"{safe_name(key)}.html"


def write_sheets(classroom: Classroom, server: WarmServer) -> Iterator[tuple[str, Path | None, int]]:
    """Write a sheet for each submission that has code; yield its key, the sheet, and its questions.

    Where the code gives fewer than `LEAST` questions, there is no sheet.
    """
    exercises = classroom.exercises
    taken: set[frozenset[str]] = set()
    for key, submission in classroom.submissions.items():
        record, chosen = classroom.records.read(key), submission.chosen
        if record is None or chosen is None:
            continue
        try:
            cells = parse_submission((classroom.folder / chosen.file).read_bytes()).cells
        except (UnreadableError, OSError):
            yield key, None, 0
            continue
        seed = classroom.assignment.seed
        own = [exercise.of_student(seed, key) for exercise in exercises]
        asked = sheet_of(key, cells, record.questions, own, server, seed, taken)
        if len(asked) < LEAST:
            yield key, None, len(asked)
            continue
        path = sheet_path(classroom, key)
        title = classroom.assignment.title
        write_atomically(path, sheet_html(title, classroom.names[key], record.questions, asked))
        yield key, path, len(asked)
