"""Checking the trail: that the chain of hashes is whole, and that what is missing was taken by an erasure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from bandmate.kernel.audit.holding import ERASED
from bandmate.kernel.audit.sealing import CHAINED, GENESIS, Head, link
from bandmate.kernel.audit.trail import fact_digest
from bandmate.kernel.database.session import Tx

BATCH = 5_000

_CHAIN = text(f"""
    select {", ".join("entry." + column for column in CHAINED.split(", "))}, seal.number, seal.hash
      from kernel.audit_seal as seal
      left join kernel.audit_entry as entry using (position)
     where seal.number > :after
     order by seal.number
     limit :limit
""")  # noqa: S608 - a constant of ours

# An entry that sorts before the head and has no seal was slipped in later.
_SLIPPED_IN = text("""
    select entry.position
      from kernel.audit_entry as entry
     where (entry.xid, entry.position) <= (
               select last.xid, last.position
                 from kernel.audit_seal as seal join kernel.audit_entry as last using (position)
                order by seal.number desc limit 1)
       and not exists (select from kernel.audit_seal as seal where seal.position = entry.position)
     order by entry.position
     limit 1
""")

_FACTS = text("""
    select entry.position, kinds.kind, kinds.digest, fact.salt, fact.content,
           fact.position is null and exists (
               select from kernel.audit_entry as erasure
                where erasure.action = :erased
                  and erasure.subject in (entry.subject, cast(entry.by_person as text))) as erased
      from kernel.audit_entry as entry
     cross join lateral (values ('address', entry.address_digest), ('details', entry.details_digest))
           as kinds(kind, digest)
      left join kernel.audit_fact as fact on fact.position = entry.position and fact.kind = kinds.kind
     where (entry.position, kinds.kind) > (:position, :kind)
       and (kinds.digest is not null or fact.position is not null)
     order by entry.position, kinds.kind
     limit :limit
""")

_COUNTS = text("""
    select (select count(*) from kernel.audit_entry) as entries, (select count(*) from kernel.audit_seal) as sealed
""")


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is not as it was written."""

    position: int
    """Of the entry: the number its page and its exports show."""
    what: str
    """A sentence."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking the whole trail has found."""

    entries: int
    waiting: int
    """Entries that are not sealed yet; normal for the youngest."""
    erased: int
    """Addresses and details that an erasure took away."""
    head: Head | None
    broken: Finding | None


def verify(tx: Tx, *, expected: Head | None = None) -> Verdict:
    """Check every link, every address and every detail; ``tx`` must see one snapshot (``Database.read``).

    Args:
        tx: the transaction.
        expected: a head that was kept elsewhere: with it, a cut-off end and a chain made anew are found too.
    """
    newest, broken = _check_chain(tx, expected)
    erased, changed = _check_facts(tx)
    slipped_in = tx.execute(_SLIPPED_IN).scalar_one_or_none()
    if broken is None and slipped_in is not None:
        broken = Finding(slipped_in, "The entry was slipped in after its neighbours had been sealed.")
    counts = tx.execute(_COUNTS).one()
    return Verdict(counts.entries, counts.entries - counts.sealed, erased, newest, _first(broken, changed))


def _check_chain(tx: Tx, expected: Head | None) -> tuple[Head | None, Finding | None]:
    number, previous, position = 0, GENESIS, 0
    while rows := tx.execute(_CHAIN, {"after": number, "limit": BATCH}).all():
        for row in rows:
            finding = _wrong_link(row, number, previous, position, expected)
            if finding is not None:
                return (Head(number, previous) if number else None), finding
            number, previous, position = row.number, row.hash, row.position
    newest = Head(number, previous) if number else None
    if expected is not None and number < expected.number:
        missing = expected.number - number
        return newest, Finding(
            position, f"The trail was cut off: {missing} sealed entries behind this one are gone."
        )
    return newest, None


def _wrong_link(
    row: Row[Any], number: int, previous: bytes, position: int, expected: Head | None
) -> Finding | None:
    """Say what is wrong with the link behind ``number``, whose entry is ``position``, or None."""
    values: tuple[Any, ...] = tuple(row)
    entry, place, stored = values[:-2], values[-2], values[-1]
    if place != number + 1:
        return Finding(position, f"The seal {number + 1}, of the entry behind this one, is missing.")
    if entry[0] is None:
        return Finding(position, f"The entry behind this one, sealed as {place}, is missing.")
    if link(previous, place, entry) != stored:
        return Finding(entry[0], "The entry is not what was sealed, or one before it was removed.")
    if expected is not None and place == expected.number and stored != expected.hash:
        return Finding(entry[0], "The chain up to here was made anew: it has another hash than the one you kept.")
    return None


def _check_facts(tx: Tx) -> tuple[int, Finding | None]:
    """Return how many facts were erased, and the first that is not what its entry says."""
    erased, position, kind = 0, 0, ""
    while rows := tx.execute(_FACTS, {"position": position, "kind": kind, "erased": ERASED, "limit": BATCH}).all():
        for row in rows:
            if row.salt is None and row.erased:
                erased += 1
            elif row.salt is None:
                return erased, Finding(
                    row.position, f"Its {row.kind} was removed, and no erasure accounts for that."
                )
            elif row.digest is None or fact_digest(row.salt, row.content) != row.digest:
                return erased, Finding(row.position, f"Its {row.kind} is not what was written.")
        position, kind = rows[-1].position, rows[-1].kind
    return erased, None


def _first(*findings: Finding | None) -> Finding | None:
    return min((each for each in findings if each is not None), key=lambda each: each.position, default=None)
