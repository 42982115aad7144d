"""Every edit that was tried: what a person wrote is kept, and whoever does not take it over says so.

A row is an edit, a command, and what the command has to say. After each, everything that the person typed,
marked by the word MINE, stands somewhere in the book: in a chapter's text, in its notebook, or in a copy.
"""

import errno
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from course_lib.workshop.book.chapters import execution, kernels, notebooks, pairs
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.cli import main
from course_lib.workshop.commands import exercises as commands
from course_lib.workshop.exercises.definition import load_exercises
from tests.matrix.environments import ROOT
from tests.workshop.book.small_book import HEADER, code, write_notebook_unexecuted, write_small_book

MINE = "MINE"
CONTENTS = """\
format: jb-book
root: chapters/bias.ipynb
chapters:
  - file: chapters/exercises/bias.ipynb
"""
BIAS = (
    "# Bias\n\nA first sentence.\nA second line.\n\n"
    + code("x = 1")
    + "The end.\n\n+++\n\nAnother cell.\n\n"
    + "```{code-cell}\n:name: named\n:editable: false\n:slideshow: {slide_type: slide}\n\nx + 1\n```\n\n"
    + code("x + 2", tags="hide-input")
)
SET = "# Exercises\n\nThree dots.\n\n" + code("y = ...") + "## How far are you?\n\n" + code("y")


@pytest.fixture(scope="session")
def once_written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of a chapter, and of a set of exercises of the same name; each test works on a copy."""
    root = tmp_path_factory.mktemp("book")
    (chapter,) = write_small_book(root, bias=BIAS)
    write_notebook_unexecuted(chapter)
    folder = root / "chapters" / "exercises"
    folder.mkdir()
    (folder / "bias.md").write_text(HEADER + SET, encoding="utf-8")
    write_notebook_unexecuted(Chapter(folder / "bias.md", chapter.addresses))
    (root / "_toc.yml").write_text(CONTENTS, encoding="utf-8")
    return root


@pytest.fixture
def book(once_written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that book, as the present folder."""
    shutil.copytree(once_written, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let notebooks be written as if their cells had run: what running finds has tests of its own."""

    async def run(notebook: Any, *_: Any, **__: Any) -> None:
        for number, cell in enumerate((one for one in notebook.cells if one.cell_type == "code"), 1):
            cell.execution_count = number
        notebook.metadata[pairs.OWN_METADATA]["outputs"] = execution.outputs_digest(notebook)

    monkeypatch.setattr(execution, "run_notebook", run)


def in_text(old: str, new: str, name: str = "bias") -> Callable[[Path], None]:
    """Return an edit of a chapter's text."""

    def edit(book: Path) -> None:
        path = book / "chapters" / f"{name}.md"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def in_notebook(old: str, new: str, name: str = "bias") -> Callable[[Path], None]:
    """Return an edit of a notebook's cell, as Jupyter stores it."""

    def edit(book: Path) -> None:
        path = book / "chapters" / f"{name}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        found = False
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if old in source and not found:
                cell["source"], found = source.replace(old, new, 1), True
        assert found
        path.write_text(json.dumps(notebook), encoding="utf-8")

    return edit


def with_cell(cell: Any, at: int = 99) -> Callable[[Path], None]:
    """Return an edit that puts a new cell into the chapter's notebook."""

    def edit(book: Path) -> None:
        path = book / "chapters" / "bias.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(at, cell)
        nbformat.write(notebook, path)

    return edit


def in_json(change: Callable[[Any], object]) -> Callable[[Path], None]:
    """Return an edit of the chapter's notebook as a program stores it."""

    def edit(book: Path) -> None:
        path = book / "chapters" / "bias.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        change(notebook)
        path.write_text(json.dumps(notebook), encoding="utf-8")

    return edit


def both(*edits: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return several edits as one."""

    def edit(book: Path) -> None:
        for one in edits:
            one(book)

    return edit


def downloaded(name: str, edit: Callable[[Path], None], to: str = "download.ipynb") -> Callable[[Path], None]:
    """Return an edit in a copy of a notebook; the book's own stays as it is."""

    def make(book: Path) -> None:
        path = book / "chapters" / f"{name}.ipynb"
        before = path.read_bytes()
        edit(book)
        (book / "elsewhere").mkdir()
        path.rename(book / "elsewhere" / to)
        path.write_bytes(before)

    return make


def bytes_of(change: Callable[[bytes], bytes], name: str = "bias.md") -> Callable[[Path], None]:
    """Return an edit of a file's bytes."""

    def edit(book: Path) -> None:
        path = book / "chapters" / name
        path.write_bytes(change(path.read_bytes()))

    return edit


def write_anew(book: Path) -> None:
    """Bring the chapter's notebook in step with its text, as `course notebooks` would."""
    (chapter,) = notebooks.find_chapters(["bias"], root=book)
    write_notebook_unexecuted(chapter)


# ruff: noqa: E501 the table reads in rows
MARKDOWN, CODE = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
COMMAND = "notebooks"
TAKE = "take-back chapters/bias.ipynb"
SET_TAKE = "take-back chapters/exercises/bias.ipynb"
FORCED = "notebooks --force bias"

# What is tried: the edit, the command, and what it says.
EDITS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    # An edit in the notebook, and the command that would overwrite it.
    "a sentence in the notebook": (in_notebook("The end", MINE), COMMAND, r"was edited and its text was not.*take-back chapters/bias.ipynb"),
    "a line of code in the notebook": (in_notebook("x = 1", f"x = '{MINE}'"), COMMAND, r"was edited and its text was not"),
    "a new Markdown cell": (with_cell(MARKDOWN(MINE)), COMMAND, r"stands only in the notebook"),
    "a new code cell": (with_cell(CODE(f"{MINE} = 1"), 2), COMMAND, r"stands only in the notebook"),
    "a hard line break": (in_notebook("A first sentence.", f"A {MINE}.  "), COMMAND, r"was edited and its text was not"),
    "only a hard line break": (in_notebook("A first sentence.", "A first sentence.  "), COMMAND, r"was edited and its text was not"),
    "blanks in a string of code": (in_notebook("x = 1", f"x = '''{MINE}  \n'''"), COMMAND, r"was edited and its text was not"),
    "an import above the first cell's code": (in_notebook("# @title", f"import {MINE}\n# @title"), COMMAND, rf"import {MINE}.*only in the notebook"),
    "an import below the first cell's code": (in_notebook("del set_up_course", f"del set_up_course\nimport {MINE}"), COMMAND, rf"import {MINE}.*only in the notebook"),
    "the first cell changed inside": (in_notebook("fresh = not", f"{MINE} = fresh = not"), COMMAND, r"its first cell was changed"),
    "both sides changed": (both(in_notebook("The end", MINE), in_text("The end", f"{MINE}2")), COMMAND, r"was edited, and so was chapters/bias.md"),
    "a tag in the notebook": (with_cell(CODE(f"{MINE} = 2", metadata={"tags": ["hide-cell"]})), COMMAND, r"stands only in the notebook"),
    "the set's notebook": (in_notebook("Three dots", MINE, "exercises/bias"), "notebooks chapters/exercises/bias.ipynb", r"definitions/bias.py.*release --force"),
    "a notebook with a merge conflict": (bytes_of(lambda data: b"<<<<<<< HEAD\n" + data + b"MINE\n>>>>>>> other\n", "bias.ipynb"), COMMAND, r"marks of a merge conflict"),
    "a notebook that is none": (bytes_of(lambda data: b"{MINE", "bias.ipynb"), COMMAND, r"is no notebook"),
    "a cell's metadata of one's own": (in_json(lambda notebook: notebook["cells"][1]["metadata"].update(pace=MINE)), COMMAND, r"was edited and its text was not"),
    "a picture without a word": (in_json(lambda notebook: notebook["cells"][1].update(attachments={"a.png": {"image/png": MINE}})), COMMAND, r"was edited and its text was not"),
    "the notebook's own metadata": (in_json(lambda notebook: notebook["metadata"].update(title=MINE)), COMMAND, r"dropped: `title` of the notebook's own metadata(.|\n)*a copy .*\.kept"),
    "the same of an editor": (in_json(lambda notebook: (notebook["metadata"].update(vscode={}), notebook["cells"][1]["metadata"].update(collapsed=True))), COMMAND, r"text taken over, no code changed\n0"),
    "a cell deleted": (in_json(lambda notebook: notebook["cells"].pop(2)), COMMAND, r"was edited and its text was not"),
    "two cells exchanged": (in_json(lambda notebook: notebook["cells"].insert(1, notebook["cells"].pop(2))), COMMAND, r"was edited and its text was not"),
    "code turned into Markdown": (in_json(lambda notebook: notebook["cells"][2].update(cell_type="markdown", source=MINE)), COMMAND, r"was edited and its text was not"),
    "a tag of a cell that stands": (in_json(lambda notebook: notebook["cells"][2]["metadata"].update(tags=[MINE])), COMMAND, r"has other tags"),
    "a notebook that is a list": (bytes_of(lambda data: b'["MINE"]', "bias.ipynb"), COMMAND, r"is no notebook \(its JSON is no object\)"),
    "a folder in the notebook's place": (lambda book: ((book / "chapters/bias.ipynb").unlink(), (book / "chapters/bias.ipynb").mkdir())[0], COMMAND, r"could not be written .*rename that"),
    # Forced: what is dropped is said, and a copy is kept.
    "forced over a sentence": (in_notebook("The end", MINE), FORCED, rf"dropped: .*{MINE}(.|\n)*a copy .*\.kept/chapters/bias\."),
    "forced over a cell": (with_cell(MARKDOWN(MINE)), FORCED, r"dropped: .*stands only in the notebook"),
    "forced over the first cell": (in_notebook("fresh = not", f"{MINE} = fresh = not"), FORCED, r"dropped: the first cell"),
    "forced over a merge conflict": (bytes_of(lambda data: b"<<<<<<< HEAD\n" + data + b"MINE\n>>>>>>> other\n", "bias.ipynb"), FORCED, r"a copy .*\.kept"),
    "forced over a file that is no notebook": (bytes_of(lambda data: b"{MINE", "bias.ipynb"), FORCED, r"a copy .*\.kept"),
    "forced over both sides": (both(in_notebook("The end", MINE), in_text("The end", f"{MINE}2")), FORCED, r"dropped: .*"),
    # Taking back.
    "taking a sentence back": (in_notebook("The end", MINE), TAKE, r"Taken back"),
    "taking a hard break back": (in_notebook("A first sentence.", f"A {MINE}.  "), TAKE, r"Taken back"),
    "taking a new cell back": (with_cell(MARKDOWN(MINE)), TAKE, r"Taken back"),
    "taking an import in the first cell back": (in_notebook("# @title", f"import {MINE}\n# @title"), TAKE, r"a cell of its own(.|\n)*Taken back"),
    "taking a line below the first cell back": (in_notebook("del set_up_course", f"del set_up_course\n{MINE} = 1"), TAKE, r"a cell of its own(.|\n)*Taken back"),
    "taking a change inside the first cell": (in_notebook("fresh = not", f"{MINE} = fresh = not"), TAKE, r"changed inside"),
    "taking back when both changed": (both(in_notebook("The end", MINE), in_text("The end", f"{MINE}2")), TAKE, r"changed too since"),
    "forced back when both changed": (both(in_notebook("The end", MINE), in_text("x + 2", f"x + 2  # {MINE}2")), f"{TAKE} --force", r"a copy of the text .*\.kept"),
    "a Markdown cell that shows a code cell": (with_cell(MARKDOWN(f"{MINE}\n\n```{{code-cell}} ipython3\n1 / 0\n```")), TAKE, r"shows a code cell's fence"),
    "a Markdown cell that shows one with tildes": (with_cell(MARKDOWN(f"{MINE}\n\n~~~{{code-cell}}\n1\n~~~")), TAKE, r"shows a code cell's fence"),
    "a Markdown cell with +++": (with_cell(MARKDOWN(f"{MINE} above\n\n+++\n\n{MINE} below")), TAKE, r"holds a line `\+\+\+`"),
    "a Markdown cell with an open fence": (with_cell(MARKDOWN(f"{MINE}\n\n```python\nx = 1"), 2), TAKE, r"cannot stand in a text as it is"),
    "a code cell that begins with a colon": (with_cell(CODE(f":{MINE}: 1")), TAKE, r"Taken back|cannot stand"),
    "a code cell that begins with dashes": (with_cell(CODE(f"---\n{MINE}")), TAKE, r"Taken back|cannot stand"),
    "a code cell with ticks": (with_cell(CODE(f"'''\n```\n{MINE}\n```\n'''")), TAKE, r"Taken back"),
    "a raw cell": (with_cell(nbformat.v4.new_raw_cell(MINE)), TAKE, r"Taken back"),
    "a cell of blanks": (with_cell(CODE("   "), 2), TAKE, r"holds all of it already|Taken back|cannot stand"),
    "a pasted picture": (with_cell(MARKDOWN(MINE, attachments={"a.png": {"image/png": "eA=="}})), TAKE, r"holds the picture a.png"),
    "taking metadata of one's own back": (in_json(lambda notebook: notebook["cells"][1]["metadata"].update(pace=MINE)), TAKE, r"Taken back"),
    "taking an emptied notebook back": (both(in_text("The end", MINE), write_anew, in_json(lambda notebook: notebook["cells"].clear())), TAKE, r"stands only in the text(.|\n)*a copy of the text .*\.kept"),
    "a line separator in a cell": (in_json(lambda notebook: notebook["cells"][1].update(source=f"{MINE}\u2028x")), TAKE, r"bias.ipynb, cell 1:1: holds a control character, U\+2028"),
    "a lone carriage return in a cell": (in_json(lambda notebook: notebook["cells"][2].update(source=f"x = 1\r{MINE} = 1")), TAKE, r"bias.ipynb, cell 2:1: holds a control character, U\+000D"),
    # Two files of one stem.
    "the set's notebook taken back": (in_notebook("Three dots", MINE, "exercises/bias"), SET_TAKE, r"made from the exercises' definitions.*definitions/bias.py"),
    "the set's notebook taken back by force": (in_notebook("Three dots", MINE, "exercises/bias"), f"{SET_TAKE} --force", r"made from the exercises' definitions"),
    "a downloaded set of the chapter's name": (downloaded("exercises/bias", in_notebook("Three dots", MINE, "exercises/bias"), "bias.ipynb"), "take-back elsewhere/bias.ipynb", r"made from the exercises' definitions"),
    "the same by force": (downloaded("exercises/bias", in_notebook("Three dots", MINE, "exercises/bias"), "bias.ipynb"), "take-back --force elsewhere/bias.ipynb", r"made from the exercises' definitions"),
    "the same with a name": (downloaded("exercises/bias", in_notebook("Three dots", MINE, "exercises/bias")), "take-back --force elsewhere/download.ipynb --chapter bias", r"made from the exercises' definitions"),
    "a downloaded chapter": (downloaded("bias", in_notebook("The end", MINE), "Copy of bias.ipynb"), "take-back 'elsewhere/Copy of bias.ipynb'", r"Taken back"),
    "a download that is no notebook": (downloaded("bias", bytes_of(lambda data: b"MINE", "bias.ipynb"), "bias.ipynb"), "take-back elsewhere/bias.ipynb", r"is no notebook .*Save it as a notebook, in Jupyter"),
    "a chapter from what is no notebook": (in_text("The end", MINE), "new chapter trees --from chapters/bias.md --after bias", r"is no notebook .*Save it as a notebook, in Jupyter"),
    "a chapter of a keyword": (in_text("The end", MINE), "new chapter class", r"A name is lower case"),
    "an exercise of a keyword": (in_text("The end", MINE), "new exercise bias.class", r"A name is chapter.name"),
    "a downloaded chapter of another name": (downloaded("bias", in_notebook("The end", MINE)), "take-back elsewhere/download.ipynb", r"--chapter NAME"),
    "a path that leads to no chapter": (in_text("The end", MINE), "notebooks elsewhere/bias.ipynb", r"elsewhere/bias.ipynb: is no chapter"),
    # A text that an editor stored in its own way is read all the same.
    "a byte-order mark": (both(in_text("The end", MINE), bytes_of(lambda data: b"\xef\xbb\xbf" + data)), COMMAND, r"bias.ipynb: text taken over"),
    "line ends of Windows": (both(in_text("The end", MINE), bytes_of(lambda data: data.replace(b"\n", b"\r\n"))), COMMAND, r"bias.ipynb: text taken over"),
    "line ends of Windows, taken back": (both(bytes_of(lambda data: data.replace(b"\n", b"\r\n")), in_notebook("The end", MINE)), TAKE, r"Taken back"),
    "an older time": (both(in_text("The end", MINE), lambda book: os.utime(book / "chapters/bias.md", (0, 0))), COMMAND, r"bias.ipynb: text taken over"),
    # A text that cannot be read as what it is meant to be says so, with the line.
    "an unclosed front matter": (in_text("name: python3\n---\n", f"name: python3\n{MINE}\n"), COMMAND, r"chapters/bias.md:1: opens a front matter that is never closed"),
    "a front matter without a kernel": (bytes_of(lambda data: re.sub(rb"kernelspec:\n(  .*\n)+", b"title: MINE\n", data)), COMMAND, r"chapters/bias.md:1: the front matter names no kernel"),
    "no front matter": (bytes_of(lambda data: data.split(b"---\n", 2)[2] + b"MINE"), COMMAND, r"chapters/bias.md:1: has no front matter"),
    "a front matter that is no YAML": (in_text("name: python3", f"name: [{MINE}"), COMMAND, r"chapters/bias.md:\d+: the front matter is no valid YAML"),
    "merge marks in prose": (in_text("The end.", f"<<<<<<< HEAD\n{MINE}\n=======\nThe end.\n>>>>>>> other"), COMMAND, r"chapters/bias.md:\d+: is a mark of a merge conflict"),
    "merge marks in code": (in_text("x = 1", f"<<<<<<< HEAD\n{MINE} = 1\n=======\nx = 1\n>>>>>>> other"), COMMAND, r"chapters/bias.md:\d+: is a mark of a merge conflict"),
    "an unclosed code cell": (in_text("x = 1\n```", f"x = 1\n{MINE}"), COMMAND, r"chapters/bias.md:17: `{code-cell}` is not closed before line \d+"),
    "an unclosed code cell at the end": (in_text("x + 2\n```", f"x + 2\n{MINE}"), COMMAND, r"chapters/bias.md:\d+: `{code-cell}` is never closed"),
    "an unclosed directive": (in_text("The end.", f"```{{note}}\n{MINE}"), COMMAND, r"chapters/bias.md:\d+: `{note}` is not closed before line \d+"),
    "a misspelt code cell": (in_text("```{code-cell}\nx = 1", f"```{{code-cel}}\n{MINE} = 1"), COMMAND, r"chapters/bias.md:\d+: `{code-cel}` is no code cell"),
    "a code cell without braces": (in_text("```{code-cell}\nx = 1", f"```code-cell\n{MINE} = 1"), COMMAND, r"chapters/bias.md:\d+: `code-cell` is no code cell"),
    "another encoding": (bytes_of(lambda data: data + "MINE caf\u00e9".encode("latin-1")), COMMAND, r"chapters/bias.md:\d+: holds bytes that are not UTF-8"),
    "UTF-16": (bytes_of(lambda data: (data.decode() + MINE).encode("utf-16")), COMMAND, r"chapters/bias.md:1: holds bytes that are not UTF-8"),
    "a zero byte": (bytes_of(lambda data: data + b"\0MINE"), COMMAND, r"chapters/bias.md:\d+: holds a zero byte"),
}  # fmt: skip


def prose_line(line: str) -> Callable[[Path], None]:
    """Return an edit that puts a line of prose where the chapter has one, line 21 of its text."""
    return in_text("The end.", line)


def code_line(line: str, tags: str = "") -> Callable[[Path], None]:
    """Return an edit of the chapter's first line of code, line 20 of its text with tags, else 18."""
    options = f":tags: [{tags}]\n\n" if tags else ""
    return in_text("```{code-cell}\nx = 1", f"```{{code-cell}}\n{options}{line}")


def in_contents(old: str, new: str) -> Callable[[Path], None]:
    """Return an edit of the table of contents."""

    def edit(book: Path) -> None:
        path = book / "_toc.yml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def with_file(name: str, content: str) -> Callable[[Path], None]:
    """Return the edit that makes a new file."""

    def edit(book: Path) -> None:
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text(content, encoding="utf-8")

    return edit


def set_output(text: str) -> Callable[[Path], None]:
    """Return the edit of a stored output by hand."""

    def edit(book: Path) -> None:
        path = book / "chapters" / "bias.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text=text)]
        nbformat.write(notebook, path)

    return edit


def with_definitions(book: Path) -> None:
    """Let the book have definitions of exercises: its sets are then looked at."""
    (book / pairs.DEFINITIONS).mkdir(parents=True)


def with_page(text: str) -> Callable[[Path], None]:
    """Return the edit that adds a page without code, in the contents; its text begins in line 3."""
    return both(
        with_file("chapters/page.md", f"# Page\n\n{text}\n"),
        in_contents("chapters:\n", "chapters:\n  - file: chapters/page.md\n"),
    )


# What `course doctor` says of an edit: the file, the line, and what is wrong.
DOCTOR: dict[str, tuple[Callable[[Path], None], str]] = {
    "merge marks in prose": (prose_line("<<<<<<< HEAD\nA.\n=======\nB.\n>>>>>>> other"), r"chapters/bias.md:21: is a mark of a merge"),
    "merge marks in a page without code": (with_file("chapters/page.md", "# Page\n\n<<<<<<< HEAD\n"), r"chapters/page.md:3: is a mark of a merge"),
    "merge marks in the contents": (in_contents("chapters:", "<<<<<<< HEAD\nchapters:"), r"_toc.yml:3: is a mark of a merge"),
    "merge marks in the settings": (with_file("_config.yml", "<<<<<<< HEAD\n"), r"_config.yml:1: is a mark of a merge"),
    "a front matter that is not closed": (in_text("name: python3\n---\n", "name: python3\n"), r"chapters/bias.md:1: opens a front matter"),
    "a front matter without its kernel": (bytes_of(lambda data: re.sub(rb"kernelspec:\n(  .*\n)+", b"", data)), r"chapters/bias.md:1: the front matter names no kernel"),
    "another encoding": (bytes_of(lambda data: data + b"caf\xe9"), r"chapters/bias.md:\d+: holds bytes that are not UTF-8"),
    "a text newer than its notebook": (prose_line("Another end."), r"chapters/bias.ipynb: cell 3 .*course notebooks bias"),
    "an edited notebook": (in_notebook("The end", MINE), r"chapters/bias.ipynb: was edited and its text was not.*take-back"),
    "no notebook": (lambda book: (book / "chapters/bias.ipynb").unlink(), r"chapters/bias.ipynb: does not exist"),
    "a notebook that is none": (bytes_of(lambda data: b"{", "bias.ipynb"), r"chapters/bias.ipynb: is no notebook"),
    "a stored output changed by hand": (set_output("2.6"), r"chapters/bias.ipynb: was .*outputs were changed"),
    "a chapter in no contents": (with_file("chapters/new.md", HEADER + "# New\n"), r"_toc.yml:1: does not name chapters/new.md"),
    "a page in no contents": (with_file("chapters/page.md", "# Page\n"), r"_toc.yml:1: does not name chapters/page.md"),
    "contents that name a chapter's text": (in_contents("root: chapters/bias.ipynb", "root: chapters/bias.md"), r"_toc.yml:2: names chapters/bias.md, whose page would have no outputs"),
    "contents that name a missing file": (in_contents("exercises/bias.ipynb", "exercises/bais.ipynb"), r"_toc.yml.*bais.ipynb, which does not exist"),
    "contents that name a file twice": (in_contents("chapters/exercises/bias", "chapters/bias"), r"_toc.yml.*twice"),
    "contents that are no YAML": (in_contents("chapters:", "chapters: ["), r"_toc.yml.*no valid YAML"),
    "invalid TeX in a line": (prose_line("It is $\\fraq{1}{2}$."), r"chapters/bias.md:21: the formula `\\fraq\{1\}\{2\}` cannot be set: Undefined control sequence: \\fraq"),
    "invalid TeX displayed": (prose_line("So:\n\n$$\n\\frac{1}{\n$$"), r"chapters/bias.md:23: the formula"),
    "a bar inside code in a table": (prose_line("| a | b |\n|---|---|\n| `x | y` | z |"), r"chapters/bias.md:23: this row of the table has 3 cells, and its head 2"),
    "money": (prose_line("It costs $5 and $6 there."), r"chapters/bias.md:21: .*is read as a formula.*for money"),
    "one dollar": (prose_line("It costs $5."), r"chapters/bias.md:21: an unpaired dollar sign"),
    "a footnote": (prose_line("A note[^1].\n\n[^1]: Here."), r"chapters/bias.md:2[13]: a footnote"),
    "a picture that is not there": (prose_line("![It](images/none.png)"), r"chapters/bias.md:21: the link images/none.png leads to no file"),
    "a picture with a blank": (both(with_file("chapters/images/my net.png", ""), prose_line("![It](images/my net.png)")), r"chapters/bias.md:21: the link `images/my net.png` holds a blank"),
    "a picture with a coded blank": (both(with_file("chapters/images/my net.png", ""), prose_line("![It](images/my%20net.png)")), r"chapters/bias.md:21: the link `images/my%20net.png` holds a blank"),
    "a picture in angle brackets": (both(with_file("chapters/images/my net.png", ""), prose_line("![It](<images/my net.png>)")), r"chapters/bias.md:21: the link `images/my net.png` holds a blank"),
    "a link to no heading": (prose_line("[See](bias.md#nowhere)."), r"chapters/bias.md:21: the link bias.md#nowhere leads to no heading"),
    "a link in the second line": (prose_line("One.\n[See](none.md)."), r"chapters/bias.md:22: the link none.md"),
    "a number without a proof": (prose_line("There are 12 of them."), r"chapters/bias.md:21: nothing proves 12"),
    "a number in the third line": (prose_line("One.\nTwo.\nThere are 12."), r"chapters/bias.md:23: nothing proves 12"),
    "a comment that means nothing": (prose_line("True. <!-- clam: x -->"), r"chapters/bias.md:21: the comment"),
    "a claim at a line's start": (prose_line("True.\n<!-- claim: x == 1 -->"), r"chapters/bias.md:22: the comment"),
    "a directive": (prose_line("```{note}\nText.\n```"), r"chapters/bias.md:21: the directive `\{note\}`"),
    "a role": (prose_line("See {ref}`there`."), r"chapters/bias.md:21: a role"),
    "a formula without a name": (prose_line("$$\nf'(x) = 2 x\n$$"), r"chapters/bias.md:21: nothing proves the derivative"),
    "an open code cell": (in_text("x + 2\n```", "x + 2\n"), r"chapters/bias.md:\d+: `\{code-cell\}` is never closed"),
    "an open directive": (prose_line("```{note}\nText."), r"chapters/bias.md:21: `\{note\}` is not closed before line"),
    "no Python": (code_line("x = = 1"), r"chapters/bias.md:18: is no Python"),
    "no Python in the second line": (code_line("x = 1\ny = )"), r"chapters/bias.md:19: is no Python"),
    "half a character": (code_line("x = '\\ud800'"), r"chapters/bias.md:18: may print half a character"),
    "a misspelt tag": (code_line("x = 1", tags="hide-inputs"), r"chapters/bias.md:20: nobody knows the tag `hide-inputs`. Did you mean `hide-input`"),
    "a tag that skips": (code_line("x = 1", tags="nbval-skip"), r"chapters/bias.md:20: the tag `nbval-skip` leaves the cell out"),
    "a measured time": (code_line("%%time\nx = 1"), r"chapters/bias.md:18: measures time"),
    "a measured line": (code_line("x = 1\n%timeit x"), r"chapters/bias.md:19: measures time"),
    "a progress bar": (code_line("from tqdm.auto import tqdm"), r"chapters/bias.md:18: shows a progress bar"),
    "numbers without a seed": (code_line("import numpy as np\nx = np.random.default_rng().normal()"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "old numbers without a seed": (code_line("import numpy as np\nx = np.random.rand(3)"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "numbers with the seed None": (code_line("import numpy as np\nx = np.random.default_rng(None).normal()"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "a RandomState without a seed": (code_line("import numpy as np\nx = np.random.RandomState().rand()"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "Python's numbers by their names": (code_line("from random import random\nx = random()"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "TensorFlow's numbers without a seed": (code_line("import tensorflow as tf\nx = tf.random.normal([2])"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "the clock": (code_line("import time\nprint(time.time())"), r"chapters/bias.md:19: prints what the clock says"),
    "today": (code_line("import datetime\nprint(datetime.datetime.now())"), r"chapters/bias.md:19: prints what the clock says"),
    "a question to the reader": (code_line("x = input()"), r"chapters/bias.md:18: waits for somebody to type"),
    "a line of the shell": (code_line("!ls"), r"chapters/bias.md:18: asks this machine's shell"),
    "a comment for nbval": (code_line("# NBVAL_IGNORE_OUTPUT\nx = 1"), r"chapters/bias.md:18: is a comment that changes how the cell is proved"),
    "an option that is almost tags": (code_line(":tag: [hide-input]\n\nx = 1"), r"chapters/bias.md:20: nobody knows the option `tag`. Did you mean `tags`"),
    "tags that are no list": (code_line(":tags: hide-input\n\nx = 1"), r"chapters/bias.md:18: cannot be read"),
    "a tag that skips in Jupyter": (code_line("x = 1", tags="skip-execution"), r"chapters/bias.md:20: the tag `skip-execution` leaves the cell out"),
    "a second title": (prose_line("# Another\n\nText."), r"chapters/bias.md:21: is a second title"),
    "no title": (in_text("# Bias\n", "Bias\n"), r"chapters/bias.md:1: has no title"),
    "a title by underlining": (prose_line("Text.\n=======\nMore."), r"chapters/bias.md:22: is a mark of a merge"),
    "an open fold": (prose_line("<details><summary>Why?</summary>\n\nBecause."), r"chapters/bias.md:21: `<details>` is not closed"),
    "a form feed": (prose_line("One.\x0cTwo."), r"chapters/bias.md:21: holds a control character, U\+000C"),
    "a line separator": (prose_line("One.\u2028Two."), r"chapters/bias.md:21: holds a control character, U\+2028"),
    "a shorter row of a table": (prose_line("| a | b |\n|---|---|\n| z |"), r"chapters/bias.md:23: this row of the table has 1 cells"),
    "TeX in an environment": (prose_line("\\begin{align}\nx &= \\fraq{1}{2}\n\\end{align}"), r"chapters/bias.md:21: the formula"),
    "TeX in the second line": (prose_line("One and\n$\\fraq{1}{2}$."), r"chapters/bias.md:22: the formula `\\fraq"),
    "a word that the contents do not know": (in_contents("  - file: chapters/ex", "  - fiel: chapters/ex"), r"_toc.yml:4: nobody knows `fiel`"),
    "contents with a tab": (in_contents("  - file", "\t- file"), r"_toc.yml:4: is no valid YAML"),
    "an address that is none": (lambda book: with_file("_config.yml", (book / "_config.yml").read_text().replace("https://github", "htps://github"))(book), r"_config.yml:3: repository.url is no web address"),
    "a notebook without a text": (lambda book: with_file("chapters/new.ipynb", (book / "chapters/bias.ipynb").read_text())(book), r"chapters/new.ipynb: is a notebook without a text.*course new chapter new --from chapters/new.ipynb"),
    "another suffix": (with_file("chapters/new.MD", "# New\n"), r"chapters/new.MD: ends in .MD"),
    "a blank in a name": (with_file("chapters/my page.md", "# New\n"), r"chapters/my page.md: holds a blank in its name"),
    "a folder that is called like a chapter": (lambda book: (book / "chapters/new.md").mkdir(), r"chapters/new.md: cannot be read"),
    "a link to a file that is gone": (lambda book: (book / "chapters/new.md").symlink_to("gone.md"), r"chapters/new.md: does not exist"),
    "curly quotes in code": (code_line("x = \u201ca\u201d"), r"chapters/bias.md:18: is no Python"),
    "a dead link in a page without code": (with_page("One.\n\n[See](none.md)."), r"chapters/page.md:5: the link none.md leads to no file"),
    "a dead anchor in a page without code": (with_page("[See](#nowhere)."), r"chapters/page.md:3: the link #nowhere leads to no heading"),
    "an open fence in a page without code": (with_page("```{note}\nText."), r"chapters/page.md:3: `\{note\}` is never closed"),
    "an open fold in a page without code": (with_page("<details><summary>A</summary>"), r"chapters/page.md:3: `<details>` is not closed"),
    "a heading that leaves out a level": (prose_line("#### Deep\n\nText."), r"chapters/bias.md:21: leaves out a level, from 1 to 4"),
    "a heading without a blank": (prose_line("##Deep"), r"chapters/bias.md:21: a heading without a blank"),
    "a heading by dashes": (prose_line("A sentence.\n---"), r"chapters/bias.md:21: becomes a heading"),
    "a second front matter": (in_text("# Bias", "---\ntitle: x\n---\n\n# Bias"), r"chapters/bias.md:13: becomes a heading"),
    "an empty link": (prose_line("One.\n[See]()."), r"chapters/bias.md:22: the link leads nowhere"),
    "an open division": (prose_line("<div>\n\nText."), r"chapters/bias.md:21: `<div>` is not closed"),
    "a closed division that nobody opened": (prose_line("Text.</div>"), r"chapters/bias.md:21: `</div>` closes what"),
    "a script": (prose_line("<script>alert(1)</script>"), r"chapters/bias.md:21: `<script>` is left out by Colab"),
    "an open tick": (prose_line("This is `code and more."), r"chapters/bias.md:21: an unclosed code"),
    "a range of prices": (prose_line("From $5-$10."), r"chapters/bias.md:21: `\$5-\$` is read as a formula"),
    "a cell of another language": (in_text("```{code-cell}\nx = 1", "```{code-cell} R\nx = 1"), r"chapters/bias.md:17: asks for `R`"),
    "an indented code cell": (in_text("```{code-cell}\nx = 1\n```", "    ```{code-cell}\n    x = 1\n    ```"), r"chapters/bias.md:17: shows a code cell, for its fence is indented"),
    "another kernel": (in_text("name: python3", "name: julia"), r"chapters/bias.md:9: asks for the kernel `julia`"),
    "a front matter that says a thing twice": (in_text("  name: python3\n", "  name: python3\n  name: python3\n"), r"chapters/bias.md:10: the front matter holds `name` twice"),
    "a name of two cells": (code_line(":name: named\n\nx = 1"), r"chapters/bias.md:34: is a second cell of the name `named`"),
    "a slide that is none": (code_line(":slideshow: {slide_tpye: slide}\n\nx = 1"), r"chapters/bias.md:20: the slide .* is none"),
    "a tag that stands twice": (code_line("x = 1", tags="hide-input, hide-input"), r"chapters/bias.md:18: cannot be read"),
    "a cell without code": (in_text("x = 1\n```", "```"), r"chapters/bias.md:18: is a code cell without code"),
    "a merge mark alone in its line": (prose_line("<<<<<<<\nA.\n>>>>>>>"), r"chapters/bias.md:21: is a mark of a merge"),
    "merge marks in the pins": (bytes_of(lambda data: b"<<<<<<< HEAD\n" + data, "../requirements.txt"), r"requirements.txt:1: is a mark of a merge"),
    "merge marks in the project's file": (bytes_of(lambda data: b"<<<<<<< HEAD\n" + data, "../pyproject.toml"), r"pyproject.toml:1: is a mark of a merge"),
    "settings that are no YAML": (bytes_of(lambda data: data + b"parse: [\n", "../_config.yml"), r"_config.yml:\d+: is no valid YAML"),
    "settings that say a thing twice": (bytes_of(lambda data: data + b"title: Another\n", "../_config.yml"), r"_config.yml:7: holds `title` twice"),
    "a setting that nobody knows": (bytes_of(lambda data: data + b"tittle: Another\n", "../_config.yml"), r"_config.yml:7: nobody knows `tittle`"),
    "a branch that is a number": (bytes_of(lambda data: data.replace(b"v1.0", b"1.10"), "../_config.yml"), r"_config.yml:4: repository.branch is read as a number"),
    "a branch with a blank": (bytes_of(lambda data: data.replace(b"v1.0", b"v 1"), "../_config.yml"), r"_config.yml:4: repository.branch is no name"),
    "contents in another encoding": (bytes_of(lambda data: data + b"# caf\xe9\n", "../_toc.yml"), r"_toc.yml:5: holds bytes that are not UTF-8"),
    "contents that are a list": (bytes_of(lambda data: b"- a\n", "../_toc.yml"), r"_toc.yml:1: names no first page"),
    "contents that name nothing": (in_contents("file: chapters/exercises/bias.ipynb", "file:"), r"_toc.yml:4: names no file"),
    "contents with two lists": (in_contents("chapters:", "chapters:\n  - file: chapters/bias.ipynb\nchapters:"), r"_toc.yml:5: holds `chapters` twice"),
    "numbers by another name": (code_line("import numpy.random as npr\nx = npr.rand(3)"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "numbers by a function's name": (code_line("from numpy.random import normal\nx = normal(size=3)"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "Keras' numbers": (code_line("import keras\nx = keras.random.normal((2,))"), r"chapters/bias.md:19: draws random numbers without a seed"),
    "numbers of the machine": (code_line("import os\nx = os.urandom(4)"), r"chapters/bias.md:19: draws random numbers that take no seed"),
    "an identity": (code_line("import uuid\nx = uuid.uuid4()"), r"chapters/bias.md:19: draws random numbers that take no seed"),
    "the machine's name": (code_line("import platform\nx = platform.node()"), r"chapters/bias.md:19: asks what this machine is called"),
    "the machine's settings": (code_line("import os\nx = os.environ['HOME']"), r"chapters/bias.md:19: asks what this machine is called"),
    "the clock in a name": (code_line("from datetime import datetime\nnow = datetime.now()\nprint(f'{now}')"), r"chapters/bias.md:20: prints what the clock says"),
    "the clock displayed": (code_line("import time\ntime.time()"), r"chapters/bias.md:19: prints what the clock says"),
    "the shell in an assignment": (code_line("x = !ls"), r"chapters/bias.md:18: asks this machine's shell"),
    "a cell of the shell": (code_line("%%bash\nls"), r"chapters/bias.md:18: asks this machine's shell"),
    "an installation": (code_line("%pip install x"), r"chapters/bias.md:18: asks this machine's shell"),
    "Python's numbers without a seed": (code_line("import random\nx = random.random()"), r"chapters/bias.md:19: draws random numbers without a seed"),
    # Signs that nobody sees.
    "a blank that is none in code": (code_line("x\u00a0= 1"), r"chapters/bias.md:18: is no Python: invalid non-printable"),
    "a blank without a width": (prose_line("One\u200bTwo."), r"chapters/bias.md:21: holds a control character, U\+200B"),
    "a byte-order mark inside": (prose_line("One\ufeffTwo."), r"chapters/bias.md:21: holds a control character, U\+FEFF"),
    "code that turns its direction": (code_line("x = 1  # \u202e"), r"chapters/bias.md:18: holds a control character, U\+202E"),
    "prose that turns its direction": (prose_line("One \u2066two."), r"chapters/bias.md:21: holds a control character, U\+2066"),
    "a hyphen that is not shown": (prose_line("per\u00adceptron."), r"chapters/bias.md:21: holds a control character, U\+00AD"),
    "tabs and blanks in code": (code_line("if True:\n\tx = 1\n        y = 2"), r"chapters/bias.md:20: is no Python: inconsistent use of tabs"),
    # Prose that becomes something else.
    "a sentence behind a tab": (prose_line("Text.\n\n\tA sentence."), r"chapters/bias.md:23: is shown as code"),
    "a sentence behind four blanks": (prose_line("Text.\n\n    A sentence."), r"chapters/bias.md:23: is shown as code"),
    "a directive of tildes": (prose_line("~~~{note}\nText.\n~~~"), r"chapters/bias.md:21: the directive `\{note\}`"),
    "a directive of colons": (prose_line(":::{note}\nText.\n:::"), r"chapters/bias.md:21: a directive"),
    "a citation": (prose_line("As {cite:p}`x` says."), r"chapters/bias.md:21: a role"),
    "a link to no definition": (prose_line("See [it][nowhere]."), r"chapters/bias.md:21: a broken link"),
    "a definition that leads nowhere": (prose_line("See [it][n].\n\n[n]: none.md"), r"chapters/bias.md:23: the link none.md"),
    "a link out of the book": (prose_line("[x](../README.md)"), r"chapters/bias.md:21: the link ../README.md"),
    "a picture from the root": (prose_line("![a](/images/x.png)"), r"chapters/bias.md:21: the link /images/x.png"),
    "a picture in HTML": (prose_line('<img src="images/none.png" alt="x">'), r"chapters/bias.md:21: the link images/none.png"),
    "a picture without words": (both(with_file("chapters/images/a.png", ""), prose_line("![](images/a.png)")), r"chapters/bias.md:21: a picture without words"),
    "a path of Windows": (prose_line("![a](images\\a.png)"), r"chapters/bias.md:21: the link images\\a.png"),
    "a link to this machine": (prose_line("[x](http://localhost:8888/x)"), r"chapters/bias.md:21: the link http://localhost:8888/x leads to one machine"),
    "a link to a file of this machine": (prose_line("[x](file:///etc/hosts)"), r"chapters/bias.md:21: (a broken link|the link file)"),
    "a link to a page's HTML": (prose_line("[x](bias.html)"), r"chapters/bias.md:21: the link bias.html"),
    "a comment that is never closed": (prose_line("True. <!-- claim: x == 1"), r"chapters/bias.md:21: (a broken comment|nothing proves)"),
    "a comment of two hyphens": (prose_line("True. <!-- given: a -- b -->"), r"chapters/bias.md:21: the comment .* holds two hyphens"),
    "a claim that is no Python": (prose_line("True. <!-- claim: x == -->"), r"chapters/bias.md:21: the comment `claim: x ==` is no expression"),
    "a claim that assigns": (prose_line("True. <!-- claim: x = 1 -->"), r"chapters/bias.md:21: the comment `claim: x = 1` is no expression"),
    "an empty claim": (prose_line("True. <!-- claim: -->"), r"chapters/bias.md:21: the comment `claim:` is no expression"),
    "a claim without its colon": (prose_line("True. <!-- claim x == 1 -->"), r"chapters/bias.md:21: the comment .* means nothing"),
    "a given without a source": (prose_line("It is 5. <!-- given: -->"), r"chapters/bias.md:21: nothing proves 5"),
    "a formula that is not there": (prose_line("$$\nx\n$$\n\n<!-- formula: nosuch -->"), r"chapters/bias.md:21: there is no formula nosuch"),
    "math of LaTeX's own": (prose_line("It is \\(x\\)."), r"chapters/bias.md:21: math without dollars"),
    "the same displayed": (prose_line("\\[ x \\]"), r"chapters/bias.md:21: math without dollars"),
    "an environment that is not closed": (prose_line("\\begin{align}\nx"), r"chapters/bias.md:21: math without dollars"),
    "a display that is not closed": (prose_line("$$\nx"), r"chapters/bias.md:21: an unpaired dollar"),
    "a per cent in a formula": (prose_line("It is $p% x$."), r"chapters/bias.md:21: the formula `p% x` cannot be set: a `%` hides"),
    "two indices": (prose_line("$x_a_b$"), r"chapters/bias.md:21: the formula `x_a_b` cannot be set: Double subscript"),
    "a label in a formula": (prose_line("$$\nx \\label{a}\n$$"), r"chapters/bias.md:21: the formula"),
    "a table without its dashes": (prose_line("| a | b |\n| c | d |"), r"chapters/bias.md:21: a broken table"),
    "too many dashes under a table": (prose_line("| a | b |\n|---|---|---|\n| c | d |"), r"chapters/bias.md:21: a broken table"),
    "bars of a formula in a table": (prose_line("| a | b |\n|---|---|\n| $|x|$ | c |"), r"chapters/bias.md:23: this row of the table has 4 cells"),
    "a star that stays open": (prose_line("This is *italic and more."), r"chapters/bias.md:21: an unclosed emphasis"),
    "two stars that stay open": (prose_line("This is **bold and more."), r"chapters/bias.md:21: an unclosed emphasis"),
    "an alert that nobody knows": (prose_line("> [!FOO]\n> Text."), r"chapters/bias.md:21: an alert that nobody knows"),
    "an alert in small letters": (prose_line("> [!note]\n> Text."), r"chapters/bias.md:21: an alert that nobody knows"),
    "an alert with its text behind it": (prose_line("> [!NOTE] Text."), r"chapters/bias.md:21: an alert that nobody knows"),
    "a note to oneself": (prose_line("TODO: write this."), r"chapters/bias.md:21: a note to yourself"),
    "a heading without words": (prose_line("##"), r"chapters/bias.md:21: is a heading without words"),
    "a frame": (prose_line('<iframe src="https://x.example"></iframe>'), r"chapters/bias.md:21: `<iframe>` is left out"),
    # Front matter and options.
    "a date among a cell's options": (code_line("---\nd: 2020-01-01\n---\nx = 1"), r"chapters/bias.md:\d+: cannot be read as a MyST notebook"),
    "options that are not closed": (code_line("---\ntags: [hide-input]\nx = 1"), r"chapters/bias.md:17: cannot be read"),
    "a tag that is a number": (code_line(":tags: [hide-input, 1]\n\nx = 1"), r"chapters/bias.md:\d+: cannot be read"),
    "a list of tags that is not closed": (code_line(":tags: [hide-input\n\nx = 1"), r"chapters/bias.md:17: cannot be read"),
    "a break with broken metadata": (prose_line("+++ {bad\n\nText."), r"chapters/bias.md:21: cannot be read"),
    "a tab in the front matter": (in_text("kernelspec:", "\tx: 1\nkernelspec:"), r"chapters/bias.md:6: the front matter is no valid YAML"),
    "a program in the front matter": (in_text("kernelspec:", "n: !!python/object:os.system x\nkernelspec:"), r"chapters/bias.md:6: the front matter is no valid YAML"),
    # The contents, the settings, and names of files.
    "contents without a suffix": (in_contents("root: chapters/bias.ipynb", "root: chapters/bias"), r"_toc.yml:2: names chapters/bias, which does not exist"),
    "contents by a detour": (in_contents("root: chapters", "root: ./chapters"), r"_toc.yml:2: names ./chapters/bias.ipynb by a detour"),
    "contents with backslashes": (in_contents("chapters/exercises/bias", "chapters\\exercises\\bias"), r"_toc.yml:4: names chapters\\exercises"),
    "contents in other letters": (in_contents("root: chapters/bias", "root: chapters/Bias"), r"_toc.yml:2: names chapters/Bias.ipynb"),
    "contents with an address that is none": (in_contents("  - file", "  - url: nonsense\n  - file"), r"_toc.yml:4: names no web address: nonsense"),
    "contents that do not say what they are": (in_contents("format: jb-book\n", ""), r"_toc.yml:1: does not say that it lists a book"),
    "contents of an article": (in_contents("jb-book", "jb-article"), r"_toc.yml:1: does not say that it lists a book"),
    "contents that are empty": (bytes_of(lambda data: b"", "../_toc.yml"), r"_toc.yml:1: names no first page"),
    "a book without a title": (bytes_of(lambda data: data.replace(b"A small book", b""), "../_config.yml"), r"_config.yml:1: gives the book no title"),
    "a logo that is gone": (bytes_of(lambda data: data + b"logo: none.png\n", "../_config.yml"), r"_config.yml:1: names the logo none.png"),
    "a build that executes": (bytes_of(lambda data: data + b"execute:\n  execute_notebooks: force\n", "../_config.yml"), r"_config.yml:1: lets the build execute"),
    "a project without a version": (bytes_of(lambda data: b"[project]\n", "../pyproject.toml"), r"pyproject.toml:1: tells no version"),
    "a device of Windows": (with_file("chapters/con.md", "# Con\n"), r"chapters/con.md: has a name that Windows keeps"),
    "an umlaut in a name": (with_file("chapters/\u00fcber.md", "# U\n"), r"chapters/\u00fcber.md: has a name with other signs"),
    "a hash in a name": (with_file("chapters/a#b.md", "# U\n"), r"chapters/a#b.md: has a name with other signs"),
    "two names of the same letters": (with_file("chapters/Bias.md", "# U\n"), r"chapters/bias.md: is the same file as Bias.md"),
    "a page of another markup": (with_file("chapters/page.rst", "Page\n====\n"), r"chapters/page.rst: ends in .rst"),
    "an untitled notebook": (with_file("chapters/Untitled.ipynb", "{}"), r"chapters/Untitled.ipynb: is a notebook without a text"),
    "a page in a folder below": (with_file("chapters/sub/page.md", "# Sub\n"), r"_toc.yml:1: does not name chapters/sub/page.md"),
    "a page without a title": (both(with_file("chapters/page.md", "Text.\n"), in_contents("chapters:\n", "chapters:\n  - file: chapters/page.md\n")), r"chapters/page.md:1: has no title"),
    "merge marks in a script": (with_file("course_lib/figures/x.js", "a;\n<<<<<<< HEAD\n"), r"course_lib/figures/x.js:2: is a mark of a merge"),
    "merge marks in code": (with_file("course_lib/x.py", "<<<<<<< HEAD\n"), r"course_lib/x.py:1: is a mark of a merge"),
    "merge marks in a picture": (with_file("chapters/images/x.svg", "<svg>\n>>>>>>> other\n"), r"chapters/images/x.svg:2: is a mark of a merge"),
    "merge marks in the data of exercises": (with_file("course_lib/exercises/data/x.json", "<<<<<<< HEAD\n"), r"course_lib/exercises/data/x.json:1: is a mark of a merge"),
    "merge marks in a workflow": (with_file(".github/workflows/x.yml", "<<<<<<< HEAD\n"), r".github/workflows/x.yml:1: is a mark of a merge"),
    "merge marks in a set's notebook": (bytes_of(lambda data: b"<<<<<<< HEAD\n" + data, "exercises/bias.ipynb"), r"chapters/exercises/bias.ipynb:1: is a mark of a merge"),
    "an empty notebook": (bytes_of(lambda data: b"", "bias.ipynb"), r"chapters/bias.ipynb: is no notebook"),
    "a notebook of the future": (in_json(lambda notebook: notebook.update(nbformat=9)), r"chapters/bias.ipynb: is no notebook"),
    "a notebook with a stored error": (in_json(lambda notebook: notebook["cells"][2].update(outputs=[{"output_type": "error", "ename": "E", "evalue": "x", "traceback": []}])), r"chapters/bias.ipynb: was run by another program"),
    # Code that is another on every machine.
    "a program of the machine": (code_line("import os\nos.system('ls')"), r"chapters/bias.md:19: asks this machine's shell"),
    "a program by another way": (code_line("import subprocess\nsubprocess.run(['ls'])"), r"chapters/bias.md:19: asks this machine's shell"),
    "the network": (code_line("import urllib.request\nurllib.request.urlopen('https://x.example')"), r"chapters/bias.md:19: asks the network"),
    "a hash of a text": (code_line("print(hash('a'))"), r"chapters/bias.md:18: prints an order or a number"),
    "an object's number": (code_line("x = 1\nid(x)"), r"chapters/bias.md:19: prints an order or a number"),
    "a set": (code_line("print({'a', 'b'})"), r"chapters/bias.md:18: prints an order or a number"),
    "Python's version": (code_line("import sys\nprint(sys.version)"), r"chapters/bias.md:19: asks what this machine"),
    "the files around": (code_line("import glob\nprint(glob.glob('*'))"), r"chapters/bias.md:19: asks what this machine"),
    "a folder of one machine": (code_line("x = open('/home/ada/x.csv')"), r"chapters/bias.md:18: names a folder of one machine"),
    "a place to stop": (code_line("breakpoint()"), r"chapters/bias.md:18: waits for somebody"),
    "an end of the kernel": (code_line("import sys\nsys.exit()"), r"chapters/bias.md:19: ends the kernel"),
    "help on a name": (code_line("print?"), r"chapters/bias.md:18: asks this machine's shell"),
    "another notebook's code": (code_line("%run x.py"), r"chapters/bias.md:18: asks this machine's shell"),
    # What a link, a reader or a program takes for something else.
    "two headings of one address": (prose_line("## What is it?\n\nA.\n\n## What is it\n\nB."), r"chapters/bias.md:25: has the address `#what-is-it`, as the heading at chapters/bias.md:21"),
    "the same in a page without code": (with_page("## Same\n\nA.\n\n## Same"), r"chapters/page.md:7: has the address `#same`"),
    "a tag of a cell without code": (prose_line('+++ {"tags": ["hide-input"]}\n\nText.'), r"chapters/bias.md:23: the tag `hide-input` means nothing"),
    "an option of a cell without code": (prose_line('+++ {"slidshow": {"slide_type": "slide"}}\n\nText.'), r"chapters/bias.md:23: nobody knows the option `slidshow`"),
    "a display inside a display": (prose_line("$$\n\\begin{align}\nx &= 1\n\\end{align}\n$$"), r"chapters/bias.md:21: the formula .* `align` opens a display of its own"),
    "a diagram": (prose_line("```mermaid\ngraph TD\n```"), r"chapters/bias.md:21: `mermaid` is drawn by GitHub"),
    "a language that nobody knows": (prose_line("```pyhton\nx = 1\n```"), r"chapters/bias.md:21: nobody knows the language `pyhton`.*Did you mean `python`"),
    "curly quotes in shown code": (prose_line("Write `x = \u201ca\u201d`."), r"chapters/bias.md:21: `x = .*` holds curly quotes"),
    "curly quotes in a fence": (prose_line("```python\nx = \u201ca\u201d\n```"), r"chapters/bias.md:21: holds curly quotes"),
    "Markdown inside HTML": (prose_line("<div>\n**bold**\n</div>"), r"chapters/bias.md:21: .\*\*bold\*\*. is no markup between"),
    "a fold without its line": (prose_line("<details>\n\nBecause.\n\n</details>"), r"chapters/bias.md:21: is a fold without its line"),
    "an element that is none": (prose_line("<details><sumary>Why?</sumary>\n\nSo.\n\n</details>"), r"chapters/bias.md:21: `<sumary>` is no element of HTML. Did you mean `summary`"),
    "a picture in HTML without words": (both(with_file("chapters/images/a.png", "x"), prose_line('<img src="images/a.png">')), r"chapters/bias.md:21: a picture without words"),
    "a picture in HTML, other quotes": (prose_line("<img src='images/none.png' alt='x'>"), r"chapters/bias.md:21: the link images/none.png"),
    "a picture called by its file": (both(with_file("chapters/images/a.png", "x"), prose_line("![a.png](images/a.png)")), r"chapters/bias.md:21: a picture without words"),
    "a picture without a byte": (both(with_file("chapters/images/a.png", ""), prose_line("![A](images/a.png)")), r"chapters/bias.md:21: the file images/a.png is empty"),
    "a link of no kind": (prose_line("[x](htp://x.example)"), r"chapters/bias.md:21: the link htp://x.example leads to no page of the web"),
    "a link with one slash": (prose_line("[x](https:/x.example)"), r"chapters/bias.md:21: the link https:/x.example leads to no page"),
    "a link with a blank in the middle": (prose_line("[x] (bias.md)"), r"chapters/bias.md:21: a broken link"),
    "a link the wrong way round": (prose_line("(x)[bias.md]"), r"chapters/bias.md:21: a broken link"),
    "a list of dots": (prose_line("\u2022 one\n\u2022 two"), r"chapters/bias.md:21: a list that is none"),
    "a list without blanks": (prose_line("-one\n-two"), r"chapters/bias.md:21: a list that is none"),
    "a heading behind an odd blank": (prose_line("##\u00a0Deep"), r"chapters/bias.md:21: a heading without a blank"),
    "LaTeX outside a formula": (prose_line("It is \\emph{so}."), r"chapters/bias.md:21: a command of LaTeX"),
    "reStructuredText": (prose_line("Text.\n\n.. note:: Text."), r"chapters/bias.md:23: markup of reStructuredText"),
    "another program's note": (prose_line("!!! note\n    Text."), r"chapters/bias.md:21: another program's markup"),
    "a sign by its name": (prose_line("Well :smile: done."), r"chapters/bias.md:21: a sign by its name"),
    "an option without its colon": (code_line("tags: [hide-input]\nx = 1"), r"chapters/bias.md:18: `tags:` is no option without a colon"),
    "a front matter that reaches no page": (in_text("kernelspec:", "title: Mine\nkernelspec:"), r"chapters/bias.md:6: the front matter holds `title`, which reaches no page"),
    "a text in another format": (in_text("format_name: myst", "format_name: percent"), r"chapters/bias.md:5: says that its format is `percent`"),
    # Numbers without a seed, by other ways.
    "a table's sample": (code_line("import pandas as pd\nd = pd.DataFrame()\nx = d.sample(frac=1)"), r"chapters/bias.md:20: draws random"),
    "a split": (code_line("from sklearn.model_selection import train_test_split\nx = train_test_split([1, 2])"), r"chapters/bias.md:19: draws random"),
    "an estimator": (code_line("from sklearn.cluster import KMeans\nx = KMeans(2)"), r"chapters/bias.md:19: draws random"),
    "a network of Keras": (code_line("from tensorflow import keras\nx = keras.Sequential([keras.layers.Dense(1)])"), r"chapters/bias.md:19: draws random"),
    "a seed of another library": (code_line("import tensorflow as tf, numpy as np\ntf.random.set_seed(1)\nx = np.random.rand()"), r"chapters/bias.md:20: draws random"),
    "a seed that is none": (code_line("import numpy as np\nnp.random.seed()\nx = np.random.rand()"), r"chapters/bias.md:20: draws random"),
    "a seed of the clock": (code_line("import time\nimport numpy as np\nx = np.random.default_rng(int(time.time()))"), r"chapters/bias.md:20: draws random"),
    "a seed that comes too late": (both(in_text("x + 2", "np.random.seed(0)"), code_line("import numpy as np\nx = np.random.rand()")), r"chapters/bias.md:19: draws random"),
    "a generator by a name of one's own": (code_line("import numpy as np\ndraw = np.random.rand\nx = draw()"), r"chapters/bias.md:20: draws random"),
    "everything of a module": (code_line("from random import *\nx = random()"), r"chapters/bias.md:19: draws random"),
    "a data set of the network": (code_line("from tensorflow import keras\nx = keras.datasets.mnist.load_data()"), r"chapters/bias.md:19: asks the network"),
    "the clock of a library": (code_line("import pandas as pd\nprint(pd.Timestamp.now())"), r"chapters/bias.md:19: prints what the clock says"),
    "a set by its name": (code_line("s = {'a', 'b'}\nprint(s)"), r"chapters/bias.md:19: prints an order or a number"),
    "a loop over a set": (code_line("for i in {'a', 'b'}:\n    print(i)"), r"chapters/bias.md:18: prints in an order"),
    "a version": (code_line("import numpy as np\nprint(np.__version__)"), r"chapters/bias.md:19: prints a version"),
    # Settings and contents, as those read them who build.
    "a setting inside another": (bytes_of(lambda data: data.replace(b"  baseurl", b"  favicn: x.png\n  baseurl"), "../_config.yml"), r"_config.yml:6: nobody knows `favicn`. Did you mean `favicon`"),
    "a setting of another kind": (bytes_of(lambda data: data + b"exclude_patterns: tests\n", "../_config.yml"), r"_config.yml:7: `exclude_patterns` may not be 'tests'"),
    "settings that are a word": (bytes_of(lambda data: data.replace(b"html:\n  baseurl: ", b"html: "), "../_config.yml"), r"_config.yml:5: `html` holds no settings"),
    "a setting of Sphinx": (bytes_of(lambda data: data + b"sphinx:\n  config:\n    html_them: x\n", "../_config.yml"), r"_config.yml:9: Sphinx does not take this: unknown config value 'html_them'"),
    "an option of the theme": (bytes_of(lambda data: data + b"sphinx:\n  config:\n    html_theme_options:\n      toc_titel: x\n", "../_config.yml"), r"_config.yml:10: Sphinx .* 'toc_titel'"),
    "an extension that is none": (bytes_of(lambda data: data + b"parse:\n  myst_enable_extensions: [dolarmath]\n", "../_config.yml"), r"_config.yml:8: Sphinx .*'dolarmath'"),
    "a style of code that is none": (bytes_of(lambda data: data + b"sphinx:\n  config:\n    html_theme_options:\n      pygments_light_style: tangoo\n", "../_config.yml"), r"_config.yml:10: Sphinx .*nobody knows the style tangoo"),
    "the same of Sphinx": (bytes_of(lambda data: data + b"sphinx:\n  config:\n    pygments_style: tangoo\n", "../_config.yml"), r"_config.yml:9: Sphinx .*tangoo"),
    "a program for formulas that is none": (bytes_of(lambda data: data + b"sphinx:\n  config:\n    html_math_renderer: katx\n", "../_config.yml"), r"_config.yml:9: Sphinx .*katx"),
    "a word that no page asks for": (bytes_of(lambda data: data + b"sphinx:\n  config:\n    html_context:\n      defualt_mode: dark\n", "../_config.yml"), r"_config.yml:10: no page asks for `defualt_mode`"),
    "an address without a title": (in_contents("  - file", "  - url: https://x.example\n  - file"), r"_toc.yml:4: gives an address without a title"),
    "a formula with blanks": (prose_line("So $ x $ is."), r"chapters/bias.md:21: `\$ x \$` holds blanks"),
    # What a cell needs and does not bring along.
    **{
        f"a cell with {cell!r}": (code_line(f"import numpy as np, pandas as pd\n{cell}", tags="nbval-ignore-output"), rf"chapters/bias.md:2\d: {said}")
        for cell, said in {
            "x = pd.read_csv('https://x.example/a.csv')": "asks the network",
            "a = 'https://x.example/'\nx = np.loadtxt(a + 'a.txt')": "asks the network",
            "from urllib.request import urlopen\nx = urlopen('https://x.example')": "asks the network",
            "from urllib import request\nrequest.urlretrieve('https://x.example/a', 'a')": "asks the network",
            "x = open('data.csv')": "reads data.csv, which does not travel",
            "x = np.loadtxt(fname='x.csv', delimiter=',')": "reads x.csv, which does not travel",
            "from pathlib import Path\nx = (Path('data') / 'x.csv').read_text()": "reads data/x.csv, which does not travel",
            "from PIL import Image\nx = Image.open('images/cat.png')": "reads images/cat.png, which does not travel",
            "from IPython.display import Javascript\nJavascript('alert(1)')": "is run by a browser",
            "try:\n    x = pd.read_csv('https://x.example/a.csv')\nexcept OSError:\n    pass": "asks the network",
        }.items()
    },
    "an error that the network gives": (code_line("import requests\nrequests.get('https://x.example')", tags="raises-exception"), r"chapters/bias.md:21: asks the network"),
    "a cell for a browser": (code_line("%%html\n<b>x</b>"), r"chapters/bias.md:18: is run by a browser"),
    "a script for a browser": (code_line("%%javascript\nalert(1)"), r"chapters/bias.md:18: is run by a browser"),
    "contents in one line": (in_contents("  - file: chapters/exercises/bias.ipynb", "  - {file: chapters/exercises/bias.ipynb, titel: X}"), r"_toc.yml:4: nobody knows `titel`"),
    "a word of the contents in the wrong place": (in_contents("exercises/bias.ipynb", "exercises/bias.ipynb\n    caption: X"), r"_toc.yml:5: `caption` may not stand here"),
    "two kinds of contents": (in_contents("chapters:\n", "sections:\n"), r"_toc.yml:3: `sections` may not stand here"),
}  # fmt: skip

# What nobody may blame: all of it in one book.
WELL = (
    with_file("chapters/images/a.png", "x"),
    prose_line(
        "> [!NOTE]\n> Text with `code` and $x$.\n\n<details><summary>Why is $b$ needed, and <code>f</code>?</summary>\n\n"
        "Because **x** is $x$.\n\n</details>\n\n<table><tr><td>b</td></tr></table>\n\nPress <kbd>Ctrl</kbd>; one<br>two.\n\n"
        "<img src='images/a.png' alt='A line' width=\"300\">\n\n![A line](images/a.png \"Title\")\n\n"
        "[B](https://en.wikipedia.org/wiki/Bayes'_theorem), [me](mailto:a@b.example), <https://x.example>, [it][n].\n\n"
        "[n]: https://x.example\n\n```bash\nls\n```\n\n```\nx\n```\n\n```ipython3\n%time x\n```\n\n"
        "$$\n\\begin{aligned}\nx &= y\n\\end{aligned}\n$$\n\n~~old~~ new, about ~five, in ~/work, a:b:c, std::vector, [a, b].\n\n"
        "one\n- two\n- three\n\nA long-\nterm view \u2013 a \u2192 b, a == b and b == c, a * b * c, a\\\nb, if a < b.\n\n"
        "---\n\n## A\n\n### B of `fit`\n\n## C\n\n+++ {\"tags\": [\"remove-cell\"]}\n\nText."
    ),
    code_line(
        "import random\nimport numpy as np\nimport pandas as pd\nimport tensorflow as tf\n"
        "from sklearn.model_selection import train_test_split\nfrom sklearn.pipeline import make_pipeline\n"
        "def later():\n    return np.random.rand()\n"
        "x = random.Random(1).sample([1, 2], 1), np.random.default_rng(0).permutation(3), make_pipeline()\n"
        "x = train_test_split([1], random_state=0), train_test_split([1], shuffle=False), pd.Series([1]).sample(1, random_state=0)\n"
        "x = tf.random.stateless_normal([2], seed=(1, 2)), [print(i) for i in sorted({'a'})]\n"
        "print(len({'a'}), 'a' in {'a'}, ' '.join(str(i) for i in [1]))\n"
        "np.savetxt('made.csv', [1])\nx = np.loadtxt('made.csv')\n"
        "try:\n    open('missing.csv')\nexcept OSError:\n    pass",
        tags="hide-input, nbval-ignore-output",
    ),
    in_text("x + 2", "np.random.seed(0)"),
    bytes_of(lambda data: data + b"author: Me\nparse:\n  myst_enable_extensions: [dollarmath]\nsphinx:\n  config:\n"
             b"    html_show_sourcelink: false\n    html_theme_options:\n      show_toc_level: 2\n", "../_config.yml"),
    in_contents("root: chapters/bias.ipynb", "root: chapters/bias.ipynb\noptions:\n  numbered: true"),
    in_contents("exercises/bias.ipynb", "exercises/bias.ipynb\n    title: Mine\n  - url: https://x.example\n    title: X"),
)  # fmt: skip

# What `course notebooks` says of a cell that it runs.
RUN: dict[str, tuple[str, str]] = {
    "an error in the second line": ("x = 1\nx / 0", r"chapters/bias.md:19: `x = 1` raised ZeroDivisionError"),
    "an end without a word": ("import os\nos._exit(3)", r"chapters/bias.md:18: the kernel died while `import os` ran\. Look"),
    "an end by an error": ("raise SystemExit", r"chapters/bias.md:18: .* raised SystemExit\. Mend"),
    "a temporary folder printed": ("import tempfile\nx = print(tempfile.gettempdir() + '/1')", r"chapters/bias.md:18: .* prints a folder of this machine"),
    "a file at the root": ("open('../left.txt', 'w').close()", r"chapters/bias.md:18: .* writes left.txt"),
    "exit": ("x = 1\nexit()", r"chapters/bias.md:18: `x = 1` ends the kernel"),
    "too much output": ("for _ in range(200):\n    print('x' * 100_000)", r"chapters/bias.md:18: .* prints or draws more than 1 MB"),
    "a thread that prints later": ("import threading\nthreading.Timer(0.3, print, ['late']).start()\nx = 1", r"chapters/bias.md:18: `import threading` leaves a thread running"),
    "a file among the chapters": ("open('left.txt', 'w').close()", r"chapters/bias.md:18: .* writes chapters/left.txt"),
    "a claim that fails": ("x = 2", r"chapters/bias.md:21: the claim `x == 1`"),
}  # fmt: skip


def _run(command: str) -> str:
    result = CliRunner().invoke(main, shlex.split(command))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def _everything(book: Path) -> str:
    """Return all that stands in texts, cells and copies."""
    files = [path for path in book.rglob("*") if path.is_file() and path.suffix in (".md", ".ipynb")]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").replace("\0", "") for path in files)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.usefixtures("nothing_runs")
def test_nothing_is_lost_and_nothing_is_silent(name: str, book: Path) -> None:
    edit, command, said = EDITS[name]
    edit(book)
    typed = set(re.findall(rf"{MINE}\d?", _everything(book)))
    output = _run(command)
    assert re.search(said, output), output
    assert typed <= set(re.findall(rf"{MINE}\d?", _everything(book)))


@pytest.mark.parametrize("name", DOCTOR)
def test_the_doctor_names_the_line(name: str, book: Path) -> None:
    edit, said = DOCTOR[name]
    edit(book)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1, result.output
    assert any(re.match(said, line) for line in result.output.splitlines()), result.output


def test_the_doctor_lets_stand_what_is_well(book: Path) -> None:
    assert _run("doctor") == "Nothing is wrong.\n"
    both(*WELL)(book)
    problems = _run("doctor").splitlines()
    assert [line for line in problems if not re.match(r"chapters/bias.ipynb: cell|\d+ problems", line)] == []


@pytest.mark.parametrize("name", RUN)
def test_a_cell_that_cannot_be_published_is_named(name: str, book: Path) -> None:
    cell, said = RUN[name]
    waits = in_text("x + 2", "__import__('time').sleep(0.5)")
    both(code_line(cell), waits, in_text("The end.", "The end. <!-- claim: x == 1 -->"))(book)
    before = (book / "chapters" / "bias.ipynb").read_bytes()
    output = _run("notebooks")
    assert re.search(said, output), output
    assert (book / "chapters" / "bias.ipynb").read_bytes() == before


# What `course book` refuses to publish, although each pair is in step.
PUBLISHED: dict[str, tuple[Callable[[Path], None], str]] = {
    "an unknown command in a formula": (both(prose_line("It is $\\fraq{1}{2}$."), write_anew), r"chapters/bias.md:21: the formula `\\fraq"),
    "the same in a page without code": (both(with_file("chapters/page.md", "# Page\n\nIt is\n$\\fraq{1}{2}$."), in_contents("chapters:\n", "chapters:\n  - file: chapters/page.md\n")), r"chapters/page.md:4: the formula `\\fraq"),
    "merge marks in a page without code": (both(with_file("chapters/page.md", "# Page\n\n<<<<<<< HEAD\n"), in_contents("chapters:\n", "chapters:\n  - file: chapters/page.md\n")), r"chapters/page.md:3: is a mark of a merge"),
    "a chapter in no contents": (with_file("chapters/page.md", "# Page\n"), r"_toc.yml:1: does not name chapters/page.md"),
    "contents that name a chapter's text": (in_contents("root: chapters/bias.ipynb", "root: chapters/bias.md"), r"_toc.yml:2: names chapters/bias.md"),
    "a set edited by hand": (both(with_definitions, in_text("Three dots", MINE, "exercises/bias")), r"chapters/exercises/bias.md:1: was edited by hand"),
    "a set older than its definitions": (both(with_definitions, in_text("kernelspec", "# definitions: 0123\nkernelspec", "exercises/bias")), r"course_lib/workshop/exercises/definitions/bias.py:1: was changed since chapters/exercises/bias.md"),
    "a set's notebook edited": (both(with_definitions, in_notebook("Three dots", MINE, "exercises/bias")), r"chapters/exercises/bias.ipynb: was edited"),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_nothing_else_is_published_than_was_written(name: str, book: Path) -> None:
    edit, said = PUBLISHED[name]
    edit(book)
    result = CliRunner().invoke(main, ["book"])
    assert result.exit_code == 1, result.output
    assert any(re.match(f"error: {said}", line) for line in result.output.splitlines()), result.output


def test_the_list_is_there_for_editors(book: Path) -> None:
    prose_line("There are 12 of them.")(book)
    problem, *_ = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).stdout)
    assert problem["where"] == "chapters/bias.md:21"
    assert set(problem) == {"where", "what", "fix"}


def test_only_the_cell_that_was_edited_changes_in_the_text(book: Path) -> None:
    """Names, slides, blank lines and fences of all other cells stay as they were typed."""
    path = book / "chapters" / "bias.md"
    path.write_text(path.read_text().replace("A second line.\n\n", "A second line.\n\n\n"), encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    in_notebook("The end", MINE)(book)
    _run(TAKE)
    assert path.read_text(encoding="utf-8") == before.replace("The end", MINE)


def test_an_authors_metadata_reaches_the_notebook_and_an_editors_does_not(book: Path) -> None:
    in_text(":name: named", ":name: named\n:pace: slow")(book)
    _run(COMMAND)
    path = book / "chapters" / "bias.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.source == "x + 1")
    assert dict(cell.metadata) == {
        "name": "named", "pace": "slow", "editable": False, "slideshow": {"slide_type": "slide"}
    }  # fmt: skip
    cell.metadata["collapsed"] = True
    cell.source += f"  # {MINE}"
    nbformat.write(notebook, path)
    _run(TAKE)
    text = (book / "chapters" / "bias.md").read_text(encoding="utf-8")
    assert "pace: slow" in text
    assert "slide_type: slide" in text
    assert "collapsed" not in text


def test_a_notebook_saved_while_it_runs_stands(book: Path) -> None:
    (chapter,) = notebooks.find_chapters(["bias"])
    in_text("x = 1", "x = 11")(book)
    plan = execution.plan(chapter)
    in_notebook("The end", MINE)(book)
    saved = chapter.notebook.read_bytes()
    with pytest.raises(pairs.BookError, match="was saved by another program meanwhile"):
        execution.put(plan)
    assert chapter.notebook.read_bytes() == saved


def test_a_text_saved_while_it_runs_is_named(book: Path) -> None:
    (chapter,) = notebooks.find_chapters(["bias"])
    plan = execution.plan(chapter)
    in_text("The end", MINE)(book)
    lines: list[str] = []
    execution.put(plan, lines.append)
    assert any("chapters/bias.md: was saved while its notebook was made" in line for line in lines)


def test_a_home_that_cannot_be_written_is_no_fault_of_a_cell(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (book / "no-home").write_text("", encoding="utf-8")
    monkeypatch.setenv("HOME", str(book / "no-home"))
    for name in ("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "IPYTHONDIR"):
        monkeypatch.delenv(name, raising=False)
    kernels.remove_clean_folder()
    code_line("import matplotlib.pyplot as plt\nx = plt.figure().number")(book)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "chapters/bias.ipynb: executed" in _run("notebooks")
    kernels.remove_clean_folder()


def test_chapters_may_be_a_link(book: Path, tmp_path: Path) -> None:
    real = tmp_path.parent / f"{tmp_path.name}-real"
    (book / "chapters").rename(real)
    (book / "chapters").symlink_to(real, target_is_directory=True)
    in_text("The end", MINE)(book)
    assert "chapters/bias.ipynb: text taken over" in _run(COMMAND)


@pytest.mark.parametrize("after", ["index", "bias"])
@pytest.mark.usefixtures("nothing_runs")
def test_a_new_chapter_is_sound_at_once(book: Path, after: str) -> None:
    in_contents("root: chapters/bias.ipynb", "root: chapters/index.ipynb")(book)
    in_contents("chapters:\n", "chapters:\n  - file: chapters/bias.ipynb\n")(book)
    with_file("chapters/index.md", HEADER + "# Index\n")(book)
    assert "course notebooks trees" in _run(f"new chapter trees --after {after}")
    _run("notebooks")
    assert _run("doctor") == "Nothing is wrong.\n"
    assert "exists already" in _run("new chapter trees")


def test_a_chapter_that_was_written_in_jupyter_alone_gets_its_text(book: Path) -> None:
    cells = [MARKDOWN(f"# Trees\n\n{MINE}, and more."), CODE("1 + 1", metadata={"tags": ["hide-input"]})]
    cells[1].outputs, cells[1].execution_count = [nbformat.v4.new_output("stream", text="2")], 7
    path = book / "chapters" / "trees.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    in_contents("chapters:\n", "chapters:\n  - file: chapters/trees.ipynb\n")(book)
    assert "course new chapter trees --from chapters/trees.ipynb" in _run("doctor")
    assert "course notebooks trees" in _run("new chapter trees --from chapters/trees.ipynb --after bias")
    text = (book / "chapters" / "trees.md").read_text(encoding="utf-8")
    assert f"# Trees\n\n{MINE}, and more.\n" in text
    assert ":tags: [hide-input]" in text
    assert "chapters/trees.ipynb: executed" in _run("notebooks")
    assert _run("doctor") == "Nothing is wrong.\n"
    assert (book / "_toc.yml").read_text(encoding="utf-8").count("chapters/trees.ipynb") == 1
    nbformat.write(nbformat.v4.new_notebook(cells=[*cells, MARKDOWN("+++")]), book / "woods.ipynb")
    assert "splits a cell" in _run("new chapter woods --from woods.ipynb --after bias")
    assert not (book / "chapters" / "woods.md").exists()


@pytest.fixture
def two_chapters(book: Path, nothing_runs: None) -> Path:
    """The book with a second chapter, which the first leads to."""
    in_contents("root: chapters/bias.ipynb", "root: chapters/index.ipynb")(book)
    in_contents("chapters:\n", "chapters:\n  - file: chapters/bias.ipynb\n")(book)
    with_file("chapters/index.md", HEADER + "# Index\n")(book)
    _run("new chapter trees --after bias")
    prose_line("See [trees](trees.md). It has `trees.md` in code.")(book)
    _run("notebooks")
    assert _run("doctor") == "Nothing is wrong.\n"
    return book


def test_a_chapter_is_renamed_in_one_step(two_chapters: Path) -> None:
    assert "course notebooks woods" in _run("rename chapter trees woods")
    _run("notebooks")
    assert _run("doctor") == "Nothing is wrong.\n"
    assert "[trees](woods.md)" in (two_chapters / "chapters/bias.md").read_text(encoding="utf-8")
    assert "chapters/woods.ipynb" in (two_chapters / "_toc.yml").read_text(encoding="utf-8")
    assert not list((two_chapters / "chapters").glob("trees.*"))
    assert "There is no chapter trees" in _run("rename chapter trees forests")
    assert "exists already" in _run("rename chapter woods bias")
    assert "in lower case" in _run("rename chapter woods 'Two words'")


def test_a_chapter_is_removed_in_one_step(two_chapters: Path) -> None:
    before = (two_chapters / "chapters/trees.md").read_text(encoding="utf-8")
    assert "chapters/bias.md:21: still names trees. Take that out." in _run("remove chapter trees")
    assert "trees" not in (two_chapters / "_toc.yml").read_text(encoding="utf-8")
    (copy,) = (two_chapters / ".kept/chapters").glob("trees.*.md")
    assert copy.read_text(encoding="utf-8") == before
    in_text("See [trees](trees.md). It has `trees.md` in code.", "The end.")(two_chapters)
    _run("notebooks")
    assert _run("doctor") == "Nothing is wrong.\n"


def test_an_edit_in_its_notebook_stops_the_renaming(two_chapters: Path) -> None:
    in_notebook("# Trees", f"# {MINE}", "trees")(two_chapters)
    assert "was edited and its text was not" in _run("rename chapter trees woods")
    assert "was edited and its text was not" in _run("remove chapter trees")
    assert (two_chapters / "chapters/trees.md").is_file()


def test_an_exercise_is_renamed_and_removed_in_one_step(book: Path) -> None:
    folder = book / pairs.DEFINITIONS
    _run(f"new exercise bias.first --exercises {folder}")
    _run(f"new exercise bias.second --exercises {folder}")
    path = folder / "bias.py"
    prose_line('Try `hint("bias.second")`.')(book)
    _run("rename exercise bias.second bias.other")
    assert '"bias.other"' in path.read_text(encoding="utf-8")
    assert 'hint("bias.other")' in (book / "chapters/bias.md").read_text(encoding="utf-8")
    assert "exists already" in _run("rename exercise bias.other bias.first")
    second = path.read_text(encoding="utf-8")
    assert "chapters/bias.md:21: still names bias.other" in _run("remove exercise bias.other")
    text = path.read_text(encoding="utf-8")
    assert '"bias.first"' in text
    assert "bias.other" not in text
    assert second.startswith(text.rstrip("\n"))
    compile(text, "bias.py", "exec")


def test_an_assignment_is_released_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "homework.yml").write_text(HOMEWORK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "homework.ipynb: written" in _run("release homework.yml --to out")
    assert (tmp_path / "out" / "homework.ipynb").is_file()


def _rendering_alone(book: Path) -> None:
    """Let a build execute nothing, as the course's own does."""
    path = book / "_config.yml"
    path.write_text(
        path.read_text(encoding="utf-8") + 'execute:\n  execute_notebooks: "off"\n', encoding="utf-8"
    )
    write_anew(book)


HOMEWORK = "title: Homework\nseed: 12345678\nexercises:\n  perceptron.two_forms: 3\n"
# What writes into the book: before it, an edit that leaves it something to write.
WRITING: dict[str, Callable[[Path], None]] = {
    "notebooks": in_text("The end", MINE),
    "notebooks --force bias": in_notebook("The end", MINE),
    "take-back chapters/bias.ipynb": in_notebook("The end", MINE),
    "new chapter trees --after bias": in_contents(
        "chapters:\n", "chapters:\n  - file: chapters/bias.ipynb\n"
    ),
    "new exercise bias.other": with_definitions,
    "new figure two_curves": lambda book: (book / "course_lib/figures").mkdir(parents=True),
    "rename chapter bias biases": in_text("The end", "The end of `bias.md`"),
    "remove chapter bias": write_anew,
    "set-urls https://github.com/o/new https://o.github.io/new": write_anew,
    "release": lambda book: None,
    "release --force": lambda book: None,
    "release homework.yml --to out --solutions": with_file("homework.yml", HOMEWORK),
    "book": _rendering_alone,
    "offline --platform linux --python 3.13": _rendering_alone,
}


@pytest.mark.parametrize(
    "reason", [errno.ENOSPC, errno.EROFS, errno.EACCES], ids=["full", "read-only", "forbidden"]
)
@pytest.mark.parametrize("command", WRITING)
def test_what_the_machine_refuses_is_one_sentence(
    command: str, reason: int, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, a read-only folder, a folder of somebody else's: nothing is lost, nothing is half written."""
    WRITING[command](book)
    if command.startswith("new exercise"):
        command += f" --exercises {book / pairs.DEFINITIONS}"
    few = load_exercises(chapters=["perceptron"])
    monkeypatch.setattr(commands, "load_exercises", lambda *_, **__: few)
    before = {path: path.read_bytes() for path in book.rglob("*") if path.is_file()}

    def refuse(path: object = "", *_: object, **__: object) -> None:
        raise OSError(reason, os.strerror(reason), str(path))

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(shutil, "copy2", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    for name in ("write_text", "write_bytes", "rename", "unlink"):
        monkeypatch.setattr(Path, name, refuse)
    result = CliRunner().invoke(main, shlex.split(command))
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert re.search(rf"{os.strerror(reason)}.* (Free|Check|Work in)", result.output), result.output
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.slow
def test_a_new_figure_passes_every_test_at_once(book: Path, tmp_path: Path) -> None:
    """In a copy of the project, as its author has it."""
    copy = tmp_path / "copy"
    for name in ("course_lib", "tests", "pyproject.toml", "_config.yml"):
        source, ignore = ROOT / name, shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(source, copy / name, ignore=ignore) if source.is_dir() else shutil.copy(source, copy)
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", "course_lib.workshop.cli", "new", "figure", "square_root"]
    made = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    assert "square_root.js are there, and work" in made.stdout, made.stderr
    again = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    assert "course_lib/figures/square_root.py exists already." in again.stderr
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "SquareRoot",
        "tests/figures",
    ]
    done = subprocess.run(tests, cwd=copy, env=environment, capture_output=True, text=True)
    assert re.search(r"^1\d passed", done.stdout, re.MULTILINE), done.stdout
    for tool in ("check", "format --check"):
        ruff = [sys.executable, "-m", "ruff", *tool.split(), str(copy / "course_lib" / "figures")]
        assert subprocess.run(ruff, cwd=copy, capture_output=True).returncode == 0


def test_a_figure_is_renamed_with_its_class(book: Path) -> None:
    with_file("course_lib/figures/two_curves.py", "class TwoCurves: ...\n")(book)
    with_file("course_lib/figures/two_curves.js", "export default {};\n")(book)
    with_file("course_lib/figures/__init__.py", '_FIGURES = {"TwoCurves": "two_curves"}\n')(book)
    code_line("from course_lib.figures import TwoCurves")(book)
    _run("rename figure two_curves curves")
    assert (book / "course_lib/figures/curves.py").read_text() == "class Curves: ...\n"
    assert (book / "course_lib/figures/__init__.py").read_text() == '_FIGURES = {"Curves": "curves"}\n'
    assert "import Curves" in (book / "chapters/bias.md").read_text(encoding="utf-8")
