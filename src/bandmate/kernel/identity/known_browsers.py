"""Browsers in which somebody has signed in to an account before.

A browser carries a random token in a cookie; here stands a hash of it with each account it was used for. A token
is never taken over from a browser that the account does not know: at its first sign-in there the browser gets a
new one, so that planting one's own token in somebody's browser gains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.persons import email_key
from bandmate.kernel.identity.tables import account, known_browser
from bandmate.kernel.identity.tokens import new_token, token_hash
from bandmate.kernel.ids import AccountId

REMEMBERED = timedelta(days=365)
"""How long after its last sign-in a browser is still known."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A browser after a sign-in."""

    is_new: bool
    """The account has known other browsers before, but not this one."""
    token: str = field(repr=False)
    """What its cookie must hold from now on."""


def mark_if_known(tx: Tx, token: str | None, *, email: str) -> bytes | None:
    """Return what names this browser if the account with this address knows it; one query at most."""
    if token is None:
        return None
    mark = token_hash(token)
    found = tx.execute(
        select(known_browser.c.token_hash)
        .join_from(known_browser, account)
        .where(known_browser.c.token_hash == mark, account.c.email_key == email_key(email))
    )
    return mark if found.first() is not None else None


def remember_browser(tx: Tx, account_id: AccountId, token: str | None, *, now: datetime) -> Remembered:
    """Know this browser from now on; those unused for a year are forgotten."""
    browser = known_browser.c
    tx.execute(delete(known_browser).where(browser.last_seen_at <= now - REMEMBERED))
    before = token_hash(token) if token is not None else b""
    seen = update(known_browser).where(browser.account_id == account_id, browser.token_hash == before)
    if token is not None and tx.execute(seen.values(last_seen_at=now)).rowcount:
        return Remembered(is_new=False, token=token)
    others = tx.execute(select(func.count()).where(browser.account_id == account_id)).scalar_one()
    fresh = new_token()
    # Other accounts that are used in this browser come along to its new token.
    tx.execute(update(known_browser).where(browser.token_hash == before).values(token_hash=token_hash(fresh)))
    tx.execute(
        insert(known_browser).values(
            token_hash=token_hash(fresh), account_id=account_id, first_seen_at=now, last_seen_at=now
        )
    )
    return Remembered(is_new=others > 0, token=fresh)


def forget_browsers(tx: Tx, account_id: AccountId) -> None:
    """Know no browser of an account any more, when somebody else may have used one."""
    tx.execute(delete(known_browser).where(known_browser.c.account_id == account_id))
