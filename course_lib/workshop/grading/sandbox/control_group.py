"""Bound the memory and the processes of a server and all it starts, where control groups can be had."""

import contextlib
import os
import time
from pathlib import Path

from course_lib.workshop.grading.sandbox.walls import Limits

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
PRESSURE = Path("/proc/pressure/cpu")
PREFIX = "course-grade-"


class ControlGroup:
    """One control group: a folder of version 2, or one folder a controller of version 1.

    Attributes
    ----------
    folders
        The group's folders.
    homes
        For each of them the group that its processes came from.
    """

    def __init__(self, folders: list[Path], homes: list[Path]):
        self.folders = folders
        self.homes = homes

    @staticmethod
    def around(process: int, limits: Limits) -> "ControlGroup | None":
        """Put a running server into a group of its own.

        The bound is what the server holds already plus what one submission may use, so that it holds for
        all of a submission's processes together, with no work at each fork.

        Returns
        -------
        ControlGroup or None
            None where this user may make no groups: the resource limits of each process remain, and the
            grader looks at the memory of all of them.
        """
        name = f"{PREFIX}{os.getpid()}-{process}"
        home = _own_folder_of_version_2()
        groups = [ControlGroup([parent / name], [home]) for parent in _parents_of_version_2(home)]
        version_1 = [ROOT / "memory", ROOT / "pids"]
        groups.append(ControlGroup([parent / name for parent in version_1], version_1))
        for group in groups:
            for folder in group.folders:
                _remove_abandoned(folder.parent)
            try:
                if group._set_up(process, limits):
                    return group
            except OSError:
                group._give_up([process, *descendants(process)])
        return None

    def _set_up(self, process: int, limits: Limits) -> bool:
        """Make the folders, bound them, and move the server in; tell whether both bounds are there."""
        members = [process, *descendants(process)]
        held = sum(map(resident_bytes, members))
        bounds = {
            "memory.max": held + limits.memory,
            "memory.swap.max": 0,
            "memory.limit_in_bytes": held + limits.memory,
            "pids.max": limits.processes + len(members) + 4,
        }
        done = set()
        for folder in self.folders:
            folder.mkdir()
            for name, bound in bounds.items():
                if (folder / name).exists():
                    (folder / name).write_text(str(bound))
                    done.add(name)
        if "pids.max" not in done or not done & {"memory.max", "memory.limit_in_bytes"}:
            self.remove()
            return False
        for folder in self.folders:
            for member in members:
                (folder / "cgroup.procs").write_text(str(member))
        return True

    def _give_up(self, members: list[int]) -> None:
        """Put back who was moved already, and remove the folders."""
        for folder, home in zip(self.folders, self.homes, strict=True):
            if folder.exists():
                for member in members:
                    with contextlib.suppress(OSError):
                        (home / "cgroup.procs").write_text(str(member))
        self.remove()

    def remove(self) -> None:
        """Remove the group; its processes have ended or are about to."""
        for folder in self.folders:
            for _ in range(50):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.02)
                else:
                    break


def _remove_abandoned(parent: Path) -> None:
    """Remove the groups of graders that were killed; one with a process in it cannot be removed."""
    for folder in parent.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _own_folder_of_version_2() -> Path:
    """Return the version-2 folder that this process is in; where there is no such tree, its root."""
    for line in OWN.read_text().splitlines() if OWN.exists() else ():
        if line.startswith("0::"):
            return ROOT / line.removeprefix("0::").strip().lstrip("/")
    return ROOT


def _parents_of_version_2(home: Path) -> list[Path]:
    """Return the folders that can hold a group with both controllers, the nearest first.

    A group with processes in it hands no controllers on (the root aside), so it is mostly one above our own:
    under systemd the slice in which a user's programs run, which belongs to that user.
    """
    found = []
    for folder in (home, *home.parents):
        if not folder.is_relative_to(ROOT):
            break
        handed_on = folder / "cgroup.subtree_control"
        if handed_on.exists() and {"memory", "pids"} <= set(handed_on.read_text().split()):
            found.append(folder)
    return found


def descendants(process: int) -> list[int]:
    """Return the processes that a process started, those that they started too; not what ends meanwhile."""
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(OSError):
                for child in Path(f"/proc/{process}/task/{task}/children").read_text().split():
                    found += [int(child), *descendants(int(child))]
    return found


def resident_bytes(process: int) -> int:
    """Return the memory that a process holds; none where it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def processor_waits() -> float:
    """Return for how many seconds, since some moment, anybody on this machine waited for a processor.

    Where the kernel does not tell, somebody is taken to wait all the time.
    """
    try:
        return int(PRESSURE.read_text().partition("total=")[2].split()[0]) / 1e6
    except (OSError, ValueError, IndexError):
        return time.monotonic()
