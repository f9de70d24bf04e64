"""The message of an alert: which jobs, why each fits, where to see the rest and to change the alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import ENGLISH, later, speaking
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import MessageRequest, MessageTemplate, Urgency, declare_template
from bandmate.postings.job_query import JobQuery, Sort
from bandmate.postings.pages.cards import card, pay
from bandmate.postings.pages.slices import Names, active_filters, address
from bandmate.postings.records import Record
from bandmate.postings.saved_searches.domain import Frequency
from bandmate.postings.saved_searches.purpose import JOB_ALERTS

TEMPLATE = declare_template(
    MessageTemplate("postings.job_alert", "Job alerts", Path(__file__).parent / "messages")
).name

MOST_JOBS = 20
"""Jobs named in one message; the others are counted."""

EXPIRY = {
    Frequency.AT_ONCE: timedelta(days=1),
    Frequency.DAILY: timedelta(days=2),
    Frequency.WEEKLY: timedelta(days=7),
}
"""After this nobody wants a digest any more that could not be sent."""

KINDS = {"new": later("New"), "reopened": later("Open again"), "changed": later("Changed")}

_REASONS = {
    Frequency.AT_ONCE: later(
        "You get this because you saved the search “{name}” and want to hear of new jobs at once."
    ),
    Frequency.DAILY: later("You get this because you saved the search “{name}” with a daily digest."),
    Frequency.WEEKLY: later("You get this because you saved the search “{name}” with a weekly digest."),
}

_SCALARS = {
    "org_id": "org_id",
    "board_id": "board_id",
    "company": "company",
    "provider": "provider",
    "department": "department",
    "team": "team",
    "work_model": "work_model",
    "employment_type": "employment_kind",
    "language": "language",
    "salary_currency": "salary_currency",
}
_OF_PLACES = {"city": "city", "region": "region", "country": "country_code"}


@dataclass(frozen=True, slots=True)
class Digest:
    """What one message tells."""

    search_id: UUID
    number: int
    """Counts the digests of a search, from 1."""
    name: str
    query: JobQuery
    frequency: Frequency
    jobs: Sequence[tuple[Record, str]]
    """At most ``MOST_JOBS``, the newest first, each with the kind of its news."""
    total: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it is for."""

    person_id: PersonId
    locale: str | None


def job_alert(tx: Tx, digest: Digest, reader: Reader, *, now: datetime) -> MessageRequest:
    """Return the request for a digest's message, its words in the reader's language."""
    with speaking(reader.locale or ENGLISH):
        names = Names.of(tx, digest.query)
        return MessageRequest(
            request_id=EventId(fast_derived_id(TEMPLATE, str(digest.search_id), str(digest.number))),
            recipient=reader.person_id,
            template=TEMPLATE,
            variables={
                "search": digest.name,
                "asks": [each.label for each in active_filters(digest.query, names)],
                "jobs": [_job(record, kind, digest.query, names) for record, kind in digest.jobs],
                "total": digest.total,
                "more": digest.total - len(digest.jobs),
                "all_href": address(replace(digest.query, sort=Sort.POSTED)),
                "edit_href": f"/saved/{digest.search_id}/edit",
            },
            purpose=JOB_ALERTS.name,
            urgency=Urgency.SOON if digest.frequency is Frequency.AT_ONCE else Urgency.DIGEST,
            expires_at=now + EXPIRY[digest.frequency],
            reason=_(_REASONS[digest.frequency]).format(name=digest.name),
        )


def _job(record: Record, kind: str, query: JobQuery, names: Names) -> dict[str, Any]:
    shown = card(record)
    return {
        "title": shown.title,
        "href": shown.href,
        "company": shown.company,
        "place": shown.place,
        "more_places": len(shown.more_places),
        "work_model": shown.work_model,
        "pay": pay(record) if shown.pay else "",
        "kind": "" if kind == "new" else _(KINDS[kind]),
        "posted_at": rfc3339(shown.posted_at),
        "why": list(why_it_fits(record, query, names)),
    }


def why_it_fits(record: Record, query: JobQuery, names: Names) -> Iterator[str]:
    """Yield what of a query a posting meets, in words; of several choices those that it has."""
    alone = [field.name for field in fields(JobQuery) if isinstance(getattr(query, field.name), tuple)]
    nothing: dict[str, Any] = dict.fromkeys(alone, ())
    yield from (each.label for each in active_filters(replace(query, **nothing), names))
    for name in alone:
        held = _held(record, name)
        yield from (names.label(name, value) for value in getattr(query, name) if str(value) in held)


def _held(record: Record, name: str) -> frozenset[str]:
    if name in _OF_PLACES:
        return frozenset(str(place[_OF_PLACES[name]]) for place in record["locations"])
    return frozenset({str(record[_SCALARS[name]])}) if name in _SCALARS else frozenset()
