"""Secrets of endpoints, and signatures made with them, after Standard Webhooks 1.0 (standardwebhooks.com).

A receiver's secret must be known to us in full at every sending, so no hash will do. It is not stored at all: it
is derived, by HMAC-SHA256, from the installation's webhook key, the endpoint's id and a random salt in its row. A
copy of the database is worth nothing without the key, and the key is worth nothing without the database.

The key is ``BANDMATE_WEBHOOK_KEY`` where that is set, else the file ``webhook.key`` in the home: 32 random bytes,
made when first needed, readable by its owner only. Whoever can read it *and* the database can sign in our name;
there is no protection against the user this program runs as. It belongs into every backup: with another key all
receivers would need new secrets. A fingerprint of each secret tells when that is so, and then nothing is sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from bandmate.kernel.config import Settings
from bandmate.kernel.errors import InvalidInput, Unavailable

PREFIX = "whsec_"
KEY_FILE = "webhook.key"
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
"""Bytes of a secret, after the specification."""

_KEY_BYTES = 32
_SALT_BYTES = 16
_PURPOSE = b"bandmate webhook secret 1"


@dataclass(frozen=True, slots=True)
class Secret:
    """What one receiver and we know. It shows itself to nobody by accident."""

    key: bytes = field(repr=False)

    @property
    def written(self) -> str:
        """As receivers' libraries take it: ``whsec_`` and base64."""
        return PREFIX + base64.b64encode(self.key).decode()

    @property
    def fingerprint(self) -> bytes:
        """Eight bytes that tell it from others and do not give it away."""
        return hashlib.sha256(_PURPOSE + self.key).digest()[:8]


def webhook_key(settings: Settings) -> bytes:
    """Return the key that all secrets of this installation are derived from; make the file when there is none.

    Raises:
        Unavailable: when the file is damaged.
    """
    if settings.webhook_key is not None:
        return settings.webhook_key.get_secret_value().encode()
    path = settings.home / KEY_FILE
    if not path.exists():
        _make_key(path)
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise Unavailable(
            f"{path} should hold {_KEY_BYTES} bytes and holds {len(key)}. Restore it from a backup, or remove it "
            "and rotate the secret of every webhook."
        )
    return key


def _make_key(path: Path) -> None:
    """Write a new key in one step, so that of two processes that do it at once both end up with the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{KEY_FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def new_salt() -> bytes:
    """Return what makes an endpoint's next secret unlike all others."""
    return secrets.token_bytes(_SALT_BYTES)


def derived_secret(key: bytes, endpoint_id: UUID, salt: bytes) -> Secret:
    """Return the secret of an endpoint: 32 bytes that nobody can foretell without the key."""
    return Secret(hmac.digest(key, _PURPOSE + endpoint_id.bytes + salt, "sha256"))


def parse_secret(written: str) -> Secret:
    """Read a secret as its owner was shown it.

    Raises:
        InvalidInput: when it is not ``whsec_`` and base64 of 24 to 64 bytes; the message does not repeat it.
    """
    try:
        key = base64.b64decode(written.strip().removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise InvalidInput("The secret is not base64; copy it whole, with whsec_ in front.") from error
    if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise InvalidInput(
            f"The secret holds {len(key)} bytes; those of Standard Webhooks have {SHORTEST_SECRET} to "
            f"{LONGEST_SECRET}."
        )
    return Secret(key)


def sign(secret: Secret, message_id: str, at: int, body: bytes) -> str:
    """Return one signature, ``v1,`` and base64.

    Args:
        secret: of the receiver.
        message_id: the ``webhook-id``; it holds no full stop.
        at: the ``webhook-timestamp``, seconds since 1970.
        body: exactly the bytes that are sent.
    """
    signed = b"%s.%d.%s" % (message_id.encode(), at, body)
    return "v1," + base64.b64encode(hmac.digest(secret.key, signed, "sha256")).decode()


def signed_headers(known: list[Secret], message_id: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """Return the three headers of an attempt; while a secret is being rotated there are two signatures."""
    at = int(now.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(sign(secret, message_id, at, body) for secret in known),
    }


def fits(secret: Secret, message_id: str, at: int, body: bytes, signatures: str) -> bool:
    """Tell whether any of the signatures in a ``webhook-signature`` header is ours; compared in constant time."""
    wanted = sign(secret, message_id, at, body).encode()
    return any(hmac.compare_digest(wanted, one.encode()) for one in signatures.split(" "))
