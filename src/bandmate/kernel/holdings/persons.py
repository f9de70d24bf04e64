"""Which ids mean the same human: following merges, set-wise, and holding persons while they are changed.

A merge points from the merged person to the kept one and nothing ever points from a kept one back, because only
persons who stand for themselves are merged (see ``merging``). So every chain ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.ids import PersonId

By = PersonId | str
"""Who acted: a person, or a system by its name, such as ``command line``."""

_PERSONS_CHANGE = 0x62_61_6E_64_70_65  # "bandpe": one merge, split or erasure at a time

_CURRENT = text("""
    with recursive way (asked, person_id, steps) as (
        select asked, asked, 0 from unnest(cast(:asked as uuid[])) as asked
         union all
        select way.asked, alias.kept, way.steps + 1
          from way join kernel.person_alias as alias on alias.merged = way.person_id
    )
    select distinct on (asked) asked, person_id from way order by asked, steps desc
""")

_MEMBERS = text("""
    with recursive human (person_id) as (
        select cast(:person as uuid)
         union all
        select alias.merged from human join kernel.person_alias as alias on alias.kept = human.person_id
    )
    select person_id from human order by person_id <> :person, person_id
""")

_LOCK = text("select person_id from kernel.person where person_id = any(:persons) order by person_id for update")


def current_persons(tx: Tx, persons: Iterable[PersonId]) -> Mapping[PersonId, PersonId]:
    """Return for each id the id of the person it means today: its own unless that person was merged into another.

    One statement for all of them. An id nobody has means itself.
    """
    rows = tx.execute(_CURRENT, {"asked": list(persons)})
    return {PersonId(row.asked): PersonId(row.person_id) for row in rows}


def current_person(tx: Tx, person: PersonId) -> PersonId:
    """Return the id of the person that ``person`` means today; see ``current_persons``."""
    return current_persons(tx, [person])[person]


def members_of(tx: Tx, person: PersonId) -> tuple[PersonId, ...]:
    """Return every id that means this human: ``person`` first, then all that were merged into it, by any way."""
    return tuple(PersonId(member) for member in tx.execute(_MEMBERS, {"person": person}).scalars())


def changing_persons(tx: Tx) -> None:
    """Wait until no other transaction merges, splits or erases, and keep others from it until this one ends.

    One lock for all: these acts are rare, and whom an act touches is known only when no other can change it.
    """
    tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _PERSONS_CHANGE})


def lock_persons(tx: Tx, persons: Iterable[PersonId]) -> frozenset[PersonId]:
    """Lock the rows of persons in the order of their ids, and return those there are.

    What others write about them, if it refers to ``kernel.person``, waits until this transaction ends.
    """
    return frozenset(PersonId(found) for found in tx.execute(_LOCK, {"persons": list(persons)}).scalars())


@contextmanager
def rewriting(tx: Tx) -> Iterator[None]:
    """Have append-only tables let changes through within the block: triggers read ``bandmate.erasing``.

    The setting ends with the block, or with the transaction where that fails.
    """
    tx.execute(text("set local bandmate.erasing = 'on'"))
    yield
    tx.execute(text("set local bandmate.erasing = 'off'"))


def actor(by: By) -> dict[str, UUID | str | None]:
    """Return who acted as the parameters ``by_person`` and ``by_system``, one of them null."""
    return {"by_person": None, "by_system": by} if isinstance(by, str) else {"by_person": by, "by_system": None}


def no_such_person() -> NotFound:
    """Return the error for an id that nobody has."""
    return NotFound(
        "There is no such person. `bandmate persons list` and the page of persons show those there are."
    )
