"""Sending what waits: claimed under a lease, rendered and sent outside of any transaction, then settled.

What crashes cost: a worker that dies after a channel has taken a letter over and before that is written down
leaves it to be sent once more, when the lease is over, under the same Message-ID. Nothing is ever lost, and
nothing ends without a reason in words.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bandmate.kernel.clock import Clock
from bandmate.kernel.consent import allows, declared_purposes
from bandmate.kernel.database.session import Database, Tx, is_out_of_reach
from bandmate.kernel.ids import PersonId
from bandmate.kernel.notify.channels import Channel, ChannelDown, Letter, NotSent, Send, Undeliverable
from bandmate.kernel.notify.delivery import consent_channel, forget_secrets, not_allowed, too_late
from bandmate.kernel.notify.rendering import HIDDEN, Draft, Recipient, Writer
from bandmate.kernel.notify.stopping import issue_stop_token
from bandmate.kernel.outbox import Claim, Outbox, claim_due

LEASE = timedelta(minutes=5)
BATCH = 20
AGAIN_SECONDS = 0.5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
DOWN_PAUSE = timedelta(minutes=15)
"""At most, while a channel is down: often for those who wait, rarely for a server that gets a wrong password."""
BEHIND = timedelta(seconds=1)
"""So long behind the one that found a channel down, the others wait: it tries again for all, ever more rarely."""
STOP_PATH = "/messages/stop/"

T = TypeVar("T")

log = structlog.get_logger(__name__)

_OUTBOX = Outbox("kernel.delivery", "delivery_id")

# The row is locked: an erasure or a merge that comes now waits until the letter is written.
_CLAIMED = text("""
    select delivery.*, secret.variables as secret_variables, person.name, person.locale, person.time_zone,
           account.email, person.person_id is not null as known
      from kernel.delivery
      left join kernel.message_secret as secret on secret.request_id = delivery.request_id
      left join kernel.person on person.person_id = delivery.person_id
      left join kernel.account on account.person_id = delivery.person_id and account.disabled_at is null
           -- A service account's "address" is a mere handle.
           and account.email like '%@%'
     where delivery_id = :key and claim = :token and state = 'waiting'
       for update of delivery
""")

_SETTLE = text("""
    update kernel.delivery
       set state = :state, why = :why, due_at = coalesce(:due_at, due_at), claim = null,
           settled_at = case when :state = 'waiting' then null else cast(:now as timestamptz) end,
           subject = coalesce(:subject, subject), address = coalesce(:address, address),
           through = coalesce(:through, through)
     where delivery_id = :key and claim = :token
    returning request_id
""")

_WAIT = text("""
    update kernel.delivery set due_at = :due_at
     where state = 'waiting' and due_at < :due_at and delivery_id <> :key
""")
_RELEASE = text("""
    update kernel.delivery
       set due_at = :due_at, claim = null, attempts = attempts - 1
     where delivery_id = any(:keys) and claim = any(:tokens)
""")

_TIDY = text("delete from kernel.message_secret where keep_until < :now")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an attempt."""

    state: Literal["waiting", "sent", "failed", "refused", "expired"]
    why: str | None = None
    due_at: datetime | None = None
    subject: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A letter to be sent, and what is needed to judge how that ends."""

    letter: Letter
    shown_subject: str
    give_up_at: datetime
    secrets: tuple[str, ...]


def send_due(
    database: Database,
    channel: Channel,
    writer: Writer,
    clock: Clock,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Claim some of the deliveries that are due and try each once; return how many were claimed.

    Where the channel is down, or half of the lease is over, the rest is given back untouched.
    """
    began = clock()
    with database.begin() as tx:
        claims = claim_due(tx, _OUTBOX, now=began, lease=LEASE, limit=BATCH)
    with channel.opened() as send:
        for place, claim in enumerate(claims):
            if stopping() or clock() > began + LEASE / 2:
                _release(database, claims[place:], clock())
                break
            patient = _Patient(database, clock, began + LEASE, stopping)
            if not _attempt(patient, channel.name, writer, claim, send):
                _release(database, claims[place + 1 :], clock())
                _wait_behind(database, claim, clock())
                break
    return len(claims)


def tidy_secrets(database: Database, clock: Clock) -> None:
    """Forget the secrets of messages that did not get away in time."""
    with database.begin() as tx:
        tx.execute(_TIDY, {"now": clock()})


def pause_after(attempt: int, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """Return how long to wait after a failed attempt (1 at the first): 30 s, doubling, up to an hour."""
    return min(FIRST_PAUSE * (1 << min(attempt - 1, 16)), longest)


@dataclass(frozen=True, slots=True)
class _Patient:
    """Does things in a transaction, and again where the connection is lost: until the lease is over or we stop.

    Else what a channel took over would go unnoted and be sent once more, and what was claimed but not tried would
    wait for the end of the lease.
    """

    database: Database
    clock: Clock
    until: datetime
    stopping: Callable[[], bool]

    def do(self, work: Callable[[Tx], T]) -> T:
        while True:
            try:
                with self.database.begin() as tx:
                    return work(tx)
            except SQLAlchemyError as error:
                if not is_out_of_reach(error) or self.stopping() or self.clock() > self.until:
                    raise
                log.warning("messages_wait_for_the_database", error=str(error), retry_seconds=AGAIN_SECONDS)
                time.sleep(AGAIN_SECONDS)


def _attempt(patient: _Patient, through: str, writer: Writer, claim: Claim, send: Send) -> bool:
    """Try one delivery; return False when the channel is down, so that the others need not try."""
    clock = patient.clock

    def prepare(tx: Tx) -> _Ready | Settled | None:
        found = _prepare(tx, writer, claim, clock())
        if isinstance(found, Settled):
            _settle(tx, claim, found, through=None, now=clock())
        return found

    ready = patient.do(prepare)
    if not isinstance(ready, _Ready):
        return True
    failure: NotSent | None = None
    try:
        send(ready.letter)
    except NotSent as error:
        failure = error
        log.warning("message_not_sent", delivery=str(claim.key), attempt=claim.attempt, error=str(error))
    outcome = _judge(ready, failure, claim.attempt, clock())
    patient.do(lambda tx: _settle(tx, claim, outcome, through=through, now=clock()))
    return not isinstance(failure, ChannelDown)


def _prepare(tx: Tx, writer: Writer, claim: Claim, now: datetime) -> _Ready | Settled | None:
    """Ask once more whether the message may be sent, and write it; None when it is no longer ours to send."""
    row = tx.execute(_CLAIMED, {"key": claim.key, "token": claim.token}).one_or_none()
    if row is None:
        return None
    obstacle = _obstacle(tx, row, claim, now)
    if obstacle is not None:
        return obstacle
    secret = row.secret_variables or {}
    stop_url = None
    if row.purpose is not None:
        stop_url = writer.absolute(STOP_PATH + issue_stop_token(tx, row.delivery_id, now=now))
    draft = Draft(row.delivery_id, row.template, row.topic, row.variables | secret, row.reason, stop_url)
    masked = Draft(
        row.delivery_id,
        row.template,
        row.topic,
        row.variables | dict.fromkeys(row.secrets, HIDDEN),
        row.reason,
        stop_url,
    )
    # An address that is only being confirmed is no account's yet; the request itself says it.
    recipient = Recipient(row.name, secret.get("secret_send_to") or row.email, row.locale, row.time_zone)
    hidden = tuple(str(value) for value in secret.values() if value)
    try:
        letter = writer.write(draft, recipient, now=now)
        subject = writer.subject(masked, recipient, now=now)
    except Exception as error:  # noqa: BLE001 - templates run code of every context; none of it may stop the others
        told = _without(hidden, f"{type(error).__name__}: {' '.join(str(error).split())}")
        return Settled("failed", f"The template {row.template} could not be written: {told[:500]}")
    return _Ready(letter, subject, row.give_up_at, hidden)


def _obstacle(tx: Tx, row: Any, claim: Claim, now: datetime) -> Settled | None:
    """Return what the delivery ends as without being sent, if anything stands against it."""
    if row.expires_at is not None and row.expires_at <= now:
        return Settled("expired", too_late(row.expires_at))
    if row.email is None:
        whom = "this person" if row.known else "anybody with this id"
        return Settled("refused", f"We have no e-mail address of {whom}.")
    if row.purpose is not None and not _is_allowed(tx, PersonId(row.person_id), row.purpose, now):
        return Settled("refused", not_allowed(row.purpose))
    if row.secrets and row.secret_variables is None:
        return Settled(
            "failed", "Its secret has been forgotten since; whoever needs the message asks for it anew."
        )
    if now >= row.give_up_at and claim.attempt > 1:
        return Settled("failed", _given_up(claim.attempt - 1, row.why or "no attempt came to an end"))
    return None


def _is_allowed(tx: Tx, person: PersonId, name: str, now: datetime) -> bool:
    purpose = next((each for each in declared_purposes() if each.name == name), None)
    return purpose is not None and allows(tx, person, name, consent_channel(purpose), at=now).allowed


def _judge(ready: _Ready, failure: NotSent | None, attempt: int, now: datetime) -> Settled:
    """Say what an attempt means for its delivery."""
    letter = ready.letter
    if failure is None:
        return Settled("sent", None, None, ready.shown_subject, letter.address)
    why = _without(ready.secrets, str(failure))
    if isinstance(failure, Undeliverable):
        return Settled("failed", why, None, ready.shown_subject, letter.address)
    due_at = now + pause_after(attempt, DOWN_PAUSE if isinstance(failure, ChannelDown) else LONGEST_PAUSE)
    if due_at >= ready.give_up_at:
        return Settled("failed", _given_up(attempt, why), None, ready.shown_subject, letter.address)
    return Settled("waiting", why, due_at, ready.shown_subject, letter.address)


def _given_up(attempts: int, why: str) -> str:
    return f"Given up after {attempts} attempts. The last: {why}"


def _without(secrets: Sequence[str], told: str) -> str:
    for secret in secrets:
        told = told.replace(secret, HIDDEN)
    return told


def _settle(tx: Tx, claim: Claim, settled: Settled, *, through: str | None, now: datetime) -> None:
    row = tx.execute(
        _SETTLE,
        {
            "key": claim.key,
            "token": claim.token,
            "state": settled.state,
            "why": settled.why,
            "due_at": settled.due_at,
            "now": now,
            "subject": settled.subject,
            "address": settled.address,
            "through": through,
        },
    ).one_or_none()
    if row is not None:
        forget_secrets(tx, [row.request_id])
    log.info("message", delivery=str(claim.key), state=settled.state, attempt=claim.attempt, through=through)


def _wait_behind(database: Database, tried: Claim, now: datetime) -> None:
    """Let everything that waits come after the one that found the channel down."""
    due_at = now + pause_after(tried.attempt, DOWN_PAUSE) + BEHIND
    with database.begin() as tx:
        tx.execute(_WAIT, {"key": tried.key, "due_at": due_at})


def _release(database: Database, claims: Sequence[Claim], due_at: datetime) -> None:
    """Give deliveries back that were not tried."""
    if claims:
        with database.begin() as tx:
            tx.execute(
                _RELEASE,
                {
                    "due_at": due_at,
                    "keys": [claim.key for claim in claims],
                    "tokens": [claim.token for claim in claims],
                },
            )
