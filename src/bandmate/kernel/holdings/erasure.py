"""Erasing a person: everything that any room holds, in one transaction; a tombstone and a line in the ledger stay.

The tombstone is the row in ``kernel.person`` with no name and ``erased_at`` set: whatever refers to the id can go
on doing so and learns nothing from it. The ledger ``kernel.erasure`` says who must be erased again after an older
backup was restored, and what is still to be done outside the database (see ``outside``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from graphlib import TopologicalSorter

import structlog
from sqlalchemy import text

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.events import publish
from bandmate.kernel.holdings.events import person_erased
from bandmate.kernel.holdings.persons import (
    By,
    changing_persons,
    current_person,
    lock_persons,
    members_of,
    no_such_person,
    rewriting,
)
from bandmate.kernel.holdings.registry import Holding, declared_holdings
from bandmate.kernel.ids import PersonId
from bandmate.kernel.tasks import tasks

ERASE_OUTSIDE = "kernel.holdings.erase_outside"
"""The task that finishes an erasure; registered in ``outside``."""

log = structlog.get_logger(__name__)

_STATE = text("""
    select person.erased_at, exists (select from kernel.legal_hold where person_id = any(:members)) as held
      from kernel.person where person.person_id = :person
""")

_EMPTY = text("""
    update kernel.person
       set name = '', locale = null, time_zone = null, erased_at = coalesce(erased_at, :now)
     where person_id = any(:members)
""")

# What was done outside before a restore has to be done again: the files came back as well.
_ENTER = text("""
    insert into kernel.erasure (person_id, erased_at)
    select member, :now from unnest(cast(:members as uuid[])) as member
    on conflict (person_id) do update set outside_done_at = null
""")

_REFERENCES = text("""
    select distinct cast(conrelid as regclass)::oid as of, cast(confrelid as regclass)::oid as to
      from pg_constraint where contype = 'f' and conrelid <> confrelid
""")
_TABLES = text("select name, to_regclass(name)::oid as oid from unnest(cast(:names as text[])) as name")


def erase_person(tx: Tx, person: PersonId, *, by: By, now: datetime) -> tuple[PersonId, ...]:
    """Erase a human now, with all persons merged into them; return the ids that were erased.

    Who is erased already is left alone, and nothing is returned. What lies outside the database goes by a task
    after the commit.

    Raises:
        NotFound: when there is no such person.
        Conflict: when a legal hold stands on any of the ids.
    """
    changing_persons(tx)
    current = current_person(tx, person)
    members = members_of(tx, current)
    lock_persons(tx, members)
    state = tx.execute(_STATE, {"person": current, "members": list(members)}).one_or_none()
    if state is None:
        raise no_such_person()
    if state.held:
        raise Conflict(
            f"A legal hold stands on the person {current}, so nothing was erased. Lift it first, if it may be."
        )
    if state.erased_at is not None:
        return ()
    _erase(tx, members, now)
    note(tx, by="itself" if by == current else by, action="person.erased", subject=str(current), at=now)
    return members


def erase_again(tx: Tx, persons: Iterable[PersonId], *, now: datetime) -> int:
    """Erase persons by their ids alone, as after a restore; return how many of them the database knows.

    Holds and requests do not count: who stands in the ledger was erased once. Doing it again changes nothing.
    """
    changing_persons(tx)
    wanted = sorted(set(persons))
    known = lock_persons(tx, wanted)
    _erase(tx, wanted, now)
    note(tx, by="restore", action="person.erasures.reapplied", subject="ledger", at=now)
    return len(known)


def erase_holdings(tx: Tx, members: Sequence[PersonId], now: datetime) -> None:
    """Have every holding erase these ids; rows that refer to others go before those."""
    with rewriting(tx):
        for holding in erasure_order(tx, declared_holdings()):
            for member in members:
                holding.erase(tx, member, now)


def erasure_order(tx: Tx, holdings: Sequence[Holding]) -> tuple[Holding, ...]:
    """Return the holdings so that each comes before those whose tables its own tables refer to.

    Raises:
        graphlib.CycleError: when two rooms' tables refer to each other in a circle; they must break it.
    """
    names = sorted({table for holding in holdings for table in holding.tables})
    owners: dict[int, str] = {}
    by_table = {table: holding.name for holding in holdings for table in holding.tables}
    for row in tx.execute(_TABLES, {"names": names}):
        if row.oid is not None:
            owners[row.oid] = by_table[row.name]
    sorter: TopologicalSorter[str] = TopologicalSorter({holding.name: () for holding in holdings})
    for row in tx.execute(_REFERENCES):
        first, later = owners.get(row.of), owners.get(row.to)
        if first is not None and later is not None and first != later:
            sorter.add(later, first)
    named = {holding.name: holding for holding in holdings}
    return tuple(named[name] for name in sorter.static_order())


def _erase(tx: Tx, members: Sequence[PersonId], now: datetime) -> None:
    erase_holdings(tx, members, now)
    tx.execute(_EMPTY, {"members": list(members), "now": now})
    tx.execute(_ENTER, {"members": list(members), "now": now})
    publish(tx, [person_erased(member, members[0], now) for member in members])
    tasks.defer(tx, ERASE_OUTSIDE)
    log.info("persons_erased", count=len(members))
