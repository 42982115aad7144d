"""Run one cell of the version matrix: `python -m tests.matrix colab 3.13 [NOTEBOOK ...]`."""

import subprocess
import sys
from pathlib import Path

from tests.matrix.environments import KINDS, ROOT, Environment
from tests.matrix.standalone import differences, notebooks, run_alone


def main(arguments: list[str]) -> int:
    """Prove the notebooks alone in one environment; print a line each; return the number that failed."""
    if len(arguments) < 2 or arguments[0] not in KINDS:
        print(f"{__doc__}\nKinds of versions: {', '.join(KINDS)}.", file=sys.stderr)
        return 2
    environment = Environment(arguments[0], arguments[1])
    chosen = [Path(name).resolve() for name in arguments[2:]] or notebooks()
    failed = 0
    for number, notebook in enumerate(chosen, start=1):
        try:
            proof = run_alone(notebook, environment)
            trouble = differences(notebook, proof)
            ready = f"{proof.seconds_to_ready:.1f} s to ready"
        except Exception as error:
            trouble, ready = [f"{type(error).__name__}: {error}"], "did not finish"
        failed += bool(trouble)
        name = notebook.relative_to(ROOT)
        print(f"[{number}/{len(chosen)}] {'FAILED' if trouble else 'proved'} {name}, {ready}", flush=True)
        for line in trouble:
            print("    " + line)
    where = f"{environment.kind} versions, Python {environment.python}"
    print(f"{len(chosen) - failed} of {len(chosen)} notebooks proved alone: {where}")
    if len(arguments) == 2:
        failed += exercises_fail(environment)
    return min(failed, 100)


def exercises_fail(environment: Environment) -> bool:
    """Ask whether every exercise is sound with these versions, from the clone: learners have no solutions."""
    command = [str(environment.executable), "-m", "course_lib.exercises.soundness"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    print(done.stdout.strip() or done.stderr.strip().splitlines()[-1])
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
