"""`course rename` and `course remove`: a chapter, an exercise or a figure, with all that names it."""

import ast
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from course_lib.workshop.book.addresses import find_root
from course_lib.workshop.book.chapters import pairs
from course_lib.workshop.book.chapters.files import keep_copy, read_text_file, write_whole
from course_lib.workshop.book.problems import BookError
from course_lib.workshop.dry_run import is_dry

KIND = click.Choice(["chapter", "exercise", "figure"])
SEARCHED = ("README.md", "_toc.yml", "_config.yml", "chapters/*.md", "course_lib/**/*.py",
            "course_lib/**/*.js", "tests/**/*.py")  # fmt: skip


@dataclass(frozen=True)
class Named:
    """What bears a name, and how others say it.

    Parameters
    ----------
    moved
        Files of that name that people write, relative to the book's folder; `{}` stands for the name.
    made
        Files of that name that a command makes from the others.
    says
        Patterns of a mention, of which the whole match is the name, each with how it spells the name.
    then
        The command that makes the rest anew.
    """

    moved: tuple[str, ...]
    made: tuple[str, ...]
    says: dict[str, str]
    then: str


def is_name(name: str) -> bool:
    """Return whether a chapter, an exercise or a figure can be called so: a name of Python in lower case."""
    return name.isidentifier() and name == name.lower() and not keyword.iskeyword(name)


def _plain(name: str) -> str:
    return name


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


SPELLINGS = {"plain": _plain, "class": _class}
WORDS = {
    "chapter": Named(
        ("chapters/{}.md", "course_lib/workshop/exercises/definitions/{}.py"),
        ("chapters/{}.ipynb", "chapters/exercises/{}.md", "chapters/exercises/{}.ipynb",
         "course_lib/exercises/data/{}.json"),
        {r"(?<![\w.-]){}(?=\.(?:md|ipynb|html)\b)": "plain",
         r"(?<=[\"'`]){}(?=\.(?!py\b|js\b)\w+[\"'`])": "plain",
         r"(?<=^    \"){}(?=\",$)": "plain"},
        "course release && course notebooks {}",
    ),
    "exercise": Named((), (), {r"(?<=[\"'`]){}(?=[\"'`])": "plain"}, "course release"),
    "figure": Named(
        ("course_lib/figures/{}.py", "course_lib/figures/{}.js", "tests/figures/test_{}.py"), (),
        {r"\b{}\b": "class", r"(?<=figures\.){}\b": "plain", r"(?<=[\"'/]){}(?=\.js\b|\")": "plain"},
        "course notebooks",
    ),
}  # fmt: skip


@click.command()
@click.argument("kind", type=KIND)
@click.argument("old")
@click.argument("new")
def rename_command(kind: str, old: str, new: str) -> None:
    """Rename a chapter, an exercise or a figure, with all that names it.

    KIND is chapter, exercise or figure; OLD and NEW are names: trees, perceptron.doorman, loss_curves.
    """
    root = find_root()
    _check(root, kind, old)
    _check_new(root, kind, old, new)
    changed = 0
    for path, text, places in list(_mentions(root, kind, old)):
        for start, end, spelling in reversed(places):
            text = text[:start] + SPELLINGS[spelling](new) + text[end:]
        found = read_text_file(path, path.name)
        changed += write_whole(path, found.encode(text), expected=found.data, shown=_shown(root, path))
    for pattern in WORDS[kind].moved:
        if (root / pattern.format(old)).is_file():
            if not is_dry(root / pattern.format(new)):
                (root / pattern.format(old)).rename(root / pattern.format(new))
            click.echo(f"{pattern.format(old)} is {pattern.format(new)}")
    for pattern in WORDS[kind].made:
        if not is_dry(root / pattern.format(old)):
            (root / pattern.format(old)).unlink(missing_ok=True)
    click.echo(f"Mentions were changed in {changed} files. What is made from them: {_then(kind, new)}")


@click.command()
@click.argument("kind", type=KIND)
@click.argument("name")
def remove_command(kind: str, name: str) -> None:
    """Remove a chapter, an exercise or a figure; copies are kept, and what still names it is listed.

    KIND is chapter, exercise or figure; NAME is a name such as trees, perceptron.doorman or loss_curves.
    """
    root = find_root()
    _check(root, kind, name)
    if kind == "exercise":
        _cut(root, name)
    for pattern in (*WORDS[kind].moved, *WORDS[kind].made):
        path = root / pattern.format(name)
        if path.is_file():
            if pattern in WORDS[kind].moved:
                click.echo(
                    f"{pattern.format(name)}: removed; a copy is {_shown(root, keep_copy(path, root))}"
                )
            if not is_dry(path):
                path.unlink()
    if kind == "chapter":
        _leave_contents(root, name)
    left = 0
    for path, text, places in _mentions(root, kind, name):
        for start, _, _ in places:
            left += 1
            line = text.count("\n", 0, start) + 1
            click.echo(f"{_shown(root, path)}:{line}: still names {name}. Take that out.")
    click.echo(f"{left} mentions are left. Then: {_then(kind, '').strip()}")


def _shown(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _then(kind: str, name: str) -> str:
    return WORDS[kind].then.format(name)


def _check(root: Path, kind: str, name: str) -> None:
    """Refuse a name that is not there, and a notebook with an edit that nobody took back."""
    if kind == "exercise":
        if _definition(root, name) is None:
            raise click.ClickException(f"There is no exercise {name} in {pairs.DEFINITIONS}.")
        return
    first = root / WORDS[kind].moved[0].format(name)
    if not first.is_file():
        raise click.ClickException(f"There is no {kind} {name}: {_shown(root, first)} does not exist.")
    if kind == "chapter":
        from course_lib.workshop.book.chapters import notebooks  # which needs what executes them

        (chapter,) = notebooks.find_chapters([name], root)
        if chapter.notebook.is_file() and notebooks.holds_an_edit(chapter):
            raise BookError(*notebooks.pair_problems(chapter))


def _check_new(root: Path, kind: str, old: str, new: str) -> None:
    parts = new.split(".")
    if len(parts) != len(old.split(".")) or not all(map(is_name, parts)):
        raise click.UsageError(f"A name is written as {old} is, in lower case, not {new!r}.")
    taken = [pattern.format(new) for pattern in WORDS[kind].moved if (root / pattern.format(new)).exists()]
    if kind == "exercise":
        if parts[0] != old.split(".")[0]:
            raise click.UsageError(
                "An exercise stays in its chapter's file; move the definition there first."
            )
        taken = [new] if _definition(root, new) else []
    if taken:
        raise click.ClickException(f"{taken[0]} exists already.")


def _mentions(root: Path, kind: str, name: str) -> Iterator[tuple[Path, str, list[tuple[int, int, str]]]]:
    """Yield each file that says the name, its text, and where and how it does, in order."""
    patterns = {
        re.compile(pattern.replace("{}", re.escape(SPELLINGS[spelling](name))), re.MULTILINE): spelling
        for pattern, spelling in WORDS[kind].says.items()
    }
    for path in sorted({path for pattern in SEARCHED for path in root.glob(pattern)}):
        text = read_text_file(path, _shown(root, path)).text
        places = {
            found.span(): spelling
            for pattern, spelling in patterns.items()
            for found in pattern.finditer(text)
        }
        if places:
            yield path, text, sorted((*span, spelling) for span, spelling in places.items())


def _leave_contents(root: Path, name: str) -> None:
    """Take a chapter, its set, and what stands below them out of `_toc.yml`."""
    found = read_text_file(root / "_toc.yml", "_toc.yml")
    kept: list[str] = []
    below: int | None = None
    for line in found.text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if below is not None and line.strip() and indent > below:
            continue
        below = None
        if re.match(rf"\s*- file: chapters/(?:exercises/)?{name}\.\w+\s*$", line):
            below = indent
            continue
        kept.append(line)
    write_whole(root / "_toc.yml", found.encode("\n".join(kept)), expected=found.data, shown="_toc.yml")


def _definition(root: Path, name: str) -> tuple[Path, list[ast.stmt]] | None:
    """Return the file of an exercise's definition, and the statements that belong to it."""
    path = root / pairs.DEFINITIONS / f"{name.partition('.')[0]}.py"
    if not path.is_file():
        return None
    body = ast.parse(read_text_file(path, _shown(root, path)).text).body
    defined = [one for one in body if any(name == value for value in _first_arguments(one))]
    names = {one.name for one in defined if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    parts = [
        one for one in body
        if one in defined or any(ast.unparse(mark).split(".")[0] in names for mark in _decorators(one))
    ]  # fmt: skip
    return (path, parts) if defined else None


def _decorators(statement: ast.stmt) -> list[ast.expr]:
    return list(getattr(statement, "decorator_list", ()))


def _first_arguments(statement: ast.stmt) -> Iterator[object]:
    calls = [*_decorators(statement), getattr(statement, "value", None)]
    for one in calls:
        if isinstance(one, ast.Call) and one.args and isinstance(one.args[0], ast.Constant):
            yield one.args[0].value


def _cut(root: Path, name: str) -> None:
    """Take an exercise out of its file of definitions."""
    found = _definition(root, name)
    assert found is not None
    path, parts = found
    file = read_text_file(path, _shown(root, path))
    lines = file.text.split("\n")
    for one in reversed(parts):
        first = min([one.lineno, *(mark.lineno for mark in _decorators(one))]) - 1
        end = one.end_lineno or first + 1
        while end < len(lines) and not lines[end].strip():
            end += 1
        del lines[first:end]
    click.echo(f"{_shown(root, path)}: {name} taken out; a copy is {_shown(root, keep_copy(path, root))}")
    text = "\n".join(lines).rstrip() + "\n"
    write_whole(path, file.encode(text), expected=file.data, shown=_shown(root, path))
