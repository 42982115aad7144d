"""Wrong answers that no known mistake explains, put together by what they return: the next to explain."""

from collections.abc import Iterable
from dataclasses import dataclass

from course_lib.workshop.grading.storage.records import Record


@dataclass(frozen=True)
class Cluster:
    """Answers to one question that are wrong in the same way.

    Attributes
    ----------
    question
        Its name.
    number
        The place among the question's clusters, from 1: the largest first.
    submissions
        Whose answers they are.
    sources
        The different answers, the shortest first.
    sentence
        What these students are told so far.
    """

    question: str
    number: int
    submissions: tuple[str, ...]
    sources: tuple[str, ...]
    sentence: str


class Unexplained:
    """Collects such answers, one submission after the other."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}

    def add(self, submission: str, record: Record | None) -> None:
        """Look through one submission's record."""
        for told in record.questions if record else ():
            if told.returns:
                place = (told.name, told.returns)
                self._found.setdefault(place, []).append((submission, told.source, told.sentence))

    def clusters(self) -> list[Cluster]:
        """Return the clusters of all questions, the largest first."""
        order = sorted(self._found, key=lambda place: (-len(self._found[place]), place))
        count: dict[str, int] = {}
        found = []
        for question, returns in order:
            count[question] = count.get(question, 0) + 1
            keys, sources, sentences = zip(*self._found[question, returns], strict=True)
            short = sorted(set(sources), key=lambda source: (len(source), source))
            found.append(Cluster(question, count[question], keys, tuple(short), min(sentences, key=len)))
        return found


def clusters_of(records: Iterable[tuple[str, Record | None]]) -> list[Cluster]:
    """Return the clusters of some submissions, the largest first."""
    collected = Unexplained()
    for submission, record in records:
        collected.add(submission, record)
    return collected.clusters()
