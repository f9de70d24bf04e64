"""From the event log to the postings that may be news: a durable list, in the transaction of the cursor.

What counts, and from when on:

* ``opened``: seen for the first time, or open again. News for every search that was saved before.
* ``changed``: a fact means something else (title, place, pay …). News too: it may fit only now.
* ``reread``: the text was edited, a link changed, or our record or its skills were read anew. It may fit only now
  as well, but such edits come by the hundred, so it counts only for postings that opened after the alert was
  switched on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import StoredEvent
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.postings import events
from bandmate.postings.domain.changes import DESCRIPTION

OPENED, CHANGED, REREAD = "opened", "changed", "reread"

NO_NEWS = frozenset({DESCRIPTION, "requisition_id", "source_url", "apply_url"})
"""Fields whose change alone tells nobody anything they look for."""

_ADD = text("""
    insert into postings.alert_candidate (job_id, xid, position, kind)
    select job_id, cast(xid as xid8), position, kind
      from unnest(cast(:job_ids as text[]), cast(:xids as text[]), cast(:positions as bigint[]),
                  cast(:kinds as text[])) with ordinality as t(job_id, xid, position, kind, place)
     order by place
""")

_ADD_BOARD = text("""
    insert into postings.alert_candidate (job_id, xid, position, kind)
    select job.job_id, cast(t.xid as xid8), t.position, :kind
      from unnest(cast(:boards as uuid[]), cast(:xids as text[]), cast(:positions as bigint[]))
           as t(board_id, xid, position)
      join postings.job using (board_id)
     where job.active
""")


def collect(tx: Tx, batch: Sequence[StoredEvent]) -> None:
    """Write down which postings these events may make news; the events come once, with their cursor."""
    rows = [(job_id, stored.cursor, kind) for stored in batch for job_id, kind in _candidates(stored)]
    if rows:
        tx.execute(
            _ADD,
            {
                "job_ids": [job_id for job_id, _, _ in rows],
                "xids": [str(cursor.xid) for _, cursor, _ in rows],
                "positions": [cursor.position for _, cursor, _ in rows],
                "kinds": [kind for _, _, kind in rows],
            },
        )
    rebuilt = [stored for stored in batch if stored.event.type == events.BOARD_REBUILT]
    if rebuilt:
        tx.execute(
            _ADD_BOARD,
            {
                "boards": [stored.event.subject for stored in rebuilt],
                "xids": [str(stored.cursor.xid) for stored in rebuilt],
                "positions": [stored.cursor.position for stored in rebuilt],
                "kind": REREAD,
            },
        )


def _candidates(stored: StoredEvent) -> Iterator[tuple[str, str]]:
    event = stored.event
    match event.type:
        case events.JOB_CREATED | events.JOB_REOPENED:
            yield event.subject, OPENED
        case events.JOB_UPDATED:
            yield event.subject, _of_field(event.data.get("field_name"))
        case events.BOARD_UPDATED:
            kind = _of_field(event.data.get("field_name"))
            yield from ((job_id, kind) for job_id in event.data["job_ids"])
        case events.BOARD_REFRESHED | events.SKILLS_READ:
            yield from ((job_id, REREAD) for job_id in event.data["job_ids"])


def _of_field(name: object) -> str:
    return REREAD if name in NO_NEWS else CHANGED


SUBSCRIPTION = Subscription(
    "postings.saved_searches", frozenset(events.PUBLISHED) - {events.JOB_CLOSED}, collect, batch=1000
)
"""Hears of postings for alerts."""
