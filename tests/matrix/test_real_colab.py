"""The command that runs notebooks in real Colab, against a stand-in for Google's client."""

import json
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.workshop.book.addresses import Addresses
from tests.matrix import real_colab
from tests.matrix.environments import ROOT
from tests.matrix.moved import KNOWN, TOUCHED, moved, versions

STAND_IN = f"{sys.executable} {Path(__file__).with_name('colab_stand_in.py')}"


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A published course, the stand-in, and the file that holds its sessions."""
    published = Addresses(ROOT, "https://github.com/o/c", "v1.0", "https://o.github.io/c", "1.0")
    monkeypatch.setattr(real_colab, "read_addresses", lambda _: published)
    monkeypatch.setenv("COURSE_COLAB", STAND_IN)
    monkeypatch.setenv("COLAB_SESSIONS", str(tmp_path / "sessions.json"))
    return tmp_path / "sessions.json"


def _notebook(folder: Path, source: str, printed: str) -> str:
    cell = nbformat.v4.new_code_cell(source, outputs=[nbformat.v4.new_output("stream", text=printed)])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "small.ipynb")
    return str(folder / "small.ipynb")


def test_a_notebook_that_prints_what_is_stored_is_proved_and_its_machine_given_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sessions: Path
) -> None:
    source = "import os\nprint(os.environ['COLAB_RELEASE_TAG'])"
    assert real_colab.main([_notebook(tmp_path, source, "a stand-in\n")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "[1/1] proved small.ipynb",
        "1 of 1 notebooks print in Colab what is stored.",
    ]
    assert json.loads(sessions.read_text()) == []


def test_another_output_and_an_error_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert real_colab.main([_notebook(tmp_path, "print(1)", "2\n")]) == 1
    assert "cell 1: stored '2\\n', came '1\\n'" in capsys.readouterr().out
    assert real_colab.main([_notebook(tmp_path, "1 / 0", "2\n")]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_no_machine_no_client_and_nothing_published_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _notebook(tmp_path, "print(1)", "1\n")
    monkeypatch.setenv("COLAB_IS_FULL", "yes")
    assert real_colab.main([path]) == 1
    assert "colab new stopped and said: [colab] Error: no machine is free." in capsys.readouterr().out
    monkeypatch.setenv("COURSE_COLAB", str(tmp_path / "nothing"))
    assert real_colab.main([path]) == 1
    assert "Install it: uv tool install google-colab-cli" in capsys.readouterr().out
    monkeypatch.undo()
    assert real_colab.main([path]) == 1
    assert "`course set-urls` first" in capsys.readouterr().out


def test_packages_that_moved_are_listed() -> None:
    known = KNOWN.read_text(encoding="utf-8")
    assert moved(known, known) == []
    numpy = versions(known)["numpy"]
    assert moved(known, known.replace(f"numpy=={numpy}", "numpy==9.9")) == [
        f"- numpy: {numpy} is proved, Colab has 9.9"
    ]
    assert set(TOUCHED) <= set(versions(known))
