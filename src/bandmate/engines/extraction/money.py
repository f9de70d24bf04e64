"""Amounts of money and ranges of them in a text, whatever they are for.

Numbers are looked up first; the few characters around each are then read for signs, multipliers and periods. Two
amounts with nothing but a range word between them are one range. Everything is anchored, so that time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from bandmate.engines.extraction.currencies import SUFFIX, currency_of, sign_before
from bandmate.engines.extraction.periods import Period, period_after

_NUMBER = re.compile(r"[0-9]++(?:[.,'’][0-9]++|[ \u00a0\u202f\u2009][0-9]{3}(?![0-9]))*+")
_LONGEST_NUMBER = 20
_MULTIPLIER = re.compile(
    r"\s?(?:(?P<thousand>k(?:ilo)?|tsd\.?|thousand|t€|tys\.?)|(?P<lakh_a_year>lpa)|(?P<lakh>lakhs?|lacs?)|"
    r"(?P<man>万|만)|"
    r"(?P<huge>mm?|mn|mio|millions?|b|bn|billions?|trillions?|crores?|cr|tn|億))(?![^\W\d_])(?!['’]s)|"
    r"(?P<man2>万|만)",
    re.IGNORECASE,
)
_FACTORS = {"thousand": 1_000, "lakh": 100_000, "lakh_a_year": 100_000, "man": 10_000, "man2": 10_000}
_BETWEEN = re.compile(
    r"\.?\s*(?:,-)?\s*(?:ote\s)?(?:[-–—−‐‑‒―~〜～]{1,2}|to|until|up to|till?|bis(?: zu)?|à|au?|al|até|hasta|och|"
    r"tot|do|ate|through|thru|max\.?|"
    r"(?:-|–|to)\s*(?:up to|max(?:imum)?))\s*(?:maximum\s|max\s)?",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:and|&|und|et|y|e|en|og|i)\s*", re.IGNORECASE)
_BETWEEN_WORD = re.compile(
    r"\b(?:between|zwischen|entre|tussen|mellan|mellem|mellom|tra|fra|från|compris\w*)\W{0,3}\Z", re.IGNORECASE
)
_RETIREMENT = re.compile(r"(?:401|403|457|529|1099)$")
_UNIT_AFTER = re.compile(
    r"\s?(?:%|percent|st\b|nd\b|rd\b|th\b|x\b|km\b|years?\b|yrs?\b|employees|people|hours\b(?! rate)|days\b|"
    r"months\b|weeks\b|min\b|gb\b|tb\b)",
    re.IGNORECASE,
)
_MINUS_CENTS = re.compile(r"\s?,-{1,2}")
_PLUS = re.compile(r"\+(?!\s?\d)")


@dataclass(frozen=True, slots=True)
class Amount:
    """One number that may be money."""

    value: Decimal
    """In units of the currency, the multiplier applied."""
    bare: bool
    """Whether no multiplier was written: the 60 of "60-70k"."""
    huge: bool
    """Millions and more: funding, revenue, never pay in a strong currency."""
    grouped: bool
    """Written with thousands separators or a multiplier."""
    currency: str | None
    prefixed: bool
    period: Period | None
    open_ended: bool
    """Followed by a plus."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Money:
    """One amount (``low == high``) or a range."""

    low: Decimal
    high: Decimal
    currency: str | None
    period: Period | None
    huge: bool
    grouped: bool
    is_range: bool
    open_ended: bool
    start: int
    end: int


def find_money(text: str, country_code: str | None) -> Iterator[Money]:
    """All amounts and ranges of the text in its order, numbers without any sign of money included."""
    waiting: Amount | None = None
    for match in _NUMBER.finditer(text):
        amount = _amount(text, match, country_code)
        if amount is None:
            continue
        if waiting is not None:
            if amount.start < waiting.end:
                continue
            joined = _range(text, waiting, amount) if amount.start - waiting.end < 30 else None  # noqa: PLR2004 - a range word is short
            if joined:
                waiting = None
                yield joined
                continue
            yield _single(waiting)
        waiting = amount
    if waiting is not None:
        yield _single(waiting)


def _amount(text: str, match: re.Match[str], country_code: str | None) -> Amount | None:
    number, start, end = match.group(), match.start(), match.end()
    if len(number) > _LONGEST_NUMBER:
        return None
    sign_start = sign_before(text, start)
    prefix = sign_start < start
    if (
        not prefix
        and start
        and ((text[start - 1] < "\u0250" and text[start - 1].isalpha()) or text[start - 1] in "_#@")
    ):
        return None
    parsed = _number(number)
    if parsed is None:
        return None
    value, grouped = parsed
    multiplier = _MULTIPLIER.match(text, end)
    kind = multiplier.lastgroup or "" if multiplier else ""
    huge = kind == "huge"
    if multiplier and not (number.isdigit() and _RETIREMENT.match(number)):
        value *= _FACTORS.get(kind, 1)
        end = multiplier.end()
        grouped = True
    elif multiplier:
        return None
    else:
        cents = _MINUS_CENTS.match(text, end)
        end = cents.end() if cents else end
        if not prefix and _UNIT_AFTER.match(text, end):
            return None
    plus = _PLUS.match(text, end)
    suffix = SUFFIX.match(text, plus.end() if plus else end, end + 16)
    if suffix:
        end = suffix.end()
    sign = text[sign_start:start]
    currency = currency_of(sign, country_code) if prefix else None
    if suffix:
        stated = currency_of(suffix.group(), country_code)
        # "$120,000 CAD": the code says which dollar
        currency = stated if currency is None or sign.strip() in "$¥" else currency
    if prefix:
        start = sign_start
    if kind == "lakh" or kind == "lakh_a_year":
        currency = currency or "INR"
    after_plus = _PLUS.match(text, end)
    plus = plus or after_plus
    found = period_after(text, after_plus.end() if after_plus else end)
    if found:
        end = found[1]
    return Amount(
        value, multiplier is None, huge, grouped, currency, prefix, found[0] if found else "year" if kind == "lakh_a_year" else None,
        plus is not None, start, end,
    )  # fmt: skip


def _number(written: str) -> tuple[Decimal, bool] | None:
    """(value, whether thousands were grouped) of a number in any country's spelling; None for versions and the like."""
    digits = re.sub(r"[ \u00a0\u202f\u2009'’]", "", written)
    grouped = digits != written
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        decimal = "," if digits.rfind(",") > digits.rfind(".") else "."
        whole, _, cents = digits.rpartition(decimal)
        if decimal in whole or len(cents) > 2:  # noqa: PLR2004 - cents
            return None
        return Decimal(re.sub(r"[.,]", "", whole) + "." + cents), True
    separator = "," if commas else "."
    groups = digits.split(separator)
    if len(groups) == 1:
        return Decimal(digits), grouped
    if all(len(group) == 3 for group in groups[1:]) and 0 < len(groups[0]) <= 3 and groups[0] != "0":  # noqa: PLR2004
        return Decimal("".join(groups)), True
    if len(groups) > 2 and len(groups[-1]) == 3 and all(len(group) == 2 for group in groups[1:-1]):  # noqa: PLR2004
        return Decimal("".join(groups)), True  # Indian grouping: 12,00,000
    if len(groups) == 2 and len(groups[1]) <= 2:  # noqa: PLR2004 - decimals
        return Decimal(".".join(groups)), grouped
    if len(groups) == 2 and separator == "," and len(groups[1]) == 4 and groups[1].endswith("0"):  # noqa: PLR2004
        return Decimal(groups[0] + groups[1][:3]), True  # one zero too many: 140,0000
    return None


def _range(text: str, low: Amount, high: Amount) -> Money | None:
    """The range two neighbouring amounts make, if only a range word stands between them."""
    if not _BETWEEN.fullmatch(text, low.end, high.start) and not (
        _AND.fullmatch(text, low.end, high.start) and _BETWEEN_WORD.search(text, max(0, low.start - 20), low.start)
    ):
        return None
    if (
        low.currency
        and high.currency
        and low.currency != high.currency
        and "USD" not in (low.currency, high.currency)
    ):
        return None
    low, high = _share_multiplier(low, high)
    if low.value > high.value or low.huge != high.huge:
        return None
    currency = high.currency or low.currency
    if low.currency and high.currency and low.currency != high.currency:
        currency = low.currency if high.currency == "USD" else high.currency
    return Money(
        low.value, high.value, currency, high.period or low.period, huge=high.huge, is_range=True,
        grouped=high.grouped or low.grouped, open_ended=False, start=low.start, end=high.end,
    )  # fmt: skip


def _share_multiplier(low: Amount, high: Amount) -> tuple[Amount, Amount]:
    """Give both ends the multiplier that was written once: "120-150K", "$180-220,000", "45-55.000"."""
    if high.huge and low.bare and not low.grouped:
        return replace(low, huge=True), high
    if low.bare and low.value < 1000 <= high.value:  # noqa: PLR2004 - thousands
        lifted = low.value * 1000
        if high.value / 8 <= lifted <= high.value:
            return replace(low, value=lifted), high
        for factor in (10_000, 100_000):  # 600~1000万, 12-15 LPA
            if high.value % factor == 0 and high.value / 8 <= low.value * factor <= high.value:
                return replace(low, value=low.value * factor), high
    if high.bare and high.value < 1000 <= low.value and low.value <= high.value * 1000 <= low.value * 8:  # noqa: PLR2004
        return low, replace(high, value=high.value * 1000)
    return low, high


def _single(amount: Amount) -> Money:
    return Money(
        amount.value, amount.value, amount.currency, amount.period, huge=amount.huge, is_range=False,
        grouped=amount.grouped, open_ended=amount.open_ended, start=amount.start, end=amount.end,
    )  # fmt: skip
