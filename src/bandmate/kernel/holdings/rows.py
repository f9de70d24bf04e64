"""Moving rows from one person to another and back: what most holdings need to merge and to split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.ids import PersonId


@dataclass(frozen=True, slots=True)
class OwnedRows:
    """A table whose rows belong to persons. All names are literals of the program, never input.

    ``owner`` should be indexed, and ``key`` unique.
    """

    table: LiteralString
    """With its schema: ``reading.bookmark``."""
    key: LiteralString
    """The column that names a row for good."""
    key_type: LiteralString = "uuid"
    """Its PostgreSQL type."""
    owner: LiteralString = "person_id"
    """The column that holds the person's id."""
    unless: LiteralString = "false"
    """SQL over ``mine`` (the merged person's row) that is true for rows that must stay, because ``%(kept)s`` has
    one with the same unique key already."""


def move_rows(tx: Tx, rows: OwnedRows, *, kept: PersonId, merged: PersonId) -> list[str]:
    """Give the rows of ``merged`` to ``kept`` in one statement; return their keys in order."""
    statement = (
        "update " + rows.table + " as mine set " + rows.owner + " = %(kept)s"  # noqa: S608 - literals only
        " where mine." + rows.owner + " = %(merged)s and not (" + rows.unless + ")"
        " returning cast(mine." + rows.key + " as text)"
    )
    return sorted(row[0] for row in fetch_tuples(tx, statement, {"kept": kept, "merged": merged}))


def give_back_rows(tx: Tx, rows: OwnedRows, keys: Sequence[str], *, kept: PersonId, merged: PersonId) -> None:
    """Give the rows with these keys that ``kept`` still has back to ``merged``, in one statement."""
    statement = (
        "update " + rows.table + " as mine set " + rows.owner + " = %(merged)s"  # noqa: S608 - literals only
        " where mine." + rows.owner + " = %(kept)s"
        " and mine." + rows.key + " = any(cast(%(keys)s as " + rows.key_type + "[])) returning 1"
    )
    fetch_tuples(tx, statement, {"kept": kept, "merged": merged, "keys": list(keys)})
