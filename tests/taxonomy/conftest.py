"""The application over a small vocabulary, and one over none."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from tests.postings.pages_world import Reader, reader_of
from tests.taxonomy.tiny import lay, tiny

from bandmate.app import create_app
from bandmate.engines.skills import packaged
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.taxonomy import vocabulary


@pytest.fixture
def home(settings: Settings) -> Settings:
    """A home in which the small vocabulary lies."""
    lay(settings, tiny())
    return settings


@pytest.fixture
def app(database: Database, home: Settings) -> FastAPI:
    """The application over the small vocabulary."""
    return create_app(home, database)


@pytest.fixture
def reader(app: FastAPI) -> Reader:
    """Somebody whom nobody knows."""
    return reader_of(app)


@pytest.fixture
def nothing_packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the packages that carry ESCO are not installed."""
    monkeypatch.setattr(packaged, "available", lambda: False)
    monkeypatch.setattr(packaged, "_file", lambda *_: None)
    monkeypatch.setattr(vocabulary, "_held", {})
