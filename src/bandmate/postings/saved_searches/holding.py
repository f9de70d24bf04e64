"""What saved searches hold about a person: what they look for, and which postings they were told of."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later
from bandmate.postings.saved_searches.tables import alert_match, saved_search

_SEARCHES = OwnedRows("postings.saved_search", "search_id")


def _export(tx: Tx, person_id: PersonId) -> Json:
    owned = saved_search.c.person_id == person_id
    searches = tx.execute(
        select(saved_search).where(owned).order_by(saved_search.c.created_at, saved_search.c.search_id)
    ).all()
    matches = tx.execute(
        select(alert_match)
        .join(saved_search, saved_search.c.search_id == alert_match.c.search_id)
        .where(owned)
        .order_by(alert_match.c.found_at, alert_match.c.job_id, alert_match.c.opening)
    )
    found: defaultdict[UUID, list[Json]] = defaultdict(list)
    for row in matches:
        found[row.search_id].append(
            {"job_id": row.job_id, "found_at": rfc3339(row.found_at), "told_at": _written(row.told_at)}
        )
    return [
        {
            "search_id": str(row.search_id),
            "name": row.name,
            "query": row.query,
            "frequency": row.frequency,
            "hour": row.hour,
            "weekday": row.weekday,
            "time_zone": row.time_zone,
            "created_at": rfc3339(row.created_at),
            "changed_at": rfc3339(row.changed_at),
            "seen_at": rfc3339(row.seen_at),
            "deleted_at": _written(row.deleted_at),
            "alerts": found[row.search_id],
        }
        for row in searches
    ]


def _written(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def _erase(tx: Tx, person_id: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    """Delete the searches; what was found for them goes with them."""
    tx.execute(text("delete from postings.saved_search where person_id = :person"), {"person": person_id})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    return {"searches": move_rows(tx, _SEARCHES, kept=kept, merged=merged)}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - the signature
    give_back_rows(tx, _SEARCHES, moved["searches"], kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="postings.saved_searches",
        title=later("Searches you saved, and the jobs they told you of"),
        tables=("postings.saved_search", "postings.alert_match"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
    )
)
