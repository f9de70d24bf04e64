"""From requests to deliveries: each request becomes one row for each channel, once, with the answer of consent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import Clock, parse_rfc3339, rfc3339, system_clock
from bandmate.kernel.consent import Purpose, allows_all, declared_purposes
from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import StoredEvent
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.kernel.holdings.persons import current_persons
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.notify.requests import Urgency
from bandmate.kernel.notify.topics import declared_templates, requested_type

NAME = "kernel.notify"
EMAIL = "email"
"""The one channel there is so far, in the word that consent uses. Which way a mail takes is another matter: see
``channels``."""
GIVE_UP_AFTER = timedelta(days=3)
"""How long sending is tried before a message is put aside for an operator (RFC 5321, section 4.5.4.1, asks mail
servers for four to five days; a message of ours is stale sooner)."""

_OVERTAKES = timedelta(days=1)
"""Deliveries go by the time they are due; that of an urgent one lies this far back, so that it goes first."""

_INSERT = text("""
    insert into kernel.delivery (delivery_id, request_id, channel, person_id, template, topic, variables, secrets,
                                 purpose, reason, requested_at, expires_at, give_up_at, state, why, due_at,
                                 settled_at)
    select delivery_id, request_id, channel, person_id, template, topic, variables,
           array(select jsonb_array_elements_text(secrets)), purpose, reason, requested_at, expires_at,
           :give_up_at, state, why, due_at,
           case when state = 'waiting' then null else cast(:now as timestamptz) end
      from json_to_recordset(cast(:rows as json)) as t(
           delivery_id uuid, request_id uuid, channel text, person_id uuid, template text, topic text,
           variables jsonb, secrets jsonb, purpose text, reason text, requested_at timestamptz,
           expires_at timestamptz, state text, why text, due_at timestamptz)
    on conflict (request_id, channel) do nothing
""")

_FORGET_SECRETS = text("""
    delete from kernel.message_secret as secret
     where request_id = any(:requests)
       and not exists (select from kernel.delivery
                        where request_id = secret.request_id and state in ('waiting', 'failed'))
""")


def deliveries(clock: Clock = system_clock) -> Subscription:
    """Return the subscription that hears every request for a message.

    To be called when all rooms are imported: it hears the contexts whose templates are declared by then, and goes
    past the requests of others for good. A test compares.
    """

    def take(tx: Tx, events: Sequence[StoredEvent]) -> None:
        take_requests(tx, events, now=clock())

    types = frozenset(requested_type(template.name) for template in declared_templates())
    return Subscription(NAME, types, take)


def take_requests(tx: Tx, events: Sequence[StoredEvent], *, now: datetime) -> None:
    """Write a delivery for each request; a request that was taken before changes nothing.

    One that has no consent or comes too late is written down as such at once.
    """
    named = {stored.event.event_id: PersonId(UUID(stored.event.data["recipient"])) for stored in events}
    # Two persons may have been found to be one since the request was made.
    today = current_persons(tx, set(named.values()))
    recipients = {request: today[person] for request, person in named.items()}
    allowed = _allowed(tx, events, recipients, now)
    rows = [_row(stored, recipients[stored.event.event_id], allowed, now) for stored in events]
    tx.execute(
        _INSERT,
        {"rows": orjson.dumps(rows).decode(), "now": now, "give_up_at": now + GIVE_UP_AFTER},
    )
    forget_secrets(tx, [row["request_id"] for row in rows if row["state"] != "waiting"])


def forget_secrets(tx: Tx, requests: Iterable[UUID]) -> None:
    """Delete the secrets of these requests, unless a delivery of theirs may still need them."""
    tx.execute(_FORGET_SECRETS, {"requests": list(requests)})


def consent_channel(purpose: Purpose) -> str | None:
    """Return what consent is asked about for a mail: the channel, or the whole where it has no such channel."""
    return EMAIL if EMAIL in purpose.channels else None


def not_allowed(purpose: str) -> str:
    """Say that a person has not allowed a purpose."""
    title = next((each.title for each in declared_purposes() if each.name == purpose), purpose)
    return f"The person does not allow “{title}” by e-mail."


def too_late(expires_at: datetime) -> str:
    """Say that nobody wants it any more."""
    return f"It was wanted until {rfc3339(expires_at)} only."


def _allowed(
    tx: Tx, events: Sequence[StoredEvent], recipients: Mapping[EventId, PersonId], now: datetime
) -> frozenset[tuple[PersonId, str]]:
    """Return the pairs of recipient and purpose that consent allows; one statement for each purpose."""
    declared = {purpose.name: purpose for purpose in declared_purposes()}
    asked: dict[str, set[PersonId]] = {}
    for stored in events:
        purpose = stored.event.data["purpose"]
        # A purpose that no code declares any more, in an old request, allows nothing.
        if purpose in declared:
            asked.setdefault(purpose, set()).add(recipients[stored.event.event_id])
    return frozenset(
        (person, name)
        for name, persons in asked.items()
        for person in allows_all(tx, list(persons), name, consent_channel(declared[name]), at=now)
    )


def _row(
    stored: StoredEvent, recipient: PersonId, allowed: frozenset[tuple[PersonId, str]], now: datetime
) -> dict[str, Any]:
    event, data = stored.event, stored.event.data
    purpose, expires_at = data["purpose"], data["expires_at"]
    state, why = "waiting", None
    if purpose is not None and (recipient, purpose) not in allowed:
        state, why = "refused", not_allowed(purpose)
    elif expires_at is not None and parse_rfc3339(expires_at) <= now:
        state, why = "expired", too_late(parse_rfc3339(expires_at))
    due_at = event.occurred_at - _OVERTAKES if data["urgency"] == Urgency.NOW else event.occurred_at
    as_asked = ("template", "topic", "variables", "secrets", "purpose", "reason", "expires_at")
    return {
        "delivery_id": fast_derived_id("kernel.delivery", str(event.event_id), EMAIL),
        "request_id": event.event_id,
        "channel": EMAIL,
        "person_id": recipient,
        "requested_at": event.occurred_at,
        "state": state,
        "why": why,
        "due_at": due_at,
        **{name: data[name] for name in as_asked},
    }
