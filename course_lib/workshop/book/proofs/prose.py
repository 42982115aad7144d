"""What can be wrong with a chapter's prose: unproved numbers, broken comments, dead links, leftover markup.

A Markdown cell is read in three places, and only the book knows MyST. So it is rendered here as Colab would,
and whatever still looks like markup afterwards is a leftover that a learner would have to read.
"""

import ast
import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from pygments.lexers import find_lexer_class_by_name
from pygments.util import ClassNotFound

from course_lib.workshop.book.addresses import links
from course_lib.workshop.book.chapters import pairs
from course_lib.workshop.book.chapters.alerts import ALERTS
from course_lib.workshop.book.chapters.claims import sentences
from course_lib.workshop.book.chapters.files import read_text_file
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.chapters.structure import fence_problems, split_front_matter
from course_lib.workshop.book.problems import Place, Problem, further_down
from course_lib.workshop.book.proofs.formulas import formula_problems
from course_lib.workshop.book.proofs.glossary import slug

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_KNOWN_COMMENTS = ("claim", "given", "formula")
# Their end may be left out, or there is none.
_NEVER_CLOSED = ("br", "hr", "img", "input", "wbr", "source", "col", "p", "li", "td", "th", "tr", "dt", "dd")
_IN_HTML = re.compile(r"\*\*\w[^*\n]*\*\*|(?<!`)`[^`\n]+`|\]\([^)\n]+\)|\$[^$\n]+\$")
_DRAWN_BY_GITHUB = ("mermaid", "math", "geojson", "topojson", "stl")
_PLACEHOLDER = re.compile(
    r"(?:alt[ -]?text|image|img|picture|figure|screenshot|untitled)\W*\d*(?:\.\w+)?", re.IGNORECASE
)
_ELEMENTS = frozenset(re.findall(r"\w+", """
    a abbr article aside audio b blockquote br button caption center cite code col colgroup dd del
    details dfn div dl dt em figcaption figure font footer form g h1 h2 h3 h4 h5 h6 header hr i iframe
    img input ins kbd label li line main mark nav ol option p path picture pre q rect s samp script
    section select small source span strong style sub summary sup svg table tbody td text textarea tfoot
    th thead time tr track tt u ul var video wbr circle
"""))  # fmt: skip
EMPTY = "a heading without words"
_FOOTNOTE = r"\[\^[\w-]+\]"
# What a Markdown text without MyST shows as it is: a sign for each kind, and what to write instead.
_LEFTOVERS = {
    r"\{[\w:-]+\}\ufffc|\{[\w:-]+\}`": ("a role", "Write a link, code or math."),
    r"^\s*:::+": ("a directive", "Write plain Markdown; alerts are `> [!NOTE]`."),
    r"^\s*\([\w-]+\)=\s*$": ("a target", "Headings are targets already."),
    r"^\s*%\s": ("a MyST comment", "Write `<!-- ... -->` behind a sentence."),
    r"^\s*\+\+\+": ("a cell break", "Start a new cell."),
    r"\{\{.*?\}\}": ("a substitution", "Write the text itself."),
    r"^\.\. [\w-]+::|:[a-z]+:\ufffc|\ufffc__?(?!\w)": ("markup of reStructuredText", "Write Markdown."),
    r"^!!! |\[\[|^\[TOC\]|\[@\w|==\S[^=\n]*==|(?<![~\w])~\w[^~\s]*~|\w~\w+~|\^\w+\^|^: \S": (
        "another program's markup",
        "Write what Markdown knows, or a formula.",
    ),
    r"(?<![\w:/]):[a-z][a-z_]+:(?![\w:/])": ("a sign by its name", "Put the sign itself."),
    r"^[•◦‣▪·]|^[-+*]\u00a0|^[-+](?=[A-Za-z])|^\d{1,2}[.)](?=[A-Za-z])": (
        "a list that is none",
        "Begin its items with `- ` or `1. `.",
    ),
    _FOOTNOTE: ("a footnote", "Put it into the sentence, or link the references."),
    r"\\begin\{|\\\(|\\\[": ("math without dollars", "Write $...$ or $$...$$ around it."),
    r"\\(?!begin|end)[A-Za-z]{2,}": ("a command of LaTeX", "Write Markdown, or dollars around a formula."),
    r"(?<!\\)\$": ("an unpaired dollar sign", "Close the formula, or write \\$ for money."),
    r"\*\*|(?<!\w)__(?=\w)|(?:^|(?<=\s))\*(?=\w)": ("an unclosed emphasis", "Check its stars."),
    r"<!--|-->": ("a broken comment", "Write it in one line as `<!-- name: text -->`."),
    r"\]\(|\]\[|\] \((?=[\w./#-]+\))|\)\[(?=[\w./-]+\.\w+\])|\[https?:": (
        "a broken link",
        "Check its brackets.",
    ),
    r"\{(?:#|\.)[\w-]+[^}]*\}|\{\w+=[^}]*\}": ("attributes in braces", "Leave them out."),
    r"^#{1,6}(?:[^\s#\d]|[\u00a0\u3000])": ("a heading without a blank", "Write a blank behind `#`."),
    r"^#{7,}": ("a heading too deep", "There are six levels at most."),
    r"\b(?:TODO|FIXME|XXX)\b|Lorem ipsum": ("a note to yourself", "Do it, or take it out."),
    rf"^\[!(?!(?:{'|'.join(ALERTS)})\]\s*$).*": (
        "an alert that nobody knows",
        f"Write one of {', '.join(ALERTS)}, alone in its line.",
    ),
    r"`": ("an unclosed code", "Close it with as many ticks as open it."),
    r"^\s*\|.*\|\s*$": ("a broken table", "It needs a row of dashes and as many cells in each row."),
}


def prose_problems(chapter: Chapter) -> list[Problem]:
    """Return everything that is wrong with the prose of a chapter's text."""
    problems: list[Problem] = []
    text = pairs.read_text(chapter)
    problems += titles(text, chapter.shown(chapter.text))
    for line, cell in zip(pairs.text_lines(text), text.cells, strict=True):
        if cell.cell_type != "markdown":
            continue
        where = Place(chapter.shown(chapter.text), line)
        problems += unbound_numbers(cell.source, where)
        problems += broken_comments(cell.source, where)
        problems += leftovers(cell.source, where)
        problems += formula_problems(cell.source, where)
        problems += tables(cell.source, where)
        problems += money(cell.source, where)
        problems += folds(cell.source, where)
        problems += dead_links(cell.source, where, chapter.text.parent, chapter.addresses.root)
    return problems


def titles(text: NotebookNode, shown: str) -> Iterator[Problem]:
    """Yield what keeps a chapter from having one title, which the contents show."""
    headings = [
        (
            further_down(Place(shown, line), token.map[0]),
            int(token.tag[1:]),
            token.markup if words.content else EMPTY,
        )
        for line, cell in zip(pairs.text_lines(text), text.cells, strict=True)
        if cell.cell_type == "markdown"
        for token, words in pairwise(MarkdownIt("commonmark").parse(cell.source))
        if token.type == "heading_open" and token.map
    ]
    found = [place for place, level, _ in headings if level == 1]
    if not found:
        yield Problem(f"{shown}:1", "has no title.", "Begin its text with a line `# Title`.")
    for place in found[1:]:
        yield Problem(place, "is a second title.", "Write `##`: a chapter has one title.")
    yield from _twice(text, shown)
    above = 1
    for place, level, markup in headings:
        if markup == EMPTY:
            yield Problem(place, "is a heading without words.", "Write some, or take it out.")
        if markup in ("-", "="):
            yield Problem(place, "becomes a heading, for a line of dashes follows it.",
                          "Write `##` in front of a heading, and a blank line above a rule.")  # fmt: skip
        elif level > above + 1:
            yield Problem(
                place, f"leaves out a level, from {above} to {level}.", f"Write `{'#' * (above + 1)}`."
            )
        above = level


def _twice(text: NotebookNode, shown: str) -> Iterator[Problem]:
    """Yield each heading of a chapter that has the address of one before it."""
    seen: dict[str, str] = {}
    for line, cell in zip(pairs.text_lines(text), text.cells, strict=True):
        if cell.cell_type == "markdown":
            yield from same_headings(cell.source, Place(shown, line), seen)


def same_headings(markdown: str, where: str, seen: dict[str, str]) -> Iterator[Problem]:
    """Yield each heading whose address another has, `seen` by its place: links find the first only."""
    for anchor, line in _headings(markdown):
        place = further_down(where, line)
        if anchor and anchor in seen:
            yield Problem(place, f"has the address `#{anchor}`, as the heading at {seen[anchor]} has.",
                          "Call one of the two otherwise: a link finds the first only.")  # fmt: skip
        seen.setdefault(anchor, place)


def folds(markdown: str, where: str) -> Iterator[Problem]:
    """Yield each element of HTML that its cell opens and does not close, or that Colab and GitHub leave out.

    On the page, everything below an open fold would be inside it.
    """
    hidden = re.compile(r"<!--.*?-->|\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)
    bare = hidden.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), _without_code(markdown))
    opened: list[tuple[str, int]] = []
    for found in re.finditer(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?=[\s/>])[^>]*?(/?)>", bare):
        name, line = found[2].lower(), bare[: found.start()].count("\n")
        if name not in _ELEMENTS:
            near = difflib.get_close_matches(name, _ELEMENTS, n=1)
            fix = f"Did you mean `{near[0]}`?" if near else "Write code between ticks."
            yield Problem(further_down(where, line), f"`<{found[1]}{name}>` is no element of HTML.", fix)
            continue
        if name == "img" and not re.search(r"\balt\s*=\s*[\"'][^\"']", found[0]):
            yield Problem(further_down(where, line), "a picture without words for those who do not see it.",
                          'Say in `alt="..."` what it shows.')  # fmt: skip
        if name == "details" and not found[1] and not re.match(r"\s*<summary", bare[found.end() :]):
            yield Problem(further_down(where, line), "is a fold without its line.",
                          "Write `<summary>...</summary>` behind `<details>`.")  # fmt: skip
        if name in ("script", "style", "iframe", "form"):
            yield Problem(
                further_down(where, line), f"`<{name}>` is left out by Colab and by GitHub.", "Leave it out."
            )
        elif name in _NEVER_CLOSED or found[3]:
            continue
        elif not found[1]:
            opened.append((name, line))
        elif name in [one for one, _ in opened]:
            while opened[-1][0] != name:
                yield _not_closed(*opened.pop(), where)
            opened.pop()
        else:
            yield Problem(
                further_down(where, line), f"`</{name}>` closes what its cell does not open.", "Leave it out."
            )
    for one in opened:
        yield _not_closed(*one, where)


def _not_closed(name: str, line: int, where: str) -> Problem:
    return Problem(
        further_down(where, line), f"`<{name}>` is not closed in its cell.", f"Close it: `</{name}>`."
    )


def unbound_numbers(markdown: str, where: str) -> list[Problem]:
    """Return each sentence with a number that neither a claim proves nor a given explains."""
    return [
        Problem(further_down(where, one.line), f"nothing proves {' and '.join(one.unbound)} in “{one.shown}”",
                "Bind it behind the full stop: <!-- claim: expression == number --> "
                "or <!-- given: number, where it comes from -->.")
        for one in sentences(markdown) if one.unbound
    ]  # fmt: skip


def broken_comments(markdown: str, where: str) -> Iterator[Problem]:
    """Yield each comment that a reader would see, or that means nothing."""
    for match in _COMMENT.finditer(_without_code(markdown)):
        text = match[1].strip()
        place = further_down(where, markdown[: match.start()].count("\n"))
        shown = f"the comment `{' '.join(text.split())[:60]}`"
        if "--" in text:
            yield Problem(place, f"{shown} holds two hyphens, which print it.", "Use one.")
        name, colon, _ = text.partition(":")
        if not colon or name not in _KNOWN_COMMENTS:
            yield Problem(place, f"{shown} means nothing.", f"Known are: {', '.join(_KNOWN_COMMENTS)}.")
        line_start = markdown.rfind("\n", 0, match.start()) + 1
        if name == "claim" and not _is_expression(text.partition(":")[2].strip()):
            yield Problem(place, f"{shown} is no expression of Python.", "Write what has to be true.")
        if name in ("claim", "given") and not markdown[line_start : match.start()].strip(" >*-"):
            yield Problem(place, f"{shown} starts a line, where it belongs to no sentence.",
                          "Put it behind its sentence's full stop.")  # fmt: skip


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


def _without_code(markdown: str) -> str:
    code = re.compile(r"^(`{3,}|~{3,}).*?^\1|(`+)[^`].*?\2", re.MULTILINE | re.DOTALL)
    return code.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), markdown)


def leftovers(markdown: str, where: str) -> list[Problem]:
    """Render a Markdown cell as Colab would, and return the markup that a learner would still see."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.disable("text_join")  # keeps what a backslash protects apart from the text
    tokens = parser.use(dollarmath_plugin, allow_labels=False).parse(markdown)
    problems: list[Problem] = []
    for number, shown in enumerate(_without_code(markdown).split("\n")):
        if re.match(r"\s*\[\^[\w-]+\]:", shown):
            what, fix = _LEFTOVERS[_FOOTNOTE]
            problems.append(
                Problem(further_down(where, number), f"{what} is left over: “{shown.strip()}”.", fix)
            )
    for token in tokens:
        if token.type == "fence" and token.map and token.info.strip().startswith("{"):
            place, what = (
                further_down(where, token.map[0]),
                f"the directive `{token.info.strip()}` is left over.",
            )
            fix = "Only the book knows directives; write plain Markdown."
            problems.append(Problem(place, what, fix))
        elif token.type == "code_block" and token.map:
            place = further_down(where, token.map[0])
            what = "is shown as code, for four blanks or a tab stand in front of it."
            problems.append(Problem(place, what, "Take them out, or put code between fences."))
        elif token.type == "fence" and token.map:
            problems += _odd_fence(token, further_down(where, token.map[0]))
        elif token.type == "html_block" and (found := _IN_HTML.search(_outside_tags(token.content))):
            place = further_down(where, token.map[0] if token.map else 0)
            what = f"“{found[0]}” is no markup between two lines of HTML."
            problems.append(Problem(place, what, "Leave a blank line between the HTML and the Markdown."))
        elif token.type == "inline":
            text = _visible(token)
            place = further_down(where, token.map[0] if token.map else 0)
            for child in token.children or []:
                if child.type == "image" and _says_nothing(child.content, str(child.attrs.get("src", ""))):
                    what = "a picture without words for those who do not see it."
                    problems.append(Problem(place, what, "Say in `![...]` what it shows."))
                elif child.type == "code_inline" and re.search("[“”‘’]", child.content):
                    what = f"`{child.content}` holds curly quotes, which no program reads."
                    problems.append(Problem(place, what, "Write straight ones."))
            for pattern, (kind, fix) in _LEFTOVERS.items():
                if found := re.search(pattern, text, re.MULTILINE):
                    around = " ".join(text[max(0, found.start() - 20) : found.end() + 20].split())
                    line = (token.map[0] if token.map else 0) + text[: found.end()].rstrip("\n").count("\n")
                    problems.append(
                        Problem(further_down(where, line), f"{kind} is left over: “{around}”.", fix)
                    )
    return problems


def _odd_fence(token: Token, place: str) -> Iterator[Problem]:
    """Yield what is wrong with a fence of code that is no cell: drawn by GitHub only, or of no language."""
    language = token.info.strip().partition(" ")[0]
    if language in _DRAWN_BY_GITHUB:
        yield Problem(place, f"`{language}` is drawn by GitHub, and shown as code by the book and by Colab.",
                      "Write a formula with $$, or link a picture.")  # fmt: skip
    elif language and not language.startswith("{") and not _is_a_language(language):
        near = difflib.get_close_matches(language, ("python", "text", "bash", "console", "json", "yaml"), n=1)
        yield Problem(place, f"nobody knows the language `{language}` of this code.",
                      f"Did you mean `{near[0]}`?" if near else "Write `text` if it has none.")  # fmt: skip
    if language in ("python", "ipython3", "py") and re.search("[“”‘’]", token.content):
        yield Problem(place, "holds curly quotes, which Python does not read.", "Write straight ones.")


def _is_a_language(name: str) -> bool:
    """Return whether somebody knows how to colour a language."""
    with suppress(ClassNotFound):
        return find_lexer_class_by_name(name) is not None
    return name in ("ipython", "ipython3", "ipythontb")


def _outside_tags(html: str) -> str:
    """Return what a block of HTML says in words: no tags, comments, code, or the line that opens a fold."""
    inside = r"<!--.*?-->|<(summary|code|pre|kbd|svg|style)\b.*?</\1>|<[^>]*>"
    return re.sub(inside, " ", html, flags=re.DOTALL)


def _says_nothing(words: str, source: str) -> bool:
    """Return whether the words for a picture are none, a placeholder, or the name of its file."""
    words = words.strip()
    return not words or words == Path(source).name or _PLACEHOLDER.fullmatch(words) is not None


def _visible(token: Token) -> str:
    """Return what a reader sees of a paragraph, with code and math as one odd character."""
    visible = ""
    for child in token.children or []:
        if child.type == "text":
            visible += child.content
        elif (
            child.type == "text_special"
        ):  # a sign that a backslash protects, or a backslash that protects none
            is_math = child.markup in ("\\(", "\\[") or child.content.startswith("\\")
            visible += (child.markup or child.content) if is_math else " "
        elif child.type in ("softbreak", "hardbreak"):
            visible += "\n"
        elif child.type in ("code_inline", "math_inline", "math_inline_double"):
            visible += "\ufffc"
    return visible


def page_problems(page: Path, shown: str, root: Path) -> Iterator[Problem]:
    """Yield what is wrong with a page without code, which only the book shows: it may use all of MyST."""
    text, where = read_text_file(page, shown).text, Place(shown, 1)
    if not re.search(r"^# \S", _without_code(text), re.MULTILINE):
        yield Problem(f"{shown}:1", "has no title.", "Begin its text with a line `# Title`.")
    yield from fence_problems(text, shown)
    yield from same_headings(text, where, {})
    yield from tables(text, where)
    yield from money(text, where)
    yield from folds(text, where)
    yield from dead_links(text, where, page.parent, root, page.name)


def dead_links(markdown: str, where: str, folder: Path, root: Path, page: str = "") -> Iterator[Problem]:
    """Yield each link of a text that leads to no file or to no heading of one.

    Parameters
    ----------
    markdown
        The text.
    where
        Where it begins.
    folder
        The folder that its links are relative to.
    root
        The book's folder.
    page
        The page's name if it is one that Colab never opens: it may then lead to its own headings.
    """
    for target, line in links_with_lines(markdown):
        place = further_down(where, line)
        if re.match(r"https?://(?:localhost|127\.|0\.0\.0\.0|\[::1\])|file:", target):
            yield Problem(
                place, f"the link {target} leads to one machine only.", "Link what readers can open."
            )
        elif re.match(r"https?:(?!//[^\s/]+\.)|(?!https?:|mailto:|file:|#)[a-z][a-z0-9+.-]*:", target):
            yield Problem(place, f"the link {target} leads to no page of the web.", "Write `https://...`.")
        if re.match(r"[a-z][a-z0-9+.-]*:", target) or target.startswith("^"):
            continue  # another site, or a footnote, which has a message of its own
        path, _, fragment = target.partition("#")
        path = path or (page if fragment else "")
        if not path:
            what = f"the link {target} leads nowhere in Colab." if target else "the link leads nowhere."
            yield Problem(place, what, "Name the page in front of it." if target else "Write where it leads.")
            continue
        if re.search(r"\s|%20", path):
            there = (folder / path.replace("%20", " ")).exists()
            yield Problem(place, f"the link `{path}` holds a blank"
                          + (", which not every reader follows." if there else " and leads to no file."),
                          "Rename the file without blanks and link that name.")  # fmt: skip
            continue
        file = (folder / path).resolve()
        if not file.is_relative_to(root.resolve()) or not file.exists():
            yield Problem(place, f"the link {target} leads to no file.", "Check its spelling.")
        elif file.is_file() and not file.stat().st_size:
            yield Problem(place, f"the file {path} is empty.", "Store it again.")
        elif fragment and file.suffix == ".md" and fragment not in anchors(file):
            yield Problem(place, f"the link {target} leads to no heading of {path}.", "Check its spelling.")


def links_with_lines(markdown: str) -> Iterator[tuple[str, int]]:
    """Yield the target of each link and picture of a Markdown text, and its line, counted from 0.

    A target with blanks, which Markdown takes for no link at all, is one here: its author meant it so.
    """
    bare = _without_code(re.sub(r"\$\$.*?\$\$", lambda found: re.sub(r"[^\n]", " ", found[0]), markdown,
                                flags=re.DOTALL))  # fmt: skip
    spaced = re.compile(r"\]\(<?(?P<target>[^()<>\"\n]*[^()<>\"\s][ ][^()<>\"\s][^()<>\"\n]*)>?\)")
    for found in spaced.finditer(bare):
        yield found["target"].strip(), bare[: found.start()].count("\n")
    for found in re.finditer(r"\]\(\s*(?:<>)?\s*\)", bare):
        yield "", bare[: found.start()].count("\n")
    blank = spaced.sub(lambda found: " " * len(found[0]), bare)
    for number, line in enumerate(blank.split("\n")):
        if not re.match(r"\s*\[\^", line):  # a footnote is no link
            for target in links(line):
                yield target, number


def tables(markdown: str, where: str) -> Iterator[Problem]:
    """Yield each row of a table with more or fewer cells than its head: a bar inside code ends a cell too."""
    lines = markdown.split("\n")
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type != "table_open" or token.map is None:
            continue
        counts = [(number, len(_table_cells(lines[number]))) for number in range(*token.map)]
        wanted = counts[0][1]
        for number, count in counts[2:]:
            if count != wanted:
                what = f"this row of the table has {count} cells, and its head {wanted}."
                fix = "Give it as many; a bar inside a cell, in code too, is written `\\|`."
                yield Problem(further_down(where, number), what, fix)


def _table_cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))


def money(markdown: str, where: str) -> Iterator[Problem]:
    """Yield each pair of dollars that makes a formula of a sentence, as in “$5 and $6”, or not everywhere."""
    parser = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_labels=False)
    for token in parser.parse(markdown):
        for child in token.children or []:
            words = re.findall(
                r"(?<![\\{\w])[A-Za-z]{2,}",
                re.sub(r"\\(?:text|mathrm|operatorname)\{[^}]*\}", "", child.content),
            )
            price = words or child.content.rstrip().endswith(("-", "\u2013", "/"))
            if child.type != "math_inline":
                continue
            place = further_down(where, token.map[0] if token.map else 0)
            if re.match(r"\s*\d", child.content) and price:
                yield Problem(place, f"`${child.content}$` is read as a formula.",
                              "Write \\$ for money, or \\text{...} around words in a formula.")  # fmt: skip
            elif child.content != child.content.strip():
                yield Problem(place, f"`${child.content}$` holds blanks at its dollars: not all set it.",
                              f"Write `${child.content.strip()}$`.")  # fmt: skip


def anchors(file: Path) -> set[str]:
    """Return the anchors of a Markdown file's headings."""
    return _anchors(read_text_file(file, file.name).text)


@lru_cache(maxsize=256)
def _anchors(text: str) -> set[str]:
    return {anchor for anchor, _ in _headings(split_front_matter(text)[1])}


def _headings(markdown: str) -> list[tuple[str, int]]:
    """Return the address of each heading of a text, and its line, counted from 0."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [
        (
            slug("".join(one.content for one in words.children or [] if one.type != "html_inline")),
            token.map[0],
        )
        for token, words in pairwise(tokens)
        if token.type == "heading_open" and token.map
    ]


def relative_links(sources: Sequence[str], where: str) -> list[Problem]:
    """Return each link of a notebook's Markdown cells that Colab could not follow."""
    return [
        Problem(f"{where}, cell {number}", f"the link {target} is dead in Colab.", "Write the pair anew.")
        for number, source in enumerate(sources)
        for target in links(source)
        if not re.match(r"(?:https?|mailto):", target)
    ]


def summary(chapters: Sequence[Chapter]) -> str:
    """Return how many results of the prose are bound and how many are given."""
    bound = given = 0
    for chapter in chapters:
        for cell in pairs.read_text(chapter).cells:
            if cell.cell_type == "markdown":
                for sentence in sentences(cell.source):
                    bound += len(sentence.claims)
                    given += len(sentence.givens)
    share = given / max(bound + given, 1)
    return f"{bound} claims are checked, {given} numbers are given ({share:.0%} of all)."
