"""A pytest plugin that makes `--nbval` strict: a thin shell around the core that writes the notebooks.

nbval by itself passes a notebook that was never run or lost its outputs, a replaced picture and a changed
widget. Here nbval finds the notebooks and compares their outputs; the cells are run by the same code that
`course notebooks` runs them with, and what nbval leaves out is compared too: that every cell was run, in
order, pictures, metadata, widgets, and the claims of the prose. Load it with
`-p course_lib.workshop.book.proofs.strict_nbval`.
"""

import asyncio
import copy
import json
from collections.abc import Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile

from course_lib.workshop.book.chapters import kernels, outputs
from course_lib.workshop.book.chapters.claims import Claim, claims
from course_lib.workshop.book.chapters.pairs import OWN_METADATA
from course_lib.workshop.book.chapters.running import (
    LAST_ERRORS,
    MOST_OUTPUT,
    KernelAskedToEndError,
    NotebookRun,
    OutputTooLargeError,
)
from course_lib.workshop.book.proofs.pictures import PICTURE_TYPES, drawn_by_the_lock, picture_difference

Answer = TypeVar("Answer")
NBVAL_TIMEOUT = 2000  # nbval's own default, seconds; it means that nobody chose one


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


class StrictNotebook(IPyNbFile):  # type: ignore[misc]
    """A notebook whose cells, claims and widgets all are tests of one run."""

    def setup(self) -> None:
        """Start a kernel for a copy of the notebook."""
        self.dead = False
        self.root = _book_folder(self.path)
        options = self.config.option
        named = options.nbval_kernel_name  # another environment's, with its own matplotlib
        self.by_bytes = named is None and drawn_by_the_lock(self.root / "requirements.txt")
        self.run = NotebookRun(
            copy.deepcopy(self.nb), self.path.parent, self.root,
            kernel_name=named or "python3", timeout=options.nbval_cell_timeout,
        )  # fmt: skip
        # In a thread of its own: a test that drives a browser keeps an event loop in this one.
        self.thread, self.loop = ThreadPoolExecutor(max_workers=1), asyncio.new_event_loop()
        self.kernel_runs = self.run.started()
        self.wait(self.kernel_runs.__aenter__())
        self.setup_sanitize_files()

    def teardown(self) -> None:
        """End the kernel."""
        self.wait(self.kernel_runs.__aexit__(None, None, None))
        self.thread.shutdown()
        self.loop.close()

    def wait(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Return what asynchronous work gives."""
        return self.thread.submit(self.loop.run_until_complete, work).result()

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each code cell and each claim, in order, and one for the widgets' state."""
        try:
            cells = iter(list(super().collect()))
        except Exception as error:
            raise self.CollectError(f"{self.path.name} is no notebook: {error}") from error
        yield Whole.from_parent(self, name="whole")
        claim_number = 0
        for number, cell in enumerate(self.nb.cells):
            if cell.cell_type == "code":
                found = next(cells)
                yield StrictCell.from_parent(
                    self,
                    name=found.name,
                    cell_num=found.cell_num,
                    cell=cell,
                    options=found.options,
                    place=number,
                )
            for claim in claims(cell.source) if cell.cell_type == "markdown" else []:
                claim_number += 1
                yield ClaimItem.from_parent(
                    self, name=f"claim {claim_number}", claim=claim, cell_number=number
                )
        yield WidgetsItem.from_parent(self, name="widgets")


def _book_folder(path: Path) -> Path:
    for folder in path.resolve().parents:
        if (folder / "_config.yml").is_file():
            return folder
    return path.resolve().parent


class _Item(pytest.Item):
    """What the tests of a notebook share: they fail in words, and not at all after a dead kernel."""

    parent: StrictNotebook

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.obj = SimpleNamespace(__globals__={})  # pytest's handling of `xfail` looks for it

    def setup(self) -> None:
        """Expect failure once a cell hung or the kernel died: that cell has said so."""
        if self.parent.dead:
            pytest.skip("an earlier cell hung or killed the kernel")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Return the failure in words."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test stands."""
        return self.path, 0, f"{self.path.name}::{self.name}"


class Whole(_Item):
    """The notebook was run once, from its first cell to its last."""

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

    def __init__(self, place: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.place = place

    def setup(self) -> None:
        """Expect nothing once a cell hung or the kernel died."""
        if self.parent.dead:
            pytest.skip("an earlier cell hung or killed the kernel")

    def runtest(self) -> None:
        """Run the cell and compare its outputs."""
        if self.options["skip"]:
            self.raise_cell_error("The cell is marked to be skipped; a chapter's cells are all run")
        notebook: StrictNotebook = self.parent
        try:
            run = notebook.wait(notebook.run.cell(self.place))
        except CellExecutionError as error:
            self.raise_cell_error("Cell execution caused an exception", f"\n{error.traceback}")
        except LAST_ERRORS as error:
            notebook.dead = True
            self.raise_cell_error(_ends(error, self.config.option.nbval_cell_timeout))
        if self.options["check"] and not self.compare_outputs(run.outputs, self.cell.outputs):
            self.raise_cell_error("Cell outputs differ", "\n".join(self.comparison_traceback))

    def compare_outputs(
        self, test: list[NotebookNode], ref: list[NotebookNode], skip_compare: tuple[str, ...] | None = None
    ) -> bool:
        """Return whether outputs are the stored ones; if not, leave the reason in `comparison_traceback`."""
        self.comparison_traceback: list[str] = []
        test, ref = outputs.without_copies(test), outputs.without_copies(ref)
        if not super().compare_outputs(test, ref, skip_compare):
            return False
        by_bytes = self.parent.by_bytes
        why = _shape_difference(ref, test, by_bytes) or _picture_difference(ref, test, by_bytes)
        if why:
            self.comparison_traceback = [why]
        return why is None


def _ends(error: BaseException, timeout: float) -> str:
    if isinstance(error, CellTimeoutError):
        return f"Timeout of {timeout:g} seconds exceeded executing cell"
    if isinstance(error, OutputTooLargeError):
        return f"This cell prints or draws more than {MOST_OUTPUT / 1e6:.0f} MB"
    if isinstance(error, KernelAskedToEndError):
        return "This cell ends the kernel, with `exit` or `quit`"
    return "The kernel died while this cell ran"


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
        why = self.parent.wait(self.parent.run.claim(self.claim))
        if why is not None:
            raise AssertionError(f"{self.path.name}, cell {self.cell_number}: {why}")


class WidgetsItem(_Item):
    """The widgets' stored state is the one that running the notebook gave."""

    def runtest(self) -> None:
        """Compare the states, widget by widget."""
        metadata = self.parent.nb.metadata.get("widgets", {}).get(outputs.WIDGET_STATE, {})
        stored = metadata.get("state", {})
        state, _ = self.parent.wait(self.parent.run.widget_state(self.path.stem))
        run = json.loads(json.dumps(state))
        if not self.parent.by_bytes:
            stored, run = outputs.figures_only(stored), outputs.figures_only(run)
        why = outputs.state_difference(stored, run)
        if why:
            raise AssertionError(f"{self.path.name}: {why}")
