"""Asking to be erased, taking it back while there is time, and legal holds that stop it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.holdings.erasure import erase_person
from bandmate.kernel.holdings.persons import (
    By,
    actor,
    changing_persons,
    current_person,
    lock_persons,
    members_of,
    no_such_person,
)
from bandmate.kernel.ids import PersonId

LONGEST_REASON = 500

DUE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ErasureState:
    """Where a person stands on the way to erasure."""

    requested_at: datetime | None
    due_at: datetime | None
    held_since: datetime | None
    hold_reason: str
    erased_at: datetime | None


_STATE = text("""
    select request.requested_at, request.due_at, hold.since as held_since,
           coalesce(hold.reason, '') as hold_reason, person.erased_at
      from kernel.person
      left join kernel.erasure_request as request using (person_id)
      left join lateral (select since, reason from kernel.legal_hold
                          where person_id = any(:members) order by since limit 1) as hold on true
     where person.person_id = :person
""")

_REQUEST = text("""
    insert into kernel.erasure_request (person_id, requested_at, due_at, requested_by_person, requested_by_system)
    values (:person, :now, :due_at, :by_person, :by_system)
    on conflict (person_id) do nothing
    returning due_at
""")
_DUE_AT = text("select due_at from kernel.erasure_request where person_id = :person")
_WITHDRAW = text("delete from kernel.erasure_request where person_id = :person returning person_id")

_HOLD = text("""
    insert into kernel.legal_hold (person_id, since, held_by_person, held_by_system, reason)
    values (:person, :now, :by_person, :by_system, :reason)
    on conflict (person_id) do update set reason = excluded.reason
""")
_LIFT = text("delete from kernel.legal_hold where person_id = any(:members) returning person_id")

_DUE = text("""
    select person_id from kernel.erasure_request as request
     where due_at <= :now
       and not exists (select from kernel.legal_hold as hold where hold.person_id = request.person_id)
       and person_id > :after
     order by person_id limit :limit
""")


def erasure_state(tx: Tx, person: PersonId) -> ErasureState:
    """Return where a person stands.

    Raises:
        NotFound: when there is no such person.
    """
    members = list(members_of(tx, person))
    row = tx.execute(_STATE, {"person": person, "members": members}).one_or_none()
    if row is None:
        raise no_such_person()
    return ErasureState(*row)


def request_erasure(tx: Tx, person: PersonId, *, by: By, now: datetime, grace: timedelta) -> datetime | None:
    """Note that a person is to be erased after ``grace``; return when, or None where it was done at once.

    With no grace it is done in this transaction, unless a legal hold stands: then the request waits for its end.
    Asked again, the first request and its date stand.

    Raises:
        NotFound: when there is no such person.
        Conflict: when the person is erased already.
    """
    changing_persons(tx)
    current = current_person(tx, person)
    lock_persons(tx, [current])
    state = erasure_state(tx, current)
    if state.erased_at is not None:
        raise Conflict("This person is erased already; nothing is left to erase.")
    if not grace and state.held_since is None:
        erase_person(tx, current, by=by, now=now)
        return None
    asked = {"person": current, "now": now, "due_at": now + grace, **actor(by)}
    due_at: datetime | None = tx.execute(_REQUEST, asked).scalar_one_or_none()
    if due_at is None:
        first: datetime = tx.execute(_DUE_AT, {"person": current}).scalar_one()
        return first
    note(tx, by=by, action="person.erasure.requested", subject=str(current), at=now)
    return due_at


def withdraw_request(tx: Tx, person: PersonId, *, by: By, now: datetime) -> None:
    """Take a request back.

    Raises:
        NotFound: when none waits; it may have been carried out.
    """
    changing_persons(tx)
    current = current_person(tx, person)
    if tx.execute(_WITHDRAW, {"person": current}).first() is None:
        raise NotFound("No erasure is requested; there is nothing to take back.")
    note(tx, by=by, action="person.erasure.withdrawn", subject=str(current), at=now)


def place_hold(tx: Tx, person: PersonId, *, by: By, now: datetime, reason: str) -> None:
    """Keep a person from being erased until the hold is lifted; a second hold only changes the reason.

    Raises:
        InvalidInput: when the reason is empty or too long.
        NotFound: when there is no such person.
        Conflict: when the person is erased already.
    """
    words = " ".join(reason.split())
    if not words or len(words) > LONGEST_REASON or not words.isprintable():
        raise InvalidInput(f"Say in 1 to {LONGEST_REASON} characters which duty asks for it.", field="reason")
    changing_persons(tx)
    current = current_person(tx, person)
    lock_persons(tx, [current])
    if erasure_state(tx, current).erased_at is not None:
        raise Conflict("This person is erased already; a hold would keep nothing.")
    tx.execute(_HOLD, {"person": current, "now": now, "reason": words, **actor(by)})
    note(tx, by=by, action="person.hold.placed", subject=str(current), at=now)


def lift_hold(tx: Tx, person: PersonId, *, by: By, now: datetime) -> None:
    """End the hold; a request that is due is carried out with the next round.

    Raises:
        NotFound: when none stands.
    """
    changing_persons(tx)
    current = current_person(tx, person)
    if tx.execute(_LIFT, {"members": list(members_of(tx, current))}).first() is None:
        raise NotFound("No legal hold stands on this person.")
    note(tx, by=by, action="person.hold.lifted", subject=str(current), at=now)


def due_erasures(tx: Tx, *, now: datetime, after: PersonId, limit: int = DUE_AT_ONCE) -> tuple[PersonId, ...]:
    """Return persons whose time has come and on whom no hold stands, by id; those behind ``after``."""
    rows = tx.execute(_DUE, {"now": now, "after": after, "limit": limit})
    return tuple(PersonId(found) for found in rows.scalars())
