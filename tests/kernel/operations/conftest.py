"""An installation with something of everything in it, and empty databases to restore it into."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from tests.kernel.operations.world import EMAIL, NOON, PASSWORD, Installation
from tests.postings.boards_in_shape import Look, lever_board, lever_posting, tell

from bandmate.kernel import audit
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, connect
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.operations.backup import back_up
from bandmate.kernel.tasks import tasks
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.replay import replay

_names = count()


@pytest.fixture(autouse=True)
def _cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def installation(database: Database, settings: Settings, tmp_path: Path) -> Installation:
    """Boards with a life, an account, jobs waiting, running and done, notes in the audit trail."""
    everyone = [lever_posting(key) for key in "abcdef"]
    looks = [
        Look(0, lever_board(*everyone)),
        Look(8, lever_board(lever_posting("a", text="Lead Luthier \u266b\t\\N"), *everyone[1:])),
        Look(30, lever_board(*everyone[1:])),
        Look(60, lever_board(*everyone[1:])),
        Look(90, None),
    ]
    tell(tmp_path / "told", looks)
    replay(database, tmp_path / "told", settings.archive_folder, LaunchScope("all", (), ()), processes=1)
    with database.begin() as tx:
        person = create_person(tx, name="Mia Kern", now=NOON)
        create_account(tx, person, email=EMAIL, password=PASSWORD, role=Role.OPERATOR, now=NOON)
        audit.note(tx, by=person, action="tests.tuned", subject="drums", at=NOON, details={"to": "A"})
        for _ in range(3):
            tasks.defer(tx, "tests.operations")
        tx.execute(text("update procrastinate.procrastinate_jobs set status = 'doing' where id = 2"))
        tx.execute(text("update procrastinate.procrastinate_jobs set status = 'succeeded' where id = 3"))
    return Installation(database, settings)


@pytest.fixture
def backup(installation: Installation, tmp_path: Path) -> Path:
    """A backup of the installation."""
    file = tmp_path / "backup.tar"
    back_up(installation.database, installation.settings, file, now=NOON, tell=lambda _: None)
    return file


@pytest.fixture
def empty(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A database without anything in it, and a home that is not there yet."""
    name = f"restored_{next(_names)}"
    outside = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(text(f"create database {name}"))
        connection.execute(text(f"alter database {name} set synchronous_commit = off"))
    url = make_url(database_url).set(database=name).render_as_string(hide_password=False)
    database = connect(url)
    yield Installation(database, Settings(home=tmp_path / f"home-{name}", database_url=url))
    database.close()
    with outside.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    outside.dispose()
