"""Executing chapters: only those that changed, several at once, with the same bytes every time."""

import asyncio
import json
import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from nbformat import NotebookNode

from course_lib.workshop.book.chapters import first_cell, kernels, outputs, pairs
from course_lib.workshop.book.chapters.claims import claims
from course_lib.workshop.book.chapters.dependencies import reachable_files
from course_lib.workshop.book.chapters.files import digest, keep_copy, read_bytes
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.chapters.running import MOST_OUTPUT, KernelAskedToEndError, OutputTooLargeError, NotebookRun
from course_lib.workshop.book.problems import BookError, Place, Problem, further_down

LOCK_FILE = "requirements.txt"


@dataclass
class Plan:
    """What has to happen to one chapter.

    Parameters
    ----------
    chapter
        The chapter.
    notebook
        The notebook that its text asks for; with the old outputs if those still stand.
    reason
        Why it has to be executed; empty if it need not be.
    found
        What the notebook's file held when it was read; nothing if there was none.
    text
        What the text's file held.
    drops
        What of the found notebook nobody will find in the new one: a line for each cell.
    """

    chapter: Chapter
    notebook: NotebookNode
    reason: str
    found: bytes = b""
    text: bytes = b""
    drops: tuple[str, ...] = ()


def made_from(text: NotebookNode, chapter: Chapter) -> str:
    """Return the digest of all that a chapter's outputs depend on.

    That is its code, with the tags that change how it runs; its claims, and where they stand; the files of
    `course_lib` that the code can reach; and the versions in the lock file.
    """
    root = chapter.addresses.root
    parts: list[str | bytes] = []
    codes = [cell.source for cell in text.cells if cell.cell_type == "code"]
    for cell in text.cells:
        if cell.cell_type == "code":
            parts += ["code", cell.source, repr(sorted(cell.metadata.get("tags") or []))]
        elif cell.cell_type == "markdown":
            parts += [part for claim in claims(cell.source) for part in ("claim", claim.expression)]
    for path in reachable_files(codes, root):
        parts += [path.relative_to(root).as_posix(), path.read_bytes()]
    if any("course_lib.figures" in source for source in codes):
        parts += ["a figure at rest", outputs.STILL_PICTURE]
    lock_file = root / LOCK_FILE
    parts += [LOCK_FILE, lock_file.read_bytes() if lock_file.is_file() else b""]
    return digest(*parts)


def plan(chapter: Chapter, force: bool = False) -> Plan:
    """Decide what has to happen to a chapter, without doing it.

    Raises
    ------
    BookError
        If the notebook holds an edit that the text does not, which executing would overwrite.
    """
    text_bytes = chapter.text.read_bytes() if chapter.text.is_file() else b""
    text = pairs.read_text(chapter)
    key = made_from(text, chapter)
    notebook = pairs.make_notebook(text, chapter, key)
    if not chapter.notebook.is_file():
        return Plan(chapter, notebook, "new", b"", text_bytes)
    found = read_bytes(chapter.notebook, chapter.shown(chapter.notebook))
    try:
        old = pairs.read_notebook(chapter)
        assert old is not None
        problem = _overwriting(chapter, text, old)
    except BookError as error:
        if not force:
            raise
        return Plan(chapter, notebook, "asked for", found, text_bytes, tuple(one.what for one in error.problems))
    if problem is not None and not force:
        raise BookError(problem)
    drops = tuple(
        f"`{key}` of the notebook's own metadata, which no text can hold"
        for key in old.metadata if not pairs.EDITORS_NOTEBOOK_METADATA.match(key)
    )  # fmt: skip
    if force:
        drops = (*(_edits(chapter, text, old) if problem else ()), *drops)
        return Plan(chapter, notebook, "asked for", found, text_bytes, drops)
    if old.metadata.get(pairs.OWN_METADATA, {}).get("made_from") != key:
        return Plan(chapter, notebook, "changed", found, text_bytes, drops)
    if not _keep_outputs(old, notebook):
        return Plan(chapter, notebook, "not run from top to bottom", found, text_bytes, drops)
    known = old.metadata[pairs.OWN_METADATA].get("outputs")
    if known is not None and known != outputs_digest(old):
        _drop_outputs(notebook)
        return Plan(chapter, notebook, "run by another program, or its outputs were changed", found, text_bytes, drops)
    if known is not None:  # a notebook of an older release learns it when it is executed next
        notebook.metadata[pairs.OWN_METADATA]["outputs"] = known
    return Plan(chapter, notebook, "", found, text_bytes, drops)


def _edits(chapter: Chapter, text: NotebookNode, old: NotebookNode) -> tuple[str, ...]:
    """Return what a notebook holds that its text does not, a line for each cell."""
    lines = pairs.differences(pairs.text_cells(text), pairs.notebook_cells(old, chapter))
    if _changed_first_cell(chapter, old):
        lines.insert(0, "the first cell, which every notebook gets, was changed inside")
    return tuple(lines)


def _changed_first_cell(chapter: Chapter, notebook: NotebookNode) -> bool:
    return any(
        first_cell.is_first_cell(cell) and first_cell.is_changed_inside(cell, chapter.addresses)
        for cell in notebook.cells
    )


def _overwriting(chapter: Chapter, text: NotebookNode, old: NotebookNode) -> Problem | None:
    """Return why a notebook must not be overwritten: it holds an edit that its text does not."""
    in_text, in_notebook = pairs.text_cells(text), pairs.notebook_cells(old, chapter)
    now = pairs.cells_digest(in_notebook)
    remembered = old.metadata.get(pairs.OWN_METADATA, {}).get("text")
    shown = chapter.shown(chapter.notebook)
    if now in (remembered, pairs.cells_digest(in_text)):
        if not _changed_first_cell(chapter, old):
            return None
        return Problem(shown, "its first cell was changed, which every notebook gets from the course.",
                       "Put what you need into a cell of its own, or drop the change with "
                       f"`{chapter.force_command}`; it keeps a copy.")  # fmt: skip
    changed = "; ".join(pairs.differences(in_text, in_notebook)[:3])
    if chapter.is_generated:
        return Problem(shown, f"was edited, and it is made from the exercises' definitions: {changed}.",
                       f"Make the change in {pairs.DEFINITIONS}/{chapter.name}.py, then run "
                       "`course release --force`, which keeps a copy of this file.")  # fmt: skip
    if remembered == pairs.cells_digest(in_text):
        return Problem(shown, f"was edited and its text was not: {changed}.",
                       f"Take the edit back with `course take-back {shown}`, or drop it with "
                       f"`{chapter.force_command}`, which keeps a copy.")  # fmt: skip
    return Problem(shown, f"was edited, and so was {chapter.shown(chapter.text)}, since the two were paired.",
                   f"Merge by hand into the text, then `{chapter.force_command}`, which keeps a copy of the "
                   "notebook. Both sides:\n" + pairs.show_both(in_text, in_notebook, chapter))  # fmt: skip


def put(plan: Plan, say: Callable[[str], object] = print) -> bool:
    """Write the notebook of a plan, and return whether that changed the file.

    What it drops is said, with the place of a copy. A text that was saved while its chapter was executed is
    named, because the notebook holds the older one.

    Raises
    ------
    BookError
        If the notebook was saved by another program since the plan was made; that file stands.
    """
    chapter = plan.chapter
    shown = chapter.shown(chapter.notebook)
    if plan.drops:
        copy = keep_copy(chapter.notebook, chapter.addresses.root)
        for line in plan.drops:
            say(f"{shown}: dropped: {line}")
        say(f"{shown}: a copy with all of it is {chapter.shown(copy)}")
    changed = pairs.write_notebook(plan.notebook, chapter.notebook, plan.found, shown)
    if chapter.text.is_file() and chapter.text.read_bytes() != plan.text:
        say(f"{chapter.shown(chapter.text)}: was saved while its notebook was made; run the same command again.")
    return changed


def _drop_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)


def outputs_digest(notebook: NotebookNode) -> str:
    """Return the digest that tells whether what a notebook printed and drew was changed by hand."""
    stored = [cell.get("outputs", []) for cell in notebook.cells if cell.cell_type == "code"]
    widgets = notebook.metadata.get("widgets", {})
    return digest(json.dumps([stored, widgets], sort_keys=True, ensure_ascii=True))


def _keep_outputs(old: NotebookNode, new: NotebookNode) -> bool:
    """Copy the outputs of an executed notebook into its successor; return False if it was not executed."""
    old_code = [cell for cell in old.cells if cell.cell_type == "code"]
    new_code = [cell for cell in new.cells if cell.cell_type == "code"]
    if [cell.get("execution_count") for cell in old_code] != list(range(1, len(new_code) + 1)):
        return False
    for before, after in zip(old_code, new_code, strict=True):
        after.outputs, after.execution_count = before.outputs, before.execution_count
    if "widgets" in old.metadata:
        new.metadata.widgets = old.metadata.widgets
    return True


def execute(
    plans: Iterable[Plan],
    jobs: int | None = None,
    progress: Callable[[Plan, int], Any] = lambda plan, cells: None,
    finished: Callable[[Plan], Any] = lambda plan: None,
) -> list[Problem]:
    """Execute chapters, several at once, and return what went wrong.

    Parameters
    ----------
    plans
        The chapters to execute. Their notebooks are filled in place.
    jobs
        How many run at the same time; by default as many as there are processors.
    progress
        Called with a plan and the number of its cells that were just executed.
    finished
        Called with each plan whose chapter ran without a problem, as soon as it has.
    """
    work = _execute(list(plans), jobs or os.cpu_count() or 1, progress, finished)
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def cancellable() -> list[Problem]:
        task = asyncio.current_task()
        assert task is not None
        running.append((asyncio.get_running_loop(), task))
        return await work

    # In a thread of its own: the caller's may run an event loop already, as a notebook's does.
    with ThreadPoolExecutor(max_workers=1) as thread:
        future = thread.submit(asyncio.run, cancellable())
        try:
            return future.result()
        except KeyboardInterrupt:  # Ctrl-C: the kernels end, and no further chapter begins
            for loop, task in running:
                loop.call_soon_threadsafe(task.cancel)
            raise


async def _execute(
    plans: list[Plan], jobs: int, progress: Callable[[Plan, int], Any], finished: Callable[[Plan], Any]
) -> list[Problem]:
    turns = asyncio.Semaphore(jobs)
    problems: list[Problem] = []

    async def one(plan: Plan) -> None:
        async with turns:
            try:
                await run_notebook(plan.notebook, plan.chapter, lambda: progress(plan, 1))
                finished(plan)
            except BookError as error:
                problems.extend(error.problems)

    await asyncio.gather(*(one(plan) for plan in plans))
    return problems


async def run_notebook(
    notebook: NotebookNode,
    chapter: Chapter,
    progress: Callable[[], Any] = lambda: None,
    kernel: AsyncKernelManager | None = None,
) -> None:
    """Execute a chapter's notebook in place, check its claims, and bring its outputs into normal form.

    Raises
    ------
    BookError
        If a cell raises, hangs or prints what no second run would print, or if a claim does not hold.
    """
    where = chapter.shown(chapter.text)
    places = _places(notebook, chapter)
    run = NotebookRun(notebook, chapter.text.parent, chapter.addresses.root, kernel)
    number = 0
    try:
        async with run.started():
            for number, cell in enumerate(notebook.cells):
                if cell.cell_type == "code":
                    before = _files(chapter)
                    await run.cell(number)
                    _check_outputs(cell, places[number], chapter)
                    _check_files(before, chapter, cell, places[number])
                    await _check_threads(run, cell, places[number])
                else:
                    for claim in claims(cell.source):
                        if why := await run.claim(claim):
                            place = further_down(places[number], claim.line)
                            raise BookError(Problem(place, why, "Correct the sentence or the code."))
                progress()
            await _store_widgets(run, chapter)
            own = notebook.metadata.setdefault(pairs.OWN_METADATA, NotebookNode())
            own["outputs"] = outputs_digest(notebook)
    except NoSuchKernel as error:
        raise BookError(
            Problem(where, "there is no Python kernel here.",
                    "Install it: `make test` sets everything up in .venv, or `pip install ipykernel`.")
        ) from error  # fmt: skip
    except CellTimeoutError as error:
        raise BookError(
            Problem(places[number], f"{_title(notebook, number)} ran for more than {kernels.CELL_TIMEOUT:.0f} s.",
                    "Mend the endless loop, or make the cell do less.")
        ) from error  # fmt: skip
    except DeadKernelError as error:
        last = f" Its last words: `{run.last_words}`." if run.last_words else ""
        raise BookError(
            Problem(places[number], f"the kernel died while {_title(notebook, number)} ran.{last}",
                    "Look for a crash in compiled code, or for more memory than there is.")
        ) from error  # fmt: skip
    except OutputTooLargeError as error:
        raise BookError(
            Problem(places[number], f"{_title(notebook, number)} prints or draws more than "
                    f"{MOST_OUTPUT / 1e6:.0f} MB.", "Print a part of it; a reader reads no more.")
        ) from error  # fmt: skip
    except KernelAskedToEndError as error:
        raise BookError(
            Problem(places[number], f"{_title(notebook, number)} ends the kernel, with `exit` or `quit`.",
                    "Leave that out: the cells below need the kernel.")
        ) from error  # fmt: skip
    except CellExecutionError as error:
        line, headline = _headline(error)
        fix = "Mend the cell, or tag it `raises-exception` if the error is the lesson."
        if error.ename == "ModuleNotFoundError":
            fix = "Correct the name, or install it: `make test` sets up all that chapters use, TensorFlow too."
        place = further_down(places[number], line - 1)
        raise BookError(Problem(place, f"{_title(notebook, number)} raised {headline}", fix)) from error


async def _check_threads(run: NotebookRun, cell: NotebookNode, place: str) -> None:
    """Refuse a cell that leaves a thread running: what that prints lands in another cell, or nowhere."""
    if "hread" not in cell.source and "Timer" not in cell.source:
        return
    answer = (await run.ask({"threads": kernels.THREADS}))["threads"]
    worked, names = kernels.expression_value(answer)
    if worked and names != "[]":
        raise BookError(
            Problem(place, f"{_title_of(cell)} leaves a thread running, which may print after the cell.",
                    "Wait for it in the cell itself, with `thread.join()`.")
        )  # fmt: skip


def _files(chapter: Chapter) -> set[str]:
    """Return the book's files that a cell could leave behind: in its folder, beside its pictures, at the root."""
    root = chapter.addresses.root
    folders = {chapter.text.parent, chapter.text.parent / "images", root}
    return {
        (Path(folder) / entry.name).relative_to(root).as_posix()
        for folder in folders if folder.is_dir()
        for entry in os.scandir(folder) if folder != root or entry.is_file()
    }  # fmt: skip


def _check_files(before: set[str], chapter: Chapter, cell: NotebookNode, place: str) -> None:
    """Refuse a cell that leaves a file among the chapters."""
    texts = (".md", ".ipynb")  # written by people, or for another chapter, meanwhile
    new = sorted(
        name for name in _files(chapter) - before
        if not re.search(r"(?:^|/)(?:[.#]|__)|~$", name) and not name.endswith(texts)
    )  # fmt: skip
    if new:
        raise BookError(
            Problem(place, f"{_title_of(cell)} writes {new[0]}, which stays there.",
                    "Write into `tempfile.TemporaryDirectory()`, and delete that file.")
        )  # fmt: skip


def _places(notebook: NotebookNode, chapter: Chapter) -> list[str]:
    """Return where each cell of a notebook stands in the chapter's text; the first cell stands nowhere."""
    shown = chapter.shown(chapter.text)
    try:
        lines = pairs.text_lines(pairs.read_text(chapter))
    except BookError:
        lines = []
    lines += [1] * (len(notebook.cells) - 1 - len(lines))  # the text was saved meanwhile
    return [Place(shown, 1), *(Place(shown, line) for line in lines)]


def _title(notebook: NotebookNode, number: int) -> str:
    return _title_of(notebook.cells[number])


def _title_of(cell: NotebookNode) -> str:
    return f"`{cell.source.strip().split(chr(10), 1)[0][:60]}`"


def _headline(error: CellExecutionError) -> tuple[int, str]:
    """Return the line of the cell that an error came from, and the error in one line."""
    traceback = outputs.without_colours(error.traceback)
    found = re.search(r"^-+> (\d+) (.*)$", traceback, re.MULTILINE)
    if found is None:  # a syntax error has no frame, only a line
        found = re.search(r"(?:line |In\[\d+\], line )(\d+)\)?\n()", traceback)
    value = " ".join(error.evalue.split())
    value = re.sub(r"\s*\(\d+\.py, line \d+\)|\s*\(<ipython[^)]*\)", "", value)
    said = f" (line {found[1]}: `{found[2].strip()}`)" if found and found[2].strip() else ""
    return int(found[1]) if found else 1, f"{error.ename}{': ' * bool(value)}{value}{said}."


def _check_outputs(cell: NotebookNode, place: str, chapter: Chapter) -> None:
    root = chapter.addresses.root
    tags = cell.metadata.get("tags") or []
    unstable = outputs.unwritable_text(cell.outputs)
    if unstable is None and "nbval-ignore-output" not in tags:
        unstable = outputs.unstable_text(cell.outputs, root)
    if unstable is not None:
        raise BookError(
            Problem(place, f"{_title_of(cell)} {unstable}.", "Print what is the same on every run and machine.")
        )


async def _store_widgets(run: NotebookRun, chapter: Chapter) -> None:
    state, new_ids = await run.widget_state(chapter.name)
    if state:
        outputs.rename_models(run.outputs(), new_ids)
        run.notebook.metadata.widgets = outputs.widgets_metadata(state)
        nbformat.validate(run.notebook)
