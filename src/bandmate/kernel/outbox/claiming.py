"""Claiming rows of an outbox table, and settling what became of them; generic over the table.

The outside world is slow and fails, so nothing is sent within a transaction. Instead:

* ``claim_due`` takes the rows whose time has come (``for update skip locked``: two workers never take the same),
  moves their ``due_at`` to the end of a lease and writes a token into them. The caller commits, then sends.
* ``settle`` writes what came of it, only where the token still holds. A worker that died settles nothing: its rows
  are due again when the lease is over, so a row is sent at least once, and always under the same key.

A table of this kind has the columns ``state`` (``waiting``, or how it ended), ``due_at``, ``attempts``, ``claim``
(the token) and ``settled_at`` beside its key, and a partial index over what is waiting. A lane, where
there is one, is a column of ids whose rows go to the same place: each gets a number of rows of its own, so that a
slow place cannot use up what the others need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import new_id

WAITING = "waiting"
"""The state of a row that is still to be sent; how it ends is named by its table."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Which table, and which of its columns. Names only ever come from our own source, never from a request."""

    table: LiteralString
    """With its schema: ``kernel.webhook_delivery``."""
    key: LiteralString
    """Its primary key, a UUID."""
    lane: LiteralString | None = None
    """The column of UUIDs that rows to the same place share."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is ours to send until its lease is over."""

    key: UUID
    token: UUID
    attempt: int
    """1 at the first; an attempt whose worker died counts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claimed row."""

    claim: Claim
    state: str
    """How it ended, or ``WAITING``: it is to be tried again at ``due_at``."""
    due_at: datetime | None = None


def claim_due(
    tx: Tx,
    outbox: Outbox,
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
    lanes: Mapping[UUID, int] | None = None,
) -> tuple[Claim, ...]:
    """Take rows whose time has come, oldest first; commit at once, so that the claim is seen by others.

    Args:
        tx: a transaction of its own.
        outbox: the table.
        now: the present instant.
        lease: how long the rows are ours; longer than sending takes at worst.
        limit: most rows in all.
        lanes: most rows of each lane; other lanes are left alone. Needs an outbox with a lane.
    """
    if limit <= 0 or (lanes is not None and not lanes):
        return ()
    parameters: dict[str, object] = {"now": now, "until": now + lease, "token": new_id(), "limit": limit}
    if lanes is not None:
        parameters |= {"lanes": list(lanes), "most": list(lanes.values())}
    rows = tx.execute(text(_claim_statement(outbox, by_lane=lanes is not None)), parameters)
    return tuple(Claim(row.key, row.claim, row.attempts) for row in rows)


def _claim_statement(outbox: Outbox, *, by_lane: bool) -> str:
    table, key = outbox.table, outbox.key
    due = f"""
        select {key} as key, due_at from {table} where state = 'waiting' and due_at <= :now
    """  # noqa: S608 - names from source
    if by_lane:
        if outbox.lane is None:
            raise ValueError(f"{table} has no lanes.")
        chosen = f"""
            select due.key, due.due_at
              from unnest(cast(:lanes as uuid[]), cast(:most as integer[])) as wanted(lane, most)
             cross join lateral (
                   {due} and {outbox.lane} = wanted.lane order by due_at limit wanted.most for update skip locked
                   ) as due
             limit :limit
        """  # noqa: S608 - names from source
    else:
        chosen = f"{due} order by due_at limit :limit for update skip locked"
    return f"""
        with chosen as materialized ({chosen})
        update {table} as outbox
           set due_at = :until, attempts = outbox.attempts + 1, claim = :token
          from chosen
         where outbox.{key} = chosen.key
        returning outbox.{key} as key, outbox.claim, outbox.attempts
    """  # noqa: S608 - names from source


def settle(tx: Tx, outbox: Outbox, outcomes: Sequence[Outcome], *, now: datetime) -> frozenset[UUID]:
    """Write what became of claimed rows; return the keys of those that were still ours.

    Idempotent: a row that was settled, or that another worker claimed after the lease, is left as it is.

    Raises:
        ValueError: when a row is to be tried again and it is not said when.
    """
    if any(outcome.state == WAITING and outcome.due_at is None for outcome in outcomes):
        raise ValueError("An attempt to be made again needs the time of it.")
    if not outcomes:
        return frozenset()
    rows = [
        {
            "key": outcome.claim.key,
            "token": outcome.claim.token,
            "state": outcome.state,
            "due_at": None if outcome.due_at is None else rfc3339(outcome.due_at),
        }
        for outcome in outcomes
    ]
    settled = tx.execute(
        text(f"""
            update {outbox.table} as outbox
               set state = settled.state, due_at = coalesce(settled.due_at, outbox.due_at), claim = null,
                   settled_at = case when settled.state = 'waiting' then null else cast(:now as timestamptz) end
              from json_to_recordset(cast(:rows as json))
                   as settled(key uuid, token uuid, state text, due_at timestamptz)
             where outbox.{outbox.key} = settled.key and outbox.claim = settled.token
            returning outbox.{outbox.key}
        """),  # noqa: S608 - names from source
        {"rows": orjson.dumps(rows).decode(), "now": now},
    )
    return frozenset(settled.scalars())
