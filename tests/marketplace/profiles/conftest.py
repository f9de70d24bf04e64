"""A small company whose people stand in every relation to one of them, and browsers for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.postings.pages_world import Reader
from tests.taxonomy.tiny import lay, tiny

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.identity.sessions import open_session
from bandmate.kernel.ids import PersonId

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

STAFF = {
    "top": None,
    "boss": "top",
    "anna": "boss",
    "mate": "boss",
    "junior": "anna",
    "other": None,
    "left": "boss",
    "stranger": None,
}
"""Everybody, and whose report they are. ``left`` has left, ``stranger`` never stood in the directory."""

_EMPLOYEE = text("""
    insert into marketplace.employee (person_id, user_name, display_name, email, title, department, manager_id,
                                      active, source, created_at, changed_at)
    values (:person, :name, :shown, :email, 'Sound engineer', 'Studio', :manager, :active, 'csv', :now, :now)
""")


@dataclass
class Company:
    """The people, and a clock that only the test moves."""

    database: Database
    settings: Settings
    people: dict[str, PersonId]
    now: datetime = NOW
    readers: dict[str, Reader] = field(default_factory=dict)

    def clock(self) -> datetime:
        """Return what time it is."""
        return self.now

    def later(self, **passed: float) -> datetime:
        """Let time pass; return what time it is then."""
        self.now += timedelta(**passed)
        return self.now

    def __getitem__(self, name: str) -> PersonId:
        """Return somebody's id."""
        return self.people[name]

    def open_to_all(self, *kinds: str) -> None:
        """Launch these kinds for everybody, and end the others."""
        with self.database.begin() as tx:
            tx.execute(
                text(
                    "update marketplace.launch set state = case when kind = any(:kinds) then 'on' else 'off' end"
                ),
                {"kinds": list(kinds)},
            )

    def count(self, table: str, where: str = "true", **values: object) -> int:
        """Count rows of the room."""
        with self.database.read() as tx:
            return int(
                tx.execute(text(f"select count(*) from marketplace.{table} where {where}"), values).scalar_one()
            )

    def messages(self, template: str) -> list[dict[str, object]]:
        """Return the messages that were asked for."""
        with self.database.read() as tx:
            rows = tx.execute(
                text(
                    "select data from kernel.event where type = 'marketplace.message.requested'"
                    " and data ->> 'template' = :template order by position"
                ),
                {"template": template},
            )
            return [dict(row.data) for row in rows]


def hire(tx: Tx, name: str, manager: PersonId | None, *, active: bool = True) -> PersonId:
    """Make a person who works here."""
    person = create_person(tx, name=name.title(), now=NOW)
    tx.execute(
        _EMPLOYEE,
        {
            "person": person,
            "name": name,
            "shown": name.title(),
            "email": f"{name}@band.example",
            "manager": manager,
            "active": active,
            "now": NOW,
        },
    )
    return person


@pytest.fixture
def company(database: Database, settings: Settings) -> Company:
    """The company, without any profile yet."""
    lay(settings, tiny())
    people: dict[str, PersonId] = {}
    with database.begin() as tx:
        for name, manager in STAFF.items():
            if name == "stranger":
                people[name] = create_person(tx, name="Stranger", now=NOW)
            else:
                people[name] = hire(tx, name, people[manager] if manager else None, active=name != "left")
    return Company(database, settings, people)


@pytest.fixture
def app(company: Company) -> FastAPI:
    """The application before the company."""
    return create_app(company.settings, company.database, clock=company.clock)


class Browsers:
    """A browser for everybody, signed in."""

    def __init__(self, app: FastAPI, company: Company) -> None:
        self._app, self._company, self._open = app, company, dict[str, Reader]()

    def __getitem__(self, name: str) -> Reader:
        """Return somebody's browser."""
        if name not in self._open:
            with self._company.database.begin() as tx:
                account = create_account(
                    tx, self._company[name], email=f"{name}@band.example", password=None, role=Role.MEMBER, now=NOW
                )
                opened = open_session(
                    tx, account.account_id, lifetime=timedelta(days=30), address="", user_agent="", now=NOW
                )
            client = TestClient(self._app, raise_server_exceptions=False, follow_redirects=False)
            client.cookies.set("bandmate_session", opened.token)
            self._open[name] = Reader(client)
        return self._open[name]


@pytest.fixture
def browsers(app: FastAPI, company: Company) -> Browsers:
    """Everybody's browser."""
    return Browsers(app, company)
