"""What a hostile notebook may try, each with a way to see from outside whether it worked.

`python -m tests.workshop.grading.attacks WALL` runs all of them behind one kind of wall and prints what
happened as JSON; the tests run it as root, as an ordinary user, and without any wall as the control.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from course_lib.workshop.grading.sandbox.client import WarmServer
from course_lib.workshop.grading.sandbox.walls import Limits, Wall
from course_lib.workshop.grading.scoring.session import Patience, Ran, Session

LIMITS = Limits(memory=300 * 2**20, cpu_seconds=20)
PATIENCE = Patience(cells=4, case=3, question=6)
LONG = Patience(cells=60, case=3, question=6)  # a control ends by itself, on a busy machine too


class Stage:
    """Things to steal, to harm and to reach, made for one attack."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.word = secrets.token_hex(8)
        self.secret = folder / "secret.txt"
        self.secret.write_text(self.word)
        self.target = folder / "written.txt"
        self.victim = subprocess.Popen(["sleep", "600"], start_new_session=True)
        self.reached = threading.Event()
        self.tcp = self._listen(socket.AF_INET, ("127.0.0.1", 0))
        self.unix_path = str(folder / "socket")
        self.unix = self._listen(socket.AF_UNIX, self.unix_path)
        os.chmod(self.unix_path, 0o777)
        self.abstract = self._listen(socket.AF_UNIX, f"\0{self.word}")
        folder.chmod(0o777)

    def _listen(self, family: int, address: object) -> socket.socket:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.bind(address)
        listener.listen()

        def accept() -> None:
            try:
                listener.accept()
            except OSError:
                return
            self.reached.set()

        threading.Thread(target=accept, daemon=True).start()
        return listener

    def names(self) -> dict[str, object]:
        return {
            "secret": self.secret,
            "target": self.target,
            "folder": self.folder,
            "victim": self.victim.pid,
            "port": self.tcp.getsockname()[1],
            "unix": self.unix_path,
            "word": self.word,
            "grader": os.getpid(),
        }

    def close(self) -> None:
        for listener in (self.tcp, self.unix, self.abstract):
            listener.close()
        self.victim.kill()
        self.victim.wait()


@dataclass(frozen=True)
class Attack:
    """A notebook's cell and how to see that it worked."""

    code: str
    worked: Callable[[Stage, Ran], bool]
    control: bool = True  # whether it may be run without a wall, to show that it works there
    survives: bool = True  # whether the question that is asked afterwards should still be answered
    cleanup: Callable[[Stage], None] = field(default=lambda stage: None)


def printed(word: str) -> Callable[[Stage, Ran], bool]:
    return lambda stage, ran: word in ran.printed


def printed_secret(stage: Stage, ran: Ran) -> bool:
    return stage.word in ran.printed


def was_written(stage: Stage, ran: Ran) -> bool:
    return stage.target.exists() or stage.secret.read_text() != stage.word


def was_reached(stage: Stage, ran: Ran) -> bool:
    return stage.reached.wait(0.2)


def victim_died(stage: Stage, ran: Ran) -> bool:
    time.sleep(0.1)
    return stage.victim.poll() is not None


def marked_processes(stage: Stage) -> list[int]:
    """Return the processes whose name is the stage's word."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                title = Path(f"/proc/{name}/comm").read_text().strip()
            except OSError:
                continue
            if title == stage.word[:15]:
                found.append(int(name))
    return found


def left_running(stage: Stage, ran: Ran) -> bool:
    time.sleep(0.2)
    return bool(marked_processes(stage))


def kill_marked(stage: Stage) -> None:
    for process in marked_processes(stage):
        os.kill(process, signal.SIGKILL)


NAME_ME = """
import ctypes
ctypes.CDLL(None).prctl(15, b"$word"[:15])
"""
SYSTEM_CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if {call} >= 0:
    print("GRANTED")
"""

ATTACKS = {
    # reading
    "read a file": Attack('print(open("$secret").read())', printed_secret),
    "list a folder": Attack(
        'import os\nprint("FOUND" if "secret.txt" in os.listdir("$folder") else "")', printed("FOUND")
    ),
    "read through a symlink": Attack(
        'import os, tempfile\np = tempfile.gettempdir() + "/link$word"\n'
        'os.symlink("$secret", p)\nprint(open(p).read())',
        printed_secret,
    ),
    "read through a hard link": Attack(
        'import os\np = "$folder/hard"\nos.link("$secret", p)\nprint(open(p).read())', printed_secret
    ),
    "read the grader's environment": Attack(
        'print("FOUND" if "COURSE_TEST_SECRET" in open("/proc/$grader/environ").read() else "")',
        printed("FOUND"),
    ),
    "read the grader's memory": Attack(
        'open("/proc/$grader/mem", "rb"); print("OPENED")', printed("OPENED"), control=os.geteuid() == 0
    ),
    "import the definitions": Attack(
        'import sys\nsys.path.insert(0, "$clone")\n'
        'for n in [n for n in sys.modules if n.startswith("course")]:\n'
        "    del sys.modules[n]\nimport course_lib.workshop.exercises.definitions.perceptron as d\n"
        'print("FOUND", d.__file__)',
        printed("FOUND"),
    ),
    "read another process's memory": Attack(
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        'if libc.ptrace(16, $victim, 0, 0) == 0:\n    print("ATTACHED"); libc.ptrace(17, $victim, 0, 0)',
        printed("ATTACHED"),
        control=os.geteuid() == 0,
    ),
    # writing
    "write a file": Attack('open("$target", "w").write("x")', was_written),
    "overwrite a file": Attack('open("$secret", "w").write("x")', was_written),
    "write into the packages": Attack(
        "import numpy, os\np = os.path.dirname(numpy.__file__) + '/$word'\n"
        "open(p, 'w'); print('WROTE'); os.unlink(p)",
        printed("WROTE"),
        control=os.geteuid() == 0,
    ),
    "write to the learner's package": Attack(
        "import course_lib, os\nopen(os.path.dirname(course_lib.__file__) + '/evil.py', 'w'); print('WROTE')",
        printed("WROTE"),
    ),
    "delete a file": Attack('import os\nos.unlink("$secret")', lambda s, r: not s.secret.exists()),
    "remount": Attack(
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        'if libc.mount(b"tmpfs", b"$folder", b"tmpfs", 0, None) == 0:\n'
        '    print("MOUNTED"); libc.umount2(b"$folder", 2)',
        printed("MOUNTED"),
        control=os.geteuid() == 0,
    ),
    # network and other processes' doors
    "connect by TCP": Attack(
        'import socket\nsocket.create_connection(("127.0.0.1", $port), timeout=2)', was_reached
    ),
    "connect to a socket in the file system": Attack(
        'import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect("$unix")', was_reached
    ),
    "connect to an abstract socket": Attack(
        'import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect("\\x00$word")', was_reached
    ),
    "open a raw socket": Attack(
        'import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW); print("OPEN")', printed("OPEN")
    ),
    "use an inherited descriptor": Attack(
        "import os, socket\n"
        "for n in range(5, 200):\n"
        "    try:\n"
        "        os.fstat(n)\n"
        "    except OSError:\n"
        "        continue\n"
        "    print('INHERITED', n)",
        printed("INHERITED"),
        control=False,  # the trusted mode closes them too
    ),
    # processes
    "kill a process": Attack("import os\nos.kill($victim, 9)", victim_died),
    "kill a process by another call": Attack(
        "import ctypes\nctypes.CDLL(None).syscall(200, $victim, 9)",
        victim_died,  # tkill
    ),
    "kill every process": Attack(
        "import os\nfor target in (0, -1, *range(2, 70000)):\n"
        "    try:\n        os.kill(target, 9)\n    except OSError:\n        pass",
        victim_died,
        control=False,  # it would end the machine's every process
    ),
    "take another's resources away": Attack(
        'import resource\nresource.prlimit($victim, resource.RLIMIT_NOFILE, (3, 3)); print("TOOK")',
        printed("TOOK"),
    ),
    "leave a daemon": Attack(
        NAME_ME.replace(
            "\nctypes.CDLL",
            "\nimport os, time\nif os.fork() == 0:\n    os.setsid()\n"
            "    if os.fork():\n        os._exit(0)\n    ctypes.CDLL",
        ).rstrip()
        + "\n    time.sleep(60)\n    os._exit(0)",
        left_running,
        cleanup=kill_marked,
    ),
    "leave a stopped child": Attack(
        NAME_ME.replace("\nctypes.CDLL", "\nimport os, signal\nif os.fork() == 0:\n    ctypes.CDLL").rstrip()
        + "\n    os.kill(os.getpid(), signal.SIGSTOP)\n    import time; time.sleep(60)\n    os._exit(0)",
        left_running,
        cleanup=kill_marked,
    ),
    "start a program": Attack(
        'import subprocess\nprint(subprocess.run(["/bin/cat", "$secret"], capture_output=True).stdout)',
        printed_secret,
    ),
    "start a shell": Attack('import os\nos.system("echo x > $target")', was_written),
    "fork many": Attack(
        "import os, time, signal\nchildren = []\n"
        "try:\n"
        "    for _ in range(150):\n"
        "        child = os.fork()\n"
        "        if child == 0:\n            time.sleep(30); os._exit(0)\n"
        "        children.append(child)\n"
        "    print('MANY')\n"
        "finally:\n"
        "    for child in children: os.kill(child, signal.SIGKILL)",
        printed("MANY"),
    ),
    "fork bomb": Attack(
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        left_running,
        control=False,
        survives=False,
    ),
    # resources
    "take much memory": Attack(
        "import numpy as np\nx = np.zeros(3_000_000_000 // 8); print('TOOK')", printed("TOOK")
    ),
    "take much memory in many processes": Attack(
        "import os, numpy as np, time, signal\nchildren = []\n"
        "for _ in range(4):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        x = np.ones(200_000_000 // 8); time.sleep(1); os._exit(7)\n"
        "    children.append(child)\n"
        "ends = [os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children]\n"
        "print('TOOK' if ends == [7] * 4 else ends)",
        printed("TOOK"),
        survives=False,
    ),
    "write much": Attack(
        "import tempfile, os\np = tempfile.gettempdir() + '/$word'\n"
        "with open(p, 'wb') as f:\n    for _ in range(150): f.write(bytes(2**20))\n"
        "print('WROTE' if os.path.getsize(p) > 100 * 2**20 else ''); os.unlink(p)",
        printed("WROTE"),
    ),
    # Where no mount bounds the folder, somebody looks at it several times a second: so there are pauses.
    "write much into many files": Attack(
        "import tempfile, time\nd = tempfile.mkdtemp()\n"
        "for n in range(25):\n"
        "    with open(f'{d}/{n}', 'wb') as f: f.write(bytes(2**22))\n"
        "    time.sleep(0.04)\n"
        "print('WROTE')\nimport shutil; shutil.rmtree(d)",
        printed("WROTE"),
    ),
    "write much into files without a name": Attack(
        "import tempfile, time\nfiles = []\n"
        "for n in range(25):\n"
        "    files.append(tempfile.TemporaryFile()); files[-1].write(bytes(2**22)); files[-1].flush()\n"
        "    time.sleep(0.04)\n"
        "print('WROTE')",
        printed("WROTE"),
    ),
    "write much where nobody may look": Attack(
        "import ctypes, os, tempfile, time\nctypes.CDLL(None).prctl(4, 0)\nd = tempfile.mkdtemp()\n"
        "os.chmod(d, 0o300)\n"
        "for n in range(25):\n"
        "    f = open(f'{d}/{n}', 'wb'); f.write(bytes(2**22)); f.close()\n"
        "    time.sleep(0.04)\n"
        "print('WROTE')\nos.chmod(d, 0o700); import shutil; shutil.rmtree(d)",
        printed("WROTE"),
    ),
    "write many files": Attack(
        "import tempfile, os, time\nd = tempfile.mkdtemp()\n"
        "for n in range(5000):\n"
        "    open(f'{d}/{n}', 'w').close()\n"
        "    n % 1000 or time.sleep(0.2)\n"
        "print('WROTE')\nimport shutil; shutil.rmtree(d)",
        printed("WROTE"),
    ),
    "open many descriptors": Attack(
        "import os\nd = [os.open('/dev/null', os.O_RDONLY) for _ in range(400)]\nprint('OPENED')\n"
        "[os.close(n) for n in d]",
        printed("OPENED"),
    ),
    "hide memory in a file that has no name": Attack(
        "import os\nf = os.memfd_create('x')\nos.write(f, bytes(2**20))\nprint('HID')", printed("HID")
    ),
    # privileges, one system call each
    "new namespaces": Attack(
        SYSTEM_CALL.format(call="libc.unshare(0x10000000)"), printed("GRANTED"), survives=True
    ),
    "become root": Attack(
        "import os\nos.setuid(0); print('ROOT')", printed("ROOT"), control=os.geteuid() == 0
    ),
    "new root": Attack(
        SYSTEM_CALL.format(call='libc.chroot(b"/")'), printed("GRANTED"), control=os.geteuid() == 0
    ),
    "load a kernel program": Attack(
        SYSTEM_CALL.format(call="libc.syscall(321, 5, bytes(128), 128)")  # bpf
        .replace(
            "bytes(128)",
            "ctypes.create_string_buffer(b'\\x02\\0\\0\\0\\x04\\0\\0\\0\\x08\\0\\0\\0\\x01', 128)",
        )
        .replace("(321, 5", "(321, 0"),
        printed("GRANTED"),
        control=os.geteuid() == 0,
    ),
    "a ring of system calls": Attack(
        SYSTEM_CALL.format(call="libc.syscall(425, 4, ctypes.create_string_buffer(200))"),  # io_uring_setup
        printed("GRANTED"),
    ),
    "keys of the kernel": Attack(
        SYSTEM_CALL.format(call='libc.syscall(248, b"user", b"$word", b"x", 1, -4)'),  # add_key, user keyring
        printed("GRANTED"),
    ),
    "handles of files": Attack(
        SYSTEM_CALL.format(
            call='libc.syscall(303, -100, b"/", (ctypes.c_int * 40)(128), ctypes.byref(ctypes.c_int()), 0)'
        ),
        printed("GRANTED"),
    ),
    "catch page faults": Attack(
        SYSTEM_CALL.format(call="libc.syscall(323, 1)"), printed("GRANTED"), control=os.geteuid() == 0
    ),
    "a handle of a process": Attack(
        SYSTEM_CALL.format(call="libc.syscall(434, $victim, 0)"), printed("GRANTED")
    ),
}


def run_attack(name: str, server: WarmServer) -> dict[str, object]:
    """Run one attack and tell whether it worked and whether an honest answer still counts."""
    from tests.workshop.grading.questions import double_question

    attack = ATTACKS[name]
    clone = str(Path(__file__).resolve().parents[3])
    with tempfile.TemporaryDirectory(dir=os.environ.get("COURSE_TEST_FOLDER")) as folder:
        stage = Stage(Path(folder))
        try:
            code = Template(attack.code).substitute(stage.names(), clone=clone)
            # As one statement: what stands below a failed statement runs all the same, and an attack that was
            # refused would then say that it worked.
            cells = ["def double(x):\n    return 2 * x", f"exec({code!r})"]
            patience = LONG if server.wall is Wall.NONE else PATIENCE
            ran = Session(server, cells, [double_question()], patience).run()
            worked = attack.worked(stage, ran)
            answered = len(ran.answers["test.double"].hidden) == 3
            left = marked_processes(stage)
            return {
                "worked": worked,
                "answered": answered,
                "left": len(left),
                "printed": ran.printed,
                "troubles": ran.troubles,
                "broken": list(ran.broken_cells.values()),
            }
        finally:
            attack.cleanup(stage)
            stage.close()


WRITES = """
import os, pathlib, tempfile
pathlib.Path("notes.txt").write_text("kept")
os.makedirs("a/b")
os.rename("notes.txt", "a/b/notes.txt")
os.symlink("a/b/notes.txt", "link")
with open("link", "r+") as file:
    file.truncate(4)
with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile(dir=folder) as file:
    file.write(b"x")
os.mkfifo("pipe")
with open(os.path.expanduser("~/home"), "w") as file:
    file.write("x")
print(open("link").read(), sorted(os.listdir(".")), os.path.samefile(tempfile.gettempdir(), "."))
"""
# Leaves what is hard to remove, and a process that goes on with it.
LEAVES = """
import os, time
for name in ("closed/inner", "open"):
    os.makedirs(name)
open("closed/inner/file", "w").close()
os.chmod("closed/inner", 0)
os.chmod("closed", 0)
top = os.open(".", os.O_RDONLY)
for _ in range(1500):
    os.mkdir("deep" * 20)
    os.chdir("deep" * 20)
os.fchdir(top)
"""
GOES_ON = """
if os.fork() == 0:
    os.setsid()
    while True:
        time.sleep(0.01)
        try:
            open(f"open/{time.time()}", "w").close()
        except OSError:
            pass
"""


def use_work_folder(server: WarmServer) -> list[str]:
    """Write into the work folder, leave things in it, and tell what was printed and found afterwards."""
    from tests.workshop.grading.questions import double_question

    leaves = LEAVES if server.wall is Wall.NONE else LEAVES + GOES_ON
    patience = LONG if server.wall is Wall.NONE else PATIENCE
    cells = (WRITES, leaves, "import os; print(os.listdir('.'))")
    return [Session(server, [code], [double_question()], patience).run().printed for code in cells]


def main() -> None:
    """Run all attacks behind the wall named on the command line."""
    wall = Wall(sys.argv[1])
    results: dict[str, object] = {}
    with WarmServer(wall, limits=LIMITS) as server:
        results["work folder"] = use_work_folder(server)
        for name, attack in ATTACKS.items():
            if wall is not Wall.NONE or attack.control:
                results[name] = run_attack(name, server)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
