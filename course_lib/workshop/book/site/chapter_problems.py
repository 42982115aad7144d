"""What is wrong with one chapter, found without executing it: for `course doctor` and for the preview."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from course_lib.workshop.book.chapters import notebooks, pairs
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.proofs import prose
from course_lib.workshop.book.proofs.code import code_problems
from course_lib.workshop.book.site.tex import tex_problems

Looked = TypeVar("Looked")


def chapter_problems(chapter: Chapter) -> Iterator[Problem]:
    """Yield what is wrong with one chapter: its text, its code, its formulas, and its pair."""
    pairs.read_text(chapter)
    yield from code_problems(chapter)
    yield from prose.prose_problems(chapter)
    yield from tex_problems(chapter)
    yield from notebooks.pair_problems(chapter)


def said(step: Callable[[Looked], Iterable[Problem]], looked_at: Looked) -> list[Problem]:
    """Return the problems that a step yields; where it stops half-way, those that it stopped with."""
    try:
        return list(step(looked_at))
    except BookError as error:
        return list(error.problems)
