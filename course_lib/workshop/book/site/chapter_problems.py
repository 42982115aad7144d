"""What is wrong with one chapter, found without executing it: for `course doctor` and for the preview."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from course_lib.workshop.book.chapters import notebooks, pairs
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.proofs import prose
from course_lib.workshop.book.proofs.code import code_problems
from course_lib.workshop.book.site.tex import tex_problems

Looked = TypeVar("Looked")


def problems_of(chapters: Sequence[Chapter]) -> list[Problem]:
    """Return what is wrong with chapters, each with its line: texts, code, formulas and pairs."""
    found = [problem for chapter in chapters for problem in said(_chapter_problems, chapter)]
    found += said(tex_problems, {chapter.shown(chapter.text): chapter.text for chapter in chapters})
    return list(dict.fromkeys(found))


def _chapter_problems(chapter: Chapter) -> Iterator[Problem]:
    pairs.read_text(chapter)
    yield from code_problems(chapter)
    yield from prose.prose_problems(chapter)
    yield from notebooks.pair_problems(chapter)


def said(step: Callable[[Looked], Iterable[Problem]], looked_at: Looked) -> list[Problem]:
    """Return the problems that a step yields; where it stops half-way, those that it stopped with."""
    try:
        return list(step(looked_at))
    except BookError as error:
        return list(error.problems)
