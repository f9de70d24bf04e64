"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bandmate.kernel.config import Settings
from bandmate.kernel.database.embedded import start_embedded, stop_embedded
from bandmate.kernel.database.migrating import migrate
from bandmate.kernel.database.session import Database, connect
from bandmate.kernel.errors import BandmateError

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; a test that needs it is skipped where it is absent."""
    folder = PROJECT.parent / "shared"
    if not (folder / "postings" / "README.md").exists():
        pytest.skip("the recorded data in ../shared is not on this machine")
    return folder


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of this test process on one embedded server that all test processes share."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    # Not below pytest's own folders: they are closed to the user that root's server runs as.
    home = Path(tempfile.gettempdir()) / f"bandmate-tests-{run}"
    home.mkdir(mode=0o755, exist_ok=True)
    home.chmod(0o755)
    with start_embedded(home) as server:
        name = f"test_{worker}"
        outside = create_engine(server.url, isolation_level="AUTOCOMMIT")
        with outside.connect() as connection:
            connection.execute(text(f"drop database if exists {name} with (force)"))
            connection.execute(text(f"create database {name}"))
            # Tests kill processes, not machines: waiting for the disk at every commit would only cost time.
            connection.execute(text(f"alter database {name} set synchronous_commit = off"))
        outside.dispose()
        url = make_url(server.url).set(database=name).render_as_string(hide_password=False)
        database = connect(url)
        migrate(database)
        database.close()
        yield url
    with suppress(BandmateError):
        stop_embedded(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def _pool(database_url: str) -> Iterator[Database]:
    database = connect(database_url)
    yield database
    database.close()


_TRUNCATE = text("""
    select 'truncate ' || string_agg(format('%I.%I', schemaname, tablename), ', ') || ' restart identity cascade'
      from pg_tables
     where schemaname in ('kernel', 'postings', 'procrastinate')
""")


@pytest.fixture
def database(_pool: Database) -> Database:
    """A migrated database without a row in it."""
    with _pool.begin() as tx:
        tx.execute(text(tx.execute(_TRUNCATE).scalar_one()))
    return _pool


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of an installation of this test's own: its home is empty, its database the test's."""
    return Settings(home=tmp_path / "home", database_url=database_url)
