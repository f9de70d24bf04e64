"""Invented people whom a visitor of the demo becomes with one click.

Only ``bandmate demo`` hands personas to ``create_app``; no setting and no variable can. And even there the way in
is open only to this very machine: the connection comes from loopback, and so does the address in the browser's
bar, which keeps out pages of other sites that point a name of theirs at us (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from fastapi import Request

from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity.access import Role
from bandmate.kernel.languages import gettext as _


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to sign in as."""

    slug: str
    """In the address of the button: ``olive``."""
    name: str
    email: str
    """Of the account, which must exist."""
    role: Role
    tries: str
    """One line: what they come for."""


def personas_for(request: Request) -> tuple[Persona, ...]:
    """Return whom this visitor may become with one click: nobody, except in the demo on their own machine."""
    personas: tuple[Persona, ...] = getattr(request.app.state, "personas", ())
    return personas if personas and _is_from_this_machine(request) else ()


def persona_for(request: Request, slug: str) -> Persona:
    """Return one of them.

    Raises:
        NotFound: when there is no such persona for this visitor.
    """
    for persona in personas_for(request):
        if persona.slug == slug:
            return persona
    raise NotFound(_("There is no such way to sign in here."))


def _is_from_this_machine(request: Request) -> bool:
    """Tell whether connection, listener and the host that was asked for are all loopback."""
    listener = request.scope.get("server") or ("", 0)
    caller = request.client.host if request.client else ""
    return all(_is_loopback(host) for host in (caller, str(listener[0]), request.url.hostname or ""))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
