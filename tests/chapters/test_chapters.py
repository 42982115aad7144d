"""Every chapter: in step with its notebook, proved in its numbers and formulas, readable in Colab too."""

import base64
import io
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import yaml
from matplotlib.image import imread

from course_lib.exercises.questions import names
from course_lib.workshop.book.chapters import notebooks, pairs
from course_lib.workshop.book.proofs import glossary, prose
from course_lib.workshop.book.proofs.formulas import FORMULAS
from course_lib.workshop.book.chapters.pairs import Chapter

ROOT = Path(__file__).parents[2]
CHAPTERS = {chapter.name: chapter for chapter in notebooks.find_chapters(root=ROOT)}
FOLDED = {"setup", "hide-input", "hide-cell", "remove-input", "remove-cell"}
NOTEBOOKS = sorted((ROOT / "chapters").rglob("*.ipynb"))


@pytest.fixture(params=CHAPTERS)
def chapter(request: pytest.FixtureRequest) -> Chapter:
    return CHAPTERS[request.param]


def test_text_and_notebook_are_in_step(chapter: Chapter) -> None:
    notebooks.check([chapter])


def test_taking_a_notebook_back_changes_nothing_but_the_edit(chapter: Chapter) -> None:
    cells = pairs.as_in_text(nbformat.read(chapter.notebook, as_version=4), chapter)
    assert pairs.as_text(cells, chapter) == chapter.text.read_text(encoding="utf-8")


def test_prose(chapter: Chapter) -> None:
    """No number without proof, no derivative without proof, no leftover markup, no dead link."""
    assert [str(problem) for problem in prose.prose_problems(chapter)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_notebook_reads_well_in_colab(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    sources = [cell.source for cell in cells]
    problems = prose.relative_links(sources, path.name)
    for number, source in enumerate(sources):
        problems += prose.leftovers(source, f"{path.name}, Markdown cell {number}")
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pictures_stay_legible_on_a_phone(path: Path) -> None:
    """Nothing is drawn where the book cuts panels apart, and no panel shrinks below three fifths."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            if "course" not in output.get("metadata", {}):
                continue
            words = output.metadata["course"]
            picture = imread(io.BytesIO(base64.b64decode(output.data["image/png"])), format="png")
            edges = [0, *words.get("cuts", []), 1]
            for cut in edges[1:-1]:
                assert picture[:, round(cut * picture.shape[1])].min() == 1, words["alt"]
            panel = max(right - left for left, right in pairwise(edges))
            assert 0.6 * panel * output.metadata["image/png"]["width"] <= 390, words["alt"]


PARTS = ["**When you are through, you can**", "**Time:**", "**You need:**", "## Recap", "## Questions"]


@pytest.mark.parametrize("name", sorted({chapter for chapter in CHAPTERS if chapter != "index"}))
def test_a_chapter_has_its_parts_in_order(name: str) -> None:
    if CHAPTERS[name].is_generated:  # a set of exercises
        return
    text = CHAPTERS[name].text.read_text(encoding="utf-8")
    places = [text.find(part) for part in PARTS]
    assert -1 not in places, f"{CHAPTERS[name].text.name} lacks {PARTS[places.index(-1)]}"
    assert places == sorted(places)
    assert text.count("<details><summary>", places[-1]) >= 3, "ask three questions at least"
    assert "course_lib.figures import" in text or name == "your_own_data"


# What a writer brings along from another language, and what English says in its place.
SLIPS = {
    r"\btimes of (?:ten|a hundred)\b": "times out of ten",
    r"\b(?:answered|decides?|decided) rightly\b": "correctly",
    r"\bbelongs? into\b": "belongs in",
    r"\bone (?:number|point|weight|layer|step) more\b": "one more number",
    r"\b(?:allows|enables|permits) to \w+": "allows you to",
    r"\bsince (?:two|three|ten|many|some) years\b": "for ten years",
    r"\bhow (?:it|they|this|that) looks? like\b": "what it looks like",
    r"\bas good as (?:zero|level|nothing)\b": "all but zero",
    r"\blearn(?:ed|ing)? for (?:a|the) test\b": "study for a test",
    r"\binformations\b": "information",
    # The book has an author's opinions, but its author has not lived: no evenings lost, no people watched.
    r"\bI (?:had|was|used to|(?:have|'ve) (?:lost|watched|heard|seen|met|taught|fallen|worked|known))\b": "you",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_english_is_english(slip: str) -> None:
    """In chapters, exercises and what figures say."""
    rooms = [(ROOT / "chapters", "*.md"), (ROOT / "course_lib" / "workshop" / "exercises", "*.py"),
             (ROOT / "course_lib" / "figures", "*.py"), (ROOT / "course_lib" / "exercises", "*.py")]  # fmt: skip
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}; write {SLIPS[slip]}"
        for room, kind in rooms
        for path in room.rglob(kind)
        for match in re.finditer(slip, " ".join(path.read_text(encoding="utf-8").split()), re.IGNORECASE)
    ]
    assert found == []


def test_visible_cells_are_short(chapter: Chapter) -> None:
    """One idea a cell: ten lines at most, blank ones not counted. Code that the page folds may be longer."""
    too_long = []
    for cell in nbformat.read(chapter.notebook, as_version=4).cells:
        folded = FOLDED & set(cell.metadata.get("tags", []))
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if cell.cell_type == "code" and not folded and len(lines) > 10:
            too_long.append(f"{chapter.notebook.name}, the cell that begins `{lines[0]}`: {len(lines)} lines")
    assert too_long == []


def test_no_concept_is_used_before_it_is_introduced() -> None:
    terms, problems = glossary.read_glossary(ROOT / "chapters" / glossary.GLOSSARY)
    problems += glossary.misplaced_terms(list(CHAPTERS.values()), terms, glossary.reading_order(ROOT))
    assert [str(problem) for problem in problems] == []


def test_the_outcomes_for_teachers_cover_every_chapter_by_exercises_that_exist() -> None:
    teaching = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
    said = teaching.partition("## What they can do afterwards")[2].partition("\n## ")[0]
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "chapters" / "exercises").glob("*.md")]
    offered = set(re.findall(r'^check\("([\w.]+)"\)', "\n".join(pages), re.MULTILINE))
    assert set(re.findall(r"`(\w+\.\w+)`", said)) <= offered
    assert set(re.findall(r"\((\w+)\.md\)", said)) == CHAPTERS.keys() - {"index"} - {
        chapter.name for chapter in CHAPTERS.values() if chapter.is_generated
    }


def test_each_notebook_of_the_contents_is_a_chapter_with_its_text() -> None:
    """So that nbval, which looks at the files in `chapters`, leaves none of them out."""
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(contents)["root"] == "chapters/index.ipynb"
    named = re.findall(r"chapters/(\w+)\.ipynb", contents)
    assert sorted(named) == sorted(CHAPTERS)


def test_each_formula_is_printed_somewhere() -> None:
    texts = " ".join(chapter.text.read_text(encoding="utf-8") for chapter in CHAPTERS.values())
    printed = {
        name
        for found in re.findall(r"<!--\s*formula:\s*(.*?)\s*-->", texts)
        for name in re.split(r",\s*", found)
    }
    assert set(FORMULAS) - printed == set()


def test_each_reference_is_linked_from_somewhere() -> None:
    """A source that no chapter leads to is a source that no reader finds."""
    names = re.findall(r"^## (.+)$", (ROOT / "chapters" / "references.md").read_text(encoding="utf-8"), re.MULTILINE)
    pages = [path for path in (ROOT / "chapters").rglob("*.md") if path.name != "references.md"]
    linked = {
        anchor
        for page in pages
        for anchor in re.findall(r"references\.md#([\w-]+)", page.read_text(encoding="utf-8"))
    }
    assert [name for name in names if glossary.slug(name) not in linked] == []


def test_teachers_are_led_to_exercises_and_chapters_that_exist() -> None:
    """Each outcome names its exercises, and each chapter with exercises is in the syllabus and has its page."""
    text = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
    known = set(names())
    chapters_with_exercises = {name.partition(".")[0] for name in known}
    pattern = rf"`((?:{'|'.join(sorted(chapters_with_exercises))})\.\w+)`"
    named = set(re.findall(pattern, text))
    assert len(named) > 20
    assert named - known == set()
    syllabus, _, rest = text.partition("## Chapter by chapter")
    for chapter in {*chapters_with_exercises, "your_own_data"}:
        assert f"]({chapter}.md)" in syllabus, chapter
    titles = set(re.findall(r"^### ([^\n(]+?)(?: \(optional\))?$", rest, re.MULTILINE))
    for chapter in CHAPTERS.values():
        if chapter.name != "index":
            title = re.search(r"^# (.+)$", chapter.text.read_text(encoding="utf-8"), re.MULTILINE)
            assert title and title[1] in titles, chapter.name
