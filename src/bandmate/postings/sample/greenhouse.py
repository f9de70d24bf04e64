"""A board's answer in the shape of Greenhouse's job board API (`/v1/boards/{token}/jobs?content=true`).

`content` is entity-escaped HTML; `pay_input_ranges` is present only on the board that is asked with
`pay_transparency=true`; `updated_at` moves without any change of meaning. Sources: the notes on the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any

import orjson

from bandmate.postings.sample.advert import Advert, Pay, Place
from bandmate.postings.sample.composing import Body
from bandmate.postings.sample.ids import greenhouse_number

# Greenhouse writes its times in US Eastern time; daylight saving time is close enough for a sample.
_EASTERN = timezone(timedelta(hours=-4))
_HOSTS = {"concordatrights": "job-boards.eu.greenhouse.io"}
_NAMES = {"concordatrights": "Concordat Rights Society", "bellwetherlund": "Bellwether & Lund"}
_WITH_PAY = frozenset({"bellwetherlund"})
_MODELS = {"onsite": "On-Site", "hybrid": "Hybrid", "remote": "Remote"}
_PAY_TITLES = {"hour": "Hourly Pay Range", "month": "Monthly Salary Range", "year": "Annual Salary Range"}


def answer(postings: Sequence[bytes], total: int) -> bytes:
    """Join rendered postings to the whole answer, which declares its total."""
    return b'{"jobs":[' + b",".join(postings) + b'],"meta":{"total":' + str(total).encode() + b"}}"


def posting(advert: Advert, body: Body, anchor: datetime) -> bytes:
    """Write one posting."""
    return orjson.dumps(_wire(advert, body, anchor))


def nameless(advert: Advert, body: Body, anchor: datetime) -> bytes:
    """Write one posting whose id the provider lost: nobody can say which posting it is."""
    return orjson.dumps(_wire(advert, body, anchor) | {"id": None})


def provider_id(advert: Advert) -> str:
    """Give the posting's id as text."""
    return str(greenhouse_number("post", advert.board, advert.key))


def _wire(advert: Advert, body: Body, anchor: datetime) -> dict[str, Any]:
    identity = int(provider_id(advert))
    touched = advert.born if advert.touched is None else advert.touched
    wire: dict[str, Any] = {
        "absolute_url": f"https://{_host(advert)}/{advert.board}/jobs/{identity}",
        "data_compliance": [_compliance(advert)],
    }
    if advert.role.language == "en" and "Apprentice" not in advert.title:
        wire["education"] = "education_optional"
    wire |= {
        "internal_job_id": greenhouse_number("job", advert.board, advert.key),
        "location": {"name": " | ".join(place.written for place in advert.places)},
        "metadata": _metadata(advert),
        "id": identity,
        "updated_at": _time(anchor, touched),
        "requisition_id": f"{advert.board[:2].upper()}-{identity % 9973}",
        "title": advert.title,
        "company_name": _NAMES[advert.board],
        "first_published": _time(anchor, advert.born),
        "language": advert.role.language,
        "application_deadline": _deadline(advert, anchor),
        "content": _escaped(_html(advert, body)),
        "departments": [_department(advert)],
        "offices": [_office(place, advert.board) for place in advert.places],
        "ai_disclaimer": None,
        "include_ai_disclaimer": None,
        "ai_opt_out_request_url": None,
    }
    if advert.board in _WITH_PAY:
        wire["pay_input_ranges"] = [_pay(advert.pay)] if advert.pay and advert.pay.in_field else []
    return wire


def _host(advert: Advert) -> str:
    return _HOSTS.get(advert.board, "job-boards.greenhouse.io")


def _time(anchor: datetime, day: float) -> str:
    moment = (anchor + timedelta(days=day)).astimezone(_EASTERN)
    return moment.isoformat(timespec="seconds")


def _deadline(advert: Advert, anchor: datetime) -> str | None:
    """Give a closing date to the adverts of the rights society, four to nine weeks after publication."""
    if advert.board != "concordatrights" or len(advert.key) % 3:
        return None
    return _time(anchor, max(advert.born, -30.0) + 40 + len(advert.key) % 30)


def _compliance(advert: Advert) -> dict[str, Any]:
    return {
        "type": "gdpr",
        "requires_consent": advert.board == "concordatrights",
        "requires_processing_consent": False,
        "requires_retention_consent": False,
        "retention_period": 180 if advert.board == "concordatrights" else None,
        "demographic_data_consent_applies": False,
    }


def _metadata(advert: Advert) -> list[dict[str, Any]] | None:
    """Give the custom fields: the society states work model and contract there, the instrument maker has none."""
    if advert.board != "concordatrights":
        return None
    stated = (("Location Type", _MODELS[advert.model]), ("Employment Type", advert.terms))
    return [
        {"id": greenhouse_number("field", name), "name": name, "value": value, "value_type": "single_select"}
        for name, value in stated
    ]


def _department(advert: Advert) -> dict[str, Any]:
    parent = greenhouse_number("department", advert.board, advert.department)
    if advert.team == advert.department or advert.board == "bellwetherlund":
        return {"id": parent, "name": advert.department, "child_ids": [], "parent_id": None}
    return {
        "id": greenhouse_number("department", advert.board, advert.team),
        "name": advert.team,
        "child_ids": [],
        "parent_id": parent,
    }


def _office(place: Place, board: str) -> dict[str, Any]:
    return {
        "id": greenhouse_number("office", board, place.key),
        "name": place.city or place.written,
        "location": place.full if place.city else None,
        "child_ids": [],
        "parent_id": None,
    }


def _pay(pay: Pay) -> dict[str, Any]:
    return {
        "min_cents": round(pay.low * 100),
        "max_cents": round(pay.high * 100),
        "currency_type": pay.currency,
        "title": _PAY_TITLES[pay.period],
        "blurb": "<p>Where you start in the range depends on experience, never on how well you haggle.</p>",
    }


def _html(advert: Advert, body: Body) -> str:
    # Most touches move `updated_at` alone; only a third one also leaves an empty paragraph behind.
    gap = "<p>&nbsp;</p>\n" * (advert.polish // 3)
    parts = [f'<div class="content-intro">{_paragraphs(body.opening)}</div>{_paragraphs(body.body)}']
    for section in body.sections:
        points = "\n".join(f"<li>{escape(point, quote=False)}</li>" for point in section.points)
        parts.append(f"<h3>{escape(section.heading, quote=False)}</h3>\n<ul>\n{points}\n</ul>")
    practical = (*body.practical, *((body.pay,) if body.pay else ()))
    if practical:
        parts.append(f"<h3>{escape(body.practical_heading, quote=False)}</h3>\n{_paragraphs(practical)}")
    parts.append(f'{gap}<div class="content-conclusion">{_paragraphs(body.closing)}</div>')
    return "\n".join(parts)


def _paragraphs(paragraphs: Sequence[str]) -> str:
    return "\n".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)


def _escaped(html: str) -> str:
    return escape(html).replace("&#x27;", "&#39;")
