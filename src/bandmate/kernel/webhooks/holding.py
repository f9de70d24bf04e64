"""What webhooks hold about a person: that they registered one or asked for a replay. The endpoint itself stays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text, update

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later
from bandmate.kernel.webhooks.tables import webhook_endpoint, webhook_replay

_ENDPOINTS = OwnedRows("kernel.webhook_endpoint", "endpoint_id", owner="created_by")
_REPLAYS = OwnedRows("kernel.webhook_replay", "replay_id", owner="requested_by")


def _export(tx: Tx, person_id: PersonId) -> Json:
    endpoints = tx.execute(
        select(webhook_endpoint)
        .where(webhook_endpoint.c.created_by == person_id)
        .order_by(webhook_endpoint.c.created_at, webhook_endpoint.c.endpoint_id)
    )
    replays = tx.execute(
        select(webhook_replay)
        .where(webhook_replay.c.requested_by == person_id)
        .order_by(webhook_replay.c.requested_at, webhook_replay.c.replay_id)
    )
    return {
        "endpoints": [
            {
                "endpoint_id": str(row.endpoint_id),
                "url": row.url,
                "description": row.description,
                "types": list(row.types),
                "created_at": rfc3339(row.created_at),
                "deleted_at": None if row.deleted_at is None else rfc3339(row.deleted_at),
            }
            for row in endpoints
        ],
        "replays": [
            {
                "replay_id": str(row.replay_id),
                "endpoint_id": str(row.endpoint_id),
                "requested_at": rfc3339(row.requested_at),
            }
            for row in replays
        ],
    }


def _erase(tx: Tx, person_id: PersonId, _: datetime) -> None:
    """Strip the person; their description goes too, for it is their words. The endpoint goes on working."""
    tx.execute(
        update(webhook_endpoint)
        .where(webhook_endpoint.c.created_by == person_id)
        .values(created_by=None, description="")
    )
    tx.execute(
        text("update kernel.webhook_replay set requested_by = null where requested_by = :person"),
        {"person": person_id},
    )


def _merge(tx: Tx, kept: PersonId, merged: PersonId, _: datetime) -> Moved:
    return {
        "endpoints": move_rows(tx, _ENDPOINTS, kept=kept, merged=merged),
        "replays": move_rows(tx, _REPLAYS, kept=kept, merged=merged),
    }


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, _: datetime) -> None:
    give_back_rows(tx, _ENDPOINTS, moved["endpoints"], kept=kept, merged=merged)
    give_back_rows(tx, _REPLAYS, moved["replays"], kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="webhooks",
        title=later("Webhooks you registered"),
        tables=("kernel.webhook_endpoint", "kernel.webhook_replay"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        kept=later(
            "The addresses of webhooks you registered stay, without your name and description, because the "
            "organisation's systems go on depending on them."
        ),
    )
)
