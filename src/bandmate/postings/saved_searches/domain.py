"""What a saved search is: its query in a form that lasts, how often its owner hears of it, and when next; pure.

**The form.** A query is kept as the query string of its address, its values sorted, with the number of the form. A
later release that writes another form still reads this one; what it cannot read any more is shown as such and left
alone, never guessed at. Two searches that ask the same are kept alike, so that they are looked up once for both.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NewType
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import JobQuery
from bandmate.postings.web_query import query_string, read_query

SearchId = NewType("SearchId", UUID)

FORM = 1
"""The form that is written now."""

LONGEST_NAME = 80
MOST_SEARCHES = 100
"""Searches one person may keep."""

CHECKED_EVERY = timedelta(minutes=5)
"""At once means: as soon as something was found, but no two messages of one search closer than this."""

_WEEK = 7
_HOURS = 24


class Frequency(StrEnum):
    """How often somebody hears of a search."""

    NEVER = "never"
    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When somebody hears of a search; hour, weekday and zone count for digests only.

    Raises:
        InvalidInput: for an hour, weekday or zone that there is not.
    """

    frequency: Frequency
    hour: int = 8
    """0 to 23, on the wall clock of the zone."""
    weekday: int = 0
    """0 is Monday (ISO 8601 counts it as 1); for weekly digests."""
    time_zone: str = "UTC"
    """IANA name."""

    def __post_init__(self) -> None:
        if not 0 <= self.hour < _HOURS:
            raise InvalidInput(_("An hour lies between 0 and 23."), field="hour")
        if not 0 <= self.weekday < _WEEK:
            raise InvalidInput(_("A weekday lies between 0 (Monday) and 6 (Sunday)."), field="weekday")
        if self.time_zone not in _zones():
            raise InvalidInput(
                _("There is no time zone of this name; write one such as Europe/Berlin."), field="time_zone"
            )


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that somebody keeps."""

    search_id: SearchId
    person_id: PersonId
    name: str
    query: JobQuery | None
    """None where this release cannot read it any more."""
    schedule: Schedule
    created_at: datetime
    changed_at: datetime
    seen_at: datetime
    """When its owner last looked at what fits."""
    due_at: datetime | None
    """When the next digest is due; None without alerts."""
    told_at: datetime | None
    """When there was a digest last."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    """Return an IANA name as it is, UTC for anything else."""
    return name if name in _zones() else "UTC"


def parse_name(written: str) -> str:
    """Return a name in one line.

    Raises:
        InvalidInput: when nothing is left, or too much.
    """
    spaced = (" " if unicodedata.category(each) in {"Cc", "Cs"} else each for each in written)
    shown = " ".join("".join(spaced).split())
    if not shown:
        raise InvalidInput(_("Give the search a name, so that you know it again."), field="name")
    if len(shown) > LONGEST_NAME:
        raise InvalidInput(
            _("The name has {count} characters; {most} are enough.").format(count=len(shown), most=LONGEST_NAME),
            field="name",
        )
    return shown


def canonical(query: JobQuery) -> JobQuery:
    """Return the query that asks the same, its values sorted; all statuses are no condition."""
    changes: dict[str, Any] = {}
    for field in fields(JobQuery):
        value = getattr(query, field.name)
        if isinstance(value, tuple):
            changes[field.name] = tuple(sorted(value, key=str))
    if set(query.status) == set(Status):
        changes["status"] = ()
    return replace(query, **changes)


def write_form(query: JobQuery) -> str:
    """Return a query in the present form."""
    return query_string(canonical(query))


def read_form(form: int, written: str) -> JobQuery | None:
    """Return the query that was kept; None where this release cannot read it."""
    if form != FORM:
        return None
    try:
        return canonical(read_query(parse_qsl(written), besides=()))
    except InvalidInput:
        return None


def tells_of_open_jobs(query: JobQuery) -> bool:
    """Whether an alert for this query could ever hold something: alerts tell of postings one can apply for."""
    return not query.status or Status.ACTIVE in query.status


def next_due(schedule: Schedule, after: datetime) -> datetime | None:
    """Return the first instant behind ``after`` (aware) at which a digest is due, in UTC; None for never.

    An hour that a change of the clocks leaves out comes as much later as the clocks were set forward, one that
    there is twice counts the first time (RFC 5545, section 3.3.5). So there is one digest each day.
    """
    if schedule.frequency is Frequency.NEVER:
        return None
    if schedule.frequency is Frequency.AT_ONCE:
        return after
    zone = ZoneInfo(schedule.time_zone)
    today = after.astimezone(zone).date()
    for days in range(-1, 2 * _WEEK):
        day = today + timedelta(days=days)
        if schedule.frequency is Frequency.WEEKLY and day.weekday() != schedule.weekday:
            continue
        due = datetime.combine(day, time(schedule.hour), zone).astimezone(UTC)
        if due > after:
            return due
    raise AssertionError("two weeks hold every hour of every weekday")
