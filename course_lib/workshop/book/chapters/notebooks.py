"""`course notebooks`: keep every chapter's notebook in step with its text."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from course_lib.workshop.book.addresses import find_root, read_addresses
from course_lib.workshop.book.chapters import execution, pairs
from course_lib.workshop.book.chapters.files import read_bytes
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.dry_run import is_dry


def find_chapters(names: Sequence[str] = (), root: Path | None = None) -> list[Chapter]:
    """Return the chapters of these names, or all of them.

    Parameters
    ----------
    names
        Names such as `perceptron`, or paths of a chapter's text or notebook.
    root
        The book's folder; by default the one around the present folder.

    Raises
    ------
    BookError
        If there is no chapter of a name.
    """
    root = root or find_root()
    addresses = read_addresses(root)
    texts = {path.stem: path for path in chapter_texts(root)}
    if not names:
        return [Chapter(path, addresses) for path in texts.values()]
    found, problems = [], []
    for name in names:
        path = texts.get(name) or _named_by_path(name, root)
        if path is None:
            problems.append(
                Problem(f"chapters/{name}.md" if Path(name).name == name else name, "is no chapter.",
                        f"The chapters are: {', '.join(texts)}.")
            )  # fmt: skip
        else:
            found.append(Chapter(path, addresses))
    if problems:
        raise BookError(*problems)
    return found


def chapter_texts(root: Path) -> list[Path]:
    """Return the texts of the book's chapters: Markdown files in `chapters` that are meant as notebooks.

    Raises
    ------
    BookError
        If one cannot be read.
    """
    paths = sorted((root / "chapters").glob("*.md"))
    return [path for path in paths if pairs.is_notebook_text(path, f"chapters/{path.name}")]


def _named_by_path(name: str, root: Path) -> Path | None:
    """Return the text that a path names, itself or by its notebook; a stem alone names a chapter, no set."""
    path = Path(name)
    if path.suffix not in (".md", ".ipynb") and len(path.parts) == 1:
        return None
    for folder in (Path.cwd(), root, root / "chapters"):
        text = (folder / path).with_suffix(".md")
        inside = text.absolute().resolve().parent in {
            (root / "chapters").resolve(), (root / pairs.GENERATED).resolve()
        }  # fmt: skip
        if inside and text.is_file() and pairs.is_notebook_text(text):
            return (root / pairs.GENERATED if text.parent.name == "exercises" else root / "chapters") / text.name
    return None


def check(chapters: Sequence[Chapter]) -> None:
    """Compare each chapter's text with its notebook by what they hold.

    Raises
    ------
    BookError
        If a pair is out of step, naming the cells that differ.
    """
    problems = [problem for chapter in chapters for problem in pair_problems(chapter)]
    if problems:
        raise BookError(*problems)


def pair_problems(chapter: Chapter) -> list[Problem]:
    """Return what keeps a chapter's text and its notebook from being in step."""
    mend = f"Write it with `{chapter.write_command}`."
    shown = chapter.shown(chapter.notebook)
    try:
        text, notebook = pairs.read_text(chapter), pairs.read_notebook(chapter)
    except BookError as error:
        return list(error.problems)
    if notebook is None:
        return [Problem(shown, "does not exist.", mend)]
    lines = pairs.differences(pairs.text_cells(text), pairs.notebook_cells(notebook, chapter))
    try:
        planned = execution.plan(chapter)
    except BookError as error:
        return list(error.problems)  # an edit of the notebook: `course notebooks` would refuse as well
    if not lines:
        if planned.reason:
            why = {"changed": "was executed with other code than there is now"}
            lines = [why.get(planned.reason, f"was {planned.reason}")]
        elif pairs.content(planned.notebook) != read_bytes(chapter.notebook, shown).decode("utf-8", "replace"):
            lines = ["its first cell, links or metadata are not those that its text and _config.yml ask for"]
    return [Problem(shown, f"{line}.", mend) for line in lines]


def holds_an_edit(chapter: Chapter) -> bool:
    """Return whether a chapter's notebook may only be overwritten by force."""
    try:
        execution.plan(chapter)
    except BookError:
        return True
    return False


def compose_again(chapter: Chapter) -> bool:
    """Write a chapter's notebook anew around the outputs that it has; return whether that changed it.

    Nothing is executed. A notebook that has to be executed, or holds an edit, is left alone.
    """
    try:
        plan = execution.plan(chapter)
    except BookError:
        return False
    return not plan.reason and execution.put(plan)


def write(
    chapters: Sequence[Chapter],
    force: bool = False,
    jobs: int | None = None,
    say: Callable[[str], object] = print,
) -> None:
    """Execute the chapters that changed, and write every notebook that is out of date.

    Raises
    ------
    BookError
        With everything that went wrong. Chapters that went well are written all the same.
    """
    problems: list[Problem] = []
    waiting: list[execution.Plan] = []
    unchanged = 0
    for chapter in chapters:
        try:
            plan = execution.plan(chapter, force)
        except BookError as error:
            problems += error.problems
            continue
        if plan.reason:
            if is_dry(chapter.notebook):
                say(f"{chapter.shown(chapter.notebook)}: would be executed ({plan.reason})")
            else:
                waiting.append(plan)
            continue
        try:
            if execution.put(plan, say):
                say(f"{chapter.shown(chapter.notebook)}: text taken over, no code changed")
            else:
                unchanged += 1
        except BookError as error:
            problems += error.problems
    if waiting:
        problems += _execute_and_write(waiting, jobs, say)
    if unchanged:
        say(f"{unchanged} of {len(chapters)} notebooks were up to date.")
    if problems:
        raise BookError(*problems)


def _execute_and_write(
    plans: list[execution.Plan], jobs: int | None, say: Callable[[str], object]
) -> list[Problem]:
    started = time.perf_counter()
    cells = sum(len(plan.notebook.cells) for plan in plans)
    with tqdm(total=cells, unit="cell", desc="executing", disable=None, leave=False) as bar:

        def progress(plan: execution.Plan, count: int) -> None:
            bar.set_postfix_str(plan.chapter.name)
            bar.update(count)

        def finished(plan: execution.Plan) -> None:
            chapter = plan.chapter
            with bar.external_write_mode():
                changed = execution.put(plan, say)
                seconds = time.perf_counter() - started
                say(
                    f"{chapter.shown(chapter.notebook)}: executed ({plan.reason}), "
                    f"{'written' if changed else 'the same as before'}, after {seconds:.0f} s"
                )

        return execution.execute(plans, jobs, progress, finished)
