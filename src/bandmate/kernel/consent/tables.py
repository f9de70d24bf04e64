"""The table of the consent ledger, in the schema ``kernel``; a trigger there refuses update and delete."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
)

from bandmate.kernel.database.tables import metadata

consent_entry = Table(
    "consent_entry",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    # Tells entries of one instant apart: the later written one is the newer.
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("subject", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("purpose", Text, nullable=False),
    # Null: everything of the purpose.
    Column("channel", Text),
    Column("granted", Boolean, nullable=False),
    # `at` is when the person said so, `recorded_at` when we wrote it down: an import lies between the two.
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("recorded_by_person", Uuid),
    Column("recorded_by_system", Text),
    Column("through", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("locale", Text, nullable=False),
    CheckConstraint("num_nonnulls(recorded_by_person, recorded_by_system) = 1", name="recorder"),
    # Read backwards for the newest entry of a subject and purpose at or before an instant. It holds what decides
    # as well: questions about lists need not fetch the rows themselves.
    Index(
        "ix_consent_entry_subject_purpose_at_position",
        "subject",
        "purpose",
        "at",
        "position",
        postgresql_include=["channel", "granted"],
    ),
    schema="kernel",
)
