"""The course's own book, with its exercises, has nothing wrong: else nobody would read the list."""

import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.workshop import doctor
from course_lib.workshop.book.proofs import code
from course_lib.workshop.exercises.definition import UnreadableDefinitionsError, load_exercises

ROOT = Path(__file__).parents[2]
STALE = (
    "was executed with other code than there is now"  # while somebody works; the chapters' tests see to it
)
WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = None
from pathlib import Path
from course_lib.workshop import doctor
from course_lib.workshop.book.proofs import code
print(*doctor.said(doctor._set_problems, Path(".")), sep=chr(10))
"""


def test_the_doctor_finds_nothing_wrong_with_the_course() -> None:
    assert [one for one in doctor.book_problems(ROOT) if STALE not in one.what] == []


def test_an_author_needs_no_tensorflow_to_look() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [line for line in done.stdout.strip().splitlines() if STALE not in line] == []


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("x = 1\ny = (\n", 2, "SyntaxError: "),
        ("x = 1\n\nprint(z)\n", 3, "NameError: name 'z' is not defined"),
        ("def f():\n    return 1 / 0\n\n\nf()\n", 2, "ZeroDivisionError: division by zero"),
        ("import json\n\njson.loads('{')\n", 3, "JSONDecodeError: "),
        ("from course_lib.network import Nothing\n", 1, "ImportError: "),
        ("import course_lib.nothing\n", 1, "ModuleNotFoundError: "),
        ("x = '\\ud800'\nx.encode()\n", 2, "UnicodeEncodeError: "),
    ],
)
def test_definitions_that_cannot_be_read_are_named_with_their_line(
    text: str, line: int, what: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableDefinitionsError) as raised:
        load_exercises(tmp_path, chapters=())
    assert raised.value.line == line
    assert what in raised.value.what


def test_a_variable_may_be_called_like_a_module() -> None:
    source = "requests = weights * wishes\nprint(requests.sum())"
    assert list(code.left_behind(source, "cell 1", code.imported_names([source]))) == []
    source = "import requests\nprint(requests.get('https://example.org'))"
    assert list(code.left_behind(source, "cell 1", code.imported_names([source])))
