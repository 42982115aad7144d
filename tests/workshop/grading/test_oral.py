"""Questions about a student's own code: their answers against Python's own tracing of the same call."""

import ast
import re
import stat
import sys
from html import unescape
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from course_lib.exercises.plain_values import brief, plain
from course_lib.exercises.running import Call
from course_lib.workshop.grading.scoring.probes import probes_of
from tests.workshop.grading.conftest import RIGHT, SmallClass

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = """def largest(values):
    best = values[0]
    for value in values:
        if value > best:
            best = value
    return best"""
WHILE = """def largest(values):
    rest, best = list(values), -9.0
    while rest:
        first = rest.pop()
        best = first if first > best else best
    best += 0
    if best > 1e9:
        best = 1
    return best"""
CODES = {"ada": RIGHT[1], "bob": LONG, "cleo": LONG, "dan": WHILE, "fay": WHILE}
ITEM = re.compile(r"<li>(.*?)<details><summary>Answer</summary><pre>(.*?)</pre></details></li>", re.DOTALL)


def traced(source: str, words: str) -> str:
    """Answer a question by watching Python run the call, line by line."""
    shown, _, question = words.partition(" is called. ")
    line = int(re.search(r"line (\d+)", question)[1])  # type: ignore[index]
    names: dict[str, Any] = {"np": np, "array": np.array}
    exec(source, names)
    code = names[shown.partition("(")[0]].__code__
    name = re.search(r"What does (\w+) hold", question)
    node = next(one for one in ast.walk(ast.parse(source)) if getattr(one, "lineno", 0) == line
                and isinstance(one, ast.stmt))  # fmt: skip
    found: list[Any] = []

    def watch(frame: FrameType, event: str, value: Any) -> Any:
        if frame.f_code is not code:
            return None
        if not found and seen and (event in ("line", "return")) and name:
            found.append(frame.f_locals[name[1]])
        if event == "line" and frame.f_lineno == line:
            if isinstance(node, ast.If | ast.While) and not seen:
                found.append(bool(eval(ast.unparse(node.test), names, dict(frame.f_locals))))
            seen.append(line)
        if event == "return" and "return?" in question and frame.f_lineno == line:
            found.append(value)
        return watch

    seen: list[int] = []
    sys.settrace(watch)
    try:
        eval(shown, names)
    finally:
        sys.settrace(None)
    return brief(plain(found[0]))


def class_with_sheets(small: SmallClass) -> str:
    for name, code in CODES.items():
        small.hand_in(f"{name}_hw.ipynb", "import numpy as np", RIGHT[0], code)
    (small.download / "eve_hw.ipynb").write_bytes(b"no notebook")
    small.collect()
    small.grade("--no-similarity")
    return small.run("oral", str(small.target))


def test_sheets_ask_each_student_something_else_and_their_answers_are_true(small_class: SmallClass) -> None:
    said = class_with_sheets(small_class)
    assert "5 sheets are in" in said
    assert "eve: the code gives 0 questions" in said
    sets = []
    kinds = set()
    for path in sorted((small_class.target / "oral").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        key = path.stem.replace("group-reds", "fay")
        asked = [(unescape(words), unescape(answer)) for words, answer in ITEM.findall(path.read_text())]
        assert len(asked) >= 3
        for words, answer in asked:
            source = RIGHT[0] if words.startswith("double") else CODES[key]
            assert traced(source, words) == answer, (key, words)
            kinds.add(re.sub(r".*called\. |\d+|What does \w+", "", words))
        sets.append(frozenset(words for words, _ in asked))
    assert len(set(sets)) == len(sets) == 5
    assert len(kinds) >= 3
    small_class.run("forget", str(small_class.target), "ada")
    assert not (small_class.target / "oral" / "ada.html").exists()


def test_a_sheet_is_accessible_and_keeps_its_answers_folded(
    small_class: SmallClass, chromium: "Browser"
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    class_with_sheets(small_class)
    page = chromium.new_context(bypass_csp=True).new_page()
    page.goto((small_class.target / "oral" / "bob.html").as_uri())
    assert not any(one.is_visible() for one in page.locator("li pre").all())
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.close()


@pytest.mark.parametrize(
    "source",
    ["def double(x):\n    yield x", "def other(x):\n    return x", "def double(x", "double = 3",
     "def double(x):\n    return 4", "async def double(x):\n    return x"],
)  # fmt: skip
def test_what_nothing_can_be_asked_about_has_no_questions(source: str) -> None:
    assert probes_of(source, [(Call("double", (1.0,)), "double(x=1.0)")]) == []


def test_a_call_that_nobody_can_have_in_mind_is_not_asked(tmp_path: Path) -> None:
    assert not probes_of(RIGHT[0], [(Call("double", (1.0,)), f"double(x={'1' * 200})")])
    (probe,) = probes_of(RIGHT[0], [(Call("double", (1.0,)), "double(x=1.0)")])
    assert probe.words == "double(x=1.0) is called. What does line 2 return?"
