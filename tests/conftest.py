"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from types import CodeType

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bandmate.kernel.config import Settings
from bandmate.kernel.config import settings as program_settings
from bandmate.kernel.database.embedded import start_embedded
from bandmate.kernel.database.migrating import migrate
from bandmate.kernel.database.server import OPTIONS
from bandmate.kernel.database.session import Database, connect
from bandmate.kernel.web import templating

pytest_plugins = ["tests.browsing"]

PROJECT = Path(__file__).resolve().parent.parent

WITHOUT_SHARED = "the recorded data in ../shared is not on this machine"

_skipped: dict[str, list[str]] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_ALL=1, as in CI, a skipped test is a failed one; only ../shared may be missing anywhere."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if os.environ.get("REQUIRE_ALL") == "1" and reason != WITHOUT_SHARED:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped ({reason}), and REQUIRE_ALL=1 asks for every test."
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what was skipped and why, also from the processes of pytest-xdist."""
    if report.skipped and isinstance(report.longrepr, tuple):
        _skipped.setdefault(str(report.longrepr[2]).removeprefix("Skipped: "), []).append(report.nodeid)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Name what was skipped on the last line."""
    if _skipped and not hasattr(config, "workerinput"):
        told = "; ".join(f"{len(tests)} because {reason}" for reason, tests in _skipped.items())
        sys.stdout.write(f"Skipped: {told}\n")


class _Compiled(BytecodeCache):
    """Compiled templates for all the applications of a test process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once() -> Iterator[None]:
    """Each test has an application of its own; compiling its templates anew would take 0.2 s a page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templating, "Environment", partial(Environment, bytecode_cache=_Compiled()))
        yield


@pytest.fixture(autouse=True)
def _settings_of_this_test() -> Iterator[None]:
    """A test's variables count in this test only: the program reads its settings once per process."""
    program_settings.cache_clear()
    yield
    program_settings.cache_clear()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; a test that needs it is skipped where it is absent."""
    folder = PROJECT.parent / "shared"
    if not (folder / "postings" / "README.md").exists():
        pytest.skip(WITHOUT_SHARED)
    return folder


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A migrated database on an embedded server of this test process.

    Not one server for all: a transaction that is open in any database of a server holds back the readers of the
    event log in all of them.
    """
    # Not below pytest's own folders: they are closed to the user that root's server runs as.
    home = Path(tempfile.mkdtemp(prefix="bandmate-tests-", dir="/tmp"))
    home.chmod(0o755)
    # Tests kill processes, not machines: waiting for the disk would only cost time.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(OPTIONS, "fsync", "off")
        patch.setitem(OPTIONS, "synchronous_commit", "off")
        running = start_embedded(home)
    with running as server:
        name = "test"
        outside = create_engine(server.url, isolation_level="AUTOCOMMIT")
        with outside.connect() as connection:
            connection.execute(text(f"create database {name}"))
        outside.dispose()
        url = make_url(server.url).set(database=name).render_as_string(hide_password=False)
        database = connect(url)
        migrate(database)
        database.close()
        yield url
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def _pool(database_url: str) -> Iterator[Database]:
    database = connect(database_url)
    yield database
    database.close()


# Only tables that hold something: truncating makes a new file for each table and index.
_EMPTY = text("""
    do $$
    declare each text; filled boolean; names text[] := '{}';
    begin
        -- The consent ledger lets itself be emptied by those only who say that they are erasing.
        set local bandmate.erasing = 'on';
        for each in select format('%I.%I', schemaname, tablename) from pg_tables
                     where schemaname in ('kernel', 'postings', 'marketplace', 'procrastinate')
                       and tablename <> 'launch' loop
            execute 'select exists (select from ' || each || ')' into filled;
            if filled then
                names := names || each;
            end if;
        end loop;
        if names <> '{}' then
            -- The triggers of the audit trail refuse even that.
            alter table kernel.audit_entry disable trigger user;
            alter table kernel.audit_fact disable trigger user;
            alter table kernel.audit_seal disable trigger user;
            execute 'truncate ' || array_to_string(names, ', ') || ' restart identity cascade';
            alter table kernel.audit_entry enable trigger user;
            alter table kernel.audit_fact enable trigger user;
            alter table kernel.audit_seal enable trigger user;
        end if;
        perform setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) from pg_sequences
          where schemaname in ('kernel', 'postings', 'marketplace', 'procrastinate') and last_value is not null;
        -- Its three rows come with the migration.
        update marketplace.launch set state = 'off', group_ids = '{}', internal_first_days = 0, version = 1,
                                      changed_at = null, changed_by = null
         where version > 1 or state <> 'off';
    end $$
""")


@pytest.fixture
def database(_pool: Database) -> Database:
    """A migrated database without a row in it."""
    with _pool.begin() as tx:
        tx.execute(_EMPTY)
    return _pool


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of an installation of this test's own: its home is empty, its database the test's."""
    return Settings(home=tmp_path / "home", database_url=database_url)
