"""A pytest plugin that makes `--nbval` strict: it closes the holes through which a stale notebook passes.

nbval executes a notebook and compares what it prints. By itself it passes a notebook that was never run or
lost its outputs, a replaced picture and a changed widget; it notices a dead kernel only when a cell's time is
up. Here all of these fail, with a message that names the notebook and the cell, and every claim of the prose
is checked in the same kernel. Load it with `-p course_lib.workshop.book.proofs.strict_nbval`.
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

import pytest
from nbclient.output_widget import OutputWidget
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel, start_new_kernel
from nbval.plugin import IPyNbCell, IPyNbFile

from course_lib.workshop.book.chapters import kernels, outputs
from course_lib.workshop.book.chapters.claims import Claim, claims, explain, truth_expressions
from course_lib.workshop.book.chapters.pairs import OWN_METADATA
from course_lib.workshop.book.proofs.pictures import PICTURE_TYPES, drawn_by_the_lock, picture_difference

NBVAL_TIMEOUT = 2000  # nbval's own default, seconds; it means that nobody chose one
REFUSED = ("skip",)  # a cell that is not run proves nothing


def pytest_configure(config: pytest.Config) -> None:
    """Give hung cells less time than nbval does."""
    if config.option.nbval_cell_timeout == NBVAL_TIMEOUT:
        config.option.nbval_cell_timeout = kernels.CELL_TIMEOUT


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Replace nbval's collector of a chapter's notebook by the strict one.

    Notebooks that no `course notebooks` wrote, such as learners' exercises, hold no outputs to compare.
    """
    found = yield
    return [
        StrictNotebook.from_parent(parent, path=file_path) if isinstance(one, IPyNbFile) else one
        for one in found
        if not isinstance(one, IPyNbFile) or _is_chapter(file_path)
    ]


def _is_chapter(path: Path) -> bool:
    return path.with_suffix(".md").is_file() or f'"{OWN_METADATA}": {{' in path.read_text(encoding="utf-8")


def pytest_unconfigure() -> None:
    """Remove what the kernels left."""
    kernels.remove_clean_folder()


class KernelDiedError(Exception):
    """Raised as soon as a kernel's process has ended."""


class WatchedKernel(RunningKernel):  # type: ignore[misc]
    """nbval's kernel, in the environment of `course notebooks`, watched while a cell runs."""

    def __init__(self, folder: str, startup_timeout: float, name: str | None) -> None:
        self.km, self.kc = start_new_kernel(
            startup_timeout=startup_timeout,
            kernel_name=name or CURRENT_ENV_KERNEL_NAME,
            stderr=open(os.devnull, "w"),  # noqa: SIM115 the kernel's process keeps it
            cwd=folder,
            env=kernels.kernel_environment(),
        )
        self._ensure_iopub_up()

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        """Wait for a cell's end, and notice within a second if the kernel is dead."""
        ends = time.monotonic() + (timeout or kernels.CELL_TIMEOUT)
        while True:
            try:
                reply = self.get_message("shell", timeout=min(0.5, max(ends - time.monotonic(), 0.01)))
            except Empty:
                if not self.is_alive():
                    raise KernelDiedError from None
                if time.monotonic() >= ends:
                    raise
                continue
            if reply["parent_header"].get("msg_id") == msg_id:
                if reply["content"]["status"] == "aborted":
                    raise RuntimeError("Kernel aborted execution request")
                self.last_reply = reply["content"]
                return

    def ask(self, expressions: dict[str, str]) -> dict[str, Any]:
        """Return the kernel's answers to expressions."""
        message = self.kc.execute("", silent=True, store_history=False, user_expressions=expressions)
        self.await_reply(message, timeout=30)
        return dict(self.last_reply.get("user_expressions", {}))


class StrictNotebook(IPyNbFile):  # type: ignore[misc]
    """A notebook whose cells, claims and widgets all are tests."""

    def setup(self) -> None:
        """Start the kernel."""
        self.dead = False
        self.root = _book_folder(self.path)
        named = self.config.option.nbval_kernel_name  # another environment's, with its own matplotlib
        self.by_bytes = named is None and drawn_by_the_lock(self.root / "requirements.txt")
        self.shown_models: list[str] = []
        self.kernel = WatchedKernel(
            str(self.path.parent), self.config.option.nbval_kernel_startup_timeout, named
        )
        self.catcher = OutputCatcher(self.kernel.kc)
        self.setup_sanitize_files()

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each code cell and each claim, in order, and one for the widgets' state."""
        try:
            cells = list(super().collect())
        except Exception as error:
            raise self.CollectError(f"{self.path.name} is no notebook: {error}") from error
        yield Whole.from_parent(self, name="whole", count=len(cells))
        waiting = iter(cells)
        number = claim_number = 0
        for number, cell in enumerate(self.nb.cells):
            if cell.cell_type == "code":
                nbval_cell = next(waiting)
                yield StrictCell.from_parent(
                    self,
                    name=nbval_cell.name,
                    cell_num=nbval_cell.cell_num,
                    cell=nbval_cell.cell,
                    options=nbval_cell.options,
                )
            elif cell.cell_type == "markdown":
                for claim in claims(cell.source):
                    claim_number += 1
                    yield ClaimItem.from_parent(
                        self, name=f"claim {claim_number}", claim=claim, cell_number=number
                    )
        yield WidgetsItem.from_parent(self, name="widgets")

    def get_kernel_message(self, timeout: float | None = None, stream: str = "iopub") -> dict[str, Any]:
        """Return the kernel's next message that no `Output` widget catches."""
        while True:
            message: dict[str, Any] = self.kernel.get_message(stream, timeout=timeout)
            if not self.catcher.catches(message):
                return message


def _book_folder(path: Path) -> Path:
    for folder in path.resolve().parents:
        if (folder / "_config.yml").is_file():
            return folder
    return path.resolve().parent


class OutputCatcher:
    """Plays the part of a front end for `Output` widgets, as nbclient does: nbval leaves that to the page."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.output_hook_stack: dict[str, list[OutputWidget]] = defaultdict(list)
        self.widgets: dict[str, OutputWidget] = {}

    def register_output_hook(self, msg_id: str, hook: OutputWidget) -> None:
        """Let a widget catch what a cell prints from now on."""
        self.output_hook_stack[msg_id].append(hook)

    def remove_output_hook(self, msg_id: str, hook: OutputWidget) -> None:
        """Let a widget catch no more."""
        self.output_hook_stack[msg_id].pop()

    def catches(self, message: dict[str, Any]) -> bool:
        """Return whether a message goes into a widget and not into the cell's outputs."""
        kind, content = message["msg_type"], message["content"]
        if kind == "comm_open":
            state = content["data"].get("state", {})
            if state.get("_model_name") == "OutputModel":
                state.setdefault("outputs", [])
                self.widgets[content["comm_id"]] = OutputWidget(content["comm_id"], state, self.client, self)
        elif kind == "comm_msg" and content["comm_id"] in self.widgets:
            self.widgets[content["comm_id"]].handle_msg(message)
        elif kind in ("stream", "display_data", "execute_result", "error", "clear_output"):
            catching = self.output_hook_stack[message["parent_header"].get("msg_id")]
            if catching and kind == "clear_output":
                catching[-1].clear_output([], message, 0)
            elif catching:
                catching[-1].output([], message, None, 0)
            return bool(catching)
        return False


class _Item(pytest.Item):
    """What the tests of a notebook share: they fail in words, and not at all after a dead kernel."""

    parent: StrictNotebook

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.obj = SimpleNamespace(__globals__={})  # pytest's handling of `xfail` looks for it

    def setup(self) -> None:
        """Expect failure once a cell hung or the kernel died: that cell has said so."""
        if self.parent.timed_out or self.parent.dead:
            pytest.skip("an earlier cell hung or killed the kernel")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Return the failure in words."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test stands."""
        return self.path, 0, f"{self.path.name}::{self.name}"


class Whole(_Item):
    """The notebook was run once, from its first cell to its last."""

    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def runtest(self) -> None:
        """Compare the execution counts with 1, 2, 3 ..."""
        code = [cell for cell in self.parent.nb.cells if cell.cell_type == "code"]
        for number, cell in enumerate(code):
            if cell.get("execution_count") != number + 1:
                count = cell.get("execution_count")
                raise AssertionError(
                    f"{self.path.name} was not run from top to bottom: code cell {number} "
                    f"(`{cell.source.strip().splitlines()[0] if cell.source.strip() else ''}`) "
                    f"{'was never run' if count is None else f'has the execution count {count}'}, "
                    f"and {number + 1} is expected. Run `course notebooks --force {self.path.stem}`."
                )


class StrictCell(IPyNbCell):  # type: ignore[misc]
    """A code cell whose outputs are compared whole: order, alternative texts and pictures too."""

    def setup(self) -> None:
        """Expect nothing once a cell hung or the kernel died."""
        if self.parent.timed_out or self.parent.dead:
            pytest.skip("an earlier cell hung or killed the kernel")

    def runtest(self) -> None:
        """Run the cell and compare its outputs."""
        if any(self.options[name] for name in REFUSED):
            self.raise_cell_error("The cell is marked to be skipped; a chapter's cells are all run")
        try:
            super().runtest()
        except (KernelDiedError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and self.parent.kernel.is_alive():
                raise
            self.parent.dead = True
            self.raise_cell_error("The kernel died while this cell ran")
        finally:
            # Also where the outputs are not compared: the stored state counts the widgets of every cell.
            self.parent.shown_models += outputs.referenced_models(self.test_outputs or [])

    def compare_outputs(
        self, test: list[NotebookNode], ref: list[NotebookNode], skip_compare: tuple[str, ...] | None = None
    ) -> bool:
        """Return whether outputs are the stored ones; if not, leave the reason in `comparison_traceback`."""
        test = outputs.normal_outputs(test, self.parent.root)
        self.comparison_traceback: list[str] = []
        if not super().compare_outputs(test, ref, skip_compare):
            return False
        by_bytes = self.parent.by_bytes
        why = _shape_difference(ref, test, by_bytes) or _picture_difference(ref, test, by_bytes)
        if why:
            self.comparison_traceback = [why]
        return why is None


def _metadata(output: NotebookNode, by_bytes: bool) -> dict[str, Any]:
    metadata = json.loads(json.dumps(output.get("metadata", {})))
    if not by_bytes:  # where letters stand, and how wide they are, is another version's own affair
        metadata.get("course", {}).pop("letters", None)
    return dict(metadata)


def _shape_difference(stored: list[NotebookNode], run: list[NotebookNode], by_bytes: bool) -> str | None:
    """Compare what nbval leaves out: the order of outputs, their kinds and their metadata."""

    def kinds(outs: list[NotebookNode]) -> list[str]:
        return [
            f"{out.output_type} {out.get('name') or ', '.join(sorted(out.get('data', {})))}" for out in outs
        ]

    if kinds(stored) != kinds(run):
        return f"the stored outputs are {kinds(stored)}, and running gave {kinds(run)}"
    for before, now in zip(stored, run, strict=True):
        left, right = _metadata(before, by_bytes), _metadata(now, by_bytes)
        if left != right:
            return f"the output's metadata is {json.dumps(left)}, and running gave {json.dumps(right)}"
    return None


def _picture_difference(stored: list[NotebookNode], run: list[NotebookNode], by_bytes: bool) -> str | None:
    for before, now in zip(stored, run, strict=True):
        for kind in PICTURE_TYPES:
            if kind in before.get("data", {}):
                described = [one.get("metadata", {}).get("course", {}) for one in (before, now)]
                letters = [box for description in described for box in description.get("letters", [])]
                why = picture_difference(before.data[kind], now.data[kind], by_bytes, letters)
                if why:
                    return why
    return None


class ClaimItem(_Item):
    """A claim of the prose, checked after the cell above it."""

    def __init__(self, claim: Claim, cell_number: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim, self.cell_number = claim, cell_number

    def runtest(self) -> None:
        """Ask the kernel whether the claim holds."""
        answers = self.parent.kernel.ask(truth_expressions(self.claim))
        why = explain(self.claim, {name: kernels.expression_value(one) for name, one in answers.items()})
        if why is not None:
            raise AssertionError(f"{self.path.name}, cell {self.cell_number}: {why}")


class WidgetsItem(_Item):
    """The widgets' stored state is the one that running the notebook gave."""

    def runtest(self) -> None:
        """Compare the states, widget by widget."""
        metadata = self.parent.nb.metadata.get("widgets", {}).get(outputs.WIDGET_STATE, {})
        stored = metadata.get("state", {})
        if not stored and not self.parent.shown_models:
            return
        answer = self.parent.kernel.ask({"state": kernels.WIDGET_STATE})["state"]
        state, _ = outputs.normal_state(
            json.loads(kernels.text_value(answer)), self.parent.shown_models, self.path.stem
        )
        run = json.loads(json.dumps(state))
        if not self.parent.by_bytes:
            stored, run = outputs.figures_only(stored), outputs.figures_only(run)
        why = outputs.state_difference(stored, run)
        if why:
            raise AssertionError(f"{self.path.name}: {why}")
