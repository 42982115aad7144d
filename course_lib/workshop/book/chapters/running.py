"""A notebook in its kernel, cell by cell: the one core that writes chapters' notebooks and that tests them."""

import asyncio
import atexit
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from queue import Empty
from typing import IO, Any

import nbclient
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from traitlets import Type

from course_lib.workshop.book.chapters import kernels, outputs
from course_lib.workshop.book.chapters.claims import Claim, explain, truth_expressions

MOST_OUTPUT = 1_000_000  # characters of one cell; the largest picture of the course has a tenth of it


class OutputTooLargeError(Exception):
    """Raised when a cell prints or draws more than `MOST_OUTPUT`."""


class KernelAskedToEndError(Exception):
    """Raised when a cell called `exit` or `quit`, which ends the kernel some time later."""


# What a kernel does not survive, or what nobody waits for: the cells below cannot be run.
LAST_ERRORS = (OutputTooLargeError, KernelAskedToEndError, DeadKernelError, TimeoutError)


class NotebookRun:
    """One run of a notebook: its cells and claims are asked for in order, each when its caller wants it.

    Parameters
    ----------
    notebook
        The notebook; its code cells' outputs are filled in place, in normal form.
    folder
        The folder in which it runs.
    root
        The book's folder, which no output may name.
    kernel
        A kernel that runs already; by default one is started.
    kernel_name
        Which kernel to start.
    timeout
        The seconds that a cell may take; `kernels.CELL_TIMEOUT` if not given.
    """

    def __init__(
        self,
        notebook: NotebookNode,
        folder: Path,
        root: Path,
        kernel: AsyncKernelManager | None = None,
        kernel_name: str = "python3",
        timeout: float | None = None,
    ) -> None:
        self.notebook, self.root = notebook, root
        self.last_words = ""
        self.client = _Client(
            notebook,
            km=kernel,
            kernel_name=kernel_name,
            timeout=int(kernels.CELL_TIMEOUT if timeout is None else timeout),
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            store_widget_state=True,  # lets an `Output` widget catch what is printed inside it
            coalesce_streams=True,
            shutdown_kernel="immediate",
            skip_cells_with_tag="",  # every cell is run, whatever its tags say
        )

    @asynccontextmanager
    async def started(self) -> AsyncIterator["NotebookRun"]:
        """Start the kernel, and end it afterwards; `last_words` is then what a dead one wrote last."""
        with tempfile.TemporaryFile() as log:
            try:
                environment = kernels.kernel_environment()
                async with self.client.async_setup_kernel(env=environment, stderr=log, cleanup_kc=True):
                    yield self
            finally:
                self.last_words = _last_line(log)
                # nbclient forgets this where a run is cancelled, and Python would complain at its end.
                atexit.unregister(self.client._cleanup_kernel)

    async def cell(self, number: int) -> NotebookNode:
        """Run a code cell, and return it with its outputs.

        Raises
        ------
        nbclient.exceptions.CellExecutionError
            If it raises an error and is not tagged `raises-exception`.
        """
        cell: NotebookNode = self.notebook.cells[number]
        try:
            await self.client.async_execute_cell(cell, number)
        finally:
            cell.metadata.pop("execution", None)
            cell.outputs = outputs.normal_outputs(cell.outputs, self.root)
            if "remove-output" in (cell.metadata.get("tags") or []):
                cell.outputs = []  # measured times, say: they are the reader's own, and no page repeats them
        return cell

    async def claim(self, claim: Claim) -> str | None:
        """Return why a claim does not hold after the cells that ran, or None if it does."""
        answers = await self.ask(truth_expressions(claim))
        return explain(claim, {name: kernels.expression_value(one) for name, one in answers.items()})

    async def widget_state(self, name: str) -> tuple[outputs.State, dict[str, str]]:
        """Return the state of the widgets that the outputs show, and their new ids; see `normal_state`."""
        shown = outputs.referenced_models(self.outputs())
        if not shown:
            return {}, {}
        answers = await self.ask({"state": kernels.WIDGET_STATE})
        state, new_ids = outputs.normal_state(json.loads(kernels.text_value(answers["state"])), shown, name)
        outputs.add_still_pictures(state, new_ids, self.outputs())
        return state, new_ids

    def outputs(self) -> list[NotebookNode]:
        """Return the outputs of all cells, in order."""
        return [output for cell in self.notebook.cells for output in cell.get("outputs", [])]

    async def ask(self, expressions: dict[str, str]) -> dict[str, Any]:
        """Return the kernel's answers to expressions, without a trace in its history or its outputs."""
        assert self.client.kc is not None
        message = self.client.kc.execute("", silent=True, store_history=False, user_expressions=expressions)
        reply = await self.client.async_wait_for_reply(message)
        if reply is None:
            raise DeadKernelError("the kernel did not answer")
        return dict(reply["content"].get("user_expressions", {}))


class AskingChannel(AsyncZMQSocketChannel):
    """A kernel's messages, asked for anew each second.

    A socket tells of a message by a single signal. On a busy machine one was missed: the answer lay there unread
    until the cell's time was over.
    """

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """Return the next message; raise `queue.Empty` where none comes within so many seconds."""
        end = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if self.socket is None:  # closed, as after a cell that took too long: nobody waits any more
                raise asyncio.CancelledError
            try:
                return await super().get_msg(min(1.0, max(0.0, left)))
            except Empty:
                if left <= 1.0:
                    raise


class _Kernel(AsyncKernelClient):
    """jupyter_client's, with channels that miss nothing."""

    shell_channel_class = Type(AskingChannel)
    iopub_channel_class = Type(AskingChannel)


class _Client(nbclient.NotebookClient):
    """nbclient's, which also stops a cell that floods its output or ends its kernel."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.size = 0
        self.on_cell_start = self._begin
        self.on_cell_executed = self._end

    async def async_start_new_kernel_client(self) -> Any:
        """Speak to the kernel through channels of our own."""
        assert self.km is not None
        self.km.client_factory = _Kernel
        return await super().async_start_new_kernel_client()

    def _begin(self, **_: Any) -> None:
        self.size = 0

    def _end(self, execute_reply: dict[str, Any], **_: Any) -> None:
        if any(one.get("source") == "ask_exit" for one in execute_reply["content"].get("payload", ())):
            raise KernelAskedToEndError

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Take a message of the kernel; as soon as the cell has printed too much, wait for no answer."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data"):
            content = msg["content"]
            self.size += len(content.get("text", "")) + sum(map(len, map(str, content.get("data", {}).values())))
            if self.size > MOST_OUTPUT:
                # Nor is the kernel interrupted: at its answer, that would cost the answer, and it ends anyway.
                assert self.task_poll_for_reply is not None
                self.task_poll_for_reply.cancel()
                return None
        return super().process_message(msg, cell, cell_index)

    async def async_execute_cell(self, *args: Any, **options: Any) -> NotebookNode:
        """Run a cell, and tell whether it was given up for its output."""
        try:
            return await super().async_execute_cell(*args, **options)
        except DeadKernelError:
            if self.size > MOST_OUTPUT:
                raise OutputTooLargeError from None
            raise


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    # What the kernel itself says, at its start, is nobody's last word.
    lines = [
        line for line in log.read().decode(errors="replace").splitlines()
        if line.strip() and not line.startswith("[IPKernelApp]")
    ]  # fmt: skip
    return lines[-1].strip() if lines else ""
