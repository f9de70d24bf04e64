"""Running other people's accounts: finding them, giving roles, disabling and enabling. Every act is noted.

A disabled account is shut at once: its sessions end, its API keys are refused with the next request, and no way in
opens it. Nothing of it is lost, so that enabling it again is the undo.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, NotFound
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.acts import ROLE_GIVEN
from bandmate.kernel.identity.persons import Account, account_of, email_key, keep_an_administrator, set_role
from bandmate.kernel.identity.sessions import end_sessions
from bandmate.kernel.identity.tables import account, person
from bandmate.kernel.identity.ways_acts import DISABLED, ENABLED
from bandmate.kernel.ids import AccountId, PersonId
from bandmate.kernel.languages import gettext as _

ACCOUNTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Found:
    """What a search for accounts found."""

    accounts: tuple[Account, ...]
    """At most ``ACCOUNTS_SHOWN``, by address."""
    total: int


def find_accounts(tx: Tx, words: str = "") -> Found:
    """Find people's accounts by any part of name or address, whatever its case; all without words."""
    query = (
        select(
            account.c.account_id,
            account.c.person_id,
            person.c.name,
            account.c.email,
            account.c.role,
            account.c.created_at,
            account.c.password_changed_at,
            account.c.disabled_at,
            func.count().over().label("total"),
        )
        .join_from(account, person)
        .where(account.c.kind == "person")
        .order_by(account.c.email_key)
        .limit(ACCOUNTS_SHOWN)
    )
    sought = email_key(words)
    if sought:
        query = query.where(
            or_(
                account.c.email_key.contains(sought, autoescape=True),
                func.lower(person.c.name).contains(sought, autoescape=True),
            )
        )
    rows = tx.execute(query).all()
    found = tuple(Account(row[0], row[1], row[2], row[3], Role(row.role), row[5], row[6], row[7]) for row in rows)
    return Found(found, rows[0].total if rows else 0)


def give_role(
    tx: Tx, account_id: AccountId, role: Role, *, by: PersonId | str, now: datetime, address: str = ""
) -> None:
    """Give an account another role, from the next request on; the same role again changes and notes nothing.

    Raises:
        NotFound: when there is no such account.
        Conflict: when it is the last administrator's.
    """
    present = account_of(tx, account_id)
    if present.role is role:
        return
    set_role(tx, account_id, role)
    details = {"role": role.value, "before": present.role.value}
    note(tx, by=by, action=ROLE_GIVEN, subject=str(present.person_id), at=now, address=address, details=details)


def disable_account(
    tx: Tx, account_id: AccountId, *, by: PersonId | str, now: datetime, address: str = ""
) -> None:
    """Shut an account: sessions end, keys and every way in are refused; again, it changes and notes nothing.

    Raises:
        NotFound: when there is no such account.
        Conflict: when it is the last administrator's, or one's own.
    """
    owner = account_of(tx, account_id).person_id
    if owner == by:
        raise Conflict(_("You cannot disable your own account. Ask another administrator."))
    keep_an_administrator(tx, without=account_id)
    _turn(tx, account_id, None, now, by=by, action=DISABLED, now=now, address=address)
    end_sessions(tx, account_id)


def enable_account(tx: Tx, account_id: AccountId, *, by: PersonId | str, now: datetime, address: str = "") -> None:
    """Open a disabled account again: its keys work, and its owner can sign in; again, it changes nothing.

    Raises:
        NotFound: when there is no such account.
    """
    account_of(tx, account_id)
    _turn(tx, account_id, now, None, by=by, action=ENABLED, now=now, address=address)


def _turn(
    tx: Tx,
    account_id: AccountId,
    before: datetime | None,
    after: datetime | None,
    *,
    by: PersonId | str,
    action: str,
    now: datetime,
    address: str,
) -> None:
    """Disable what is enabled or enable what is disabled, and note it once."""
    is_so = account.c.disabled_at.is_(None) if before is None else account.c.disabled_at.is_not(None)
    person_id = tx.execute(
        update(account)
        .where(account.c.account_id == account_id, is_so)
        .values(disabled_at=after)
        .returning(account.c.person_id)
    ).scalar_one_or_none()
    if person_id is not None:
        note(tx, by=by, action=action, subject=str(person_id), at=now, address=address)


def account_named(tx: Tx, handle: str) -> Account:
    """Return the account with this address, or the service account with this handle (``service:reader``).

    Raises:
        NotFound: when there is none; for commands and administrators only.
    """
    found = tx.execute(
        select(account.c.account_id).where(account.c.email_key == email_key(handle))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no account {handle}.").format(handle=handle[:100]))
    return account_of(tx, AccountId(found))
