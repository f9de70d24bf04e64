"""One attempt: the claimed row with all it needs, and the request."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import OutboundFailed
from bandmate.kernel.events.catalogue import is_public
from bandmate.kernel.outbound import Outbound, retry_after
from bandmate.kernel.outbox import Claim
from bandmate.kernel.webhooks.choosing import TEST_TYPE
from bandmate.kernel.webhooks.deliveries import message
from bandmate.kernel.webhooks.schedule import Answered
from bandmate.kernel.webhooks.signing import Secret, derived_secret, signed_headers

ANSWER_BYTES = 2_048
"""Of an answer's body this much is read; nothing depends on it."""
ANSWER_CHARACTERS = 500
"""This much of it is kept for operators."""
SECONDS = 20.0
"""For one attempt in all; Standard Webhooks recommends 15 to 30."""

_OK, _REDIRECT = 200, 300

_LOAD = text("""
    select delivery.delivery_id, delivery.endpoint_id, delivery.event_id, delivery.type, delivery.queued_at,
           endpoint.url, endpoint.allowed_types,
           endpoint.salt, endpoint.fingerprint, endpoint.former_salt, endpoint.former_until,
           event.subject, event.version, event.occurred_at, event.data
      from kernel.webhook_delivery as delivery
      join kernel.webhook_endpoint as endpoint using (endpoint_id)
      left join kernel.event as event using (event_id)
     where delivery.delivery_id = any(:keys)
""")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A delivery that is ours to send."""

    claim: Claim
    endpoint_id: UUID
    url: str
    message_id: str
    """The ``webhook-id``: that of the event, so the same at every attempt and every replay."""
    body: bytes | str
    """What is posted, or a sentence that says why nothing may be."""
    secrets: tuple[Secret, ...]
    """The present one first; empty: the installation's key is not the one these were made with."""


def load(tx: Tx, claims: tuple[Claim, ...], key: bytes, *, now: datetime) -> tuple[Attempt, ...]:
    """Return everything that these claims need, in one query; deliveries that are gone by now are left out."""
    by_key = {claim.key: claim for claim in claims}
    rows = tx.execute(_LOAD, {"keys": list(by_key)})
    return tuple(
        Attempt(
            by_key[row.delivery_id],
            row.endpoint_id,
            row.url,
            str(row.event_id),
            _body(row),
            _secrets(row, key, now),
        )
        for row in rows
    )


def _body(row: Row[Any]) -> bytes | str:
    if row.type == TEST_TYPE:
        return message(
            event_id=row.event_id,
            kind=TEST_TYPE,
            subject=str(row.endpoint_id),
            version=1,
            occurred_at=row.queued_at,
            data={"endpoint_id": row.endpoint_id},
        )
    if row.subject is None:
        return "The event is no longer in the log; it was erased."
    if not is_public(row.type) and row.type not in row.allowed_types:
        return "Events of this type tell of persons, and this webhook may no longer get them."
    return message(
        event_id=row.event_id,
        kind=row.type,
        subject=row.subject,
        version=row.version,
        occurred_at=row.occurred_at,
        data=row.data,
    )


def _secrets(row: Row[Any], key: bytes, now: datetime) -> tuple[Secret, ...]:
    present = derived_secret(key, row.endpoint_id, row.salt)
    if present.fingerprint != row.fingerprint:
        return ()
    if row.former_salt is None or row.former_until <= now:
        return (present,)
    return present, derived_secret(key, row.endpoint_id, row.former_salt)


async def make(attempt: Attempt, outbound: Outbound, clock: Clock, *, seconds: float = SECONDS) -> Answered:
    """Send once; whatever goes wrong outside is an answer, not an error."""
    now, start = clock(), time.perf_counter()

    def answered(status: int | None, error: str | None, answer: str = "", asked: float | None = None) -> Answered:
        took = timedelta(seconds=time.perf_counter() - start)
        # A pause of more than a year is as good as one of a day: see ``schedule.LONGEST_ASKED``.
        pause = None if asked is None else timedelta(seconds=min(asked, 31_536_000))
        return Answered(status, error, answer, pause, clock(), took)

    if not attempt.secrets:
        return answered(None, "The webhook key of this installation has changed. Rotate this webhook's secret.")
    if isinstance(attempt.body, str):
        return replace(answered(None, attempt.body), hopeless=True)
    headers = {
        "Content-Type": "application/json",
        **signed_headers(list(attempt.secrets), attempt.message_id, attempt.body, now=now),
    }
    try:
        got = await outbound.post(attempt.url, attempt.body, headers=headers, seconds=seconds, most=ANSWER_BYTES)
    except OutboundFailed as error:
        return answered(None, _plain(error.detail))
    fault = None if _OK <= got.status < _REDIRECT else f"It answered {got.status}."
    if _REDIRECT <= got.status < 400:  # noqa: PLR2004 - the statuses of redirects
        fault = f"It answered {got.status}, a redirect; these are not followed. Change the address instead."
    asked = retry_after(got.headers.get("retry-after"), now)
    return answered(got.status, fault, _readable(got.body), asked)


def _readable(body: bytes) -> str:
    """Return the beginning of an answer as text that can be stored and shown; it is escaped where it is shown."""
    return _plain(body.decode("utf-8", "replace"))


def _plain(text: str) -> str:
    """Cut a text and replace what PostgreSQL does not keep."""
    return text.replace("\x00", "\ufffd")[:ANSWER_CHARACTERS]
