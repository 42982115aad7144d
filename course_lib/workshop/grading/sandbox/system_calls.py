"""The filter that says which system calls a student's process may make."""

import errno
import socket
import tempfile

import pyseccomp  # type: ignore[import-untyped]

# Everything by which a process could look at others, change the machine, reach the network, start a
# program, or keep memory that no limit counts. Each returns "not permitted"; nothing is killed.
DENIED = tuple(
    """
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp
    pidfd_open pidfd_getfd pidfd_send_signal
    mount umount2 move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr pivot_root chroot
    unshare setns
    execve execveat
    bpf perf_event_open userfaultfd keyctl add_key request_key
    io_uring_setup io_uring_enter io_uring_register io_setup io_submit io_destroy
    init_module finit_module delete_module kexec_load kexec_file_load reboot
    swapon swapoff syslog acct quotactl quotactl_fd nfsservctl
    settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname
    open_by_handle_at name_to_handle_at fanotify_init lookup_dcookie
    personality modify_ldt iopl ioperm vhangup
    socket connect bind listen accept accept4
    memfd_create memfd_secret shmget shmat semget msgget mq_open
    setpriority ioprio_set sched_setaffinity sched_setscheduler sched_setparam sched_setattr
    migrate_pages move_pages mbind set_mempolicy landlock_create_ruleset seccomp
""".split()  # noqa: SIM905 - a list of 90 quoted names reads worse
)
PR_SET_DUMPABLE = 4
REFUSE = pyseccomp.ERRNO(errno.EPERM)
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
# Younger than some installed libseccomp; from 424 on, every machine uses the same numbers.
YOUNG = {"quotactl_fd": 443, "memfd_secret": 447, "process_mrelease": 448}


def compiled_filter(signals_allowed: bool) -> bytes:
    """Compile the filter once; a process installs the bytes in microseconds.

    Parameters
    ----------
    signals_allowed : bool
        Whether the process may send signals: only where a namespace hides all processes but its own.

    Returns
    -------
    bytes
        Classic BPF, 8 bytes an instruction.
    """
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in DENIED if signals_allowed else (*DENIED, *SIGNALS):
        rules.add_rule(REFUSE, _number(name))
    rules.add_rule(REFUSE, "socketpair", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    rules.add_rule(REFUSE, "prlimit64", pyseccomp.Arg(0, pyseccomp.NE, 0))  # 0: one's own limits
    rules.add_rule(REFUSE, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, PR_SET_DUMPABLE))  # hides open files
    for flag in NEW_NAMESPACES:
        rules.add_rule(REFUSE, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    # clone3 hides its flags from a filter; glibc falls back to clone when told that it does not exist.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _number(name: str) -> int:
    """Return a system call's number; a call that this machine does not have gets a number below zero."""
    try:
        return int(pyseccomp.resolve_syscall(pyseccomp.system_arch(), name))
    except ValueError:
        return YOUNG[name]
