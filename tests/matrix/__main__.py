"""Run one cell of the version matrix: `python -m tests.matrix colab 3.13 [NOTEBOOK ...]`."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.matrix.environments import KINDS, ROOT, Environment, exists
from tests.matrix.standalone import differences, install_course, notebooks, run_alone


def main(arguments: list[str]) -> int:
    """Prove the notebooks alone in one environment; print a line each; return the number that failed."""
    if len(arguments) < 2 or arguments[0] not in KINDS:
        print(f"{__doc__}\nKinds of versions: {', '.join(KINDS)}.", file=sys.stderr)
        return 2
    if not exists(*arguments[:2]):
        print(f"There is no {arguments[0]} cell on Python {arguments[1]}.", file=sys.stderr)
        return 2
    environment = Environment(arguments[0], arguments[1])
    chosen = [Path(name).resolve() for name in arguments[2:]] or notebooks()
    installed = install_course(environment)
    changed = sorted(set(installed.packages_changed) - {"course_lib"})
    print(f"The first cell took {installed.seconds_to_ready:.1f} s and changed {changed or 'nothing else'}.")
    failed = 0
    for number, notebook in enumerate(chosen, start=1):
        try:
            trouble = differences(notebook, run_alone(notebook, environment))
        except Exception as error:
            trouble = [f"{type(error).__name__}: {error}"]
        failed += bool(trouble)
        name = notebook.relative_to(ROOT)
        print(f"[{number}/{len(chosen)}] {'FAILED' if trouble else 'proved'} {name}", flush=True)
        for line in trouble:
            print("    " + line)
    where = f"{environment.kind} versions, Python {environment.python}"
    print(f"{len(chosen) - failed} of {len(chosen)} notebooks proved alone: {where}")
    failed += len(changed)
    if len(arguments) == 2:
        failed += exercises_fail(environment) + nbval_fails(environment)
    return min(failed, 100)


def exercises_fail(environment: Environment) -> bool:
    """Ask whether every exercise is sound with these versions, from the clone: learners have no solutions."""
    command = [str(environment.executable), "-m", "course_lib.workshop.exercises.soundness"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    print(done.stdout.strip() or done.stderr.strip().splitlines()[-1])
    return done.returncode != 0


def nbval_fails(environment: Environment) -> bool:
    """Ask nbval for every chapter, strictly, in a kernel that has what the last first cell installed."""
    with tempfile.TemporaryDirectory() as folder:
        kernel = Path(folder, "kernels", environment.folder.name)
        kernel.mkdir(parents=True)
        command = [str(environment.executable), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        description = {"argv": command, "display_name": kernel.name}
        (kernel / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--nbval-kernel-name", kernel.name, "chapters"],
            cwd=ROOT,
            env={**os.environ, "JUPYTER_PATH": folder},
            capture_output=True,
            text=True,
        )
    print("\n".join(["nbval over every chapter:", *done.stdout.strip().splitlines()[-20:]]))
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
