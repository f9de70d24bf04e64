"""A way back into an account for who has its mailbox: a link that works once, for an hour.

Asking for it tells nothing: for an address that nobody has an account with, the same is counted, looked up and put
into the queue. Only the worker, whom nobody watches, finds out whether there is somebody to write to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, literal, select

from bandmate.kernel.audit import note
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity.acts import RECOVERED, RECOVERY_REQUESTED, SIGN_IN
from bandmate.kernel.identity.attempts import LONG_WINDOW, Budget, Scope, draw, network_of, subject_of
from bandmate.kernel.identity.letters import PASSWORD_CHANGED, RECOVERY, write_to_owner
from bandmate.kernel.identity.persons import email_key, set_password
from bandmate.kernel.identity.tables import account, account_link
from bandmate.kernel.identity.tokens import new_token, token_hash
from bandmate.kernel.ids import AccountId, PersonId, derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.tasks import TaskContext, tasks

RECOVER = "/recover"
WORKS_FOR = timedelta(hours=1)
LINKS_PER_ACCOUNT = 3
"""Letters to one address within an hour; further requests are answered alike and send nothing."""
REQUESTS_PER_NETWORK = 20
"""Requests from one network within an hour."""

SEND_RECOVERY = "identity.send_recovery"

_USABLE = account.c.disabled_at.is_(None) & (account.c.kind == "person")


@dataclass(frozen=True, slots=True)
class Recovery:
    """A link that still works."""

    account_id: AccountId
    person_id: PersonId


def ask_for_recovery(tx: Tx, *, email: str, address: str, now: datetime) -> None:
    """Have a link sent to this address, if it has an account. Takes the same time and statements if it has none.

    Raises:
        TooManyRequests: when this network asked too often, with ``retry_after`` in seconds.
    """
    network = Budget(Scope.NETWORK, subject_of("recovery", network_of(address)), REQUESTS_PER_NETWORK, LONG_WINDOW)
    refusal = draw(tx, (network,), now=now)
    if refusal is not None:
        raise refusal.error()
    mark = subject_of("recovery of", email_key(email))
    is_enough = draw(tx, (Budget(Scope.RECOVERY, mark, LINKS_PER_ACCOUNT, LONG_WINDOW),), now=now) is not None
    found = tx.execute(
        select(account.c.account_id).where(account.c.email_key == email_key(email), _USABLE)
    ).scalar_one_or_none()
    # An id of nobody, so that a job waits in either case; it tells nothing of the address that was typed.
    nobody = derived_id("nobody", mark.hex())
    wanted = nobody if found is None or is_enough else found
    tasks.defer(tx, SEND_RECOVERY, account_id=str(wanted), address=address if wanted is found else "")


@tasks.register(name=SEND_RECOVERY)
def send_recovery(context: TaskContext, account_id: str, address: str) -> None:
    """Write to the owner, if there is one. Run again, it sends another link; both work."""
    now = context.clock()
    with context.database.begin() as tx:
        person = tx.execute(
            select(account.c.account_id, account.c.person_id).where(account.c.account_id == account_id, _USABLE)
        ).one_or_none()
        if person is None:
            return
        owner, subject = AccountId(person.account_id), str(person.person_id)
        link = issue_recovery(tx, owner, now=now)
        variables = {"secret_link": link, "expires_at": rfc3339(now + WORKS_FOR)}
        write_to_owner(tx, owner, RECOVERY, now=now, variables=variables, lasts=WORKS_FOR)
        note(tx, by=SIGN_IN, action=RECOVERY_REQUESTED, subject=subject, at=now, address=address)


def issue_recovery(tx: Tx, account_id: AccountId, *, now: datetime) -> str:
    """Return the path of a new link; it is known to nobody else. Links that ended are forgotten."""
    tx.execute(delete(account_link).where(account_link.c.expires_at <= now))
    token = new_token()
    tx.execute(
        insert(account_link).values(
            token_hash=token_hash(token),
            account_id=account_id,
            kind="recovery",
            created_at=now,
            expires_at=now + WORKS_FOR,
        )
    )
    return f"{RECOVER}/{token}"


def recovery_of(tx: Tx, token: str, *, now: datetime) -> Recovery:
    """Return what a link is for, without using it up: mail scanners open links too.

    Raises:
        NotFound: when it is unknown, used or ended, or the account is disabled; in the same words.
    """
    row = tx.execute(
        select(account.c.account_id, account.c.person_id)
        .join_from(account_link, account)
        .where(
            account_link.c.token_hash == token_hash(token),
            account_link.c.kind == "recovery",
            account_link.c.expires_at > now,
            _USABLE,
        )
    ).one_or_none()
    if row is None:
        raise _gone()
    return Recovery(AccountId(row.account_id), PersonId(row.person_id))


def recover(tx: Tx, token: str, password: str, *, address: str, now: datetime) -> Recovery:
    """Set a new password by a link and use it up, with all other links of the account; all sessions end.

    Of two who use one link at once, the second is told that it works no more.

    Raises:
        NotFound: as ``recovery_of``.
        InvalidInput: when the password cannot be used; the link then still works.
    """
    found = recovery_of(tx, token, now=now)
    used = delete(account_link).where(account_link.c.token_hash == token_hash(token)).returning(literal(1))
    if tx.execute(used).one_or_none() is None:
        raise _gone()
    set_password(tx, found.account_id, password, now=now)
    forget_links(tx, found.account_id)
    note(tx, by=found.person_id, action=RECOVERED, subject=str(found.person_id), at=now, address=address)
    write_to_owner(tx, found.account_id, PASSWORD_CHANGED, now=now, variables={"at": rfc3339(now)})
    return found


def forget_links(tx: Tx, account_id: AccountId) -> None:
    """Make every link that was mailed for an account worthless: whoever changes a password may have to."""
    tx.execute(delete(account_link).where(account_link.c.account_id == account_id))


def _gone() -> NotFound:
    return NotFound(_("This link does not work any more: it works once, and for an hour. Ask for a new one."))
