"""What is to be sent: one row for each endpoint and event, written by a subscription together with its cursor.

The subscription only writes rows, set-wise, so it is fast whatever the receivers do; ``sending`` does the rest.
A row holds no payload: what leaves is built from the event when it is sent, so an erased event is not sent at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.events import StoredEvent
from bandmate.kernel.events.catalogue import is_public
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.kernel.ids import EventId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.webhooks.choosing import TEST_TYPE
from bandmate.kernel.webhooks.endpoints import EndpointId, endpoint_of

BATCH = 2_000

# A choice covers a type by its name or by what stands before `.*` (as ``choosing.covers`` has it).
COVERS = """
    exists (select from unnest(endpoint.types) as chosen(name)
             where chosen.name = heard.type
                or (chosen.name like '%.*' and starts_with(heard.type, left(chosen.name, -1))))
    and (heard.public or heard.type = any(endpoint.allowed_types))
"""

HEARD = """
    json_to_recordset(cast(:events as json))
        as heard(event_id uuid, type text, recorded_at timestamptz, public boolean)
"""

# A disabled endpoint is told nothing more; what it missed can be sent again from that time on.
_ENQUEUE = text(f"""
    insert into kernel.webhook_delivery (delivery_id, endpoint_id, event_id, type, queued_at, due_at)
    select gen_random_uuid(), endpoint.endpoint_id, heard.event_id, heard.type, heard.recorded_at,
           heard.recorded_at
      from {HEARD}
      join kernel.webhook_endpoint as endpoint
        on endpoint.deleted_at is null and endpoint.state <> 'disabled'
       and heard.recorded_at >= endpoint.hears_from and {COVERS}
    on conflict (endpoint_id, event_id) do nothing
""")  # noqa: S608 - fragments of this module

_TEST = text("""
    insert into kernel.webhook_delivery (delivery_id, endpoint_id, event_id, type, queued_at, due_at)
    values (:delivery_id, :endpoint_id, :event_id, :type, :now, :now)
""")

# What is being sent at this moment is left alone: it has its claim.
_AGAIN = """
    update kernel.webhook_delivery
       set state = 'waiting', attempts = 0, due_at = :now, settled_at = null
     where endpoint_id = :endpoint_id and claim is null
"""


def heard_rows(events: Sequence[StoredEvent]) -> str:
    """Write events as the rows that ``HEARD`` reads."""
    public = {kind: is_public(kind) for kind in {stored.event.type for stored in events}}
    return orjson.dumps(
        [
            {
                "event_id": stored.event.event_id,
                "type": stored.event.type,
                "recorded_at": stored.recorded_at,
                "public": public[stored.event.type],
            }
            for stored in events
        ]
    ).decode()


def enqueue(tx: Tx, events: Sequence[StoredEvent]) -> None:
    """Write a row for each endpoint that wants each of these events; those there are already stay as they are."""
    tx.execute(_ENQUEUE, {"events": heard_rows(events)})


SUBSCRIPTION = Subscription("kernel.webhooks", types=None, handle=enqueue, batch=BATCH)
"""Hears everything, for endpoints choose at any time."""


def queue_test(tx: Tx, endpoint_id: EndpointId, *, now: datetime) -> UUID:
    """Have a test event sent; return its delivery. Each call makes another.

    Raises:
        NotFound: when there is no such endpoint.
    """
    endpoint_of(tx, endpoint_id)
    delivery_id = new_id()
    tx.execute(
        _TEST,
        {
            "delivery_id": delivery_id,
            "endpoint_id": endpoint_id,
            "event_id": EventId(new_id()),
            "type": TEST_TYPE,
            "now": now,
        },
    )
    return delivery_id


def send_again(tx: Tx, endpoint_id: EndpointId, delivery_id: UUID, *, now: datetime) -> None:
    """Have one delivery made again from the first attempt on, whatever became of it.

    Raises:
        NotFound: when this endpoint has no such delivery.
    """
    endpoint_of(tx, endpoint_id)
    known = tx.execute(
        text(
            "select 1 from kernel.webhook_delivery where delivery_id = :delivery_id and endpoint_id = :endpoint_id"
        ),
        {"delivery_id": delivery_id, "endpoint_id": endpoint_id},
    )
    if known.one_or_none() is None:
        raise NotFound(_("This webhook has no delivery {id}.").format(id=delivery_id))
    tx.execute(
        text(_AGAIN + " and delivery_id = :delivery_id"),
        {"endpoint_id": endpoint_id, "delivery_id": delivery_id, "now": now},
    )


def send_dead_again(tx: Tx, endpoint_id: EndpointId, *, now: datetime) -> int:
    """Have every dead letter of an endpoint sent again; return how many.

    Raises:
        NotFound: when there is no such endpoint.
    """
    endpoint_of(tx, endpoint_id)
    return tx.execute(text(_AGAIN + " and state = 'dead'"), {"endpoint_id": endpoint_id, "now": now}).rowcount


def remove_delivered(tx: Tx, *, before: datetime, limit: int) -> int:
    """Remove deliveries that arrived before an instant, at most ``limit``; return how many were removed."""
    return tx.execute(
        text("""
            delete from kernel.webhook_delivery where delivery_id in (
                select delivery_id from kernel.webhook_delivery
                 where state = 'done' and settled_at < :before limit :limit for update skip locked)
        """),
        {"before": before, "limit": limit},
    ).rowcount


def message(
    *, event_id: UUID, kind: str, subject: str, version: int, occurred_at: datetime, data: object
) -> bytes:
    """Write what leaves: the members Standard Webhooks recommends, and ours. The same bytes at each attempt."""
    return orjson.dumps(
        {
            "type": kind,
            "timestamp": rfc3339(occurred_at),
            "data": data,
            "id": event_id,
            "subject": subject,
            "version": version,
        }
    )
