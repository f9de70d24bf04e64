"""What a provider says about a person, believed only after every check of OpenID Connect Core, section 3.1.3.7."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key

from bandmate.kernel.errors import OutboundFailed

ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Signatures with a key pair only: ``none`` proves nothing, and with HS256 a public key could serve as the secret
(RFC 8725, sections 2.1 and 3.1)."""
SKEW_SECONDS = 60
"""By how much the provider's clock and ours may differ."""
SMALLEST_RSA_BITS = 2048
LONGEST_SUBJECT = 255
"""Characters (OpenID Connect Core, section 2)."""


class UnknownKey(Exception):
    """The token names a key that is not in the provider's set as we know it: the set may have been changed."""


@dataclass(frozen=True, slots=True)
class OpenidPerson:
    """Somebody, as a provider knows them."""

    issuer: str
    subject: str
    email: str
    """As the provider tells it; empty where it tells none."""
    email_verified: bool
    """Whether the provider says it has made sure that the address is theirs."""
    name: str
    groups: tuple[str, ...]


def keys_in(document: Mapping[str, Any]) -> KeySet:
    """Read the keys of a JWK set that may sign: pairs only, none that are for encryption, none that are weak.

    Raises:
        OutboundFailed: when no such key is in it.
    """
    listed = document.get("keys")
    keys = [key for entry in (listed if isinstance(listed, list) else []) if (key := _signing_key(entry))]
    if not keys:
        raise OutboundFailed("The provider's key set holds no key that we accept for signatures.")
    return KeySet(keys)


def _signing_key(entry: object) -> Key | None:
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    try:
        key = import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None  # a key of a kind we do not know is none of ours (RFC 7517, section 5)
    if isinstance(key, RSAKey):
        return key if key.raw_value.key_size >= SMALLEST_RSA_BITS else None
    return key if isinstance(key, ECKey | OKPKey) else None


def read_id_token(
    token: str,
    *,
    keys: KeySet,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the claims of an ID token that is the provider's, for us, of now, and of this very sign-in.

    Raises:
        UnknownKey: when it is signed with a key that is not in the set.
        OutboundFailed: when anything else about it is wrong; the message says what, for the log.
    """
    try:
        read = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            read.claims,
            read.header,
            options={
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
            },
            params={"client_id": client_id, "access_token": access_token},
        )
        claims.validate(now=int(now.timestamp()), leeway=SKEW_SECONDS)
    except InvalidKeyIdError as error:
        raise UnknownKey("The ID token is signed with a key that the provider does not list.") from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise OutboundFailed(f"The ID token cannot be trusted: {type(error).__name__}: {error}.") from error
    told = claims.get("nonce")
    if not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
        raise OutboundFailed("The ID token belongs to another sign-in: its nonce is not ours.")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.isprintable() or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise OutboundFailed("The ID token names nobody: its sub cannot be used.")
    return dict(claims)


def person_in(claims: Mapping[str, Any], *, role_claim: str) -> OpenidPerson:
    """Read who is meant from checked claims; what is missing or malformed is empty."""
    groups = claims.get(role_claim)
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return OpenidPerson(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        email=_text(claims.get("email")),
        # Nothing but the JSON value true counts: some providers write "true" or "false" as text.
        email_verified=claims.get("email_verified") is True,
        name=_text(claims.get("name")) or _text(claims.get("preferred_username")),
        groups=tuple(group for group in listed if isinstance(group, str)),
    )


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
