"""Endpoints: other people's servers that want to hear of events. Operators register, pause, rotate, delete them.

A deleted endpoint stays for ``KEPT_DELETED`` so that deleting can be undone; nothing is queued for it meanwhile.
Every change is noted in the audit trail; no note, event or log ever holds a secret.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NewType
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from bandmate.kernel import audit
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput, NotFound
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.webhooks.addresses import parse_url
from bandmate.kernel.webhooks.choosing import parse_allowed, parse_types
from bandmate.kernel.webhooks.signing import Secret, derived_secret, new_salt, webhook_key
from bandmate.kernel.webhooks.tables import webhook_endpoint

EndpointId = NewType("EndpointId", UUID)
State = Literal["active", "paused", "disabled"]

OVERLAP = timedelta(hours=24)
"""How long a rotated secret still signs beside its successor."""
KEPT_DELETED = timedelta(days=7)
LONGEST_DESCRIPTION = 200
COMMAND_LINE = "command line"
"""Who acts where no person does, in the audit trail."""

_live = webhook_endpoint.c.deleted_at.is_(None)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registered address, without its secret."""

    endpoint_id: EndpointId
    url: str
    description: str
    types: tuple[str, ...]
    allowed_types: tuple[str, ...]
    created_by: PersonId | None
    created_at: datetime
    state: State
    stopped_at: datetime | None
    stopped_because: str | None
    """``operator``, ``gone`` (it answered 410) or ``failing``."""
    former_until: datetime | None
    """Until then a rotated secret still signs."""
    last_success_at: datetime | None
    failing_since: datetime | None
    hold_until: datetime | None

    @property
    def name(self) -> str:
        """What people know it by: its description, else its host."""
        return self.description or self.url.partition("://")[2].partition("/")[0]


@dataclass(frozen=True, slots=True)
class Registered:
    """An endpoint at the one moment its secret is shown."""

    endpoint_id: EndpointId
    secret: Secret


def register(
    tx: Tx,
    settings: Settings,
    *,
    url: str,
    description: str,
    types: Iterable[str],
    by: PersonId | None,
    now: datetime,
) -> Registered:
    """Add an endpoint that hears of every event from now on. Not idempotent: an address may be registered twice.

    Args:
        tx: the transaction.
        settings: say which addresses may be called, and hold the key of the secrets.
        url: where deliveries are posted to.
        description: what it is, for operators; may be empty.
        types: names of event types, or beginnings such as ``postings.*``.
        by: who does it; None for the command line.
        now: the present instant.

    Raises:
        InvalidInput: when address, description or types cannot be used; ``field`` says which.
    """
    values = _checked(settings, url, description, types)
    endpoint_id, salt = EndpointId(new_id()), new_salt()
    secret = derived_secret(webhook_key(settings), endpoint_id, salt)
    tx.execute(
        insert(webhook_endpoint).values(
            endpoint_id=endpoint_id,
            created_by=by,
            created_at=now,
            salt=salt,
            fingerprint=secret.fingerprint,
            **values,
        )
    )
    _note(tx, "registered", endpoint_id, by, now, {"types": " ".join(values["types"])})
    return Registered(endpoint_id, secret)


def change(
    tx: Tx,
    settings: Settings,
    endpoint_id: EndpointId,
    *,
    url: str,
    description: str,
    types: Iterable[str],
    by: PersonId | None,
    now: datetime,
) -> None:
    """Give an endpoint another address, description or choice of types; what waits goes to the new address.

    Raises:
        InvalidInput: as ``register``.
        NotFound: when there is no such endpoint.
    """
    values = _checked(settings, url, description, types)
    _update(tx, endpoint_id, **values)
    _note(tx, "changed", endpoint_id, by, now, {"types": " ".join(values["types"])})


def allow_types(
    tx: Tx, endpoint_id: EndpointId, types: Iterable[str], *, by: PersonId | None, now: datetime
) -> None:
    """Set which types of events about persons this endpoint may get; for administrators.

    Raises:
        InvalidInput: when one is not a declared type about persons.
        NotFound: when there is no such endpoint.
    """
    allowed = parse_allowed(types)
    _update(tx, endpoint_id, allowed_types=allowed)
    _note(tx, "allowed", endpoint_id, by, now, {"types": " ".join(allowed)})


def rotate(tx: Tx, settings: Settings, endpoint_id: EndpointId, *, by: PersonId | None, now: datetime) -> Secret:
    """Give an endpoint a new secret; the old one signs beside it for ``OVERLAP``. Each call makes another.

    Raises:
        NotFound: when there is no such endpoint.
    """
    salt = new_salt()
    secret = derived_secret(webhook_key(settings), endpoint_id, salt)
    _update(
        tx,
        endpoint_id,
        former_salt=webhook_endpoint.c.salt,
        former_until=now + OVERLAP,
        salt=salt,
        fingerprint=secret.fingerprint,
    )
    _note(tx, "rotated", endpoint_id, by, now)
    return secret


def pause(tx: Tx, endpoint_id: EndpointId, *, by: PersonId | None, now: datetime) -> None:
    """Send nothing for a while; what happens meanwhile is queued. Pausing again changes nothing."""
    if endpoint_of(tx, endpoint_id).state == "active":
        _update(tx, endpoint_id, state="paused", stopped_at=now, stopped_because="operator")
        _note(tx, "paused", endpoint_id, by, now)


def resume(tx: Tx, endpoint_id: EndpointId, *, by: PersonId | None, now: datetime) -> None:
    """Send again, after a pause or after it was disabled; its record of failures begins anew."""
    if endpoint_of(tx, endpoint_id).state != "active":
        _update(
            tx,
            endpoint_id,
            state="active",
            stopped_at=None,
            stopped_because=None,
            failing_since=None,
            hold_until=None,
        )
        _note(tx, "resumed", endpoint_id, by, now)


def delete(tx: Tx, endpoint_id: EndpointId, *, by: PersonId | None, now: datetime) -> None:
    """Take an endpoint away; ``restore`` brings it back within ``KEPT_DELETED``.

    Raises:
        NotFound: when there is no such endpoint.
    """
    _update(tx, endpoint_id, deleted_at=now)
    _note(tx, "deleted", endpoint_id, by, now)


def restore(tx: Tx, endpoint_id: EndpointId, *, by: PersonId | None, now: datetime) -> None:
    """Bring a deleted endpoint back; restoring one that is there changes nothing.

    Raises:
        NotFound: when it never was or has been removed for good.
    """
    restored = tx.execute(
        update(webhook_endpoint)
        .where(webhook_endpoint.c.endpoint_id == endpoint_id)
        .values(deleted_at=None)
        .returning(webhook_endpoint.c.endpoint_id)
    )
    if restored.one_or_none() is None:
        raise _missing(endpoint_id)
    _note(tx, "restored", endpoint_id, by, now)


def disable(tx: Tx, endpoints: Mapping[UUID, str], *, now: datetime) -> tuple[Endpoint, ...]:
    """Stop endpoints that are of no use any more, by id with the reason; return those this call stopped."""
    stopped = []
    for reason in sorted(set(endpoints.values())):
        wanted = [endpoint for endpoint, why in endpoints.items() if why == reason]
        rows = tx.execute(
            update(webhook_endpoint)
            .where(webhook_endpoint.c.endpoint_id.in_(wanted), webhook_endpoint.c.state == "active", _live)
            .values(state="disabled", stopped_at=now, stopped_because=reason)
            .returning(webhook_endpoint)
        )
        stopped += [_endpoint(row) for row in rows]
    for endpoint in stopped:
        details = {"because": endpoint.stopped_because or ""}
        audit.note(
            tx,
            by="webhooks",
            action="webhooks.endpoint.disabled",
            subject=str(endpoint.endpoint_id),
            at=now,
            details=details,
        )
    return tuple(stopped)


def endpoint_of(tx: Tx, endpoint_id: EndpointId) -> Endpoint:
    """Return an endpoint.

    Raises:
        NotFound: when there is none, or it was deleted.
    """
    row = tx.execute(
        select(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == endpoint_id, _live)
    ).one_or_none()
    if row is None:
        raise _missing(endpoint_id)
    return _endpoint(row)


def all_endpoints(tx: Tx) -> tuple[Endpoint, ...]:
    """Return every endpoint, the oldest first."""
    order = (webhook_endpoint.c.created_at, webhook_endpoint.c.endpoint_id)
    return tuple(_endpoint(row) for row in tx.execute(select(webhook_endpoint).where(_live).order_by(*order)))


def purge_deleted(tx: Tx, *, now: datetime) -> int:
    """Remove for good what was deleted long ago, with its deliveries; return how many endpoints."""
    gone = webhook_endpoint.c.deleted_at < now - KEPT_DELETED
    return tx.execute(webhook_endpoint.delete().where(gone)).rowcount


def _checked(settings: Settings, url: str, description: str, types: Iterable[str]) -> dict[str, Any]:
    label = " ".join(unicodedata.normalize("NFC", description).split())
    if len(label) > LONGEST_DESCRIPTION or not label.isprintable():
        raise InvalidInput(
            _("Describe it on one line of at most {most} characters.").format(most=LONGEST_DESCRIPTION),
            field="description",
        )
    return {"url": parse_url(url, settings), "description": label, "types": parse_types(types)}


def _update(tx: Tx, endpoint_id: EndpointId, **values: object) -> None:
    changed = tx.execute(
        update(webhook_endpoint)
        .where(webhook_endpoint.c.endpoint_id == endpoint_id, _live)
        .values(**values)
        .returning(webhook_endpoint.c.endpoint_id)
    )
    if changed.one_or_none() is None:
        raise _missing(endpoint_id)


def _missing(endpoint_id: UUID) -> NotFound:
    return NotFound(_("There is no webhook {id}.").format(id=endpoint_id))


def _note(
    tx: Tx,
    what: str,
    endpoint_id: EndpointId,
    by: PersonId | None,
    now: datetime,
    details: Mapping[str, str] | None = None,
) -> None:
    audit.note(
        tx,
        by=by or COMMAND_LINE,
        action=f"webhooks.endpoint.{what}",
        subject=str(endpoint_id),
        at=now,
        details=details,
    )


def _endpoint(row: Row[Any]) -> Endpoint:
    return Endpoint(
        EndpointId(row.endpoint_id),
        row.url,
        row.description,
        tuple(row.types),
        tuple(row.allowed_types),
        row.created_by,
        row.created_at,
        row.state,
        row.stopped_at,
        row.stopped_because,
        row.former_until,
        row.last_success_at,
        row.failing_since,
        row.hold_until,
    )
