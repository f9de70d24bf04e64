"""A small company with profiles and opportunities, written straight into the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import orjson
from fastapi import FastAPI
from sqlalchemy import text
from tests.kernel.today.people import Somebody, somebody

from bandmate.kernel.consent import Through, grant
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.matching import BE_FOUND

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""Before any clock that runs the application in tests."""

_EMPLOYEE = text("""
    insert into marketplace.employee (person_id, user_name, display_name, title, department, location, country,
                                      time_zone, start_date, active, source, created_at, changed_at)
    values (:person, :user_name, :name, :title, :department, :location, :country, :time_zone, :start_date, true,
            'sample', :at, :at)
""")
_PROFILE = text("""
    insert into marketplace.profile (person_id, headline, about, interests, aims, target_kind, target_label,
                                     working_style, hours_per_week, open_to, visibility, ai_ranking,
                                     created_at, changed_at)
    values (:person, :headline, :about, :interests, :aims, :target_kind, :target, cast('{}' as jsonb), :hours,
            :open_to, cast(:visibility as jsonb), :ai_ranking, :at, :at)
""")
_SKILL = text("""
    insert into marketplace.profile_skill (person_id, skill_uri, use, label, level, state, source, at)
    values (:person, :uri, :use, :label, :level, :state, 'own', :at)
""")
_OPPORTUNITY = text("""
    insert into marketplace.opportunity (opportunity_id, kind, format, title, summary, description, department,
                                         location, country, time_zone, work_model, owner_id, state, seats,
                                         hours_per_week, opens_at, closes_at, created_at, changed_at)
    values (:id, :kind, :format, :title, :summary, :description, :department, :location, :country, :time_zone,
            :work_model, :owner, :state, :seats, :hours, :at, :closes_at, :at, :at)
""")
_WANTED = text("""
    insert into marketplace.opportunity_skill (opportunity_id, skill_uri, label, part, weight)
    values (:id, :uri, :label, :part, :weight)
""")


@dataclass
class World:
    """The database, and what can be put into it."""

    database: Database
    app: FastAPI | None = None
    people: dict[str, PersonId] = field(default_factory=dict)

    def launch(self, *kinds: str, state: str = "on", groups: Sequence[UUID] = ()) -> None:
        """Open these kinds and shut the others."""
        with self.database.begin() as tx:
            tx.execute(
                text("""
                    update marketplace.launch
                       set state = case when kind = any(:kinds) then :state else 'off' end, group_ids = :groups
                """),
                {"kinds": list(kinds), "state": state, "groups": list(groups)},
            )

    def person(
        self,
        name: str,
        *,
        person_id: PersonId | None = None,
        has: Mapping[str, int | None] | None = None,
        wants: Sequence[str] = (),
        interests: Sequence[str] = (),
        aims: str = "",
        about: str = "",
        headline: str = "",
        target: str | None = None,
        hours: float | None = None,
        open_to: Sequence[str] = (),
        visibility: Mapping[str, str] | None = None,
        ai_ranking: bool = True,
        found: bool = False,
        proposed: Sequence[str] = (),
        department: str = "Catalogue",
        country: str = "DE",
        start_date: str = "2020-01-01",
        profile: bool = True,
    ) -> PersonId:
        """Add an employee with a profile; skills are named by their labels."""
        with self.database.begin() as tx:
            person = person_id or create_person(tx, name=name, now=NOON)
            employee = {
                "person": person, "user_name": f"{name}.{person}".casefold(), "name": name, "title": "Editor",
                "department": department, "location": "Berlin", "country": country,
                "time_zone": "Europe/Berlin", "start_date": start_date, "at": NOON,
            }  # fmt: skip
            tx.execute(_EMPLOYEE, employee)
            if profile:
                values = {
                    "person": person, "headline": headline, "about": about, "interests": list(interests),
                    "aims": aims, "target_kind": "words" if target else None, "target": target, "hours": hours,
                    "open_to": list(open_to), "visibility": orjson.dumps(dict(visibility or {})).decode(),
                    "ai_ranking": ai_ranking, "at": NOON,
                }  # fmt: skip
                tx.execute(_PROFILE, values)
            rows = [(label, "has", level, "accepted") for label, level in (has or {}).items()]
            rows += [(label, "wants", None, "accepted") for label in wants]
            rows += [(label, "has", None, "proposed") for label in proposed]
            for label, use, level, state in rows:
                skill = {"person": person, "uri": uri(label), "use": use, "label": label, "level": level}
                tx.execute(_SKILL, {**skill, "state": state, "at": NOON})
            if found:
                shown = BE_FOUND.shown(to=person, through=Through.PAGE)
                grant(tx, person, BE_FOUND.name, None, evidence=shown, at=NOON)
        self.people[name] = person
        return person

    def opportunity(
        self,
        title: str,
        *,
        kind: str = "project",
        wanted: Sequence[str] = (),
        learn: Sequence[str] = (),
        owner: PersonId | None = None,
        state: str = "open",
        seats: int = 1,
        hours: float | None = None,
        summary: str = "",
        department: str = "Catalogue",
        closes_at: datetime | None = None,
    ) -> OpportunityId:
        """Add an opportunity; skills are named by their labels."""
        opportunity_id = OpportunityId(new_id())
        values = {
            "id": opportunity_id, "kind": kind, "format": "one_to_one" if kind == "mentoring" else None,
            "title": title, "summary": summary, "description": "", "department": department,
            "location": "Berlin", "country": "DE", "time_zone": "Europe/Berlin", "work_model": "hybrid",
            "owner": owner, "state": state, "seats": seats, "hours": hours, "closes_at": closes_at, "at": NOON,
        }  # fmt: skip
        with self.database.begin() as tx:
            tx.execute(_OPPORTUNITY, values)
            for part, labels in (("wanted", wanted), ("learn", learn)):
                for label in labels:
                    skill = {"id": opportunity_id, "uri": uri(label), "label": label, "part": part, "weight": 1.0}
                    tx.execute(_WANTED, skill)
        return opportunity_id

    def somebody(self, name: str, role: Role = Role.MEMBER, **about: object) -> Somebody:
        """Add somebody signed in at a browser, who is an employee with a profile."""
        assert self.app is not None
        one = somebody(self.app, self.database, role, name)
        self.person(name, person_id=one.person_id, **about)  # type: ignore[arg-type]  # as ``person`` takes them
        return one

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        with self.database.read() as tx:
            return int(tx.execute(text(f"select count(*) from {table}")).scalar_one())


def uri(label: str) -> str:
    """Return the URI of a skill of the tests."""
    return f"own:{label.casefold()}"


def asker(person_id: PersonId) -> Asker:
    """Return a person as they ask."""
    return Asker(person_id, "Somebody", Role.MEMBER.included, frozenset(), "session")
