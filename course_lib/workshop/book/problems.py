"""What can be wrong with a book, said so that its author can mend it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it is, what it is, and what to do about it."""

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.where}: {self.what} {self.fix}".strip()


class BookError(Exception):
    """Raised when work on the book cannot go on; carries every problem that was found.

    Parameters
    ----------
    problems
        What is wrong. At least one.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
