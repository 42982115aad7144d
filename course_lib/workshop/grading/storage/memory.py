"""Bound the memory of this process while it reads what strangers wrote."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def memory_bounded(more: int) -> Iterator[None]:
    """Let this process take some bytes more than it has; beyond that, whatever asks gets a `MemoryError`."""
    try:
        import resource
    except ImportError:  # a system without limits
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            most = int(file.read().split()[0]) * resource.getpagesize() + more
        resource.setrlimit(
            resource.RLIMIT_AS, (most if soft == resource.RLIM_INFINITY else min(soft, most), hard)
        )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
