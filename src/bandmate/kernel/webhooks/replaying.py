"""Sending again everything since an instant or an event: asked for by an operator, done by a task in batches.

What was delivered before is delivered again, under the same ``webhook-id``; what was never queued (the endpoint
was disabled, or did not want that type then) is queued. Each batch moves the replay's place in the log in the same
transaction, so a task that is killed goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel import audit
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.events import Cursor, end_of_log, read_after
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.tasks import tasks
from bandmate.kernel.webhooks.deliveries import COVERS, HEARD, heard_rows
from bandmate.kernel.webhooks.endpoints import COMMAND_LINE, EndpointId, endpoint_of

ReplayId = NewType("ReplayId", UUID)

REPLAY = "webhooks.replay"
BATCH = 2_000

_REQUEST = text("""
    insert into kernel.webhook_replay
           (replay_id, endpoint_id, requested_by, requested_at, since, since_event, until_xid, until_position)
    values (:replay_id, :endpoint_id, :by, :now, :since, :since_event, cast(:xid as xid8), :position)
""")

_HOLD = text("""
    select endpoint_id, since, since_event, cast(cast(xid as text) as bigint) as xid, position,
           cast(cast(until_xid as text) as bigint) as until_xid, until_position
      from kernel.webhook_replay
     where replay_id = :replay_id and finished_at is null
       for update
""")

_FIRST_SINCE = text("""
    select cast(cast(xid as text) as bigint) as xid, position
      from kernel.event
     where recorded_at >= :since
     order by kernel.event.xid, position
     limit 1
""")

_EVENT = text(
    "select cast(cast(xid as text) as bigint) as xid, position from kernel.event where event_id = :event_id"
)

# What is being sent at this moment is left alone: it has its claim.
_QUEUE = text(f"""
    insert into kernel.webhook_delivery as delivery
           (delivery_id, endpoint_id, event_id, type, queued_at, due_at)
    select gen_random_uuid(), endpoint.endpoint_id, heard.event_id, heard.type, heard.recorded_at, :now
      from {HEARD}
      join kernel.webhook_endpoint as endpoint
        on endpoint.endpoint_id = :endpoint_id and endpoint.deleted_at is null and {COVERS}
    on conflict (endpoint_id, event_id) do update
       set state = 'waiting', attempts = 0, due_at = :now, settled_at = null
     where delivery.claim is null
""")  # noqa: S608 - fragments of our own

_PROGRESS = text("""
    update kernel.webhook_replay
       set xid = cast(:xid as xid8), position = :position, queued = queued + :queued,
           finished_at = case when :finished then cast(:now as timestamptz) end
     where replay_id = :replay_id
""")


@dataclass(frozen=True, slots=True)
class Start:
    """From where on: exactly one of the two."""

    since: datetime | None = None
    """Events recorded at this instant or later."""
    event_id: UUID | None = None
    """This event and what stands behind it in the log."""


def request_replay(
    tx: Tx, endpoint_id: EndpointId, start: Start, *, by: PersonId | None, now: datetime
) -> ReplayId:
    """Have everything from a start up to now sent again. Each call is another replay.

    Raises:
        InvalidInput: when the start is missing, double, in the future, or an event that is not in the log.
        NotFound: when there is no such endpoint.
    """
    endpoint_of(tx, endpoint_id)
    if (start.since is None) == (start.event_id is None):
        raise InvalidInput(_("Say from when on, or from which event on: one of the two."), field="since")
    if start.since is not None and start.since > now:
        raise InvalidInput(_("That instant lies in the future; nothing has happened since."), field="since")
    if start.event_id is not None and tx.execute(_EVENT, {"event_id": start.event_id}).one_or_none() is None:
        raise InvalidInput(_("There is no event {id} in the log.").format(id=start.event_id), field="event")
    replay_id, end = ReplayId(new_id()), end_of_log(tx)
    tx.execute(
        _REQUEST,
        {
            "replay_id": replay_id,
            "endpoint_id": endpoint_id,
            "by": by,
            "now": now,
            "since": start.since,
            "since_event": start.event_id,
            "xid": str(end.xid),
            "position": end.position,
        },
    )
    since = rfc3339(start.since) if start.since is not None else f"event {start.event_id}"
    audit.note(
        tx,
        by=by or COMMAND_LINE,
        action="webhooks.replay.requested",
        subject=str(endpoint_id),
        at=now,
        details={"since": since},
    )
    tasks.defer(tx, REPLAY, replay_id=str(replay_id))
    return replay_id


def replay_batch(tx: Tx, replay_id: ReplayId, *, now: datetime, limit: int = BATCH) -> bool:
    """Queue the next part of a replay; return whether there is more. A finished or unknown one has no more."""
    held = tx.execute(_HOLD, {"replay_id": replay_id}).one_or_none()
    if held is None:
        return False
    end = Cursor(held.until_xid, held.until_position)
    place = _first_place(tx, held.since, held.since_event) if held.xid is None else Cursor(held.xid, held.position)
    read = () if place is None else read_after(tx, place, limit=limit)
    within = [stored for stored in read if stored.cursor <= end]
    # Recorded and ordered are two things: a long transaction's events stand behind what was recorded after them.
    wanted = [stored for stored in within if held.since is None or stored.recorded_at >= held.since]
    queued = 0
    if wanted:
        parameters = {"events": heard_rows(wanted), "endpoint_id": held.endpoint_id, "now": now}
        queued = tx.execute(_QUEUE, parameters).rowcount
    finished = len(within) < limit
    reached = within[-1].cursor if within else end
    tx.execute(
        _PROGRESS,
        {
            "replay_id": replay_id,
            "xid": str(reached.xid),
            "position": reached.position,
            "queued": queued,
            "finished": finished,
            "now": now,
        },
    )
    return not finished


def _first_place(tx: Tx, since: datetime | None, event_id: UUID | None) -> Cursor | None:
    """Return the cursor just before the first event that is meant; None when there is none (any more)."""
    found = (
        tx.execute(_FIRST_SINCE, {"since": since})
        if since is not None
        else tx.execute(_EVENT, {"event_id": event_id})
    ).one_or_none()
    return None if found is None else Cursor(found.xid, found.position - 1)
