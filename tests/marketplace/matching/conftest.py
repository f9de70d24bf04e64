"""A company in the database, with all kinds open."""

from __future__ import annotations

import pytest

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database

from .world import World


@pytest.fixture
def world(database: Database) -> World:
    """An empty company to which everything is open."""
    made = World(database)
    made.launch("job", "project", "mentoring")
    return made


@pytest.fixture
def site_world(world: World, settings: Settings) -> World:
    """The same with its pages."""
    world.app = create_app(settings, world.database)
    return world
