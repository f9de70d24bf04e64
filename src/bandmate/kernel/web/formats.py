"""How times, days, numbers and pay are written for people: plain functions, no templates, no request.

They write in the present language (``kernel.languages``), with the patterns of the Unicode CLDR through Babel.
English is written by hand, in the same form: it is what most pages are in, and several times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_skeleton, format_timedelta
from babel.lists import format_list

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.languages import dressed, language, later, locale_of, ngettext
from bandmate.kernel.languages import gettext as _

MISSING = "–"  # noqa: RUF001 - a dash, meant as one
"""What stands where nothing is known."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PERIODS = {
    "year": (later("a year"), later("{amount} a year")),
    "month": (later("a month"), later("{amount} a month")),
    "week": (later("a week"), later("{amount} a week")),
    "day": (later("a day"), later("{amount} a day")),
    "hour": (later("an hour"), later("{amount} an hour")),
}
"""Each period alone, and with what is paid in it."""
_Unit = Literal["year", "month", "week", "day", "hour", "minute"]
_UNITS: tuple[tuple[_Unit, int], ...] = (
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
    return _moment(instant.astimezone(zone), "short", utc=zone is UTC)


def calendar_day(day: date) -> str:
    """Write a day as ``3 Nov 2026``; of a datetime, the day in its own zone."""
    return dressed(_day(day, locale_of(language())), language())


def short_day(day: date) -> str:
    """Write a day without its year, ``3 Nov``."""
    locale = locale_of(language())
    english = locale.language == "en"
    text = f"{day.day} {_MONTHS[day.month - 1]}" if english else format_skeleton("MMMd", day, locale=locale)
    return dressed(text, language())


def exact(instant: datetime) -> str:
    """Write an aware instant to the second in UTC, ``3 Nov 2026, 14:00:05 UTC``."""
    return _moment(instant.astimezone(UTC), "medium", utc=True)


def machine_time(instant: datetime) -> str:
    """Write an aware instant for a ``datetime`` attribute (RFC 3339, UTC, milliseconds)."""
    return rfc3339(instant)


def relative(instant: datetime, now: datetime) -> str:
    """Write how far an instant is from now, in its largest whole unit: ``2 days ago``, ``in 1 hour``."""
    seconds = (now - instant).total_seconds()
    for unit, length in _UNITS:
        count = int(abs(seconds) // length)
        if count:
            return _distance(count if seconds > 0 else -count, unit, length, language())
    return _("just now") if seconds >= 0 else _("in a moment")


def number(value: float, decimals: int = 0) -> str:
    """Write a number with thousands separated: ``1,234``, or with that many decimals."""
    locale = locale_of(language())
    if locale.language == "en":
        return f"{value:,.{decimals}f}"
    return _number(value, decimals, locale)


def percent(share: float) -> str:
    """Write a share of one in hundredths: ``5 %``."""
    locale = locale_of(language())
    if locale.language == "en":
        return f"{100 * share:,.0f} %"
    return str(locale.percent_formats[None].apply(share, locale))


def counted(one: str, many: str, count: int) -> str:
    """Write a counted text in the form that fits: ``counted("{count} open job", "{count} open jobs", 1204)``.

    Both forms are texts of the catalogue; ``{count}`` becomes the number as the reader writes it.
    """
    return ngettext(one, many, count).replace("{count}", number(count))


def upfirst(text: str) -> str:
    """Write the first letter large and leave the others alone: in German ``every 6 hours`` holds a noun."""
    return text[:1].upper() + text[1:]


def listed(names: Sequence[str]) -> str:
    """Write alternatives one after the other: ``Berlin``, ``Berlin or Paris``, ``Berlin, Paris or Rome``."""
    if len(names) < 2:  # noqa: PLR2004 - one name stands alone
        return "".join(names)
    return dressed(format_list(names, style="or", locale=locale_of(language())), language())


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
    bounds = list(dict.fromkeys(_amount(bound) for bound in (minimum, maximum) if bound is not None))
    if not bounds:
        return MISSING
    words = bounds[0]
    if len(bounds) > 1:
        words = _("{low} – {high}").format(low=bounds[0], high=bounds[1])  # noqa: RUF001 - a dash, meant as one
    if currency:
        words = _("{currency} {amount}").format(currency=currency, amount=words)
    if minimum is None:
        words = _("up to {amount}").format(amount=words)
    elif maximum is None:
        words = _("from {amount}").format(amount=words)
    if period in _PERIODS:
        words = _(_PERIODS[period][1]).format(amount=words)
    elif period:
        words = _("{amount} per {period}").format(amount=words, period=period)
    return words


def pay_period(period: str) -> str:
    """Write for how long an amount is paid, without the amount: ``a year``."""
    return _(_PERIODS[period][0]) if period in _PERIODS else _("per {period}").format(period=period)


def _amount(value: float) -> str:
    return number(value, 0 if float(value).is_integer() else 2)


def _day(day: date, locale: Locale) -> str:
    if locale.language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return format_skeleton("yMMMd", day, locale=locale)


def _moment(local: datetime, precision: str, *, utc: bool) -> str:
    """Write day and time as a clock shows them, to the minute (``short``) or to the second (``medium``)."""
    locale = locale_of(language())
    if locale.language == "en":
        text = f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local.hour:02}:{local.minute:02}"
        text = f"{text}:{local.second:02}" if precision == "medium" else text
    else:
        clock = time(local.hour, local.minute, local.second)
        pattern: str = locale.datetime_formats["medium"]
        text = pattern.replace("{1}", _day(local, locale)).replace(
            "{0}", locale.time_formats[precision].apply(clock, locale)
        )
    return dressed(f"{text} UTC" if utc else text, language())


@lru_cache(maxsize=4096)
def _number(value: float, decimals: int, locale: Locale) -> str:
    return str(locale.decimal_formats[None].apply(value, locale, force_frac=(decimals, decimals)))


@lru_cache(maxsize=4096)
def _distance(count: int, unit: _Unit, length: int, tag: str) -> str:
    """Write a distance of ``count`` units; into the future when it is negative."""
    locale = locale_of(tag)
    if locale.language != "en":
        away = timedelta(seconds=-count * length)
        return format_timedelta(away, granularity=unit, threshold=1, add_direction=True, locale=locale)
    words = f"{number(abs(count))} {unit}" + ("" if abs(count) == 1 else "s")
    return dressed(f"{words} ago" if count > 0 else f"in {words}", tag)
