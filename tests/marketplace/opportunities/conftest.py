"""The application over an empty company, its clock at noon."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from tests.marketplace.opportunities.world import NOON, World

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import skills
from bandmate.marketplace.opportunities.pages import words


@dataclass(frozen=True)
class Named:
    """A concept of a vocabulary of one word, or what a reader found."""

    uri: str
    label: str


class Reader:
    """Reads one skill out of every text."""

    def skills(self, written: str) -> SimpleNamespace:
        """Return it."""
        return SimpleNamespace(text=written, skills=(Named("http://skills.example/tape", "Tape editing"),))


@pytest.fixture(autouse=True)
def vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know one concept; reading the real vocabulary takes seconds."""

    def named(_: Settings, label: str, __: str) -> Named | None:
        known = label.casefold() == "audio restoration"
        return Named("http://skills.example/restoration", "audio restoration") if known else None

    monkeypatch.setattr(skills, "concept_named", named)
    monkeypatch.setattr(skills, "open_reader", lambda _: Reader())
    monkeypatch.setattr(words, "labels", lambda *_: {})


@pytest.fixture
def bare(settings: Settings, database: Database, vocabulary: None) -> World:
    """Nothing is launched."""
    with database.begin() as tx:
        tx.execute(text("delete from marketplace.people_group"))
        tx.execute(text("delete from marketplace.own_company"))
        tx.execute(text("delete from marketplace.launch_change"))
        tx.execute(text("delete from marketplace.opportunity"))
    made = World(create_app(settings, database, clock=lambda: NOON), database)
    for kind in Kind:
        made.launch(kind, "off")
    return made


@pytest.fixture
def world(bare: World) -> World:
    """Every kind is open to everyone."""
    for kind in Kind:
        bare.launch(kind)
    return bare
