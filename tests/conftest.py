"""Settings for every test: the same examples at each run, no clock to fail by, and one browser for all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A test that fails is shrunk for at most five minutes, but explained for ever: without that phase it ends.
PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
# A busy machine is slow, which says nothing about a property.
settings.register_profile(
    "course",
    derandomize=True,
    deadline=None,
    print_blob=False,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("course")

# A browser that talks to nobody on its own account.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def browser() -> Iterator["Browser"]:
    """Start the system's Chrome or Chromium."""
    from playwright.sync_api import sync_playwright

    named = os.environ.get("COURSE_BROWSER")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = named or next((path for path in map(shutil.which, names) if path), None)
    assert program, (
        "These tests need Chrome or Chromium: install it, for example with `apt install chromium`."
    )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """The system's Chrome or Chromium.

    One Playwright at a time may live in a process, and while it does no other event loop runs in its
    thread: it ends with the module that asked for it.
    """
    with browser() as started:
        yield started
