"""Bringing a database to the schema of this program."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import SchemaOutdated

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
MIGRATION_LOCK = 0x62_61_6E_64_6D_67  # "bandmg": one migrator at a time in one database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def wanted_revision() -> str:
    """Return the newest revision this program knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "the program ships at least one migration"  # noqa: S101 - a fact of the build
    return head


def present_revision(tx: Tx) -> str | None:
    """Return the revision the database is at, or None for a database that was never migrated."""
    return MigrationContext.configure(tx).get_current_revision()


def migrate(database: Database) -> bool:
    """Bring the database to the newest schema; say whether anything changed. Many processes may call it."""
    with database.begin() as tx:
        if present_revision(tx) == wanted_revision():
            return False
        tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        before = present_revision(tx)
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
        return before != present_revision(tx)


def check_schema(database: Database) -> None:
    """Refuse a database whose schema is not the program's.

    Raises:
        SchemaOutdated: with the command that mends it.
    """
    with database.read() as tx:
        present, wanted = present_revision(tx), wanted_revision()
    if present == wanted:
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if present is not None and present not in known:
        raise SchemaOutdated(
            f"The database is at schema {present}, which this version of Bandmate does not know. "
            "It was written by a newer version: upgrade the program."
        )
    raise SchemaOutdated(
        f"The database is at schema {present or 'none'}, the program needs {wanted}. Run `bandmate migrate` first."
    )
