"""Tables of the audit trail, in the schema ``kernel``; triggers there refuse update, delete and truncate."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bandmate.kernel.database.tables import metadata
from bandmate.kernel.events.tables import Xid8

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    # As in the event log: entries are sealed by (xid, position), below the oldest running transaction.
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    # `at` is when it was done by the clock of whoever did it, `recorded_at` when the database wrote it down.
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    # No foreign key: the entry outlives the person, and their id alone tells nobody anything.
    Column("by_person", Uuid),
    Column("by_system", Text),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # Salted digests of what stands in `audit_fact`, and stays true when that is erased.
    Column("address_digest", LargeBinary),
    Column("details_digest", LargeBinary),
    CheckConstraint("num_nonnulls(by_person, by_system) = 1", name="actor"),
    Index("ix_audit_entry_xid_position", "xid", "position"),
    Index("ix_audit_entry_at_position", "at", "position"),
    Index("ix_audit_entry_by_person_at", "by_person", "at"),
    Index("ix_audit_entry_subject_at", "subject", "at"),
    Index("ix_audit_entry_action_at", "action", "at"),
    schema="kernel",
)

audit_fact = Table(
    "audit_fact",
    metadata,
    Column("position", BigInteger, ForeignKey("kernel.audit_entry.position"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("content", JSONB, nullable=False),
    CheckConstraint("kind in ('address', 'details')", name="kind"),
    schema="kernel",
)

audit_seal = Table(
    "audit_seal",
    metadata,
    # The place in the chain, without gaps: 1, 2, 3 …
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, ForeignKey("kernel.audit_entry.position"), nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    schema="kernel",
)

audit_alias = Table(
    "audit_alias",
    metadata,
    # Two persons were one human: entries keep the id they were written with, and this says who that is now.
    Column("formerly", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Index("ix_audit_alias_person_id", "person_id"),
    schema="kernel",
)
