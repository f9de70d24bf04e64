"""What all forms of identity share: reading fields, showing errors, and not being kept by anybody's cache."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import Form, Request

from bandmate.kernel.errors import BandmateError

TEMPLATES = Path(__file__).parent / "templates"
SEE_OTHER = HTTPStatus.SEE_OTHER.value
"""After a form: go and get the next page (RFC 9110, section 15.4.4)."""

Text = Annotated[str, Form()]


def errors_of(error: BandmateError | None) -> list[dict[str, object]]:
    """Return what the error summary of a page shows; empty without an error."""
    return [{"name": error.extra.get("field", "email"), "message": error.detail}] if error else []


def cautious(error: BandmateError | None = None) -> dict[str, str]:
    """Return headers of a page with a token or a secret in it: kept nowhere; and when to come back."""
    headers = {"Cache-Control": "no-store"}
    if error is not None and "retry_after" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after"])
    return headers


def address_of(request: Request) -> str:
    """Return the network address a request comes from."""
    return request.client.host if request.client else "unknown"
