"""What can be wrong with a chapter's prose: unproved numbers, broken comments, dead links, leftover markup.

A Markdown cell is read in three places, and only the book knows MyST. So it is rendered here as Colab would,
and whatever still looks like markup afterwards is a leftover that a learner would have to read.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from course_lib.workshop.book.addresses import links
from course_lib.workshop.book.chapters import pairs
from course_lib.workshop.book.chapters.claims import sentences
from course_lib.workshop.book.chapters.files import read_text_file
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.chapters.structure import split_front_matter
from course_lib.workshop.book.problems import Problem
from course_lib.workshop.book.proofs.formulas import formula_problems
from course_lib.workshop.book.proofs.glossary import slug

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_KNOWN_COMMENTS = ("claim", "given", "formula")
# What a Markdown text without MyST shows as it is: a sign for each kind, and what to write instead.
_LEFTOVERS = {
    r"\{[\w:-]+\}\ufffc|\{[\w:-]+\}`": ("a role", "Write a link, code or math."),
    r"^\s*:::+": ("a directive", "Write plain Markdown; alerts are `> [!NOTE]`."),
    r"^\s*\([\w-]+\)=\s*$": ("a target", "Headings are targets already."),
    r"^\s*%\s": ("a MyST comment", "Write `<!-- ... -->` behind a sentence."),
    r"^\s*\+\+\+": ("a cell break", "Start a new cell."),
    r"\{\{.*?\}\}": ("a substitution", "Write the text itself."),
    r"\[\^[\w-]+\]": ("a footnote", "Put it into the sentence, or link the references."),
    r"\\begin\{|\\\(|\\\[": ("math without dollars", "Write $...$ or $$...$$ around it."),
    r"(?<!\\)\$": ("an unpaired dollar sign", "Close the formula, or write \\$ for money."),
    r"\*\*|(?<!\w)__(?=\w)": ("an unclosed emphasis", "Check its stars."),
    r"<!--|-->": ("a broken comment", "Write it in one line as `<!-- name: text -->`."),
    r"\]\(|\]\[": ("a broken link", "Check its brackets."),
    r"\{(?:#|\.)[\w-]+[^}]*\}|\{\w+=[^}]*\}": ("attributes in braces", "Leave them out."),
    r"^\s*\|.*\|\s*$": ("a broken table", "It needs a row of dashes and as many cells in each row."),
}


def prose_problems(chapter: Chapter) -> list[Problem]:
    """Return everything that is wrong with the prose of a chapter's text."""
    problems: list[Problem] = []
    for number, cell in enumerate(pairs.read_text(chapter).cells, start=1):
        if cell.cell_type != "markdown":
            continue
        where = f"{chapter.shown(chapter.text)}, cell {number}"
        problems += unbound_numbers(cell.source, where)
        problems += broken_comments(cell.source, where)
        problems += leftovers(cell.source, where)
        problems += formula_problems(cell.source, where)
        problems += dead_links(cell.source, where, chapter.text.parent, chapter.addresses.root)
    return problems


def unbound_numbers(markdown: str, where: str) -> list[Problem]:
    """Return each sentence with a number that neither a claim proves nor a given explains."""
    return [
        Problem(where, f"nothing proves {' and '.join(one.unbound)} in “{one.shown}”",
                "Bind it behind the full stop: <!-- claim: expression == number --> "
                "or <!-- given: number, where it comes from -->.")
        for one in sentences(markdown) if one.unbound
    ]  # fmt: skip


def broken_comments(markdown: str, where: str) -> Iterator[Problem]:
    """Yield each comment that a reader would see, or that means nothing."""
    for match in _COMMENT.finditer(_without_code(markdown)):
        text = match[1].strip()
        shown = f"the comment `{' '.join(text.split())[:60]}`"
        if "--" in text:
            yield Problem(where, f"{shown} holds two hyphens, which print it.", "Use one.")
        name, colon, _ = text.partition(":")
        if not colon or name not in _KNOWN_COMMENTS:
            yield Problem(where, f"{shown} means nothing.", f"Known are: {', '.join(_KNOWN_COMMENTS)}.")
        line_start = markdown.rfind("\n", 0, match.start()) + 1
        if name in ("claim", "given") and not markdown[line_start : match.start()].strip(" >*-"):
            yield Problem(where, f"{shown} starts a line, where it belongs to no sentence.",
                          "Put it behind its sentence's full stop.")  # fmt: skip


def _without_code(markdown: str) -> str:
    return re.sub(r"^(`{3,}|~{3,}).*?^\1|(`+)[^`].*?\2", lambda found: " " * len(found[0]), markdown,
                  flags=re.MULTILINE | re.DOTALL)  # fmt: skip


def leftovers(markdown: str, where: str) -> list[Problem]:
    """Render a Markdown cell as Colab would, and return the markup that a learner would still see."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.disable("text_join")  # keeps what a backslash protects apart from the text
    tokens = parser.use(dollarmath_plugin, allow_labels=False).parse(markdown)
    problems: list[Problem] = []
    for token in tokens:
        if token.type == "fence" and token.info.strip().startswith("{"):
            problems.append(Problem(where, f"the directive `{token.info.strip()}` is left over.",
                                    "Only the book knows directives; write plain Markdown."))  # fmt: skip
        elif token.type == "inline":
            text = _visible(token)
            for pattern, (kind, fix) in _LEFTOVERS.items():
                if found := re.search(pattern, text, re.MULTILINE):
                    around = " ".join(text[max(0, found.start() - 20) : found.end() + 20].split())
                    problems.append(Problem(where, f"{kind} is left over: “{around}”.", fix))
    return problems


def _visible(token: Token) -> str:
    """Return what a reader sees of a paragraph, with code and math as one odd character."""
    visible = ""
    for child in token.children or []:
        if child.type == "text":
            visible += child.content
        elif (
            child.type == "text_special"
        ):  # a sign that a backslash protects, or a backslash that protects none
            visible += child.content if child.content.startswith("\\") else " "
        elif child.type in ("softbreak", "hardbreak"):
            visible += "\n"
        elif child.type in ("code_inline", "math_inline", "math_inline_double"):
            visible += "\ufffc"
    return visible


def dead_links(markdown: str, where: str, folder: Path, root: Path) -> Iterator[Problem]:
    """Yield each link of a text that leads to no file or to no heading of one."""
    for target in links(markdown):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, fragment = target.partition("#")
        if not path:
            yield Problem(
                where, f"the link {target} leads nowhere in Colab.", "Name the page in front of it."
            )
            continue
        file = (folder / path).resolve()
        if not file.is_relative_to(root.resolve()) or not file.exists():
            yield Problem(where, f"the link {target} leads to no file.", "Check its spelling.")
        elif fragment and file.suffix == ".md" and fragment not in anchors(file):
            yield Problem(where, f"the link {target} leads to no heading of {path}.", "Check its spelling.")


def anchors(file: Path) -> set[str]:
    """Return the anchors of a Markdown file's headings."""
    tokens = MarkdownIt("commonmark").parse(split_front_matter(read_text_file(file, file.name).text)[1])
    return {
        slug(
            "".join(
                child.content for child in tokens[index + 1].children or [] if child.type != "html_inline"
            )
        )
        for index, token in enumerate(tokens)
        if token.type == "heading_open"
    }


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
