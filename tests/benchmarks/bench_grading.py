"""Grading beside its peers: the same questions and submissions through `course grade`, nbgrader and otter.

`python -m tests.benchmarks.bench_grading [--tensorflow] [--class-of 1000]`. Times are per submission within a
batch: the time of a larger batch minus that of a smaller one, so that nobody's start-up counts.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat

from course_lib.workshop.exercises.assignment import Assignment
from course_lib.workshop.exercises.definition import Exercise, load_exercises
from course_lib.workshop.grading import other_graders
from course_lib.workshop.grading.batch import Settings, grade_all
from course_lib.workshop.grading.classroom import Classroom
from course_lib.workshop.grading.intake.collect import Collector
from course_lib.workshop.grading.sandbox.walls import Limits, strongest_wall
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, draw_key
from course_lib.workshop.grading.scoring.session import Patience

BIN = Path(sys.executable).parent
SEED = 7


def four_questions(tensorflow: bool) -> list[Exercise]:
    """Return four questions of the course; with TensorFlow the last one needs it."""
    code = [exercise for exercise in load_exercises().values() if exercise.kind == "code"]
    plain = [exercise for exercise in code if not exercise.packages]
    if not tensorflow:
        return plain[:4]
    return [*plain[:3], next(exercise for exercise in code if "tensorflow" in exercise.packages)]


def submission(exercises: list[Exercise], number: int) -> list[str]:
    """Return the answers of one student: most of them right, some wrong, empty or broken."""
    answers = [exercise.solution_source for exercise in exercises]
    place = number % len(answers)
    if number % 5 == 1:
        answers[place] = exercises[place].stub
    if number % 5 == 2:
        answers[place] = answers[place].replace("return ", "return None and ", 1)
    if number % 5 == 3:
        answers[place] = answers[place].replace(" = ", " = undefined_name if True else ", 1)
    return [f"{answer}\n\n\n# {number}" for answer in answers]


def seconds_of(*command: str, folder: Path) -> float:
    """Run a command and return how long it took."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TF_CPP_MIN_LOG_LEVEL": "3"}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return time.perf_counter() - started


def filled(path: Path, exercises: list[Exercise], answers: list[str], target: Path) -> None:
    """Write a released notebook with answers in the cells of the stubs."""
    notebook = nbformat.read(path, as_version=4)
    stubs = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and ("YOUR CODE HERE" in cell.source or cell.source in [exercise.stub for exercise in exercises])
    ]
    assert len(stubs) == len(answers)
    for cell, answer in zip(stubs, answers, strict=True):
        cell.source = answer
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def time_nbgrader(folder: Path, exercises: list[Exercise], key: AnswerKey, counts: tuple[int, int]) -> float:
    """Return nbgrader's seconds per submission."""
    other_graders.write_nbgrader(folder, "hw", exercises, key)
    seconds_of("nbgrader", "generate_assignment", "hw", folder=folder)
    released = folder / "release" / "hw" / "hw.ipynb"
    times = []
    for count in counts:
        shutil.rmtree(folder / "submitted", ignore_errors=True)
        shutil.rmtree(folder / "autograded", ignore_errors=True)
        for number in range(count):
            target = folder / "submitted" / f"s{number}" / "hw" / "hw.ipynb"
            filled(released, exercises, submission(exercises, number), target)
        times.append(seconds_of("nbgrader", "autograde", "hw", folder=folder))
    return (times[1] - times[0]) / (counts[1] - counts[0])


def time_otter(folder: Path, exercises: list[Exercise], key: AnswerKey, count: int) -> float:
    """Return otter-grader's median seconds per submission: `otter run` takes one at a time."""
    other_graders.write_otter(folder, "hw", exercises, key)
    options = ["--no-requirements", "--no-environment"]
    seconds_of("otter", "generate", "-t", "tests", "-o", "autograder.zip", *options, folder=folder)
    times = []
    for number in range(count):
        filled(folder / "hw.ipynb", exercises, submission(exercises, number), folder / "one" / "hw.ipynb")
        shutil.copy(folder / "autograder.zip", folder / "one")
        command = ["otter", "run", "hw.ipynb", "-a", "autograder.zip", "--no-logo"]
        times.append(seconds_of(*command, folder=folder / "one"))
    return statistics.median(times)


def classroom_of(folder: Path, exercises: list[Exercise], count: int) -> Classroom:
    """Collect a class of synthetic submissions."""
    download = folder / "download"
    download.mkdir(parents=True)
    cells = [nbformat.v4.new_code_cell("import numpy as np")]
    if any("tensorflow" in exercise.packages for exercise in exercises):
        cells.append(nbformat.v4.new_code_cell("import tensorflow as tf"))
    cells += [nbformat.v4.new_code_cell(item.given_source) for item in exercises if item.given_source]
    for number in range(count):
        answers = [nbformat.v4.new_code_cell(answer) for answer in submission(exercises, number)]
        nbformat.write(nbformat.v4.new_notebook(cells=[*cells, *answers]), download / f"s{number}.ipynb")
    points = dict.fromkeys(exercise.name for exercise in exercises)
    assignment = Assignment("hw", "Benchmark", points, SEED)
    Collector(folder / "class", assignment, None).collect([download])
    return Classroom(folder / "class", assignment)


def time_ours(room: Classroom, workers: int) -> tuple[float, float]:
    """Return our seconds per submission, sandbox on, records and feedback written; and the start-up."""
    wall, _ = strongest_wall()
    shutil.rmtree(room.folder / "records", ignore_errors=True)
    settings = Settings.of(room.key, wall, Patience(), Limits())
    started = time.perf_counter()
    moments = []
    for done in grade_all(settings, room.jobs(Patience(), wall), workers):
        room.keep(done)
        moments.append(time.perf_counter())
    published = time.perf_counter()
    room.publish()
    writing = (time.perf_counter() - published) / len(moments)
    # The first submission of each worker waits for its server.
    return (moments[-1] - moments[workers]) / (len(moments) - 1 - workers) + writing, moments[0] - started


class Memory:
    """Looks at the memory of this process and all it started, again and again."""

    def __init__(self) -> None:
        self.peak = 0
        self.samples: list[tuple[float, int]] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Memory":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()

    def _look(self) -> None:
        started = time.monotonic()
        while not self.ended.wait(0.5):
            total = sum(_proportional(process) for process in _family(os.getpid()))
            self.samples.append((time.monotonic() - started, total))
            self.peak = max(self.peak, total)


def _family(process: int) -> list[int]:
    found = [process]
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found += _family(int(child))
        except OSError:
            continue
    return found


def _proportional(process: int) -> int:
    """Return a process's share of memory: what it shares with others is divided between them."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def compare(tensorflow: bool, ours: int, nbgrader: tuple[int, int], otter: int, workers: int) -> None:
    """Print seconds per submission, ours beside the peers'."""
    exercises = four_questions(tensorflow)
    print(("TensorFlow" if tensorflow else "NumPy") + f" set: {', '.join(item.name for item in exercises)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = draw_key("Benchmark", exercises, SEED)
        room = classroom_of(folder / "ours", exercises, ours)
        _ = room.key
        mine = {}
        for count in sorted({1, workers}):
            mine[count], start = time_ours(room, count)
            print(
                f"  course grade, {count} worker(s): {1000 * mine[count]:.1f} ms "
                f"(first result after {start:.1f} s)"
            )
        theirs = time_nbgrader(folder / "nbgrader", exercises, key, nbgrader)
        print(f"  nbgrader autograde:        {1000 * theirs:.0f} ms")
        other = time_otter(folder / "otter", exercises, key, otter)
        print(f"  otter run:                 {1000 * other:.0f} ms")
        for count, seconds in mine.items():
            print(
                f"  {count} worker(s): {theirs / seconds:.0f} times nbgrader, "
                f"{other / seconds:.0f} times otter"
            )


def whole_class(count: int, workers: int) -> None:
    """Grade a large class from its download to its reports, and print the rate and the memory on the way."""
    exercises = four_questions(False)
    with tempfile.TemporaryDirectory() as name:
        room = classroom_of(Path(name), exercises, count)
        wall, _ = strongest_wall()
        settings = Settings.of(room.key, wall, Patience(), Limits())
        started = time.perf_counter()
        with Memory() as memory:
            for done in grade_all(settings, room.jobs(Patience(), wall), workers):
                room.keep(done)
            graded = time.perf_counter() - started
            room.publish()
            published = time.perf_counter() - started
            room.report({}, [])
        total = time.perf_counter() - started
        quarter = max(1, len(memory.samples) // 4)
        means = [
            statistics.mean(size for _, size in memory.samples[place : place + quarter]) / 2**20
            for place in range(quarter // 2, len(memory.samples) - quarter // 2, quarter)
        ]
        print(
            f"{count} submissions: {count / graded:.1f} a second graded ({graded:.0f} s), "
            f"{count / published:.1f} with feedback and gradebook, {count / total:.1f} with the report "
            f"({total:.0f} s); peak memory {memory.peak / 2**20:.0f} MiB, on the way "
            f"{', '.join(f'{mean:.0f}' for mean in means)} MiB"
        )


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tensorflow", action="store_true")
    parser.add_argument("--ours", type=int, default=60)
    parser.add_argument("--nbgrader", type=int, nargs=2, default=(1, 5))
    parser.add_argument("--otter", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--class-of", type=int, default=0)
    options = parser.parse_args()
    if options.class_of:
        whole_class(options.class_of, options.workers)
    else:
        compare(options.tensorflow, options.ours, tuple(options.nbgrader), options.otter, options.workers)


if __name__ == "__main__":
    main()
