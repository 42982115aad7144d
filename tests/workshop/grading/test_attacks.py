"""Hostile notebooks behind each kind of wall, each beside the control that shows what it would do without."""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from course_lib.workshop.grading.sandbox.linux_calls import landlock_version
from course_lib.workshop.grading.sandbox.walls import Wall, strongest_wall
from course_lib.workshop.grading.scoring.session import Patience
from tests.workshop.grading.attacks import ATTACKS
from tests.workshop.grading.test_chaos import attacks

AS_ROOT = os.geteuid() == 0
# Walls to test: as whom, and which.
BEHIND = {
    "namespaces, as root": ([], Wall.NAMESPACES, AS_ROOT),
    "namespaces, as a user": (["tests.workshop.grading.as_user"], Wall.NAMESPACES, True),
    "Landlock, as a user": (["tests.workshop.grading.as_user", "--refuse-namespaces"], Wall.LANDLOCK, True),
}


@cache
def results(prefix: tuple[str, ...], wall: Wall) -> dict[str, Any]:
    """Run all attacks behind one wall, once, in a process of their own."""
    command = [sys.executable, "-m", *prefix, "tests.workshop.grading.attacks", wall.value]
    environment = {**os.environ, "COURSE_TEST_SECRET": "1"}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=400)
    assert run.returncode == 0, run.stderr[-3000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.fixture(params=list(BEHIND), scope="module")
def wall(request: pytest.FixtureRequest) -> dict[str, Any]:
    prefix, kind, possible = BEHIND[request.param]
    if not possible:
        pytest.fail("This wall is tested by root only: run the tests as root, as the gate does.")
    if kind is Wall.LANDLOCK and not landlock_version():
        pytest.fail("This kernel has no Landlock: that wall remains untested here.")
    return results(tuple(prefix), kind)


@pytest.mark.parametrize("name", ATTACKS)
def test_the_wall_holds(wall: dict[str, Any], name: str) -> None:
    told = wall[name]
    assert not told["worked"], told
    assert told["left"] == 0, "a process is left"
    if ATTACKS[name].survives:
        assert told["answered"], f"an honest answer was lost: {told}"


def wrote_and_left_nothing(told: list[str]) -> bool:
    wrote, _, found = told
    return wrote == "kept ['a', 'home', 'link', 'pipe'] True\n" and found == "[]\n"


def test_a_notebook_may_write_and_nothing_of_it_stays(wall: dict[str, Any]) -> None:
    assert wrote_and_left_nothing(wall["work folder"]), wall["work folder"]


def test_trusted_code_may_write_in_the_same_way() -> None:
    told = results((), Wall.NONE)["work folder"]
    assert wrote_and_left_nothing(told), told


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.control])
def test_without_a_wall_it_works(name: str) -> None:
    told = results((), Wall.NONE)[name]
    assert told["worked"], told


def test_this_machine_offers_the_strongest_wall() -> None:
    assert strongest_wall() == (Wall.NAMESPACES, "")


# From behind a wall the grader itself is attacked: a class with attackers in it, wherever it is graded -----


def class_behind(prefix: tuple[str, ...], wall: Wall, how: str) -> dict[str, Any]:
    command = [sys.executable, "-m", *prefix, "tests.workshop.grading.hostile_class", wall.value, how]
    run = subprocess.run(command, capture_output=True, text=True, timeout=3_000)
    assert run.returncode == 0, run.stderr[-3000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@cache
def quiet_class() -> dict[str, Any]:
    return class_behind((), Wall.NAMESPACES, "quiet")


def without_place(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what depends on where and when it was made."""
    return {key: record[key] for key in record if key not in ("seconds", "wall", "conditions", "busy")}


@pytest.mark.slow
@pytest.mark.parametrize("where", [*BEHIND, "a cluster"])
def test_a_class_with_attackers_is_graded_as_a_quiet_one(where: str) -> None:
    prefix, wall, possible = BEHIND.get(where, ([], Wall.NAMESPACES, AS_ROOT))
    if not possible or (wall is Wall.LANDLOCK and not landlock_version()):
        pytest.fail("This wall is tested by root only, where the kernel has it: as the gate does.")
    told = class_behind(tuple(prefix), wall, "cluster" if where == "a cluster" else "here")
    assert {record["wall"] for record in told.values()} == {wall.value}
    for name, record in quiet_class().items():
        assert without_place(told[name]) == without_place(record)
    hostile = [record for name, record in told.items() if name.startswith("hostile")]
    assert len(hostile) == len(attacks())
    assert all(record["seconds"] <= Patience().submission for record in hostile)
    assert not [record["reason"] for record in told.values() if "fault of the grader" in record["reason"]]
