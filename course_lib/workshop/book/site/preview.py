"""`course preview`: watches what an author edits, executes what changed, and refreshes the browser.

Everything slow happens before it is needed: the builder's imports stay in this process, its templates stay
compiled, and a kernel with the chapters' libraries already imported waits for the next execution. Each
execution gets a fresh kernel, so a preview never shows what a clean run would not.
"""

import ast
import asyncio
import functools
import logging
import socket
import tempfile
import threading
import time
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

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
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from course_lib.workshop.book.chapters import execution, kernels, notebooks, pairs
from course_lib.workshop.book.chapters.dependencies import reachable_files
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.site.build import build_book
from course_lib.workshop.book.site.chapter_problems import problems_of

Answer = TypeVar("Answer")
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
    look
        Returns what is wrong with the whole book, for the list that stands in the pages.
    """

    def __init__(
        self,
        root: Path,
        say: Callable[[str], object] = click.echo,
        look: Callable[[], Iterable[Problem]] = lambda: (),
    ) -> None:
        self.root = root.resolve()
        self.look = look
        self.problems: list[Problem] = []  # of texts, code and pairs; they stand until their file changes
        self.build_problems: list[Problem] = []  # of the last build
        self.output = self.root / "_build" / "preview"
        self.say = say
        self.kernels = SpareKernels()
        # In a thread of its own: the caller's may run an event loop already.
        self._loop, self._thread = asyncio.new_event_loop(), ThreadPoolExecutor(max_workers=1)
        self._keep_templates_compiled()

    def rebuild(self, changed: Iterable[Path] = (), built: Callable[[], object] = lambda: None) -> float:
        """Bring notebooks and pages up to date, tell what is wrong, and return the seconds that it took.

        Parameters
        ----------
        changed
            The files that changed; none means that all may have.
        built
            Called as soon as the pages are there: what is wrong with the chapters is looked for after that.
        """
        started = time.perf_counter()
        changed = list(changed)
        if any(
            self.root / "course_lib" / "workshop" in path.parents and path.suffix == ".py" for path in changed
        ):
            self.say("The book's own machinery changed: stop and start the preview to use it.")
        told: list[Problem] = []
        found: list[Problem] = []
        try:
            chapters = self._affected(changed)
            executed = self._wait(self._update_notebooks(chapters, found.append))
        except BookError as error:
            told += error.problems
            chapters, executed = [], []
        try:
            book = build_book(
                self.root, self.output, check_pairs=False, live=False, tell=told.append, shown=built
            )
            pages = list(book.pages_written)
        except BookError as error:
            told += error.problems
            pages = []
        except Exception as error:  # whatever an extension raises: the author's next edit may mend it
            told.append(Problem("the build", f"stopped: {type(error).__name__}: {error}", ""))
            pages = []
        if changed:
            found += problems_of(chapters)
        self._note(chapters, list(dict.fromkeys(found)), list(dict.fromkeys(told)))
        seconds = time.perf_counter() - started
        ran = f"executed {', '.join(executed)}; " if executed else ""
        self.say(f"{ran}{len(pages)} pages written in {seconds:.1f} s")
        if executed or not changed:
            self._wait(self.kernels.prepare(self._libraries(chapters)))
        return seconds

    def stop(self) -> None:
        """End the kernel that waits for work."""
        self._wait(self.kernels.stop())
        self._thread.shutdown()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self._thread.submit(self._loop.run_until_complete, work).result()

    def look_at_everything(self) -> None:
        """Look for what is wrong with the whole book, which takes some seconds."""
        self.problems = list(self.look())

    def _note(self, chapters: list[Chapter], found: list[Problem], told: list[Problem]) -> None:
        """Say what is wrong with chapters and with the build, and remember it for the pages."""
        for problem in (*told, *found):
            self.say(f"note: {problem}")
        files = {chapter.shown(path) for chapter in chapters for path in (chapter.text, chapter.notebook)}
        others = [one for one in self.problems if one.where.split(":")[0] not in files]
        self.problems, self.build_problems = [*others, *found], told

    def _affected(self, changed: list[Path]) -> list[Chapter]:
        """Return the chapters whose notebooks a change can touch."""
        chapters = notebooks.find_chapters(root=self.root)
        if changed and all(path.parent == self.root / "chapters" for path in changed):
            names = {path.stem for path in changed}
            return [chapter for chapter in chapters if chapter.name in names]
        return chapters

    async def _update_notebooks(
        self, chapters: list[Chapter], tell: Callable[[Problem], object]
    ) -> list[str]:
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
                for problem in error.problems:
                    tell(problem)
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
            refresh = functools.partial(asyncio.get_running_loop().call_soon_threadsafe, self.flag.set)
            await asyncio.to_thread(self.preview.rebuild, changed, refresh)
            if any(path.parent != self.preview.root / "chapters" for path in changed):
                await asyncio.to_thread(self.preview.look_at_everything)

    def _matters(self, _change: watchfiles.Change, name: str) -> bool:
        path = Path(name)
        inside = path.relative_to(self.preview.root).parts
        if any(part.startswith(".") or part == "__pycache__" for part in inside):
            return False
        if path.suffix == ".ipynb" and path.with_suffix(".md").is_file():
            return False  # this preview writes it
        return path.suffix in WATCHED_KINDS


class _PageScripts(JavascriptInjectorMiddleware):  # type: ignore[misc]
    """Adds to each page what reloads it, and the list of what is wrong."""

    def __init__(self, app: ASGIApp, ws_url: str) -> None:
        super().__init__(app, ws_url)
        script = (Path(__file__).parent / "preview_problems.js").read_text(encoding="utf-8")
        self.script += f"<script>{script}</script>".encode()


def preview_app(server: PreviewServer, address: str, lifespan: Callable[[Starlette], Any]) -> Starlette:
    """Return the application that serves the pages, reloads them, and lists what is wrong."""
    preview = server.preview

    async def problems(_: Request) -> JSONResponse:
        return JSONResponse([vars(one) for one in (*preview.build_problems, *preview.problems)])

    return Starlette(
        routes=[
            WebSocketRoute("/websocket-reload", server, name="reload"),
            Route("/problems.json", problems),
            Mount("/", app=StaticFiles(directory=preview.output / "html", html=True), name="pages"),
        ],
        middleware=[Middleware(_PageScripts, ws_url=address)],
        lifespan=lifespan,
    )


def serve_preview(
    root: Path,
    port: int | None = None,
    open_browser: bool = True,
    look: Callable[[], Iterable[Problem]] = lambda: (),
) -> None:
    """Build the book, serve it, and keep it up to date until the author stops it.

    Parameters
    ----------
    root
        The book's folder.
    port
        The port on this machine; by default a free one.
    open_browser
        Whether to open the first page in a browser.
    look
        Returns what is wrong with the whole book.

    Raises
    ------
    BookError
        If the port is taken.
    """
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # else it reports each change once more
    port = _free_port(port)
    address = f"127.0.0.1:{port}"
    preview = Preview(root, look=look)
    click.echo("Building the book once; later changes take a moment.")
    preview.rebuild()
    server = PreviewServer(preview)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with server.lifespan(app):
            threading.Thread(target=preview.look_at_everything, daemon=True).start()
            click.echo(f"The preview is at http://{address}/ - it follows your edits. Stop it with Ctrl-C.")
            if open_browser:
                threading.Timer(0.5, webbrowser.open, [f"http://{address}/"]).start()
            yield

    app = preview_app(server, address, lifespan)
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
