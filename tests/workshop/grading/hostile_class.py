"""A class with attackers in it, graded behind one kind of wall, on this machine or by a cluster.

`python -m tests.workshop.grading.hostile_class WALL here|cluster|quiet` prints each record as JSON; `quiet`
leaves the attackers out. The tests run it as root and as an ordinary user.
"""

import json
import sys
from collections.abc import Iterator

from course_lib.workshop.grading.batch import Done, Job, Settings, grade_here, grade_on_cluster
from course_lib.workshop.grading.sandbox.walls import Limits, Wall
from course_lib.workshop.grading.scoring.session import Patience
from tests.workshop.grading.conftest import RIGHT, notebook_of
from tests.workshop.grading.questions import small_key
from tests.workshop.grading.test_chaos import ANSWERS, attacks

PATIENCE = Patience(cells=5, case=1, question=2)


def jobs(with_attackers: bool) -> Iterator[Job]:
    """Hand in what honest students do, and attackers between them."""
    hostile = attacks() if with_attackers else []
    for place in range(max(len(ANSWERS), len(hostile))):
        if place < len(ANSWERS):
            yield Job(f"honest {place}", notebook_of([ANSWERS[place], *RIGHT[1:]]))
        if place < len(hostile):
            yield Job(f"hostile {place}", notebook_of(hostile[place]))


def graded(wall: Wall, how: str) -> Iterator[Done]:
    """Grade the class."""
    settings = Settings.of(small_key(), wall, PATIENCE, Limits(memory=600 * 2**20))
    if how != "cluster":
        yield from grade_here(settings, jobs(how != "quiet"), 2)
        return
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield from grade_on_cluster(settings, jobs(True), cluster.scheduler_address)


def main() -> None:
    """Grade the class behind the wall named on the command line."""
    told = {}
    for done in graded(Wall(sys.argv[1]), sys.argv[2]):
        told[done.submission] = {"seconds": done.seconds, **done.record.to_json()}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
