"""Saved searches by the API, and what is held of persons."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.postings.boards_in_shape import lever_posting
from tests.postings.saved_searches.conftest import OPEN_JOBS, World, lever

from bandmate.app import create_app
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.identity.persons import create_account
from bandmate.kernel.ids import PersonId
from bandmate.postings.saved_searches.domain import Frequency
from bandmate.postings.saved_searches.holding import HOLDING
from bandmate.postings.saved_searches.saving import all_of

ROOT = "/saved-searches/v1/searches"
BODY = {"name": "Engineers", "query": "work_model=remote&q=engineer&status=active"}


@pytest.fixture
def app(world: World) -> FastAPI:
    """The whole application."""
    return create_app(world.settings, world.database, clock=world.clock)


def client_of(app: FastAPI, world: World, person: PersonId, email: str) -> TestClient:
    """Return a program that acts for a person."""
    with world.database.begin() as tx:
        account = create_account(tx, person, email=email, password=None, role=Role.MEMBER, now=world.now)
        key = create_key(tx, account.account_id, name="program", scopes=["member"], expires_at=None, now=world.now)
    return TestClient(app, headers={"Authorization": f"Bearer {key.text}"})


def test_a_search_is_saved_read_changed_and_deleted(app: FastAPI, world: World) -> None:
    """Each act answers with the search as it is then, its query in the canonical form."""
    client = client_of(app, world, world.person(), "mia@bandmate.example")
    made = client.post(ROOT, json=BODY)
    assert made.status_code == 201, made.text
    search = made.json()["data"]
    assert search["query"] == "q=engineer&work_model=remote&status=active"
    here = f"{ROOT}/{search['search_id']}"
    changed = client.put(here, json={**BODY, "name": "Others", "frequency": "daily", "time_zone": "Europe/Berlin"})
    assert changed.json()["data"]["next_digest_at"] is not None
    assert client.get(here).json() == changed.json()
    assert [each["name"] for each in client.get(ROOT).json()["data"]] == ["Others"]
    assert [client.delete(here).status_code for _ in range(2)] == [204, 204]
    assert client.get(here).status_code == 404
    assert client.get(ROOT).json()["data"] == []


def test_a_key_makes_saving_idempotent(app: FastAPI, world: World) -> None:
    """The same key and body save once; the same key with another body is refused."""
    client = client_of(app, world, world.person(), "mia@bandmate.example")
    keyed = {"Idempotency-Key": "from my program 1"}
    first, again = (client.post(ROOT, json=BODY, headers=keyed) for _ in range(2))
    assert first.json() == again.json()
    assert client.post(ROOT, json={**BODY, "name": "Else"}, headers=keyed).status_code == 409
    assert len(client.get(ROOT).json()["data"]) == 1


def test_an_alert_by_the_api_needs_the_consent_first(app: FastAPI, world: World) -> None:
    """A program cannot agree for its person."""
    client = client_of(app, world, world.person(agrees=False), "mia@bandmate.example")
    refused = client.post(ROOT, json={**BODY, "frequency": "daily"})
    assert refused.status_code == 409
    assert "/consent" in refused.json()["detail"]
    assert client.get(ROOT).json()["meta"] == {"most": 100, "alerts_allowed": False}


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": "moon=full"},
        {"query": "salary_min=lots"},
        {"name": " "},
        {"hour": 24},
        {"time_zone": "Moon/Base"},
        {"frequency": "daily", "query": "status=deleted"},
        {"wish": 1},
    ],
)
def test_what_cannot_be_kept_is_refused(app: FastAPI, world: World, wrong: dict[str, Any]) -> None:
    """Unknown filters, values without meaning, and alerts that could never tell anything."""
    client = client_of(app, world, world.person(), "mia@bandmate.example")
    assert client.post(ROOT, json={**BODY, **wrong}).status_code == 422


def test_others_searches_are_not_there(app: FastAPI, world: World) -> None:
    """Another person's search can be neither read nor changed nor deleted."""
    mine = client_of(app, world, world.person(), "mia@bandmate.example")
    other = client_of(app, world, world.person(), "ola@bandmate.example")
    here = f"{ROOT}/{mine.post(ROOT, json=BODY).json()['data']['search_id']}"
    assert [other.get(here).status_code, other.put(here, json=BODY).status_code] == [404, 404]
    assert other.delete(here).status_code == 404
    assert mine.get(here).status_code == 200


def found(world: World, person: PersonId) -> None:
    """Let somebody keep a search that was told of one posting."""
    first, second = lever_posting("a"), lever_posting("b")
    world.show(first)
    world.keep(person, OPEN_JOBS)
    world.show(first, second)
    world.work()


def test_the_export_shows_searches_and_what_they_told(world: World) -> None:
    """Everything held about a person's searches is in their export."""
    person = world.person()
    found(world, person)
    with world.database.read() as tx:
        exported: Any = HOLDING.export(tx, person)
    assert [(each["name"], each["query"]) for each in exported] == [("My search", "status=active")]
    assert [alert["job_id"] for alert in exported[0]["alerts"]] == [lever("b")]


def test_erasure_leaves_nothing(world: World) -> None:
    """Searches and what was found for them go; doing it again is harmless; others keep theirs."""
    person, other = world.person(), world.person()
    found(world, person)
    world.keep(other, OPEN_JOBS, Frequency.NEVER)
    for _ in range(2):
        with world.database.begin() as tx:
            HOLDING.erase(tx, person, world.now)
    assert (world.count("saved_search"), world.count("alert_match")) == (1, 0)


def test_a_merge_gives_the_searches_and_a_split_gives_them_back(database: Database, world: World) -> None:
    """Merged, the kept person has both searches; split, each has their own, and nothing is told twice."""
    kept, merged = world.person(), world.person()
    found(world, merged)
    world.keep(kept, OPEN_JOBS, Frequency.NEVER)
    with database.begin() as tx:
        moved = HOLDING.merge(tx, kept, merged, world.now)
        assert (len(all_of(tx, kept)), len(all_of(tx, merged))) == (2, 0)
        HOLDING.split(tx, kept, merged, moved, world.now)
        assert (len(all_of(tx, kept)), len(all_of(tx, merged))) == (1, 1)
