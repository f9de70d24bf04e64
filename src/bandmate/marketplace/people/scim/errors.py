"""Errors as SCIM tells them (RFC 7644, section 3.12)."""

from __future__ import annotations

from typing import Any, Literal

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

ScimType = Literal[
    "invalidFilter",
    "invalidPath",
    "invalidSyntax",
    "invalidValue",
    "mutability",
    "noTarget",
    "tooMany",
    "uniqueness",
]


class ScimError(Exception):
    """A request that cannot be carried out."""

    def __init__(self, status: int, detail: str, scim_type: ScimType | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type


def error_body(status: int, detail: str, scim_type: str | None = None) -> dict[str, Any]:
    """Return an error as its document; the status is written as a string (RFC 7644, section 3.12)."""
    body: dict[str, Any] = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return body if scim_type is None else body | {"scimType": scim_type}


def invalid_value(detail: str) -> ScimError:
    """Return the error for a value that cannot be used."""
    return ScimError(400, detail, "invalidValue")


def invalid_path(detail: str) -> ScimError:
    """Return the error for a path that leads nowhere."""
    return ScimError(400, detail, "invalidPath")


def invalid_filter(detail: str) -> ScimError:
    """Return the error for a filter that cannot be read, or not be asked here."""
    return ScimError(400, detail, "invalidFilter")
