"""Every command's help: it ends with an example, and the example is one that the command takes."""

import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from course_lib.workshop.cli import main
from course_lib.workshop.commands.examples import EXAMPLES


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
