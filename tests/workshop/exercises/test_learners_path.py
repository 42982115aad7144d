"""Every exercise along a learner's own path: the built wheel, the released data, a notebook, a kernel."""

import ast
import inspect
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from course_lib.exercises import questions
from course_lib.exercises.checking import examine
from course_lib.exercises.pages import report_page
from course_lib.exercises.verdicts import BLANK, RIGHT
from course_lib.workshop.exercises.definition import CHAPTERS, Exercise, load_exercises, source_of
from course_lib.workshop.exercises.mutants import mutants
from course_lib.workshop.exercises.soundness import attempt, typed_in

ROOT = Path(__file__).parents[3]
EXERCISES = {name: one for name, one in load_exercises().items() if one.kind == "code"}
MUTANTS = 5  # of each solution, spread over all: a kernel has to run them, and soundness runs every one
IMPORTS = "import math\nfrom itertools import combinations, pairwise, permutations, product\n"
# In the kernel: what an answer is judged to be, as `check` judges it.
JUDGING = """
import linecache
import course_lib
from course_lib.exercises.checking import examine
from course_lib.exercises.questions import named

def judged(name, source):
    place = f"<answer {len(linecache.cache)}>"
    linecache.cache[place] = (len(source), None, source.splitlines(True), place)
    names = dict(globals())
    exec(compile(source, place, "exec"), names)
    return examine(named(name), names).judgement.outcome
"""


@pytest.mark.parametrize("name", EXERCISES)
def test_the_committed_question_knows_solution_stub_and_mistakes(name: str) -> None:
    exercise, question = EXERCISES[name], questions.named(name)
    right = examine(question, typed_in(exercise, exercise.solution_source))
    assert right.judgement.outcome == RIGHT, report_page(right).text
    assert examine(question, typed_in(exercise, exercise.stub)).judgement.outcome == BLANK
    for mistake in exercise.mistakes:
        seen = attempt(question, exercise.namespace(**{mistake.of: mistake.variant}))
        assert seen.sentence == mistake.sentence


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_learner_without_the_repository_is_told_the_truth(
    chapter: str, installed: Path, tmp_path: Path
) -> None:
    notebook = nbformat.read(ROOT / "chapters" / "exercises" / f"{chapter}.ipynb", as_version=4)
    listed = [one for one in EXERCISES.values() if one.chapter == chapter]
    stubs = {one.stub: one for one in listed}
    for cell in notebook.cells:
        if cell.source in stubs:
            cell.source = IMPORTS + stubs.pop(cell.source).solution_source
    assert not stubs
    answers = [(one, *answer) for one in listed for answer in wrong_answers(one)]
    outcomes = [(one.name, source, kind) for one in listed for source, kind in small_changes(one)]
    added = [JUDGING + "print(course_lib.__file__)"]
    added += [f"{source}\ncheck({one.name!r})\n{back}" for one, source, back, _ in answers]
    listing = repr([(name, source) for name, source, _ in outcomes])
    added.append(f"import json\nprint(json.dumps([judged(*one) for one in {listing}]))")
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in added]

    environment = {**os.environ, "PYTHONPATH": str(installed)}
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(tmp_path), env=environment)

    own, new = notebook.cells[: -len(added)], notebook.cells[-len(added) :]
    assert said(new[0]).startswith(str(installed)), "the repository's package was checked, not the wheel's"
    for cell in own:
        if cell.cell_type != "code" or not cell.source.startswith(("check(", "progress(")):
            continue
        if cell.source.startswith("check(") and any(f'"{name}"' in cell.source for name in EXERCISES):
            assert said(cell).startswith("✓ Right"), said(cell)
        assert "Not right yet" not in said(cell)
        assert "Not checked" not in said(cell)
    for (one, _, _, sentence), cell in zip(answers, new[1:-1], strict=True):
        assert sentence in said(cell), f"{one.name}: {said(cell)}"
    for (name, source, expected), found in zip(outcomes, json.loads(said(new[-1])), strict=True):
        assert found == expected if expected in (RIGHT, BLANK) else found != RIGHT, f"{name}: {source}"


def said(cell: Any) -> str:
    """Return what a cell shows as text."""
    return "".join(
        output["text"] if output.output_type == "stream" else output["data"]["text/plain"]
        for output in cell.outputs
        if output.output_type == "display_data" or output.get("name") == "stdout"
    )


def wrong_answers(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    """Yield each known mistake as a learner would type it, the line that takes it back, and its sentence."""
    for mistake in exercise.mistakes:
        name = mistake.of
        right = f"right_{name}"
        source = re.sub(r"^(def|class) \w+", rf"\1 {name}", variant_source(mistake.variant), count=1)
        header, _, body = source.partition("\n")
        # A mistake may build on the solution, which has the same name in the definition.
        header = header.replace(f"({name}.solution)", f"({right})")
        body = re.sub(rf"(?<![\w.]){name}(\.solution)?\b", right, body)
        # What stands around a mistake belongs to it, but for `.mistake` itself.
        around = "".join(re.findall(r"^@_\w+\n", inspect.getsource(mistake.variant), re.MULTILINE))
        helpers = "\n\n\n".join(helpers_of(exercise, around + header + body))
        code = f"{helpers}\n\n\n{right} = {name}\n{around}{header}\n{body}"
        yield code, f"{name} = {right}", mistake.sentence


def variant_source(variant: Any) -> str:
    """Return a mistake's source; before Python 3.13 `inspect` finds the first of several classes `_`."""
    if not isinstance(variant, type):
        return source_of(variant)
    text = Path(inspect.getsourcefile(variant) or "").read_text(encoding="utf-8")
    line = next(
        item.__code__.co_firstlineno for item in vars(variant).values() if isinstance(item, FunctionType)
    )
    (node,) = [
        one
        for one in ast.parse(text).body
        if isinstance(one, ast.ClassDef) and one.lineno < line <= (one.end_lineno or 0)
    ]
    return "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])


def helpers_of(exercise: Exercise, source: str) -> Iterator[str]:
    """Yield what a mistake uses of the definition's module, and before it what that uses."""
    module = sys.modules[exercise.solution.__module__]
    for name in dict.fromkeys(re.findall(r"\b_[a-zA-Z]\w*", source)):
        if isinstance(helper := getattr(module, name, None), FunctionType | type):
            text = source_of(helper)
            yield from helpers_of(exercise, re.sub(rf"\b{name}\b", "", text))
            yield text


def small_changes(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """Yield sources with their outcome: the stub, mutants that behave alike, and some that do not."""
    yield exercise.stub, BLANK
    made = list(mutants(exercise.solution_source))
    alike = [one for one in made if one.description in exercise.equivalent]
    other = [one for one in made if one.description not in exercise.equivalent]
    for one in alike:
        yield one.source, RIGHT
    for one in other[:: max(len(other) // MUTANTS, 1)][:MUTANTS]:
        yield one.source, "not right"
