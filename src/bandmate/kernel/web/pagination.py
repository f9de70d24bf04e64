"""Pages of a list: an opaque cursor that says where the next page starts and for which query it was made."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from bandmate.kernel.errors import InvalidCursor

Item_co = TypeVar("Item_co", covariant=True)
JsonScalar: TypeAlias = str | int | float | bool | None

_LONGEST = 4_000
_MARK = 6
_FOREIGN = "This cursor belongs to another query. Ask for the first page of this one: leave the cursor out."
_BROKEN = (
    "This cursor cannot be read. Use next_cursor exactly as the last page gave it, or leave it out to start again."
)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item_co]):
    """A part of a list."""

    items: Sequence[Item_co]
    next_cursor: str | None
    """Where the next page starts, or None on the last one."""
    total: int
    """How many items the whole list has."""


def encode_cursor(fingerprint: str, values: Sequence[JsonScalar]) -> str:
    """Write the position after an item as a cursor of this query.

    Base64url without padding of: 6 bytes of BLAKE2b over the fingerprint, 6 over the values, the values as JSON.
    A cursor is neither secret nor signed: it says where to go on, never what the asker may see.

    Args:
        fingerprint: Whatever makes the query this query: its filters and its order, not its limit.
        values: The sort key of the last item shown.

    Raises:
        ValueError: when a value is not finite.
    """
    body = json.dumps(list(values), separators=(",", ":"), allow_nan=False).encode()
    return (
        base64.urlsafe_b64encode(_mark(fingerprint.encode("utf-8", "surrogatepass")) + _mark(body) + body)
        .rstrip(b"=")
        .decode()
    )


def decode_cursor(cursor: str, fingerprint: str) -> list[JsonScalar]:
    """Read the position that ``encode_cursor`` wrote for the same query.

    Raises:
        InvalidCursor: when the cursor is not one of ours, or one of another query.
    """
    if len(cursor) > _LONGEST:
        raise InvalidCursor(_BROKEN)
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        query, checksum, body = raw[:_MARK], raw[_MARK : 2 * _MARK], raw[2 * _MARK :]
        if checksum != _mark(body):
            raise InvalidCursor(_BROKEN)
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidCursor(_BROKEN) from error
    if not isinstance(values, list) or not all(_is_scalar(value) for value in values):
        raise InvalidCursor(_BROKEN)
    if query != _mark(fingerprint.encode("utf-8", "surrogatepass")):
        raise InvalidCursor(_FOREIGN)
    return values


def _mark(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_MARK).digest()


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
