"""Writing down what came of attempts: the deliveries, the health of their endpoints, and who has to be told."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import EventId, derived_id
from bandmate.kernel.notify import MessageRequest, MessageTemplate, Urgency, declare_template, request_message
from bandmate.kernel.outbox import Outbox, Outcome, settle
from bandmate.kernel.webhooks.attempts import Attempt
from bandmate.kernel.webhooks.endpoints import Endpoint, disable
from bandmate.kernel.webhooks.schedule import GIVE_UP_ENDPOINT_AFTER, Answered, asked_pause, next_step

OUTBOX = Outbox("kernel.webhook_delivery", "delivery_id", lane="endpoint_id")

MESSAGE_WANTED_FOR = timedelta(days=7)

DISABLED = declare_template(
    MessageTemplate("webhooks.endpoint_disabled", "Webhooks", Path(__file__).parent / "messages")
)

_RECORD = text("""
    update kernel.webhook_delivery as delivery
       set attempted_at = made.at, duration_ms = made.ms, status = made.status, error = made.error,
           answer = made.answer
      from json_to_recordset(cast(:rows as json))
           as made(key uuid, at timestamptz, ms integer, status integer, error text, answer text)
     where delivery.delivery_id = made.key
""")

# An endpoint fails since its first failure behind the last success; a success in the same batch counts more.
_HEALTH = text("""
    update kernel.webhook_endpoint as endpoint
       set last_success_at = greatest(endpoint.last_success_at, seen.success_at),
           failing_since = case when seen.success_at is null
                                then coalesce(endpoint.failing_since, seen.failure_at) end,
           hold_until = greatest(endpoint.hold_until, seen.hold_until)
      from json_to_recordset(cast(:rows as json))
           as seen(endpoint_id uuid, success_at timestamptz, failure_at timestamptz, hold_until timestamptz)
     where endpoint.endpoint_id = seen.endpoint_id
    returning endpoint.endpoint_id, endpoint.failing_since
""")


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt and what came of it."""

    attempt: Attempt
    answered: Answered


def write_down(
    tx: Tx,
    settings: Settings,
    finished: Sequence[Finished],
    *,
    now: datetime,
    chance: Callable[[], float] = random.random,
) -> None:
    """Settle attempts and judge their endpoints, set-wise. Idempotent: what was settled already stays as it is."""
    outcomes = []
    for one in finished:
        state, due_at = next_step(one.answered, one.attempt.claim.attempt, chance=chance())
        outcomes.append(Outcome(one.attempt.claim, state, due_at))
    settled = settle(tx, OUTBOX, outcomes, now=now)
    counted = [one for one in finished if one.attempt.claim.key in settled]
    if not counted:
        return
    tx.execute(_RECORD, {"rows": orjson.dumps([_row(one) for one in counted]).decode()})
    useless = _judge(tx, [one for one in counted if not one.answered.hopeless])
    for endpoint in disable(tx, useless, now=now) if useless else ():
        _tell(tx, settings, endpoint, now)


def _row(one: Finished) -> dict[str, object]:
    answered = one.answered
    return {
        "key": one.attempt.claim.key,
        "at": rfc3339(answered.at),
        "ms": round(answered.took.total_seconds() * 1000),
        "status": answered.status,
        "error": answered.error,
        "answer": answered.answer,
    }


def _judge(tx: Tx, counted: Iterable[Finished]) -> dict[UUID, str]:
    """Keep the health of the endpoints; return those to be disabled, with the reason."""
    by_endpoint: dict[UUID, list[Answered]] = {}
    for one in counted:
        by_endpoint.setdefault(one.attempt.endpoint_id, []).append(one.answered)
    if not by_endpoint:
        return {}
    # In the order of ids, so that two workers that write the same endpoints never wait for each other in a circle.
    rows = [_health(endpoint_id, by_endpoint[endpoint_id]) for endpoint_id in sorted(by_endpoint)]
    health = tx.execute(_HEALTH, {"rows": orjson.dumps(rows).decode()}).all()
    useless = {}
    for row in health:
        answers = by_endpoint[row.endpoint_id]
        latest = max(answered.at for answered in answers)
        if any(answered.gone for answered in answers):
            useless[row.endpoint_id] = "gone"
        elif row.failing_since is not None and latest - row.failing_since >= GIVE_UP_ENDPOINT_AFTER:
            useless[row.endpoint_id] = "failing"
    return useless


def _health(endpoint_id: UUID, answers: Sequence[Answered]) -> dict[str, object]:
    successes = [answered.at for answered in answers if answered.arrived]
    failures = [answered.at for answered in answers if not answered.arrived]
    holds = [
        answered.at + pause for answered in answers if not answered.arrived and (pause := asked_pause(answered))
    ]
    return {
        "endpoint_id": endpoint_id,
        "success_at": rfc3339(max(successes)) if successes else None,
        "failure_at": rfc3339(min(failures)) if failures else None,
        "hold_until": rfc3339(max(holds)) if holds else None,
    }


def _tell(tx: Tx, settings: Settings, endpoint: Endpoint, now: datetime) -> None:
    """Ask for a message to the operator who registered the endpoint, where that person is still known."""
    if endpoint.created_by is None:
        return
    request_message(
        tx,
        MessageRequest(
            request_id=EventId(derived_id(DISABLED.name, str(endpoint.endpoint_id), rfc3339(now))),
            recipient=endpoint.created_by,
            template=DISABLED.name,
            variables={
                "name": endpoint.name,
                "because": endpoint.stopped_because,
                "failing_since": None if endpoint.failing_since is None else rfc3339(endpoint.failing_since),
                "address": f"{settings.public_url.rstrip('/')}/operator/webhooks/{endpoint.endpoint_id}",
            },
            purpose=None,
            urgency=Urgency.SOON,
            expires_at=now + MESSAGE_WANTED_FOR,
            reason="You registered this webhook, and it has been disabled.",
        ),
        now=now,
    )
