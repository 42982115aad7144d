"""One clock, one zone, one rule: what is late, by how many days, and what that costs."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.workshop.exercises.assignment import read_assignment
from course_lib.workshop.exercises.release import _late_words
from course_lib.workshop.grading.intake.deadline import late_days, late_minutes
from course_lib.workshop.grading.intake.roster import read_roster
from course_lib.workshop.grading.intake.times import read_times
from course_lib.workshop.grading.storage.tables import TableError
from tests.workshop.grading.conftest import ASSIGNMENT, RIGHT, SmallClass
from tests.workshop.grading.test_class import gradebook

ZURICH = ZoneInfo("Europe/Zurich")
AUTUMN = datetime(2026, 10, 24, 23, 59, tzinfo=ZURICH)  # the next day has 25 hours
SPRING = datetime(2027, 3, 27, 23, 59, tzinfo=ZURICH)  # the next day has 23


@pytest.mark.parametrize("due", [AUTUMN, SPRING])
@pytest.mark.parametrize("shape", ["zone", "offset", "universal"])
def test_a_day_is_a_day_in_every_shape_of_a_time(due: datetime, shape: str) -> None:
    def shaped(time: datetime) -> datetime:
        offset = time.astimezone(UTC).astimezone()
        return {"zone": time, "offset": offset, "universal": time.astimezone(UTC)}[shape]

    for days in range(1, 4):
        end = due + timedelta(days=days)  # of the same time of day
        assert late_days(shaped(end), due, 0) == days
        assert late_days(shaped(end + timedelta(minutes=1)), due, 0) == days + 1
        assert late_days(shaped(end + timedelta(minutes=1)), due, 1) == days
    assert late_days(shaped(due), due, 0) == 0


@given(st.integers(-5_000, 5_000_000), st.sampled_from([0, 1, 15, 90]))
def test_more_minutes_are_never_fewer_days(minutes: int, grace: int) -> None:
    time = AUTUMN.astimezone(UTC) + timedelta(minutes=minutes)
    days = late_days(time, AUTUMN, grace)
    assert (days == 0) == (late_minutes(time, AUTUMN) <= grace)
    assert late_days(time + timedelta(minutes=1), AUTUMN, grace) >= days
    assert abs(days - max(0, minutes - grace) / 1440) <= 1 + 1 / 24


def handed_in(small: SmallClass, name: str, when: datetime) -> None:
    path = small.hand_in(f"{name}_hw.ipynb", *RIGHT[:2])
    os.utime(path, (when.timestamp(), when.timestamp()))


def test_seconds_after_the_minute_and_times_to_come_cost_nothing(small_class: SmallClass) -> None:
    text = ASSIGNMENT.replace("2030-10-12", "2026-10-12").replace("grace_minutes: 15\n", "")
    small_class.assignment.write_text(text)
    due = datetime(2026, 10, 12, 23, 59, tzinfo=ZURICH)
    handed_in(small_class, "eve", due - timedelta(days=3))
    handed_in(small_class, "ada", due + timedelta(seconds=59))
    handed_in(small_class, "cleo", due + timedelta(seconds=61))
    handed_in(small_class, "dan", datetime(2099, 1, 1, tzinfo=UTC))
    told = small_class.collect("--late", "count")
    assert "2099-01-01, is still to come" in told
    small_class.grade()
    small_class.publish()
    book = gradebook(small_class)["final"]
    assert dict(book.loc[["ada", "cleo", "dan"]]) == {"ada": 6, "cleo": 4.5, "dan": 6}


def test_a_date_without_a_time_is_its_last_minute(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("id,name,due\nada,Ada,2026-10-14\nbob,Bob,2026-10-14 08:00\n")
    ada, bob = read_roster(path, ZURICH).students
    assert ada.due == datetime(2026, 10, 14, 23, 59, tzinfo=ZURICH)
    assert bob.due == datetime(2026, 10, 14, 8, 0, tzinfo=ZURICH)


def test_times_that_no_calendar_has_are_named_and_never_is_far_away(tmp_path: Path) -> None:
    roster, times = tmp_path / "roster.csv", tmp_path / "times.csv"
    for zone in (ZURICH, ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Kiritimati"), None):
        roster.write_text("id,due\nada,9999-12-31\nbob,9999-12-31 23:59\n")
        for student in read_roster(roster, zone).students:
            assert late_minutes(datetime.now(UTC), student.due) == 0
            assert late_days(datetime.now(UTC), student.due, 1) == 0
        roster.write_text("id,due\nada,0001-01-01\n")
        with pytest.raises(TableError, match="line 2: '0001-01-01' is no date"):
            read_roster(roster, zone)
        for text in (
            "0001-01-01 00:00",
            "9999-12-31 23:59",
            "12 October 2026 5:" + "9" * 400,
            "0 October 2026",
        ):
            times.write_text(f"id,time\nada,{text}\n")
            with pytest.raises(TableError, match="is no time"):
                read_times(times, None, zone)


def test_a_table_s_time_that_is_to_come_is_not_believed(small_class: SmallClass) -> None:
    small_class.assignment.write_text(ASSIGNMENT.replace("2030-10-12", "2026-10-12"))
    handed_in(small_class, "ada", datetime(2026, 10, 10, 12, tzinfo=ZURICH))
    times = small_class.folder / "times.csv"
    times.write_text("id,time\nada,2099-10-10 12:00\n")
    small_class.collect("--times", str(times))
    small_class.grade()
    small_class.publish()
    assert gradebook(small_class).loc["ada", "final"] == 6


def test_a_deadline_that_was_moved_holds_at_once(small_class: SmallClass) -> None:
    small_class.assignment.write_text(ASSIGNMENT.replace("2030-10-12", "2026-10-12"))
    handed_in(small_class, "eve", datetime(2026, 10, 10, 12, tzinfo=ZURICH))
    handed_in(small_class, "ada", datetime(2026, 10, 13, 12, tzinfo=ZURICH))
    small_class.collect("--late", "count")
    small_class.grade()
    small_class.publish()
    assert gradebook(small_class).loc["ada", "final"] == 4.5
    small_class.assignment.write_text(ASSIGNMENT.replace("2030-10-12", "2026-10-14"))
    assert "due date was moved" in small_class.grade()
    small_class.publish("--changed")
    assert gradebook(small_class).loc["ada", "final"] == 6


def test_the_hand_out_says_what_lateness_costs(small_class: SmallClass) -> None:
    words = _late_words(read_assignment(small_class.assignment))
    assert "Up to 15 minutes later costs nothing" in words
    assert "25 % of your points" in words
    small_class.assignment.write_text(ASSIGNMENT.replace("penalty_per_day: 0.25", "penalty_per_day: 0"))
    assert _late_words(read_assignment(small_class.assignment)) == " Handing in later takes no points off."
