"""What there is to review of a question: identical answers are one pile, and similar piles lie together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_lib.workshop.grading.marks.sheets import code_of
from course_lib.workshop.grading.marks.standing import HandMark
from course_lib.workshop.grading.scoring.answer_key import short_digest
from course_lib.workshop.grading.storage.records import Outcome, QuestionRecord

ALIKE = 0.5  # the share of words in common, of all words of two answers, from which they are called similar
LOOKED_AT = {Outcome.UNMARKED, Outcome.WRONG, Outcome.CRASHED, Outcome.TIMEOUT}
Mark = HandMark | None


@dataclass(frozen=True)
class Pile:
    """Answers that say the same, and have the same mark so far.

    Attributes
    ----------
    code
        Stands for the pile, and tells nothing of who wrote it.
    submissions
        Whose answer it is.
    told
        What grading said of the first of them; the others' answers are the same.
    mark
        The mark that a person gave, if one did.
    group
        Piles with the same number are similar.
    """

    code: str
    submissions: tuple[str, ...]
    told: QuestionRecord
    mark: Mark
    group: int = 0

    @property
    def waits(self) -> bool:
        """Whether it is a free text that nobody has marked."""
        return self.told.status is Outcome.UNMARKED and (self.mark is None or self.mark.points is None)

    @property
    def seen(self) -> str:
        """What changes when the pile or its mark does: who marks another state than this is told."""
        mark = self.mark
        return short_digest([self.submissions, mark and [mark.points, mark.keys, mark.comment]])


def piles_of(answers: Iterable[tuple[str, QuestionRecord, Mark]], seed: int) -> list[Pile]:
    """Return the piles of one question, the largest first.

    Parameters
    ----------
    answers
        For each submission its key, what grading said, and the mark of a person.
    seed
        The assignment's seed, from which the codes come.
    """
    same: dict[tuple[object, ...], list[tuple[str, QuestionRecord, Mark]]] = {}
    for submission, told, mark in answers:
        content = mark and (mark.points, mark.keys, mark.comment)
        same.setdefault((_words(told), told.status, content), []).append((submission, told, mark))
    found = []
    for members in same.values():
        members.sort(key=lambda member: code_of(member[0], member[1].name, seed))
        first, told, mark = members[0]
        codes = tuple(member[0] for member in members)
        found.append(Pile(code_of(first, told.name, seed), codes, told, mark))
    found.sort(key=lambda pile: (-len(pile.submissions), pile.code))
    return found


def _words(told: QuestionRecord) -> str:
    """Return an answer without what makes no difference: a text's blanks, those that end a line of code."""
    if told.kind == "text":
        return " ".join(told.source.split()).casefold()
    return "\n".join(line.rstrip() for line in told.source.splitlines() if line.strip())


def grouped(piles: Sequence[Pile]) -> list[Pile]:
    """Return the piles with similar ones together: the largest group first, and in it the largest pile."""
    bits: dict[str, int] = {}
    groups: list[tuple[int, list[Pile]]] = []
    for pile in piles:
        # A set of words as the bits of a number: thousands of texts are compared in a second.
        words = sum(1 << bits.setdefault(word, len(bits)) for word in {*_words(pile.told).split()})
        for leading, members in groups:
            if (words & leading).bit_count() >= ALIKE * max(1, (words | leading).bit_count()):
                members.append(pile)
                break
        else:
            groups.append((words, [pile]))
    groups.sort(key=lambda group: -sum(len(pile.submissions) for pile in group[1]))
    return [
        Pile(pile.code, pile.submissions, pile.told, pile.mark, number)
        for number, (_, members) in enumerate(groups, 1)
        for pile in members
    ]
