"""A board's answer in the shape of Lever's public postings API (`/v0/postings/{site}?mode=json`).

The shape, with what is on the wire and not in Lever's README (`createdAt`, `salaryRange`, lists without `<ul>`),
is described in the notes on the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

import orjson

from bandmate.postings.sample.advert import Advert, Pay
from bandmate.postings.sample.composing import Body, Section
from bandmate.postings.sample.ids import uuid_of

_INTERVALS = {"hour": "per-hour-wage", "month": "per-month-salary", "year": "per-year-salary"}
_SIZES = ("16px", "15px", "11pt")


def answer(postings: Sequence[bytes], total: int) -> bytes:
    """Join rendered postings to the whole answer; Lever declares no total."""
    del total
    return b"[" + b",".join(postings) + b"]"


def posting(advert: Advert, body: Body, anchor: datetime) -> bytes:
    """Write one posting."""
    opening = _divs(body.opening, advert.polish)
    practical = (body.practical_heading, *body.practical) if body.practical else ()
    text = body.body + practical
    inner = _divs(text, advert.polish)
    closing = (*body.closing,) if body.pay is None or _pay_field(advert) else (body.pay, *body.closing)
    additional = _divs(closing, advert.polish)
    url = f"https://jobs.lever.co/{advert.board}/{provider_id(advert)}"
    wire: dict[str, Any] = {
        "additionalPlain": _plain(closing),
        "additional": additional,
        "categories": _categories(advert),
        "createdAt": int((anchor + timedelta(days=advert.born)).timestamp() * 1000),
        "descriptionPlain": _plain(body.opening + text),
        "description": opening + "<div><br></div>" + inner,
        "id": provider_id(advert),
        "lists": [_list(section, advert.board) for section in body.sections],
    }
    if advert.pay is not None and _pay_field(advert):
        wire |= _salary(advert.pay, body)
    wire |= {
        "text": advert.title,
        "country": advert.place.code or None,
        "workplaceType": advert.model,
        "opening": opening,
        "openingPlain": _plain(body.opening),
        "descriptionBody": inner,
        "descriptionBodyPlain": _plain(text),
        "hostedUrl": url,
        "applyUrl": f"{url}/apply",
    }
    return orjson.dumps(wire)


def provider_id(advert: Advert) -> str:
    """Give the posting's id, a UUID."""
    return uuid_of("lever", advert.board, advert.key)


def _categories(advert: Advert) -> dict[str, Any]:
    categories: dict[str, Any] = {"commitment": advert.terms} if advert.terms else {}
    return categories | {
        "department": advert.department,
        "location": advert.place.written,
        "team": advert.team,
        "allLocations": [place.written for place in advert.places],
    }


def _pay_field(advert: Advert) -> bool:
    return advert.pay is not None and advert.pay.in_field


def _salary(pay: Pay, body: Body) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "salaryRange": {
            "min": int(pay.low),
            "max": int(pay.high),
            "currency": pay.currency,
            "interval": _INTERVALS[pay.period],
        }
    }
    if body.pay:
        wire |= {
            "salaryDescription": f"<div>{escape(body.pay, quote=False)}</div>",
            "salaryDescriptionPlain": body.pay,
        }
    return wire


def _list(section: Section, board: str) -> dict[str, str]:
    """Write a list; nearly all on the wire are `<li>` without `<ul>`, one board of ours is old-fashioned."""
    points = "\n".join(f"<li>{escape(point, quote=False)}</li>" for point in section.points)
    if board == "rosinstreet":
        return {"text": section.heading, "content": f"<ul>\n{points}\n</ul>"}
    if board == "halfnote":
        return {"text": section.heading, "content": f"<div>\n{points}\n</div>"}
    return {"text": section.heading, "content": f"\n{points}\n"}


def _divs(paragraphs: Sequence[str], polish: int) -> str:
    size = _SIZES[polish % len(_SIZES)]
    return "\n<div>&nbsp;</div>\n".join(
        f'<div><span style="font-size: {size};">{escape(paragraph, quote=False)}</span></div>'
        for paragraph in paragraphs
    )


def _plain(paragraphs: Sequence[str]) -> str:
    return "\n\n".join(paragraphs)
