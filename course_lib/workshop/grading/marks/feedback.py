"""The page that a student gets back: their code, each question's outcome, and nobody else's secrets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from course_lib.workshop.book.addresses import Addresses
from course_lib.workshop.grading.marks.standing import QuestionMark, Standing
from course_lib.workshop.grading.sandbox.walls import Wall
from course_lib.workshop.grading.storage.records import Outcome, QuestionRecord, Record, Status, Trouble

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
       color: #1f2328; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
pre { background: #f3f4f6; padding: .7rem .9rem; border-radius: .4rem; overflow-x: auto; font-size: .85rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .9rem .2rem 0; text-align: left; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.note { border-left: .25rem solid #9a6700; padding-left: .8rem; }
.hand { border-left: .25rem solid #0969da; padding-left: .8rem; }
summary { cursor: pointer; }
li { overflow-wrap: anywhere; }
.right { color: #116329; } .wrong { color: #9a3b00; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; } pre { background: #161b22; }
  .right { color: #56d364; } .wrong { color: #f0a35e; } a { color: #79b8ff; }
}
@media print { body { margin: 0; max-width: none; } details { display: block; } }
"""
# No script of anybody's runs in the page, and it loads nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
TAGS = {
    "h1",
    "h2",
    "h3",
    "p",
    "pre",
    "code",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "strong",
    "em",
    "ul",
}
TAGS |= {"li", "div", "details", "summary", "main", "span", "caption", "br", "a", "ol", "section", "header"}
ATTRIBUTES = {"*": {"class", "id"}, "th": {"scope"}, "a": {"href"}, "div": {"role", "aria-label"}}
SIGNS = {
    Outcome.RIGHT: "✓",
    Outcome.BLANK: "○",
    Outcome.ABSENT: "○",
    Outcome.UNMARKED: "…",
    Outcome.MARKED: "✎",
}
NO_MARK = "No mark yet."
TONES = {Outcome.RIGHT: "right", Outcome.MARKED: "", Outcome.UNMARKED: ""}


def page(
    title: str,
    body: str,
    style: str = STYLE,
    tags: set[str] = TAGS,
    attributes: Mapping[str, set[str]] | None = None,
) -> str:
    """Return a whole page that reads offline and in which nothing can run.

    Parameters
    ----------
    title
        The page's title, plain text.
    body
        HTML; whatever of it could do more than be read is taken out.
    style
        The page's style sheet.
    tags, attributes
        What it may be made of; the attributes come on top of the usual ones.
    """
    allowed = {**ATTRIBUTES, **(attributes or {})}
    import nh3  # here: a set-up without it can still collect and export

    clean = nh3.clean(body, tags=tags, attributes=allowed, link_rel=None, url_schemes={"https"})
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{clean}\n</body>\n</html>\n"
    )


@dataclass(frozen=True)
class Guide:
    """What a page says of a question beside the student's answer.

    Attributes
    ----------
    rubric
        For a free text: key, points and sentence of each thing that it is marked for.
    model
        A model answer, empty where students are not to see it.
    link
        The address of what explains it, if there is one.
    """

    rubric: tuple[tuple[str, float, str], ...] = ()
    model: str = ""
    link: str = ""

    def told(self, mark: QuestionMark) -> list[str]:
        """Return what of the rubric an answer has and what it lacks, in sentences."""
        keys = mark.by_hand.keys.split() if mark.by_hand else []
        if mark.by_hand is None or not (keys or mark.points == 0):
            return []
        return [
            f"{f'{points:g} for' if key in keys else 'Missed'}: {sentence}"
            for key, points, sentence in self.rubric
        ]


NO_GUIDE = Guide()


def page_of(addresses: Addresses, section: str) -> str:
    """Return the address of a section, `"perceptron.md#a-label"`; addresses stay as they are."""
    if not section or section.startswith("https://"):
        return section
    text, _, label = section.partition("#")
    return addresses.page(f"chapters/{text}") + (f"#{label}" if label else "")


def feedback_html(
    title: str, who: str, standing: Standing, record: Record | None, guides: Mapping[str, Guide] | None = None
) -> str:
    """Return a student's page.

    Parameters
    ----------
    title
        The assignment's title.
    who
        The student's name, or the group's names.
    standing
        The marks.
    record
        The submission's record; None if there is none.
    guides
        What is said of each question beside the answer, by its name.
    """
    parts = ["<main>", f"<h1>{escape(title)}</h1>", f"<p>{escape(who)}</p>", _marks_table(standing)]
    parts += [f'<p class="note">{escape(note)}</p>' for note in _notes(standing, record)]
    told = {question.name: question for question in record.questions} if record else {}
    for mark in standing.questions:
        guide = (guides or {}).get(mark.name, NO_GUIDE)
        parts.append(_question_html(mark, told.get(mark.name), guide, _points_words(mark, standing)))
    if record and record.cells:
        items = "".join(f"<li>{_code_words(line)}</li>" for line in _cell_lines(record.cells))
        parts.append(f"<h2>What happened in other cells</h2><ul>{items}</ul>")
    if record and record.printed.strip():
        printed = f"<pre>{escape(record.printed)}</pre>"
        parts.append(
            f"<h2>What your notebook printed</h2><details><summary>Show it</summary>{printed}</details>"
        )
    return page(f"{title}: feedback", "\n".join([*parts, "</main>"]))


def _marks_table(standing: Standing) -> str:
    rows = [("Points", f"{standing.raw:g} of {standing.out_of:g}")]
    if standing.penalty:
        rows.append(("Handed in late", f"&minus;{standing.penalty:g}"))
    if standing.adjustment:
        rows.append(("Adjusted by your instructor", f"{standing.adjustment:+g}"))
    if standing.counts:
        rows.append(("Result", f"<strong>{standing.final:g} of {standing.out_of:g}</strong>"))
    else:
        rows = [("Result", NO_MARK)]
    cells = "".join(
        f'<tr><th scope="row">{name}</th><td class="number">{text}</td></tr>' for name, text in rows
    )
    return f"<table>{cells}</table>"


def _notes(standing: Standing, record: Record | None) -> list[str]:
    """Return what has to be said before the questions."""
    notes = []
    if standing.status in (Status.UNREADABLE, Status.MISSING) or standing.unearned:
        notes.append(standing.reason)
    if standing.status in (Status.CRASHED, Status.TIMEOUT, Status.PARTIAL):
        notes.append("Some of your code could not be run to its end; the questions below say which.")
    if standing.waiting:
        notes.append("Not all of your answers are marked yet: this is not your final result.")
    if record and record.wall == Wall.NONE:
        notes.append("This was graded without a sandbox.")
    return [*notes, *standing.comments]


def _question_html(mark: QuestionMark, told: QuestionRecord | None, guide: Guide, points: str) -> str:
    sign = SIGNS.get(mark.status, "✗")
    tone = TONES.get(mark.status, "wrong")
    title = escape(told.title if told else mark.name)
    lines = [f'<h2><span class="{tone}">{sign} {escape(mark.status)}</span>: {title}</h2>']
    lines.append(f"<p>{points} {_code_words(_sentence(mark, told))}</p>")
    if mark.by_hand is not None:
        lines.append(f'<p class="hand">Marked by a person. {escape(mark.by_hand.comment)}</p>')
        if has := guide.told(mark):
            lines.append("<ul>" + "".join(f"<li>{escape(one)}</li>" for one in has) + "</ul>")
    if told and told.example:
        lines.append(f"<pre>{escape(chr(10).join(told.example))}</pre>")
    if told and told.imports:
        names = ", ".join(f"<code>{escape(name)}</code>" for name in told.imports)
        lines.append(f'<p class="note">Your notebook uses {names}, which answers this question for you.</p>')
    if told and told.source:
        what = "Your answer" if told.kind == "text" else "Your code"
        code = f"<pre><code>{escape(told.source)}</code></pre>"
        lines.append(f"<details><summary>{what}</summary>{code}</details>")
    if guide.model and _is_settled(mark):
        model = f"<pre><code>{escape(guide.model)}</code></pre>"
        lines.append(f"<details><summary>A model answer</summary>{model}</details>")
    if guide.link and _is_settled(mark) and mark.points < mark.out_of:
        lines.append(f'<p><a href="{escape(guide.link)}">Where the course explains it</a></p>')
    return "\n".join(lines)


def _is_settled(mark: QuestionMark) -> bool:
    """Tell whether there was something to mark, and it is marked."""
    return mark.status not in (Outcome.UNMARKED, Outcome.MISSING)


def _points_words(mark: QuestionMark, standing: Standing) -> str:
    """Return what a question got; a zero that nobody judged is a blank here too, as in the gradebook."""
    if mark.status is Outcome.UNMARKED or (not mark.points and not standing.counts):
        return f"Worth {mark.out_of:g} points."
    return f"{mark.points:g} of {mark.out_of:g} points."


def _sentence(mark: QuestionMark, told: QuestionRecord | None) -> str:
    """Return what grading said, unless a person has marked since what grading left to people."""
    return told.sentence if told and mark.status is not Outcome.MARKED else ""


def _code_words(sentence: str) -> str:
    """Return a sentence as HTML, with `words` in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence))


def _cell_lines(cells: Sequence[Trouble]) -> list[str]:
    return [
        f"Cell {trouble.cell}" + (f", line {trouble.line}" if trouble.line else "") + f": {trouble.words}"
        for trouble in cells
    ]


def feedback_markdown(
    title: str, who: str, standing: Standing, record: Record | None, guides: Mapping[str, Guide] | None = None
) -> str:
    """Return the same feedback as Markdown, for platforms that take text."""
    lines = [
        f"# {_plain(title)}",
        "",
        _plain(who),
        "",
        f"**{standing.final:g} of {standing.out_of:g} points**" if standing.counts else NO_MARK,
    ]
    if standing.penalty or standing.adjustment:
        lines[-1] += (
            f" ({standing.raw:g} reached, {-standing.penalty:g} for lateness, {standing.adjustment:+g})"
        )
    lines += ["", *(f"> {_plain(note)}\n" for note in _notes(standing, record))]
    told = {question.name: question for question in record.questions} if record else {}
    for mark in standing.questions:
        one, guide = told.get(mark.name), (guides or {}).get(mark.name, NO_GUIDE)
        lines += [
            f"## {SIGNS.get(mark.status, '✗')} {mark.status}: {_plain(one.title if one else mark.name)}",
            "",
            f"{_points_words(mark, standing)} {_plain(_sentence(mark, one), code=True)}",
            "",
        ]
        if mark.by_hand is not None:
            lines += [f"Marked by a person. {_plain(mark.by_hand.comment)}", ""]
            lines += [f"- {_plain(has)}" for has in guide.told(mark)] + [""]
        if one and one.example:
            lines += [_fenced("\n".join(one.example), "text"), ""]
        if one and one.source:
            lines += [_fenced(one.source, "python" if one.kind == "code" else "text"), ""]
        if guide.model and _is_settled(mark):
            lines += ["A model answer:", "", _fenced(guide.model, "text"), ""]
        if guide.link and _is_settled(mark) and mark.points < mark.out_of:
            lines += [f"[Where the course explains it](<{guide.link}>)", ""]
    if record and record.cells:
        lines += ["## What happened in other cells", ""]
        lines += [f"- {_plain(line)}" for line in _cell_lines(record.cells)]
    return "\n".join(lines).rstrip() + "\n"


def _plain(text: str, code: bool = False) -> str:
    """Return a text in which no sign of Markdown or HTML means anything."""
    signs = r"([\\*_\[\]<>#|~&!])" if code else r"([\\`*_\[\]<>#|~&!])"
    return re.sub(signs, r"\\\1", " ".join(text.split()))


def _fenced(text: str, language: str) -> str:
    """Return a text in a fence that is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
