"""Reading the trail: newest first, page by page, filtered by person, action, subject and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidCursor
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.pagination import decode_cursor, encode_cursor

PAGE = 50
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which entries are wanted; None asks for all."""

    person: PersonId | None = None
    """Who acted or was acted on; also under the ids of persons who were merged into them."""
    action: str | None = None
    """An action, or the beginning of its name up to a dot: ``identity`` finds ``identity.role.given``."""
    subject: str | None = None
    since: datetime | None = None
    """From this instant on, aware."""
    until: datetime | None = None
    """Before this instant, aware."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the trail."""

    position: int
    at: datetime
    by_person: PersonId | None
    by_system: str | None
    action: str
    subject: str
    address: str | None
    details: Mapping[str, str]
    seal: int | None
    """Its place in the chain; None while it waits for it."""


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A part of the trail."""

    entries: Sequence[Entry]
    next_cursor: str | None


_READ = text("""
    select entry.position, entry.at, entry.by_person, entry.by_system, entry.action, entry.subject,
           address.content as address, details.content as details, seal.number as seal
      from kernel.audit_entry as entry
      left join kernel.audit_fact as address on address.position = entry.position and address.kind = 'address'
      left join kernel.audit_fact as details on details.position = entry.position and details.kind = 'details'
      left join kernel.audit_seal as seal on seal.position = entry.position
     where (cast(:person as uuid) is null
            or entry.by_person in (
               select cast(:person as uuid)
                union select formerly from kernel.audit_alias where person_id = :person)
            or entry.subject in (
               select cast(cast(:person as uuid) as text)
                union select cast(formerly as text) from kernel.audit_alias where person_id = :person))
       and (cast(:action as text) is null or entry.action = :action or starts_with(entry.action, :action || '.'))
       and (cast(:subject as text) is null or entry.subject = :subject)
       and (cast(:since as timestamptz) is null or entry.at >= :since)
       and (cast(:until as timestamptz) is null or entry.at < :until)
       and (cast(:after_at as timestamptz) is null or (entry.at, entry.position) < (:after_at, :after_position))
     order by entry.at desc, entry.position desc
     limit :limit
""")

_NAMES = text("select person_id, name from kernel.person where person_id = any(:ids)")

_ACTIONS = text("""
    with recursive seen as (
        select min(action) as action from kernel.audit_entry
         union all
        select (select min(action) from kernel.audit_entry where action > seen.action) from seen
         where seen.action is not null
    )
    select action from seen where action is not null order by action
""")


def read_entries(tx: Tx, wanted: TrailFilter, *, cursor: str | None = None, limit: int = PAGE) -> EntryPage:
    """Return a page of the trail, newest first.

    Raises:
        InvalidCursor: when the cursor belongs to another filter or is none of ours.
    """
    fingerprint = repr(wanted)
    after = _position_after(cursor, fingerprint) if cursor else None
    found = _read(tx, wanted, after, limit + 1)
    entries = found[:limit]
    more = len(found) > limit
    last = (entries[-1].at.isoformat(), entries[-1].position) if more else None
    return EntryPage(entries, encode_cursor(fingerprint, last) if last else None)


def every_entry(tx: Tx, wanted: TrailFilter) -> Iterator[Entry]:
    """Give the whole trail as filtered, newest first, in blocks that fit in memory."""
    after: tuple[datetime, int] | None = None
    while found := _read(tx, wanted, after, LARGEST_PAGE):
        yield from found
        after = (found[-1].at, found[-1].position)


def names_of(tx: Tx, entries: Sequence[Entry]) -> dict[str, str]:
    """Return how the persons in these entries are called, by their id as text; those erased are missing."""
    ids = {entry.by_person for entry in entries if entry.by_person is not None}
    ids |= {found for entry in entries if (found := _as_person(entry.subject)) is not None}
    return {str(row.person_id): row.name for row in tx.execute(_NAMES, {"ids": list(ids)})} if ids else {}


def noted_actions(tx: Tx) -> tuple[str, ...]:
    """Return every action that stands in the trail, by name: a step of the index for each of them."""
    return tuple(row.action for row in tx.execute(_ACTIONS))


def _read(tx: Tx, wanted: TrailFilter, after: tuple[datetime, int] | None, limit: int) -> list[Entry]:
    rows = tx.execute(
        _READ,
        {
            "person": wanted.person,
            "action": wanted.action,
            "subject": wanted.subject,
            "since": wanted.since,
            "until": wanted.until,
            "after_at": after[0] if after else None,
            "after_position": after[1] if after else None,
            "limit": limit,
        },
    )
    return [_entry(row) for row in rows]


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.position,
        row.at,
        row.by_person,
        row.by_system,
        row.action,
        row.subject,
        row.address,
        row.details or {},
        row.seal,
    )


def _position_after(cursor: str, fingerprint: str) -> tuple[datetime, int]:
    at, position = (*decode_cursor(cursor, fingerprint), None, None)[:2]
    try:
        return parse_rfc3339(str(at)), int(position or 0)
    except ValueError as error:
        raise InvalidCursor("This cursor cannot be read; leave it out to start again.") from error


def _as_person(subject: str) -> PersonId | None:
    try:
        return PersonId(UUID(subject))
    except ValueError:
        return None
