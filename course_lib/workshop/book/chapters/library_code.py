"""Library code in a chapter: found by its name, shortened, and put below its link where a notebook shows it.

The code is read, never imported, so that this needs no TensorFlow.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import course_lib

REPOSITORY = Path(course_lib.__file__).parents[1]
# A link that stands alone, at an address or relative.
_LINK = re.compile(r"^\[(course_lib(?:\.\w+)+)\]\(\S*?(course_lib/[\w/]+\.py)\)$", re.MULTILINE)
_SUMMARY = "<details><summary>The library's code</summary>"
_BELOW = f"\n\n{_SUMMARY}\n\n{{fence}}python\n{{code}}\n{{fence}}\n\n</details>"
_WRITTEN = re.compile(rf"\n\n{_SUMMARY}\n\n(`{{3,}})python\n.*?\n\1\n\n</details>", re.DOTALL)



def in_notebook(markdown: str) -> str:
    """Return Markdown with the library's code below each link to it that stands alone, folded."""
    return _LINK.sub(_with_code, markdown)


def in_text(markdown: str) -> str:
    """Return a notebook's Markdown without that code; the way back of `in_notebook`."""
    return _WRITTEN.sub("", markdown)


def _with_code(link: re.Match[str]) -> str:
    path = REPOSITORY / link[2]
    definition = find_definition(path, link[1]) if path.is_file() else None
    if definition is None:
        return link[0]
    code, _ = fold_docstrings(definition.text)
    longest = max(map(len, re.findall("`+", code)), default=0)
    return link[0] + _BELOW.format(fence="`" * max(3, longest + 1), code=code)


@dataclass(frozen=True)
class Definition:
    """The text of one definition and its lines, counted from 1."""

    text: str
    first_line: int
    last_line: int


def find_definition(path: Path, dotted: str) -> Definition | None:
    """Return the definition of `course_lib.module.name` or `...Class.method` in a file, or None.

    The name of the module itself stands for the whole file.
    """
    text = path.read_text(encoding="utf-8")
    module = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    if dotted == module:
        return Definition(text.rstrip(), 1, len(text.splitlines()))
    if not dotted.startswith(module + "."):
        return None
    found: Any = ast.parse(text)
    for name in dotted.removeprefix(module + ".").split("."):
        found = next((node for node in getattr(found, "body", []) if name in _names(node)), None)
        if found is None:
            return None
    decorators = getattr(found, "decorator_list", [])
    first = min([found.lineno, *(decorator.lineno for decorator in decorators)])
    lines = text.splitlines()[first - 1 : found.end_lineno]
    indent = len(lines[0]) - len(lines[0].lstrip())
    return Definition("\n".join(line[indent:] for line in lines), first, found.end_lineno)


def fold_docstrings(text: str) -> tuple[str, str]:
    """Return code whose docstrings are cut to their first lines, and what they say in whole.

    A docstring of a single line stays where it is and is not said again. Where a definition has several
    docstrings, each stands below the name of what it belongs to.
    """
    documented = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    owners = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    long = [node for node in owners if "\n" in (ast.get_docstring(node) or "")]
    long.sort(key=lambda node: node.body[0].lineno)
    lines = text.splitlines()
    said: list[str] = []
    for node in reversed(long):
        first, last = node.body[0].lineno - 1, node.body[0].end_lineno or 0
        lines[first:last] = [lines[first].rstrip() + '"""']
        heading = f"{getattr(node, 'name', 'The file')}\n\n" if len(long) > 1 else ""
        said.insert(0, heading + (ast.get_docstring(node) or ""))
    return "\n".join(lines), "\n\n\n".join(said)


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
