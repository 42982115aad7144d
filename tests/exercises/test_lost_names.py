"""A beginner's slips with names get one true sentence, in an exercise and in a cell of the notebook."""

import linecache
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbclient import NotebookClient

from course_lib.exercises import checking, lost_names
from course_lib.exercises.checking import examine
from course_lib.exercises.questions import UnknownExerciseError, named

IMPORTS = "import numpy as np\n"


def told(source: str, exercise: str = "perceptron.two_forms", after: str = "") -> str:
    """Return what check says of an answer typed into a notebook."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, code in enumerate((IMPORTS + source, after)):
        file = f"<told {hash(code)} {number}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        exec(compile(code, file, "exec"), names)
    return examine(named(exercise), names).judgement.sentence


RIGHT = (
    "def to_bias(weights, threshold):\n    return np.array(list(weights)), -threshold\n"
    "def to_threshold(weights, bias):\n    return np.array(list(weights)), -bias\n"
)


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        ("", ""),
        ("np = 5", "`np` is now the number 5: a cell has given this name to something else. Choose another "
                   "name there, and run `import numpy as np` again."),
        ("np = [1]", "`np` is now a list:"),
        ("del np", "`np` is not known here: run the cell with the imports, or `import numpy as np`."),
        ("list = [1]", "`list` is now a list: a cell has given this name to something else. Choose another "
                       "name there; `del list` gives Python's own back."),
        ("list = np.arange(3)", "`list` is now an array"),
        ("list = None", "`list` is now None:"),
        ("list = True", "`list` is now True:"),
    ],
)  # fmt: skip
def test_a_name_that_was_given_to_something_else(after: str, sentence: str) -> None:
    said = told(RIGHT, after=after)
    assert said.startswith(sentence)
    assert bool(said) == bool(sentence)


def test_a_library_that_is_not_installed_was_given_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_names, "find_spec", lambda name: None)
    said = told(RIGHT, after="np = None")  # as the notebook's first cell leaves `tf`
    assert said.startswith("`np` is numpy, which is not installed here: `pip install numpy`.")


@given(
    st.sampled_from(["sum", "max", "min", "len", "range", "zip", "sorted", "abs", "print", "str", "float"])
)
def test_every_function_of_python_s_own(name: str) -> None:
    source = RIGHT.replace("    return np.array", f"    {name}(weights)\n    return np.array")
    assert told(source, after=f"{name} = 3").startswith(f"`{name}` is now the number 3:")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("return weihgts, -threshold", "`weihgts` is not known here. Do you mean `weights`?"),
        ("return helper(weights), -threshold", "`helper` has no value here. If a cell defines it,"),
        ("return np.array(weights), -math.fabs(threshold)", "`math` is not known here:"),
        ("print(weights, -threshold)", "Your code prints and gives nothing back:"),
        ("return weights.nothing", "AttributeError:"),
        ("return threshold(weights)", "TypeError:"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there(line: str, sentence: str) -> None:
    source = RIGHT.replace("return np.array(list(weights)), -threshold", line)
    assert told(source).startswith(sentence)


def test_a_cell_that_came_with_the_exercise_and_was_not_run_or_deleted() -> None:
    answer = "def slope_of(f, x):\n    return square(x)\n"
    question = next(one for one in map(named, checking.names()) if one.given and "def square" in one.given)
    parameters = question.parameters()[question.defines[0]]
    answer = f"def {question.defines[0]}({', '.join(parameters)}):\n    return square(1.0)\n"
    assert told(answer, question.name).startswith(
        "`square` comes with the exercise: run the cell that defines it."
    )
    assert told(answer, question.name, after="square = 3").startswith("`square` is now the number 3:")
    assert "It came with the exercise" in told(answer, question.name, after="square = 3")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("to_bia", "Do you mean `to_bias`? Then give your function this name."),
        ("perceptro", "Do you mean 'perceptron'?"),
        ("two_form", "Do you mean 'two_forms'?"),
        ("numpy", "An assignment's own exercises are known after its first cells have run."),
    ],
)
def test_a_misspelt_exercise(name: str, meant: str) -> None:
    with pytest.raises(UnknownExerciseError, match="There is no exercise") as caught:
        named(name)
    assert str(caught.value.args[0]).endswith(meant)


def test_an_error_of_another_kind_is_left_alone() -> None:
    assert lost_names.explained("ValueError", "np", "np.array(3)", {"np": 5}) == ""
    assert (
        lost_names.explained("AttributeError", "'int' object has no attribute 'b'", "a.b", {"np": np}) == ""
    )


CELLS = {
    "check = 3\ncheck('two_forms')": "`check` is now the number 3: a cell has given this name",
    "from course_lib.exercises import check, hint, progress\ncheck(to_bias)": "Has the cell been run?",
    "def to_bais(weights, threshold):\n    return weights, -threshold\nhint(to_bias)": "You defined `to_b",
    "check(two_forms)": 'Give check the name in quotes, check("perceptron.two_forms").',
    "progress()": "I see no exercise in this notebook yet. Name what to count",
    "check()": "Give check the name of an exercise in quotes",
    "np.zeros(3)": "`np` is not known here: run the cell with the imports, or `import numpy as np`.",
    "sum = 3\nsum([1, 2])": "`del sum` gives Python's own back.",
    "undefined + 1": "`undefined` is not known here. If a cell above defines `undefined`, run that one;",
    "[].nothing": "",
    "chek('two_forms')": "`chek` is not known here. Do you mean `check`?",
    "check(to_bais())": "Give check the function itself, and do not call it: check(to_bais).",
    "to_bias = to_bais\nprogress()": "0 of 19 points",
}


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    sources = ["from course_lib.exercises import check, hint, progress", *CELLS]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(made, timeout=120, kernel_name="python3", allow_errors=True).execute()
    return made


@pytest.mark.parametrize("source", CELLS)
def test_a_cell_of_the_notebook_gets_the_sentence_below_its_error(
    notebook: nbformat.NotebookNode, source: str
) -> None:
    (cell,) = [cell for cell in notebook.cells if cell.source == source]
    said = "".join(one.get("text", one.get("data", {}).get("text/plain", "")) for one in cell.outputs)
    assert CELLS[source] in said
    assert bool(said) == bool(CELLS[source])
