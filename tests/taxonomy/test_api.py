"""The API: shapes as described, pages, validators, problem documents, no vocabulary."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.taxonomy.tiny import CODING, HEARING, PIANO, TUNER, TUNING, lay, many

from bandmate.app import create_app
from bandmate.engines.skills.taxonomy import ESCO_ATTRIBUTION
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.taxonomy import concept_id
from bandmate.taxonomy.api import schemas

ROOT = "/taxonomy/v1"


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """A program that asks."""
    return TestClient(app, raise_server_exceptions=False)


def ask(client: TestClient, path: str, **params: Any) -> Any:
    """Ask, and return the answer's JSON, which must be there."""
    answer = client.get(ROOT + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_vocabulary_is_described(client: TestClient) -> None:
    """Name, version, counts, attribution, exactly as the schema says."""
    answer = ask(client, "/vocabulary")
    schemas.VocabularyAnswer.model_validate(answer)
    assert answer["data"] == {
        "name": "esco",
        "version": "0.1",
        "source": "tests",
        "attribution": ESCO_ATTRIBUTION,
        "skills": 5,
        "occupations": 2,
        "relations": 5,
    }


def test_concepts_are_found_while_somebody_types(client: TestClient) -> None:
    """By the beginnings of words of any label, of a kind, within a group; the label that fits is told."""
    answer = ask(client, "/concepts", q="audio e")
    schemas.ConceptsFoundAnswer.model_validate(answer)
    assert [(one["label"], one["matched"]) for one in answer["data"]] == [("sound engineer", "audio engineer")]
    assert [one["uri"] for one in ask(client, "/concepts", q="tun", kind="occupation")["data"]] == [TUNER]
    assert [one["uri"] for one in ask(client, "/concepts", under="S8")["data"]] == [TUNING, PIANO]
    assert ask(client, "/concepts", under="nothing")["data"] == []


def test_a_concept_is_given_in_full(client: TestClient) -> None:
    """Both directions of relations and hierarchy; unknown is null."""
    tuning = ask(client, f"/concepts/{concept_id(TUNING)}")
    schemas.ConceptInFullAnswer.model_validate(tuning)
    data = tuning["data"]
    assert [one["uri"] for one in data["essential"]] == [TUNER]
    assert [one["uri"] for one in data["narrower"]] == [PIANO]
    assert [one["id"] for one in data["groups"]] == ["S8.3.1"]
    assert data["isco"] is None
    tuner = ask(client, f"/concepts/{concept_id(TUNER)}")["data"]
    assert ([one["uri"] for one in tuner["essential"]], tuner["isco"]) == ([TUNING, PIANO], "7312")
    assert [one["uri"] for one in tuner["optional"]] == [HEARING]
    assert ask(client, f"/concepts/{concept_id(CODING)}")["data"]["uri"] == CODING


def test_pages_hold_everything_once(settings: Settings, database: Database) -> None:
    """Following the cursor to the end, with an exact total."""
    lay(settings, many(45))
    client, seen, cursor = TestClient(create_app(settings, database)), [], None
    while True:
        answer = ask(client, "/concepts", q="play", limit=20, **({"cursor": cursor} if cursor else {}))
        assert answer["meta"]["total"] == 45
        seen += [one["label"] for one in answer["data"]]
        cursor = answer["meta"]["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"play part {number:04}" for number in range(45)]


def test_what_one_has_is_not_sent_again(client: TestClient) -> None:
    """304 by the ETag of the answer, for each route."""
    for path in ("/vocabulary", "/concepts?q=tune", f"/concepts/{concept_id(TUNER)}"):
        tag = client.get(ROOT + path).headers["ETag"]
        again = client.get(ROOT + path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(ROOT + path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("accept", [None, "*/*", "text/html"])
@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/concepts/nothing", 404, "not-found"),
        (f"/concepts/{'a' * 65}", 422, "invalid-input"),
        ("/concepts?limit=0", 422, "invalid-input"),
        ("/concepts?kind=hobby", 422, "invalid-input"),
        ("/concepts?q=" + "a" * 201, 422, "invalid-input"),
        ("/concepts?cursor=nonsense", 400, "invalid-cursor"),
    ],
)
def test_errors_are_problem_documents(
    client: TestClient, accept: str | None, path: str, status: int, kind: str
) -> None:
    """Whatever the request says it accepts: this is an API."""
    answer = client.get(ROOT + path, headers={"Accept": accept} if accept else {})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["type"]) == (status, f"/problems/{kind}")


@pytest.mark.usefixtures("nothing_packaged")
def test_without_a_vocabulary_the_problem_has_a_kind(settings: Settings, database: Database) -> None:
    """503, with a sentence that says how to mend it."""
    client = TestClient(create_app(settings, database), raise_server_exceptions=False)
    for path in ("/vocabulary", "/concepts?q=tune", f"/concepts/{concept_id(TUNER)}"):
        answer = client.get(ROOT + path)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/vocabulary-absent")
        assert "bandmate taxonomy import" in answer.json()["detail"]
