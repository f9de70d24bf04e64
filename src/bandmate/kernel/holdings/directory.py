"""Finding persons, for those who run the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings.persons import no_such_person
from bandmate.kernel.ids import PersonId

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """A person in a list."""

    person_id: PersonId
    name: str
    """Empty once erased."""
    email: str
    """Empty without an account."""
    created_at: datetime
    erased_at: datetime | None
    merged_into: PersonId | None
    due_at: datetime | None
    """When they will be erased; None when nobody asked."""
    held_since: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """How many there are of each kind."""

    pending: int
    held: int
    unfinished: int
    """Erasures whose part outside the database is not done yet."""


_PERSONS = """
    select person.person_id, person.name, coalesce(account.email, '') as email, person.created_at,
           person.erased_at, alias.kept as merged_into, request.due_at, hold.since as held_since
      from kernel.person
      left join kernel.account using (person_id)
      left join kernel.person_alias as alias on alias.merged = person.person_id
      left join kernel.erasure_request as request on request.person_id = person.person_id
      left join kernel.legal_hold as hold on hold.person_id = person.person_id
"""
_ONE = text(_PERSONS + " where person.person_id = :person")
_FOUND = text(
    _PERSONS
    + """
     where (:words = '' or strpos(lower(person.name), :words) > 0 or strpos(account.email_key, :words) > 0
            or cast(person.person_id as text) = :words)
       and (not :pending or request.person_id is not null or hold.person_id is not null)
     order by request.due_at nulls last, person.created_at desc, person.person_id
     limit :limit
"""
)
_TOTALS = text("""
    select (select count(*) from kernel.erasure_request), (select count(*) from kernel.legal_hold),
           (select count(*) from kernel.erasure where outside_done_at is null)
""")


def find_persons(
    tx: Tx, words: str = "", *, pending: bool = False, limit: int = A_PAGE
) -> tuple[PersonEntry, ...]:
    """Return persons whose name or address holds ``words``, or whose id it is; whose erasure is next comes first.

    Args:
        tx: A transaction to read in.
        words: What to look for, in any case; empty finds everybody.
        pending: Only those with a request or a hold.
        limit: At most so many.
    """
    wanted = {"words": words.strip().lower(), "pending": pending, "limit": limit}
    return tuple(PersonEntry(*row) for row in tx.execute(_FOUND, wanted))


def person_entry(tx: Tx, person: PersonId) -> PersonEntry:
    """Return one person.

    Raises:
        NotFound: when there is no such person.
    """
    row = tx.execute(_ONE, {"person": person}).one_or_none()
    if row is None:
        raise no_such_person()
    return PersonEntry(*row)


def totals(tx: Tx) -> Totals:
    """Return how many requests, holds and unfinished erasures there are."""
    return Totals(*tx.execute(_TOTALS).one())
