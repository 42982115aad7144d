"""Each entry of the compatibility module is still needed by the lowest version that is admitted."""

import re
import tomllib
from pathlib import Path

import pytest

from course_lib import compatibility

PYPROJECT = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text())


def as_numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.mark.parametrize("entry", compatibility.ENDS_WITH)
def test_an_entry_ends_when_the_lowest_version_has_passed_it(entry: str) -> None:
    package, last = compatibility.ENDS_WITH[entry]
    lowest = next(
        match[1]
        for line in PYPROJECT["project"]["dependencies"]
        if (match := re.match(rf"{package}>=([0-9.]+)", line))
    )
    assert as_numbers(lowest) < as_numbers(last), f"delete {entry}: {package} {lowest} no longer needs it"


def test_every_entry_says_when_it_ends() -> None:
    entries = {name for name in vars(compatibility) if not name.startswith("_") and name != "ENDS_WITH"}
    assert entries == set(compatibility.ENDS_WITH)
