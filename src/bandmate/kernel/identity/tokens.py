"""Random secrets and what is stored of them.

Every token here has 256 random bits, so one SHA-256 is enough to store it: there is nothing to guess, and a slow
hash such as argon2 would only cost each request 64 MiB. Passwords are another matter: see ``passwords``.
"""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32
"""Random bytes of a token: 43 characters in base64url."""


def new_token() -> str:
    """Return 256 random bits as 43 characters of base64url (RFC 4648, section 5, without padding)."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Return the 32 bytes that are stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
