"""Merging two persons who are the same human, and splitting them again.

**What moves.** Every holding gives what the merged person has to the kept one and says which rows those were; the
list is kept with the merge, and a split gives back exactly these, as far as they are still there. What came after
the merge stays with the kept person. Where both have what only one may have, each keeps their own.

**Accounts.** Where only the merged person has an account, it becomes the kept person's. Where both have one, the
kept person's stays; the other stays in its place, disabled: its sessions end, nobody signs in with it and its API
keys do not work, until a split enables it again.

**Order.** Only persons who stand for themselves are merged, and only the newest merge of a chain is split: before
B and C are split, B must be split from A that B was merged into since. Acts come one after another (``persons``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.events import publish
from bandmate.kernel.holdings.events import persons_merged, persons_split
from bandmate.kernel.holdings.persons import (
    By,
    actor,
    changing_persons,
    current_persons,
    lock_persons,
    no_such_person,
    rewriting,
)
from bandmate.kernel.holdings.registry import Moved, declared_holdings
from bandmate.kernel.ids import PersonId, new_id

LONGEST_REASON = 500

_DISABLED = "account disabled"

_STANDING = text(
    "select merge_id, kept, moved from kernel.person_merge where merged = :merged and split_at is null"
)

_UNDER_ERASURE = text("""
    select person_id from kernel.person where person_id = any(:persons) and erased_at is not null
     union all
    select person_id from kernel.erasure_request where person_id = any(:persons)
""")

_ADD = text("""
    insert into kernel.person_merge
           (merge_id, kept, merged, merged_at, merged_by_person, merged_by_system, reason, moved)
    values (:merge_id, :kept, :merged, :now, :by_person, :by_system, :reason, cast(:moved as jsonb))
""")

# The list of what moved has served its purpose.
_END = text("update kernel.person_merge set split_at = :now, moved = '{}' where merge_id = :merge_id")

_DISABLE = text("""
    update kernel.account set disabled_at = :now
     where person_id = :merged and disabled_at is null
    returning cast(account_id as text)
""")
_END_SESSIONS = text("delete from kernel.session where account_id = any(cast(:accounts as uuid[]))")
_ENABLE = text("""
    update kernel.account set disabled_at = null
     where account_id = any(cast(:accounts as uuid[])) and person_id = :merged
""")


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that stands, or stood."""

    merge_id: UUID
    kept: PersonId
    merged: PersonId
    merged_at: datetime
    reason: str
    split_at: datetime | None


def merge(tx: Tx, kept: PersonId, merged: PersonId, *, by: By, now: datetime, reason: str) -> UUID:
    """Make two persons one: ``merged`` means ``kept`` from now on. Returns the merge's id.

    The same merge again, while it stands, changes nothing and returns the first one's id.

    Args:
        tx: The transaction; other merges, splits and erasures wait for its end.
        kept: Who stays.
        merged: Whose belongings go to ``kept``.
        by: Who says so.
        now: When.
        reason: Why they are the same human; it is erased with them.

    Raises:
        InvalidInput: when both are the same id, or the reason is empty or too long.
        NotFound: when either is unknown.
        Conflict: when either was merged away, is erased or waits for erasure.
    """
    changing_persons(tx)
    if standing := _standing_merge(tx, kept, merged):
        return standing
    why = _parse_reason(reason)
    _check_pair(tx, kept, merged)
    moved = _move(tx, kept, merged, now)
    merge_id = new_id()
    tx.execute(
        _ADD,
        {
            "merge_id": merge_id,
            "kept": kept,
            "merged": merged,
            "now": now,
            "reason": why,
            "moved": orjson.dumps(moved).decode(),
            **actor(by),
        },
    )
    publish(tx, [persons_merged(merge_id, kept, merged, now)])
    note(tx, by=by, action="person.merged", subject=str(kept), at=now, details={"merged": str(merged)})
    return merge_id


def preview_merge(tx: Tx, kept: PersonId, merged: PersonId, *, now: datetime) -> Mapping[str, int]:
    """Return how many rows of each holding a merge would move, by its name; nothing is changed.

    The merge is done and taken back, so the numbers are those of the merge itself. Errors are those of ``merge``.
    """
    changing_persons(tx)
    _check_pair(tx, kept, merged)
    savepoint = tx.begin_nested()
    try:
        moved = _move(tx, kept, merged, now)
    finally:
        savepoint.rollback()
    counts = {name: sum(map(len, rows.values())) for name, rows in moved.items()}
    return {name: count for name, count in counts.items() if count}


def split(tx: Tx, merged: PersonId, *, by: By, now: datetime) -> UUID:
    """Undo the merge by which ``merged`` went into another person; return the merge's id.

    Not idempotent: the second time there is no merge to undo.

    Raises:
        NotFound: when no merge of this person stands.
        Conflict: when the other was merged into a third since, or is erased or waits for erasure.
    """
    changing_persons(tx)
    standing = tx.execute(_STANDING, {"merged": merged}).one_or_none()
    if standing is None:
        raise NotFound("This person is not merged into anybody; there is nothing to split.")
    kept = PersonId(standing.kept)
    _check_standing_for_themselves(tx, kept, "Split them from that person first.")
    _check_not_erased(tx, kept, merged)
    lock_persons(tx, [kept, merged])
    with rewriting(tx):
        for holding in reversed(declared_holdings()):
            if holding.name in standing.moved:  # else the room is newer than the merge
                holding.split(tx, kept, merged, standing.moved[holding.name], now)
    accounts = standing.moved.get(_DISABLED, {}).get("account", [])
    tx.execute(_ENABLE, {"accounts": accounts, "merged": merged})
    tx.execute(_END, {"merge_id": standing.merge_id, "now": now})
    publish(tx, [persons_split(standing.merge_id, kept, merged, now)])
    note(tx, by=by, action="person.split", subject=str(kept), at=now, details={"merged": str(merged)})
    return UUID(str(standing.merge_id))


def merges_of(tx: Tx, person: PersonId) -> tuple[Merge, ...]:
    """Return the merges a person is or was part of, newest first."""
    rows = tx.execute(
        text("""
            select merge_id, kept, merged, merged_at, reason, split_at
              from kernel.person_merge where kept = :person or merged = :person
             order by merged_at desc, merge_id
        """),
        {"person": person},
    )
    return tuple(Merge(*row) for row in rows)


def _standing_merge(tx: Tx, kept: PersonId, merged: PersonId) -> UUID | None:
    row = tx.execute(_STANDING, {"merged": merged}).one_or_none()
    return UUID(str(row.merge_id)) if row is not None and row.kept == kept else None


def _parse_reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not words or len(words) > LONGEST_REASON or not words.isprintable():
        raise InvalidInput(
            f"Say in 1 to {LONGEST_REASON} characters how you know that they are the same human.", field="reason"
        )
    return words


def _check_pair(tx: Tx, kept: PersonId, merged: PersonId) -> None:
    if kept == merged:
        raise InvalidInput("These are one person already; name two different ones.", field="merged")
    if lock_persons(tx, [kept, merged]) != {kept, merged}:
        raise no_such_person()
    for person in (kept, merged):
        _check_standing_for_themselves(tx, person, "Merge that person instead.")
    _check_not_erased(tx, kept, merged)


def _check_standing_for_themselves(tx: Tx, person: PersonId, advice: str) -> None:
    current = current_persons(tx, [person])[person]
    if current != person:
        raise Conflict(f"The person {person} was merged into {current}. {advice}")


def _check_not_erased(tx: Tx, *persons: PersonId) -> None:
    if (found := tx.execute(_UNDER_ERASURE, {"persons": list(persons)}).scalars().first()) is not None:
        raise Conflict(f"The person {found} is erased or waits for erasure; nothing is merged or split then.")


def _move(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> dict[str, Moved]:
    """Have every holding move what it has, and disable the account that the merged person still has after that."""
    with rewriting(tx):
        moved = {holding.name: holding.merge(tx, kept, merged, now) for holding in declared_holdings()}
    accounts = list(tx.execute(_DISABLE, {"merged": merged, "now": now}).scalars())
    if accounts:
        tx.execute(_END_SESSIONS, {"accounts": accounts})
        moved[_DISABLED] = {"account": accounts}
    return moved
