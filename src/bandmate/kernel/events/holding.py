"""The event log as a holding.

An event that tells of a person has them as its subject and names other persons by their ids only; so it is found
by its subject, and what an id alone says is nothing once the person is erased.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings.registry import Holding, Json, Moved, declare_holding
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

_OF = text("""
    select type, version, occurred_at, recorded_at, data
      from kernel.event where subject = :person order by event.xid, position
""")

# Deleted, not emptied: a subscriber that has not come so far would stumble over an event without its data. What
# tells of the person's own merging and erasure holds ids only, and others must still hear it.
_ERASE = text("delete from kernel.event where subject = :person and type not like 'kernel.person.%'")


def _export(tx: Tx, person: PersonId) -> Json:
    return [
        {
            "type": row.type,
            "version": row.version,
            "occurred_at": rfc3339(row.occurred_at),
            "recorded_at": rfc3339(row.recorded_at),
            "data": row.data,
        }
        for row in tx.execute(_OF, {"person": str(person)})
    ]


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    tx.execute(_ERASE, {"person": str(person)})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    """Leave the log alone: it says what was known at the time, and an export shows both persons' events."""
    return {}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:
    """Nothing moved."""


HOLDING = declare_holding(
    Holding(
        name="events",
        title=later("What happened, as the log of the program tells it"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        tables=("kernel.event",),
        kept=later("That you were merged or erased stays in the log, under the random number that stood for you."),
    )
)
