"""The project as a whole: what stands in one place stands there once, and nothing private leaks in."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from course_lib.workshop.book.chapters.files import project_files

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DIRECT = [*PYPROJECT["project"]["dependencies"]]
DIRECT += [line for extra in PYPROJECT["project"]["optional-dependencies"].values() for line in extra]


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    """Return the rest of each pinned line of requirements.txt, by package name."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    matches = [re.match(r"([A-Za-z0-9._-]+)==(.*)", line) for line in lines]
    return {normalised(match[1]): match[2] for match in matches if match}


@pytest.mark.parametrize("requirement", sorted(set(DIRECT)))
def test_each_direct_dependency_is_pinned_with_its_reason(requirement: str) -> None:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name
    pin = pins().get(normalised(name[0]))
    assert pin, f"{name[0]} is not pinned in requirements.txt: run `make lock`"
    assert re.search(r"  # .{10,}", pin), f"{name[0]} has no reason beside its pin"


def test_a_learner_installs_four_packages_only() -> None:
    names = {re.split(r"[<>=]", line)[0] for line in PYPROJECT["project"]["dependencies"]}
    assert names == {"numpy", "matplotlib", "ipywidgets", "anywidget"}


def test_the_version_stands_in_one_place() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PYPROJECT["project"]["version"]


def test_the_top_level_holds_what_the_design_names() -> None:
    allowed = {
        "_config.yml", "_toc.yml", "README.md", "chapters", "course_lib", "tests", "requirements.txt",
        "pyproject.toml", "Makefile", "LICENSE", "CITATION.cff", "CHANGELOG.md",
    }  # fmt: skip
    top = {path.relative_to(ROOT).parts[0] for path in project_files(ROOT)}
    assert {name for name in top if not name.startswith(".")} <= allowed


def test_the_readme_draws_the_arrows_that_are_held() -> None:
    """`lint-imports` holds the code to the contracts; this holds the picture to them."""
    drawn = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    layered = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert len(layered) == 3
    for layers in layered:
        chain = " -> ".join(layers).replace("course_lib.workshop.exercises", "workshop/exercises")
        assert chain.replace("course_lib.", "").replace("workshop.", "") in drawn


def test_no_registry_host_or_machine_path_is_committed() -> None:
    hosts = ["registry." + "npmjs.org", "files." + "pythonhosted.org", "deb." + "debian.org"]
    leaks = []
    for path in project_files(ROOT):
        text = path.read_bytes()
        leaks += [f"{path.relative_to(ROOT)}: {host}" for host in hosts if host.encode() in text]
        leaks += [
            f"{path.relative_to(ROOT)}: {match!r}"
            for match in re.findall(rb"[\"' (=]/(?:work|root)/\w+", text)
        ]
    assert leaks == []
