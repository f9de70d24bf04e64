"""Tables of launches: which kinds are open to whom, who leads programmes, which companies are ours."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from bandmate.kernel.database.tables import metadata

SCHEMA = "marketplace"

launch = Table(
    "launch",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("state", Text, nullable=False, server_default=text("'off'")),
    Column("group_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    # Of jobs: for how many days a posting is for our own people first.
    Column("internal_first_days", Integer, nullable=False, server_default=text("0")),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("changed_at", DateTime(timezone=True)),
    Column("changed_by", Uuid),
    CheckConstraint("kind in ('job', 'project', 'mentoring')", name="kind"),
    CheckConstraint("state in ('off', 'pilot', 'on')", name="state"),
    CheckConstraint("internal_first_days between 0 and 365", name="internal_first_days"),
    comment="Its first rows come with the migration.",
    schema=SCHEMA,
)

launch_change = Table(
    "launch_change",
    metadata,
    Column("change_id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("group_ids", ARRAY(Uuid), nullable=False),
    Column("internal_first_days", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_launch_change_kind", "kind", "at"),
    Index("ix_launch_change_by", "by"),
    schema=SCHEMA,
)

launch_awareness = Table(
    "launch_awareness",
    metadata,
    Column("kind", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("how", Text, nullable=False),
    PrimaryKeyConstraint("kind", "person_id", name="pk_launch_awareness"),
    CheckConstraint("how in ('visited', 'told')", name="how"),
    Index("ix_launch_awareness_person_id", "person_id"),
    schema=SCHEMA,
)

programme_lead = Table(
    "programme_lead",
    metadata,
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), primary_key=True),
    Column("granted_by", Uuid, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
)

own_company = Table(
    "own_company",
    metadata,
    Column("org_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("added_by", Uuid, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
)
