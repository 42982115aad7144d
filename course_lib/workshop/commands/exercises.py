"""`course new` and `course release`."""

import shlex
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from course_lib.workshop.book.addresses import find_root, read_addresses
from course_lib.workshop.book.problems import BookError
from course_lib.workshop.commands.names import is_name
from course_lib.workshop.commands.paths import EXISTING_FOLDER, FILE, FOLDER
from course_lib.workshop.dry_run import is_dry
from course_lib.workshop.exercises import definitions
from course_lib.workshop.exercises.assignment import (
    EXERCISES,
    Assignment,
    AssignmentError,
    exercises_beside,
    read_assignment,
)
from course_lib.workshop.exercises.definition import Exercise, ExerciseError, load_exercises


def in_a_clone() -> bool:
    """Tell whether the command was given inside a clone of the book."""
    try:
        find_root()
    except BookError:
        return False
    return True


@click.group()
def new_command() -> None:
    """Start something new."""


@new_command.command("chapter")
@click.argument("name")
@click.option(
    "--after", default="index", show_default=True, help="The chapter that it follows in the contents."
)
@click.option(
    "--from",
    "notebook",
    type=FILE,
    help="A notebook that was written in Jupyter: the text holds its cells.",
)
def new_chapter(name: str, after: str, notebook: Path | None) -> None:
    """Start a chapter that works: its text, and its place in the contents.

    NAME is lower case, for example decision_trees.
    """
    from course_lib.workshop.book.chapters.files import read_text_file, write_whole
    from course_lib.workshop.book.chapters.pairs import Chapter
    from course_lib.workshop.book.chapters.take_back import first_text

    root = find_root()
    text, contents = root / "chapters" / f"{name}.md", root / "_toc.yml"
    if not is_name(name):
        raise click.UsageError(f"A name is lower case, such as decision_trees, not {name!r}.")
    pair = text.with_suffix(".ipynb")
    is_its_own = notebook is not None and pair.exists() and notebook.samefile(pair)
    if text.exists() or (pair.exists() and not is_its_own):
        raise click.ClickException(f"chapters/{name} exists already.")
    found = read_text_file(contents, "_toc.yml")
    lines = found.text.split("\n")
    place = next((n for n, line in enumerate(lines) if f"chapters/{after}.ipynb" in line), None)
    if place is None:
        raise click.ClickException(f"_toc.yml names no chapter {after}; the new one follows one that stands.")
    entries = [n for n, line in enumerate(lines) if line.lstrip().startswith("- file: chapters/")]
    first = place if place in entries else next((n for n in entries if n > place), None)
    if first is None:
        raise click.ClickException("_toc.yml lists no chapters yet: name the first one by hand.")
    indent = len(lines[first]) - len(lines[first].lstrip())
    at = first
    if place in entries:  # behind that entry and what belongs to it
        at = place + 1
        while at < len(lines) and lines[at].strip() and len(lines[at]) - len(lines[at].lstrip()) > indent:
            at += 1
    if not any(f"chapters/{name}.ipynb" in line for line in lines):
        lines.insert(at, f"{' ' * indent}- file: chapters/{name}.ipynb")
    template = files("course_lib.workshop.book.chapters") / "chapter_template.txt"
    title = name.replace("_", " ").capitalize()
    content = Template(template.read_text(encoding="utf-8")).substitute(title=title)
    if notebook:
        content = first_text(notebook, Chapter(text, read_addresses(root)), content)
    write_whole(text, content)
    write_whole(contents, found.encode("\n".join(lines)), expected=found.data, shown="_toc.yml")
    click.echo(
        f"chapters/{name}.md and its line in _toc.yml are there. Edit it, then: course notebooks {name}"
    )


@new_command.command("exercise")
@click.argument("name")
@click.option(
    "--exercises",
    "folder",
    type=FOLDER,
    envvar="COURSE_EXERCISES",
    help="A private folder of your own; without it the exercise joins the book's, or, outside a clone of the "
    "book, `exercises` here.",
)
def new_exercise(name: str, folder: Path | None) -> None:
    """Start an exercise from a template that works.

    NAME is chapter.name, for example perceptron.doorman.
    """
    from course_lib.workshop.book.chapters.files import read_text_file, write_whole
    from course_lib.workshop.book.chapters.pairs import DEFINITIONS

    chapter, dot, function = name.partition(".")
    if not dot or not is_name(chapter) or not is_name(function):
        raise click.UsageError(
            f"A name is chapter.name in lower case, such as perceptron.doorman, not {name!r}."
        )
    if folder is None and not in_a_clone():
        folder = Path(EXERCISES)  # outside, so that nothing private is ever pushed with the book
    target = (folder or find_root() / DEFINITIONS) / f"{chapter}.py"
    template = files("course_lib.workshop.exercises") / "exercise_template.txt"
    text = Template(template.read_text(encoding="utf-8")).substitute(name=name, function=function)
    header, _, body = text.partition("# --- cut here ---\n")
    if target.exists():
        found = read_text_file(target, str(target))
        if f'"{name}"' in found.text:
            raise click.ClickException(f"{target} already holds an exercise {name}.")
        text = found.text.rstrip() + "\n\n\n" + body.lstrip()
        write_whole(target, found.encode(text), expected=found.data)
    else:
        if not is_dry(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, header + body)
    where = ["--exercises", str(folder)] if folder else []
    click.echo(f"{target}: {name} stands at the end. Edit it, then see what it lacks.")
    click.echo(f"Next: {shlex.join(['course', 'release', name, '--check', *where])}")


@new_command.command("mistake")
@click.argument("folder", type=EXISTING_FOLDER)
@click.argument("question")
@click.argument("number", type=click.IntRange(1), default=1)
@click.option("--sentence", default="", help="What helps whoever made it, and does not give the answer away.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def new_mistake(folder: Path, question: str, number: int, sentence: str, dry_run: bool) -> None:
    """Make a known mistake of wrong answers that nothing explains yet.

    FOLDER is what `course grade` graded; QUESTION and NUMBER are in its report. The shortest of these answers
    becomes a variant below its exercise, for you to read: it is run as your own code from then on.
    """
    from course_lib.workshop.book.chapters.files import read_text_file, write_whole
    from course_lib.workshop.commands.grading import say, the_class
    from course_lib.workshop.exercises.new_mistake import written
    from course_lib.workshop.grading.marks.unexplained import clusters_of

    classroom = the_class(folder, None, None)
    clusters = clusters_of(classroom.records.each(list(classroom.submissions)))
    mine = {one.number: one for one in clusters if one.question == question}
    if number not in mine:
        known = ", ".join(f"{one.question} {one.number}" for one in clusters[:5]) or "none"
        raise ExerciseError(f"There are no such unexplained answers. Those there are: {known}.")
    exercises = classroom.assignment.chosen(load_exercises(classroom.private, {question.partition(".")[0]}))
    exercise = next(one for one in exercises if one.name == question)
    path, text, variant = written(exercise, mine[number].sources, sentence)
    say(variant)
    if dry_run:
        say(f"Would be written into {path}. Nothing was written.")
        return
    write_whole(path, read_text_file(path, str(path)).encode(text))
    count = len(mine[number].submissions)
    say(f"It stands in {path}, for {count} submissions. Read it, and write its sentence.")
    where = f" --exercises {classroom.private.resolve()}" if classroom.private else ""
    say(f"Next: course release --check {question}{where}\nThen: course grade {folder}")


@new_command.command("figure")
@click.argument("name")
def new_figure(name: str) -> None:
    """Start a live figure that works: its class in Python, and its script.

    NAME is lower case, for example two_curves; the class is then TwoCurves.
    """
    from course_lib.workshop.book.chapters.files import write_whole

    folder = find_root() / "course_lib" / "figures"
    if not is_name(name):
        raise click.UsageError(f"A name is lower case, such as two_curves, not {name!r}.")
    targets = {suffix: folder / f"{name}{suffix}" for suffix in (".py", ".js")}
    if taken := next((target for target in targets.values() if target.exists()), None):
        raise click.ClickException(f"course_lib/figures/{taken.name} exists already.")
    figure = "".join(part.capitalize() for part in name.split("_"))
    words = {"figure": figure, "title": name.replace("_", " ").capitalize()}
    for suffix, target in targets.items():
        template = files("course_lib.workshop.commands") / f"figure_template{suffix}.txt"
        write_whole(target, Template(template.read_text(encoding="utf-8")).substitute(words))
    click.echo(
        f"course_lib/figures/{name}.py and {name}.js are there, and work. In a chapter:\n"
        f"from course_lib.figures import {figure}\nTo test it: pytest -k {figure} tests/figures"
    )


@click.command()
@click.argument("assignment", required=False)
@click.option("--to", "target", type=FOLDER, help="Where to write it.")
@click.option(
    "--exercises",
    "folder",
    type=FOLDER,
    envvar="COURSE_EXERCISES",
    help="The folder of your own exercises; else `exercises` beside the assignment file, or here.",
)
@click.option(
    "--roster",
    type=FILE,
    help="The class, where an exercise is drawn for each student: each gets a notebook.",
)
@click.option("--solutions", is_flag=True, help="Write the solutions too, into a folder of their own.")
@click.option("--check", is_flag=True, help="Write nothing; say what is not sound.")
@click.option("--draft", is_flag=True, help="Write it although an exercise is not sound yet.")
@click.option("--force", is_flag=True, help="Write over files that were edited by hand; copies are kept.")
def release_command(
    assignment: str | None,
    target: Path | None,
    folder: Path | None,
    roster: Path | None,
    solutions: bool,
    check: bool,
    draft: bool,
    force: bool,
) -> None:
    """Write learners' exercise notebooks or an assignment.

    Without ASSIGNMENT: the course's own sets in chapters/exercises/, and the data behind check().
    With the file of an assignment: its notebook, into the folder given with --to.
    With --check and the name of an exercise or of a chapter: only that is proved, in seconds.
    """
    path = Path(assignment) if assignment else None
    if folder is None and (path or not in_a_clone()):
        folder = exercises_beside(path if path and path.is_file() else Path("here"))
    if check and assignment and path and not path.is_file():
        _check_named(assignment, folder)
        return
    if path is not None and not check:
        _release_assignment(path, target, folder, roster, solutions, draft)
        return
    # Of the course, only what is asked for: its other chapters may need what is not installed here.
    names = read_assignment(path).points if path else None
    exercises = load_exercises(folder, _chapters_of(names) if names is not None else () if folder else None)
    if check:
        looked_at = [one for one in exercises.values() if names is None or one.name in names]
        _refuse_unsound(looked_at)
        click.echo(f"{len(looked_at)} exercises are sound.")
    elif folder:
        raise ExerciseError("Private exercises go into an assignment: name its file, `course release FILE`.")
    else:
        _release_course(exercises, draft, force)


def _chapters_of(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def _check_named(name: str, folder: Path | None) -> None:
    """Prove one exercise, or those of one chapter; only that chapter's definitions are loaded."""
    chapter = name.partition(".")[0]
    exercises = load_exercises(folder, [chapter])
    chosen = [one for one in exercises.values() if name in (one.name, one.chapter)]
    if not chosen:
        known = ", ".join(exercises) or "none"
        raise ExerciseError(
            f"There is no file, exercise or chapter {name!r}. Exercises of {chapter}: {known}."
        )
    _refuse_unsound(chosen)
    click.echo(f"{', '.join(one.name for one in chosen)}: sound.")


def _release_course(exercises: dict[str, Exercise], draft: bool, force: bool) -> None:
    from course_lib.workshop.book.chapters import notebooks, pairs
    from course_lib.workshop.exercises import release

    root = find_root()
    if not draft:
        _refuse_unsound(release.changed_exercises(exercises.values()))
    texts = release.write_practice(exercises, root / "chapters", force, click.echo)
    changed_files = release.write_data(exercises.values()) + release.write_ladders(exercises)
    for changed in changed_files:
        click.echo(f"{changed.relative_to(root)}: written")
    addresses = read_addresses(root)
    sets = [pairs.Chapter(text, addresses) for text in texts]
    edited = [one for one in sets if force and notebooks.holds_an_edit(one)]
    notebooks.write(edited, force=True, say=click.echo)
    notebooks.write(sets, say=click.echo)


def _release_assignment(
    path: Path, target: Path | None, folder: Path | None, roster: Path | None, solutions: bool, draft: bool
) -> None:
    from course_lib.workshop.exercises import release

    if target is None:
        raise click.UsageError("Say where the notebook goes: --to FOLDER.")
    assignment = read_assignment(path)
    chapters = _chapters_of(assignment.points)
    exercises, own = load_exercises(folder, chapters), load_exercises(chapters=chapters)
    private = [exercise for exercise in assignment.chosen(exercises) if exercise.name not in own]
    if not draft:
        _refuse_unsound(private)
    # Outside, where an instructor keeps assignments: the clone that the exercises come from.
    root = find_root() if in_a_clone() else find_root(Path(definitions.__path__[0]))
    addresses = read_addresses(root)
    for student, folder_of in _students_of(assignment, exercises, roster, target):
        theirs = {name: one.of_student(assignment.seed, student) for name, one in exercises.items()}
        for written in release.write_assignment(assignment, theirs, addresses, folder_of, solutions):
            click.echo(f"{written}: written")
    click.echo(f"Keep {path} to yourself: its seed draws the hidden cases.")


def _students_of(
    assignment: Assignment, exercises: dict[str, Exercise], roster: Path | None, target: Path
) -> list[tuple[str, Path]]:
    """Return for whom a notebook is written, and into which folder: one for all, where nothing is drawn."""
    drawn = [one.name for one in assignment.chosen(exercises) if one.drawn_by]
    if not drawn:
        return [("", target)]
    if roster is None:
        raise AssignmentError(f"{drawn[0]} is another one for each student: give the class with --roster.")
    from course_lib.workshop.grading.intake.collect import key_of
    from course_lib.workshop.grading.intake.roster import read_roster
    from course_lib.workshop.grading.storage.files import safe_name

    zone = assignment.due.tzinfo if assignment.due else None
    keys = dict.fromkeys(key_of(student) for student in read_roster(roster, zone).students)
    return [(key, target / safe_name(key)) for key in keys]


def _refuse_unsound(exercises: list[Exercise]) -> None:
    from tqdm import tqdm

    from course_lib.workshop.exercises.soundness import flaws

    bar = tqdm(exercises, unit="exercise", desc="checking", disable=None, leave=False)
    found = [flaw for exercise in bar for flaw in flaws(exercise)]
    if found:
        raise ExerciseError("\n  ".join(["Not sound yet (--draft writes it all the same):", *found]))
