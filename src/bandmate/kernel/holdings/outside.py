"""What follows an erasure outside its transaction: idempotent tasks that come again until they succeed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import text

from bandmate.kernel.config import Settings, settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import Unavailable
from bandmate.kernel.holdings.erasure import ERASE_OUTSIDE, erase_holdings, erase_person
from bandmate.kernel.holdings.persons import changing_persons
from bandmate.kernel.holdings.registry import declared_holdings
from bandmate.kernel.holdings.requests import due_erasures
from bandmate.kernel.ids import PersonId
from bandmate.kernel.tasks import TaskContext, tasks

LATE_WRITES = timedelta(minutes=2)
"""So long an erasure counts as unfinished: a request or a job that was under way may still write something."""

_FIRST = PersonId(UUID(int=0))

log = structlog.get_logger(__name__)

_WAITING = text("select person_id from kernel.erasure where outside_done_at is null order by erased_at, person_id")
_DONE = text("""
    update kernel.erasure set outside_done_at = :now
     where person_id = :person and outside_done_at is null and erased_at <= :settled
""")


@tasks.register(name=ERASE_OUTSIDE, queueing_lock=ERASE_OUTSIDE, lock=ERASE_OUTSIDE)
def erase_outside_task(context: TaskContext) -> None:
    """Finish erasures outside the database."""
    finish_erasures(context.database, settings(), now=context.clock())


@tasks.periodic(name="kernel.holdings.erase_due", cron="*/10 * * * *")
def erase_due_task(context: TaskContext) -> None:
    """Erase whose days of grace are over, and finish what is unfinished."""
    erase_due(context.database, now=context.clock())
    finish_erasures(context.database, settings(), now=context.clock())


def erase_due(database: Database, *, now: datetime) -> int:
    """Erase everybody whose time has come, each in a transaction of their own; return how many.

    One whom something stands against, such as a hold placed at this moment, does not keep the others waiting.
    """
    count, after = 0, _FIRST
    while True:
        with database.read() as tx:
            due = due_erasures(tx, now=now, after=after)
        if not due:
            return count
        after = due[-1]
        count += sum(_erase_one(database, person, now) for person in due)


def _erase_one(database: Database, person: PersonId, now: datetime) -> bool:
    try:
        with database.begin() as tx:
            return bool(erase_person(tx, person, by="days of grace", now=now))
    except Exception:
        log.exception("erasure_failed", person=str(person))
        return False


def finish_erasures(database: Database, chosen: Settings, *, now: datetime) -> int:
    """Remove what lies outside the database, and what was written late, of everybody erased; return how many.

    Raises:
        Unavailable: when it failed for somebody; the others were seen to, and the next call tries again.
    """
    with database.read() as tx:
        waiting = [PersonId(found) for found in tx.execute(_WAITING).scalars()]
    failed = [person for person in waiting if not _finish(database, chosen, person, now)]
    if failed:
        raise Unavailable(
            f"{len(failed)} of {len(waiting)} erasures could not be finished outside the database; the log says "
            "why. They are tried again every ten minutes."
        )
    return len(waiting)


def _finish(database: Database, chosen: Settings, person: PersonId, now: datetime) -> bool:
    try:
        with database.begin() as tx:
            changing_persons(tx)
            erase_holdings(tx, [person], now)
        for holding in declared_holdings():
            if holding.erase_outside is not None:
                holding.erase_outside(chosen, person)
    except Exception:
        log.exception("erasure_unfinished", person=str(person))
        return False
    with database.begin() as tx:
        tx.execute(_DONE, {"person": person, "now": now, "settled": now - LATE_WRITES})
    return True
