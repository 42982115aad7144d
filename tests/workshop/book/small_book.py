"""Writes a small book of texts, to pair, execute, break and mend."""

import shutil
from pathlib import Path

from course_lib.workshop.book.chapters import execution, notebooks, pairs
from course_lib.workshop.book.chapters.pairs import Chapter

PROJECT = Path(__file__).parents[3]
HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
CONFIG = """\
title: A small book
repository:
  url: https://github.com/someone/small-book
  branch: v1.0
html:
  baseurl: https://someone.github.io/small-book/
"""
PYPROJECT = '[project]\nname = "small"\nversion = "0.1.0"\n'


def write_small_book(folder: Path, **texts: str) -> list[Chapter]:
    """Write a book of these chapters' texts, without their front matter, and return the chapters."""
    (folder / "chapters").mkdir(parents=True, exist_ok=True)
    (folder / "_config.yml").write_text(CONFIG, encoding="utf-8")
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    shutil.copy(PROJECT / "requirements.txt", folder)
    for name, text in texts.items():
        (folder / "chapters" / f"{name}.md").write_text(HEADER + text, encoding="utf-8")
    return notebooks.find_chapters(sorted(texts), root=folder)


def code(*lines: str, tags: str = "") -> str:
    """Return a code cell as it stands in a text."""
    options = f":tags: [{tags}]\n\n" if tags else ""
    return "```{code-cell}\n" + options + "\n".join(lines) + "\n```\n\n"


def write_notebook_unexecuted(chapter: Chapter, counts: bool = True) -> None:
    """Write a chapter's notebook as if it had been executed and had printed nothing."""
    text = pairs.read_text(chapter)
    notebook = pairs.make_notebook(text, chapter, execution.made_from(text, chapter))
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code_cells, start=1):
        cell.execution_count = number if counts else None
    notebook.metadata[pairs.OWN_METADATA]["outputs"] = execution.outputs_digest(notebook)
    pairs.write_notebook(notebook, chapter.notebook)
