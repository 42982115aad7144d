"""Explain one mark to the instructor: what was asked, what came back, and which case decided."""

import re

from course_lib.exercises.pages import case_lines
from course_lib.exercises.verdicts import judge
from course_lib.workshop.exercises.assignment import Assignment, AssignmentError
from course_lib.workshop.grading.intake.collect import Submission, Version
from course_lib.workshop.grading.intake.notebook import UnreadableError, parse_submission
from course_lib.workshop.grading.marks.feedback import feedback_html
from course_lib.workshop.grading.marks.standing import standing_of
from course_lib.workshop.grading.sandbox.fork_check import checked_server
from course_lib.workshop.grading.sandbox.walls import Wall
from course_lib.workshop.grading.scoring.answer_key import AnswerKey
from course_lib.workshop.grading.scoring.assessment import record_of, unreadable_record
from course_lib.workshop.grading.scoring.session import Answers, Patience, Session

CHECK = re.compile(r"""check\(\s*["']([a-z_0-9]+\.[a-z_0-9]+)["']""")


def practice_of(data: bytes) -> Assignment:
    """Return an assignment of all exercises that a notebook checks, where no file says which they are.

    Raises
    ------
    AssignmentError
        If it checks none.
    """
    try:
        cells = parse_submission(data).cells
    except UnreadableError as error:
        raise AssignmentError(str(error)) from error
    names = list(dict.fromkeys(name for cell in cells for name in CHECK.findall(cell)))
    if not names:
        raise AssignmentError(
            "This notebook checks no exercise. Name the assignment's file with --assignment."
        )
    return Assignment("practice", "Practice", dict.fromkeys(names), seed=0)


def explain(data: bytes, key: AnswerKey, wall: Wall, assignment: Assignment) -> tuple[str, str]:
    """Grade one notebook and say where each question's mark comes from.

    Returns
    -------
    words : str
        For the instructor: hidden cases are shown.
    page : str
        The page that the student would get, as HTML.
    """
    patience = Patience()
    answers: dict[str, Answers] = {}
    try:
        cells = parse_submission(data).cells
    except UnreadableError as error:
        record = unreadable_record(data, key, wall, patience, str(error))
    else:
        with checked_server(wall, key.packages) as server:
            ran = Session(server, cells, key.questions, patience).run()
        # The mark and what explains it come from one run: code that draws random numbers gives one answer.
        record, answers = record_of(data, key, wall, patience, ran), ran.answers
    version = Version("notebook", "notebook", "notebook", "", 0.0, "")
    submission = Submission("this notebook", ["you"], [version])
    out_of = {question.name: question.points for question in key.questions}
    standing = standing_of(submission, record, [], assignment, out_of)
    lines = [f"{standing.raw:g} of {standing.out_of:g} points: {record.status}. {record.reason}".rstrip()]
    for told in record.questions:
        lines += [
            "",
            f"{told.title} ({told.name}): {told.points:g} of {told.out_of:g}, {told.status}",
            f"  The student reads: {told.sentence}",
            *(f"  {line}" for line in _deciding_case(key, told.name, answers)),
        ]
        if told.imports:
            lines.append(f"  It imports {', '.join(told.imports)}, which answers the question.")
    lines += [f"Cell {trouble.cell} {trouble.words}" for trouble in record.cells]
    return "\n".join(lines), feedback_html(assignment.title, "this notebook", standing, record)


def _deciding_case(key: AnswerKey, name: str, answers: dict[str, Answers]) -> list[str]:
    """Return the first hidden case that is not right."""
    question = next(question.hidden for question in key.questions if question.name == name)
    runs = answers[name].hidden if name in answers else []
    if not runs or question.kind != "code":
        return []
    try:
        judgement = judge(question, runs)
        if judgement.case is None:
            return [f"All {len(question.cases)} hidden cases are right."]
        lines = case_lines(question, question.cases[judgement.case], runs[judgement.case])
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError):
        return ["What came back cannot be compared."]
    heading = f"Hidden case {judgement.case + 1} of {len(question.cases)} decides: {judgement.sentence}"
    return [heading, *lines[1:]]
