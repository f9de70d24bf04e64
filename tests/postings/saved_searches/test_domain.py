"""The lasting form of a query, names, and when digests are due, on days of 23 and 25 hours too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bandmate.kernel.errors import InvalidInput
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import JobQuery, Sort
from bandmate.postings.saved_searches.domain import (
    FORM,
    Frequency,
    Schedule,
    canonical,
    next_due,
    parse_name,
    read_form,
    tells_of_open_jobs,
    write_form,
)

BERLIN = ZoneInfo("Europe/Berlin")
FULL = JobQuery(
    q='"sound engineer" -intern ',
    title="c++",
    city=("Paris", "Berlin"),
    salary_min=60_000.5,
    salary_exists=True,
    posted_after=datetime(2026, 3, 2, 7, 56, tzinfo=UTC),
    status=(Status.EXPIRED, Status.ACTIVE),
    sort=Sort.SALARY,
)


def test_a_form_reads_back_as_the_query() -> None:
    """What is kept asks the same as what was saved, the space behind the last word included."""
    assert read_form(FORM, write_form(FULL)) == canonical(FULL)
    assert canonical(FULL).q == FULL.q


def test_the_same_question_is_kept_alike() -> None:
    """The order of values, and naming all statuses instead of none, make no difference."""
    one = JobQuery(city=("Paris", "Berlin"), status=tuple(Status))
    other = JobQuery(city=("Berlin", "Paris"))
    assert write_form(one) == write_form(other) == "city=Berlin&city=Paris"


@pytest.mark.parametrize("kept", [(FORM + 1, "q=a"), (FORM, "q=a&moon=full"), (FORM, "salary_min=lots")])
def test_what_cannot_be_read_is_not_guessed_at(kept: tuple[int, str]) -> None:
    """A form of another release, a filter that there is not, a value without meaning: none is a query."""
    assert read_form(*kept) is None


def test_alerts_are_for_open_jobs() -> None:
    """A search for closed postings alone can never have an alert."""
    assert not tells_of_open_jobs(JobQuery(status=(Status.DELETED,)))
    assert tells_of_open_jobs(JobQuery(status=(Status.DELETED, Status.ACTIVE)))
    assert tells_of_open_jobs(JobQuery())


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (
            datetime(2026, 3, 28, 12, tzinfo=BERLIN),
            2,
            datetime(2026, 3, 29, 1, tzinfo=UTC),
        ),  # left out: 03:00 CEST
        (
            datetime(2026, 10, 24, 12, tzinfo=BERLIN),
            2,
            datetime(2026, 10, 25, 0, tzinfo=UTC),
        ),  # twice: the first
        (
            datetime(2026, 7, 1, 8, tzinfo=BERLIN),
            8,
            datetime(2026, 7, 2, 6, tzinfo=UTC),
        ),  # behind, not at
        (datetime(2026, 7, 1, 7, 59, tzinfo=BERLIN), 8, datetime(2026, 7, 1, 6, tzinfo=UTC)),
    ],
)
def test_a_daily_digest_is_due_at_its_hour(day: datetime, hour: int, expected: datetime) -> None:
    """The next instant at which the wall clock in Berlin shows the hour, or what stands for it."""
    schedule = Schedule(Frequency.DAILY, hour, 0, "Europe/Berlin")
    assert next_due(schedule, day) == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize("hour", [0, 2, 3, 23])
def test_there_is_one_digest_each_day_of_the_year(zone: str, hour: int) -> None:
    """Going from digest to digest for a year meets each local day once."""
    schedule, here = Schedule(Frequency.DAILY, hour, 0, zone), ZoneInfo(zone)
    at = datetime(2026, 1, 1, tzinfo=here).astimezone(UTC) - timedelta(seconds=1)
    days = []
    for _ in range(365):
        due = next_due(schedule, at)
        assert due is not None
        days.append(due.astimezone(here).date())
        at = due
    assert len(set(days)) == 365
    assert (days[-1] - days[0]).days == 364


def test_a_weekly_digest_is_due_on_its_day() -> None:
    """From a Sunday evening in Berlin the next Wednesday, 8 o'clock."""
    schedule = Schedule(Frequency.WEEKLY, 8, 2, "Europe/Berlin")
    sunday = datetime(2026, 11, 22, 20, tzinfo=BERLIN)
    assert next_due(schedule, sunday) == datetime(2026, 11, 25, 7, tzinfo=UTC)


def test_a_day_that_a_place_left_out_gives_no_second_digest() -> None:
    """Samoa had no 30 December 2011: from the 29th the next two are the 31st and the 1st."""
    schedule, here = Schedule(Frequency.DAILY, 9, 0, "Pacific/Apia"), ZoneInfo("Pacific/Apia")
    first = next_due(schedule, datetime(2011, 12, 29, 12, tzinfo=here))
    assert first is not None
    second = next_due(schedule, first)
    assert second is not None
    assert [at.astimezone(here).day for at in (first, second)] == [31, 1]


@pytest.mark.parametrize("wrong", [{"hour": 24}, {"hour": -1}, {"weekday": 7}, {"time_zone": "../etc/passwd"}])
def test_a_schedule_that_there_is_not_is_refused(wrong: dict[str, object]) -> None:
    """Hours, weekdays and zones must exist."""
    with pytest.raises(InvalidInput):
        Schedule(**{"frequency": Frequency.DAILY, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "  \x00\n ", "a" * 81])
def test_names_are_one_short_line(name: str) -> None:
    """Nothing, nothing visible, and too much are no names."""
    with pytest.raises(InvalidInput):
        parse_name(name)
    assert parse_name(" Sound\n\x00 engineer ") == "Sound engineer"
