"""The instructor's page: how the class did, what went wrong most, and what deserves a look."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from statistics import mean

from course_lib.workshop.grading.marks.feedback import STYLE, TAGS, page
from course_lib.workshop.grading.marks.standing import Change, Standing
from course_lib.workshop.grading.marks.statistics import discrimination, rest_share, spread
from course_lib.workshop.grading.marks.unexplained import Unexplained
from course_lib.workshop.grading.sandbox.walls import Wall
from course_lib.workshop.grading.scoring.similarity import Group
from course_lib.workshop.grading.storage.records import Outcome, Record, Status

BINS = 10
MOST_MISTAKES = 15
MOST_SLOW = 10
MOST_NAMES = 20
MOST_GROUPS = 30
REPORT_STYLE = (
    STYLE.replace("46rem", "60rem")
    + """
table.wide { width: 100%; } table.bins th { white-space: nowrap; }
meter { width: min(12rem, 30vw); height: .9rem; }
.table { overflow-x: auto; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
h3 { font-size: 1rem; margin-bottom: .2rem; }
@media (max-width: 40rem) { meter { width: 4rem; } td, th { padding-right: .5rem; } }
"""
)


class Html(str):
    """A text that is HTML already."""


@dataclass
class Tally:
    """What the report needs of all records together; of texts it holds the unexplained answers only."""

    statuses: Counter[str] = field(default_factory=Counter)
    finals: list[float] = field(default_factory=list)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    points: list[list[float]] = field(default_factory=list)
    out_of: dict[str, float] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    mistakes: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    sections: dict[str, list[float]] = field(default_factory=dict)
    late: list[tuple[str, float, float]] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    imports: list[tuple[str, str, str]] = field(default_factory=list)
    unexplained: Unexplained = field(default_factory=Unexplained)
    unsandboxed: int = 0

    def add(self, standing: Standing, record: Record | None, sections: Iterable[str] = ()) -> None:
        """Count one submission; marks that are missing or excused are no marks of 0."""
        self.statuses[standing.status] += 1
        if standing.status is not Status.GRADED or standing.unearned:
            self.failed.append((standing.submission, standing.status, standing.reason))
        if not standing.counts:
            return
        self.finals.append(standing.final)
        for section in sections:
            self.sections.setdefault(section, []).append(standing.final)
        if standing.late_minutes > 0:
            self.late.append((standing.submission, standing.late_minutes, standing.penalty))
        for mark in standing.questions:
            self.outcomes.setdefault(mark.name, Counter())[mark.status] += 1
            self.out_of[mark.name] = mark.out_of
        for question in record.questions if record else ():
            self.titles[question.name] = question.title
            if question.mistake:
                self.mistakes.setdefault((question.name, question.mistake), []).append(len(self.points))
            for name in question.imports:
                self.imports.append((standing.submission, question.name, name))
        self.points.append([mark.points for mark in standing.questions])
        self.unexplained.add(standing.submission, record)
        self.unsandboxed += bool(record and record.wall == Wall.NONE)

    def question(self, name: str) -> tuple[list[float], list[float]]:
        """Return for each student the share of a question's points, and that of all others'."""
        place, worth = list(self.out_of).index(name), list(self.out_of.values())
        shares = [points[place] / worth[place] if worth[place] else 0.0 for points in self.points]
        return shares, [rest_share(points, worth, place) for points in self.points]


@dataclass(frozen=True)
class Similar:
    """A group of similar submissions, and the code of two of them."""

    group: Group
    codes: tuple[str, str]


def report_html(
    title: str,
    out_of: float,
    tally: Tally,
    seconds: Mapping[str, float],
    similar: Sequence[Similar],
    changed: Sequence[Change],
    notices: Sequence[str],
    names: Mapping[str, str],
    pages: Mapping[str, str],
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
    similar
        Groups of similar submissions.
    changed
        Published marks that this grading would change.
    notices
        What collecting noticed.
    names
        Who handed each submission in.
    pages
        Where each student's page is, seen from the report.
    """

    def named(key: str) -> Html:
        words = f"{names[key]} ({key})" if names.get(key, key) != key else key
        return Html(f'<a href="{escape(pages[key])}">{escape(words)}</a>' if key in pages else escape(words))

    parts = ["<main>", f"<h1>{escape(title)}</h1>", _summary(tally, out_of)]
    if tally.unsandboxed:
        parts.append(
            f'<p class="note"><strong>{tally.unsandboxed} submissions were graded without a sandbox</strong> '
            "(--trust-code): their code could do on this machine whatever you can.</p>"
        )
    parts.append(_changes(changed, named))
    parts.append(_distribution(tally.finals, out_of))
    parts.append(_sections(tally))
    parts.append(_questions(tally))
    parts.append(_mistakes(tally))
    parts.append(_unexplained(tally, named))
    parts.append(
        _table(
            "Submissions that need a look",
            ("Submission", "Status", "What happened"),
            [(named(key), *rest) for key, *rest in tally.failed],
        )
    )
    parts.append(
        _table(
            "Late",
            ("Submission", "Minutes", "Points taken off"),
            [(named(key), f"{late:,.0f}", f"{penalty:g}") for key, late, penalty in tally.late],
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
    parts.append(_similar(similar, named))
    slow = sorted(seconds.items(), key=lambda item: -item[1])[:MOST_SLOW]
    rows = [(named(key), f"{time:.2f} s") for key, time in slow]
    parts.append(_table("Slowest submissions of this run", ("Submission", "Time"), rows))
    if notices:
        items = "".join(f"<li>{escape(notice)}</li>" for notice in notices)
        parts.append(f"<h2>Noticed while collecting</h2><ul>{items}</ul>")
    body = "\n".join([*parts, "</main>"])
    return page(f"{title}: report", body, REPORT_STYLE, TAGS | {"meter"}, {"meter": {"value", "max", "min"}})


def _summary(tally: Tally, out_of: float) -> str:
    count = sum(tally.statuses.values())
    told = ", ".join(f"{number} {status}" for status, number in tally.statuses.most_common())
    lies = spread(tally.finals)
    middle = (
        f" Of {lies.count} marks, out of {out_of:g}, the median is {lies.median:g}, half lie between "
        f"{lies.lower:g} and {lies.upper:g}, the mean is {lies.mean:.2f} and the standard deviation "
        f"{lies.deviation:.2f}."
        if lies
        else ""
    )
    return (
        f"<p>{count} submissions: {escape(told)}.{middle} What is missing or excused counts nowhere below. "
        "Names lead to students' pages, which are there once you have published.</p>"
    )


def _sections(tally: Tally) -> str:
    if len(tally.sections) < 2:
        return ""
    rows = []
    for name, finals in sorted(tally.sections.items()):
        if (lies := spread(finals)) is not None:
            numbers = (lies.mean, lies.deviation, lies.lower, lies.median, lies.upper)
            rows.append((name or "none", str(lies.count), *(f"{number:.2f}" for number in numbers)))
    columns = ("Section", "Marks", "Mean", "Standard deviation", "Lower quartile", "Median", "Upper quartile")
    return _table("Sections", columns, rows)


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
    for name, counted in tally.outcomes.items():
        shares, rest = tally.question(name)
        average = mean(shares)
        waiting = counted[Outcome.UNMARKED]
        apart = None if waiting else discrimination(shares, rest)
        outcomes = ", ".join(f"{number} {status}" for status, number in counted.most_common())
        rows.append(
            (
                tally.titles.get(name, name),
                "not all marked" if waiting else f"{100 * average:.0f} %",
                Html("" if waiting else _bar(round(average, 4), 1)),
                "" if apart is None else f"{apart:.2f}",
                outcomes,
            )
        )
    note = (
        "<p>Reached is the share of the points. Tells apart is the correlation with all other questions, "
        "from -1 to 1: near 0 a question says nothing that the others say, below 0 those who are strong "
        "elsewhere do worse. Look at such a question before you look at the students.</p>"
    )
    return _table("Questions", ("Question", "Reached", "Bar", "Tells apart", "Outcomes"), rows, note)


def _mistakes(tally: Tally) -> str:
    most = sorted(tally.mistakes.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_MISTAKES]
    rows = []
    for (name, sentence), who in most:
        _, rest = tally.question(name)
        elsewhere = f"{100 * mean(rest[place] for place in who):.0f} %"
        share = f"{100 * len(who) / len(tally.points):.0f} %"
        rows.append((tally.titles.get(name, name), sentence, str(len(who)), share, elsewhere))
    columns = ("Question", "What the student is told", "Submissions", "Share", "Reached in other questions")
    return _table("The most frequent mistakes", columns, rows)


def _unexplained(tally: Tally, named: Callable[[str], str]) -> str:
    """Return the wrong answers that no sentence fits yet, together with those that return the same."""
    clusters = tally.unexplained.clusters()
    parts = []
    for one in clusters[:MOST_MISTAKES]:
        who = ", ".join(named(key) for key in one.submissions[:MOST_NAMES])
        more = len(one.submissions) - MOST_NAMES
        who += f" and {more} more" if more > 0 else ""
        title = escape(tally.titles.get(one.question, one.question))
        parts.append(
            f"<h3>{title}, {one.number}: {len(one.submissions)} submissions</h3><p>{who}</p>"
            f"<p>They are told: {escape(one.sentence)}</p>"
            f"<pre>{escape(one.sources[0])}</pre>"
            f"<p><code>course new mistake FOLDER {escape(one.question)} {one.number}</code></p>"
        )
    left = len(clusters) - MOST_MISTAKES
    if left > 0:
        parts.append(
            f"<p>{left} more, with at most {len(clusters[MOST_MISTAKES].submissions)} submissions.</p>"
        )
    note = (
        "<p>Answers that return the same on all cases stand together, and the shortest is shown. The command "
        "below it makes a known mistake of them: write its sentence, and grade again.</p>"
    )
    return "<h2>Wrong answers that no known mistake explains</h2>" + (
        "\n".join([note, *parts]) if parts else "<p>None.</p>"
    )


def _similar(similar: Sequence[Similar], named: Callable[[str], str]) -> str:
    parts = []
    for one in similar:
        members = one.group.members
        more = len(members) - MOST_NAMES
        who = ", ".join(named(key) for key in members[:MOST_NAMES]) + (
            f" and {more} more" if more > 0 else ""
        )
        codes = "".join(f"<pre>{escape(code)}</pre>" for code in one.codes)
        parts.append(
            f"<h3>{len(members)} submissions, at least {100 * one.group.share:.0f} % in common</h3>"
            f"<p>{who}</p>"
            f'<details><summary>The first two, side by side</summary><div class="two">{codes}</div></details>'
        )
    note = (
        "<p>What students were given and what many wrote alike is left out. This is a reason to read the "
        "answers, and nothing more: no mark depends on it.</p>"
    )
    return "<h2>Similar code</h2>" + ("\n".join([note, *parts]) if parts else "<p>None.</p>")


def _cell(content: str) -> str:
    return f"<td>{content if isinstance(content, Html) else escape(str(content))}</td>"


def _table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> str:
    """Return a heading and a table, or that there is nothing to show."""
    lines = ["<tr>" + "".join(_cell(field) for field in row) + "</tr>" for row in rows]
    if not lines:
        return f"<h2>{heading}</h2><p>None.</p>"
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    table = f'<table class="wide"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
    return f'<h2>{heading}</h2>{note}<div class="table">{table}</div>'
