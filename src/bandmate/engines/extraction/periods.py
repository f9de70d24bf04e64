"""Pay periods as texts and providers write them."""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from typing import Literal

Period = Literal["year", "month", "week", "day", "hour"]

_HOUR = (
    r"hourly|hours?|hrs?|std|stunden?|stundenlohn|heures?|horas?|ora|ore|uur|uurloon|timme?n?|time(?:l[øo]n)?|"
    r"godzin[aęy]|h|時給|時間|小时|시급"
)
_DAY = r"daily|days?|diem|tag(?:essatz)?|jour(?:nalier)?|d[ií]as?|diaria|giorno|dag|dzie[nń]|d|日給|天|일급"
_WEEK = r"weekly|weeks?|wks?|woche|w[öo]chentlich|semaines?|semana(?:l)?|settimana|vecka|tydzie[nń]|週給|周"
_MONTH = (
    r"monthly|months?|mos?|mth|monat(?:lich|sgehalt)?|mtl|mois|mensuel(?:le)?s?|mensual(?:es)?|mes|m[êe]s|"
    r"mensa(?:l|is|le|li)|mese|maand|m[åa]nad(?:en)?|m[åa]ned(?:en|lig)?|mnd|miesi[ęe]cznie|miesi[ąa]c|mies|m|月給|月薪|月|월급|월"
)
_YEAR = (
    r"yearly|annual(?:ly|i[sz]ed)?|years?|yrs?|annum|p\.?\s?a|pa|jahr(?:esgehalt|lich)?|j[äa]hrlich|jährl|ann[ée]e|an|ans|"
    r"annuel(?:le)?s?|a[ñn]o|anual(?:es)?|ano|anuais|anno|annu[aoi]|jaar|[åa]r(?:et|lig(?:en|t)?)?|rok|rocznie|y|ral|年収|年俸|"
    r"年薪|年|연봉|연"
)
_ALL = f"(?P<hour>{_HOUR})|(?P<day>{_DAY})|(?P<week>{_WEEK})|(?P<month>{_MONTH})|(?P<year>{_YEAR})"
_RAW = re.compile(rf"(?<![^\W_])(?:{_ALL})(?![^\W\d_])", re.IGNORECASE)
_NO_MULTIPLE = re.compile(r"^\s*(?:1\s|[^\d]*$)")

FOLLOWING = re.compile(
    r"(?:(?<=kr)\.(?=\s?(?:om|per|pr|i|/)))?\s?[,(]?\s?(?:(?:gross|base|brutto|bruto|bruts?|brut[oa]s?|net|netto|lord[oi]|usd|eur|gbp|cad|"
    r"full[- ]time)(?:\s|(?=/)))?(?:\(?\+\s?vat\)?\s)?"
    rf"(?:/\s?|per\s|(?:an?|each|every|the)\s|p(?:ro|ar|or|r)\s|al?\s|im\s|je\s|por\s|all['’]|l['’]|na\s|i\s|om\s|"
    rf"p\.?\s?(?=[ahm]\b)|-)?"
    rf"(?:{_ALL})(?![^\W_])\)?",
    re.IGNORECASE,
)
"""A period that follows an amount at once: "/hr", "per year", "brut par an", "p.a."."""
_BARE = frozenset(
    {
        "h",
        "d",
        "m",
        "y",
        "an",
        "ans",
        "a",
        "pa",
        "mo",
        "mos",
        "std",
        "ora",
        "ore",
        "time",
        "i",
        "day",
        "days",
        "hour",
        "hours",
    }
    | {"hr", "hrs", "week", "weeks", "month", "months", "year", "years"}
)
"""Words that are a period only with a "/", "per" or the like before them."""
_ATTACHED = frozenset({"hr", "hrs", "yr", "pa"})
"""Words that may touch the amount: "$43.00hr"."""
_LINK = re.compile(r"/|\b(?:per|an?|each|every|the|pro|par|por|pr|al?|im|je|all|l|na|i|om|p)\b|-", re.IGNORECASE)

PRECEDING = re.compile(
    r"\b(?:(?P<hour>hourly|per hour|hour(?=ly| rate)|stundenlohn|stundensatz|taux horaire|por hora|uurloon|"
    r"timl[öo]n(?:en)?)|"
    r"(?P<day>daily rate|day rate|per diem|tagessatz|tjm)|(?P<week>weekly|per week|each week)|"
    r"(?P<month>monthly|per month|monat(?:lich\w*|sgehalt)|mensuel(?:le)?|mensual|mensal|mensile|"
    r"m[åa]n(?:ads|eds)l[öøo]n(?:en)?|maand(?:salaris)?|miesi[ęe]cznie|bruto per maand)|"
    r"(?P<year>annual(?:ly|i[sz]ed)?|yearly|per year|per annum|jahres\w+|j[äa]hrlich\w*|annuel(?:le)?|anual|"
    r"annua|ral|jaar(?:salaris)?|ote))\b"
    r"|(?P<hour2>時給|시급)|(?P<month2>月給|月薪|월급)|(?P<year2>年収|年俸|年薪|연봉)",
    re.IGNORECASE,
)
"""A period named in the words before an amount: "hourly rate:", "Jahresgehalt"."""


def parse_period(raw: str) -> Period | None:
    """The pay period a provider states: ``"1 YEAR"``, ``"per-hour-wage"``, ``"Annually"``.

    None for multiples (``"2 WEEK"``, ``"bi-weekly"``), one-off pay (``"1 TIME"``) and anything unknown.
    """
    words = re.sub(r"[-_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", raw[:100])).strip()
    if (
        not words
        or not _NO_MULTIPLE.match(words)
        or re.search(r"\b(?:bi|semi|fort|quarter|half|twice)", words, re.IGNORECASE)
    ):
        return None
    if re.fullmatch(r"(?:1 )?(?:one ?)?time", words, re.IGNORECASE):
        return None
    match = _RAW.search(words)
    return _period(match) if match else None


def period_after(text: str, position: int) -> tuple[Period, int] | None:
    """The period that stands right after ``position``, and where it ends."""
    match = FOLLOWING.match(text, position, position + 60)
    if not match:
        return None
    period = _period(match)
    word = match[period]
    attached = match.start(period) == position and word.lower() in _ATTACHED
    if word.lower() in _BARE and not attached and not _LINK.search(text, position, match.start(period)):
        return None
    return period, match.end()


def period_before(text: str) -> Period | None:
    """The last period named in ``text``."""
    last = None
    for match in PRECEDING.finditer(text):
        last = match
    return _period(last) if last else None


def _period(match: re.Match[str]) -> Period:
    return (match.lastgroup or "").rstrip("2")  # type: ignore[return-value]  # the groups are named after the periods
