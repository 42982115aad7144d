"""Bound the memory and the processes of a server and all it starts, where control groups can be had."""

import contextlib
import os
import time
from pathlib import Path

from course_lib.grading.sandbox import Limits

ROOT = Path("/sys/fs/cgroup")
PREFIX = "course-grade-"


class ControlGroup:
    """One control group: a folder of version 2, or one folder a controller of version 1."""

    def __init__(self, folders: list[Path]):
        self.folders = folders

    @staticmethod
    def around(process: int, limits: Limits) -> "ControlGroup | None":
        """Put a running server into a group of its own.

        The bound is what the server holds already plus what one submission may use, so that it holds for
        all of a submission's processes together, with no work at each fork.

        Returns
        -------
        ControlGroup or None
            None where this user may make no groups: the resource limits of each process remain.
        """
        name = f"{PREFIX}{os.getpid()}-{process}"
        two = _own_folder_of_version_2()
        for parent in (two, ROOT / "memory", ROOT / "pids"):
            _remove_abandoned(parent)
        version_2 = [two / name] if two else []
        version_1 = [ROOT / "memory" / name, ROOT / "pids" / name]
        for folders in (version_2, version_1):
            group = ControlGroup(folders)
            try:
                if folders and group._set_up(process, limits):
                    return group
            except OSError:
                group.remove()
        return None

    def _set_up(self, process: int, limits: Limits) -> bool:
        members = [process, *descendants(process)]
        for folder in self.folders:
            folder.mkdir()
            for member in members:
                (folder / "cgroup.procs").write_text(str(member))
        held = sum(map(resident_bytes, members))
        bounds = {
            "memory.max": held + limits.memory,
            "memory.swap.max": 0,
            "memory.limit_in_bytes": held + limits.memory,
            "pids.max": limits.processes + len(members) + 4,
        }
        done = set()
        for folder in self.folders:
            for name, bound in bounds.items():
                if (folder / name).exists():
                    (folder / name).write_text(str(bound))
                    done.add(name)
        if "pids.max" in done and done & {"memory.max", "memory.limit_in_bytes"}:
            return True
        self._move_out(members)
        self.remove()
        return False

    def _move_out(self, members: list[int]) -> None:
        for folder in self.folders:
            for member in members:
                with contextlib.suppress(OSError):
                    (folder.parent / "cgroup.procs").write_text(str(member))

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


def _remove_abandoned(parent: Path | None) -> None:
    """Remove the groups of graders that were killed; one with a process in it cannot be removed."""
    for folder in parent.glob(f"{PREFIX}*") if parent else ():
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _own_folder_of_version_2() -> Path | None:
    """Return the version-2 folder that this process is in, if it can hold groups with controllers."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            folder = ROOT / line.removeprefix("0::").strip().lstrip("/")
            control = folder / "cgroup.subtree_control"
            if control.exists() and {"memory", "pids"} <= set(control.read_text().split()):
                return folder
    return None


def descendants(process: int) -> list[int]:
    """Return the processes that a process started, and those that they started."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def resident_bytes(process: int) -> int:
    """Return the memory that a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
