"""`course doctor`: all that an author can get wrong, found without executing anything, each at its line."""

import difflib
import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.workshop.book.addresses import SETTINGS, find_root, key_lines, parse_yaml, read_addresses
from course_lib.workshop.book.chapters import notebooks, pairs
from course_lib.workshop.book.chapters.files import merge_markers, project_files, read_text_file
from course_lib.workshop.book.chapters.pairs import Chapter
from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.proofs import glossary, prose
from course_lib.workshop.book.site.build import read_warnings
from course_lib.workshop.book.site.chapter_problems import problems_of, said
from course_lib.workshop.book.site.settings import sphinx_settings
from course_lib.workshop.book.site.tex import tex_problems

if TYPE_CHECKING:
    from course_lib.workshop.exercises.definition import Exercise

# What git merges line by line.
MERGED = {".py", ".js", ".mjs", ".ts", ".css", ".html", ".md", ".ipynb", ".json", ".yml", ".yaml", ".toml",
          ".cff", ".csv", ".txt", ".svg"}  # fmt: skip
PAGES = (".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rst", ".txt")
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)),
}
_MERGE = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)
CONTENTS_KEYS = (
    "format", "root", "defaults", "options", "parts", "caption", "chapters", "sections", "subtrees",
    "entries", "file", "url", "title", "numbered", "maxdepth", "titlesonly", "hidden",
)  # fmt: skip


def book_problems(
    root: Path | None = None, chapters: Sequence[Chapter] | None = None, definitions: bool = True
) -> list[Problem]:
    """Return what is wrong with a book, or with some of its chapters.

    Parameters
    ----------
    root
        The book's folder; by default the one around the present folder.
    chapters
        The chapters to look at; without them, all, and what belongs to no chapter too.
    definitions
        Whether to import the exercises' definitions, which takes TensorFlow's time.
    """
    root = root or find_root()
    found: list[Problem] = []
    if chapters is None:
        broken = list(_file_problems(root))
        try:
            chapters = notebooks.find_chapters(root=root)
        except BookError as error:
            return [*broken, *(one for one in error.problems if one not in broken)]
        sets = _set_problems if definitions else _made_set_problems
        found += broken
        for step in (_settings_problems, contents_problems, _page_problems, _glossary_problems, sets):
            found += said(step, root)
        texts = {chapter.text for chapter in chapters}
        found += said(tex_problems, {shown: path for shown, path in _markdown(root) if path not in texts})
    found += problems_of(chapters)
    return list(dict.fromkeys(found))


def publishing_problems(root: Path) -> list[Problem]:
    """Return what would make a book's pages say something else than its authors wrote.

    Pairs that are out of step are left to the build, which looks at them itself.
    """
    found = list(_file_problems(root))
    for step in (_settings_problems, contents_problems, _page_problems, _made_set_problems):
        found += said(step, root)
    found += said(tex_problems, dict(_markdown(root)))
    return list(dict.fromkeys(found))


def _markdown(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the book's Markdown files and how they are called."""
    for path in sorted((root / "chapters").rglob("*.md")):
        yield path.relative_to(root).as_posix(), path


def _file_problems(root: Path) -> Iterator[Problem]:
    """Yield texts and settings that cannot be read, or hold the marks of a merge."""
    names = ("_config.yml", "_toc.yml", "pyproject.toml", "requirements.txt")
    settings = [(name, root / name) for name in names]
    read = dict((*settings, *_markdown(root)))
    for shown, path in read.items():
        try:
            yield from merge_markers(read_text_file(path, shown).text, shown)
        except BookError as error:
            yield from error.problems
    for path in project_files(root, untracked=True):  # all others: code, data, pictures, workflows
        shown = path.relative_to(root).as_posix()
        if path.suffix in MERGED and shown not in read and _MERGE.search(data := path.read_bytes()):
            yield from merge_markers(data.decode("utf-8", "replace"), shown)


def _settings_problems(root: Path) -> Iterator[Problem]:
    """Yield settings that would make another book than it seems."""
    text = read_text_file(root / "_config.yml", "_config.yml").text
    settings = parse_yaml(text, "_config.yml") or {}
    yield from setting_problems(root)
    if not str(settings.get("title") or "").strip():
        yield Problem("_config.yml:1", "gives the book no title.", "Write `title: ...`.")
    logo = settings.get("logo")
    if logo and not (root / str(logo)).is_file():
        yield Problem("_config.yml:1", f"names the logo {logo}, which does not exist.", "Correct the name.")
    if str((settings.get("execute") or {}).get("execute_notebooks", "off")).lower() not in ("off", "false"):
        yield Problem("_config.yml:1", "lets the build execute notebooks, and pages show what was stored.",
                      'Write `execute_notebooks: "off"`.')  # fmt: skip


def _page_problems(root: Path) -> Iterator[Problem]:
    """Yield what is wrong with pages that are no chapters, as the glossary is."""
    for shown, path in _markdown(root):
        with suppress(BookError):  # what cannot be read is named already
            if not pairs.is_notebook_text(path, shown):
                yield from prose.page_problems(path, shown, root)


def contents_problems(root: Path) -> Iterator[Problem]:
    """Yield what is wrong with `_toc.yml`: missing files, wrong ones, and pages left out."""
    from course_lib.workshop.book.site.build import find_toc_problems, toc_entries

    problems = list(find_toc_problems(root / "_toc.yml"))
    yield from problems
    text = read_text_file(root / "_toc.yml", "_toc.yml").text
    entries = list(toc_entries(parse_yaml(text, "_toc.yml")))
    lines, numbers = text.split("\n"), key_lines(text)

    def place(entry: str) -> str:
        return f"_toc.yml:{next((n for n, line in enumerate(lines, 1) if entry in line), 1)}"

    chapters = {path.relative_to(root).as_posix() for path in notebooks.chapter_texts(root)}
    pages = {path.relative_to(root).as_posix() for path in (root / "chapters").rglob("*.md")}
    for entry in entries:
        if entry in chapters:
            yield Problem(place(entry), f"names {entry}, whose page would have no outputs.",
                          f"Name its notebook: {Path(entry).with_suffix('.ipynb').as_posix()}.")  # fmt: skip
    for keys, number in numbers.items():
        if keys[-1] == "url" and (*keys[:-1], "title") not in numbers:
            yield Problem(f"_toc.yml:{number}", "gives an address without a title.", "Write `title: ...`.")
        if isinstance(keys[-1], str) and keys[-1] not in CONTENTS_KEYS:
            what = f"nobody knows `{keys[-1]}`."
            yield Problem(f"_toc.yml:{number}", what, f"Known are: {', '.join(CONTENTS_KEYS)}.")
    for number, line in enumerate(lines, 1):
        address = re.match(r"\s*(?:- )?\s*url:\s*[\"']?(\S*)", line)
        if address and not address[1].startswith(("https://", "http://")):
            yield Problem(
                f"_toc.yml:{number}", f"names no web address: {address[1]}.", "Write `https://...`."
            )
    yield from _refused_contents(text)
    if not re.search(r"^format: jb-book\s*$", text, re.MULTILINE):
        yield Problem("_toc.yml:1", "does not say that it lists a book.", "Begin with `format: jb-book`.")
    for entry in entries:
        if (root / entry).is_file() and posixpath.normpath(entry) != entry:
            yield Problem(place(entry), f"names {entry} by a detour.", f"Write {posixpath.normpath(entry)}.")
    names: dict[str, str] = {}
    for path in sorted((root / "chapters").iterdir()):
        shown = path.relative_to(root).as_posix()
        if path.suffix == ".ipynb" and not path.with_suffix(".md").exists():
            yield Problem(shown, "is a notebook without a text, so it is no chapter.",
                          f"Make its text: `course new chapter {path.stem} --from {shown}`.")  # fmt: skip
        elif path.suffix.lower() in PAGES and path.suffix != ".md":
            yield Problem(shown, f"ends in {path.suffix}, so it is no page.", "Rename it: `.md`.")
        elif path.suffix in (".md", ".ipynb") and (odd := _odd_name(path, names)):
            yield Problem(shown, odd, "Rename it.")
    listed = {Path(entry).with_suffix("").as_posix() for entry in entries if entry}
    for page in sorted(pages):
        if Path(page).with_suffix("").as_posix() not in listed:
            yield Problem("_toc.yml:1", f"does not name {page}, so no reader finds it.",
                          "Name it where it belongs, or remove the file.")  # fmt: skip


def _refused_contents(text: str) -> Iterator[Problem]:
    """Yield what the program says that reads the contents for the build: it knows what may stand where."""
    from sphinx_external_toc.parsing import MalformedError, parse_toc_data

    contents = parse_yaml(text, "_toc.yml")
    if not isinstance(contents, dict) or contents.get("format") != "jb-book":
        return  # said already
    try:
        parse_toc_data(contents)
    except MalformedError as error:
        what, _, place = str(error).partition(" @ '")
        keys = [int(one) if one.isdigit() else one for one in place.partition("'")[0].split("/") if one]
        lines = key_lines(text)
        wrong = next(iter(re.findall(r"\{'(\w+)'", what)), None)
        if wrong is not None and wrong not in CONTENTS_KEYS:
            return  # said already
        at = tuple(keys) if wrong is None else (*keys, wrong)
        while at and at not in lines:
            at = at[:-1]
        what = f"`{wrong}` may not stand here." if wrong and what.startswith("Unknown") else f"{what}."
        yield Problem(f"_toc.yml:{lines.get(at, 1)}", what, "Compare it with the course's own contents.")
    except (TypeError, AttributeError) as error:
        yield Problem("_toc.yml:1", f"is no list of chapters ({error}).", "Compare it with the course's own.")


def setting_problems(root: Path) -> Iterator[Problem]:
    """Yield each setting that Jupyter Book or Sphinx would overlook, or take for something else.

    Jupyter Book's own schema says which settings there are; Sphinx says it of those that are handed to it.
    """
    import jupyter_book
    from jsonschema import Draft7Validator

    folder = Path(jupyter_book.__file__).parent
    schema = json.loads((folder / "config_schema.json").read_text(encoding="utf-8"))
    schema["properties"] = {key: {} for key in SETTINGS} | schema["properties"]
    _close(schema, parse_yaml((folder / "default_config.yml").read_text(encoding="utf-8"), "Jupyter Book"))
    text = read_text_file(root / "_config.yml", "_config.yml").text
    settings, lines, sound = parse_yaml(text, "_config.yml") or {}, key_lines(text), True
    for error in Draft7Validator(schema).iter_errors(settings):
        path, sound = tuple(error.absolute_path), False
        if error.validator == "additionalProperties":
            known = list(error.schema["properties"])
            for key in (key for key in error.instance if key not in known):
                near = difflib.get_close_matches(str(key), known, n=1)
                fix = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(known)}."
                yield Problem(f"_config.yml:{lines[*path, str(key)]}", f"nobody knows `{key}`.", fix)
        elif error.instance is not None:
            what = f"`{path[-1] if path else 'the file'}` may not be {error.instance!r}."
            yield Problem(f"_config.yml:{lines.get(path, 1)}", what, _wanted(error.schema))
    if sound and (settings.get("sphinx") or settings.get("parse")):
        yield from _sphinx_problems(root, text, lines)


def _wanted(schema: dict[str, Any]) -> str:
    wanted = schema.get("enum") or schema.get("type") or "something else"
    return f"Write {' or '.join(map(str, wanted)) if isinstance(wanted, list) else wanted}."


def _close(schema: dict[str, Any], defaults: object) -> None:
    """Let a schema refuse what it does not name, once it names all that has a default."""
    if not isinstance(defaults, dict) or schema.get("type") != "object":
        return
    known = schema.setdefault("properties", {})
    for key, value in defaults.items():
        _close(known.setdefault(key, {"type": "object"} if isinstance(value, dict) else {}), value)
    schema["additionalProperties"] = False


def _sphinx_problems(root: Path, text: str, lines: dict[tuple[str | int, ...], int]) -> Iterator[Problem]:
    """Yield what Sphinx and the theme say of their settings when they begin, before they read a page."""
    import io
    import tempfile

    from pygments.styles import get_all_styles
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.theming import HTMLThemeFactory
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    with tempfile.TemporaryDirectory() as name, patch_docutils(), docutils_namespace():
        folder = Path(name)
        (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
        try:
            app = Sphinx(srcdir=folder, confdir=None, outdir=folder / "html", doctreedir=folder / "trees",
                         buildername="html", confoverrides=sphinx_settings(root, folder / "_toc.yml"),
                         status=None, warning=warnings)  # fmt: skip
            theme = HTMLThemeFactory(app).create(app.config.html_theme)
            theme.get_options(app.config.html_theme_options)  # which warns of those that it does not know
            for key, style in app.config.html_theme_options.items():
                if key.startswith("pygments_") and style not in set(get_all_styles()):
                    warnings.write(f"WARNING: nobody knows the style {style} of code\n")
            asked_for: set[str] = set()  # by templates, and by the themes' own code
            for templates in map(Path, app.builder.templates.pathchain):
                for file in (*templates.rglob("*.html"), *templates.parents[1].glob("*.py")):
                    asked_for.update(re.findall(r"\w+", file.read_text(encoding="utf-8")))
            for keys, number in lines.items():
                if keys[:-1] == ("sphinx", "config", "html_context") and keys[-1] not in asked_for:
                    what = f"no page asks for `{keys[-1]}`."
                    yield Problem(f"_config.yml:{number}", what, "Correct its name.")
        except (SphinxError, ValueError, TypeError) as error:
            warnings.write(f"ERROR: {error}\n")
    rows = text.split("\n")
    for one in read_warnings(warnings.getvalue(), Path(name)):
        words = set(re.findall(r"[\w.]+", one.what) + re.findall(r"\w+", one.what))
        if words & {"course_root", "external_toc_path"} or name in one.what:
            continue  # ours: a book without the course's extension, and files beside the book's own contents
        written: dict[int, set[str]] = {}
        for path, number in lines.items():
            if path[0] in ("sphinx", "parse"):
                written.setdefault(number, _listed(rows[number - 1])).add(str(path[-1]))
        named = [number for number, names in written.items() if words & names]
        what = f"Sphinx does not take this: {one.what.strip().rstrip('.')}."
        yield Problem(f"_config.yml:{named[-1] if named else 1}", what, "Correct the setting.")


def _listed(row: str) -> set[str]:
    """Return the values that a line of settings gives, as in `- name` or `key: [name, name]`."""
    return set(re.findall(r"[\w.]+", re.sub(r"^\s*[\w.]+:\s|#.*", "", row)))


def _odd_name(path: Path, names: dict[str, str]) -> str:
    """Return why a page's name does not work everywhere, nothing if it does; `names` are those before it."""
    twin = names.setdefault(path.name.casefold(), path.name)
    if re.search(r"\s", path.name):
        return "holds a blank in its name, which not every link survives."
    if twin != path.name:
        return f"is the same file as {twin} where large and small letters are one."
    if not re.fullmatch(r"[\w.-]+", path.stem, re.ASCII):
        return "has a name with other signs than letters, digits, `_` and `-`: not every link survives it."
    if path.stem.lower() in RESERVED:
        return "has a name that Windows keeps for a device."
    return ""


def _glossary_problems(root: Path) -> Iterator[Problem]:
    path = root / "chapters" / glossary.GLOSSARY
    if not path.is_file():
        return
    terms, problems = glossary.read_glossary(path)
    yield from problems
    yield from glossary.misplaced_terms(
        notebooks.find_chapters(root=root), terms, glossary.reading_order(root)
    )


def _ahead_problems(root: Path, exercises: Iterable["Exercise"]) -> Iterator[Problem]:
    """Yield what exercises use of the chapters after their own."""
    path = root / "chapters" / glossary.GLOSSARY
    if not path.is_file():
        return
    terms, _ = glossary.read_glossary(path)
    chapters, order = notebooks.find_chapters(root=root), glossary.reading_order(root)
    tasks = (
        glossary.Task(
            where=f"{pairs.DEFINITIONS}/{one.chapter}.py ({one.name})",
            chapter=one.chapter,
            says="\n\n".join(one.sentences),
            code=f"{one.given_source}\n{one.solution_source}",
        )
        for one in exercises
    )
    yield from glossary.ahead_of_their_chapter(tasks, chapters, terms, order)


def _set_problems(root: Path) -> Iterator[Problem]:
    """Yield what is wrong with the learners' exercises: edited by hand, or older than their definitions."""
    if not (root / pairs.DEFINITIONS).is_dir():
        return
    from course_lib.workshop.exercises import release
    from course_lib.workshop.exercises.definition import (
        ExerciseError,
        MissingPackageError,
        UnreadableDefinitionsError,
        load_exercises,
    )
    from course_lib.workshop.exercises.soundness import flaws

    mend = "Write it with `course release`."
    try:
        exercises = load_exercises()
    except MissingPackageError:
        yield from _made_set_problems(root)  # without TensorFlow: what was made is looked at, not how
        return
    except UnreadableDefinitionsError as error:
        where = f"{pairs.DEFINITIONS}/{error.path.name}:{error.line}"
        yield Problem(where, f"cannot be loaded: {error.what}.", "Mend the definition.")
        return
    except ExerciseError as error:
        yield Problem(pairs.DEFINITIONS, f"cannot be loaded: {error}.", "Mend the definition.")
        return
    wanted = release.practice_texts(exercises, root / "chapters")
    edited = release.edited_texts(wanted, root / pairs.GENERATED)
    yield from edited.values()
    for path, text in wanted.items():
        shown = path.relative_to(root).as_posix()
        if path not in edited and (not path.is_file() or read_text_file(path, shown).text != text):
            yield Problem(f"{shown}:1", "is not what its definitions give.", mend)
    yield from _ahead_problems(root, exercises.values())
    for one in release.changed_exercises(exercises.values()):
        where = f"{pairs.DEFINITIONS}/{one.chapter}.py"
        number = next((n for n, text in enumerate((root / where).read_text(encoding="utf-8").split("\n"), 1)
                     if f'"{one.name}"' in text), 1)  # fmt: skip
        yield Problem(
            f"{where}:{number}", f"{one.name} was changed since the data of check() were written.", mend
        )
        for flaw in flaws(one):
            yield Problem(f"{where}:{number}", f"{flaw}.", "Mend the definition.")
    addresses = read_addresses(root)
    for path in wanted:
        yield from notebooks.pair_problems(Chapter(path, addresses))


def _made_set_problems(root: Path) -> Iterator[Problem]:
    """Yield what is wrong with the learners' exercises, as far as no definition has to be imported."""
    from course_lib.workshop.exercises import release

    if not (root / pairs.DEFINITIONS).is_dir():
        return
    folder = root / pairs.GENERATED
    yield from release.edited_texts({}, folder).values()
    yield from release.old_texts(folder)
    addresses = read_addresses(root)
    for path in sorted(folder.glob("*.md")):
        yield from notebooks.pair_problems(Chapter(path, addresses))


def as_json(problems: Sequence[Problem]) -> str:
    """Return problems as JSON, for editors and for the preview."""
    return json.dumps([vars(problem) | {"where": str(problem.where)} for problem in problems], indent=1)
