"""Working days: how long somebody may take to answer; pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

SATURDAY = 5
"""``date.weekday``: Saturday and Sunday are free; holidays are not known here and make nobody late by a rule."""


def end_of_working_day(at: datetime, days: int, zone: tzinfo = UTC) -> datetime:
    """Return the last second (in ``zone``, as UTC) of the ``days``-th working day after the day of ``at``.

    The day of ``at`` itself does not count: asked on a Friday evening, five working days end with next Friday.

    Raises:
        ValueError: when ``days`` is less than 1.
    """
    if days < 1:
        raise ValueError(f"{days} working days are none")
    day = at.astimezone(zone).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)
