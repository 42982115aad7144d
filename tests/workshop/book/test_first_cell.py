"""The first cell in environments made for it: it sets the course up, or one true sentence says why not."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.matrix.environments import ROOT
from tests.matrix.learners import environment, first_cell, no_line, run_cells, served_wheel


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the wheel of this checkout as a release of a repository; return the repository's address."""
    with served_wheel(tmp_path_factory.mktemp("site")) as repository:
        yield repository


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with IPython, pip and nothing of the course."""
    return environment(tmp_path_factory.mktemp("bare") / "v", "3.12", "ipython")


def _run(python: Path, folder: Path, *cells: str, **variables: str) -> list[str]:
    """Run cells in a fresh IPython that starts in a folder; return what each showed."""
    return [shown for shown, _ in run_cells(python, folder, *cells, **variables)]


NEXT = "import course_lib.data\nprint('there')"
LOST = "The course is not set up here yet. Run the first cell of this notebook."


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("seed", [True, False], ids=["pip", "uv"])
def test_in_a_fresh_environment_it_brings_all_that_is_missing(
    site: str, tmp_path: Path, python: str, seed: bool
) -> None:
    executable = environment(tmp_path / "v", python, "ipython", seed=seed)
    folder_with_uv = str(Path(sys.executable).parent)
    answer = "from course_lib.exercises import check\n"
    answer += "def to_bias(weights, threshold):\n    return weights, -threshold\n"
    answer += "def to_threshold(weights, bias):\n    return weights, -bias\ncheck(to_bias)"
    path = f"{folder_with_uv}:/usr/bin:/bin" if not seed else str(executable.parent)  # no git in the second
    first, second, verdict = _run(
        executable, tmp_path / "w", first_cell(site), first_cell(site), answer, PATH=path, PIP_USER="1"
    )
    assert (first, second) == ("", "")
    assert "right" in verdict.lower()


@pytest.mark.slow
def test_python_3_10_is_too_old(site: str, tmp_path: Path) -> None:
    executable = environment(tmp_path / "v", "3.10", "ipython")
    first, then = _run(executable, tmp_path / "w", first_cell(site), NEXT)
    assert first == (
        "This notebook runs on Python 3.10, which is too old: the course needs 3.11, 3.12 or 3.13. "
        "Choose another kernel, or make one with such a Python."
    )
    assert then == LOST


@pytest.mark.slow
class TestOneSentence:
    """Each hindrance has its own sentence, nothing of a traceback, and a later cell leads back."""

    def test_no_line(self, site: str, bare: Path, tmp_path: Path) -> None:
        first, then = _run(bare, tmp_path, first_cell("http://198.51.100.1/owner/course"), NEXT, **no_line())
        assert first.splitlines()[-1] == (
            "There is no line to the course's packages. Check that you are online (on Kaggle: Settings > "
            "Turn on internet) and your proxy, then run this cell again."
        )
        assert "\x1b" not in first
        assert then == LOST

    def test_no_line_with_uv(self, tmp_path: Path) -> None:
        executable = environment(tmp_path / "v", "3.12", "ipython", seed=False)
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        cell = first_cell("http://198.51.100.1/owner/course")
        (first,) = _run(executable, tmp_path / "w", cell, PATH=path, UV_HTTP_RETRIES="0", **no_line())
        assert "There is no line to the course's packages." in first.splitlines()[-1]

    def test_no_such_release(self, site: str, bare: Path, tmp_path: Path) -> None:
        (first,) = _run(bare, tmp_path, first_cell(site, "v9.9"))
        assert first.splitlines()[-1].startswith(
            "There is no release 0.1.0 of the course at http://127.0.0.1"
        )

    def test_not_published(self, bare: Path, tmp_path: Path) -> None:
        first, then = _run(bare, tmp_path, first_cell("https://example.invalid/not.published/course"), NEXT)
        assert first.startswith("This copy of the course has not been published")
        assert then == LOST

    def test_no_installer(self, site: str, tmp_path: Path) -> None:
        executable = environment(tmp_path / "v", "3.12", "ipython", seed=False)
        (first,) = _run(executable, tmp_path / "w", first_cell(site), PATH="/nowhere")
        assert first.startswith("Neither pip nor uv is here to install the course with. In a terminal: ")
        assert "ensurepip" in first

    def test_a_file_of_this_name_is_in_the_way(self, site: str, bare: Path, tmp_path: Path) -> None:
        (tmp_path / "course_lib.py").write_text("")
        (tmp_path / "exercises").mkdir()
        (first,) = _run(bare, tmp_path, first_cell(site))
        assert first.startswith(
            f"Something else called course_lib is in the way: {tmp_path}/course_lib.py. Rename"
        )

    def test_a_package_of_this_name_is_in_the_way(self, site: str, bare: Path, tmp_path: Path) -> None:
        (tmp_path / "course_lib").mkdir()
        (tmp_path / "course_lib" / "__init__.py").write_text("")
        (first,) = _run(bare, tmp_path, first_cell(site))
        assert first.startswith(
            f"Something else called course_lib is in the way: {tmp_path}/course_lib. Rename"
        )

    def test_the_system_s_python_is_left_alone(self, site: str, tmp_path: Path) -> None:
        pip = "import sys; sys.exit('error: externally-managed-environment')"
        (first,) = _run(*self._with_pip(tmp_path, pip), first_cell(site))
        assert "This Python belongs to the system and takes no packages." in first.splitlines()[-1]

    def test_no_right_to_write(self, site: str, tmp_path: Path) -> None:
        pip = "import sys; sys.exit('ERROR: Could not install packages: [Errno 13] Permission denied')"
        (first,) = _run(*self._with_pip(tmp_path, pip), first_cell(site))
        assert first.splitlines()[-1].startswith("You have no right to write into ")

    def test_what_nobody_foresaw_is_in_the_details(self, site: str, tmp_path: Path) -> None:
        pip = "import sys; sys.exit('\\x1b[31mResolutionImpossible\\x1b[0m')"
        (first,) = _run(*self._with_pip(tmp_path, pip), first_cell(site))
        assert "ResolutionImpossible" in first
        assert "\x1b" not in first
        assert first.splitlines()[-1].startswith("The installer could not set the course up")

    def test_a_kernel_that_was_interrupted_while_it_loaded(
        self, site: str, bare: Path, tmp_path: Path
    ) -> None:
        half = "import sys, types\nsys.modules['numpy.core'] = types.ModuleType('numpy.core')"
        _, first = _run(bare, tmp_path, half, first_cell(site))
        assert first.startswith("numpy was interrupted while it was being loaded. Restart the kernel")

    def _with_pip(self, folder: Path, source: str) -> tuple[Path, Path]:
        """Return an environment whose pip is a stand-in, and a folder to start in."""
        executable = environment(folder / "v", "3.12", "ipython", seed=False)
        library = next((folder / "v" / "lib").glob("python*/site-packages"))
        (library / "pip").mkdir()
        (library / "pip" / "__main__.py").write_text(source)
        (library / "pip" / "__init__.py").write_text("")
        return executable, folder / "w"


@pytest.mark.slow
def test_what_fits_is_left_alone_and_the_clone_s_folder_is_no_hindrance(site: str, tmp_path: Path) -> None:
    executable = environment(tmp_path / "v", "3.12", "ipython", "numpy==2.2.6")
    clone = tmp_path / "clone with ümlauts"
    shutil.copytree(ROOT / "course_lib", clone / "course_lib")
    first, then = _run(executable, clone, first_cell(site), NEXT + "\nimport numpy; print(numpy.__version__)")
    assert first == ""
    assert then.splitlines() == ["there", "2.2.6"]


@pytest.mark.slow
def test_after_a_failure_it_can_be_run_again_in_the_same_kernel(site: str, tmp_path: Path) -> None:
    executable = environment(tmp_path / "v", "3.12", "ipython")
    own_error = "undefined_name"
    first, lost, again, own, then = _run(
        executable, tmp_path / "w", first_cell(site, "v9.9"), own_error, first_cell(site), own_error, NEXT
    )
    assert "There is no release" in first
    assert lost == LOST
    assert again == ""
    assert "name 'undefined_name' is not defined" in own, "a name of the learner's own is Python's to report"
    assert "If a cell above defines `undefined_name`, run that one; after a restart, all of them." in own
    assert then == "there"
