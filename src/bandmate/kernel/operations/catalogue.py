"""What PostgreSQL itself says of our tables: a backup asks it, so that no room has to register its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.database.tables import metadata

_NOT_IN_METADATA = "procrastinate"
"""The schema whose tables belong to a library."""

_TABLES = text("""
    select n.nspname as schema, c.relname as name,
           array_agg(cast(a.attname as text) order by a.attnum) as columns
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relkind = 'r' and n.nspname = any(:schemas)
     group by n.nspname, c.relname
     order by n.nspname, c.relname
""")

SEEDED = "Its first rows come with the migration."
"""Comment on a table that a migration fills; changing its rows leaves a trace in another table."""

_SEEDED = text("""
    select format('%s.%s', schemaname, tablename) from pg_tables
     where schemaname = any(:schemas)
       and obj_description(format('%I.%I', schemaname, tablename)::regclass) = :comment
""")
_SEQUENCES = text("""
    select cast(schemaname as text) || '.' || sequencename as name, last_value
      from pg_sequences
     where schemaname = any(:schemas) and last_value is not null
     order by name
""")


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table with the columns that can be written; generated ones are left out."""

    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """Schema and table."""
        return f"{self.schema}.{self.name}"


def our_schemas() -> list[str]:
    """Return the schemas of all rooms that are loaded; the program loads all."""
    return sorted({table.schema for table in metadata.tables.values() if table.schema} | {_NOT_IN_METADATA})


def table_shapes(tx: Tx, schemas: list[str]) -> list[TableShape]:
    """Return all tables of these schemas, by name."""
    return [
        TableShape(row.schema, row.name, tuple(row.columns)) for row in tx.execute(_TABLES, {"schemas": schemas})
    ]


def sequence_values(tx: Tx, schemas: list[str]) -> dict[str, int]:
    """Return the last value of each sequence that was used. Sequences know no snapshot: it may be a later one."""
    return {row.name: row.last_value for row in tx.execute(_SEQUENCES, {"schemas": schemas})}


def seeded_tables(tx: Tx, schemas: list[str]) -> frozenset[str]:
    """Return the tables whose first rows come with the migration: their comment says so."""
    return frozenset(tx.execute(_SEEDED, {"schemas": schemas, "comment": SEEDED}).scalars())


def first_filled_table(tx: Tx, schemas: list[str]) -> str | None:
    """Return a table that holds a row which no migration put there, None when there is none."""
    seeded = seeded_tables(tx, schemas)
    looks = [
        sql.SQL("select {}::text where exists (select from {})").format(
            sql.Literal(shape.full_name), sql.Identifier(shape.schema, shape.name)
        )
        for shape in table_shapes(tx, schemas)
        if shape.full_name not in seeded
    ]
    if not looks:
        return None
    row = driver(tx).execute(sql.SQL(" union all ").join(looks)).fetchone()
    return None if row is None else str(row[0])


def driver(tx: Tx) -> psycopg.Connection[Any]:
    """Return the driver's connection below a transaction: only it can COPY and quote names."""
    return cast("psycopg.Connection[Any]", tx.connection.driver_connection)


def speak_plainly(tx: Tx) -> None:
    """Have values written in one way and exactly, whatever the server is set to (as pg_dump does)."""
    for setting in ("datestyle = iso", "intervalstyle = postgres", "extra_float_digits = 3"):
        tx.execute(text(f"set local {setting}"))
    tx.execute(text("set local client_encoding = 'UTF8'"))
