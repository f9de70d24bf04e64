"""What opportunities hold about a person: what they offer, what they wish for, what they look for."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

_OFFERED = OwnedRows("marketplace.opportunity", "opportunity_id", owner="owner_id")
_WISHES = OwnedRows("marketplace.mentoring_wish", "wish_id")
_SEARCHES = OwnedRows("marketplace.opportunity_search", "search_id")

_EXPORTS = {
    "offered": text("""
        select o.opportunity_id, o.kind, o.format, o.title, o.summary, o.description, o.state, o.seats,
               o.hours_per_week, o.starts_on, o.ends_on, o.created_at, o.changed_at,
               array(select label from marketplace.opportunity_skill s
                      where s.opportunity_id = o.opportunity_id order by part, label) as skills
          from marketplace.opportunity o where o.owner_id = :person order by o.created_at, o.opportunity_id
    """),
    "wishes": text("""
        select w.wish_id, w.format, w.words, w.cadence, w.state, w.created_at, w.changed_at,
               array(select label from marketplace.mentoring_wish_topic t
                      where t.wish_id = w.wish_id order by label) as topics
          from marketplace.mentoring_wish w where w.person_id = :person order by w.created_at, w.wish_id
    """),
    "searches": text("""
        select search_id, name, query, alerts, seen_at, told_at, created_at, changed_at
          from marketplace.opportunity_search where person_id = :person order by created_at, search_id
    """),
}
# Drafts go; what others took part in stays as what it was, without a name.
_ERASE = (
    text("delete from marketplace.opportunity where owner_id = :person and state = 'draft'"),
    text("""
        update marketplace.opportunity
           set owner_id = null, state = 'closed', version = version + 1, changed_at = :now
         where owner_id = :person
    """),
    text("delete from marketplace.mentoring_wish where person_id = :person"),
    text("delete from marketplace.opportunity_search where person_id = :person"),
)


def _export(tx: Tx, person: PersonId) -> Json:
    return {
        name: [_plain(row) for row in tx.execute(statement, {"person": person}).mappings()]
        for name, statement in _EXPORTS.items()
    }


def _plain(row: Any) -> Json:
    return {name: _written(value) for name, value in row.items()}


def _written(value: Any) -> Json:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [str(each) for each in value]
    return None if value is None else value if isinstance(value, int) else str(value)


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:
    for statement in _ERASE:
        tx.execute(statement, {"person": person, "now": now})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    return {
        "offered": move_rows(tx, _OFFERED, kept=kept, merged=merged),
        "wishes": move_rows(tx, _WISHES, kept=kept, merged=merged),
        "searches": move_rows(tx, _SEARCHES, kept=kept, merged=merged),
    }


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - the signature
    give_back_rows(tx, _OFFERED, moved["offered"], kept=kept, merged=merged)
    give_back_rows(tx, _WISHES, moved["wishes"], kept=kept, merged=merged)
    give_back_rows(tx, _SEARCHES, moved["searches"], kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="marketplace.opportunities",
        title=later("What you offer, wish for and look for in the marketplace"),
        tables=(
            "marketplace.opportunity",
            "marketplace.mentoring_wish",
            "marketplace.mentoring_wish_topic",
            "marketplace.opportunity_search",
        ),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        kept=later(
            "Opportunities that others could see stay without your name, closed: people took part in them. "
            "Drafts, wishes and searches go."
        ),
    )
)
