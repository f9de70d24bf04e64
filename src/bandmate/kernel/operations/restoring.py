"""Restoring a backup into an empty database, in one transaction: it is there whole, or not at all.

A restore that is killed leaves the database as empty as it was. It may leave files in the archive; those never
change, so that the next attempt passes over them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from sqlalchemy import text

from bandmate.kernel.archive import Archive
from bandmate.kernel.database.migrating import hold_migrations, known_revisions, migrate_to
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import Conflict, InvalidInput, SchemaTooNew
from bandmate.kernel.operations.backup_file import ARCHIVE, BackupReader, Header, Manifest, TableCopy, verify
from bandmate.kernel.operations.catalogue import (
    driver,
    first_filled_table,
    our_schemas,
    seeded_tables,
    speak_plainly,
    table_shapes,
)
from bandmate.kernel.operations.renumbering import EVENTS, LOADED, make_room, renumber

_FOREIGN_KEYS = text("""
    select n.nspname as schema, c.relname as name, k.conname as key, pg_get_constraintdef(k.oid) as definition
      from pg_constraint k
      join pg_class c on c.oid = k.conrelid
      join pg_namespace n on n.oid = c.relnamespace
     where k.contype = 'f' and k.conparentid = 0 and n.nspname = any(:schemas)
     order by 1, 2, 3
""")

# A job that ran when the snapshot was taken has no worker here. Its queueing lock is left behind: another job with
# the same may be waiting already.
_JOBS_WAIT_AGAIN = text("""
    update procrastinate.procrastinate_jobs
       set status = 'todo', worker_id = null, queueing_lock = null
     where status = 'doing'
""")
_NO_WORKERS = text("delete from procrastinate.procrastinate_workers")


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore."""

    manifest: Manifest
    jobs_again: int
    """Background jobs that were running when the backup was taken, and now wait to run again."""


@dataclass(frozen=True, slots=True)
class _ForeignKey:
    schema: str
    table: str
    name: str
    definition: str


def restore(file: Path, database: Database, archive: Archive, *, tell: Callable[[str], None]) -> Restored:
    """Restore a backup. The whole file is checked before anything is touched.

    Args:
        file: the backup.
        database: where to; empty, migrated or not.
        archive: where its files go, unless they lie in a store of their own.
        tell: hears what is being done.

    Raises:
        InvalidInput: when the file is no backup, damaged or cut off.
        SchemaTooNew: when a newer program wrote it.
        Conflict: when the database holds anything, or the archive is another installation's.
    """
    tell(f"checking {file}")
    manifest = verify(file, refuse_newer)
    with database.begin() as tx:
        hold_migrations(tx)
        schemas = _clear(tx)
        migrate_to(tx, manifest.header.revision)
        speak_plainly(tx)
        jobs_again = _load(tx, file, manifest, schemas, archive, tell)
        tell("bringing the schema up to date")
        migrate_to(tx, "head")
    with database.look() as connection:
        connection.execute(text("analyze"))
    return Restored(manifest, jobs_again)


def refuse_newer(header: Header) -> None:
    """Refuse a backup with a schema that this program does not know.

    Raises:
        SchemaTooNew: which names the version that can read it.
    """
    if header.revision not in known_revisions():
        raise SchemaTooNew(
            f"This backup was written by Bandmate {header.program} with schema {header.revision}, which this "
            "version does not know. Restore it with that version or a newer one."
        )


def _clear(tx: Tx) -> list[str]:
    """Remove our schemas where they are empty, so that the backup's revision can be built from nothing."""
    schemas = our_schemas()
    filled = first_filled_table(tx, schemas)
    if filled is not None:
        raise Conflict(
            f"The database is not empty: {filled} holds rows. A restore never overwrites anything. Name an empty "
            "one with DATABASE_URL, or an empty folder with BANDMATE_HOME."
        )
    for schema in schemas:
        driver(tx).execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
    tx.execute(text("drop table if exists alembic_version"))
    return schemas


def _load(
    tx: Tx, file: Path, manifest: Manifest, schemas: list[str], archive: Archive, tell: Callable[[str], None]
) -> int:
    """Fill the tables and the archive; return how many jobs wait again."""
    shapes = {shape.full_name: shape for shape in table_shapes(tx, schemas)}
    unknown = sorted({table.name for table in manifest.tables} - set(shapes))
    if unknown:
        raise InvalidInput(f"{file} holds {', '.join(unknown)}, which schema {manifest.header.revision} has not.")
    keys = [_ForeignKey(*row) for row in tx.execute(_FOREIGN_KEYS, {"schemas": schemas})]
    for key in keys:
        _alter(tx, key.schema, key.table, sql.SQL("drop constraint {}").format(sql.Identifier(key.name)))
    for shape in shapes.values():
        _alter(tx, shape.schema, shape.name, sql.SQL("disable trigger user"))
    for name in seeded_tables(tx, schemas):
        driver(tx).execute(sql.SQL("delete from {}").format(sql.Identifier(*name.split("."))))
    make_room(tx)
    _read_in(tx, file, manifest, archive, tell)
    events = next((table.columns for table in manifest.tables if table.name == EVENTS), [])
    tell("renumbering the event log")
    renumber(tx, events, schemas)
    tx.execute(_NO_WORKERS)
    jobs_again = tx.execute(_JOBS_WAIT_AGAIN).rowcount
    for name, value in manifest.sequences.items():
        schema, _, sequence = name.partition(".")
        quoted = sql.Identifier(schema, sequence).as_string(driver(tx))
        tx.execute(text("select setval(cast(:name as regclass), :value)"), {"name": quoted, "value": value})
    for key in keys:
        _alter(
            tx,
            key.schema,
            key.table,
            sql.SQL("add constraint {} {}").format(
                sql.Identifier(key.name), sql.SQL(key.definition)
            ),  # PostgreSQL's own words
        )
    for shape in shapes.values():
        _alter(tx, shape.schema, shape.name, sql.SQL("enable trigger user"))
    return jobs_again


def _alter(tx: Tx, schema: str, table: str, change: sql.Composable) -> None:
    driver(tx).execute(sql.SQL("alter table {} {}").format(sql.Identifier(schema, table), change))


def _read_in(tx: Tx, file: Path, manifest: Manifest, archive: Archive, tell: Callable[[str], None]) -> None:
    """Walk through the file once: rows into their tables, files into the archive."""
    tables = {table.name: table for table in manifest.tables}
    filled = _Filled(tx)
    reader = BackupReader(file)
    files = 0
    try:
        reader.header()
        for name, size, body in reader.members():
            kind, _, rest = name.partition("/")
            if kind == "tables":
                table = tables[rest.rpartition("/")[0]]
                if table.name != filled.name:
                    filled.end()
                    tell(f"{table.name}: {table.rows:,} rows")
                    filled.begin(table)
                filled.add(reader.unpack(name, body))
                continue
            filled.end()
            if name.startswith(ARCHIVE):
                if files % 1000 == 0:
                    tell(f"archive: {files:,} of {manifest.archive.files:,} files")
                _keep(archive, name.removeprefix(ARCHIVE), body, size)
                files += 1
    finally:
        reader.close()


class _Filled:
    """The table that is being filled; its pieces follow one another, and are one COPY."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._table: TableCopy | None = None
        self._rows = 0

    @property
    def name(self) -> str | None:
        """Which one."""
        return self._table.name if self._table is not None else None

    def begin(self, table: TableCopy) -> None:
        """Turn to the next."""
        self._table, self._rows = table, 0

    def add(self, piece: bytes) -> None:
        """Copy a piece in; pieces end with whole rows."""
        assert self._table is not None, "begin() comes first"  # noqa: S101 - three lines above
        schema, _, name = self._table.name.partition(".")
        target = sql.Identifier(LOADED) if self._table.name == EVENTS else sql.Identifier(schema, name)
        columns = sql.SQL(", ").join(map(sql.Identifier, self._table.columns))
        statement = sql.SQL("copy {} ({}) from stdin").format(target, columns)
        try:
            with driver(self._tx).cursor() as cursor:
                with cursor.copy(statement) as copy:
                    copy.write(piece)
                self._rows += cursor.rowcount
        except psycopg.DataError as error:
            raise InvalidInput(f"The rows of {self._table.name} do not fit its table: {error}") from error

    def end(self) -> None:
        """Compare what came with what was backed up."""
        table, self._table = self._table, None
        if table is not None and self._rows != table.rows:
            raise InvalidInput(
                f"{table.name} should have {table.rows} rows, but {self._rows} came. Nothing was restored."
            )


def _keep(archive: Archive, path: str, body: IO[bytes], size: int) -> None:
    """Put a file into the archive. A log that is there must begin as the backup's does, else it is another's."""
    present = archive.stored(path) if path.endswith(".ndjson") else None
    if present is None:
        archive.put_stored(path, body, size)
    elif not present.startswith(body.read()):
        raise Conflict(
            f"{archive.name_of(path)} is the log of another installation. Name an empty archive with "
            "BANDMATE_ARCHIVE or BANDMATE_HOME."
        )
