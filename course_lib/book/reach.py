"""Which files of `course_lib` a chapter's code can reach, so that a change in one of them is noticed."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = "course_lib"
# What belongs to no chapter: authors' and instructors' tools, which no chapter imports.
_CODE_SUFFIX = ".py"


def reachable_files(codes: Iterable[str], root: Path) -> list[Path]:
    """Return the files of `course_lib` that some pieces of code can reach, sorted.

    Imports are followed as they are written, inside functions too. A module that imports by name at run
    time (`importlib`, a package's `__getattr__`) reaches its whole package. Other files of a reached
    package count as well, save those that carry the name of a module that is not reached: `figure.js`
    belongs to `figure.py`, `toolkit.js` to all.

    Parameters
    ----------
    codes
        The source of the code cells. A piece that is no Python, as one with a magic command may be, is read
        line by line.
    root
        The folder that holds `course_lib`.
    """
    found: set[Path] = set()
    waiting = [name for code in codes for name in _imported(_parse(code), "", False)]
    while waiting:
        path = _module_file(waiting.pop(), root)
        if path is None or path in found:
            continue
        found.add(path)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        waiting += _imported(tree, name, is_package)
        if _imports_by_name(tree):
            waiting += [".".join(module.relative_to(root).with_suffix("").parts)
                        for module in path.parent.glob("*.py")]  # fmt: skip
    return sorted(found | set(_other_files(found)))


def _other_files(modules: set[Path]) -> Iterator[Path]:
    for folder in {module.parent for module in modules}:
        reached = {module.stem for module in modules if module.parent == folder}
        foreign = {module.stem for module in folder.glob("*.py")} - reached
        for path in folder.iterdir():
            belongs_here = path.stem not in foreign and path.suffix not in {_CODE_SUFFIX, ".pyc", ".typed"}
            if path.is_file() and belongs_here and not path.name.startswith("."):
                yield path


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


def _imported(tree: ast.AST, module: str, is_package: bool) -> list[str]:
    """Return the dotted names, each a module or something in one, that a piece of code imports."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                keep = len(parents) - node.level + (1 if is_package else 0)
                base = ".".join([*parents[:keep], *([base] if base else [])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return [".".join(name.split(".")[:depth])
            for name in names if name.split(".")[0] == PACKAGE
            for depth in range(1, name.count(".") + 2)]  # fmt: skip


def _module_file(name: str, root: Path) -> Path | None:
    path = root.joinpath(*name.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def _imports_by_name(tree: ast.Module) -> bool:
    """Return whether a module imports others by a name that is computed."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return bool({"import_module", "__import__"} & (names | attributes)) or "__getattr__" in functions
