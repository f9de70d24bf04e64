"""How times, numbers and pay are written for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.kernel.web.formats import clock_time, counted, money, number, relative, zone_named

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def test_an_instant_is_written_in_the_given_zone() -> None:
    """Thirteen o'clock in UTC is fourteen in Berlin in November."""
    assert clock_time(NOON + timedelta(hours=1), ZoneInfo("Europe/Berlin")) == "3 Nov 2026, 14:00"


def test_utc_is_named() -> None:
    """A time in UTC says so, because the reader's clock shows another."""
    assert clock_time(NOON, UTC) == "3 Nov 2026, 12:00 UTC"


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe/Berlin\0", "a" * 5000]
)
def test_an_unknown_zone_is_utc(name: str) -> None:
    """Whatever the cookie holds, there is a zone."""
    assert zone_named(name) is UTC


@given(st.text())
def test_no_zone_name_is_an_error(name: str) -> None:
    """Any text names a zone or is UTC."""
    assert clock_time(NOON, zone_named(name)).startswith(("2 Nov 2026", "3 Nov 2026", "4 Nov 2026"))


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=-59), "in a moment"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=-2), "in 2 hours"),
        (timedelta(days=2, hours=23), "2 days ago"),
        (timedelta(days=13), "1 week ago"),
        (timedelta(days=45), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_distance_is_told_in_the_largest_whole_unit(ago: timedelta, words: str) -> None:
    """A distance in time is rounded down to its largest unit."""
    assert relative(NOON - ago, NOON) == words


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((120000, 150000, "USD", "year"), "USD 120,000 – 150,000 a year"),  # noqa: RUF001 - a dash, meant as one
        ((17.5, None, "EUR", "hour"), "from EUR 17.50 an hour"),
        ((None, 90000, "GBP", "year"), "up to GBP 90,000 a year"),
        ((5000, 5000, "CHF", "month"), "CHF 5,000 a month"),
        ((100, 200, None, None), "100 – 200"),  # noqa: RUF001 - as above
        ((100, None, "USD", "shift"), "from USD 100 per shift"),
        ((None, None, "USD", "year"), "–"),  # noqa: RUF001 - as above
        ((0, 10, "USD", "hour"), "USD 0 – 10 an hour"),  # noqa: RUF001 - as above
    ],
)
def test_pay_is_written_as_people_say_it(
    bounds: tuple[float | None, float | None, str | None, str | None], words: str
) -> None:
    """Ranges, open ranges and single amounts have their currency before and their period after."""
    assert money(*bounds) == words


def test_numbers_have_their_thousands_apart() -> None:
    """A large number is readable at a glance."""
    assert (number(1234567), number(1234.56, 1)) == ("1,234,567", "1,234.6")


def test_one_is_not_many() -> None:
    """The noun agrees with its count."""
    companies = [counted("{count} company", "{count} companies", count) for count in (0, 1, 2)]
    assert companies == ["0 companies", "1 company", "2 companies"]
    assert counted("{count} job", "{count} jobs", 1204) == "1,204 jobs"
