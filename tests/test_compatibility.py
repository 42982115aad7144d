"""Each entry of the compatibility module is still needed by the lowest version that is admitted."""

import contextlib
import itertools
import re
import sys
import tomllib
from pathlib import Path

import pytest

from course_lib import compatibility
from course_lib.exercises.running import TooSlowError

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
    own = {
        name
        for name, item in vars(compatibility).items()
        if getattr(item, "__module__", "") == compatibility.__name__
    }
    assert own == {*compatibility.ENDS_WITH, *compatibility.FOR_PLATFORM}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")
class TestTimeLimitOfABrowser:
    def test_a_loop_and_a_recursion_without_end_are_ended(self) -> None:
        def loop() -> None:
            while True:
                with contextlib.suppress(ValueError):
                    sum(range(3))

        def calls(depth: int) -> None:
            if depth:
                calls(depth - 1)
                calls(depth - 1)

        for endless in (loop, lambda: calls(60), lambda: [one for one in itertools.count() if one < 0]):
            with pytest.raises(TooSlowError), compatibility.limit_by_monitoring(0.05, TooSlowError):
                endless()

    def test_what_is_quick_passes_and_leaves_nothing_behind(self) -> None:
        with compatibility.limit_by_monitoring(60, TooSlowError):
            with pytest.raises(TooSlowError), compatibility.limit_by_monitoring(0.05, TooSlowError):
                sum(0 for one in itertools.count() if one < 0)
            assert sum(one for one in range(1_000)) == 499_500
        assert sys.monitoring.get_tool(4) is None
