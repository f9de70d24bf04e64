"""Giving the event log the numbers of a new home.

A row's ``xid`` is a transaction of the cluster that wrote it. In another cluster it may lie in the future, and
readers wait below the oldest running transaction: the log would look empty for years. So all events become the
first transaction's, which every cluster has behind it, and their positions become their rank in the order in which
they are read. Whoever had heard the first n events stands at position n.
"""

from __future__ import annotations

from psycopg import sql
from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError
from bandmate.kernel.operations.catalogue import driver

EVENTS = "kernel.event"
AUDIT = "kernel.audit_entry"
LOADED = "loaded_event"
"""Temporary table that takes the rows as they were backed up."""

_LOADED = text(f"create temporary table {LOADED} (like kernel.event) on commit drop")

_RENUMBER = text(f"""
    create temporary table renumbered on commit drop as
    select xid, position, row_number() over (order by xid, position) as rank from {LOADED}
""")  # noqa: S608 - a name of our own

_FIND = text("create index on renumbered (xid, position)")

# The audit trail's positions are covered by its seals and stay. What is sealed must sort before what is not.
_AUDIT = text("""
    update kernel.audit_entry as entry
       set xid = case when exists (select from kernel.audit_seal where position = entry.position)
                      then cast('1' as xid8) else cast('2' as xid8) end
""")

_LOGS = text("""
    select n.nspname || '.' || c.relname as name
      from pg_attrdef d
      join pg_class c on c.oid = d.adrelid
      join pg_namespace n on n.oid = c.relnamespace
     where pg_get_expr(d.adbin, d.adrelid) = 'pg_current_xact_id()' and n.nspname = any(:schemas)
     order by 1
""")

_CURSORS = text("""
    select n.nspname as schema, c.relname as name, a.attname as xid,
           (select p.attname from pg_attribute p
             where p.attrelid = c.oid and not p.attisdropped
               and p.attname = replace(a.attname, 'xid', 'position')) as position
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid and c.relkind = 'r'
      join pg_namespace n on n.oid = c.relnamespace
     where a.atttypid = cast('xid8' as regtype) and not a.attisdropped and n.nspname = any(:schemas)
       and n.nspname || '.' || c.relname <> all(:logs)
     order by 1, 2, 3
""")


def make_room(tx: Tx) -> None:
    """Make the temporary table that takes the log's rows."""
    tx.execute(_LOADED)


def renumber(tx: Tx, columns: list[str], schemas: list[str]) -> int:
    """Move the loaded rows into the log under new numbers, and every cursor with them; return how many rows.

    The caller has disabled the triggers of all tables. A cursor is any column of type ``xid8`` with a position
    beside it: ``xid`` and ``position``, or ``until_xid`` and ``until_position``.
    """
    tx.execute(_RENUMBER)
    tx.execute(_FIND)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    numbers = {"xid": sql.SQL("'1'"), "position": sql.SQL("renumbered.rank")}
    values = [numbers.get(column, sql.Identifier(LOADED, column)) for column in columns]
    moved = driver(tx).execute(
        sql.SQL(
            "insert into kernel.event ({}) overriding system value select {} from {} join renumbered "
            "using (xid, position) order by renumbered.rank"
        ).format(names, sql.SQL(", ").join(values), sql.Identifier(LOADED))
    )
    logs = list(tx.execute(_LOGS, {"schemas": schemas}).scalars())
    if AUDIT in logs:
        tx.execute(_AUDIT)
    cursors = tx.execute(_CURSORS, {"schemas": schemas, "logs": logs}).all()
    strange = [name for name in logs if name not in {EVENTS, AUDIT}]
    strange += [f"{row.schema}.{row.name}.{row.xid}" for row in cursors if row.position is None]
    if strange:
        raise BandmateError(
            f"{', '.join(strange)} holds transaction ids that a restore does not know how to carry over. "
            "This is a fault of the program; nothing was restored."
        )
    for row in cursors:
        driver(tx).execute(
            sql.SQL(
                "update {table} as held set {xid} = '1', {position} = coalesce((select max(rank) from renumbered "
                "where (renumbered.xid, renumbered.position) <= (held.{xid}, held.{position})), 0) "
                "where {xid} is not null"
            ).format(
                table=sql.Identifier(row.schema, row.name),
                xid=sql.Identifier(row.xid),
                position=sql.Identifier(row.position),
            )
        )
    return moved.rowcount
