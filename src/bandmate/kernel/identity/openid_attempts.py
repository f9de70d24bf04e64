"""Sign-ins that are on their way to a provider and back, and offers that wait for an account's owner to agree.

An attempt is bound to the browser that began it: its ``state`` travels over the provider, its counterpart in
a cookie, and only both together are worth anything (RFC 6749, section 10.12; RFC 9700, section 4.7).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_replace

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import TooManyRequests
from bandmate.kernel.identity.attempts import network_of
from bandmate.kernel.identity.openid_tokens import OpenidPerson
from bandmate.kernel.identity.tables import openid_attempt, openid_offer
from bandmate.kernel.identity.tokens import new_token, token_hash
from bandmate.kernel.ids import AccountId
from bandmate.kernel.languages import gettext as _

LIFETIME = timedelta(minutes=10)
"""How long somebody may take at the provider, and then to agree to an offer."""
UNFINISHED_PER_NETWORK = 100
"""Attempts from one network that are not back yet: an office shares an address, a flood comes from one."""


@dataclass(frozen=True, slots=True)
class Started:
    """What is sent along to the provider; none of it is shown or logged."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """An attempt that came back to the browser that began it."""

    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    way_on: str
    account_id: AccountId | None
    """Whose account is to be linked; None for a sign-in."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody at a provider who may be the owner of an account here."""

    issuer: str
    subject: str
    provider: str
    email: str
    account_id: AccountId
    way_on: str


def start_attempt(
    tx: Tx, provider: str, *, browser: str, address: str, way_on: str, account_id: AccountId | None, now: datetime
) -> Started:
    """Remember a sign-in that begins now. Not idempotent: every call begins another.

    Raises:
        TooManyRequests: when very many from this network have not come back.
    """
    tx.execute(delete(openid_attempt).where(openid_attempt.c.started_at <= now - LIFETIME))
    network = hashlib.sha256(network_of(address).encode("utf-8", "replace")).digest()
    unfinished = select(func.count()).where(openid_attempt.c.network_hash == network)
    if tx.execute(unfinished).scalar_one() >= UNFINISHED_PER_NETWORK:
        raise TooManyRequests(
            _("Too many sign-ins from your network were begun and not finished. Wait, then try again."),
            retry_after=int(LIFETIME.total_seconds()),
        )
    # The verifier: 43 characters of base64url, the fewest that RFC 7636, section 4.1, allows, of 256 random bits.
    started = Started(new_token(), new_token(), new_token())
    tx.execute(
        insert(openid_attempt).values(
            state_hash=token_hash(started.state),
            browser_hash=token_hash(browser),
            network_hash=network,
            provider=provider,
            nonce=started.nonce,
            code_verifier=started.code_verifier,
            way_on=way_on,
            account_id=account_id,
            started_at=now,
        )
    )
    return started


def take_attempt(tx: Tx, provider: str, *, state: str, browser: str, now: datetime) -> Returned | None:
    """Use an attempt up: None when it was used before, is too old, or began in another browser or elsewhere."""
    attempt = openid_attempt.c
    row = tx.execute(
        delete(openid_attempt)
        .where(
            attempt.state_hash == token_hash(state),
            attempt.browser_hash == token_hash(browser),
            attempt.provider == provider,
            attempt.started_at > now - LIFETIME,
        )
        .returning(attempt.nonce, attempt.code_verifier, attempt.way_on, attempt.account_id)
    ).one_or_none()
    return None if row is None else Returned(*row)


def make_offer(
    tx: Tx, provider: str, known: OpenidPerson, account_id: AccountId, *, browser: str, way_on: str, now: datetime
) -> None:
    """Keep who somebody is at a provider until they have shown that the account is theirs; one a browser."""
    tx.execute(delete(openid_offer).where(openid_offer.c.made_at <= now - LIFETIME))
    values = {
        "issuer": known.issuer,
        "subject": known.subject,
        "provider": provider,
        "email": known.email,
        "account_id": account_id,
        "way_on": way_on,
        "made_at": now,
    }
    tx.execute(
        insert_or_replace(openid_offer)
        .values(browser_hash=token_hash(browser), **values)
        .on_conflict_do_update(index_elements=["browser_hash"], set_=values)
    )


def offer_of(tx: Tx, browser: str | None, *, now: datetime) -> Offer | None:
    """Return the offer that this browser brought back from a provider, if it is not too old."""
    offer = openid_offer.c
    row = tx.execute(
        select(offer.issuer, offer.subject, offer.provider, offer.email, offer.account_id, offer.way_on).where(
            offer.browser_hash == token_hash(browser or ""), offer.made_at > now - LIFETIME
        )
    ).one_or_none()
    return None if row is None else Offer(*row)


def drop_offer(tx: Tx, browser: str) -> None:
    """Forget a browser's offer; doing it again changes nothing."""
    tx.execute(delete(openid_offer).where(openid_offer.c.browser_hash == token_hash(browser)))
