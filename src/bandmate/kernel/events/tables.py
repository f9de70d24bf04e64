"""Tables of the event log, in the schema ``kernel``."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Integer, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import UserDefinedType

from bandmate.kernel.database.tables import metadata


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, as text on our side."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


event = Table(
    "event",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("data", JSONB, nullable=False),
    Index("ix_event_xid_position", "xid", "position"),
    Index("ix_event_subject", "subject"),
    schema="kernel",
)

subscription = Table(
    "subscription",
    metadata,
    Column("name", Text, primary_key=True),
    Column("xid", Xid8, nullable=False, server_default=text("'0'")),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
    Column("moved_at", DateTime(timezone=True)),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("retry_at", DateTime(timezone=True)),
    schema="kernel",
)
