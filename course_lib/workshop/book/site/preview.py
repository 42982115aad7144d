"""`course preview`: watches what an author edits, executes what changed, and refreshes the browser.

Everything slow happens before it is needed: the builder's imports stay in this process, its templates stay
compiled, and a kernel with the chapters' libraries already imported waits for the next execution. Each
execution gets a fresh kernel, so a preview never shows what a clean run would not.
"""

import ast
import asyncio
import functools
import socket
import tempfile
import threading
import time
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import click
import jinja2
import uvicorn
import watchfiles
from jupyter_client.manager import AsyncKernelManager
from sphinx import jinja2glue
from sphinx_autobuild.filter import IgnoreFilter
from sphinx_autobuild.middleware import JavascriptInjectorMiddleware
from sphinx_autobuild.server import RebuildServer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles

from course_lib.workshop.book.chapters import execution, kernels, notebooks, pairs
from course_lib.workshop.book.chapters.dependencies import reachable_files
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.site.build import build_book
from course_lib.workshop.book.site.chapter_problems import chapter_problems, said

WATCHED = ("chapters", "course_lib", "_config.yml", "_toc.yml", "requirements.txt")
WATCHED_KINDS = {".md", ".ipynb", ".py", ".js", ".css", ".html", ".json", ".yml", ".txt", ".svg", ".png"}
SETTLING = 50  # milliseconds without a further change before a change counts


class SpareKernels:
    """Keeps one started kernel with imports done, for whichever chapter is executed next."""

    def __init__(self) -> None:
        self._waiting: AsyncKernelManager | None = None

    async def take(self) -> AsyncKernelManager | None:
        """Return the kernel that waits, or None if there is none."""
        kernel, self._waiting = self._waiting, None
        if kernel is not None and not await kernel.is_alive():
            return None
        return kernel

    async def prepare(self, libraries: Iterable[str]) -> None:
        """Start a kernel that imports some libraries while nobody waits for it."""
        if self._waiting is not None:
            return
        kernel = AsyncKernelManager(kernel_name="python3")
        with tempfile.TemporaryFile() as log:
            await kernel.start_kernel(env=kernels.kernel_environment(), stderr=log)
        client = kernel.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        # Imported without a name in the learner's sight: a chapter has to import what it uses.
        lines = [f"try: __import__({name!r})\nexcept ImportError: pass" for name in libraries]
        client.execute("\n".join(lines), silent=True, store_history=False)
        client.stop_channels()
        self._waiting = kernel

    async def stop(self) -> None:
        """End the kernel that waits."""
        kernel, self._waiting = self._waiting, None
        if kernel is not None:
            await kernel.shutdown_kernel(now=True)


class Preview:
    """Rebuilds the book after each change.

    Parameters
    ----------
    root
        The book's folder.
    say
        Called with each line for the author.
    """

    def __init__(self, root: Path, say: Callable[[str], object] = click.echo) -> None:
        self.root = root.resolve()
        self.output = self.root / "_build" / "preview"
        self.say = say
        self.kernels = SpareKernels()
        self._loop = asyncio.new_event_loop()
        self._keep_templates_compiled()

    def rebuild(self, changed: Iterable[Path] = ()) -> float:
        """Bring notebooks and pages up to date, tell what is wrong, and return the seconds that it took.

        Parameters
        ----------
        changed
            The files that changed; none means that all may have.
        """
        started = time.perf_counter()
        changed = list(changed)
        if any(
            self.root / "course_lib" / "workshop" in path.parents and path.suffix == ".py" for path in changed
        ):
            self.say("The book's own machinery changed: stop and start the preview to use it.")
        try:
            chapters = self._affected(changed)
            executed = self._loop.run_until_complete(self._update_notebooks(chapters))
        except BookError as error:
            self._tell_all(error.problems)
            chapters, executed = [], []
        told: list[Problem] = []
        try:
            book = build_book(self.root, self.output, check_pairs=False, tell=told.append)
            pages = [page for page in book.pages_written if page != "search"]
        except BookError as error:
            self._tell_all(error.problems)
            pages = []
        except Exception as error:  # whatever an extension raises: the author's next edit may mend it
            self.say(f"note: the build stopped: {type(error).__name__}: {error}")
            pages = []
        self._tell_all(dict.fromkeys(told))
        for chapter in chapters if changed else []:
            self._tell_all(dict.fromkeys(said(chapter_problems, chapter)))
        seconds = time.perf_counter() - started
        ran = f"executed {', '.join(executed)}; " if executed else ""
        self.say(f"{ran}{len(pages)} pages written in {seconds:.1f} s")
        if executed or not changed:
            self._loop.run_until_complete(self.kernels.prepare(self._libraries(chapters)))
        return seconds

    def stop(self) -> None:
        """End the kernel that waits for work."""
        self._loop.run_until_complete(self.kernels.stop())
        self._loop.close()

    def _tell_all(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.say(f"note: {problem}")

    def _affected(self, changed: list[Path]) -> list[Chapter]:
        """Return the chapters whose notebooks a change can touch."""
        chapters = notebooks.find_chapters(root=self.root)
        if changed and all(path.parent == self.root / "chapters" for path in changed):
            names = {path.stem for path in changed}
            return [chapter for chapter in chapters if chapter.name in names]
        return chapters

    async def _update_notebooks(self, chapters: list[Chapter]) -> list[str]:
        """Write the notebooks that changed; return the names of those that had to be executed."""
        executed = []
        for chapter in chapters:
            try:
                plan = execution.plan(chapter)
                if plan.reason:
                    self.say(f"executing {chapter.name} ({plan.reason}) ...")
                    kernel = await self.kernels.take()
                    await execution.run_notebook(plan.notebook, chapter, kernel=kernel)
                    executed.append(chapter.name)
                execution.put(plan, self.say)
            except BookError as error:
                self._tell_all(error.problems)
        return executed

    def _libraries(self, chapters: list[Chapter]) -> list[str]:
        """Return the libraries, the course's own left out, that the next execution will import."""
        names = {"numpy", "matplotlib.pyplot", "ipywidgets", "anywidget"}
        for chapter in chapters[-1:]:
            codes = [cell.source for cell in pairs.read_text(chapter).cells if cell.cell_type == "code"]
            sources = [path.read_text(encoding="utf-8") for path in reachable_files(codes, self.root)
                       if path.suffix == ".py"]  # fmt: skip
            for source in (*codes, *sources):
                names |= _imported_libraries(source)
        return sorted(names)

    def _keep_templates_compiled(self) -> None:
        folder = self.output / "templates"
        folder.mkdir(parents=True, exist_ok=True)
        cache = jinja2.FileSystemBytecodeCache(str(folder))
        # Sphinx makes its environment by this name; it has no setting for a cache of compiled templates.
        environment = vars(jinja2glue)["SandboxedEnvironment"]
        if not isinstance(environment, functools.partial):
            cached = functools.partial(environment, bytecode_cache=cache)
            vars(jinja2glue)["SandboxedEnvironment"] = cached


def _imported_libraries(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {
        str(node.module).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
    }
    return {name for name in names if name.split(".")[0] not in ("course_lib", "IPython", "__future__")}


class PreviewServer(RebuildServer):  # type: ignore[misc]
    """Calls the preview in this process, where imports and kernels are warm, and then refreshes browsers."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        paths = [preview.root / name for name in WATCHED if (preview.root / name).exists()]
        super().__init__(paths, IgnoreFilter([], []), change_callback=lambda changed: None)

    async def watch(self) -> None:
        """Wait for changes, rebuild, refresh, and wait again."""
        async for changes in watchfiles.awatch(
            *self.paths,
            watch_filter=self._matters,
            step=SETTLING,
            debounce=8 * SETTLING,
            stop_event=self.should_exit,
        ):
            changed = [Path(path) for _, path in changes]
            await asyncio.to_thread(self.preview.rebuild, changed)
            self.flag.set()

    def _matters(self, _change: watchfiles.Change, name: str) -> bool:
        path = Path(name)
        inside = path.relative_to(self.preview.root).parts
        if any(part.startswith(".") or part == "__pycache__" for part in inside):
            return False
        if path.suffix == ".ipynb" and path.with_suffix(".md").is_file():
            return False  # this preview writes it
        return path.suffix in WATCHED_KINDS


def serve_preview(root: Path, port: int | None = None, open_browser: bool = True) -> None:
    """Build the book, serve it, and keep it up to date until the author stops it.

    Parameters
    ----------
    root
        The book's folder.
    port
        The port on this machine; by default a free one.
    open_browser
        Whether to open the first page in a browser.

    Raises
    ------
    BookError
        If the port is taken.
    """
    port = _free_port(port)
    address = f"127.0.0.1:{port}"
    preview = Preview(root)
    click.echo("Building the book once; later changes take a moment.")
    preview.rebuild()
    server = PreviewServer(preview)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with server.lifespan(app):
            click.echo(f"The preview is at http://{address}/ - it follows your edits. Stop it with Ctrl-C.")
            if open_browser:
                threading.Timer(0.5, webbrowser.open, [f"http://{address}/"]).start()
            yield

    app = Starlette(
        routes=[
            WebSocketRoute("/websocket-reload", server, name="reload"),
            Mount("/", app=StaticFiles(directory=preview.output / "html", html=True), name="pages"),
        ],
        middleware=[Middleware(JavascriptInjectorMiddleware, ws_url=address)],
        lifespan=lifespan,
    )
    try:
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    finally:
        preview.stop()


def _free_port(wanted: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            raise BookError(
                Problem(f"port {wanted}", "is taken.", "Choose another with `--port`, or none.")
            ) from error
        return int(probe.getsockname()[1])
