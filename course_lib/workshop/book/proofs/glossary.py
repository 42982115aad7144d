r"""No concept before its introduction: the glossary says where each term is introduced, the chapters obey.

Each entry of `chapters/glossary.md` is a heading, and it ends with a line that names a chapter::

    ## Bias

    A number added to the weighted sum ...

    Introduced in [The perceptron](perceptron.md).

A comment may follow on that line. `<!-- also: weighted, weighting -->` gives other forms; plurals are known.
`<!-- searched as: offset, intercept -->` gives what people type into the search who mean it.
`<!-- everyday word -->` says that it is an ordinary word too, such as *step*; then only a link to the entry
counts as a use. `<!-- signs: \partial -->` names how the concept is written where there are no words: signs
in formulas, what draws it in code (`semilogy` for a logarithmic axis), and, as `ast.Lambda`, what Python's
grammar calls a form of code.

The rules, in the order of `_toc.yml`:

1. The chapter that introduces a term links its first use to the glossary, `[bias](glossary.md#bias)`. What
   stands before the chapter's first section (its promises) and in headings, code, tables and folded answers
   does not count.
2. An earlier chapter does not use the term, unless the same paragraph leads to the chapter that introduces it
   with a link, so that a reader who meets the word early also meets the way to it.
3. The root page is the map of the book and may name what will come; for it only links to entries count.
4. A sign stands in no formula and no code before the paragraph that links its entry, or leads to the chapter
   that introduces it.
5. An exercise uses neither a term nor a sign that a later chapter introduces, and its code names nothing of a
   library that a later chapter is the first to show; what no chapter shows, the exercise must explain itself.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from course_lib.workshop.book.addresses import parse_yaml
from course_lib.workshop.book.chapters import pairs
from course_lib.workshop.book.chapters.files import read_text_file
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import Place, Problem, further_down

GLOSSARY = "glossary.md"
_INTRODUCED = re.compile(r"^Introduced (?:in|on) \[[^\]]*\]\(([\w-]+)\.(?:md|ipynb)\)\.(.*)$", re.MULTILINE)
_ALSO = re.compile(r"<!--\s*also:\s*(.*?)\s*-->")
_SIGNS = re.compile(r"<!--\s*signs:\s*(.*?)\s*-->")
_SEARCHED_AS = re.compile(r"<!--\s*searched as:\s*(.*?)\s*-->")
_EVERYDAY = re.compile(r"<!--\s*everyday word\s*-->")


@dataclass(frozen=True)
class Term:
    """One entry of the glossary.

    Parameters
    ----------
    name
        The heading.
    chapter
        The name of the chapter that introduces it.
    forms
        How it may stand in a sentence, in small letters, without plurals.
    everyday
        Whether only links to the entry count as uses.
    signs
        How it is written in formulas and in code.
    searched_as
        What people type into the search who mean it, in small letters; the book need not use these words.
    """

    name: str
    chapter: str
    forms: tuple[str, ...]
    everyday: bool
    signs: tuple[str, ...] = ()
    searched_as: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """The part of the entry's address behind the hash sign."""
        return slug(self.name)

    def stands_in(self, text: str) -> bool:
        """Return whether a text uses the term, in the singular or the plural."""
        forms = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in self.forms)
        return re.search(rf"(?<![\w-])(?:{forms})(?:s|es)?(?![\w-])", text, re.IGNORECASE) is not None

    def sign_in(self, text: str) -> str:
        """Return the first of the term's signs that a formula or code holds, or nothing."""
        return next((sign for sign in self.signs if _holds(text, sign)), "")


def _holds(text: str, sign: str) -> bool:
    if sign.startswith("ast."):
        form = getattr(ast, sign.removeprefix("ast."))
        return any(isinstance(node, form) for code in _statements(text) for node in ast.walk(code))
    return re.search(rf"{re.escape(sign)}(?![a-zA-Z])", text) is not None


def slug(heading: str) -> str:
    """Return a heading's anchor, as GitHub and the book make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def read_glossary(path: Path) -> tuple[list[Term], list[Problem]]:
    """Return the glossary's terms, and the entries that do not say where they are introduced."""
    terms, problems = [], []
    for entry in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, body = entry.partition("\n")
        found = _INTRODUCED.search(body)
        if found is None:
            problems.append(
                Problem(f"chapters/{GLOSSARY}", f"the entry “{name.strip()}” names no chapter.",
                        "End it with `Introduced in [Title](chapter.md).`")
            )  # fmt: skip
            continue
        given = found[2]
        forms = (name.strip().lower(), *_listed(_ALSO, given.lower()))
        searched_as = _listed(_SEARCHED_AS, given.lower())
        everyday = bool(_EVERYDAY.search(given))
        terms.append(Term(name.strip(), found[1], forms, everyday, _listed(_SIGNS, given), searched_as))
    return terms, problems


def _listed(comment: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = comment.search(text)
    return tuple(re.split(r",\s*", found[1])) if found else ()


def reading_order(root: Path) -> list[str]:
    """Return the names of the book's pages in the order of `_toc.yml`."""

    def names(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("root", "file"):
                    yield Path(str(value)).stem
                elif isinstance(value, list):
                    for one in value:
                        yield from names(one)

    contents = parse_yaml(read_text_file(root / "_toc.yml", "_toc.yml").text, "_toc.yml")
    return list(dict.fromkeys(names(contents)))  # a chapter's exercises have its name


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a chapter's prose: its place, its words and links, and whether it is a promise.

    A formula or a code cell between paragraphs is one without words.
    """

    where: str
    pieces: tuple[tuple[str, str], ...]  # a text, and where it leads or ""
    is_promise: bool
    signs: str = ""  # its formulas, or the code

    @property
    def text(self) -> str:
        """The paragraph's words."""
        return "".join(text for text, _ in self.pieces)

    @property
    def targets(self) -> list[str]:
        """Where its links lead."""
        return [target for _, target in self.pieces if target]


def paragraphs(chapter: Chapter) -> list[Paragraph]:
    """Return what a chapter says in order, without headings, tables and folded answers."""
    parser = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
    found: list[Paragraph] = []
    is_promise, outside, folded = True, 0, False
    notebook = pairs.read_text(chapter)
    for begins, cell in zip(pairs.text_lines(notebook), notebook.cells, strict=True):
        place = Place(chapter.shown(chapter.text), begins)
        if cell.cell_type == "code":
            found.append(Paragraph(place, (), is_promise, cell.source))
        if cell.cell_type != "markdown":
            continue
        for token in parser.parse(cell.source):
            where = further_down(place, token.map[0] if token.map else 0)
            if token.type == "heading_open" and token.tag != "h1":
                is_promise = False
            if token.type in ("heading_open", "table_open"):
                outside += 1
            elif token.type in ("heading_close", "table_close"):
                outside -= 1
            elif token.type == "html_block":
                folded = ("<details" in token.content or folded) and "</details>" not in token.content
            elif token.type == "math_block" and not folded:
                found.append(Paragraph(where, (), is_promise, token.content))
            elif token.type == "inline" and not outside and not folded:
                math = [child.content for child in token.children or [] if child.type == "math_inline"]
                found.append(Paragraph(where, tuple(_pieces(token)), is_promise, " ".join(math)))
    return found


def _pieces(token: Token) -> Iterator[tuple[str, str]]:
    target = ""
    for child in token.children or []:
        if child.type == "link_open":
            target = str(child.attrGet("href") or "")
        elif child.type == "link_close":
            target = ""
        elif child.type == "text":
            yield child.content, target
        elif child.type in ("softbreak", "hardbreak"):
            yield " ", target
        elif child.type in ("code_inline", "math_inline"):
            yield "\ufffc", target


def misplaced_terms(
    chapters: Sequence[Chapter], terms: Sequence[Term], order: Sequence[str]
) -> list[Problem]:
    """Return every use of a term before its introduction, and every introduction without a link.

    Parameters
    ----------
    chapters
        The chapters that are there.
    terms
        The glossary's terms.
    order
        The names of the book's pages in reading order; the first is the root.
    """
    by_name = {chapter.name: chapter for chapter in chapters}
    problems = []
    for place, name in enumerate(order):
        if name not in by_name:
            continue
        chapter = by_name[name]
        texts = paragraphs(chapter)
        for term in terms:
            if term.chapter == name:
                problem = _late_link(chapter, term, texts)
            elif term.chapter in order[place + 1 :]:
                problem = _early_use(chapter, term, texts, is_root=place == 0)
            else:
                continue
            if problem is not None:
                problems.append(problem)
            if place > 0 and (early := _early_sign(chapter, term, texts)):
                problems.append(early)
    return problems


def _early_sign(chapter: Chapter, term: Term, texts: list[Paragraph]) -> Problem | None:
    for text in texts:
        leads_there = any(re.match(rf"{term.chapter}\.(md|ipynb)\b", target) for target in text.targets)
        if leads_there or f"{GLOSSARY}#{term.anchor}" in text.targets:
            return None
        if sign := term.sign_in(text.signs):
            return Problem(
                chapter.shown(chapter.text),
                f"writes `{sign}` before it introduces “{term.name}”: “{' '.join(text.signs.split())[:60]}”.",
                f"Introduce it first and link [{term.name.lower()}]({GLOSSARY}#{term.anchor}).",
            )
    return None


def _late_link(chapter: Chapter, term: Term, texts: list[Paragraph]) -> Problem | None:
    shown = f"{chapter.shown(chapter.text)}:1"
    link = f"[{term.name.lower()}]({GLOSSARY}#{term.anchor})"
    linked = [text for text in texts if f"{GLOSSARY}#{term.anchor}" in text.targets]
    if not linked:
        return Problem(shown, f"introduces “{term.name}” by the glossary and never links it.",
                       f"Link its first use: {link}.")  # fmt: skip
    for text in texts:
        before = "" if text.is_promise or term.everyday else _before_link(text, term)
        if before and term.stands_in(before):
            return Problem(text.where, f"uses “{term.name}” before it links it: “{_around(term, before)}”.",
                           f"Link the first use: {link}.")  # fmt: skip
        if f"{GLOSSARY}#{term.anchor}" in text.targets:
            return None
    return None


def _before_link(text: Paragraph, term: Term) -> str:
    before = ""
    for words, target in text.pieces:
        if target == f"{GLOSSARY}#{term.anchor}":
            break
        before += " \ufffc " if target else words
    return before


def _early_use(chapter: Chapter, term: Term, texts: list[Paragraph], is_root: bool) -> Problem | None:
    for text in texts:
        leads_there = any(re.match(rf"{term.chapter}\.(md|ipynb)\b", target) for target in text.targets)
        linked = f"{GLOSSARY}#{term.anchor}" in text.targets
        used = linked or (
            not (is_root or term.everyday)
            and term.stands_in("".join(" \ufffc " if target else words for words, target in text.pieces))
        )
        if used and not leads_there:
            return Problem(
                text.where,
                f"uses “{term.name}”, which {term.chapter} introduces: “{_around(term, text.text)}”.",
                f"Say it in other words, or lead to ({term.chapter}.md) in the same paragraph.",
            )
    return None


@dataclass(frozen=True)
class Task:
    """What an exercise says to a learner and asks of them.

    Parameters
    ----------
    where
        Its name.
    chapter
        The chapter that it belongs to.
    says
        Its title, prompt, stub, hints and what it says about mistakes; Markdown.
    code
        What answers it, and what is given with it; Python.
    """

    where: str
    chapter: str
    says: str
    code: str


def ahead_of_their_chapter(
    tasks: Iterable[Task], chapters: Sequence[Chapter], terms: Sequence[Term], order: Sequence[str]
) -> list[Problem]:
    """Return what exercises use of the chapters that come after their own.

    Parameters
    ----------
    tasks
        The exercises.
    chapters
        The chapters that are there.
    terms
        The glossary's terms.
    order
        The names of the book's pages in reading order.
    """
    shown_in: dict[str, str] = {}
    for chapter in sorted(chapters, key=lambda one: order.index(one.name)):
        for name in _names_shown(chapter):
            shown_in.setdefault(name, chapter.name)
    problems = []
    for task in tasks:
        later = order[order.index(task.chapter) + 1 :] if task.chapter in order else ()
        code = "\n".join([task.code, *_inline_code(task.says)])
        ahead = {f"`{name}`": shown_in[name] for name in names_of(code) if shown_in.get(name) in later}
        for term in terms:
            if term.chapter in later and not term.everyday and term.stands_in(task.says):
                ahead[f"“{term.name}”"] = term.chapter
            if term.chapter in later and (sign := term.sign_in(task.says + task.code)):
                ahead[f"`{sign}`"] = term.chapter
        problems += [
            Problem(task.where, f"uses {what}, which {chapter} is the first to show.",
                    f"Do without it, show it in {task.chapter}.md, or move the exercise to {chapter}.")
            for what, chapter in sorted(ahead.items())
        ]  # fmt: skip
    return problems


def _names_shown(chapter: Chapter) -> Iterator[str]:
    for cell in pairs.read_text(chapter).cells:
        if cell.cell_type == "code":
            yield from names_of(cell.source)
        for span in _inline_code(cell.source) if cell.cell_type == "markdown" else ():
            yield from names_of(span) | {span.rpartition(".")[2], span.partition("=")[0]}


def _inline_code(markdown: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", markdown)


# What Python and NumPy call so is no idea of a chapter: it is looked up, or told by a hint.
_ORDINARY = frozenset(
    name
    for home in (builtins, str, list, dict, set, np, np.ndarray, np.linalg, np.random, np.random.Generator)
    for name in dir(home)
)


def names_of(code: str) -> set[str]:
    """Return the names of a library that some Python uses.

    Of `tf.reduce_mean(x)` it is `reduce_mean`, of `model.run(x, training=True)` `run` and `training`. Names
    that NumPy and Python use too count only where TensorFlow is asked.
    """
    found = set()
    for statement in _statements(code):
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute):
                path = ast.unparse(node)
                if re.fullmatch(r"(tf|keras)[\w.]+", path):
                    found.add(path.removeprefix("tf.").removeprefix("keras."))
                elif node.attr not in _ORDINARY and not path.startswith("self."):
                    found.add(node.attr)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found |= {one.arg for one in node.keywords if one.arg and one.arg not in _ORDINARY}
    return found


def _statements(code: str) -> Iterator[ast.AST]:
    """Yield the parts of some code that Python can read: a hint's code may be half a line."""
    try:
        yield ast.parse(code)
    except SyntaxError:
        for line in code.split("\n") if "\n" in code else ():
            yield from _statements(line.strip())


def _around(term: Term, text: str) -> str:
    forms = "|".join(re.escape(form) for form in term.forms)
    found = re.search(rf"(?:\S+\s+){{0,4}}\S*(?:{forms})\S*(?:\s+\S+){{0,4}}", text, re.IGNORECASE)
    return " ".join((found[0] if found else text[:60]).split())
