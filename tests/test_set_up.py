"""The set-up says in one clear line what a fresh machine lacks."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "set_up.py"


@pytest.fixture
def set_up(tmp_path: Path) -> ModuleType:
    """The set-up script as a module, with an environment in an empty folder."""
    specification = importlib.util.spec_from_file_location("set_up", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.ENVIRONMENT = tmp_path / ".venv"  # type: ignore[attr-defined]
    module.PYTHON = tmp_path / "python"  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0)])
def test_another_python_is_named(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"needs 3\.11, 3\.12 or 3\.13"):
        set_up.check_python()


def test_a_full_disk_is_told_before_anything_is_loaded(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_up.shutil, "disk_usage", lambda _: SimpleNamespace(free=0.2e9))
    with pytest.raises(SystemExit, match=r"1\.5 GB of disk are needed here, 0\.2 GB are free"):
        set_up.check_disk("book")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("WARNING: Retrying (Retry(total=4)) after connection broken", "no network"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: resolution impossible", "what it said stands above"),
    ],
)
def test_the_failures_of_pip_become_one_line(set_up: ModuleType, said: str, told: str) -> None:
    set_up.PYTHON.write_text(f"#!/bin/sh\necho '{said}'\nexit 1\n", encoding="utf-8")
    set_up.PYTHON.chmod(0o755)
    with pytest.raises(SystemExit, match=told):
        set_up.install("numpy")


def test_an_environment_is_ready_until_what_it_was_made_from_changes(
    set_up: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = tmp_path / "stamp"
    assert not set_up.is_ready("book", stamp)
    set_up.PYTHON.write_text("", encoding="utf-8")
    stamp.write_text(set_up.stamp_of("test"), encoding="utf-8")
    assert set_up.is_ready("book", stamp)
    assert set_up.is_ready("test", stamp)
    stamp.write_text(set_up.stamp_of("book"), encoding="utf-8")
    assert not set_up.is_ready("test", stamp)
    monkeypatch.setattr(sys, "version", "another")
    assert not set_up.is_ready("book", stamp)
