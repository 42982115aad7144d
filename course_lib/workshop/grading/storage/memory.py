"""Bound the memory of this process while it reads what strangers wrote."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

USED = Path("/proc/self/statm")
_least = 0  # bytes: the least that this process had when it was bounded


@contextlib.contextmanager
def memory_bounded(more: int) -> Iterator[None]:
    """Let this process take some bytes more than it needs; beyond that, whatever asks gets a `MemoryError`.

    What it needs is the least that it had before: memory that earlier reading has left free counts as taken.
    A process that needs more by now has at least half of the bytes.
    """
    global _least
    try:
        import resource
    except ImportError:  # a system without limits
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if USED.exists():
        used = int(USED.read_text().split()[0]) * resource.getpagesize()
        _least = min(_least or used, used)
        most = max(_least + more, used + more // 2)
        resource.setrlimit(resource.RLIMIT_AS, (min(soft, most) if soft >= 0 else most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
