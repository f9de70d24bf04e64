"""From somebody at a provider to an account here.

Issuer and subject together are the only name of a person at a provider (OpenID Connect Core, section 5.7). An
e-mail address is not: it is given to others later, and whoever can have an account with somebody else's address on
one side takes over the other side if the two are joined by it ("pre-hijacking", Sudhodanan and Paverd, USENIX
Security 2022). Hence:

1. Who is known by issuer and subject gets the account linked to them, whatever address the provider tells.
2. Who is not known, and whose address nobody has here, gets a new account when the provider says that the address
   is verified and its domain is among the provider's ``domains``.
3. Who is not known, but whose verified address an account has, is never let in by it. They are asked once for
   that account's password and linked when they know it. An account without a password is linked by its owner only,
   after signing in the way it has.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.acts import ACCOUNT_CREATED, ROLE_GIVEN
from bandmate.kernel.identity.openid_provider import Provider
from bandmate.kernel.identity.openid_tokens import OpenidPerson
from bandmate.kernel.identity.persons import (
    LONGEST_NAME,
    create_account,
    create_person,
    email_key,
    parse_email,
    set_role,
)
from bandmate.kernel.identity.tables import account, openid_identity
from bandmate.kernel.identity.ways_acts import LINKED, UNLINKED
from bandmate.kernel.ids import AccountId, PersonId
from bandmate.kernel.languages import gettext as _


@dataclass(frozen=True, slots=True)
class ToProve:
    """An account that may be theirs: its password has to be proved first."""

    account_id: AccountId


@dataclass(frozen=True, slots=True)
class Linked:
    """A provider that an account is linked to."""

    issuer: str
    subject: str
    email: str
    linked_at: datetime
    last_used_at: datetime


def account_for(tx: Tx, provider: Provider, known: OpenidPerson, *, now: datetime) -> AccountId | ToProve:
    """Return the account of somebody at a provider; create it at their first sign-in where the rules allow it.

    Raises:
        Forbidden: when there is none for them; the sentence says why and what to do.
    """
    _one_at_a_time(tx, known)
    account_id = _linked_account(tx, known, now=now)
    if account_id is None:
        owner = _owner_of_address(tx, known, provider)
        if owner is not None:
            return owner
        account_id = _new_account(tx, provider, known, now=now)
    _follow_role(tx, provider, known, account_id, now=now)
    return account_id


def link(tx: Tx, account_id: AccountId, *, issuer: str, subject: str, email: str, now: datetime) -> None:
    """Link an account to somebody at a provider; the same again changes nothing.

    The caller has made sure that the account's owner agrees.

    Raises:
        Conflict: when they are linked to another account.
    """
    tx.execute(
        insert_or_skip(openid_identity)
        .values(
            issuer=issuer, subject=subject, account_id=account_id, email=email, linked_at=now, last_used_at=now
        )
        .on_conflict_do_nothing()
    )
    identity = openid_identity.c
    holder = tx.execute(
        select(identity.account_id).where(identity.issuer == issuer, identity.subject == subject)
    ).scalar_one()
    if holder != account_id:
        raise Conflict(_("You are connected to another account here already. Disconnect it there first."))
    _note(tx, account_id, LINKED, issuer, now=now)


def unlink(tx: Tx, account_id: AccountId, *, issuer: str, subject: str, now: datetime) -> None:
    """Take a provider off an account; taking it off again changes nothing.

    Raises:
        Conflict: when it is the last way into the account.
    """
    has_password = tx.execute(
        select(account.c.password_hash.is_not(None)).where(account.c.account_id == account_id).with_for_update()
    ).scalar_one()
    identity = openid_identity.c
    mine = (identity.account_id == account_id) & (identity.issuer == issuer) & (identity.subject == subject)
    removed = tx.execute(delete(openid_identity).where(mine).returning(identity.issuer)).one_or_none()
    if removed is None:
        return
    left = tx.execute(select(func.count()).where(identity.account_id == account_id)).scalar_one()
    if not has_password and left == 0:
        raise Conflict(_("This is your only way to sign in. Set a password first, then disconnect it."))
    _note(tx, account_id, UNLINKED, issuer, now=now)


def linked_to(tx: Tx, account_id: AccountId) -> tuple[Linked, ...]:
    """Return the providers that an account is linked to, oldest first."""
    identity = openid_identity.c
    rows = tx.execute(
        select(identity.issuer, identity.subject, identity.email, identity.linked_at, identity.last_used_at)
        .where(identity.account_id == account_id)
        .order_by(identity.linked_at, identity.issuer, identity.subject)
    )
    return tuple(Linked(*row) for row in rows)


def _one_at_a_time(tx: Tx, known: OpenidPerson) -> None:
    """Let two first sign-ins of one person wait for each other, so that the second finds what the first made."""
    name = hashlib.sha256(f"{known.issuer}\0{known.subject}".encode("utf-8", "replace")).digest()
    tx.execute(select(func.pg_advisory_xact_lock(int.from_bytes(name[:8], signed=True))))


def _linked_account(tx: Tx, known: OpenidPerson, *, now: datetime) -> AccountId | None:
    identity = openid_identity.c
    found = tx.execute(
        update(openid_identity)
        .where(identity.issuer == known.issuer, identity.subject == known.subject)
        .values(last_used_at=now, email=known.email or identity.email)
        .returning(identity.account_id)
    ).scalar_one_or_none()
    return None if found is None else AccountId(found)


def _owner_of_address(tx: Tx, known: OpenidPerson, provider: Provider) -> ToProve | None:
    """Return the account that has the verified address of somebody we do not know, for rule 3."""
    if not known.email or not known.email_verified:
        raise Forbidden(
            _(
                "{provider} does not confirm an e-mail address of yours, so we cannot tell whether you have an "
                "account here. If you have one, sign in with its password, then connect {provider} there."
            ).format(provider=provider.title)
        )
    row = tx.execute(
        select(account.c.account_id, account.c.password_hash.is_not(None).label("has_password")).where(
            account.c.email_key == email_key(known.email)
        )
    ).one_or_none()
    if row is None:
        return None
    if not row.has_password:
        raise Forbidden(
            _(
                "There is an account with your address that signs in another way. Sign in that way, then connect "
                "{provider} on your account page."
            ).format(provider=provider.title)
        )
    return ToProve(AccountId(row.account_id))


def _new_account(tx: Tx, provider: Provider, known: OpenidPerson, *, now: datetime) -> AccountId:
    """Create person and account for rule 2."""
    domain = email_key(known.email).rpartition("@")[2]
    if "*" not in provider.chosen.domains and domain not in provider.chosen.domains:
        raise Forbidden(
            _(
                "There is no account for {email} yet. Ask those who run this installation for one, "
                "then sign in with {provider} again."
            ).format(email=known.email[:100], provider=provider.title)
        )
    try:
        email = parse_email(known.email)
    except InvalidInput as error:
        raise Forbidden(error.detail) from error
    person_id = create_person(tx, name=_usable_name(known.name) or email, now=now)
    created = create_account(tx, person_id, email=email, password=None, now=now)
    note(
        tx, by=person_id, action=ACCOUNT_CREATED, subject=str(person_id), at=now,
        details={"role": Role.MEMBER.value, "way": f"openid:{provider.name}"},
    )  # fmt: skip
    link(tx, created.account_id, issuer=known.issuer, subject=known.subject, email=known.email, now=now)
    return created.account_id


def _usable_name(name: str) -> str:
    return "".join(filter(str.isprintable, name))[:LONGEST_NAME].strip()


def _follow_role(tx: Tx, provider: Provider, known: OpenidPerson, account_id: AccountId, *, now: datetime) -> None:
    """Give the role that the provider's groups stand for, where the settings say that they do."""
    roles = provider.chosen.roles
    if not roles:
        return
    given = [Role(roles[group]) for group in known.groups if group in roles]
    role = max(given, key=list(Role).index, default=Role.MEMBER)
    present, person_id = tx.execute(
        select(account.c.role, account.c.person_id).where(account.c.account_id == account_id)
    ).one()
    if role == present:
        return
    try:
        set_role(tx, account_id, role)
    except Conflict:
        return  # the last administrator stays one, whatever a provider says
    details = {"role": role.value, "before": present}
    by = f"openid:{provider.name}"
    note(tx, by=by, action=ROLE_GIVEN, subject=str(person_id), at=now, details=details)


def _note(tx: Tx, account_id: AccountId, action: str, issuer: str, *, now: datetime) -> None:
    person_id = tx.execute(select(account.c.person_id).where(account.c.account_id == account_id)).scalar_one()
    details = {"issuer": issuer}
    note(tx, by=PersonId(person_id), action=action, subject=str(person_id), at=now, details=details)
