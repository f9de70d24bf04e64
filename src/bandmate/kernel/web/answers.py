"""Answers as they leave: JSON in the envelope, with a validator for asking again whether anything changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from bandmate.kernel.plain_values import plain_value
from bandmate.kernel.web.validators import names_tag

CACHE_CONTROL = "no-cache"
"""Keep it, but ask each time: what is told may change within seconds, and asking is cheap by ETag."""

UNCHANGED: Mapping[int | str, dict[str, Any]] = {
    HTTPStatus.NOT_MODIFIED.value: {"description": "What you have by this ETag still holds."}
}
"""How OpenAPI describes an answer to a condition that holds."""


def answer(data: object, meta: Mapping[str, object], if_none_match: str | None = None) -> Response:
    """Return ``{"data": …, "meta": …}`` with a strong ETag over its bytes, or 304 when the asker has them already.

    Args:
        data: what JSON can hold, and also instants, ids, amounts and dataclasses; the order of keys is kept.
        meta: what is said about the data; empty for a single thing.
        if_none_match: the condition of the request (RFC 9110, section 13.1.2).
    """
    body = _written(data, meta)
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL}
    if if_none_match is not None and names_tag(if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def answer_to_post(data: object, meta: Mapping[str, object]) -> Response:
    """Return the same envelope without an ETag: a condition on a POST means something else (RFC 9110, 13.1.2)."""
    return Response(_written(data, meta), media_type="application/json")


def _written(data: object, meta: Mapping[str, object]) -> bytes:
    # Instants are passed on to ``plain_value``, which writes them as everywhere else: to the millisecond, with Z.
    return orjson.dumps({"data": data, "meta": meta}, plain_value, orjson.OPT_PASSTHROUGH_DATETIME)
