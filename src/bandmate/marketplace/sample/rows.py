"""Rows of the sample company, written by the thousand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

import orjson
from sqlalchemy import text

from bandmate.kernel.database.session import Tx

AT_ONCE = 20_000


def morning(day: date) -> datetime:
    """Return when a day's work begins."""
    return datetime.combine(day, time(8), UTC)


def write_rows(tx: Tx, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns; what they leave out takes the table's defaults."""
    held = list(rows)
    for start in range(0, len(held), AT_ONCE):
        columns = ", ".join(f'"{name}"' for name in held[0])
        statement = text(
            f"insert into marketplace.{table} ({columns}) select {columns} "  # noqa: S608 - names of our own tables
            f"from json_populate_recordset(null::marketplace.{table}, cast(:rows as json))"
        )
        part = orjson.dumps(held[start : start + AT_ONCE], default=str).decode()
        tx.execute(statement, {"rows": part})
