"""What a fetch of a board gives back, and which board tokens may enter an address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import unquote

from bandmate.kernel.errors import InvalidInput
from bandmate.postings.providers.reading import quote

Outcome = Literal["complete", "partial", "failed"]

_TOKEN = re.compile(r"(?:[A-Za-z0-9._~&'+-]|%[0-9A-Fa-f]{2}){1,128}")
_HOSTILE = re.compile(r"[\x00-\x1f\x7f/\\?#]")


@dataclass(frozen=True, slots=True)
class Validators:
    """What an earlier answer gave for asking whether it changed (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One observation of a board."""

    status: int | None
    """The HTTP status of the last request; ``None`` when no server answered."""
    payload: bytes | None
    """The bytes to archive: verbatim for one page, several joined as in ``paging``; also those of a failure."""
    etag: str | None
    last_modified: str | None
    not_modified: bool
    """The board is as it was when the validators were taken; there is no payload."""
    pages: int
    declared_total: int | None
    outcome: Outcome
    detail: str | None
    """Why it is not complete, as a sentence."""
    observed_at: datetime
    """When the first answer of it arrived; aware, UTC."""


def check_token(board: str, title: str) -> str:
    """Return a board token that may stand as one path segment of an address, exactly as it is.

    Letters, digits and ``. _ ~ & ' + -`` pass, and percent escapes, which stay as they are
    (``Synergy%20Pet%20Group`` is the token); escapes that hide a separator or a control character do not, nor do
    dots alone.

    Raises:
        InvalidInput: for anything else.
    """
    plain = unquote(board)
    if _TOKEN.fullmatch(board) and plain.strip(".") and not _HOSTILE.search(plain) and "%" not in plain:
        return board
    raise InvalidInput(
        f"{quote(board)} cannot be a board of {title}: write the last part of the careers page's address as it"
        " stands there, for instance `spotify` or `Synergy%20Pet%20Group`."
    )
