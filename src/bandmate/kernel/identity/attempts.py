"""Counting attempts, so that guessing is slow, whoever guesses from wherever, and nobody is locked out for good.

Three budgets stand against strangers: of a network, of a network at one account, and of one account from anywhere.
The last would let an attacker lock the owner out, so that browsers in which somebody has signed in to the account
before have a budget of their own and are not touched by the others (OWASP, "Slow Down Online Guessing Attacks with
Device Cookies"). Whoever has no such browser gets back in by a recovery link, which makes the browser a known one.

What is counted stands in the table as hashes only, and the same for addresses that nobody has an account with.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import delete, func, insert, select

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import TooManyRequests
from bandmate.kernel.identity.persons import email_key
from bandmate.kernel.identity.tables import sign_in_attempt
from bandmate.kernel.languages import ngettext

WINDOW = timedelta(minutes=15)
LONG_WINDOW = timedelta(hours=1)
ATTEMPTS_PER_ACCOUNT = 5
"""Failures from one address, or in one known browser, at one account within the window."""
ATTEMPTS_PER_ADDRESS = 50
"""Failures from one address at any accounts within the window: an office shares an address, a sprayer uses one."""
ATTEMPTS_FROM_ANYWHERE = 30
"""Failures at one account within the long window from all browsers that the account does not know."""


class Scope(Enum):
    """What a budget belongs to."""

    NETWORK = "network"
    ACCOUNT_HERE = "account here"
    ACCOUNT = "account"
    BROWSER = "browser"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Budget:
    """So many attempts within a sliding window."""

    scope: Scope
    subject: bytes
    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Refusal:
    """An attempt that came too early."""

    scope: Scope
    wait: timedelta

    def error(self) -> TooManyRequests:
        """Return what the asker is told, with ``retry_after`` in seconds."""
        seconds = max(1, math.ceil(self.wait.total_seconds()))
        minutes = math.ceil(seconds / 60)
        told = ngettext(
            "Too many attempts. Wait {minutes} minute, then try again.",
            "Too many attempts. Wait {minutes} minutes, then try again.",
            minutes,
        )
        return TooManyRequests(told.format(minutes=minutes), retry_after=seconds)


def sign_in_budgets(*, email: str, address: str, known_browser: bytes | None) -> tuple[Budget, ...]:
    """Return what an attempt draws on; ``known_browser`` names the browser where the account knows it."""
    account = email_key(email)
    if known_browser is not None:
        mark = subject_of("browser", known_browser.hex(), account)
        return (Budget(Scope.BROWSER, mark, ATTEMPTS_PER_ACCOUNT, WINDOW),)
    network = network_of(address)
    return (
        Budget(Scope.NETWORK, subject_of(network), ATTEMPTS_PER_ADDRESS, WINDOW),
        Budget(Scope.ACCOUNT_HERE, subject_of(network, account), ATTEMPTS_PER_ACCOUNT, WINDOW),
        Budget(Scope.ACCOUNT, subject_of("from anywhere", account), ATTEMPTS_FROM_ANYWHERE, LONG_WINDOW),
    )


def draw(tx: Tx, budgets: tuple[Budget, ...], *, now: datetime) -> Refusal | None:
    """Count an attempt against its budgets and return None, or say what refuses it; then nothing is counted.

    Attempts at once wait for each other here until the transaction ends, so that none slips past a limit.
    """
    attempt = sign_in_attempt.c
    tx.execute(delete(sign_in_attempt).where(attempt.attempted_at <= now - LONG_WINDOW))
    # Locked always in this order, so that two attempts never wait for each other.
    for budget in budgets:
        tx.execute(select(func.pg_advisory_xact_lock(int.from_bytes(budget.subject[:8], signed=True))))
        count, oldest = tx.execute(
            select(func.count(), func.min(attempt.attempted_at)).where(
                attempt.subject == budget.subject, attempt.attempted_at > now - budget.window
            )
        ).one()
        if count >= budget.most:
            return Refusal(budget.scope, oldest + budget.window - now)
    tx.execute(insert(sign_in_attempt), [{"subject": each.subject, "attempted_at": now} for each in budgets])
    return None


def give_back(tx: Tx, budgets: tuple[Budget, ...], *, attempted_at: datetime) -> None:
    """After a success, forget what this party drew on the account, and take the attempt off the wider budgets.

    The rest of those stays, or an attacker with one account could reset them.
    """
    attempt = sign_in_attempt.c
    own = [each.subject for each in budgets if each.scope in {Scope.ACCOUNT_HERE, Scope.BROWSER}]
    wider = [each.subject for each in budgets if each.scope in {Scope.NETWORK, Scope.ACCOUNT}]
    this_one = attempt.subject.in_(wider) & (attempt.attempted_at == attempted_at)
    tx.execute(delete(sign_in_attempt).where(attempt.subject.in_(own) | this_one))


def network_of(address: str) -> str:
    """Return what one party controls: an IPv4 address, or the /64 network of an IPv6 one (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def subject_of(*parts: str) -> bytes:
    """Return what is stored of a thing that is counted."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()
