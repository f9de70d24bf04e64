"""Asking for a message: contexts never send, they publish ``<context>.message.requested``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import EventId, PersonId

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]


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
    """What the template is given; JSON-ready, times as RFC 3339 texts."""
    purpose: str | None
    """The consent purpose it needs; None for what a person must get whatever they allow (account recovery)."""
    urgency: Urgency
    expires_at: datetime | None
    """After this nobody wants it any more."""
    reason: str
    """Why this person gets it, one sentence that they read under the message."""


def request_message(tx: Tx, request: MessageRequest, *, now: datetime) -> None:
    """Publish the request as ``<context>.message.requested``, with the change that calls for it.

    Raises:
        LookupError: when no template has the name.
    """
    raise NotImplementedError
