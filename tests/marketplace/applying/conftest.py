"""A company with an owner, a manager and people who apply; its clock moves when a test moves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.marketplace.opportunities.conftest import vocabulary  # noqa: F401 - a fixture of ours too
from tests.marketplace.opportunities.world import NOON, Member, World

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.events.subscriptions import run_once
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.applying import acting, answering
from bandmate.marketplace.applying.domain import Application
from bandmate.marketplace.applying.following import SUBSCRIPTION
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.kinds import Kind


@dataclass
class Company:
    """The people, and what they do."""

    world: World
    moved: timedelta = timedelta()
    people: dict[str, Member] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """Where it is kept."""
        return self.world.database

    def clock(self) -> datetime:
        """Return what time it is."""
        return NOON + self.moved

    def later(self, **passed: float) -> datetime:
        """Let time pass."""
        self.moved += timedelta(**passed)
        return self.clock()

    def __getitem__(self, name: str) -> Member:
        """Return somebody, signed in."""
        return self.people[name]

    def do(self, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Do something in a transaction of its own, now."""
        with self.database.begin() as tx:
            return act(tx, *given, **named, now=self.clock())

    def apply(self, name: str, opportunity_id: OpportunityId, words: str = "I would like to.") -> ApplicationId:
        """Have somebody apply."""
        made: Application = self.do(acting.apply, self[name].asker, opportunity_id, words=words, hours=None)
        return made.application_id

    def offer(self, application_id: ApplicationId, by: str = "owner") -> Application:
        """Have it offered."""
        made: Application = self.do(answering.offer, self[by].asker, application_id, words="Come!")
        return made

    def state(self, application_id: ApplicationId) -> str:
        """Return where an application stands."""
        return str(
            self.one("select state from marketplace.application where application_id = :id", id=application_id)
        )

    def one(self, query: str, **values: object) -> Any:
        """Return one value of the database."""
        with self.database.read() as tx:
            return tx.execute(text(query), values).scalar_one()

    def told(self, person: PersonId) -> list[str]:
        """Return the headlines of the messages that somebody was sent, the first first."""
        with self.database.read() as tx:
            rows = tx.execute(
                text("""
                    select data #>> '{variables,headline}' from kernel.event
                     where type = 'marketplace.message.requested' and subject = :person
                       and data ->> 'template' = 'marketplace.application_news' order by position
                """),
                {"person": str(person)},
            )
            return [str(each) for each in rows.scalars()]

    def hear(self) -> None:
        """Let the room hear what happened."""
        while run_once(self.database, SUBSCRIPTION, self.clock):
            pass

    def profile(self, name: str, hours: float) -> None:
        """Declare hours a week."""
        with self.database.begin() as tx:
            _declare(tx, self[name].person_id, hours)


def _declare(tx: Tx, person: PersonId, hours: float) -> None:
    tx.execute(
        text("""
            insert into marketplace.profile (person_id, hours_per_week, visibility, working_style, created_at,
                                             changed_at)
            values (:person, :hours, '{}', '{}', :now, :now)
        """),
        {"person": person, "hours": hours, "now": NOON},
    )


@pytest.fixture
def company(settings: Settings, database: Database, vocabulary: None) -> Company:  # noqa: F811 - as pytest has it
    """The owner's manager is the boss; anna and ben report to the boss, cleo to nobody; lead leads programmes."""
    with database.begin() as tx:
        for table in ("people_group", "own_company", "launch_change", "opportunity", "programme_lead"):
            tx.execute(text(f"delete from marketplace.{table}"))
    world = World(create_app(settings, database), database)
    made = Company(world)
    world.app.state.clock = made.clock
    for kind in Kind:
        world.launch(kind)
    made.people["boss"] = boss = world.member("Boss")
    for name in ("owner", "anna", "ben"):
        made.people[name] = world.member(name.title(), manager=boss)
    for name in ("cleo", "lead"):
        made.people[name] = world.member(name.title())
    made.people["stranger"] = world.member("Stranger", employed=False)
    with database.begin() as tx:
        tx.execute(
            text(
                "insert into marketplace.programme_lead (person_id, granted_by, granted_at) values (:p, :p, :now)"
            ),
            {"p": made["lead"].person_id, "now": NOON},
        )
    return made
