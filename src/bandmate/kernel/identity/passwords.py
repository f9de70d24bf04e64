"""Passwords: what is accepted, how they are kept (argon2id), how they are checked in equal time for everybody."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bandmate.kernel.errors import InvalidInput

PasswordHash = NewType("PasswordHash", str)
"""An argon2id hash with its parameters and salt, in the PHC string format."""

SHORTEST, LONGEST = 12, 256
"""Accepted lengths in characters; the upper bound only keeps hashing cheap."""

# argon2-cffi's defaults are the second recommended option of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes.
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right, and its new hash where the stored one has older parameters."""

    right: bool
    rehashed: PasswordHash | None = None


def hash_password(password: str) -> PasswordHash:
    """Hash a new password.

    Raises:
        InvalidInput: when it is too short or too long; the message says how long it may be.
    """
    prepared = _prepared(password)
    if not SHORTEST <= len(prepared) <= LONGEST:
        raise InvalidInput(
            f"The password has {len(prepared)} characters; take {SHORTEST} to {LONGEST}. "
            "A few words in a row are easy to remember and hard to guess.",
            field="password",
        )
    return PasswordHash(_hasher.hash(prepared))


def check_password(stored: PasswordHash | None, password: str) -> Verdict:
    """Compare a password with a stored hash; without one (no such account) do the same work and say no.

    The time it takes therefore does not tell which accounts exist.
    """
    prepared = _prepared(password)
    try:
        _hasher.verify(stored or _nobodys_hash(), prepared)
    except (VerificationError, InvalidHashError):
        return Verdict(right=False)
    if stored is None:
        return Verdict(right=False)
    renew = _hasher.check_needs_rehash(stored)
    return Verdict(right=True, rehashed=PasswordHash(_hasher.hash(prepared)) if renew else None)


def _prepared(password: str) -> str:
    """Bring it to NFKC, so that every keyboard gives the same bytes (NIST SP 800-63B-4, section 3.1.1.2)."""
    normal = unicodedata.normalize("NFKC", password[: 4 * LONGEST])
    return normal.encode("utf-8", "replace").decode()


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password, and knowing it opens no account")
