"""A small sample company behind the whole application, and a round in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.marketplace.opportunities.world import Member, World

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.identity.csrf import csrf_token_for
from bandmate.kernel.identity.persons import account_of, create_account
from bandmate.kernel.identity.sessions import open_session
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import RoundId
from bandmate.marketplace.rounds.acts import create_round, open_round
from bandmate.marketplace.rounds.domain import Round
from bandmate.marketplace.rounds.previewing import preview
from bandmate.marketplace.rounds.publishing import Published, publish_round
from bandmate.marketplace.sample import load_company

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

_ACCOUNT = text("select account_id from kernel.account where person_id = :person")


def clock() -> datetime:
    """Return the instant at which all of this happens."""
    return NOW


@dataclass(frozen=True)
class Company:
    """The sample company with a programme lead of it."""

    database: Database
    lead: PersonId

    def asker(self, person: UUID) -> Asker:
        """Return a member as use cases know them."""
        return Asker(PersonId(person), "", Role.MEMBER.included, frozenset(), "session")

    def previewed(self, format_: str = "one_to_one") -> Round:
        """Return a round with a preview."""
        round_id = RoundId(new_id())
        with self.database.begin() as tx:
            made = create_round(tx, self.lead, round_id, "Spring", format_, now=NOW)
            open_round(tx, round_id, version=made.version, now=NOW)
        return preview(self.database, round_id, clock=clock)

    def publish(self, held: Round) -> Published:
        """Publish a round as it was looked at."""
        with self.database.begin() as tx:
            return publish_round(tx, self.lead, held.round_id, version=held.version, now=NOW)

    def one(self, sql: str, **values: object) -> object:
        """Return the first value of a query."""
        with self.database.read() as tx:
            return tx.execute(text(sql), values).scalar_one_or_none()

    def row(self, sql: str, **values: object) -> Mapping[str, Any]:
        """Return the first row of a query."""
        with self.database.read() as tx:
            return dict(tx.execute(text(sql), values).mappings().first() or {})

    def do(self, sql: str, **values: object) -> None:
        """Change something behind everybody's back."""
        with self.database.begin() as tx:
            tx.execute(text(sql), values)


@pytest.fixture
def company(database: Database) -> Company:
    """Three hundred people, their offers and wishes."""
    for table in ("people_group", "own_company", "launch_change"):
        with database.begin() as tx:
            tx.execute(text(f"delete from marketplace.{table}"))
    load_company(database, now=NOW, people=300)
    with database.read() as tx:
        lead = tx.execute(text("select person_id from marketplace.programme_lead")).scalar_one()
    return Company(database, PersonId(lead))


@pytest.fixture
def site(settings: Settings, company: Company) -> World:
    """The application over the company."""
    return World(create_app(settings, company.database, clock=clock), company.database)


@pytest.fixture
def enter(site: World) -> Callable[[PersonId], Member]:
    """Sign an employee of the company in."""

    def sign_in(person: PersonId) -> Member:
        with site.database.begin() as tx:
            found = tx.execute(_ACCOUNT, {"person": person}).scalar_one_or_none()
            account = (
                account_of(tx, found)
                if found
                else create_account(tx, person, email=f"{person}@halfnote.example", password=None, now=NOW)
            )
            opened = open_session(
                tx, account.account_id, lifetime=timedelta(hours=1), address="", user_agent="", now=NOW
            )
        client = TestClient(site.app, base_url="http://testserver", follow_redirects=False)
        client.cookies.set("bandmate_session", opened.token)
        client.headers["X-CSRF-Token"] = csrf_token_for(opened.token)
        client.headers["Origin"] = "http://testserver"
        return Member(account, client)

    return sign_in
