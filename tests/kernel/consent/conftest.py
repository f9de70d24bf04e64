"""Declared purposes of the tests' own, and persons to ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bandmate.kernel.consent import Evidence, Purpose, Through, declare_purpose, purposes
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALERTS = Purpose(
    "messages.job_alerts",
    "Job alerts",
    "We may tell you of new jobs that fit you, at most once a day.",
    2,
    ("email", "sms", "push"),
)
PORTRAIT = Purpose("profile.portrait", "Portrait", "Bandmates may see your picture.", 1)
BY_SYSTEM = Evidence("import of 2026-11", Through.IMPORT, "I want job alerts.", 1, "en")


@pytest.fixture
def _no_purposes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is declared."""
    monkeypatch.setattr(purposes, "_declared", {})


@pytest.fixture
def _declared(_no_purposes: None) -> None:
    """Only the tests' purposes are declared."""
    for purpose in (ALERTS, PORTRAIT):
        declare_purpose(purpose)


@pytest.fixture
def make_person(database: Database) -> Callable[[str], PersonId]:
    """Have identity issue a person."""

    def make(name: str) -> PersonId:
        with database.begin() as tx:
            return create_person(tx, name=name, now=NOON)

    return make


@pytest.fixture
def mia(make_person: Callable[[str], PersonId]) -> PersonId:
    """A person."""
    return make_person("Mia Kern")


@pytest.fixture
def ben(make_person: Callable[[str], PersonId]) -> PersonId:
    """Another person."""
    return make_person("Ben Adler")
