"""Seats: who has one is written by applying, by rounds and by staffing; here it is counted and drawn on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import publish
from bandmate.marketplace.opportunities import events

FREE_SEATS = """(o.seats - o.seats_taken - (select count(*) from marketplace.application kept
                   where kept.opportunity_id = o.opportunity_id and kept.state = 'offered'))"""
"""SQL: how many seats of an opportunity ``o`` nobody has and none is kept for; a seat that was offered is kept."""

_HOLD = text("""
    select from marketplace.opportunity where opportunity_id = any(:ids) order by opportunity_id for update
""")
# One person has one seat, however often they are written down.
_SETTLE = text("""
    with taken as (
        select opportunity_id, count(distinct person_id) as seats from (
            select opportunity_id, person_id from marketplace.application
             where opportunity_id = any(:ids) and state = 'accepted'
            union all
            select opportunity_id, person_id from marketplace.team_member
             where opportunity_id = any(:ids) and left_at is null
            union all
            select offer_id, mentee_id from marketplace.mentoring_pair
             where offer_id = any(:ids) and ended_at is null) as having_one
         group by opportunity_id),
    held as (
        select o.opportunity_id, coalesce(t.seats, 0) as taken
          from marketplace.opportunity o left join taken t using (opportunity_id)
         where o.opportunity_id = any(:ids))
    update marketplace.opportunity o
       set seats_taken = held.taken,
           state = case when o.state = 'open' and held.taken >= o.seats then 'filled'
                        when o.state = 'filled' and held.taken < o.seats then 'open' else o.state end,
           version = o.version + 1, changed_at = :now
      from held, marketplace.opportunity as old
     where o.opportunity_id = held.opportunity_id and old.opportunity_id = o.opportunity_id
       and o.job_id is null
       and (o.seats_taken <> held.taken or o.state = 'open' and held.taken >= o.seats
            or o.state = 'filled' and held.taken < o.seats)
    returning o.opportunity_id, o.kind, o.version, old.state as before, o.state as after
""")


def settle_seats(tx: Tx, ids: Sequence[UUID], *, now: datetime) -> None:
    """Count the taken seats of opportunities anew; a full one becomes filled, one with a free seat open again.

    Called by whoever wrote ``application``, ``team_member`` or ``mentoring_pair``, in the same transaction. Again,
    it changes nothing. Jobs from postings are left alone: how many are sought there is not known here.
    """
    # A statement of its own: the one that counts has to begin after whoever counted before has committed.
    tx.execute(_HOLD, {"ids": list(ids)})
    moved = tx.execute(_SETTLE, {"ids": list(ids), "now": now}).all()
    told = {"filled": events.FILLED, "open": events.OPENED}
    publish(
        tx,
        [
            events.opportunity_event(told[row.after], row.opportunity_id, row.kind, row.version, now)
            for row in moved
            if row.before != row.after
        ],
    )
