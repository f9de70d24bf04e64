"""Who reads a page and how: the person, their time zone, their theme, and whether htmx asks for a part of it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import UTC, tzinfo
from typing import Literal, Protocol, cast
from urllib.parse import unquote

from starlette.requests import Request

from bandmate.kernel.web.formats import zone_named

Theme = Literal["light", "dark"]


class Person(Protocol):
    """What the shell knows of a signed-in person; ``kernel.identity`` provides it."""

    @property
    def name(self) -> str:
        """How the person is called."""

    @property
    def roles(self) -> Collection[str]:
        """The roles the person has."""


def person_of(request: Request) -> Person | None:
    """Return the signed-in person, or None."""
    return cast("Person | None", getattr(request.state, "person", None))


def csrf_token_of(request: Request) -> str:
    """Return the token that forms of this page must carry; empty when identity set none."""
    return str(getattr(request.state, "csrf_token", "") or "")


def zone_of(request: Request) -> tzinfo:
    """Return the reader's time zone from the cookie ``tz`` (an IANA name, set by ``shell.js``), else UTC."""
    name = unquote(request.cookies.get("tz", ""))
    return zone_named(name) if name else UTC


def theme_of(request: Request) -> Theme | None:
    """Return the theme the reader chose, or None where the system's preference decides."""
    chosen = request.cookies.get("theme")
    return cast(Theme, chosen) if chosen in {"light", "dark"} else None


def wanted_part(request: Request) -> str | None:
    """Return the id of the element htmx wants to fill, or None where a whole page is wanted.

    htmx 4 sends ``HX-Request-Type: partial`` with ``HX-Target: section#results``; going back in the history and
    boosted links ask for the whole page.
    """
    if request.headers.get("HX-Request") != "true" or request.headers.get("HX-Request-Type") == "full":
        return None
    if "HX-History-Restore-Request" in request.headers:
        return None
    return unquote(request.headers.get("HX-Target", "").partition("#")[2]) or None


def request_id_of(request: Request) -> str:
    """Return the id under which the logs know this request; one is made where telemetry has not set it."""
    known = getattr(request.state, "request_id", None)
    if known is None:
        known = request.state.request_id = secrets.token_hex(8)
    return str(known)
