"""What pages, API and commands show of webhooks: endpoints with their health, deliveries, replays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, text

from bandmate.kernel.clock import parse_rfc3339, rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidCursor
from bandmate.kernel.web.pagination import Page, decode_cursor, encode_cursor
from bandmate.kernel.webhooks.endpoints import Endpoint, EndpointId, all_endpoints, endpoint_of

Shown = Literal["all", "waiting", "done", "dead"]
REPLAYS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Counts:
    """How many deliveries of an endpoint are in which state."""

    waiting: int = 0
    done: int = 0
    """Those that are still kept."""
    dead: int = 0
    oldest_waiting: datetime | None = None
    """When the oldest that waits was queued."""

    def of(self, shown: Shown) -> int:
        """Return how many a choice shows."""
        if shown == "all":
            return self.waiting + self.done + self.dead
        return {"waiting": self.waiting, "done": self.done, "dead": self.dead}[shown]


@dataclass(frozen=True, slots=True)
class Health:
    """An endpoint with what has become of its deliveries."""

    endpoint: Endpoint
    counts: Counts

    @property
    def word(self) -> str:
        """Its state as people ask for it: what needs attention comes first."""
        if self.endpoint.state != "active":
            return self.endpoint.state
        return "failing" if self.endpoint.failing_since is not None else "working"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint."""

    delivery_id: UUID
    event_id: UUID
    type: str
    queued_at: datetime
    state: Literal["waiting", "done", "dead"]
    due_at: datetime
    attempts: int
    settled_at: datetime | None
    attempted_at: datetime | None
    """Of the last attempt, as all that follows."""
    duration_ms: int | None
    status: int | None
    error: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """How far a replay has come."""

    replay_id: UUID
    requested_at: datetime
    since: datetime | None
    since_event: UUID | None
    queued: int
    finished_at: datetime | None


_COUNTS = text("""
    select endpoint_id, count(*) filter (where state = 'waiting') as waiting,
           count(*) filter (where state = 'done') as done, count(*) filter (where state = 'dead') as dead,
           min(queued_at) filter (where state = 'waiting') as oldest
      from kernel.webhook_delivery
     where endpoint_id = any(:endpoints)
     group by endpoint_id
""")

_DELIVERIES = """
    select delivery_id, event_id, type, queued_at, state, due_at, attempts, settled_at, attempted_at, duration_ms,
           status, error, answer
      from kernel.webhook_delivery
"""

_PAGE = text(
    _DELIVERIES
    + """
     where endpoint_id = :endpoint_id and (:state = 'all' or state = :state)
       and (cast(:queued_at as timestamptz) is null
            or (queued_at, delivery_id) < (cast(:queued_at as timestamptz), cast(:delivery_id as uuid)))
     order by queued_at desc, delivery_id desc
     limit :limit
"""
)

_REPLAYS = text("""
    select replay_id, requested_at, since, since_event, queued, finished_at
      from kernel.webhook_replay
     where endpoint_id = :endpoint_id
     order by requested_at desc, replay_id
     limit :limit
""")


def health_of_all(tx: Tx) -> tuple[Health, ...]:
    """Return every endpoint with its health, the oldest first; two queries."""
    endpoints = all_endpoints(tx)
    counts = _counts(tx, endpoints)
    return tuple(Health(endpoint, counts.get(endpoint.endpoint_id, Counts())) for endpoint in endpoints)


def health_of(tx: Tx, endpoint_id: EndpointId) -> Health:
    """Return one endpoint with its health.

    Raises:
        NotFound: when there is none.
    """
    endpoint = endpoint_of(tx, endpoint_id)
    return Health(endpoint, _counts(tx, [endpoint]).get(endpoint_id, Counts()))


def _counts(tx: Tx, endpoints: Sequence[Endpoint]) -> dict[UUID, Counts]:
    rows = tx.execute(_COUNTS, {"endpoints": [endpoint.endpoint_id for endpoint in endpoints]})
    return {row.endpoint_id: Counts(row.waiting, row.done, row.dead, row.oldest) for row in rows}


def deliveries_of(
    tx: Tx, health: Health, *, shown: Shown = "all", limit: int, cursor: str | None = None
) -> Page[Delivery]:
    """Return deliveries of an endpoint, those of the newest events first.

    Raises:
        InvalidCursor: when the cursor is of another list.
    """
    endpoint_id = health.endpoint.endpoint_id
    fingerprint = f"webhook deliveries {endpoint_id} {shown}"
    queued_at, delivery_id = _place(cursor, fingerprint)
    rows = tx.execute(
        _PAGE,
        {
            "endpoint_id": endpoint_id,
            "state": shown,
            "queued_at": queued_at,
            "delivery_id": delivery_id,
            "limit": limit + 1,
        },
    ).all()
    items = [_delivery(row) for row in rows[:limit]]
    # Microseconds, as the database has them: a cursor cut to milliseconds would skip or repeat.
    following = (
        encode_cursor(fingerprint, [items[-1].queued_at.isoformat(), str(items[-1].delivery_id)])
        if len(rows) > limit
        else None
    )
    return Page(items, following, health.counts.of(shown))


def _place(cursor: str | None, fingerprint: str) -> tuple[datetime | None, UUID | None]:
    if cursor is None:
        return None, None
    try:
        queued_at, delivery_id = decode_cursor(cursor, fingerprint)
        return parse_rfc3339(str(queued_at)), UUID(str(delivery_id))
    except ValueError as error:
        raise InvalidCursor("This cursor cannot be read. Leave it out to start again.") from error


def replays_of(tx: Tx, endpoint_id: EndpointId) -> tuple[Replay, ...]:
    """Return the last replays of an endpoint, the newest first."""
    rows = tx.execute(_REPLAYS, {"endpoint_id": endpoint_id, "limit": REPLAYS_SHOWN})
    return tuple(Replay(*row) for row in rows)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.delivery_id,
        row.event_id,
        row.type,
        row.queued_at,
        row.state,
        row.due_at,
        row.attempts,
        row.settled_at,
        row.attempted_at,
        row.duration_ms,
        row.status,
        row.error,
        row.answer,
    )


def endpoint_json(health: Health) -> dict[str, object]:
    """Write an endpoint for programs: times RFC 3339 UTC, no secret."""
    endpoint, counts = health.endpoint, health.counts
    return {
        "endpoint_id": str(endpoint.endpoint_id),
        "url": endpoint.url,
        "description": endpoint.description,
        "types": list(endpoint.types),
        "allowed_types": list(endpoint.allowed_types),
        "created_at": rfc3339(endpoint.created_at),
        "state": endpoint.state,
        "stopped_at": _time(endpoint.stopped_at),
        "stopped_because": endpoint.stopped_because,
        "last_success_at": _time(endpoint.last_success_at),
        "failing_since": _time(endpoint.failing_since),
        "waiting": counts.waiting,
        "dead": counts.dead,
    }


def delivery_json(delivery: Delivery) -> dict[str, object]:
    """Write a delivery for programs: times RFC 3339 UTC."""
    return {
        "delivery_id": str(delivery.delivery_id),
        "event_id": str(delivery.event_id),
        "type": delivery.type,
        "queued_at": rfc3339(delivery.queued_at),
        "state": delivery.state,
        "due_at": rfc3339(delivery.due_at) if delivery.state == "waiting" else None,
        "attempts": delivery.attempts,
        "attempted_at": _time(delivery.attempted_at),
        "duration_ms": delivery.duration_ms,
        "status": delivery.status,
        "error": delivery.error,
        "answer": delivery.answer,
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
