"""Somebody signed in at a browser, for the tests of Today, of finding and of the operators' page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI
from httpx import Response
from starlette.testclient import TestClient

from bandmate.kernel.clock import system_clock
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.identity.csrf import csrf_token_for
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.identity.sessions import open_session
from bandmate.kernel.ids import AccountId, PersonId


@dataclass(frozen=True)
class Somebody:
    """An account with a browser."""

    person_id: PersonId
    account_id: AccountId
    role: Role
    client: TestClient
    token: str

    @property
    def asker(self) -> Asker:
        """Who they are to the rooms."""
        return Asker(self.person_id, "Mia", self.role.included, frozenset(), "session")

    def get(self, path: str, **headers: str) -> Response:
        """Open a page."""
        answer: Response = self.client.get(
            path, headers={"Accept": "text/html", **headers}, follow_redirects=False
        )
        return answer

    def post(self, path: str, **fields: str) -> Response:
        """Send a form of ours."""
        data = {"csrf_token": csrf_token_for(self.token), **fields}
        headers = {"sec-fetch-site": "same-origin"}
        answer: Response = self.client.post(path, data=data, headers=headers, follow_redirects=False)
        return answer


def somebody(app: FastAPI, database: Database, role: Role, name: str = "Mia Kern") -> Somebody:
    """Return a new person with an account, signed in."""
    now = system_clock()
    with database.begin() as tx:
        person_id = create_person(tx, name=name, now=now)
        email = f"{role}.{person_id}@example.org"
        account = create_account(tx, person_id, email=email, password=None, role=role, now=now)
        opened = open_session(
            tx, account.account_id, lifetime=timedelta(hours=1), address="", user_agent="", now=now
        )
    client = TestClient(app, cookies={"bandmate_session": opened.token}, raise_server_exceptions=False)
    return Somebody(person_id, account.account_id, role, client, opened.token)


def key_of(database: Database, owner: Somebody, *scopes: str) -> dict[str, str]:
    """Return the header of an API key with these scopes."""
    with database.begin() as tx:
        key = create_key(tx, owner.account_id, name="x", scopes=scopes, expires_at=None, now=system_clock())
    return {"Authorization": f"Bearer {key.text}"}
