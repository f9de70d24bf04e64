"""Messages as a holding: what was sent to a person, and what waits for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId

_DELIVERIES = OwnedRows("kernel.delivery", "delivery_id")
_SECRETS = OwnedRows("kernel.message_secret", "request_id")

_EXPORT = text("""
    select template, topic, channel, purpose, reason, variables, subject, address, state, requested_at, settled_at
      from kernel.delivery where person_id = :person order by requested_at, delivery_id
""")
_ERASE_SECRETS = text("delete from kernel.message_secret where person_id = :person")
_ERASE = text("delete from kernel.delivery where person_id = :person")


def _export(tx: Tx, person: PersonId) -> Json:
    """Return every message with what it was written from; secrets are never part of it."""
    return [
        {
            "template": row.template,
            "topic": row.topic,
            "channel": row.channel,
            "purpose": row.purpose,
            "reason": row.reason,
            "variables": row.variables,
            "subject": row.subject,
            "address": row.address,
            "state": row.state,
            "requested_at": rfc3339(row.requested_at),
            "settled_at": None if row.settled_at is None else rfc3339(row.settled_at),
        }
        for row in tx.execute(_EXPORT, {"person": person})
    ]


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    """Delete the person's messages, also those that wait; links to stop them go with them."""
    tx.execute(_ERASE_SECRETS, {"person": person})
    tx.execute(_ERASE, {"person": person})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    return {
        "delivery": move_rows(tx, _DELIVERIES, kept=kept, merged=merged),
        "message_secret": move_rows(tx, _SECRETS, kept=kept, merged=merged),
    }


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    give_back_rows(tx, _DELIVERIES, moved.get("delivery", ()), kept=kept, merged=merged)
    give_back_rows(tx, _SECRETS, moved.get("message_secret", ()), kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="messages",
        title="Messages to you",
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        tables=("kernel.delivery", "kernel.message_secret", "kernel.stop_link"),
    )
)
