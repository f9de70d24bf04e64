"""Headers that make asking again safe: entity tags (RFC 9110, sections 8.8.3 and 13.1) and idempotency keys."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from bandmate.kernel.errors import InvalidInput

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="ETag of the answer you have; while it still holds, the answer is 304 without a body.",
    ),
]
IfMatch = Annotated[
    str, Header(alias="If-Match", max_length=40, description='The ETag that was read, such as `"3"`.')
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        pattern=r"^[\x21-\x7e][\x20-\x7e]*$",
        description="A name of your own for what you create: sent again, nothing is created twice.",
    ),
]

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_LONGEST_VERSION = 18
"""Digits that are sure to fit into a bigint."""


def names_tag(condition: str, tag: str) -> bool:
    """Tell whether an If-None-Match header names this tag; weak and strong tags compare alike there."""
    return condition.strip() == "*" or tag in _TAG.findall(condition)


def tag_of(version: int) -> str:
    """Return the entity tag of a row's version."""
    return f'"{version}"'


def version_of(if_match: str) -> int:
    """Return the version that an If-Match header names; a weak tag counts as a strong one, versions are whole.

    Raises:
        InvalidInput: when it names none.
    """
    bare = if_match.strip().removeprefix("W/").strip('"')
    if not (bare.isascii() and bare.isdigit() and len(bare) <= _LONGEST_VERSION):
        raise InvalidInput('If-Match holds the ETag that was read, such as "3".', field="If-Match")
    return int(bare)
