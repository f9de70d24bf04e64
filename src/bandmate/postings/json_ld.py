"""A posting as schema.org JobPosting, the way search engines read it.

Sources: schema.org/JobPosting and Google Search Central, "Job posting structured data". Required there are title,
description, datePosted, hiringOrganization and jobLocation or, for remote work, applicantLocationRequirements; a
closed job keeps its page and has a validThrough in the past.
"""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from bandmate.postings.queries import JobDetail
from bandmate.postings.records import Record

_EMPLOYMENT = {
    "full_time": "FULL_TIME",
    "part_time": "PART_TIME",
    "contract": "CONTRACTOR",
    "internship": "INTERN",
    "temporary": "TEMPORARY",
}
_PERIODS = {"year": "YEAR", "month": "MONTH", "week": "WEEK", "day": "DAY", "hour": "HOUR"}

# In a data block only "</script" and "<!--" end or change what is read (HTML, 4.12.1.3); JSON may write every
# character as an escape, so none of the characters that begin markup is left, nor JavaScript's line ends.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def job_posting(detail: JobDetail, *, address: str) -> dict[str, Any]:
    """Return the posting as a JobPosting; what is not known is left out.

    Args:
        detail: the posting.
        address: the absolute address of its page here.
    """
    record = detail.record
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": record["title"],
        "description": detail.description_html or detail.description_text,
        "identifier": {
            "@type": "PropertyValue",
            "name": record["company"],
            "value": record["provider_job_key"],
        },
        "datePosted": record["source_posted_at"] or record["first_seen_at"],
        "validThrough": _end(record),
        "employmentType": _EMPLOYMENT.get(record["employment_kind"] or "") if record["employment_type"] else None,
        "hiringOrganization": {"@type": "Organization", "name": record["company"]},
        "jobLocation": [_place(place) for place in record["locations"] if _is_place(place)],
        "jobLocationType": "TELECOMMUTE" if record["work_model"] == "remote" else None,
        "applicantLocationRequirements": _countries(record) if record["work_model"] == "remote" else None,
        "baseSalary": _salary(record),
        "directApply": False,
        "url": address,
        "sameAs": record["source_url"],
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def data_block(data: object) -> Markup:
    """Return JSON that may stand inside ``<script type="application/ld+json">``, whatever texts it holds."""
    return Markup(json.dumps(data, ensure_ascii=False, default=str).translate(_ESCAPES))  # noqa: S704 - no "<" is left


def _end(record: Record) -> str | None:
    """Return when the offer ended or will: the earlier of its closing and its deadline (both RFC 3339, UTC)."""
    ends = [end for end in (record["inactive_at"], record["valid_through"]) if end]
    return min(ends, default=None)


def _is_place(place: dict[str, Any]) -> bool:
    return any(place[part] for part in ("city", "region", "country_code"))


def _place(place: dict[str, Any]) -> dict[str, Any]:
    parts = {
        "addressLocality": place["city"],
        "addressRegion": place["region"],
        "addressCountry": place["country_code"],
    }
    written = {name: value for name, value in parts.items() if value}
    return {"@type": "Place", "address": {"@type": "PostalAddress", **written}}


def _countries(record: Record) -> list[dict[str, str]]:
    names = dict.fromkeys(place["country"] for place in record["locations"] if place["country"])
    return [{"@type": "Country", "name": name} for name in names]


def _salary(record: Record) -> dict[str, Any] | None:
    low, high, unit = record["salary_min"], record["salary_max"], _PERIODS.get(record["salary_period"] or "")
    if (low is None and high is None) or record["salary_currency"] is None or unit is None:
        return None
    value: dict[str, Any] = {"@type": "QuantitativeValue", "unitText": unit}
    if low is not None and low == high:
        value["value"] = low
    else:
        value |= {name: bound for name, bound in (("minValue", low), ("maxValue", high)) if bound is not None}
    return {"@type": "MonetaryAmount", "currency": record["salary_currency"], "value": value}
