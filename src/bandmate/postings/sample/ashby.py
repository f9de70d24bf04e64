"""A board's answer in the shape of Ashby's posting API (`/posting-api/job-board/{org}?includeCompensation=true`).

`isRemote` is ticked for hybrid work too, `workplaceType` exists only on the newer boards, a compensation tier
mixes salary with equity and bonus: all as on the wire. Sources: the notes on the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

import orjson

from bandmate.postings.sample.advert import Advert, Pay, Place
from bandmate.postings.sample.composing import Body
from bandmate.postings.sample.ids import uuid_of

_MODELS = {"onsite": "OnSite", "hybrid": "Hybrid", "remote": "Remote"}
_OLDER = frozenset({"stavewise"})
_INTERVALS = {"hour": "1 HOUR", "month": "1 MONTH", "year": "1 YEAR"}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$"}
_COUNTRIES = {"United States": "USA", "United Kingdom": "UK"}
_BONUSES = {"UndertowStage": "EquityPercentage", "stavewise": "EquityCashValue", "quiet-carriage": "Bonus"}
_OFFERS = {"EquityPercentage": "Offers Equity", "EquityCashValue": "Offers Equity", "Bonus": "Offers Bonus"}
_STYLE = ' style="min-height:1.5em"'


def answer(postings: Sequence[bytes], total: int) -> bytes:
    """Join rendered postings to the whole answer; Ashby declares no total."""
    del total
    return b'{"jobs":[' + b",".join(postings) + b'],"apiVersion":"1"}'


def posting(advert: Advert, body: Body, anchor: datetime) -> bytes:
    """Write one posting."""
    url = f"https://jobs.ashbyhq.com/{advert.board}/{provider_id(advert)}"
    first, *others = advert.places
    wire: dict[str, Any] = {
        "id": provider_id(advert),
        "title": f"{advert.title} " if advert.polish % 2 else advert.title,
        "department": advert.department,
        "team": advert.team,
        "employmentType": advert.terms,
        "location": first.written,
        "shouldDisplayCompensationOnJobPostings": _shows_pay(advert),
        "secondaryLocations": [
            {"location": place.written, "address": _address(place, advert)} for place in others
        ],
        "publishedAt": (anchor + timedelta(days=advert.born)).isoformat(timespec="milliseconds"),
        "isListed": True,
        "isRemote": None if advert.board in _OLDER and advert.model == "onsite" else advert.model != "onsite",
    }
    if advert.board not in _OLDER:
        wire["workplaceType"] = _MODELS[advert.model]
    wire |= {
        "address": _address(first, advert),
        "jobUrl": url,
        "applyUrl": f"{url}/application",
        "descriptionHtml": _html(advert, body),
        "descriptionPlain": _plain(body),
        "compensation": _compensation(advert),
    }
    return orjson.dumps(wire)


def provider_id(advert: Advert) -> str:
    """Give the posting's id, a UUID."""
    return uuid_of("ashby", advert.board, advert.key)


def _address(place: Place, advert: Advert) -> dict[str, Any] | None:
    """Give the postal address; the country is free text, and one board writes it short."""
    if not place.country:
        return None
    country = _COUNTRIES.get(place.country, place.country) if advert.board == "quiet-carriage" else place.country
    return {
        "postalAddress": {
            "addressRegion": place.region,
            "addressCountry": country,
            "addressLocality": place.city,
        }
    }


def _shows_pay(advert: Advert) -> bool:
    return advert.pay is not None and advert.pay.in_field


def _compensation(advert: Advert) -> dict[str, Any]:
    if advert.pay is None or not advert.pay.in_field:
        return {
            "compensationTierSummary": None,
            "scrapeableCompensationSalarySummary": None,
            "compensationTiers": [],
            "summaryComponents": [],
        }
    return _tier(advert, advert.pay)


def _tier(advert: Advert, pay: Pay) -> dict[str, Any]:
    salary = _component("Salary", _INTERVALS[pay.period], pay)
    extra = _BONUSES[advert.board] if pay.period == "year" else None
    parts = [("Salary", _range(pay, "\N{EN DASH}"), salary)]
    if extra:
        parts.append((extra, _OFFERS[extra], _component(extra, "1 YEAR" if extra == "Bonus" else "NONE", None)))
    summary = " • ".join(text for _, text, _ in parts)
    return {
        "compensationTierSummary": summary,
        "scrapeableCompensationSalarySummary": _range(pay, "-"),
        "compensationTiers": [
            {
                "id": uuid_of("tier", advert.board, advert.key),
                "tierSummary": summary,
                "title": None,
                "additionalInformation": "Zone by place of residence" if advert.model == "remote" else None,
                "components": [
                    {"id": uuid_of(kind, advert.board, advert.key), "summary": text} | component
                    for kind, text, component in parts
                ],
            }
        ],
        "summaryComponents": [component for _, _, component in parts],
    }


def _component(kind: str, interval: str, pay: Pay | None) -> dict[str, Any]:
    return {
        "compensationType": kind,
        "interval": interval,
        "currencyCode": pay.currency if pay else None,
        "minValue": _plain_number(pay.low) if pay else None,
        "maxValue": _plain_number(pay.high) if pay else None,
    }


def _plain_number(amount: float) -> int | float:
    return int(amount) if amount == int(amount) else amount


def _range(pay: Pay, dash: str) -> str:
    """Write a range as Ashby does, as `$96K - $124K`, `£19.00 - £24.00 per hour` or `€2,100 per month`."""
    sign = _SIGNS[pay.currency]
    if pay.period == "year":
        amounts = [f"{sign}{amount / 1000:g}K" for amount in (pay.low, pay.high)]
        unit = ""
    else:
        decimals = 2 if pay.period == "hour" else 0
        amounts = [f"{sign}{amount:,.{decimals}f}" for amount in (pay.low, pay.high)]
        unit = f" per {pay.period}"
    return f" {dash} ".join(dict.fromkeys(amounts)) + unit


def _html(advert: Advert, body: Body) -> str:
    parts = [_paragraphs(body.opening + body.body)]
    for section in body.sections:
        points = "".join(f"<li><p{_STYLE}>{escape(point, quote=False)}</p></li>" for point in section.points)
        parts.append(f"{_heading(section.heading)}<ul{_STYLE}>{points}</ul>")
    if body.practical or body.pay:
        parts.append(_heading(body.practical_heading) + _paragraphs((*body.practical, *_given(body.pay))))
    parts.append(_heading(body.closing_heading) + _paragraphs(body.closing))
    return "".join(parts) + f"<p{_STYLE}></p>" * (advert.polish % 3)


def _heading(text: str) -> str:
    return f"<h2><strong>{escape(text, quote=False)}</strong></h2>"


def _paragraphs(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p{_STYLE}>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)


def _given(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _plain(body: Body) -> str:
    """Write Ashby's plain text: headings in capitals, points behind a dash."""
    blocks = [*body.opening, *body.body]
    for section in body.sections:
        blocks += [section.heading.upper(), *(f" - {point}" for point in section.points)]
    if body.practical or body.pay:
        blocks += [body.practical_heading.upper(), *body.practical, *_given(body.pay)]
    return "\n\n".join([*blocks, body.closing_heading.upper(), *body.closing])
