"""What can be wrong with a chapter's code before it runs: syntax, tags, and what differs from run to run."""

import ast
import difflib
import re
from collections.abc import Iterable, Iterator

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from course_lib.workshop.book.chapters import pairs
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import Place, Problem, further_down

TAGS = (
    "hide-cell", "hide-input", "hide-output", "remove-cell", "remove-input", "remove-output", "scroll-output",
    "full-width", "margin", "raises-exception", "nbval-ignore-output", "nbval-raises-exception",
    "nbval-check-output", "keep_output",
)  # fmt: skip
SLIDES = ("slide", "subslide", "fragment", "skip", "notes", "-")
_REFUSED_TAGS = ("skip", "nbval-skip", "skip-execution")
_UNSTABLE = ("nbval-ignore-output", "remove-output")
_NO_SEED, _MACHINE = "draws random numbers without a seed", "asks what this machine is called or holds"
_GENERATORS = ("numpy.random", "random", "tensorflow.random", "keras.random")
_TIME = "a time of the clock"
_SHELL = ("sx", "system", "bash", "sh", "script", "cd", "pip", "conda", "env", "set_env", "writefile", "run",
          "load", "pinfo", "pinfo2", "pwd", "ls")  # fmt: skip
# What other calls do that no chapter can do alike twice.
_CALLS = {
    r"os\.(?:system|popen|exec\w+|spawn\w+)|subprocess\.\w+": "asks this machine's shell",
    r"urllib\.request\.\w+|requests\.\w+|httpx\.\w+": "asks the network",
    r"input|breakpoint|pdb\.\w+": "waits for somebody to type",
    r"exit|quit|sys\.exit|os\._exit|os\.abort": "ends the kernel",
    r"secrets\.\w+|uuid\.uuid[14]|os\.urandom|random\.SystemRandom": "draws random numbers that take no seed",
}
_MACHINES_OWN = re.compile(r"os\.environ|sys\.(?:version\w*|platform|path|argv)")
_ONE_MACHINE = re.compile(r"/(?:home|Users|tmp|root|content|mnt|var)/|[A-Z]:[\\/]")
_CLOCK = (
    r"time\.(?:\w*time(?:_ns)?|perf_counter(?:_ns)?|monotonic(?:_ns)?|process_time(?:_ns)?|strftime)"
    r"|datetime\.(?:datetime|date)\.(?:now|today|utcnow)"
)
_OF_THE_MACHINE = (
    r"os\.(?:getcwd|listdir|scandir|getpid|getlogin|cpu_count|getenv|uname)|platform\.\w+|socket\.\w+"
    r"|getpass\.\w+|glob\.\w+|pathlib\.Path\.(?:cwd|home)"
)


def code_problems(chapter: Chapter) -> Iterator[Problem]:
    """Yield what is wrong with the code cells of a chapter's text, each at its line."""
    text = pairs.read_text(chapter)
    code = [
        (cell, Place(chapter.shown(chapter.text), line))
        for line, cell in zip(pairs.text_lines(text), text.cells, strict=True)
        if cell.cell_type == "code"
    ]
    sources = [cell.source for cell, _ in code]
    names = imported_names(sources)
    seeded = seeded_generators(sources, names)
    called: set[str] = set()
    for cell, place in code:
        if not cell.source.strip():
            yield Problem(place, "is a code cell without code.", "Write some, or take its fences out.")
        if (name := cell.metadata.get("name")) in called:
            yield Problem(place, f"is a second cell of the name `{name}`.", "Give it another.")
        called |= {name} - {None}
        yield from _refused_marks(cell, place)
        tags = cell.metadata.get("tags") or []
        yield from tag_problems(tags, place)
        if "raises-exception" not in tags:
            yield from syntax_problems(cell.source, place)
        if not set(tags) & set(_UNSTABLE):
            yield from unstable_code(cell.source, place, names, seeded)


def _refused_marks(cell: NotebookNode, place: str) -> Iterator[Problem]:
    """Yield what looks like tags and is none, or does in a comment what tags do."""
    for name in cell.metadata:
        near = difflib.get_close_matches(name, pairs.KEPT_METADATA, n=1, cutoff=0.75)
        if name not in pairs.KEPT_METADATA and near:
            yield Problem(place, f"nobody knows the option `{name}`.", f"Did you mean `{near[0]}`?")
    slide = cell.metadata.get("slideshow", {"slide_type": "-"})
    if not isinstance(slide, dict) or set(slide) != {"slide_type"} or slide["slide_type"] not in SLIDES:
        known = ", ".join(SLIDES)
        yield Problem(place, f"the slide `{slide}` is none.", f"Write `slide_type` and one of {known}.")
    for number, line in enumerate(cell.source.split("\n")):
        if re.match(r"\s*#\s*(?:NBVAL_|PYTEST_VALIDATE)", line):
            what = "is a comment that changes how the cell is proved."
            yield Problem(further_down(place, number), what, "Say it with a tag of the cell.")


def tag_problems(tags: list[str], where: str) -> Iterator[Problem]:
    """Yield each tag that the book, nbval and the runner do not know, or that leaves a cell unproved."""
    if not isinstance(tags, list):
        yield Problem(where, f"the tags `{tags}` are no list.", "Write `:tags: [one, two]`.")
        return
    for tag in tags:
        if tag in _REFUSED_TAGS:
            yield Problem(where, f"the tag `{tag}` leaves the cell out of the proof.", "Leave the tag out.")
        elif tag not in TAGS:
            near = difflib.get_close_matches(str(tag), TAGS, n=1)
            fix = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(TAGS)}."
            yield Problem(where, f"nobody knows the tag `{tag}`.", fix)


def syntax_problems(source: str, where: str) -> Iterator[Problem]:
    """Yield the syntax error of a cell, if it has one; magic commands are no error."""
    if source.lstrip().startswith("%%"):
        return
    try:
        ast.parse(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except SyntaxError as error:
        line = min(error.lineno or 1, source.count("\n") + 1)
        yield Problem(further_down(where, line - 1), f"is no Python: {error.msg}.", "Mend the cell.")


def unstable_code(source: str, where: str, names: dict[str, str], seeded: set[str]) -> Iterator[Problem]:
    """Yield each line that prints or draws something else on every run.

    Parameters
    ----------
    source
        The source of a cell.
    where
        Where it begins.
    names
        What the chapter's own names of modules and functions stand for, as in `np` for `numpy`.
    seeded
        The generators that the chapter gives a seed, as in `numpy.random`.
    """
    for number, what in sorted(_unstable_lines(source, names, seeded).items()):
        yield Problem(
            further_down(where, number - 1), f"{what}, which is another on every run or machine.",
            "Give a seed, leave it out, or tag the cell `remove-output` or `nbval-ignore-output`.",
        )  # fmt: skip


def _unstable_lines(source: str, names: dict[str, str], seeded: set[str]) -> dict[int, str]:
    """Return the lines, counted from 1, that are another on every run, and what each does."""
    found = {}
    for number, line in enumerate(source.split("\n"), 1):
        if re.search(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", line.partition("#")[0]):
            found[number] = "may print half a character, which no file can hold and"
    tree = _tree(source)
    if tree is None:
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [getattr(node, "module", None) or "", *(one.name for one in node.names)]
            if any(re.match(r"(?:tqdm|rich\.progress|alive_progress)\b", module) for module in modules):
                found.setdefault(node.lineno, "shows a progress bar")
        elif isinstance(node, ast.Call):
            if what := _unstable_call(node, names, seeded):
                found.setdefault(node.lineno, what)
        elif isinstance(node, ast.Attribute) and _MACHINES_OWN.fullmatch(_name(node, names)):
            found.setdefault(node.lineno, _MACHINE)
        elif isinstance(node, ast.Constant) and _ONE_MACHINE.match(str(node.value)):
            found.setdefault(node.lineno, "names a folder of one machine")
    for node in (*_printed(tree), *_shown(tree)):
        if _asks_the_clock(node, names):
            found.setdefault(node.lineno, "prints what the clock says")
        elif isinstance(node, ast.Set) or _name(node, names) in ("hash", "id", "set", "object"):
            found.setdefault(node.lineno, "prints an order or a number that Python makes up")
    return found


def _asks_the_clock(node: ast.expr, names: dict[str, str]) -> bool:
    """Return whether a value holds what the clock says."""
    return any(
        re.fullmatch(_CLOCK, _name(one.func, names)) is not None
        if isinstance(one, ast.Call)
        else isinstance(one, ast.Name) and names.get(one.id) == _TIME
        for one in ast.walk(node)
    )


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except SyntaxError:
        return None


def _unstable_call(call: ast.Call, names: dict[str, str], seeded: set[str]) -> str | None:
    """Return what a call does that is another on every run or machine."""
    name = _name(call.func, names)
    if name.startswith("get_ipython."):  # what IPython makes of `%name`, `%%name` and `!command`
        first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
        if first in ("time", "timeit", "prun"):
            return "measures time"
        if name.endswith((".system", ".getoutput")) or first in _SHELL:
            return "asks this machine's shell"
        return None
    if name.startswith("subprocess.") and "sys.executable" in ast.unparse(call):
        return None  # this Python, which is everywhere
    if what := next((what for pattern, what in _CALLS.items() if re.fullmatch(pattern, name)), None):
        return what
    if re.fullmatch(_OF_THE_MACHINE, name):
        return _MACHINE
    unseeded = not (call.args or call.keywords) or (
        len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value is None
    )
    if re.fullmatch(r"numpy\.random\.(?:default_rng|RandomState|SeedSequence|PCG64)|random\.Random", name):
        return _NO_SEED if unseeded else None
    generator = name.rpartition(".")[0].replace("tf.", "tensorflow.")
    takes_its_own = any(one.arg == "seed" for one in call.keywords) or "stateless" in name
    draws = generator in _GENERATORS and not re.search(
        r"seed|Generator|[gs]et_state|\.PCG|SeedSequence", name
    )
    return _NO_SEED if draws and generator not in seeded and not takes_its_own else None


def _name(node: ast.expr, names: dict[str, str]) -> str:
    """Return the full name of what is called, as in `numpy.random.rand`; empty if it has none."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        of_a_variable = isinstance(node.value, ast.Name) and node.value.id not in names
        return "" if of_a_variable else f"{_name(node.value, names)}.{node.attr}"
    return _name(node.func, names) if isinstance(node, ast.Call) else ""


def _printed(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what a cell prints or displays by a call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func, {}) in ("print", "display"):
            yield from node.args


def _shown(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the last line of a cell if its value is displayed."""
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        yield tree.body[-1].value


def imported_names(sources: Iterable[str]) -> dict[str, str]:
    """Return what each name that some cells import stands for, as in `np` for `numpy`."""
    names: dict[str, str] = {}
    for source in sources:
        for node in ast.walk(_tree(source) or ast.Module([], [])):
            if isinstance(node, ast.Import):
                roots = [one.name.partition(".")[0] for one in node.names if not one.asname]
                names |= {root: root for root in roots}
                names |= {one.asname: one.name for one in node.names if one.asname}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            elif isinstance(node, ast.Assign) and _asks_the_clock(node.value, names):
                names |= {target.id: _TIME for target in node.targets if isinstance(target, ast.Name)}
    return names


def seeded_generators(sources: Iterable[str], names: dict[str, str]) -> set[str]:
    """Return the generators of numbers that some cells give a seed."""
    called = {
        _name(node.func, names)
        for source in sources
        for node in ast.walk(_tree(source) or ast.Module([], []))
        if isinstance(node, ast.Call)
    }
    if any(re.search(r"\.set_(?:random_)?seed$", name) for name in called):
        return set(_GENERATORS)  # Keras' own seeds all of them
    return {name.removesuffix(".seed") for name in called if name.endswith(".seed")}
