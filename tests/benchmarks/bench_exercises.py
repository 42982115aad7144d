"""How long `check` takes to answer, and how thoroughly the exercises' own tests catch mutants.

Run it as a script. The peer is what a learner would wait for elsewhere: a fresh Python that imports NumPy
once, which is the least that any checker outside of the notebook's own kernel costs.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from course_lib.exercises.checking import examine
from course_lib.exercises.pages import report_page
from course_lib.exercises.questions import named
from course_lib.workshop.exercises.definition import load_exercises
from course_lib.workshop.exercises.soundness import surviving_mutants

ROOT = Path(__file__).parents[2]


def seconds_of(action: object) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    action()  # type: ignore[operator]
    return time.perf_counter() - started


def main() -> None:
    """Print the figures."""
    exercises = load_exercises()
    code = {name: one for name, one in exercises.items() if one.kind == "code"}
    mistakes = sum(len(one.mistakes) for one in code.values())
    print(f"{len(exercises)} exercises, {len(code)} of them code, {mistakes} known mistakes")

    right, wrong = {}, {}
    for name, one in code.items():
        question, names = named(name), one.namespace()
        examine(question, names)  # TensorFlow's first operation is nobody's
        right[name] = seconds_of(lambda q=question, n=names: report_page(examine(q, n)))
        mistake = one.mistakes[0]
        names = one.namespace(**{mistake.of: mistake.variant})
        wrong[name] = seconds_of(lambda q=question, n=names: report_page(examine(q, n)))
    peer = min(seconds_of(lambda: subprocess.run([sys.executable, "-c", "import numpy"])) for _ in range(3))
    for label, times in (("right", right), ("wrong", wrong)):
        slowest = max(times, key=lambda name: times[name])
        median = statistics.median(times.values())
        print(
            f"check, {label} answer: median {1000 * median:.1f} ms, slowest {1000 * times[slowest]:.0f} ms "
            f"({slowest}); a fresh Python with NumPy takes {peer / median:.0f} times the median"
        )

    caught = count = listed = 0
    for one in code.values():
        survivors, total = surviving_mutants(one, one.hidden_question(20_260_901))
        caught, count = caught + total - len(survivors), count + total
        listed += sum(description in one.equivalent for description in survivors)
    print(f"mutants: {count}, caught {caught} ({caught / count:.1%}), equivalent and listed {listed}")

    package = ROOT / "course_lib"
    sizes: dict[str, int] = {}
    for path in package.rglob("*"):
        if path.is_file() and not {"definitions", "__pycache__"} & set(path.parts):
            part = path.relative_to(package).parts[0] if path.parent != package else "library"
            sizes[part] = sizes.get(part, 0) + path.stat().st_size
    data = sum(path.stat().st_size for path in (package / "exercises" / "data").glob("*.json"))
    print(f"installed {sum(sizes.values()) / 1000:.0f} KB, of it data behind check {data / 1000:.0f} KB:")
    print("  " + ", ".join(f"{part} {size / 1000:.0f}" for part, size in sorted(sizes.items())))


if __name__ == "__main__":
    main()
