"""Signing in with a password, so that guessing is slow and nothing tells which accounts exist.

Every attempt is counted *before* its password is looked at, in a short transaction of its own: attempts sent at
once cannot slip past the limit, and no connection waits while argon2 works. A success forgets the account's count.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import TooManyRequests
from bandmate.kernel.identity.passwords import PasswordHash, check_password
from bandmate.kernel.identity.persons import email_key, renew_hash
from bandmate.kernel.identity.tables import account, sign_in_attempt
from bandmate.kernel.ids import AccountId

WINDOW = timedelta(minutes=15)
ATTEMPTS_PER_ACCOUNT = 5
"""Failures from one address at one account within the window."""
ATTEMPTS_PER_ADDRESS = 50
"""Failures from one address at any accounts within the window: an office shares an address, a sprayer uses one."""

REFUSAL = "The e-mail address and the password do not belong together. Check both and try again."
"""What every failure says, whether or not the account exists."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What an attempt is checked against; both are None when nobody has that address."""

    account_id: AccountId | None
    password_hash: PasswordHash | None


def prove_password(
    database: Database, *, email: str, password: str, address: str, now: datetime
) -> AccountId | None:
    """Return the account that this address and password belong to, or None. Commits what it counts.

    Raises:
        TooManyRequests: when there were too many failures lately, with ``retry_after`` in seconds.
    """
    with database.begin() as tx:
        count_attempt(tx, email=email, address=address, now=now)
        credential = credential_of(tx, email)
    verdict = check_password(credential.password_hash, password)
    if credential.account_id is None or credential.password_hash is None or not verdict.right:
        return None
    with database.begin() as tx:
        forget_attempts(tx, email=email, address=address, attempted_at=now)
        if verdict.rehashed is not None:
            renew_hash(tx, credential.account_id, before=credential.password_hash, after=verdict.rehashed)
    return credential.account_id


def count_attempt(tx: Tx, *, email: str, address: str, now: datetime) -> None:
    """Count an attempt to prove a password; the caller commits it before checking the password.

    Raises:
        TooManyRequests: when the limit is reached, with ``retry_after`` in seconds; then nothing is counted.
    """
    tx.execute(delete(sign_in_attempt).where(sign_in_attempt.c.attempted_at <= now - WINDOW))
    network = _network(address)
    limits = (
        (_subject(network), ATTEMPTS_PER_ADDRESS),
        (_subject(network, email_key(email)), ATTEMPTS_PER_ACCOUNT),
    )
    # Locked always in this order, so that two attempts never wait for each other.
    for subject, limit in limits:
        tx.execute(select(func.pg_advisory_xact_lock(int.from_bytes(subject[:8], signed=True))))
        recent = sign_in_attempt.c.attempted_at
        count, oldest = tx.execute(
            select(func.count(), func.min(recent)).where(
                sign_in_attempt.c.subject == subject, recent > now - WINDOW
            )
        ).one()
        if count >= limit:
            raise _wait(oldest + WINDOW - now)
    tx.execute(insert(sign_in_attempt), [{"subject": subject, "attempted_at": now} for subject, _ in limits])


def forget_attempts(tx: Tx, *, email: str, address: str, attempted_at: datetime) -> None:
    """After a success, forget the account's count from this address and take the attempt off the address's own.

    The rest of the address's count stays, or an attacker with one account could reset it.
    """
    network, attempt = _network(address), sign_in_attempt.c
    this_one = (attempt.subject == _subject(network)) & (attempt.attempted_at == attempted_at)
    tx.execute(delete(sign_in_attempt).where((attempt.subject == _subject(network, email_key(email))) | this_one))


def credential_of(tx: Tx, email: str) -> Credential:
    """Return what to check a password against; also for an address that nobody has."""
    row = tx.execute(
        select(account.c.account_id, account.c.password_hash).where(account.c.email_key == email_key(email))
    ).one_or_none()
    return Credential(row.account_id, row.password_hash) if row else Credential(None, None)


def _network(address: str) -> str:
    """Return what one party controls: an IPv4 address, or the /64 network of an IPv6 one (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _subject(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()


def _wait(rest: timedelta) -> TooManyRequests:
    seconds = max(1, math.ceil(rest.total_seconds()))
    minutes = math.ceil(seconds / 60)
    return TooManyRequests(
        f"Too many attempts. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again.",
        retry_after=seconds,
    )
