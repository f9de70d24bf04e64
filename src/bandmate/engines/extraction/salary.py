"""The salary a description states, told apart from all the other money in it.

Every amount is judged by the words beside it in its own clause: "$10,000 relocation support" is no pay, "base
salary" is. The nearest word decides; the heading above helps. Of what remains the base range comes first, then
pay ranges in general, then amounts that stand alone on a line, and on-target earnings only where nothing else
is stated.
"""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bandmate.engines.extraction.currencies import BY_COUNTRY, PER_DOLLAR
from bandmate.engines.extraction.money import Money, find_money
from bandmate.engines.extraction.periods import Period, parse_period, period_before

__all__ = ["SalaryFinding", "find_salary", "parse_period"]


@dataclass(frozen=True, slots=True)
class SalaryFinding:
    """What a description says the job pays, before tax unless the quote says otherwise."""

    minimum: Decimal | None
    """In major units of the currency, for one period; None in "up to ..."."""
    maximum: Decimal | None
    """As ``minimum``; None in "from ..."."""
    currency: str | None
    """ISO 4217; None where the text leaves it open."""
    period: Period | None
    start: int
    end: int
    quote: str
    """``text[start:end]``."""
    confidence: float
    """0 to 1."""


_PAY = (
    r"salar(?:y|ies)|compensation|comp|pay(?:s|ing)?|paid|wages?|remuneration|rates?|base|earn(?:s|ings?)?|"
    r"package|stipend(?= of)|"
    r"income|ctc|gross|hiring range|target range|range for this (?:role|position)|(?:hourly|annual|yearly|"
    r"monthly) range|we offer|"
    r"\w*gehalt\w*|verg[üu]tung|\w*lohn|entgelt|honorar|\w*verdienst|salaires?|r[ée]mun[ée]ration|fixe|brut|tjm|"
    r"salario|sueldo|"
    r"retribuci[óo]n|"
    r"remunera[çc][ãa]o|sal[áa]rio|stipendio|ral|retribuzione|\w*loon|salaris|vergoeding|\w*l[øoö]n(?:en)?|l[øo]nn|"
    r"wynagrodzenie|wide[łl]ki|palkka|mzda|gratification|bolsa(?:-aux[íi]lio)?|"
    r"plat|brutto|bruto|\w*(?:年収|月給|時給|給与|年薪|月薪|薪资|연봉|월급|급여)"
)
_GIVEN = (
    r"(?:you|interns?)(?:['’]ll| will| would)? (?:receive|get)|zahlen|verdienst|verdienen|ofrecemos|oferecemos|"
    r"offriamo|oferujemy|betalen"
)
"""Verbs of giving: pay unless it is said what the money is for."""
_OTE = r"ote|on[- ]target[- ]earnings|on[- ]target|ttc|total target cash|total cash|target earnings"
_OTHER = (
    r"(?:customers?|clients?|users?|companies|brands|people|candidates) (?:\w+ )?(?:pay|paid|paying|earn)|"
    r"manag(?:e|ing)|"
    r"paid (?:media|ads?|advertising|social|search|acquisition|campaigns|user)|"
    r"bonus(?:es)?|sign(?:ing)?[- ]on|relocation|referral|equity|stock|options|rsus?|shares?|401\s?\(?k\)?|"
    r"match(?:ing)?|"
    r"stipends?|allowance|reimburse\w*|budgets?|funding|funded|rais(?:e|ed|ing)|round|series|seed|invest\w*|"
    r"valuation|valued|"
    r"revenue|arr|mrr|gmv|aum|assets|acv|tcv|deals?|deal size|contracts?|quota|pipeline|sales|spend(?:ing)?|"
    r"portfolio|"
    r"market|industry|opportunity|billion|million|custom(?:er|ers)|clients?|savings?|sav(?:e|ed|ing)|costs?|"
    r"prizes?|donat\w*|"
    r"grants?|tuition|learning|education|development|wellness|lifestyle|fitness|gym|commuter|phone|internet|"
    r"travel|"
    r"per diem|meals?|lunch|food|credits?|insurance|deductible|premium|hsa|fsa|fund|funds|loan|loans|"
    r"transactions?|payments?|"
    r"volume|worth|valuable|value|fee|fees|charge|charges|cap|capped|housing|up front|commission(?:s)?|"
    r"incentive|variable|"
    r"backed by|capital|ventures|housing|home[- ]?office|equipment|setup|vouchers?|gift|perks?|benefits?|"
    r"contribut\w*|"
    r"profit|turnover|sold|acquired|exit|ipo|projects?|campaigns?|accounts?|businesses|companies|households?|"
    r"families|users?|"
    r"pr[äa]mie|zuschuss|budgetverantwortung|umsatz|prime|int[ée]ressement|cl[ée]mence|bonos?|visa|threshold|"
    r"sponsorship|penalty|fine|\w*bidrag\w*|vale[- ]\w+|tickets?|reiskosten\w*|aux[íi]lio\w*|"
    r"dofinansowanie|手当|補助"
)
_CUE = re.compile(
    rf"(?<!\w)(?:(?P<ote>{_OTE})|(?P<other>{_OTHER})|(?P<given>{_GIVEN})|(?P<pay>{_PAY}))(?![^\W\d])",
    re.IGNORECASE,
)
_GIVEN_FOR = re.compile(r"\W*(?:for|towards?|to (?:spend|use)|on top|für|pour|para|voor|för)\b", re.IGNORECASE)
_GROSS = re.compile(r"(?<!\w)(?:gross|brutt?[oa]s?|bruts?|lord[oi]|before tax)(?!\w)", re.IGNORECASE)
"""Only pay is counted before tax."""
_BASE = re.compile(
    r"(?<!\w)(?:base|fixed|grundgehalt|fixgehalt|fixe|salar(?:y|ies)|gehalt\w*|年収|月給|年薪|月薪|연봉|월급)"
    r"(?![^\W\d])",
    re.IGNORECASE,
)
_ADDED = re.compile(
    r"(?:\+|\bplus\b|&|\band\b|\bwith\b|,|\bincl\w*|\bexcl\w*|\bnot including)\s*(?:[\w-]+\s){0,3}?"
    r"(?:commissions?|bonus(?:es)?|equity|stock|benefits|incentives?|variable|options|ote|stipends?|housing|"
    r"relocation|perks|tips|super(?:annuation)?)\b(?:\s*(?:\+|and|&|,)\s*(?:bonus|equity|benefits))?",
    re.IGNORECASE,
)
_AFTER_ENDS = re.compile(
    r"[+,;()]|\.(?:\s|$)|\s(?:plus|and|with|as well|depending|based|in addition|per|for|,)\b|\s[-–—]\s",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;!?](?=\s)|\|")
_UP_TO = re.compile(
    r"\b(?:up to|upto|maximum(?: of)?|max\.?|bis zu|jusqu['’][àa]|hasta|fino a|at[ée]|tot|no more than|"
    r"under)\W{0,3}\Z",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(?:from|starting(?: at| from)?|starts? at|at least|minimum(?: of)?|min\.?|ab|mindestens|à partir de|"
    r"desde|a partir de|vanaf|da|fr[åa]n|fra|od|north of|over|between|zwischen|entre)\W{0,3}\Z",
    re.IGNORECASE,
)
_LINE_START = re.compile(
    r"(?:[^\w$€£]*|[-•*–—\s]*[\w .,'’()/&-]{1,40}:\s*)(?:(?:between|from|up to|circa|approx\w*|ca)\b\W{0,2})?\Z",
    re.IGNORECASE,
)
"""Nothing, a bullet or a label ("Zone 1:") before the amount."""
_REACH = 140
_AHEAD = 48
_HEADING = 90

_FLOOR = {"year": 4_000, "month": 250, "week": 80, "day": 20, "hour": 2}
_CEILING = {"year": 2_500_000, "month": 120_000, "week": 25_000, "day": 6_000, "hour": 1_000}
"""What a wage may be, in rough US dollars."""
_SPREAD = 6
"""How many times the minimum a maximum may be; wider is a slip or another thing (``$1.00 - $250,000``)."""
_READ = 100_000
"""Characters of a description that are read."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    money: Money
    period: Period | None
    cue: str
    """"base", "pay", "line", "heading" or "ote": what makes it pay, best first."""
    bound: str
    """"both", "up to" or "from"."""


_RANK = {"base": 0, "pay": 1, "heading": 2, "line": 3, "ote": 4}
_CONFIDENCE = {"base": 0.95, "pay": 0.9, "heading": 0.85, "line": 0.75, "ote": 0.5}


def find_salary(text: str, country_code: str | None = None) -> SalaryFinding | None:
    """The salary the text states, or None.

    ``country_code`` (ISO 3166-1 alpha-2, the posting's) decides which dollar a bare "$" is and which currency a
    pay line without any sign means. Where several ranges are equally good (one per zone or level) the first is
    taken: postings list the range of the advertised place first.
    """
    best: _Candidate | None = None
    for candidate in _candidates(text[:_READ], country_code):
        if best is None or _order(candidate) < _order(best):
            best = candidate
    return _finding(text, best, country_code) if best else None


def _order(candidate: _Candidate) -> tuple[int, int]:
    kind = _RANK[candidate.cue]
    return (
        (kind if candidate.cue == "ote" else 0, 0 if candidate.money.is_range else 1)
        if kind
        else (0, not candidate.money.is_range)
    )


def _candidates(text: str, country_code: str | None) -> Iterator[_Candidate]:
    """Amounts that read as pay."""
    money = list(find_money(text, country_code))
    for index, found in enumerate(money):
        if not (found.currency or found.grouped or found.period) or found.huge:
            continue
        previous = money[index - 1].end if index else 0
        following = money[index + 1].start if index + 1 < len(money) else len(text)
        candidate = _candidate(text, found, previous, following, country_code)
        if candidate:
            yield candidate


def _candidate(
    text: str, money: Money, previous: int, following: int, country_code: str | None
) -> _Candidate | None:
    """The amount as pay, if its size and the words beside it (from ``previous`` to ``following``) allow it."""
    line_start = max(0, money.start - _REACH)
    line_start = text.rfind("\n", line_start, money.start) + 1 or line_start
    clause = _CLAUSE.split(text[max(line_start, previous) : money.start])[-1]
    after = text[money.end : min(following, money.end + _AHEAD)].split("\n", 1)[0]
    cue = _cue(clause, after) or _own_cue(text, money) or _standing_alone(text, money, line_start)
    if cue in {"other", ""} or not (money.currency or (money.grouped and cue == "base")):
        return None
    currency = money.currency or BY_COUNTRY.get(country_code or "")
    period = _plausible(money, currency, money.period or period_before(clause) or period_before(after))
    if period is None:
        return None
    bound = "both"
    if not money.is_range:
        bound = (
            "up to" if _UP_TO.search(clause) else "from" if money.open_ended or _FROM.search(clause) else "both"
        )
    return _Candidate(money, period, cue, bound)


def _standing_alone(text: str, money: Money, line_start: int) -> str:
    """What an amount without words is that begins its line: "heading" below one about pay, else "line"."""
    if not _LINE_START.match(text[line_start : money.start]):
        return ""
    heading = _cue(_heading(text, line_start), "")
    if heading == "other" and not money.period:
        return ""
    if heading in {"pay", "base", "ote"}:
        return "heading"
    return "line" if money.is_range or money.period else ""


def _cue(before: str, after: str) -> str:
    """What the words beside an amount make of it: "base", "pay", "ote", "other" or "" (nothing)."""
    tail = ""
    if not _ADDED.match(after.lstrip()):
        tail = after.lstrip(" +)(]–-")
        end = _AFTER_ENDS.search(tail)
        tail = tail[: end.start()] if end else tail
    nearest = _CUE.search(tail)
    if nearest:
        return _named(nearest, tail)
    plain = _ADDED.sub(" ", before)
    for match in _CUE.finditer(plain):
        nearest = match
    if nearest and nearest["given"] and _GIVEN_FOR.match(after):
        return "other"
    return _named(nearest, plain) if nearest else ""


def _own_cue(text: str, money: Money) -> str:
    """What the amount's own words make of it: a sum before tax is pay."""
    return "pay" if _GROSS.search(text, money.start, min(len(text), money.end + 14)) else ""


def _named(match: re.Match[str], phrase: str) -> str:
    kind = "pay" if match["given"] else match.lastgroup or ""
    return "base" if kind == "pay" and _BASE.search(phrase) else kind


def _heading(text: str, line_start: int) -> str:
    """The line above, if it is short enough to be a heading."""
    above = text[max(0, line_start - _HEADING - 3) : max(0, line_start - 1)].rstrip("\n")
    line = above.rsplit("\n", 1)[-1]
    return line if len(line) <= _HEADING else ""


def _plausible(money: Money, currency: str | None, period: Period | None) -> Period | None:
    """The period for which the amounts can be pay, the year where none is stated; None where they cannot."""
    if money.low <= 0 or money.high > money.low * _SPREAD:
        return None
    scale = Decimal(str(PER_DOLLAR.get(currency or "", 1)))
    low, high = money.low / scale, money.high / scale
    if period:
        if _FLOOR[period] <= low and high <= _CEILING[period]:
            return period
        if money.period or period != "hour" or low < _FLOOR["year"]:
            return None
    if low >= 12_000:  # noqa: PLR2004 - nobody earns that in a month without the text saying so
        return "year" if high <= _CEILING["year"] else None
    return None


def _finding(text: str, chosen: _Candidate, country_code: str | None) -> SalaryFinding:
    money = chosen.money
    confidence = _CONFIDENCE[chosen.cue] - (0.1 if not money.is_range else 0) - (0.1 if not money.period else 0)
    currency = money.currency or BY_COUNTRY.get(country_code or "")
    return SalaryFinding(
        None if chosen.bound == "up to" else money.low,
        None if chosen.bound == "from" else money.high,
        currency,
        chosen.period,
        money.start,
        money.end,
        text[money.start : money.end],
        round(confidence if money.currency else confidence - 0.2, 2),
    )
