"""Links by which a person stops messages of a purpose, straight from their mail, without signing in.

A link holds a random token (256 bits); the database keeps its hash. It tells nothing about the person, and does
nothing but withdraw one consent, so whoever it is forwarded to cannot learn or allow anything with it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.consent import Purpose, Through, allows, declared_purposes, withdraw
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.ids import PersonId
from bandmate.kernel.notify.delivery import consent_channel

_ISSUE = text("""
    insert into kernel.stop_link (token_hash, delivery_id, issued_at) values (:token_hash, :delivery_id, :now)
""")

_FIND = text("""
    select delivery.person_id, delivery.purpose
      from kernel.stop_link as link
      join kernel.delivery using (delivery_id)
     where link.token_hash = :token_hash
""")


@dataclass(frozen=True, slots=True)
class StopLink:
    """What a link stops."""

    person_id: PersonId
    purpose: Purpose | None
    """None when no code sends messages of the purpose any more."""


def issue_stop_token(tx: Tx, delivery_id: UUID, *, now: datetime) -> str:
    """Return a new token for the link in a message. Each attempt gets its own; all of them work, for good."""
    token = secrets.token_urlsafe(32)
    tx.execute(_ISSUE, {"token_hash": _hash(token), "delivery_id": delivery_id, "now": now})
    return token


def stop_link(tx: Tx, token: str) -> StopLink:
    """Return what a token stops.

    Raises:
        NotFound: when we never gave it out, or its person is gone.
    """
    row = tx.execute(_FIND, {"token_hash": _hash(token)}).one_or_none()
    if row is None:
        raise NotFound(
            "This link stops nothing: it is incomplete or was never ours. Copy the whole address from the "
            "message, or sign in and choose there what you allow."
        )
    purpose = next((each for each in declared_purposes() if each.name == row.purpose), None)
    return StopLink(PersonId(row.person_id), purpose)


def stop(tx: Tx, token: str, *, now: datetime) -> StopLink:
    """Withdraw the consent that a token stands for; where it does not stand any more, nothing changes.

    Two at the same instant may write two withdrawals, which say the same.

    Raises:
        NotFound: as ``stop_link``.
    """
    link = stop_link(tx, token)
    if link.purpose is not None:
        channel = consent_channel(link.purpose)
        if allows(tx, link.person_id, link.purpose.name, channel, at=now).allowed:
            evidence = link.purpose.shown(to=link.person_id, through=Through.EMAIL)
            withdraw(tx, link.person_id, link.purpose.name, channel, evidence=evidence, at=now)
    return link


def _hash(token: str) -> bytes:
    return blake2b(token.encode("utf-8", "replace"), digest_size=32, person=b"bandmate stop").digest()
