"""Projects of a small sample company for which people applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tests.marketplace.opportunities.world import World

# enter: a fixture
from tests.marketplace.rounds.conftest import enter  # noqa: F401

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.applying.domain import State
from bandmate.marketplace.applying.writing import Taken, begin
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.sample import load_company

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

_FREE = text("""
    select e.person_id from marketplace.employee e
     where e.active and not exists (select from marketplace.opportunity o where o.owner_id = e.person_id)
       and not exists (select from marketplace.application a where a.person_id = e.person_id)
       and not exists (select from marketplace.team_member t where t.person_id = e.person_id)
       and not exists (select from marketplace.programme_lead l where l.person_id = e.person_id)
     order by e.user_name limit :most
""")
_PROFILE = text("""
    insert into marketplace.profile (person_id, strengths, hours_per_week, visibility, ai_ranking, created_at,
                                     changed_at)
    values (:person, :strengths, :hours, cast(:visibility as jsonb), :ranked, :now, :now)
    on conflict (person_id) do update
       set strengths = excluded.strengths, hours_per_week = excluded.hours_per_week,
           visibility = excluded.visibility, ai_ranking = excluded.ai_ranking
""")
_SKILL = text("""
    insert into marketplace.profile_skill (person_id, skill_uri, use, label, level, state, source, at)
    values (:person, :uri, 'has', :label, :level, 'accepted', 'own', :now)
""")
_PROJECT = text("""
    insert into marketplace.opportunity (opportunity_id, kind, title, summary, owner_id, state, seats,
                                         hours_per_week, opens_at, created_at, changed_at)
    values (:id, 'project', :title, 'A sentence.', :owner, 'open', :seats, :hours, :now, :now, :now)
""")
_WANTED = text("""
    insert into marketplace.opportunity_skill (opportunity_id, skill_uri, label, part, weight)
    values (:id, :uri, :label, 'wanted', 1)
""")


@dataclass
class Stage:
    """The company, a programme lead, a host, and people who have nothing to do yet."""

    database: Database
    lead: PersonId
    host: PersonId
    free: list[PersonId] = field(default_factory=list)

    def asker(self, person: PersonId) -> Asker:
        """Return somebody as use cases know them."""
        return Asker(person, "Somebody", Role.MEMBER.included, frozenset(), "session")

    def person(
        self,
        skills: Mapping[str, int | None],
        *,
        strengths: Sequence[str] = (),
        hours: float | None = 10,
        ranked: bool = True,
        visibility: str = "{}",
    ) -> PersonId:
        """Give somebody of the company these skills and hours."""
        person = self.free.pop()
        with self.database.begin() as tx:
            tx.execute(text("delete from marketplace.profile_skill where person_id = :p"), {"p": person})
            values = {
                "person": person, "strengths": list(strengths), "hours": hours, "visibility": visibility,
                "ranked": ranked, "now": NOW,
            }  # fmt: skip
            tx.execute(_PROFILE, values)
            for label, level in skills.items():
                row = {"person": person, "uri": f"own:{label}", "label": label, "level": level, "now": NOW}
                tx.execute(_SKILL, row)
        return person

    def project(
        self,
        title: str,
        wanted: Sequence[str],
        *,
        seats: int = 2,
        hours: float = 5,
        owner: PersonId | None = None,
    ) -> OpportunityId:
        """Add an open project of the host's."""
        key = OpportunityId(new_id())
        with self.database.begin() as tx:
            values = {
                "id": key, "title": title, "owner": owner or self.host, "seats": seats, "hours": hours, "now": NOW,
            }  # fmt: skip
            tx.execute(_PROJECT, values)
            for label in wanted:
                tx.execute(_WANTED, {"id": key, "uri": f"own:{label}", "label": label})
        return key

    def apply(
        self, person: PersonId, *keys: OpportunityId, words: str = "I want to.", state: State = State.APPLIED
    ) -> None:
        """Let somebody apply, as the room of applying writes it."""
        with self.database.begin() as tx:
            for key in keys:
                begin(tx, key, person, words, None, Taken(state, person, NOW, due_at=NOW))

    def one(self, sql: str, **values: object) -> object:
        """Return the first value of a query."""
        with self.database.read() as tx:
            return tx.execute(text(sql), values).scalar_one_or_none()

    def do(self, sql: str, **values: object) -> None:
        """Change something behind everybody's back."""
        with self.database.begin() as tx:
            tx.execute(text(sql), values)


@pytest.fixture
def stage(database: Database) -> Stage:
    """A hundred and fifty people; a host and a programme lead among them."""
    for table in ("people_group", "own_company", "launch_change"):
        with database.begin() as tx:
            tx.execute(text(f"delete from marketplace.{table}"))
    load_company(database, now=NOW, people=150)
    with database.begin() as tx:
        tx.execute(text("update marketplace.launch set state = 'on'"))
        lead = tx.execute(text("select person_id from marketplace.programme_lead")).scalar_one()
        free = [PersonId(each) for each in tx.execute(_FREE, {"most": 30}).scalars()]
    return Stage(database, PersonId(lead), free.pop(), free)


@pytest.fixture
def site(settings: Settings, stage: Stage) -> World:
    """The application over the company."""
    return World(create_app(settings, stage.database, clock=lambda: NOW), stage.database)
