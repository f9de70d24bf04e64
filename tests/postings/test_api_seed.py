"""The recorded posting of ../shared through the API: the record, its two events and its whole description."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.replay import replay

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def client(shared: Path, settings: Settings, database: Database) -> TestClient:
    """The API after a replay of the seed."""
    replay(database, shared / "postings" / "seed", settings.archive_folder, LaunchScope.of(settings), processes=1)
    return TestClient(create_app(settings, database, clock=lambda: NOW))


@pytest.fixture
def expected(shared: Path) -> dict[str, Any]:
    """What is known of the posting from outside."""
    known: dict[str, Any] = json.loads((shared / "postings" / "seed" / "expected.json").read_text())
    return known


def test_the_record_is_as_expected(client: TestClient, expected: dict[str, Any]) -> None:
    """Every expected field has its expected value."""
    job = client.get(f"/job-postings/v1/jobs/{expected['job']['job_id']}").json()["data"]
    assert {key: job[key] for key in expected["job"]} == expected["job"]


def test_the_history_is_as_expected(client: TestClient, expected: dict[str, Any]) -> None:
    """It was created, and closed."""
    events = client.get(f"/job-postings/v1/jobs/{expected['job']['job_id']}/events").json()["data"]
    told = [{key: event[key] for key in ("job_id", "type", "observed_at")} for event in reversed(events)]
    assert told == expected["events"]


def test_the_description_is_whole(client: TestClient, expected: dict[str, Any]) -> None:
    """Every line that the provider's page shows stands in the plain text."""
    job = client.get(
        f"/job-postings/v1/jobs/{expected['job']['job_id']}", params={"include": "description"}
    ).json()
    lines = " ".join(job["data"]["description_text"].split())
    missing = [line for line in expected["page_lines"]["description_text"] if " ".join(line.split()) not in lines]
    assert missing == []
