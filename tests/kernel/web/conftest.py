"""An application with nothing but the shell in it, and pages that use every part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from bandmate.kernel.errors import Conflict, TooManyRequests
from bandmate.kernel.web.assets import install_static
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.problems import install_error_pages
from bandmate.kernel.web.security import SecurityHeaders
from bandmate.kernel.web.templating import NavItem, Templates

NOW = datetime(2026, 11, 5, 13, 0, 5, tzinfo=UTC)
TEMPLATES = Path(__file__).parent / "templates"
NAVIGATION = (
    NavItem("Jobs", "/jobs", "briefcase"),
    NavItem("Boards", "/boards", "rss", role="operator"),
)
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#results"}


@dataclass(frozen=True)
class Someone:
    """A signed-in person as identity provides one."""

    name: str = "Ada Lindqvist"
    roles: frozenset[str] = frozenset({"operator"})


class SignedInByHeader:
    """Stands in for identity: a request with the header ``X-Person`` comes from a person of that name."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the person and the token on the request's state."""
        name = dict(scope.get("headers", ())).get(b"x-person")
        if name:
            scope.setdefault("state", {}).update(person=Someone(name.decode()), csrf_token="a-token")
        await self.app(scope, receive, send)


@pytest.fixture
def templates() -> Templates:
    """The shell with the test pages as the context ``test``, at a standing clock."""
    return Templates(folders={"test": TEMPLATES}, navigation=NAVIGATION, clock=lambda: NOW)


@pytest.fixture
def app(templates: Templates) -> FastAPI:
    """An application whose routes show each thing the shell does."""
    app = FastAPI()
    app.add_middleware(SecurityHeaders)
    app.add_middleware(SignedInByHeader)
    install_error_pages(app, templates)
    install_static(app, templates.assets)

    @app.get("/page")
    def page(request: Request, text: str = "", title: str = "A page") -> Response:
        return templates.render(request, "test/page.html", text=text, title=title)

    @app.get("/jobs")
    def jobs(request: Request, q: str = "", broken: bool = False) -> Response:
        if broken:
            raise RuntimeError("secret: the tape is torn")
        return templates.render(request, "test/list.html", search=q, **LISTED)

    @app.get("/parts")
    def parts(request: Request) -> Response:
        return templates.render(request, "test/parts.html")

    add_troubles(app)
    return app


def add_troubles(app: FastAPI) -> None:
    """Add the routes that answer with anything but a page."""

    @app.post("/form")
    def form() -> Response:
        response = RedirectResponse("/parts", 303)
        leave_notice(response, "The board lever:northlight was added.", undo="/boards/undo")
        return response

    @app.get("/conflict")
    @app.get("/stage/v1/conflict")
    def conflict() -> None:
        raise Conflict("The board is already followed.", board="lever:northlight", title="not this one")

    @app.get("/stage/v1/slow-down")
    def slow_down() -> None:
        raise TooManyRequests("Wait a moment.", retry_after=30)

    @app.get("/stage/v1/teapot")
    def teapot() -> None:
        raise HTTPException(418)

    @app.get("/stage/v1/items")
    def items(limit: int, mode: bool) -> None:
        pass

    @app.get("/boom")
    @app.get("/stage/v1/boom")
    def boom() -> None:
        raise RuntimeError("secret: the tape is torn")


LISTED: Mapping[str, Any] = {
    "jobs": [
        {"title": "Backend Engineer, Playback", "company": "Northlight Music"},
        {"title": "Royalty Analyst", "company": "Harbour Records"},
    ],
    "companies": [
        {"value": "nl", "label": "Northlight Music", "count": 812, "checked": True},
        {"value": "hr", "label": "Harbour Records", "count": 301, "checked": False},
        {"value": "tw", "label": "Tonwerk", "count": 91, "checked": False},
    ],
    "chips": [{"label": "Northlight Music", "href": "/jobs"}],
}


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """A client that sees answers of status 500 as a browser does, and follows no redirect."""
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def page(client: TestClient) -> Callable[..., str]:
    """Fetch an address and return its text."""

    def fetch(path: str, **headers: str) -> str:
        answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status_code == 200
        return str(answer.text)

    return fetch
