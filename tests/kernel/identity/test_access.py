"""The statement in a route's signature: what it admits, and that it can be read back."""

from __future__ import annotations

from typing import Annotated, get_args

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.requests import Request

from bandmate.kernel.errors import Forbidden, InvalidInput, SignInRequired
from bandmate.kernel.identity.access import (
    ANONYMOUS,
    Anyone,
    Asker,
    InPerson,
    Operator,
    Requirement,
    Role,
    Scope,
    SignedIn,
    access_of,
    asker_of,
    parse_scope,
    requires,
    scopes_for,
)

READ = Scope("postings:read")
MEMBER = Asker(None, "Mia", Role.MEMBER.included, frozenset(), "session")
OPERATOR = Asker(None, "Tom", Role.OPERATOR.included, frozenset(), "session")
ADMINISTRATOR = Asker(None, "Ada", Role.ADMINISTRATOR.included, frozenset(), "session")
KEY = Asker(None, "Tom", Role.OPERATOR.included, frozenset({READ}), "api_key")

Read = Annotated[Asker, Depends(requires(scope=READ))]


def read_by(asker: Read) -> str:
    """Answer whoever may read."""
    return asker.name


def unsaid() -> str:
    """Answer without saying who may call."""
    return ""


def operated(asker: Operator) -> str:
    """Answer operators."""
    return asker.name


def routes_of(app: FastAPI) -> dict[str, object]:
    """Return an application's routes by path, those of included routers too."""
    return {str(route.path): route for route in iter_route_contexts(app.routes)}


class TestRoles:
    """The order of roles."""

    def test_higher_roles_include_lower_ones(self) -> None:
        """An administrator is an operator is a member, never the other way round."""
        assert Role.MEMBER.included == {"member"}
        assert Role.OPERATOR.included == {"member", "operator"}
        assert Role.ADMINISTRATOR.included == {"member", "operator", "administrator"}


class TestRequirement:
    """Who passes."""

    @pytest.mark.parametrize("asker", [ANONYMOUS, MEMBER, OPERATOR, ADMINISTRATOR, KEY])
    def test_anyone_passes_without_requirement(self, asker: Asker) -> None:
        """A public route admits everybody and is told who they are."""
        assert Requirement().admit(asker) is asker

    def test_nobody_is_asked_to_sign_in(self) -> None:
        """Where somebody must be known, the unknown are asked to sign in."""
        with pytest.raises(SignInRequired):
            Requirement(Role.MEMBER, READ).admit(ANONYMOUS)

    def test_role_decides_for_persons(self) -> None:
        """A person needs the role or a higher one, and no scope."""
        needed = Requirement(Role.OPERATOR, READ)
        assert needed.admit(OPERATOR) is OPERATOR
        assert needed.admit(ADMINISTRATOR) is ADMINISTRATOR
        with pytest.raises(Forbidden, match="the role operator"):
            needed.admit(MEMBER)

    def test_keys_need_role_and_scope(self) -> None:
        """A key needs its owner's role and its own scope, and is told which scope it lacks."""
        assert Requirement(Role.OPERATOR, READ).admit(KEY) is KEY
        with pytest.raises(Forbidden, match="the role administrator"):
            Requirement(Role.ADMINISTRATOR, READ).admit(KEY)
        with pytest.raises(Forbidden, match="postings:write") as caught:
            Requirement(Role.OPERATOR, Scope("postings:write")).admit(KEY)
        assert caught.value.extra == {"scope": "postings:write"}

    def test_without_scope_no_key_passes(self) -> None:
        """A statement without a scope is for persons only."""
        with pytest.raises(Forbidden, match="sign in with a browser"):
            Requirement(Role.MEMBER).admit(KEY)

    def test_unknown_asker_is_anonymous(self) -> None:
        """Where no identity was installed nobody is known: forgetting it closes doors and opens none."""
        assert asker_of(Request({"type": "http"})) is ANONYMOUS


class TestScope:
    """How permissions of keys are written."""

    @pytest.mark.parametrize("text", ["postings:read", "operator", "job-postings:bulk_read"])
    def test_words_with_a_colon(self, text: str) -> None:
        """Lower-case words, with at most one colon, are scopes."""
        assert parse_scope(text) == text

    @pytest.mark.parametrize("text", ["", "Postings:read", "a:b:c", ":read", "read:", "a b", "*", "read\n"])
    def test_anything_else_is_refused(self, text: str) -> None:
        """A slip of the pen does not become a scope."""
        with pytest.raises(InvalidInput, match="postings:read"):
            parse_scope(text)

    def test_slip_in_a_route_is_found_at_once(self) -> None:
        """A route cannot ask for a scope that nobody can write."""
        with pytest.raises(InvalidInput):
            requires(scope=Scope("Postings.Read"))


class TestReadingBack:
    """What a test or a document can read from a route."""

    def test_statement_of_a_route(self) -> None:
        """The statement is read from the signature, also through an included router."""
        app, router = FastAPI(openapi_url=None), APIRouter()
        router.get("/read")(read_by)
        app.include_router(router, prefix="/v1")
        app.get("/operate")(operated)
        routes = routes_of(app)
        assert access_of(routes["/v1/read"]) == "member, keys with postings:read"
        assert access_of(routes["/operate"]) == "operator, keys with operator"

    def test_statement_of_a_router_counts(self) -> None:
        """A statement for a whole router holds for its routes, beside their own."""
        app, router = FastAPI(openapi_url=None), APIRouter(dependencies=[Depends(requires(role=Role.OPERATOR))])
        router.get("/unsaid")(unsaid)
        router.get("/read")(read_by)
        app.include_router(router)
        routes = routes_of(app)
        assert access_of(routes["/unsaid"]) == "operator, no keys"
        assert access_of(routes["/read"]) == "operator, no keys and member, keys with postings:read"

    def test_silent_route_is_found(self) -> None:
        """A route that does not say who may call it is an error that names the route and the remedy."""
        app = FastAPI(openapi_url=None)
        app.get("/unsaid")(unsaid)
        with pytest.raises(LookupError, match=r"/unsaid does not say who may call it.*asker: Anyone"):
            access_of(routes_of(app)["/unsaid"])

    @pytest.mark.parametrize(
        ("alias", "said"),
        [
            (Anyone, "anyone"),
            (SignedIn, "member, keys with member"),
            (InPerson, "member, no keys"),
            (Operator, "operator, keys with operator"),
        ],
        ids=["Anyone", "SignedIn", "InPerson", "Operator"],
    )
    def test_words_of_the_statements(self, alias: object, said: str) -> None:
        """Each statement reads as what it admits."""
        depends = get_args(alias)[1]
        assert str(depends.dependency.__self__) == said

    def test_scopes_worth_holding(self) -> None:
        """A member is not offered scopes that only operators can use."""
        app = FastAPI(openapi_url=None)
        app.get("/read")(read_by)
        app.get("/operate")(operated)
        routes = list(routes_of(app).values())
        assert scopes_for(Role.MEMBER.included, routes) == ("postings:read",)
        assert scopes_for(Role.OPERATOR.included, routes) == ("operator", "postings:read")
