"""When something is due and how late it is: one clock, one zone, one rule.

Moments are compared in universal time. A day late ends at the same time of day in the deadline's own zone, so
that one of 23 or 25 hours is one day. A date without a time means its last minute.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from course_lib.workshop.exercises.assignment import FIRST_YEAR, LAST_YEAR

LAST_MINUTE = timedelta(hours=23, minutes=59)
TOMORROW = timedelta(days=1)  # a clock may be wrong by less


def read_due(text: str, zone: tzinfo | None) -> datetime:
    """Read a date, with a time or without; raise `ValueError` where it is none.

    >>> read_due("2026-10-14", UTC).isoformat()
    '2026-10-14T23:59:00+00:00'
    """
    due = datetime.fromisoformat(text)
    if due.year < FIRST_YEAR:
        raise ValueError(f"{text} is long ago")
    if due.year > LAST_YEAR:  # somebody's way to write "never"
        due = due.replace(year=LAST_YEAR, month=12, day=31)
    if len(text.strip()) <= len("2026-10-14"):
        due += LAST_MINUTE
    return due if due.tzinfo else due.replace(tzinfo=zone) if zone else due.astimezone()


# Moodle writes dates in its site's language; these are its German months, where they differ.
GERMAN = {"januar": "January", "februar": "February", "märz": "March", "mai": "May", "juni": "June"}
GERMAN |= {"juli": "July", "oktober": "October", "dezember": "December"}


def read_moment(text: str, zone: tzinfo | None) -> datetime:
    """Read a date with a time as any platform writes it; raise `ValueError` where it is none."""
    try:
        time: datetime = datetime.fromisoformat(text.strip())
    except ValueError:
        from dateutil.parser import parse  # only where it is needed: the book's own set-up has none

        words = re.sub(r"^\s*[^\W\d]+,|\bum\b|\bUhr\b", " ", text)  # the day of the week, "at", "o'clock"
        words = re.sub(r"[^\W\d]+", lambda found: GERMAN.get(found[0].lower(), found[0]), words)
        try:
            time = parse(words, dayfirst="." in text)
        except ArithmeticError as error:
            raise ValueError(f"{text} is no time") from error
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise ValueError(f"{text} is in no calendar")
    return time if time.tzinfo else time.replace(tzinfo=zone) if zone else time.astimezone()


def is_to_come(time: datetime) -> bool:
    """Tell whether a moment lies in the future, where nobody can have handed anything in."""
    return time.astimezone(UTC) > datetime.now(UTC) + TOMORROW


def late_minutes(time: datetime | None, due: datetime | None) -> float:
    """Return how many minutes after the deadline something was handed in, 0 where that cannot be told."""
    if time is None or due is None:
        return 0.0
    return max(0.0, (time.astimezone(UTC) - due.astimezone(UTC)) / timedelta(minutes=1))


def late_days(time: datetime | None, due: datetime | None, grace_minutes: float) -> int:
    """Return how many days late something was handed in, a part of a day for a whole one.

    >>> from zoneinfo import ZoneInfo
    >>> saturday = datetime(2026, 10, 24, 23, 59, tzinfo=ZoneInfo("Europe/Zurich"))
    >>> late_days(datetime(2026, 10, 25, 22, 59, tzinfo=UTC), saturday, 1)  # 25 hours, and one day
    1
    """
    minutes = late_minutes(time, due)
    if time is None or due is None or minutes <= grace_minutes:
        return 0
    last = time.astimezone(UTC) - timedelta(minutes=grace_minutes)
    days = max(0, int(minutes / (24 * 60)) - 2)
    while (due + timedelta(days=days)).astimezone(UTC) < last:  # the sum keeps the time of day
        days += 1
    return days
