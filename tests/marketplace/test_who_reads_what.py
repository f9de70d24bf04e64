"""Every page and every answer, read by every persona: what is private shows to those only who may read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
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
from bandmate.kernel.identity.csrf import csrf_token_for
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
    "planted-round": {"kofi", "ada"},
    "planted-reason": {"nell", "tomas"},
    "planted-strength": {"ines", "kofi", "ada"},
}
"""What was written where only some may read it, and who they are."""

NOT_ABOUT_PEOPLE = (
    "/boards",
    "/companies",
    "/healthz",
    "/job-postings",
    "/jobs",
    "/metrics",
    "/openapi.json",
    "/problems",
    "/readyz",
    "/recover",
    "/sign-in",
    "/skills",
    "/static",
    "/taxonomy",
    "/webhooks",
)
"""Where pages and answers tell of boards, words and the machine. Whatever is added elsewhere is walked."""

UNPLANTED = {
    *("account_id", "act", "change_id", "confirmer", "decision_id", "delivery_id", "endpoint_id", "export_id"),
    *("group_id", "job_id", "name", "public_id", "purpose", "rest", "run_id", "session_id", "token", "urn"),
}
"""Parameters of routes about which nothing is planted here; one that is not known fails the test."""

OF_KINDS = {"planted-application", "planted-concern", "planted-wish", "planted-reason", "planted-strength"}
"""What came of opportunities of a kind."""

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
        names = "application_id claim_id wish_id search_id draft round_id pair_id proposal_id"
        ids = {name: new_id() for name in names.split()}
        _plant(tx, {**who, **ids, "project": project, "now": now, "due": now + timedelta(days=3)})
    return World({"person_id": who["nell"], "opportunity_id": project, **ids})


def _plant(tx: Tx, values: dict[str, Any]) -> None:
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
        """
        insert into marketplace.round
               (round_id, name, format, state, limits, figures, created_by, created_at, changed_at, previewed_at)
        values (:round_id, 'planted-round', 'one_to_one', 'open', '{}', '{}', :kofi, :now, :now, :now)
        """,
        """
        insert into marketplace.mentoring_pair
               (pair_id, mentee_id, mentor_id, format, formed_at, ended_at, end_reason)
        values (:pair_id, :nell, :tomas, 'one_to_one', :now, :now, 'planted-reason')
        """,
        """
        insert into marketplace.team_proposal
               (proposal_id, opportunity_id, state, figures, created_by, created_at)
        values (:proposal_id, :project, 'proposed',
                '{"digest": "", "by_hand": false, "value": 1, "bound": 1, "worth": {}, "uncovered": [],
                  "sought": [], "projects": [], "applicants": 1}', :ines, :now)
        """,
        """
        insert into marketplace.team_proposal_member (proposal_id, person_id, skills, strength)
        values (:proposal_id, :nell, '{}', 'planted-strength')
        """,
    ):
        named = set(re.findall(r"(?<!:):(\w+)", statement))
        tx.execute(text(statement), {name: values[name] for name in named})


def _paths(world: World) -> list[str]:
    """Return the address of every page and answer, about what is private where it is about anything."""
    draft = world.ids["draft"]
    found = [
        "/people?q=planted",
        "/people?q=Nell",
        "/opportunities?q=planted",
        "/marketplace/v1/me/pairs?ended=true",
        "/find?q=planted",
        "/find?q=Nell",
        f"/opportunities/{draft}",
        f"/opportunities/{draft}/edit",
        f"/marketplace/v1/opportunities/{draft}",
        f"/people/{world.ids['person_id']}?as=self",
        f"/people/{world.ids['person_id']}?as=team",
    ]
    shown = [row.path for row in documented_rows() if row.method == "GET" and _is_about_people(row.path)]
    return found + [about(path, world) for path in shown if not path.endswith(("/stream", "/events"))]


def _is_about_people(path: str) -> bool:
    return not any(path == each or path.startswith(f"{each}/") for each in NOT_ABOUT_PEOPLE)


def about(path: str, world: World) -> str:
    """Return the address of a route for what is planted."""
    fixed = {"kind": "mentoring", "section": "aims", "form": "json", "slug": "skills"}

    def value(found: re.Match[str]) -> str:
        name = found[1]
        assert name in fixed or name in world.ids or name in UNPLANTED, f"plant something for {{{name}}} of {path}"
        return str(fixed.get(name) or world.ids.get(name) or new_id())

    return re.sub(r"\{(\w+)[^}]*\}", value, path)


@contextmanager
def entered(app: FastAPI, database: Database, email: str) -> Iterator[TestClient]:
    """Sign a persona in."""
    with database.begin() as tx:
        account = account_by_email(tx, email)
        opened = open_session(
            tx, account.account_id, lifetime=timedelta(hours=1), address="", user_agent="", now=system_clock()
        )
    headers = {"X-CSRF-Token": csrf_token_for(opened.token), "Sec-Fetch-Site": "same-origin"}
    cookies = {"bandmate_session": opened.token}
    with TestClient(app, cookies=cookies, headers=headers, follow_redirects=False) as client:
        yield client


def test_what_is_private_shows_to_those_only_who_may_read_it(
    app: FastAPI, database: Database, world: World
) -> None:
    """Each persona walks all there is; tokens planted in private fields show to nobody else, but to them."""
    assert any(path.startswith("/find") for path in _paths(world))
    seen: dict[str, set[str]] = {token: set() for token in ALLOWED}
    wrong: list[str] = []
    for name, email in PERSONAS.items():
        with entered(app, database, email) as client:
            for path in _paths(world):
                for token in set(_TOKEN.findall(client.get(path).text)):
                    seen[token].add(name)
                    if name not in ALLOWED[token] and f"q={token.split('-')[0]}" not in path:
                        wrong.append(f"{name} reads {token} at {path}")
    assert wrong == []
    assert {token for token, readers in seen.items() if not readers} == set()
    assert {"nell", "ines"} <= seen["planted-application"]
    assert {"nell", "rhea"} <= seen["planted-about"]


NELLS = (
    "profile where person_id = :person",
    "profile_skill where person_id = :person",
    "claim where person_id = :person",
    "claim_confirmation join marketplace.claim using (claim_id) where person_id = :person",
    "opportunity_search where person_id = :person",
    "mentoring_wish where person_id = :person",
    "application where person_id = :person",
    "application_step join marketplace.application using (application_id) where person_id = :person",
    "manager_ask join marketplace.application using (application_id) where person_id = :person",
    "team_member where person_id = :person",
    "mentoring_pair where mentee_id = :person",
    "not_for_me where person_id = :person",
)
"""All that is Nell's."""


def _held(database: Database, world: World) -> dict[str, list[str]]:
    """Return all that is Nell's, and Tomas' draft."""
    asked = {"person": world.ids["person_id"], "draft": world.ids["draft"]}
    with database.read() as tx:
        return {
            each: sorted(str(row) for row in tx.execute(text(f"select * from marketplace.{each}"), asked))
            for each in (*NELLS, "opportunity where opportunity_id = :draft")
        }


def test_what_is_off_shows_in_nothing_that_came_of_it(app: FastAPI, database: Database, world: World) -> None:
    """With every kind off, an application, a concern, a wish, a pair and a team show nowhere."""
    with database.begin() as tx:
        tx.execute(text("update marketplace.launch set state = 'off'"))
    kept = ("/account/data", "/persons/v1/me/data", "/consent")
    found = []
    for name in ("nell", "ines"):
        with entered(app, database, PERSONAS[name]) as client:
            for path in _paths(world):
                tokens = set(_TOKEN.findall(client.get(path).text)) & OF_KINDS
                if tokens and not path.startswith(kept) and "q=" not in path:
                    found.append(f"{name} reads {sorted(tokens)} at {path}")
    assert found == []


@pytest.mark.parametrize("name", ["rhea", "kofi"])
def test_nobody_writes_what_is_anothers(app: FastAPI, database: Database, world: World, name: str) -> None:
    """Her manager and the programme lead send all that can be sent about what is hers: it stays as it is."""
    before, writes = _held(database, world), _writes(app, world)
    with entered(app, database, PERSONAS[name]) as client:
        broken = [f"{method} {path}" for method, path, sent in writes if _fails(client, method, path, sent)]
    assert _held(database, world) == before
    assert broken == []
    assert len(writes) > 80


def _fails(client: TestClient, method: str, path: str, sent: dict[str, Any]) -> bool:
    return bool(client.request(method, path, **sent).status_code >= 500)


def _writes(app: FastAPI, world: World) -> list[tuple[str, str, dict[str, Any]]]:
    """Return every request that changes something of the marketplace, with what is sent."""
    schema = app.openapi()
    found: list[tuple[str, str, dict[str, Any]]] = []
    for row in documented_rows():
        if row.method == "GET" or not row.path.startswith(WRITTEN) or "/{rest" in row.path:
            continue
        told = schema["paths"].get(row.path, {}).get(row.method.lower())
        for draft in (False, True) if "{opportunity_id}" in row.path else (False,):
            ids = world.ids | ({"opportunity_id": world.ids["draft"]} if draft else {})
            for act in ACTS if "{act}" in row.path else ("",):
                path = about(row.path.replace("{act}", act), World(ids))
                if told is None:
                    found.append((row.method, path, {"data": FORM | {"person": str(ids["person_id"])}}))
                    continue
                body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
                found.append((row.method, path, {"json": example(schema, body)} if body else {}))
    return found


WRITTEN = (
    "/approvals",
    "/for-you",
    "/marketplace",
    "/me/",
    "/mentoring",
    "/opportunities",
    "/rounds",
    "/staffing",
)
ACTS = ("withdraw", "resume", "accept", "decline", "shortlist", "unlist", "offer", "take-back", "reconsider")
FORM = {
    "answer": "fine",
    "words": "Written by somebody else.",
    "reason": "Written by somebody else.",
    "title": "Written by somebody else",
    "name": "Written by somebody else",
    "version": "1",
    "again": "yes",
}


def example(schema: dict[str, Any], told: dict[str, Any]) -> object:
    """Return the least that a schema lets pass, with every member it names."""
    if "$ref" in told:
        return example(schema, schema["components"]["schemas"][told["$ref"].rpartition("/")[2]])
    if "anyOf" in told:
        return example(schema, told["anyOf"][0])
    if "enum" in told:
        return told["enum"][0]
    written = {"uuid": str(new_id()), "date": "2026-12-01", "date-time": "2026-12-01T00:00:00Z"}
    made: dict[str, Any] = {
        "object": {name: example(schema, part) for name, part in told.get("properties", {}).items()},
        "array": [example(schema, told["items"])] if "items" in told else [],
        "integer": max(1, told.get("minimum", 1)),
        "number": max(1, told.get("minimum", 1)),
        "boolean": True,
    }
    return made.get(told.get("type", ""), written.get(told.get("format", ""), "Written by somebody else"))
