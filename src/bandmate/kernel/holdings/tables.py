"""Tables about persons themselves, in the schema ``kernel``: merges, erasures, legal holds, exports.

The view ``kernel.person_alias`` (merged, kept, merge_id) shows the merges that stand.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bandmate.kernel.database.tables import metadata

_PERSON = "kernel.person.person_id"

person_merge = Table(
    "person_merge",
    metadata,
    Column("merge_id", Uuid, primary_key=True),
    Column("kept", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("merged", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("merged_at", DateTime(timezone=True), nullable=False),
    Column("merged_by_person", Uuid),
    Column("merged_by_system", Text),
    Column("reason", Text, nullable=False),
    # For each holding by name what its merge returned; a split gives back exactly that.
    Column("moved", JSONB, nullable=False),
    Column("split_at", DateTime(timezone=True)),
    CheckConstraint("kept <> merged", name="two"),
    CheckConstraint("num_nonnulls(merged_by_person, merged_by_system) = 1", name="actor"),
    Index("uq_person_merge_merged_standing", "merged", unique=True, postgresql_where=text("split_at is null")),
    Index("ix_person_merge_kept", "kept"),
    Index("ix_person_merge_merged", "merged"),
    Index("ix_person_merge_merged_at", "merged_at"),
    schema="kernel",
)

erasure_request = Table(
    "erasure_request",
    metadata,
    Column("person_id", Uuid, ForeignKey(_PERSON), primary_key=True),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("requested_by_person", Uuid),
    Column("requested_by_system", Text),
    CheckConstraint("num_nonnulls(requested_by_person, requested_by_system) = 1", name="actor"),
    Index("ix_erasure_request_due_at", "due_at"),
    schema="kernel",
)

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("person_id", Uuid, ForeignKey(_PERSON), primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("held_by_person", Uuid),
    Column("held_by_system", Text),
    Column("reason", Text, nullable=False),
    CheckConstraint("num_nonnulls(held_by_person, held_by_system) = 1", name="actor"),
    schema="kernel",
)

erasure = Table(
    "erasure",
    metadata,
    # No foreign key: after a restore the ledger may name persons that the older database never knew.
    Column("person_id", Uuid, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    # When files, indexes and late writes were dealt with as well; null: still to be done.
    Column("outside_done_at", DateTime(timezone=True)),
    Index("ix_erasure_outside_waiting", "erased_at", postgresql_where=text("outside_done_at is null")),
    schema="kernel",
)

data_export = Table(
    "data_export",
    metadata,
    Column("export_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    # Holdings written so far, and of how many.
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False),
    Column("bytes", BigInteger),
    Column("ready_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("failed_at", DateTime(timezone=True)),
    Index("ix_data_export_person_id", "person_id"),
    Index("ix_data_export_requested_at", "requested_at"),
    schema="kernel",
)
