"""Tables of the directory, in the schema ``marketplace``."""

from __future__ import annotations

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from bandmate.kernel.database.tables import metadata

SCHEMA = "marketplace"

employee = Table(
    "employee",
    metadata,
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), primary_key=True),
    # The name the directory knows them by, folded (``domain.user_name_key``); unique among those not hidden.
    Column("user_name", Text, nullable=False),
    Column("external_id", Text),
    Column("display_name", Text, nullable=False),
    Column("given_name", Text),
    Column("family_name", Text),
    Column("email", Text),
    Column("title", Text),
    Column("department", Text),
    Column("division", Text),
    Column("location", Text),
    # ISO 3166-1 alpha-2, an IANA zone, BCP 47 tags.
    Column("country", CHAR(2)),
    Column("time_zone", Text),
    Column("languages", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column(
        "manager_id",
        Uuid,
        ForeignKey("marketplace.employee.person_id", onupdate="CASCADE", ondelete="SET NULL"),
    ),
    Column("start_date", Date),
    Column("employee_number", Text),
    Column("active", Boolean, nullable=False),
    Column("left_at", DateTime(timezone=True)),
    # Set once the directory has removed them: they are shown nowhere, what they did is kept.
    Column("hidden_at", DateTime(timezone=True)),
    # Whether the directory shut their account: it opens again only what it shut itself.
    Column("account_shut", Boolean, nullable=False, server_default=text("false")),
    # Who wrote the row last: scim, csv, sample.
    Column("source", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("user_name <> ''", name="user_name"),
    CheckConstraint("manager_id <> person_id", name="own_manager"),
    CheckConstraint("hidden_at is null or not active", name="hidden"),
    Index("uq_employee_user_name", "user_name", unique=True, postgresql_where=text("hidden_at is null")),
    Index("ix_employee_external_id", "external_id"),
    Index("ix_employee_email", text("lower(email)")),
    Index("ix_employee_manager_id", "manager_id"),
    Index("ix_employee_department", "department", postgresql_where=text("active")),
    Index("ix_employee_country", "country", postgresql_where=text("active")),
    Index("ix_employee_display_name", text("lower(display_name)"), "person_id"),
    schema=SCHEMA,
)

people_group = Table(
    "people_group",
    metadata,
    Column("group_id", Uuid, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("external_id", Text),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("display_name <> ''", name="display_name"),
    Index("uq_people_group_display_name", text("lower(display_name)"), unique=True),
    schema=SCHEMA,
)

people_group_member = Table(
    "people_group_member",
    metadata,
    Column("group_id", Uuid, ForeignKey("marketplace.people_group.group_id", ondelete="CASCADE"), nullable=False),
    Column(
        "person_id",
        Uuid,
        ForeignKey("marketplace.employee.person_id", onupdate="CASCADE", ondelete="CASCADE"),
        nullable=False,
    ),
    PrimaryKeyConstraint("group_id", "person_id", name="pk_people_group_member"),
    Index("ix_people_group_member_person_id", "person_id"),
    schema=SCHEMA,
)
