"""Small shapes the providers share: locations once each, pay ranges, workplace words, plain text as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from bandmate.postings.providers.interface import Period, StatedLocation, StatedSalary, WorkplaceType
from bandmate.postings.providers.reading import Reader, fold

_WORKPLACES: dict[str, WorkplaceType] = {
    "onsite": "on_site",
    "inoffice": "on_site",
    "inperson": "on_site",
    "hybrid": "hybrid",
    "remote": "remote",
}
_PERIODS: dict[str, Period] = {
    "year": "year",
    "yearly": "year",
    "annual": "year",
    "annually": "year",
    "annum": "year",
    "month": "month",
    "monthly": "month",
    "week": "week",
    "weekly": "week",
    "day": "day",
    "daily": "day",
    "hour": "hour",
    "hourly": "hour",
    "hr": "hour",
}


def workplace(word: str | None) -> WorkplaceType | None:
    """Map one of the providers' words (``onsite``, ``On-Site``, ``OnSite``); any other says nothing."""
    return _WORKPLACES.get(re.sub(r"[\s_-]", "", word).lower()) if word else None


def period_word(word: str) -> Period | None:
    """Map one word to a period: ``hourly`` is ``hour``."""
    return _PERIODS.get(word.lower())


def once_each(locations: Iterable[StatedLocation]) -> tuple[StatedLocation, ...]:
    """Keep the first location of each text, whatever its case; the one with more stated parts wins its place."""
    kept: dict[str, StatedLocation] = {}
    for location in locations:
        same = kept.get(location.text.casefold())
        if same is None or not (same.city or same.region or same.country):
            kept[location.text.casefold()] = location
    return tuple(kept.values())


def pay_range(
    reader: Reader,
    low: str,
    high: str,
    *,
    currency: str | None,
    period: Period | None,
    raw: str | None,
    scale: int = 1,
) -> StatedSalary | None:
    """Read a pay range from two fields in units of ``1/scale``; ``None`` when neither bound is set."""
    minimum, maximum = reader.amount(low), reader.amount(high)
    if minimum is None and maximum is None:
        return None
    if minimum is not None and maximum is not None and minimum > maximum:
        reader.note(low, f"“{low}” is larger than “{high}”; they were exchanged.")
        minimum, maximum = maximum, minimum
    return StatedSalary(
        minimum=None if minimum is None else minimum / scale,
        maximum=None if maximum is None else maximum / scale,
        currency=currency,
        period=period,
        raw=raw,
    )


def range_words(low: object, high: object, *rest: object) -> str:
    """Put a range's own fields in one line: ``200000 - 270000 USD per-year-salary``."""
    bounds = " - ".join(str(bound) for bound in (low, high) if bound)
    return fold(" ".join([bounds, *(str(word) for word in rest if word)]))


def enclosing(salaries: Sequence[StatedSalary], *, raw: str | None = None) -> StatedSalary | None:
    """Return the range around all ranges that share the first one's currency and period.

    Two currencies are never merged, nor two periods; an open side stays open only when no range closes it.
    """
    if not salaries:
        return None
    first = salaries[0]
    alike = [s for s in salaries if (s.currency, s.period) == (first.currency, first.period)]
    bounds = [bound for s in alike for bound in (s.minimum, s.maximum) if bound is not None]
    words = dict.fromkeys(s.raw for s in alike if s.raw)
    return StatedSalary(
        minimum=min(bounds) if any(s.minimum is not None for s in alike) else None,
        maximum=max(bounds) if any(s.maximum is not None for s in alike) else None,
        currency=first.currency,
        period=first.period,
        raw=raw or "; ".join(words) or None,
    )


def distinct(salaries: Iterable[StatedSalary | None]) -> tuple[StatedSalary, ...]:
    """Keep each range once, in order."""
    return tuple(dict.fromkeys(salary for salary in salaries if salary is not None))


def paragraphs(plain: str) -> str:
    """Write a plain text as HTML: blank lines part paragraphs, single ones become ``<br>``."""
    blocks = (block.strip() for block in re.split(r"\n\s*\n", plain))
    return "".join(f"<p>{escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks if block)
