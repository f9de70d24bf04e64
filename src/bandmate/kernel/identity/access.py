"""Who may call a route stands in its signature, as a type that the framework enforces and a test can read.

    @router.post("/boards")
    def add_board(asker: Operator, tx: Writing, ...) -> ...:

The rules, in one place:

* ``Anyone`` admits everybody, and still says who asks.
* Every other statement names a role; a higher role includes the lower ones.
* A person at a browser needs the role. An API key needs its owner to have the role *and* holds itself the scope
  that the statement names; a statement without a scope admits no key at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, NewType, Protocol

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from bandmate.kernel.errors import Forbidden, InvalidInput, SignInRequired
from bandmate.kernel.ids import AccountId, PersonId


class Role(StrEnum):
    """What an account may do here, from least to most; each role includes those before it."""

    MEMBER = "member"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"

    @property
    def included(self) -> frozenset[Role]:
        """This role and all lower ones."""
        ascending = list(Role)
        return frozenset(ascending[: ascending.index(self) + 1])


Scope = NewType("Scope", str)
"""A named permission an API key can hold, e.g. ``postings:read``; declared where a route asks for it."""

_SCOPE = re.compile(r"[a-z][a-z_-]*(:[a-z][a-z_-]*)?")


def parse_scope(text: str) -> Scope:
    """Read a scope as people write it.

    Raises:
        InvalidInput: when it is not lower-case words like ``postings:read``.
    """
    if not _SCOPE.fullmatch(text):
        raise InvalidInput(f"{text!r} is no scope; write lower-case words with one colon, such as postings:read.")
    return Scope(text)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. ``scopes`` is what an API key holds; a person at a browser needs none."""

    person_id: PersonId | None
    name: str
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    via: Literal["anonymous", "session", "api_key"]
    account_id: AccountId | None = field(default=None, kw_only=True)
    locale: str | None = field(default=None, kw_only=True)
    """The language a person at a browser chose (BCP 47); None where they leave it to the browser."""


ANONYMOUS = Asker(None, "", frozenset(), frozenset(), "anonymous")
"""Somebody we do not know."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a route asks of its asker; without a role it is open to anyone."""

    role: Role | None = None
    scope: Scope | None = None

    def __str__(self) -> str:
        if self.role is None:
            return "anyone"
        return f"{self.role}, keys with {self.scope}" if self.scope else f"{self.role}, no keys"

    def admit(self, asker: Asker) -> Asker:
        """Return the asker when they may pass.

        Raises:
            SignInRequired: when nobody is known.
            Forbidden: when the role or the key's scope does not suffice.
        """
        if self.role is None:
            return asker
        if asker.via == "anonymous":
            raise SignInRequired("Sign in, or send an API key, to see this.")
        if self.role not in asker.roles:
            raise Forbidden(f"This needs the role {self.role}. An administrator can give it to you.")
        if asker.via == "api_key" and self.scope is None:
            raise Forbidden("An API key cannot do this; sign in with a browser instead.")
        if asker.via == "api_key" and self.scope not in asker.scopes:
            raise Forbidden(
                f"This API key lacks the scope {self.scope}. Create one that holds it.", scope=self.scope
            )
        return asker

    # async although it awaits nothing: FastAPI would send a plain function to a thread, for two comparisons.
    async def ask(self, request: Request) -> Asker:
        """Admit whoever sends ``request``, or raise; this is what routes depend on."""
        return self.admit(asker_of(request))


class Ask(Protocol):
    """A dependency that returns who asks, or refuses them."""

    async def __call__(self, request: Request) -> Asker:
        """Return who sends ``request``, or raise."""


def asker_of(request: Request) -> Asker:
    """Return who sends this request; anonymous where no identity middleware runs."""
    asker: Asker = getattr(request.state, "asker", ANONYMOUS)
    return asker


def requires(*, role: Role | None = None, scope: Scope | None = None) -> Ask:
    """Return a dependency for those who have ``role`` (any signed-in person unless given).

    A context names its statements once: ``PostingsWrite = Annotated[Asker, Depends(requires(role=Role.OPERATOR,
    scope=Scope("postings:write")))]``. Without ``scope`` no API key is admitted.
    """
    if scope is not None:
        parse_scope(scope)
    return Requirement(role or Role.MEMBER, scope).ask


Anyone = Annotated[Asker, Depends(Requirement().ask)]
"""Public; the asker may be anonymous."""

SignedIn = Annotated[Asker, Depends(requires(role=Role.MEMBER, scope=Scope("member")))]
"""Anybody with an account. Pages send others to sign in, the API answers 401."""

InPerson = Annotated[Asker, Depends(requires(role=Role.MEMBER))]
"""Anybody with an account, at a browser: for what a leaked API key must never do."""

Operator = Annotated[Asker, Depends(requires(role=Role.OPERATOR, scope=Scope("operator")))]
"""Those who run this installation; API keys need the scope ``operator``."""

Administrator = Annotated[Asker, Depends(requires(role=Role.ADMINISTRATOR, scope=Scope("administrator")))]
"""Those who give roles; API keys need the scope ``administrator``."""


def requirements_of(route: object) -> tuple[Requirement, ...]:
    """Return every statement in a route's signature and in its routers', outermost first; empty when none is made.

    ``route`` is an APIRoute, or a context from ``fastapi.routing.iter_route_contexts(app.routes)``.
    """
    dependant = getattr(route, "dependant", None)
    return tuple(_requirements_in(dependant)) if isinstance(dependant, Dependant) else ()


def _requirements_in(dependant: Dependant) -> Iterator[Requirement]:
    for dependency in dependant.dependencies:
        statement = getattr(dependency.call, "__self__", None)
        if isinstance(statement, Requirement):
            yield statement
        yield from _requirements_in(dependency)


def access_of(route: object) -> str:
    """Read back who may call a route, e.g. ``operator, keys with operator``.

    Raises:
        LookupError: when the route does not say; every route must.
    """
    statements = dict.fromkeys(map(str, requirements_of(route)))
    if not statements:
        raise LookupError(
            f"{getattr(route, 'path', route)} does not say who may call it. Give it a parameter such as "
            "`asker: Anyone` or `asker: Operator` (bandmate.kernel.identity.access)."
        )
    return " and ".join(statements)


def scopes_for(roles: Iterable[Role], routes: Iterable[object]) -> tuple[Scope, ...]:
    """Return, sorted, the scopes that a key of somebody with these roles can use on these routes."""
    held = frozenset(roles)
    needs = (need for route in routes for need in requirements_of(route) if need.role in held)
    return tuple(sorted({need.scope for need in needs if need.scope}))
