"""What differs between the versions and the platforms that the course runs on.

Each entry of `ENDS_WITH` names the version that ends it: when the lowest version in `pyproject.toml` reaches
that one, a test asks you to delete the entry. Those in `FOR_PLATFORM` stay as long as the platform is served.
"""

import contextlib
import sys
import time
from collections.abc import Iterator

ENDS_WITH = {"plain_letters": ("matplotlib", "3.11")}
FOR_PLATFORM = {"limit_by_monitoring": "emscripten"}
AGAIN = 0.1


def plain_letters(matplotlib_version: str) -> dict[str, int]:
    """Return the setting with which letters are as wide as their designer drew them.

    Parameters
    ----------
    matplotlib_version
        Such as ``"3.10.0"``. From 3.11 on letters always are so wide, and the setting is deprecated.
    """
    is_old = tuple(map(int, matplotlib_version.split(".")[:2])) < (3, 11)
    return {"text.hinting_factor": 1} if is_old else {}


@contextlib.contextmanager
def limit_by_monitoring(seconds: float, error: type[BaseException]) -> Iterator[None]:
    """Raise an error inside the block once some seconds are over, where there is neither thread nor signal.

    Python in a browser has neither. The clock is looked at whenever a loop begins anew and a function is
    called (`sys.monitoring`, Python 3.12): a call that stays within C code for ever is not ended by it.

    Parameters
    ----------
    seconds
        The time that the block may take.
    error
        What is raised then, and again every tenth of a second until the block is left.
    """
    monitoring = sys.monitoring  # type: ignore[attr-defined]  # since Python 3.12
    tool, kinds = 4, (monitoring.events.JUMP, monitoring.events.PY_START)
    end = time.monotonic() + seconds

    def look(*_: object) -> None:
        nonlocal end
        if time.monotonic() > end:
            end = time.monotonic() + AGAIN  # not at once: the way out of the block is made of calls, too
            raise error

    is_outermost = monitoring.get_tool(tool) is None
    if is_outermost:
        monitoring.use_tool_id(tool, "time limit")
    before = [monitoring.register_callback(tool, kind, look) for kind in kinds]
    monitoring.set_events(tool, kinds[0] | kinds[1])
    try:
        yield
    finally:
        if is_outermost:
            monitoring.set_events(tool, 0)
        for kind, old in zip(kinds, before, strict=True):
            monitoring.register_callback(tool, kind, old)
        if is_outermost:
            monitoring.free_tool_id(tool)
