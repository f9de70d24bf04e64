"""Who opened their for-you list in the last weeks, so that there is exposure to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.matching.crowd import best_lists
from bandmate.marketplace.sample.rows import write_rows

READERS = 400
DAYS = 40
_SEED = 23

_READERS = text("""
    select e.person_id from marketplace.employee e join marketplace.profile p using (person_id)
     where e.active and p.ai_ranking order by e.user_name limit :most
""")
# Who applied had seen it, on that day at the latest.
_APPLIED = text("""
    select a.person_id, a.opportunity_id, cast(min(t.at) at time zone 'UTC' as date) as day
      from marketplace.application a join marketplace.application_step t using (application_id)
     where t.state = 'applied' and t.at > :since group by a.person_id, a.opportunity_id
""")


def write_lists(tx: Tx, *, now: datetime) -> int:
    """Write down what some people were shown, by what fits them now; return how many entries that were.

    To be called once, when all that can be shown is there.
    """
    readers = [PersonId(each) for each in tx.execute(_READERS, {"most": READERS}).scalars()]
    applied = {
        (row.person_id, row.opportunity_id): row.day
        for row in tx.execute(_APPLIED, {"since": now - timedelta(days=DAYS)})
    }
    rows = list(_shown(tx, readers, now))
    there = {(row["person_id"], row["opportunity_id"]) for row in rows}
    rows += [_row(*pair, day, 1) for pair, day in applied.items() if pair not in there]
    write_rows(tx, "shown", rows)
    return len(rows)


def _shown(tx: Tx, readers: Sequence[PersonId], now: datetime) -> Iterator[dict[str, Any]]:
    random = Random(_SEED)  # noqa: S311 - people are invented, nothing is kept secret
    for person_id, places in best_lists(tx, readers, now=now).items():
        day = (now - timedelta(days=random.randrange(DAYS))).date()
        for rank, opportunity_id in enumerate(places, 1):
            yield _row(person_id, opportunity_id, day, rank)


def _row(person_id: PersonId, opportunity_id: object, day: date, rank: int) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "opportunity_id": opportunity_id,
        "day": day,
        "list": "for_you",
        "rank": rank,
    }
