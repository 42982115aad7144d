"""The pages' own Python judges as this one does: every solution and known mistake of what is offered."""

import base64
import gzip
import io
import json
import os
import re
import subprocess
import zipfile
from html import escape
from pathlib import Path

import pytest

from course_lib.exercises import checking
from course_lib.exercises.questions import named
from course_lib.exercises.verdicts import RIGHT, WRITTEN
from course_lib.workshop.book.problems import BookError
from course_lib.workshop.book.site import live_files, live_pieces, web_packages
from course_lib.workshop.book.site.extension.live_pages import chapter_cells, needs_tensorflow
from course_lib.workshop.book.site.live import session
from course_lib.workshop.exercises import ladders, release
from course_lib.workshop.exercises.definition import load_exercises, source_of
from tests.workshop.exercises.test_learners_path import IMPORTS, wrong_answers
from tests.workshop.exercises.test_release import told

ROOT = Path(__file__).parents[3]
OFFERED = [one for one in load_exercises().values() if not one.packages]
BEGINNING = f"import numpy as np\nfrom course_lib.exercises import check, hint, progress\n{IMPORTS}"
# Pyodide in Node.js: the same Python, NumPy and session as in the page, without a browser around them.
IN_PYODIDE = """
import fs from "node:fs";
const [modules, cache, wheel, session, work] = process.argv.slice(1);
const { loadPyodide } = await import(`${modules}/pyodide/pyodide.mjs`);
const home = "/home/pyodide";
const python = await loadPyodide({ packageCacheDir: cache, env: { MPLBACKEND: "agg", HOME: home } });
const given = JSON.parse(fs.readFileSync(work, "utf8"));
const draws = given.some(({ chapter }) => chapter);
await python.loadPackage(draws ? ["numpy", "matplotlib"] : "numpy", { messageCallback() {} });
python.unpackArchive(new Uint8Array(fs.readFileSync(wheel)), "wheel");
python.FS.writeFile("/home/pyodide/page_session.py", fs.readFileSync(session, "utf8"));
const { Session } = python.pyimport("page_session");
let printed = "";
const judged = given.map(({ name, cells, chapter }) => {
  const session = Session((text) => { printed += text; });
  if (chapter) session.chapter();
  return cells.map(({ code, asks }) => {
    printed = "";
    const { error, shown } = JSON.parse(session.run(name, code, chapter ? 0 : 2));
    const check = asks ? JSON.parse(session.check(name)) : {};
    return { error, printed, shown, ...check };
  });
});
fs.writeFileSync(work, JSON.stringify(judged));
"""


@pytest.fixture(scope="module")
def scripts() -> dict[str, str]:
    packed = live_files.pack(ROOT, ROOT)
    assert packed, "Pyodide's packages cannot be had here"
    return packed


def unpacked(scripts: dict[str, str]) -> dict[str, bytes]:
    """Return the files that a page unpacks from the scripts."""
    manifest, _ = json.JSONDecoder().raw_decode(scripts["live.js"].partition("{manifest:")[2])
    files = {}
    for group in manifest.values():
        for name, piece in group.items():
            data = base64.b64decode("".join(scripts[part].split('"')[3] for part in piece["parts"]))
            files[name] = gzip.decompress(data) if piece["gzip"] else data
    return files


def in_pyodide(
    work: list[dict[str, object]], scripts: dict[str, str], folder: Path
) -> list[list[dict[str, str]]]:
    """Run cells in the pages' Python, and return what came of each."""
    files = unpacked(scripts)
    (wheel,) = [name for name in files if name.startswith("course_lib-")]
    for name in (wheel, "session.py"):
        (folder / name).write_bytes(files[name])
    (folder / "work.json").write_text(json.dumps(work), encoding="utf-8")
    places = [web_packages.CACHE / "node_modules", web_packages.CACHE / "pyodide"]
    places += [folder / wheel, folder / "session.py", folder / "work.json"]
    command = [str(web_packages.node_program()), "--input-type=module", "--eval", IN_PYODIDE, "--"]
    done = subprocess.run([*command, *map(str, places)], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-4000:]
    judged: list[list[dict[str, str]]] = json.loads((folder / "work.json").read_text(encoding="utf-8"))
    return judged


def test_every_solution_and_known_mistake_is_judged_as_here(scripts: dict[str, str], tmp_path: Path) -> None:
    work, deserved = [], []
    for one in OFFERED:
        given = "\n\n\n".join(source_of(item) for item in one.given)
        cells: list[dict[str, object]] = [{"code": BEGINNING + given, "asks": False}]
        expected: list[str] = [""]
        if one.kind == "text":
            cells.append({"code": f"{one.defines[0]} = 'Because it is so.'", "asks": True})
            expected.append(WRITTEN)
        else:
            cells.append({"code": one.solution_source, "asks": True})
            expected.append(RIGHT)
            for source, back, sentence in wrong_answers(one):
                cells += [{"code": source, "asks": True}, {"code": back, "asks": False}]
                expected += [sentence, ""]
        work.append({"name": one.name, "cells": cells})
        deserved.append(expected)
    judged = in_pyodide(work, scripts, tmp_path)
    complaints, right, wrong = [], 0, 0
    for one, expected, found in zip(OFFERED, deserved, judged, strict=True):
        for words, verdict in zip(expected, found, strict=True):
            good = words in (verdict.get("text", ""), verdict.get("outcome", "")) or (
                words not in (RIGHT, WRITTEN) and words in verdict.get("text", "")
            )
            right += good and words in (RIGHT, WRITTEN)
            wrong += good and bool(words) and words not in (RIGHT, WRITTEN)
            if not good or verdict["error"]:
                complaints.append(f"{one.name}: {words!r}, not {verdict}")
    print(f"{right} of {len(OFFERED)} solutions and {wrong} known mistakes are judged as here")
    assert not complaints, "\n".join(complaints[:10])
    assert right == len(OFFERED) == sum(not named(one.name).packages for one in OFFERED)


def test_what_is_said_of_cells_is_said_of_an_editor_in_a_page() -> None:
    folder = Path(checking.__file__).parent
    said = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    said = re.sub(r'""".*?"""', "", said, flags=re.DOTALL)
    said = re.sub(r'"\n\s*f?"', "", said)  # a sentence goes on in the next line
    assert all(words in said for words in session.IN_A_PAGE), "the library does not say this any more"
    sentences = re.findall(
        r"""f?["'][^"'\n]*\b(?:[Rr]un th\w+ cell|cell been run|a cell)[^"'\n]*["']""", said
    )
    assert len(sentences) >= 8
    assert [one for one in map(session.in_a_page, sentences) if re.search(r"\bcell\b", one)] == []


ANSWERED = {"name": "perceptron.two_forms"}
BAD = {
    "while True:\n    pass": "Stopped after 2 seconds. Is there a loop that never ends? It was in line 2",
    "try:\n    while True: 1\nexcept BaseException:\n    while True: 2": "Stopped after",
    "def f(n):\n    return f(n + 1)\n\nf(0)": "RecursionError: maximum recursion depth exceeded",
    "import pandas": "no `pandas`. Open this page in Colab to use it.",
    "np.ones((50_000, 50_000))": session.TOO_MUCH,
    "np.ones(2**28)": session.TOO_MUCH,
    "a = [np.empty(2**27) for _ in range(5)]": session.TOO_MUCH,
    "def f(:\n    pass": "SyntaxError: invalid syntax",
    "a = 1\nb = a + missing": "Line 2: b = a + missing\nNameError: name 'missing' is not defined",
    "raise SystemExit(3)": "SystemExit: 3",
}


def test_what_people_do_gets_a_sentence_and_the_next_cell_runs(
    scripts: dict[str, str], tmp_path: Path
) -> None:
    cells = [{"code": code, "asks": False} for code in ["import numpy as np", *BAD]]
    cells.append(
        {"code": "print = check = hint = 3\nfor number in range(9):\n    number\n6 * 7", "asks": True}
    )
    cells.append({"code": "del print\nprint('x\\n' * 1_000_000)", "asks": False})
    greedy = "def to_bias(weights, threshold):\n    return np.ones(2**28), 1\n\ndef to_threshold(a, b): 1"
    cells.append({"code": greedy, "asks": True})
    _, *judged, replaced, many, greed = in_pyodide([{**ANSWERED, "cells": cells}], scripts, tmp_path)[0]
    for (code, sentence), verdict in zip(BAD.items(), judged, strict=True):
        assert sentence in verdict["error"], f"{code}: {verdict}"
        assert "page_session" not in verdict["error"]
        assert "/lib/" not in verdict["error"]
    assert replaced["printed"] == "42\n"
    assert replaced["outcome"] == "not attempted"
    assert many["error"] == ""
    assert session.TOO_MUCH in greed["text"]
    assert session.TOO_MUCH in greed["html"]
    assert len(many["printed"]) < 51_000
    assert many["printed"].endswith("more characters, which are not shown.")


CHAPTERS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "chapters").glob("*.ipynb")
}
LIVE = sorted(
    name for name, form in CHAPTERS.items() if (cells := chapter_cells(form)) and not needs_tensorflow(cells)
)


def test_the_chapters_on_numpy_can_be_made_live(scripts: dict[str, str]) -> None:
    assert {"before_you_start", "perceptron", "pattern_recognition", "cost_functions"} <= set(LIVE)
    assert {"neural_networks", "generalisation"} <= set(LIVE)
    assert [f"chapters/{name}.js" for name in LIVE] == [one for one in scripts if one.startswith("chapters/")]


# Three chapters in each run; the three that take minutes too where COURSE_LIVE is set.
@pytest.mark.parametrize(
    "name", LIVE if "COURSE_LIVE" in os.environ else ["before_you_start", "perceptron", "cost_functions"]
)
def test_a_live_chapter_prints_and_draws_what_the_book_shows(
    name: str, scripts: dict[str, str], tmp_path: Path
) -> None:
    cells = chapter_cells(CHAPTERS[name])
    work = [
        {"name": name, "chapter": True, "cells": [{"code": cell["code"], "asks": False} for cell in cells]}
    ]
    (found,) = in_pyodide(work, scripts, tmp_path)
    stored = [
        cell for cell in CHAPTERS[name]["cells"] if "".join(cell["source"]) in {one["code"] for one in cells}
    ]
    for cell, seen, whole in zip(cells, found, stored, strict=True):
        words = [
            alt
            for output in whole["outputs"]
            if (alt := output.get("metadata", {}).get("course", {}).get("alt"))
        ]
        assert seen["error"] == "", cell["code"]
        assert not cell["live"] or seen["printed"].split() == cell["printed"].split(), cell["code"]
        assert len(seen["shown"]) == len(words), cell["code"]
        assert all(escape(alt) in html for alt, html in zip(words, seen["shown"], strict=True))


class TestPieces:
    def test_only_the_learners_wheel_is_inside(self, scripts: dict[str, str]) -> None:
        files = unpacked(scripts)
        (wheel,) = [data for name, data in files.items() if name.startswith("course_lib-")]
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            names = archive.namelist()
            texts = [archive.read(name).decode() for name in names if name.endswith((".py", ".json"))]
            for path in release.DATA.glob("*.json"):  # the public cases, and no hidden one
                assert archive.read(f"course_lib/exercises/data/{path.name}") == path.read_bytes()
        assert not [name for name in names if "workshop" in name or "definitions" in name]
        # The one exception: lines of the solutions that ladders.py lists, to be put in order. Seeing them is
        # what these exercises teach with; that they are no more than that is tested beside the ladders.
        allowed = json.loads(ladders.FILE.read_text(encoding="utf-8"))
        for path, text in scripts.items():
            if path.startswith("notebooks/"):
                form = json.loads(text.removeprefix("courseLive.notebook(").removesuffix(");"))
                for one in form.get("exercises", []):
                    assert one.pop("ladder", None) == allowed.pop(one["name"], None)
                texts.append(json.dumps(form))
            elif not path.startswith("parts/"):
                texts.append(text)
        assert allowed == {}
        texts += [files[name].decode() for name in ("session.py", "worker.js")]
        assert told("\n".join(texts)) == []

    def test_every_package_has_the_bytes_that_the_lock_file_states(self) -> None:
        with pytest.raises(BookError, match=r"numpy\.whl: has other bytes .* SHA-256 .* --no-live"):
            live_pieces.accepted("numpy.whl", b"others", "0" * 64)

    def test_a_damaged_package_stops_the_build(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(web_packages, "CACHE", link_without_packages(tmp_path, "damaged"))
        with pytest.raises(BookError, match="SHA-256"):
            live_pieces.find_pieces()

    def test_where_none_can_be_had_the_book_does_without(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(web_packages, "CACHE", link_without_packages(tmp_path))
        monkeypatch.setattr(live_pieces, "RELEASE", (tmp_path / "nowhere").as_uri() + "/{version}/{file}")
        monkeypatch.setattr(live_pieces, "CARRIER", "./no-such-package")
        assert live_files.pack(ROOT, ROOT) == {}
        assert "exercises lead to Colab" in capsys.readouterr().err

    def test_a_second_build_writes_nothing(self, scripts: dict[str, str], tmp_path: Path) -> None:
        assert len(live_files.write(scripts, tmp_path)) == len(scripts)
        (tmp_path / "parts" / "old.js").write_text("")
        assert live_files.write(live_files.pack(ROOT, ROOT), tmp_path) == []
        assert not (tmp_path / "parts" / "old.js").exists()


def link_without_packages(folder: Path, damage: str = "") -> Path:
    """Return a cache as it is before the packages were fetched, or with all of them damaged."""
    cache = folder / "web"
    cache.mkdir()
    for path in web_packages.CACHE.iterdir():
        if path.name != "pyodide":
            (cache / path.name).symlink_to(path)
    (cache / "pyodide").mkdir()
    for path in (web_packages.CACHE / "pyodide").iterdir() if damage else ():
        (cache / "pyodide" / path.name).write_text(damage)
    return cache
