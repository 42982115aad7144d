"""What can be wrong with a chapter's code before it runs: syntax, tags, and what differs from run to run."""

import ast
import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module

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
_NO_DRAW = re.compile(r"seed|Generator|[gs]et_state|\.PCG|SeedSequence")
_GENERATORS = ("numpy.random", "random", "tensorflow.random", "keras.random")
# Calls that draw from a module's generator although their own name does not say so.
_DRAWS_FROM = {
    r"sklearn\.\w+\.(?:train_test_split|shuffle|resample|permutation_\w+|make_(?!pipeline|union|scorer|column)\w+|\w*Shuffle\w+"
    r"|MLP\w+|SGD\w+|Perceptron|RandomForest\w+|ExtraTree\w+|DecisionTree\w+|GradientBoosting\w+|KMeans|MiniBatch\w+"
    r"|GaussianMixture|TSNE|PCA|RandomizedSearchCV|Bagging\w+|AdaBoost\w+)": "numpy.random",
    r"scipy\.stats\..*\.rvs": "numpy.random",
    r"torch\.(?:rand\w*|normal|bernoulli|multinomial)": "torch",
    r"(?:tensorflow\.)?keras\.(?:models\.)?Sequential": "keras.random",  # the weights that it begins with
    r"tensorflow\.data\.\w+(?:\.\w+)*\.shuffle": "tensorflow.random",
}
_SEEDS = ("seed", "random_state")
_TIME = "a time of the clock"
_SET = "a set"
_MADE_UP = ("hash", "id", "set", "frozenset", "object")
_NOW = ("'now'", "'today'")
_TEXT = "the text "
_ADDRESS, _A_FILE = re.compile(r"(?:https?|ftp|s3|gs)://"), re.compile(r"[^\n:{}]*\w\.[A-Za-z]\w{0,6}")
_TO_WRITE, _OF_A_BROWSER = re.compile(r"[rbt+]*[wax][bt+]*"), ("html", "javascript", "js", "svg")
_SHELL = ("sx", "system", "bash", "sh", "script", "cd", "pip", "conda", "env", "set_env", "writefile", "run",
          "load", "pinfo", "pinfo2", "pwd", "ls")  # fmt: skip
# What other calls do that no chapter can do alike twice.
_CALLS = {
    r"os\.(?:system|popen|exec\w+|spawn\w+)|subprocess\.\w+": "asks this machine's shell",
    r"input|breakpoint|pdb\.\w+": "waits for somebody to type",
    r"exit|quit|sys\.exit|os\._exit|os\.abort": "ends the kernel",
    r"secrets\.\w+|uuid\.uuid[14]|os\.urandom|random\.SystemRandom"
    r"|tensorflow\.random\.Generator\.from_non_deterministic_state": "draws random numbers that take no seed",
}
_NETWORK = re.compile(
    r"urllib\.request\.\w+|requests\.\w+|httpx\.\w+|socket\.create_connection|(?:tensorflow\.)?keras\.utils\.get_file"
    r"|(?:tensorflow\.)?keras\.datasets\.\w+\.load_data|sklearn\.datasets\.fetch_\w+"
    r"|tensorflow_datasets\.load|seaborn\.load_dataset"
)
_READERS = re.compile(
    r"(?:.*\.)?(?:open|read_\w+|load(?:txt|_model)?|genfromtxt|fromfile|imread|DataSource\.\w+)"
)
_WRITERS = re.compile(r"(?:.*\.)?(?:save\w*|to_\w+|write_\w+|dump|export)")
_MACHINES_OWN = re.compile(r"os\.environ|sys\.(?:version\w*|platform|path|argv)")
_ONE_MACHINE = re.compile(r"/(?:home|Users|tmp|root|content|mnt|var)/|[A-Z]:[\\/]")
_CLOCK = (
    r"time\.(?:\w*time(?:_ns)?|perf_counter(?:_ns)?|monotonic(?:_ns)?|process_time(?:_ns)?|strftime)"
    r"|datetime\.(?:datetime|date)\.(?:now|today|utcnow)|pandas\.Timestamp\.(?:now|today|utcnow)"
    r"|pandas\.to_datetime\.now|timeit\.(?:timeit|repeat|default_timer)"
)
_OF_THE_MACHINE = (
    r"os\.(?:getcwd|listdir|scandir|getpid|getlogin|cpu_count|getenv|uname)|platform\.\w+|socket\.\w+"
    r"|getpass\.\w+|glob\.\w+|pathlib\.Path\.(?:cwd|home|iterdir|glob|rglob)|psutil\.\w+|multiprocessing\.cpu_count"
    r"|tensorflow\.config\.list_\w+"
)


def code_problems(chapter: Chapter) -> Iterator[Problem]:
    """Yield what is wrong with the code cells of a chapter's text, each at its line."""
    text = pairs.read_text(chapter)
    cells = [
        (cell, Place(chapter.shown(chapter.text), line))
        for line, cell in zip(pairs.text_lines(text), text.cells, strict=True)
    ]
    code = [one for one in cells if one[0].cell_type == "code"]
    for cell, place in cells:
        if cell.cell_type == "markdown":
            yield from _refused_marks(cell, place)
            for tag in set(cell.metadata.get("tags") or []) - {"remove-cell"}:
                yield Problem(
                    place, f"the tag `{tag}` means nothing to a cell without code.", "Leave it out."
                )
    sources = [cell.source for cell, _ in code]
    names = imported_names(sources)
    made = files_made(sources, names)
    called: set[str] = set()
    for number, (cell, place) in enumerate(code):
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
        yield from left_behind(cell.source, place, names, made, "raises-exception" in tags)
        if not set(tags) & set(_UNSTABLE):
            # A function may be called after the seed is set that stands below it.
            defines = re.search(r"^ *(?:def|class) |\blambda\b", cell.source, re.MULTILINE)
            seeded = seeded_generators(sources if defines else sources[: number + 1], names)
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
    if cell.cell_type != "code":
        return
    if option := re.match(rf"({'|'.join(pairs.KEPT_METADATA)}):\s*[\[{{]", cell.source):
        yield Problem(
            place, f"`{option[1]}:` is no option without a colon in front.", f"Write `:{option[1]}:`."
        )
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


def left_behind(
    source: str, where: str, names: dict[str, str], made: Collection[str] = (), may_fail: bool = False
) -> Iterator[Problem]:
    """Yield what a cell needs and does not bring along, whatever its tags: a file, the network, a browser.

    Parameters
    ----------
    source, where
        The source of a cell, and where it begins.
    names
        What the chapter's own names stand for, as for `unstable_code`.
    made
        The files that the chapter writes itself.
    may_fail
        Whether the cell is there to show an error: then it may ask for a file that is missing.
    """
    tree = _tree(source) or ast.Module([], [])
    tried = {inner for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
    for call in _calls_in(tree):
        name, texts = _name(call.func, names), _texts(call, names)
        place = further_down(where, call.lineno - 1)
        reads = _READERS.fullmatch(name) and not any(map(_TO_WRITE.fullmatch, texts))
        missing = [text for text in texts if reads and _A_FILE.fullmatch(text) and text not in made]
        fix = "Make the data in the cell, or let `course_lib` bring them."
        if _NETWORK.fullmatch(name) or (reads and any(map(_ADDRESS.match, texts))):
            yield Problem(place, "asks the network, which is not there on every machine.", fix)
        elif missing and not may_fail and call not in tried:
            yield Problem(place, f"reads {missing[0]}, which does not travel with the notebook.", fix)
        elif name == "IPython.display.Javascript" or (
            name == "get_ipython.run_cell_magic" and "".join(texts[:1]).lower() in _OF_A_BROWSER
        ):
            what = "is run by a browser, and not everywhere that the notebook is shown."
            yield Problem(place, what, "Draw it with Matplotlib or as a live figure.")


def files_made(sources: Iterable[str], names: dict[str, str]) -> set[str]:
    """Return the files that cells write, as far as their names are written out."""
    found = set()
    for source in sources:
        for call in _calls_in(_tree(source)):
            texts = _texts(call, names)
            if _WRITERS.fullmatch(_name(call.func, names)) or any(map(_TO_WRITE.fullmatch, texts)):
                found.update(texts)
            elif "writefile" in texts[:1]:
                found.update(texts[1:2])
    return found


def _calls_in(tree: ast.Module | None) -> list[ast.Call]:
    return [node for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.Call)]


def _texts(call: ast.Call, names: dict[str, str]) -> list[str]:
    """Return the texts that a call is made on and with, as far as they are written out."""
    given = [call.func, *call.args, *(one.value for one in call.keywords)]
    return [text for one in given if (text := _text(one, names))]


def _text(node: ast.expr, names: dict[str, str]) -> str:
    """Return the text that a value is, as far as it is written out: the beginning of an address is enough."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return names.get(node.id, "").partition(_TEXT)[2]
    if isinstance(node, ast.Attribute):  # as in `Path("x.csv").read_text()`
        return _text(node.value, names) if isinstance(node.value, ast.Call | ast.BinOp) else ""
    if isinstance(node, ast.BinOp | ast.JoinedStr):
        parts = [node.left, node.right] if isinstance(node, ast.BinOp) else node.values
    elif isinstance(node, ast.Call) and re.fullmatch(
        r"pathlib\.\w*Path|os\.path\.join", _name(node.func, names)
    ):
        parts = node.args
    else:
        return ""
    known = [_text(one, names) for one in parts]
    return "/".join(known) if all(known) or any(map(_ADDRESS.match, known[:1])) else ""


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
        elif isinstance(node, ast.Lambda | ast.GeneratorExp) or _is_made_up(node, names):
            found.setdefault(node.lineno, "prints an order or a number that Python makes up")
        elif any(isinstance(one, ast.Attribute) and one.attr == "__version__" for one in ast.walk(node)):
            found.setdefault(node.lineno, "prints a version")
    for loop in ast.walk(tree):
        if isinstance(loop, ast.For) and _is_made_up(loop.iter, names) and any(map(_prints, ast.walk(loop))):
            found.setdefault(loop.lineno, "prints in an order that Python makes up")
    return found


def _asks_the_clock(node: ast.expr, names: dict[str, str]) -> bool:
    """Return whether a value holds what the clock says."""
    return any(
        re.fullmatch(_CLOCK, _name(one.func, names)) is not None
        or (_name(one.func, names) == "numpy.datetime64" and "".join(map(ast.unparse, one.args[:1])) in _NOW)
        if isinstance(one, ast.Call)
        else isinstance(one, ast.Name) and names.get(one.id) == _TIME
        for one in ast.walk(node)
    )


def _is_made_up(node: ast.AST, names: dict[str, str]) -> bool:
    """Return whether a value shows the order of a set or an object's number, which Python makes up."""
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return _is_made_up(node.generators[0].iter, names)
    if isinstance(node, ast.Call):
        name = _name(node.func, names)
        keeps_order = name in ("list", "tuple", "str", "repr", "iter", "enumerate") or name.endswith(".join")
        return name in _MADE_UP or (keeps_order and any(_is_made_up(one, names) for one in node.args))
    if isinstance(node, ast.Name):
        return names.get(node.id) == _SET
    parts = (ast.List, ast.Tuple, ast.Starred, ast.JoinedStr, ast.FormattedValue)
    return isinstance(node, parts) and any(_is_made_up(one, names) for one in ast.iter_child_nodes(node))


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
    if re.fullmatch(r"numpy\.random\.(?:default_rng|RandomState|SeedSequence|PCG64)|random\.Random", name):
        return None if _gives_a_seed(call, names) else _NO_SEED
    generator = next((of for pattern, of in _DRAWS_FROM.items() if re.fullmatch(pattern, name)), "")
    if isinstance(call.func, ast.Attribute) and call.func.attr == "sample" and _asks_for_rows(call):
        generator = "numpy.random" if "pandas" in names.values() else ""
    if name.rpartition(".")[0] in _GENERATORS and not _NO_DRAW.search(name):
        generator = name.rpartition(".")[0]
    own = [one.value for one in call.keywords if one.arg in _SEEDS or one.arg is None]
    takes_its_own = any(ast.unparse(value) != "None" for value in own) or "stateless" in name
    shuffles_not = any(one.arg == "shuffle" and ast.unparse(one.value) == "False" for one in call.keywords)
    return _NO_SEED if generator and not ({generator} & seeded or takes_its_own or shuffles_not) else None


def _asks_for_rows(call: ast.Call) -> bool:
    """Return whether a call of `sample` is a table's: Python's own wants what to take from, too."""
    return isinstance(call.func, ast.Attribute) and (
        {one.arg for one in call.keywords} & {"n", "frac"} != set()
        or (len(call.args) < 2 and not call.keywords)
    )


def _gives_a_seed(call: ast.Call, names: dict[str, str]) -> bool:
    """Return whether a call hands over a seed that is the same on every run."""
    given = [*call.args, *(one.value for one in call.keywords)]
    return any(ast.unparse(one) != "None" for one in given) and not any(
        _asks_the_clock(one, names) or _name(one, names) in _MADE_UP for one in given
    )


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
        if isinstance(node, ast.Call) and _prints(node):
            yield from node.args


def _prints(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _name(node.func, {}) in ("print", "display")


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
                if node.names[0].name == "*" and node.module in ("random", "numpy.random"):
                    names |= {name: f"{node.module}.{name}" for name in import_module(node.module).__all__}
            elif isinstance(node, ast.Assign) and (meaning := _meaning(node.value, names)):
                names |= {target.id: meaning for target in node.targets if isinstance(target, ast.Name)}
    return names


def _meaning(value: ast.expr, names: dict[str, str]) -> str:
    """Return what a variable stands for from now on, as far as it matters here; nothing if it does not."""
    if _asks_the_clock(value, names):
        return _TIME
    if text := _text(value, names):
        return _TEXT + text
    if isinstance(value, ast.Set | ast.SetComp) or _name(value, names) in ("set", "frozenset"):
        return _SET
    named = _name(value, names) if isinstance(value, ast.Attribute) else ""  # as in `draw = np.random.rand`
    return named if named.startswith(_GENERATORS) else ""


def seeded_generators(sources: Iterable[str], names: dict[str, str]) -> set[str]:
    """Return the generators of numbers that some cells give a seed."""
    seeded: set[str] = set()
    for source in sources:
        for node in ast.walk(_tree(source) or ast.Module([], [])):
            if isinstance(node, ast.Call) and _gives_a_seed(node, names):
                name = _name(node.func, names)
                if name.endswith(".set_random_seed"):
                    seeded |= set(_GENERATORS)  # Keras' own seeds all of them
                seeded |= {re.sub(r"\.(?:set_|manual_)?seed$", "", name)}
    return seeded
