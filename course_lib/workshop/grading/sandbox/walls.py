"""The walls around a student's code: what it can see, do and use up.

Two kinds of wall are known. *Namespaces* are the stronger: a process of its own tree of files, its own
process numbers, no network. *Landlock* is for machines that refuse namespaces to ordinary users. Both come
with a system-call filter and resource limits. Where neither exists, nothing is run.
"""

import errno
import os
import platform
import signal
import sys
import sysconfig
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from course_lib.workshop.grading.sandbox import linux_calls

WORK_FOLDER = "/home/student"
FIRST_SLOT_UID = 1_000_000
SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


class Wall(StrEnum):
    """What stands between a student's code and the machine."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    NONE = "none"


@dataclass(frozen=True)
class Limits:
    """What one submission may use up.

    Attributes
    ----------
    memory : int
        Bytes, on top of what the warm server holds.
    cpu_seconds : int
        Processor seconds of one process, all cells and calls together.
    file_bytes : int
        Size of one file, and of all files together.
    files, processes, descriptors : int
        How many at a time.
    """

    memory: int = 2 * 2**30
    cpu_seconds: int = 300
    file_bytes: int = 64 * 2**20
    files: int = 2_000
    processes: int = 64
    descriptors: int = 128


class NoWallError(RuntimeError):
    """No sandbox is to be had on this machine."""


def visible_paths(packages: list[str]) -> list[str]:
    """Return the folders and files of the interpreter that a student's process needs to see, read-only.

    Parameters
    ----------
    packages : list of str
        Folders of importable packages: the learner's copy of the course and the site-packages.
    """
    standard_library = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    shared = sysconfig.get_config_var("LIBDIR") or ""
    library = sysconfig.get_config_var("INSTSONAME") or ""
    own = [*standard_library, os.path.join(shared, library)]
    candidates = [*SYSTEM_LIBRARIES, *own, *packages]
    found = sorted({path for path in candidates if os.path.exists(path)})
    return [path for path in found if not _inside_another(path, found)]


def _inside_another(path: str, paths: list[str]) -> bool:
    """Tell whether a path lies below another of the paths that is a real folder."""
    return any(path.startswith(other + "/") and not os.path.islink(other) for other in paths)


def enter_namespaces() -> None:
    """Move the calling process into namespaces of its own; its next child is process 1 there.

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    apart = (
        linux_calls.CLONE_NEWNS
        | linux_calls.CLONE_NEWPID
        | linux_calls.CLONE_NEWNET
        | linux_calls.CLONE_NEWIPC
    )
    apart |= linux_calls.CLONE_NEWUTS
    try:
        if os.geteuid() != 0:
            raise PermissionError
        linux_calls.unshare(apart)
    except PermissionError:
        user, group = os.geteuid(), os.getegid()
        linux_calls.unshare(apart | linux_calls.CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    linux_calls.mount("none", "/", "", linux_calls.MS_REC | linux_calls.MS_PRIVATE)


def enter_private_root(visible: list[str], staging: str) -> None:
    """Replace the file tree by one that holds the visible paths only, read-only.

    Parameters
    ----------
    visible : list of str
        Paths that keep their place in the new tree.
    staging : str
        An empty folder to build the new tree on.
    """
    linux_calls.mount(
        "tmpfs", staging, "tmpfs", linux_calls.MS_NOSUID | linux_calls.MS_NODEV, "size=1m,mode=755"
    )
    for path in (*visible, *DEVICES):
        _bind(path, staging + path)
    for folder in (WORK_FOLDER, "/tmp"):
        os.makedirs(staging + folder, exist_ok=True)
    # TensorFlow asks who it is and stops without an answer. These two files are all of /proc there is.
    os.makedirs(staging + "/proc/self")
    os.symlink(os.path.realpath(sys.executable), staging + "/proc/self/exe")
    Path(staging + "/proc/self/cmdline").write_text("python\0notebook\0")
    linux_calls.pivot_root(staging)
    linux_calls.make_read_only("/")
    # For what the server's imports write. Each student's process mounts its own, empty one over it.
    linux_calls.mount(
        "tmpfs", WORK_FOLDER, "tmpfs", linux_calls.MS_NOSUID | linux_calls.MS_NODEV, "size=16m,mode=755"
    )


def _bind(path: str, target: str) -> None:
    """Show a path of the old tree in the new one."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        Path(target).touch()
    linux_calls.mount(path, target, "", linux_calls.MS_BIND | linux_calls.MS_REC)


def set_limits(limits: Limits, own_memory: int) -> None:
    """Bound what this process and its children can use up, for good."""
    import resource  # here, because Windows has none, and everything but the sandbox works there

    address_space = own_memory + limits.memory
    bounds = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_AS: address_space,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_NOFILE: limits.descriptors,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 256,
    }
    for kind, bound in bounds.items():
        resource.setrlimit(kind, (bound, bound))
    # A file that grows too large is an error that a notebook can read about, not the end of it.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def confine(
    wall: Wall,
    slot: int,
    limits: Limits,
    own_memory: int,
    visible: list[str],
    own_folder: str,
    calls: bytes,
) -> None:
    """Close the last doors, in the process that is about to run a student's code.

    Parameters
    ----------
    wall : Wall
        The kind that this machine allows.
    slot : int
        The number of whoever started the server: gives the process a user id of its own.
    limits : Limits
        What it may use up.
    own_memory : int
        Address space that the process holds already, in bytes.
    visible : list of str
        What it may read; the namespaces' private root shows nothing else anyway.
    own_folder : str
        The empty folder that it may write into; in a namespace one of its own is mounted there.
    calls : bytes
        The compiled system-call filter.
    """
    user = _user_of_slot(slot)
    if wall is Wall.NAMESPACES:
        linux_calls.unshare(linux_calls.CLONE_NEWNS | linux_calls.CLONE_NEWIPC)
        options = f"size={limits.file_bytes},nr_inodes={limits.files},mode=700,uid={user}"
        linux_calls.mount("tmpfs", own_folder, "tmpfs", linux_calls.MS_NOSUID | linux_calls.MS_NODEV, options)
    os.chdir(own_folder)
    if wall is Wall.LANDLOCK:
        if user != os.geteuid():
            os.chown(own_folder, user, user)
        # TensorFlow asks who it is and stops without an answer; the private root has one written for it.
        linux_calls.landlock([*visible, *DEVICES, "/proc/self/cmdline"], own_folder)
    if user != os.geteuid():
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    linux_calls.drop_capabilities()
    linux_calls.prctl(linux_calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    linux_calls.prctl(linux_calls.PR_SET_NO_NEW_PRIVS, 1)
    set_limits(limits, own_memory)
    linux_calls.install_filter(calls)


def _user_of_slot(slot: int) -> int:
    """Return the user id that a student's process gets: one that nobody else on this machine has.

    Only root can change to another. In a container whose range of ids ends early, a smaller one is taken;
    in a user namespace of our own there is none but ours.
    """
    if os.geteuid() == 0:
        for user in (FIRST_SLOT_UID + slot, 20_000 + slot % 40_000):
            try:
                os.setresuid(-1, user, 0)
            except OSError:
                continue
            os.setresuid(-1, 0, 0)
            return user
    return os.geteuid()


def strongest_wall() -> tuple[Wall, str]:
    """Try what this machine allows.

    Returns
    -------
    wall : Wall
        The strongest that works here.
    reason : str
        Why it is not a stronger one, in words; empty if it is the strongest.

    Raises
    ------
    NoWallError
        If there is none, with what to do instead.
    """
    if sys.platform != "linux" or platform.machine() not in linux_calls.SYS_PIVOT_ROOT:
        raise NoWallError(
            _refusal(f"{platform.system()} on {platform.machine()} has no sandbox that we know")
        )
    refused = _try_in_child(enter_namespaces)
    if not refused:
        return Wall.NAMESPACES, ""
    reason = f"namespaces are refused here ({refused})"
    if not linux_calls.landlock_version():
        raise NoWallError(_refusal(f"{reason}, and this kernel has no Landlock"))
    if os.geteuid() == 0 and (closed := closed_to_others(visible_paths([sysconfig.get_path("purelib")]))):
        raise NoWallError(
            _refusal(
                f"{reason}, and Python lies in {closed}, which only root may enter; students' code runs as "
                f"another user. Run the command as an ordinary user, or open the folder: chmod o+x {closed}"
            )
        )
    return Wall.LANDLOCK, reason


def closed_to_others(paths: list[str]) -> str:
    """Return the first folder above some paths that other users may not enter, or nothing."""
    above = [str(folder) for path in paths for folder in reversed(Path(os.path.realpath(path)).parents)]
    return next((folder for folder in above if not os.stat(folder).st_mode & 0o001), "")


def _refusal(reason: str) -> str:
    return (
        f"Nothing was run: {reason}. Students' code would run unprotected on this machine's files. "
        "Run the same command in a Linux container, with Docker or Podman: `course container grade ...`, "
        "in WSL, or on any Linux machine. If you wrote every submission yourself, `--trust-code` runs them "
        "without a sandbox and says so in every report."
    )


def _try_in_child(action: object) -> str:
    """Run something in a child process and return the words of the error that it met, or nothing."""
    assert callable(action)
    child = os.fork()
    if child == 0:
        try:
            action()
        except OSError as error:
            os._exit(error.errno or errno.EPERM)
        except BaseException:
            os._exit(errno.EPERM)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return "" if code == 0 else os.strerror(code) if code > 0 else f"stopped by signal {-code}"
