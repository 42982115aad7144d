"""Control groups of both versions, on a copy of the kernel's file tree that behaves as the kernel says."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.workshop.grading.sandbox import control_group
from course_lib.workshop.grading.sandbox.control_group import (
    PREFIX,
    ControlGroup,
    descendants,
    resident_bytes,
)
from course_lib.workshop.grading.sandbox.walls import Limits

LIMITS = Limits(memory=123 * 2**20, processes=7)
FILES = {"memory": ("memory.max", "memory.swap.max"), "pids": ("pids.max",), "cpu": ("cpu.max",)}
OLD_FILES = {"memory": ("memory.limit_in_bytes",), "pids": ("pids.max",)}


class Kernel:
    """A folder that stands for /sys/fs/cgroup, and what the kernel does when somebody works in it."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch):
        self.root = root / "cgroup"
        self.root.mkdir()
        self.own = root / "own"
        self.closed: set[Path] = set()  # to this user
        self.member: dict[str, Path] = {}
        self.log: list[str] = []
        make, remove, write = Path.mkdir, Path.rmdir, Path.write_text

        def mkdir(path: Path, *arguments: object, **options: object) -> None:
            if path.parent in self.closed:
                raise PermissionError(13, "closed", str(path))
            make(path, *arguments, **options)  # type: ignore[arg-type]
            if path.is_relative_to(self.root):
                for name in self.files_of(path):
                    write(path / name, "")

        def rmdir(path: Path) -> None:
            if path in self.member.values():
                raise OSError(16, "busy", str(path))
            shutil.rmtree(path) if path.is_relative_to(self.root) else remove(path)

        def write_text(path: Path, text: str, *more: object) -> int:
            if path.is_relative_to(self.root):
                self.log.append(f"{path.relative_to(self.root).as_posix()} = {text}")
                if not path.exists():
                    raise FileNotFoundError(2, "no such control file", str(path))
                if path.name == "cgroup.procs":
                    self.move(text, path.parent)
            return write(path, text)

        patch.setattr(Path, "mkdir", mkdir)
        patch.setattr(Path, "rmdir", rmdir)
        patch.setattr(Path, "write_text", write_text)
        patch.setattr(control_group, "ROOT", self.root)
        patch.setattr(control_group, "OWN", self.own)

    def files_of(self, path: Path) -> list[str]:
        if (self.root / "memory" / "cgroup.procs").exists():  # version 1
            kind = path.relative_to(self.root).parts[0]
            return ["cgroup.procs", *OLD_FILES[kind]]
        handed_on = (path.parent / "cgroup.subtree_control").read_text().split()
        own = [file for name in handed_on for file in FILES[name]]
        return ["cgroup.procs", "cgroup.subtree_control", *own]

    def move(self, process: str, group: Path) -> None:
        """Move a process, if this user may write to both groups' common ancestor and the group is a leaf."""
        control = group / "cgroup.subtree_control"
        if control.exists() and control.read_text().strip() and group != self.root:
            raise OSError(16, "a group that hands controllers on holds no processes")
        before = self.member.get(process)
        if before is not None and Path(os.path.commonpath([before, group])) in self.closed:
            raise PermissionError(13, "closed")
        self.member[process] = group

    def group(self, path: str, handed_on: str = "", closed: bool = False) -> Path:
        folder = self.root / path
        os.makedirs(folder, exist_ok=True)
        with open(folder / "cgroup.procs", "w"), open(folder / "cgroup.subtree_control", "w") as control:
            control.write(handed_on)
        if closed:
            self.closed.add(folder)
        return folder


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    return Kernel(tmp_path, monkeypatch)


@pytest.fixture
def server() -> Iterator[int]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


def desktop(kernel: Kernel, process: int, **slice_options: bool) -> tuple[Path, Path]:
    """Lay out what systemd does for a user: root's slices, and below them one that is the user's own."""
    kernel.group("", "cpu memory pids", closed=True)
    kernel.group("user.slice", "cpu memory pids", closed=True)
    mine = kernel.group("user.slice/app.slice", "memory pids", **slice_options)
    home = kernel.group("user.slice/app.slice/terminal.scope")
    kernel.own.write_text("1:name=systemd:/\n0::/user.slice/app.slice/terminal.scope\n")
    kernel.member[str(process)] = home
    return mine, home


def test_a_users_own_slice_holds_the_group(kernel: Kernel, server: int) -> None:
    mine, _ = desktop(kernel, server)
    held = resident_bytes(server)
    group = ControlGroup.around(server, LIMITS)
    assert group is not None
    (folder,) = group.folders
    assert folder.parent == mine
    assert kernel.member[str(server)] == folder
    assert abs(int((folder / "memory.max").read_text()) - LIMITS.memory - held) < 2**21
    assert (folder / "memory.swap.max").read_text() == "0"
    assert int((folder / "pids.max").read_text()) == LIMITS.processes + 1 + 4
    kernel.member.clear()  # the server ends
    group.remove()
    assert not folder.exists()


def test_the_server_is_bounded_before_it_is_moved(kernel: Kernel, server: int) -> None:
    desktop(kernel, server)
    ControlGroup.around(server, LIMITS)
    words = [line.partition(" = ")[0].rpartition("/")[2] for line in kernel.log]
    assert words == ["memory.max", "memory.swap.max", "pids.max", "cgroup.procs"]


def test_a_session_whose_slices_are_roots_has_none(kernel: Kernel, server: int) -> None:
    _, home = desktop(kernel, server, closed=True)
    assert ControlGroup.around(server, LIMITS) is None
    assert kernel.member[str(server)] == home
    assert not list(kernel.root.rglob(f"{PREFIX}*"))
    assert not kernel.log


def test_a_server_that_may_not_be_moved_stays_where_it_was(kernel: Kernel, server: int) -> None:
    """A shell from SSH lies in a scope of root's: a group can be made beside it, and nobody moved there."""
    desktop(kernel, server)
    elsewhere = kernel.group("user.slice/session.scope")
    kernel.member[str(server)] = elsewhere
    assert ControlGroup.around(server, LIMITS) is None
    assert kernel.member[str(server)] == elsewhere
    assert not list(kernel.root.rglob(f"{PREFIX}*"))


def test_a_tree_without_the_controllers_has_none(kernel: Kernel, server: int) -> None:
    kernel.group("", "cpu memory")
    home = kernel.group("me")
    kernel.own.write_text("0::/me\n")
    kernel.member[str(server)] = home
    assert ControlGroup.around(server, LIMITS) is None
    assert kernel.member[str(server)] == home


def test_in_a_container_the_root_may_do(kernel: Kernel, server: int) -> None:
    root = kernel.group("", "cpu memory pids")
    kernel.own.write_text("0::/\n")
    group = ControlGroup.around(server, LIMITS)
    assert group is not None
    assert group.folders[0].parent == root


def test_groups_of_the_first_version(kernel: Kernel, server: int) -> None:
    for name in ("memory", "pids"):
        kernel.group(name)
        (kernel.root / name / "cgroup.subtree_control").unlink()
    kernel.own.write_text("3:memory:/\n2:pids:/\n")
    group = ControlGroup.around(server, LIMITS)
    assert group is not None
    assert [folder.parent.name for folder in group.folders] == ["memory", "pids"]
    assert int((group.folders[0] / "memory.limit_in_bytes").read_text()) > LIMITS.memory


def test_what_a_killed_grader_left_is_removed(kernel: Kernel, server: int) -> None:
    mine, _ = desktop(kernel, server)
    with subprocess.Popen(["true"]) as ended:
        pass
    left = mine / f"{PREFIX}{ended.pid}-1"
    left.mkdir()
    others = mine / f"{PREFIX}{os.getpid()}-1"
    others.mkdir()
    ControlGroup.around(server, LIMITS)
    assert not left.exists()
    assert others.exists()


def test_a_machine_without_any_has_none(kernel: Kernel, server: int) -> None:
    assert ControlGroup.around(server, LIMITS) is None


def test_processes_may_end_while_they_are_looked_at() -> None:
    churn = "import os\nwhile True:\n    if os.fork() == 0:\n        os._exit(0)\n    os.wait()\n"
    with subprocess.Popen([sys.executable, "-c", churn]) as parent:
        try:
            seen = [(one, resident_bytes(one)) for _ in range(3000) for one in descendants(parent.pid)]
            assert resident_bytes(parent.pid) > 0
        finally:
            parent.kill()
    assert seen
    assert descendants(parent.pid) == []
    assert resident_bytes(parent.pid) == 0
