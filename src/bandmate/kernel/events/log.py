"""The append-only log: publish in the transaction of the change, read in an order that skips no late commit.

A row's ``position`` is given when it is inserted, but transactions commit in another order. A reader that only
remembered the highest position would skip rows that commit later with a lower one. So every row carries its
transaction's id, readers go by (transaction id, position), and they stop below the oldest transaction still
running (``pg_snapshot_xmin``): whatever may still appear sorts after what was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import EventId

CHANNEL = "bandmate_events"
"""PostgreSQL notification channel that wakes subscribers; a missed notification only costs them a poll."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``event_id`` is stable: publishing it twice keeps the first."""

    event_id: EventId
    type: str
    version: int
    subject: str
    occurred_at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """How far a reader has come: transaction id, then position within it."""

    xid: int = 0
    position: int = 0

    def __str__(self) -> str:
        return f"{self.xid}:{self.position}"

    @classmethod
    def parse(cls, written: str) -> Cursor:
        """Read what ``str`` wrote.

        Raises:
            ValueError: for anything else.
        """
        xid, position = written.split(":")
        return cls(int(xid), int(position))


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it stands in the log."""

    cursor: Cursor
    event: Event
    recorded_at: datetime


_PUBLISH = text("""
    insert into kernel.event (event_id, type, version, subject, occurred_at, data)
    select event_id, type, version, subject, occurred_at, data
      from json_to_recordset(cast(:rows as json)) as t(
           event_id uuid, type text, version integer, subject text, occurred_at timestamptz, data jsonb)
    on conflict (event_id) do nothing
""")

_READ = text("""
    select cast(cast(xid as text) as bigint) as xid, position, event_id, type, version, subject, occurred_at,
           recorded_at, data
      from kernel.event
     where (xid, position) > (cast(:xid as xid8), :position)
       and xid < pg_snapshot_xmin(pg_current_snapshot())
       and (cast(:types as text[]) is null or type = any(:types))
     order by kernel.event.xid, position
     limit :limit
""")

_END = text("""
    select cast(cast(xid as text) as bigint) as xid, position
      from kernel.event
     where xid < pg_snapshot_xmin(pg_current_snapshot())
     order by kernel.event.xid desc, position desc
     limit 1
""")


def publish(tx: Tx, events: Iterable[Event]) -> None:
    """Write events to the log; they become visible when ``tx`` commits, together with the change they tell of."""
    batch = list(events)
    if not batch:
        return
    tx.execute(
        _PUBLISH,
        {
            "rows": orjson.dumps(
                [
                    {
                        "event_id": event.event_id,
                        "type": event.type,
                        "version": event.version,
                        "subject": event.subject,
                        "occurred_at": event.occurred_at,
                        "data": event.data,
                    }
                    for event in batch
                ]
            ).decode()
        },
    )
    tx.execute(text("select pg_notify(:channel, '')"), {"channel": CHANNEL})


def read_after(
    tx: Tx, cursor: Cursor, *, types: Sequence[str] | None = None, limit: int = 1000
) -> tuple[StoredEvent, ...]:
    """Return the next events after ``cursor``, oldest first; only those no running transaction can precede."""
    rows = tx.execute(
        _READ,
        {
            "xid": str(cursor.xid),
            "position": cursor.position,
            "types": list(types) if types is not None else None,
            "limit": limit,
        },
    )
    return tuple(
        StoredEvent(
            Cursor(row.xid, row.position),
            Event(EventId(row.event_id), row.type, row.version, row.subject, row.occurred_at, row.data),
            row.recorded_at,
        )
        for row in rows
    )


def has_after(tx: Tx, cursor: Cursor, types: Sequence[str]) -> bool:
    """Say whether this transaction sees any event of these types behind ``cursor``, readable yet or not.

    A reader that stands at ``cursor`` and gets False knows everything this transaction can see.
    """
    found = tx.execute(
        text("""
            select 1 from kernel.event
             where (xid, position) > (cast(:xid as xid8), :position) and type = any(:types) limit 1
        """),
        {"xid": str(cursor.xid), "position": cursor.position, "types": list(types)},
    )
    return found.first() is not None


def end_of_log(tx: Tx) -> Cursor:
    """Return the cursor behind the newest readable event; a new reader that needs no history starts here."""
    row = tx.execute(_END).one_or_none()
    return Cursor(row.xid, row.position) if row else Cursor()
