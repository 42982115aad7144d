"""Write a report as plain text and as HTML."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from course_lib.exercises.plain_values import Result, brief
from course_lib.exercises.questions import Case, Question
from course_lib.exercises.running import Call, Outcome, Raised, Returned, Run, TooSlow
from course_lib.exercises.verdicts import (
    BLANK,
    RAISED,
    RIGHT,
    SLOW,
    SO_FAR,
    UNCHECKED,
    WRITTEN,
    WRONG,
    Report,
    parameter_names,
    problem,
)

SIGNS = {
    RIGHT: "✓",
    SO_FAR: "◐",
    WRITTEN: "◐",
    BLANK: "○",
    WRONG: "✗",
    RAISED: "⚠",
    SLOW: "⏱",
    UNCHECKED: "?",
}
COLOURS = {
    RIGHT: "#1a7f37",
    SO_FAR: "#0969da",
    WRITTEN: "#0969da",
    BLANK: "#6e7781",
    WRONG: "#bc4c00",
    RAISED: "#bc4c00",
    SLOW: "#bc4c00",
    UNCHECKED: "#6e7781",
}
HAND_IN = (
    "To hand in: save, then download this notebook as a notebook. In Colab that is File, Download, "
    "Download .ipynb; in Jupyter it is File, Download. Hand in that .ipynb file, no link and no PDF."
)


@dataclass(frozen=True)
class Page:
    """The same message twice: as text and as HTML."""

    text: str
    html: str


def sentence_page(sentence: str) -> Page:
    """Return a page of one sentence."""
    return Page(sentence, _box(_paragraph(sentence), "#6e7781"))


def report_page(report: Report) -> Page:
    """Return the page that `check` shows."""
    judgement, question = report.judgement, report.question
    head = f"{SIGNS[judgement.outcome]} {judgement.outcome.capitalize()}: {question.title}"
    text, html = [head], [f"<strong>{escape(head)}</strong>"]
    if sentence := judgement.sentence or _praise(report):
        text.append(sentence)
        html.append(_paragraph(sentence))
    place = judgement.case
    if place is not None and place < len(report.runs):
        shown = case_lines(question, question.cases[place], report.runs[place])
        text += ["", *shown]
        html.append(f"<pre style='margin:.4em 0;white-space:pre-wrap'>{escape(chr(10).join(shown))}</pre>")
        if printed := report.runs[place].printed.rstrip():
            text += ["Your code printed:", printed]
            html.append(f"{_paragraph('Your code printed:')}<pre>{escape(printed)}</pre>")
    return Page("\n".join(text), _box("".join(html), COLOURS[judgement.outcome]))


def _praise(report: Report) -> str:
    count = len(report.runs)
    cases = "The only case is" if count == 1 else f"All {count} cases are"
    return (
        f"{cases} right. Grading tries others of the same kind." if report.judgement.outcome == RIGHT else ""
    )


def case_lines(question: Question, case: Case, run: Run) -> list[str]:
    """Return the lines that show a case: what was called, what was expected and what came of it."""
    place = _telling_call(question, case, run)
    lines = ["The smallest case that shows it:"]
    names = _names_of_results(case)
    for index, step in enumerate(case.calls[: place + 1]):
        lines.append("    " + call_line(question, step, names, names[index] if index < place else ""))
    expected, outcome = case.expected[place], _outcome(run, place)
    lines.append(f"  {_expected_label(question, expected)}  {_outcome_text(expected)}")
    if isinstance(outcome, Raised):
        lines.append(f"  raised    {_raised_text(outcome)}")
        if outcome.line:
            lines.append(f"  in line {outcome.number}: {outcome.line}")
    elif isinstance(outcome, TooSlow):
        lines.append("  got       nothing in time")
        if outcome.line:
            lines.append(f"  it was in line {outcome.number}: {outcome.line}")
    else:
        lines.append(f"  got       {_outcome_text(outcome)}")
    return lines


def call_line(question: Question, step: Call, names: Sequence[str], result: str = "") -> str:
    """Return a call as the learner would write it, with the parameters' names."""
    first, _, member = step.target.partition(".")
    target = member if first == "given" else f"{names[int(first)]}.{member}" if member else first
    start = f"{result} = " if result else ""
    if step.arguments is None:
        return start + target
    parameters = _parameters(question, step.target, len(step.arguments))
    written = [
        (f"{parameter}=" if parameter else "")
        + (names[item.index] if isinstance(item, Result) else brief(item))
        for parameter, item in zip(parameters, step.arguments, strict=True)
    ]
    line = f"{start}{target}({', '.join(written)})"
    if len(line) <= 90 or len(written) == 1:
        return line
    return f"{start}{target}(\n" + "".join(f"        {item},\n" for item in written) + "    )"


def _parameters(question: Question, target: str, count: int) -> list[str]:
    names = parameter_names(question, target, count)
    return names if all(names) else [""] * count


def _names_of_results(case: Case) -> list[str]:
    """Return a name for what each call of a case returns: `running_mean` for a `RunningMean(...)`."""
    used = {step.target.partition(".")[0] for step in case.calls if step.target[0].isdigit()}
    used |= {
        str(item.index) for step in case.calls for item in step.arguments or () if isinstance(item, Result)
    }
    names: list[str] = []
    for index, step in enumerate(case.calls):
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", step.target.rpartition(".")[2]).lower()
        if step.target[:1].islower():
            name = "result"
        names.append((name if name not in names else f"{name}_{index + 1}") if str(index) in used else "")
    return names


def _telling_call(question: Question, case: Case, run: Run) -> int:
    """Return the position of the call at which a case goes wrong."""
    for place, outcome in enumerate(run.outcomes):
        part = Case(case.calls[: place + 1], case.expected[: place + 1])
        if not isinstance(outcome, Returned) or (
            question.comparison.name == "close"
            and problem(question, part, Run(run.outcomes[: place + 1])) is not None
        ):
            return place
    return max(len(run.outcomes) - 1, 0)


def _outcome(run: Run, place: int) -> Outcome:
    return run.outcomes[place] if place < len(run.outcomes) else TooSlow()


def _expected_label(question: Question, expected: Outcome) -> str:
    return "expected" if question.comparison.name in ("close", "same_members") else "such as "


def _outcome_text(outcome: Outcome) -> str:
    match outcome:
        case Returned(value=value, changed=changed):
            extra = "".join(f", and argument {place + 1} is {brief(item)}" for place, item in changed.items())
            return brief(value) + extra
        case Raised(kind=kind):
            return f"a {kind}"
    return "nothing in time"


def _raised_text(outcome: Raised) -> str:
    return f"{outcome.kind}: {outcome.message}" if outcome.message else outcome.kind


def progress_page(reports: Sequence[Report]) -> Page:
    """Return the page that `progress` shows: a line for each exercise, and what is left."""
    rows = [
        (SIGNS[report.judgement.outcome], report.question.title, report.question.points, report)
        for report in reports
    ]
    width = max((len(title) for _, title, _, _ in rows), default=0)
    text = [
        f"{sign} {title:<{width}}  {_points(points):<9}  {report.judgement.outcome}"
        for sign, title, points, report in rows
    ]
    summary = _summary(reports)
    cells = "".join(
        f"<tr><td style='color:{COLOURS[report.judgement.outcome]};text-align:center'>{sign}</td>"
        f"<td style='text-align:left'>{escape(title)}</td><td style='text-align:right'>{points}</td>"
        f"<td style='text-align:left'>{escape(report.judgement.outcome)}</td></tr>"
        for sign, title, points, report in rows
    )
    table = (
        "<table><thead><tr><th scope='col'>state</th><th scope='col' style='text-align:left'>exercise</th>"
        "<th scope='col'>points</th><th scope='col' style='text-align:left'>outcome</th></tr></thead>"
        f"<tbody>{cells}</tbody></table>"
    )
    html = table + "".join(_paragraph(line) for line in summary)
    return Page("\n".join([*text, "", *summary]), _box(html, "#6e7781"))


def _points(points: int) -> str:
    return f"{points} {'point' if points == 1 else 'points'}"


def _summary(reports: Sequence[Report]) -> list[str]:
    total = sum(report.question.points for report in reports)
    reached = sum(report.question.points for report in reports if report.judgement.outcome == RIGHT)
    by_hand = sum(report.question.points for report in reports if _waits_for_a_person(report))
    lines = [
        f"Right so far: {reached} of {total} points."
        + (f" A person marks {by_hand} more." if by_hand else "")
    ]
    blank = [report.question.title for report in reports if report.judgement.outcome == BLANK]
    wrong = [
        report.question.title
        for report in reports
        if report.judgement.outcome not in (RIGHT, BLANK, UNCHECKED) and not _waits_for_a_person(report)
    ]
    if blank:
        lines.append(f"Unanswered: {'; '.join(blank)}.")
    if wrong:
        lines.append(f"Not right yet: {'; '.join(wrong)}.")
    failed = [report for report in reports if report.judgement.outcome == UNCHECKED]
    lines += [f"{report.question.title}: {report.judgement.sentence}" for report in failed]
    return [*lines, HAND_IN]


def _waits_for_a_person(report: Any) -> bool:
    return bool(report.judgement.outcome == WRITTEN)


def _paragraph(sentence: str) -> str:
    """Return a sentence as HTML, with `code` set as code."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence))
    return f"<p style='margin:.4em 0'>{marked}</p>"


def _box(inside: str, colour: str) -> str:
    return f"<div style='border-left:4px solid {colour};padding:.2em .8em;margin:.4em 0'>{inside}</div>"
