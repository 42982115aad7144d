"""Executing chapters: the same bytes every time, only what changed, and errors that say where."""

import asyncio
import base64
import importlib.metadata
import io
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from jupyter_client.channels import AsyncZMQSocketChannel
from nbformat.v4 import new_output
from PIL import Image

from course_lib.workshop.book.addresses import read_addresses
from course_lib.workshop.book.chapters import execution, first_cell, kernels, notebooks, outputs
from course_lib.workshop.book.chapters.dependencies import reachable_files
from course_lib.workshop.book.chapters.running import AskingChannel
from course_lib.workshop.book.problems import BookError
from tests.workshop.book.example_book import picture
from tests.workshop.book.small_book import code, write_notebook_unexecuted, write_small_book

# One of everything whose bytes differ from run to run unless somebody takes care.
EVERYTHING = (
    "# Everything\n\n"
    + code("import matplotlib.pyplot as plt", "from ipywidgets import FloatSlider, VBox, interact")
    + code("from course_lib.figures import ConcertDecision", "ConcertDecision()")
    + code("VBox([FloatSlider(), FloatSlider()])")
    + code("@interact(n=(0, 5))", "def show(n=2):", "    print(n)")
    + code("_ = plt.plot([1, 2])", "plt.show()")
    + code("import os, sys", 'os.write(2, b"2026-01-01 00:00:00.123: from C++\\n")', "print(len({'a', 'b'}))")
    + code("hash('a')", tags="nbval-ignore-output")
    + code("import time", "print(time.time(), 'on this clock')", tags="nbval-ignore-output, remove-output")
    + code("def fail():", "    raise ValueError('at', object)", "fail()", tags="raises-exception")
)


def test_the_same_bytes_twice_and_nothing_of_this_machine(tmp_path: Path) -> None:
    written = []
    for folder in (tmp_path / "here", tmp_path / "somewhere" / "else"):
        chapters = write_small_book(folder, everything=EVERYTHING)
        notebooks.write(chapters, say=lambda line: None)
        written.append(chapters[0].notebook.read_text())
    assert written[0] == written[1]
    notebook = json.loads(written[0])
    stored = json.dumps([[cell.get("outputs") for cell in notebook["cells"]], notebook["metadata"]])
    for foreign in (
        str(tmp_path),
        "site-packages/",
        "/ipykernel_",
        "from C++",
        "on this clock",
        "createFigure",
        "_css",
        "iopub",
        "00:00",
    ):
        assert foreign not in stored
    assert not re.search(r"\b0x[0-9a-f]{6}", stored)
    nbformat.validate(notebook)


def test_only_what_changed_is_executed_again(tmp_path: Path) -> None:
    chapters = write_small_book(tmp_path, one=code("print(1)"), two=code("print(2)"))
    lines: list[str] = []
    notebooks.write(chapters, jobs=2, say=lines.append)
    assert len([line for line in lines if "executed (new)" in line]) == 2
    chapters[0].text.write_text(chapters[0].text.read_text().replace("print(1)", "print(11)"))
    lines.clear()
    notebooks.write(chapters, say=lines.append)
    assert [re.sub(r", after.*", "", line) for line in lines] == [
        "chapters/one.ipynb: executed (changed), written",
        "1 of 2 notebooks were up to date.",
    ]
    lines.clear()
    notebooks.write(chapters, say=lines.append)
    assert lines == ["2 of 2 notebooks were up to date."]


class TestWhatCounts:
    """What a chapter's outputs depend on."""

    @pytest.fixture
    def library(self, tmp_path: Path) -> Path:
        library = tmp_path / "course_lib"
        (library / "figures" / "js").mkdir(parents=True)
        files = {
            "__init__.py": "",
            "cost.py": "from course_lib import arguments\n",
            "arguments.py": "",
            "data.py": "def load():\n    from . import digits\n",
            "digits.py": "",
            "digits.json": "{}",
            "unused.py": "",
            "unused.json": "{}",
            "figures/__init__.py": "N = {'Dial': 'dial', 'Bowl': 'bowl'}\ndef __getattr__(name): ...\n",
            "figures/bowl.py": "from .base import Figure\n",
            "figures/bowl.js": 'import { paint } from "./js/heat.js";\n',
            "figures/js/heat.js": "",
            "figures/js/engine.js": 'import {\n  add,\n} from "./toolkit.js";\n',
            "figures/base.py": "from ..cost import squared\n",
            "figures/dial.py": "from .base import Figure\n",
            "figures/dial.js": 'import { run } from "./js/engine.js";\n',
            "figures/js/toolkit.js": "",
            "figures/figures.css": "",
        }
        for name, text in files.items():
            (library / name).write_text(text)
        return library

    def _reached(self, library: Path, source: str) -> set[str]:
        return {path.relative_to(library).as_posix() for path in reachable_files([source], library.parent)}

    def test_imports_are_followed_through_the_library(self, library: Path) -> None:
        reached = self._reached(library, "import numpy\nfrom course_lib.cost import squared")
        assert reached == {"__init__.py", "cost.py", "arguments.py"}

    def test_imports_inside_functions_and_data_files_count(self, library: Path) -> None:
        reached = self._reached(library, "import course_lib.data as data")
        assert reached == {"__init__.py", "data.py", "digits.py", "digits.json"}

    def test_a_figure_is_reached_with_its_own_scripts_and_the_shared_ones(self, library: Path) -> None:
        reached = self._reached(library, "%matplotlib inline\nfrom course_lib.figures import Dial")
        figures = {name.removeprefix("figures/") for name in reached if name.startswith("figures/")}
        own = {"dial.py", "dial.js", "js/engine.js", "base.py", "__init__.py"}
        assert figures == own | {"js/toolkit.js", "figures.css"}
        assert "cost.py" in reached

    @pytest.mark.parametrize(
        "source",
        [
            "import course_lib.figures",
            "from course_lib import figures",
            "from course_lib.figures import Unlisted",
        ],
    )
    def test_a_package_that_imports_by_name_is_reached_whole_if_taken_itself(
        self, library: Path, source: str
    ) -> None:
        assert {"figures/dial.py", "figures/bowl.py", "figures/bowl.js"} <= self._reached(library, source)

    def test_a_chapter_that_imports_nothing_depends_on_nothing(self, library: Path) -> None:
        assert self._reached(library, "import numpy") == set()

    @pytest.mark.parametrize(
        ("file", "counts"),
        [
            ("course_lib/arguments.py", True),
            ("course_lib/figures/js/toolkit.js", True),
            ("course_lib/figures/figures.css", True),
            ("requirements.txt", True),
            ("course_lib/unused.py", False),
        ],
    )
    def test_a_change_is_noticed(self, library: Path, file: str, counts: bool) -> None:
        text = code("from course_lib.cost import squared", "from course_lib.figures import Dial")
        (chapter,) = write_small_book(library.parent, chapter=text)
        write_notebook_unexecuted(chapter)
        assert execution.plan(chapter).reason == ""
        with (library.parent / file).open("a") as changed:
            changed.write("\n")
        assert execution.plan(chapter).reason == ("changed" if counts else "")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (["x = 1", "x / 0"], r"`x = 1` raised ZeroDivisionError: division by zero \(line 2: `x / 0`\)"),
        (["import missing_module"], r"raised ModuleNotFoundError: No module named 'missing_module'"),
        (["object()"], r"prints a memory address, `0x"),
        (["import os", "print(os.getcwd())"], r"prints a folder of this machine"),
        (["import sys", "print('hm', file=sys.stderr)"], r"writes to stderr, `hm`"),
        (["import os", "os._exit(3)"], r"the kernel died while `import os` ran"),
    ],
)  # fmt: skip
def test_a_cell_that_fails_is_named_with_the_fix(tmp_path: Path, cell: list[str], message: str) -> None:
    (chapter,) = write_small_book(tmp_path, chapter="# Title\n\n" + code(*cell))
    with pytest.raises(BookError) as error:
        notebooks.write([chapter], say=lambda line: None)
    (problem,) = error.value.problems
    assert re.fullmatch(r"chapters/chapter.md:1[56]", problem.where)
    assert re.search(message, str(problem))
    assert problem.fix
    assert not chapter.notebook.exists()


def test_a_hung_cell_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "CELL_TIMEOUT", 8.0)
    (chapter,) = write_small_book(tmp_path, chapter=code("while True:", "    pass"))
    with pytest.raises(BookError, match=r"chapter.md:13: `while True:` ran for more than 8 s"):
        notebooks.write([chapter], say=lambda line: None)


def test_a_message_whose_signal_was_missed_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """It once lay there unread until the cell's time was over, two minutes later."""
    asked: list[float | None] = []

    async def hears_nothing(channel: AsyncZMQSocketChannel, timeout: float | None = None) -> dict[str, str]:
        asked.append(timeout)
        if len(asked) > 1:  # what came meanwhile is there as soon as one asks
            return {"msg_type": "execute_reply"}
        await asyncio.sleep(3600 if timeout is None else timeout)
        raise Empty

    monkeypatch.setattr(AsyncZMQSocketChannel, "get_msg", hears_nothing)
    channel = AskingChannel.__new__(AskingChannel)
    channel.socket = object()
    for timeout in (3600, None):
        asked.clear()
        message = asyncio.run(asyncio.wait_for(channel.get_msg(timeout), 60))
        assert message["msg_type"] == "execute_reply"
    asked.clear()
    with pytest.raises(Empty):
        asyncio.run(channel.get_msg(0))
    channel.socket = None  # closed behind a cell that took too long: whoever still asks ends without a word
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(channel.get_msg())


def test_one_chapter_that_fails_does_not_keep_back_another(tmp_path: Path) -> None:
    chapters = write_small_book(tmp_path, bad=code("1 / 0"), good=code("print(1)"))
    with pytest.raises(BookError) as error:
        notebooks.write(chapters, jobs=2, say=lambda line: None)
    assert len(error.value.problems) == 1
    assert not chapters[0].notebook.exists()
    assert chapters[1].notebook.exists()


def test_a_missing_kernel_is_named_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    def find(self: KernelSpecManager, name: str) -> None:
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", find)
    (chapter,) = write_small_book(tmp_path, chapter=code("1"))
    with pytest.raises(
        BookError, match=r"chapters/chapter.md: there is no Python kernel here. .*pip install ipykernel"
    ):
        notebooks.write([chapter], say=lambda line: None)


class TestFirstCell:
    """It sets the course up in Colab, and says in plain words when it cannot."""

    @pytest.fixture
    def source(self, tmp_path: Path) -> str:
        write_small_book(tmp_path)
        return first_cell.first_cell_source(read_addresses(tmp_path))

    def test_it_names_the_release_and_the_tag(self, source: str) -> None:
        wheel = (
            "https://github.com/someone/small-book/releases/download/v1.0/course_lib-0.1.0-py3-none-any.whl"
        )
        assert f'set_up_course("0.1.0", "{wheel}")' in source

    def test_it_is_silent_and_leaves_nothing_behind_where_all_is_there(
        self, source: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        names: dict[str, object] = {}
        exec(source, names)
        assert set(names) == {"__builtins__"}
        assert capsys.readouterr() == ("", "")

    def test_in_colab_it_installs_the_course_and_nothing_else(
        self, source: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import subprocess

        commands: list[list[str]] = []

        def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
            commands.append(command)
            return subprocess.CompletedProcess(command, 0, "", "")

        monkeypatch.setattr(importlib.metadata, "version", _installed_after(commands))
        monkeypatch.setattr(subprocess, "run", run)
        monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
        exec(source, {})
        (command,) = commands
        assert {"--no-deps", "--quiet"} <= set(command)
        assert command[-1].endswith("/releases/download/v1.0/course_lib-0.1.0-py3-none-any.whl")

    def test_another_release_is_named(self, source: str) -> None:
        with pytest.raises(Exception, match=r"belongs to release 9.1.0 .*Disconnect and delete runtime"):
            exec(source.replace('"0.1.0"', '"9.1.0"'), {})


def _installed_after(commands: list[list[str]]) -> Callable[[str], str]:
    """Return a `version` that knows the course as soon as something was installed."""
    really = importlib.metadata.version

    def version(name: str) -> str:
        if name == "course_lib" and not commands:
            raise importlib.metadata.PackageNotFoundError(name)
        return really(name)

    return version


def test_widget_ids_do_not_depend_on_the_kernels() -> None:
    def state(*ids: str) -> outputs.State:
        first, second, unused = ids
        return {
            first: {
                "model_module": "m",
                "model_name": "A",
                "state": {"child": f"IPY_MODEL_{second}", "_esm": "x"},
            },
            second: {"model_module": "m", "model_name": "B", "state": {"value": 1}},
            unused: {"model_module": "m", "model_name": "C", "state": {}},
        }

    one, _ = outputs.normal_state(state("a", "b", "c"), ["a"], "chapter")
    two, _ = outputs.normal_state(state("x", "y", "z"), ["x"], "chapter")
    other, _ = outputs.normal_state(state("a", "b", "c"), ["a"], "another")
    assert one == two
    assert len(one) == 2
    assert set(one).isdisjoint(other)
    assert "_esm" not in json.dumps(one)


def test_a_stored_picture_has_its_words_and_its_pixels_a_second_time_in_few_bytes(tmp_path: Path) -> None:
    png = picture()
    shown = [
        new_output(
            "display_data", {"text/html": "<img>", "text/plain": ""}, metadata={"course": {"still": True}}
        ),
        new_output(
            "display_data",
            {"image/png": png, "text/html": f'<img alt="A line." src="data:image/png;base64,{png}">'},
            metadata={"course": {"alt": "A line."}},
        ),
        new_output("display_data", {outputs.WIDGET_VIEW: {"model_id": "a"}, "text/plain": "interactive(..."}),
    ]
    drawn, widget = outputs.normal_outputs(shown, tmp_path)
    (webp,) = re.findall(
        r'^<img alt="A line." src="data:image/webp;base64,([^"]+)">$', drawn.data["text/html"]
    )
    assert len(webp) < 0.6 * len(png)
    before, after = (Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA") for data in (png, webp))
    assert before.tobytes() == after.tobytes()
    assert widget.data["text/plain"] == outputs.RUN_THIS_CELL
    assert outputs.without_copies([drawn, widget]) == [
        {**drawn, "data": {"image/png": png}},
        widget,
    ]
    assert outputs.normal_outputs([drawn, widget], tmp_path) == [drawn, widget], (
        "a second time changes nothing"
    )


def test_ctrl_c_ends_the_kernels_and_writes_nothing(tmp_path: Path) -> None:
    cell = code("import time", "open('../running', 'w').close()", "time.sleep(600)")
    chapters = write_small_book(tmp_path, one=cell, two=cell)
    command = [sys.executable, "-m", "course_lib.workshop.cli", "notebooks", "--jobs", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as running:
        while not (tmp_path / "running").exists():
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Stopped" in said
    assert "Traceback" not in said
    assert not any(chapter.notebook.exists() for chapter in chapters)
    assert not list(Path(tempfile.gettempdir()).glob(f"course-kernel-{running.pid}-*"))
