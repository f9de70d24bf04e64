"""Identifiers as the providers give them, drawn from the key of the posting and never from a time."""

from __future__ import annotations

from uuid import UUID, uuid5

from bandmate.postings.sample.chance import number

_NAMESPACE = UUID("6b1c1f0e-93ad-4c55-9b39-5a0c7e1b5f2d")


def uuid_of(*parts: str) -> str:
    """Give a UUID for these parts."""
    return str(uuid5(_NAMESPACE, "|".join(parts)))


def greenhouse_number(*parts: str) -> int:
    """Give a ten-digit number as Greenhouse's ids are (7 to 10 digits on the wire)."""
    return 4_000_000_000 + number(*parts) % 999_999_999
