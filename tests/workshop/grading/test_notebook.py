# ruff: noqa: E501 - cells of hostile and odd code read best on one line each
"""Notebooks as Colab, Jupyter and students save them; and what is no notebook."""

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.workshop.grading.intake.notebook import UnreadableError, parse_submission
from course_lib.workshop.grading.sandbox.cells import sources_of
from tests.workshop.grading.conftest import Grader, notebook_of

SOURCE = "def double(x):\n    return 2 * x"


def colab_notebook() -> dict[str, Any]:
    """Return a notebook with every habit of Colab's: see the metadata of each cell."""
    return {
        "nbformat": 4,
        "nbformat_minor": 0,
        "metadata": {
            "colab": {"provenance": [{"file_id": "1x", "timestamp": 1}], "name": "hw.ipynb", "gpuType": "T4"},
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "accelerator": "GPU",
            # Colab drops the state of widgets or replaces it by its own key.
            "widgets": {"application/vnd.jupyter.widget-state+json": {"abc": {"model_name": "Slider"}}},
        },
        "cells": [
            {
                "cell_type": "markdown",
                "metadata": {"id": "view-in-github", "colab_type": "text"},
                "source": ['<a href="https://colab.research.google.com/...">Open In Colab</a>'],
            },
            {
                "cell_type": "code",
                "source": ["%pip install -q nothing\n", "%matplotlib inline\n", "import numpy as np"],
                "metadata": {
                    "id": "a1",
                    "cellView": "form",
                    "executionInfo": {
                        "status": "ok",
                        "elapsed": 4,
                        "user": {"displayName": "Ada L.", "userId": "0815"},
                        "user_tz": -120,
                    },
                    "outputId": "77",
                    "colab": {"base_uri": "https://localhost:8080/", "height": 35},
                },
                "execution_count": 1,
                "outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * 100_000}],
            },
            {
                "cell_type": "code",
                "source": "from google.colab import drive, files\ndrive.mount('/content/drive')\n" + SOURCE,
                "metadata": {"id": "a1"},  # a copied cell keeps its id
                "execution_count": None,
                "outputs": [
                    {
                        "output_type": "error",
                        "ename": "ignored",
                        "evalue": "ignored",
                        "traceback": ["ignored"],
                    },
                    {"output_type": "display_data", "metadata": {}, "data": {"image/png": "AAAA"}},
                    {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {}}},
                ],
            },
        ],
    }


VARIANTS: dict[str, Any] = {
    "Colab's own": lambda note: note,
    "ids on cells of minor 0": lambda note: note["cells"][1].update(id="same") or note,
    "twice the same id": lambda note: [cell.update(id="same") for cell in note["cells"]] and note,
    "no minor": lambda note: note.update(nbformat_minor=None) or note,
    "no format at all": lambda note: note.pop("nbformat") and note,
    "no metadata": lambda note: note.pop("metadata") and note,
    "metadata that is none": lambda note: note.update(metadata=None) or note,
    "no outputs": lambda note: [cell.pop("outputs", 0) for cell in note["cells"]] and note,
    "outputs that are none": lambda note: [cell.update(outputs=None) for cell in note["cells"]] and note,
    "cells without metadata": lambda note: [cell.pop("metadata", 0) for cell in note["cells"]] and note,
    "a cell that is none": lambda note: note["cells"].insert(0, None) or note,
    "a cell without a source": lambda note: note["cells"].insert(0, {"cell_type": "code"}) or note,
    "a source that is a number": lambda n: n["cells"].insert(0, {"cell_type": "code", "source": 3}) or n,
    "half a character": lambda n: n["cells"].insert(0, {"cell_type": "code", "source": "# \ud83d"}) or n,
    "a cell of a new kind": lambda n: n["cells"].insert(0, {"cell_type": "sql", "source": "drop"}) or n,
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_notebook_is_read_however_it_was_saved(grader: Grader, name: str) -> None:
    note = VARIANTS[name](colab_notebook())
    submission = parse_submission(json.dumps(note).encode())
    assert SOURCE in submission.cells[-1]
    assert grader.double(*submission.cells)["points"] == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    assert parse_submission(json.dumps(colab_notebook()).encode(encoding)).cells


def test_the_format_of_long_ago_is_read() -> None:
    new = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    old = nbformat.convert(new, 3)
    assert parse_submission(nbformat.writes(old, version=3).encode()).cells == (SOURCE,)


CELLS = {
    "a magic": "%matplotlib inline\n%load_ext tensorboard\n%timeit 1+1",
    "a shell line": "!pip install numpy\n!rm -rf /\nfiles = !ls\nprint(files)",
    "a magic in a block": "if True:\n    %time x = 1\n    !ls",
    "a timed cell": "%%time\n" + SOURCE,
    "a cell for another shell": "%%bash\nrm -rf /",
    "a cell of another language": "%%javascript\nalert(1)",
    "a cell that writes a file": "%%writefile evil.py\nimport os",
    "help": "?print\nprint?",
    "input": 'name = input("Your name? ")\nprint(name)',
    "a plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "a widget": "import ipywidgets as widgets\nwidgets.interact(lambda x: x, x=(0, 10))\nwidgets.IntSlider()",
    "display": "from IPython.display import display, HTML, clear_output\ndisplay(HTML('<b>'))\ndisplay(1)",
    "a long output": "for i in range(10**6): print(i)",
    "get_ipython": "get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().system('ls')",
    "Colab's modules": "from google.colab import drive, files, output\ndrive.mount('/content')\nfiles.upload()",
    "Colab's module by its whole name": "import google.colab\ngoogle.colab.drive.mount('/content')",
    "a library that shares Google's name": "import google.protobuf",
    "Colab's new module": "from google.colab import userdata\nuserdata.get('x')",
    "a file of its own": "open('x.txt', 'w').write('1')\nassert open('x.txt').read() == '1'",
    "the learner's checks": "from course_lib.exercises import check, hint, progress\ncheck('double')\nhint('x')",
    "no Python": "this is no Python at all",
    "tabs and blanks": "def f():\n\treturn 1\n        return 2",
    "a null byte": "x = 1\0",
    "a deep expression": "x = " + "(" * 5000 + ")" * 5000,
    "a deeper one": "x = " + "-" * 100_000 + "1",
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "the main guard": "if __name__ == '__main__':\n    ready = 1\nassert ready",
    "pickles of its own": "import pickle\nclass A: pass\npickle.loads(pickle.dumps(A()))",
    "a process pool": "import multiprocessing",
    "warnings": "import warnings\nwarnings.warn('careful')",
}


@pytest.mark.parametrize("name", CELLS)
def test_what_notebooks_hold_costs_nobody_a_mark(grader: Grader, name: str) -> None:
    assert grader.double(SOURCE, CELLS[name])["points"] == 2


RUNS_CLEAN = sorted(set(CELLS) - {"no Python", "tabs and blanks", "a null byte", "a deep expression",
                                  "a deeper one", "await"})  # fmt: skip


@pytest.mark.parametrize("name", RUNS_CLEAN)
def test_and_runs_without_a_word(grader: Grader, name: str) -> None:
    assert grader.record(SOURCE, CELLS[name])["cells"] == []


def test_a_broken_cell_is_named(grader: Grader) -> None:
    (trouble,) = grader.record(SOURCE, "x = 1\ny = = 2")["cells"]
    assert (trouble["cell"], trouble["line"]) == (2, 2)
    assert "SyntaxError" in trouble["words"]


def test_the_last_of_several_answers_counts(grader: Grader) -> None:
    assert grader.double("def double(x):\n    return 0", SOURCE)["points"] == 2
    assert grader.double(SOURCE, "def double(x):\n    return 0")["points"] == 0


def test_output_is_kept_short(grader: Grader) -> None:
    assert len(grader.record(CELLS["a long output"])["printed"]) == 2_000


NO_NOTEBOOKS = {
    "PDF": (b"%PDF-1.7 ...", "PDF"),
    "link": (b"https://colab.research.google.com/drive/1abc", "link to Colab"),
    "page": (b"<!DOCTYPE html><title>Colab</title>", "web page"),
    "code": (b"import numpy as np\ndef double(x): ...", "Python code"),
    "archive": (b"PK\x03\x04....", "zip archive"),
    "empty": (b"", "empty"),
    "blank": (b" \n ", "empty"),
    "broken": (b'{"cells": [{"cell_type": "code"', "damaged"),
    "list": (b"[1, 2]", "no notebook"),
    "other JSON": (b'{"a": 1}', "no cells"),
    "no cells": (b'{"cells": []}', "no cells"),
    "cells that are none": (b'{"cells": 7}', "no cells"),
    "noise": (bytes(range(256)), "no notebook"),
    "deep": (b'{"cells": ' + b"[" * 100_000, "damaged"),
    "huge number": (b'{"cells": ' + b"9" * 10_000 + b"}", "damaged"),
}


@pytest.mark.parametrize("name", NO_NOTEBOOKS)
def test_what_is_no_notebook_is_named(name: str) -> None:
    data, words = NO_NOTEBOOKS[name]
    with pytest.raises(UnreadableError, match=words):
        parse_submission(data)


def test_too_much_code_is_refused() -> None:
    with pytest.raises(UnreadableError, match="more than"):
        parse_submission(notebook_of(["x = 1\n" * 10**6]))
    with pytest.raises(UnreadableError, match="more than"):
        parse_submission(notebook_of(["x"] * 6_000))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=10), inside, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    ["cells", "cell_type", "source", "worksheets", "nbformat", "metadata", "outputs", "input"]
)
CELL_LIKE = st.dictionaries(
    KEYS, JSON | st.just("code") | st.lists(st.just("x = 1\n"), max_size=3), max_size=6
)
NOTEBOOK_LIKE = st.dictionaries(KEYS, JSON | st.lists(CELL_LIKE | JSON, max_size=4), max_size=6)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(NOTEBOOK_LIKE)
def test_any_json_is_read_or_refused_in_words(note: dict[str, Any]) -> None:
    try:
        submission = parse_submission(json.dumps(note).encode())
    except UnreadableError as error:
        assert len(str(error)) > 20  # noqa: PT017 - an error is one of two right outcomes
    else:
        assert all(isinstance(cell, str) for cell in submission.cells)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_any_damage_is_read_or_refused_in_words(data: st.DataObject) -> None:
    whole = json.dumps(colab_notebook()).encode()[:4000]
    place = data.draw(st.integers(0, len(whole) - 1))
    damage = data.draw(st.binary(max_size=5))
    try:
        parse_submission(whole[:place] + damage + whole[place + data.draw(st.integers(0, 50)) :])
    except UnreadableError as error:
        assert str(error)  # noqa: PT017 - an error is one of two right outcomes


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_text_in_a_cell_costs_nobody_a_mark(grader: Grader, cells: list[str]) -> None:
    assert grader.double(*cells, SOURCE)["points"] == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_source_of_an_answer_is_its_own_lines(end: str) -> None:
    lines = [
        "x = '\x0c\x1c\u2028'",
        "@print",
        "def double(x):",
        "    '''Two",
        "    lines.'''",
        "    return 2 * x",
        "y = 2",
    ]
    cells = ["def double(x): ...", end.join(lines), "def broken("]
    assert sources_of(["double", "y"], cells) == {"double": "\n".join(lines[2:6])}


# What stands below a failure ------------------------------------------------------------------------------------

DOUBLE = "def double(x):\n    return 2 * x"
RIGHT_ALL_THE_SAME = {
    "a package that is not here": f"import numpyy\n{DOUBLE}",
    "a name that a package lacks": f"from numpy import nothere\n{DOUBLE}",
    "an import that a later line uses": f"import pandasx as pd\nprint(pd)\nimport numpy as np\n{DOUBLE}",
    "a statement that fails, then a lambda": "1 / 0\ndouble = lambda x: 2 * x",
    "a file that is not here": "text = open('data.csv').read()\nk = 2\ndouble = lambda x: k * x",
    "await at the top": "import asyncio\nawait asyncio.sleep(0)\ndouble = lambda x: 2 * x",
    "async for at the top": "async def some():\n    yield 2\nasync for k in some():\n    double = lambda x: k * x",
    "the end of the notebook": "import sys\nsys.exit('enough')\ndouble = lambda x: 2 * x",
    "a loop without end": f"while True:\n    pass\n{DOUBLE}",
    "a package in a timed cell": f"%%time\nimport numpyy\n{DOUBLE}",
    "annotations of the future": f"from __future__ import annotations\n1 / 0\n{DOUBLE.replace('(x)', '(x: Later)')}",
    "a return outside a function": f"return 7\n{DOUBLE}",
    "an extended number": "import numpy as np\ndef double(x):\n    return np.longdouble(2) * x",
    "a number of other libraries": "from decimal import Decimal\ndef double(x):\n    return Decimal(2 * x)",
}
WRITTEN = {
    "a file": ["%%writefile m.py\ndef twice(x):\n    return 2 * x", "from m import twice\ndouble = twice"],
    "a file in two parts": ["%%writefile m.py\ndef twice(x):", "%%writefile -a m.py\n    return 2 * x", "from m import twice\ndouble = twice"],
    "a file that is run": ["%%file m.py\ndef double(x):\n    return 2 * x", "%run m.py"],
    "a file of numbers": ["%%writefile d.csv\n1,2", "import numpy as np\nd = np.loadtxt('d.csv', delimiter=',')\ndouble = lambda x: d[1] * x"],
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT_ALL_THE_SAME)
def test_what_stands_below_a_failure_counts(grader: Grader, name: str) -> None:
    assert grader.double(RIGHT_ALL_THE_SAME[name])["points"] == 2


@pytest.mark.parametrize("name", WRITTEN)
def test_a_module_or_file_that_a_cell_writes_is_there(grader: Grader, name: str) -> None:
    record = grader.record(*WRITTEN[name])
    assert record["questions"][0]["points"] == 2
    assert record["cells"] == []


def test_a_file_of_one_submission_is_not_there_for_the_next(grader: Grader) -> None:
    assert grader.double(*WRITTEN["a file"])["points"] == 2
    assert grader.double(*WRITTEN["a file"][1:])["points"] == 0


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (
            "from helpers import twice\ndouble = twice",
            ("defines no `double`", "Cell 1", "helpers", "%%writefile"),
        ),
        (
            "from helpers import twice\ndef double(x):\n    return twice(x)",
            ("Cell 1", "helpers", "%%writefile"),
        ),
        (
            "import numpy as np\nd = np.load('d.npy')\ndef double(x):\n    return d * x",
            ("d.npy", "%%writefile"),
        ),
        (f"{DOUBLE}\nprint 'hello'", ("defines no `double`", "Cell 1", "SyntaxError")),
    ],
)
def test_the_words_name_what_failed(grader: Grader, cell: str, words: tuple[str, ...]) -> None:
    sentence = grader.double(cell)["sentence"]
    assert all(word in sentence for word in words), sentence
    assert "deleted" not in sentence


def test_no_word_tells_where_a_package_is_on_this_machine(grader: Grader) -> None:
    record = grader.record("from numpy import nothere")
    assert "nothere" in record["cells"][0]["words"]
    assert "/" not in record["cells"][0]["words"]
