"""`course notebooks`: keep every chapter's notebook in step with its text."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from course_lib.workshop.book.chapters import execution, pairs
from course_lib.workshop.book.addresses import find_root, read_addresses
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import BookError, Problem


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
    texts = {
        path.stem: path for path in sorted((root / "chapters").glob("*.md")) if pairs.is_notebook_text(path)
    }
    wanted = [Path(name).stem for name in names]
    unknown = [name for name in wanted if name not in texts]
    if unknown:
        raise BookError(
            *(Problem(f"chapters/{name}.md", "is no chapter.", f"The chapters are: {', '.join(texts)}.")
              for name in unknown)
        )  # fmt: skip
    return [Chapter(texts[name], addresses) for name in wanted or texts]


def check(chapters: Sequence[Chapter]) -> None:
    """Compare each chapter's text with its notebook by what they hold.

    Raises
    ------
    BookError
        If a pair is out of step, naming the cells that differ.
    """
    problems = [problem for chapter in chapters for problem in _check_one(chapter)]
    if problems:
        raise BookError(*problems)


def _check_one(chapter: Chapter) -> list[Problem]:
    mend = f"Write it with `course notebooks {chapter.name}`."
    shown = chapter.shown(chapter.notebook)
    try:
        text, notebook = pairs.read_text(chapter), pairs.read_notebook(chapter)
    except BookError as error:
        return list(error.problems)
    if notebook is None:
        return [Problem(shown, "does not exist.", mend)]
    lines = pairs.differences(pairs.text_cells(text), pairs.notebook_cells(notebook, chapter))
    if not lines:
        try:
            planned = execution.plan(chapter)
        except BookError as error:
            return list(error.problems)
        if planned.reason:
            why = {"changed": "was executed with other code than there is now"}
            lines = [why.get(planned.reason, f"was {planned.reason}")]
        elif pairs.content(planned.notebook) != chapter.notebook.read_text(encoding="utf-8"):
            lines = ["its first cell, links or metadata are not those that its text and _config.yml ask for"]
    return [Problem(shown, f"{line}.", mend) for line in lines]


def compose_again(chapter: Chapter) -> bool:
    """Write a chapter's notebook anew around the outputs that it has; return whether that changed it.

    Nothing is executed. A notebook that has to be executed, or holds an edit, is left alone.
    """
    try:
        plan = execution.plan(chapter)
    except BookError:
        return False
    return not plan.reason and pairs.write_notebook(plan.notebook, chapter.notebook)


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
            waiting.append(plan)
        elif pairs.write_notebook(plan.notebook, chapter.notebook):
            say(f"{chapter.shown(chapter.notebook)}: text taken over, no code changed")
        else:
            unchanged += 1
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
            changed = pairs.write_notebook(plan.notebook, chapter.notebook)
            seconds = time.perf_counter() - started
            with bar.external_write_mode():
                say(
                    f"{chapter.shown(chapter.notebook)}: executed ({plan.reason}), "
                    f"{'written' if changed else 'the same as before'}, after {seconds:.0f} s"
                )

        return execution.execute(plans, jobs, progress, finished)
