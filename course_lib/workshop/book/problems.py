"""What can be wrong with a book, said so that its author can mend it."""

from dataclasses import dataclass

from course_lib.workshop.refusal import RefusalError


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it is, what it is, and what to do about it."""

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.where}: {self.what} {self.fix}".strip()


class Place(str):
    """A place in a file, `FILE:LINE`, from which lines further down can be named.

    Parameters
    ----------
    file
        How to name the file.
    line
        The line, counted from 1.
    """

    file: str
    line: int

    def __new__(cls, file: str, line: int) -> "Place":
        """Make the place; as a text it is what editors jump to."""
        place = super().__new__(cls, f"{file}:{line}")
        place.file, place.line = file, line
        return place


def further_down(where: str, lines: int) -> str:
    """Return the place some lines further down, or the same name if it is no place with a line."""
    return Place(where.file, where.line + lines) if isinstance(where, Place) else where


class BookError(RefusalError):
    """Raised when work on the book cannot go on; carries every problem that was found.

    Parameters
    ----------
    problems
        What is wrong. At least one.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    def lines(self) -> list[str]:
        """Return each problem as one line."""
        return [str(problem) for problem in self.problems]
