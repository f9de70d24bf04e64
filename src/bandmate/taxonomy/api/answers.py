"""Answers as they leave: JSON in the envelope, with a validator for asking again whether it changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import Header
from starlette.responses import Response

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="ETag of the answer you have; while it still holds, the answer is 304 without a body.",
    ),
]

CACHE_CONTROL = "no-cache"
"""Keep it, but ask each time: an import changes everything at once, and asking is cheap by ETag."""

UNCHANGED: Mapping[int | str, dict[str, Any]] = {
    HTTPStatus.NOT_MODIFIED.value: {"description": "What you have by this ETag still holds."}
}
"""How OpenAPI describes an answer to a condition that holds."""

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def answer(data: object, meta: Mapping[str, object], if_none_match: str | None = None) -> Response:
    """Return ``{"data": …, "meta": …}`` with a strong ETag over its bytes, or 304 when the asker has them already.

    Args:
        data: what JSON can hold; the order of keys is kept.
        meta: what is said about the data; empty for a single thing.
        if_none_match: the condition of the request (RFC 9110, section 13.1.2).
    """
    body = orjson.dumps({"data": data, "meta": meta})
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL}
    if if_none_match is not None and (if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
