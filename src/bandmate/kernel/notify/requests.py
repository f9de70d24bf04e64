"""Asking for a message: contexts never send, they publish ``<context>.message.requested``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.consent.purposes import purpose_named
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.events import Event, publish
from bandmate.kernel.ids import EventId, PersonId
from bandmate.kernel.notify.topics import requested_type, template_named

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]

VERSION = 1
SECRET_PREFIX = "secret_"  # noqa: S105 - the beginning of names
SECRETS_KEPT = timedelta(days=7)
"""How long the secrets of a message without an expiry are kept, should it not get away."""
RESERVED = frozenset({"mail", "now", "zone"})

_KEEP_SECRETS = text("""
    insert into kernel.message_secret (request_id, person_id, variables, keep_until)
    select request_id, person_id, variables, keep_until
      from json_to_recordset(cast(:rows as json))
           as t(request_id uuid, person_id uuid, variables jsonb, keep_until timestamptz)
     where not exists (select from kernel.event where event_id = t.request_id)
    on conflict (request_id) do nothing
""")


class Urgency(StrEnum):
    """How long a message may wait."""

    NOW = "now"
    """A person waits for it at this moment, such as a way back into their account."""
    SOON = "soon"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A message somebody should get."""

    request_id: EventId
    """Stable: the same request published again changes nothing. ``derived_id`` of what asks for it."""
    recipient: PersonId
    template: str
    """The name of a declared template; the context is what stands before its first dot."""
    variables: Mapping[str, Value]
    """What the template is given; JSON-ready, times as RFC 3339 texts.

    Those named ``secret_…`` stay out of the event log and are forgotten once the message is sent. The names
    ``mail``, ``now`` and ``zone`` are taken (see ``rendering``)."""
    purpose: str | None
    """The consent purpose it needs; None for what a person must get whatever they allow (account recovery)."""
    urgency: Urgency
    expires_at: datetime | None
    """After this nobody wants it any more."""
    reason: str
    """Why this person gets it, one sentence that they read under the message."""


def request_message(tx: Tx, request: MessageRequest, *, now: datetime) -> None:
    """Publish the request as ``<context>.message.requested``, with the change that calls for it.

    The same ``request_id`` again changes nothing: the first request stands.

    Raises:
        LookupError: when no template has the name.
        InvalidInput: when the purpose is not declared, an instant has no time zone, the reason is empty, or a
            variable has a name that is taken or cannot be written as JSON.
    """
    request_messages(tx, [request], now=now)


def request_messages(tx: Tx, requests: Iterable[MessageRequest], *, now: datetime) -> None:
    """Publish many requests, each as ``request_message`` does, in two statements however many they are.

    One that cannot be used refuses them all. Consent is asked when they are heard: one statement for each purpose
    (``delivery``).

    Raises:
        LookupError, InvalidInput: as ``request_message``.
    """
    # Of the same request twice the first stands, as where it was published before.
    each_once = {request.request_id: request for request in reversed(list(requests))}
    wanted = list(reversed(each_once.values()))
    for request in wanted:
        _check(request)
    with_secrets = [request for request in wanted if _secrets_of(request)]
    if with_secrets:
        # Before the events: a request that was published already, and perhaps sent, leaves no secrets behind.
        rows = [
            {
                "request_id": str(request.request_id),
                "person_id": str(request.recipient),
                "variables": _secrets_of(request),
                "keep_until": rfc3339(request.expires_at or now + SECRETS_KEPT),
            }
            for request in with_secrets
        ]
        tx.execute(_KEEP_SECRETS, {"rows": orjson.dumps(rows).decode()})
    publish(tx, [_event(request, now) for request in wanted])


def _event(request: MessageRequest, now: datetime) -> Event:
    template, secrets = template_named(request.template), _secrets_of(request)
    return Event(
        request.request_id,
        requested_type(template.name),
        VERSION,
        str(request.recipient),
        now,
        {
            "recipient": str(request.recipient),
            "template": template.name,
            "topic": template.topic,
            "variables": {k: v for k, v in request.variables.items() if k not in secrets},
            "secrets": sorted(secrets),
            "purpose": request.purpose,
            "urgency": request.urgency.value,
            "expires_at": None if request.expires_at is None else rfc3339(request.expires_at),
            "reason": request.reason,
        },
    )


def _secrets_of(request: MessageRequest) -> dict[str, Value]:
    return {name: value for name, value in request.variables.items() if name.startswith(SECRET_PREFIX)}


def _check(request: MessageRequest) -> None:
    template = template_named(request.template)
    if request.purpose is not None:
        purpose_named(request.purpose)
    if request.expires_at is not None and request.expires_at.tzinfo is None:
        raise InvalidInput(
            f"The expiry {request.expires_at} of {template.name} has no time zone; give an aware instant.",
            field="expires_at",
        )
    if not request.reason.strip():
        raise InvalidInput(
            f"A message {template.name} needs a reason: one sentence that tells its reader why they get it.",
            field="reason",
        )
    _check_variables(template.name, request.variables)


def _check_variables(template: str, variables: Mapping[str, Value]) -> None:
    """Refuse what JSON or PostgreSQL cannot keep, naming the variable at fault.

    Raises:
        InvalidInput: when a name is taken, a value is no JSON, or a text holds NUL or half a surrogate pair.
    """
    for name, value in variables.items():
        if name in RESERVED:
            raise InvalidInput(
                f"A message {template} cannot have a variable {name!r}: every template has one of its own.",
                field="variables",
            )
        try:
            # OPT_PASSTHROUGH_*: dates and dataclasses would be written somehow, unlike what the asker expects.
            written = orjson.dumps(
                {name: value}, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
            )
        except TypeError as error:
            raise InvalidInput(
                f"The variable {name!r} of a message {template} cannot be written as JSON: {error}. Give texts, "
                "numbers, lists and objects; times as RFC 3339 texts.",
                field="variables",
            ) from error
        # A backslash in a text is written as two, so this odd one is a NUL's.
        if b"\\u0000" in written.replace(b"\\\\", b""):
            raise InvalidInput(
                f"The variable {name!r} of a message {template} holds a NUL character, which cannot be kept.",
                field="variables",
            )
