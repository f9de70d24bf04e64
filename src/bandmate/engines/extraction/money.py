"""Amounts of money and ranges of them in a text, whatever they are for.

Numbers are looked up first; the few characters around each are then read for signs, multipliers and periods. Two
amounts with nothing but a range word between them are one range. Everything is anchored, so that time is linear.
"""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from bandmate.engines.extraction.currencies import SUFFIX, currency_of, sign_before
from bandmate.engines.extraction.periods import Period, period_after

_NUMBER = re.compile(r"[0-9]++(?:[.,'’][0-9]++|[ \u00a0\u202f\u2009][0-9]{3}(?![0-9]))*+")
_LONGEST_NUMBER = 20
_THIN = re.compile(r"[ \u00a0\u202f\u2009'’]")
_GROUP = 3
"""Digits between two thousands separators."""
_CENTS = 2
"""Decimals of a price at most."""
_MULTIPLIER = re.compile(
    r"\s?(?:(?P<thousand>k(?:ilo)?|tsd\.?|thousand|t€|tys\.?)|(?P<lakh_a_year>lpa)|(?P<lakh>lakhs?|lacs?)|"
    r"(?P<man>万|만)|"
    r"(?P<huge>mm?|mn|mio|millions?|b|bn|billions?|trillions?|crores?|cr|tn|億))(?![^\W\d_])(?!['’]s)|"
    r"\s?(?P<man2>万|만)",
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
_RETIREMENT = re.compile(r"401|403|457|529|1099")
_AMBIGUOUS = frozenset("$¥")
_UNIT_AFTER = re.compile(
    r"\s?(?:%|percent|st\b|nd\b|rd\b|th\b|x\b|km\b|years?\b|yrs?\b|employees|people|hours\b(?! rate)|days\b|"
    r"months\b|weeks\b|min\b|gb\b|tb\b)",
    re.IGNORECASE,
)
_ROUND_CENTS = re.compile(r"\s?,-{1,2}")
_PLUS = re.compile(r"\+(?!\s?\d)|[〜～](?=\s*(?:$|[\n（(、。]))")
_INSTALMENTS = re.compile(r"\s?(?:gross|brutto|bruto|lordi)?\s?[x×]\s?1[2-6]\b", re.IGNORECASE)
"""A month's pay that comes more than twelve times a year: "€2,500 x 14"."""


class Amount(NamedTuple):
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
    period: Period | None
    open_ended: bool
    """Followed by a plus."""
    start: int
    end: int


class Money(NamedTuple):
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
    """Read what stands around a number: a sign before; multiplier, sign, plus and period after."""
    number, start, end = match.group(), match.start(), match.end()
    sign_start = sign_before(text, start)
    prefixed = sign_start < start
    if len(number) > _LONGEST_NUMBER or (not prefixed and _within_word(text, start)):
        return None
    parsed = _number(number)
    if parsed is None:
        return None
    value, grouped = parsed
    multiplier = _MULTIPLIER.match(text, end)
    kind = multiplier.lastgroup or "" if multiplier else ""
    if multiplier:
        if _RETIREMENT.fullmatch(number):
            return None
        value *= _FACTORS.get(kind, 1)
        end = multiplier.end()
    elif not prefixed and _UNIT_AFTER.match(text, end):
        return None
    else:
        cents = _ROUND_CENTS.match(text, end)
        end = cents.end() if cents else end
    currency, end = _currency(text, sign_start, start, end, country_code)
    plus = _PLUS.match(text, end)
    instalments = _INSTALMENTS.match(text, end) if currency else None
    found = ("month", instalments.end()) if instalments else period_after(text, plus.end() if plus else end)  # type: tuple[Period, int] | None
    if kind in {"lakh", "lakh_a_year"}:
        currency = currency or "INR"
    return Amount(
        value=value,
        bare=multiplier is None,
        huge=kind == "huge",
        grouped=grouped or multiplier is not None,
        currency=currency,
        period=found[0] if found else "year" if kind == "lakh_a_year" else None,
        open_ended=plus is not None,
        start=sign_start,
        end=found[1] if found else end,
    )


def _within_word(text: str, start: int) -> bool:
    """Whether the number is the tail of a Latin word or a tag ("COVID19", "#42")."""
    before = text[start - 1] if start else " "
    return (before < "\u0250" and before.isalpha()) or before in "_#@"


def _currency(
    text: str, sign_start: int, start: int, end: int, country_code: str | None
) -> tuple[str | None, int]:
    """(currency, where the amount with its signs ends); a code behind says which dollar a bare "$" is."""
    sign = text[sign_start:start]
    currency = currency_of(sign, country_code) if sign else None
    plus = _PLUS.match(text, end)
    suffix = SUFFIX.match(text, plus.end() if plus else end, end + 16)
    if suffix is None:
        return currency, end
    stated = currency_of(suffix.group(), country_code)
    return (stated if currency is None or sign.strip() in _AMBIGUOUS else currency), suffix.end()


def _number(written: str) -> tuple[Decimal, bool] | None:
    """(value, whether thousands were grouped) of a number in any country's spelling; None for versions."""
    digits = _THIN.sub("", written)
    grouped = digits != written
    if "," in digits and "." in digits:
        decimal = "," if digits.rfind(",") > digits.rfind(".") else "."
        whole, _, cents = digits.rpartition(decimal)
        plain = whole.replace(",", "").replace(".", "")
        return (Decimal(f"{plain}.{cents}"), True) if decimal not in whole and len(cents) <= _CENTS else None
    first, *rest = digits.replace(",", ".").split(".")
    if not rest:
        return Decimal(first), grouped
    western = len(first) <= _GROUP and first != "0" and all(len(group) == _GROUP for group in rest)
    indian = len(rest) > 1 and len(rest[-1]) == _GROUP and all(len(group) == _GROUP - 1 for group in rest[:-1])
    if western or indian:  # 1,200,000 or 12,00,000
        return Decimal("".join((first, *rest))), True
    if len(rest) == 1 and len(rest[0]) <= _CENTS:
        return Decimal(f"{first}.{rest[0]}"), grouped
    if len(rest) == 1 and "," in digits and len(rest[0]) == _GROUP + 1 and rest[0].endswith("0"):
        return Decimal(first + rest[0][:_GROUP]), True  # one zero too many: 140,0000
    return None


def _range(text: str, low: Amount, high: Amount) -> Money | None:
    """The range two neighbouring amounts make, if only a range word stands between them."""
    if not _BETWEEN.fullmatch(text, low.end, high.start):
        opened = _BETWEEN_WORD.search(text, max(0, low.start - 20), low.start)
        if not opened or not _AND.fullmatch(text, low.end, high.start):
            return None
    currencies = {low.currency, high.currency} - {None}
    if len(currencies) > 1:
        currencies.discard("USD")  # "$100,000 - $120,000 CAD": the dollar named once is meant twice
    if len(currencies) > 1:
        return None
    low, high = _share_multiplier(low, high)
    if low.value > high.value or low.huge != high.huge:
        return None
    return Money(
        low=low.value,
        high=high.value,
        currency=next(iter(currencies), None),
        period=high.period or low.period,
        huge=high.huge,
        grouped=high.grouped or low.grouped,
        is_range=True,
        open_ended=False,
        start=low.start,
        end=high.end,
    )


def _share_multiplier(low: Amount, high: Amount) -> tuple[Amount, Amount]:
    """Give both ends the multiplier that was written once: "120-150K", "$180-220,000", "45-55.000"."""
    if high.huge and low.bare and not low.grouped:
        return low._replace(huge=True), high
    if low.bare and low.value < 1000 <= high.value:  # noqa: PLR2004 - thousands
        lifted = low.value * 1000
        if high.value / 8 <= lifted <= high.value:
            return low._replace(value=lifted), high
        for factor in (10_000, 100_000):  # 600~1000万, 12-15 LPA
            if high.value % factor == 0 and high.value / 8 <= low.value * factor <= high.value:
                return low._replace(value=low.value * factor), high
    if high.bare and high.value < 1000 <= low.value and low.value <= high.value * 1000 <= low.value * 8:  # noqa: PLR2004
        return low, high._replace(value=high.value * 1000)
    return low, high


def _single(amount: Amount) -> Money:
    return Money(
        low=amount.value,
        high=amount.value,
        currency=amount.currency,
        period=amount.period,
        huge=amount.huge,
        grouped=amount.grouped,
        is_range=False,
        open_ended=amount.open_ended,
        start=amount.start,
        end=amount.end,
    )
