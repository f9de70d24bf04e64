"""What applying hears: filled or closed, so everyone is answered; a pair ended, so a seat is free."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import StoredEvent
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.applying.answering import answer_the_rest
from bandmate.marketplace.applying.joining import left
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.opportunities.events import CLOSED, FILLED
from bandmate.marketplace.rounds.events import PAIR_ENDED

_ENDED = text("""
    select m.offer_id, m.mentee_id
      from marketplace.mentoring_pair m
      join marketplace.application a on a.opportunity_id = m.offer_id and a.person_id = m.mentee_id
     where m.pair_id = any(:ids) and m.ended_at is not null and a.state = 'accepted'
       and not exists (select from marketplace.mentoring_pair other
                        where other.offer_id = m.offer_id and other.mentee_id = m.mentee_id
                          and other.ended_at is null)
     order by m.offer_id, m.mentee_id
""")
_HOLD = text("""
    select opportunity_id from marketplace.opportunity where opportunity_id = any(:ids)
     order by opportunity_id for update
""")


def _hear(tx: Tx, batch: Sequence[StoredEvent]) -> None:
    """Answer who waits, free the seats of ended pairs; hearing an event twice changes nothing."""
    now = batch[-1].recorded_at
    told = [each.event for each in batch]
    shut = [UUID(each.subject) for each in told if each.type in {CLOSED, FILLED}]
    ended = [UUID(str(each.data["pair_id"])) for each in told if each.type == PAIR_ENDED]
    rows = tx.execute(_ENDED, {"ids": ended}).all() if ended else []
    # All at once and in the order of their ids, as whoever else locks several.
    there = set(tx.execute(_HOLD, {"ids": [*shut, *(row.offer_id for row in rows)]}).scalars())
    answer_the_rest(tx, sorted(there.intersection(shut)), now=now)
    for row in rows:  # pairs end one by one
        left(tx, OpportunityId(row.offer_id), PersonId(row.mentee_id), "", now=now)


SUBSCRIPTION = Subscription("marketplace.applying", frozenset({CLOSED, FILLED, PAIR_ENDED}), _hear, batch=50)
"""Hears of opportunities and pairs."""
