"""API keys: ``bm_<public id>_<secret>``, shown once, stored as a hash, acting with their owner's present role.

The public id finds the row and may be shown and logged; the secret is 256 random bits, of which only the SHA-256
is kept (why no argon2: see ``tokens``). The prefix lets secret scanners recognise a leaked key.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, insert, or_, select, update

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput, NotFound, SignInRequired
from bandmate.kernel.identity.access import Asker, Role, Scope, parse_scope
from bandmate.kernel.identity.tables import account, api_key, person
from bandmate.kernel.identity.tokens import new_token, token_hash
from bandmate.kernel.ids import AccountId, PersonId

LONGEST_NAME = 100
USE_IS_NOTED_EVERY = timedelta(minutes=1)
"""How coarse ``last_used_at`` is, so that a busy key costs one write a minute and not one a request."""

_ID_LETTERS = string.ascii_lowercase + string.digits
PUBLIC_ID = "[a-z0-9]{8}"
_WRITTEN = re.compile(rf"bm_({PUBLIC_ID})_([A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its owner sees it: everything but the secret."""

    public_id: str
    email: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        """Tell whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the one moment its text is known."""

    public_id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyAsker:
    """Who a key acts for, and whether its use should be noted now."""

    public_id: str
    asker: Asker
    note_use: bool


def create_key(
    tx: Tx, account_id: AccountId, *, name: str, scopes: Iterable[str], expires_at: datetime | None, now: datetime
) -> NewKey:
    """Create a key and return its text, which cannot be had again.

    Raises:
        InvalidInput: when it has no name, no or malformed scopes, or ends before it begins.
    """
    label = " ".join(name.split())
    if not label or len(label) > LONGEST_NAME or not label.isprintable():
        raise InvalidInput(f"Name the key after its use, in 1 to {LONGEST_NAME} characters.", field="name")
    held = sorted({parse_scope(scope) for scope in scopes})
    if not held:
        raise InvalidInput("A key without a scope can do nothing; choose at least one.", field="scopes")
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("The key would have expired already; choose a later day.", field="expires")
    public_id, secret = "".join(secrets.choice(_ID_LETTERS) for _ in range(8)), new_token()
    tx.execute(
        insert(api_key).values(
            public_id=public_id,
            secret_hash=token_hash(secret),
            account_id=account_id,
            name=label,
            scopes=held,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return NewKey(public_id, f"bm_{public_id}_{secret}")


def asker_by_key(tx: Tx, written: str, *, now: datetime) -> KeyAsker:
    """Return who a key acts for. One query.

    Raises:
        SignInRequired: when it is malformed, unknown, revoked or expired; always with the same words, and without
            the key in them.
    """
    refused = SignInRequired("This API key is not valid. Check it, or create a new one on your account page.")
    parts = _WRITTEN.fullmatch(written)
    if parts is None:
        raise refused
    public_id, secret = parts.groups()
    row = tx.execute(
        select(api_key, person.c.person_id, person.c.name.label("owner"), account.c.role)
        .select_from(api_key)
        .join(account)
        .join(person)
        .where(api_key.c.public_id == public_id, account.c.disabled_at.is_(None))
    ).one_or_none()
    if row is None or not secrets.compare_digest(row.secret_hash, token_hash(secret)):
        raise refused
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise refused
    asker = Asker(
        PersonId(row.person_id),
        row.owner,
        Role(row.role).included,
        frozenset(map(Scope, row.scopes)),
        "api_key",
        account_id=AccountId(row.account_id),
    )
    return KeyAsker(public_id, asker, row.last_used_at is None or now - row.last_used_at >= USE_IS_NOTED_EVERY)


def note_use(tx: Tx, public_id: str, *, now: datetime) -> None:
    """Remember that a key was used; does nothing when another request noted it within the minute."""
    stale = or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at <= now - USE_IS_NOTED_EVERY)
    tx.execute(update(api_key).where(api_key.c.public_id == public_id, stale).values(last_used_at=now))


def keys_of(tx: Tx, account_id: AccountId | None) -> tuple[ApiKey, ...]:
    """Return the keys of an account (None: of all, for those who run the installation), newest first."""
    keys = api_key.c
    query = (
        select(
            keys.public_id,
            account.c.email,
            keys.name,
            keys.scopes,
            keys.created_at,
            keys.expires_at,
            keys.last_used_at,
            keys.revoked_at,
        )
        .join_from(api_key, account)
        .order_by(keys.created_at.desc(), keys.public_id)
    )
    rows = tx.execute(query if account_id is None else query.where(keys.account_id == account_id))
    return tuple(ApiKey(row[0], row[1], row[2], tuple(row[3]), *row[4:]) for row in rows)


def revoke_key(tx: Tx, public_id: str, *, account_id: AccountId | None, now: datetime) -> None:
    """End a key for good; revoking it again changes nothing. ``account_id`` None means whoever owns it.

    Raises:
        NotFound: when there is no such key, or it is somebody else's.
    """
    mine = api_key.c.public_id == public_id
    if account_id is not None:
        mine &= api_key.c.account_id == account_id
    revoked = tx.execute(
        update(api_key)
        .where(mine)
        .values(revoked_at=func.coalesce(api_key.c.revoked_at, now))
        .returning(api_key.c.public_id)
    )
    if revoked.one_or_none() is None:
        raise NotFound(f"There is no API key {public_id}.")


def revoke_all_keys(tx: Tx, account_id: AccountId, *, now: datetime) -> tuple[str, ...]:
    """End every key of an account that is not revoked yet; return their public ids."""
    living = (api_key.c.account_id == account_id) & api_key.c.revoked_at.is_(None)
    revoked = tx.execute(update(api_key).where(living).values(revoked_at=now).returning(api_key.c.public_id))
    return tuple(sorted(revoked.scalars()))
