"""The few Linux system calls that Python's standard library does not offer."""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

# Numbers of system calls that glibc has no wrapper for; these are the same on x86-64 and on ARM64.
SYS_MOUNT_SETATTR = 442
SYS_LANDLOCK_CREATE_RULESET = 444
SYS_LANDLOCK_ADD_RULE = 445
SYS_LANDLOCK_RESTRICT_SELF = 446
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
SYS_CAPSET = {"x86_64": 126, "aarch64": 91}

MOUNT_ATTR_RDONLY = 0x1
MOUNT_ATTR_NOSUID = 0x2
AT_RECURSIVE = 0x8000
AT_FDCWD = -100

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
PR_SET_CHILD_SUBREAPER = 36
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2

LANDLOCK_CREATE_RULESET_VERSION = 1
LANDLOCK_RULE_PATH_BENEATH = 1
LANDLOCK_READ = 0b1101  # execute, read a file, list a folder; writing a file is bit 1
LANDLOCK_EXECUTE_AND_READ_FILE = 0b0101
LANDLOCK_WRITE_FILE = 0b0010
# In a folder of one's own: all of that, and to remove, make, rename and shorten files, folders, pipes, links.
LANDLOCK_OWN_FOLDER = 0b0111_0101_1011_1110
LANDLOCK_SCOPES = 0b11  # abstract sockets and signals stay inside, from version 6 on

_libc: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _syscall(number: int, *arguments: object) -> int:
    return int(_libc.syscall(ctypes.c_long(number), *arguments))


def unshare(flags: int) -> None:
    """Leave the namespaces that the flags name and enter new ones."""
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Enter the namespace behind an open descriptor."""
    _check(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount a file system or bind a folder to a second place."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    _check(result, f"mount {target}")


def unmount(target: str) -> None:
    """Detach what is mounted at a place, now or as soon as it is idle."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"unmount {target}")


def make_read_only(target: str) -> None:
    """Make a mount and all mounts below it read-only, and its set-user-id bits void."""
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    result = _syscall(
        SYS_MOUNT_SETATTR,
        AT_FDCWD,
        target.encode(),
        AT_RECURSIVE,
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    _check(result, f"make {target} read-only")


def pivot_root(new_root: str) -> None:
    """Make a mounted folder the root of this process's file tree and drop the old tree."""
    os.chdir(new_root)
    _check(_syscall(SYS_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    unmount(".")
    os.chdir("/")


def prctl(option: int, value: int) -> None:
    """Change one setting of this process."""
    _check(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def drop_capabilities() -> None:
    """Give up every capability of this process for good."""
    header = struct.pack("Ii", 0x20080522, 0)
    _check(_syscall(SYS_CAPSET[os.uname().machine], header, bytes(24)), "capset")


def install_filter(program: bytes) -> None:
    """Install a compiled system-call filter (classic BPF, 8 bytes an instruction)."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    described = Program(len(program) // 8, program)
    result = _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(described), 0, 0)
    _check(result, "seccomp")


def landlock_version() -> int:
    """Return the version of Landlock that this kernel offers, 0 if none."""
    version = _syscall(SYS_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), LANDLOCK_CREATE_RULESET_VERSION)
    return max(version, 0)


def _landlock_rights(version: int) -> bytes:
    """Return the ruleset that handles everything this version of Landlock can forbid."""
    file_rights = {1: 13, 2: 14}.get(version, 15 if version < 5 else 16)
    handled = struct.pack("Q", (1 << file_rights) - 1)
    if version >= 4:
        handled += struct.pack("Q", 0b11)  # bind and connect TCP
    if version >= 6:
        handled += struct.pack("Q", LANDLOCK_SCOPES)
    return handled


def landlock(readable: Iterable[str], own_folder: str) -> None:
    """Forbid this process, for good, every file except reading below the named ones and one own folder."""
    version = landlock_version()
    if not version:
        raise OSError("This kernel has no Landlock.")
    handled = _landlock_rights(version)
    rules = _check(
        _syscall(SYS_LANDLOCK_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0), "landlock"
    )
    for path in readable:
        _allow(rules, path, _reading_rights(path))
    everything = int.from_bytes(handled[:8], sys.byteorder)
    _allow(rules, own_folder, LANDLOCK_OWN_FOLDER & everything)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    _check(_syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0), "landlock")
    os.close(rules)


def _reading_rights(path: str) -> int:
    rights = LANDLOCK_READ if os.path.isdir(path) else LANDLOCK_EXECUTE_AND_READ_FILE
    return rights | LANDLOCK_WRITE_FILE if path == os.devnull else rights


def _allow(rules: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, descriptor)
        _check(_syscall(SYS_LANDLOCK_ADD_RULE, rules, LANDLOCK_RULE_PATH_BENEATH, rule, 0), "landlock")
    finally:
        os.close(descriptor)
