"""Say what is wrong from the values alone.

What nothing explains is not explained: a false sentence is worse than none.
"""

from collections.abc import Sequence

import numpy as np

from course_lib.exercises.compare.differences import agree
from course_lib.exercises.compare.origins import (
    a_tiny_number,
    by_an_argument,
    constantly_off,
    made_of_arguments,
    members,
    one_place_on,
    positions,
    stretched_table,
    whole_or_not,
    with_the_other_sign,
)
from course_lib.exercises.compare.transformations import (
    CHANGES,
    LOSSES,
    MISSING,
    Sample,
    Value,
    as_numbers,
    first_fitting,
)
from course_lib.exercises.plain_values import Opaque, brief

# What is plain to see ---------------------------------------------------------------------------------


def plainly(samples: Sequence[Sample]) -> str | None:
    """Return what the answers are without any computation: constant, zero, or what came in."""
    got = [one.got for one in samples]
    if all(one.got is None or isinstance(one.got, Opaque) for one in samples):
        return None  # said of the smallest case
    if len(got) > 2 and all(agree(got[0], value) for value in got):
        if all(agree(samples[0].expected, one.expected) for one in samples):
            return None
        if "nan" in brief(got[0]):
            return None  # what made it is told of the smallest case
        return f"the same in every case, whatever comes in: {brief(got[0], 60)}"
    if all(_is_zero(value) for value in got):
        return "zero in every case" if len(got) > 1 else "zero"
    for name in samples[0].arguments:
        values = [one.arguments.get(name) for one in samples]
        if len({brief(value) for value in values}) < 2 or any(
            not agree(value, one.got) for value, one in zip(values, samples, strict=True)
        ):
            continue
        return f"`{name}` as it came in"
    return None


def _is_zero(value: Value) -> bool:
    try:
        return not np.any(as_numbers(value))
    except TypeError:
        return False


# What the answers are, compared with the expected ones ------------------------------------------------


def changed(samples: Sequence[Sample]) -> str | None:
    """Return the change of `CHANGES` that explains the answers of all cases."""
    return first_fitting(CHANGES, samples)


def lost(samples: Sequence[Sample]) -> str | None:
    """Return what else the answers of all cases are, compared with the expected ones."""
    if _texts_only(samples):
        return None
    return (
        first_fitting(LOSSES, samples, least=2)
        or members(samples)
        or first_fitting(MISSING, [Sample(one.got, one.expected) for one in samples])
        or stretched_table(samples)
        or one_place_on(samples)
        or positions(samples)
        or whole_or_not(samples)
        or made_of_arguments(samples)
        or constantly_off(samples)
        or by_an_argument(samples)
        or a_tiny_number(samples)
        or with_the_other_sign(samples)
    )


def _texts_only(samples: Sequence[Sample]) -> bool:
    return all(isinstance(one.got, str) for one in samples)
