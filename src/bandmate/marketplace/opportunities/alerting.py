"""Alerts: what is new in a saved search becomes one message a day or a week.

A search remembers up to when it was told of everything. Each alert tells what could be found after that instant
and up to ten minutes ago (what commits late is told next time), asks for its message and moves the instant in the
same transaction; so nothing is left out and nothing told twice. What is not open to the person at that moment,
by the launch of its kind, is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import ENGLISH, speaking
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import MessageRequest, Urgency, request_message
from bandmate.marketplace.launches import visible_kinds_of
from bandmate.marketplace.launches.queries import note_told
from bandmate.marketplace.opportunities.domain import Opportunity
from bandmate.marketplace.opportunities.pages.cards import hours_of, place_of
from bandmate.marketplace.opportunities.pages.words import SEARCH, address, kind_name
from bandmate.marketplace.opportunities.saved_searches import (
    OPPORTUNITY_ALERTS,
    SETTLING,
    TEMPLATE,
    Alerts,
    SavedSearch,
    allowing,
    saved_search_of,
)
from bandmate.marketplace.opportunities.searching.query import Order
from bandmate.marketplace.opportunities.searching.results import News, news_for

BATCH = 50
MOST_NAMED = 10
"""Opportunities named in one message; the others are counted."""

# Each search at most once in its time: an hour's grace, so that a daily one does not creep through the day.
_DUE = text("""
    select s.search_id, s.person_id, s.name, s.query, s.alerts, s.seen_at, s.told_at, s.created_at, s.changed_at,
           p.locale
      from marketplace.opportunity_search s join kernel.person p using (person_id)
     where s.alerts = 'daily' and s.told_at <= :now - interval '23 hours'
        or s.alerts = 'weekly' and s.told_at <= :now - interval '167 hours'
     order by s.told_at, s.search_id limit :limit for update of s skip locked
""")
_TOLD = text("update marketplace.opportunity_search set told_at = :until where search_id = any(:searches)")


def send_due(tx: Tx, *, now: datetime, limit: int = BATCH) -> int:
    """Ask for the messages that are due; return how many searches' time had come."""
    rows = tx.execute(_DUE, {"now": now, "limit": limit}).all()
    if not rows:
        return 0
    until = now - SETTLING
    searches = [saved_search_of(row) for row in rows]
    locales = {row.person_id: row.locale for row in rows}
    persons = sorted({search.person_id for search in searches})
    allowed, kinds = allowing(tx, persons, now), visible_kinds_of(tx, persons)
    heard = [each for each in searches if each.person_id in allowed and each.query and kinds[each.person_id]]
    asked = [
        News(each.query, kinds[each.person_id], each.told_at or until, until)
        for each in heard
        if each.query is not None
    ]
    for search, (items, total) in zip(heard, news_for(tx, asked, now=now, most=MOST_NAMED), strict=True):
        if total:
            request_message(tx, _letter(search, items, total, locales[search.person_id], now), now=now)
            note_told(tx, [search.person_id], {item.kind for item in items}, now=now)
    tx.execute(_TOLD, {"until": until, "searches": [search.search_id for search in searches]})
    return len(rows)


def _letter(
    search: SavedSearch, items: Sequence[Opportunity], total: int, locale: str | None, now: datetime
) -> MessageRequest:
    query = search.query
    assert query is not None  # noqa: S101 - only readable searches are told of
    with speaking(locale or ENGLISH):
        reason = {
            Alerts.DAILY: _("You get this because you saved the search “{name}” with a daily alert."),
            Alerts.WEEKLY: _("You get this because you saved the search “{name}” with a weekly alert."),
        }[search.alerts]
        return MessageRequest(
            request_id=EventId(
                fast_derived_id(TEMPLATE, str(search.search_id), rfc3339(search.told_at or search.created_at))
            ),
            recipient=PersonId(search.person_id),
            template=TEMPLATE,
            variables={
                "search": search.name,
                "items": [_item(each) for each in items],
                "total": total,
                "more": total - len(items),
                "all_href": address(replace(query, order=Order.NEWEST)),
                "edit_href": f"{SEARCH}/saved",
            },
            purpose=OPPORTUNITY_ALERTS.name,
            urgency=Urgency.DIGEST,
            expires_at=now + timedelta(days=2),
            reason=reason.format(name=search.name),
        )


def _item(each: Opportunity) -> dict[str, Any]:
    return {
        "kind": kind_name(each.kind),
        "title": each.title,
        "summary": each.summary,
        "href": f"{SEARCH}/{each.opportunity_id}",
        "facts": [fact for fact in (each.department, place_of(each), hours_of(each.hours_per_week)) if fact],
    }
