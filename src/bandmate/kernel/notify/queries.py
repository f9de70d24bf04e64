"""What pages and API show of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidCursor
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.pagination import decode_cursor, encode_cursor

STATES = ("waiting", "sent", "failed", "refused", "expired")
PAGE, LARGEST_PAGE = 50, 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to somebody, and how it stands with it."""

    delivery_id: UUID
    request_id: UUID
    person_id: PersonId
    template: str
    topic: str
    channel: str
    through: str | None
    """The way it took: ``smtp``; None as long as none was tried."""
    purpose: str | None
    reason: str
    subject: str | None
    """As sent, secrets left out; None as long as it was not written."""
    address: str | None
    state: str
    why: str | None
    """What stands in the way, or why it ended as it did."""
    attempts: int
    requested_at: datetime
    expires_at: datetime | None
    due_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A part of the list, newest first."""

    items: tuple[Delivery, ...]
    next_cursor: str | None


_COLUMNS = """delivery_id, request_id, person_id, template, topic, channel, through, purpose, reason, subject,
    address, state, why, attempts, requested_at, expires_at, due_at, settled_at"""

# Two statements rather than one with "or": each has an index that gives its rows in this order.
_OF_ALL = text(f"""
    select {_COLUMNS} from kernel.delivery
     where (cast(:state as text) is null or state = :state)
       and (requested_at, delivery_id) < (coalesce(cast(:at as timestamptz), 'infinity'),
                                          coalesce(cast(:id as uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     order by requested_at desc, delivery_id desc
     limit :limit
""")  # noqa: S608 - column names from above
_OF_ONE = text(f"""
    select {_COLUMNS} from kernel.delivery
     where person_id = :person
       and (requested_at, delivery_id) < (coalesce(cast(:at as timestamptz), 'infinity'),
                                          coalesce(cast(:id as uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     order by requested_at desc, delivery_id desc
     limit :limit
""")  # noqa: S608 - column names from above

_COUNTS = text("select state, count(*) as deliveries from kernel.delivery group by state")


def all_deliveries(tx: Tx, *, state: str | None, cursor: str | None, limit: int) -> DeliveryPage:
    """Return everybody's deliveries, newest first; for operators.

    Raises:
        InvalidCursor: when the cursor is not one of this list.
    """
    return _page(tx, _OF_ALL, {"state": state}, f"kernel.deliveries {state}", cursor, limit)


def deliveries_to(tx: Tx, person: PersonId, *, cursor: str | None, limit: int) -> DeliveryPage:
    """Return one person's deliveries, newest first.

    Raises:
        InvalidCursor: when the cursor is not one of this list.
    """
    return _page(tx, _OF_ONE, {"person": person}, f"kernel.deliveries to {person}", cursor, limit)


def counts_by_state(tx: Tx) -> dict[str, int]:
    """Return how many deliveries stand in each state; every state is there."""
    found = {row.state: row.deliveries for row in tx.execute(_COUNTS)}
    return {state: found.get(state, 0) for state in STATES}


def _page(
    tx: Tx, statement: Any, values: Mapping[str, Any], fingerprint: str, cursor: str | None, limit: int
) -> DeliveryPage:
    at, last = _place(cursor, fingerprint)
    rows = tx.execute(statement, {**values, "at": at, "id": last, "limit": limit + 1}).all()
    items = tuple(map(_delivery, rows[:limit]))
    more = len(rows) > limit
    end = [items[-1].requested_at.isoformat(), str(items[-1].delivery_id)] if more else []
    return DeliveryPage(items, encode_cursor(fingerprint, end) if more else None)


def _place(cursor: str | None, fingerprint: str) -> tuple[datetime | None, UUID | None]:
    if cursor is None:
        return None, None
    values = decode_cursor(cursor, fingerprint)
    try:
        at, last = values
        return datetime.fromisoformat(str(at)), UUID(str(last))
    except ValueError as error:
        raise InvalidCursor("This cursor cannot be read. Leave it out to start at the newest message.") from error


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**row._asdict())
