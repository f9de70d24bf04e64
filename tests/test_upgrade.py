"""An installation of the last release becomes one of this program: no row is lost, and it works.

``tests/upgrade/0005_consent.json`` holds rows of every table as that release wrote them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database import migrating
from bandmate.kernel.database.migrating import (
    MIGRATIONS,
    check_schema,
    known_revisions,
    migrate,
    migrate_to,
    present_revision,
    wanted_revision,
)
from bandmate.kernel.database.session import Database, Tx, connect
from bandmate.kernel.errors import SchemaOutdated, SchemaTooNew
from bandmate.kernel.operations.catalogue import our_schemas, table_shapes

RELEASED = "0005_consent"
FIXTURE = Path(__file__).parent / "upgrade" / f"{RELEASED}.json"
BEFORE_LOCKS_WERE_BOUNDED = {"0001_kernel", "0003_tasks", "0004_postings"}
"""They only make new tables, for which nobody can wait."""

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def bare(database_url: str) -> Iterator[Database]:
    """A database without anything in it."""
    outside = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(text("create database upgraded"))
        connection.execute(text("alter database upgraded set synchronous_commit = off"))
    database = connect(make_url(database_url).set(database="upgraded").render_as_string(hide_password=False))
    yield database
    database.close()
    with outside.connect() as connection:
        connection.execute(text("drop database upgraded with (force)"))
    outside.dispose()


@pytest.fixture
def rows() -> Rows:
    """The released installation's rows by table."""
    found: Rows = orjson.loads(FIXTURE.read_bytes())
    return found


@pytest.fixture
def released(bare: Database, rows: Rows) -> Database:
    """A database as the last release left it."""
    with bare.begin() as tx:
        migrate_to(tx, RELEASED)
        shapes = {shape.full_name: shape for shape in table_shapes(tx, our_schemas())}
        assert set(rows) == set(shapes), "the fixture has rows of every table of that release"
        for name in shapes:
            tx.execute(text(f"alter table {name} disable trigger user"))
        for name in _parents_first(tx, list(rows)):
            columns = ", ".join(f'"{column}"' for column in shapes[name].columns)
            tx.execute(
                text(
                    f"insert into {name} ({columns}) overriding system value "
                    f"select {columns} from json_populate_recordset(cast(null as {name}), cast(:rows as json))"
                ),
                {"rows": orjson.dumps(rows[name]).decode()},
            )
        for name in shapes:
            tx.execute(text(f"alter table {name} enable trigger user"))
    return bare


def _parents_first(tx: Tx, names: list[str]) -> list[str]:
    keys = tx.execute(
        text("select conrelid::regclass::text, confrelid::regclass::text from pg_constraint where contype = 'f'")
    ).all()
    order: list[str] = []
    while len(order) < len(names):
        order += [
            name
            for name in names
            if name not in order
            and all(parent in order or parent == name for child, parent in keys if child == name)
        ]
    return order


def test_every_table_of_the_release_has_rows(rows: Rows) -> None:
    """What is not there cannot be lost, and would prove nothing."""
    assert [name for name, held in rows.items() if not held] == []


def test_no_row_is_lost(released: Database, rows: Rows) -> None:
    """Each row of the release is there after the upgrade, with the values it had."""
    with released.read() as tx:
        before = {name: _written(tx, name, rows[name]) for name in rows}
    assert migrate(released)
    with released.read() as tx:
        after = {name: _written(tx, name, rows[name]) for name in rows}
    assert after == before
    assert not migrate(released)


def _written(tx: Tx, name: str, released: list[dict[str, Any]]) -> list[str]:
    """Return a table's rows as text, in the columns that the release had."""
    columns = ", ".join(f'"{column}"' for column in released[0])
    return sorted(tx.execute(text(f"select cast(row({columns}) as text) from {name}")).scalars())


def test_the_upgraded_installation_works(released: Database, tmp_path: Path) -> None:
    """It is ready, lists its companies and shows a posting of the release."""
    migrate(released)
    settings = Settings(home=tmp_path, database_url=released.url)
    with released.read() as tx:
        job = tx.execute(text("select job_id, title from postings.job order by job_id limit 1")).one()
    with TestClient(create_app(settings, released)) as client:
        assert client.get("/readyz").json()["status"] == "ready"
        assert client.get("/companies").status_code == 200
        assert job.title in client.get(f"/jobs/{job.job_id}").text


def test_the_release_is_refused_until_it_is_upgraded(released: Database) -> None:
    """Other commands do not touch an older schema; the sentence names the command that does."""
    with pytest.raises(SchemaOutdated, match="bandmate migrate"):
        check_schema(released)


def test_an_older_program_refuses_a_newer_schema(bare: Database) -> None:
    """Neither serving nor migrating is tried on a schema that a newer program wrote, and nothing changes."""
    migrate(bare)
    with bare.begin() as tx:
        tx.execute(text("update alembic_version set version_num = '0999_far'"))
    for attempt in (check_schema, migrate):
        with pytest.raises(SchemaTooNew, match="upgrade the program"):
            attempt(bare)
    with bare.read() as tx:
        assert present_revision(tx) == "0999_far"


def test_every_revision_can_be_gone_back_from(released: Database) -> None:
    """With the release's rows in it, each revision since is undone one by one, and done again."""
    migrate(released)
    for target in reversed(known_revisions()[:-1]):
        with released.begin() as tx:
            config = migrating._config()
            config.attributes["connection"] = tx
            command.downgrade(config, target)
            assert present_revision(tx) == target
        if target == RELEASED:
            break
    assert migrate(released)
    with released.read() as tx:
        assert present_revision(tx) == wanted_revision()


@pytest.mark.parametrize("path", sorted((MIGRATIONS / "versions").glob("*.py")), ids=lambda path: path.stem)
def test_a_migration_waits_only_briefly(path: Path) -> None:
    """Each bounds its wait for locks before all else: whoever waits for a lock makes everybody behind it wait."""
    if path.stem in BEFORE_LOCKS_WERE_BOUNDED:
        return
    module = ast.parse(path.read_text())
    upgrade = next(n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == "upgrade")
    statements = [node for node in upgrade.body if not isinstance(node, ast.Pass)]
    executed = [ast.unparse(node) for node in statements]
    first_change = next((number for number, line in enumerate(executed) if "op." in line), None)
    assert first_change is None or "lock_timeout" in executed[first_change], f"{path.name} sets no lock_timeout"
