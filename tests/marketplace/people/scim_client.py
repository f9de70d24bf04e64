"""A public SCIM client library (scim2-client, Apache-2.0) that speaks to the application in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from httpx import Response
from scim2_client import BaseSyncSCIMClient
from starlette.testclient import TestClient
from tests.marketplace.people.conftest import NOON

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.service_accounts import add_service_key, create_service_account

BASE = "/scim/v2"


class InProcessClient(BaseSyncSCIMClient):
    """The library's client over Starlette's test client: real requests through all middleware, no network."""

    def __init__(self, http: TestClient, **options: Any) -> None:
        super().__init__(**options)
        self.http = http

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return not endpoint.startswith("http") or f"{BASE}/" in endpoint

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **options: Any) -> Response:
        """Send a request; addresses are below the base."""
        path = url[url.index(BASE) :] if BASE in url else f"{BASE}/{url.lstrip('/')}"
        answer: Response = self.http.request(method, path, **options)
        return answer


@dataclass
class Scim:
    """The application, and a program with a key for it."""

    app: FastAPI
    http: TestClient

    def client(self, **options: Any) -> InProcessClient:
        """Return the library's client."""
        return InProcessClient(self.http, **options)

    def call(self, method: str, path: str, body: Any = None, status: int | None = None, **headers: str) -> Any:
        """Send a request as written; return the document, after checking the status where one is expected."""
        answer = self.http.request(
            method, BASE + path, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        assert status is None or answer.status_code == status, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def enter(self, user_name: str, **attributes: Any) -> dict[str, Any]:
        """Enter a user."""
        user: dict[str, Any] = self.call("POST", "/Users", {"userName": user_name, **attributes}, 201)
        return user


def provisioned(database: Database, settings: Settings, *, scopes: tuple[str, ...] = ("scim",)) -> Scim:
    """Return the application with a service account's key in every request."""
    with database.begin() as tx:
        owner = create_service_account(
            tx, "directory", purpose="Keeps the people up to date.", role=Role.OPERATOR, by="test", now=NOON
        )
        key = add_service_key(tx, owner, name="test", scopes=scopes, expires_at=None, by="test", now=NOON)
    app = create_app(settings, database, clock=lambda: NOON)
    return Scim(app, TestClient(app, headers={"Authorization": f"Bearer {key.text}"}))
