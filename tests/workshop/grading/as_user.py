"""Run a Python module as an ordinary user, so that root can test what an instructor without root gets.

`python -m tests.workshop.grading.as_user [--refuse-namespaces] MODULE ARGUMENTS...`. A Python that lives in
root's own folder is shown to that user too, in a file tree that only this process sees.
"""

import os
import runpy
import sys
import tempfile

from course_lib.workshop.grading.sandbox import linux_calls

NOBODY = 65534


def show_python() -> None:
    """Make the interpreter readable where it lies below a closed folder."""
    closed = [path for path in _ancestors(sys.base_prefix) if not os.stat(path).st_mode & 0o001]
    if not closed:
        return
    linux_calls.unshare(linux_calls.CLONE_NEWNS)
    linux_calls.mount("none", "/", "", linux_calls.MS_REC | linux_calls.MS_PRIVATE)
    with tempfile.TemporaryDirectory() as folder:
        linux_calls.mount(sys.base_prefix, folder, "", linux_calls.MS_BIND | linux_calls.MS_REC)
        linux_calls.mount("tmpfs", closed[0], "tmpfs", 0, "mode=755")
        os.makedirs(sys.base_prefix)
        linux_calls.mount(folder, sys.base_prefix, "", linux_calls.MS_BIND | linux_calls.MS_REC)
        linux_calls.unmount(folder)


def _ancestors(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]


def become_user() -> None:
    """Give up root for good."""
    if os.geteuid() == 0:
        show_python()
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        linux_calls.prctl(4, 1)  # dumpable again, as a process is that never was root


def refuse_namespaces() -> None:
    """Refuse namespaces to this process, as some systems refuse them to all ordinary users."""
    import errno

    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "unshare")
    rules.load()


def main() -> None:
    become_user()
    arguments = sys.argv[1:]
    if arguments[0] == "--refuse-namespaces":
        refuse_namespaces()
        arguments = arguments[1:]
    sys.argv = arguments
    os.environ["HOME"] = "/nonexistent"
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
