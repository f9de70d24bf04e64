"""How times, days, numbers and pay are written for people: plain functions, no templates, no request."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bandmate.kernel.clock import rfc3339

MISSING = "–"  # noqa: RUF001 - a dash, meant as one
"""What stands where nothing is known."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PERIODS = {"year": "a year", "month": "a month", "week": "a week", "day": "a day", "hour": "an hour"}
_UNITS = (
    ("year", 365 * 86_400),
    ("month", 30 * 86_400),
    ("week", 7 * 86_400),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """Return the IANA time zone of that name, UTC when there is none.

    The name comes from a cookie, so it may be anything; ``ZoneInfo`` refuses paths out of its folder (PEP 615).
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def clock_time(instant: datetime, zone: tzinfo) -> str:
    """Write an aware instant in a zone, ``3 Nov 2026, 14:00``; UTC is named, because it is nobody's wall clock."""
    local = instant.astimezone(zone)
    suffix = " UTC" if zone is UTC else ""
    return f"{calendar_day(local)}, {local:%H:%M}{suffix}"


def calendar_day(day: date) -> str:
    """Write a day as ``3 Nov 2026``; of a datetime, the day in its own zone."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def exact(instant: datetime) -> str:
    """Write an aware instant to the second in UTC, ``3 Nov 2026, 14:00:05 UTC``."""
    utc = instant.astimezone(UTC)
    return f"{calendar_day(utc)}, {utc:%H:%M:%S} UTC"


def machine_time(instant: datetime) -> str:
    """Write an aware instant for a ``datetime`` attribute (RFC 3339, UTC, milliseconds)."""
    return rfc3339(instant)


def relative(instant: datetime, now: datetime) -> str:
    """Write how far an instant is from now, in its largest whole unit: ``2 days ago``, ``in 1 hour``."""
    seconds = (now - instant).total_seconds()
    for unit, length in _UNITS:
        count = int(abs(seconds) // length)
        if count:
            words = plural(count, unit)
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now" if seconds >= 0 else "in a moment"


def number(value: float, decimals: int = 0) -> str:
    """Write a number with thousands separated: ``1,234``, or with that many decimals."""
    return f"{value:,.{decimals}f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: ``1 job``, ``1,204 jobs``, ``2 companies`` where the plural is given."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def money(
    minimum: float | None, maximum: float | None, currency: str | None = None, period: str | None = None
) -> str:
    """Write pay in major units: from and to a bound, or between two: ``from EUR 17.50 an hour``.

    Args:
        minimum: Lower bound in major units, or None.
        maximum: Upper bound in major units, or None.
        currency: ISO 4217 code, or None where it was not stated.
        period: ``year``, ``month``, ``week``, ``day`` or ``hour``; another word is written as ``per word``.
    """
    bounds = [_amount(bound) for bound in (minimum, maximum) if bound is not None]
    if not bounds:
        return MISSING
    words = f" {MISSING} ".join(dict.fromkeys(bounds))
    if currency:
        words = f"{currency} {words}"
    if minimum is None:
        words = f"up to {words}"
    elif maximum is None:
        words = f"from {words}"
    if period:
        words = f"{words} {_PERIODS.get(period, f'per {period}')}"
    return words


def _amount(value: float) -> str:
    return number(value, 0 if float(value).is_integer() else 2)
