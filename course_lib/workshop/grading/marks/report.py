"""The instructor's page: how the class did, what went wrong most, and what deserves a look."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from statistics import median

from course_lib.workshop.grading.marks.feedback import STYLE, TAGS, page
from course_lib.workshop.grading.marks.standing import Change, Standing
from course_lib.workshop.grading.sandbox.walls import Wall
from course_lib.workshop.grading.scoring.similarity import Pair
from course_lib.workshop.grading.storage.records import Outcome, Record, Status

BINS = 10
MOST_MISTAKES = 15
MOST_SLOW = 10
REPORT_STYLE = (
    STYLE.replace("46rem", "60rem")
    + """
table.wide { width: 100%; } table.bins th { white-space: nowrap; }
meter { width: min(12rem, 30vw); height: .9rem; }
.table { overflow-x: auto; }
@media (max-width: 40rem) { meter { width: 4rem; } td, th { padding-right: .5rem; } }
"""
)


@dataclass
class Tally:
    """What the report needs of all records together; it does not grow with their text."""

    statuses: Counter[str] = field(default_factory=Counter)
    finals: list[float] = field(default_factory=list)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    shares: dict[str, list[float]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    mistakes: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    imports: list[tuple[str, str, str]] = field(default_factory=list)
    unsandboxed: int = 0

    def add(self, standing: Standing, record: Record | None) -> None:
        """Count one submission."""
        self.statuses[standing.status] += 1
        self.finals.append(standing.final)
        if standing.status is not Status.GRADED:
            self.failed.append((standing.submission, standing.status, standing.reason))
        for mark in standing.questions:
            self.outcomes.setdefault(mark.name, Counter())[mark.status] += 1
            self.shares.setdefault(mark.name, []).append(mark.points / mark.out_of if mark.out_of else 0.0)
        for question in record.questions if record else ():
            self.titles[question.name] = question.title
            if question.mistake:
                self.mistakes[question.name, question.mistake] += 1
            for name in question.imports:
                self.imports.append((standing.submission, question.name, name))
        self.unsandboxed += bool(record and record.wall == Wall.NONE)


def report_html(
    title: str,
    out_of: float,
    tally: Tally,
    seconds: Mapping[str, float],
    pairs: Sequence[Pair],
    changed: Sequence[Change],
    notices: Sequence[str],
    names: Mapping[str, str],
) -> str:
    """Return the page.

    Parameters
    ----------
    title
        The assignment's title.
    out_of
        What could be reached.
    tally
        What was counted.
    seconds
        How long each submission took, as far as it was graded here.
    pairs
        Similar submissions.
    changed
        Published marks that this grading would change.
    notices
        What collecting noticed.
    names
        Who handed each submission in.
    """

    def named(key: str) -> str:
        return f"{names[key]} ({key})" if names.get(key, key) != key else key

    parts = ["<main>", f"<h1>{escape(title)}</h1>", _summary(tally, out_of)]
    if tally.unsandboxed:
        parts.append(
            f'<p class="note"><strong>{tally.unsandboxed} submissions were graded without a sandbox</strong> '
            "(--trust-code): their code could do on this machine whatever you can.</p>"
        )
    parts.append(_changes(changed, named))
    parts.append(_distribution(tally.finals, out_of))
    parts.append(_questions(tally))
    parts.append(_mistakes(tally))
    parts.append(
        _table(
            "Submissions that need a look",
            ("Submission", "Status", "What happened"),
            [(named(key), *rest) for key, *rest in tally.failed],
        )
    )
    parts.append(
        _table(
            "Imports that answer a question",
            ("Submission", "Question", "Import"),
            [(named(key), *rest) for key, *rest in tally.imports],
        )
        if tally.imports
        else ""
    )
    parts.append(_similar(pairs, named))
    slow = sorted(seconds.items(), key=lambda item: -item[1])[:MOST_SLOW]
    rows = [(named(key), f"{time:.2f} s") for key, time in slow]
    parts.append(_table("Slowest submissions of this run", ("Submission", "Time"), rows))
    if notices:
        items = "".join(f"<li>{escape(notice)}</li>" for notice in notices)
        parts.append(f"<h2>Noticed while collecting</h2><ul>{items}</ul>")
    body = "\n".join([*parts, "</main>"])
    return page(f"{title}: report", body, REPORT_STYLE, TAGS | {"meter"}, {"meter": {"value", "max", "min"}})


def _summary(tally: Tally, out_of: float) -> str:
    count = len(tally.finals)
    told = ", ".join(f"{number} {status}" for status, number in tally.statuses.most_common())
    handed_in = count - tally.statuses[Status.MISSING]
    middle = f" The median mark is {median(tally.finals):g} of {out_of:g}." if tally.finals else ""
    return f"<p>{count} submissions: {escape(told)}. {handed_in} were handed in.{middle}</p>"


def _changes(changed: Sequence[Change], named: Callable[[str], str]) -> str:
    if not changed:
        return ""
    rows = [
        (
            named(change.submission),
            change.what,
            f"{change.before:g}",
            f"{change.after:g}",
            "lower" if change.lowered else "higher",
        )
        for change in changed
    ]
    heading = "Published marks that this grading changes"
    return _table(heading, ("Submission", "What", "Before", "After", ""), rows)


def _distribution(finals: Sequence[float], out_of: float) -> str:
    """Return how many reached what, as bars that are numbers too."""
    counts = [0] * BINS
    for final in finals:
        counts[min(BINS - 1, int(BINS * final / out_of)) if out_of else 0] += 1
    most = max([*counts, 1])
    rows = []
    for place, count in enumerate(counts):
        low, high = (place * out_of / BINS, (place + 1) * out_of / BINS)
        label = f"{low:g} to {high:g}" if place == BINS - 1 else f"{low:g} to below {high:g}"
        rows.append(
            f'<tr><th scope="row">{label}</th><td class="number">{count}</td>'
            f"<td>{_bar(count, most)}</td></tr>"
        )
    head = '<tr><th scope="col">Points</th><th scope="col">Submissions</th><th scope="col">Bar</th></tr>'
    table = f'<table class="bins"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'
    return f'<h2>Final marks</h2><div class="table">{table}</div>'


def _bar(value: float, most: float) -> str:
    return f'<meter value="{value:g}" min="0" max="{most:g}">{value:g} of {most:g}</meter>'


def _questions(tally: Tally) -> str:
    rows = []
    for name, shares in tally.shares.items():
        average = sum(shares) / len(shares)
        waiting = tally.outcomes[name][Outcome.UNMARKED]
        reached = "not all marked" if waiting else f"{100 * average:.0f} %"
        bar = "" if waiting else _bar(round(average, 4), 1)
        outcomes = ", ".join(f"{number} {status}" for status, number in tally.outcomes[name].most_common())
        rows.append(
            f'<tr><th scope="row">{escape(tally.titles.get(name, name))}</th>'
            f'<td class="number">{reached}</td><td>{bar}</td>'
            f"<td>{escape(outcomes)}</td></tr>"
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Question", "Reached", "Bar", "Outcomes"))
    table = f'<table class="wide"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return f'<h2>Questions</h2><div class="table">{table}</div>'


def _mistakes(tally: Tally) -> str:
    rows = [
        (tally.titles.get(name, name), sentence, str(count))
        for (name, sentence), count in tally.mistakes.most_common(MOST_MISTAKES)
    ]
    heading = "The most frequent mistakes"
    return _table(heading, ("Question", "What the student is told", "Submissions"), rows)


def _similar(pairs: Sequence[Pair], named: Callable[[str], str]) -> str:
    rows = [(named(pair.first), named(pair.second), f"{100 * pair.share:.0f} %") for pair in pairs]
    note = (
        "<p>What students were given and what many wrote alike is left out. This is a reason to read both "
        "answers, and nothing more: no mark depends on it.</p>"
    )
    heading = "Similar code"
    return _table(heading, ("Submission", "Submission", "In common"), rows, note if rows else "")


def _table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> str:
    """Return a heading and a table, or that there is nothing to show."""
    lines = ["<tr>" + "".join(f"<td>{escape(str(field))}</td>" for field in row) + "</tr>" for row in rows]
    if not lines:
        return f"<h2>{heading}</h2><p>None.</p>"
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    table = f'<table class="wide"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
    return f'<h2>{heading}</h2>{note}<div class="table">{table}</div>'
