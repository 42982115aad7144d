"""The offline archive: made by one function, unpacked, and run with the network refused."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from course_lib.workshop.book.addresses import links, read_addresses
from course_lib.workshop.book.site import offline_archive
from course_lib.workshop.book.site.build import BuiltBook
from course_lib.workshop.cli import main
from tests.matrix.environments import ROOT, current_python
from tests.matrix.standalone import OFFLINE
from tests.matrix.without_network import can_be_alone, unpack


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    offline_archive.write_notebooks(read_addresses(ROOT), folder)
    return folder


def _texts(path: Path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_every_link_to_a_neighbour_leads_to_a_file_beside(notebooks: Path) -> None:
    found = sorted(notebooks.rglob("*.ipynb"))
    assert len(found) == len(list((ROOT / "chapters").rglob("*.ipynb")))
    addresses, beside = read_addresses(ROOT), 0
    for path in found:
        for link in links(_texts(path)):
            target = link.partition("#")[0]
            if "://" in target or not target:
                assert not target.startswith(f"{addresses.book}/chapters/"), f"{path.name}: {link}"
                continue
            beside += 1
            assert (path.parent / target).is_file(), f"{path.name}: {link}"
    assert beside > 100
    assert (notebooks / "images" / "network.svg").is_file()


def test_no_picture_is_remote(notebooks: Path) -> None:
    for path in notebooks.rglob("*.ipynb"):
        assert not re.findall(r"!\[[^\]]*\]\(http[^)]*\)", _texts(path)), path.name


def test_an_unknown_platform_is_named() -> None:
    done = CliRunner().invoke(main, ["offline", "--platform", "amiga"])
    assert done.exit_code == 2
    assert "amiga is no platform: linux, macos, windows." in done.output


@pytest.fixture(scope="module")
def archive(book: BuiltBook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive for this machine alone."""
    path = tmp_path_factory.mktemp("archive") / "course.zip"
    return offline_archive.build_archive(ROOT, path, [current_python()], ["linux"], book.folder, print)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(not can_be_alone(), reason="no network of its own can be made here")
def test_with_no_network_it_is_read_set_up_and_answered_in(archive: Path) -> None:
    command = [sys.executable, "-m", "tests.matrix.without_network", str(archive)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the book: ✓ Right" in done.stdout
    assert "JupyterLab: ✓ Right" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="its packages are for Linux")
def test_what_it_brings_stays_as_the_learner_left_it(archive: Path, tmp_path: Path) -> None:
    folder = unpack(archive, tmp_path / "a stick")
    assert "python3 start.py" in (folder / "READ ME.txt").read_text(encoding="utf-8")
    assert (folder / "book" / "index.html").stat().st_mode & 0o444 == 0o444, "everybody may read it"
    home = tmp_path / "my course"
    # a system's Python that brings no pip for new environments, as Debian's without python3-venv
    (tmp_path / "ensurepip.py").write_text("raise ImportError", encoding="utf-8")
    alone = {**os.environ, "PYTHONPATH": f"{tmp_path}:{OFFLINE}", "PIP_NO_INDEX": "1"}
    start = [sys.executable, str(folder / "start.py"), str(home), "--set-up-only"]
    answer = home / "exercises" / "perceptron.ipynb"
    for text in ("my own answers", "more of them"):
        done = subprocess.run(start, env=alone, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"The notebooks are in {home}." in done.stdout
        answer.write_text(text, encoding="utf-8")
    assert ("Setting up" in done.stdout) is False, "the second time everything is there"
    subprocess.run([str(home / "environment" / "bin" / "python"), "-m", "pip", "check"], check=True)
    assert answer.read_text(encoding="utf-8") == "more of them"

    in_the_way = tmp_path / "a file"
    in_the_way.write_text("", encoding="utf-8")
    done = subprocess.run([*start[:2], str(in_the_way)], env=alone, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"The course cannot be set up in {in_the_way}: "), done.stderr
    assert len(done.stderr.splitlines()) == 1
