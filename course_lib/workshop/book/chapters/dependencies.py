"""Which files of `course_lib` a chapter's code can reach, so that a change in one of them is noticed."""

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from course_lib.figures.sources import imported_by

PACKAGE = "course_lib"
_NO_DATA = {".py", ".pyc", ".typed"}
_MOST_SOURCES = 1024  # kept as trees: chapters reach the same modules again and again


def reachable_files(codes: Iterable[str], root: Path) -> list[Path]:
    """Return the files of `course_lib` that some pieces of code can reach, sorted.

    Imports are followed as they are written, inside functions too. A package whose `__getattr__` imports by
    name is followed through its tables, dictionaries from a name to the files behind it: who imports
    `ConcertDecision` from `figures` reaches `concert_decision.py`, `concert_decision.js` and the scripts that
    this one imports. Whoever takes such a package itself, and a module that imports by name at run time,
    reaches the whole package. Other files of a reached package count as well, unless they belong to a module
    that is not reached: `figures.css` belongs to all.

    Parameters
    ----------
    codes
        The source of the code cells. A piece that is no Python, as one with a magic command may be, is read
        line by line.
    root
        The folder that holds `course_lib`.
    """
    search = _Search(root)
    for code in codes:
        search.follow(_imported(_parse(code), "", False))
    others = list(search.other_files())
    return sorted(search.found | set(others) | _imported_scripts(others))


class _Search:
    """What was reached so far, and which names of packages that import by name were asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.found: set[Path] = set()
        self.asked: set[str] = set()
        self.whole: set[Path] = set()
        self.followed: set[tuple[str, bool]] = set()

    def follow(self, imports: Iterable[tuple[str, bool]]) -> None:
        """Reach what is imported, and what that imports in turn."""
        for name, is_taken in imports:
            if (name, is_taken) in self.followed:
                continue
            self.followed.add((name, is_taken))
            path = _module_file(name, self.root)
            if path is None:
                package, _, attribute = name.rpartition(".")
                self._ask(_module_file(package, self.root), attribute)
                continue
            tree = _read(path)
            if is_taken and path.name == "__init__.py" and _is_lazy(tree):
                self._take_whole(path.parent)
            if path in self.found:
                continue
            self.found.add(path)
            parts = path.relative_to(self.root).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            self.follow(_imported(tree, ".".join(parts[:-1] if is_package else parts), is_package))
            if _imports_by_name(tree) and not _is_lazy(tree):
                self._take_whole(path.parent)

    def _ask(self, package: Path | None, attribute: str) -> None:
        if package is None or package.name != "__init__.py" or not _is_lazy(_read(package)):
            return
        self.asked.add(attribute)
        modules = [
            package.parent / f"{name}.py" for name in _tables(package.parent).get(attribute, ())
            if (package.parent / f"{name}.py").is_file()
        ]  # fmt: skip
        if modules:
            self.follow((self._name(module), False) for module in modules)
        else:
            self._take_whole(package.parent)

    def _take_whole(self, folder: Path) -> None:
        if folder not in self.whole:
            self.whole.add(folder)
            self.follow((self._name(module), False) for module in sorted(folder.glob("*.py")))

    def _name(self, module: Path) -> str:
        parts = module.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def other_files(self) -> Iterator[Path]:
        """Yield the files that are no modules and belong to what was reached."""
        for folder in {module.parent for module in self.found}:
            reached = {module.stem for module in self.found if module.parent == folder}
            foreign = {module.stem for module in folder.glob("*.py")} - reached
            for path in folder.iterdir():
                if not path.is_file() or path.name.startswith(".") or path.suffix in _NO_DATA:
                    continue
                if path.stem not in foreign or folder in self.whole:
                    yield path


def _imported_scripts(files: Iterable[Path]) -> set[Path]:
    """Return the scripts that some scripts import, and those that these import in turn."""
    found: set[Path] = set()
    left = [path for path in files if path.suffix == ".js"]
    while left:
        script = left.pop()
        for name in imported_by(script.read_text(encoding="utf-8")):
            path = (script.parent / name).resolve()
            if path.is_file() and path not in found:
                found.add(path)
                left.append(path)
    return found


def _read(path: Path) -> ast.Module:
    return _tree(path.read_text(encoding="utf-8"))


@lru_cache(_MOST_SOURCES)
def _tree(source: str) -> ast.Module:
    return ast.parse(source)


def _is_lazy(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body)


def _tables(folder: Path) -> dict[str, set[str]]:
    """Return what a package's dictionaries list behind each name: the names of modules."""
    tables: dict[str, set[str]] = {}
    if not (folder / "__init__.py").is_file() or not _is_lazy(_read(folder / "__init__.py")):
        return tables
    for module in folder.glob("*.py"):
        for node in _read(module).body:
            value = getattr(node, "value", None)
            if not isinstance(value, ast.Dict):
                continue
            for key, entry in zip(value.keys, value.values, strict=True):
                names = [part.value for part in ast.walk(entry)
                         if isinstance(part, ast.Constant) and isinstance(part.value, str)]  # fmt: skip
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    tables.setdefault(key.value, set()).update(names)
    return tables


def _parse(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError:
        body: list[ast.stmt] = []
        for line in code.splitlines():
            try:
                body += ast.parse(line.strip()).body
            except SyntaxError:
                continue
        return ast.Module(body, [])


@lru_cache(_MOST_SOURCES)
def _imported(tree: ast.AST, module: str, is_package: bool) -> tuple[tuple[str, bool], ...]:
    """Return the dotted names that a piece of code imports, and for each whether it is taken itself.

    A name is a module or something in one. `from a.b import c` takes `a.b.c`, and passes `a` and `a.b`.
    """
    taken: list[str] = []
    passed: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            taken += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                keep = len(parents) - node.level + (1 if is_package else 0)
                base = ".".join([*parents[:keep], *([base] if base else [])])
            passed.append(base)
            taken += [f"{base}.{alias.name}" for alias in node.names]
    for name in taken:
        parts = name.split(".")
        passed += [".".join(parts[:depth]) for depth in range(1, len(parts))]
    names = [(name, False) for name in passed] + [(name, True) for name in taken]
    return tuple((name, is_taken) for name, is_taken in names if name.split(".")[0] == PACKAGE)


def _module_file(name: str, root: Path) -> Path | None:
    path = root.joinpath(*name.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


@lru_cache(_MOST_SOURCES)
def _imports_by_name(tree: ast.Module) -> bool:
    """Return whether a module imports others by a name that is computed."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return bool({"import_module", "__import__"} & (names | attributes))
