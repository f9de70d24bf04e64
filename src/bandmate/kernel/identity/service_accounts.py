"""Service accounts: programs with a name of their own, run by administrators.

A service account has an identity like everybody who acts here, so that the trail can name it, but no address and
no password: it acts by API keys only and never signs in with a browser. Its handle, ``service:reader``, stands
where a person has an e-mail address and can equal none, for it holds no ``@``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.acts import KEY_CREATED
from bandmate.kernel.identity.keys import NewKey, create_key
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.identity.tables import account, api_key, person
from bandmate.kernel.identity.ways_acts import SERVICE_CREATED
from bandmate.kernel.ids import AccountId, PersonId, new_id
from bandmate.kernel.languages import gettext as _

PREFIX = "service:"
LONGEST_PURPOSE = 300
_HANDLE = re.compile(r"[a-z][a-z0-9-]{1,39}")


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A program's account."""

    account_id: AccountId
    person_id: PersonId
    handle: str
    """With its prefix: ``service:reader``."""
    purpose: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    keys: int
    """API keys that work now."""


def create_service_account(
    tx: Tx, name: str, *, purpose: str, role: Role, by: PersonId | str, now: datetime, address: str = ""
) -> ServiceAccount:
    """Create a service account.

    Raises:
        InvalidInput: when name, purpose or role cannot be used.
        Conflict: when there is one with this name.
    """
    if not _HANDLE.fullmatch(name):
        raise InvalidInput(
            _("Name it in 2 to 40 small letters, digits and hyphens, such as metrics-reader."), field="name"
        )
    words = " ".join(purpose.split())
    if not words or len(words) > LONGEST_PURPOSE or not words.isprintable():
        raise InvalidInput(
            _("Say in a sentence what it is for, so that others know later whether it is still needed."),
            field="purpose",
        )
    if role is Role.ADMINISTRATOR:
        raise InvalidInput(
            _("A service account cannot be an administrator; operator is the highest it can be."), field="role"
        )
    handle, person_id = PREFIX + name, create_person(tx, name=name, now=now)
    created = tx.execute(
        insert_or_skip(account)
        .values(
            account_id=new_id(),
            person_id=person_id,
            email=handle,
            email_key=handle,
            role=role,
            kind="service",
            purpose=words,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(account.c.account_id)
    ).scalar_one_or_none()
    if created is None:
        raise Conflict(_("There is a service account {name} already.").format(name=name), field="name")
    details = {"role": role.value}
    note(tx, by=by, action=SERVICE_CREATED, subject=str(person_id), at=now, address=address, details=details)
    return ServiceAccount(AccountId(created), person_id, handle, words, role, now, None, 0)


def service_accounts(tx: Tx, *, now: datetime) -> tuple[ServiceAccount, ...]:
    """Return every service account by name, with how many keys of it work."""
    key = api_key.c
    works = key.revoked_at.is_(None) & (key.expires_at.is_(None) | (key.expires_at > now))
    rows = tx.execute(
        select(
            account.c.account_id,
            account.c.person_id,
            account.c.email,
            account.c.purpose,
            account.c.role,
            account.c.created_at,
            account.c.disabled_at,
            func.count(key.public_id).filter(works),
        )
        .join_from(account, person)
        .outerjoin(api_key, key.account_id == account.c.account_id)
        .where(account.c.kind == "service")
        .group_by(account.c.account_id)
        .order_by(account.c.email_key)
    )
    return tuple(
        ServiceAccount(row[0], row[1], row[2], row[3], Role(row[4]), row[5], row[6], row[7]) for row in rows
    )


def service_account(tx: Tx, name: str, *, now: datetime) -> ServiceAccount:
    """Return the service account with this name, with or without the prefix.

    Raises:
        NotFound: when there is none.
    """
    handle = PREFIX + name.removeprefix(PREFIX)
    for found in service_accounts(tx, now=now):
        if found.handle == handle:
            return found
    raise NotFound(_("There is no service account {name}.").format(name=name[:100]))


def add_service_key(
    tx: Tx,
    owner: ServiceAccount,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None,
    by: PersonId | str,
    now: datetime,
    address: str = "",
) -> NewKey:
    """Create an API key of a service account and note who did.

    Raises:
        Conflict: when the account is disabled.
        InvalidInput: as ``create_key``.
    """
    if owner.disabled_at is not None:
        raise Conflict(_("This service account is disabled. Enable it first."))
    key = create_key(tx, owner.account_id, name=name, scopes=scopes, expires_at=expires_at, now=now)
    details = {"account": owner.handle}
    note(tx, by=by, action=KEY_CREATED, subject=key.public_id, at=now, address=address, details=details)
    return key
