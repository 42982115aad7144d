"""Each hole of nbval, closed: a notebook is executed, then spoiled, and pytest has to say so."""

import base64
import io
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
import numpy as np
import pytest

from course_lib.workshop.book.chapters import notebooks
from course_lib.workshop.book.proofs import pictures
from tests.workshop.book.small_book import code, write_notebook_unexecuted, write_small_book

DIVISION = code("def share(total, parts):", "    return total / parts", "", "print(share(10, 4))")
WHOLE = (
    "# A chapter\n\n"
    + DIVISION
    + "The share is 2.5. <!-- claim: share(10, 4) == 2.5 -->\n\n"
    + code("import matplotlib.pyplot as plt", "_ = plt.plot([1, 2], [3, 1], 'o')", "plt.show()")
    + code("from course_lib.figures import ConcertDecision", "ConcertDecision(threshold=1.5)")
    + code("from ipywidgets import interact", "", "@interact(n=(0, 5))", "def f(n=2):", "    print(2 * n)")
    + code("share(1, 0)", tags="raises-exception")
    + code("import IPython.display", "shown = IPython.display.display(1, display_id=True)", "shown.update(2)")
)  # fmt: skip
CONTINUED = code("print('still here')")


def _set(notebook: Any, number: int, **changes: Any) -> None:
    notebook.cells[number].update(changes)


def _find(notebook: Any, text: str) -> Any:
    return next(cell for cell in notebook.cells if text in cell.source)


def _lose_outputs(notebook: Any) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)


def _never_run(notebook: Any) -> None:
    _find(notebook, "print(share").update(outputs=[], execution_count=None)


def _out_of_order(notebook: Any) -> None:
    _find(notebook, "print(share").update(execution_count=7)


def _change_digit(notebook: Any) -> None:
    _find(notebook, "print(share").outputs[0].text = "2.6\n"


def _extra_output(notebook: Any) -> None:
    _find(notebook, "plt.plot").outputs.append(nbformat.v4.new_output("stream", text="more\n"))


def _replace_picture(notebook: Any) -> None:
    _find(notebook, "plt.plot").outputs[0].data["image/png"] = _picture([3, 2])


def _delete_picture(notebook: Any) -> None:
    del _find(notebook, "plt.plot").outputs[0].data["image/png"]


def _change_alt_text(notebook: Any) -> None:
    _find(notebook, "plt.plot").outputs[0].metadata = {"course": {"alt": "Another picture."}}


def _change_widget(notebook: Any) -> None:
    state = _widget_state(notebook)
    figure = next(entry for entry in state.values() if entry["model_module"] == "anywidget")
    figure["state"]["threshold"] = 1.4


def _delete_widgets(notebook: Any) -> None:
    del notebook.metadata["widgets"]


def _change_what_interact_printed(notebook: Any) -> None:
    state = _widget_state(notebook)
    output = next(entry for entry in state.values() if entry["model_name"] == "OutputModel")
    output["state"]["outputs"][0]["text"] = "5\n"


def _widget_state(notebook: Any) -> Any:
    return notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]


def _false_claim(notebook: Any) -> None:
    cell = _find(notebook, "The share is")
    cell.source = cell.source.replace("== 2.5", "== 2.6")


def _forget_exception(notebook: Any) -> None:
    _find(notebook, "share(1, 0)").update(source="share(1, 1)")


def _skip(notebook: Any) -> None:
    _find(notebook, "print(share").metadata["tags"] = ["nbval-skip"]


# The copy of the notebook that is spoiled (a kernel each, so things that do not meet share one), what is
# spoiled, where the failure has to appear, and what it has to say.
SPOILED: dict[str, tuple[str, Callable[[Any], None], str, str]] = {
    "lost_outputs": ("a", _lose_outputs, "whole", "code cell 0 .* was never run"),
    "never_run": ("b", _never_run, "whole", r"code cell 1 \(`def share.* was never run"),
    "deleted_picture": ("b", _delete_picture, "Cell 2", "image/png"),
    "deleted_widgets": (
        "b", _delete_widgets, "widgets",
        "the state of the widget ConcertDecision is not stored"),
    "out_of_order": (
        "c", _out_of_order, "whole",
        "code cell 1 .* has the execution count 7, and 2 is expected"),
    "skipped": ("c", _skip, "Cell 1", "marked to be skipped"),
    "extra_output": ("c", _extra_output, "Cell 2", "Missing output fields from running code: {'stdout'}"),
    "changed_interact": ("c", _change_what_interact_printed, "widgets", "OutputModel has the stored outputs"),
    "changed_digit": ("d", _change_digit, "Cell 1", "2.6"),
    "false_claim": (
        "d", _false_claim, "claim 1",
        r"claim `share\(10, 4\) == 2.6` .*“The share is 2.5.” does not hold: `share\(10, 4\)` is 2.5"),
    "replaced_picture": ("d", _replace_picture, "Cell 2", "the picture's bytes differ: .* pixels"),
    "changed_widget": (
        "d", _change_widget, "widgets",
        "widget ConcertDecision has the stored threshold 1.4, and running gave 1.5"),
    "no_exception": ("d", _forget_exception, "Cell 5", "Missing output fields"),
    "changed_alt_text": ("e", _change_alt_text, "Cell 2", "the output's metadata is .*Another picture"),
}  # fmt: skip

# Texts whose cell does not come back. nbval alone waits for its timeout, also when the kernel is dead.
STUCK = {
    "hung": (
        code("x = 1") + code("while True:", "    pass") + CONTINUED, "Cell 2",
        "Timeout of 20 seconds exceeded"),
    "killed": (code("import os", "os._exit(9)") + CONTINUED, "Cell 1", "The kernel died while this cell ran"),
    "flooded": (
        code("x = 1") + code("print('x' * 2_000_000)") + CONTINUED, "Cell 2",
        "prints or draws more than 1 MB"),
    "deaf": (  # it never answers, whatever signal it gets
        code("import signal", "_ = signal.signal(signal.SIGINT, signal.SIG_IGN)")
        + code("print('x' * 2_000_000)", "while True:", "    pass") + CONTINUED, "Cell 2",
        "prints or draws more than 1 MB"),
    "ended": (code("exit()") + CONTINUED, "Cell 1", "ends the kernel"),
}  # fmt: skip


def _picture(heights: list[float]) -> str:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2], heights, "o")
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return, for each notebook, the failures by the test's name; all are run in one session."""
    folder = tmp_path_factory.mktemp("book")
    (good,) = write_small_book(folder, good=WHOLE)
    notebooks.write([good], say=lambda line: None)
    for letter in sorted({letter for letter, *_ in SPOILED.values()}):
        # Widget ids depend on the notebook's name, so the spoiled copies keep it, each in its own folder.
        copy = folder / "chapters" / letter / "good.ipynb"
        copy.parent.mkdir()
        notebook = nbformat.read(good.notebook, as_version=4)
        for spoiled_letter, spoil, *_ in SPOILED.values():
            if spoiled_letter == letter:
                spoil(notebook)
        nbformat.write(notebook, copy)
    stuck = tmp_path_factory.mktemp("stuck")
    for chapter in write_small_book(stuck, **{name: text for name, (text, _, _) in STUCK.items()}):
        write_notebook_unexecuted(chapter)
    return _run_pytest(folder) | _run_pytest(stuck, "--nbval-cell-timeout=20")


def _run_pytest(folder: Path, *options: str) -> dict[str, dict[str, str]]:
    (folder / "pytest.ini").write_text("[pytest]\njunit_family = xunit1\n", encoding="utf-8")
    plugins = ["--nbval", "-p", "course_lib.workshop.book.proofs.strict_nbval", "-p", "no:cacheprovider"]
    report = ["--color=no", "--junitxml=report.xml"]
    command = [sys.executable, "-m", "pytest", *plugins, *report, *options, "chapters"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (folder / "report.xml").is_file(), result.stdout + result.stderr
    found: dict[str, dict[str, str]] = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        place = Path(case.get("file", "").replace("::", "."))
        name = place.parent.name if place.parent.name != "chapters" else place.stem
        failure = case.find("failure") if case.find("failure") is not None else case.find("error")
        outcome = "passed" if failure is None else f"{failure.get('message')}\n{failure.text}"
        if case.find("skipped") is not None:
            outcome = "skipped"
        found.setdefault(name, {})[case.get("name", "")] = outcome
    return found


def test_a_sound_notebook_passes(reports: dict[str, dict[str, str]]) -> None:
    assert set(reports["good"].values()) == {"passed"}
    assert list(reports["good"]) == [
        "whole", "Cell 0", "Cell 1", "claim 1", "Cell 2", "Cell 3", "Cell 4", "Cell 5", "Cell 6", "widgets",
    ]  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_notebook_fails_where_it_is_spoiled(name: str, reports: dict[str, dict[str, str]]) -> None:
    letter, _, place, message = SPOILED[name]
    failures = {test: text for test, text in reports[letter].items() if text not in ("passed", "skipped")}
    assert place in failures
    assert _matches(message, failures[place]), failures[place]


@pytest.mark.parametrize("name", STUCK)
def test_a_cell_that_never_ends_fails(name: str, reports: dict[str, dict[str, str]]) -> None:
    _, place, message = STUCK[name]
    assert _matches(message, reports[name][place]), reports[name][place]
    number = int(place.removeprefix("Cell "))
    assert reports[name][f"Cell {number - 1}"] == "passed"
    assert reports[name][f"Cell {number + 1}"] == "skipped"


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.DOTALL) is not None


class TestPicturesUnderOtherVersions:
    """Where matplotlib is not the lock file's, pictures are compared block by block."""

    @staticmethod
    def _drawing(moved: float = 0.0, **style: Any) -> str:
        from matplotlib.figure import Figure

        with matplotlib.rc_context(style):
            figure = Figure()
            axes = figure.subplots()
            axes.plot([1, 2, 3], [3, 1 + moved, 2], "o-")
            axes.set(xlabel="step", ylabel="loss", title="A loss")
            stream = io.BytesIO()
            figure.savefig(stream, format="png")
        return base64.b64encode(stream.getvalue()).decode()

    def test_other_metadata_and_other_smoothing_pass(self) -> None:
        other = self._drawing(**{"text.hinting": "none", "lines.antialiased": True})
        assert pictures.picture_difference(self._drawing(), other, by_bytes=False) is None
        if other != self._drawing():
            assert pictures.picture_difference(self._drawing(), other, by_bytes=True)

    def test_one_moved_point_fails(self) -> None:
        why = pictures.picture_difference(self._drawing(), self._drawing(moved=0.06), by_bytes=False)
        assert why is not None
        assert "near column" in why

    def test_another_size_fails(self) -> None:
        larger = self._drawing(**{"figure.figsize": (8, 6)})
        assert "size" in str(pictures.picture_difference(self._drawing(), larger, by_bytes=False))

    def test_every_spot_is_looked_at(self) -> None:
        rng = np.random.default_rng(0)
        blank = np.ones((160, 240, 3))
        for _ in range(20):
            row, column = rng.integers(0, 150), rng.integers(0, 230)
            spotted = blank.copy()
            spotted[row : row + 8, column : column + 8] = 0
            assert pictures.picture_difference(_encode(blank), _encode(spotted), by_bytes=False)

    def test_the_lock_file_decides(self, tmp_path: Path) -> None:
        lock_file = tmp_path / "requirements.txt"
        lock_file.write_text(f"matplotlib=={matplotlib.__version__}\n", encoding="utf-8")
        assert pictures.drawn_by_the_lock(lock_file)
        lock_file.write_text("matplotlib==0.1\n", encoding="utf-8")
        assert not pictures.drawn_by_the_lock(lock_file)
        assert not pictures.drawn_by_the_lock(tmp_path / "none.txt")


def _encode(pixels: Any) -> str:
    from matplotlib.image import imsave

    stream = io.BytesIO()
    imsave(stream, pixels, format="png")
    return base64.b64encode(stream.getvalue()).decode()


def test_nbval_alone_passes_what_is_refused_here(tmp_path: Path) -> None:
    """The reason why the plugin exists: once nbval closes these holes, the plugin can lose them."""
    (chapter,) = write_small_book(tmp_path, plain=code("print(1)"))
    write_notebook_unexecuted(chapter, counts=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "chapters"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0
    assert json.loads(chapter.notebook.read_text())["cells"][0]["execution_count"] is None


def test_a_named_kernel_of_other_versions_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (chapter,) = write_small_book(tmp_path, place=code("import os", "print(os.environ.get('PLACE'))"))
    notebooks.write([chapter], say=lambda line: None)
    kernel = tmp_path / "kernels" / "elsewhere" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    description = {"argv": command, "display_name": "elsewhere", "env": {"PLACE": "elsewhere"}}
    kernel.write_text(json.dumps(description), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert _run_pytest(tmp_path)["place"]["Cell 1"] == "passed"
    assert "elsewhere" in _run_pytest(tmp_path, "--nbval-kernel-name=elsewhere")["place"]["Cell 1"]
