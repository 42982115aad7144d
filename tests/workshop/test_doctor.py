"""The course's own book, with its exercises, has nothing wrong: else nobody would read the list."""

from pathlib import Path

from course_lib.workshop import doctor

ROOT = Path(__file__).parents[2]


def test_the_doctor_finds_nothing_wrong_with_the_course() -> None:
    assert doctor.book_problems(ROOT) == []
