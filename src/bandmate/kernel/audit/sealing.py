"""The chain of hashes over the trail: made after the fact, over what has been committed, by one sealer at a time.

Whoever writes an entry waits for nobody. Every minute the entries below the oldest running transaction are chained
in the order of (transaction id, position): whatever may still be committed sorts behind them, so that a long
transaction delays the seals of what came after it began and breaks nothing (decision 2 has the same rule for
events, decision 13 has this one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from sqlalchemy import text

from bandmate.kernel.database.session import Tx

GENESIS = bytes(32)
"""What the first entry is chained to."""
BATCH = 5_000
"""Entries sealed in one transaction."""

_LOCK_NUMBER = 0x61756469745F7365
"""Of the advisory lock that makes sealers take turns."""

_LOCK = text("select pg_advisory_xact_lock(:number)")

_HEAD = text("""
    select seal.number, seal.hash, cast(entry.xid as text) as xid, entry.position
      from kernel.audit_seal as seal
      join kernel.audit_entry as entry using (position)
     order by seal.number desc
     limit 1
""")

CHAINED = "position, at, recorded_at, by_person, by_system, action, subject, address_digest, details_digest"
"""The columns that the hash of an entry covers."""

_UNSEALED = text(f"""
    select {CHAINED}
      from kernel.audit_entry
     where (xid, position) > (cast(:xid as xid8), :position)
       and xid < pg_snapshot_xmin(pg_current_snapshot())
     order by kernel.audit_entry.xid, position
     limit :limit
""")  # noqa: S608 - a constant of this module

_SEAL = text("""
    insert into kernel.audit_seal (number, position, hash, sealed_at)
    select seal.number, seal.position, decode(seal.hash, 'hex'), :now
      from jsonb_to_recordset(cast(:seals as jsonb)) as seal(number bigint, position bigint, hash text)
""")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of the chain. Kept elsewhere, it proves later that nothing before it was cut off."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"


def seal(tx: Tx, *, now: datetime, limit: int = BATCH) -> int:
    """Chain the next entries and return how many; 0 when nothing waits. Two at once take turns.

    The transaction must see what the one before it committed: ``Database.begin`` does, ``Database.read`` does not.
    """
    tx.execute(_LOCK, {"number": _LOCK_NUMBER})
    last = tx.execute(_HEAD).one_or_none()
    number, previous, xid, position = tuple(last) if last is not None else (0, GENESIS, "0", 0)
    seals: list[dict[str, object]] = []
    for row in tx.execute(_UNSEALED, {"xid": xid, "position": position, "limit": limit}):
        number += 1
        previous = link(previous, number, row)
        seals.append({"number": number, "position": row.position, "hash": previous.hex()})
    if seals:
        tx.execute(_SEAL, {"seals": orjson.dumps(seals).decode(), "now": now})
    return len(seals)


def head(tx: Tx) -> Head | None:
    """Return the newest link, or None before the first entry is sealed."""
    last = tx.execute(_HEAD).one_or_none()
    return Head(last.number, last.hash) if last is not None else None


def link(previous: bytes, number: int, entry: Iterable[object]) -> bytes:
    """Return the hash of an entry at its place in the chain.

    SHA-256 over a JSON array of: the previous hash, the place, and the columns ``CHAINED``; instants in UTC with
    microseconds, bytes in hexadecimal.
    """
    content = [previous.hex(), number, *map(_written, entry)]
    return hashlib.sha256(orjson.dumps(content)).digest()


def _written(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int) else str(value)
