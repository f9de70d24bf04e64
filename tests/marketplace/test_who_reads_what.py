"""Every page and every answer, read by every persona: what is private shows to those only who may read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.test_routes import documented_rows

from bandmate.app import create_app
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import account_by_email, create_account, create_person
from bandmate.kernel.identity.sessions import open_session
from bandmate.kernel.ids import new_id
from bandmate.marketplace.sample import load_company

PERSONAS = {
    "nell": "nell.okafor@halfnote.example",
    "tomas": "tomas.lindqvist@halfnote.example",
    "rhea": "rhea.whitaker@halfnote.example",
    "ines": "ines.garnier@halfnote.example",
    "kofi": "kofi.adeyemi@halfnote.example",
    "ada": "ada.fermata@halfnote.example",
}
"""A new joiner, a mentor, her manager, a project's host, the programme lead, an administrator."""

ALLOWED = {
    "planted-aims": {"nell"},
    "planted-proposal": {"nell"},
    "planted-claim": {"nell"},
    "planted-search": {"nell"},
    "planted-about": {"nell", "rhea"},
    "planted-headline": set(PERSONAS),
    "planted-application": {"nell", "ines"},
    "planted-concern": {"nell", "ines", "rhea"},
    "planted-wish": {"nell", "kofi", "ada"},
    "planted-draft": {"tomas"},
}
"""What was written where only some may read it, and who they are."""

ABOUT_PEOPLE = (
    "/approvals",
    "/decisions",
    "/directory",
    "/for-you",
    "/launches",
    "/marketplace",
    "/me/",
    "/mentoring",
    "/messages",
    "/operator",
    "/opportunities",
    "/people",
    "/persons",
    "/rounds",
    "/staffing",
    "/today",
)
"""Where pages and answers tell of people; boards and vocabulary do not."""

_TOKEN = re.compile("|".join(ALLOWED))


@dataclass(frozen=True, slots=True)
class World:
    """Where the private things are."""

    ids: dict[str, UUID]
    """By the names of the routes' parameters."""


@pytest.fixture
def app(database: Database, settings: Settings) -> FastAPI:
    """The whole application."""
    return create_app(settings, database)


@pytest.fixture
def world(database: Database) -> World:
    """A small company in which Nell, and those she deals with, keep things to themselves."""
    now = system_clock()
    with database.begin() as tx:
        for name, email in PERSONAS.items():
            role = Role.ADMINISTRATOR if name == "ada" else Role.MEMBER
            create_account(
                tx, create_person(tx, name=name, now=now), email=email, password=None, role=role, now=now
            )
    load_company(database, now=now, people=60)
    with database.begin() as tx:
        who = {name: account_by_email(tx, email).person_id for name, email in PERSONAS.items()}
        project = tx.execute(
            text("""
                update marketplace.opportunity set state = 'open', seats = 3
                 where opportunity_id = (select opportunity_id from marketplace.opportunity
                                          where kind = 'project' and owner_id = :host order by title limit 1)
                returning opportunity_id
            """),
            {"host": who["ines"]},
        ).scalar_one()
        ids = {name: new_id() for name in ("application_id", "claim_id", "wish_id", "search_id", "draft")}
        _plant(tx, {**who, **ids, "project": project, "now": now, "due": now + timedelta(days=3)})
    return World({"person_id": who["nell"], "opportunity_id": project, **ids})


def _plant(tx: Tx, values: dict[str, object]) -> None:
    for statement in (
        """
        update marketplace.profile set headline = 'planted-headline', about = 'planted-about',
               aims = 'planted-aims', visibility = '{"headline": "company", "about": "team", "aims": "me"}'
         where person_id = :nell
        """,
        """
        insert into marketplace.profile_skill (person_id, skill_uri, use, label, state, source, evidence, at)
        values (:nell, 'urn-planted-proposal', 'has', 'planted-proposal', 'proposed', 'about', 'about', :now)
        """,
        """
        insert into marketplace.claim (claim_id, person_id, kind, title, visibility, created_at, changed_at)
        values (:claim_id, :nell, 'project', 'planted-claim', 'me', :now, :now)
        """,
        """
        insert into marketplace.opportunity_search
               (search_id, person_id, name, query, alerts, seen_at, created_at, changed_at)
        values (:search_id, :nell, 'planted-search', '', 'never', :now, :now, :now)
        """,
        """
        insert into marketplace.mentoring_wish (wish_id, person_id, format, words, state, created_at, changed_at)
        values (:wish_id, :nell, 'one_to_one', 'planted-wish', 'open', :now, :now)
        """,
        """
        insert into marketplace.application
               (application_id, opportunity_id, person_id, state, words, created_at, changed_at)
        values (:application_id, :project, :nell, 'offered', 'planted-application', :now, :now)
        """,
        """
        insert into marketplace.application_step (application_id, position, state, by_person, words, at)
        values (:application_id, 1, 'applied', :nell, 'planted-application', :now),
               (:application_id, 2, 'offered', :ines, '', :now)
        """,
        """
        insert into marketplace.manager_ask
               (application_id, manager_id, asked_at, due_at, answer, words, answered_at)
        values (:application_id, :rhea, :now, :due, 'concern', 'planted-concern', :now)
        """,
        """
        insert into marketplace.opportunity
               (opportunity_id, kind, title, owner_id, state, seats, created_at, changed_at)
        values (:draft, 'project', 'planted-draft', :tomas, 'draft', 1, :now, :now)
        """,
    ):
        named = set(re.findall(r"(?<!:):(\w+)", statement))
        tx.execute(text(statement), {name: values[name] for name in named})


def _paths(world: World) -> list[str]:
    """Return the address of every page and answer, about what is private where it is about anything."""
    fixed = {"kind": "mentoring", "section": "aims", "form": "json"}
    found = [
        "/people?q=planted",
        "/people?q=Nell",
        "/opportunities?q=planted",
        "/search?q=planted",
        f"/opportunities/{world.ids['draft']}",
        f"/opportunities/{world.ids['draft']}/edit",
        f"/marketplace/v1/opportunities/{world.ids['draft']}",
    ]
    shown = [row.path for row in documented_rows() if row.method == "GET" and row.path.startswith(ABOUT_PEOPLE)]
    found += [
        re.sub(r"\{(\w+)[^}]*\}", lambda name: str(fixed.get(name[1]) or world.ids.get(name[1]) or new_id()), path)
        for path in shown
        if not path.endswith(("/stream", "/events"))
    ]
    return found


def test_what_is_private_shows_to_those_only_who_may_read_it(
    app: FastAPI, database: Database, world: World
) -> None:
    """Each persona walks all there is; tokens planted in private fields show to nobody else, but to them."""
    seen: dict[str, set[str]] = {token: set() for token in ALLOWED}
    wrong: list[str] = []
    for name, email in PERSONAS.items():
        with database.begin() as tx:
            account = account_by_email(tx, email)
            opened = open_session(
                tx, account.account_id, lifetime=timedelta(hours=1), address="", user_agent="", now=system_clock()
            )
        with TestClient(app, cookies={"bandmate_session": opened.token}, follow_redirects=False) as client:
            for path in _paths(world):
                for token in set(_TOKEN.findall(client.get(path).text)):
                    seen[token].add(name)
                    if name not in ALLOWED[token] and f"q={token.split('-')[0]}" not in path:
                        wrong.append(f"{name} reads {token} at {path}")
    assert wrong == []
    assert {token for token, readers in seen.items() if not readers} == set()
    assert {"nell", "ines"} <= seen["planted-application"]
    assert {"nell", "rhea"} <= seen["planted-about"]
