"""A clock, the whole application, persons with accounts, and a small room whose holding the tests know exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import NOON, PASSWORD, Browser, MovableClock

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Evidence, Purpose, Through, declare_purpose, grant, purposes
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.ids import PersonId

EVIDENCE = Evidence("import of 2026-11", Through.IMPORT, "I want job alerts.", 1, "en")
ALERTS = Purpose("tests.alerts", "Job alerts", "We may tell you of new jobs.", 1, ("email", "sms"))

MakePerson = Callable[..., PersonId]


@pytest.fixture(autouse=True)
def _purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    """One purpose is declared, for these tests only."""
    monkeypatch.setattr(purposes, "_declared", dict(purposes._declared))
    declare_purpose(ALERTS)


@pytest.fixture(autouse=True)
def _cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash with argon2id's least parameters."""
    passwords._nobodys_hash.cache_clear()
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def clock() -> MovableClock:
    """The application's clock; it stands at noon."""
    return MovableClock(NOON)


@pytest.fixture
def app(settings: Settings, database: Database, clock: MovableClock) -> FastAPI:
    """The whole application."""
    return create_app(settings, database, clock=clock)


@pytest.fixture
def make_person(database: Database) -> MakePerson:
    """Create persons: ``make_person("Mia Kern", email="mia@example.org", role=Role.MEMBER)``."""

    def make(name: str, *, email: str | None = None, role: Role = Role.MEMBER) -> PersonId:
        with database.begin() as tx:
            person = create_person(tx, name=name, now=NOON)
            if email is not None:
                create_account(tx, person, email=email, password=PASSWORD, role=role, now=NOON)
            return person

    return make


@pytest.fixture
def mia(make_person: MakePerson) -> PersonId:
    """A person with an account and a consent."""
    return make_person("Mia Kern", email="mia@example.org")


@pytest.fixture
def ben(make_person: MakePerson) -> PersonId:
    """Another person with an account."""
    return make_person("Ben Adler", email="ben@example.org")


@pytest.fixture
def sign_in(app: FastAPI) -> Callable[[str], Browser]:
    """Open a browser and sign in by the form."""

    def open_browser(email: str) -> Browser:
        browser = Browser(TestClient(app, follow_redirects=False))
        assert browser.sign_in(email).status_code == 303
        return browser

    return open_browser


@pytest.fixture
def agree(database: Database) -> Callable[[PersonId], None]:
    """Have a person allow everything of the tests' purpose."""

    def say_yes(person: PersonId) -> None:
        with database.begin() as tx:
            grant(tx, person, ALERTS.name, evidence=EVIDENCE, at=NOON)

    return say_yes


def count(database: Database, table: str, where: str = "true", **values: object) -> int:
    """Count the rows of a table."""
    with database.read() as tx:
        found = tx.execute(text(f"select count(*) from {table} where {where}"), values)
        return int(found.scalar_one())
