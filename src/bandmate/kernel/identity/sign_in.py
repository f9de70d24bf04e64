"""Signing in with a password, so that guessing is slow and nothing tells which accounts exist.

Every attempt is counted (``attempts``) *before* its password is looked at, in a short transaction of its own:
attempts sent at once cannot slip past the limit, and no connection waits while argon2 works.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.identity.alarms import tell_of_refusal
from bandmate.kernel.identity.attempts import draw, give_back, sign_in_budgets
from bandmate.kernel.identity.known_browsers import mark_if_known
from bandmate.kernel.identity.passwords import PasswordHash, check_password
from bandmate.kernel.identity.persons import email_key, renew_hash
from bandmate.kernel.identity.tables import account
from bandmate.kernel.ids import AccountId

REFUSAL = "The e-mail address and the password do not belong together. Check both and try again."
"""What every failure says, whether or not the account exists."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What an attempt is checked against; both are None when nobody has that address."""

    account_id: AccountId | None
    password_hash: PasswordHash | None


def prove_password(
    database: Database, *, email: str, password: str, address: str, now: datetime, browser: str | None = None
) -> AccountId | None:
    """Return the account that this address and password belong to, or None. Commits what it counts.

    Args:
        database: where accounts are.
        email: as typed.
        password: as typed.
        address: the network address it came from.
        now: when.
        browser: the token of the browser's cookie (see ``known_browsers``), where it brought one.

    Raises:
        TooManyRequests: when there were too many failures lately, with ``retry_after`` in seconds.
    """
    with database.begin() as tx:
        known = mark_if_known(tx, browser, email=email)
        budgets = sign_in_budgets(email=email, address=address, known_browser=known)
        refusal = draw(tx, budgets, now=now)
        credential = credential_of(tx, email)
        if refusal is not None:
            tell_of_refusal(tx, credential.account_id, refusal, address=address, now=now)
    if refusal is not None:
        raise refusal.error()
    verdict = check_password(credential.password_hash, password)
    if credential.account_id is None or credential.password_hash is None or not verdict.right:
        return None
    with database.begin() as tx:
        give_back(tx, budgets, attempted_at=now)
        if verdict.rehashed is not None:
            renew_hash(tx, credential.account_id, before=credential.password_hash, after=verdict.rehashed)
    return credential.account_id


def credential_of(tx: Tx, email: str) -> Credential:
    """Return what to check a password against; also for an address that nobody has."""
    row = tx.execute(
        select(account.c.account_id, account.c.password_hash).where(
            account.c.email_key == email_key(email), account.c.disabled_at.is_(None)
        )
    ).one_or_none()
    return Credential(row.account_id, row.password_hash) if row else Credential(None, None)
