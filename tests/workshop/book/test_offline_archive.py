"""The offline archive: made by one function, unpacked, and run with the network refused."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from course_lib.workshop.book.addresses import links, read_addresses
from course_lib.workshop.book.site import offline_archive
from course_lib.workshop.cli import main
from tests.matrix.environments import ROOT, current_python
from tests.matrix.standalone import OFFLINE


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


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="its packages are for Linux")
def test_it_is_unpacked_set_up_and_run_without_a_network(tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir()
    (book / "index.html").write_text("The first page.", encoding="utf-8")
    archive = tmp_path / "course.zip"
    said: list[str] = []
    offline_archive.build_archive(ROOT, archive, [current_python()], ["linux"], book, said.append)
    stick = tmp_path / "a stick with ümlauts"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(stick)
    (folder,) = stick.iterdir()
    assert "python start.py" in (folder / "READ ME.txt").read_text(encoding="utf-8")
    assert (folder / "book" / "index.html").read_text(encoding="utf-8") == "The first page."

    home = tmp_path / "my course"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP"))}
    alone = {**kept, "HOME": str(tmp_path), "PYTHONPATH": str(OFFLINE), "PIP_NO_INDEX": "1"}
    start = [sys.executable, str(folder / "start.py"), str(home), "--set-up-only"]
    for _ in range(2):  # the second time everything is there, and what was changed stays
        done = subprocess.run(start, env=alone, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"The notebooks are in {home}." in done.stdout
        (home / "exercises" / "perceptron.ipynb").touch()
    python = home / "environment" / "bin" / "python"
    for name in ("exercises/perceptron.ipynb", "index.ipynb"):
        run = [str(python), "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", name]
        done = subprocess.run(run, cwd=home, env=alone, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    cells = nbformat.read(home / "exercises" / "perceptron.ipynb", as_version=4).cells
    assert any("Not attempted" in str(cell.get("outputs")) for cell in cells)
