"""Time, always aware and in UTC; whoever needs the time takes a clock, so that tests and replays own it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""A function that returns the present instant, aware, in UTC."""


def system_clock() -> datetime:
    """Return the machine's present time, aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """Write an aware instant as RFC 3339 in UTC with milliseconds, e.g. ``2026-06-10T07:56:48.461Z``."""
    # The offset is always +00:00: six characters. Formatting by strftime would take seven times as long.
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def parse_rfc3339(text: str) -> datetime:
    """Read an RFC 3339 instant and return it in UTC.

    Raises:
        ValueError: when the text is no instant, has no offset, or lies outside the years 1 to 9999 in UTC.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it as 2026-06-10T07:56:48Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999 in UTC") from error
