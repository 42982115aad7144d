"""What a class's marks say about the questions: how hard they are, and whether they tell students apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, mean, quantiles, stdev


@dataclass(frozen=True)
class Spread:
    """How some marks lie: how many, their mean, standard deviation and quartiles."""

    count: int
    mean: float
    deviation: float
    lower: float
    median: float
    upper: float


def spread(marks: Sequence[float]) -> Spread | None:
    """Return how marks lie; None where there are none.

    The deviation is that of a sample; the quartiles are those of spreadsheets (`QUARTILE.INC`).
    """
    if not marks:
        return None
    if len(marks) == 1:
        return Spread(1, marks[0], 0.0, marks[0], marks[0], marks[0])
    lower, middle, upper = quantiles(marks, n=4, method="inclusive")
    return Spread(len(marks), mean(marks), stdev(marks), lower, middle, upper)


def discrimination(shares: Sequence[float], rest: Sequence[float]) -> float | None:
    """Return how a question goes with the others: Pearson's correlation of the two.

    Parameters
    ----------
    shares
        For each student the share of the question's points.
    rest
        For each student the points of all other questions.

    Returns
    -------
    float or None
        From -1 to 1; None where everybody has the same, so that nothing can be told.
    """
    try:
        return correlation(shares, rest)
    except StatisticsError:
        return None


def rest_share(points: Sequence[float], out_of: Sequence[float], place: int) -> float:
    """Return which share of all other questions' points a student has; 0 where there is no other question."""
    whole = sum(out_of) - out_of[place]
    # Equal sums are equal numbers, so that nothing is told of a class in which all have the same.
    return round((sum(points) - points[place]) / whole, 9) if whole else 0.0
