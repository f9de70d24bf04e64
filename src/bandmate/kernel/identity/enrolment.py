"""Persons and accounts by the thousand, as a company's directory brings them: one statement for all of them.

A directory acts with an operator's power: it never gives a role, and an administrator's account is not its to
shut, open or readdress. What it creates has no password: its owner sets one by recovery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import insert, text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import publish
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.events import account_created
from bandmate.kernel.identity.persons import email_key, parse_email, parse_name
from bandmate.kernel.identity.tables import person
from bandmate.kernel.ids import AccountId, PersonId, new_id

_HOLDERS = text("""
    select person_id, email_key, role from kernel.account
     where kind = 'person' and (email_key = any(:keys) or person_id = any(:persons))
""")

_CREATE = text("""
    insert into kernel.account (account_id, person_id, email, email_key, role, created_at)
    select account_id, person_id, email, email_key, 'member', :now
      from json_to_recordset(cast(:rows as json))
        as given(account_id uuid, person_id uuid, email text, email_key text)
    on conflict do nothing
    returning account_id, person_id
""")

_SHUT = text("""
    with shut as (
        update kernel.account set disabled_at = :now
         where person_id = any(:persons) and kind = 'person' and disabled_at is null and role <> 'administrator'
        returning account_id, person_id
    ), ended as (
        delete from kernel.session using shut where session.account_id = shut.account_id
    )
    select person_id from shut
""")

_OPEN = text("""
    update kernel.account set disabled_at = null
     where person_id = any(:persons) and kind = 'person' and disabled_at is not null and role <> 'administrator'
    returning person_id
""")

_RENAME = text("""
    update kernel.person as named set name = given.after
      from json_to_recordset(cast(:rows as json)) as given(person_id uuid, before text, after text)
     where named.person_id = given.person_id and named.name = given.before and named.erased_at is null
""")

# An operator's address opens an operator's account, by recovery: it is not the directory's to change either.
_READDRESS = text("""
    update kernel.account as held set email = given.after, email_key = given.after_key
      from json_to_recordset(cast(:rows as json))
        as given(person_id uuid, before_key text, after text, after_key text)
     where held.person_id = given.person_id and held.email_key = given.before_key
       and held.kind = 'person' and held.role = 'member'
       and not exists (select from kernel.account as other where other.email_key = given.after_key
                          and other.account_id <> held.account_id)
    returning held.person_id
""")

_FORGET_LINKS = text("""
    delete from kernel.account_link using kernel.account as held
     where account_link.account_id = held.account_id and held.person_id = any(:persons)
""")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose an account is."""

    person_id: PersonId
    key: str
    """The address in the form in which spellings are equal (``persons.email_key``)."""
    role: Role


def create_persons(tx: Tx, names: Sequence[str], *, now: datetime) -> tuple[PersonId, ...]:
    """Issue the identities of new persons, in the order of their names.

    Raises:
        InvalidInput: when a name cannot be used; then nobody is created.
    """
    rows = [{"person_id": new_id(), "name": parse_name(name), "created_at": now} for name in names]
    if rows:
        tx.execute(insert(person), rows)
    return tuple(PersonId(row["person_id"]) for row in rows)  # type: ignore[arg-type] # the ids made above


def account_holders(tx: Tx, *, emails: Iterable[str] = (), persons: Iterable[PersonId] = ()) -> tuple[Holder, ...]:
    """Return the accounts with any of these addresses, in any spelling, or of any of these persons."""
    keys = sorted({email_key(email) for email in emails})
    rows = tx.execute(_HOLDERS, {"keys": keys, "persons": list(persons)})
    return tuple(Holder(PersonId(row.person_id), row.email_key, Role(row.role)) for row in rows)


def create_accounts(tx: Tx, emails: Mapping[PersonId, str], *, now: datetime) -> frozenset[PersonId]:
    """Give these persons accounts without a password; return who got one.

    Passed over are those who have an account already, and whose address another has.

    Raises:
        InvalidInput: when an address cannot be used.
    """
    rows = [
        {"account_id": str(new_id()), "person_id": str(owner), "email": address, "email_key": email_key(address)}
        for owner, address in ((owner, parse_email(email)) for owner, email in emails.items())
    ]
    if not rows:
        return frozenset()
    created = tx.execute(_CREATE, {"rows": orjson.dumps(rows).decode(), "now": now}).all()
    publish(
        tx,
        [
            account_created(AccountId(row.account_id), PersonId(row.person_id), role=Role.MEMBER.value, at=now)
            for row in created
        ],
    )
    return frozenset(PersonId(row.person_id) for row in created)


def shut_accounts(tx: Tx, persons: Iterable[PersonId], *, now: datetime) -> frozenset[PersonId]:
    """Disable the accounts of these persons and end their sessions; return whose were open before.

    An administrator's account stays open: another administrator decides about it.
    """
    return frozenset(map(PersonId, tx.execute(_SHUT, {"persons": list(persons), "now": now}).scalars()))


def open_accounts(tx: Tx, persons: Iterable[PersonId]) -> frozenset[PersonId]:
    """Enable the accounts of these persons again; return whose were shut before."""
    return frozenset(map(PersonId, tx.execute(_OPEN, {"persons": list(persons)}).scalars()))


def rename_persons(tx: Tx, names: Mapping[PersonId, tuple[str, str]]) -> None:
    """Change names from the first to the second of each pair; a name the person chose otherwise is left alone."""
    rows = [
        {"person_id": str(owner), "before": parse_name(before), "after": parse_name(after)}
        for owner, (before, after) in names.items()
    ]
    if rows:
        tx.execute(_RENAME, {"rows": orjson.dumps(rows).decode()})


def readdress_accounts(tx: Tx, addresses: Mapping[PersonId, tuple[str, str]]) -> frozenset[PersonId]:
    """Change members' sign-in addresses from the first to the second of each pair; return whose were changed.

    Left alone are addresses that their owners changed themselves, accounts of operators and administrators, and
    whoever would get an address that another has. Links that were mailed to the old address stop working.
    """
    rows = [
        {
            "person_id": str(owner),
            "before_key": email_key(before),
            "after": parse_email(after),
            "after_key": email_key(after),
        }
        for owner, (before, after) in addresses.items()
    ]
    if not rows:
        return frozenset()
    changed = frozenset(map(PersonId, tx.execute(_READDRESS, {"rows": orjson.dumps(rows).decode()}).scalars()))
    tx.execute(_FORGET_LINKS, {"persons": list(changed)})
    return changed
