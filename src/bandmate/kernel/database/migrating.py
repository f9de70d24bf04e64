"""Bringing a database to the schema of this program."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import SchemaOutdated, SchemaTooNew

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


def known_revisions() -> list[str]:
    """Return all revisions this program knows, the oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return [script.revision for script in scripts][::-1]


def migrate(database: Database) -> bool:
    """Bring the database to the newest schema; say whether anything changed. Many processes may call it.

    Raises:
        SchemaTooNew: when a newer program migrated it.
    """
    with database.begin() as tx:
        if present_revision(tx) == wanted_revision():
            return False
        hold_migrations(tx)
        return migrate_to(tx, "head")


def hold_migrations(tx: Tx) -> None:
    """Keep others from migrating until the end of ``tx``; waits for whoever does so now."""
    tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def migrate_to(tx: Tx, revision: str) -> bool:
    """Bring the database up to a revision, in ``tx``; say whether anything changed. The caller holds migrations.

    Raises:
        SchemaTooNew: when a newer program migrated it.
    """
    before = present_revision(tx)
    _refuse_unknown(before)
    config = _config()
    config.attributes["connection"] = tx
    command.upgrade(config, revision)
    return before != present_revision(tx)


def check_schema(database: Database) -> None:
    """Refuse a database whose schema is not the program's.

    Raises:
        SchemaOutdated: for an older schema, with the command that mends it.
        SchemaTooNew: for one that a newer program wrote.
    """
    with database.read() as tx:
        present, wanted = present_revision(tx), wanted_revision()
    if present == wanted:
        return
    _refuse_unknown(present)
    raise SchemaOutdated(
        f"The database is at schema {present or 'none'}, the program needs {wanted}. Run `bandmate migrate` first."
    )


def _refuse_unknown(present: str | None) -> None:
    if present is not None and present not in known_revisions():
        raise SchemaTooNew(
            f"The database is at schema {present}, which this version of Bandmate does not know. "
            "It was written by a newer version: upgrade the program."
        )
